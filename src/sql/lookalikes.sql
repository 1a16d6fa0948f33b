-- ---------------------------------------------------------------------------
-- Tables that look protected and are not: copies, and tables that take the name
-- of a protected one. They are what their owners make of them; who makes them
-- hears what is open.
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.warn_of_copies() RETURNS event_trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'clearance_warn_of_copies';
COMMENT ON FUNCTION clearance_internal.warn_of_copies IS 'event trigger: tells of copies of protected tables, which are open';

CREATE EVENT TRIGGER clearance_warn_of_copies ON ddl_command_start
    WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'CREATE SCHEMA', 'SELECT INTO', 'CREATE MATERIALIZED VIEW')
    EXECUTE FUNCTION clearance_internal.warn_of_copies();
COMMENT ON EVENT TRIGGER clearance_warn_of_copies IS 'warns of copies of protected tables, which are open';

-- Unprotected tables that have the name of one that is, or was, protected.
CREATE FUNCTION clearance_internal.lookalikes(OUT tab regclass, OUT original regclass) RETURNS SETOF record
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT c.oid::regclass, n.relation
    FROM clearance.protected_name n JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(n.name)
    WHERE c.oid <> n.relation AND c.relkind IN ('r', 'p', 'f', 'm') AND clearance_internal.binding_of(c.oid) IS NULL
    ORDER BY n.name;
END;
COMMENT ON FUNCTION clearance_internal.lookalikes IS
'tables that are not protected but have the name of one that is, or was; original: that one';

-- A link table of that name is no leak by itself: links are read from the table that was declared.
CREATE FUNCTION clearance_internal.warn_of_lookalike(tab regclass, original regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    message text := format('table %s is not protected, but has the name of one that was', tab);
    detail text := CASE WHEN EXISTS (SELECT FROM pg_class c WHERE c.oid = original)
                        THEN format('The protected table is now %s.', original) ELSE 'The protected table was dropped.' END;
    hint text := format('If it takes that table''s place, protect it: clearance.protect(%L, …).', tab);
BEGIN
    IF EXISTS (SELECT FROM clearance.binding b WHERE b.relation = original AND b.link_only) THEN
        RAISE NOTICE USING MESSAGE = message, DETAIL = detail, HINT = hint;
    ELSE
        RAISE WARNING USING MESSAGE = message, DETAIL = detail, HINT = hint;
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.warn_of_lookalike IS 'warns of a table that is open under the name of a protected one';

CREATE FUNCTION clearance_internal.follow_names() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    touched oid[];
BEGIN
    IF clearance_internal.is_maintaining() THEN
        RETURN;
    END IF;
    touched := ARRAY(SELECT c.oid FROM pg_event_trigger_ddl_commands() d
                     JOIN pg_class c ON (d.classid = 'pg_class'::regclass AND c.oid = d.objid)
                         OR (d.classid = 'pg_namespace'::regclass AND c.relnamespace = d.objid));
    PERFORM clearance_internal.note_name(b.relation) FROM clearance.binding b WHERE b.relation = ANY (touched);
    PERFORM clearance_internal.warn_of_lookalike(l.tab, l.original) FROM clearance_internal.lookalikes() l WHERE l.tab = ANY (touched);
END
$$;
COMMENT ON FUNCTION clearance_internal.follow_names IS
'event trigger: knows protected tables by all their names, and tells of others that take one';

CREATE EVENT TRIGGER clearance_follow_names ON ddl_command_end
    WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'CREATE SCHEMA', 'SELECT INTO', 'CREATE MATERIALIZED VIEW',
                 'CREATE FOREIGN TABLE', 'IMPORT FOREIGN SCHEMA',
                 'ALTER TABLE', 'ALTER VIEW', 'ALTER INDEX', 'ALTER MATERIALIZED VIEW', 'ALTER FOREIGN TABLE', 'ALTER SCHEMA')
    EXECUTE FUNCTION clearance_internal.follow_names();
COMMENT ON EVENT TRIGGER clearance_follow_names IS 'knows protected tables by all their names, and warns of others that take one';

CREATE FUNCTION clearance_internal.follow_dropped_names() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.warn_of_lookalike(l.tab, l.original) FROM clearance_internal.lookalikes() l
    WHERE l.original IN (SELECT d.objid FROM pg_event_trigger_dropped_objects() d WHERE d.classid = 'pg_class'::regclass);
END
$$;
COMMENT ON FUNCTION clearance_internal.follow_dropped_names IS
'event trigger: tells of a table that has the name of a protected one that is dropped';

CREATE EVENT TRIGGER clearance_follow_dropped_names ON sql_drop
    WHEN TAG IN ('DROP TABLE', 'DROP SCHEMA', 'DROP OWNED')
    EXECUTE FUNCTION clearance_internal.follow_dropped_names();
COMMENT ON EVENT TRIGGER clearance_follow_dropped_names IS 'warns of a table that has the name of a protected one that is dropped';
