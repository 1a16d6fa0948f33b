-- Every reason for which a write is refused has a code, which clients find in the
-- error's field for a constraint's name. Each is provoked here once, beside a
-- write that is permitted; and each is documented.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
SET TimeZone = 'UTC';
BEGIN;
CREATE ROLE regress_verdicts;
CREATE ROLE regress_verdicts_bi;
CREATE SCHEMA regress_verdicts;
SET LOCAL search_path = regress_verdicts;
SELECT clearance.trust_role('regress_verdicts');
SELECT clearance.create_account('Regress verdicts', key => 'regress-verdicts') AS account \gset
SELECT clearance.set_account(:account, portal => true);
SELECT clearance.create_partner('Mod', 'permissive', account => :account) AS mod \gset
SELECT clearance.create_partner('Gone', 'moderate', account => :account) AS gone \gset
SELECT clearance.create_customer('Cafe', :account) AS cafe \gset
SELECT clearance.add_member('ada', roles => '{account_admin}', account => :account) > 0;
SELECT clearance.add_member('max', partner => :mod, account => :account) AS max \gset
SELECT clearance.add_member('pam', partner => :mod, partner_admin => true, account => :account) > 0;
SELECT clearance.add_member('gus', partner => :gone, account => :account) > 0, clearance.disable_partner(:gone);
SELECT clearance.add_member('cleo', customer => :cafe, account => :account) AS cleo \gset
SELECT clearance.map_role('regress_verdicts_bi', partner => :mod);

-- projects: open, another one, closed to all but ada, and closed in every other way
SELECT count(clearance.create_project(p, :account))
FROM unnest('{open,other,closed,over,early,late,soon,dark,phased,archived,plain}'::text[]) p;
SELECT count(*) FROM (
    SELECT clearance.add_partner_to_project(p, :mod) FROM unnest('{open,other,over,early,phased,archived,plain}'::text[]) p) x;
SELECT clearance.add_partner_to_project('late', :mod, starts_at => '2020-01-01', ends_at => '2020-02-01');
SELECT clearance.add_partner_to_project('soon', :mod, starts_at => '2200-01-01');
SELECT clearance.add_customer_to_project(p, :cafe) FROM unnest('{open,other,dark}'::text[]) p;
SELECT clearance.set_project('open', portal => true), clearance.set_project('other', portal => true, client_upload => true),
       clearance.add_member_to_project('dark', :cleo);
SELECT clearance.add_member_to_project('over', :max, starts_at => '2020-01-01', ends_at => '2020-02-01'),
       clearance.add_member_to_project('early', :max, starts_at => '2200-01-01');
SELECT clearance.set_project('phased', by_phase => true), clearance.set_project_feature('plain', 'task', false);

-- levels: what a partner's member may do, and vendor members without, and with little
SELECT clearance.create_level('regress parts', 'partner') > 0;
SELECT count(clearance.allow('regress parts', 'task', a)) FROM unnest('{view,create,assign}'::text[]) a;
SELECT clearance.allow('regress parts', 'task', 'edit', 'shared', kinds => '{call}'),
       clearance.allow('regress parts', 'task', 'mark_at_risk', relation => 'own'),
       clearance.allow('regress parts', 'document', 'view'), clearance.allow('regress parts', 'document', 'change_owner', 'shared'),
       clearance.allow('regress parts', 'document_comment', 'create'), clearance.allow('regress parts', 'document_comment', 'view'),
       clearance.allow('regress parts', 'status_update', a), clearance.allow('regress parts', 'project', 'view_status_updates'), clearance.allow('regress parts', 'project', 'view_spaces')
FROM unnest('{view,create,edit,publish,change_owner}'::text[]) a;
SELECT count(*) FROM (
    SELECT clearance.add_member_to_project(p, :max, 'regress parts') FROM unnest('{open,other,phased,archived,plain}'::text[]) p) x;
