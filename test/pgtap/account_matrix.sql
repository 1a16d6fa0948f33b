-- Each cell of the account matrix, proven on the loaded workspace: a member of
-- each role does the cell's act, to rows where the workspace has rows for it, in
-- a project that it is a member of, in one that it owns, in another of the account
-- and in one of another account; private and shared, on rows of the account and
-- of another account. A cell that says can is accepted as far as it reaches, and
-- refused once it is denied to the level; one that says cannot is refused, and
-- accepted once it is allowed to the level, or switched on for the member; one
-- that is not available is refused, and switching it on is an error. Every cell
-- is asked for as an act without a row as well. What is expected follows from the
-- CSV file and nothing else.
-- Needs the source tree: run psql at its top, or set CLEARANCE_SRCDIR.
\set ON_ERROR_STOP on
\set QUIET on
\pset format unaligned
\pset tuples_only on
\set account_csv `cat "${CLEARANCE_SRCDIR:-.}/src/data/account_matrix.csv"`
\set aliases_csv `cat "${CLEARANCE_SRCDIR:-.}/src/data/aliases.csv"`

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL jit = off;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();

-- The matrix under canonical names. action: feature.action
CREATE TEMP TABLE cell AS
SELECT f[3] AS role, coalesce(n.feature, f[1]) AS feature, coalesce(n.action, f[2]) AS name,
       coalesce(n.feature, f[1]) || '.' || coalesce(n.action, f[2]) AS action, f[4] AS verdict,
       CASE WHEN f[5] IN ('global', 'all') THEN 'account' WHEN f[5] LIKE 'own\_projects%' THEN 'owned' END AS scope
FROM regexp_split_to_table(:'account_csv', '\n') WITH ORDINALITY line (text, nr)
CROSS JOIN LATERAL string_to_array(line.text, ',') f
LEFT JOIN LATERAL (SELECT a[4], a[5] FROM regexp_split_to_table(:'aliases_csv', '\n') t CROSS JOIN LATERAL string_to_array(t, ',') a
                   WHERE (a[1], a[2], a[3]) = ('account', f[1], f[2])) n (feature, action) ON true
WHERE nr > 1 AND line.text <> '';
ALTER TABLE cell ADD PRIMARY KEY (role, action);

-- ---------------------------------------------------------------------------
-- How each action is proven
--     select, insert, delete    the command on a row of the kind
--     read                      the masked column that `does` names, of a row of the kind: its value, not NULL
--     update                    an UPDATE that sets what `does` says
--     ask                       an act on a row that changes nothing: clearance.can_row()
--     call                      what `does` says, a function of pg_clearance or a query:
--                               $project, $account, $partner, $customer, $member, $id stand for what is there
--     can                       an act without a row: clearance.can() alone
-- needs: what the command asks for besides, where it is not sight of the row or of its parents
-- limited_to: the one place where it is accepted, whatever the cell says, for another right reaches no further
-- ---------------------------------------------------------------------------
CREATE TEMP TABLE probe (action text, by text, kind text, does text, needs text[] DEFAULT '{}', limited_to text,
    UNIQUE (action, by, kind, does));
