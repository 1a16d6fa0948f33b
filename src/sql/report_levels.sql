-- ---------------------------------------------------------------------------
-- The report's section about levels: features and actions in colour, and in signs
-- that say the same.
-- ---------------------------------------------------------------------------

-- The levels that a report has columns for: of all accounts, or of this one.
CREATE FUNCTION clearance_internal.report_levels(account bigint, OUT levels integer[], OUT total bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((array_agg(l.id ORDER BY l.built_in DESC, l.id))[:20], '{}'), count(*)
    FROM clearance.level l WHERE report_levels.account IS NULL OR coalesce(l.account_id, report_levels.account) = report_levels.account
$$;
COMMENT ON FUNCTION clearance_internal.report_levels IS 'the levels that a report shows, and how many there are';

-- What a level grants of an action, in a word for its sign and in words.
CREATE FUNCTION clearance_internal.report_extents(levels integer[])
RETURNS TABLE (level_id integer, feature text, action text, extent text, words text, gates text[])
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH line AS (
        SELECT m.*, coalesce(v.reach, 2) AS usual, coalesce(array_position('{owned,member,account}', m.reach), v.reach, 2) AS far
        FROM clearance_internal.matrix_of(levels) m
        LEFT JOIN (SELECT g.level_id, max(g.reach) AS reach FROM clearance_internal.reaching_grants(levels) g
                   WHERE (g.feature, g.action) = ('project', 'view') GROUP BY g.level_id) v USING (level_id)
    ), said AS (
        SELECT l.*, l.visibility = 'any' AND l.relation = 'any' AND l.kinds IS NULL AND l.far >= l.usual AS is_all,
               concat_ws(', ',
                   CASE WHEN l.relation <> 'any' THEN replace(l.relation, '_', ' ') END,
                   CASE WHEN l.visibility = 'shared' THEN 'shared' WHEN l.relation = 'any' THEN 'all' END,
                   CASE WHEN l.far <> l.usual THEN (ARRAY['projects it owns', 'its projects', 'whole account'])[l.far] END)
               || coalesce(': ' || array_to_string(l.kinds, ', '), '') AS words
        FROM line l
    )
    SELECT s.level_id, s.feature, s.action,
           CASE WHEN max(s.verdict) = 'not_available' THEN 'never' WHEN max(s.verdict) = 'cannot' THEN 'none'
                WHEN bool_or(s.is_all) THEN 'all' ELSE 'some' END,
           string_agg(s.words, '; ' ORDER BY s.is_all DESC, s.words) FILTER (WHERE s.verdict = 'can'),
           max(s.gates)
    FROM said s GROUP BY s.level_id, s.feature, s.action
$$;
COMMENT ON FUNCTION clearance_internal.report_extents IS
'of each level and action: all, some, none or never, and in words which rows; gates: what is needed besides';

-- Levels by audience. A heading stays in sight, so a long name must not fill the screen.
CREATE FUNCTION clearance_internal.report_levels_head(levels integer[], first text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH shown AS (
        SELECT l.*, array_position('{vendor,partner,customer}', l.audience) AS place FROM clearance.level l WHERE l.id = ANY (levels)
    )
    SELECT '<tr><th scope="col" rowspan="2">' || first || '</th>'
        || (SELECT string_agg(format('<th scope="colgroup" colspan="%s" class="edge">%s</th>', g.n, initcap(g.audience)), '' ORDER BY g.place)
            FROM (SELECT s.audience, s.place, count(*) AS n FROM shown s GROUP BY 1, 2) g)
        || '</tr><tr>'
        || (SELECT string_agg('<th scope="col"' || CASE WHEN s.first THEN ' class="edge"' ELSE '' END || '>' || clearance_internal.html_value(s.name, 40) || '</th>',
                              '' ORDER BY s.place, s.id)
            FROM (SELECT h.*, h.id = min(h.id) OVER (PARTITION BY h.place) AS first FROM shown h) s)
        || '</tr>'
$$;
COMMENT ON FUNCTION clearance_internal.report_levels_head IS 'headings of a table with a column for each level';

-- Where levels of two audiences meet, there is a line.
CREATE FUNCTION clearance_internal.report_level_places(levels integer[]) RETURNS TABLE (level_id integer, place bigint, is_first boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT l.id, row_number() OVER (ORDER BY array_position('{vendor,partner,customer}', l.audience), l.id),
           l.id = min(l.id) OVER (PARTITION BY l.audience)
    FROM clearance.level l WHERE l.id = ANY (levels)
$$;
COMMENT ON FUNCTION clearance_internal.report_level_places IS 'the order of the columns of levels';

-- A letter for each usual action: capital for all rows, small for some. Of the
-- others, how many are held.
CREATE FUNCTION clearance_internal.report_chips(letters text[], extents text[], held bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT string_agg(CASE c.extent
                          WHEN 'all' THEN format('<b class="x all">%s</b>', c.letter)
                          WHEN 'some' THEN format('<b class="x some">%s</b>', lower(c.letter))
                          WHEN 'none' THEN '<b class="x none">&#183;</b>'
                          WHEN 'never' THEN '<b class="x never">&#215;</b>'
                          ELSE '<b class="x"></b>' END, '' ORDER BY c.n)
        || CASE WHEN held > 0 THEN format('<span class="more">+%s</span>', held) ELSE '' END
    FROM unnest(letters, extents) WITH ORDINALITY c (letter, extent, n)
$$;
COMMENT ON FUNCTION clearance_internal.report_chips IS 'a cell of the overview of levels';

CREATE FUNCTION clearance_internal.report_overview(levels integer[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH cell AS (
        SELECT e.feature, e.level_id,
               clearance_internal.report_chips('{V,C,E,D}',
                   ARRAY[max(e.extent) FILTER (WHERE e.action = 'view'), max(e.extent) FILTER (WHERE e.action = 'create'),
                         max(e.extent) FILTER (WHERE e.action = 'edit'), max(e.extent) FILTER (WHERE e.action = 'delete')],
                   count(*) FILTER (WHERE e.extent IN ('all', 'some') AND e.action NOT IN ('view', 'create', 'edit', 'delete'))) AS chips
        FROM clearance_internal.report_extents(levels) e GROUP BY e.feature, e.level_id
    ), line AS (
        SELECT c.feature, string_agg(CASE WHEN p.is_first THEN '<td class="edge">' ELSE '<td>' END || c.chips || '</td>', '' ORDER BY p.place) AS cells
        FROM cell c JOIN clearance_internal.report_level_places(levels) p USING (level_id) GROUP BY c.feature
    )
    SELECT clearance_internal.html_table('levels', 'What each level grants, by feature',
               clearance_internal.report_levels_head(levels, 'Feature'),
               string_agg(clearance_internal.html('<tr><th scope="row"><a href="#feature-' || l.feature || '">%s</a></th>', l.feature)
                          || l.cells || '</tr>' || E'\n', '' ORDER BY l.feature COLLATE "C"), 'matrix overview')
    FROM line l
$$;
COMMENT ON FUNCTION clearance_internal.report_overview IS 'levels by feature';

-- The lines of a feature's table, an action each.
CREATE FUNCTION clearance_internal.report_actions(levels integer[], OUT feature text, OUT actions bigint, OUT lines text) RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH cell AS MATERIALIZED (
        SELECT e.feature, e.action, e.gates, p.place,
               '<td class="' || CASE WHEN p.is_first THEN 'edge ' ELSE '' END || e.extent || '">'
               || CASE e.extent WHEN 'all' THEN 'all' WHEN 'some' THEN clearance_internal.html('%s', e.words)
                                WHEN 'never' THEN '&#215; never' ELSE '&#183;' END || '</td>' AS td
        FROM clearance_internal.report_extents(levels) e JOIN clearance_internal.report_level_places(levels) p USING (level_id)
    ), line AS (
        SELECT c.feature, c.action,
               clearance_internal.html('<tr><th scope="row">%s', c.action)
               || coalesce((SELECT '<small>needs ' || string_agg(clearance_internal.html('%s', g), ', ') || '</small>' FROM unnest(max(c.gates)) g), '')
               || '</th>' || string_agg(c.td, '' ORDER BY c.place) || '</tr>' || E'\n' AS tr
        FROM cell c GROUP BY c.feature, c.action
    )
    SELECT l.feature, count(*), string_agg(l.tr, '' ORDER BY array_position('{view,create,edit,delete}', l.action), l.action COLLATE "C")
    FROM line l GROUP BY l.feature
$$;
COMMENT ON FUNCTION clearance_internal.report_actions IS 'of each feature, its actions by level: lines of a table';

CREATE FUNCTION clearance_internal.report_features(levels integer[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT '<div class="unfold"><h3>Every action</h3><p>Unfold a feature to see which rows each level reaches.</p><div class="folds">' || string_agg(
        clearance_internal.html('<details><summary><h4>%s</h4> <small>', f.feature) || clearance_internal.html_count(f.actions, 'action')
        || '</small></summary><div id="feature-' || f.feature || '">'
        || coalesce((SELECT '<p class="soft">Tables: ' || string_agg(clearance_internal.html('%s', b.relation::text), ', ' ORDER BY b.relation::text COLLATE "C") || '</p>'
                     FROM clearance.binding b WHERE b.feature = f.feature), '')
        || clearance_internal.html_table('actions-' || f.feature, clearance_internal.html('Actions of %s', f.feature),
               clearance_internal.report_levels_head(levels, 'Action'), f.lines, 'matrix words')
        || '</div></details>' || E'\n', '' ORDER BY f.feature COLLATE "C") || '</div></div>' || E'\n'
    FROM clearance_internal.report_actions(levels) f
$$;
COMMENT ON FUNCTION clearance_internal.report_features IS 'levels by action, feature after feature, folded';
