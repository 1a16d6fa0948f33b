-- ---------------------------------------------------------------------------
-- Declarations
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance.protect(relation regclass, feature text, project name DEFAULT NULL,
    visibility name DEFAULT NULL, shared_values text[] DEFAULT NULL, clearance.by_name DEFAULT 'by name', client_visibility name DEFAULT NULL,
    account name DEFAULT NULL, owner name DEFAULT NULL, kind name DEFAULT NULL,
    published name DEFAULT NULL, publish_action text DEFAULT 'publish', key name DEFAULT NULL,
    view_action text DEFAULT 'view', create_action text DEFAULT 'create',
    edit_action text DEFAULT 'edit', delete_action text DEFAULT 'delete',
    force boolean DEFAULT true, project_optional boolean DEFAULT false) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    id integer;
    link clearance.binding;
    verb text;
BEGIN
    PERFORM clearance_internal.declare_alone();
    PERFORM clearance_internal.require_table(relation);
    PERFORM clearance_internal.require_unprotected(relation);
    PERFORM clearance_internal.require_feature(feature);
    FOREACH verb IN ARRAY ARRAY[view_action, create_action, edit_action, delete_action] LOOP
        PERFORM clearance_internal.require_action(feature, verb);
    END LOOP;
    IF feature = 'project' AND project IS NULL THEN
        RAISE EXCEPTION 'a table of projects needs its project column' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Name the column that holds the projects'' own keys: protect(..., ''project'', project => ''id'').';
    END IF;
    project_optional := coalesce(project_optional, false);
    IF project_optional AND (project IS NULL OR feature = 'project') THEN
        RAISE EXCEPTION 'project_optional is for tables with a project column, not for tables of projects' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Name the column: protect(..., project => ''project_id'', project_optional => true). Without one, a row is where its parents are.';
    END IF;
    shared_values := clearance_internal.require_visibility(relation, visibility, shared_values);
    PERFORM clearance_internal.require_bound_types(relation, client_visibility, kind, published);
    IF published IS NOT NULL THEN
        PERFORM clearance_internal.require_action(feature, publish_action);
    END IF;
    key := clearance_internal.require_row_key(relation, key);
    PERFORM clearance_internal.require_key_column(relation, c.name, c.purpose)
    FROM (VALUES (project, 'project'), (account, 'account'), (owner, 'owner')) AS c (name, purpose)
    WHERE c.name IS NOT NULL;

    -- before the table is locked
    PERFORM clearance_internal.notice_unseen(relation, feature, view_action);
    IF feature <> 'project' AND project IS NOT NULL THEN
        PERFORM clearance_internal.notice_projects(relation, project, project_optional);
    END IF;
    IF project_optional THEN
        PERFORM clearance_internal.notice_no_account(relation, project, account);
    END IF;
    IF account IS NOT NULL OR client_visibility IS NOT NULL THEN
        PERFORM clearance_internal.notice_labels(relation, account, client_visibility);
    END IF;
    IF owner IS NOT NULL THEN
        PERFORM clearance_internal.notice_members(relation, owner);
    END IF;
    IF visibility IS NOT NULL THEN
        PERFORM clearance_internal.notice_values(relation, visibility, shared_values);
    END IF;
    -- a link table that relate() protected becomes a table of its own
    DELETE FROM clearance.binding b WHERE b.relation = protect.relation AND b.link_only RETURNING * INTO link;
    IF link.id IS NULL AND num_nonnulls(key, project, visibility, client_visibility, account, owner, kind, published) = 0 THEN
        RAISE EXCEPTION 'nothing tells the rows of % apart', relation USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'The table has no primary key, and no column of it is named.',
            HINT = 'Name the column that holds the rows'' projects: protect(..., project => ''project_id''), or give the table a primary key.';
    END IF;
    INSERT INTO clearance.binding (id, relation, feature, key_column, project_column, visibility_column, shared_values,
        client_visibility_column, account_column, owner_column, kind_column, published_column, publish_action,
        view_action, create_action, edit_action, delete_action, force, had_rls, had_force, project_optional)
    SELECT coalesce(link.id, clearance_internal.new_binding_id()), relation, feature, key, project, visibility,
        shared_values, client_visibility, account, owner, kind, published,
        CASE WHEN published IS NOT NULL THEN publish_action END, view_action, create_action, edit_action,
        delete_action, force, coalesce(link.had_rls, c.relrowsecurity), coalesce(link.had_force, c.relforcerowsecurity),
        project_optional
    FROM pg_class c WHERE c.oid = relation
    RETURNING binding.id INTO id;
    PERFORM clearance_internal.sync(id);
    PERFORM clearance_internal.require_closed_parents(t.tab) FROM clearance_internal.table_tree(relation) AS t (tab);
    PERFORM clearance_internal.notice_foreign_policies(relation);
    IF feature = 'project' THEN
        PERFORM clearance_internal.register_existing_projects(relation, project, account);
    ELSIF project IS NULL AND account IS NULL THEN
        RAISE NOTICE 'no row of % is visible until clearance.add_parent() names its parent', relation;
    END IF;
    PERFORM clearance_internal.look_for_outlived(id);
    RETURN id;
