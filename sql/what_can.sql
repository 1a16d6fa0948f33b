-- what_can(): how many rows somebody sees and may edit and delete; access_matrix():
-- how many everybody sees of a table; and who may ask that. That these are the rows
-- that everybody counts in its own name is shown on the workspace
-- (test/pgtap/what_can.sql). Answers that take long tell how far they are, and end
-- when they are cancelled.
\set SHOW_CONTEXT never
\pset format unaligned
\pset null -
SET client_min_messages = notice;
BEGIN;
CREATE ROLE regress_what;
CREATE ROLE regress_what_some;
CREATE SCHEMA regress_what;
SET LOCAL search_path = regress_what;
SELECT clearance.trust_role('regress_what'), clearance.trust_role('regress_what_some');
SELECT clearance.create_account('Regress what', key => 'regress-what') AS account \gset
SELECT clearance.create_account('Regress what else', key => 'regress-what-else') AS elsewhere \gset
SELECT clearance.create_partner('Vega', 'moderate', account => :account) AS vega,
       clearance.create_partner('Wren', 'restricted', account => :account) AS wren \gset
SELECT clearance.add_member('boss', roles => '{account_admin}', account => :account) AS boss,
       clearance.add_member('cora', roles => '{collaborator}', account => :account) AS cora,
       clearance.add_member('vic', partner => :vega, partner_admin => true, account => :account) AS vic,
       clearance.add_member('rob', partner => :wren, partner_admin => true, account => :account) AS rob,
       clearance.add_member('off', partner => :vega, account => :account) AS off,
       clearance.add_member('ella', roles => '{account_admin}', account => :elsewhere) AS ella \gset
SELECT clearance.disable_member(:off);
SELECT count(clearance.create_project('w-' || p, :account)) FROM unnest('{live,other}'::text[]) p;
SELECT clearance.add_member_to_project('w-live', :cora);
SELECT clearance.add_partner_to_project('w-live', p) FROM unnest(ARRAY[:vega, :wren]) p;
SELECT clearance.add_member_to_project('w-live', :off);
CREATE TABLE task (id integer PRIMARY KEY, project text, is_private boolean, author text, worth numeric);
CREATE TABLE remark (id integer PRIMARY KEY, task integer, author text);
CREATE TABLE helper (task integer, member text);
CREATE TABLE plain (id integer PRIMARY KEY);
-- Numbers of members are the database's.
CREATE FUNCTION caught(query text, member bigint) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE query;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    RETURN replace(sqlerrm, 'id ' || member, 'this id');
END $$;
SELECT clearance.protect('task', 'task', 'project', 'is_private', '{false}', owner => 'author') > 0 AS bound,
       clearance.relate('task', 'assigned', 'member', link => 'helper', link_column => 'task');
SELECT clearance.protect('remark', 'task', owner => 'author') > 0 AS bound, clearance.add_parent('remark', 'task', 'task');
-- masked columns stay unread
SELECT clearance.create_action('task', 'regress_see_worth');
SELECT clearance.mask_column('task', 'worth', 'regress_see_worth', filters => 'error');
GRANT USAGE ON SCHEMA regress_what TO regress_what, regress_what_some;
GRANT SELECT ON ALL TABLES IN SCHEMA regress_what TO regress_what;
GRANT SELECT ON remark TO regress_what_some;
INSERT INTO task VALUES (1, 'w-live', false, 'cora', 10), (2, 'w-live', true, 'boss', 10), (3, 'w-live', false, 'vic', 10),
    (4, 'w-other', false, 'boss', 10), (5, 'w-nowhere', false, 'boss', 10), (6, NULL, false, 'boss', 10);
INSERT INTO remark VALUES (1, 1, 'cora'), (2, 2, 'boss'), (3, 3, 'vic'), (4, 4, 'boss'), (5, NULL, 'boss');
INSERT INTO helper VALUES (1, 'vic'), (4, 'cora'), (2, 'rob');

--
-- Of each protected table; of those that link members to rows if they are named.
-- Operators ask about anybody, whoever is disabled sees nothing.
--
SELECT w.* FROM clearance.what_can(:boss) w WHERE w.relation IN ('task'::regclass, 'remark', 'helper');
SELECT w.* FROM clearance.what_can(:cora) w WHERE w.relation IN ('task'::regclass, 'remark', 'helper');
SELECT w.* FROM clearance.what_can(:vic) w WHERE w.relation IN ('task'::regclass, 'remark', 'helper');
SELECT w.* FROM clearance.what_can(:rob) w WHERE w.relation IN ('task'::regclass, 'remark', 'helper');
SELECT w.* FROM clearance.what_can(:vic, 'helper') w;
SELECT w.* FROM clearance.what_can(:off) w WHERE w.relation IN ('task'::regclass, 'remark', 'helper');
SELECT a.member_key, a.kind, a.company, a.visible FROM clearance.access_matrix('task') a WHERE a.account = 'Regress what';
SELECT a.account, a.member_key, a.visible FROM clearance.access_matrix('task') a WHERE a.member_key = 'ella';

-- The snapshot's, whatever the transaction changed before.
SELECT clearance.remove_partner_from_project('w-live', :vega);
SELECT w.* FROM clearance.what_can(:vic, 'task') w;
SELECT clearance.add_partner_to_project('w-live', :vega);
-- who asks is nobody else afterwards, nor after an error
SELECT w.visible, clearance.actor() FROM clearance.what_can(:vic, 'task') w;

