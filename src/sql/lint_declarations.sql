-- ---------------------------------------------------------------------------
-- Findings about declarations: what they rest on, and what they say in vain.
-- Catalogs and the extension's own tables are read.
-- ---------------------------------------------------------------------------

-- Columns by which rows find their project, parents and members; refers: the
-- column that a foreign key should name.
CREATE FUNCTION clearance_internal.lint_columns()
RETURNS TABLE (tab regclass, "column" name, purpose text, refers regclass, refers_column name, required boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT b.relation, b.project_column, 'project', p.relation, p.project_column, NOT b.project_optional
    FROM clearance.binding b
    LEFT JOIN LATERAL (SELECT x.relation, x.project_column FROM clearance.binding x WHERE x.feature = 'project' AND NOT x.link_only
                       ORDER BY x.declared LIMIT 1) p ON true
    WHERE b.project_column IS NOT NULL AND b.feature <> 'project' AND NOT b.link_only
    UNION ALL
    SELECT b.relation, p.column_name, 'parent', CASE WHEN p.type_column IS NULL THEN x.relation END, x.key_column,
           NOT p.optional AND p.type_column IS NULL
    FROM clearance.binding_parent p JOIN clearance.binding b ON b.id = p.binding_id JOIN clearance.binding x ON x.id = p.parent_id
    UNION ALL
    SELECT b.relation, r.member_column, r.kind, NULL, NULL, false
    FROM clearance.binding_relation r JOIN clearance.binding b ON b.id = r.binding_id
    WHERE r.link IS NULL
    UNION ALL
    SELECT r.link, r.member_column, r.kind, NULL, NULL, false
    FROM clearance.binding_relation r WHERE r.link IS NOT NULL AND r.member_column IS NOT NULL
    UNION ALL
    SELECT r.link, r.link_column, 'link', b.relation, r.row_column, false
    FROM clearance.binding_relation r JOIN clearance.binding b ON b.id = r.binding_id
    WHERE r.link IS NOT NULL AND r.link_column IS NOT NULL
$$;
COMMENT ON FUNCTION clearance_internal.lint_columns IS 'columns by which protected rows find their project, parents and members';

-- Small tables are read as a whole, whatever indexes they have.
CREATE FUNCTION clearance_internal.lint_no_index() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', format('%s.%I', c.tab, c."column"),
           format('no index begins with it (%s): queries of those who see few rows read them all', string_agg(DISTINCT c.purpose, ', ')),
           format('CREATE INDEX CONCURRENTLY ON %s %s(%I);', c.tab, CASE WHEN t.typcategory = 'A' THEN 'USING gin ' ELSE '' END, c."column")
    FROM clearance_internal.lint_columns() c
    JOIN pg_attribute a ON a.attrelid = c.tab AND a.attname = c."column" JOIN pg_type t ON t.oid = a.atttypid
    WHERE (SELECT sum(pg_relation_size(x.tab)) FROM clearance_internal.table_tree(c.tab) AS x (tab)) >= 64 * current_setting('block_size')::integer
      AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.tab AND i.indisvalid AND i.indkey[0] = a.attnum
                      AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) = format('(%I IS NOT NULL)', c."column")))
    GROUP BY c.tab, c."column", t.typcategory
$$;
COMMENT ON FUNCTION clearance_internal.lint_no_index IS 'finding: columns that the rule goes by, of tables of 64 pages and more, without an index';

CREATE FUNCTION clearance_internal.lint_bad_index() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', i.indexrelid::regclass::text, format('an index of the protected %s that was not finished: it is kept up to date, and serves nobody', i.indrelid::regclass),
           format('REINDEX INDEX CONCURRENTLY %s;', i.indexrelid::regclass)
    FROM clearance_internal.lint_protected() t JOIN pg_index i ON i.indrelid = t.tab JOIN pg_class c ON c.oid = i.indexrelid
    WHERE NOT i.indisvalid AND c.relkind = 'i'
