-- What serves the extension alone: schema clearance_internal, which nobody but
-- its owner may use.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE ROLE regress_internals LOGIN CREATEROLE;
CREATE ROLE regress_internals_reader;
GRANT pg_read_all_data, pg_write_all_data, pg_monitor TO regress_internals_reader;

-- It is the extension's.
SELECT e.extname, n.nspowner = e.extowner FROM pg_namespace n
JOIN pg_depend d ON d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e'
JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid
WHERE n.nspname = 'clearance_internal';
-- Nobody was granted anything on it, nor on what is in it: functions alone.
SELECT acl.* FROM pg_namespace n, aclexplode(n.nspacl) acl WHERE n.nspname = 'clearance_internal' AND acl.grantee <> n.nspowner;
SELECT p.oid::regprocedure FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) acl
WHERE p.pronamespace = 'clearance_internal'::regnamespace AND acl.grantee <> p.proowner;
SELECT classid::regclass, count(*) > 0 FROM pg_depend
WHERE refclassid = 'pg_namespace'::regclass AND refobjid = 'clearance_internal'::regnamespace GROUP BY 1 ORDER BY 1;
-- Roles that may use it own the extension, but for those who PostgreSQL lets look up names in every schema.
SELECT r.rolname FROM pg_roles r
WHERE has_schema_privilege(r.oid, 'clearance_internal', 'USAGE, CREATE')
  AND NOT EXISTS (SELECT FROM pg_extension e WHERE e.extname = 'pg_clearance' AND pg_has_role(r.oid, e.extowner, 'USAGE'))
ORDER BY 1;

-- Others may not call what is there, attach it, put it behind something of their own, or make anything there, whoever
-- they act for.
SELECT clearance.create_account('Regress', key => 'regress') AS account \gset
SELECT clearance.add_member(key => 'ann', roles => '{account_admin}', account => :account) AS ann \gset
CREATE SCHEMA regress_internals;
GRANT ALL ON SCHEMA regress_internals TO PUBLIC;
SELECT clearance.set_actor(id => :ann, local => false) = :ann;
CREATE FUNCTION pg_temp.try(statement text) RETURNS text LANGUAGE plpgsql AS
$$ BEGIN EXECUTE statement; RETURN 'done'; EXCEPTION WHEN OTHERS THEN RETURN sqlstate || ' ' || sqlerrm; END $$;
CREATE TEMP TABLE tried (i serial, statement text);
INSERT INTO tried (statement) VALUES
    ('SELECT clearance_internal.is_trigger_name(''x'')'),
    ('SELECT clearance_internal.sync(1)'),
    ('SELECT * FROM clearance_internal.scope_actor(1, NULL)'),
    ('SET search_path = clearance_internal; SELECT is_trigger_name(''x'')'),
    ('CREATE TABLE regress_internals.mine (id text DEFAULT clearance_internal.new_token())'),
    ('CREATE VIEW regress_internals.mine AS SELECT clearance_internal.new_token()'),
    ('CREATE OPERATOR regress_internals.~> (LEFTARG = text, RIGHTARG = text, FUNCTION = clearance_internal.changed_text)'),
    ('CREATE AGGREGATE regress_internals.mine (text) (SFUNC = clearance_internal.changed_text, STYPE = text)'),
    ('CREATE TABLE regress_internals.mine (id text); CREATE TRIGGER t BEFORE INSERT ON regress_internals.mine FOR EACH ROW EXECUTE FUNCTION clearance_internal.write_check(1)'),
    ('CREATE FUNCTION clearance_internal.mine() RETURNS integer LANGUAGE sql AS ''SELECT 1'''),
    ('CREATE TABLE clearance_internal.mine ()'),
    ('ALTER FUNCTION clearance_internal.new_token() OWNER TO regress_internals'),
    ('ALTER SCHEMA clearance_internal RENAME TO mine'),
    ('DROP SCHEMA clearance_internal'),
    ('GRANT USAGE ON SCHEMA clearance_internal TO PUBLIC');