INSERT INTO probe (action, by, kind, does) VALUES
    ('project.create', 'insert', 'new_project', NULL),
    ('project.create', 'call', 'account', 'clearance.create_project($id, account => $account)'),
    ('project.view', 'select', 'project', NULL),
    ('project.edit', 'update', 'project', 'name = name || ''!'''),
    ('project.invite_team_members', 'call', 'project', 'clearance.add_member_to_project($project, $member)'),
    ('project.invite_team_members', 'insert', 'vendor_team_member', NULL),
    ('project.invite_customer_team_members', 'call', 'project', 'clearance.add_member_to_project($project, $contact)'),
    ('project.invite_customer_team_members', 'insert', 'customer_team_member', NULL),
    ('project.add_partners', 'call', 'project', 'clearance.add_partner_to_project($project, $partner)'),
    ('project.edit_customer_domains', 'call', 'project', 'clearance.add_customer_to_project($project, $customer)'),
    ('project.set_visibility', 'update', 'project', 'is_private = NOT is_private'),
    ('project.delete', 'delete', 'project', NULL),
    ('project.view_archived', 'select', 'archived', NULL),
    ('project.manage_tab_visibility', 'call', 'project', 'clearance.set_project_feature($project, ''space'', false)'),
    ('project.edit_actual_start_date', 'update', 'project', 'started_on = ''2001-01-01'''),
    ('project.edit_actual_completed_date', 'update', 'project', 'completed_on = ''2001-01-01'''),
    ('phase.create', 'insert', 'phase', NULL),
    ('phase.manage_visibility', 'update', 'phase', 'is_private = NOT is_private'),
    ('phase.edit_name', 'update', 'phase', 'name = name || ''!'''),
    ('phase.edit_dates', 'update', 'phase', 'starts_on = ''2001-01-01'''),
    ('phase.edit_dates', 'update', 'phase', 'ends_on = ''2001-01-01'''),
    ('phase.edit_effort', 'update', 'phase', 'effort = 9'),
    ('phase.delete', 'delete', 'phase', NULL),
    ('task.view', 'select', 'task', NULL),
    ('task.create', 'insert', 'task', NULL),
    ('task.delete', 'delete', 'task', NULL),
    ('task.edit_assignee', 'update', 'task', 'assignee_id = 990009'),
    ('task.edit_status', 'update', 'task', 'status = ''waits'''),
    ('task.edit_start_date', 'update', 'task', 'start_on = ''2001-01-01'''),
    ('task.edit_due_date', 'update', 'task', 'due_on = ''2001-01-01'''),
    ('task.edit_name', 'update', 'task', 'title = title || ''!'''),
    ('task.edit_description', 'update', 'task', 'description = ''new'''),
    ('task.edit_effort', 'update', 'task', 'effort = 9'),
    ('task.edit_progress', 'update', 'task', 'progress = 9'),
    ('task.edit_priority', 'update', 'task', 'priority = ''high'''),
    ('task.send_messages', 'insert', 'task_message', NULL),
    ('task.convert_to_milestone', 'update', 'task', 'is_milestone = true'),
    ('task.mark_at_risk', 'update', 'task', 'is_at_risk = true'),
    ('task.mark_private', 'update', 'task', 'is_private = NOT is_private'),
    ('task.move_across_phases', 'update', 'task', 'phase_id = (SELECT p.id FROM sample p WHERE p.kind = ''phase'' AND p.holder AND p.project_id = t.project_id)'),
    ('task.request_approval', 'insert', 'task_approval', NULL),
    ('task.manage_attachments', 'insert', 'attachment', NULL),
    ('task.manage_attachments', 'update', 'attachment', 'url = ''new'''),
    ('task.manage_attachments', 'delete', 'attachment', NULL),
    ('task.manage_subtasks', 'update', 'task', 'parent_task_id = (SELECT p.id FROM sample p WHERE p.kind = ''task'' AND p.holder AND p.project_id = t.project_id)'),
    ('task.manage_dependencies', 'insert', 'task_dependency', NULL),
    ('task.manage_dependencies', 'update', 'task_dependency', 'lag_days = 9'),
    ('task.manage_dependencies', 'delete', 'task_dependency', NULL),
    ('task.edit_completed_on_date', 'update', 'task', 'completed_on = ''2001-01-01'''),
    ('task.edit_started_on_date', 'update', 'task', 'started_on = ''2001-01-01'''),

    ('customer_account.view', 'select', 'customer_account', NULL),
    ('customer_account.create', 'insert', 'customer_account', NULL),
    ('customer_account.create', 'call', 'account', 'clearance.create_customer(''New'', $account)'),
    ('customer_account.edit', 'update', 'customer_account', 'name = ''new'''),
    ('customer_account.merge', 'update', 'customer_account', 'merged_into = id'),
    ('customer_account.delete', 'delete', 'customer_account', NULL),
    ('customer_account.manage_billing_addresses', 'update', 'customer_account', 'billing_address = ''new'''),
    ('account_field.view_values', 'select', 'account_field_value', NULL),
    ('account_field.edit_values', 'insert', 'account_field_value', NULL),
    ('account_field.edit_values', 'update', 'account_field_value', 'value = ''new'''),
    ('account_field.edit_values', 'delete', 'account_field_value', NULL),
    ('account_field.view_notes', 'select', 'account_note', NULL),
    ('account_field.edit_notes', 'insert', 'account_note', NULL),
    ('account_field.edit_notes', 'update', 'account_note', 'body = ''new'''),
    ('account_field.edit_notes', 'delete', 'account_note', NULL),

    ('document.view', 'select', 'document', NULL),
    ('document.edit', 'update', 'document', 'body = ''new'''),
    ('document.rearrange', 'update', 'document', 'position = 9'),
    ('document.delete', 'delete', 'document', NULL),
    ('document.create', 'insert', 'document', NULL),
    ('space.edit_embedded_document_urls', 'update', 'document', 'embedded_url = ''new'''),
    ('space.create', 'insert', 'space', NULL),
    ('space.embed_urls', 'update', 'space', 'embedded_url = ''new'''),
    ('space.delete', 'delete', 'space', NULL),
    ('conversation.view', 'select', 'conversation', NULL),
    ('conversation.create', 'insert', 'conversation', NULL),
    ('conversation.edit', 'update', 'conversation', 'audience = CASE audience WHEN ''team'' THEN ''everyone'' ELSE ''team'' END::app.audience'),
    ('conversation.delete', 'delete', 'conversation', NULL),
    ('conversation.send_messages', 'insert', 'conversation_message', NULL),
    ('conversation.invite', 'insert', 'conversation_participant', NULL),
    ('conversation.edit_name', 'update', 'conversation', 'subject = ''new'''),
    ('conversation.edit_description', 'update', 'conversation', 'description = ''new'''),
    ('file.view', 'select', 'file', NULL),
    ('folder.view', 'select', 'folder', NULL),
    ('folder.create', 'insert', 'folder', NULL),
    ('file.create', 'insert', 'file', NULL),
    ('status_update.view', 'select', 'status_update', NULL),
    ('status_update.create', 'insert', 'status_update', NULL),
    ('status_update.publish', 'update', 'status_update', 'published_at = now()'),
    ('form_response.edit', 'update', 'form_response', 'answer = ''new'''),

    ('sprint.create', 'insert', 'sprint', NULL),
    ('sprint.manage', 'update', 'sprint', 'name = ''new'''),
    ('sprint.delete', 'delete', 'sprint', NULL),
    ('epic.create', 'insert', 'epic', NULL),
    ('epic.manage', 'update', 'epic', 'name = ''new'''),
    ('epic.delete', 'delete', 'epic', NULL),
    ('backlog.create', 'insert', 'backlog_item', NULL),
    ('backlog.manage', 'update', 'backlog_item', 'title = ''new'''),
    ('backlog.delete', 'delete', 'backlog_item', NULL),
    ('template.create', 'insert', 'template', NULL),
    ('template.manage', 'update', 'template', 'name = ''new'''),
    ('template.manage', 'delete', 'template', NULL),
    ('dashboard.view', 'select', 'account_dashboard', NULL),
    ('dashboard.manage', 'insert', 'account_dashboard', NULL),
    ('dashboard.manage', 'update', 'account_dashboard', 'title = ''new'''),
    ('dashboard.manage', 'delete', 'account_dashboard', NULL),
    ('dashboard.manage_widgets', 'insert', 'dashboard_widget', NULL),
    ('dashboard.manage_widgets', 'update', 'dashboard_widget', 'shows = ''new'''),
    ('dashboard.manage_widgets', 'delete', 'dashboard_widget', NULL),
    ('report.view_custom', 'select', 'custom_report', NULL),
    ('report.create_custom', 'insert', 'custom_report', NULL),
    ('report.manage_custom', 'update', 'custom_report', 'title = ''new'''),
    ('report.manage_custom', 'delete', 'custom_report', NULL),
    ('key_event_and_interval.view_key_event_field_values', 'select', 'key_event_value', NULL),
    ('key_event_and_interval.manage_key_event_field_values', 'insert', 'key_event_value', NULL),
    ('key_event_and_interval.manage_key_event_field_values', 'update', 'key_event_value', 'happened = ''2001-01-01'''),
    ('key_event_and_interval.manage_key_event_field_values', 'delete', 'key_event_value', NULL),
    ('saved_view.share', 'update', 'saved_view', 'is_shared = true'),

    ('settings.manage_team_members', 'call', 'account', 'clearance.add_member($id, account => $account)'),
    ('settings.manage_roles', 'call', 'account', 'clearance.create_role(''new'', account => $account)'),
    ('settings.manage_partner_companies', 'call', 'account', 'clearance.create_partner(''New'', account => $account)'),
    ('settings.manage_customer_portal_configuration', 'call', 'account', 'clearance.set_account($account, portal => false)'),
    ('settings.manage_account_preferences', 'call', 'account', 'clearance.set_account($account, published => true)'),
    ('settings.manage_holiday_calendars', 'insert', 'holiday', NULL),
    ('settings.manage_holiday_calendars', 'update', 'holiday', 'name = ''new'''),
    ('settings.manage_holiday_calendars', 'delete', 'holiday', NULL),
    ('project_field.view_values', 'select', 'project_field_value', NULL),
    ('project_field.edit_values', 'insert', 'project_field_value', NULL),
    ('project_field.edit_values', 'update', 'project_field_value', 'value = ''new'''),
    ('project_field.edit_values', 'delete', 'project_field_value', NULL),
    ('project_field.edit_notes', 'update', 'project', 'notes = ''new'''),
    ('task_field.view_values', 'select', 'task_field_value', NULL),
    ('task_field.edit_values', 'insert', 'task_field_value', NULL),
    ('task_field.edit_values', 'update', 'task_field_value', 'value = ''new'''),
    ('task_field.edit_values', 'delete', 'task_field_value', NULL),
    ('customer_team_member_field.view_values', 'select', 'customer_team_member_field_value', NULL),
    ('customer_team_member_field.edit_values', 'insert', 'customer_team_member_field_value', NULL),
    ('customer_team_member_field.edit_values', 'update', 'customer_team_member_field_value', 'value = ''new'''),
    ('customer_team_member_field.edit_values', 'delete', 'customer_team_member_field_value', NULL),
    ('skill.view_values', 'select', 'member_skill', NULL),
    ('skill.edit_values', 'insert', 'member_skill', NULL),
    ('skill.edit_values', 'update', 'member_skill', 'grade = 9'),
    ('skill.edit_values', 'delete', 'member_skill', NULL),
    ('skill.manage_matrix', 'insert', 'skill_matrix', NULL),
    ('skill.manage_matrix', 'update', 'skill_matrix', 'grade = 9'),
    ('skill.manage_matrix', 'delete', 'skill_matrix', NULL),

    ('time_tracking.view_timesheets', 'select', 'timesheet', NULL),
    ('time_tracking.submit_timesheets', 'insert', 'timesheet', NULL),
    ('time_tracking.submit_timesheets', 'update', 'own_timesheet', 'state = ''submitted'''),
    ('time_tracking.approve_timesheets', 'update', 'submitted_timesheet', 'state = ''approved'''),
    ('time_tracking.edit_billable_defaults', 'update', 'time_default', 'is_billable = false'),
    ('time_tracking.edit_category_defaults', 'update', 'time_default', 'category = ''new'''),
    ('time_tracking.manage_project_task_billable_defaults', 'update', 'project_time_default', 'is_billable = false'),
    ('time_tracking.manage_project_task_category_defaults', 'update', 'project_time_default', 'category = ''new'''),
    ('time_tracking.add_time_entries_while_approving', 'insert', 'time_correction', NULL),
    ('time_tracking.change_time_entries_while_approving', 'update', 'time_correction', 'hours = 9'),
    ('time_tracking.view_custom_time_entry_field_values', 'select', 'time_entry_field_value', NULL),
    ('time_tracking.edit_custom_time_entry_field_values', 'insert', 'time_entry_field_value', NULL),
    ('time_tracking.edit_custom_time_entry_field_values', 'update', 'time_entry_field_value', 'value = ''new'''),
    ('time_tracking.edit_custom_time_entry_field_values', 'delete', 'time_entry_field_value', NULL),
    ('time_tracking.approve_own_timesheets', 'update', 'own_submitted_timesheet', 'state = ''approved'''),
    ('time_tracking.approve_own_timesheets', 'insert', 'own_approved_timesheet', NULL),
    ('time_tracking.modify_approval_locked_entries', 'update', 'approved_time', 'hours = 9'),
    ('time_tracking.delete_approval_locked_entries', 'delete', 'approved_time', NULL),
    ('time_tracking.edit_date_locked_time_entry_details', 'update', 'closed_time', 'hours = 9'),
    ('time_tracking.edit_date_locked_time_entry_details', 'update', 'closed_time', 'is_closed = false'),
    ('time_tracking.edit_date_locked_time_entry_details', 'delete', 'closed_time', NULL),
    ('time_tracking.change_date_locked_time_entry_status', 'update', 'closed_time', 'status = ''rejected'''),

    ('resource_management.view_allocations', 'call', 'project', 'clearance.allocations WHERE project = $project::text'),
    ('resource_management.view_allocations', 'select', 'resource_request', NULL),
    ('resource_management.manage_allocations', 'call', 'project', 'clearance.allocate($project, $member, ''2031-01-06'', ''2031-01-12'', 1)'),
    ('resource_management.view_revenue', 'read', 'resource_request', 'revenue'),
    ('resource_management.view_cost', 'read', 'resource_request', 'cost'),
    ('resource_management.view_profit', 'read', 'resource_request', 'profit'),
    ('resource_management.view_margins', 'read', 'resource_request', 'margin'),
    ('resource_management.view_allocation_totals', 'read', 'resource_request', 'all_hours'),
    ('resource_management.raise_resource_requests', 'insert', 'resource_request', NULL),
    ('resource_management.raise_resource_requests', 'update', 'resource_request', 'hours = 9'),
    ('resource_management.raise_resource_requests', 'delete', 'resource_request', NULL),
    ('resource_management.approve_resource_requests', 'update', 'resource_request', 'state = ''approved'''),
    ('resource_management.turn_auto_allocations_on', 'update', 'project', 'auto_allocated = true'),
    ('resource_management.turn_auto_allocations_off', 'update', 'auto_allocated_project', 'auto_allocated = false'),
    ('resource_management.manage_level_of_effort_planning', 'update', 'project', 'effort_plan = ''by_share'''),
    ('spotlight.add_on_resources', 'insert', 'spotlight', NULL),
    ('spotlight.remove_on_resources', 'delete', 'spotlight', NULL),

    ('financials.view_rate_cards', 'select', 'rate_card', NULL),
    ('financials.view_rate_cards', 'select', 'project_rate_card', NULL),
    ('financials.create_rate_cards', 'insert', 'rate_card', NULL),
    ('financials.manage_rate_cards', 'update', 'rate_card', 'bill_amount = 9'),
    ('financials.manage_rate_cards', 'delete', 'rate_card', NULL),
    ('financials.manage_rate_cards', 'call', 'account', 'clearance.set_rate($partner, ''bill'', 1, ''EUR'')'),
    ('financials.apply_standard_rate_cards', 'insert', 'applied_rate_card', NULL),
    ('financials.manage_standard_rate_cards', 'update', 'applied_rate_card', 'discount = 9'),
    ('financials.manage_standard_rate_cards', 'delete', 'applied_rate_card', NULL),
    ('financials.apply_project_specific_rate_cards', 'insert', 'project_rate_card', NULL),
    ('financials.manage_project_specific_rate_cards', 'update', 'project_rate_card', 'bill_amount = 9'),
    ('financials.manage_project_specific_rate_cards', 'delete', 'project_rate_card', NULL),
    ('financials.view_budgets', 'read', 'project', 'budget'),
    ('financials.view_budgets', 'read', 'project', 'budgeted_hours'),
    ('financials.view_budgets', 'read', 'project', 'billing_type'),
    ('financials.view_budgets', 'read', 'project', 'currency'),
    ('financials.view_budgets', 'read', 'project', 'subscription'),
    ('financials.change_budgets', 'update', 'project', 'budget = 9'),
    ('financials.change_budgeted_hours', 'update', 'project', 'budgeted_hours = 9'),
    ('financials.change_billing_type', 'update', 'project', 'billing_type = ''fixed'''),
    ('financials.edit_project_currency_fields', 'update', 'project', 'currency = ''USD'''),
    ('financials.edit_project_subscription_fields', 'update', 'project', 'subscription = ''new'''),
    ('financials.view_revenue', 'read', 'project', 'revenue'),
    ('financials.view_cost', 'read', 'project', 'cost'),
    ('financials.view_profit', 'read', 'project', 'profit'),
    ('financials.view_margins', 'read', 'project', 'margin'),
    ('financials.view_bill_rates', 'read', 'project', 'bill_rate'),
    ('financials.override_bill_rates', 'update', 'project', 'bill_rate = 9'),
    ('financials.view_cost_rates', 'read', 'project', 'cost_rate'),
    ('financials.view_cost_rates', 'read', 'costed_rate_card', 'cost_amount'),
    ('financials.manage_cost_rates', 'update', 'costed_rate_card', 'cost_amount = 9'),
    ('financials.manage_cost_rates', 'call', 'account', 'clearance.set_rate($partner, ''cost'', 1, ''EUR'')'),
    ('financials.override_cost_rates', 'update', 'project', 'cost_rate = 9'),
    ('revenue_recognition_entry.create_posting_periods', 'insert', 'posting_period', NULL),
    ('revenue_recognition_entry.delete_posting_periods', 'delete', 'posting_period', NULL),
    ('revenue_recognition_entry.view', 'select', 'revenue_entry', NULL),
    ('revenue_recognition_entry.create', 'insert', 'revenue_entry', NULL),
    ('revenue_recognition_entry.manage', 'update', 'revenue_entry', 'amount = 9'),
    ('revenue_recognition_entry.manage', 'delete', 'revenue_entry', NULL),
    ('revenue_recognition_entry.manage_locked', 'update', 'locked_revenue_entry', 'posted_on = ''2001-01-01'''),
    ('revenue_recognition_entry.manage_locked', 'delete', 'locked_revenue_entry', NULL),

    ('invoicing.access_invoices', 'select', 'invoice', NULL),
    ('invoicing.access_invoices', 'select', 'invoice_line', NULL),
    ('invoicing.create_invoices', 'insert', 'invoice', NULL),
    ('invoicing.edit_invoices', 'update', 'invoice', 'remark = ''new'''),
    ('invoicing.edit_invoices', 'insert', 'invoice_line', NULL),
    ('invoicing.edit_invoices', 'update', 'invoice_line', 'amount = 9'),
    ('invoicing.edit_invoices', 'delete', 'invoice_line', NULL),
    ('invoicing.request_approvals', 'insert', 'invoice_approval', NULL),
    ('invoicing.manage_approvals', 'update', 'invoice_approval', 'remark = ''new'''),
    ('invoicing.manage_approvals', 'delete', 'invoice_approval', NULL),
    ('invoicing.approve_approval_requests', 'update', 'invoice_approval', 'state = ''approved'''),
    ('invoicing.reject_approval_requests', 'update', 'invoice_approval', 'state = ''rejected'''),
    ('invoicing.override_invoice_status', 'update', 'invoice', 'state = ''paid'''),
    ('invoicing.void_invoices', 'update', 'invoice', 'state = ''void'''),
    ('invoicing.delete_invoices', 'delete', 'invoice', NULL),
    ('invoicing.manage_payment_records', 'insert', 'payment', NULL),
    ('invoicing.manage_payment_records', 'update', 'payment', 'amount = 9'),
    ('invoicing.manage_payment_records', 'delete', 'payment', NULL),
    ('invoicing.manage_write_offs', 'insert', 'write_off', NULL),
    ('invoicing.manage_write_offs', 'update', 'write_off', 'amount = 9'),
    ('invoicing.manage_write_offs', 'delete', 'write_off', NULL),
    ('invoicing.apply_credit_notes', 'insert', 'applied_credit_note', NULL),
    ('invoicing.remove_credit_notes', 'delete', 'applied_credit_note', NULL),
    ('invoicing.manage_approval_workflows', 'insert', 'invoice_approval_workflow', NULL),
    ('invoicing.manage_approval_workflows', 'update', 'invoice_approval_workflow', 'steps = 9'),
    ('invoicing.manage_approval_workflows', 'delete', 'invoice_approval_workflow', NULL),
    ('invoicing.manage_invoice_custom_fields', 'insert', 'invoice_field_value', NULL),
    ('invoicing.manage_invoice_custom_fields', 'update', 'invoice_field_value', 'value = ''new'''),
    ('invoicing.manage_invoice_custom_fields', 'delete', 'invoice_field_value', NULL),
    ('invoicing.manage_credit_note_custom_fields', 'insert', 'credit_note_field_value', NULL),
    ('invoicing.manage_credit_note_custom_fields', 'update', 'credit_note_field_value', 'value = ''new'''),
    ('invoicing.manage_credit_note_custom_fields', 'delete', 'credit_note_field_value', NULL),
    ('invoicing.view_billing_events', 'select', 'billing_event', NULL),
    ('invoicing.create_billing_events', 'insert', 'billing_event', NULL),
    ('invoicing.manage_billing_events', 'update', 'billing_event', 'amount = 9'),
    ('invoicing.manage_billing_events', 'delete', 'billing_event', NULL),
    ('invoicing.create_billing_schedule_templates', 'insert', 'billing_schedule_template', NULL),
    ('invoicing.manage_billing_schedule_templates', 'update', 'billing_schedule_template', 'name = ''new'''),
    ('invoicing.manage_billing_schedule_templates', 'delete', 'billing_schedule_template', NULL),
    ('credit_note.access_credit_notes', 'select', 'credit_note', NULL),
    ('credit_note.create', 'insert', 'credit_note', NULL),
    ('credit_note.edit', 'update', 'credit_note', 'amount = 9'),
    ('credit_note.void', 'update', 'credit_note', 'is_void = true'),
    ('credit_note.delete', 'delete', 'credit_note', NULL),
    ('tax.view_tax_codes', 'select', 'tax_code', NULL),
    ('tax.view_tax_components', 'select', 'tax_component', NULL),
    ('tax.create_tax_codes', 'insert', 'tax_code', NULL),
    ('tax.create_tax_components', 'insert', 'tax_component', NULL),
    ('tax.manage_tax_codes', 'update', 'tax_code', 'name = ''new'''),
    ('tax.manage_tax_codes', 'delete', 'tax_code', NULL),
    ('tax.manage_tax_components', 'update', 'tax_component', 'percent = 9'),
    ('tax.manage_tax_components', 'delete', 'tax_component', NULL),

    ('expense.create_budgets', 'insert', 'expense_budget', NULL),
    ('expense.manage_budgets', 'update', 'expense_budget', 'amount = 9'),
    ('expense.manage_budgets', 'delete', 'expense_budget', NULL),
    ('expense.manage_billable_defaults', 'update', 'expense_budget', 'is_billable = false'),
    ('expense.view_expenses', 'select', 'expense', NULL),
    ('expense.create_expenses', 'insert', 'expense', NULL),
    ('expense.submit_expenses', 'update', 'expense', 'state = ''submitted'''),
    ('expense.manage_expenses', 'update', 'expense', 'amount = 9'),
    ('expense.manage_expenses', 'delete', 'expense', NULL),
    ('expense.approve_expenses', 'update', 'expense', 'state = ''approved'''),
    ('expense.reject_expenses', 'update', 'expense', 'state = ''rejected'''),
    ('expense.view_expense_reports', 'select', 'expense_report', NULL),
    ('expense.create_expense_reports', 'insert', 'expense_report', NULL),
    ('expense.submit_expense_reports', 'update', 'expense_report', 'state = ''submitted'''),
    ('expense.manage_expense_reports', 'update', 'expense_report', 'title = ''new'''),
    ('expense.manage_expense_reports', 'delete', 'expense_report', NULL),
    ('expense.view_custom_field_values', 'select', 'expense_field_value', NULL),
    ('expense.edit_custom_field_values', 'insert', 'expense_field_value', NULL),
    ('expense.edit_custom_field_values', 'update', 'expense_field_value', 'value = ''new'''),
    ('expense.edit_custom_field_values', 'delete', 'expense_field_value', NULL),
    ('expense.manage_approval_chains', 'insert', 'expense_approval_chain', NULL),
    ('expense.manage_approval_chains', 'update', 'expense_approval_chain', 'steps = 9'),
    ('expense.manage_approval_chains', 'delete', 'expense_approval_chain', NULL),
    ('expense.manage_approval_workflows', 'insert', 'expense_approval_workflow', NULL),
    ('expense.manage_approval_workflows', 'update', 'expense_approval_workflow', 'above = 9'),
    ('expense.manage_approval_workflows', 'delete', 'expense_approval_workflow', NULL),

    ('webhook.view', 'select', 'webhook', NULL),
    ('webhook.create', 'insert', 'webhook', NULL),
    ('webhook.edit', 'update', 'webhook', 'url = ''new'''),
    ('customer_portal_template.create', 'insert', 'portal_template', NULL),
    ('customer_portal_template.edit', 'update', 'portal_template', 'name = ''new'''),
    ('customer_portal_template.delete', 'delete', 'portal_template', NULL),
    ('customer_portal_theme.create', 'insert', 'portal_theme', NULL),
    ('customer_portal_theme.edit', 'update', 'portal_theme', 'name = ''new'''),
    ('customer_portal_theme.edit', 'update', 'branding', 'title = ''new'''),
    ('customer_portal_theme.delete', 'delete', 'portal_theme', NULL),
    ('change_customer_portal.change_from_project_settings', 'update', 'project', 'portal = ''new'''),
    ('change_customer_portal.change_from_project_settings', 'call', 'project', 'clearance.set_project($project, portal => true)'),
    ('marketplace.install_custom_apps', 'insert', 'custom_app', NULL),
    ('marketplace.update_custom_apps', 'update', 'custom_app', 'version = ''new'''),
    ('marketplace.delete_custom_apps', 'delete', 'custom_app', NULL),
    ('marketplace.enable_custom_apps', 'update', 'custom_app', 'enabled = true'),
    ('marketplace.disable_custom_apps', 'update', 'enabled_app', 'enabled = false'),
    ('language_configuration.update', 'update', 'language', 'label = ''new'''),
    ('language_configuration.add_language', 'insert', 'language', NULL),
    ('language_configuration.edit_translated_content', 'insert', 'translation', NULL),
    ('language_configuration.edit_translated_content', 'update', 'translation', 'translated = ''new'''),
    ('language_configuration.edit_translated_content', 'delete', 'translation', NULL),
    ('language_configuration.disable_language', 'update', 'language', 'enabled = false'),
    ('language_configuration.assign_language_to_user', 'insert', 'member_language', NULL),
    ('language_configuration.assign_language_to_user', 'update', 'member_language', 'member_id = 990010'),
    ('language_configuration.assign_language_to_user', 'delete', 'member_language', NULL);

