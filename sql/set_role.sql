-- A role that tools reach by SET ROLE is a member, or a partner as a whole, while it is set
-- so in a session whose login is neither mapped nor trusted; else it is nobody.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
\pset null null
SET client_min_messages = warning;
SELECT clearance.create_account('Regress set role') AS account \gset
SELECT clearance.create_partner('Acme', 'moderate', account => :account) AS acme \gset
SELECT clearance.create_partner('Bolt', 'moderate', account => :account) AS bolt \gset
SELECT clearance.add_member(key => 'ada', roles => '{account_admin}', account => :account) AS ada \gset
SELECT clearance.add_member(key => 'pat', partner => :acme, account => :account) AS pat \gset
SELECT clearance.add_member(key => 'bob', partner => :bolt, account => :account) AS bob \gset
SELECT clearance.create_project(n, :account) > 0 FROM generate_series(1, 3) n;
SELECT clearance.add_partner_to_project(1, :acme), clearance.add_partner_to_project(2, :acme), clearance.add_partner_to_project(2, :bolt);
SELECT clearance.add_member_to_project(1, :pat), clearance.add_member_to_project(2, :bob);

CREATE SCHEMA regress_set_role;
GRANT USAGE ON SCHEMA regress_set_role TO PUBLIC;
CREATE TABLE regress_set_role.task (id integer PRIMARY KEY, project integer, title text);
INSERT INTO regress_set_role.task SELECT n, n, 'task' FROM generate_series(1, 3) n;
GRANT SELECT, UPDATE ON regress_set_role.task TO PUBLIC;
SELECT clearance.protect('regress_set_role.task', 'task', project => 'project') > 0;
-- who acts, and what that shows
CREATE VIEW regress_set_role.me WITH (security_invoker) AS
SELECT coalesce(w.key, w.company, 'nobody') AS who, (SELECT array_agg(t.id ORDER BY t.id) FROM regress_set_role.task t) AS tasks
FROM clearance.whoami() w;
GRANT SELECT ON regress_set_role.me TO PUBLIC;

CREATE ROLE regress_set_acme;
CREATE ROLE regress_set_bolt;
CREATE ROLE regress_set_pat;
CREATE ROLE regress_set_login;
CREATE ROLE regress_set_plain;
CREATE ROLE regress_set_tool LOGIN IN ROLE regress_set_acme, regress_set_bolt, regress_set_pat, regress_set_login, regress_set_plain;
CREATE ROLE regress_set_super LOGIN SUPERUSER;
SELECT clearance.map_role('regress_set_acme', partner => :acme, by_set_role => true);
SELECT clearance.map_role('regress_set_bolt', partner => :bolt, by_set_role => true);
SELECT clearance.map_role('regress_set_pat', member => :pat, by_set_role => true);
SELECT clearance.map_role('regress_set_login', partner => :acme);
SELECT role, partner_id = :acme AS acme, by_set_role FROM clearance.login_role WHERE role::text LIKE 'regress_set_%' ORDER BY role::text;

--
-- It counts from the next statement on, until another role is set, or none.
--
SET SESSION AUTHORIZATION regress_set_tool;
TABLE regress_set_role.me;
SET ROLE regress_set_acme;
TABLE regress_set_role.me;
SELECT clearance.actor(), kind, company, login_role FROM clearance.whoami();
SET ROLE regress_set_bolt;
TABLE regress_set_role.me;
SET ROLE regress_set_pat;
TABLE regress_set_role.me;
UPDATE regress_set_role.task SET title = 'by pat' RETURNING id;
SET ROLE regress_set_acme;
-- a partner as a whole views
UPDATE regress_set_role.task SET title = 'by acme' RETURNING id;
RESET ROLE;
TABLE regress_set_role.me;
SELECT note FROM clearance.whoami();
-- a role that is not mapped, and one that is mapped as a login
SET ROLE regress_set_plain;
TABLE regress_set_role.me;
SELECT note FROM clearance.whoami();
SET ROLE regress_set_login;
TABLE regress_set_role.me;
SELECT note FROM clearance.whoami();
-- who is no member of the role does not set it
SET ROLE regress_set_super;
-- a transaction's role ends with it, and as it is rolled back
BEGIN;
SET LOCAL ROLE regress_set_acme;
TABLE regress_set_role.me;
SAVEPOINT a;
SET LOCAL ROLE regress_set_bolt;
TABLE regress_set_role.me;
ROLLBACK TO a;
TABLE regress_set_role.me;
COMMIT;
TABLE regress_set_role.me;
SET ROLE regress_set_acme;
DISCARD ALL;
SET SESSION AUTHORIZATION regress_set_tool;
TABLE regress_set_role.me;
-- whoever sets the session's user sets no role
SET ROLE regress_set_acme;
SET SESSION AUTHORIZATION regress_set_tool;
TABLE regress_set_role.me;
-- the role of a connection
RESET SESSION AUTHORIZATION;
\setenv REGRESS_DATABASE :DBNAME
\! psql -XAtd "user=regress_set_tool dbname=$REGRESS_DATABASE options=-crole=regress_set_acme" -c 'TABLE regress_set_role.me' 2>&1 | sed 's/.*FATAL/FATAL/'
\! psql -XAtd "user=regress_set_tool dbname=$REGRESS_DATABASE" -c 'TABLE regress_set_role.me' 2>&1 | sed 's/.*FATAL/FATAL/'

