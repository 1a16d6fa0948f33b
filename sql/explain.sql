-- explain(): why somebody may do something to a row, or not, in the words and by the
-- code of the rule that decides; and what would change that, as calls that do.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
SET TimeZone = 'UTC';
BEGIN;
CREATE ROLE regress_explain;
CREATE ROLE regress_explain_bi;
CREATE ROLE regress_explain_bypass BYPASSRLS;
CREATE SCHEMA regress_explain;
SET LOCAL search_path = regress_explain;
SELECT clearance.trust_role('regress_explain');
SELECT clearance.create_account('Regress explain', key => 'regress-explain') AS account \gset
SELECT clearance.create_account('Regress elsewhere') AS elsewhere \gset
SELECT clearance.set_account(:account, portal => true);
SELECT clearance.create_partner('Vega', 'moderate', account => :account) AS vega,
       clearance.create_partner('Wren', 'restricted', account => :account) AS wren,
       clearance.create_customer('Diner', :account) AS diner \gset
SELECT clearance.add_member('boss', roles => '{account_admin}', account => :account) AS boss,
       clearance.add_member('cora', roles => '{collaborator}', account => :account) AS cora,
       clearance.add_member('nemo', account => :account) AS nemo,
       clearance.add_member('mia', partner => :vega, account => :account) AS mia,
       clearance.add_member('vic', partner => :vega, partner_admin => true, account => :account) AS vic,
       clearance.add_member('rob', partner => :wren, account => :account) AS rob,
       clearance.add_member('kim', partner => :vega, account => :account) AS kim,
       clearance.add_member('off', partner => :vega, account => :account) AS off,
       clearance.add_member('dina', customer => :diner, account => :account) AS dina,
       clearance.add_member('mia', account => :elsewhere) AS twin \gset
SELECT clearance.disable_member(:off);
SELECT clearance.map_role('regress_explain_bi', partner => :vega);

-- projects that tell by their names what is the matter with them
SELECT count(clearance.create_project('x-' || p, :account))
FROM unnest('{live,strange,ended,early,left,soon,phase,archive,bare,dark}'::text[]) p;
SELECT count(clearance.create_project(p, :elsewhere)) FROM unnest('{x-foreign}'::text[]) p;
SELECT clearance.add_partner_to_project('x-' || p, :vega) FROM unnest('{live,ended,early,phase,archive,bare}'::text[]) p;
SELECT clearance.add_partner_to_project('x-live', :wren), clearance.add_member_to_project('x-live', :rob),
       clearance.add_partner_to_project('x-left', :vega, ends_at => '2020-02-01'), clearance.add_partner_to_project('x-soon', :vega, starts_at => '2200-01-01');
SELECT clearance.add_member_to_project('x-' || p, :mia) FROM unnest('{live,phase,archive,bare}'::text[]) p;
SELECT clearance.add_member_to_project('x-ended', :mia, ends_at => '2020-02-01'), clearance.add_member_to_project('x-early', :mia, starts_at => '2200-01-01');
SELECT clearance.add_customer_to_project('x-live', :diner), clearance.set_project('x-live', portal => true),
       clearance.add_customer_to_project('x-dark', :diner), clearance.add_member_to_project('x-dark', :dina);
SELECT clearance.set_project('x-phase', by_phase => true), clearance.set_project('x-archive', archived => true), clearance.set_project_feature('x-bare', 'task', false);
SELECT clearance.add_member_to_project('x-live', :nemo);
SELECT clearance.create_level('regress kinds', 'partner') > 0;
SELECT clearance.allow('regress kinds', 'task', 'view'), clearance.allow('regress kinds', 'task', 'edit', kinds => '{call}'),
       clearance.allow('regress kinds', 'document_comment', a), clearance.allow('regress kinds', 'document', 'view'), clearance.allow('regress kinds', 'project', 'view_spaces'),
       clearance.allow('regress kinds', 'document', 'create', 'shared')
FROM unnest('{view,create}'::text[]) a;
SELECT clearance.add_gate('document_comment.create', 'document.create', audiences => '{partner}');
SELECT clearance.create_level('regress owners', 'vendor') > 0, clearance.create_role('owner', access_level => 'regress owners', account => :account) > 0;
SELECT clearance.allow('regress owners', 'task', 'view', reach => 'account'), clearance.allow('regress owners', 'task', 'edit', reach => 'owned');
SELECT clearance.add_member('oda', roles => '{owner}', account => :account) AS oda \gset
SELECT clearance.add_member_to_project('x-live', :oda), clearance.switch_on(:oda, 'task', 'delete'), clearance.add_member_to_project('x-live', :kim, 'regress kinds');

