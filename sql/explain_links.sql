-- explain(): rows of tables that have no key, link tables above all, which are named
-- by their ctid; the codes that topic explain has no row for; and the call that a
-- refused write names.
\pset tuples_only on
\pset format unaligned
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE ROLE regress_explain_links;
CREATE SCHEMA regress_explain_links;
SET LOCAL search_path = regress_explain_links;
SELECT clearance.trust_role('regress_explain_links');
SELECT clearance.create_account('Regress explain links', key => 'regress-explain-links') AS account \gset
SELECT clearance.create_partner('Vega', 'moderate', account => :account) AS vega \gset
SELECT clearance.add_member('boss', roles => '{account_admin}', account => :account) AS boss,
       clearance.add_member('mia', partner => :vega, account => :account) AS mia,
       clearance.add_member('rob', partner => :vega, account => :account) AS rob \gset
SELECT count(clearance.create_project(p, :account)) FROM unnest('{l-open,l-other,l-closed}'::text[]) p;
SELECT clearance.add_partner_to_project(p, :vega), clearance.add_member_to_project(p, :mia) FROM unnest('{l-open,l-other}'::text[]) p;
SELECT clearance.create_level('regress linked', 'partner') > 0;
SELECT clearance.allow('regress linked', 'task', 'view');
SELECT clearance.add_member_to_project('l-open', :rob, 'regress linked');

CREATE TABLE project (id text PRIMARY KEY);
INSERT INTO project SELECT p.key FROM clearance.project p WHERE p.account_id = :account;
CREATE TABLE task (id integer PRIMARY KEY, project text, is_private boolean DEFAULT false, author text, fans text[], price integer, body text);
CREATE TABLE crew (task_id integer, member text);
CREATE TABLE pair (first integer, other integer, member text);
CREATE TABLE dependency (id integer PRIMARY KEY, from_id integer, to_id integer);
CREATE TABLE log (project text, secret boolean, entry text, author text) PARTITION BY LIST (entry);
CREATE TABLE log_a PARTITION OF log FOR VALUES IN ('a');
CREATE TABLE log_b PARTITION OF log FOR VALUES IN ('b');
SELECT clearance.protect('project', 'project', 'id') > 0;
SELECT clearance.protect('task', 'task', 'project', 'is_private', '{false}', owner => 'author') > 0, clearance.relate('task', 'followed', 'fans'), clearance.mask_column('task', 'price', 'mark_private'),
       clearance.relate('task', 'assigned', 'member', link => 'crew', link_column => 'task_id'),
       clearance.relate('task', 'invited', 'member', link => 'pair', link_column => 'first'), clearance.relate('task', 'assigned', 'member', link => 'pair', link_column => 'other');
SELECT clearance.protect('dependency', 'task') > 0, clearance.add_parent('dependency', 'from_id', 'task'), clearance.add_parent('dependency', 'to_id', 'task');
SELECT clearance.protect('log', 'task', 'project', 'secret', '{false}', owner => 'author') > 0;
SELECT b.relation, b.key_column FROM clearance.binding b WHERE b.relation::text IN ('crew', 'pair', 'log') ORDER BY b.relation::text;
INSERT INTO task VALUES (1, 'l-open', false), (2, 'l-other', false), (3, 'l-closed', false), (4, 'l-open', true);
INSERT INTO crew VALUES (1, 'mia'), (3, 'mia'), (NULL, 'mia'), (404, 'mia');
INSERT INTO pair VALUES (1, 4, 'rob'), (1, 1, 'rob');
INSERT INTO log VALUES ('l-open', false, 'a'), ('l-open', true, 'b');
-- torn rows, as a restore or an older application leaves them
SET LOCAL session_replication_role = replica;
INSERT INTO dependency VALUES (1, 1, 1), (2, 1, 2);
INSERT INTO pair VALUES (1, 2, 'torn');
SET LOCAL session_replication_role = origin;
GRANT USAGE ON SCHEMA regress_explain_links TO regress_explain_links;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA regress_explain_links TO regress_explain_links;

CREATE FUNCTION ask(who text, relation text, key text, action text, changes jsonb DEFAULT NULL) RETURNS TABLE (explanation text, step text, verdict text, found text, code text, n bigint)
LANGUAGE sql AS $$
    SELECT regexp_replace(e.explanation, '(\w\(|, )\d+(,|\))', '\1#\2', 'g'), e.step, e.verdict, e.found, e.code, e.n
    FROM clearance.explain(relation, key, action, member => who, account => (SELECT a.id FROM clearance.account a WHERE a.key = 'regress-explain-links'), changes => changes)
         WITH ORDINALITY e (explanation, depth, step, subject, verdict, found, code, n)
