-- ---------------------------------------------------------------------------
-- Actor: on whose behalf statements run
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.set_actor(key clearance.app_key DEFAULT NULL, id bigint DEFAULT NULL,
    email text DEFAULT NULL, account bigint DEFAULT NULL, local boolean DEFAULT true) RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_set_actor';
COMMENT ON FUNCTION clearance.set_actor IS
'acts as the member with this key (the application''s user id), id or e-mail, until the end of the transaction (local) or of the session; returns the member''s id. For trusted roles: see trust_role()';

CREATE FUNCTION clearance.reset_actor() RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_reset_actor';
COMMENT ON FUNCTION clearance.reset_actor IS
'ends what set_actor() and act_as() began: from here on nobody acts, or the actor that the login role, or the one that SET ROLE has set, is mapped to';

CREATE FUNCTION clearance.current_actor(OUT member bigint, OUT partner bigint)
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_current_actor';
COMMENT ON FUNCTION clearance.current_actor IS
'the actor of the running statement: a member, a partner as a whole, or nobody (both NULL)';

CREATE FUNCTION clearance.actor() RETURNS bigint
LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN (SELECT a.member FROM clearance.current_actor() a);
COMMENT ON FUNCTION clearance.actor IS
'id of the member on whose behalf the running statement runs, or NULL';

CREATE FUNCTION clearance.act_as(member bigint, clearance.by_name DEFAULT 'by name', write boolean DEFAULT false) RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_act_as';
COMMENT ON FUNCTION clearance.act_as IS
'until the transaction ends, the acting member, who needs settings.act_as, acts as another one of its account: to look, or also to write if the account allows it; NULL ends that';

CREATE FUNCTION clearance.maintenance(reason text) RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_maintenance';
COMMENT ON FUNCTION clearance.maintenance IS
'until the transaction ends, the owner of protected tables sees and changes all of their rows in statements of its own, while nobody acts: for migrations, audited with the reason; NULL ends that';

CREATE FUNCTION clearance.asker(OUT member bigint, OUT writes boolean)
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_asker';
COMMENT ON FUNCTION clearance.asker IS
'the member who acts as somebody else in the running statement, and whether it may write as that one; both NULL: whoever acts is itself';

CREATE FUNCTION clearance_internal.asker_note() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('member "%s" acts as this one, %s', clearance_internal.member_label(m),
                  CASE WHEN a.writes THEN 'to look and to write' ELSE 'to look' END)
    FROM clearance.asker() a JOIN clearance.member m ON m.id = a.member
$$;
COMMENT ON FUNCTION clearance_internal.asker_note IS 'internal: who acts as somebody else; NULL if nobody does';

CREATE FUNCTION clearance.whoami(OUT member bigint, OUT key text, OUT name text, OUT email text,
    OUT kind text, OUT account text, OUT company text, OUT levels text[], OUT login_role name, OUT note text)
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.id, m.key, m.name, m.email,
           CASE WHEN act.partner IS NULL THEN s.audience ELSE 'partner as a whole' END,
           a.name, coalesce(p.name, c.name),
           ARRAY(SELECT l.name FROM clearance.level l WHERE l.id = ANY (s.base_levels) ORDER BY l.id),
           session_user,
           nullif(concat_ws('; ', clearance_internal.asker_note(), clearance_internal.actor_note(act.member, act.partner, s.no_standing)), '')
    FROM clearance.current_actor() act
    CROSS JOIN LATERAL clearance_internal.scope_actor(act.member, act.partner) s
    LEFT JOIN clearance.member m ON m.id = act.member
    LEFT JOIN clearance.account a ON a.id = s.account_id
    LEFT JOIN clearance.partner p ON p.id = coalesce(act.partner, m.partner_id)
    LEFT JOIN clearance.customer c ON c.id = m.customer_id
$$;
COMMENT ON FUNCTION clearance.whoami IS
'who acts: member, company, account, levels where no project names others; and as a note who acts as that member, and why nothing or little is visible, if so';

