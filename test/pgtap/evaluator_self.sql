-- The evaluator itself, against sets computed by hand: a mistake in it must not
-- hide behind the same mistake in the product. Facts are written straight into
-- the tables of schema clearance; nothing here calls the product, no table is
-- really protected, everything is rolled back.
--
-- Rows are named by what they are ('home shared': a shared row of project
-- home), members by their place in the story, so that an expected set can be
-- checked by reading it.
\set ECHO none
\set QUIET on
BEGIN;
SET client_min_messages = warning;
SET jit = off;  -- compiling many small queries takes longer than they do
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT to_regnamespace('evaluator') IS NULL AS missing \gset
\if :missing
\ir ../evaluator.sql
\endif
\pset format unaligned
\pset tuples_only on
SELECT no_plan();

-- ---------------------------------------------------------------------------
-- Levels and features
-- ---------------------------------------------------------------------------
INSERT INTO clearance.feature (name)
SELECT unnest('{ev_task,ev_paper,ev_remark,ev_reply,ev_letter,ev_page,ev_bill,ev_line,ev_share}'::text[]);
INSERT INTO clearance.action (feature, name, reads)
SELECT f.name, a.name, a.name IN ('view', 'peek')
FROM clearance.feature f,
     unnest('{view,create,edit,delete,peek,freeze,publish}'::text[]) AS a (name)
WHERE f.name LIKE 'ev\_%';

INSERT INTO clearance.level (id, name, audience)
VALUES (9001, 'ev all', 'vendor'), (9002, 'ev mine', 'vendor'), (9003, 'ev keeper', 'vendor'), (9004, 'ev guest', 'vendor'),
       (9011, 'ev any', 'partner'), (9012, 'ev shared', 'partner'), (9013, 'ev assigned', 'partner'), (9014, 'ev bugs', 'partner'),
       (9015, 'ev related', 'partner'), (9016, 'ev mates', 'partner'), (9017, 'ev chief', 'vendor'), (9018, 'ev team', 'vendor'),
       (9021, 'ev contact', 'customer');
INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation, reach, kinds) VALUES
    -- vendor: as far as project.view; a cell with a reach of its own has that
    (9001, 'project', 'view', 'any', 'any', 'account', NULL),
    (9001, 'ev_task', 'view', 'any', 'any', NULL, NULL),
    (9001, 'ev_bill', 'view', 'any', 'any', NULL, NULL),
    (9001, 'ev_line', 'view', 'any', 'any', NULL, NULL),
    (9001, 'ev_letter', 'view', 'any', 'any', NULL, NULL),
    (9002, 'project', 'view', 'any', 'any', 'member', NULL),
    (9002, 'ev_task', 'view', 'any', 'any', NULL, NULL),
    (9002, 'ev_task', 'edit', 'any', 'any', 'account', NULL),
    (9002, 'ev_task', 'delete', 'any', 'any', 'owned', NULL),
    (9002, 'ev_letter', 'view', 'any', 'any', NULL, NULL),
    (9002, 'ev_letter', 'publish', 'shared', 'any', NULL, NULL),
    (9003, 'project', 'view', 'any', 'any', 'account', NULL),
    (9003, 'project', 'view_archived', 'any', 'any', NULL, NULL),
    (9003, 'project', 'manage_tab_visibility', 'any', 'any', NULL, NULL),
    (9003, 'ev_task', 'view', 'any', 'any', NULL, NULL),
    (9003, 'ev_task', 'peek', 'any', 'any', NULL, NULL),
    (9003, 'ev_task', 'edit', 'any', 'any', NULL, NULL),
    (9004, 'ev_task', 'view', 'shared', 'any', NULL, NULL),
    -- partners
    (9011, 'ev_task', 'view', 'any', 'any', NULL, NULL),
    (9011, 'ev_task', 'edit', 'any', 'any', NULL, NULL),
    (9011, 'ev_task', 'delete', 'any', 'own', NULL, NULL),
    (9011, 'ev_paper', 'view', 'any', 'any', NULL, NULL),
    (9011, 'ev_paper', 'freeze', 'shared', 'any', NULL, NULL),
    (9011, 'ev_remark', 'view', 'any', 'any', NULL, NULL),
    (9011, 'ev_remark', 'edit', 'any', 'any', NULL, NULL),
    (9011, 'ev_remark', 'create', 'any', 'any', NULL, NULL),
    (9011, 'ev_reply', 'view', 'any', 'any', NULL, NULL),
    (9011, 'ev_share', 'view', 'any', 'any', NULL, NULL),
    (9011, 'ev_letter', 'view', 'any', 'any', NULL, NULL),
    (9011, 'ev_letter', 'publish', 'any', 'any', NULL, NULL),
    (9011, 'ev_page', 'view', 'any', 'any', NULL, NULL),
    (9011, 'ev_page', 'edit', 'any', 'any', NULL, NULL),
    (9012, 'ev_task', 'view', 'shared', 'any', NULL, NULL),
    (9012, 'ev_task', 'edit', 'any', 'any', NULL, NULL),
    (9012, 'ev_page', 'view', 'shared', 'any', NULL, NULL),
    (9013, 'ev_task', 'view', 'any', 'assigned', NULL, NULL),
    (9013, 'ev_task', 'edit', 'any', 'assigned', NULL, NULL),
    (9013, 'ev_page', 'view', 'any', 'assigned_task', NULL, NULL),
    (9013, 'ev_paper', 'view', 'any', 'assigned_task', NULL, NULL),
    (9014, 'ev_task', 'view', 'any', 'any', NULL, '{bug}'),
    (9014, 'ev_task', 'view', 'shared', 'assigned', NULL, NULL),
    (9014, 'ev_page', 'view', 'any', 'any', NULL, '{bug}'),
    (9015, 'ev_task', 'view', 'any', 'followed', NULL, NULL),
    (9015, 'ev_task', 'view', 'any', 'invited', NULL, NULL),
    (9016, 'ev_task', 'view', 'any', 'company', NULL, NULL),
    (9017, 'project', 'view', 'any', 'any', 'account', NULL),
    (9017, 'ev_task', 'view', 'any', 'reports', NULL, NULL),
    (9018, 'project', 'view', 'any', 'any', 'account', NULL),
    (9018, 'ev_task', 'view', 'any', 'company', NULL, NULL),
    -- customers
    (9021, 'ev_task', 'view', 'shared', 'any', NULL, NULL),
    (9021, 'ev_page', 'view', 'shared', 'any', NULL, NULL),
    (9021, 'ev_page', 'peek', 'any', 'any', NULL, NULL),
    (9021, 'ev_page', 'edit', 'any', 'any', NULL, NULL),
    (9021, 'ev_page', 'view', 'any', 'own', NULL, NULL);