$$;
COMMENT ON FUNCTION clearance_internal.lint_bad_index IS 'finding: invalid indexes of protected tables';

CREATE FUNCTION clearance_internal.lint_no_key() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'info', b.relation::text, 'no column is its key: its rows have no children, no links, and cannot be asked for',
           format('ALTER TABLE %s ADD PRIMARY KEY (…); -- then unprotect() and protect() it anew', b.relation)
    FROM clearance.binding b WHERE b.key_column IS NULL AND NOT b.link_only
$$;
COMMENT ON FUNCTION clearance_internal.lint_no_key IS 'finding: protected tables whose rows cannot be named';

-- A foreign key may have more columns. From PostgreSQL 18 on it may be not enforced, and then is not valid, or
-- one of periods, which says of no single row that it is there.
CREATE FUNCTION clearance_internal.lint_loose_key() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', format('%s.%I', c.tab, c."column"),
           format('the %s column %s: rows that name none are closed', c.purpose,
                  CASE WHEN k.name IS NULL THEN format('has no foreign key to %s', c.refers)
                       WHEN NOT k.enforced THEN format('has a foreign key, "%s", that is not enforced', k.name)
                       WHEN NOT k.valid THEN format('has a foreign key, "%s", that was never checked (NOT VALID)', k.name)
                       ELSE format('has a foreign key, "%s", whose triggers are off', k.name) END),
           CASE WHEN k.name IS NULL THEN format('ALTER TABLE %s ADD FOREIGN KEY (%I) REFERENCES %s (%I);', c.tab, c."column", c.refers, c.refers_column)
                WHEN NOT k.enforced THEN format('ALTER TABLE %s ALTER CONSTRAINT %I ENFORCED;', c.tab, k.name)
                WHEN NOT k.valid THEN format('ALTER TABLE %s VALIDATE CONSTRAINT %I;', c.tab, k.name)
                ELSE format('ALTER TABLE %s ENABLE TRIGGER ALL;', c.tab) END
    FROM clearance_internal.lint_columns() c JOIN pg_attribute a ON a.attrelid = c.tab AND a.attname = c."column"
    LEFT JOIN LATERAL (
        SELECT f.conname AS name, f.convalidated AS valid, coalesce((to_jsonb(f) ->> 'conenforced')::boolean, true) AS enforced,
               NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgconstraint = f.oid AND g.tgenabled NOT IN ('O', 'A')) AS fires
        FROM pg_constraint f
        WHERE f.contype = 'f' AND f.conrelid = c.tab AND f.confrelid = c.refers AND a.attnum = ANY (f.conkey)
          AND NOT coalesce((to_jsonb(f) ->> 'conperiod')::boolean, false)
        ORDER BY f.convalidated DESC, fires DESC, f.conname LIMIT 1) k ON true
    WHERE c.refers IS NOT NULL AND NOT coalesce(k.valid AND k.fires, false)
$$;
COMMENT ON FUNCTION clearance_internal.lint_loose_key IS 'finding: project, parent and link columns that no foreign key holds';

-- PostgreSQL 18 has it that a column is NOT NULL while rows from before were not asked (NOT VALID).
CREATE FUNCTION clearance_internal.lint_nullable_key() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'info', format('%s.%I', c.tab, c."column"), format('the %s column may be NULL: such a row is closed to everybody', c.purpose),
           format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL;', c.tab, c."column")
    FROM clearance_internal.lint_columns() c JOIN pg_attribute a ON a.attrelid = c.tab AND a.attname = c."column"
    WHERE c.required
      AND (NOT a.attnotnull OR EXISTS (SELECT FROM pg_constraint n WHERE n.contype = 'n' AND n.conrelid = a.attrelid
                                       AND n.conkey = ARRAY[a.attnum] AND NOT n.convalidated))
$$;
COMMENT ON FUNCTION clearance_internal.lint_nullable_key IS 'finding: project and parent columns that may be NULL';

