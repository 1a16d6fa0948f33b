-- ---------------------------------------------------------------------------
-- The report's section about partners and customers: their people, the projects
-- that they are on, and what they see there.
-- ---------------------------------------------------------------------------

-- Companies in the order of the report; side and id name one.
CREATE FUNCTION clearance_internal.report_companies(account bigint)
RETURNS TABLE (side text, id bigint, account_id bigint, account_name text, name text, kind text, level text, active boolean,
               members bigint, working bigint, projects bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.side, c.id, c.account_id, a.name, c.name, c.kind, c.level, c.active AND a.active,
           (SELECT count(*) FROM clearance.member m WHERE m.partner_id = c.partner OR m.customer_id = c.customer),
           (SELECT count(*) FROM clearance.member m WHERE (m.partner_id = c.partner OR m.customer_id = c.customer) AND m.status = 'active'),
           (SELECT count(*) FROM clearance_internal.report_participations(c.side, c.id) p WHERE p.now)
    FROM (SELECT 'partner' AS side, p.id, p.id AS partner, NULL::bigint AS customer, p.account_id, p.name, p.kind, l.name AS level, p.active
          FROM clearance.partner p LEFT JOIN clearance.level l ON l.id = p.level_id
          UNION ALL
          SELECT 'customer', c.id, NULL, c.id, c.account_id, c.name, c.kind, NULL, c.active FROM clearance.customer c) c
    JOIN clearance.account a ON a.id = c.account_id
    WHERE report_companies.account IS NULL OR a.id = report_companies.account
    ORDER BY a.name COLLATE "C", a.id, c.side DESC, c.name COLLATE "C", c.id
$$;
COMMENT ON FUNCTION clearance_internal.report_companies IS 'partners and customers of an account, or of all';

CREATE FUNCTION clearance_internal.report_participations(side text, company bigint)
RETURNS TABLE (key text, archived boolean, portal boolean, level text, starts_at timestamptz, ends_at timestamptz, now boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.key, p.archived, p.portal, l.name, w.starts_at, w.ends_at,
           clearance_internal.in_force(w.starts_at, w.ends_at, statement_timestamp())
    FROM (SELECT pp.project_id, pp.level_id, pp.starts_at, pp.ends_at FROM clearance.project_partner pp
          WHERE side = 'partner' AND pp.partner_id = company
          UNION ALL
          SELECT pc.project_id, NULL, pc.starts_at, pc.ends_at FROM clearance.project_customer pc
          WHERE side = 'customer' AND pc.customer_id = company) w
    JOIN clearance.project p ON p.id = w.project_id
    LEFT JOIN clearance.level l ON l.id = w.level_id
$$;
COMMENT ON FUNCTION clearance_internal.report_participations IS 'the projects that a company is on, was or will be';

CREATE FUNCTION clearance_internal.report_company_projects(side text, company bigint, lines integer) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH project AS (
        SELECT p.*, count(*) OVER () AS total, row_number() OVER (ORDER BY p.now DESC, length(p.key), p.key COLLATE "C") AS n
        FROM clearance_internal.report_participations(side, company) p
    )
    SELECT CASE WHEN count(*) = 0 THEN '<p>On no project.</p>' ELSE
        clearance_internal.html_table(side || '-' || company || '-projects', 'Projects',
            clearance_internal.html_head('Project', 'State', CASE WHEN side = 'partner' THEN 'Level there' ELSE 'Portal' END, 'From', 'Until'),
            string_agg(clearance_internal.html('<tr><th scope="row">%s</th>', p.key)
                || '<td>' || CASE WHEN NOT p.now THEN CASE WHEN p.ends_at <= statement_timestamp() THEN '&#9675; ended' ELSE '&#9676; not begun' END
                                  WHEN p.archived THEN '&#9676; archived' ELSE '&#9679; open' END || '</td><td>'
                || CASE WHEN side = 'customer' THEN CASE WHEN p.portal THEN 'on' ELSE 'off' END
                        ELSE clearance_internal.html('%s', p.level) END
                || format('</td><td>%s</td><td>%s</td></tr>', clearance_internal.html_time(p.starts_at, false), clearance_internal.html_time(p.ends_at, false)),
                E'\n' ORDER BY p.n))
        || clearance_internal.html_rest(lines, max(p.total), 'projects') END
    FROM project p WHERE p.n <= lines
$$;
COMMENT ON FUNCTION clearance_internal.report_company_projects IS 'the projects of a company';

-- How many are seen, as a share of all: the bar says what the number does.
CREATE FUNCTION clearance_internal.report_share(visible bigint, total bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('<td class="n">%s</td><td class="n">%s</td><td class="share"><span class="bar" style="width:%s%%"></span></td>',
                  clearance_internal.html_number(visible), clearance_internal.html_number(total),
                  CASE WHEN visible > 0 THEN greatest(1, round(100.0 * visible / greatest(total, 1))) ELSE 0 END)
$$;
COMMENT ON FUNCTION clearance_internal.report_share IS 'cells of what is seen of how much';

CREATE FUNCTION clearance_internal.report_company_list(account bigint, lines integer) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH company AS (
        SELECT c.*, count(*) OVER () AS total, row_number() OVER () AS n FROM clearance_internal.report_companies(account) c
    )
    SELECT CASE WHEN count(*) = 0 THEN '<p>There is no partner and no customer.</p>' ELSE
        clearance_internal.html_table('companies-table', 'Partners and customers',
            clearance_internal.html_head('Company', 'Account', 'Kind', 'Level', 'State', '#People', '#Active', '#Projects'),
            string_agg('<tr><th scope="row">' || clearance_internal.html('<a href="#' || c.side || '-' || c.id || '">%s</a></th><td>%s</td><td>%s</td><td>%s</td><td>', c.name, c.account_name, c.kind, c.level)
                || CASE WHEN c.active THEN '&#9679; active' ELSE '&#9675; disabled' END
                || format('</td><td class="n">%s</td><td class="n">%s</td><td class="n">%s</td></tr>', clearance_internal.html_number(c.members),
                          clearance_internal.html_number(c.working), clearance_internal.html_number(c.projects)),
                E'\n' ORDER BY c.n))
        || clearance_internal.html_rest(lines, max(c.total), 'companies') END
    FROM company c WHERE c.n <= lines
$$;
COMMENT ON FUNCTION clearance_internal.report_company_list IS 'partners and customers, a line each';

CREATE FUNCTION clearance_internal.report_company_details(account bigint, lines integer) RETURNS text
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT string_agg(
        clearance_internal.html('<details><summary><h3>%s</h3> <small>', c.name) || c.side || ', ' || clearance_internal.html_count(c.projects, 'project')
        || format('</small></summary><div id="%s-%s">', c.side, c.id)
        || clearance_internal.report_company_projects(c.side, c.id, lines)
        || '</div></details>' || E'\n', '' ORDER BY c.n)
    FROM (SELECT x.*, row_number() OVER () AS n FROM clearance_internal.report_companies(account) x LIMIT lines) c
$$;
COMMENT ON FUNCTION clearance_internal.report_company_details IS 'projects of each partner and customer, and what it sees, folded';

CREATE FUNCTION clearance_internal.report_companies_section(account bigint, lines integer) RETURNS text
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT clearance_internal.report_section('section-companies', 'Partners and customers',
        'Who else works here, and for whom. A company&#8217;s people see rows of the projects that it is on now, and of no others.',
        clearance_internal.report_company_list(account, lines) || coalesce(clearance_internal.report_company_details(account, lines), ''))
$$;
COMMENT ON FUNCTION clearance_internal.report_companies_section IS 'the section about partners and customers';
