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
SELECT clearance.guard_column('app.project', 'completed_on', 'edit_actual_completed_date');
SELECT clearance.guard_column('app.project', 'notes', 'edit_notes', feature => 'project_field');
SELECT clearance.guard_column('app.project', 'portal', 'change_from_project_settings', feature => 'change_customer_portal');
SELECT clearance.guard_column('app.project', 'auto_allocated', 'turn_auto_allocations_on', feature => 'resource_management', new_value => 'true');
SELECT clearance.guard_column('app.project', 'auto_allocated', 'turn_auto_allocations_off', feature => 'resource_management', new_value => 'false');
SELECT clearance.guard_column('app.project', 'effort_plan', 'manage_level_of_effort_planning', feature => 'resource_management');
SELECT clearance.create_action('project', 'set_health');
SELECT clearance.allow(l, 'project', 'set_health') FROM unnest('{super_user,collaborator,permissive}'::text[]) AS l;
SELECT clearance.guard_column('app.project', 'health', 'set_health');
-- What the matrix calls default fields, custom fields, hours and goals of a project is for whoever
-- holds the cell on that project: to everybody else who sees it, these columns read as NULL.
SELECT clearance.mask_column('app.project', c.name, c.action)
FROM (VALUES ('status', 'view_default_fields'), ('started_on', 'view_default_fields'), ('completed_on', 'view_default_fields'),
             ('due_on', 'view_default_fields'), ('custom_fields', 'view_custom_fields'), ('hours', 'view_hours'),
             ('business_goals', 'view_business_goals')) AS c (name, action);
SELECT clearance.allow(l, 'project', 'view_hours') FROM unnest('{super_user,collaborator}'::text[]) AS l;
SELECT clearance.allow(l, 'project', 'view_default_fields') FROM unnest('{client,client_reader}'::text[]) AS l;

-- phase
SELECT clearance.protect('app.phase', 'phase', project => 'project_id',
    visibility => 'is_private', shared_values => '{false}');
SELECT clearance.guard_column('app.phase', c.name, c.action)
FROM (VALUES ('name', 'edit_name'), ('starts_on', 'edit_dates'), ('ends_on', 'edit_dates'), ('effort', 'edit_effort'),
             ('is_private', 'manage_visibility')) AS c (name, action);
SELECT clearance.allow('permissive', 'phase', 'manage_visibility');

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
SELECT clearance.guard_column('app.task', c.name, c.action)
FROM (VALUES ('status', 'edit_status'), ('start_on', 'edit_start_date'), ('due_on', 'edit_due_date'), ('title', 'edit_name'),
             ('description', 'edit_description'), ('effort', 'edit_effort'), ('progress', 'edit_progress'),
             ('priority', 'edit_priority'), ('is_at_risk', 'mark_at_risk'), ('phase_id', 'move_across_phases'),
             ('parent_task_id', 'manage_subtasks')) AS c (name, action);
-- Columns of a task go with a partner's edit by themselves. To customers they are
-- given one by one, and what the matrices give to the vendor alone, to those who edit.
SELECT clearance.allow(l, 'task', a)
FROM unnest('{client,client_reader}'::text[]) AS l,
     unnest('{edit_status,edit_start_date,edit_due_date,edit_name,edit_description,edit_effort,edit_progress,edit_priority}'::text[]) AS a;
SELECT clearance.allow(l.name, 'task', a, l.visibility)
FROM (VALUES ('permissive', 'any'), ('moderate', 'shared')) AS l (name, visibility), unnest('{mark_at_risk,move_across_phases,manage_subtasks}'::text[]) AS a;

-- phase again, now that tasks are protected: it contains a task assigned to the member.
SELECT clearance.relate('app.phase', 'assigned_task', link => 'app.task', link_column => 'phase_id');

-- space: shared is a word here, followers are an array.
SELECT clearance.protect('app.space', 'space', project => 'project_id',
    visibility => 'visibility', shared_values => '{shared}', owner => 'owner_id');
SELECT clearance.relate('app.space', 'followed', member_column => 'follower_ids');
SELECT clearance.guard_column('app.space', 'embedded_url', 'embed_urls');

