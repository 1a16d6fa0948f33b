-- What answers about others take: who may do something to a row, how many rows
-- somebody sees and may write, of every table, and what a change would give and
-- take. Operators ask.
CREATE TABLE bench.answer_sample (
    name   text NOT NULL,
    x      bigint NOT NULL,           -- members of the company
    ms     double precision NOT NULL,
    rows   bigint NOT NULL,
    target double precision
);

CREATE FUNCTION bench.question() RETURNS TABLE (name text, query text, target double precision, once boolean)
LANGUAGE sql STABLE AS $$
    SELECT v.name, format('SELECT count(*) FROM clearance.who_can(%L, %%s%s)', v.relation, v.action), 50, false
    FROM (VALUES ('who sees a task', 'protected.task', ''), ('who may edit it', 'protected.task', ', ''edit'''),
                 ('who sees a comment of one', 'protected.task_comment', ''), ('who sees a folder below others', 'protected.folder', '')) v (name, relation, action)
    UNION ALL
    SELECT format('what %s sees and may write', CASE a.name WHEN 'account admin' THEN 'the account admin' ELSE 'a ' || a.name || ' member' END),
           format('SELECT sum(visible) FROM clearance.what_can(%s)', a.member), 1000, false
    FROM bench.page_asker() a
    UNION ALL
    SELECT 'what the manager of 3,000 projects sees and may write', 'SELECT sum(visible) FROM clearance.what_can(50)', 1000, false
    UNION ALL
    SELECT 'what if a ' || l.name || ' partner becomes moderate',
           format('SELECT count(*) FROM clearance.preview(%L)', format('SELECT clearance.update_partner(%s, access_level => ''moderate'')', min(p.id))), 2000, false
    FROM clearance.partner p JOIN clearance.level l ON l.id = p.level_id WHERE l.name IN ('permissive', 'restricted') GROUP BY l.name
    UNION ALL
    SELECT 'tasks that everybody sees', 'SELECT sum(visible) FROM clearance.access_matrix(''protected.task'')', NULL, true
$$;

-- Each question some times after one that counts for nothing, about rows that differ, until it
-- has used up its time (budget: ms); one that uses up all of it counts. The matrix asks for each member, and is asked for once,
-- where they are not too many.
CREATE PROCEDURE bench.measure_answers(rounds integer, budget double precision)
LANGUAGE plpgsql AS $$
DECLARE
    members bigint := (SELECT count(*) FROM clearance.member);
    q record;
    began timestamptz;
    first timestamptz;
    n bigint;
BEGIN
    FOR q IN SELECT * FROM bench.question() LOOP
        first := clock_timestamp();
        CONTINUE WHEN q.once AND members > 10000;
        FOR round IN CASE WHEN q.once THEN 1 ELSE 0 END..CASE WHEN q.once THEN 1 ELSE rounds END LOOP
            began := clock_timestamp();
            EXIT WHEN round > 0 AND began > first + budget * interval '1 ms';
            EXECUTE format(q.query, 4711 + 1000 * round) INTO n;
            IF round > 0 OR clock_timestamp() > first + budget * interval '1 ms' THEN
                INSERT INTO bench.answer_sample VALUES (q.name, members, 1000 * extract(epoch FROM clock_timestamp() - began), n, q.target);
            END IF;
            COMMIT;
        END LOOP;
    END LOOP;
END $$;
