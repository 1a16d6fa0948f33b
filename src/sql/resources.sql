-- ---------------------------------------------------------------------------
-- Resources: people who can be scheduled. The vendor says who is one and who
-- supervises it; skills and availability are its own to say.
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance_internal.require_resource(m clearance.member) RETURNS clearance.resource
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    r clearance.resource;
BEGIN
    -- rewritten, so that what depends on its capacity waits, or fails
    UPDATE clearance.resource t SET weekly_hours = t.weekly_hours WHERE t.member_id = m.id RETURNING t.* INTO r;
    IF NOT FOUND THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('member "%s" is no resource', clearance_internal.member_label(m)),
            HINT = 'Call clearance.set_resource() first.';
    END IF;
    RETURN r;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_resource IS 'internal: a member''s resource, held until commit, or an error';

CREATE FUNCTION clearance_internal.require_may_supervise(boss clearance.member, m clearance.member) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF m.kind = 'customer' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('contact "%s" of a customer cannot be a resource', clearance_internal.member_label(m));
    ELSIF boss.id = m.id OR boss.kind = 'customer' OR (boss.kind = 'partner' AND boss.partner_id IS DISTINCT FROM m.partner_id) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('member "%s" cannot supervise member "%s"', clearance_internal.member_label(boss), clearance_internal.member_label(m)),
            HINT = 'Supervisors are other members of the vendor''s team or of the same company.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_may_supervise IS 'internal: refuses a supervisor whom the member cannot have';

CREATE FUNCTION clearance.set_resource(member bigint, supervisor bigint, schedulable boolean DEFAULT true) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member := clearance_internal.require_member(member);
    boss clearance.member;
BEGIN
    PERFORM clearance_internal.require_right('settings.manage_team_members', m.account_id);
    PERFORM clearance_internal.require_may_manage(ARRAY[m.id], m.account_id);       -- supervisors may see what is theirs
    PERFORM clearance_internal.require_given('supervisor', supervisor::text), clearance_internal.require_given('schedulable', schedulable::text);
    boss := clearance_internal.require_member(supervisor);
    PERFORM clearance_internal.require_same_account(format('member "%s"', clearance_internal.member_label(boss)), boss.account_id, m.account_id);
    PERFORM clearance_internal.require_may_supervise(boss, m);
    INSERT INTO clearance.resource AS r (account_id, member_id, supervisor_id, schedulable)
    VALUES (m.account_id, m.id, boss.id, set_resource.schedulable)
    ON CONFLICT ON CONSTRAINT resource_is_one_member DO UPDATE SET
        supervisor_id = EXCLUDED.supervisor_id, schedulable = EXCLUDED.schedulable;
END
$$;
COMMENT ON FUNCTION clearance.set_resource IS
'makes a member of the vendor''s or a partner''s team a resource with this supervisor, or changes that; its profile stays';

CREATE FUNCTION clearance.update_profile(
    skills text[] DEFAULT NULL,
    weekly_hours numeric DEFAULT NULL,
    available_from date DEFAULT NULL,
    available_until date DEFAULT NULL,
    member bigint DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member;
    own clearance.resource;
BEGIN
    PERFORM clearance_internal.require_actor();
    IF member IS NULL AND clearance.actor() IS NULL THEN
        PERFORM clearance_internal.require_given('member', NULL);
    END IF;
    m := clearance_internal.require_member(coalesce(member, clearance.actor()));
    IF NOT EXISTS (SELECT FROM clearance.standing() s WHERE s.member = m.id) THEN
        PERFORM clearance_internal.require_right('skill.edit_values', m.account_id);
    END IF;
    own := clearance_internal.require_resource(m);
    IF NOT weekly_hours BETWEEN 0 AND 168 THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('weekly_hours is %s', weekly_hours),
            HINT = 'A week has 168 hours.';
    ELSIF coalesce(available_from, own.available_from) > coalesce(available_until, own.available_until) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('available_until %s is before available_from %s', coalesce(available_until, own.available_until),
                             coalesce(available_from, own.available_from)),
            HINT = 'NULL leaves a day as it is; ''-infinity'' and ''infinity'' stand for none.';
    ELSIF EXISTS (SELECT FROM unnest(skills) s WHERE coalesce(s, '') = '') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'a skill is blank';
    END IF;
    UPDATE clearance.resource r SET
        skills = coalesce(update_profile.skills, r.skills),
        weekly_hours = coalesce(update_profile.weekly_hours, r.weekly_hours),
        available_from = coalesce(update_profile.available_from, r.available_from),
        available_until = coalesce(update_profile.available_until, r.available_until)
    WHERE r.member_id = own.member_id;
END
$$;
COMMENT ON FUNCTION clearance.update_profile IS
'changes the actor''s own profile, or another''s for those who may edit skills in the account; NULL leaves a property as it is';

CREATE FUNCTION clearance.supervises(member_key clearance.app_key) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM clearance.standing() s
                   JOIN clearance.resource r ON r.supervisor_id = s.member
                   JOIN clearance.member m ON m.id = r.member_id
                   WHERE m.key = member_key::text)
