-- ---------------------------------------------------------------------------
-- Policies and triggers of a protected table
-- ---------------------------------------------------------------------------

-- Columns that the policies pass: whatever the rule looks at.
CREATE FUNCTION clearance_internal.bound_columns(binding integer) RETURNS name[]
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT array_agg(u.name ORDER BY u.first, u.name)
    FROM (
        SELECT c.name, min(ARRAY[c.part, c.n]) AS first
        FROM (
            SELECT v.name, 1 AS part, v.n FROM clearance.binding b
            CROSS JOIN LATERAL (VALUES (1, b.key_column), (2, b.project_column), (3, b.visibility_column),
                (4, b.client_visibility_column), (5, b.account_column), (6, b.owner_column),
                (7, b.kind_column), (8, b.published_column)) AS v (n, name)
            WHERE b.id = bound_columns.binding
            UNION ALL
            SELECT CASE WHEN r.link IS NULL THEN r.member_column ELSE r.row_column END, 2, r.id
            FROM clearance.binding_relation r WHERE r.binding_id = bound_columns.binding
            UNION ALL
            SELECT g.column_name, 5, 0 FROM clearance.binding_guard g WHERE g.binding_id = bound_columns.binding
            UNION ALL
            SELECT m.column_name, 6, 0 FROM clearance.binding_mask m WHERE m.binding_id = bound_columns.binding
            UNION ALL
            SELECT unnest(g.state_column || g.columns), 7, g.id FROM clearance.binding_row_guard g WHERE g.binding_id = bound_columns.binding
            UNION ALL
            SELECT v.name, 3, p.id FROM clearance.binding_parent p
            CROSS JOIN LATERAL (VALUES (p.column_name), (p.type_column)) AS v (name)
            WHERE p.binding_id = bound_columns.binding
            UNION ALL
            SELECT v.name, 4, r.id FROM clearance.binding_relation r
            JOIN clearance.binding b ON b.relation = r.link
            CROSS JOIN LATERAL (VALUES (r.link_column), (r.member_column)) AS v (name)
            WHERE b.id = bound_columns.binding
        ) c
        WHERE c.name IS NOT NULL
        GROUP BY c.name
    ) u;
END;
COMMENT ON FUNCTION clearance_internal.bound_columns IS 'columns that the policies of a binding pass, in their order';

CREATE FUNCTION clearance_internal.note_name(relation regclass) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO clearance.protected_name AS n (name, relation) VALUES (note_name.relation::text, note_name.relation)
    ON CONFLICT (name) DO UPDATE SET relation = EXCLUDED.relation WHERE n.relation <> EXCLUDED.relation
$$;
COMMENT ON FUNCTION clearance_internal.note_name IS 'notes the present name of a protected table';

-- Make a table and its partitions and children what their binding says.
CREATE FUNCTION clearance_internal.sync(binding integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET clearance.maintaining = on
AS $$
DECLARE
    b clearance.binding;
    tab regclass;
BEGIN
    UPDATE clearance.binding x SET columns = clearance_internal.bound_columns(x.id) WHERE x.id = sync.binding RETURNING * INTO b;
    PERFORM clearance_internal.require_column(b.relation, c.name, 'bound', true) FROM unnest(b.columns) AS c (name);
    PERFORM clearance_internal.note_name(b.relation);
    -- no partition or child comes meanwhile, or came behind an older snapshot
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', b.relation);
    PERFORM clearance_internal.require_same_now('SELECT t::oid::text FROM clearance_internal.table_tree($1[1]::oid::regclass) t', b.relation::oid::text);
    FOR tab IN SELECT clearance_internal.table_tree(b.relation) LOOP
        PERFORM clearance_internal.require_table(tab);
        PERFORM clearance_internal.require_one_binding(tab);
        PERFORM clearance_internal.require_stored_columns(tab, b.columns);
        PERFORM clearance_internal.close_table(tab, b);
        PERFORM clearance_internal.drop_policies(tab);
        PERFORM clearance_internal.create_policies(tab, b);
        PERFORM clearance_internal.drop_triggers(tab);
        PERFORM clearance_internal.create_triggers(tab, b);
    END LOOP;
    PERFORM clearance_internal.require_masks(b.id);
END
$$;
COMMENT ON FUNCTION clearance_internal.sync IS
'makes row security, policies and triggers of a protected table, its partitions and children what the binding says';

CREATE FUNCTION clearance_internal.close_table(tab regclass, b clearance.binding) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tab);
    IF b.force THEN
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tab);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.close_table IS 'row security of a protected table on, which shows nothing where there are no policies';

