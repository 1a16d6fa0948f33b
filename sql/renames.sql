-- Declarations mean tables, columns and roles, not their names: whatever is
-- renamed, by whatever command, they follow. What they need is not dropped, nor
-- made another type. Everything happens in a transaction that leaves nothing.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_renames;
CREATE ROLE regress_renames_pat;
SELECT clearance.trust_role('regress_renames');
CREATE SCHEMA regress_renames;
GRANT USAGE ON SCHEMA regress_renames TO regress_renames, regress_renames_pat;
SET LOCAL search_path = regress_renames;
SELECT clearance.create_account('Regress', key => 'regress') AS account \gset
SELECT clearance.create_level('own', 'partner', based_on => 'restricted') > 0;
SELECT clearance.create_feature('regress_page');
SELECT clearance.allow('own', 'regress_page', a, relation => r) FROM unnest('{view,edit}'::text[]) a, unnest('{assigned,invited,own}'::text[]) r;
SELECT clearance.allow('own', 'regress_page', 'view', kinds => '{open}');
SELECT clearance.create_partner('Acme', 'own', account => :account) AS acme \gset
SELECT clearance.add_member('pat', partner => :acme, partner_admin => true, account => :account) AS pat \gset
SELECT clearance.create_project(1, :account) > 0, clearance.create_project(2, :account) > 0;
SELECT clearance.add_partner_to_project(1, :acme);

-- every column that a declaration can name
CREATE TYPE shape AS (id integer, project integer, private boolean, customer text, tenant text, owner text, kind text, sent_at timestamptz,
    assignee text, parent integer, parent_type text, state text, number integer);
CREATE TABLE page OF shape (PRIMARY KEY (id), UNIQUE (number));
CREATE TABLE link (page integer, member text);
CREATE TABLE root (id integer PRIMARY KEY, project integer);
SELECT clearance.protect('root', 'regress_page', project => 'project') > 0;
SELECT clearance.create_action('regress_page', 'publish');
SELECT clearance.protect('page', 'regress_page', project => 'project', visibility => 'private', shared_values => '{false}',
    client_visibility => 'customer', account => 'tenant', owner => 'owner', kind => 'kind', published => 'sent_at') > 0;
SELECT clearance.relate('page', 'assigned', member_column => 'assignee'),
    clearance.relate('page', 'invited', member_column => 'member', link => 'link', link_column => 'page');
SELECT clearance.add_parent('page', 'parent', 'root', type_column => 'parent_type', type_value => 'root', optional => true);
SELECT clearance.guard_column('page', 'state', 'publish');
CREATE TABLE crew (id integer PRIMARY KEY, project integer, member text, level text, since date, until date);
SELECT clearance.mirror_membership('crew', 'project', 'member', access_level => 'level', starts_at => 'since', ends_at => 'until') > 0;
GRANT ALL ON ALL TABLES IN SCHEMA regress_renames TO regress_renames, regress_renames_pat;
INSERT INTO page (id, project, private, tenant, owner, kind, sent_at, assignee, state, number)
SELECT i, CASE i WHEN 4 THEN 2 ELSE 1 END, i = 5, 'regress', CASE i WHEN 1 THEN 'pat' ELSE 'eve' END, CASE i WHEN 7 THEN 'open' ELSE 'shut' END,
       '2000-01-01', CASE WHEN i IN (2, 5) THEN 'pat' ELSE 'eve' END, 'new', i FROM generate_series(1, 7) i;
INSERT INTO link VALUES (3, 'pat'), (6, 'eve');

CREATE FUNCTION bound() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT concat_ws(' ', "table", project, key, visibility, client_visibility, account, owner, kind, published, relations, parents, guards, enforced)
    FROM clearance.protected_tables WHERE "table" IN (SELECT oid FROM pg_class WHERE relname ~ '^(page|link|Other)')
    ORDER BY relations = '{}', 1
