-- What plans are made of: index conditions for sets of any size, labels that
-- say who shares a row, partitions by account. Everything happens in one
-- transaction that is rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_plans;
SELECT clearance.trust_role('regress_plans');
CREATE SCHEMA regress_plans;
GRANT USAGE, CREATE ON SCHEMA regress_plans TO regress_plans;
SET LOCAL search_path = regress_plans;
SET LOCAL jit = off;
SET LOCAL clearance.external_explain = on;
SELECT clearance.create_account('One', key => '1') AS one \gset
SELECT clearance.create_account('Two', key => '2') AS two \gset
SELECT clearance.create_partner('Moderate', 'moderate', account => :one) AS partner \gset
SELECT clearance.add_member('1', name => 'Sue', roles => '{super_user}', account => :one) AS sue \gset
SELECT clearance.add_member('2', name => 'Two', roles => '{super_user}', account => :two) AS two_sue \gset
SELECT clearance.add_member('3', name => 'Mo', partner => :partner, partner_admin => true, account => :one) AS mo \gset
INSERT INTO clearance.project (account_id, key) SELECT CASE WHEN n > 5000 THEN :two ELSE :one END, n FROM generate_series(1, 6000) n;
SELECT count(clearance.add_partner_to_project(n::text, :partner)) FROM generate_series(1, 20) n;

-- the plan of a query: its scans, and what finds their rows
CREATE FUNCTION plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        line := regexp_replace(line, '(in_set|set_keys|permitted|own_account)\([^()]*\)', '\1(...)', 'g');
        IF line ~ 'Scan|Nested|Join|Cond|Filter|Subplans' THEN
            RETURN NEXT line;
        END IF;
    END LOOP;
END $$;

--
-- A set of 5,000 keys is an index condition where the index has all columns, a
-- probe where most of the table would be read, and a probe on the inner side of
-- a nested loop.
--
CREATE TABLE task (id integer PRIMARY KEY, project integer NOT NULL, points integer NOT NULL, pad text);
INSERT INTO task SELECT n, 1 + n * 7 % 6000, n % 10, repeat('x', 100) FROM generate_series(1, 60000) n;
CREATE INDEX ON task (project) INCLUDE (points);
SELECT clearance.protect('task', 'task', project => 'project') > 0;
CREATE TABLE pick AS SELECT n AS project FROM generate_series(1, 6000, 600) n;
GRANT SELECT ON task, pick TO regress_plans;
ANALYZE;
SET LOCAL ROLE regress_plans;
SELECT clearance.set_actor(id => :sue) > 0;
SELECT plan('SELECT pad FROM task');
SELECT plan('SELECT points FROM task t JOIN pick USING (project)');
SELECT count(*) FROM task t JOIN pick USING (project);
SELECT clearance.set_actor(id => :mo) > 0;
SELECT plan('SELECT points FROM task');
SELECT plan('SELECT pad FROM task');
SELECT count(*) FROM task;
RESET ROLE;
SELECT clearance.reset_actor();

