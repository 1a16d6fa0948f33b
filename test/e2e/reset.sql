-- The entries as each road finds them.
DELETE FROM app.entry;
INSERT INTO app.entry VALUES
    (101, 1, 20, 'own', 'measured', 2, 90, false),
    (102, 1, 10, 'theirs', 'checked', 1, 95, true),
    (103, 2, 10, 'hidden', 'calculated', 3, 95, false),
    (104, 3, 20, 'whole', 'drilled', 4, 90, false),
    (105, 3, 20, 'gone', 'plastered', 5, 90, false),
    (106, 5, 21, 'secret', 'fixed', 6, 80, false);
