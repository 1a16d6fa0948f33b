-- What sessions keep of actors: used while permissions stay as they are, read
-- again after changes, and never more than clearance.scope_cache.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE DATABASE regress_cache;
\c regress_cache
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
CREATE ROLE regress_cache;
SELECT clearance.trust_role('regress_cache');
SELECT clearance.create_account('Regress');
SELECT clearance.create_partner('Acme', 'permissive') AS acme \gset
SELECT count(clearance.add_member(n::text, name => 'member ' || n, partner => :acme, partner_admin => true)) FROM generate_series(1, 60) n;
SELECT clearance.add_member('ada', name => 'Ada', roles => '{account_admin}') AS ada \gset
CREATE TABLE project (id integer PRIMARY KEY, name text);
INSERT INTO project SELECT n, 'p' || n FROM generate_series(1, 500) n;
CREATE TABLE task (id integer PRIMARY KEY, project_id integer NOT NULL, hidden boolean NOT NULL);
INSERT INTO task SELECT n, n, n % 5 = 0 FROM generate_series(1, 500) n;
SELECT clearance.protect('project', 'project', 'id') AS binding \gset
SELECT clearance.protect('task', 'task', 'project_id', visibility => 'hidden', shared_values => '{false}') AS binding \gset
SELECT count(clearance.add_partner_to_project(p.key, :acme)) FROM clearance.project p WHERE p.id <= 400;
GRANT ALL ON project, task TO regress_cache;
ANALYZE;

-- the counters since the last call, of statements that ran as a member
CREATE TABLE before AS SELECT hits, misses, reloads, evictions FROM clearance.cache_stats;
CREATE PROCEDURE act(member text, n integer DEFAULT 1) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM clearance.set_actor(key => member, local => false);
    SET LOCAL ROLE regress_cache;
    FOR i IN 1..n LOOP
        PERFORM count(*) FROM task WHERE id = 7;
    END LOOP;
    RESET ROLE;
    PERFORM clearance.reset_actor();
END $$;
CREATE FUNCTION since(OUT hits boolean, OUT misses bigint, OUT reloads bigint, OUT evictions bigint) LANGUAGE plpgsql AS $$
DECLARE
    now record;
BEGIN
    SELECT * INTO now FROM clearance.cache_stats;
    SELECT now.hits > b.hits, now.misses - b.misses, now.reloads - b.reloads, now.evictions - b.evictions
    INTO hits, misses, reloads, evictions FROM before b;
    UPDATE before b SET hits = now.hits, misses = now.misses, reloads = now.reloads, evictions = now.evictions;
END $$;

-- read once, then kept (hits, misses, reloads, evictions)
CALL act('1', 10);
SELECT since();
CALL act('1', 10);
SELECT since();
CALL act('2');
CALL act('1');
SELECT since();
SELECT member = 1, name, projects, bytes > 0 FROM clearance.cached_actor;
SELECT actors, bytes = (SELECT sum(c.bytes) FROM clearance.cached_actor c), bytes_per_actor = bytes / 2, projects_bytes > 0, "limit"
FROM clearance.cache_stats;

-- a change of people, of projects, of levels: everybody is read again, once
SELECT clearance.add_member('new', name => 'New', partner => :acme);
CALL act('1', 10);
SELECT since();
SELECT clearance.set_project(1, archived => true);
CALL act('1', 10);
SELECT since();
SELECT clearance.create_level('odd', 'partner', 'restricted');
CALL act('1', 10);
SELECT since();
-- all three in one transaction
BEGIN;
SELECT clearance.add_member('newer', name => 'Newer', partner => :acme);
SELECT clearance.set_project(2, archived => true);
SELECT clearance.deny('permissive', 'task', 'view');
COMMIT;
SET ROLE regress_cache;
SELECT clearance.set_actor(key => '1', local => false);
SELECT count(*) FROM task;
RESET ROLE;
SELECT clearance.reset_actor();
SELECT clearance.allow('permissive', 'task', 'view');
CALL act('1');
SELECT count(*) > 0 FROM since();
-- what is not about permissions changes nothing
UPDATE task SET hidden = NOT hidden WHERE id = 9;
CALL act('1', 10);
SELECT since();
-- nor does a change that was rolled back
BEGIN;
SELECT clearance.set_project(1, archived => false);
ROLLBACK;
CALL act('1', 10);
SELECT since();

-- within a transaction that changes permissions, nothing is kept, nor used
BEGIN;
SELECT clearance.set_project(1, archived => false);
CALL act('1');
SELECT reloads, misses > 0 FROM since();
ROLLBACK;
CALL act('1');
SELECT since();

