-- Whoever adds a row with the key of a hidden one gets nothing by it. Several
-- rows may have one key where its index has more columns (of a partitioned
-- table), in children, and for as long as a deferrable key is not checked. What
-- belongs to such a key is open if all of its rows are, in one project.
\set SHOW_CONTEXT never
CREATE SCHEMA regress_row_keys;
GRANT USAGE ON SCHEMA regress_row_keys TO PUBLIC;
CREATE ROLE regress_row_keys_moe;
CREATE ROLE regress_row_keys_vera;
SELECT clearance.create_account('regress_row_keys') AS account \gset
SELECT clearance.create_partner('regress_row_keys_bolt', access_level => 'moderate', account => :account) AS partner \gset
SELECT clearance.add_member(key => 'k-moe', partner => :partner, account => :account) AS moe \gset
SELECT clearance.add_member(key => 'k-vera', roles => '{super_user}', account => :account) AS vera \gset
\o /dev/null
SELECT clearance.map_role('regress_row_keys_moe', member => :moe), clearance.map_role('regress_row_keys_vera', member => :vera);
SELECT clearance.create_project(k, :account) FROM unnest('{rk-open,rk-hidden}'::text[]) k;
SELECT clearance.add_partner_to_project('rk-open', :partner), clearance.add_member_to_project('rk-open', :moe);
SELECT clearance.create_feature('regress_key', '{view,create,edit,delete}'), clearance.create_feature('regress_below', '{view,create,edit,delete}');
SELECT clearance.allow('super_user', f, a), clearance.allow('moderate', f, a, visibility => 'shared')
FROM unnest('{regress_key,regress_below}'::text[]) f, unnest('{view,create,edit,delete}'::text[]) a;
SELECT clearance.allow('moderate', 'regress_key', 'view', relation => 'followed');
\o
SET search_path = regress_row_keys;

-- what a role sees: by the key of each row alone, and of all rows at once; the
-- same with plans as they are and with simplified ones, or both are told
CREATE FUNCTION seen(who regrole, tab regclass) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    ways text[] := '{}';
    ids integer[];
    way text;
BEGIN
    EXECUTE format('SELECT array_agg(DISTINCT id ORDER BY id) FROM %s', tab) INTO ids;
    EXECUTE format('SET LOCAL SESSION AUTHORIZATION %s', who);
    FOREACH way IN ARRAY '{on,off}'::text[] LOOP
        RESET SESSION AUTHORIZATION;
        PERFORM set_config('clearance.simplify', way, true);
        EXECUTE format('SET LOCAL SESSION AUTHORIZATION %s', who);
        ways := ways || (SELECT coalesce(string_agg(DISTINCT t, ' ' ORDER BY t), '-')
                         FROM unnest(ids) AS i (id) CROSS JOIN LATERAL unnest(texts(tab, i.id)) AS t);
        EXECUTE format('SELECT coalesce(string_agg(DISTINCT text, '' '' ORDER BY text), ''-'') FROM %s', tab) INTO way;
        ways := ways || way;
    END LOOP;
    RESET SESSION AUTHORIZATION;
    RETURN (SELECT string_agg(DISTINCT w, ' | ') FROM unnest(ways) w);
END $$;
CREATE FUNCTION texts(tab regclass, i integer) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    found text[];
BEGIN
    EXECUTE format('SELECT array_agg(text) FROM %s WHERE id = %s', tab, i) INTO found;
    RETURN found;
END $$;
GRANT EXECUTE ON FUNCTION texts(regclass, integer) TO PUBLIC;

--
-- A partitioned table: keys of one type each. 1 is open; 2 is hidden; 3 is hidden,
-- and moe adds another; 4 is private, in moe's project, and moe adds another; 5
-- are two open rows of one project.
--
CREATE FUNCTION declare(key_type regtype, keys text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE above (id %s, part integer, project text, private boolean NOT NULL DEFAULT false, text text,
                    PRIMARY KEY (id, part)) PARTITION BY LIST (part)', key_type);
    CREATE TABLE "above 1" PARTITION OF above FOR VALUES IN (1);
    CREATE TABLE "above 2" PARTITION OF above FOR VALUES IN (2);
    EXECUTE format('CREATE TABLE below (id integer PRIMARY KEY, "above Id" %s NOT NULL, text text)', key_type);
    EXECUTE 'INSERT INTO above SELECT $1[v.i]::' || key_type || ', v.part, v.project, v.private, v.text FROM (VALUES
        (1, 1, ''rk-open'', false, ''open''), (2, 1, ''rk-hidden'', false, ''hidden''), (3, 1, ''rk-hidden'', false, ''hidden too''),
        (4, 1, ''rk-open'', true, ''private''), (5, 1, ''rk-open'', false, ''five''), (5, 2, ''rk-open'', false, ''five'')) v (i, part, project, private, text)' USING keys;
    EXECUTE 'INSERT INTO below SELECT i, $1[i]::' || key_type || ', ''below'' || i FROM generate_series(1, 5) i' USING keys;
    GRANT ALL ON above, below TO regress_row_keys_moe, regress_row_keys_vera;
    PERFORM clearance.protect('above', 'regress_key', project => 'project', visibility => 'private', shared_values => '{false}', key => 'id'),
            clearance.protect('below', 'regress_below');
    PERFORM clearance.add_parent('below', 'above Id', 'above');
