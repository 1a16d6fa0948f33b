-- ---------------------------------------------------------------------------
-- Why: for the actor. Nothing here tells of projects that the actor has no
-- participation of its own in. The words of refusals are in verdict_text.c.
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.why_nobody() RETURNS text
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_why_nobody';
COMMENT ON FUNCTION clearance_internal.why_nobody IS 'internal: why nobody acts; NULL if somebody does';

CREATE FUNCTION clearance_internal.ways_in(OUT projects bigint, OUT with_level bigint, OUT archived bigint, OUT levels integer[])
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_ways_in';
COMMENT ON FUNCTION clearance_internal.ways_in IS
'internal: how many projects the actor may have a way into, in how many of them it has a level, how many of those are archived and closed to it, and the levels in force anywhere';

CREATE FUNCTION clearance_internal.participation(kind text, id bigint, project bigint, at timestamptz,
    OUT said bigint, OUT in_force bigint, OUT ended timestamptz, OUT begins timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT count(*), count(*) FILTER (WHERE clearance_internal.in_force(w.starts_at, w.ends_at, at)),
           coalesce(max(w.ends_at) FILTER (WHERE w.ends_at <= at), '-infinity'),
           coalesce(min(w.starts_at) FILTER (WHERE w.starts_at > at), '-infinity')
    FROM (SELECT 'member' AS kind, pm.member_id AS id, pm.project_id, pm.starts_at, pm.ends_at FROM clearance.project_member pm
          UNION ALL SELECT 'partner', pp.partner_id, pp.project_id, pp.starts_at, pp.ends_at FROM clearance.project_partner pp
          UNION ALL SELECT 'customer', pc.customer_id, pc.project_id, pc.starts_at, pc.ends_at FROM clearance.project_customer pc) w
    WHERE w.kind = participation.kind AND w.id = participation.id AND w.project_id = coalesce(project, w.project_id)
$$;
COMMENT ON FUNCTION clearance_internal.participation IS
'internal: in one project or (NULL) all of them, how often a member, partner or customer is on it and how often now, when the last of what ended did, when the first of what begins does; -infinity: none';

CREATE FUNCTION clearance_internal.window_text(ended timestamptz, begins timestamptz) RETURNS text
LANGUAGE c STABLE STRICT
AS 'MODULE_PATHNAME', 'clearance_window_text';
COMMENT ON FUNCTION clearance_internal.window_text IS 'internal: when something ended or begins, in words; -infinity: it does not';

CREATE FUNCTION clearance_internal.why_no_project(member bigint, partner bigint, project text, at timestamptz,
    OUT code text, OUT ended timestamptz, OUT begins timestamptz, OUT said boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project;
    m clearance.member;
    own record;
    company record;
    side text;
    of_all boolean := project IS NULL;
BEGIN
    ended := '-infinity';
    begins := '-infinity';
    SELECT * INTO p FROM clearance.project x WHERE x.key = why_no_project.project;
    IF NOT FOUND AND NOT of_all THEN
        RETURN;
    END IF;
    SELECT * INTO m FROM clearance.member x WHERE x.id = why_no_project.member;
    SELECT * INTO own FROM clearance_internal.participation('member', m.id, p.id, at);
    IF own.said > 0 AND own.in_force = 0 THEN
        code := CASE WHEN own.ended > ended THEN 'ended' ELSE 'not_begun' END;
        ended := own.ended;
        begins := own.begins;
        RETURN;
    ELSIF m.customer_id IS NOT NULL THEN
        side := 'customer';
    ELSIF partner IS NOT NULL OR m.partner_admin OR own.said > 0 OR of_all THEN
        side := 'partner';
    END IF;
    SELECT * INTO company FROM clearance_internal.participation(side, coalesce(partner, m.partner_id, m.customer_id), p.id, at);
    said := company.said > 0;
    IF company.said > 0 AND company.in_force = 0 THEN
        code := CASE WHEN company.ended > ended THEN 'company_ended' ELSE 'company_not_begun' END;
        ended := company.ended;
        begins := company.begins;
    ELSIF company.said > 0 AND m.customer_id IS NOT NULL THEN
        -- whoever was not put on it in person is not told that there is such a project
        code := CASE WHEN of_all OR (own.said > 0 AND NOT p.portal) THEN 'portal_off' END;
    ELSIF company.said > 0 AND (p.by_phase OR (of_all AND (partner IS NOT NULL OR m.partner_admin OR own.said > 0))) THEN
        code := 'by_phase';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.why_no_project IS
'internal: the code of why an actor has no way into a project or, for NULL, into any, if that is its own or its company''s time there, and when that ended or begins; else NULL, as if there were no such project. And whether its company is on it at all';

CREATE FUNCTION clearance.verdict_codes() RETURNS TABLE (code text, step text, meaning text)
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'clearance_verdict_codes';
COMMENT ON FUNCTION clearance.verdict_codes IS 'the codes of refusals, in the order of the steps of the rule, each with what it means';

-- The reason is the one for which a row of any of its projects would be refused.
CREATE FUNCTION clearance_internal.why_no_projects(member bigint, partner bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN w.code IN ('ended', 'not_begun') THEN 'its membership ' || clearance_internal.window_text(w.ended, w.begins)
                WHEN w.code IN ('company_ended', 'company_not_begun')
                    THEN 'the participation of its company ' || clearance_internal.window_text(w.ended, w.begins)
                WHEN w.code = 'portal_off' THEN 'the client portal is off for those of its company'
                WHEN w.code = 'by_phase' THEN 'its company''s are reached through phases, and it takes part in none'
                WHEN m.kind = 'vendor' AND EXISTS (SELECT FROM clearance.project p WHERE p.account_id = m.account_id)
                    THEN 'it is on none, and no level of its own reaches further'
                WHEN m.kind = 'vendor' THEN 'its account has none'
                WHEN w.said THEN 'it is invited to none of its company''s'
                ELSE 'its company is on none' END
    FROM clearance_internal.why_no_project(why_no_projects.member, why_no_projects.partner, NULL, statement_timestamp()) w
    LEFT JOIN clearance.member m ON m.id = why_no_projects.member
$$;
COMMENT ON FUNCTION clearance_internal.why_no_projects IS 'internal: why an actor has no way into any project';

-- The role is the one of the session, which SECURITY DEFINER does not change.
CREATE FUNCTION clearance_internal.actor_note(member bigint, partner bigint, no_standing text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    role_name name := coalesce(nullif(current_setting('role'), 'none'), session_user);
    unbound text := (SELECT format('role "%s" %s, so row security does not bind it: it sees every row', r.rolname,
                                   CASE WHEN r.rolsuper THEN 'is a superuser' ELSE 'has BYPASSRLS' END)
                     FROM pg_roles r WHERE r.rolname = role_name AND (r.rolsuper OR r.rolbypassrls));
    why text := coalesce(clearance_internal.why_nobody(), no_standing);
    ways record;
BEGIN
    IF unbound IS NOT NULL THEN
        RETURN concat_ws('; ', why, unbound);
    ELSIF why IS NOT NULL THEN
        RETURN why || ': no row of a protected table is visible';
    END IF;
    SELECT * INTO ways FROM clearance_internal.ways_in();
    IF ways.with_level > ways.archived THEN
        RETURN (SELECT 'no level in force grants sight of anything'
                WHERE NOT EXISTS (SELECT FROM clearance_internal.held_grants(ways.levels) g WHERE g.action LIKE '%view%')
                  AND NOT EXISTS (SELECT FROM clearance.member_switch s WHERE s.member_id = actor_note.member));
    END IF;
    RETURN 'no project is open to the actor: '
        || CASE WHEN ways.archived > 0 THEN 'those that it has a level in are archived'
                WHEN ways.projects > 0 THEN 'no level is in force, for neither project, company, role nor account names one'
                ELSE clearance_internal.why_no_projects(member, partner) END;
END
$$;
COMMENT ON FUNCTION clearance_internal.actor_note IS 'internal: why nothing or little is visible; NULL if that is not so';
