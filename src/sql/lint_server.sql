-- ---------------------------------------------------------------------------
-- Findings about the server, and what its settings tell of rows.
-- ---------------------------------------------------------------------------

-- What the extension's owner may not know is a finding too.
CREATE FUNCTION clearance_internal.lint_not_preloaded(libraries text DEFAULT NULL) RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'error', 'server',
           CASE WHEN s.found IS NULL THEN 'whether pg_clearance is preloaded cannot be told: the extension''s owner may not read settings'
                ELSE 'pg_clearance is not preloaded: sessions load it with their first query, and until then nothing of it holds but the policies' END,
           'ALTER SYSTEM SET shared_preload_libraries = pg_clearance; -- beside what is there, and restart'
    FROM (SELECT coalesce(libraries, string_agg(p.setting, ',')) AS found FROM pg_settings p
          WHERE p.name IN ('shared_preload_libraries', 'session_preload_libraries')) s
    WHERE coalesce(s.found, '') !~ E'\\mpg_clearance\\M'
$$;
COMMENT ON FUNCTION clearance_internal.lint_not_preloaded IS 'finding: the library is not preloaded; libraries: others than those that the server preloads';

CREATE FUNCTION clearance_internal.lint_old_minor(version integer DEFAULT NULL) RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', 'server', 'releases of PostgreSQL before 15.20, 16.16, 17.12 and 18.6 show some queries rows that policies hide',
           '-- update the server to the latest minor release'
    FROM (SELECT coalesce(version, current_setting('server_version_num')::integer)) AS s (version)
    WHERE s.version < 150020 OR s.version BETWEEN 160000 AND 160015 OR s.version BETWEEN 170000 AND 170011 OR s.version BETWEEN 180000 AND 180005
$$;
COMMENT ON FUNCTION clearance_internal.lint_old_minor IS 'finding: a minor release with holes in row security; version: another than the server''s, as server_version_num';

CREATE FUNCTION clearance_internal.lint_extension_behind() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', 'extension pg_clearance', format('it is of version %s, and %s is installed', e.extversion, v.default_version),
           'ALTER EXTENSION pg_clearance UPDATE;'
    FROM pg_extension e JOIN pg_available_extensions v ON v.name = e.extname
    WHERE e.extname = 'pg_clearance' AND v.default_version <> e.extversion
    UNION ALL
    -- an upgrade makes no triggers, which would wait for writers
    SELECT DISTINCT 'warning', t.relation::text, 'what triggers of the application change in its rows is not followed: it has the triggers of an earlier version',
           format('SELECT clearance.repair(%L);', t.relation)
    FROM (SELECT m.relation, m.relation, '0_clearance_mirror_change' FROM clearance.mirror m
          UNION ALL
          SELECT b.relation, p.tab, '00_clearance_project_key' FROM clearance.binding b CROSS JOIN LATERAL clearance_internal.table_tree(b.relation) AS p (tab)
          WHERE b.feature = 'project' AND NOT b.link_only) AS t (relation, tab, trig)
    JOIN pg_class c ON c.oid = t.tab AND c.relkind = 'r'
    WHERE NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.tab AND g.tgname = t.trig)
$$;
COMMENT ON FUNCTION clearance_internal.lint_extension_behind IS 'finding: a newer version is installed, or triggers are those of an earlier one';

