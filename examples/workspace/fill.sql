-- The rows, derived from the work data by arithmetic: the same workspace each
-- time. Runs after people.sql, whose temporary tables it reads.
--
-- work: a finished item, in its project. n is the item's number over all
-- projects, seq its number within the project; the people are
--     doer      who did it                  (assignee)
--     closer    who accepted it; the project's owner where that was no vendor person
--     next_1 .. next_3  who did the items after it: other people of the project
CREATE TEMP TABLE work AS
SELECT w.item_no AS n, w.project_no AS project_id, w.assignee_no AS doer,
    coalesce(v.no, o.no) AS closer, o.no AS owner,
    row_number() OVER in_order AS seq,
    coalesce(lead(w.assignee_no, 1) OVER in_order, o.no) AS next_1,
    coalesce(lead(w.assignee_no, 2) OVER in_order, o.no) AS next_2,
    coalesce(lead(w.assignee_no, 3) OVER in_order, o.no) AS next_3,
    dense_rank() OVER (ORDER BY w.project_no, w.phase) AS phase_id,
    w.phase, w.watcher_nos, w.created_on, w.closed_on, w.files_changed
FROM work_item w
JOIN project_owner o USING (project_no)
LEFT JOIN person v ON (v.no, v.account, v.kind) = (w.closed_by_no, o.account, 'vendor')
WINDOW in_order AS (PARTITION BY w.project_no ORDER BY w.item_no);

-- Project: private if a multiple of 4. Led by the partner on it whose people did
-- most, if that is a third of the items; else by the vendor.
WITH lead AS (
    SELECT DISTINCT ON (t.project_no) t.project_no, c.name, sum(t.done) AS done
    FROM work_team t
    JOIN person m ON (m.no, m.account, m.kind) = (t.person_no, t.account, 'partner')
    JOIN project_partner pp ON (pp.project_no, pp.company_no) = (t.project_no, m.company_no)
    JOIN company c ON (c.kind, c.no) = (m.kind, m.company_no)
    GROUP BY t.project_no, c.name ORDER BY t.project_no, done DESC, c.name)
INSERT INTO app.project (id, account, name, owner_id, is_private, status, started_on, due_on, hours, business_goals, custom_fields,
    health, led_by)
SELECT p.project_no, o.account, p.name, o.no, p.project_no % 4 = 0,
    CASE WHEN p.project_no = 15 THEN 'done' ELSE 'active' END,
    min(w.created_on), max(w.closed_on), 2 * p.items,
    format('%s items in %s phases', p.items, count(DISTINCT w.phase_id)),
    jsonb_build_object('risk', p.project_no % 3),
    (ARRAY['on_track', 'on_track', 'at_risk', 'off_track'])[p.project_no % 4 + 1],
    CASE WHEN 3 * l.done >= p.items THEN l.name END
FROM work_project p
JOIN project_owner o USING (project_no)
JOIN work w ON w.project_id = p.project_no
LEFT JOIN lead l USING (project_no)
GROUP BY p.project_no, p.name, p.items, o.account, o.no, l.name, l.done;

-- Phase: a quarter of a project; private every 4th.
INSERT INTO app.phase (id, project_id, name, starts_on, ends_on, is_private)
SELECT phase_id, project_id, phase, min(created_on), max(closed_on), phase_id % 4 = 0
FROM work GROUP BY phase_id, project_id, phase;

-- Task: every 3rd is private, of every 97th it is not decided yet. Customers:
-- n % 5 = 0, 1 hidden, 2, 3 read, 4 edit. n % 10 = 7 is still open. Created by
-- who accepted it, every 8th by who did it.
INSERT INTO app.task (id, project_id, phase_id, title, kind, status, assignee_id, created_by, started_on, completed_on,
    is_milestone, is_private, client_visibility, files_changed)
SELECT n, project_id, phase_id, format('%s %s', initcap(k.kind), n), k.kind,
    CASE WHEN n % 10 = 7 THEN 'open' ELSE 'done' END,
    doer, CASE WHEN n % 8 = 0 THEN doer ELSE closer END,
    created_on, CASE WHEN n % 10 <> 7 THEN closed_on END,
    n % 200 = 0,
    CASE WHEN n % 97 <> 0 THEN n % 3 = 0 END,
    (ARRAY['hidden', 'hidden', 'read', 'read', 'edit'])[n % 5 + 1]::app.client_visibility,
    files_changed
