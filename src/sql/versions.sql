-- ---------------------------------------------------------------------------
-- Versions: which transactions last changed permissions; see src/store/version.c and topic.c
-- ---------------------------------------------------------------------------
-- Every statement looks at its first page, which is the only one unless much happens at a time.
CREATE TABLE clearance.version (
    changed_by xid8    NOT NULL,
    what       integer NOT NULL,
    past       bytea
) USING heap;
COMMENT ON TABLE clearance.version IS 'transactions that last changed permissions; kept by triggers, and of use to this server alone';
COMMENT ON COLUMN clearance.version.changed_by IS 'id of a transaction; other rows stand for those that changed permissions at the same time';
COMMENT ON COLUMN clearance.version.what IS 'what it changed: 0 people, 1 projects, 2 levels';
COMMENT ON COLUMN clearance.version.past IS 'which parts of that it changed, and what those did that had the row before; see src/store/past.c';
INSERT INTO clearance.version SELECT pg_current_xact_id(), what FROM generate_series(0, 2) AS what;

-- The same for parts of each kind, of which a statement reads a few where the kind has another version. Parts
-- are limited, and so are the rows. Half of a page is for those that replace others: they need no entry in the index.
CREATE TABLE clearance.version_part (
    changed_by xid8    NOT NULL,
    part       integer NOT NULL
) USING heap WITH (fillfactor = 50);
CREATE INDEX version_of_part ON clearance.version_part (part);
COMMENT ON TABLE clearance.version_part IS 'transactions that last changed parts of permissions; kept by triggers, and of use to this server alone';
COMMENT ON COLUMN clearance.version_part.changed_by IS 'id of a transaction; other rows of the part stand for those that changed it at the same time';
COMMENT ON COLUMN clearance.version_part.part IS 'what it changed: a number made of what the change is about; see src/store/topic.c';

CREATE FUNCTION clearance_internal.note_change() RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_note_changed_row';
COMMENT ON FUNCTION clearance_internal.note_change IS
'trigger: the running transaction changes permissions, which ends what sessions have read of them';

CREATE FUNCTION clearance_internal.refuse_version_write() RETURNS trigger
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'clearance.% is kept by the extension', TG_TABLE_NAME USING ERRCODE = 'object_in_use',
        DETAIL = 'A version that came back would let sessions use permissions that were taken away.';
END
$$;
COMMENT ON FUNCTION clearance_internal.refuse_version_write IS 'trigger: refuses what would make versions come back';

-- ENABLE ALWAYS: logical replication and session_replication_role change permissions too.
-- classes: the column that names or decides a level, or 'any', where a change can end plans (see note_change in C).
DO $$
DECLARE
    t record;
