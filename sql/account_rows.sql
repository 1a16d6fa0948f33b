-- Rows of the account, and what belongs to them, are open to whoever holds their
-- grants, however few projects it is on: by plans as by the rule alone. In a
-- database of its own, since what a transaction changed itself gets no such plans.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE DATABASE regress_account_rows;
\c regress_account_rows
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
CREATE ROLE regress_account_rows;
\o /dev/null
SELECT clearance.trust_role('regress_account_rows');
SELECT clearance.create_account('Regress', key => 'regress');
SELECT clearance.add_member(v.key, name => v.name, roles => v.roles)
FROM (VALUES ('sue', 'Sue', '{super_user}'::text[]), ('cole', 'Cole', '{collaborator}')) v (key, name, roles);
CREATE SCHEMA app AUTHORIZATION regress_account_rows;
SET search_path = app;
CREATE TABLE invoice (id integer PRIMARY KEY, account text NOT NULL);
CREATE TABLE line (id integer PRIMARY KEY, invoice_id integer NOT NULL REFERENCES invoice);
CREATE TABLE part (id integer PRIMARY KEY, line_id integer NOT NULL REFERENCES line);
INSERT INTO invoice VALUES (1, 'regress'), (2, 'other');
INSERT INTO line VALUES (1, 1), (2, 2);
INSERT INTO part VALUES (1, 1), (2, 2);
SELECT clearance.protect('invoice', 'invoicing', account => 'account', view_action => 'access_invoices');
SELECT clearance.protect(t, 'invoicing', view_action => 'access_invoices') FROM unnest('{line,part}'::regclass[]) t;
SELECT clearance.add_parent('line', 'invoice_id', 'invoice'), clearance.add_parent('part', 'line_id', 'line');
GRANT ALL ON ALL TABLES IN SCHEMA app TO regress_account_rows;
-- The last project is one that Cole is not on: it has no grant there, but in the account.
SELECT clearance.create_project(p) FROM unnest('{p1,p2}'::text[]) p;
SELECT clearance.add_member_to_project('p1', m.id) FROM clearance.member m WHERE m.key = 'cole';
\o

-- Each sees the row of its account at every depth, simplified or not.
CREATE FUNCTION seen(who text) RETURNS TABLE (tab text, ids integer[])
LANGUAGE plpgsql SET ROLE regress_account_rows AS $$
BEGIN
    PERFORM clearance.set_actor(key => who, local => true);
    FOREACH tab IN ARRAY '{invoice,line,part}'::text[] LOOP
        EXECUTE format('SELECT array_agg(id ORDER BY id) FROM app.%I', tab) INTO ids;
        RETURN NEXT;
    END LOOP;
END
$$;
SET client_min_messages = error;
SELECT who, s.* FROM unnest('{sue,cole}'::text[]) who, seen(who) s;
SET clearance.simplify = off;
SELECT who, s.* FROM unnest('{sue,cole}'::text[]) who, seen(who) s;
RESET clearance.simplify;

-- Who is denied the action sees none.
\o /dev/null
SELECT clearance.deny('collaborator', 'invoicing', 'access_invoices');
\o
SELECT * FROM seen('cole');

\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_account_rows;
DROP ROLE regress_account_rows;
