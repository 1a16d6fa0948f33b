-- What drivers and ORMs send: statements prepared once, sent one by one on a warm
-- connection, by prepared.c; and the first ones of a connection. A case has a line for each road: the login, the values
-- of $1 and the statements of one turn. Actors are set by their road's own means; the
-- ideal application keeps what it knows of them in a setting.
CREATE TABLE bench.prepared_sample (
    name  text NOT NULL,
    road  text NOT NULL,
    round integer NOT NULL,
    us    double precision NOT NULL,  -- of a turn, by the clock
    cpu   double precision            -- of them, those of the server's process
);

SELECT id AS member FROM bench.member
WHERE level = 'permissive' AND id <= 1000 AND NOT partner_admin ORDER BY id DESC LIMIT 1 \gset
SELECT bench.scope(:member) AS scope,
       (SELECT string_agg(project_id::text, ',') FROM bench.project_member WHERE member_id = :member) AS projects,
       (SELECT string_agg(id::text, ',')
        FROM (SELECT t.id FROM ideal.task t JOIN bench.project_member pm USING (project_id)
              WHERE pm.member_id = :member ORDER BY bench.pick(t.id, 90, 1000000), t.id LIMIT 300) AS t) AS tasks \gset

-- a login that is the member, one that a setting says it for, one that shows a token
CREATE ROLE bench_member LOGIN;
CREATE ROLE bench_mapped LOGIN;
CREATE ROLE bench_token LOGIN;
GRANT bench_fixed TO bench_member, bench_mapped, bench_token;
-- in their own name, as the ideal login: the server does not ask what they are members of
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA protected TO bench_member, bench_mapped, bench_token;
\o /dev/null
SELECT clearance.map_role('bench_member', member => :member),
       clearance.map_role('bench_mapped', setting => 'bench.member', names => 'id');
\o
\ir token.sql

\set look 'SELECT title, due_on FROM %s.task WHERE id = $1'
\set change 'UPDATE %s.task SET estimate = estimate + 1 WHERE id = $1'
\set add 'INSERT INTO %s.task (project_id, title, author_id, due_on) VALUES ($1, ''sent'', ' :member ', ''2025-06-01'')'
\set top 'SELECT id, title, due_on FROM %s.task WHERE project_id = $1 ORDER BY due_on DESC, id LIMIT 50'
\set among ' AND project_id = ANY (' :scope ')'
CREATE TABLE bench.prepared_case (
    no     integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name   text NOT NULL,
    target double precision,
    is_new boolean NOT NULL DEFAULT false,  -- a connection for each turn
    keys   text NOT NULL,
    login  name NOT NULL,
    actor  text,            -- statement that says who acts, NULL: the login does
    sql    text NOT NULL,
    ideal  text NOT NULL    -- what a perfect application sends
);
INSERT INTO bench.prepared_case (name, target, keys, login, actor, sql, ideal) VALUES
    ('lookup by key', 1.06, :'tasks', 'bench_member', NULL, :'look', :'look' || :'among'),
    ('set_actor and lookup, a transaction', 1.10, :'tasks', 'bench_clearance',
     'SELECT clearance.set_actor(id => ' || :member || ')', :'look', :'look' || :'among'),
    ('mapped setting and lookup, a transaction', 1.10, :'tasks', 'bench_mapped',
     'SELECT set_config(''bench.member'', ''' || :member || ''', true)', :'look', :'look' || :'among'),
    ('token and lookup, a transaction', 1.10, :'tasks', 'bench_token',
     'SELECT set_config(''clearance.token'', ''' || bench.token(:member) || ''', true)', :'look', :'look' || :'among'),
    ('top 50 of a project', 1.05, :'projects', 'bench_member', NULL, :'top', :'top'),
    ('UPDATE by key', 1.15, :'tasks', 'bench_member', NULL, :'change', :'change' || :'among'),
    ('INSERT of one row', 1.15, :'projects', 'bench_member', NULL, :'add', :'add');

INSERT INTO bench.prepared_case (name, is_new, keys, login, actor, sql, ideal) VALUES
    ('first lookup by key, of a mapped login', true, :'tasks', 'bench_member', NULL, :'look', :'look' || :'among'),
    ('first set_actor and lookup, a transaction', true, :'tasks', 'bench_clearance',
     'SELECT clearance.set_actor(id => ' || :member || ')', :'look', :'look' || :'among'),
    ('first UPDATE by key, of a mapped login', true, :'tasks', 'bench_member', NULL, :'change', :'change' || :'among');

-- the lines that prepared.c reads
CREATE VIEW bench.prepared_line AS
SELECT c.no, r.no AS road, c.name,
       concat_ws(E'\t', c.name, r.name, r.login, CASE WHEN c.is_new THEN 'new' ELSE 'kept' END, c.keys, 'BEGIN' || x.mark, r.actor || x.mark, format(r.sql, r.tables), 'COMMIT' || x.mark) AS line
FROM bench.prepared_case c
CROSS JOIN LATERAL (VALUES (1, 'ideal', 'bench_ideal', 'ideal', 'SELECT set_config(''bench.member'', ''1'', true)', c.ideal),
                           (2, 'clearance', c.login, 'protected', c.actor, c.sql)) AS r (no, name, login, tables, actor, sql),
     LATERAL (SELECT CASE WHEN c.actor IS NOT NULL THEN '' END) AS x (mark);   -- null: one statement, no transaction around it