-- Fields and sections: each table is written with three actions of the same names.
INSERT INTO probe (action, by, kind, does)
SELECT f.feature || '.' || f.actions[k.n], k.by, f.kind, k.does
FROM (VALUES
    ('account_field', 'account_field', '{create_fields,edit_fields,delete_fields}'::text[]),
    ('account_section', 'account_field', '{create_sections,edit_sections,delete_sections}'),
    ('project_field', 'project_field', '{create_fields,edit_fields,delete_fields}'),
    ('project_section', 'project_field', '{create_sections,edit_sections,delete_sections}'),
    ('task_field', 'task_field', '{create_fields,edit_fields,delete_fields}'),
    ('task_section', 'task_field', '{create_sections,edit_sections,delete_sections}'),
    ('team_member_field', 'team_member_field', '{manage_fields,manage_fields,manage_fields}'),
    ('team_member_section', 'team_member_field', '{manage_sections,manage_sections,manage_sections}'),
    ('customer_team_member_field', 'customer_team_member_field', '{create_fields,edit_fields,delete_fields}'),
    ('customer_team_member_section', 'customer_team_member_field', '{create_sections,edit_sections,delete_sections}'),
    ('time_entry_field', 'time_entry_field', '{create_fields,edit_fields,delete_fields}'),
    ('time_entry_section', 'time_entry_field', '{create_sections,edit_sections,delete_sections}'),
    ('expense_field', 'expense_field', '{create,edit,delete}'),
    ('invoice_field', 'invoicing', '{create_invoice_fields,edit_invoice_fields,delete_invoice_fields}'),
    ('invoice_section', 'invoicing', '{create_invoice_sections,edit_invoice_sections,delete_invoice_sections}'),
    ('credit_note_field', 'invoicing', '{create_credit_note_fields,edit_credit_note_fields,delete_credit_note_fields}'),
    ('credit_note_section', 'invoicing', '{create_credit_note_sections,edit_credit_note_sections,delete_credit_note_sections}'),
    ('key_event_field', 'key_event_and_interval', '{create_key_event_fields,edit_key_event_fields,delete_key_event_fields}'),
    ('interval_field', 'key_event_and_interval', '{create_interval_fields,edit_interval_fields,delete_interval_fields}'),
    ('skill', 'skill', '{create_skills,edit_skills,delete_skills}'),
    ('skill_section', 'skill', '{create_sections,edit_sections,delete_sections}')) AS f (kind, feature, actions),
    (VALUES (1, 'insert', NULL), (2, 'update', 'name = ''new'''), (3, 'delete', NULL)) AS k (n, by, does);

