-- ---------------------------------------------------------------------------
-- Projects
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.create_project(
    project clearance.app_key,
    account bigint DEFAULT NULL,
    owner bigint DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    new_id bigint;
BEGIN
    PERFORM clearance.require_given('project', project::text);
    INSERT INTO clearance.project (account_id, key)
    VALUES (clearance.default_account(account), project::text)
    ON CONFLICT DO NOTHING
    RETURNING id INTO new_id;
    IF new_id IS NULL THEN
        RAISE duplicate_object USING
            MESSAGE = format('project "%s" is already known', project),
            HINT = 'A project key belongs to one account only; table clearance.project lists those that exist.';
    END IF;
    IF owner IS NOT NULL THEN
        PERFORM clearance.add_member_to_project(project, owner, owner => true);
    END IF;
    RETURN new_id;
END
$$;
REVOKE ALL ON FUNCTION clearance.create_project(clearance.app_key, bigint, bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.create_project(clearance.app_key, bigint, bigint) IS
'registers a project of the application; owner: a member of the vendor''s team';

CREATE FUNCTION clearance.set_project(
    project clearance.app_key,
    archived boolean DEFAULT NULL,
    portal boolean DEFAULT NULL,
    client_upload boolean DEFAULT NULL,
    by_phase boolean DEFAULT NULL,
    open_level text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_project(project);
    UPDATE clearance.project p SET
        archived = coalesce(set_project.archived, p.archived),
        portal = coalesce(set_project.portal, p.portal),
        client_upload = coalesce(set_project.client_upload, p.client_upload),
        by_phase = coalesce(set_project.by_phase, p.by_phase),
        open_level_id = clearance.changed_level(p.open_level_id, open_level, NULL)
    WHERE p.key = set_project.project::text;
END
$$;
REVOKE ALL ON FUNCTION clearance.set_project(clearance.app_key, boolean, boolean, boolean, boolean, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.set_project(clearance.app_key, boolean, boolean, boolean, boolean, text) IS
'changes a project; NULL leaves a property as it is; open_level opens it to the level''s audience, an empty one closes it';

CREATE FUNCTION clearance.set_project_feature(project clearance.app_key, feature text, enabled boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance.require_project(project);
BEGIN
    PERFORM clearance.require_feature(feature);
    PERFORM clearance.require_given('enabled', enabled::text);
    IF enabled THEN
        DELETE FROM clearance.project_feature_off o
        WHERE o.project_id = p.id AND o.feature = set_project_feature.feature;
    ELSE
        INSERT INTO clearance.project_feature_off VALUES (p.id, feature) ON CONFLICT DO NOTHING;
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.set_project_feature(clearance.app_key, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION clearance.set_project_feature(clearance.app_key, text, boolean) IS
'switches a feature of a project on or off; off, it has no rows there';

CREATE FUNCTION clearance.add_partner_to_project(
    project clearance.app_key,
    partner bigint,
    access_level text DEFAULT NULL,
    starts_at timestamptz DEFAULT NULL,
    ends_at timestamptz DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance.require_project(project);
    company clearance.partner := clearance.require_partner(partner);
BEGIN
    PERFORM clearance.require_same_account(format('partner "%s"', company.name), company.account_id, p.account_id);
    INSERT INTO clearance.project_partner
    VALUES (p.account_id, p.id, company.id, clearance.changed_level(NULL, access_level, 'partner'),
            coalesce(starts_at, '-infinity'), coalesce(ends_at, 'infinity'))
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RAISE duplicate_object USING
            MESSAGE = format('partner "%s" is already on project "%s"', company.name, project),
            HINT = 'To start afresh call clearance.remove_partner_from_project() first; it ends its members'' memberships too.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.add_partner_to_project(clearance.app_key, bigint, text, timestamptz, timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION clearance.add_partner_to_project(clearance.app_key, bigint, text, timestamptz, timestamptz) IS
'puts a partner on a project, from starts_at (inclusive) to ends_at (exclusive); refused if it is on it already';

-- The company's row goes first: whoever adds a member holds it (see
-- require_company_on), so that no membership slips in behind.
CREATE FUNCTION clearance.remove_partner_from_project(project clearance.app_key, partner bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance.require_project(project);
    company clearance.partner := clearance.require_partner(partner);
BEGIN
    DELETE FROM clearance.project_partner pp WHERE pp.project_id = p.id AND pp.partner_id = company.id;
    IF NOT FOUND THEN
        RAISE undefined_object USING
            MESSAGE = format('partner "%s" is not on project "%s"', company.name, project),
            HINT = 'Table clearance.project_partner lists the partners of each project.';
    END IF;
    DELETE FROM clearance.project_member pm USING clearance.member m
    WHERE pm.project_id = p.id AND m.id = pm.member_id AND m.partner_id = company.id;
END
$$;
REVOKE ALL ON FUNCTION clearance.remove_partner_from_project(clearance.app_key, bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.remove_partner_from_project(clearance.app_key, bigint) IS
'takes a partner off a project and ends its members'' memberships there; adding it again starts afresh';

CREATE FUNCTION clearance.add_customer_to_project(
    project clearance.app_key,
    customer bigint,
    starts_at timestamptz DEFAULT NULL,
    ends_at timestamptz DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance.require_project(project);
    company clearance.customer := clearance.require_customer(customer);
BEGIN
    PERFORM clearance.require_same_account(format('customer "%s"', company.name), company.account_id, p.account_id);
    INSERT INTO clearance.project_customer
    VALUES (p.account_id, p.id, company.id, coalesce(starts_at, '-infinity'), coalesce(ends_at, 'infinity'))
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RAISE duplicate_object USING
            MESSAGE = format('customer "%s" is already on project "%s"', company.name, project),
            HINT = 'To start afresh call clearance.remove_customer_from_project() first; it ends its contacts'' memberships too.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.add_customer_to_project(clearance.app_key, bigint, timestamptz, timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION clearance.add_customer_to_project(clearance.app_key, bigint, timestamptz, timestamptz) IS
'puts a customer on a project, from starts_at (inclusive) to ends_at (exclusive); refused if it is on it already';

CREATE FUNCTION clearance.remove_customer_from_project(project clearance.app_key, customer bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance.require_project(project);
    company clearance.customer := clearance.require_customer(customer);
BEGIN
    DELETE FROM clearance.project_customer pc WHERE pc.project_id = p.id AND pc.customer_id = company.id;
    IF NOT FOUND THEN
        RAISE undefined_object USING
            MESSAGE = format('customer "%s" is not on project "%s"', company.name, project),
            HINT = 'Table clearance.project_customer lists the customers of each project.';
    END IF;
    DELETE FROM clearance.project_member pm USING clearance.member m
    WHERE pm.project_id = p.id AND m.id = pm.member_id AND m.customer_id = company.id;
END
$$;
REVOKE ALL ON FUNCTION clearance.remove_customer_from_project(clearance.app_key, bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.remove_customer_from_project(clearance.app_key, bigint) IS
'takes a customer off a project and ends its contacts'' memberships there';

CREATE FUNCTION clearance.require_company_on(p clearance.project, m clearance.member) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF m.kind = 'vendor' THEN
        RETURN;
    ELSIF m.kind = 'partner' THEN
        UPDATE clearance.project_partner pp SET level_id = pp.level_id
        WHERE pp.project_id = p.id AND pp.partner_id = m.partner_id;
    ELSE
        UPDATE clearance.project_customer pc SET starts_at = pc.starts_at
        WHERE pc.project_id = p.id AND pc.customer_id = m.customer_id;
    END IF;
    IF NOT FOUND THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('the %s of member "%s" is not on project "%s"', m.kind, clearance.member_label(m), p.key),
            HINT = format('Call clearance.add_%s_to_project() first.', m.kind);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_company_on(clearance.project, clearance.member) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_company_on(clearance.project, clearance.member) IS
'internal: refuses an outsider whose company is not on the project, and keeps the company there until commit';

CREATE FUNCTION clearance.add_member_to_project(
    project clearance.app_key,
    member bigint,
    access_level text DEFAULT NULL,
    starts_at timestamptz DEFAULT NULL,
    ends_at timestamptz DEFAULT NULL,
    owner boolean DEFAULT false,
    source text DEFAULT 'direct',
    through_phase boolean DEFAULT false
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance.require_project(project);
    m clearance.member := clearance.require_member(member);
    label text := clearance.member_label(m);
BEGIN
    PERFORM clearance.require_given('source', source);
    PERFORM clearance.require_same_account(format('member "%s"', label), m.account_id, p.account_id);
    IF owner AND m.kind <> 'vendor' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('member "%s" cannot own project "%s"', label, project),
            HINT = 'Projects are owned by members of the vendor''s team.';
    END IF;
    PERFORM clearance.require_company_on(p, m);
    INSERT INTO clearance.project_member
        (account_id, project_id, member_id, source, through_phase, is_owner, level_id, starts_at, ends_at)
    VALUES (p.account_id, p.id, m.id, add_member_to_project.source, add_member_to_project.through_phase, owner,
            clearance.changed_level(NULL, access_level, m.kind),
            coalesce(add_member_to_project.starts_at, '-infinity'), coalesce(add_member_to_project.ends_at, 'infinity'))
    ON CONFLICT ON CONSTRAINT membership_is_said_once_by_a_source DO UPDATE SET
        through_phase = EXCLUDED.through_phase, is_owner = EXCLUDED.is_owner, level_id = EXCLUDED.level_id,
        starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at;
END
$$;
REVOKE ALL ON FUNCTION clearance.add_member_to_project(clearance.app_key, bigint, text, timestamptz, timestamptz, boolean, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION clearance.add_member_to_project(clearance.app_key, bigint, text, timestamptz, timestamptz, boolean, text, boolean) IS
'invites a member to a project, from starts_at (inclusive) to ends_at (exclusive); the same source saying it again replaces what it said, other sources are untouched';

CREATE FUNCTION clearance.remove_member_from_project(
    project clearance.app_key,
    member bigint,
    source text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance.require_project(project);
    m clearance.member := clearance.require_member(member);
BEGIN
    DELETE FROM clearance.project_member pm
    WHERE pm.project_id = p.id AND pm.member_id = m.id
      AND pm.source = coalesce(remove_member_from_project.source, pm.source);
    IF NOT FOUND THEN
        RAISE undefined_object USING
            MESSAGE = format('member "%s" is not on project "%s"', clearance.member_label(m), project)
                || coalesce(' by source "' || source || '"', ''),
            HINT = 'Table clearance.project_member lists the members of each project and the sources that say so.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.remove_member_from_project(clearance.app_key, bigint, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.remove_member_from_project(clearance.app_key, bigint, text) IS
'ends what one source says about a membership, or, without a source, the whole membership';

