-- A reporting tool that logs in for a member or for a whole partner and asks
-- SELECT * of projects, on the loaded workspace: it gets every project that it
-- reaches, budgets exactly where the level in force there allows them, and cost
-- rates nowhere, unless it is an account admin's.
\set ECHO none
\set QUIET on
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
BEGIN;
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT plan(26);

-- who it logs in for; the projects that it gets, those of them with a budget, and what else of
-- money it reads there. Alder is permissive, on 6 restricted; Cedar is moderate, so budgets are
-- of shared projects (private are multiples of 4); Elm is restricted, on 4 moderate.
CREATE TEMP TABLE login (name text, partner text, member text, projects bigint[], budgets bigint[], also text);
INSERT INTO login VALUES
    ('regress_bi_alder', 'Alder', NULL, '{1,3,4,6,8,9,11,13,14,16,18,19,21,23,24,26,28,29,30}', '{1,3,4,8,9,11,13,14,16,18,19,21,23,24,26,28,29,30}', ''),
    ('clearance_demo_bi', NULL, NULL, '{3,4,8,9,14,17,18,19,20,23,24,25,28,29,30}', '{3,9,14,17,18,19,23,25,29,30}', ''),
    ('regress_bi_elm', 'Elm', NULL, '{1,3,4,6,8,9,11,12,13,16,17,18,19,21,22,23,24,28,29}', '{}', ''),
    ('regress_bi_cleo', NULL, '5051', '{4,9,12,28}', '{}', ''),
    ('regress_bi_carl', NULL, '13', '{1}', '{1}', 'revenue'),
    ('regress_bi_super', NULL, '4', NULL, NULL, 'bill_rate revenue'),
    ('regress_bi_ada', NULL, '2', NULL, NULL, 'bill_rate cost cost_rate margin profit revenue'),
    ('regress_bi_nobody', NULL, NULL, '{}', '{}', '');
UPDATE login SET projects = p.ids, budgets = p.ids
FROM (SELECT array_agg(id ORDER BY id) AS ids FROM app.project WHERE account = 'north') p WHERE projects IS NULL;
-- of Carl: the projects that he is a member of, all with their budgets
UPDATE login SET projects = p.ids, budgets = p.ids
FROM (SELECT array_agg(p.key::bigint ORDER BY p.key::bigint) AS ids FROM clearance.project p
      JOIN clearance.project_member pm ON pm.project_id = p.id AND now() >= pm.starts_at AND now() < pm.ends_at
      JOIN clearance.member m ON m.id = pm.member_id AND m.key = '13' WHERE NOT p.archived) p WHERE member = '13';

CREATE TEMP TABLE received (login text, line jsonb);
GRANT INSERT ON received TO PUBLIC;
DO $$
DECLARE
    l login;
BEGIN
    FOR l IN SELECT * FROM login LOOP
        IF to_regrole(l.name) IS NULL THEN
            EXECUTE format('CREATE ROLE %I LOGIN', l.name);
            EXECUTE format('GRANT USAGE ON SCHEMA app TO %I; GRANT SELECT ON ALL TABLES IN SCHEMA app TO %1$I', l.name);
        END IF;
        PERFORM clearance.map_role(l.name::regrole, partner => p.id) FROM clearance.partner p WHERE p.name = l.partner;
        PERFORM clearance.map_role(l.name::regrole, member => m.id) FROM clearance.member m JOIN clearance.account a ON a.id = m.account_id
        WHERE m.key = l.member AND a.key = 'north';
        PERFORM set_config('session_authorization', l.name, true);
        INSERT INTO received SELECT l.name, to_jsonb(q) FROM (SELECT * FROM app.project) AS q;
        RESET SESSION AUTHORIZATION;
    END LOOP;
END
$$;

SELECT is(array_agg((r.line ->> 'id')::bigint ORDER BY (r.line ->> 'id')::bigint) FILTER (WHERE r.line IS NOT NULL),
          nullif(l.projects, '{}'), l.name || ' gets its projects')
FROM login l LEFT JOIN received r ON r.login = l.name GROUP BY l.name, l.projects ORDER BY l.name;
SELECT is(coalesce(array_agg((r.line ->> 'id')::bigint ORDER BY (r.line ->> 'id')::bigint) FILTER (WHERE r.line ->> 'budget' IS NOT NULL), '{}'),
          l.budgets, l.name || ' sees budgets where its level allows')
FROM login l LEFT JOIN received r ON r.login = l.name GROUP BY l.name, l.budgets ORDER BY l.name;
SELECT is((SELECT string_agg(DISTINCT f.key, ' ' ORDER BY f.key) FROM received r CROSS JOIN LATERAL jsonb_each_text(r.line) f
           WHERE r.login = l.name AND f.value IS NOT NULL AND f.key IN ('bill_rate', 'cost_rate', 'revenue', 'cost', 'profit', 'margin')),
          nullif(l.also, ''), l.name || ' sees of other money: ' || coalesce(nullif(l.also, ''), 'nothing'))
FROM login l ORDER BY l.name;

-- What is read is what is stored; and nothing is empty there that would pass for masked.
SELECT is_empty($$SELECT r.login, p.id FROM received r JOIN app.project p ON p.id = (r.line ->> 'id')::bigint
    WHERE (r.line ->> 'budget')::numeric <> p.budget OR (r.line ->> 'cost_rate')::numeric <> p.cost_rate$$, 'no other value is made up');
SELECT is_empty('SELECT id FROM app.project WHERE num_nulls(budget, bill_rate, cost_rate, revenue, cost, profit, margin) > 0',
    'every project has all of it');
SELECT * FROM finish();
ROLLBACK;
