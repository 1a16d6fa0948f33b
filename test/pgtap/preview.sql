-- preview() against the change itself, on the loaded workspace: what it reports of a
-- member is what really making the change gives and takes, for changes of every kind.
--
-- For each change, two of the members that the preview lists, and one that it does not
-- list, are asked before and after, as the application would: which rows each sees
-- (SELECT), which of these it may edit and delete (can_row), whose masked columns it
-- reads (column_masked), in which projects it may make one (can). What differs has to
-- be what the preview says, row by row; of members that it does not list, nothing may
-- differ. A digest of everything that is stored is the same after all previews.
\set ECHO none
\set QUIET on
\set ON_ERROR_STOP on
BEGIN;
SET client_min_messages = warning;
SET jit = off;
CREATE EXTENSION IF NOT EXISTS pgtap;
\pset format unaligned
\pset tuples_only on
\o /dev/null

-- a level that is in force for few
SELECT clearance.create_level('few', 'partner', based_on => 'restricted');
SELECT clearance.update_partner(9, access_level => 'few');

CREATE TEMP TABLE change (n serial, what text, class text, sql text);
INSERT INTO change (what, class, sql) VALUES
('a partner becomes moderate', 'mixed', $$SELECT clearance.update_partner(6, access_level => 'moderate')$$),
('a level grants more', 'widening', $$SELECT clearance.allow('few', 'document', 'view', 'any')$$),
('a level denies', 'narrowing', $$SELECT clearance.deny('few', 'task', 'view')$$),
('a level''s grants are written directly', 'narrowing', $$DELETE FROM clearance.level_grant WHERE feature = 'file' AND level_id = (SELECT id FROM clearance.level WHERE name = 'few')$$),
('a member leaves projects', 'narrowing', $$SELECT clearance.remove_member_from_project(p.key, pm.member_id) FROM clearance.project_member pm JOIN clearance.project p ON p.id = pm.project_id JOIN clearance.member m ON m.id = pm.member_id WHERE m.key = '102' AND pm.source = 'direct' ORDER BY p.id LIMIT 2$$),
('a membership has ended', 'narrowing', $$UPDATE clearance.project_member x SET ends_at = now() - interval '1 day' FROM clearance.member m, clearance.project p WHERE (m.id, p.id) = (x.member_id, x.project_id) AND (m.key, p.key) = ('113', '8')$$),
('a project is archived, another loses a feature', 'narrowing', $$SELECT clearance.set_project('12', archived => true), clearance.set_project_feature('11', 'task', false)$$),
('a project opens', 'widening', $$SELECT clearance.set_project('12', open_level => 'moderate')$$),
('a project opens with several levels', 'widening', $$SELECT clearance.set_project('12', open_levels => '{restricted,moderate,collaborator}')$$),
('rows are shared', 'widening', $$UPDATE app.document SET is_private = false WHERE id IN (SELECT id FROM app.document WHERE is_private AND project_id = 8 ORDER BY id LIMIT 2)$$),
('rows are assigned by a link', 'widening', $$INSERT INTO app.task_assignee (task_id, member_id) SELECT t.id, m.key::bigint FROM app.task t JOIN clearance.project p ON p.key = t.project_id::text JOIN clearance.project_member pm ON pm.project_id = p.id JOIN clearance.member m ON m.id = pm.member_id WHERE m.partner_id = 6 AND t.assignee_id <> m.key::bigint ORDER BY m.id, t.id LIMIT 3 ON CONFLICT DO NOTHING$$),
('rows go and come', 'mixed', $$DELETE FROM app.task_message WHERE id IN (SELECT max(id) FROM app.task_message); INSERT INTO app.raid_item (id, project_id, kind, title, is_private) VALUES (999999, 8, 'risk', 'By a preview', false)$$),
('a column is masked', 'narrowing', $$SELECT clearance.mask_column('app.milestone', 'name', 'edit')$$),
('a mask ends', 'widening', $$SELECT clearance.unmask_column('app.project', 'hours')$$),
('a row is guarded', 'narrowing', $$SELECT clearance.guard_row('app.milestone', 'kind', '{delivery}', 'delete')$$),
('a relation is declared', 'widening', $$SELECT clearance.relate('app.raid_item', 'assigned', member_column => 'raised_by')$$),
('a parent is declared', 'narrowing', $$SELECT clearance.add_parent('app.milestone', 'id', 'app.document', optional => true, same_project => false)$$),
('a partner is disabled', 'narrowing', $$SELECT clearance.disable_partner(9)$$),
('a member comes', 'widening', $$SELECT clearance.add_member_to_project('8', clearance.add_member(key => 'nora', name => 'Nora', partner => 1, account => (SELECT p.account_id FROM clearance.partner p WHERE p.id = 1)))$$),
('a member goes', 'narrowing', $$DELETE FROM clearance.member WHERE id = 261$$),
('roles', 'widening', $$SELECT clearance.set_member_roles(1191, '{account_admin}')$$),
('nothing', 'unchanged', $$SELECT clearance.update_partner(6, access_level => 'restricted')$$),
('several at once', 'mixed', $$SELECT clearance.update_partner(9, access_level => 'permissive'); SELECT clearance.set_member_roles(1191, '{account_admin}'); UPDATE app.task SET is_private = NOT is_private WHERE project_id = 12$$);