-- In a restore row security comes after the declaration, or never (pg_restore --no-policies), and where the library is
-- not preloaded nobody else would mind.
CREATE FUNCTION clearance_internal.close_declared_table() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET clearance.maintaining = on
AS $$
BEGIN
    PERFORM clearance_internal.close_table(t.tab, NEW) FROM clearance_internal.table_tree(NEW.relation) AS t (tab);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION clearance_internal.close_declared_table IS 'trigger: a table is closed from its declaration on, with its partitions and children, whenever its policies come';

CREATE TRIGGER "00_clearance_close" AFTER INSERT ON clearance.binding
    FOR EACH ROW EXECUTE FUNCTION clearance_internal.close_declared_table();
ALTER TABLE clearance.binding ENABLE ALWAYS TRIGGER "00_clearance_close";

-- One policy for each command. Where somebody else's permissive policy would
-- widen them, the same again as restrictive ones: those are AND-ed.
CREATE FUNCTION clearance_internal.create_policies(tab regclass, b clearance.binding) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    args text := b.id || (SELECT string_agg(', ' || quote_ident(c.name), '' ORDER BY c.n)
                          FROM unnest(b.columns) WITH ORDINALITY AS c (name, n));
    prefix text;
    kind text;
    command text;
BEGIN
    FOR prefix, kind IN
        VALUES ('clearance', 'PERMISSIVE'), ('clearance_seal', 'RESTRICTIVE')
    LOOP
        CONTINUE WHEN kind = 'RESTRICTIVE' AND clearance_internal.foreign_policy(tab, b) IS NULL;
        EXECUTE format('CREATE POLICY %s_select ON %s AS %s FOR SELECT USING (clearance.visible(%s))', prefix, tab, kind, args);
        EXECUTE format('CREATE POLICY %s_insert ON %s AS %s FOR INSERT WITH CHECK (clearance.creatable(%s))', prefix, tab, kind, args);
        EXECUTE format('CREATE POLICY %s_update ON %s AS %s FOR UPDATE USING (clearance.editable(%s))'
                       ' WITH CHECK (clearance.edited(%s))', prefix, tab, kind, args, args);
        EXECUTE format('CREATE POLICY %s_delete ON %s AS %s FOR DELETE USING (clearance.deletable(%s))', prefix, tab, kind, args);
        -- for whoever compares schemas
        FOREACH command IN ARRAY '{select,insert,update,delete}'::text[] LOOP
            EXECUTE format('COMMENT ON POLICY %s_%s ON %s IS %L', prefix, command, tab,
                           'made by clearance.protect(), ends with clearance.unprotect()');
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.create_policies IS
'one policy for each command, and restrictive ones beside permissive policies of others';

-- Names of the extension's policies. A name proves nothing, but nobody else
-- gives one to a policy of a protected table.
CREATE FUNCTION clearance_internal.is_policy_name(policy name) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN policy IN ('clearance_select', 'clearance_insert', 'clearance_update', 'clearance_delete',
    'clearance_seal_select', 'clearance_seal_insert', 'clearance_seal_update', 'clearance_seal_delete');
COMMENT ON FUNCTION clearance_internal.is_policy_name IS 'whether the extension gives its policies this name';

CREATE FUNCTION clearance_internal.foreign_policy(tab regclass, b clearance.binding) RETURNS name
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT p.polname FROM pg_catalog.pg_policy p
    WHERE p.polrelid = tab AND p.polpermissive AND NOT clearance_internal.is_own_policy(tab, p.polname, b.id, b.columns::text[])
    ORDER BY p.polname LIMIT 1;
END;
COMMENT ON FUNCTION clearance_internal.foreign_policy IS 'a permissive policy of somebody else on a table, if there is one';

CREATE FUNCTION clearance_internal.notice_foreign_policies(relation regclass, policy name DEFAULT NULL) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    b clearance.binding;
    found_policies text[];
