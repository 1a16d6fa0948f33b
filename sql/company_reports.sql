-- Relations company and reports: whom the owner column and the relations own and
-- assigned name is of the actor's company, or supervised by the actor. In a
-- database of its own, since what a transaction changed itself gets no plans of
-- a class.
\set SHOW_CONTEXT never
\set VERBOSITY default
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE DATABASE regress_company;
\c regress_company
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
CREATE ROLE regress_company;
CREATE ROLE regress_company_acme LOGIN;
\o /dev/null
SELECT clearance.trust_role('regress_company');
SELECT clearance.create_account('Regress', key => 'regress') AS regress \gset
SELECT clearance.set_account(:regress, portal => true);
SELECT clearance.create_account('Other', key => 'other') AS other \gset

-- mates, team and peers go by company, chiefs by reports; writers see all and change their company's
SELECT clearance.create_level(l, a) FROM (VALUES ('team', 'vendor'), ('chiefs', 'vendor'), ('mates', 'partner'), ('shy mates', 'partner'),
    ('bosses', 'partner'), ('writers', 'partner'), ('peers', 'customer')) v (l, a);
SELECT clearance.allow(l, 'project', 'view', reach => 'account') FROM unnest('{team,chiefs}'::text[]) l;
SELECT clearance.allow(l, 'task', a, relation => r) FROM (VALUES ('team', 'company'), ('chiefs', 'reports'), ('mates', 'company'), ('bosses', 'reports'),
    ('peers', 'company')) v (l, r), unnest('{view,create,edit,delete}'::text[]) a;
SELECT clearance.allow('shy mates', 'task', 'view', visibility => 'shared', relation => 'company');
SELECT clearance.allow('writers', 'task', 'view');
SELECT clearance.allow('writers', 'task', a, relation => 'company') FROM unnest('{create,edit,delete}'::text[]) a;
SELECT clearance.allow(l, 'task', 'change_owner') FROM unnest('{mates,bosses}'::text[]) l;
SELECT clearance.allow('writers', 'task', 'change_owner', relation => 'company');
SELECT clearance.allow(l, 'task', 'assign') FROM unnest('{mates,writers,bosses}'::text[]) l;

SELECT clearance.create_role('team', access_level => 'team', account => a) FROM unnest(ARRAY[:regress, :other]::bigint[]) a;
SELECT clearance.create_role('chief', access_level => 'chiefs', account => :regress);
SELECT clearance.create_partner('Acme', 'mates', account => :regress) AS acme \gset
SELECT clearance.create_partner('Bolt', 'bosses', account => :regress) AS bolt \gset
SELECT clearance.create_customer('Cafe', :regress) AS cafe \gset
SELECT clearance.create_customer('Deli', :regress) AS deli \gset
SELECT clearance.add_member(v.key, roles => v.roles, partner => v.partner, customer => v.customer, partner_admin => v.partner IS NOT NULL, account => v.account)
FROM (VALUES ('vic', '{team}'::text[], NULL::bigint, NULL::bigint, :regress::bigint), ('val', '{}', NULL, NULL, :regress),
             ('cho', '{chief}', NULL, NULL, :regress), ('pat', '{}', :acme, NULL, :regress), ('pia', '{}', :acme, NULL, :regress),
             ('old', '{}', :acme, NULL, :regress), ('bob', '{}', :bolt, NULL, :regress), ('bea', '{}', :bolt, NULL, :regress),
             ('00000000-0000-4000-8000-00000000000a', '{}', :acme, NULL, :regress),
             ('00000000-0000-4000-8000-00000000000b', '{}', :bolt, NULL, :regress),
             ('cleo', '{}', NULL, :cafe, :regress), ('carl', '{}', NULL, :cafe, :regress), ('dan', '{}', NULL, :deli, :regress),
             -- the same keys in the other account are other people
             ('ola', '{team}', NULL, NULL, :other), ('pia', '{}', NULL, NULL, :other)) v (key, roles, partner, customer, account);
