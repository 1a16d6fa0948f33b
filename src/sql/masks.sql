-- ---------------------------------------------------------------------------
-- Masked columns: they read as NULL, or as something else, for whoever lacks an
-- action on the row
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.mask_open(binding integer, mask integer, how integer, VARIADIC columns "any") RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE COST 1
AS 'MODULE_PATHNAME', 'clearance_mask_open';
COMMENT ON FUNCTION clearance.mask_open IS 'in plans: whether the actor may read a masked column of a row';

CREATE FUNCTION clearance.column_masked("row" record, "column" name, relation regclass DEFAULT NULL) RETURNS boolean
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_column_masked';
COMMENT ON FUNCTION clearance.column_masked IS
'whether the column of this row of a protected table is masked for the actor: tells masked from NULL; relation: the table, for rows of views and sub-selects that have its columns';

CREATE FUNCTION clearance_internal.may_be_masked(relation regclass, "column" name) RETURNS boolean
LANGUAGE c STABLE STRICT PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_may_be_masked';
COMMENT ON FUNCTION clearance_internal.may_be_masked IS 'whether there may be rows in which the column is masked for the actor';

CREATE FUNCTION clearance.columns(relation regclass) RETURNS TABLE (name name, may_be_masked boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.attname, clearance_internal.may_be_masked(columns.relation, a.attname)
    FROM pg_attribute a WHERE a.attrelid = columns.relation AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
$$;
COMMENT ON FUNCTION clearance.columns IS
'the columns of a table, and which of them may be masked for the actor in some row';

CREATE FUNCTION clearance.permissions("row" record, relation regclass DEFAULT NULL) RETURNS text[]
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_permissions';
COMMENT ON FUNCTION clearance.permissions IS
'the actions of the table''s feature that the actor may do to this row, as can_row() says of each; relation: the table, for rows of views and sub-selects that have its columns';

CREATE FUNCTION clearance.editable_columns("row" record, relation regclass DEFAULT NULL) RETURNS text[]
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_editable_columns';
COMMENT ON FUNCTION clearance.editable_columns IS
'the columns that the actor may change in this row as it is; what the row becomes is judged when it is written';

-- The expression that is read instead, as the server writes it; NULL: none.
CREATE FUNCTION clearance_internal.mask_text(relation regclass, "column" name, mask text,
    written_as name DEFAULT NULL) RETURNS text
LANGUAGE c STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'clearance_mask_text';
COMMENT ON FUNCTION clearance_internal.mask_text IS
'a mask as the server writes it; written_as: what it calls the column; errors unless it fits the column and runs nobody''s code';

CREATE FUNCTION clearance.mask_column(relation regclass, columns name[], view_action text,
    mask text DEFAULT NULL, filters text DEFAULT 'mask', feature text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    b clearance.binding := clearance_internal.require_columns(relation, columns, 'masked', feature, view_action);
    "column" name;
BEGIN
    PERFORM clearance_internal.require_choice('filters', filters, ARRAY['mask', 'error']);
    FOREACH "column" IN ARRAY columns LOOP
        IF EXISTS (SELECT FROM clearance.binding_mask m WHERE m.binding_id = b.id AND m.column_name = "column") THEN
            RAISE EXCEPTION 'column "%" of % is masked already', "column", relation USING ERRCODE = 'duplicate_object',
                HINT = 'Call clearance.unmask_column() first to declare it anew.';
        END IF;
        INSERT INTO clearance.binding_mask (binding_id, column_name, feature, action, mask, filters)
        VALUES (b.id, "column", coalesce(feature, b.feature), view_action,
                clearance_internal.mask_text(relation, "column", mask), filters);
    END LOOP;
    PERFORM clearance_internal.sync(b.id);
END
$$;
COMMENT ON FUNCTION clearance.mask_column(regclass, name[], text, text, text, text) IS
'the columns read as NULL, or as the mask, for whoever lacks the action on the row; filters: whether conditions see that (mask) or are refused (error)';

CREATE FUNCTION clearance.mask_column(relation regclass, "column" name, view_action text,
    mask text DEFAULT NULL, filters text DEFAULT 'mask', feature text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.mask_column(relation, ARRAY["column"], view_action, mask, filters, feature);
END
$$;
COMMENT ON FUNCTION clearance.mask_column(regclass, name, text, text, text, text) IS
'the column reads as NULL, or as the mask, for whoever lacks the action on the row; filters: whether conditions see that (mask) or are refused (error)';

CREATE FUNCTION clearance.unmask_column(relation regclass, columns name[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    b clearance.binding;
    "column" name;
BEGIN
    PERFORM clearance_internal.declare_alone();
    b := clearance_internal.require_binding(relation);
    FOREACH "column" IN ARRAY coalesce(columns, '{NULL}') LOOP
        DELETE FROM clearance.binding_mask m WHERE m.binding_id = b.id AND m.column_name = "column";
        IF NOT FOUND THEN
            RAISE EXCEPTION 'column "%" of % is not masked', "column", relation USING ERRCODE = 'undefined_object',
                HINT = 'clearance.protected_tables lists the masks.';
        END IF;
    END LOOP;
    PERFORM clearance_internal.sync(b.id);
END
$$;
COMMENT ON FUNCTION clearance.unmask_column(regclass, name[]) IS
'ends what mask_column() declared: the columns read as they are for everybody who sees the row';

CREATE FUNCTION clearance.unmask_column(relation regclass, "column" name) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.unmask_column(relation, ARRAY["column"]);
END
$$;
COMMENT ON FUNCTION clearance.unmask_column(regclass, name) IS
'ends what mask_column() declared: the column reads as it is for everybody who sees the row';

-- ---------------------------------------------------------------------------
-- Which columns can be masked
-- ---------------------------------------------------------------------------

-- Dependencies name the columns of an expression, and none for the row as a whole: the
-- expression itself says so, by the number of a Var (primnodes.h).
CREATE FUNCTION clearance_internal.names_whole_row(expression pg_node_tree) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN coalesce(expression::text LIKE '%{VAR :varno 1 :varattno 0 %', false);
COMMENT ON FUNCTION clearance_internal.names_whole_row IS
'whether an index, constraint or policy of a table goes by its rows as a whole; a sub-select''s first table counts as well';

-- Why a column of one table cannot be masked, and what to do; no row: it can.
-- What the server evaluates for everybody would tell what the column holds by
-- what it refuses, or copy it.
CREATE FUNCTION clearance_internal.unmaskable(tab regclass, b clearance.binding, "column" name)
RETURNS TABLE (reason text, advice text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    n smallint := (SELECT a.attnum FROM pg_attribute a
                   WHERE a.attrelid = tab AND a.attname = unmaskable."column" AND a.attnum > 0 AND NOT a.attisdropped);
    found_name name;
BEGIN
    IF unmaskable."column" = ANY (clearance_internal.judged_columns(b.id)) THEN
        RETURN QUERY SELECT 'The rule judges rows by it: it is bound as key, project, account, owner, parent, member, state or the like.',
            'Mask columns that the declaration does not name.';
    END IF;
    IF EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = tab AND a.attnum = n AND a.attgenerated <> '') THEN
        RETURN QUERY SELECT 'It is generated.', 'Compute it in a view, which shows what it is computed from as masked.';
    END IF;
    SELECT a.attname INTO found_name
    FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum AND a.attgenerated <> ''
    JOIN pg_depend p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.deptype = 'n'
        AND p.refclassid = 'pg_class'::regclass AND p.refobjid = tab AND p.refobjsubid = n
    WHERE d.adrelid = tab ORDER BY a.attnum LIMIT 1;
    IF FOUND THEN
        RETURN QUERY SELECT format('The generated column "%s" is computed from it.', found_name), 'Compute that one in a view.';
    END IF;
    IF EXISTS (SELECT FROM pg_partitioned_table p WHERE p.partrelid = tab AND (n = ANY (p.partattrs::smallint[])
               OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = tab AND d.objsubid = 0
                          AND d.refclassid = 'pg_class'::regclass AND d.refobjid = tab AND d.refobjsubid = n))) THEN
        RETURN QUERY SELECT 'It is a partition key: where a row is would tell its value.', 'Partition by another column.';
    END IF;
    SELECT c.conname INTO found_name FROM pg_constraint c
    WHERE c.contype = 'f' AND (c.conrelid = tab AND n = ANY (c.conkey) OR c.confrelid = tab AND n = ANY (c.confkey))
    ORDER BY c.conname LIMIT 1;
    IF FOUND THEN
        RETURN QUERY SELECT format('The foreign key "%s" compares its values.', found_name), 'Keys cannot be masked.';
    END IF;
    SELECT c.conname INTO found_name FROM pg_constraint c
    WHERE c.contype = 'c' AND c.conrelid = tab
      AND (n = ANY (c.conkey) AND cardinality(c.conkey) > 1 OR clearance_internal.names_whole_row(c.conbin))
    ORDER BY c.conname LIMIT 1;
    IF FOUND THEN
        RETURN QUERY SELECT format('The constraint "%s" compares it with other columns, and would tell by what it refuses.', found_name),
            'Check such things in a trigger, or drop the constraint.';
    END IF;
    SELECT c.relname INTO found_name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = tab AND (i.indisunique OR i.indisexclusion)
      AND (n = ANY (i.indkey) OR clearance_internal.names_whole_row(i.indexprs) OR clearance_internal.names_whole_row(i.indpred)
           OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                                         AND d.refclassid = 'pg_class'::regclass AND d.refobjid = tab AND d.refobjsubid = n))
    ORDER BY c.relname LIMIT 1;
    IF FOUND THEN
        RETURN QUERY SELECT format('The unique index or exclusion constraint "%s" would tell its values by what it refuses.', found_name),
            'Drop it, or leave the column open.';
    END IF;
    SELECT r.rulename INTO found_name FROM pg_rewrite r WHERE r.ev_class = tab ORDER BY r.rulename LIMIT 1;
    IF FOUND THEN
        RETURN QUERY SELECT format('The table has the rule "%s".', found_name), 'Use a trigger instead of the rule.';
    END IF;
    SELECT p.polname INTO found_name FROM pg_policy p
    WHERE p.polrelid = tab AND NOT clearance_internal.is_policy_name(p.polname)
      AND (clearance_internal.names_whole_row(p.polqual) OR clearance_internal.names_whole_row(p.polwithcheck)
           OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_policy'::regclass AND d.objid = p.oid
                      AND d.refclassid = 'pg_class'::regclass AND d.refobjid = tab AND d.refobjsubid = n))
    ORDER BY p.polname LIMIT 1;
    IF FOUND THEN
        RETURN QUERY SELECT format('The policy "%s" goes by it.', found_name), 'Whether a row is seen would tell its value: drop the policy.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.unmaskable IS 'why a column of a table cannot be masked, and what to do about it; no row: it can be';

-- What the rule goes by, which all that it permits would tell.
CREATE FUNCTION clearance_internal.judged_columns(binding integer) RETURNS name[]
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT array_agg(c.name) FROM (
        SELECT v.name FROM clearance.binding b
        CROSS JOIN LATERAL (VALUES (b.key_column), (b.project_column), (b.visibility_column), (b.client_visibility_column),
            (b.account_column), (b.owner_column), (b.kind_column), (b.published_column)) AS v (name)
        WHERE b.id = judged_columns.binding
        UNION ALL
        SELECT v.name FROM clearance.binding_relation r
        CROSS JOIN LATERAL (VALUES (CASE WHEN r.link IS NULL THEN r.member_column END), (r.row_column)) AS v (name)
        WHERE r.binding_id = judged_columns.binding
        UNION ALL
        SELECT v.name FROM clearance.binding_relation r JOIN clearance.binding b ON b.relation = r.link
        CROSS JOIN LATERAL (VALUES (r.member_column), (r.link_column)) AS v (name)
        WHERE b.id = judged_columns.binding
        UNION ALL
        SELECT v.name FROM clearance.binding_parent p CROSS JOIN LATERAL (VALUES (p.column_name), (p.type_column)) AS v (name)
        WHERE p.binding_id = judged_columns.binding
        UNION ALL
        SELECT g.state_column FROM clearance.binding_row_guard g WHERE g.binding_id = judged_columns.binding
    ) c WHERE c.name IS NOT NULL;
END;
COMMENT ON FUNCTION clearance_internal.judged_columns IS 'columns that decide who may do what with a row';

CREATE FUNCTION clearance_internal.require_masks(binding integer) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    refused record;
BEGIN
    SELECT t.tab, m.column_name, u.reason, u.advice INTO refused
    FROM clearance.binding b JOIN clearance.binding_mask m ON m.binding_id = b.id
    CROSS JOIN LATERAL clearance_internal.table_tree(b.relation) AS t (tab)
    CROSS JOIN LATERAL clearance_internal.unmaskable(t.tab, b, m.column_name) u
    WHERE b.id = require_masks.binding
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'column "%" of % cannot be masked', refused.column_name, refused.tab
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = refused.reason, HINT = refused.advice;
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_masks IS 'errors if a masked column of a binding cannot be masked';

-- Whatever is made later keeps to that as well.
CREATE FUNCTION clearance_internal.keep_masks() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT clearance_internal.is_maintaining() THEN
        PERFORM clearance_internal.require_masks(m.binding_id) FROM (SELECT DISTINCT x.binding_id FROM clearance.binding_mask x) m;
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.keep_masks IS 'event trigger: nothing is made that would tell what masked columns hold';

CREATE EVENT TRIGGER clearance_keep_masks ON ddl_command_end
    WHEN TAG IN ('ALTER TABLE', 'CREATE TABLE', 'CREATE SCHEMA', 'CREATE INDEX', 'CREATE RULE', 'CREATE POLICY', 'ALTER POLICY')
    EXECUTE FUNCTION clearance_internal.keep_masks();
COMMENT ON EVENT TRIGGER clearance_keep_masks IS 'nothing is made that would tell what masked columns hold';

-- ---------------------------------------------------------------------------
-- Masks are texts, which know types, labels of enums, collations and schemas by
-- name: they follow what is renamed, and what they name stays.
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance_internal.note_mask(id integer, relation regclass, "column" name, mask text) RETURNS void
LANGUAGE c SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'clearance_note_mask';
COMMENT ON FUNCTION clearance_internal.note_mask IS 'keeps what a mask means until the transaction ends';

CREATE FUNCTION clearance_internal.noted_mask(id integer) RETURNS text
LANGUAGE c STRICT SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'clearance_noted_mask';
COMMENT ON FUNCTION clearance_internal.noted_mask IS 'what note_mask() kept, as the server writes it now; NULL: nothing';

CREATE FUNCTION clearance_internal.written_masks() RETURNS TABLE (id integer, binding integer, relation regclass, "column" name, mask text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT m.id, b.id, b.relation, m.column_name, m.mask
    FROM clearance.binding_mask m JOIN clearance.binding b ON b.id = m.binding_id
    WHERE m.mask IS NOT NULL ORDER BY m.id;
END;
COMMENT ON FUNCTION clearance_internal.written_masks IS 'masks that are expressions';

-- After ALTER EXTENSION they may be of two versions: then nothing here answers until there is another library.
CREATE FUNCTION clearance_internal.is_of_one_version() RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT e.extversion = clearance_internal.library_version() FROM pg_catalog.pg_extension e WHERE e.extname = 'pg_clearance';
END;
COMMENT ON FUNCTION clearance_internal.is_of_one_version IS 'whether library and extension are of one version';

CREATE FUNCTION clearance_internal.note_masks() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m record;
BEGIN
    IF NOT clearance_internal.is_of_one_version() THEN
        RETURN;
    END IF;
    FOR m IN SELECT * FROM clearance_internal.written_masks() LOOP
        BEGIN
            PERFORM clearance_internal.note_mask(m.id, m.relation, m."column", m.mask);
        EXCEPTION WHEN syntax_error_or_access_rule_violation OR data_exception OR feature_not_supported OR invalid_schema_name THEN
            NULL; -- it is none any more: what mends it must not be refused; whatever else happens passes, and is an error
        END;
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.note_masks IS 'event trigger: keeps what masks mean before something is renamed';

CREATE FUNCTION clearance_internal.follow_masks() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m record;
BEGIN
    IF NOT clearance_internal.is_of_one_version() THEN
        RETURN;
    END IF;
    FOR m IN
        SELECT w.id, w.binding, n.mask FROM clearance_internal.written_masks() w
        CROSS JOIN LATERAL clearance_internal.noted_mask(w.id) AS n (mask)
        WHERE n.mask <> w.mask
    LOOP
        UPDATE clearance.binding_mask x SET mask = m.mask WHERE x.id = m.id;
        -- whoever uses the table waits until names and masks are one again
        PERFORM clearance_internal.sync(m.binding);
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.follow_masks IS 'event trigger: masks follow what was renamed';

CREATE FUNCTION clearance_internal.keep_mask_names() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    gone text := (SELECT string_agg(d.object_identity, ', ') FROM pg_event_trigger_dropped_objects() d
                  WHERE d.object_type IN ('type', 'collation') AND d.object_identity NOT LIKE '%[]'
                    AND NOT EXISTS (SELECT FROM pg_event_trigger_dropped_objects() r
                                    WHERE r.object_type <> 'type' AND r.object_identity = d.object_identity)); -- of a table's rows
    m record;
BEGIN
    IF gone IS NULL THEN
        RETURN;
    END IF;
    FOR m IN -- others may have been broken before; the server writes names in both
        SELECT * FROM clearance_internal.written_masks() w
        WHERE EXISTS (SELECT FROM pg_event_trigger_dropped_objects() d WHERE position(d.object_identity IN w.mask) > 0)
    LOOP
        BEGIN
            PERFORM clearance_internal.mask_text(m.relation, m."column", m.mask);
        EXCEPTION WHEN undefined_object OR invalid_schema_name THEN
            RAISE EXCEPTION 'cannot drop %: the mask of column "%" of % names what would not be there', gone, m."column", m.relation
                USING ERRCODE = 'dependent_objects_still_exist', DETAIL = SQLERRM || '.',
                HINT = 'Call clearance.unmask_column() first, and mask it anew.';
        END;
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.keep_mask_names IS 'event trigger: what masks name stays';

CREATE EVENT TRIGGER clearance_note_masks ON ddl_command_start
    WHEN TAG IN ('ALTER TYPE', 'ALTER DOMAIN', 'ALTER COLLATION', 'ALTER SCHEMA', 'ALTER EXTENSION')
    EXECUTE FUNCTION clearance_internal.note_masks();
COMMENT ON EVENT TRIGGER clearance_note_masks IS 'keeps what masks mean before something is renamed';

CREATE EVENT TRIGGER clearance_follow_masks ON ddl_command_end
    WHEN TAG IN ('ALTER TYPE', 'ALTER DOMAIN', 'ALTER COLLATION', 'ALTER SCHEMA', 'ALTER EXTENSION')
    EXECUTE FUNCTION clearance_internal.follow_masks();
COMMENT ON EVENT TRIGGER clearance_follow_masks IS 'masks follow what was renamed';

-- After follow_drop(), as keep_keys_unique().
CREATE EVENT TRIGGER clearance_keep_mask_names ON sql_drop
    EXECUTE FUNCTION clearance_internal.keep_mask_names();
COMMENT ON EVENT TRIGGER clearance_keep_mask_names IS 'what masks name stays';