-- Settings: a column each.
INSERT INTO probe (action, by, kind, does)
SELECT action, 'update', 'account_settings', setting || ' = ''new'''
FROM (VALUES
    ('settings.manage_plans_and_billing', 'plan'),
    ('settings.manage_account_preferences', 'preferences'),
    ('settings.manage_invoice_billing_address', 'invoice_billing_address'),
    ('settings.manage_integrations', 'integrations'),
    ('settings.manage_time_tracking_settings', 'time_tracking'),
    ('settings.manage_resource_management_settings', 'resource_management'),
    ('settings.manage_financial_management_settings', 'financial_management'),
    ('settings.manage_revenue_recognition_ledger_settings', 'revenue_ledger'),
    ('settings.manage_currencies', 'currencies'),
    ('settings.manage_advanced_settings', 'advanced'),
    ('settings.manage_key_events_and_intervals', 'key_events'),
    ('settings.manage_automations', 'automations'),
    ('settings.manage_out_of_office', 'out_of_office'),
    ('settings.manage_ai_fills_settings', 'ai_fills'),
    ('settings.manage_vault', 'vault'),
    ('account_field.manage_settings', 'account_fields'),
    ('project_field.manage_settings', 'project_fields'),
    ('task_field.manage_settings', 'task_fields'),
    ('team_member_field.manage_settings', 'team_member_fields'),
    ('customer_team_member_field.manage_settings', 'customer_member_fields'),
    ('time_entry_field.manage_settings', 'time_entry_fields'),
    ('expense_field.manage_settings', 'expense_fields'),
    ('skill.manage_settings', 'skills'),
    ('sprint.manage_settings', 'sprints'),
    ('epic.manage_settings', 'epics'),
    ('credit_note.manage_settings', 'credit_notes'),
    ('tax.manage_settings', 'taxes'),
    ('expense.manage_settings', 'expenses'),
    ('customer_portal.manage_embed_settings', 'portal_embedding'),
    ('customer_portal_invite_settings.manage', 'portal_invitations')) AS s (action, setting);

-- Questions: pages, and acts on nothing that the workspace has.
INSERT INTO probe (action, by)
SELECT action, 'can'
FROM unnest('{report.view_csat,report.view_time_tracking,report.view_project_performance,report.view_people_performance,
    report.view_operations_insight,report.view_interval_iq,report.view_portfolio,report.view_time_analytics,report.view_utilisation,
    report.view_timesheet_submission,report.view_people_time_analytics,report.view_sprint,
    resource_management.access_people_view,resource_management.access_project_view,resource_management.access_capacity_planning,
    resource_management.access_resource_ai,credit_note.access_invoices,customer_portal.access_embed_settings}'::text[]) AS action;
INSERT INTO probe (action, by, kind, does, needs) VALUES
    ('project.associate_permissions_to_team_member', 'call', 'project',
        'clearance.add_member_to_project($project, $member, access_level => ''observer'')', '{project.invite_team_members}');
UPDATE probe SET limited_to = 'owned' WHERE action = 'time_tracking.approve_own_timesheets';
UPDATE probe SET needs = '{time_tracking.change_time_entries_while_approving}' WHERE kind IN ('approved_time', 'closed_time');
UPDATE probe SET needs = '{revenue_recognition_entry.manage}' WHERE kind = 'locked_revenue_entry';
UPDATE probe SET needs = '{project.invite_customer_team_members}' WHERE does LIKE '%$contact%';

-- Beyond its cell the workspace lets supervisors approve the timesheets that are assigned to them.
-- Here the cells stand alone.
DELETE FROM clearance.level_grant g USING clearance.level l, cell c
WHERE NOT g.built_in AND l.id = g.level_id AND (c.role, c.feature, c.name) = (l.name, g.feature, g.action);

SELECT is(count(*), 1044::bigint, 'the matrix has 348 actions x 3 roles') FROM cell;
SELECT is_empty('SELECT action, role FROM cell WHERE action NOT IN (SELECT action FROM probe)', 'every cell has a probe');
SELECT is_empty('SELECT action FROM probe EXCEPT SELECT action FROM cell', 'every probe is of a cell');
SELECT is_empty($$SELECT m.feature || '.' || m.action, b.relation, m.column_name
    FROM clearance.binding_mask m JOIN clearance.binding b ON b.id = m.binding_id
    WHERE EXISTS (SELECT FROM cell c WHERE (c.feature, c.name) = (m.feature, m.action))
      AND NOT EXISTS (SELECT FROM probe p JOIN pg_class t ON t.oid = b.relation
                      WHERE p.action = m.feature || '.' || m.action AND p.by = 'read' AND p.does = m.column_name
                        AND p.kind IN (t.relname, 'costed_' || t.relname))$$, 'every column that is masked by a cell is read');