BEGIN
    SELECT * INTO b FROM clearance.binding x WHERE x.id = clearance_internal.binding_of(notice_foreign_policies.relation);
    found_policies := ARRAY(
        SELECT format('%s on %s', p.polname, p.polrelid::regclass)
        FROM clearance_internal.table_tree(relation) AS t (relid) JOIN pg_policy p ON p.polrelid = t.relid
        WHERE p.polpermissive AND NOT clearance_internal.is_own_policy(p.polrelid, p.polname, b.id, b.columns::text[])
          AND p.polname = coalesce(notice_foreign_policies.policy, p.polname)
        ORDER BY p.polrelid::regclass::text, p.polname);
    IF cardinality(found_policies) = 1 THEN
        RAISE NOTICE 'policy % is permissive: it shows no more than the rule allows', found_policies[1]
            USING HINT = 'Make it restrictive if it is to narrow, or drop it.';
    ELSIF cardinality(found_policies) > 1 THEN
        RAISE NOTICE 'policies % are permissive: they show no more than the rule allows', array_to_string(found_policies, ', ')
            USING HINT = 'Make them restrictive if they are to narrow, or drop them.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.notice_foreign_policies IS
'tells of permissive policies of others, which have no effect on a protected table';

CREATE FUNCTION clearance_internal.is_sealed(tab regclass, b clearance.binding) RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT count(*) = 4 FROM pg_catalog.pg_policy p
    WHERE p.polrelid = tab AND NOT p.polpermissive AND clearance_internal.is_own_policy(tab, p.polname, b.id, b.columns::text[]);
END;
COMMENT ON FUNCTION clearance_internal.is_sealed IS
'whether a table has the rule as restrictive policies too';

-- Row security on, and the policies that create_policies() makes.
CREATE FUNCTION clearance_internal.is_enforced(tab regclass, b clearance.binding) RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT c.relrowsecurity AND (c.relforcerowsecurity OR NOT b.force)
        AND clearance_internal.policy_columns(tab, b.id) = b.columns::text[]
        AND (clearance_internal.foreign_policy(tab, b) IS NULL OR clearance_internal.is_sealed(tab, b))
    FROM pg_catalog.pg_class c WHERE c.oid = tab;
END;
COMMENT ON FUNCTION clearance_internal.is_enforced IS 'whether a table has the row security that its binding asks for';

