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
    WITH people AS (
        SELECT m.kind AS side, coalesce(m.partner_id, m.customer_id) AS id, count(*) AS n, count(*) FILTER (WHERE m.status = 'active') AS active
        FROM clearance.member m WHERE m.status <> 'erased' GROUP BY 1, 2
    ), participation AS (
        SELECT p.side, p.id, count(*) FILTER (WHERE clearance_internal.in_force(p.starts_at, p.ends_at, statement_timestamp())) AS n
        FROM (SELECT 'partner' AS side, pp.partner_id AS id, pp.starts_at, pp.ends_at FROM clearance.project_partner pp
              UNION ALL
              SELECT 'customer', pc.customer_id, pc.starts_at, pc.ends_at FROM clearance.project_customer pc) p
        GROUP BY 1, 2
    )
    SELECT c.side, c.id, c.account_id, a.name, c.name, c.kind, c.level, c.active AND a.active, coalesce(m.n, 0), coalesce(m.active, 0), coalesce(p.n, 0)
    FROM (SELECT 'partner' AS side, p.id, p.account_id, p.name, p.kind, l.name AS level, p.active
          FROM clearance.partner p LEFT JOIN clearance.level l ON l.id = p.level_id
          UNION ALL
          SELECT 'customer', c.id, c.account_id, c.name, c.kind, NULL, c.active FROM clearance.customer c) c
    JOIN clearance.account a ON a.id = c.account_id
    LEFT JOIN people m ON (m.side, m.id) = (c.side, c.id)
    LEFT JOIN participation p ON (p.side, p.id) = (c.side, c.id)
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

-- A line for each state that its projects are in: what is usual of a project needs no word.
CREATE FUNCTION clearance_internal.report_company_projects(side text, company bigint, lines integer) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH project AS (
        SELECT p.*, CASE WHEN p.ends_at <= statement_timestamp() THEN 4 WHEN NOT p.now THEN 3 WHEN p.archived THEN 2 ELSE 1 END AS state,
               count(*) OVER () AS total, row_number() OVER (ORDER BY p.now DESC, length(p.key), p.key COLLATE "C") AS n
        FROM clearance_internal.report_participations(side, company) p
    ), line AS (
        SELECT p.state, max(p.total) AS total,
               format('<tr><th scope="row">%s</th><td class="prose"><ul class="tags">', ('{&#9679;&#160;open,&#9676;&#160;archived,&#9676;&#160;not&#160;begun,&#9675;&#160;over}'::text[])[p.state])
               || string_agg(clearance_internal.html('<li><span class="tag">%s</span>', p.key)
                             || coalesce(' <small>' || nullif(concat_ws(', ', CASE WHEN p.level IS NOT NULL THEN clearance_internal.html('%s', p.level) END,
                                                                        CASE WHEN side = 'customer' AND NOT p.portal THEN 'no portal' END,
                                                                        'from ' || clearance_internal.html_day(p.starts_at), 'until ' || clearance_internal.html_day(p.ends_at)), '')
                                         || '</small>', '')
                             || '</li>', '' ORDER BY p.n)
               || '</ul></td></tr>' AS tr
        FROM project p WHERE p.n <= lines GROUP BY p.state
    )
    SELECT CASE WHEN count(*) = 0 THEN '<p>On no project.</p>' ELSE
        clearance_internal.html_table(side || '-' || company || '-projects', 'Its projects', clearance_internal.html_head('State', 'Projects'),
                                      string_agg(l.tr, E'\n' ORDER BY l.state))
        || clearance_internal.html_rest(lines, max(l.total), 'projects') END
    FROM line l
$$;
COMMENT ON FUNCTION clearance_internal.report_company_projects IS 'the projects of a company';

