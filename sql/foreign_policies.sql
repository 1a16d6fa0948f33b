-- Policies that somebody else puts on a protected table: permissive ones show
-- and let write no more than the rule, restrictive ones narrow it, and the
-- extension's own are not to be altered.
\set SHOW_CONTEXT never
CREATE SCHEMA regress_foreign;
CREATE ROLE regress_foreign_owner;
CREATE ROLE regress_foreign_app;
GRANT ALL ON SCHEMA regress_foreign TO regress_foreign_owner;
GRANT USAGE ON SCHEMA regress_foreign TO regress_foreign_app;
SELECT clearance.trust_role('regress_foreign_app');
SELECT clearance.create_account('regress_foreign') AS account \gset
SELECT clearance.create_partner('Acme', 'moderate', account => :account) AS acme \gset
SELECT clearance.add_member(key => 1, name => 'Ann', roles => '{account_admin}', account => :account) AS ann \gset
SELECT clearance.add_member(key => 2, name => 'Bob', partner => :acme, account => :account) AS bob \gset
SELECT clearance.create_project('rf-1', :account) > 0 AS ok;
SELECT clearance.create_project('rf-2', :account) > 0 AS ok;
SELECT clearance.add_partner_to_project('rf-1', :acme);
SELECT clearance.add_member_to_project('rf-1', :bob);
SET ROLE regress_foreign_owner;
CREATE TABLE regress_foreign.task (id integer PRIMARY KEY, project_id text, is_private boolean, title text);
CREATE TABLE regress_foreign.follower (task_id integer, member_id integer);
CREATE TABLE regress_foreign.part (id integer, project_id text) PARTITION BY LIST (project_id);
CREATE TABLE regress_foreign.part_1 PARTITION OF regress_foreign.part FOR VALUES IN ('rf-1', 'rf-2');
INSERT INTO regress_foreign.task VALUES (1, 'rf-1', false, 'shared'), (2, 'rf-1', true, 'private'), (3, 'rf-2', false, 'elsewhere');
INSERT INTO regress_foreign.follower VALUES (1, 1), (2, 1), (3, 1);
INSERT INTO regress_foreign.part VALUES (1, 'rf-1'), (3, 'rf-2');
GRANT ALL ON ALL TABLES IN SCHEMA regress_foreign TO regress_foreign_app;
RESET ROLE;
SELECT clearance.protect('regress_foreign.task', 'task', project => 'project_id', visibility => 'is_private', shared_values => '{false}') > 0 AS ok;
SELECT clearance.relate('regress_foreign.task', 'followed', member_column => 'member_id', link => 'regress_foreign.follower', link_column => 'task_id');
SELECT clearance.protect('regress_foreign.part', 'task', project => 'project_id') > 0 AS ok;

-- What the actor sees and can write; each statement is undone.
CREATE FUNCTION regress_foreign.try(OUT what text, OUT result text) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
    statement text;
    n bigint;