$$;
COMMENT ON FUNCTION clearance.supervises IS
'whether the actor supervises the member with this key: it is who approves its timesheets';

CREATE FUNCTION clearance.may_track_time() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT s.kind = 'vendor'
                         OR EXISTS (SELECT FROM clearance.partner p WHERE p.id = s.partner AND p.can_track_time)
                     FROM clearance.standing() s), false)
$$;
COMMENT ON FUNCTION clearance.may_track_time IS
'whether the actor may track time, take time off and use holiday calendars: the vendor''s team, and partners that are enabled for it';

-- ---------------------------------------------------------------------------
-- Allocations
-- ---------------------------------------------------------------------------

-- The fullest day is the first of some allocation, or of the new one.
CREATE FUNCTION clearance_internal.allocated_hours(member bigint, starts_on date, ends_on date) RETURNS numeric
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH a AS (
        SELECT t.* FROM clearance.allocation t
        WHERE t.member_id = member AND t.starts_on <= allocated_hours.ends_on AND t.ends_on >= allocated_hours.starts_on
    )
    SELECT coalesce(max(d.hours), 0)
    FROM (SELECT (SELECT sum(a.weekly_hours) FROM a WHERE a.starts_on <= day.day AND a.ends_on >= day.day) AS hours
          FROM (SELECT allocated_hours.starts_on AS day
                UNION
                SELECT a.starts_on FROM a WHERE a.starts_on > allocated_hours.starts_on) day) d
$$;
COMMENT ON FUNCTION clearance_internal.allocated_hours IS
'internal: hours a week for which a resource is allocated on its fullest day of a period';

