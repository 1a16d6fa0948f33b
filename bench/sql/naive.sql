-- Naive: the rule as one would write it down, judged row by row.
SELECT format('ALTER TABLE naive.%1$I ENABLE ROW LEVEL SECURITY; CREATE POLICY visible ON naive.%1$I USING (%2$s)',
              tab, bench.naive_rule(tab, project, shared, assigned))
FROM (VALUES
    ('project',   'id',         'true',           'true'),
    ('phase',     'project_id', 'NOT is_private', 'EXISTS (SELECT FROM naive.task t WHERE t.phase_id = phase.id AND t.assignee_id = m.id)'),
    ('task',      'project_id', 'NOT is_private',
     'assignee_id = m.id OR EXISTS (SELECT FROM naive.task_assignee a WHERE a.task_id = task.id AND a.member_id = m.id)'),
    ('milestone', 'project_id', 'NOT is_private', 'assignee_id = m.id'),
    ('raid_item', 'project_id', 'NOT is_private',
     'EXISTS (SELECT FROM naive.raid_assignee a WHERE a.raid_id = raid_item.id AND a.member_id = m.id)'),
    ('document',  'project_id', 'NOT is_private', 'false'),
    ('grown',     'project_id', 'NOT is_private', 'false')) AS t (tab, project, shared, assigned)
\gexec

ALTER TABLE naive.document_comment ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON naive.document_comment USING (
    EXISTS (SELECT FROM naive.document d WHERE d.id = document_id)
    AND (NOT is_private OR EXISTS (
        SELECT FROM bench.member m
        WHERE m.id = current_setting('bench.member')::bigint AND m.level NOT IN ('moderate', 'restricted'))));
