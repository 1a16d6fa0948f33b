-- ---------------------------------------------------------------------------
-- What plans for whole tables rest on, beside foreign keys: see whole.c
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.forget_plans() RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_forget_plans';
COMMENT ON FUNCTION clearance_internal.forget_plans IS 'has all sessions make plans for classes of rights anew, when this transaction commits';

-- With its first project an account comes to share a table of projects. That is
-- noted already (versions.sql); here plans are told to go in time.
CREATE FUNCTION clearance_internal.note_first_project() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM clearance.project p WHERE p.account_id = NEW.account_id AND p.id <> NEW.id) THEN
        PERFORM clearance_internal.forget_plans();
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION clearance_internal.note_first_project IS 'trigger: the first project of an account ends plans for whole tables';

CREATE TRIGGER "00_clearance_note_first" AFTER INSERT OR UPDATE OF account_id ON clearance.project
    FOR EACH ROW EXECUTE FUNCTION clearance_internal.note_first_project();
ALTER TABLE clearance.project ENABLE ALWAYS TRIGGER "00_clearance_note_first";

-- Whether rows can be kept that a foreign key is to delete or change with what
-- they refer to: by a row trigger that comes before, which may be a soft
-- deletion, by a rule, or where keys are not enforced. What such a trigger does
-- is not asked. Keys that do nothing but refuse cannot be got around.
CREATE FUNCTION clearance_internal.can_outlive(relation regclass, "column" name) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH tree AS (SELECT t.tab FROM clearance_internal.table_tree(relation) AS t (tab)),
    referential AS (
        SELECT bool_or(c.confdeltype = 'c') AS deletes,
               bool_or(c.confdeltype IN ('n', 'd') OR c.confupdtype IN ('c', 'n', 'd')) AS updates
        FROM pg_catalog.pg_constraint c
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attname = "column" AND a.attnum = ANY (c.conkey)
        WHERE c.conrelid = relation AND c.contype = 'f'
    )
    SELECT coalesce(r.deletes OR r.updates, false)
        AND (current_setting('session_replication_role') = 'replica'
             OR EXISTS (SELECT FROM tree JOIN pg_catalog.pg_trigger t ON t.tgrelid = tree.tab
                        WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgtype & 3 = 3
                          AND ((r.deletes AND t.tgtype & 8 <> 0) OR (r.updates AND t.tgtype & 16 <> 0))
                          AND t.tgfoid <> 'clearance_internal.write_check()'::regprocedure)
             OR EXISTS (SELECT FROM tree JOIN pg_catalog.pg_rewrite w ON w.ev_class = tree.tab
                        WHERE (r.deletes AND w.ev_type = '4') OR (r.updates AND w.ev_type = '2'))
             OR EXISTS (SELECT FROM tree JOIN pg_catalog.pg_trigger t ON tree.tab IN (t.tgrelid, t.tgconstrrelid)
                        WHERE t.tgisinternal AND t.tgenabled NOT IN ('O', 'A')))
    FROM referential r;
END;
COMMENT ON FUNCTION clearance_internal.can_outlive IS
'whether something may keep rows that a foreign key of the column is to delete or change';

-- A project's key goes: its rows may stay. Never taken back but by repair().
CREATE FUNCTION clearance_internal.note_outlived() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_same_now('SELECT b.id::text FROM clearance.binding b');
    UPDATE clearance.binding b SET rows_outlived = true
    WHERE NOT b.rows_outlived AND b.project_column IS NOT NULL AND b.feature <> 'project'
      AND clearance_internal.can_outlive(b.relation, b.project_column);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION clearance_internal.note_outlived IS 'trigger: marks tables that may keep rows of a project whose key goes';

-- Logical replication fires row triggers alone.
CREATE TRIGGER "00_clearance_note_outlived" AFTER DELETE OR TRUNCATE ON clearance.project
    FOR EACH STATEMENT EXECUTE FUNCTION clearance_internal.note_outlived();
CREATE TRIGGER "00_clearance_note_outlived_row" AFTER DELETE ON clearance.project
    FOR EACH ROW EXECUTE FUNCTION clearance_internal.note_outlived();
CREATE TRIGGER "00_clearance_note_outlived_key" AFTER UPDATE ON clearance.project
    FOR EACH ROW WHEN (OLD.key IS DISTINCT FROM NEW.key) EXECUTE FUNCTION clearance_internal.note_outlived();
ALTER TABLE clearance.project ENABLE ALWAYS TRIGGER "00_clearance_note_outlived",
    ENABLE REPLICA TRIGGER "00_clearance_note_outlived_row", ENABLE ALWAYS TRIGGER "00_clearance_note_outlived_key";

-- Sessions know of the mark what they know of projects.
CREATE TRIGGER "00_clearance_note_change" BEFORE INSERT OR DELETE OR UPDATE OF rows_outlived ON clearance.binding
    FOR EACH ROW EXECUTE FUNCTION clearance_internal.note_change('projects', 'any');
ALTER TABLE clearance.binding ENABLE ALWAYS TRIGGER "00_clearance_note_change";

CREATE FUNCTION clearance_internal.has_outlived_rows(relation regclass, "column" name) RETURNS boolean
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_has_outlived_rows';
COMMENT ON FUNCTION clearance_internal.has_outlived_rows IS
'whether the column has a value that a foreign key says cannot be there; reads the table and those it refers to';

-- ---------------------------------------------------------------------------
-- Rows in a circle of parents, of which plans are told by the same mark
-- ---------------------------------------------------------------------------
-- Triggers of tables that are their own parents, see src/enforce/circle.c.
CREATE FUNCTION clearance_internal.note_circles() RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'clearance_note_circles';
COMMENT ON FUNCTION clearance_internal.note_circles IS 'trigger: marks a table whose rows may be in a circle of parents';

CREATE FUNCTION clearance_internal.mark_outlived(binding integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE clearance.binding b SET rows_outlived = true WHERE b.id = binding AND NOT b.rows_outlived;
END
$$;
COMMENT ON FUNCTION clearance_internal.mark_outlived IS 'marks a binding whose rows may be closed to everybody, whatever foreign keys say';

CREATE FUNCTION clearance_internal.has_circles(relation regclass, key name, above name) RETURNS boolean
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_has_circles';
COMMENT ON FUNCTION clearance_internal.has_circles IS
'whether a row is below none without a parent in the column above: it is in a circle, below one, or below a row that is not there; reads the table';

CREATE FUNCTION clearance_internal.look_for_outlived(binding integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    b clearance.binding := (SELECT x FROM clearance.binding x WHERE x.id = look_for_outlived.binding);
    outlived boolean := false;
    above name;
BEGIN
    IF b.link_only OR b.project_column IS NULL THEN
        RETURN;
    END IF;
    IF b.feature <> 'project' THEN
        outlived := clearance_internal.has_outlived_rows(b.relation, b.project_column);
    END IF;
    FOR above IN SELECT p.column_name FROM clearance.binding_parent p WHERE p.binding_id = b.id AND p.parent_id = b.id LOOP
        outlived := outlived OR clearance_internal.has_circles(b.relation, b.key_column, above);
    END LOOP;
    UPDATE clearance.binding x SET rows_outlived = outlived WHERE x.id = b.id AND x.rows_outlived <> outlived;
END
$$;
COMMENT ON FUNCTION clearance_internal.look_for_outlived IS
'marks a binding if its table has rows of projects that are gone, or in a circle of parents, else takes the mark back';