--
-- It is no login: who logs in as such a role is nobody until it sets it.
--
SET SESSION AUTHORIZATION regress_set_acme;
TABLE regress_set_role.me;
SELECT note FROM clearance.whoami();
SET ROLE regress_set_acme;
TABLE regress_set_role.me;
RESET SESSION AUTHORIZATION;

--
-- A login that is mapped is whom it is mapped to, and one that may set the actor sets it; SET ROLE changes nothing.
--
CREATE ROLE regress_set_mapped LOGIN IN ROLE regress_set_acme;
CREATE ROLE regress_set_claims LOGIN IN ROLE regress_set_acme;
CREATE ROLE regress_set_backend;
CREATE ROLE regress_set_trusted LOGIN IN ROLE regress_set_acme, regress_set_backend;
CREATE ROLE regress_set_parameter LOGIN IN ROLE regress_set_acme;
SELECT clearance.map_role('regress_set_mapped', partner => :bolt);
SELECT clearance.map_role('regress_set_claims', setting => 'regress.member', names => 'key');
SELECT clearance.trust_role('regress_set_backend');
GRANT SET ON PARAMETER clearance.actor TO regress_set_parameter;
\set bob_is_named 'SELECT clearance.set_actor(id => :bob, local => false) > 0; SET ROLE regress_set_acme; TABLE regress_set_role.me; RESET ROLE; SELECT clearance.reset_actor();'
SET SESSION AUTHORIZATION regress_set_mapped;
SET ROLE regress_set_acme;
TABLE regress_set_role.me;
SET SESSION AUTHORIZATION regress_set_claims;
SET ROLE regress_set_acme;
TABLE regress_set_role.me;
SET regress.member = 'bob';
TABLE regress_set_role.me;
RESET ROLE;
TABLE regress_set_role.me;
RESET regress.member;
SET SESSION AUTHORIZATION regress_set_trusted;
SET ROLE regress_set_acme;
TABLE regress_set_role.me;
SELECT note FROM clearance.whoami();
UPDATE regress_set_role.task SET title = 'by nobody' RETURNING id;
RESET ROLE;
:bob_is_named
SET SESSION AUTHORIZATION regress_set_parameter;
SET ROLE regress_set_acme;
TABLE regress_set_role.me;
RESET SESSION AUTHORIZATION;
-- each from the next statement on
SELECT clearance.unmap_role('regress_set_mapped'), clearance.distrust_role('regress_set_backend');
SET SESSION AUTHORIZATION regress_set_mapped;
SET ROLE regress_set_acme;
TABLE regress_set_role.me;
SET SESSION AUTHORIZATION regress_set_trusted;
SET ROLE regress_set_acme;
TABLE regress_set_role.me;
RESET SESSION AUTHORIZATION;
SELECT clearance.trust_role('regress_set_backend');
-- the actor that somebody has set, and a superuser, who is neither mapped nor trusted and whom row security binds as the role
SET SESSION AUTHORIZATION regress_set_super;
TABLE regress_set_role.me;
SET ROLE regress_set_acme;
TABLE regress_set_role.me;
RESET ROLE;
:bob_is_named
RESET SESSION AUTHORIZATION;

