-- Masked columns: what tasks earn, in a table like that of the tasks. The amount
-- is for the account admin; the rate also for whose row it is. Hand-written
-- policies have no such thing: the roads are ideal and clearance.
\set admin 5
\set manager 50
SELECT max(id) AS permissive FROM bench.member WHERE level = 'permissive' AND id <= 2500 AND NOT partner_admin \gset
SELECT bench.scope(:permissive) AS p, bench.scope(:manager) AS g \gset

CREATE TABLE ideal.billed (id bigint PRIMARY KEY, project_id bigint NOT NULL REFERENCES ideal.project, title text, is_private boolean NOT NULL,
    status smallint, hours integer, author_id bigint, amount integer, rate integer);
CREATE TABLE protected.billed (id bigint PRIMARY KEY, project_id bigint NOT NULL REFERENCES protected.project, title text, is_private boolean NOT NULL,
    status smallint, hours integer, author_id bigint, amount integer, rate integer);
INSERT INTO ideal.billed
SELECT id, project_id, title, is_private, status, estimate, author_id, bench.pick(id, 80, 100000), 50 + bench.pick(id, 81, 50)
FROM ideal.task ORDER BY id;
INSERT INTO protected.billed SELECT * FROM ideal.billed ORDER BY id;
CREATE INDEX ON ideal.billed (project_id);
CREATE INDEX ON ideal.billed (amount);
CREATE INDEX ON protected.billed (project_id);
CREATE INDEX ON protected.billed (amount);

\o /dev/null
SELECT clearance.create_action('task', 'bench_amount', reads => true), clearance.create_action('task', 'bench_rate', reads => true);
SELECT clearance.allow(level, 'task', 'bench_rate', relation => 'own') FROM unnest('{collaborator,permissive}'::text[]) AS level;
SELECT clearance.protect('protected.billed', 'task', project => 'project_id',
    visibility => 'is_private', shared_values => '{false}', owner => 'author_id');
SELECT clearance.mask_column('protected.billed', 'amount', 'bench_amount');
SELECT clearance.mask_column('protected.billed', 'rate', 'bench_rate');
\o
VACUUM ANALYZE ideal.billed, protected.billed;

INSERT INTO bench.test_case (part, name, kind, target, actor, sql, ideal, skip)
SELECT 'masks', name, 'read', target, actor, sql, ideal, '{naive,static,tuned}'
FROM (VALUES
    ('account admin, no masked column', 1.03, :admin,
     'SELECT status, count(*), sum(hours) FROM billed GROUP BY status', NULL),
    ('account admin, sums of masked columns', 1.03, :admin,
     'SELECT status, sum(amount), max(rate) FROM billed GROUP BY status', NULL),
    ('account admin, whole rows', 1.03, :admin,
     'SELECT count(*), max(b::text) FROM billed b', NULL),
    ('account admin, index of a masked column', 1.05, :admin,
     'SELECT id, title, amount FROM billed WHERE amount BETWEEN 40000 AND 42000', NULL),
    ('account admin, top 50 by a masked column', NULL, :admin,
     'SELECT id, title, amount FROM billed ORDER BY amount DESC, id LIMIT 50', NULL),
    ('permissive, no masked column', 1.05, :permissive,
     'SELECT status, count(*), sum(hours) FROM billed GROUP BY status',
     'SELECT status, count(*), sum(hours) FROM billed WHERE project_id = ANY (' || :'p' || ') GROUP BY status'),
    ('manager, no masked column', 1.05, :manager,
     'SELECT status, count(*), sum(hours) FROM billed GROUP BY status',
     'SELECT status, count(*), sum(hours) FROM billed WHERE project_id = ANY (' || :'g' || ') GROUP BY status'),
    ('manager, amounts masked everywhere', NULL, :manager,
     'SELECT status, count(*), sum(amount) FROM billed GROUP BY status',
     'SELECT status, count(*), sum(CASE WHEN status < 0 THEN amount END) FROM billed WHERE project_id = ANY (' || :'g' || ') GROUP BY status'),
    ('manager, amounts masked everywhere, beside raw ones', NULL, :manager,
     'SELECT status, count(*), sum(amount) < 0 AS nothing FROM billed GROUP BY status',
     'SELECT status, count(*), nullif(sum(amount) < 0, false) AS nothing FROM billed WHERE project_id = ANY (' || :'g' || ') GROUP BY status'),
    ('manager, rates of its own rows', NULL, :manager,
     'SELECT status, count(*), sum(rate) FROM billed GROUP BY status',
     'SELECT status, count(*), sum(CASE WHEN author_id = ' || :manager || ' THEN rate END) FROM billed WHERE project_id = ANY (' || :'g' || ') GROUP BY status'),
    ('permissive, one amount by key, not prepared', NULL, :permissive,
     'SELECT title, amount FROM billed WHERE id = ' || (SELECT min(id) FROM ideal.billed WHERE project_id = (SELECT min(project_id) FROM bench.project_member WHERE member_id = :permissive)),
     'SELECT title, NULL::integer AS amount FROM billed WHERE id = ' || (SELECT min(id) FROM ideal.billed WHERE project_id = (SELECT min(project_id) FROM bench.project_member WHERE member_id = :permissive))
         || ' AND project_id = ANY (' || :'p' || ')')
) AS c (name, target, actor, sql, ideal);