-- ---------------------------------------------------------------------------
-- Two accounts, their companies and projects
-- ---------------------------------------------------------------------------
INSERT INTO clearance.account (id, name, key, portal, default_external_level_id)
VALUES (9001, 'ev A', 'ev-a', true, 9013), (9002, 'ev B', 'ev-b', true, NULL);
INSERT INTO clearance.role (id, account_id, name, level_id)
SELECT 9000 + row_number() OVER (), 9001, 'role of ' || l.name, l.id
FROM clearance.level l
WHERE l.id IN (9001, 9002, 9003, 9004, 9012, 9014) OR (l.name = 'account_admin' AND l.built_in);
INSERT INTO clearance.partner (id, account_id, name, level_id)
VALUES (9001, 9001, 'ev Pine', 9012), (9002, 9001, 'ev Quince', NULL);
INSERT INTO clearance.customer (id, account_id, name) VALUES (9001, 9001, 'ev Client');
INSERT INTO clearance.project (id, account_id, key, archived, portal, client_upload, by_phase, open_level_id) VALUES
    (9001, 9001, 'home', false, true, true, false, NULL),
    (9002, 9001, 'other', false, false, false, false, NULL),
    (9003, 9001, 'attic', true, true, true, false, NULL),
    (9004, 9001, 'lobby', false, true, false, false, 9011),
    (9005, 9001, 'phased', false, true, false, true, NULL),
    (9006, 9002, 'abroad', false, true, false, false, NULL);
INSERT INTO clearance.project_partner (account_id, project_id, partner_id, level_id, starts_at, ends_at) VALUES
    (9001, 9001, 9001, NULL, '-infinity', 'infinity'), (9001, 9002, 9001, 9011, '-infinity', 'infinity'),
    (9001, 9005, 9001, NULL, '-infinity', 'infinity'), (9001, 9001, 9002, NULL, '-infinity', 'infinity');
INSERT INTO clearance.project_customer (account_id, project_id, customer_id)
VALUES (9001, 9001, 9001), (9001, 9002, 9001), (9001, 9003, 9001);

INSERT INTO clearance.member (account_id, key, email, partner_id, customer_id, partner_admin, status) VALUES
    (9001, 'ann', NULL, NULL, NULL, false, 'active'),       -- account admin
    (9001, 'al', NULL, NULL, NULL, false, 'active'),        -- sees the account
    (9001, 'mia', NULL, NULL, NULL, false, 'active'),       -- sees her projects: home
    (9001, 'owen', NULL, NULL, NULL, false, 'active'),      -- the same; owns home
    (9001, 'kit', NULL, NULL, NULL, false, 'active'),       -- keeper of archives and switches
    (9001, 'gus', NULL, NULL, NULL, false, 'active'),       -- guest: no project.view
    (9001, 'nora', NULL, NULL, NULL, false, 'active'),      -- no role
    (9001, 'pat', NULL, 9001, NULL, true, 'active'),        -- Pine, admin
    (9001, 'pia', NULL, 9001, NULL, false, 'active'),       -- Pine, invited to home
    (9001, 'pip', NULL, 9001, NULL, false, 'active'),       -- Pine, invited nowhere
    (9001, 'qua', NULL, 9002, NULL, true, 'active'),        -- Quince: role shared
    (9001, 'quin', NULL, 9002, NULL, true, 'active'),       -- Quince: no role
    (9001, NULL, 'keyless@ev.example', 9002, NULL, true, 'active'),
    (9001, 'carl', NULL, NULL, 9001, false, 'active'),      -- customer contact
    (9002, 'mia', NULL, NULL, NULL, false, 'active');       -- the same key in the other account
INSERT INTO clearance.member_role (member_id, role_id)
SELECT m.id, r.id
FROM (VALUES ('ann', 'account_admin'), ('al', 'ev all'), ('mia', 'ev mine'), ('owen', 'ev mine'), ('kit', 'ev keeper'),
             ('gus', 'ev guest'), ('qua', 'ev shared'), ('carl', 'ev all')) AS h (who, level)
JOIN clearance.member m ON m.key = h.who AND m.account_id = 9001
JOIN clearance.role r ON r.name = 'role of ' || h.level AND r.account_id = 9001;

CREATE FUNCTION pg_temp.id(who text, account bigint DEFAULT 9001) RETURNS bigint LANGUAGE sql AS
$$ SELECT m.id FROM clearance.member m WHERE m.account_id = account AND coalesce(m.key, m.email) = who $$;
CREATE FUNCTION pg_temp.join(project bigint, who text, level integer DEFAULT NULL, source text DEFAULT 'direct',
    owner boolean DEFAULT false, phase boolean DEFAULT false,
    starts timestamptz DEFAULT '-infinity', ends timestamptz DEFAULT 'infinity') RETURNS void LANGUAGE sql AS
$$ INSERT INTO clearance.project_member (account_id, project_id, member_id, source, through_phase, is_owner, level_id, starts_at, ends_at)
   VALUES (9001, project, pg_temp.id(who), source, phase, owner, level, starts, ends) $$;
SELECT pg_temp.join(9001, 'mia'), pg_temp.join(9001, 'owen', owner => true), pg_temp.join(9001, 'pia') \g /dev/null

-- ---------------------------------------------------------------------------
-- Tables
-- ---------------------------------------------------------------------------
CREATE SCHEMA ev;
CREATE TABLE ev.task (id text PRIMARY KEY, project text, is_private boolean, owner text, kind text, assignee text, watchers text[]);
INSERT INTO ev.task VALUES
    ('home shared', 'home', false, 'pia', 'bug', NULL, NULL),
    ('home private', 'home', true, 'pat', 'bug', 'pia', NULL),
    ('home undecided', 'home', NULL, NULL, 'idea', NULL, '{x,pia}'),
    ('other shared', 'other', false, NULL, NULL, 'mia', '{}'),
    ('other private', 'other', true, NULL, 'idea', NULL, NULL),
    ('attic shared', 'attic', false, 'ann', NULL, NULL, NULL),
    ('lobby shared', 'lobby', false, NULL, NULL, NULL, NULL),
    ('phased shared', 'phased', false, NULL, NULL, NULL, NULL),
    ('abroad shared', 'abroad', false, 'mia', NULL, 'mia', NULL),
    ('unknown project', 'nowhere', false, 'mia', NULL, 'mia', NULL),
    ('no project', NULL, false, 'mia', NULL, 'mia', NULL);
CREATE TABLE ev.task_assignee (task text, member text);
INSERT INTO ev.task_assignee VALUES ('home shared', 'quin'), ('home private', 'quin'), ('other shared', 'quin'), ('lost', 'pat');
CREATE TABLE ev.task_watcher (task text, member text);
INSERT INTO ev.task_watcher VALUES ('home shared', 'pia'), ('home shared', 'pat'), ('home private', 'pia'), ('attic shared', 'ann');
CREATE TABLE ev.task_guest (id integer PRIMARY KEY, task text, members text[]);
INSERT INTO ev.task_guest VALUES (1, 'home shared', '{zoe,pat}'), (2, 'home private', '{pia}'), (3, 'attic shared', '{ann}');

-- a paper names its task; a page is named by tasks and carries client visibility
CREATE TABLE ev.paper (id text PRIMARY KEY, project text, is_private boolean, task text);
INSERT INTO ev.paper VALUES ('open', 'home', false, 'home shared'), ('secret', 'home', true, 'home private'), ('loose', 'home', false, NULL),
    ('afar', 'other', false, 'other shared');
