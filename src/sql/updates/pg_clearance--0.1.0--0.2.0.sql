-- complain if the script is sourced in psql rather than through ALTER EXTENSION
\echo Use "ALTER EXTENSION pg_clearance UPDATE" to load this file. \quit

-- The pending upgrade: what changes step by step is written here, the rest
-- comes from the modules (update.awk). It runs in databases that are in use:
--
--   * No table is rewritten: to transactions with older snapshots it would look
--     empty, and an empty table of denials or gates denies nothing.
--   * Grants are an administrator's. What is new is closed at the end, and gets
--     those of public.sql.
--   * A new column is the last of its table, here and in the module. Its table, as one
--     whose constraint changes, is locked for as long as the script runs, and no other
--     against readers.

-- Names without a schema are the system's.
SET LOCAL search_path = pg_catalog, pg_temp;

-- What serves the extension alone; an error if somebody else has made it.
CREATE SCHEMA clearance_internal;

-- The library of 0.1.0 does not know its version.
DO $$
BEGIN
    CREATE FUNCTION clearance_internal.library_version() RETURNS text
    LANGUAGE c AS 'MODULE_PATHNAME', 'clearance_library_version';
EXCEPTION WHEN undefined_function THEN
    RAISE EXCEPTION 'the library of pg_clearance in this session is of version 0.1.0'
        USING ERRCODE = 'object_not_in_prerequisite_state',
        HINT = 'Connect again; a server that preloads the library must be restarted.';
END
$$;
-- @module server

-- Whatever is made here is to be the owner's, who made the rest.
DO $$
DECLARE
    owner name := (SELECT pg_catalog.pg_get_userbyid(e.extowner) FROM pg_catalog.pg_extension e WHERE e.extname = 'pg_clearance');
BEGIN
    IF owner <> CURRENT_USER THEN
        RAISE EXCEPTION 'extension pg_clearance is to be updated by its owner, %', owner
            USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = pg_catalog.format('SET ROLE %I first.', owner);
    END IF;
END
$$;

-- They would run between two steps; the module closed switches them on again.
DO $$
DECLARE
    t name;
BEGIN
    FOR t IN
        SELECT e.evtname FROM pg_catalog.pg_event_trigger e
        JOIN pg_catalog.pg_depend d ON d.classid = 'pg_event_trigger'::regclass AND d.objid = e.oid AND d.deptype = 'e'
        JOIN pg_catalog.pg_extension x ON x.oid = d.refobjid AND x.extname = 'pg_clearance'
    LOOP
        EXECUTE format('ALTER EVENT TRIGGER %I DISABLE', t);
    END LOOP;
END
$$;

-- Functions that nobody else is to call. Policies, triggers and grants know them by their identity.
DO $$
DECLARE
    moved text;
