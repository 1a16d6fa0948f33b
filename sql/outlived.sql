-- Rows that outlive their project are closed to everybody, account admins too:
-- plans for whole tables must not rest on a foreign key that did not hold, and
-- simplified plans show what others do. In a database of its own, since what a
-- transaction changed itself gets no such plans.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE DATABASE regress_outlived;
\c regress_outlived
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
CREATE ROLE regress_outlived;
\o /dev/null
SELECT clearance.trust_role('regress_outlived');
SELECT clearance.create_account('Regress');
SELECT clearance.add_member('ada', name => 'Ada', roles => '{account_admin}');
CREATE SCHEMA app AUTHORIZATION regress_outlived;
SET search_path = app;
\o
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN coalesce(NEW, OLD); END $$;
CREATE FUNCTION rows_seen(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE query INTO n;
    RETURN n;
EXCEPTION WHEN OTHERS THEN
    RETURN sqlerrm;
END $$;
-- what the admin sees of a table: by a kept plan, by a new one, by the rule row by row; and whether its plan tests something
CREATE PROCEDURE see(tab text, INOUT seen text DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
    query text := format('SELECT count(*) FROM app.%s', tab);
    tested text := 'nothing';
    line text;
BEGIN
    SET SESSION AUTHORIZATION regress_outlived;
    PERFORM clearance.set_actor(key => 'ada', local => false);
    seen := app.rows_seen(format('SELECT app.%I()', 'count_' || tab));
    seen := concat_ws(' ', seen, app.rows_seen(query));
    FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
        tested := coalesce(replace(substring(line FROM '(in_set|set_keys|permitted|visible)\('), 'set_keys', 'in_set'), tested);
    END LOOP;
    RESET SESSION AUTHORIZATION;
    SET clearance.simplify = off;
    SET SESSION AUTHORIZATION regress_outlived;
    seen := concat_ws(' ', seen, app.rows_seen(query), 'tests', tested);
    RESET SESSION AUTHORIZATION;
    RESET clearance.simplify;
END $$;
-- projects 1 to 3 and a table with two rows in each, by a foreign key
CREATE PROCEDURE build(tab text, key_type text DEFAULT 'integer', actions text DEFAULT 'ON DELETE CASCADE', part boolean DEFAULT false,
    bind boolean DEFAULT true) LANGUAGE plpgsql AS $$
DECLARE
    projects text := 'projects of ' || tab;
BEGIN
    SET LOCAL client_min_messages = error;
    EXECUTE format('CREATE TABLE %I ("Key" %s PRIMARY KEY)', projects, key_type);
    EXECUTE format('CREATE TABLE %I (id integer, "Project" %s NOT NULL CONSTRAINT %I REFERENCES %I %s, PRIMARY KEY (id, "Project"))%s',
        tab, key_type, tab || '_fkey', projects, actions, CASE WHEN part THEN ' PARTITION BY RANGE (id)' ELSE '' END);
    IF part THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (0) TO (10)', tab || '_1', tab);
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (10) TO (100)', tab || '_2', tab);
    END IF;
    IF bind THEN
        CALL app.bind(tab);
    END IF;
    EXECUTE format('INSERT INTO %I SELECT v::%s FROM unnest(app.keys_of(%2$L, %3$L)) v', projects, key_type, tab);
    EXECUTE format('INSERT INTO %I SELECT n * s, v::%s FROM unnest(app.keys_of(%2$L, %1$L)) WITH ORDINALITY u (v, n), (VALUES (1), (10)) x (s)',
        tab, key_type);
    EXECUTE format('CREATE FUNCTION app.%I() RETURNS bigint LANGUAGE plpgsql AS %L', 'count_' || tab,
        format('BEGIN RETURN (SELECT count(*) FROM app.%I); END', tab));
    EXECUTE format('GRANT SELECT ON %I, %I TO regress_outlived', projects, tab);
END $$;
CREATE PROCEDURE bind(tab text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM clearance.protect(format('%I', 'projects of ' || tab)::regclass, 'project', 'Key');
    PERFORM clearance.protect(format('%I', tab)::regclass, 'task', 'Project');
END $$;
-- a project key belongs to one table
CREATE FUNCTION keys_of(key_type text, tab text) RETURNS text[] LANGUAGE sql AS $$
    SELECT array_agg(CASE key_type WHEN 'integer' THEN (abs(hashtext(tab)) / 10 * 10 + n)::text
                                   WHEN 'uuid' THEN md5(tab || n)::uuid::text ELSE tab || ' ' || n END ORDER BY n)
    FROM generate_series(1, 3) n $$;
CREATE PROCEDURE drop_project(tab text, n integer DEFAULT 2, key_type text DEFAULT 'integer') LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DELETE FROM %I WHERE "Key"::text = $1', 'projects of ' || tab) USING (app.keys_of(key_type, tab))[n];
END $$;
CREATE VIEW marked AS SELECT string_agg(relation::text, ', ' ORDER BY relation::text) FROM clearance.binding WHERE rows_outlived;

-- nothing in the way: rows go with their project
CALL build('plain');
CALL see('plain');
CALL drop_project('plain');
CALL see('plain');

--
-- What keeps rows: a trigger that returns NULL (a soft deletion), a rule, a
-- trigger on a partition, whatever type keys have. The kept plan and a new one
-- show what the rule says.
--
CALL build('soft');
CREATE TRIGGER keep BEFORE DELETE ON soft FOR EACH ROW EXECUTE FUNCTION keep();
CALL see('soft');
CALL drop_project('soft');
CALL see('soft');
CALL build('ruled');
CREATE RULE keep AS ON DELETE TO ruled WHERE OLD.id > 9 DO INSTEAD NOTHING;
CALL drop_project('ruled');
CALL see('ruled');
CALL build('parted', part => true);
CREATE TRIGGER keep BEFORE DELETE ON parted_2 FOR EACH ROW EXECUTE FUNCTION keep();
CALL drop_project('parted');
CALL see('parted');
CALL build('by_uuid', 'uuid');
CREATE TRIGGER keep BEFORE DELETE ON by_uuid FOR EACH ROW EXECUTE FUNCTION keep();
CALL drop_project('by_uuid', 2, 'uuid');
CALL see('by_uuid');
CALL build('by_text', 'text');
CREATE TRIGGER keep BEFORE DELETE ON by_text FOR EACH ROW EXECUTE FUNCTION keep();
CALL drop_project('by_text', 2, 'text');
CALL see('by_text');
-- a key that changes, and rows that do not follow
CALL build('moved', actions => 'ON UPDATE CASCADE');
CREATE TRIGGER keep BEFORE UPDATE ON moved FOR EACH ROW EXECUTE FUNCTION keep();
CALL see('moved');
UPDATE "projects of moved" SET "Key" = -1 WHERE "Key" = (keys_of('integer', 'moved'))[2]::integer;
CALL see('moved');
-- in the transaction itself, and not after it was undone
CALL build('undone');
CREATE TRIGGER keep BEFORE DELETE ON undone FOR EACH ROW EXECUTE FUNCTION keep();
CALL see('undone');
BEGIN;
CALL drop_project('undone');
CALL see('undone');
ROLLBACK;
CALL see('undone');
BEGIN;
SAVEPOINT s;
CALL drop_project('undone');
ROLLBACK TO s;
CALL see('undone');
COMMIT;
CALL see('undone');
SELECT * FROM marked;

--
-- What kept them is gone, and they are still there: the mark stays until
-- repair() finds none.
--
DROP TRIGGER keep ON soft;
CALL see('soft');
SELECT clearance.repair('soft');
CALL see('soft');
DELETE FROM soft WHERE "Project" = (keys_of('integer', 'soft'))[2]::integer;
CALL see('soft');
SELECT clearance.repair('soft');
CALL see('soft');
-- they were there before the table was protected
CALL build('early', bind => false);
CREATE TRIGGER keep BEFORE DELETE ON early FOR EACH ROW EXECUTE FUNCTION keep();
CALL drop_project('early');
DROP TRIGGER keep ON early;
CALL bind('early');
CALL see('early');
-- while foreign keys were off
CALL build('off', bind => false);
SET session_replication_role = replica;
CALL drop_project('off');
RESET session_replication_role;
CALL bind('off');
CALL see('off');
CALL build('off_later');
SET session_replication_role = replica;
ALTER TABLE "projects of off_later" ENABLE ALWAYS TRIGGER "00_clearance_project";
CALL drop_project('off_later');
RESET session_replication_role;
CALL see('off_later');
CALL build('disabled');
ALTER TABLE disabled DISABLE TRIGGER ALL;
CALL see('disabled');
CALL drop_project('disabled');
ALTER TABLE disabled ENABLE TRIGGER ALL;
CALL see('disabled');
CALL build('part_disabled', part => true);
CALL see('part_disabled');
ALTER TABLE part_disabled_1 DISABLE TRIGGER ALL;
INSERT INTO part_disabled_1 VALUES (9, 77);
CALL see('part_disabled');

--
-- What keeps no row ends nothing: triggers that are switched off or come after,
-- or for other commands than the key's, and keys that only refuse.
--
CALL build('after');
CREATE TRIGGER keep AFTER DELETE ON after FOR EACH ROW EXECUTE FUNCTION keep();
CREATE TRIGGER touch BEFORE INSERT OR UPDATE ON after FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER keep_off BEFORE DELETE ON after FOR EACH ROW EXECUTE FUNCTION keep();
ALTER TABLE after DISABLE TRIGGER keep_off;
CALL drop_project('after');
CALL see('after');
CALL build('refused', actions => 'ON DELETE RESTRICT');
CREATE TRIGGER keep BEFORE DELETE OR UPDATE ON refused FOR EACH ROW EXECUTE FUNCTION keep();
CALL drop_project('refused');
CALL see('refused');
DELETE FROM clearance.project p WHERE p.key = (keys_of('integer', 'soft'))[3];
SELECT clearance.create_project((keys_of('integer', 'soft'))[3]) > 0;
CALL see('refused');
SELECT * FROM marked;

\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_outlived;
DROP ROLE regress_outlived;
