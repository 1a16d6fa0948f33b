-- ---------------------------------------------------------------------------
-- Mirrored views: an application's own permission tables, as a view of it says
-- what they mean here, are followed in the statement that changes them.
--
-- The view is read as its owner, like tables of the application. Triggers on
-- the tables that it reads have it read anew, all of it or the rows that have a
-- value of a changed row in a column that was named for the table; what it says
-- now is compared with what it said before. Who reads a view waits for who
-- changed what it reads: rows of the view may come from several tables.
--
-- The server knows what the view means by its tables and columns: renames are
-- followed, and what it needs is not dropped without it.
-- ---------------------------------------------------------------------------

-- ---------------------------------------------------------------------------
-- What views read
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.views_within(view regclass) RETURNS SETOF regclass
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH RECURSIVE within AS (
        SELECT views_within.view::oid AS view
        UNION
        SELECT d.refobjid FROM within w JOIN pg_rewrite r ON r.ev_class = w.view
        JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
        JOIN pg_class c ON c.oid = d.refobjid AND c.relkind = 'v'
    )
    SELECT w.view::regclass FROM within w;
END
$$;
COMMENT ON FUNCTION clearance_internal.views_within IS 'internal: a view and all views that it reads';

-- Where a view names a whole row, all its columns count (varattno 0, see primnodes.h).
-- In PL/pgSQL, which keeps plans: triggers ask at each statement.
CREATE FUNCTION clearance_internal.tables_within(view regclass) RETURNS TABLE (relation regclass, columns name[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH rule AS MATERIALIZED (
        SELECT r.oid, position(':varattno 0 ' IN r.ev_action::text) > 0 AS names_rows
        FROM clearance_internal.views_within(tables_within.view) w JOIN pg_rewrite r ON r.ev_class = w
    ), used AS MATERIALIZED (
        SELECT d.refobjid AS relation, d.refobjsubid AS num, r.names_rows
        FROM rule r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
        JOIN pg_class c ON c.oid = d.refobjid AND c.relkind <> 'v'
    )
    SELECT u.relation::regclass, coalesce(array_agg(a.attname ORDER BY a.attname) FILTER (WHERE a.attname IS NOT NULL), '{}')
    FROM (SELECT u.relation, u.num FROM used u
          UNION
          SELECT u.relation, a.attnum FROM used u JOIN pg_attribute a ON a.attrelid = u.relation WHERE u.names_rows) u
    LEFT JOIN pg_attribute a ON a.attrelid = u.relation AND a.attnum = u.num AND a.attnum > 0 AND NOT a.attisdropped
    GROUP BY u.relation;
END
$$;
COMMENT ON FUNCTION clearance_internal.tables_within IS 'internal: the tables that a view reads, and which columns of them';

-- The server notes no dependency on what it made itself.
CREATE FUNCTION clearance_internal.system_tables_within(view regclass) RETURNS SETOF regclass
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT DISTINCT c.oid::regclass
    FROM clearance_internal.views_within(view) w JOIN pg_rewrite r ON r.ev_class = w
    CROSS JOIN LATERAL regexp_matches(r.ev_action::text, ':relid ([0-9]+)', 'g') m
    JOIN pg_class c ON c.oid = m[1]::oid AND c.relnamespace = 'pg_catalog'::regnamespace
$$;
COMMENT ON FUNCTION clearance_internal.system_tables_within IS 'internal: tables and views of the system that a view reads';

CREATE FUNCTION clearance_internal.mirror_has(view regclass, "column" name) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = view AND a.attname = "column" AND a.attnum > 0 AND NOT a.attisdropped) $$;
COMMENT ON FUNCTION clearance_internal.mirror_has IS 'internal: whether a view has a column';

CREATE FUNCTION clearance_internal.mirror_kind_hint(kind text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('Columns of a view of kind %s are: %s.', kind, string_agg(c.name || CASE WHEN c.required THEN '' ELSE ' (may be left out)' END, ', ' ORDER BY c.no))
    FROM clearance_internal.mirror_kind_columns(kind) c
$$;
COMMENT ON FUNCTION clearance_internal.mirror_kind_hint IS 'internal: for messages, which columns views of a kind have';

CREATE FUNCTION clearance_internal.require_mirror_view_columns(view regclass, kind text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wrong record;
BEGIN
    SELECT c.name, c.holds, a.atttypid::regtype AS type INTO wrong
    FROM clearance_internal.mirror_kind_columns(kind) c
    LEFT JOIN pg_attribute a ON a.attrelid = view AND a.attname = c.name AND a.attnum > 0
    WHERE CASE WHEN a.attname IS NULL THEN c.required
               ELSE CASE c.holds
                    WHEN 'key' THEN clearance_internal.key_class(a.atttypid) IS NULL
                    WHEN 'text' THEN clearance_internal.key_class(a.atttypid) IS DISTINCT FROM 'text'
                    WHEN 'texts' THEN a.atttypid NOT IN ('text[]'::regtype, 'varchar[]'::regtype)
                    WHEN 'time' THEN a.atttypid NOT IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype)
                    ELSE a.atttypid <> 'boolean'::regtype END END
    ORDER BY c.no LIMIT 1;
    IF FOUND THEN
        RAISE datatype_mismatch USING
            MESSAGE = CASE WHEN wrong.type IS NULL THEN format('view %s has no column "%s"', view, wrong.name)
                           ELSE format('column "%s" of view %s is of type %s', wrong.name, view, wrong.type) END,
            DETAIL = format('It holds %s.', CASE wrong.holds WHEN 'key' THEN 'keys: smallint, integer, bigint, uuid, text or varchar'
                                WHEN 'text' THEN 'text or varchar' WHEN 'texts' THEN 'text[] or varchar[]'
                                WHEN 'time' THEN 'a timestamp with or without time zone, or a date' ELSE 'boolean' END),
            HINT = clearance_internal.mirror_kind_hint(kind);
    END IF;
    SELECT a.attname AS name INTO wrong FROM pg_attribute a
    WHERE a.attrelid = view AND a.attnum > 0 AND a.attname NOT IN (SELECT c.name FROM clearance_internal.mirror_kind_columns(kind) c)
    ORDER BY a.attnum LIMIT 1;
    IF FOUND THEN
        RAISE undefined_column USING
            MESSAGE = format('column "%s" of view %s says nothing', wrong.name, view),
            HINT = clearance_internal.mirror_kind_hint(kind);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_mirror_view_columns IS 'internal: refuses views that have not the columns of their kind';

-- Row security does not bind the owner here, but would others. What functions
-- read has no triggers.
CREATE FUNCTION clearance_internal.require_mirror_view(view regclass, kind text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wrong text;
BEGIN
    IF view IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'the view is null';
    ELSIF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = view AND c.relkind = 'v' AND c.relpersistence = 'p') THEN
        RAISE wrong_object_type USING MESSAGE = format('%s is no permanent view', view),
            HINT = 'Make a view whose columns say what rows of the application''s tables mean here.';
    END IF;
    PERFORM clearance_internal.require_mirror_view_columns(view, kind);
    SELECT c.oid::regclass::text INTO wrong
    FROM (SELECT t.relation FROM clearance_internal.tables_within(view) t UNION SELECT s FROM clearance_internal.system_tables_within(view) s) t
    JOIN pg_class c ON c.oid = t.relation
    WHERE c.relkind <> 'r' OR c.relpersistence <> 'p'
       OR c.relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'clearance'::regnamespace)
       OR EXISTS (SELECT FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent)) ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        RAISE wrong_object_type USING MESSAGE = format('view %s reads %s, which cannot be mirrored', view, wrong),
            HINT = 'Mirrored tables are ordinary, permanent ones of the application, without partitions or children.';
    END IF;
    SELECT t.relation::text INTO wrong
    FROM clearance_internal.tables_within(view) t JOIN pg_class c ON c.oid = t.relation
    CROSS JOIN clearance_internal.views_within(view) w JOIN pg_class v ON v.oid = w
    WHERE NOT pg_has_role(v.relowner, c.relowner, 'USAGE') ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        RAISE insufficient_privilege USING MESSAGE = format('view %s reads %s, which is another''s', view, wrong),
            DETAIL = 'It is read as its owner, to whom row security of the table would show some of its rows.',
            HINT = 'Give view and tables one owner.';
    END IF;
    PERFORM clearance_internal.refuse_virtual_columns(t.relation, t.columns) FROM clearance_internal.tables_within(view) t;
    SELECT p.oid::regprocedure::text INTO wrong
    FROM clearance_internal.views_within(view) w JOIN pg_rewrite r ON r.ev_class = w
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_proc'::regclass
    JOIN pg_proc p ON p.oid = d.refobjid AND p.provolatile <> 'i' ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = format('view %s calls function %s', view, wrong),
            DETAIL = 'What that reads may change without the view''s being read anew.', HINT = 'Call functions that are IMMUTABLE.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_mirror_view IS 'internal: refuses views that cannot be followed';

