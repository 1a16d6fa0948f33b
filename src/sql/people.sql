-- ---------------------------------------------------------------------------
-- People, companies and projects: the functions that keep them.
-- They are for DBAs and trusted applications: whoever may execute one acts for
-- every account. What they refuse is what no one may do: cross an account,
-- name a level of the wrong audience, exceed a licence cap.
-- ---------------------------------------------------------------------------

-- Helpers: each finds what it is asked for or raises the error for people.

CREATE FUNCTION clearance.raise_unknown(what text, value text, listed_in text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_given(what, value);
    RAISE undefined_object USING
        MESSAGE = format('no %s %s', what, value),
        HINT = format('%s lists those that exist.', listed_in);
END
$$;
REVOKE ALL ON FUNCTION clearance.raise_unknown(text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.raise_unknown(text, text, text) IS
'internal: the error about a value that names nothing, or is NULL';

CREATE FUNCTION clearance.require_given(what text, value text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF value IS NULL THEN
        RAISE null_value_not_allowed USING
            MESSAGE = format('%s is null', what);
    ELSIF btrim(value) = '' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('%s is blank', what);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_given(text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_given(text, text) IS
'internal: refuses NULL and blank for a required argument';

CREATE FUNCTION clearance.require_account(id bigint) RETURNS clearance.account
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    a clearance.account;
BEGIN
    SELECT t.* INTO a FROM clearance.account t WHERE t.id = require_account.id;
    IF NOT FOUND THEN
        PERFORM clearance.raise_unknown('account', 'with id ' || id, 'Table clearance.account');
    END IF;
    RETURN a;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_account(bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_account(bigint) IS 'internal: the account, or an error';

CREATE FUNCTION clearance.require_partner(id bigint) RETURNS clearance.partner
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.partner;
BEGIN
    SELECT t.* INTO p FROM clearance.partner t WHERE t.id = require_partner.id;
    IF NOT FOUND THEN
        PERFORM clearance.raise_unknown('partner', 'with id ' || id, 'View clearance.partners');
    END IF;
    RETURN p;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_partner(bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_partner(bigint) IS 'internal: the partner, or an error';

CREATE FUNCTION clearance.require_customer(id bigint) RETURNS clearance.customer
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c clearance.customer;
BEGIN
    SELECT t.* INTO c FROM clearance.customer t WHERE t.id = require_customer.id;
    IF NOT FOUND THEN
        PERFORM clearance.raise_unknown('customer', 'with id ' || id, 'Table clearance.customer');
    END IF;
    RETURN c;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_customer(bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_customer(bigint) IS 'internal: the customer, or an error';

CREATE FUNCTION clearance.require_member(id bigint) RETURNS clearance.member
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member;
BEGIN
    SELECT t.* INTO m FROM clearance.member t WHERE t.id = require_member.id;
    IF NOT FOUND THEN
        PERFORM clearance.raise_unknown('member', 'with id ' || id, 'Table clearance.member');
    END IF;
    RETURN m;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_member(bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_member(bigint) IS 'internal: the member, or an error';

CREATE FUNCTION clearance.member_label(m clearance.member) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce(m.name, m.email, m.key) $$;
REVOKE ALL ON FUNCTION clearance.member_label(clearance.member) FROM PUBLIC;
COMMENT ON FUNCTION clearance.member_label(clearance.member) IS 'internal: how messages call a member';

CREATE FUNCTION clearance.require_project(project clearance.app_key) RETURNS clearance.project
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project;
BEGIN
    SELECT t.* INTO p FROM clearance.project t WHERE t.key = require_project.project::text;
    IF NOT FOUND THEN
        PERFORM clearance.raise_unknown('project', '"' || project::text || '"', 'Table clearance.project');
    END IF;
    RETURN p;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_project(clearance.app_key) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_project(clearance.app_key) IS
'internal: the project with this key, or an error';

CREATE FUNCTION clearance.require_role(name text, account bigint) RETURNS clearance.role
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    r clearance.role;
BEGIN
    SELECT t.* INTO r FROM clearance.role t
    WHERE t.name = require_role.name AND (t.account_id = require_role.account OR t.built_in);
    IF NOT FOUND THEN
        PERFORM clearance.raise_unknown('role', '"' || name || '"', 'Table clearance.role');
    END IF;
    RETURN r;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_role(text, bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_role(text, bigint) IS
'internal: the built-in role or role of the account with this name, or an error';

CREATE FUNCTION clearance.default_account(account bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    actor bigint := clearance.actor();
BEGIN
    IF account IS NOT NULL THEN
        RETURN (clearance.require_account(account)).id;
    ELSIF actor IS NOT NULL THEN
        RETURN (clearance.require_member(actor)).account_id;
    ELSIF (SELECT count(*) FROM clearance.account) = 1 THEN
        RETURN (SELECT a.id FROM clearance.account a);
    END IF;
    RAISE null_value_not_allowed USING
        MESSAGE = 'account is not given',
        DETAIL = 'There is no actor whose account it could be, and not exactly one account.',
        HINT = 'Pass account => id; table clearance.account lists those that exist.';
END
$$;
REVOKE ALL ON FUNCTION clearance.default_account(bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.default_account(bigint) IS
'internal: the account given, else the actor''s, else the only one';

CREATE FUNCTION clearance.require_same_account(what text, its_account bigint, account bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF its_account <> account THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('%s belongs to account "%s", not to account "%s"', what,
                (clearance.require_account(its_account)).name, (clearance.require_account(account)).name),
            HINT = 'Nothing crosses an account.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_same_account(text, bigint, bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_same_account(text, bigint, bigint) IS
'internal: refuses what belongs to another account';

CREATE FUNCTION clearance.changed_level(current integer, name text, audience text) RETURNS integer
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN name IS NULL THEN current
                WHEN name <> '' THEN clearance.require_level(name, audience) END
$$;
REVOKE ALL ON FUNCTION clearance.changed_level(integer, text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.changed_level(integer, text, text) IS
'internal: id of the named level; NULL keeps the current one, an empty name takes it away';

-- ---------------------------------------------------------------------------
-- Accounts and roles
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.create_account(name text, key clearance.app_key DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    new_id bigint;
BEGIN
    PERFORM clearance.require_given('name', name);
    INSERT INTO clearance.account (name, key) VALUES (create_account.name, create_account.key::text)
    RETURNING id INTO new_id;
    RETURN new_id;
END
$$;
REVOKE ALL ON FUNCTION clearance.create_account(text, clearance.app_key) FROM PUBLIC;
COMMENT ON FUNCTION clearance.create_account(text, clearance.app_key) IS
'adds an organisation that runs projects; key: the application''s own tenant id';

CREATE FUNCTION clearance.set_account(
    account bigint,
    portal boolean DEFAULT NULL,
    default_external_level text DEFAULT NULL,
    active boolean DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_account(account);
    UPDATE clearance.account a SET
        portal = coalesce(set_account.portal, a.portal),
        default_external_level_id =
            clearance.changed_level(a.default_external_level_id, default_external_level, 'partner'),
        active = coalesce(set_account.active, a.active)
    WHERE a.id = set_account.account;
END
$$;
REVOKE ALL ON FUNCTION clearance.set_account(bigint, boolean, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION clearance.set_account(bigint, boolean, text, boolean) IS
'changes an account; NULL leaves a property as it is, an empty default_external_level takes it away';

CREATE FUNCTION clearance.create_role(
    name text,
    available_to_partners boolean DEFAULT false,
    access_level text DEFAULT NULL,
    account bigint DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    of_account bigint := clearance.default_account(account);
    level clearance.level;
    new_id bigint;
BEGIN
    PERFORM clearance.require_given('name', name);
    SELECT l.* INTO level FROM clearance.level l WHERE l.id = clearance.changed_level(NULL, access_level, NULL);
    IF level.audience = 'customer' OR (available_to_partners AND level.name = 'account_admin') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('role "%s" cannot have level "%s"', name, level.name),
            HINT = 'A role has a vendor or partner level; account_admin is for the vendor''s team only.';
    END IF;
    -- a second role of a built-in name would make that name ambiguous
    IF EXISTS (SELECT FROM clearance.role r
               WHERE r.name = create_role.name AND (r.account_id = of_account OR r.built_in)) THEN
        RAISE duplicate_object USING
            MESSAGE = format('role "%s" is already known', name),
            HINT = 'Table clearance.role lists those that exist.';
    END IF;
    INSERT INTO clearance.role (account_id, name, level_id, available_to_partners)
    VALUES (of_account, create_role.name, level.id, create_role.available_to_partners)
    RETURNING id INTO new_id;
    RETURN new_id;
END
$$;
REVOKE ALL ON FUNCTION clearance.create_role(text, boolean, text, bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.create_role(text, boolean, text, bigint) IS
'adds a role to an account; its level is the default of holders of the level''s audience';

-- ---------------------------------------------------------------------------
-- Partners
-- ---------------------------------------------------------------------------

CREATE VIEW clearance.partners AS
    SELECT p.id, p.account_id, p.name,
        ARRAY(SELECT coalesce(m.name, m.email, m.key) FROM clearance.member m
              WHERE m.partner_id = p.id AND m.partner_admin AND m.status <> 'disabled'
              ORDER BY 1) AS admins,
        (SELECT count(*) FROM clearance.member m
         WHERE m.partner_id = p.id AND m.status <> 'disabled') AS licences_used,
        p.licence_cap,
        l.name AS access_level,
        CASE WHEN p.active THEN 'active' ELSE 'disabled' END AS status,
        p.strategic, p.can_track_time,
        ARRAY(SELECT r.name FROM clearance.partner_role pr JOIN clearance.role r ON r.id = pr.role_id
              WHERE pr.partner_id = p.id ORDER BY r.name) AS roles
    FROM clearance.partner p LEFT JOIN clearance.level l ON l.id = p.level_id;
REVOKE ALL ON clearance.partners FROM PUBLIC;
COMMENT ON VIEW clearance.partners IS 'partners of all accounts, with their admins and the licences used of those they may use';
COMMENT ON COLUMN clearance.partners.id IS 'internal id';
COMMENT ON COLUMN clearance.partners.account_id IS 'the account';
COMMENT ON COLUMN clearance.partners.name IS 'company name';
COMMENT ON COLUMN clearance.partners.admins IS 'its partner admins, but for disabled ones';
COMMENT ON COLUMN clearance.partners.licences_used IS 'active and invited members';
COMMENT ON COLUMN clearance.partners.licence_cap IS 'most members it may have; NULL: no cap';
COMMENT ON COLUMN clearance.partners.access_level IS 'level of all its members; NULL: role or account decide';
COMMENT ON COLUMN clearance.partners.status IS 'active or disabled';
COMMENT ON COLUMN clearance.partners.strategic IS 'introduced to customers by name';
COMMENT ON COLUMN clearance.partners.can_track_time IS 'its members may track time';
COMMENT ON COLUMN clearance.partners.roles IS 'roles its members may hold';

-- Called after a change. Rewriting the partner's row, where locking it would
-- seem to do, makes a concurrent REPEATABLE READ transaction fail rather than
-- count under its old snapshot.
CREATE FUNCTION clearance.check_licences(partner bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.partner;
    used bigint;
BEGIN
    UPDATE clearance.partner t SET licence_cap = t.licence_cap
    WHERE t.id = check_licences.partner RETURNING t.* INTO p;
    SELECT v.licences_used INTO used FROM clearance.partners v WHERE v.id = p.id;
    IF used > p.licence_cap THEN
        RAISE configuration_limit_exceeded USING
            MESSAGE = format('partner "%s" would use %s of its %s licences', p.name, used, p.licence_cap),
            HINT = 'Disable a member, or raise licence_cap with clearance.update_partner().';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION clearance.check_licences(bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.check_licences(bigint) IS
'internal: refuses more members than the partner''s licence cap';

CREATE FUNCTION clearance.require_partner_role(name text, account bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    r clearance.role := clearance.require_role(name, account);
BEGIN
    IF NOT r.available_to_partners THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('role "%s" is not available to partners', name),
            HINT = 'Choose a role that was created with available_to_partners => true.';
    END IF;
    RETURN r.id;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_partner_role(text, bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_partner_role(text, bigint) IS
'internal: id of a role that is available to partners, or an error';

CREATE FUNCTION clearance.create_partner(
    name text,
    access_level text DEFAULT NULL,
    licence_cap integer DEFAULT NULL,
    strategic boolean DEFAULT false,
    can_track_time boolean DEFAULT false,
    roles text[] DEFAULT '{}',
    account bigint DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    of_account bigint := clearance.default_account(account);
    new_id bigint;
BEGIN
    PERFORM clearance.require_given('name', name);
    INSERT INTO clearance.partner (account_id, name, level_id, licence_cap, strategic, can_track_time)
    VALUES (of_account, create_partner.name, clearance.changed_level(NULL, access_level, 'partner'),
            nullif(create_partner.licence_cap, -1), create_partner.strategic, create_partner.can_track_time)
    RETURNING id INTO new_id;
    INSERT INTO clearance.partner_role (partner_id, role_id)
    SELECT DISTINCT new_id, clearance.require_partner_role(r, of_account) FROM unnest(roles) r;
    RETURN new_id;
END
$$;
REVOKE ALL ON FUNCTION clearance.create_partner(text, text, integer, boolean, boolean, text[], bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.create_partner(text, text, integer, boolean, boolean, text[], bigint) IS
'adds a partner company; its members may hold only the roles given here; licence_cap NULL or -1: no cap';

CREATE FUNCTION clearance.update_partner(
    partner bigint,
    name text DEFAULT NULL,
    access_level text DEFAULT NULL,
    licence_cap integer DEFAULT NULL,
    strategic boolean DEFAULT NULL,
    can_track_time boolean DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_partner(partner);
    UPDATE clearance.partner p SET
        name = coalesce(update_partner.name, p.name),
        level_id = clearance.changed_level(p.level_id, access_level, 'partner'),
        licence_cap = nullif(coalesce(update_partner.licence_cap, p.licence_cap), -1),
        strategic = coalesce(update_partner.strategic, p.strategic),
        can_track_time = coalesce(update_partner.can_track_time, p.can_track_time)
    WHERE p.id = update_partner.partner;
    PERFORM clearance.check_licences(partner);
END
$$;
REVOKE ALL ON FUNCTION clearance.update_partner(bigint, text, text, integer, boolean, boolean) FROM PUBLIC;
COMMENT ON FUNCTION clearance.update_partner(bigint, text, text, integer, boolean, boolean) IS
'changes a partner; NULL leaves a property as it is, an empty access_level takes the level away, licence_cap -1 the cap';

CREATE FUNCTION clearance.disable_partner(partner bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_partner(partner);
    UPDATE clearance.partner p SET active = false WHERE p.id = disable_partner.partner;
END
$$;
REVOKE ALL ON FUNCTION clearance.disable_partner(bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.disable_partner(bigint) IS
'takes the standing of all members of a partner until it is enabled again';

CREATE FUNCTION clearance.enable_partner(partner bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_partner(partner);
    UPDATE clearance.partner p SET active = true WHERE p.id = enable_partner.partner;
END
$$;
REVOKE ALL ON FUNCTION clearance.enable_partner(bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.enable_partner(bigint) IS 'ends disable_partner()';

-- ---------------------------------------------------------------------------
-- Customers
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.create_customer(name text, account bigint DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    new_id bigint;
BEGIN
    PERFORM clearance.require_given('name', name);
    INSERT INTO clearance.customer (account_id, name)
    VALUES (clearance.default_account(account), create_customer.name)
    RETURNING id INTO new_id;
    RETURN new_id;
END
$$;
REVOKE ALL ON FUNCTION clearance.create_customer(text, bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.create_customer(text, bigint) IS 'adds a company for which projects are done';

CREATE FUNCTION clearance.disable_customer(customer bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_customer(customer);
    UPDATE clearance.customer c SET active = false WHERE c.id = disable_customer.customer;
END
$$;
REVOKE ALL ON FUNCTION clearance.disable_customer(bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.disable_customer(bigint) IS
'takes the standing of all contacts of a customer until it is enabled again';

CREATE FUNCTION clearance.enable_customer(customer bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_customer(customer);
    UPDATE clearance.customer c SET active = true WHERE c.id = enable_customer.customer;
END
$$;
REVOKE ALL ON FUNCTION clearance.enable_customer(bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.enable_customer(bigint) IS 'ends disable_customer()';

-- ---------------------------------------------------------------------------
-- Members
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.require_role_for(m clearance.member, name text) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    r clearance.role := clearance.require_role(name, m.account_id);
BEGIN
    IF m.kind = 'customer' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('contact "%s" of a customer cannot hold role "%s"', clearance.member_label(m), name),
            HINT = 'Roles are for the vendor''s and partners'' teams.';
    ELSIF m.kind = 'partner' AND NOT (r.available_to_partners AND EXISTS (
            SELECT FROM clearance.partner_role pr WHERE pr.partner_id = m.partner_id AND pr.role_id = r.id)) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('role "%s" is not selected for partner "%s"', name,
                (clearance.require_partner(m.partner_id)).name),
            HINT = 'View clearance.partners lists the roles that members of each partner may hold.';
    END IF;
    RETURN r.id;
END
$$;
REVOKE ALL ON FUNCTION clearance.require_role_for(clearance.member, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.require_role_for(clearance.member, text) IS
'internal: id of a role that the member may hold, or an error';

CREATE FUNCTION clearance.add_member(
    key clearance.app_key DEFAULT NULL,
    email text DEFAULT NULL,
    name text DEFAULT NULL,
    roles text[] DEFAULT '{}',
    partner bigint DEFAULT NULL,
    customer bigint DEFAULT NULL,
    partner_admin boolean DEFAULT false,
    status text DEFAULT 'active',
    account bigint DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    of_account bigint := clearance.default_account(account);
    m clearance.member;
BEGIN
    IF partner IS NOT NULL THEN
        PERFORM clearance.require_same_account(format('partner "%s"', p.name), p.account_id, of_account)
        FROM clearance.require_partner(partner) p;
    END IF;
    IF customer IS NOT NULL THEN
        PERFORM clearance.require_same_account(format('customer "%s"', c.name), c.account_id, of_account)
        FROM clearance.require_customer(customer) c;
    END IF;
    INSERT INTO clearance.member AS t (account_id, key, email, name, partner_id, customer_id, partner_admin, status)
    VALUES (of_account, add_member.key::text, nullif(add_member.email, ''), add_member.name, partner, customer,
            add_member.partner_admin, add_member.status)
    RETURNING t.* INTO m;
    INSERT INTO clearance.member_role (member_id, role_id)
    SELECT DISTINCT m.id, clearance.require_role_for(m, r) FROM unnest(roles) r;
    PERFORM clearance.check_licences(partner);
    RETURN m.id;
END
$$;
REVOKE ALL ON FUNCTION clearance.add_member(clearance.app_key, text, text, text[], bigint, bigint, boolean, text, bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.add_member(clearance.app_key, text, text, text[], bigint, bigint, boolean, text, bigint) IS
'adds a person or service: of the vendor''s team, of a partner''s team, or a customer''s contact; key: the application''s user id';

CREATE FUNCTION clearance.disable_member(member bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_member(member);
    UPDATE clearance.member m SET status = 'disabled' WHERE m.id = disable_member.member;
END
$$;
REVOKE ALL ON FUNCTION clearance.disable_member(bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.disable_member(bigint) IS
'takes a member''s standing and frees its licence; its memberships stay for enable_member()';

CREATE FUNCTION clearance.enable_member(member bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member := clearance.require_member(member);
BEGIN
    UPDATE clearance.member t SET status = 'active' WHERE t.id = m.id;
    PERFORM clearance.check_licences(m.partner_id);
END
$$;
REVOKE ALL ON FUNCTION clearance.enable_member(bigint) FROM PUBLIC;
COMMENT ON FUNCTION clearance.enable_member(bigint) IS
'makes a disabled or invited member active; a partner''s member uses a licence again';

CREATE FUNCTION clearance.switch_on(member bigint, feature text, action text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member := clearance.require_member(member);
    refusing text;
BEGIN
    PERFORM clearance.require_action(feature, action);
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
            MESSAGE = format('%s.%s is not available to member "%s"', feature, action, clearance.member_label(m)),
            DETAIL = format('It can never be switched on for holders of level "%s".', refusing);
    END IF;
    INSERT INTO clearance.member_switch VALUES (m.id, feature, action) ON CONFLICT DO NOTHING;
END
$$;
REVOKE ALL ON FUNCTION clearance.switch_on(bigint, text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.switch_on(bigint, text, text) IS
'permits an action to one member beyond its levels; doing it twice is fine';

CREATE FUNCTION clearance.switch_off(member bigint, feature text, action text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance.require_member(member);
    PERFORM clearance.require_action(feature, action);
    DELETE FROM clearance.member_switch s
    WHERE s.member_id = member AND s.feature = switch_off.feature AND s.action = switch_off.action;
END
$$;
REVOKE ALL ON FUNCTION clearance.switch_off(bigint, text, text) FROM PUBLIC;
COMMENT ON FUNCTION clearance.switch_off(bigint, text, text) IS
'ends switch_on(); what the member''s levels grant stays';