BEGIN
    FOR moved IN SELECT m[1] FROM regexp_matches($list$
        account_of_key acting_for actor_note allocated_hours ancestors binding_of bound_columns calls_rule can_outlive
        canonical_text canonical_value changed_level changed_text check_child_project check_children_project
        check_licences consequences create_policies create_triggers declare_alone default_account drop_policies
        drop_triggers effective_grants follow_bound_columns follow_ddl follow_drop follow_dropped_names
        follow_dropped_projects follow_membership follow_mirror_drop follow_mirrored_columns follow_names
        follow_new_key follow_policy follow_project follow_rename follow_renamed_columns follow_renamed_kind
        follow_renamed_label foreign_policy forget_plans forget_projects given_grants has_outlived_rows hash_token
        hold_company_on hold_invited hold_partner in_force insert_member is_admin_of is_email is_enforced
        is_maintaining is_of_type is_own_policy is_policy_name is_row_key is_sealed is_trigger_name is_web_address
        keep_keys_unique keep_projects key_changes key_class kind_columns knows knows_account labels_of level_says
        levels_digest look_for_outlived lookalikes member_label mirror_columns mirror_source mirrored_columns
        name_reads new_binding_id new_token note_change note_declaration note_first_project note_name note_outlived
        notice_empty_level notice_foreign_policies notice_kinds notice_labels notice_members notice_no_level
        notice_parent notice_projects notice_types notice_unseen notice_unused_level notice_values parse_action
        participation place_changes policy_columns power_of project_has_row project_sources projects_without_row
        protect_new_tables put_invitation put_membership put_partner_logo put_partner_owner queue_mail
        raise_not_on_project raise_refusal raise_unknown reaching_grants refuse_ddl refuse_label refuse_version_write
        register_existing_projects register_project renew_policies require_account require_action require_actor
        require_binding require_bound_types require_choice require_closed_parents require_column require_company_on
        require_customer require_customer_properties require_email require_feature require_free_role_name
        require_given require_identifier require_identity require_invitation_right require_key_column
        require_label_column require_level require_line require_link_table require_may_give require_member
        require_member_right require_mirror_columns require_no_power require_one_binding require_operator
        require_own_trigger require_participant_right require_partner require_partner_properties require_partner_role
        require_period require_project require_ready require_ready_owner require_resource require_right require_role
        require_role_for require_role_level require_row_key require_same_account require_same_class
        require_stored_columns require_switch_right require_table require_task_link require_team_right
        require_terms_right require_unprotected require_valid_for require_visibility rows_told scope_actor sync
        table_rows table_tree take_in team_of token_key_material token_key_state triggers_of trusted_functions
        values_of warn_of_copies warn_of_lookalike ways_in why_no_project why_no_projects why_nobody window_text
        write_check write_mirrored
        $list$, E'\\w+', 'g') m
    LOOP
        EXECUTE format('ALTER FUNCTION clearance.%I SET SCHEMA clearance_internal', moved);
    END LOOP;
END
$$;

-- Foreign tables are children as well.
DROP EVENT TRIGGER clearance_protect_new_tables;
CREATE EVENT TRIGGER clearance_protect_new_tables ON ddl_command_end
    WHEN TAG IN ('CREATE TABLE', 'CREATE SCHEMA', 'ALTER TABLE', 'CREATE FOREIGN TABLE', 'ALTER FOREIGN TABLE')
    EXECUTE FUNCTION clearance_internal.protect_new_tables();
ALTER EVENT TRIGGER clearance_protect_new_tables DISABLE;

-- Versions of parts of permissions. Whoever is changing permissions now notes none of these: wait for them.
-- Sessions with the library of 0.1.0 do not find the function any more.
DO $$
DECLARE
    t regclass;
BEGIN
    FOR t IN
        SELECT g.tgrelid::regclass FROM pg_catalog.pg_trigger g
        WHERE g.tgfoid = 'clearance_internal.note_change'::pg_catalog.regproc AND g.tgname = '00_clearance_note_change'
        ORDER BY g.tgrelid
    LOOP
        EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', t);
    END LOOP;
END
$$;
CREATE OR REPLACE FUNCTION clearance_internal.note_change() RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_note_changed_row';
CREATE TABLE clearance.version_part (
    changed_by xid8    NOT NULL,
    part       integer NOT NULL
) USING heap WITH (fillfactor = 50);
CREATE INDEX version_of_part ON clearance.version_part (part);
ALTER TABLE clearance.version ADD COLUMN past bytea;
ALTER TABLE clearance.version RESET (fillfactor);
CREATE TRIGGER "00_clearance_refuse_write" BEFORE INSERT OR UPDATE OR DELETE ON clearance.version_part
    FOR EACH ROW EXECUTE FUNCTION clearance_internal.refuse_version_write();
CREATE TRIGGER "00_clearance_refuse_truncate" BEFORE TRUNCATE ON clearance.version_part
    FOR EACH STATEMENT EXECUTE FUNCTION clearance_internal.refuse_version_write();
ALTER TABLE clearance.version_part ENABLE ALWAYS TRIGGER "00_clearance_refuse_write",
    ENABLE ALWAYS TRIGGER "00_clearance_refuse_truncate";

-- Nothing called it.
DROP FUNCTION clearance.moment("any");

-- Why there is no way into a project is told as a code and dates, and put into words by the library.
DROP FUNCTION clearance_internal.window_text, clearance_internal.why_no_project;