$$;
-- what pat sees, and what becomes of a change of the guarded column and of the owner
CREATE FUNCTION judged(tab text DEFAULT 'page', id text DEFAULT 'id', guarded text DEFAULT 'state', owner text DEFAULT 'owner') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    SET LOCAL ROLE regress_renames;
    PERFORM clearance.set_actor(key => 'pat'::text);
    EXECUTE format('SELECT string_agg(%I::text, '' '' ORDER BY %1$I) FROM %s', id, tab) INTO answer;
    BEGIN
        EXECUTE format('UPDATE %s SET %I = ''old'' WHERE %I = 1', tab, guarded, id);
        answer := answer || ', changes it';
    EXCEPTION WHEN insufficient_privilege THEN
    END;
    BEGIN
        EXECUTE format('UPDATE %s SET %I = ''pat'' WHERE %I = 2', tab, owner, id);
        answer := answer || ', owns it';
    EXCEPTION WHEN insufficient_privilege THEN
    END;
    PERFORM clearance.reset_actor();
    RESET ROLE;
    RETURN answer;
END
$$;
SELECT bound();
SELECT judged();

--
-- Tables and schemas
--
SAVEPOINT s;
ALTER TABLE page RENAME TO "Other page";
ALTER TABLE link RENAME TO "Other link";
ALTER TABLE root RENAME TO page;
ALTER SCHEMA regress_renames RENAME TO "regress other";
CREATE SCHEMA regress_renames;
CREATE TABLE regress_renames.link (page integer, member text);
INSERT INTO regress_renames.link VALUES (6, 'pat');
SET LOCAL search_path = "regress other";
SELECT bound();
SELECT judged('"Other page"');
ROLLBACK TO s;

--
-- Columns: by ALTER TABLE, under the name of other kinds of relations, through
-- a composite type, and through a parent that is not protected
--
SAVEPOINT s;
ALTER TABLE page NOT OF;
ALTER TABLE page RENAME state TO "Guarded; --";
ALTER VIEW page RENAME owner TO "Owner";
ALTER FOREIGN TABLE page RENAME assignee TO a;
ALTER MATERIALIZED VIEW page RENAME private TO p;
ALTER VIEW link RENAME member TO who;
ALTER VIEW link RENAME page TO target;
ALTER VIEW page RENAME id TO key;
ALTER VIEW page RENAME kind TO k;
ALTER VIEW page RENAME parent TO up;
ALTER VIEW page RENAME parent_type TO up_type;
ALTER VIEW page RENAME project TO pr;
ALTER VIEW page RENAME tenant TO t;
ALTER VIEW page RENAME customer TO c;
ALTER VIEW page RENAME sent_at TO at;
SELECT bound();
SELECT judged('page', 'key', 'Guarded; --', 'Owner');
ROLLBACK TO s;
SAVEPOINT s;
ALTER TYPE shape RENAME ATTRIBUTE owner TO x CASCADE;
ALTER TYPE shape RENAME ATTRIBUTE state TO y CASCADE;
SELECT bound();
SELECT judged(guarded => 'y', owner => 'x');
ROLLBACK TO s;
SAVEPOINT s;
CREATE TABLE base (state text, owner text);
ALTER TABLE page NOT OF;
-- (which a superuser can have by switching off what refuses an open one)
ALTER EVENT TRIGGER clearance_protect_new_tables DISABLE;
ALTER TABLE page INHERIT base;
ALTER EVENT TRIGGER clearance_protect_new_tables ENABLE ALWAYS;
ALTER TABLE base RENAME state TO x;
ALTER TABLE base RENAME owner TO y;
SELECT bound();
SELECT judged(guarded => 'x', owner => 'y');
ROLLBACK TO s;
-- two that change their names
SAVEPOINT s;
ALTER TYPE shape RENAME ATTRIBUTE owner TO x CASCADE;
ALTER TYPE shape RENAME ATTRIBUTE assignee TO owner CASCADE;
ALTER TYPE shape RENAME ATTRIBUTE x TO assignee CASCADE;
SELECT bound();
SELECT judged(owner => 'assignee');
ROLLBACK TO s;
-- of mirrored tables
SAVEPOINT s;
CREATE TABLE base (project integer, member text);
ALTER VIEW crew RENAME level TO rank;
ALTER VIEW crew RENAME since TO from_day;
ALTER TABLE crew INHERIT base;
ALTER TABLE base RENAME project TO p;
ALTER TABLE base RENAME member TO project;
SELECT project_column, member_column, level_column, starts_column, ends_column FROM clearance.mirror WHERE relation = 'crew'::regclass;
INSERT INTO crew (id, p, project) VALUES (1, 2, 'pat');
SELECT count(*) FROM clearance.project_member WHERE source LIKE 'mirror:%';
ROLLBACK TO s;

