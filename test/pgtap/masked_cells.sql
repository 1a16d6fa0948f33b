-- Masked columns against the evaluator, on the loaded workspace: for every member
-- of the sample (test/evaluator_sample.sql) and every partner as a whole, each
-- masked column of each row that is seen reads as what is stored exactly where
-- test/evaluator.sql says that it is open, and as its mask elsewhere;
-- clearance.column_masked() says the same, and clearance.columns() names every
-- column in which something is masked.
--
-- One test a column; the differences found are printed below it. Everything is
-- rolled back. `psql -v all_members=on` looks at all members.
\set ECHO none
\set QUIET on
\set ON_ERROR_STOP on
BEGIN;
SET client_min_messages = warning;
SET jit = off;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT to_regnamespace('evaluator') IS NULL AS missing \gset
\if :missing
\ir ../evaluator.sql
\endif
\pset format unaligned
\pset tuples_only on
\o /dev/null

\ir ../evaluator_sample.sql
\if :{?all_members}
INSERT INTO sample SELECT id FROM clearance.member EXCEPT SELECT id FROM sample;
\endif

-- seen: the query of an actor's cells, as key, column, what is read, and whether it is masked;
-- wanted: what there should be, of rows with the keys $1, where $2 has the keys in which a column is open
CREATE TEMP TABLE looked_at AS
SELECT b.relation, array_agg(m.column_name ORDER BY m.column_name) AS columns,
       format('SELECT array_agg(ARRAY[%s, c.name, c.value, c.masked::text]) FROM %s t CROSS JOIN LATERAL (VALUES %s) AS c (name, value, masked)',
              evaluator.key_of(b.relation), b.relation,
              string_agg(format('(%L, t.%I::text, clearance.column_masked(t, %L))', m.column_name, m.column_name, m.column_name), ', ')) AS seen,
       format('SELECT array_agg(ARRAY[%1$s, c.name, CASE WHEN c.open THEN c.value ELSE c.mask END, (NOT c.open)::text])
               FROM %2$s t CROSS JOIN LATERAL (VALUES %3$s) AS c (name, value, mask, open)
               WHERE %1$s = ANY ($1)',
              evaluator.key_of(b.relation), b.relation,
              string_agg(format('(%L, t.%I::text, (%s)::text, coalesce($2 -> %L ? %s, false))', m.column_name, m.column_name, coalesce(m.mask, 'NULL'),
                                m.column_name, evaluator.key_of(b.relation)), ', ')) AS wanted
FROM clearance.binding b JOIN clearance.binding_mask m ON m.binding_id = b.id
GROUP BY b.relation;

CREATE TEMP TABLE compared (relation regclass, "column" text, open bigint, masked bigint);
CREATE TEMP TABLE difference (relation regclass, "column" text, who text, what text);

CREATE FUNCTION pg_temp.note(t looked_at, who text, got text[], want text[], may text[]) RETURNS void
LANGUAGE sql AS $$
    WITH g AS (SELECT got[i][1] AS key, got[i][2] AS name, got[i][3] AS value, got[i][4] AS masked FROM generate_subscripts(got, 1) AS i),
    w AS (SELECT want[i][1] AS key, want[i][2] AS name, want[i][3] AS value, want[i][4] AS masked FROM generate_subscripts(want, 1) AS i),
    wrong AS (
        (SELECT name, format('row %s: read %s, masked: %s', key, coalesce(quote_literal(value), 'NULL'), masked) AS what FROM g
         EXCEPT ALL SELECT name, format('row %s: read %s, masked: %s', key, coalesce(quote_literal(value), 'NULL'), masked) FROM w)
        UNION ALL
        (SELECT name, format('row %s: not read %s, masked: %s', key, coalesce(quote_literal(value), 'NULL'), masked) FROM w
         EXCEPT ALL SELECT name, format('row %s: not read %s, masked: %s', key, coalesce(quote_literal(value), 'NULL'), masked) FROM g)
        UNION ALL
        SELECT DISTINCT name, 'masked somewhere, and columns() says never' FROM w WHERE masked = 'true' AND name <> ALL (may))
    INSERT INTO difference SELECT t.relation, name, who, what FROM wrong;
    INSERT INTO compared
    SELECT t.relation, want[i][2], count(*) FILTER (WHERE want[i][4] = 'false'), count(*) FILTER (WHERE want[i][4] = 'true')
    FROM generate_subscripts(want, 1) AS i GROUP BY want[i][2];