SELECT is_empty($$SELECT p.action, t.relname FROM probe p JOIN pg_class t ON t.relnamespace = 'app'::regnamespace AND t.relname = p.kind
    WHERE NOT EXISTS (SELECT FROM clearance.binding b WHERE b.relation = t.oid)$$, 'every table that is probed is protected');

-- ---------------------------------------------------------------------------
-- One member of each role, somebody else, and a stranger in the other account
-- ---------------------------------------------------------------------------
CREATE TEMP TABLE person AS
SELECT r.role, r.account, 990000 + r.no AS key,
       clearance.add_member(990000 + r.no, name => r.name, roles => ARRAY[CASE WHEN r.no <= 3 THEN r.role ELSE 'collaborator' END], account => a.id) AS member_id
FROM (VALUES (1, 'account_admin', 'Ann', 'north'), (2, 'super_user', 'Sue', 'north'), (3, 'collaborator', 'Cole', 'north'),
             (8, 'mate', 'Mate', 'north'), (9, NULL, 'Other', 'north'), (10, NULL, 'Stranger', 'south')) AS r (no, role, name, account)
JOIN clearance.account a ON a.key = r.account;
DO $$BEGIN
    PERFORM clearance.set_resource(p.member_id, s.member_id) FROM person p, person s
    WHERE p.key IN (990008, 990009) AND s.key = 990001;
END$$;

-- ---------------------------------------------------------------------------
-- Kinds of rows, and samples of them: for each role, in each place
-- ---------------------------------------------------------------------------
-- tab         the table; without one, what is acted on is no row
-- in_project  in a project, so in four places: member, owned, elsewhere, abroad (in the other
--             account); else two: here, abroad
-- shared      the visibilities that it may have
-- mine        it belongs to the actor; else to somebody else
-- parents     kinds of rows that it is in
-- row         makes the row, FROM sample s
CREATE TEMP TABLE kind (
    nr int GENERATED ALWAYS AS IDENTITY, name text PRIMARY KEY, tab regclass, in_project bool, shared bool[], mine bool,
    parents text[], row text);
