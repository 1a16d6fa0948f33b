-- self_test() proves, with throw-away actors, that each protected table hides and
-- shows what it should, by every road that is open in this database. What it
-- cannot prove it says; what is broken it finds; and it changes nothing.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET client_min_messages = error;
CREATE ROLE regress_self_test_app;
CREATE ROLE regress_self_test_ann LOGIN;
CREATE ROLE regress_self_test_acme LOGIN;
CREATE ROLE regress_self_test_web LOGIN;
CREATE ROLE regress_self_test_json LOGIN;
CREATE ROLE regress_self_test_blind LOGIN;
CREATE SCHEMA regress_self_test;
SET search_path = regress_self_test;
SELECT clearance.create_account('Regress self-test') AS account \gset
SELECT clearance.create_partner('Acme', 'permissive', account => :account) AS acme \gset
SELECT clearance.add_member('ann', roles => '{account_admin}', account => :account) AS ann, clearance.add_member('bob', account => :account) AS bob \gset
SELECT count(clearance.create_project('st-' || n, :account)) FROM generate_series(1, 3) n;
SELECT clearance.set_project('st-3', open_level => 'restricted');
SELECT clearance.add_partner_to_project('st-2', :acme);
CREATE TABLE task (id integer PRIMARY KEY, project text, is_private boolean DEFAULT false, title text, estimate numeric, frozen boolean DEFAULT false) PARTITION BY RANGE (id);
CREATE TABLE task_low PARTITION OF task FOR VALUES FROM (0) TO (100);
CREATE TABLE task_high PARTITION OF task FOR VALUES FROM (100) TO (200);
INSERT INTO task SELECT n, 'st-' || n % 3 + 1, n % 2 = 0, 'task ' || n, n FROM generate_series(90, 110) n;
CREATE TABLE comment (id integer PRIMARY KEY, task_id integer, body text);
INSERT INTO comment SELECT n, n, 'comment ' || n FROM generate_series(90, 110) n;
CREATE TABLE reply (id integer PRIMARY KEY, project text, task_id integer);
INSERT INTO reply SELECT t.id, t.project, t.id FROM task t;
CREATE TABLE blank (id integer PRIMARY KEY, project text);
CREATE TABLE lost (id integer PRIMARY KEY, project text);
INSERT INTO lost VALUES (1, 'nowhere');
SELECT clearance.protect('task', 'task', project => 'project', visibility => 'is_private', shared_values => '{false}') > 0,
       clearance.protect('comment', 'document') > 0, clearance.protect('reply', 'document', project => 'project') > 0, clearance.protect('blank', 'document', project => 'project') > 0,
       clearance.protect('lost', 'document', project => 'project') > 0;
SELECT clearance.add_parent('comment', 'task_id', 'task'), clearance.add_parent('reply', 'task_id', 'task');
SELECT clearance.create_action('task', 'regress_view_estimate', reads => true), clearance.create_action('task', 'regress_freeze');
SELECT clearance.mask_column('task', 'estimate', 'regress_view_estimate'), clearance.mask_column('task', 'title', 'regress_view_estimate', mask => 'left(title, 3)'),
       clearance.guard_column('task', 'frozen', 'regress_freeze');
SELECT clearance.trust_role('regress_self_test_app'), clearance.map_role('regress_self_test_ann', member => :ann), clearance.map_role('regress_self_test_acme', partner => :acme),
       clearance.map_role('regress_self_test_web', setting => 'regress.user'), clearance.map_role('regress_self_test_json', setting => 'regress.claims', claim => 'sub', names => 'id'),
       clearance.map_role('regress_self_test_blind', member => :ann);
SELECT clearance.add_token_key('regress self-test', 'HS256', translate(encode(sha256('a secret'), 'base64'), '+/=', '-_'), 'regress', account => :account);
GRANT USAGE ON SCHEMA regress_self_test TO regress_self_test_app, regress_self_test_ann, regress_self_test_acme, regress_self_test_web, regress_self_test_json;
GRANT SELECT ON ALL TABLES IN SCHEMA regress_self_test TO regress_self_test_app, regress_self_test_ann, regress_self_test_acme, regress_self_test_web, regress_self_test_json;
-- what it says of this topic's tables, keys and roles, and of the server
CREATE VIEW said AS
SELECT coalesce(t.relation::text, '-') AS relation, coalesce(t.road, '-') AS road, t.claim, t.result, t.detail FROM clearance.self_test() t
WHERE coalesce((SELECT c.relnamespace = 'regress_self_test'::regnamespace FROM pg_class c WHERE c.oid = t.relation), t.road ~ 'regress_self_test|token', true) AND coalesce(t.road ~ 'regress_self_test|^token$|^set_actor$', true)
  AND (t.claim !~ '^a token of key' OR t.claim ~ 'regress self-test');

--
-- All of it: what is ok, what is not tested, and why.
--
SELECT concat_ws(' | ', relation, road, claim, result, detail) FROM said;