$$;

CREATE FUNCTION pg_temp.may_be_masked(relation regclass) RETURNS text[] LANGUAGE sql AS $$
    SELECT coalesce(array_agg(c.name::text), '{}') FROM clearance.columns(relation) c WHERE c.may_be_masked
$$;

CREATE FUNCTION pg_temp.check_member(m clearance.member) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    t looked_at;
    got text[];
    want text[];
    may text[];
BEGIN
    FOR t IN SELECT * FROM looked_at LOOP
        PERFORM clearance.set_actor(id => m.id, local => true);
        SET LOCAL ROLE app_user;
        EXECUTE t.seen INTO got;
        may := pg_temp.may_be_masked(t.relation);
        RESET ROLE;
        EXECUTE t.wanted INTO want
        USING ARRAY(SELECT evaluator.permitted(m.id, t.relation, (SELECT b.view_action FROM clearance.binding b WHERE b.relation = t.relation))),
            (SELECT jsonb_object_agg(c, (SELECT coalesce(jsonb_agg(k), '[]') FROM evaluator.readable(m.id, t.relation, c) k)) FROM unnest(t.columns) c);
        PERFORM pg_temp.note(t, format('member %s (%s %s, key %s)', m.id, m.status, m.kind, m.key), got, want, may);
    END LOOP;
END
$$;

CREATE ROLE regress_masked_cells_login LOGIN;
GRANT app_user TO regress_masked_cells_login;
CREATE FUNCTION pg_temp.check_partner(p clearance.partner) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    t looked_at;
    got text[];
    want text[];
    may text[];
BEGIN
    PERFORM clearance.reset_actor();
    PERFORM clearance.map_role('regress_masked_cells_login', partner => p.id);
    FOR t IN SELECT * FROM looked_at LOOP
        SET LOCAL SESSION AUTHORIZATION regress_masked_cells_login;
        EXECUTE t.seen INTO got;
        may := pg_temp.may_be_masked(t.relation);
        RESET SESSION AUTHORIZATION;
        EXECUTE t.wanted INTO want
        USING ARRAY(SELECT evaluator.permitted_partner(p.id, t.relation)),
            (SELECT jsonb_object_agg(c, (SELECT coalesce(jsonb_agg(k), '[]') FROM evaluator.readable_partner(p.id, t.relation, c) k)) FROM unnest(t.columns) c);
        PERFORM pg_temp.note(t, format('partner %s (%s)', p.id, p.name), got, want, may);
    END LOOP;
    PERFORM clearance.unmap_role('regress_masked_cells_login');
END
$$;
GRANT SELECT ON looked_at TO app_user;

SELECT evaluator.hold();
SELECT pg_temp.check_member(m) FROM clearance.member m JOIN sample USING (id) ORDER BY id;
SELECT pg_temp.check_partner(p) FROM clearance.partner p ORDER BY p.id;
SELECT clearance.reset_actor();
CREATE TEMP TABLE checked AS SELECT relation, "column", sum(open) AS open, sum(masked) AS masked FROM compared GROUP BY 1, 2;
\o

SELECT plan((SELECT count(*)::integer FROM checked) + 3);
SELECT ok(NOT EXISTS (SELECT FROM difference d WHERE (d.relation, d."column") = (c.relation, c."column")),
           format('%s.%s: %s cells open, %s masked', c.relation, c."column", c.open, c.masked))
       || (SELECT coalesce(chr(10) || diag(string_agg(d.who || ': ' || d.what, chr(10))), '')
           FROM (SELECT * FROM difference d WHERE (d.relation, d."column") = (c.relation, c."column") LIMIT 8) d)
FROM checked c ORDER BY c.relation::text, c."column";
SELECT is_empty($$SELECT m.column_name FROM clearance.binding_mask m JOIN clearance.binding b ON b.id = m.binding_id
    EXCEPT SELECT "column" FROM checked$$, 'every masked column was read');
SELECT is_empty($$SELECT relation, "column" FROM checked WHERE masked = 0$$, 'and is masked for somebody');
SELECT is_empty($$SELECT relation, "column" FROM checked WHERE open = 0$$, 'and open to somebody');
SELECT * FROM finish();
ROLLBACK;
