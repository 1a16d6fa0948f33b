-- What a foreign key asks, removes and sets is not judged for the actor, and nothing
-- else is unjudged because it runs within: everybody's own tables have keys, triggers,
-- constraints and defaults. The server runs that without row security for whoever owns
-- a table, a view's and a SECURITY DEFINER function's owner too.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE ROLE regress_key_owner;
CREATE ROLE regress_key_pat;
CREATE SCHEMA regress_key AUTHORIZATION regress_key_owner;
CREATE SCHEMA regress_key_pat AUTHORIZATION regress_key_pat;
SELECT clearance.create_account('Regress keys', key => 'regress-keys') AS account \gset
SELECT clearance.create_level('regress_key', 'partner', account => :account) > 0;
SELECT count(clearance.allow('regress_key', 'task', a, visibility => 'shared', account => :account)) FROM unnest('{view,create,edit,delete}'::text[]) a;
SELECT clearance.create_partner('Bolt', 'regress_key', account => :account) AS bolt \gset
SELECT clearance.add_member('pat', partner => :bolt, partner_admin => true, account => :account) AS pat \gset
SELECT clearance.map_role('regress_key_pat', member => :pat);
SELECT clearance.create_project('rk', :account) > 0;
SELECT clearance.add_partner_to_project('rk', :bolt);

-- An ordinary role owns the tables: Pat sees four tasks of six, and one note of two.
SET SESSION AUTHORIZATION regress_key_owner;
SET search_path = regress_key;
CREATE TABLE task (id integer PRIMARY KEY, project text NOT NULL DEFAULT 'rk', is_private boolean NOT NULL, title text);
INSERT INTO task (id, is_private, title) SELECT i, i > 4, 'title ' || i FROM generate_series(1, 6) i;
CREATE TABLE note (id integer PRIMARY KEY, project text NOT NULL DEFAULT 'rk', is_private boolean NOT NULL, body text,
    task_id integer REFERENCES task ON DELETE CASCADE ON UPDATE CASCADE);
INSERT INTO note (id, is_private, body, task_id) VALUES (1, false, 'open', 4), (2, true, 'secret', 4);
CREATE VIEW titles AS SELECT id, title FROM task;
CREATE VIEW own_titles WITH (security_invoker = on) AS SELECT id, title FROM task;
CREATE FUNCTION count_titles() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ BEGIN RETURN (SELECT count(*) FROM regress_key.task); END $$;
GRANT USAGE ON SCHEMA regress_key TO PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA regress_key TO regress_key_pat;
RESET SESSION AUTHORIZATION;
SELECT clearance.protect(t, 'task', project => 'project', visibility => 'is_private', shared_values => '{false}') > 0
FROM unnest('{regress_key.task,regress_key.note}'::regclass[]) t;

--
-- Keys of one's own: whatever code runs within sees what its author sees elsewhere.
--
SET SESSION AUTHORIZATION regress_key_pat;
SET search_path = regress_key_pat;
CREATE TABLE seen (i serial, road text, by_view bigint, by_function bigint);
CREATE FUNCTION look(road text) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO regress_key_pat.seen (road, by_view, by_function) SELECT road, (SELECT count(*) FROM regress_key.titles), regress_key.count_titles();
    RETURN 1;