SELECT clearance.disable_member(id) FROM clearance.member WHERE key IN ('old', 'carl');
\o

CREATE SCHEMA app AUTHORIZATION regress_company;
SET search_path = app;
CREATE TABLE project (id integer PRIMARY KEY, account text NOT NULL);
INSERT INTO project VALUES (1, 'regress'), (2, 'other'), (3, 'regress');
-- by a column and an array
CREATE TABLE task (id integer PRIMARY KEY, project_id integer NOT NULL, owner text, assignees text[], hidden boolean NOT NULL DEFAULT false);
-- by a column and a link table
CREATE TABLE note (id integer PRIMARY KEY, project_id integer NOT NULL, writer text, hidden boolean NOT NULL DEFAULT false);
CREATE TABLE note_person (note_id integer NOT NULL REFERENCES note, person text NOT NULL);
-- by an owner with a uuid for a key
CREATE TABLE page (id integer PRIMARY KEY, project_id integer NOT NULL, author uuid, hidden boolean NOT NULL DEFAULT false);
\o /dev/null
SELECT clearance.protect('project', 'project', 'id', account => 'account');
SELECT clearance.protect('task', 'task', 'project_id', owner => 'owner', visibility => 'hidden', shared_values => '{false}');
SELECT clearance.protect('note', 'task', 'project_id', visibility => 'hidden', shared_values => '{false}');
SELECT clearance.protect('page', 'task', 'project_id', owner => 'author', visibility => 'hidden', shared_values => '{false}');
SELECT clearance.relate('task', 'assigned', member_column => 'assignees');
SELECT clearance.relate('note', 'own', member_column => 'writer');
SELECT clearance.relate('note', 'assigned', link => 'note_person', link_column => 'note_id', member_column => 'person');
GRANT ALL ON ALL TABLES IN SCHEMA app TO regress_company, regress_company_acme;
GRANT USAGE ON SCHEMA app TO regress_company_acme;
SELECT clearance.set_project('1', portal => true);
SELECT clearance.add_partner_to_project('1', :acme), clearance.add_partner_to_project('1', :bolt);
SELECT clearance.add_customer_to_project('1', :cafe), clearance.add_customer_to_project('1', :deli);
SELECT clearance.add_member_to_project('1', id, 'peers') FROM clearance.member WHERE key IN ('cleo', 'dan');
\o
-- one row for each, named by the id: 1x of the team, 2x of Acme, 3x of Bolt, 4x of the customers, 5x of nobody
INSERT INTO task (id, project_id, owner, assignees, hidden) VALUES
    (10, 1, 'vic', NULL, false), (11, 1, 'val', NULL, true), (20, 1, 'pat', NULL, false), (21, 1, 'pia', NULL, true), (22, 1, 'old', NULL, false),
    (30, 1, 'bob', NULL, false), (31, 1, NULL, '{nobody,bea}', false), (40, 1, 'cleo', NULL, false), (41, 1, NULL, '{carl,dan}', false),
    (23, 1, 'bob', '{pia,NULL}', true), (50, 1, NULL, NULL, false), (51, 1, 'nobody', '{}', false),
    (60, 2, 'ola', NULL, false), (61, 2, 'pia', NULL, false), (62, 2, 'pat', NULL, false), (63, 2, 'vic', NULL, false), (70, 3, 'pia', NULL, false), (71, 3, 'val', NULL, false);
INSERT INTO note (id, project_id, writer) VALUES (11, 1, 'val'), (21, 1, 'pia'), (22, 1, NULL), (23, 1, 'bob'), (31, 1, NULL), (41, 1, NULL), (50, 1, NULL);
INSERT INTO note_person VALUES (22, 'old'), (23, 'bea'), (23, 'pia'), (31, 'bob'), (41, 'carl'), (50, 'nobody');
INSERT INTO page (id, project_id, author) VALUES (20, 1, '00000000-0000-4000-8000-00000000000a'), (30, 1, '00000000-0000-4000-8000-00000000000b'), (50, 1, NULL);
ANALYZE;

