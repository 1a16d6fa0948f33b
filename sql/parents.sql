-- Rows that are seen with what they belong to: how much of that is read for a
-- query, and that it makes no difference which way. In a database of its own,
-- since the whole-table plans need what is committed.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE DATABASE regress_parents;
\c regress_parents
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
CREATE ROLE regress_parents;
SELECT clearance.trust_role('regress_parents');
GRANT SET ON PARAMETER clearance.simplify, clearance.external_explain TO regress_parents;
\o /dev/null
SELECT clearance.create_account('Regress');
SELECT clearance.add_member(key => 1, name => 'Ada', roles => '{account_admin}') AS ada \gset
SELECT clearance.add_member(key => 2, name => 'Cole', roles => '{collaborator}') AS cole \gset
SELECT clearance.create_partner(name => 'Moderate', access_level => 'moderate') AS partner \gset
SELECT clearance.add_member(key => 3, name => 'Mo', partner => :partner, partner_admin => true) AS mo \gset
SELECT clearance.create_partner(name => 'Restricted', access_level => 'restricted') AS restricted \gset
SELECT clearance.add_member(key => 4, name => 'Ria', partner => :restricted, partner_admin => true) AS ria \gset
SELECT clearance.create_feature(f) FROM unnest('{paper,remark,note,shelf}'::text[]) f;
SELECT clearance.allow('moderate', f, a, visibility => 'shared') FROM unnest('{paper,remark,note,shelf}'::text[]) f, unnest('{view,create}'::text[]) a;
SELECT clearance.allow('restricted', 'paper', 'view', relation => 'assigned'), clearance.allow('restricted', 'remark', 'view');
SELECT clearance.allow('collaborator', f, 'view') FROM unnest('{paper,remark,note,shelf}'::text[]) f;
\o

-- 40 projects with 100 papers each, a fifth of them private; remarks on papers,
-- notes that have a project beside their paper, readers that are assigned.
CREATE SCHEMA app;
SET search_path = app;
CREATE TABLE project (id integer PRIMARY KEY, name text);
INSERT INTO project SELECT n, 'p' || n FROM generate_series(1, 40) n;
CREATE TABLE paper (gone text, id bigint PRIMARY KEY, project integer NOT NULL REFERENCES project, hidden boolean NOT NULL, title text);
INSERT INTO paper SELECT 'x', n, 1 + n % 40, n % 5 = 0, 'paper ' || n FROM generate_series(1, 4000) n;
ALTER TABLE paper DROP COLUMN gone;
CREATE INDEX ON paper (project);
CREATE TABLE reader (paper bigint NOT NULL REFERENCES paper, member integer NOT NULL, PRIMARY KEY (paper, member));
INSERT INTO reader SELECT n, 4 FROM generate_series(1, 4000, 40) n;
INSERT INTO reader SELECT n, 5 FROM generate_series(1, 4000, 10) n;
CREATE INDEX ON reader (member);
CREATE TABLE remark (id integer PRIMARY KEY, paper bigint NOT NULL REFERENCES paper, author integer, made date NOT NULL);
INSERT INTO remark SELECT n, 1 + n * 7 % 4000, n % 500, date '2025-01-01' + n FROM generate_series(1, 8000) n;
CREATE INDEX ON remark (paper);
CREATE INDEX ON remark (author);
CREATE INDEX ON remark (made);
CREATE TABLE note (id integer PRIMARY KEY, project integer NOT NULL REFERENCES project, paper bigint REFERENCES paper, hidden boolean NOT NULL);
INSERT INTO note SELECT n, 1 + n % 40, CASE WHEN n % 3 > 0 THEN n END, n % 7 = 0 FROM generate_series(1, 4000) n;
CREATE INDEX ON note (project);
\o /dev/null
SELECT clearance.protect('project', 'project', project => 'id');
SELECT clearance.protect('paper', 'paper', project => 'project', visibility => 'hidden', shared_values => '{false}');
SELECT clearance.relate('paper', 'assigned', member_column => 'member', link => 'reader', link_column => 'paper');
SELECT clearance.protect('remark', 'remark'), clearance.add_parent('remark', 'paper', 'paper');
SELECT clearance.protect('note', 'note', project => 'project', visibility => 'hidden', shared_values => '{false}');
SELECT clearance.add_parent('note', 'paper', 'paper', optional => true);
SELECT clearance.add_partner_to_project(n, p) FROM generate_series(1, 5) n, unnest(ARRAY[:partner, :restricted]::bigint[]) p;
SELECT clearance.add_member_to_project(n, :cole) FROM generate_series(1, 20) n;
\o
GRANT USAGE, CREATE ON SCHEMA app TO regress_parents;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA app TO regress_parents;
VACUUM ANALYZE;

