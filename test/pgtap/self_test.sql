-- The sample workspace passes its self-test, by all roads; what is planted is found.
\set ECHO none
\set QUIET on
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
BEGIN;
SELECT plan(10);
CREATE TEMP TABLE said AS SELECT * FROM clearance.self_test(writes => true);
SELECT is_empty($$ SELECT * FROM said WHERE result NOT IN ('ok', 'not tested') $$, 'nothing fails');
SELECT is_empty($$ SELECT relation FROM clearance.binding EXCEPT SELECT relation FROM said WHERE road = 'set_actor' AND claim = 'nobody sees nothing' AND result = 'ok' $$,
    'of every table it is shown that nobody sees it');
SELECT is_empty($$ SELECT relation FROM clearance.binding EXCEPT SELECT relation FROM said WHERE road = 'set_actor as clearance_demo_app' AND claim = 'nobody sees nothing' AND result = 'ok' $$,
    'by the application''s role too');
SELECT cmp_ok((SELECT count(DISTINCT relation) FROM said WHERE claim = 'a partner of a project sees its rows' AND result = 'ok'), '>', 50::bigint, 'most tables show rows to a partner');
SELECT cmp_ok((SELECT count(DISTINCT relation) FROM said WHERE road LIKE 'mapped role %' AND relation IS NOT NULL AND result = 'ok'), '>', 25::bigint, 'and to the reporting login');
SELECT cmp_ok((SELECT count(DISTINCT relation) FROM said WHERE claim LIKE 'guarded column % is not set%' AND result = 'ok'), '>', 4::bigint, 'guarded columns are not set');
SELECT cmp_ok((SELECT count(DISTINCT relation) FROM said WHERE claim = 'who may only view rows cannot delete them' AND result = 'ok'), '>', 50::bigint, 'rows are not deleted');
SELECT is_empty($$ SELECT * FROM said WHERE result = 'not tested' AND detail IS NULL $$, 'what is not tested says why');

ALTER ROLE clearance_demo_bi BYPASSRLS;
SET LOCAL clearance.maintaining = on;
ALTER POLICY clearance_select ON app.document USING (true);
RESET clearance.maintaining;
CREATE TEMP TABLE failed AS SELECT * FROM clearance.self_test() WHERE result = 'failed';
SELECT is((SELECT count(DISTINCT relation) FROM failed WHERE road = 'mapped role clearance_demo_bi'),
    (SELECT count(*) FROM clearance.binding b WHERE has_table_privilege('clearance_demo_bi', b.relation, 'SELECT')), 'a login that passes row security is found at each table');
SELECT is((SELECT array_agg(DISTINCT relation) FROM failed WHERE road IS DISTINCT FROM 'mapped role clearance_demo_bi'), '{app.document}'::regclass[],
    'a policy that says something else is found');
SELECT finish();
ROLLBACK;