INSERT INTO kind (name, tab, in_project, shared, mine, parents, row) VALUES
    ('project', 'app.project', true, '{t,f}', false, '{}',
        $$INSERT INTO app.project (id, account, name, is_private, budget, budgeted_hours, subscription, bill_rate, cost_rate,
              revenue, cost, profit, margin)
          SELECT id, account, 'Project', NOT shared, 1, 1, 'x', 1, 1, 1, 1, 1, 1$$),
    ('archived', 'app.project', true, '{t,f}', false, '{}',
        $$INSERT INTO app.project (id, account, name, is_private) SELECT id, account, 'Archived', NOT shared$$),
    ('auto_allocated_project', 'app.project', true, '{t}', false, '{}',
        $$INSERT INTO app.project (id, account, name, auto_allocated) SELECT id, account, 'Project', true$$),
    ('new_project', 'app.project', false, '{t}', false, '{}', $$INSERT INTO app.project (id, account, name) SELECT id, account, 'Project'$$),
    ('account', NULL, false, '{t}', false, '{}', NULL),
    ('vendor_team_member', 'app.vendor_team_member', true, '{t}', false, '{}',
        $$INSERT INTO app.vendor_team_member (id, project_id, member_id, job) SELECT id, project_id, id, 'delivery'$$),
    ('customer_team_member', 'app.customer_team_member', true, '{t}', false, '{}',
        $$INSERT INTO app.customer_team_member (id, project_id, member_id, company) SELECT id, project_id, id, 'Amber Bank'$$),
    ('phase', 'app.phase', true, '{t,f}', false, '{}',
        $$INSERT INTO app.phase (id, project_id, name, is_private) SELECT id, project_id, id, NOT shared$$),
    ('task', 'app.task', true, '{t,f}', false, '{}',
        $$INSERT INTO app.task (id, project_id, title, is_private, created_by) SELECT id, project_id, 'Task', NOT shared, owner$$),
    ('space', 'app.space', true, '{t,f}', false, '{}',
        $$INSERT INTO app.space (id, project_id, name, visibility, owner_id)
          SELECT id, project_id, 'Space', CASE WHEN shared THEN 'shared' ELSE 'private' END, owner$$),
    ('document', 'app.document', true, '{t,f}', false, '{space}',
        $$INSERT INTO app.document (id, project_id, space_id, title, is_private, owner_id) SELECT id, project_id, parents[1], 'Document', NOT shared, owner$$),
    ('conversation', 'app.conversation', true, '{t,f}', false, '{}',
        $$INSERT INTO app.conversation (id, project_id, subject, audience, created_by)
          SELECT id, project_id, 'Subject', CASE WHEN shared THEN 'everyone' ELSE 'team' END::app.audience, owner$$),
    ('conversation_message', 'app.conversation_message', true, '{t}', false, '{conversation}',
        $$INSERT INTO app.conversation_message (id, conversation_id, author_id, body) SELECT id, parents[1], owner, 'Hello'$$),
    ('conversation_participant', 'app.conversation_participant', true, '{t}', false, '{conversation}',
        $$INSERT INTO app.conversation_participant (conversation_id, member_id) SELECT parents[1], id$$),
    ('folder', 'app.folder', true, '{t,f}', false, '{}',
        $$INSERT INTO app.folder (id, project_id, name, is_private, created_by) SELECT id, project_id, 'Folder', NOT shared, owner$$),
    ('file', 'app.file', true, '{t,f}', false, '{}',
        $$INSERT INTO app.file (id, project_id, name, is_private, uploaded_by) SELECT lpad(id::text, 32, '0')::uuid, project_id, 'File', NOT shared, owner$$),
    ('status_update', 'app.status_update', true, '{t,f}', false, '{}',
        $$INSERT INTO app.status_update (id, project_id, title, is_shared, author_id, published_at)
          SELECT id, project_id, 'Status', shared, owner, CASE WHEN NOT fresh THEN timestamptz '2020-01-01' END$$),
    ('form', 'app.form', true, '{t,f}', false, '{task}',
        $$INSERT INTO app.form (id, project_id, task_id, title, is_private, created_by) SELECT id, project_id, parents[1], 'Form', NOT shared, owner$$),
    ('form_response', 'app.form_response', true, '{t}', false, '{form}',
        $$INSERT INTO app.form_response (id, form_id, task_id, submitted_by, answer)
          SELECT id, parents[1], (SELECT f.parents[1] FROM sample f WHERE f.id = s.parents[1]), owner, 'Answer'$$),
    ('holiday', 'app.holiday', true, '{t}', false, '{}',
        $$INSERT INTO app.holiday (id, project_id, day, name) SELECT id, project_id, date '2001-01-01' + id::integer % 10000, 'Holiday'$$),

    ('customer_account', 'app.customer_account', false, '{t}', false, '{}',
        $$INSERT INTO app.customer_account (id, account, name) SELECT id, account, 'Juniper'$$),
    ('account_note', 'app.account_note', false, '{t}', false, '{customer_account}',
        $$INSERT INTO app.account_note (id, customer_account_id, body) SELECT id, parents[1], 'Note'$$),
    ('account_field_value', 'app.account_field_value', false, '{t}', false, '{customer_account}',
        $$INSERT INTO app.account_field_value (id, customer_account_id, value) SELECT id, parents[1], 'x'$$),
    ('project_field_value', 'app.project_field_value', true, '{t,f}', false, '{}',
        $$INSERT INTO app.project_field_value (id, project_id, value, is_private) SELECT id, project_id, 'x', NOT shared$$),
    ('task_field_value', 'app.task_field_value', true, '{t}', false, '{task}',
        $$INSERT INTO app.task_field_value (id, task_id, value) SELECT id, parents[1], 'x'$$),
    ('customer_team_member_field_value', 'app.customer_team_member_field_value', false, '{t}', false, '{}',
        $$INSERT INTO app.customer_team_member_field_value (id, account, member_id, value) SELECT id, account, id, 'x'$$),
    ('key_event_value', 'app.key_event_value', true, '{t}', false, '{}',
        $$INSERT INTO app.key_event_value (id, project_id) SELECT id, project_id$$),
    ('sprint', 'app.sprint', true, '{t}', false, '{}', $$INSERT INTO app.sprint (id, project_id, name) SELECT id, project_id, 'Sprint'$$),
    ('epic', 'app.epic', true, '{t}', false, '{}', $$INSERT INTO app.epic (id, project_id, name) SELECT id, project_id, 'Epic'$$),
    ('backlog_item', 'app.backlog_item', true, '{t,f}', false, '{epic}',
        $$INSERT INTO app.backlog_item (id, project_id, epic_id, title, is_private) SELECT id, project_id, parents[1], 'Wish', NOT shared$$),
    ('task_dependency', 'app.task_dependency', true, '{t}', false, '{task}',
        $$INSERT INTO app.task_dependency (id, task_id, needs_id) SELECT id, parents[1], parents[1]$$),
    ('attachment', 'app.attachment', true, '{t}', false, '{task}',
        $$INSERT INTO app.attachment (id, container_type, container_id, url) SELECT id, 'task', parents[1], 'x'$$),
    ('task_message', 'app.task_message', true, '{t}', false, '{task}',
        $$INSERT INTO app.task_message (id, task_id, author_id, body) SELECT id, parents[1], owner, 'x'$$),
    ('task_approval', 'app.task_approval', true, '{t}', false, '{task}',
        $$INSERT INTO app.task_approval (id, task_id, requested_by, question) SELECT id, parents[1], owner, 'x'$$),
    ('account_dashboard', 'app.account_dashboard', false, '{t}', false, '{}',
        $$INSERT INTO app.account_dashboard (id, account, title) SELECT id, account, 'Dashboard'$$),
    ('dashboard_widget', 'app.dashboard_widget', false, '{t}', false, '{account_dashboard}',
        $$INSERT INTO app.dashboard_widget (id, dashboard_id, shows) SELECT id, parents[1], 'x'$$),
    ('custom_report', 'app.custom_report', false, '{t}', false, '{}',
        $$INSERT INTO app.custom_report (id, account, title) SELECT id, account, 'Report'$$),
    ('saved_view', 'app.saved_view', false, '{f}', true, '{}',
        $$INSERT INTO app.saved_view (id, account, name, is_shared, member_id) SELECT id, account, 'View', shared, owner$$),
    ('member_skill', 'app.member_skill', false, '{t}', false, '{}',
        $$INSERT INTO app.member_skill (id, account, member_id) SELECT id, account, id$$),
    ('skill_matrix', 'app.skill_matrix', false, '{t}', false, '{}',
        $$INSERT INTO app.skill_matrix (id, account, job) SELECT id, account, 'Consultant'$$),
    ('spotlight', 'app.spotlight', false, '{t}', false, '{}',
        $$INSERT INTO app.spotlight (id, account, member_id) SELECT id, account, id$$),
    ('resource_request', 'app.resource_request', true, '{t}', false, '{}',
        $$INSERT INTO app.resource_request (id, project_id, job, revenue, cost, profit, margin, all_hours)
          SELECT id, project_id, 'Consultant', 1, 1, 1, 1, 1$$),

    ('timesheet', 'app.timesheet', true, '{t}', false, '{}',
        $$INSERT INTO app.timesheet (id, project_id, member_id, week) SELECT id, project_id, owner, date '1990-01-01' + 7 * (id::integer % 10000)$$),
    ('own_timesheet', 'app.timesheet', true, '{t}', true, '{}',
        $$INSERT INTO app.timesheet (id, project_id, member_id, week) SELECT id, project_id, owner, date '1990-01-01' + 7 * (id::integer % 10000)$$),
    ('submitted_timesheet', 'app.timesheet', true, '{t}', false, '{}',
        $$INSERT INTO app.timesheet (id, project_id, member_id, week, state)
          SELECT id, project_id, owner, date '1990-01-01' + 7 * (id::integer % 10000), 'submitted'$$),
    ('own_submitted_timesheet', 'app.timesheet', true, '{t}', true, '{}',
        $$INSERT INTO app.timesheet (id, project_id, member_id, week, state)
          SELECT id, project_id, owner, date '1990-01-01' + 7 * (id::integer % 10000), 'submitted'$$),
    ('own_approved_timesheet', 'app.timesheet', true, '{t}', true, '{}',
        $$INSERT INTO app.timesheet (id, project_id, week, state) SELECT id, project_id, date '1990-01-01' + 7 * (id::integer % 10000), 'approved'$$),
    ('time_entry', 'app.time_entry', true, '{t}', false, '{timesheet}',
        $$INSERT INTO app.time_entry (id, timesheet_id, member_id, day, hours) SELECT id, parents[1], owner, '1990-01-01', 1$$),
    ('time_entry_field_value', 'app.time_entry_field_value', true, '{t}', false, '{time_entry}',
        $$INSERT INTO app.time_entry_field_value (id, time_entry_id, value) SELECT id, parents[1], 'x'$$),
    ('time_default', 'app.time_default', false, '{t}', true, '{}',
        $$INSERT INTO app.time_default (id, account, member_id) SELECT id, account, owner$$),
    ('project_time_default', 'app.project_time_default', true, '{t}', false, '{}',
        $$INSERT INTO app.project_time_default (id, project_id) SELECT id, project_id$$),
    ('time_correction', 'app.time_correction', true, '{t}', false, '{timesheet}',
        $$INSERT INTO app.time_correction (id, timesheet_id, hours) SELECT id, parents[1], 1$$),
    ('approved_time', 'app.logged_time', true, '{t}', false, '{}',
        $$INSERT INTO app.logged_time (id, project_id, member_id, day, hours, status) SELECT id, project_id, 1, '2001-01-01', 1, 'approved'$$),
    ('closed_time', 'app.logged_time', true, '{t}', false, '{}',
        $$INSERT INTO app.logged_time (id, project_id, member_id, day, hours, is_closed) SELECT id, project_id, 1, '2001-01-01', 1, true$$),
    ('locked_revenue_entry', 'app.revenue_entry', true, '{t}', false, '{}',
        $$INSERT INTO app.revenue_entry (id, project_id, amount, is_locked) SELECT id, project_id, 1, true$$),

    ('rate_card', 'app.rate_card', false, '{t}', false, '{}', $$INSERT INTO app.rate_card (id, account, job, bill_amount) SELECT id, account, 'x', 1$$),
    ('applied_rate_card', 'app.applied_rate_card', true, '{t}', false, '{}',
        $$INSERT INTO app.applied_rate_card (id, project_id) SELECT id, project_id$$),
    ('project_rate_card', 'app.project_rate_card', true, '{t}', false, '{}',
        $$INSERT INTO app.project_rate_card (id, project_id, job, bill_amount) SELECT id, project_id, 'x', 1$$),
    ('costed_rate_card', 'app.rate_card', false, '{t}', false, '{}',
        $$INSERT INTO app.rate_card (id, account, job, bill_amount, cost_amount) SELECT id, account, 'x', 1, 1$$),
    ('posting_period', 'app.posting_period', false, '{t}', false, '{}',
        $$INSERT INTO app.posting_period (id, account, month) SELECT id, account, '2001-01-01'$$),
    ('invoice', 'app.invoice', false, '{t}', false, '{}', $$INSERT INTO app.invoice (id, account) SELECT id, account$$),
    ('invoice_line', 'app.invoice_line', false, '{t}', false, '{invoice}',
        $$INSERT INTO app.invoice_line (id, invoice_id, purpose, amount) SELECT id, parents[1], 'x', 1$$),
    ('payment', 'app.payment', false, '{t}', false, '{invoice}', $$INSERT INTO app.payment (id, invoice_id, amount) SELECT id, parents[1], 1$$),
    ('write_off', 'app.write_off', false, '{t}', false, '{invoice}', $$INSERT INTO app.write_off (id, invoice_id, amount) SELECT id, parents[1], 1$$),
    ('invoice_approval', 'app.invoice_approval', false, '{t}', false, '{invoice}',
        $$INSERT INTO app.invoice_approval (id, invoice_id) SELECT id, parents[1]$$),
    ('invoice_approval_workflow', 'app.invoice_approval_workflow', false, '{t}', false, '{}',
        $$INSERT INTO app.invoice_approval_workflow (id, account) SELECT id, account$$),
    ('billing_event', 'app.billing_event', false, '{t}', false, '{}', $$INSERT INTO app.billing_event (id, account, amount) SELECT id, account, 1$$),
    ('credit_note', 'app.credit_note', false, '{t}', false, '{}', $$INSERT INTO app.credit_note (id, account, amount) SELECT id, account, 1$$),
    ('applied_credit_note', 'app.applied_credit_note', false, '{t}', false, '{invoice}',
        $$INSERT INTO app.applied_credit_note (id, invoice_id) SELECT id, parents[1]$$),
    ('invoice_field_value', 'app.invoice_field_value', false, '{t}', false, '{invoice}',
        $$INSERT INTO app.invoice_field_value (id, invoice_id, value) SELECT id, parents[1], 'x'$$),
    ('credit_note_field_value', 'app.credit_note_field_value', false, '{t}', false, '{credit_note}',
        $$INSERT INTO app.credit_note_field_value (id, credit_note_id, value) SELECT id, parents[1], 'x'$$),
    ('tax_component', 'app.tax_component', false, '{t}', false, '{}',
        $$INSERT INTO app.tax_component (id, account, name, percent) SELECT id, account, 'x', 1$$),
    ('expense_budget', 'app.expense_budget', true, '{t}', false, '{}',
        $$INSERT INTO app.expense_budget (id, project_id, amount) SELECT id, project_id, 1$$),
    ('expense', 'app.expense', true, '{t}', false, '{}',
        $$INSERT INTO app.expense (id, project_id, member_id, spent_on, amount, purpose) SELECT id, project_id, owner, '2001-01-01', 1, 'x'$$),
    ('expense_report', 'app.expense_report', true, '{t}', false, '{}',
        $$INSERT INTO app.expense_report (id, project_id, title) SELECT id, project_id, 'x'$$),
    ('expense_field_value', 'app.expense_field_value', true, '{t}', false, '{expense}',
        $$INSERT INTO app.expense_field_value (id, expense_id, value) SELECT id, parents[1], 'x'$$),
    ('expense_approval_chain', 'app.expense_approval_chain', false, '{t}', false, '{}',
        $$INSERT INTO app.expense_approval_chain (id, account) SELECT id, account$$),
    ('expense_approval_workflow', 'app.expense_approval_workflow', false, '{t}', false, '{}',
        $$INSERT INTO app.expense_approval_workflow (id, account) SELECT id, account$$),
    -- one row an account, which is there
    ('account_settings', 'app.account_settings', false, '{t}', false, '{}', NULL),
    ('branding', 'app.branding', false, '{t}', false, '{}', NULL),
    ('webhook', 'app.webhook', false, '{t}', false, '{}', $$INSERT INTO app.webhook (id, account, url) SELECT id, account, 'x'$$),
    ('enabled_app', 'app.custom_app', false, '{t}', false, '{}',
        $$INSERT INTO app.custom_app (id, account, name, enabled) SELECT id, account, 'x', true$$),
    ('language', 'app.language', false, '{t}', false, '{}', $$INSERT INTO app.language (id, account, name) SELECT id, account, 'x'$$),
    ('translation', 'app.translation', false, '{t}', false, '{language}',
        $$INSERT INTO app.translation (id, language_id, original) SELECT id, parents[1], 'x'$$),
    ('member_language', 'app.member_language', false, '{t}', false, '{}',
        $$INSERT INTO app.member_language (id, account, member_id) SELECT id, account, id$$);