ALTER TABLE ev.task ADD page text;
UPDATE ev.task SET page = 'read' WHERE id = 'home shared';
CREATE TABLE ev.page (id text PRIMARY KEY, project text, is_private boolean, client text, owner text, approver text);
INSERT INTO ev.page VALUES
    ('hidden', 'home', false, 'hidden', NULL, NULL), ('blank', 'home', false, NULL, 'zoe', NULL),
    ('read', 'home', true, 'read', NULL, NULL), ('edit', 'home', true, 'edit', NULL, 'pat'),
    ('carl''s', 'home', true, 'hidden', 'carl', NULL), ('attic', 'attic', false, 'edit', 'carl', NULL),
    ('other', 'other', false, 'edit', NULL, NULL);

-- a remark is on a paper, and may reply to one; it is where its paper is
CREATE TABLE ev.remark (id text PRIMARY KEY, paper text, reply_to text);
INSERT INTO ev.remark VALUES ('on open', 'open', NULL), ('on secret', 'secret', NULL), ('nowhere', NULL, NULL), ('on lost', 'lost', NULL),
    ('reply', 'open', 'on open'), ('reply to secret', 'open', 'on secret'), ('reply to that', 'open', 'reply to secret'),
    ('circle 1', 'open', 'circle 2'), ('circle 2', 'open', 'circle 1');
-- a share is between two papers, an attachment of one thing or another
CREATE TABLE ev.share (id text PRIMARY KEY, a text NOT NULL, b text NOT NULL);
INSERT INTO ev.share VALUES ('both seen', 'open', 'loose'), ('one hidden', 'open', 'secret'), ('two projects', 'open', 'afar');
CREATE TABLE ev.reply (id text PRIMARY KEY, project text, kind text, of text);
INSERT INTO ev.reply VALUES ('to a paper', 'home', 'paper', 'open'), ('to a secret', 'home', 'paper', 'secret'),
    ('to a task', 'home', 'task', 'home shared'), ('to an undecided task', 'home', 'task', 'home undecided'),
    ('to a page', 'home', 'page', 'read'), ('to nothing', 'home', NULL, NULL), ('to a paper without number', 'home', 'paper', NULL);
-- letters are drafts until they are sent
CREATE TABLE ev.letter (id text PRIMARY KEY, project text, is_private boolean, owner text, sent timestamptz);
INSERT INTO ev.letter VALUES ('sent', 'home', false, NULL, now() - interval '1 day'), ('draft', 'home', false, 'pia', NULL),
    ('due', 'home', true, NULL, now() + interval '1 day');
-- bills hang on the account, their lines on bills
CREATE TABLE ev.bill (id text PRIMARY KEY, account text);
INSERT INTO ev.bill VALUES ('ours', 'ev-a'), ('theirs', 'ev-b'), ('nobody''s', NULL), ('unknown', 'ev-c');
CREATE TABLE ev.line (id text PRIMARY KEY, bill text);
INSERT INTO ev.line VALUES ('of ours', 'ours'), ('of theirs', 'theirs'), ('of none', NULL);

INSERT INTO clearance.binding (id, relation, feature, link_only, key_column, project_column, visibility_column, shared_values,
    client_visibility_column, account_column, owner_column, kind_column, published_column, publish_action)
