-- Statements that write many rows: :bulk new ones, :bulk children under parents, and
-- 10,000 changed ones, by a permissive member, the manager and the account admin.
SELECT max(id) AS permissive FROM bench.member WHERE level = 'permissive' AND id <= 2500 AND NOT partner_admin \gset
SELECT bench.scope(:permissive) AS p, trim(to_char(:bulk, '999,999')) AS n \gset
SELECT quote_literal(array_agg(id)) AS tasks FROM ideal.task WHERE project_id = ANY (:p) \gset

CREATE PROCEDURE bench.ask_bulk(name text, actor bigint, statement text, ideal text DEFAULT NULL)
LANGUAGE sql AS $$
    INSERT INTO bench.test_case (part, name, kind, target, actor, sql, ideal, skip)
    VALUES ('bulk', name, 'write', 1.10, actor, statement, ideal, '{naive,static,tuned}')
$$;

\set rows 'INSERT INTO task (project_id, title, author_id, due_on) SELECT (ids)[1 + i %% cardinality(ids)], ''new '' || i, %s, ''2025-06-01'' FROM (SELECT ' :p '::bigint[] AS ids) AS p, generate_series(1, ' :bulk ') AS i'
\set children 'INSERT INTO task_comment (task_id, author_id, created_on, body) SELECT (ids)[1 + i %% cardinality(ids)], %s, ''2025-06-01'', ''new'' FROM (SELECT ' :tasks '::bigint[] AS ids) AS t, generate_series(1, ' :bulk ') AS i'
\set change 'UPDATE task SET estimate = estimate + 1 WHERE id <= '
CALL bench.ask_bulk('INSERT of ' || :'n' || ' rows, permissive', :permissive, format(:'rows', :permissive));
CALL bench.ask_bulk('INSERT of ' || :'n' || ' rows, admin', 5, format(:'rows', 5));
CALL bench.ask_bulk('INSERT of ' || :'n' || ' children, permissive', :permissive, format(:'children', :permissive));
CALL bench.ask_bulk('INSERT of ' || :'n' || ' children, admin', 5, format(:'children', 5));
CALL bench.ask_bulk('UPDATE of 10,000 rows, admin', 5, :'change' || 10000);
CALL bench.ask_bulk('UPDATE of 10,000 rows, manager', 50, :'change' || 33300, :'change' || '33300 AND project_id = ANY (' || bench.scope(50) || ')');
