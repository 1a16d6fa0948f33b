-- A masked column is read as it is, with its indexes, by who may read it in every
-- row that it sees; and the plan of that is nobody else's. Masked values are from
-- 700 on: wherever masks-pat acts, none may be read.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE regress_raw_owner;
CREATE ROLE regress_raw_app;
CREATE SCHEMA regress_raw AUTHORIZATION regress_raw_owner;
GRANT USAGE, CREATE ON SCHEMA regress_raw TO regress_raw_app;
SELECT clearance.trust_role('regress_raw_app');
SELECT clearance.create_account('Regress raw', key => 'regress-raw') AS account \gset
SELECT clearance.create_action('task', 'view_cost', reads => true), clearance.create_action('task', 'view_price', reads => true),
    clearance.create_action('task', 'view_nobody', reads => true);
SELECT clearance.create_level('regress raw price', 'partner', based_on => 'permissive') > 0 AS ok;
SELECT clearance.allow('regress raw price', 'task', 'view_price');
SELECT clearance.create_level('regress raw own', 'partner', based_on => 'permissive') > 0 AS ok;
SELECT clearance.allow('regress raw own', 'task', 'view_price', relation => 'own');
SELECT clearance.create_partner('Own', 'regress raw own', account => :account) AS own \gset
SELECT clearance.add_member('raw-own', partner => :own, partner_admin => true, account => :account) > 0 AS ok;
SELECT clearance.create_partner('Perm', 'permissive', account => :account) AS perm \gset
SELECT clearance.create_partner('Price', 'regress raw price', account => :account) AS price \gset
SELECT clearance.add_member('raw-ann', roles => '{account_admin}', account => :account) > 0 AS ok;
SELECT clearance.add_member('raw-pat', partner => :perm, partner_admin => true, account => :account) > 0 AS ok;
SELECT clearance.add_member('raw-pris', partner => :price, partner_admin => true, account => :account) > 0 AS ok;
SELECT clearance.add_member('raw-sue', roles => '{super_user}', account => :account) > 0 AS ok;
SELECT clearance.create_project('raw-' || i, :account) > 0 AS ok FROM generate_series(1, 2) i;
SELECT clearance.add_partner_to_project('raw-' || i, p) FROM generate_series(1, 2) i, unnest(ARRAY[:perm, :price, :own]) p;
SET search_path = regress_raw, public;
SET ROLE regress_raw_owner;
CREATE TABLE task (id integer PRIMARY KEY, project text NOT NULL, owner text, gone text, cost integer, price integer, secret integer);
ALTER TABLE task DROP COLUMN gone;
INSERT INTO task SELECT i, 'raw-' || i % 2 + 1, CASE i WHEN 1 THEN 'raw-own' ELSE 'raw-ann' END, 700 + i, 800 + i, 900 + i FROM generate_series(1, 40) i;
CREATE INDEX by_cost ON task (cost);
CREATE INDEX by_secret ON task (secret);
CREATE VIEW v AS SELECT id, cost, task AS whole FROM task;
CREATE VIEW v_invoker WITH (security_invoker) AS SELECT id, cost FROM task;
CREATE FUNCTION by_plpgsql(n integer) RETURNS integer LANGUAGE plpgsql STABLE AS
    $$ BEGIN RETURN (SELECT t.cost FROM regress_raw.task t WHERE t.id = n); END $$;
CREATE FUNCTION by_cursor(n integer) RETURNS integer LANGUAGE plpgsql STABLE AS
    $$ DECLARE c CURSOR FOR SELECT t.cost FROM regress_raw.task t WHERE t.id = n; found integer; BEGIN OPEN c; FETCH c INTO found; RETURN found; END $$;
CREATE FUNCTION by_sql(n integer) RETURNS integer LANGUAGE sql VOLATILE AS
    $$ SELECT t.cost FROM regress_raw.task t WHERE t.id = n $$;
CREATE FUNCTION inlined(n integer) RETURNS SETOF task LANGUAGE sql STABLE AS
    $$ SELECT * FROM regress_raw.task t WHERE t.id = n $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA regress_raw TO regress_raw_app;