CREATE FUNCTION clearance_internal.lint_type_mismatch() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', format('%s.%I', c.tab, c."column"),
           format('the %s column is %s, what it refers to in %s is %s: keys are compared by their texts, and no index serves', c.purpose,
                  format_type(a.atttypid, a.atttypmod), c.refers, format_type(r.atttypid, r.atttypmod)),
           format('ALTER TABLE %s ALTER COLUMN %I TYPE %s;', c.tab, c."column", format_type(r.atttypid, r.atttypmod))
    FROM clearance_internal.lint_columns() c JOIN pg_attribute a ON a.attrelid = c.tab AND a.attname = c."column"
    JOIN pg_attribute r ON r.attrelid = c.refers AND r.attname = c.refers_column
    WHERE clearance_internal.key_class(a.atttypid::regtype) <> clearance_internal.key_class(r.atttypid::regtype)
$$;
COMMENT ON FUNCTION clearance_internal.lint_type_mismatch IS 'finding: keys of other types than what they refer to';

-- Words of a name, between underscores or capitals. What the rule itself goes by cannot be masked.
CREATE FUNCTION clearance_internal.lint_unmasked_secret() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', format('%s.%I', b.relation, a.attname), format('its name tells of %s, and whoever sees the row reads it', w.what),
           format('SELECT clearance.mask_column(%L, %L, …);', b.relation, a.attname)
    FROM clearance.binding b JOIN pg_attribute a ON a.attrelid = b.relation AND a.attnum > 0 AND NOT a.attisdropped
    CROSS JOIN LATERAL (SELECT '_' || lower(regexp_replace(a.attname, '([a-z0-9])([A-Z])', E'\\1_\\2', 'g')) || '_' AS words) n
    CROSS JOIN LATERAL (SELECT CASE
        WHEN n.words ~ '_(password|passwd|pwd|passphrase|secret|credentials?|(api|private|access)_key|(access|auth|refresh|api|session)_token)_((hash|encrypted|salt)_)?$'
            THEN 'credentials'
        WHEN n.words ~ '_(salary|salaries|wages?|bonus|payroll|compensation|margin|profit|revenue|budget|costs?|(cost|bill|hourly|daily)_rate|iban|bank_account|card_number|cvv|cvc)_((amount|value|total|percent|number|encrypted)_)?$'
            THEN 'money'
        WHEN n.words ~ '_(ssn|social_security|passport|national_id|tax_id|date_of_birth|birth_?date|dob)_((number|encrypted)_)?$'
            THEN 'identity' END AS what) w
    WHERE w.what IS NOT NULL AND NOT b.link_only
      AND NOT EXISTS (SELECT FROM clearance.binding_mask m WHERE m.binding_id = b.id AND m.column_name = a.attname)
      AND a.attname <> ALL (coalesce(clearance_internal.judged_columns(b.id), '{}'))
$$;
COMMENT ON FUNCTION clearance_internal.lint_unmasked_secret IS 'finding: columns with names of money, credentials or identity that are not masked';

CREATE FUNCTION clearance_internal.lint_unique_oracle() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'info', i.indexrelid::regclass::text,
           format('unique in all of %s: who may add rows finds out, by what is refused, which values hidden rows have', b.relation),
           format('CREATE UNIQUE INDEX ON %s (%I, …); -- then drop it', b.relation, b.project_column)
    FROM clearance.binding b JOIN pg_index i ON i.indrelid = b.relation
    WHERE i.indisunique AND NOT i.indisprimary AND b.project_column IS NOT NULL AND b.feature <> 'project' AND NOT b.link_only
      AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = b.relation AND a.attnum = ANY (i.indkey::smallint[])
                      AND (a.attname IN (b.project_column, b.account_column) OR a.atttypid = 'uuid'::regtype
                           OR EXISTS (SELECT FROM clearance.binding_parent p WHERE p.binding_id = b.id AND p.column_name = a.attname)))
$$;
COMMENT ON FUNCTION clearance_internal.lint_unique_oracle IS 'finding: unique indexes across projects, which tell of hidden rows';