VALUES
    (9001, 'ev.task', 'ev_task', false, 'id', 'project', 'is_private', '{false}', NULL, NULL, 'owner', 'kind', NULL, NULL),
    (9002, 'ev.task_assignee', 'ev_task', true, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (9003, 'ev.task_watcher', 'ev_task', true, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (9004, 'ev.task_guest', 'ev_task', true, 'id', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (9005, 'ev.paper', 'ev_paper', false, 'id', 'project', 'is_private', '{f}', NULL, NULL, NULL, NULL, NULL, NULL),
    (9006, 'ev.page', 'ev_page', false, 'id', 'project', 'is_private', '{false}', 'client', NULL, 'owner', NULL, NULL, NULL),
    (9007, 'ev.remark', 'ev_remark', false, 'id', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (9008, 'ev.share', 'ev_share', false, 'id', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (9009, 'ev.reply', 'ev_reply', false, 'id', 'project', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (9010, 'ev.letter', 'ev_letter', false, 'id', 'project', 'is_private', '{false}', NULL, NULL, 'owner', NULL, 'sent', 'publish'),
    (9011, 'ev.bill', 'ev_bill', false, 'id', NULL, NULL, NULL, NULL, 'account', NULL, NULL, NULL, NULL),
    (9012, 'ev.line', 'ev_line', false, 'id', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
UPDATE clearance.binding b SET columns = ARRAY(SELECT attname FROM pg_attribute WHERE attrelid = b.relation AND attnum > 0 ORDER BY attnum) WHERE id > 9000;
INSERT INTO clearance.binding_relation (binding_id, kind, member_column, link, link_column, row_column) VALUES
    (9001, 'assigned', 'assignee', NULL, NULL, NULL),
    (9001, 'assigned', 'member', 'ev.task_assignee', 'task', 'id'),
    (9001, 'followed', 'watchers', NULL, NULL, NULL),
    (9001, 'followed', 'member', 'ev.task_watcher', 'task', NULL),
    (9001, 'invited', 'members', 'ev.task_guest', 'task', NULL),
    (9005, 'assigned_task', NULL, 'ev.task', NULL, 'task'),
    (9006, 'assigned_task', NULL, 'ev.task', 'page', NULL),
    (9006, 'assigned_task', 'approver', NULL, NULL, NULL);
INSERT INTO clearance.binding_parent (binding_id, column_name, parent_id, type_column, type_value, optional) VALUES
    (9007, 'paper', 9005, NULL, NULL, false), (9007, 'reply_to', 9007, NULL, NULL, true),
    (9008, 'a', 9005, NULL, NULL, false), (9008, 'b', 9005, NULL, NULL, false),
    (9009, 'of', 9005, 'kind', 'paper', false), (9009, 'of', 9001, 'kind', 'task', false),
    (9012, 'bill', 9011, NULL, NULL, false);

-- What a member may do, as one line.
CREATE FUNCTION pg_temp.can(who text, relation text, action text DEFAULT 'view') RETURNS text LANGUAGE sql AS
$$ SELECT coalesce(string_agg(k, ', ' ORDER BY k COLLATE "C"), 'nothing')
   FROM evaluator.permitted(pg_temp.id(who), ('ev.' || relation)::regclass, action) k $$;
CREATE FUNCTION pg_temp.partner_sees(partner bigint, relation text) RETURNS text LANGUAGE sql AS
$$ SELECT coalesce(string_agg(k, ', ' ORDER BY k COLLATE "C"), 'nothing')
   FROM evaluator.permitted_partner(partner, ('ev.' || relation)::regclass) k $$;
CREATE FUNCTION pg_temp.where(who text, feature text, action text) RETURNS text LANGUAGE sql AS
$$ SELECT coalesce(string_agg(coalesce(k, '(account)'), ', ' ORDER BY k COLLATE "C"), 'nowhere')
   FROM evaluator.may_where(pg_temp.id(who), feature, action) k $$;

SELECT evaluator.hold() \g /dev/null

-- ---------------------------------------------------------------------------
-- Vendor: reach, account, unknown projects (6, 8, 20)
-- ---------------------------------------------------------------------------
SELECT is(pg_temp.can('ann', 'task'),
    'attic shared, home private, home shared, home undecided, lobby shared, other private, other shared, phased shared',
    'an account admin sees every row of its account, archived ones too, but none of an unknown project');
SELECT is(pg_temp.can('ann', 'task', 'freeze'),
    'home private, home shared, home undecided, lobby shared, other private, other shared, phased shared',
    'it holds actions that no level names, but an archived project is read-only');
SELECT is(pg_temp.can('al', 'task'),
    'home private, home shared, home undecided, lobby shared, other private, other shared, phased shared',
    'reach account: all but the archived project');
SELECT is(pg_temp.can('al', 'task', 'edit'), 'nothing', 'no grant means no');
SELECT is(pg_temp.can('mia', 'task'), 'home private, home shared, home undecided',
    'no reach of its own: as far as project.view; being assigned reaches no further');
SELECT is(pg_temp.can('mia', 'task', 'edit'), 'home private, home shared, home undecided',
    'a grant that reaches the account still needs sight of the row');
SELECT is(pg_temp.where('mia', 'ev_task', 'edit'), 'home, lobby, other, phased, (account)',
    'without a row it is held in the whole account');
SELECT is(pg_temp.can('mia', 'task', 'delete'), 'nothing', 'reach owned: not hers');
SELECT is(pg_temp.can('owen', 'task', 'delete'), 'home private, home shared, home undecided', 'reach owned: his project');
SELECT is(pg_temp.can('gus', 'task'), 'nothing', 'a level without project.view reaches no project of its own');
SELECT is(pg_temp.can('nora', 'task'), 'nothing', 'no role, no level, no rows');
SELECT is((SELECT count(*) FROM evaluator.permitted(pg_temp.id('mia', 9002), 'ev.task', 'view')), 0::bigint,
    'the same key in another account is another member');
SELECT is((SELECT count(*) FROM evaluator.permitted(NULL, 'ev.task', 'view')), 0::bigint, 'nobody sees nothing');

-- ---------------------------------------------------------------------------
-- Partners: on the project, admin or invited, order of levels (5, 13)
-- ---------------------------------------------------------------------------
SELECT is(pg_temp.can('pat', 'task'), 'home shared, lobby shared, other private, other shared',
    'a partner admin: its partner''s level at home, the partner''s own level on other, the lobby is open');
SELECT is(pg_temp.can('pat', 'task', 'edit'), 'home shared, lobby shared, other private, other shared',
    'edit on any row is narrowed by sight');
SELECT is(pg_temp.can('pia', 'task'), 'home shared, lobby shared', 'a collaborator: only where it is invited; NULL is private (16)');
SELECT is(pg_temp.can('pip', 'task'), 'lobby shared', 'invited nowhere: only the open project');
SELECT is(pg_temp.can('qua', 'task'), 'home shared, lobby shared', 'a partner without level: the role decides');
SELECT is(pg_temp.can('quin', 'task'), 'home private, home shared, lobby shared',
    'without role: the account''s default (assigned), through the link table');
SELECT is(pg_temp.can('keyless@ev.example', 'task'), 'lobby shared', 'a member without key is assigned nothing');
SELECT is(pg_temp.can('pat', 'bill'), 'nothing', 'partners do not reach the account level');

SELECT pg_temp.join(9001, 'pat', 9013), evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('pat', 'task'), 'lobby shared, other private, other shared', 'a level on the project demotes an admin too: nothing assigned');
SELECT pg_temp.join(9001, 'pat', 9014, 'mirror'), evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('pat', 'task'), 'home private, home shared, lobby shared, other private, other shared',
    'levels of two memberships add up; kinds: bugs, private or not');
SELECT is(pg_temp.can('pat', 'page'), 'edit, other', 'a grant for kinds does not hold where rows have no kind; assigned_task by a plain column does');
UPDATE clearance.project_member SET ends_at = statement_timestamp() WHERE member_id = pg_temp.id('pat') AND level_id = 9014;
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('pat', 'task'), 'lobby shared, other private, other shared', 'a window ends before its end: the level is gone (12)');
UPDATE clearance.project_member SET ends_at = 'infinity', starts_at = statement_timestamp() WHERE member_id = pg_temp.id('pat') AND level_id = 9014;
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('pat', 'task'), 'home private, home shared, lobby shared, other private, other shared', 'a window starts with its start');
DELETE FROM clearance.project_member WHERE member_id = pg_temp.id('pat');

SELECT pg_temp.join(9001, 'pia', 9014, 'mirror'), evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('pia', 'task'), 'home private, home shared, lobby shared', 'kinds reach the private bug');
UPDATE clearance.level_grant SET kinds = '{idea}' WHERE level_id = 9014 AND relation = 'any';
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('pia', 'task'), 'home undecided, lobby shared', 'one grant must satisfy all its parts: the assigned task is private, the shared one not assigned');
DELETE FROM clearance.project_member WHERE member_id = pg_temp.id('pia') AND source = 'mirror';

UPDATE clearance.partner SET level_id = 9015 WHERE id = 9001;
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('pia', 'task'), 'home private, home shared, home undecided, lobby shared',
    'followed by link table and by array; invited by link table of arrays; the owner counts as invited (22)');
SELECT is(pg_temp.can('pat', 'task'), 'home private, home shared, lobby shared, other private, other shared', 'and others are not');

-- company and reports (32, 45)
UPDATE clearance.partner SET level_id = 9016 WHERE id IN (9001, 9002);
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('pia', 'task'), 'home private, home shared, lobby shared', 'of its company: owned by Pat and by Pia; whom it watches is nobody''s own');
SELECT is(pg_temp.can('qua', 'task'), 'home private, home shared, lobby shared', 'by link table');
UPDATE clearance.member SET status = 'disabled' WHERE id = pg_temp.id('quin');
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('qua', 'task'), 'home private, home shared, lobby shared', 'whatever the status of the colleague');
SELECT is(pg_temp.partner_sees(9002, 'task'), 'home private, home shared, lobby shared', 'for a login of the whole partner, too');
UPDATE clearance.member SET status = 'active' WHERE id = pg_temp.id('quin');
INSERT INTO clearance.role (id, account_id, name, level_id) VALUES (9101, 9001, 'ev chief', 9017), (9102, 9001, 'ev team', 9018);
INSERT INTO clearance.member_role VALUES (pg_temp.id('nora'), 9102);
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('nora', 'task'), 'other shared', 'the vendor''s company is its team, of the account');
UPDATE clearance.member_role SET role_id = 9101 WHERE member_id = pg_temp.id('nora');
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('nora', 'task'), 'nothing', 'reports: nobody yet');
INSERT INTO clearance.resource (account_id, member_id, supervisor_id)
VALUES (9001, pg_temp.id('pat'), pg_temp.id('nora')), (9001, pg_temp.id('quin'), pg_temp.id('pat'));
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('nora', 'task'), 'home private', 'Pat, but not whom Pat supervises');
UPDATE clearance.resource SET supervisor_id = pg_temp.id('nora') WHERE account_id = 9001;
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('nora', 'task'), 'home private, home shared, other shared', 'whoever it supervises, of whatever company');
DELETE FROM clearance.resource WHERE account_id = 9001;
DELETE FROM clearance.member_role WHERE member_id = pg_temp.id('nora');
UPDATE clearance.partner SET level_id = NULL WHERE id = 9002;