-- Further levels of open projects, which are among the places of levels.
CREATE TABLE clearance.project_open_level (
    project_id bigint  NOT NULL CONSTRAINT open_level_belongs_to_a_project REFERENCES clearance.project ON DELETE CASCADE,
    level_id   integer NOT NULL CONSTRAINT further_open_level_exists REFERENCES clearance.level,
    CONSTRAINT project_opens_with_a_level_once PRIMARY KEY (project_id, level_id)
);
SELECT pg_catalog.pg_extension_config_dump('clearance.project_open_level', '');
CREATE TRIGGER "00_clearance_note_change" BEFORE INSERT OR UPDATE OR DELETE ON clearance.project_open_level
    FOR EACH ROW EXECUTE FUNCTION clearance_internal.note_change('projects', 'any');
CREATE TRIGGER "00_clearance_note_truncate" BEFORE TRUNCATE ON clearance.project_open_level
    FOR EACH STATEMENT EXECUTE FUNCTION clearance_internal.note_change('projects', 'any');
ALTER TABLE clearance.project_open_level ENABLE ALWAYS TRIGGER "00_clearance_note_change",
    ENABLE ALWAYS TRIGGER "00_clearance_note_truncate";

-- Levels of an account.
ALTER TABLE clearance.level ADD COLUMN account_id bigint, DROP CONSTRAINT level_name_is_unique,
    ADD CONSTRAINT level_name_is_unique_in_its_account UNIQUE NULLS NOT DISTINCT (account_id, name),
    ADD CONSTRAINT built_in_level_has_no_account CHECK (account_id IS NULL OR NOT built_in);
CREATE INDEX project_partner_of_level ON clearance.project_partner (level_id) WHERE level_id IS NOT NULL;
CREATE INDEX project_member_of_source ON clearance.project_member (source text_pattern_ops) WHERE source <> 'direct';
CREATE INDEX project_member_of_level ON clearance.project_member (level_id) WHERE level_id IS NOT NULL;
-- @module level_places

-- They come again with other arguments or columns. Views name the one that is renamed, until they are replaced.
DROP FUNCTION clearance.create_level, clearance.drop_level, clearance.allow, clearance.deny,
    clearance_internal.require_level, clearance_internal.changed_level, clearance_internal.require_may_give,
    clearance_internal.reaching_grants, clearance_internal.require_terms_right;
ALTER FUNCTION clearance_internal.effective_grants RENAME TO effective_grants_before;

-- Types of a parent are those of its columns.
DROP FUNCTION clearance_internal.notice_types;

-- Parents in other projects, and actions on parents.
ALTER TABLE clearance.binding_parent ADD COLUMN same_project boolean NOT NULL DEFAULT true, ADD COLUMN view_action text,
    ADD COLUMN create_action text, ADD COLUMN edit_action text, ADD COLUMN delete_action text;
DROP FUNCTION clearance.add_parent;

-- Acting as somebody else.
INSERT INTO clearance.action (feature, name, reads, built_in) VALUES ('settings', 'act_as', false, true)
    ON CONFLICT (feature, name) DO UPDATE SET reads = false, built_in = true;
-- A default would be refused, here and below: functions use the table's row type (ATRewriteTables(), tablecmds.c).
ALTER TABLE clearance.account ADD COLUMN act_as_writes boolean;
UPDATE clearance.account SET act_as_writes = false;
ALTER TABLE clearance.account ALTER COLUMN act_as_writes SET DEFAULT false, ALTER COLUMN act_as_writes SET NOT NULL;
CREATE UNIQUE INDEX account_is_told_apart ON clearance.account (coalesce(key, id::text));
DROP FUNCTION clearance.set_account;

-- Roles that are mapped by SET ROLE.
ALTER TABLE clearance.login_role ADD COLUMN by_set_role boolean;
UPDATE clearance.login_role SET by_set_role = false;
ALTER TABLE clearance.login_role ALTER COLUMN by_set_role SET DEFAULT false, ALTER COLUMN by_set_role SET NOT NULL,
    ADD CONSTRAINT only_a_role_that_is_an_actor_is_set CHECK (NOT by_set_role OR setting IS NULL);

