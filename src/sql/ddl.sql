-- ---------------------------------------------------------------------------
-- Protection stays in place while tables are altered
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.refuse_ddl() RETURNS event_trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'clearance_refuse_ddl';
COMMENT ON FUNCTION clearance_internal.refuse_ddl IS 'event trigger: row security and triggers of protected tables are not switched off';

CREATE EVENT TRIGGER clearance_refuse_ddl ON ddl_command_start WHEN TAG IN ('ALTER TABLE', 'ALTER TRIGGER', 'CREATE TRIGGER', 'DROP TRIGGER')
    EXECUTE FUNCTION clearance_internal.refuse_ddl();
COMMENT ON EVENT TRIGGER clearance_refuse_ddl IS 'row security and triggers of protected tables are not switched off, nor triggers of the extension''s own tables';

CREATE FUNCTION clearance_internal.protect_new_tables() RETURNS event_trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'clearance_protect_new_tables';
COMMENT ON FUNCTION clearance_internal.protect_new_tables IS 'event trigger: partitions and children that come later are protected with their parent';

CREATE EVENT TRIGGER clearance_protect_new_tables ON ddl_command_end
    WHEN TAG IN ('CREATE TABLE', 'CREATE SCHEMA', 'ALTER TABLE', 'CREATE FOREIGN TABLE', 'ALTER FOREIGN TABLE')
    EXECUTE FUNCTION clearance_internal.protect_new_tables();
COMMENT ON EVENT TRIGGER clearance_protect_new_tables IS 'partitions and children that come later are protected with their parent';

-- Make the policies of one table anew: with seals where it needs them.
CREATE FUNCTION clearance_internal.renew_policies(tab regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET clearance.maintaining = on
AS $$
DECLARE
    b clearance.binding;
BEGIN
    SELECT * INTO b FROM clearance.binding x WHERE x.id = clearance_internal.binding_of(tab);
    PERFORM clearance_internal.drop_policies(tab);
    PERFORM clearance_internal.create_policies(tab, b);
END
$$;
COMMENT ON FUNCTION clearance_internal.renew_policies IS 'makes the policies of one table anew';

-- Policies and triggers under the extension's names are its own, in all they
-- say; beside somebody else's permissive policy the table is sealed (not while
-- a restore has yet to make its policies).
CREATE FUNCTION clearance_internal.follow_ddl() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    command record;
    b clearance.binding;
BEGIN
    IF clearance_internal.is_maintaining() THEN
        RETURN;
    END IF;
    FOR command IN
        SELECT DISTINCT coalesce(p.polrelid, t.tgrelid)::regclass AS tab, p.polname AS policy, t.tgname AS trig
        FROM pg_event_trigger_ddl_commands() d
        LEFT JOIN pg_policy p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
        LEFT JOIN pg_trigger t ON d.classid = 'pg_trigger'::regclass AND t.oid = d.objid
        WHERE p.oid IS NOT NULL OR clearance_internal.is_trigger_name(t.tgname)
    LOOP
        SELECT * INTO b FROM clearance.binding x WHERE x.id = clearance_internal.binding_of(command.tab);
        CONTINUE WHEN NOT FOUND;
        IF command.policy IS NOT NULL THEN
            PERFORM clearance_internal.follow_policy(command.tab, b, command.policy);
        ELSE
            PERFORM clearance_internal.require_own_trigger(command.tab, b, command.trig);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.follow_ddl IS
'event trigger: keeps the extension''s policies and triggers as they are, seals tables beside policies of others';

