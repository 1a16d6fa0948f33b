-- ---------------------------------------------------------------------------
-- Rights: may whoever calls an administration function do what it asks for?
--
-- With an actor, its rights decide, by the same rule as for rows and in its own
-- account alone; a superuser who acts for somebody has no more than that one.
-- Without, only operators administer: superusers and members of the role that
-- owns the extension. So EXECUTE opens nothing by itself, and the guarded
-- functions are everybody's to call.
-- ---------------------------------------------------------------------------

-- The role is the one of the session, which SECURITY DEFINER does not change.
CREATE FUNCTION clearance.is_operator() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN   -- asked some times in each call that administers: plpgsql keeps the plan
    RETURN (SELECT a.member IS NULL AND a.partner IS NULL
                AND (pg_has_role(coalesce(nullif(current_setting('role'), 'none'), session_user)::name, e.extowner, 'USAGE')
                     OR coalesce((SELECT d.importing FROM clearance.declaring d), false))
            FROM clearance.current_actor() a, pg_extension e
            WHERE e.extname = 'pg_clearance');
END
$$;
COMMENT ON FUNCTION clearance.is_operator IS
'whether nobody acts and the role is a superuser''s or the extension''s owner, or import() runs: such a session may administer everything';

CREATE FUNCTION clearance.has_right(action text, account bigint, project clearance.app_key DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN clearance.is_operator()
        OR (clearance_internal.holds(action, project)
            AND EXISTS (SELECT FROM clearance.member m WHERE m.id = clearance.actor() AND m.account_id = has_right.account));
END
$$;
COMMENT ON FUNCTION clearance.has_right IS
'whether the actor may administer: it holds an action (''project.add_partners'') in a project or, without one, in the account, and is of that account; operators may always';

-- What the filtered views below ask: they run as whoever queries them. Each view
-- ends with OFFSET 0, so that nothing of the query around it runs before its
-- own conditions: comparisons that the server takes for leakproof would, and
-- their time or their plan would tell of rows that the view hides.
CREATE FUNCTION clearance.accounts_with(action text) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.id FROM clearance.account a
    WHERE (SELECT clearance.is_operator())
       OR (a.id = (SELECT m.account_id FROM clearance.member m WHERE m.id = clearance.actor()) AND clearance_internal.holds(action))
$$;
COMMENT ON FUNCTION clearance.accounts_with IS
'accounts in which the actor holds an action, without regard to a project: its own or none; to operators all';

CREATE FUNCTION clearance.projects_with(action text) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.id FROM clearance.project p
    WHERE (SELECT clearance.is_operator())
       OR (p.account_id = (SELECT m.account_id FROM clearance.member m WHERE m.id = clearance.actor())
           AND clearance.can(action, p.key))
$$;
COMMENT ON FUNCTION clearance.projects_with IS 'projects in which the actor holds an action; to operators all';

CREATE FUNCTION clearance.standing(OUT member bigint, OUT account bigint, OUT kind text, OUT partner bigint, OUT customer bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    actor bigint := clearance.actor();
BEGIN
    IF actor IS NULL THEN
        RETURN;
    ELSIF (SELECT s.no_standing IS NULL FROM clearance_internal.scope_actor(actor, NULL) s) THEN
        SELECT m.id, m.account_id, m.kind, m.partner_id, m.customer_id INTO member, account, kind, partner, customer
        FROM clearance.member m WHERE m.id = actor;
    END IF;
END
$$;
COMMENT ON FUNCTION clearance.standing IS
'the acting member, its account, kind and company, if it has standing; else all NULL';

CREATE FUNCTION clearance_internal.log_refusal(reason text) RETURNS void
LANGUAGE c STABLE STRICT
AS 'MODULE_PATHNAME', 'clearance_log_refusal';
COMMENT ON FUNCTION clearance_internal.log_refusal IS 'internal: tells the server''s log of a refusal, if clearance.log_refusals is on';

CREATE FUNCTION clearance_internal.require_actor() RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    no_standing text := (SELECT s.no_standing FROM clearance.current_actor() a CROSS JOIN LATERAL clearance_internal.scope_actor(a.member, a.partner) s
                         WHERE a.member IS NOT NULL OR a.partner IS NOT NULL);
BEGIN
    IF (SELECT a.member IS NULL AND a.partner IS NULL FROM clearance.current_actor() a) AND NOT clearance.is_operator() THEN
        PERFORM clearance_internal.log_refusal('no actor is set');
        RAISE insufficient_privilege USING
            MESSAGE = 'no actor is set', CONSTRAINT = 'no_actor',
            DETAIL = 'Without an actor only superusers and the owner of the extension administer.',
            HINT = 'Call clearance.set_actor() first, or map this login role with clearance.map_role().';
    ELSIF no_standing IS NOT NULL THEN
        PERFORM clearance_internal.log_refusal(no_standing);
        RAISE insufficient_privilege USING
            MESSAGE = 'the actor has no standing', CONSTRAINT = 'no_standing',
            DETAIL = upper(left(no_standing, 1)) || substr(no_standing, 2) || '.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_actor IS 'internal: refuses sessions in which nobody acts, but for operators, and actors without standing';

-- What an actor may not know of does not exist for it: no function tells what is
-- hidden from what is not there. With standing, actors know their account; the
-- vendor's team all that is of it, others what is of their own company.
CREATE FUNCTION clearance_internal.acting_for(OUT account bigint, OUT kind text, OUT partner bigint, OUT customer bigint) RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.account, s.kind, s.partner, s.customer FROM clearance.standing() s WHERE s.member IS NOT NULL
    UNION ALL
    SELECT p.account_id, 'partner', p.id, NULL
    FROM clearance.current_actor() a
    JOIN clearance.partner p ON p.id = a.partner
    CROSS JOIN LATERAL clearance_internal.scope_actor(NULL, p.id) s
    WHERE s.no_standing IS NULL
$$;
COMMENT ON FUNCTION clearance_internal.acting_for IS 'internal: account and company of the actor, also of a partner as a whole; no row without standing';

CREATE FUNCTION clearance_internal.knows_account(account bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT clearance.is_operator() OR EXISTS (SELECT FROM clearance_internal.acting_for() a WHERE a.account = knows_account.account)
$$;
COMMENT ON FUNCTION clearance_internal.knows_account IS 'internal: whether the actor may know that an account exists';

CREATE FUNCTION clearance_internal.knows(account bigint, partner bigint, customer bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT clearance.is_operator()
        OR EXISTS (SELECT FROM clearance_internal.acting_for() a
                   WHERE a.account = knows.account AND (a.kind = 'vendor' OR a.partner = knows.partner OR a.customer = knows.customer))
$$;
COMMENT ON FUNCTION clearance_internal.knows IS
'internal: whether the actor may know what is of an account, and there of this company or, without, of the vendor';

CREATE FUNCTION clearance_internal.raise_refusal(what text, detail text DEFAULT NULL, hint text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_actor();
    PERFORM clearance_internal.log_refusal(what);
    RAISE insufficient_privilege USING
        MESSAGE = (SELECT coalesce('member "' || clearance_internal.member_label(m) || '"', 'partner "' || p.name || '" as a whole',
                                   'an operator') || ' ' || what
                   FROM clearance.current_actor() a
                   LEFT JOIN clearance.member m ON m.id = a.member
                   LEFT JOIN clearance.partner p ON p.id = a.partner),
        DETAIL = coalesce(detail, 'Rights come from the levels and switches that are in force for the actor.'),
        HINT = coalesce(hint, 'View clearance.matrix lists what each level grants.');
END
$$;
COMMENT ON FUNCTION clearance_internal.raise_refusal IS 'internal: the error about what the actor may not do';

CREATE FUNCTION clearance_internal.require_right(action text, account bigint, project clearance.app_key DEFAULT NULL) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT clearance.has_right(action, account, project) THEN
        PERFORM clearance_internal.raise_refusal(format('lacks the right %s', action) || coalesce(' in project "' || project::text || '"', ''),
            (SELECT CASE WHEN p.archived THEN 'The project is archived.' ELSE 'The project is read-only.' END
             FROM clearance.project p WHERE p.key = project::text AND (p.archived OR p.read_only)));
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_right IS
'internal: the guard of the administration functions: refuses an actor without this right, and everybody but operators where nobody acts';

CREATE FUNCTION clearance_internal.require_operator(act text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT clearance.is_operator() THEN
        PERFORM clearance_internal.log_refusal(format('only operators %s', act));
        RAISE insufficient_privilege USING
            MESSAGE = format('only operators %s', act),
            DETAIL = 'Operators are superusers and members of the role that owns the extension, while nobody acts.',
            HINT = 'What belongs to no account is beyond every member''s rights; clearance.reset_actor() ends an actor.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_operator IS 'internal: refuses everybody but operators';

-- An admin of a partner manages its company's team.
CREATE FUNCTION clearance_internal.is_admin_of(partner bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM clearance.standing() s JOIN clearance.member m ON m.id = s.member
                   WHERE s.partner = is_admin_of.partner AND m.partner_admin)
$$;
COMMENT ON FUNCTION clearance_internal.is_admin_of IS 'internal: whether the actor is an admin of this partner, with standing';

CREATE FUNCTION clearance_internal.require_team_right(p clearance.partner) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT clearance_internal.is_admin_of(p.id) THEN
        PERFORM clearance_internal.require_right('settings.manage_partner_companies', p.account_id);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_team_right IS
'internal: refuses those who do not manage the team of this partner: its admins, and the vendor''s managers of partners';

-- Grants with the reach that the engine gives them (level_reach(), vocabulary.c):
-- 1 owned, 2 member, 3 account projects; and whether rows without a project are
-- reached as well.
CREATE FUNCTION clearance_internal.reaching_grants(levels integer[])
RETURNS TABLE (level_id integer, feature text, action text, visibility text, relation text, kinds text[],
               reach integer, without_project boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH held AS MATERIALIZED (
        SELECT * FROM clearance_internal.held_grants(levels)
    )
    SELECT g.level_id, g.feature, g.action, g.visibility, g.relation, g.kinds,
           coalesce(array_position('{owned,member,account}', g.reach), v.reach, 2),
           g.reach IS NULL OR g.reach = 'account'
    FROM held g
    LEFT JOIN (SELECT h.level_id, max(coalesce(array_position('{owned,member,account}', h.reach), 2)) AS reach
               FROM held h WHERE (h.feature, h.action) = ('project', 'view') GROUP BY h.level_id) v
        ON v.level_id = g.level_id
$$;
COMMENT ON FUNCTION clearance_internal.reaching_grants IS 'internal: what levels grant, and how far, where a grant does not say';

CREATE FUNCTION clearance_internal.levels_by_role(members bigint[]) RETURNS integer[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY(SELECT DISTINCT r.level_id FROM clearance.member_role mr JOIN clearance.role r ON r.id = mr.role_id
                 WHERE mr.member_id = ANY (members) AND r.level_id IS NOT NULL)
$$;
COMMENT ON FUNCTION clearance_internal.levels_by_role IS 'internal: the levels that the roles of members name';

CREATE FUNCTION clearance_internal.switches_of(members bigint[]) RETURNS clearance.member_switch[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT ARRAY(SELECT s FROM clearance.member_switch s WHERE s.member_id = ANY (members)) $$;
COMMENT ON FUNCTION clearance_internal.switches_of IS 'internal: what is switched on for members';

-- What switches give, in the same form: all rows that a member's project.view
-- reaches by role, and what follows from that, unless one of these levels says
-- something of it (switched(), act.c).
CREATE FUNCTION clearance_internal.switched_grants(switches clearance.member_switch[], levels integer[])
RETURNS TABLE (feature text, action text, visibility text, relation text, kinds text[], reach integer, without_project boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE views AS MATERIALIZED (
        SELECT g.level_id, g.reach
        FROM clearance_internal.reaching_grants(clearance_internal.levels_by_role(ARRAY(SELECT s.member_id FROM unnest(switches) s))) g
        WHERE (g.feature, g.action) = ('project', 'view')
    ), holder AS MATERIALIZED (
        SELECT m.id, m.kind, coalesce((SELECT max(v.reach) FROM clearance.member_role mr JOIN clearance.role r ON r.id = mr.role_id
                                       JOIN views v ON v.level_id = r.level_id WHERE mr.member_id = m.id AND m.kind = 'vendor'), 2) AS reach
        FROM clearance.member m WHERE m.id IN (SELECT s.member_id FROM unnest(switches) s)
    ), said AS MATERIALIZED (
        SELECT s.feature, s.action FROM clearance_internal.level_says() s WHERE s.level_id = ANY (levels)
    ), follows AS MATERIALIZED (
        SELECT c.*
        FROM clearance_internal.consequences() c
        WHERE NOT EXISTS (SELECT FROM said s WHERE (s.feature, s.action) = (c.feature, c.action))
          AND NOT (c.weak AND (c.audience, c.feature, c.action) IN (
                  SELECT o.audience, o.feature, o.action
                  FROM clearance_internal.consequences() o JOIN said s ON (s.feature, s.action) = (o.feature, o.source) WHERE NOT o.weak))
    ), given (kind, reach, feature, action, own_only) AS (
        SELECT h.kind, h.reach, s.feature, s.action, false
        FROM unnest(switches) s JOIN holder h ON h.id = s.member_id
        WHERE NOT EXISTS (SELECT FROM clearance.not_available n
                          WHERE n.level_id = ANY (levels) AND (n.feature, n.action) = (s.feature, s.action))
        UNION
        SELECT g.kind, g.reach, g.feature, c.action, g.own_only OR c.relation IS NOT NULL
        FROM given g JOIN follows c ON (c.audience, c.feature, c.source) = (g.kind, g.feature, g.action)
        WHERE NOT (g.own_only AND c.any_only)
    )
    SELECT g.feature, g.action, 'any', CASE WHEN g.own_only THEN 'own' ELSE 'any' END, NULL::text[], g.reach, g.kind = 'vendor'
    FROM given g
$$;
COMMENT ON FUNCTION clearance_internal.switched_grants IS
'internal: what is permitted by what is switched on for members, each as one for whom these levels are in force';

-- Nobody hands out what is beyond itself, nor manages those who hold it: each
-- grant of the levels and switches is within what the actor's levels and switches
-- give, or, of the vendor's team, what every collaborator holds.
CREATE FUNCTION clearance_internal.require_may_give(levels integer[], account bigint, switches clearance.member_switch[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    base integer[];
    own integer[];
    own_switches clearance.member_switch[];
    beyond record;
BEGIN
    IF clearance.is_operator() OR (levels = '{}' AND switches = '{}') THEN
        RETURN;
    END IF;
    SELECT s.base_levels, s.base_levels || ARRAY(SELECT l.id FROM clearance.level l WHERE l.name = 'collaborator' AND l.built_in AND s.audience = 'vendor')
    INTO base, own FROM clearance_internal.scope_actor(clearance.actor(), NULL) s WHERE s.no_standing IS NULL AND s.account_id = account;
    IF EXISTS (SELECT FROM clearance.level l WHERE l.name = 'account_admin' AND l.built_in AND l.id = ANY (base)) THEN
        RETURN;         -- nothing is beyond it
    END IF;
    own_switches := clearance_internal.switches_of(ARRAY[clearance.actor()]);
    WITH held AS MATERIALIZED (
        SELECT * FROM clearance_internal.reaching_grants(own || levels)
    ), given AS (
        SELECT h.* FROM held h WHERE h.level_id = ANY (levels)
        UNION ALL
        SELECT NULL, s.* FROM clearance_internal.switched_grants(switches, '{}') s WHERE switches <> '{}'
    ), had AS MATERIALIZED (
        SELECT h.* FROM held h WHERE h.level_id = ANY (own)
        UNION ALL
        SELECT NULL, s.* FROM clearance_internal.switched_grants(own_switches, base) s WHERE own_switches <> '{}'
    )
    SELECT g.level_id, g.feature, g.action INTO beyond
    FROM given g
    WHERE NOT EXISTS (SELECT FROM had h
                      WHERE h.feature = g.feature AND h.action = g.action
                        AND h.visibility IN ('any', g.visibility) AND h.relation IN ('any', g.relation)
                        AND h.reach >= g.reach AND h.without_project >= g.without_project
                        AND (h.kinds IS NULL OR g.kinds <@ h.kinds))
    ORDER BY g.feature <> 'settings', g.feature, g.action, g.level_id LIMIT 1;
    IF FOUND THEN
        PERFORM clearance_internal.raise_refusal(
            coalesce((SELECT format('does not hold what level "%s" grants', l.name) FROM clearance.level l WHERE l.id = beyond.level_id),
                     format('does not hold %s.%s as a switch gives it', beyond.feature, beyond.action)),
            CASE WHEN beyond.level_id IS NULL THEN 'A switch is for all rows that its member reaches;'
                 ELSE format('With %s.%s', beyond.feature, beyond.action) END
            || ' it goes beyond the actor, who can neither give it nor manage its holders.');
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_may_give IS
'internal: refuses an actor who hands out, or takes from others, levels that grant more than it holds, or switches that give more';

-- Levels of outsiders are not asked: whoever manages them may give them any. What
-- one holds itself is not beyond one, be it on a project alone.
CREATE FUNCTION clearance_internal.require_may_manage(members bigint[], account bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    others bigint[] := array_remove(members, clearance.actor());
    team bigint[] := ARRAY(SELECT m.id FROM clearance.member m WHERE m.id = ANY (others) AND m.kind = 'vendor');
BEGIN
    PERFORM clearance_internal.require_may_give(
        clearance_internal.levels_by_role(team)
        || ARRAY(SELECT DISTINCT pm.level_id FROM clearance.project_member pm
                 WHERE pm.member_id = ANY (team) AND pm.level_id IS NOT NULL AND pm.ends_at > statement_timestamp()),
        account, clearance_internal.switches_of(others));
END
$$;
COMMENT ON FUNCTION clearance_internal.require_may_manage IS
'internal: refuses an actor to whom what somebody holds is beyond: by role, on a project, or by a switch';

CREATE FUNCTION clearance_internal.require_member_right(m clearance.member, team boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF m.kind = 'customer' THEN
        PERFORM clearance_internal.require_right('customer_account.edit', m.account_id);
    ELSIF m.kind = 'partner' AND team AND clearance_internal.is_admin_of(m.partner_id) THEN
        IF m.id = clearance.actor() THEN
            PERFORM clearance_internal.raise_refusal('cannot change its own rights', 'A partner''s admin manages the others of its team.',
                'Ask the vendor, or another admin of the partner.');
        ELSIF m.named_admin THEN
            PERFORM clearance_internal.raise_refusal(format('cannot change the rights of "%s"', clearance_internal.member_label(m)),
                'It is the admin whom the vendor named for the partner.', 'Ask the vendor.');
        END IF;
        RETURN;         -- what else the vendor gives its people is no reason against it
    ELSIF m.kind = 'partner' THEN
        PERFORM clearance_internal.require_right('settings.manage_partner_companies', m.account_id);
    ELSE
        PERFORM clearance_internal.require_right('settings.manage_team_members', m.account_id);
    END IF;
    PERFORM clearance_internal.require_may_manage(ARRAY[m.id], m.account_id);
END
$$;
COMMENT ON FUNCTION clearance_internal.require_member_right IS
'internal: refuses those who do not manage this member; team: the admins of its partner do';
