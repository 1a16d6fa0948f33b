-- The third act: what a DBA is asked, each answered by one statement. Run it on the
-- loaded workspace as a superuser. It changes nothing.
\set QUIET on
\pset pager off
\pset footer off
\pset null ''

\echo
\echo 'The third act: what a DBA is asked, a statement each'
\echo
\echo 'Why does Rex not see the task that is assigned to him?'
\echo '    SELECT explanation FROM clearance.explain(''app.task'', 4106, member => 113)'
\pset tuples_only on
\pset format unaligned
SELECT explanation FROM clearance.explain('app.task', 4106, member => 113);
\pset format aligned
\pset tuples_only off

\echo
\echo 'Who sees document 7, and how does each come in?'
\echo '    SELECT … FROM clearance.who_can(''app.document'', 7)'
SELECT coalesce(company, 'the vendor') AS company, way, levels, count(*) AS members, string_agg(name, ', ' ORDER BY name) FILTER (WHERE name NOT LIKE 'Person %') AS among
FROM clearance.who_can('app.document', 7) GROUP BY 1, 2, 3 ORDER BY max(kind) <> 'vendor', 1, 2, 3;

\echo
\echo 'What if Fir, a partner, becomes moderate?'
\echo '    SELECT … FROM clearance.preview($$SELECT clearance.update_partner(6, access_level => ''moderate'')$$)'
SELECT coalesce(relation, 'everything: ' || class) AS relation, action, nullif(count(member), 0) AS members, sum(gained) AS gained, sum(lost) AS lost
FROM clearance.preview($$SELECT clearance.update_partner(6, access_level => 'moderate')$$)
WHERE line = 'all' OR relation IN ('app.document', 'app.task') GROUP BY 1, 2, line ORDER BY line, 1, 2;
\pset footer on
