-- whoami().note says why nothing, or little, is visible, whoever asks; can_row()
-- judges rows of views and sub-selects too.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
SET TimeZone = 'UTC';
BEGIN;
CREATE ROLE regress_whoami;
CREATE ROLE regress_whoami_bypass;
CREATE ROLE "Regress whoami server";
SELECT clearance.trust_role('regress_whoami'), clearance.trust_role('regress_whoami_bypass');
ALTER ROLE regress_whoami_bypass BYPASSRLS;
CREATE SCHEMA regress_whoami;
SET LOCAL search_path = regress_whoami;
SELECT clearance.create_account('Regress whoami', key => 'regress-whoami') AS account \gset
SELECT clearance.create_account('Regress whoami, abroad') AS abroad \gset
SELECT clearance.add_member('ada', roles => '{account_admin}', account => :account) AS ada \gset
SELECT clearance.add_member('cole', roles => '{collaborator}', account => :account) AS cole \gset
SELECT clearance.add_member('nora', account => :account) AS nora \gset
SELECT clearance.add_member('twin', account => :account) > 0, clearance.add_member('twin', account => :abroad) > 0;
SELECT clearance.create_partner('Acme', account => :account) AS acme \gset
SELECT clearance.create_customer('Cafe', :account) AS cafe \gset
SELECT clearance.add_member('pat', partner => :acme, partner_admin => true, account => :account) AS pat \gset
SELECT clearance.add_member('max', partner => :acme, account => :account) AS max \gset
SELECT clearance.add_member('cleo', customer => :cafe, account => :account) AS cleo \gset
CREATE FUNCTION note(actor text, as_role name DEFAULT 'regress_whoami') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    note text;
BEGIN
    PERFORM set_config('role', as_role, true);
    IF actor IS NOT NULL THEN
        PERFORM clearance.set_actor(actor, account => (SELECT a.id FROM public.regress_whoami_account a));
    END IF;
    note := (SELECT w.note FROM clearance.whoami() w);
    PERFORM clearance.reset_actor(), set_config('role', 'none', true);
    RETURN note;
END
$$;
CREATE VIEW public.regress_whoami_account AS SELECT :account::bigint AS id;
GRANT USAGE ON SCHEMA regress_whoami TO PUBLIC;
GRANT SELECT ON public.regress_whoami_account TO PUBLIC;

--
-- On no project, by whatever kind of person.
--
SELECT who, note(who) FROM unnest('{ada,cole,nora,pat,max,cleo}'::text[]) who;
SELECT clearance.set_account(:account, portal => true);
SELECT count(clearance.create_project('w' || n, :account)) FROM generate_series(1, 3) n;
SELECT who, note(who) FROM unnest('{ada,cole,nora,pat,max,cleo}'::text[]) who;
-- the company is, the person is not; or no level says what may be seen; or there is no portal
SELECT clearance.add_partner_to_project('w1', :acme), clearance.add_customer_to_project('w1', :cafe), clearance.add_member_to_project('w1', :nora);
SELECT who, note(who) FROM unnest('{nora,pat,max,cleo}'::text[]) who;
SELECT clearance.update_partner(:acme, access_level => 'moderate'), clearance.set_project('w1', portal => true), clearance.add_member_to_project('w1', :cole), clearance.set_member_roles(:nora, '{collaborator}');
SELECT who, note(who) FROM unnest('{cole,nora,pat,max,cleo}'::text[]) who;
-- a level that grants nothing
SELECT clearance.create_level('regress whoami', 'partner') > 0, clearance.update_partner(:acme, access_level => 'regress whoami');
SELECT note('pat');
SELECT clearance.switch_on(:pat, 'task', 'view'), note('pat'), clearance.switch_off(:pat, 'task', 'view');
SELECT clearance.update_partner(:acme, access_level => 'moderate');
-- times: those of the person, of the company
SELECT clearance.add_member_to_project('w1', :max, starts_at => '2020-01-01', ends_at => '2020-02-01'), clearance.update_member_on_project('w1', :cole, starts_at => '2200-01-01');
SELECT who, note(who) FROM unnest('{cole,max}'::text[]) who;
SELECT clearance.add_partner_to_project('w2', :acme), clearance.add_member_to_project('w2', :max, starts_at => '2200-01-01 12:00');
SELECT note('max');
SELECT clearance.remove_partner_from_project('w2', :acme), clearance.update_partner_on_project('w1', :acme, starts_at => '2020-01-01', ends_at => '2020-03-01'),
       clearance.update_customer_on_project('w1', :cafe, starts_at => '2200-01-01');
SELECT who, note(who) FROM unnest('{pat,cleo}'::text[]) who;
-- phases, archives
SELECT clearance.update_partner_on_project('w1', :acme, ends_at => 'infinity'), clearance.set_project('w1', by_phase => true);
SELECT note('pat');
SELECT clearance.set_project('w1', by_phase => false, archived => true);
SELECT who, note(who) FROM unnest('{ada,pat}'::text[]) who;
-- no standing
SELECT clearance.disable_partner(:acme), clearance.disable_member(:nora);
SELECT who, note(who) FROM unnest('{nora,pat}'::text[]) who;
SELECT clearance.enable_partner(:acme), clearance.enable_member(:nora);
-- a partner as a whole
SELECT clearance.map_role('"Regress whoami server"', partner => :acme);
SET LOCAL SESSION AUTHORIZATION "Regress whoami server";
SELECT note FROM clearance.whoami();
RESET SESSION AUTHORIZATION;