FROM work, LATERAL (SELECT CASE WHEN files_changed <= 1 THEN 'fix' WHEN files_changed <= 5 THEN 'task' ELSE 'feature' END AS kind) AS k;

-- Further assignee: every 10th task, who did the next item.
INSERT INTO app.task_assignee (task_id, member_id)
SELECT n, next_1 FROM work WHERE n % 10 = 0 AND next_1 <> doer;

-- Followers: who watched it; of every 4th task also who accepted it, of every
-- 7th who did the item after the next.
INSERT INTO app.task_follower (task_id, member_id)
SELECT n, watcher::bigint FROM work, string_to_table(watcher_nos, ' ') AS watcher WHERE watcher <> ''
UNION SELECT n, closer FROM work WHERE n % 4 = 0
UNION SELECT n, next_2 FROM work WHERE n % 7 = 0;

-- Spaces: three a project, 3 * project + 0, 1, 2; the second is private. They
-- are followed by who did the project's first three items.
INSERT INTO app.space (id, project_id, name, visibility, owner_id, follower_ids)
SELECT 3 * project_id + k, project_id, (ARRAY['Handbook', 'Delivery notes', 'Decisions'])[k + 1],
    CASE k WHEN 1 THEN 'private' ELSE 'shared' END,
    CASE k WHEN 2 THEN next_1 ELSE owner END, ARRAY[doer, next_1, next_2]
FROM work, generate_series(0, 2) AS k
WHERE seq = 1;

-- Documents: one for every 25th item of a project, by who did it. They take
-- turns in the spaces; every 4th is private, every 10th frozen. d counts them.
CREATE TEMP TABLE work_document AS
SELECT row_number() OVER (ORDER BY n) AS d, 3 * project_id + seq / 25 % 3 AS space_id, w.*
FROM work w WHERE seq % 25 = 1;

INSERT INTO app.document (id, project_id, space_id, title, body, is_private, frozen, owner_id)
SELECT d, project_id, space_id, format('Document %s', d), format('About item %s.', n), d % 4 = 0, d % 10 = 0, doer
FROM work_document;

INSERT INTO app.document_follower (document_id, member_id)
SELECT d, next_2 FROM work_document UNION SELECT d, closer FROM work_document WHERE d % 2 = 0;

-- Messages: two a document, by who accepted the item and who did the next one;
-- every 3rd is private.
INSERT INTO app.document_message (id, project_id, document_id, author_id, body, is_private)
SELECT id, project_id, d, CASE k WHEN 1 THEN closer ELSE next_1 END, format('Message %s', id), id % 3 = 0
FROM work_document, generate_series(1, 2) AS k, LATERAL (SELECT 2 * d + k AS id) AS i;

-- Comments: three a document, the last in reply to the first; by who did the
-- item and the next two. Every 4th is private, every 5th resolved.
INSERT INTO app.document_comment (id, document_id, reply_to, author_id, body, is_private, resolved)
SELECT id, d, CASE k WHEN 3 THEN id - 2 END, (ARRAY[doer, next_1, next_2])[k], format('Comment %s', id), id % 4 = 0, id % 5 = 0
FROM work_document, generate_series(1, 3) AS k, LATERAL (SELECT 3 * d + k AS id) AS i;

-- Approvals: one a document; asked for by its owner, of who did the next item,
-- every other time the other way round. Every 3rd is private.
INSERT INTO app.document_approval (id, project_id, document_id, approver_id, requested_by, state, is_private)
SELECT d, project_id, d,
    CASE d % 2 WHEN 0 THEN next_1 ELSE doer END, CASE d % 2 WHEN 0 THEN doer ELSE next_1 END,
    (ARRAY['requested', 'requested', 'approved', 'changes_requested'])[d % 4 + 1], d % 3 = 0
FROM work_document;

