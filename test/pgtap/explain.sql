-- explain() against enforcement, on the loaded workspace: its verdict on a row is
-- what real SQL says, its code that of the first step that fails.
--
--   everybody    every member: two rows of tables that go round, one whichever, one
--                that it sees if it sees any; view, edit and delete in turn
--   writers      one member of each kind (status, role or partner's level, admin or
--                not): of every table a row that it sees, to edit and to delete,
--                and one whichever, to view
--
-- Sight is proven by a SELECT that finds the row or not, the rest by can_row() in a
-- query on it. Each question is put twice: by an operator about the member, and by
-- the member itself, who must be told the same of what it sees, and of all else that
-- there is no such row. Counts are printed. Everything is rolled back.
\set ECHO none
\set QUIET on
\set ON_ERROR_STOP on
BEGIN;
SET client_min_messages = warning;
SET jit = off;
CREATE EXTENSION IF NOT EXISTS pgtap;
\pset format unaligned
\pset tuples_only on
\o /dev/null

-- Tables whose rows have a key, and some keys of each, spread evenly.
CREATE TEMP TABLE looked_at AS
SELECT row_number() OVER (ORDER BY b.declared) - 1 AS n, b.relation, b.key_column AS key, b.edit_action, b.delete_action, NULL::text[] AS keys
FROM clearance.binding b WHERE b.key_column IS NOT NULL;
DO $$
DECLARE
    t record;
    keys text[];