-- A key that is not enforced, as PostgreSQL 18 has them, refuses nothing.
CREATE FUNCTION clearance_internal.lint_fk_oracle() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'info', format('%s.%I', b.relation, a.attname),
           format('a foreign key refers to the protected %s, which is not declared: who may write it finds out which rows are there', x.relation),
           format('SELECT clearance.add_parent(%L, %L, %L, optional => true);', b.relation, a.attname, x.relation)
    FROM pg_constraint f JOIN clearance.binding b ON b.relation = f.conrelid JOIN clearance.binding x ON x.relation = f.confrelid
    CROSS JOIN LATERAL (SELECT k.n FROM unnest(f.conkey, f.confkey) AS k (n, other) JOIN pg_attribute o ON o.attrelid = f.confrelid AND o.attnum = k.other
                        ORDER BY o.attname = x.key_column DESC NULLS LAST, k.n LIMIT 1) k
    JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.n
    WHERE f.contype = 'f' AND NOT b.link_only AND f.conparentid = 0 AND coalesce((to_jsonb(f) ->> 'conenforced')::boolean, true)
      AND x.project_column IS NOT NULL AND NOT (x.feature = 'project' AND b.project_column IS NOT NULL)
      AND NOT EXISTS (SELECT FROM clearance.binding_parent p WHERE p.binding_id = b.id AND p.parent_id = x.id AND p.column_name = a.attname)
      AND NOT EXISTS (SELECT FROM clearance.binding_relation r WHERE r.link = b.relation AND r.link_column = a.attname)
$$;
COMMENT ON FUNCTION clearance_internal.lint_fk_oracle IS 'finding: foreign keys to rows of projects that are no declared parents';

-- Since PostgreSQL 18 they are asked as the owner whose rights the action had, at the commit too, where no hook is.
CREATE FUNCTION clearance_internal.lint_late_error() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', format('%I of %s', l.conname, l.conrelid::regclass),
           format('asked at the commit after an action of a foreign key, it shows hidden rows of %s: row security does not hold that table''s owner', c.oid::regclass),
           format(CASE WHEN c.relforcerowsecurity THEN 'ALTER TABLE %s OWNER TO …;' ELSE 'ALTER TABLE %s FORCE ROW LEVEL SECURITY;' END, c.oid::regclass)
    FROM clearance_internal.lint_protected() t JOIN pg_class c ON c.oid = t.tab
    JOIN pg_constraint l ON l.condeferrable AND l.contype <> 't' AND c.oid IN (l.conrelid, l.confrelid)
    WHERE current_setting('server_version_num')::integer >= 180000 AND clearance_internal.lint_passes(c.relowner, c.oid)
      AND EXISTS (SELECT FROM pg_constraint f WHERE f.conrelid = c.oid AND f.contype = 'f' AND (f.confdeltype IN ('c', 'n', 'd') OR f.confupdtype IN ('c', 'n', 'd')))
$$;
COMMENT ON FUNCTION clearance_internal.lint_late_error IS 'finding: deferrable constraints whose errors show what actions of foreign keys reached';

-- ---------------------------------------------------------------------------
-- Levels and people
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.lint_no_reader() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', b.relation::text, format('only account admins see its rows: no level is granted %s.%s', b.feature, b.view_action),
           format('SELECT clearance.allow(…, %L, %L);', b.feature, b.view_action)
    FROM clearance.binding b
    WHERE NOT EXISTS (SELECT FROM clearance.effective_grant g WHERE (g.feature, g.action) = (b.feature, b.view_action))
$$;
COMMENT ON FUNCTION clearance_internal.lint_no_reader IS 'finding: protected tables that only account admins see';

CREATE FUNCTION clearance_internal.lint_level_name(level integer) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT concat_ws(' ', 'level', l.name, (SELECT 'of account ' || a.name FROM clearance.account a WHERE a.id = l.account_id))
    FROM clearance.level l WHERE l.id = level
$$;
COMMENT ON FUNCTION clearance_internal.lint_level_name IS 'a level as findings name it';