CREATE FUNCTION clearance_internal.drop_policies(tab regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    policy name;
BEGIN
    FOR policy IN SELECT p.polname FROM pg_policy p
        WHERE p.polrelid = tab AND (clearance_internal.is_policy_name(p.polname) OR clearance_internal.calls_rule(tab, p.polname))
    LOOP
        EXECUTE format('DROP POLICY %I ON %s', policy, tab);
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.drop_policies IS 'takes the policies off a table that ask the rule, or have names of those';

CREATE FUNCTION clearance_internal.is_trigger_name(trig name) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN trig LIKE E'00\\_clearance\\_%';
COMMENT ON FUNCTION clearance_internal.is_trigger_name IS 'whether the extension gives its triggers such names';

-- Keys of text compare byte by byte, whatever the column's collation takes for equal.
CREATE FUNCTION clearance_internal.key_changes(tab regclass, "column" name) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT format('OLD.%1$I%2$s IS DISTINCT FROM NEW.%1$I%2$s', a.attname,
                  CASE WHEN a.attcollation <> 0 THEN ' COLLATE pg_catalog."C"' ELSE '' END)
    FROM pg_catalog.pg_attribute a WHERE a.attrelid = tab AND a.attname = "column" AND NOT a.attisdropped;
END;
COMMENT ON FUNCTION clearance_internal.key_changes IS 'condition of a trigger: an UPDATE changes a key column';

-- A row without a project of its own is where its parents are.
CREATE FUNCTION clearance_internal.place_changes(tab regclass, b clearance.binding) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT string_agg(DISTINCT clearance_internal.key_changes(tab, c.name), ' OR ')
    FROM (SELECT v.name FROM (VALUES (b.key_column), (b.project_column)) AS v (name) WHERE v.name IS NOT NULL
          UNION ALL
          SELECT p.column_name FROM clearance.binding_parent p
          WHERE p.binding_id = b.id AND b.project_column IS NULL AND p.same_project) c;
END;
COMMENT ON FUNCTION clearance_internal.place_changes IS
'condition of a trigger: an UPDATE may take a row and those that name it apart';

-- Triggers sort first by name. Row triggers are made on each partition, not on
-- the partitioned table: the server would have whoever adds a partition clone
-- them there, and ask for EXECUTE on what runs with more rights than anybody's.
CREATE FUNCTION clearance_internal.triggers_of(tab regclass, b clearance.binding)
RETURNS TABLE (name name, command text, always boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    kind "char" := (SELECT c.relkind FROM pg_class c WHERE c.oid = tab);
    is_partition boolean := (SELECT c.relispartition FROM pg_class c WHERE c.oid = tab);
    is_of_rows boolean := kind = 'r' AND NOT b.link_only;
    -- columns that name rows, or who is related to their own, and ask for more than others; see ClrNaming and ClrRelation (binding.h)
    naming text := (SELECT string_agg(DISTINCT quote_ident(c.name), ', ') FROM (
        SELECT r.link_column FROM clearance.binding_relation r WHERE r.link = b.relation AND r.member_column IS NULL
        UNION ALL
        SELECT nullif(r.row_column, b.key_column) FROM clearance.binding_relation r
        WHERE r.binding_id = b.id AND r.link IS NOT NULL AND r.member_column IS NOT NULL AND r.kind <> 'followed') AS c (name)
        WHERE c.name <> ALL (array_remove(ARRAY[b.project_column, b.account_column, b.owner_column], NULL)));
    event text;
    old_rows text;
    above name;
BEGIN
    IF is_of_rows AND (b.owner_column IS NOT NULL OR b.published_column IS NOT NULL OR b.feature = 'project'
        OR EXISTS (SELECT FROM clearance.binding_relation r WHERE r.binding_id = b.id AND r.link IS NULL)
        OR EXISTS (SELECT FROM clearance.binding_guard g WHERE g.binding_id = b.id)
        OR EXISTS (SELECT FROM clearance.binding_row_guard g WHERE g.binding_id = b.id))
    THEN
        RETURN QUERY SELECT '00_clearance_write'::name, format('BEFORE INSERT OR UPDATE ON %s'
            ' FOR EACH ROW EXECUTE FUNCTION clearance_internal.write_check(%s)', tab, b.id), false;
    ELSIF kind = 'r' AND naming IS NOT NULL THEN
        RETURN QUERY SELECT '00_clearance_write'::name, format('BEFORE UPDATE OF %s ON %s'
            ' FOR EACH ROW EXECUTE FUNCTION clearance_internal.write_check(%s)', naming, tab, b.id), false;
    END IF;
    -- triggers of the application may change a column that no SET names
    IF is_of_rows AND b.feature = 'project' THEN
        RETURN QUERY SELECT '00_clearance_project'::name, format('AFTER INSERT OR DELETE OR UPDATE OF %I ON %s'
            ' FOR EACH ROW EXECUTE FUNCTION clearance_internal.follow_project()', b.project_column, tab), false;
        RETURN QUERY SELECT '00_clearance_project_key'::name, format('AFTER UPDATE ON %s FOR EACH ROW'
            ' WHEN (%s) EXECUTE FUNCTION clearance_internal.follow_project()',
            tab, clearance_internal.key_changes(tab, b.project_column)), false;
    END IF;
    IF b.feature = 'project' AND NOT b.link_only THEN
        RETURN QUERY SELECT '00_clearance_truncate'::name, format('AFTER TRUNCATE ON %s'
            ' FOR EACH STATEMENT EXECUTE FUNCTION clearance_internal.follow_project()', tab), false;
    END IF;
    -- sessions may know that all rows of a plain table of projects are registered (whole.c): a new key ends that
    IF is_of_rows AND NOT is_partition AND b.feature = 'project' THEN
        RETURN QUERY SELECT '00_clearance_note_insert'::name, format('AFTER INSERT ON %s'
            ' FOR EACH ROW EXECUTE FUNCTION clearance_internal.note_change(''projects'')', tab), true;
        RETURN QUERY SELECT '00_clearance_note_key'::name, format('AFTER UPDATE ON %s FOR EACH ROW'
            ' WHEN (%s) EXECUTE FUNCTION clearance_internal.note_change(''projects'')',
            tab, clearance_internal.key_changes(tab, b.project_column)), true;
        IF b.account_column IS NOT NULL THEN
            RETURN QUERY SELECT '00_clearance_note_account'::name, format('AFTER UPDATE ON %s FOR EACH ROW'
                ' WHEN (%s) EXECUTE FUNCTION clearance_internal.note_change(''projects'')',
                tab, clearance_internal.key_changes(tab, b.account_column)), true;
        END IF;
    END IF;
    -- a row and its parents stay in one project, whoever writes
    IF clearance_internal.project_sources(b) > 1 THEN
        FOR event, old_rows IN VALUES ('insert', ''), ('update', ' OLD TABLE AS clearance_old') LOOP
            RETURN QUERY SELECT ('00_clearance_parent_' || event)::name, format('AFTER %s ON %s'
                ' REFERENCING%s NEW TABLE AS clearance_new FOR EACH STATEMENT'
                ' EXECUTE FUNCTION clearance_internal.check_child_project(%s)', event, tab, old_rows, b.id), false;
        END LOOP;
    END IF;
    -- no row is in a circle of parents, or plans are told (circle.c)
    IF is_of_rows AND NOT is_partition THEN
        FOR above IN SELECT min(p.column_name) FROM clearance.binding_parent p WHERE p.binding_id = b.id AND p.parent_id = b.id
                     HAVING count(*) = 1 AND min(p.type_column) IS NULL LOOP
            RETURN QUERY SELECT '00_clearance_circle'::name, format('AFTER INSERT ON %s REFERENCING NEW TABLE AS clearance_new'
                ' FOR EACH STATEMENT EXECUTE FUNCTION clearance_internal.note_circles(%s)', tab, b.id), true;
            RETURN QUERY SELECT '00_clearance_children_circle'::name, format('AFTER UPDATE ON %s'
                ' DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (%s OR %s) EXECUTE FUNCTION clearance_internal.note_circles(%s)',
                tab, clearance_internal.key_changes(tab, b.key_column), clearance_internal.key_changes(tab, above), b.id), true;
        END LOOP;
    END IF;
    IF is_of_rows AND clearance_internal.project_sources(b) > 0 AND b.key_column IS NOT NULL THEN
        RETURN QUERY SELECT '00_clearance_children'::name, format('AFTER UPDATE ON %s'
            ' DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (%s)'
            ' EXECUTE FUNCTION clearance_internal.check_children_project(%s)', tab, clearance_internal.place_changes(tab, b), b.id), false;
        -- an UPDATE that moves a row to another partition inserts it there
        IF is_partition THEN
            RETURN QUERY SELECT '00_clearance_children_moved'::name, format('AFTER INSERT ON %s'
                ' DEFERRABLE INITIALLY DEFERRED FOR EACH ROW'
                ' EXECUTE FUNCTION clearance_internal.check_children_project(%s)', tab, b.id), false;
        END IF;
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.triggers_of IS
'the triggers that a binding needs, and whether they fire always';

CREATE FUNCTION clearance_internal.create_triggers(tab regclass, b clearance.binding, wanted name DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    trig record;
BEGIN
    FOR trig IN SELECT t.* FROM clearance_internal.triggers_of(tab, b) t WHERE t.name = coalesce(create_triggers.wanted, t.name) LOOP
        EXECUTE format('CREATE %s %I %s', CASE WHEN trig.name LIKE E'00\\_clearance\\_children%' THEN 'CONSTRAINT TRIGGER' ELSE 'TRIGGER' END,
                       trig.name, trig.command);
        IF trig.always THEN
            EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', tab, trig.name);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.create_triggers IS 'makes the triggers that a binding needs, or one of them';

CREATE FUNCTION clearance_internal.drop_triggers(tab regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    trig name;
BEGIN
    FOR trig IN SELECT t.tgname FROM pg_trigger t
        WHERE t.tgrelid = tab AND clearance_internal.is_trigger_name(t.tgname) AND t.tgparentid = 0
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', trig, tab);
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.drop_triggers IS 'takes the extension''s triggers off a table';

-- A trigger of the extension's name is what the binding asks for, or an error:
-- the same is made anew, and compared with it.
CREATE FUNCTION clearance_internal.require_own_trigger(tab regclass, b clearance.binding, trig name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET clearance.maintaining = on
AS $$
DECLARE
    asked text := (SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t WHERE t.tgrelid = tab AND t.tgname = trig);
BEGIN
    EXECUTE format('DROP TRIGGER %I ON %s', trig, tab);
    PERFORM clearance_internal.create_triggers(tab, b, trig);
    IF asked IS DISTINCT FROM (SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t WHERE t.tgrelid = tab AND t.tgname = trig) THEN
        RAISE EXCEPTION 'cannot create trigger % on %: the table is protected', trig, tab
            USING ERRCODE = 'object_in_use',
            DETAIL = 'Names of the extension''s triggers are for its own.',
            HINT = 'Give it a name that does not begin with 00_clearance_.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_own_trigger IS
'errors unless a trigger is the one that the binding asks for under its name';

