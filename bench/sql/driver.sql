-- The driver: runs each case on all roads in turn, again and again, in one
-- backend, times it on the server and checks that every road gives the same.
CREATE TABLE bench.test_case (
    no       integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    part     text NOT NULL,               -- the table or plot that the case belongs to
    name     text NOT NULL,
    x        bigint,                      -- what grows, in a plot
    kind     text NOT NULL,               -- read, write, copy; pgbench: measured by clients
    unit     text NOT NULL DEFAULT 'ms',  -- ms, or /s: more is better
    target   double precision,            -- for clearance, relative to ideal
    actor    bigint,
    keys     bigint[] NOT NULL DEFAULT '{0}',   -- values of $1, one after the other
    sql      text,
    ideal    text,                        -- what a perfect application sends instead
    settings text[] NOT NULL DEFAULT '{}',
    skip     text[] NOT NULL DEFAULT '{}'       -- roads that would take too long
);
-- A sample is the mean time of one statement of a batch.
CREATE TABLE bench.sample (
    case_no  integer NOT NULL REFERENCES bench.test_case,
    road     text NOT NULL,
    round    integer NOT NULL,
    ms       double precision NOT NULL
);
-- What is said of clearance alone, in microseconds.
CREATE TABLE bench.overhead (
    what  text NOT NULL,
    x     bigint,
    round integer NOT NULL,
    us    double precision NOT NULL
);

-- The literal list of projects that a perfect application knows.
CREATE FUNCTION bench.scope(member bigint) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT format('''{%s}''', string_agg(s.project_id::text, ',' ORDER BY s.project_id))
    FROM (SELECT pm.project_id FROM bench.project_member pm WHERE pm.member_id = scope.member
          UNION
          SELECT pp.project_id FROM bench.member m JOIN bench.project_partner pp ON pp.partner_id = m.partner_id
          WHERE m.id = scope.member AND m.partner_admin) s;
END;

CREATE FUNCTION bench.statement(c bench.test_case, road text) RETURNS text
LANGUAGE sql STABLE
RETURN CASE WHEN road = 'ideal' THEN coalesce(c.ideal, c.sql) ELSE c.sql END;

-- Mean time in ms of n executions. What they write is taken back. Small statements run once before: a road
-- that went through a million rows has left the processor's caches to the next one.
CREATE PROCEDURE bench.run(c bench.test_case, statement text, n integer, INOUT ms double precision, INOUT touched bigint)
LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz;
    one   bigint;
BEGIN
    touched := 0;
    IF c.kind = 'read' AND n > 1 THEN
        EXECUTE statement USING c.keys[1];
    END IF;
    began := clock_timestamp();
    FOR i IN 1..n LOOP
        EXECUTE statement USING c.keys[1 + (i - 1) % cardinality(c.keys)];
        GET DIAGNOSTICS one = ROW_COUNT;
        touched := touched + one;
    END LOOP;
    ms := 1000 * extract(epoch FROM clock_timestamp() - began) / n;
    IF c.kind = 'write' THEN
        RAISE EXCEPTION USING ERRCODE = 'BN000';
    END IF;
EXCEPTION WHEN SQLSTATE 'BN000' THEN NULL;
END $$;

-- What a case gives on a road, to compare; this warms up, too.
CREATE PROCEDURE bench.result(c bench.test_case, statement text, INOUT result text)
LANGUAGE plpgsql AS $$
DECLARE
    key  bigint;
    part text;
    ms   double precision;
    n    bigint;
