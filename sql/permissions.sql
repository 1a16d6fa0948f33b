-- What a page shows of rows: permissions(), all actions that the actor may do to a
-- row, and editable_columns(), the columns that it may change. Everything happens in
-- a transaction that leaves nothing.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_permissions;
CREATE ROLE regress_permissions_bi;
CREATE SCHEMA regress_permissions;
GRANT USAGE ON SCHEMA regress_permissions TO regress_permissions, regress_permissions_bi;
SET LOCAL search_path = regress_permissions;
SELECT clearance.trust_role('regress_permissions');
SELECT clearance.create_account('Regress permissions', key => 'regress-permissions') AS account \gset
SELECT clearance.create_partner('Perm', 'permissive', account => :account) AS perm,
       clearance.create_partner('Mod', 'moderate', account => :account) AS mod,
       clearance.create_partner('Rest', 'restricted', account => :account) AS rest \gset
-- ada does everything, col what collaborators do; a member of each kind of partner; gone has no standing
SELECT clearance.add_member('ada', roles => '{account_admin}', account => :account) > 0,
       clearance.add_member('col', roles => '{collaborator}', account => :account) > 0,
       clearance.add_member('pia', partner => :perm, account => :account) > 0,
       clearance.add_member('moe', partner => :mod, account => :account) > 0,
       clearance.add_member('ria', partner => :rest, account => :account) > 0,
       clearance.add_member('gone', partner => :perm, status => 'disabled', account => :account) > 0;
SELECT count(clearance.create_project(p, :account)) FROM unnest('{one,two}'::text[]) p;
SELECT clearance.add_partner_to_project('one', p) FROM unnest(ARRAY[:perm, :mod, :rest]) p;
SELECT clearance.add_member_to_project('one', m.id) FROM clearance.member m WHERE m.account_id = :account AND m.key IN ('col', 'pia', 'moe', 'ria');
SELECT clearance.map_role('regress_permissions_bi', partner => :perm);
-- actions of its own: to finish, to price, to unlock, and one that reads
SELECT clearance.create_action('task', a) FROM unnest('{regress_finish,regress_price,regress_unlock}'::text[]) a;
SELECT clearance.create_action('task', 'regress_read', reads => true);
SELECT clearance.allow('permissive', 'task', 'regress_read', 'shared'), clearance.allow('moderate', 'task', 'regress_finish'),
       clearance.allow('collaborator', 'task', 'regress_price'), clearance.allow('collaborator', 'task', 'regress_unlock', relation => 'own'),
       clearance.allow('collaborator', 'task', 'regress_read');
-- fin sees all tasks and finishes them, and edits none
SELECT clearance.create_level('regress_fin', 'vendor') > 0, clearance.create_role('regress_fin', access_level => 'regress_fin', account => :account) > 0,
       clearance.allow('regress_fin', 'project', 'view', reach => 'account'), clearance.allow('regress_fin', 'task', 'view', reach => 'account'),
       clearance.allow('regress_fin', 'task', 'regress_finish', reach => 'account'),
       clearance.add_member('fin', roles => '{regress_fin}', account => :account) > 0;

CREATE TYPE state AS ENUM ('draft', 'open', 'approved');
CREATE TABLE task (id integer PRIMARY KEY, gone integer, project text, is_private boolean, created_by text, assignee text, followers text[],
    state state, stage text, amount integer, price integer, title text, twice integer GENERATED ALWAYS AS (amount * 2) STORED,
    seq integer GENERATED ALWAYS AS IDENTITY);
ALTER TABLE task DROP COLUMN gone;
CREATE TABLE crew (task_id integer, member text);
CREATE TABLE file (key uuid PRIMARY KEY, task_id integer, name text);
CREATE TABLE part (id integer, project text, is_private boolean, title text) PARTITION BY LIST (project);
CREATE TABLE part_two (title text, is_private boolean, id integer, project text);
CREATE TABLE part_one PARTITION OF part FOR VALUES IN ('one');
ALTER TABLE part ATTACH PARTITION part_two FOR VALUES IN ('two');
CREATE TABLE plain (id integer, title text);
INSERT INTO task (id, project, is_private, created_by, assignee, followers, state, stage, amount, price, title)
SELECT i, CASE WHEN i = 10 THEN NULL WHEN i > 7 THEN 'two' ELSE 'one' END, i % 2 = 0, (ARRAY['col', 'pia', 'moe', NULL])[1 + i % 4],
    (ARRAY['ria', NULL, 'moe'])[1 + i % 3], CASE i WHEN 3 THEN '{pia,moe}'::text[] END, (ARRAY['open', 'approved', 'draft', NULL]::state[])[1 + i % 4],
    CASE i % 3 WHEN 1 THEN 'done' WHEN 2 THEN 'doing' END, i, CASE WHEN i > 1 THEN 100 * i END, 'task ' || i