END
$$;
COMMENT ON FUNCTION clearance.protect IS
'binds a table, with its partitions and children, to a feature and enforces the rule on it from now on; returns the binding''s id';

CREATE FUNCTION clearance_internal.require_unprotected(relation regclass) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    bound regclass;
    parent regclass;
BEGIN
    SELECT b.relation INTO bound FROM clearance.binding b
    WHERE b.id = clearance_internal.binding_of(require_unprotected.relation)
      AND NOT (b.link_only AND b.relation = require_unprotected.relation);
    IF bound = relation THEN
        RAISE EXCEPTION '% is protected already', relation USING ERRCODE = 'duplicate_object',
            HINT = 'Call clearance.unprotect() first to declare it anew.';
    ELSIF bound IS NOT NULL THEN
        RAISE EXCEPTION '% is protected already, with its parent %', relation, bound USING ERRCODE = 'duplicate_object',
            HINT = 'Its partitions and children need no declaration of their own.';
    END IF;
    SELECT i.inhparent INTO parent FROM pg_inherits i WHERE i.inhrelid = relation LIMIT 1;
    IF parent IS NOT NULL THEN
        RAISE EXCEPTION '% is a partition or child of %', relation, parent USING ERRCODE = 'wrong_object_type',
            HINT = 'Protect the parent: its partitions and children are protected with it.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_unprotected IS 'errors if a table is protected, or is a partition or child';

