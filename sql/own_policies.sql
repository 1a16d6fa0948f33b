-- A policy or trigger counts as the extension's only if it is so in all that it
-- says: name, command, roles, kind, function, number, columns. Whoever owns the
-- table.
\set SHOW_CONTEXT never
CREATE SCHEMA regress_own;
CREATE ROLE regress_own_owner;
CREATE ROLE regress_own_app;
GRANT ALL ON SCHEMA regress_own TO regress_own_owner;
GRANT USAGE ON SCHEMA regress_own TO regress_own_app;
SELECT clearance.create_account('regress_own') AS account \gset
SELECT clearance.create_partner('Acme', 'moderate', account => :account) AS acme \gset
SELECT clearance.add_member(key => 'regress-own', partner => :acme, account => :account) AS moe \gset
SELECT count(clearance.create_project('ro-' || n, :account)) FROM generate_series(1, 2) n;
SELECT clearance.add_partner_to_project('ro-1', :acme), clearance.add_member_to_project('ro-1', :moe);
SELECT clearance.trust_role('regress_own_app');

SET ROLE regress_own_owner;
SET search_path = regress_own;
CREATE TABLE task (id integer PRIMARY KEY, project_id text, hidden boolean, author text, decoy boolean DEFAULT false, other text);
INSERT INTO task VALUES (1, 'ro-1', false, 'x'), (2, 'ro-1', true, 'x'), (3, 'ro-2', false, 'x');
CREATE TABLE page (id integer PRIMARY KEY, project_id text);
INSERT INTO page VALUES (1, 'ro-1'), (2, 'ro-2');
GRANT ALL ON task, page TO regress_own_app;
RESET ROLE;
SELECT clearance.protect('task', 'task', project => 'project_id', visibility => 'hidden', shared_values => '{false}', owner => 'author') AS binding \gset
SELECT clearance.protect('page', 'document', project => 'project_id') AS page \gset

