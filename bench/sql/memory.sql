-- What a backend has of its own: what the kernel says of it (RssAnon of Linux: without
-- shared buffers), and what the contexts hold that bear the extension's name.
CREATE TABLE bench.actor_memory (
    what     text NOT NULL,
    actors   integer NOT NULL,
    kb       integer NOT NULL,   -- beyond the same statements without row security
    contexts integer NOT NULL
);

CREATE FUNCTION bench.own_kb() RETURNS integer
LANGUAGE sql VOLATILE
RETURN substring(pg_read_file('/proc/self/status') FROM 'RssAnon:\s*(\d+) kB')::integer;

-- Each of the members lowest to highest looks up a task, lists a project and counts milestones; in a new backend.
CREATE PROCEDURE bench.note_memory(what text, lowest bigint, highest bigint)
LANGUAGE plpgsql AS $$
DECLARE
    road     bench.road;
    question text;
    n        bigint;
    before   integer;
    after    integer;
BEGIN
    FOR road IN SELECT * FROM bench.road r WHERE r.name IN ('ideal', 'clearance') ORDER BY r.no LOOP
        before := bench.own_kb();
        FOR actor IN lowest..CASE road.name WHEN 'ideal' THEN lowest ELSE highest END LOOP
            CALL bench.enter(road, actor);
            FOREACH question IN ARRAY ARRAY['count(title) FROM task WHERE id = 4711', 'count(*) FROM task WHERE project_id = 17', 'count(*) FROM milestone'] LOOP
                EXECUTE 'SELECT ' || question INTO n;
            END LOOP;
            CALL bench.leave();
        END LOOP;
        after := bench.own_kb();
    END LOOP;
    INSERT INTO bench.actor_memory
    SELECT note_memory.what, highest - lowest + 1, after - before, coalesce(sum(total_bytes) / 1024, 0)
    FROM pg_backend_memory_contexts WHERE name ~ '^clearance' OR parent ~ '^clearance';
END $$;