--
-- Everybody asks about itself, of the tables that its login may read.
--
SAVEPOINT asking;
SELECT clearance.set_actor('vic', account => :account) > 0 AS acts;
SET LOCAL ROLE regress_what;
SELECT w.* FROM clearance.what_can() w;
SELECT w.* FROM clearance.what_can(:vic, 'task') w;
SELECT count(*) FROM task;
ROLLBACK TO asking;
SELECT clearance.set_actor('vic', account => :account) > 0 AS acts;
SET LOCAL ROLE regress_what_some;
SELECT w.* FROM clearance.what_can() w;
SELECT w.* FROM clearance.what_can(NULL, 'task') w;
ROLLBACK TO asking;
-- about others it does not, whether there are such members or not
SELECT clearance.set_actor('vic', account => :account) > 0 AS acts;
SELECT w.* FROM clearance.what_can(:off) w;
ROLLBACK TO asking;
SELECT clearance.set_actor('vic', account => :account) > 0 AS acts;
SELECT w.* FROM clearance.what_can(0) w;
ROLLBACK TO asking;
SELECT clearance.set_actor('vic', account => :account) > 0 AS acts;
SELECT a.* FROM clearance.access_matrix('task') a;
ROLLBACK TO asking;
-- where nobody acts there is nothing
SET LOCAL ROLE regress_what;
SELECT w.* FROM clearance.what_can() w;
SELECT w.* FROM clearance.what_can(:vic) w;
ROLLBACK TO asking;

--
-- Who may act as others asks about its account; who is of another one is not there.
--
SELECT clearance.set_actor('boss', account => :account) > 0 AS acts;
SET LOCAL ROLE regress_what;
SELECT w.* FROM clearance.what_can(:vic, 'task') w;
SELECT a.member_key, a.company, a.visible FROM clearance.access_matrix('remark') a;
SELECT caught(format('SELECT clearance.what_can(%s)', :ella), :ella), caught('SELECT clearance.what_can(0)', 0);
ROLLBACK TO asking;
SELECT clearance.set_actor('boss', account => :account) > 0 AS acts;
SET LOCAL ROLE regress_what_some;
SELECT count(*) FROM clearance.access_matrix('remark');
SELECT count(*) FROM clearance.access_matrix('task');
ROLLBACK TO asking;

-- What runs in an answer only looks: here code of the table's owner, which would write
-- in the member's name whenever a query on the table is planned.
CREATE FUNCTION writes() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('regress_what.writes', true) = 'on' THEN
        UPDATE regress_what.remark SET author = author;
    END IF;
    RETURN true;
END $$;
CREATE FUNCTION as_if_constant() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN regress_what.writes(); END $$;
CREATE INDEX ON task (id) WHERE as_if_constant();
SAVEPOINT owner;
SET LOCAL regress_what.writes = on;
SELECT w.* FROM clearance.what_can(:vic, 'task') w;
ROLLBACK TO owner;
SELECT w.* FROM clearance.what_can(:vic, 'task') w;

--
-- Progress: a notice now and then, if an answer takes longer than that. It tells what
-- is done of what.
--
SET LOCAL clearance.progress = 0;
SELECT count(*) FROM clearance.what_can(:vic, 'task');
SELECT clearance.set_actor('boss', account => :account) > 0 AS acts;
SELECT count(*) FROM clearance.access_matrix('task');
SELECT count(*) FROM clearance.who_can('task', 1);
SELECT clearance.reset_actor();
SET LOCAL clearance.progress = -1;
SELECT count(*) FROM clearance.what_can(:vic, 'task');
RESET clearance.progress;

-- Cancelled, an answer ends: here by its time. Nobody acts after that.
SELECT count(clearance.add_member('many-' || i, roles => '{collaborator}', account => :account)) FROM generate_series(1, 600) i;
SAVEPOINT cancelled;
SET LOCAL statement_timeout = '50ms';
SELECT count(*) FROM clearance.access_matrix('task') a, clearance.access_matrix('remark') b, clearance.access_matrix('helper') c;
ROLLBACK TO cancelled;
SELECT clearance.actor();
-- a row without a project is asked about with everybody
CREATE TABLE idea (id integer PRIMARY KEY, project text, author text);
SELECT clearance.protect('idea', 'task', 'project', owner => 'author', project_optional => true) > 0 AS bound;
INSERT INTO idea VALUES (1, NULL, 'cora');
SET LOCAL statement_timeout = '20ms';
SELECT count(*) FROM clearance.who_can('idea', 1) a, clearance.who_can('idea', 1, 'edit') b;
ROLLBACK TO cancelled;

-- What is wrong with a question.
SELECT w.* FROM clearance.what_can() w;
ROLLBACK TO cancelled;
SELECT w.* FROM clearance.what_can(0) w;
ROLLBACK TO cancelled;
SELECT w.* FROM clearance.what_can(:vic, 'plain') w;
ROLLBACK TO cancelled;
SELECT a.* FROM clearance.access_matrix(NULL) a;
ROLLBACK TO cancelled;
SELECT a.* FROM clearance.access_matrix('plain') a;
ROLLBACK;
