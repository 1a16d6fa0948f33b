-- who_can() against a loop over everybody, on the loaded workspace: of rows of every
-- table, who sees them, may edit or delete them, and of one row of each, who may do each
-- action of the table's feature.
--
-- Everybody is asked in its own name, by real SQL: a row is seen if a SELECT finds it,
-- the rest is can_row() in a query on it. So are partners as a whole, by their logins. Among the rows are some of projects that are
-- archived, open to an audience, reached by phases, or in which memberships and
-- participations ended, and some without a project. Everything is rolled back.
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

CREATE TEMP TABLE looked_at AS
SELECT b.relation, b.key_column AS key, NULL::text[] AS keys,
       -- NULL: sight; a new row is judged in another way
       ARRAY(SELECT NULL UNION ALL SELECT a.name FROM clearance.action a WHERE a.feature = b.feature AND a.name <> b.create_action) AS actions,
       ARRAY[NULL, b.edit_action, b.delete_action] AS few, b.project_column AS project, b.project_optional
FROM clearance.binding b WHERE b.key_column IS NOT NULL;

-- What happens to projects.
SELECT clearance.set_project('1', archived => true),
       clearance.set_project('2', open_levels => '{moderate,client,super_user}', portal => true), clearance.set_project('3', open_levels => '{restricted,collaborator,moderate}'),
       clearance.set_project('4', by_phase => true), clearance.set_project_feature('5', 'task', false);
UPDATE clearance.project_member pm SET ends_at = '2020-01-01', starts_at = '-infinity'
WHERE pm.project_id IN (SELECT p.id FROM clearance.project p WHERE p.key = '8') AND pm.member_id % 2 = 0;
UPDATE clearance.project_partner pp SET ends_at = '2020-01-01', starts_at = '-infinity'
WHERE pp.project_id IN (SELECT p.id FROM clearance.project p WHERE p.key = '9') AND pp.partner_id % 2 = 0;

-- Of each table, a row without a project if it may lack one, one of each of these projects in
-- turn if it has a project, and two whichever.
DO $$
DECLARE
    t record;
    found text[];
    n integer := 0;
BEGIN
    FOR t IN SELECT * FROM looked_at ORDER BY relation::text LOOP
        n := n + 1;
        EXECUTE format('SELECT array_agg(k) FROM (SELECT t.%1$I::text AS k FROM %2$s t ORDER BY md5(t.%1$I::text) LIMIT 2) x', t.key, t.relation) INTO found;
        IF t.project IS NOT NULL THEN
            EXECUTE format('SELECT $1 || ARRAY(SELECT t.%1$I::text FROM %2$s t WHERE t.%3$I::text = $2 ORDER BY md5(t.%1$I::text) LIMIT 1)
                                      || ARRAY(SELECT t.%1$I::text FROM %2$s t WHERE t.%3$I IS NULL ORDER BY md5(t.%1$I::text) LIMIT 1)',
                           t.key, t.relation, t.project)
            INTO found USING found, ('{1,2,3,4,5,8,9}'::text[])[1 + n % 7];
        END IF;
        UPDATE looked_at l SET keys = found WHERE l.relation = t.relation;
    END LOOP;
    -- tasks are in all of them
    UPDATE looked_at l SET keys = l.keys || ARRAY(SELECT DISTINCT ON (x.project_id) x.id::text FROM app.task x
                                                  WHERE x.project_id::text = ANY ('{1,2,3,4,5,8,9}') ORDER BY x.project_id, x.id)
    WHERE l.relation = 'app.task'::regclass;
    DELETE FROM looked_at l WHERE coalesce(l.keys, '{}') = '{}';
END
$$;

CREATE TEMP TABLE may (member bigint, relation regclass, key text, action text);
CREATE TEMP TABLE told (LIKE may);
GRANT SELECT ON looked_at TO PUBLIC;

-- What real SQL says to whoever acts.
CREATE FUNCTION pg_temp.ask(become text, role name) RETURNS TABLE (relation regclass, key text, action text) LANGUAGE plpgsql AS $$
DECLARE
    t looked_at;
BEGIN
    FOR t IN SELECT * FROM looked_at LOOP
        PERFORM set_config(become, role, true);
        RETURN QUERY EXECUTE format('SELECT $1, t.%1$I::text, a.action FROM %2$s t CROSS JOIN unnest(CASE t.%1$I::text WHEN $3[1] THEN $2 ELSE $4 END) a (action)
                                     WHERE t.%1$I::text = ANY ($3) AND (a.action IS NULL OR clearance.can_row(a.action, t))', t.key, t.relation)
            USING t.relation, t.actions, t.keys, t.few;
        PERFORM set_config(become, CASE become WHEN 'role' THEN 'none' ELSE 'postgres' END, true);
    END LOOP;
END
$$;
DO $$
DECLARE
    m record;
BEGIN
    FOR m IN SELECT x.id FROM clearance.member x LOOP
        PERFORM clearance.set_actor(id => m.id);
        INSERT INTO may SELECT m.id, * FROM pg_temp.ask('role', 'app_user');
        PERFORM clearance.reset_actor();
    END LOOP;
    FOR m IN SELECT l.role FROM clearance.login_role l WHERE l.partner_id IS NOT NULL LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA app TO %1$s; GRANT SELECT ON ALL TABLES IN SCHEMA app TO %1$s', m.role);
        INSERT INTO may SELECT NULL, * FROM pg_temp.ask('session_authorization', m.role::name);
    END LOOP;
END
$$;

INSERT INTO told
SELECT w.member, l.relation, k.key, a.action
FROM looked_at l CROSS JOIN LATERAL unnest(l.keys) k (key) CROSS JOIN unnest(CASE k.key WHEN l.keys[1] THEN l.actions ELSE l.few END) a (action)
CROSS JOIN LATERAL clearance.who_can(l.relation, k.key, a.action) w;
\o
SELECT plan(3);
SELECT diag(format('%s questions about rows of %s tables, %s answers of %s members; %s rows without project', (SELECT sum(cardinality(actions) + (cardinality(keys) - 1) * 3) FROM looked_at),
                   (SELECT count(*) FROM looked_at), count(*), count(DISTINCT member), (SELECT count(*) FROM looked_at l WHERE l.project_optional)))
FROM told;
SELECT is((SELECT count(*) FROM (SELECT member, relation, key, action FROM may EXCEPT SELECT member, relation, key, action FROM told) x), 0::bigint, 'who may is named')
    || coalesce((SELECT chr(10) || diag(string_agg(x::text, chr(10))) FROM (SELECT member, relation, key, action FROM may EXCEPT SELECT member, relation, key, action FROM told LIMIT 8) x), '');
SELECT is((SELECT count(*) FROM (SELECT member, relation, key, action FROM told EXCEPT SELECT member, relation, key, action FROM may) x), 0::bigint, 'and nobody else')
    || coalesce((SELECT chr(10) || diag(string_agg(x::text, chr(10))) FROM (SELECT member, relation, key, action FROM told EXCEPT SELECT member, relation, key, action FROM may LIMIT 8) x), '');
SELECT cmp_ok((SELECT count(*) FROM told), '>', 5000::bigint, 'those are many');
SELECT * FROM finish();
ROLLBACK;
