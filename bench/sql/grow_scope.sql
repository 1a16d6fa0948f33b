-- Members on 10, 100, 1,000 and 10,000 projects ask for their tasks.
INSERT INTO bench.test_case (part, name, x, kind, actor, sql, ideal)
SELECT 'scope', 'count', (10 ^ s)::bigint, 'read', m, 'SELECT count(*) FROM task',
       'SELECT count(*) FROM task WHERE project_id = ANY (' || bench.scope(m) || ')'
FROM generate_series(1, 4) AS s, LATERAL (SELECT 1000000 + 100 * s + 1) AS a (m);
