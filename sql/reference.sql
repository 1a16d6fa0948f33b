-- What schema clearance holds for people is what doc/reference.md says: `\df
-- clearance.*` and the document name the same functions, with the same
-- arguments. Needs the source tree: run psql at its top, or set CLEARANCE_SRCDIR.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET intervalstyle = postgres;
\set doc `cat "${CLEARANCE_SRCDIR:-.}/doc/reference.md"`
SELECT :'doc' LIKE '# Reference%';

-- `name(arguments) → result`, or one with OUT arguments, declares a function, above
-- the last section; other calls only name it. That section names those that
-- policies, plans, views and types call.
CREATE TEMP TABLE part AS
SELECT split_part(:'doc', E'\n## Internal functions\n', 1) AS public, split_part(:'doc', E'\n## Internal functions\n', 2) AS internal;
CREATE TEMP TABLE documented AS
SELECT m[1] AS name, m[1] || m[2] AS signature FROM part, regexp_matches(part.public, '`([a-z_]+)(\([^`]*\)(?: → [^`]*)?)`', 'g') AS m
UNION
SELECT m[1], NULL FROM part, regexp_matches(part.internal, '`([a-z_]+)`', 'g') AS m
WHERE m[1] <> 'clearance_internal' AND to_regclass('clearance.' || m[1]) IS NULL;

-- The catalog in the document's words: defaults without their types, * for by_name, a table as a set.
CREATE TEMP VIEW made AS
SELECT p.proname::text AS name, format('%s(%s)%s', p.proname, a.arguments,
           CASE WHEN 'o' = ANY (p.proargmodes) THEN '' ELSE ' → ' || r.result END) AS signature
FROM pg_proc p
CROSS JOIN LATERAL replace(regexp_replace(pg_get_function_arguments(p.oid), '::(timestamp with time zone|[a-z_.]+)(\[\])?', '', 'g'),
                           'timestamp with time zone', 'timestamptz') AS t (arguments)
CROSS JOIN LATERAL replace(replace(t.arguments, 'clearance.by_name DEFAULT ''by name''', '*'), 'clearance.', '') AS a (arguments)
CROSS JOIN LATERAL replace(regexp_replace(regexp_replace(pg_get_function_result(p.oid), '^TABLE\(.*\)$', 'setof record'), '^SETOF', 'setof'),
                           'clearance.', '') AS r (result)
WHERE p.pronamespace = 'clearance'::regnamespace;

CREATE TEMP VIEW differences AS
SELECT 'is not documented' AS what, m.name FROM made m WHERE NOT EXISTS (SELECT FROM documented d WHERE d.name = m.name)
UNION ALL
SELECT 'is not there', d.name FROM documented d WHERE NOT EXISTS (SELECT FROM made m WHERE m.name = d.name)
UNION ALL
SELECT 'is documented otherwise', m.signature FROM made m
WHERE EXISTS (SELECT FROM documented d WHERE d.name = m.name)
  AND NOT EXISTS (SELECT FROM documented d WHERE d.name = m.name AND coalesce(d.signature, m.signature) = m.signature)
UNION ALL
SELECT 'is otherwise', d.signature FROM documented d
WHERE d.signature ~ ' → |\yOUT ' AND EXISTS (SELECT FROM made m WHERE m.name = d.name)
  AND NOT EXISTS (SELECT FROM made m WHERE m.signature = d.signature);

-- They are the same.
SELECT * FROM differences ORDER BY 1, 2;
SELECT count(*) > 90 FROM documented;