FROM generate_series(1, 10) i;
INSERT INTO crew SELECT id, m FROM task, unnest('{ria,moe}'::text[]) m WHERE id IN (2, 5, 8);
INSERT INTO file SELECT ('00000000-0000-0000-0000-0000000000' || to_char(id, 'FM00'))::uuid, id, 'of ' || title FROM task;
INSERT INTO part (id, project, is_private, title) SELECT id, project, is_private, title FROM task WHERE project IS NOT NULL;
INSERT INTO plain VALUES (1, 'plain');
SELECT clearance.protect('task', 'task', 'project', 'is_private', '{false}', owner => 'created_by') > 0,
       clearance.relate('task', 'assigned', 'assignee'), clearance.relate('task', 'followed', 'followers'),
       clearance.relate('task', 'assigned', 'member', link => 'crew', link_column => 'task_id'),
       clearance.protect('part', 'task', 'project', 'is_private', '{false}') > 0,
       clearance.protect('file', 'document') > 0, clearance.add_parent('file', 'task_id', 'task');
SELECT clearance.guard_column('task', 'amount', 'regress_price'), clearance.guard_column('task', 'stage', 'regress_finish', new_value => 'done'),
       clearance.guard_row('task', 'state', '{approved}', 'regress_unlock'), clearance.mask_column('task', 'price', 'regress_read');
GRANT ALL ON ALL TABLES IN SCHEMA regress_permissions TO regress_permissions, regress_permissions_bi;

