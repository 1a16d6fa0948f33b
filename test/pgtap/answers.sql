-- What answers say is what statements do: explain() with and without changes, by operators and by
-- members about themselves, can_row(), editable_columns(), who_can() and what_can(), and the calls that
-- refused statements name, compared with SELECT, INSERT, UPDATE and DELETE of members of many kinds in
-- tables of many kinds. Each statement is undone. Differences and counts are printed. Everything is
-- rolled back.
\set ECHO none
\set QUIET on
\set ON_ERROR_STOP on
BEGIN;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET jit = off;
CREATE EXTENSION IF NOT EXISTS pgtap;
\pset format unaligned
\pset tuples_only on
\o /dev/null
CREATE ROLE regress_answers;
CREATE SCHEMA regress_answers;
SET LOCAL search_path = regress_answers, public;
SELECT clearance.trust_role('regress_answers');
SELECT clearance.create_account('Regress answers', key => 'regress-answers') AS account \gset
SELECT clearance.set_account(:account, portal => true, act_as_writes => true);
SELECT clearance.create_partner('Perm', 'permissive', account => :account) AS perm, clearance.create_partner('Mod', 'moderate', account => :account) AS mod,
       clearance.create_partner('Rest', 'restricted', account => :account) AS rest, clearance.create_customer('Cafe', :account) AS cafe \gset
SELECT clearance.add_member('ada', roles => '{account_admin}', account => :account), clearance.add_member('sue', roles => '{super_user}', account => :account),
       clearance.add_member('col', roles => '{collaborator}', account => :account), clearance.add_member('pia', partner => :perm, account => :account),
       clearance.add_member('moe', partner => :mod, account => :account), clearance.add_member('max', partner => :mod, account => :account),
       clearance.add_member('ria', partner => :rest, account => :account), clearance.add_member('cleo', customer => :cafe, account => :account),
       clearance.add_member('gone', partner => :perm, status => 'disabled', account => :account);
SELECT clearance.create_project(p, :account) FROM unnest('{open,still,old,bare}'::text[]) p;
SELECT clearance.add_partner_to_project(p, c) FROM unnest('{open,still,old,bare}'::text[]) p, unnest(ARRAY[:perm, :mod, :rest]) c;
SELECT clearance.add_member_to_project(p, m.id) FROM unnest('{open,still,old,bare}'::text[]) p, clearance.member m
WHERE m.account_id = :account AND m.key = ANY ('{col,pia,moe,max,ria}');
SELECT clearance.add_customer_to_project(p, :cafe), clearance.set_project(p, portal => true) FROM unnest('{open,still}'::text[]) p;
SELECT clearance.set_project('open', client_upload => true), clearance.set_project('still', read_only => true), clearance.set_project('old', archived => true),
       clearance.set_project_feature('bare', 'task', false);
-- max has a level of its own: it may lock tasks, and what is tagged; watch sees what it follows
SELECT clearance.create_feature('label'), clearance.create_feature('reaction'), clearance.create_feature('entry');
SELECT clearance.create_action('task', a) FROM unnest('{lock,unlock,price}'::text[]) a;
SELECT clearance.create_action('task', 'peek', reads => true), clearance.create_action('label', 'manage'), clearance.create_action('entry', 'stamp');
SELECT clearance.create_level('regress answers', 'partner', 'moderate'), clearance.create_level('regress watch', 'partner');
SELECT clearance.allow('regress answers', 'task', a) FROM unnest('{lock,unlock,price,change_owner}'::text[]) a;
SELECT clearance.allow(l, 'task', 'peek'), clearance.allow(l, 'label', a), clearance.allow(l, 'reaction', 'view'), clearance.allow(l, 'entry', e)
FROM unnest('{collaborator,permissive,moderate,regress answers}'::text[]) l, unnest('{view,manage}'::text[]) a, unnest('{view,create,edit,delete}'::text[]) e;
SELECT clearance.allow('regress answers', 'entry', 'stamp'), clearance.allow('regress watch', 'project', 'view'), clearance.allow('regress watch', 'task', 'view', relation => 'followed');
SELECT clearance.update_member_on_project('open', m.id, CASE m.key WHEN 'max' THEN 'regress answers' ELSE 'regress watch' END)
FROM clearance.member m WHERE m.account_id = :account AND m.key IN ('max', 'ria');