GRANT SELECT ON tried TO PUBLIC;
SET ROLE regress_internals;
SELECT t.statement, pg_temp.try(t.statement) FROM tried t ORDER BY t.i;
-- who may look up every name may call and attach nothing, either
SET ROLE regress_internals_reader;
SELECT pg_temp.try('SELECT clearance_internal.is_trigger_name(''x'')'), pg_temp.try('SELECT clearance_internal.sync(1)');
SELECT pg_temp.try('CREATE TABLE regress_internals.mine (id text); CREATE TRIGGER t BEFORE INSERT ON regress_internals.mine
                    FOR EACH ROW EXECUTE FUNCTION clearance_internal.write_check(1)');
SELECT pg_temp.try('CREATE VIEW regress_internals.mine AS SELECT clearance_internal.new_token()'), pg_temp.try('TABLE regress_internals.mine');
RESET ROLE;
SELECT clearance.reset_actor();
-- The owner may.
SELECT clearance_internal.is_trigger_name('00_clearance_write');

-- The functions by which the rule serves others call what is there all the same, as whoever asks them.
SELECT clearance.set_actor(id => :ann, local => false) = :ann;
SET ROLE regress_internals;
SELECT key, note FROM clearance.whoami();
SELECT clearance.create_project('regress-internals') > 0;
RESET ROLE;
SELECT clearance.reset_actor();
DELETE FROM clearance.account WHERE id = :account;
DROP SCHEMA regress_internals CASCADE;
DROP ROLE regress_internals_reader;

--
-- Where the schema is not the extension's, nothing is called that is in it: in
-- a database whose extension was not updated together with the library, it is
-- of whoever made it.
--
\set regress_database :DBNAME
\set regress_user :USER
CREATE DATABASE regress_internals;
\c regress_internals
SET client_min_messages = warning;
-- made before, it keeps the extension out
CREATE SCHEMA clearance_internal;
CREATE EXTENSION pg_clearance;
DROP SCHEMA clearance_internal;
-- default privileges give nobody anything of it: what the extension grants, it grants to everybody
ALTER DEFAULT PRIVILEGES GRANT ALL ON FUNCTIONS TO regress_internals;
ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO regress_internals, PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO regress_internals, PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO regress_internals, PUBLIC;
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
ALTER DEFAULT PRIVILEGES REVOKE ALL ON FUNCTIONS FROM regress_internals;
ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM regress_internals, PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE ALL ON SEQUENCES FROM regress_internals, PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE ALL ON SCHEMAS FROM regress_internals, PUBLIC;
SELECT coalesce(nullif(acl.grantee, 0)::regrole::text, 'everybody'), o.kind, acl.privilege_type, count(*)
FROM (SELECT 'schema', nspowner, coalesce(nspacl, acldefault('n', nspowner)) FROM pg_namespace WHERE nspname LIKE 'clearance%'
      UNION ALL
      SELECT 'function', proowner, coalesce(proacl, acldefault('f', proowner)) FROM pg_proc
      WHERE pronamespace IN ('clearance'::regnamespace, 'clearance_internal'::regnamespace)
      UNION ALL
      SELECT CASE relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' ELSE 'table' END, relowner,
             coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))
      FROM pg_class WHERE relnamespace = 'clearance'::regnamespace AND relkind IN ('r', 'v', 'S')
     ) AS o (kind, owner, acl), aclexplode(o.acl) acl
WHERE acl.grantee <> o.owner GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
CREATE TABLE task (id integer PRIMARY KEY, project_id integer);
INSERT INTO task VALUES (1, 7), (2, 7);
GRANT SELECT ON task TO regress_internals;
GRANT CREATE ON DATABASE regress_internals TO regress_internals;
SELECT clearance.create_account('Northwind') > 0, clearance.create_project(7) > 0,
       clearance.protect('task', 'task', project => 'project_id') > 0;
\c - regress_internals
SELECT count(*) FROM task;
\c - :regress_user
SELECT format('ALTER EVENT TRIGGER %I DISABLE', evtname) FROM pg_event_trigger \gexec
ALTER EXTENSION pg_clearance DROP SCHEMA clearance_internal;
ALTER SCHEMA clearance_internal RENAME TO former;
\c - regress_internals
CREATE SCHEMA clearance_internal;
CREATE FUNCTION clearance_internal.binding_of(oid) RETURNS integer LANGUAGE plpgsql AS
$$ BEGIN RAISE WARNING 'called as %', current_user; RETURN NULL; END $$;
SELECT count(*) FROM task;
\c :regress_database :regress_user
DROP DATABASE regress_internals;
DROP ROLE regress_internals;