CREATE FUNCTION clearance_internal.require_visibility(relation regclass, visibility name, shared_values text[]) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    type regtype;
BEGIN
    IF visibility IS NULL THEN
        IF shared_values IS NOT NULL THEN
            RAISE EXCEPTION 'shared_values without a visibility column' USING ERRCODE = 'invalid_parameter_value',
                HINT = 'Name the column: protect(..., visibility => ''is_private'', shared_values => ''{false}'').';
        END IF;
        RETURN NULL;
    END IF;
    type := clearance_internal.require_label_column(relation, visibility, 'visibility');
    IF coalesce(cardinality(shared_values), 0) = 0 OR array_position(shared_values, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'which values of "%" mean shared is not said', visibility USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Pass them: shared_values => ''{false}'' for a privacy flag, ''{true}'' for a sharing flag, or the list of values.';
    END IF;
    RETURN ARRAY(SELECT clearance_internal.canonical_value(v.value, type, 'a shared value') FROM unnest(shared_values) AS v (value));
END
$$;
COMMENT ON FUNCTION clearance_internal.require_visibility IS 'shared values in canonical form, or an error';

CREATE FUNCTION clearance_internal.require_bound_types(relation regclass, client_visibility name, kind name, published name) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    type regtype;
BEGIN
    IF client_visibility IS NOT NULL THEN
        type := clearance_internal.require_column(relation, client_visibility, 'client visibility');
        IF type NOT IN ('text'::regtype, 'character varying'::regtype)
            AND NOT ARRAY['hidden', 'read', 'edit'] <@ ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = type) THEN
            RAISE EXCEPTION 'column "%" of type % cannot hold client visibility', client_visibility, type
                USING ERRCODE = 'datatype_mismatch', HINT = 'Use text or an enum with the values hidden, read and edit.';
        END IF;
    END IF;
    IF kind IS NOT NULL THEN
        PERFORM clearance_internal.require_label_column(relation, kind, 'kind');
    END IF;
    IF published IS NOT NULL THEN
        type := clearance_internal.require_column(relation, published, 'published');
        IF type NOT IN ('boolean'::regtype, 'date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype) THEN
            RAISE EXCEPTION 'column "%" of type % cannot tell when a row was published', published, type
                USING ERRCODE = 'datatype_mismatch', HINT = 'Use a boolean, date or timestamp column.';
        END IF;
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_bound_types IS
'errors unless these columns exist and can hold what they are named for';

-- A key identifies a row: a unique index says so. Of a partitioned table it is
-- enough that one contains the key, since it must contain the partition key.
CREATE FUNCTION clearance_internal.is_row_key(relation regclass, key name) RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
        JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attname = key
        WHERE i.indrelid = relation AND i.indisunique AND NOT i.indisexclusion AND i.indisvalid AND i.indpred IS NULL
          AND (i.indkey[0] = a.attnum AND i.indnkeyatts = 1
               OR c.relkind = 'p' AND a.attnum IN (SELECT i.indkey[k] FROM generate_series(0, i.indnkeyatts - 1) AS k)));
END;
COMMENT ON FUNCTION clearance_internal.is_row_key IS 'whether a unique index says that a column identifies a row';

CREATE FUNCTION clearance_internal.require_row_key(relation regclass, key name) RETURNS name
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF key IS NULL THEN
        SELECT a.attname INTO key
        FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = relation AND i.indisprimary AND i.indnkeyatts = 1
          AND clearance_internal.key_class(clearance_internal.require_column(relation, a.attname, 'key')) IS NOT NULL;
        RETURN key;
    END IF;
    PERFORM clearance_internal.require_key_column(relation, key, 'key');
    IF NOT clearance_internal.is_row_key(relation, key) THEN
        RAISE EXCEPTION 'column "%" of % is not unique', key, relation USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'It was named as the key column, which identifies a row.',
            HINT = 'Add a primary key or unique constraint to it.';
    END IF;
    RETURN key;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_row_key IS
'the key column: the one named, or the primary key if that is one column of a key type';