-- What is declared about a company's people: the rule picks from it for each of
-- them and each project. The number in front of a place is its rank there.
CREATE FUNCTION clearance_internal.report_company_levels(side text, company bigint) RETURNS TABLE (level_id integer, places text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH firm AS (
        SELECT p.account_id, p.level_id FROM clearance.partner p WHERE side = 'partner' AND p.id = company
        UNION ALL
        SELECT c.account_id, NULL FROM clearance.customer c WHERE side = 'customer' AND c.id = company
    ), people AS (
        SELECT m.id FROM clearance.member m WHERE side = 'partner' AND m.partner_id = company
        UNION ALL
        SELECT m.id FROM clearance.member m WHERE side = 'customer' AND m.customer_id = company
    ), said (level_id, rank, place) AS (
        SELECT pm.level_id, 1, 'for ' || clearance_internal.html_count(count(DISTINCT pm.member_id), 'person', 'people') || ' on projects'
        FROM people JOIN clearance.project_member pm ON pm.member_id = people.id GROUP BY pm.level_id
        UNION ALL
        SELECT pp.level_id, 2, 'on ' || clearance_internal.html_count(count(*), 'project')
        FROM clearance.project_partner pp WHERE side = 'partner' AND pp.partner_id = company GROUP BY pp.level_id
        UNION ALL
        SELECT firm.level_id, 3, 'the partner&#8217;s' FROM firm
        UNION ALL
        SELECT r.level_id, 4, 'by role, for ' || clearance_internal.html_count(count(DISTINCT people.id), 'person', 'people')
        FROM people JOIN clearance.member_role mr ON mr.member_id = people.id JOIN clearance.role r ON r.id = mr.role_id
        WHERE side = 'partner' GROUP BY r.level_id
        UNION ALL
        SELECT CASE side WHEN 'partner' THEN a.default_external_level_id ELSE (SELECT l.id FROM clearance.level l WHERE l.built_in AND l.name = 'client') END, 5, 'where none is named'
        FROM firm JOIN clearance.account a ON a.id = firm.account_id WHERE firm.level_id IS NULL
        UNION ALL
        SELECT o.level_id, 6, 'in ' || clearance_internal.html_count(count(*), 'open project')
        FROM clearance_internal.open_levels() o WHERE o.account_id = (SELECT f.account_id FROM firm f) GROUP BY o.level_id
    )
    SELECT s.level_id, string_agg(s.place, '; ' ORDER BY s.rank)
    FROM said s JOIN clearance.level l ON l.id = s.level_id AND l.audience = side
    GROUP BY s.level_id ORDER BY min(s.rank), s.level_id
$$;
COMMENT ON FUNCTION clearance_internal.report_company_levels IS 'levels that are said of a company''s people, and where; places are HTML';

-- What a feature is seen by is its view, and what its tables ask for instead.
CREATE FUNCTION clearance_internal.report_sights() RETURNS TABLE (level_id integer, whole text, part text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH sight AS (
        SELECT e.level_id, e.extent, e.feature, clearance_internal.html('<li><span class="tag ' || e.extent || '">%s</span>',
               concat_ws(': ', e.feature, nullif(e.action, 'view'))) AS tag,
               CASE WHEN e.extent = 'some' THEN clearance_internal.html(' <small>%s</small>', e.words) ELSE '' END || '</li>' AS words
        FROM clearance_internal.report_extents(ARRAY(SELECT l.id FROM clearance.level l WHERE l.audience <> 'vendor')) e
        WHERE e.extent IN ('all', 'some') AND (e.action = 'view' OR EXISTS (SELECT FROM clearance.binding b WHERE (b.feature, b.view_action) = (e.feature, e.action)))
    )
    SELECT s.level_id, string_agg(s.tag || s.words, '' ORDER BY s.tag COLLATE "C") FILTER (WHERE s.extent = 'all'),
           string_agg(s.tag || s.words, '' ORDER BY s.tag COLLATE "C") FILTER (WHERE s.extent = 'some')
    FROM sight s GROUP BY s.level_id
$$;
COMMENT ON FUNCTION clearance_internal.report_sights IS 'features that levels of partners and customers see every row of, and some rows';

-- Of the companies that a report is about.
CREATE FUNCTION clearance_internal.report_company_sights(account bigint, lines integer) RETURNS TABLE (side text, id bigint, sights text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH sight AS MATERIALIZED (
        SELECT * FROM clearance_internal.report_sights()
    )
    SELECT c.side, c.id,
           clearance_internal.html_table(c.side || '-' || c.id || '-sights', 'What its people see there, by level',
               clearance_internal.html_head('Level', 'Where it counts', 'Every row of', 'Some rows of'),
               string_agg(clearance_internal.html('<tr><th scope="row">%s</th>', l.name)
                          || format('<td>%s</td><td class="prose">%s</td><td class="prose">%s</td></tr>', d.places,
                                    '<ul class="tags">' || s.whole || '</ul>', '<ul class="tags">' || s.part || '</ul>'), E'\n' ORDER BY d.n))
    FROM (SELECT x.side, x.id FROM clearance_internal.report_companies(account) x LIMIT lines) c
    CROSS JOIN LATERAL ROWS FROM (clearance_internal.report_company_levels(c.side, c.id)) WITH ORDINALITY d (level_id, places, n)
    JOIN clearance.level l ON l.id = d.level_id
    LEFT JOIN sight s ON s.level_id = d.level_id
    GROUP BY c.side, c.id
$$;
COMMENT ON FUNCTION clearance_internal.report_company_sights IS 'what levels show a company''s people, where it is on a project';

CREATE FUNCTION clearance_internal.report_company_list(account bigint, lines integer) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH company AS (
        SELECT c.*, count(*) OVER () AS total, row_number() OVER () AS n FROM clearance_internal.report_companies(account) c
    )
    SELECT CASE WHEN count(*) = 0 THEN '<p>There is no partner and no customer.</p>' ELSE
        clearance_internal.html_table('companies-table', 'Companies, a line each',
            clearance_internal.html_head('Company', 'Account', 'Kind', 'Level', 'State', '#People', '#Active', '#Projects'),
            string_agg('<tr><th scope="row">' || clearance_internal.html('<a href="#' || c.side || '-' || c.id || '">%s</a></th><td>%s</td><td>%s</td><td>%s</td><td>', c.name, c.account_name, c.kind, c.level)
                || CASE WHEN c.active THEN '&#9679;&#160;active' ELSE '&#9675;&#160;disabled' END
                || format('</td><td class="n">%s</td><td class="n">%s</td><td class="n">%s</td></tr>', clearance_internal.html_number(c.members),
                          clearance_internal.html_number(c.working), clearance_internal.html_number(c.projects)),
                E'\n' ORDER BY c.n))
        || clearance_internal.html_rest(lines, max(c.total), 'companies') END
    FROM company c WHERE c.n <= lines
$$;
COMMENT ON FUNCTION clearance_internal.report_company_list IS 'partners and customers, a line each';

CREATE FUNCTION clearance_internal.report_company_details(account bigint, lines integer) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT '<div class="folds companies">' || string_agg(
        clearance_internal.html('<details><summary><h3>%s</h3> <small>', c.name) || c.side || ', ' || clearance_internal.html_count(c.projects, 'project')
        || format('</small></summary><div id="%s-%s">', c.side, c.id)
        || CASE WHEN c.active THEN '' ELSE '<p>It is disabled: its people see nothing.</p>' END
        || clearance_internal.report_company_projects(c.side, c.id, lines)
        || coalesce(s.sights, '<p>No level is named for its people.</p>')
        || '</div></details>' || E'\n', '' ORDER BY c.n) || '</div>' || E'\n'
    FROM (SELECT x.*, row_number() OVER () AS n FROM clearance_internal.report_companies(account) x LIMIT lines) c
    LEFT JOIN clearance_internal.report_company_sights(account, lines) s USING (side, id)
$$;
COMMENT ON FUNCTION clearance_internal.report_company_details IS 'projects of each partner and customer, and what it sees, folded';

CREATE FUNCTION clearance_internal.report_companies_section(account bigint, lines integer) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT clearance_internal.report_section('section-companies', 'Partners and customers',
        'Who else works here, and for whom. A company&#8217;s people see rows of projects that it is on now, and of open ones; a level says which.',
        clearance_internal.report_company_list(account, lines) || coalesce(clearance_internal.report_company_details(account, lines), ''))
$$;
COMMENT ON FUNCTION clearance_internal.report_companies_section IS 'the section about partners and customers';
