-- The cases: who asks what, and the literal statement that a perfect application
-- would send for it. One permissive, one moderate and one restricted member ask,
-- each on 50 projects, the account admin, and the manager of 3,000 projects.
SELECT max(id) FILTER (WHERE level = 'permissive') AS permissive,
       max(id) FILTER (WHERE level = 'moderate') AS moderate,
       max(id) FILTER (WHERE level = 'restricted') AS restricted
FROM bench.member WHERE id <= 2500 AND NOT partner_admin \gset
\set admin 5
\set manager 50

SELECT bench.scope(:permissive) AS p, bench.scope(:moderate) AS m, bench.scope(:restricted) AS r,
       bench.scope(:manager) AS g \gset
SELECT project_id AS project FROM bench.project_member WHERE member_id = :permissive ORDER BY project_id LIMIT 1 \gset
SELECT array_agg(id) AS tasks FROM (
    SELECT id FROM ideal.task
    WHERE project_id IN (SELECT project_id FROM bench.project_member WHERE member_id = :permissive)
    ORDER BY bench.pick(id, 90, 1000000), id LIMIT 300) AS t \gset
SELECT array_agg(project_id) AS projects FROM bench.project_member WHERE member_id = :permissive \gset

\set insert 'INSERT INTO task (project_id, title, author_id, due_on) '

