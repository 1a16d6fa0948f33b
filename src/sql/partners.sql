-- ---------------------------------------------------------------------------
-- Partners: companies, their licences and the roles their people may hold
-- ---------------------------------------------------------------------------

-- Members that were added use a licence, invited ones too. The admin whom the
-- vendor names with a new partner uses one when it accepts: creating a partner
-- uses none.
CREATE VIEW clearance.licence AS
    SELECT m.partner_id, count(*) AS used
    FROM clearance.member m
    WHERE m.partner_id IS NOT NULL AND (m.status = 'active' OR (m.status = 'invited' AND NOT m.named_admin))
    GROUP BY m.partner_id;
COMMENT ON VIEW clearance.licence IS 'licences that the members of each partner use';
COMMENT ON COLUMN clearance.licence.partner_id IS 'the partner';
COMMENT ON COLUMN clearance.licence.used IS 'number of licences in use';

CREATE VIEW clearance.partners WITH (security_barrier) AS
    SELECT p.id, p.account_id, p.name, p.kind, p.website,
        (SELECT coalesce(m.name, m.email, m.key) FROM clearance.member m
         WHERE m.partner_id = p.id AND m.named_admin) AS admin,
        ARRAY(SELECT coalesce(m.name, m.email, m.key) FROM clearance.member m
              WHERE m.partner_id = p.id AND m.partner_admin AND m.status <> 'disabled'
              ORDER BY 1) AS admins,
        coalesce((SELECT u.used FROM clearance.licence u WHERE u.partner_id = p.id), 0) AS licences_used,
        p.licence_cap,
        l.name AS access_level,
        CASE WHEN p.active THEN 'active' ELSE 'disabled' END AS status,
        p.strategic, p.can_track_time,
        ARRAY(SELECT r.name FROM clearance.partner_role pr JOIN clearance.role r ON r.id = pr.role_id
              WHERE pr.partner_id = p.id ORDER BY r.name) AS roles,
        (SELECT o.member_id FROM clearance.partner_owner o WHERE o.partner_id = p.id) AS owner_id,
        g.image AS logo, g.media_type AS logo_type
    FROM clearance.partner p
    LEFT JOIN clearance.level l ON l.id = p.level_id
    LEFT JOIN clearance.partner_logo g ON g.partner_id = p.id
    WHERE p.account_id IN (SELECT clearance.accounts_with('settings.manage_partner_companies'))
       OR p.account_id IN (SELECT clearance.accounts_with('project.add_partners'))
       OR p.id = (SELECT s.partner FROM clearance.standing() s)
    OFFSET 0;
COMMENT ON VIEW clearance.partners IS
'partners with their admins and the licences used of those they may use: to operators all, to members who manage partners or add them to projects those of the account, to a partner''s members their own';
COMMENT ON COLUMN clearance.partners.id IS 'id that functions name it by';
COMMENT ON COLUMN clearance.partners.account_id IS 'the account';
COMMENT ON COLUMN clearance.partners.name IS 'company name';
COMMENT ON COLUMN clearance.partners.kind IS 'integrator or contractor';
COMMENT ON COLUMN clearance.partners.website IS 'address of its web site; NULL: unknown';
COMMENT ON COLUMN clearance.partners.admin IS 'name, e-mail address or key of the admin whom the vendor named with the partner; NULL: there is none';
COMMENT ON COLUMN clearance.partners.admins IS 'names, e-mail addresses or keys of its partner admins, but for disabled ones';
COMMENT ON COLUMN clearance.partners.licences_used IS 'active and invited members, but for a named admin who has not accepted yet';
COMMENT ON COLUMN clearance.partners.licence_cap IS 'most members it may have; NULL: no cap';
COMMENT ON COLUMN clearance.partners.access_level IS 'level of all its members; NULL: role or account decide';
COMMENT ON COLUMN clearance.partners.status IS 'active or disabled';
COMMENT ON COLUMN clearance.partners.strategic IS 'introduced to customers by name';
COMMENT ON COLUMN clearance.partners.can_track_time IS 'its members may track time';
COMMENT ON COLUMN clearance.partners.roles IS 'roles its members may hold';
COMMENT ON COLUMN clearance.partners.owner_id IS 'member of the vendor''s team in charge; NULL: nobody is';
COMMENT ON COLUMN clearance.partners.logo IS 'its logo; NULL: it has none';
COMMENT ON COLUMN clearance.partners.logo_type IS 'media type of the logo, such as image/png; NULL: there is none';