-- Settings that hold for a database, a role or both.
CREATE FUNCTION clearance_internal.lint_settings() RETURNS TABLE (place text, name text, value text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'server', s.name, s.setting FROM pg_settings s
    UNION ALL
    SELECT concat_ws(' in ', CASE WHEN d.setrole <> 0 THEN 'role ' || quote_ident(pg_get_userbyid(d.setrole)) END,
                     CASE WHEN d.setdatabase <> 0 THEN 'database ' || quote_ident(current_database()) END),
           split_part(c.c, '=', 1), substr(c.c, strpos(c.c, '=') + 1)
    FROM pg_db_role_setting d CROSS JOIN LATERAL unnest(d.setconfig) AS c (c)
    WHERE d.setdatabase IN (0, (SELECT b.oid FROM pg_database b WHERE b.datname = current_database()))
$$;
COMMENT ON FUNCTION clearance_internal.lint_settings IS 'settings of the server, and those of roles and of this database';

CREATE FUNCTION clearance_internal.lint_weakening_setting() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'error', format('%s of %s', s.name, s.place),
           CASE s.name WHEN 'row_security' THEN 'its queries of protected tables are errors, and dumps that others restore hold what they should not'
                       WHEN 'clearance.actor' THEN 'whoever connects so is that member, without having proved it'
                       ELSE 'triggers and foreign keys are off: rows are written that nothing has checked' END,
           format('ALTER %s RESET %s;', CASE WHEN s.place LIKE 'role % in database %' THEN 'ROLE ' || replace(substr(s.place, 6), ' in database ', ' IN DATABASE ')
                                             WHEN s.place LIKE 'role %' THEN 'ROLE ' || substr(s.place, 6)
                                             WHEN s.place LIKE 'database %' THEN 'DATABASE ' || substr(s.place, 10) END, s.name)
    FROM clearance_internal.lint_settings() s
    WHERE s.place <> 'server'
      AND (s.name, s.value) IN (('row_security', 'off'), ('session_replication_role', 'replica'), ('session_replication_role', 'local'))
       OR s.place <> 'server' AND s.name = 'clearance.actor' AND s.value <> ''
$$;
COMMENT ON FUNCTION clearance_internal.lint_weakening_setting IS 'finding: settings of roles and of the database that weaken the rule';

CREATE FUNCTION clearance_internal.lint_plans_logged() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT DISTINCT 'warning', format('%s of %s', s.name, s.place),
           CASE WHEN s.name ~ '^debug_print' THEN 'plans and parse trees, with constants of the application, are in the server''s log'
                ELSE 'auto_explain writes plans with values and row counts to the server''s log, also of hidden rows' END,
           CASE WHEN s.name ~ '^debug_print' THEN format('ALTER SYSTEM RESET %s;', s.name)
                ELSE format('-- take auto_explain out of %s, or keep the log from all but administrators', s.name) END
    FROM clearance_internal.lint_settings() s
    WHERE s.name IN ('debug_print_parse', 'debug_print_rewritten', 'debug_print_plan') AND s.value = 'on'
       OR s.name IN ('shared_preload_libraries', 'session_preload_libraries', 'local_preload_libraries') AND s.value ~ E'\\mauto_explain\\M'
$$;
COMMENT ON FUNCTION clearance_internal.lint_plans_logged IS 'finding: plans in the server''s log';

CREATE FUNCTION clearance_internal.lint_token_logged() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'info', format('%s of %s', s.name, s.place), 'tokens that statements hold as text are in the server''s log',
           '-- pass tokens as parameters that are bound, and set log_parameter_max_length = 0'
    FROM clearance_internal.lint_settings() s
    WHERE s.name = 'log_statement' AND s.value = 'all' AND EXISTS (SELECT FROM clearance.token_key k WHERE k.revoked_at IS NULL)
$$;
COMMENT ON FUNCTION clearance_internal.lint_token_logged IS 'finding: statements with tokens in the server''s log';

-- Where nobody outside writes SQL, nobody asks them.
CREATE FUNCTION clearance_internal.lint_statistics_visible() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'error', c.oid::regclass::text, format('%s owns it, and so reads its statistics, with values of hidden rows', string_agg(o.name, ', ' ORDER BY o.name)),
           format('ALTER TABLE %s OWNER TO …;', c.oid::regclass)
    FROM clearance_internal.lint_protected() t JOIN pg_class c ON c.oid = t.tab
    JOIN clearance_internal.lint_outsiders() o ON o.role <> 0 AND pg_has_role(o.role, c.relowner, 'USAGE')
    GROUP BY c.oid
    UNION ALL
    SELECT 'info', 'functions pg_stat_get_*', 'everybody may ask what a query cost, and so find out what hidden rows hold, letter by letter',
           'REVOKE EXECUTE ON FUNCTION … FROM PUBLIC; -- as doc/limits.md has it'
    WHERE EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND starts_with(p.proname::text, 'pg_stat_get_')
                  AND (p.proargtypes = '26'::oidvector OR p.proname ~ '_(io|wal|slru|alloc)$') AND has_function_privilege(0::oid, p.oid, 'EXECUTE'))
      AND EXISTS (SELECT FROM clearance_internal.lint_outsiders() o WHERE o.role <> 0)
    UNION ALL
    SELECT 'warning', c.oid::regclass::text, format('%s may read rows, pages and times of statements', r.readers), format('REVOKE SELECT ON %s FROM PUBLIC;', c.oid::regclass)
    FROM pg_class c CROSS JOIN LATERAL (SELECT clearance_internal.lint_readers(c.oid) AS readers) r
    WHERE c.relname = 'pg_stat_statements' AND c.relkind = 'v' AND r.readers IS NOT NULL
      AND EXISTS (SELECT FROM clearance_internal.lint_outsiders() o WHERE o.role <> 0)
$$;
COMMENT ON FUNCTION clearance_internal.lint_statistics_visible IS 'finding: statistics that tell outsiders of hidden rows';
