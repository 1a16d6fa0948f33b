-- From :before accounts to :accounts. Those that are added have 10 members, and 5 tasks in each project.
CALL bench.add_accounts(:before, :accounts, 10);
SELECT max(id) AS last FROM ideal.task \gset
CREATE TEMP TABLE added AS
SELECT :last + i AS id, 1 + (p - 1) / 20 AS account_id, p AS project_id, 'Task ' || :last + i AS title, bench.pick(i, 11, 5) = 0 AS is_private,
       1 AS estimate, NULL::bigint AS assignee_id, date '2025-01-01' + bench.pick(i, 17, 365) AS due_on
FROM generate_series(1, (:accounts - :before) * 100) AS i, LATERAL (SELECT :before * 20 + 1 + (i - 1) % ((:accounts - :before) * 20)) AS x (p);
SELECT format('INSERT INTO %1$I.project SELECT p, 1 + (p - 1) / 20, ''Project '' || p, false FROM generate_series(%2$s * 20 + 1, %3$s * 20) AS p;
    INSERT INTO %1$I.task SELECT * FROM added', tables, :before, :accounts) FROM (SELECT DISTINCT tables FROM bench.road) AS r \gexec
DROP TABLE added;
VACUUM ANALYZE;

SELECT array_agg(id) AS tasks FROM ideal.task WHERE project_id BETWEEN 324 AND 331 \gset
CALL bench.ask_each('many', 'one task by key', 17, 'SELECT title, due_on FROM task WHERE id = $1 AND %s',
    keys => :'tasks', who => '{permissive}');
CALL bench.ask_each('many', 'count', 17, 'SELECT count(*) FROM task WHERE %s', who => '{account admin,permissive}');
CALL bench.ask_each('many', 'newest 50', 17, 'SELECT id, title, due_on FROM task WHERE %s ORDER BY due_on DESC, id DESC LIMIT 50', who => '{account admin}');
UPDATE bench.test_case SET x = :accounts WHERE part = 'many' AND x IS NULL;