-- document, in a space
SELECT clearance.protect('app.document', 'document', project => 'project_id',
    visibility => 'is_private', shared_values => '{false}', owner => 'owner_id');
SELECT clearance.add_parent('app.document', 'space_id', 'app.space');
SELECT clearance.relate('app.document', 'followed',
    member_column => 'member_id', link => 'app.document_follower', link_column => 'document_id');
SELECT clearance.guard_column('app.document', 'frozen', 'freeze', new_value => 'true');
SELECT clearance.guard_column('app.document', 'frozen', 'unfreeze', new_value => 'false');
SELECT clearance.guard_column('app.document', 'position', 'rearrange');
SELECT clearance.guard_column('app.document', 'embedded_url', 'edit_embedded_document_urls', feature => 'space');

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
SELECT clearance.guard_column('app.conversation', 'subject', 'edit_name');
SELECT clearance.guard_column('app.conversation', 'description', 'edit_description');

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
SELECT clearance.guard_column('app.sign_off', ARRAY['signed_by', 'signed_at'], 'sign');

-- Who signs signs for itself, now and once.
CREATE FUNCTION app.check_signature() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF clearance.actor() IS NULL THEN
        RETURN NEW;
    ELSIF OLD.signed_by IS NOT NULL THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('sign-off "%s" is signed', OLD.title),
            HINT = 'A signature stays; send a new sign-off.';
    ELSIF NEW.signed_by::text IS DISTINCT FROM (SELECT key FROM clearance.whoami()) THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('sign-off "%s" cannot be signed for somebody else', OLD.title);
    END IF;
    NEW.signed_at := now();
    RETURN NEW;
END
$$;
CREATE TRIGGER check_signature BEFORE UPDATE ON app.sign_off FOR EACH ROW
    WHEN ((OLD.signed_by, OLD.signed_at) IS DISTINCT FROM (NEW.signed_by, NEW.signed_at)) EXECUTE FUNCTION app.check_signature();

-- A sign-off is opened and signed by its link as in the portal: the link says who
-- acts, and the rule does the rest. For the application, which follows links.
CREATE FUNCTION app.open_link(token text) RETURNS SETOF app.sign_off
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    subject text := (SELECT l.subject FROM clearance.follow_link(token) AS l);
BEGIN
    RETURN QUERY SELECT s.* FROM app.sign_off s WHERE 'sign_off ' || s.id = subject;