$$;
CREATE FUNCTION place(relation text, first integer, member text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    place text;
BEGIN
    EXECUTE format('SELECT t.ctid FROM %I t WHERE t::text LIKE $1', relation) INTO STRICT place USING format('(%s,%%%s)', first, member);
    RETURN place;
END
$$;

--
-- A row without a key is named by its ctid, and what would change the verdict is a
-- statement on that.
--
SELECT explanation FROM ask('mia', 'crew', place('crew', 1, 'mia'), 'view');
SELECT explanation FROM ask('mia', 'log_a', '(0,1)', 'view');
SELECT explanation FROM ask('mia', 'log_b', '(0,1)', 'view');
SELECT found AS call FROM ask('mia', 'log_b', '(0,1)', 'view') WHERE step = 'change' \gset
:call;
SELECT l.ctid, e.verdict, e.code FROM log l CROSS JOIN LATERAL ask('mia', l.tableoid::regclass::text, l.ctid::text, 'view') e WHERE e.step = 'verdict' ORDER BY l.entry;
-- one that is not there, is no place, or is in no table of its own
SELECT key, e.found, e.code FROM unnest('{"(0,99)","(4000000000,1)","(0,0)",one,"(0,1) or so",1}'::text[]) key CROSS JOIN LATERAL ask('mia', 'log_a', key, 'view') e;
SELECT explanation FROM ask('mia', 'log', '(0,1)', 'view');
-- a new row needs none
SELECT explanation FROM ask('mia', 'log', NULL, 'create', '{"project": "l-open", "entry": "a"}') WHERE step = 'verdict';
SELECT explanation FROM ask('mia', 'log', NULL, 'create', '{"project": "l-closed", "entry": "a"}') WHERE step IN ('verdict', 'change');

-- Members are told of a row that is hidden from them what they are told of none.
CREATE FUNCTION tell(who text, relation text, key text, action text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    PERFORM set_config('role', 'regress_explain_links', true), clearance.set_actor(who, account => (SELECT max(a.account_id) FROM accounts a));
    told := (SELECT string_agg(e.explanation, E'\n' ORDER BY e.n) FROM clearance.explain(relation, key, action) WITH ORDINALITY e (explanation, depth, step, subject, verdict, found, code, n));
    PERFORM clearance.reset_actor(), set_config('role', 'none', true);
    RETURN told;
END
$$;
CREATE VIEW accounts AS SELECT a.id AS account_id FROM clearance.account a WHERE a.key = 'regress-explain-links';
GRANT SELECT ON accounts TO regress_explain_links;
SELECT tell('mia', 'crew', place('crew', 1, 'mia'), 'view');
SELECT tell('mia', 'crew', place('crew', 3, 'mia'), 'view');
SELECT replace(tell('mia', 'crew', place('crew', 3, 'mia'), a), place('crew', 3, 'mia'), '(0,99)') = tell('mia', 'crew', '(0,99)', a) FROM unnest('{view,edit,delete}'::text[]) a;

--
-- Codes of link rows and torn rows, and of changes.
--
CREATE TABLE refused (who text, relation text, key text, action text, changes jsonb, code text, i serial);
INSERT INTO refused VALUES
    ('mia', 'crew', place('crew', 3, 'mia'), 'view', NULL, 'link_hidden'), ('mia', 'crew', place('crew', 404, 'mia'), 'view', NULL, 'link_hidden'),
    ('mia', 'crew', (SELECT ctid FROM crew WHERE task_id IS NULL), 'view', NULL, 'no_link'), ('mia', 'pair', place('pair', 1, 'torn'), 'view', NULL, 'links_apart'),
    ('mia', 'dependency', '2', 'view', NULL, 'parents_apart'), ('boss', 'dependency', NULL, 'create', '{"from_id": 1, "to_id": 2}', 'parents_apart'),
    ('rob', 'crew', NULL, 'create', '{"task_id": 1, "member": "rob"}', 'link_gate'), ('rob', 'crew', place('crew', 1, 'mia'), 'delete', NULL, 'link_gate'),
    ('mia', 'task', '1', 'edit', '{"fans": ["mia", "rob"]}', 'follows_others'), ('mia', 'task', '1', 'edit', '{"price": 5}', 'masked');
SELECT e.explanation FROM refused r CROSS JOIN LATERAL ask(r.who, r.relation, r.key, r.action, r.changes) e ORDER BY r.i, e.n;
SELECT r.who, r.relation, r.key, r.action, r.code, e.code FROM refused r CROSS JOIN LATERAL ask(r.who, r.relation, r.key, r.action, r.changes) e
WHERE e.step = 'verdict' AND (e.code IS DISTINCT FROM r.code OR e.verdict <> 'no');
-- Three codes are of statements, so that no row has them: one that writes while
-- somebody acts as somebody else, whatever it writes (acting_as); one whose form
-- cannot be masked (cannot_mask); and one that uses a project that it creates
-- (created_now), which for an explanation is not there yet.
SELECT c.code FROM clearance.verdict_codes() c WHERE c.code IN ('acting_as', 'cannot_mask', 'created_now') ORDER BY 1;
WITH p AS (INSERT INTO project VALUES ('l-new') RETURNING id)
SELECT e.code FROM p CROSS JOIN LATERAL ask('boss', 'task', '1', 'edit', jsonb_build_object('project', p.id)) e WHERE e.step = 'verdict';

--
-- A refused write names the call that explains it: to account admins, and to whom
-- acts as somebody else. To others it does not.
--
CREATE FUNCTION refusal(who text, statement text, as_whom bigint DEFAULT NULL, OUT code text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('role', 'regress_explain_links', true), clearance.set_actor(who, account => (SELECT max(a.account_id) FROM accounts a));
    PERFORM clearance.act_as(as_whom, write => true) WHERE as_whom IS NOT NULL;
    EXECUTE statement;
    RAISE SQLSTATE 'UNDO0';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = CONSTRAINT_NAME, hint = PG_EXCEPTION_HINT;
END
$$;
SELECT clearance.set_account(:account, act_as_writes => true);
SELECT clearance.create_project('l-old', :account) > 0;
SELECT clearance.set_project('l-old', archived => true);
CREATE TABLE attempt (who text, statement text, i serial);
INSERT INTO attempt VALUES ('boss', $$UPDATE task SET body = 'it''s "new"', project = 'l-old' WHERE id = 1$$), ('boss', $$INSERT INTO task (id, project, fans) VALUES (8, 'l-old', '{mia,"r o,b"}')$$),
    ('boss', $$INSERT INTO dependency VALUES (9, 1, 2)$$), ('boss', $$UPDATE dependency SET to_id = 2 WHERE id = 1$$), ('boss', $$INSERT INTO log VALUES ('l-old', false, 'b')$$),
    ('boss', $$UPDATE log SET project = 'l-old' WHERE entry = 'b'$$), ('boss', $$INSERT INTO pair VALUES (1, 2, 'mia')$$), ('boss', $$UPDATE task SET body = repeat('x', 1001), project = 'l-old' WHERE id = 1$$);
SELECT r.code, r.hint FROM attempt a CROSS JOIN LATERAL refusal(a.who, a.statement) r ORDER BY a.i;
-- that call finds what the statement found, for the member and for operators
CREATE FUNCTION follow(who text, statement text) RETURNS TABLE (code text, own text, operator text) LANGUAGE plpgsql AS $$
DECLARE
    question text;
BEGIN
    SELECT r.code, substring(r.hint FROM 'SELECT .*;$') INTO code, question FROM refusal(who, statement) r;
    question := replace(question, 'explanation', 'min(code) FILTER (WHERE step = ''verdict'')');
    EXECUTE question INTO operator;
    PERFORM set_config('role', 'regress_explain_links', true), clearance.set_actor(who, account => (SELECT max(a.account_id) FROM accounts a));
    EXECUTE question INTO own;
    PERFORM clearance.reset_actor(), set_config('role', 'none', true);
    RETURN NEXT;
END
$$;
SELECT f.* FROM attempt a CROSS JOIN LATERAL follow(a.who, a.statement) f ORDER BY a.i;
-- of a row that gets another key as well it cannot be told which one was changed
SELECT * FROM refusal('boss', $$UPDATE dependency SET id = 9, to_id = 2 WHERE id = 1$$);
-- other members, and whoever acts as one of them
SELECT * FROM refusal('mia', $$INSERT INTO task (id, project) VALUES (8, 'l-closed')$$);
SELECT * FROM refusal('mia', $$UPDATE task SET author = 'rob' WHERE id = 1$$);
SELECT * FROM refusal('boss', $$UPDATE task SET author = 'rob' WHERE id = 1$$, :mia);
ROLLBACK;
