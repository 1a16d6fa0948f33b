-- A member with settings.act_as acts as another one of its account until the
-- transaction ends: what is read is judged as that one, and nothing is written
-- unless that was asked for and the account allows it.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE ROLE regress_act_as;
CREATE ROLE regress_act_as_ada LOGIN;
CREATE ROLE regress_act_as_bi;
CREATE SCHEMA regress_act_as;
SELECT clearance.trust_role('regress_act_as');
SELECT clearance.create_account('Regress act_as', key => 'regress-act-as') AS account \gset
SELECT clearance.create_account('Regress act_as, abroad') AS abroad \gset
SELECT clearance.create_partner('Acme', 'moderate', account => :account) AS acme \gset
SELECT clearance.create_customer('Cafe', :account) AS cafe \gset
SELECT clearance.add_member('ada', roles => '{account_admin}', account => :account) AS ada,
       clearance.add_member('sue', roles => '{super_user}', account => :account) AS sue,
       clearance.add_member('col', roles => '{collaborator}', account => :account) AS col,
       clearance.add_member('off', roles => '{super_user}', account => :account) AS off,
       clearance.add_member('pam', partner => :acme, partner_admin => true, account => :account) AS pam,
       clearance.add_member('pat', partner => :acme, account => :account) AS pat,
       clearance.add_member('cleo', customer => :cafe, account => :account) AS cleo,
       clearance.add_member('eve', roles => '{account_admin}', account => :abroad) AS eve \gset
SELECT clearance.disable_member(:off);
SELECT clearance.map_role('regress_act_as_ada', member => :ada), clearance.map_role('regress_act_as_bi', partner => :acme);
SELECT count(clearance.create_project('aa-' || n, :account)) FROM generate_series(1, 2) n;
SELECT clearance.add_partner_to_project('aa-1', :acme), clearance.add_member_to_project('aa-1', :pat), clearance.add_member_to_project('aa-1', :col);

CREATE TABLE regress_act_as.task (id integer PRIMARY KEY, project text, is_private boolean DEFAULT false, author text, title text);
INSERT INTO regress_act_as.task VALUES (1, 'aa-1', false, 'ada'), (2, 'aa-1', true, 'ada'), (3, 'aa-2', false, 'ada'), (4, 'aa-1', false, 'pat');
CREATE TABLE regress_act_as.area (id integer PRIMARY KEY);
CREATE TABLE regress_act_as.kind (label text);
CREATE TABLE regress_act_as.category (id integer PRIMARY KEY, area integer REFERENCES regress_act_as.area, parent integer REFERENCES regress_act_as.category) INHERITS (regress_act_as.kind);
ALTER TABLE regress_act_as.task ADD category integer REFERENCES regress_act_as.category;
CREATE TABLE regress_act_as.request (id integer GENERATED ALWAYS AS IDENTITY, task integer REFERENCES regress_act_as.task);
SELECT clearance.protect('regress_act_as.task', 'task', project => 'project', visibility => 'is_private', shared_values => '{false}', owner => 'author') > 0;
GRANT USAGE ON SCHEMA regress_act_as TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA regress_act_as TO PUBLIC;
SET search_path = regress_act_as;

-- what somebody sees
CREATE FUNCTION seen() RETURNS text LANGUAGE sql STABLE AS $$ SELECT string_agg(id::text, ' ' ORDER BY id) FROM regress_act_as.task $$;
-- how a statement ends; what it did is undone
CREATE FUNCTION try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    affected bigint;
    message text;
    hint text;
    code text;
    tab text;
BEGIN
    EXECUTE statement;
    GET DIAGNOSTICS affected = ROW_COUNT;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = affected;
EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
    RETURN 'done ' || sqlerrm;
WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = PG_EXCEPTION_DETAIL, code = CONSTRAINT_NAME, tab = TABLE_NAME, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(', ', sqlstate, nullif(code, ''), nullif(tab, ''), sqlerrm, nullif(message, ''));
END
$$;
-- what somebody sees as somebody else
CREATE FUNCTION as_other(asker text, other bigint, write boolean DEFAULT false) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    PERFORM clearance.set_actor(asker, account => (SELECT m.account_id FROM public.regress_act_as_member m WHERE m.key = asker));
    PERFORM clearance.act_as(other, write => write);
    SELECT concat_ws(' ', w.key, coalesce(regress_act_as.seen(), 'nothing'), '-', w.note) INTO told FROM clearance.whoami() w;
    PERFORM clearance.reset_actor();
    RETURN told;
EXCEPTION WHEN OTHERS THEN
    RETURN sqlstate || ' ' || sqlerrm;
END
$$;
CREATE VIEW public.regress_act_as_member AS SELECT m.id, m.key, m.account_id FROM clearance.member m;
GRANT SELECT ON public.regress_act_as_member TO PUBLIC;

--
-- An admin sees what the other one sees, whoever that is; and it says who acts.
--
BEGIN;
SET LOCAL ROLE regress_act_as;
SELECT clearance.set_actor(id => :ada) = :ada, seen();
SELECT (clearance.asker()).*;
SELECT clearance.act_as(:pat), seen();
SELECT clearance.actor() = :pat, member = :ada, writes FROM clearance.asker();
SELECT w.key, w.kind, w.company, w.levels, w.note FROM clearance.whoami() w;
SELECT clearance.can('task.create', 'aa-1'), clearance.can('settings.manage_roles'), clearance.is_operator();
-- as somebody else of one's own, not of the other's: there is no chain
SELECT clearance.act_as(:col), seen();
SELECT clearance.act_as(NULL), seen();
SELECT member FROM clearance.asker();
COMMIT;
SET ROLE regress_act_as;
SELECT m.key, as_other('ada', m.id) FROM public.regress_act_as_member m WHERE m.key IN ('ada', 'sue', 'col', 'pam', 'pat', 'cleo') ORDER BY 1;
-- one who is disabled sees nothing
SELECT as_other('ada', :off);
-- who is of another account does not exist, nor does who is not there
SELECT replace(as_other('ada', :eve), 'id ' || :'eve', 'id #'), as_other('ada', 0), as_other('ada', -1), as_other('ada', 4000000000);
SELECT replace(as_other('eve', :pat), 'id ' || :'pat', 'id #');
-- without the right: others of the vendor's, a partner's admin, a contact, one who is disabled
SELECT who, as_other(who, :pat) FROM unnest('{sue,col,pam,pat,cleo,off}'::text[]) who;
RESET ROLE;

--
-- The right is given as others are; outsiders do not get it by that.
--
BEGIN;
SELECT clearance.create_level('regress support', 'vendor') > 0, clearance.allow('regress support', 'settings', 'act_as'), clearance.allow('regress support', 'project', 'view', reach => 'owned');
SELECT clearance.create_role('regress support', access_level => 'regress support', account => :account) > 0;
SELECT clearance.set_member_roles(:col, '{regress support}');
SELECT try(format('SELECT clearance.allow(%L, %L, %L)', 'moderate', 'settings', 'act_as'));
INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation) SELECT id, 'settings', 'act_as', 'any', 'any' FROM clearance.level WHERE name IN ('moderate', 'client');
SET LOCAL ROLE regress_act_as;
SELECT who, as_other(who, :sue) FROM unnest('{col,pam,cleo}'::text[]) who;
-- whoever cannot act so does not hand it out
SELECT clearance.set_actor(id => :sue) = :sue, try(format('SELECT clearance.set_member_roles(%s, %L)', :off, '{regress support}'));
ROLLBACK;