UPDATE clearance.partner SET level_id = 9012 WHERE id = 9001;
INSERT INTO clearance.level_denial VALUES (9012, 'ev_task', 'view');
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('pia', 'task'), 'home shared, lobby shared', 'a denial takes built-in grants only');
UPDATE clearance.level_grant SET built_in = true WHERE level_id = 9012 AND feature = 'ev_task' AND action = 'view';
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('pia', 'task'), 'lobby shared', 'and those it takes');
DELETE FROM clearance.level_denial WHERE level_id = 9012;
UPDATE clearance.level_grant SET built_in = false WHERE level_id = 9012;

-- participation by phase (13)
SELECT is(pg_temp.can('pat', 'task') ~ 'phased', false, 'by phase: an admin outside every phase does not reach it');
SELECT pg_temp.join(9005, 'pia', source => 'direct'), pg_temp.join(9005, 'pip', source => 'phase', phase => true), evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('pip', 'task'), 'lobby shared, phased shared', 'through a phase');
SELECT is(pg_temp.can('pia', 'task') ~ 'phased', false, 'a direct membership is not enough');
SELECT is(pg_temp.partner_sees(9001, 'task'), 'home shared, lobby shared, other private, other shared, phased shared',
    'a login for the partner: through any member''s phase (15)');
UPDATE clearance.member SET status = 'disabled' WHERE id = pg_temp.id('pip');
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.partner_sees(9001, 'task') ~ 'phased', false, 'but not through a disabled one''s');
SELECT is(pg_temp.partner_sees(9002, 'task'), 'home private, home shared, lobby shared', 'assigned means: to any of its active members');
UPDATE clearance.member SET status = 'invited' WHERE id = pg_temp.id('quin');
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.partner_sees(9002, 'task'), 'lobby shared', 'of its active members only; roles of members do not count');
SELECT is(pg_temp.can('quin', 'task'), 'nothing', 'a merely invited member has no standing (25)');
UPDATE clearance.member SET status = 'active' WHERE id IN (pg_temp.id('quin'), pg_temp.id('pip'));

-- standing (25), windows of the partner (12)
UPDATE clearance.partner SET active = false WHERE id = 9001;
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('pat', 'task'), 'nothing', 'a disabled partner''s members have no standing, not even in an open project');
SELECT is(pg_temp.partner_sees(9001, 'task'), 'nothing', 'nor its login');
UPDATE clearance.partner SET active = true WHERE id = 9001;
UPDATE clearance.project_partner SET starts_at = now() + interval '1 day' WHERE partner_id = 9001 AND project_id = 9001;
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('pia', 'task'), 'lobby shared', 'a partner that is not on the project yet: being invited is not enough');
UPDATE clearance.project_partner SET starts_at = '-infinity' WHERE partner_id = 9001;
UPDATE clearance.account SET active = false WHERE id = 9001;
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('ann', 'task'), 'nothing', 'an account that is not active has no standing members');
UPDATE clearance.account SET active = true WHERE id = 9001;

-- ---------------------------------------------------------------------------
-- Vendor again: levels on a project (6), open projects (26), archive, switches
-- ---------------------------------------------------------------------------
SELECT pg_temp.join(9001, 'al', 9004), pg_temp.join(9002, 'al', 9002), pg_temp.join(9001, 'ann', 9004), evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('al', 'task'), 'lobby shared, other private, other shared, phased shared',
    'a level on the project replaces the role''s grants there; one without project.view reaches nothing');
SELECT is(pg_temp.can('al', 'task', 'edit'), 'other private, other shared', 'and gives its own');
SELECT is(pg_temp.can('ann', 'task', 'edit') ~ 'home private', true, 'nothing demotes an account admin');
DELETE FROM clearance.project_member WHERE member_id IN (pg_temp.id('al'), pg_temp.id('ann'));

UPDATE clearance.project SET open_level_id = 9004 WHERE id = 9004;
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('mia', 'task'), 'home private, home shared, home undecided, lobby shared',
    'an open project gives its level to vendor members whose project.view does not cover it');
SELECT is(pg_temp.can('mia', 'task', 'edit'), 'home private, home shared, home undecided', 'and that level only');
SELECT is(pg_temp.can('nora', 'task'), 'lobby shared', 'also without any role');
SELECT is(pg_temp.can('pat', 'task') ~ 'lobby', false, 'and to its audience only');
INSERT INTO clearance.project_open_level VALUES (9004, 9011), (9001, 9011);
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('pip', 'task'), 'lobby shared, phased shared', 'further levels are for their audiences, of projects that are open');
SELECT is(pg_temp.can('nora', 'task'), 'lobby shared', 'each of an open one for its own');
DELETE FROM clearance.project_open_level;
UPDATE clearance.project SET open_level_id = 9011 WHERE id = 9004;
UPDATE clearance.project SET open_level_id = 9011 WHERE id = 9001;
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('pia', 'task'), 'home shared, lobby shared', 'who has another way in does not get the open level');
SELECT is(pg_temp.can('pip', 'task'), 'home private, home shared, home undecided, lobby shared, phased shared', 'who has none does');
UPDATE clearance.project SET open_level_id = NULL WHERE id = 9001;

SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('kit', 'task') ~ 'attic', true, 'project.view_archived opens an archived project');
SELECT is(pg_temp.can('kit', 'task', 'peek') ~ 'attic', true, 'for actions that read');
SELECT is(pg_temp.can('kit', 'task', 'edit') ~ 'attic', false, 'and for no others');
SELECT is(pg_temp.where('ann', 'project', 'unarchive') ~ 'attic', true, 'but project.unarchive');
SELECT is(pg_temp.where('ann', 'project', 'edit') ~ 'attic', false, 'an archived project cannot be edited');
INSERT INTO clearance.member_switch VALUES (pg_temp.id('mia'), 'project', 'view_archived');
SELECT pg_temp.join(9003, 'mia'), evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('mia', 'task') ~ 'attic', true, 'a switch of one''s own will do');
DELETE FROM clearance.member_switch WHERE member_id = pg_temp.id('mia');

INSERT INTO clearance.project_feature_off VALUES (9001, 'ev_task'), (9001, 'ev_paper');
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('mia', 'task'), 'nothing', 'a feature that is off has no rows');
SELECT is(pg_temp.can('kit', 'task') ~ 'home', true, 'but for those who manage the switches');
SELECT is(pg_temp.can('ann', 'task') ~ 'home', true, 'account admins do');
SELECT is(pg_temp.where('mia', 'ev_task', 'view'), '(account)', 'nor acts without a row');
SELECT is(pg_temp.can('mia', 'task_watcher'), 'nothing', 'a link row goes with its target');
DELETE FROM clearance.project_feature_off WHERE project_id = 9001;

-- switches (9)
INSERT INTO clearance.member_switch VALUES (pg_temp.id('mia'), 'ev_task', 'freeze'), (pg_temp.id('pia'), 'ev_task', 'view');
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('mia', 'task', 'freeze'), 'home private, home shared, home undecided', 'a switch reaches as far as project.view');
SELECT is(pg_temp.can('pia', 'task'), 'home private, home shared, home undecided, lobby shared', 'a partner''s switch: any row of its projects, not of others');
INSERT INTO clearance.not_available VALUES (9002, 'ev_task', 'freeze'), (9012, 'ev_task', 'view');
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('mia', 'task', 'freeze'), 'nothing', 'not available voids a switch');
SELECT is(pg_temp.can('pia', 'task'), 'home shared, lobby shared', 'but no grant');
DELETE FROM clearance.not_available WHERE level_id IN (9002, 9012);
DELETE FROM clearance.member_switch WHERE member_id IN (pg_temp.id('mia'), pg_temp.id('pia'));

