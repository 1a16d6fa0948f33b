-- Rows, the same in each database: four roles and one for guests, ten people, ten
-- projects.
INSERT INTO tracker.role (name, is_for_guests, permissions) VALUES
    ('Manager', false, '{view_issues,view_private_issues,add_issues,edit_issues,delete_issues,add_notes,view_private_notes,view_time,log_time}'),
    ('Developer', false, '{view_issues,add_issues,edit_issues,add_notes,view_private_notes,view_time,log_time}'),
    ('Reporter', false, '{view_issues,add_issues,edit_own_issues,add_notes}'),
    ('Bookkeeper', false, '{view_issues,view_time,delete_time}'),
    ('Guest', true, '{view_issues,add_notes}');
INSERT INTO tracker.person (name, mail, is_admin, is_locked)
SELECT format('Person %s', i), format('person%s@tracker.example', i), i = 1, i = 10 FROM generate_series(1, 10) i;
INSERT INTO tracker.project (name, is_public, status)
SELECT format('Project %s', i), i % 3 = 0, CASE i WHEN 4 THEN 'closed' WHEN 6 THEN 'closed' WHEN 7 THEN 'archived' WHEN 9 THEN 'archived' ELSE 'active' END
FROM generate_series(1, 10) i;
INSERT INTO tracker.enabled_module (project_id, name)
SELECT p.id, m.name FROM tracker.project p CROSS JOIN (VALUES ('issues'), ('time')) AS m (name)
WHERE (p.id, m.name) NOT IN ((2, 'time'), (3, 'time'), (5, 'issues'), (10, 'issues'), (10, 'time'));
INSERT INTO tracker.member (project_id, person_id)
SELECT p.id, u.id FROM tracker.project p CROSS JOIN tracker.person u WHERE u.id > 1 AND (p.id * 7 + u.id * 5) % 4 = 0;
INSERT INTO tracker.member_role (member_id, role_id)
SELECT m.id, r.id FROM tracker.member m JOIN tracker.role r ON NOT r.is_for_guests AND ((m.id + r.id) % 4 = 0 OR (m.id % 7 = 0 AND r.id = 3));
INSERT INTO tracker.kind (name) VALUES ('bug'), ('feature');
INSERT INTO tracker.issue (project_id, kind_id, subject, author_id, assignee_id, is_private)
SELECT 1 + i / 3 % 10, 1 + i % 2, format('Issue %s', i), 1 + i * 7 % 10, CASE WHEN i % 3 > 0 THEN 1 + i * 3 % 10 END, i % 4 = 1 FROM generate_series(1, 120) i;
INSERT INTO tracker.note (issue_id, author_id, body, is_private)
SELECT 1 + i * 7 % 120, 1 + i * 3 % 10, format('Note %s', i), i % 5 = 0 FROM generate_series(1, 150) i;
INSERT INTO tracker.time_entry (project_id, issue_id, person_id, hours)
SELECT s.project_id, CASE WHEN i % 4 > 0 THEN s.id END, 1 + i * 3 % 10, 1 + i % 8 FROM generate_series(1, 100) i JOIN tracker.issue s ON s.id = i;
