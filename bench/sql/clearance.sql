-- Clearance: what the tables hold, declared.
\o /dev/null
SELECT clearance.protect('protected.project', 'project', project => 'id',
    visibility => 'is_private', shared_values => '{false}', owner => 'owner_id');
SELECT clearance.protect('protected.task', 'task', project => 'project_id',
    visibility => 'is_private', shared_values => '{false}', owner => 'author_id');
SELECT clearance.relate('protected.task', 'assigned', member_column => 'assignee_id');
SELECT clearance.relate('protected.task', 'assigned',
    member_column => 'member_id', link => 'protected.task_assignee', link_column => 'task_id');
SELECT clearance.protect('protected.phase', 'phase', project => 'project_id',
    visibility => 'is_private', shared_values => '{false}');
SELECT clearance.relate('protected.phase', 'assigned_task', link => 'protected.task', link_column => 'phase_id');
SELECT clearance.protect('protected.milestone', 'milestone', project => 'project_id',
    visibility => 'is_private', shared_values => '{false}');
SELECT clearance.relate('protected.milestone', 'assigned', member_column => 'assignee_id');
SELECT clearance.protect('protected.raid_item', 'raid_item', project => 'project_id',
    visibility => 'is_private', shared_values => '{false}');
SELECT clearance.relate('protected.raid_item', 'assigned',
    member_column => 'member_id', link => 'protected.raid_assignee', link_column => 'raid_id');
SELECT clearance.protect('protected.document', 'document', project => 'project_id',
    visibility => 'is_private', shared_values => '{false}', owner => 'owner_id');
SELECT clearance.protect('protected.document_comment', 'document_comment',
    visibility => 'is_private', shared_values => '{false}', owner => 'author_id');
SELECT clearance.add_parent('protected.document_comment', 'document_id', 'protected.document');
SELECT clearance.create_feature(feature) FROM unnest('{task_comment,attachment,bench_folder}'::text[]) AS feature;
SELECT clearance.allow(level, feature, action, visibility => CASE level WHEN 'moderate' THEN 'shared' ELSE 'any' END)
FROM unnest('{collaborator,permissive,moderate,restricted}'::text[]) AS level,
     unnest('{task_comment,attachment,bench_folder}'::text[]) AS feature, unnest('{view,create}'::text[]) AS action;
SELECT clearance.protect('protected.task_comment', 'task_comment', owner => 'author_id');
SELECT clearance.add_parent('protected.task_comment', 'task_id', 'protected.task');
SELECT clearance.protect('protected.attachment', 'attachment', project => 'project_id',
    visibility => 'is_private', shared_values => '{false}');
SELECT clearance.add_parent('protected.attachment', 'document_id', 'protected.document');
SELECT clearance.protect('protected.folder', 'bench_folder', project => 'project_id',
    visibility => 'is_private', shared_values => '{false}');
SELECT clearance.add_parent('protected.folder', 'parent_id', 'protected.folder', optional => true);
SELECT clearance.protect('protected.grown', 'task', project => 'project_id',
    visibility => 'is_private', shared_values => '{false}');
\o
