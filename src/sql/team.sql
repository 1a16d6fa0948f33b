-- ---------------------------------------------------------------------------
-- The team of a project, as each side sees it
-- ---------------------------------------------------------------------------

-- Everybody who takes part now: vendor members by a membership, partner members
-- by one or as admins, contacts by their company.
CREATE FUNCTION clearance_internal.team_of(p clearance.project) RETURNS TABLE (member clearance.member, is_owner boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m, coalesce(own.is_owner, false)
    FROM clearance.member m
    LEFT JOIN (SELECT pm.member_id, bool_or(pm.is_owner) AS is_owner, bool_or(pm.through_phase) AS through_phase
               FROM clearance.project_member pm
               WHERE pm.project_id = p.id AND clearance_internal.in_force(pm.starts_at, pm.ends_at, statement_timestamp())
               GROUP BY pm.member_id) own ON own.member_id = m.id
    WHERE m.account_id = p.account_id AND m.status = 'active'
      AND CASE m.kind
          WHEN 'vendor' THEN own.member_id IS NOT NULL
          WHEN 'partner' THEN CASE WHEN p.by_phase THEN coalesce(own.through_phase, false)
                                   ELSE m.partner_admin OR own.member_id IS NOT NULL END
              AND EXISTS (SELECT FROM clearance.project_partner pp JOIN clearance.partner c ON c.id = pp.partner_id AND c.active
                          WHERE pp.project_id = p.id AND pp.partner_id = m.partner_id
                            AND clearance_internal.in_force(pp.starts_at, pp.ends_at, statement_timestamp()))
          ELSE p.portal
              AND EXISTS (SELECT FROM clearance.project_customer pc JOIN clearance.customer c ON c.id = pc.customer_id AND c.active
                          WHERE pc.project_id = p.id AND pc.customer_id = m.customer_id
                            AND clearance_internal.in_force(pc.starts_at, pc.ends_at, statement_timestamp())) END
$$;
COMMENT ON FUNCTION clearance_internal.team_of IS 'internal: who takes part in a project now';

-- The vendor sees companies as they are. A partner's people appear under their
-- own name to themselves and, if the partner is strategic, to customers; to
-- everybody else as the vendor's. Contacts do not see other customers' contacts.
CREATE FUNCTION clearance.project_team(project clearance.app_key)
RETURNS TABLE (member bigint, key text, name text, side text, company text, website text, logo bytea, logo_type text,
               is_owner boolean, roles text[], email text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project;
    viewer record;
BEGIN
    SELECT t.* INTO p FROM clearance.project t WHERE t.key = project::text;
    IF p.id IS NULL OR NOT clearance.has_right('project.view', p.account_id, project) THEN
        RETURN;
    END IF;
    SELECT * INTO viewer FROM clearance.standing();
    RETURN QUERY
    SELECT t.id, t.key, t.name, CASE WHEN t.named THEN t.kind ELSE 'vendor' END,
        CASE WHEN NOT t.named THEN a.name ELSE coalesce(c.name, x.name, a.name) END,
        CASE WHEN t.named THEN c.website END, g.image, g.media_type, t.is_owner,
        CASE WHEN t.close THEN ARRAY(SELECT r.name FROM clearance.member_role mr JOIN clearance.role r ON r.id = mr.role_id
                                     WHERE mr.member_id = t.id ORDER BY r.name) END,
        CASE WHEN t.close THEN t.email END
    FROM (SELECT (f.member).*, f.is_owner,
              CASE WHEN viewer.kind = 'partner' THEN (f.member).partner_id IS NULL OR (f.member).partner_id = viewer.partner
                   WHEN viewer.kind = 'customer' THEN (f.member).partner_id IS NULL
                       OR (SELECT s.strategic FROM clearance.partner s WHERE s.id = (f.member).partner_id)
                   ELSE true END AS named,
              CASE viewer.kind WHEN 'partner' THEN coalesce((f.member).partner_id = viewer.partner, false)
                               WHEN 'customer' THEN coalesce((f.member).customer_id = viewer.customer, false)
                               ELSE true END AS close
          FROM clearance_internal.team_of(p) f) t
    JOIN clearance.account a ON a.id = t.account_id
    LEFT JOIN clearance.partner c ON c.id = t.partner_id
    LEFT JOIN clearance.partner_logo g ON g.partner_id = t.partner_id AND t.named
    LEFT JOIN clearance.customer x ON x.id = t.customer_id
    WHERE CASE viewer.kind
          WHEN 'partner' THEN t.partner_id = viewer.partner
              OR clearance.can(CASE t.kind WHEN 'customer' THEN 'customer_team_member.view' ELSE 'vendor_team_member.view' END, project)
          WHEN 'customer' THEN t.customer_id IS NULL OR t.customer_id = viewer.customer
          ELSE true END
    ORDER BY t.is_owner DESC, 4 DESC, 5, t.name, t.id;
END
$$;
COMMENT ON FUNCTION clearance.project_team IS
'who takes part in a project, as the actor''s side sees it; nothing for those who cannot view the project';