-- What is in one only is found, and so is another name, type, default or result,
-- also beside the right one.
BEGIN;
CREATE FUNCTION clearance.regress_new() RETURNS void LANGUAGE sql AS '';
ALTER FUNCTION clearance.unmap_role RENAME TO regress_renamed;
INSERT INTO documented VALUES ('regress_gone', 'regress_gone() → void');
UPDATE documented SET signature = replace(signature, 'project app_key', 'project text') WHERE name = 'can';
UPDATE documented SET signature = replace(signature, 'local boolean DEFAULT true', 'local boolean DEFAULT false') WHERE name = 'set_actor';
UPDATE documented SET signature = replace(signature, '(relation ', '(rel ') WHERE name = 'unprotect';
UPDATE documented SET signature = replace(signature, '→ boolean', '→ text') WHERE name = 'is_operator';
UPDATE documented SET signature = replace(signature, 'OUT kind text', 'OUT kind name') WHERE name = 'standing';
INSERT INTO documented VALUES ('trust_role', 'trust_role(role name) → text');
SELECT * FROM differences ORDER BY 1, 2;
ROLLBACK;

-- What a function gives back as a table is said column by column, where it is declared.
CREATE TEMP VIEW untold AS
SELECT p.proname, a.name
FROM pg_proc p CROSS JOIN unnest(p.proargnames, p.proargmodes) AS a (name, mode)
WHERE p.pronamespace = 'clearance'::regnamespace AND a.mode = 't'
  AND NOT EXISTS (SELECT FROM part, regexp_split_to_table(part.public, '\n##+ ') AS section
                  WHERE position(format('`%s(', p.proname) IN section) > 0 AND position(format('`%s`', a.name) IN section) > 0);
SELECT * FROM untold;
BEGIN;
UPDATE part SET public = replace(public, '`may_be_masked`', '');
SELECT * FROM untold;
ROLLBACK;

-- So are tables and views: each is named, and what comes under its name.
SELECT c.relname FROM pg_class c CROSS JOIN part
WHERE c.relnamespace = 'clearance'::regnamespace AND c.relkind IN ('r', 'v')
  AND part.public !~ format('`%s`|clearance\.%1$s\y|\n### (\w+, )*%1$s\y', c.relname)
ORDER BY 1;

-- The columns of a view are told in a sentence: "View: …" under its heading, or "View `name` …: …". What else
-- stands in backquotes there is in brackets, or has a name that no column could have.
CREATE TEMP VIEW told AS
SELECT v.name AS "view", w[1] AS "column"
FROM part
CROSS JOIN regexp_split_to_table(part.public, E'\n(?=##+ )') AS section
CROSS JOIN LATERAL (SELECT substring(section FROM '^##+ ([a-z_, ]+)') AS heading, regexp_replace(section, '\([^()]*\)', '', 'g') AS said) AS s
CROSS JOIN LATERAL (SELECT s.heading, m[1] FROM regexp_matches(s.said, '\nViews?: ((?:[^.\n]|\.\S)*)\.', 'g') AS m
                    UNION ALL
                    SELECT m[1], m[2] FROM regexp_matches(s.said, 'View `([a-z_]+)`[^:\n]*: ((?:[^.\n]|\.\S)*)\.', 'g') AS m) AS l (views, list)
CROSS JOIN LATERAL regexp_split_to_table(l.views, ', ') AS v (name)
CROSS JOIN LATERAL regexp_matches(l.list, '`([a-z_]+)`', 'g') AS w;
CREATE TEMP VIEW told_otherwise AS
WITH made AS (
    SELECT c.relname::text AS "view", a.attname::text AS "column" FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    WHERE c.relnamespace = 'clearance'::regnamespace AND c.relkind = 'v'
)
SELECT 'is not told' AS what, x.* FROM (TABLE made EXCEPT TABLE told) x
UNION ALL
SELECT 'is no column', x.* FROM (TABLE told EXCEPT TABLE made) x;
SELECT * FROM told_otherwise ORDER BY 1, 2, 3;
BEGIN;
CREATE VIEW clearance.regress_view AS SELECT 1 AS more;
UPDATE part SET public = replace(replace(public, '`licences_used`', '`licenses_used`'), 'View `companies`', 'It');
SELECT * FROM told_otherwise ORDER BY 1, 2, 3;
ROLLBACK;
