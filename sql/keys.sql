-- Keys of projects and members are the application's own, of any of its types.
-- Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_keys;
SELECT clearance.trust_role('regress_keys');
CREATE SCHEMA regress_keys AUTHORIZATION regress_keys;
SET LOCAL search_path = regress_keys;
SELECT clearance.create_account('Regress') AS account \gset
SELECT clearance.create_partner('Keys', 'permissive') AS partner \gset
SELECT clearance.create_level('helper', 'partner') > 0, clearance.create_level('owner', 'partner') > 0;
SELECT clearance.allow('helper', 'task', 'view', relation => 'assigned'), clearance.allow('owner', 'task', 'view', relation => 'own'),
    clearance.allow('owner', 'task', 'create');
CREATE FUNCTION seen(tab regclass, who clearance.app_key, OUT line text) LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    PERFORM clearance.set_actor(key => who);
    EXECUTE format('SELECT coalesce(string_agg(name, '' '' ORDER BY name), ''-'') FROM %s', tab) INTO line;
    PERFORM clearance.reset_actor();
END $$;
ALTER FUNCTION seen OWNER TO regress_keys;

--
-- smallint, integer, bigint, uuid, text, varchar, and domains over them, for
-- projects, owners, arrays of members and link tables alike.
--
CREATE DOMAIN number AS integer CHECK (VALUE > 0);
CREATE DOMAIN code AS varchar(10);
CREATE DOMAIN codes AS text[];
-- a table with keys of a type, under one name each time: rows of a project, of a member, and of others; what
-- the member sees of all, of its own by each relation, and the owner of a row that it adds
CREATE FUNCTION try(type text, project text, member text, other text, arrays text DEFAULT NULL) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
    partner bigint := (SELECT p.id FROM clearance.partner p WHERE p.name = 'Keys');
    id bigint := clearance.add_member(member, partner => partner, partner_admin => true);
    added text;
BEGIN
    arrays := coalesce(arrays, type || '[]');
    PERFORM clearance.create_project(project);
    PERFORM clearance.add_partner_to_project(project, partner);
    EXECUTE format('CREATE TABLE item (name text PRIMARY KEY, project %1$s, owner %1$s, helpers %2$s)', type, arrays);
    EXECUTE format('CREATE TABLE helper (item text, member %s)', type);
    EXECUTE format($i$INSERT INTO item VALUES ('other project', %L, %L, NULL), ('owned', %3$L, %2$L, ARRAY[%1$L]::%4$s),
        ('helped', %3$L, %1$L, ARRAY[%1$L, NULL, %2$L]::%4$s), ('linked', %3$L, NULL, '{}')$i$, other, member, project, arrays);
    EXECUTE format('INSERT INTO helper VALUES (''linked'', %L), (''owned'', %L)', member, other);
    PERFORM clearance.protect('item', 'task', 'project', owner => 'owner');
    PERFORM clearance.relate('item', 'assigned', 'helpers'), clearance.relate('item', 'assigned', 'member', 'helper', 'item');
    GRANT SELECT, INSERT ON item, helper TO regress_keys;
    RETURN NEXT format('%s: %s', type, seen('item', member));

    PERFORM clearance.add_member_to_project(project, id, 'helper');
    RETURN NEXT 'as helper: ' || seen('item', member);
    PERFORM clearance.add_member_to_project(project, id, 'owner');
    RETURN NEXT 'as owner: ' || seen('item', member);

    SET LOCAL ROLE regress_keys;
    PERFORM clearance.set_actor(key => member);
    EXECUTE format('INSERT INTO item (name, project) VALUES (''added'', %L) RETURNING owner::text', project) INTO added;
    PERFORM clearance.reset_actor();
    RESET ROLE;
    RETURN NEXT 'added by: ' || coalesce(added, 'nobody');
    DROP TABLE item, helper;
END $$;
SELECT try('smallint', '101', '11', '12');
SELECT try('integer', '-102', '13', '12');
SELECT try('bigint', '9223372036854775807', '-9223372036854775808', '12');
SELECT try('uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a13');
SELECT try('text', 'P-1', 'pät', 'pat');
SELECT try('varchar(5)', 'P-2', 'max', 'Max');
SELECT try('number', '103', '14', '12');
SELECT try('code', 'P-3', 'rex', 'rex ');
SELECT try('text', 'P-4', 'lea', 'le', 'codes');

