-- A project that a statement creates is the creator's for the rest of the
-- statement, from the moment its row is in the table; if the row does not come
-- there, or the project does not become the creator's, nothing was its own.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_new;
CREATE SCHEMA regress_new;
GRANT USAGE ON SCHEMA regress_new TO regress_new;
SET LOCAL search_path = regress_new;
SELECT clearance.trust_role('regress_new');
SELECT clearance.create_account('Regress', key => 'regress') AS account \gset
SELECT clearance.create_level('founder', 'vendor') > 0;
SELECT clearance.allow('founder', f, a) FROM unnest('{project,task}'::text[]) f, unnest('{view,create,edit}'::text[]) a;
SELECT clearance.create_role('founder', access_level => 'founder') > 0;
SELECT clearance.add_member('vera', roles => '{founder}') > 0, clearance.add_member('otto', roles => '{founder}') > 0;
CREATE TABLE project (id integer PRIMARY KEY, name text UNIQUE, color text);
CREATE TABLE "Task" (id integer PRIMARY KEY, "the project" integer, title text);
-- a project of otto's; tasks of projects that nobody has registered
SELECT clearance.protect('project', 'project', project => 'id') > 0, clearance.protect('"Task"', 'task', project => 'the project') > 0;
SELECT clearance.set_actor(key => 'otto') > 0;
INSERT INTO project VALUES (1, 'one');
SELECT clearance.reset_actor();
INSERT INTO "Task" VALUES (1, 1, 'of otto'), (7, 7, 'of nobody'), (8, 8, 'of nobody'), (9, 9, 'of nobody');
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA regress_new TO regress_new;
SELECT clearance.set_actor(key => 'vera') > 0;
SET LOCAL ROLE regress_new;

-- Created and filled in one statement: one project, several, by a function, in every order that PostgreSQL has.
WITH p AS (INSERT INTO project VALUES (11, 'eleven') RETURNING id)
INSERT INTO "Task" SELECT 11, id, 'first' FROM p RETURNING id, "the project", title;
WITH p AS (INSERT INTO project SELECT n, n::text FROM generate_series(12, 14) n RETURNING id),
     t AS (INSERT INTO "Task" SELECT p.id * 10 + n, p.id, 'filled' FROM p, generate_series(1, 2) n RETURNING *)
SELECT "the project", count(*) FROM t GROUP BY 1 ORDER BY 1;
CREATE FUNCTION pg_temp.found(integer) RETURNS text LANGUAGE sql AS $$
    WITH p AS (INSERT INTO project VALUES ($1, $1::text) RETURNING id)
    INSERT INTO "Task" SELECT $1, id, 'by a function' FROM p RETURNING title
$$;
SELECT pg_temp.found(n) FROM generate_series(15, 16) n;
PREPARE found AS WITH p AS (INSERT INTO project VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id)
INSERT INTO "Task" SELECT $1, id, $2 FROM p RETURNING title;
EXECUTE found(17, 'prepared');
EXECUTE found(17, 'again');
SELECT array_agg(id ORDER BY id), (SELECT array_agg(DISTINCT "the project" ORDER BY "the project") FROM "Task") FROM project;
-- before the row is there it is nobody's (the last part of a WITH that nothing asks for comes first)
WITH t AS (INSERT INTO "Task" VALUES (90, 19, 'late')), p AS (INSERT INTO project VALUES (19, 'early')) SELECT;
WITH p AS (INSERT INTO project VALUES (20, 'late')), t AS (INSERT INTO "Task" VALUES (91, 20, 'early')) SELECT;
-- what a statement creates it does not change
WITH p AS (INSERT INTO project VALUES (9, 'nine') RETURNING id)
UPDATE "Task" SET title = 'mine' FROM p WHERE "the project" = p.id RETURNING title;