-- what a member sees, by plans as by the rule alone
CREATE FUNCTION ids(tab text) RETURNS text LANGUAGE plpgsql SET ROLE regress_company AS $$
DECLARE
    found text;
BEGIN
    EXECUTE format('SELECT string_agg(id::text, '' '' ORDER BY id) FROM app.%I', tab) INTO found;
    RETURN coalesce(found, '-');
END $$;
CREATE FUNCTION seen(who text, account text DEFAULT 'regress') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text[];
BEGIN
    PERFORM clearance.set_actor(key => who, account => (SELECT a.id FROM clearance.account a WHERE a.key = seen.account), local => false);
    FOR i IN 1..2 LOOP
        PERFORM set_config('clearance.simplify', CASE i WHEN 1 THEN 'on' ELSE 'off' END, true);
        found[i] := format('%s: task %s, note %s, page %s', who, app.ids('task'), app.ids('note'), app.ids('page'));
    END LOOP;
    PERFORM clearance.reset_actor();
    RETURN CASE WHEN found[1] = found[2] THEN found[1] ELSE found::text END;
END $$;

--
-- The company: of a vendor's member the vendor's team, of a partner's the partner,
-- of a contact its customer. The status of whom a row names does not matter (Old
-- and Carl are disabled), and who has the same key in another account is somebody else.
--
SELECT seen('vic');
SELECT seen('ola', 'other');
SELECT seen('pat');
SELECT seen('cleo');
SELECT seen('dan');
-- a key that several rows have links nobody to any of them
CREATE TABLE memo (id integer, part integer NOT NULL, project_id integer NOT NULL, PRIMARY KEY (id, part)) PARTITION BY LIST (part);
CREATE TABLE memo_1 PARTITION OF memo FOR VALUES IN (1);
CREATE TABLE memo_2 PARTITION OF memo FOR VALUES IN (2);
CREATE TABLE memo_person (memo_id integer NOT NULL, person text NOT NULL);
INSERT INTO memo VALUES (1, 1, 1), (1, 2, 1), (2, 1, 1), (3, 1, 1);
INSERT INTO memo_person VALUES (1, 'pia'), (2, 'pia'), (2, 'pat'), (3, 'bob');
CREATE INDEX ON memo_person (memo_id);
\o /dev/null
SELECT clearance.protect('memo', 'task', 'project_id', key => 'id');
SELECT clearance.relate('memo', 'assigned', link => 'memo_person', link_column => 'memo_id', member_column => 'person');
GRANT SELECT ON memo TO regress_company;
\o
SELECT clearance.set_actor(key => 'pat', local => false) > 0, ids('memo');
SELECT clearance.reset_actor();
-- with visibility shared, the shared ones of them
\o /dev/null
SELECT clearance.update_partner(:acme, access_level => 'shy mates');
\o
SELECT seen('pat');
\o /dev/null
SELECT clearance.update_partner(:acme, access_level => 'mates');
\o
-- a login for the whole partner has a company, too
SELECT clearance.map_role('regress_company_acme', partner => :acme);
SET SESSION AUTHORIZATION regress_company_acme;
SELECT string_agg(id::text, ' ' ORDER BY id) FROM task;
SELECT string_agg(id::text, ' ' ORDER BY id) FROM note;
SELECT string_agg(id::text, ' ' ORDER BY id) FROM page;
RESET SESSION AUTHORIZATION;
-- but supervises nobody
\o /dev/null
SELECT clearance.update_partner(:acme, access_level => 'bosses');
\o
SET SESSION AUTHORIZATION regress_company_acme;
SELECT count(*) FROM task;
RESET SESSION AUTHORIZATION;
\o /dev/null
SELECT clearance.update_partner(:acme, access_level => 'mates');
\o

