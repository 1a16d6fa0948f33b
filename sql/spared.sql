-- The trigger that judges writes is not called where it has nothing to say: of an UPDATE of
-- columns for which the actor may change every row that it may change at all, and
-- of an INSERT that gives an owner. Everything else is judged as ever.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE ROLE regress_spared;
CREATE ROLE regress_spared_owner;
CREATE ROLE regress_spared_all BYPASSRLS;
SELECT clearance.trust_role('regress_spared');
CREATE SCHEMA regress_spared;
SET search_path = regress_spared, public;
SELECT clearance.create_account('Regress spared', key => 'regress-spared') AS account \gset
SELECT clearance.create_level('regress_assigner', 'partner', account => :account) > 0;
SELECT count(clearance.allow('regress_assigner', 'task', a, account => :account)) FROM unnest('{view,assign}'::text[]) AS a;
SELECT clearance.create_partner(name, level, account => :account) > 0
FROM (VALUES ('Perm', 'permissive'), ('Rest', 'restricted'), ('Mixed', 'permissive'), ('Assign', 'regress_assigner')) AS v (name, level);
SELECT clearance.add_member(key, partner => (SELECT id FROM clearance.partner WHERE name = partner AND account_id = :account),
    partner_admin => true, account => :account) > 0
FROM (VALUES ('pat', 'Perm'), ('rex', 'Rest'), ('mix', 'Mixed'), ('ass', 'Assign')) AS v (key, partner);
SELECT clearance.create_project(p, :account) > 0 FROM unnest('{sp-1,sp-2}'::text[]) AS p;
SELECT count(clearance.add_partner_to_project(p, id, CASE WHEN name = 'Mixed' AND p = 'sp-2' THEN 'restricted' END))
FROM clearance.partner, unnest('{sp-1,sp-2}'::text[]) AS p WHERE account_id = :account AND (name <> 'Perm' OR p = 'sp-1');
CREATE TABLE task (id integer PRIMARY KEY, project text NOT NULL, is_private boolean NOT NULL DEFAULT false, title text, price numeric,
    state text, owner text, assignee text, twice numeric GENERATED ALWAYS AS (price * 2) STORED);
INSERT INTO task (id, project, title, price, assignee)
SELECT i, 'sp-' || 1 + i % 2, 'task ' || i, i, CASE i WHEN 3 THEN 'rex' END FROM generate_series(1, 6) AS i;
SELECT clearance.protect('task', 'task', project => 'project', visibility => 'is_private', shared_values => '{false}', owner => 'owner') > 0;
SELECT clearance.relate('task', 'assigned', member_column => 'assignee');
GRANT USAGE, CREATE ON SCHEMA regress_spared TO regress_spared, regress_spared_owner, regress_spared_all;
GRANT SELECT, INSERT, UPDATE, DELETE ON task TO regress_spared, regress_spared_owner, regress_spared_all;
SET track_functions = 'all';

-- What a statement does as somebody, the third time, and leaves nothing behind: rows, or
-- the error, and how many the trigger was asked about. (Of the first statement of an
-- actor it is asked in any case.)
CREATE FUNCTION does(who text, statement text, role text DEFAULT 'regress_spared') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before bigint;
    n bigint;
    what text;
BEGIN
    FOR i IN 1 .. 3 LOOP
        before := judged();
        BEGIN
            PERFORM clearance.set_actor(who);
            PERFORM set_config('role', role, true);
            EXECUTE statement;
            GET DIAGNOSTICS n = ROW_COUNT;
            RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = n || ' row(s)';
        EXCEPTION
            WHEN SQLSTATE 'ZZ000' THEN what := format('%s; %s judged', SQLERRM, judged() - before);
            WHEN insufficient_privilege THEN what := SQLERRM;
        END;
    END LOOP;
    RETURN format('%s: %s', who, what);
END
$$;
CREATE FUNCTION judged() RETURNS bigint LANGUAGE sql AS $$
    SELECT coalesce(sum(pg_stat_get_xact_function_calls(oid)), 0)::bigint FROM pg_proc
    WHERE pronamespace = 'clearance_internal'::regnamespace AND proname = 'write_check'
$$;

--
-- Who may edit all rows that it comes to is not asked about one, by whatever WHERE.
--
SELECT does('pat', 'UPDATE task SET title = title || ''!''');
SELECT does('pat', 'UPDATE task SET title = ''new'', price = 3 WHERE id = 2');
SELECT does('pat', 'UPDATE task SET title = ''new'' WHERE id = 1');
SELECT does('pat', 'UPDATE task t SET title = v.title FROM (VALUES (2, ''two''), (4, ''four'')) AS v (id, title) WHERE v.id = t.id');

