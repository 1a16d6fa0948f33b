-- Masks are expressions that name types, labels, collations and schemas: they follow what is renamed, keep what
-- they name, and run nobody's code, whatever is made of these names later.
\set SHOW_CONTEXT never
\set VERBOSITY default
SET client_min_messages = warning;
CREATE ROLE regress_mask_names_app;
CREATE ROLE regress_mask_names_other;
CREATE SCHEMA regress_mask_names;
CREATE SCHEMA regress_mask_names_types;
GRANT USAGE ON SCHEMA regress_mask_names TO regress_mask_names_app;
GRANT USAGE, CREATE ON SCHEMA regress_mask_names, regress_mask_names_types TO regress_mask_names_other;
SELECT clearance.trust_role('regress_mask_names_app');
SELECT clearance.create_account('Regress mask names', key => 'regress-mask-names') AS account \gset
SELECT clearance.create_partner('Perm', 'permissive', account => :account) AS perm \gset
SELECT clearance.add_member('mask-names-pat', partner => :perm, partner_admin => true, account => :account) > 0 AS ok;
SELECT clearance.create_project('mn-1', :account) > 0 AS ok;
SELECT clearance.add_partner_to_project('mn-1', :perm);
SELECT clearance.create_action('task', 'view_names', reads => true);
SET search_path = regress_mask_names, public;
CREATE TYPE state AS ENUM ('draft', 'open');
CREATE TYPE regress_mask_names_types.other AS ENUM ('some', 'more');
CREATE DOMAIN short AS text;
CREATE TABLE task (id integer PRIMARY KEY, project text, state state, note text, title short, code text);
INSERT INTO task VALUES (1, 'mn-1', 'open', 'secret', 'secret', 'secret');
GRANT SELECT ON task TO regress_mask_names_app;
SELECT clearance.protect('task', 'task', project => 'project') > 0 AS ok;
SELECT clearance.mask_column('task', 'state', 'view_names', mask => '''draft''');
SELECT clearance.mask_column('task', 'note', 'view_names', mask => 'CASE WHEN ''some''::regress_mask_names_types.other < ''more'' THEN ''less'' END');
SELECT clearance.mask_column('task', 'title', 'view_names', mask => 'left(title, 1)');
CREATE VIEW declared AS SELECT column_name, mask FROM clearance.binding_mask m JOIN clearance.binding b ON b.id = m.binding_id
WHERE b.relation = 'task'::regclass ORDER BY column_name;
SET ROLE regress_mask_names_app;
SELECT clearance.set_actor(key => 'mask-names-pat', local => false) > 0 AS ok;
-- who reads needs no privilege on the schemas of what masks name
PREPARE seen AS SELECT state, note, title FROM task;
EXECUTE seen;
RESET ROLE;

--
-- What is renamed is followed: labels, types, domains, schemas; also where a name is taken again, and in one transaction.
--
ALTER TYPE state RENAME VALUE 'draft' TO 'concept';
ALTER TYPE state RENAME VALUE 'open' TO 'draft';
ALTER TYPE state RENAME TO status;
ALTER TYPE regress_mask_names_types.other RENAME VALUE 'some' TO 'any''s';
SELECT * FROM declared;
BEGIN;
ALTER TYPE regress_mask_names_types.other SET SCHEMA regress_mask_names;
ALTER TYPE other RENAME TO "An other";
ALTER SCHEMA regress_mask_names_types RENAME TO regress_mask_names_2;
ALTER DOMAIN short RENAME TO brief;
SELECT * FROM declared;
SET ROLE regress_mask_names_app;
EXECUTE seen;
RESET ROLE;
ROLLBACK;
SELECT * FROM declared;
ALTER SCHEMA regress_mask_names_types RENAME TO regress_mask_names_2;
ALTER DOMAIN short RENAME TO brief;
SELECT * FROM declared;
SET ROLE regress_mask_names_app;
EXECUTE seen;
SELECT state, note, title FROM task;
RESET ROLE;

--
-- What they name is not dropped.
--
DROP TYPE regress_mask_names_2.other;
DROP SCHEMA regress_mask_names_2 CASCADE;
DROP TYPE status;
CREATE TYPE regress_mask_names_2.unnamed AS ENUM ('one');
DROP TYPE regress_mask_names_2.unnamed;

-- A mask that was broken before is not of that: what it does not name goes.
SELECT clearance.mask_column('task', 'code', 'view_names', mask => '''none''');
UPDATE clearance.binding_mask SET mask = '(''a''::regress_mask_names_2.missing)::text' WHERE mask ~ 'none';
CREATE TYPE regress_mask_names_2.unnamed AS ENUM ('one');
CREATE COLLATION regress_mask_names_2.unnamed FROM "C";
DROP TYPE regress_mask_names_2.unnamed;
DROP COLLATION regress_mask_names_2.unnamed;
UPDATE clearance.binding_mask SET mask = 'left(code)' WHERE mask ~ 'missing';
CREATE TYPE regress_mask_names_2.unnamed AS ENUM ('one');
DROP TYPE regress_mask_names_2.unnamed;
SELECT clearance.unmask_column('task', 'code');

