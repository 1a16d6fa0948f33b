-- On whose behalf a session acts: who may say so, how, and for how long.
\set SHOW_CONTEXT never
\set VERBOSITY default
CREATE SCHEMA regress_actor;
CREATE ROLE regress_actor_app;
CREATE ROLE regress_actor_user;
CREATE ROLE regress_actor_owner CREATEROLE;
CREATE ROLE regress_actor_super SUPERUSER;
GRANT USAGE ON SCHEMA regress_actor TO PUBLIC;

-- Ann is a member of two accounts; Bob works for a partner of the first, Cleo
-- is a contact of its customer.
SELECT clearance.create_account('regress_actor_north') AS north \gset
SELECT clearance.create_account('regress_actor_south') AS south \gset
SELECT clearance.create_partner('Acme', 'moderate', account => :north) AS acme \gset
SELECT clearance.create_customer('Cafe', :north) AS cafe \gset
SELECT clearance.add_member(key => 1, email => 'ann@example.com', name => 'Ann', roles => '{account_admin}', account => :north) AS ann \gset
SELECT clearance.add_member(key => 1, email => 'ann@example.com', name => 'Ann abroad', roles => '{collaborator}', account => :south) AS ann_abroad \gset
SELECT clearance.add_member(key => 2, email => 'Bob@acme.example', name => 'Bob', partner => :acme, account => :north) AS bob \gset
SELECT clearance.add_member(key => 3, email => 'cleo@cafe.example', name => 'Cleo', customer => :cafe, account => :north) AS cleo \gset
SELECT clearance.create_project('ra-1', :north) > 0 AS ok;
SELECT clearance.add_partner_to_project('ra-1', :acme);
SELECT clearance.add_member_to_project('ra-1', :bob);
CREATE TABLE regress_actor.task (id integer PRIMARY KEY, project_id text, is_private boolean);
INSERT INTO regress_actor.task VALUES (1, 'ra-1', false), (2, 'ra-1', true);
GRANT SELECT, UPDATE ON regress_actor.task TO PUBLIC;
SELECT clearance.protect('regress_actor.task', 'task', project => 'project_id', visibility => 'is_private', shared_values => '{false}') > 0 AS ok;
-- the plan of a query, without the binding's number
CREATE FUNCTION regress_actor.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        RETURN NEXT regexp_replace(line, '\d{4,}', '#', 'g');
    END LOOP;
END $$;
-- who acts, and what that shows
CREATE VIEW regress_actor.me WITH (security_invoker) AS
SELECT (w).name, (w).kind, (w).levels, (SELECT array_agg(t.id ORDER BY t.id) FROM regress_actor.task t) AS tasks
FROM clearance.whoami() w;
GRANT SELECT ON regress_actor.me TO PUBLIC;

--
-- A trusted role sets the actor by exactly one of id, key and e-mail.
--
SELECT clearance.trust_role('regress_actor_app');
BEGIN;
SET LOCAL ROLE regress_actor_app;
SELECT * FROM regress_actor.me;
SELECT clearance.set_actor(id => :bob) = :bob AS by_id;
SELECT * FROM regress_actor.me;
SELECT clearance.actor() = :bob AS same;
SELECT clearance.set_actor(key => 2) = :bob AS by_key;
SELECT clearance.set_actor(email => 'bob@ACME.example') = :bob AS by_email;
SELECT clearance.set_actor(key => 1, account => :north) = :ann AS in_north;
SELECT * FROM regress_actor.me;
SELECT clearance.set_actor(email => 'ann@example.com', account => :south) = :ann_abroad AS in_south;
SELECT * FROM regress_actor.me;
SELECT clearance.set_actor(id => :bob) = :bob AS ok;
-- a refused call leaves the actor as it was
\set ON_ERROR_ROLLBACK on
SELECT clearance.set_actor();
SELECT clearance.set_actor(id => :bob, key => 2);
SELECT clearance.set_actor(key => 2, email => 'bob@acme.example');
SELECT clearance.set_actor(key => 1);
SELECT clearance.set_actor(email => 'ann@example.com');
SELECT clearance.set_actor(id => -1);
SELECT clearance.set_actor(key => 'no such key');
SELECT clearance.set_actor(email => 'nobody@example.com');
SELECT clearance.set_actor(account => :north);
SELECT clearance.set_actor(id => NULL);
SELECT clearance.set_actor(key => 2, account => :south);
SELECT clearance.set_actor(email => 'bob@acme.example', account => -1);
SELECT * FROM regress_actor.me;
COMMIT;
\set ON_ERROR_ROLLBACK off

