-- Operators that are not leakproof find rows by an index, for every kind of
-- actor; what is found is judged before the operator sees it. Nothing that
-- somebody made sees a hidden row, nor an index of hidden rows. In a database of
-- its own, with the extensions whose operators are known.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
SELECT current_user AS super \gset
CREATE DATABASE regress_operators;
\c regress_operators
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
CREATE SCHEMA ext;
GRANT USAGE ON SCHEMA ext TO PUBLIC;
CREATE EXTENSION pg_trgm SCHEMA ext;
CREATE EXTENSION citext SCHEMA ext;
CREATE EXTENSION btree_gin SCHEMA ext;
CREATE EXTENSION hstore SCHEMA ext;
\o /dev/null
CREATE ROLE regress_operators LOGIN;
SELECT clearance.trust_role('regress_operators');
SELECT clearance.create_account(v.name, key => v.key) FROM (VALUES ('One', '1'), ('Two', '2')) v (name, key);
SELECT clearance.add_member(v.key, name => v.key, roles => v.roles, account => a.id)
FROM (VALUES ('admin', '{account_admin}'::text[], '1'), ('super', '{super_user}', '1'), ('member', '{collaborator}', '1'), ('other', '{account_admin}', '2')) v (key, roles, account)
JOIN clearance.account a ON a.key = v.account;
SELECT clearance.create_partner(v.name, v.level, account => a.id) FROM (VALUES ('permissive', 'permissive'), ('moderate', 'moderate'), ('restricted', 'restricted'), ('mixed', 'moderate')) v (name, level), clearance.account a WHERE a.key = '1';
SELECT clearance.add_member(p.name, name => p.name, partner => p.id, account => p.account_id) FROM clearance.partner p;
CREATE SCHEMA app;
SET search_path = app, ext;
GRANT USAGE, CREATE ON SCHEMA app TO regress_operators;
CREATE TABLE project (id integer PRIMARY KEY, name text);
CREATE TABLE task (id integer PRIMARY KEY, project_id integer NOT NULL REFERENCES project, hidden boolean NOT NULL, assignee text,
    title text NOT NULL, prefix text NOT NULL, tags text[] NOT NULL, doc jsonb NOT NULL, price numeric NOT NULL, body tsvector NOT NULL,
    who citext NOT NULL, span int4range NOT NULL, at point NOT NULL, net inet NOT NULL, pad text NOT NULL);
-- projects 1 to 10 are of account 1, 11 to 20 of account 2
SELECT clearance.create_project(n::text, account => a.id) FROM generate_series(1, 20) n JOIN clearance.account a ON a.key = CASE WHEN n > 10 THEN '2' ELSE '1' END;
INSERT INTO project SELECT n, 'p' || n FROM generate_series(1, 20) n;
SELECT clearance.protect('project', 'project', 'id');
SELECT clearance.protect('task', 'task', 'project_id', visibility => 'hidden', shared_values => '{false}');
SELECT clearance.relate('task', 'assigned', member_column => 'assignee');
INSERT INTO task SELECT n, n % 20 + 1, n % 3 = 0, CASE n % 10 WHEN 1 THEN 'restricted' END,
    CASE WHEN n % 20 < 10 THEN 'common ' ELSE 'foreign ' END || 'word' || n % 499 || ' title', 'word' || n % 499, ARRAY['t' || n % 499, 'x'],
    jsonb_build_object('k', n % 499), n % 499 / 7.0, to_tsvector('simple', 'w' || n % 499 || ' all'), 'Who' || n % 499,
    int4range(n % 499 * 10, n % 499 * 10 + 5), point(n % 499, n % 499), ('10.0.' || n % 499 / 2 || '.0/24')::inet, repeat('x', 1000)
