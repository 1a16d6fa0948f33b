-- ---------------------------------------------------------------------------
-- Findings about roads around the rule. Each check is a function of its own,
-- lint_CODE(), and reads catalogs alone. Outsiders are those whom the rule is
-- to hold although they write SQL: everybody, and roles that act for partners,
-- customers or whomever a setting names, with those that can become one.
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.lint_outsiders() RETURNS TABLE (role oid, name text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE outsider AS (
        SELECT l.role::oid AS oid FROM clearance.login_role l LEFT JOIN clearance.member m ON m.id = l.member_id
        WHERE l.member_id IS NULL OR m.kind <> 'vendor'
        UNION
        SELECT m.member FROM outsider o JOIN pg_auth_members m ON m.roleid = o.oid
    )
    SELECT 0::oid, 'PUBLIC'
    UNION ALL
    SELECT r.oid, quote_ident(r.rolname) FROM outsider o JOIN pg_roles r USING (oid) WHERE NOT r.rolsuper
$$;
COMMENT ON FUNCTION clearance_internal.lint_outsiders IS
'PUBLIC and the roles of partners, customers and settings, with those that can become one';

-- PUBLIC alone, where everybody may: then the others may as well.
CREATE FUNCTION clearance_internal.lint_readers(tab oid, privilege text DEFAULT 'SELECT') RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH reader AS (
        SELECT o.role, o.name FROM clearance_internal.lint_outsiders() o JOIN pg_class c ON c.oid = tab
        WHERE has_schema_privilege(o.role, c.relnamespace, 'USAGE') AND has_any_column_privilege(o.role, tab, privilege)
    )
    SELECT string_agg(r.name, ', ' ORDER BY r.name) FROM reader r
    WHERE r.role = 0 OR NOT EXISTS (SELECT FROM reader x WHERE x.role = 0)
$$;
COMMENT ON FUNCTION clearance_internal.lint_readers IS 'outsiders who have a privilege on a relation or a column of it; NULL: none';

CREATE FUNCTION clearance_internal.lint_callers(function oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH caller AS (
        SELECT o.role, o.name FROM clearance_internal.lint_outsiders() o JOIN pg_proc p ON p.oid = function
        WHERE has_schema_privilege(o.role, p.pronamespace, 'USAGE') AND has_function_privilege(o.role, p.oid, 'EXECUTE')
    )
    SELECT string_agg(c.name, ', ' ORDER BY c.name) FROM caller c
    WHERE c.role = 0 OR NOT EXISTS (SELECT FROM caller x WHERE x.role = 0)
$$;
COMMENT ON FUNCTION clearance_internal.lint_callers IS 'outsiders who may execute a function; NULL: none';

CREATE FUNCTION clearance_internal.lint_protected() RETURNS TABLE (tab oid, root regclass, binding integer)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.tab::oid, b.relation, b.id FROM clearance.binding b CROSS JOIN LATERAL clearance_internal.table_tree(b.relation) AS t (tab)
$$;
COMMENT ON FUNCTION clearance_internal.lint_protected IS 'protected tables with their partitions and children';

CREATE FUNCTION clearance_internal.lint_passes(role oid, tab oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.rolsuper OR r.rolbypassrls OR (pg_has_role(r.oid, c.relowner, 'USAGE') AND NOT c.relforcerowsecurity)
    FROM pg_roles r CROSS JOIN pg_class c WHERE r.oid = role AND c.oid = tab
$$;
COMMENT ON FUNCTION clearance_internal.lint_passes IS 'whether row security of a table does not hold a role';

-- What an extension brings, nobody else can mend.
CREATE FUNCTION clearance_internal.lint_own(catalog regclass, object oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT NOT EXISTS (SELECT FROM pg_depend d WHERE (d.classid, d.objid, d.objsubid, d.deptype) = (catalog, object, 0, 'e'))
$$;
COMMENT ON FUNCTION clearance_internal.lint_own IS 'whether an object is the application''s, of no extension';

-- ---------------------------------------------------------------------------
-- Row security and who passes it
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.lint_rls_off() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'error', b.relation::text,
           CASE WHEN c.relrowsecurity THEN 'policies of the declaration are missing or were changed' ELSE 'row security is off' END
               || ': queries are errors, and without the library they would show every row',
           format('SELECT clearance.repair(%L);', b.relation)
    FROM clearance.binding b JOIN pg_class c ON c.oid = b.relation
    WHERE NOT coalesce(c.relrowsecurity AND clearance_internal.policy_columns(b.relation, b.id) = b.columns::text[], false)
    UNION ALL
    SELECT 'error', c.oid::regclass::text, 'it has policies, but row security is off: they hold nobody',
           format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', c.oid::regclass)
    FROM pg_class c
    WHERE NOT c.relrowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
      AND clearance_internal.binding_of(c.oid) IS NULL AND clearance_internal.lint_own('pg_class', c.oid)
$$;
COMMENT ON FUNCTION clearance_internal.lint_rls_off IS 'finding: policies that hold nobody, or are not there';

CREATE FUNCTION clearance_internal.lint_child_open() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'error', t.tab::regclass::text, format('a partition or child of %s without the policies of its declaration: named itself, it is open', t.root),
           format('SELECT clearance.repair(%L);', t.root)
    FROM clearance_internal.lint_protected() t JOIN clearance.binding b ON b.id = t.binding JOIN pg_class c ON c.oid = t.tab
    WHERE t.tab <> t.root
      AND NOT coalesce(c.relrowsecurity AND clearance_internal.policy_columns(t.tab, b.id) = b.columns::text[], false)
    UNION ALL
    SELECT 'error', c.oid::regclass::text, format('a foreign table among the partitions or children of %s: foreign tables have no row security', t.root),
           CASE WHEN c.relispartition THEN format('ALTER TABLE %s DETACH PARTITION %s;', i.inhparent::regclass, c.oid::regclass)
                ELSE format('ALTER FOREIGN TABLE %s NO INHERIT %s;', c.oid::regclass, i.inhparent::regclass) END
    FROM clearance_internal.lint_protected() t JOIN pg_inherits i ON i.inhparent = t.tab JOIN pg_class c ON c.oid = i.inhrelid
    WHERE c.relkind = 'f'
$$;
COMMENT ON FUNCTION clearance_internal.lint_child_open IS 'finding: partitions and children that are open';

CREATE FUNCTION clearance_internal.lint_owner_exempt() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'error', c.oid::regclass::text,
           format('row security does not hold its owner, %I, nor views and functions of that role', pg_get_userbyid(c.relowner)),
           format('ALTER TABLE %s FORCE ROW LEVEL SECURITY;', c.oid::regclass)
    FROM clearance_internal.lint_protected() t JOIN pg_class c ON c.oid = t.tab
    WHERE NOT c.relforcerowsecurity
$$;
COMMENT ON FUNCTION clearance_internal.lint_owner_exempt IS 'finding: protected tables without FORCE';

CREATE FUNCTION clearance_internal.lint_foreign_policy() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', format('%s policy %I', p.polrelid::regclass, p.polname),
           'a permissive policy of somebody else: it shows no more than the rule allows, but whoever wrote it meant to',
           format('DROP POLICY %I ON %s;', p.polname, p.polrelid::regclass)
    FROM clearance_internal.lint_protected() t JOIN clearance.binding b ON b.id = t.binding JOIN pg_policy p ON p.polrelid = t.tab
    WHERE p.polpermissive AND NOT clearance_internal.is_own_policy(p.polrelid, p.polname, b.id, b.columns::text[])
$$;
COMMENT ON FUNCTION clearance_internal.lint_foreign_policy IS 'finding: permissive policies of others on protected tables';

-- ---------------------------------------------------------------------------
-- Roles with too much power
-- ---------------------------------------------------------------------------

-- Roles that act for members, or say who acts, and all that they can become.
CREATE FUNCTION clearance_internal.lint_reach() RETURNS TABLE (role oid, name text, used_as text, reached oid, via oid)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE reach AS (
        SELECT u.role::oid AS role, u.used_as, u.role::oid AS reached, 0::oid AS via FROM clearance_internal.used_roles() u
        UNION
        SELECT r.role, r.used_as, m.roleid, r.reached FROM reach r JOIN pg_auth_members m ON m.member = r.reached
    )
    SELECT r.role, quote_ident(a.rolname), r.used_as, r.reached, r.via FROM reach r JOIN pg_roles a ON a.oid = r.role
$$;
COMMENT ON FUNCTION clearance_internal.lint_reach IS 'mapped and trusted roles and logins that set a mapped one, with every role that they can become, and the member of it by which they can';

CREATE FUNCTION clearance_internal.lint_bypass_login() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH named AS (
        SELECT r.role, 'error' AS severity, r.used_as AS how FROM clearance_internal.lint_reach() r WHERE r.reached = r.role
        UNION ALL
        SELECT a.grantee, 'warning', 'granted privileges on ' || min(c.oid::regclass::text)
        FROM clearance_internal.lint_protected() t JOIN pg_class c ON c.oid = t.tab CROSS JOIN LATERAL aclexplode(c.relacl) a
        WHERE a.grantee <> c.relowner GROUP BY a.grantee
    )
    SELECT min(n.severity), 'role ' || quote_ident(r.rolname),
           format('it is %s, and %s: the rule does not hold it, whoever acts', string_agg(n.how, ', ' ORDER BY n.how),
                  CASE WHEN r.rolsuper THEN 'a superuser' ELSE 'bypasses row security' END),
           format('ALTER ROLE %I NOSUPERUSER NOBYPASSRLS;', r.rolname)
    FROM named n JOIN pg_roles r ON r.oid = n.role WHERE r.rolsuper OR r.rolbypassrls
    GROUP BY r.rolname, r.rolsuper
$$;
COMMENT ON FUNCTION clearance_internal.lint_bypass_login IS 'finding: roles that pass row security and are mapped, trusted or granted';

CREATE FUNCTION clearance_internal.lint_bypass_reachable() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'error', format('role %s as %I', r.name, p.rolname),
           format('%s is %s, and may become %I, which %s', r.name, r.used_as, p.rolname,
                  CASE WHEN p.rolsuper THEN 'is a superuser' WHEN p.rolbypassrls THEN 'bypasses row security'
                       ELSE 'owns protected tables that row security does not hold it from' END),
           format('REVOKE %I FROM %I;', p.rolname, pg_get_userbyid(r.via))
    FROM clearance_internal.lint_reach() r JOIN pg_roles p ON p.oid = r.reached
    WHERE r.reached <> r.role
      AND (p.rolsuper OR p.rolbypassrls
           OR EXISTS (SELECT FROM clearance_internal.lint_protected() t JOIN pg_class c ON c.oid = t.tab
                      WHERE c.relowner = p.oid AND NOT c.relforcerowsecurity))
$$;
COMMENT ON FUNCTION clearance_internal.lint_bypass_reachable IS 'finding: roles that are mapped or trusted, or set a mapped one, and can become one that passes row security';

CREATE FUNCTION clearance_internal.lint_strong_attribute() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'error', 'role ' || quote_ident(p.rolname),
           format('%s: %s', CASE WHEN p.rolcreaterole THEN 'it makes and gives roles (CREATEROLE)' ELSE 'it reads whole tables (REPLICATION)' END,
                  string_agg(DISTINCT format(CASE WHEN r.role = p.oid THEN '%s is %s' ELSE '%s is %s and may become it' END, r.name, r.used_as), ', ')),
           format('ALTER ROLE %I NOCREATEROLE NOREPLICATION;', p.rolname)
    FROM clearance_internal.lint_reach() r JOIN pg_roles p ON p.oid = r.reached
    WHERE (p.rolcreaterole OR p.rolreplication) AND NOT p.rolsuper
    GROUP BY p.rolname, p.rolcreaterole
$$;
COMMENT ON FUNCTION clearance_internal.lint_strong_attribute IS 'finding: mapped and trusted roles with CREATEROLE or REPLICATION';

-- pg_create_subscription and pg_maintain come with PostgreSQL 16 and 17.
CREATE FUNCTION clearance_internal.lint_predefined_role() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE power (name, does) AS (VALUES
        ('pg_read_all_data', 'reads the server''s own tables, with values of hidden rows, and every table that is not protected'),
        ('pg_write_all_data', 'writes every table that is not protected, locks tables and sets sequences back'),
        ('pg_read_all_stats', 'reads the statements of all sessions'), ('pg_monitor', 'reads the statements of all sessions'),
        ('pg_read_server_files', 'gets at the server''s files'), ('pg_write_server_files', 'gets at the server''s files'),
        ('pg_execute_server_program', 'gets at the server''s files'),
        ('pg_create_subscription', 'brings rows past the rule into tables whose owner it may become'),
        ('pg_maintain', 'locks any table, and stops everybody by locking the extension''s own')
    ), holder AS (
        SELECT r.role, r.used_as, r.reached, r.via FROM clearance_internal.lint_reach() r
        UNION
        SELECT l.oid, 'no actor''s', l.oid, 0::oid FROM pg_roles l
        WHERE l.rolcanlogin AND NOT l.rolsuper AND NOT EXISTS (SELECT FROM clearance_internal.lint_reach() r WHERE r.role = l.oid)
        UNION
        SELECT h.role, h.used_as, m.roleid, h.reached FROM holder h JOIN pg_auth_members m ON m.member = h.reached
    )
    SELECT CASE WHEN h.used_as = 'no actor''s' THEN 'warning' ELSE 'error' END, format('role %I in %s', r.rolname, p.name),
           format('%I is %s, and a member of %s, which %s', r.rolname, h.used_as, p.name, p.does),
           format('REVOKE %s FROM %I;', p.name, v.rolname)
    FROM holder h JOIN pg_roles x ON x.oid = h.reached JOIN power p ON p.name = x.rolname JOIN pg_roles r ON r.oid = h.role
    JOIN pg_roles v ON v.oid = h.via AND v.rolname !~ '^pg_'
    WHERE NOT r.rolsuper AND (h.used_as <> 'no actor''s' OR p.name IN ('pg_read_all_data', 'pg_write_all_data'))
$$;
COMMENT ON FUNCTION clearance_internal.lint_predefined_role IS 'finding: members of the server''s roles that read or write what the rule does not hold';

CREATE FUNCTION clearance_internal.lint_power_to_declare() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'error', p.oid::regprocedure::text, format('who acts, or what is protected, is for %s to say', c.callers),
           format('REVOKE EXECUTE ON FUNCTION %s FROM %s;', p.oid::regprocedure, c.callers)
    FROM pg_proc p CROSS JOIN LATERAL (SELECT clearance_internal.lint_callers(p.oid) AS callers) c
    WHERE p.pronamespace = 'clearance'::regnamespace AND c.callers IS NOT NULL
      AND p.proname IN ('protect', 'unprotect', 'add_parent', 'relate', 'guard_column', 'unguard_column', 'guard_row', 'unguard_row',
                        'mask_column', 'unmask_column', 'map_role', 'unmap_role', 'trust_role', 'set_actor', 'add_token_key',
                        'mirror_membership', 'accept_finding')
    UNION ALL
    SELECT 'error', 'clearance.actor', format('who acts is for %s to say', string_agg(o.name, ', ' ORDER BY o.name)),
           format('REVOKE SET ON PARAMETER clearance.actor FROM %s;', string_agg(o.name, ', ' ORDER BY o.name))
    FROM clearance_internal.lint_outsiders() o WHERE has_parameter_privilege(o.role, 'clearance.actor', 'SET')
    HAVING count(*) > 0
$$;
COMMENT ON FUNCTION clearance_internal.lint_power_to_declare IS 'finding: outsiders who may declare, or say who acts';

-- ---------------------------------------------------------------------------
-- What reads protected tables with somebody else's rights, or keeps copies
-- ---------------------------------------------------------------------------

-- Views and materialized views that name a relation, at any depth; direct: it is named itself.
CREATE FUNCTION clearance_internal.lint_above(relations oid[]) RETURNS TABLE (view oid, names oid)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE above AS (
        SELECT w.ev_class AS view, d.refobjid AS names
        FROM pg_depend d JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
        WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY (relations) AND w.ev_class <> d.refobjid
        UNION
        SELECT w.ev_class, d.refobjid
        FROM above a JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.view
        JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
        WHERE w.ev_class <> d.refobjid
    )
    SELECT a.view, a.names FROM above a JOIN pg_class c ON c.oid = a.view WHERE c.relkind IN ('v', 'm')
$$;
COMMENT ON FUNCTION clearance_internal.lint_above IS 'views that read relations, at any depth, with what each names';

-- A view of an owner whom the rule holds is read for the actor; and so is one
-- with security_invoker, below whatever view.
CREATE FUNCTION clearance_internal.lint_view_definer() RETURNS TABLE (severity text, object text, why text, mend text, definition text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH open_view AS (
        SELECT DISTINCT v.oid, v.relowner, string_agg(DISTINCT t.root::text, ', ' ORDER BY t.root::text) AS tables
        FROM clearance_internal.lint_protected() t JOIN clearance_internal.lint_above(ARRAY(SELECT p.tab FROM clearance_internal.lint_protected() p)) a ON a.names = t.tab
        JOIN pg_class v ON v.oid = a.view AND v.relkind = 'v'
        WHERE clearance_internal.lint_passes(v.relowner, t.tab)
          AND NOT EXISTS (SELECT FROM pg_options_to_table(v.reloptions) o WHERE o.option_name = 'security_invoker' AND o.option_value::boolean)
        GROUP BY v.oid, v.relowner
    )
    SELECT CASE WHEN r.readers IS NULL THEN 'warning' ELSE 'error' END, v.oid::regclass::text,
           format('it shows rows of %s with the rights of its owner, %I, whom row security does not hold%s', v.tables, pg_get_userbyid(v.relowner),
                  coalesce(', to ' || r.readers, '')),
           format('ALTER VIEW %s SET (security_invoker = on);', v.oid::regclass), pg_get_viewdef(v.oid)
    FROM open_view v
    CROSS JOIN LATERAL (SELECT string_agg(DISTINCT clearance_internal.lint_readers(x.view), ', ') AS readers
                        FROM (SELECT v.oid AS view UNION SELECT a.view FROM clearance_internal.lint_above(ARRAY[v.oid]) a) x) r
$$;
COMMENT ON FUNCTION clearance_internal.lint_view_definer IS 'finding: views that read protected tables with the rights of an owner who passes row security';

CREATE FUNCTION clearance_internal.lint_matview() RETURNS TABLE (severity text, object text, why text, mend text, definition text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN r.readers IS NULL THEN 'warning' ELSE 'error' END, m.oid::regclass::text,
           'it holds what its owner saw of protected tables at the last refresh, for whoever may read it' || coalesce(': ' || r.readers, ''),
           CASE WHEN r.readers IS NOT NULL THEN format('REVOKE SELECT ON %s FROM %s;', m.oid::regclass,
                    CASE WHEN has_table_privilege(0::oid, m.oid, 'SELECT') THEN 'PUBLIC' ELSE r.readers END)
                ELSE
                    format('DROP MATERIALIZED VIEW %s; -- or keep it from all whom rows are hidden from', m.oid::regclass) END, pg_get_viewdef(m.oid)
    FROM (SELECT DISTINCT a.view FROM clearance_internal.lint_above(ARRAY(SELECT t.tab FROM clearance_internal.lint_protected() t)) a) a
    JOIN pg_class m ON m.oid = a.view AND m.relkind = 'm'
    CROSS JOIN LATERAL (SELECT clearance_internal.lint_readers(m.oid) AS readers) r
$$;
COMMENT ON FUNCTION clearance_internal.lint_matview IS 'finding: materialized views of protected tables';

CREATE FUNCTION clearance_internal.lint_foreign_table() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN r.readers IS NULL THEN 'warning' ELSE 'error' END, c.oid::regclass::text,
           format('a foreign table %s: it has no row security%s',
                  CASE WHEN n.relname IS NULL THEN 'beside protected tables' ELSE format('that reads a table of the name of the protected %s', n.oid::regclass) END,
                  coalesce(', and may be read by ' || r.readers, '')),
           CASE WHEN r.readers IS NOT NULL THEN format('REVOKE SELECT ON %s FROM %s;', c.oid::regclass,
                    CASE WHEN has_table_privilege(0::oid, c.oid, 'SELECT') THEN 'PUBLIC' ELSE r.readers END)
                ELSE
                    format('DROP FOREIGN TABLE %s; -- or keep it from all whom rows are hidden from', c.oid::regclass) END
    FROM pg_foreign_table f JOIN pg_class c ON c.oid = f.ftrelid
    LEFT JOIN LATERAL (SELECT p.oid, p.relname FROM clearance.binding b JOIN pg_class p ON p.oid = b.relation
                       WHERE p.relname = coalesce((SELECT o.option_value FROM pg_options_to_table(f.ftoptions) o WHERE o.option_name = 'table_name'), c.relname)
                       ORDER BY p.oid LIMIT 1) n ON true
    CROSS JOIN LATERAL (SELECT clearance_internal.lint_readers(c.oid) AS readers) r
    WHERE clearance_internal.lint_own('pg_class', c.oid)
      AND (n.relname IS NOT NULL OR EXISTS (SELECT FROM clearance.binding b JOIN pg_class p ON p.oid = b.relation WHERE p.relnamespace = c.relnamespace))
$$;
COMMENT ON FUNCTION clearance_internal.lint_foreign_table IS 'finding: foreign tables beside, or of the name of, protected tables';

-- What a body of text or C reads, nothing tells: names in it are a hint. That a
-- trigger runs it is a road, whoever may execute it.
CREATE FUNCTION clearance_internal.lint_definer_function() RETURNS TABLE (severity text, object text, why text, mend text, definition text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN x.atomic THEN 'error' WHEN x.named THEN 'warning' ELSE 'info' END, p.oid::regprocedure::text,
           format('it runs with the rights of its owner, %I, whom row security does not hold, for %s; %s', pg_get_userbyid(p.proowner),
                  concat_ws(', ', r.callers, CASE WHEN x.fired THEN 'triggers' END),
                  CASE WHEN x.atomic THEN 'it reads protected tables' WHEN x.named THEN 'its text names a protected table'
                       ELSE 'what it reads cannot be told' END),
           CASE WHEN r.callers IS NULL OR NOT (x.atomic OR x.named) THEN format('ALTER FUNCTION %s SECURITY INVOKER;', p.oid::regprocedure)
                ELSE format('REVOKE EXECUTE ON FUNCTION %s FROM %s;', p.oid::regprocedure,
                            CASE WHEN has_function_privilege(0::oid, p.oid, 'EXECUTE') THEN 'PUBLIC' ELSE r.callers END) END,
           md5(p.prosrc || coalesce(pg_get_function_sqlbody(p.oid), ''))
    FROM pg_proc p JOIN pg_roles o ON o.oid = p.proowner
    CROSS JOIN LATERAL (SELECT CASE WHEN p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
                             THEN clearance_internal.lint_callers(p.oid) END AS callers) r
    CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM pg_depend d JOIN clearance_internal.lint_protected() t ON d.refobjid = t.tab
                       WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_class'::regclass) AS atomic,
               EXISTS (SELECT FROM clearance.binding b JOIN pg_class c ON c.oid = b.relation
                       WHERE p.prosrc ~* (E'\\m' || regexp_replace(c.relname, E'(\\W)', E'\\\\\\1', 'g') || E'\\M')) AS named,
               EXISTS (SELECT FROM pg_trigger g WHERE g.tgfoid = p.oid AND NOT g.tgisinternal AND g.tgenabled <> 'D') AS fired) x
    WHERE p.prosecdef AND p.prokind IN ('f', 'p') AND clearance_internal.lint_own('pg_proc', p.oid)
      AND p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
      AND (o.rolsuper OR o.rolbypassrls
           OR EXISTS (SELECT FROM clearance_internal.lint_protected() t WHERE clearance_internal.lint_passes(p.proowner, t.tab)))
      AND (x.fired OR r.callers IS NOT NULL)
      AND (p.prosqlbody IS NULL OR x.atomic)
$$;
COMMENT ON FUNCTION clearance_internal.lint_definer_function IS 'finding: functions that outsiders call, or triggers, with the rights of an owner who passes row security';

CREATE FUNCTION clearance_internal.lint_definer_path() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN s.path IS NULL THEN 'error' ELSE 'warning' END, p.oid::regprocedure::text,
           format('it runs with the rights of %I, and %s: whoever calls it can put objects of its own in place of those that it names', pg_get_userbyid(p.proowner),
                  CASE WHEN s.path IS NULL THEN 'in the search_path of its caller' ELSE 'temporary objects of its caller come first' END),
           format('ALTER FUNCTION %s SET search_path = %s, pg_temp;', p.oid::regprocedure, coalesce(s.path, 'pg_catalog'))
    FROM pg_proc p
    LEFT JOIN LATERAL (SELECT split_part(c.c, '=', 2) AS path FROM unnest(p.proconfig) AS c (c) WHERE c.c LIKE 'search_path=%') s ON true
    WHERE p.prosecdef AND p.prosqlbody IS NULL AND clearance_internal.lint_own('pg_proc', p.oid)
      AND p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
      AND (s.path IS NULL OR s.path !~ E'(^|,)\\s*"?pg_temp"?\\s*$' AND s.path NOT IN ('', '""'))
$$;
COMMENT ON FUNCTION clearance_internal.lint_definer_path IS 'finding: SECURITY DEFINER functions that resolve names as their caller likes';

CREATE FUNCTION clearance_internal.lint_leakproof() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', p.oid::regprocedure::text, 'it is LEAKPROOF: the server calls it with values of rows before the rule has hidden them',
           format('ALTER FUNCTION %s NOT LEAKPROOF;', p.oid::regprocedure)
    FROM pg_proc p
    WHERE p.proleakproof AND p.pronamespace <> 'pg_catalog'::regnamespace AND clearance_internal.lint_own('pg_proc', p.oid)
$$;
COMMENT ON FUNCTION clearance_internal.lint_leakproof IS 'finding: functions of the application that are called before the rule';

CREATE FUNCTION clearance_internal.lint_frozen_actor() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'error', p.oid::regprocedure::text, 'it asks who acts, or for a setting, and is IMMUTABLE: plans, indexes and generated columns keep the answer for others',
           format('ALTER FUNCTION %s STABLE;', p.oid::regprocedure)
    FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
    WHERE p.provolatile = 'i' AND l.lanname NOT IN ('internal', 'c') AND clearance_internal.lint_own('pg_proc', p.oid)
      AND p.prosrc || coalesce(pg_get_function_sqlbody(p.oid), '') ~* E'\\mclearance\\.(actor|current_actor|whoami|can|can_row|has_right|standing)\\M|\\mcurrent_setting\\M'
$$;
COMMENT ON FUNCTION clearance_internal.lint_frozen_actor IS 'finding: immutable functions that depend on who acts';

CREATE FUNCTION clearance_internal.lint_publication() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', format('publication %I of %s', p.pubname, t.root),
           CASE WHEN bool_and(p.rowfilter IS NOT NULL) THEN 'it sends the rows of its filter to every subscriber, whatever the rule says'
                ELSE 'it sends all rows to every subscriber' END,
           CASE WHEN bool_or(x.puballtables) THEN format('DROP PUBLICATION %I;', p.pubname)
                WHEN EXISTS (SELECT FROM pg_publication_rel r JOIN pg_publication y ON y.oid = r.prpubid
                             WHERE y.pubname = p.pubname AND r.prrelid = t.root)
                    THEN format('ALTER PUBLICATION %I DROP TABLE %s;', p.pubname, t.root)
                ELSE format('ALTER PUBLICATION %I DROP TABLES IN SCHEMA %s;', p.pubname, min(quote_ident(p.schemaname))) END
    FROM pg_publication_tables p JOIN pg_publication x ON x.pubname = p.pubname
    JOIN pg_class c ON c.relname = p.tablename AND c.relnamespace = to_regnamespace(quote_ident(p.schemaname))
    JOIN clearance_internal.lint_protected() t ON t.tab = c.oid
    GROUP BY p.pubname, t.root
$$;
COMMENT ON FUNCTION clearance_internal.lint_publication IS 'finding: publications of protected tables';

-- ---------------------------------------------------------------------------
-- Tables that are open, and privileges
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.lint_look_alike() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH found_table AS (
        SELECT l.tab, l.original, true AS same FROM clearance_internal.lookalikes() l
        UNION
        SELECT c.oid, b.relation, false
        FROM clearance.binding b JOIN pg_class p ON p.oid = b.relation
        JOIN pg_class c ON c.oid <> p.oid AND c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND NOT c.relispartition
            AND (regexp_replace(c.relname, E'(^(old|new|tmp|temp|bak|backup|copy)_?|_?(old|new|tmp|temp|bak|backup|copy|\\d+)$)', '', 'i') = p.relname
                 OR c.relname = p.relname)
        WHERE clearance_internal.binding_of(c.oid) IS NULL AND clearance_internal.lint_own('pg_class', c.oid)
    )
    SELECT CASE WHEN bool_or(f.same) OR r.readers IS NOT NULL THEN 'error' ELSE 'warning' END, f.tab::text,
           format('it has %s, and is not protected%s',
                  format(CASE WHEN bool_or(f.same) THEN 'the name that %s had' ELSE 'a name like a copy of %s' END,
                         coalesce(min(c.oid::regclass::text), 'a protected table that is gone')), coalesce('; it may be read by ' || r.readers, '')),
           format('SELECT clearance.protect(%L, …); -- or DROP TABLE %s;', f.tab, f.tab)
    FROM found_table f LEFT JOIN pg_class c ON c.oid = f.original
    CROSS JOIN LATERAL (SELECT clearance_internal.lint_readers(f.tab) AS readers) r
    GROUP BY f.tab, r.readers
$$;
COMMENT ON FUNCTION clearance_internal.lint_look_alike IS 'finding: tables that look like protected ones and are open';

CREATE FUNCTION clearance_internal.lint_unprotected() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN r.readers IS NULL THEN 'info' WHEN f.refers IS NULL THEN 'warning' ELSE 'error' END, c.oid::regclass::text,
           concat_ws('; ', CASE WHEN s.beside THEN 'it is not protected, and lies beside tables that are' ELSE 'it is not protected' END,
                     'it refers to the protected ' || f.refers, 'it may be read by ' || r.readers),
           format('SELECT clearance.protect(%L, …);', c.oid::regclass)
    FROM pg_class c
    CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM clearance.binding b JOIN pg_class p ON p.oid = b.relation
                                       WHERE p.relnamespace = c.relnamespace) AS beside) s
    CROSS JOIN LATERAL (SELECT min(k.confrelid::regclass::text) AS refers FROM pg_constraint k
                        JOIN clearance_internal.lint_protected() t ON t.tab = k.confrelid WHERE k.contype = 'f' AND k.conrelid = c.oid) f
    CROSS JOIN LATERAL (SELECT clearance_internal.lint_readers(c.oid) AS readers) r
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't' AND clearance_internal.binding_of(c.oid) IS NULL
      AND clearance_internal.lint_own('pg_class', c.oid)
      AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'clearance'::regnamespace)
      AND (s.beside OR f.refers IS NOT NULL OR r.readers IS NOT NULL)
      AND NOT EXISTS (SELECT FROM clearance_internal.lint_look_alike() l WHERE l.object = c.oid::regclass::text)
$$;
COMMENT ON FUNCTION clearance_internal.lint_unprotected IS 'finding: tables that outsiders reach, or that lie beside protected ones, without protection';

CREATE FUNCTION clearance_internal.lint_mirror_writable() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'error', m.relation::text, format('it says %s, is not protected, and may be written by %s: they give themselves access', m.says, w.writers),
           format('SELECT clearance.protect(%L, …);', m.relation)
    FROM (SELECT t.relation, 'who is on which project' AS says FROM clearance.mirror t
          UNION
          SELECT t.relation, 'who may do what' FROM clearance.mirror_table t) m
    CROSS JOIN LATERAL (SELECT string_agg(DISTINCT o.name, ', ' ORDER BY o.name) AS writers FROM clearance_internal.lint_outsiders() o
                        WHERE has_table_privilege(o.role, m.relation, 'DELETE, TRUNCATE') OR has_any_column_privilege(o.role, m.relation, 'INSERT, UPDATE')) w
    WHERE w.writers IS NOT NULL AND clearance_internal.binding_of(m.relation) IS NULL
$$;
COMMENT ON FUNCTION clearance_internal.lint_mirror_writable IS 'finding: mirrored tables in which outsiders give themselves access';

-- The owner's do not count: it has them anyway. MAINTAIN, of PostgreSQL 17, is for who maintains tables: it shows no rows.
CREATE FUNCTION clearance_internal.lint_outside_privilege() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', format('%s for %s', c.oid::regclass, g.name),
           format('%s may %s: row security does not hold that', g.name,
                  concat_ws(', ', CASE WHEN bool_or(a.privilege_type = 'TRUNCATE') THEN 'empty it (TRUNCATE)' END,
                            CASE WHEN bool_or(a.privilege_type = 'REFERENCES') THEN 'find out keys by foreign keys (REFERENCES)' END,
                            CASE WHEN bool_or(a.privilege_type = 'TRIGGER') THEN 'run code in the sessions of others (TRIGGER)' END,
                            CASE WHEN bool_or(a.privilege_type = 'MAINTAIN') THEN 'lock and rewrite it (MAINTAIN)' END)),
           format('REVOKE TRUNCATE, REFERENCES, TRIGGER%s ON %s FROM %s;', CASE WHEN bool_or(a.privilege_type = 'MAINTAIN') THEN ', MAINTAIN' END,
                  c.oid::regclass, g.name)
    FROM clearance_internal.lint_protected() t JOIN pg_class c ON c.oid = t.tab
    CROSS JOIN LATERAL (SELECT * FROM aclexplode(c.relacl)
                        UNION ALL
                        SELECT e.* FROM pg_attribute x CROSS JOIN LATERAL aclexplode(x.attacl) e WHERE x.attrelid = c.oid) a
    CROSS JOIN LATERAL (SELECT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS name) g
    WHERE (a.privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER')
           OR a.privilege_type = 'MAINTAIN' AND a.grantee IN (SELECT o.role FROM clearance_internal.lint_outsiders() o))
      AND a.grantee <> c.relowner
      AND NOT coalesce((SELECT r.rolsuper FROM pg_roles r WHERE r.oid = a.grantee), false)
    GROUP BY c.oid, g.name
$$;
COMMENT ON FUNCTION clearance_internal.lint_outside_privilege IS 'finding: grants of what row security does not hold';

CREATE FUNCTION clearance_internal.lint_default_grant() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', format('default privileges of %I%s for %s', pg_get_userbyid(d.defaclrole), s.place, o.name),
           format('%s gets %s of every table that %I makes, before it is protected', o.name, string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type),
                  pg_get_userbyid(d.defaclrole)),
           format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s REVOKE ALL ON TABLES FROM %s;', pg_get_userbyid(d.defaclrole), upper(left(s.place, 10)) || substr(s.place, 11), o.name)
    FROM pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) a
    JOIN clearance_internal.lint_outsiders() o ON o.role = a.grantee
    CROSS JOIN LATERAL (SELECT CASE WHEN d.defaclnamespace = 0 THEN '' ELSE format(' in schema %s', d.defaclnamespace::regnamespace) END AS place) s
    WHERE d.defaclobjtype = 'r'
    GROUP BY d.defaclrole, s.place, o.name
$$;
COMMENT ON FUNCTION clearance_internal.lint_default_grant IS 'finding: default privileges that give new tables to outsiders';

CREATE FUNCTION clearance_internal.lint_public_create() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', 'schema ' || quote_ident(n.nspname), format('%s may make objects there, in place of those that others mean',
                                                        string_agg(o.name, ', ' ORDER BY o.name)),
           format('REVOKE CREATE ON SCHEMA %I FROM %s;', n.nspname, string_agg(o.name, ', ' ORDER BY o.name))
    FROM pg_namespace n JOIN clearance_internal.lint_outsiders() o ON has_schema_privilege(o.role, n.oid, 'CREATE')
    WHERE n.nspname !~ '^pg_'
      AND (o.role = 0 OR NOT has_schema_privilege(0::oid, n.oid, 'CREATE') AND NOT pg_has_role(o.role, n.nspowner, 'USAGE'))
      AND (n.nspname = 'public' OR EXISTS (SELECT FROM clearance.binding b JOIN pg_class c ON c.oid = b.relation WHERE c.relnamespace = n.oid))
    GROUP BY n.nspname
$$;
COMMENT ON FUNCTION clearance_internal.lint_public_create IS 'finding: schemas in which outsiders make objects';