-- A trusted role is one that may execute set_actor() and what else takes the
-- application's word: whose token it was shown, that mail was sent. Nothing is
-- kept but these privileges.
CREATE FUNCTION clearance_internal.trusted_functions() RETURNS text
LANGUAGE sql IMMUTABLE
RETURN 'clearance.set_actor, clearance.accept_invitation, clearance.follow_link, clearance.take_mail';
COMMENT ON FUNCTION clearance_internal.trusted_functions IS 'internal: what trust_role() lets a role call';

-- What a role has, or gets by SET ROLE, that the rule does not hold: then it is
-- nobody in particular, whoever it is mapped to. In PostgreSQL 15 CREATEROLE
-- reaches every role but superusers, later those that it makes.
CREATE FUNCTION clearance_internal.power_of(role oid, is_mapped boolean) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE reach AS (
        SELECT power_of.role AS oid
        UNION
        SELECT m.roleid FROM reach r JOIN pg_auth_members m ON m.member = r.oid
    )
    SELECT CASE WHEN s.oid <> role THEN format('may become %I, which ', s.rolname) ELSE '' END || s.power
    FROM (SELECT a.oid, a.rolname,
              CASE WHEN a.rolsuper THEN 'is a superuser'
                   WHEN a.rolbypassrls THEN 'bypasses row security'
                   WHEN a.rolcreaterole THEN 'makes and gives roles (CREATEROLE)'
                   WHEN a.rolreplication THEN 'reads whole tables (REPLICATION)'
                   WHEN a.rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')
                       THEN 'gets at the server''s files'
                   -- pg_statistic has values of hidden rows, pg_authid what people log in with
                   WHEN a.rolname = 'pg_read_all_data' THEN 'reads the server''s own tables, with values of hidden rows'
                   WHEN is_mapped AND (has_parameter_privilege(a.oid, 'clearance.actor', 'SET')
                                       OR has_function_privilege(a.oid, 'clearance.set_actor'::regproc, 'EXECUTE'))
                       THEN 'may set the actor' END AS power
          FROM reach r JOIN pg_roles a ON a.oid = r.oid) s
    WHERE s.power IS NOT NULL
    ORDER BY s.oid <> role, s.rolname LIMIT 1
$$;
COMMENT ON FUNCTION clearance_internal.power_of IS
'internal: what the rule does not hold of a role that is mapped, or else trusted; NULL: nothing';

CREATE FUNCTION clearance_internal.require_no_power(role regrole, is_mapped boolean) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    power text := clearance_internal.power_of(role, is_mapped);
BEGIN
    IF power IS NOT NULL THEN
        RAISE object_in_use USING
            MESSAGE = format('role %s %s', role, power),
            DETAIL = CASE WHEN power LIKE '%may set the actor' THEN 'A role either is one actor or sets any.'
                          ELSE 'The rule would not hold for it, whoever acts.' END,
            HINT = CASE WHEN power = 'may set the actor' THEN 'Call clearance.distrust_role() first, or use a role that is no member of a trusted one.'
                        ELSE 'Use a role that neither has such power nor gets it by SET ROLE.' END;
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_no_power IS 'internal: refuses roles that the rule does not hold';

CREATE FUNCTION clearance.trust_role(role regrole) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF role IS NULL OR role = 0 THEN
        RAISE EXCEPTION 'the role is null' USING ERRCODE = 'null_value_not_allowed',
            HINT = 'For example: SELECT clearance.trust_role(''app_backend'');';
    END IF;
    IF EXISTS (SELECT FROM clearance.login_role l WHERE l.role = trust_role.role) THEN
        RAISE EXCEPTION 'role % is mapped to an actor of its own', role USING ERRCODE = 'object_in_use',
            DETAIL = 'A role either is one actor or sets any.',
            HINT = 'Call clearance.unmap_role() first.';
    END IF;
    PERFORM clearance_internal.require_no_power(role, is_mapped => false);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s', clearance_internal.trusted_functions(), role);