-- account-level rows
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('al', 'bill'), 'ours', 'rows without project: the account column decides; NULL and unknown are closed');
SELECT is(pg_temp.can('al', 'line'), 'of ours', 'their children are where they are');
SELECT is(pg_temp.can('mia', 'bill'), 'nothing', 'and need a grant');

-- ---------------------------------------------------------------------------
-- assigned_task, parents, gates
-- ---------------------------------------------------------------------------
UPDATE clearance.partner SET level_id = 9013 WHERE id = 9001;
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('pia', 'paper'), 'secret', 'the row names its task, which is assigned to the member (by column)');
SELECT is(pg_temp.can('quin', 'paper'), 'open, secret', 'or by link table; a task on a project that it does not reach helps nothing');
SELECT is(pg_temp.can('quin', 'page'), 'read', 'the task names the row');
SELECT is(pg_temp.can('pia', 'remark'), 'nothing', 'no grant for remarks');

UPDATE clearance.partner SET level_id = 9011 WHERE id = 9001;
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('pia', 'remark'), 'on open, on secret, reply, reply to secret, reply to that',
    'remarks are where their paper is; without, or with a lost paper they are closed; so is a circle of replies');
UPDATE clearance.level_grant SET visibility = 'shared' WHERE level_id = 9011 AND feature = 'ev_paper' AND action = 'view';
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('pia', 'paper'), 'loose, open', 'moderate on papers now');
SELECT is(pg_temp.can('pia', 'remark'), 'on open, reply', 'a remark on, and a reply to something hidden is hidden, however deep');
SELECT is(pg_temp.can('pia', 'remark', 'edit'), 'on open, reply', 'the parents must be seen for every act');
SELECT is(pg_temp.can('pia', 'remark', 'create'), 'on open, reply', 'also to create');
SELECT is(pg_temp.can('pia', 'share'), 'both seen', 'both papers must be seen, and be in one project');
SELECT is(pg_temp.can('pia', 'reply'), 'to a paper, to a task, to an undecided task',
    'one of several parents by type; an unknown type or none closes the row where a parent is required');
UPDATE clearance.binding_parent SET optional = true WHERE binding_id = 9009;
SELECT evaluator.hold() \g /dev/null
SELECT is(pg_temp.can('pia', 'reply'), 'to a page, to a paper, to a paper without number, to a task, to an undecided task, to nothing',
    'optional parents close nothing where there is none');

-- gates on the row acted on
INSERT INTO clearance.gate (feature, action, gate_feature, gate_action, audiences)
VALUES ('ev_task', 'view', 'project', 'view_plan', '{partner}');
INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation)
SELECT 9011, 'project', 'view_plan', 'any', 'assigned' FROM clearance.action WHERE feature = 'project' AND name = 'view_plan';
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('pia', 'task'), 'home private', 'a page gate is judged on the row: assigned');
SELECT is(pg_temp.can('al', 'task') ~ 'home shared', true, 'a gate stands for its audiences only');
SELECT is(pg_temp.where('pia', 'ev_task', 'view'), 'home, lobby', 'without a row: granted somehow');
DELETE FROM clearance.level_grant WHERE level_id = 9011 AND feature = 'project';
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.where('pia', 'ev_task', 'view'), 'nowhere', 'the gate closes the act without a row as well');
DELETE FROM clearance.gate WHERE feature = 'ev_task';
-- gates have gates
INSERT INTO clearance.gate (feature, action, gate_feature, gate_action)
VALUES ('ev_page', 'edit', 'ev_page', 'peek'), ('ev_page', 'peek', 'ev_page', 'freeze'), ('ev_page', 'freeze', 'ev_page', 'peek');
INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation)
VALUES (9011, 'ev_page', 'peek', 'any', 'any'), (9011, 'ev_page', 'freeze', 'shared', 'any');
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('pia', 'page'), 'blank, carl''s, edit, hidden, read', 'client visibility is for customers');
SELECT is(pg_temp.can('pia', 'page', 'edit'), 'blank, hidden', 'every gate of a gate must open');
DELETE FROM clearance.gate WHERE feature = 'ev_page';
-- gates on parents
UPDATE clearance.level_grant SET visibility = 'any' WHERE level_id = 9011 AND feature = 'ev_paper' AND action = 'view';
INSERT INTO clearance.gate (feature, action, gate_feature, gate_action) VALUES ('ev_remark', 'edit', 'ev_paper', 'freeze');
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('pia', 'remark', 'edit'), 'on open, reply, reply to secret, reply to that',
    'a gate about the parent''s feature is judged on the parent: frozen are shared papers only');
UPDATE clearance.level_grant SET visibility = 'any', relation = 'assigned_task' WHERE level_id = 9011 AND feature = 'ev_paper' AND action = 'freeze';
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('pia', 'remark', 'edit'), 'on secret', 'with the parent''s relations, not the row''s');

-- ---------------------------------------------------------------------------
-- Drafts (17)
-- ---------------------------------------------------------------------------
SELECT is(pg_temp.can('pia', 'letter'), 'draft, sent', 'a draft is seen by its owner; a partner who may publish is no vendor');
SELECT is(pg_temp.can('pat', 'letter'), 'sent', 'and by no other partner');
SELECT is(pg_temp.can('mia', 'letter'), 'draft, sent', 'the vendor''s people who may publish that very row');
SELECT is(pg_temp.can('al', 'letter'), 'sent', 'and not those who may not');
SELECT is(pg_temp.can('ann', 'letter'), 'draft, due, sent', 'account admins may');
SELECT is(pg_temp.can('mia', 'letter', 'publish'), 'draft, sent', 'publishing needs sight');

