-- Counters of the whole server: each is moved by what it names, and by nothing
-- else. The server is others' as well: what counts here is what was added.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE DATABASE regress_counters;
\c regress_counters
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
CREATE EXTENSION pgcrypto;
SET client_min_messages = warning;
CREATE ROLE regress_counters;
CREATE ROLE regress_counters_monitor;
SELECT clearance.trust_role('regress_counters');
SELECT clearance.create_account('Regress') AS account \gset
SELECT clearance.create_partner('Acme', 'moderate') AS acme \gset
SELECT clearance.add_member('ada', name => 'Ada', roles => '{account_admin}') AS ada \gset
SELECT clearance.add_member('max', name => 'Max', partner => :acme) AS max \gset
SELECT clearance.add_member('mia', name => 'Mia', partner => :acme) AS mia \gset
CREATE TABLE project (id integer PRIMARY KEY);
INSERT INTO project SELECT generate_series(1, 3);
CREATE TABLE task (id integer PRIMARY KEY, project_id integer, is_private boolean DEFAULT false, cost integer);
INSERT INTO task SELECT n, 1 + n % 3, n % 5 = 0, n FROM generate_series(1, 30) n;
CREATE TABLE step (id integer PRIMARY KEY, project_id integer, task_id integer REFERENCES task);
SELECT clearance.protect('project', 'project', 'id') > 0,
       clearance.protect('task', 'task', 'project_id', visibility => 'is_private', shared_values => '{false}', key => 'id') > 0,
       clearance.protect('step', 'document', 'project_id') > 0;
SELECT clearance.add_partner_to_project('1', :acme), clearance.add_member_to_project('1', :max);
SELECT clearance.create_action('task', 'view_cost');

GRANT SELECT, INSERT, UPDATE, DELETE ON project, task, step TO regress_counters;
ANALYZE;

CREATE TABLE before AS SELECT name, code, value FROM clearance.counters;
-- what was counted since the last call, but for an area
CREATE FUNCTION moved(besides text DEFAULT '') RETURNS TABLE (name text, code text, added bigint) LANGUAGE plpgsql SECURITY DEFINER AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT c.name, c.code, c.value - b.value FROM clearance.counters c JOIN before b USING (name, code)
        WHERE c.value <> b.value AND c.name <> besides ORDER BY 1, 2;
    UPDATE before b SET value = c.value FROM clearance.counters c WHERE (c.name, c.code) = (b.name, b.code);