-- Rows without a project. A default would be refused: functions use the table's row type (ATRewriteTables(), tablecmds.c).
ALTER TABLE clearance.binding ADD COLUMN project_optional boolean;
UPDATE clearance.binding SET project_optional = false;
ALTER TABLE clearance.binding ALTER COLUMN project_optional SET DEFAULT false, ALTER COLUMN project_optional SET NOT NULL,
    ADD CONSTRAINT optional_project_has_a_column CHECK (NOT project_optional OR (project_column IS NOT NULL AND feature <> 'project'));
-- with another argument these are other functions, but whom an administrator gave them may use those
SELECT pg_catalog.set_config('pg_clearance_update.' || p.proname, p.proacl::text, true)
FROM pg_catalog.pg_proc p WHERE p.oid IN ('clearance.protect'::pg_catalog.regproc, 'clearance.map_role'::pg_catalog.regproc);
DROP FUNCTION clearance.protect, clearance.map_role, clearance_internal.notice_projects;

-- Relations company and reports: whom they are about is a part of permissions.
ALTER TABLE clearance.level_grant DROP CONSTRAINT grant_relation_is_known,
    ADD CONSTRAINT grant_relation_is_known
    CHECK (relation IN ('any', 'assigned', 'followed', 'invited', 'own', 'assigned_task', 'company', 'reports'));
CREATE INDEX member_of_team ON clearance.member (account_id) WHERE partner_id IS NULL AND customer_id IS NULL;
CREATE TRIGGER "00_clearance_note_change" BEFORE INSERT OR DELETE ON clearance.resource FOR EACH ROW
    EXECUTE FUNCTION clearance_internal.note_change('people');
CREATE TRIGGER "00_clearance_note_supervisor" BEFORE UPDATE ON clearance.resource FOR EACH ROW
    WHEN (OLD.supervisor_id <> NEW.supervisor_id OR OLD.member_id <> NEW.member_id) EXECUTE FUNCTION clearance_internal.note_change('people');
CREATE TRIGGER "00_clearance_note_truncate" BEFORE TRUNCATE ON clearance.resource FOR EACH STATEMENT
    EXECUTE FUNCTION clearance_internal.note_change('people');
ALTER TABLE clearance.resource ENABLE ALWAYS TRIGGER "00_clearance_note_change",
    ENABLE ALWAYS TRIGGER "00_clearance_note_supervisor", ENABLE ALWAYS TRIGGER "00_clearance_note_truncate";

-- Tables that are declared by a restore are closed by that.
CREATE FUNCTION clearance_internal.close_declared_table() RETURNS trigger
LANGUAGE plpgsql AS 'BEGIN END';
CREATE TRIGGER "00_clearance_close" AFTER INSERT ON clearance.binding
    FOR EACH ROW EXECUTE FUNCTION clearance_internal.close_declared_table();
ALTER TABLE clearance.binding ENABLE ALWAYS TRIGGER "00_clearance_close";

-- Masked columns. What follows names the table and the event trigger.
CREATE TABLE clearance.binding_mask (
    id          integer GENERATED BY DEFAULT AS IDENTITY CONSTRAINT mask_id_is_unique PRIMARY KEY,
    binding_id  integer NOT NULL CONSTRAINT mask_belongs_to_a_binding REFERENCES clearance.binding ON DELETE CASCADE,
    column_name name    NOT NULL,
    feature     text    NOT NULL,
    action      text    NOT NULL,
    mask        text,
    filters     text    NOT NULL DEFAULT 'mask',
    CONSTRAINT column_is_masked_once UNIQUE (binding_id, column_name),
    CONSTRAINT mask_names_an_action FOREIGN KEY (feature, action) REFERENCES clearance.action,
    CONSTRAINT mask_says_what_filters_do CHECK (filters IN ('mask', 'error'))
);
SELECT pg_catalog.pg_extension_config_dump('clearance.binding_mask', '');
SELECT pg_catalog.pg_extension_config_dump('clearance.binding_mask_id_seq', '');
CREATE TRIGGER "00_clearance_note_declaration" AFTER INSERT OR UPDATE OR DELETE ON clearance.binding_mask
    FOR EACH ROW EXECUTE FUNCTION clearance_internal.note_declaration();
