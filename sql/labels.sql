-- Declarations name labels of enums, and mean the labels, not their texts: they
-- follow ALTER TYPE ... RENAME VALUE, or it is refused where it is not certain
-- what they mean then.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_labels;
SELECT clearance.trust_role('regress_labels');
CREATE ROLE regress_labels_owner;
CREATE SCHEMA regress_labels;
CREATE SCHEMA "regress ""types""";
GRANT USAGE ON SCHEMA regress_labels, "regress ""types""" TO regress_labels, regress_labels_owner;
SET search_path = regress_labels;
SELECT clearance.create_account('Regress', key => 'regress') AS account \gset
SELECT clearance.set_account(:account, portal => true);
SELECT clearance.create_level('kinds', 'partner') AS level \gset
SELECT clearance.create_partner('Mod', 'moderate', account => :account) AS mod \gset
SELECT clearance.create_partner('Kin', 'kinds', account => :account) AS kin \gset
SELECT clearance.add_member('max', partner => :mod, partner_admin => true, account => :account) > 0;
SELECT clearance.add_member('kim', partner => :kin, partner_admin => true, account => :account) > 0;
SELECT clearance.create_customer('Cafe', :account) AS cafe \gset
SELECT clearance.add_member('cleo', customer => :cafe, account => :account) > 0;
SELECT clearance.create_project(1, :account) > 0;
SELECT clearance.set_project(1, portal => true), clearance.add_customer_to_project(1, :cafe);
SELECT clearance.add_partner_to_project(1, partner) FROM unnest(ARRAY[:mod, :kin]) partner;

CREATE TYPE state AS ENUM ('open', 'done', 'void');
CREATE TYPE "regress ""types""".sight AS ENUM ('secret', 'shared', 'public');
CREATE DOMAIN sight AS "regress ""types""".sight;
CREATE TYPE kind AS ENUM ('bug', 'feature');
CREATE TYPE target AS ENUM ('task', 'page');
CREATE TYPE customer AS ENUM ('hidden', 'read', 'edit', 'other');
CREATE TABLE task (id integer PRIMARY KEY, project integer DEFAULT 1, sight sight DEFAULT 'shared', state state DEFAULT 'open',
    kind kind, customer customer DEFAULT 'hidden');
CREATE TABLE note (id integer PRIMARY KEY, project integer DEFAULT 1, target target, target_id integer);
INSERT INTO task VALUES (1, 1, 'shared', 'open', 'bug', 'read'), (2, 1, 'secret', 'open', 'feature', 'hidden'), (3, 1, 'public', 'open', 'bug', 'other');
INSERT INTO note VALUES (1, 1, 'task', 1), (2, 1, 'task', 2), (3, 1, 'page', 1);
GRANT ALL ON ALL TABLES IN SCHEMA regress_labels TO regress_labels;
SELECT clearance.create_action('task', 'close');
SELECT clearance.protect('task', 'task', project => 'project', visibility => 'sight', shared_values => '{shared,public}', kind => 'kind',
    client_visibility => 'customer') > 0;
SELECT clearance.guard_column('task', 'state', 'close', new_value => 'done');
SELECT clearance.create_feature('regress_note');
SELECT clearance.allow('moderate', 'regress_note', 'view'), clearance.allow('client', 'regress_note', 'view');
SELECT clearance.protect('note', 'regress_note', project => 'project') > 0;
SELECT clearance.add_parent('note', 'target_id', 'task', type_column => 'target', type_value => 'task', optional => true);
SELECT clearance.allow('kinds', 'project', 'view'), clearance.allow('kinds', 'task', 'view', kinds => '{bug}');

