-- ---------------------------------------------------------------------------
-- Mirrors: membership that the application keeps in tables of its own is
-- followed by triggers, in the transaction that changes it.
--
-- Each row of a mirrored table is a source of its own, named after its primary
-- key: rows come and go one by one, whoever else says the same membership. Rows
-- that name a project or member not known yet count as soon as it is; whoever
-- writes such rows, and whoever makes members and projects, wait for each other
-- by locks on the table of mirrors. Who has waited looks again: what an older
-- snapshot does not show is an error then.
-- ---------------------------------------------------------------------------

-- Triggers of a mirror that came since, or went, would follow nothing, or what is not there.
CREATE FUNCTION clearance_internal.require_same_mirrors() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_same_now('SELECT m.id::text FROM clearance.mirror m UNION ALL SELECT v.id::text FROM clearance.view_mirror v');
END
$$;
COMMENT ON FUNCTION clearance_internal.require_same_mirrors IS 'internal: errors if an older snapshot shows other mirrors than there are';

-- Whoever writes mirrored tables has locked those before it waits for the mirrors.
CREATE FUNCTION clearance_internal.lock_before_mirrors(tables regclass[], mode text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tab regclass;
BEGIN
    FOR tab IN SELECT t FROM unnest(tables) t JOIN pg_class c ON c.oid = t ORDER BY t::oid LOOP
        EXECUTE format('LOCK TABLE %s IN %s MODE', tab, mode);
    END LOOP;
    LOCK TABLE clearance.mirror IN SHARE ROW EXCLUSIVE MODE;
    PERFORM clearance_internal.require_same_mirrors();
END
$$;
COMMENT ON FUNCTION clearance_internal.lock_before_mirrors IS 'internal: keeps writers out of tables whose mirrors come, change or go, and then others who declare or wait for mirrors';

CREATE FUNCTION clearance_internal.require_same_keys(projects text[], members text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_same_now('SELECT p.id || '' '' || p.key FROM clearance.project p WHERE p.key = ANY ($1)', VARIADIC projects),
            clearance_internal.require_same_now('SELECT m.id || '' '' || m.key FROM clearance.member m WHERE m.key = ANY ($1)', VARIADIC members);
END
$$;
COMMENT ON FUNCTION clearance_internal.require_same_keys IS 'internal: errors if an older snapshot shows that keys are others'' than they are';

-- The columns in the order in which the trigger watches them; it, unlike the
-- table of mirrors, follows renamed columns by itself.
CREATE FUNCTION clearance_internal.mirrored_columns(m clearance.mirror) RETURNS name[]
LANGUAGE sql IMMUTABLE
RETURN ARRAY(SELECT c.name FROM unnest(m.key_columns || m.project_column || m.member_column
                                       || m.level_column || m.starts_column || m.ends_column) WITH ORDINALITY AS c (name, i)
             WHERE c.name IS NOT NULL GROUP BY c.name ORDER BY min(c.i));
COMMENT ON FUNCTION clearance_internal.mirrored_columns IS 'internal: the columns of a table that its mirror reads';

-- What is read of a row: its primary key, then what it says of a membership.
CREATE FUNCTION clearance_internal.mirror_columns(m clearance.mirror) RETURNS name[]
LANGUAGE sql IMMUTABLE
RETURN m.key_columns || ARRAY[m.project_column, m.member_column, m.level_column, m.starts_column, m.ends_column];
COMMENT ON FUNCTION clearance_internal.mirror_columns IS
'internal: the columns whose values write_mirrored() takes, NULL for those that a mirror does not name';

CREATE FUNCTION clearance_internal.mirror_source(m clearance.mirror, "row" text[]) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN 'mirror:' || m.id || ':' || "row"[1:cardinality(m.key_columns)]::text;
COMMENT ON FUNCTION clearance_internal.mirror_source IS 'internal: the source that a row of a mirrored table is';

CREATE FUNCTION clearance_internal.are_known(project text, member text) RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM clearance.project p JOIN clearance.member m ON m.account_id = p.account_id AND m.key = are_known.member
                   WHERE p.key = are_known.project)
$$;
COMMENT ON FUNCTION clearance_internal.are_known IS 'internal: whether there are a project and, in its account, a member with these keys';

-- A row that never starts, or ended before all time, says nothing. Who changes a key is waited for.
CREATE FUNCTION clearance_internal.write_mirrored(m clearance.mirror, "row" text[],
    project bigint DEFAULT NULL, member bigint DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    n integer := cardinality(m.key_columns);
    known boolean := false;
BEGIN
    LOOP
        INSERT INTO clearance.project_member
            (account_id, project_id, member_id, source, through_phase, level_id, starts_at, ends_at, partner_id, customer_id)
        SELECT p.account_id, p.id, x.id, clearance_internal.mirror_source(m, "row"), m.through_phase,
               clearance_internal.changed_level(NULL, "row"[n + 3], x.kind, p.account_id),
               t.starts_at, t.ends_at,
               CASE WHEN h.is_on THEN x.partner_id END, CASE WHEN h.is_on THEN x.customer_id END
        FROM clearance.project p JOIN clearance.member x ON x.account_id = p.account_id AND x.key = "row"[n + 2]
        CROSS JOIN LATERAL (SELECT coalesce("row"[n + 4]::timestamptz, '-infinity') AS starts_at,
                                   coalesce("row"[n + 5]::timestamptz, 'infinity') AS ends_at) t
        CROSS JOIN LATERAL (SELECT clearance_internal.hold_company_on(p.*, x.*) AS is_on) h
        WHERE t.starts_at < 'infinity' AND t.ends_at > '-infinity' AND p.key = "row"[n + 1]
          AND p.id = coalesce(write_mirrored.project, p.id) AND x.id = coalesce(write_mirrored.member, x.id)
        FOR KEY SHARE OF p, x;
        IF FOUND THEN
            RETURN true;
        END IF;
        PERFORM clearance_internal.require_same_keys("row"[n + 1:n + 1], "row"[n + 2:n + 2]);
        IF NOT clearance_internal.are_known("row"[n + 1], "row"[n + 2]) THEN
            RETURN false;
        ELSIF known THEN
            RETURN NULL;
        END IF;
        known := true;  -- now, perhaps not when they were looked for: once more
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.write_mirrored IS
'internal: writes the membership that a row says, where project and member are known, and are these if they are named; false: they are not known; NULL: they are, and the row says nothing';

CREATE FUNCTION clearance_internal.end_mirrored(mirror integer, project bigint DEFAULT NULL, member bigint DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- ';' comes after ':'
    DELETE FROM clearance.project_member pm
    WHERE pm.source <> 'direct' AND pm.source ~>=~ ('mirror:' || mirror || ':') AND pm.source ~<~ ('mirror:' || mirror || ';')
      AND pm.project_id = coalesce(end_mirrored.project, pm.project_id) AND pm.member_id = coalesce(end_mirrored.member, pm.member_id);
    PERFORM clearance_internal.require_same_now('SELECT pm.source FROM clearance.project_member pm
            WHERE pm.source <> ''direct'' AND pm.source ~>=~ (''mirror:'' || $1[1] || '':'') AND pm.source ~<~ (''mirror:'' || $1[1] || '';'')
            AND pm.project_id = coalesce($1[2]::bigint, pm.project_id) AND pm.member_id = coalesce($1[3]::bigint, pm.member_id)',
        mirror::text, project::text, member::text);
END
$$;
COMMENT ON FUNCTION clearance_internal.end_mirrored IS 'internal: ends the memberships that a mirror says, of a project or member if it is named';

CREATE FUNCTION clearance_internal.follow_membership() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.mirror;
    columns name[];
    was text[];
    becomes text[];
    sources text[];
BEGIN
    PERFORM clearance_internal.require_same_mirrors();
    SELECT * INTO m FROM clearance.mirror t WHERE t.relation = TG_RELID;
    IF NOT FOUND OR TG_NAME NOT IN ('0_clearance_mirror', '0_clearance_mirror_change', 'clearance_mirror_truncate', 'clearance_mirror') OR TG_WHEN <> 'AFTER' THEN
        RAISE EXCEPTION 'trigger % of % is none of a mirrored table', TG_NAME, TG_RELID::regclass
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'clearance.mirror_membership() creates this trigger; drop it here.';
    END IF;
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM clearance_internal.end_mirrored(m.id);
        RETURN NULL;
    END IF;
    columns := clearance_internal.mirror_columns(m);
    IF TG_OP <> 'INSERT' THEN
        was := clearance_internal.values_of(OLD, columns);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        becomes := clearance_internal.values_of(NEW, columns);
    END IF;
    -- an UPDATE that names columns, and leaves them as they are, says the row anew; what changes is the other trigger's
    IF TG_OP = 'UPDATE' AND TG_NAME <> '0_clearance_mirror_change' AND was IS DISTINCT FROM becomes
        AND EXISTS (SELECT FROM pg_trigger g JOIN pg_trigger other USING (tgrelid, tgfoid, tgenabled)
                    WHERE tgrelid = TG_RELID AND g.tgname = TG_NAME AND other.tgname = '0_clearance_mirror_change') THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        sources := ARRAY[clearance_internal.mirror_source(m, was), clearance_internal.mirror_source(m, becomes)];
        DELETE FROM clearance.project_member pm WHERE pm.source = ANY (sources) AND pm.source <> 'direct';
        IF NOT FOUND THEN
            -- whoever makes the project or member, or changes its key, may be writing it
            LOCK TABLE clearance.mirror IN SHARE MODE;
            DELETE FROM clearance.project_member pm WHERE pm.source = ANY (sources) AND pm.source <> 'direct';
            PERFORM clearance_internal.require_same_keys(ARRAY[was[cardinality(m.key_columns) + 1]], ARRAY[was[cardinality(m.key_columns) + 2]]),
                    clearance_internal.require_same_now('SELECT pm.source FROM clearance.project_member pm WHERE pm.source = ANY ($1) AND pm.source <> ''direct''', VARIADIC sources);
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        IF clearance_internal.write_mirrored(m, becomes) IS FALSE THEN
            LOCK TABLE clearance.mirror IN SHARE MODE;
            PERFORM clearance_internal.write_mirrored(m, becomes);
        END IF;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION clearance_internal.follow_membership IS 'trigger of mirrored tables: memberships follow their rows';

-- Triggers of a table that is being restored come last: until then what the
-- dump holds of memberships is enough.
CREATE FUNCTION clearance_internal.follow_new_key() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.mirror;
    is_member boolean := TG_ARGV[0] = 'member_id';
    project bigint := CASE WHEN NOT is_member THEN NEW.id END;
    member bigint := CASE WHEN is_member THEN NEW.id END;
    said text[];
BEGIN
    IF TG_TABLE_SCHEMA <> 'clearance' OR TG_TABLE_NAME || '_id' <> TG_ARGV[0] OR TG_WHEN <> 'AFTER' THEN
        RAISE EXCEPTION 'trigger % of % is none of the extension''s', TG_NAME, TG_RELID::regclass
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Drop it.';
    END IF;
    LOCK TABLE clearance.mirror IN ROW EXCLUSIVE MODE;
    PERFORM clearance_internal.require_same_mirrors();
    FOR m IN
        SELECT t.* FROM clearance.mirror t
        WHERE EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.relation AND g.tgfoid = 'clearance_internal.follow_membership()'::regprocedure)
        ORDER BY t.id
    LOOP
        IF TG_OP = 'UPDATE' THEN
            PERFORM clearance_internal.end_mirrored(m.id, project, member);
        END IF;
        FOR said IN
            SELECT t."row" FROM clearance_internal.table_rows(m.relation, clearance_internal.mirror_columns(m),
                                                     CASE WHEN is_member THEN m.member_column ELSE m.project_column END,
                                                     ARRAY[NEW.key]) AS t ("row")
        LOOP
            IF clearance_internal.write_mirrored(m, said, project, member) IS FALSE THEN
                -- who makes the project that a row names, and who makes the member: whoever is later finds both
                LOCK TABLE clearance.view_mirror IN SHARE ROW EXCLUSIVE MODE;
                PERFORM clearance_internal.write_mirrored(m, said, project, member);
            END IF;
        END LOOP;
    END LOOP;
    PERFORM clearance_internal.say_of_new_key(project, member, NEW.key, NEW.account_id, CASE WHEN TG_OP = 'UPDATE' THEN OLD.key END);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION clearance_internal.follow_new_key IS
'trigger: what mirrored tables say of a project or member counts once its key is known';

CREATE TRIGGER clearance_follow_new_key AFTER INSERT OR UPDATE OF key ON clearance.member
    FOR EACH ROW WHEN (NEW.key IS NOT NULL) EXECUTE FUNCTION clearance_internal.follow_new_key('member_id');
CREATE TRIGGER clearance_follow_new_key AFTER INSERT OR UPDATE OF key ON clearance.project
    FOR EACH ROW EXECUTE FUNCTION clearance_internal.follow_new_key('project_id');

-- ---------------------------------------------------------------------------
-- Declaring them
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance_internal.refuse_virtual_columns(relation regclass, columns name[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    unseen name;
BEGIN
    SELECT a.attname INTO unseen FROM pg_attribute a
    WHERE a.attrelid = relation AND a.attname = ANY (columns) AND a.attgenerated = 'v' ORDER BY a.attnum LIMIT 1;
    IF FOUND THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('column "%s" of %s is computed when it is read', unseen, relation),
            DETAIL = 'Triggers, which follow what is mirrored, do not see what it holds.', HINT = 'Make it a STORED one.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.refuse_virtual_columns IS 'internal: refuses columns of mirrored tables that are not there before they are read';

CREATE FUNCTION clearance_internal.require_mirror_columns(m clearance.mirror) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    "column" name;
BEGIN
    FOREACH "column" IN ARRAY m.key_columns LOOP
        PERFORM clearance_internal.require_key_column(m.relation, "column", 'primary key');
    END LOOP;
    PERFORM clearance_internal.require_key_column(m.relation, m.project_column, 'project'),
            clearance_internal.require_key_column(m.relation, m.member_column, 'member');
    IF m.level_column IS NOT NULL THEN
        IF clearance_internal.key_class(clearance_internal.require_column(m.relation, m.level_column, 'level')) IS DISTINCT FROM 'text' THEN
            RAISE EXCEPTION 'column "%" of % holds no names of levels', m.level_column, m.relation USING ERRCODE = 'datatype_mismatch',
                HINT = 'Use a column of type text or varchar.';
        END IF;
    END IF;
    FOREACH "column" IN ARRAY array_remove(ARRAY[m.starts_column, m.ends_column], NULL) LOOP
        IF clearance_internal.require_column(m.relation, "column", 'time')
               NOT IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype) THEN
            RAISE EXCEPTION 'column "%" of % holds no times', "column", m.relation USING ERRCODE = 'datatype_mismatch',
                HINT = 'Use a timestamp with or without time zone, or a date.';
        END IF;
    END LOOP;
    PERFORM clearance_internal.refuse_virtual_columns(m.relation, clearance_internal.mirrored_columns(m));
END
$$;
COMMENT ON FUNCTION clearance_internal.require_mirror_columns IS
'internal: refuses columns that cannot say a membership';

-- A row whose key is checked when the statement ends may have, for a while, the key of another.
CREATE FUNCTION clearance_internal.mirror_key(relation regclass) RETURNS name[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY(SELECT a.attname FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (num, i)
                 JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num
                 WHERE i.indrelid = relation AND i.indisprimary AND i.indimmediate AND k.i <= i.indnkeyatts ORDER BY k.i)
$$;
COMMENT ON FUNCTION clearance_internal.mirror_key IS 'internal: the columns of a table''s primary key, none if it may be deferred';

-- The second one hears of columns that triggers of the application change, the first of those that the SET names. They
-- come before triggers of the application, whose own statements about the row say what is so later. That of
-- 0.1.0 came after them, and goes.
CREATE FUNCTION clearance_internal.follow_mirrored_table(m clearance.mirror) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    columns name[] := clearance_internal.mirrored_columns(m);
    trig record;
BEGIN
    FOR trig IN
        SELECT t.* FROM (VALUES
            ('0_clearance_mirror', format('INSERT OR DELETE OR UPDATE OF %s', (SELECT string_agg(quote_ident(c), ', ') FROM unnest(columns) c)), 'ROW'),
            ('0_clearance_mirror_change', 'UPDATE', format('ROW WHEN (%s)', (SELECT string_agg(clearance_internal.key_changes(m.relation, c), ' OR ') FROM unnest(columns) c))),
            ('clearance_mirror_truncate', 'TRUNCATE', 'STATEMENT')) AS t (name, event, level)
        WHERE NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = m.relation AND g.tgname = t.name
                          AND g.tgfoid = 'clearance_internal.follow_membership()'::regprocedure)
    LOOP
        EXECUTE format('CREATE TRIGGER %I AFTER %s ON %s FOR EACH %s EXECUTE FUNCTION clearance_internal.follow_membership()',
                       trig.name, trig.event, m.relation, trig.level);
    END LOOP;
    IF EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = m.relation AND g.tgname = 'clearance_mirror') THEN
        EXECUTE format('DROP TRIGGER clearance_mirror ON %s', m.relation);
    END IF;
    PERFORM clearance_internal.end_mirrored(m.id);
    PERFORM clearance_internal.write_mirrored(m, t."row")
    FROM clearance_internal.table_rows(m.relation, clearance_internal.mirror_columns(m)) AS t ("row");
END
$$;
COMMENT ON FUNCTION clearance_internal.follow_mirrored_table IS 'internal: makes the triggers of a mirrored table that are missing, and reads all of it anew';

CREATE FUNCTION clearance_internal.repair_mirror(m clearance.mirror) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.lock_before_mirrors(ARRAY[m.relation], 'ACCESS EXCLUSIVE');
    PERFORM clearance_internal.follow_mirrored_table(t) FROM clearance.mirror t WHERE t.id = m.id;
END
$$;
COMMENT ON FUNCTION clearance_internal.repair_mirror IS 'internal: the same, of a table that is mirrored already';

CREATE FUNCTION clearance_internal.drop_mirror_triggers(relation regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    trig name;
BEGIN
    FOR trig IN SELECT g.tgname FROM pg_trigger g WHERE g.tgrelid = relation AND g.tgfoid = 'clearance_internal.follow_membership()'::regprocedure LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', trig, relation);
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.drop_mirror_triggers IS 'internal: takes the triggers of mirror_membership() off a table';

CREATE FUNCTION clearance.mirror_membership(
    relation regclass,
    project name,
    member name,
    access_level name DEFAULT NULL,
    starts_at name DEFAULT NULL,
    ends_at name DEFAULT NULL,
    through_phase boolean DEFAULT false
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_plain boolean;
    m clearance.mirror;
BEGIN
    PERFORM clearance_internal.require_given('through_phase', through_phase::text);
    IF relation IS NULL THEN
        RAISE EXCEPTION 'the table is null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    is_plain := EXISTS (SELECT FROM pg_class c WHERE c.oid = relation AND c.relkind = 'r' AND c.relpersistence = 'p');
    IF is_plain THEN
        -- nobody writes it or gives it children until commit, so the rows below are all there are
        EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', relation);
        PERFORM clearance_internal.require_same_now('SELECT i.inhrelid::text FROM pg_inherits i WHERE $1[1]::oid IN (i.inhrelid, i.inhparent)', relation::oid::text);
    END IF;
    IF NOT is_plain OR EXISTS (SELECT FROM pg_inherits i WHERE relation IN (i.inhrelid, i.inhparent)) THEN
        RAISE EXCEPTION '% cannot be mirrored', relation USING ERRCODE = 'wrong_object_type',
            HINT = 'Mirrored tables are ordinary, permanent ones without partitions or children.';
    ELSIF EXISTS (SELECT FROM clearance.mirror t WHERE t.relation = mirror_membership.relation) THEN
        RAISE EXCEPTION '% is mirrored already', relation USING ERRCODE = 'duplicate_object',
            HINT = 'Call clearance.unmirror_membership() first.';
    END IF;
    m.relation := relation;
    m.key_columns := clearance_internal.mirror_key(relation);
    m.project_column := project;
    m.member_column := member;
    m.level_column := access_level;
    m.starts_column := starts_at;
    m.ends_column := ends_at;
    m.through_phase := through_phase;
    IF m.key_columns = '{}' THEN
        RAISE EXCEPTION '% has no primary key that is checked at once', relation USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = 'It tells the rows apart that say the same membership.', HINT = 'Give it one that is not DEFERRABLE.';
    END IF;
    PERFORM clearance_internal.require_mirror_columns(m);

    PERFORM clearance_internal.drop_mirror_triggers(relation);    -- of a schema-only dump
    LOCK TABLE clearance.mirror IN SHARE ROW EXCLUSIVE MODE;
    INSERT INTO clearance.mirror AS t
        (relation, key_columns, project_column, member_column, level_column, starts_column, ends_column, through_phase)
    VALUES (m.relation, m.key_columns, m.project_column, m.member_column, m.level_column, m.starts_column, m.ends_column, m.through_phase)
    RETURNING t.* INTO m;
    PERFORM clearance_internal.follow_mirrored_table(m);
    RETURN m.id;
END
$$;
COMMENT ON FUNCTION clearance.mirror_membership IS
'from now on a table of the application says who is on which project, besides what else says so; access_level: column with names of levels';

CREATE FUNCTION clearance.unmirror_membership(relation regclass) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    mirror_id integer;
BEGIN
    PERFORM clearance_internal.lock_before_mirrors(ARRAY(SELECT t.relation FROM clearance.mirror t WHERE t.relation = unmirror_membership.relation),
                                                   'ACCESS EXCLUSIVE');
    DELETE FROM clearance.mirror t WHERE t.relation = unmirror_membership.relation RETURNING t.id INTO mirror_id;
    IF mirror_id IS NULL THEN
        RAISE EXCEPTION '% is not mirrored', coalesce(relation::text, 'the table') USING ERRCODE = 'undefined_object',
            HINT = 'Table clearance.mirror lists the mirrored tables.';
    END IF;
    PERFORM clearance_internal.drop_mirror_triggers(relation), clearance_internal.end_mirrored(mirror_id);
END
$$;
COMMENT ON FUNCTION clearance.unmirror_membership IS
'ends mirror_membership(): what the table says counts no more';

-- ---------------------------------------------------------------------------
-- Tables are altered and dropped
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance_internal.follow_mirrored_columns() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    renamed record;
    m clearance.mirror;
    known name[];
    watched name[];
BEGIN
    PERFORM clearance_internal.require_same_mirrors();
    FOR renamed IN
        SELECT t AS mirror, ARRAY(SELECT a.attname FROM unnest(g.tgattr) WITH ORDINALITY AS k (num, i)
                        JOIN pg_attribute a ON a.attrelid = t.relation AND a.attnum = k.num ORDER BY k.i) AS watched
        FROM clearance.mirror t JOIN pg_trigger g ON g.tgrelid = t.relation AND g.tgfoid = 'clearance_internal.follow_membership()'::regprocedure
        WHERE g.tgattr <> ''
    LOOP
        m := renamed.mirror;
        known := clearance_internal.mirrored_columns(m);
        watched := renamed.watched;
        CONTINUE WHEN known = watched;
        UPDATE clearance.mirror t SET
            key_columns = ARRAY(SELECT watched[array_position(known, k.name)] FROM unnest(m.key_columns) WITH ORDINALITY AS k (name, i) ORDER BY k.i),
            project_column = watched[array_position(known, m.project_column)],
            member_column = watched[array_position(known, m.member_column)],
            level_column = watched[array_position(known, m.level_column)],
            starts_column = watched[array_position(known, m.starts_column)],
            ends_column = watched[array_position(known, m.ends_column)]
        WHERE t.id = m.id;
        PERFORM clearance_internal.require_mirror_columns(t) FROM clearance.mirror t WHERE t.id = m.id;
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.follow_mirrored_columns IS 'mirrors know renamed columns by their new names, which their triggers know';

-- By protect_new_tables(). Rows of a child are read with its parent's, whose triggers do not hear of them; what is
-- written through a parent fires triggers of rows alone.
CREATE FUNCTION clearance_internal.refuse_mirrored_parents() RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    kept record;
BEGIN
    SELECT m.relation, m.relation = i.inhparent AS is_parent INTO kept
    FROM (SELECT t.relation, true AS by_rows FROM clearance.mirror t UNION ALL SELECT t.relation, false FROM clearance.mirror_table t) m
    JOIN pg_inherits i ON m.relation = i.inhparent OR m.relation = i.inhrelid AND NOT m.by_rows
    JOIN pg_event_trigger_ddl_commands() d ON d.classid = 'pg_class'::regclass AND d.objid IN (i.inhrelid, i.inhparent)
    ORDER BY m.relation::text LIMIT 1;
    IF FOUND THEN
        RAISE object_in_use USING
            MESSAGE = format('%s cannot %s: it is mirrored', kept.relation, CASE WHEN kept.is_parent THEN 'have children' ELSE 'be a partition or child' END),
            DETAIL = 'Its triggers would not hear of all of its rows.',
            HINT = 'Use clearance.unmirror_membership() or clearance.unmirror() to end that.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.refuse_mirrored_parents IS
'errors if a mirrored table became a parent, or one that a mirrored view reads a partition or child';

CREATE FUNCTION clearance_internal.follow_mirror_drop() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    kept regclass;
    dropped integer[];
BEGIN
    IF EXISTS (SELECT FROM pg_event_trigger_dropped_objects() d WHERE d.object_type IN ('table', 'view', 'trigger', 'table constraint')) THEN
        PERFORM clearance_internal.require_same_mirrors();
    END IF;
    SELECT t.relation INTO kept
    FROM pg_event_trigger_dropped_objects() d
    JOIN clearance.mirror t ON t.relation = to_regclass(format('%I.%I', d.address_names[1], d.address_names[2]))
    WHERE d.object_type = 'trigger' AND (d.address_names[3] IN ('0_clearance_mirror', '0_clearance_mirror_change', 'clearance_mirror_truncate')
          OR d.address_names[3] = 'clearance_mirror' AND NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.relation AND g.tgname = '0_clearance_mirror'));
    IF FOUND THEN
        RAISE EXCEPTION 'cannot drop what follows %: the table is mirrored', kept USING ERRCODE = 'object_in_use',
            DETAIL = 'Its triggers keep memberships as its rows say; they use its columns.',
            HINT = 'Use clearance.unmirror_membership() to end that.';
    END IF;
    SELECT t.relation INTO kept
    FROM pg_event_trigger_dropped_objects() d
    JOIN clearance.mirror t ON t.relation = to_regclass(format('%I.%I', d.address_names[1], d.address_names[2]))
    JOIN pg_event_trigger_dropped_objects() i ON (i.object_type, i.schema_name, i.object_name) = ('index', d.address_names[1], d.address_names[3])
    WHERE d.object_type = 'table constraint' AND t.key_columns <> clearance_internal.mirror_key(t.relation);
    IF FOUND THEN
        RAISE EXCEPTION 'cannot take the primary key off %: the table is mirrored', kept USING ERRCODE = 'object_in_use',
            DETAIL = 'It tells the rows apart that say the same membership.', HINT = 'Use clearance.unmirror_membership() to end that.';
    END IF;
    WITH gone AS (
        DELETE FROM clearance.mirror t USING pg_event_trigger_dropped_objects() d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = t.relation AND d.objsubid = 0
        RETURNING t.id
    )
    SELECT array_agg(gone.id) INTO dropped FROM gone;
    PERFORM clearance_internal.end_mirrored(d) FROM unnest(dropped) d;
    PERFORM clearance_internal.follow_dropped_views();
END
$$;
COMMENT ON FUNCTION clearance_internal.follow_mirror_drop IS 'event trigger: mirrors stay while their tables do, and go with them';

CREATE EVENT TRIGGER clearance_follow_mirror_drop ON sql_drop
    EXECUTE FUNCTION clearance_internal.follow_mirror_drop();
COMMENT ON EVENT TRIGGER clearance_follow_mirror_drop IS 'mirrors stay while their tables do, and go with them';
