-- What a text in a function says does not hang on standard_conforming_strings,
-- which everybody may switch off, for a session or for all of a database.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;

--
-- Bodies that are read when they run have no backslash but in E'…'.
--
SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace IN ('clearance'::regnamespace, 'clearance_internal'::regnamespace) AND l.lanname IN ('plpgsql', 'sql')
  AND strpos(regexp_replace(p.prosrc, $$\mE'([^'\\]|\\.|'')*'$$, '', 'g'), $$\$$) > 0;

--
-- A setting without a dot is none of an application's.
--
CREATE ROLE regress_literals;
SELECT clearance.map_role('regress_literals', setting => 'claims');
SET standard_conforming_strings = off;
SELECT clearance.map_role('regress_literals', setting => 'claims');
RESET standard_conforming_strings;
DROP ROLE regress_literals;

--
-- In a database where it is off, the extension is the same.
--
SELECT $$
    SELECT count(*) AS things, md5(string_agg(what || says, ' ' ORDER BY what COLLATE "C")) AS digest
    FROM (SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid) FROM pg_proc p
          WHERE p.pronamespace IN ('clearance'::regnamespace, 'clearance_internal'::regnamespace)
          UNION ALL
          SELECT c.conrelid::regclass || ' ' || c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c
          WHERE c.connamespace = 'clearance'::regnamespace
          UNION ALL
          SELECT c.oid::regclass::text, pg_get_viewdef(c.oid) FROM pg_class c
          WHERE c.relnamespace = 'clearance'::regnamespace AND c.relkind = 'v') AS t (what, says)
$$ AS extension, current_database() AS home \gset
:extension \gset
CREATE DATABASE regress_literals TEMPLATE template0;
ALTER DATABASE regress_literals SET standard_conforming_strings = off;
\c regress_literals
SET client_min_messages = warning;
CREATE EXTENSION pg_clearance;
SHOW standard_conforming_strings;
SET standard_conforming_strings = on;
SELECT things > 500, things = :things, digest = :'digest' FROM (:extension) AS here;
\c :home
DROP DATABASE regress_literals;
