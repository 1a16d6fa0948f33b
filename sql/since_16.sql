-- PostgreSQL 16: memberships have options, INHERIT, SET and ADMIN. Whatever they are, who is one
-- actor is no member of a role that sets any, for one of them is enough, or gives the others.
-- pg_create_subscription and pg_stat_io are new, too.
\set SHOW_CONTEXT never
\set VERBOSITY default
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE ROLE regress_16_app;
CREATE ROLE regress_16_between;
CREATE ROLE regress_16_login;
SELECT clearance.trust_role('regress_16_app');
SELECT clearance.create_account('Regress 16', key => 'regress-16') AS account \gset
SELECT clearance.create_partner('Acme', 'permissive', account => :account) AS acme \gset
SELECT clearance.add_member('sixteen-pat', partner => :acme, partner_admin => true, account => :account) AS pat \gset

-- each option alone, and none of them
GRANT regress_16_app TO regress_16_login WITH INHERIT FALSE, SET TRUE, ADMIN FALSE;
SELECT clearance.map_role('regress_16_login', member => :pat);
GRANT regress_16_app TO regress_16_login WITH INHERIT TRUE, SET FALSE, ADMIN FALSE;
SELECT clearance.map_role('regress_16_login', member => :pat);
GRANT regress_16_app TO regress_16_login WITH INHERIT FALSE, SET FALSE, ADMIN TRUE;
SELECT clearance.map_role('regress_16_login', member => :pat);
GRANT regress_16_app TO regress_16_login WITH INHERIT FALSE, SET FALSE, ADMIN FALSE;
SELECT clearance.map_role('regress_16_login', member => :pat);
-- through another role
REVOKE regress_16_app FROM regress_16_login;
GRANT regress_16_app TO regress_16_between WITH INHERIT FALSE, SET TRUE;
GRANT regress_16_between TO regress_16_login WITH INHERIT FALSE, SET TRUE;
SELECT clearance.map_role('regress_16_login', member => :pat);
-- without any it may be mapped, and what is given to it afterwards is told
REVOKE regress_16_between FROM regress_16_login;
SELECT clearance.map_role('regress_16_login', member => :pat);
SELECT count(*) FROM clearance.powerful_roles WHERE role = 'regress_16_login'::regrole;
GRANT regress_16_between TO regress_16_login WITH INHERIT FALSE, SET FALSE, ADMIN TRUE;
SELECT used_as, power FROM clearance.powerful_roles WHERE role = 'regress_16_login'::regrole;
REVOKE regress_16_between FROM regress_16_login;

--
-- Who subscribes brings in rows that no rule judges.
--
SELECT code, severity, object, why, mend FROM clearance.lint() WHERE object LIKE '%regress_16_login%';
GRANT pg_create_subscription TO regress_16_between;
GRANT regress_16_between TO regress_16_login;
SELECT code, severity, object, why, mend FROM clearance.lint() WHERE object LIKE '%regress_16_login%';
REVOKE regress_16_between FROM regress_16_login;

--
-- What the server counts as a whole tells outsiders as much as what it counts for a table.
--
BEGIN;
DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE proname LIKE 'pg\_stat\_get\_%' AND (proargtypes = '26'::oidvector OR proname ~ '_(io|wal|slru|alloc)$') LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
    END LOOP;
END $$;
SELECT object, why FROM clearance.lint() WHERE object = 'functions pg_stat_get_*';
GRANT EXECUTE ON FUNCTION pg_stat_get_io() TO PUBLIC;
SELECT object, why FROM clearance.lint() WHERE object = 'functions pg_stat_get_*';
ROLLBACK;

SELECT clearance.unmap_role('regress_16_login');
SELECT clearance.distrust_role('regress_16_app');
DROP ROLE regress_16_login, regress_16_between, regress_16_app;
