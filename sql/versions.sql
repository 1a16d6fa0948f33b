-- A change of permissions is the concern of those whom it can touch: what a session
-- keeps of others stays. `again` is whose permissions were read again after it.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE DATABASE regress_versions;
\c regress_versions
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
CREATE ROLE regress_versions;
CREATE ROLE regress_versions_acme;
SELECT clearance.trust_role('regress_versions');

-- North: ada, cole and sam of the vendor's team; pat, adele of Acme, which acts as a whole, too; rex of
-- Bolt; carla of the customer Cargo. South: sue.
SELECT clearance.create_account('North', key => 'n') AS north \gset
SELECT clearance.create_account('South', key => 's') AS south \gset
SELECT clearance.set_account(:north, portal => true) IS NULL;
SELECT clearance.create_partner('Acme', 'permissive', account => :north) AS acme \gset
SELECT clearance.create_partner('Bolt', 'permissive', account => :north) AS bolt \gset
SELECT clearance.create_customer('Cargo', account => :north) AS cargo \gset
SELECT clearance.add_member('ada', roles => '{account_admin}', account => :north) AS ada \gset
SELECT clearance.add_member('cole', roles => '{collaborator}', account => :north) AS cole \gset
SELECT clearance.add_member('sam', roles => '{collaborator}', account => :north) AS sam \gset
SELECT clearance.add_member('pat', partner => :acme, account => :north) AS pat \gset
SELECT clearance.add_member('adele', partner => :acme, partner_admin => true, account => :north) AS adele \gset
SELECT clearance.add_member('rex', partner => :bolt, partner_admin => true, account => :north) AS rex \gset
SELECT clearance.add_member('carla', customer => :cargo, account => :north) AS carla \gset
SELECT clearance.add_member('sue', roles => '{account_admin}', account => :south) AS sue \gset
CREATE TABLE project (id integer PRIMARY KEY, account text NOT NULL);
INSERT INTO project VALUES (1, 'n'), (2, 'n'), (3, 's');
CREATE TABLE task (id integer PRIMARY KEY, project_id integer NOT NULL);
INSERT INTO task SELECT n, 1 + n % 3 FROM generate_series(1, 9) n;
SELECT clearance.protect('project', 'project', 'id', account => 'account') > 0;
SELECT clearance.protect('task', 'task', 'project_id') > 0;
SELECT clearance.add_partner_to_project('1', :acme), clearance.add_partner_to_project('1', :bolt),
    clearance.add_customer_to_project('1', :cargo);
SELECT clearance.add_member_to_project('1', m) FROM unnest(ARRAY[:cole, :sam, :pat]) m;
GRANT ALL ON project, task TO regress_versions;
GRANT SELECT ON task TO regress_versions_acme;
SELECT clearance.map_role('regress_versions_acme', partner => :acme);

CREATE PROCEDURE act(who text) LANGUAGE plpgsql AS $$
BEGIN
    IF who = 'Acme' THEN
        SET SESSION AUTHORIZATION regress_versions_acme;
        PERFORM count(*) FROM task;
        RESET SESSION AUTHORIZATION;
        RETURN;
    END IF;
    PERFORM clearance.set_actor(key => who, local => false);
    SET ROLE regress_versions;
    PERFORM count(*) FROM task;
    RESET ROLE;
    PERFORM clearance.reset_actor();
