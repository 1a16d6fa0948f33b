-- Small tables of the extension are searched, large ones are asked by their indexes, as all
-- are under SERIALIZABLE, where a search would be a reading of everything. Either way the
-- same is found: here each answer is given in both ways, by a session that has read
-- nothing yet.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE ROLE regress_small;
CREATE SCHEMA regress_small;
GRANT USAGE ON SCHEMA regress_small TO regress_small;
SET search_path = regress_small, clearance;
CREATE FUNCTION account(key text) RETURNS bigint LANGUAGE sql RETURN (SELECT a.id FROM clearance.account a WHERE a.key = account.key);
CREATE FUNCTION partner(name text) RETURNS bigint LANGUAGE sql RETURN (SELECT p.id FROM clearance.partner p WHERE p.name = partner.name);
\o /dev/null
SELECT create_account('North', key => 'n'), create_account('South', key => 's');
SELECT create_partner('Acme', account => account('n')), create_customer('Cust', account => account('n'));
SELECT create_level('own', 'partner', based_on => 'moderate', account => account('n'));
SELECT deny('own', 'task', 'edit', account('n'));
SELECT create_partner('Bolt', 'own', account => account('n'));
SELECT create_level('own', 'partner', based_on => 'restricted', account => account('s'));
SELECT create_partner('Clue', 'own', account => account('s'));
SELECT create_partner('Dire', account => account('s'));
UPDATE account SET portal = true, default_external_level_id = (SELECT id FROM level WHERE name = 'restricted' AND account_id IS NULL);
SELECT add_member('zoe', roles => '{account_admin}', account => account('s')), add_member('ann', roles => '{account_admin}', account => account('n')), add_member('sue', roles => '{super_user}', account => account('n')),
       add_member('cole', roles => '{collaborator}', account => account('n')), add_member('pat', partner => partner('Acme'), account => account('n')),
       add_member('bo', partner => partner('Bolt'), partner_admin => true, account => account('n')), add_member('cleo', customer => c.id, account => account('n')),
       add_member('clu', partner => partner('Clue'), partner_admin => true, account => account('s')),
       add_member('dia', partner => partner('Dire'), partner_admin => true, account => account('s'))
FROM clearance.customer c;
CREATE TABLE project (id integer PRIMARY KEY);
CREATE TABLE task (id integer PRIMARY KEY, project_id integer NOT NULL, hidden boolean NOT NULL, client text NOT NULL,
                   owner text, state text, rate numeric);
