-- The product against the evaluator, on the loaded workspace: for every member
-- and protected table the rows that real SQL shows, changes and deletes must be
-- those that test/evaluator.sql computes from the same facts.
--
--   view      every member, every table: SELECT
--   partner   every partner, every table: SELECT through a login role mapped to it
--   edit      the sample, every table: clearance.can_row() on all rows it sees
--   delete    the same
--   update    the writers, tables with a column that nothing else is bound to: an
--             UPDATE that changes this column. It must change all rows that it may,
--             and none of the others: they are filtered out or refused
--   real delete  the writers, tables to whose rows no other table points: a DELETE
--             without condition
--   can       the writers, every action of every bound feature, every project
--
-- The sample: test/evaluator_sample.sql. The writers: of the sample, one for each
-- kind, status, role or partner's level, and admin or not.
--
-- One test a table and kind of check; the differences found are printed below it.
-- Levels with relations that no built-in one names are added first, in a copy of
-- the database. `psql -v sample_only=on` looks at the sample alone.
\set ECHO none
\set QUIET on
\set ON_ERROR_STOP on
-- A copy of the database: what is changed below is committed there, for nothing is
-- kept between statements of a transaction that changed permissions itself.
\set workspace :DBNAME
\c postgres
CREATE DATABASE evaluator_copy TEMPLATE :"workspace";
\c evaluator_copy
SET client_min_messages = warning;
SET jit = off;  -- compiling many small queries takes longer than they do
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT to_regnamespace('evaluator') IS NULL AS missing \gset
\if :missing
\ir ../evaluator.sql
\endif
\pset format unaligned
\pset tuples_only on
\o /dev/null
\if :{?sample_only}
SELECT set_config('evaluator_test.sample_only', :'sample_only', false);
\endif

-- Relations that no built-in level names: what is of one's company, or of whom one
-- supervises. For two partners, every 40th collaborator, and the contacts of some.
SELECT clearance.create_level('mates', 'partner', based_on => 'restricted'), clearance.create_level('bosses', 'partner', based_on => 'restricted'),
       clearance.create_level('leads', 'vendor'), clearance.create_level('peers', 'customer', based_on => 'client');
SELECT clearance.allow(l, f, a, visibility => v, relation => r)
FROM (VALUES ('mates', 'task', 'view', 'any', 'company'), ('mates', 'task', 'edit', 'shared', 'company'), ('mates', 'document', 'view', 'shared', 'company'),
             ('mates', 'document', 'delete', 'any', 'company'), ('mates', 'file', 'view', 'any', 'company'), ('mates', 'raid_item', 'view', 'any', 'company'),
             ('bosses', 'task', 'view', 'any', 'reports'), ('bosses', 'task', 'delete', 'any', 'reports'), ('bosses', 'document', 'view', 'shared', 'reports'),
             ('leads', 'project', 'view', 'any', 'any'), ('leads', 'task', 'view', 'any', 'reports'), ('leads', 'task', 'view', 'shared', 'company'),
             ('leads', 'document', 'view', 'any', 'company'), ('leads', 'document', 'edit', 'any', 'reports'), ('leads', 'file', 'view', 'any', 'reports'),
             ('peers', 'task', 'view', 'any', 'company'), ('peers', 'file', 'view', 'any', 'company')) AS g (l, f, a, v, r);
SELECT clearance.create_role('leads', access_level => 'leads', account => a.id) FROM clearance.account a;
UPDATE clearance.member_role h SET role_id = l.id
FROM clearance.role r JOIN clearance.role l ON l.name = 'leads' AND l.account_id = r.account_id
WHERE r.id = h.role_id AND r.name = 'collaborator'
    AND (h.member_id % 40 = 0 OR h.member_id IN (SELECT s.supervisor_id FROM clearance.resource s));
UPDATE clearance.partner SET level_id = (SELECT l.id FROM clearance.level l WHERE l.name = 'mates') WHERE name = 'Fir';
UPDATE clearance.partner SET level_id = (SELECT l.id FROM clearance.level l WHERE l.name = 'bosses') WHERE name = 'Hazel';
SELECT clearance.set_resource(m.id, b.id)
FROM clearance.partner p JOIN clearance.member m ON m.partner_id = p.id
CROSS JOIN LATERAL (SELECT min(a.id) AS id FROM clearance.member a WHERE a.partner_id = p.id AND a.partner_admin AND a.status = 'active') b
WHERE p.name = 'Hazel' AND m.id <> b.id;
SELECT clearance.add_member_to_project(p.key, m.id, 'peers')
FROM clearance.member m JOIN clearance.project_customer c USING (customer_id) JOIN clearance.project p ON p.id = c.project_id
WHERE m.id % 2 = 0;
-- Projects that are open: with several levels of one audience, of all, and with one beside rows that count for nothing.
SELECT clearance.set_project(2, open_levels => '{restricted,mates}'), clearance.set_project(5, open_levels => '{leads,collaborator,moderate,peers}', portal => true),
       clearance.set_project(7, open_levels => '{leads,super_user}');
