-- ---------------------------------------------------------------------------
-- Invitations: people who join by a token
--
-- The token goes to the caller and into the outbox; the table knows its hash.
-- Whoever presents it, through the application, becomes the invited member.
-- ---------------------------------------------------------------------------

-- 32 bytes with at least 256 random bits, in a form that fits into addresses.
CREATE FUNCTION clearance_internal.new_token() RETURNS text
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT translate(encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
                            'base64'), '+/=', '-_')
$$;
COMMENT ON FUNCTION clearance_internal.new_token IS 'internal: an unguessable token';

CREATE FUNCTION clearance_internal.hash_token(token text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$ SELECT sha256(convert_to(token, 'UTF8')) $$;
COMMENT ON FUNCTION clearance_internal.hash_token IS 'internal: what is kept of a token';

CREATE FUNCTION clearance_internal.require_valid_for(valid_for interval) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_given('valid_for', valid_for::text);
    IF valid_for <= interval '0' OR valid_for > interval '1 year' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('valid_for is %s', valid_for),
            HINT = 'A token is valid for more than nothing, and for a year at most.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_valid_for IS 'internal: refuses a token that would never, or for ever, be valid';

-- One that is being sent is left to its sender.
CREATE FUNCTION clearance_internal.drop_invitation_mail(m clearance.member) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM clearance.outbox o
    WHERE o.id IN (SELECT w.id FROM clearance.outbox w
                   WHERE w.account_id = m.account_id AND w.kind = m.kind || '_invitation' AND lower(w.recipient) = lower(m.email) FOR UPDATE SKIP LOCKED)
$$;
COMMENT ON FUNCTION clearance_internal.drop_invitation_mail IS 'internal: takes mail out of the outbox whose token is void';

CREATE FUNCTION clearance_internal.put_invitation(m clearance.member, by_link boolean, valid_for interval) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    token text := clearance_internal.new_token();
    expires timestamptz := now() + valid_for;
BEGIN
    PERFORM clearance_internal.require_valid_for(valid_for);
    IF m.email IS NULL AND by_link IS NOT TRUE THEN
        RAISE null_value_not_allowed USING
            MESSAGE = format('member "%s" has no e-mail address', clearance_internal.member_label(m)),
            HINT = 'Pass by_link => true, and hand over the token yourself.';
    END IF;
    PERFORM clearance_internal.drop_invitation_mail(m) FROM clearance.invitation i WHERE i.member_id = m.id;
    INSERT INTO clearance.invitation (member_id, token_hash, invited_by, expires_at)
    VALUES (m.id, clearance_internal.hash_token(token), clearance.actor(), expires)
    ON CONFLICT ON CONSTRAINT invitation_is_the_members_only_one DO UPDATE SET
        token_hash = EXCLUDED.token_hash, invited_by = EXCLUDED.invited_by,
        sent_at = EXCLUDED.sent_at, expires_at = EXCLUDED.expires_at;
    IF by_link IS NOT TRUE THEN
        PERFORM clearance_internal.queue_mail(m.account_id, m.kind || '_invitation', m.email, jsonb_build_object(
            'token', token, 'expires_at', expires, 'name', m.name, 'admin', CASE WHEN m.kind = 'partner' THEN m.partner_admin END,
            'account', (SELECT a.name FROM clearance.account a WHERE a.id = m.account_id),
            'company', coalesce((SELECT p.name FROM clearance.partner p WHERE p.id = m.partner_id),
                                (SELECT c.name FROM clearance.customer c WHERE c.id = m.customer_id)),
            'invited_by', (SELECT clearance_internal.member_label(i) FROM clearance.member i WHERE i.id = clearance.actor())));
    END IF;
    RETURN token;
END
$$;
COMMENT ON FUNCTION clearance_internal.put_invitation IS
'internal: makes a member''s invitation, instead of an earlier one, and queues its mail; returns the token';

CREATE FUNCTION clearance.invite_partner_member(
    partner bigint,
    email text,
    role text DEFAULT NULL,
    clearance.by_name DEFAULT 'by name',
    admin boolean DEFAULT false,
    name text DEFAULT NULL,
    valid_for interval DEFAULT '7 days',
    OUT member bigint,
    OUT token text
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    company clearance.partner := clearance_internal.require_partner(partner);
    invited clearance.member;
BEGIN
    PERFORM clearance_internal.require_team_right(company);
    PERFORM clearance_internal.require_given('email', email);
    PERFORM clearance_internal.require_given('admin', admin::text);
    company := clearance_internal.hold_partner(company.id);
    PERFORM clearance_internal.require_active('partner', company.name, company.active);
    IF role IS NULL AND EXISTS (SELECT FROM clearance.partner_role pr WHERE pr.partner_id = company.id) THEN
        RAISE null_value_not_allowed USING
            MESSAGE = 'role is null',
            HINT = (SELECT format('Roles of partner "%s" are: %s.', company.name, string_agg(r.name, ', ' ORDER BY r.name))
                    FROM clearance.partner_role pr JOIN clearance.role r ON r.id = pr.role_id WHERE pr.partner_id = company.id);
    END IF;
    invited := clearance_internal.insert_member(company.account_id, email => email, name => name, partner => company.id,
        partner_admin => admin, status => 'invited', roles => array_remove(ARRAY[role], NULL));
    member := invited.id;
    token := clearance_internal.put_invitation(invited, false, valid_for);
END
$$;
COMMENT ON FUNCTION clearance.invite_partner_member IS
'invites somebody into a partner''s team, with a role and as admin or collaborator; uses a licence. The token is returned this once';

CREATE FUNCTION clearance.invite_customer_contact(
    customer bigint,
    email text,
    clearance.by_name DEFAULT 'by name',
    name text DEFAULT NULL,
    project clearance.app_key DEFAULT NULL,
    by_link boolean DEFAULT false,
    valid_for interval DEFAULT '14 days',
    OUT member bigint,
    OUT token text
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    company clearance.customer := clearance_internal.require_customer(customer);
    p clearance.project;
    invited clearance.member;
BEGIN
    IF project IS NOT NULL THEN
        p := clearance_internal.require_project(project);
    ELSIF NOT clearance.has_right('project.view', company.account_id) THEN
        PERFORM clearance_internal.raise_refusal('does not invite in the whole account', NULL,
            'Pass project => ..., a project of the customer''s whose team may invite.');
    END IF;
    PERFORM clearance_internal.require_right('project.invite_customer_team_members', company.account_id, project);
    PERFORM clearance_internal.require_given('email', email);
    SELECT c.* INTO company FROM clearance.customer c WHERE c.id = company.id FOR SHARE;
    PERFORM clearance_internal.require_active('customer', company.name, company.active);
    IF p.id IS NOT NULL AND NOT EXISTS (SELECT FROM clearance.project_customer pc
                                        WHERE pc.project_id = p.id AND pc.customer_id = company.id) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('customer "%s" is not on project "%s"', company.name, project),
            HINT = 'Call clearance.add_customer_to_project() first.';
    END IF;
    invited := clearance_internal.insert_member(company.account_id, email => email, name => name, customer => company.id, status => 'invited');
    member := invited.id;
    token := clearance_internal.put_invitation(invited, by_link, valid_for);
END
$$;
COMMENT ON FUNCTION clearance.invite_customer_contact IS
'invites a customer''s contact into the portal, by mail or by a link made from the token, which is returned this once; project: one whose team may invite';

CREATE FUNCTION clearance_internal.require_invitation_right(m clearance.member) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF m.kind <> 'customer' THEN
        PERFORM clearance_internal.require_member_right(m, team => true);
    ELSIF NOT EXISTS (SELECT FROM clearance.invitation i JOIN clearance.standing() s ON s.member = i.invited_by
                      WHERE i.member_id = m.id AND s.kind = 'vendor') THEN
        PERFORM clearance_internal.require_right('project.view', m.account_id);
        PERFORM clearance_internal.require_right('project.invite_customer_team_members', m.account_id);
    END IF;
    IF m.status <> 'invited' THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('member "%s" is %s, not invited', clearance_internal.member_label(m), m.status);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_invitation_right IS
'internal: refuses those who cannot send or withdraw this member''s invitation, and members who are not invited';

CREATE FUNCTION clearance_internal.hold_invited(member bigint) RETURNS clearance.member
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member := clearance_internal.require_member(member);
BEGIN
    PERFORM clearance_internal.require_invitation_right(m);
    -- whoever accepts meanwhile is waited for, and is invited no more
    SELECT t.* INTO m FROM clearance.member t WHERE t.id = m.id FOR UPDATE;
    PERFORM clearance_internal.require_invitation_right(m);
    RETURN m;
END
$$;
COMMENT ON FUNCTION clearance_internal.hold_invited IS
'internal: an invited member, locked, whose invitation the actor may send or withdraw';

CREATE FUNCTION clearance.resend_invitation(
    member bigint,
    by_link boolean DEFAULT false,
    valid_for interval DEFAULT '7 days'
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member := clearance_internal.hold_invited(member);
BEGIN
    -- whoever has the token becomes this member, so a partner's admin is asked as well
    PERFORM clearance_internal.require_may_manage(ARRAY[m.id], m.account_id);
    RETURN clearance_internal.put_invitation(m, by_link, valid_for);
END
$$;
COMMENT ON FUNCTION clearance.resend_invitation IS
'invites an invited member anew: the former token is void, the new one is returned this once';

CREATE FUNCTION clearance.withdraw_invitation(member bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member := clearance_internal.hold_invited(member);
BEGIN
    PERFORM clearance_internal.require_supervises_nobody(m);
    DELETE FROM clearance.member t WHERE t.id = m.id;
    PERFORM clearance_internal.drop_invitation_mail(m);
END
$$;
COMMENT ON FUNCTION clearance.withdraw_invitation IS
'ends an invitation: the token is void, the invited member is forgotten, its licence free';

CREATE FUNCTION clearance.accept_invitation(token text, key clearance.app_key, name text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    i clearance.invitation;
    m clearance.member;
    a clearance.account;
    company text;
    company_active boolean;
BEGIN
    PERFORM clearance_internal.require_given('token', token);
    PERFORM clearance_internal.require_given('key', key::text);
    SELECT t.* INTO i FROM clearance.invitation t WHERE t.token_hash = clearance_internal.hash_token(token);
    -- the company first, as everywhere; then the member, as who sends anew or withdraws
    PERFORM clearance_internal.hold_partner(t.partner_id) FROM clearance.member t WHERE t.id = i.member_id;
    SELECT t.* INTO m FROM clearance.member t WHERE t.id = i.member_id FOR UPDATE;
    IF NOT EXISTS (SELECT FROM clearance.invitation t WHERE t.token_hash = clearance_internal.hash_token(token)) THEN
        RAISE undefined_object USING
            MESSAGE = 'no open invitation has this token',
            DETAIL = 'It was accepted or withdrawn, was sent anew with another token, or never existed.',
            HINT = 'clearance.resend_invitation() makes a new token.';
    ELSIF i.expires_at <= now() THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('the invitation of "%s" expired', clearance_internal.member_label(m)),
            HINT = 'clearance.resend_invitation() makes a new token.';
    ELSIF m.status <> 'invited' THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('member "%s" is %s', clearance_internal.member_label(m), m.status),
            HINT = 'clearance.enable_member() makes it an invited one again.';
    END IF;
    name := nullif(name, '');
    PERFORM clearance_internal.require_identity(m.account_id, m.id, key::text, NULL, name), clearance_internal.require_free_key(m, key::text);
    UPDATE clearance.member t SET status = 'active', key = accept_invitation.key::text, name = coalesce(accept_invitation.name, t.name)
    WHERE t.id = m.id RETURNING t.* INTO m;
    PERFORM clearance_internal.check_licences(m.partner_id);
    PERFORM FROM clearance.customer c WHERE c.id = m.customer_id FOR SHARE;
    SELECT c.name, c.active INTO company, company_active
    FROM (SELECT p.name, p.active FROM clearance.partner p WHERE p.id = m.partner_id
          UNION ALL
          SELECT x.name, x.active FROM clearance.customer x WHERE x.id = m.customer_id) c;
    PERFORM clearance_internal.require_active(m.kind, company, company_active);
    DELETE FROM clearance.invitation t WHERE t.member_id = m.id;
    PERFORM clearance_internal.drop_invitation_mail(m);
    SELECT t.* INTO a FROM clearance.account t WHERE t.id = m.account_id;
    IF a.published AND m.email IS NOT NULL THEN
        PERFORM clearance_internal.queue_mail(a.id, 'welcome', m.email,
            jsonb_build_object('name', m.name, 'account', a.name, 'company', company));
    END IF;
    RETURN m.id;
END
$$;
COMMENT ON FUNCTION clearance.accept_invitation IS
'makes the invited member whose token this is active, under the application''s user id; works once. For trusted roles, which know who logged in: see trust_role()';

CREATE VIEW clearance.invitations WITH (security_barrier) AS
    SELECT i.member_id, m.account_id, m.email, m.name, m.kind,
        m.partner_id, m.customer_id, coalesce(p.name, c.name) AS company,
        ARRAY(SELECT r.name FROM clearance.member_role mr JOIN clearance.role r ON r.id = mr.role_id
              WHERE mr.member_id = m.id ORDER BY r.name) AS roles,
        m.partner_admin, i.invited_by, i.sent_at, i.expires_at, i.expires_at <= statement_timestamp() AS expired
    FROM clearance.invitation i
    JOIN clearance.member m ON m.id = i.member_id
    LEFT JOIN clearance.partner p ON p.id = m.partner_id
    LEFT JOIN clearance.customer c ON c.id = m.customer_id
    WHERE (SELECT clearance.is_operator())
       OR m.account_id = (SELECT s.account FROM clearance.standing() s WHERE s.kind = 'vendor')
       OR m.partner_id = (SELECT s.partner FROM clearance.standing() s)
    OFFSET 0;
COMMENT ON VIEW clearance.invitations IS
'open invitations: to operators all, to the vendor''s team those of its account, to a partner''s members those of their company';
COMMENT ON COLUMN clearance.invitations.member_id IS 'the invited member';
COMMENT ON COLUMN clearance.invitations.account_id IS 'the account';
COMMENT ON COLUMN clearance.invitations.email IS 'e-mail address of the invited person';
COMMENT ON COLUMN clearance.invitations.name IS 'name of the invited person; NULL: unknown';
COMMENT ON COLUMN clearance.invitations.kind IS 'vendor, partner or customer';
COMMENT ON COLUMN clearance.invitations.partner_id IS 'the partner whose team it joins; NULL: it joins none';
COMMENT ON COLUMN clearance.invitations.customer_id IS 'the customer whose contact it becomes; NULL: it becomes none';
COMMENT ON COLUMN clearance.invitations.company IS 'name of the partner or customer; NULL: it joins the vendor''s team';
COMMENT ON COLUMN clearance.invitations.roles IS 'roles it will hold';
COMMENT ON COLUMN clearance.invitations.partner_admin IS 'it will be an admin of the partner';
COMMENT ON COLUMN clearance.invitations.invited_by IS 'who invited; NULL: an operator, or somebody who is gone';
COMMENT ON COLUMN clearance.invitations.sent_at IS 'when it was sent, last';
COMMENT ON COLUMN clearance.invitations.expires_at IS 'first moment at which it cannot be accepted any more';
COMMENT ON COLUMN clearance.invitations.expired IS 'it cannot be accepted any more';