SELECT clearance.set_project('archived', archived => true);
SELECT clearance.create_level('regress near', 'vendor') > 0, clearance.create_role('near', access_level => 'regress near', account => :account) > 0;
SELECT clearance.allow('regress near', 'task', 'view', reach => 'account'), clearance.allow('regress near', 'task', 'create', reach => 'owned');
SELECT clearance.add_member('nora', account => :account) AS nora, clearance.add_member('nick', roles => '{near}', account => :account) AS nick \gset
SELECT clearance.add_member_to_project('open', m), clearance.add_member_to_project('other', m) FROM unnest(ARRAY[:nora, :nick]) m;
SELECT clearance.transfer_project('other', :nick), clearance.switch_on(:nick, 'task', 'change_owner');

CREATE TABLE project (id text PRIMARY KEY);
INSERT INTO project SELECT p.key FROM clearance.project p WHERE p.account_id = :account;
CREATE TABLE task (id integer PRIMARY KEY, project text, is_private boolean DEFAULT false, kind text DEFAULT 'call', author text,
    fans text[], at_risk boolean, price integer);
CREATE TABLE dependency (id integer PRIMARY KEY, from_id integer, to_id integer);
CREATE TABLE crew (task_id integer, member text);
CREATE TABLE pair (first integer, other integer, member text);
CREATE TABLE document (id integer PRIMARY KEY, project text, is_private boolean);
CREATE TABLE remark (id integer PRIMARY KEY, document_id integer);
CREATE TABLE note (id integer PRIMARY KEY, project text, document_id integer);
CREATE TABLE news (id integer PRIMARY KEY, project text, author text, published timestamptz);
CREATE TABLE file (id integer PRIMARY KEY, project text, client text);
CREATE TABLE shift (id integer PRIMARY KEY, project text, state text);
CREATE TABLE ledger (id integer PRIMARY KEY, project text, account text);
CREATE TABLE chore (id integer PRIMARY KEY, project text, account text DEFAULT 'regress-verdicts', author text);
SELECT clearance.protect('project', 'project', 'id') > 0;
SELECT clearance.protect('task', 'task', 'project', 'is_private', '{false}', kind => 'kind', owner => 'author') > 0,
       clearance.relate('task', 'followed', 'fans'), clearance.guard_column('task', 'at_risk', 'mark_at_risk');
SELECT clearance.mask_column('task', 'price', 'convert_to_milestone');
CREATE VIEW dear WITH (security_barrier) AS SELECT * FROM task WHERE price > 5;
ALTER VIEW dear OWNER TO regress_verdicts;
SELECT clearance.relate('task', 'assigned', 'member', link => 'crew', link_column => 'task_id'),
       clearance.relate('task', 'invited', 'member', link => 'pair', link_column => 'first'), clearance.relate('task', 'assigned', 'member', link => 'pair', link_column => 'other');
SELECT clearance.protect('dependency', 'task') > 0, clearance.add_parent('dependency', 'from_id', 'task'), clearance.add_parent('dependency', 'to_id', 'task');
SELECT clearance.protect('document', 'document', 'project', 'is_private', '{false}') > 0;
SELECT clearance.protect('remark', 'document_comment') > 0, clearance.add_parent('remark', 'document_id', 'document');
SELECT clearance.protect('note', 'document_comment', 'project') > 0, clearance.add_parent('note', 'document_id', 'document');
SELECT clearance.protect('news', 'status_update', 'project', owner => 'author', published => 'published') > 0;
SELECT clearance.protect('file', 'file', 'project', client_visibility => 'client') > 0;
SELECT clearance.protect('shift', 'task', 'project') > 0, clearance.guard_row('shift', 'state', '{closed}', 'change_owner');
SELECT clearance.protect('ledger', 'task', 'project', account => 'account') > 0;
SELECT clearance.protect('chore', 'task', 'project', account => 'account', owner => 'author', project_optional => true) > 0;
SELECT clearance.add_gate('document_comment.create', 'document.change_owner', audiences => '{partner}');
INSERT INTO task VALUES (1, 'open', false, 'call', 'ada'), (2, 'other', false, 'call', 'ada'), (3, 'closed', false, 'call', 'ada'), (4, 'open', false, 'call', 'max');
INSERT INTO document VALUES (1, 'open', true), (2, 'open', false), (3, 'closed', false);
INSERT INTO news VALUES (1, 'open', 'max', '2020-01-01');
INSERT INTO file VALUES (1, 'open', 'edit');
INSERT INTO shift VALUES (1, 'open', 'closed');
GRANT USAGE ON SCHEMA regress_verdicts TO regress_verdicts, regress_verdicts_bi;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA regress_verdicts TO regress_verdicts, regress_verdicts_bi;