-- owners, relations, guards with defaults, of one value and by an action that reads, states, a mask
CREATE TABLE task (id integer PRIMARY KEY, project text, is_private boolean DEFAULT false, client text DEFAULT 'hidden', author text, assignee text, fans text[],
    kind text DEFAULT 'call', state text DEFAULT 'new', frozen boolean NOT NULL DEFAULT false, price numeric DEFAULT 1.5, seen integer, secret text, note text);
SELECT clearance.protect('task', 'task', 'project', 'is_private', '{false}', owner => 'author', client_visibility => 'client', kind => 'kind'),
       clearance.relate('task', 'assigned', 'assignee'), clearance.relate('task', 'followed', 'fans'),
       clearance.guard_column('task', 'frozen', 'lock'), clearance.guard_column('task', 'price', 'price'), clearance.guard_column('task', 'seen', 'peek'),
       clearance.guard_column('task', 'kind', 'lock', new_value => 'mail'), clearance.guard_row('task', 'state', '{done}', 'unlock', delete_action => 'lock'),
       clearance.mask_column('task', 'secret', 'mark_private');
-- a link table; one action for all verbs, with gates on the parent for two; one that is sight as well
CREATE TABLE crew (task integer, member text);
SELECT clearance.relate('task', 'assigned', 'member', link => 'crew', link_column => 'task');
CREATE TABLE label (id integer PRIMARY KEY, task integer, note text);
SELECT clearance.protect('label', 'label', create_action => 'manage', edit_action => 'manage', delete_action => 'manage'),
       clearance.add_parent('label', 'task', 'task', edit_action => 'price', delete_action => 'edit');
CREATE TABLE reaction (id integer PRIMARY KEY, task integer, note text);
SELECT clearance.protect('reaction', 'reaction', create_action => 'view', edit_action => 'view', delete_action => 'view'),
       clearance.add_parent('reaction', 'task', 'task', edit_action => 'edit', create_action => 'lock');
CREATE TABLE remark (id integer PRIMARY KEY, task integer, note text);
SELECT clearance.protect('remark', 'entry'), clearance.add_parent('remark', 'task', 'task', create_action => 'lock', edit_action => 'edit', delete_action => 'price');
-- drafts; rows of the account; rows that may lack a project; owners and guards with defaults that are somebody, or differ each time
CREATE TABLE news (id integer PRIMARY KEY, project text, author text, published timestamptz, note text);
SELECT clearance.protect('news', 'status_update', 'project', owner => 'author', published => 'published');
CREATE TABLE invoice (id integer PRIMARY KEY, account text DEFAULT 'regress-answers', note text);
SELECT clearance.protect('invoice', 'invoicing', account => 'account', view_action => 'access_invoices', create_action => 'create_invoices',
                         edit_action => 'edit_invoices', delete_action => 'delete_invoices');
CREATE TABLE idea (id integer PRIMARY KEY, project text, account text DEFAULT 'regress-answers', author text, note text);
SELECT clearance.protect('idea', 'task', 'project', account => 'account', owner => 'author', project_optional => true);
CREATE TABLE entry (id integer PRIMARY KEY, project text, author text DEFAULT 'sue', stamp timestamptz DEFAULT clock_timestamp(), note text);
SELECT clearance.protect('entry', 'entry', 'project', owner => 'author'), clearance.guard_column('entry', 'stamp', 'stamp');
CREATE TABLE project (id text PRIMARY KEY, portal boolean, note text);
INSERT INTO project SELECT unnest('{open,still,old}'::text[]);
SELECT clearance.protect('project', 'project', 'id');
CREATE TABLE file (id integer PRIMARY KEY, project text, client text DEFAULT 'hidden', author text, note text);
SELECT clearance.protect('file', 'file', 'project', client_visibility => 'client', owner => 'author');