END $$;
CREATE FUNCTION spy(road text) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN regress_key_pat.look(road); END $$;
CREATE FUNCTION spy(road text, value integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN PERFORM regress_key_pat.look(road); RETURN value; END $$;
CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM regress_key_pat.look(TG_ARGV[0]); RETURN coalesce(NEW, OLD); END $$;
-- what a road saw, and what is seen after it, by plans that it left; then nothing is planned
CREATE FUNCTION told() RETURNS TABLE (told text) LANGUAGE sql AS $$
    SELECT regress_key_pat.look('afterwards');
    SELECT DISTINCT road || ': ' || concat_ws(' ', by_view, by_function) FROM regress_key_pat.seen ORDER BY 1;
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$ BEGIN DELETE FROM regress_key_pat.seen; DISCARD PLANS; END $$;
SELECT told();
CREATE TABLE own (id integer PRIMARY KEY);

-- triggers, of rows and of statements
CREATE TABLE with_triggers (own integer REFERENCES own ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TRIGGER b BEFORE UPDATE ON with_triggers FOR EACH ROW EXECUTE FUNCTION look('before a row is changed');
CREATE TRIGGER c AFTER UPDATE ON with_triggers FOR EACH ROW EXECUTE FUNCTION look('after');
CREATE TRIGGER a BEFORE DELETE ON with_triggers FOR EACH STATEMENT EXECUTE FUNCTION look('before rows are removed');
CREATE TRIGGER d BEFORE DELETE ON with_triggers FOR EACH ROW EXECUTE FUNCTION look('before a row is removed');
INSERT INTO own VALUES (1);
INSERT INTO with_triggers VALUES (1);
CALL forget();
UPDATE own SET id = 2;
SELECT told();
CALL forget();
DELETE FROM own;
SELECT told();
-- of a temporary table, which needs no schema
CREATE TEMP TABLE own_temp (id integer PRIMARY KEY);
CREATE TEMP TABLE with_triggers_temp (own integer REFERENCES own_temp ON DELETE CASCADE);
CREATE TRIGGER b BEFORE DELETE ON with_triggers_temp FOR EACH ROW EXECUTE FUNCTION look('temporary');
INSERT INTO own_temp VALUES (1);
INSERT INTO with_triggers_temp VALUES (1);
CALL forget();
DELETE FROM own_temp;
SELECT told();
DROP TABLE with_triggers;
-- of partitions
CREATE TABLE in_parts (own integer REFERENCES own ON DELETE CASCADE) PARTITION BY LIST (own);
CREATE TABLE part PARTITION OF in_parts DEFAULT;
CREATE TRIGGER b BEFORE DELETE ON in_parts FOR EACH ROW EXECUTE FUNCTION look('partition');
INSERT INTO own VALUES (1);
INSERT INTO in_parts VALUES (1);
CALL forget();
DELETE FROM own;
SELECT told();
DROP TABLE in_parts;

-- constraints, columns and indexes with code
CREATE DOMAIN spied AS integer CHECK (spy('domain', VALUE) IS NOT NULL);
CREATE TABLE with_code (own spied REFERENCES own ON UPDATE CASCADE ON DELETE SET DEFAULT DEFAULT spy('default, when planned'),
    other integer, computed integer GENERATED ALWAYS AS (spy('generated column', own)) STORED,
    CHECK (spy('check', own) IS NOT NULL));
CREATE INDEX ON with_code (spy('index expression', own));
CREATE INDEX ON with_code (other) WHERE spy('index predicate', own) > 0;
INSERT INTO own VALUES (1), (2);
INSERT INTO with_code VALUES (2);
CALL forget();
UPDATE own SET id = 3 WHERE id = 2;
SELECT told();
CALL forget();
DELETE FROM own WHERE id = 3;
SELECT told();
DROP TABLE with_code;
CREATE TABLE with_default (own integer DEFAULT look('default') REFERENCES own ON DELETE SET DEFAULT);
INSERT INTO own VALUES (2);
INSERT INTO with_default VALUES (2);
CALL forget();
DELETE FROM own WHERE id = 2;
SELECT told();
DROP TABLE with_default;
DELETE FROM own;
-- a function of the server's that runs a query
CREATE FUNCTION keep(road text, rows text) RETURNS boolean LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO regress_key_pat.seen (road, by_view) SELECT road, substring(rows FROM '<n>(\d+)</n>')::bigint; RETURN true; END $$;
CREATE TABLE with_query (own integer REFERENCES own ON UPDATE CASCADE ON DELETE CASCADE,
    CHECK (keep('query', query_to_xml('SELECT count(*) AS n FROM regress_key.titles', true, true, '')::text)));
INSERT INTO own VALUES (1);
INSERT INTO with_query VALUES (1);
CALL forget();
UPDATE own SET id = 2;
SELECT told();
DROP TABLE with_query;
DELETE FROM own;
-- a cast that the server looked up long before
CREATE TYPE wrapped AS (id integer);
CREATE FUNCTION unwrap(wrapped) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN PERFORM regress_key_pat.look('cast'); RETURN $1.id; END $$;
CREATE CAST (wrapped AS integer) WITH FUNCTION unwrap(wrapped) AS IMPLICIT;
CREATE TABLE with_cast (own wrapped DEFAULT ROW(1) REFERENCES own ON DELETE SET DEFAULT DEFERRABLE INITIALLY DEFERRED);
INSERT INTO own VALUES (1), (2);
INSERT INTO with_cast VALUES (ROW(1));
UPDATE with_cast SET own = ROW(2);
CALL forget();
DELETE FROM own WHERE id = 2;
SELECT told();
BEGIN;
INSERT INTO with_cast VALUES (ROW(1));
CALL forget();
COMMIT;
SELECT told();
DROP TABLE with_cast;
DELETE FROM own;

-- rules: functions, and what is theirs, are judged; a view of somebody whose rights the server widens there is refused
CREATE FUNCTION list_titles() RETURNS SETOF text LANGUAGE sql AS 'SELECT title FROM regress_key.titles';
CREATE TABLE with_rule (own integer REFERENCES own ON DELETE CASCADE);
INSERT INTO own VALUES (1);
INSERT INTO with_rule VALUES (1);
CREATE RULE a AS ON DELETE TO with_rule DO ALSO SELECT regress_key_pat.look('function in a rule');
CREATE RULE b AS ON DELETE TO with_rule DO ALSO INSERT INTO seen (road, by_view) SELECT 'table in a rule', count(*) FROM regress_key.task;
CREATE RULE c AS ON DELETE TO with_rule DO ALSO INSERT INTO seen (road, by_view) SELECT 'security_invoker in a rule', count(*) FROM regress_key.own_titles;
CREATE RULE d AS ON DELETE TO with_rule DO ALSO INSERT INTO seen (road, by_view) SELECT 'query of a function in a rule', count(*) FROM list_titles();
CALL forget();
DELETE FROM own;
SELECT told();
INSERT INTO own VALUES (1);
INSERT INTO with_rule VALUES (1);
CREATE RULE e AS ON DELETE TO with_rule DO ALSO INSERT INTO seen (road, by_view) SELECT 'view in a rule', count(*) FROM regress_key.titles;
CALL forget();
DELETE FROM own;
SELECT told();
DROP RULE e ON with_rule;
BEGIN;
CREATE RULE e AS ON DELETE TO with_rule DO ALSO DELETE FROM regress_key.titles;
SAVEPOINT before;
DELETE FROM own;
ROLLBACK TO before;
-- outside of a key, such a rule is judged as any
DELETE FROM with_rule;
RESET SESSION AUTHORIZATION;
SELECT id FROM regress_key.task ORDER BY id;
ROLLBACK;
SET SESSION AUTHORIZATION regress_key_pat;
DROP TABLE with_rule;
DELETE FROM own;

-- writing through the view
CREATE TABLE with_triggers (own integer REFERENCES own ON DELETE CASCADE);
BEGIN;
CREATE FUNCTION remove() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM regress_key.titles; RETURN OLD; END $$;
CREATE TRIGGER b BEFORE DELETE ON with_triggers FOR EACH STATEMENT EXECUTE FUNCTION remove();
INSERT INTO own VALUES (1);
INSERT INTO with_triggers VALUES (1);
DELETE FROM own;
RESET SESSION AUTHORIZATION;
SELECT id FROM regress_key.task ORDER BY id;
ROLLBACK;
SET SESSION AUTHORIZATION regress_key_pat;

-- a cursor that is left open
CREATE FUNCTION leave() RETURNS trigger LANGUAGE plpgsql AS
$$ DECLARE left_open refcursor := 'left_open'; BEGIN OPEN left_open FOR SELECT id FROM regress_key.titles ORDER BY id; RETURN OLD; END $$;
CREATE TRIGGER b BEFORE DELETE ON with_triggers FOR EACH STATEMENT EXECUTE FUNCTION leave();
INSERT INTO own VALUES (1);
INSERT INTO with_triggers VALUES (1);
BEGIN;
DELETE FROM own;
FETCH ALL FROM left_open;
COMMIT;
DROP TRIGGER b ON with_triggers;

-- keys within triggers of keys, errors that are caught there, and parallel workers
CREATE TABLE inner_own (id integer PRIMARY KEY);
CREATE TABLE inner_triggers (own integer REFERENCES inner_own ON DELETE CASCADE);
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM regress_key_pat.look('inner'); RAISE 'no'; END $$;
CREATE TRIGGER b BEFORE DELETE ON inner_triggers FOR EACH ROW WHEN (OLD.own = 2) EXECUTE FUNCTION fail();
CREATE TRIGGER c BEFORE DELETE ON inner_triggers FOR EACH ROW WHEN (OLD.own = 1) EXECUTE FUNCTION look('inner');
CREATE FUNCTION nest() RETURNS trigger LANGUAGE plpgsql SET parallel_setup_cost = 0 SET parallel_tuple_cost = 0 SET min_parallel_table_scan_size = 0 AS $$
BEGIN
    DELETE FROM inner_own WHERE id = 1;
    PERFORM look('after the inner one');
    BEGIN
        DELETE FROM inner_own;
    EXCEPTION WHEN raise_exception THEN
        PERFORM look('after an error');
    END;
    PERFORM look('after all');
    RETURN OLD;
END $$;
CREATE TRIGGER b BEFORE DELETE ON with_triggers FOR EACH STATEMENT EXECUTE FUNCTION nest();
INSERT INTO inner_own VALUES (1), (2);
INSERT INTO inner_triggers VALUES (1), (2);
INSERT INTO own VALUES (1);
INSERT INTO with_triggers VALUES (1);
CALL forget();
DELETE FROM own;
SELECT told();
SELECT own FROM inner_triggers;
RESET SESSION AUTHORIZATION;

--
-- The actions themselves reach what they reach, and whoever owns the table has its
-- code run within: as the owner, and for the actor.
--
SELECT clearance.create_feature('regress_key', '{view,edit,move}'), clearance.guard_column('regress_key.note', 'task_id', 'move', feature => 'regress_key');
CREATE TABLE regress_key.said (what text, role name, by_table bigint, by_function bigint);
ALTER TABLE regress_key.said OWNER TO regress_key_owner;
SET SESSION AUTHORIZATION regress_key_owner;
SET search_path = regress_key;
CREATE FUNCTION say() RETURNS trigger LANGUAGE plpgsql SET search_path = regress_key AS $$
BEGIN
    INSERT INTO said SELECT format('%s of note %s', TG_OP, OLD.id), current_user, (SELECT count(*) FROM task), count_titles();
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER say BEFORE UPDATE OR DELETE ON note FOR EACH ROW EXECUTE FUNCTION say();
RESET SESSION AUTHORIZATION;
\c -
SET client_min_messages = warning;
SET SESSION AUTHORIZATION regress_key_pat;
-- refused as a statement of Pat's
UPDATE regress_key.note SET task_id = 3 WHERE id = 1;
DELETE FROM regress_key.note WHERE id = 2;
UPDATE regress_key.task SET id = 40 WHERE id = 4;
-- a plan that was made within is nobody's later
SELECT regress_key.count_titles();
RESET SESSION AUTHORIZATION;
SELECT id, task_id FROM regress_key.note ORDER BY id;
SET SESSION AUTHORIZATION regress_key_pat;
DELETE FROM regress_key.task WHERE id = 40;
SELECT regress_key.count_titles();
RESET SESSION AUTHORIZATION;
SELECT id, task_id FROM regress_key.note ORDER BY id;
SELECT * FROM regress_key.said ORDER BY what;
-- a rule of the owner's is a part of the action
SET SESSION AUTHORIZATION regress_key_owner;
INSERT INTO regress_key.said SELECT 'nobody acts', current_user, count(*), regress_key.count_titles() FROM regress_key.task;
CREATE RULE say AS ON DELETE TO regress_key.note DO ALSO INSERT INTO regress_key.said SELECT 'rule', current_user, count(*) FROM regress_key.task;
RESET SESSION AUTHORIZATION;
INSERT INTO regress_key.note (id, is_private, task_id) VALUES (3, true, 3);
TRUNCATE regress_key.said;
SET SESSION AUTHORIZATION regress_key_pat;
DELETE FROM regress_key.task WHERE id = 3;
RESET SESSION AUTHORIZATION;
SELECT * FROM regress_key.said ORDER BY what;
DROP RULE say ON regress_key.note;

--
-- What the extension reads as a table's owner runs the owner's code likewise.
--
SET SESSION AUTHORIZATION regress_key_owner;
CREATE FUNCTION regress_key.spy() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF pg_catalog.current_setting('regress.spy', true) = 'on' THEN
        RAISE WARNING 'the owner sees % task(s)', regress_key.count_titles();
    END IF;
    RETURN true;
END $$;
CREATE TABLE regress_key.page (id integer PRIMARY KEY, project text NOT NULL DEFAULT 'rk', is_private boolean NOT NULL DEFAULT false);
CREATE TABLE regress_key.old_page () INHERITS (regress_key.page);
CREATE TABLE regress_key.remark (id integer PRIMARY KEY, page_id integer REFERENCES regress_key.page);
INSERT INTO regress_key.page VALUES (1);
INSERT INTO regress_key.remark VALUES (1, 1);
CREATE INDEX ON regress_key.page (project) WHERE regress_key.spy();
GRANT SELECT ON regress_key.remark TO regress_key_pat;
RESET SESSION AUTHORIZATION;
SELECT clearance.protect('regress_key.page', 'task', project => 'project', visibility => 'is_private', shared_values => '{false}') > 0,
       clearance.protect('regress_key.remark', 'task') > 0, clearance.add_parent('regress_key.remark', 'page_id', 'regress_key.page');
\c -
SET client_min_messages = warning;
SET SESSION AUTHORIZATION regress_key_pat;
SET regress.spy = on;
SELECT count(*) FROM regress_key.remark;
SET regress.spy = off;
SELECT regress_key.count_titles();
RESET SESSION AUTHORIZATION;

--
-- Errors of actions show no row, whoever owns the table.
--
SELECT set_config('search_path', 'regress_key, regress_key_pat', false) IS NOT NULL;
CREATE TABLE kind (id integer PRIMARY KEY);
CREATE PROCEDURE make(tab text, owner name, force boolean) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format($sql$
        CREATE TABLE %1$I (id integer PRIMARY KEY, project text NOT NULL DEFAULT 'rk', is_private boolean NOT NULL DEFAULT true, body text DEFAULT 'secret',
            checked integer REFERENCES kind ON DELETE SET NULL, needed integer NOT NULL DEFAULT 0 REFERENCES kind ON DELETE SET NULL,
            alone integer DEFAULT 0 REFERENCES kind ON DELETE SET NULL, apart integer DEFAULT 0 REFERENCES kind ON DELETE SET NULL,
            CONSTRAINT checks CHECK (id = 0 OR checked IS NOT NULL), UNIQUE NULLS NOT DISTINCT (alone, body), EXCLUDE (coalesce(apart, -1) WITH =, body WITH =));
        ALTER TABLE %1$I OWNER TO %2$I$sql$, tab, owner);
    PERFORM clearance.protect(tab::regclass, 'task', project => 'project', visibility => 'is_private', shared_values => '{false}', force => force);
END $$;
INSERT INTO kind VALUES (0), (1), (2), (3), (4);
-- every constraint, each with a kind of its own to remove
CREATE FUNCTION fail(tab text, who name) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    which integer;
    detail text;
BEGIN
    EXECUTE format('INSERT INTO %I (id, body, checked, needed, alone, apart) VALUES (1, ''secret 1'', 1, 0, 0, 0), (2, ''secret 2'', 0, 2, 0, 0),
        (3, ''secret 3'', 0, 0, 3, 0), (30, ''secret 3'', 0, 0, NULL, 1), (4, ''secret 4'', 0, 0, 0, 4), (40, ''secret 4'', 0, 0, 1, NULL)', tab);
    EXECUTE format('SET LOCAL SESSION AUTHORIZATION %I', who);
    FOR which IN 1 .. 4 LOOP
        BEGIN
            DELETE FROM regress_key.kind WHERE id = which;
        EXCEPTION WHEN integrity_constraint_violation THEN
            GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
            RETURN NEXT concat_ws(E'\n    ', SQLERRM, nullif(detail, ''));
        END;
    END LOOP;
    RESET SESSION AUTHORIZATION;
    EXECUTE format('TRUNCATE %I', tab);
END $$;
CALL make('remark_owned', 'regress_key_owner', true);
CALL make('remark_free', 'regress_key_owner', false);
CALL make('remark_super', current_user, true);
GRANT SELECT, DELETE ON kind TO regress_key_pat;
SELECT fail(tab, 'regress_key_pat') FROM unnest('{remark_owned,remark_free,remark_super}'::text[]) tab;
-- whom row security does not bind is told
SELECT fail('remark_super', current_user);
-- no partition for the row
CREATE TABLE remark_parts (id integer, project text DEFAULT 'rk', is_private boolean DEFAULT true, body text,
    kind integer REFERENCES kind ON DELETE SET NULL) PARTITION BY LIST (kind);
CREATE TABLE remark_part PARTITION OF remark_parts FOR VALUES IN (1, 2);
INSERT INTO remark_parts VALUES (1, DEFAULT, DEFAULT, 'secret', 1);
SELECT clearance.protect('remark_parts', 'task', project => 'project', visibility => 'is_private', shared_values => '{false}') > 0;
SET SESSION AUTHORIZATION regress_key_pat;
DELETE FROM regress_key.kind WHERE id = 1;
RESET SESSION AUTHORIZATION;

-- nor do those of what hangs on the rows that an action reached
CREATE TABLE reply (id integer PRIMARY KEY, note_id integer REFERENCES note);
INSERT INTO task (id, is_private) VALUES (7, false);
INSERT INTO note (id, is_private, body, task_id) VALUES (707, true, 'secret', 7);
INSERT INTO reply VALUES (1, 707);
SET SESSION AUTHORIZATION regress_key_pat;
DELETE FROM task WHERE id = 7;
RESET SESSION AUTHORIZATION;

-- nor do those of constraints that are asked after the action, and of triggers: since 18 they run as the owner
CREATE TABLE later (id integer PRIMARY KEY, project text DEFAULT 'rk', is_private boolean DEFAULT true, body text,
    alone integer DEFAULT 0 REFERENCES kind ON DELETE SET NULL, apart integer DEFAULT 0 REFERENCES kind ON DELETE SET NULL, doomed integer REFERENCES kind ON DELETE CASCADE,
    UNIQUE NULLS NOT DISTINCT (alone, body) DEFERRABLE, EXCLUDE (coalesce(apart, -1) WITH =, body WITH =) DEFERRABLE);
CREATE TABLE answer (later integer REFERENCES later DEFERRABLE);
CREATE TABLE gone (body text UNIQUE);
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO regress_key.gone VALUES (OLD.body); RETURN NULL; END $$;
CREATE TRIGGER keep AFTER DELETE ON later FOR EACH ROW EXECUTE FUNCTION keep();
CREATE TABLE plain (id integer UNIQUE DEFERRABLE);
INSERT INTO kind SELECT generate_series(5, 9);
INSERT INTO later (id, body, alone, apart, doomed) VALUES (1, 'secret 5', 5, 0, NULL), (2, 'secret 5', NULL, 1, NULL),
    (3, 'secret 6', 0, 6, NULL), (4, 'secret 6', 1, NULL, NULL), (707, 'seven', 0, 0, 7), (8, 'secret 8', 0, 0, 8), (9, 'secret 9', 9, 0, NULL);
INSERT INTO answer VALUES (707);
INSERT INTO gone VALUES ('secret 8');
INSERT INTO plain VALUES (70);
SELECT clearance.protect('later', 'task', project => 'project', visibility => 'is_private', shared_values => '{false}') > 0;
GRANT INSERT ON gone TO regress_key_pat;
GRANT SELECT, INSERT ON plain TO regress_key_pat;
CREATE FUNCTION told(statements text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
BEGIN
    EXECUTE statements;
    RETURN 'no error';
EXCEPTION WHEN integrity_constraint_violation THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN SQLERRM || ': ' || CASE WHEN detail ~ 'secret|70' THEN detail ELSE 'no row is shown' END;
END $$;
CREATE VIEW errors AS SELECT format('DELETE FROM regress_key.kind WHERE id = %s', i) AS statement FROM generate_series(5, 8) i
    UNION ALL SELECT format('SET CONSTRAINTS ALL DEFERRED; DELETE FROM regress_key.kind WHERE id = %s; SET CONSTRAINTS ALL IMMEDIATE', i) FROM generate_series(5, 7) i;
GRANT SELECT ON errors TO regress_key_pat;
SET SESSION AUTHORIZATION regress_key_pat;
SELECT regress_key.told(statement) FROM regress_key.errors;
-- what Pat wrote is shown, also after an action
SELECT regress_key.told('DELETE FROM regress_key.kind WHERE id = 9; INSERT INTO regress_key.plain VALUES (70)');
RESET SESSION AUTHORIZATION;
SELECT told(statement) FROM errors;

--
-- A new key is checked for all rows, though the table's owner sees none of them.
--
CREATE TABLE loose (id integer, project text DEFAULT 'rk', is_private boolean DEFAULT false, task_id integer);
INSERT INTO loose (id, task_id) VALUES (1, 1), (2, 999);
ALTER TABLE loose OWNER TO regress_key_owner;
SELECT clearance.protect('loose', 'task', project => 'project', visibility => 'is_private', shared_values => '{false}') > 0;
SET SESSION AUTHORIZATION regress_key_owner;
SELECT count(*) FROM loose;
ALTER TABLE loose ADD CONSTRAINT to_task FOREIGN KEY (task_id) REFERENCES task;
ALTER TABLE loose ADD CONSTRAINT to_task FOREIGN KEY (task_id) REFERENCES task NOT VALID;
ALTER TABLE loose VALIDATE CONSTRAINT to_task;
RESET SESSION AUTHORIZATION;
DELETE FROM loose WHERE id = 2;
SET SESSION AUTHORIZATION regress_key_owner;
ALTER TABLE loose VALIDATE CONSTRAINT to_task;
ALTER TABLE loose DROP CONSTRAINT to_task, ADD CONSTRAINT to_task FOREIGN KEY (task_id) REFERENCES task;
RESET SESSION AUTHORIZATION;

-- leave nothing behind
RESET search_path;
DROP SCHEMA regress_key, regress_key_pat CASCADE;
DELETE FROM clearance.account WHERE id = :account;
DELETE FROM clearance.feature WHERE name = 'regress_key';

--
-- A database without the extension is as ever, one with it also for tables that are not protected.
--
CREATE DATABASE regress_key_actions;
\c regress_key_actions
SET client_min_messages = warning;
CREATE SCHEMA app AUTHORIZATION regress_key_owner;
SET SESSION AUTHORIZATION regress_key_owner;
SET search_path = app;
CREATE TABLE task (id integer PRIMARY KEY, is_private boolean);
INSERT INTO task SELECT i, i > 4 FROM generate_series(1, 6) i;
CREATE POLICY open ON task USING (NOT is_private);
ALTER TABLE task ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE TABLE note (id integer PRIMARY KEY, task_id integer REFERENCES task ON DELETE CASCADE);
INSERT INTO note VALUES (1, 1), (2, 2);
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING '% task(s) are left', (SELECT count(*) FROM task); RETURN OLD; END $$;
CREATE TRIGGER tell BEFORE DELETE ON note FOR EACH ROW EXECUTE FUNCTION tell();
DELETE FROM task WHERE id = 1;
RESET SESSION AUTHORIZATION;
CREATE EXTENSION pg_clearance;
SET SESSION AUTHORIZATION regress_key_owner;
DISCARD PLANS;
DELETE FROM task WHERE id = 2;
SELECT * FROM note;
RESET SESSION AUTHORIZATION;
\c postgres
DROP DATABASE regress_key_actions;
DROP ROLE regress_key_owner, regress_key_pat;