-- Rewriting the row, where locking it would seem to do, makes a concurrent
-- REPEATABLE READ transaction fail rather than look under its old snapshot.
CREATE FUNCTION clearance_internal.hold_partner(partner bigint) RETURNS clearance.partner
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held clearance.partner;
BEGIN
    IF partner IS NOT NULL THEN
        UPDATE clearance.partner p SET licence_cap = p.licence_cap WHERE p.id = partner RETURNING p.* INTO held;
    END IF;
    RETURN held;
END
$$;
COMMENT ON FUNCTION clearance_internal.hold_partner IS
'internal: has all who change this partner''s licences or roles wait for each other until commit; called before a member of it is locked';

-- Called after a change.
CREATE FUNCTION clearance_internal.check_licences(partner bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.partner := clearance_internal.hold_partner(partner);
    used bigint;
BEGIN
    SELECT u.used INTO used FROM clearance.licence u WHERE u.partner_id = p.id;
    IF used > p.licence_cap THEN
        RAISE configuration_limit_exceeded USING
            MESSAGE = format('partner "%s" would use %s of its %s licences', p.name, used, p.licence_cap),
            HINT = 'Disable a member, or raise licence_cap with clearance.update_partner().';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.check_licences IS
'internal: refuses more members than the partner''s licence cap';

-- ---------------------------------------------------------------------------
-- Their properties
-- ---------------------------------------------------------------------------

-- The role stays available until commit: update_role() waits, or fails.
CREATE FUNCTION clearance_internal.require_partner_role(name text, account bigint) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    r clearance.role := clearance_internal.require_role(name, account);
BEGIN
    UPDATE clearance.role t SET level_id = t.level_id WHERE t.id = r.id RETURNING t.* INTO r;
    IF NOT r.available_to_partners THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('role "%s" is not available to partners', name),
            HINT = 'Choose a role that was created with available_to_partners => true.';
    END IF;
    RETURN r.id;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_partner_role IS
'internal: id of a role that is available to partners, or an error';

CREATE FUNCTION clearance_internal.put_partner_logo(partner bigint, logo bytea, logo_type text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF logo = '' THEN
        DELETE FROM clearance.partner_logo g WHERE g.partner_id = partner;
    ELSIF logo IS NOT NULL THEN
        PERFORM clearance_internal.require_choice('logo_type', logo_type, '{image/png,image/jpeg,image/gif,image/webp}');
        IF octet_length(logo) > 2 * 1024 * 1024 THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format('logo of %s bytes is too large', octet_length(logo)),
                HINT = 'A logo has at most 2 MB, which is 2097152 bytes; its width and height do not matter.';
        END IF;
        INSERT INTO clearance.partner_logo VALUES (partner, logo, logo_type)
        ON CONFLICT ON CONSTRAINT partner_has_one_logo DO UPDATE SET image = EXCLUDED.image, media_type = EXCLUDED.media_type;
    ELSIF logo_type IS NOT NULL THEN
        RAISE null_value_not_allowed USING
            MESSAGE = 'logo is null',
            HINT = 'logo_type goes with a logo.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.put_partner_logo IS
'internal: sets a partner''s logo; NULL leaves it as it is, an empty one takes it away';

CREATE FUNCTION clearance_internal.put_partner_owner(p clearance.partner, owner bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member;
BEGIN
    IF owner IS NULL THEN
        RETURN;
    END IF;
    m := clearance_internal.require_member(owner);
    PERFORM clearance_internal.require_same_account(format('member "%s"', clearance_internal.member_label(m)), m.account_id, p.account_id);
    PERFORM clearance_internal.require_may_own(m, 'partner', p.name);
    INSERT INTO clearance.partner_owner VALUES (p.account_id, p.id, m.id)
    ON CONFLICT ON CONSTRAINT partner_has_one_owner DO UPDATE SET member_id = EXCLUDED.member_id;
END
$$;
COMMENT ON FUNCTION clearance_internal.put_partner_owner IS
'internal: puts a member of the vendor''s team in charge of a partner; NULL leaves it as it is';

CREATE FUNCTION clearance_internal.require_partner_properties(account bigint, partner bigint, name text, website text, licence_cap integer) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_line('name', name);
    IF EXISTS (SELECT FROM clearance.partner p
               WHERE p.account_id = account AND lower(p.name) = lower(require_partner_properties.name) AND p.id IS DISTINCT FROM partner) THEN
        PERFORM clearance_internal.raise_known('partner', '"' || name || '"', 'View clearance.partners');
    ELSIF website <> '' AND NOT clearance_internal.is_web_address(website) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('"%s" is no web address', website),
            HINT = 'Pass one with http:// or https://, such as https://example.com.';
    ELSIF licence_cap < -1 THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('licence_cap is %s', licence_cap),
            HINT = 'It is a number of members; -1 stands for no cap.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_partner_properties IS
'internal: refuses properties that a partner cannot have; NULL is fine';

CREATE FUNCTION clearance.create_partner(
    name text,
    access_level text DEFAULT NULL,
    clearance.by_name DEFAULT 'by name',
    licence_cap integer DEFAULT NULL,
    strategic boolean DEFAULT false,
    can_track_time boolean DEFAULT false,
    roles text[] DEFAULT '{}',
    account bigint DEFAULT NULL,
    admin_email text DEFAULT NULL,
    website text DEFAULT NULL,
    logo bytea DEFAULT NULL,
    logo_type text DEFAULT NULL,
    kind text DEFAULT 'integrator',
    owner bigint DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    of_account bigint := clearance_internal.default_account(account);
    p clearance.partner;
BEGIN
    PERFORM clearance_internal.require_right('settings.manage_partner_companies', of_account);
    PERFORM clearance_internal.require_given('name', name), clearance_internal.require_given('strategic', strategic::text),
            clearance_internal.require_given('can_track_time', can_track_time::text),
            clearance_internal.require_choice('kind', kind, '{integrator,contractor}');
    PERFORM clearance_internal.require_partner_properties(of_account, NULL, name, website, licence_cap);
    INSERT INTO clearance.partner AS t (account_id, name, level_id, licence_cap, strategic, can_track_time, kind, website)
    VALUES (of_account, create_partner.name, clearance_internal.changed_level(NULL, access_level, 'partner', of_account),
            nullif(create_partner.licence_cap, -1), create_partner.strategic, create_partner.can_track_time,
            create_partner.kind, nullif(create_partner.website, ''))
    RETURNING t.* INTO p;
    INSERT INTO clearance.partner_role (partner_id, role_id)
    SELECT DISTINCT p.id, clearance_internal.require_partner_role(r, of_account) FROM unnest(roles) r;
    PERFORM clearance_internal.put_partner_logo(p.id, logo, logo_type);
    PERFORM clearance_internal.put_partner_owner(p, owner);
    IF admin_email <> '' THEN
        PERFORM clearance_internal.put_invitation(
            clearance_internal.insert_member(of_account, email => admin_email, partner => p.id, partner_admin => true, named_admin => true,
                                    status => 'invited', roles => roles[1:1]),
            by_link => false, valid_for => '7 days');
    END IF;
    RETURN p.id;
END
$$;
COMMENT ON FUNCTION clearance.create_partner IS
'adds a partner company and invites its admin, who holds the first of the roles; its members may hold only the roles given here; licence_cap NULL or -1: no cap';

CREATE FUNCTION clearance.update_partner(
    partner bigint,
    clearance.by_name DEFAULT 'by name',
    name text DEFAULT NULL,
    access_level text DEFAULT NULL,
    licence_cap integer DEFAULT NULL,
    strategic boolean DEFAULT NULL,
    can_track_time boolean DEFAULT NULL,
    website text DEFAULT NULL,
    logo bytea DEFAULT NULL,
    logo_type text DEFAULT NULL,
    kind text DEFAULT NULL,
    owner bigint DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    company clearance.partner := clearance_internal.require_partner(partner);
BEGIN
    PERFORM clearance_internal.require_right('settings.manage_partner_companies', company.account_id);
    PERFORM clearance_internal.require_choice('kind', coalesce(kind, company.kind), '{integrator,contractor}');
    PERFORM clearance_internal.require_partner_properties(company.account_id, company.id, name, website, licence_cap),
            clearance_internal.require_name_is_not_mirrored('partner', company.account_id, company.name, name);
    UPDATE clearance.partner p SET
        name = coalesce(update_partner.name, p.name),
        level_id = clearance_internal.changed_level(p.level_id, access_level, 'partner', p.account_id),
        licence_cap = nullif(coalesce(update_partner.licence_cap, p.licence_cap), -1),
        strategic = coalesce(update_partner.strategic, p.strategic),
        can_track_time = coalesce(update_partner.can_track_time, p.can_track_time),
        website = clearance_internal.changed_text(p.website, update_partner.website),
        kind = coalesce(update_partner.kind, p.kind)
    WHERE p.id = company.id;
    PERFORM clearance_internal.put_partner_logo(company.id, logo, logo_type);
    PERFORM clearance_internal.put_partner_owner(company, owner);
    PERFORM clearance_internal.check_licences(company.id);
END
$$;
COMMENT ON FUNCTION clearance.update_partner IS
'changes a partner, but not its admin; NULL leaves a property as it is, an empty access_level, website or logo takes it away, licence_cap -1 the cap';

CREATE FUNCTION clearance_internal.put_partner_roles(company clearance.partner, roles text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    selected bigint[];
    held record;
BEGIN
    PERFORM clearance_internal.hold_partner(company.id);      -- as require_role_for() does
    selected := ARRAY(SELECT DISTINCT clearance_internal.require_partner_role(r, company.account_id) FROM unnest(roles) r);
    SELECT r.name AS role, clearance_internal.member_label(m) AS member INTO held
    FROM clearance.member m JOIN clearance.member_role mr ON mr.member_id = m.id JOIN clearance.role r ON r.id = mr.role_id
    WHERE m.partner_id = company.id AND r.id <> ALL (selected)
    ORDER BY r.name, m.id LIMIT 1;
    IF FOUND THEN
        RAISE object_in_use USING
            MESSAGE = format('member "%s" of partner "%s" holds role "%s"', held.member, company.name, held.role),
            HINT = 'Give it another role with clearance.set_member_roles() first.';
    END IF;
    DELETE FROM clearance.partner_role pr WHERE pr.partner_id = company.id AND pr.role_id <> ALL (selected);
    INSERT INTO clearance.partner_role (partner_id, role_id) SELECT company.id, unnest(selected) ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION clearance_internal.put_partner_roles IS
'internal: selects the roles that a partner''s members may hold, or an error where somebody holds another one';

CREATE FUNCTION clearance.set_partner_roles(partner bigint, roles text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    company clearance.partner := clearance_internal.require_partner(partner);
BEGIN
    PERFORM clearance_internal.require_right('settings.manage_partner_companies', company.account_id);
    PERFORM clearance_internal.require_given('roles', roles::text), clearance_internal.put_partner_roles(company, roles);
END
$$;
COMMENT ON FUNCTION clearance.set_partner_roles IS
'selects the roles that a partner''s members may hold, instead of those selected before';

CREATE FUNCTION clearance.disable_partner(partner bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_right('settings.manage_partner_companies', p.account_id) FROM clearance_internal.require_partner(partner) p;
    UPDATE clearance.partner p SET active = false WHERE p.id = disable_partner.partner;
END
$$;
COMMENT ON FUNCTION clearance.disable_partner IS
'takes the standing of all members of a partner until it is enabled again';

CREATE FUNCTION clearance.enable_partner(partner bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_right('settings.manage_partner_companies', p.account_id) FROM clearance_internal.require_partner(partner) p;
    UPDATE clearance.partner p SET active = true WHERE p.id = enable_partner.partner;
END
$$;
COMMENT ON FUNCTION clearance.enable_partner IS 'ends disable_partner()';