INSERT INTO task (id, project, is_private, client, author, assignee, fans, state, frozen) VALUES
    (1, 'open', false, 'edit', 'moe', NULL, NULL, 'new', false), (2, 'open', true, 'hidden', 'ada', 'max', '{ria}', 'new', true), (3, 'open', false, 'read', 'moe', 'moe', '{ria,moe}', 'done', false),
    (4, 'still', false, 'edit', 'moe', NULL, NULL, 'new', false), (5, 'old', false, 'hidden', 'moe', NULL, NULL, 'new', false), (6, 'bare', false, 'hidden', 'moe', NULL, NULL, 'new', false),
    (7, NULL, false, 'hidden', 'moe', NULL, NULL, 'new', false);
INSERT INTO crew VALUES (1, 'pia'), (4, 'moe');
INSERT INTO label SELECT id, id FROM task WHERE id < 5;
INSERT INTO reaction SELECT id, id FROM task WHERE id < 5;
INSERT INTO remark SELECT id, id FROM task WHERE id < 5;
INSERT INTO news VALUES (1, 'open', 'moe', NULL), (2, 'open', 'sue', '2020-01-01'), (3, 'open', 'sue', NULL), (4, 'still', 'moe', NULL);
INSERT INTO invoice VALUES (1, DEFAULT), (2, 'elsewhere');
INSERT INTO idea VALUES (1, 'open', DEFAULT, 'moe'), (2, NULL, DEFAULT, 'moe'), (3, NULL, DEFAULT, 'ada'), (4, 'still', DEFAULT, 'moe');
INSERT INTO entry (id, project, author) VALUES (1, 'open', 'moe'), (2, 'open', 'ada'), (3, 'old', 'max');
INSERT INTO file VALUES (1, 'open', 'edit', 'cleo'), (2, 'open', 'hidden', 'ada'), (3, 'still', 'edit', 'cleo');
GRANT USAGE ON SCHEMA regress_answers TO PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA regress_answers TO regress_answers;

--
-- What is tried: each row is looked at, deleted, copied and updated, a column or two at a time; and
-- rows are added. Without changes an UPDATE is one of a column that means nothing, an INSERT one of
-- all that the row holds, whose owner it is. What is named as changed is.
--
CREATE TABLE act (tab text, key text, statement text, changes jsonb, i serial);
CREATE FUNCTION list_acts(tab text, updates jsonb, inserts jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format($q$
        INSERT INTO act (tab, key, statement, changes)
        SELECT %1$L, t.key, a.s, a.c
        FROM (SELECT coalesce(to_jsonb(t) ->> 'id', t.ctid::text) AS key, to_jsonb(t) AS "row" FROM %1$I t) t CROSS JOIN LATERAL (
            SELECT s, NULL::jsonb AS c FROM unnest('{SELECT,DELETE,INSERT,UPDATE}'::text[]) s
            UNION ALL SELECT 'UPDATE', c FROM jsonb_array_elements($1) c
            WHERE NOT EXISTS (SELECT FROM jsonb_each(c) x WHERE x.value = t."row" -> x.key)) a
        UNION ALL SELECT %1$L, NULL, 'INSERT', c FROM jsonb_array_elements($2) c$q$, tab)
    USING updates, inserts;
END
$$;
SELECT list_acts('task',
    '[{"note": "x"}, {"is_private": true}, {"is_private": false}, {"client": "edit"}, {"author": null}, {"author": "max"}, {"author": null, "note": "x"}, {"assignee": "moe"}, {"assignee": null},
      {"fans": null}, {"fans": ["moe"]}, {"fans": ["moe", "ada"]}, {"kind": "mail"}, {"kind": "talk"}, {"state": "done"}, {"state": "open", "note": "x"}, {"frozen": true}, {"frozen": true, "note": "x"},
      {"price": 2}, {"seen": 7}, {"secret": "x"}]',
    '[{"project": "open"}, {"project": "still"}, {"project": "old"}, {"project": "bare"}, {"project": "nowhere"}, {"note": "x"}, {"project": "open", "is_private": true}, {"project": "open", "author": null},
      {"project": "open", "author": "moe"}, {"project": "open", "frozen": false}, {"project": "open", "frozen": true}, {"project": "open", "price": 1.50}, {"project": "open", "price": null},
      {"project": "open", "kind": "mail"}, {"project": "open", "kind": "talk"}, {"project": "open", "state": "done"}, {"project": "open", "seen": 1}, {"project": "open", "secret": "x"},
      {"project": "open", "fans": ["moe"]}, {"project": "open", "assignee": "moe"}]');