RESET ROLE;
SELECT clearance.protect('task', 'task', project => 'project', owner => 'owner') > 0 AS ok;
SELECT clearance.mask_column('task', 'cost', 'view_cost');
SELECT clearance.mask_column('task', 'price', 'view_price', mask => '0');
SELECT clearance.mask_column('task', 'secret', 'view_cost', filters => 'error');
ANALYZE task;
SET ROLE regress_raw_app;
SET enable_seqscan = off;
-- what a plan says of masks and indexes
CREATE FUNCTION plan(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    all_lines text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF, VERBOSE) ' || statement LOOP all_lines := all_lines || line; END LOOP;
    RETURN regexp_count(all_lines, 'CASE') || ' masked' || coalesce(', index ' || substring(all_lines FROM 'using (by_\w+)'), '');
END $$;

--
-- Who may read a column in every row that it sees, reads it: whether by rights
-- over the account or by a level.
--
SELECT clearance.set_actor('raw-ann', local => false) > 0 AS ok;
SELECT plan('SELECT id FROM task WHERE cost = 712'), plan('SELECT * FROM task'), plan('SELECT t FROM task t'), plan('SELECT whole FROM v WHERE cost < 703');
SELECT plan('SELECT max(cost) FROM task'), plan('SELECT id FROM task ORDER BY cost LIMIT 1'), plan('SELECT t.cost FROM task u LEFT JOIN task t ON t.id = u.id + 1');
SELECT plan('SELECT (SELECT t.cost) FROM task t'), plan('WITH w AS MATERIALIZED (SELECT * FROM task) SELECT cost FROM w WHERE secret > 1');
SELECT * FROM task WHERE cost = 712;
SELECT t, row_to_json(t) FROM task t WHERE id = 3;
-- conditions on a column that refuses them to others
SELECT id, secret FROM task WHERE secret BETWEEN 911 AND 912 ORDER BY secret;
SELECT plan('SELECT id FROM task WHERE secret = 911');
-- a query that names no masked column has no masks, for whoever
SELECT plan('SELECT id, project FROM task');
-- the price, and nothing else
SELECT clearance.set_actor('raw-pris', local => false) > 0 AS ok;
SELECT id, cost, price, secret FROM task WHERE price = 812;
SELECT t FROM task t WHERE price = 812;
SELECT t FROM v t WHERE t.id = 12;
-- the price of its own rows
SELECT clearance.set_actor('raw-own', local => false) > 0 AS ok;
SELECT id, cost, price, t FROM task t WHERE id < 3;
-- nothing
SELECT clearance.set_actor('raw-pat', local => false) > 0 AS ok;
SELECT id, cost, price, secret FROM task WHERE id = 12;
SELECT count(*) FROM task WHERE cost > 0 OR price > 0;
SELECT count(*) FROM task WHERE secret > 0;
-- nobody
SELECT clearance.reset_actor();
SELECT count(*), max(cost) FROM task;

--
-- Statements that write or lock rows may meet others than they see: they mask.
--
SELECT clearance.set_actor('raw-ann', local => false) > 0 AS ok;
SELECT plan('SELECT cost FROM task FOR UPDATE') <> '0 masked' AS locks, plan('UPDATE task SET id = id WHERE cost > 0') <> '0 masked' AS changes,
    plan('DELETE FROM task RETURNING cost') <> '0 masked' AS removes, plan('WITH w AS (DELETE FROM task) SELECT cost FROM task') <> '0 masked' AS reads_beside;
UPDATE task SET owner = NULL WHERE cost = 712 RETURNING cost;
SELECT cost FROM task WHERE id = 12 FOR UPDATE;
-- and so does everything, where plans are not for a class of rights
RESET ROLE;
SET clearance.simplify = off;
SET ROLE regress_raw_app;
SELECT plan('SELECT id FROM task WHERE cost = 712');
SELECT id FROM task WHERE cost = 712;
RESET ROLE;
RESET clearance.simplify;
SET ROLE regress_raw_app;

