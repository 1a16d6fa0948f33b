-- One stop of tour.sql, the same for everybody: variables person and key say
-- who looks, allowed and refused hold the two writes that are tried.
BEGIN;
SELECT :'person' = 'all' AS is_all, :'key' <> '' AS has_key \gset
\if :has_key
SELECT clearance.set_actor(key => :'key') \g /dev/null
\endif

INSERT INTO seen
SELECT :'person', counted.*
FROM (
    SELECT 'project', count(*) FROM app.project
    UNION ALL SELECT 'phase', count(*) FROM app.phase
    UNION ALL SELECT 'task', count(*) FROM app.task
    UNION ALL SELECT 'task_assignee', count(*) FROM app.task_assignee
    UNION ALL SELECT 'task_follower', count(*) FROM app.task_follower
    UNION ALL SELECT 'space', count(*) FROM app.space
    UNION ALL SELECT 'document', count(*) FROM app.document
    UNION ALL SELECT 'document_follower', count(*) FROM app.document_follower
    UNION ALL SELECT 'document_message', count(*) FROM app.document_message
    UNION ALL SELECT 'document_comment', count(*) FROM app.document_comment
    UNION ALL SELECT 'document_approval', count(*) FROM app.document_approval
    UNION ALL SELECT 'document_task', count(*) FROM app.document_task
    UNION ALL SELECT 'conversation', count(*) FROM app.conversation
    UNION ALL SELECT 'conversation_participant', count(*) FROM app.conversation_participant
    UNION ALL SELECT 'conversation_message', count(*) FROM app.conversation_message
    UNION ALL SELECT 'status_update', count(*) FROM app.status_update
    UNION ALL SELECT 'folder', count(*) FROM app.folder
    UNION ALL SELECT 'file', count(*) FROM app.file
    UNION ALL SELECT 'form', count(*) FROM app.form
    UNION ALL SELECT 'form_response', count(*) FROM app.form_response
    UNION ALL SELECT 'sign_off', count(*) FROM app.sign_off
    UNION ALL SELECT 'vendor_team_member', count(*) FROM app.vendor_team_member
    UNION ALL SELECT 'partner_team_member', count(*) FROM app.partner_team_member
    UNION ALL SELECT 'customer_team_member', count(*) FROM app.customer_team_member
    UNION ALL SELECT 'milestone', count(*) FROM app.milestone
    UNION ALL SELECT 'raid_item', count(*) FROM app.raid_item
    UNION ALL SELECT 'timesheet', count(*) FROM app.timesheet
    UNION ALL SELECT 'time_entry', count(*) FROM app.time_entry
    UNION ALL SELECT 'time_off', count(*) FROM app.time_off
    UNION ALL SELECT 'holiday', count(*) FROM app.holiday
    UNION ALL SELECT 'expense', count(*) FROM app.expense
    UNION ALL SELECT 'dashboard', count(*) FROM app.dashboard
    UNION ALL SELECT 'branding', count(*) FROM app.branding) AS counted;

INSERT INTO sample
SELECT :'person', t.title, p.name, t.assignee_id, t.is_private, t.client_visibility
FROM app.task t JOIN app.project p ON p.id = t.project_id
ORDER BY t.id LIMIT 3;
COMMIT;

-- The writes, in a transaction that leaves nothing behind.
\if :is_all
\else
BEGIN;
\if :has_key
SELECT clearance.set_actor(key => :'key') \g /dev/null
SELECT pg_temp.try(:'allowed') AS allowed_result \gset
\endif
SELECT pg_temp.try(:'refused') AS refused_result \gset
ROLLBACK;
\if :has_key
INSERT INTO outcome (person, statement, result) VALUES (:'person', :'allowed', :'allowed_result');
\endif
INSERT INTO outcome (person, statement, result) VALUES (:'person', :'refused', :'refused_result');
\endif
