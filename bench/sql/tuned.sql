-- Tuned: static policies bent until an index can answer them. Each arm of the OR
-- is an index condition: what guides write as "(SELECT sees_account()) OR" is a
-- range here, all or nothing; a planner that cannot know the range's width
-- guesses that it is narrow, and combines the arms in a bitmap.
CREATE FUNCTION bench.lowest() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN bench.sees_account() THEN '-9223372036854775808'::bigint ELSE 1 END;
CREATE FUNCTION bench.highest() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN bench.sees_account() THEN 9223372036854775807 ELSE 0 END;

SELECT format($$CREATE POLICY tuned ON static.%1$I TO bench_tuned USING (
        %2$I BETWEEN (SELECT bench.lowest()) AND (SELECT bench.highest())
        OR %2$I = ANY ((SELECT bench.projects('any'))::bigint[])
        OR %2$I = ANY ((SELECT bench.projects('shared'))::bigint[]) AND %3$s
        %4$s)$$, tab, project, shared,
    (SELECT string_agg(format($$OR %1$s AND %2$I = ANY ((SELECT bench.projects('assigned'))::bigint[])$$, arm, project), ' ')
     FROM unnest(assigned) AS arm))
FROM (VALUES
    ('project',   'id',         'true',           '{true}'::text[]),
    ('phase',     'project_id', 'NOT is_private',
     '{"id = ANY (ARRAY(SELECT phase_id FROM static.task WHERE assignee_id = (SELECT bench.me())))"}'),
    ('task',      'project_id', 'NOT is_private',
     '{"assignee_id = (SELECT bench.me())","id = ANY (ARRAY(SELECT task_id FROM static.task_assignee WHERE member_id = (SELECT bench.me())))"}'),
    ('milestone', 'project_id', 'NOT is_private', '{"assignee_id = (SELECT bench.me())"}'),
    ('raid_item', 'project_id', 'NOT is_private',
     '{"id = ANY (ARRAY(SELECT raid_id FROM static.raid_assignee WHERE member_id = (SELECT bench.me())))"}'),
    ('document',  'project_id', 'NOT is_private', '{}'),
    ('grown',     'project_id', 'NOT is_private', '{}')) AS t (tab, project, shared, assigned)
\gexec

CREATE POLICY tuned ON static.document_comment TO bench_tuned USING (
    (document_id BETWEEN (SELECT bench.lowest()) AND (SELECT bench.highest())
     OR document_id = ANY (ARRAY(SELECT id FROM static.document WHERE NOT (SELECT bench.sees_account()))))
    AND (NOT is_private OR (SELECT bench.sees_private())));