INSERT INTO clearance.project_open_level SELECT p.id, l.id FROM clearance.project p, clearance.level l WHERE p.key = '11' AND l.name IN ('permissive', 'leads');

BEGIN;
\ir ../evaluator_sample.sql

CREATE TEMP TABLE writer AS
SELECT DISTINCT ON (m.kind, m.status, p.level_id, r.roles, m.partner_admin) m.id
FROM sample s
JOIN clearance.member m USING (id)
LEFT JOIN clearance.partner p ON p.id = m.partner_id
CROSS JOIN LATERAL (SELECT array_agg(r.role_id ORDER BY r.role_id) AS roles FROM clearance.member_role r WHERE r.member_id = m.id) AS r
ORDER BY m.kind, m.status, p.level_id, r.roles, m.partner_admin,
    (SELECT count(*) FROM clearance.project_member x WHERE x.member_id = m.id) DESC, m.id;

-- Tables to look at, and how: a change of a column that is neither bound nor
-- guarded nor constrained, and whether rows can be deleted without others in the way.
CREATE TEMP TABLE looked_at AS
SELECT b.id, b.relation, b.feature, b.view_action, b.edit_action, b.delete_action,
       evaluator.key_of(b.relation) AS key,
       (SELECT format('%1$I = ' || CASE y.typcategory
                   WHEN 'S' THEN 'coalesce(%1$I, '''') || ''+''' WHEN 'N' THEN 'coalesce(%1$I, 0) + 1'
                   ELSE 'NOT coalesce(%1$I, false)' END, a.attname)
        FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid AND y.typcategory IN ('S', 'N', 'B')
        WHERE a.attrelid = b.relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity = ''
            AND NOT EXISTS (SELECT FROM pg_constraint c
                            WHERE (c.conrelid = b.relation AND a.attnum = ANY (c.conkey))
                               OR (c.confrelid = b.relation AND a.attnum = ANY (c.confkey)))
            AND a.attname <> ALL (array_remove(ARRAY[b.key_column, b.project_column, b.visibility_column, b.client_visibility_column,
                    b.account_column, b.owner_column, b.kind_column, b.published_column], NULL))
            AND NOT EXISTS (SELECT FROM clearance.binding_relation r
                            WHERE (r.binding_id = b.id AND a.attname IN (r.row_column, CASE WHEN r.link IS NULL THEN r.member_column END))
                               OR (r.link = b.relation AND a.attname IN (r.link_column, r.member_column)))
            AND NOT EXISTS (SELECT FROM clearance.binding_parent p WHERE p.binding_id = b.id AND a.attname IN (p.column_name, p.type_column))
            AND NOT EXISTS (SELECT FROM clearance.binding_guard g WHERE g.binding_id = b.id AND g.column_name = a.attname)
            AND NOT EXISTS (SELECT FROM clearance.binding_row_guard g WHERE g.binding_id = b.id AND a.attname = ANY (g.state_column || g.columns))
            AND NOT EXISTS (SELECT FROM clearance.binding_mask m WHERE m.binding_id = b.id AND m.column_name = a.attname)
        ORDER BY y.typcategory DESC, a.attnum LIMIT 1) AS change,
       NOT EXISTS (SELECT FROM pg_constraint c WHERE c.contype = 'f' AND c.confrelid = b.relation) AS is_leaf
FROM clearance.binding b;

CREATE TEMP TABLE compared (verb text, relation text, rows integer);
CREATE TEMP TABLE difference (verb text, relation text, who text, what text);