-- Mean time of a statement in microseconds.
CREATE PROCEDURE bench.run_often(statement text, n integer, INOUT us double precision)
LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz := clock_timestamp();
BEGIN
    FOR i IN 1..n LOOP
        EXECUTE statement;
    END LOOP;
    us := 1000000 * extract(epoch FROM clock_timestamp() - began) / n;
END $$;

-- Pairs of statements that differ in whether the column is masked, in turn: the
-- median of the differences.
CREATE PROCEDURE bench.difference(masked text, other text, turns integer, n integer, INOUT us double precision)
LANGUAGE plpgsql AS $$
DECLARE
    of_masked double precision;
    of_other  double precision;
    samples   double precision[];
BEGIN
    FOR i IN 0..turns LOOP
        CALL bench.run_often(masked, n, of_masked);
        CALL bench.run_often(other, n, of_other);
        IF i > 0 THEN -- the first are not warm
            samples := samples || of_masked - of_other;
        END IF;
    END LOOP;
    us := bench.median(samples);
END $$;

-- One round: what a cell costs that is masked, for all rows of a project and by
-- row, and what planning a masked column costs.
CREATE PROCEDURE bench.measure_masks(round integer, n integer)
LANGUAGE plpgsql AS $$
DECLARE
    clearance bench.road := (SELECT r FROM bench.road r WHERE r.name = 'clearance');
    visible   bigint;
    task      bigint;
    cell      double precision;
    by_row    double precision;
    planned   double precision;
    run       double precision;
BEGIN
    CALL bench.enter(clearance, 50);
    EXECUTE 'SELECT count(*), min(id) FROM billed' INTO visible, task;
    CALL bench.difference('SELECT count(amount) FROM billed', 'SELECT count(hours) FROM billed', 30, 1, cell);
    CALL bench.difference('SELECT count(rate) FROM billed', 'SELECT count(hours) FROM billed', 30, 1, by_row);

    PERFORM set_config('plan_cache_mode', 'force_generic_plan', false);
    EXECUTE 'PREPARE bench_amount AS SELECT amount FROM billed WHERE id = ' || task;
    EXECUTE 'PREPARE bench_hours AS SELECT hours FROM billed WHERE id = ' || task;
    CALL bench.difference('EXECUTE bench_amount', 'EXECUTE bench_hours', 10, n, run);
    CALL bench.difference('SELECT amount FROM billed WHERE id = ' || task, 'SELECT hours FROM billed WHERE id = ' || task, 10, n, planned);
    PERFORM set_config('plan_cache_mode', 'auto', false);
    DEALLOCATE bench_amount;
    DEALLOCATE bench_hours;
    CALL bench.leave();
    CALL bench.note_overhead('mask cell', NULL, round, cell / visible);
    CALL bench.note_overhead('mask cell by row', NULL, round, by_row / visible);
    CALL bench.note_overhead('mask planning', NULL, round, planned - run);
END $$;