--
-- Reports: whom the actor supervises directly, of whatever company. Who is
-- supervised, and which key it has, may change at any time.
--
SELECT seen('cho');
SELECT seen('bob');
\o /dev/null
SELECT clearance.set_resource(m.id, b.id) FROM clearance.member m, clearance.member b, clearance.account a
WHERE a.key = 'regress' AND m.account_id = a.id AND b.account_id = a.id AND (m.key, b.key) IN (('val', 'cho'), ('pia', 'cho'), ('bea', 'bob'));
\o
SELECT seen('cho');
SELECT seen('bob');
-- not what their reports are in charge of
\o /dev/null
SELECT clearance.set_resource(m.id, b.id) FROM clearance.member m, clearance.member b WHERE (m.key, b.key) = ('vic', 'val');
\o
SELECT seen('cho');
\o /dev/null
SELECT clearance.set_resource(m.id, b.id) FROM clearance.member m, clearance.member b WHERE (m.key, b.key) = ('val', 'vic');
UPDATE clearance.member SET key = 'pam' WHERE key = 'pia' AND partner_id IS NOT NULL;
\o
SELECT seen('cho');
UPDATE clearance.member SET key = 'pia' WHERE key = 'pam';
SELECT seen('cho');
DELETE FROM clearance.resource r USING clearance.member m WHERE m.id = r.member_id AND m.key = 'pia';
SELECT seen('cho');
-- the company changes with its members
UPDATE clearance.member SET partner_id = NULL, partner_admin = false WHERE key = '00000000-0000-4000-8000-00000000000b';
SELECT seen('vic');
UPDATE clearance.member SET partner_id = :bolt WHERE key = '00000000-0000-4000-8000-00000000000b';
SELECT seen('vic');