BEGIN
    FOR t IN
        SELECT format('clearance.%I', name)::regclass AS tab, concat_ws(', ', quote_literal(what), quote_literal(classes)) AS args
        FROM (VALUES ('levels', 'feature', 'any'), ('levels', 'action', 'any'), ('levels', 'level', 'any'),
                     ('levels', 'level_grant', 'any'), ('levels', 'level_denial', 'any'),
                     ('levels', 'not_available', 'any'), ('levels', 'gate', 'any'),
                     ('projects', 'account', 'any'), ('projects', 'project', 'open_level_id'), ('projects', 'project_feature_off', 'any'),
                     ('projects', 'project_open_level', 'any'),
                     ('people', 'role', 'any'), ('people', 'partner', 'level_id'),
                     ('people', 'customer', NULL), ('people', 'member', 'partner_id'), ('people', 'member_role', 'any'),
                     ('people', 'member_switch', 'any'), ('people', 'project_partner', 'level_id'),
                     ('people', 'project_customer', NULL), ('people', 'project_member', 'level_id'),
                     ('people', 'login_role', 'any'), ('people', 'token_key', NULL)) v (what, name, classes)
    LOOP
        EXECUTE format('CREATE TRIGGER "00_clearance_note_change" BEFORE INSERT OR UPDATE OR DELETE ON %s
                        FOR EACH ROW EXECUTE FUNCTION clearance_internal.note_change(%s)', t.tab, t.args);
        EXECUTE format('CREATE TRIGGER "00_clearance_note_truncate" BEFORE TRUNCATE ON %s
                        FOR EACH STATEMENT EXECUTE FUNCTION clearance_internal.note_change(%s)', t.tab, t.args);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER "00_clearance_note_change",
                        ENABLE ALWAYS TRIGGER "00_clearance_note_truncate"', t.tab);
    END LOOP;
END
$$;

-- An archived project is the first that is closed to some, and a read-only one to writes.
CREATE TRIGGER "00_clearance_note_archived" BEFORE UPDATE ON clearance.project FOR EACH ROW
    WHEN (OLD.archived IS DISTINCT FROM NEW.archived OR OLD.read_only IS DISTINCT FROM NEW.read_only) EXECUTE FUNCTION clearance_internal.note_change('projects', 'any');
ALTER TABLE clearance.project ENABLE ALWAYS TRIGGER "00_clearance_note_archived";

-- Of resources, only who supervises them is read: profiles change often.
CREATE TRIGGER "00_clearance_note_change" BEFORE INSERT OR DELETE ON clearance.resource FOR EACH ROW
    EXECUTE FUNCTION clearance_internal.note_change('people');
CREATE TRIGGER "00_clearance_note_supervisor" BEFORE UPDATE ON clearance.resource FOR EACH ROW
    WHEN (OLD.supervisor_id <> NEW.supervisor_id OR OLD.member_id <> NEW.member_id) EXECUTE FUNCTION clearance_internal.note_change('people');
CREATE TRIGGER "00_clearance_note_truncate" BEFORE TRUNCATE ON clearance.resource FOR EACH STATEMENT
    EXECUTE FUNCTION clearance_internal.note_change('people');
ALTER TABLE clearance.resource ENABLE ALWAYS TRIGGER "00_clearance_note_change",
    ENABLE ALWAYS TRIGGER "00_clearance_note_supervisor", ENABLE ALWAYS TRIGGER "00_clearance_note_truncate";

CREATE TRIGGER "00_clearance_refuse_write" BEFORE INSERT OR UPDATE OR DELETE ON clearance.version
    FOR EACH ROW EXECUTE FUNCTION clearance_internal.refuse_version_write();
CREATE TRIGGER "00_clearance_refuse_truncate" BEFORE TRUNCATE ON clearance.version
    FOR EACH STATEMENT EXECUTE FUNCTION clearance_internal.refuse_version_write();
ALTER TABLE clearance.version ENABLE ALWAYS TRIGGER "00_clearance_refuse_write",
    ENABLE ALWAYS TRIGGER "00_clearance_refuse_truncate";
CREATE TRIGGER "00_clearance_refuse_write" BEFORE INSERT OR UPDATE OR DELETE ON clearance.version_part
    FOR EACH ROW EXECUTE FUNCTION clearance_internal.refuse_version_write();
CREATE TRIGGER "00_clearance_refuse_truncate" BEFORE TRUNCATE ON clearance.version_part
    FOR EACH STATEMENT EXECUTE FUNCTION clearance_internal.refuse_version_write();
ALTER TABLE clearance.version_part ENABLE ALWAYS TRIGGER "00_clearance_refuse_write",
    ENABLE ALWAYS TRIGGER "00_clearance_refuse_truncate";

-- Declarations are metadata: sessions drop what they read of them at a message.
CREATE FUNCTION clearance_internal.note_declaration() RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_note_declaration';
COMMENT ON FUNCTION clearance_internal.note_declaration IS 'trigger: declarations of protected tables change, which ends what sessions have read of them';

DO $$
DECLARE
    t regclass;
BEGIN
    FOREACH t IN ARRAY ARRAY['clearance.binding', 'clearance.binding_relation', 'clearance.binding_parent',
        'clearance.binding_guard', 'clearance.binding_row_guard', 'clearance.binding_mask']::regclass[]
    LOOP
        EXECUTE format('CREATE TRIGGER "00_clearance_note_declaration" AFTER INSERT OR UPDATE OR DELETE ON %s
                        FOR EACH ROW EXECUTE FUNCTION clearance_internal.note_declaration()', t);
        EXECUTE format('CREATE TRIGGER "00_clearance_note_truncate" AFTER TRUNCATE ON %s
                        FOR EACH STATEMENT EXECUTE FUNCTION clearance_internal.note_declaration()', t);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER "00_clearance_note_declaration",
                        ENABLE ALWAYS TRIGGER "00_clearance_note_truncate"', t);
    END LOOP;
END
$$;

-- What this session keeps of actors; the library counts, the views are for people.
CREATE FUNCTION clearance.session_cache(OUT hits bigint, OUT misses bigint, OUT reloads bigint,
    OUT evictions bigint, OUT actors bigint, OUT bytes bigint, OUT projects_bytes bigint, OUT "limit" bigint)
LANGUAGE c VOLATILE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_session_cache';
COMMENT ON FUNCTION clearance.session_cache IS 'what clearance.cache_stats shows';

CREATE FUNCTION clearance.session_actors(OUT member bigint, OUT partner bigint, OUT projects bigint, OUT bytes bigint)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_session_actors';
COMMENT ON FUNCTION clearance.session_actors IS 'what clearance.cached_actor shows';

CREATE VIEW clearance.cache_stats AS
SELECT hits, misses, reloads, evictions, actors, bytes, bytes / nullif(actors, 0) AS bytes_per_actor,
       projects_bytes, "limit"
FROM clearance.session_cache();
COMMENT ON VIEW clearance.cache_stats IS 'what this session keeps of actors'' permissions, and how often that served';
COMMENT ON COLUMN clearance.cache_stats.hits IS 'how often an actor''s permissions were kept and held';
COMMENT ON COLUMN clearance.cache_stats.misses IS 'how often they were not kept, and were read';
COMMENT ON COLUMN clearance.cache_stats.reloads IS 'how often they were kept, but permissions had changed';
COMMENT ON COLUMN clearance.cache_stats.evictions IS 'actors let go for room, those first whose last use was longest ago';
COMMENT ON COLUMN clearance.cache_stats.actors IS 'actors kept now';
COMMENT ON COLUMN clearance.cache_stats.bytes IS 'their memory, in bytes';
COMMENT ON COLUMN clearance.cache_stats.bytes_per_actor IS 'memory of one in bytes, on average; NULL: none is kept';
COMMENT ON COLUMN clearance.cache_stats.projects_bytes IS 'memory of the projects and companies that they share, in bytes';
COMMENT ON COLUMN clearance.cache_stats."limit" IS 'the setting clearance.scope_cache, in bytes: more than that is not kept';

CREATE VIEW clearance.cached_actor AS
SELECT a.member, a.partner, m.key, m.name, a.projects, a.bytes
FROM clearance.session_actors() WITH ORDINALITY AS a (member, partner, projects, bytes, turn)
LEFT JOIN clearance.member m ON m.id = a.member
ORDER BY a.turn;
COMMENT ON VIEW clearance.cached_actor IS 'actors whose permissions this session keeps, the last used first';
COMMENT ON COLUMN clearance.cached_actor.member IS 'id of the member; NULL: the actor is a partner as a whole';
COMMENT ON COLUMN clearance.cached_actor.partner IS 'id of the partner that acts as a whole; NULL: the actor is a member';
COMMENT ON COLUMN clearance.cached_actor.key IS 'the member''s key; NULL: it has none';
COMMENT ON COLUMN clearance.cached_actor.name IS 'the member''s name; NULL: unknown';
COMMENT ON COLUMN clearance.cached_actor.projects IS 'projects that its permissions list; of somebody who reaches all projects of the account, those that it is on, and open ones';
COMMENT ON COLUMN clearance.cached_actor.bytes IS 'memory of what it may do, in bytes';
