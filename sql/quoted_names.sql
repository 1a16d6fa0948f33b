-- Roles may have any name: also whoever makes the extension.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
SELECT current_database() AS home, session_user AS me \gset
CREATE ROLE "regress_The Owner" SUPERUSER LOGIN;
-- what that name would be without quotes is somebody else's
CREATE ROLE "regress_Owner" SUPERUSER LOGIN;
CREATE ROLE regress_owner LOGIN;
CREATE ROLE regress_given;
CREATE DATABASE regress_quoted TEMPLATE template0;

\c regress_quoted "regress_The Owner"
SET client_min_messages = warning;
CREATE EXTENSION pg_clearance;
SELECT extowner::regrole FROM pg_extension WHERE extname = 'pg_clearance';
DROP EXTENSION pg_clearance;
DROP SCHEMA clearance;

--
-- Its default privileges give nobody anything of the extension.
--
\c regress_quoted regress_Owner
SET client_min_messages = warning;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO regress_given;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO regress_given;
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO regress_given;
CREATE EXTENSION pg_clearance;
SELECT extowner::regrole FROM pg_extension WHERE extname = 'pg_clearance';
SELECT p.oid::regprocedure::text FROM pg_proc p CROSS JOIN aclexplode(p.proacl) a WHERE a.grantee = 'regress_given'::regrole
UNION ALL SELECT c.oid::regclass::text FROM pg_class c CROSS JOIN aclexplode(c.relacl) a WHERE a.grantee = 'regress_given'::regrole
UNION ALL SELECT n.nspname FROM pg_namespace n CROSS JOIN aclexplode(n.nspacl) a WHERE a.grantee = 'regress_given'::regrole;

--
-- So may logins that are mapped and trusted.
--
SELECT clearance.create_account('Regress');
SELECT clearance.add_member(key => 1, name => 'Ada', roles => '{account_admin}');
CREATE ROLE "regress_A ""Login""" LOGIN;
SELECT clearance.map_role('"regress_A ""Login"""', member => 1);
SET SESSION AUTHORIZATION "regress_A ""Login""";
SELECT name, login_role FROM clearance.whoami();
RESET SESSION AUTHORIZATION;
SELECT clearance.unmap_role('"regress_A ""Login"""');
SELECT clearance.trust_role('"regress_A ""Login"""');
SET ROLE "regress_A ""Login""";
SELECT clearance.set_actor(1);
RESET ROLE;
-- whoever is a member of the owner is an operator
CREATE ROLE "regress_A Member";
GRANT "regress_Owner" TO "regress_A Member";
SET ROLE "regress_A Member";
SELECT clearance.is_operator();
SET ROLE regress_owner;
SELECT clearance.is_operator();
RESET ROLE;

\c :home :me
DROP DATABASE regress_quoted;
DROP ROLE "regress_The Owner", "regress_Owner", regress_owner, regress_given, "regress_A ""Login""", "regress_A Member";
