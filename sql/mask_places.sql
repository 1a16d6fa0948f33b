-- A masked column is masked in each place of a statement, also where the statement
-- names none elsewhere. `masked` is what comes of the statement for who may not
-- read the columns, `open` for who may; what is written is undone.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE ROLE regress_places_owner;
CREATE ROLE regress_places_app;
CREATE SCHEMA regress_places AUTHORIZATION regress_places_owner;
GRANT USAGE, CREATE ON SCHEMA regress_places TO regress_places_app;
SELECT clearance.trust_role('regress_places_app');
SELECT clearance.create_account('Regress places', key => 'regress-places') AS account \gset
SELECT clearance.create_action('task', 'view_place', reads => true);
SELECT clearance.create_level('regress places', 'partner', based_on => 'permissive') > 0;
-- makes private tasks and does not see them; reads the column in all that it sees
SELECT clearance.create_level('regress blind', 'partner', based_on => 'moderate') > 0;
SELECT clearance.allow('regress blind', 'task', 'view_place'), clearance.allow('regress blind', 'task', 'create'), clearance.allow('regress blind', 'task', 'edit');
SELECT clearance.create_partner('Perm', 'regress places', account => :account) AS perm \gset
SELECT clearance.create_partner('Blind', 'regress blind', account => :account) AS blind \gset
SELECT clearance.add_member('places-ann', roles => '{account_admin}', account => :account) > 0;
SELECT clearance.add_member('places-pat', partner => :perm, partner_admin => true, account => :account) > 0;
SELECT clearance.add_member('places-bob', partner => :blind, partner_admin => true, account => :account) > 0;
SELECT clearance.create_project('pl-1', :account) > 0;
SELECT clearance.add_partner_to_project('pl-1', :perm), clearance.add_partner_to_project('pl-1', :blind);
SET search_path = regress_places, public;
SET ROLE regress_places_owner;
CREATE TABLE task (id integer PRIMARY KEY, project text, gone integer, title text, n integer, word text);
ALTER TABLE task DROP COLUMN gone;
CREATE TABLE whole (id integer PRIMARY KEY, project text, private boolean DEFAULT false, title text, n integer, word text);
CREATE TABLE strict (id integer PRIMARY KEY, project text, n integer);
CREATE TABLE plain (id integer, word text);
INSERT INTO task SELECT i, 'pl-1', 'title', i, 'word ' || i FROM generate_series(1, 3) i;
INSERT INTO whole SELECT i, 'pl-1', false, 'title', i, 'word ' || i FROM generate_series(1, 3) i;
INSERT INTO strict SELECT i, 'pl-1', i FROM generate_series(1, 3) i;
INSERT INTO plain SELECT i, 'plain' FROM generate_series(1, 4) i;
CREATE VIEW checked AS SELECT id, project, word FROM task WHERE word IS NULL OR word NOT LIKE 'word%' WITH CHECK OPTION;
CREATE VIEW checked_number AS SELECT * FROM whole WHERE n IS NULL WITH CHECK OPTION;
CREATE FUNCTION tasks() RETURNS SETOF task LANGUAGE sql STABLE AS 'SELECT * FROM regress_places.task';
CREATE FUNCTION fenced() RETURNS SETOF whole LANGUAGE sql STABLE AS 'SELECT * FROM regress_places.whole OFFSET 0';
GRANT ALL ON ALL TABLES IN SCHEMA regress_places TO regress_places_app;
RESET ROLE;
SELECT clearance.protect('task', 'task', project => 'project') > 0, clearance.protect('strict', 'task', project => 'project') > 0;
SELECT clearance.protect('whole', 'task', project => 'project', visibility => 'private', shared_values => '{false}') > 0;
SELECT clearance.mask_column(t, 'n', 'view_place') FROM unnest('{task,whole}'::regclass[]) t;
SELECT clearance.mask_column('task', 'word', 'view_place', mask => '''hidden'''), clearance.mask_column('whole', 'word', 'view_place', mask => 'upper(left(word, 2))');
SELECT clearance.mask_column('strict', 'n', 'view_place', filters => 'error');
CREATE TABLE place (no integer GENERATED ALWAYS AS IDENTITY, statement text, masked text, open text);
GRANT ALL ON place TO regress_places_app;
CREATE FUNCTION result_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r record;
    rows text[] := '{}';
    n bigint;