INSERT INTO bench.test_case (part, name, kind, target, actor, keys, sql, ideal, settings) VALUES
    ('cases', 'count, permissive', 'read', 1.05, :permissive, DEFAULT,
     'SELECT count(*) FROM task',
     'SELECT count(*) FROM task WHERE project_id = ANY (' || :'p' || ')', DEFAULT),
    ('cases', 'count, moderate', 'read', 1.05, :moderate, DEFAULT,
     'SELECT count(*) FROM task',
     'SELECT count(*) FROM task WHERE NOT is_private AND project_id = ANY (' || :'m' || ')', DEFAULT),
    ('cases', 'count, restricted by column', 'read', 1.05, :restricted, DEFAULT,
     'SELECT count(*) FROM milestone',
     'SELECT count(*) FROM milestone WHERE assignee_id = ' || :restricted || ' AND project_id = ANY (' || :'r' || ')', DEFAULT),
    ('cases', 'count, restricted by link table', 'read', 1.05, :restricted, DEFAULT,
     'SELECT count(*) FROM raid_item',
     'SELECT count(*) FROM raid_item WHERE id IN (SELECT raid_id FROM raid_assignee WHERE member_id = ' || :restricted
         || ') AND project_id = ANY (' || :'r' || ')', DEFAULT),
    ('cases', 'count, restricted by either', 'read', 1.10, :restricted, DEFAULT,
     'SELECT count(*) FROM task',
     'SELECT count(*) FROM task WHERE (assignee_id = ' || :restricted
         || ' OR id = ANY (ARRAY(SELECT task_id FROM task_assignee WHERE member_id = ' || :restricted
         || '))) AND project_id = ANY (' || :'r' || ')', DEFAULT),
    ('cases', 'count, manager of 3,000 projects', 'read', 0.75, :manager, DEFAULT,
     'SELECT count(*) FROM task',
     'SELECT count(*) FROM task WHERE project_id = ANY (' || :'g' || ')', DEFAULT),
    ('cases', 'top 50 by date in a project', 'read', 1.15, :permissive, ARRAY[:project],
     'SELECT id, title, due_on FROM task WHERE project_id = $1 ORDER BY due_on DESC, id LIMIT 50', NULL, DEFAULT),
    ('cases', 'page of 100 over everything', 'read', 1.10, :permissive, DEFAULT,
     $$SELECT id, title, due_on FROM task WHERE (due_on, id) > ('2025-06-01', 0) ORDER BY due_on, id LIMIT 100$$,
     $$SELECT id, title, due_on FROM task WHERE (due_on, id) > ('2025-06-01', 0) AND project_id = ANY ($$ || :'p'
         || ') ORDER BY due_on, id LIMIT 100', DEFAULT),
    ('cases', 'one task by key, not prepared', 'read', NULL, :permissive, :'tasks',
     'SELECT title, due_on FROM task WHERE id = $1',
     'SELECT title, due_on FROM task WHERE id = $1 AND project_id = ANY (' || :'p' || ')', DEFAULT),
    ('cases', 'account admin, count', 'read', 1.03, :admin, DEFAULT,
     'SELECT count(*) FROM task', NULL, DEFAULT),
    ('cases', 'account admin, aggregate', 'read', 1.03, :admin, DEFAULT,
     'SELECT status, count(*), sum(estimate), min(due_on) FROM task GROUP BY status', NULL, DEFAULT),
    ('cases', 'account admin, aggregate, parallel', 'read', 1.03, :admin, DEFAULT,
     'SELECT status, count(*), sum(estimate), min(due_on) FROM task GROUP BY status', NULL,
     '{max_parallel_workers_per_gather=1}'),
    ('cases', 'join of three tables, 50 rows', 'read', 1.05, :permissive, DEFAULT,
     $$SELECT t.id, t.title, h.name AS phase, p.name AS project
       FROM task t JOIN phase h ON h.id = t.phase_id JOIN project p ON p.id = t.project_id
       WHERE t.status = 1 AND t.due_on >= '2025-06-01' ORDER BY t.due_on, t.id LIMIT 50$$,
     $$SELECT t.id, t.title, h.name AS phase, p.name AS project
       FROM task t JOIN phase h ON h.id = t.phase_id JOIN project p ON p.id = t.project_id
       WHERE t.status = 1 AND t.due_on >= '2025-06-01' AND t.project_id = ANY ($$ || :'p'
         || ') ORDER BY t.due_on, t.id LIMIT 50', DEFAULT),
    ('cases', 'count per project', 'read', 1.05, :moderate, DEFAULT,
     'SELECT project_id, count(*) FROM task GROUP BY project_id',
     'SELECT project_id, count(*) FROM task WHERE NOT is_private AND project_id = ANY (' || :'m' || ') GROUP BY project_id', DEFAULT),
    ('cases', 'comments under visible documents', 'read', 1.2, :moderate, DEFAULT,
     'SELECT count(*) FROM document_comment',
     'SELECT count(*) FROM document_comment WHERE NOT is_private AND document_id IN'
         || ' (SELECT id FROM document WHERE NOT is_private AND project_id = ANY (' || :'m' || '))', DEFAULT),
    ('cases', 'COPY TO', 'copy', 1.05, :permissive, DEFAULT,
     $$COPY task TO '/dev/null'$$,
     'COPY (SELECT * FROM task WHERE project_id = ANY (' || :'p' || $$)) TO '/dev/null'$$, DEFAULT),
    ('cases', 'UPDATE of one row', 'write', 1.05, :permissive, :'tasks',
     'UPDATE task SET estimate = estimate + 1 WHERE id = $1',
     'UPDATE task SET estimate = estimate + 1 WHERE id = $1 AND project_id = ANY (' || :'p' || ')', DEFAULT),
    ('cases', 'INSERT of one row', 'write', 1.08, :permissive, :'projects',
     :'insert' || 'VALUES ($1, ''new'', ' || :permissive || ', ''2025-06-01'')', NULL, DEFAULT),
    ('cases', 'INSERT of 10,000 rows', 'write', 1.10, :permissive, :'projects',
     :'insert' || 'SELECT $1, ''new '' || i, ' || :permissive || ', ''2025-06-01'' FROM generate_series(1, 10000) AS i', NULL, DEFAULT);

-- measured by clients: what is compared is the statements a second
INSERT INTO bench.test_case (part, name, kind, unit, target) VALUES
    ('cases', 'prepared lookup by key', 'pgbench', '/s', 0.97),
    ('cases', 'prepared lookup, actors alternate', 'pgbench', '/s', 0.95);

-- COPY TO a file. An application's role should not have that: trust_role() refuses one that has,
-- so this comes when all databases know whom they trust.
GRANT pg_write_server_files TO bench_ideal, bench_naive, bench_static, bench_tuned, bench_clearance;