-- Notes what an actor got beside what it should have got.
CREATE FUNCTION pg_temp.compare(verb text, relation text, who text, got text[], want text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    more text[] := ARRAY(SELECT unnest(got) EXCEPT ALL SELECT unnest(want));
    less text[] := ARRAY(SELECT unnest(want) EXCEPT ALL SELECT unnest(got));
BEGIN
    INSERT INTO compared VALUES (verb, relation, cardinality(want));
    IF more <> '{}' THEN
        INSERT INTO difference VALUES (verb, relation, who, format('%s too many: %s', cardinality(more), more[1:5]));
    END IF;
    IF less <> '{}' THEN
        INSERT INTO difference VALUES (verb, relation, who, format('%s missing: %s', cardinality(less), less[1:5]));
    END IF;
END
$$;

-- Runs a query that yields one array of keys as the member, with the rights of app_user.
CREATE FUNCTION pg_temp.ask(member bigint, query text, action text DEFAULT NULL, keys text[] DEFAULT NULL) RETURNS text[]
LANGUAGE plpgsql AS $$
DECLARE
    result text[];
BEGIN
    PERFORM clearance.set_actor(id => member, local => true);
    SET LOCAL ROLE app_user;
    EXECUTE query INTO result USING action, keys;
    RESET ROLE;
    RETURN coalesce(result, '{}');
END
$$;

-- The same for a write, which is undone. NULL: it was refused.
CREATE FUNCTION pg_temp.try(member bigint, query text, keys text[] DEFAULT NULL) RETURNS text[]
LANGUAGE plpgsql AS $$
DECLARE
    result text[];
BEGIN
    result := pg_temp.ask(member, query, NULL, keys);
    RAISE SQLSTATE 'UNDO0';
EXCEPTION
    WHEN SQLSTATE 'UNDO0' THEN RETURN result;
    WHEN insufficient_privilege THEN RETURN NULL;
END
$$;

CREATE FUNCTION pg_temp.check_update(who text, member bigint, t looked_at, want text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    update text := format('WITH u AS (UPDATE %s t SET %s WHERE %%s RETURNING %s AS key) SELECT array_agg(key) FROM u', t.relation, t.change, t.key);
    others text := format(update, format('%s <> ALL ($2)', t.key));
    these text := format(update, format('%s = ANY ($2)', t.key));
    got text[] := pg_temp.try(member, these, want);
    other text;
BEGIN
    IF got IS NULL THEN
        INSERT INTO difference VALUES ('update', t.relation::text, who, 'a permitted update was refused');
        got := want;
    END IF;
    -- A refusal is about the first row that it meets; then a few are tried one by one.
    IF pg_temp.try(member, others, want) <> '{}' THEN
        got := got || pg_temp.try(member, others, want);
    ELSE
        FOR other IN
            SELECT k FROM evaluator.permitted(member, t.relation, t.view_action) k
            WHERE k NOT IN (SELECT unnest(want)) ORDER BY md5(k) LIMIT 3
        LOOP
            got := got || pg_temp.try(member, these, ARRAY[other]);
        END LOOP;
    END IF;
    PERFORM pg_temp.compare('update', t.relation::text, who, got, want);
END
$$;

-- What one member sees; if it is in the sample, also what it may change and delete,
-- and if it is a writer, by doing so.
CREATE FUNCTION pg_temp.check_member(m clearance.member, in_sample boolean, writes boolean) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    who text := format('member %s (%s%s%s, key %s)', m.id, m.status || ' ', CASE WHEN m.partner_admin THEN 'admin of a ' ELSE '' END, m.kind, m.key);
    t looked_at;
    want text[];
BEGIN
    FOR t IN SELECT * FROM looked_at ORDER BY id LOOP
        PERFORM pg_temp.compare('view', t.relation::text, who,
            pg_temp.ask(m.id, format('SELECT array_agg(%s) FROM %s t', t.key, t.relation)),
            ARRAY(SELECT evaluator.permitted(m.id, t.relation, t.view_action)));
        CONTINUE WHEN NOT in_sample;
        want := ARRAY(SELECT evaluator.permitted(m.id, t.relation, t.edit_action));
        PERFORM pg_temp.compare('edit', t.relation::text, who,
            pg_temp.ask(m.id, format('SELECT array_agg(%s) FROM %s t WHERE clearance.can_row($1, t)', t.key, t.relation), t.edit_action), want);
        IF writes AND t.change IS NOT NULL THEN
            PERFORM pg_temp.check_update(who, m.id, t, want);
        END IF;

        want := ARRAY(SELECT evaluator.permitted(m.id, t.relation, t.delete_action));
        PERFORM pg_temp.compare('delete', t.relation::text, who,
            pg_temp.ask(m.id, format('SELECT array_agg(%s) FROM %s t WHERE clearance.can_row($1, t)', t.key, t.relation), t.delete_action), want);
        IF writes AND t.is_leaf THEN
            PERFORM pg_temp.compare('real delete', t.relation::text, who,
                pg_temp.try(m.id, format('WITH d AS (DELETE FROM %s t RETURNING %s AS key) SELECT array_agg(key) FROM d', t.relation, t.key)), want);
        END IF;
    END LOOP;
END
$$;

-- Acts without a row: in which projects, and whether on the account level.
CREATE FUNCTION pg_temp.check_can(m clearance.member) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    projects text[] := ARRAY(SELECT key FROM clearance.project);
    a clearance.action;
BEGIN
    FOR a IN
        SELECT * FROM clearance.action x
        WHERE x.feature IN (SELECT l.feature FROM looked_at l) OR x.feature IN ('project_plan', 'settings', 'invoicing')
    LOOP
        PERFORM pg_temp.compare('can', a.feature, format('member %s (%s), %s', m.id, m.kind, a.name),
            pg_temp.ask(m.id, 'SELECT array_agg(coalesce(p, ''account'')) FROM unnest($2 || NULL::text) p WHERE clearance.can($1, p)',
                        a.feature || '.' || a.name, projects),
            ARRAY(SELECT coalesce(k, 'account') FROM evaluator.may_where(m.id, a.feature, a.name) k));
    END LOOP;
END
$$;

-- A login role that is a partner as a whole (15).
CREATE ROLE regress_evaluator_login LOGIN;
GRANT app_user TO regress_evaluator_login;

CREATE FUNCTION pg_temp.check_partner(p clearance.partner) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    t looked_at;
    got text[];
BEGIN
    PERFORM clearance.reset_actor();
    PERFORM clearance.map_role('regress_evaluator_login', partner => p.id);
    FOR t IN SELECT * FROM looked_at ORDER BY id LOOP
        SET LOCAL SESSION AUTHORIZATION regress_evaluator_login;
        EXECUTE format('SELECT array_agg(%s) FROM %s t', t.key, t.relation) INTO got;
        RESET SESSION AUTHORIZATION;
        PERFORM pg_temp.compare('partner', t.relation::text, format('partner %s (%s)', p.id, p.name), coalesce(got, '{}'),
            ARRAY(SELECT evaluator.permitted_partner(p.id, t.relation)));
    END LOOP;
    PERFORM clearance.unmap_role('regress_evaluator_login');
END
$$;

-- ---------------------------------------------------------------------------
-- Run all checks, member by member (the evaluator judges one at a time), then report.
-- ---------------------------------------------------------------------------
SELECT evaluator.hold();
SELECT pg_temp.check_member(m, m.id IN (SELECT id FROM sample), m.id IN (SELECT id FROM writer))
FROM clearance.member m
WHERE current_setting('evaluator_test.sample_only', true) IS DISTINCT FROM 'on' OR m.id IN (SELECT id FROM sample)
ORDER BY m.id;
SELECT pg_temp.check_can(m) FROM clearance.member m WHERE m.id IN (SELECT id FROM writer) ORDER BY m.id;
SELECT pg_temp.check_partner(p) FROM clearance.partner p ORDER BY p.id;
SELECT clearance.reset_actor();
CREATE TEMP TABLE checked AS SELECT verb, relation, count(*) AS members, sum(rows) AS rows FROM compared GROUP BY verb, relation;
\o

SELECT plan((SELECT count(*)::integer FROM checked) + 1);
SELECT ok(NOT EXISTS (SELECT FROM difference d WHERE (d.verb, d.relation) = (c.verb, c.relation)),
           format('%s %s: %s by %s', c.verb, c.relation,
                  c.rows || CASE c.verb WHEN 'can' THEN ' projects' ELSE ' rows' END,
                  c.members || CASE c.verb WHEN 'partner' THEN ' partners' WHEN 'can' THEN ' members and actions' ELSE ' members' END))
       || (SELECT coalesce(chr(10) || diag(string_agg(d.who || ': ' || d.what, chr(10))), '')
           FROM (SELECT * FROM difference d WHERE (d.verb, d.relation) = (c.verb, c.relation) LIMIT 8) d)
FROM checked c
ORDER BY array_position('{view,partner,edit,update,delete,real delete,can}', c.verb), c.relation;
-- Equal sets prove nothing where all are empty.
SELECT is((SELECT string_agg(v.verb, ', ') FROM unnest('{view,partner,edit,update,delete,real delete,can}'::text[]) AS v (verb)
           WHERE NOT EXISTS (SELECT FROM checked c WHERE c.verb = v.verb AND c.rows > 0)), NULL,
          'every kind of check met rows');
SELECT * FROM finish();
ROLLBACK;
\c postgres
DROP DATABASE evaluator_copy;