-- Writes are tried where that is asked for: then triggers of the application run.
BEGIN;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE insufficient_privilege USING MESSAGE = 'the application says no'; END $$;
CREATE TRIGGER refuse BEFORE UPDATE ON comment FOR EACH ROW EXECUTE FUNCTION refuse();
SELECT clearance.guard_column('task', 'title', 'regress_freeze', new_value => '100% "done"');
SELECT t.relation, t.claim, t.result, t.detail FROM clearance.self_test(writes => true) t WHERE t.relation IN ('task'::regclass, 'comment'::regclass, 'blank'::regclass)
EXCEPT SELECT t.relation, t.claim, t.result, t.detail FROM clearance.self_test() t ORDER BY 1, 2;
-- a guard that does not hold is found
SET LOCAL clearance.maintaining = on;
ALTER TABLE task_low DISABLE TRIGGER "00_clearance_write";
ALTER TABLE task_high DISABLE TRIGGER "00_clearance_write";
SELECT t.relation, t.claim, t.detail FROM clearance.self_test(writes => true) t WHERE t.relation IN ('task'::regclass, 'comment'::regclass) AND t.result = 'failed';
ROLLBACK;

--
-- It changes nothing: neither tables of the extension or the application, nor roles, privileges, settings, or what is
-- kept of actors; nobody is told.
--
CREATE FUNCTION state() RETURNS TABLE (name text, digest text) LANGUAGE plpgsql AS $$
DECLARE
    tab regclass;
BEGIN
    FOR tab IN SELECT c.oid FROM pg_class c WHERE c.relkind = 'r' AND (c.relnamespace IN ('clearance'::regnamespace, 'regress_self_test'::regnamespace)
               OR c.oid IN ('pg_authid'::regclass, 'pg_auth_members'::regclass, 'pg_class'::regclass, 'pg_namespace'::regclass, 'pg_policy'::regclass, 'pg_proc'::regclass,
                         'pg_trigger'::regclass, 'pg_event_trigger'::regclass)) LOOP
        name := tab;
        -- but for what vacuuming and analysing write, in the background (vac_update_relstats(), commands/vacuum.c)
        EXECUTE format('SELECT md5(string_agg(r.line, '' '' ORDER BY r.line)) FROM %s t CROSS JOIN LATERAL (SELECT (to_jsonb(t)'
                       ' - ''{relpages,reltuples,relallvisible,relallfrozen,relfrozenxid,relminmxid,relhasindex,relhasrules,relhastriggers,relhassubclass}''::text[])::text AS line) r', tab) INTO digest;
        RETURN NEXT;
    END LOOP;
END
$$;
CREATE TEMP TABLE before AS SELECT * FROM state();
LISTEN clearance_outbox;
SET client_min_messages = notice;
SELECT count(*) > 50, current_user = session_user FROM clearance.self_test(writes => true);
SET client_min_messages = error;
SELECT count(*), coalesce(current_setting('regress.user', true), ''), current_setting('session_authorization') = session_user FROM clearance.cached_actor GROUP BY 2, 3;
SELECT * FROM clearance.current_actor();
(SELECT * FROM state() EXCEPT SELECT * FROM before) UNION (SELECT * FROM before EXCEPT SELECT * FROM state());
UNLISTEN clearance_outbox;
-- also within a transaction that goes on, with what it has changed
BEGIN;
INSERT INTO lost VALUES (2, 'st-1');
SELECT concat_ws(' | ', road, claim, result, detail) FROM said WHERE relation = 'lost' AND road = 'set_actor' AND result <> 'ok';
SELECT * FROM lost ORDER BY id;
ROLLBACK;