CREATE FUNCTION clearance_internal.follow_policy(tab regclass, b clearance.binding, policy name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF clearance_internal.is_own_policy(tab, policy, b.id, b.columns::text[]) THEN
        RETURN;
    ELSIF clearance_internal.is_policy_name(policy) OR clearance_internal.calls_rule(tab, policy) THEN
        RAISE EXCEPTION 'cannot make or alter policy % of %: the table is protected', policy, tab
            USING ERRCODE = 'object_in_use',
            DETAIL = 'Policies that ask the rule, and their names, are the extension''s alone.',
            HINT = 'Use clearance.unprotect() to end its protection.';
    END IF;
    PERFORM clearance_internal.renew_policies(tab)
    WHERE clearance_internal.policy_columns(tab, b.id) IS NOT NULL
      AND clearance_internal.foreign_policy(tab, b) IS NOT NULL AND NOT clearance_internal.is_sealed(tab, b);
    PERFORM clearance_internal.notice_foreign_policies(tab, policy);
END
$$;
COMMENT ON FUNCTION clearance_internal.follow_policy IS
'a policy was made or altered: if it is somebody else''s, the table is sealed; if it only looks like one of the extension''s, an error';

CREATE EVENT TRIGGER clearance_follow_ddl ON ddl_command_end
    WHEN TAG IN ('CREATE POLICY', 'ALTER POLICY', 'CREATE TRIGGER', 'ALTER TRIGGER')
    EXECUTE FUNCTION clearance_internal.follow_ddl();
COMMENT ON EVENT TRIGGER clearance_follow_ddl IS 'tables with somebody else''s policies are sealed; what only looks like a policy or trigger of the extension''s is an error';

-- Policies and triggers of a protected table go with its protection only, and
-- the binding goes with its table.
CREATE FUNCTION clearance_internal.follow_drop() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    dropped record;
    bound clearance.binding;
    gone integer[];
    other regclass;
BEGIN
    IF clearance_internal.is_maintaining() THEN
        RETURN;
    END IF;
    FOR dropped IN
        SELECT d.object_type, d.address_names[3] AS name,
               to_regclass(format('%I.%I', d.address_names[1], d.address_names[2])) AS relation
        FROM pg_event_trigger_dropped_objects() d
        WHERE d.object_type = 'policy'
           OR (d.object_type = 'trigger' AND clearance_internal.is_trigger_name(d.address_names[3]::name))
    LOOP
        SELECT * INTO bound FROM clearance.binding x WHERE x.id = clearance_internal.binding_of(dropped.relation);
        CONTINUE WHEN NOT FOUND;
        IF dropped.object_type = 'policy' AND NOT clearance_internal.is_policy_name(dropped.name) THEN
            PERFORM clearance_internal.renew_policies(dropped.relation)
            WHERE clearance_internal.policy_columns(dropped.relation, bound.id) IS NOT NULL
              AND clearance_internal.foreign_policy(dropped.relation, bound) IS NULL AND clearance_internal.is_sealed(dropped.relation, bound);
        ELSE
            RAISE EXCEPTION 'cannot drop % % of %: the table is protected', dropped.object_type, dropped.name, dropped.relation
                USING ERRCODE = 'object_in_use',
                DETAIL = 'A bound column cannot be dropped either, since a policy uses it.',
                HINT = 'Use clearance.unprotect() to end its protection.';
        END IF;
    END LOOP;

    gone := ARRAY(SELECT b.id FROM clearance.binding b
                  JOIN pg_event_trigger_dropped_objects() d ON d.classid = 'pg_class'::regclass
                      AND d.objid = b.relation AND d.objsubid = 0);
    IF gone = '{}' THEN
        RETURN;
    END IF;
    SELECT x.relation INTO other FROM clearance.binding x
    WHERE x.id <> ALL (gone)
      AND (EXISTS (SELECT FROM clearance.binding_parent p WHERE p.binding_id = x.id AND p.parent_id = ANY (gone))
           OR EXISTS (SELECT FROM clearance.binding_relation r JOIN clearance.binding l ON l.relation = r.link
                      WHERE r.binding_id = x.id AND l.id = ANY (gone)));
    IF other IS NOT NULL THEN
        RAISE EXCEPTION 'cannot drop a table on which protected table % depends', other
            USING ERRCODE = 'dependent_objects_still_exist',
            DETAIL = 'It is named as parent or link table.',
            HINT = format('Call clearance.unprotect(%L) first.', other);
    END IF;
    DELETE FROM clearance.binding_parent p WHERE p.binding_id = ANY (gone);
    DELETE FROM clearance.binding b WHERE b.id = ANY (gone);
END
$$;
COMMENT ON FUNCTION clearance_internal.follow_drop IS
'event trigger: policies and triggers of protected tables stay; bindings go with their tables';

CREATE EVENT TRIGGER clearance_follow_drop ON sql_drop
    EXECUTE FUNCTION clearance_internal.follow_drop();
COMMENT ON EVENT TRIGGER clearance_follow_drop IS 'policies and triggers of protected tables stay; declarations go with their tables';

