-- A table of :rows rows of which the asking member sees 1,000, whatever the size.
SELECT id AS member FROM bench.member
WHERE level = 'permissive' AND id <= 1000 AND NOT partner_admin ORDER BY id DESC LIMIT 1 \gset
TRUNCATE ideal.grown, naive.grown, static.grown, protected.grown;
-- made again when the rows are there, which is faster
SELECT format('DROP INDEX %s', indexrelid::regclass) FROM pg_index
WHERE indrelid = ANY ('{ideal.grown,naive.grown,static.grown,protected.grown}'::regclass[]) AND NOT indisunique \gexec

CREATE TEMP TABLE shown AS
SELECT project_id, row_number() OVER (ORDER BY project_id) - 1 AS n, count(*) OVER () AS projects
FROM bench.project_member WHERE member_id = :member;
CREATE TEMP TABLE hidden AS
SELECT p AS project_id, row_number() OVER (ORDER BY p) - 1 AS n, count(*) OVER () AS projects
FROM generate_series(1, 10000) AS p WHERE p NOT IN (SELECT project_id FROM shown);
CREATE INDEX ON shown (n);
CREATE INDEX ON hidden (n);
ANALYZE shown, hidden;

SELECT :rows / 1000 AS apart, (SELECT count(*) FROM shown) AS shown, (SELECT count(*) FROM hidden) AS hidden \gset
INSERT INTO ideal.grown
SELECT i, p.project_id, 'Row ' || i, bench.pick(i, 60, 5) = 0, date '2025-01-01' + bench.pick(i, 61, 365)
FROM generate_series(1, :rows) AS i
JOIN LATERAL (SELECT project_id FROM shown WHERE i % :apart = 0 AND n = i / :apart % :shown
              UNION ALL
              SELECT project_id FROM hidden WHERE i % :apart <> 0 AND n = bench.pick(i, 62, :hidden)) AS p ON true;
INSERT INTO naive.grown SELECT * FROM ideal.grown WHERE :rows <= 1000000;
INSERT INTO static.grown SELECT * FROM ideal.grown;
INSERT INTO protected.grown SELECT * FROM ideal.grown;
DROP TABLE shown, hidden;
SELECT format('CREATE INDEX ON %I.grown (project_id) INCLUDE (is_private)', tables) FROM (SELECT DISTINCT tables FROM bench.road) AS r \gexec
VACUUM ANALYZE ideal.grown, naive.grown, static.grown, protected.grown;

INSERT INTO bench.test_case (part, name, x, kind, actor, sql, ideal, skip) VALUES
    ('rows', 'count', :rows, 'read', :member, 'SELECT count(*) FROM grown',
     'SELECT count(*) FROM grown WHERE project_id = ANY (' || bench.scope(:member) || ')',
     CASE WHEN :rows > 1000000 THEN '{naive}' ELSE '{}' END::text[]);
