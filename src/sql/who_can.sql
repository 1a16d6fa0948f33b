-- ---------------------------------------------------------------------------
-- Who may do something to a row (src/enforce/who_can.c), how many rows somebody
-- sees and may write, and how many everybody sees (src/enforce/what_can.c).
-- ---------------------------------------------------------------------------

-- Who may act as anybody of its account learns nothing here that it could not
-- find out as each of them.
CREATE FUNCTION clearance_internal.account_asked_about() RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account bigint := 0;
BEGIN
    IF NOT clearance.is_operator() THEN
        account := (SELECT m.account_id FROM clearance.member m WHERE m.id = clearance.actor());
        PERFORM clearance_internal.require_right('settings.act_as', account);
    END IF;
    RETURN account;
END
$$;
COMMENT ON FUNCTION clearance_internal.account_asked_about IS
'internal: of which account one asks about others: zero for operators, who ask about all; refuses who may not';

-- Everybody who can have a way into projects, without regard to time and standing:
-- the rule judges each. In the vendor's team that is who is on one, or has one of
-- the levels or a switch of the feature; outside, who is on one or an admin of a
-- partner that is. An open project is open to all of its levels' audiences. Partners as a
-- whole are such for whom a login role is mapped.
CREATE FUNCTION clearance_internal.candidates(projects bigint[], levels integer[], feature text, without_project boolean, account bigint)
RETURNS TABLE (member bigint, partner bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    roles bigint[] := ARRAY(SELECT r.id FROM clearance.role r WHERE r.level_id = ANY (levels));
    accounts bigint[] := ARRAY(SELECT DISTINCT p.account_id FROM clearance.project p WHERE p.id = ANY (projects));
BEGIN
    RETURN QUERY
    SELECT c.id, 0::bigint
    FROM (SELECT pm.member_id FROM clearance.project_member pm WHERE pm.project_id = ANY (projects)
          UNION
          SELECT m.id FROM clearance.project_partner pp JOIN clearance.member m ON m.partner_id = pp.partner_id AND m.partner_admin
          WHERE pp.project_id = ANY (projects)
          UNION
          SELECT m.id FROM clearance.project_customer pc JOIN clearance.member m ON m.customer_id = pc.customer_id
          WHERE pc.project_id = ANY (projects)
          UNION
          SELECT mr.member_id FROM clearance.member_role mr
          WHERE mr.role_id = ANY (roles)
            AND (SELECT m.account_id FROM clearance.member m WHERE m.id = mr.member_id) = ANY (accounts)
          UNION
          SELECT s.member_id FROM clearance.member_switch s WHERE s.feature = candidates.feature
          UNION
          SELECT m.id FROM clearance_internal.open_levels() o JOIN clearance.level l ON l.id = o.level_id
          JOIN clearance.member m ON m.account_id = o.account_id AND m.kind = l.audience
          WHERE o.project_id = ANY (projects)
          UNION
          SELECT m.id FROM clearance.member m WHERE without_project AND m.account_id = coalesce(candidates.account, m.account_id)) c (id)
    UNION ALL
    SELECT DISTINCT 0::bigint, l.partner_id FROM clearance.login_role l WHERE l.partner_id IS NOT NULL;
END
$$;
COMMENT ON FUNCTION clearance_internal.candidates IS
'internal: members who can have a way into projects or, asked so, to rows without one, and partners that are mapped as a whole; zero: it is the other of the two';

CREATE FUNCTION clearance_internal.named_candidates(members bigint[], partners bigint[], projects bigint[], ways text[], levels text[],
    places text[], grounds text[], relations text[], at timestamptz, account bigint)
RETURNS TABLE (member bigint, key text, name text, kind text, account text, company text, way text, levels_in_force text[], place text,
    given_by text, relation text, ends_at timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.id, m.key, m.name, coalesce(m.kind, 'partner'), a.name, coalesce(p.name, c.name), f.way,
           ARRAY(SELECT l.name FROM clearance.level l WHERE l.id = ANY (f.levels::integer[]) ORDER BY l.name), f.place,
           f.ground, f.relation,
           nullif(CASE WHEN m.kind = 'vendor' THEN own.ends_at
                       WHEN f.way IN ('member of the project', 'partner on the project', 'customer on the project')
                       THEN least(own.ends_at, pp.ends_at, pc.ends_at) END, 'infinity')
    FROM ROWS FROM (unnest(members), unnest(partners), unnest(projects), unnest(ways), unnest(levels), unnest(places),
                    unnest(grounds), unnest(relations))
        AS f (member, partner, project, way, levels, place, ground, relation)
    LEFT JOIN clearance.member m ON m.id = f.member
    LEFT JOIN clearance.partner p ON p.id = coalesce(m.partner_id, f.partner)
    LEFT JOIN clearance.customer c ON c.id = m.customer_id
    JOIN clearance.account a ON a.id = coalesce(m.account_id, p.account_id) AND a.id = coalesce(named_candidates.account, a.id)
    LEFT JOIN LATERAL (SELECT max(x.ends_at) AS ends_at FROM clearance.project_member x
                       WHERE x.project_id = f.project AND x.member_id = f.member
                         AND clearance_internal.in_force(x.starts_at, x.ends_at, at)) own ON true
    LEFT JOIN clearance.project_partner pp ON pp.project_id = f.project AND pp.partner_id = p.id
    LEFT JOIN clearance.project_customer pc ON pc.project_id = f.project AND pc.customer_id = c.id
    ORDER BY coalesce(m.kind, 'partner') <> 'vendor', 4, a.name, 6 NULLS FIRST, m.id IS NULL, m.key, m.id
$$;
COMMENT ON FUNCTION clearance_internal.named_candidates IS
'internal: who was found to be permitted, with names, and when the membership or participation ends that it comes in by';

CREATE FUNCTION clearance.who_can(relation regclass, key clearance.app_key, action text DEFAULT NULL)
RETURNS TABLE (member bigint, member_key text, name text, kind text, account text, company text, way text, levels text[], place text,
    given_by text, by_relation text, ends_at timestamptz)
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'clearance_who_can';
COMMENT ON FUNCTION clearance.who_can IS
'everybody who may do an action (NULL: see it) to a row, and how it comes in; a row without a member is a partner as a whole. For operators, and for whoever may act as others, about its account';

-- Everybody may ask about itself, others as account_asked_about() says. One that is
-- of another account is not there.
CREATE FUNCTION clearance_internal.member_asked_about(INOUT member bigint, OUT partner bigint, OUT by_operator boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    account bigint;
BEGIN
    by_operator := clearance.is_operator();
    IF member IS NULL AND by_operator THEN
        RAISE null_value_not_allowed USING
            MESSAGE = 'nobody acts, whom this could be about',
            HINT = 'Name a member: SELECT * FROM clearance.what_can(42);';
    ELSIF coalesce(member = clearance.actor(), member IS NULL) THEN
        SELECT a.member, a.partner INTO member, partner FROM clearance.current_actor() a;
        RETURN;
    END IF;
    account := clearance_internal.account_asked_about();
    IF NOT EXISTS (SELECT FROM clearance.member m WHERE m.id = member AND account IN (0, m.account_id)) THEN
        RAISE undefined_object USING MESSAGE = format('no member with id %s', member);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.member_asked_about IS
'internal: the member whom a question is about, NULL: who acts, and whether an operator asks; refuses who may not ask that';

CREATE FUNCTION clearance_internal.everybody(account bigint)
RETURNS TABLE (member bigint, member_key text, name text, kind text, account_name text, company text, partner bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT e.member, e.key, e.name, e.kind, a.name, coalesce(p.name, c.name), e.partner
    FROM (SELECT m.id, m.key, m.name, m.kind, m.account_id, m.partner_id, m.customer_id FROM clearance.member m WHERE m.status <> 'erased'
          UNION ALL
          SELECT NULL, NULL, NULL, 'partner', x.account_id, x.id, NULL FROM clearance.partner x) AS e (member, key, name, kind, account, partner, customer)
    JOIN clearance.account a ON a.id = e.account
    LEFT JOIN clearance.partner p ON p.id = e.partner
    LEFT JOIN clearance.customer c ON c.id = e.customer
    WHERE e.account = coalesce(everybody.account, e.account)
    ORDER BY a.name, a.id, e.kind <> 'vendor', e.kind, 6 NULLS FIRST, e.partner, e.customer, e.member IS NULL, e.key, e.member
$$;
COMMENT ON FUNCTION clearance_internal.everybody IS
'internal: members, and partners as a whole, of an account or (NULL) of all';

CREATE FUNCTION clearance.what_can(member bigint DEFAULT NULL, relation regclass DEFAULT NULL)
RETURNS TABLE (relation regclass, visible bigint, editable bigint, deletable bigint)
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'clearance_what_can';
COMMENT ON FUNCTION clearance.what_can IS
'how many rows a member (NULL: who acts) sees and may edit and delete, of a table or (NULL) of each protected one. Everybody asks about itself; operators about all, and whoever may act as others about its account';

CREATE FUNCTION clearance.access_matrix(relation regclass)
RETURNS TABLE (member bigint, member_key text, name text, kind text, account text, company text, visible bigint)
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'clearance_access_matrix';
COMMENT ON FUNCTION clearance.access_matrix IS
'how many rows of a table each member sees, and each partner as a whole. For operators, and for whoever may act as others, about its account';