CREATE TRIGGER "00_clearance_note_truncate" AFTER TRUNCATE ON clearance.binding_mask
    FOR EACH STATEMENT EXECUTE FUNCTION clearance_internal.note_declaration();
ALTER TABLE clearance.binding_mask ENABLE ALWAYS TRIGGER "00_clearance_note_declaration",
    ENABLE ALWAYS TRIGGER "00_clearance_note_truncate";
CREATE FUNCTION clearance_internal.keep_masks() RETURNS event_trigger
LANGUAGE plpgsql AS 'BEGIN END';
DROP EVENT TRIGGER clearance_refuse_ddl;
CREATE EVENT TRIGGER clearance_refuse_ddl ON ddl_command_start WHEN TAG IN ('ALTER TABLE', 'ALTER TRIGGER', 'CREATE TRIGGER', 'DROP TRIGGER')
    EXECUTE FUNCTION clearance_internal.refuse_ddl();
CREATE EVENT TRIGGER clearance_keep_masks ON ddl_command_end
    WHEN TAG IN ('ALTER TABLE', 'CREATE TABLE', 'CREATE SCHEMA', 'CREATE INDEX', 'CREATE RULE', 'CREATE POLICY', 'ALTER POLICY')
    EXECUTE FUNCTION clearance_internal.keep_masks();
CREATE FUNCTION clearance_internal.note_masks() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION clearance_internal.follow_masks() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION clearance_internal.keep_mask_names() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER clearance_note_masks ON ddl_command_start
    WHEN TAG IN ('ALTER TYPE', 'ALTER DOMAIN', 'ALTER COLLATION', 'ALTER SCHEMA', 'ALTER EXTENSION')
    EXECUTE FUNCTION clearance_internal.note_masks();
CREATE EVENT TRIGGER clearance_follow_masks ON ddl_command_end
    WHEN TAG IN ('ALTER TYPE', 'ALTER DOMAIN', 'ALTER COLLATION', 'ALTER SCHEMA', 'ALTER EXTENSION')
    EXECUTE FUNCTION clearance_internal.follow_masks();
CREATE EVENT TRIGGER clearance_keep_mask_names ON sql_drop EXECUTE FUNCTION clearance_internal.keep_mask_names();

-- Guards of rows.
CREATE TABLE clearance.binding_row_guard (
    id            integer GENERATED BY DEFAULT AS IDENTITY CONSTRAINT row_guard_id_is_unique PRIMARY KEY,
    binding_id    integer NOT NULL CONSTRAINT row_guard_belongs_to_a_binding REFERENCES clearance.binding ON DELETE CASCADE,
    state_column  name    NOT NULL,
    state_values  text[]  NOT NULL CONSTRAINT row_guard_is_about_some_state CHECK (cardinality(state_values) > 0),
    columns       name[],
    feature       text    NOT NULL,
    edit_action   text    NOT NULL,
    delete_action text    NOT NULL,
    CONSTRAINT row_guard_names_an_edit_action FOREIGN KEY (feature, edit_action) REFERENCES clearance.action,
    CONSTRAINT row_guard_names_a_delete_action FOREIGN KEY (feature, delete_action) REFERENCES clearance.action
);
SELECT pg_catalog.pg_extension_config_dump('clearance.binding_row_guard', '');
SELECT pg_catalog.pg_extension_config_dump('clearance.binding_row_guard_id_seq', '');
CREATE TRIGGER "00_clearance_note_declaration" AFTER INSERT OR UPDATE OR DELETE ON clearance.binding_row_guard
    FOR EACH ROW EXECUTE FUNCTION clearance_internal.note_declaration();
CREATE TRIGGER "00_clearance_note_truncate" AFTER TRUNCATE ON clearance.binding_row_guard
    FOR EACH STATEMENT EXECUTE FUNCTION clearance_internal.note_declaration();
