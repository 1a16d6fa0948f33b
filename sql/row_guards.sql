-- Rows whose state asks for more: while a column holds one of certain values,
-- changing the row, or some of its columns, and deleting it need one more action.
-- Everything happens in a transaction that leaves nothing.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_row_guards;
SELECT clearance.trust_role('regress_row_guards');
CREATE ROLE regress_row_guards_owner;
CREATE SCHEMA regress_row_guards;
GRANT USAGE ON SCHEMA regress_row_guards TO regress_row_guards, regress_row_guards_owner;
SET LOCAL search_path = regress_row_guards;
SELECT clearance.create_account('Regress row guards', key => 'regress-row-guards') AS account \gset
-- ed edits; moe may change approved rows too, des delete them, both of it ann; pia changes them in the project that it owns
SELECT clearance.create_feature('entry', '{view,create,edit,delete,approve,modify_approved,delete_approved,details,status}');
SELECT clearance.create_level(l, 'vendor') > 0, clearance.create_role(l, access_level => l, account => :account) > 0 FROM unnest('{ed,moe,des,ann,sam,dee,pia}'::text[]) l;
SELECT count(clearance.allow(l, 'entry', a, reach => 'account')) FROM unnest('{ed,moe,des,ann,sam,dee,pia}'::text[]) l, unnest('{view,create,edit,delete}'::text[]) a;
SELECT count(clearance.allow(l, 'project', 'view', reach => 'account')) FROM unnest('{ed,moe,des,ann,sam,dee,pia}'::text[]) l;
SELECT count(clearance.allow(l, 'entry', a, reach => 'account'))
FROM (VALUES ('moe', 'modify_approved'), ('des', 'delete_approved'), ('ann', 'modify_approved'), ('ann', 'delete_approved'), ('sam', 'status'), ('dee', 'details')) v (l, a);
SELECT clearance.add_member(m, roles => ARRAY[m], account => :account) > 0 FROM unnest('{ed,moe,des,ann,sam,dee,pia}'::text[]) m;
SELECT clearance.allow('pia', 'entry', 'modify_approved', reach => 'owned');
SELECT clearance.create_project(p, :account) > 0 FROM unnest('{r1,r2}'::text[]) p;
SELECT clearance.transfer_project('r1', m.id) FROM clearance.member m WHERE m.account_id = :account AND m.key = 'pia';

CREATE TYPE state AS ENUM ('open', 'approved', 'posted');
CREATE TABLE entry (id integer NOT NULL, project text NOT NULL DEFAULT 'r1', state state DEFAULT 'open', is_late boolean DEFAULT false, hours numeric,
    note text, PRIMARY KEY (id, project)) PARTITION BY LIST (project);
CREATE TABLE entry_1 PARTITION OF entry FOR VALUES IN ('r1');
CREATE TABLE entry_2 PARTITION OF entry FOR VALUES IN ('r2');
INSERT INTO entry (id, state, is_late, hours) VALUES (1, 'open', false, 1), (2, 'approved', false, 2), (3, 'posted', false, 3), (4, NULL, false, 4), (5, 'open', true, 5);
SELECT clearance.protect('entry', 'entry', project => 'project') > 0;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA regress_row_guards TO regress_row_guards, regress_row_guards_owner;

