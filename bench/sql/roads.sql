-- The roads that are compared, and how the driver gets onto one of them: for each database.
CREATE EXTENSION pg_clearance;
CREATE SCHEMA bench;
CREATE EXTENSION dblink SCHEMA bench;
-- a second session, that changes permissions
CREATE PROCEDURE bench.connect_admin()
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM bench.dblink_connect('admin', format('host=%s port=%s dbname=%s user=postgres',
        current_setting('unix_socket_directories'), current_setting('port'), current_database()));
END $$;

-- A road is a role that asks, and the schema whose tables it finds. static and
-- tuned share a copy of the tables: their policies differ by role.
CREATE TABLE bench.road (
    no     integer PRIMARY KEY,
    name   text NOT NULL UNIQUE,
    role   name NOT NULL,
    tables name NOT NULL
);
INSERT INTO bench.road VALUES
    (1, 'ideal',     'bench_ideal',     'ideal'),
    (2, 'naive',     'bench_naive',     'naive'),
    (3, 'static',    'bench_static',    'static'),
    (4, 'tuned',     'bench_tuned',     'static'),
    (5, 'clearance', 'bench_clearance', 'protected');

SELECT clearance.trust_role('bench_clearance');

CREATE SCHEMA ideal;
CREATE SCHEMA naive;
CREATE SCHEMA static;
CREATE SCHEMA protected;
GRANT USAGE ON SCHEMA bench, ideal, naive, static, protected TO PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA ideal, naive, static, protected
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES
    TO bench_ideal, bench_naive, bench_static, bench_tuned, bench_clearance, bench_fixed, bench_fixed_admin, bench_web;
ALTER DEFAULT PRIVILEGES IN SCHEMA bench GRANT SELECT ON TABLES TO PUBLIC;

-- Who asks: hand-written policies read bench.member, pg_clearance its own setting.
CREATE PROCEDURE bench.enter(road bench.road, member bigint)
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'RESET ROLE';
    PERFORM set_config('bench.member', member::text, false), clearance.set_actor(id => member, local => false),
            set_config('search_path', road.tables, false);
    EXECUTE format('SET ROLE %I', road.role);
END $$;

CREATE PROCEDURE bench.leave()
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'RESET ROLE';
    EXECUTE 'RESET search_path';
END $$;

-- Numbers that look random and are the same for the same seed: 0 <= pick < n.
CREATE FUNCTION bench.pick(i bigint, salt integer, n integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (hashint8extended(i, :seed * 1000 + salt) & 2147483647) % n;
