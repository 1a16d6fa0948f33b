-- ---------------------------------------------------------------------------
-- Versions: which transactions last changed permissions; see src/version.c
-- ---------------------------------------------------------------------------
CREATE TABLE clearance.version (
    changed_by xid8 NOT NULL
) USING heap;
COMMENT ON TABLE clearance.version IS 'transactions that last changed permissions; kept by triggers, and of use to this server alone';
COMMENT ON COLUMN clearance.version.changed_by IS 'id of a transaction; other rows stand for those that changed permissions at the same time';
INSERT INTO clearance.version VALUES (pg_current_xact_id());

CREATE FUNCTION clearance.note_change() RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_note_change';
REVOKE ALL ON FUNCTION clearance.note_change() FROM PUBLIC;
COMMENT ON FUNCTION clearance.note_change() IS
'trigger: the running transaction changes permissions, which ends what sessions have read of them';

CREATE FUNCTION clearance.refuse_version_write() RETURNS trigger
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'clearance.version is kept by the extension' USING ERRCODE = 'object_in_use',
        DETAIL = 'A version that came back would let sessions use permissions that were taken away.';
END
$$;
REVOKE ALL ON FUNCTION clearance.refuse_version_write() FROM PUBLIC;
COMMENT ON FUNCTION clearance.refuse_version_write() IS 'trigger: refuses what would make versions come back';

-- ENABLE ALWAYS: logical replication and session_replication_role change permissions too.
-- classes: the column that names or decides a level, or 'any', where a change can end plans (see note_change in C).
DO $$
DECLARE
    t record;
BEGIN
    FOR t IN
        SELECT format('clearance.%I', name)::regclass AS tab, coalesce(quote_literal(classes), '') AS classes
        FROM (VALUES ('feature', 'any'), ('action', 'any'), ('level', 'any'), ('level_grant', 'any'),
                     ('level_denial', 'any'), ('not_available', 'any'), ('gate', 'any'),
                     ('account', 'any'), ('role', 'any'), ('partner', 'level_id'), ('customer', NULL),
                     ('member', 'partner_id'), ('member_role', 'any'), ('member_switch', 'any'),
                     ('project', 'open_level_id'), ('project_feature_off', NULL),
                     ('project_partner', 'level_id'), ('project_customer', NULL),
                     ('project_member', 'level_id'), ('login_role', 'any'), ('token_key', NULL)) v (name, classes)
    LOOP
        EXECUTE format('CREATE TRIGGER "00_clearance_note_change" BEFORE INSERT OR UPDATE OR DELETE ON %s
                        FOR EACH ROW EXECUTE FUNCTION clearance.note_change(%s)', t.tab, t.classes);
        EXECUTE format('CREATE TRIGGER "00_clearance_note_truncate" BEFORE TRUNCATE ON %s
                        FOR EACH STATEMENT EXECUTE FUNCTION clearance.note_change(%s)', t.tab, t.classes);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER "00_clearance_note_change",
                        ENABLE ALWAYS TRIGGER "00_clearance_note_truncate"', t.tab);
    END LOOP;
END
$$;

CREATE TRIGGER "00_clearance_refuse_write" BEFORE INSERT OR UPDATE OR DELETE ON clearance.version
    FOR EACH ROW EXECUTE FUNCTION clearance.refuse_version_write();
CREATE TRIGGER "00_clearance_refuse_truncate" BEFORE TRUNCATE ON clearance.version
    FOR EACH STATEMENT EXECUTE FUNCTION clearance.refuse_version_write();
ALTER TABLE clearance.version ENABLE ALWAYS TRIGGER "00_clearance_refuse_write",
    ENABLE ALWAYS TRIGGER "00_clearance_refuse_truncate";

-- Declarations are metadata: sessions drop what they read of them at a message.
CREATE FUNCTION clearance.note_declaration() RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_note_declaration';
REVOKE ALL ON FUNCTION clearance.note_declaration() FROM PUBLIC;
COMMENT ON FUNCTION clearance.note_declaration() IS 'trigger: declarations of protected tables change, which ends what sessions have read of them';

DO $$
DECLARE
    t regclass;
BEGIN
    FOREACH t IN ARRAY ARRAY['clearance.binding', 'clearance.binding_relation', 'clearance.binding_parent',
        'clearance.binding_guard']::regclass[]
    LOOP
        EXECUTE format('CREATE TRIGGER "00_clearance_note_declaration" AFTER INSERT OR UPDATE OR DELETE ON %s
                        FOR EACH ROW EXECUTE FUNCTION clearance.note_declaration()', t);
        EXECUTE format('CREATE TRIGGER "00_clearance_note_truncate" AFTER TRUNCATE ON %s
                        FOR EACH STATEMENT EXECUTE FUNCTION clearance.note_declaration()', t);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER "00_clearance_note_declaration",
                        ENABLE ALWAYS TRIGGER "00_clearance_note_truncate"', t);
    END LOOP;
END
$$;

CREATE FUNCTION clearance.cache_stats(OUT hits bigint, OUT misses bigint, OUT reloads bigint,
    OUT evictions bigint, OUT actors bigint, OUT bytes bigint, OUT "limit" bigint)
LANGUAGE c VOLATILE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_cache_stats';
REVOKE ALL ON FUNCTION clearance.cache_stats() FROM PUBLIC;
COMMENT ON FUNCTION clearance.cache_stats() IS
'what this session keeps of actors'' permissions: statements that found them, did not, found them outdated; actors let go for room; actors and bytes kept, and the most it may keep';