-- ---------------------------------------------------------------------------
-- Reading them
-- ---------------------------------------------------------------------------

-- As texts of arrays. By an index: one column is looked up, or all is read.
CREATE FUNCTION clearance_internal.known_rows(m clearance.view_mirror, no integer, keys text[]) RETURNS SETOF text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE 'SELECT x.said::text FROM clearance.mirrored_row x WHERE x.mirror_id = $1 AND x.said <> ''{}'''
        || CASE WHEN no IS NULL THEN '' ELSE format(' AND x.said[%s] = ANY ($2)', no) END USING m.id, keys;
END
$$;
COMMENT ON FUNCTION clearance_internal.known_rows IS 'internal: rows of a view as it was read last, those with one of the keys or all';

CREATE FUNCTION clearance_internal.present_rows(m clearance.view_mirror, finds name, keys text[]) RETURNS SETOF text
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    SELECT DISTINCT t."row"::text
    FROM clearance_internal.table_rows(m.view, ARRAY(SELECT CASE WHEN clearance_internal.mirror_has(m.view, c.name) THEN c.name END
                                                     FROM clearance_internal.mirror_kind_columns(m.kind) c ORDER BY c.no), finds, coalesce(keys, '{}')) AS t ("row")
    WHERE t."row"[2] <> '' AND NOT EXISTS (SELECT FROM clearance_internal.mirror_kind_columns(m.kind) c WHERE c.required AND t."row"[c.no] IS NULL)