CREATE TABLE assignment (task_id integer, member text);
CREATE TABLE file (id integer PRIMARY KEY, task_id integer NOT NULL, name text);
GRANT ALL ON project, task, assignment, file TO regress_small;
SELECT protect('project', 'project', 'id');
SELECT protect('task', 'task', 'project_id', visibility => 'hidden', shared_values => '{false}', client_visibility => 'client', owner => 'owner');
SELECT relate('task', 'assigned', link => 'assignment', link_column => 'task_id', member_column => 'member');
SELECT protect('file', 'file');
SELECT add_parent('file', 'task_id', 'task');
SELECT relate('file', 'assigned_task', link => 'task', row_column => 'task_id');
SELECT guard_column('task', 'rate'::name, 'delete');
SELECT guard_row('task', 'state', '{closed}', 'delete');
SELECT mask_column('task', 'rate'::name, 'edit');
SELECT set_actor(key => 'ann', local => false);
INSERT INTO project SELECT n FROM generate_series(1, 50) n;
SELECT set_actor(key => 'zoe', local => false);
INSERT INTO project SELECT n FROM generate_series(51, 60) n;
SELECT reset_actor();
UPDATE clearance.project SET portal = true;
INSERT INTO task SELECT n, (n - 1) % 60 + 1, n % 4 = 0, (ARRAY['hidden', 'read', 'edit'])[n % 3 + 1], (ARRAY['pat', 'bo', 'cleo'])[n % 7], CASE WHEN n % 5 = 0 THEN 'closed' END, n
FROM generate_series(1, 120) n;
INSERT INTO assignment SELECT n, (ARRAY['pat', 'bo', 'cole'])[n % 5] FROM generate_series(1, 120) n WHERE n % 5 BETWEEN 1 AND 3;
INSERT INTO file SELECT n, n, 'f' || n FROM generate_series(1, 120) n;
SELECT add_partner_to_project(n, partner('Acme')), add_partner_to_project(n, partner('Bolt'), CASE WHEN n % 2 = 0 THEN 'permissive' END) FROM generate_series(1, 40) n;
-- as a load may bring it, the level last: what is one of the one account alone is none in the other
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE clearance.partner SET level_id = 99999 WHERE name = 'Dire';
INSERT INTO clearance.level (id, name, audience, account_id) VALUES (99999, 'late', 'partner', account('n'));
INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation)
VALUES (99999, 'task', 'view', 'any', 'any'), (99999, 'project', 'view', 'any', 'any');
COMMIT;
SELECT add_partner_to_project(n, partner('Clue')), add_partner_to_project(n, partner('Dire')) FROM generate_series(51, 60) n;
SELECT add_customer_to_project(n, c.id) FROM generate_series(1, 10) n, clearance.customer c;
SELECT add_member_to_project(n, m.id) FROM generate_series(3, 37) n, member m WHERE m.key IN ('pat', 'cole');
INSERT INTO clearance.project_feature_off (project_id, feature) SELECT id, 'file' FROM clearance.project WHERE key IN ('3', '4');
SELECT set_project(41, open_levels => '{restricted,permissive,client}'), set_project(42, open_levels => '{collaborator,restricted}'), set_project(43, open_level => 'permissive');
INSERT INTO clearance.project_open_level (project_id, level_id) SELECT p.id, l.id FROM clearance.project p, clearance.level l WHERE p.key = '44' AND l.name = 'permissive';
CREATE TABLE answer (run text, who text, what text, answer text);
CREATE FUNCTION tried(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE command;
    GET DIAGNOSTICS n = ROW_COUNT;
    RAISE EXCEPTION USING ERRCODE = 'UE001', MESSAGE = n;
EXCEPTION WHEN OTHERS THEN
    RETURN concat_ws(' ', nullif(SQLSTATE, 'UE001'), SQLERRM);
END $$;
CREATE PROCEDURE answers(run text) LANGUAGE plpgsql AS $$
DECLARE
    who text;
    said jsonb;
BEGIN
    FOREACH who IN ARRAY ARRAY['ann', 'sue', 'cole', 'pat', 'bo', 'cleo', 'clu', 'dia'] LOOP
        PERFORM clearance.set_actor(key => who, local => false);
        SET LOCAL ROLE regress_small;
        said := jsonb_build_object(
            'projects', (SELECT string_agg(id::text, ' ' ORDER BY id) FROM project),
            'tasks', (SELECT string_agg(id::text, ' ' ORDER BY id) FROM task),
            'rates', (SELECT sum(rate) FROM task),
            'files', (SELECT string_agg(id::text, ' ' ORDER BY id) FROM file),
            'may', (SELECT md5(string_agg(clearance.permissions(t)::text, ' ' ORDER BY id)) FROM task t),
            'rate changed', tried('UPDATE task SET rate = rate + 1 WHERE id = 8'),
            'closed', tried('UPDATE task SET hidden = hidden WHERE id = 5'),
            'given away', tried('UPDATE task SET owner = ''ann'' WHERE id = 2'),
            'deleted', tried('DELETE FROM file WHERE id < 10'));
        RESET ROLE;
        INSERT INTO answer SELECT run, who, key, value FROM jsonb_each_text(said);
    END LOOP;
    PERFORM clearance.reset_actor();
    INSERT INTO answer SELECT run, NULL, 'grants', md5(string_agg(g::text, ' ' ORDER BY g::text)) FROM clearance.effective_grant g;
    INSERT INTO answer SELECT run, NULL, 'follows', md5(string_agg(c::text, ' ' ORDER BY c::text)) FROM clearance_internal.consequences() c;
    INSERT INTO answer SELECT run, NULL, 'bound', string_agg(coalesce(b.relation::text, '-'), ' ' ORDER BY c.relname)
    FROM pg_class c LEFT JOIN clearance.binding b ON b.id = clearance_internal.binding_of(c.oid)
    WHERE c.relnamespace = 'regress_small'::regnamespace AND c.relkind = 'r';
END $$;
\o
\c -
SET search_path = regress_small;
CALL answers('search');
\c -
SET search_path = regress_small;
BEGIN ISOLATION LEVEL SERIALIZABLE;
CALL answers('index');
COMMIT;
-- the same, and something
SELECT s.who, s.what, s.answer, i.answer FROM answer s JOIN answer i ON i.run = 'index' AND (i.who, i.what) IS NOT DISTINCT FROM (s.who, s.what)
WHERE s.run = 'search' AND s.answer IS DISTINCT FROM i.answer ORDER BY s.who, s.what;
SELECT run, count(*), count(answer) FROM answer GROUP BY run ORDER BY run;
SELECT who, what, CASE WHEN length(answer) > 60 THEN cardinality(string_to_array(answer, ' ')) || ' …' ELSE answer END
FROM answer WHERE run = 'search' AND what NOT IN ('may', 'grants', 'follows') ORDER BY who, what;

-- Large ones: thousands of levels of other accounts change nothing for those who do not have them.
SET client_min_messages = warning;
\o /dev/null
INSERT INTO clearance.level (name, audience, account_id, description) SELECT 'l' || n, 'partner', -n, repeat('x', 1500) FROM generate_series(1, 300) n;
INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation, kinds)
SELECT id, 'task', 'view', 'any', 'any', ARRAY[description] FROM clearance.level WHERE account_id < 0;
ANALYZE clearance.level, clearance.level_grant;
\o
SELECT relname, pg_relation_size(oid) / 8192 > 32 AS is_large FROM pg_class
WHERE oid IN ('clearance.level'::regclass, 'clearance.level_grant'::regclass) ORDER BY 1;
\c -
SET search_path = regress_small;
CALL answers('large');
SELECT s.who, s.what, s.answer, i.answer FROM answer s JOIN answer i ON i.run = 'large' AND (i.who, i.what) IS NOT DISTINCT FROM (s.who, s.what)
WHERE s.run = 'search' AND s.answer IS DISTINCT FROM i.answer AND s.what <> 'grants' ORDER BY s.who, s.what;

SET client_min_messages = warning;
DELETE FROM clearance.level WHERE account_id < 0;
SELECT clearance.unprotect(t) FROM unnest('{file,task,project}'::regclass[]) t;
DROP SCHEMA regress_small CASCADE;
DELETE FROM clearance.account;
DROP ROLE regress_small;
VACUUM FULL clearance.level_grant, clearance.level;