FROM generate_series(1, 8000) n;
UPDATE task SET title = 'secret rowan title' WHERE id IN (2, 22);
CREATE INDEX task_title ON task USING gin (title gin_trgm_ops);
CREATE INDEX task_prefix ON task (prefix text_pattern_ops);
CREATE INDEX task_tags ON task USING gin (tags);
CREATE INDEX task_doc ON task USING gin (doc jsonb_path_ops);
CREATE INDEX task_price ON task (price);
CREATE INDEX task_body ON task USING gin (body);
CREATE INDEX task_who ON task (who);
CREATE INDEX task_span ON task USING gist (span);
CREATE INDEX task_at ON task USING gist (at);
CREATE INDEX task_net ON task USING gist (net inet_ops);
CREATE INDEX task_lower ON task (lower(prefix) text_pattern_ops);
SELECT clearance.add_member_to_project(n::text, m.id) FROM generate_series(1, 5) n, clearance.member m WHERE m.key = 'member';
SELECT clearance.add_partner_to_project(n::text, p.id) FROM generate_series(1, 5) n, clearance.partner p;
SELECT clearance.add_member_to_project(n::text, m.id) FROM generate_series(1, 5) n, clearance.member m JOIN clearance.partner p ON p.id = m.partner_id;
SELECT clearance.update_member_on_project(n::text, m.id, 'permissive') FROM generate_series(1, 2) n, clearance.member m WHERE m.key = 'mixed';
GRANT SELECT, UPDATE ON ALL TABLES IN SCHEMA app TO regress_operators;
ALTER DATABASE regress_operators SET clearance.external_explain = on;
ALTER DATABASE regress_operators SET search_path = app, ext;
ALTER DATABASE regress_operators SET jit = off;
VACUUM ANALYZE;
\c - regress_operators
\o

