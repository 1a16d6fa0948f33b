-- What a client may ask about masked columns, column_masked() and columns(), by
-- every kind of actor and about every kind of table; and that the codes of errors
-- name the column.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_answers;
CREATE ROLE regress_answers_owner;
CREATE ROLE regress_answers_bi;
CREATE SCHEMA regress_answers AUTHORIZATION regress_answers_owner;
SET LOCAL search_path = regress_answers;
SELECT clearance.trust_role('regress_answers');
SELECT clearance.create_account('Regress answers', key => 'regress-answers') AS account \gset
SELECT clearance.create_partner('Perm', 'permissive', account => :account) AS perm \gset
SELECT clearance.add_member('ada', roles => '{account_admin}', account => :account) > 0;
SELECT clearance.add_member('max', partner => :perm, account => :account) AS max \gset
SELECT clearance.add_member('vic', roles => '{super_user}', account => :account) > 0;
SELECT clearance.add_member('gone', partner => :perm, status => 'disabled', account => :account) > 0;
SELECT count(clearance.create_project(p, :account)) FROM unnest('{one,two}'::text[]) p;
SELECT clearance.add_partner_to_project('one', :perm), clearance.add_member_to_project('one', :max);
-- a right that reads, one that does not, and levels: permissive holds the first on shared rows
SELECT clearance.create_action('task', 'view_price', reads => true), clearance.create_action('task', 'weigh');
SELECT clearance.allow('permissive', 'task', 'view_price', 'shared'), clearance.allow('permissive', 'task', 'weigh');

SET LOCAL ROLE regress_answers_owner;
CREATE TABLE task (id integer PRIMARY KEY, project text, is_private boolean, price integer, weight integer, title text);
CREATE TABLE crew (task_id integer, member text);
CREATE TABLE part (id integer, project text, is_private boolean, price integer, PRIMARY KEY (project, id)) PARTITION BY LIST (project);
CREATE TABLE part_one PARTITION OF part FOR VALUES IN ('one');
CREATE TABLE part_two (title text, price integer, id integer NOT NULL, is_private boolean, project text NOT NULL);
ALTER TABLE part_two DROP COLUMN title;
ALTER TABLE part ATTACH PARTITION part_two FOR VALUES IN ('two');
CREATE TABLE remark (id integer PRIMARY KEY, task_id integer, body text);
CREATE TABLE ledger (id integer PRIMARY KEY, account text, price integer);
CREATE TABLE plain (id integer, price integer);
INSERT INTO task VALUES (1, 'one', false, 10, 1, 'seen'), (2, 'one', true, NULL, 2, 'private, no price'), (3, 'two', false, 30, 3, 'elsewhere'),
    (4, 'one', true, 40, 4, 'private');
INSERT INTO part SELECT id, project, is_private, price FROM task;
INSERT INTO plain SELECT id, price FROM task;
INSERT INTO remark SELECT id, id, 'on ' || title FROM task;
INSERT INTO ledger VALUES (1, 'regress-answers', 5);
RESET ROLE;
SELECT clearance.protect('task', 'task', 'project', 'is_private', '{false}') > 0, clearance.relate('task', 'assigned', 'member', link => 'crew', link_column => 'task_id'),
       clearance.protect('part', 'task', 'project', 'is_private', '{false}') > 0;
SELECT clearance.mask_column('task', 'price', 'view_price'), clearance.mask_column('part', 'price', 'view_price');
SELECT clearance.mask_column('task', 'weight', 'weigh');
-- where the project is the parent's, or there is none
SELECT clearance.protect('remark', 'task') > 0, clearance.add_parent('remark', 'task_id', 'task'), clearance.mask_column('remark', 'body', 'weigh'),
       clearance.protect('ledger', 'task', account => 'account') > 0, clearance.mask_column('ledger', 'price', 'weigh');
SELECT clearance.map_role('regress_answers_bi', partner => :perm);
GRANT USAGE ON SCHEMA regress_answers TO regress_answers, regress_answers_bi;
GRANT ALL ON ALL TABLES IN SCHEMA regress_answers TO regress_answers, regress_answers_bi;

