-- ---------------------------------------------------------------------------
-- What a declaration closes, or names in vain, is no error: rows may come, and
-- grants be given. Who declares is told, with what to do next.
-- ---------------------------------------------------------------------------

-- None if the owner of the table may not read it: then nothing is told.
CREATE FUNCTION clearance_internal.rows_told(relation regclass, columns name[]) RETURNS SETOF text[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY SELECT t."row" FROM clearance_internal.table_rows(relation, columns) AS t ("row");
EXCEPTION WHEN insufficient_privilege THEN
    RETURN;
END
$$;
COMMENT ON FUNCTION clearance_internal.rows_told IS 'values, as texts, of the rows of a table, to tell who declares about them';

-- Many features have other actions than view, and account admins hold all.
CREATE FUNCTION clearance_internal.notice_unseen(relation regclass, feature text, view_action text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held text;
BEGIN
    IF EXISTS (SELECT FROM clearance_internal.effective_grants(NULL) g WHERE (g.feature, g.action) = (notice_unseen.feature, view_action)) THEN
        RETURN;
    END IF;
    SELECT string_agg(DISTINCT g.action, ', ' ORDER BY g.action) INTO held
    FROM clearance_internal.effective_grants(NULL) g JOIN clearance.action a ON (a.feature, a.name) = (g.feature, g.action)
    WHERE g.feature = notice_unseen.feature
      AND a.reads >= (SELECT bool_or(x.reads) FROM clearance.action x JOIN clearance_internal.effective_grants(NULL) y
                      ON (y.feature, y.action) = (x.feature, x.name) WHERE x.feature = notice_unseen.feature);
    RAISE NOTICE 'only account admins see rows of %: no level is granted %.%', relation, feature, view_action
        USING HINT = concat('Grant it with clearance.allow()',
                            ', or pass one that levels are granted as view_action: ' || held, '.');
END
$$;
COMMENT ON FUNCTION clearance_internal.notice_unseen IS
'tells that no level is granted the action that SELECT needs, and which ones are granted';

CREATE FUNCTION clearance_internal.notice_projects(relation regclass, project name, optional boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held text := clearance_internal.require_key_column(relation, project, 'project');
    closed bigint;
    blank bigint;
    other record;
BEGIN
    SELECT b.relation, k.class INTO other
    FROM clearance.binding b
    CROSS JOIN LATERAL clearance_internal.key_class(clearance_internal.require_column(b.relation, b.project_column, 'project')) AS k (class)
    WHERE b.feature = 'project' AND NOT b.link_only
    ORDER BY k.class <> held, b.relation::text LIMIT 1;
    IF other.class <> held THEN
        RAISE NOTICE 'column "%" of % holds % keys, those of % are % keys', project, relation, held, other.relation, other.class
            USING HINT = 'Keys are compared by their texts: a row whose project has another text there is closed.';
    END IF;
    SELECT count(*), count(*) FILTER (WHERE t."row"[1] IS NULL) INTO closed, blank
    FROM clearance_internal.rows_told(relation, ARRAY[project]) AS t ("row")
    WHERE NOT (optional AND t."row"[1] IS NULL) AND NOT EXISTS (SELECT FROM clearance.project p WHERE p.key = t."row"[1]);
    IF closed > 0 THEN
        RAISE NOTICE 'rows of % that are closed, since their project is not registered: %', relation, closed
            USING HINT = 'Protect the table of projects, or register them with clearance.create_project().'
                || CASE WHEN blank = 0 THEN '' ELSE format(' "%s" of %s of them is NULL: project_optional => true makes them rows of their account.', project, blank) END;
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.notice_projects IS 'tells how many rows a project column closes, and of keys of another type';

-- Of the only account they need not say so.
CREATE FUNCTION clearance_internal.notice_no_account(relation regclass, project name, account name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    closed bigint;
BEGIN
    IF (SELECT count(*) < 2 FROM clearance.account) THEN
        RETURN;
    ELSIF account IS NULL THEN
        RAISE NOTICE 'rows of % without a project are closed: nothing tells their account, and there are several', relation
            USING HINT = 'Name the column that does: protect(..., project_optional => true, account => ''account_id'').';
        RETURN;
    END IF;
    SELECT count(*) INTO closed FROM clearance_internal.rows_told(relation, ARRAY[project, account]) AS t ("row")
    WHERE t."row"[1] IS NULL AND t."row"[2] IS NULL;
    IF closed > 0 THEN
        RAISE NOTICE 'rows of % that are closed, since they name neither project nor account: %', relation, closed
            USING HINT = format('"%s" of such rows is to hold the key of their account, since there are several.', account);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.notice_no_account IS 'tells of rows without a project whose account nothing tells';

-- NULL is for who protects the table to decide.
CREATE FUNCTION clearance_internal.notice_labels(relation regclass, account name, client_visibility name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    foreign_rows bigint;
    unclear_rows bigint;
BEGIN
    SELECT count(*) FILTER (WHERE NOT EXISTS (SELECT FROM clearance.account a WHERE coalesce(a.key, a.id::text) = t."row"[1])
                              AND t."row"[1] IS NOT NULL),
           count(*) FILTER (WHERE t."row"[2] NOT IN ('hidden', 'read', 'edit'))
    INTO foreign_rows, unclear_rows
    FROM clearance_internal.rows_told(relation, ARRAY[account, client_visibility]) AS t ("row");
    IF foreign_rows > 0 THEN
        RAISE NOTICE 'rows of % that are closed, since no account has the key that they name: %', relation, foreign_rows
            USING HINT = 'Table clearance.account lists the keys of accounts; the id is the key of one that has none.';
    END IF;
    IF unclear_rows > 0 THEN
        RAISE NOTICE 'rows of % that are hidden from customers, since "%" says neither hidden, read nor edit: %',
            relation, client_visibility, unclear_rows
            USING HINT = 'Only these three say what customers may do with a row.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.notice_labels IS 'tells how many rows name no account, or no client visibility that there is';

CREATE FUNCTION clearance_internal.notice_parent(relation regclass, "column" name, parent regclass, parent_key name,
    type_column name, type_value text, optional boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    closed bigint;
    blank bigint;
BEGIN
    SELECT count(*), count(*) FILTER (WHERE t."row"[1] IS NULL) INTO closed, blank
    FROM clearance_internal.rows_told(relation, ARRAY["column", type_column]) AS t ("row")
    WHERE (type_value IS NULL OR t."row"[2] = type_value) AND NOT (optional AND t."row"[1] IS NULL)
      AND NOT EXISTS (SELECT FROM clearance_internal.rows_told(parent, ARRAY[parent_key]) AS p ("row") WHERE p."row"[1] = t."row"[1]);
    IF closed > 0 THEN
        RAISE NOTICE 'rows of % that are closed, since they name no row of %: %', relation, parent, closed
            USING HINT = CASE WHEN blank = 0 THEN format('"%s" is to hold keys of rows that are there.', "column")
                ELSE format('"%s" of %s of them is NULL: optional => true judges such rows without this parent.', "column", blank) END
                || CASE WHEN relation = parent THEN ' Rows below them are closed with them.' ELSE '' END;
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.notice_parent IS
'tells how many rows a parent closes, since they have none';

-- Rows of a type that fits no declaration are closed, if one of these is required.
CREATE FUNCTION clearance_internal.notice_types(relation regclass, "column" name, type_column name, type_value text, optional boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    declared clearance.binding_parent[] := ARRAY(SELECT p FROM clearance.binding_parent p
        WHERE (p.binding_id, p.column_name, p.type_column) = (clearance_internal.binding_of(relation), "column", notice_types.type_column));
    "values" text[] := type_value || ARRAY(SELECT d.type_value FROM unnest(declared) d);
    closed bigint;
    types text[];
BEGIN
    IF optional AND NOT EXISTS (SELECT FROM unnest(declared) d WHERE NOT d.optional) THEN
        RETURN;
    END IF;
    SELECT count(*), array_agg(DISTINCT coalesce(t."row"[1], 'NULL')) INTO closed, types
    FROM clearance_internal.rows_told(relation, ARRAY[type_column]) AS t ("row")
    WHERE t."row"[1] = ANY ("values") IS NOT TRUE;
    IF closed > 0 THEN
        RAISE NOTICE 'rows of % that are closed, since no parent is declared for their type: %', relation, closed
            USING HINT = format('"%s" of theirs is %s%s: call clearance.add_parent() for each, or make all of them optional.',
                                type_column, array_to_string(types[1:10], ', '), CASE WHEN cardinality(types) > 10 THEN ' and others' ELSE '' END);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.notice_types IS
'tells how many rows are closed since a declaration names a parent for rows of other types';

-- Enums have their labels, booleans both values; of others, the rows tell.
CREATE FUNCTION clearance_internal.notice_values(relation regclass, "column" name, named text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    present text[];
    missing text;
BEGIN
    IF clearance_internal.key_class(clearance_internal.require_column(relation, "column", 'named', true)) IS NULL THEN
        RETURN;
    END IF;
    present := ARRAY(SELECT DISTINCT t."row"[1] FROM clearance_internal.rows_told(relation, ARRAY["column"]) AS t ("row")
                     WHERE t."row"[1] IS NOT NULL ORDER BY 1);
    missing := (SELECT string_agg(format('"%s"', n.value), ', ' ORDER BY n.place) FROM unnest(named) WITH ORDINALITY AS n (value, place)
                WHERE n.value <> ALL (present));
    IF present <> '{}' AND missing IS NOT NULL THEN
        RAISE NOTICE 'no row of % has % in column "%"', relation, missing, "column"
            USING HINT = format('What rows have: %s%s.', array_to_string(present[1:10], ', '),
                                CASE WHEN cardinality(present) > 10 THEN ' and others' END);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.notice_values IS 'tells of values that a declaration names and no row has';

CREATE FUNCTION clearance_internal.notice_members(relation regclass, "column" name) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    class text := clearance_internal.require_key_column(relation, "column", 'member', true);
BEGIN
    IF (SELECT NOT bool_or(coalesce(m.key ~ CASE class WHEN 'integer' THEN '^-?[0-9]+$' WHEN 'uuid' THEN '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                                                       ELSE '' END, false)) FROM clearance.member m) THEN
        RAISE NOTICE 'no member has a key that column "%" of % can hold', "column", relation
            USING HINT = format('It holds %s keys; the key of a member is the application''s user id.', class);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.notice_members IS 'tells of a column that can name no member';

CREATE FUNCTION clearance_internal.notice_kinds(feature text, kinds text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    k record;
    type regtype;
    found_kinds text[];
    present text[] := '{}';
    missing text;
BEGIN
    IF kinds IS NULL OR NOT clearance.is_operator() THEN
        RETURN;         -- rows are of every account
    ELSIF NOT EXISTS (SELECT FROM clearance_internal.kind_columns(feature)) THEN
        RAISE NOTICE 'no protected table has kinds of %: the grant is for no row', feature
            USING HINT = 'protect(…, kind => …) names the column of kinds; without kinds, a grant is for all rows.';
        RETURN;
    END IF;
    FOR k IN SELECT * FROM clearance_internal.kind_columns(feature) LOOP
        type := clearance_internal.require_column(k.relation, k.kind, 'kind');
        found_kinds := CASE WHEN type = 'boolean'::regtype THEN '{true,false}'
            WHEN clearance_internal.key_class(type) IS NULL THEN ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = type)
            ELSE ARRAY(SELECT DISTINCT t."row"[1] FROM clearance_internal.rows_told(k.relation, ARRAY[k.kind]) AS t ("row")) END;
        IF found_kinds = '{}' THEN
            RETURN;     -- rows will come
        END IF;
        present := present || found_kinds;
    END LOOP;
    missing := (SELECT string_agg(format('"%s"', n.kind), ', ' ORDER BY n.place) FROM unnest(kinds) WITH ORDINALITY AS n (kind, place)
                WHERE n.kind <> ALL (array_remove(present, NULL)));
    IF missing IS NOT NULL THEN
        RAISE NOTICE 'no row of % is of kind %', feature, missing
            USING HINT = format('Kinds are: %s.', (SELECT string_agg(DISTINCT p, ', ' ORDER BY p) FROM unnest(present[1:100]) p));
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.notice_kinds IS 'tells operators of kinds that no row of a feature''s tables is of';

CREATE FUNCTION clearance_internal.notice_empty_level(level integer) RETURNS integer
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM clearance_internal.effective_grants(ARRAY[level]))
        AND level <> (SELECT l.id FROM clearance.level l WHERE l.built_in AND l.name = 'account_admin') THEN
        RAISE NOTICE 'level "%" grants nothing', (SELECT l.name FROM clearance.level l WHERE l.id = level)
            USING HINT = 'clearance.allow() adds grants to it.';
    END IF;
    RETURN level;
END
$$;
COMMENT ON FUNCTION clearance_internal.notice_empty_level IS 'the level; tells that it grants nothing, if so';

-- A level counts for holders of its audience.
CREATE FUNCTION clearance_internal.notice_unused_level(role text, level integer, available_to_partners boolean) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (SELECT l.audience = 'partner' AND NOT available_to_partners FROM clearance.level l WHERE l.id = level) THEN
        RAISE NOTICE 'level "%" is for nobody who may hold role "%"', (SELECT l.name FROM clearance.level l WHERE l.id = level), role
            USING HINT = 'It is for partners'' people: make the role available_to_partners, or give it a vendor level.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.notice_unused_level IS 'tells that nobody who holds a role can have its level, if so';

CREATE FUNCTION clearance_internal.is_told() RETURNS boolean
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'clearance_is_told';
COMMENT ON FUNCTION clearance_internal.is_told IS 'internal: whether the client''s statement was asked this before; to tell once of what many rows have in common';

CREATE FUNCTION clearance_internal.notice_no_level(m clearance.member) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (SELECT s.base_levels = '{}' AND s.no_standing IS NULL FROM clearance_internal.scope_actor(m.id, NULL) s)
        AND NOT clearance_internal.is_told() THEN
        RAISE NOTICE 'member "%" has no level: it sees nothing but where a project gives it one', clearance_internal.member_label(m)
            USING HINT = CASE m.kind
                WHEN 'vendor' THEN 'Give it a role that has one, such as super_user or collaborator, with clearance.set_member_roles().'
                WHEN 'partner' THEN 'Give its partner one with clearance.update_partner(), or the account a default_external_level.' END;
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.notice_no_level IS 'tells that no place names a level for a member, if so; of the first one in a statement';
