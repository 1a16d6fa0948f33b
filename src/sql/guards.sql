-- ---------------------------------------------------------------------------
-- Guards: columns, and rows in some state, whose change needs an action of its
-- own
-- ---------------------------------------------------------------------------

-- What declarations about columns have in common.
CREATE FUNCTION clearance_internal.require_columns(relation regclass, columns name[], purpose text, feature text, action text)
RETURNS clearance.binding
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    b clearance.binding;
    "column" name;
    seen name[] := '{}';
BEGIN
    PERFORM clearance_internal.declare_alone();
    b := clearance_internal.require_binding(relation);
    IF coalesce(cardinality(columns), 0) = 0 THEN
        RAISE EXCEPTION 'no column of % is named', relation USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Name one, or several as an array: ARRAY[''price'', ''currency''].';
    END IF;
    FOREACH "column" IN ARRAY columns LOOP
        PERFORM clearance_internal.require_column(relation, "column", purpose, true);
        IF "column" = ANY (seen) THEN
            RAISE EXCEPTION 'column "%" is named twice', "column" USING ERRCODE = 'invalid_parameter_value',
                HINT = 'Name each column once.';
        END IF;
        seen := seen || "column";
    END LOOP;
    PERFORM clearance_internal.require_action(coalesce(feature, b.feature), action);
    IF b.link_only THEN
        RAISE EXCEPTION '% is a link table', relation USING ERRCODE = 'wrong_object_type',
            DETAIL = 'Its rows are read and written by what is permitted on those that they link.',
            HINT = 'Protect it with clearance.protect() to declare more about its columns.';
    END IF;
    RETURN b;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_columns IS
'the binding of a table, or an error unless a declaration can name these columns and this action';

-- ---------------------------------------------------------------------------
-- Columns
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.guarded_value(relation regclass, "column" name, value text) RETURNS text
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN clearance_internal.canonical_value(value, clearance_internal.require_label_column(relation, "column", 'guarded'), 'the guarded value');
END
$$;
COMMENT ON FUNCTION clearance_internal.guarded_value IS 'a value that a guard is about, as the column''s type writes it; NULL: none';

