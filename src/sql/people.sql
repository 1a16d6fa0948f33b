-- ---------------------------------------------------------------------------
-- People, companies and projects: what the functions that keep them share,
-- accounts and roles. Each function first finds what it is asked for, among
-- what the caller may know of, then asks for the right (rights.sql). What it
-- refuses besides is what no one may do: cross an account, name a level of the
-- wrong audience, exceed a licence cap.
-- ---------------------------------------------------------------------------

-- Helpers: each finds what it is asked for or raises the error for people.

CREATE FUNCTION clearance_internal.raise_unknown(what text, value text, listed_in text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_given(what, value);
    RAISE undefined_object USING
        MESSAGE = format('no %s %s', what, value),
        HINT = format('%s lists those that exist.', listed_in);
END
$$;
COMMENT ON FUNCTION clearance_internal.raise_unknown IS
'internal: the error about a value that names nothing, or is NULL';

CREATE FUNCTION clearance_internal.raise_known(what text, value text, listed_in text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE unique_violation USING
        MESSAGE = format('%s %s is already known', what, value),
        HINT = format('%s lists those that exist.', listed_in);
END
$$;
COMMENT ON FUNCTION clearance_internal.raise_known IS 'internal: the error about a value that something else has';

CREATE FUNCTION clearance_internal.require_given(what text, value text) RETURNS void
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
COMMENT ON FUNCTION clearance_internal.require_given IS
'internal: refuses NULL and blank for a required argument';

-- Names and keys go into messages, mails and indexes.
CREATE FUNCTION clearance_internal.require_line(what text, value text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF btrim(value) = '' THEN
        PERFORM clearance_internal.require_given(what, value);
    ELSIF value ~ '[[:cntrl:]]' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('%s is more than one line', what),
            HINT = 'It must have no line breaks or other control characters.';
    ELSIF length(value) > 255 THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('%s of %s characters is too long', what, length(value)),
            HINT = 'It has 255 characters at most.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_line IS
'internal: refuses what is blank, too long or not one line; NULL is fine';

CREATE FUNCTION clearance_internal.require_email(email text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_line('email', email);
    IF NOT clearance_internal.is_email(email) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('"%s" is no e-mail address', email),
            HINT = 'Pass one address, such as ann@example.com.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_email IS 'internal: refuses what is no e-mail address; NULL is fine';

CREATE FUNCTION clearance_internal.require_period(starts timestamptz, ends timestamptz) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF coalesce(starts, '-infinity') >= coalesce(ends, 'infinity') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('ends_at %s is not after starts_at %s', coalesce(ends, 'infinity'), coalesce(starts, '-infinity')),
            HINT = 'starts_at is the first moment that counts, ends_at the first that no longer does.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_period IS
'internal: refuses a time that ends before it starts; NULL: without start or end';

-- What was found by an id, and whether the actor may know of it: what it may not know of is not there.
CREATE FUNCTION clearance_internal.require_known(what text, id bigint, found_id bigint, known boolean, listed_in text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_actor();
    IF found_id IS NULL OR known IS NOT TRUE THEN
        PERFORM clearance_internal.raise_unknown(what, 'with id ' || id, listed_in);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_known IS
'internal: refuses an id that names nothing, or nothing that the actor may know of';

CREATE FUNCTION clearance_internal.require_account(id bigint) RETURNS clearance.account
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    a clearance.account;
BEGIN
    SELECT t.* INTO a FROM clearance.account t WHERE t.id = require_account.id;
    PERFORM clearance_internal.require_known('account', id, a.id, clearance_internal.knows_account(a.id), 'Table clearance.account');
    RETURN a;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_account IS 'internal: the account, or an error';

CREATE FUNCTION clearance_internal.require_partner(id bigint) RETURNS clearance.partner
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.partner;
BEGIN
    SELECT t.* INTO p FROM clearance.partner t WHERE t.id = require_partner.id;
    -- also by those whose rights have view partners show it
    PERFORM clearance_internal.require_known('partner', id, p.id,
        clearance_internal.knows(p.account_id, p.id, NULL)
            OR p.account_id IN (SELECT clearance.accounts_with('settings.manage_partner_companies'))
            OR p.account_id IN (SELECT clearance.accounts_with('project.add_partners')), 'View clearance.partners');
    RETURN p;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_partner IS 'internal: the partner, or an error';

CREATE FUNCTION clearance_internal.require_customer(id bigint) RETURNS clearance.customer
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c clearance.customer;
BEGIN
    SELECT t.* INTO c FROM clearance.customer t WHERE t.id = require_customer.id;
    PERFORM clearance_internal.require_known('customer', id, c.id, clearance_internal.knows(c.account_id, NULL, c.id), 'Table clearance.customer');
    RETURN c;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_customer IS 'internal: the customer, or an error';

CREATE FUNCTION clearance_internal.raise_erased(member bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE object_not_in_prerequisite_state USING
        MESSAGE = 'the member is erased',
        DETAIL = format('%s is a number that history names, and nobody any more.', member),
        HINT = 'Who comes back is added anew, with clearance.add_member().';
END
$$;
COMMENT ON FUNCTION clearance_internal.raise_erased IS 'internal: the error about a member that is erased';

CREATE FUNCTION clearance_internal.require_member(id bigint, on_project clearance.app_key DEFAULT NULL) RETURNS clearance.member
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member;
BEGIN
    SELECT t.* INTO m FROM clearance.member t WHERE t.id = require_member.id;
    -- on a project the actor also knows who of its team is shown to it
    PERFORM clearance_internal.require_known('member', id, m.id,
        clearance_internal.knows(m.account_id, m.partner_id, m.customer_id)
            OR EXISTS (SELECT FROM clearance.project_team(on_project) t WHERE t.member = require_member.id), 'Table clearance.member');
    IF m.status = 'erased' THEN
        PERFORM clearance_internal.raise_erased(m.id);
    END IF;
    RETURN m;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_member IS
'internal: the member, if the actor may know of it, or an error; on_project: whoever is in the team of this project, as the actor sees it, too';

CREATE FUNCTION clearance_internal.member_label(m clearance.member) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce(m.name, m.email, m.key) $$;
COMMENT ON FUNCTION clearance_internal.member_label IS 'internal: how messages call a member';

CREATE FUNCTION clearance_internal.require_project(project clearance.app_key) RETURNS clearance.project
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project;
BEGIN
    SELECT t.* INTO p FROM clearance.project t WHERE t.key = require_project.project::text;
    -- nor is an actor told of projects that it has no way into
    IF p.id IS NULL OR NOT clearance.has_right('project.view', p.account_id, project) THEN
        PERFORM clearance_internal.require_actor();
        PERFORM clearance_internal.raise_unknown('project', '"' || project::text || '"', 'Table clearance.project');
    END IF;
    RETURN p;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_project IS
'internal: the project with this key, or an error';

CREATE FUNCTION clearance_internal.require_role(name text, account bigint) RETURNS clearance.role
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    r clearance.role;
BEGIN
    SELECT t.* INTO r FROM clearance.role t
    WHERE t.name = require_role.name AND (t.account_id = require_role.account OR t.built_in);
    IF NOT FOUND THEN
        PERFORM clearance_internal.raise_unknown('role', '"' || name || '"', 'Table clearance.role');
    END IF;
    RETURN r;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_role IS
'internal: the built-in role or role of the account with this name, or an error';

CREATE FUNCTION clearance_internal.default_account(account bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    actor bigint := clearance.actor();
BEGIN
    IF account IS NOT NULL THEN
        RETURN (clearance_internal.require_account(account)).id;
    ELSIF actor IS NOT NULL THEN
        SELECT m.account_id INTO account FROM clearance.member m WHERE m.id = actor;
        IF NOT FOUND THEN
            PERFORM clearance_internal.raise_unknown('member', 'with id ' || actor, 'Table clearance.member');
        END IF;
        RETURN account;
    ELSIF (SELECT count(*) FROM clearance.account) = 1 THEN
        RETURN (SELECT a.id FROM clearance.account a);
    END IF;
    RAISE null_value_not_allowed USING
        MESSAGE = 'account is not given',
        DETAIL = 'There is no actor whose account it could be, and not exactly one account.',
        HINT = CASE WHEN EXISTS (SELECT FROM clearance.account) THEN 'Pass account => id; table clearance.account lists those that exist.'
                    ELSE 'There is no account yet; clearance.create_account() makes one.' END;
END
$$;
COMMENT ON FUNCTION clearance_internal.default_account IS
'internal: the account given, else the actor''s, else the only one';

CREATE FUNCTION clearance_internal.require_same_account(what text, its_account bigint, account bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF its_account <> account THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('%s belongs to account "%s", not to account "%s"', what,
                (clearance_internal.require_account(its_account)).name, (clearance_internal.require_account(account)).name),
            HINT = 'Nothing crosses an account.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_same_account IS
'internal: refuses what belongs to another account';

CREATE FUNCTION clearance_internal.changed_level(current integer, name text, audience text, account bigint) RETURNS integer
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN name IS NULL THEN current
                WHEN name <> '' THEN clearance_internal.notice_empty_level(clearance_internal.require_level(name, audience, account)) END
$$;
COMMENT ON FUNCTION clearance_internal.changed_level IS
'internal: id of the level that a name means in an account; NULL keeps the current one, an empty name takes it away';

-- In one order, so that the same levels are always said by the same rows.
CREATE FUNCTION clearance_internal.open_level_ids(level text, levels text[], account bigint) RETURNS integer[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF level IS NOT NULL AND levels IS NOT NULL THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'open_level and open_levels are both given',
            HINT = 'Name one level, or all of them together.';
    ELSIF levels IS NULL THEN
        RETURN array_remove(ARRAY[clearance_internal.changed_level(NULL, level, NULL, account)], NULL);
    END IF;
    PERFORM clearance_internal.require_given('a level of open_levels', l) FROM unnest(levels) l;
    RETURN ARRAY(SELECT DISTINCT clearance_internal.changed_level(NULL, l, NULL, account) FROM unnest(levels) l ORDER BY 1);
END
$$;
COMMENT ON FUNCTION clearance_internal.open_level_ids IS
'internal: the levels that a project opens with: one, no one for NULL or an empty name, or several';

-- The first one is in the project's row.
CREATE FUNCTION clearance_internal.put_further_levels(project bigint, levels integer[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM clearance.project_open_level o WHERE o.project_id = put_further_levels.project AND o.level_id <> ALL (levels[2:]);
    INSERT INTO clearance.project_open_level (project_id, level_id)
    SELECT put_further_levels.project, l FROM unnest(levels[2:]) l
    ON CONFLICT ON CONSTRAINT project_opens_with_a_level_once DO NOTHING
$$;
COMMENT ON FUNCTION clearance_internal.put_further_levels IS
'internal: has an open project open with all but the first of these levels further, and with no others; its row is changed before, and held';

-- What one of the vendor's own people owns.
CREATE FUNCTION clearance_internal.require_may_own(m clearance.member, what text, name text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF m.kind <> 'vendor' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('member "%s" cannot own %s "%s"', clearance_internal.member_label(m), what, name),
            HINT = format('%ss are owned by members of the vendor''s team.', initcap(what));
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_may_own IS 'internal: refuses outsiders as owners of partners and projects';

CREATE FUNCTION clearance_internal.require_active(kind text, company text, active boolean) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT active THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('%s "%s" is disabled', kind, company),
            HINT = format('Call clearance.enable_%s() first.', kind);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_active IS 'internal: refuses a disabled partner or customer';

-- What an argument can say about an optional text: NULL keeps it, '' takes it away.
CREATE FUNCTION clearance_internal.changed_text(current text, value text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT nullif(coalesce(value, current), '') $$;
COMMENT ON FUNCTION clearance_internal.changed_text IS 'internal: a text as an argument leaves it';

-- ---------------------------------------------------------------------------
-- Accounts and roles
-- ---------------------------------------------------------------------------

-- An id that is another account's key cannot stand for one without a key: the next one is taken.
CREATE FUNCTION clearance.create_account(name text, key clearance.app_key DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    new_id bigint;
BEGIN
    PERFORM clearance_internal.require_operator('create accounts');
    PERFORM clearance_internal.require_given('name', create_account.name), clearance_internal.require_line('name', create_account.name),
            clearance_internal.require_line('key', create_account.key::text);
    WHILE new_id IS NULL LOOP
        IF EXISTS (SELECT FROM clearance.account a WHERE a.name = create_account.name OR coalesce(a.key, a.id::text) = create_account.key::text) THEN
            PERFORM clearance_internal.raise_known('account',
                concat('"' || create_account.name || '"', ' or its key "' || create_account.key::text || '"'), 'Table clearance.account');
        END IF;
        INSERT INTO clearance.account (name, key) VALUES (create_account.name, create_account.key::text)
        ON CONFLICT (coalesce(key, id::text)) DO NOTHING RETURNING id INTO new_id;
    END LOOP;
    RETURN new_id;
END
$$;
COMMENT ON FUNCTION clearance.create_account IS
'adds an organisation that runs projects; key: the application''s own tenant id';

CREATE FUNCTION clearance.set_account(
    account bigint,
    clearance.by_name DEFAULT 'by name',
    portal boolean DEFAULT NULL,
    default_external_level text DEFAULT NULL,
    active boolean DEFAULT NULL,
    ready_participants boolean DEFAULT NULL,
    published boolean DEFAULT NULL,
    act_as_writes boolean DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_account(account);
    IF active IS NOT NULL THEN
        PERFORM clearance_internal.require_operator('switch accounts on and off');
    END IF;
    IF portal IS NOT NULL THEN
        PERFORM clearance_internal.require_right('settings.manage_customer_portal_configuration', account);
    END IF;
    IF default_external_level IS NOT NULL OR ready_participants IS NOT NULL THEN
        PERFORM clearance_internal.require_right('settings.manage_partner_companies', account);
    END IF;
    IF published IS NOT NULL OR act_as_writes IS NOT NULL THEN
        PERFORM clearance_internal.require_right('settings.manage_account_preferences', account);
    END IF;
    UPDATE clearance.account a SET
        portal = coalesce(set_account.portal, a.portal),
        default_external_level_id =
            clearance_internal.changed_level(a.default_external_level_id, default_external_level, 'partner', a.id),
        active = coalesce(set_account.active, a.active),
        ready_participants = coalesce(set_account.ready_participants, a.ready_participants),
        published = coalesce(set_account.published, a.published),
        act_as_writes = coalesce(set_account.act_as_writes, a.act_as_writes)
    WHERE a.id = set_account.account;
END
$$;
COMMENT ON FUNCTION clearance.set_account IS
'changes an account; NULL leaves a property as it is, an empty default_external_level takes it away';

-- A role is no way around require_may_give().
CREATE FUNCTION clearance_internal.require_role_level(role text, level integer, available_to_partners boolean, account bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    l clearance.level;
BEGIN
    SELECT t.* INTO l FROM clearance.level t WHERE t.id = level;
    IF l.audience = 'customer' OR (available_to_partners AND l.name = 'account_admin') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('role "%s" cannot have level "%s"', role, l.name),
            HINT = 'A role has a vendor or partner level; account_admin is for the vendor''s team only.';
    ELSIF l.audience = 'vendor' THEN
        PERFORM clearance_internal.require_may_give(ARRAY[l.id], account);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_role_level IS
'internal: refuses a level that a role cannot have, or that the actor cannot give';

CREATE FUNCTION clearance_internal.require_free_role_name(name text, account bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_given('name', name), clearance_internal.require_line('name', name);
    -- a second role of a built-in name would make that name ambiguous
    IF EXISTS (SELECT FROM clearance.role r
               WHERE r.name = require_free_role_name.name AND (r.account_id = account OR r.built_in)) THEN
        RAISE duplicate_object USING
            MESSAGE = format('role "%s" is already known', name),
            HINT = 'Table clearance.role lists those that exist.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_free_role_name IS 'internal: refuses the name of a role that exists';

CREATE FUNCTION clearance.create_role(
    name text,
    available_to_partners boolean DEFAULT false,
    access_level text DEFAULT NULL,
    account bigint DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    of_account bigint := clearance_internal.default_account(account);
    level integer;
    new_id bigint;
BEGIN
    PERFORM clearance_internal.require_right('settings.manage_roles', of_account);
    PERFORM clearance_internal.require_given('available_to_partners', available_to_partners::text);
    level := clearance_internal.changed_level(NULL, access_level, NULL, of_account);
    PERFORM clearance_internal.require_free_role_name(name, of_account);
    PERFORM clearance_internal.require_role_level(name, level, available_to_partners, of_account);
    PERFORM clearance_internal.notice_unused_level(name, level, available_to_partners);
    INSERT INTO clearance.role (account_id, name, level_id, available_to_partners)
    VALUES (of_account, create_role.name, level, create_role.available_to_partners)
    RETURNING id INTO new_id;
    RETURN new_id;
END
$$;
COMMENT ON FUNCTION clearance.create_role IS
'adds a role to an account; its level is the default of holders of the level''s audience';

CREATE FUNCTION clearance.update_role(
    role text,
    available_to_partners boolean DEFAULT NULL,
    access_level text DEFAULT NULL,
    name text DEFAULT NULL,
    account bigint DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    of_account bigint := clearance_internal.default_account(account);
    r clearance.role;
    level integer;
    holder text;
BEGIN
    PERFORM clearance_internal.require_right('settings.manage_roles', of_account);
    r := clearance_internal.require_role(role, of_account);
    IF r.built_in THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('role "%s" is built in and cannot be changed', role);
    END IF;
    -- as require_partner_role() does
    UPDATE clearance.role t SET level_id = t.level_id WHERE t.id = r.id RETURNING t.* INTO r;
    PERFORM clearance_internal.require_role_level(role, r.level_id, false, of_account);
    level := clearance_internal.changed_level(r.level_id, access_level, NULL, of_account);
    PERFORM clearance_internal.require_role_level(role, level, coalesce(available_to_partners, r.available_to_partners), of_account);
    IF name IS NOT NULL AND name <> r.name THEN
        PERFORM clearance_internal.require_free_role_name(name, of_account),
                clearance_internal.require_not_mirrored('role', '{roles}', r.name, of_account);
    END IF;
    IF r.available_to_partners AND NOT available_to_partners THEN
        SELECT p.name INTO holder FROM clearance.partner_role pr JOIN clearance.partner p ON p.id = pr.partner_id
        WHERE pr.role_id = r.id ORDER BY p.name LIMIT 1;
        IF FOUND THEN
            RAISE object_in_use USING
                MESSAGE = format('role "%s" is selected for partner "%s"', role, holder),
                HINT = 'Take it from its partners with clearance.set_partner_roles() first.';
        END IF;
    END IF;
    UPDATE clearance.role t SET
        name = coalesce(update_role.name, t.name),
        level_id = level,
        available_to_partners = coalesce(update_role.available_to_partners, t.available_to_partners)
    WHERE t.id = r.id RETURNING t.* INTO r;
    -- a switch reaches as far as roles do
    PERFORM clearance_internal.require_may_give('{}', of_account, clearance_internal.switches_of(ARRAY(
        SELECT m.id FROM clearance.member_role mr JOIN clearance.member m ON m.id = mr.member_id WHERE mr.role_id = r.id AND m.kind = 'vendor')))
    WHERE access_level IS NOT NULL;
    PERFORM clearance_internal.notice_unused_level(r.name, r.level_id, r.available_to_partners);
END
$$;
COMMENT ON FUNCTION clearance.update_role IS
'changes a role of an account; NULL leaves a property as it is, an empty access_level takes the level away';