--
-- What a declaration needs is not dropped, with CASCADE neither, nor does it
-- become another type.
--
CREATE FUNCTION tried(command text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE command;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    RETURN sqlstate || ' ' || sqlerrm;
END
$$;
ALTER TABLE page NOT OF;
SELECT DISTINCT r.tab, regexp_replace(tried(format(c.command, r.tab, r.name)), 'clearance_\w+', 'clearance_…')
FROM (SELECT 'page' AS tab, unnest('{id,project,private,customer,tenant,owner,kind,sent_at,assignee,parent,parent_type,state}'::text[]) AS name
      UNION ALL SELECT 'link', unnest('{page,member}'::text[])
      UNION ALL SELECT 'root', unnest('{id,project}'::text[])
      UNION ALL SELECT 'crew', unnest('{project,member,level,since,until}'::text[])) r,
     (VALUES ('ALTER TABLE %I DROP %I CASCADE'), ('ALTER TABLE %I ALTER %I TYPE jsonb USING NULL')) c (command)
ORDER BY 1, 2;
SELECT tried('ALTER TYPE shape DROP ATTRIBUTE owner CASCADE');
SELECT tried('ALTER TABLE root DROP CONSTRAINT root_pkey');
SELECT tried('CREATE UNIQUE INDEX another ON root (id)'), tried('ALTER TABLE root DROP CONSTRAINT root_pkey'), tried('DROP INDEX another');
SELECT tried('ALTER TABLE root ADD PRIMARY KEY (id)'), tried('DROP INDEX another');
SELECT tried('ALTER TABLE root DROP CONSTRAINT root_pkey, ADD CONSTRAINT root_key UNIQUE (id)');
SELECT tried('DROP TABLE link CASCADE');
SELECT tried('DROP TABLE root CASCADE');
SELECT tried('DROP TABLE page'), tried('SELECT count(*) FROM clearance.binding_parent');
SELECT count(*) FROM clearance.protected_tables WHERE "table" = 'link'::regclass;

--
-- Roles: a mapping is of the role, under any name; a role that comes later
-- under the name of one that was dropped is another.
--
SELECT clearance.map_role('regress_renames_pat', member => :pat);
ALTER ROLE regress_renames_pat RENAME TO regress_renames_other;
SET LOCAL SESSION AUTHORIZATION regress_renames_other;
SELECT login_role, key FROM clearance.whoami();
RESET SESSION AUTHORIZATION;
DROP OWNED BY regress_renames_other;
DROP ROLE regress_renames_other;
CREATE ROLE regress_renames_other;
SET LOCAL SESSION AUTHORIZATION regress_renames_other;
SELECT login_role, key FROM clearance.whoami();
RESET SESSION AUTHORIZATION;
-- such a mapping is in no dump, where its number would be another's
SELECT format('SELECT count(*) FROM %s %s', c.oid::regclass, x.condition)
FROM pg_extension e CROSS JOIN LATERAL unnest(e.extconfig, e.extcondition) AS x (relation, condition) JOIN pg_class c ON c.oid = x.relation
WHERE e.extname = 'pg_clearance' AND c.relname = 'login_role' \gexec
ROLLBACK;