END $$;
CREATE PROCEDURE change(sql text, INOUT again text DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
    actors CONSTANT text[] = '{ada,cole,sam,pat,adele,Acme,rex,carla,sue}';
    actor text;
    before bigint;
BEGIN
    EXECUTE sql;
    COMMIT;
    again := '';
    FOREACH actor IN ARRAY actors LOOP
        SELECT c.reloads + c.misses INTO before FROM clearance.cache_stats c;
        CALL act(actor);
        again := again || CASE WHEN c.reloads + c.misses > before THEN ' ' || actor ELSE '' END FROM clearance.cache_stats c;
    END LOOP;
    again := CASE btrim(again) WHEN array_to_string(actors, ' ') THEN 'everybody'
        WHEN array_to_string(array_remove(actors, 'sue'), ' ') THEN 'North' ELSE btrim(again) END;
END $$;
CALL change('SELECT');
CALL change('SELECT');

--
-- One member
--
CALL change(format('SELECT clearance.add_member_to_project(''2'', %s)', :cole));
CALL change(format('SELECT clearance.remove_member_from_project(''2'', %s)', :cole));
CALL change(format('SELECT clearance.add_member_to_project(''1'', %s)', :pat));
CALL change(format('SELECT clearance.disable_member(%s)', :rex));
CALL change(format('SELECT clearance.enable_member(%s)', :rex));
CALL change(format('SELECT clearance.disable_member(%s)', :sue));
CALL change(format('SELECT clearance.enable_member(%s)', :sue));
CALL change(format('INSERT INTO clearance.member_switch VALUES (%s, ''task'', ''assign'')', :cole));
CALL change('UPDATE clearance.member_switch SET action = ''edit''');
CALL change(format('UPDATE clearance.member_switch SET member_id = %s', :sam));
CALL change('DELETE FROM clearance.member_switch');
-- the member's row is rewritten, too, so that two who do this wait for each other: see below
CALL change(format('SELECT clearance.set_member_roles(%s, ''{super_user}'')', :cole));
CALL change(format('UPDATE clearance.member_role SET member_id = %s WHERE member_id = %s', :sam, :cole));
-- a name is nobody's right; the server does not know, and it is the member's row
CALL change(format('UPDATE clearance.member SET name = ''Cole'' WHERE id = %s', :cole));
-- whom one supervises
CALL change(format('INSERT INTO clearance.resource (account_id, member_id, supervisor_id) VALUES (%s, %s, %s)', :north, :pat, :sam));
CALL change(format('UPDATE clearance.resource SET supervisor_id = %s', :ada));
CALL change('UPDATE clearance.resource SET skills = ''{tar}''');
CALL change('DELETE FROM clearance.resource');

--
-- Who is of a company, or of the team: relation company
--
CALL change(format('SELECT clearance.add_member(''new'', account => %s, roles => ''{collaborator}'')', :north));
CALL change(format('SELECT clearance.add_member(''newer'', partner => %s, account => %s)', :bolt, :north));
CALL change(format('SELECT clearance.add_member(''newest'', customer => %s, account => %s)', :cargo, :north));
CALL change(format('SELECT clearance.add_member(''far'', account => %s, roles => ''{collaborator}'')', :south));
-- from one partner to another, and from the team to a partner: both hear it
CALL change(format('UPDATE clearance.member SET partner_id = %s WHERE key = ''newer''', :acme));
CALL change('DELETE FROM clearance.member_role r USING clearance.member m WHERE m.id = r.member_id AND m.key = ''new''');
CALL change(format('UPDATE clearance.member SET partner_id = %s WHERE key = ''new''', :bolt));
-- to another account
CALL change(format('UPDATE clearance.member SET account_id = %s, partner_id = NULL WHERE key = ''newer''', :south));
CALL change('UPDATE clearance.member SET email = ''new@example.com'' WHERE key = ''new''');
-- whom does it supervise, whose company is that of? another key is the account's concern
CALL change('UPDATE clearance.member SET key = ''renamed'' WHERE key = ''new''');
CALL change('DELETE FROM clearance.member WHERE key = ''renamed''');

--
-- One company
--
CALL change(format('UPDATE clearance.partner SET level_id = (SELECT id FROM clearance.level WHERE name = ''moderate'') WHERE id = %s', :acme));
CALL change(format('SELECT clearance.disable_partner(%s)', :bolt));
CALL change(format('SELECT clearance.enable_partner(%s)', :bolt));
CALL change(format('SELECT clearance.add_partner_to_project(''2'', %s)', :bolt));
CALL change(format('UPDATE clearance.project_partner SET partner_id = %s WHERE project_id = (SELECT id FROM clearance.project WHERE key = ''2'')', :acme));
CALL change('DELETE FROM clearance.project_partner WHERE project_id = (SELECT id FROM clearance.project WHERE key = ''2'')');
CALL change(format('UPDATE clearance.customer SET active = false WHERE id = %s', :cargo));
CALL change(format('UPDATE clearance.customer SET active = true WHERE id = %s', :cargo));
CALL change('UPDATE clearance.project_customer SET ends_at = ''infinity''');

--
-- Roles, by who has them; one that a single member has
--
CALL change(format('INSERT INTO clearance.role (id, account_id, name, level_id) SELECT 7777, %s, ''mate'', l.id FROM clearance.level l WHERE l.name = ''collaborator''', :north));
CALL change(format('INSERT INTO clearance.member_role VALUES (%s, 7777)', :cole));
CALL change('UPDATE clearance.role SET level_id = (SELECT id FROM clearance.level WHERE name = ''auditor'') WHERE id = 7777');
CALL change('DELETE FROM clearance.role WHERE id = 7777');

--
-- An account: settings, projects, levels of its own
--
CALL change(format('SELECT clearance.set_account(%s, portal => true)', :north));
CALL change(format('SELECT clearance.set_account(%s, portal => true)', :south));
CALL change('SELECT clearance.set_project(''1'', archived => true)');
CALL change('SELECT clearance.set_project(''1'', archived => false)');
CALL change('SELECT clearance.set_project(''3'', archived => true)');
CALL change('SELECT clearance.set_project(''3'', archived => false)');
CALL change('INSERT INTO project VALUES (4, ''s'')');
CALL change('INSERT INTO project VALUES (5, ''n'')');
CALL change('INSERT INTO clearance.project_feature_off SELECT id, ''document'' FROM clearance.project WHERE key = ''3''');
CALL change('DELETE FROM clearance.project_feature_off');
CALL change('INSERT INTO clearance.project_feature_off SELECT id, ''document'' FROM clearance.project WHERE key = ''2''');
CALL change('UPDATE clearance.project SET open_level_id = l.id FROM clearance.level l WHERE l.name = ''restricted'' AND key = ''3''');
CALL change('INSERT INTO clearance.project_open_level SELECT p.id, l.id FROM clearance.project p, clearance.level l WHERE l.name = ''moderate'' AND p.key = ''3''');
CALL change('DELETE FROM clearance.project_open_level');
CALL change('INSERT INTO clearance.project_open_level SELECT p.id, l.id FROM clearance.project p, clearance.level l WHERE l.name = ''moderate'' AND p.key = ''2''');
-- with its features, and a project that goes to another account: both hear it
CALL change('DELETE FROM project WHERE id = 2');
CALL change(format('UPDATE clearance.project SET account_id = %s WHERE key = ''5''', :south));
CALL change('DELETE FROM project WHERE id = 5');
CALL change(format('SELECT clearance.create_level(''odd'', ''partner'', ''restricted'', account => %s)', :south));
CALL change(format('SELECT clearance.deny(''odd'', ''task'', ''edit'', account => %s)', :south));
CALL change(format('SELECT clearance.drop_level(''odd'', account => %s)', :south));
CALL change(format('SELECT clearance.create_level(''even'', ''partner'', ''restricted'', account => %s)', :north));
-- many at a time, in one transaction, and with what was undone
CALL change(format('INSERT INTO clearance.member (account_id, key) SELECT %s, ''some'' || n FROM generate_series(1, 400) n', :south));
CALL change(format('DO %L', format('BEGIN PERFORM clearance.disable_member(%s); PERFORM clearance.disable_member(%s); END', :pat, :sue)));
CALL change(format('DO %L', format('BEGIN PERFORM clearance.enable_member(%s); BEGIN PERFORM clearance.enable_member(%s); RAISE division_by_zero;'
    ' EXCEPTION WHEN division_by_zero THEN PERFORM clearance.add_member_to_project(''1'', %s); END; END', :pat, :sue, :cole)));
CALL change(format('SELECT clearance.enable_member(%s)', :sue));

--
-- Everybody: what is for all accounts, and what cannot be told more closely
--
CALL change('SELECT clearance.deny(''permissive'', ''task'', ''delete'')');
CALL change('SELECT clearance.allow(''permissive'', ''task'', ''delete'')');
CALL change('SELECT clearance.create_level(''global'', ''partner'', ''restricted'')');
CALL change('TRUNCATE clearance.member_switch');
CALL change(format('INSERT INTO clearance.member (account_id, key) SELECT %s, ''bulk'' || n FROM generate_series(1, 600) n', :south));
-- the only account, which another one joins; of several, one that comes is no concern of theirs, but one that goes is
CALL change('SELECT clearance.create_account(''West'')');
CALL change('DELETE FROM clearance.account WHERE name = ''West''');
-- logins and tokens are no part of what a member may do
CALL change('SELECT clearance.unmap_role(''regress_versions_acme'')');
CALL change(format('SELECT clearance.map_role(''regress_versions_acme'', partner => %s)', :acme));

-- without foreign keys, a member may go, or come, under those who supervise it
SET session_replication_role = replica;
CALL change('UPDATE clearance.member SET email = ''cole@example.org'' WHERE key = ''cole''');
CALL change('INSERT INTO clearance.member (account_id, key) SELECT account_id, ''late'' FROM clearance.member WHERE key = ''cole''');
CALL change('DELETE FROM clearance.member WHERE key = ''late''');
RESET session_replication_role;

--
-- Dead rows are let go, and parts that are noted again keep their rows
--
CREATE TABLE size AS SELECT count(*), pg_relation_size('clearance.version_part') AS bytes FROM clearance.version_part;
DO $$ BEGIN FOR i IN 1..300 LOOP UPDATE clearance.partner SET active = active; COMMIT; END LOOP; END $$;
SELECT count(*) - s.count, pg_relation_size('clearance.version_part') - s.bytes FROM clearance.version_part, size s GROUP BY s.count, s.bytes;

--
-- It is the extension's own
--
SET SESSION AUTHORIZATION regress_versions;
SELECT count(*) FROM clearance.version_part;
INSERT INTO clearance.version_part VALUES ('1', 1);
RESET SESSION AUTHORIZATION;
INSERT INTO clearance.version_part VALUES ('1', 1);
UPDATE clearance.version_part SET changed_by = '1';
DELETE FROM clearance.version_part;
TRUNCATE clearance.version_part;

SELECT clearance.unmap_role('regress_versions_acme');
SELECT clearance.distrust_role('regress_versions');
DROP OWNED BY regress_versions, regress_versions_acme;
\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_versions;
DROP ROLE regress_versions;
DROP ROLE regress_versions_acme;
