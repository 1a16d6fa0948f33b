-- ---------------------------------------------------------------------------
-- Previews: what a change of permissions would give and take
-- (src/enforce/preview.c).
-- ---------------------------------------------------------------------------

-- Whom changed rows can be about: too many rather than too few. Of whoever is
-- touched, permissions before and after are compared. Each row is an object of its
-- table and the ids in it; one without is about everybody.
CREATE FUNCTION clearance_internal.previewed_actors(noted text[], all_actors boolean, only_account bigint)
RETURNS TABLE (member bigint, partner bigint, label text, name text, company text, touched boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH noted AS MATERIALIZED (
        SELECT r.* FROM unnest(noted) n,
            jsonb_to_record(n::jsonb) r ("table" text, id bigint, member_id bigint, supervisor_id bigint, partner_id bigint,
                                         customer_id bigint, project_id bigint, account_id bigint)
    ), about (subject, id) AS MATERIALIZED (
        SELECT CASE WHEN n."table" IN ('member', 'partner', 'customer', 'project', 'account') THEN n."table"
                    WHEN n.member_id IS NOT NULL THEN 'member' WHEN n.partner_id IS NOT NULL THEN 'partner'
                    WHEN n.customer_id IS NOT NULL THEN 'customer' WHEN n.project_id IS NOT NULL THEN 'project'
                    WHEN n.account_id IS NOT NULL THEN 'account' ELSE 'everybody' END,
               coalesce(n.id, n.member_id, n.partner_id, n.customer_id, n.project_id, n.account_id)
        FROM noted n
        UNION SELECT 'member', n.supervisor_id FROM noted n WHERE n.supervisor_id IS NOT NULL
        -- colleagues: rows of theirs may be the company's
        UNION SELECT CASE WHEN n.partner_id IS NOT NULL THEN 'partner' WHEN n.customer_id IS NOT NULL THEN 'customer' ELSE 'team' END,
                     coalesce(n.partner_id, n.customer_id, n.account_id)
        FROM noted n WHERE n."table" = 'member'
    ), touched AS MATERIALIZED (
        SELECT m.id FROM clearance.member m WHERE EXISTS (SELECT FROM about a WHERE a.subject = 'everybody')
        UNION SELECT m.id FROM about a JOIN clearance.member m USING (id) WHERE a.subject = 'member'
        UNION SELECT m.id FROM about a JOIN clearance.member m ON m.partner_id = a.id WHERE a.subject = 'partner'
        UNION SELECT m.id FROM about a JOIN clearance.member m ON m.customer_id = a.id WHERE a.subject = 'customer'
        UNION SELECT m.id FROM about a JOIN clearance.member m ON m.account_id = a.id WHERE a.subject = 'account' OR (a.subject = 'team' AND m.kind = 'vendor')
        UNION SELECT m.id FROM about a JOIN clearance.project p USING (id) JOIN clearance.member m USING (account_id)
              WHERE a.subject = 'project' AND (m.kind = 'vendor' OR p.open_level_id IS NOT NULL
                  OR EXISTS (SELECT FROM clearance.project_member x WHERE x.project_id = p.id AND x.member_id = m.id)
                  OR EXISTS (SELECT FROM clearance.project_partner x WHERE x.project_id = p.id AND x.partner_id = m.partner_id)
                  OR EXISTS (SELECT FROM clearance.project_customer x WHERE x.project_id = p.id AND x.customer_id = m.customer_id))
    ), actor AS (
        SELECT m.id AS member, NULL::bigint AS partner, m.key AS label, clearance_internal.member_label(m) AS name, coalesce(p.name, c.name) AS company,
               m.account_id, t.id IS NOT NULL AS touched
        FROM clearance.member m LEFT JOIN touched t USING (id)
        LEFT JOIN clearance.partner p ON p.id = m.partner_id LEFT JOIN clearance.customer c ON c.id = m.customer_id
        UNION ALL
        SELECT NULL, p.id, NULL, 'as a whole', p.name, p.account_id, EXISTS (SELECT FROM about)
        FROM clearance.partner p WHERE EXISTS (SELECT FROM clearance.login_role l WHERE l.partner_id = p.id)
    )
    SELECT a.member, a.partner, a.label, a.name, a.company, a.touched FROM actor a
    WHERE (a.touched OR all_actors) AND (only_account = 0 OR a.account_id = only_account)
    ORDER BY a.company COLLATE "C" NULLS FIRST, a.member NULLS LAST, a.partner
$$;
COMMENT ON FUNCTION clearance_internal.previewed_actors IS
'members, and partners that log in as a whole, whom changed rows can be about, or all; zero: in all accounts';

-- A table that was rewritten, or lost or got a partition, is in other files.
CREATE FUNCTION clearance_internal.previewed_files(binding integer, relation regclass) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE tree AS (
        SELECT previewed_files.relation::oid AS id
        UNION SELECT r.link::oid FROM clearance.binding_relation r WHERE r.binding_id = previewed_files.binding AND r.link IS NOT NULL
        UNION SELECT i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.id
    )
    SELECT coalesce(string_agg(c.oid || ':' || c.relfilenode, ' ' ORDER BY c.oid), '') FROM tree t JOIN pg_class c ON c.oid = t.id
$$;
COMMENT ON FUNCTION clearance_internal.previewed_files IS 'internal: the files that the rows of a table and of its links are in';

CREATE FUNCTION clearance.preview(change text, clearance.by_name DEFAULT 'by name',
    sample integer DEFAULT 3, actors_limit integer DEFAULT 10000, rows_limit bigint DEFAULT 50000000, time_limit interval DEFAULT '1 minute')
RETURNS TABLE (line text, class text, member text, name text, company text, relation text, action text,
    gained bigint, lost bigint, gained_keys text[], lost_keys text[], note text)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'clearance_preview';
COMMENT ON FUNCTION clearance.preview IS
'what statements would give and take: they run with the rights of whoever asks, are rolled back, and rows gained and lost are reported per actor, table and action. For operators, and for whoever may act as others, about its account';
