-- What clearance adds to a single prepared statement, in microseconds: one
-- cached plan, executed in loops on the server, without and with a change of
-- the actor before each execution.
SELECT id AS member FROM bench.member
WHERE level = 'permissive' AND id <= 1000 AND NOT partner_admin ORDER BY id DESC LIMIT 1 \gset
SELECT t.id AS task, t.project_id AS project
FROM ideal.task t JOIN bench.project_member pm ON pm.project_id = t.project_id
WHERE pm.member_id = :member ORDER BY t.id LIMIT 1 \gset

SELECT format($$
CREATE PROCEDURE bench.look_ideal(n integer, INOUT us double precision)
LANGUAGE plpgsql AS $body$
DECLARE
    began timestamptz := clock_timestamp();
    key   bigint := %1$s;
    seen  text;
BEGIN
    FOR i IN 1..n LOOP
        SELECT title INTO seen FROM ideal.task WHERE id = key AND project_id = ANY (%2$s);
    END LOOP;
    us := 1000000 * extract(epoch FROM clock_timestamp() - began) / n;
END $body$;
CREATE PROCEDURE bench.look_clearance(n integer, INOUT us double precision, INOUT seen text)
LANGUAGE plpgsql AS $body$
DECLARE
    began timestamptz := clock_timestamp();
    key   bigint := %1$s;
BEGIN
    FOR i IN 1..n LOOP
        SELECT title INTO seen FROM protected.task WHERE id = key;
    END LOOP;
    us := 1000000 * extract(epoch FROM clock_timestamp() - began) / n;
END $body$;
CREATE PROCEDURE bench.look_acting(actors bigint[], INOUT us double precision)
LANGUAGE plpgsql AS $body$
DECLARE
    began timestamptz := clock_timestamp();
    key   bigint := %1$s;
    actor bigint;
    seen  text;
BEGIN
    FOREACH actor IN ARRAY actors LOOP
        PERFORM clearance.set_actor(id => actor, local => false);
        SELECT title INTO seen FROM protected.task WHERE id = key;
    END LOOP;
    us := 1000000 * extract(epoch FROM clock_timestamp() - began) / cardinality(actors);
END $body$;
CREATE FUNCTION bench.looker() RETURNS bigint LANGUAGE sql IMMUTABLE RETURN %3$s;
CREATE FUNCTION bench.looked_project() RETURNS bigint LANGUAGE sql IMMUTABLE RETURN %4$s;$$,
    :task, bench.scope(:member), :member, :project) \gexec

CREATE PROCEDURE bench.note_overhead(what text, x bigint, round integer, us double precision)
LANGUAGE sql AS $$ INSERT INTO bench.overhead VALUES (what, x, round, us) $$;

-- Members who act once: up to 200 partner members of this range of ids.
CREATE FUNCTION bench.strangers(lowest bigint, highest bigint) RETURNS bigint[]
LANGUAGE sql STABLE
RETURN ARRAY(SELECT id FROM bench.member
             WHERE id BETWEEN lowest AND highest AND partner_id IS NOT NULL AND partner_admin = (id > 1000000)
             ORDER BY id LIMIT 200);

CREATE FUNCTION bench.median(samples double precision[]) RETURNS double precision
LANGUAGE sql IMMUTABLE
RETURN (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY s) FROM unnest(samples) s);

-- One round; the backend must be new, for it may not know the strangers yet.
-- Ten times in turn, n executions of each kind in all.
-- others: members that are switched to and fro; strangers: members seen once.
CREATE PROCEDURE bench.measure_overhead(label text, at bigint, round integer, n integer, strangers bigint[])
LANGUAGE plpgsql AS $$
DECLARE
    me        bigint := bench.looker();
    other     bigint := (SELECT max(id) FROM bench.member WHERE id < bench.looker() AND level = 'permissive' AND NOT partner_admin);
    ideal     bench.road := (SELECT r FROM bench.road r WHERE r.name = 'ideal');
    clearance bench.road := (SELECT r FROM bench.road r WHERE r.name = 'clearance');
    same      bigint[] := array_fill(me, ARRAY[n / 10]);
    others    bigint[] := (SELECT array_agg(CASE WHEN i % 2 = 0 THEN me ELSE other END) FROM generate_series(1, n / 10) i);
    few       integer := cardinality(strangers) / 10;
    us        double precision;
    seen      text;
    plain     double precision[];
    judged    double precision[];
    stay      double precision[];
    switch    double precision[];
    cold      double precision[];
BEGIN
    FOR i IN 0..9 LOOP
        -- the first executions on a road plan anew
        CALL bench.enter(ideal, me);
        CALL bench.look_ideal(10, us);
        CALL bench.look_ideal(n / 10, us);
        plain := plain || us;
        CALL bench.enter(clearance, me);
        CALL bench.look_clearance(10, us, seen);
        CALL bench.look_clearance(n / 10, us, seen);
        judged := judged || us;
        IF seen IS NULL THEN
            RAISE EXCEPTION 'the member does not see its task';
        END IF;
        CALL bench.look_acting(others[1:10], us);
        CALL bench.look_acting(same, us);
        stay := stay || us;
        CALL bench.look_acting(others, us);
        switch := switch || us;
        CALL bench.look_acting(strangers[1 + i * few : (i + 1) * few], us);
        cold := cold || us;
        CALL bench.leave();
    END LOOP;
    CALL bench.note_overhead(label || 'statement', at, round, bench.median(judged) - bench.median(plain));
    CALL bench.note_overhead(label || 'switch', at, round, bench.median(switch) - bench.median(stay));
    CALL bench.note_overhead(label || 'cold', at, round,
        bench.median(cold) - bench.median(stay) + bench.median(judged) - bench.median(plain));
END $$;

-- Another session takes the member off the project and puts it back; each
-- first statement after a change must obey it.
CREATE PROCEDURE bench.measure_change(round integer, n integer)
LANGUAGE plpgsql AS $$
DECLARE
    me        bigint := bench.looker();
    clearance bench.road := (SELECT r FROM bench.road r WHERE r.name = 'clearance');
    ideal     bench.road := (SELECT r FROM bench.road r WHERE r.name = 'ideal');
    change    text;
    plain     double precision;
    us        double precision;
    samples   double precision[];
    seen      text;
BEGIN
    CALL bench.connect_admin();
    CALL bench.enter(ideal, me);
    CALL bench.look_ideal(20, plain);
    CALL bench.look_ideal(n, plain);
    CALL bench.enter(clearance, me);
    CALL bench.look_clearance(20, us, seen);
    FOR i IN 1..n LOOP
        change := CASE WHEN i % 2 = 1 THEN 'remove_member_from_project' ELSE 'add_member_to_project' END;
        PERFORM FROM bench.dblink('admin', format('SELECT clearance.%I(%s, %s)', change, bench.looked_project(), me)) AS r (done text);
        COMMIT;
        seen := NULL;
        CALL bench.look_clearance(1, us, seen);
        IF (seen IS NULL) <> (i % 2 = 1) THEN
            RAISE EXCEPTION 'the first statement after % does not obey it', change;
        END IF;
        samples := samples || us;
    END LOOP;
    CALL bench.leave();
    PERFORM bench.dblink_disconnect('admin');
    CALL bench.note_overhead('change', NULL, round, bench.median(samples) - plain);
END $$;