BEGIN
    FOR what, statement IN VALUES
        ('select', 'SELECT id FROM regress_foreign.task'),
        ('select links', 'SELECT task_id FROM regress_foreign.follower'),
        ('select partition', 'SELECT id FROM regress_foreign.part_1'),
        ('update', 'UPDATE regress_foreign.task SET title = ''x'' RETURNING id'),
        ('update to private', 'UPDATE regress_foreign.task SET is_private = true WHERE id = 1 RETURNING id'),
        ('update to elsewhere', 'UPDATE regress_foreign.task SET project_id = ''rf-2'' WHERE id = 1 RETURNING id'),
        ('update partition', 'UPDATE regress_foreign.part_1 SET project_id = ''rf-2'' WHERE id = 1 RETURNING id'),
        ('delete', 'DELETE FROM regress_foreign.task RETURNING id'),
        ('delete links', 'DELETE FROM regress_foreign.follower RETURNING task_id'),
        ('insert', 'INSERT INTO regress_foreign.task VALUES (9, ''rf-1'', false) RETURNING id'),
        ('insert on conflict', 'INSERT INTO regress_foreign.task VALUES (1, ''rf-1'', false) ON CONFLICT (id) DO UPDATE SET title = ''x'' RETURNING id'),
        ('insert own link', 'INSERT INTO regress_foreign.follower VALUES (1, 2) RETURNING task_id'),
        ('insert own link to hidden', 'INSERT INTO regress_foreign.follower VALUES (2, 2) RETURNING task_id'),
        ('merge', 'MERGE INTO regress_foreign.task t USING (VALUES (1), (2), (3)) v (id) ON t.id = v.id
                   WHEN MATCHED THEN UPDATE SET title = ''x'' WHEN NOT MATCHED THEN DO NOTHING')
    LOOP
        BEGIN
            IF what = 'merge' THEN
                EXECUTE statement;
                GET DIAGNOSTICS n = ROW_COUNT;
                result := n || ' row';
            ELSE
                IF what NOT LIKE 'select%' THEN
                    statement := format('WITH w (x) AS (%s) SELECT x FROM w', statement);
                END IF;
                result := NULL;
                FOR n IN EXECUTE statement LOOP
                    result := concat_ws(',', result, n);
                END LOOP;
            END IF;
            RAISE EXCEPTION SQLSTATE 'XXUND';
        EXCEPTION
            WHEN SQLSTATE 'XXUND' THEN
            WHEN OTHERS THEN
                result := SQLERRM;
        END;
        RETURN NEXT;
    END LOOP;
END
$$;
BEGIN;
SET LOCAL ROLE regress_foreign_app;
SELECT clearance.set_actor(id => :bob) = :bob AS bob;
SELECT * FROM regress_foreign.try();
COMMIT;

--
-- Permissive policies, for all commands and for each, on the table, on its link
-- table and on a partition: nothing changes.
--
SET ROLE regress_foreign_owner;
CREATE POLICY open_all ON regress_foreign.task USING (true) WITH CHECK (true);
-- (the notice is the same for the others)
SET client_min_messages = warning;
CREATE POLICY open_select ON regress_foreign.task FOR SELECT USING (true);
CREATE POLICY open_insert ON regress_foreign.task FOR INSERT WITH CHECK (true);
CREATE POLICY open_update ON regress_foreign.task FOR UPDATE TO regress_foreign_app USING (true) WITH CHECK (true);
CREATE POLICY open_delete ON regress_foreign.task FOR DELETE USING (true);
CREATE POLICY open_all ON regress_foreign.follower USING (true) WITH CHECK (true);
CREATE POLICY open_all ON regress_foreign.part_1 USING (true) WITH CHECK (true);
-- not even under a name like the extension's
CREATE POLICY clearance_zzz ON regress_foreign.task USING (true) WITH CHECK (true);
RESET client_min_messages;
BEGIN;
SET LOCAL ROLE regress_foreign_app;
SELECT clearance.set_actor(id => :bob) = :bob AS bob;
SELECT * FROM regress_foreign.try();
SELECT clearance.reset_actor();
SELECT * FROM regress_foreign.try() WHERE what LIKE 'select%' OR what LIKE 'delete%';
COMMIT;
-- without the actor, the owner neither
SELECT * FROM regress_foreign.try() WHERE what LIKE 'select%' OR what LIKE 'delete%';
RESET ROLE;
-- a table that has such a policy already is protected, with a notice
SET ROLE regress_foreign_owner;
CREATE TABLE regress_foreign.early (id integer PRIMARY KEY, project_id text);
CREATE POLICY early ON regress_foreign.early USING (true);
CREATE POLICY early_too ON regress_foreign.early FOR SELECT USING (true);
INSERT INTO regress_foreign.early VALUES (1, 'rf-1'), (3, 'rf-2');
GRANT ALL ON regress_foreign.early TO regress_foreign_app;
RESET ROLE;
SELECT clearance.protect('regress_foreign.early', 'file', project => 'project_id') > 0 AS ok;
BEGIN;
SET LOCAL ROLE regress_foreign_app;
SELECT clearance.set_actor(id => :bob) = :bob AS bob;
SELECT id FROM regress_foreign.early ORDER BY id;
COMMIT;
-- altered later it shows no more either
SET ROLE regress_foreign_owner;
DROP POLICY open_all ON regress_foreign.task;
DROP POLICY open_select ON regress_foreign.task;
DROP POLICY open_insert ON regress_foreign.task;
DROP POLICY open_delete ON regress_foreign.task;
DROP POLICY open_all ON regress_foreign.part_1;
CREATE POLICY narrow ON regress_foreign.part_1 FOR SELECT USING (id < 0);
ALTER POLICY narrow ON regress_foreign.part_1 USING (true);
BEGIN;
SET LOCAL ROLE regress_foreign_app;
SELECT clearance.set_actor(id => :bob) = :bob AS bob;
SELECT id FROM regress_foreign.part_1 ORDER BY id;
COMMIT;
DROP POLICY open_update ON regress_foreign.task;
DROP POLICY open_all ON regress_foreign.follower;

--
-- Restrictive policies narrow what the rule allows.
--
CREATE POLICY only_three ON regress_foreign.task AS RESTRICTIVE FOR SELECT USING (id = 3);
CREATE POLICY no_change ON regress_foreign.task AS RESTRICTIVE FOR UPDATE USING (title <> 'elsewhere');
BEGIN;
SET LOCAL ROLE regress_foreign_app;
SELECT clearance.set_actor(id => :bob) = :bob AS bob;
SELECT id FROM regress_foreign.task ORDER BY id;
SELECT clearance.set_actor(id => :ann) = :ann AS ann;
SELECT id FROM regress_foreign.task ORDER BY id;
UPDATE regress_foreign.task SET title = 'x' RETURNING id;
ROLLBACK;
-- Answers tell nobody of rows that they hide; operators are told what the rule says.
BEGIN;
SET LOCAL ROLE regress_foreign_app;
SELECT clearance.set_actor(id => :bob) = :bob AS bob;
SAVEPOINT asking;
SELECT explanation FROM clearance.explain('regress_foreign.task', 1, 'view');
ROLLBACK TO asking;
SELECT * FROM clearance.what_can(relation => 'regress_foreign.task');
ROLLBACK TO asking;
SELECT visible > 0 AS some, relation FROM clearance.what_can() WHERE relation::text LIKE 'regress_foreign.%' ORDER BY relation::text COLLATE "C";
SELECT clearance.set_actor(id => :ann) = :ann AS ann;
SAVEPOINT asking;
SELECT * FROM clearance.who_can('regress_foreign.task', 1);
ROLLBACK TO asking;
SELECT * FROM clearance.access_matrix('regress_foreign.task');
ROLLBACK TO asking;
SELECT line, relation, note FROM clearance.preview('SELECT 1') WHERE relation = 'regress_foreign.task';
ROLLBACK;
BEGIN;
SET LOCAL ROLE NONE;
SELECT count(*) > 0 AS some FROM clearance.who_can('regress_foreign.task', 1);
SELECT explanation FROM clearance.explain('regress_foreign.task', 1, 'view', member => '2', account => :account) LIMIT 1;
ROLLBACK;
DROP POLICY only_three ON regress_foreign.task;
BEGIN;
SET LOCAL ROLE regress_foreign_app;
SELECT clearance.set_actor(id => :ann) = :ann AS ann;
UPDATE regress_foreign.task SET title = 'x' RETURNING id;
ROLLBACK;
DROP POLICY no_change ON regress_foreign.task;

--
-- The extension's own policies cannot be dropped or altered. Where a superuser
-- gets around that, nothing that needs them runs until they are repaired.
--
DROP POLICY clearance_insert ON regress_foreign.task;
ALTER POLICY clearance_select ON regress_foreign.task USING (true);
RESET ROLE;
ALTER EVENT TRIGGER clearance_follow_ddl DISABLE;
SET ROLE regress_foreign_owner;
ALTER POLICY clearance_select ON regress_foreign.task USING (true);
BEGIN;
SET LOCAL ROLE regress_foreign_app;
SELECT clearance.set_actor(id => :ann) = :ann AS ann;
SELECT id FROM regress_foreign.task ORDER BY id;
ROLLBACK;
RESET ROLE;
SELECT enforced FROM clearance.protected_tables WHERE "table" = 'regress_foreign.task'::regclass;
SELECT clearance.repair('regress_foreign.task');
SELECT enforced FROM clearance.protected_tables WHERE "table" = 'regress_foreign.task'::regclass;
CREATE FUNCTION regress_foreign.altered(command text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text := 'runs';
BEGIN
    BEGIN
        EXECUTE command;
    EXCEPTION WHEN OTHERS THEN
        RETURN 'refused: ' || SQLERRM;
    END;
    BEGIN
        SET LOCAL ROLE regress_foreign_app;
        EXECUTE statement;
    EXCEPTION WHEN OTHERS THEN
        result := SQLERRM;
    END;
    SET LOCAL ROLE regress_foreign_owner;
    RAISE EXCEPTION SQLSTATE 'XXUND';
EXCEPTION WHEN SQLSTATE 'XXUND' THEN
    RETURN result;
END
$$;
GRANT regress_foreign_owner TO regress_foreign_app;
SET client_min_messages = warning;
BEGIN;
SET LOCAL ROLE regress_foreign_app;
SELECT clearance.set_actor(id => :bob) = :bob AS bob;
SET LOCAL ROLE regress_foreign_owner;
SELECT s.command, regress_foreign.altered(format(s.command, 'regress_foreign.task'), s.statement) FROM (VALUES
    (1, 'ALTER POLICY clearance_select ON %s TO regress_foreign_owner', 'SELECT FROM regress_foreign.task'),
    (2, 'ALTER POLICY clearance_select ON %s TO regress_foreign_app', 'SELECT FROM regress_foreign.task'),
    (3, 'ALTER POLICY clearance_select ON %s USING (clearance.visible(0, id))', 'SELECT FROM regress_foreign.task'),
    (4, 'ALTER POLICY clearance_select ON %s USING (NOT is_private)', 'SELECT FROM regress_foreign.task'),
    (5, 'ALTER POLICY clearance_select ON %s RENAME TO mine', 'SELECT FROM regress_foreign.task'),
    (6, 'ALTER POLICY clearance_insert ON %s WITH CHECK (true)', 'INSERT INTO regress_foreign.task VALUES (9)'),
    (7, 'ALTER POLICY clearance_update ON %s USING (true)', 'UPDATE regress_foreign.task SET title = ''x'''),
    (8, 'ALTER POLICY clearance_update ON %s WITH CHECK (true)', 'UPDATE regress_foreign.task SET title = ''x'''),
    (9, 'ALTER POLICY clearance_delete ON %s USING (true)', 'DELETE FROM regress_foreign.task'),
    (10, 'ALTER POLICY clearance_delete ON %s USING (true)', 'SELECT FROM regress_foreign.task')
) AS s (n, command, statement) ORDER BY s.n;
ROLLBACK;
RESET client_min_messages;
-- policies of a partition likewise
SET ROLE regress_foreign_owner;
DROP POLICY clearance_select ON regress_foreign.part_1;
DROP POLICY narrow ON regress_foreign.part_1;
ALTER POLICY clearance_select ON regress_foreign.part_1 USING (true);
BEGIN;
SET LOCAL ROLE regress_foreign_app;
SELECT clearance.set_actor(id => :ann) = :ann AS ann;
SELECT id FROM regress_foreign.part_1 ORDER BY id;
ROLLBACK;
RESET ROLE;
SELECT clearance.repair('regress_foreign.part');
ALTER EVENT TRIGGER clearance_follow_ddl ENABLE ALWAYS;
BEGIN;
SET LOCAL ROLE regress_foreign_app;
SELECT clearance.set_actor(id => :bob) = :bob AS bob;
SELECT id FROM regress_foreign.part_1 ORDER BY id;
ROLLBACK;
-- repair() leaves the policies of others, and unprotect() too
CREATE POLICY narrow ON regress_foreign.task AS RESTRICTIVE FOR SELECT USING (id > 0);
SELECT clearance.repair('regress_foreign.task');
SELECT clearance.unprotect('regress_foreign.task');
SELECT clearance.unprotect('regress_foreign.part');
SELECT clearance.unprotect('regress_foreign.early');
SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'regress_foreign' AND tablename IN ('task', 'early') ORDER BY 1, 2;

-- nothing stays behind
SELECT clearance.distrust_role('regress_foreign_app');
SET client_min_messages = warning;
DROP SCHEMA regress_foreign CASCADE;
DELETE FROM clearance.account WHERE id = :account;
DROP OWNED BY regress_foreign_owner, regress_foreign_app;
DROP ROLE regress_foreign_owner, regress_foreign_app;
