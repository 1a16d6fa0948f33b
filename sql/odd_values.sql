-- A row with an odd value in a bound column is closed, or not related: never an error for those who read the table.
-- Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_odd LOGIN;
CREATE SCHEMA regress_odd;
GRANT USAGE ON SCHEMA regress_odd TO regress_odd;
SET LOCAL search_path = regress_odd;
\o /dev/null
SELECT clearance.create_account('Regress', key => 'tenant one') AS account \gset
SELECT clearance.create_partner('Odd', 'restricted', account => :account) AS partner \gset
SELECT clearance.trust_role('regress_odd');
SELECT clearance.create_feature('paper', '{view,create,edit,delete}'), clearance.allow('restricted', 'paper', 'view');
SELECT clearance.create_feature('sheet', '{view,create,edit,delete}'), clearance.allow('restricted', 'sheet', 'view', visibility => 'shared');
-- members whose keys are an integer, a text and a uuid; projects likewise
SELECT clearance.add_member(v::text, partner => :partner, partner_admin => true, account => :account)
FROM unnest('{12,abc,00000000-0000-0000-0000-00000000000a}'::text[]) v;
SELECT clearance.create_project(v::text, :account), clearance.add_partner_to_project(v::text, :partner)
FROM unnest('{7,seven,00000000-0000-0000-0000-000000000007}'::text[]) v;
CREATE FUNCTION seen(tab regclass) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    who text;
    line text;
    asked text;
BEGIN
    FOREACH who IN ARRAY '{12,abc,00000000-0000-0000-0000-00000000000a}'::text[] LOOP
        PERFORM clearance.set_actor(key => who);
        SET LOCAL ROLE regress_odd;
        EXECUTE format('SELECT coalesce(string_agg(name, '', '' ORDER BY name), ''-'') FROM %s', tab) INTO line;
        EXECUTE format('SELECT coalesce(string_agg(name, '', '' ORDER BY name), ''-'') FROM %s t WHERE clearance.can_row(''view'', t)', tab) INTO asked;
        RESET ROLE;
        PERFORM clearance.reset_actor();
        RETURN NEXT left(who, 3) || ': ' || line || CASE WHEN asked IS DISTINCT FROM line THEN ' but can_row: ' || asked ELSE '' END;
    END LOOP;
END $$;
\o

--
-- Keys of text are what is written: nothing that another type would take for the same.
--
CREATE TABLE noted (name text PRIMARY KEY, project text, helper text);
SELECT clearance.protect('noted', 'task', 'project') > 0, clearance.relate('noted', 'assigned', 'helper');
GRANT SELECT ON noted TO regress_odd;
INSERT INTO noted VALUES ('twelve', '7', '12'), ('zeros', '7', '0012'), ('blanks', '7', ' 12'), ('plus', '7', '+12'), ('exponent', '7', '1.2e1'),
    ('empty', '7', ''), ('huge', '7', '99999999999999999999999999'), ('nan', '7', 'NaN'), ('letters', 'seven', 'abc'), ('Letters', 'seven', 'ABC'),
    ('brackets', '7', '{12}'), ('quotes', '7', '''12'''), ('uuid', '7', '00000000-0000-0000-0000-00000000000a'),
    ('UUID', '7', '00000000-0000-0000-0000-00000000000A'), ('braced', '7', '{00000000-0000-0000-0000-00000000000a}'),
    ('no project', NULL, '12'), ('blank project', '', '12'), ('zero project', '07', '12'), ('huge project', repeat('9', 3000), '12'), ('null', '7', NULL);
SELECT seen('noted');

--
-- Keys of text that are no value of an integer or uuid column's type equal nothing in it.
--
CREATE TABLE counted (name text PRIMARY KEY, project integer, helper smallint);
CREATE TABLE marked (name text PRIMARY KEY, project uuid, helper uuid);
SELECT clearance.protect(t, 'task', 'project') > 0, clearance.relate(t, 'assigned', 'helper') FROM unnest('{counted,marked}'::regclass[]) t;
GRANT SELECT ON counted, marked TO regress_odd;
INSERT INTO counted VALUES ('twelve', 7, 12), ('least', 7, -32768), ('least project', -2147483648, 12), ('greatest', 2147483647, 32767), ('zero', 0, 0);
INSERT INTO marked VALUES ('a', '00000000-0000-0000-0000-000000000007', '00000000-0000-0000-0000-00000000000A'),
    ('nil', '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000');
SELECT seen('counted');
SELECT seen('marked');

--
-- Arrays of members: elements count, wherever they stand.
--
CREATE TABLE shared_out (name text PRIMARY KEY, project bigint, helpers text[]);
CREATE TABLE numbered (name text PRIMARY KEY, project bigint, helpers integer[]);
SELECT clearance.protect(t, 'task', 'project') > 0, clearance.relate(t, 'assigned', 'helpers') FROM unnest('{shared_out,numbered}'::regclass[]) t;
GRANT SELECT ON shared_out, numbered TO regress_odd;
INSERT INTO shared_out VALUES ('null', 7, NULL), ('empty', 7, '{}'), ('nulls', 7, '{NULL,NULL}'), ('one', 7, '{NULL,12}'), ('two dimensions', 7, '{{x,y},{12,NULL}}'),
    ('from minus five', 7, '[-5:-4]={12,abc}'), ('blank', 7, '{""," 12"}'), ('not split', 7, '{"12,abc"}');
