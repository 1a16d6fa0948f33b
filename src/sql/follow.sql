-- ---------------------------------------------------------------------------
-- Declarations mean columns and labels, not their names: they follow what is
-- renamed, or the command is refused where it is not certain what they mean
-- then. Tables, schemas, types and roles they know by identity.
-- ---------------------------------------------------------------------------

-- Policies know their columns by number; a binding, by name.
CREATE FUNCTION clearance_internal.follow_bound_columns(binding integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    b clearance.binding;
    present text[];
    renamed record;
BEGIN
    SELECT * INTO b FROM clearance.binding x WHERE x.id = binding;
    present := clearance_internal.policy_columns(b.relation, b.id);
    IF present IS NULL OR cardinality(present) <> cardinality(b.columns) OR present = b.columns::text[] THEN
        RETURN;
    END IF;
    FOR renamed IN
        SELECT o.name AS old, n.name::name AS new
        FROM unnest(b.columns) WITH ORDINALITY AS o (name, i)
        JOIN unnest(present) WITH ORDINALITY AS n (name, i) USING (i)
        WHERE o.name <> n.name
    LOOP
        UPDATE clearance.binding x SET
            key_column = CASE key_column WHEN renamed.old THEN renamed.new ELSE key_column END,
            project_column = CASE project_column WHEN renamed.old THEN renamed.new ELSE project_column END,
            visibility_column = CASE visibility_column WHEN renamed.old THEN renamed.new ELSE visibility_column END,
            client_visibility_column = CASE client_visibility_column WHEN renamed.old THEN renamed.new ELSE client_visibility_column END,
            account_column = CASE account_column WHEN renamed.old THEN renamed.new ELSE account_column END,
            owner_column = CASE owner_column WHEN renamed.old THEN renamed.new ELSE owner_column END,
            kind_column = CASE kind_column WHEN renamed.old THEN renamed.new ELSE kind_column END,
            published_column = CASE published_column WHEN renamed.old THEN renamed.new ELSE published_column END
        WHERE x.id = b.id;
        UPDATE clearance.binding_relation r SET row_column = renamed.new WHERE r.binding_id = b.id AND r.row_column = renamed.old;
        UPDATE clearance.binding_relation r SET member_column = renamed.new
        WHERE r.member_column = renamed.old AND (r.link = b.relation OR (r.binding_id = b.id AND r.link IS NULL));
        UPDATE clearance.binding_relation r SET link_column = renamed.new WHERE r.link_column = renamed.old AND r.link = b.relation;
        UPDATE clearance.binding_parent p SET column_name = renamed.new WHERE p.binding_id = b.id AND p.column_name = renamed.old;
        UPDATE clearance.binding_parent p SET type_column = renamed.new WHERE p.binding_id = b.id AND p.type_column = renamed.old;
        UPDATE clearance.binding_guard g SET column_name = renamed.new WHERE g.binding_id = b.id AND g.column_name = renamed.old;
        UPDATE clearance.binding_row_guard g SET columns = array_replace(g.columns, renamed.old, renamed.new),
            state_column = CASE g.state_column WHEN renamed.old THEN renamed.new ELSE g.state_column END
        WHERE g.binding_id = b.id;
        UPDATE clearance.binding_mask m SET column_name = renamed.new,
            mask = clearance_internal.mask_text(b.relation, renamed.new, m.mask, renamed.old)
        WHERE m.binding_id = b.id AND m.column_name = renamed.old;
    END LOOP;
    PERFORM clearance_internal.sync(b.id);
END
$$;
COMMENT ON FUNCTION clearance_internal.follow_bound_columns IS
'binds renamed columns under their new names, which the policies know';

CREATE FUNCTION clearance_internal.follow_renamed_columns() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    SELECT clearance_internal.follow_bound_columns(b.id) FROM clearance.binding b ORDER BY b.declared;
    SELECT clearance_internal.follow_mirrored_columns();
$$;
COMMENT ON FUNCTION clearance_internal.follow_renamed_columns IS 'binds and mirrors columns of all tables under their present names';

-- ---------------------------------------------------------------------------
-- Labels of enums
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance_internal.is_of_type(relation oid, "column" name, type oid) RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH RECURSIVE below AS (
        SELECT a.atttypid AS type FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = relation AND a.attname = "column" AND NOT a.attisdropped
        UNION ALL
        SELECT t.typbasetype FROM below b JOIN pg_catalog.pg_type t ON t.oid = b.type AND t.typtype = 'd'
    )
    SELECT is_of_type.type IN (SELECT b.type FROM below b);
END;
COMMENT ON FUNCTION clearance_internal.is_of_type IS 'whether a column is of a type, be it by domains';

-- What declarations about tables name of a type's labels.
CREATE FUNCTION clearance_internal.labels_of(type oid) RETURNS TABLE (binding integer, label text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT b.id, l.label
    FROM clearance.binding b
    CROSS JOIN LATERAL (
        SELECT b.visibility_column, unnest(b.shared_values)
        UNION ALL
        SELECT g.column_name, g.new_value FROM clearance.binding_guard g WHERE g.binding_id = b.id
        UNION ALL
        SELECT g.state_column, unnest(g.state_values) FROM clearance.binding_row_guard g WHERE g.binding_id = b.id
        UNION ALL
        SELECT p.type_column, p.type_value FROM clearance.binding_parent p WHERE p.binding_id = b.id
        UNION ALL
        SELECT b.client_visibility_column, unnest('{hidden,read,edit}'::text[])
    ) AS l ("column", label)
    WHERE l.label IS NOT NULL AND clearance_internal.is_of_type(b.relation, l."column", labels_of.type);
END;
COMMENT ON FUNCTION clearance_internal.labels_of IS 'labels of a type that declarations about protected tables name';

-- Kinds of a grant are compared with the kind column of whatever table it is
-- asked about: those of its feature, those with guards of that feature, and
-- those whose actions have gates of it.
CREATE FUNCTION clearance_internal.kind_columns(feature text) RETURNS TABLE (binding integer, relation regclass, kind name)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH RECURSIVE asked AS (
        SELECT b.id, f.feature
        FROM clearance.binding b
        CROSS JOIN LATERAL (SELECT b.feature UNION SELECT g.feature FROM clearance.binding_guard g WHERE g.binding_id = b.id
                            UNION SELECT g.feature FROM clearance.binding_row_guard g WHERE g.binding_id = b.id) f
        WHERE b.kind_column IS NOT NULL
        UNION
        SELECT a.id, g.gate_feature FROM asked a JOIN clearance.gate g ON g.feature = a.feature
    )
    SELECT b.id, b.relation, b.kind_column FROM asked a JOIN clearance.binding b ON b.id = a.id
    WHERE a.feature = kind_columns.feature;
END;
COMMENT ON FUNCTION clearance_internal.kind_columns IS 'kind columns that the kinds of a feature''s grants are compared with';

CREATE FUNCTION clearance_internal.refuse_label(type oid, label text, why text, advice text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'cannot rename label "%" of %', label, type::regtype
        USING ERRCODE = 'object_in_use', DETAIL = why, HINT = advice;
END
$$;
COMMENT ON FUNCTION clearance_internal.refuse_label IS 'the error for a label that cannot be followed';

CREATE FUNCTION clearance_internal.follow_renamed_label(type oid, old_label text, new_label text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    named regclass;
    changed integer[];
BEGIN
    SELECT b.relation INTO named FROM clearance.binding b
    WHERE clearance_internal.is_of_type(b.relation, b.client_visibility_column, follow_renamed_label.type)
      AND '{hidden,read,edit}'::text[] && ARRAY[old_label, new_label];
    IF FOUND THEN
        PERFORM clearance_internal.refuse_label(type, old_label,
            format('hidden, read and edit are what %s says to customers.', named), 'Leave these labels as they are.');
    END IF;
    -- a name that a declaration has kept, of a label that is not there
    SELECT b.relation INTO named FROM clearance_internal.labels_of(type) l JOIN clearance.binding b ON b.id = l.binding
    WHERE l.label = new_label;
    IF FOUND THEN
        PERFORM clearance_internal.refuse_label(type, old_label,
            format('A declaration about %s names "%s", which is no label yet.', named, new_label),
            'Use clearance.unprotect() and declare the table again, or choose another label.');
    END IF;

    changed := ARRAY(SELECT DISTINCT l.binding FROM clearance_internal.labels_of(type) l WHERE l.label = old_label)
        || clearance_internal.follow_renamed_kind(type, old_label, new_label);
    UPDATE clearance.binding b SET shared_values = array_replace(b.shared_values, old_label, new_label)
    WHERE clearance_internal.is_of_type(b.relation, b.visibility_column, follow_renamed_label.type);
    UPDATE clearance.binding_guard g SET new_value = new_label FROM clearance.binding b
    WHERE b.id = g.binding_id AND g.new_value = old_label
      AND clearance_internal.is_of_type(b.relation, g.column_name, follow_renamed_label.type);
    UPDATE clearance.binding_row_guard g SET state_values = array_replace(g.state_values, old_label, new_label)
    FROM clearance.binding b
    WHERE b.id = g.binding_id AND clearance_internal.is_of_type(b.relation, g.state_column, follow_renamed_label.type);
    UPDATE clearance.binding_parent p SET type_value = new_label FROM clearance.binding b
    WHERE b.id = p.binding_id AND p.type_value = old_label
      AND clearance_internal.is_of_type(b.relation, p.type_column, follow_renamed_label.type);
    -- whoever uses these tables waits until labels and declarations are one again
    PERFORM clearance_internal.sync(b) FROM (SELECT DISTINCT unnest(changed) ORDER BY 1) AS c (b);
END
$$;
COMMENT ON FUNCTION clearance_internal.follow_renamed_label IS
'guards, shared values, types of parents and kinds of grants follow a renamed label; errors if it is not certain which do';

-- Returns the tables whose rows the grants are about.
CREATE FUNCTION clearance_internal.follow_renamed_kind(type oid, old_label text, new_label text) RETURNS integer[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    given record;
    other regclass;
    changed integer[] := '{}';
BEGIN
    FOR given IN
        SELECT g.level_id, g.feature, g.action, g.kinds, l.name AS level
        FROM clearance.level_grant g JOIN clearance.level l ON l.id = g.level_id
        WHERE g.kinds && ARRAY[old_label, new_label]
          AND EXISTS (SELECT FROM clearance_internal.kind_columns(g.feature) k
                      WHERE clearance_internal.is_of_type(k.relation, k.kind, follow_renamed_kind.type))
        ORDER BY g.feature, g.action, l.name
    LOOP
        IF new_label = ANY (given.kinds) THEN
            PERFORM clearance_internal.refuse_label(type, old_label,
                format('Level "%s" is granted %s.%s for the kind "%s" already.', given.level, given.feature, given.action, new_label),
                'Take the grant away with clearance.deny(), rename the label, and give it again with clearance.allow(), in one transaction.');
        END IF;
        SELECT k.relation INTO other FROM clearance_internal.kind_columns(given.feature) k
        WHERE NOT clearance_internal.is_of_type(k.relation, k.kind, follow_renamed_kind.type);
        IF FOUND THEN
            PERFORM clearance_internal.refuse_label(type, old_label,
                format('Level "%s" is granted %s.%s for this kind, also of %s, whose kinds are of another type.',
                       given.level, given.feature, given.action, other),
                'Take the grant away with clearance.deny(), rename the label, and give it again with clearance.allow(), in one transaction.');
        END IF;
        UPDATE clearance.level_grant g
        SET kinds = (SELECT array_agg(k ORDER BY k) FROM unnest(array_replace(g.kinds, old_label, new_label)) k)
        WHERE (g.level_id, g.feature, g.action, g.kinds) = (given.level_id, given.feature, given.action, given.kinds);
        changed := changed || ARRAY(SELECT k.binding FROM clearance_internal.kind_columns(given.feature) k);
    END LOOP;
    RETURN changed;
END
$$;
COMMENT ON FUNCTION clearance_internal.follow_renamed_kind IS
'kinds of grants follow a renamed label; errors if tables with other kinds are meant too';

CREATE FUNCTION clearance_internal.follow_rename() RETURNS event_trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'clearance_follow_rename';
COMMENT ON FUNCTION clearance_internal.follow_rename IS 'event trigger: declarations follow renamed columns and labels';

CREATE EVENT TRIGGER clearance_follow_rename ON ddl_command_end
    WHEN TAG IN ('ALTER TABLE', 'ALTER VIEW', 'ALTER MATERIALIZED VIEW', 'ALTER FOREIGN TABLE', 'ALTER TYPE')
    EXECUTE FUNCTION clearance_internal.follow_rename();
COMMENT ON EVENT TRIGGER clearance_follow_rename IS 'declarations follow renamed columns and labels';

-- ---------------------------------------------------------------------------
-- Keys of protected tables stay unique: with two rows of one key, one would
-- open what belongs to the other. After follow_drop(): event triggers fire in
-- the order of their names.
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.keep_keys_unique() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    b clearance.binding;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_event_trigger_dropped_objects() d WHERE d.object_type = 'index') THEN
        RETURN;
    END IF;
    SELECT * INTO b FROM clearance.binding x
    WHERE x.key_column IS NOT NULL AND NOT clearance_internal.is_row_key(x.relation, x.key_column);
    IF FOUND THEN
        RAISE EXCEPTION 'cannot drop the unique index of column "%" of %: it is the key of a protected table', b.key_column, b.relation
            USING ERRCODE = 'object_in_use', HINT = 'Create another one first, or drop and add it in one ALTER TABLE.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.keep_keys_unique IS 'event trigger: key columns of protected tables keep a unique index';

CREATE EVENT TRIGGER clearance_keep_keys_unique ON sql_drop
    EXECUTE FUNCTION clearance_internal.keep_keys_unique();
COMMENT ON EVENT TRIGGER clearance_keep_keys_unique IS 'key columns of protected tables keep a unique index';

-- ---------------------------------------------------------------------------
-- Tables of projects are dropped, or their partitions come and go
-- ---------------------------------------------------------------------------

-- A partition has no binding of its own, but this trigger. After follow_drop(),
-- too.
CREATE FUNCTION clearance_internal.follow_dropped_projects() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT clearance_internal.is_maintaining()
        AND EXISTS (SELECT FROM pg_event_trigger_dropped_objects() d
                    WHERE d.object_type = 'trigger' AND d.address_names[3] = '00_clearance_truncate') THEN
        PERFORM clearance_internal.forget_projects();
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.follow_dropped_projects IS 'event trigger: projects go with the table that held their rows';

CREATE EVENT TRIGGER clearance_forget_projects ON sql_drop
    EXECUTE FUNCTION clearance_internal.follow_dropped_projects();
COMMENT ON EVENT TRIGGER clearance_forget_projects IS 'projects go with the table that held their rows';

CREATE FUNCTION clearance_internal.take_in(binding integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    b clearance.binding;
BEGIN
    PERFORM clearance_internal.sync(binding);
    SELECT * INTO b FROM clearance.binding x WHERE x.id = binding;
    IF b.feature = 'project' AND NOT b.link_only THEN
        PERFORM clearance_internal.register_existing_projects(b.relation, b.project_column, b.account_column);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.take_in IS 'protects partitions and children that came to a table, and registers their projects';
