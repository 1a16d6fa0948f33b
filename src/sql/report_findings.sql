-- ---------------------------------------------------------------------------
-- The report's section about what lint() finds.
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.report_severity(severity text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('<span class="tag %1$s">%2$s %1$s</span>', severity,
                  CASE severity WHEN 'error' THEN '&#9632;' WHEN 'warning' THEN '&#9650;' WHEN 'info' THEN '&#9679;' ELSE '&#10003;' END)
$$;
COMMENT ON FUNCTION clearance_internal.report_severity IS 'a severity as a sign and a word; accepted is one too';

CREATE FUNCTION clearance_internal.report_severities(severities text[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT '<ul class="legend">' || string_agg('<li>' || clearance_internal.report_severity(k.severity) || ' ' || clearance_internal.html_number(k.n) || '</li>', '' ORDER BY k.place)
        || '</ul>' || E'\n'
    FROM (SELECT s.severity, s.place, (SELECT count(*) FROM unnest(severities) x WHERE x = s.severity) AS n
          FROM unnest('{error,warning,info,accepted}'::text[]) WITH ORDINALITY s (severity, place)) k
$$;
COMMENT ON FUNCTION clearance_internal.report_severities IS 'how many findings there are of each severity';

CREATE FUNCTION clearance_internal.report_findings(lines integer) RETURNS text
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    WITH finding AS MATERIALIZED (
        SELECT f.*, row_number() OVER (ORDER BY f.accepted, f.n) AS place, count(*) OVER () AS total
        FROM clearance.lint(with_accepted => true) WITH ORDINALITY
            f (code, severity, object, why, mend, accepted, reason, accepted_by, until, n)
    )
    SELECT CASE WHEN count(*) = 0 THEN '<p>Nothing was found.</p>' ELSE
        (SELECT clearance_internal.report_severities(array_agg(CASE WHEN x.accepted THEN 'accepted' ELSE x.severity END)) FROM finding x)
        || clearance_internal.html_table('findings-table', 'Findings, the gravest first; accepted ones last',
            clearance_internal.html_head('Severity', 'Finding', 'What it is about', 'Why it matters', 'What mends it'),
            string_agg('<tr><td>' || clearance_internal.report_severity(f.severity)
                || CASE WHEN f.accepted THEN '<br>' || clearance_internal.report_severity('accepted') ELSE '' END
                || clearance_internal.html('</td><th scope="row">%s</th><td>%s</td>', f.code, f.object)
                || clearance_internal.html('<td class="prose">%s', f.why)
                || CASE WHEN f.accepted THEN clearance_internal.html('<br><small>Accepted by %s: %s', f.accepted_by, f.reason)
                                             || coalesce(' until ' || clearance_internal.html_time(f.until), '') || '</small>' ELSE '' END
                || '</td><td class="prose"><code>' || coalesce(clearance_internal.html_text(f.mend, 1000), '') || '</code></td></tr>', E'\n' ORDER BY f.place), 'findings')
        || clearance_internal.html_rest(lines, max(f.total), 'findings') END
    FROM finding f WHERE f.place <= lines
$$;
COMMENT ON FUNCTION clearance_internal.report_findings IS 'what lint() finds';

CREATE FUNCTION clearance_internal.report_findings_section(lines integer) RETURNS text
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT clearance_internal.report_section('section-findings', 'Findings',
        'What <code>clearance.lint()</code> finds around the protected tables: roads past the rule, and declarations in vain. This holds for the whole database.',
        clearance_internal.report_findings(lines))
$$;
COMMENT ON FUNCTION clearance_internal.report_findings_section IS 'the section about findings';