CREATE TABLE task (id bigint PRIMARY KEY, project text, is_private boolean DEFAULT false, kind text DEFAULT 'call', author text, assignee text,
    client text DEFAULT 'hidden', urgent boolean, price integer, fans text[]);
CREATE TABLE step (id uuid PRIMARY KEY, task_id bigint, title text);
CREATE TABLE pair (id integer PRIMARY KEY, one bigint, other bigint);
CREATE TABLE idea (id integer PRIMARY KEY, project text, account text, author text);
CREATE TABLE helper (id integer PRIMARY KEY, task_id bigint, member text);
CREATE TABLE news (id text PRIMARY KEY, project text, author text, published timestamptz, done boolean);
CREATE TABLE book (id integer PRIMARY KEY, project text, account text);
CREATE TABLE document (id integer PRIMARY KEY, project text, is_private boolean);
CREATE TABLE remark (id integer PRIMARY KEY, document_id integer);
CREATE TABLE file (id integer PRIMARY KEY, project text, client text);
CREATE TABLE plain (id integer PRIMARY KEY);
SELECT clearance.protect('task', 'task', 'project', 'is_private', '{false}', kind => 'kind', owner => 'author', client_visibility => 'client') > 0,
       clearance.relate('task', 'assigned', 'assignee'), clearance.relate('task', 'followed', 'fans'), clearance.guard_column('task', 'urgent', 'mark_at_risk'), clearance.mask_column('task', 'price', 'mark_private');
SELECT clearance.protect('step', 'task') > 0, clearance.add_parent('step', 'task_id', 'task');
SELECT clearance.protect('pair', 'task') > 0, clearance.add_parent('pair', 'one', 'task'), clearance.add_parent('pair', 'other', 'task', edit_action => 'change_owner');
SELECT clearance.relate('task', 'assigned', 'member', link => 'helper', link_column => 'task_id');
SELECT clearance.protect('news', 'status_update', 'project', owner => 'author', published => 'published') > 0;
SELECT clearance.protect('book', 'task', 'project', account => 'account') > 0;
SELECT clearance.protect('idea', 'task', 'project', account => 'account', owner => 'author', project_optional => true) > 0;
SELECT clearance.protect('document', 'document', 'project', 'is_private', '{false}') > 0;
SELECT clearance.protect('remark', 'document_comment') > 0, clearance.add_parent('remark', 'document_id', 'document');
SELECT clearance.guard_row('news', 'done', '{true}', 'change_owner');
SELECT clearance.protect('file', 'file', 'project', client_visibility => 'client') > 0;
GRANT USAGE ON SCHEMA regress_explain TO regress_explain, regress_explain_bi;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA regress_explain TO regress_explain;
GRANT SELECT ON ALL TABLES IN SCHEMA regress_explain TO regress_explain_bi;

-- rows, each with what is the matter with it
INSERT INTO task (id, project, is_private, kind, author, assignee) VALUES
    (1, 'x-live', false, 'call', 'boss', NULL), (2, 'x-live', true, 'call', 'boss', 'rob'), (3, 'x-live', false, 'mail', 'boss', NULL), (4, NULL, false, 'call', 'boss', NULL),
    (5, 'x-strange', false, 'call', 'boss', NULL), (6, 'x-nowhere', false, 'call', 'boss', NULL), (7, 'x-foreign', false, 'call', 'boss', NULL),
    (11, 'x-ended', false, 'call', 'boss', NULL), (12, 'x-early', false, 'call', 'boss', NULL), (13, 'x-left', false, 'call', 'boss', NULL), (14, 'x-soon', false, 'call', 'boss', NULL),
    (15, 'x-phase', false, 'call', 'boss', NULL), (16, 'x-archive', false, 'call', 'boss', NULL), (17, 'x-bare', false, 'call', 'boss', NULL), (18, 'x-dark', false, 'call', 'boss', NULL),
    (21, 'x-ended', true, 'call', 'boss', NULL);