BEGIN
    IF statement LIKE 'MERGE%' OR (statement ~ '^(INSERT|UPDATE|DELETE)' AND statement NOT LIKE '%RETURNING%') THEN
        EXECUTE statement;
        GET DIAGNOSTICS n = ROW_COUNT;
        rows := ARRAY[n || ' rows'];
    ELSE
        FOR r IN EXECUTE statement LOOP rows := rows || r::text; END LOOP;
    END IF;
    FOR r IN SELECT id, word FROM plain WHERE word <> 'plain' ORDER BY id LOOP rows := rows || ('plain ' || r::text); END LOOP;
    RAISE EXCEPTION USING ERRCODE = 'UNDO1';
EXCEPTION
    WHEN SQLSTATE 'UNDO1' THEN RETURN (SELECT string_agg(x, ' ' ORDER BY x COLLATE "C") FROM unnest(rows) x);
    WHEN OTHERS THEN RETURN SQLERRM;
END
$$;
INSERT INTO place (statement) VALUES
-- clauses that hold sub-selects alone
('SELECT id FROM plain LIMIT (SELECT count(n) FROM task)'),
('SELECT id FROM plain OFFSET (SELECT count(n) FROM task)'),
('SELECT count(*) FROM plain TABLESAMPLE bernoulli ((SELECT CASE WHEN count(n) > 0 THEN 100 ELSE 0 END FROM task))'),
('SELECT id, count(*) OVER (ORDER BY id ROWS BETWEEN (SELECT count(n) FROM task) PRECEDING AND CURRENT ROW) FROM plain'),
('SELECT id, count(*) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND (SELECT count(n) FROM task) FOLLOWING) FROM plain'),
('VALUES ((SELECT max(n) FROM task)), (7)'),
('SELECT * FROM generate_series(1, (SELECT count(n) FROM task))'),
('SELECT max(id) FROM plain HAVING (SELECT max(n) FROM task) > 0'),
('SELECT o.id FROM plain o JOIN plain p ON p.id = o.id + 1 AND EXISTS (SELECT FROM task WHERE n = o.id)'),
('WITH w AS (SELECT n FROM task) SELECT * FROM w'),
('WITH w AS (SELECT n FROM task) SELECT count(*) FROM plain'),
('SELECT (SELECT t.n) FROM task t'),
('SELECT (SELECT (SELECT t.word)) FROM task t'),
('SELECT (SELECT (SELECT w.word)) FROM whole w'),
-- joins: what is absent is not masked, wherever the outer join stands
('SELECT o.id, t.word FROM (plain o LEFT JOIN task t ON t.id = o.id) JOIN plain p ON p.id = o.id WHERE o.id > 2'),
('SELECT o.id, t.word FROM plain p JOIN (plain o LEFT JOIN task t ON t.id = o.id) ON p.id = o.id WHERE o.id > 2'),
('SELECT o.id, t.word FROM plain p, plain o LEFT JOIN task t ON t.id = o.id WHERE p.id = o.id AND o.id > 2'),
('SELECT o.id, t.word FROM task t RIGHT JOIN plain o USING (id) WHERE o.id > 2'),
('SELECT o.id, w FROM plain o LEFT JOIN whole w ON w.id = o.id WHERE o.id > 2'),
('SELECT o.id, w IS NULL FROM plain o LEFT JOIN whole w ON w.id = o.id WHERE o.id > 2'),
('SELECT o.id, t FROM plain o LEFT JOIN task t ON t.id = o.id WHERE o.id > 2'),
('SELECT j FROM (task t JOIN plain o USING (id)) j'),
('SELECT n FROM task JOIN strict USING (id, n)'),
-- whole rows, with and without dropped columns
('SELECT t IS NOT NULL, t FROM task t WHERE id = 1'),
('SELECT id FROM task t WHERE t IS NOT NULL'),
('SELECT id FROM whole w WHERE w IS NOT NULL'),
('SELECT w FROM whole w WHERE id = 1'),
-- assignments: of plain values and of masked ones
('UPDATE task SET n = 5 WHERE id = 1'),
('UPDATE task SET n = 5, title = ''x'' WHERE id = 1'),
('UPDATE task SET (n, title) = (SELECT 5, ''x'') WHERE id = 1'),
('UPDATE task SET (title, project) = (SELECT p.word, task.project FROM plain p LIMIT 1) WHERE id = 1 RETURNING n'),
('UPDATE task SET title = word WHERE id = 1'),
('UPDATE task SET title = o.word FROM plain o LEFT JOIN whole w ON w.id = o.id WHERE task.id = o.id AND o.id = 1 RETURNING task.word, task'),
('INSERT INTO task (id, project) VALUES (1, ''pl-1'') ON CONFLICT (id) DO UPDATE SET n = 5'),
('INSERT INTO task (id, project) VALUES (1, ''pl-1'') ON CONFLICT (id) DO UPDATE SET title = task.word'),
('INSERT INTO task (id, project, word) VALUES (1, ''pl-1'', ''mine'') ON CONFLICT (id) DO UPDATE SET title = EXCLUDED.word RETURNING title'),
('INSERT INTO task (id, project, word) VALUES (1, ''pl-1'', ''mine'') ON CONFLICT (id) DO UPDATE SET title = EXCLUDED::text RETURNING title'),
('INSERT INTO task (id, project) VALUES (1, ''pl-1'') ON CONFLICT (id) DO UPDATE SET title = ''x'' WHERE task.n > 0 RETURNING title'),
('INSERT INTO task (id, project, n) VALUES (9, ''pl-1'', 9) RETURNING n'),
('INSERT INTO plain SELECT n, word FROM task'),
('MERGE INTO task t USING plain o ON t.id = o.id + 6 WHEN NOT MATCHED THEN INSERT (id, project, n) VALUES (o.id + 6, ''pl-1'', 9)'),
('MERGE INTO plain o USING task t ON o.id = t.id + 10 WHEN NOT MATCHED THEN INSERT (id, word) VALUES (t.id + 10, t.word)'),
('MERGE INTO plain o USING task t ON o.id = t.id WHEN MATCHED THEN UPDATE SET word = t.word'),
('MERGE INTO plain o USING task t ON o.id = t.id WHEN MATCHED AND t.n > 0 THEN DELETE'),
('MERGE INTO task t USING plain o ON t.id = o.id WHEN MATCHED THEN UPDATE SET n = 5'),
('MERGE INTO task t USING plain o ON t.id = o.id WHEN MATCHED THEN UPDATE SET title = ''x'''),
-- conditions of views judge the mask
('INSERT INTO checked VALUES (9, ''pl-1'', ''word of mine'')'),
('INSERT INTO checked VALUES (9, ''pl-1'', ''mine'')'),
-- functions; their rows are of the function's type, also where the server keeps them apart
('UPDATE plain SET word = f.title FROM fenced() f WHERE f.id = plain.id RETURNING f'),
('SELECT n FROM tasks()'), ('SELECT n FROM tasks() WITH ORDINALITY'), ('SELECT * FROM ROWS FROM (tasks(), generate_series(1, 2))'),
-- whole rows that conditions go by, where these are refused
('SELECT id FROM strict s WHERE s IS NOT NULL'),
('SELECT id FROM strict s WHERE s::text LIKE ''%1%'''),
('SELECT id FROM strict s JOIN plain p USING (id) WHERE row_to_json(s)::text <> '''''),
('SELECT count(s) FROM strict s'),
('SELECT p.id FROM plain p WHERE EXISTS (SELECT n FROM strict OFFSET 2)'),
('SELECT id FROM (SELECT id, n AS m FROM strict) x WHERE EXISTS (SELECT FROM plain p WHERE p.id = x.m)'),
('SELECT s.id FROM strict s FULL JOIN (SELECT id AS n FROM plain WHERE id > 100 OFFSET 0) e USING (n) WHERE n > 0'),
('SELECT id FROM strict WHERE id > 2'),
('INSERT INTO strict (id, project) VALUES (1, ''pl-1'') ON CONFLICT (id) DO UPDATE SET project = strict.project WHERE strict.n > 0'),
('MERGE INTO strict s USING plain o ON s.id = o.id WHEN MATCHED AND s.n > 0 THEN DELETE'),
('SELECT id FROM (SELECT s.id, j.m FROM strict s JOIN LATERAL (SELECT s.n + 1 AS m) j ON true) x WHERE x.m > 1'),
('SELECT id FROM plain WHERE id IN (SELECT x FROM (VALUES (1)) v (x), strict s WHERE v.x = s.n)'),
('SELECT g FROM strict s, LATERAL generate_series(1, s.n) g WHERE g > 0'),
('SELECT v FROM strict s, LATERAL (VALUES (s.n), (1)) x (v) WHERE v > 0'),
('SELECT j FROM (strict s JOIN plain p USING (id)) j WHERE j IS NOT NULL'),
('SELECT u.id FROM (SELECT id, n FROM strict UNION ALL SELECT id, id FROM plain) u WHERE u.n > 0'),
('SELECT u.id FROM (SELECT id, id AS m FROM plain UNION ALL SELECT id, n FROM strict) u WHERE u.m > 0'),
('SELECT count(*) FROM (SELECT id, id AS m FROM plain EXCEPT SELECT id, n FROM strict) u WHERE u.id > 0'),
('SELECT (WITH w AS (SELECT n FROM strict) SELECT count(*) FROM (SELECT * FROM w WHERE n > 0) x)'),
('WITH w AS (SELECT n FROM strict) SELECT (SELECT count(*) FROM w WHERE w.n > 0)'),
('WITH w AS (SELECT n FROM strict), v AS (SELECT id FROM plain) SELECT count(*), (SELECT count(w.n) FROM w) FROM v WHERE v.id > 0'),
('WITH w AS (UPDATE strict SET project = project RETURNING id, n) SELECT id FROM w WHERE n > 0'),
('SELECT u FROM (SELECT id, n FROM strict) u WHERE u IS NOT NULL'),
('SELECT u FROM (SELECT id, n FROM strict UNION ALL SELECT 1, 1) u WHERE u IS NOT NULL'),
('SELECT u FROM (SELECT 1 AS id, 1 AS n UNION ALL SELECT id, n FROM strict) u WHERE u IS NOT NULL'),
('SELECT u.id FROM (SELECT 1 AS id, 1 AS n UNION ALL SELECT id, n FROM strict UNION ALL SELECT 2, 2) u WHERE u.n > 0');
CREATE FUNCTION try_all(how text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    r place;
BEGIN
    FOR r IN SELECT * FROM place ORDER BY no LOOP
        EXECUTE format('UPDATE place SET %I = $1 WHERE no = $2', how) USING result_of(r.statement), r.no;
    END LOOP;
END
$$;
SET ROLE regress_places_app;
SELECT clearance.set_actor('places-pat', local => false) > 0;
SELECT try_all('masked');
SELECT clearance.set_actor('places-ann', local => false) > 0;
SELECT try_all('open');
SELECT statement || E'\n    masked: ' || coalesce(masked, '–') || E'\n    open:   ' || coalesce(open, '–') FROM place ORDER BY no;

--
-- A new row that its author would not see is masked, whatever it may read elsewhere.
--
SELECT clearance.set_actor('places-bob', local => false) > 0;
SELECT n FROM whole WHERE id = 1;
INSERT INTO checked_number (id, project, private, n) VALUES (10, 'pl-1', true, 5);
INSERT INTO checked_number (id, project, private, n) VALUES (11, 'pl-1', false, 5);
INSERT INTO whole (id, project, private, word) VALUES (1, 'pl-1', true, 'mine') ON CONFLICT (id) DO UPDATE SET title = EXCLUDED.word;
INSERT INTO whole (id, project, private, word) VALUES (1, 'pl-1', false, 'mine') ON CONFLICT (id) DO UPDATE SET title = EXCLUDED.word RETURNING title;

--
-- What masks call is the server's own, whatever the search_path finds first.
--
CREATE FUNCTION "left"(text, integer) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN 'told: ' || $1; END $$;
SET search_path = regress_places, pg_catalog;
SELECT clearance.set_actor('places-pat', local => false) > 0;
SELECT "left"('x', 1), word FROM whole WHERE id = 1;
DROP FUNCTION "left"(text, integer);
RESET ROLE;
SET search_path = regress_places, public;
SELECT clearance.mask_column('strict', 'id', 'view_place', mask => '1; SELECT 2');
SELECT clearance.mask_column('strict', 'id', 'view_place', mask => '1 AS one');

--
-- A plan that holds what a function says is for the user it was made for.
--
RESET ROLE;
SELECT clearance.set_actor('places-pat', local => false) > 0;
SET plan_cache_mode = force_generic_plan;
PREPARE of_function AS SELECT count(n) FROM tasks();
EXECUTE of_function;
SET ROLE regress_places_app;
EXECUTE of_function;
RESET ROLE;
EXECUTE of_function;
DEALLOCATE of_function;
SET ROLE regress_places_app;
PREPARE of_function AS SELECT count(n) FROM tasks();
EXECUTE of_function;
RESET ROLE;
EXECUTE of_function;
-- and hears of what is said anew
SET ROLE regress_places_app;
EXECUTE of_function;
RESET ROLE;
CREATE OR REPLACE FUNCTION tasks() RETURNS SETOF task LANGUAGE sql STABLE AS 'SELECT id, project, title, id, word FROM regress_places.task';
SET ROLE regress_places_app;
EXECUTE of_function;
RESET ROLE;
RESET plan_cache_mode;

-- nothing stays behind
SELECT clearance.reset_actor();
SELECT clearance.distrust_role('regress_places_app');
DROP SCHEMA regress_places CASCADE;
DELETE FROM clearance.account WHERE id = :account;
SELECT clearance.drop_level('regress places'), clearance.drop_level('regress blind');
DELETE FROM clearance.action WHERE feature = 'task' AND name = 'view_place';
DROP OWNED BY regress_places_owner, regress_places_app;
DROP ROLE regress_places_owner, regress_places_app;