CREATE TEMP TABLE looked_at AS
SELECT b.relation, b.feature, b.key_column AS key, b.create_action, b.edit_action, b.delete_action
FROM clearance.binding b
WHERE b.relation = ANY ('{app.project,app.phase,app.task,app.document,app.file,app.milestone,app.raid_item,app.task_message,app.time_entry}'::regclass[]);
GRANT SELECT ON looked_at TO PUBLIC;

CREATE TEMP TABLE masked AS SELECT b.relation, m.column_name FROM clearance.binding_mask m JOIN clearance.binding b ON b.id = m.binding_id
UNION ALL VALUES ('app.milestone'::regclass, 'name'::name);
CREATE FUNCTION pg_temp.masks() RETURNS text[] LANGUAGE sql AS $$
    SELECT array_agg(b.relation || '|view ' || m.column_name) FROM clearance.binding_mask m JOIN clearance.binding b ON b.id = m.binding_id
$$;

-- What a member sees and may do, each with table, action and key.
CREATE FUNCTION pg_temp.state(who text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    t record;
    projects text[] := ARRAY(SELECT p.key FROM clearance.project p);
    part text[];
    found text[] := '{}';
BEGIN
    IF NOT EXISTS (SELECT FROM clearance.member m WHERE m.key = who) THEN
        RETURN found;
    END IF;
    PERFORM clearance.set_actor(key => who);
    FOR t IN SELECT l.*, ARRAY(SELECT k.column_name FROM masked k WHERE k.relation = l.relation) AS masks
             FROM looked_at l LOOP
        SET LOCAL ROLE app_user;
        EXECUTE format($q$SELECT array_agg(%L || '|' || a.action || '|' || t.%I) FROM %s t
            CROSS JOIN LATERAL (SELECT 'view' UNION ALL SELECT 'edit' WHERE clearance.can_row(%L, t)
                UNION ALL SELECT 'delete' WHERE clearance.can_row(%L, t)
                UNION ALL SELECT 'view ' || c FROM unnest(%L::name[]) c WHERE NOT clearance.column_masked(t, c)) a (action)$q$,
            t.relation, t.key, t.relation, t.edit_action, t.delete_action, t.masks) INTO part;
        found := found || coalesce(part, '{}');
        IF t.feature = 'project' THEN
            SELECT array_agg(text 'app.project|create|any') INTO part WHERE clearance.can('project.' || t.create_action);
        ELSE
            SELECT array_agg(t.relation || '|create|' || p) INTO part FROM unnest(projects) p WHERE clearance.can(t.feature || '.' || t.create_action, p);
        END IF;
        RESET ROLE;
        found := found || coalesce(part, '{}');
    END LOOP;
    PERFORM clearance.reset_actor();
    RETURN found;
END
$$;

-- What is stored, but for what the server counts.
CREATE FUNCTION pg_temp.stored() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    t regclass;
    part text;
    found text := '';
BEGIN
    FOR t IN SELECT c.oid FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace IN ('clearance'::regnamespace, 'app'::regnamespace, 'pg_catalog'::regnamespace)
             AND c.oid NOT IN ('pg_statistic'::regclass, 'pg_class'::regclass) ORDER BY c.oid LOOP
        EXECUTE format('SELECT sum(hashtextextended(t::text, 0)) FROM %s t', t) INTO part;
        found := found || coalesce(part, '-');
    END LOOP;
    RETURN md5(found || (SELECT sum(hashtextextended(concat(c.oid, c.relname, c.relrowsecurity, c.relchecks, c.relhastriggers, c.relacl), 0)) FROM pg_class c));
END
$$;

CREATE TEMP TABLE reported (n integer, i bigint, line text, class text, member text, name text, company text, relation text, action text,
    gained bigint, lost bigint, gained_keys text[], lost_keys text[], note text);
CREATE TEMP TABLE digests AS SELECT 'before' AS moment, pg_temp.stored() AS digest;
INSERT INTO reported
SELECT c.n, p.i, p.line, p.class, p.member, p.name, p.company, p.relation, p.action, p.gained, p.lost, p.gained_keys, p.lost_keys, p.note
FROM change c, LATERAL clearance.preview(c.sql, sample => 1000000, time_limit => '10 minutes') WITH ORDINALITY
    p (line, class, member, name, company, relation, action, gained, lost, gained_keys, lost_keys, note, i);
INSERT INTO digests SELECT 'after', pg_temp.stored();

CREATE TEMP TABLE asked AS
SELECT c.n, a.member, true AS listed FROM change c,
    LATERAL ((SELECT l.member FROM reported l WHERE l.n = c.n AND l.line = 'actor' AND l.gained + l.lost > 0 ORDER BY l.gained + l.lost, l.i LIMIT 1)
             UNION (SELECT l.member FROM reported l WHERE l.n = c.n AND l.line = 'actor' AND l.gained + l.lost > 0 ORDER BY l.gained + l.lost > 8000, md5(l.member) LIMIT 1)) a
UNION ALL
SELECT c.n, m.key, false FROM change c, LATERAL (SELECT m.key FROM clearance.member m
    WHERE NOT EXISTS (SELECT FROM reported r WHERE r.n = c.n AND r.line = 'rows' AND r.member = m.key)
    ORDER BY m.key = ANY ('{102,113,261}') DESC, md5(m.key) LIMIT 1) m;
CREATE TEMP TABLE before AS SELECT a.member, pg_temp.state(a.member) AS state FROM (SELECT DISTINCT member FROM asked) a;
CREATE TEMP TABLE after (n integer, member text, state text[], masks text[]);

-- Make a change, ask, and undo it.
CREATE FUNCTION pg_temp.really(number integer) RETURNS SETOF after LANGUAGE plpgsql AS $$
DECLARE
    found after[] := '{}';
    who text;
BEGIN
    BEGIN
        EXECUTE (SELECT c.sql FROM change c WHERE c.n = number);
        SET CONSTRAINTS ALL IMMEDIATE;
        FOR who IN SELECT a.member FROM asked a WHERE a.n = number LOOP
            found := found || ROW(number, who, pg_temp.state(who), pg_temp.masks())::after;
        END LOOP;
        RAISE EXCEPTION 'undo' USING ERRCODE = 'CL000';
    EXCEPTION WHEN SQLSTATE 'CL000' THEN
        RETURN QUERY SELECT * FROM unnest(found);
    END;
END
$$;
INSERT INTO after SELECT r.* FROM change c, pg_temp.really(c.n) r;

-- of columns, those that are masked before or after
CREATE TEMP TABLE expected AS
SELECT d.* FROM (
    SELECT a.n, a.member, 'gained' AS how, x FROM after a JOIN before b USING (member),
        LATERAL (SELECT unnest(a.state) EXCEPT SELECT unnest(b.state)) d (x)
    UNION ALL
    SELECT a.n, a.member, 'lost', x FROM after a JOIN before b USING (member),
        LATERAL (SELECT unnest(b.state) EXCEPT SELECT unnest(a.state)) d (x)) d JOIN after a USING (n, member)
WHERE x NOT LIKE '%|view %' OR regexp_replace(x, '\|[^|]*$', '') = ANY (a.masks || pg_temp.masks());
CREATE TEMP TABLE said AS
SELECT r.n, r.member, k.how, r.relation || '|' || r.action || '|' || k.key AS x
FROM reported r JOIN asked a USING (n, member) JOIN looked_at l ON l.relation::text = r.relation,
    LATERAL (SELECT 'gained', unnest(r.gained_keys) UNION ALL SELECT 'lost', unnest(r.lost_keys)) k (how, key)
WHERE r.line = 'rows';
CREATE TEMP TABLE differences AS
(SELECT *, 'is not reported' AS only FROM expected EXCEPT SELECT *, 'is not reported' FROM said)
UNION ALL (SELECT *, 'is not so' FROM said EXCEPT SELECT *, 'is not so' FROM expected);
\o
SELECT plan(2 * count(*)::integer + 4) FROM change;
SELECT is((SELECT r.class FROM reported r WHERE r.n = c.n AND r.line = 'all'), c.class, c.what || ': ' || c.class) FROM change c ORDER BY c.n;
SELECT is((SELECT string_agg(concat_ws(' ', d.member, d.how, d.x, d.only), '; ') FROM (SELECT * FROM differences d WHERE d.n = c.n LIMIT 5) d), NULL, c.what || ': of '
    || (SELECT string_agg(a.member || CASE WHEN a.listed THEN '' ELSE ' (not listed)' END, ', ' ORDER BY a.listed DESC, a.member) FROM asked a WHERE a.n = c.n)
    || ' it says what really differs') FROM change c ORDER BY c.n;
SELECT cmp_ok((SELECT count(*) FROM said), '>', 10000::bigint, 'that is much');
SELECT is((SELECT string_agg(concat_ws(' ', n, relation, note), '; ') FROM reported WHERE line = 'left out'), NULL, 'nothing was left out');
SELECT is((SELECT digest FROM digests WHERE moment = 'after'), (SELECT digest FROM digests WHERE moment = 'before'), 'nothing that is stored is different after all previews');
SELECT is((SELECT pg_temp.state(member) FROM before ORDER BY member LIMIT 1), (SELECT state FROM before ORDER BY member LIMIT 1), 'members see what they saw');
SELECT * FROM finish();
ROLLBACK;