--
-- What is broken is found: here by whoever writes the server's catalog.
--
CREATE FUNCTION found() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('%s of %s: %s (%s)', count(*), relation, min(claim), min(coalesce(detail, '-'))) FROM regress_self_test.said WHERE result = 'failed' GROUP BY relation ORDER BY relation
$$;
CREATE FUNCTION found_all() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT concat_ws(' | ', relation, road, claim, detail) FROM regress_self_test.said WHERE result = 'failed'
$$;
SELECT found();
SET allow_system_table_mods = on;
SET clearance.maintaining = on;
-- row security is off
BEGIN; UPDATE pg_class SET relrowsecurity = false WHERE oid = 'task'::regclass; SELECT found(); ROLLBACK;
-- of a partition alone
BEGIN; UPDATE pg_class SET relrowsecurity = false WHERE oid = 'task_high'::regclass; SELECT found_all(); ROLLBACK;
-- it is not forced
BEGIN; UPDATE pg_class SET relforcerowsecurity = false WHERE oid = 'comment'::regclass; SELECT found_all(); ROLLBACK;
-- a policy is gone, or says something else
BEGIN; DROP POLICY clearance_select ON comment; SELECT found(); ROLLBACK;
BEGIN; ALTER POLICY clearance_update ON comment USING (true); SELECT found(); ROLLBACK;
-- somebody else's would let everybody in: the rule holds, but only the library sees to it
BEGIN; CREATE POLICY everybody ON comment USING (true); SELECT found_all(); ROLLBACK;
-- somebody else's lets nobody in: then it cannot be told
BEGIN; CREATE POLICY nobody ON comment AS RESTRICTIVE USING (false); SELECT concat_ws(' | ', road, claim, result, detail) FROM said WHERE relation = 'comment' AND (result = 'failed' OR detail ~ 'restrictive'); ROLLBACK;
-- it lets some see other rows, or fewer
BEGIN; CREATE POLICY odd ON comment AS RESTRICTIVE USING (id = CASE WHEN current_user = 'regress_self_test_acme' THEN 91 ELSE 94 END); SELECT found_all(); ROLLBACK;
BEGIN; CREATE POLICY odd ON comment AS RESTRICTIVE USING (current_user <> 'regress_self_test_acme'); SELECT concat_ws(' | ', road, claim, result, detail) FROM said WHERE relation = 'comment' AND (result = 'failed' OR detail ~ 'restrictive'); ROLLBACK;
-- a trigger is gone, or off
BEGIN; ALTER TABLE task_low DISABLE TRIGGER "00_clearance_write"; SELECT found_all(); ROLLBACK;
BEGIN; ALTER EVENT TRIGGER clearance_refuse_ddl DISABLE; SELECT found_all(); ROLLBACK;
-- a login passes row security, or owns tables that do not force it
BEGIN; ALTER ROLE regress_self_test_acme BYPASSRLS; SELECT found_all(); ROLLBACK;
BEGIN; ALTER ROLE regress_self_test_app SUPERUSER; SELECT found(); ROLLBACK;
BEGIN;
UPDATE pg_class SET relforcerowsecurity = false, relowner = 'regress_self_test_web'::regrole WHERE oid = 'comment'::regclass;
SELECT found_all();
ROLLBACK;
-- who a login is changes what it sees; what it should see changes with it
BEGIN; SELECT clearance.map_role('regress_self_test_acme', member => :ann); SELECT found_all(); ROLLBACK;
-- a protected table's parent is read as its owner, who may not
BEGIN; ALTER TABLE task OWNER TO regress_self_test_blind; SELECT found(); ROLLBACK;
RESET clearance.maintaining;
RESET allow_system_table_mods;

--
-- Nobody's code gets rights by it: what belongs to a table runs as the throw-away
-- role, which reads that table alone, and does not come back from there.
--
CREATE SEQUENCE told;
GRANT ALL ON SEQUENCE told TO PUBLIC;
CREATE FUNCTION evil() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    attempt text;
BEGIN
    FOREACH attempt IN ARRAY ARRAY['SET LOCAL ROLE NONE', 'RESET ROLE', 'RESET SESSION AUTHORIZATION', 'SET SESSION AUTHORIZATION DEFAULT',
                                   'SELECT count(*) FROM regress_self_test.task', $s$SELECT clearance.set_actor(key => 'bob')$s$, 'CREATE TEMP TABLE left_behind ()'] LOOP
        BEGIN
            EXECUTE attempt;
            IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) OR attempt !~ 'ROLE|AUTH' THEN
                PERFORM nextval('regress_self_test.told');
            END IF;
        EXCEPTION WHEN OTHERS THEN
            NULL;
        END;
    END LOOP;
    RETURN true;
END
$$;
BEGIN;
REVOKE SELECT ON task FROM regress_self_test_app, regress_self_test_ann, regress_self_test_acme, regress_self_test_web, regress_self_test_json;
CREATE POLICY evil ON comment AS RESTRICTIVE USING (regress_self_test.evil());
SELECT found();
SELECT is_called FROM told;
ROLLBACK;
DROP FUNCTION evil();

--
-- For operators who may become others, where nobody acts, in what may write.
--
SET ROLE regress_self_test_app;
SELECT * FROM clearance.self_test();
RESET ROLE;
BEGIN;
GRANT EXECUTE ON FUNCTION clearance.self_test TO regress_self_test_app;
SET LOCAL ROLE regress_self_test_app;
SELECT * FROM clearance.self_test();
ROLLBACK;
CREATE ROLE regress_self_test_boss SUPERUSER;
BEGIN; SET LOCAL ROLE regress_self_test_boss; SELECT * FROM clearance.self_test(); ROLLBACK;
BEGIN; SELECT clearance.set_actor(id => :ann) = :ann; SELECT * FROM clearance.self_test(); ROLLBACK;
BEGIN READ ONLY; SELECT * FROM clearance.self_test(); ROLLBACK;

SELECT clearance.unmap_role(r) FROM unnest('{regress_self_test_ann,regress_self_test_acme,regress_self_test_web,regress_self_test_json,regress_self_test_blind}'::regrole[]) r;
SELECT clearance.distrust_role('regress_self_test_app'), clearance.drop_token_key('regress self-test');
DROP SCHEMA regress_self_test CASCADE;
DELETE FROM clearance.account WHERE id = :account;
DROP ROLE regress_self_test_app, regress_self_test_ann, regress_self_test_acme, regress_self_test_web, regress_self_test_json, regress_self_test_blind, regress_self_test_boss;
