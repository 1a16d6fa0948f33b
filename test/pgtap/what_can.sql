-- what_can() and access_matrix() against counting in everybody's own name, on the
-- loaded workspace.
--
-- Rows are counted by real SQL in a role that row security binds: those that a SELECT
-- finds, and of these those that satisfy the table's policies for UPDATE and DELETE.
-- Everybody counts a few tables, some members of every kind count each one. Among the
-- projects are archived and open ones, and one is reached by phases. Everything is
-- rolled back.
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

SELECT clearance.set_project('1', archived => true),
       clearance.set_project('2', open_levels => '{moderate,client,super_user}', portal => true), clearance.set_project('3', open_levels => '{restricted,collaborator,moderate}'),
       clearance.set_project('4', by_phase => true), clearance.set_project_feature('5', 'task', false);

CREATE TEMP TABLE counted_table AS
SELECT b.relation, max(p.qual) FILTER (WHERE p.cmd = 'UPDATE') AS editable, max(p.qual) FILTER (WHERE p.cmd = 'DELETE') AS deletable
FROM clearance.binding b
JOIN pg_class c ON c.oid = b.relation
JOIN pg_policies p ON (p.schemaname, p.tablename) = (c.relnamespace::regnamespace::name, c.relname)
WHERE NOT b.link_only AND p.qual LIKE '%clearance.%'
GROUP BY b.relation;

CREATE TEMP TABLE counted (member bigint, relation regclass, visible bigint, editable bigint, deletable bigint);
CREATE TEMP TABLE told (LIKE counted);
CREATE TEMP TABLE matrix (relation regclass, member bigint, visible bigint);
CREATE TEMP TABLE matrix_told (LIKE matrix);

-- Some of each kind and each base level.
CREATE TEMP TABLE counter AS
SELECT m.id FROM (SELECT m.id, row_number() OVER (PARTITION BY m.kind, m.partner_id IS NULL OR m.partner_admin, s.base_levels, s.no_standing ORDER BY m.id) AS n
                  FROM clearance.member m CROSS JOIN LATERAL clearance_internal.scope_actor(m.id, NULL) s) m
WHERE m.n <= 3;

CREATE FUNCTION pg_temp.count_as(relation regclass, editable text, deletable text, OUT visible bigint, OUT edits bigint, OUT deletes bigint) LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL ROLE app_user;
    EXECUTE format('SELECT count(*), count(*) FILTER (WHERE %2$s), count(*) FILTER (WHERE %3$s) FROM %1$s', relation, editable, deletable)
    INTO visible, edits, deletes;
    RESET ROLE;
END
$$;
DO $$
DECLARE
    m record;
BEGIN
    FOR m IN SELECT x.id, x.id IN (SELECT c.id FROM counter c) AS counts FROM clearance.member x LOOP
        PERFORM clearance.set_actor(id => m.id);
        INSERT INTO matrix SELECT t.relation, m.id, c.visible FROM unnest('{app.task,app.document,app.document_comment,app.project}'::regclass[]) t (relation), pg_temp.count_as(t.relation, 'false', 'false') c;
        IF m.counts THEN
            INSERT INTO counted SELECT m.id, t.relation, c.* FROM counted_table t, pg_temp.count_as(t.relation, t.editable, t.deletable) c;
        END IF;
        PERFORM clearance.reset_actor();
    END LOOP;
END
$$;
INSERT INTO told SELECT m.id, w.* FROM counter m, clearance.what_can(m.id) w;
INSERT INTO matrix_told SELECT t.relation, a.member, a.visible FROM unnest('{app.task,app.document,app.document_comment,app.project}'::regclass[]) t (relation), clearance.access_matrix(t.relation) a;
\o
SELECT plan(5);
SELECT diag(format('%s tables counted by %s members, %s rows seen, %s to edit, %s to delete', (SELECT count(*) FROM counted_table), (SELECT count(*) FROM counter),
                   sum(visible), sum(editable), sum(deletable)))
FROM told;
SELECT is_empty('(TABLE counted EXCEPT TABLE told) UNION ALL (TABLE told EXCEPT TABLE counted)', 'what_can() says what everybody counts');
SELECT is_empty('(TABLE matrix EXCEPT SELECT * FROM matrix_told WHERE member IS NOT NULL) UNION ALL (SELECT * FROM matrix_told WHERE member IS NOT NULL EXCEPT TABLE matrix)',
                'so does access_matrix()');
SELECT cmp_ok((SELECT count(*) FROM told WHERE editable NOT IN (0, visible)), '>', 50::bigint, 'some may edit some of what they see');
SELECT cmp_ok((SELECT count(*) FROM told WHERE deletable NOT IN (0, visible)), '>', 10::bigint, 'or delete');
SELECT is((SELECT count(DISTINCT visible) > 20 FROM matrix_told), true, 'not all see the same');
SELECT * FROM finish();
ROLLBACK;
