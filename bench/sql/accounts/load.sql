-- The rows, made once and copied into each road's tables in the same order. Task i
-- is in project 1 + (i - 1) % projects: a project's rows lie far apart, and their ids
-- can be computed. Half of the items are the first account's, which is a large one.
CREATE EXTENSION pg_trgm SCHEMA bench;
CREATE EXTENSION citext SCHEMA bench;
CREATE EXTENSION cube SCHEMA bench;
SELECT :accounts * 20 AS projects \gset

-- people whom work is assigned to: the restricted members on the project
CREATE TEMP TABLE seat AS
SELECT pm.project_id, array_agg(pm.member_id ORDER BY pm.member_id) AS members
FROM bench.project_member pm JOIN bench.member m ON m.id = pm.member_id AND m.level = 'restricted' GROUP BY pm.project_id;
CREATE UNIQUE INDEX ON seat (project_id);
ANALYZE seat;

SET search_path = ideal;
\ir tables.sql
INSERT INTO project SELECT p, 1 + (p - 1) / 20, 'Project ' || p, bench.pick(p, 1, 5) = 0 FROM generate_series(1, :projects) AS p;
-- every third is assigned
INSERT INTO task
SELECT i, 1 + (p - 1) / 20, p, 'Task ' || i || ' of project ' || p, bench.pick(i, 11, 5) = 0, 1 + bench.pick(i, 13, 40),
       CASE WHEN bench.pick(i, 16, 3) = 0 THEN s.members[1 + bench.pick(i, 15, cardinality(s.members))] END, date '2025-01-01' + bench.pick(i, 17, 365)
FROM generate_series(1, :tasks) AS i CROSS JOIN LATERAL (SELECT 1 + (i - 1) % :projects) AS x (p) LEFT JOIN seat s ON s.project_id = p
ORDER BY i;
INSERT INTO parted SELECT * FROM task;
INSERT INTO item
SELECT i, 1 + (p - 1) / 20, p, bench.pick(i, 81, 5) = 0,
       CASE WHEN bench.pick(i, 82, 3) = 0 THEN s.members[1 + bench.pick(i, 83, cardinality(s.members))] END,
       'zebra' || bench.pick(i, 84, 500) || ' item ' || i,
       to_tsvector('simple', format('w%s w%s w%s', bench.pick(i, 85, 1000), bench.pick(i, 86, 1000), bench.pick(i, 87, 1000))),
       ARRAY['t' || bench.pick(i, 88, 500), 't' || bench.pick(i, 89, 500)],
       jsonb_build_object('kind', bench.pick(i, 90, 500), 'of', p),
       point(bench.pick(i, 91, 100000) / 100.0, bench.pick(i, 92, 100000) / 100.0),
       bench.cube(ARRAY(SELECT bench.pick(i, 92 + d, 100000) / 1000.0 FROM generate_series(1, 6) AS d)),
       'C' || bench.pick(i, 99, 500), bench.pick(i, 100, 1000000) / 100.0
FROM generate_series(1, :items) AS i CROSS JOIN LATERAL (SELECT CASE WHEN i % 2 = 0 THEN 1 + i / 2 % 20 ELSE 1 + (i - 1) / 2 % :projects END) AS x (p)
LEFT JOIN seat s ON s.project_id = p
ORDER BY i;
\ir indexes.sql

SET search_path = naive;
\ir copy.sql
SET search_path = static;
\ir copy.sql
SET search_path = protected;
\ir copy.sql
RESET search_path;
