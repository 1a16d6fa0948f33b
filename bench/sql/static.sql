-- Static: policies as the guides for row security recommend them. What depends
-- on the actor alone is asked once a statement, in functions wrapped in
-- sub-selects, so that a row costs comparisons only. PL/pgSQL, because it keeps
-- the plans of its queries from statement to statement.
SELECT format($$ALTER TABLE static.%1$I ENABLE ROW LEVEL SECURITY;
    CREATE POLICY visible ON static.%1$I TO bench_static USING (
        (SELECT bench.sees_account())
        OR %2$I = ANY ((SELECT bench.projects('any'))::bigint[])
        OR %2$I = ANY ((SELECT bench.projects('shared'))::bigint[]) AND %3$s
        OR %2$I = ANY ((SELECT bench.projects('assigned'))::bigint[]) AND (%4$s))$$, tab, project, shared, assigned)
FROM (VALUES
    ('project',   'id',         'true',           'true'),
    ('phase',     'project_id', 'NOT is_private', 'id = ANY (ARRAY(SELECT phase_id FROM static.task WHERE assignee_id = (SELECT bench.me())))'),
    ('task',      'project_id', 'NOT is_private',
     'assignee_id = (SELECT bench.me()) OR id = ANY (ARRAY(SELECT task_id FROM static.task_assignee WHERE member_id = (SELECT bench.me())))'),
    ('milestone', 'project_id', 'NOT is_private', 'assignee_id = (SELECT bench.me())'),
    ('raid_item', 'project_id', 'NOT is_private',
     'id = ANY (ARRAY(SELECT raid_id FROM static.raid_assignee WHERE member_id = (SELECT bench.me())))'),
    ('document',  'project_id', 'NOT is_private', 'false'),
    ('grown',     'project_id', 'NOT is_private', 'false')) AS t (tab, project, shared, assigned)
\gexec

ALTER TABLE static.document_comment ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON static.document_comment TO bench_static USING (
    document_id IN (SELECT id FROM static.document) AND (NOT is_private OR (SELECT bench.sees_private())));

ALTER TABLE static.task_comment ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON static.task_comment TO bench_static, bench_tuned USING (task_id IN (SELECT id FROM static.task));
