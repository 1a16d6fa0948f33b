-- Who asks in one account among many: its admin, a manager of 15 of its 20 projects,
-- and a permissive, a moderate and a restricted member on 8.
CREATE TABLE bench.asker (no integer PRIMARY KEY, name text NOT NULL, n integer NOT NULL);
INSERT INTO bench.asker VALUES
    (1, 'account admin', 1), (2, 'manager', 2), (3, 'permissive', 4), (4, 'moderate', 5), (5, 'restricted', 6);

-- The condition that a perfect application sends.
CREATE FUNCTION bench.own_rows(member bigint) RETURNS text
LANGUAGE sql STABLE
RETURN (SELECT CASE m.level WHEN 'account_admin' THEN 'account_id = ' || m.account_id
                            WHEN 'moderate' THEN 'NOT is_private AND project_id = ANY (' || bench.scope(m.id) || ')'
                            WHEN 'restricted' THEN 'assignee_id = ' || m.id || ' AND project_id = ANY (' || bench.scope(m.id) || ')'
                            ELSE 'project_id = ANY (' || bench.scope(m.id) || ')' END
        FROM bench.member m WHERE m.id = member);

-- A question of each class of members of an account; of %s in it the ideal statement has its condition.
CREATE PROCEDURE bench.ask_each(part text, name text, account bigint, question text, targets text DEFAULT '{}',
    who text DEFAULT '{account admin,manager,permissive,moderate,restricted}', keys bigint[] DEFAULT '{0}')
LANGUAGE sql AS $$
    INSERT INTO bench.test_case (part, name, kind, target, actor, keys, sql, ideal, skip)
    SELECT part, ask_each.name || ', ' || a.name, 'read', (targets::jsonb ->> a.name)::double precision, m, keys,
           format(question, 'true'), format(question, bench.own_rows(m)), CASE part WHEN 'operators' THEN '{naive}' ELSE '{}' END::text[]
    FROM bench.asker a, LATERAL (SELECT (account - 1) * 100 + a.n) AS x (m)
    WHERE a.name = ANY (who::text[]) ORDER BY a.no;
$$;

-- an account in the middle, as large as the others: its projects are 321 to 340
\set admin '{"account admin": 1.05}'
SELECT array_agg(id) AS tasks FROM (SELECT id FROM ideal.task WHERE project_id BETWEEN 324 AND 331 ORDER BY bench.pick(id, 90, 1000000), id LIMIT 300) AS t \gset
CALL bench.ask_each('accounts', 'count', 17, 'SELECT count(*) FROM task WHERE %s', :'admin');
CALL bench.ask_each('accounts', 'newest 50', 17, 'SELECT id, title, due_on FROM task WHERE %s ORDER BY due_on DESC, id DESC LIMIT 50', :'admin');
CALL bench.ask_each('accounts', 'top 50 of a project', 17, 'SELECT id, title, due_on FROM task WHERE project_id = $1 AND %s ORDER BY due_on DESC, id DESC LIMIT 50', :'admin',
    keys => '{324,325,326,327}');
CALL bench.ask_each('accounts', 'join of projects and tasks', 17,
    'SELECT t.id, t.title, p.name FROM (SELECT * FROM task WHERE %s) t JOIN project p ON p.id = t.project_id WHERE t.due_on >= ''2025-06-01'' ORDER BY t.due_on, t.id LIMIT 50', :'admin');
CALL bench.ask_each('accounts', 'one task by key', 17, 'SELECT title, due_on FROM task WHERE id = $1 AND %s', keys => :'tasks', who => '{account admin,permissive}');
CALL bench.ask_each('accounts', 'count in partitions', 17, 'SELECT count(*) FROM parted WHERE %s', :'admin', who => '{account admin,permissive}');
CALL bench.ask_each('accounts', 'newest 50 in partitions', 17, 'SELECT id, title, due_on FROM parted WHERE %s ORDER BY due_on DESC, id DESC LIMIT 50', :'admin',
    who => '{account admin,permissive}');

-- Partitions that a plan of this member reads.
CREATE FUNCTION bench.partitions(member bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    clearance bench.road := (SELECT r FROM bench.road r WHERE r.name = 'clearance');
    line      text;
    n         bigint := 0;
BEGIN
    CALL bench.enter(clearance, member);
    FOR line IN EXECUTE 'EXPLAIN SELECT count(*) FROM parted' LOOP
        n := n + (line ~ '(Scan|->).* on parted_\d+ ')::integer;
    END LOOP;
    CALL bench.leave();
    RETURN n;
END $$;
