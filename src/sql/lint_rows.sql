-- ---------------------------------------------------------------------------
-- Findings about rows: the tables of the application are read as a whole, as
-- their owners. One that could not be read is a finding.
-- ---------------------------------------------------------------------------

-- Values of a row: its key, its project, then for each parent its key and its type.
CREATE FUNCTION clearance_internal.lint_lost_in(b clearance.binding) RETURNS TABLE (fault text, key text)
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    WITH parent AS MATERIALIZED (
        SELECT 1 + 2 * row_number() OVER (ORDER BY p.id) AS at, p.column_name, p.type_column, p.type_value, p.optional, p.same_project,
               x.relation, x.key_column, x.project_column
        FROM clearance.binding_parent p JOIN clearance.binding x ON x.id = p.parent_id WHERE p.binding_id = b.id
    ), found AS MATERIALIZED (
        SELECT t."row" AS v FROM clearance_internal.table_rows(b.relation,
            ARRAY[b.key_column, b.project_column] || ARRAY(SELECT c.name FROM parent p CROSS JOIN LATERAL (VALUES (1, p.column_name), (2, p.type_column)) AS c (n, name)
                                                           ORDER BY p.at, c.n)) AS t ("row")
    ), parent_row AS MATERIALIZED (
        SELECT p.relation, t."row"[1] AS key, t."row"[2] AS project
        FROM (SELECT DISTINCT q.relation, q.key_column, q.project_column FROM parent q) p
        CROSS JOIN LATERAL clearance_internal.table_rows(p.relation, ARRAY[p.key_column, p.project_column]) AS t ("row")
    ), named AS (
        SELECT f.v, p.relation, p.optional, p.same_project, p.column_name, f.v[p.at] AS key
        FROM found f JOIN parent p ON p.type_value IS NULL OR f.v[p.at + 1] = p.type_value
    )
    SELECT 'without a project', f.v[1] FROM found f WHERE b.project_column IS NOT NULL AND NOT b.project_optional AND f.v[2] IS NULL
    UNION ALL
    SELECT 'of a project that is not registered', f.v[1] FROM found f
    WHERE NOT EXISTS (SELECT FROM clearance.project p WHERE p.key = f.v[2]) AND f.v[2] IS NOT NULL
    UNION ALL
    SELECT format('without the row of %s that "%s" asks for', n.relation, n.column_name), n.v[1] FROM named n
    WHERE CASE WHEN n.key IS NULL THEN NOT n.optional
               ELSE NOT EXISTS (SELECT FROM parent_row r WHERE (r.relation, r.key) = (n.relation, n.key)) END
    UNION ALL
    SELECT format('of a type for which no parent in "%s" is declared', p.column_name), f.v[1]
    FROM found f
    JOIN (SELECT q.column_name, min(q.at) + 1 AS type_at, array_agg(q.type_value) AS types FROM parent q WHERE q.type_column IS NOT NULL
          GROUP BY q.column_name, q.type_column HAVING NOT bool_and(q.optional)) p ON (f.v[p.type_at] = ANY (p.types)) IS NOT TRUE
    UNION ALL
    SELECT 'in two projects, its own or a parent''s and another parent''s', l.v[1]
    FROM (SELECT f.v, f.v[2] AS project FROM found f
          UNION ALL
          SELECT n.v, r.project FROM named n JOIN parent_row r ON (r.relation, r.key) = (n.relation, n.key) WHERE n.same_project) l
    GROUP BY l.v HAVING count(DISTINCT l.project) > 1
$$;
COMMENT ON FUNCTION clearance_internal.lint_lost_in IS 'rows of a protected table that nobody can see, and why';

