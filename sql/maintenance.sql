-- maintenance(): the owner of protected tables sees and changes all of their rows until the
-- transaction ends, in statements of its own and while nobody acts. Nobody else does, it is
-- granted to nobody, and the audit log has it.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE ROLE regress_maint_owner;
CREATE ROLE regress_maint_other;
CREATE ROLE regress_maint_login;
CREATE ROLE regress_maint_deputy IN ROLE regress_maint_owner;
CREATE SCHEMA regress_maint;
GRANT ALL ON SCHEMA regress_maint TO PUBLIC;
SELECT clearance.create_account('Regress maintenance', key => 'regress-maint') AS account \gset
SELECT clearance.create_partner('Rest', 'restricted', account => :account) AS rest \gset
SELECT clearance.add_member('mt-rex', partner => :rest, partner_admin => true, account => :account) AS rex \gset
SELECT clearance.add_member('mt-ada', roles => '{account_admin}', account => :account) AS ada \gset
SELECT clearance.create_project(p, :account) > 0 FROM unnest('{mt-1,mt-2}'::text[]) AS p;
SELECT clearance.add_partner_to_project('mt-1', :rest);
SELECT clearance.create_feature('maint', '{view,create,edit,delete,price,modify_locked}');
SELECT count(clearance.allow('restricted', 'maint', 'view', 'shared'));
SELECT clearance.trust_role('regress_maint_owner');
SELECT clearance.map_role('regress_maint_login', member => :rex);

SET ROLE regress_maint_owner;
SET search_path = regress_maint, public;
CREATE TABLE entry (id integer PRIMARY KEY, project text, is_private boolean, owner text, state text, title text, price numeric);
INSERT INTO entry SELECT i, 'mt-' || 1 + i % 2, i > 4, 'mt-ada', CASE WHEN i = 1 THEN 'locked' END, 'entry ' || i, i FROM generate_series(1, 6) AS i;
INSERT INTO entry VALUES (7, 'unknown', false, 'mt-ada'), (8, NULL, false, 'mt-ada');
CREATE TABLE remark (id integer PRIMARY KEY, project text, entry integer REFERENCES entry, body text);
INSERT INTO remark VALUES (1, 'mt-1', 2, 'a'), (2, 'mt-2', 3, 'b');
CREATE TABLE part (id integer, project text) PARTITION BY LIST (project);
CREATE TABLE part_1 PARTITION OF part FOR VALUES IN ('mt-1');
CREATE TABLE part_2 PARTITION OF part FOR VALUES IN ('mt-2');
INSERT INTO part SELECT i, 'mt-' || 1 + i % 2 FROM generate_series(1, 4) AS i;
GRANT ALL ON entry, remark, part TO regress_maint_other, regress_maint_login;
RESET ROLE;
CREATE TABLE elsewhere (id integer, project text);
INSERT INTO elsewhere VALUES (1, 'mt-1'), (2, 'mt-2');
GRANT ALL ON elsewhere TO regress_maint_owner;
SELECT clearance.protect('entry', 'maint', 'project', 'is_private', '{false}', owner => 'owner') > 0, clearance.protect('remark', 'maint', 'project') > 0,
       clearance.protect('part', 'maint', 'project') > 0, clearance.protect('elsewhere', 'maint', 'project') > 0;
SELECT clearance.add_parent('remark', 'entry', 'entry');
SELECT clearance.guard_row('entry', 'state', '{locked}', 'modify_locked'), clearance.mask_column('entry', 'price', 'price');
ANALYZE entry, remark, part, elsewhere;

--
-- It is granted to nobody: neither to owners nor to trusted roles.
--
SET ROLE regress_maint_owner;
SELECT clearance.maintenance('backfill');
SELECT count(*) FROM entry;
RESET ROLE;
GRANT EXECUTE ON FUNCTION clearance.maintenance TO regress_maint_owner, regress_maint_other, regress_maint_login;