-- Every other document led to a task: the item after it.
INSERT INTO app.document_task (id, document_id, task_id, created_by)
SELECT d, d, t.n, w.doer
FROM work_document w JOIN work t ON (t.project_id, t.seq) = (w.project_id, w.seq + 1)
WHERE d % 2 = 1;

-- Conversations: one for every 40th item of a project, between the people
-- around it, plus two a project for the owner alone. By turns for the team
-- (private), for partners and for everyone.
CREATE TEMP TABLE work_conversation AS
SELECT format('P%s-%s', project_id, k) AS id, k, w.*
FROM work w, LATERAL (SELECT seq / 40 AS k) AS s WHERE seq % 40 = 1;

INSERT INTO app.conversation (id, project_id, subject, audience, created_by)
SELECT id, project_id, format('About item %s', n),
    (ARRAY['everyone', 'team', 'partners'])[k % 3 + 1]::app.audience, CASE k % 2 WHEN 0 THEN closer ELSE doer END
FROM work_conversation
UNION ALL
SELECT format('P%s-owner-%s', project_id, k), project_id, 'Notes of the owner',
    CASE k WHEN 1 THEN 'everyone' ELSE 'team' END::app.audience, owner
FROM work, generate_series(1, 2) AS k WHERE seq = 1;

INSERT INTO app.conversation_participant (conversation_id, member_id)
SELECT DISTINCT id, m FROM work_conversation, unnest(ARRAY[doer, closer, next_1, next_2]) AS m
UNION
SELECT format('P%s-owner-%s', project_id, k), owner FROM work, generate_series(1, 2) AS k WHERE seq = 1;

INSERT INTO app.conversation_message (id, conversation_id, author_id, body, sent_at)
SELECT row_number() OVER (ORDER BY n, m), id, (ARRAY[doer, closer, next_1])[m], format('Message %s of %s', m, id),
    closed_on + make_interval(hours => m::int)
FROM work_conversation, generate_series(1, 3) AS m;

-- Status updates: one a phase, by who accepted its last item, every 5th by who
-- did it. Every 3rd is private, every 7th a draft, every 49th due in 2099.
INSERT INTO app.status_update (id, project_id, phase_id, author_id, title, is_shared, published_at, cc_sent_at, sentiment, challenges)
SELECT phase_id, project_id, phase_id, CASE phase_id % 5 WHEN 0 THEN doer ELSE closer END,
    format('Status of %s', phase), phase_id % 3 <> 0,
    CASE WHEN phase_id % 49 = 0 THEN timestamptz '2099-01-01' WHEN phase_id % 7 <> 0 THEN closed_on::timestamptz END,
    CASE WHEN phase_id % 14 = 1 THEN closed_on + interval '1 day' END,
    (ARRAY['positive', 'neutral', 'positive', 'negative'])[phase_id % 4 + 1],
    CASE phase_id % 4 WHEN 1 THEN 'Decisions take long.' WHEN 3 THEN 'Scope has grown.' END
FROM (SELECT DISTINCT ON (phase_id) * FROM work ORDER BY phase_id, seq DESC) AS last;

-- Folders: a root and one a phase in each project; every 4th phase's is private.
INSERT INTO app.folder (id, project_id, parent_id, name, is_private, created_by)
SELECT project_id, project_id, NULL, 'Files', false, owner FROM work WHERE seq = 1
UNION ALL
SELECT 100 + phase_id, project_id, project_id, phase, phase_id % 4 = 0, owner FROM work GROUP BY phase_id, project_id, phase, owner;

-- Files: every 6th item of a project, j counts them; every 5th is on the files
-- page only. By who did it, every 20th by a customer's contact. Every 4th is
-- private. Customers: j % 7 = 0, 1 hidden, 2 undecided (hidden), 3, 4 read, 5, 6 edit.
INSERT INTO app.file (id, project_id, folder_id, task_id, name, is_private, client_visibility, uploaded_by)
SELECT md5('file ' || n)::uuid, project_id, 100 + phase_id, CASE WHEN j % 5 <> 0 THEN n END,
    format('file-%s.pdf', n), j % 4 = 0,
    (ARRAY['hidden', 'hidden', NULL, 'read', 'read', 'edit', 'edit'])[j % 7 + 1],
    CASE WHEN j % 20 = 3 THEN 5001 + 10 * c.company_no ELSE doer END
