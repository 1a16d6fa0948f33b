-- What queries cost is for the vendor's members: plans and counts tell of rows that are hidden.
-- Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_secret_pam LOGIN;
CREATE ROLE regress_secret_cleo LOGIN;
CREATE ROLE regress_secret_vera LOGIN;
CREATE ROLE regress_secret_nobody LOGIN;
CREATE SCHEMA regress_secret;
GRANT USAGE, CREATE ON SCHEMA regress_secret TO PUBLIC;
SET LOCAL search_path = regress_secret;
\o /dev/null
SELECT clearance.create_account('Regress') AS account \gset
SELECT clearance.create_partner('Arc', 'permissive', account => :account) AS arc \gset
SELECT clearance.create_partner('Bolt', account => :account) AS bolt \gset
SELECT clearance.create_customer('Ember', :account) AS ember \gset
SELECT clearance.map_role('regress_secret_pam', member => clearance.add_member(1, 'pam@arc.example', 'Pam', partner => :arc, partner_admin => true, account => :account));
SELECT clearance.map_role('regress_secret_cleo', member => clearance.add_member(2, 'cleo@ember.example', 'Cleo', customer => :ember, account => :account));
SELECT clearance.map_role('regress_secret_vera', member => clearance.add_member(3, 'vera@vendor.example', 'Vera', roles => '{super_user}', account => :account));
SELECT clearance.add_member(4, 'moe@bolt.example', 'Moe', partner => :bolt, account => :account);
SELECT clearance.create_project(7, :account), clearance.add_partner_to_project(7, :arc), clearance.add_customer_to_project(7, :ember);
SELECT clearance.set_account(:account, portal => true), clearance.set_project(7, portal => true);
SELECT clearance.deny('permissive', 'task', 'view'), clearance.allow('permissive', 'task', 'view', visibility => 'shared');
CREATE TABLE task (id int PRIMARY KEY, project int NOT NULL, title text, private boolean);
INSERT INTO task VALUES (1, 7, 'Survey', false), (2, 7, 'Merger', true);
CREATE TABLE part (id int PRIMARY KEY, task int, project int);
CREATE TABLE open_table (id int PRIMARY KEY, note text);
INSERT INTO open_table VALUES (1, 'open');
SELECT clearance.protect('task', 'task', 'project', visibility => 'private', shared_values => '{false}');
SELECT clearance.protect('part', 'task', 'project'), clearance.add_parent('part', 'task', 'task', optional => true);
GRANT SELECT, INSERT, UPDATE, DELETE ON task, part, open_table TO PUBLIC;
CREATE VIEW everything AS SELECT * FROM task;
GRANT SELECT ON everything TO PUBLIC;
CREATE FUNCTION in_plpgsql(t text) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM task WHERE title = t); END $$;
CREATE FUNCTION in_sql(t text) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT count(*) FROM task WHERE title = t $$;
CREATE FUNCTION in_dynamic(t text) RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE n bigint; BEGIN EXECUTE 'SELECT count(*) FROM task WHERE title = $1' INTO n USING t; RETURN n; END $$;
CREATE FUNCTION deep(t text) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN in_sql(t) + in_plpgsql(t); END $$;
CREATE FUNCTION as_superuser(t text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = regress_secret, pg_temp AS $$ BEGIN RETURN (SELECT count(*) FROM task WHERE title = t); END $$;
CREATE FUNCTION when_planned(t text) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN (SELECT count(*) FROM task WHERE title = t); END $$;
CREATE FUNCTION by_cursor() RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE c CURSOR FOR SELECT id FROM task; i int; BEGIN OPEN c; FETCH c INTO i; CLOSE c; RETURN i; END $$;
CREATE FUNCTION in_do() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'DO $d$ BEGIN PERFORM count(*) FROM regress_secret.task; END $d$'; END $$;
CREATE FUNCTION by_trigger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := (SELECT count(*) FROM task); RETURN NEW; END $$;
CREATE TRIGGER t BEFORE UPDATE ON open_table FOR EACH ROW EXECUTE FUNCTION by_trigger();
-- what EXPLAIN says: a plan, or its error
CREATE FUNCTION plan(query text, options text DEFAULT 'ANALYZE, BUFFERS') RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('EXPLAIN (%s) %s', options, query);
    RAISE EXCEPTION 'undo';
EXCEPTION WHEN raise_exception THEN
    RETURN 'a plan';     -- and undone
WHEN insufficient_privilege OR undefined_object OR invalid_authorization_specification THEN
    RETURN SQLERRM;
END $$;
CREATE FUNCTION plans() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    query text;
BEGIN
    FOREACH query IN ARRAY ARRAY['SELECT 1', 'SELECT * FROM open_table', 'SELECT clearance.actor()', 'SELECT clearance.can(''task.view'', ''7'')',
        'SELECT * FROM task', 'SELECT * FROM everything', 'INSERT INTO task VALUES (3, 7, ''x'', false)', 'DELETE FROM task WHERE false AND id = 1',
        'EXECUTE prepared', 'EXECUTE calling', 'CREATE TABLE made AS SELECT * FROM task', 'CREATE TABLE made AS SELECT deep(''Merger'')',
        'DECLARE c CURSOR FOR SELECT * FROM task',
        'SELECT in_plpgsql(''Merger'')', 'SELECT in_sql(''Merger'')', 'SELECT in_dynamic(''Merger'')', 'SELECT deep(''Merger'')', 'SELECT as_superuser(''Merger'')',
        'SELECT when_planned(''Merger'')', 'SELECT by_cursor()', 'SELECT in_do()', 'UPDATE open_table SET id = id', 'WITH t AS MATERIALIZED (SELECT in_sql(''x'')) TABLE t',
        'SELECT clearance.can_row(''view'', ROW(1, 2, 7)::part)', 'SELECT * FROM clearance.partners', 'SELECT * FROM clearance.companies',
        'SELECT * FROM clearance.invitations', 'SELECT * FROM clearance.resources', 'SELECT * FROM clearance.allocations', 'SELECT * FROM clearance.rates',
        'SELECT clearance.project_team(7)', 'SELECT clearance.update_partner(-1)', 'SELECT clearance.own_account(0)', 'SELECT clearance.authenticate(''x'')']
    LOOP
        RETURN NEXT rpad(query, 60) || plan(query);
    END LOOP;
END $$;
PREPARE prepared AS SELECT * FROM task;
PREPARE calling AS SELECT deep('Merger');
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA regress_secret TO PUBLIC;
\o

--
-- EXPLAIN: of a query on a protected table, at whatever depth and with whose rights it runs, and of the extension's own.
--
SET LOCAL SESSION AUTHORIZATION regress_secret_pam;
SELECT plans();
-- without ANALYZE too, where planning runs such a query
SELECT plan('SELECT when_planned(''Merger'')', 'COSTS OFF'), plan('SELECT in_plpgsql(''Merger'')', 'COSTS OFF');
-- nor where a function caught the error: what was read until then would be counted
CREATE FUNCTION regress_secret.quietly(query text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN EXECUTE query; RETURN 'done'; EXCEPTION WHEN insufficient_privilege THEN RETURN SQLERRM; END $$;
CREATE FUNCTION quietly_planned(query text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN quietly(query); END $$;
SELECT plan(format('SELECT quietly(%L)', query)) FROM (VALUES ('TABLE open_table'), ('TABLE task'), ('SELECT clearance.actor()'), ('TABLE clearance.rates'),
    ('SELECT clearance.disable_member(1)'), ('SELECT quietly(''TABLE task'')'), ('EXPLAIN TABLE task'), ('EXPLAIN ANALYZE SELECT quietly(''TABLE task'')')) q (query);
SELECT plan('SELECT quietly_planned(''TABLE task'')', 'BUFFERS');
SELECT quietly('TABLE task'), plan('SELECT quietly(''TABLE open_table'')');
-- nor of what a cursor reads that was open before
CREATE FUNCTION next_of(c refcursor) RETURNS int LANGUAGE plpgsql AS $$ DECLARE i int; BEGIN FETCH c INTO i; RETURN i; END $$;
DECLARE of_task CURSOR FOR SELECT id FROM task;
DECLARE again CURSOR FOR SELECT id FROM task;
DECLARE unexplained CURSOR FOR SELECT id FROM task;
DECLARE of_open_table CURSOR FOR SELECT id FROM open_table;
SELECT plan('SELECT next_of(''of_task'')'), plan('SELECT next_of(''of_open_table'')'), plan('SELECT quietly(''SELECT next_of(''''again'''')'')');
SELECT next_of('unexplained');
CLOSE ALL;
-- what ran before is still done, and what comes after is not explained
SELECT in_plpgsql('Survey'), in_plpgsql('Merger'), deep('Survey');
SET LOCAL SESSION AUTHORIZATION regress_secret_cleo;
SELECT count(*), regexp_replace(x, '.{60}', '') FROM plans() x GROUP BY 2 ORDER BY 2;
SET LOCAL SESSION AUTHORIZATION regress_secret_nobody;
SELECT count(*), regexp_replace(x, '.{60}', '') FROM plans() x GROUP BY 2 ORDER BY 2;
-- the vendor's members
SET LOCAL SESSION AUTHORIZATION regress_secret_vera;
SELECT x FROM plans() x WHERE x NOT LIKE '%a plan';
-- a superuser, also one who looks for a partner
RESET SESSION AUTHORIZATION;
SELECT x FROM plans() x WHERE x NOT LIKE '%a plan';
SAVEPOINT s;
SET LOCAL clearance.external_explain = on;
SET LOCAL SESSION AUTHORIZATION regress_secret_pam;
SELECT x FROM plans() x WHERE x NOT LIKE '%a plan';
ROLLBACK TO s;

--
-- Parse trees and plans that the server prints.
--
SET LOCAL SESSION AUTHORIZATION regress_secret_pam;
SET LOCAL debug_print_plan = on;
SELECT count(*) FROM open_table;
SELECT count(*) FROM task;
SELECT as_superuser('x');
SELECT count(*) FROM everything;
SELECT count(*) FROM clearance.partners;
SET LOCAL debug_print_plan = off;
SET LOCAL debug_print_parse = on;
SELECT count(*) FROM open_table;
SELECT count(*) FROM task;
SELECT 1 WHERE EXISTS (SELECT FROM (SELECT FROM task) t);
SELECT in_dynamic('x');
SELECT count(*) FROM clearance.partners;
SET LOCAL debug_print_parse = off;
SET LOCAL debug_print_rewritten = on;
SELECT count(*) FROM task;
SET LOCAL debug_print_rewritten = off;
-- and how much was sorted
SET LOCAL trace_sort = on;
SELECT count(*) FROM open_table;
SELECT count(*) FROM task;
SELECT count(*) FROM clearance.partners;
SET LOCAL trace_sort = off;
RESET SESSION AUTHORIZATION;
-- what the extension sorts for itself, when it reads a declaration anew, is told to nobody
SELECT clearance.guard_column('task', 'title', 'edit') \g /dev/null
SET LOCAL SESSION AUTHORIZATION regress_secret_pam;
SET LOCAL trace_sort = on;
SET LOCAL client_min_messages = log;
SELECT clearance.can_row('view', ROW(1, 7, 'Survey', false)::task);
SET LOCAL client_min_messages = warning;
SET LOCAL trace_sort = off;
RESET SESSION AUTHORIZATION;

--
-- What a superuser has written into the log, the client does not get.
--
LOAD 'auto_explain';
SET LOCAL log_min_messages = fatal;
SET LOCAL auto_explain.log_min_duration = 0;
SET LOCAL auto_explain.log_analyze = on;
SET LOCAL auto_explain.log_buffers = on;
SET LOCAL SESSION AUTHORIZATION regress_secret_pam;
SELECT count(*) FROM task;
SAVEPOINT s;
SET LOCAL client_min_messages = log;
SELECT count(*) FROM task;
SELECT deep('Merger');
SELECT as_superuser('Merger');
SELECT count(*) FROM clearance.partners;
SELECT clearance.can_row('view', ROW(1, 2, 7)::part);
ROLLBACK TO s;
-- nor by asking for it when the query has begun
SELECT set_config('client_min_messages', 'log', true) FROM task;
SELECT deep('Merger'), set_config('client_min_messages', 'log', true);
DECLARE c CURSOR FOR SELECT deep(title) FROM task;
FETCH c;
SET LOCAL client_min_messages = log;
CLOSE c;
ROLLBACK TO s;
-- nor where the log's level is one that clients get
RESET SESSION AUTHORIZATION;
SET LOCAL auto_explain.log_level = 'notice';
SET LOCAL client_min_messages = notice;
SET LOCAL SESSION AUTHORIZATION regress_secret_pam;
SELECT count(*) FROM task;
RESET SESSION AUTHORIZATION;
SET LOCAL client_min_messages = warning;
SET LOCAL auto_explain.log_min_duration = -1;
SET LOCAL log_executor_stats = on;
SET LOCAL SESSION AUTHORIZATION regress_secret_cleo;
SELECT count(*) FROM task;
SET LOCAL client_min_messages = log;
SELECT count(*) FROM task;
RESET SESSION AUTHORIZATION;
SET LOCAL client_min_messages = warning;
SET LOCAL log_executor_stats = off;

--
-- The extension's views compare nothing with rows that they hide, by operators that the server takes
-- for leakproof either: the plan of who may see one is the same for a text that is there.
--
SELECT clearance.create_account('Another') AS another \gset
CREATE ROLE regress_secret_ann LOGIN;
\o /dev/null
SELECT clearance.map_role('regress_secret_ann', member => clearance.add_member(9, 'ann@another.example', 'Ann', roles => '{account_admin}', account => :another));
SELECT clearance.set_rate(:bolt, 'cost', 1, 'EUR', '2024-01-01');
SELECT clearance.invite_partner_member(:bolt, 'new@bolt.example', name => 'New');
SELECT clearance.set_resource(m.id, s.id) FROM clearance.member m, clearance.member s WHERE (m.name, s.name) = ('Pam', 'Vera');
SELECT clearance.add_member_to_project(7, m.id) FROM clearance.member m WHERE m.name = 'Pam';
SELECT clearance.update_profile(weekly_hours => 40, member => m.id) FROM clearance.member m WHERE m.name = 'Pam';
SELECT clearance.allocate(7, m.id, '2024-01-01', '2024-01-31', 8) FROM clearance.member m WHERE m.name = 'Pam';
\o
CREATE FUNCTION same_plan(view text, "column" text, there text, not_there text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    plans text[] := '{}';
    value text;
    line text;
    lines text;
BEGIN
    FOREACH value IN ARRAY ARRAY[there, not_there] LOOP
        lines := '';
        FOR line IN EXECUTE format('EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, BUFFERS OFF) SELECT FROM clearance.%I v WHERE v.%I = %L', view, "column", value) LOOP
            lines := lines || line || E'\n';
        END LOOP;
        plans := plans || replace(lines, quote_literal(value), '?');
    END LOOP;
    RETURN CASE WHEN plans[1] = plans[2] THEN 'the same' ELSE plans[1] || plans[2] END;
END $$;
CREATE VIEW guesses AS SELECT * FROM (VALUES ('partners', 'name', 'Arc', 'Arx'), ('partners', 'id', :'bolt', '987654321'), ('companies', 'name', 'Ember', 'Embex'),
    ('invitations', 'email', 'new@bolt.example', 'xew@bolt.example'), ('resources', 'name', 'Pam', 'Pax'), ('resources', 'key', '1', '0'),
    ('allocations', 'project', '7', '6'), ('rates', 'partner', 'Bolt', 'Bolx'), ('rates', 'currency', 'EUR', 'XXX')) g (view, "column", there, not_there);
GRANT SELECT ON guesses TO PUBLIC;
SELECT view, "column", (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM clearance.%I v WHERE v.%I = %L', view, "column", there), true, true, '')))[1] FROM guesses;
SET LOCAL SESSION AUTHORIZATION regress_secret_ann;
SELECT view, "column", same_plan(view, "column", there, not_there) FROM guesses;
RESET SESSION AUTHORIZATION;

--
-- Statistics of the extension's own tables, and of protected ones, are not for members.
--
ANALYZE clearance.member, clearance.partner, task;
SET LOCAL SESSION AUTHORIZATION regress_secret_pam;
SELECT count(*) FROM pg_stats WHERE schemaname IN ('clearance', 'regress_secret') AND tablename <> 'open_table';
SELECT count(*) FROM pg_stats_ext WHERE schemaname = 'clearance';
RESET SESSION AUTHORIZATION;
SELECT count(*) > 0 FROM pg_stats WHERE schemaname = 'clearance' AND tablename = 'member';
ROLLBACK;
