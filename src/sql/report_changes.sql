-- ---------------------------------------------------------------------------
-- The report's section about what changed lately: the last lines of the audit log,
-- with names for ids where these still stand for something.
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.report_named(name text, value text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN coalesce(CASE
        WHEN name IN ('member_id', 'invited_by') THEN (SELECT coalesce(m.name, m.key) FROM clearance.member m WHERE m.id = value::bigint)
        WHEN right(name, 3) = '_at' THEN clearance_internal.html_time(value::timestamptz)
        WHEN name = 'project_id' THEN (SELECT p.key FROM clearance.project p WHERE p.id = value::bigint)
        WHEN name = 'partner_id' THEN (SELECT p.name FROM clearance.partner p WHERE p.id = value::bigint)
        WHEN name = 'customer_id' THEN (SELECT c.name FROM clearance.customer c WHERE c.id = value::bigint)
        WHEN name IN ('binding_id', 'parent_id') THEN (SELECT b.relation::text FROM clearance.binding b WHERE b.id = value::integer)
        WHEN name = 'role_id' THEN (SELECT r.name FROM clearance.role r WHERE r.id = value::bigint)
        WHEN name LIKE '%level_id' THEN (SELECT l.name FROM clearance.level l WHERE l.id = value::integer) END, value);
END
$$;
COMMENT ON FUNCTION clearance_internal.report_named IS 'what the value of a column says to people: names for ids, moments in the session''s time zone';

-- Of a new row, or one that is gone, what it holds; of a changed one, which it is and
-- what changed. Left out is what says nothing to people, or what the line says anyway.
CREATE FUNCTION clearance_internal.report_difference(before jsonb, after jsonb) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH value AS (
        SELECT name, right(name, 3) = '_id' AS is_reference, nullif(o.value, n.value) AS old, n.value AS new,
               o.value IS DISTINCT FROM n.value AND coalesce(o.value, n.value) NOT IN ('infinity', '-infinity') AS is_other
        FROM jsonb_each_text(before) o (name, value) FULL JOIN jsonb_each_text(after) n (name, value) USING (name)
        WHERE name NOT IN ('id', 'account_id', 'digest', 'accepted_at', 'accepted_by')
    )
    SELECT '<ul class="values">' || string_agg(clearance_internal.html('<li>%s: ', replace(regexp_replace(v.name, '_id$', ''), '_', ' '))
               || concat_ws(' ', '<del>' || CASE WHEN v.old IS NOT NULL THEN clearance_internal.html_value(clearance_internal.report_named(v.name, v.old), 60) END || '</del>',
                            CASE WHEN v.new IS NOT NULL THEN clearance_internal.html_value(clearance_internal.report_named(v.name, v.new), 60) END)
               || '</li>', '' ORDER BY v.is_reference DESC, v.name COLLATE "C") || '</ul>'
    FROM value v
    WHERE coalesce(v.old, v.new) IS NOT NULL AND (v.is_other OR v.is_reference OR v.name IN ('name', 'key', 'feature', 'action'))
$$;
COMMENT ON FUNCTION clearance_internal.report_difference IS 'what a line of the audit log is about: values before, struck out, and after';

CREATE FUNCTION clearance_internal.report_change_sign(operation text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE operation WHEN 'INSERT' THEN '<span class="tag accepted">+ added</span>' WHEN 'UPDATE' THEN '<span class="tag info">&#8776; changed</span>'
                          WHEN 'ACT_AS' THEN '<span class="tag warning">&#8594; acted as</span>'
                          WHEN 'MAINTENANCE' THEN '<span class="tag warning">&#8776; maintained tables</span>' WHEN 'FORGET' THEN '<span class="tag warning">&#215; log cut</span>'
                          ELSE '<span class="tag error">&#8722; removed</span>' END
$$;
COMMENT ON FUNCTION clearance_internal.report_change_sign IS 'an operation of the audit log as a sign and a word';

-- The member, or the partner as a whole, for whom a login acted; without one, the login.
CREATE FUNCTION clearance_internal.report_author(login name, role name, actor bigint, partner bigint, real_actor bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT clearance_internal.html_value(coalesce(m.name, m.key, p.name, actor::text, partner::text, login), 100)
        || CASE WHEN real_actor IS NOT NULL THEN clearance_internal.html(', who is %s', coalesce(r.name, r.key, real_actor::text)) ELSE '' END
        || CASE WHEN coalesce(actor, partner) IS NOT NULL THEN clearance_internal.html(', login %s', login) ELSE '' END
        || CASE WHEN role <> login THEN clearance_internal.html(', role %s', role) ELSE '' END
    FROM (VALUES (actor, partner, real_actor)) a (m, p, r)
    LEFT JOIN clearance.member m ON m.id = a.m LEFT JOIN clearance.partner p ON p.id = a.p LEFT JOIN clearance.member r ON r.id = a.r
$$;
COMMENT ON FUNCTION clearance_internal.report_author IS 'who made a change';

CREATE FUNCTION clearance_internal.report_changes(account bigint, lines integer) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH change AS (
        SELECT l.*, count(*) OVER () AS total, row_number() OVER (ORDER BY l.at DESC, l.chain, l.seq DESC) AS n
        FROM clearance.audit_log l
        WHERE l.at > statement_timestamp() - interval '30 days' AND l.part = ANY (clearance_internal.audit_parts(statement_timestamp() - interval '30 days'))
          AND (report_changes.account IS NULL OR l.account_id = report_changes.account)
    )
    SELECT CASE WHEN count(*) = 0 THEN '<p>Nothing.</p>' ELSE
        clearance_internal.html_table('changes-table', 'Changes, the latest first', clearance_internal.html_head('When, and who', 'What'),
            string_agg('<tr><td class="when">' || clearance_internal.html_time(c.at) || '<small>'
                || clearance_internal.report_author(c.login, c.role, c.actor, c.partner, c.real_actor) || '</small></td><td class="prose">'
                || clearance_internal.report_change_sign(c.operation) || clearance_internal.html(' <strong>%s</strong>', replace(c.table_name, '_', ' '))
                || coalesce(CASE WHEN c.operation <> 'FORGET' THEN clearance_internal.report_difference(
                    clearance_internal.audit_row(c.before, c.person -> 'before'), clearance_internal.audit_row(c.after, c.person -> 'after')) END, '') || '</td></tr>', E'\n' ORDER BY c.n))
        || clearance_internal.html_rest(lines, max(c.total), 'changes') END
    FROM change c WHERE c.n <= lines
$$;
COMMENT ON FUNCTION clearance_internal.report_changes IS 'the last lines of the audit log';

CREATE FUNCTION clearance_internal.report_changes_section(account bigint, lines integer) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT clearance_internal.report_section('section-changes', 'Changes',
        'What changed in the last 30 days, by the audit log. What was is struck out; names are those of today.', clearance_internal.report_changes(account, lines))
$$;
COMMENT ON FUNCTION clearance_internal.report_changes_section IS 'the section about changes';
