-- ---------------------------------------------------------------------------
-- Projects follow the application's project table; rows stay with their
-- parents' project
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.account_of_key(key text) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account bigint;
BEGIN
    SELECT a.id INTO account FROM clearance.account a WHERE coalesce(a.key, a.id::text) = account_of_key.key;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no account with key "%"', key USING ERRCODE = 'undefined_object',
            HINT = 'Accounts are made with clearance.create_account(name, key => ...).';
    END IF;
    RETURN account;
END
$$;
REVOKE ALL ON FUNCTION clearance.account_of_key(text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.account_of_key(text) IS 'id of the account that an account column names, or an error';

CREATE FUNCTION clearance.register_project(key text, account bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    project_id bigint;
BEGIN
    INSERT INTO clearance.project AS p (account_id, key, has_row) VALUES (account, register_project.key, true)
    ON CONFLICT ON CONSTRAINT project_key_is_unique DO NOTHING
    RETURNING p.id INTO project_id;
    IF project_id IS NOT NULL THEN
        INSERT INTO clearance.project_member (account_id, project_id, member_id, is_owner)
        SELECT m.account_id, project_id, m.id, true
        FROM clearance.member m WHERE m.account_id = account AND m.id = clearance.actor();
        -- an old snapshot still shows rows of a project that had the key and is gone: they are not the new one's
        IF EXISTS (SELECT FROM clearance.project p WHERE p.key = register_project.key AND p.id <> project_id) THEN
            RAISE EXCEPTION 'project key "%" was another project''s when the transaction began', key
                USING ERRCODE = 'serialization_failure', HINT = 'Retry the transaction.';
        END IF;
    ELSIF NOT EXISTS (SELECT FROM clearance.project p WHERE p.key = register_project.key AND p.account_id = account) THEN
        RAISE EXCEPTION 'project key "%" is taken', key USING ERRCODE = 'unique_violation',
            HINT = 'A project key belongs to one account of the database.';
    ELSE
        UPDATE clearance.project p SET has_row = true WHERE p.key = register_project.key AND NOT p.has_row;
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.register_project(text, bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.register_project(text, bigint) IS
'registers a project that the application made; the actor, if any, becomes its owner; one registered before stays as it is';

-- A bound key column of a row as text. Keys are of built-in types, so the cast
-- runs nobody's code; to_jsonb() of a whole row might.
CREATE FUNCTION clearance.key_of(r anyelement, "column" name) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    key text;
BEGIN
    EXECUTE format('SELECT ($1).%I::text', "column") INTO key USING r;
    RETURN key;
END
$$;
REVOKE ALL ON FUNCTION clearance.key_of(anyelement, name) FROM PUBLIC;
COMMENT ON FUNCTION clearance.key_of(anyelement, name) IS 'a bound key column of a row as text';

-- A project goes with the last of its rows, whatever takes that away. Registered
-- ahead of one, it waits; so it does where its table is no longer protected, or
-- its partition no longer one.
CREATE FUNCTION clearance.is_project_row(relation regclass, "column" name, key text) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_there boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %s t WHERE t.%I = %L::%s)', relation, "column", key,
                   clearance.require_column(relation, "column", 'project')) INTO is_there;
    RETURN is_there;
EXCEPTION WHEN data_exception THEN
    RETURN false;       -- a key that the column cannot hold
END
$$;
REVOKE ALL ON FUNCTION clearance.is_project_row(regclass, name, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.is_project_row(regclass, name, text) IS 'whether a table has a row with this project key';

CREATE FUNCTION clearance.project_has_row(key text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(bool_or(clearance.is_project_row(b.relation, b.project_column, key)), false)
    FROM clearance.binding b JOIN pg_class c ON c.oid = b.relation WHERE b.feature = 'project' AND NOT b.link_only
$$;
REVOKE ALL ON FUNCTION clearance.project_has_row(text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.project_has_row(text) IS 'whether a protected table of projects has a row of a project';

CREATE FUNCTION clearance.projects_without_row() RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    absent text;
BEGIN
    SELECT string_agg(format(' AND NOT EXISTS (SELECT FROM %s t WHERE t.%I::text = p.key)', b.relation, b.project_column), '')
    INTO absent FROM clearance.binding b JOIN pg_class c ON c.oid = b.relation WHERE b.feature = 'project' AND NOT b.link_only;
    RETURN QUERY EXECUTE 'SELECT p.id FROM clearance.project p WHERE p.has_row' || coalesce(absent, '');
END
$$;
REVOKE ALL ON FUNCTION clearance.projects_without_row() FROM PUBLIC;
COMMENT ON FUNCTION clearance.projects_without_row() IS 'projects whose rows are gone from all protected tables of projects';

CREATE FUNCTION clearance.forget_projects() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$ DELETE FROM clearance.project p WHERE p.id IN (SELECT clearance.projects_without_row()) $$;
REVOKE ALL ON FUNCTION clearance.forget_projects() FROM PUBLIC;
COMMENT ON FUNCTION clearance.forget_projects() IS 'rows of projects were truncated or dropped: their projects go with all memberships';

CREATE FUNCTION clearance.keep_projects() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$ UPDATE clearance.project p SET has_row = false WHERE p.id IN (SELECT clearance.projects_without_row()) $$;
REVOKE ALL ON FUNCTION clearance.keep_projects() FROM PUBLIC;
COMMENT ON FUNCTION clearance.keep_projects() IS 'rows of projects are in no protected table any more, but are there: their projects stay';

-- Trigger of the application's project table. A row that moves to another
-- partition is deleted and inserted: its project stays.
CREATE FUNCTION clearance.follow_project() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    b clearance.binding;
    old_key text;
    new_key text;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM clearance.forget_projects();
        RETURN NULL;
    END IF;
    SELECT * INTO b FROM clearance.binding x WHERE x.id = clearance.binding_of(TG_RELID);
    IF b.feature IS DISTINCT FROM 'project' OR b.link_only THEN
        RAISE EXCEPTION '% is no protected table of projects', TG_RELID::regclass
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'clearance.protect() creates this trigger; drop it here.';
    END IF;
    IF TG_OP <> 'INSERT' THEN
        old_key := clearance.key_of(OLD, b.project_column);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        new_key := clearance.key_of(NEW, b.project_column);
    END IF;
    IF TG_OP = 'DELETE' THEN
        DELETE FROM clearance.project p WHERE p.key = old_key AND NOT clearance.project_has_row(old_key);
    ELSIF TG_OP = 'UPDATE' THEN
        UPDATE clearance.project p SET key = new_key WHERE p.key = old_key AND new_key <> old_key;
    ELSIF new_key IS NOT NULL THEN
        IF b.account_column IS NULL THEN
            PERFORM clearance.register_project(new_key, clearance.default_account(NULL));
        ELSIF clearance.key_of(NEW, b.account_column) IS NOT NULL THEN
            PERFORM clearance.register_project(new_key, clearance.account_of_key(clearance.key_of(NEW, b.account_column)));
        END IF;     -- else it belongs to no account: closed until somebody says
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION clearance.follow_project() IS
'trigger of the project table: registers new projects with their creator as owner (one registered before stays as it is), follows new keys, forgets deleted and truncated ones';

CREATE FUNCTION clearance.register_existing_projects(relation regclass, project name, account name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    registered bigint;
    unclear bigint;
BEGIN
    EXECUTE format(
        'INSERT INTO clearance.project (account_id, key, has_row)
         SELECT a.id, t.key, true
         FROM (SELECT x.%I::text AS key, %s AS account FROM %s x) t
         JOIN clearance.account a ON coalesce(t.account = coalesce(a.key, a.id::text),
                                              (SELECT count(*) = 1 FROM clearance.account))
         WHERE t.key <> '''' AND NOT EXISTS (SELECT FROM clearance.project p WHERE p.key = t.key)',
        project, CASE WHEN account IS NULL THEN 'NULL::text' ELSE format('x.%I::text', account) END, relation);
    GET DIAGNOSTICS registered = ROW_COUNT;
    EXECUTE format('UPDATE clearance.project p SET has_row = true
                    WHERE NOT p.has_row AND EXISTS (SELECT FROM %s x WHERE x.%I::text = p.key)', relation, project);
    EXECUTE format('SELECT count(*) FROM %s x WHERE NOT EXISTS (SELECT FROM clearance.project p WHERE p.key = x.%I::text)',
                   relation, project) INTO unclear;
    IF registered > 0 THEN
        RAISE NOTICE '% existing projects of % are registered', registered, relation;
    END IF;
    IF unclear > 0 THEN
        RAISE NOTICE '% projects of % belong to no account: their rows are closed', unclear, relation
            USING HINT = 'Register them with clearance.create_project().';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.register_existing_projects(regclass, name, name) FROM PUBLIC;
COMMENT ON FUNCTION clearance.register_existing_projects(regclass, name, name) IS
'registers the projects that a table holds when it is protected, where their account is clear';

-- ---------------------------------------------------------------------------
-- A row and its parents are in one project
-- ---------------------------------------------------------------------------

-- How many places tell the project of a row: its column, and each parent.
CREATE FUNCTION clearance.project_sources(b clearance.binding) RETURNS bigint
LANGUAGE sql STABLE
RETURN (b.project_column IS NOT NULL)::integer
    + (SELECT count(*) FROM clearance.binding_parent p WHERE p.binding_id = b.id);
REVOKE ALL ON FUNCTION clearance.project_sources(clearance.binding) FROM PUBLIC;
COMMENT ON FUNCTION clearance.project_sources(clearance.binding) IS 'how many places tell the project of a row';

-- Query for the project (as text) of a row of a table, by its key: its column,
-- or up along its first parent of another table. With lock, the row that tells
-- it is locked, so that a concurrent move waits, or is waited for. NULL: it
-- cannot be told.
CREATE FUNCTION clearance.project_sql(binding integer, key text, lock boolean) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    b clearance.binding;
    up record;
    above text;
BEGIN
    SELECT * INTO b FROM clearance.binding x WHERE x.id = binding;
    IF b.project_column IS NOT NULL THEN
        RETURN format('SELECT t.%I::text AS project FROM %s t WHERE t.%I = %s%s',
                      b.project_column, b.relation, b.key_column, key, CASE WHEN lock THEN ' FOR SHARE OF t' ELSE '' END);
    END IF;
    SELECT p.* INTO up FROM clearance.binding_parent p
    WHERE p.binding_id = b.id AND p.parent_id <> b.id AND p.type_column IS NULL AND NOT p.optional
    ORDER BY p.id LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    above := clearance.project_sql(up.parent_id, format('c%s.%I', b.id, up.column_name), lock);
    RETURN format('SELECT u.project FROM %s c%s CROSS JOIN LATERAL (%s) u WHERE c%s.%I = %s',
                  b.relation, b.id, above, b.id, b.key_column, key);
END
$$;
REVOKE ALL ON FUNCTION clearance.project_sql(integer, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION clearance.project_sql(integer, text, boolean) IS 'text of a query for the project of a row of a protected table';

-- Query for one row of a source (alias n, shape of the table) that is not in
-- the project of its parents: its key or ctid as text.
CREATE FUNCTION clearance.mismatch_sql(binding integer, source text, lock boolean) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    b clearance.binding;
    up record;
    sources text[] := '{}';
    joins text := '';
    parent_sql text;
BEGIN
    SELECT * INTO b FROM clearance.binding x WHERE x.id = binding;
    IF b.project_column IS NOT NULL THEN
        sources := ARRAY[format('n.%I::text', b.project_column)];
    END IF;
    FOR up IN SELECT p.*, x.key_column FROM clearance.binding_parent p JOIN clearance.binding x ON x.id = p.parent_id
        WHERE p.binding_id = b.id ORDER BY p.id
    LOOP
        parent_sql := clearance.project_sql(up.parent_id, format('n.%I', up.column_name), lock);
        CONTINUE WHEN parent_sql IS NULL;
        joins := joins || format(' LEFT JOIN LATERAL (%s) p%s ON %s', parent_sql, up.id,
            CASE WHEN up.type_column IS NULL THEN 'true' ELSE format('n.%I = %L', up.type_column, up.type_value) END);
        sources := sources || format('p%s.project', up.id);
    END LOOP;
    IF cardinality(sources) < 2 THEN
        RETURN NULL;
    END IF;
    RETURN format('SELECT %s FROM %s n%s WHERE (SELECT count(DISTINCT s.project COLLATE pg_catalog."C") FROM unnest(ARRAY[%s]) AS s (project)) > 1 LIMIT 1',
        CASE WHEN b.key_column IS NULL THEN '''of no key''' ELSE format('n.%I::text', b.key_column) END, source, joins, array_to_string(sources, ', '));
END
$$;
REVOKE ALL ON FUNCTION clearance.mismatch_sql(integer, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION clearance.mismatch_sql(integer, text, boolean) IS 'text of a query for a row that is not in the project of its parents';

CREATE FUNCTION clearance.raise_mismatch(relation regclass, key text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- it may be hidden from whoever writes: only who is not bound by row security is told which one
    RAISE EXCEPTION '% of % is not in the project of its parents',
        (SELECT CASE WHEN r.rolsuper OR r.rolbypassrls THEN 'row ' || key ELSE 'a row' END
         FROM pg_roles r WHERE r.rolname = coalesce(nullif(current_setting('role'), 'none'), session_user)), relation
        USING ERRCODE = 'integrity_constraint_violation',
        HINT = 'Move a row and its children in one transaction, the parent first.';
END
$$;
REVOKE ALL ON FUNCTION clearance.raise_mismatch(regclass, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.raise_mismatch(regclass, text) IS 'the error for a row that is not in the project of its parents';

-- Statement trigger of children; argument: binding. Binds whoever writes.
CREATE FUNCTION clearance.check_child_project() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    sql text;
    key text;
BEGIN
    IF clearance.binding_of(TG_RELID) = TG_ARGV[0]::integer THEN
        sql := clearance.mismatch_sql(TG_ARGV[0]::integer, 'clearance_new', true);
    END IF;
    IF sql IS NOT NULL THEN
        EXECUTE sql INTO key;
        IF key IS NOT NULL THEN
            PERFORM clearance.raise_mismatch(TG_RELID, key);
        END IF;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION clearance.check_child_project() IS 'trigger: new and changed rows are in the project of their parents';

-- Children of these rows are where the rows are; through tables that have no
-- project of their own, their children too. STABLE: it reads under the caller's
-- snapshot, which is the latest.
CREATE FUNCTION clearance.check_children(binding integer, keys text[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    child record;
    source text;
    sql text;
    bad text;
    below text[];
BEGIN
    FOR child IN
        SELECT DISTINCT x.id, x.relation, x.project_column, x.key_column, p.column_name, p.type_column, p.type_value
        FROM clearance.binding_parent p JOIN clearance.binding x ON x.id = p.binding_id
        WHERE p.parent_id = binding AND (p.binding_id <> p.parent_id OR x.project_column IS NOT NULL)
    LOOP
        -- as the widest type of the class: the column's own may not hold every key
        source := format('(SELECT * FROM %s c WHERE c.%I = ANY (%L::%s[])%s)', child.relation, child.column_name, keys,
            replace(clearance.require_key_column(child.relation, child.column_name, 'parent'), 'integer', 'bigint'),
            CASE WHEN child.type_column IS NULL THEN '' ELSE format(' AND c.%I = %L', child.type_column, child.type_value) END);
        sql := clearance.mismatch_sql(child.id, source, false);
        IF sql IS NOT NULL THEN
            EXECUTE sql INTO bad;
            IF bad IS NOT NULL THEN
                PERFORM clearance.raise_mismatch(child.relation, bad);
            END IF;
        END IF;
        IF child.project_column IS NULL AND child.key_column IS NOT NULL THEN
            EXECUTE format('SELECT array_agg(n.%I::text) FROM %s n', child.key_column, source) INTO below;
            IF below IS NOT NULL THEN
                PERFORM clearance.check_children(child.id, below);
            END IF;
        END IF;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION clearance.check_children(integer, text[]) FROM PUBLIC;
COMMENT ON FUNCTION clearance.check_children(integer, text[]) IS 'errors if a child of these rows is in another project';

CREATE FUNCTION clearance.check_children_project() RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'clearance_check_children_project';
COMMENT ON FUNCTION clearance.check_children_project() IS 'trigger: rows that moved to another project have taken their children along';