--
-- Somebody has to act, by whatever road; a login for a partner as a whole is nobody.
--
BEGIN;
SET LOCAL ROLE regress_act_as;
SELECT try(format('SELECT clearance.act_as(%s)', :pat));
ROLLBACK;
SELECT try(format('SELECT clearance.act_as(%s)', :pat));
BEGIN;
SET LOCAL SESSION AUTHORIZATION regress_act_as_bi;
SELECT try(format('SELECT clearance.act_as(%s)', :pat));
ROLLBACK;
BEGIN;
SET LOCAL SESSION AUTHORIZATION regress_act_as_ada;
SELECT seen(), clearance.act_as(:pat), seen(), (SELECT member = :ada FROM clearance.asker());
SELECT clearance.act_as(NULL), seen();
-- by the setting it is not to be had
SELECT try(format('SET clearance.acting_as = %L', :'ada' || ' as ' || :'pat'));
SELECT try(format('SELECT set_config(%L, %L, true)', 'clearance.acting_as', :'ada' || ' as ' || :'pat'));
SELECT try(format('CREATE FUNCTION pg_temp.f() RETURNS text LANGUAGE sql SET clearance.acting_as = %L AS %L', :'ada' || ' as ' || :'pat', 'SELECT 1'));
SELECT try('ALTER ROLE regress_act_as_ada SET clearance.acting_as = ''1 as 2''');
ROLLBACK;
\setenv REGRESS_DATABASE :DBNAME
\! PGOPTIONS='-c clearance.acting_as=1' psql -X -At -U regress_act_as_ada -d "$REGRESS_DATABASE" -c 'SELECT 1' 2>&1 | sed 's/.*FATAL/FATAL/'
-- Who may set it gains nothing: it must be the one who acts, and have the right.
BEGIN;
SELECT clearance.set_actor(id => :sue) = :sue;
SELECT set_config('clearance.acting_as', :'sue' || ' as ' || :'pat', true) <> '';
SELECT try('SELECT clearance.actor()');
SELECT set_config('clearance.acting_as', :'ada' || ' as ' || :'pat', true) <> '';
SELECT try('SELECT clearance.actor()');
SELECT clearance.set_actor(id => :ada) = :ada, set_config('clearance.acting_as', :'ada' || ' as ' || :'pat' || ' writing', true) <> '';
SELECT try('SELECT clearance.actor()');
SELECT v, try(format('SET LOCAL clearance.acting_as = %L', v)) FROM unnest('{"1","1 as","1 as x","0 as 1","1 as 0","-1 as 2"," 1 as 2","1 as 2 reading","1 as 2 writing more","01 as 2","1 as 99999999999999999999",""}'::text[]) v;
ROLLBACK;

--
-- It ends with the transaction, with a savepoint from before, by act_as(NULL) and
-- reset_actor(); DISCARD ALL and RESET ALL leave nothing of it.
--
BEGIN;
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
SAVEPOINT before;
SELECT clearance.act_as(:pat), current_setting('clearance.acting_as') <> '';
RELEASE before;
SELECT member = :ada FROM clearance.asker();
SAVEPOINT inner_one;
SELECT clearance.act_as(:col), clearance.actor() = :col;
ROLLBACK TO inner_one;
SELECT clearance.actor() = :pat;
COMMIT;
SELECT clearance.actor() = :ada, member FROM clearance.asker();
BEGIN;
SELECT clearance.act_as(:pat);
ROLLBACK;
SELECT clearance.actor() = :ada;
BEGIN;
SAVEPOINT before;
SELECT clearance.act_as(:pat), clearance.actor() = :pat;
ROLLBACK TO before;
SELECT clearance.actor() = :ada;
SELECT clearance.act_as(:pat), clearance.reset_actor(), clearance.actor(), current_setting('clearance.acting_as') = '';
ROLLBACK;
BEGIN;
SELECT clearance.act_as(:pat);
PREPARE TRANSACTION 'regress_act_as';
SELECT clearance.actor() = :ada;
ROLLBACK PREPARED 'regress_act_as';
-- outside of a transaction it is for the statement
SET client_min_messages = notice;
SELECT clearance.act_as(:pat), clearance.actor() = :pat;
SET client_min_messages = warning;
SELECT clearance.actor() = :ada;
-- it is the transaction's, whatever function began it
CREATE FUNCTION within(other bigint) RETURNS bigint LANGUAGE plpgsql SET work_mem = '4MB' AS $$ BEGIN PERFORM clearance.act_as(other); RETURN clearance.actor(); END $$;
BEGIN;
SELECT within(:pat) = :pat, clearance.actor() = :ada;
COMMIT;
BEGIN;
SELECT clearance.act_as(:pat);
RESET ALL;
SELECT clearance.actor(), current_setting('clearance.acting_as') = '';
ROLLBACK;
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
DISCARD ALL;
SET client_min_messages = warning;
SET search_path = regress_act_as;
SELECT clearance.actor(), member FROM clearance.asker();

