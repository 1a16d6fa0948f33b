-- What a backend has of its own: what the kernel says of it (RssAnon of Linux: without
-- shared buffers), and what the contexts hold that bear the extension's name.
CREATE TABLE bench.actor_memory (
    what     text NOT NULL,
    actors   integer NOT NULL,
    kb       integer NOT NULL,   -- beyond the same statements without row security
    contexts integer NOT NULL,
    again    integer NOT NULL    -- kb, after everybody's permissions changed and they acted again
);

CREATE FUNCTION bench.own_kb() RETURNS integer
LANGUAGE sql VOLATILE
RETURN substring(pg_read_file('/proc/self/status') FROM 'RssAnon:\s*(\d+) kB')::integer;

-- Each of these members looks up a task, lists a project and counts milestones.
CREATE PROCEDURE bench.act(road bench.road, lowest bigint, highest bigint)
LANGUAGE plpgsql AS $$
DECLARE
    question text;
    n        bigint;
BEGIN
    FOR actor IN lowest..highest LOOP
        CALL bench.enter(road, actor);
        FOREACH question IN ARRAY ARRAY['count(title) FROM task WHERE id = 4711', 'count(*) FROM task WHERE project_id = 17', 'count(*) FROM milestone'] LOOP
            EXECUTE 'SELECT ' || question INTO n;
        END LOOP;
        CALL bench.leave();
    END LOOP;
END $$;

-- A membership of each of these members, and a project of each company of theirs, ends then: in the far
-- future or never, so that they see the same rows.
CREATE PROCEDURE bench.end_at(moment timestamptz, lowest bigint, highest bigint)
LANGUAGE sql AS $$
    UPDATE clearance.project_member pm SET ends_at = moment
    FROM (SELECT o.member_id, min(o.project_id) AS project_id FROM clearance.project_member o WHERE o.member_id BETWEEN lowest AND highest GROUP BY 1) AS one
    WHERE (pm.member_id, pm.project_id) = (one.member_id, one.project_id);
    UPDATE clearance.project_partner pp SET ends_at = moment
    FROM (SELECT o.partner_id, min(o.project_id) AS project_id FROM clearance.project_partner o JOIN clearance.member m ON m.partner_id = o.partner_id
          WHERE m.id BETWEEN lowest AND highest GROUP BY 1) AS one
    WHERE (pp.partner_id, pp.project_id) = (one.partner_id, one.project_id);
$$;

-- Members lowest to highest act in a new backend; then their permissions change, and they act again.
CREATE PROCEDURE bench.note_memory(what text, lowest bigint, highest bigint)
LANGUAGE plpgsql AS $$
DECLARE
    ideal     bench.road := (SELECT r FROM bench.road r WHERE r.name = 'ideal');
    clearance bench.road := (SELECT r FROM bench.road r WHERE r.name = 'clearance');
    before    integer;
    kb        integer;
    contexts  integer;
BEGIN
    CALL bench.connect_admin();
    CALL bench.act(ideal, lowest, lowest);
    before := bench.own_kb();
    CALL bench.act(clearance, lowest, highest);
    kb := bench.own_kb() - before;
    SELECT coalesce(sum(total_bytes) / 1024, 0) INTO contexts FROM pg_backend_memory_contexts WHERE name ~ '^clearance' OR parent ~ '^clearance';
    PERFORM bench.dblink_exec('admin', format('CALL bench.end_at(%L, %s, %s)', '2100-01-01', lowest, highest));
    COMMIT;
    CALL bench.act(clearance, lowest, highest);
    INSERT INTO bench.actor_memory VALUES (what, highest - lowest + 1, kb, contexts, bench.own_kb() - before);
    PERFORM bench.dblink_exec('admin', format('CALL bench.end_at(%L, %s, %s)', 'infinity', lowest, highest));
    PERFORM bench.dblink_disconnect('admin');
END $$;
