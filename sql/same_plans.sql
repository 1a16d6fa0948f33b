-- Whichever road a person comes by, its plans are the same: set_actor(), a
-- token, a login that is mapped to it, a login that is mapped to a setting. And
-- one session may act for one after the other, by plans that it keeps. In a
-- database of its own, since what a transaction changed itself gets no such
-- plans.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE DATABASE regress_same;
\c regress_same
SET client_min_messages = warning;
CREATE SCHEMA crypto;
CREATE EXTENSION pgcrypto SCHEMA crypto;
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
\o /dev/null
SELECT format('CREATE ROLE regress_same_%s LOGIN', r) FROM unnest('{app,ada,cole,per,mod,res,whole,rest,plain}'::text[]) r \gexec
GRANT USAGE ON SCHEMA crypto TO PUBLIC;
SELECT clearance.trust_role('regress_same_app');
SELECT clearance.create_account('Regress');
SELECT clearance.add_member(v.key, name => v.key, roles => v.roles)
FROM (VALUES ('ada', '{account_admin}'::text[]), ('cole', '{collaborator}')) v (key, roles);
SELECT clearance.create_partner('per', 'permissive'), clearance.create_partner('mod', 'moderate'), clearance.create_partner('res', 'restricted');
SELECT clearance.add_member(p.name, name => p.name, partner => p.id, partner_admin => true) FROM clearance.partner p;
CREATE SCHEMA app;
SET search_path = app;
GRANT USAGE, CREATE ON SCHEMA app TO PUBLIC;
CREATE TABLE project (id integer PRIMARY KEY, name text);
INSERT INTO project SELECT n, 'p' || n FROM generate_series(1, 20) n;
CREATE TABLE task (id integer PRIMARY KEY, project_id integer NOT NULL REFERENCES project, hidden boolean NOT NULL, assignee text, title text);
INSERT INTO task SELECT n, n % 20 + 1, n % 2 = 0, CASE n % 100 WHEN 1 THEN 'res' END, 't' || n FROM generate_series(1, 2000) n;
CREATE INDEX ON task (project_id);
CREATE INDEX ON task (assignee);
CREATE INDEX ON task (lower(title));
SELECT clearance.protect('project', 'project', 'id');
SELECT clearance.protect('task', 'task', 'project_id', visibility => 'hidden', shared_values => '{false}');
SELECT clearance.relate('task', 'assigned', member_column => 'assignee');
SELECT clearance.add_partner_to_project(x.key, p.id) FROM clearance.project x, clearance.partner p WHERE x.key::integer < 4;
SELECT clearance.add_member_to_project(x.key, m.id) FROM clearance.project x, clearance.member m WHERE m.key = 'cole' AND x.key::integer < 3;
SELECT clearance.map_role(format('regress_same_%s', m.key)::regrole, member => m.id) FROM clearance.member m;
SELECT clearance.map_role('regress_same_whole', partner => p.id) FROM clearance.partner p WHERE p.name = 'mod';
SELECT clearance.map_role('regress_same_rest', setting => 'request.jwt.claims', claim => 'sub');
SELECT clearance.map_role('regress_same_plain', setting => 'request.member');
SELECT clearance.add_token_key('k', 'HS256', 'cmVncmVzc190b2tlbnMgc2VjcmV0LCAzMiBieXRlcyBvciBtb3Jl', 'regress');
GRANT SELECT ON ALL TABLES IN SCHEMA app TO PUBLIC;
SET clearance.external_explain = on;
ANALYZE;
\o

CREATE FUNCTION token(sub text) RETURNS text LANGUAGE sql AS $$
    SELECT m || '.' || translate(encode(crypto.hmac(m, 'regress_tokens secret, 32 bytes or more', 'sha256'), 'base64'), E'+/=\n', '-_')
    FROM (SELECT string_agg(translate(encode(convert_to(p, 'UTF8'), 'base64'), E'+/=\n', '-_'), '.' ORDER BY n) AS m
          FROM unnest(ARRAY['{"alg":"HS256","kid":"k"}', json_build_object('iss', 'regress', 'sub', sub, 'aud', current_database(),
              'exp', floor(extract(epoch FROM now())) + 3600)::text]) WITH ORDINALITY AS u (p, n)) x $$;
-- the plans of some queries, in one
CREATE FUNCTION plans() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    plans text := '';
    query text;
    line text;
BEGIN
    FOREACH query IN ARRAY ARRAY['SELECT count(*) FROM app.task', 'SELECT * FROM app.project', 'SELECT id FROM app.task WHERE lower(title) = ''t7''',
        'SELECT p.name FROM app.project p JOIN app.task t ON t.project_id = p.id WHERE t.id < 9', 'SELECT * FROM app.task ORDER BY id LIMIT 3'] LOOP
        FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
            plans := plans || line || E'\n';
        END LOOP;
    END LOOP;
    RETURN plans;