--
-- Who acts by a token may as well.
--
BEGIN;
CREATE EXTENSION pgcrypto SCHEMA regress_act_as;
CREATE FUNCTION b64(data bytea) RETURNS text LANGUAGE sql AS $$ SELECT translate(encode(data, 'base64'), E'+/=\n', '-_') $$;
SELECT clearance.add_token_key('regress-act-as', 'HS256', encode('regress act_as secret, 32 bytes or more', 'base64'), 'regress', account => :account);
SELECT b64('{"alg":"HS256","kid":"regress-act-as"}') || '.'
       || b64(convert_to(json_build_object('iss', 'regress', 'sub', 'ada', 'aud', current_database(),
              'iat', extract(epoch FROM now())::bigint, 'exp', extract(epoch FROM now())::bigint + 600)::text, 'UTF8')) AS said \gset
SELECT :'said' || '.' || b64(hmac(:'said'::bytea, 'regress act_as secret, 32 bytes or more'::bytea, 'sha256')) AS token \gset
SET LOCAL ROLE regress_act_as_ada;
SELECT clearance.authenticate(:'token') = :ada, clearance.act_as(:pat), seen(), (SELECT member = :ada FROM clearance.asker());
ROLLBACK;

--
-- Who really acts stays: another actor, or a right that is gone, is an error.
--
BEGIN;
SET LOCAL ROLE regress_act_as;
SELECT clearance.set_actor(id => :ada) = :ada, clearance.act_as(:pat), seen();
SELECT clearance.set_actor(id => :sue) = :sue;
SELECT try('SELECT seen()'), try('UPDATE task SET title = 1'), try(format('SELECT clearance.act_as(%s)', :pat));
SELECT clearance.act_as(NULL), seen();
ROLLBACK;
BEGIN;
SELECT clearance.set_actor(id => :ada) = :ada, clearance.act_as(:pat), seen() IS NOT NULL;
SELECT clearance.act_as(NULL), clearance.set_account(:account, act_as_writes => true);
SELECT clearance.act_as(:pat, write => true), seen() IS NOT NULL;
UPDATE clearance.member SET status = 'disabled' WHERE id = :ada;
SELECT try('SELECT clearance.actor()');
ROLLBACK;