--
-- What the rule goes by is judged: owners, assignees, visibility and the project.
--
SELECT does('pat', 'UPDATE task SET title = ''new'', owner = ''mix'' WHERE id = 2');
SELECT does('pat', 'UPDATE task SET owner = NULL');
SELECT does('pat', 'UPDATE task SET assignee = ''mix'' WHERE id = 2');
SELECT does('pat', 'UPDATE task SET is_private = true WHERE id = 2');
SELECT does('pat', 'UPDATE task SET project = ''sp-2'' WHERE id = 2');
SELECT does('ass', 'UPDATE task SET assignee = ''mix'' WHERE id = 2');

--
-- So is each row where some may be edited and others not, or where a row may be
-- touched for another reason.
--
SELECT does('rex', 'UPDATE task SET title = ''new'' WHERE id = 3');
SELECT does('rex', 'UPDATE task SET title = ''new'' WHERE id = 2');
SELECT does('mix', 'UPDATE task SET title = ''new'' WHERE id = 2');
SELECT does('mix', 'UPDATE task SET title = ''new'' WHERE id = 1');
SELECT does('ass', 'UPDATE task SET title = ''new'' WHERE id = 2');
SELECT does('ass', 'UPDATE task SET title = title WHERE id = 2');

--
-- Guarded columns and states: who holds their actions everywhere, is not asked.
--
SELECT clearance.guard_column('task', 'price', 'assign');
SELECT does('pat', 'UPDATE task SET price = 0 WHERE id = 2');
SELECT does('ass', 'UPDATE task SET price = 0 WHERE id = 2');
SELECT does('ass', 'UPDATE task SET price = 0, title = ''new'' WHERE id = 2');
SELECT clearance.unguard_column('task', 'price');
SELECT clearance.guard_column('task', 'price', 'change_owner');
SELECT does('pat', 'UPDATE task SET price = 0 WHERE id = 2');
SELECT does('pat', 'UPDATE task SET title = ''new'' WHERE id = 2');
-- one value of a column: it depends
SELECT clearance.unguard_column('task', 'price');
SELECT clearance.guard_column('task', 'title', 'change_owner', new_value => 'good');
SELECT does('pat', 'UPDATE task SET title = ''good'' WHERE id = 2');
SELECT does('pat', 'UPDATE task SET title = ''new'' WHERE id = 2');
SELECT clearance.unguard_column('task', 'title', new_value => 'good');
-- a state
SELECT clearance.guard_row('task', 'state', '{closed}', 'assign');
UPDATE task SET state = 'closed' WHERE id = 2;
SELECT does('pat', 'UPDATE task SET title = ''new'' WHERE id = 2');
SELECT does('pat', 'UPDATE task SET state = NULL WHERE id = 2');
SELECT clearance.unguard_row('task', 'state');
SELECT clearance.guard_row('task', 'state', '{closed}', 'change_owner');
SELECT does('pat', 'UPDATE task SET title = ''new'' WHERE id = 2');
SELECT does('pat', 'UPDATE task SET title = ''new'' WHERE id = 4');
SELECT clearance.unguard_row('task', 'state');