-- The row is skipped: its key is free, but another column conflicts.
WITH p AS (INSERT INTO project VALUES (7, 'one') ON CONFLICT DO NOTHING RETURNING id)
INSERT INTO "Task" SELECT 70, 7, 'planted' FROM (SELECT count(*) FROM p) c RETURNING title;
WITH p AS (INSERT INTO project VALUES (7, 'one') ON CONFLICT DO NOTHING RETURNING id)
SELECT title FROM "Task" WHERE "the project" = 7 AND (SELECT count(*) FROM p) = 0;
INSERT INTO project VALUES (7, 'one') ON CONFLICT (name) DO UPDATE SET color = 'red';

-- … or a trigger of the application's drops it, or gives it another key.
RESET ROLE;
CREATE FUNCTION regress_new.sort_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.id := CASE NEW.id WHEN 8 THEN 80 ELSE NEW.id END;
    RETURN CASE WHEN NEW.id <> 7 THEN NEW END;
END
$$;
CREATE TRIGGER sort_out BEFORE INSERT ON project FOR EACH ROW EXECUTE FUNCTION sort_out();
CREATE FUNCTION regress_new.tell(text) RETURNS boolean LANGUAGE plpgsql COST 0.001 AS $$ BEGIN RAISE WARNING 'told: %', $1; RETURN true; END $$;
SET LOCAL ROLE regress_new;
WITH p AS (INSERT INTO project VALUES (7, 'seven') RETURNING id)
INSERT INTO "Task" SELECT 70, 7, 'planted' FROM (SELECT count(*) FROM p) c RETURNING title;
WITH p AS (INSERT INTO project VALUES (7, 'seven') RETURNING id)
SELECT title FROM "Task", (SELECT count(*) FROM p) c WHERE "the project" = 7 AND regress_new.tell(title);
WITH p AS (INSERT INTO project VALUES (8, 'eight') RETURNING id)
INSERT INTO "Task" SELECT 70, 8, 'planted' FROM (SELECT count(*) FROM p) c RETURNING title;
WITH p AS (INSERT INTO project VALUES (8, 'eight') RETURNING id)
SELECT title FROM "Task", (SELECT count(*) FROM p) c WHERE "the project" = 8 AND regress_new.tell(title);
RESET ROLE;
DROP TRIGGER sort_out ON project;

-- The project comes to another account than the statement took it for: by a
-- trigger, where row security does not bind whoever writes the project.
SELECT clearance.reset_actor();
SELECT clearance.create_account('Other', key => 'other') AS other \gset
CREATE TABLE deal (id text PRIMARY KEY, account text);
CREATE TABLE file (id integer PRIMARY KEY, deal text);
GRANT SELECT, INSERT ON deal, file TO regress_new;
SELECT clearance.protect('deal', 'project', project => 'id', account => 'account', force => false) > 0, clearance.protect('file', 'task', project => 'deal') > 0;
ALTER TABLE deal OWNER TO regress_new;
CREATE FUNCTION regress_new.give_away() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.account := 'other'; RETURN NEW; END $$;
SELECT clearance.set_actor(key => 'vera', account => :account) > 0;
SET LOCAL ROLE regress_new;
WITH d AS (INSERT INTO deal VALUES ('d-1', 'regress') RETURNING id) INSERT INTO file SELECT 1, id FROM d RETURNING *;
\set VERBOSITY terse
WITH d AS (INSERT INTO deal VALUES ('d-2', 'other') RETURNING id) INSERT INTO file SELECT 2, id FROM d RETURNING *;
RESET ROLE;
CREATE TRIGGER give_away BEFORE INSERT ON deal FOR EACH ROW EXECUTE FUNCTION give_away();
SET LOCAL ROLE regress_new;
WITH d AS (INSERT INTO deal VALUES ('d-3', 'regress') RETURNING id) INSERT INTO file SELECT 3, id FROM d RETURNING *;
\set VERBOSITY default
RESET ROLE;
SELECT * FROM file ORDER BY id;
ROLLBACK;