FROM work
CROSS JOIN LATERAL (SELECT seq / 6 AS j) AS f
JOIN (SELECT project_no, min(company_no) AS company_no FROM project_customer GROUP BY project_no) AS c ON c.project_no = project_id
WHERE seq % 6 = 3;

-- Forms: every 50th item of a project; private if the item's number is even.
-- Two responses each, by who did the next two items.
INSERT INTO app.form (id, project_id, task_id, title, is_private, created_by)
SELECT n, project_id, n, format('Form of item %s', n), n % 2 = 0, closer FROM work WHERE seq % 50 = 5;

INSERT INTO app.form_response (id, form_id, task_id, submitted_by, answer)
SELECT 2 * n + k, n, n, (ARRAY[next_1, next_2])[k], format('Answer %s', k)
FROM work, generate_series(1, 2) AS k WHERE seq % 50 = 5;

-- Sign-offs: every 3rd phase; every other one is sent, and every 4th of these signed.
INSERT INTO app.sign_off (id, project_id, phase_id, title, created_by, sent_at, signed_by, signed_at)
SELECT phase_id, project_id, phase_id, format('Sign-off of %s', phase), CASE WHEN phase_id % 4 = 0 THEN owner ELSE closer END,
    CASE WHEN phase_id % 2 = 0 THEN closed_on::timestamptz END,
    CASE WHEN phase_id % 8 = 0 THEN 5001 + 10 * c.company_no END,
    CASE WHEN phase_id % 8 = 0 THEN closed_on + interval '2 days' END
FROM (SELECT DISTINCT ON (phase_id) * FROM work ORDER BY phase_id, seq DESC) AS last
JOIN (SELECT project_no, min(company_no) AS company_no FROM project_customer GROUP BY project_no) AS c ON c.project_no = project_id
WHERE phase_id % 3 = 0;

-- Team pages: the owner and the people on the project, its customers' contacts.
INSERT INTO app.vendor_team_member (id, project_id, member_id, job)
SELECT row_number() OVER (ORDER BY project_no, no), project_no, no, job
FROM (SELECT project_no, no, 'owner' AS job FROM project_owner
      UNION ALL SELECT project_no, person_no, 'delivery' FROM team WHERE kind = 'vendor') AS t;

INSERT INTO app.partner_team_member (id, project_id, member_id, company)
SELECT row_number() OVER (ORDER BY t.project_no, t.person_no), t.project_no, t.person_no, c.name
FROM team t JOIN company c ON (c.kind, c.no) = ('partner', t.company_no)
WHERE t.kind = 'partner';

INSERT INTO app.customer_team_member (id, project_id, member_id, company, email)
SELECT row_number() OVER (ORDER BY pc.project_no, p.no), pc.project_no, p.no, c.name,
    format('%s@%s.example', p.no, lower(split_part(c.name, ' ', 1)))
FROM project_customer pc
JOIN person p ON (p.kind, p.company_no) = ('customer', pc.company_no)
JOIN company c ON (c.kind, c.no) = ('customer', pc.company_no);

-- Milestones: one a phase, for who did its last item; every 4th private. The
-- second of a project brings first value; every 10th is not reached yet.
INSERT INTO app.milestone (id, project_id, name, kind, due_on, reached_on, is_private, assignee_id, created_by)
SELECT phase_id, project_id, format('%s delivered', phase),
    CASE dense_rank() OVER (PARTITION BY project_id ORDER BY phase_id) WHEN 2 THEN 'first_value' ELSE 'delivery' END,
    closed_on, CASE WHEN phase_id % 10 <> 5 THEN closed_on END, phase_id % 4 = 0, doer, closer
FROM (SELECT DISTINCT ON (phase_id) * FROM work ORDER BY phase_id, seq DESC) AS last;

-- RAID log: every 60th item of a project, for who did it; every 3rd is private.
INSERT INTO app.raid_item (id, project_id, kind, title, impact, status, is_private, assignee_id, raised_by)
SELECT n, project_id, k.kind, format('%s about item %s', initcap(k.kind), n), (ARRAY['low', 'medium', 'high'])[n % 3 + 1],
    CASE n % 4 WHEN 0 THEN 'closed' ELSE 'open' END, n % 3 = 0, doer, next_1