SELECT list_acts('crew', '[{"member": "moe"}, {"task": 2}]', '[{"task": 1, "member": "moe"}, {"task": 3, "member": "ria"}, {"member": "moe"}]'),
       list_acts('label', '[{"note": "x"}, {"task": 3}]', '[{"task": 1}, {"task": 2}, {"task": 4}]'),
       list_acts('reaction', '[{"note": "x"}, {"task": 3}]', '[{"task": 1}, {"task": 2}, {"task": 4}]'),
       list_acts('remark', '[{"note": "x"}, {"task": 3}]', '[{"task": 1}, {"task": 2}, {"task": 4}]'),
       list_acts('news', '[{"note": "x"}, {"published": "2020-02-02"}, {"published": null}, {"author": null}]', '[{"project": "open"}, {"project": "open", "published": "2020-01-01"}]'),
       list_acts('invoice', '[{"note": "x"}, {"account": "elsewhere"}]', '[{"note": "x"}, {"account": "elsewhere"}]'),
       list_acts('idea', '[{"note": "x"}, {"project": null}, {"project": "open"}, {"author": null}]', '[{"note": "x"}, {"project": "open"}, {"account": "elsewhere"}]'),
       list_acts('entry', '[{"note": "x"}, {"stamp": null}, {"author": null}]', '[{"project": "open"}, {"project": "open", "stamp": null, "author": null}, {"project": "open", "author": "moe", "stamp": "2020-01-01"}]'),
       list_acts('project', '[{"note": "x"}, {"portal": true}]', '[{"note": "x"}]'),
       list_acts('file', '[{"note": "x"}, {"client": "read"}, {"author": null}]', '[{"project": "open"}, {"project": "still"}, {"project": "open", "client": "edit"}]');
CREATE FUNCTION place(a act) RETURNS text LANGUAGE sql AS $$ SELECT format(CASE a.tab WHEN 'crew' THEN 't.ctid = %L' ELSE 't.id = %L' END, a.key) $$;
CREATE FUNCTION row_of(a act) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    found jsonb;
BEGIN
    EXECUTE format('SELECT to_jsonb(t) - ''id'' FROM %I t WHERE %s', a.tab, place(a)) INTO found;
    RETURN found || CASE WHEN found ? 'author' THEN '{"author": "WHO"}' ELSE '{}' END::jsonb;
END
$$;
CREATE FUNCTION sql_of(a act) RETURNS text LANGUAGE sql AS $$
    SELECT CASE a.statement
           WHEN 'SELECT' THEN format('SELECT FROM %I t WHERE %s', a.tab, place(a))
           WHEN 'DELETE' THEN format('DELETE FROM %I t WHERE %s', a.tab, place(a))
           WHEN 'UPDATE' THEN format('UPDATE %1$I t SET %2$s FROM jsonb_populate_record(NULL::%1$I, %3$L) r WHERE %4$s', a.tab,
                                     CASE WHEN a.changes IS NOT NULL THEN c.assigned WHEN a.tab = 'crew' THEN 'task = t.task' ELSE 'note = ''x''' END, g.changes, place(a))
           ELSE format('INSERT INTO %1$I (%2$s) SELECT %3$s FROM jsonb_populate_record(NULL::%1$I, %4$L) r', a.tab,
                       concat_ws(', ', CASE WHEN a.tab <> 'crew' THEN 'id' END, c.names), concat_ws(', ', CASE WHEN a.tab <> 'crew' THEN '99' END, c.given), g.changes) END
    FROM (SELECT CASE WHEN a.statement = 'INSERT' AND a.key IS NOT NULL THEN row_of(a) ELSE coalesce(a.changes, '{}') END) g (changes)
    CROSS JOIN LATERAL (SELECT string_agg(quote_ident(k), ', '), string_agg('r.' || quote_ident(k), ', '), string_agg(format('%I = r.%1$I', k), ', ')
                        FROM jsonb_object_keys(g.changes) k) c (names, given, assigned)