CREATE FUNCTION clearance.allocate(
    project clearance.app_key,
    member bigint,
    starts_on date,
    ends_on date,
    weekly_hours numeric
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project := clearance_internal.require_project(project);
    m clearance.member := clearance_internal.require_member(member, project);
    r clearance.resource;
    taken numeric;
    new_id bigint;
BEGIN
    PERFORM clearance_internal.require_right('resource_management.manage_allocations', p.account_id, project);
    PERFORM clearance_internal.require_given('starts_on', starts_on::text), clearance_internal.require_given('ends_on', ends_on::text),
            clearance_internal.require_given('weekly_hours', weekly_hours::text);
    PERFORM clearance_internal.require_same_account(format('member "%s"', clearance_internal.member_label(m)), m.account_id, p.account_id);
    r := clearance_internal.require_resource(m);
    IF starts_on > ends_on THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('ends_on %s is before starts_on %s', ends_on, starts_on),
            HINT = 'They are the last and the first day.';
    ELSIF NOT weekly_hours BETWEEN 0.01 AND 168 THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('weekly_hours is %s', weekly_hours),
            HINT = 'An allocation is of some hours, of 168 at most.';
    END IF;
    IF NOT r.schedulable OR starts_on < r.available_from OR ends_on > r.available_until THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('member "%s" is not available from %s to %s', clearance_internal.member_label(m), starts_on, ends_on),
            HINT = 'View clearance.resources tells who is schedulable and when.';
    END IF;
    taken := clearance_internal.allocated_hours(m.id, starts_on, ends_on);
    IF taken + weekly_hours > r.weekly_hours THEN
        RAISE configuration_limit_exceeded USING
            MESSAGE = format('member "%s" would be allocated for %s of its %s hours a week',
                             clearance_internal.member_label(m), taken + weekly_hours, r.weekly_hours),
            HINT = 'View clearance.allocations lists its allocations.';
    END IF;
    INSERT INTO clearance.allocation AS a (account_id, project_id, member_id, starts_on, ends_on, weekly_hours)
    VALUES (p.account_id, p.id, m.id, allocate.starts_on, allocate.ends_on, allocate.weekly_hours)
    RETURNING a.id INTO new_id;
    RETURN new_id;
END
$$;
COMMENT ON FUNCTION clearance.allocate IS
'plans a resource for a project, from a day to a day (both inclusive), within its capacity';

CREATE FUNCTION clearance.remove_allocation(allocation bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    planned record;
BEGIN
    PERFORM clearance_internal.require_actor();
    SELECT p.account_id, p.key INTO planned
    FROM clearance.allocation a JOIN clearance.project p ON p.id = a.project_id
    WHERE a.id = allocation AND (a.member_id = clearance.actor()
                                 OR clearance.has_right('resource_management.view_allocations', p.account_id, p.key));
    IF NOT FOUND THEN
        PERFORM clearance_internal.raise_unknown('allocation', 'with id ' || allocation, 'View clearance.allocations');
    END IF;
    PERFORM clearance_internal.require_right('resource_management.manage_allocations', planned.account_id, planned.key);
    DELETE FROM clearance.allocation a WHERE a.id = allocation;
END
$$;
COMMENT ON FUNCTION clearance.remove_allocation IS 'ends an allocation';

-- ---------------------------------------------------------------------------
-- What the actor sees of them
-- ---------------------------------------------------------------------------

CREATE VIEW clearance.resources WITH (security_barrier) AS
    SELECT r.member_id, r.account_id, m.key, m.name, m.kind, m.partner_id,
        ARRAY(SELECT t.name FROM clearance.member_role mr JOIN clearance.role t ON t.id = mr.role_id
              WHERE mr.member_id = m.id ORDER BY t.name) AS roles,
        r.supervisor_id, r.schedulable, r.skills, r.weekly_hours, r.available_from, r.available_until
    FROM clearance.resource r
    JOIN clearance.member m ON m.id = r.member_id
    WHERE r.account_id IN (SELECT clearance.accounts_with('skill.view_values'))
       OR (SELECT s.member FROM clearance.standing() s) IN (r.member_id, r.supervisor_id)
       OR m.partner_id = (SELECT s.partner FROM clearance.standing() s)
    OFFSET 0;
COMMENT ON VIEW clearance.resources IS
'resources with their profiles: to operators all, to members who may view skills those of the account, to others themselves, whom they supervise and their partner''s';
COMMENT ON COLUMN clearance.resources.member_id IS 'the member';
COMMENT ON COLUMN clearance.resources.account_id IS 'the account';
COMMENT ON COLUMN clearance.resources.key IS 'the application''s user id; NULL: not known yet';
COMMENT ON COLUMN clearance.resources.name IS 'name of the person; NULL: unknown';
COMMENT ON COLUMN clearance.resources.kind IS 'vendor or partner';
COMMENT ON COLUMN clearance.resources.partner_id IS 'the partner company; NULL: it is of the vendor''s team';
COMMENT ON COLUMN clearance.resources.roles IS 'job roles';
COMMENT ON COLUMN clearance.resources.supervisor_id IS 'who approves its timesheets';
COMMENT ON COLUMN clearance.resources.schedulable IS 'may be scheduled';
COMMENT ON COLUMN clearance.resources.skills IS 'what it can do';
COMMENT ON COLUMN clearance.resources.weekly_hours IS 'capacity in hours a week';
COMMENT ON COLUMN clearance.resources.available_from IS 'first day it is available; -infinity: it always was';
COMMENT ON COLUMN clearance.resources.available_until IS 'last day it is available; infinity: no end is known';

CREATE VIEW clearance.allocations WITH (security_barrier) AS
    SELECT a.id, a.account_id, p.key AS project, a.member_id, m.key AS member_key, m.name, m.partner_id,
        a.starts_on, a.ends_on, a.weekly_hours, r.weekly_hours AS capacity
    FROM clearance.allocation a
    JOIN clearance.project p ON p.id = a.project_id
    JOIN clearance.member m ON m.id = a.member_id
    JOIN clearance.resource r ON r.member_id = a.member_id
    WHERE a.project_id IN (SELECT clearance.projects_with('resource_management.view_allocations'))
       OR a.member_id = (SELECT s.member FROM clearance.standing() s)
    OFFSET 0;
COMMENT ON VIEW clearance.allocations IS
'allocations: to operators all, to members those of projects where they may view allocations, and their own';
COMMENT ON COLUMN clearance.allocations.id IS 'id that remove_allocation() takes';
COMMENT ON COLUMN clearance.allocations.account_id IS 'the account';
COMMENT ON COLUMN clearance.allocations.project IS 'the application''s project id as text';
COMMENT ON COLUMN clearance.allocations.member_id IS 'the resource';
COMMENT ON COLUMN clearance.allocations.member_key IS 'the application''s user id; NULL: not known yet';
COMMENT ON COLUMN clearance.allocations.name IS 'name of the person; NULL: unknown';
COMMENT ON COLUMN clearance.allocations.partner_id IS 'the partner company; NULL: it is of the vendor''s team';
COMMENT ON COLUMN clearance.allocations.starts_on IS 'first day';
COMMENT ON COLUMN clearance.allocations.ends_on IS 'last day';
COMMENT ON COLUMN clearance.allocations.weekly_hours IS 'hours a week that the project has of it';
COMMENT ON COLUMN clearance.allocations.capacity IS 'hours a week that the resource has for all projects';
