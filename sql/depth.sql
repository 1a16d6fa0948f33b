-- However long or crooked the way from a row to its parents, from an action to
-- its gates: an answer, an error, or a closed row. Never the end of the stack.
\set SHOW_CONTEXT never
\set VERBOSITY terse
CREATE SCHEMA regress_depth;
CREATE ROLE regress_depth_app;
GRANT USAGE ON SCHEMA regress_depth TO regress_depth_app;
SET search_path = regress_depth;
SELECT clearance.create_account('regress_depth') AS account \gset
SELECT clearance.add_member(key => 'regress-depth', roles => '{super_user}', account => :account) AS sue \gset
SELECT clearance.create_project('rd-1', :account) > 0 AS ok;
SELECT clearance.trust_role('regress_depth_app');

-- what a query gives: its count, or that it is an error because of the depth
CREATE FUNCTION answer(query text, sue bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found bigint;
BEGIN
    SET LOCAL ROLE regress_depth_app;
    PERFORM clearance.set_actor(id => sue);
    EXECUTE query INTO found;
    RETURN found || ' rows';
EXCEPTION WHEN statement_too_complex OR object_not_in_prerequisite_state THEN
    RETURN 'an error';
END $$;

--
-- A tree of rows: what is below many others, or in a circle.
--
CREATE TABLE node (id integer PRIMARY KEY, project_id text, up integer);
INSERT INTO node SELECT n, 'rd-1', nullif(n - 1, 0) FROM generate_series(1, 20000) n;
INSERT INTO node VALUES (30001, 'rd-1', 30002), (30002, 'rd-1', 30003), (30003, 'rd-1', 30001), (30004, 'rd-1', 30004), (30005, 'rd-1', 30001);
GRANT ALL ON node TO regress_depth_app;
SELECT clearance.protect('node', 'task', project => 'project_id') > 0 AS ok;
SELECT clearance.add_parent('node', 'up', 'node', optional => true);
SELECT answer('SELECT count(*) FROM node WHERE id <= 10', :sue) AS near_the_top;
SELECT answer('SELECT count(*) FROM node WHERE id > 30000', :sue) AS in_circles;
SELECT answer('SELECT count(*) FROM node WHERE id = 20000', :sue) IN ('1 rows', 'an error') AS far_down;
SELECT answer('SELECT count(*) FROM node', :sue) IN ('20000 rows', 'an error') AS all_of_them;
SELECT answer('SELECT count(*) FROM (SELECT clearance.can_row(''edit'', n) FROM node n WHERE id = 20000) s', :sue) IN ('1 rows', 'an error') AS can_row;
SELECT answer('WITH w AS (UPDATE node SET project_id = ''rd-1'' WHERE id = 20000 RETURNING 1) SELECT count(*) FROM w', :sue) IN ('1 rows', 'an error') AS edited;
-- the session goes on
SELECT answer('SELECT count(*) FROM node WHERE id <= 10', :sue) AS near_the_top;

--
-- Tables that are each other's parents. Nobody can declare them so, but by hand
-- or in a dump.
--
SELECT clearance.create_feature('regress_depth_' || f) FROM unnest('{x,y,gate}'::text[]) f;
SELECT count(clearance.allow('super_user', 'regress_depth_' || f, v)) FROM unnest('{x,y,gate}'::text[]) f, unnest('{view,edit,create}'::text[]) v;
CREATE TABLE x (id integer PRIMARY KEY, project_id text, y_id integer);
CREATE TABLE y (id integer PRIMARY KEY, project_id text, x_id integer);
CREATE TABLE z (id integer PRIMARY KEY, x_id integer);
INSERT INTO x VALUES (1, 'rd-1', 1);
INSERT INTO y VALUES (1, 'rd-1', 1);
INSERT INTO z VALUES (1, 1);
GRANT ALL ON x, y, z TO regress_depth_app;
\o /dev/null
SELECT clearance.protect('x', 'regress_depth_x', project => 'project_id'), clearance.protect('y', 'regress_depth_y', project => 'project_id'),
    clearance.protect('z', 'regress_depth_x');
SELECT clearance.add_parent('x', 'y_id', 'y'), clearance.add_parent('z', 'x_id', 'x');
\o
SELECT clearance.add_parent('y', 'x_id', 'x');
INSERT INTO clearance.binding_parent (binding_id, column_name, parent_id)
SELECT y.id, 'x_id', x.id FROM clearance.binding x, clearance.binding y WHERE x.relation = 'x'::regclass AND y.relation = 'y'::regclass;
SELECT clearance.repair('y');
SELECT answer(format('SELECT count(*) FROM %s', t), :sue) IN ('0 rows', 'an error') AS closed FROM unnest('{x,y,z}'::text[]) t;
-- with a gate about something that none of them is
SELECT clearance.add_gate('regress_depth_x.view', 'regress_depth_gate.view');
SELECT answer(format('SELECT count(*) FROM %s', t), :sue) IN ('0 rows', 'an error') AS closed FROM unnest('{x,y,z}'::text[]) t;
-- and with no project of their own
UPDATE clearance.binding SET project_column = NULL WHERE relation IN ('x'::regclass, 'y'::regclass);
SELECT clearance.repair('x'), clearance.repair('y');
SELECT answer(format('SELECT count(*) FROM %s', t), :sue) IN ('0 rows', 'an error') AS closed FROM unnest('{x,y,z}'::text[]) t;
\set VERBOSITY sqlstate
UPDATE y SET x_id = 1;
UPDATE z SET x_id = 1;
\set VERBOSITY terse
DROP TABLE x, y, z;

--
-- Gates in a circle, and gates behind gates.
--
INSERT INTO clearance.gate (feature, action, gate_feature, gate_action, audiences)
VALUES ('regress_depth_gate', 'view', 'regress_depth_x', 'view', '{vendor}');
CREATE TABLE x (id integer PRIMARY KEY, project_id text);
INSERT INTO x VALUES (1, 'rd-1');
GRANT ALL ON x TO regress_depth_app;
SELECT clearance.protect('x', 'regress_depth_x', project => 'project_id') > 0 AS ok;
SELECT answer('SELECT count(*) FROM x', :sue) IN ('0 rows', 'an error') AS closed;
SELECT answer('SELECT count(*) FROM x WHERE clearance.can(''regress_depth_x.view'', ''rd-1'')', :sue) IN ('0 rows', 'an error') AS closed;
SELECT clearance.remove_gate('regress_depth_gate.view', 'regress_depth_x.view');
SELECT answer('SELECT count(*) FROM x', :sue) AS open;
INSERT INTO clearance.action (feature, name, reads) SELECT 'regress_depth_gate', 'a' || n, true FROM generate_series(1, 3000) n;
INSERT INTO clearance.gate (feature, action, gate_feature, gate_action, audiences)
SELECT 'regress_depth_gate', CASE n WHEN 1 THEN 'view' ELSE 'a' || n - 1 END, 'regress_depth_gate', 'a' || n, '{vendor}' FROM generate_series(1, 3000) n;
INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation)
SELECT l.id, a.feature, a.name, 'any', 'any' FROM clearance.level l, clearance.action a WHERE l.name = 'super_user' AND a.feature = 'regress_depth_gate' AND a.name ~ '^a\d';
SELECT answer('SELECT count(*) FROM x', :sue) IN ('1 rows', 'an error') AS deep;

SET client_min_messages = warning;
RESET search_path;
DROP SCHEMA regress_depth CASCADE;
DELETE FROM clearance.gate WHERE feature LIKE 'regress_depth%';
DELETE FROM clearance.feature WHERE name LIKE 'regress_depth%';
SELECT clearance.distrust_role('regress_depth_app');
DELETE FROM clearance.account WHERE id = :account;
DROP ROLE regress_depth_app;