$$;
-- of tasks that are closed in some way, some are enough
DELETE FROM act WHERE tab = 'task' AND key >= '4' AND NOT changes ?| '{note,author,fans,seen}';
ALTER TABLE act ADD sql text, ADD who_can text[];
UPDATE act a SET sql = sql_of(a);
UPDATE act a SET who_can = ARRAY(SELECT w.member_key FROM clearance.who_can(a.tab::regclass, a.key, a.statement) w) WHERE changes IS NULL;

--
-- What is done, and what is said of it.
--
CREATE TABLE answer (who text, i integer, done boolean, code text, told boolean, told_code text, told_itself boolean, itself_code text, by_action boolean, can boolean, columns text[]);
CREATE VIEW account AS SELECT a.id FROM clearance.account a WHERE a.key = 'regress-answers';
CREATE VIEW verb AS
    SELECT b.relation::text AS tab, v.statement, v.action, count(*) OVER (PARTITION BY b.relation, v.action) = 1 AS is_alone
    FROM clearance.binding b CROSS JOIN LATERAL (VALUES ('SELECT', b.view_action), ('INSERT', b.create_action), ('UPDATE', b.edit_action), ('DELETE', b.delete_action)) v (statement, action)
    WHERE b.relation IN (SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'regress_answers'::regnamespace);
GRANT SELECT ON account, verb TO PUBLIC;
CREATE FUNCTION acts(who text) RETURNS void LANGUAGE sql AS $$
    SELECT set_config('role', 'regress_answers', true), clearance.set_actor(who, account => (SELECT id FROM account))
$$;
CREATE FUNCTION ends() RETURNS void LANGUAGE sql AS $$ SELECT clearance.reset_actor(), set_config('role', 'none', true) $$;
-- how a statement ends; it is undone
CREATE FUNCTION does(sql text, OUT done boolean, OUT code text, OUT hint text) LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE sql;
    GET DIAGNOSTICS n = ROW_COUNT;
    RAISE SQLSTATE 'UNDO0';
EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
    done := n = 1;
WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = CONSTRAINT_NAME, hint = PG_EXCEPTION_HINT;
    code := coalesce(nullif(code, ''), sqlstate || ' ' || sqlerrm);
    done := false;
