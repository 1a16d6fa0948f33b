-- What hand-written policies are made of.
-- The rule as one would write it down, for naive ones.
-- shared, assigned: conditions on the row; in assigned, m is the member.
CREATE FUNCTION bench.naive_rule(tab text, project text, shared text, assigned text) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN format($$EXISTS (
    SELECT FROM bench.member m
    WHERE m.id = current_setting('bench.member')::bigint
      AND (m.level IN ('account_admin', 'super_user')
        OR m.level = 'collaborator' AND EXISTS (
               SELECT FROM bench.project_member pm
               WHERE pm.project_id = %1$I.%2$I AND pm.member_id = m.id AND pm.starts_at <= now() AND now() < pm.ends_at)
        OR EXISTS (
               SELECT FROM bench.project_partner pp
               WHERE pp.project_id = %1$I.%2$I AND pp.partner_id = m.partner_id AND pp.starts_at <= now() AND now() < pp.ends_at)
           AND (m.partner_admin OR EXISTS (
               SELECT FROM bench.project_member pm
               WHERE pm.project_id = %1$I.%2$I AND pm.member_id = m.id AND pm.starts_at <= now() AND now() < pm.ends_at))
           AND (m.level = 'permissive'
             OR m.level = 'moderate' AND %3$s
             OR m.level = 'restricted' AND (%4$s))))$$,
    tab, project, shared, assigned);

-- Questions about the actor alone, for static and tuned ones.
CREATE FUNCTION bench.me() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN current_setting('bench.member')::bigint;

CREATE FUNCTION bench.sees_account() RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT m.level IN ('account_admin', 'super_user') FROM bench.member m WHERE m.id = bench.me());
END $$;

CREATE FUNCTION bench.sees_private() RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT m.level NOT IN ('moderate', 'restricted') FROM bench.member m WHERE m.id = bench.me());
END $$;

-- Projects of which the actor sees any row, shared rows, or assigned rows.
CREATE FUNCTION bench.projects(rows text) RETURNS bigint[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    me bench.member;
BEGIN
    SELECT * INTO me FROM bench.member m WHERE m.id = bench.me();
    IF rows <> (CASE me.level WHEN 'moderate' THEN 'shared' WHEN 'restricted' THEN 'assigned' ELSE 'any' END) THEN
        RETURN '{}';
    ELSIF me.partner_admin THEN
        RETURN ARRAY(
            SELECT pp.project_id FROM bench.project_partner pp
            WHERE pp.partner_id = me.partner_id AND pp.starts_at <= now() AND now() < pp.ends_at);
    ELSIF me.partner_id IS NOT NULL THEN
        RETURN ARRAY(
            SELECT pm.project_id
            FROM bench.project_member pm
            JOIN bench.project_partner pp ON pp.partner_id = me.partner_id AND pp.project_id = pm.project_id
            WHERE pm.member_id = me.id AND pm.starts_at <= now() AND now() < pm.ends_at
              AND pp.starts_at <= now() AND now() < pp.ends_at);
    END IF;
    RETURN ARRAY(
        SELECT pm.project_id FROM bench.project_member pm
        WHERE pm.member_id = me.id AND pm.starts_at <= now() AND now() < pm.ends_at);
END $$;