$$;
COMMENT ON FUNCTION clearance_internal.present_rows IS 'internal: rows of a view, those with one of the keys or all, read as its owner; without keys a row says nothing';

CREATE FUNCTION clearance_internal.read_mirror(m clearance.view_mirror, finds name, keys text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    no integer := (SELECT c.no FROM clearance_internal.mirror_kind_columns(m.kind) c WHERE c.name = finds);
    gone text[];
    came text[];
BEGIN
    -- rewritten, not locked: under REPEATABLE READ it fails where somebody else was first
    UPDATE clearance.mirrored_row x SET said = '{}' WHERE x.mirror_id = m.id AND x.said[2] IS NULL;
    IF NOT FOUND THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = format('what view %s said is not complete', m.view),
            HINT = 'Call clearance.unmirror() and clearance.mirror() anew.';
    END IF;
    -- a key may have been given in another form than the view's
    WITH present AS MATERIALIZED (SELECT p FROM clearance_internal.present_rows(m, finds, keys) p),
         known AS MATERIALIZED (SELECT k FROM clearance_internal.known_rows(m, no, keys || ARRAY(SELECT DISTINCT (p::text[])[no] FROM present)) k)
    SELECT ARRAY(SELECT k FROM known EXCEPT SELECT p FROM present), ARRAY(SELECT p FROM present EXCEPT SELECT k FROM known) INTO gone, came;
    IF gone = '{}' AND came = '{}' THEN
        RETURN;
    END IF;
    DELETE FROM clearance.mirrored_row x USING unnest(gone) g
    WHERE x.mirror_id = m.id AND x.said[2] = (g::text[])[2] AND x.said = g::text[];
    INSERT INTO clearance.mirrored_row (mirror_id, said) SELECT m.id, c::text[] FROM unnest(came) c;
    PERFORM clearance_internal.apply_mirrored(m, gone, came);
END
$$;
COMMENT ON FUNCTION clearance_internal.read_mirror IS
'internal: reads a view anew, where a column has one of the keys or all of it, and makes true what it says; waits for others who do';

-- Rows as texts of the columns that count; those that an UPDATE leaves as they were are on both sides.
CREATE FUNCTION clearance_internal.follow_views() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    m record;
    columns name[];
    touched boolean;
    keys text[];
BEGIN
    IF TG_NAME NOT IN ('clearance_view_insert', 'clearance_view_update', 'clearance_view_delete', 'clearance_view_truncate')
        OR TG_WHEN <> 'AFTER' OR TG_LEVEL <> 'STATEMENT' THEN
        RAISE EXCEPTION 'trigger % of % is none of a mirrored table', TG_NAME, TG_RELID::regclass
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'clearance.mirror() creates this trigger; drop it here.';
    END IF;
    PERFORM clearance_internal.require_same_mirrors();
    FOR m IN
        SELECT v AS view, t.finds FROM clearance.mirror_table t JOIN clearance.view_mirror v ON v.id = t.mirror_id
        WHERE t.relation = TG_RELID
        ORDER BY array_position(clearance_internal.mirror_kinds(), v.kind), v.id
    LOOP
        columns := (SELECT t.columns FROM clearance_internal.tables_within((m.view).view) t WHERE t.relation = TG_RELID);
        IF TG_OP = 'INSERT' THEN
            SELECT count(r.v) > 0, array_agg(DISTINCT k) INTO touched, keys
            FROM (SELECT clearance_internal.values_of(x.*, columns) AS v FROM clearance_new x) r LEFT JOIN LATERAL unnest(r.v) k ON true;
        ELSIF TG_OP = 'DELETE' THEN
            SELECT count(r.v) > 0, array_agg(DISTINCT k) INTO touched, keys
            FROM (SELECT clearance_internal.values_of(x.*, columns) AS v FROM clearance_old x) r LEFT JOIN LATERAL unnest(r.v) k ON true;
        ELSIF TG_OP = 'UPDATE' THEN
            WITH o AS MATERIALIZED (SELECT clearance_internal.values_of(x.*, columns) AS v FROM clearance_old x),
                 n AS MATERIALIZED (SELECT clearance_internal.values_of(x.*, columns) AS v FROM clearance_new x)
            SELECT count(r.v) > 0, array_agg(DISTINCT k) INTO touched, keys
            FROM ((TABLE o EXCEPT ALL TABLE n) UNION ALL (TABLE n EXCEPT ALL TABLE o)) r LEFT JOIN LATERAL unnest(r.v) k ON true;
        ELSE
            touched := true;
        END IF;
        CONTINUE WHEN NOT touched;
        IF TG_OP = 'TRUNCATE' OR columns = '{}' THEN
            m.finds := NULL;
        END IF;
        -- a name's collation is another than that of the indexes on what was said
        PERFORM clearance_internal.read_mirror(m.view, m.finds COLLATE "default", keys);
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION clearance_internal.follow_views IS 'trigger of tables that mirrored views read: what the views say follows their rows';

-- A database that is being restored has their triggers last: until then what the dump holds is enough.
CREATE FUNCTION clearance_internal.is_followed(mirror integer) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM clearance.mirror_table t JOIN pg_trigger g ON g.tgrelid = t.relation AND g.tgname = 'clearance_view_insert'
                   WHERE t.mirror_id = mirror)
