-- who_can(): everybody who may do something to a row, and how each comes in; and who
-- may ask that. That it names whom a loop over everybody finds is shown on the
-- workspace (test/pgtap/who_can.sql).
\set SHOW_CONTEXT never
\pset format unaligned
\pset null -
SET client_min_messages = warning;
SET TimeZone = 'UTC';
BEGIN;
CREATE ROLE regress_who;
CREATE ROLE regress_who_blind;
CREATE ROLE regress_who_bi;
CREATE SCHEMA "regress Who";
SET LOCAL search_path = "regress Who";
SELECT clearance.trust_role('regress_who'), clearance.trust_role('regress_who_blind');
SELECT clearance.create_account('Regress who', key => 'regress-who') AS account \gset
SELECT clearance.create_account('Regress who else', key => 'regress-who-else') AS elsewhere \gset
SELECT clearance.set_account(:account, portal => true);
SELECT clearance.create_partner('Vega', 'moderate', account => :account) AS vega,
       clearance.create_partner('Wren', account => :account) AS wren,
       clearance.create_customer('Diner', :account) AS diner \gset
SELECT clearance.add_member('boss', roles => '{account_admin}', account => :account) AS boss,
       clearance.add_member('sue', roles => '{super_user}', account => :account) AS sue,
       clearance.add_member('cora', roles => '{collaborator}', account => :account) AS cora,
       clearance.add_member('olaf', roles => '{collaborator}', account => :account) AS olaf,
       clearance.add_member('far', roles => '{collaborator}', account => :account) AS far,
       clearance.add_member('vic', partner => :vega, partner_admin => true, account => :account) AS vic,
       clearance.add_member('mia', partner => :vega, account => :account) AS mia,
       clearance.add_member('off', partner => :vega, account => :account) AS off,
       clearance.add_member('late', partner => :vega, account => :account) AS late,
       clearance.add_member('rob', partner => :wren, account => :account) AS rob,
       clearance.add_member('dina', customer => :diner, account => :account) AS dina,
       clearance.add_member('ella', roles => '{account_admin}', account => :elsewhere) AS ella \gset
SELECT clearance.disable_member(:off);
SELECT clearance.map_role('regress_who_bi', partner => :vega);
SELECT count(clearance.create_project('w-' || p, :account)) FROM unnest('{live,other,open,old}'::text[]) p;
SELECT clearance.create_project('w-elsewhere', :elsewhere) > 0 AS made;
SELECT clearance.add_member_to_project('w-live', m) FROM unnest(ARRAY[:cora, :olaf]) m;
SELECT clearance.transfer_project('w-live', :olaf);
SELECT clearance.add_partner_to_project('w-live', :vega, ends_at => '2200-03-01'), clearance.add_partner_to_project('w-live', :wren, 'restricted'),
       clearance.add_customer_to_project('w-live', :diner), clearance.set_project('w-live', portal => true);
SELECT clearance.add_member_to_project('w-live', :mia, ends_at => '2200-02-01'), clearance.add_member_to_project('w-live', :off),
       clearance.add_member_to_project('w-live', :late, ends_at => '2020-02-01'), clearance.add_member_to_project('w-live', :rob);
SELECT clearance.set_project('w-open', open_level => 'permissive'), clearance.set_project('w-old', archived => true),
       clearance.add_member_to_project('w-old', :cora);
SELECT clearance.add_member_to_project('w-other', :cora);