-- what a client sees of a statement, which leaves nothing behind
CREATE FUNCTION told(actor text, sql text, OUT code text, OUT fields text, OUT detail text) LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
    state text;
    place text;
    col text;
BEGIN
    IF actor = 'bi' THEN
        PERFORM set_config('session_authorization', 'regress_verdicts_bi', true);
    ELSE
        PERFORM set_config('role', 'regress_verdicts', true);
        PERFORM clearance.set_actor(split_part(actor, ' as ', 1)) WHERE actor <> '';
        PERFORM clearance.act_as(nullif(split_part(actor, ' as ', 2), '')::bigint) WHERE actor LIKE '% as %';
    END IF;
    EXECUTE sql;
    GET DIAGNOSTICS n = ROW_COUNT;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000', DETAIL = n || ' row(s)';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, detail = PG_EXCEPTION_DETAIL, place = TABLE_NAME, col = COLUMN_NAME, code = CONSTRAINT_NAME;
    fields := concat_ws(' ', nullif(state, 'ZZ000'), nullif(concat_ws('.', nullif(place, ''), nullif(col, '')), ''));
    detail := coalesce(nullif(detail, ''), SQLERRM);
END
$$;

-- who is refused, who is not; beside what is hidden, what does not exist
CREATE TABLE probe (code text, who text, refused text, missing text, other text, permitted text);
INSERT INTO probe VALUES
    ('no_actor', '', $$INSERT INTO task VALUES (9, 'open')$$, NULL, 'max', $$INSERT INTO task VALUES (9, 'open')$$),
    ('no_standing', 'gus', $$INSERT INTO task VALUES (9, 'open')$$, NULL, 'max', $$INSERT INTO task VALUES (9, 'open')$$),
    ('partner_login', 'bi', $$INSERT INTO task VALUES (9, 'open')$$, NULL, 'bi', $$SELECT FROM task WHERE id = 1$$),
    ('acting_as', 'ada as ' || :max, $$INSERT INTO task VALUES (9, 'open')$$, NULL, 'ada', $$INSERT INTO task VALUES (9, 'open')$$),
    ('no_project', 'max', $$INSERT INTO task VALUES (9, NULL)$$, NULL, 'max', $$INSERT INTO task VALUES (9, 'open')$$),
    ('no_way_in', 'max', $$INSERT INTO task VALUES (9, 'closed')$$, $$INSERT INTO task VALUES (9, 'nowhere')$$, 'ada', $$INSERT INTO task VALUES (9, 'closed')$$),
    ('ended', 'max', $$INSERT INTO task VALUES (9, 'over')$$, NULL, 'pam', $$INSERT INTO task VALUES (9, 'over')$$),
    ('not_begun', 'max', $$INSERT INTO task VALUES (9, 'early')$$, NULL, 'pam', $$INSERT INTO task VALUES (9, 'early')$$),
    ('company_ended', 'pam', $$INSERT INTO task VALUES (9, 'late')$$, NULL, 'pam', $$INSERT INTO task VALUES (9, 'open')$$),
    ('company_not_begun', 'pam', $$INSERT INTO task VALUES (9, 'soon')$$, NULL, 'pam', $$INSERT INTO task VALUES (9, 'open')$$),
    ('portal_off', 'cleo', $$INSERT INTO file VALUES (9, 'dark', 'edit')$$, NULL, 'cleo', $$INSERT INTO file VALUES (9, 'other', 'edit')$$),
    ('by_phase', 'max', $$INSERT INTO task VALUES (9, 'phased')$$, NULL, 'ada', $$INSERT INTO task VALUES (9, 'phased')$$),
    ('parents_apart', 'max', $$INSERT INTO dependency VALUES (9, 1, 2)$$, NULL, 'max', $$INSERT INTO dependency VALUES (9, 1, 4)$$),
    ('links_apart', 'ada', $$INSERT INTO pair VALUES (1, 2, 'max')$$, NULL, 'ada', $$INSERT INTO pair VALUES (1, 4, 'max')$$),
    ('other_account', 'max', $$INSERT INTO ledger VALUES (9, 'open', 'elsewhere')$$, NULL, 'max', $$INSERT INTO ledger VALUES (9, 'open', 'regress-verdicts')$$),
    ('archived', 'max', $$INSERT INTO task VALUES (9, 'archived')$$, NULL, 'max', $$INSERT INTO task VALUES (9, 'open')$$),
    ('read_only', 'ada', $$INSERT INTO task VALUES (9, 'archived')$$, NULL, 'ada', $$INSERT INTO task VALUES (9, 'open')$$),
    ('feature_off', 'max', $$INSERT INTO task VALUES (9, 'plain')$$, NULL, 'max', $$INSERT INTO news VALUES (9, 'plain')$$),
    ('created_now', 'ada', $$WITH p AS (INSERT INTO project VALUES ('new') RETURNING id) UPDATE task SET project = p.id FROM p WHERE task.id = 1$$, NULL,
                    'ada', $$WITH p AS (INSERT INTO project VALUES ('new') RETURNING id) INSERT INTO task SELECT 9, id FROM p$$),
    ('no_level', 'nora', $$INSERT INTO task VALUES (9, 'open')$$, NULL, 'max', $$INSERT INTO task VALUES (9, 'open')$$),
    ('no_grant', 'max', $$UPDATE task SET author = 'max' WHERE id = 1$$, NULL, 'ada', $$UPDATE task SET author = 'max' WHERE id = 1$$),
    ('out_of_reach', 'nick', $$INSERT INTO task VALUES (9, 'open')$$, NULL, 'nick', $$INSERT INTO task VALUES (9, 'other')$$),
    ('switch_idle', 'nick', $$INSERT INTO task (id, project, author) VALUES (9, 'other', 'ada')$$, NULL,
                    'nick', $$INSERT INTO task (id, project, author) VALUES (9, 'other', 'nick')$$),
    ('no_upload', 'cleo', $$INSERT INTO file VALUES (9, 'open', 'edit')$$, NULL, 'cleo', $$INSERT INTO file VALUES (9, 'other', 'edit')$$),
    ('not_shared', 'max', $$UPDATE task SET is_private = true WHERE id = 1$$, NULL, 'ada', $$UPDATE task SET is_private = true WHERE id = 1$$),
    ('other_kind', 'max', $$UPDATE task SET kind = 'mail' WHERE id = 1$$, NULL, 'max', $$UPDATE task SET kind = 'call', id = 9 WHERE id = 1$$),
    ('not_related', 'max', $$UPDATE task SET at_risk = true WHERE id = 1$$, NULL, 'max', $$UPDATE task SET at_risk = true WHERE id = 4$$),
    ('not_owned', 'max', $$INSERT INTO chore (id, author) VALUES (9, 'ada')$$, NULL, 'max', $$INSERT INTO chore (id, author) VALUES (9, 'max')$$),
    ('client_hidden', 'cleo', $$UPDATE file SET client = 'read' WHERE id = 1$$, NULL, 'cleo', $$UPDATE file SET id = 9 WHERE id = 1$$),
    ('parent_gate', 'max', $$INSERT INTO remark VALUES (9, 1)$$, NULL, 'max', $$INSERT INTO remark VALUES (9, 2)$$),
    ('draft', 'max', $$UPDATE news SET author = 'pam', published = NULL WHERE id = 1$$, NULL, 'max', $$UPDATE news SET author = 'pam' WHERE id = 1$$),
    ('no_parent', 'max', $$INSERT INTO dependency VALUES (9, NULL, 1)$$, NULL, 'max', $$INSERT INTO dependency VALUES (9, 4, 1)$$),
    ('parent_hidden', 'max', $$INSERT INTO remark VALUES (9, 3)$$, $$INSERT INTO remark VALUES (9, 404)$$, 'ada', $$INSERT INTO remark VALUES (9, 3)$$),
    ('parent_hidden', 'max', $$INSERT INTO note VALUES (9, 'open', 3)$$, $$INSERT INTO note VALUES (9, 'open', 404)$$, 'max', $$INSERT INTO note VALUES (9, 'open', 2)$$),
    ('no_link', 'max', $$INSERT INTO crew VALUES (NULL, 'max')$$, NULL, 'max', $$INSERT INTO crew VALUES (1, 'max')$$),
    ('link_hidden', 'max', $$INSERT INTO crew VALUES (3, 'max')$$, $$INSERT INTO crew VALUES (404, 'max')$$, 'ada', $$INSERT INTO crew VALUES (3, 'max')$$),
    ('link_gate', 'nick', $$INSERT INTO crew VALUES (1, 'max')$$, NULL, 'max', $$INSERT INTO crew VALUES (1, 'max')$$),
    ('locked', 'pam', $$UPDATE shift SET state = 'open' WHERE id = 1$$, NULL, 'ada', $$UPDATE shift SET state = 'open' WHERE id = 1$$),
    ('locked', 'pam', $$INSERT INTO shift VALUES (9, 'open', 'closed')$$, NULL, 'pam', $$INSERT INTO shift VALUES (9, 'open', 'new')$$),
    ('follows_others', 'max', $$INSERT INTO task (id, project, fans) VALUES (9, 'open', '{max,ada}')$$, NULL, 'max', $$INSERT INTO task (id, project, fans) VALUES (9, 'open', '{max}')$$),
    ('masked', 'max', $$UPDATE task SET price = 9 WHERE id = 1$$, NULL, 'ada', $$UPDATE task SET price = 9 WHERE id = 1$$),
    ('cannot_mask', 'ada', $$UPDATE dear SET kind = 'call' WHERE id = 1$$, NULL, 'ada', $$UPDATE task SET kind = 'call' WHERE id = 1$$);