END $$;
CREATE TABLE seen (person text, road text, plans text);
GRANT INSERT ON seen TO PUBLIC;
CREATE PROCEDURE look(login text, person text, road text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SET SESSION AUTHORIZATION regress_same_%I', login);
    INSERT INTO app.seen VALUES (person, road, app.plans());
    RESET SESSION AUTHORIZATION;
END $$;

--
-- The same plans by every road; an account admin's test nothing.
--
CREATE PROCEDURE walk(person text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM clearance.set_actor(key => person, local => false);
    CALL app.look('app', person, 'set_actor for the session');
    PERFORM clearance.reset_actor();
    COMMIT;
    PERFORM clearance.set_actor(key => person);
    CALL app.look('app', person, 'set_actor for the transaction');
    COMMIT;
    PERFORM set_config('clearance.token', app.token(person), false);
    CALL app.look('app', person, 'token of the session');
    PERFORM set_config('clearance.token', '', false);
    COMMIT;
    PERFORM clearance.authenticate(app.token(person));
    CALL app.look('app', person, 'token of the transaction');
    COMMIT;
    CALL app.look(person, person, 'login of a member');
    COMMIT;
    PERFORM set_config('request.jwt.claims', json_build_object('sub', person)::text, false);
    CALL app.look('rest', person, 'claim of the session');
    PERFORM set_config('request.jwt.claims', '', false);
    COMMIT;
    PERFORM set_config('request.jwt.claims', json_build_object('role', 'x', 'sub', person)::text, true);
    CALL app.look('rest', person, 'claim of the transaction');
    COMMIT;
    PERFORM set_config('Request.Member', person, true);
    CALL app.look('plain', person, 'setting of the transaction');
    COMMIT;
END $$;
SET client_min_messages = error; -- the functions are called within procedures
CALL walk('ada');
CALL walk('cole');
CALL walk('per');
CALL walk('mod');
CALL walk('res');
CALL look('whole', 'mod', 'login of a partner');
SET client_min_messages = warning;
SELECT person, count(*) AS roads, count(DISTINCT plans) AS plans FROM seen GROUP BY person ORDER BY person;
SELECT s.person, s.road FROM seen s JOIN seen o ON o.person = s.person AND o.road = 'set_actor for the session' AND o.plans <> s.plans ORDER BY 1, 2;
SELECT person, bool_or(plans ~ 'in_set|set_keys') AS tests, bool_or(plans ~ 'permitted|visible') AS judges FROM seen GROUP BY person ORDER BY person;

--
-- Requests of one member after the other in one session, by kept plans: right,
-- and no error. Whatever way the setting is changed in.
--
SET plan_cache_mode = force_generic_plan;
CREATE FUNCTION claims(person text) RETURNS text LANGUAGE sql AS $$ SELECT json_build_object('sub', person)::text $$;
CREATE FUNCTION counted() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM app.task); END $$;
CREATE FUNCTION by_perform(person text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('request.jwt.claims', app.claims(person), true);
    RETURN (SELECT count(*) FROM app.task);
END $$;
CREATE FUNCTION by_assignment(person text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    was text;
BEGIN
    was := set_config('request.jwt.claims', '{"sub": "' || person || '"}', true);
    RETURN (SELECT count(*) FROM app.task);
END $$;
CREATE FUNCTION by_clause() RETURNS bigint LANGUAGE plpgsql SET request.jwt.claims = '{"sub": "mod"}' AS $$
BEGIN
    RETURN (SELECT count(*) FROM app.task);
END $$;
CREATE FUNCTION by_savepoint(person text) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    inside bigint;
BEGIN
    BEGIN
        PERFORM set_config('request.jwt.claims', app.claims(person), true);
        inside := app.counted();
        RAISE EXCEPTION 'undo';
    EXCEPTION WHEN raise_exception THEN
        RETURN ARRAY[inside, app.counted()];
    END;
END $$;
CREATE TABLE expected AS
SELECT v.person, 0::bigint AS rows FROM (VALUES ('ada'), ('cole'), ('per'), ('mod'), ('res'), ('nobody')) v (person);
DO $$
DECLARE
    e record;
BEGIN
    SET LOCAL clearance.simplify = off;
    FOR e IN SELECT * FROM app.expected LOOP
        PERFORM set_config('request.jwt.claims', app.claims(e.person), true);
        SET LOCAL SESSION AUTHORIZATION regress_same_rest;
        EXECUTE format('SELECT count(*) FROM app.task') INTO e.rows;
        RESET SESSION AUTHORIZATION;
        UPDATE app.expected x SET rows = e.rows WHERE x.person = e.person;
    END LOOP;
END $$;
SELECT string_agg(person || ' ' || rows, ', ' ORDER BY rows, person) FROM expected;
GRANT SELECT ON expected TO PUBLIC;
CREATE TABLE got (way text, person text, rows bigint, sqlerror text);
GRANT INSERT ON got TO PUBLIC;
-- a transaction for each request, all of them three times over
CREATE PROCEDURE requests(way text, request text) LANGUAGE plpgsql AS $$
DECLARE
    person text;
    n bigint;
BEGIN
    FOR person IN SELECT e.person FROM generate_series(1, 3), app.expected e LOOP
        COMMIT;
        BEGIN
            EXECUTE format(request, person) INTO n;
            INSERT INTO app.got VALUES (way, person, n);
        EXCEPTION WHEN OTHERS THEN
            INSERT INTO app.got VALUES (way, person, NULL, sqlerrm);
        END;
    END LOOP;
END $$;
SET SESSION AUTHORIZATION regress_same_rest;
CALL requests('PERFORM', 'SELECT app.by_perform(%L)');
CALL requests('assignment', 'SELECT app.by_assignment(%L)');
CALL requests('nested', 'SELECT CASE WHEN app.by_assignment(%1$L) IS NOT NULL THEN app.counted() END');
CALL requests('SET clause', 'SELECT CASE WHEN app.by_perform(%L) IS NULL THEN NULL WHEN app.by_clause() = 100 THEN app.counted() END');
CALL requests('savepoint', 'SELECT (app.by_savepoint(%L))[1]');
RESET SESSION AUTHORIZATION;
SELECT g.way, count(*) FILTER (WHERE g.rows = e.rows) AS "right", string_agg(DISTINCT g.sqlerror, '; ') AS errors
FROM got g JOIN expected e USING (person) GROUP BY g.way ORDER BY g.way;
-- prepared statements, and SET LOCAL, SET, RESET, ROLLBACK TO
SET SESSION AUTHORIZATION regress_same_rest;
PREPARE q AS SELECT count(*) FROM task;
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "ada"}';
EXECUTE q;
COMMIT;
EXECUTE q;
SET request.jwt.claims = '{"sub": "res"}';
EXECUTE q;
BEGIN;
SAVEPOINT s;
SET LOCAL request.jwt.claims = '{"sub": "ada"}';
EXECUTE q;
ROLLBACK TO s;
EXECUTE q;
COMMIT;
RESET request.jwt.claims;
EXECUTE q;
SELECT set_config('request.jwt.claims', '{"sub": "per"}', false) \g /dev/null
EXECUTE q;
-- a setting that changes while a plan is made does not keep it from hearing of the next change
RESET request.jwt.claims;
CREATE FUNCTION zero() RETURNS integer LANGUAGE plpgsql STABLE AS $$
BEGIN
    PERFORM set_config('request.jwt.claims', current_setting('request.jwt.claims'), false);
    RETURN 0;
END $$;
SET request.jwt.claims = '{"sub": "ada"}';
PREPARE z AS SELECT count(*) FROM task WHERE id > zero();
EXECUTE z;
SET request.jwt.claims = '{"sub": "res"}';
EXECUTE z;
EXECUTE z;
SET request.jwt.claims = '{"sub": "ada"}';
EXECUTE z;
SET request.jwt.claims = '{"sub": "per"}';
EXECUTE z;
-- another login in the same session
SET SESSION AUTHORIZATION regress_same_plain;
SET request.member = 'ada';
EXECUTE q;
SET SESSION AUTHORIZATION regress_same_mod;
EXECUTE q;
SET SESSION AUTHORIZATION regress_same_ada;
EXECUTE q;
RESET SESSION AUTHORIZATION;

--
-- A function in LANGUAGE sql is planned as a whole before a statement of it changes
-- who acts: the plans of the later ones are replaced. A cursor goes on for whom it
-- was opened.
--
SET SESSION AUTHORIZATION regress_same_rest;
SET request.jwt.claims = '{"sub": "ada"}';
CREATE FUNCTION late() RETURNS bigint LANGUAGE sql AS
$$ SELECT set_config('request.jwt.claims', '{"sub": "res"}', false); SELECT count(*) FROM app.task $$;
SELECT late();
SET request.jwt.claims = '{"sub": "ada"}';
BEGIN;
DECLARE c CURSOR FOR SELECT count(*) OVER () FROM task;
SET LOCAL request.jwt.claims = '{"sub": "res"}';
FETCH 1 FROM c;
EXECUTE q;
COMMIT;
RESET SESSION AUTHORIZATION;

\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_same;
SELECT format('DROP ROLE regress_same_%s', r) FROM unnest('{app,ada,cole,per,mod,res,whole,rest,plain}'::text[]) r \gexec