ALTER TABLE clearance.binding_row_guard ENABLE ALWAYS TRIGGER "00_clearance_note_declaration",
    ENABLE ALWAYS TRIGGER "00_clearance_note_truncate";

-- Accepted findings.
CREATE TABLE clearance.lint_acceptance (
    code        text        NOT NULL,
    object      text        NOT NULL,
    digest      text        NOT NULL,
    reason      text        NOT NULL CONSTRAINT acceptance_has_a_reason CHECK (btrim(reason) <> ''),
    accepted_by text        NOT NULL,
    accepted_at timestamptz NOT NULL DEFAULT now(),
    ends_at     timestamptz NOT NULL DEFAULT 'infinity',
    CONSTRAINT finding_is_accepted_once PRIMARY KEY (code, object, digest)
);
SELECT pg_catalog.pg_extension_config_dump('clearance.lint_acceptance', '');

-- Assertions of configurations, and who imports them.
CREATE TABLE clearance.never_granted (
    level_id integer NOT NULL CONSTRAINT never_granted_is_about_a_level REFERENCES clearance.level ON DELETE CASCADE,
    feature  text    NOT NULL,
    action   text    NOT NULL,
    CONSTRAINT never_granted_is_said_once PRIMARY KEY (level_id, feature, action),
    CONSTRAINT never_granted_names_an_action FOREIGN KEY (feature, action) REFERENCES clearance.action ON DELETE CASCADE
);
SELECT pg_catalog.pg_extension_config_dump('clearance.never_granted', '');
ALTER TABLE clearance.declaring ADD COLUMN importing boolean NOT NULL DEFAULT false;

-- Read-only projects.
ALTER TABLE clearance.project ADD COLUMN read_only boolean;
UPDATE clearance.project SET read_only = false;
ALTER TABLE clearance.project ALTER COLUMN read_only SET DEFAULT false, ALTER COLUMN read_only SET NOT NULL;
DROP TRIGGER "00_clearance_note_archived" ON clearance.project;
CREATE TRIGGER "00_clearance_note_archived" BEFORE UPDATE ON clearance.project FOR EACH ROW
    WHEN (OLD.archived IS DISTINCT FROM NEW.archived OR OLD.read_only IS DISTINCT FROM NEW.read_only)
    EXECUTE FUNCTION clearance_internal.note_change('projects', 'any');
ALTER TABLE clearance.project ENABLE ALWAYS TRIGGER "00_clearance_note_archived";
DROP FUNCTION clearance.set_project;

-- Erased members.
ALTER TABLE clearance.member DROP CONSTRAINT member_status_is_known, DROP CONSTRAINT member_is_identified,
    ADD CONSTRAINT member_status_is_known CHECK (status IN ('invited', 'active', 'disabled', 'erased')),
    ADD CONSTRAINT member_is_identified CHECK ((status = 'erased') = (num_nonnulls(key, email) = 0));
CREATE TABLE clearance.erased_key (
    member_id bigint NOT NULL CONSTRAINT member_is_erased_once PRIMARY KEY
                     CONSTRAINT erased_key_was_a_members REFERENCES clearance.member ON DELETE CASCADE,
    digest    bytea  NOT NULL,
    free_from bigint NOT NULL
);
SELECT pg_catalog.pg_extension_config_dump('clearance.erased_key', '');