END
$$;
COMMENT ON FUNCTION clearance.trust_role IS
'lets a role set the actor, accept invitations, follow links and take mail; give it to applications whose SQL members cannot write';

CREATE FUNCTION clearance.distrust_role(role regrole) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF role IS NULL OR role = 0 THEN
        RAISE EXCEPTION 'the role is null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM %s', clearance_internal.trusted_functions(), role);
END
$$;
COMMENT ON FUNCTION clearance.distrust_role IS 'takes back trust_role()';

CREATE FUNCTION clearance.map_role(role regrole, clearance.by_name DEFAULT 'by name', member bigint DEFAULT NULL, partner bigint DEFAULT NULL,
    setting text DEFAULT NULL, claim text DEFAULT NULL, names text DEFAULT NULL, account bigint DEFAULT NULL,
    by_set_role boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF role IS NULL OR role = 0 THEN
        RAISE EXCEPTION 'the role is null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF by_set_role IS NULL THEN
        RAISE EXCEPTION 'by_set_role is null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = role) THEN
        RAISE EXCEPTION 'no role with OID %', role USING ERRCODE = 'undefined_object';
    END IF;
    IF num_nonnulls(member, partner, setting) <> 1 THEN
        RAISE EXCEPTION 'map_role needs exactly one of member, partner and setting' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example: SELECT clearance.map_role(''bi_acme'', partner => 3);';
    END IF;
    IF setting IS NULL AND num_nonnulls(claim, names, account) > 0 THEN
        RAISE EXCEPTION 'claim, names and account go with a setting' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example: SELECT clearance.map_role(''authenticator'', setting => ''request.jwt.claims'', claim => ''sub'');';
    END IF;
    IF setting IS NOT NULL AND by_set_role THEN
        RAISE EXCEPTION 'by_set_role goes with a member or a partner' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'Whoever may set the role may set the setting too, and be anybody whom it may name.',
            HINT = 'Map the login role to the setting, or a role for each member.';
    END IF;
    IF setting !~ E'^[A-Za-z_][A-Za-z0-9_$]*(\\.[A-Za-z_][A-Za-z0-9_$]*)+$' OR setting ~* E'^clearance\\.' THEN
        RAISE EXCEPTION '"%" is no setting of an application', setting USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It has a name with a dot that is not ours, for example request.jwt.claims.';
    END IF;
    IF names NOT IN ('id', 'key', 'email') THEN
        RAISE EXCEPTION 'a setting does not name members by "%"', names USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It names them by id, key or email.';
    END IF;
    IF member IS NOT NULL AND NOT EXISTS (SELECT FROM clearance.member m WHERE m.id = member AND m.status <> 'erased') THEN
        RAISE EXCEPTION 'no member with id %', member USING ERRCODE = 'undefined_object',
            HINT = 'Members are added with clearance.add_member().';
    END IF;
    IF partner IS NOT NULL AND NOT EXISTS (SELECT FROM clearance.partner p WHERE p.id = partner) THEN
        RAISE EXCEPTION 'no partner with id %', partner USING ERRCODE = 'undefined_object',
            HINT = 'clearance.partners lists them.';
    END IF;
    IF account IS NOT NULL AND NOT EXISTS (SELECT FROM clearance.account a WHERE a.id = account) THEN
        RAISE EXCEPTION 'no account with id %', account USING ERRCODE = 'undefined_object',
            HINT = 'Accounts are created with clearance.create_account().';
    END IF;
    PERFORM clearance_internal.require_no_power(role, is_mapped => true);
    INSERT INTO clearance.login_role AS l (role, member_id, partner_id, setting, claim, names, account_id, by_set_role)
    VALUES (map_role.role, member, partner, map_role.setting, map_role.claim,
            CASE WHEN map_role.setting IS NOT NULL THEN coalesce(map_role.names, 'key') END, account, map_role.by_set_role)
    ON CONFLICT ON CONSTRAINT login_role_is_mapped_once
        DO UPDATE SET member_id = excluded.member_id, partner_id = excluded.partner_id, setting = excluded.setting,
                      claim = excluded.claim, names = excluded.names, account_id = excluded.account_id,
                      by_set_role = excluded.by_set_role;
END
$$;
COMMENT ON FUNCTION clearance.map_role IS
'makes a login role a member, a partner as a whole (which only views), or whom a setting names by id, key or email, as a whole or in a claim of its JSON; with by_set_role, a role that is set by SET ROLE, for logins that are neither mapped nor trusted. Mapping again replaces. A setting may be set by anyone who can write SQL in such a session';

CREATE FUNCTION clearance.unmap_role(role regrole) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM clearance.login_role l WHERE l.role = unmap_role.role;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'role % is not mapped', role USING ERRCODE = 'undefined_object',
            HINT = 'clearance.login_role lists the mapped roles.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance.unmap_role IS 'takes back map_role()';


CREATE FUNCTION clearance_internal.used_roles() RETURNS TABLE (role regrole, used_as text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE named (role, used_as) AS (
        SELECT l.role, 'mapped' FROM clearance.login_role l
        UNION
        SELECT a.grantee::regrole, 'trusted' FROM pg_proc f CROSS JOIN LATERAL aclexplode(f.proacl) a
        WHERE f.oid = 'clearance.set_actor'::regproc AND a.grantee NOT IN (0, f.proowner)
    ), setter (role) AS (
        SELECT l.role::oid FROM clearance.login_role l WHERE l.by_set_role
        UNION
        -- PostgreSQL 15 has no SET option: whoever is a member sets the role
        SELECT m.member FROM setter s JOIN pg_auth_members m ON m.roleid = s.role
        WHERE coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)
    )
    SELECT n.role, n.used_as FROM named n
    UNION ALL
    SELECT s.role::regrole, 'able to set a mapped role' FROM setter s JOIN pg_roles r ON r.oid = s.role
    WHERE r.rolcanlogin AND NOT EXISTS (SELECT FROM named n WHERE n.role = s.role)
$$;
COMMENT ON FUNCTION clearance_internal.used_roles IS
'internal: roles that are mapped, those that are trusted, and others that log in and become one that is mapped by SET ROLE';

-- Roles are the server's: nothing tells the extension when one is given power.
CREATE VIEW clearance.powerful_roles AS
SELECT r.role, r.used_as, p.power
FROM clearance_internal.used_roles() r
CROSS JOIN LATERAL clearance_internal.power_of(r.role, r.used_as <> 'trusted') AS p (power)
WHERE p.power IS NOT NULL;
COMMENT ON VIEW clearance.powerful_roles IS
'mapped and trusted roles that were given, since, what map_role() and trust_role() refuse, and logins that have it and set a role that is mapped by SET ROLE; should be empty';
COMMENT ON COLUMN clearance.powerful_roles.role IS 'the role that has too much power';
COMMENT ON COLUMN clearance.powerful_roles.used_as IS 'mapped, trusted, or able to set a mapped role';
COMMENT ON COLUMN clearance.powerful_roles.power IS 'what the rule does not hold';

-- What a pooled connection would hand on beside the actor. DISCARD ALL does the
-- same and more, but in no transaction.
CREATE FUNCTION clearance.reset_session() RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.reset_actor();
    PERFORM set_config('clearance.token', '', false);
    EXECUTE 'CLOSE ALL';
    DEALLOCATE ALL;
    DISCARD TEMP;
    DISCARD SEQUENCES;
    UNLISTEN *;
    PERFORM pg_advisory_unlock_all();
END
$$;
COMMENT ON FUNCTION clearance.reset_session IS
'ends the actor and what it leaves in a session: cursors, prepared statements, temporary tables, values of sequences, LISTEN, advisory locks; commit afterwards. Settings stay: see RESET';
