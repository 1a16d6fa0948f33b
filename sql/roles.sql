-- Roles of the server that have more in their reach than the rule can hold, and what they find in the extension's tables.
-- Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
SELECT clearance.create_account('Regress') AS account \gset
SELECT clearance.add_member(1, 'ann@regress.example', 'Ann', roles => '{account_admin}', account => :account) AS ann \gset
CREATE ROLE regress_roles_plain LOGIN;
CREATE ROLE regress_roles_super SUPERUSER;
CREATE ROLE regress_roles_bypass BYPASSRLS;
CREATE ROLE regress_roles_create CREATEROLE;
CREATE ROLE regress_roles_repl REPLICATION;
CREATE ROLE regress_roles_trusted;
CREATE ROLE regress_roles_group;
CREATE ROLE regress_roles_files IN ROLE pg_read_server_files;
CREATE ROLE regress_roles_data IN ROLE pg_read_all_data;
SELECT clearance.trust_role('regress_roles_trusted');

--
-- A role is mapped, or trusted, if the rule can hold it: by no road does it get around row security.
--
CREATE FUNCTION pg_temp.try(call text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'SELECT clearance.' || call;
    RAISE EXCEPTION 'done' USING ERRCODE = 'ZZ000';
EXCEPTION WHEN OTHERS THEN
    RETURN CASE WHEN SQLSTATE = 'ZZ000' THEN 'done' ELSE SQLSTATE || ' ' || SQLERRM END;
END $$;
CREATE FUNCTION pg_temp.mapped(role name) RETURNS text LANGUAGE sql AS
$$ SELECT pg_temp.try(format('map_role(%L, member => %s)', role, (SELECT m.id FROM clearance.member m WHERE m.name = 'Ann'))) $$;
CREATE FUNCTION pg_temp.trusted(role name) RETURNS text LANGUAGE sql AS $$ SELECT pg_temp.try(format('trust_role(%L)', role)) $$;
SELECT r, pg_temp.mapped('regress_roles_' || r), pg_temp.trusted('regress_roles_' || r)
FROM unnest('{plain,super,bypass,create,repl,files,data,group}'::text[]) r;
SELECT pg_temp.mapped('regress_roles_trusted');
-- by SET ROLE, over several roles, without inheriting, by ADMIN OPTION
ALTER ROLE regress_roles_plain NOINHERIT;
GRANT regress_roles_group TO regress_roles_plain;
SELECT pg_temp.mapped('regress_roles_plain');
GRANT regress_roles_bypass TO regress_roles_group;
SELECT pg_temp.mapped('regress_roles_plain'), pg_temp.trusted('regress_roles_plain');
REVOKE regress_roles_bypass FROM regress_roles_group;
GRANT regress_roles_trusted TO regress_roles_group WITH ADMIN OPTION;
SELECT pg_temp.mapped('regress_roles_plain'), pg_temp.trusted('regress_roles_plain');
REVOKE regress_roles_trusted FROM regress_roles_group;
-- by the setting itself
GRANT SET ON PARAMETER clearance.actor TO regress_roles_group;
SELECT pg_temp.mapped('regress_roles_plain'), pg_temp.trusted('regress_roles_plain');
REVOKE SET ON PARAMETER clearance.actor FROM regress_roles_group;

--
-- A role that is given power later is listed.
--
SELECT clearance.map_role('regress_roles_plain', member => :ann);
TABLE clearance.powerful_roles;
GRANT regress_roles_create TO regress_roles_group;
ALTER ROLE regress_roles_trusted BYPASSRLS;
SELECT * FROM clearance.powerful_roles ORDER BY 1;
REVOKE regress_roles_create FROM regress_roles_group;
ALTER ROLE regress_roles_trusted NOBYPASSRLS;

--
-- Privileges on all tables reach neither who is who, nor what is permitted, nor tokens and mails.
--
CREATE ROLE regress_roles_reads LOGIN IN ROLE pg_read_all_data;
CREATE ROLE regress_roles_writes LOGIN IN ROLE pg_read_all_data, pg_write_all_data;
CREATE ROLE regress_roles_granted LOGIN;
GRANT ALL ON ALL TABLES IN SCHEMA clearance TO regress_roles_granted;
CREATE FUNCTION pg_temp.reach(statement text) RETURNS TABLE (tab name, reached text) LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    FOR tab IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'clearance'::regnamespace AND c.relkind = 'r' ORDER BY 1 LOOP
        BEGIN
            EXECUTE format(statement, 'clearance.' || quote_ident(tab));
            GET DIAGNOSTICS n = ROW_COUNT;
            reached := n || ' rows';
        EXCEPTION WHEN OTHERS THEN
            reached := SQLSTATE;
        END;
        RETURN NEXT;
    END LOOP;
END $$;
SELECT clearance.add_member(email => 'bob@regress.example', name => 'Bob', status => 'invited', account => :account) AS bob \gset
SELECT length(clearance.resend_invitation(:bob)) > 0;
SELECT count(*) > 0 FROM clearance.outbox;
SELECT count(*) > 20, count(*) FILTER (WHERE reached <> '0 rows') > 10 FROM pg_temp.reach('SELECT FROM %s');
SET LOCAL SESSION AUTHORIZATION regress_roles_reads;
SELECT * FROM pg_temp.reach('SELECT FROM %s') WHERE reached <> '0 rows';
SET LOCAL SESSION AUTHORIZATION regress_roles_granted;
SELECT * FROM pg_temp.reach('SELECT FROM %s') WHERE reached <> '0 rows';
SELECT * FROM pg_temp.reach('DELETE FROM %s') WHERE reached <> '0 rows';
SET LOCAL SESSION AUTHORIZATION regress_roles_writes;
SELECT * FROM pg_temp.reach('SELECT FROM %s') WHERE reached <> '0 rows';
SELECT * FROM pg_temp.reach('DELETE FROM %s') WHERE reached <> '0 rows';
UPDATE clearance.member SET status = 'active', key = '2';
INSERT INTO clearance.member (account_id, key) VALUES (:account, '3');
INSERT INTO clearance.member_role SELECT 1, 1;
INSERT INTO clearance.login_role (role, member_id) VALUES ('regress_roles_writes', :ann);
INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation) VALUES (1, 'task', 'view', 'any', 'any');
DELETE FROM clearance.binding;
TRUNCATE clearance.binding;
RESET SESSION AUTHORIZATION;
SELECT status, key FROM clearance.member m WHERE m.id = :bob;
-- the functions and views are for them as for everybody, and superusers write as ever
SET LOCAL SESSION AUTHORIZATION regress_roles_writes;
SELECT clearance.create_customer('Mine', :account);
SELECT count(*) FROM clearance.invitations;
RESET SESSION AUTHORIZATION;
UPDATE clearance.member SET name = 'Robert' WHERE id = :bob;
SELECT name FROM clearance.member WHERE id = :bob;