END $$;
CREATE FUNCTION refused(statement text) RETURNS TABLE (error text, code text, added bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    constraint_name text;
BEGIN
    PERFORM moved();
    BEGIN
        EXECUTE statement;
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS constraint_name := CONSTRAINT_NAME;
        error := sqlstate || ' ' || constraint_name;
    END;
    RETURN QUERY SELECT e.error, m.name || ' ' || m.code, m.added FROM (SELECT refused.error) e
        LEFT JOIN moved() m ON m.name NOT IN ('scopes', 'plans', 'statements');
END $$;
-- its second statement is planned before somebody else acts: another plan takes its place
CREATE FUNCTION stale() RETURNS bigint LANGUAGE sql AS $$ SELECT clearance.set_actor(key => 'ada'); SELECT count(*) FROM task $$;
\set ECHO queries

-- Every code is there from the start, the refusals' are those of verdict_codes().
SELECT DISTINCT name FROM clearance.counters ORDER BY name;
SELECT count(*) FROM clearance.counters c FULL JOIN clearance.verdict_codes() v ON v.code = c.code
WHERE coalesce(c.name, 'refusals') = 'refusals' AND (v.code IS NULL OR c.code IS NULL OR v.meaning <> c.meaning);
SELECT count(*) FROM clearance.counters WHERE meaning IS NULL OR since IS NULL OR since > now() OR value < 0;

-- Statements on protected tables are counted, of others none.
SELECT count(*) FROM before WHERE value < 0;
SELECT relname FROM pg_class WHERE relname = 'task';
SELECT * FROM moved();
SELECT clearance.set_actor(key => 'ada', local => false) = :ada;
SELECT * FROM moved('scopes');
SELECT count(*) FROM task;
SELECT * FROM moved('scopes');
-- a prepared one is planned less often than it is started; EXPLAIN starts none
PREPARE one (integer) AS SELECT count(*) FROM project WHERE id = $1;
SET plan_cache_mode = force_generic_plan;
EXECUTE one(1);
EXECUTE one(1);
EXECUTE one(1);
SELECT * FROM moved('scopes');
DO $$ BEGIN PERFORM 1 FROM pg_class LIMIT 1; EXECUTE 'EXPLAIN SELECT FROM task'; END $$;
SELECT * FROM moved('scopes');
-- a foreign key asks by a statement of its own, and COPY is no statement of the planner's
INSERT INTO step VALUES (1, 2, 1);
SELECT * FROM moved('scopes');
COPY step FROM stdin;
2	2	\N
3	2	\N
\.
SELECT * FROM moved('scopes');

SELECT clearance.reset_actor();

-- What an actor may do is read once and kept, and read anew after a change.
SELECT clearance.set_actor(key => 'max', local => false) = :max;
SET ROLE regress_counters;
SELECT FROM moved() WHERE false;
SELECT id FROM project;
SELECT name, code, added > 0 FROM moved('plans');
SELECT id FROM project;
SELECT name, code, added > 0 FROM moved('plans');
RESET ROLE;
SELECT clearance.reset_actor();
SELECT clearance.add_member_to_project('1', :max);
SELECT clearance.set_actor(key => 'max', local => false) = :max;
SET ROLE regress_counters;
SELECT FROM moved() WHERE false;
SELECT id FROM project;
SELECT name, code, added > 0 FROM moved('plans');
RESET ROLE;
SET clearance.scope_cache = 0;
SET ROLE regress_counters;
SELECT id FROM project;
SELECT name, code, added > 0 FROM moved('plans');
RESET ROLE;
RESET clearance.scope_cache;

-- Plans that were made for somebody stay where somebody else acts.
SELECT clearance.set_actor(key => 'mia', local => false) = :mia;
SELECT * FROM moved('scopes');
SELECT clearance.set_actor(key => 'mia', local => false) = :mia;
SELECT * FROM moved('scopes');

--
-- Refusals, by the code that the error carries. The error may be caught: it counts.
--
SELECT clearance.set_actor(key => 'max', local => false) = :max;
SET ROLE regress_counters;
SELECT FROM moved() WHERE false;
SELECT * FROM refused('INSERT INTO task VALUES (100, 2)');
SELECT * FROM refused('INSERT INTO task VALUES (100, NULL)');
SELECT * FROM refused('INSERT INTO task VALUES (100, 1, true)');
SELECT * FROM refused('UPDATE task SET project_id = 2 WHERE id = 3');
-- what is only hidden, or asked about, is not refused
SELECT * FROM refused('DELETE FROM task WHERE project_id = 2');
SELECT * FROM refused('SELECT clearance.can(''task.create'', ''2'')');
SELECT * FROM refused('SELECT * FROM clearance.explain(''task'', ''3'', ''delete'')');
-- rolled back is not undone
BEGIN;
INSERT INTO task VALUES (100, 2);
ROLLBACK;
SELECT * FROM moved() WHERE name = 'refusals';
-- masked columns
RESET ROLE;
SELECT clearance.reset_actor();
SELECT clearance.mask_column('task', 'cost', 'view_cost');
SELECT clearance.set_actor(key => 'max', local => false) = :max;
SET ROLE regress_counters;
SELECT * FROM refused('UPDATE task SET cost = 5 WHERE id = 3');
SELECT * FROM refused('SELECT cost FROM task WHERE id = 3');
-- who acts as somebody else looks
SELECT clearance.set_actor(key => 'ada', local => false) = :ada;
RESET ROLE;
BEGIN;
SELECT clearance.set_actor(key => 'ada') = :ada;
SELECT clearance.act_as(:max);
SET LOCAL ROLE regress_counters;
SELECT * FROM refused('DELETE FROM task');
ROLLBACK;

--
-- Errors
--
SET ROLE regress_counters;
BEGIN;
SELECT * FROM refused('SELECT clearance.set_actor(key => ''max''), count(*) FROM task');
ROLLBACK;
SELECT clearance.set_actor(key => 'max', local => false) = :max;
SELECT FROM moved() WHERE false;
SELECT stale() > 0;
SELECT * FROM moved('statements') WHERE name IN ('errors', 'refusals');
SELECT * FROM refused('EXPLAIN SELECT FROM task');
SELECT * FROM refused('SELECT clearance.act_as(' || :mia || ')');
SELECT * FROM refused('SELECT clearance.set_actor(key => ''nobody at all'')');
RESET ROLE;
SELECT * FROM refused('ALTER TABLE task DISABLE ROW LEVEL SECURITY');
BEGIN;
SET LOCAL session_replication_role = replica;
SET LOCAL allow_system_table_mods = on;
UPDATE pg_class SET relrowsecurity = false WHERE relname = 'step';
SET LOCAL ROLE regress_counters;
SELECT * FROM refused('SELECT FROM step');
ROLLBACK;
-- others' errors are none of these
SELECT * FROM refused('SELECT 1 / 0');
SELECT * FROM refused('SELECT FROM nothing');

--
-- Tokens: accepted once, then remembered; refused, by what is wrong with them.
--
\set ECHO none
\set secret 'cmVncmVzc190b2tlbnMgc2VjcmV0LCAzMiBieXRlcyBvciBtb3Jl'
SELECT clearance.reset_actor();
SELECT clearance.add_token_key('rc', 'HS256', :'secret', 'https://issuer.example');
CREATE FUNCTION base64url(data bytea) RETURNS text LANGUAGE sql AS
$$ SELECT translate(encode(data, 'base64'), E'+/=\n', '-_') $$;
CREATE FUNCTION token(claims jsonb DEFAULT '{}', header jsonb DEFAULT '{}', secret text DEFAULT 'regress_tokens secret, 32 bytes or more') RETURNS text LANGUAGE sql AS $$
    SELECT m || '.' || base64url(hmac(m::bytea, secret::bytea, 'sha256'))
    FROM (SELECT base64url(convert_to(('{"alg": "HS256", "kid": "rc"}'::jsonb || header)::text, 'UTF8')) || '.' ||
                 base64url(convert_to(jsonb_strip_nulls(jsonb_build_object('iss', 'https://issuer.example', 'sub', 'max', 'aud', current_database(),
                     'exp', floor(extract(epoch FROM now())) + 600) || claims)::text, 'UTF8')) AS m) p
$$;
CREATE FUNCTION shift(seconds integer) RETURNS jsonb LANGUAGE sql AS $$ SELECT to_jsonb(floor(extract(epoch FROM now())) + seconds) $$;
CREATE FUNCTION tried(text) RETURNS TABLE (code text, added bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM moved();
    BEGIN
        PERFORM set_config('clearance.token', $1, true);
        EXECUTE 'SELECT FROM clearance.whoami()';
    EXCEPTION WHEN invalid_authorization_specification THEN NULL;
    END;
    RETURN QUERY SELECT m.name || ' ' || m.code, m.added FROM moved() m WHERE m.name LIKE 'tokens%' OR m.name = 'errors';
END $$;
CREATE TABLE good AS SELECT token() AS token;
\set ECHO queries
SELECT t.* FROM good, tried(good.token) t;
SELECT t.* FROM good, tried(good.token) t;
-- so are those of many, one after the other
CREATE TABLE many AS SELECT token(jsonb_build_object('jti', n)) FROM generate_series(1, 600) n;
SELECT count(*) FROM many, tried(many.token) t WHERE t.code = 'tokens accepted';
SELECT count(*) FROM many, tried(many.token) t WHERE t.code = 'tokens accepted';
SELECT * FROM tried('nonsense');
SELECT * FROM tried(token(header => '{"kid": "unknown"}'));
SELECT * FROM tried(token(header => '{"alg": "RS256"}'));
SELECT * FROM tried(token(secret => 'another secret'));
SELECT * FROM tried(token('{"sub": null}'));
SELECT * FROM tried(token('{"iss": "https://elsewhere.example"}'));
SELECT * FROM tried(token('{"aud": "elsewhere"}'));
SELECT * FROM tried(token(jsonb_build_object('exp', shift(999999))));
SELECT * FROM tried(token(jsonb_build_object('nbf', shift(500))));
SELECT * FROM tried(token(jsonb_build_object('exp', shift(-500))));
SELECT * FROM tried(token('{"role": "regress_counters_monitor"}'));
SELECT * FROM tried(token('{"role": "nobody has this name"}'));
SELECT * FROM tried(token('{"sub": "nobody"}'));
SELECT clearance.revoke_token_key('rc');
SELECT * FROM tried(token());

--
-- For superusers alone, until they grant it.
--
SET ROLE regress_counters;
SELECT count(*) FROM clearance.counters;
SELECT clearance.reset_counters();
SET ROLE regress_counters_monitor;
SELECT count(*) FROM clearance.counters;
RESET ROLE;
GRANT SELECT ON clearance.counters TO regress_counters_monitor;
GRANT EXECUTE ON FUNCTION clearance.counter_values TO regress_counters_monitor;
SET ROLE regress_counters_monitor;
SELECT count(*) > 0 FROM clearance.counters;
SELECT clearance.reset_counters();
RESET ROLE;

-- Partners and customers are told nothing, whatever the role that they come with may.
GRANT SELECT ON clearance.counters TO regress_counters;
GRANT EXECUTE ON FUNCTION clearance.counter_values, clearance.reset_counters TO regress_counters;
SELECT clearance.set_actor(key => 'max', local => false) = :max;
SET ROLE regress_counters;
SELECT count(*) FROM clearance.counters;
SELECT clearance.reset_counters();
RESET ROLE;
SELECT clearance.set_actor(key => 'ada', local => false) = :ada;
SET ROLE regress_counters;
SELECT count(*) > 0 FROM clearance.counters;
RESET ROLE;
SELECT clearance.reset_actor();

-- A reset sets all to zero, and says when.
SELECT clearance.set_actor(key => 'max', local => false) = :max;
SET ROLE regress_counters;
INSERT INTO task VALUES (100, 2);
RESET ROLE;
SELECT value > 0 FROM clearance.counters WHERE (name, code) = ('refusals', 'no_way_in');
CREATE TABLE begun AS SELECT clearance.reset_counters() AS since;
SELECT count(*) FROM clearance.counters c JOIN begun b ON c.since <> b.since OR c.value <> 0;
SET ROLE regress_counters;
INSERT INTO task VALUES (100, 2);
RESET ROLE;
SELECT name, code, value FROM clearance.counters WHERE value <> 0 AND name <> 'scopes' ORDER BY 1, 2;

-- nothing stays behind
\set ECHO none
SELECT clearance.distrust_role('regress_counters');
DROP OWNED BY regress_counters, regress_counters_monitor;
\c postgres
DROP DATABASE regress_counters;
DROP ROLE regress_counters, regress_counters_monitor;