--
-- Functions: SECURITY DEFINER changes nothing; a SET clause sets the role for statements within, but in a query that runs.
--
GRANT CREATE ON SCHEMA regress_set_role TO regress_set_acme, regress_set_tool;
SET ROLE regress_set_acme;
CREATE FUNCTION regress_set_role.seen() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS
$$ BEGIN RETURN (SELECT format('%s as %s', m, current_user) FROM regress_set_role.me m); END $$;
CREATE FUNCTION regress_set_role.sets() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN SET ROLE regress_set_acme; END $$;
RESET ROLE;
SET SESSION AUTHORIZATION regress_set_tool;
CREATE FUNCTION regress_set_role.seen_as_bolt() RETURNS text LANGUAGE plpgsql SET role = regress_set_bolt AS
$$ BEGIN RETURN (SELECT format('%s as %s', m, current_user) FROM regress_set_role.me m); END $$;
CREATE FUNCTION regress_set_role.seen_in_turn() RETURNS SETOF text LANGUAGE plpgsql AS
$$
BEGIN
    SET LOCAL ROLE regress_set_acme;
    RETURN NEXT (SELECT m FROM regress_set_role.me m);
    SET LOCAL ROLE regress_set_bolt;
    RETURN NEXT (SELECT m FROM regress_set_role.me m);
    SET LOCAL ROLE NONE;
    RETURN NEXT (SELECT m FROM regress_set_role.me m);
END
$$;
SELECT regress_set_role.seen();
SELECT regress_set_role.seen_as_bolt();
SELECT regress_set_role.seen_in_turn();
SELECT regress_set_role.sets();
SET ROLE regress_set_bolt;
SELECT regress_set_role.seen();
SELECT regress_set_role.seen_in_turn();
SET ROLE regress_set_acme;
SELECT regress_set_role.seen_as_bolt();
TABLE regress_set_role.me;
-- whoever acts in a query acts in the functions that it calls
SELECT id, regress_set_role.seen(), regress_set_role.seen_as_bolt() FROM regress_set_role.task ORDER BY id;
SELECT id, set_config('role', 'regress_set_bolt', false) FROM regress_set_role.task ORDER BY id;
TABLE regress_set_role.me;
-- what others' code does in an index is done without a role, and nothing sets one
RESET ROLE;
CREATE FUNCTION regress_set_role.indexed(integer) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN PERFORM set_config('role', 'regress_set_acme', true); RETURN (SELECT m FROM regress_set_role.me m); END $$;
CREATE TABLE regress_set_role.mine AS SELECT 1 AS id;
CREATE INDEX ON regress_set_role.mine (regress_set_role.indexed(id));
CREATE MATERIALIZED VIEW regress_set_role.kept AS SELECT regress_set_role.indexed(1);
RESET SESSION AUTHORIZATION;

--
-- Prepared statements and cursors. A statement is for who acts as it starts, a cursor for who acted as it was opened.
--
SET SESSION AUTHORIZATION regress_set_tool;
PREPARE tasks AS SELECT array_agg(id ORDER BY id) FROM regress_set_role.task;
PREPARE one (integer) AS SELECT id FROM regress_set_role.task WHERE id = $1;
SET plan_cache_mode = force_generic_plan;
SET ROLE regress_set_acme;
EXECUTE tasks;
EXECUTE one (1);
SET ROLE regress_set_bolt;
EXECUTE tasks;
EXECUTE one (1);
SET ROLE regress_set_plain;
EXECUTE tasks;
RESET ROLE;
EXECUTE tasks;
SET ROLE regress_set_acme;
EXECUTE tasks;
EXECUTE one (1);
RESET plan_cache_mode;
BEGIN;
DECLARE acme SCROLL CURSOR FOR SELECT id FROM regress_set_role.task ORDER BY id;
DECLARE held CURSOR WITH HOLD FOR SELECT id FROM regress_set_role.task ORDER BY id;
FETCH acme;
SET ROLE regress_set_bolt;
TABLE regress_set_role.me;
FETCH acme;
RESET ROLE;
MOVE ABSOLUTE 0 IN acme;
FETCH ALL FROM acme;
TABLE regress_set_role.me;
COMMIT;
FETCH ALL FROM held;
CLOSE held;
DEALLOCATE ALL;
-- a function's plan
CREATE FUNCTION regress_set_role.counted() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM regress_set_role.task); END $$;
SET ROLE regress_set_acme;
SELECT regress_set_role.counted();
SET ROLE regress_set_bolt;
SELECT regress_set_role.counted();
RESET ROLE;
SELECT regress_set_role.counted();
RESET SESSION AUTHORIZATION;