FROM work, LATERAL (SELECT (ARRAY['risk', 'assumption', 'issue', 'dependency'])[seq / 60 % 4 + 1] AS kind) AS k
WHERE seq % 60 = 10;

-- Timesheets: of who is on the project and tracks time (the vendor's people, and
-- partners with odd numbers), the last week of work there. The state goes by the
-- sum of project and person: draft, submitted, approved (twice as often), rejected.
INSERT INTO app.timesheet (id, project_id, member_id, supervisor_id, week, state)
SELECT row_number() OVER (ORDER BY t.project_no, t.person_no), t.project_no, t.person_no, p.supervisor_no,
    date_trunc('week', max(w.closed_on))::date,
    (ARRAY['draft', 'submitted', 'approved', 'approved', 'rejected'])[(t.project_no + t.person_no) % 5 + 1]
FROM team t
JOIN person p ON (p.no, p.account) = (t.person_no, t.account)
JOIN work w ON (w.project_id, w.doer) = (t.project_no, t.person_no)
WHERE t.kind = 'vendor' OR t.company_no % 2 = 1
GROUP BY t.project_no, t.person_no, p.supervisor_no;

-- Two days each: 6 to 8 hours on Tuesday, 2 to 5 on Thursday, every 5th of these not billable.
INSERT INTO app.time_entry (id, timesheet_id, member_id, day, hours, is_billable, note)
SELECT 2 * id + k, id, member_id, week + 2 * k - 1, CASE k WHEN 1 THEN 6 + member_id % 3 ELSE 2 + member_id % 4 END,
    k = 1 OR id % 5 <> 0, 'Delivery'
FROM app.timesheet, generate_series(1, 2) AS k;

-- Time off: of every 12th timesheet, the week after it. Expenses: of every 6th.
INSERT INTO app.time_off (id, project_id, member_id, supervisor_id, starts_on, ends_on, state)
SELECT id, project_id, member_id, supervisor_id, week + 7, week + 11, (ARRAY['requested', 'approved', 'rejected'])[id / 12 % 3 + 1]
FROM app.timesheet WHERE id % 12 = 0;

INSERT INTO app.expense (id, project_id, member_id, spent_on, amount, purpose, state)
SELECT id, project_id, member_id, week, 20 + id % 400 * 1.25, 'Travel', (ARRAY['submitted', 'approved', 'draft', 'rejected'])[id / 6 % 4 + 1]
FROM app.timesheet WHERE id % 6 = 0;

-- Holidays: three in the year each project began. Dashboards: three a project, the first private.
INSERT INTO app.holiday (id, project_id, day, name)
SELECT 3 * p.id + k, p.id, make_date(extract(year FROM started_on)::int, m, d), h.name
FROM app.project p, (VALUES (0, 1, 1, 'New Year''s Day'), (1, 5, 1, 'Labour Day'), (2, 12, 25, 'Christmas Day')) AS h (k, m, d, name);

INSERT INTO app.dashboard (id, project_id, title, shows, is_private, created_by)
SELECT 3 * p.id + k, p.id, initcap(s), s, k = 0, p.owner_id
FROM app.project p, (VALUES (0, 'revenue'), (1, 'delivery'), (2, 'time')) AS d (k, s);

INSERT INTO app.branding (account, title, logo, primary_colour, accent_colour) VALUES
    ('north', 'North delivers', '\x89504e47', '#1f4e79', '#e07a1f'),
    ('south', 'South',          NULL,         '#2d6a4f', '#ffb703');

ANALYZE app.project, app.phase, app.task, app.task_assignee, app.task_follower, app.space, app.document, app.document_follower,
    app.document_message, app.document_comment, app.document_approval, app.document_task, app.conversation,
    app.conversation_participant, app.conversation_message, app.status_update, app.folder, app.file, app.form,
    app.form_response, app.sign_off, app.vendor_team_member, app.partner_team_member, app.customer_team_member,
    app.milestone, app.raid_item, app.timesheet, app.time_entry, app.time_off, app.holiday, app.expense, app.dashboard;