UPDATE task SET client = 'read' WHERE id IN (3, 18);
INSERT INTO step VALUES ('00000000-0000-0000-0000-000000000001', 1), ('00000000-0000-0000-0000-000000000002', 2), ('00000000-0000-0000-0000-00000000000b', 11), ('00000000-0000-0000-0000-000000000000', NULL);
INSERT INTO news VALUES ('out', 'x-live', 'boss', '2020-01-01'), ('draft', 'x-live', 'boss', NULL), ('done', 'x-live', 'mia', '2020-01-01');
UPDATE news SET done = true WHERE id = 'done';
INSERT INTO book VALUES (1, 'x-live', 'regress-explain'), (2, 'x-live', 'elsewhere');
INSERT INTO document VALUES (1, 'x-live', false), (2, 'x-live', true);
INSERT INTO remark VALUES (1, 1), (2, 2);
INSERT INTO file VALUES (1, 'x-live', 'edit');
INSERT INTO pair VALUES (1, 1, 2), (2, 1, 1);
INSERT INTO idea VALUES (1, NULL, 'regress-explain', 'boss'), (2, NULL, 'regress-explain', 'mia');

-- Numbers of members and partners are the database's, and differ.
CREATE FUNCTION ask(who text, relation text, key text, action text, changes jsonb DEFAULT NULL) RETURNS TABLE (explanation text, step text, verdict text, found text, code text, n bigint)
LANGUAGE sql AS $$
    SELECT regexp_replace(e.explanation, '(\(|, )\d+(,|\))', '\1#\2', 'g'), e.step, e.verdict, e.found, e.code, e.n
    FROM clearance.explain(relation, key, action, member => CASE WHEN who NOT LIKE '%:%' THEN who END,
                           account => CASE WHEN who NOT LIKE '%:%' THEN (SELECT a.id FROM clearance.account a WHERE a.key = 'regress-explain') END,
                           partner => (SELECT p.id FROM clearance.partner p WHERE 'partner:' || p.name = who),
                           role => CASE WHEN who LIKE 'role:%' THEN substr(who, 6)::regrole END, changes => changes)
         WITH ORDINALITY e (explanation, depth, step, subject, verdict, found, code, n)
$$;

--
-- What is permitted: each step, what was found there, and the columns.
--
SELECT explanation FROM ask('mia', 'task', '1', 'view');
SELECT explanation FROM ask('mia', 'task', '1', 'edit');
SELECT explanation FROM ask('boss', 'remark', '2', 'view');
SELECT explanation FROM ask('mia', 'idea', '2', 'view');
SELECT explanation FROM ask('dina', 'task', '3', 'view');
SELECT explanation FROM ask('rob', 'task', '2', 'delete');
SELECT explanation FROM ask('partner:Vega', 'step', '00000000-0000-0000-0000-000000000001', 'view');

--
-- Each reason for which a row that is there is closed.
--
CREATE TABLE refused (who text, relation text, key text, action text, code text, i serial);
INSERT INTO refused VALUES
    ('role:regress_explain', 'task', '1', 'view', 'no_actor'), ('off', 'task', '1', 'view', 'no_standing'), ('partner:Vega', 'task', '1', 'edit', 'partner_login'),
    ('mia', 'task', '4', 'view', 'no_project'), ('mia', 'task', '5', 'view', 'no_way_in'), ('cora', 'task', '5', 'edit', 'no_way_in'),
    ('mia', 'task', '6', 'view', 'no_way_in'), ('mia', 'task', '7', 'view', 'no_way_in'),
    ('mia', 'task', '11', 'view', 'ended'), ('mia', 'task', '12', 'view', 'not_begun'), ('vic', 'task', '13', 'view', 'company_ended'), ('vic', 'task', '14', 'edit', 'company_not_begun'),
    ('dina', 'task', '18', 'view', 'portal_off'), ('mia', 'task', '15', 'view', 'by_phase'), ('boss', 'book', '2', 'view', 'other_account'),
    ('mia', 'task', '16', 'view', 'archived'), ('boss', 'task', '16', 'edit', 'read_only'), ('mia', 'task', '17', 'delete', 'feature_off'),
    ('nemo', 'task', '1', 'view', 'no_level'), ('mia', 'task', '1', 'change_owner', 'no_grant'), ('oda', 'task', '1', 'edit', 'out_of_reach'), ('oda', 'task', '1', 'delete', 'switch_idle'),
    ('dina', 'file', '1', 'create', 'no_upload'), ('mia', 'task', '2', 'view', 'not_shared'), ('kim', 'task', '3', 'edit', 'other_kind'), ('rob', 'task', '1', 'view', 'not_related'),
    ('dina', 'task', '1', 'view', 'client_hidden'), ('dina', 'task', '3', 'edit', 'client_hidden'), ('kim', 'remark', '2', 'create', 'parent_gate'), ('mia', 'news', 'draft', 'view', 'draft'),
    ('mia', 'step', '00000000-0000-0000-0000-000000000000', 'view', 'no_parent'), ('mia', 'step', '00000000-0000-0000-0000-000000000002', 'view', 'parent_hidden'),
    ('mia', 'news', 'done', 'edit', 'locked'), ('mia', 'news', 'done', 'delete', 'locked'),
    ('cora', 'idea', '1', 'view', 'not_owned'), ('mia', 'pair', '2', 'edit', 'parent_gate'),
    -- several reasons at once
    ('mia', 'task', '21', 'view', 'ended'), ('mia', 'step', '00000000-0000-0000-0000-00000000000b', 'edit', 'parent_hidden'), ('kim', 'task', '2', 'mark_at_risk', 'no_grant');