CREATE TABLE "a task" ("the id" text PRIMARY KEY, project text, is_private boolean DEFAULT false, author text, assignee text, client text DEFAULT 'hidden');
CREATE TABLE step (id uuid PRIMARY KEY, task text);
CREATE TABLE blocks (id integer PRIMARY KEY, blocked text, by text);
CREATE TABLE idea (id integer PRIMARY KEY, project text, account text, author text);
CREATE TABLE helper (task text, member text);
CREATE TABLE event (id integer, project text, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE event_now PARTITION OF event FOR VALUES FROM ('2020-01-01') TO ('2200-01-01');
CREATE TABLE plain (id integer PRIMARY KEY);
SELECT clearance.protect('"a task"', 'task', 'project', 'is_private', '{false}', owner => 'author', client_visibility => 'client') > 0 AS bound,
       clearance.relate('"a task"', 'assigned', 'assignee'),
       clearance.relate('"a task"', 'assigned', 'member', link => 'helper', link_column => 'task');
SELECT clearance.protect('step', 'task') > 0 AS bound, clearance.add_parent('step', 'task', '"a task"');
SELECT clearance.protect('blocks', 'task') > 0 AS bound, clearance.add_parent('blocks', 'blocked', '"a task"'), clearance.add_parent('blocks', 'by', '"a task"', same_project => false);
SELECT clearance.protect('idea', 'task', 'project', account => 'account', owner => 'author', project_optional => true) > 0 AS bound;
SELECT clearance.protect('event', 'task', 'project', key => 'id') > 0 AS bound;
GRANT USAGE ON SCHEMA "regress Who" TO regress_who, regress_who_blind;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "regress Who" TO regress_who;
INSERT INTO "a task" ("the id", project, is_private, author) VALUES ('shared', 'w-live', false, 'olaf'), ('private', 'w-live', true, 'olaf'), ('told', 'w-live', true, 'olaf'),
    ('other', 'w-other', false, 'cora'), ('open', 'w-open', false, 'boss'), ('old', 'w-old', false, 'cora'),
    ('stray', 'w-nowhere', false, 'boss'), ('bare', NULL, false, 'boss'), ('theirs', 'w-elsewhere', false, 'ella');
UPDATE "a task" SET assignee = 'rob' WHERE "the id" = 'private';
UPDATE "a task" SET client = 'read' WHERE "the id" = 'told';
INSERT INTO helper VALUES ('private', 'mia');
INSERT INTO step VALUES ('00000000-0000-0000-0000-000000000001', 'shared');
INSERT INTO blocks VALUES (1, 'shared', 'other'), (2, 'shared', 'private');
INSERT INTO idea VALUES (1, NULL, 'regress-who', 'mia'), (2, 'w-live', 'regress-who', 'mia');
INSERT INTO event VALUES (1, 'w-live', '2024-05-05'), (2, 'w-live', '2024-05-05'), (2, 'w-other', '2024-05-06');

-- Numbers of members are the database's.
CREATE FUNCTION who(relation text, key text, action text DEFAULT NULL) RETURNS TABLE (who text, kind text, company text, way text, levels text[], place text, given_by text, by_relation text, ends_at date)
LANGUAGE sql AS $$
    SELECT coalesce(w.member_key, 'partner'), w.kind, w.company, w.way, w.levels, w.place, w.given_by, w.by_relation, w.ends_at::date
    FROM clearance.who_can(relation, key, action) w
$$;

--
-- Everybody by the way it comes in: by the reach of its levels, as the owner of the
-- project, on it by itself, by its partner, as a whole too, by its customer.
-- Whoever is disabled or whose time ended is not among them.
--
SELECT * FROM who('"a task"', 'shared');
SELECT * FROM who('"a task"', 'shared', 'edit');
SELECT * FROM who('"a task"', 'private');
SELECT * FROM who('"a task"', 'told');

-- An action of another feature, of the table's own that no verb has, and a new row like this one.
SELECT who, way FROM who('"a task"', 'shared', 'document.view');
SELECT who, way FROM who('"a task"', 'shared', 'change_owner');
SELECT who, way FROM who('"a task"', 'shared', 'create');

-- The account's name tells members of several apart.
SELECT w.member_key, w.account FROM clearance.who_can('"a task"', 'theirs') w;

--
-- An open project has everybody of its audience; of an archived one, those who may
-- view such; a row whose project is unknown or missing nobody sees.
--
SELECT * FROM who('"a task"', 'open');
SELECT who, way FROM who('"a task"', 'old');
SELECT who, way FROM who('"a task"', 'old', 'edit');
SELECT who, way FROM who('"a task"', 'stray') UNION ALL SELECT who, way FROM who('"a task"', 'bare');

--
-- Rows that are in a project by what they belong to; what may be in another one is
-- asked about there.
--
SELECT who, way FROM who('step', '00000000-0000-0000-0000-000000000001');
SELECT who, way FROM who('blocks', '1');
SELECT who, way FROM who('blocks', '2');

-- A row without a project is its owner's and the account's; in one, the project's.
SELECT who, way, levels, given_by, by_relation FROM who('idea', '1');
SELECT who, way, by_relation FROM who('idea', '2', 'edit');

-- Rows of partitions, by either name. Each of several with one key has its answers.
SELECT count(*) FROM who('event', '1');
SELECT count(*) FROM who('event_now', '1');
SELECT who, way FROM who('event', '2');

-- Who is of the vendor's team and on no project comes in by what reaches the account: a
-- level that gives the action, or a switch of it; an owner, who invites to its row, by any.
SAVEPOINT beyond;
SELECT clearance.create_level('regress viewing', 'vendor', 'super_user', account => :account) > 0 AS made;
SELECT clearance.deny('regress viewing', 'task', a, account => :account) FROM unnest('{edit,invite}'::text[]) a;
SELECT clearance.create_role('viewer', access_level => 'regress viewing', account => :account) > 0 AS made;
SELECT clearance.set_member_roles(:far, '{viewer}');
SELECT who, way, given_by FROM who('"a task"', 'shared') WHERE who = 'far';
SELECT who, way, given_by FROM who('"a task"', 'shared', 'edit') WHERE who = 'far';
SELECT clearance.switch_on(:far, 'task', 'edit');
SELECT who, way, given_by FROM who('"a task"', 'shared', 'edit') WHERE who = 'far';
SELECT who, way, given_by FROM who('"a task"', 'shared', 'invite') WHERE who = 'far';
UPDATE "a task" SET author = 'far' WHERE "the id" = 'shared';
SELECT who, way, given_by FROM who('"a task"', 'shared', 'invite') WHERE who = 'far';
ROLLBACK TO beyond;

-- What is in force is what there is in the snapshot, and at the moment of the statement.
SELECT clearance.remove_member_from_project('w-live', :cora);
SELECT who FROM who('"a task"', 'shared') WHERE who = 'cora';
SELECT clearance.add_member_to_project('w-live', :cora);

--
-- Members of the vendor's team who may act as others ask about their account, if they
-- see the row; what is hidden from them is not there.
--
SAVEPOINT asking;
SELECT clearance.set_actor('boss', account => :account) > 0 AS acts;
SET LOCAL ROLE regress_who;
SELECT count(*) FROM who('"a task"', 'shared');
SELECT count(*) FROM who('"a task"', 'theirs');
ROLLBACK TO asking;
SELECT clearance.set_actor('boss', account => :account) > 0 AS acts;
SET LOCAL ROLE regress_who;
SELECT count(*) FROM who('"a task"', 'nothing');
ROLLBACK TO asking;
-- in the name of no login, too
SELECT clearance.set_actor('boss', account => :account) > 0 AS acts;
SET LOCAL ROLE regress_who_blind;
SELECT count(*) FROM clearance.who_can('"a task"', 'shared');
ROLLBACK TO asking;
-- everybody else is refused, about a row that there is and one that there is not
SELECT clearance.set_actor('sue', account => :account) > 0 AS acts;
SELECT count(*) FROM who('"a task"', 'shared');
ROLLBACK TO asking;
SELECT clearance.set_actor('sue', account => :account) > 0 AS acts;
SELECT count(*) FROM who('"a task"', 'nothing');
ROLLBACK TO asking;
SELECT clearance.set_actor('vic', account => :account) > 0 AS acts;
SELECT count(*) FROM who('"a task"', 'shared');
ROLLBACK TO asking;
SET LOCAL ROLE regress_who;
SELECT count(*) FROM who('"a task"', 'shared');
ROLLBACK TO asking;
-- who is given the right may ask
SELECT clearance.create_level('regress asking', 'vendor', 'super_user', account => :account) > 0 AS made;
SELECT clearance.allow('regress asking', 'settings', 'act_as', account => :account);
SELECT clearance.create_role('asker', access_level => 'regress asking', account => :account) > 0 AS made;
SELECT clearance.set_member_roles(:sue, '{asker}');
SELECT clearance.set_actor('sue', account => :account) > 0 AS acts;
SET LOCAL ROLE regress_who;
SELECT count(*) FROM who('"a task"', 'shared');
ROLLBACK TO asking;

-- Operators are told what is wrong with a question.
SELECT count(*) FROM who('"a task"', 'nothing');
ROLLBACK TO asking;
SELECT count(*) FROM who('step', 'no uuid');
ROLLBACK TO asking;
SELECT count(*) FROM who('"a task"', NULL);
ROLLBACK TO asking;
SELECT count(*) FROM clearance.who_can(NULL, 'shared');
ROLLBACK TO asking;
SELECT count(*) FROM who('plain', '1');
ROLLBACK TO asking;
SELECT count(*) FROM who('helper', '1');
ROLLBACK TO asking;
SELECT count(*) > 0 AS some FROM who('helper', (SELECT ctid::text FROM helper LIMIT 1));
ROLLBACK TO asking;
SELECT count(*) FROM who('"a task"', 'shared', 'dance');
ROLLBACK;