-- ---------------------------------------------------------------------------
-- Link tables (22)
-- ---------------------------------------------------------------------------
UPDATE clearance.partner SET level_id = 9012 WHERE id = 9001;
UPDATE clearance.partner SET level_id = NULL WHERE id = 9002;
SELECT evaluator.hold() \g /dev/null
SELECT is(pg_temp.can('pia', 'task_assignee'), '("home shared",quin)', 'a link row is seen with its target; one without target by nobody');
SELECT is(pg_temp.can('ann', 'task_assignee'), '("home private",quin), ("home shared",quin), ("other shared",quin)', 'not even by an admin');
SELECT is(pg_temp.can('pia', 'task_assignee', 'delete'), '("home shared",quin)', 'written with assign: a partner''s edit on any relation');
SELECT is(pg_temp.can('quin', 'task_assignee'), '("home private",quin), ("home shared",quin)', 'restricted: sees its own');
SELECT is(pg_temp.can('quin', 'task_assignee', 'create'), 'nothing', 'and cannot write: edit on assigned rows is no assign');
SELECT is(pg_temp.can('mia', 'task_assignee', 'edit'), '("home private",quin), ("home shared",quin)', 'vendor: the right to edit');
INSERT INTO clearance.action (feature, name, reads) VALUES ('ev_task', 'edit_assignee', false);
SELECT is(pg_temp.can('mia', 'task_assignee', 'edit'), 'nothing', 'or, where there is one, to edit the assignee');
INSERT INTO clearance.action (feature, name, reads) VALUES ('ev_task', 'assign', false);
INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation) VALUES (9012, 'ev_task', 'assign', 'any', 'assigned');
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('pia', 'task_assignee', 'edit'), 'nothing', 'where levels speak of assign they decide');
SELECT is(pg_temp.can('pia', 'task_watcher', 'delete'), '("home shared",pia)', 'following: for oneself, where one sees the row');
SELECT is(pg_temp.can('ann', 'task_watcher', 'delete'), 'nothing', 'no one else''s, and not in an archived project');
SELECT is(pg_temp.can('pia', 'task_guest'), '1', 'invitations are seen with the row');
SELECT is(pg_temp.can('pia', 'task_guest', 'edit'), '1', 'the owner of a row invites to it');
SELECT is(pg_temp.can('pat', 'task_guest', 'edit'), 'nothing', 'not the owner of a row that it does not see');
SELECT is(pg_temp.can('ann', 'task_guest', 'edit'), '1, 2', 'account admins do, but in archived projects');

-- ---------------------------------------------------------------------------
-- Parents in other projects (29), and what is asked of parents
-- ---------------------------------------------------------------------------
UPDATE ev.task SET owner = 'pat' WHERE id = 'other private';
INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation) VALUES
    (9011, 'ev_share', 'edit', 'any', 'any'), (9012, 'ev_share', 'view', 'any', 'any'), (9012, 'ev_share', 'edit', 'any', 'any');
CREATE TABLE ev.need (id text PRIMARY KEY, task text, needs text);
INSERT INTO ev.need VALUES ('on a private one', 'home shared', 'other private'), ('on a shared one', 'home shared', 'other shared'),
    ('on a hidden one', 'home shared', 'home private'), ('on one abroad', 'other shared', 'abroad shared'), ('from abroad', 'abroad shared', 'other shared'),
    ('on none', 'home shared', NULL), ('on a lost one', 'home shared', 'lost');
CREATE TABLE ev.step (id text PRIMARY KEY, project text, above text);
INSERT INTO ev.step VALUES ('1', 'home', NULL), ('2', 'other', '1'), ('3', 'home', '2'), ('4', 'abroad', NULL), ('5', 'home', '4'), ('6', 'other', '7'), ('7', 'home', '6');
INSERT INTO clearance.binding (id, relation, feature, key_column, project_column)
VALUES (9013, 'ev.need', 'ev_share', 'id', NULL), (9014, 'ev.step', 'ev_share', 'id', 'project');
UPDATE clearance.binding b SET columns = ARRAY(SELECT attname FROM pg_attribute WHERE attrelid = b.relation AND attnum > 0 ORDER BY attnum) WHERE id > 9012;
INSERT INTO clearance.binding_parent (binding_id, column_name, parent_id, optional, same_project, edit_action) VALUES
    (9013, 'task', 9001, false, true, NULL), (9013, 'needs', 9001, false, false, NULL), (9014, 'above', 9014, true, false, NULL);
SELECT evaluator.hold() \g /dev/null
SELECT is(pg_temp.can('pat', 'need'), 'on a private one, on a shared one', 'a parent elsewhere is seen there, or closes the row; so does none, where one must be');
SELECT is(pg_temp.can('ann', 'need'), 'on a hidden one, on a private one, on a shared one', 'it is in no other account');
SELECT is(pg_temp.can('pat', 'need', 'edit'), 'on a private one, on a shared one', 'nothing is asked of it but sight');
SELECT is(pg_temp.can('pat', 'step'), '1, 2, 3', 'a chain goes through projects, and no account');
UPDATE clearance.binding_parent SET edit_action = 'ev_task.delete' WHERE binding_id = 9013 AND NOT same_project;
UPDATE clearance.binding_parent SET edit_action = 'ev_share.edit' WHERE binding_id = 9014;
SELECT evaluator.hold() \g /dev/null
SELECT is(pg_temp.can('pat', 'need', 'edit'), 'on a private one', 'an action on the parent, which is for own ones there');
SELECT is(pg_temp.can('pat', 'need'), 'on a private one, on a shared one', 'asks nothing of sight');
SELECT is(pg_temp.can('pat', 'step', 'edit'), '1, 2, 3', 'of rows of the same table, all above are asked');
DELETE FROM clearance.level_grant WHERE level_id = 9012 AND feature = 'ev_share' AND action = 'edit';
SELECT evaluator.hold() \g /dev/null
SELECT is(pg_temp.can('pat', 'step', 'edit'), 'nothing', 'one above that may not be edited bars all below it');
UPDATE clearance.binding_parent SET view_action = 'ev_task.delete' WHERE binding_id = 9013 AND NOT same_project;
SELECT evaluator.hold() \g /dev/null
SELECT is(pg_temp.can('pat', 'need'), 'on a private one', 'unless sight asks for it');

-- ---------------------------------------------------------------------------
-- Customers (11, 16, 24, 25)
-- ---------------------------------------------------------------------------
UPDATE clearance.member SET customer_id = 9001 WHERE id = pg_temp.id('carl');
SELECT is(pg_temp.can('carl', 'task'), 'nothing', 'a contact has the level client, which knows no such tables; a vendor role counts nothing');
SELECT pg_temp.join(9001, 'carl', 9021), evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('carl', 'task'), 'home shared', 'a level on the project; without client visibility, visibility decides');
SELECT is(pg_temp.can('carl', 'page'), 'carl''s, edit, read', 'client visibility alone, also of private rows; its own even if hidden');
SELECT is(pg_temp.can('carl', 'page', 'edit'), 'edit', 'edit where it says edit');
SELECT is(pg_temp.can('carl', 'page', 'peek'), 'edit', 'read means view and nothing else');
SELECT is(pg_temp.can('carl', 'task_assignee', 'edit'), 'nothing', 'customers never assign');
SELECT is(pg_temp.where('carl', 'file', 'create'), 'home', 'uploads go by the project''s switch, and not into archives');
UPDATE clearance.project SET client_upload = false WHERE id = 9001;
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.where('carl', 'file', 'create'), 'nowhere', 'off: no upload, whatever the level says');
SELECT is(pg_temp.where('carl', 'project', 'view'), 'nowhere', 'the level on the project does not grant it');
UPDATE clearance.project SET portal = true WHERE id = 9002;
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.where('carl', 'project', 'view'), 'other', 'the level client does, where the portal is on');
UPDATE clearance.account SET portal = false WHERE id = 9001;
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('carl', 'task'), 'nothing', 'the account''s portal is off');
UPDATE clearance.account SET portal = true WHERE id = 9001;
UPDATE clearance.project SET portal = false WHERE id = 9001;
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('carl', 'task'), 'nothing', 'the project''s portal is off');
UPDATE clearance.project SET portal = true WHERE id = 9001;
UPDATE clearance.project SET open_level_id = 9021 WHERE id = 9004;
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('carl', 'task'), 'home shared, lobby shared', 'a project open to customers');
UPDATE clearance.project SET portal = false WHERE id = 9004;
UPDATE clearance.project_customer SET ends_at = now() WHERE customer_id = 9001;
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('carl', 'task'), 'nothing', 'its company has left; an open project without portal is closed');
UPDATE clearance.project_customer SET ends_at = 'infinity' WHERE customer_id = 9001;
UPDATE clearance.customer SET active = false WHERE id = 9001;
SELECT evaluator.forget() \g /dev/null
SELECT is(pg_temp.can('carl', 'task'), 'nothing', 'a disabled customer''s contacts have no standing');