SELECT e.explanation FROM refused r CROSS JOIN LATERAL ask(r.who, r.relation, r.key, r.action) e ORDER BY r.i, e.n;

-- The code is the one of the case, and no code of a row that is there is left out:
-- topic explain_links has those of changes, of link rows and of torn rows.
SELECT r.who, r.relation, r.key, r.action, r.code, e.code FROM refused r CROSS JOIN LATERAL ask(r.who, r.relation, r.key, r.action) e
WHERE e.step = 'verdict' AND (e.code IS DISTINCT FROM r.code OR e.verdict <> 'no');
SELECT c.code AS has_no_case FROM clearance.verdict_codes() c WHERE c.code NOT IN (SELECT r.code FROM refused r) ORDER BY 1;

--
-- What would change it, does: one alternative for each reason, all of them in turn
-- where there is one reason.
--
-- What real SQL says: sight and the other acts on the row, or a new one like it.
CREATE FUNCTION may(who text, relation text, key text, action text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    in_account bigint := (SELECT a.id FROM clearance.account a WHERE a.key = 'regress-explain');
    answer boolean;
BEGIN
    PERFORM set_config('role', 'regress_explain', true), clearance.set_actor(who, account => in_account);
    IF action = 'create' THEN
        PERFORM set_config('role', 'none', true);
        EXECUTE format('CREATE TEMP TABLE copied AS SELECT * FROM %I t WHERE t.id::text = $1', relation) USING key;
        UPDATE copied SET id = -1;
        GRANT SELECT ON copied TO regress_explain;
        PERFORM set_config('role', 'regress_explain', true);
        EXECUTE format('INSERT INTO %I SELECT * FROM copied', relation);
        answer := true;
    ELSE
        EXECUTE format('SELECT clearance.can_row($1, t) FROM %I t WHERE t.id::text = $2', relation) INTO answer USING action, key;
    END IF;
    PERFORM clearance.reset_actor(), set_config('role', 'none', true);
    RETURN coalesce(answer, false);
EXCEPTION WHEN insufficient_privilege THEN
    PERFORM clearance.reset_actor(), set_config('role', 'none', true);
    RETURN false;
END
$$;
-- Runs calls, asks again, and leaves nothing behind.
CREATE FUNCTION then_may(calls text[], who text, relation text, key text, action text, OUT explained text, OUT enforced boolean) LANGUAGE plpgsql AS $$
DECLARE
    call text;
BEGIN
    IF calls IS NULL THEN
        RETURN;
    END IF;
    FOREACH call IN ARRAY calls LOOP
        EXECUTE call;
    END LOOP;
    explained := (SELECT e.verdict FROM ask(who, relation, key, action) e WHERE e.step = 'verdict');
    enforced := may(who, relation, key, action);
    RAISE SQLSTATE 'UNDO0';
EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
END
$$;
-- The calls: of each reason, alternatives, which may be several calls.
CREATE FUNCTION calls_of(who text, relation text, key text, action text) RETURNS TABLE (reason bigint, alternative bigint, calls text[])
LANGUAGE sql AS $$
    SELECT x.reason, x.alternative, array_agg(x.found ORDER BY x.n)
    FROM (SELECT c.*, count(*) FILTER (WHERE c.step = 'or') OVER (PARTITION BY c.reason ORDER BY c.n) AS alternative
          FROM (SELECT e.*, count(*) FILTER (WHERE e.step = 'change') OVER (ORDER BY e.n) AS reason
                FROM ask(who, relation, key, action) e WHERE e.step IN ('change', 'and', 'or')) c) x
    GROUP BY x.reason, x.alternative HAVING count(x.found) = count(*)
$$;
CREATE TABLE mended AS
SELECT r.*, n.reasons, c.alternative, c.calls, t.explained, t.enforced
FROM refused r
CROSS JOIN LATERAL (SELECT count(DISTINCT c.reason) AS reasons FROM calls_of(r.who, r.relation, r.key, r.action) c) n
LEFT JOIN LATERAL (SELECT c.alternative, c.calls FROM calls_of(r.who, r.relation, r.key, r.action) c WHERE n.reasons = 1
                   UNION ALL
                   SELECT 0, array_agg(call ORDER BY c.reason) FROM calls_of(r.who, r.relation, r.key, r.action) c CROSS JOIN unnest(c.calls) call
                   WHERE n.reasons > 1 AND c.alternative = 0 HAVING count(*) > 0) c ON true
LEFT JOIN LATERAL then_may(c.calls, r.who, r.relation, r.key, r.action) t ON c.calls IS NOT NULL;
SELECT concat_ws(' ', m.code, m.who, m.relation, m.key, m.action, coalesce(m.explained, 'no call'), coalesce(m.enforced::text, ''), cardinality(m.calls))
FROM mended m ORDER BY m.i, m.alternative;
-- none but these has no call: what is to be written into a row, or who is to act, is for people to say
SELECT DISTINCT m.code FROM mended m WHERE m.calls IS NULL ORDER BY 1;
SELECT count(*) AS wrong FROM mended m WHERE m.explained <> 'yes' OR NOT m.enforced;

--
-- Changes of a row, and new rows: which column is refused for what, on the row as
-- it was or as changed. The verdict and the code are those of the statement, but for
-- rows that an UPDATE passes over.
--
CREATE FUNCTION statement_of(relation text, key text, changes jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN key IS NULL
                THEN format('INSERT INTO %1$I (id, %2$s) SELECT %3$s, %4$s FROM jsonb_populate_record(NULL::%1$I, %5$L) r', relation, string_agg(quote_ident(c), ', '),
                            CASE relation WHEN 'step' THEN 'gen_random_uuid()' ELSE '99' END, string_agg('r.' || quote_ident(c), ', '), changes)
                ELSE format('UPDATE %1$I t SET %2$s FROM jsonb_populate_record(NULL::%1$I, %3$L) r WHERE t.id::text = %4$L', relation,
                            string_agg(format('%I = r.%1$I', c), ', '), changes, key) END
    FROM jsonb_object_keys(changes) c
$$;
CREATE FUNCTION code_of(who text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    in_account bigint := (SELECT a.id FROM clearance.account a WHERE a.key = 'regress-explain');
    n bigint;
    code text;
BEGIN
    PERFORM set_config('role', 'regress_explain', true), clearance.set_actor(who, account => in_account);
    EXECUTE statement;
    GET DIAGNOSTICS n = ROW_COUNT;
    RAISE SQLSTATE 'UNDO0' USING CONSTRAINT = n || ' row(s)';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = CONSTRAINT_NAME;
    RETURN coalesce(nullif(code, ''), sqlstate || ' ' || sqlerrm);
END
$$;
CREATE TABLE stamped (id integer PRIMARY KEY, project text, author text DEFAULT 'boss', held boolean DEFAULT false, rate numeric DEFAULT 1.5, no integer, twice integer GENERATED ALWAYS AS (no * 2) STORED);
CREATE TABLE varying (id serial PRIMARY KEY, project text, kind text DEFAULT md5(random()::text), at timestamptz DEFAULT clock_timestamp());
SELECT clearance.protect('stamped', 'document', 'project', owner => 'author') > 0, clearance.guard_column('stamped', '{held,rate}'::name[], 'freeze'),
       clearance.protect('varying', 'document', 'project', kind => 'kind') > 0, clearance.guard_column('varying', 'at', 'freeze');
GRANT SELECT, INSERT, UPDATE ON stamped, varying TO regress_explain;
CREATE TABLE changing (who text, relation text, key text, changes jsonb, i serial);
INSERT INTO changing VALUES
    ('mia', 'task', '1', '{"kind": "mail"}'), ('mia', 'task', '1', '{"price": 5}'), ('mia', 'task', '1', '{"urgent": true}'), ('mia', 'task', '1', '{"is_private": true}'), ('mia', 'task', '1', '{"assignee": "mia"}'),
    ('mia', 'task', '1', '{"author": "mia", "kind": "mail"}'), ('mia', 'task', '1', '{"project": "x-strange"}'), ('mia', 'task', '1', '{"project": "x-none"}'),
    ('kim', 'task', '1', '{"kind": "mail"}'), ('kim', 'task', '3', '{"kind": "call"}'), ('boss', 'task', '1', '{"project": null}'), ('boss', 'task', '16', '{"kind": "call"}'),
    ('rob', 'task', '2', '{"assignee": "mia"}'), ('rob', 'task', '2', '{"kind": "mail"}'),
    ('mia', 'task', '1', '{"fans": ["mia"]}'), ('mia', 'task', '1', '{"fans": ["mia", "rob"]}'),
    ('mia', 'news', 'done', '{"published": "2020-02-02"}'), ('mia', 'step', '00000000-0000-0000-0000-000000000001', '{"task_id": 2}'),
    ('mia', 'pair', '1', '{"other": 3}'), ('boss', 'pair', '1', '{"other": 11}'), ('boss', 'pair', '1', '{"one": null}'),
    ('vic', 'task', NULL, '{"project": "x-live"}'), ('boss', 'task', NULL, '{"project": "x-live", "author": "mia", "urgent": true}'), ('cora', 'task', NULL, '{"project": "x-live"}'),
    ('cora', 'task', NULL, '{"project": "x-none"}'), ('mia', 'step', NULL, '{"task_id": 2}'), ('mia', 'step', NULL, '{"task_id": 404}'), ('mia', 'step', NULL, '{"title": "x"}'),
    ('boss', 'step', NULL, '{"task_id": 1, "title": "x"}'), ('boss', 'book', NULL, '{"project": "x-live", "account": "elsewhere"}'), ('boss', 'book', NULL, '{"project": "x-live", "account": "regress-explain"}'),
    ('dina', 'file', NULL, '{"project": "x-live"}'), ('boss', 'pair', NULL, '{"one": 1, "other": 11}'), ('oda', 'task', NULL, '{"project": "x-live"}'),
    -- owners that are left empty: the actor of a new row; kept by who may not change them, if it may change anything
    ('mia', 'idea', '2', '{"author": null}'), ('mia', 'idea', '2', '{"author": null, "account": "elsewhere"}'), ('rob', 'task', '1', '{"author": null}'), ('boss', 'task', '1', '{"author": null}'),
    ('kim', 'stamped', NULL, '{"project": "x-live", "author": null}'), ('kim', 'stamped', NULL, '{"project": "x-live"}'),
    -- guards do not ask about what a column has by default, unless that differs each time
    ('kim', 'stamped', NULL, '{"project": "x-live", "author": "kim", "held": false, "rate": 1.50, "no": 7}'), ('kim', 'stamped', NULL, '{"project": "x-live", "author": "kim", "held": true}'),
    ('kim', 'stamped', NULL, '{"project": "x-live", "author": "kim", "rate": null}'), ('boss', 'stamped', NULL, '{"project": "x-live", "held": true}'),
    ('kim', 'varying', NULL, '{"project": "x-live"}'), ('kim', 'varying', NULL, '{"project": "x-live", "at": "2020-01-01", "kind": "call"}'), ('boss', 'varying', NULL, '{"project": "x-live"}');
SELECT concat_ws(' ', c.who, c.relation, c.key, c.changes) || E'\n' || string_agg(e.explanation, E'\n' ORDER BY e.n)
FROM changing c CROSS JOIN LATERAL ask(c.who, c.relation, c.key, CASE WHEN c.key IS NULL THEN 'create' ELSE 'edit' END, c.changes) e
WHERE e.step IN ('verdict', 'columns', 'change', 'and', 'or') GROUP BY c.i, c.who, c.relation, c.key, c.changes ORDER BY c.i;
SELECT count(*) AS changes, count(DISTINCT e.code) AS codes FROM changing c CROSS JOIN LATERAL ask(c.who, c.relation, c.key, CASE WHEN c.key IS NULL THEN 'create' ELSE 'edit' END, c.changes) e WHERE e.step = 'verdict';
SELECT c.who, c.relation, c.key, c.changes, e.verdict, e.code, s.code AS of_statement
FROM changing c CROSS JOIN LATERAL ask(c.who, c.relation, c.key, CASE WHEN c.key IS NULL THEN 'create' ELSE 'edit' END, c.changes) e
CROSS JOIN LATERAL code_of(c.who, statement_of(c.relation, c.key, c.changes)) AS s (code)
WHERE e.step = 'verdict' AND s.code <> CASE WHEN e.verdict = 'yes' THEN '1 row(s)' WHEN s.code = '0 row(s)' THEN s.code ELSE e.code END ORDER BY c.i;

-- The call that a refused statement names is read alike by every session, whatever the form in which its own values are.
CREATE FUNCTION hint_of(who text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    in_account bigint := (SELECT a.id FROM clearance.account a WHERE a.key = 'regress-explain');
    hint text;
BEGIN
    PERFORM set_config('role', 'regress_explain', true), clearance.set_actor(who, account => in_account);
    EXECUTE statement;
EXCEPTION WHEN insufficient_privilege THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN hint;
END
$$;
SET LOCAL datestyle = 'SQL, DMY';
SELECT hint_of('boss', $$INSERT INTO news VALUES ('day', 'x-archive', 'boss', '01/02/2020')$$);
SELECT hint_of('boss', $$UPDATE news SET published = '03/02/2020', project = 'x-archive' WHERE id = 'out'$$);
RESET datestyle;

--
-- The same as JSON: reasons, alternatives for each, calls that go together.
--
SELECT jsonb_pretty(regexp_replace(j::text, '(\(|, )\d+(,|\))', '\1#\2', 'g')::jsonb - 'steps') FROM clearance.explain_json('task', 21, member => 'mia', account => :account) j;
SELECT step ->> 'depth', step ->> 'step', step ->> 'subject', step ->> 'verdict', step ->> 'found', step ->> 'code'
FROM clearance.explain_json('task', 2, 'delete', member => 'rob') j CROSS JOIN LATERAL jsonb_array_elements(j -> 'steps') step;

--
-- Members ask about themselves alone. A row that is hidden from them reads like one
-- that is not there, whatever they ask.
--
CREATE FUNCTION tell(who text, relation text, key text, action text, about text DEFAULT NULL, changes jsonb DEFAULT NULL) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    in_account bigint := (SELECT a.id FROM clearance.account a WHERE a.key = 'regress-explain');
BEGIN
    PERFORM set_config('role', 'regress_explain', true), clearance.set_actor(who, account => in_account) WHERE who <> '';
    PERFORM set_config('role', 'regress_explain', true);
    RETURN QUERY SELECT regexp_replace(e.explanation, '(\(|, )\d+(,|\))', '\1#\2', 'g') FROM clearance.explain(relation, key, action, member => about, changes => changes) e;
    PERFORM clearance.reset_actor(), set_config('role', 'none', true);
EXCEPTION WHEN OTHERS THEN
    PERFORM clearance.reset_actor(), set_config('role', 'none', true);
    RETURN NEXT sqlstate || ' ' || sqlerrm;
END
$$;
SELECT * FROM tell('mia', 'task', '1', 'change_owner');
SELECT * FROM tell('mia', 'task', '2', 'edit');
SELECT * FROM tell('off', 'task', '1', 'edit');
SELECT * FROM tell('', 'task', '1', 'edit', NULL);
SELECT count(*) AS asked, count(*) FILTER (WHERE h.said IS DISTINCT FROM m.said) AS told_apart
FROM unnest('{mia,vic,rob,kim,off,dina,nemo,oda,cora}'::text[]) who, unnest('{view,edit,delete,create,change_owner}'::text[]) action, generate_series(1, 21) key
CROSS JOIN LATERAL (SELECT string_agg(replace(t, '.task ' || key || ' ', '.task 404 '), chr(10)) AS said FROM tell(who, 'task', key::text, action) t) h
CROSS JOIN LATERAL (SELECT string_agg(t, chr(10)) AS said FROM tell(who, 'task', '404', action) t) m
WHERE NOT may(who, 'task', key::text, 'view');
-- so do projects and parents that a write names
CREATE TABLE naming (relation text, key text, "column" text, hidden text, missing text);
INSERT INTO naming VALUES ('task', NULL, 'project', 'x-strange', 'x-none'), ('task', '1', 'project', 'x-strange', 'x-none'), ('task', NULL, 'project', 'x-foreign', 'x-none'),
    ('step', NULL, 'task_id', '5', '404'), ('step', '00000000-0000-0000-0000-000000000001', 'task_id', '5', '404'), ('remark', '1', 'document_id', '3', '404');
INSERT INTO document VALUES (3, 'x-strange', false);
SELECT count(*) AS asked, count(*) FILTER (WHERE h.said IS DISTINCT FROM m.said) AS told_apart
FROM naming n CROSS JOIN unnest('{mia,vic,rob,kim,off,dina,nemo,cora}'::text[]) who
CROSS JOIN LATERAL (SELECT string_agg(replace(t, n.hidden, n.missing), chr(10)) AS said
                    FROM tell(who, n.relation, n.key, CASE WHEN n.key IS NULL THEN 'create' ELSE 'edit' END, NULL, jsonb_build_object(n."column", n.hidden)) t) h
CROSS JOIN LATERAL (SELECT string_agg(t, chr(10)) AS said
                    FROM tell(who, n.relation, n.key, CASE WHEN n.key IS NULL THEN 'create' ELSE 'edit' END, NULL, jsonb_build_object(n."column", n.missing)) t) m;
SELECT * FROM tell('mia', 'step', NULL, 'create', NULL, '{"task_id": 5}');
SELECT * FROM tell('cora', 'task', NULL, 'create', NULL, '{"project": "x-strange"}');
-- about others there is no answer, whether they are there or not
SELECT a, tell('mia', 'task', '1', 'view', a) FROM unnest('{mia,rob,nobody-at-all}'::text[]) a;
SELECT tell('boss', 'task', '1', 'view', 'mia'), tell('', 'task', '1', 'view', 'mia');
-- what bound columns hold is told to roles that may read them
REVOKE SELECT ON task FROM regress_explain;
SELECT tell('mia', 'task', '1', 'view');
GRANT SELECT ON task TO regress_explain;

--
-- Login roles: whom they are mapped to, and what is beside the rule.
--
SELECT explanation FROM ask('role:regress_explain_bi', 'news', 'out', 'view');
SELECT explanation FROM ask('role:regress_explain_bi', 'news', 'out', 'edit');
SELECT explanation FROM ask('role:regress_explain_bypass', 'news', 'out', 'view');
GRANT UPDATE ON news TO regress_explain_bypass;
SELECT explanation FROM ask('role:regress_explain_bypass', 'news', 'out', 'edit', '{"published": null}');
CREATE ROLE regress_explain_few;
SELECT clearance.map_role('regress_explain_few', member => :mia);
GRANT SELECT, UPDATE (kind), INSERT (id, project) ON task TO regress_explain_few;
SELECT explanation FROM ask('role:regress_explain_few', 'task', '1', 'edit', '{"kind": "mail"}') WHERE step IN ('verdict', 'columns', 'change');
SELECT explanation FROM ask('role:regress_explain_few', 'task', '1', 'edit', '{"kind": "mail", "is_private": false}') WHERE step IN ('verdict', 'columns', 'change');
SELECT explanation FROM ask('role:regress_explain_few', 'task', NULL, 'create', '{"project": "x-live", "kind": "mail"}') WHERE step IN ('verdict', 'columns', 'change');
SELECT clearance.map_role('regress_explain_bi', setting => 'app.member');

--
-- Nothing is answered from what a session keeps: a change that was just made counts.
--
SELECT e.verdict FROM ask('mia', 'task', '1', 'view') e WHERE e.step = 'verdict';
SELECT clearance.remove_member_from_project('x-live', :mia);
SELECT e.verdict, e.code FROM ask('mia', 'task', '1', 'view') e WHERE e.step = 'verdict';
SELECT clearance.add_member_to_project('x-live', :mia);

--
-- What cannot be asked.
--
CREATE FUNCTION refuses(question text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    hint text;
BEGIN
    EXECUTE 'SELECT * FROM clearance.explain(' || question || ')';
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' / ', sqlstate, sqlerrm, nullif(hint, ''));
END
$$;
SELECT q || E'\n    ' || refuses(q) FROM unnest(ARRAY[
    $$'task', 1, 'edit', member => 'boss', changes => '{"nothing": 1}'$$, $$'task', 1, 'edit', member => 'boss', changes => '{"price": "x"}'$$,
    $$'task', NULL, 'edit', member => 'boss', changes => '{"kind": "call"}'$$, $$'task', NULL, 'UPDATE', member => 'boss', changes => '{"kind": "call"}'$$, $$'task', 1, 'DELETE', member => 'boss', changes => '{"kind": "call"}'$$,
    $$'stamped', NULL, 'create', member => 'boss', changes => '{"twice": 1}'$$, $$'task', 1, 'update', member => 'boss'$$,
    $$'task', 1, 'edit', member => 'boss', changes => '{}'$$, $$'task', 1, 'edit', member => 'boss', changes => '[1]'$$, $$'task', 1, member => 'boss', changes => '{"price": 1}'$$,
    $$NULL, 1, member => 'boss'$$, $$'task', NULL, member => 'boss'$$, 
    $$'plain', 1, member => 'boss'$$, $$'nowhere', 1, member => 'boss'$$,
    $$'task', 1, 'fly', member => 'boss'$$, $$'task', 1, 'nothing.view', member => 'boss'$$, $$'task', 1$$,
    $$'task', 1, member => 'nobody-at-all'$$, $$'task', 1, member => 'mia'$$, $$'task', 1, partner => -1$$, $$'task', 1, role => 'regress_explain_bi'$$,
    $$'task', 1, member => 'boss', partner => 1$$]) q;
-- a key that is none of the table's kind is that of no row
SELECT explanation FROM ask('boss', 'task', 'one', 'view');
SELECT explanation FROM ask('boss', 'step', '1', 'view');
ROLLBACK;
