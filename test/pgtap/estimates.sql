-- How many rows the planner thinks that somebody sees, against how many it is:
-- for every kind of actor and every table of the workspace of which it sees 200
-- rows or more. Everything is rolled back.
\set ECHO none
\set QUIET on
\pset format unaligned
\pset tuples_only on
\pset pager off
\set ON_ERROR_STOP on
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
SET LOCAL clearance.external_explain = on;
ANALYZE;

-- Of each kind, level or role, the one who is on the most projects.
CREATE TEMP TABLE actor AS
SELECT DISTINCT ON (m.kind, l.levels, m.partner_admin) m.id, m.kind, l.levels, m.partner_admin
FROM clearance.member m
CROSS JOIN LATERAL (
    SELECT coalesce((SELECT v.name FROM clearance.partner p JOIN clearance.level v ON v.id = p.level_id WHERE p.id = m.partner_id),
                    (SELECT string_agg(r.name, ', ' ORDER BY r.name) FROM clearance.member_role mr JOIN clearance.role r ON r.id = mr.role_id
                     WHERE mr.member_id = m.id), '') AS levels) l
WHERE m.status = 'active'
ORDER BY m.kind, l.levels, m.partner_admin, (SELECT count(*) FROM clearance.project_member pm WHERE pm.member_id = m.id) DESC, m.id;

CREATE TEMP TABLE estimate (actor bigint, tab regclass, estimated numeric, actual bigint);
GRANT SELECT ON actor TO PUBLIC;
GRANT INSERT ON estimate TO PUBLIC;

DO $$
DECLARE
    who bigint;
    tab regclass;
    plan json;
    seen bigint;
BEGIN
    FOR who IN SELECT a.id FROM actor a LOOP
        PERFORM clearance.set_actor(id => who);
        SET LOCAL ROLE clearance_demo_app;
        FOR tab IN SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'app'::regnamespace AND c.relrowsecurity AND NOT c.relispartition LOOP
            EXECUTE format('SELECT count(*) FROM %s', tab) INTO seen;
            CONTINUE WHEN seen < 200;
            EXECUTE format('EXPLAIN (FORMAT json) SELECT * FROM %s', tab) INTO plan;
            INSERT INTO estimate VALUES (who, tab, (plan -> 0 -> 'Plan' ->> 'Plan Rows')::numeric, seen);
        END LOOP;
        RESET ROLE;
    END LOOP;
END
$$;
SELECT clearance.reset_actor();

SELECT plan(4);
SELECT cmp_ok((SELECT count(*) FROM estimate), '>=', 150::bigint, 'there are many to compare');
SELECT is((SELECT array_agg(DISTINCT a.kind ORDER BY a.kind) FROM estimate e JOIN actor a ON a.id = e.actor),
    '{customer,partner,vendor}', 'of every kind');
SELECT cmp_ok((SELECT avg((e.estimated BETWEEN e.actual / 2.0 AND e.actual * 2)::integer) FROM estimate e), '>=', 0.95,
    'nineteen of twenty are within a factor of two');
SELECT is((SELECT string_agg(format('%s %s on %s: %s for %s', a.kind, a.levels, e.tab, e.estimated, e.actual), '; ')
           FROM estimate e JOIN actor a ON a.id = e.actor WHERE e.estimated NOT BETWEEN e.actual / 5.0 AND e.actual * 5), NULL,
    'and none is off by more than five');
SELECT diag(format('%s estimates; beyond a factor of two: %s', count(*), string_agg(format('%s %s on %s: %s for %s', a.kind, a.levels, e.tab, e.estimated, e.actual), '; ')
    FILTER (WHERE e.estimated NOT BETWEEN e.actual / 2.0 AND e.actual * 2)))
FROM estimate e JOIN actor a ON a.id = e.actor;
SELECT * FROM finish();
ROLLBACK;