--
-- An INSERT that gives an owner is not asked about, one that leaves it empty gets one.
--
SELECT does('pat', 'INSERT INTO task (id, project, owner) VALUES (7, ''sp-1'', ''pat'')');
SELECT does('pat', 'INSERT INTO task (id, project, owner) VALUES (7, ''sp-1'', ''mix'')');
SELECT does('pat', 'INSERT INTO task (id, project, owner) VALUES (7, ''sp-2'', ''pat'')');
SELECT does('pat', 'INSERT INTO task (id, project) VALUES (7, ''sp-1'')');
SELECT does('pat', 'INSERT INTO task (id, project, owner) VALUES (7, ''sp-1'', NULL)');
SELECT does('pat', 'INSERT INTO task (id, project, owner) VALUES (7, ''sp-1'', ''pat''), (8, ''sp-1'', NULL)');
SELECT does('pat', 'INSERT INTO task (id, project, owner) SELECT 6 + i, ''sp-1'', ''pat'' FROM generate_series(1, 5) AS i');
SELECT does('pat', 'INSERT INTO task (id, project, owner) SELECT 6 + i, ''sp-1'', CASE WHEN i = 1 THEN ''pat'' END FROM generate_series(1, 5) AS i');
-- parameters, which may be empty the next time
CREATE FUNCTION insert_owner(owner text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY INSERT INTO task (id, project, owner) VALUES (7, 'sp-1', insert_owner.owner) RETURNING task.owner;
    DELETE FROM task WHERE id = 7;
END $$;
BEGIN;
SET LOCAL plan_cache_mode = force_generic_plan;
SET LOCAL ROLE regress_spared;
SELECT clearance.set_actor('pat') > 0;
SELECT judged() AS before \gset
SELECT insert_owner('pat'), insert_owner(NULL), insert_owner('pat');
SELECT judged() - :before;
SELECT insert_owner('mix');
ROLLBACK;
-- guards are about new rows too
SELECT clearance.guard_column('task', 'price', 'change_owner');
SELECT does('pat', 'INSERT INTO task (id, project, owner) VALUES (7, ''sp-1'', ''pat'')');
SELECT does('pat', 'INSERT INTO task (id, project, owner, price) VALUES (7, ''sp-1'', ''pat'', 3)');
SELECT clearance.unguard_column('task', 'price');

--
-- Statements that do more than one thing are judged row by row.
--
SELECT does('pat', 'INSERT INTO task (id, project, owner) VALUES (2, ''sp-1'', ''pat'') ON CONFLICT (id) DO UPDATE SET title = ''met''');
SELECT does('pat', 'INSERT INTO task (id, project, owner) VALUES (2, ''sp-1'', ''pat'') ON CONFLICT DO NOTHING');
SELECT does('pat', 'MERGE INTO task t USING (VALUES (2), (9)) AS v (id) ON t.id = v.id WHEN MATCHED THEN UPDATE SET title = ''merged''
    WHEN NOT MATCHED THEN INSERT (id, project, owner) VALUES (v.id, ''sp-1'', ''pat'')');
SELECT does('pat', 'WITH u AS (UPDATE task SET title = ''with'' WHERE id = 2 RETURNING id) UPDATE task SET title = ''new'' WHERE id = 4');

--
-- Triggers of others: after this one they see the row as ever; before it, it is judged.
--
CREATE FUNCTION take_over() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.owner := 'rex'; NEW.title := NEW.title || ' (taken)'; RETURN NEW; END $$;
CREATE TRIGGER later BEFORE UPDATE ON task FOR EACH ROW EXECUTE FUNCTION take_over();
SELECT does('pat', 'UPDATE task SET title = ''new'' WHERE id = 2');
BEGIN;
SELECT clearance.set_actor('pat') > 0;
SET LOCAL ROLE regress_spared;
UPDATE task SET title = 'new' WHERE id = 2 RETURNING title, owner;
ROLLBACK;
DROP TRIGGER later ON task;
CREATE TRIGGER "00_before" BEFORE UPDATE ON task FOR EACH ROW EXECUTE FUNCTION take_over();
SELECT does('pat', 'UPDATE task SET title = ''new'' WHERE id = 2');
DROP TRIGGER "00_before" ON task;
-- a foreign key's own actions do what they do
CREATE TABLE kind (id text PRIMARY KEY);
INSERT INTO kind VALUES ('a'), ('b');
ALTER TABLE task ADD kind text REFERENCES kind ON UPDATE CASCADE;
UPDATE task SET kind = 'a';
UPDATE kind SET id = 'c' WHERE id = 'a';
SELECT DISTINCT kind FROM task;

--
-- Whom row security does not bind is not judged, and its new rows get an owner.
--
SELECT does('ass', 'UPDATE task SET title = ''new'', owner = ''pat'' WHERE id = 2', 'regress_spared_all');
SELECT does('ass', 'INSERT INTO task (id, project) VALUES (7, ''sp-1'')', 'regress_spared_all');
-- somebody whom it binds, by a view of somebody whom it does not: judged, though no policy is
CREATE VIEW seen AS SELECT id, title, owner FROM task;
ALTER VIEW seen OWNER TO regress_spared_all;
GRANT SELECT, UPDATE ON seen TO regress_spared;
SELECT does('pat', 'UPDATE seen SET title = ''new'' WHERE id = 2');
SELECT does('pat', 'UPDATE seen SET title = ''new'' WHERE id = 1');
-- and the other way round
CREATE VIEW seen_too AS SELECT id, title, owner FROM task;
ALTER VIEW seen_too OWNER TO regress_spared;
GRANT SELECT, UPDATE ON seen_too TO regress_spared_all;
SELECT does('pat', 'UPDATE seen_too SET title = ''new''', 'regress_spared_all');

--
-- Who is bound may change between two statements.
--
SELECT does('ass', 'UPDATE task SET title = ''new'' WHERE id = 2');
ALTER ROLE regress_spared BYPASSRLS;
SELECT does('ass', 'UPDATE task SET title = ''new'' WHERE id = 2');
ALTER ROLE regress_spared NOBYPASSRLS;
SELECT does('ass', 'UPDATE task SET title = ''new'' WHERE id = 2');
GRANT regress_spared_owner TO regress_spared;
SET clearance.maintaining = on;
ALTER TABLE task OWNER TO regress_spared_owner;
SELECT does('ass', 'UPDATE task SET title = ''new'' WHERE id = 2');
ALTER TABLE task NO FORCE ROW LEVEL SECURITY;
SELECT does('ass', 'UPDATE task SET title = ''new'' WHERE id = 2');
REVOKE regress_spared_owner FROM regress_spared;
SELECT does('ass', 'UPDATE task SET title = ''new'' WHERE id = 2');
ALTER TABLE task FORCE ROW LEVEL SECURITY;
RESET clearance.maintaining;

--
-- What was found holds for these declarations, these rights and this actor.
--
CREATE FUNCTION rename() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before bigint := judged();
    n bigint;
BEGIN
    UPDATE task SET title = title || '.' WHERE id = 2;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN format('%s row(s); %s judged', n, judged() - before);
EXCEPTION WHEN insufficient_privilege THEN
    RETURN SQLERRM;
END $$;
SET plan_cache_mode = force_generic_plan;
SELECT clearance.set_actor('pat', local => false) > 0;
SET ROLE regress_spared;
SELECT rename(), rename(), rename();
SELECT clearance.set_actor('ass', local => false) > 0;
SELECT rename(), rename(), rename();
SELECT clearance.set_actor('pat', local => false) > 0;
SELECT rename();
-- a guard comes
RESET ROLE;
SELECT clearance.guard_column('task', 'title', 'change_owner');
SET ROLE regress_spared;
SELECT rename(), rename();
RESET ROLE;
SELECT clearance.unguard_column('task', 'title');
-- another column takes the place of a guarded one
SELECT clearance.guard_column('task', 'price', 'change_owner');
SET ROLE regress_spared;
SELECT rename(), rename();
RESET ROLE;
ALTER TABLE task RENAME price TO cost;
ALTER TABLE task RENAME title TO price;
ALTER TABLE task RENAME cost TO title;
SET ROLE regress_spared;
UPDATE task SET title = 0 WHERE id = 2;
UPDATE task SET price = 'new' WHERE id = 2 RETURNING price;
RESET ROLE;
ALTER TABLE task RENAME title TO cost;
ALTER TABLE task RENAME price TO title;
ALTER TABLE task RENAME cost TO price;
SELECT clearance.unguard_column('task', 'price');
-- pat's company loses a level, and gets it again
SET ROLE regress_spared;
SELECT rename(), rename();
RESET ROLE;
UPDATE clearance.project_partner SET level_id = (SELECT id FROM clearance.level WHERE name = 'regress_assigner')
WHERE partner_id = (SELECT id FROM clearance.partner WHERE name = 'Perm' AND account_id = :account);
SET ROLE regress_spared;
SELECT rename(), rename();
RESET ROLE;
UPDATE clearance.project_partner SET level_id = NULL
WHERE partner_id = (SELECT id FROM clearance.partner WHERE name = 'Perm' AND account_id = :account);
SET ROLE regress_spared;
SELECT rename(), rename(), rename();
-- replication switches the trigger off, for whomever it binds
RESET ROLE;
BEGIN;
SET LOCAL session_replication_role = replica;
SELECT clearance.set_actor('ass') > 0;
SET LOCAL ROLE regress_spared;
SELECT rename();
ROLLBACK;

--
-- Partitions, children: rows are judged where they are.
--
CREATE TABLE part (id integer, project text NOT NULL, title text, owner text, PRIMARY KEY (id, project)) PARTITION BY LIST (project);
CREATE TABLE part_1 PARTITION OF part FOR VALUES IN ('sp-1');
CREATE TABLE part_2 PARTITION OF part FOR VALUES IN ('sp-2');
CREATE TABLE parent (id integer PRIMARY KEY, project text NOT NULL, title text, owner text);
CREATE TABLE child () INHERITS (parent);
SELECT clearance.protect(t, 'task', project => 'project', owner => 'owner') > 0 FROM unnest('{part,parent}'::regclass[]) AS t;
GRANT SELECT, INSERT, UPDATE ON part, part_1, part_2, parent, child TO regress_spared;
INSERT INTO part VALUES (1, 'sp-1'), (2, 'sp-2');
INSERT INTO parent VALUES (1, 'sp-1');
INSERT INTO child VALUES (2, 'sp-1');
SELECT does(who, statement) FROM unnest('{pat,ass}'::text[]) AS who,
    unnest('{UPDATE part SET title = ''new'' WHERE id = 1,UPDATE part_1 SET title = ''new'',UPDATE parent SET title = ''new'',UPDATE ONLY parent SET title = ''new'',UPDATE child SET title = ''new''}'::text[]) AS statement;
SELECT does('pat', 'UPDATE part SET project = ''sp-2'' WHERE id = 1');
SELECT does('pat', 'INSERT INTO part_1 (id, project) VALUES (3, ''sp-1'')');

RESET ALL;
DROP SCHEMA regress_spared CASCADE;
DELETE FROM clearance.account WHERE id = :account;
DROP OWNED BY regress_spared, regress_spared_owner, regress_spared_all;
DROP ROLE regress_spared, regress_spared_owner, regress_spared_all;
