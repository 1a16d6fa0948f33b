-- Numbers have all of their bits, wherever they stand: ids of bindings in plans,
-- of relations and parents in the order of columns, of people and projects in
-- scopes, however far a restore or a replica has moved them.
\set SHOW_CONTEXT never
CREATE SCHEMA regress_numbers;
CREATE ROLE regress_numbers_app;
GRANT USAGE ON SCHEMA regress_numbers TO regress_numbers_app;
SET search_path = regress_numbers;
CREATE TABLE was AS SELECT s.oid::regclass AS seq, pg_sequence_last_value(s.oid) AS value FROM pg_class s
WHERE s.relkind = 'S' AND s.relnamespace = 'clearance'::regnamespace;
SELECT count(setval(q.seqrelid::regclass, CASE q.seqtypid WHEN 'integer'::regtype THEN 2147483000 ELSE 4611686018427387904 END)) > 10 AS moved
FROM pg_sequence q JOIN was w ON w.seq = q.seqrelid;

SELECT clearance.create_account('regress_numbers') AS account \gset
SELECT clearance.create_level('regress_numbers', 'partner', based_on => 'moderate') > 0 AS ok;
SELECT clearance.create_partner('Acme', access_level => 'regress_numbers', account => :account) AS acme \gset
SELECT clearance.add_member(key => 'rn-vera', roles => '{super_user}', account => :account) AS vera \gset
SELECT clearance.add_member(key => 'rn-moe', partner => :acme, account => :account) AS moe \gset
SELECT :account > 4611686018427387904 AND :acme > 4611686018427387904 AND :moe > 4611686018427387904 AS large;
SELECT count(clearance.create_project('rn-' || n, :account)) FROM generate_series(1, 3) n;
SELECT clearance.add_partner_to_project('rn-1', :acme), clearance.add_member_to_project('rn-1', :moe);
SELECT clearance.trust_role('regress_numbers_app');

CREATE TABLE project (id text PRIMARY KEY);
INSERT INTO project SELECT 'rn-' || n FROM generate_series(1, 3) n;
CREATE TABLE task (id bigint PRIMARY KEY, project_id text NOT NULL REFERENCES project ON DELETE CASCADE, hidden boolean NOT NULL, owner text, assignee text);
INSERT INTO task SELECT 9223372036854775800 + n, 'rn-' || 1 + n % 3, n % 2 = 0, CASE n WHEN 3 THEN 'rn-moe' END FROM generate_series(1, 6) n;
CREATE TABLE comment (id bigint PRIMARY KEY, task_id bigint REFERENCES task, done boolean);
INSERT INTO comment SELECT t.id, t.id FROM task t;
CREATE TABLE follower (task_id bigint, member text);
INSERT INTO follower SELECT t.id, 'rn-moe' FROM task t;
GRANT ALL ON project, task, comment, follower TO regress_numbers_app;
\o /dev/null
SELECT clearance.protect('project', 'project', project => 'id'),
    clearance.protect('task', 'task', project => 'project_id', visibility => 'hidden', shared_values => '{false}', owner => 'owner'),
    clearance.protect('comment', 'task');
SELECT clearance.relate('task', 'followed', link => 'follower', link_column => 'task_id', member_column => 'member'),
    clearance.relate('task', 'assigned', member_column => 'assignee');
SELECT clearance.add_parent('comment', 'task_id', 'task'), clearance.guard_column('comment', 'done', 'delete');
\o
-- columns are passed in their order
SELECT relation, columns FROM clearance.binding WHERE relation IN ('task'::regclass, 'comment'::regclass, 'follower'::regclass) ORDER BY relation::text;

CREATE FUNCTION seen(member bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    seen text;
BEGIN
    SET LOCAL ROLE regress_numbers_app;
    PERFORM clearance.set_actor(id => member);
    SELECT format('projects %s, tasks %s, comments %s, followers %s, editable %s',
        (SELECT count(*) FROM project),
        (SELECT string_agg((9223372036854775807 - id)::text, ' ' ORDER BY id DESC) FROM task),
        (SELECT count(*) FROM comment), (SELECT count(*) FROM follower),
        (SELECT count(*) FROM task t WHERE clearance.can_row('edit', t)))
    INTO seen;
    RETURN seen;
END $$;
SET client_min_messages = error;
SELECT seen(:vera), seen(:moe);

-- numbers of bindings around every power of two
CREATE FUNCTION at_number(number bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DROP TABLE IF EXISTS regress_numbers.step;
    CREATE TABLE regress_numbers.step (id integer PRIMARY KEY, project_id text NOT NULL REFERENCES regress_numbers.project ON DELETE CASCADE, hidden boolean NOT NULL);
    INSERT INTO regress_numbers.step VALUES (1, 'rn-1', false), (2, 'rn-1', true), (3, 'rn-2', false);
    GRANT ALL ON regress_numbers.step TO regress_numbers_app;
    PERFORM clearance.protect('regress_numbers.step', 'task', project => 'project_id', visibility => 'hidden', shared_values => '{false}');
    UPDATE clearance.binding SET id = number WHERE relation = 'regress_numbers.step'::regclass;
    PERFORM clearance.repair('regress_numbers.step');
END $$;
CREATE FUNCTION steps(member bigint) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    steps bigint[];
BEGIN
    SET LOCAL ROLE regress_numbers_app;
    PERFORM clearance.set_actor(id => member);
    EXECUTE 'SELECT array_agg(id ORDER BY id) FROM regress_numbers.step' INTO steps;
    RETURN steps;
END $$;
SET client_min_messages = error;
\pset tuples_only on
SELECT at_number(4194303); SELECT steps(:vera), steps(:moe);
SELECT at_number(4194306); SELECT steps(:vera), steps(:moe);
SELECT at_number(16777217); SELECT steps(:vera), steps(:moe);
SELECT at_number(1073741825); SELECT steps(:vera), steps(:moe);
SELECT at_number(2147483647); SELECT steps(:vera), steps(:moe);
\pset tuples_only off

-- what the numbers were
SELECT count(CASE WHEN w.value IS NULL THEN setval(w.seq, q.seqstart, false) ELSE setval(w.seq, w.value) END) > 10 AS moved_back
FROM was w JOIN pg_sequence q ON q.seqrelid = w.seq;
RESET search_path;
DROP SCHEMA regress_numbers CASCADE;
SELECT clearance.distrust_role('regress_numbers_app');
DELETE FROM clearance.account WHERE id = :account;
SELECT clearance.drop_level('regress_numbers');
DROP ROLE regress_numbers_app;
