-- ---------------------------------------------------------------------------
-- The report's section about a chosen table: how many of its rows each company's
-- people see, and who sees most.
-- ---------------------------------------------------------------------------

-- A bar says what the number beside it does.
CREATE FUNCTION clearance_internal.report_rows(visible bigint, most bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('<td class="n">%s</td><td class="share"><span class="bar" style="width:%s%%"></span></td>',
                  coalesce(clearance_internal.html_number(visible), '&#8211;'), CASE WHEN visible > 0 THEN greatest(1, round(100.0 * visible / most)) ELSE 0 END)
$$;
COMMENT ON FUNCTION clearance_internal.report_rows IS 'cells with a number of rows, and its share of the most that anybody sees';

-- One count of the table serves both tables of the section.
CREATE FUNCTION clearance_internal.report_access(relation regclass, account bigint, lines integer) RETURNS text
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    WITH seen AS MATERIALIZED (
        SELECT w.*, max(w.visible) OVER () AS most FROM clearance.access_matrix(relation) w
        WHERE report_access.account IS NULL OR w.account = (SELECT a.name FROM clearance.account a WHERE a.id = report_access.account)
    ), company AS (
        SELECT s.account, coalesce(s.company, 'the team') AS name, s.most, count(s.member) AS people, count(s.member) FILTER (WHERE s.visible > 0) AS seeing,
               max(s.visible) FILTER (WHERE s.member IS NOT NULL) AS visible, max(s.visible) FILTER (WHERE s.member IS NULL) AS whole,
               count(*) OVER () AS total, row_number() OVER (ORDER BY s.account COLLATE "C", s.kind <> 'vendor', s.kind DESC, s.company COLLATE "C") AS n
        FROM seen s GROUP BY s.account, s.kind, s.company, s.most
    ), person AS (
        SELECT s.*, count(*) OVER () AS total, row_number() OVER (ORDER BY s.visible DESC, s.account COLLATE "C", s.company COLLATE "C" NULLS FIRST, s.member) AS n
        FROM seen s WHERE s.member IS NOT NULL AND s.visible > 0
    )
    SELECT (SELECT CASE WHEN count(*) = 0 THEN '<p>There is nobody.</p>' ELSE clearance_internal.html_table('access-companies', 'Rows that the people of each company see',
                   clearance_internal.html_head('Company', '#One sees at most', 'Share', '#People', '#Who see any', '#Logins of the company see', 'Account'),
                   string_agg(clearance_internal.html('<tr><th scope="row">%s</th>', c.name) || clearance_internal.report_rows(c.visible, c.most)
                       || format('<td class="n">%s</td><td class="n">%s</td><td class="n">%s</td>', clearance_internal.html_number(c.people),
                                 clearance_internal.html_number(c.seeing), coalesce(clearance_internal.html_number(c.whole), '&#8211;'))
                       || clearance_internal.html('<td>%s</td></tr>', c.account), E'\n' ORDER BY c.n))
                   || clearance_internal.html_rest(lines, max(c.total), 'companies') END
            FROM company c WHERE c.n <= lines)
        || (SELECT CASE WHEN count(*) = 0 THEN '<p>Nobody sees any row.</p>' ELSE clearance_internal.html_table('access-people', 'People who see rows, those who see most first',
                   clearance_internal.html_head('Person', '#Sees', 'Share', 'Company', 'Account'),
                   string_agg(clearance_internal.html('<tr><th scope="row">%s</th>', coalesce(p.name, p.member_key, p.member::text))
                       || clearance_internal.report_rows(p.visible, p.most)
                       || clearance_internal.html('<td>%s</td><td>%s</td></tr>', coalesce(p.company, 'the team'), p.account), E'\n' ORDER BY p.n))
                   || clearance_internal.html_rest(lines, max(p.total), 'people') END
            FROM person p WHERE p.n <= lines)
$$;
COMMENT ON FUNCTION clearance_internal.report_access IS 'how many rows of a table are seen, by company and by person';

CREATE FUNCTION clearance_internal.report_access_section(relation regclass, account bigint, lines integer) RETURNS text
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT clearance_internal.report_section('section-access', clearance_internal.html('Who sees %s', relation::text),
        'How many rows of the table each of them sees now. Bars are shares of the most that anybody sees.', clearance_internal.report_access(relation, account, lines))
$$;
COMMENT ON FUNCTION clearance_internal.report_access_section IS 'the section about a chosen table';