--
-- It lasts until the end of the transaction, or of the session.
--
SET ROLE regress_actor_app;
SELECT * FROM regress_actor.me;
BEGIN;
SELECT clearance.set_actor(id => :bob, local => false) = :bob AS for_the_session;
COMMIT;
SELECT * FROM regress_actor.me;
BEGIN;
SELECT clearance.set_actor(id => :ann) = :ann AS for_the_transaction;
SELECT * FROM regress_actor.me;
COMMIT;
SELECT * FROM regress_actor.me;
-- a session's actor that a rolled-back transaction set was never set
BEGIN;
SELECT clearance.set_actor(id => :ann, local => false) = :ann AS ok;
ROLLBACK;
SELECT * FROM regress_actor.me;
-- rolling back to a savepoint restores who acted there
BEGIN;
SELECT clearance.set_actor(id => :ann) = :ann AS ok;
SAVEPOINT a;
SELECT clearance.reset_actor();
SELECT * FROM regress_actor.me;
ROLLBACK TO a;
SELECT * FROM regress_actor.me;
SELECT clearance.set_actor(id => :bob) = :bob AS ok;
RELEASE a;
SELECT * FROM regress_actor.me;
COMMIT;
-- outside a transaction block, local means this statement
SELECT clearance.set_actor(id => :ann) = :ann AS ok;
SELECT * FROM regress_actor.me;
-- what ends it: reset_actor, DISCARD ALL, RESET ALL
SELECT clearance.reset_actor();
SELECT * FROM regress_actor.me;
SELECT clearance.set_actor(id => :bob, local => false) = :bob AS ok;
DISCARD ALL;
SET ROLE regress_actor_app;
SELECT * FROM regress_actor.me;
SELECT clearance.set_actor(id => :bob, local => false) = :bob AS ok;
RESET ALL;
SELECT * FROM regress_actor.me;
RESET ROLE;

--
-- A cursor keeps the actor that it was opened with, also where it is rewound
-- or filled at the end of the transaction, when somebody else acts.
--
CREATE INDEX ON regress_actor.task (project_id);
BEGIN;
SET LOCAL enable_seqscan = off;
SET LOCAL ROLE regress_actor_app;
SELECT clearance.set_actor(id => :bob) = :bob AS ok;
DECLARE moved SCROLL CURSOR FOR SELECT id FROM regress_actor.task;
DECLARE held CURSOR WITH HOLD FOR SELECT id FROM regress_actor.task;
FETCH moved;
SELECT clearance.set_actor(id => :ann) = :ann AS ok;
MOVE ABSOLUTE 0 IN moved;
FETCH ALL FROM moved;
SELECT clearance.reset_actor();
MOVE ABSOLUTE 0 IN moved;
FETCH ALL FROM moved;
COMMIT;
FETCH ALL FROM held;
CLOSE held;
-- while a query on a protected table runs, the actor stays
SET ROLE regress_actor_app;
SELECT clearance.set_actor(id => :bob, local => false) = :bob AS ok;
SELECT id, clearance.set_actor(id => :ann) FROM regress_actor.task;
SELECT id, clearance.reset_actor() FROM regress_actor.task;
SELECT id, set_config('clearance.token', 'x', false) FROM regress_actor.task;
SELECT * FROM regress_actor.me;
SELECT clearance.reset_actor();

--
-- Plans of protected tables are for the vendor's members.
--
SELECT clearance.set_actor(id => :bob, local => false) = :bob AS ok;
EXPLAIN (COSTS OFF) SELECT FROM regress_actor.task;
EXPLAIN (ANALYZE) UPDATE regress_actor.task SET is_private = true;
PREPARE tasks AS SELECT FROM regress_actor.task;
EXPLAIN EXECUTE tasks;
SET debug_print_plan = on;
SELECT count(*) FROM regress_actor.task;
SET debug_print_plan = off;
EXPLAIN (COSTS OFF) SELECT 1;
SELECT clearance.set_actor(id => :cleo, local => false) = :cleo AS ok;
EXPLAIN (COSTS OFF) SELECT FROM regress_actor.task;
SELECT clearance.reset_actor();
EXPLAIN (COSTS OFF) SELECT FROM regress_actor.task;
SET clearance.external_explain = on;
RESET ROLE;
SET clearance.external_explain = on;
SET ROLE regress_actor_app;
SELECT regress_actor.plan('EXECUTE tasks');
RESET ROLE;
RESET clearance.external_explain;
DEALLOCATE tasks;
SET ROLE regress_actor_app;
SELECT clearance.set_actor(id => :ann, local => false) = :ann AS ok;
SELECT regress_actor.plan('SELECT FROM regress_actor.task WHERE id = 1');
SELECT clearance.reset_actor();
RESET ROLE;