-- what moe sees of a table
CREATE FUNCTION seen(tab text, moe bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    seen text;
BEGIN
    SET LOCAL ROLE regress_own_app;
    PERFORM clearance.set_actor(id => moe);
    EXECUTE format('SELECT string_agg(id::text, '','' ORDER BY id) FROM %s', tab) INTO seen;
    RESET ROLE;
    RETURN seen;
EXCEPTION WHEN OTHERS THEN
    RETURN sqlstate || ' ' || sqlerrm;
END $$;
-- what a command of the owner's gives, and what moe sees then; it is undone
CREATE FUNCTION try(command text, moe bigint, tab text DEFAULT 'regress_own.task') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    done text := 'done';
    seen text;
BEGIN
    BEGIN
        SET LOCAL ROLE regress_own_owner;
        EXECUTE command;
        RESET ROLE;
        seen := regress_own.seen(tab, moe);
        RAISE EXCEPTION 'undo' USING ERRCODE = 'ZZ999';
    EXCEPTION WHEN SQLSTATE 'ZZ999' THEN
        RETURN 'done, sees ' || coalesce(seen, 'nothing');
    END;
EXCEPTION WHEN OTHERS THEN
    RETURN sqlstate || ' ' || sqlerrm;
END $$;
SELECT seen('regress_own.task', :moe), seen('regress_own.page', :moe);

--
-- A policy that looks like a seal, and is not one: refused, with whatever else
-- asks the rule. One that asks about another table's rows too.
--
SELECT string_agg(quote_ident(c), ', ') AS columns FROM clearance.binding b, unnest(b.columns) c WHERE b.id = :binding \gset
SELECT try(format('CREATE POLICY clearance_seal_select ON task AS RESTRICTIVE FOR SELECT USING (clearance.visible(%s, %s))', :binding, replace(:'columns', 'hidden', 'decoy')), :moe);
SELECT try(format('CREATE POLICY narrow ON task AS RESTRICTIVE USING (clearance.visible(%s, %s))', :binding, :'columns'), :moe);
SELECT try(format('CREATE POLICY narrow ON task AS RESTRICTIVE USING (id IN (SELECT p.id FROM page p WHERE clearance.visible(%s, p.id, p.project_id)))', :page), :moe);
SELECT try('CREATE POLICY clearance_seal_delete ON task AS RESTRICTIVE USING (true)', :moe);
SELECT try('CREATE POLICY clearance_seal_select ON task USING (true)', :moe);
SELECT try('CREATE POLICY wide ON task USING (true)', :moe);
SELECT try('CREATE POLICY narrow ON task AS RESTRICTIVE USING (id > 1)', :moe);
-- on a table of one's own it makes an error for who is bound by it, not an answer
CREATE TABLE mine (LIKE task INCLUDING DEFAULTS);
INSERT INTO mine TABLE task;
GRANT ALL ON mine TO regress_own_app;
ALTER TABLE mine ENABLE ROW LEVEL SECURITY, OWNER TO regress_own_owner;
SELECT try(format('CREATE POLICY probe ON mine USING (clearance.visible(%s, %s))', :binding, :'columns'), :moe, 'regress_own.mine');
SELECT try(format('CREATE POLICY probe ON mine USING (NOT EXISTS (SELECT FROM page p WHERE clearance.visible(%s, mine.id, mine.project_id)))', :page), :moe, 'regress_own.mine');
SELECT try(format('CREATE POLICY probe ON mine FOR INSERT WITH CHECK (clearance.creatable(%s, %s))', :binding, :'columns'), :moe, 'regress_own.mine');

--
-- The extension's own policies stay as they are, in every part.
--
SELECT c.command, try(c.command, :moe) FROM (VALUES
    (1, 'ALTER POLICY clearance_select ON task RENAME TO mine'),
    (2, 'ALTER POLICY clearance_select ON task USING (true)'),
    (3, 'ALTER POLICY clearance_select ON task TO regress_own_owner'),
    (4, 'DROP POLICY clearance_select ON task'),
    (5, 'DROP POLICY clearance_update ON task')) AS c (n, command) ORDER BY n;
SELECT try(format('ALTER POLICY clearance_select ON task USING (clearance.visible(%s, %s))', :binding, replace(:'columns', 'hidden', 'decoy')), :moe) AS other_columns,
       try(format('ALTER POLICY clearance_select ON task USING (clearance.visible(%s, %s))', :binding, :'columns'), :moe) AS the_same;
-- where nobody refused it (event triggers were off), a decoy is no seal, and an altered policy closes the table
ALTER EVENT TRIGGER clearance_follow_ddl DISABLE;
SELECT try(format('CREATE POLICY clearance_seal_select ON task AS RESTRICTIVE FOR SELECT USING (clearance.visible(%s, %s));
    CREATE POLICY wide ON task USING (true)', :binding, replace(:'columns', 'hidden', 'decoy')), :moe) AS decoy,
       try(format('ALTER POLICY clearance_select ON task USING (clearance.visible(%s, %s))', :binding, replace(:'columns', 'hidden', 'decoy')), :moe) AS other_columns,
       try(format('ALTER POLICY clearance_select ON task USING (clearance.visible(%s, %s))', :page, :'columns'), :moe) AS other_number;
BEGIN;
SELECT format('CREATE POLICY clearance_seal_select ON task AS RESTRICTIVE FOR SELECT USING (clearance.visible(%s, %s))', :binding, replace(:'columns', 'hidden', 'decoy')) AS command \gset
:command;
CREATE POLICY wide ON task USING (true);
SELECT enforced FROM clearance.protected_tables WHERE "table" = 'task'::regclass;
SELECT clearance.repair('task');
SELECT enforced FROM clearance.protected_tables WHERE "table" = 'task'::regclass;
SELECT seen('regress_own.task', :moe);
ROLLBACK;
ALTER EVENT TRIGGER clearance_follow_ddl ENABLE ALWAYS;

--
-- Nor does anybody replace, disable, rename or drop a trigger of the extension's.
--
CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
SELECT c.command, try(c.command, :moe) FROM (VALUES
    (1, 'CREATE OR REPLACE TRIGGER "00_clearance_write" BEFORE INSERT OR UPDATE ON task FOR EACH ROW EXECUTE FUNCTION noop()'),
    (2, 'CREATE TRIGGER "00_clearance_parent_insert" AFTER INSERT ON task FOR EACH ROW EXECUTE FUNCTION noop()'),
    (3, 'CREATE TRIGGER mine BEFORE UPDATE ON task FOR EACH ROW EXECUTE FUNCTION noop(); ALTER TRIGGER mine ON task RENAME TO "00_clearance_zz"'),
    (4, 'ALTER TRIGGER "00_clearance_write" ON task RENAME TO zz'),
    (5, 'ALTER TABLE task DISABLE TRIGGER "00_clearance_write"'),
    (6, 'DROP TRIGGER "00_clearance_write" ON task')) AS c (n, command) ORDER BY n;
-- not even by calling its function, which nobody may, as whoever was granted that
SELECT try(format('CREATE OR REPLACE TRIGGER "00_clearance_write" BEFORE INSERT OR UPDATE ON task FOR EACH ROW EXECUTE FUNCTION clearance_internal.write_check(%s)', :binding), :moe) AS not_granted;
GRANT USAGE ON SCHEMA clearance_internal TO regress_own_owner;
GRANT EXECUTE ON FUNCTION clearance_internal.write_check() TO regress_own_owner;
SELECT try(format('CREATE OR REPLACE TRIGGER "00_clearance_write" BEFORE UPDATE ON task FOR EACH ROW EXECUTE FUNCTION clearance_internal.write_check(%s)', :binding), :moe) AS fewer_events,
       try(format('CREATE OR REPLACE TRIGGER "00_clearance_write" BEFORE INSERT OR UPDATE ON task FOR EACH ROW WHEN (NEW.decoy) EXECUTE FUNCTION clearance_internal.write_check(%s)', :binding), :moe) AS conditional,
       try(format('CREATE OR REPLACE TRIGGER "00_clearance_write" BEFORE INSERT OR UPDATE ON task FOR EACH ROW EXECUTE FUNCTION clearance_internal.write_check(%s)', :binding), :moe) AS the_same;
REVOKE EXECUTE ON FUNCTION clearance_internal.write_check() FROM regress_own_owner;
REVOKE USAGE ON SCHEMA clearance_internal FROM regress_own_owner;

--
-- Columns are followed by what they are, not by what they are called: names that
-- are swapped change nothing, by whatever command.
--
SELECT c.command, try(c.command, :moe) FROM (VALUES
    (1, 'ALTER TABLE task RENAME hidden TO tmp; ALTER TABLE task RENAME decoy TO hidden; ALTER TABLE task RENAME tmp TO decoy'),
    (2, 'ALTER VIEW task RENAME hidden TO tmp; ALTER VIEW task RENAME decoy TO hidden; ALTER VIEW task RENAME tmp TO decoy'),
    (3, 'ALTER TABLE task RENAME author TO tmp; ALTER TABLE task RENAME other TO author'),
    (4, 'ALTER TABLE task DROP COLUMN hidden'),
    (5, 'ALTER TABLE task DROP COLUMN hidden CASCADE'),
    (6, 'ALTER TABLE task ALTER COLUMN hidden TYPE text'),
    (7, 'ALTER TABLE task ADD COLUMN more boolean DEFAULT true')) AS c (n, command) ORDER BY n;
BEGIN;
SET ROLE regress_own_owner;
ALTER VIEW task RENAME hidden TO tmp;
ALTER VIEW task RENAME decoy TO hidden;
ALTER VIEW task RENAME author TO writer;
RESET ROLE;
SELECT project, visibility, owner, enforced FROM clearance.protected_tables WHERE "table" = 'task'::regclass;
ROLLBACK;
-- of a typed table, the type is renamed
BEGIN;
CREATE TYPE typed AS (id integer, project_id text, hidden boolean, decoy boolean);
CREATE TABLE of_type OF typed;
INSERT INTO of_type VALUES (1, 'ro-1', false, true), (2, 'ro-1', true, false);
GRANT SELECT ON of_type TO regress_own_app;
SELECT clearance.protect('of_type', 'task', project => 'project_id', visibility => 'hidden', shared_values => '{false}') > 0 AS ok;
ALTER TYPE typed RENAME ATTRIBUTE hidden TO tmp CASCADE;
ALTER TYPE typed RENAME ATTRIBUTE decoy TO hidden CASCADE;
SELECT visibility, enforced FROM clearance.protected_tables WHERE "table" = 'of_type'::regclass;
SELECT seen('regress_own.of_type', :moe);
ROLLBACK;

--
-- Other commands of an owner's show no more: rules, schema, owner, inheritance.
--
CREATE TABLE elsewhere (id integer, hidden boolean);
GRANT ALL ON elsewhere TO regress_own_owner, regress_own_app;
CREATE SCHEMA regress_own_moved AUTHORIZATION regress_own_owner;
GRANT USAGE ON SCHEMA regress_own_moved TO regress_own_app;
SELECT try('ALTER TABLE task SET SCHEMA regress_own_moved', :moe, 'regress_own_moved.task') AS schema,
       try('ALTER TABLE task RENAME TO assignment', :moe, 'regress_own.assignment') AS name,
       try('CREATE TABLE child () INHERITS (task); GRANT SELECT ON child TO regress_own_app; INSERT INTO child TABLE task; ALTER TABLE child NO INHERIT task', :moe, 'regress_own.child') AS former_child,
       try('CREATE TABLE child (LIKE task); GRANT SELECT ON child TO regress_own_app; ALTER TABLE child INHERIT task; INSERT INTO child VALUES (4, ''ro-2'')', :moe, 'regress_own.child') AS new_child;
BEGIN;
SET ROLE regress_own_owner;
CREATE RULE copy AS ON UPDATE TO task DO ALSO INSERT INTO elsewhere SELECT t.id, t.hidden FROM task t;
CREATE RULE away AS ON DELETE TO task DO INSTEAD INSERT INTO elsewhere VALUES (OLD.id, OLD.hidden);
SET ROLE regress_own_app;
SELECT clearance.set_actor(id => :moe) = :moe AS moe;
UPDATE task SET other = 'x';
DELETE FROM task;
RESET ROLE;
SELECT * FROM elsewhere ORDER BY id, hidden;
ROLLBACK;
-- nor does a table with triggers, or row security, become a view
DELETE FROM task;
SELECT try('CREATE RULE "_RETURN" AS ON SELECT TO task DO INSTEAD SELECT 1 AS id, ''x''::text AS project_id, true AS hidden, ''x''::text AS author, true AS decoy, ''x''::text AS other', :moe)
    IN ('55000 could not convert table "task" to a view because it has triggers', '42809 relation "task" cannot have ON SELECT rules') AS refused;

--
-- A table that has no declaration answers nothing about its rows either.
--
SELECT clearance.unprotect('page');
SELECT format('CREATE POLICY left_behind ON page USING (clearance.visible(%s, id, project_id))', :page) AS command \gset
:command;
ALTER TABLE page ENABLE ROW LEVEL SECURITY;
SET ROLE regress_own_app;
SELECT clearance.set_actor(id => :moe) = :moe AS moe;
SELECT clearance.can_row('view', p) FROM page p;
RESET ROLE;
SELECT seen('regress_own.page', :moe);
-- protect() and unprotect() take such policies off
SELECT clearance.unprotect('page');
SELECT seen('regress_own.page', :moe), (SELECT count(*) FROM pg_policy WHERE polrelid = 'page'::regclass) AS policies;
:command;
SELECT clearance.protect('page', 'document', project => 'project_id') > 0 AS ok;
SELECT seen('regress_own.page', :moe), (SELECT count(*) FROM pg_policy WHERE polrelid = 'page'::regclass) AS policies;

SET client_min_messages = warning;
RESET search_path;
DROP SCHEMA regress_own, regress_own_moved CASCADE;
SELECT clearance.distrust_role('regress_own_app');
DELETE FROM clearance.account WHERE id = :account;
DROP ROLE regress_own_owner, regress_own_app;