--
-- Operators are known by name as well, so they are the server's own, as functions are.
--
CREATE OPERATOR ||| (FUNCTION = pg_catalog.textcat, LEFTARG = text, RIGHTARG = text);
CREATE OPERATOR === (FUNCTION = pg_catalog.texteq, LEFTARG = text, RIGHTARG = text);
SELECT clearance.mask_column('task', 'code', 'view_names', mask => 'code OPERATOR(regress_mask_names.|||) ''x''');
SELECT clearance.mask_column('task', 'code', 'view_names', mask => 'CASE WHEN code OPERATOR(regress_mask_names.===) ANY (''{a,b}'') THEN ''x'' END');
SELECT clearance.mask_column('task', 'code', 'view_names', mask => 'CASE WHEN code IN (''a'', ''b'') OR code IS DISTINCT FROM nullif(code, ''c'') OR (code, 1) < (''d'', 2) THEN ''x'' END');
-- what was declared before, or came otherwise, is an error
UPDATE clearance.binding_mask SET mask = 'code OPERATOR(regress_mask_names.|||) ''x''' WHERE column_name = 'code';
SELECT clearance.repair('task');
SET ROLE regress_mask_names_app;
SELECT code FROM task;
RESET ROLE;
SELECT clearance.unmask_column('task', 'code');

--
-- Casts are known by what they call: somebody's function, or how an enum is written, is refused. One that calls
-- the server's may be used; without it, the mask is an error.
--
CREATE FUNCTION rank(status) RETURNS integer LANGUAGE sql IMMUTABLE RETURN 1;
CREATE CAST (status AS integer) WITH FUNCTION rank(status);
ALTER TABLE task ADD COLUMN rank integer;
SELECT clearance.mask_column('task', 'rank', 'view_names', mask => '''concept''::regress_mask_names.status::integer');
DROP CAST (status AS integer);
CREATE CAST (status AS integer) WITH INOUT;
SELECT clearance.mask_column('task', 'rank', 'view_names', mask => '''concept''::regress_mask_names.status::integer');
DROP CAST (status AS integer);
CREATE CAST (status AS integer) WITH FUNCTION pg_catalog.hashenum(anyenum);
SELECT clearance.mask_column('task', 'rank', 'view_names', mask => '''concept''::regress_mask_names.status::integer');
SET ROLE regress_mask_names_app;
SELECT rank IS NULL AS empty FROM task;
RESET ROLE;
DROP CAST (status AS integer);
SET ROLE regress_mask_names_app;
SELECT rank IS NULL AS empty FROM task;
RESET ROLE;
SELECT clearance.unmask_column('task', 'rank');

--
-- Conditions of domains are code of their owners: they do not run when a mask is read.
--
ALTER DOMAIN brief OWNER TO regress_mask_names_other;
SET ROLE regress_mask_names_other;
CREATE FUNCTION tell(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'called as %', current_user; RETURN true; END $$;
ALTER DOMAIN brief ADD CONSTRAINT told CHECK (tell(VALUE)) NOT VALID;
RESET ROLE;
SET ROLE regress_mask_names_app;
SELECT title FROM task;
RESET ROLE;

--
-- Nor does what a mask would call if somebody wrote another one into the table, or what is written there had another meaning: an error.
-- It keeps nothing from being renamed.
--
SELECT clearance.mask_column('task', 'code', 'view_names', mask => '''none''');
UPDATE clearance.binding_mask SET mask = 'CASE WHEN regress_mask_names.tell(code) THEN ''none'' END' WHERE mask ~ 'none';
SELECT clearance.repair('task');
SET ROLE regress_mask_names_app;
SELECT code FROM task;
RESET ROLE;
ALTER SCHEMA regress_mask_names_2 RENAME TO regress_mask_names_3;
ALTER SCHEMA regress_mask_names_3 RENAME TO regress_mask_names_2;
SELECT clearance.unmask_column('task', 'code');

--
-- Values that may hold values of domains are checked when they are read from text, so there are none.
--
CREATE TYPE pair AS (a brief, b integer);
CREATE DOMAIN pairs AS pair;
CREATE TYPE span AS RANGE (subtype = brief);
ALTER TABLE task ADD COLUMN tags brief[], ADD COLUMN pair pair, ADD COLUMN plain text[];
SELECT clearance.mask_column('task', 'tags', 'view_names', mask => '''{a}''');
SELECT clearance.mask_column('task', 'pair', 'view_names', mask => '''(a,1)''');
SELECT clearance.mask_column('task', 'plain', 'view_names', mask => '''{}''::regress_mask_names.brief[]::text[]');
SELECT clearance.mask_column('task', 'plain', 'view_names', mask => 'ARRAY[(''(a,1)''::regress_mask_names.pair).a]');
SELECT clearance.mask_column('task', 'plain', 'view_names', mask => 'ARRAY[(regress_mask_names.pair(''(a,1)'')).a]');
SELECT clearance.mask_column('task', 'plain', 'view_names', mask => 'ARRAY[(''(a,1)''::regress_mask_names.pairs)::text]');
SELECT clearance.mask_column('task', 'plain', 'view_names', mask => 'ARRAY[(''[a,b]''::regress_mask_names.span)::text]');
SELECT clearance.mask_column('task', 'plain', 'view_names', mask => 'ARRAY[(''{[a,b]}''::regress_mask_names.span_multirange)::text]');
SELECT clearance.mask_column('task', 'pair', 'view_names'), clearance.mask_column('task', 'tags', 'view_names');
SELECT clearance.mask_column('task', 'plain', 'view_names', mask => '''{a}''');
SET ROLE regress_mask_names_app;
SELECT tags, pair, plain FROM task;
RESET ROLE;

-- nothing stays behind
SELECT clearance.unprotect('task');
SELECT clearance.reset_actor();
SELECT clearance.distrust_role('regress_mask_names_app');
DROP SCHEMA regress_mask_names, regress_mask_names_2 CASCADE;
DELETE FROM clearance.account WHERE id = :account;
DELETE FROM clearance.action WHERE feature = 'task' AND name = 'view_names';
DROP OWNED BY regress_mask_names_app, regress_mask_names_other;
DROP ROLE regress_mask_names_app, regress_mask_names_other;