--
-- Shared rows by labels: text, varchar, enum and integers are compared with the
-- values as their own types do; NULL is private. Texts under a collation that
-- takes different ones for equal, and domains, are left to the rule.
--
CREATE TYPE audience AS ENUM ('team', 'partners', 'everyone');
CREATE DOMAIN wide AS text;
CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE FUNCTION labels(type text, shared text[], private text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE note (id integer PRIMARY KEY, project integer NOT NULL, label %s)', type);
    EXECUTE 'INSERT INTO note SELECT n, 1 + n % 20, (ARRAY[' || (SELECT string_agg(quote_nullable(v), ', ') FROM unnest(shared || private || NULL::text) v)
        || '])[1 + n % 4]::' || regexp_replace(type, ' COLLATE .*', '') || ' FROM generate_series(1, 400) n';
    ANALYZE note;
    PERFORM clearance.protect('note', 'task', project => 'project', visibility => 'label', shared_values => shared);
    GRANT SELECT ON note TO regress_plans;
    PERFORM clearance.set_actor(id => (SELECT m.id FROM clearance.member m WHERE m.name = 'Mo' AND m.key = '3'));
    SET LOCAL ROLE regress_plans;
    RETURN QUERY SELECT type || ': ' || p.p FROM plan('SELECT * FROM note') p (p) WHERE p.p ~ 'Filter';
    RETURN QUERY SELECT type || ': ' || string_agg(coalesce(l.label, 'null') || ' ' || l.n, ', ' ORDER BY l.label)
        FROM (SELECT n.label::text, count(*) AS n FROM note n GROUP BY 1) l;
    RESET ROLE;
    PERFORM clearance.reset_actor();
    DROP TABLE note;
END $$;
SELECT labels('text', '{partners,everyone}', 'team');
SELECT labels('varchar(10)', '{partners,everyone}', 'team');
SELECT labels('audience', '{partners,everyone}', 'team');
SELECT labels('smallint', '{1,2}', '3');
SELECT labels('bigint', '{1,2}', '3');
SELECT labels('boolean', '{true,true}', 'false');
SELECT labels('wide', '{partners,everyone}', 'team');
SELECT labels('text COLLATE regress_plans.loose', '{partners,everyone}', 'EVERYONE');

-- a label that has another name now is shared as before, and one that takes its text is not, also in plans that are there
CREATE TABLE memo (id integer PRIMARY KEY, project integer NOT NULL, label audience);
INSERT INTO memo SELECT n, 1, 'everyone'::audience FROM generate_series(1, 3) n UNION ALL SELECT n, 1, 'team' FROM generate_series(4, 5) n;
SELECT clearance.protect('memo', 'task', project => 'project', visibility => 'label', shared_values => '{everyone}') > 0;
GRANT SELECT ON memo TO regress_plans;
SELECT clearance.set_actor(id => :mo) > 0;
SET LOCAL ROLE regress_plans;
PREPARE memos AS SELECT count(*) FROM memo;
EXECUTE memos;
RESET ROLE;
ALTER TYPE audience RENAME VALUE 'everyone' TO 'all';
SET LOCAL ROLE regress_plans;
EXECUTE memos;
RESET ROLE;
ALTER TYPE audience RENAME VALUE 'team' TO 'everyone';
SET LOCAL ROLE regress_plans;
EXECUTE memos;
RESET ROLE;
SELECT clearance.reset_actor();

--
-- Who sees tasks by a relation alone is expected to see as many remarks about
-- them as those have who are related, so the newest are found by the tasks' keys
--
SELECT clearance.create_partner('Restricted', 'restricted', account => :one) AS narrow \gset
SELECT clearance.add_member('100', name => 'Rex', partner => :narrow, account => :one) AS rex \gset
SELECT count(clearance.add_partner_to_project(n::text, :narrow)), count(clearance.add_member_to_project(n::text, :rex)) FROM generate_series(1, 1000) n;
CREATE TABLE todo (id integer PRIMARY KEY, project integer NOT NULL, doer integer);
INSERT INTO todo SELECT n, 1 + n % 1000, 100 + n % 2000 FROM generate_series(1, 20000) n;
CREATE INDEX ON todo (doer);
CREATE INDEX ON todo (project);
CREATE TABLE remark (id integer PRIMARY KEY, todo integer NOT NULL REFERENCES todo);
INSERT INTO remark SELECT n, 1 + n * 7 % 20000 FROM generate_series(1, 60000) n;
CREATE INDEX ON remark (todo);
ANALYZE todo, remark;
SELECT clearance.protect('todo', 'task', project => 'project') > 0;
SELECT clearance.relate('todo', 'assigned', member_column => 'doer');
SELECT clearance.create_feature('remark');
SELECT clearance.allow('restricted', 'remark', 'view');
SELECT clearance.protect('remark', 'remark') > 0;
SELECT clearance.add_parent('remark', 'todo', 'todo');
GRANT SELECT ON todo, remark TO regress_plans;
SELECT clearance.set_actor(id => :rex) > 0;
SET LOCAL ROLE regress_plans;
SELECT count(*) FROM remark;
SELECT plan('SELECT * FROM remark ORDER BY id DESC LIMIT 10');
RESET ROLE;
SELECT clearance.reset_actor();

--
-- Partitions of other accounts are left out when a query starts, whoever the plan was for.
--
CREATE TABLE bill (account integer NOT NULL, id integer NOT NULL, project integer NOT NULL, PRIMARY KEY (account, id)) PARTITION BY LIST (account);
CREATE TABLE bill_1 PARTITION OF bill FOR VALUES IN (1);
CREATE TABLE bill_2 PARTITION OF bill FOR VALUES IN (2);
CREATE TABLE bill_3 PARTITION OF bill FOR VALUES IN (3);
INSERT INTO bill SELECT 1 + n % 3, n, CASE n % 3 WHEN 0 THEN 1 + n % 5000 ELSE 5001 + n % 900 END FROM generate_series(1, 300) n;
SELECT clearance.protect('bill', 'task', project => 'project', account => 'account') > 0;
GRANT SELECT ON bill TO regress_plans;
ANALYZE bill;
SET LOCAL ROLE regress_plans;
SELECT clearance.set_actor(id => :sue) > 0;
PREPARE bills AS SELECT count(*), min(account), max(account) FROM bill;
SELECT plan('SELECT * FROM bill');
EXECUTE bills;
SELECT clearance.set_actor(id => :two_sue) > 0;
SELECT plan('SELECT * FROM bill');
EXECUTE bills;
RESET ROLE;
SET LOCAL clearance.simplify = off;
SET LOCAL ROLE regress_plans;
EXECUTE bills;
RESET ROLE;
SET LOCAL clearance.simplify = on;
SET LOCAL ROLE regress_plans;
-- a row of one's own account that is not in a project of it stays hidden
SELECT count(*) FROM bill WHERE account = 1;
SELECT clearance.reset_actor();
EXECUTE bills;
RESET ROLE;
ROLLBACK;