-- what members see and may do: as(whom, query) gives its rows, or why not
CREATE FUNCTION as_member(who text, query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    SET LOCAL ROLE regress_labels;
    PERFORM clearance.set_actor(key => who);
    EXECUTE query INTO answer;
    RESET ROLE;
    PERFORM clearance.reset_actor();
    RETURN answer;
EXCEPTION WHEN insufficient_privilege THEN
    RETURN 'refused';
END
$$;
CREATE FUNCTION seen(who text, tab regclass DEFAULT 'task') RETURNS text LANGUAGE sql AS $$
    SELECT as_member(who, format('SELECT string_agg(id::text, '' '' ORDER BY id) FROM %s', tab))
$$;
CREATE FUNCTION close(label text) RETURNS text LANGUAGE sql AS $$
    SELECT as_member('max', format('UPDATE task SET state = %L WHERE id = 3 RETURNING state', label))
$$;
CREATE FUNCTION declared(OUT shared text[], OUT guards text[], OUT parents text[], OUT kinds text) LANGUAGE sql AS $$
    SELECT t.shared_values, t.guards, n.parents, (SELECT string_agg(g.kinds::text, ' ') FROM clearance.level_grant g WHERE g.kinds IS NOT NULL)
    FROM clearance.protected_tables t, clearance.protected_tables n WHERE t."table" = 'task'::regclass AND n."table" = 'note'::regclass
$$;
SELECT * FROM declared();
SELECT seen('max'), seen('kim'), seen('cleo'), seen('max', 'note'), close('done'), close('void');

--
-- A guard follows its label, also onto a text that was another's; the rows say
-- what they said. A label that takes over the old text is another label.
--
SAVEPOINT s;
ALTER TYPE state RENAME VALUE 'done' TO 'closed';
SELECT guards FROM declared();
SELECT close('closed'), close('void');
ALTER TYPE state RENAME VALUE 'void' TO 'done';
SELECT close('closed'), close('done');
-- two labels that change their texts
ALTER TYPE state RENAME VALUE 'done' TO 'x';
ALTER TYPE state RENAME VALUE 'closed' TO 'done';
ALTER TYPE state RENAME VALUE 'x' TO 'closed';
SELECT close('done'), close('closed');
-- with the rename the declaration is back
ROLLBACK TO s;
SELECT guards FROM declared();
SELECT close('done'), close('void');
-- a statement that was prepared before, with the label in its plan
SAVEPOINT s;
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE done AS UPDATE task SET state = 'done' WHERE id = 1 RETURNING state;
PREPARE sights AS SELECT string_agg(id::text, ' ' ORDER BY id) FROM task;
SET LOCAL ROLE regress_labels;
SELECT clearance.set_actor(key => 'max') > 0;
EXECUTE done;
EXECUTE sights;
RESET ROLE;
ALTER TYPE state RENAME VALUE 'done' TO 'closed';
ALTER TYPE "regress ""types""".sight RENAME VALUE 'shared' TO 'for all';
SET LOCAL ROLE regress_labels;
EXECUTE done;
EXECUTE sights;
RESET ROLE;
SELECT clearance.reset_actor();
DEALLOCATE ALL;
ROLLBACK TO s;
-- renamed as part of another statement, by the type's owner, while triggers are those of a replica
SAVEPOINT s;
ALTER TYPE state OWNER TO regress_labels_owner;
GRANT CREATE ON SCHEMA regress_labels TO regress_labels_owner;
SET LOCAL session_replication_role = replica;
SET LOCAL ROLE regress_labels_owner;
DO $$ BEGIN EXECUTE $x$ALTER TYPE state RENAME VALUE 'done' TO 'closed'$x$; END $$;
RESET ROLE;
SET LOCAL session_replication_role = origin;
SELECT guards FROM declared();
SELECT close('closed');
-- the type itself may be renamed, or moved
ALTER TYPE state RENAME TO status;
ALTER TYPE status SET SCHEMA "regress ""types""";
ALTER TYPE "regress ""types""".status RENAME VALUE 'closed' TO 'shut';
SELECT close('shut');
ROLLBACK TO s;

--
-- So do shared values, here of a domain over a type of another schema. What
-- was private stays so.
--
SAVEPOINT s;
ALTER TYPE "regress ""types""".sight RENAME VALUE 'shared' TO 'team, "all"';
SELECT shared FROM declared();
SELECT seen('max');
ALTER TYPE "regress ""types""".sight RENAME VALUE 'secret' TO 'shared';
SELECT seen('max');
ROLLBACK TO s;

--
-- Types of parents
--
SAVEPOINT s;
ALTER TYPE target RENAME VALUE 'task' TO 'issue';
SELECT parents FROM declared();
SELECT seen('max', 'note');
ALTER TYPE target RENAME VALUE 'page' TO 'task';
SELECT seen('max', 'note');
ROLLBACK TO s;

--
-- Kinds of grants
--
SAVEPOINT s;
ALTER TYPE kind RENAME VALUE 'bug' TO 'defect';
SELECT kinds FROM declared();
SELECT seen('kim');
ALTER TYPE kind RENAME VALUE 'feature' TO 'bug';
SELECT seen('kim');
ROLLBACK TO s;
-- a kind that the grant names already: no row is to become one of it by a rename
SAVEPOINT s;
SELECT clearance.allow('kinds', 'task', 'view', kinds => '{wish}');
ALTER TYPE kind RENAME VALUE 'feature' TO 'wish';
SELECT clearance.deny('kinds', 'task', 'view'), clearance.allow('kinds', 'task', 'view', kinds => '{bug}');
ALTER TYPE kind RENAME VALUE 'feature' TO 'wish';
SELECT seen('kim');
ROLLBACK TO s;
-- tables of the feature whose kinds are others: it is not certain what the grant means then
SAVEPOINT s;
CREATE TABLE job (id integer PRIMARY KEY, project integer DEFAULT 1, kind text);
INSERT INTO job VALUES (1, 1, 'bug'), (2, 1, 'defect');
GRANT ALL ON job TO regress_labels;
SELECT clearance.protect('job', 'task', project => 'project', kind => 'kind') > 0;
ALTER TYPE kind RENAME VALUE 'bug' TO 'defect';
ALTER TYPE kind RENAME VALUE 'feature' TO 'wish';
SELECT kinds FROM declared();
SELECT seen('kim'), seen('kim', 'job');
ROLLBACK TO s;
-- the grant is asked for a guard of another table: its kinds count there too
SAVEPOINT s;
CREATE TABLE job (id integer PRIMARY KEY, project integer DEFAULT 1, kind text, state text);
SELECT clearance.protect('job', 'regress_note', project => 'project', kind => 'kind') > 0;
ALTER TYPE kind RENAME VALUE 'bug' TO 'defect';
SELECT clearance.guard_column('job', 'state', 'view', feature => 'task');
ALTER TYPE kind RENAME VALUE 'defect' TO 'bug';
ROLLBACK TO s;

--
-- Client visibility has three labels with a meaning: none of them may go or come.
--
SAVEPOINT s;
ALTER TYPE customer RENAME VALUE 'read' TO 'look';
ALTER TYPE customer RENAME VALUE 'other' TO 'another';
SELECT seen('cleo');
ALTER TYPE kind RENAME VALUE 'feature' TO 'read';
ROLLBACK TO s;

--
-- Where the event trigger was switched off, labels are lost. What they opened
-- is closed, what they guarded is guarded whatever the value, and a label does
-- not take over a text that a declaration has kept.
--
SAVEPOINT s;
ALTER EVENT TRIGGER clearance_follow_rename DISABLE;
ALTER TYPE state RENAME VALUE 'done' TO 'closed';
ALTER TYPE "regress ""types""".sight RENAME VALUE 'shared' TO 'team';
ALTER TYPE target RENAME VALUE 'task' TO 'issue';
ALTER TYPE kind RENAME VALUE 'bug' TO 'defect';
ALTER EVENT TRIGGER clearance_follow_rename ENABLE ALWAYS;
-- sessions read declarations anew
SELECT clearance.repair('task'), clearance.repair('note');
SELECT seen('max'), seen('kim'), seen('max', 'note');
SELECT close('closed'), close('open');
ALTER TYPE state RENAME VALUE 'void' TO 'done';
ALTER TYPE "regress ""types""".sight RENAME VALUE 'secret' TO 'shared';
ALTER TYPE target RENAME VALUE 'page' TO 'task';
ALTER TYPE kind RENAME VALUE 'feature' TO 'bug';
ROLLBACK TO s;

--
-- A label that is added under the old text is another label.
--
ALTER TYPE state RENAME VALUE 'done' TO 'closed';
ALTER TYPE kind RENAME VALUE 'bug' TO 'defect';
COMMIT;
ALTER TYPE state ADD VALUE 'done';
ALTER TYPE kind ADD VALUE 'bug';
INSERT INTO task VALUES (4, 1, 'shared', 'open', 'bug');
SELECT close('closed'), close('done'), seen('kim');
SELECT guards, kinds FROM declared();
-- dropping a type does not drop what is declared with it
DROP TYPE state;
DROP TYPE state CASCADE;
DROP TYPE kind CASCADE;
SELECT close('closed'), seen('kim');
DROP SCHEMA regress_labels, "regress ""types""" CASCADE;
DELETE FROM clearance.account WHERE id = :account;
SELECT clearance.drop_level('kinds');
DELETE FROM clearance.action WHERE (feature, name) = ('task', 'close');
DELETE FROM clearance.feature WHERE name = 'regress_note';
SELECT clearance.distrust_role('regress_labels');
DROP ROLE regress_labels, regress_labels_owner;
