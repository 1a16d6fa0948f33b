-- ---------------------------------------------------------------------------
-- Configuration as code: vocabulary, levels and protected tables as one JSON
-- document, what it differs in from a database, and a database made equal to it.
--
-- Two configurations are compared in a canonical form: names as the server
-- quotes them, values as their types write them, defaults spelt out, and every
-- array a sorted set. What is done goes through the functions that people call.
-- ---------------------------------------------------------------------------

-- ---------------------------------------------------------------------------
-- The configuration of this database
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.table_name(relation regclass) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relation $$;
COMMENT ON FUNCTION clearance_internal.table_name IS 'a table with its schema, quoted where needed';

CREATE FUNCTION clearance_internal.table_document(b clearance.binding) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'feature', b.feature, 'key', b.key_column, 'project', b.project_column, 'project_optional', b.project_optional,
        'visibility', b.visibility_column, 'shared_values', CASE WHEN b.shared_values IS NOT NULL THEN clearance_internal.as_set(to_jsonb(b.shared_values)) END, 'client_visibility', b.client_visibility_column,
        'account', b.account_column, 'owner', b.owner_column, 'kind', b.kind_column, 'published', b.published_column,
        'publish_action', b.publish_action, 'view_action', b.view_action, 'create_action', b.create_action,
        'edit_action', b.edit_action, 'delete_action', b.delete_action, 'force', b.force,
        'relations', clearance_internal.as_set((SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                          'kind', r.kind, 'member_column', r.member_column, 'link', clearance_internal.table_name(r.link),
                          'link_column', r.link_column, 'row_column', nullif(r.row_column, b.key_column))))
                      FROM clearance.binding_relation r WHERE r.binding_id = b.id)),
        'parents', clearance_internal.as_set((SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                        'column', p.column_name, 'parent', clearance_internal.table_name(x.relation),
                        'type_column', p.type_column, 'type_value', p.type_value, 'optional', p.optional, 'same_project', p.same_project,
                        'view_action', p.view_action, 'create_action', p.create_action, 'edit_action', p.edit_action, 'delete_action', p.delete_action)))
                    FROM clearance.binding_parent p JOIN clearance.binding x ON x.id = p.parent_id WHERE p.binding_id = b.id)),
        'guards', clearance_internal.as_set((SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                       'column', g.column_name, 'action', g.feature || '.' || g.action, 'new_value', g.new_value)))
                   FROM clearance.binding_guard g WHERE g.binding_id = b.id)),
        'row_guards', clearance_internal.as_set((SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                           'state_column', g.state_column, 'state_values', clearance_internal.as_set(to_jsonb(g.state_values)),
                           'columns', CASE WHEN g.columns IS NOT NULL THEN clearance_internal.as_set(to_jsonb(g.columns)) END,
                           'edit_action', g.feature || '.' || g.edit_action, 'delete_action', g.feature || '.' || g.delete_action)))
                       FROM clearance.binding_row_guard g WHERE g.binding_id = b.id)),
        'masks', clearance_internal.as_set((SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                      'column', m.column_name, 'action', m.feature || '.' || m.action, 'mask', m.mask, 'filters', m.filters)))
                  FROM clearance.binding_mask m WHERE m.binding_id = b.id))))
$$;
COMMENT ON FUNCTION clearance_internal.table_document IS 'what is declared about a table, as configurations say it';

CREATE FUNCTION clearance_internal.view_document(v clearance.view_mirror) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_build_object('kind', v.kind, 'account', (SELECT a.name FROM clearance.account a WHERE a.id = v.account_id),
        'tables', coalesce((SELECT jsonb_object_agg(clearance_internal.table_name(t.relation), t.finds)
                            FROM clearance.mirror_table t WHERE t.mirror_id = v.id AND t.finds IS NOT NULL), '{}'))
$$;
COMMENT ON FUNCTION clearance_internal.view_document IS 'what is declared about a mirrored view, as configurations say it';

-- Accounts are no part of a document that does not name them.
CREATE FUNCTION clearance_internal.configuration(with_accounts boolean DEFAULT false, with_people_of text[] DEFAULT '{}') RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_build_object('format', 1,
        'features', coalesce((SELECT jsonb_object_agg(f.name, jsonb_strip_nulls(jsonb_build_object('description', f.description)))
                              FROM clearance.feature f WHERE NOT f.built_in), '{}'),
        'actions', coalesce((SELECT jsonb_object_agg(a.feature || '.' || a.name, jsonb_build_object('reads', a.reads))
                             FROM clearance.action a WHERE NOT a.built_in), '{}'),
        'gates', clearance_internal.as_set((SELECT jsonb_agg(jsonb_build_object('action', g.feature || '.' || g.action,
                               'gate', g.gate_feature || '.' || g.gate_action, 'audiences', clearance_internal.as_set(to_jsonb(g.audiences))))
                           FROM clearance.gate g WHERE NOT g.built_in)),
        'levels', coalesce((SELECT jsonb_object_agg(l.name, clearance_internal.level_entry(l, false)) FROM clearance.level l
                            WHERE l.account_id IS NULL AND (NOT l.built_in
                                OR EXISTS (SELECT FROM clearance.level_grant g WHERE g.level_id = l.id AND NOT g.built_in)
                                OR EXISTS (SELECT FROM clearance.level_denial d WHERE d.level_id = l.id AND NOT d.built_in))), '{}'),
        'tables', coalesce((SELECT jsonb_object_agg(clearance_internal.table_name(b.relation), clearance_internal.table_document(b))
                            FROM clearance.binding b WHERE NOT b.link_only), '{}'),
        'mirrors', coalesce((SELECT jsonb_object_agg(clearance_internal.table_name(m.relation), jsonb_strip_nulls(jsonb_build_object(
                                 'project', m.project_column, 'member', m.member_column, 'access_level', m.level_column,
                                 'starts_at', m.starts_column, 'ends_at', m.ends_column, 'through_phase', m.through_phase)))
                             FROM clearance.mirror m), '{}'),
        'views', coalesce((SELECT jsonb_object_agg(clearance_internal.table_name(v.view), clearance_internal.view_document(v)) FROM clearance.view_mirror v), '{}'),
        'never', clearance_internal.as_set((SELECT jsonb_agg(jsonb_build_object('level', l.name, 'action', n.feature || '.' || n.action))
                           FROM clearance.never_granted n JOIN clearance.level l ON l.id = n.level_id)))
        || CASE WHEN with_accounts THEN jsonb_build_object('accounts', clearance_internal.accounts_document(with_people_of)) ELSE '{}' END