--
-- Nobody, and why: that nobody is named, and that several are, are two things.
--
SELECT note(NULL);
SELECT clearance.map_role('"Regress whoami server"', setting => 'app.claims', claim => 'sub');
SET LOCAL SESSION AUTHORIZATION "Regress whoami server";
SELECT note FROM clearance.whoami();
SELECT set_config('app.claims', '{"name": "max"}', true) IS NULL;
SELECT note FROM clearance.whoami();
SELECT set_config('app.claims', '{"sub": "nobody"}', true) IS NULL;
SELECT note FROM clearance.whoami();
SELECT set_config('app.claims', '{"sub": "twin"}', true) IS NULL;
SELECT note FROM clearance.whoami();
-- writes are refused for the same reason
RESET SESSION AUTHORIZATION;
CREATE TABLE note (id integer PRIMARY KEY, project text);
SELECT clearance.protect('note', 'task', 'project') > 0;
GRANT INSERT ON note TO "Regress whoami server", regress_whoami;
SAVEPOINT write;
SET LOCAL SESSION AUTHORIZATION "Regress whoami server";
INSERT INTO regress_whoami.note VALUES (1, 'w1');
ROLLBACK TO write;
SET LOCAL ROLE regress_whoami;
INSERT INTO regress_whoami.note VALUES (1, 'w1');
ROLLBACK TO write;
SET LOCAL SESSION AUTHORIZATION "Regress whoami server";
SELECT set_config('app.claims', '{"sub": "cole"}', true) IS NULL;
SELECT key FROM clearance.whoami();
RESET SESSION AUTHORIZATION;

--
-- Whom row security does not bind, sees every row, whoever acts.
--
SELECT regexp_replace(note, '"[^"]*"', 'of this session') FROM clearance.whoami();
SELECT note(NULL, 'regress_whoami_bypass'), note('pat', 'regress_whoami_bypass');

--
-- can_row(): rows of the table, and with its name those of views and sub-selects
-- that carry its columns (this view is its owner's, and shows more than the actor sees).
--
SELECT clearance.set_project('w1', archived => false), clearance.remove_member_from_project('w1', :max), clearance.add_member_to_project('w1', :max);
CREATE TABLE task (id integer PRIMARY KEY, project text, is_private boolean, title varchar(20));
SELECT clearance.protect('task', 'task', 'project', 'is_private', '{false}') > 0;
INSERT INTO task VALUES (1, 'w1', false, 'shared'), (2, 'w1', true, 'private');
CREATE VIEW all_of_it AS SELECT *, length(title) AS n FROM task;
CREATE VIEW other_type AS SELECT id::bigint, project, is_private FROM task;
CREATE TABLE stranger (id integer, project text, is_private boolean);
INSERT INTO stranger VALUES (1, 'w1', false);
GRANT SELECT ON ALL TABLES IN SCHEMA regress_whoami TO regress_whoami;
SET LOCAL ROLE regress_whoami;
SELECT clearance.set_actor('max', account => :account) > 0;
SELECT t.id, clearance.can_row('edit', t), clearance.can_row('delete', t, 'task'), clearance.can_row('edit', t, NULL) FROM task t ORDER BY 1;
SELECT v.id, clearance.can_row('edit', v, 'task') FROM all_of_it v ORDER BY 1;
SELECT s.id, clearance.can_row('edit', s, 'task') FROM (SELECT t.is_private, t.id, 'w' || 1 AS project, count(*) OVER () AS n FROM task t) s ORDER BY 1;
WITH c AS (SELECT project, id, is_private FROM all_of_it) SELECT id, clearance.can_row('edit', c, 'task') FROM c ORDER BY 1;
SELECT clearance.can_row('edit', NULL, 'task'), clearance.can_row('edit', l, 'task') FROM (VALUES (1)) x LEFT JOIN all_of_it l ON false;
-- the same as the table's own
SELECT count(*) FROM task t JOIN all_of_it v USING (id), unnest('{view,edit,delete,assign,create}'::text[]) a
WHERE clearance.can_row(a, t) IS DISTINCT FROM clearance.can_row(a, v, 'task');
-- what a row does not tell is not guessed
\set ON_ERROR_ROLLBACK on
SELECT clearance.can_row('edit', v) FROM all_of_it v;
SELECT clearance.can_row('edit', s, 'task') FROM (SELECT id, title FROM task) s;
SELECT clearance.can_row('edit', v, 'task') FROM other_type v;
SELECT clearance.can_row('edit', s, 'task') FROM (SELECT t.*, x.id FROM task t, stranger x) s;
SELECT clearance.can_row('edit', s, 'stranger') FROM stranger s;
SELECT clearance.can_row('edit', s, 0) FROM stranger s;
SELECT clearance.can_row('edit', ROW(1, 'w1', false), 'task');
-- a row that one makes up is judged as one that is there
SELECT clearance.can_row('edit', s, 'task') FROM stranger s;
RESET ROLE;
DROP VIEW public.regress_whoami_account;
ROLLBACK;