END
$$;
CREATE FUNCTION answer(who text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    a act;
    r answer;
    v verb;
    of_account bigint := (SELECT id FROM account);
BEGIN
    FOR a IN SELECT * FROM act LOOP
        r := NULL;
        r.who := who; r.i := a.i;
        SELECT * INTO v FROM verb x WHERE x.tab = a.tab AND x.statement = a.statement;
        SELECT e.verdict = 'yes', e.code INTO r.told, r.told_code
        FROM clearance.explain(a.tab::regclass, a.key, a.statement, member => who, account => of_account, changes => a.changes) e WHERE e.step = 'verdict';
        IF v.is_alone AND (a.changes IS NULL OR a.changes ? 'note') THEN
            r.by_action := (SELECT e.verdict = 'yes' FROM clearance.explain(a.tab::regclass, a.key, v.action, member => who, account => of_account, changes => a.changes) e
                            WHERE e.step = 'verdict');
        END IF;
        PERFORM acts(who);
        SELECT d.done, d.code INTO r.done, r.code FROM does(replace(a.sql, '"WHO"', to_json(who)::text)) d;
        SELECT e.verdict = 'yes', e.code INTO r.told_itself, r.itself_code
        FROM clearance.explain(a.tab::regclass, a.key, a.statement, changes => a.changes) e WHERE e.step = 'verdict';
        IF a.statement <> 'INSERT' AND a.changes IS NULL AND v.is_alone THEN
            EXECUTE format('SELECT coalesce((SELECT clearance.can_row(%L, t) FROM %I t WHERE %s), false)', v.action, a.tab, place(a)) INTO r.can;
        ELSIF a.statement = 'UPDATE' AND a.changes IS NOT NULL THEN
            EXECUTE format('SELECT coalesce((SELECT clearance.editable_columns(t) FROM %I t WHERE %s), ''{}'')', a.tab, place(a)) INTO r.columns;
        END IF;
        PERFORM ends();
        INSERT INTO answer SELECT r.*;
    END LOOP;
END
$$;
SELECT count(answer(who)) FROM unnest('{ada,sue,col,pia,moe,max,ria,cleo,gone}'::text[]) who;

--
-- Who acts as somebody else is told the call that explains what is refused. It says no, and the code is
-- that of the error, if the statement is one anyway: with clearance.refused_writes it is for a row that is
-- passed over else. There is no call where a column is masked, which is an error of its own, and for link
-- rows that change.
--
CREATE TABLE hint (who text, i integer, passes_over boolean, code text, question text, verdict text, told_code text);
CREATE FUNCTION follow_hints(who text, refused_writes text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    a act;
    h hint;
    is_who bigint := (SELECT m.id FROM clearance.member m WHERE m.key = who AND m.account_id = (SELECT id FROM account));
BEGIN
    PERFORM set_config('clearance.refused_writes', refused_writes, true);
    FOR a IN SELECT x.* FROM act x JOIN answer r USING (i)
             WHERE r.who = follow_hints.who AND NOT r.done AND x.statement <> 'SELECT' AND (r.code IS NULL) = (refused_writes = 'error') LOOP
        h := NULL;
        h.who := who; h.i := a.i; h.passes_over := refused_writes = 'error';
        PERFORM acts('ada'), clearance.act_as(is_who, write => true);
        SELECT d.code, substring(d.hint FROM 'SELECT explanation (.*);$') INTO h.code, h.question FROM does(replace(a.sql, '"WHO"', to_json(who)::text)) d;
        IF h.question IS NOT NULL THEN
            EXECUTE 'SELECT x.verdict, x.code ' || h.question || ' x WHERE x.step = ''verdict''' INTO h.verdict, h.told_code;
        END IF;
        PERFORM clearance.act_as(NULL), ends();
        INSERT INTO hint SELECT h.*;
    END LOOP;
    PERFORM set_config('clearance.refused_writes', 'silent', true);
END
$$;
SELECT count(follow_hints(who, w)) FROM unnest('{col,moe,max,ria,cleo}'::text[]) who, unnest('{silent,error}'::text[]) w;

CREATE FUNCTION label(r answer) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', r.who, a.tab, a.key, a.statement, a.changes, '/ does', r.done, r.code, '/ told', r.told, r.told_code) FROM act a WHERE a.i = r.i
$$;
CREATE FUNCTION is_hidden(r answer) RETURNS boolean LANGUAGE sql AS $$
    SELECT NOT x.done FROM act a JOIN act s ON s.tab = a.tab AND s.key = a.key AND s.statement = 'SELECT' JOIN answer x ON x.i = s.i AND x.who = r.who WHERE a.i = r.i
$$;
-- differences, by what they are differences to
CREATE TABLE differing AS
    SELECT 'done' AS kind, label(r) AS what FROM answer r WHERE r.told IS DISTINCT FROM r.done
    UNION ALL SELECT 'code', label(r) FROM answer r WHERE r.code IS NOT NULL AND r.told_code IS DISTINCT FROM r.code
    UNION ALL SELECT 'action', label(r) FROM answer r WHERE r.by_action <> r.done
    UNION ALL SELECT 'itself', concat_ws(' ', label(r), '/ itself', r.told_itself, r.itself_code) FROM answer r
    WHERE (r.told_itself, r.itself_code) IS DISTINCT FROM (CASE WHEN is_hidden(r) THEN (false, 'no_row'::text) ELSE (r.told, r.told_code) END)
    UNION ALL SELECT 'can_row', label(r) FROM answer r WHERE r.can <> r.done
    UNION ALL SELECT 'columns', label(r) || ' / ' || r.columns::text FROM answer r JOIN act a USING (i)
    WHERE r.done AND NOT (SELECT array_agg(x.key) <@ r.columns FROM jsonb_each(a.changes) x WHERE (x.key, x.value) <> ('author', 'null'))
    UNION ALL SELECT 'who_can', label(r) || ' / ' || a.who_can::text FROM answer r JOIN act a USING (i) WHERE (r.who = ANY (a.who_can)) <> r.done
    UNION ALL SELECT 'what_can', concat_ws(' ', t.who, t.tab, t.visible, t.deletable, '/', c.visible, c.deletable)
    FROM (SELECT r.who, a.tab, count(*) FILTER (WHERE a.statement = 'SELECT' AND r.done) AS visible, count(*) FILTER (WHERE a.statement = 'DELETE' AND r.done) AS deletable
          FROM answer r JOIN act a USING (i) WHERE a.tab <> 'crew' GROUP BY r.who, a.tab) t
    JOIN clearance.member m ON m.account_id = :account AND m.key = t.who
    CROSS JOIN LATERAL clearance.what_can(m.id, t.tab::regclass) c WHERE (t.visible, t.deletable) <> (c.visible, c.deletable)
    UNION ALL SELECT 'hint', concat_ws(' ', label(r), h.code, '/', h.question, h.verdict, h.told_code) FROM hint h JOIN answer r USING (who, i)
    WHERE h.question IS NOT NULL AND (h.verdict <> 'no' OR (NOT h.passes_over AND h.told_code IS DISTINCT FROM h.code))
    UNION ALL SELECT 'no hint', concat_ws(' ', label(r), h.code) FROM hint h JOIN answer r USING (who, i) JOIN act a USING (i) WHERE h.question IS NULL AND h.code <> 'masked' AND a.tab <> 'crew';
\o
SELECT plan(13);
SELECT diag(format('%s: %s statements, %s done, %s codes', a.tab, count(*), count(*) FILTER (WHERE r.done), count(DISTINCT r.told_code)))
FROM answer r JOIN act a USING (i) GROUP BY a.tab ORDER BY a.tab;
SELECT diag(format('%s calls of hints with %s codes', count(h.question), count(DISTINCT h.code))) FROM hint h;
SELECT ok(NOT EXISTS (SELECT FROM differing d WHERE d.kind = t.kind), t.told)
       || coalesce((SELECT chr(10) || diag(string_agg(d.what, chr(10))) FROM (SELECT * FROM differing d WHERE d.kind = t.kind LIMIT 8) d), '')
FROM (VALUES ('done', 'explain() tells operators what the statement does'), ('code', 'and the code of an error'), ('action', 'also by the name of an action that one verb alone has'),
             ('itself', 'everybody is told the same about itself, and of what it does not see that it is not there'), ('can_row', 'can_row() says it'),
             ('columns', 'editable_columns() has what it changes'), ('who_can', 'who_can() names who does it'), ('what_can', 'what_can() counts what it sees and deletes'),
             ('hint', 'the call that a refusal names finds what was refused'), ('no hint', 'and there is one')) t (kind, told);
SELECT cmp_ok((SELECT count(*) FROM answer r WHERE r.done), '>', 500::bigint, 'many statements do something');
SELECT cmp_ok((SELECT count(DISTINCT r.code) FROM answer r), '>', 12::bigint, 'many are refused for this or that');
SELECT cmp_ok((SELECT count(h.question) FROM hint h), '>', 500::bigint, 'and many of these name a call');
SELECT * FROM finish();
ROLLBACK;
