-- The sample: of the members that differ in nothing but which projects they are
-- on, the one with most memberships in force. Alike means: kind, status, company,
-- partner admin, roles, switches, and the set of what their memberships say (level,
-- source, phase, owner, in force or not).
CREATE TEMP TABLE sample AS
SELECT DISTINCT ON (a.alike) m.id
FROM clearance.member m
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE p.starts_at <= now() AND now() < p.ends_at) AS memberships,
           coalesce(jsonb_agg(DISTINCT jsonb_build_array(p.level_id, p.source, p.through_phase, p.is_owner,
               p.starts_at <= now() AND now() < p.ends_at)), '[]') AS said
    FROM clearance.project_member p WHERE p.member_id = m.id) AS p
CROSS JOIN LATERAL (
    SELECT jsonb_build_array(m.account_id, m.kind, m.status, m.partner_id, m.customer_id, m.partner_admin, p.said,
        (SELECT jsonb_agg(r.role_id ORDER BY r.role_id) FROM clearance.member_role r WHERE r.member_id = m.id),
        (SELECT jsonb_agg(s.feature || '.' || s.action ORDER BY 1) FROM clearance.member_switch s WHERE s.member_id = m.id)) AS alike) AS a
ORDER BY a.alike, p.memberships DESC, m.id;
