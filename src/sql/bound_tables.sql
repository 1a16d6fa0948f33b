-- ---------------------------------------------------------------------------
-- Protection: which tables hold what
-- ---------------------------------------------------------------------------

-- Binding of a table, or of the table that it is a partition or child of.
CREATE FUNCTION clearance_internal.binding_of(relation oid) RETURNS integer
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'clearance_binding_of';
COMMENT ON FUNCTION clearance_internal.binding_of IS
'id of the binding of a table, or of the protected table that it is a partition or child of';

CREATE FUNCTION clearance_internal.declare_alone() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS 'UPDATE clearance.declaring SET alone = true';
COMMENT ON FUNCTION clearance_internal.declare_alone IS
'waits until no other transaction declares anything; what was declared before is seen from here on';

CREATE FUNCTION clearance_internal.found_now(query text, args text[]) RETURNS text[]
LANGUAGE c VOLATILE STRICT
AS 'MODULE_PATHNAME', 'clearance_found_now';
COMMENT ON FUNCTION clearance_internal.found_now IS
'internal: the array that a query of the extension''s tables makes now, whatever the snapshot of the transaction shows; args are its $1';

-- Others that are waited for have committed what an older snapshot does not show, and have not seen what this
-- transaction does: both would miss it. The query gives texts.
CREATE FUNCTION clearance_internal.require_same_now(query text, VARIADIC args text[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_by text;
    seen text[];
BEGIN
    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
        found_by := format('SELECT ARRAY(%s ORDER BY 1)', query);
        EXECUTE found_by INTO seen USING args;
        IF seen IS DISTINCT FROM clearance_internal.found_now(found_by, args) THEN
            RAISE serialization_failure USING
                MESSAGE = 'members, projects or declarations that this goes by changed since the transaction began', HINT = 'Retry the transaction.';
        END IF;
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_same_now IS
'internal: errors where the snapshot of a transaction is older than a change of what a query of the extension''s tables finds';

-- A table is judged by one binding: its own, or that of one parent.
CREATE FUNCTION clearance_internal.require_one_binding(tab regclass) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    bound regclass[];
BEGIN
    WITH RECURSIVE up AS (
        SELECT tab::oid AS relid
        UNION
        SELECT i.inhparent FROM up JOIN pg_inherits i ON i.inhrelid = up.relid
    )
    SELECT array_agg(b.relation ORDER BY b.relation::text) INTO bound
    FROM up JOIN clearance.binding b ON b.relation = up.relid;
    IF cardinality(bound) > 1 THEN
        RAISE EXCEPTION '% would be protected in several ways: as %', tab, array_to_string(bound, ', ')
            USING ERRCODE = 'object_in_use',
            HINT = 'Unprotect it before it becomes a partition or child of a protected table; a child has one protected parent.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_one_binding IS 'errors if a table and its parents have several bindings';

-- Queries of a parent read the rows of its children by the parent's policies.
CREATE FUNCTION clearance_internal.require_closed_parents(tab regclass) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    parent regclass;
BEGIN
    SELECT i.inhparent INTO parent FROM pg_inherits i
    WHERE i.inhrelid = tab AND clearance_internal.binding_of(i.inhparent) IS NULL
    ORDER BY i.inhparent::regclass::text;
    IF FOUND THEN
        RAISE EXCEPTION '% is protected, and cannot be a partition or child of %, which is not', tab, parent
            USING ERRCODE = 'object_in_use',
            DETAIL = 'Whoever may read the parent would see all rows.',
            HINT = 'Unprotect it, and protect the parent: its partitions and children are protected with it.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_closed_parents IS
'errors if a protected table is a partition or child of one that is not';

-- A table with all its partitions and children, the table itself first.
CREATE FUNCTION clearance_internal.table_tree(relation regclass) RETURNS SETOF regclass
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH RECURSIVE tree AS (
        SELECT table_tree.relation::oid AS relid, 0 AS depth
        UNION
        SELECT i.inhrelid, t.depth + 1 FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.relid
    )
    SELECT t.relid::regclass FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.relid
    WHERE c.relkind IN ('r', 'p')
    GROUP BY t.relid ORDER BY min(t.depth), t.relid;
END;
COMMENT ON FUNCTION clearance_internal.table_tree IS 'a table with its partitions and children, itself first';

-- ---------------------------------------------------------------------------
-- Checks of what a caller names
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.is_distributed(relation oid) RETURNS boolean
LANGUAGE c STABLE STRICT
AS 'MODULE_PATHNAME', 'clearance_is_distributed';
COMMENT ON FUNCTION clearance_internal.is_distributed IS 'whether Citus distributes a table, or it is a shard of one';

CREATE FUNCTION clearance_internal.require_table(relation regclass) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    kind "char";
    persistence "char";
    schema name;
BEGIN
    IF relation IS NULL THEN
        RAISE EXCEPTION 'the table is null' USING ERRCODE = 'null_value_not_allowed',
            HINT = 'Name a table, for example ''app.task''.';
    END IF;
    SELECT c.relkind, c.relpersistence, n.nspname INTO kind, persistence, schema
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relation;
    IF kind IS NULL THEN
        RAISE EXCEPTION 'no table with OID %', relation::oid USING ERRCODE = 'undefined_table',
            HINT = 'It may have been dropped; name it again.';
    ELSIF kind NOT IN ('r', 'p') THEN
        RAISE EXCEPTION '% is %, which has no row security', relation,
            CASE kind WHEN 'v' THEN 'a view' WHEN 'm' THEN 'a materialized view' WHEN 'f' THEN 'a foreign table'
                      WHEN 'S' THEN 'a sequence' WHEN 'c' THEN 'a composite type' ELSE 'an index' END
            USING ERRCODE = 'wrong_object_type',
            HINT = CASE WHEN kind IN ('v', 'm') THEN 'Protect the tables that it reads; give a view security_invoker = on.'
                        ELSE 'Only tables are protected.' END;
    ELSIF persistence = 't' THEN
        RAISE EXCEPTION '% is a temporary table', relation USING ERRCODE = 'wrong_object_type',
            HINT = 'Only permanent tables are protected.';
    ELSIF schema IN ('pg_catalog', 'information_schema', 'pg_toast', 'clearance', 'clearance_internal') THEN
        RAISE EXCEPTION '% is a table of the system', relation USING ERRCODE = 'insufficient_privilege',
            HINT = 'Only tables of applications are protected.';
    ELSIF clearance_internal.is_distributed(relation) THEN
        RAISE EXCEPTION '% is distributed by Citus, and cannot be protected', relation USING ERRCODE = 'feature_not_supported',
            DETAIL = 'On the shards nobody acts, and no declaration says who may do what.',
            HINT = 'Make it an ordinary table of the coordinator first: SELECT undistribute_table(...).';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_table IS 'errors unless it is a permanent table of an application';

CREATE FUNCTION clearance_internal.require_binding(relation regclass) RETURNS clearance.binding
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_binding clearance.binding;
    root regclass;
BEGIN
    IF relation IS NULL THEN
        RAISE EXCEPTION 'the table is null' USING ERRCODE = 'null_value_not_allowed',
            HINT = 'Name a table, for example ''app.task''.';
    END IF;
    SELECT * INTO found_binding FROM clearance.binding b WHERE b.relation = require_binding.relation;
    IF NOT FOUND THEN
        SELECT b.relation INTO root FROM clearance.binding b WHERE b.id = clearance_internal.binding_of(require_binding.relation);
        IF root IS NOT NULL THEN
            RAISE EXCEPTION '% is protected with its parent %', relation, root USING ERRCODE = 'wrong_object_type',
                HINT = 'Name the parent.';
        END IF;
        RAISE EXCEPTION '% is not protected', relation USING ERRCODE = 'undefined_object',
            HINT = 'Call clearance.protect() first; clearance.protected_tables lists the protected tables.';
    END IF;
    RETURN found_binding;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_binding IS 'binding of a protected table, or an error';

-- Base type of a column. Arrays are for member columns of relate() only, where
-- the base type is that of the elements.
CREATE FUNCTION clearance_internal.require_column(relation regclass, "column" name, purpose text,
    may_be_array boolean DEFAULT false) RETURNS regtype
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    type oid;
    inner_type oid;
    is_array boolean;
BEGIN
    IF "column" IS NULL THEN
        RAISE EXCEPTION 'the % column is null', purpose USING ERRCODE = 'null_value_not_allowed',
            HINT = format('Name a column of %s.', relation);
    END IF;
    SELECT a.atttypid INTO type FROM pg_attribute a
    WHERE a.attrelid = relation AND a.attname = "column" AND a.attnum > 0 AND NOT a.attisdropped;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'table % has no column "%"', relation, "column" USING ERRCODE = 'undefined_column',
            DETAIL = format('It was named as the %s column.', purpose),
            HINT = format('Its columns are: %s.', (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
                FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped));
    END IF;
    LOOP
        SELECT CASE WHEN t.typtype = 'd' THEN t.typbasetype WHEN t.typcategory = 'A' THEN t.typelem END,
               t.typtype <> 'd' AND t.typcategory = 'A'
        INTO inner_type, is_array FROM pg_type t WHERE t.oid = type;
        EXIT WHEN inner_type IS NULL;
        IF is_array AND NOT may_be_array THEN
            RAISE EXCEPTION 'column "%" of % is an array', "column", relation USING ERRCODE = 'datatype_mismatch',
                DETAIL = format('It was named as the %s column, which holds one value.', purpose),
                HINT = 'Only member columns of clearance.relate() may be arrays.';
        END IF;
        type := inner_type;
    END LOOP;
    RETURN type;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_column IS
'base type of a column, or an error that names the column''s purpose';

-- What a write changes is judged before generated columns are computed: who
-- changes what they are computed from would change them unseen. A child may
-- generate what its parent stores.
CREATE FUNCTION clearance_internal.require_stored_columns(tab regclass, columns name[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    generated name;
BEGIN
    SELECT a.attname INTO generated FROM pg_attribute a
    WHERE a.attrelid = tab AND a.attname = ANY (columns) AND a.attgenerated <> '' AND NOT a.attisdropped
    ORDER BY a.attnum;
    IF FOUND THEN
        RAISE EXCEPTION 'column "%" of % is generated', generated, tab USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'Changes of the columns that it is computed from would change what it says, unjudged.',
            HINT = 'Name stored columns only, such as those that it is computed from.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_stored_columns IS 'errors if a bound column of a table is generated';

-- Types whose values declarations may name: built in, or enums.
CREATE FUNCTION clearance_internal.require_label_column(relation regclass, "column" name, purpose text) RETURNS regtype
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    type regtype := clearance_internal.require_column(relation, "column", purpose);
BEGIN
    IF type NOT IN ('boolean'::regtype, 'text'::regtype, 'character varying'::regtype,
                    'smallint'::regtype, 'integer'::regtype, 'bigint'::regtype)
        AND NOT EXISTS (SELECT FROM pg_type t WHERE t.oid = type AND t.typtype = 'e') THEN
        RAISE EXCEPTION 'column "%" of % cannot be the % column', "column", relation, purpose
            USING ERRCODE = 'datatype_mismatch',
            DETAIL = format('Its type is %s.', type),
            HINT = 'Use a boolean, text, enum or integer column.';
    END IF;
    RETURN type;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_label_column IS
'type of a column whose values a declaration can name, or an error';

-- Values of one class compare; the same classes as in src/store/key.c.
CREATE FUNCTION clearance_internal.key_class(type regtype) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN type IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype) THEN 'integer'
            WHEN type = 'uuid'::regtype THEN 'uuid'
            WHEN type IN ('text'::regtype, 'character varying'::regtype) THEN 'text' END;
COMMENT ON FUNCTION clearance_internal.key_class IS 'integer, uuid or text: keys of one class compare; NULL: not a key type';

CREATE FUNCTION clearance_internal.require_key_column(relation regclass, "column" name, purpose text,
    may_be_array boolean DEFAULT false) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    type regtype := clearance_internal.require_column(relation, "column", purpose, may_be_array);
BEGIN
    IF clearance_internal.key_class(type) IS NULL THEN
        RAISE EXCEPTION 'column "%" of % cannot hold keys', "column", relation USING ERRCODE = 'datatype_mismatch',
            DETAIL = format('Its type is %s; it was named as the %s column.', type, purpose),
            HINT = 'Keys are smallint, integer, bigint, uuid, text or varchar.';
    END IF;
    RETURN clearance_internal.key_class(type);
END
$$;
COMMENT ON FUNCTION clearance_internal.require_key_column IS
'key class of a column (of the elements of an array), or an error';

CREATE FUNCTION clearance_internal.require_same_class(relation regclass, "column" name, class text,
    other regclass, other_column name, other_class text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF class <> other_class THEN
        RAISE EXCEPTION 'column "%" of % cannot refer to column "%" of %', "column", relation, other_column, other
            USING ERRCODE = 'datatype_mismatch',
            DETAIL = format('One holds %s keys, the other %s keys.', class, other_class),
            HINT = 'Name columns of the same kind of key.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_same_class IS
'errors unless the keys of two columns compare';

-- A declared value in the form that src/rule/binding.c compares with.
CREATE FUNCTION clearance_internal.canonical_value(value text, type regtype, purpose text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN clearance_internal.canonical_text(value, type);
EXCEPTION WHEN data_exception THEN
    RAISE EXCEPTION '"%" is no value of type %', value, type USING ERRCODE = 'invalid_parameter_value',
        DETAIL = format('It was named as %s.', purpose),
        HINT = 'Name a value that the column can hold.';
END
$$;
COMMENT ON FUNCTION clearance_internal.canonical_value IS 'a value as its type writes it, or an error';