-- what a query gives, by simplified plans and without, and how many rows of papers were read for the first
CREATE FUNCTION rows_read(relation regclass) RETURNS bigint LANGUAGE sql AS $$
    SELECT sum(CASE WHEN r = relation THEN pg_stat_get_xact_tuples_returned(r) ELSE 0 END + pg_stat_get_xact_tuples_fetched(r))
    FROM (SELECT relation::oid UNION ALL SELECT indexrelid FROM pg_index WHERE indrelid = relation) x (r)
$$;
CREATE FUNCTION reads(query text, relation regclass DEFAULT 'paper') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before bigint := rows_read(relation);
    result text;
    simple text;
BEGIN
    EXECUTE query INTO result;
    before := rows_read(relation) - before;
    SET LOCAL clearance.simplify = off;
    EXECUTE query INTO simple;
    SET LOCAL clearance.simplify = on;
    RETURN format('%s%s, %s read', result, CASE WHEN simple IS DISTINCT FROM result THEN ' but ' || coalesce(simple, 'NULL') || ' without' END, before);
END $$;
-- whether nothing, keys one by one, or a set of keys is tested
CREATE FUNCTION tests(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    tested text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        IF line ~ '(Filter|Cond):' THEN
            tested := tested || CASE WHEN tested <> '' THEN '; ' ELSE '' END
                || regexp_replace(btrim(line), '(in_set|set_keys|permitted|visible)\([^()]*\)', '\1(...)', 'g');
        END IF;
    END LOOP;
    RETURN coalesce(nullif(tested, ''), 'nothing');
END $$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA app TO regress_parents;
SET SESSION AUTHORIZATION regress_parents;
SET clearance.external_explain = on;

--
-- Few rows: what they belong to is found by its key, each once, whoever asks and
-- however the query comes by them.
--
SELECT clearance.set_actor(id => :mo, local => false) = :mo;
SELECT reads('SELECT count(*) FROM remark WHERE id IN (1, 2, 3)');
SELECT reads('SELECT count(*) FROM remark WHERE paper IN (1, 2, 3)');
SELECT reads('SELECT count(*) FROM remark WHERE paper < 4');
SELECT reads('SELECT count(*) FROM remark WHERE author = 7');
SELECT reads('SELECT count(*) FROM remark r JOIN (VALUES (1), (2)) v (id) ON r.paper = v.id');
SELECT reads('SELECT count(*) FROM (SELECT * FROM remark ORDER BY made DESC LIMIT 3) r') ~ ', [1-9][0-9]? read';
SELECT reads('SELECT count(*) FROM reader WHERE member = 5 AND paper < 40');
SELECT reads('SELECT count(*) FROM note WHERE id < 10');
SELECT clearance.set_actor(id => :ria, local => false) = :ria;
SELECT reads('SELECT count(*) FROM remark WHERE id IN (1, 2, 3)');
SELECT clearance.set_actor(id => :cole, local => false) = :cole;
SELECT reads('SELECT count(*) FROM remark WHERE id IN (1, 2, 3)');
SELECT clearance.reset_actor();
SELECT reads('SELECT count(*) FROM remark WHERE id IN (1, 2, 3)');

--
-- Many rows: all that the actor's projects hold is read once, here 500 of 4,000
-- papers, or that and half as many again where the plan did not expect it. What is
-- related to the actor is found by that.
--
SELECT clearance.set_actor(id => :mo, local => false) = :mo;
SELECT reads('SELECT count(*) FROM remark');
SELECT reads('SELECT count(*) FROM note');
SELECT reads('SELECT count(*) FROM reader');
SELECT clearance.set_actor(id => :ria, local => false) = :ria;
SELECT reads('SELECT count(*) FROM remark');
SELECT clearance.set_actor(id => :cole, local => false) = :cole;
SELECT reads('SELECT count(*) FROM remark');
-- a plan that expected few of them reads no more than twice that
SELECT reads('SELECT count(*) FROM (SELECT * FROM remark ORDER BY made OFFSET 1 LIMIT 100000) r') ~ ', [1-4][0-9]{3} read';

--
-- Verdicts take no more memory than a hash join; beyond that they are forgotten.
--
SET work_mem = '64kB';
SET hash_mem_multiplier = 1;
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
SELECT reads('SELECT count(*) FROM (SELECT 1 FROM remark FOR KEY SHARE) r') ~ '^8000, [0-9]{5} read';
RESET work_mem;
RESET hash_mem_multiplier;

--
-- Where one class of rights decides, the row's own part is a test that the planner
-- knows, and nothing else is asked.
--
SELECT clearance.set_actor(id => :mo, local => false) = :mo;
SELECT tests('SELECT * FROM remark WHERE id IN (1, 2, 3)');
SELECT tests('SELECT * FROM note WHERE id IN (1, 2, 3)');
SELECT tests('SELECT * FROM reader WHERE member = 5');
SELECT tests('SELECT * FROM remark WHERE paper IN (1, 2, 3)');
SELECT tests('SELECT * FROM remark WHERE paper = 1');

--
-- Who sees all papers, and is sure that they are there, tests nothing of what
-- belongs to them. Collaborators on every project test.
--
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
SELECT tests('SELECT * FROM remark'), tests('SELECT * FROM note'), tests('SELECT * FROM reader');
SELECT reads('SELECT count(*) FROM remark'), reads('SELECT count(*) FROM note'), reads('SELECT count(*) FROM reader');
SELECT tests('SELECT * FROM remark FOR UPDATE');
PREPARE remarks AS SELECT count(*) FROM remark;
EXECUTE remarks;
SELECT clearance.set_actor(id => :mo, local => false) = :mo;
EXECUTE remarks;
RESET SESSION AUTHORIZATION;
-- a reference that is not sure
ALTER TABLE remark DROP CONSTRAINT remark_paper_fkey;
INSERT INTO remark VALUES (9001, 9999, 1, '2025-01-01');
ALTER TABLE remark ADD FOREIGN KEY (paper) REFERENCES paper NOT VALID;
SET SESSION AUTHORIZATION regress_parents;
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
SELECT tests('SELECT * FROM remark'), reads('SELECT count(*) FROM remark');
RESET SESSION AUTHORIZATION;
DELETE FROM remark WHERE id = 9001;
ALTER TABLE remark VALIDATE CONSTRAINT remark_paper_fkey;
-- a key that deletes: a trigger may have kept rows from going with their paper
ALTER TABLE remark DROP CONSTRAINT remark_paper_fkey;
ALTER TABLE remark ADD FOREIGN KEY (paper) REFERENCES paper ON DELETE CASCADE;
SET SESSION AUTHORIZATION regress_parents;
SELECT tests('SELECT * FROM remark'), reads('SELECT count(*) FROM remark');
RESET SESSION AUTHORIZATION;
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER keep BEFORE DELETE ON remark FOR EACH ROW EXECUTE FUNCTION keep();
INSERT INTO paper (id, project, hidden) VALUES (9999, 1, false);
INSERT INTO remark VALUES (9001, 9999, 1, '2025-01-01');
DELETE FROM paper WHERE id = 9999;
DROP TRIGGER keep ON remark;
SET SESSION AUTHORIZATION regress_parents;
SELECT reads('SELECT count(*) FROM remark'), reads('SELECT count(*) FROM remark WHERE id > 9000');
RESET SESSION AUTHORIZATION;
DELETE FROM remark WHERE id = 9001;
ALTER TABLE remark DROP CONSTRAINT remark_paper_fkey;
ALTER TABLE remark ADD FOREIGN KEY (paper) REFERENCES paper;
-- a parent that is required, and may be null
ALTER TABLE remark ALTER paper DROP NOT NULL;
INSERT INTO remark VALUES (9001, NULL, 1, '2025-01-01');
SET SESSION AUTHORIZATION regress_parents;
SELECT tests('SELECT * FROM remark'), reads('SELECT count(*) FROM remark');
RESET SESSION AUTHORIZATION;
DELETE FROM remark WHERE id = 9001;
ALTER TABLE remark ALTER paper SET NOT NULL;
-- a feature that is switched off for a project closes its remarks, not the papers
SET SESSION AUTHORIZATION regress_parents;
SELECT tests('SELECT * FROM remark'), reads('SELECT count(*) FROM remark');
RESET SESSION AUTHORIZATION;
SELECT clearance.set_project_feature(1, 'remark', false);
SET SESSION AUTHORIZATION regress_parents;
SELECT clearance.set_actor(id => :mo, local => false) = :mo;
SELECT reads('SELECT count(*) FROM remark'), reads('SELECT count(*) FROM remark WHERE id < 4'), reads('SELECT count(*) FROM paper');
RESET SESSION AUTHORIZATION;
SELECT clearance.reset_actor();
SELECT clearance.set_project_feature(1, 'remark', true);

--
-- Below several parents a row without a project is judged by the rule too, which
-- sees to it that they are in one.
--
CREATE TABLE answer (id integer PRIMARY KEY, remark integer NOT NULL, above integer);
INSERT INTO answer SELECT n, n, CASE WHEN n % 2 = 0 THEN n - 1 END FROM generate_series(1, 200) n;
\o /dev/null
SELECT clearance.protect('answer', 'remark'), clearance.add_parent('answer', 'remark', 'remark'),
    clearance.add_parent('answer', 'above', 'answer', optional => true);
\o
GRANT SELECT ON answer TO regress_parents;
ANALYZE answer;
SET SESSION AUTHORIZATION regress_parents;
SELECT clearance.set_actor(id => :cole, local => false) = :cole;
SELECT tests('SELECT * FROM answer WHERE id < 9'), reads('SELECT count(*) FROM answer WHERE id < 9'), reads('SELECT count(*) FROM answer WHERE remark < 9');
RESET SESSION AUTHORIZATION;
SELECT clearance.reset_actor();

--
-- Trees are walked up by key, however deep; circles stay closed.
--
CREATE TABLE shelf (id integer PRIMARY KEY, project integer NOT NULL, above integer, hidden boolean NOT NULL);
INSERT INTO shelf SELECT n, 1, nullif(n - 1, 0), n = 15000 FROM generate_series(1, 20000) n;
INSERT INTO shelf VALUES (30001, 1, 30003, false), (30002, 1, 30001, false), (30003, 1, 30002, false), (30004, 1, 30004, false), (30005, 1, 30001, false);
CREATE INDEX ON shelf (project);
\o /dev/null
SELECT clearance.protect('shelf', 'shelf', project => 'project', visibility => 'hidden', shared_values => '{false}');
SELECT clearance.add_parent('shelf', 'above', 'shelf', optional => true);
\o
GRANT SELECT ON shelf TO regress_parents;
VACUUM ANALYZE shelf;
SET SESSION AUTHORIZATION regress_parents;
SELECT clearance.set_actor(id => :mo, local => false) = :mo;
SELECT reads('SELECT count(*) FROM shelf WHERE id = 10', 'shelf'), reads('SELECT count(*) FROM shelf WHERE id IN (10, 11, 12)', 'shelf');
SELECT reads('SELECT count(*) FROM shelf WHERE id IN (14999, 20000)', 'shelf') ~ '^1, ';
SELECT reads('SELECT count(*) FROM shelf', 'shelf') ~ '^14999, ';
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
SELECT reads('SELECT count(*) FROM shelf', 'shelf') ~ '^20000, ', reads('SELECT count(*) FROM shelf WHERE id > 30000', 'shelf') ~ '^0, \d{1,2} read$';
RESET SESSION AUTHORIZATION;

--
-- No code of the table's owner runs on the way: predicates and expressions of
-- indexes are not even looked at.
--
CREATE FUNCTION told(bigint) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RAISE WARNING ''code of the owner runs''; RETURN true; END';
SET client_min_messages = error;
CREATE UNIQUE INDEX ON paper (id) WHERE told(id);
CREATE INDEX ON paper (project) WHERE told(id);
CREATE UNIQUE INDEX ON paper ((CASE WHEN told(id) THEN id END));
SET client_min_messages = warning;
SET SESSION AUTHORIZATION regress_parents;
SELECT clearance.set_actor(id => :mo, local => false) = :mo;
SELECT count(*) FROM remark WHERE id IN (1, 2, 3);
SELECT count(*) FROM remark;
RESET SESSION AUTHORIZATION;
DROP FUNCTION told CASCADE;

--
-- It makes no difference which key the table has and which index on it, nor how it
-- is called: here texts, uuids and small integers, keys that are unique later or
-- by a collation that takes more for equal, partitions, children.
--
CREATE FUNCTION try(name text, key text, more text DEFAULT '', child text DEFAULT '') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
    cast_to text := split_part(key, ' ', 1);
BEGIN
    EXECUTE format('CREATE TABLE "Odd ""parent" ("the key" %s, project integer NOT NULL, hidden boolean NOT NULL) %s', key, child);
    EXECUTE format('CREATE TABLE "Odd ""child" (id integer PRIMARY KEY, "of" %s NOT NULL)', cast_to);
    IF child <> '' THEN
        CREATE TABLE "Odd one" PARTITION OF "Odd ""parent" DEFAULT;
    END IF;
    EXECUTE more;
    EXECUTE format('INSERT INTO "Odd ""parent" SELECT %s, 1 + n %% 20, n %% 5 = 0 FROM generate_series(1, 200) n',
        CASE cast_to WHEN 'uuid' THEN 'md5(n::text)::uuid' WHEN 'text' THEN $q$'Key ' || n$q$ ELSE 'n' END);
    INSERT INTO "Odd ""child" SELECT row_number() OVER (), "the key" FROM "Odd ""parent";
    ANALYZE "Odd ""parent", "Odd ""child";
    PERFORM clearance.protect('"Odd ""parent"', 'paper', project => 'project', visibility => 'hidden', shared_values => '{false}', key => 'the key'),
        clearance.protect('"Odd ""child"', 'remark'), clearance.add_parent('"Odd ""child"', 'of', '"Odd ""parent"');
    GRANT SELECT ON "Odd ""child" TO regress_parents;
    SET LOCAL ROLE regress_parents;
    result := reads('SELECT count(*) FROM "Odd ""child" WHERE id < 11', '"Odd ""parent"') || '; '
        || regexp_replace(reads('SELECT count(*) FROM "Odd ""child"', '"Odd ""parent"'), ',.*', '');
    RESET ROLE;
    PERFORM clearance.unprotect('"Odd ""child"'), clearance.unprotect('"Odd ""parent"');
    DROP TABLE "Odd ""child", "Odd ""parent" CASCADE;
    RETURN format('%s: %s', name, CASE WHEN result ~ ', 10 read' THEN result ELSE regexp_replace(result, ', [0-9]+ read', ', by queries') END);
END $$;
CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE DOMAIN number AS integer;
SELECT clearance.set_actor(id => :mo, local => false) = :mo;
SELECT try('smallint', 'smallint PRIMARY KEY');
SELECT try('text', 'text PRIMARY KEY');
SELECT try('uuid', 'uuid PRIMARY KEY');
SELECT try('domain', 'number PRIMARY KEY');
SELECT try('unique at the end', 'integer UNIQUE DEFERRABLE INITIALLY DEFERRED');
SELECT try('loose', 'text COLLATE loose PRIMARY KEY');
SELECT try('partitions', 'integer PRIMARY KEY', '', 'PARTITION BY RANGE ("the key")');
SELECT try('children', 'integer PRIMARY KEY', 'CREATE TABLE "Odd more" () INHERITS ("Odd ""parent"); INSERT INTO "Odd more" VALUES (300, 1, false)');

--
-- What is open for a query is closed with it: a cursor that is read across a
-- savepoint, errors that are caught on the way, tables that are changed after it.
--
SET SESSION AUTHORIZATION regress_parents;
CREATE FUNCTION fails(remark) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF clearance.can_row('view', $1) AND $1.id % 2 = 0 THEN
        RAISE division_by_zero;
    END IF;
    RETURN true;
EXCEPTION WHEN division_by_zero THEN
    RETURN false;
END $$;
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT r.id, fails(r) FROM remark r WHERE id < 100 ORDER BY id;
FETCH 1 FROM c;
SAVEPOINT s;
FETCH 1 FROM c;
ROLLBACK TO s;
FETCH 2 FROM c;
MOVE ABSOLUTE 0 FROM c;
FETCH 2 FROM c;
COMMIT;
SELECT count(*), count(*) FILTER (WHERE fails(r)) FROM remark r WHERE id < 100;
BEGIN;
SELECT count(*) FROM remark WHERE id < 100;
RESET SESSION AUTHORIZATION;
ALTER TABLE paper ADD COLUMN more text DEFAULT 'm';
SET SESSION AUTHORIZATION regress_parents;
SELECT count(*) FROM remark WHERE id < 100;
ROLLBACK;

--
-- New rows: each parent is judged once a statement. (The foreign key reads it for
-- each row.)
--
SELECT clearance.set_actor(id => :mo, local => false) = :mo;
CREATE FUNCTION adds(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before bigint := rows_read('paper');
    added bigint;
BEGIN
    EXECUTE sql;
    GET DIAGNOSTICS added = ROW_COUNT;
    RETURN format('%s rows, %s read', added, rows_read('paper') - before);
END $$;
BEGIN;
SELECT adds('INSERT INTO remark SELECT 10000 + n, CASE WHEN n % 2 = 0 THEN 1 ELSE 2 END, 3, ''2025-01-01'' FROM generate_series(1, 1000) n');
ROLLBACK;
INSERT INTO remark VALUES (10000, 1, 3, '2025-01-01'), (10001, 5, 3, '2025-01-01');
RESET SESSION AUTHORIZATION;

\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_parents;
DROP OWNED BY regress_parents;
DROP ROLE regress_parents;