-- Mirrored views.
CREATE TABLE clearance.view_mirror (
    id         integer  CONSTRAINT view_mirror_id_is_unique PRIMARY KEY,
    view       regclass NOT NULL CONSTRAINT view_is_mirrored_once UNIQUE,
    kind       text     NOT NULL,
    account_id bigint   NOT NULL CONSTRAINT view_speaks_of_an_account REFERENCES clearance.account ON DELETE CASCADE,
    CONSTRAINT mirror_kind_is_known CHECK (kind IN (
        'level', 'partner', 'customer', 'member', 'project', 'feature_off', 'project_partner', 'project_customer', 'membership'))
);
CREATE TABLE clearance.mirror_table (
    mirror_id integer  NOT NULL CONSTRAINT table_is_read_by_a_view REFERENCES clearance.view_mirror ON DELETE CASCADE,
    relation  regclass NOT NULL,
    finds     name,
    CONSTRAINT table_is_read_once_by_a_view PRIMARY KEY (mirror_id, relation)
);
CREATE INDEX views_of_table ON clearance.mirror_table (relation);
CREATE TABLE clearance.mirrored_row (
    mirror_id integer NOT NULL CONSTRAINT row_was_read_from_a_view REFERENCES clearance.view_mirror ON DELETE CASCADE,
    said      text[]  NOT NULL
);
CREATE INDEX mirrored_row_by_source ON clearance.mirrored_row (mirror_id, (said[1]));
CREATE INDEX mirrored_row_by_key ON clearance.mirrored_row (mirror_id, (said[2]));
CREATE INDEX mirrored_row_by_second_key ON clearance.mirrored_row (mirror_id, (said[3]));
SELECT pg_catalog.pg_extension_config_dump('clearance.view_mirror', '');
SELECT pg_catalog.pg_extension_config_dump('clearance.mirror_table', '');
SELECT pg_catalog.pg_extension_config_dump('clearance.mirrored_row', '');
-- What follows names the function.
CREATE FUNCTION clearance_internal.follow_mirrored_view() RETURNS event_trigger
LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER clearance_follow_mirrored_view ON ddl_command_end WHEN TAG IN ('CREATE VIEW', 'ALTER VIEW', 'ALTER TABLE', 'CREATE RULE')
    EXECUTE FUNCTION clearance_internal.follow_mirrored_view();

-- Permissions of another database.
-- @module replica

-- What follows is audited.
INSERT INTO clearance.action (feature, name, reads, built_in) VALUES ('settings', 'view_audit', true, true)
    ON CONFLICT (feature, name) DO UPDATE SET reads = true, built_in = true;
-- @module audit

-- @replaceable

-- Whoever changed a column that names rows of other tables, or leads to members through a link table, gave relations by that. What
-- judges it now must be there: of tables that had no such trigger, writers wait for this script.
SELECT clearance_internal.create_triggers(t.tab, b, '00_clearance_write')
FROM clearance.binding b CROSS JOIN LATERAL clearance_internal.table_tree(b.relation) AS t (tab)
WHERE NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.tab AND g.tgname = '00_clearance_write');

DROP FUNCTION clearance_internal.effective_grants_before;