INSERT INTO kind (name, tab, in_project, shared, mine, parents, row)
SELECT t, format('app.%I', t)::regclass, true, '{t}'::bool[], false, '{}'::text[], format('INSERT INTO app.%I (id, project_id, amount) SELECT id, project_id, 1', t)
FROM unnest('{revenue_entry}'::text[]) AS t
UNION ALL
SELECT t, format('app.%I', t)::regclass, false, '{t}', false, '{}', format('INSERT INTO app.%I (id, account, name) SELECT id, account, ''x''', t)
FROM (SELECT DISTINCT kind FROM probe
      WHERE kind ~ '_(field|section)$' OR kind IN ('skill', 'template', 'billing_schedule_template', 'tax_code', 'portal_template', 'portal_theme', 'custom_app')) AS p (t);
SELECT is_empty('SELECT kind FROM probe WHERE kind IS NOT NULL EXCEPT SELECT name FROM kind', 'every probe has rows');

-- fresh: not there yet, for the actor to insert. holder: others are in it; nothing is done to it.
CREATE TEMP TABLE sample (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH 900001) PRIMARY KEY,
    role text, kind text, place text, shared bool, fresh bool, holder bool, parents bigint[],
    account text, project_id bigint, owner bigint,
    key text GENERATED ALWAYS AS (CASE WHEN kind = 'file' THEN lpad(id::text, 32, '0')
                                       WHEN kind IN ('account_settings', 'branding') THEN account ELSE id::text END) STORED);
CREATE INDEX ON sample (kind, role);
GRANT SELECT ON sample TO app_user;

DO $$
DECLARE
    k kind;
BEGIN
    FOR k IN SELECT * FROM kind ORDER BY nr LOOP
        INSERT INTO sample (role, kind, place, shared, fresh, holder, parents, account, project_id, owner)
        SELECT p.role, k.name, l.place, v.shared, c.fresh, c.holder,
               ARRAY(SELECT s.id FROM unnest(k.parents) WITH ORDINALITY x (name, n)
                     JOIN sample s ON (s.role, s.kind, s.place) = (p.role, x.name, l.place) AND s.holder ORDER BY x.n),
               CASE l.place WHEN 'abroad' THEN 'south' ELSE 'north' END,
               (SELECT s.id FROM sample s WHERE (s.role, s.kind, s.place) = (p.role, 'project', l.place) AND s.holder),
               CASE WHEN c.fresh THEN NULL WHEN k.mine THEN p.key ELSE o.key END
        FROM person p
        CROSS JOIN unnest(CASE WHEN k.in_project THEN '{member,owned,elsewhere,abroad}' ELSE '{here,abroad}' END::text[]) AS l (place)
        JOIN person o ON o.role IS NULL AND o.account = CASE l.place WHEN 'abroad' THEN 'south' ELSE 'north' END
        CROSS JOIN (VALUES (false, true), (false, false), (true, false)) AS c (fresh, holder)
        CROSS JOIN unnest(k.shared) AS v (shared)
        WHERE p.role IN (SELECT role FROM cell)
          AND CASE WHEN c.holder THEN v.shared AND (k.name IN ('project', 'phase') OR k.name = ANY (SELECT unnest(parents) FROM kind))
                   ELSE EXISTS (SELECT FROM probe x WHERE x.kind = k.name AND (x.by = 'insert') = c.fresh) END;
    END LOOP;
END $$;
-- What is a project is in itself.
UPDATE sample SET project_id = id WHERE kind IN (SELECT name FROM kind WHERE tab = 'app.project'::regclass);

-- Projects are owned by the actor or somebody else; on one the actor is a member.
DO $$
BEGIN
    PERFORM clearance.create_project(s.id, account => a.id, owner => CASE s.place WHEN 'owned' THEN p.member_id ELSE o.member_id END)
    FROM sample s JOIN kind k ON k.name = s.kind AND k.in_project AND k.tab = 'app.project'::regclass
    JOIN clearance.account a ON a.key = s.account
    JOIN person p ON p.role = s.role JOIN person o ON o.role IS NULL AND o.account = s.account;
    PERFORM clearance.add_member_to_project(s.id, p.member_id)
    FROM sample s JOIN kind k ON k.name = s.kind AND k.in_project AND k.tab = 'app.project'::regclass
    JOIN person p USING (role)
    WHERE s.place = 'member';
END $$;
SELECT row || format(' FROM sample s WHERE s.kind = %L AND NOT s.fresh ORDER BY s.id', name) FROM kind WHERE row IS NOT NULL ORDER BY nr \gexec
DO $$
BEGIN
    PERFORM clearance.set_project(s.id, archived => true) FROM sample s WHERE s.kind = 'archived';
    PERFORM clearance.allocate(s.id, o.member_id, '2032-01-05', '2032-01-11', 1)
    FROM sample s JOIN person o ON o.role IS NULL AND o.account = s.account
    WHERE s.kind = 'project' AND s.account = 'north';
END $$;

-- What functions are called with, by account: a partner, a customer, a contact and a person of the vendor.
CREATE TEMP TABLE company AS
SELECT a.key AS account, a.id AS account_id, clearance.create_partner('Matrix', access_level => 'moderate', account => a.id) AS partner,
       clearance.create_customer('Matrix', a.id) AS customer, NULL::bigint AS contact, p.member_id AS member
FROM clearance.account a JOIN person p ON p.account = a.key AND p.key IN (990008, 990010);
DO $$
BEGIN
    UPDATE company c SET contact = clearance.add_member(key => 990020 + account_id, account => account_id,
        customer => clearance.create_customer('Matrix of the contact', account_id));
    PERFORM clearance.add_customer_to_project(s.id, m.customer_id)
    FROM sample s JOIN company c USING (account) JOIN clearance.member m ON m.id = c.contact
    WHERE s.kind = 'project' AND s.holder;
END $$;

-- ---------------------------------------------------------------------------
-- What is expected
-- ---------------------------------------------------------------------------
-- as: 'set' as the level has it, 'denied' to the level, 'allowed' to it, 'switched' on for the member
CREATE FUNCTION pg_temp.expected(c cell, "as" text, place text) RETURNS bool LANGUAGE sql AS $$
    SELECT CASE
        WHEN place = 'abroad' THEN false
        WHEN c.role = 'account_admin' THEN true
        WHEN "as" = 'denied' OR "as" = 'set' AND c.verdict <> 'can' THEN false
        WHEN "as" = 'set' AND c.scope = 'account' THEN true
        WHEN "as" = 'set' AND c.scope = 'owned' THEN place = 'owned'
        -- everything else reaches as far as the role's project.view; rows of the account, the account
        WHEN c.role = 'super_user' THEN true
        WHEN c.action = 'project.view' THEN place IN ('member', 'owned')
        ELSE place IN ('member', 'owned', 'here') END;
$$;

CREATE FUNCTION pg_temp.act(p probe, k kind, s sample, c company) RETURNS text LANGUAGE sql AS $$
    SELECT CASE p.by
        -- not by the index of keys: plans of whole tables are simplified
        WHEN 'select' THEN format('SELECT FROM %s t WHERE %I::text = %L', k.tab, b.key_column, CASE s.kind WHEN 'file' THEN s.key::uuid::text ELSE s.key END)
        WHEN 'read' THEN format('SELECT FROM %s t WHERE %I::text = %L AND t.%I IS NOT NULL', k.tab, b.key_column, s.key, p.does)
        WHEN 'insert' THEN format('%s FROM sample s WHERE s.id = %s', k.row, s.id)
        WHEN 'update' THEN format('UPDATE %s t SET %s WHERE %I = %L', k.tab, p.does, b.key_column, s.key)
        WHEN 'delete' THEN format('DELETE FROM %s t WHERE %I = %L', k.tab, b.key_column, s.key)
        WHEN 'call' THEN 'SELECT FROM ' ||
            replace(replace(replace(replace(replace(replace(replace(p.does, '$project', coalesce(s.project_id::text, '')),
                '$account', c.account_id::text), '$partner', c.partner::text), '$customer', c.customer::text),
                '$contact', c.contact::text), '$member', c.member::text), '$id', '990100') END
    FROM (SELECT) d LEFT JOIN clearance.binding b ON b.relation = k.tab;
$$;

CREATE TEMP TABLE trial AS
SELECT c.role, c.action, a."as", p.by, p.needs, s.kind, s.place, s.shared,
       pg_temp.expected(c, a."as", s.place) AND (p.limited_to IS NULL OR s.place = p.limited_to OR c.role = 'account_admin') AS expected,
       format('%s %s %s: %s %s, %s%s', c.role, c.action, a."as", p.by, s.kind, CASE WHEN s.shared THEN '' ELSE 'private, ' END, s.place) AS name,
       pg_temp.act(p, k, s, o) AS act
FROM cell c
CROSS JOIN LATERAL (
    SELECT 'set' AS "as"
    UNION ALL SELECT 'denied' WHERE c.verdict = 'can' AND c.role <> 'account_admin'
    UNION ALL SELECT unnest('{allowed,switched}'::text[]) WHERE c.verdict = 'cannot') AS a
