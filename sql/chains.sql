-- Rows of a table that refers to itself are visible up to the first that is not:
-- with their whole chain, which ends in a row without a parent. Read one by one, all
-- at once, or each judged by itself, it is the same. In a database of its own, so
-- that no transaction has changed what plans rest on.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE DATABASE regress_chains;
\c regress_chains
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
CREATE ROLE regress_chains;
SELECT clearance.trust_role('regress_chains');
GRANT SET ON PARAMETER clearance.simplify, clearance.external_explain TO regress_chains;
\o /dev/null
SELECT clearance.create_account('Regress');
SELECT clearance.add_member(key => 1, name => 'Ada', roles => '{account_admin}') AS ada \gset
SELECT clearance.create_partner(name => 'Moderate', access_level => 'moderate') AS partner \gset
SELECT clearance.add_member(key => 2, name => 'Mo', partner => :partner, partner_admin => true) AS mo \gset
SELECT clearance.create_partner(name => 'Restricted', access_level => 'restricted') AS restricted \gset
SELECT clearance.add_member(key => 3, name => 'Ria', partner => :restricted, partner_admin => true) AS ria \gset
SELECT clearance.create_partner(name => 'Permissive', access_level => 'permissive') AS permissive \gset
SELECT clearance.add_member(key => 4, name => 'Per', partner => :permissive, partner_admin => true) AS per \gset
SELECT clearance.create_feature(f) FROM unnest('{branch,board,leaf}'::text[]) f;
SELECT clearance.allow('moderate', f, 'view', visibility => 'shared') FROM unnest('{branch,board,leaf}'::text[]) f;
SELECT clearance.allow('permissive', f, 'view') FROM unnest('{branch,board,leaf}'::text[]) f;
SELECT clearance.allow('restricted', 'branch', 'view', relation => 'assigned'), clearance.allow('restricted', 'leaf', 'view'), clearance.allow('restricted', 'board', 'view');
\o

-- Trees in five projects, in which a parent comes before or after what is below;
-- then keys far apart, circles with a tail, and a parent that is not there. In
-- the fifth, folders are switched off for everybody; partners are in the first two
-- and the fifth.
CREATE SCHEMA app;
SET search_path = app;
CREATE TABLE project (id integer PRIMARY KEY);
INSERT INTO project SELECT generate_series(1, 5);
CREATE TABLE shelf (id integer PRIMARY KEY, project integer NOT NULL REFERENCES project, hidden boolean NOT NULL);
INSERT INTO shelf SELECT n, 1 + n % 5, n % 4 = 0 FROM generate_series(1, 100) n;
CREATE TABLE folder (id bigint PRIMARY KEY, project integer NOT NULL REFERENCES project, parent bigint, shelf integer REFERENCES shelf,
    hidden boolean NOT NULL, assignee integer);
INSERT INTO folder SELECT n, 1 + n % 5,
    CASE WHEN n % 11 = 0 THEN NULL WHEN n % 2 = 0 THEN n + 5 * (1 + n % 3) ELSE n - 5 * (1 + n % 3) END,
    CASE WHEN n % 13 = 0 THEN 1 + (n - 1) % 100 END, n % 17 = 0, CASE WHEN n / 40 % 8 = 0 THEN 3 ELSE 10 + n % 40 END FROM generate_series(100, 4000) n;
INSERT INTO folder VALUES (-9223372036854775808, 1, NULL, NULL, false, 3), (9223372036854775807, 1, -9223372036854775808, NULL, false, 3),
    (9223372036854775806, 1, 9223372036854775807, NULL, false, 3), (-5, 1, 9223372036854775806, NULL, false, 3), (-4, 1, -5, NULL, true, 3), (-3, 1, -4, NULL, false, 3),
    (5001, 1, 5001, NULL, false, 3), (5002, 1, 5003, NULL, false, 3), (5003, 1, 5004, NULL, false, 3), (5004, 1, 5002, NULL, false, 3), (5005, 1, 5003, NULL, false, 3),
    (5006, 1, 9999, NULL, false, 3), (5007, 1, 5006, NULL, false, 3), (5008, 5, NULL, NULL, false, 3), (5009, 3, NULL, NULL, false, 3);
