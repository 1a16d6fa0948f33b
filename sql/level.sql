-- What a session keeps of an actor does not grow with the number of statements,
-- changes of tables and changes of permissions: nothing but results is kept, and
-- what is worked out anew takes the place of the old. In a database of its own,
-- since what a transaction changed itself is not kept.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE DATABASE regress_level;
\c regress_level
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
CREATE ROLE regress_level;
\o /dev/null
SELECT clearance.trust_role('regress_level');
SELECT clearance.create_account('Regress');
SELECT clearance.create_partner('Acme', 'moderate') AS acme \gset
SELECT clearance.create_level('less', 'partner', based_on => 'restricted');
SELECT clearance.add_member('pat', name => 'Pat', partner => :acme, partner_admin => true);
CREATE TABLE project (id uuid PRIMARY KEY, name text);
INSERT INTO project SELECT format('00000000-0000-0000-0000-%s', lpad(n::text, 12, '0'))::uuid, 'p' || n FROM generate_series(1, 300) n;
CREATE TABLE task (id integer PRIMARY KEY, project_id uuid NOT NULL REFERENCES project, hidden boolean NOT NULL, title text);
INSERT INTO task SELECT row_number() OVER (), p.id, false, p.name FROM project p;
CREATE TABLE part (id integer, project_id uuid NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE staging (id integer);
SELECT clearance.protect('project', 'project', 'id');
SELECT clearance.protect('task', 'task', 'project_id', visibility => 'hidden', shared_values => '{false}');
SELECT clearance.protect('part', 'task', 'project_id');
SELECT clearance.guard_column('task', 'title', 'delete');
-- two kinds of rights, so that they differ from project to project
SELECT clearance.add_partner_to_project(p.key, :acme, access_level => CASE WHEN p.id % 2 = 0 THEN 'less' END) FROM clearance.project p;
GRANT ALL ON project, task, part, staging TO regress_level;
ANALYZE;
\o

-- one round: every verb, of plans made anew; the actor's bytes when it is done
CREATE PROCEDURE use() LANGUAGE plpgsql AS $$
BEGIN
    PERFORM clearance.set_actor(key => 'pat', local => false);
    SET LOCAL ROLE regress_level;
    EXECUTE 'SELECT FROM staging';
    EXECUTE 'SELECT count(*) FROM part';
    EXECUTE 'SELECT count(*) FROM task t WHERE t.title > ''zzz''';
    EXECUTE 'UPDATE task SET title = title WHERE title > ''zzz''';
    EXECUTE 'DELETE FROM task WHERE title > ''zzz''';
    RESET ROLE;
    PERFORM clearance.reset_actor();
END $$;
CREATE PROCEDURE rounds(n integer, change text) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..n LOOP
        EXECUTE format(change, i);
        COMMIT;
        IF i % 10 = 0 THEN
            CALL use();
            COMMIT;
        END IF;
    END LOOP;
END $$;
CREATE FUNCTION bytes() RETURNS bigint LANGUAGE sql AS $$ SELECT bytes FROM clearance.cached_actor WHERE key = 'pat' $$;
CREATE FUNCTION backend_bytes() RETURNS bigint LANGUAGE sql AS $$ SELECT sum(total_bytes) FROM pg_backend_memory_contexts WHERE name LIKE 'clearance%' $$;
CALL use();
CREATE TABLE first AS SELECT bytes() AS actor, backend_bytes() AS backend;
CREATE FUNCTION is_level() RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN bytes() <= 1.5 * f.actor AND backend_bytes() <= 1.5 * f.backend THEN 'level'
           ELSE format('%s bytes, then %s; of the session %s, then %s', f.actor, bytes(), f.backend, backend_bytes()) END
    FROM first f $$;

-- a table that nobody protects; partitions and temporary tables that come and go
CALL rounds(3000, 'TRUNCATE staging');
SELECT is_level();
CALL rounds(1000, 'CREATE TEMPORARY TABLE t (id integer); SELECT FROM t; DROP TABLE t');
SELECT is_level();
CALL rounds(500, 'CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (1000); SELECT FROM part; DROP TABLE part_1');
SELECT is_level();
-- a protected one, its declaration, its statistics
CALL rounds(2000, 'ALTER TABLE task ALTER title SET STATISTICS %s');
SELECT is_level();
CALL rounds(500, 'SELECT clearance.repair(''task'')');
SELECT is_level();
CALL rounds(500, 'ANALYZE task');
SELECT is_level();
-- permissions: of people, of projects, of levels
CALL rounds(1000, 'UPDATE clearance.member SET name = ''Pat %s'' WHERE key = ''pat''');
SELECT is_level();
CALL rounds(500, 'UPDATE clearance.project SET archived = NOT archived WHERE id = 1');
SELECT is_level();
CALL rounds(500, 'UPDATE clearance.level_grant SET reach = reach WHERE feature = ''task''');
SELECT is_level();
-- what all actors share, of actors that do not come again
SELECT count(clearance.add_member('m' || n, roles => '{account_admin}')) FROM generate_series(1, 30) n;
CREATE PROCEDURE by_many() LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..30 LOOP
        UPDATE clearance.project SET archived = NOT archived WHERE id = 1;
        COMMIT;
        UPDATE clearance.level_grant SET reach = reach WHERE feature = 'task';
        COMMIT;
        PERFORM clearance.set_actor(key => 'm' || i, local => false);
        SET LOCAL ROLE regress_level;
        PERFORM count(*) FROM task;
        COMMIT;
        PERFORM clearance.reset_actor();
        COMMIT;
    END LOOP;
END $$;
CALL by_many();
SELECT name, count(*) < 4 AS few FROM pg_backend_memory_contexts WHERE name IN ('clearance projects', 'clearance levels') GROUP BY name ORDER BY name;
-- and statements that fail
CREATE PROCEDURE fails(n integer) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..n LOOP
        BEGIN
            PERFORM clearance.can('task.no_such_action');
        EXCEPTION WHEN OTHERS THEN
            NULL;
        END;
    END LOOP;
END $$;
SELECT clearance.set_actor(key => 'pat', local => false) IS NOT NULL;
CALL fails(500);
SELECT clearance.reset_actor();
SELECT is_level();
-- what settings said, each time something else: about as much as may be remembered
CREATE ROLE regress_level_web;
SELECT clearance.map_role('regress_level_web', setting => 'app.who', names => 'key');
CREATE PROCEDURE say(n integer) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..n LOOP
        PERFORM set_config('app.who', i || repeat('x', 1000), false);
        PERFORM FROM clearance.whoami();
        COMMIT;
    END LOOP;
END $$;
SET SESSION AUTHORIZATION regress_level_web;
CALL say(4000);
RESET SESSION AUTHORIZATION;
SELECT max(total_bytes) BETWEEN 100000 AND 1500000 AS is_bounded FROM pg_backend_memory_contexts WHERE name = 'clearance identities';

\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_level;
DROP ROLE regress_level, regress_level_web;
