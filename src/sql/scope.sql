-- ---------------------------------------------------------------------------
-- Scope: the standing, project and level steps of the rule, for one actor.
-- Read by src/scope.c under the statement's snapshot, for the time at which it
-- began; what they read is what clearance.version tells changes of.
-- Bodies are parsed at creation, so no search_path matters to them.
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.in_force(starts_at timestamptz, ends_at timestamptz, at timestamptz) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN starts_at <= at AND at < ends_at;
REVOKE ALL ON FUNCTION clearance.in_force(timestamptz, timestamptz, timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION clearance.in_force(timestamptz, timestamptz, timestamptz) IS
'whether a membership that starts and ends at these times counts at a moment';

-- Nothing begins or ends by the clock alone while valid_from <= t < valid_until.
CREATE FUNCTION clearance.steady_between(members bigint[], partner bigint, customer bigint, at timestamptz)
RETURNS TABLE (valid_from timestamptz, valid_until timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(max(w.moment) FILTER (WHERE w.moment <= steady_between.at), '-infinity'),
           coalesce(min(w.moment) FILTER (WHERE w.moment > steady_between.at), 'infinity')
    FROM (SELECT unnest(ARRAY[pm.starts_at, pm.ends_at]) AS moment
          FROM clearance.project_member pm WHERE pm.member_id = ANY (members)
          UNION ALL
          SELECT unnest(ARRAY[pp.starts_at, pp.ends_at])
          FROM clearance.project_partner pp WHERE pp.partner_id = steady_between.partner
          UNION ALL
          SELECT unnest(ARRAY[pc.starts_at, pc.ends_at])
          FROM clearance.project_customer pc WHERE pc.customer_id = steady_between.customer) w;
END;
REVOKE ALL ON FUNCTION clearance.steady_between(bigint[], bigint, bigint, timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION clearance.steady_between(bigint[], bigint, bigint, timestamptz) IS
'how long around a moment no membership of these members, this partner or this customer begins or ends';

-- One row for an actor that exists. base_levels are in force wherever no
-- project names any; own memberships and partners on projects come before.
CREATE FUNCTION clearance.scope_actor(member bigint, partner bigint, at timestamptz)
RETURNS TABLE (audience text, account_id bigint, account_key text, no_standing text,
               member_keys text[], base_levels integer[],
               valid_from timestamptz, valid_until timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT m.kind, a.id, coalesce(a.key, a.id::text),
           CASE WHEN NOT a.active THEN 'the account is not active'
                WHEN m.status <> 'active' THEN 'the member is ' || m.status
                WHEN NOT p.active THEN 'the partner is disabled'
                WHEN NOT c.active THEN 'the customer is disabled'
                WHEN m.kind = 'customer' AND NOT a.portal THEN 'the client portal of the account is off' END,
           ARRAY[m.key],
           CASE WHEN m.kind = 'customer' THEN ARRAY(SELECT l.id FROM clearance.level l WHERE l.built_in AND l.name = 'client')
                WHEN p.level_id IS NOT NULL THEN ARRAY[p.level_id]
                WHEN by_role.levels IS NOT NULL THEN by_role.levels
                WHEN m.kind = 'partner' THEN ARRAY[a.default_external_level_id] END,
           steady.valid_from, steady.valid_until
    FROM clearance.member m
    JOIN clearance.account a ON a.id = m.account_id
    LEFT JOIN clearance.partner p ON p.id = m.partner_id
    LEFT JOIN clearance.customer c ON c.id = m.customer_id
    CROSS JOIN LATERAL (
        SELECT array_agg(DISTINCT l.id) AS levels
        FROM clearance.member_role mr
        JOIN clearance.role r ON r.id = mr.role_id
        JOIN clearance.level l ON l.id = r.level_id AND l.audience = m.kind
        WHERE mr.member_id = m.id
    ) by_role
    CROSS JOIN LATERAL (
        SELECT * FROM clearance.steady_between(ARRAY[m.id], m.partner_id, m.customer_id, scope_actor.at)
    ) steady
    WHERE m.id = scope_actor.member
    UNION ALL
    -- a partner as a whole: an admin of it without a role
    SELECT 'partner', a.id, coalesce(a.key, a.id::text),
           CASE WHEN NOT a.active THEN 'the account is not active'
                WHEN NOT p.active THEN 'the partner is disabled' END,
           ARRAY(SELECT m.key FROM clearance.member m WHERE m.partner_id = p.id AND m.status = 'active'),
           ARRAY[coalesce(p.level_id, a.default_external_level_id)],
           steady.valid_from, steady.valid_until
    FROM clearance.partner p
    JOIN clearance.account a ON a.id = p.account_id
    CROSS JOIN LATERAL (
        SELECT * FROM clearance.steady_between(
            ARRAY(SELECT m.id FROM clearance.member m WHERE m.partner_id = p.id), p.id, NULL, scope_actor.at)
    ) steady
    WHERE p.id = scope_actor.partner;
END;
REVOKE ALL ON FUNCTION clearance.scope_actor(bigint, bigint, timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION clearance.scope_actor(bigint, bigint, timestamptz) IS
'standing, account, keys and base levels of a member or of a partner as a whole';

-- The projects that an actor may have a way into. levels: the most specific
-- place that names any, several at one place adding up; NULL: base levels.
-- open_level: vendor only, where the reach of project.view decides in C.
CREATE FUNCTION clearance.scope_projects(member bigint, partner bigint, at timestamptz)
RETURNS TABLE (project_id bigint, key text, levels integer[], open_level integer,
               is_member boolean, is_owner boolean, archived boolean, client_upload boolean,
               features_off text[])
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH who AS (
        SELECT m.id AS member_id, m.account_id, m.kind, m.partner_id, m.customer_id, m.partner_admin
        FROM clearance.member m WHERE m.id = scope_projects.member
        UNION ALL
        SELECT NULL, p.account_id, 'partner', p.id, NULL, true
        FROM clearance.partner p WHERE p.id = scope_projects.partner
    ),
    own AS (
        SELECT pm.project_id, bool_or(pm.is_owner) AS is_owner, bool_or(pm.through_phase) AS through_phase,
               array_agg(DISTINCT l.id) FILTER (WHERE l.id IS NOT NULL) AS levels
        FROM clearance.project_member pm
        LEFT JOIN clearance.level l
            ON l.id = pm.level_id AND l.audience = (SELECT w.kind FROM who w)
        WHERE pm.member_id = scope_projects.member AND clearance.in_force(pm.starts_at, pm.ends_at, scope_projects.at)
        GROUP BY pm.project_id
    ),
    -- a partner as a whole takes part in the phases of its active members
    phase_of_partner AS (
        SELECT DISTINCT pm.project_id
        FROM clearance.member m
        JOIN clearance.project_member pm ON pm.member_id = m.id
        WHERE m.partner_id = scope_projects.partner AND m.status = 'active'
          AND pm.through_phase AND clearance.in_force(pm.starts_at, pm.ends_at, scope_projects.at)
    ),
    -- each arm carries the project's columns: joined later, all projects would be read for everybody
    way AS (
        SELECT p.id, p.key, own.levels, p.open_level_id AS open_level,
               own.project_id IS NOT NULL AS is_member, coalesce(own.is_owner, false) AS is_owner,
               p.archived, p.client_upload
        FROM who w
        JOIN clearance.project p ON p.account_id = w.account_id
        LEFT JOIN own ON own.project_id = p.id
        WHERE w.kind = 'vendor'
        UNION ALL
        SELECT p.id, p.key, coalesce(own.levels, ARRAY(SELECT pp.level_id WHERE pp.level_id IS NOT NULL)), NULL, true, false,
               p.archived, p.client_upload
        FROM who w
        JOIN clearance.project_partner pp ON pp.partner_id = w.partner_id
        JOIN clearance.project p ON p.id = pp.project_id
        LEFT JOIN own ON own.project_id = p.id
        LEFT JOIN phase_of_partner ph ON ph.project_id = p.id
        WHERE w.kind = 'partner' AND clearance.in_force(pp.starts_at, pp.ends_at, scope_projects.at)
          AND CASE WHEN p.by_phase THEN coalesce(own.through_phase, ph.project_id IS NOT NULL)
                   ELSE w.partner_admin OR own.project_id IS NOT NULL END
        UNION ALL
        SELECT p.id, p.key, own.levels, NULL, true, false, p.archived, p.client_upload
        FROM who w
        JOIN clearance.project_customer pc ON pc.customer_id = w.customer_id
        JOIN clearance.project p ON p.id = pc.project_id
        LEFT JOIN own ON own.project_id = p.id
        WHERE w.kind = 'customer' AND clearance.in_force(pc.starts_at, pc.ends_at, scope_projects.at) AND p.portal
    )
    SELECT way.id, way.key, way.levels,
           CASE WHEN way.open_level IS NOT NULL
                THEN (SELECT l.id FROM clearance.level l WHERE l.id = way.open_level AND l.audience = 'vendor') END,
           way.is_member, way.is_owner, way.archived, way.client_upload,
           ARRAY(SELECT f.feature FROM clearance.project_feature_off f WHERE f.project_id = way.id)
    FROM way
    UNION ALL
    -- open projects, for partner members and contacts who have no other way in
    SELECT p.id, p.key, ARRAY[l.id], NULL, true, false, p.archived, p.client_upload,
           ARRAY(SELECT f.feature FROM clearance.project_feature_off f WHERE f.project_id = p.id)
    FROM who w
    JOIN clearance.project p ON p.account_id = w.account_id AND p.open_level_id IS NOT NULL
    JOIN clearance.level l ON l.id = p.open_level_id AND l.audience = w.kind
    WHERE w.kind <> 'vendor'
      AND (w.kind <> 'customer' OR p.portal)
      AND NOT EXISTS (SELECT FROM way WHERE way.id = p.id);
END;
REVOKE ALL ON FUNCTION clearance.scope_projects(bigint, bigint, timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION clearance.scope_projects(bigint, bigint, timestamptz) IS
'projects that a member, or a partner as a whole, may have a way into, with the levels in force there';

-- Equal for two snapshots if the actor may do the same in both.
CREATE FUNCTION clearance.scope_digest(member bigint, partner bigint, at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH actor AS (
        SELECT * FROM clearance.scope_actor(member, partner, at)
    ),
    project AS (
        SELECT * FROM clearance.scope_projects(member, partner, at)
    ),
    level AS (
        SELECT unnest(a.base_levels) AS id FROM actor a
        UNION
        SELECT unnest(p.levels || p.open_level) FROM project p
    )
    SELECT md5(concat_ws('|',
        (SELECT a::text FROM actor a),
        (SELECT string_agg(p::text, ';' ORDER BY p.project_id) FROM project p),
        (SELECT string_agg(g::text, ';' ORDER BY g::text) FROM clearance.effective_grants() g JOIN level ON level.id = g.level_id),
        (SELECT string_agg(n::text, ';' ORDER BY n::text) FROM clearance.not_available n JOIN level ON level.id = n.level_id),
        (SELECT string_agg(g::text, ';' ORDER BY g::text) FROM clearance.gate g),
        (SELECT string_agg(s::text, ';' ORDER BY s::text) FROM clearance.member_switch s
         WHERE s.member_id = scope_digest.member)));
END;
REVOKE ALL ON FUNCTION clearance.scope_digest(bigint, bigint, timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION clearance.scope_digest(bigint, bigint, timestamptz) IS
'a digest of all that decides what a member, or a partner as a whole, may do';

CREATE INDEX open_project ON clearance.project (account_id) WHERE open_level_id IS NOT NULL;