SELECT c.step || ': ' || (SELECT concat_ws(' ', t.code, t.fields, '-', t.detail) FROM told(p.who, p.refused) t)
       || E'\n    but ' || (SELECT concat_ws(' ', coalesce(nullif(p.other, ''), 'nobody'), t.fields, t.detail) FROM told(p.other, p.permitted) t)
FROM clearance.verdict_codes() WITH ORDINALITY c (code, step, meaning, place) JOIN probe p USING (code) ORDER BY c.place, p.refused DESC;

--
-- No code is without a probe, and each probe gets its code.
--
SELECT c.code AS has_no_probe FROM clearance.verdict_codes() c LEFT JOIN probe p USING (code) WHERE p.code IS NULL;
SELECT p.code, t.* FROM probe p CROSS JOIN LATERAL told(p.who, p.refused) t WHERE t.code IS DISTINCT FROM p.code;

--
-- What is hidden has the code, the fields and the words of what does not exist.
--
SELECT p.code, h.*, m.* FROM probe p, told(p.who, p.refused) h, told(p.who, p.missing) m
WHERE p.missing IS NOT NULL AND h IS DISTINCT FROM m;
SELECT count(*) FROM probe WHERE missing IS NOT NULL;

--
-- Functions that administer tell by the same codes that nobody acts, or somebody
-- without standing.
--
SELECT who, t.* FROM unnest('{"",gus,ada}'::text[]) who, told(who, 'SELECT clearance.set_project_feature(''open'', ''task'', false)') t;