-- bounded: who acted longest ago goes first; what is shared counts
SET clearance.scope_cache = '200kB';
DO $$ BEGIN FOR i IN 1..60 LOOP CALL act(i::text); END LOOP; END $$;
SELECT misses > 50, evictions > 40 FROM since();
SELECT actors BETWEEN 1 AND 10, bytes + projects_bytes <= "limit", "limit" FROM clearance.cache_stats;
SELECT name FROM clearance.cached_actor LIMIT 1;
CALL act('60');
SELECT hits, misses FROM since();
CALL act('1');
SELECT misses FROM since();
-- somebody for whom there is no room is read for each statement
SET clearance.scope_cache = 0;
CALL act('2', 3);
SELECT hits, misses >= 3 FROM since();
SELECT actors, bytes FROM clearance.cache_stats;
RESET clearance.scope_cache;

-- all projects of the account, kept for everybody
CALL act('ada');
SELECT name, projects FROM clearance.cached_actor LIMIT 1;

-- for administrators only
SET SESSION AUTHORIZATION regress_cache;
SELECT * FROM clearance.cache_stats;
SELECT * FROM clearance.cached_actor;
RESET SESSION AUTHORIZATION;

-- what is true of a partner is read when the first of its members acts, for all of them (a scan)
\c regress_cache
SET client_min_messages = warning;
CREATE FUNCTION sees(member text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    PERFORM clearance.set_actor(id => m.id, local => false) FROM clearance.member m WHERE m.key = member;
    SET LOCAL ROLE regress_cache;
    SELECT count(*) INTO n FROM task;
    RESET ROLE;
    PERFORM clearance.reset_actor();
    RETURN n;
END $$;
CREATE TABLE scanned (n bigint);
CREATE FUNCTION scans() RETURNS bigint LANGUAGE sql AS
    $$ SELECT pg_stat_get_xact_numscans('clearance.project_of_partner'::regclass) - (SELECT n FROM scanned) $$;
BEGIN;
INSERT INTO scanned VALUES (pg_stat_get_xact_numscans('clearance.project_of_partner'::regclass));
SELECT sees('1'), sees('2'), sees('3'), scans();
COMMIT;
-- until something of it changes: its projects, by rows or by moments; whether it is active; its level
SELECT clearance.remove_partner_from_project(7, :acme);
SELECT sees('4'), sees('1');
UPDATE clearance.project_partner SET ends_at = now() WHERE project_id = (SELECT id FROM clearance.project WHERE key = '8');
SELECT sees('5'), sees('1');
UPDATE clearance.project_partner SET ends_at = now() + interval '2 seconds' WHERE project_id = (SELECT id FROM clearance.project WHERE key = '8');
SELECT sees('6'), sees('1');
SELECT pg_sleep(2);
SELECT sees('7'), sees('1');
SELECT clearance.disable_partner(:acme);
SELECT sees('8'), sees('1');
UPDATE clearance.partner SET active = true;
SELECT sees('9'), sees('1');
SELECT clearance.update_partner(:acme, access_level => 'odd');
SELECT sees('10'), sees('1');
SELECT clearance.update_partner(:acme, access_level => 'permissive');
-- the transaction that changes it keeps nothing for those who come after
BEGIN;
SELECT clearance.remove_partner_from_project(9, :acme);
SELECT sees('11'), sees('1');
SELECT clearance.remove_partner_from_project(10, :acme);
SELECT sees('12'), sees('1');
ROLLBACK;
SELECT sees('12'), sees('1');
-- nor does one under SERIALIZABLE for another one; what it read once, it reads no more
BEGIN ISOLATION LEVEL SERIALIZABLE;
UPDATE scanned SET n = pg_stat_get_xact_numscans('clearance.project_of_partner'::regclass);
SELECT sees('13'), sees('14'), sees('1'), scans();
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE;
UPDATE scanned SET n = pg_stat_get_xact_numscans('clearance.project_of_partner'::regclass);
SELECT sees('15'), scans();
COMMIT;
-- who a member is, which set_actor() and the statement after it find at once: until that changes, too
SELECT sees('20');
SELECT clearance.disable_member((SELECT id FROM clearance.member WHERE key = '20'));
SELECT sees('20');
BEGIN;
UPDATE clearance.member SET status = 'active' WHERE key = '20';
SELECT sees('20');
UPDATE clearance.member SET partner_admin = false WHERE key = '20';
SELECT sees('20');
UPDATE clearance.member SET partner_admin = true WHERE key = '20';
SELECT sees('20');
ROLLBACK;
SELECT sees('20');
-- whether the account has levels of its own
BEGIN;
SELECT clearance.deny('odd', 'task', 'edit');
SELECT sees('1');
SELECT clearance.create_level('own', 'partner', based_on => 'permissive', account => a.id) FROM clearance.account a;
SELECT clearance.update_partner(:acme, access_level => 'own');
SELECT sees('1');
ROLLBACK;
SELECT sees('1');
SELECT clearance.create_level('own', 'partner', based_on => 'permissive', account => a.id) FROM clearance.account a;
SELECT clearance.update_partner(:acme, access_level => 'own');
SELECT sees('1');

-- nothing stays behind
SELECT clearance.distrust_role('regress_cache');
DROP OWNED BY regress_cache;
\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_cache;
DROP ROLE regress_cache;
