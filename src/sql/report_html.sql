-- ---------------------------------------------------------------------------
-- The report as HTML: how names and numbers come into it, and the parts that its
-- sections are made of. The server's XML functions are not everywhere, and write
-- XML: <td/> is no end of a cell for a browser.
--
-- Only html_text() lets values in. What is put together by || and format()
-- elsewhere is markup, numbers, and what came from there.
-- ---------------------------------------------------------------------------

-- Marks and overrides of direction, spaces without width, ends of lines, tags.
CREATE FUNCTION clearance_internal.unseen_letters() RETURNS int4multirange
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT '{[128,159],[173,173],[847,847],[1564,1564],[4447,4448],[8203,8203],[8206,8207],[8232,8238],[8288,8303],
             [12644,12644],[65279,65279],[65440,65440],[65529,65531],[917504,917631]}'::int4multirange
$$;
COMMENT ON FUNCTION clearance_internal.unseen_letters IS 'codes of letters that are not to be seen, or that turn the text around them';

-- ASCII alone passes as it is. Of the rest, what is not to be seen and what turns
-- the text around it, an isolate's end too, is shown instead of obeyed.
CREATE FUNCTION clearance_internal.html_text(value text, most integer DEFAULT 300) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    text text := replace(replace(replace(replace(left(value, most), '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;');
BEGIN
    IF text !~ '^[ -~]*$' COLLATE "C" THEN
        SELECT string_agg(CASE
                   WHEN c.code IN (9, 10) THEN c.letter
                   WHEN c.code < 32 THEN format('&#%s;', 9216 + c.code)
                   WHEN c.code = 127 THEN '&#9249;'
                   WHEN getdatabaseencoding() = 'UTF8' AND c.code <@ clearance_internal.unseen_letters()
                       THEN format('[U+%s]', upper(lpad(to_hex(c.code), 4, '0')))
                   ELSE c.letter END, '' ORDER BY c.n) INTO text
        FROM (SELECT l.letter, ascii(l.letter) AS code, l.n FROM regexp_split_to_table(text, '') WITH ORDINALITY l (letter, n)) c;
    END IF;
    RETURN text || CASE WHEN length(value) > most THEN format('&#8230; (%s characters)', length(value)) ELSE '' END;
END
$$;
COMMENT ON FUNCTION clearance_internal.html_text IS 'a value as text of an HTML page, or as a quoted attribute; most: characters of it';

-- The direction of a value is its own. It may be broken after an underscore; a dash stands for NULL.
CREATE FUNCTION clearance_internal.html_value(value text, most integer DEFAULT 300) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce('<bdi>' || replace(clearance_internal.html_text(value, most), '_', '_<wbr>') || '</bdi>', '&#8211;') $$;
COMMENT ON FUNCTION clearance_internal.html_value IS 'a value among others, as text of an HTML page; most: characters of it';

CREATE FUNCTION clearance_internal.html(template text, VARIADIC plain text[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format(template, VARIADIC ARRAY(SELECT clearance_internal.html_value(p.value) FROM unnest(plain) WITH ORDINALITY p (value, n) ORDER BY p.n))
$$;
COMMENT ON FUNCTION clearance_internal.html IS 'a template of HTML with a value for each %s';

CREATE FUNCTION clearance_internal.html_number(n bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT replace(trim(to_char(n, 'FM999,999,999,999,999,990')), ',', '&#8239;') $$;
COMMENT ON FUNCTION clearance_internal.html_number IS 'a number with its thousands set apart';

CREATE FUNCTION clearance_internal.html_count(n bigint, one text, many text DEFAULT NULL) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT clearance_internal.html_number(n) || ' ' || CASE WHEN n = 1 THEN one ELSE coalesce(many, one || 's') END $$;
COMMENT ON FUNCTION clearance_internal.html_count IS 'so many things, in words';

-- In the time zone of the session, which the head of the page names; NULL for no end and no beginning.
CREATE FUNCTION clearance_internal.html_time(at timestamptz) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE WHEN isfinite(at) THEN to_char(at, 'YYYY-MM-DD HH24:MI') END $$;
COMMENT ON FUNCTION clearance_internal.html_time IS 'a moment';

CREATE FUNCTION clearance_internal.html_day(at timestamptz) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT left(clearance_internal.html_time(at), 10) $$;
COMMENT ON FUNCTION clearance_internal.html_day IS 'the day of a moment';

-- A region of its own is scrolled where its table is wider than the page, by keyboard too.
CREATE FUNCTION clearance_internal.html_table(id text, caption text, head text, body text, class text DEFAULT '') RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('<div class="scroll" role="region" tabindex="0" aria-labelledby="%1$s-caption">'
                  '<table class="%5$s"><caption id="%1$s-caption">%2$s</caption><thead>%3$s</thead><tbody>%4$s</tbody></table></div>' || E'\n',
                  id, caption, head, body, class)
$$;
COMMENT ON FUNCTION clearance_internal.html_table IS 'a table in a region that scrolls; all arguments are HTML';

CREATE FUNCTION clearance_internal.html_head(VARIADIC columns text[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT '<tr>' || string_agg(CASE WHEN left(c.name, 1) = '#' THEN '<th scope="col" class="n">' || substr(c.name, 2)
                                     ELSE '<th scope="col">' || c.name END || '</th>', '' ORDER BY c.n) || '</tr>'
    FROM unnest(columns) WITH ORDINALITY c (name, n)
$$;
COMMENT ON FUNCTION clearance_internal.html_head IS 'a line of headings; #: of a column of numbers';

-- What a limit left out is said.
CREATE FUNCTION clearance_internal.html_rest(shown bigint, total bigint, many text, way text DEFAULT 'lines') RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN total > shown
                THEN format('<p class="rest">These are %s of %s %s; <code>report(%s =&gt; &#8230;)</code> shows others.</p>' || E'\n',
                            clearance_internal.html_number(shown), clearance_internal.html_number(total), many, way)
                ELSE '' END
$$;
COMMENT ON FUNCTION clearance_internal.html_rest IS 'a line about what is left out of a table, if anything is';