$$;
COMMENT ON FUNCTION clearance_internal.configuration IS
'the configuration of this database, in canonical form; with_people_of: names of accounts, NULL: of all';

-- ---------------------------------------------------------------------------
-- A document in canonical form
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.named_table(name text) RETURNS regclass
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    relation regclass := to_regclass(name);
BEGIN
    IF relation IS NULL THEN
        RAISE undefined_table USING MESSAGE = format('there is no table %s', name),
            HINT = 'Name it with its schema, in double quotes where SQL needs them.';
    END IF;
    PERFORM clearance_internal.require_table(relation);
    RETURN relation;
END
$$;
COMMENT ON FUNCTION clearance_internal.named_table IS 'the table that a configuration names, or an error';

CREATE FUNCTION clearance_internal.canonical_table(tab regclass, t jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    key text := clearance_internal.require_row_key(tab, t ->> 'key');
    shared text[] := CASE WHEN t ? 'shared_values' THEN ARRAY(SELECT jsonb_array_elements_text(t -> 'shared_values')) END;
BEGIN
    RETURN t || jsonb_strip_nulls(jsonb_build_object(
        'key', key,
        'shared_values', CASE WHEN t ? 'visibility' OR shared IS NOT NULL
            THEN clearance_internal.as_set(to_jsonb(clearance_internal.require_visibility(tab, t ->> 'visibility', shared))) END,
        'publish_action', CASE WHEN t ? 'published' THEN coalesce(t ->> 'publish_action', 'publish') END)) || jsonb_build_object(
        'relations', clearance_internal.as_set((SELECT jsonb_agg(CASE WHEN r ? 'link' AND r ->> 'row_column' = key THEN r - 'row_column' ELSE r END
                || CASE WHEN r ? 'link' THEN jsonb_build_object('link', clearance_internal.table_name(clearance_internal.named_table(r ->> 'link'))) ELSE '{}' END)
            FROM jsonb_array_elements(t -> 'relations') r)),
        'parents', clearance_internal.as_set((SELECT jsonb_agg(p || jsonb_strip_nulls(jsonb_build_object(
                'parent', clearance_internal.table_name(clearance_internal.named_table(p ->> 'parent')),
                'type_value', CASE WHEN p ? 'type_column' THEN clearance_internal.canonical_value(p ->> 'type_value',
                    clearance_internal.require_label_column(tab, p ->> 'type_column', 'type'), 'type_value') END)))
            FROM jsonb_array_elements(t -> 'parents') p)),
        'guards', clearance_internal.as_set((SELECT jsonb_agg(g || jsonb_strip_nulls(jsonb_build_object(
                'new_value', clearance_internal.guarded_value(tab, g ->> 'column', g ->> 'new_value'))))
            FROM jsonb_array_elements(t -> 'guards') g)),
        'row_guards', clearance_internal.as_set((SELECT jsonb_agg(g || jsonb_build_object('state_values', clearance_internal.as_set(
                (SELECT jsonb_agg(clearance_internal.canonical_value(v, clearance_internal.require_label_column(tab, g ->> 'state_column', 'state'), 'a state'))
                 FROM jsonb_array_elements_text(g -> 'state_values') v))))
            FROM jsonb_array_elements(t -> 'row_guards') g)),
        'masks', clearance_internal.as_set((SELECT jsonb_agg(m || jsonb_strip_nulls(jsonb_build_object(
                'mask', clearance_internal.mask_text(tab, m ->> 'column', m ->> 'mask'))))
            FROM jsonb_array_elements(t -> 'masks') m)));
END
$$;
COMMENT ON FUNCTION clearance_internal.canonical_table IS 'what a configuration says of a table, with names and values as the server writes them';

CREATE FUNCTION clearance_internal.canonical_tables(tables jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    result jsonb := '{}';
    entry record;
    tab regclass;
    detail text;
    hint text;
BEGIN
    FOR entry IN SELECT * FROM jsonb_each(tables) ORDER BY key COLLATE "C" LOOP
        tab := clearance_internal.named_table(entry.key);
        IF result ? clearance_internal.table_name(tab) THEN
            RAISE duplicate_object USING MESSAGE = format('table %s is named twice', clearance_internal.table_name(tab));
        END IF;
        result := result || jsonb_build_object(clearance_internal.table_name(tab), clearance_internal.canonical_table(tab, entry.value));
    END LOOP;
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    PERFORM clearance_internal.raise_entry(clearance_internal.path_text(ARRAY['tables', entry.key]), entry.value::text, SQLSTATE, SQLERRM, detail, hint);
END
$$;
COMMENT ON FUNCTION clearance_internal.canonical_tables IS 'what a configuration says of its tables, in canonical form, or an error that names the table';

CREATE FUNCTION clearance_internal.canonical_mirrors(mirrors jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(jsonb_object_agg(clearance_internal.table_name(clearance_internal.named_table(m.key)), m.value), '{}') FROM jsonb_each(mirrors) m
$$;
COMMENT ON FUNCTION clearance_internal.canonical_mirrors IS 'what a configuration says of mirrored tables, by names as the server writes them';

CREATE FUNCTION clearance_internal.canonical_views(views jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    unknown text := (SELECT min(v.key) FROM jsonb_each(views) v WHERE to_regclass(v.key) IS NULL);
BEGIN
    IF unknown IS NOT NULL THEN
        PERFORM clearance_internal.raise_form(ARRAY['views', unknown], 'is no view', 'Name it with its schema, in double quotes where SQL needs them.');
    END IF;
    RETURN (SELECT coalesce(jsonb_object_agg(clearance_internal.table_name(to_regclass(v.key)), jsonb_strip_nulls(jsonb_build_object('account',
                (SELECT min(a.name) FROM clearance.account a HAVING count(*) = 1))) || v.value || jsonb_build_object('tables',
                (SELECT coalesce(jsonb_object_agg(clearance_internal.table_name(clearance_internal.named_table(t.key)), t.value), '{}')
                 FROM jsonb_each(v.value -> 'tables') t))), '{}')
            FROM jsonb_each(views) v);
END
$$;
COMMENT ON FUNCTION clearance_internal.canonical_views IS 'what a configuration says of mirrored views, by names as the server writes them';

CREATE FUNCTION clearance_internal.canonical_configuration(document jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    result jsonb;
BEGIN
    IF document IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'document is null';
    END IF;
    result := clearance_internal.conform(document, clearance_internal.configuration_form(), '{}');
    RETURN result || jsonb_build_object(
        'levels', clearance_internal.canonical_levels(result -> 'levels'),
        'tables', clearance_internal.canonical_tables(result -> 'tables'),
        'mirrors', clearance_internal.canonical_mirrors(result -> 'mirrors'),
        'views', clearance_internal.canonical_views(result -> 'views'))
        || CASE WHEN result ? 'accounts' THEN jsonb_build_object('accounts', clearance_internal.canonical_accounts(result -> 'accounts')) ELSE '{}' END;
END
$$;
COMMENT ON FUNCTION clearance_internal.canonical_configuration IS 'a document in canonical form, or an error that names the path of what is wrong';

-- ---------------------------------------------------------------------------
-- Differences
-- ---------------------------------------------------------------------------

-- Built-in levels that a document leaves out are as they ship; those that neither
-- names do not differ.
CREATE FUNCTION clearance_internal.all_levels(configuration jsonb, other jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(jsonb_object_agg(l.name, clearance_internal.level_entry(l, true)), '{}') || (configuration -> 'levels')
    FROM clearance.level l
    WHERE l.built_in AND l.name <> 'account_admin' AND other -> 'levels' ? l.name AND NOT configuration -> 'levels' ? l.name
$$;
COMMENT ON FUNCTION clearance_internal.all_levels IS 'the levels of a configuration, with those built-in ones that another names, and it leaves out';

-- What is about one thing has the number of the line that says that there is this
-- thing, and whole is what is said about it in all.
CREATE FUNCTION clearance_internal.table_items(name text, t jsonb)
RETURNS TABLE (no integer, of integer, kind text, object text, part text, value jsonb, whole jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 8, 8, 'table', name, '', '{}'::jsonb, t
    UNION ALL
    SELECT 9, 8, 'property', name, p.key, p.value, NULL
    FROM jsonb_each(t - '{relations,parents,guards,row_guards,masks,shared_values,publish_action}'::text[]
        || CASE WHEN t ? 'visibility' THEN jsonb_build_object('visibility', jsonb_build_object('column', t -> 'visibility',
               'shared_values', t -> 'shared_values')) ELSE '{}' END
        || CASE WHEN t ? 'published' THEN jsonb_build_object('published', jsonb_build_object('column', t -> 'published',
               'publish_action', t -> 'publish_action')) ELSE '{}' END) p
    UNION ALL
    SELECT 10, 8, 'relation', name, r::text, r, NULL FROM jsonb_array_elements(t -> 'relations') r
    UNION ALL
    SELECT 11, 8, 'parent', name, concat(p ->> 'column', ' → ', p ->> 'parent', ' if ' || (p ->> 'type_value')), p, NULL
    FROM jsonb_array_elements(t -> 'parents') p
    UNION ALL
    SELECT 12, 8, 'guard', name, concat(g ->> 'column', ' to ' || (g ->> 'new_value')), g, NULL FROM jsonb_array_elements(t -> 'guards') g
    UNION ALL
    SELECT 13, 8, 'row guard', name, r::text, r, NULL FROM jsonb_array_elements(t -> 'row_guards') r
    UNION ALL
    SELECT 14, 8, 'mask', name, m ->> 'column', m, NULL FROM jsonb_array_elements(t -> 'masks') m
$$;
COMMENT ON FUNCTION clearance_internal.table_items IS 'what a configuration says of a table, one thing a line';

CREATE FUNCTION clearance_internal.configuration_items(configuration jsonb, other jsonb)
RETURNS TABLE (no integer, of integer, kind text, object text, part text, value jsonb, whole jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 1, NULL::integer, 'feature', f.key, '', f.value, NULL::jsonb FROM jsonb_each(configuration -> 'features') f
    UNION ALL
    SELECT 2, NULL, 'action', a.key, '', a.value, NULL FROM jsonb_each(configuration -> 'actions') a
    UNION ALL
    SELECT 3, NULL, 'gate', g ->> 'action', g ->> 'gate', g -> 'audiences', NULL FROM jsonb_array_elements(configuration -> 'gates') g
    UNION ALL
    SELECT i.* FROM jsonb_each(clearance_internal.all_levels(configuration, other)) l
    CROSS JOIN LATERAL clearance_internal.level_items(4, l.key, l.value) i
    UNION ALL
    SELECT i.* FROM jsonb_each(configuration -> 'tables') t CROSS JOIN LATERAL clearance_internal.table_items(t.key, t.value) i
    UNION ALL
    SELECT 15, NULL, 'assertion', n ->> 'level', n ->> 'action', n, NULL FROM jsonb_array_elements(configuration -> 'never') n
    UNION ALL
    SELECT 16, NULL, 'mirror', m.key, '', m.value, NULL FROM jsonb_each(configuration -> 'mirrors') m
    UNION ALL
    SELECT 17, NULL, 'view', v.key, '', v.value, NULL FROM jsonb_each(configuration -> 'views') v
    UNION ALL
    SELECT i.* FROM jsonb_each(configuration -> 'accounts') a CROSS JOIN LATERAL clearance_internal.account_items(a.key, a.value) i
$$;
COMMENT ON FUNCTION clearance_internal.configuration_items IS 'what a configuration says, one thing a line, to be compared with another';

-- What is said of an action, or of one that it follows from, may end what follows.
CREATE FUNCTION clearance_internal.class_of_grant(given jsonb, added boolean) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT clearance_internal.class_if_more(CASE WHEN NOT EXISTS (
        SELECT FROM clearance_internal.consequences() c
        WHERE c.feature = split_part(given ->> 'action', '.', 1)
          AND (c.action = split_part(given ->> 'action', '.', 2) OR c.source = split_part(given ->> 'action', '.', 2) AND NOT c.weak)) THEN added END)
$$;
COMMENT ON FUNCTION clearance_internal.class_of_grant IS 'the class of a grant that is added or taken';

CREATE FUNCTION clearance_internal.class_of_property(property text, was jsonb, becomes jsonb) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT clearance_internal.class_if_more(CASE
        WHEN property IN ('visibility', 'published') AND (was IS NULL OR becomes IS NULL) THEN becomes IS NULL
        WHEN property = 'kind' AND (was IS NULL OR becomes IS NULL) THEN was IS NULL
        WHEN property = 'visibility' AND was -> 'column' = becomes -> 'column'
            THEN clearance_internal.class_of_sets(was -> 'shared_values', becomes -> 'shared_values')
        WHEN property = 'force' THEN NOT becomes::boolean
        WHEN property = 'project_optional' THEN becomes::boolean END)
$$;
COMMENT ON FUNCTION clearance_internal.class_of_property IS 'the class of a column that a table is declared with, or not any more';

CREATE FUNCTION clearance_internal.class_of(no integer, kind text, part text, was jsonb, becomes jsonb, has_project boolean, is_open boolean) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN kind IN ('feature', 'level') OR kind = 'action' AND (was IS NULL OR becomes IS NULL) THEN 'neutral'
        WHEN kind = 'grant' THEN clearance_internal.class_of_grant(coalesce(was, becomes), was IS NULL)
        WHEN kind = 'property' THEN clearance_internal.class_of_property(part, was, becomes)
        WHEN no IN (20, 21) OR no >= 30 THEN clearance_internal.class_of_people(kind, part, was, becomes, is_open)
        ELSE clearance_internal.class_if_more(CASE
            WHEN kind = 'action' THEN (becomes ->> 'reads')::boolean
            WHEN kind = 'gate' AND was IS NOT NULL AND becomes IS NOT NULL THEN NOT clearance_internal.class_of_sets(was, becomes)
            WHEN was IS NOT NULL AND becomes IS NOT NULL THEN NULL
            WHEN kind = 'mirror' THEN CASE WHEN NOT coalesce(was, becomes) ? 'access_level' THEN was IS NULL END
            WHEN kind = 'relation' THEN was IS NULL
            WHEN kind IN ('gate', 'denial', 'not available', 'table', 'row guard', 'mask', 'assertion') THEN becomes IS NULL
            WHEN kind = 'parent' AND has_project AND NOT coalesce(was, becomes) ? 'type_column' THEN becomes IS NULL END)
        END
$$;
COMMENT ON FUNCTION clearance_internal.class_of IS 'narrowing, widening, mixed or neutral: what a difference does to what is permitted';

CREATE FUNCTION clearance_internal.differences(before jsonb, after jsonb)
RETURNS TABLE (no integer, kind text, object text, part text, was jsonb, becomes jsonb, all_was jsonb, all_becomes jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH item AS MATERIALIZED (
        SELECT no, coalesce(b.of, a.of) AS of, kind, object, part, b.value AS was, a.value AS becomes, b.whole AS all_was, a.whole AS all_becomes,
               -- of what is there on one side only, its whole entry is told
               first_value(b.value) OVER of_object IS NOT NULL AND first_value(a.value) OVER of_object IS NOT NULL AS on_both
        FROM clearance_internal.configuration_items(before, after) b FULL JOIN clearance_internal.configuration_items(after, before) a USING (no, kind, object, part)
        WINDOW of_object AS (PARTITION BY coalesce(b.of, a.of), object ORDER BY no)
    )
    SELECT i.no, i.kind, i.object, i.part, i.was, i.becomes, coalesce(i.all_was, i.was), coalesce(i.all_becomes, i.becomes)
    FROM item i
    WHERE i.was IS DISTINCT FROM i.becomes AND (i.of IS NULL OR i.no = i.of OR i.on_both)
$$;
COMMENT ON FUNCTION clearance_internal.differences IS 'what two configurations differ in; all_was, all_becomes: with all that is said about it';

-- Guards and masks change in place; whatever names a table that is declared anew,
-- as parent or link, is declared anew with it.
CREATE FUNCTION clearance_internal.tables_anew(before jsonb, after jsonb) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE anew AS (
        SELECT d.object AS name FROM clearance_internal.differences(before, after) d
        WHERE d.was IS NOT NULL AND d.kind IN ('table', 'relation', 'parent') OR d.kind = 'property'
        UNION
        SELECT t.key FROM anew a CROSS JOIN jsonb_each(before -> 'tables') t
        WHERE t.value @? format('$.parents[*] ? (@.parent == %s)', to_json(a.name))::jsonpath
           OR t.value @? format('$.relations[*] ? (@.link == %s)', to_json(a.name))::jsonpath
    )
    SELECT ARRAY(SELECT name FROM anew ORDER BY name COLLATE "C")
$$;
COMMENT ON FUNCTION clearance_internal.tables_anew IS 'tables of the first configuration that have to be unprotected to become as the second says';

-- ---------------------------------------------------------------------------
-- A database made equal to a document
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.apply_vocabulary(before jsonb, after jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    entry record;
    action record;
BEGIN
    FOR entry IN SELECT d.* FROM clearance_internal.differences(before, after) d WHERE d.no <= 2 AND d.becomes IS NOT NULL ORDER BY d.no, d.object LOOP
        IF entry.kind = 'feature' AND entry.was IS NULL THEN
            PERFORM clearance.create_feature(entry.object, '{}', entry.becomes ->> 'description');
            CONTINUE;
        END IF;
        IF entry.kind = 'feature' THEN
            UPDATE clearance.feature f SET description = entry.becomes ->> 'description' WHERE f.name = entry.object;
        ELSE
            SELECT split_part(entry.object, '.', 1) AS feature, split_part(entry.object, '.', 2) AS name INTO action;
            UPDATE clearance.action a SET reads = (entry.becomes ->> 'reads')::boolean
            WHERE (a.feature, a.name) = (action.feature, action.name) AND NOT a.built_in;
            IF NOT FOUND THEN
                PERFORM clearance.create_action(action.feature, action.name, (entry.becomes ->> 'reads')::boolean);
            END IF;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_vocabulary IS 'adds and changes features and actions as a configuration says';

-- What is not named any more goes last, when nothing of the configuration uses it.
CREATE FUNCTION clearance_internal.drop_vocabulary(after jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    gone record;
BEGIN
    FOR gone IN SELECT a.feature, a.name FROM clearance.action a
                WHERE NOT a.built_in AND NOT after -> 'actions' ? (a.feature || '.' || a.name) ORDER BY 1, 2 LOOP
        IF EXISTS (SELECT FROM clearance_internal.level_says() s WHERE (s.feature, s.action) = (gone.feature, gone.name))
            OR EXISTS (SELECT FROM clearance.member_switch s WHERE (s.feature, s.action) = (gone.feature, gone.name)) THEN
            RAISE object_in_use USING MESSAGE = format('action %s.%s is in use', gone.feature, gone.name),
                DETAIL = 'A level of an account names it, or it is switched on for a member.', HINT = 'Keep it among the actions of the document.';
        END IF;
        DELETE FROM clearance.action a WHERE (a.feature, a.name) = (gone.feature, gone.name);
    END LOOP;
    FOR gone IN SELECT f.name AS feature, NULL AS name FROM clearance.feature f
                WHERE NOT f.built_in AND NOT after -> 'features' ? f.name ORDER BY 1 LOOP
        DELETE FROM clearance.feature f WHERE f.name = gone.feature;
    END LOOP;
EXCEPTION WHEN foreign_key_violation THEN
    RAISE object_in_use USING
        MESSAGE = format('%s %s is in use', CASE WHEN gone.name IS NULL THEN 'feature' ELSE 'action' END, concat_ws('.', gone.feature, gone.name)),
        DETAIL = 'The document declares something with it.',
        HINT = format('Keep it among the %ss of the document.', CASE WHEN gone.name IS NULL THEN 'feature' ELSE 'action' END);
END
$$;
COMMENT ON FUNCTION clearance_internal.drop_vocabulary IS 'drops features and actions that a configuration does not name';

CREATE FUNCTION clearance_internal.apply_gates(before jsonb, after jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.remove_gate(d.object, d.part) FROM clearance_internal.differences(before, after) d
    WHERE d.kind = 'gate' AND d.was IS NOT NULL;
    PERFORM clearance.add_gate(d.object, d.part, ARRAY(SELECT jsonb_array_elements_text(d.becomes)))
    FROM clearance_internal.differences(before, after) d WHERE d.kind = 'gate' AND d.becomes IS NOT NULL;
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_gates IS 'adds and removes gates as a configuration says';

CREATE FUNCTION clearance_internal.apply_levels(before jsonb, after jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    levels jsonb := clearance_internal.all_levels(after, before);
    entry record;
    detail text;
    hint text;
BEGIN
    FOR entry IN SELECT DISTINCT d.object AS name, levels -> d.object AS level FROM clearance_internal.differences(before, after) d
                 WHERE d.no BETWEEN 4 AND 7 AND levels ? d.object ORDER BY 1 LOOP
        PERFORM clearance_internal.apply_level(entry.name, entry.level);
    END LOOP;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    PERFORM clearance_internal.raise_entry(clearance_internal.path_text(ARRAY['levels', entry.name]), entry.level::text, SQLSTATE, SQLERRM, detail, hint);
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_levels IS 'makes and changes levels for all accounts as a configuration says; what goes goes later';

-- Relations through tasks and parents may name tables in a circle, so they go
-- first; then a table after all that name it as link.
CREATE FUNCTION clearance_internal.unprotect_all(tables text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ids integer[] := ARRAY(SELECT b.id FROM clearance.binding b WHERE clearance_internal.table_name(b.relation) = ANY (tables));
    next regclass;
BEGIN
    DELETE FROM clearance.binding_parent p WHERE p.binding_id = ANY (ids);
    DELETE FROM clearance.binding_relation r WHERE r.binding_id = ANY (ids) AND r.member_column IS NULL;
    LOOP
        SELECT b.relation INTO next FROM clearance.binding b
        WHERE b.id = ANY (ids)
        ORDER BY EXISTS (SELECT FROM clearance.binding_relation r WHERE r.link = b.relation AND r.binding_id <> b.id),
                 clearance_internal.table_name(b.relation) COLLATE "C" LIMIT 1;
        EXIT WHEN NOT FOUND;
        PERFORM clearance.unprotect(next);
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.unprotect_all IS 'unprotects tables that may name each other';

CREATE FUNCTION clearance_internal.apply_protect(tab regclass, t jsonb) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    SELECT clearance.protect(tab, t ->> 'feature', project => t ->> 'project', visibility => t ->> 'visibility',
        shared_values => CASE WHEN t ? 'shared_values' THEN ARRAY(SELECT jsonb_array_elements_text(t -> 'shared_values')) END,
        client_visibility => t ->> 'client_visibility', account => t ->> 'account', owner => t ->> 'owner', kind => t ->> 'kind',
        published => t ->> 'published', publish_action => t ->> 'publish_action', key => t ->> 'key',
        view_action => t ->> 'view_action', create_action => t ->> 'create_action', edit_action => t ->> 'edit_action',
        delete_action => t ->> 'delete_action', force => (t ->> 'force')::boolean, project_optional => (t ->> 'project_optional')::boolean)
$$;
COMMENT ON FUNCTION clearance_internal.apply_protect IS 'protects a table as a configuration says';

CREATE FUNCTION clearance_internal.new_entries(was jsonb, becomes jsonb, list text) RETURNS SETOF jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_array_elements(becomes -> list) EXCEPT SELECT jsonb_array_elements(was -> list) ORDER BY 1
$$;
COMMENT ON FUNCTION clearance_internal.new_entries IS 'entries of a list of a table that it does not have in another configuration';

CREATE FUNCTION clearance_internal.apply_relations(tab regclass, was jsonb, t jsonb, through_tasks boolean) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    SELECT clearance.relate(tab, r ->> 'kind', r ->> 'member_column', to_regclass(r ->> 'link'), r ->> 'link_column', r ->> 'row_column')
    FROM clearance_internal.new_entries(was, t, 'relations') r WHERE r ? 'member_column' <> through_tasks
$$;
COMMENT ON FUNCTION clearance_internal.apply_relations IS 'relates members to rows as a configuration says: by columns and link tables, or through tasks';

-- One in another project needs something that tells the row's own.
CREATE FUNCTION clearance_internal.apply_parents(tab regclass, was jsonb, t jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p jsonb;
BEGIN
    FOR p IN SELECT e FROM clearance_internal.new_entries(was, t, 'parents') e ORDER BY (e ->> 'same_project')::boolean DESC, e LOOP
        PERFORM clearance.add_parent(tab, (p ->> 'column')::name, to_regclass(p ->> 'parent'), (p ->> 'type_column')::name, p ->> 'type_value',
            (p ->> 'optional')::boolean, same_project => (p ->> 'same_project')::boolean, view_action => p ->> 'view_action',
            create_action => p ->> 'create_action', edit_action => p ->> 'edit_action', delete_action => p ->> 'delete_action');
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_parents IS 'names the parents of a table as a configuration says';

CREATE FUNCTION clearance_internal.apply_columns(tab regclass, was jsonb, t jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.unguard_column(tab, (g ->> 'column')::name, g ->> 'new_value') FROM clearance_internal.new_entries(t, was, 'guards') g;
    PERFORM clearance.guard_column(tab, (g ->> 'column')::name, split_part(g ->> 'action', '.', 2), split_part(g ->> 'action', '.', 1), g ->> 'new_value')
    FROM clearance_internal.new_entries(was, t, 'guards') g;
    PERFORM clearance.unmask_column(tab, (m ->> 'column')::name) FROM clearance_internal.new_entries(t, was, 'masks') m;
    PERFORM clearance.mask_column(tab, (m ->> 'column')::name, split_part(m ->> 'action', '.', 2), m ->> 'mask', m ->> 'filters', split_part(m ->> 'action', '.', 1))
    FROM clearance_internal.new_entries(was, t, 'masks') m;
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_columns IS 'guards and masks columns of a table as a configuration says';

-- Guards by one column end together.
CREATE FUNCTION clearance_internal.apply_row_guards(tab regclass, was jsonb, t jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ended text[] := ARRAY(SELECT g ->> 'state_column' FROM clearance_internal.new_entries(t, was, 'row_guards') g);
    g jsonb;
BEGIN
    PERFORM clearance.unguard_row(tab, c::name) FROM (SELECT DISTINCT unnest(ended) AS c) e;
    FOR g IN SELECT e FROM jsonb_array_elements(t -> 'row_guards') e
             WHERE e ->> 'state_column' = ANY (ended) OR NOT coalesce(e IN (SELECT jsonb_array_elements(was -> 'row_guards')), false) LOOP
        IF split_part(g ->> 'edit_action', '.', 1) <> split_part(g ->> 'delete_action', '.', 1) THEN
            RAISE invalid_parameter_value USING MESSAGE = format('%s and %s are of two features', g ->> 'edit_action', g ->> 'delete_action');
        END IF;
        PERFORM clearance.guard_row(tab, (g ->> 'state_column')::name, ARRAY(SELECT jsonb_array_elements_text(g -> 'state_values')),
            split_part(g ->> 'edit_action', '.', 2), split_part(g ->> 'delete_action', '.', 2), split_part(g ->> 'edit_action', '.', 1),
            CASE WHEN g ? 'columns' THEN ARRAY(SELECT jsonb_array_elements_text(g -> 'columns'))::name[] END);
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_row_guards IS 'guards rows of a table as a configuration says';

-- All tables are protected before one names another.
CREATE FUNCTION clearance_internal.apply_tables(before jsonb, after jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    anew text[] := clearance_internal.tables_anew(before, after);
    standing jsonb := (before -> 'tables') - anew;
    entry record;
    tab regclass;
    detail text;
    hint text;
BEGIN
    PERFORM clearance_internal.unprotect_all(anew);
    BEGIN
        FOR entry IN SELECT t.key AS name, t.value AS t, standing -> t.key AS was, step
                     FROM generate_series(1, 4) AS step CROSS JOIN jsonb_each(after -> 'tables') t
                     WHERE t.value IS DISTINCT FROM standing -> t.key ORDER BY step, t.key COLLATE "C" LOOP
            tab := to_regclass(entry.name);
            IF entry.step = 1 AND entry.was IS NULL THEN
                PERFORM clearance_internal.apply_protect(tab, entry.t);
            ELSIF entry.step = 2 THEN
                PERFORM clearance_internal.apply_relations(tab, entry.was, entry.t, false);
            ELSIF entry.step = 3 THEN
                PERFORM clearance_internal.apply_parents(tab, entry.was, entry.t);
            ELSIF entry.step = 4 THEN
                PERFORM clearance_internal.apply_relations(tab, entry.was, entry.t, true);
                PERFORM clearance_internal.apply_columns(tab, entry.was, entry.t);
                PERFORM clearance_internal.apply_row_guards(tab, entry.was, entry.t);
            END IF;
        END LOOP;
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
        PERFORM clearance_internal.raise_entry(clearance_internal.path_text(ARRAY['tables', entry.name]), entry.t::text, SQLSTATE, SQLERRM, detail, hint);
    END;
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_tables IS 'protects tables, and ends their protection, as a configuration says';

-- Whoever they are about, is there before.
CREATE FUNCTION clearance_internal.apply_mirrors(before jsonb, after jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    entry record;
    detail text;
    hint text;
BEGIN
    FOR entry IN SELECT d.object AS name, d.was, d.becomes AS m FROM clearance_internal.differences(before, after) d
                 WHERE d.kind = 'mirror' ORDER BY d.object COLLATE "C" LOOP
        IF entry.was IS NOT NULL THEN
            PERFORM clearance.unmirror_membership(to_regclass(entry.name));
        END IF;
        IF entry.m IS NOT NULL THEN
            PERFORM clearance.mirror_membership(to_regclass(entry.name), (entry.m ->> 'project')::name, (entry.m ->> 'member')::name,
                (entry.m ->> 'access_level')::name, (entry.m ->> 'starts_at')::name, (entry.m ->> 'ends_at')::name, (entry.m ->> 'through_phase')::boolean);
        END IF;
    END LOOP;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    PERFORM clearance_internal.raise_entry(clearance_internal.path_text(ARRAY['mirrors', entry.name]), entry.m::text, SQLSTATE, SQLERRM, detail, hint);
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_mirrors IS 'mirrors tables, and ends that, as a configuration says';

-- All that ends, ends before; levels are there before who has them.
CREATE FUNCTION clearance_internal.apply_views(before jsonb, after jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    entry record;
    detail text;
    hint text;
BEGIN
    FOR entry IN SELECT d.object AS name, coalesce(d.becomes, d.was) AS v, d.was IS NOT NULL AND step = 1 AS ends, d.becomes IS NOT NULL AND step = 2 AS begins
                 FROM clearance_internal.differences(before, after) d CROSS JOIN generate_series(1, 2) step WHERE d.kind = 'view'
                 ORDER BY step, array_position(clearance_internal.mirror_kinds(), d.becomes ->> 'kind'), d.object COLLATE "C" LOOP
        IF entry.ends THEN
            PERFORM clearance.unmirror(to_regclass(entry.name));
        ELSIF entry.begins THEN
            PERFORM clearance.mirror(to_regclass(entry.name), entry.v ->> 'kind', entry.v -> 'tables', a.id)
            FROM clearance.account a WHERE a.name = entry.v ->> 'account';
            IF NOT FOUND THEN
                PERFORM clearance_internal.raise_unknown('account', coalesce('"' || (entry.v ->> 'account') || '"', 'is meant'), 'Table clearance.account');
            END IF;
        END IF;
    END LOOP;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    PERFORM clearance_internal.raise_entry(clearance_internal.path_text(ARRAY['views', entry.name]), entry.v::text, SQLSTATE, SQLERRM, detail, hint);
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_views IS 'mirrors views, and ends that, as a configuration says';

-- ---------------------------------------------------------------------------
-- What must never be granted
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.never_held(never jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH named AS MATERIALIZED (
        SELECT n AS entry, clearance_internal.require_level(n ->> 'level') AS level, p.feature, p.action
        FROM jsonb_array_elements(never) n CROSS JOIN LATERAL clearance_internal.parse_action(n ->> 'action') p
    )
    SELECT clearance_internal.as_set((
        SELECT jsonb_agg(n.entry) FROM named n
        WHERE EXISTS (SELECT FROM clearance_internal.held_grants(ARRAY[n.level]) g WHERE (g.feature, g.action) = (n.feature, n.action))))
$$;
COMMENT ON FUNCTION clearance_internal.never_held IS 'assertions of a configuration that do not hold: levels that hold what they never should, be it granted or following from grants';

-- Levels become as they would be, are asked, and become what they were.
CREATE FUNCTION clearance_internal.never_held_after(before jsonb, after jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held jsonb;
BEGIN
    IF after -> 'never' = '[]' THEN
        RETURN '[]';
    END IF;
    DELETE FROM clearance.never_granted;
    PERFORM clearance_internal.import_as_operator(true),
            clearance_internal.apply_vocabulary(before, after), clearance_internal.apply_levels(before, after);
    held := clearance_internal.never_held(after -> 'never');
    RAISE EXCEPTION USING ERRCODE = 'CLR00';
EXCEPTION WHEN SQLSTATE 'CLR00' THEN
    RETURN held;
END
$$;
COMMENT ON FUNCTION clearance_internal.never_held_after IS 'assertions that would not hold under a configuration; changes nothing';

CREATE FUNCTION clearance_internal.drop_never(never jsonb) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM clearance.never_granted n USING clearance.level l
    WHERE l.id = n.level_id AND NOT never @> jsonb_build_array(jsonb_build_object('level', l.name, 'action', n.feature || '.' || n.action))
$$;
COMMENT ON FUNCTION clearance_internal.drop_never IS 'ends assertions that a configuration does not say';

CREATE FUNCTION clearance_internal.apply_never(never jsonb) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO clearance.never_granted (level_id, feature, action)
    SELECT clearance_internal.require_level(n ->> 'level'), p.feature, p.action
    FROM jsonb_array_elements(never) n CROSS JOIN LATERAL clearance_internal.parse_action(n ->> 'action') p
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION clearance_internal.apply_never IS 'notes what a configuration says must never be granted';

-- ---------------------------------------------------------------------------
-- For people
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.require_nobody_acts() RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM clearance.current_actor() a WHERE a.member IS NOT NULL OR a.partner IS NOT NULL) THEN
        RAISE insufficient_privilege USING MESSAGE = 'a configuration belongs to no account',
            DETAIL = 'Somebody acts in this session.', HINT = 'clearance.reset_actor() ends that.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_nobody_acts IS 'refuses a session that acts for somebody';

CREATE FUNCTION clearance.export(clearance.by_name DEFAULT 'by name', accounts boolean DEFAULT false, people boolean DEFAULT false) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_nobody_acts(),
            clearance_internal.require_given('accounts', accounts::text), clearance_internal.require_given('people', people::text);
    RETURN clearance_internal.pretty(clearance_internal.configuration(accounts OR people, CASE WHEN NOT people THEN '{}'::text[] END));
END
$$;
COMMENT ON FUNCTION clearance.export IS
'the configuration as a JSON document: features, actions and gates that were added, levels for all accounts that were added or changed, protected and mirrored tables; accounts: with their own levels and roles; people: with companies, members and projects too. The same text for the same configuration';

-- What the document says nothing of is not compared.
CREATE FUNCTION clearance_internal.configuration_like(after jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT clearance_internal.configuration(after ? 'accounts', ARRAY(SELECT a.key FROM jsonb_each(after -> 'accounts') a WHERE a.value ? 'people'))
$$;
COMMENT ON FUNCTION clearance_internal.configuration_like IS 'the configuration of this database, with accounts and people where another one has them';

CREATE FUNCTION clearance_internal.changes(before jsonb, after jsonb)
RETURNS TABLE (class text, kind text, object text, part text, was jsonb, becomes jsonb, anew boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    declared_anew text[] := clearance_internal.tables_anew(before - 'accounts', after - 'accounts');
    open text[] := ARRAY(SELECT o FROM unnest(ARRAY[before, after]) c CROSS JOIN LATERAL clearance_internal.let_in_otherwise(c) o);
BEGIN
    RETURN QUERY
    SELECT clearance_internal.class_of(d.no, d.kind, d.part, d.was, d.becomes,
               before #> ARRAY['tables', d.object] ? 'project' AND after #> ARRAY['tables', d.object] ? 'project', d.object = ANY (open)),
           d.kind, d.object, d.part, d.all_was, d.all_becomes,
           d.no BETWEEN 8 AND 14 AND d.object = ANY (declared_anew) AND after -> 'tables' ? d.object
    FROM clearance_internal.differences(before, after) d
    ORDER BY d.kind COLLATE "C", d.object COLLATE "C", d.part COLLATE "C";
END
$$;
COMMENT ON FUNCTION clearance_internal.changes IS 'what two configurations differ in, as diff() and import() tell it';

CREATE FUNCTION clearance.diff(document jsonb)
RETURNS TABLE (class text, kind text, object text, part text, was jsonb, becomes jsonb, anew boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before jsonb;
    after jsonb;
BEGIN
    PERFORM clearance_internal.require_nobody_acts();
    after := clearance_internal.canonical_configuration(document);
    before := clearance_internal.configuration_like(after);
    RETURN QUERY SELECT c.* FROM clearance_internal.changes(before, after) c;
    RETURN QUERY SELECT 'widening', 'never', n ->> 'level', n ->> 'action', NULL::jsonb, n, false
                 FROM jsonb_array_elements(clearance_internal.never_held_after(before, after)) n;
END
$$;
COMMENT ON FUNCTION clearance.diff IS
'what import() would change to make the database equal to a document, each narrowing, widening, mixed or neutral; anew: the table is unprotected and protected again; kind never: an assertion that would not hold';

CREATE FUNCTION clearance.diff_digest(document jsonb) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT encode(sha256(convert_to(coalesce(jsonb_agg(to_jsonb(d) ORDER BY d.kind COLLATE "C", d.object COLLATE "C", d.part COLLATE "C"), '[]')::text, 'UTF8')), 'hex')
    FROM clearance.diff(document) d
$$;
COMMENT ON FUNCTION clearance.diff_digest IS 'digest of all that diff() lists, for import(reviewed) to compare';

-- Nobody else changes what is compared.
CREATE FUNCTION clearance_internal.import_alone(with_people boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.declare_alone();
    LOCK TABLE clearance.level, clearance.level_grant, clearance.level_denial, clearance.not_available, clearance.gate,
        clearance.feature, clearance.action, clearance.never_granted IN SHARE ROW EXCLUSIVE MODE;
    IF with_people THEN
        LOCK TABLE clearance.account, clearance.role, clearance.partner, clearance.partner_role, clearance.partner_owner, clearance.customer,
            clearance.member, clearance.member_role, clearance.member_switch, clearance.resource, clearance.project, clearance.project_feature_off,
            clearance.project_open_level, clearance.project_partner, clearance.project_customer, clearance.project_member IN SHARE ROW EXCLUSIVE MODE;
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.import_alone IS 'waits until no other transaction changes a configuration, and has others wait until this one ends';

-- The extension's functions do as an operator asks; tables run code of others.
-- What they would notice halfway is not so in the end.
CREATE FUNCTION clearance_internal.apply_configuration(before jsonb, after jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning
AS $$
DECLARE
    was jsonb := before - 'accounts';
    becomes jsonb := after - 'accounts';
BEGIN
    PERFORM clearance_internal.drop_never(after -> 'never'), clearance_internal.import_as_operator(true),
            clearance_internal.apply_vocabulary(was, becomes), clearance_internal.apply_levels(was, becomes),
            clearance_internal.apply_gates(was, becomes),
            clearance_internal.import_as_operator(false);
    PERFORM clearance_internal.apply_accounts(before, after), clearance_internal.apply_tables(was, becomes),
            clearance_internal.apply_mirrors(was, becomes), clearance_internal.apply_views(was, becomes);
    PERFORM clearance_internal.import_as_operator(true),
            clearance_internal.drop_roles_and_levels(after), clearance_internal.drop_vocabulary(after),
            clearance_internal.import_as_operator(false);
    PERFORM clearance_internal.apply_never(after -> 'never');
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_configuration IS 'makes the database as a configuration says';

CREATE FUNCTION clearance.import(document jsonb, reviewed text DEFAULT NULL)
RETURNS TABLE (class text, kind text, object text, part text, was jsonb, becomes jsonb, anew boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    before jsonb;
    after jsonb;
    left_over record;
BEGIN
    PERFORM clearance_internal.require_nobody_acts(), clearance_internal.import_alone(document ? 'accounts');
    after := clearance_internal.canonical_configuration(document);
    IF reviewed IS NOT NULL AND reviewed <> clearance.diff_digest(document) THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = 'what the document changes is not what was reviewed',
            DETAIL = 'The document, or the database, has changed since the digest was taken.',
            HINT = 'Review what clearance.diff() lists, and pass what clearance.diff_digest() returns then.';
    END IF;
    before := clearance_internal.configuration_like(after);
    RETURN QUERY SELECT c.* FROM clearance_internal.changes(before, after) c;
    IF FOUND THEN
        PERFORM clearance_internal.apply_configuration(before, after);
    END IF;
    PERFORM clearance_internal.require_never_held(ARRAY(SELECT DISTINCT n.level_id FROM clearance.never_granted n));
    SELECT d.kind, d.object, d.part INTO left_over
    FROM clearance_internal.differences(clearance_internal.configuration_like(after), after) d ORDER BY d.no, d.object, d.part LIMIT 1;
    IF FOUND THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('the database cannot become equal to the document: %s %s %s', left_over.kind, left_over.object, left_over.part),
            DETAIL = 'An import removes no account, company, member or project, and moves nobody.',
            HINT = 'Nothing was changed. clearance.export() writes a document that is free of contradictions.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance.import IS
'makes the configuration equal to a document, and returns what it changed; reviewed: the digest of what may change. An error changes nothing';