--
-- Plans are made for ann, and then somebody else acts. Each road leads ann to the
-- value, and pat to nothing.
--
SET plan_cache_mode = force_generic_plan;
PREPARE of_table AS SELECT cost, price, secret FROM task WHERE id < $1;
PREPARE of_row AS SELECT t, to_jsonb(t) - 'id' FROM task t WHERE id = $1;
PREPARE of_view AS SELECT cost, whole FROM v WHERE id = $1;
PREPARE of_invoker AS SELECT cost FROM v_invoker WHERE id = $1;
PREPARE of_function AS SELECT cost, price FROM inlined($1);
PREPARE of_condition AS SELECT id FROM task WHERE cost = $1;
PREPARE of_order AS SELECT id FROM task WHERE id < $1 ORDER BY cost DESC;
PREPARE of_sublink AS SELECT id, (SELECT max(cost) FROM task u WHERE u.id <= t.id) FROM task t WHERE id < $1;
CREATE FUNCTION run(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r record;
    rows text[] := '{}';
BEGIN
    FOR r IN EXECUTE statement LOOP rows := rows || r::text; END LOOP;
    RETURN left(rows::text, 120);
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE VIEW roads AS SELECT * FROM unnest(ARRAY['EXECUTE of_table(2)', 'EXECUTE of_row(2)', 'EXECUTE of_view(2)', 'EXECUTE of_invoker(2)', 'EXECUTE of_function(2)',
    'EXECUTE of_condition(702)', 'EXECUTE of_order(3)', 'EXECUTE of_sublink(2)', 'SELECT by_plpgsql(2)', 'SELECT by_cursor(2)', 'SELECT by_sql(2)']) WITH ORDINALITY r (road, n);
SELECT road, run(road) FROM roads ORDER BY n;
SELECT clearance.set_actor('raw-pat', local => false) > 0 AS ok;
SELECT road, run(road) FROM roads ORDER BY n;
-- plans for pat are for everybody
SELECT clearance.set_actor('raw-ann', local => false) > 0 AS ok;
SELECT road, run(road) FROM roads ORDER BY n;
-- by settings alone, and back
BEGIN;
SELECT clearance.set_actor('raw-pat', local => false) > 0 AS ok;
DISCARD PLANS;
SAVEPOINT s;
SELECT clearance.set_actor('raw-ann') > 0 AS ok;
SELECT run('EXECUTE of_table(2)'), run('SELECT by_plpgsql(2)');
ROLLBACK TO s;
SELECT run('EXECUTE of_table(2)'), run('SELECT by_plpgsql(2)');
SAVEPOINT s;
SELECT clearance.set_actor('raw-ann') > 0 AS ok;
SELECT run('EXECUTE of_table(2)'), run('SELECT by_plpgsql(2)');
SELECT clearance.reset_actor();
SELECT run('EXECUTE of_table(2)'), run('SELECT by_plpgsql(2)');
COMMIT;

--
-- Who acts changes between planning and start: a statement that was planned for
-- other rights is an error, to be retried.
--
CREATE FUNCTION switches(member text, OUT cost integer) RETURNS SETOF integer LANGUAGE sql VOLATILE AS
    $$ SELECT clearance.set_actor(member, local => false); SELECT t.cost FROM regress_raw.task t WHERE t.cost > 0 $$;
SELECT clearance.set_actor('raw-ann', local => false) > 0 AS ok;
SELECT run($$SELECT regress_raw.switches('raw-pat')$$);
SELECT count(*) FROM switches('raw-ann');
BEGIN;
SELECT switches('raw-pat');
ROLLBACK;
SELECT clearance.set_actor('raw-pat', local => false) > 0 AS ok;
SELECT count(*) FROM switches('raw-ann');
SELECT clearance.set_actor('raw-pat', local => false) > 0 AS ok;
SELECT switches('raw-pat');
-- dynamic SQL is planned when it runs
DO $$
DECLARE
    cost integer;
BEGIN
    PERFORM clearance.set_actor('raw-ann');
    EXECUTE 'SELECT cost FROM regress_raw.task WHERE id = 5' INTO cost;
    RAISE WARNING 'ann: %', cost;
    PERFORM clearance.set_actor('raw-pat');
    EXECUTE 'SELECT cost FROM regress_raw.task WHERE id = 5' INTO cost;
    RAISE WARNING 'pat: %', cost;
    FOR i IN 1..2 LOOP
        SELECT t.cost INTO cost FROM regress_raw.task t WHERE t.id = 5;
        RAISE WARNING 'static: %', cost;
        PERFORM clearance.set_actor('raw-ann');
    END LOOP;
    SELECT t.cost INTO cost FROM regress_raw.task t WHERE t.id = 5;
    PERFORM clearance.set_actor('raw-pat');
    RAISE WARNING 'and: %', (SELECT t.cost FROM regress_raw.task t WHERE t.id = 5);
END $$;

--
-- Cursors are for who opened them.
--
BEGIN;
SELECT clearance.set_actor('raw-ann') > 0 AS ok;
DECLARE anns CURSOR WITH HOLD FOR SELECT id, cost FROM task WHERE cost > 0 ORDER BY cost;
FETCH anns;
SELECT clearance.set_actor('raw-pat') > 0 AS ok;
FETCH anns;
ROLLBACK;
BEGIN;
SELECT clearance.set_actor('raw-ann') > 0 AS ok;
EXECUTE of_table(2);
SELECT clearance.set_actor('raw-pat') > 0 AS ok;
DECLARE pats CURSOR WITH HOLD FOR SELECT cost FROM task WHERE id < 3;
SELECT clearance.set_actor('raw-ann', local => false) > 0 AS ok;
COMMIT;
FETCH ALL FROM pats;

--
-- Rights that end: of a level, within a transaction and when it is taken back.
--
SELECT clearance.set_actor('raw-pris', local => false) > 0 AS ok;
PREPARE of_price AS SELECT price FROM task WHERE price BETWEEN $1 AND $1 + 1 ORDER BY id LIMIT 2;
EXECUTE of_price(811);
BEGIN;
RESET ROLE;
SELECT clearance.reset_actor();
SELECT clearance.deny('regress raw price', 'task', 'view_price');
SET ROLE regress_raw_app;
SELECT clearance.set_actor('raw-pris') > 0 AS ok;
EXECUTE of_price(811);
EXECUTE of_price(0);
ROLLBACK;
EXECUTE of_price(811);

--
-- Workers
--
SELECT clearance.set_actor('raw-ann', local => false) > 0 AS ok;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT set_config(name, 'on', false) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
PREPARE by_workers AS SELECT sum(cost), max(price), max(secret) FROM task;
EXECUTE by_workers;
SELECT clearance.set_actor('raw-pat', local => false) > 0 AS ok;
EXECUTE by_workers;
SELECT clearance.set_actor('raw-ann', local => false) > 0 AS ok;
EXECUTE by_workers;
SELECT set_config(name, 'off', false) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
RESET plan_cache_mode;

--
-- Rows without a project, which are of what they belong to, or of the account.
--
RESET ROLE;
SELECT clearance.reset_actor();
SET ROLE regress_raw_owner;
CREATE TABLE note (id integer PRIMARY KEY, task integer NOT NULL REFERENCES task, cost integer);
CREATE TABLE bill (id integer PRIMARY KEY, account text NOT NULL, cost integer);
INSERT INTO note SELECT i, i, 700 + i FROM generate_series(1, 40) i;
INSERT INTO bill SELECT i, CASE WHEN i < 3 THEN 'regress-raw' ELSE 'another' END, 700 + i FROM generate_series(1, 4) i;
CREATE INDEX by_cost_of_note ON note (cost);
CREATE INDEX by_cost_of_bill ON bill (cost);
GRANT SELECT, INSERT, UPDATE, DELETE ON note, bill TO regress_raw_app;
RESET ROLE;
SELECT clearance.protect('note', 'task') > 0 AS ok, clearance.protect('bill', 'invoicing', account => 'account', view_action => 'access_invoices') > 0 AS ok;
SELECT clearance.add_parent('note', 'task', 'task');
SELECT clearance.mask_column('note', 'cost', 'view_price'), clearance.mask_column('bill', 'cost', 'view_price', feature => 'task');
SET ROLE regress_raw_app;
SELECT clearance.set_actor('raw-ann', local => false) > 0 AS ok;
SELECT plan('SELECT id FROM note WHERE cost = 702'), plan('SELECT id FROM bill WHERE cost = 702');
SELECT (SELECT string_agg(id || ' ' || cost, ', ') FROM note WHERE cost BETWEEN 702 AND 703) AS notes, (SELECT string_agg(id || ' ' || cost, ', ') FROM bill WHERE cost > 0) AS bills;
SELECT clearance.set_actor('raw-pris', local => false) > 0 AS ok;
SELECT string_agg(id || ' ' || cost, ', ') AS notes FROM note WHERE cost BETWEEN 702 AND 703;
SELECT clearance.set_actor('raw-pat', local => false) > 0 AS ok;
SELECT count(*), count(cost) FROM note;
SELECT clearance.set_actor('raw-sue', local => false) > 0 AS ok;
SELECT string_agg(concat(id, ' ', cost), ', ') AS bills FROM bill;

--
-- Where the server lifts row security, as for the owner's rules when a foreign
-- key deletes, rows are there that the actor does not see: masked. Its triggers
-- find what the actor does.
--
RESET ROLE;
SELECT clearance.reset_actor();
SELECT clearance.create_project('raw-other', :account) > 0 AS ok;
INSERT INTO task VALUES (50, 'raw-other', NULL, 750, 850, 950);
SET ROLE regress_raw_owner;
CREATE TABLE above (id integer PRIMARY KEY);
CREATE TABLE below (id integer REFERENCES above ON DELETE CASCADE);
INSERT INTO above VALUES (1), (2);
INSERT INTO below VALUES (1), (2);
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT * FROM regress_raw.task WHERE id > 39 ORDER BY id LOOP RAISE WARNING '%', t; END LOOP;
    RETURN OLD;
END $$;
CREATE TRIGGER tell BEFORE DELETE ON below FOR EACH ROW EXECUTE FUNCTION tell();
CREATE TABLE told (id integer, project text, owner text, cost integer, price integer, secret integer);
CREATE RULE tell AS ON DELETE TO below DO ALSO INSERT INTO told SELECT * FROM task WHERE id > 39;
GRANT SELECT, DELETE ON above TO regress_raw_app;
SET ROLE regress_raw_app;
SELECT clearance.set_actor('raw-pris', local => false) > 0 AS ok;
DELETE FROM above WHERE id = 1;
RESET ROLE;
SELECT * FROM told ORDER BY id;
SET ROLE regress_raw_app;
SELECT id, price FROM task WHERE id > 39;

--
-- Masks come, go and change under a plan.
--
SELECT clearance.set_actor('raw-ann', local => false) > 0 AS ok;
SET plan_cache_mode = force_generic_plan;
PREPARE of_id AS SELECT id, cost FROM task WHERE id = $1 AND owner = 'raw-ann';
EXECUTE of_id(7);
RESET ROLE;
SELECT clearance.unmask_column('task', 'cost');
SET ROLE regress_raw_app;
EXECUTE of_id(7);
RESET ROLE;
SELECT clearance.mask_column('task', 'cost', 'view_nobody', mask => '-1');
SET ROLE regress_raw_app;
EXECUTE of_id(7);
SELECT clearance.set_actor('raw-pris', local => false) > 0 AS ok;
EXECUTE of_id(7);

-- nothing stays behind
RESET ROLE;
RESET search_path;
SELECT clearance.reset_actor();
SELECT clearance.distrust_role('regress_raw_app');
DROP SCHEMA regress_raw CASCADE;
DELETE FROM clearance.account WHERE id = :account;
SELECT clearance.drop_level(l) FROM unnest('{regress raw price,regress raw own}'::text[]) l;
DELETE FROM clearance.action WHERE feature = 'task' AND name IN ('view_cost', 'view_price', 'view_nobody');
DROP OWNED BY regress_raw_owner, regress_raw_app;
DROP ROLE regress_raw_owner, regress_raw_app;