-- a setting that says who acts is one of the application's
SELECT clearance.map_role('regress_actor_user', setting => 'nope');
SELECT clearance.map_role('regress_actor_user', setting => 'clearance.actor');
SELECT clearance.map_role('regress_actor_user', setting => 'request.jwt.claims', names => 'phone');
SELECT clearance.map_role('regress_actor_user', member => :bob, claim => 'sub');
SELECT clearance.map_role('regress_actor_user', setting => 'a.b', account => -1);

--
-- No other role sets the actor, by whatever road.
--
SET ROLE regress_actor_user;
SELECT clearance.set_actor(id => :ann);
SET clearance.actor = '1';
SET LOCAL clearance.actor = '1';
SELECT set_config('clearance.actor', '1', false);
RESET clearance.actor;
ALTER ROLE regress_actor_user SET clearance.actor = '1';
CREATE FUNCTION pg_temp.as_ann() RETURNS bigint LANGUAGE sql SET clearance.actor = '1' RETURN clearance.actor();
-- it does not choose for its own functions either
CREATE FUNCTION pg_temp.plain() RETURNS bigint LANGUAGE sql RETURN clearance.actor();
ALTER FUNCTION pg_temp.plain() SET clearance.actor = '1';
ALTER FUNCTION pg_temp.plain() SET clearance.actor FROM CURRENT;
SELECT pg_temp.plain();
SELECT clearance.trust_role('regress_actor_user');
SELECT clearance.map_role('regress_actor_user', member => :ann);
SELECT * FROM regress_actor.me;
RESET ROLE;
-- a role that creates roles, and one that owns the database
GRANT regress_actor_user TO regress_actor_owner WITH ADMIN OPTION;
SET ROLE regress_actor_owner;
ALTER ROLE regress_actor_user SET clearance.actor = '1';
ALTER ROLE regress_actor_user RESET clearance.actor;
RESET ROLE;
CREATE DATABASE regress_actor OWNER regress_actor_owner;
SET ROLE regress_actor_owner;
ALTER DATABASE regress_actor SET clearance.actor = '1';
RESET ROLE;
SELECT count(*) AS settings FROM pg_db_role_setting WHERE array_to_string(setconfig, ' ') LIKE '%clearance%';
DROP DATABASE regress_actor;
-- and not when it connects
ALTER ROLE regress_actor_user LOGIN;
\setenv REGRESS_DATABASE :DBNAME
\! PGOPTIONS='-c clearance.actor=1' psql -X -At -U regress_actor_user -d "$REGRESS_DATABASE" -c 'SELECT clearance.actor()' 2>&1 | sed 's/.*FATAL/FATAL/'
\! psql -X -At -d "user=regress_actor_user dbname=$REGRESS_DATABASE options=-cclearance.actor=1" -c 'SELECT clearance.actor()' 2>&1 | sed 's/.*FATAL/FATAL/'
\! psql -X -At -d "user=regress_actor_user dbname=$REGRESS_DATABASE" -c 'SELECT count(*) FROM regress_actor.task' 2>&1 | sed 's/.*FATAL/FATAL/'
-- a superuser may, but for nonsense
SET clearance.actor = 'ann';
SET clearance.actor = '-1';
SET clearance.actor = '1; DROP TABLE task';
SET clearance.actor = '99999999999999999999';
SHOW clearance.actor;
-- taking trust back
SELECT clearance.distrust_role('regress_actor_app');
SET ROLE regress_actor_app;
SELECT clearance.set_actor(id => :bob);
RESET ROLE;