BEGIN
    FOR t IN SELECT * FROM looked_at LOOP
        EXECUTE format('SELECT array_agg(k ORDER BY i) FROM (SELECT t.%1$I::text AS k, row_number() OVER (ORDER BY md5(t.%1$I::text)) AS i FROM %2$s t) x
                        WHERE i <= 40', t.key, t.relation) INTO keys;
        UPDATE looked_at l SET keys = t2.keys FROM (SELECT keys) t2 WHERE l.n = t.n;
    END LOOP;
    DELETE FROM looked_at l WHERE l.keys IS NULL;
END
$$;

CREATE TEMP TABLE question (part text, member bigint, relation regclass, key text, action text, is_view boolean, enforced boolean, explained boolean, code text,
    told boolean, told_code text);

-- A row of a table that the member sees, one of its first; NULL: none of those.
CREATE FUNCTION pg_temp.seen_key(member bigint, t looked_at, nth integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    PERFORM clearance.set_actor(id => member);
    SET LOCAL ROLE app_user;
    EXECUTE format('SELECT t.%I::text FROM %s t OFFSET %s LIMIT 1', t.key, t.relation, nth % 3) INTO found;
    RESET ROLE;
    PERFORM clearance.reset_actor();
    RETURN found;
END
$$;

CREATE FUNCTION pg_temp.put(part text, m clearance.member, t looked_at, key text, action text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    q question;
    is_seen boolean;
BEGIN
    q.part := part; q.member := m.id; q.relation := t.relation; q.key := key; q.action := action; q.is_view := action IS NULL;
    SELECT e.verdict = 'yes', e.code INTO q.explained, q.code
    FROM clearance.explain(t.relation, key, action, member => m.key, account => m.account_id) e WHERE e.step = 'verdict';
    PERFORM clearance.set_actor(id => m.id);
    SET LOCAL ROLE app_user;
    IF action IS NULL THEN
        EXECUTE format('SELECT count(*) = 1 FROM %s t WHERE t.%I::text = $1', t.relation, t.key) INTO is_seen USING key;
        q.enforced := is_seen;
    ELSE
        EXECUTE format('SELECT count(*) = 1, coalesce(bool_and(clearance.can_row($2, t)), false) FROM %s t WHERE t.%I::text = $1', t.relation, t.key)
        INTO is_seen, q.enforced USING key, action;
    END IF;
    SELECT e.verdict = 'yes', e.code INTO q.told, q.told_code
    FROM clearance.explain(t.relation, key, action) e WHERE e.step = 'verdict';
    RESET ROLE;
    PERFORM clearance.reset_actor();
    IF (q.told_code IS NOT DISTINCT FROM 'no_row') <> NOT is_seen OR (is_seen AND q.told_code IS DISTINCT FROM q.code) THEN
        q.told := NULL;
    END IF;
    INSERT INTO question VALUES (q.*);
END
$$;
\o
SELECT plan(7);
\o /dev/null

CREATE FUNCTION pg_temp.ask(part text, m clearance.member, t looked_at, key text, what integer) RETURNS void LANGUAGE sql AS $$
    SELECT pg_temp.put(part, m, t, key, CASE what WHEN 1 THEN t.edit_action WHEN 2 THEN t.delete_action END)
$$;

SELECT pg_temp.ask('everybody', m, t, CASE WHEN i = 0 THEN t.keys[1 + (m.id * 7) % cardinality(t.keys)]
                                           ELSE coalesce(pg_temp.seen_key(m.id, t, m.id::integer), t.keys[1 + (m.id * 5) % cardinality(t.keys)]) END,
                   ((m.id + i) % 3)::integer)
FROM clearance.member m CROSS JOIN generate_series(0, 1) i
JOIN looked_at t ON t.n = (m.id * 3 + i * 31) % (SELECT count(*) FROM looked_at)
WHERE m.key IS NOT NULL;

CREATE TEMP TABLE writer AS
SELECT DISTINCT ON (m.kind, m.status, p.level_id, r.roles, m.partner_admin) m.*
FROM clearance.member m
LEFT JOIN clearance.partner p ON p.id = m.partner_id
CROSS JOIN LATERAL (SELECT array_agg(r.role_id ORDER BY r.role_id) AS roles FROM clearance.member_role r WHERE r.member_id = m.id) AS r
WHERE m.key IS NOT NULL
ORDER BY m.kind, m.status, p.level_id, r.roles, m.partner_admin,
    (SELECT count(*) FROM clearance.project_member x WHERE x.member_id = m.id) DESC, m.id;
SELECT pg_temp.ask('writers', (SELECT m FROM clearance.member m WHERE m.id = w.id), t,
                   CASE WHEN i = 0 THEN t.keys[1 + (w.id + t.n) % cardinality(t.keys)] ELSE coalesce(s.key, t.keys[1]) END, i)
FROM writer w CROSS JOIN looked_at t CROSS JOIN LATERAL pg_temp.seen_key(w.id, t, t.n::integer) AS s (key) CROSS JOIN generate_series(0, 2) i
WHERE i = 0 OR s.key IS NOT NULL;
\o

SELECT diag(format('%s: %s questions about %s members and %s tables, %s permitted, %s codes', q.part, count(*), count(DISTINCT q.member),
                   count(DISTINCT q.relation), count(*) FILTER (WHERE q.enforced), count(DISTINCT q.code)))
FROM question q GROUP BY q.part ORDER BY q.part;
SELECT ok(NOT EXISTS (SELECT FROM question q WHERE q.part = p AND q.explained IS DISTINCT FROM q.enforced), p || ': the verdict is what real SQL says')
       || coalesce((SELECT chr(10) || diag(string_agg(x::text, chr(10))) FROM (SELECT * FROM question q WHERE q.part = p AND q.explained IS DISTINCT FROM q.enforced LIMIT 5) x), '')
FROM unnest('{everybody,writers}'::text[]) p;
SELECT ok(NOT EXISTS (SELECT FROM question q WHERE q.part = p AND q.told IS DISTINCT FROM q.enforced), p || ': they are told the same, and of what they do not see that it is not there')
       || coalesce((SELECT chr(10) || diag(string_agg(x::text, chr(10))) FROM (SELECT * FROM question q WHERE q.part = p AND q.told IS DISTINCT FROM q.enforced LIMIT 5) x), '')
FROM unnest('{everybody,writers}'::text[]) p;
SELECT is((SELECT count(*) FROM question q WHERE q.explained = (q.code IS NOT NULL)), 0::bigint, 'what is refused has a code, and nothing else has');
SELECT cmp_ok((SELECT count(DISTINCT q.code) FROM question q), '>', 10::bigint, 'many reasons are among them');
SELECT cmp_ok((SELECT count(*) FROM question q WHERE q.enforced AND NOT q.is_view), '>', 500::bigint, 'and many acts that are permitted');
SELECT * FROM finish();
ROLLBACK;
