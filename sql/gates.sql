-- Gates that the partner matrix names bind partners, by the built-in levels and
-- by those made from them; the vendor's cells stand alone. A gate of one's own
-- binds whom it names.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_gates;
SELECT clearance.trust_role('regress_gates');
CREATE SCHEMA regress_gates;
GRANT USAGE ON SCHEMA regress_gates TO regress_gates;
SET LOCAL search_path = regress_gates;
SELECT clearance.create_account('Regress', key => 'regress') AS account \gset
SELECT clearance.create_level('lead', 'vendor', 'super_user') > 0, clearance.create_level('fresh', 'vendor') > 0,
       clearance.create_level('friend', 'partner', 'permissive') > 0, clearance.create_level('newcomer', 'partner') > 0;
SELECT clearance.allow(l, f, 'view') FROM unnest('{fresh,newcomer}'::text[]) l, unnest('{project,conversation}'::text[]) f;
SELECT clearance.create_role(r, access_level => r) > 0 FROM unnest('{lead,fresh}'::text[]) r;
SELECT clearance.add_member(m, roles => ARRAY[r]) > 0
FROM (VALUES ('ann', 'account_admin'), ('sue', 'super_user'), ('cole', 'collaborator'), ('lea', 'lead'), ('flo', 'fresh')) v (m, r);
SELECT clearance.add_member(m, partner_admin => true, partner => clearance.create_partner(l, l)) > 0
FROM (VALUES ('pat', 'permissive'), ('max', 'moderate'), ('rex', 'restricted'), ('fred', 'friend'), ('nina', 'newcomer')) v (m, l);
SELECT clearance.create_project(p) > 0 FROM generate_series(1, 2) p;
SELECT clearance.add_partner_to_project(1, p.id) FROM clearance.partner p;
SELECT clearance.add_member_to_project(1, m.id) FROM clearance.member m WHERE m.key IN ('cole', 'flo');
CREATE TABLE conversation (id text PRIMARY KEY, project integer, is_private boolean, starter text);
CREATE TABLE participant (conversation text, member text);
INSERT INTO conversation VALUES ('shared1', 1, false, 'ann'), ('private1', 1, true, 'ann'), ('shared2', 2, false, 'ann'), ('private2', 2, true, 'ann');
SELECT clearance.protect('conversation', 'conversation', project => 'project', visibility => 'is_private', shared_values => '{false}', owner => 'starter') > 0;
SELECT clearance.relate('conversation', 'invited', link => 'participant', link_column => 'conversation', member_column => 'member');
GRANT SELECT, INSERT, UPDATE, DELETE ON conversation, participant TO regress_gates;
CREATE FUNCTION pg_temp.sees(m text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    PERFORM clearance.set_actor(key => m);
    SET LOCAL ROLE regress_gates;
    SELECT m || ': ' || coalesce(string_agg(id, ' ' ORDER BY id), '-') INTO answer FROM regress_gates.conversation;
    RESET ROLE;
    PERFORM clearance.reset_actor();
    RETURN answer;
END
$$;

-- Invited or not, the vendor's people see conversations as far as their project.view reaches …
SELECT pg_temp.sees(m) FROM unnest('{ann,sue,cole,lea,flo}'::text[]) m;
-- … and write them
SELECT clearance.set_actor(key => 'sue') > 0;
SET LOCAL ROLE regress_gates;
UPDATE conversation SET is_private = is_private RETURNING id;
UPDATE conversation SET id = id || '!' RETURNING id;
INSERT INTO conversation VALUES ('new', 2, true, 'sue') RETURNING id;
RESET ROLE;
SELECT clearance.reset_actor();
DELETE FROM conversation WHERE id = 'new';
UPDATE conversation SET id = rtrim(id, '!');
-- A page that is not theirs is no gate to them.
SELECT clearance.deny('super_user', 'project', 'view_chat'), clearance.deny('lead', 'project', 'view_chat');
SELECT pg_temp.sees(m) FROM unnest('{sue,lea}'::text[]) m;
SELECT m.level, m.gates FROM clearance.matrix m WHERE (m.feature, m.action) = ('conversation', 'view') ORDER BY 1;

-- Partners go by the page, by whatever level.
SELECT pg_temp.sees(m) FROM unnest('{pat,max,rex,fred,nina}'::text[]) m;
INSERT INTO participant SELECT c.id, m.key FROM conversation c, clearance.member m WHERE m.key IN ('pat', 'max', 'rex', 'fred', 'nina');
SELECT pg_temp.sees(m) FROM unnest('{pat,max,rex,fred,nina}'::text[]) m;
SELECT clearance.allow('newcomer', 'project', 'view_chat', relation => 'invited'), clearance.deny('friend', 'project', 'view_chat');
SELECT pg_temp.sees(m) FROM unnest('{fred,nina}'::text[]) m;

-- Gates of one's own: for everybody, or for some.
SELECT clearance.create_feature('deed', '{view,open}');
SELECT clearance.allow(l, 'deed', 'view') FROM unnest('{fresh,newcomer}'::text[]) l;
CREATE FUNCTION pg_temp.may(m text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM clearance.set_actor(key => m);
    RETURN m || CASE WHEN clearance.can('deed.view', 1) THEN ' may' ELSE ' may not' END || set_config('clearance.actor', '', true);
END
$$;
SELECT pg_temp.may(m) FROM unnest('{ann,flo,nina}'::text[]) m;
SELECT clearance.add_gate('deed.view', 'deed.open');
SELECT pg_temp.may(m) FROM unnest('{ann,flo,nina}'::text[]) m;
SELECT clearance.remove_gate('deed.view', 'deed.open'), clearance.add_gate('deed.view', 'deed.open', '{vendor}');
SELECT pg_temp.may(m) FROM unnest('{ann,flo,nina}'::text[]) m;
SELECT clearance.remove_gate('deed.view', 'deed.open'), clearance.add_gate('deed.view', 'deed.open', '{partner}');
SELECT pg_temp.may(m) FROM unnest('{ann,flo,nina}'::text[]) m;

-- A gate of a feature that is switched off for the project does not open, whoever asks, but to
-- those who may switch it on; nor does a guard or a mask that asks for one of its actions.
SELECT clearance.create_feature('hazard', '{view,create,edit,delete,close}');
SELECT clearance.add_gate('hazard.close', 'task.edit');
SELECT clearance.allow('permissive', 'hazard', a) FROM unnest('{view,edit,close}'::text[]) a;
SELECT clearance.allow('super_user', 'hazard', a) FROM unnest('{view,edit,close}'::text[]) a;
CREATE TABLE hazard (id integer PRIMARY KEY, project integer, closed boolean NOT NULL DEFAULT false, cost integer, note text);
INSERT INTO hazard VALUES (1, 1, false, 700, 'ice');
SELECT clearance.protect('hazard', 'hazard', project => 'project') > 0;
SELECT clearance.guard_column('hazard', 'closed', 'close');
SELECT clearance.mask_column('hazard', 'cost', 'view', feature => 'task');
GRANT SELECT, UPDATE ON hazard TO regress_gates;
CREATE FUNCTION pg_temp.does(m text) RETURNS TABLE (did text) LANGUAGE plpgsql AS $$
DECLARE
    message text;
    detail text;
BEGIN
    PERFORM clearance.set_actor(key => m);
    SET LOCAL ROLE regress_gates;
    BEGIN
        UPDATE regress_gates.hazard SET closed = closed;
        RETURN QUERY SELECT m || ' may touch it';
        UPDATE regress_gates.hazard SET closed = NOT closed;
        RETURN QUERY SELECT m || ' closes it';
        RAISE EXCEPTION 'undo' USING ERRCODE = 'P0002';
    EXCEPTION WHEN insufficient_privilege THEN
        GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
        RETURN QUERY SELECT m || ': ' || message || ': ' || detail;
    WHEN no_data_found THEN
        NULL;
    END;
    RETURN QUERY SELECT format('%s: cost %s; task.edit %s, hazard.close %s in the project, of the row %s', m, coalesce(h.cost::text, 'masked'),
                               clearance.can('task.edit', 1), clearance.can('hazard.close', 1), clearance.can_row('close', h))
                 FROM regress_gates.hazard h;
    RESET ROLE;
    PERFORM clearance.reset_actor();
END
$$;
SELECT pg_temp.does(m) FROM unnest('{ann,sue,pat}'::text[]) m;
SELECT clearance.set_project_feature(1, 'task', false);
SELECT pg_temp.does(m) FROM unnest('{ann,sue,pat}'::text[]) m;
SELECT explanation FROM clearance.explain('hazard', '1', 'close', member => 'pat');
-- both reasons are told, and both have to go
SELECT clearance.deny('permissive', 'task', 'edit');
SELECT regexp_replace(explanation, '(, |[(])\d+, ', '\1N, ') AS explanation FROM clearance.explain('hazard', '1', 'close', member => 'pat');
SELECT clearance.allow('permissive', 'task', 'edit');
SELECT clearance.deny('super_user', 'project', 'manage_tab_visibility');
SELECT pg_temp.does('sue');
SELECT clearance.set_project_feature(1, 'task', true);
SELECT pg_temp.does(m) FROM unnest('{sue,pat}'::text[]) m;

-- Customers never assign, by no level and no switch.
SELECT clearance.create_level('watcher', 'customer') > 0;
SELECT clearance.allow('watcher', 'task', a) FROM unnest('{view,edit}'::text[]) a;
SAVEPOINT s;
SELECT clearance.allow('watcher', 'task', 'assign');
ROLLBACK TO s;
SELECT clearance.set_level('watcher', '{"audience": "customer", "grants": [{"action": "task.assign"}]}');
ROLLBACK TO s;
SELECT clearance.set_account((SELECT id FROM clearance.account WHERE key = 'regress'), portal => true);
SELECT clearance.create_customer('Cargo') AS cargo \gset
SELECT clearance.add_member('cleo', customer => :cargo) AS cleo \gset
SAVEPOINT s;
SELECT clearance.switch_on(:cleo, 'task', 'assign');
ROLLBACK TO s;
SELECT clearance.set_project(1, portal => true), clearance.add_customer_to_project(1, :cargo), clearance.add_member_to_project(1, :cleo, 'watcher');
-- what an older version took is there, and counts for nothing
INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation) SELECT id, 'task', 'assign', 'any', 'any' FROM clearance.level WHERE name = 'watcher';
INSERT INTO clearance.member_switch VALUES (:cleo, 'task', 'assign');
CREATE TABLE job (id integer PRIMARY KEY, project integer, client text, assignee text, title text);
INSERT INTO job VALUES (1, 1, 'edit', NULL, 'sweep');
SELECT clearance.protect('job', 'task', project => 'project', client_visibility => 'client') > 0, clearance.relate('job', 'assigned', 'assignee');
GRANT SELECT, UPDATE ON job TO regress_gates;
SELECT clearance.set_actor(key => 'cleo') > 0;
SET LOCAL ROLE regress_gates;
UPDATE job SET title = 'sweep well' RETURNING title;
SAVEPOINT s;
UPDATE job SET assignee = 'cleo';
ROLLBACK TO s;
SELECT clearance.can('task.edit', 1), clearance.can('task.assign', 1), (SELECT clearance.can_row('assign', j) FROM job j);
RESET ROLE;
SELECT clearance.reset_actor();
SELECT action, verdict FROM clearance.matrix WHERE level = 'watcher' AND feature = 'task' AND action IN ('assign', 'edit') ORDER BY action;

-- Uploads by customers go by the project's switch alone, whatever gates one adds.
SELECT clearance.set_project(1, client_upload => true), clearance.add_gate('file.create', 'task.create');
CREATE TABLE file (id integer PRIMARY KEY, project integer, uploader text);
SELECT clearance.protect('file', 'file', project => 'project', owner => 'uploader') > 0;
GRANT INSERT ON file TO regress_gates;
SELECT clearance.set_actor(key => 'cleo') > 0;
SET LOCAL ROLE regress_gates;
INSERT INTO file (id, project) VALUES (1, 1);
SELECT clearance.can('file.create', 1);
RESET ROLE;
SELECT clearance.reset_actor();

-- That a feature is off is no way to learn that a project is there.
SELECT clearance.create_feature('transfer', '{move,watch}');
SELECT clearance.allow('fresh', 'hazard', a) FROM unnest('{view,edit}'::text[]) a;
SELECT clearance.allow('fresh', 'transfer', 'move'), clearance.allow('fresh', 'transfer', 'watch', reach => 'account');
SELECT clearance.create_project(3) > 0, clearance.set_project_feature(2, 'transfer', false);
SELECT clearance.guard_column('hazard', 'project', 'move', feature => 'transfer');
SELECT clearance.set_actor(key => 'flo') > 0;
SET LOCAL ROLE regress_gates;
SAVEPOINT s;
UPDATE hazard SET project = 2;
ROLLBACK TO s;
UPDATE hazard SET project = 3;
ROLLBACK TO s;
UPDATE hazard SET project = 99;
ROLLBACK TO s;
RESET ROLE;
ROLLBACK;