--
-- The actions of the table's feature, built in or added, that can_row() says yes
-- to: of every row, be it seen or not, by whomever. Differences are listed.
--
CREATE TABLE compared (who text, tab text, key text, permitted integer);
CREATE FUNCTION compare(who text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    tab text;
    line record;
BEGIN
    PERFORM clearance.set_actor(who) WHERE who <> '';
    PERFORM clearance.reset_actor() WHERE who = '';
    FOREACH tab IN ARRAY '{task,file,part,part_two,crew}'::text[] LOOP
        FOR line IN EXECUTE format($q$
            SELECT coalesce(to_jsonb(t) ->> 'id', to_jsonb(t) ->> 'key', to_jsonb(t) ->> 'task_id') AS key, clearance.permissions(t) AS got,
                   ARRAY(SELECT a.name FROM clearance.action a WHERE a.feature = %L AND clearance.can_row(a.name, t) ORDER BY a.name COLLATE "C") AS wanted
            FROM %I t$q$, CASE tab WHEN 'file' THEN 'document' ELSE 'task' END, tab)
        LOOP
            INSERT INTO compared VALUES (who, tab, line.key, cardinality(line.got));
            IF line.got IS DISTINCT FROM line.wanted THEN
                RETURN NEXT format('%s %s %s: %s, not %s', who, tab, line.key, line.got, line.wanted);
            END IF;
        END LOOP;
    END LOOP;
    PERFORM clearance.reset_actor();
END
$$;
SELECT compare(who) FROM unnest('{ada,col,fin,pia,moe,ria,gone,""}'::text[]) who;
SELECT tab, count(*), string_agg(DISTINCT who, ' ' ORDER BY who) FILTER (WHERE permitted > 0) FROM compared GROUP BY tab ORDER BY tab;
-- as members ask
CREATE FUNCTION told(who text, sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    got text;
BEGIN
    IF who = 'bi' THEN
        PERFORM set_config('session_authorization', 'regress_permissions_bi', true);
    ELSE
        PERFORM set_config('role', 'regress_permissions', true);
        PERFORM clearance.set_actor(who) WHERE who <> '';
    END IF;
    EXECUTE sql INTO got;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = coalesce(got, 'NULL');
EXCEPTION
    WHEN SQLSTATE 'ZZ000' THEN RETURN SQLERRM;
    WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
SELECT who || ': ' || told(who, $$SELECT string_agg(format('%s %s', id, clearance.permissions(t)), E'\n     ' ORDER BY id) FROM task t WHERE id IN (1, 2, 3)$$)
FROM unnest('{ada,col,fin,pia,moe,ria,bi,gone,""}'::text[]) who;

--
-- The columns that an UPDATE may change: what is tried says the same. Each column is
-- tried with several values; what a value asks for beyond the row as it is comes then,
-- so which row it is, where it belongs and who sees it are left out here. What fin may
-- write, which is one value of stage, row 4 holds already.
--
CREATE TABLE value (col text, val text);
INSERT INTO value SELECT col, v FROM (VALUES ('created_by', '{ada,moe}'::text[]), ('assignee', '{ada,moe}'),
    ('followers', '{"{ME}","{pia,moe,ME}","{moe}"}'), ('state', '{draft,open}'), ('stage', '{done,new}'), ('amount', '{78}'), ('price', '{79}'), ('title', '{x}'),
    ('twice', '{80}'), ('seq', '{81}')) c (col, vals), unnest(vals) v;
CREATE FUNCTION changes(task integer, col text, val text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    n integer;
BEGIN
    EXECUTE format('UPDATE task SET %1$I = %2$L WHERE id = %3$s AND %1$I IS DISTINCT FROM %2$L', col, val, task);
    GET DIAGNOSTICS n = ROW_COUNT;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = n;
EXCEPTION
    WHEN SQLSTATE 'ZZ000' THEN RETURN SQLERRM = '1';
    WHEN insufficient_privilege OR generated_always THEN RETURN false;
END
$$;
CREATE FUNCTION try(who text) RETURNS TABLE (id integer, col text, changes boolean) LANGUAGE plpgsql AS $$
DECLARE
    values text[] := (SELECT array_agg(ARRAY[v.col, replace(v.val, 'ME', '"' || who || '"')]) FROM value v);
BEGIN
    PERFORM set_config('role', 'regress_permissions', true);
    PERFORM clearance.set_actor(who) WHERE who <> '';
    RETURN QUERY SELECT t, values[i][1], bool_or(changes(t, values[i][1], values[i][2]))
        FROM unnest('{1,2,3,4,8}'::integer[]) t, generate_subscripts(values, 1) i GROUP BY 1, 2;
    PERFORM set_config('role', 'none', true);
    PERFORM clearance.reset_actor();
END
$$;
CREATE FUNCTION editable(who text, task integer) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    got text[];
BEGIN
    PERFORM clearance.set_actor(who) WHERE who <> '';
    PERFORM clearance.reset_actor() WHERE who = '';
    SELECT clearance.editable_columns(t) INTO got FROM task t WHERE id = task;
    PERFORM clearance.reset_actor();
    RETURN got;
END
$$;
CREATE TABLE tried (who text, id integer, col text, changes boolean);
INSERT INTO tried SELECT who, t.* FROM unnest('{ada,col,fin,pia,moe,ria,gone,""}'::text[]) who, try(who) t;
WITH listed AS (SELECT who, id, editable(who, id) AS columns FROM unnest('{ada,col,fin,pia,moe,ria,gone,""}'::text[]) who, unnest('{1,2,3,4,8}'::integer[]) id)
SELECT format('%s %s %s: UPDATE %s, listed %s', who, id, col, changes, col = ANY (columns)) FROM tried JOIN listed USING (who, id)
WHERE changes <> (col = ANY (columns)) ORDER BY who, id, col;
SELECT who, count(*), count(*) FILTER (WHERE changes) AS permitted, string_agg(DISTINCT col, ' ' ORDER BY col) FILTER (WHERE changes) FROM tried GROUP BY who ORDER BY who;
-- a column that is dropped, generated or an identity is none; which row it is, where it belongs and who sees it are listed by what may be done to the row as it is
SELECT who || ': ' || told(who, $$SELECT string_agg(format('%s %s', id, clearance.editable_columns(t)), E'\n     ' ORDER BY id) FROM task t WHERE id IN (1, 2, 3)$$)
FROM unnest('{ada,col,fin,pia,moe,ria,bi,gone,""}'::text[]) who;
SELECT told('pia', $$SELECT clearance.editable_columns(f) FROM file f WHERE task_id = 1$$), told('pia', $$SELECT clearance.permissions(f) FROM file f WHERE task_id = 1$$);
-- followers may be changed by whoever sees the row, for itself
SELECT told('moe', $$SELECT clearance.editable_columns(t) FROM task t WHERE id = 7$$);

--
-- Rows like can_row() takes them: of partitions, of views and sub-selects that name the
-- table; of changing types in one place.
--
CREATE FUNCTION either(i integer) RETURNS record LANGUAGE plpgsql AS $$
DECLARE
    a task := (SELECT t FROM task t WHERE id = 3);
    b part_one := (SELECT p FROM part_one p WHERE id = 2);
BEGIN
    IF i = 1 THEN
        RETURN a;
    END IF;
    RETURN b;
END
$$;
SELECT told('pia', $$SELECT string_agg(clearance.permissions(p)::text || clearance.editable_columns(p)::text, ' ' ORDER BY id) FROM part p WHERE id < 3$$),
       told('ada', $$SELECT clearance.editable_columns(p) FROM part_two p WHERE id = 8$$),
       told('pia', $$SELECT clearance.permissions(w, 'task') = clearance.permissions(t) FROM task t JOIN (SELECT *, 1 AS more FROM task) w USING (id) WHERE t.id = 1$$),
       told('pia', $$SELECT clearance.editable_columns(w, 'task') = clearance.editable_columns(t) FROM task t JOIN (SELECT *, 1 AS more FROM task) w USING (id) WHERE t.id = 1$$),
       told('col', $$SELECT string_agg(clearance.permissions(either(id - 1))::text, ' ' ORDER BY id) FROM task WHERE id IN (2, 3)$$);
-- a row that was made up, in a project or none that is hidden; no row
SELECT told('pia', $$SELECT clearance.permissions(row(11, p, false, 'pia', NULL, NULL, NULL, NULL, 1, 1, 'x', 2, 1)::task)::text
    || clearance.editable_columns(row(11, p, false, 'pia', NULL, NULL, NULL, NULL, 1, 1, 'x', 2, 1)::task)::text FROM (SELECT 'two' UNION ALL SELECT 'nowhere') v (p) OFFSET $$ || o)
FROM generate_series(0, 1) o;
SELECT told('ada', $$SELECT format('%s %s', clearance.permissions(NULL::task), clearance.editable_columns(NULL))$$),
       told('ada', $$SELECT clearance.permissions(t) FROM plain p LEFT JOIN task t ON t.id = 0$$);
-- errors as can_row() has them
SELECT told('ada', q) FROM unnest(ARRAY[$$SELECT clearance.permissions(p) FROM plain p$$, $$SELECT clearance.editable_columns(p, 'plain') FROM plain p$$,
    $$SELECT clearance.permissions(p, 'task') FROM plain p$$, $$SELECT clearance.editable_columns(row(1, 2))$$]) q;
-- a change of permissions within the transaction is seen by the next statement
SELECT told('moe', $$SELECT clearance.permissions(t) FROM task t WHERE id = 1$$);
SELECT clearance.allow('moderate', 'task', 'regress_price');
SELECT told('moe', $$SELECT clearance.permissions(t) FROM task t WHERE id = 1$$);
-- a cached plan answers each actor anew, also from a function that outlives the statement
CREATE FUNCTION kept(who text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r task := (SELECT t FROM task t WHERE id = 3);
BEGIN
    PERFORM clearance.set_actor(who);
    RETURN clearance.permissions(r)::text || clearance.editable_columns(r)::text;
END
$$;
SELECT kept('ria');
SELECT kept('moe');
SELECT kept('ada') = kept('ada');

--
-- Columns that the guard of a state names, and all others, row by row: approved papers have
-- their amount closed, closed ones everything.
--
CREATE TABLE paper (id integer PRIMARY KEY, project text, is_private boolean, state text, amount integer, note text, title text);
INSERT INTO paper SELECT i, 'one', false, state, i, 'note', 'title' FROM (VALUES (1, 'closed'), (2, 'open'), (3, 'approved'), (4, 'closed'), (5, NULL)) v (i, state);
SELECT clearance.protect('paper', 'task', 'project', 'is_private', '{false}') > 0;
SELECT clearance.guard_row('paper', 'state', '{approved}', 'regress_unlock', columns => '{amount}'), clearance.guard_row('paper', 'state', '{closed}', 'regress_unlock');
GRANT ALL ON paper TO regress_permissions;
SELECT who || ': ' || told(who, $$SELECT string_agg(format('%s %s', id, clearance.editable_columns(p)), E'\n     ' ORDER BY id) FROM paper p$$)
FROM unnest('{ada,pia,ria}'::text[]) who;
SELECT told('pia', format('WITH u AS (UPDATE paper SET %s WHERE id = %s RETURNING 1) SELECT count(*) FROM u', change, id))
FROM unnest('{1,2,3,4,5}'::integer[]) id, unnest('{amount = 0,note = NULL,title = NULL}'::text[]) change ORDER BY id, change;
ROLLBACK;
