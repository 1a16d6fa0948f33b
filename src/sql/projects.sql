-- ---------------------------------------------------------------------------
-- Projects follow the application's project table; rows stay with their
-- parents' project
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance_internal.account_of_key(key text) RETURNS bigint
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
COMMENT ON FUNCTION clearance_internal.account_of_key IS 'id of the account that an account column names, or an error';

CREATE FUNCTION clearance_internal.register_project(key text, account bigint) RETURNS void
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
COMMENT ON FUNCTION clearance_internal.register_project IS
'registers a project that the application made; the actor, if any, becomes its owner; one registered before stays as it is';

-- What the extension reads of the application's tables, it reads by these: the
-- tables hold code of their owners, which must not run as the extension's.
CREATE FUNCTION clearance_internal.table_rows(relation regclass, columns name[], "column" name DEFAULT NULL,
    keys text[] DEFAULT '{}') RETURNS SETOF text[]
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'clearance_table_rows';
COMMENT ON FUNCTION clearance_internal.table_rows IS
'values, as texts, of the rows of a table whose column has one of the keys, or of all; read as the table''s owner, as they are now';

CREATE FUNCTION clearance_internal.values_of("row" anyelement, columns name[]) RETURNS text[]
LANGUAGE c STABLE STRICT
AS 'MODULE_PATHNAME', 'clearance_values_of';
COMMENT ON FUNCTION clearance_internal.values_of IS 'values, as texts, of a row of a table; no other column is looked at';

-- A project goes with the last of its rows, whatever takes that away. Registered
-- ahead of one, it waits; so it does where its table is no longer protected, or
-- its partition no longer one.
CREATE FUNCTION clearance_internal.project_has_row(key text) RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM clearance.binding b JOIN pg_class c ON c.oid = b.relation
        CROSS JOIN LATERAL clearance_internal.table_rows(b.relation, ARRAY[b.project_column], b.project_column, ARRAY[key]) AS t ("row")
        WHERE b.feature = 'project' AND NOT b.link_only AND t."row"[1] = key)
$$;
COMMENT ON FUNCTION clearance_internal.project_has_row IS 'whether a protected table of projects has a row of a project';

CREATE FUNCTION clearance_internal.projects_without_row() RETURNS SETOF bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH present AS MATERIALIZED (
        SELECT t."row"[1] AS key
        FROM clearance.binding b JOIN pg_class c ON c.oid = b.relation
        CROSS JOIN LATERAL clearance_internal.table_rows(b.relation, ARRAY[b.project_column]) AS t ("row")
        WHERE b.feature = 'project' AND NOT b.link_only
    )
    SELECT p.id FROM clearance.project p WHERE p.has_row AND NOT EXISTS (SELECT FROM present x WHERE x.key = p.key)
$$;
COMMENT ON FUNCTION clearance_internal.projects_without_row IS 'projects whose rows are gone from all protected tables of projects';

CREATE FUNCTION clearance_internal.require_rows_of_projects() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$ SELECT clearance_internal.require_same_now('SELECT p::text FROM clearance_internal.projects_without_row() p') $$;
COMMENT ON FUNCTION clearance_internal.require_rows_of_projects IS 'errors if an older snapshot does not show projects whose rows are gone';

CREATE FUNCTION clearance_internal.forget_projects() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM clearance.project p WHERE p.id IN (SELECT clearance_internal.projects_without_row());
    SELECT clearance_internal.require_rows_of_projects();
$$;
COMMENT ON FUNCTION clearance_internal.forget_projects IS 'rows of projects were truncated or dropped: their projects go with all memberships';

CREATE FUNCTION clearance_internal.keep_projects() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE clearance.project p SET has_row = false WHERE p.id IN (SELECT clearance_internal.projects_without_row());
    SELECT clearance_internal.require_rows_of_projects();
$$;
COMMENT ON FUNCTION clearance_internal.keep_projects IS 'rows of projects are in no protected table any more, but are there: their projects stay';

-- Trigger of the application's project table. A row that moves to another
-- partition is deleted and inserted: its project stays.
CREATE FUNCTION clearance_internal.follow_project() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    b clearance.binding;
    columns name[];
    old_key text;
    new_key text;
    new_row text[];