-- New in schema clearance: closed, and granted as in public.sql.
SELECT clearance_internal.close('FUNCTION clearance.verdict_codes, clearance.mask_open, clearance.refused,
    clearance.mask_column(regclass, name, text, text, text, text), clearance.mask_column(regclass, name[], text, text, text, text),
    clearance.unmask_column(regclass, name), clearance.unmask_column(regclass, name[]), clearance.column_masked, clearance.columns,
    clearance.guard_column(regclass, name[], text, text, text), clearance.unguard_column(regclass, name, text),
    clearance.unguard_column(regclass, name[], text), clearance.guard_row, clearance.unguard_row,
    clearance.lint, clearance.accept_finding, clearance.withdraw_acceptance, clearance.self_test, clearance.report');
GRANT EXECUTE ON FUNCTION clearance.verdict_codes, clearance.mask_open, clearance.refused, clearance.column_masked, clearance.columns TO PUBLIC;
SELECT clearance_internal.close('FUNCTION clearance.permissions, clearance.editable_columns, clearance.explain, clearance.explain_json, clearance.preview, clearance.who_can, clearance.what_can, clearance.access_matrix');
GRANT EXECUTE ON FUNCTION clearance.permissions, clearance.editable_columns, clearance.explain, clearance.explain_json, clearance.preview, clearance.who_can, clearance.what_can, clearance.access_matrix TO PUBLIC;
SELECT clearance_internal.close('TABLE clearance.version_part, clearance.erased_key, clearance.project_open_level, clearance.binding_mask, clearance.binding_row_guard, clearance.lint_acceptance, clearance.never_granted, clearance.view_mirror, clearance.mirror_table, clearance.mirrored_row'),
    clearance_internal.close('SEQUENCE clearance.binding_mask_id_seq, clearance.binding_row_guard_id_seq');
SELECT clearance_internal.close('FUNCTION clearance.create_level, clearance.drop_level, clearance.allow, clearance.deny,
    clearance.set_level, clearance.level_document, clearance.compare_levels');
GRANT EXECUTE ON FUNCTION clearance.create_level, clearance.drop_level, clearance.allow, clearance.deny,
    clearance.set_level, clearance.level_document, clearance.compare_levels TO PUBLIC;
SELECT clearance_internal.close('FUNCTION clearance.act_as, clearance.asker, clearance.set_account, clearance.set_project');
GRANT EXECUTE ON FUNCTION clearance.act_as, clearance.asker, clearance.set_account, clearance.set_project TO PUBLIC;
SELECT clearance_internal.close('FUNCTION clearance.change_key, clearance.erase_member');
GRANT EXECUTE ON FUNCTION clearance.change_key, clearance.erase_member TO PUBLIC;
SELECT clearance_internal.close('FUNCTION clearance.export, clearance.import, clearance.diff, clearance.diff_digest');
SELECT clearance_internal.close('FUNCTION clearance.counter_values, clearance.reset_counters'), clearance_internal.close('TABLE clearance.counters');
SELECT clearance_internal.close('FUNCTION clearance.audit_head, clearance.verify_audit, clearance.forget_audit, clearance.changes'),
    clearance_internal.close('TABLE clearance.audit, clearance.audit_log, clearance.audit_chain');
GRANT SELECT ON clearance.audit TO PUBLIC;
SELECT clearance_internal.close('FUNCTION clearance.renew_lease, clearance.publish_configuration'), clearance_internal.close('TABLE clearance.lease');
SELECT clearance_internal.close('FUNCTION clearance.add_parent, clearance.mirror, clearance.unmirror, clearance.refresh_mirror');
SELECT clearance_internal.close('FUNCTION clearance.protect, clearance.map_role, clearance.maintenance');
-- What a script grants would count as the extension's own, which dumps leave out.
DO $$
DECLARE
    f pg_proc;
    own aclitem[];
    held record;
BEGIN
    FOR f IN SELECT p.* FROM pg_proc p WHERE p.oid IN ('clearance.protect'::regproc, 'clearance.map_role'::regproc) LOOP
        own := (SELECT i.initprivs FROM pg_init_privs i WHERE (i.classoid, i.objoid) = ('pg_proc'::regclass, f.oid));
        FOR held IN
            SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS grantee, a.is_grantable
            FROM aclexplode(nullif(current_setting('pg_clearance_update.' || f.proname), '')::aclitem[]) a
            WHERE a.grantee <> f.proowner
        LOOP
            EXECUTE format('GRANT EXECUTE ON FUNCTION clearance.%I TO %s%s', f.proname, held.grantee,
                           CASE WHEN held.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
        END LOOP;
        UPDATE pg_init_privs i SET initprivs = own WHERE (i.classoid, i.objoid) = ('pg_proc'::regclass, f.oid);
    END LOOP;
END
$$;
SELECT clearance_internal.close('TABLE clearance.levels');
GRANT SELECT ON clearance.levels TO PUBLIC;
SELECT clearance_internal.close('SCHEMA clearance_internal');
SELECT clearance_internal.close('ALL ROUTINES IN SCHEMA clearance_internal');
SELECT clearance_internal.unlist_privileges();

-- Making triggers would keep writers of the application's tables out.
DO $$
DECLARE
    repairs text := (SELECT string_agg(format('SELECT clearance.repair(%L);', t.relation), ' ' ORDER BY t.relation::text COLLATE "C")
                     FROM (SELECT m.relation FROM clearance.mirror m
                           UNION SELECT b.relation FROM clearance.binding b WHERE b.feature = 'project' AND NOT b.link_only) t);
BEGIN
    IF repairs IS NOT NULL THEN
        RAISE WARNING 'what triggers of the application change in mirrored tables, and in keys of projects, is not followed yet'
            USING HINT = format('%s makes the triggers for that, each by itself, and waits for who writes the table.', repairs);
    END IF;
END
$$;
