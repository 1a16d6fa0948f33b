-- ---------------------------------------------------------------------------
-- The report: a page for people who do not write SQL. It needs nothing but
-- itself: no script, no picture, no font from elsewhere, and says so to the browser.
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.report_figures(account bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH m AS (
        SELECT m.kind, count(*) FILTER (WHERE m.status = 'active') AS active FROM clearance.member m
        WHERE report_figures.account IS NULL OR m.account_id = report_figures.account GROUP BY 1
    ), figure (n, what) AS (
        SELECT count(*), 'accounts' FROM clearance.account a WHERE report_figures.account IS NULL
        UNION ALL SELECT count(*), 'protected tables' FROM clearance.binding
        UNION ALL SELECT count(*), 'projects' FROM clearance.project p WHERE report_figures.account IS NULL OR p.account_id = report_figures.account
        UNION ALL SELECT coalesce(sum(m.active) FILTER (WHERE m.kind = 'vendor'), 0), 'people in the team' FROM m
        UNION ALL SELECT coalesce(sum(m.active) FILTER (WHERE m.kind = 'partner'), 0), 'people of partners' FROM m
        UNION ALL SELECT coalesce(sum(m.active) FILTER (WHERE m.kind = 'customer'), 0), 'people of customers' FROM m
    )
    SELECT '<dl class="figures">' || string_agg(format('<div><dt>%s</dt><dd>%s</dd></div>', f.what, clearance_internal.html_number(f.n::bigint)), '') || '</dl>' || E'\n'
    FROM figure f WHERE NOT (f.what = 'accounts' AND report_figures.account IS NOT NULL)
$$;
COMMENT ON FUNCTION clearance_internal.report_figures IS 'how much there is, in figures';

CREATE FUNCTION clearance_internal.report_section(id text, title text, what text, content text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT format('<section id="%1$s" aria-labelledby="%1$s-title"><h2 id="%1$s-title">%2$s</h2><p>%3$s</p>' || E'\n' || '%4$s</section>' || E'\n', id, title, what, content) $$;
COMMENT ON FUNCTION clearance_internal.report_section IS 'a section; all arguments are HTML';

CREATE FUNCTION clearance_internal.report_levels_section(account bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT clearance_internal.report_section('section-levels', 'Levels',
        'A level says what its holders may do, feature by feature, in the projects that are open to them.',
        '<ul class="legend"><li><b class="x all">V</b> view, <b class="x all">C</b> create, <b class="x all">E</b> edit, <b class="x all">D</b> delete: of all rows</li>'
        '<li><b class="x some">v</b> of some: shared ones, own ones &#8230;</li><li><b class="x none">&#183;</b> not granted</li>'
        '<li><b class="x never">&#215;</b> never: cannot be switched on either</li><li><span class="more">+3</span> so many of the other actions</li></ul>'
        || clearance_internal.report_overview(l.levels)
        || clearance_internal.html_rest(cardinality(l.levels), l.total, 'levels', 'account')
        || coalesce(clearance_internal.report_features(l.levels), ''))
    FROM clearance_internal.report_levels(account) l
$$;
COMMENT ON FUNCTION clearance_internal.report_levels_section IS 'the section about levels';

CREATE FUNCTION clearance_internal.report_page(title text, lead text, sections text[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT '<!DOCTYPE html>' || E'\n' || '<html lang="en"><head><meta charset="utf-8">'
        || '<meta http-equiv="Content-Security-Policy" content="default-src ''none''; style-src ''unsafe-inline''; base-uri ''none''; form-action ''none''">'
        || '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        || '<meta name="referrer" content="no-referrer"><title>' || title || '</title>' || E'\n' || '<style>' || clearance_internal.report_style() || '</style></head>' || E'\n'
        || '<body><a class="skip" href="#main">Skip to the report</a>' || E'\n' || lead
        || '<main id="main" tabindex="-1">' || E'\n' || array_to_string(sections, '') || '</main></body></html>' || E'\n'
$$;
COMMENT ON FUNCTION clearance_internal.report_page IS 'the page around sections; all arguments are HTML';

CREATE FUNCTION clearance_internal.report_lead(about text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT clearance_internal.html('<header><h1>Who may see and do what</h1><p class="soft">%s', about)
        || clearance_internal.html(', database %s, made ', current_database()) || clearance_internal.html_time(statement_timestamp())
        || clearance_internal.html(' (%s) by %s with pg_clearance ', current_setting('TimeZone'), session_user)
        || (SELECT e.extversion FROM pg_extension e WHERE e.extname = 'pg_clearance') || '</p></header>' || E'\n'
$$;
COMMENT ON FUNCTION clearance_internal.report_lead IS 'the head of the page';

CREATE FUNCTION clearance_internal.report_contents(sections text[]) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT '<nav aria-label="Sections"><ul>' || string_agg(format('<li><a href="#section-%s">%s</a></li>', split_part(s.name, ':', 1), split_part(s.name, ':', 2)), '' ORDER BY s.n)
        || '</ul></nav>' || E'\n'
    FROM unnest(sections) WITH ORDINALITY s (name, n)
$$;
COMMENT ON FUNCTION clearance_internal.report_contents IS 'links to sections, each given as id:title';

CREATE FUNCTION clearance.report(relation regclass DEFAULT NULL, account bigint DEFAULT NULL, lines integer DEFAULT 100) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    about text;
BEGIN
    PERFORM clearance_internal.require_operator('make reports');
    IF lines IS NULL OR lines < 1 THEN
        RAISE EXCEPTION 'lines is %, but must be at least 1', coalesce(lines::text, 'null') USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It is how many lines each table of the report has at most.';
    END IF;
    IF account IS NOT NULL THEN
        about := 'Account ' || (clearance_internal.require_account(account)).name;
    END IF;
    RETURN clearance_internal.report_page(
        'Access report of ' || clearance_internal.html_text(current_database()),
        clearance_internal.report_lead(coalesce(about, 'All accounts')) || clearance_internal.report_figures(account)
        || clearance_internal.report_contents(array_remove(ARRAY['levels:Levels', 'companies:Partners and customers',
            CASE WHEN relation IS NOT NULL THEN 'access:Who sees a table' END, 'changes:Changes', 'findings:Findings'], NULL)),
        ARRAY[clearance_internal.report_levels_section(account),
              clearance_internal.report_companies_section(account, lines),
              CASE WHEN relation IS NOT NULL THEN clearance_internal.report_access_section(relation, account, lines) END,
              clearance_internal.report_changes_section(account, lines),
              clearance_internal.report_findings_section(lines)]);
END
$$;
COMMENT ON FUNCTION clearance.report IS
'a page of HTML about who may what: levels, partners and customers, who sees a table that is named, changes, findings; for operators';