-- What a statement does as somebody, and leaves nothing behind: rows, or the code,
-- the column and why.
CREATE FUNCTION does(who text, sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
    code text;
    col text;
    why text;
BEGIN
    PERFORM set_config('role', 'regress_row_guards', true);
    PERFORM clearance.set_actor(who);
    EXECUTE sql;
    GET DIAGNOSTICS n = ROW_COUNT;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = n || ' row(s)';
EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
    RETURN SQLERRM;
WHEN insufficient_privilege THEN
    GET STACKED DIAGNOSTICS code = CONSTRAINT_NAME, col = COLUMN_NAME, why = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', nullif(code, ''), nullif(col, ''), '-', coalesce(nullif(why, ''), SQLERRM));
END
$$;
CREATE FUNCTION each(sql text, whom text[] DEFAULT '{ed,moe,des}') RETURNS SETOF text LANGUAGE sql AS $$
    SELECT who || ': ' || does(who, sql) FROM unnest(whom) who
$$;
-- what can_row() says of the rows, as those whose keys it says yes to
CREATE FUNCTION may(who text, action text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    keys text;
BEGIN
    PERFORM clearance.set_actor(who);
    SELECT string_agg(id::text, ' ' ORDER BY id) FILTER (WHERE clearance.can_row(action, e)) INTO keys FROM entry e;
    PERFORM clearance.reset_actor();
    RETURN keys;
END
$$;
SELECT who, may(who, 'edit'), may(who, 'delete') FROM unnest('{ed,moe,des}'::text[]) who;

--
-- What is declared, and what is refused; bad input changes nothing.
--
SELECT clearance.guard_row('entry', 'state', '{approved,posted}', 'modify_approved', 'delete_approved');
SELECT guards FROM clearance.protected_tables WHERE "table" = 'entry'::regclass;
SELECT clearance.guard_row('nowhere', 'state', '{approved}', 'modify_approved');
SELECT clearance.guard_row('entry', 'nothing', '{approved}', 'modify_approved');
SELECT clearance.guard_row('entry', 'hours', '{1}', 'modify_approved');
SELECT clearance.guard_row('entry', 'is_late', '{maybe}', 'modify_approved');
SELECT clearance.guard_row('entry', 'is_late', '{}', 'modify_approved');
SELECT clearance.guard_row('entry', 'is_late', NULL, 'modify_approved');
SELECT clearance.guard_row('entry', 'is_late', '{true}', 'nothing');
SELECT clearance.guard_row('entry', 'is_late', '{true}', 'modify_approved', 'nothing');
SELECT clearance.guard_row('entry', 'is_late', '{true}', NULL, 'delete_approved');
SELECT clearance.guard_row('entry', 'is_late', '{true}', 'modify_approved', feature => 'nothing');
SELECT clearance.guard_row('entry', 'is_late', '{true}', 'modify_approved', columns => ARRAY['hours', 'nothing']);
SELECT clearance.guard_row('entry', 'is_late', '{true}', 'modify_approved', columns => '{}');
-- two about the same columns in the same state
SELECT clearance.guard_row('entry', 'state', '{open,posted}', 'modify_approved');
SELECT guards FROM clearance.protected_tables WHERE "table" = 'entry'::regclass;

--
-- UPDATE is held by the state as it was; what changes nothing is not held.
--
SELECT each('UPDATE entry SET hours = 9 WHERE id = 1');
SELECT each('UPDATE entry SET hours = 9 WHERE id = 2');
SELECT each('UPDATE entry SET hours = 2.00, state = state WHERE id = 2');
SELECT each('UPDATE entry SET hours = 9 WHERE id = 4');
-- nor is it opened first
SELECT each('UPDATE entry SET state = ''open'' WHERE id = 3');
SELECT each('UPDATE entry SET state = NULL WHERE id = 3');
-- One more action, not instead of edit, nor of a guard.
SELECT clearance.guard_column('entry', 'note', 'approve');
SELECT each('UPDATE entry SET note = ''n'' WHERE id = 2');
SELECT clearance.unguard_column('entry', 'note');
SELECT clearance.deny('moe', 'entry', 'edit');
SELECT each('UPDATE entry SET hours = 9 WHERE id = 2');
SELECT clearance.allow('moe', 'entry', 'edit', reach => 'account');

--
-- Nor is a row brought into the state, by UPDATE or INSERT, unless a guard of the
-- state column says who may.
--
SELECT each('UPDATE entry SET state = ''approved'' WHERE id = 1');
SELECT each('INSERT INTO entry (id, state) VALUES (9, ''posted'')');
SELECT each('INSERT INTO entry (id) VALUES (9)');
SELECT clearance.guard_column('entry', 'state', 'approve', new_value => 'approved'), clearance.allow('ed', 'entry', 'approve', reach => 'account');
SELECT each('UPDATE entry SET state = ''approved'', hours = 9 WHERE id = 1');
SELECT each('INSERT INTO entry (id, state) VALUES (9, ''approved'')');
SELECT each('UPDATE entry SET state = ''posted'' WHERE id = 1');
SELECT each('UPDATE entry SET state = ''approved'' WHERE id = 3');

--
-- DELETE: who may not is passed over, as with any row; the plan knows.
--
SELECT each('DELETE FROM entry', '{ed,moe,des,ann}');
SELECT each('DELETE FROM entry WHERE id = 2 AND project = ''r1''', '{ed,moe,des,ann}');
SELECT each('DELETE FROM entry_1 WHERE id = 2', '{ed,des}');
SELECT each('WITH d AS (DELETE FROM entry WHERE id IN (1, 2) RETURNING id) SELECT id FROM d', '{ed,des}');
SELECT each('MERGE INTO entry e USING (VALUES (2)) v (id) ON e.id = v.id WHEN MATCHED THEN DELETE', '{ed,des}');
SET LOCAL clearance.simplify = off;
SELECT each('DELETE FROM entry', '{ed,moe,des,ann}');
RESET clearance.simplify;
-- can_row() says the same
SELECT who, may(who, 'edit'), may(who, 'delete') FROM unnest('{ed,moe,des,ann}'::text[]) who;
SELECT clearance.set_actor('ed') > 0;
SELECT e.id, v.code, v.step, v."column", v.reason FROM entry e CROSS JOIN LATERAL clearance_internal.verdict('delete', e) v WHERE e.id < 3 ORDER BY 1;
SELECT clearance.reset_actor();

--
-- The other roads to a change.
--
SELECT each('INSERT INTO entry (id) VALUES (2) ON CONFLICT (id, project) DO UPDATE SET hours = 9');
SELECT each('INSERT INTO entry (id) VALUES (1) ON CONFLICT (id, project) DO UPDATE SET state = ''posted''');
SELECT each('MERGE INTO entry e USING (VALUES (2)) v (id) ON e.id = v.id WHEN MATCHED THEN UPDATE SET hours = 9');
SELECT each('MERGE INTO entry e USING (VALUES (9)) v (id) ON e.id = v.id WHEN NOT MATCHED THEN INSERT (id, state) VALUES (9, ''posted'')');
CREATE VIEW entries AS SELECT * FROM entry;
GRANT SELECT, INSERT, UPDATE, DELETE ON entries TO regress_row_guards;
ALTER VIEW entries OWNER TO regress_row_guards_owner;
SELECT each('UPDATE entries SET hours = 9 WHERE id = 2');
SELECT each('DELETE FROM entries WHERE id = 2');
SELECT each('INSERT INTO entries (id, state) VALUES (9, ''posted'')');
DROP VIEW entries;
-- the row as it becomes is judged too: a row is not moved to where one could not change it
SELECT each('UPDATE entry SET hours = 9 WHERE id = 2', '{pia}'), each('UPDATE entry SET project = ''r2'' WHERE id = 2', '{pia}');
-- a move to another partition is a change
SELECT each('UPDATE entry SET project = ''r2'' WHERE id = 2');
-- what an application's trigger makes of a new row is judged, as the final row always is
CREATE FUNCTION post() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.state := 'posted'; RETURN NEW; END $$;
CREATE TRIGGER post BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION post();
SELECT each('INSERT INTO entry (id) VALUES (9)');
DROP TRIGGER post ON entry;

--
-- Several guards of one state column split the columns: one that names none is
-- about those that no other names. Deleting needs the action of each.
--
SELECT clearance.guard_row('entry', 'is_late', '{true}', 'details', 'details');
SELECT clearance.guard_row('entry', 'is_late', '{true}', 'status', 'details', columns => ARRAY['state', 'note']);
SELECT guards FROM clearance.protected_tables WHERE "table" = 'entry'::regclass;
SELECT clearance.unguard_column('entry', 'state', 'approved');
SELECT each('UPDATE entry SET hours = 9 WHERE id = 5', '{ed,sam,dee}');
SELECT each('UPDATE entry SET note = ''n'' WHERE id = 5', '{ed,sam,dee}');
SELECT each('UPDATE entry SET note = ''n'', hours = 9 WHERE id = 5', '{ed,sam,dee}');
SELECT each('UPDATE entry SET is_late = false WHERE id = 5', '{ed,sam,dee}');
SELECT each('UPDATE entry SET is_late = true WHERE id = 1', '{ed,sam,dee}');
SELECT each('DELETE FROM entry WHERE id = 5', '{ed,sam,dee}');
-- The state column is always somebody's: where every guard names others, all of them hold it.
SELECT clearance.unguard_row('entry', 'is_late');
SELECT clearance.guard_row('entry', 'is_late', '{true}', 'status', columns => ARRAY['note']);
SELECT each('UPDATE entry SET is_late = false WHERE id = 5', '{ed,sam,dee}');
SELECT each('UPDATE entry SET hours = 9 WHERE id = 5', '{ed}');
-- without a delete action deleting needs that of a change
SELECT each('DELETE FROM entry WHERE id = 5', '{ed,sam,dee}');
SELECT clearance.unguard_row('entry', 'is_late');
SELECT clearance.unguard_row('entry', 'is_late');

--
-- NULL is a state if it is named, and only then.
--
SELECT clearance.unguard_row('entry', 'state');
SELECT clearance.guard_row('entry', 'state', ARRAY['posted', NULL], 'modify_approved', 'delete_approved');
SELECT guards FROM clearance.protected_tables WHERE "table" = 'entry'::regclass;
SELECT clearance.guard_row('entry', 'state', ARRAY[NULL, 'open'], 'modify_approved');
SELECT each('UPDATE entry SET hours = 9 WHERE id = 4');
SELECT each('INSERT INTO entry (id, state) VALUES (9, NULL)');
SELECT who, may(who, 'edit'), may(who, 'delete') FROM unnest('{ed,moe,des}'::text[]) who;

--
-- Declarations follow what is renamed. The state is not masked, the table not
-- opened by dropping the column.
--
ALTER TABLE entry RENAME state TO "St ate";
ALTER TYPE state RENAME VALUE 'posted' TO 'booked';
ALTER TABLE entry RENAME TO entries_renamed;
SELECT guards FROM clearance.protected_tables WHERE "table" = 'entries_renamed'::regclass;
SELECT each('UPDATE entries_renamed SET hours = 9 WHERE id = 3');
ALTER TABLE entries_renamed RENAME TO entry;
SELECT clearance.mask_column('entry', 'St ate', 'view');
SELECT clearance.mask_column('entry', 'hours', 'view'), clearance.guard_row('entry', 'is_late', '{true}', 'status', columns => ARRAY['hours']);
ALTER TABLE entry RENAME hours TO "Ho urs";
SELECT guards FROM clearance.protected_tables WHERE "table" = 'entry'::regclass;
\set VERBOSITY terse
ALTER TABLE entry DROP COLUMN "St ate";
\set VERBOSITY default
-- a label that was renamed behind the extension's back: every row counts as in that state
ALTER EVENT TRIGGER clearance_follow_rename DISABLE;
ALTER TYPE state RENAME VALUE 'booked' TO 'lost';
ALTER EVENT TRIGGER clearance_follow_rename ENABLE ALWAYS;
SELECT clearance.repair('entry');
SELECT each('UPDATE entry SET note = ''n'' WHERE id = 1');
SELECT each('DELETE FROM entry WHERE id = 1');

--
-- unguard_row() and unprotect() leave nothing.
--
SELECT clearance.unguard_row('entry', 'nothing');
SELECT clearance.unguard_row('entry', 'St ate');
SELECT each('UPDATE entry SET note = ''n''', '{ed}'), each('DELETE FROM entry', '{ed}');
SELECT clearance.guard_row('entry', 'is_late', '{true}', 'status');
SELECT clearance.unprotect('entry');
SELECT count(*) FROM clearance.binding_row_guard g LEFT JOIN clearance.binding b ON b.id = g.binding_id WHERE b.relation IS NULL OR b.relation = 'entry'::regclass;

--
-- A link table goes by what it links.
--
CREATE TABLE crew (entry_id integer, member text, state text);
CREATE TABLE job (id integer PRIMARY KEY, project text);
SELECT clearance.protect('job', 'entry', 'project') > 0, clearance.relate('job', 'assigned', 'member', link => 'crew', link_column => 'entry_id');
SELECT clearance.guard_row('crew', 'state', '{open}', 'status');
ROLLBACK;