--
-- What a verdict was found on, also where it is that somebody may: the level, the
-- action that was judged and what needs it.
--
INSERT INTO remark VALUES (1, 1), (2, 2);
INSERT INTO file VALUES (2, 'other', 'edit');
INSERT INTO task VALUES (5, 'over', false, 'call', 'max');
SELECT clearance.switch_on(:max, 'task', 'request_approval');
CREATE FUNCTION found(actor text, action text, relation text, key integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    PERFORM clearance.set_actor(actor);
    EXECUTE format($sql$
        SELECT concat_ws(', ', CASE WHEN v.permitted THEN 'permitted' ELSE v.step || ' ' || v.code END,
            'by ' || v.ground, 'level ' || l.name, 'judged ' || v.judged, 'needed by ' || v.needed_by, 'column ' || v."column", v.reason)
        FROM %I t CROSS JOIN LATERAL clearance_internal.verdict($1, t) v LEFT JOIN clearance.level l ON l.id = v.level WHERE t.id = $2$sql$, relation)
    INTO found USING action, key;
    RETURN format('%s %s %s %s: %s', actor, action, relation, key, found);
END
$$;
SELECT found('ada', 'edit', 'task', 1);
SELECT found('max', a, 'task', n) FROM unnest('{view,edit,mark_at_risk,change_owner,request_approval,invite}'::text[]) a, unnest('{1,4}'::integer[]) n ORDER BY n, a;
SELECT found('max', 'edit', 'task', n) FROM unnest('{3,5}'::integer[]) n;
SELECT found('nick', 'create', 'task', n) FROM generate_series(1, 2) n;
SELECT found('cleo', 'create', 'file', n) FROM generate_series(1, 2) n;
SELECT found('max', 'create', 'remark', n) FROM generate_series(1, 2) n;
-- of grants that the row is as near to, the code is of what the rule asks for first, in whatever order they are
SELECT clearance.reset_actor(), clearance.deny('regress parts', 'task', 'edit'), clearance.allow('regress parts', 'task', 'edit', relation => 'own', kinds => '{call}'), clearance.allow('regress parts', 'task', 'edit', 'shared');
UPDATE task SET is_private = true WHERE id = 1;
SELECT found('max', 'edit', 'task', 1);
SELECT permitted, code, ground FROM clearance_internal.verdict('edit', NULL::task);
SELECT clearance.reset_actor();

--
-- The reference lists them all, in this order and these words. (Needs the source
-- tree: run psql at its top, or set CLEARANCE_SRCDIR.)
--
\set table `sed -n '/^| code | step | meaning/,/^$/p' "${CLEARANCE_SRCDIR:-.}/doc/reference.md"`
CREATE VIEW documented AS
SELECT place - 2 AS place, btrim(split_part(line, '|', 2), ' `') AS code, btrim(split_part(line, '|', 3)) AS step, btrim(split_part(line, '|', 4)) AS meaning
FROM regexp_split_to_table(rtrim(:'table', E'\n'), E'\n') WITH ORDINALITY l (line, place) WHERE place > 2;
SELECT d.place AS documented_as, d, c.place AS is, c FROM documented d FULL JOIN clearance.verdict_codes() WITH ORDINALITY c (code, step, meaning, place) USING (place, code, step, meaning)
WHERE d.place IS NULL OR c.place IS NULL;
SELECT count(*) = (SELECT count(*) FROM clearance.verdict_codes()) FROM documented;
ROLLBACK;