--
-- Writes: the old and the new row are of the company. Pat may name other owners
-- and assignees, so that nothing else is in the way.
--
CREATE FUNCTION try(who text, what text, tried text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
    detail text;
BEGIN
    PERFORM clearance.set_actor(key => who, account => (SELECT a.id FROM clearance.account a WHERE a.key = 'regress'), local => false);
    SET LOCAL ROLE regress_company;
    EXECUTE tried;
    GET DIAGNOSTICS n = ROW_COUNT;
    RESET ROLE;
    PERFORM clearance.reset_actor();
    RETURN format('%s: %s rows', what, n);
EXCEPTION WHEN insufficient_privilege THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN format('%s: %s %s', what, SQLERRM, detail);
END $$;
SELECT try('pat', what, tried) FROM (VALUES
    ('a row for Pia', $$INSERT INTO app.task VALUES (80, 1, 'pia')$$),
    ('a row for Bob', $$INSERT INTO app.task VALUES (81, 1, 'bob')$$),
    ('a row of Bob for Pia', $$INSERT INTO app.task VALUES (82, 1, 'bob', '{pia}')$$),
    ('a note by Pat', $$INSERT INTO app.note VALUES (80, 1, 'pat')$$),
    ('a note by nobody', $$INSERT INTO app.note VALUES (81, 1)$$),
    ('change the row of Pia', $$UPDATE app.task SET hidden = false WHERE id = 80$$),
    ('hand it to Old', $$UPDATE app.task SET owner = 'old' WHERE id = 80$$),
    ('hand it to Bob', $$UPDATE app.task SET owner = 'bob' WHERE id = 80$$),
    ('to Bob, but keep Pia on it', $$UPDATE app.task SET owner = 'bob', assignees = '{pia}' WHERE id = 80$$),
    ('let Pia go', $$UPDATE app.task SET assignees = '{bea}' WHERE id = 80$$),
    ('change the row of Bob', $$UPDATE app.task SET hidden = true WHERE id = 30$$),
    ('take the row of Bob', $$UPDATE app.task SET owner = 'pat' WHERE id = 30$$),
    ('delete the row of Bob', $$DELETE FROM app.task WHERE id = 30$$),
    ('delete the row with Pia on it', $$DELETE FROM app.task WHERE id = 80$$),
    ('take Old off the note', $$DELETE FROM app.note_person WHERE note_id = 22$$)) v (what, tried);
-- Who sees the others' rows still changes those of its company alone.
\o /dev/null
SELECT clearance.update_partner(:acme, access_level => 'writers');
\o
SELECT try('pat', what, tried) FROM (VALUES
    ('change the row of Bob', $$UPDATE app.task SET hidden = true WHERE id = 30$$),
    ('take the row of Bob', $$UPDATE app.task SET owner = 'pat' WHERE id = 30$$),
    ('change the row of Old', $$UPDATE app.task SET hidden = true WHERE id = 22$$),
    ('hand the row of Old to Bob', $$UPDATE app.task SET owner = 'bob' WHERE id = 22$$),
    ('delete the row of Bob', $$DELETE FROM app.task WHERE id = 30$$),
    ('delete the row of Old', $$DELETE FROM app.task WHERE id = 22$$),
    ('delete the note of Bob and Bea', $$DELETE FROM app.note WHERE id = 31$$)) v (what, tried);
-- reports alike
SELECT try('bob', what, tried) FROM (VALUES
    ('a row for Bea', $$INSERT INTO app.task VALUES (83, 1, 'bea')$$),
    ('a row of its own', $$INSERT INTO app.task VALUES (84, 1, 'bob')$$),
    ('take the row of Bea', $$UPDATE app.task SET owner = 'bob' WHERE id = 83$$),
    ('delete the row of Bea', $$DELETE FROM app.task WHERE id = 83$$)) v (what, tried);
\o /dev/null
SELECT clearance.update_partner(:acme, access_level => 'mates');
\o

--
-- What lists relations knows them. Nothing is declared for them.
--
SELECT clearance.relate('task', 'company', member_column => 'owner');
\set VERBOSITY terse
SELECT clearance.relate('task', 'colleague', member_column => 'owner');
SELECT clearance.allow('mates', 'task', 'view', relation => 'colleague');
\set VERBOSITY default
SELECT visibility, relation, verdict FROM clearance.matrix WHERE level = 'mates' AND (feature, action) = ('task', 'delete');
SELECT clearance.set_level('shy mates', '{"audience": "partner", "grants": [{"action": "task.view", "relation": "reports"}, {"action": "task.view", "relation": "company"}]}');
SELECT clearance.level_document('shy mates');
SELECT clearance.set_actor(key => 'pat', local => false) > 0, clearance.can('task.delete', '1'), clearance.can('task.delete', '3');
SELECT clearance.reset_actor();

--
-- Plans: one index condition, and the same plan for everybody whose rights are of the
-- class. Of an array, rows are judged one by one.
--
INSERT INTO page SELECT n, 1, md5(n::text)::uuid FROM generate_series(100, 5000) n;
INSERT INTO note SELECT n, 1, 'x' || n FROM generate_series(100, 5000) n;
CREATE INDEX ON page (author);
CREATE INDEX ON note (writer);
ANALYZE page, note;
GRANT USAGE ON SCHEMA app TO regress_company;
SET clearance.external_explain = on;
CREATE FUNCTION plan_now(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        RETURN NEXT regexp_replace(line, '(in_set|set_keys|permitted)\((NULL::\w+|[a-z]\w*|)[^()]*\)', '\1(\2)', 'g');
    END LOOP;
END $$;
CREATE FUNCTION plan_of(who text, query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM clearance.set_actor(key => who, account => (SELECT a.id FROM clearance.account a WHERE a.key = 'regress'), local => false);
    SET LOCAL ROLE regress_company;
    RETURN QUERY SELECT app.plan_now(query);
    RESET ROLE;
    PERFORM clearance.reset_actor();
END $$;
SELECT plan_of('pat', 'SELECT id FROM app.page');
SELECT plan_of('cho', 'SELECT id FROM app.page');
SELECT plan_of('pat', 'SELECT id FROM app.note');
SELECT plan_of('pat', 'SELECT id FROM app.task');
SELECT seen('pat');

--
-- Of a company of more than a thousand, no set is kept nor listed in a plan: whom
-- rows name is looked up, few by few, all at once where they are asked for.
--
\o /dev/null
SELECT clearance.create_partner('Mega', 'mates', account => :regress) AS mega \gset
INSERT INTO clearance.member (account_id, key, partner_id, partner_admin) SELECT :regress, 'm' || n, :mega, n = 1 FROM generate_series(1, 1200) n;
SELECT clearance.add_partner_to_project('1', :mega);
INSERT INTO task SELECT 10000 + n, 1, 'm' || n FROM generate_series(1, 2400) n;
INSERT INTO note SELECT 10000 + n, 1, NULL FROM generate_series(1, 2400) n;
INSERT INTO note_person SELECT 10000 + n, 'm' || n FROM generate_series(1, 2400) n;
INSERT INTO note VALUES (90, 1, 'm7'), (91, 1, 'pia');
ANALYZE task, note, note_person;
\o
SELECT plan_of('m1', 'SELECT id FROM app.note');
CREATE FUNCTION counted(who text, tab text, condition text DEFAULT 'true') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint[];
    one bigint;
BEGIN
    PERFORM clearance.set_actor(key => who, account => (SELECT a.id FROM clearance.account a WHERE a.key = 'regress'), local => false);
    FOR i IN 1..2 LOOP
        PERFORM set_config('clearance.simplify', CASE i WHEN 1 THEN 'on' ELSE 'off' END, true);
        SET LOCAL ROLE regress_company;
        EXECUTE format('SELECT count(*) FROM app.%I WHERE %s', tab, condition) INTO one;
        n[i] := one;
        RESET ROLE;
    END LOOP;
    PERFORM clearance.reset_actor();
    RETURN format('%s %s', tab, n);
END $$;
SELECT counted('m1', 'task');
SELECT counted('m1', 'task', 'id IN (10700, 11700)');
SELECT counted('m1', 'note');
-- with an index, links are looked up, too
CREATE INDEX ON note_person (note_id);
SELECT counted('m1', 'note');
SELECT counted('m1', 'note', 'id IN (10700, 11700, 90, 91)');
SELECT counted('m1', 'page');
INSERT INTO memo_person VALUES (1, 'm7'), (3, 'm8');
SELECT clearance.set_actor(key => 'm1', local => false) > 0, ids('memo');
SELECT clearance.reset_actor();
SELECT key, bytes < 65536 FROM clearance.cached_actor WHERE key = 'm1';
-- a team that is many is that of its account: Vic is of the other one's
INSERT INTO clearance.member (account_id, key) SELECT :other, 'o' || n FROM generate_series(1, 1100) n;
SELECT seen('ola', 'other');

-- Whom Cho supervises become many, after a plan listed them.
\o /dev/null
INSERT INTO clearance.resource (account_id, member_id, supervisor_id)
SELECT m.account_id, m.id, c.id FROM clearance.member m, clearance.member c WHERE c.key = 'cho' AND m.key LIKE 'm%' AND m.id % 4 <> 0;
\o
SET plan_cache_mode = force_generic_plan;
SET enable_seqscan = off;
SELECT clearance.set_actor(key => 'cho', local => false) > 0;
SET ROLE regress_company;
PREPARE kept AS SELECT count(*) FROM note;
SELECT plan_now('EXECUTE kept');
EXECUTE kept;
RESET ROLE;
\o /dev/null
INSERT INTO clearance.resource (account_id, member_id, supervisor_id)
SELECT m.account_id, m.id, c.id FROM clearance.member m, clearance.member c WHERE c.key = 'cho' AND m.key LIKE 'm%' AND m.id % 4 = 0;
\o
SET ROLE regress_company;
SELECT plan_now('EXECUTE kept');
EXECUTE kept;
DEALLOCATE kept;
RESET enable_seqscan;
SELECT count(*) FROM note;
RESET ROLE;

\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_company;
DROP ROLE regress_company;
DROP ROLE regress_company_acme;
