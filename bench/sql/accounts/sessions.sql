-- Who reads while permissions change: 20 permissive members of the 17th account, on 8 projects each.
CREATE TABLE bench.seat AS
SELECT row_number() OVER (ORDER BY m.id) - 1 AS no, m.id AS member, min(pm.project_id) AS first_project, array_agg(pm.project_id ORDER BY pm.project_id) AS projects
FROM bench.member m JOIN bench.project_member pm ON pm.member_id = m.id
WHERE m.account_id = 17 AND m.level = 'permissive' GROUP BY m.id ORDER BY m.id LIMIT 20;
CREATE UNIQUE INDEX ON bench.seat (no);

-- Whose memberships change, by a number up to 1,000.
CREATE TABLE bench.changing AS
SELECT w.whose, n, w.membership[1] AS project_id, w.membership[2] AS member_id
FROM (SELECT whose, array_agg(ARRAY[project_id, member_id] ORDER BY bench.pick(project_id * 100 + member_id, 70, 1000000), project_id, member_id) AS memberships
      FROM bench.project_member pm JOIN bench.member m ON m.id = pm.member_id
      CROSS JOIN LATERAL (SELECT CASE WHEN m.account_id <> 17 THEN 'other accounts'
                                      WHEN m.id IN (SELECT s.member FROM bench.seat s) THEN 'oneself' ELSE 'the own account' END) AS x (whose)
      GROUP BY whose) AS all_of, generate_series(1, 1000) AS n,
     LATERAL (SELECT all_of.whose, ARRAY(SELECT memberships[1 + n % array_length(memberships, 1)][c] FROM generate_series(1, 2) AS c) AS membership) AS w;
CREATE UNIQUE INDEX ON bench.changing (whose, n);

CREATE TABLE bench.churn (
    reading text NOT NULL,
    whose   text NOT NULL,              -- memberships that change
    rate    integer NOT NULL,           -- times a second
    road    text NOT NULL,
    round   integer NOT NULL,
    tps     double precision NOT NULL
);

-- Everybody in the first 20 accounts sees the rows that the statements of the ideal road name.
CREATE PROCEDURE bench.compare_people()
LANGUAGE plpgsql AS $$
DECLARE
    ideal     bench.road := (SELECT r FROM bench.road r WHERE r.name = 'ideal');
    clearance bench.road := (SELECT r FROM bench.road r WHERE r.name = 'clearance');
    rows_of   text := 'SELECT count(*) || '' '' || md5(string_agg(id::text, '','' ORDER BY id)) FROM task WHERE %s';
    person    record;
    expected  text;
    seen      text;
BEGIN
    FOR person IN SELECT m.id, bench.own_rows(m.id) AS own FROM bench.member m WHERE m.account_id IN (1, 17) AND m.level <> 'super_user' LOOP
        CALL bench.enter(ideal, person.id);
        EXECUTE format(rows_of, person.own) INTO expected;
        CALL bench.enter(clearance, person.id);
        EXECUTE format(rows_of, 'true') INTO seen;
        CALL bench.leave();
        IF seen IS DISTINCT FROM expected THEN
            RAISE EXCEPTION 'member % sees % on road clearance, but % on road ideal', person.id, seen, expected;
        END IF;
    END LOOP;
    -- what scripts compute instead of looking it up
    IF EXISTS (SELECT FROM bench.member m JOIN bench.project_member pm ON pm.member_id = m.id
               WHERE m.partner_id IS NOT NULL GROUP BY m.id
               HAVING array_agg(pm.project_id ORDER BY pm.project_id)
                   <> ARRAY(SELECT 20 * (m.account_id - 1) + 1 + m.id % 100 * 7 % 13 + i FROM generate_series(0, 7) AS i)) THEN
        RAISE EXCEPTION 'projects of members are not those that scripts compute';
    END IF;
END $$;

-- What an application knows of logins that are somebody.
CREATE TABLE bench.login (login name PRIMARY KEY, member_id bigint NOT NULL);
INSERT INTO bench.login VALUES ('bench_fixed', 1604), ('bench_fixed_admin', 1601);

-- Roads by which actors come: cases as they turn up, and errors that ended one.
CREATE TABLE bench.failure (
    case_no integer NOT NULL REFERENCES bench.test_case,
    message text NOT NULL
);
CREATE FUNCTION bench.way(case_name text) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    found integer := (SELECT t.no FROM bench.test_case t WHERE t.part = 'ways' AND t.name = case_name);
BEGIN
    IF found IS NULL THEN
        INSERT INTO bench.test_case (part, name, kind, unit, target) VALUES ('ways', case_name, 'pgbench', '/s', CASE WHEN case_name !~ 'new connection' THEN 0.9 END) RETURNING no INTO found;
    END IF;
    RETURN found;
END $$;
CREATE PROCEDURE bench.note_way(case_name text, road text, round integer, tps double precision)
LANGUAGE sql AS $$ INSERT INTO bench.sample SELECT bench.way(case_name), road, round, 1000 / tps $$;
CREATE PROCEDURE bench.note_failure(case_name text, message text)
LANGUAGE sql AS $$ INSERT INTO bench.failure SELECT bench.way(case_name), message $$;