CREATE FUNCTION clearance.add_parent(relation regclass, "column" name, parent regclass,
    type_column name DEFAULT NULL, type_value text DEFAULT NULL, optional boolean DEFAULT false,
    clearance.by_name DEFAULT 'by name', same_project boolean DEFAULT true, view_action text DEFAULT NULL,
    create_action text DEFAULT NULL, edit_action text DEFAULT NULL, delete_action text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    b clearance.binding;
    p clearance.binding;
BEGIN
    PERFORM clearance_internal.declare_alone();
    b := clearance_internal.require_binding(relation);
    p := clearance_internal.require_binding(parent);
    optional := coalesce(optional, false);
    same_project := coalesce(same_project, true);
    view_action := clearance_internal.require_parent_action(p.feature, view_action);
    create_action := clearance_internal.require_parent_action(p.feature, create_action);
    edit_action := clearance_internal.require_parent_action(p.feature, edit_action);
    delete_action := clearance_internal.require_parent_action(p.feature, delete_action);
    IF NOT same_project AND clearance_internal.project_sources(b) = 0 THEN
        RAISE EXCEPTION 'nothing tells the project of a row of %', relation
            USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = 'A parent that may be in another project tells none.',
            HINT = 'Protect the table with project => its project column, or add a parent that is in the row''s project first.';
    END IF;
    IF p.key_column IS NULL THEN
        RAISE EXCEPTION '% has no key column', parent USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Unprotect it and protect it again with key => the column that its children refer to.';
    END IF;
    PERFORM clearance_internal.require_same_class(relation, "column", clearance_internal.require_key_column(relation, "column", 'parent'),
        parent, p.key_column, clearance_internal.require_key_column(parent, p.key_column, 'key'));
    IF (type_column IS NULL) <> (type_value IS NULL) THEN
        RAISE EXCEPTION 'type_column and type_value go together' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example: type_column => ''object_type'', type_value => ''task''.';
    ELSIF type_column IS NOT NULL THEN
        type_value := clearance_internal.canonical_value(type_value,
            clearance_internal.require_label_column(relation, type_column, 'type'), 'type_value');
    END IF;
    IF b.id <> p.id AND b.id = ANY (clearance_internal.ancestors(p.id)) THEN
        RAISE EXCEPTION '% is a parent of % already', relation, parent USING ERRCODE = 'invalid_object_definition',
            DETAIL = 'Tables that are each other''s parents could never be judged.',
            HINT = 'Unprotect one of them to declare it anew.';
    END IF;
    IF EXISTS (SELECT FROM clearance.binding_parent bp WHERE bp.binding_id = b.id AND bp.column_name = "column"
               AND bp.parent_id = p.id AND bp.type_value IS NOT DISTINCT FROM add_parent.type_value) THEN
        RAISE EXCEPTION '% already names % as parent in "%"', relation, parent, "column" USING ERRCODE = 'duplicate_object',
            HINT = 'clearance.protected_tables lists the parents.';
    END IF;
    IF type_column IS NOT NULL THEN
        PERFORM clearance_internal.notice_values(relation, type_column, ARRAY[type_value]);
        PERFORM clearance_internal.notice_types(relation, "column", type_column, type_value, optional);
    END IF;
    PERFORM clearance_internal.notice_parent(relation, "column", parent, p.key_column, type_column, type_value, optional);
    INSERT INTO clearance.binding_parent (binding_id, column_name, parent_id, type_column, type_value, optional,
        same_project, view_action, create_action, edit_action, delete_action)
    VALUES (b.id, "column", p.id, type_column, type_value, optional,
        same_project, view_action, create_action, edit_action, delete_action);
    PERFORM clearance_internal.sync(b.id);
    PERFORM clearance_internal.sync(p.id);
    IF b.id = p.id THEN
        PERFORM clearance_internal.look_for_outlived(b.id);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance.add_parent IS
'a row is visible only with the row of the parent table that its column names; with a type column, only rows of that type name this parent; with an action for a verb, that needs the action on the parent, too';

CREATE FUNCTION clearance_internal.require_parent_action(feature text, action text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF action IS NULL OR strpos(action, '.') > 0 THEN
        PERFORM clearance_internal.parse_action(action) WHERE action IS NOT NULL;
        RETURN action;
    END IF;
    PERFORM clearance_internal.require_action(feature, action);
    RETURN format('%s.%s', feature, action);
END
$$;
COMMENT ON FUNCTION clearance_internal.require_parent_action IS
'an action on a parent as feature.action, where action alone is one of the parent''s feature; NULL stays; raises unless it exists';

CREATE FUNCTION clearance_internal.ancestors(binding integer) RETURNS integer[]
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH RECURSIVE up AS (
        SELECT ancestors.binding AS id
        UNION
        SELECT p.parent_id FROM up JOIN clearance.binding_parent p ON p.binding_id = up.id
    )
    SELECT array_agg(up.id) FROM up;
END;
COMMENT ON FUNCTION clearance_internal.ancestors IS 'a binding with all its parents, and theirs';

CREATE FUNCTION clearance.relate(relation regclass, kind text, member_column name DEFAULT NULL,
    link regclass DEFAULT NULL, link_column name DEFAULT NULL, row_column name DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    b clearance.binding;
    l clearance.binding;
BEGIN
    PERFORM clearance_internal.declare_alone();
    b := clearance_internal.require_binding(relation);
    IF kind IN ('company', 'reports') THEN
        RAISE EXCEPTION 'relation "%" is not declared', kind USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'It follows from the owner column and the relations own and assigned: from whom they name.',
            HINT = 'Grants name it at once: clearance.allow(..., relation => ''' || kind || ''').';
    END IF;
    PERFORM clearance_internal.require_choice('relation', kind, ARRAY['assigned', 'followed', 'invited', 'own', 'assigned_task']);
    IF link IS NULL THEN
        IF link_column IS NOT NULL OR row_column IS NOT NULL THEN
            RAISE EXCEPTION 'link_column and row_column go with a link table' USING ERRCODE = 'invalid_parameter_value',
                HINT = 'Name it: relate(..., link => ''app.task_assignee'', link_column => ''task_id'', member_column => ''member_id'').';
        END IF;
        PERFORM clearance_internal.require_key_column(relation, member_column, 'member', true);
    ELSE
        row_column := coalesce(row_column, b.key_column);
        IF row_column IS NULL THEN
            RAISE EXCEPTION '% has no key column to link to', relation USING ERRCODE = 'object_not_in_prerequisite_state',
                HINT = 'Pass row_column, the column that the link table refers to.';
        END IF;
        IF member_column IS NOT NULL THEN
            PERFORM clearance_internal.require_link_table(b, member_column, link, link_column, row_column);
        ELSE
            PERFORM clearance_internal.require_task_link(b, kind, link, link_column, row_column);
        END IF;
    END IF;
    IF EXISTS (SELECT FROM clearance.binding_relation r
               WHERE r.binding_id = b.id AND (r.kind, r.member_column, r.link, r.link_column, r.row_column)
                   IS NOT DISTINCT FROM (kind, member_column, link, link_column, row_column)) THEN
        RAISE EXCEPTION '% is related in this way already', relation USING ERRCODE = 'duplicate_object',
            HINT = 'clearance.protected_tables lists the relations.';
    END IF;
    IF member_column IS NOT NULL THEN
        PERFORM clearance_internal.notice_members(coalesce(link, relation), member_column);
    END IF;
    INSERT INTO clearance.binding_relation (binding_id, kind, member_column, link, link_column, row_column)
    VALUES (b.id, kind, member_column, link, link_column, row_column);
    PERFORM clearance_internal.sync(b.id);

    IF link IS NOT NULL THEN
        SELECT * INTO l FROM clearance.binding x WHERE x.relation = link;
        IF NOT FOUND THEN
            INSERT INTO clearance.binding (relation, feature, link_only, had_rls, had_force)
            SELECT link, b.feature, true, c.relrowsecurity, c.relforcerowsecurity FROM pg_class c WHERE c.oid = link
            RETURNING * INTO l;
        END IF;
        PERFORM clearance_internal.sync(l.id);
        PERFORM clearance_internal.require_closed_parents(t.tab) FROM clearance_internal.table_tree(link) AS t (tab);
        PERFORM clearance_internal.notice_foreign_policies(link);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance.relate IS
'says how members are related to rows: by a column or array column of the table, by a link table (protected with it), or, for assigned_task, through a protected table of tasks; several of one kind add up';

CREATE FUNCTION clearance_internal.require_link_table(b clearance.binding, member_column name, link regclass,
    link_column name, row_column name) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_table(link);
    PERFORM clearance_internal.require_key_column(link, member_column, 'member', true);
    PERFORM clearance_internal.require_same_class(link, link_column, clearance_internal.require_key_column(link, link_column, 'link'),
        b.relation, row_column, clearance_internal.require_key_column(b.relation, row_column, 'row'));
    IF link = b.relation THEN
        RAISE EXCEPTION '% cannot be its own link table', link USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Pass member_column alone for a column of the table itself.';
    END IF;
    IF row_column IS DISTINCT FROM b.key_column
        AND NOT EXISTS (SELECT FROM clearance.binding x WHERE x.relation = link AND NOT x.link_only) THEN
        RAISE EXCEPTION '% links to "%", which is not the key of %', link, row_column, b.relation
            USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = 'Its rows belong to no single row, so it cannot be protected with one.',
            HINT = 'Protect it first with clearance.protect().';
    END IF;
    IF clearance_internal.binding_of(link) IS NOT NULL
        AND NOT EXISTS (SELECT FROM clearance.binding x WHERE x.relation = link) THEN
        PERFORM clearance_internal.require_unprotected(link);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_link_table IS
'errors unless a table can link members to rows of a binding';

CREATE FUNCTION clearance_internal.require_task_link(b clearance.binding, kind text, link regclass,
    link_column name, row_column name) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    task clearance.binding := clearance_internal.require_binding(link);
    task_column name := coalesce(link_column, task.key_column);
BEGIN
    IF kind <> 'assigned_task' THEN
        RAISE EXCEPTION 'the % relation needs a member column', kind USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Only assigned_task goes through another protected table.';
    END IF;
    IF NOT EXISTS (SELECT FROM clearance.binding_relation r
                   WHERE r.binding_id = task.id AND r.kind = 'assigned' AND r.member_column IS NOT NULL) THEN
        RAISE EXCEPTION '% has no assignees', link USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Declare them first: clearance.relate(..., ''assigned'', ...).';
    END IF;
    PERFORM clearance_internal.require_same_class(b.relation, row_column, clearance_internal.require_key_column(b.relation, row_column, 'row'),
        link, task_column, clearance_internal.require_key_column(link, task_column, 'link'));
END
$$;
COMMENT ON FUNCTION clearance_internal.require_task_link IS
'errors unless rows of a binding can belong to assigned rows of another protected table';

CREATE FUNCTION clearance.repair(relation regclass) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    bound integer;
    m clearance.mirror;
BEGIN
    PERFORM clearance_internal.declare_alone();
    SELECT * INTO m FROM clearance.mirror t WHERE t.relation = repair.relation;
    bound := clearance_internal.binding_of(relation);
    IF bound IS NULL AND m.id IS NULL THEN
        PERFORM clearance_internal.require_binding(relation);
    END IF;
    IF bound IS NOT NULL THEN
        PERFORM clearance_internal.sync(bound);
        PERFORM clearance_internal.look_for_outlived(bound);
    END IF;
    IF m.id IS NOT NULL THEN
        PERFORM clearance_internal.repair_mirror(m);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance.repair IS
'makes policies and triggers of a protected table, its partitions and children anew, as it was declared, and looks whether its foreign keys to projects hold; of a mirrored one, triggers that are missing, and reads it anew';

CREATE FUNCTION clearance.unprotect(relation regclass) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET clearance.maintaining = on
AS $$
DECLARE
    b clearance.binding;
    tab regclass;
    other regclass;
    links regclass[];
    l clearance.binding;
BEGIN
    PERFORM clearance_internal.declare_alone();
    -- policies that came without their declaration: in a copy, or with a partition that was detached
    IF clearance_internal.binding_of(relation) IS NULL AND EXISTS (SELECT FROM pg_policy p
        WHERE p.polrelid = relation AND clearance_internal.calls_rule(p.polrelid, p.polname)) THEN
        PERFORM clearance_internal.drop_policies(relation);
        PERFORM clearance_internal.drop_triggers(relation);
        EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', relation);
        EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', relation);
        RETURN;
    END IF;
    b := clearance_internal.require_binding(relation);
    links := ARRAY(SELECT DISTINCT r.link FROM clearance.binding_relation r
                   WHERE r.binding_id = b.id AND r.link IS NOT NULL);
    SELECT x.relation INTO other
    FROM clearance.binding x
    WHERE x.id <> b.id
      AND (EXISTS (SELECT FROM clearance.binding_parent p WHERE p.binding_id = x.id AND p.parent_id = b.id)
           OR EXISTS (SELECT FROM clearance.binding_relation r WHERE r.binding_id = x.id AND r.link = b.relation))
    ORDER BY x.relation::text LIMIT 1;   -- ids are random, messages are not
    IF other IS NOT NULL THEN
        RAISE EXCEPTION '% still depends on %', other, relation USING ERRCODE = 'dependent_objects_still_exist',
            DETAIL = 'It names the table as parent or link table.',
            HINT = format('Call clearance.unprotect(%L) first.', other);
    END IF;
    DELETE FROM clearance.binding x WHERE x.id = b.id;
    DELETE FROM clearance.protected_name n WHERE n.relation = b.relation;
    FOR tab IN SELECT clearance_internal.table_tree(b.relation) LOOP
        PERFORM clearance_internal.drop_policies(tab);
        PERFORM clearance_internal.drop_triggers(tab);
        IF NOT b.had_rls THEN
            EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', tab);
        END IF;
        IF NOT b.had_force THEN
            EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', tab);
        END IF;
    END LOOP;
    IF b.feature = 'project' THEN
        PERFORM clearance_internal.keep_projects();
    END IF;
    -- a link table goes with the last relation that it serves
    FOR l IN SELECT x.* FROM clearance.binding x WHERE x.relation = ANY (links) LOOP
        IF l.link_only AND NOT EXISTS (SELECT FROM clearance.binding_relation r WHERE r.link = l.relation) THEN
            PERFORM clearance.unprotect(l.relation);
        ELSE
            PERFORM clearance_internal.sync(l.id);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance.unprotect IS
'ends the protection of a table and of the link tables that served it alone; row security is left as protect() found it';

CREATE VIEW clearance.protected_tables AS
SELECT b.relation AS "table", b.feature, b.id AS binding,
       CASE WHEN b.link_only THEN 'link table' ELSE 'table' END AS role,
       b.project_column AS project, b.key_column AS key, b.visibility_column AS visibility, b.shared_values,
       b.client_visibility_column AS client_visibility, b.account_column AS account, b.owner_column AS owner,
       b.kind_column AS kind, b.published_column AS published,
       ARRAY(SELECT format('%s: %s', r.kind,
                 CASE WHEN r.link IS NULL THEN r.member_column::text
                      WHEN r.member_column IS NULL THEN format('%s = %s.%s', r.row_column, r.link, coalesce(r.link_column, 'key'))
                      ELSE format('%s.%s', r.link, r.member_column) END)
             FROM clearance.binding_relation r WHERE r.binding_id = b.id ORDER BY r.kind, r.id) AS relations,
       ARRAY(SELECT format('%s → %s%s%s', p.column_name, x.relation,
                 CASE WHEN p.type_value IS NOT NULL THEN format(' if %s = %s', p.type_column, p.type_value) ELSE '' END,
                 CASE WHEN p.optional THEN ' (optional)' ELSE '' END
                     || CASE WHEN NOT p.same_project THEN ' (any project)' ELSE '' END
                     || concat(', view: ' || p.view_action, ', create: ' || p.create_action,
                               ', edit: ' || p.edit_action, ', delete: ' || p.delete_action))
             FROM clearance.binding_parent p JOIN clearance.binding x ON x.id = p.parent_id
             WHERE p.binding_id = b.id ORDER BY p.id) AS parents,
       ARRAY(SELECT format('%s%s: %s.%s', g.column_name,
                 CASE WHEN g.new_value IS NOT NULL THEN ' to ' || g.new_value ELSE '' END, g.feature, g.action)
             FROM clearance.binding_guard g WHERE g.binding_id = b.id ORDER BY g.column_name, g.new_value)
       || ARRAY(SELECT format('%s while %s is %s: %s.%s%s', coalesce(array_to_string(g.columns, ', '), 'row'), g.state_column,
                 array_to_string(g.state_values, ' or ', 'NULL'), g.feature, g.edit_action,
                 CASE WHEN g.delete_action <> g.edit_action THEN format(', delete %s.%s', g.feature, g.delete_action) ELSE '' END)
             FROM clearance.binding_row_guard g WHERE g.binding_id = b.id ORDER BY g.id) AS guards,
       coalesce(clearance_internal.is_enforced(b.relation, b), false) AS enforced,
       ARRAY(SELECT format('%s: %s.%s%s%s', m.column_name, m.feature, m.action, ', else ' || m.mask,
                 CASE m.filters WHEN 'error' THEN ', no filters' ELSE '' END)
             FROM clearance.binding_mask m WHERE m.binding_id = b.id ORDER BY m.column_name) AS masks,
       b.project_optional
FROM clearance.binding b;
COMMENT ON VIEW clearance.protected_tables IS 'protected tables: what their columns mean, and whether row security enforces it';
COMMENT ON COLUMN clearance.protected_tables."table" IS 'the protected table; its partitions and children go with it';
COMMENT ON COLUMN clearance.protected_tables.feature IS 'feature of its rows; of a link table, the feature of what it links';
COMMENT ON COLUMN clearance.protected_tables.binding IS 'id of the declaration, which the policies pass';
COMMENT ON COLUMN clearance.protected_tables.role IS 'table, or link table that relate() protected';
COMMENT ON COLUMN clearance.protected_tables.project IS 'column with the project of a row; NULL: the project of its parent';
COMMENT ON COLUMN clearance.protected_tables.key IS 'column that identifies a row; NULL: rows cannot be named';
COMMENT ON COLUMN clearance.protected_tables.visibility IS 'column with the privacy of a row; NULL: every row counts as shared';
COMMENT ON COLUMN clearance.protected_tables.shared_values IS 'values of that column that mean shared; NULL: there is no such column';
COMMENT ON COLUMN clearance.protected_tables.client_visibility IS 'column that says what customers may do: hidden, read or edit; NULL: they go by the visibility';
COMMENT ON COLUMN clearance.protected_tables.account IS 'column with the account of a row; NULL: the account of its project';
COMMENT ON COLUMN clearance.protected_tables.owner IS 'column with the key of the member who created a row; NULL: nobody owns rows by a column';
COMMENT ON COLUMN clearance.protected_tables.kind IS 'column for grants that are limited to kinds; NULL: such grants open no row';
COMMENT ON COLUMN clearance.protected_tables.published IS 'column with the moment until which a row is a draft; NULL: there are no drafts';
COMMENT ON COLUMN clearance.protected_tables.relations IS 'how members are related to rows, as kind: column or table.column';
COMMENT ON COLUMN clearance.protected_tables.parents IS 'rows that must be visible too, as column → table, with the condition, and the actions that are needed on them';
COMMENT ON COLUMN clearance.protected_tables.guards IS 'columns whose change needs an action of its own, as column: feature.action, and states of rows, as row or columns while column is value: feature.action';
COMMENT ON COLUMN clearance.protected_tables.enforced IS 'row security is on, with all policies of the declaration';
COMMENT ON COLUMN clearance.protected_tables.masks IS 'columns that read as NULL, or as something else, without an action, as column: feature.action';
COMMENT ON COLUMN clearance.protected_tables.project_optional IS 'a row without a project is one of its account; false: it is closed';