END $$;
SET client_min_messages = error;
SELECT declare('integer', '{1,2,3,4,5}');
SELECT seen('regress_row_keys_moe', 'below') AS moe, seen('regress_row_keys_vera', 'below') AS vera;
SET SESSION AUTHORIZATION regress_row_keys_moe;
INSERT INTO above VALUES (3, 2, 'rk-open', false, 'mine'), (4, 2, 'rk-open', false, 'mine');
RESET SESSION AUTHORIZATION;
SELECT seen('regress_row_keys_moe', 'below') AS moe, seen('regress_row_keys_vera', 'below') AS vera;
SET SESSION AUTHORIZATION regress_row_keys_moe;
INSERT INTO below VALUES (6, 4, 'below a private one');
INSERT INTO below VALUES (6, 5, 'below two open ones');
UPDATE below SET "above Id" = 3 WHERE id = 6;
RESET SESSION AUTHORIZATION;
-- what links to such a key links to no row: neither to moe's own nor, later, to another's
CREATE TABLE follows (above_id integer, member text);
GRANT ALL ON follows TO regress_row_keys_moe;
SELECT clearance.relate('above', 'followed', member_column => 'member', link => 'follows', link_column => 'above_id');
SET SESSION AUTHORIZATION regress_row_keys_moe;
INSERT INTO follows VALUES (4, 'k-moe');
INSERT INTO above VALUES (7, 2, 'rk-open', false, 'mine');
INSERT INTO follows VALUES (7, 'k-moe');
RESET SESSION AUTHORIZATION;
SELECT seen('regress_row_keys_moe', 'above') AS moe;
INSERT INTO above VALUES (7, 1, 'rk-open', true, 'private too'), (8, 1, 'rk-open', true, 'followed');
INSERT INTO follows VALUES (8, 'k-moe');
SELECT seen('regress_row_keys_moe', 'above') AS moe;
DROP TABLE below, follows, above;
SELECT declare('uuid', ARRAY(SELECT format('00000000-0000-0000-0000-00000000000%s', i) FROM generate_series(1, 5) i));
SET SESSION AUTHORIZATION regress_row_keys_moe;
INSERT INTO above VALUES ('00000000-0000-0000-0000-000000000003', 2, 'rk-open', false, 'mine');
RESET SESSION AUTHORIZATION;
SELECT seen('regress_row_keys_moe', 'below') AS moe, seen('regress_row_keys_vera', 'below') AS vera;
DROP TABLE below, above;
SELECT declare('text', '{a,b,c,d,e}');
SET SESSION AUTHORIZATION regress_row_keys_moe;
INSERT INTO above VALUES ('c', 2, 'rk-open', false, 'mine'), ('d', 2, 'rk-open', false, 'mine');
RESET SESSION AUTHORIZATION;
SELECT seen('regress_row_keys_moe', 'below') AS moe, seen('regress_row_keys_vera', 'below') AS vera;
DROP TABLE below, above;

--
-- A table with children; one whose key is deferrable; a tree in a partitioned table.
--
CREATE TABLE above (id integer PRIMARY KEY, project text, text text);
CREATE TABLE "above more" () INHERITS (above);
CREATE TABLE below (id integer PRIMARY KEY, above_id integer, text text);
INSERT INTO above VALUES (1, 'rk-open', 'open'), (2, 'rk-hidden', 'hidden'), (3, 'rk-hidden', 'hidden');
INSERT INTO below SELECT i, i, 'below' || i FROM generate_series(1, 3) i;
GRANT ALL ON above, "above more", below TO regress_row_keys_moe, regress_row_keys_vera;
SELECT clearance.protect('above', 'regress_key', project => 'project') > 0 AS ok, clearance.protect('below', 'regress_below') > 0 AS ok;
SELECT clearance.add_parent('below', 'above_id', 'above');
SET SESSION AUTHORIZATION regress_row_keys_moe;
INSERT INTO "above more" VALUES (2, 'rk-open', 'mine');
RESET SESSION AUTHORIZATION;
SELECT seen('regress_row_keys_moe', 'below') AS moe, seen('regress_row_keys_vera', 'below') AS vera;
DROP TABLE below, above CASCADE;