JOIN probe p USING (action)
JOIN kind k ON k.name = p.kind
JOIN sample s ON (s.role, s.kind) = (c.role, p.kind) AND s.fresh = (p.by = 'insert') AND s.holder = (p.by = 'call' AND s.kind = 'project')
JOIN company o USING (account)
UNION ALL
-- the same as a question, in projects and in the account
SELECT c.role, c.action, a."as", 'can', '{}', NULL, s.place, true, pg_temp.expected(c, a."as", s.place),
       format('%s %s %s: can, %s', c.role, c.action, a."as", s.place),
       format('SELECT WHERE clearance.can(%L, %s)', c.action, CASE WHEN s.place = 'here' THEN 'NULL' ELSE s.project_id::text END)
FROM cell c
CROSS JOIN LATERAL (
    SELECT 'set' AS "as"
    UNION ALL SELECT 'denied' WHERE c.verdict = 'can' AND c.role <> 'account_admin'
    UNION ALL SELECT unnest('{allowed,switched}'::text[]) WHERE c.verdict = 'cannot') AS a
JOIN (SELECT role, place, project_id FROM sample WHERE kind = 'project' AND holder
      UNION ALL SELECT role, 'here', NULL FROM person) s USING (role);
CREATE INDEX ON trial (role, action, "as");

-- ---------------------------------------------------------------------------
-- Trying
-- ---------------------------------------------------------------------------
-- Try an act as the member, bound by row security, and undo it. One row is accepted; no row, a
-- write that lacks privilege, and a function that does so or knows nothing of what it is called
-- with, are refused; all else is an error.
CREATE FUNCTION pg_temp.try(member bigint, by text, act text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    PERFORM clearance.set_actor(id => member, local => true);
    SET LOCAL ROLE app_user;
    EXECUTE act;
    GET DIAGNOSTICS n = ROW_COUNT;
    RAISE EXCEPTION '%', CASE n WHEN 0 THEN 'refused' WHEN 1 THEN 'accepted' ELSE n || ' rows' END USING ERRCODE = 'CLR99';
EXCEPTION
    WHEN SQLSTATE 'CLR99' THEN RETURN SQLERRM;
    WHEN OTHERS THEN
        RETURN CASE WHEN SQLSTATE = '42501' AND by NOT IN ('select', 'read') OR SQLSTATE = '42704' AND by = 'call'
                    THEN 'refused' ELSE SQLSTATE || ' ' || SQLERRM END;
END $$;

-- What the acts of a cell need to be seen: the rows that it is done to and all that these are in.
CREATE FUNCTION pg_temp.sights(of_action text, of_role text) RETURNS TABLE (feature text, action text) LANGUAGE sql AS $$
    WITH RECURSIVE up AS (
        SELECT k.tab, p.by <> 'insert' AS looks FROM probe p JOIN kind k ON k.name = p.kind WHERE p.action = of_action
        UNION
        SELECT k.tab, true FROM probe p JOIN kind c ON c.name = p.kind JOIN kind k ON k.name = ANY (c.parents) WHERE p.action = of_action
        UNION
        SELECT w.relation, true
        FROM up JOIN clearance.binding b ON b.relation = up.tab
        JOIN clearance.binding_parent q ON q.binding_id = b.id JOIN clearance.binding w ON w.id = q.parent_id)
    SELECT b.feature, b.view_action FROM up JOIN clearance.binding b ON b.relation = up.tab AND up.looks
    UNION
    -- what one cannot read one cannot change
    SELECT m.feature, m.action
    FROM probe p JOIN kind k ON k.name = p.kind JOIN clearance.binding b ON b.relation = k.tab
    JOIN clearance.binding_mask m ON m.binding_id = b.id AND m.column_name = split_part(p.does, ' = ', 1)
    WHERE p.action = of_action AND p.by = 'update'
    UNION
    SELECT split_part(n, '.', 1), split_part(n, '.', 2) FROM probe p, unnest(p.needs) n WHERE p.action = of_action
    EXCEPT
    SELECT split_part(of_action, '.', 1), split_part(of_action, '.', 2)
    EXCEPT
    -- the measure of how far other cells reach
    SELECT 'project', 'view'
    EXCEPT
    SELECT n.feature, n.action FROM clearance.not_available n JOIN clearance.level l ON l.id = n.level_id AND l.name = of_role;
$$;

-- All trials of a cell that stands so.
CREATE FUNCTION pg_temp.prove(c cell, "as" text) RETURNS TABLE (got text, want text, name text) LANGUAGE plpgsql AS $$
DECLARE
    results jsonb;
    member bigint := (SELECT p.member_id FROM person p WHERE p.role = c.role);
BEGIN
    IF "as" IN ('allowed', 'switched') THEN
        PERFORM clearance.allow(c.role, s.feature, s.action, reach => 'account') FROM pg_temp.sights(c.action, c.role) s;
    END IF;
    IF "as" = 'allowed' THEN
        PERFORM clearance.allow(c.role, c.feature, c.name);
    ELSIF "as" = 'switched' THEN
        PERFORM clearance.switch_on(member, c.feature, c.name);
    ELSIF "as" = 'denied' THEN
        PERFORM clearance.deny(c.role, c.feature, c.name);
    END IF;
    SELECT jsonb_agg(jsonb_build_array(pg_temp.try(member, t.by, t.act), t.expected, t.name) ORDER BY t.name)
    INTO results
    FROM trial t WHERE (t.role, t.action, t."as") = (c.role, c.action, prove."as");
    RAISE EXCEPTION USING ERRCODE = 'CLR99';
EXCEPTION WHEN SQLSTATE 'CLR99' THEN
    RETURN QUERY SELECT r ->> 0, CASE WHEN r ->> 1 = 'true' THEN 'accepted' ELSE 'refused' END, r ->> 2
                 FROM jsonb_array_elements(results) r;
END $$;

CREATE TEMP TABLE outcome AS
SELECT c.role, c.action, a."as", r.*
FROM cell c
CROSS JOIN unnest('{set,denied,allowed,switched}'::text[]) AS a ("as")
CROSS JOIN LATERAL pg_temp.prove(c, a."as") r
WHERE EXISTS (SELECT FROM trial t WHERE (t.role, t.action, t."as") = (c.role, c.action, a."as"));

-- One test a cell and standing; what went wrong is printed below it.
SELECT ok(bool_and(got = want), format('%s %s %s: %s trials, %s accepted', role, action, "as", count(*), count(*) FILTER (WHERE got = 'accepted')))
       || coalesce(chr(10) || diag(string_agg(format('%s: %s, not %s', name, got, want), chr(10)) FILTER (WHERE got <> want)), '')
FROM outcome GROUP BY role, action, "as" ORDER BY action, role, "as";

-- What is not available can be given neither to the level nor to the member; nothing is taken from account_admin.
SELECT throws_ok(format('SELECT clearance.allow(%L, %L, %L)', c.role, c.feature, c.name), '42501',
    format('%s is not available to level "%s"', c.action, c.role), format('%s %s: not available to the level', c.role, c.action))
FROM cell c WHERE c.verdict = 'not_available' ORDER BY c.role, c.action;
SELECT throws_ok(format('SELECT clearance.switch_on(%s, %L, %L)', p.member_id, c.feature, c.name), '42501',
    format('%s is not available to member "%s"', c.action, m.name), format('%s %s: not available to the member', c.role, c.action))
FROM cell c JOIN person p USING (role) JOIN clearance.member m ON m.id = p.member_id
WHERE c.verdict = 'not_available' ORDER BY c.role, c.action;
SELECT throws_ok(format('SELECT clearance.deny(''account_admin'', %L, %L)', feature, name), '42501',
    'level "account_admin" cannot be denied anything', format('account_admin %s: stays', action))
FROM cell WHERE role = 'account_admin' ORDER BY action;

-- ---------------------------------------------------------------------------
-- Nothing was left out
-- ---------------------------------------------------------------------------
SELECT is(count(DISTINCT (role, action)), 1044::bigint, 'every cell was asked for') FROM trial JOIN outcome USING (role, action, name) WHERE by = 'can';
SELECT is(count(DISTINCT action), 330::bigint, '330 of the 348 actions were proven by rows or by what functions do') FROM trial WHERE by <> 'can';
SELECT is_empty($$SELECT p.action, p.by, p.kind, c.role FROM probe p JOIN cell c USING (action) WHERE p.by <> 'can'
    AND NOT EXISTS (SELECT FROM trial t JOIN outcome o USING (role, action, name) WHERE (t.role, t.action, t.by, t.kind) = (c.role, p.action, p.by, p.kind))$$,
    'every probe was tried by every role');
SELECT is_empty('SELECT role, action FROM trial GROUP BY 1, 2 HAVING bool_and(expected)', 'every cell was refused somewhere');
SELECT is_empty($$SELECT role, action, t.by, t.kind FROM trial t JOIN cell c USING (role, action)
    WHERE verdict <> 'not_available' GROUP BY 1, 2, 3, 4 HAVING NOT bool_or(expected)$$,
    'every cell that is available was accepted somewhere, by every probe');
SELECT is_empty($$SELECT role, action, t.kind FROM trial t JOIN cell c USING (role, action) JOIN kind k ON k.name = t.kind
    WHERE verdict = 'can' AND "as" = 'set' AND 'f' = ANY (k.shared) AND by <> 'call' GROUP BY 1, 2, 3 HAVING NOT bool_or(expected AND NOT t.shared)$$,
    'and where rows may be private, on private ones');
SELECT is_empty($$SELECT role, action, t.kind FROM trial t JOIN cell c USING (role, action)
    WHERE place IN ('member', 'elsewhere') AND role = 'collaborator' AND verdict = 'can' AND scope IS NULL AND "as" = 'set'
    GROUP BY 1, 2, 3 HAVING bool_and(expected)$$,
    'collaborators were refused in projects that they are not on');

SELECT * FROM finish();
ROLLBACK;