INSERT INTO numbered SELECT name, project, helpers::integer[] FROM shared_out WHERE name IN ('null', 'empty', 'nulls', 'one');
INSERT INTO numbered VALUES ('two dimensions', 7, '{{1,2},{12,NULL}}'), ('least', 7, '{-2147483648}');
SELECT seen('shared_out');
SELECT seen('numbered');

--
-- Labels: what is none of those named is not shared, and of no kind that a grant lists.
--
CREATE TYPE mood AS ENUM ('open', 'closed');
CREATE TABLE labelled (name text PRIMARY KEY, project bigint, mood mood, helper bigint);
CREATE TABLE ranked (name text PRIMARY KEY, project bigint, mood smallint, helper bigint);
CREATE TABLE worded (name text PRIMARY KEY, project bigint, mood text, helper bigint);
SELECT clearance.protect(t, 'sheet', 'project', visibility => 'mood', shared_values => v) > 0
FROM (VALUES ('labelled'::regclass, '{open}'::text[]), ('ranked', '{1,-1}'), ('worded', '{open,""," open"}')) x (t, v);
GRANT SELECT ON labelled, ranked, worded TO regress_odd;
ALTER TYPE mood ADD VALUE 'sealed';
INSERT INTO labelled VALUES ('open', 7, 'open'), ('closed', 7, 'closed'), ('null', 7, NULL);
INSERT INTO ranked VALUES ('one', 7, 1), ('minus one', 7, -1), ('least', 7, -32768), ('null', 7, NULL);
INSERT INTO worded VALUES ('open', 7, 'open'), ('OPEN', 7, 'OPEN'), ('empty', 7, ''), ('blank', 7, ' '), ('blank open', 7, ' open'), ('long', 7, repeat('open', 1000)), ('null', 7, NULL);
SELECT seen('labelled');
SELECT seen('ranked');
SELECT seen('worded');

--
-- Parents that cannot be: a key beyond what the parent's type holds, of no parent, of an odd type.
--
CREATE TABLE paper (name text, id smallint PRIMARY KEY, project bigint);
CREATE TABLE line (name text PRIMARY KEY, paper bigint, of text);
SELECT clearance.protect('paper', 'paper', 'project') > 0, clearance.protect('line', 'paper') > 0;
SELECT clearance.add_parent('line', 'paper', 'paper', type_column => 'of', type_value => 'paper');
GRANT SELECT ON paper, line TO regress_odd;
INSERT INTO paper VALUES ('paper', 1, 7);
INSERT INTO line VALUES ('on it', 1, 'paper'), ('far', 9223372036854775807, 'paper'), ('none', 2, 'paper'), ('null', NULL, 'paper'),
    ('other', 1, 'Paper'), ('typeless', 1, NULL), ('odd', 1, '');
SELECT seen('line');
-- a parent whose key the column of its children cannot hold moves
CREATE TABLE book (name text, id bigint PRIMARY KEY, project bigint);
CREATE TABLE page (name text PRIMARY KEY, book smallint, project bigint);
SELECT clearance.protect('book', 'paper', 'project') > 0, clearance.protect('page', 'paper', 'project') > 0, clearance.add_parent('page', 'book', 'book');
INSERT INTO book VALUES ('great', 9223372036854775807, 7), ('small', 1, 7);
INSERT INTO page VALUES ('of small', 1, 7);
UPDATE book SET project = 8 WHERE name = 'great';
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;

--
-- An account whose key the account column cannot hold has no rows there.
--
CREATE TABLE tenant_item (name text, project bigint, tenant integer) PARTITION BY LIST (tenant);
CREATE TABLE tenant_item_1 PARTITION OF tenant_item FOR VALUES IN (1);
SELECT clearance.protect('tenant_item', 'paper', 'project', account => 'tenant') > 0;
GRANT SELECT ON tenant_item TO regress_odd;
INSERT INTO tenant_item VALUES ('one', 7, 1);
SELECT seen('tenant_item');

--
-- Link tables with odd rows.
--
CREATE TABLE linked (name text, id smallint PRIMARY KEY, project bigint);
CREATE TABLE link (item bigint, member text);
SELECT clearance.protect('linked', 'task', 'project') > 0, clearance.relate('linked', 'assigned', 'member', 'link', 'item');
GRANT SELECT ON linked, link TO regress_odd;
INSERT INTO linked VALUES ('one', 1, 7), ('two', 2, 7);
INSERT INTO link VALUES (1, '12'), (9223372036854775807, '12'), (NULL, '12'), (2, '012'), (2, ''), (2, NULL);
SELECT seen('linked');
ROLLBACK;