CREATE INDEX ON folder (assignee);
CREATE INDEX ON folder (project);
CREATE TABLE item (id integer PRIMARY KEY, folder bigint NOT NULL);
INSERT INTO item SELECT row_number() OVER (ORDER BY id), id FROM folder;
CREATE INDEX ON item (folder);
CREATE TABLE key AS SELECT id, 'f' || id AS name FROM folder;
-- the same with keys that are texts
CREATE TABLE named (id text PRIMARY KEY, project integer NOT NULL, parent text, shelf integer, hidden boolean NOT NULL, assignee integer);
INSERT INTO named SELECT 'f' || id, project, 'f' || parent, shelf, hidden, assignee FROM folder;
-- and with keys that lie close together
CREATE TABLE dense (LIKE folder INCLUDING ALL);
INSERT INTO dense SELECT * FROM folder WHERE id BETWEEN 0 AND 10000;
-- folders that must be in another, and that may be in two
CREATE TABLE inner_folder (LIKE folder INCLUDING ALL);
INSERT INTO inner_folder SELECT * FROM folder;
CREATE TABLE twofold (LIKE folder INCLUDING ALL, other bigint);
INSERT INTO twofold (id, project, hidden, parent, other) VALUES (1, 1, false, NULL, NULL), (2, 1, true, NULL, NULL), (3, 1, false, 1, NULL), (4, 1, false, 1, 3),
    (5, 1, false, 4, 2), (6, 1, false, NULL, 5), (7, 1, false, 8, 1), (8, 1, false, 1, 7), (9, 1, false, 4, 4);
INSERT INTO twofold (id, project, hidden, parent, other) SELECT n, 1, false, 1 + n % 9, 1 + n * n % 9 FROM generate_series(100, 3000) n;
CREATE TABLE long (id integer PRIMARY KEY, project integer NOT NULL, parent integer);
INSERT INTO long SELECT n, 1, CASE WHEN n < 100000 THEN n + 1 END FROM generate_series(1, 100000) n;
\o /dev/null
SELECT clearance.protect('project', 'project', 'id');
SELECT clearance.protect('shelf', 'board', 'project', visibility => 'hidden', shared_values => '{false}');
SELECT clearance.protect(t, 'branch', 'project', visibility => 'hidden', shared_values => '{false}'),
    clearance.relate(t, 'assigned', member_column => 'assignee'), clearance.add_parent(t, 'parent', t, optional => t <> 'inner_folder'::regclass),
    clearance.add_parent(t, 'shelf', 'shelf', optional => true)
FROM unnest('{folder,named,dense,inner_folder,twofold}'::regclass[]) t;
SELECT clearance.add_parent('twofold', 'other', 'twofold', optional => true);
SELECT clearance.protect('item', 'leaf'), clearance.add_parent('item', 'folder', 'folder');
SELECT clearance.protect('long', 'branch', 'project'), clearance.add_parent('long', 'parent', 'long', optional => true);
SELECT clearance.add_partner_to_project(n, p) FROM unnest('{1,2,5}'::integer[]) n, unnest(ARRAY[:partner, :restricted, :permissive]::bigint[]) p;
SELECT clearance.set_project_feature(5, 'branch', false);
\o
GRANT USAGE ON SCHEMA app TO regress_chains;
GRANT SELECT, UPDATE ON ALL TABLES IN SCHEMA app TO regress_chains;
VACUUM ANALYZE;

