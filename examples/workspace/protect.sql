-- Who may do what with the application's tables: one block a table. A table
-- names its feature (whose actions the levels grant), the columns that carry
-- project, visibility and owner, its parents, how members are related to its
-- rows, and the columns whose change needs an action of its own.
\o /dev/null

-- project: the rows that everything else hangs on; pages of it are asked for
-- with clearance.can('project.view_plan', 4) and the like.
SELECT clearance.protect('app.project', 'project', project => 'id', account => 'account',
    visibility => 'is_private', shared_values => '{false}', owner => 'owner_id');
SELECT clearance.guard_column('app.project', 'business_goals', 'edit_business_goals');
SELECT clearance.guard_column('app.project', 'custom_fields', 'edit_custom_fields');
SELECT clearance.guard_column('app.project', 'hours', 'edit_hours');
SELECT clearance.guard_column('app.project', 'is_private', 'set_visibility');
SELECT clearance.guard_column('app.project', 'started_on', 'edit_actual_start_date');

-- phase
SELECT clearance.protect('app.phase', 'phase', project => 'project_id',
    visibility => 'is_private', shared_values => '{false}');

-- task: assigned by its own column and by a link table. The phase is no
-- parent: customers and moderate partners see tasks of phases closed to them.
SELECT clearance.protect('app.task', 'task', project => 'project_id',
    visibility => 'is_private', shared_values => '{false}', client_visibility => 'client_visibility',
    owner => 'created_by', kind => 'kind');
SELECT clearance.relate('app.task', 'assigned', member_column => 'assignee_id');
SELECT clearance.relate('app.task', 'assigned',
    member_column => 'member_id', link => 'app.task_assignee', link_column => 'task_id');
SELECT clearance.relate('app.task', 'followed',
    member_column => 'member_id', link => 'app.task_follower', link_column => 'task_id');
SELECT clearance.guard_column('app.task', 'is_private', 'mark_private');
SELECT clearance.guard_column('app.task', 'is_milestone', 'convert_to_milestone', new_value => 'true');
SELECT clearance.guard_column('app.task', 'started_on', 'edit_started_on_date');
SELECT clearance.guard_column('app.task', 'completed_on', 'edit_completed_on_date');

-- phase again, now that tasks are protected: it contains a task assigned to the member.
SELECT clearance.relate('app.phase', 'assigned_task', link => 'app.task', link_column => 'phase_id');

-- space: shared is a word here, followers are an array.
SELECT clearance.protect('app.space', 'space', project => 'project_id',
    visibility => 'visibility', shared_values => '{shared}', owner => 'owner_id');
SELECT clearance.relate('app.space', 'followed', member_column => 'follower_ids');

-- document, in a space
SELECT clearance.protect('app.document', 'document', project => 'project_id',
    visibility => 'is_private', shared_values => '{false}', owner => 'owner_id');
SELECT clearance.add_parent('app.document', 'space_id', 'app.space');
SELECT clearance.relate('app.document', 'followed',
    member_column => 'member_id', link => 'app.document_follower', link_column => 'document_id');
SELECT clearance.guard_column('app.document', 'frozen', 'freeze', new_value => 'true');
SELECT clearance.guard_column('app.document', 'frozen', 'unfreeze', new_value => 'false');

-- document_message, on a document
SELECT clearance.protect('app.document_message', 'document_message', project => 'project_id',
    visibility => 'is_private', shared_values => '{false}', owner => 'author_id');
SELECT clearance.add_parent('app.document_message', 'document_id', 'app.document');

-- document_comment: its project is the document's; a reply needs sight of what it replies to.
SELECT clearance.protect('app.document_comment', 'document_comment',
    visibility => 'is_private', shared_values => '{false}', owner => 'author_id');
SELECT clearance.add_parent('app.document_comment', 'document_id', 'app.document');
SELECT clearance.add_parent('app.document_comment', 'reply_to', 'app.document_comment', optional => true);
SELECT clearance.guard_column('app.document_comment', 'resolved', 'resolve');

-- document_approval: the approver answers, who asked may withdraw it.
SELECT clearance.protect('app.document_approval', 'document_approval', project => 'project_id',
    visibility => 'is_private', shared_values => '{false}', owner => 'requested_by');
SELECT clearance.add_parent('app.document_approval', 'document_id', 'app.document');
SELECT clearance.relate('app.document_approval', 'assigned', member_column => 'approver_id');
SELECT clearance.guard_column('app.document_approval', 'state', 'approve', new_value => 'approved');
SELECT clearance.guard_column('app.document_approval', 'state', 'request_changes',
    new_value => 'changes_requested');

