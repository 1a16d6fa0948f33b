-- report(): a page about who may what. test/tap/020_report.pl looks at it in a
-- browser; here is who gets it, and what stands in it, in a database of its own.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
SELECT current_database() AS home \gset
CREATE DATABASE regress_report;
\c regress_report
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
CREATE ROLE regress_report LOGIN;
-- what is in a section, cells set apart
CREATE FUNCTION pg_temp.section(page text, id text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT line FROM regexp_replace(substring(page, '<section id="section-' || id || '".*?</section>'), '</t[hd]><t[hd][^>]*>', ' | ', 'g') AS c (cells),
        regexp_replace(cells, '<(caption|tr|details|p|ul|h3)[ >]', E'\n\\&', 'g') AS l (lines),
        regexp_split_to_table(regexp_replace(lines, '<(?!/?bdi|script|img)[^>]*>', '', 'g'), '\n') line WHERE line <> '' $$;

--
-- There is a page before there is anybody.
--
SELECT clearance.report() LIKE E'<!DOCTYPE html>\n%</html>\n';
SELECT pg_temp.section(clearance.report(), 'companies');
SELECT pg_temp.section(clearance.report(), 'levels') LIMIT 6;

--
-- Operators alone get it, while nobody acts, whoever else may execute it.
--
SELECT clearance.create_account('North') AS north \gset
SELECT clearance.add_member(key => 'ada', roles => '{account_admin}') AS ada \gset
SET ROLE regress_report;
SELECT clearance.report();
RESET ROLE;
GRANT EXECUTE ON FUNCTION clearance.report TO regress_report;
SET ROLE regress_report;
SELECT clearance.report();
RESET ROLE;
SELECT clearance.set_actor(key => 'ada', local => false) = :ada;
SELECT clearance.report();
SELECT clearance.reset_actor();

--
-- What it is about is there, and there is a line at least.
--
SELECT clearance.report(account => 999);
SELECT clearance.report(lines => 0);
SELECT clearance.report(lines => NULL);

--
-- Names are text, whatever they are made of, and turn nothing around them.
--
SELECT clearance.create_partner('<script>alert(1)</script> & "Söhne"', 'moderate') AS script \gset
SELECT clearance.create_partner(U&'\202Ekcab\2069 &lt; \200B.', kind => 'contractor') AS back \gset
SELECT clearance.create_partner('%s %1$s \1 $1 ''') AS signs \gset
SELECT clearance.create_customer('<img src=x onerror=alert(1)>') AS image \gset
SELECT count(clearance.create_project(k)) FROM unnest('{1 <b>,two,three,four,one}'::text[]) k;
SELECT count(clearance.add_partner_to_project(p.key, :script, ends_at => CASE p.key WHEN 'four' THEN timestamptz '2020-01-01' END)::text) FROM clearance.project p WHERE p.key NOT IN ('one', 'three');
SELECT clearance.add_customer_to_project('two', :image);
SELECT clearance.disable_partner(:back);
SELECT pg_temp.section(clearance.report(), 'companies');
SELECT clearance_internal.html_text(E'a\tb\n\r\x1F\x7F' || U&'\0085\061C\2028\2066\FEFF'), clearance_internal.html_text(NULL), clearance_internal.html_text(''), clearance_internal.html_text(repeat('x', 2000), 3), clearance_internal.html('%s %s', NULL, '%s_a');


--
-- Whatever names a level for a company's people is said, the most specific first.
--
SELECT clearance.create_level(n, a) > 0 FROM (VALUES ('personal', 'partner'), ('by role', 'partner'), ('open', 'partner'), ('guest', 'customer')) l (n, a);
SELECT clearance.create_role('hunter', access_level => 'by role', available_to_partners => true);
SELECT clearance.create_partner('Place', 'moderate', roles => '{hunter}') AS place \gset
SELECT clearance.add_member(key => 'pat', partner => :place, roles => '{hunter}') AS pat \gset
SELECT clearance.add_member(key => 'cleo', customer => :image) AS cleo \gset
SELECT count(clearance.add_partner_to_project(k, :place, 'restricted')::text) FROM unnest('{one,two}'::text[]) k;
SELECT clearance.add_member_to_project('two', :pat, 'personal'), clearance.add_member_to_project('two', :cleo, 'guest'), clearance.set_project('three', open_levels => '{open,guest,restricted}');
SELECT c.side, l.name, v.places FROM (VALUES ('partner', :place), ('partner', :back), ('customer', :image)) c (side, id)
CROSS JOIN clearance_internal.report_company_levels(c.side, c.id) v JOIN clearance.level l ON l.id = v.level_id;

--
-- Lines that are left out are counted.
--
SELECT * FROM pg_temp.section(clearance.report(lines => 1), 'companies') s WHERE s ~ 'These are';

--
-- One account says nothing of another, but for findings, which are about the database.
--
SELECT clearance.create_account('South') AS south \gset
SELECT clearance.create_partner('Southerner', account => :south) \gset southerner_
SELECT clearance.report() ~ 'Southerner', clearance.report(account => :north) ~ 'Southerner', clearance.report(account => :south) ~ 'Southerner';
SELECT clearance.report(account => :south) ~ 'alert';

--
-- Levels: which rows an action reaches, in words.
--
SELECT clearance.create_level('own & few', 'partner');
SELECT clearance.allow('own & few', 'task', 'view', relation => 'own', kinds => '{"<bug>"}');
SELECT clearance.allow('own & few', 'task', 'view', visibility => 'shared', relation => 'assigned');
SELECT clearance.allow('own & few', 'task', 'edit');
SELECT e.level_id < 100, e.action, e.extent, e.words FROM clearance_internal.report_extents(ARRAY(SELECT l.id FROM clearance.level l WHERE l.name IN ('own & few', 'collaborator'))) e
WHERE (e.feature, e.action) IN (('task', 'view'), ('task', 'edit'), ('task', 'delete'), ('project', 'view')) ORDER BY 1, 2;
SELECT clearance.report() LIKE '%<td class="some"><bdi>assigned, shared; own: &lt;bug&gt;</bdi></td>%';

--
-- Changes: who made them, values before and after, names for ids.
--
CREATE TEMP TABLE since AS SELECT clock_timestamp() AS at;
SELECT clearance.set_actor(key => 'ada', local => false) = :ada;
UPDATE clearance.partner SET name = '<del>' WHERE name = '<script>alert(1)</script> & "Söhne"';
UPDATE clearance.partner SET level_id = (SELECT l.id FROM clearance.level l WHERE l.name = 'restricted') WHERE id = :script;
SELECT clearance.remove_partner_from_project('four', :script);
SELECT clearance.reset_actor();
SELECT clearance.add_partner_to_project('three', :script, starts_at => '2020-01-01');
SELECT replace(s, session_user, 'me') FROM clearance.audit_log l CROSS JOIN regexp_replace(clearance_internal.report_author(login, role, actor, partner, real_actor) || ' ' || clearance_internal.report_change_sign(operation) || table_name || clearance_internal.report_difference(before::jsonb, after::jsonb), '<(?!/?bdi|/?del)[^>]*>', '', 'g') s
WHERE at > (SELECT since.at FROM since) ORDER BY at, seq;
SELECT regexp_replace(replace(s, session_user, 'me'), '^[-0-9: ]{16}', 'then') FROM pg_temp.section(clearance.report(account => :north, lines => 1), 'changes') s WHERE s !~ 'These are';
SELECT substring(clearance.report(account => a, lines => 1000), '<section id="section-changes".*') ~ 'Southerner' FROM unnest(ARRAY[:north, :south]) a;
SELECT clearance_internal.report_difference('{"member_id": 999999, "level_id": null, "x": "a"}', NULL), clearance_internal.report_difference('{}', '{}') IS NULL;

--
-- Findings, accepted ones too.
--
CREATE TABLE task (id integer PRIMARY KEY, project_id text, secret text);
SELECT clearance.protect('task', 'task', 'project_id') > 0;
SELECT clearance.accept_finding('unmasked_secret', 'public.task.secret', 'it is <small>');
SELECT replace(s, session_user, 'me') FROM pg_temp.section(clearance.report(), 'findings') s WHERE s ~ 'task|accept';

--
-- Who sees a table that is named: people of the account, or of all.
--
SELECT clearance.allow('personal', 'task', 'view');
INSERT INTO task VALUES (1, 'two'), (2, 'two'), (3, 'three');
SELECT pg_temp.section(clearance.report('task'), 'access');
SELECT pg_temp.section(clearance.report('task', :south), 'access');
SELECT count(*) FROM pg_temp.section(clearance.report(), 'access');
SELECT clearance.report('pg_class');

\c :home
SET client_min_messages = warning;
DROP DATABASE regress_report;
DROP ROLE regress_report;