BEGIN
    SELECT * INTO b FROM clearance.binding x WHERE x.id = clearance_internal.binding_of(TG_RELID);
    IF b.feature IS DISTINCT FROM 'project' OR b.link_only OR TG_NAME NOT LIKE E'00\\_clearance\\_%' OR TG_WHEN <> 'AFTER'
        OR (TG_OP = 'TRUNCATE') <> (TG_LEVEL = 'STATEMENT') THEN
        RAISE EXCEPTION 'trigger % of % is none of a protected table of projects', TG_NAME, TG_RELID::regclass
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'clearance.protect() creates this trigger; drop it here.';
    END IF;
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM clearance_internal.forget_projects();
        RETURN NULL;
    END IF;
    columns := ARRAY[b.project_column, b.account_column];
    IF TG_OP <> 'INSERT' THEN
        old_key := (clearance_internal.values_of(OLD, columns))[1];
    END IF;
    IF TG_OP <> 'DELETE' THEN
        new_row := clearance_internal.values_of(NEW, columns);
        new_key := new_row[1];
    END IF;
    IF old_key IS NOT NULL THEN
        IF new_key IS NULL THEN
            -- the last of several rows that go at the same time takes it along
            PERFORM FROM clearance.project p WHERE p.key = old_key FOR UPDATE;
            DELETE FROM clearance.project p WHERE p.key = old_key AND NOT clearance_internal.project_has_row(old_key);
        ELSE
            UPDATE clearance.project p SET key = new_key WHERE p.key = old_key AND new_key <> old_key;
        END IF;
        PERFORM clearance_internal.require_same_now('SELECT p.key FROM clearance.project p WHERE p.key = $1[1]', old_key);
    ELSIF new_key IS NOT NULL THEN
        IF b.account_column IS NULL THEN
            PERFORM clearance_internal.register_project(new_key, clearance_internal.default_account(NULL));
        ELSIF new_row[2] IS NOT NULL THEN
            PERFORM clearance_internal.register_project(new_key, clearance_internal.account_of_key(new_row[2]));
        END IF;     -- else it belongs to no account: closed until somebody says
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION clearance_internal.follow_project IS
'trigger of the project table: registers new projects with their creator as owner (one registered before stays as it is), follows new keys, forgets deleted and truncated ones';

CREATE FUNCTION clearance_internal.register_existing_projects(relation regclass, project name, account name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    registered bigint;
    unclear bigint;
BEGIN
    WITH found AS MATERIALIZED (
        SELECT t."row"[1] AS key, t."row"[2] AS account
        FROM clearance_internal.table_rows(register_existing_projects.relation, ARRAY[project, account]) AS t ("row")
    ), added AS (
        INSERT INTO clearance.project (account_id, key, has_row)
        SELECT a.id, f.key, true
        FROM found f JOIN clearance.account a ON coalesce(f.account = coalesce(a.key, a.id::text),
                                                          (SELECT count(*) = 1 FROM clearance.account))
        WHERE f.key <> '' AND NOT EXISTS (SELECT FROM clearance.project p WHERE p.key = f.key)
        ON CONFLICT ON CONSTRAINT project_key_is_unique DO NOTHING
        RETURNING key
    ), there AS (
        UPDATE clearance.project p SET has_row = true WHERE NOT p.has_row AND EXISTS (SELECT FROM found f WHERE f.key = p.key)
    )
    SELECT (SELECT count(*) FROM added),
           (SELECT count(*) FROM found f WHERE NOT EXISTS (SELECT FROM clearance.project p WHERE p.key = f.key)
                                           AND NOT EXISTS (SELECT FROM added a WHERE a.key = f.key))
    INTO registered, unclear;
    IF registered > 0 THEN
        RAISE NOTICE '% existing projects of % are registered', registered, relation;
    END IF;
    IF unclear > 0 THEN
        RAISE NOTICE '% projects of % belong to no account: their rows are closed', unclear, relation
            USING HINT = 'Register them with clearance.create_project().';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.register_existing_projects IS
'registers the projects that a table holds when it is protected, where their account is clear';

-- ---------------------------------------------------------------------------
-- A row and its parents are in one project
-- ---------------------------------------------------------------------------

-- How many places tell the project of a row: its column, and each parent that is in it.
CREATE FUNCTION clearance_internal.project_sources(b clearance.binding) RETURNS bigint
LANGUAGE sql STABLE
RETURN (b.project_column IS NOT NULL)::integer
    + (SELECT count(*) FROM clearance.binding_parent p WHERE p.binding_id = b.id AND p.same_project);
COMMENT ON FUNCTION clearance_internal.project_sources IS 'how many places tell the project of a row';

-- Triggers of protected tables, see src/enforce/move.c. They bind whoever writes.
CREATE FUNCTION clearance_internal.check_child_project() RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'clearance_check_child_project';
COMMENT ON FUNCTION clearance_internal.check_child_project IS 'trigger: new and changed rows are in the project of their parents';

CREATE FUNCTION clearance_internal.check_children_project() RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'clearance_check_children_project';
COMMENT ON FUNCTION clearance_internal.check_children_project IS 'trigger: rows that moved to another project have taken their children along';

