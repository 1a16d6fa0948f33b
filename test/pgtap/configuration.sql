-- The configuration of the sample workspace, with its people, imported into an
-- empty database with the same tables: the text is the same, and the rows are
-- the same for everybody. Empty it becomes by dropping the extension.
\set ECHO none
\set QUIET on
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(9);

-- Whoever has the key: how many rows of each table it sees, and which. It looks as the application does.
CREATE FUNCTION pg_temp.rows_of(account text, member text) RETURNS TABLE (relation text, seen text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM clearance.set_actor(id => m.id) FROM clearance.member m JOIN clearance.account a ON a.id = m.account_id
    WHERE a.name = rows_of.account AND coalesce(m.key, m.email) = rows_of.member;
    SET LOCAL ROLE clearance_demo_app;
    FOR relation IN SELECT b.name FROM bound b LOOP
        EXECUTE format('SELECT concat(count(*), '' '', sum(hashtext(t::text)::bigint)) FROM %s t', relation) INTO seen;
        RETURN NEXT;
    END LOOP;
    RESET ROLE;
    PERFORM clearance.reset_actor();
END $$;
CREATE TEMP TABLE bound AS SELECT b.relation::text AS name FROM clearance.binding b WHERE has_table_privilege('clearance_demo_app', b.relation, 'SELECT');
GRANT SELECT ON bound TO clearance_demo_app;
-- of each kind of member, by company, level and roles, one; and every thirtieth
CREATE TEMP TABLE somebody AS
SELECT DISTINCT a.name AS account, s.key AS member
FROM (SELECT m.account_id, coalesce(m.key, m.email) AS key, row_number() OVER (ORDER BY m.id) % 60 AS n,
             row_number() OVER (PARTITION BY m.account_id, m.partner_id, m.customer_id, m.status,
                                    ARRAY(SELECT mr.role_id FROM clearance.member_role mr WHERE mr.member_id = m.id ORDER BY 1) ORDER BY m.id) AS of_kind
      FROM clearance.member m) s JOIN clearance.account a ON a.id = s.account_id
WHERE s.of_kind = 1 OR s.n = 0;
CREATE TEMP TABLE seen_before AS SELECT * FROM somebody s CROSS JOIN LATERAL pg_temp.rows_of(s.account, s.member);
SELECT cmp_ok((SELECT count(*) FROM somebody), '>', 40::bigint, 'some of each kind look');
SELECT cmp_ok((SELECT count(DISTINCT seen) FROM seen_before), '>', 500::bigint, 'and see this and that');

SELECT clearance.export() AS plain, clearance.export(people => true) AS whole \gset
SELECT is_empty(format('SELECT * FROM clearance.diff(%L)', :'whole'), 'a database does not differ from what it exports');
DROP EXTENSION pg_clearance CASCADE;
CREATE EXTENSION pg_clearance;
SELECT clearance.trust_role('clearance_demo_app') \g /dev/null
SELECT is_empty($$ SELECT * FROM (SELECT * FROM somebody LIMIT 1) s CROSS JOIN LATERAL pg_temp.rows_of(s.account, s.member) WHERE seen <> '0 ' $$,
    'in the empty database nobody sees anything');
SELECT clock_timestamp() AS started \gset
SELECT cmp_ok((SELECT count(*) FROM clearance.import(:'whole')), '>', 3000::bigint, 'the import says what it does');
SELECT diag('import of the whole workspace: ' || extract(epoch FROM clock_timestamp() - :'started'::timestamptz)::numeric(9, 1) || ' s');
SELECT ok(clearance.export() = :'plain', 'the text is the same');
SELECT ok(clearance.export(people => true) = :'whole', 'and so it is with people');
SELECT is_empty($$ TABLE seen_before EXCEPT SELECT * FROM somebody s CROSS JOIN LATERAL pg_temp.rows_of(s.account, s.member) $$,
    'everybody sees the same rows');
SELECT is_empty(format('SELECT * FROM clearance.import(%L)', :'whole'), 'a second import has nothing to do');
SELECT finish();
ROLLBACK;