--
-- The owner sees and changes every row, those without a project too, guarded and masked
-- ones, until the transaction ends. Plans of before and after are of their own time.
--
SET ROLE regress_maint_owner;
SET plan_cache_mode = force_generic_plan;
PREPARE counted AS SELECT count(*), count(price) FROM entry;
PREPARE found(integer) AS SELECT title FROM entry WHERE id = $1;
PREPARE changed AS UPDATE entry SET title = upper(title) WHERE project = 'mt-1' RETURNING id;
CREATE FUNCTION in_plpgsql() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM regress_maint.entry); END $$;
EXECUTE counted;
EXECUTE found(2);
EXECUTE changed;
SELECT in_plpgsql();
BEGIN;
SELECT clearance.maintenance('backfill');
EXECUTE counted;
EXECUTE found(2);
SELECT in_plpgsql();
UPDATE entry SET title = title || '!', price = price + 1 WHERE price > 0;
UPDATE entry SET state = 'open', owner = NULL WHERE id = 1 RETURNING id, state, owner;
EXECUTE changed;
INSERT INTO entry VALUES (9, 'mt-2', true, NULL) ON CONFLICT (id) DO UPDATE SET title = 'x';
INSERT INTO entry VALUES (9, 'mt-2', true, NULL) ON CONFLICT (id) DO UPDATE SET title = 'upserted' RETURNING title;
MERGE INTO entry e USING (VALUES (9), (8)) v (id) ON e.id = v.id WHEN MATCHED THEN DELETE;
SELECT count(*), sum(price) FROM entry;
SELECT count(*) FROM remark;
SELECT count(*) FROM part;
UPDATE part SET project = 'mt-2' WHERE id = 1 RETURNING tableoid::regclass;
SELECT id FROM entry e WHERE EXISTS (SELECT FROM remark r WHERE r.entry = e.id) ORDER BY id;
COPY (SELECT id FROM entry WHERE id < 3 ORDER BY id) TO STDOUT;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SELECT count(*) FROM entry;
-- a table that it does not own
SELECT count(*) FROM elsewhere;
SELECT e.id FROM entry e JOIN elsewhere o ON o.id = e.id;
-- what holds for everybody: a row and its parents are in one project, and protection stays
SAVEPOINT apart;
UPDATE remark SET project = 'mt-2' WHERE id = 1;
ROLLBACK TO apart;
DROP POLICY clearance_select ON entry;
ROLLBACK TO apart;
-- the rule itself answers as ever
SELECT clearance.can_row('view', e) FROM entry e WHERE id = 1;
COMMIT;
EXECUTE counted;
EXECUTE found(2);
EXECUTE changed;
SELECT in_plpgsql();
SELECT count(*) FROM part;

--
-- It ends with what began it: savepoint, rollback, NULL; and outside of a transaction with the statement.
--
BEGIN;
SAVEPOINT before;
SELECT clearance.maintenance('tried');
SELECT count(*) FROM entry;
ROLLBACK TO before;
SELECT count(*) FROM entry;
SELECT clearance.maintenance('tried again');
SELECT clearance.maintenance(NULL);
SELECT count(*) FROM entry;
ROLLBACK;
BEGIN;
SELECT clearance.maintenance('rolled back');
ROLLBACK;
SELECT count(*) FROM entry;
SELECT clearance.maintenance('one statement');
SELECT count(*) FROM entry;
DO $$ BEGIN PERFORM clearance.maintenance('one block'); RAISE WARNING '% rows', (SELECT count(*) FROM regress_maint.entry); END $$;
-- a function that was planned before it began
BEGIN;
CREATE FUNCTION begins() RETURNS bigint LANGUAGE sql AS $$ SELECT clearance.maintenance('in a function'); SELECT count(*) FROM regress_maint.entry; $$;
SELECT begins();
ROLLBACK;
-- a reason is needed
SELECT clearance.maintenance('');
SELECT clearance.maintenance(E' \n');
SELECT clearance.maintenance(repeat('x', 1001));
SELECT count(*) FROM entry;

--
-- While somebody acts, that one is judged.
--
BEGIN;
SELECT clearance.maintenance('before acting');
SELECT clearance.set_actor('mt-rex') = :rex;
SELECT id FROM entry ORDER BY id;
UPDATE entry SET title = 'x';
SELECT clearance.reset_actor();
SELECT count(*) FROM entry;
COMMIT;
BEGIN;
SELECT clearance.set_actor('mt-rex') = :rex;
SELECT clearance.maintenance('while acting');
ROLLBACK;
-- nor does it end while a query runs
BEGIN;
SELECT clearance.maintenance('before');
SELECT count(id) FROM (SELECT id, clearance.maintenance(NULL) FROM entry) q;
ROLLBACK;

