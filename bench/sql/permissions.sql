-- Lists of what may be done: a page of 100 tasks with all their actions, or their
-- columns, beside the same page without. Counted is what one row and action (or
-- column) takes beyond, which is spread over the page: what is found out once a
-- statement is part of it.
CREATE TABLE bench.page_sample (
    name text NOT NULL,
    us   double precision NOT NULL    -- a row and action, or column
);

CREATE FUNCTION bench.page_asker() RETURNS TABLE (name text, member bigint)
LANGUAGE sql STABLE AS $$
    SELECT level, max(id) FROM bench.member
    WHERE id <= 2500 AND NOT partner_admin AND level IN ('permissive', 'moderate', 'restricted') GROUP BY level
    UNION ALL
    VALUES ('account admin', 5)
$$;

-- Mean time in microseconds of a statement.
CREATE PROCEDURE bench.time_page(statement text, INOUT us double precision)
LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz := clock_timestamp();
BEGIN
    FOR i IN 1..20 LOOP
        EXECUTE statement;
    END LOOP;
    us := 1000000 * extract(epoch FROM clock_timestamp() - began) / 20;
END $$;

-- Both statements in turn, after one turn that counts for nothing.
CREATE PROCEDURE bench.measure_permissions(rounds integer)
LANGUAGE plpgsql AS $$
DECLARE
    clearance bench.road := (SELECT r FROM bench.road r WHERE r.name = 'clearance');
    page    text := 'SELECT count(x) FROM (SELECT t.*, %s AS x FROM task t WHERE project_id = ANY (%L) ORDER BY id LIMIT 100) AS p';
    asker   record;
    list    record;
    scope   bigint[];
    rows    bigint;
    plain   double precision;
    listing double precision;
BEGIN
    FOR asker IN SELECT * FROM bench.page_asker() LOOP
        scope := ARRAY(SELECT m.project_id FROM bench.project_member m WHERE m.member_id = asker.member ORDER BY m.project_id LIMIT 10);
        scope := CASE WHEN scope = '{}' THEN ARRAY(SELECT generate_series(1, 10)) ELSE scope END;
        FOR list IN
            SELECT 'actions' AS name, 'clearance.permissions(t)' AS call, count(*) AS n FROM clearance.action a WHERE a.feature = 'task'
            UNION ALL
            SELECT 'columns', 'clearance.editable_columns(t)', count(*) FROM pg_attribute a
            WHERE a.attrelid = 'protected.task'::regclass AND a.attnum > 0 AND NOT a.attisdropped
        LOOP
            CALL bench.enter(clearance, asker.member);
            EXECUTE format(page, 't.id', scope) INTO rows;
            IF rows = 0 THEN
                RAISE EXCEPTION 'the % member sees no task', asker.name;
            END IF;
            FOR round IN 0..rounds LOOP
                CALL bench.time_page(format(page, 't.id', scope), plain);
                CALL bench.time_page(format(page, list.call, scope), listing);
                IF round > 0 THEN -- the first are not warm
                    EXECUTE 'RESET ROLE';
                    INSERT INTO bench.page_sample VALUES (asker.name || ', ' || list.name, (listing - plain) / (rows * list.n));
                    CALL bench.enter(clearance, asker.member);
                END IF;
            END LOOP;
            CALL bench.leave();
        END LOOP;
    END LOOP;
END $$;