CREATE TABLE above (id integer PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, project text, text text);
CREATE TABLE below (id integer PRIMARY KEY, above_id integer, text text);
INSERT INTO above VALUES (1, 'rk-open', 'open'), (2, 'rk-hidden', 'hidden');
INSERT INTO below SELECT i, i, 'below' || i FROM generate_series(1, 2) i;
GRANT ALL ON above, below TO regress_row_keys_moe, regress_row_keys_vera;
SELECT clearance.protect('above', 'regress_key', project => 'project') > 0 AS ok, clearance.protect('below', 'regress_below') > 0 AS ok;
SELECT clearance.add_parent('below', 'above_id', 'above');
BEGIN;
SET LOCAL SESSION AUTHORIZATION regress_row_keys_moe;
INSERT INTO above VALUES (2, 'rk-open', 'mine');
SELECT text FROM below WHERE id = 2;
SELECT text FROM below;
ROLLBACK;
DROP TABLE below, above;

CREATE TABLE tree (id integer, part integer, project text, up integer, text text, PRIMARY KEY (id, part)) PARTITION BY LIST (part);
CREATE TABLE "tree 1" PARTITION OF tree FOR VALUES IN (1);
CREATE TABLE "tree 2" PARTITION OF tree FOR VALUES IN (2);
INSERT INTO tree VALUES (1, 1, 'rk-open', NULL, 'root'), (2, 1, 'rk-hidden', NULL, 'hidden'), (3, 1, 'rk-open', 1, 'leaf'),
    (4, 1, 'rk-open', 3, 'leaf of leaf'), (6, 1, 'rk-open', 7, 'circle'), (7, 1, 'rk-open', 6, 'circle');
GRANT ALL ON tree TO regress_row_keys_moe, regress_row_keys_vera;
SELECT clearance.protect('tree', 'regress_key', project => 'project', key => 'id') > 0 AS ok;
SELECT clearance.add_parent('tree', 'up', 'tree', optional => true);
INSERT INTO tree VALUES (5, 1, 'rk-hidden', 2, 'hidden leaf');
SELECT seen('regress_row_keys_moe', 'tree') AS moe, seen('regress_row_keys_vera', 'tree') AS vera;
-- a row apart from what is below its key does not come in
INSERT INTO tree VALUES (2, 2, 'rk-open', NULL, 'mine');
-- nor does one that came in all the same open anything
SET session_replication_role = replica;
INSERT INTO tree VALUES (2, 2, 'rk-open', NULL, 'mine');
RESET session_replication_role;
SELECT seen('regress_row_keys_moe', 'tree') AS moe, seen('regress_row_keys_vera', 'tree') AS vera;
SET session_replication_role = replica;
INSERT INTO tree VALUES (1, 2, 'rk-hidden', NULL, 'another root');
RESET session_replication_role;
SELECT seen('regress_row_keys_moe', 'tree') AS moe, seen('regress_row_keys_vera', 'tree') AS vera;
DROP TABLE tree;

--
-- What belongs to a task of the member's does not if the task's key is another's, too.
--
CREATE TABLE task (id integer, part integer, project text, who text, text text, PRIMARY KEY (id, part)) PARTITION BY LIST (part);
CREATE TABLE "task 1" PARTITION OF task FOR VALUES IN (1);
CREATE TABLE "task 2" PARTITION OF task FOR VALUES IN (2);
CREATE TABLE file (id integer PRIMARY KEY, project text, task_id integer, private boolean, text text);
INSERT INTO task VALUES (1, 1, 'rk-hidden', NULL, 'hidden'), (1, 2, 'rk-open', 'k-moe', 'mine'), (2, 1, 'rk-open', 'k-moe', 'mine');
INSERT INTO file VALUES (1, 'rk-open', 1, true, 'file1'), (2, 'rk-open', 2, true, 'file2');
GRANT ALL ON task, file TO regress_row_keys_moe;
SELECT clearance.protect('task', 'regress_key', project => 'project', key => 'id') > 0 AS ok,
       clearance.protect('file', 'regress_below', project => 'project', visibility => 'private', shared_values => '{false}') > 0 AS ok;
SELECT clearance.allow('moderate', 'regress_below', 'view', relation => 'assigned_task');
SELECT clearance.relate('task', 'assigned', member_column => 'who');
SELECT clearance.relate('file', 'assigned_task', link => 'task', row_column => 'task_id');
SELECT seen('regress_row_keys_moe', 'file') AS moe;
DROP TABLE file, task;

--
-- A column that a unique index merely includes is no key.
--
CREATE TABLE included (other integer, id integer, project text);
CREATE UNIQUE INDEX ON included (other) INCLUDE (id);
SELECT clearance.protect('included', 'regress_key', project => 'project', key => 'id');

-- leave nothing behind
RESET search_path;
RESET client_min_messages;
\o /dev/null
SELECT clearance.unmap_role('regress_row_keys_moe'), clearance.unmap_role('regress_row_keys_vera');
\o
DROP SCHEMA regress_row_keys CASCADE;
DELETE FROM clearance.account WHERE id = :account;
DROP OWNED BY regress_row_keys_moe, regress_row_keys_vera;
DROP ROLE regress_row_keys_moe, regress_row_keys_vera;
DELETE FROM clearance.feature WHERE name IN ('regress_key', 'regress_below');