--
-- One project, one member, in columns of any integer width.
--
SELECT clearance.create_project(7::smallint) > 0, clearance.add_partner_to_project(7, :partner);
SELECT clearance.add_member(70::bigint, partner => :partner) > 0;
SELECT clearance.add_member_to_project(7::bigint, (SELECT id FROM clearance.member WHERE key = '70'));
CREATE TABLE small (name text PRIMARY KEY, project smallint, owner bigint);
CREATE TABLE medium (name text PRIMARY KEY, project integer, owner smallint);
CREATE TABLE big (name text PRIMARY KEY, project bigint, owner integer);
INSERT INTO small VALUES ('small', 7, 70), ('small 8', 8, 70);
INSERT INTO medium SELECT 'medium' || substr(name, 6), project, owner FROM small;
INSERT INTO big SELECT 'big' || substr(name, 6), project, owner FROM small;
SELECT clearance.protect(t, 'task', 'project', owner => 'owner') > 0 FROM unnest('{small,medium,big}'::regclass[]) t;
GRANT SELECT, INSERT ON small, medium, big TO regress_keys;
SELECT seen(t, 70) FROM unnest('{small,medium,big}'::regclass[]) t ORDER BY t::text;
SELECT seen('small', 70::smallint), seen('small', 70::bigint), seen('small', '70'::text), seen('small', '70'::varchar);
-- children and parents too
CREATE TABLE part (name text PRIMARY KEY, number smallint);
ALTER TABLE big ADD number bigint UNIQUE;
UPDATE big SET number = CASE name WHEN 'big' THEN 7 ELSE 4294967303 END;    -- 2^32 + 7
INSERT INTO part VALUES ('part', 7), ('no part', 8);
SELECT clearance.unprotect('big'), clearance.protect('big', 'task', 'project', owner => 'owner', key => 'number') > 0;
SELECT clearance.protect('part', 'task') > 0, clearance.add_parent('part', 'number', 'big');
GRANT SELECT ON part TO regress_keys;
SELECT seen('part', 70);

--
-- A key that a column's type cannot hold equals nothing in it.
--
SELECT clearance.create_project(99999999999) > 0, clearance.add_partner_to_project(99999999999, :partner);
SELECT clearance.add_member(65606, partner => :partner, partner_admin => true) > 0;       -- 2^16 + 70
SELECT clearance.add_member(99999999999, partner => :partner, partner_admin => true) > 0;
SELECT clearance.add_member('nobody', partner => :partner, partner_admin => true) > 0;
SELECT clearance.remove_partner_from_project(7, :partner), clearance.add_partner_to_project(7, :partner, 'owner');
INSERT INTO medium VALUES ('wrapped', 7, 8261);
SELECT who, seen('small', who), seen('medium', who), seen('big', who) FROM unnest('{65606,99999999999,nobody}'::text[]) who ORDER BY who;
-- nor is it linked to anything
CREATE TABLE link (item text, member smallint);
INSERT INTO link VALUES ('small', 70);
SELECT clearance.relate('small', 'own', 'member', 'link', 'item');
UPDATE clearance.member SET partner_admin = true WHERE key = '70';
UPDATE small SET owner = NULL WHERE name = 'small';
SELECT who, seen('small', who) FROM unnest('{70,65606,nobody}'::text[]) who ORDER BY who;
-- so it owns nothing there either
SET LOCAL ROLE regress_keys;
SELECT clearance.set_actor(key => 65606) AS acting \gset
INSERT INTO small (name, project) VALUES ('fits', 7) RETURNING owner;
INSERT INTO medium (name, project) VALUES ('does not fit', 7);
SELECT clearance.set_actor(key => 'nobody') AS acting \gset
INSERT INTO small (name, project) VALUES ('no number', 7);
RESET ROLE;
SELECT clearance.reset_actor();
-- nor does it disturb a pass over many parents
CREATE TABLE child (name text PRIMARY KEY, parent text);
INSERT INTO small SELECT 's' || i, 7, 70 FROM generate_series(1, 50) i;
INSERT INTO child SELECT 'c' || i, 's' || i FROM generate_series(1, 50) i;
SELECT clearance.protect('child', 'task') > 0, clearance.add_parent('child', 'parent', 'small');
SELECT clearance.remove_partner_from_project(7, :partner), clearance.add_partner_to_project(7, :partner);
GRANT SELECT ON child TO regress_keys;
SELECT cardinality(string_to_array(seen('child', 99999999999), ' '));

