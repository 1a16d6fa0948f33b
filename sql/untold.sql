-- No error names a row, by key, label or name, to somebody who does not see it.
-- Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_untold LOGIN;
CREATE SCHEMA regress_untold;
GRANT USAGE ON SCHEMA regress_untold TO regress_untold;
SET LOCAL search_path = regress_untold;
\o /dev/null
SELECT clearance.create_account('Regress') AS account \gset
SELECT clearance.create_role('Tester', available_to_partners => true, account => :account);
SELECT clearance.add_member(1, 'vera@regress.example', 'Vera', roles => '{super_user}', account => :account) AS vera \gset
SELECT clearance.create_partner('Arc', 'permissive', account => :account) AS arc \gset
SELECT clearance.add_member(2, 'pam@regress.example', 'Pam', partner => :arc, partner_admin => true, account => :account) AS pam \gset
SELECT clearance.trust_role('regress_untold');
SELECT clearance.create_project(7, :account), clearance.create_project(8, :account);
SELECT clearance.add_partner_to_project(p, :arc) FROM unnest('{7,8}'::int[]) p;
CREATE TABLE task (id int PRIMARY KEY, project int NOT NULL);
CREATE TABLE finding (key text PRIMARY KEY, project int NOT NULL, task int REFERENCES task, private boolean NOT NULL);
CREATE TABLE remark (key text PRIMARY KEY, finding text REFERENCES finding, project int NOT NULL, private boolean NOT NULL);
CREATE FUNCTION spread() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = regress_untold, pg_temp AS $$
BEGIN
    UPDATE finding SET project = NEW.project WHERE task = NEW.id;
    RETURN NULL;
END $$;
INSERT INTO task VALUES (1, 7), (2, 7), (3, 7);
INSERT INTO finding VALUES ('hidden-finding', 7, 1, true), ('shared-finding', 7, 2, false), ('carried-finding', 7, 3, false);
INSERT INTO remark VALUES ('hidden-remark', 'carried-finding', 7, true);
SELECT clearance.create_feature('finding', '{view,create,edit,delete}'), clearance.allow('permissive', 'finding', 'view', visibility => 'shared');
SELECT clearance.protect('task', 'task', 'project'), clearance.protect('finding', 'finding', 'project', visibility => 'private', shared_values => '{false}'),
    clearance.protect('remark', 'finding', 'project', visibility => 'private', shared_values => '{false}');
SELECT clearance.add_parent('finding', 'task', 'task', optional => true), clearance.add_parent('remark', 'finding', 'finding', optional => true);
GRANT SELECT, INSERT, UPDATE, DELETE ON task, finding, remark TO regress_untold;
-- all that an error tells, in whichever field
CREATE FUNCTION tell(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    m text; d text; h text; x text;
BEGIN
    EXECUTE statement;
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS m = MESSAGE_TEXT, d = PG_EXCEPTION_DETAIL, h = PG_EXCEPTION_HINT, x = PG_EXCEPTION_CONTEXT;
    RETURN SQLSTATE || ' ' || m || CASE WHEN concat(m, d, h, x) ~ '(hidden|shared|carried)-' THEN ': named' ELSE '' END;
END $$;
\o

--
-- A child that stays in another project is named to superusers.
--
SELECT clearance.set_actor(id => :pam) = :pam;
SET LOCAL ROLE regress_untold;
SELECT string_agg(key, ' ') FROM finding;
SELECT tell('UPDATE task SET project = 8 WHERE id = 1');
SELECT tell('UPDATE task SET project = 8 WHERE id = 2');
RESET ROLE;
SELECT tell('UPDATE task SET project = 8 WHERE id = 1');
SELECT clearance.reset_actor();
SELECT tell('UPDATE task SET project = 8 WHERE id = 1');
-- a child of a child, which somebody else's trigger moves
CREATE TRIGGER spread AFTER UPDATE OF project ON task FOR EACH ROW EXECUTE FUNCTION spread();
SELECT clearance.set_actor(id => :pam) = :pam;
SET LOCAL ROLE regress_untold;
SELECT tell('UPDATE task SET project = 8 WHERE id = 3');
RESET ROLE;
DROP TRIGGER spread ON task;
-- a row that a function of somebody else's writes for the actor
CREATE FUNCTION misplace(hidden boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = regress_untold, pg_temp AS $$
BEGIN
    INSERT INTO finding VALUES (concat_ws('-', CASE WHEN hidden THEN 'hidden' ELSE 'shared' END, 'new'), 8, 2, hidden);
END $$;
SET LOCAL ROLE regress_untold;
SELECT tell('SELECT misplace(true)');
SELECT tell('SELECT misplace(false)');
RESET ROLE;

--
-- Who of the vendor's is in charge of a partner is named to the vendor.
--
SELECT clearance.reset_actor();
SELECT clearance.set_member_roles(:vera, '{}'), clearance.update_partner(:arc, owner => :vera), clearance.set_partner_roles(:arc, '{Tester}');
SELECT clearance.set_actor(id => :pam) = :pam;
SET LOCAL ROLE regress_untold;
SELECT clearance.invite_partner_member(:arc, 'new@arc.example', 'Tester');
RESET ROLE;
SELECT clearance.reset_actor();
SELECT clearance.invite_partner_member(:arc, 'new@arc.example', 'Tester');
ROLLBACK;
