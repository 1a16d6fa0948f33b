-- A relation is not self-given: who is related to a row is said by those who may say
-- so, and of those whom keys name byte by byte. In a database of its own, since what
-- statements are spared goes by permissions that are committed.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE DATABASE regress_self_given;
\c regress_self_given
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
CREATE ROLE regress_self_given;
SELECT clearance.trust_role('regress_self_given');
\o /dev/null
SELECT clearance.create_account('Regress');
SELECT clearance.add_member('ada', roles => '{account_admin}');
SELECT clearance.create_feature('team', '{view,create,edit,delete}');
SELECT clearance.create_level('planner', 'partner', based_on => 'moderate'), clearance.allow('planner', 'task', 'create', 'shared');
SELECT clearance.create_level('maker', 'partner'), clearance.create_level('giver', 'partner');
SELECT clearance.allow('maker', 'task', 'create'), clearance.allow('maker', 'task', 'delete', relation => 'assigned'),
       clearance.allow('maker', 'task', 'view', relation => 'own'), clearance.allow('maker', 'task', 'edit', relation => 'own');
SELECT clearance.allow('giver', 'task', 'view'), clearance.allow('giver', 'task', 'assign');
SELECT clearance.create_project(p) FROM generate_series(1, 2) p;
SELECT clearance.add_partner_to_project(1, clearance.create_partner(l, l)) FROM unnest('{permissive,planner,restricted,maker,giver}'::text[]) l;
SELECT clearance.add_member(m, partner => p.id, partner_admin => true)
FROM (VALUES ('pat', 'permissive'), ('max', 'planner'), ('rex', 'restricted'), ('REX', 'restricted'), ('mae', 'maker'), ('gil', 'giver')) AS v (m, l)
JOIN clearance.partner p ON p.name = v.l;
\o
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO regress_self_given;
SET search_path = app;

