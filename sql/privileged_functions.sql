-- Functions that run with more rights than their caller's, and functions that
-- everybody may execute: each was asked what it does when called by whoever, from
-- wherever, with whatever. A new one is to be asked, too, and added here.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;

--
-- Names in them mean the system's objects and, with their schema, the extension's:
-- nothing of the caller's, temporary tables neither.
--
SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace IN ('clearance'::regnamespace, 'clearance_internal'::regnamespace) AND (p.prosecdef OR l.lanname NOT IN ('c', 'internal')) AND p.prosqlbody IS NULL
  AND 'search_path=pg_catalog, pg_temp' <> ALL (coalesce(p.proconfig, '{}'));

--
-- Whoever may execute a trigger function has it called with tables, events and
-- arguments of its own. So nobody may.
--
SELECT p.oid::regprocedure FROM pg_proc p
WHERE p.pronamespace IN ('clearance'::regnamespace, 'clearance_internal'::regnamespace) AND p.prorettype IN ('trigger'::regtype, 'event_trigger'::regtype)
  AND has_function_privilege('public', p.oid, 'EXECUTE');

--
-- What was asked of the others, and why they may be called.
--
CREATE TEMP TABLE reviewed (name name, everybody boolean, definer boolean, reason text);
INSERT INTO reviewed (everybody, definer, reason, name)
SELECT v.everybody, v.definer, v.reason, n.name FROM (VALUES
    (true, false, 'types: input and output of texts',
     'app_key_in app_key_out app_key_recv app_key_send by_name_in by_name_out'),
    (true, false, 'policies and plans: tell the actor what it may do; sets of keys are for plans alone',
     'visible creatable editable edited deletable permitted refused in_set set_keys own_account mask_open'),
    (true, false, 'answers about the actor, who may know them',
     'actor current_actor can can_row column_masked permissions editable_columns explain explain_json who_can what_can access_matrix'),
    (true, false, 'runs statements as whoever asks, and rolls them back; tells operators and account admins what others would see',
     'preview'),
    (true, false, 'lists what is documented, the same for everybody',
     'verdict_codes'),
    (true, false, 'stops acting, or acts for whom a token proves',
     'reset_actor reset_session authenticate'),
    (true, false, 'acts as somebody else, if the actor may',
     'act_as asker'),
    (true, true, 'answers about the actor, or about whom it may see',
     'whoami columns standing has_right is_operator supervises may_track_time project_team accounts_with projects_with'),
    (true, true, 'administers, by the rights of the actor; see rights.sql and administration.sql',
     'create_level drop_level allow deny set_level level_document compare_levels withdraw_links add_customer_to_project add_member add_member_to_project add_participant add_partner_to_project allocate create_customer
      create_link create_partner create_project create_role disable_customer disable_member disable_partner enable_customer enable_member change_key erase_member
      enable_partner invite_customer_contact invite_partner_member remove_allocation remove_customer_from_project remove_member_from_project
      remove_participant remove_partner_from_project resend_invitation set_account set_member_roles set_partner_admin set_partner_roles
      set_project set_project_feature set_rate set_resource switch_off switch_on transfer_project update_customer
      update_customer_on_project update_member_on_project update_partner update_partner_on_project update_profile update_role
      withdraw_invitation'),
    (false, true, 'administers what belongs to no account; whom EXECUTE is granted',
     'take_mail accept_invitation follow_link trust_role distrust_role map_role unmap_role add_token_key revoke_token_key drop_token_key
      create_account create_action create_feature add_gate remove_gate audit_head verify_audit forget_audit changes
      protect unprotect add_parent relate guard_column unguard_column guard_row unguard_row mask_column unmask_column repair sync mirror_membership unmirror_membership
      mirror unmirror refresh_mirror
       export import diff diff_digest renew_lease'),
    (false, true, 'tells of the whole database, and what of that is meant so; whom EXECUTE is granted',
     'lint accept_finding withdraw_acceptance report'),
    (false, true, 'triggers, which ask whether they are the extension''s',
     'follow_project follow_membership follow_new_key follow_views'),
    (false, true, 'triggers of the extension''s own tables, which look at those alone',
     'note_first_project note_outlived refuse_foreign_level drop_levels_of_account refuse_audit_write refuse_erased'),
    (false, true, 'event triggers',
     'follow_ddl follow_drop follow_dropped_names follow_dropped_projects follow_masks follow_mirror_drop follow_mirrored_view follow_names keep_keys_unique keep_mask_names keep_masks note_masks')
) AS v (everybody, definer, reason, names) CROSS JOIN LATERAL regexp_split_to_table(v.names, '\s+') AS n (name);
SELECT CASE WHEN r.name IS NULL THEN 'to be asked' WHEN f.name IS NULL THEN 'is gone' ELSE 'has other rights' END, coalesce(f.name, r.name)
FROM (SELECT DISTINCT p.proname AS name, has_function_privilege('public', p.oid, 'EXECUTE') AS everybody, p.prosecdef AS definer
      FROM pg_proc p WHERE p.pronamespace IN ('clearance'::regnamespace, 'clearance_internal'::regnamespace)
        AND (p.prosecdef OR has_function_privilege('public', p.oid, 'EXECUTE'))) f
FULL JOIN reviewed r USING (name)
WHERE (f.everybody, f.definer) IS DISTINCT FROM (r.everybody, r.definer) ORDER BY 2;

--
-- Somebody with TRIGGER on a protected table, and a schema to put things in.
--
CREATE ROLE regress_intruder;
CREATE ROLE regress_privileged_owner;
CREATE SCHEMA regress_privileged AUTHORIZATION regress_privileged_owner;
GRANT USAGE ON SCHEMA regress_privileged TO PUBLIC;
CREATE SCHEMA regress_intruder AUTHORIZATION regress_intruder;
SELECT clearance.create_account('Regress', key => 'regress') AS account \gset
SET ROLE regress_privileged_owner;
CREATE TABLE regress_privileged.project (id bigint PRIMARY KEY, name text);
CREATE TABLE regress_privileged.task (id bigint PRIMARY KEY, project_id bigint, title text, author bigint);
CREATE TABLE regress_privileged.note (id bigint PRIMARY KEY, project_id bigint, task_id bigint);
RESET ROLE;
SELECT clearance.protect('regress_privileged.project', 'project', project => 'id') AS project,
       clearance.protect('regress_privileged.task', 'task', project => 'project_id', owner => 'author') AS task,
       clearance.protect('regress_privileged.note', 'task', project => 'project_id') AS note \gset
SELECT clearance.add_parent('regress_privileged.note', 'task_id', 'regress_privileged.task');
GRANT ALL ON ALL TABLES IN SCHEMA regress_privileged TO regress_intruder;
CREATE FUNCTION pg_temp.attach(tab text, function text, timing text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER mine %s ON %s %s', timing, tab, function);
    EXECUTE format('DROP TRIGGER mine ON %s', tab);
    RETURN 'attached';
EXCEPTION WHEN insufficient_privilege THEN
    RETURN sqlerrm;
END $$;
-- USAGE on their schema, which nobody has, would not do
GRANT USAGE ON SCHEMA clearance_internal TO regress_intruder;
SET ROLE regress_intruder;
CREATE TABLE regress_intruder.mine (id bigint, project_id bigint, task_id bigint);
SELECT p.proname, pg_temp.attach(t.tab, format('EXECUTE FUNCTION %s(''1'')', p.oid::regproc), 'AFTER UPDATE')
FROM (VALUES ('regress_privileged.note'), ('regress_intruder.mine')) AS t (tab),
     pg_proc p WHERE p.pronamespace IN ('clearance'::regnamespace, 'clearance_internal'::regnamespace) AND p.prorettype = 'trigger'::regtype ORDER BY t.tab, p.proname;
-- a temporary view with the name of the extension's transition table is nobody's
CREATE FUNCTION regress_intruder.run() RETURNS bigint LANGUAGE plpgsql AS
$$ BEGIN RAISE WARNING 'runs as %', current_user; RETURN 1; END $$;
CREATE TEMP VIEW clearance_new AS SELECT regress_intruder.run() AS id, 1::bigint AS project_id, 1::bigint AS task_id;
RESET ROLE;
REVOKE USAGE ON SCHEMA clearance_internal FROM regress_intruder;
UPDATE regress_privileged.note SET task_id = task_id WHERE false;
INSERT INTO regress_privileged.project VALUES (7, 'Bridge');
INSERT INTO regress_privileged.task VALUES (1, 7, 'Survey');
INSERT INTO regress_privileged.note VALUES (1, 7, 1);
-- the rows of a statement are looked at, however many there are
SET work_mem = '64kB';
INSERT INTO regress_privileged.note SELECT i, 7, 1 FROM generate_series(101, 5100) i;
INSERT INTO regress_privileged.note SELECT i, CASE i WHEN 10000 THEN 8 ELSE 7 END, 1 FROM generate_series(6001, 11000) i;
RESET work_mem;
SELECT count(*) FROM regress_privileged.note;

--
-- Where a superuser attached one, or a restore of a table alone brought one, it
-- refuses what sync() does not ask for.
--
CREATE FUNCTION pg_temp.fires(name text, timing text, function text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER %I %s EXECUTE FUNCTION clearance_internal.%s', name, timing, function);
    INSERT INTO regress_privileged.note VALUES (2, 7, 1);
    INSERT INTO regress_intruder.mine VALUES (2, 7, 1);
    RETURN 'did nothing';
EXCEPTION WHEN OTHERS THEN
    RETURN sqlerrm;
END $$;
SELECT split_part(v.function, '(', 1), pg_temp.fires(v.name, v.timing, v.function) FROM (VALUES
    (1, '00_clearance_write', 'BEFORE INSERT ON regress_intruder.mine FOR EACH ROW', format('write_check(%s)', :task)),
    (2, 'mine', 'BEFORE INSERT ON regress_privileged.note FOR EACH ROW', format('write_check(%s)', :note)),
    (3, 'mine', 'AFTER INSERT ON regress_privileged.note FOR EACH STATEMENT', format('check_child_project(%s)', :note)),
    (4, 'mine', 'AFTER INSERT ON regress_privileged.note REFERENCING NEW TABLE AS clearance_new FOR EACH STATEMENT', format('check_child_project(%s)', :note)),
    (5, '00_clearance_parent_insert', 'AFTER INSERT ON regress_intruder.mine REFERENCING NEW TABLE AS other FOR EACH STATEMENT', format('check_child_project(%s)', :note)),
    (6, '00_clearance_children', 'AFTER INSERT ON regress_intruder.mine FOR EACH ROW', format('check_children_project(%s)', :task)),
    (7, 'mine', 'AFTER INSERT ON regress_privileged.note FOR EACH ROW', 'check_children_project()'),
    (8, '00_clearance_project', 'AFTER INSERT ON regress_intruder.mine FOR EACH ROW', 'follow_project()'),
    (9, '0_clearance_mirror', 'AFTER INSERT ON regress_intruder.mine FOR EACH ROW', 'follow_membership()'),
    (10, '0_clearance_mirror_change', 'AFTER INSERT ON regress_intruder.mine FOR EACH ROW', 'follow_membership()'),
    (11, 'mine', 'AFTER INSERT ON regress_intruder.mine FOR EACH ROW', 'follow_new_key(''member_id'')'),
    (12, 'mine', 'AFTER INSERT ON regress_intruder.mine FOR EACH STATEMENT', 'follow_views()'),
    (13, 'clearance_view_insert', 'AFTER INSERT ON regress_intruder.mine FOR EACH STATEMENT', 'follow_views()')
) AS v (n, name, timing, function) ORDER BY n;

--
-- Those that everybody may execute, in other places than policies: as what an
-- operator or an aggregate calls, in a view or default of somebody else's. They
-- tell the actor of the session, and there is none.
--
GRANT CREATE ON SCHEMA regress_intruder TO PUBLIC;
SET ROLE regress_intruder;
CREATE TABLE regress_intruder.answers (id integer DEFAULT clearance.actor(), may boolean DEFAULT clearance.can('task.view'));
CREATE VIEW regress_intruder.shown AS SELECT clearance.actor() AS actor, clearance.can('task.view') AS may;
CREATE INDEX ON regress_intruder.answers (clearance.can('task.view'));
CREATE AGGREGATE regress_intruder.probe (integer, integer, integer, integer) (SFUNC = clearance.in_set, STYPE = boolean, INITCOND = 'f');
CREATE FUNCTION regress_intruder.visible(integer, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT clearance.visible($1, $2)';
CREATE OPERATOR regress_intruder.~> (LEFTARG = integer, RIGHTARG = bigint, FUNCTION = regress_intruder.visible);
SELECT regress_intruder.probe(1, 1, 1, 1);
INSERT INTO regress_intruder.answers DEFAULT VALUES RETURNING *;
SELECT * FROM regress_intruder.shown;
SELECT clearance.visible(NULL, NULL);
SELECT clearance.can_row('view', ROW(1, 2));
RESET ROLE;

--
-- Code of an owner that runs while the server, or the extension, reads the table
-- in the session of somebody else changes no permissions by that one's rights.
--
SELECT clearance.add_member(key => 'ann', roles => '{account_admin}', account => :account) AS ann \gset
SELECT clearance.set_actor(id => :ann, local => false) = :ann;
CREATE FUNCTION regress_privileged.administer() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN PERFORM clearance.create_project('regress-administered'); RETURN true; END $$;
ALTER FUNCTION regress_privileged.administer() OWNER TO regress_privileged_owner;
SET ROLE regress_privileged_owner;
CREATE INDEX ON regress_privileged.task (title) WHERE regress_privileged.administer();
RESET ROLE;
SELECT clearance.reset_actor();
SELECT count(*) FROM clearance.project WHERE key = 'regress-administered';

-- leave nothing behind
DROP SCHEMA regress_privileged, regress_intruder CASCADE;
DELETE FROM clearance.account WHERE id = :account;
DROP ROLE regress_intruder, regress_privileged_owner;