-- the keys of a table that should be visible, where rows and shelves that are open
-- but for what they belong to satisfy a condition: from the tops down
CREATE FUNCTION expected(tab text, condition text, shelf_condition text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    result text;
BEGIN
    EXECUTE format('WITH RECURSIVE own AS (SELECT * FROM app.%1$I f WHERE (%2$s) AND (shelf IS NULL OR shelf IN (SELECT id FROM app.shelf f WHERE %3$s))),'
        ' open AS (SELECT id FROM own WHERE parent IS NULL UNION ALL SELECT own.id FROM open JOIN own ON own.parent = open.id)'
        ' SELECT count(*) || '' '' || md5(string_agg(id::text, '','' ORDER BY id)) FROM open', tab, condition, shelf_condition) INTO result;
    RETURN result;
END $$;
-- what is visible: in a plan that reads all, key by key, and each row judged by itself
CREATE FUNCTION seen(tab text, condition text, shelf_condition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    tells CONSTANT text := 'SELECT count(*) || '' '' || md5(string_agg(id::text, '','' ORDER BY id)) FROM ';
    wanted text := expected(tab, condition, shelf_condition);
    result text;
    differ text := '';
BEGIN
    EXECUTE tells || format('app.%I', tab) INTO result;
    differ := differ || CASE WHEN result IS DISTINCT FROM wanted THEN ' but all are ' || result ELSE '' END;
    EXECUTE tells || format('(SELECT x.id FROM app.key k, LATERAL (SELECT f.id FROM app.%I f WHERE f.id = k.%s OFFSET 0) x) y',
        tab, CASE tab WHEN 'named' THEN 'name' ELSE 'id' END) INTO result;
    differ := differ || CASE WHEN result IS DISTINCT FROM wanted THEN ' but one by one are ' || result ELSE '' END;
    SET LOCAL clearance.simplify = off;
    EXECUTE tells || format('app.%I', tab) INTO result;
    SET LOCAL clearance.simplify = on;
    differ := differ || CASE WHEN result IS DISTINCT FROM wanted THEN ' but without plans are ' || result ELSE '' END;
    RETURN split_part(wanted, ' ', 1) || differ;
END $$;
-- those that have both parents among 1, 3, 4 and 9
CREATE FUNCTION two_visible() RETURNS bigint LANGUAGE sql SECURITY DEFINER
RETURN (SELECT count(*) FROM app.twofold WHERE id > 100 AND parent IN (1, 3, 4, 9) AND other IN (1, 3, 4, 9));
-- how many folders are found by their keys for a query
CREATE FUNCTION by_key() RETURNS bigint LANGUAGE sql AS $$
    SELECT pg_stat_get_xact_tuples_fetched('app.folder_pkey'::regclass)
$$;
CREATE FUNCTION finds(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before bigint := by_key();
    result text;
BEGIN
    EXECUTE query INTO result;
    RETURN format('%s, %s by key', result, by_key() - before);
END $$;
CREATE FUNCTION scan(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        IF line ~ 'Scan' THEN
            RETURN regexp_replace(line, '^[ >-]*', '');
        END IF;
    END LOOP;
END $$;
SET SESSION AUTHORIZATION regress_chains;
SET clearance.external_explain = on;

--
-- Who sees whole projects, with all that is in them: chains decide, and shelves.
--
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
SELECT seen(t, 'true', 'true') FROM unnest('{folder,named,dense}'::text[]) t;
SELECT clearance.set_actor(id => :per, local => false) = :per;
SELECT seen(t, 'project IN (1, 2)', 'project IN (1, 2, 5)') FROM unnest('{folder,named,dense}'::text[]) t;

--
-- Who sees shared rows, or those it is assigned to: every row of a chain must be.
--
SELECT clearance.set_actor(id => :mo, local => false) = :mo;
SELECT seen(t, 'project IN (1, 2) AND NOT hidden', 'project IN (1, 2, 5) AND NOT hidden') FROM unnest('{folder,named,dense}'::text[]) t;
SELECT clearance.set_actor(id => :ria, local => false) = :ria;
SELECT seen(t, 'project IN (1, 2) AND assignee = 3', 'project IN (1, 2, 5)') FROM unnest('{folder,named,dense}'::text[]) t;

--
-- All of them are read once, and none by its key. What is in them is visible with
-- them.
--
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
SELECT finds('SELECT count(*) FROM folder'), finds('SELECT count(*) FROM item');
SELECT clearance.set_actor(id => :mo, local => false) = :mo;
SELECT finds('SELECT count(*) FROM folder'), finds('SELECT count(*) FROM item');
SELECT clearance.set_actor(id => :ria, local => false) = :ria;
SELECT count(*) FROM item;
-- so few of many are its own that they are looked up in an index
SELECT scan('SELECT count(*) FROM item');
SELECT string_agg(folder::text, ' ' ORDER BY folder) FROM item WHERE folder NOT BETWEEN 0 AND 5000;

--
-- A parent that every row must have: none is the first. Two parents: both of them.
--
SELECT clearance.set_actor(id => :mo, local => false) = :mo;
SELECT count(*) FROM inner_folder;
SELECT string_agg(id::text, ' ' ORDER BY id) FILTER (WHERE id < 100), count(*) FILTER (WHERE id > 100) = expected FROM twofold, two_visible() AS expected GROUP BY expected;

--
-- However long a chain is, with its last row first.
--
SELECT clearance.set_actor(id => :per, local => false) = :per;
SELECT count(*) FROM long;

--
-- Where they take more memory than a hash join may, they are found by their keys.
--
SET work_mem = '64kB';
SET hash_mem_multiplier = 1;
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
SELECT finds('SELECT count(*) FROM folder') ~ '^1128, [1-9][0-9]{3} by key';
RESET work_mem;
RESET hash_mem_multiplier;
RESET SESSION AUTHORIZATION;

-- a row closes a circle, and another one opens one
UPDATE folder SET parent = NULL WHERE id = 5003;
UPDATE folder SET parent = 9223372036854775807 WHERE id = -9223372036854775808;
SET SESSION AUTHORIZATION regress_chains;
SELECT seen('folder', 'true', 'true');
RESET SESSION AUTHORIZATION;

\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_chains;
DROP OWNED BY regress_chains;
DROP ROLE regress_chains;