-- What statements of somebody do, one after the other: how many rows, or why not. Undone.
CREATE FUNCTION tried(who text, VARIADIC statements text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    simplify text;
    statement text;
    line text;
    n bigint;
    told text[];
    before text[];
BEGIN
    FOREACH simplify IN ARRAY '{on,off}'::text[] LOOP
        before := told;
        told := '{}';
        BEGIN
            PERFORM set_config('clearance.simplify', simplify, true);
            SET LOCAL ROLE regress_self_given;
            PERFORM clearance.set_actor(key => who);
            FOREACH statement IN ARRAY statements LOOP
                BEGIN
                    EXECUTE statement;
                    GET DIAGNOSTICS n = ROW_COUNT;
                    told := told || n::text;
                EXCEPTION WHEN insufficient_privilege THEN
                    GET STACKED DIAGNOSTICS line = PG_EXCEPTION_DETAIL;
                    told := told || line;
                END;
            END LOOP;
            RAISE EXCEPTION 'undone' USING ERRCODE = 'ZZ000';
        EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
            NULL;
        END;
    END LOOP;
    RETURN QUERY SELECT t FROM unnest(told) WITH ORDINALITY AS u (t, i) ORDER BY i;
    IF told <> before THEN
        RETURN QUERY SELECT 'simplified: ' || t FROM unnest(before) WITH ORDINALITY AS u (t, i) ORDER BY i;
    END IF;
END $$;
-- The rows that somebody sees, by a query for one line.
CREATE FUNCTION seen(who text, query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    SET LOCAL ROLE regress_self_given;
    PERFORM clearance.set_actor(key => who);
    EXECUTE query INTO line;
    RESET ROLE;
    PERFORM clearance.reset_actor();
    RETURN line;
END $$;

--
-- Where a task names its phase, whoever it is assigned to is related to that. So it names
-- one that its writer sees; another reads the same as one that is not there.
--
CREATE TABLE phase (id integer PRIMARY KEY, project integer, name text, is_private boolean);
CREATE TABLE task (id integer PRIMARY KEY, project integer, title text, is_private boolean DEFAULT false, assignee text, phase integer);
INSERT INTO phase VALUES (1, 1, 'secret', true), (2, 1, 'his', true), (3, 1, 'his too', true), (4, 1, 'open', false), (5, 2, 'afar', false);
INSERT INTO task VALUES (1, 1, 'one', true, 'rex', 2), (2, 1, 'two', true, 'rex', 3), (3, 1, 'three', false, NULL, 1);
SELECT clearance.protect('phase', 'phase', project => 'project', visibility => 'is_private', shared_values => '{false}') > 0,
       clearance.protect('task', 'task', project => 'project', visibility => 'is_private', shared_values => '{false}') > 0;
SELECT clearance.relate('task', 'assigned', 'assignee'), clearance.relate('phase', 'assigned_task', link => 'task', link_column => 'phase');
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA app TO regress_self_given;
SELECT m, seen(m, 'SELECT string_agg(name, '', '' ORDER BY id) FROM phase') FROM unnest('{rex,max,pat,ada}'::text[]) m;
-- hidden, missing; one that he sees, the same, none; then he does not see the first any more
SELECT tried('rex', 'UPDATE task SET phase = 1 WHERE id = 1', 'UPDATE task SET phase = 404 WHERE id = 1', 'UPDATE task SET phase = 3 WHERE id = 1',
    'UPDATE task SET phase = phase, title = ''x''', 'UPDATE task SET phase = NULL WHERE id = 1', 'UPDATE task SET phase = 2 WHERE id = 1');
-- whoever sees a phase makes tasks in it, and changes those that name one which they do not see
SELECT tried('max', 'INSERT INTO task VALUES (10, 1, ''in it'', false, NULL, 4)', 'INSERT INTO task VALUES (11, 1, ''in none'', false, NULL, NULL)',
    'INSERT INTO task VALUES (12, 1, ''in a hidden one'', false, NULL, 1)', 'INSERT INTO task VALUES (13, 1, ''in another project'', false, NULL, 5)',
    'UPDATE task SET title = ''x'' WHERE id = 3', 'UPDATE task SET phase = 4 WHERE id = 3', 'UPDATE task SET phase = 1 WHERE id IN (3, 10)');
-- those who may edit each task are judged as well, by statement after statement
SELECT tried('pat', 'UPDATE task SET phase = 4', 'UPDATE task SET phase = 2', 'UPDATE task SET phase = 5', 'UPDATE task SET phase = 5 WHERE id = 3',
    'UPDATE task SET title = ''x''', 'UPDATE task SET title = ''y''', 'UPDATE task SET title = ''z'', phase = 5', 'INSERT INTO task VALUES (10, 1, ''x'', false, NULL, 1)');
SELECT tried('ada', 'UPDATE task SET phase = 5 WHERE id = 3', 'UPDATE task SET phase = 404 WHERE id = 3', 'INSERT INTO task VALUES (10, 1, ''x'', false, NULL, 404)');
SELECT tried('max', 'INSERT INTO task VALUES (3, 1, ''x'', false, NULL, 4) ON CONFLICT (id) DO UPDATE SET phase = EXCLUDED.phase',
    'INSERT INTO task VALUES (3, 1, ''x'', false, NULL, 4) ON CONFLICT (id) DO UPDATE SET phase = 1',
    'INSERT INTO task VALUES (3, 1, ''x'', false, NULL, 1) ON CONFLICT DO NOTHING',
    'MERGE INTO task t USING (VALUES (3, NULL), (30, 4)) AS v (id, phase) ON t.id = v.id WHEN MATCHED THEN UPDATE SET phase = v.phase WHEN NOT MATCHED THEN INSERT VALUES (v.id, 1, ''x'', false, NULL, v.phase)',
    'MERGE INTO task t USING (VALUES (3, 1)) AS v (id, phase) ON t.id = v.id WHEN MATCHED THEN UPDATE SET phase = v.phase',
    'MERGE INTO task t USING (VALUES (31, 1)) AS v (id, phase) ON t.id = v.id WHEN NOT MATCHED THEN INSERT VALUES (v.id, 1, ''x'', false, NULL, v.phase)');
-- a task may go
SELECT tried('pat', 'DELETE FROM task WHERE id = 1');
-- the column is there to be changed, to some values; what stands in the way is told
SELECT seen('rex', 'SELECT clearance.editable_columns(t, ''task'') FROM task t WHERE id = 1');
SELECT explanation FROM clearance.explain('task', 1, 'edit', member => 'rex', changes => '{"phase": 1}') WHERE step NOT IN ('change', 'and', 'or');
SELECT explanation FROM clearance.explain('task', 1, 'edit', member => 'rex', changes => '{"phase": 3}');
SELECT explanation FROM clearance.explain('task', NULL, 'create', member => 'max', changes => '{"id": 10, "project": 1, "phase": 1}') WHERE step NOT IN ('change', 'and', 'or');
SELECT seen('rex', $$SELECT string_agg(explanation, E'\n') FROM clearance.explain('task', 1, 'edit', changes => '{"phase": 1}')$$);
-- and a trigger of the application may say more than who writes
CREATE FUNCTION to_secret() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.phase := 1; RETURN NEW; END $$;
CREATE TRIGGER to_secret BEFORE UPDATE ON task FOR EACH ROW EXECUTE FUNCTION to_secret();
SELECT tried('rex', 'UPDATE task SET title = ''x'' WHERE id = 1');
DROP TRIGGER to_secret ON task;

-- By one column, rows of several tables; by another column than their key, each of which there may be any number.
CREATE TABLE note (id integer PRIMARY KEY, project integer, is_private boolean, phase integer);
INSERT INTO note VALUES (1, 1, false, 4), (2, 1, true, 1), (3, 1, false, 1), (4, 1, true, 3);
SELECT clearance.protect('note', 'phase', project => 'project', visibility => 'is_private', shared_values => '{false}') > 0;
SELECT clearance.relate('note', 'assigned_task', link => 'task', link_column => 'phase', row_column => 'phase');
GRANT SELECT, UPDATE ON note TO regress_self_given;
SELECT seen('rex', 'SELECT array_agg(id ORDER BY id) FROM note');
SELECT tried('max', 'UPDATE task SET phase = 4 WHERE id = 3');
UPDATE note SET is_private = true WHERE id = 1;
SELECT tried('max', 'UPDATE task SET phase = 4 WHERE id = 3', 'UPDATE task SET phase = NULL WHERE id = 3');
SELECT tried('pat', 'UPDATE task SET phase = 4 WHERE id = 3');
SELECT clearance.unprotect('note');
-- the project column says where a task is, and who may write there is asked anyway
CREATE TABLE site (id integer PRIMARY KEY, project integer, is_private boolean);
INSERT INTO site VALUES (1, 1, true);
SELECT clearance.protect('site', 'phase', project => 'project', visibility => 'is_private', shared_values => '{false}') > 0;
SELECT clearance.relate('site', 'assigned_task', link => 'task', link_column => 'project');
SELECT tried('max', 'INSERT INTO task VALUES (10, 1, ''x'', false, NULL, 4)', 'UPDATE task SET project = 2 WHERE id = 3');
SELECT clearance.unprotect('site');

-- Where nothing else of a table asks for it, the trigger is for that column alone, in each partition, and goes with the relation.
CREATE TABLE errand (id integer PRIMARY KEY, project integer, title text, phase integer) PARTITION BY RANGE (id);
CREATE TABLE errand_1 PARTITION OF errand FOR VALUES FROM (0) TO (10);
CREATE TABLE errand_2 (title text, phase integer, project integer, id integer NOT NULL);
ALTER TABLE errand ATTACH PARTITION errand_2 FOR VALUES FROM (10) TO (20);
CREATE TABLE errand_who (errand integer, who text, PRIMARY KEY (errand, who));
INSERT INTO errand VALUES (1, 1, 'one', 2), (11, 1, 'eleven', 3);
INSERT INTO errand_who VALUES (1, 'rex'), (11, 'rex');
SELECT clearance.protect('errand', 'task', project => 'project', key => 'id') > 0;
SELECT clearance.relate('errand', 'assigned', 'who', link => 'errand_who', link_column => 'errand');
SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE tgrelid IN ('errand'::regclass, 'errand_1'::regclass) AND tgname LIKE '%write' ORDER BY 1;
SELECT clearance.relate('phase', 'assigned_task', link => 'errand', link_column => 'phase');
GRANT SELECT, INSERT, UPDATE ON errand, errand_who TO regress_self_given;
SELECT replace(pg_get_triggerdef(oid), tgargs::text, '') ~ 'BEFORE UPDATE OF phase ON app.errand_[12] ' FROM pg_trigger WHERE tgrelid IN ('errand_1'::regclass, 'errand_2'::regclass) AND tgname LIKE '%write';
SELECT tried('rex', 'UPDATE errand SET phase = 1 WHERE id = 1', 'UPDATE errand SET phase = 1 WHERE id = 11', 'UPDATE errand SET phase = 3 WHERE id = 1',
    'UPDATE errand SET id = 12 WHERE id = 1', 'UPDATE errand SET title = ''x''', 'UPDATE errand SET phase = 404');
SELECT tried('pat', 'INSERT INTO errand VALUES (2, 1, ''x'', 4), (12, 1, ''x'', 1)', 'INSERT INTO errand VALUES (3, 1, ''x'', 4), (13, 1, ''x'', 5)', 'UPDATE errand SET id = 14, phase = 5 WHERE id = 2');
ALTER TABLE errand RENAME phase TO stage;
SELECT tried('rex', 'UPDATE errand SET stage = 1 WHERE id = 1', 'UPDATE errand SET stage = 3 WHERE id = 1');
BEGIN;
SELECT clearance.unprotect('phase');
SELECT count(*) FROM pg_trigger WHERE tgrelid IN ('errand_1'::regclass, 'errand_2'::regclass) AND tgname LIKE '%write';
ROLLBACK;

--
-- Who is related through a link table, by another column than the key, who writes that
-- column says: it asks for what gives the relation, beside what it asks for anyway.
--
CREATE TABLE team_member (id integer PRIMARY KEY, project integer, team integer, member text);
INSERT INTO team_member VALUES (1, 1, 1, 'mae'), (2, 1, 2, 'rex');
CREATE TABLE lead (id integer PRIMARY KEY, project integer, member text);
INSERT INTO lead VALUES (1, 2, 'pat');
CREATE TABLE job (id integer PRIMARY KEY, project integer, title text, author text, team integer);
INSERT INTO job VALUES (1, 1, 'mae''s', 'mae', NULL), (2, 1, 'ada''s', 'ada', 1);
SELECT clearance.protect('team_member', 'team', project => 'project') > 0, clearance.protect('lead', 'team', project => 'project') > 0,
       clearance.protect('job', 'task', project => 'project', owner => 'author') > 0;
SELECT clearance.relate('job', 'assigned', 'member', link => 'team_member', link_column => 'team', row_column => 'team');
GRANT SELECT, INSERT, UPDATE, DELETE ON job TO regress_self_given;
SELECT tried('mae', 'INSERT INTO job VALUES (3, 1, ''x'', NULL, 1)', 'INSERT INTO job VALUES (4, 1, ''x'', NULL, NULL)', 'UPDATE job SET title = ''x''',
    'UPDATE job SET team = 1 WHERE id = 1', 'DELETE FROM job WHERE id IN (1, 4)');
SELECT tried('pat', 'INSERT INTO job VALUES (3, 1, ''x'', NULL, 1)', 'UPDATE job SET team = 2', 'UPDATE job SET team = 1', 'UPDATE job SET team = NULL');
-- who may but assign does not edit what else the column means: such rows are passed over
SELECT tried('gil', 'UPDATE job SET team = 2');
SELECT seen('mae', 'SELECT clearance.editable_columns(t, ''job'') FROM job t WHERE id = 1'), seen('pat', 'SELECT clearance.editable_columns(t, ''job'') FROM job t WHERE id = 1'),
       seen('gil', 'SELECT clearance.editable_columns(t, ''job'') FROM job t WHERE id = 1');
SELECT explanation FROM clearance.explain('job', 1, 'edit', member => 'mae', changes => '{"team": 1}') WHERE step NOT IN ('change', 'and', 'or');
SELECT explanation FROM clearance.explain('job', 2, 'edit', member => 'gil') WHERE step IN ('verdict', 'columns');
SET clearance.refused_writes = error;
SELECT tried('gil', 'UPDATE job SET team = 2 WHERE id = 1', 'UPDATE job SET title = ''x'' WHERE id = 1'), tried('mae', 'UPDATE job SET title = ''x'', team = 1 WHERE id = 1');
RESET clearance.refused_writes;
-- What tells the place or the owner of a row is asked about as such, and following a row is for who sees it.
SELECT clearance.relate('job', 'assigned', 'member', link => 'lead', link_column => 'project', row_column => 'project');
SELECT tried('mae', 'INSERT INTO job VALUES (4, 1, ''x'', NULL, NULL)', 'UPDATE job SET title = ''x''');
SELECT clearance.unprotect('job');
CREATE TABLE fan (project integer, team integer, member text, PRIMARY KEY (team, member));
CREATE TABLE song (id integer PRIMARY KEY, project integer, author text, team integer);
SELECT clearance.protect('song', 'task', project => 'project', owner => 'author') > 0, clearance.protect('fan', 'team', project => 'project') > 0;
SELECT clearance.relate('song', 'followed', 'member', link => 'fan', link_column => 'team', row_column => 'team');
GRANT SELECT, INSERT, UPDATE ON song TO regress_self_given;
SELECT tried('mae', 'INSERT INTO song VALUES (1, 1, NULL, 1)', 'UPDATE song SET team = 2');

--
-- Keys are compared byte by byte, whatever a column's collation takes for equal: of the
-- members in a link table, of what it links, of the tasks in between.
--
CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE item (id text COLLATE loose PRIMARY KEY, project integer, phase text COLLATE loose);
CREATE TABLE item_who (item text COLLATE loose, who text COLLATE loose);
CREATE TABLE item_all (item text COLLATE loose, who text[] COLLATE loose);
CREATE TABLE part (id text COLLATE loose PRIMARY KEY, project integer);
INSERT INTO item VALUES ('one', 1, 'p'), ('two', 1, 'q'), ('three', 1, 's'), ('four', 1, 'r');
INSERT INTO item_who VALUES ('one', 'rex'), ('two', 'REX'), ('THREE', 'rex');
INSERT INTO item_all VALUES ('four', '{ann,REX}');
INSERT INTO part VALUES ('P', 1), ('q', 1), ('r', 1), ('s', 1);
SELECT clearance.protect('item', 'task', project => 'project') > 0, clearance.protect('part', 'phase', project => 'project') > 0;
SELECT clearance.relate('item', 'assigned', 'who', link => 'item_who', link_column => 'item'), clearance.relate('item', 'assigned', 'who', link => 'item_all', link_column => 'item'),
       clearance.relate('part', 'assigned_task', link => 'item', link_column => 'phase');
GRANT SELECT, UPDATE, DELETE ON item, item_who, item_all, part TO regress_self_given;
SELECT m, seen(m, 'SELECT array_agg(id ORDER BY id) FROM item'), seen(m, 'SELECT array_agg(id ORDER BY id) FROM part') FROM unnest('{rex,REX}'::text[]) m;
-- by key, where an index finds who is linked
CREATE INDEX ON item_who (item);
CREATE INDEX ON item_all (item);
SELECT m, i, seen(m, format('SELECT count(*) FROM item WHERE id = %L', i)) FROM unnest('{rex,REX}'::text[]) WITH ORDINALITY a (m, n), unnest('{one,two,three,four}'::text[]) WITH ORDINALITY b (i, k) ORDER BY n, k;
SELECT tried(m, 'UPDATE item SET project = 1') FROM unnest('{rex,REX}'::text[]) m;

\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_self_given;
DROP OWNED BY regress_self_given;
DROP ROLE regress_self_given;