CREATE FUNCTION clearance_internal.lint_empty_level() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', clearance_internal.lint_level_name(l.id), 'it grants nothing: who has it sees nothing',
           format('SELECT clearance.allow(%L, …);', l.name)
    FROM clearance.level l
    WHERE NOT (l.built_in AND l.name = 'account_admin')
      AND NOT EXISTS (SELECT FROM clearance.effective_grant g WHERE g.level_id = l.id)
$$;
COMMENT ON FUNCTION clearance_internal.lint_empty_level IS 'finding: levels that grant nothing';

CREATE FUNCTION clearance_internal.lint_other_audience() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', format('role %s of account %s', r.name, a.name),
           format('it names level "%s", which is for the %s''s people, and nobody of those may hold the role', l.name, l.audience),
           format('SELECT clearance.update_role(%s, access_level => …);', r.id)
    FROM clearance.role r JOIN clearance.account a ON a.id = r.account_id JOIN clearance.level l ON l.id = r.level_id
    WHERE l.audience = 'customer' OR l.audience = 'partner' AND NOT r.available_to_partners
$$;
COMMENT ON FUNCTION clearance_internal.lint_other_audience IS 'finding: roles with a level that nobody who holds them can have';

-- Admins of a partner, and contacts, reach its projects without being on them themselves.
CREATE FUNCTION clearance_internal.lint_on_no_project() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'info', format('%s %s of account %s', m.kind, coalesce(p.name, c.name), a.name),
           format('active members of it that are on no project, and see none: %s (%s)', count(*),
                  array_to_string((array_agg(coalesce(m.key, m.email, m.id::text) ORDER BY coalesce(m.key, m.email, m.id::text)))[1:3], ', ')
                  || CASE WHEN count(*) > 3 THEN ' …' ELSE '' END),
           'SELECT clearance.add_member_to_project(…);'
    FROM clearance.member m JOIN clearance.account a ON a.id = m.account_id
    LEFT JOIN clearance.partner p ON p.id = m.partner_id LEFT JOIN clearance.customer c ON c.id = m.customer_id
    WHERE m.status = 'active' AND m.kind <> 'vendor' AND coalesce(p.active, c.active) AND NOT m.partner_admin
      AND NOT EXISTS (SELECT FROM clearance.project_member x WHERE x.member_id = m.id AND x.ends_at > statement_timestamp())
      AND NOT EXISTS (SELECT FROM clearance.project_customer x WHERE x.customer_id = m.customer_id AND x.ends_at > statement_timestamp())
      AND NOT EXISTS (SELECT FROM clearance_internal.open_levels() o JOIN clearance.level l ON l.id = o.level_id
                      WHERE o.account_id = m.account_id AND l.audience = m.kind)
    GROUP BY m.kind, p.name, c.name, a.name
$$;
COMMENT ON FUNCTION clearance_internal.lint_on_no_project IS 'finding: members of partners and customers who are on no project';

CREATE FUNCTION clearance_internal.lint_expiring() RETURNS TABLE (severity text, object text, why text, mend text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN k.ends_at <= statement_timestamp() THEN 'warning' ELSE 'info' END, format('token key "%s"', k.kid),
           format('tokens of issuer "%s" that it signs are accepted until %s', k.issuer, k.ends_at),
           'SELECT clearance.add_token_key(…); -- and have the issuer change over to it'
    FROM clearance.token_key k
    WHERE k.revoked_at IS NULL AND k.ends_at < statement_timestamp() + interval '30 days'
    UNION ALL
    SELECT 'info', format('acceptance of %s for %s', x.code, x.object), format('the finding counts again from %s', x.ends_at),
           format('SELECT clearance.accept_finding(%L, %L, …);', x.code, x.object)
    FROM clearance.lint_acceptance x
    WHERE x.ends_at > statement_timestamp() AND x.ends_at < statement_timestamp() + interval '30 days'
$$;
COMMENT ON FUNCTION clearance_internal.lint_expiring IS 'finding: keys of tokens and acceptances that end within 30 days';