$$;
COMMENT ON FUNCTION clearance_internal.is_followed IS 'internal: whether triggers follow what a view reads';

-- By follow_new_key(): a project or member has a key that views may have named before; what they said by the former
-- key is not said of it any more.
CREATE FUNCTION clearance_internal.say_of_new_key(project bigint, member bigint, key text, account bigint, former_key text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.view_mirror;
    is_member boolean := member IS NOT NULL;
    no integer := CASE WHEN is_member THEN 3 ELSE 2 END;
    said text[];
BEGIN
    FOR m IN SELECT v.* FROM clearance.view_mirror v
             WHERE v.account_id = account AND clearance_internal.is_followed(v.id)
               AND (v.kind = 'membership' OR NOT is_member AND v.kind IN ('project', 'feature_off', 'project_partner', 'project_customer'))
             ORDER BY array_position(clearance_internal.mirror_kinds(), v.kind), v.id LOOP
        PERFORM clearance_internal.require_same_now('SELECT k FROM clearance.view_mirror v, clearance_internal.known_rows(v, $1[2]::integer, $1[3:]) k WHERE v.id = $1[1]::integer',
                                           m.id::text, no::text, key, former_key);
        IF m.kind = 'membership' THEN
            IF former_key IS NOT NULL THEN
                PERFORM clearance_internal.end_mirrored(m.id, project, member);
            END IF;
            FOR said IN SELECT k::text[] FROM clearance_internal.known_rows(m, no, ARRAY[key]) k LOOP
                IF clearance_internal.put_mirrored_membership(m, said, project, member) IS FALSE THEN
                    LOCK TABLE clearance.view_mirror IN SHARE ROW EXCLUSIVE MODE;
                    PERFORM clearance_internal.put_mirrored_membership(m, said, project, member),
                            clearance_internal.require_same_keys(said[2:2], said[3:3]);
                END IF;
            END LOOP;
        ELSE
            PERFORM clearance_internal.undo_on_project(m, p, k::text[], for_good => false)
            FROM clearance.project p, clearance_internal.known_rows(m, 2, ARRAY[former_key]) k
            WHERE p.id = say_of_new_key.project AND former_key <> say_of_new_key.key;
            PERFORM clearance_internal.put_mirrored(m, k::text[]) FROM clearance_internal.known_rows(m, 2, ARRAY[key]) k;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.say_of_new_key IS
'internal: what mirrored views say of a project or member counts once its key is known, and what they said of it by a former one no more';

-- ---------------------------------------------------------------------------
-- Declaring them
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.follow_table(relation regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT * FROM (VALUES ('INSERT', 'REFERENCING NEW TABLE AS clearance_new'), ('DELETE', 'REFERENCING OLD TABLE AS clearance_old'),
                                   ('UPDATE', 'REFERENCING OLD TABLE AS clearance_old NEW TABLE AS clearance_new'), ('TRUNCATE', '')) AS v (event, tables)
             WHERE NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = relation AND g.tgname = 'clearance_view_' || lower(v.event)) LOOP
        EXECUTE format('CREATE TRIGGER clearance_view_%s AFTER %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION clearance_internal.follow_views()',
                       lower(t.event), t.event, relation, t.tables);
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.follow_table IS 'internal: makes the triggers of a table that a mirrored view reads; keeps writers out until commit';

CREATE FUNCTION clearance_internal.leave_tables() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT g.tgname AS name, g.tgrelid::regclass AS relation FROM pg_trigger g
             WHERE g.tgfoid = 'clearance_internal.follow_views'::regproc
               AND NOT EXISTS (SELECT FROM clearance.mirror_table m WHERE m.relation = g.tgrelid) LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', t.name, t.relation);
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.leave_tables IS 'internal: takes the triggers off tables that no mirrored view reads any more';

-- finds: as declared; of tables that are new to the view, NULL.
CREATE FUNCTION clearance_internal.follow_tables(m clearance.view_mirror, finds jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wrong record;
BEGIN
    SELECT f.key AS name, f.value #>> '{}' AS "column", t.relation IS NOT NULL AS is_read INTO wrong
    FROM jsonb_each(finds) f LEFT JOIN clearance_internal.tables_within(m.view) t ON t.relation = clearance_internal.named_table(f.key)
    WHERE t.relation IS NULL
       OR NOT EXISTS (SELECT FROM clearance_internal.mirror_kind_columns(m.kind) c
                      WHERE c.no <= 3 AND c.holds IN ('key', 'text')
                        AND c.name = f.value #>> '{}' AND clearance_internal.mirror_has(m.view, c.name))
    ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        RAISE invalid_parameter_value USING
            MESSAGE = CASE WHEN wrong.is_read THEN format('view %s cannot be searched by "%s"', m.view, wrong."column")
                           ELSE format('view %s does not read %s', m.view, wrong.name) END,
            DETAIL = 'tables says for tables which column of the view has a value of their rows: {"app.member": "source"}.',
            HINT = 'It is source, or a column of keys or names; a table that is not named has all of the view read anew.';
    END IF;
    INSERT INTO clearance.mirror_table (mirror_id, relation, finds)
    SELECT m.id, t.relation, (SELECT f.value #>> '{}' FROM jsonb_each(follow_tables.finds) f WHERE clearance_internal.named_table(f.key) = t.relation)
    FROM clearance_internal.tables_within(m.view) t
    ON CONFLICT ON CONSTRAINT table_is_read_once_by_a_view DO NOTHING;
    DELETE FROM clearance.mirror_table x
    WHERE x.mirror_id = m.id AND x.relation NOT IN (SELECT t.relation FROM clearance_internal.tables_within(m.view) t);
    PERFORM clearance_internal.follow_table(x.relation) FROM clearance.mirror_table x WHERE x.mirror_id = m.id;
    PERFORM clearance_internal.leave_tables();
    -- nobody gives them children from here on, or is about to
    PERFORM clearance_internal.require_same_now('SELECT concat_ws('' '', t.relation::oid, t.columns, i.inhrelid) FROM clearance_internal.tables_within($1[1]::oid::regclass) t
            LEFT JOIN pg_inherits i ON t.relation IN (i.inhrelid, i.inhparent)', m.view::oid::text),
        clearance_internal.require_mirror_view(m.view, m.kind);
END
$$;
COMMENT ON FUNCTION clearance_internal.follow_tables IS 'internal: notes which tables a view reads, and has triggers follow them';

CREATE FUNCTION clearance.mirror(view regclass, kind text, tables jsonb DEFAULT '{}', account bigint DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    of_account bigint := coalesce(account, clearance_internal.default_account(NULL));
    m clearance.view_mirror;
BEGIN
    PERFORM clearance_internal.require_choice('kind', kind, clearance_internal.mirror_kinds()),
            clearance_internal.require_given('tables', tables::text), clearance_internal.require_mirror_view(view, kind);
    IF EXISTS (SELECT FROM clearance.view_mirror t WHERE t.view = mirror.view) THEN
        RAISE duplicate_object USING MESSAGE = format('%s is mirrored already', view), HINT = 'Call clearance.unmirror() first.';
    ELSIF jsonb_typeof(tables) <> 'object' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'tables is no object', HINT = 'Pass {"app.member": "source"}, or nothing.';
    ELSIF NOT EXISTS (SELECT FROM clearance.account a WHERE a.id = of_account) THEN
        PERFORM clearance_internal.raise_unknown('account', 'with id ' || of_account, 'Table clearance.account');
    END IF;
    -- nobody replaces it until commit
    EXECUTE format('LOCK TABLE %s IN ACCESS SHARE MODE', view);
    PERFORM clearance_internal.lock_before_mirrors(ARRAY(SELECT t.relation FROM clearance_internal.tables_within(view) t), 'SHARE ROW EXCLUSIVE');
    INSERT INTO clearance.view_mirror AS t (id, view, kind, account_id)
    VALUES (nextval('clearance.mirror_id_seq'), mirror.view, mirror.kind, of_account) RETURNING t.* INTO m;
    INSERT INTO clearance.mirrored_row (mirror_id, said) VALUES (m.id, '{}');
    PERFORM clearance_internal.follow_tables(m, tables);
    PERFORM clearance_internal.read_mirror(m, NULL, NULL);
    RETURN m.id;
END
$$;
COMMENT ON FUNCTION clearance.mirror IS
'from now on a view of the application says what levels grant, which companies there are, who is a member, how projects are or who is on them; tables: {table: column of the view by which its rows are found}';

CREATE FUNCTION clearance_internal.forget_view(mirror integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.lock_before_mirrors(ARRAY(SELECT t.relation FROM clearance.mirror_table t WHERE t.mirror_id = mirror), 'ACCESS EXCLUSIVE');
    DELETE FROM clearance.view_mirror v WHERE v.id = mirror;
    PERFORM clearance_internal.end_mirrored(mirror), clearance_internal.leave_tables();
END
$$;
COMMENT ON FUNCTION clearance_internal.forget_view IS 'internal: ends a mirror; memberships that it said end, the rest stays as it is';

CREATE FUNCTION clearance_internal.require_mirrored_view(view regclass) RETURNS clearance.view_mirror
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.view_mirror;
BEGIN
    SELECT t.* INTO m FROM clearance.view_mirror t WHERE t.view = require_mirrored_view.view;
    IF NOT FOUND THEN
        RAISE undefined_object USING MESSAGE = format('%s is not mirrored', coalesce(view::text, 'the view')),
            HINT = 'Table clearance.view_mirror lists the mirrored views.';
    END IF;
    RETURN m;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_mirrored_view IS 'internal: the mirror of a view, or an error';

CREATE FUNCTION clearance.unmirror(view regclass) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT clearance_internal.forget_view((clearance_internal.require_mirrored_view(view)).id) $$;
COMMENT ON FUNCTION clearance.unmirror IS
'ends mirror(): memberships that the view says count no more; all else stays as it said last';

-- Also what was changed by other means, or went with a company that came back.
CREATE FUNCTION clearance.refresh_mirror(view regclass) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.view_mirror := clearance_internal.require_mirrored_view(view);
BEGIN
    PERFORM clearance_internal.read_mirror(m, NULL, NULL);
    IF m.kind = 'membership' THEN
        PERFORM clearance_internal.end_mirrored(m.id);
    END IF;
    PERFORM clearance_internal.apply_mirrored(m, '{}', ARRAY(SELECT clearance_internal.known_rows(m, NULL, NULL)));
END
$$;
COMMENT ON FUNCTION clearance.refresh_mirror IS 'reads a mirrored view anew, and makes true all that it says, whatever was changed by other means';

-- ---------------------------------------------------------------------------
-- Views are altered and dropped
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.follow_mirrored_view() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.view_mirror;
BEGIN
    PERFORM clearance_internal.require_same_mirrors();
    FOR m IN SELECT v.* FROM clearance.view_mirror v
             WHERE clearance_internal.is_followed(v.id)
               AND EXISTS (SELECT FROM clearance_internal.views_within(v.view) w JOIN pg_event_trigger_ddl_commands() d
                               ON d.objid = w OR d.objid IN (SELECT r.oid FROM pg_rewrite r WHERE r.ev_class = w)) LOOP
        PERFORM clearance_internal.require_mirror_view(m.view, m.kind), clearance_internal.follow_tables(m, '{}');
        PERFORM clearance_internal.read_mirror(m, NULL, NULL);
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.follow_mirrored_view IS 'event trigger: a mirrored view that is altered is read anew, or the command refused';

CREATE EVENT TRIGGER clearance_follow_mirrored_view ON ddl_command_end WHEN TAG IN ('CREATE VIEW', 'ALTER VIEW', 'ALTER TABLE', 'CREATE RULE')
    EXECUTE FUNCTION clearance_internal.follow_mirrored_view();
COMMENT ON EVENT TRIGGER clearance_follow_mirrored_view IS 'a mirrored view that is altered is read anew, or the command refused';

-- By follow_mirror_drop().
CREATE FUNCTION clearance_internal.follow_dropped_views() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    kept regclass;
BEGIN
    PERFORM clearance_internal.forget_view(v.id)
    FROM clearance.view_mirror v JOIN pg_event_trigger_dropped_objects() d
        ON d.classid = 'pg_class'::regclass AND d.objid = v.view AND d.objsubid = 0;
    SELECT t.relation INTO kept
    FROM pg_event_trigger_dropped_objects() d
    JOIN clearance.mirror_table t ON t.relation = to_regclass(format('%I.%I', d.address_names[1], d.address_names[2]))
    WHERE d.object_type = 'trigger' AND d.address_names[3] ~ '^clearance_view_';
    IF FOUND THEN
        RAISE EXCEPTION 'cannot drop what follows %: a mirrored view reads it', kept USING ERRCODE = 'object_in_use',
            HINT = 'Use clearance.unmirror() to end that.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.follow_dropped_views IS 'internal: mirrors of views go with them; while they are there, triggers stay';
