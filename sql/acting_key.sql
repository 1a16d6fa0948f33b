-- A positional value of set_actor() is the application's own user id, whatever
-- its type: an id of the extension's, which may be somebody else's key, is named.
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
SELECT clearance.create_account('Regress key', key => 'regress-key') AS account \gset
SELECT clearance.create_account('Regress key, abroad') AS abroad \gset
-- each is known by a key that could be the id of another
SELECT clearance.add_member(key => 0, name => 'Zoe', roles => '{collaborator}', account => :account) AS zoe \gset
SELECT clearance.add_member(key => :zoe, name => 'of the id of Zoe', roles => '{collaborator}', account => :account) AS other \gset
SELECT clearance.add_member(key => 'c0ffee00-0000-4000-8000-000000000001'::uuid, name => 'uuid', account => :account) AS uuid \gset
SELECT clearance.add_member(key => 'dora', name => 'text', email => 'dora@example.com', account => :account) AS text \gset
SELECT clearance.add_member(key => 'dora', name => 'text, abroad', account => :abroad) AS text_abroad \gset
SELECT clearance.add_member(key => 9007199254740993, name => 'bigint', account => :account) AS bigint \gset
CREATE FUNCTION pg_temp.acting() RETURNS text LANGUAGE sql AS $$ SELECT name FROM clearance.whoami() $$;
CREATE ROLE regress_key;
SELECT clearance.trust_role('regress_key');
SET LOCAL ROLE regress_key;

--
-- The key, of every type that keys have.
--
SELECT clearance.set_actor(:zoe) = :other;
SELECT pg_temp.acting();
SELECT clearance.set_actor(0::smallint) = :zoe, clearance.set_actor(0::integer) = :zoe, clearance.set_actor(0::bigint) = :zoe;
SELECT clearance.set_actor('0'::text) = :zoe, clearance.set_actor('0'::varchar) = :zoe, clearance.set_actor('0') = :zoe;
SELECT clearance.set_actor(9007199254740993) = :bigint, clearance.set_actor('9007199254740993') = :bigint;
SELECT clearance.set_actor('c0ffee00-0000-4000-8000-000000000001'::uuid) = :uuid;
SELECT clearance.set_actor('c0ffee00-0000-4000-8000-000000000001') = :uuid;
SELECT clearance.set_actor('dora', account => :account) = :text, clearance.set_actor('dora', account => :abroad) = :text_abroad;
-- drivers leave the type of a parameter open
PREPARE act AS SELECT clearance.set_actor($1) > 0;
SELECT parameter_types FROM pg_prepared_statements WHERE name = 'act';
EXECUTE act (0);
SELECT pg_temp.acting();
EXECUTE act ('c0ffee00-0000-4000-8000-000000000001');
SELECT pg_temp.acting();
PREPARE act_as_integer (integer) AS SELECT clearance.set_actor($1) > 0;
EXECUTE act_as_integer (0);
SELECT pg_temp.acting();
-- some send it in binary
SELECT p.typreceive::oid <> 0 AND p.typsend::oid <> 0 FROM pg_type p WHERE p.oid = 'clearance.app_key'::regtype;

--
-- The extension's id, and the e-mail address, are named; exactly one of the three.
--
SELECT clearance.set_actor(id => :zoe) = :zoe, clearance.set_actor(key => :zoe) = :other, clearance.set_actor(email => 'Dora@example.com') = :text;
\set VERBOSITY terse
\set ON_ERROR_ROLLBACK on
SELECT clearance.set_actor(:zoe, id => :zoe) = 0;
SELECT clearance.set_actor('dora', email => 'dora@example.com');
SELECT clearance.set_actor('dora');
SELECT clearance.set_actor(NULL);
SELECT clearance.set_actor('dora@example.com');
SELECT clearance.set_actor(-1);
SELECT clearance.set_actor(0.0);
-- who was refused is who acted before
SELECT pg_temp.acting();
RESET ROLE;
ROLLBACK;
