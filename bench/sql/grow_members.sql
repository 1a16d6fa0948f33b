-- The company has :members members; one of the first thousand asks.
DELETE FROM clearance.member WHERE id > :members AND id < 1000000;
DELETE FROM bench.project_member WHERE member_id > :members AND member_id < 1000000;
DELETE FROM bench.member WHERE id > :members AND id < 1000000;
CALL bench.add_members(:members);
VACUUM ANALYZE clearance.member, clearance.member_role, clearance.project_member, bench.member, bench.project_member;

SELECT id AS member FROM bench.member
WHERE level = 'permissive' AND id <= 1000 AND NOT partner_admin ORDER BY id DESC LIMIT 1 \gset
INSERT INTO bench.test_case (part, name, x, kind, actor, keys, sql, ideal)
SELECT 'members', 'one task by key', :members, 'read', :member, array_agg(id),
       'SELECT title, due_on FROM task WHERE id = $1',
       'SELECT title, due_on FROM task WHERE id = $1 AND project_id = ANY (' || bench.scope(:member) || ')'
FROM (SELECT t.id FROM ideal.task t JOIN bench.project_member pm ON pm.project_id = t.project_id
      WHERE pm.member_id = :member ORDER BY t.id LIMIT 300) AS t;