--
-- What is known of whom the role is: disabled, mapped again, taken back.
--
SET SESSION AUTHORIZATION regress_set_tool;
SET ROLE regress_set_pat;
TABLE regress_set_role.me;
RESET SESSION AUTHORIZATION;
SELECT clearance.disable_member(:pat);
SET SESSION AUTHORIZATION regress_set_tool;
SET ROLE regress_set_pat;
TABLE regress_set_role.me;
SELECT note FROM clearance.whoami();
RESET SESSION AUTHORIZATION;
SELECT clearance.map_role('regress_set_pat', member => :bob, by_set_role => true);
SET SESSION AUTHORIZATION regress_set_tool;
SET ROLE regress_set_pat;
TABLE regress_set_role.me;
RESET SESSION AUTHORIZATION;
-- mapping again without it makes a login of it
SELECT clearance.map_role('regress_set_pat', member => :bob);
SET SESSION AUTHORIZATION regress_set_tool;
SET ROLE regress_set_pat;
TABLE regress_set_role.me;
RESET SESSION AUTHORIZATION;
-- a mapping that is not committed, or rolled back
BEGIN;
SELECT clearance.map_role('regress_set_plain', partner => :acme, by_set_role => true);
SET LOCAL SESSION AUTHORIZATION regress_set_tool;
SET LOCAL ROLE regress_set_plain;
TABLE regress_set_role.me;
ROLLBACK;
SET SESSION AUTHORIZATION regress_set_tool;
SET ROLE regress_set_plain;
TABLE regress_set_role.me;
RESET SESSION AUTHORIZATION;
SELECT clearance.unmap_role('regress_set_bolt');
SET SESSION AUTHORIZATION regress_set_tool;
SET ROLE regress_set_bolt;
TABLE regress_set_role.me;
RESET SESSION AUTHORIZATION;

--
-- What cannot be mapped so: what cannot be mapped at all, and a setting.
--
CREATE ROLE regress_set_bypass BYPASSRLS;
CREATE ROLE regress_set_group IN ROLE regress_set_backend;
SELECT clearance.map_role('regress_set_super', partner => :acme, by_set_role => true);
SELECT clearance.map_role('regress_set_bypass', partner => :acme, by_set_role => true);
SELECT clearance.map_role('regress_set_backend', partner => :acme, by_set_role => true);
SELECT clearance.map_role('regress_set_group', partner => :acme, by_set_role => true);
SELECT clearance.trust_role('regress_set_acme');
SELECT clearance.map_role('regress_set_plain', setting => 'regress.member', by_set_role => true);
SELECT clearance.map_role('regress_set_plain', by_set_role => true);
SELECT clearance.map_role('regress_set_plain', partner => :acme, by_set_role => NULL);
INSERT INTO clearance.login_role (role, setting, names, by_set_role) VALUES ('regress_set_plain', 'regress.member', 'key', true);
SET ROLE regress_set_tool;
SELECT clearance.map_role('regress_set_plain', partner => :acme, by_set_role => true);
RESET ROLE;

--
-- Who logs in and sets such a role is looked at as well: by RESET ROLE it is itself again. If it may set the actor, SET ROLE is in vain.
--
SELECT * FROM clearance.powerful_roles WHERE role::text LIKE 'regress_set_%' ORDER BY role::text;
ALTER ROLE regress_set_tool BYPASSRLS;
GRANT regress_set_bypass TO regress_set_mapped;
SELECT * FROM clearance.powerful_roles WHERE role::text LIKE 'regress_set_%' ORDER BY role::text;
SELECT code, object, why FROM clearance.lint() WHERE object ~ 'regress_set_(tool|mapped)' ORDER BY 1, 2;
ALTER ROLE regress_set_tool NOBYPASSRLS;
REVOKE regress_set_bypass FROM regress_set_mapped;

--
-- It is told, and tested: explain, the self-test, the audit log.
--
SELECT explanation FROM clearance.explain('regress_set_role.task', 1, 'view', role => 'regress_set_acme') LIMIT 2;
SELECT road, claim, result, detail FROM clearance.self_test() WHERE relation = 'regress_set_role.task'::regclass AND road LIKE '%regress_set_%' ORDER BY 1, 2;
SELECT road, claim, result FROM clearance.self_test() WHERE relation IS NULL AND road LIKE '%regress_set_%' ORDER BY 1, 2;
-- which leaves nothing behind
SELECT current_setting('role'), session_user = current_user;
SELECT operation, after ->> 'role', after ->> 'by_set_role' FROM clearance.audit
WHERE table_name = 'login_role' AND after ->> 'role' LIKE 'regress_set_%' ORDER BY seq LIMIT 4;

SET client_min_messages = error;
DROP SCHEMA regress_set_role CASCADE;
DELETE FROM clearance.login_role WHERE role::text LIKE 'regress_set_%';
SELECT clearance.distrust_role('regress_set_backend');
REVOKE SET ON PARAMETER clearance.actor FROM regress_set_parameter;
DELETE FROM clearance.account WHERE id = :account;
DROP ROLE regress_set_tool, regress_set_mapped, regress_set_claims, regress_set_trusted, regress_set_parameter, regress_set_super, regress_set_bypass,
    regress_set_group, regress_set_backend, regress_set_acme, regress_set_bolt, regress_set_pat, regress_set_login, regress_set_plain;