-- what somebody gets of a query; an error as its code and text
CREATE FUNCTION told(actor text, sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    got text;
    code text;
    col text;
BEGIN
    IF actor = 'bi' THEN
        PERFORM set_config('session_authorization', 'regress_answers_bi', true);
    ELSE
        PERFORM set_config('role', 'regress_answers', true);
        PERFORM clearance.set_actor(actor) WHERE actor <> '';
    END IF;
    EXECUTE sql INTO got;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = coalesce(got, 'nothing');
EXCEPTION
    WHEN SQLSTATE 'ZZ000' THEN RETURN SQLERRM;
    WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS code = CONSTRAINT_NAME, col = COLUMN_NAME;
        RETURN concat_ws(' ', SQLSTATE, nullif(code, ''), nullif(col, ''), SQLERRM);
END
$$;

--
-- column_masked() tells masked from NULL, of each row that is seen. An action that
-- does not read opens nothing to a partner as a whole.
--
SELECT who || ': ' || told(who, $$SELECT string_agg(format('%s price %s %s, weight %s %s', id, price, clearance.column_masked(t, 'price'), weight,
    clearance.column_masked(t, 'weight')), '; ' ORDER BY id) FROM task t$$)
FROM unnest('{ada,max,bi,gone,""}'::text[]) who;
-- rows of partitions, by the partition and by the whole table, whose columns are in another order
SELECT who || ': ' || told(who, $$SELECT string_agg(format('%s %s %s', id, price, clearance.column_masked(p, 'price')), '; ' ORDER BY id) FROM part p$$),
       told(who, $$SELECT string_agg(format('%s %s %s', id, price, clearance.column_masked(p, 'price')), '; ' ORDER BY id) FROM part_one p$$),
       told(who, $$SELECT string_agg(format('%s %s %s', id, price, clearance.column_masked(p, 'price')), '; ' ORDER BY id) FROM part_two p$$)
FROM unnest('{ada,max,bi}'::text[]) who;
SELECT who || ': ' || told(who, $$SELECT string_agg(format('%s %s %s', id, body, clearance.column_masked(r, 'body')), '; ' ORDER BY id) FROM remark r$$),
       told(who, $$SELECT string_agg(format('%s %s %s', id, price, clearance.column_masked(l, 'price')), '; ' ORDER BY id) FROM ledger l$$)
FROM unnest('{ada,vic,max,bi}'::text[]) who;
-- a row that is not seen is masked, whoever made it up
SELECT told('max', $$SELECT clearance.column_masked(row(3, 'two', false, 30, 3, 'x')::task, 'price')$$),
       told('max', $$SELECT clearance.column_masked(row(9, 'nowhere', false, 30, 3, 'x')::task, 'price')$$),
       told('max', $$SELECT clearance.column_masked(row(1, 'one', false, 30, 3, 'x')::task, 'price')$$),
       told('', $$SELECT clearance.column_masked(row(1, 'one', false, 30, 3, 'x')::task, 'price')$$);
-- columns that are not masked, that do not exist, or are the system's; rows of other tables
SELECT col || ': ' || told('max', format('SELECT clearance.column_masked(t, %L) FROM task t WHERE id = 1', col))
FROM unnest('{title,id,nothing,ctid,PRICE,""}'::text[]) col;
SELECT told('max', q) FROM unnest(ARRAY[
    $$SELECT clearance.column_masked(p, 'price') FROM plain p WHERE id = 1$$, $$SELECT clearance.column_masked(p, 'price', 'task') FROM plain p WHERE id = 1$$,
    $$SELECT clearance.column_masked(row(1, 2), 'price')$$, $$SELECT clearance.column_masked(NULL::task, 'price')$$,
    $$SELECT clearance.column_masked(t, NULL) FROM task t WHERE id = 1$$, $$SELECT clearance.column_masked(c, 'member') FROM (SELECT 1, 'max') AS c (task_id, member)$$,
    $$SELECT clearance.column_masked(c::crew, 'member') FROM (SELECT 1, 'max') AS c (task_id, member)$$,
    $$SELECT clearance.column_masked(c::crew, 'none') FROM (SELECT 1, 'max') AS c (task_id, member)$$]) q;

--
-- columns() tells beforehand which may be masked: for nobody all of them, for who
-- holds the actions everywhere none. Link tables have no masks.
--
SELECT rel || ' ' || who || ': ' || told(who, format($$SELECT string_agg(name || CASE WHEN may_be_masked THEN ' MASKED' ELSE '' END, ', ') FROM clearance.columns(%L)$$, rel))
FROM unnest('{task,part,remark,ledger}'::text[]) rel, unnest('{ada,vic,max,bi,gone,""}'::text[]) who;
SELECT rel || ': ' || told('max', format($$SELECT string_agg(name, ', ') FROM clearance.columns(%L)$$, rel)) FROM unnest('{crew,part_one,plain,pg_class,nothing}'::text[]) rel;
SELECT told('max', 'SELECT count(*) FROM clearance.columns(NULL)');

--
-- Errors say which column of which table it was, by the same fields whatever was refused.
--
SELECT told('max', q) FROM unnest(ARRAY['UPDATE task SET price = 1 WHERE id = 4', 'EXPLAIN SELECT price FROM task', 'UPDATE part_one SET price = 1 WHERE id = 4',
    'WITH u AS (UPDATE task SET price = 11 WHERE id = 1 RETURNING price) SELECT price FROM u']) q;
SELECT told('vic', 'EXPLAIN SELECT price FROM task'), told('vic', 'EXPLAIN (COSTS OFF) SELECT title FROM task') <> '';
-- link tables have no masks
SELECT told('ada', $$SELECT clearance.mask_column('crew', 'member', 'view_price')$$);
SAVEPOINT s;
SELECT clearance.mask_column('crew', 'member', 'view_price');
ROLLBACK TO s;
ROLLBACK;