--
-- Nothing is written, by whatever road, whoever runs it.
--
CREATE FUNCTION by_owner(statement text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN regress_act_as.try(statement); END $$;
BEGIN;
CREATE TEMP TABLE road (no serial, statement text) ON COMMIT DROP;
INSERT INTO road (statement) VALUES
    ('INSERT INTO task VALUES (9, ''aa-1'')'),
    ('INSERT INTO task VALUES (4, ''aa-1'') ON CONFLICT (id) DO UPDATE SET title = ''new'''),
    ('INSERT INTO task VALUES (4, ''aa-1'') ON CONFLICT DO NOTHING'),
    ('UPDATE task SET title = ''new'' WHERE id = 4'),
    ('UPDATE task SET title = ''new'' WHERE false'),
    ('DELETE FROM task WHERE id = 4'),
    ('MERGE INTO task t USING (VALUES (4)) v (id) ON t.id = v.id WHEN MATCHED THEN UPDATE SET title = ''new'''),
    ('WITH w AS (UPDATE task SET title = ''new'' WHERE id = 4 RETURNING id) SELECT * FROM w'),
    ('SELECT id FROM task FOR UPDATE'),
    ('SELECT id FROM task FOR KEY SHARE'),
    ('TRUNCATE task CASCADE'),
    ('SELECT clearance.update_profile(skills => ''{sql}'')'),
    ('SELECT clearance.create_project(''aa-3'')'),
    ('EXPLAIN UPDATE task SET title = ''new'' WHERE id = 4'),
    ('EXPLAIN (ANALYZE, format json) UPDATE task SET title = ''new'' WHERE id = 4'),
    ('TRUNCATE area CASCADE'),
    ('TRUNCATE kind CASCADE'),
    -- what is not protected is the application's
    ('TRUNCATE request CASCADE'),
    ('INSERT INTO request (task) VALUES (1)'),
    ('SELECT id FROM request FOR UPDATE');
GRANT SELECT ON road TO PUBLIC;
SET LOCAL ROLE regress_act_as;
SELECT clearance.set_actor(id => :ada) = :ada;
SELECT no, try(statement) FROM road ORDER BY no;
SELECT clearance.act_as(:sue);
SELECT no, try(statement) FROM road ORDER BY no;
-- by somebody whom row security does not bind
SELECT no, by_owner(statement) FROM road WHERE statement !~ 'FOR' ORDER BY no;
SAVEPOINT copy;
RESET ROLE;
COPY task (id, project) FROM stdin;
9	aa-1
\.
ROLLBACK TO copy;
SELECT statement, by_owner(statement) FROM unnest(ARRAY['UPDATE clearance.member SET name = ''new''', 'TRUNCATE clearance.member CASCADE', 'DELETE FROM clearance.version']) statement;
COPY (SELECT count(*) FROM task) TO stdout;
ROLLBACK;
-- a prepared statement from before, and rows that a function reads to write
PREPARE change AS UPDATE task SET title = 'new' WHERE id = 4;
PREPARE look AS SELECT string_agg(id::text, ' ' ORDER BY id) FROM task;
BEGIN;
SET LOCAL ROLE regress_act_as;
SELECT clearance.set_actor(id => :ada) = :ada;
EXECUTE change;
EXECUTE look;
SELECT clearance.act_as(:pat);
EXECUTE look;
SELECT try('EXECUTE change');
SELECT clearance.act_as(:col);
EXECUTE look;
SELECT clearance.act_as(NULL);
EXECUTE look;
EXECUTE change;
ROLLBACK;
SET clearance.simplify = off;
BEGIN;
SET LOCAL ROLE regress_act_as;
SELECT clearance.set_actor(id => :ada) = :ada;
EXECUTE look;
SELECT clearance.act_as(:pat);
EXECUTE look;
SELECT clearance.act_as(NULL);
EXECUTE look;
ROLLBACK;
RESET clearance.simplify;

--
-- With write, where the account allows it, as the other one: no more than that one may.
--
BEGIN;
SET LOCAL ROLE regress_act_as;
SELECT as_other('ada', :pat, write => true);
SELECT (SELECT key FROM public.regress_act_as_member m WHERE m.id = w.id),
    CASE WHEN clearance.set_actor(id => w.id) > 0 THEN try(format('SELECT clearance.set_account(%s, act_as_writes => true)', :account)) END
FROM unnest(ARRAY[:sue, :pam, :ada]) w (id);
SELECT clearance.set_actor(id => :ada) = :ada, clearance.set_account(:account, act_as_writes => true);
SELECT as_other('ada', :pat, write => true);
SELECT clearance.set_actor(id => :ada) = :ada, clearance.act_as(:pat, write => true);
SELECT writes FROM clearance.asker();
SELECT s, try(s) FROM unnest(ARRAY['UPDATE task SET title = ''new'' WHERE id = 4', 'UPDATE task SET title = ''new'' WHERE id IN (2, 3)', 'DELETE FROM task WHERE id = 1',
    'INSERT INTO task VALUES (9, ''aa-2'')', 'SELECT clearance.update_profile(skills => ''{sql}'')', 'SELECT clearance.create_project(''aa-3'')']) s;
SELECT try(format('SELECT clearance.set_account(%s, act_as_writes => false)', :account));
-- the same that it may without help
SELECT clearance.act_as(NULL), clearance.set_actor(id => :pat) = :pat;
SELECT try('DELETE FROM task WHERE id = 1'), try('INSERT INTO task VALUES (9, ''aa-2'')'), try('DELETE FROM task WHERE id IN (2, 3)');
SELECT clearance.set_actor(id => :ada) = :ada;
-- who created is the one as whom
SELECT clearance.act_as(:sue, write => true);
INSERT INTO task VALUES (9, 'aa-2') RETURNING author;
-- and looks again
SELECT clearance.act_as(:sue);
SELECT try('DELETE FROM task WHERE id = 9');
-- the account that changes its mind ends it
SELECT clearance.act_as(:ada, write => true), clearance.set_account(:account, act_as_writes => false);
SELECT try('DELETE FROM task WHERE id = 9');
ROLLBACK;

--
-- A query keeps the one as whom it began; so does a cursor, whatever comes later.
--
BEGIN;
SET LOCAL ROLE regress_act_as;
SELECT clearance.set_actor(id => :ada) = :ada;
SELECT try(format('SELECT id, clearance.act_as(%s) FROM task', :pat));
DECLARE mine CURSOR FOR SELECT id FROM task ORDER BY id;
FETCH mine;
SELECT clearance.act_as(:pat);
DECLARE others CURSOR FOR SELECT id FROM task ORDER BY id;
FETCH ALL mine;
SELECT clearance.act_as(NULL);
FETCH ALL others;
ROLLBACK;

--
-- EXPLAIN is as it is for the other one.
--
BEGIN;
SET LOCAL ROLE regress_act_as;
SELECT clearance.set_actor(id => :ada) = :ada, try('EXPLAIN SELECT * FROM task'), clearance.act_as(:pat);
SELECT try('EXPLAIN SELECT * FROM task');
ROLLBACK;

--
-- Parallel workers act as the other one too.
--
INSERT INTO task SELECT n, CASE WHEN n % 2 = 0 THEN 'aa-1' ELSE 'aa-2' END, n % 3 = 0, 'ada' FROM generate_series(1000, 9999) n;
ANALYZE task;
CREATE FUNCTION workers(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, format json) ' || query INTO plan;
    RETURN substring(plan::text FROM '"Workers Launched": \d+');
END
$$;
BEGIN;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 2;
SET LOCAL parallel_leader_participation = off;
SET LOCAL clearance.external_explain = on;
SET LOCAL ROLE regress_act_as;
SELECT clearance.set_actor(id => :ada) = :ada;
SELECT count(*) FROM task;
SELECT clearance.act_as(:col);
SELECT count(*) FROM task;
SELECT workers('SELECT count(*) FROM task');
SELECT clearance.act_as(:pat);
SELECT count(*) FROM task;
SELECT workers('SELECT count(*) FROM task');
ROLLBACK;

DEALLOCATE ALL;
DROP VIEW public.regress_act_as_member;
DROP SCHEMA regress_act_as CASCADE;
SELECT clearance.unmap_role('regress_act_as_ada'), clearance.unmap_role('regress_act_as_bi'), clearance.distrust_role('regress_act_as');
DELETE FROM clearance.account WHERE id IN (:account, :abroad);
DROP ROLE regress_act_as, regress_act_as_ada, regress_act_as_bi;
