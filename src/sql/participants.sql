-- ---------------------------------------------------------------------------
-- Members on projects. Several sources may say a membership: direct, a phase,
-- a mirrored table. Whoever may invite to a project may take off it as well.
-- ---------------------------------------------------------------------------

-- Whoever takes the company off the project waits; others who add its people do
-- not. Its memberships then go by their foreign key, which also sees those that
-- the snapshot of a REPEATABLE READ transaction does not.
CREATE FUNCTION clearance_internal.hold_company_on(p clearance.project, m clearance.member) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF m.kind = 'partner' THEN
        PERFORM FROM clearance.project_partner pp WHERE pp.project_id = p.id AND pp.partner_id = m.partner_id FOR KEY SHARE;
    ELSIF m.kind = 'customer' THEN
        PERFORM FROM clearance.project_customer pc WHERE pc.project_id = p.id AND pc.customer_id = m.customer_id FOR KEY SHARE;
    END IF;
    RETURN m.kind = 'vendor' OR FOUND;
END
$$;
COMMENT ON FUNCTION clearance_internal.hold_company_on IS
'internal: whether a member''s company is on the project; keeps it there until commit';

CREATE FUNCTION clearance_internal.require_company_on(p clearance.project, m clearance.member) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT clearance_internal.hold_company_on(p, m) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('the %s of member "%s" is not on project "%s"', m.kind, clearance_internal.member_label(m), p.key),
            HINT = format('Call clearance.add_%s_to_project() first.', m.kind);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_company_on IS
'internal: refuses an outsider whose company is not on the project, and keeps the company there until commit';

CREATE FUNCTION clearance_internal.require_ready(m clearance.member) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    missing text;
BEGIN
    IF m.kind <> 'partner' OR NOT (SELECT a.ready_participants FROM clearance.account a WHERE a.id = m.account_id) THEN
        RETURN;
    END IF;
    SELECT CASE WHEN m.status <> 'active' THEN 'is ' || m.status
                WHEN m.key IS NULL THEN 'has no user id'
                WHEN m.email IS NULL THEN 'has no e-mail address'
                WHEN r.member_id IS NULL THEN 'is no resource'
                WHEN NOT r.schedulable THEN 'is not schedulable'
                WHEN NOT EXISTS (SELECT FROM clearance.member_role mr WHERE mr.member_id = m.id) THEN 'has no role' END
    INTO missing
    FROM (SELECT) one LEFT JOIN clearance.resource r ON r.member_id = m.id;
    IF missing IS NOT NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('member "%s" %s', clearance_internal.member_label(m), missing),
            DETAIL = 'In this account partner members join projects as active users with e-mail address and role who are schedulable resources.',
            HINT = CASE WHEN m.key IS NULL OR m.email IS NULL THEN 'Who accepts an invitation has both; superusers can complete others in table clearance.member.'
                        ELSE 'See clearance.set_resource() and clearance.set_member_roles().' END;
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_ready IS
'internal: refuses a partner''s member who is not ready to take part, where the account asks for that';