CREATE FUNCTION clearance_internal.lint_lost_rows() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    b clearance.binding;
BEGIN
    FOR b IN SELECT * FROM clearance.binding x WHERE NOT x.link_only
             AND (x.project_column IS NOT NULL OR EXISTS (SELECT FROM clearance.binding_parent p WHERE p.binding_id = x.id)) LOOP
        BEGIN
            RETURN QUERY
            SELECT 'warning', b.relation::text || ' ' || l.fault,
                   format('rows that are closed to everybody: %s%s', count(*), ', with keys ' || array_to_string((array_agg(l.key ORDER BY l.key))[1:3], ', ')),
                   CASE WHEN b.feature = 'project' THEN 'SELECT clearance.create_project(…);' ELSE format('UPDATE %s SET … WHERE …;', b.relation) END
            FROM clearance_internal.lint_lost_in(b) l GROUP BY l.fault;
        EXCEPTION WHEN insufficient_privilege THEN
            RETURN QUERY SELECT 'warning', b.relation || ' could not be read', sqlerrm, '-- grant the owner of the table that'::text;
        END;
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.lint_lost_rows IS 'finding: rows that nobody can see';

-- Values that declarations and grants name, and where they would stand. Those of
-- guards are states to come, which rows need not have.
CREATE FUNCTION clearance_internal.lint_labels() RETURNS TABLE (relation regclass, "column" name, value text, named_by text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT b.relation, b.visibility_column, v.v, 'shared_values' FROM clearance.binding b CROSS JOIN LATERAL unnest(b.shared_values) AS v (v)
    UNION
    SELECT b.relation, p.type_column, p.type_value, 'a parent''s type' FROM clearance.binding_parent p JOIN clearance.binding b ON b.id = p.binding_id
    WHERE p.type_column IS NOT NULL
    UNION
    SELECT k.relation, k.kind, v.v, 'grants of ' || g.feature
    FROM (SELECT DISTINCT l.feature, l.kinds FROM clearance.level_grant l WHERE l.kinds IS NOT NULL) g
    CROSS JOIN LATERAL clearance_internal.kind_columns(g.feature) k CROSS JOIN LATERAL unnest(g.kinds) AS v (v)
$$;
COMMENT ON FUNCTION clearance_internal.lint_labels IS 'values of columns that declarations and grants name';

-- Enums and booleans have their values; of other types the rows tell, if there are any.
CREATE FUNCTION clearance_internal.lint_values(relation regclass, "column" name) RETURNS SETOF text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    type regtype := clearance_internal.require_column(relation, "column", 'named', true);
BEGIN
    IF type = 'boolean'::regtype THEN
        RETURN QUERY VALUES ('true'), ('false');
    ELSIF clearance_internal.key_class(type) IS NULL THEN
        RETURN QUERY SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = type;
    ELSE
        RETURN QUERY SELECT DISTINCT t."row"[1] FROM clearance_internal.table_rows(relation, ARRAY["column"]) AS t ("row");
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.lint_values IS 'values that a column has, or may have';

CREATE FUNCTION clearance_internal.lint_dead_label() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    named record;
    present text[];
BEGIN
    FOR named IN SELECT l.relation, l."column", array_agg(DISTINCT l.value) AS labels FROM clearance_internal.lint_labels() l GROUP BY 1, 2 LOOP
        BEGIN
            present := ARRAY(SELECT * FROM clearance_internal.lint_values(named.relation, named."column"));
            RETURN QUERY
            SELECT 'warning', format('%s.%I = %s', l.relation, l."column", l.value), format('no row has the value, which is named by %s', string_agg(l.named_by, ', ' ORDER BY l.named_by)),
                   '-- declare it anew with a value that rows have'
            FROM clearance_internal.lint_labels() l
            WHERE (l.relation, l."column") = (named.relation, named."column") AND present <> '{}' AND l.value <> ALL (array_remove(present, NULL))
            GROUP BY 2;
        EXCEPTION WHEN insufficient_privilege THEN
            RETURN QUERY SELECT 'warning', format('%s.%I could not be read', named.relation, named."column"), sqlerrm, '-- grant the owner of the table that'::text;
        END;
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.lint_dead_label IS 'finding: values that are named and that no row has';