--
-- It is the role's own statements that maintain: not those of another role, or of
-- a function that runs as another one; nor does it begin in such a function.
--
CREATE FUNCTION as_owner() RETURNS void LANGUAGE sql SECURITY DEFINER AS $$ SELECT clearance.maintenance('as its owner') $$;
RESET ROLE;
SET ROLE regress_maint_other;
CREATE FUNCTION as_other() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS $$ SELECT count(*) FROM regress_maint.entry $$;
CREATE VIEW other_view AS SELECT id FROM entry;
GRANT SELECT ON other_view TO regress_maint_owner;
SELECT as_owner();
SELECT clearance.maintenance('of nothing');
RESET ROLE;
SET ROLE regress_maint_owner;
SELECT as_owner();
BEGIN;
SELECT clearance.maintenance('and others');
SELECT as_other();
SELECT count(*) FROM other_view;
SET LOCAL ROLE regress_maint_other;
SELECT count(*) FROM entry;
SELECT as_other();
RESET ROLE;
SET LOCAL ROLE regress_maint_owner;
SELECT count(*) FROM entry;
ROLLBACK;
-- a cursor keeps what it began with
RESET ROLE;
SET ROLE regress_maint_owner;
BEGIN;
DECLARE before CURSOR FOR SELECT count(*) FROM entry;
SELECT clearance.maintenance('cursors');
DECLARE within CURSOR FOR SELECT count(*) FROM entry;
SELECT clearance.maintenance(NULL);
FETCH before;
FETCH within;
ROLLBACK;
RESET ROLE;
-- whoever has the owner's privileges may, as with any table of its
SET ROLE regress_maint_deputy;
BEGIN;
SELECT clearance.maintenance('for the owner');
SELECT count(*) FROM entry;
ROLLBACK;
RESET ROLE;

--
-- Mapped logins never: neither as themselves nor by SET ROLE.
--
GRANT regress_maint_owner TO regress_maint_login;
SET SESSION AUTHORIZATION regress_maint_login;
SELECT clearance.maintenance('by a mapped login');
SET ROLE regress_maint_owner;
SELECT clearance.maintenance('by a mapped login');
SELECT count(*) FROM entry;
RESET SESSION AUTHORIZATION;

--
-- No other road leads there, for superusers neither.
--
SET clearance.maintainer = '10';
ALTER ROLE regress_maint_owner SET clearance.maintainer = '10';
SELECT set_config('clearance.maintainer', '10', true);
CREATE FUNCTION sets() RETURNS void LANGUAGE sql SET clearance.maintainer = '10' AS '';
SET clearance.maintainer = '';
SET ROLE regress_maint_owner;
SET clearance.maintainer = '10';
RESET ROLE;
-- superusers may say it as well, which opens nothing that was closed to them
BEGIN;
SELECT clearance.maintenance('as a superuser');
SELECT count(*) FROM entry;
ROLLBACK;

--
-- The log has what was committed.
--
SELECT login = session_user, role, actor IS NULL, table_name, after FROM clearance.audit WHERE operation = 'MAINTENANCE' AND after ->> 'role' LIKE 'regress_maint%' ORDER BY at, seq;
DEALLOCATE ALL;
RESET search_path;
SELECT clearance.unprotect('regress_maint.remark'), clearance.unprotect('regress_maint.entry'), clearance.unprotect('regress_maint.part'), clearance.unprotect('regress_maint.elsewhere');
REVOKE EXECUTE ON FUNCTION clearance.maintenance FROM regress_maint_owner, regress_maint_other, regress_maint_login;
SELECT clearance.unmap_role('regress_maint_login'), clearance.distrust_role('regress_maint_owner');
SELECT clearance.deny('restricted', 'maint', 'view');
DROP SCHEMA regress_maint CASCADE;
DELETE FROM clearance.account WHERE id = :account;
DROP ROLE regress_maint_owner, regress_maint_other, regress_maint_login, regress_maint_deputy;