-- document_task: a task made from a document, seen where both are. The built-in
-- levels speak of its create only; the application says the rest.
SELECT clearance.allow(l, 'document_task', 'view')
FROM unnest('{super_user,collaborator,permissive,moderate}'::text[]) AS l;
SELECT clearance.allow(l, 'document_task', 'delete', 'any', 'own')
FROM unnest('{super_user,collaborator,permissive}'::text[]) AS l;
SELECT clearance.protect('app.document_task', 'document_task', owner => 'created_by', edit_action => 'create');
SELECT clearance.add_parent('app.document_task', 'document_id', 'app.document');
SELECT clearance.add_parent('app.document_task', 'task_id', 'app.task');

-- conversation: by text key; two of the three audiences count as shared.
SELECT clearance.protect('app.conversation', 'conversation', project => 'project_id',
    visibility => 'audience', shared_values => '{partners,everyone}', owner => 'created_by');
SELECT clearance.relate('app.conversation', 'invited',
    member_column => 'member_id', link => 'app.conversation_participant', link_column => 'conversation_id');

-- conversation_message: a feature of the application's own. Who sees the
-- conversation reads its messages; writing one needs send_messages on it.
SELECT clearance.create_feature('conversation_message', description => 'messages of a conversation');
SELECT clearance.add_gate('conversation_message.create', 'conversation.send_messages');
SELECT clearance.allow(l, 'conversation_message', a)
FROM unnest('{super_user,collaborator,permissive,moderate,restricted}'::text[]) AS l,
     unnest('{view,create}'::text[]) AS a;
SELECT clearance.allow(l, 'conversation_message', a, 'any', 'own')
FROM unnest('{super_user,collaborator,permissive,moderate,restricted}'::text[]) AS l,
     unnest('{edit,delete}'::text[]) AS a;
SELECT clearance.protect('app.conversation_message', 'conversation_message', owner => 'author_id');
SELECT clearance.add_parent('app.conversation_message', 'conversation_id', 'app.conversation');

-- status_update: a draft until it is published; shared is the true side here.
SELECT clearance.protect('app.status_update', 'status_update', project => 'project_id',
    visibility => 'is_shared', shared_values => '{true}', owner => 'author_id',
    published => 'published_at', publish_action => 'publish');
SELECT clearance.guard_column('app.status_update', 'cc_sent_at', 'send_to_ccs');

-- folder, in a folder
SELECT clearance.protect('app.folder', 'folder', project => 'project_id',
    visibility => 'is_private', shared_values => '{false}', owner => 'created_by');
SELECT clearance.add_parent('app.folder', 'parent_id', 'app.folder', optional => true);

-- file: of a task, or on the files page. The folder is a place, no parent:
-- customers see files and no folders.
SELECT clearance.protect('app.file', 'file', project => 'project_id',
    visibility => 'is_private', shared_values => '{false}', client_visibility => 'client_visibility', owner => 'uploaded_by');
SELECT clearance.add_parent('app.file', 'task_id', 'app.task', optional => true);
SELECT clearance.relate('app.file', 'assigned_task', link => 'app.task', row_column => 'task_id');

-- form: a task with a form; seeing it is form_task.access.
SELECT clearance.protect('app.form', 'form_task', project => 'project_id',
    visibility => 'is_private', shared_values => '{false}', owner => 'created_by', view_action => 'access');
SELECT clearance.add_parent('app.form', 'task_id', 'app.task');
SELECT clearance.relate('app.form', 'assigned_task', link => 'app.task', row_column => 'task_id');

-- form_response: its project is the form's.
SELECT clearance.protect('app.form_response', 'form_response', owner => 'submitted_by', delete_action => 'edit');
SELECT clearance.add_parent('app.form_response', 'form_id', 'app.form');
SELECT clearance.relate('app.form_response', 'assigned_task', link => 'app.task', row_column => 'task_id');

-- sign_off: seen by the customer from the moment it is sent; signing is an act of its own.
SELECT clearance.protect('app.sign_off', 'sign_off', project => 'project_id', owner => 'created_by',
    published => 'sent_at', publish_action => 'send');
SELECT clearance.guard_column('app.sign_off', 'signed_by', 'sign');
SELECT clearance.guard_column('app.sign_off', 'signed_at', 'sign');

-- The team pages: one invites to a row and removes it, and changes it with the same right.
SELECT clearance.protect(('app.' || f)::regclass, f, project => 'project_id',
    create_action => 'invite', edit_action => 'invite', delete_action => 'remove')
FROM unnest('{vendor_team_member,partner_team_member,customer_team_member}'::text[]) AS f;

-- Who acts: the application says for whom it works, the reporting login is Cedar as a whole.
SELECT clearance.trust_role('clearance_demo_app');
SELECT clearance.map_role('clearance_demo_bi', partner => id) FROM company WHERE (kind, no) = ('partner', 3);
\o
