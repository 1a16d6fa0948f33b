-- ---------------------------------------------------------------------------
-- Members: the vendor's team, partners' teams, customers' contacts
-- ---------------------------------------------------------------------------

-- A partner's selection of roles stays until commit: set_partner_roles() waits,
-- or fails.
CREATE FUNCTION clearance_internal.require_role_for(m clearance.member, name text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    r clearance.role := clearance_internal.require_role(name, m.account_id);
BEGIN
    IF m.kind = 'customer' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('contact "%s" of a customer cannot hold role "%s"', clearance_internal.member_label(m), name),
            HINT = 'Roles are for the vendor''s and partners'' teams.';
    ELSIF m.kind = 'partner' THEN
        PERFORM clearance_internal.hold_partner(m.partner_id);
        IF NOT (r.available_to_partners
                AND EXISTS (SELECT FROM clearance.partner_role pr WHERE pr.partner_id = m.partner_id AND pr.role_id = r.id)) THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format('role "%s" is not selected for partner "%s"', name,
                    (clearance_internal.require_partner(m.partner_id)).name),
                HINT = 'View clearance.partners lists the roles that members of each partner may hold.';
        END IF;
    ELSIF r.level_id IS NOT NULL THEN
        PERFORM clearance_internal.require_may_give(ARRAY[r.level_id], m.account_id);
    END IF;
    RETURN r.id;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_role_for IS
'internal: id of a role that the member may hold and the actor may give, or an error';

CREATE FUNCTION clearance_internal.require_ready_owner(partner bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner clearance.member;
BEGIN
    IF partner IS NULL THEN
        RETURN;
    END IF;
    SELECT m.* INTO owner FROM clearance.partner_owner o JOIN clearance.member m ON m.id = o.member_id
    WHERE o.partner_id = partner AND NOT EXISTS (SELECT FROM clearance.member_role mr WHERE mr.member_id = m.id);
    IF FOUND THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('%s, who is in charge of the partner, has no role',
                -- a partner's admin, who invites, is not told who that is
                CASE WHEN clearance_internal.knows(owner.account_id, owner.partner_id, owner.customer_id)
                     THEN '"' || clearance_internal.member_label(owner) || '"' ELSE 'the vendor''s member' END),
            HINT = 'Give it one with clearance.set_member_roles(), or name another owner with clearance.update_partner().';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_ready_owner IS
'internal: refuses a partner whose owner has no role; one without owner is fine';

CREATE FUNCTION clearance_internal.require_identity(account bigint, member bigint, key text, email text, name text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_line('key', key), clearance_internal.require_line('name', name), clearance_internal.require_email(email);
    IF num_nonnulls(key, email) = 0 THEN
        RAISE null_value_not_allowed USING
            MESSAGE = 'key and email are null',
            HINT = 'A member is known by the application''s user id, by its e-mail address, or by both.';
    ELSIF EXISTS (SELECT FROM clearance.member m
                  WHERE m.account_id = account AND m.key = require_identity.key AND m.id IS DISTINCT FROM member) THEN
        RAISE unique_violation USING
            MESSAGE = format('key "%s" is taken', key),
            DETAIL = 'Another member of the account has it.';
    ELSIF EXISTS (SELECT FROM clearance.member m
                  WHERE m.account_id = account AND lower(m.email) = lower(require_identity.email) AND m.id IS DISTINCT FROM member) THEN
        RAISE unique_violation USING
            MESSAGE = format('e-mail address "%s" is taken', email),
            DETAIL = 'Another member of the account has it.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_identity IS
'internal: refuses key, e-mail address and name that a member of the account cannot have';

CREATE FUNCTION clearance_internal.insert_member(
    account bigint,
    key text DEFAULT NULL,
    email text DEFAULT NULL,
    name text DEFAULT NULL,
    roles text[] DEFAULT '{}',
    partner bigint DEFAULT NULL,
    customer bigint DEFAULT NULL,
    partner_admin boolean DEFAULT false,
    named_admin boolean DEFAULT false,
    status text DEFAULT 'active'
) RETURNS clearance.member
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member;
BEGIN
    email := nullif(email, '');
    name := nullif(name, '');
    PERFORM clearance_internal.require_identity(account, NULL, key, email, name);
    PERFORM clearance_internal.require_ready_owner(partner);
    PERFORM clearance_internal.hold_partner(partner);
    INSERT INTO clearance.member AS t (account_id, key, email, name, partner_id, customer_id, partner_admin, named_admin, status)
    VALUES (insert_member.account, insert_member.key, insert_member.email, insert_member.name, partner, customer,
            insert_member.partner_admin, insert_member.named_admin, insert_member.status)
    RETURNING t.* INTO m;
    INSERT INTO clearance.member_role (member_id, role_id)
    SELECT DISTINCT m.id, clearance_internal.require_role_for(m, r) FROM unnest(roles) r;
    PERFORM clearance_internal.check_licences(partner);
    RETURN m;
END
$$;
COMMENT ON FUNCTION clearance_internal.insert_member IS
'internal: adds a member, whose company is of the account';

CREATE FUNCTION clearance.add_member(
    key clearance.app_key DEFAULT NULL,
    email text DEFAULT NULL,
    name text DEFAULT NULL,
    roles text[] DEFAULT '{}',
    clearance.by_name DEFAULT 'by name',
    partner bigint DEFAULT NULL,
    customer bigint DEFAULT NULL,
    partner_admin boolean DEFAULT false,
    status text DEFAULT 'active',
    account bigint DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    of_account bigint := clearance_internal.default_account(account);
    added clearance.member;
BEGIN
    PERFORM clearance_internal.require_right(CASE WHEN partner IS NOT NULL THEN 'settings.manage_partner_companies'
                                         WHEN customer IS NOT NULL THEN 'customer_account.edit'
                                         ELSE 'settings.manage_team_members' END, of_account);
    IF partner IS NOT NULL THEN
        PERFORM clearance_internal.require_same_account(format('partner "%s"', p.name), p.account_id, of_account)
        FROM clearance_internal.require_partner(partner) p;
    END IF;
    IF customer IS NOT NULL THEN
        PERFORM clearance_internal.require_same_account(format('customer "%s"', c.name), c.account_id, of_account)
        FROM clearance_internal.require_customer(customer) c;
    END IF;
    PERFORM clearance_internal.require_choice('status', status, '{active,invited,disabled}'),
            clearance_internal.require_given('partner_admin', partner_admin::text);
    IF num_nonnulls(partner, customer) > 1 THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'a member is of a partner or of a customer, not of both';
    ELSIF partner_admin AND partner IS NULL THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'partner_admin goes with a partner',
            HINT = 'Pass partner => id; view clearance.partners lists those that exist.';
    END IF;
    added := clearance_internal.insert_member(of_account, key::text, email, name, roles, partner, customer, partner_admin, status => status);
    PERFORM clearance_internal.notice_no_level(added);
    RETURN added.id;
END
$$;
COMMENT ON FUNCTION clearance.add_member IS
'adds a person or service: of the vendor''s team, of a partner''s team, or a customer''s contact; key: the application''s user id';

CREATE FUNCTION clearance.set_member_roles(member bigint, roles text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member := clearance_internal.require_member(member);
    ids bigint[];
BEGIN
    PERFORM clearance_internal.require_member_right(m, team => true);
    PERFORM clearance_internal.require_given('roles', roles::text);
    -- two who do this wait for each other, and the second is asked about what the first has left
    m := clearance_internal.hold_member(m);
    PERFORM clearance_internal.require_member_right(m, team => true);
    ids := ARRAY(SELECT DISTINCT clearance_internal.require_role_for(m, r) FROM unnest(roles) r);
    DELETE FROM clearance.member_role mr WHERE mr.member_id = m.id AND mr.role_id <> ALL (ids);
    INSERT INTO clearance.member_role (member_id, role_id) SELECT m.id, unnest(ids) ON CONFLICT DO NOTHING;
    PERFORM clearance_internal.require_member_right(m, team => true);       -- a switch reaches as far as roles do
END
$$;
COMMENT ON FUNCTION clearance.set_member_roles IS 'gives a member these roles instead of those it holds';

CREATE FUNCTION clearance.set_partner_admin(member bigint, admin boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member := clearance_internal.require_member(member);
BEGIN
    PERFORM clearance_internal.require_member_right(m, team => true);
    PERFORM clearance_internal.require_given('admin', admin::text);
    IF m.kind <> 'partner' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('member "%s" is of no partner', clearance_internal.member_label(m));
    ELSIF m.named_admin AND NOT admin THEN
        RAISE object_in_use USING
            MESSAGE = format('member "%s" stays an admin of its partner', clearance_internal.member_label(m)),
            DETAIL = 'It was named when the partner was created.',
            HINT = 'Make others admins beside it; clearance.disable_member() takes its standing.';
    END IF;
    UPDATE clearance.member t SET partner_admin = admin WHERE t.id = m.id;
END
$$;
COMMENT ON FUNCTION clearance.set_partner_admin IS
'makes a partner''s member an admin, who reaches every project of the partner and manages its team, or a collaborator';

CREATE FUNCTION clearance.disable_member(member bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member := clearance_internal.require_member(member);
BEGIN
    PERFORM clearance_internal.require_member_right(m, team => true);
    UPDATE clearance.member t
    SET status = 'disabled',
        disabled_by_vendor = (t.status = 'disabled' AND t.disabled_by_vendor)
            OR (t.kind <> 'vendor' AND (SELECT s.kind FROM clearance.standing() s) IS DISTINCT FROM t.kind)
    WHERE t.id = m.id;
END
$$;
COMMENT ON FUNCTION clearance.disable_member IS
'takes a member''s standing and frees its licence; its memberships stay for enable_member()';

CREATE FUNCTION clearance.enable_member(member bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member := clearance_internal.require_member(member);
BEGIN
    PERFORM clearance_internal.require_member_right(m, team => true);
    PERFORM clearance_internal.require_ready_owner(m.partner_id);
    PERFORM clearance_internal.hold_partner(m.partner_id);
    UPDATE clearance.member t
    SET status = CASE WHEN EXISTS (SELECT FROM clearance.invitation i WHERE i.member_id = t.id) THEN 'invited' ELSE 'active' END,
        disabled_by_vendor = false
    WHERE t.id = m.id
      AND NOT (t.disabled_by_vendor AND (SELECT s.kind FROM clearance.standing() s) IS NOT DISTINCT FROM t.kind);
    IF NOT FOUND THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('member "%s" was disabled by the vendor', clearance_internal.member_label(m)),
            HINT = 'Ask the vendor to enable it.';
    END IF;
    PERFORM clearance_internal.check_licences(m.partner_id);
END
$$;
COMMENT ON FUNCTION clearance.enable_member IS
'makes a member active, or invited if it has yet to accept an invitation; a partner''s member uses a licence again';

CREATE FUNCTION clearance_internal.require_switch_right(m clearance.member) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_member_right(m);
    PERFORM clearance_internal.require_right('settings.manage_team_members', m.account_id);
END
$$;
COMMENT ON FUNCTION clearance_internal.require_switch_right IS
'internal: refuses those who do not manage this member''s permissions';

CREATE FUNCTION clearance.switch_on(member bigint, feature text, action text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member := clearance_internal.require_member(member);
    refusing text;
BEGIN
    PERFORM clearance_internal.require_switch_right(m);
    PERFORM clearance_internal.require_action(feature, action),
            clearance_internal.require_held_by(m.kind, feature, action);
    SELECT l.name INTO refusing
    FROM clearance.not_available n JOIN clearance.level l ON l.id = n.level_id
    WHERE n.feature = switch_on.feature AND n.action = switch_on.action AND l.audience = m.kind
      AND l.id IN (SELECT r.level_id FROM clearance.member_role mr JOIN clearance.role r ON r.id = mr.role_id
                   WHERE mr.member_id = m.id
                   UNION ALL
                   SELECT p.level_id FROM clearance.partner p WHERE p.id = m.partner_id)
    ORDER BY l.id LIMIT 1;
    IF FOUND THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('%s.%s is not available to member "%s"', feature, action, clearance_internal.member_label(m)),
            DETAIL = format('It can never be switched on for holders of level "%s".', refusing);
    END IF;
    -- nobody switches on what it does not hold itself, as far as the switch goes
    PERFORM clearance_internal.require_right(feature || '.' || action, m.account_id);
    PERFORM clearance_internal.require_may_give('{}', m.account_id, ARRAY[ROW(m.id, feature, action)::clearance.member_switch]);
    INSERT INTO clearance.member_switch VALUES (m.id, feature, action) ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION clearance.switch_on IS
'permits an action to one member beyond its levels; doing it twice is fine';

CREATE FUNCTION clearance.switch_off(member bigint, feature text, action text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member := clearance_internal.require_member(member);
BEGIN
    PERFORM clearance_internal.require_switch_right(m);
    PERFORM clearance_internal.require_action(feature, action);
    DELETE FROM clearance.member_switch s
    WHERE s.member_id = m.id AND s.feature = switch_off.feature AND s.action = switch_off.action;
END
$$;
COMMENT ON FUNCTION clearance.switch_off IS
'ends switch_on(); what the member''s levels grant stays';