CREATE FUNCTION clearance_internal.put_membership(
    p clearance.project,
    m clearance.member,
    access_level text DEFAULT NULL,
    starts_at timestamptz DEFAULT NULL,
    ends_at timestamptz DEFAULT NULL,
    owner boolean DEFAULT false,
    source text DEFAULT 'direct',
    through_phase boolean DEFAULT false,
    replaces boolean DEFAULT true
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    label text := clearance_internal.member_label(m);
BEGIN
    PERFORM clearance_internal.require_same_account(format('member "%s"', label), m.account_id, p.account_id);
    IF owner THEN
        PERFORM clearance_internal.require_may_own(m, 'project', p.key);
    END IF;
    PERFORM clearance_internal.require_company_on(p, m);
    PERFORM clearance_internal.require_ready(m);
    PERFORM clearance_internal.require_period(starts_at, ends_at);
    INSERT INTO clearance.project_member
        (account_id, project_id, member_id, source, through_phase, is_owner, level_id, starts_at, ends_at, partner_id, customer_id)
    VALUES (p.account_id, p.id, m.id, put_membership.source, put_membership.through_phase, owner,
            clearance_internal.changed_level(NULL, access_level, m.kind, p.account_id),
            coalesce(put_membership.starts_at, '-infinity'), coalesce(put_membership.ends_at, 'infinity'), m.partner_id, m.customer_id)
    ON CONFLICT ON CONSTRAINT membership_is_said_once_by_a_source DO UPDATE SET
        through_phase = EXCLUDED.through_phase, is_owner = EXCLUDED.is_owner, level_id = EXCLUDED.level_id,
        starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at, partner_id = EXCLUDED.partner_id, customer_id = EXCLUDED.customer_id
    WHERE replaces;
    IF NOT FOUND THEN
        RAISE serialization_failure USING
            MESSAGE = format('member "%s" was added to project "%s" at the same time', label, p.key),
            HINT = 'Try again.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.put_membership IS
'internal: writes what one source says about a membership; replaces: what it said before was judged, and may go';

-- ---------------------------------------------------------------------------
-- Who may
-- ---------------------------------------------------------------------------

-- Tables say what is theirs.
CREATE FUNCTION clearance_internal.require_no_mirror(source text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF starts_with(source, 'mirror:') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('source "%s" is one of mirrored tables', source),
            HINT = 'Sources that begin with mirror: are rows of tables and views; change those, or name another source.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_no_mirror IS 'internal: refuses sources that only mirrored tables and views are; NULL is fine';

CREATE FUNCTION clearance_internal.require_participant_right(p clearance.project, m clearance.member, partner_action text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_right(CASE m.kind WHEN 'vendor' THEN 'project.invite_team_members'
                                                WHEN 'customer' THEN 'project.invite_customer_team_members'
                                                ELSE partner_action END, p.account_id, p.key);
    IF EXISTS (SELECT FROM clearance.standing() s WHERE s.kind = 'partner' AND s.partner IS DISTINCT FROM m.partner_id) THEN
        PERFORM clearance_internal.raise_refusal('manages its own team only', 'The other one is of another company.', 'Ask the vendor.');
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_participant_right IS
'internal: refuses those who cannot invite this member to the project, or take it off';

-- What a membership permits is the vendor's to say: a partner, who invites its
-- own team, can neither set it nor shed it by ending the membership.
CREATE FUNCTION clearance_internal.require_no_terms(said clearance.project_member, plain boolean) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM clearance.standing() s WHERE s.kind <> 'vendor')
        AND NOT (plain AND said.level_id IS NULL AND said.through_phase IS NOT TRUE
                 AND coalesce(said.source, 'direct') = 'direct'
                 AND coalesce(said.starts_at, '-infinity') = '-infinity' AND coalesce(said.ends_at, 'infinity') = 'infinity') THEN
        PERFORM clearance_internal.raise_refusal('cannot set the terms of a membership',
            'Level, time, phase and source are the vendor''s to say, also where it has said them before.', 'Ask the vendor.');
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_no_terms IS
'internal: refuses outsiders where the terms of a membership are said, or were; plain: nothing is said now';

-- A level is given for a time, and for a longer one by whoever may give it.
CREATE FUNCTION clearance_internal.require_terms_right(p clearance.project, said clearance.project_member, level integer, owner boolean,
    starts_at timestamptz DEFAULT NULL, ends_at timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF level IS DISTINCT FROM said.level_id
        OR level IS NOT NULL AND (coalesce(starts_at, '-infinity') <> said.starts_at OR coalesce(ends_at, 'infinity') <> said.ends_at) THEN
        PERFORM clearance_internal.require_right('project.associate_permissions_to_team_member', p.account_id, p.key);
        PERFORM clearance_internal.require_may_give(ARRAY[l.id], p.account_id)
        FROM clearance.level l WHERE l.id = level AND l.audience = 'vendor';
    END IF;
    IF owner <> coalesce(said.is_owner, false) THEN
        PERFORM clearance_internal.require_right('project.change_owner', p.account_id, p.key);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_terms_right IS
'internal: refuses those who cannot change what a source said of a membership into this level, with its time, and ownership';

-- ---------------------------------------------------------------------------
-- What they do
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.add_member_to_project(
    project clearance.app_key,
    member bigint,
    access_level text DEFAULT NULL,
    clearance.by_name DEFAULT 'by name',
    starts_at timestamptz DEFAULT NULL,
    ends_at timestamptz DEFAULT NULL,
    owner boolean DEFAULT false,
    source text DEFAULT 'direct',
    through_phase boolean DEFAULT false
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance_internal.require_project(project);
    m clearance.member := clearance_internal.require_member(member, project);
    said clearance.project_member;
BEGIN
    PERFORM clearance_internal.require_participant_right(p, m, 'partner_team_member.invite');
    PERFORM clearance_internal.require_given('source', source), clearance_internal.require_line('source', source),
            clearance_internal.require_no_mirror(source), clearance_internal.require_given('owner', owner::text), clearance_internal.require_given('through_phase', through_phase::text);
    PERFORM clearance_internal.require_same_account(format('member "%s"', clearance_internal.member_label(m)), m.account_id, p.account_id);
    PERFORM clearance_internal.hold_company_on(p, m);
    SELECT pm.* INTO said FROM clearance.project_member pm
    WHERE pm.project_id = p.id AND pm.member_id = m.id
    ORDER BY (pm.source = add_member_to_project.source) DESC LIMIT 1
    FOR UPDATE;
    IF said.source <> source AND NOT EXISTS (SELECT FROM clearance.standing() s WHERE s.kind <> 'vendor') THEN
        said := NULL;       -- the vendor may add a source to others; a partner only where there is none
    END IF;
    PERFORM clearance_internal.require_no_terms(said,
        plain => num_nonnulls(access_level, starts_at, ends_at) = 0 AND source = 'direct' AND NOT through_phase);
    PERFORM clearance_internal.require_terms_right(p, said, clearance_internal.changed_level(NULL, access_level, m.kind, p.account_id), owner,
        starts_at, ends_at);
    PERFORM clearance_internal.put_membership(p, m, access_level, starts_at, ends_at, owner, source, through_phase,
        replaces => said.source = source OR clearance.is_operator());
END
$$;
COMMENT ON FUNCTION clearance.add_member_to_project IS
'invites a member to a project, from starts_at (inclusive) to ends_at (exclusive); the same source saying it again replaces what it said, other sources are untouched';

CREATE FUNCTION clearance_internal.raise_not_on_project(p clearance.project, m clearance.member, source text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE undefined_object USING
        MESSAGE = format('member "%s" is not on project "%s"', clearance_internal.member_label(m), p.key)
            || coalesce(' by source "' || source || '"', ''),
        HINT = 'Table clearance.project_member lists the members of each project and the sources that say so.';
END
$$;
COMMENT ON FUNCTION clearance_internal.raise_not_on_project IS
'internal: the error about a membership that nobody said';

CREATE FUNCTION clearance.update_member_on_project(
    project clearance.app_key,
    member bigint,
    access_level text DEFAULT NULL,
    clearance.by_name DEFAULT 'by name',
    starts_at timestamptz DEFAULT NULL,
    ends_at timestamptz DEFAULT NULL,
    source text DEFAULT 'direct'
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance_internal.require_project(project);
    m clearance.member := clearance_internal.require_member(member, project);
    said clearance.project_member;
    level integer;
BEGIN
    PERFORM clearance_internal.require_participant_right(p, m, 'partner_team_member.invite'), clearance_internal.require_no_mirror(source);
    SELECT pm.* INTO said FROM clearance.project_member pm
    WHERE pm.project_id = p.id AND pm.member_id = m.id AND pm.source = update_member_on_project.source
    FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM clearance_internal.raise_not_on_project(p, m, source);
    END IF;
    PERFORM clearance_internal.require_no_terms(said, plain => false);
    level := clearance_internal.changed_level(said.level_id, access_level, m.kind, p.account_id);
    PERFORM clearance_internal.require_period(coalesce(starts_at, said.starts_at), coalesce(ends_at, said.ends_at));
    PERFORM clearance_internal.require_terms_right(p, said, level, said.is_owner,
        coalesce(starts_at, said.starts_at), coalesce(ends_at, said.ends_at));
    UPDATE clearance.project_member pm SET
        level_id = level,
        starts_at = coalesce(update_member_on_project.starts_at, pm.starts_at),
        ends_at = coalesce(update_member_on_project.ends_at, pm.ends_at)
    WHERE pm.project_id = p.id AND pm.member_id = m.id AND pm.source = update_member_on_project.source;
END
$$;
COMMENT ON FUNCTION clearance.update_member_on_project IS
'changes with which level and when a member takes part in a project, by one source; NULL leaves it as it is, an empty access_level takes the level away';

CREATE FUNCTION clearance.remove_member_from_project(
    project clearance.app_key,
    member bigint,
    source text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance_internal.require_project(project);
    m clearance.member := clearance_internal.require_member(member, project);
    said clearance.project_member;
BEGIN
    PERFORM clearance_internal.require_participant_right(p, m, 'partner_team_member.remove'), clearance_internal.require_no_mirror(source);
    FOR said IN
        DELETE FROM clearance.project_member pm
        WHERE pm.project_id = p.id AND pm.member_id = m.id
          AND pm.source = coalesce(remove_member_from_project.source, pm.source)
        RETURNING pm.*
    LOOP
        PERFORM clearance_internal.require_no_terms(said, plain => true);
        PERFORM clearance_internal.require_terms_right(p, said, NULL, false);
    END LOOP;
    IF NOT FOUND THEN
        PERFORM clearance_internal.raise_not_on_project(p, m, source);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance.remove_member_from_project IS
'ends what one source says about a membership, or, without a source, the whole membership';

CREATE FUNCTION clearance.transfer_project(project clearance.app_key, owner bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance_internal.require_project(project);
    m clearance.member;
    said clearance.project_member;
BEGIN
    PERFORM clearance_internal.require_given('owner', owner::text);
    m := clearance_internal.require_member(owner, project);
    PERFORM clearance_internal.require_right('project.change_owner', p.account_id, project);
    PERFORM clearance_internal.require_same_account(format('member "%s"', clearance_internal.member_label(m)), m.account_id, p.account_id),
            clearance_internal.require_may_own(m, 'project', p.key);
    -- two transfers wait for each other: one owner remains
    UPDATE clearance.project t SET archived = t.archived WHERE t.id = p.id;
    UPDATE clearance.project_member pm SET is_owner = false
    WHERE pm.project_id = p.id AND pm.is_owner AND (pm.member_id, pm.source) <> (m.id, 'direct');
    UPDATE clearance.project_member pm SET is_owner = true
    WHERE pm.project_id = p.id AND pm.member_id = m.id AND pm.source = 'direct' RETURNING pm.* INTO said;
    IF NOT FOUND THEN
        PERFORM clearance_internal.put_membership(p, m, owner => true, replaces => false);
    ELSIF NOT clearance_internal.in_force(said.starts_at, said.ends_at, statement_timestamp()) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('member "%s" does not take part in project "%s" now', clearance_internal.member_label(m), p.key),
            DETAIL = 'What is said of its membership has ended, or has not begun; an owner''s would count no more than another''s.',
            HINT = 'Call clearance.update_member_on_project() first.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance.transfer_project IS
'makes a member of the vendor''s team the owner of a project; former owners stay members';

-- ---------------------------------------------------------------------------
-- Phases
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.add_participant(
    project clearance.app_key,
    phase text,
    member bigint,
    access_level text DEFAULT NULL,
    clearance.by_name DEFAULT 'by name',
    starts_at timestamptz DEFAULT NULL,
    ends_at timestamptz DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance_internal.require_project(project);
BEGIN
    PERFORM clearance_internal.require_right('project.invite_team_members', p.account_id, project);
    PERFORM clearance_internal.require_given('phase', phase), clearance_internal.require_line('phase', phase);
    PERFORM clearance.add_member_to_project(project, member, access_level, starts_at => starts_at, ends_at => ends_at,
        source => 'phase:' || phase, through_phase => true);
END
$$;
COMMENT ON FUNCTION clearance.add_participant IS
'has a member take part in a phase of a project, named by the application''s key of it; saying it again replaces level and time';

CREATE FUNCTION clearance.remove_participant(project clearance.app_key, phase text, member bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance_internal.require_project(project);
BEGIN
    PERFORM clearance_internal.require_right('project.invite_team_members', p.account_id, project);
    PERFORM clearance_internal.require_given('phase', phase);
    PERFORM clearance.remove_member_from_project(project, member, 'phase:' || phase);
END
$$;
COMMENT ON FUNCTION clearance.remove_participant IS
'ends a member''s part in a phase; what other phases and sources say stays';