--
-- What an actor leaves in a session is ended in one call, in a transaction too.
--
CREATE SCHEMA regress_roles;
CREATE TABLE regress_roles.task (id int PRIMARY KEY, project int);
GRANT USAGE ON SCHEMA regress_roles TO regress_roles_trusted;
GRANT SELECT ON regress_roles.task TO regress_roles_trusted;
INSERT INTO regress_roles.task VALUES (1, 7);
SELECT clearance.create_project(7, :account) > 0, clearance.protect('regress_roles.task', 'task', 'project') > 0;
SET LOCAL SESSION AUTHORIZATION regress_roles_trusted;
SELECT clearance.set_actor(id => :ann, local => false) = :ann;
DECLARE held CURSOR WITH HOLD FOR SELECT id FROM regress_roles.task;
CREATE TEMP TABLE kept AS SELECT id FROM regress_roles.task;
PREPARE asked AS SELECT id FROM regress_roles.task WHERE id = 1;
SELECT pg_advisory_lock(7);
SELECT clearance.reset_session() FROM regress_roles.task;
SELECT clearance.reset_session();
SELECT clearance.actor() IS NULL, current_setting('clearance.token') = '';
FETCH held;
SELECT to_regclass('pg_temp.kept') IS NULL;
EXECUTE asked;
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
ROLLBACK;
