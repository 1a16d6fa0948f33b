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
    of_account bigint := clearance_internal.default_account(account);
    p clearance.project;
BEGIN
    PERFORM clearance_internal.require_right('project.create', of_account);
    IF owner <> clearance.actor() THEN
        PERFORM clearance_internal.require_right('project.change_owner', of_account);
    END IF;
    PERFORM clearance_internal.require_given('project', project::text), clearance_internal.require_line('project', project::text);
    INSERT INTO clearance.project AS t (account_id, key, has_row)
    VALUES (of_account, project::text, clearance_internal.project_has_row(project::text))
    ON CONFLICT DO NOTHING
    RETURNING t.* INTO p;
    IF p.id IS NULL THEN
        RAISE unique_violation USING
            MESSAGE = format('project key "%s" is taken', project),
            HINT = 'A project key belongs to one account of the database.';
    END IF;
    owner := coalesce(owner, clearance.actor());
    IF owner IS NOT NULL THEN
        PERFORM clearance_internal.put_membership(p, clearance_internal.require_member(owner), owner => true);
    END IF;
    RETURN p.id;
END
$$;
COMMENT ON FUNCTION clearance.create_project IS
'registers a project of the application; owner: a member of the vendor''s team, by default the actor';

CREATE FUNCTION clearance.set_project(
    project clearance.app_key,
    clearance.by_name DEFAULT 'by name',
    archived boolean DEFAULT NULL,
    portal boolean DEFAULT NULL,
    client_upload boolean DEFAULT NULL,
    by_phase boolean DEFAULT NULL,
    open_level text DEFAULT NULL,
    read_only boolean DEFAULT NULL,
    open_levels text[] DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance_internal.require_project(project);
    account bigint := p.account_id;
    levels integer[];
    vendor_levels integer[];
BEGIN
    IF archived IS NOT NULL THEN
        PERFORM clearance_internal.require_right(CASE WHEN archived THEN 'project.delete' ELSE 'project.unarchive' END, account, project);
    END IF;
    IF read_only IS NOT NULL THEN
        PERFORM clearance_internal.require_right(CASE WHEN read_only THEN 'project.delete' ELSE 'project.unarchive' END, account, project);
    END IF;
    IF portal IS NOT NULL OR client_upload IS NOT NULL THEN
        PERFORM clearance_internal.require_right('change_customer_portal.change_from_project_settings', account, project);
    END IF;
    IF by_phase IS NOT NULL OR open_level IS NOT NULL OR open_levels IS NOT NULL THEN
        PERFORM clearance_internal.require_right('project.set_visibility', account, project);
    END IF;
    levels := clearance_internal.open_level_ids(open_level, open_levels, account);
    vendor_levels := ARRAY(SELECT l.id FROM clearance.level l WHERE l.id = ANY (levels) AND l.audience = 'vendor');
    IF vendor_levels <> '{}' THEN
        PERFORM clearance_internal.require_may_give(vendor_levels, account);
    END IF;
    UPDATE clearance.project t SET
        archived = coalesce(set_project.archived, t.archived),
        read_only = coalesce(set_project.read_only, t.read_only),
        portal = coalesce(set_project.portal, t.portal),
        client_upload = coalesce(set_project.client_upload, t.client_upload),
        by_phase = coalesce(set_project.by_phase, t.by_phase),
        open_level_id = CASE WHEN open_level IS NULL AND open_levels IS NULL THEN t.open_level_id ELSE levels[1] END
    WHERE t.id = p.id;
    IF open_level IS NOT NULL OR open_levels IS NOT NULL THEN
        PERFORM clearance_internal.put_further_levels(p.id, levels);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance.set_project IS
'changes a project; NULL leaves a property as it is; open_level opens it to the level''s audience, open_levels with several levels, which add up, each to its audience; an empty one closes it';

CREATE FUNCTION clearance.set_project_feature(project clearance.app_key, feature text, enabled boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance_internal.require_project(project);
BEGIN
    PERFORM clearance_internal.require_right('project.manage_tab_visibility', p.account_id, project);
    PERFORM clearance_internal.require_feature(feature);
    PERFORM clearance_internal.require_given('enabled', enabled::text);
    IF enabled THEN
        DELETE FROM clearance.project_feature_off o
        WHERE o.project_id = p.id AND o.feature = set_project_feature.feature;
    ELSE
        INSERT INTO clearance.project_feature_off VALUES (p.id, feature) ON CONFLICT DO NOTHING;
    END IF;
END
$$;
COMMENT ON FUNCTION clearance.set_project_feature IS
'switches a feature of a project on or off; off, it has no rows there';

-- ---------------------------------------------------------------------------
-- Companies on projects
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance_internal.require_put_on(is_put boolean, kind text, company text, p clearance.project) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT is_put THEN
        RAISE duplicate_object USING
            MESSAGE = format('%s "%s" is already on project "%s"', kind, company, p.key),
            HINT = format('To start afresh call clearance.remove_%s_from_project() first; it ends its %s'' memberships too.',
                          kind, CASE kind WHEN 'partner' THEN 'members' ELSE 'contacts' END);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_put_on IS 'internal: refuses a company that is on the project already';

CREATE FUNCTION clearance_internal.require_found_on(is_found boolean, kind text, company text, p clearance.project) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT is_found THEN
        RAISE undefined_object USING
            MESSAGE = format('%s "%s" is not on project "%s"', kind, company, p.key),
            HINT = format('Table clearance.project_%s lists the %1$ss of each project.', kind);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_found_on IS 'internal: refuses a company that is not on the project';

-- The company's row is gone before: whoever adds a member holds it (see
-- hold_company_on), so that no membership slips in behind. What was said before
-- the company came has no foreign key to it, and goes by name.
CREATE FUNCTION clearance_internal.end_memberships(p clearance.project, partner bigint DEFAULT NULL, customer bigint DEFAULT NULL,
    but_mirrored boolean DEFAULT false) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM clearance.project_member pm USING clearance.member m
    WHERE pm.project_id = p.id AND m.id = pm.member_id
      AND (m.partner_id = end_memberships.partner OR m.customer_id = end_memberships.customer)
      AND NOT (but_mirrored AND starts_with(pm.source, 'mirror:'))
$$;
COMMENT ON FUNCTION clearance_internal.end_memberships IS
'internal: ends the memberships of a company''s people in a project that it was taken off';

CREATE FUNCTION clearance.add_partner_to_project(
    project clearance.app_key,
    partner bigint,
    access_level text DEFAULT NULL,
    clearance.by_name DEFAULT 'by name',
    starts_at timestamptz DEFAULT NULL,
    ends_at timestamptz DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance_internal.require_project(project);
    company clearance.partner := clearance_internal.require_partner(partner);
BEGIN
    PERFORM clearance_internal.require_right('project.add_partners', p.account_id, project);
    PERFORM clearance_internal.require_same_account(format('partner "%s"', company.name), company.account_id, p.account_id);
    IF (clearance_internal.require_account(p.account_id)).ready_participants
        AND NOT EXISTS (SELECT FROM clearance.member m WHERE m.partner_id = company.id AND m.status IN ('invited', 'active')) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('partner "%s" has no members', company.name),
            DETAIL = 'In this account partners join projects with their people.',
            HINT = 'Invite somebody with clearance.invite_partner_member() first.';
    END IF;
    PERFORM clearance_internal.require_period(starts_at, ends_at);
    INSERT INTO clearance.project_partner
    VALUES (p.account_id, p.id, company.id, clearance_internal.changed_level(NULL, access_level, 'partner', p.account_id),
            coalesce(starts_at, '-infinity'), coalesce(ends_at, 'infinity'))
    ON CONFLICT DO NOTHING;
    PERFORM clearance_internal.require_put_on(FOUND, 'partner', company.name, p);
END
$$;
COMMENT ON FUNCTION clearance.add_partner_to_project IS
'puts a partner on a project, from starts_at (inclusive) to ends_at (exclusive); refused if it is on it already';

CREATE FUNCTION clearance.update_partner_on_project(
    project clearance.app_key,
    partner bigint,
    access_level text DEFAULT NULL,
    clearance.by_name DEFAULT 'by name',
    starts_at timestamptz DEFAULT NULL,
    ends_at timestamptz DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance_internal.require_project(project);
    company clearance.partner := clearance_internal.require_partner(partner);
    said clearance.project_partner;
BEGIN
    PERFORM clearance_internal.require_right('project.add_partners', p.account_id, project);
    SELECT t.* INTO said FROM clearance.project_partner t WHERE t.project_id = p.id AND t.partner_id = company.id FOR NO KEY UPDATE;
    PERFORM clearance_internal.require_found_on(FOUND, 'partner', company.name, p);
    PERFORM clearance_internal.require_period(coalesce(starts_at, said.starts_at), coalesce(ends_at, said.ends_at));
    UPDATE clearance.project_partner t SET
        level_id = clearance_internal.changed_level(t.level_id, access_level, 'partner', p.account_id),
        starts_at = coalesce(update_partner_on_project.starts_at, t.starts_at),
        ends_at = coalesce(update_partner_on_project.ends_at, t.ends_at)
    WHERE t.project_id = p.id AND t.partner_id = company.id;
END
$$;
COMMENT ON FUNCTION clearance.update_partner_on_project IS
'changes with which level and when a partner takes part in a project; NULL leaves it as it is, an empty access_level takes the level away';

CREATE FUNCTION clearance.remove_partner_from_project(project clearance.app_key, partner bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance_internal.require_project(project);
    company clearance.partner := clearance_internal.require_partner(partner);
BEGIN
    PERFORM clearance_internal.require_right('project.add_partners', p.account_id, project);
    DELETE FROM clearance.project_partner pp WHERE pp.project_id = p.id AND pp.partner_id = company.id;
    PERFORM clearance_internal.require_found_on(FOUND, 'partner', company.name, p);
    PERFORM clearance_internal.end_memberships(p, partner => company.id);
END
$$;
COMMENT ON FUNCTION clearance.remove_partner_from_project IS
'takes a partner off a project and ends its members'' memberships there; adding it again starts afresh';

CREATE FUNCTION clearance.add_customer_to_project(
    project clearance.app_key,
    customer bigint,
    clearance.by_name DEFAULT 'by name',
    starts_at timestamptz DEFAULT NULL,
    ends_at timestamptz DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance_internal.require_project(project);
    company clearance.customer := clearance_internal.require_customer(customer);
BEGIN
    PERFORM clearance_internal.require_right('project.edit_customer_domains', p.account_id, project);
    PERFORM clearance_internal.require_same_account(format('customer "%s"', company.name), company.account_id, p.account_id);
    PERFORM clearance_internal.require_period(starts_at, ends_at);
    INSERT INTO clearance.project_customer
    VALUES (p.account_id, p.id, company.id, coalesce(starts_at, '-infinity'), coalesce(ends_at, 'infinity'))
    ON CONFLICT DO NOTHING;
    PERFORM clearance_internal.require_put_on(FOUND, 'customer', company.name, p);
END
$$;
COMMENT ON FUNCTION clearance.add_customer_to_project IS
'puts a customer on a project, from starts_at (inclusive) to ends_at (exclusive); refused if it is on it already';

CREATE FUNCTION clearance.update_customer_on_project(
    project clearance.app_key,
    customer bigint,
    clearance.by_name DEFAULT 'by name',
    starts_at timestamptz DEFAULT NULL,
    ends_at timestamptz DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance_internal.require_project(project);
    company clearance.customer := clearance_internal.require_customer(customer);
    said clearance.project_customer;
BEGIN
    PERFORM clearance_internal.require_right('project.edit_customer_domains', p.account_id, project);
    SELECT t.* INTO said FROM clearance.project_customer t WHERE t.project_id = p.id AND t.customer_id = company.id FOR NO KEY UPDATE;
    PERFORM clearance_internal.require_found_on(FOUND, 'customer', company.name, p);
    PERFORM clearance_internal.require_period(coalesce(starts_at, said.starts_at), coalesce(ends_at, said.ends_at));
    UPDATE clearance.project_customer t SET
        starts_at = coalesce(update_customer_on_project.starts_at, t.starts_at),
        ends_at = coalesce(update_customer_on_project.ends_at, t.ends_at)
    WHERE t.project_id = p.id AND t.customer_id = company.id;
END
$$;
COMMENT ON FUNCTION clearance.update_customer_on_project IS
'changes when a customer takes part in a project; NULL leaves it as it is';

CREATE FUNCTION clearance.remove_customer_from_project(project clearance.app_key, customer bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance_internal.require_project(project);
    company clearance.customer := clearance_internal.require_customer(customer);
BEGIN
    PERFORM clearance_internal.require_right('project.edit_customer_domains', p.account_id, project);
    DELETE FROM clearance.project_customer pc WHERE pc.project_id = p.id AND pc.customer_id = company.id;
    PERFORM clearance_internal.require_found_on(FOUND, 'customer', company.name, p);
    PERFORM clearance_internal.end_memberships(p, customer => company.id);
END
$$;
COMMENT ON FUNCTION clearance.remove_customer_from_project IS
'takes a customer off a project and ends its contacts'' memberships there';
