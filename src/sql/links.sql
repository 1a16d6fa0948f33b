-- ---------------------------------------------------------------------------
-- Links: a customer's contact reaches one thing, such as a sign-off that was
-- sent, without logging in.
--
-- A link says who acts and on what, and no more: the application follows it,
-- and the rule judges what the contact then does as it does in the portal.
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.create_link(
    project clearance.app_key,
    member bigint,
    subject text,
    valid_for interval DEFAULT '30 days'
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance_internal.require_project(project);
    m clearance.member := clearance_internal.require_member(member, project);
    token text := clearance_internal.new_token();
BEGIN
    PERFORM clearance_internal.require_right('sign_off.send', p.account_id, project);
    PERFORM clearance_internal.require_given('subject', subject);
    PERFORM clearance_internal.require_valid_for(valid_for);
    PERFORM clearance_internal.require_same_account(format('member "%s"', clearance_internal.member_label(m)), m.account_id, p.account_id);
    IF m.kind <> 'customer' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('member "%s" is no customer''s contact', clearance_internal.member_label(m)),
            HINT = 'Links are for contacts; others log in.';
    END IF;
    PERFORM clearance_internal.require_company_on(p, m);
    INSERT INTO clearance.link (token_hash, account_id, project_id, member_id, subject, expires_at)
    VALUES (clearance_internal.hash_token(token), p.account_id, p.id, m.id, create_link.subject, now() + valid_for);
    RETURN token;
END
$$;
COMMENT ON FUNCTION clearance.create_link IS
'makes a link for a customer''s contact to something in a project, named in the application''s words; returns its token this once';

CREATE FUNCTION clearance.follow_link(token text, OUT member bigint, OUT project text, OUT subject text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT l.member_id, p.key, l.subject INTO member, project, subject
    FROM clearance.link l JOIN clearance.project p ON p.id = l.project_id
    WHERE l.token_hash = clearance_internal.hash_token(token) AND l.expires_at > now();
    IF NOT FOUND THEN
        RAISE undefined_object USING
            MESSAGE = 'the link leads nowhere',
            DETAIL = 'It expired, was withdrawn, or never existed.',
            HINT = 'clearance.create_link() makes a new one.';
    END IF;
    PERFORM clearance.set_actor(id => member);
END
$$;
COMMENT ON FUNCTION clearance.follow_link IS
'acts as the contact whose link this is, until the transaction ends; returns what the link is about, to which the application keeps the contact. For trusted roles: see trust_role()';

CREATE FUNCTION clearance.withdraw_links(project clearance.app_key, subject text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance_internal.require_project(project);
BEGIN
    PERFORM clearance_internal.require_right('sign_off.send', p.account_id, project);
    PERFORM clearance_internal.require_given('subject', subject);
    DELETE FROM clearance.link l WHERE l.project_id = p.id AND l.subject = withdraw_links.subject;
END
$$;
COMMENT ON FUNCTION clearance.withdraw_links IS
'ends every link to something in a project; without any, does nothing';
