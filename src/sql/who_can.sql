-- ---------------------------------------------------------------------------
-- Who may do something to a row (src/enforce/who_can.c).
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

-- Everybody who can have a way into a project, without regard to time and
-- standing: the rule judges each. In the vendor's team that is who is on it, or
-- whose roles reach the account; outside, who is on it or an admin of a partner
-- that is. An open project is open to all of its audience. Partners as a whole
-- are such for whom a login role is mapped.
CREATE FUNCTION clearance_internal.candidates(projects bigint[], without_project boolean, account bigint) RETURNS TABLE (member bigint, partner bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
    WITH p AS MATERIALIZED (
        SELECT * FROM clearance.project x WHERE x.id = ANY (projects)
    ), a AS MATERIALIZED (
        SELECT DISTINCT p.account_id FROM p
    ), c AS (
        SELECT pm.member_id AS id FROM clearance.project_member pm WHERE pm.project_id = ANY (projects)
        UNION
        SELECT m.id FROM clearance.project_partner pp JOIN clearance.member m ON m.partner_id = pp.partner_id AND m.partner_admin
        WHERE pp.project_id = ANY (projects)
        UNION
        SELECT m.id FROM clearance.project_customer pc JOIN clearance.member m ON m.customer_id = pc.customer_id
        WHERE pc.project_id = ANY (projects)
        UNION
        SELECT mr.member_id FROM clearance.member_role mr
        WHERE mr.role_id IN (SELECT r.id FROM clearance.role r JOIN clearance.level l ON l.id = r.level_id
                             WHERE clearance_internal.may_reach_account(l))
        UNION
        SELECT m.id FROM p JOIN clearance.level l ON l.id = p.open_level_id
        JOIN clearance.member m ON m.account_id = p.account_id AND m.kind = l.audience
        UNION
        SELECT m.id FROM clearance.member m WHERE without_project
    )
    SELECT m.id, 0::bigint FROM c JOIN clearance.member m USING (id)
    WHERE (without_project OR m.account_id IN (SELECT a.account_id FROM a))
      AND m.account_id = coalesce(candidates.account, m.account_id)
    UNION ALL
    SELECT DISTINCT 0::bigint, x.id FROM clearance.login_role l JOIN clearance.partner x ON x.id = l.partner_id
    WHERE x.account_id = coalesce(candidates.account, x.account_id);
END
$$;
COMMENT ON FUNCTION clearance_internal.candidates IS
'internal: members who can have a way into projects or, asked so, to rows without one, and partners that are mapped as a whole; zero: it is the other of the two';

CREATE FUNCTION clearance_internal.named_candidates(members bigint[], partners bigint[], projects bigint[], ways text[], levels text[],
    places text[], grounds text[], relations text[], at timestamptz)
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
    JOIN clearance.account a ON a.id = coalesce(m.account_id, p.account_id)
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