-- ---------------------------------------------------------------------------
-- Several type columns (19)
-- ---------------------------------------------------------------------------
CREATE TABLE ev.pair (id text PRIMARY KEY, project text, a_kind text, a text, b_kind text, b text);
INSERT INTO ev.pair VALUES ('both', 'home', 'paper', 'open', 'task', 'home shared'), ('lost', 'home', 'paper', 'open', 'task', 'lost'),
    ('no b', 'home', 'paper', 'open', 'task', NULL), ('no page', 'home', 'paper', 'open', 'page', NULL), ('else', 'home', 'paper', 'open', 'else', 'x'),
    ('no kind', 'home', 'paper', 'open', NULL, NULL), ('no a', 'home', NULL, NULL, 'task', 'home shared');
INSERT INTO clearance.binding (id, relation, feature, key_column, project_column) VALUES (9015, 'ev.pair', 'ev_share', 'id', 'project');
UPDATE clearance.binding b SET columns = ARRAY(SELECT attname FROM pg_attribute WHERE attrelid = b.relation AND attnum > 0 ORDER BY attnum) WHERE id = 9015;
INSERT INTO clearance.binding_parent (binding_id, column_name, parent_id, type_column, type_value, optional) VALUES
    (9015, 'a', 9005, 'a_kind', 'paper', false), (9015, 'b', 9001, 'b_kind', 'task', false), (9015, 'b', 9006, 'b_kind', 'page', true);
SELECT evaluator.hold() \g /dev/null
SELECT is(pg_temp.can('ann', 'pair'), 'both, no page', 'each column names what it must, of a type that it knows, whatever the other one says; one type may be optional');
UPDATE clearance.binding_parent SET optional = true WHERE binding_id = 9015 AND column_name = 'b';
SELECT evaluator.hold() \g /dev/null
SELECT is(pg_temp.can('ann', 'pair'), 'both, else, no b, no kind, no page', 'where all types are optional, so is any other');

-- ---------------------------------------------------------------------------
-- Adding what is like another row (17, 21, 22)
-- ---------------------------------------------------------------------------
CREATE COLLATION ev.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE ev.team (team text, member text COLLATE ev.loose);
INSERT INTO ev.team VALUES ('T', 'PAT'), ('u', 'pat');
CREATE TABLE ev.item (id text PRIMARY KEY, project text, assignees text[], guests text[], follower text, team text COLLATE ev.loose, published boolean, page text);
INSERT INTO ev.item (id, project, assignees) VALUES ('for nobody', 'home', '{}'), ('for nulls', 'home', '{NULL}'), ('for pat', 'home', '{NULL,pat}');
INSERT INTO ev.item (id, project, guests) VALUES ('pat is invited', 'home', '{pat}'), ('nobody is invited', 'home', '{}');
INSERT INTO ev.item (id, project, follower) VALUES ('pat follows', 'home', 'pat'), ('pia follows', 'home', 'pia');
INSERT INTO ev.item (id, project, team) VALUES ('for T', 'home', 't'), ('for u', 'home', 'u'), ('for none', 'home', 'none');
INSERT INTO ev.item (id, project, published) VALUES ('draft', 'home', false), ('published', 'home', true);
INSERT INTO ev.item (id, project, page) VALUES ('on a page', 'home', 'hidden'), ('on a private one', 'home', 'edit'), ('on a lost one', 'home', 'lost'), ('elsewhere', 'other', NULL);
INSERT INTO clearance.binding (id, relation, feature, key_column, project_column, published_column, publish_action)
VALUES (9016, 'ev.item', 'ev_line', 'id', 'project', 'published', 'publish');
UPDATE clearance.binding b SET columns = ARRAY(SELECT attname FROM pg_attribute WHERE attrelid = b.relation AND attnum > 0 ORDER BY attnum) WHERE id = 9016;
INSERT INTO clearance.binding_relation (binding_id, kind, member_column, link, link_column, row_column) VALUES
    (9016, 'assigned', 'assignees', NULL, NULL, NULL), (9016, 'invited', 'guests', NULL, NULL, NULL), (9016, 'followed', 'follower', NULL, NULL, NULL),
    (9016, 'assigned', 'member', 'ev.team', 'team', 'team'), (9006, 'assigned_task', NULL, 'ev.item', 'page', NULL);
INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation) VALUES (9012, 'ev_line', 'create', 'any', 'any'), (9012, 'ev_line', 'view', 'any', 'assigned');
CREATE FUNCTION pg_temp.adds(who text) RETURNS text LANGUAGE sql AS
$$ SELECT coalesce(string_agg(k, ', ' ORDER BY k COLLATE "C"), 'nothing') FROM evaluator.addable(pg_temp.id(who), 'ev.item') k $$;
SELECT evaluator.hold() \g /dev/null
SELECT is(pg_temp.adds('pat'), 'draft, for nobody, for nulls, nobody is invited, on a page, pat follows',
    'who may but create names nobody but itself as a follower, publishes nothing, and names no row that it does not see');
SELECT is(pg_temp.adds('ann'), 'draft, elsewhere, for T, for nobody, for none, for nulls, for pat, for u, nobody is invited, on a page, on a private one, pat is invited, published',
    'who may all lets nobody follow, and names nothing that is not there');
UPDATE ev.item SET published = true;
SELECT evaluator.hold() \g /dev/null
SELECT is(pg_temp.can('pat', 'item'), 'for pat, for u', 'whom a link table names is another one in other letters, and so is what it links');
INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation) VALUES (9012, 'ev_line', 'edit', 'any', 'any'), (9012, 'ev_line', 'publish', 'any', 'any');
SELECT evaluator.hold() \g /dev/null
SELECT is(pg_temp.adds('pat'), 'draft, for T, for nobody, for none, for nulls, for pat, for u, nobody is invited, on a page, pat follows, published',
    'assign comes with edit, publishing with its action');

-- ---------------------------------------------------------------------------
-- Questions
-- ---------------------------------------------------------------------------
SELECT is(evaluator.may(pg_temp.id('al'), 'ev_bill', 'view', NULL), true, 'an act on the account level');
SELECT is(evaluator.may(pg_temp.id('al'), 'ev_task', 'view', 'attic'), false, 'an archived project');
SELECT is(evaluator.may(pg_temp.id('al'), 'ev_task', 'view', 'abroad'), false, 'another account''s project');
SELECT throws_like($$SELECT evaluator.permitted(1, 'pg_class', 'view')$$, '%not a protected table%', 'an unprotected table is an error');
SELECT throws_like($$SELECT evaluator.permitted(1, 'ev.task', 'nonsense')$$, '%no action%', 'so is an unknown action');

SELECT * FROM finish();
ROLLBACK;
