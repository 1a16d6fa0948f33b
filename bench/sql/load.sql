-- The rows, made once and copied into each road's tables in the same order.
-- Task i is in project i * 7919 % 10000 + 1: a project's rows lie far apart.
SET search_path = ideal;
\ir tables.sql

-- people whom work is assigned to: partner members on the project
CREATE TEMP TABLE seat AS
SELECT pm.project_id, pm.member_id, row_number() OVER (PARTITION BY pm.project_id ORDER BY pm.member_id) - 1 AS n,
       count(*) OVER (PARTITION BY pm.project_id) AS seats
FROM bench.project_member pm JOIN bench.member m ON m.id = pm.member_id AND m.partner_id IS NOT NULL;
CREATE INDEX ON seat (project_id, n) INCLUDE (member_id);
CREATE TEMP TABLE seats AS SELECT DISTINCT project_id, seats FROM seat;
ANALYZE seat, seats;

CREATE FUNCTION pg_temp.project_of(i bigint) RETURNS bigint LANGUAGE sql IMMUTABLE RETURN i * 7919 % 10000 + 1;

INSERT INTO project
SELECT p, 'Project ' || p, bench.pick(p, 1, 5) = 0, 5 * (11 + bench.pick(p, 2, 100)), date '2024-01-01' + bench.pick(p, 3, 500)
FROM generate_series(1, 10000) AS p;

INSERT INTO phase
SELECT i, (i - 1) / 5 + 1, 'Phase ' || (i - 1) % 5 + 1, bench.pick(i, 4, 5) = 0
FROM generate_series(1, 50000) AS i;

-- A sixth has an assignee in the column, another sixth in the link table.
INSERT INTO task
SELECT i, p, (p - 1) * 5 + 1 + bench.pick(i, 10, 5), 'Task ' || i || ' of project ' || p, bench.pick(i, 11, 5) = 0,
       bench.pick(i, 12, 5), 1 + bench.pick(i, 13, 40), 5 * (1 + bench.pick(i, 14, 100)),
       (SELECT s.member_id FROM seat s WHERE s.project_id = p AND s.n = bench.pick(i, 15, 1000) % c.seats AND bench.pick(i, 16, 6) = 0),
       date '2025-01-01' + bench.pick(i, 17, 365)
FROM generate_series(1, :tasks) AS i, pg_temp.project_of(i) AS p, LATERAL (SELECT seats FROM seats WHERE project_id = p) AS c
ORDER BY i;

INSERT INTO task_assignee
SELECT i, s.member_id
FROM generate_series(1, :tasks) AS i
CROSS JOIN LATERAL pg_temp.project_of(i) AS p
JOIN seats c ON c.project_id = p
JOIN seat s ON s.project_id = p AND s.n = bench.pick(i, 18, 1000) % c.seats
WHERE bench.pick(i, 16, 6) = 1
ORDER BY i;

INSERT INTO milestone
SELECT i, p, 'Milestone ' || i, bench.pick(i, 20, 5) = 0, s.member_id
FROM generate_series(1, :tasks * 3 / 10) AS i
CROSS JOIN LATERAL pg_temp.project_of(i) AS p
JOIN seats c ON c.project_id = p
JOIN seat s ON s.project_id = p AND s.n = bench.pick(i, 21, 1000) % c.seats
ORDER BY i;

INSERT INTO raid_item
SELECT i, pg_temp.project_of(i), 'Risk ' || i, bench.pick(i, 30, 5) = 0
FROM generate_series(1, :tasks * 3 / 10) AS i;
INSERT INTO raid_assignee
SELECT i, s.member_id
FROM generate_series(1, :tasks * 3 / 10) AS i
CROSS JOIN LATERAL pg_temp.project_of(i) AS p
JOIN seats c ON c.project_id = p
JOIN seat s ON s.project_id = p AND s.n = bench.pick(i, 31, 1000) % c.seats
ORDER BY i;

INSERT INTO document
SELECT i, pg_temp.project_of(i), 'Document ' || i, bench.pick(i, 40, 5) = 0, 5 * (1 + bench.pick(i, 41, 100)), date '2025-01-01' + bench.pick(i, 42, 365)
FROM generate_series(1, :tasks / 10) AS i;
INSERT INTO document_comment
SELECT i, 1 + bench.pick(i, 50, :tasks / 10), bench.pick(i, 51, 5) = 0, 5 * (1 + bench.pick(i, 52, 100)), 'Comment ' || i
FROM generate_series(1, :tasks / 2) AS i;

INSERT INTO task_comment
SELECT i, 1 + bench.pick(i, 60, :tasks), 5 * (1 + bench.pick(i, 61, 500)), date '2025-01-01' + bench.pick(i, 62, 365), 'Comment ' || i
FROM generate_series(1, :tasks) AS i;
INSERT INTO attachment
SELECT i, pg_temp.project_of(d), d, bench.pick(i, 66, 5) = 0, 'Attachment ' || i
FROM generate_series(1, :tasks / 2) AS i, LATERAL (SELECT 1 + bench.pick(i, 65, :tasks / 10)) AS x (d);
-- every 10,000th folder is of one project; of those, each has up to three below it
INSERT INTO folder
SELECT i, pg_temp.project_of(i), CASE WHEN k > 0 THEN i - 10000 * (k - (k - 1) / 3) END, bench.pick(i, 70, 5) = 0, 'Folder ' || i
FROM generate_series(1, :tasks) AS i, LATERAL (SELECT (i - 1) / 10000) AS n (k);
\ir indexes.sql

SET search_path = naive;
\ir copy.sql
SET search_path = static;
\ir copy.sql
SET search_path = protected;
\ir copy.sql
RESET search_path;