END
$$;
CREATE FUNCTION app.sign_by_link(token text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    sign_off bigint := (SELECT o.id FROM app.open_link(token) AS o);
BEGIN
    UPDATE app.sign_off s SET signed_by = (SELECT key::bigint FROM clearance.whoami()), signed_at = now() WHERE s.id = sign_off;
    IF NOT FOUND THEN
        RAISE no_data_found USING MESSAGE = 'there is nothing to sign';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION app.open_link(text), app.sign_by_link(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.open_link(text), app.sign_by_link(text) TO clearance_demo_app;

-- milestone, raid_item: assigned by a column, which restricted members go by.
SELECT clearance.protect('app.milestone', 'milestone', project => 'project_id',
    visibility => 'is_private', shared_values => '{false}', owner => 'created_by', kind => 'kind');
SELECT clearance.relate('app.milestone', 'assigned', member_column => 'assignee_id');
SELECT clearance.protect('app.raid_item', 'raid_item', project => 'project_id',
    visibility => 'is_private', shared_values => '{false}', owner => 'raised_by', kind => 'kind');
SELECT clearance.relate('app.raid_item', 'assigned', member_column => 'assignee_id');

-- timesheet: its owner fills it in and submits it, which locks it: the kind of a
-- row is its state, and grants are limited to kinds. The supervisor approves, and
-- the owner of a project what is of its project. The vendor's people see all. What
-- they do needs their cells of the account matrix too.
SELECT clearance.create_feature('timesheet', '{view,create,edit,delete,submit,approve}', 'weeks of people in projects');
SELECT clearance.allow(l, 'timesheet', a, 'any', 'own', reach, k)
FROM (VALUES ('super_user', 'account'), ('collaborator', 'account'), ('permissive', NULL), ('moderate', NULL), ('restricted', NULL)) AS l (l, reach),
     (VALUES ('view', NULL), ('create', NULL), ('edit', '{draft,rejected}'), ('delete', '{draft}'),
             ('submit', '{draft,rejected,submitted}'::text[])) AS t (a, k);
SELECT clearance.allow(l, 'timesheet', a, 'any', 'assigned', reach, k)
FROM (VALUES ('super_user', 'account'), ('collaborator', 'account'), ('permissive', NULL), ('moderate', NULL), ('restricted', NULL)) AS l (l, reach),
     (VALUES ('view', NULL), ('approve', '{submitted,approved,rejected}'::text[])) AS t (a, k);
SELECT clearance.allow(l, 'timesheet', 'view', reach => 'account'),
       clearance.allow(l, 'timesheet', 'approve', reach => 'owned', kinds => '{submitted,approved,rejected}'),
       clearance.allow(l, 'time_tracking', 'approve_timesheets', 'any', 'assigned', 'account')
FROM unnest('{super_user,collaborator}'::text[]) AS l;
SELECT clearance.add_gate('timesheet.' || a, 'time_tracking.' || g, '{vendor}')
FROM (VALUES ('view', 'view_timesheets'), ('create', 'submit_timesheets'), ('submit', 'submit_timesheets'), ('approve', 'approve_timesheets')) AS t (a, g);
SELECT clearance.protect('app.timesheet', 'timesheet', project => 'project_id', owner => 'member_id', kind => 'state');
SELECT clearance.relate('app.timesheet', 'assigned', member_column => 'supervisor_id');
SELECT clearance.guard_column('app.timesheet', 'state', 'submit', new_value => 'submitted');
SELECT clearance.guard_column('app.timesheet', 'state', 'approve', new_value => 'approved');
SELECT clearance.guard_column('app.timesheet', 'state', 'approve', new_value => 'rejected');

-- One's own is approved by somebody else, unless one has a right of its own for that.
CREATE FUNCTION app.check_own_approval() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF clearance.actor() IS NOT NULL AND NEW.member_id::text = (SELECT key FROM clearance.whoami())
        AND NOT clearance.can('time_tracking.approve_own_timesheets', NEW.project_id) THEN
        RAISE insufficient_privilege USING MESSAGE = 'nobody approves a timesheet of its own';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER check_own_approval BEFORE INSERT OR UPDATE ON app.timesheet FOR EACH ROW
    WHEN (NEW.state = 'approved') EXECUTE FUNCTION app.check_own_approval();

-- time_entry: seen with its timesheet, and changed only while that may be.
SELECT clearance.create_feature('time_entry', description => 'hours on a timesheet');
SELECT clearance.allow(l, 'time_entry', 'view'),
       clearance.allow(l, 'time_entry', 'create', 'any', 'own'),
       clearance.allow(l, 'time_entry', 'edit', 'any', 'own'),
       clearance.allow(l, 'time_entry', 'delete', 'any', 'own')
FROM unnest('{super_user,collaborator,permissive,moderate,restricted}'::text[]) AS l;
SELECT clearance.add_gate('time_entry.' || a, 'timesheet.edit') FROM unnest('{create,edit,delete}'::text[]) AS a;
SELECT clearance.protect('app.time_entry', 'time_entry', owner => 'member_id');
SELECT clearance.add_parent('app.time_entry', 'timesheet_id', 'app.timesheet');
-- What somebody notes on its hours is for itself, for who owns the project, and for super users.
SELECT clearance.create_action('time_entry', 'view_note', reads => true);
SELECT clearance.allow('super_user', 'time_entry', 'view_note'), clearance.allow('collaborator', 'time_entry', 'view_note', reach => 'owned');
SELECT clearance.allow(l, 'time_entry', 'view_note', 'any', 'own') FROM unnest('{collaborator,permissive,moderate,restricted}'::text[]) AS l;
SELECT clearance.mask_column('app.time_entry', 'note', 'view_note');

-- time_off: asked for by its owner, answered by the supervisor.
SELECT clearance.create_feature('time_off', '{view,create,edit,delete,approve}', 'absences of people from projects');
SELECT clearance.allow(l, 'time_off', a, 'any', 'own', kinds => k)
FROM unnest('{super_user,collaborator,permissive,moderate,restricted}'::text[]) AS l,
     (VALUES ('view', NULL), ('create', NULL), ('edit', '{requested}'), ('delete', '{requested}'::text[])) AS t (a, k);
SELECT clearance.allow(l, 'time_off', a, 'any', 'assigned', reach)
FROM (VALUES ('super_user', 'account'), ('collaborator', 'account'), ('permissive', NULL), ('moderate', NULL), ('restricted', NULL)) AS l (l, reach),
     unnest('{view,approve}'::text[]) AS a;
SELECT clearance.allow(l, 'time_off', 'view') FROM unnest('{super_user,collaborator}'::text[]) AS l;
SELECT clearance.protect('app.time_off', 'time_off', project => 'project_id', owner => 'member_id', kind => 'state');
SELECT clearance.relate('app.time_off', 'assigned', member_column => 'supervisor_id');
SELECT clearance.guard_column('app.time_off', 'state', 'approve');

-- The supervisor is on record, and filled in from there when a row is made and
-- when it is submitted: owners may assign their rows, but only ever to that one.
SELECT clearance.allow(l, f, 'assign', 'any', 'own', kinds => k)
FROM unnest('{super_user,collaborator,permissive,moderate,restricted}'::text[]) AS l,
     (VALUES ('timesheet', '{draft,rejected}'), ('time_off', '{requested}'::text[])) AS t (f, k);
CREATE FUNCTION app.fill_supervisor() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF clearance.actor() IS NULL THEN
        RETURN NEW;
    ELSIF TG_OP = 'UPDATE' AND (NEW.state <> 'submitted' OR OLD.state = 'submitted') THEN
        NEW.supervisor_id := OLD.supervisor_id;
        RETURN NEW;
    END IF;
    NEW.supervisor_id := (
        SELECT s.key FROM clearance.member m
        JOIN clearance.project p ON (p.account_id, p.key) = (m.account_id, NEW.project_id::text)
        JOIN clearance.resource r ON r.member_id = m.id
        JOIN clearance.member s ON s.id = r.supervisor_id
        WHERE m.key = NEW.member_id::text);
    RETURN NEW;
END
$$;
CREATE TRIGGER fill_supervisor BEFORE INSERT OR UPDATE ON app.timesheet FOR EACH ROW EXECUTE FUNCTION app.fill_supervisor();
CREATE TRIGGER fill_supervisor BEFORE INSERT OR UPDATE ON app.time_off FOR EACH ROW EXECUTE FUNCTION app.fill_supervisor();

-- Whether a partner's people may track time is a flag of the partner.
CREATE FUNCTION app.check_time_tracking() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF clearance.actor() IS NOT NULL AND NOT clearance.may_track_time() THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('partner "%s" does not track time', (SELECT company FROM clearance.whoami())),
            HINT = 'The vendor switches it on for the partner: clearance.update_partner(…, can_track_time => true).';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER check_time_tracking BEFORE INSERT ON app.timesheet FOR EACH ROW EXECUTE FUNCTION app.check_time_tracking();
CREATE TRIGGER check_time_tracking BEFORE INSERT ON app.time_entry FOR EACH ROW EXECUTE FUNCTION app.check_time_tracking();
CREATE TRIGGER check_time_tracking BEFORE INSERT ON app.time_off FOR EACH ROW EXECUTE FUNCTION app.check_time_tracking();

-- holiday: everybody on the project reads the calendar; who may manage calendars keeps it.
SELECT clearance.create_feature('holiday', description => 'holiday calendars of projects');
SELECT clearance.allow(l, 'holiday', 'view')
FROM unnest('{super_user,collaborator,permissive,moderate,restricted}'::text[]) AS l;
SELECT clearance.allow(l, 'holiday', a) FROM unnest('{super_user,collaborator}'::text[]) AS l, unnest('{create,edit,delete}'::text[]) AS a;
SELECT clearance.add_gate('holiday.' || a, 'settings.manage_holiday_calendars', '{vendor}') FROM unnest('{create,edit,delete}'::text[]) AS a;
SELECT clearance.protect('app.holiday', 'holiday', project => 'project_id');

-- expense: partners submit their own; the vendor's people decide.
SELECT clearance.allow(l, 'expense', a, 'any', 'own', kinds => k)
FROM unnest('{permissive,moderate,restricted}'::text[]) AS l,
     (VALUES ('view_expenses', NULL), ('create_expenses', NULL), ('manage_expenses', '{draft,rejected}'),
             ('submit_expenses', '{draft,rejected,submitted}'::text[])) AS t (a, k);
SELECT clearance.protect('app.expense', 'expense', project => 'project_id', owner => 'member_id', kind => 'state',
    view_action => 'view_expenses', create_action => 'create_expenses',
    edit_action => 'manage_expenses', delete_action => 'manage_expenses');
SELECT clearance.guard_column('app.expense', 'state', 'submit_expenses', new_value => 'submitted');
SELECT clearance.guard_column('app.expense', 'state', 'approve_expenses', new_value => 'approved');
SELECT clearance.guard_column('app.expense', 'state', 'reject_expenses', new_value => 'rejected');

-- dashboard: a page of a project, shared with its partners or not.
SELECT clearance.create_feature('project_dashboard', description => 'pages of figures in a project');
SELECT clearance.allow(l, 'project_dashboard', 'view', v)
FROM (VALUES ('super_user', 'any'), ('collaborator', 'any'), ('permissive', 'any'), ('moderate', 'shared')) AS t (l, v);
SELECT clearance.allow(l, 'project_dashboard', a, 'any', 'own')
FROM unnest('{super_user,collaborator}'::text[]) AS l, unnest('{create,edit,delete}'::text[]) AS a;
SELECT clearance.protect('app.dashboard', 'project_dashboard', project => 'project_id',
    visibility => 'is_private', shared_values => '{false}', owner => 'created_by');

-- branding: changed with the right over portal themes. Everybody reads it, also
-- before logging in, through the view app.portal.
SELECT clearance.protect('app.branding', 'customer_portal_theme', account => 'account');

-- The team pages: one invites to a row and removes it, and changes it with the same right;
-- the vendor's people need what the account matrix asks for as well.
SELECT clearance.allow(l, f, a)
FROM unnest('{super_user,collaborator}'::text[]) AS l, unnest('{vendor_team_member,customer_team_member}'::text[]) AS f, unnest('{invite,remove}'::text[]) AS a;
SELECT clearance.add_gate('vendor_team_member.' || a, 'project.invite_team_members', '{vendor}'),
       clearance.add_gate('customer_team_member.' || a, 'project.invite_customer_team_members', '{vendor}')
FROM unnest('{invite,remove}'::text[]) AS a;
SELECT clearance.protect(('app.' || f)::regclass, f, project => 'project_id',
    create_action => 'invite', edit_action => 'invite', delete_action => 'remove')
FROM unnest('{vendor_team_member,partner_team_member,customer_team_member}'::text[]) AS f;
-- A contact's e-mail address is for who writes to it: the vendor's people, and partners that are trusted with all.
SELECT clearance.create_action('customer_team_member', 'view_email', reads => true);
SELECT clearance.allow(l, 'customer_team_member', 'view_email') FROM unnest('{super_user,collaborator,permissive}'::text[]) AS l;
SELECT clearance.mask_column('app.customer_team_member', 'email', 'view_email');

-- Who acts: the application says for whom it works, the reporting login is Cedar as a whole.
SELECT clearance.trust_role('clearance_demo_app');
SELECT clearance.map_role('clearance_demo_bi', partner => id) FROM company WHERE (kind, no) = ('partner', 3);
\o
