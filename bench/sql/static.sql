-- Static: policies as the guides for row security recommend them. What depends
-- on the actor alone is asked once a statement, in functions wrapped in
-- sub-selects, so that a row costs comparisons only. PL/pgSQL, because it keeps
-- the plans of its queries from statement to statement.
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

SELECT format($$ALTER TABLE static.%1$I ENABLE ROW LEVEL SECURITY;
    CREATE POLICY visible ON static.%1$I TO bench_static USING (
        (SELECT bench.sees_account())
        OR %2$I = ANY ((SELECT bench.projects('any'))::bigint[])
        OR %2$I = ANY ((SELECT bench.projects('shared'))::bigint[]) AND %3$s
        OR %2$I = ANY ((SELECT bench.projects('assigned'))::bigint[]) AND (%4$s))$$, tab, project, shared, assigned)
FROM (VALUES
    ('project',   'id',         'true',           'true'),
    ('phase',     'project_id', 'NOT is_private', 'id = ANY (ARRAY(SELECT phase_id FROM static.task WHERE assignee_id = (SELECT bench.me())))'),
    ('task',      'project_id', 'NOT is_private',
     'assignee_id = (SELECT bench.me()) OR id = ANY (ARRAY(SELECT task_id FROM static.task_assignee WHERE member_id = (SELECT bench.me())))'),
    ('milestone', 'project_id', 'NOT is_private', 'assignee_id = (SELECT bench.me())'),
    ('raid_item', 'project_id', 'NOT is_private',
     'id = ANY (ARRAY(SELECT raid_id FROM static.raid_assignee WHERE member_id = (SELECT bench.me())))'),
    ('document',  'project_id', 'NOT is_private', 'false'),
    ('grown',     'project_id', 'NOT is_private', 'false')) AS t (tab, project, shared, assigned)
\gexec

ALTER TABLE static.document_comment ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON static.document_comment TO bench_static USING (
    document_id IN (SELECT id FROM static.document) AND (NOT is_private OR (SELECT bench.sees_private())));

ALTER TABLE static.task_comment ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON static.task_comment TO bench_static, bench_tuned USING (task_id IN (SELECT id FROM static.task));
