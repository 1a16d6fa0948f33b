-- The same rule by hand and declared. Hand-written policies begin with the account.
CREATE FUNCTION bench.my_account() RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT m.account_id FROM bench.member m WHERE m.id = bench.me());
END $$;
-- for an arm of an OR that an index answers: the account of whoever sees all of it
CREATE FUNCTION bench.whole_account() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN bench.sees_account() THEN bench.my_account() END;

SELECT format($$
ALTER TABLE naive.%1$I ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON naive.%1$I USING (
    account_id = (SELECT m.account_id FROM bench.member m WHERE m.id = current_setting('bench.member')::bigint) AND %2$s);
ALTER TABLE static.%1$I ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON static.%1$I TO bench_static USING (
    account_id = (SELECT bench.my_account()) AND (
        (SELECT bench.sees_account())
        OR %3$I = ANY ((SELECT bench.projects('any'))::bigint[])
        OR %3$I = ANY ((SELECT bench.projects('shared'))::bigint[]) AND %4$s
        OR %3$I = ANY ((SELECT bench.projects('assigned'))::bigint[]) AND %5$s));
CREATE POLICY tuned ON static.%1$I TO bench_tuned USING (
    account_id = (SELECT bench.whole_account())
    OR %3$I = ANY ((SELECT bench.projects('any'))::bigint[])
    OR %3$I = ANY ((SELECT bench.projects('shared'))::bigint[]) AND %4$s
    OR %6$s AND %3$I = ANY ((SELECT bench.projects('assigned'))::bigint[]))$$,
    tab, bench.naive_rule(tab, project, shared, naive), project, shared, static, static)
FROM (VALUES
    ('project', 'id',         'true',           'true',                 'true'),
    ('task',    'project_id', 'NOT is_private', 'assignee_id = m.id',   'assignee_id = (SELECT bench.me())'),
    ('parted',  'project_id', 'NOT is_private', 'assignee_id = m.id',   'assignee_id = (SELECT bench.me())'),
    ('item',    'project_id', 'NOT is_private', 'assignee_id = m.id',   'assignee_id = (SELECT bench.me())')) AS t (tab, project, shared, naive, static)
\gexec

\o /dev/null
SELECT clearance.protect('protected.project', 'project', project => 'id', account => 'account_id', visibility => 'is_private', shared_values => '{false}');
SELECT clearance.protect(t, 'task', project => 'project_id', account => 'account_id', visibility => 'is_private', shared_values => '{false}'),
       clearance.relate(t, 'assigned', member_column => 'assignee_id')
FROM unnest('{protected.task,protected.parted,protected.item}'::regclass[]) AS t;
SELECT clearance.map_role('bench_fixed', member => 1604), clearance.map_role('bench_fixed_admin', member => 1601),
       clearance.map_role('bench_setting', setting => 'request.jwt.claims', claim => 'sub');
\o