--
-- A login role can be a member, or a partner as a whole, which only views.
-- SET ROLE does not make one: it is the login that counts.
--
SELECT clearance.map_role('regress_actor_user', member => :bob);
SET SESSION AUTHORIZATION regress_actor_user;
SELECT * FROM regress_actor.me;
UPDATE regress_actor.task SET is_private = is_private RETURNING id;
RESET SESSION AUTHORIZATION;
\! psql -X -At -d "user=regress_actor_user dbname=$REGRESS_DATABASE" -c 'SELECT id FROM regress_actor.task' 2>&1 | sed 's/.*FATAL/FATAL/'
SET ROLE regress_actor_user;
SELECT * FROM regress_actor.me;
RESET ROLE;
-- mapping again replaces
SELECT clearance.map_role('regress_actor_user', partner => :acme);
SET SESSION AUTHORIZATION regress_actor_user;
SELECT * FROM regress_actor.me;
SELECT company, member, key FROM clearance.whoami();
SELECT clearance.actor();
UPDATE regress_actor.task SET is_private = is_private RETURNING id;
SELECT clearance.reset_actor();
SELECT * FROM regress_actor.me;
RESET SESSION AUTHORIZATION;
-- a role is one actor or sets any, not both
SELECT clearance.trust_role('regress_actor_user');
SELECT clearance.trust_role('regress_actor_app');
SELECT clearance.map_role('regress_actor_app', member => :bob);
SELECT clearance.map_role('regress_actor_super', member => :bob);
-- nor by membership of a trusted role
CREATE ROLE regress_actor_joined IN ROLE regress_actor_app;
SELECT clearance.map_role('regress_actor_joined', member => :bob);
DROP ROLE regress_actor_joined;
SELECT clearance.map_role('regress_actor_user');
SELECT clearance.map_role('regress_actor_user', member => :bob, partner => :acme);
SELECT clearance.map_role('regress_actor_user', member => -1);
SELECT clearance.map_role('regress_actor_user', partner => -1);
SELECT clearance.map_role('regress_no_such_role', member => 1);
SELECT clearance.map_role(NULL, member => :bob);
SELECT clearance.map_role(4294967295, member => :bob);
SELECT clearance.trust_role(NULL);
SELECT clearance.trust_role('regress_no_such_role');
SELECT clearance.distrust_role(NULL);
SELECT clearance.unmap_role('regress_actor_app');
SELECT clearance.unmap_role(NULL);
SELECT clearance.unmap_role('regress_actor_user');
SET SESSION AUTHORIZATION regress_actor_user;
SELECT * FROM regress_actor.me;
RESET SESSION AUTHORIZATION;

--
-- whoami() says why nothing is visible, if so; the next statement knows.
-- Who administers is an operator: between the two, nobody acts.
--
\set as_operator 'RESET ROLE; DO $$ BEGIN PERFORM set_config(''regress.actor'', current_setting(''clearance.actor''), false), set_config(''clearance.actor'', '''', false); END $$;'
\set as_member 'DO $$ BEGIN PERFORM set_config(''clearance.actor'', current_setting(''regress.actor''), false); END $$; SET ROLE regress_actor_app;'
SET ROLE regress_actor_app;
SELECT clearance.set_actor(id => :bob, local => false) = :bob AS ok;
RESET ROLE;
PREPARE who AS SELECT w.note, (SELECT count(*) FROM regress_actor.task) AS tasks FROM clearance.whoami() w;
SET ROLE regress_actor_app;
EXECUTE who;
:as_operator
SELECT clearance.disable_member(:bob);
:as_member
EXECUTE who;
:as_operator
SELECT clearance.enable_member(:bob);
SELECT clearance.disable_partner(:acme);
:as_member
EXECUTE who;
SELECT company, levels, login_role = session_user AS login FROM clearance.whoami();
:as_operator
SELECT clearance.enable_partner(:acme);
SELECT clearance.set_account(:north, active => false);
:as_member
EXECUTE who;
:as_operator
SELECT clearance.set_account(:north, active => true);
:as_member
EXECUTE who;
SELECT clearance.set_actor(id => :cleo, local => false) = :cleo AS ok;
EXECUTE who;
:as_operator
SELECT clearance.disable_customer(:cafe);
:as_member
EXECUTE who;
:as_operator
SELECT clearance.add_member(email => 'new@acme.example', partner => :acme, status => 'invited', account => :north) AS new \gset
:as_member
SELECT clearance.set_actor(id => :new, local => false) = :new AS ok;
EXECUTE who;
-- a member that is gone is nobody
RESET ROLE;
DELETE FROM clearance.member WHERE id = :new;
SET ROLE regress_actor_app;
EXECUTE who;
SELECT clearance.reset_actor();
EXECUTE who;
RESET ROLE;

-- nothing stays behind
DEALLOCATE who;
SELECT clearance.distrust_role('regress_actor_app');
SELECT clearance.unprotect('regress_actor.task');
SET client_min_messages = warning;
DROP SCHEMA regress_actor CASCADE;
DELETE FROM clearance.account WHERE id IN (:north, :south);
DROP OWNED BY regress_actor_app, regress_actor_user, regress_actor_owner;
DROP ROLE regress_actor_app, regress_actor_user, regress_actor_owner, regress_actor_super;
