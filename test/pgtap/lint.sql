-- The sample workspace is clean: what lint() finds there is accepted with a
-- reason, and what is planted there is news.
\set ECHO none
\set QUIET on
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
BEGIN;
SELECT plan(5);
SELECT is_empty($$ SELECT * FROM clearance.lint(rows => true) $$, 'nothing is found that was not accepted');
SELECT is((SELECT count(*) FROM clearance.lint(rows => true, with_accepted => true)), (SELECT count(*) FROM clearance.lint_acceptance),
    'everything that was accepted is found');
SELECT is_empty($$ SELECT * FROM clearance.lint_acceptance WHERE btrim(reason) = '' OR accepted_by = '' $$, 'and has a reason');

CREATE VIEW app.planted AS SELECT * FROM app.task;
GRANT SELECT ON app.planted TO clearance_demo_bi;
SET LOCAL session_replication_role = replica;
UPDATE app.document SET space_id = -1 WHERE id = (SELECT min(id) FROM app.document);
RESET session_replication_role;
SELECT set_eq($$ SELECT code, object FROM clearance.lint() $$, $$ VALUES ('view_definer', 'app.planted') $$, 'a view that shows tasks to the reporting login');
SELECT is((SELECT severity || ': ' || why FROM clearance.lint(rows => true) WHERE code = 'lost_rows'),
    'warning: rows that are closed to everybody: 1, with keys ' || (SELECT min(id) FROM app.document), 'a document whose space is gone');
SELECT finish();
ROLLBACK;