BEGIN
    result := '';
    IF c.kind <> 'read' THEN
        CALL bench.run(c, statement, least(cardinality(c.keys), 3), ms, n);
        result := n || ' rows';
        RETURN;
    END IF;
    FOREACH key IN ARRAY c.keys[1:3] LOOP
        EXECUTE format('SELECT count(*) || '' rows '' || coalesce(md5(string_agg(r::text, ''|'' ORDER BY r::text)), '''') FROM (%s) AS r', statement)
            INTO part USING key;
        result := result || part || ' ';
    END LOOP;
END $$;

-- Each case, road after road. budget: ms that a road may spend on a case; its
-- first sample is always taken.
CREATE PROCEDURE bench.measure(which integer, rounds integer, budget double precision)
LANGUAGE plpgsql AS $$
DECLARE
    c        bench.test_case := (SELECT t FROM bench.test_case t WHERE t.no = which);
    roads    bench.road[] := ARRAY(SELECT r FROM bench.road r WHERE r.name <> ALL (c.skip) ORDER BY r.no);
    road     bench.road;
    setting  text;
    expected text;
    result   text;
    batch    integer[];
    spent    double precision[] := array_fill(0, ARRAY[(SELECT max(r.no) FROM bench.road r)]);
    began    timestamptz;
    ms       double precision;
    n        bigint;
BEGIN
    FOREACH setting IN ARRAY c.settings LOOP
        PERFORM set_config(split_part(setting, '=', 1), split_part(setting, '=', 2), false);
    END LOOP;

    FOREACH road IN ARRAY roads LOOP
        CALL bench.enter(road, c.actor);
        began := clock_timestamp();
        CALL bench.result(c, bench.statement(c, road.name), result);
        ms := 1000 * extract(epoch FROM clock_timestamp() - began);
        expected := coalesce(expected, result);
        IF result <> expected THEN
            RAISE EXCEPTION 'case "%" gives % on road %, but % on road ideal', c.name, result, road.name, expected;
        END IF;
        -- batches of about 3 ms: the clock counts microseconds
        IF ms < 30 THEN
            CALL bench.run(c, bench.statement(c, road.name), CASE c.kind WHEN 'write' THEN least(cardinality(c.keys), 3) ELSE 10 END, ms, n);
        END IF;
        batch[road.no] := greatest(CASE WHEN ms < 30 AND c.kind = 'read' THEN 2 ELSE 1 END, least(ceil(3 / ms), CASE c.kind WHEN 'write' THEN cardinality(c.keys) ELSE 100 END));
        CALL bench.leave();
    END LOOP;

    FOR round IN 1..rounds LOOP
        FOREACH road IN ARRAY roads LOOP
            CONTINUE WHEN round > 1 AND spent[road.no] > budget;
            CALL bench.enter(road, c.actor);
            CALL bench.run(c, bench.statement(c, road.name), batch[road.no], ms, n);
            CALL bench.leave();
            spent[road.no] := spent[road.no] + ms * batch[road.no];
            INSERT INTO bench.sample VALUES (c.no, road.name, round, ms);
        END LOOP;
    END LOOP;

    FOREACH setting IN ARRAY c.settings LOOP
        EXECUTE format('RESET %I', split_part(setting, '=', 1));
    END LOOP;
END $$;

-- The cases of a part that were not measured yet.
CREATE PROCEDURE bench.measure_part(which text, rounds integer, budget double precision)
LANGUAGE plpgsql AS $$
DECLARE
    c record;
BEGIN
    FOR c IN SELECT t.no FROM bench.test_case t
             WHERE t.part = which AND t.kind <> 'pgbench'
               AND NOT EXISTS (SELECT FROM bench.sample s WHERE s.case_no = t.no)
             ORDER BY t.no LOOP
        CALL bench.measure(c.no, rounds, budget);
        COMMIT;
    END LOOP;
END $$;

-- Ratios within a round: what disturbs the machine for longer than a statement
-- disturbs both sides.
CREATE VIEW bench.summary AS
SELECT c.no, c.part, c.name, c.x, c.unit, c.target, s.road,
       CASE c.unit WHEN '/s' THEN 1000 / m.ms ELSE m.ms END AS value,
       q.quartiles[2] AS ratio, q.quartiles[1] AS low, q.quartiles[3] AS high, m.samples
FROM bench.test_case c
JOIN (SELECT DISTINCT case_no, road FROM bench.sample) s ON s.case_no = c.no
CROSS JOIN LATERAL (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY b.ms) AS ms, count(*) AS samples
    FROM bench.sample b WHERE b.case_no = c.no AND b.road = s.road) m
CROSS JOIN LATERAL (
    SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP
               (ORDER BY CASE c.unit WHEN '/s' THEN i.ms / b.ms ELSE b.ms / i.ms END) AS quartiles
    FROM bench.sample b JOIN bench.sample i ON i.case_no = b.case_no AND i.round = b.round AND i.road = 'ideal'
    WHERE b.case_no = c.no AND b.road = s.road) q;
