-- What the tracker's permission tables mean to pg_clearance, said by views of
-- the tracker's, and which of its tables are protected. From here on, whatever
-- the tracker writes into its tables counts in the statement that writes it.
\o /dev/null

-- ---------------------------------------------------------------------------
-- What is acted on: features for tables that have no built-in one
-- ---------------------------------------------------------------------------
SELECT clearance.create_account('Tracker');
SELECT clearance.create_feature('issue');
SELECT clearance.create_feature('issue_note');
SELECT clearance.create_feature('issue_time');

-- ---------------------------------------------------------------------------
-- Views: one for each thing that the tables say
-- ---------------------------------------------------------------------------

-- People. Administrators hold the role that may do everything.
CREATE VIEW tracker.clearance_member AS
SELECT u.id AS key, u.name, u.mail AS email, NOT u.is_locked AS active,
       CASE WHEN u.is_admin THEN '{account_admin}'::text[] ELSE '{}' END AS roles
FROM tracker.person u;

-- Roles become levels: what each permission allows. A role without permissions
-- still shows the project.
CREATE VIEW tracker.clearance_level AS
SELECT r.id AS source, r.name AS level, a.action, a.visibility, a.relation, a.visibility IS NULL AS denied
FROM tracker.role r
JOIN (VALUES
    (NULL, 'project.view', 'any', 'any'),
    ('view_issues', 'issue.view', 'shared', 'any'),
    ('view_issues', 'issue.view', 'any', 'own'),
    ('view_issues', 'issue.view', 'any', 'assigned'),
    ('view_private_issues', 'issue.view', 'any', 'any'),
    ('add_issues', 'issue.create', 'any', 'any'),
    ('edit_issues', 'issue.edit', 'any', 'any'),
    ('edit_own_issues', 'issue.edit', 'any', 'own'),
    ('delete_issues', 'issue.delete', 'any', 'any'),
    ('view_issues', 'issue_note.view', 'shared', 'any'),
    ('view_issues', 'issue_note.view', 'any', 'own'),
    ('view_private_notes', 'issue_note.view', 'any', 'any'),
    ('add_notes', 'issue_note.create', 'any', 'any'),
    ('view_time', 'issue_time.view', 'any', 'any'),
    ('log_time', 'issue_time.create', 'any', 'any'),
    ('log_time', 'issue_time.view', 'any', 'own'),
    ('log_time', 'issue_time.edit', 'any', 'own'),
    ('delete_time', 'issue_time.delete', 'any', 'any'),
    (NULL, 'issue_note.edit', NULL, NULL)
) AS a (permission, action, visibility, relation) ON a.permission IS NULL OR a.permission = ANY (r.permissions)
UNION ALL
-- whoever may add something may edit what it added, unless that is denied: the tracker has a permission for it
SELECT r.id, r.name, 'issue.edit', NULL, NULL, true FROM tracker.role r WHERE NOT r.permissions && '{edit_issues,edit_own_issues}';

-- Projects: archived ones are closed, closed ones read-only, and public ones open
-- to everybody as guests.
CREATE VIEW tracker.clearance_project AS
SELECT p.id AS project, p.status = 'archived' AS archived, p.status = 'closed' AS read_only, g.name AS open_level
FROM tracker.project p LEFT JOIN tracker.role g ON g.is_for_guests AND p.is_public;

-- Modules that a project has not enabled.
CREATE VIEW tracker.clearance_feature_off AS
SELECT p.id AS project, m.feature
FROM tracker.project p
CROSS JOIN (VALUES ('issues', 'issue'), ('issues', 'issue_note'), ('time', 'issue_time')) AS m (module, feature)
WHERE NOT EXISTS (SELECT FROM tracker.enabled_module e WHERE e.project_id = p.id AND e.name = m.module);

-- Who is on a project, with each of its roles.
CREATE VIEW tracker.clearance_membership AS
SELECT m.id AS source, m.project_id AS project, m.person_id AS member, r.name AS access_level
FROM tracker.member m JOIN tracker.member_role x ON x.member_id = m.id JOIN tracker.role r ON r.id = x.role_id;

-- ---------------------------------------------------------------------------
-- Tables
-- ---------------------------------------------------------------------------
SELECT clearance.protect('tracker.project', 'project', project => 'id');
-- reopening is possible where nothing else is
SELECT clearance.guard_column('tracker.project', 'status', 'unarchive');

SELECT clearance.protect('tracker.issue', 'issue', project => 'project_id',
    visibility => 'is_private', shared_values => '{false}', owner => 'author_id');
SELECT clearance.relate('tracker.issue', 'assigned', member_column => 'assignee_id');

SELECT clearance.protect('tracker.note', 'issue_note', visibility => 'is_private', shared_values => '{false}', owner => 'author_id');
SELECT clearance.add_parent('tracker.note', 'issue_id', 'tracker.issue');

SELECT clearance.protect('tracker.time_entry', 'issue_time', project => 'project_id', owner => 'person_id');
SELECT clearance.add_parent('tracker.time_entry', 'issue_id', 'tracker.issue', optional => true);

-- ---------------------------------------------------------------------------
-- From now on. A changed row of a table that is named here touches only rows of
-- the view that have one of its values in that column; others, all of the view.
-- ---------------------------------------------------------------------------
SELECT clearance.mirror('tracker.clearance_level', 'level', '{"tracker.role": "source"}');
SELECT clearance.mirror('tracker.clearance_member', 'member', '{"tracker.person": "key"}');
SELECT clearance.mirror('tracker.clearance_project', 'project', '{"tracker.project": "project"}');
SELECT clearance.mirror('tracker.clearance_feature_off', 'feature_off', '{"tracker.project": "project", "tracker.enabled_module": "project"}');
SELECT clearance.mirror('tracker.clearance_membership', 'membership', '{"tracker.member": "source", "tracker.member_role": "source"}');

-- The role that the tracker logs in as says who acts. It writes issues, notes and
-- time; the permission tables, which are not protected, only the tracker's
-- administration, as another role.
GRANT USAGE ON SCHEMA tracker TO tracker_app;
GRANT SELECT ON ALL TABLES IN SCHEMA tracker TO tracker_app;
GRANT INSERT, UPDATE, DELETE ON tracker.project, tracker.issue, tracker.note, tracker.time_entry TO tracker_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA tracker TO tracker_app;
SELECT clearance.trust_role('tracker_app');
\o