-- which indexes a query's plan asks, beside those of projects and relations
CREATE FUNCTION asks(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    found text[] := '{}';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        found := found || (regexp_match(line, 'Index Scan (?:using|on) (task_\w+)'))[1];
    END LOOP;
    RETURN coalesce((SELECT string_agg(DISTINCT f, ' ' ORDER BY f) FROM unnest(found) f WHERE f <> 'task_pkey'), 'none');
END $$;
CREATE FUNCTION counted(condition text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE 'SELECT count(*) FROM app.task WHERE ' || condition INTO n;
    RETURN n;
END $$;
CREATE TABLE question (n serial, kind text, condition text);
INSERT INTO question (kind, condition) VALUES
    ('ILIKE', $q$ title ILIKE '%word77 %' $q$), ('regular expression', $q$ title ~ 'word7[78] ' $q$), ('LIKE with a prefix', $q$ prefix LIKE 'word77%' $q$),
    ('LIKE of an expression', $q$ lower(prefix) LIKE 'word77%' $q$),
    ('array @>', $q$ tags @> '{t77}' $q$), ('array &&', $q$ tags && '{t77,t78}' $q$), ('jsonb @>', $q$ doc @> '{"k": 77}' $q$), ('jsonpath', $q$ doc @? '$.k ? (@ == 77)' $q$),
    ('numeric', $q$ price = 11 $q$), ('numeric range', $q$ price BETWEEN 11 AND 11.2 $q$), ('numeric, the other way', $q$ 11 = price $q$), ('numeric list', $q$ price IN (11, 12) $q$), ('full text', $q$ body @@ 'w77'::tsquery $q$),
    ('citext', $q$ who = 'wHO77' $q$), ('range', $q$ span && '[772,773)' $q$), ('geometry', $q$ at <@ box '((76.5, 76.5), (77.5, 77.5))' $q$), ('network', $q$ net <<= '10.0.38.0/24' $q$),
    ('OR', $q$ title ILIKE '%word77 %' OR who = 'who78' $q$), ('OR of ANDs', $q$ (title ILIKE '%word77 %' AND price = 11) OR tags @> '{t78}' $q$);

--
-- Every kind of operator, for who sees the account, all in some projects, what
-- is shared, what is related, and whose rows are judged one by one, as its levels
-- differ: the index is asked, and the rows are those that a plan without it finds.
--
CREATE TABLE seen (person text, setting text, n integer, asks text, rows bigint);
CREATE PROCEDURE look(person text, setting text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM clearance.set_actor(key => person, local => false);
    INSERT INTO app.seen SELECT person, setting, q.n, app.asks('SELECT * FROM app.task WHERE ' || q.condition), app.counted(q.condition) FROM app.question q;
    COMMIT;
END $$;
SET client_min_messages = error; -- the functions are called within procedures
CALL look('admin', 'on'); CALL look('super', 'on'); CALL look('member', 'on'); CALL look('permissive', 'on'); CALL look('moderate', 'on'); CALL look('restricted', 'on'); CALL look('mixed', 'on'); CALL look('other', 'on');
\c - :super
SET clearance.index_operators = off;
SET client_min_messages = error;
SET ROLE regress_operators;
CALL look('admin', 'off'); CALL look('super', 'off'); CALL look('member', 'off'); CALL look('permissive', 'off'); CALL look('moderate', 'off'); CALL look('restricted', 'off'); CALL look('mixed', 'off'); CALL look('other', 'off');
RESET ROLE;
RESET clearance.index_operators;
SELECT q.kind, s.asks, string_agg(s.person || ' ' || s.rows, ', ' ORDER BY s.person) FROM question q JOIN seen s USING (n) WHERE s.setting = 'on' GROUP BY q.n, q.kind, s.asks ORDER BY q.n, s.asks;
-- without the setting, none of these asks an index
SELECT DISTINCT asks FROM seen WHERE setting = 'off' ORDER BY asks;
SELECT count(*) AS compared, count(*) FILTER (WHERE a.rows <> b.rows) AS different FROM seen a JOIN seen b USING (person, n) WHERE a.setting = 'on' AND b.setting = 'off';
-- nor does anybody else set it
\c - regress_operators
SET clearance.index_operators = on;

--
-- A bitmap that is too large says less than rows: they are found again after
-- they are judged. What a row, not the index, answers is answered of visible
-- rows alone: a pattern that ends with its escape is an error where a row matches
-- up to there.
--
\set VERBOSITY default
SELECT clearance.set_actor(key => 'admin', local => false) > 0;
SET work_mem = '64kB';
CREATE FUNCTION is_lossy(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    line text;
    lossy boolean := false;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF) ' || query LOOP
        lossy := lossy OR line ~ 'lossy=';
    END LOOP;
    RETURN lossy;
END $$;
SET enable_seqscan = off;
SELECT c.condition, is_lossy('SELECT * FROM app.task WHERE ' || c.condition), counted(c.condition) FROM (VALUES ($$title ILIKE '%foreign word%'$$), ($$title ILIKE '%common word%'$$),
    ($$price > 3$$), ($$3 < price AND price < 60$$), ($$price > 3 AND price > 10$$), ($$title LIKE '%on word1%' AND price <= 40.5$$), ($$tags @> '{x}'$$), ($$title ILIKE '%foreign%' OR price > 60$$)) c (condition);
SELECT count(*) FROM task WHERE title LIKE E'%foreign word%\\';
SELECT count(*) FROM task WHERE title LIKE E'%common word%\\';
SELECT count(*) FROM task WHERE title LIKE E'%foreign word%\\' OR price > 60;
SELECT count(*) FROM task WHERE title LIKE E'%common word%\\' OR price > 60;
SELECT clearance.set_actor(key => 'other', local => false) > 0;
SELECT count(*) FROM task WHERE title LIKE E'%foreign word%\\';
SELECT count(*) FROM task WHERE title LIKE E'%common word%\\';
SELECT clearance.set_actor(key => 'restricted', local => false) > 0;
SELECT count(*) FROM task WHERE title LIKE E'%secret rowan%\\'; -- it is not assigned these
SELECT count(*) FROM task WHERE title LIKE E'%word300 %\\';
UPDATE task SET pad = 'mine' WHERE title LIKE E'%secret rowan%\\';
SELECT clearance.reset_actor();
SELECT count(*) FROM task WHERE title LIKE E'%word1%\\'; -- nobody sees nothing
RESET work_mem;

--
-- A function of the member's own sees visible rows, beside such conditions too,
-- also in a view that hides some of them.
--
CREATE FUNCTION tells(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN RAISE NOTICE 'seen %', $1; RETURN true; END $$;
SET client_min_messages = notice;
\set VERBOSITY terse
SELECT clearance.set_actor(key => 'member', local => false) > 0;
SELECT count(*) FROM task WHERE title ILIKE '%word7 %' AND tells(title || ' in ' || project_id) AND id < 2600;
SELECT count(*) FROM task WHERE (title ILIKE '%word7 %' OR tags @> '{t27}') AND tells(title || ' in ' || project_id) AND id < 2600;
CREATE VIEW open_task WITH (security_barrier, security_invoker) AS SELECT id, project_id, title, tags FROM task WHERE title NOT LIKE '%word7 %' AND tags @> '{x}';
SELECT count(*) FROM open_task WHERE title ILIKE '%word%' AND tells(title) AND id < 25 AND tags && '{t7,t2,t4}';
SET client_min_messages = warning;

--
-- An operator of somebody's own has no index: one cannot be made for it but by a
-- superuser, and what a superuser makes is not known. Nor is it where the owner
-- of an extension adds it there.
--
\c - :super
SET client_min_messages = warning;
CREATE FUNCTION app.spy_lt(text, text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE STRICT AS $$ BEGIN RAISE NOTICE 'spied % and %', $1, $2; RETURN $1::pg_catalog.text < $2; END $$;
CREATE FUNCTION app.spy_eq(text, text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE STRICT AS $$ BEGIN RAISE NOTICE 'spied % and %', $1, $2; RETURN $1 = $2; END $$;
CREATE FUNCTION app.spy_cmp(text, text) RETURNS integer LANGUAGE plpgsql IMMUTABLE STRICT AS $$ BEGIN RAISE NOTICE 'spied % and %', $1, $2; RETURN bttextcmp($1, $2); END $$;
CREATE OPERATOR app.=== (FUNCTION = spy_eq, LEFTARG = text, RIGHTARG = text, RESTRICT = eqsel);
CREATE OPERATOR app.<<<< (FUNCTION = spy_lt, LEFTARG = text, RIGHTARG = text, RESTRICT = scalarltsel);
CREATE OPERATOR CLASS app.spy_ops FOR TYPE text USING btree AS OPERATOR 1 app.<<<<, OPERATOR 3 app.===, FUNCTION 1 app.spy_cmp(text, text);
SET client_min_messages = error;
CREATE INDEX task_spied ON task (prefix app.spy_ops);
SET client_min_messages = notice;
SET ROLE regress_operators;
SELECT clearance.set_actor(key => 'restricted', local => false) > 0;
SET enable_seqscan = off;
SELECT asks($$SELECT * FROM app.task WHERE prefix === 'word3'$$);
SELECT count(*) FROM task WHERE prefix === 'word3' AND id < 200;
RESET ROLE;
ALTER EXTENSION citext ADD FUNCTION spy_eq(text, text);
ALTER EXTENSION citext ADD FUNCTION spy_cmp(text, text);
ALTER EXTENSION citext ADD OPERATOR === (text, text);
ALTER EXTENSION citext ADD OPERATOR CLASS spy_ops USING btree;
ALTER EXTENSION citext ADD OPERATOR FAMILY spy_ops USING btree;
-- (what was found of it is asked anew when any function changes)
ALTER FUNCTION app.spy_lt COST 1;
SET ROLE regress_operators;
SELECT asks($$SELECT * FROM app.task WHERE prefix === 'word3'$$);
SELECT count(*) FROM task WHERE prefix === 'word3' AND id < 200;
RESET ROLE;
-- known operators by functions that are not, in families of a superuser's, and as part of a known extension
CREATE FUNCTION app.spy_numeric(numeric, numeric) RETURNS integer LANGUAGE plpgsql IMMUTABLE STRICT AS $$ BEGIN RAISE NOTICE 'spied % and %', $1, $2; RETURN numeric_cmp($1, $2); END $$;
CREATE OPERATOR CLASS app.spied_ops FOR TYPE numeric USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 app.spy_numeric(numeric, numeric);
DROP INDEX task_price;
SET client_min_messages = error;
CREATE INDEX task_spied_price ON task (price app.spied_ops);
SET client_min_messages = notice;
SET ROLE regress_operators;
SELECT asks($$SELECT * FROM app.task WHERE price = 11$$);
SELECT count(*) FROM task WHERE price = 11;
RESET ROLE;
ALTER EXTENSION citext ADD OPERATOR CLASS spied_ops USING btree;
ALTER EXTENSION citext ADD OPERATOR FAMILY spied_ops USING btree;
ALTER EXTENSION citext ADD FUNCTION spy_numeric(numeric, numeric);
ALTER FUNCTION app.spy_lt COST 1;
SET ROLE regress_operators;
SELECT asks($$SELECT * FROM app.task WHERE price = 11$$);
SELECT count(*) FROM task WHERE price = 11;
RESET ROLE;
-- a known family that was asked about before, to which a superuser adds a function that is not
CREATE FUNCTION app.spy_image(oid) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE NOTICE 'spied %', $1; RETURN true; END $$;
SET ROLE regress_operators;
SELECT asks($$SELECT * FROM app.task WHERE who = 'who7'$$);
RESET ROLE;
ALTER OPERATOR FAMILY ext.citext_ops USING btree ADD FUNCTION 4 (ext.citext, ext.citext) app.spy_image(oid);
SET ROLE regress_operators;
SELECT asks($$SELECT * FROM app.task WHERE who = 'who7'$$);
RESET ROLE;
ALTER OPERATOR FAMILY ext.citext_ops USING btree DROP FUNCTION 4 (ext.citext, ext.citext);
SET ROLE regress_operators;
SELECT asks($$SELECT * FROM app.task WHERE who = 'who7'$$);
RESET ROLE;
-- operators that are known beside an index that is not: another index is asked
SET ROLE regress_operators;
SELECT asks($$SELECT * FROM app.task WHERE prefix LIKE 'word77%'$$);
RESET ROLE;
-- what an index is for is tested again on each row that it gives: that may be anybody's code
CREATE FUNCTION app.spied(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE NOTICE 'spied %', $1; RETURN true; END $$;
SET client_min_messages = error;
CREATE INDEX task_spied_part ON task USING gin (title gin_trgm_ops) WHERE spied(title);
CREATE INDEX task_open_part ON task USING gin (title gin_trgm_ops) WHERE NOT hidden;
SET client_min_messages = notice;
DROP INDEX task_title;
SELECT clearance.set_actor(key => 'moderate', account => (SELECT id FROM clearance.account WHERE key = '1'), local => false) > 0;
SET ROLE regress_operators;
SELECT asks($$SELECT * FROM app.task WHERE title ILIKE '%foreign word7 %' AND spied(title)$$);
SELECT count(*) FROM task WHERE title ILIKE '%foreign word7 %' AND spied(title);
SELECT asks($$SELECT * FROM app.task WHERE title ILIKE '%rowan%' AND NOT hidden$$);
RESET ROLE;
-- arrays of rows, and ranges that somebody made, compare as somebody says; other extensions were not read
SET client_min_messages = warning;
CREATE TYPE app.pair AS (a text, b text);
CREATE TYPE app.words AS RANGE (SUBTYPE = text, SUBTYPE_OPCLASS = app.spy_ops);
SET client_min_messages = error;
CREATE TABLE app.odd (id integer PRIMARY KEY, project_id integer NOT NULL, pairs app.pair[], span app.words, labels hstore);
INSERT INTO odd SELECT n, n % 20 + 1, ARRAY[ROW(n, n)::app.pair], app.words(n::text, NULL), hstore('a', n::text) FROM generate_series(1, 200) n;
CREATE INDEX task_pairs ON odd USING gin (pairs);
CREATE INDEX task_words ON odd USING gist (span);
CREATE INDEX task_labels ON odd USING gin (labels);
SELECT clearance.protect('odd', 'task', 'project_id') > 0;
GRANT SELECT ON odd TO regress_operators;
SET client_min_messages = notice;
SET ROLE regress_operators;
SELECT asks($$SELECT * FROM app.odd WHERE pairs @> ARRAY[ROW('3', '3')::app.pair]$$), asks($$SELECT * FROM app.odd WHERE span @> '3'::text$$), asks($$SELECT * FROM app.odd WHERE labels @> 'a=>3'$$);
RESET ROLE;

SET client_min_messages = warning;
\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_operators;
DROP ROLE regress_operators;