--
-- Keys are compared in their canonical form: a text is not the number that it looks like.
--
SELECT clearance.create_project(p) > 0, clearance.add_partner_to_project(p, :partner)
FROM unnest('{007,+8,8.0,0x9,1e1," 11",-0}'::text[]) p;
CREATE TABLE words (name text PRIMARY KEY, project text);
INSERT INTO small (name, project) SELECT 'n' || n, n FROM generate_series(0, 11) n;
INSERT INTO words SELECT 'w' || w, w FROM unnest('{7,007,8,+8,8.0,9,0x9,10,1e1,11," 11",0,-0,99999999999,P-1,p-1,"P-1 "}'::text[]) w;
SELECT clearance.protect('words', 'task', 'project') > 0;
GRANT SELECT ON words TO regress_keys;
DELETE FROM small WHERE name LIKE 's%';
SELECT seen('small', 99999999999), seen('words', 99999999999);
-- members alike
SELECT clearance.add_member('070', partner => :partner, partner_admin => true) > 0;
SELECT clearance.remove_partner_from_project(7, :partner), clearance.add_partner_to_project(7, :partner, 'owner');
UPDATE medium SET name = 'of 70', owner = 70 WHERE name = 'wrapped';
SELECT clearance.add_member(71, partner => :partner, partner_admin => true) > 0;
SELECT seen('medium', '070'), seen('medium', 70), seen('medium', 71);
SELECT clearance.set_actor(key => '0070');

-- uuids: a uuid column has one form, whatever it was written in; a text key that
-- is not in that form is another text, and no uuid.
CREATE TABLE things (name text PRIMARY KEY, project uuid);
INSERT INTO things VALUES ('upper', 'C0FFEE00-0000-4000-8000-000000000001'), ('braces', '{c0ffee00-0000-4000-8000-000000000002}'),
    ('as text', 'c0ffee00-0000-4000-8000-000000000003');
INSERT INTO words VALUES ('lower 1', 'c0ffee00-0000-4000-8000-000000000001'), ('upper 1', 'C0FFEE00-0000-4000-8000-000000000001'),
    ('upper 3', 'C0FFEE00-0000-4000-8000-000000000003');
SELECT clearance.protect('things', 'task', 'project') > 0;
GRANT SELECT ON things TO regress_keys;
SELECT clearance.create_project('C0FFEE00-0000-4000-8000-000000000001'::uuid) > 0, clearance.create_project('{C0FFEE00000040008000000000000002}'::uuid) > 0,
    clearance.create_project('C0FFEE00-0000-4000-8000-000000000003'::text) > 0;
SELECT clearance.add_partner_to_project(key, :partner) FROM clearance.project WHERE lower(key) LIKE 'c0ffee%';
DELETE FROM words WHERE name LIKE 'w%';
SELECT seen('things', 71), seen('words', 71);
SELECT clearance.add_member('C0FFEE00-0000-4000-8000-000000000009'::uuid, partner => :partner) > 0;
SELECT clearance.set_actor(key => 'c0ffee00-0000-4000-8000-000000000009'::uuid) > 0, clearance.set_actor(key => 'c0ffee00-0000-4000-8000-000000000009') > 0;
SELECT clearance.set_actor(key => 'C0FFEE00-0000-4000-8000-000000000009');

-- the same for questions
SELECT clearance.set_actor(key => 71) AS acting \gset
SELECT clearance.can('task.view', 8), clearance.can('task.view', '+8'), clearance.can('task.view', 99999999999),
    clearance.can('task.view', '099999999999'), clearance.can('task.view', 'C0FFEE00-0000-4000-8000-000000000001'::uuid);
SELECT clearance.reset_actor();

-- An account without a key is known by its number.
CREATE TABLE invoice (name text PRIMARY KEY, account bigint);
INSERT INTO invoice VALUES ('ours', :account), ('theirs', :account + 1), ('nobodys', NULL);
SELECT clearance.protect('invoice', 'invoicing', account => 'account', view_action => 'access_invoices') > 0;
GRANT SELECT ON invoice TO regress_keys;
SELECT clearance.add_member('ann', roles => '{account_admin}') > 0;
SELECT seen('invoice', 'ann');

--
-- Other types are no keys, and keys of different classes do not refer to each other.
--
CREATE TABLE wrong (id integer PRIMARY KEY, name text, amount numeric, day date, letter char(3), label name, code text, uuid uuid, json jsonb);
SELECT clearance.protect('wrong', 'task', 'amount');
SELECT clearance.protect('wrong', 'task', 'day');
SELECT clearance.protect('wrong', 'task', 'id', owner => 'letter');
SELECT clearance.protect('wrong', 'task', 'id', owner => 'label');
SELECT clearance.protect('wrong', 'task', 'id', account => 'json');
SELECT clearance.protect('wrong', 'task', 'id', key => 'amount');
SELECT clearance.protect('wrong', 'task', 'id') > 0;
SELECT clearance.relate('wrong', 'assigned', 'json');
SELECT clearance.add_parent('wrong', 'code', 'big');
SELECT clearance.add_parent('wrong', 'uuid', 'words');
SELECT clearance.relate('wrong', 'assigned', 'owner', link => 'medium', link_column => 'name');
SELECT clearance.create_project(1.5);
SELECT clearance.add_member(key => current_date);
\set VERBOSITY terse
SELECT clearance.create_project('');
SELECT clearance.add_member(key => '', partner => :partner);
ROLLBACK;