CREATE FUNCTION clearance.guard_column(relation regclass, columns name[], action text,
    feature text DEFAULT NULL, new_value text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    b clearance.binding := clearance_internal.require_columns(relation, columns, 'guarded', feature, action);
    "column" name;
    value text;
BEGIN
    FOREACH "column" IN ARRAY columns LOOP
        value := clearance_internal.guarded_value(relation, "column", new_value);
        IF EXISTS (SELECT FROM clearance.binding_guard g WHERE g.binding_id = b.id AND g.column_name = "column"
                   AND g.new_value IS NOT DISTINCT FROM value) THEN
            RAISE EXCEPTION 'column "%" of % is guarded already', "column", relation USING ERRCODE = 'duplicate_object',
                HINT = 'clearance.protected_tables lists the guards.';
        END IF;
        IF value IS NOT NULL THEN
            PERFORM clearance_internal.notice_values(relation, "column", ARRAY[value]);
        END IF;
        INSERT INTO clearance.binding_guard (binding_id, column_name, feature, action, new_value)
        VALUES (b.id, "column", coalesce(feature, b.feature), action, value);
    END LOOP;
    PERFORM clearance_internal.sync(b.id);
END
$$;
COMMENT ON FUNCTION clearance.guard_column(regclass, name[], text, text, text) IS
'a change of any of the columns needs this action instead of edit; with new_value, a change to that value';

CREATE FUNCTION clearance.guard_column(relation regclass, "column" name, action text,
    feature text DEFAULT NULL, new_value text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.guard_column(relation, ARRAY["column"], action, feature, new_value);
END
$$;
COMMENT ON FUNCTION clearance.guard_column(regclass, name, text, text, text) IS
'a change of the column needs this action instead of edit; with new_value, a change to that value';

CREATE FUNCTION clearance.unguard_column(relation regclass, columns name[], new_value text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    b clearance.binding;
    "column" name;
    value text;
BEGIN
    PERFORM clearance_internal.declare_alone();
    b := clearance_internal.require_binding(relation);
    FOREACH "column" IN ARRAY coalesce(columns, '{NULL}') LOOP
        value := clearance_internal.guarded_value(relation, "column", new_value);
        DELETE FROM clearance.binding_guard g
        WHERE g.binding_id = b.id AND g.column_name = "column" AND g.new_value IS NOT DISTINCT FROM value;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'no guard of column "%" of % is about %', "column", relation, coalesce('"' || value || '"', 'all values')
                USING ERRCODE = 'undefined_object',
                HINT = 'clearance.protected_tables lists the guards; new_value names the one that is about a value.';
        END IF;
    END LOOP;
    PERFORM clearance_internal.sync(b.id);
END
$$;
COMMENT ON FUNCTION clearance.unguard_column(regclass, name[], text) IS
'ends what guard_column() declared for these columns and this value, or for all values';

CREATE FUNCTION clearance.unguard_column(relation regclass, "column" name, new_value text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.unguard_column(relation, ARRAY["column"], new_value);
END
$$;
COMMENT ON FUNCTION clearance.unguard_column(regclass, name, text) IS
'ends what guard_column() declared for this column and this value, or for all values';

-- ---------------------------------------------------------------------------
-- Rows, while they are in some state
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance.guard_row(relation regclass, state_column name, state_values text[], edit_action text,
    delete_action text DEFAULT NULL, feature text DEFAULT NULL, columns name[] DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    b clearance.binding := clearance_internal.require_columns(relation, ARRAY[state_column], 'state', feature, edit_action);
    type regtype := clearance_internal.require_label_column(relation, state_column, 'state');
BEGIN
    feature := coalesce(feature, b.feature);
    delete_action := coalesce(delete_action, edit_action);
    PERFORM clearance_internal.require_action(feature, delete_action);
    IF columns IS NOT NULL THEN
        PERFORM clearance_internal.require_columns(relation, columns, 'guarded', feature, edit_action);
    END IF;
    IF coalesce(cardinality(state_values), 0) = 0 THEN
        RAISE EXCEPTION 'which values of "%" guard a row is not said', state_column USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Pass them: state_values => ''{approved,posted}'', or ''{true}'' for a flag.';
    END IF;
    state_values := ARRAY(SELECT DISTINCT clearance_internal.canonical_value(v.value, type, 'a state') AS value
                          FROM unnest(state_values) AS v (value) ORDER BY value);
    IF EXISTS (SELECT FROM clearance.binding_row_guard g
               WHERE g.binding_id = b.id AND g.state_column = state_column
                 AND (g.state_values && state_values OR array_position(g.state_values, NULL) + array_position(state_values, NULL) > 0)
                 AND (g.columns && columns OR g.columns IS NULL AND columns IS NULL)) THEN
        RAISE EXCEPTION 'rows of % are guarded already in such a state', relation USING ERRCODE = 'duplicate_object',
            DETAIL = format('Of two guards by "%s", each is about states of its own, or about columns of its own.', state_column),
            HINT = 'Call clearance.unguard_row() first to declare them anew.';
    END IF;
    PERFORM clearance_internal.notice_values(relation, state_column, array_remove(state_values, NULL));
    INSERT INTO clearance.binding_row_guard (binding_id, state_column, state_values, columns, feature, edit_action, delete_action)
    VALUES (b.id, state_column, state_values, columns, feature, edit_action, delete_action);
    PERFORM clearance_internal.sync(b.id);
END
$$;
COMMENT ON FUNCTION clearance.guard_row IS
'while a column of the row holds one of these values, changing the row (these columns, or all that no other such guard names) needs this action as well, and so does deleting it';

CREATE FUNCTION clearance.unguard_row(relation regclass, state_column name) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    b clearance.binding;
BEGIN
    PERFORM clearance_internal.declare_alone();
    b := clearance_internal.require_binding(relation);
    DELETE FROM clearance.binding_row_guard g WHERE g.binding_id = b.id AND g.state_column = unguard_row.state_column;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'rows of % are not guarded by "%"', relation, state_column USING ERRCODE = 'undefined_object',
            HINT = 'clearance.protected_tables lists the guards.';
    END IF;
    PERFORM clearance_internal.sync(b.id);
END
$$;
COMMENT ON FUNCTION clearance.unguard_row IS 'ends all that guard_row() declared by this column';
