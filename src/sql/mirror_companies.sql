-- ---------------------------------------------------------------------------
-- What mirrored views say of companies, and of which are on which project.
-- They are known by name, which an application changes: rows of one source that
-- name another company now rename it.
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance_internal.mirrored_company(m clearance.view_mirror, kind text, name text) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.id
    FROM (SELECT 'partner' AS kind, p.id, p.account_id, p.name FROM clearance.partner p
          UNION ALL
          SELECT 'customer', t.id, t.account_id, t.name FROM clearance.customer t) c
    WHERE c.kind = mirrored_company.kind AND c.account_id = m.account_id AND lower(c.name) = lower(mirrored_company.name)
$$;
COMMENT ON FUNCTION clearance_internal.mirrored_company IS 'internal: id of the company of an account that a view names, or NULL';

CREATE FUNCTION clearance_internal.require_mirrored_company(m clearance.view_mirror, kind text, name text) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    company bigint := clearance_internal.mirrored_company(m, kind, name);
BEGIN
    IF company IS NULL AND name IS NOT NULL THEN
        PERFORM clearance_internal.raise_unknown(kind, '"' || name || '"', format('Table clearance.%s', kind));
    END IF;
    RETURN company;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_mirrored_company IS 'internal: id of the company of an account that a view names, or an error; NULL is nobody';

CREATE FUNCTION clearance_internal.raise_said_twice(m clearance.view_mirror, about text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE cardinality_violation USING
        MESSAGE = format('two rows of view %s are about %s', m.view, about), DETAIL = 'They say different things of it.';
END
$$;
COMMENT ON FUNCTION clearance_internal.raise_said_twice IS 'internal: the error about rows of a view that contradict each other';

-- ---------------------------------------------------------------------------
-- Companies
-- ---------------------------------------------------------------------------
-- One source is one company.
CREATE FUNCTION clearance_internal.rename_mirrored_companies(m clearance.view_mirror, gone text[], came text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    renamed record;
BEGIN
    FOR renamed IN
        SELECT min(g.said[2]) AS was, min(c.said[2]) AS becomes
        FROM (SELECT x::text[] AS said FROM unnest(gone) x) g JOIN (SELECT x::text[] AS said FROM unnest(came) x) c ON c.said[1] = g.said[1]
        GROUP BY g.said[1] HAVING count(*) = 1 AND min(g.said[2]) <> min(c.said[2])
        ORDER BY 1
    LOOP
        IF m.kind = 'partner' THEN
            PERFORM clearance_internal.require_partner_properties(m.account_id, p.id, renamed.becomes, NULL, NULL)
            FROM clearance.partner p WHERE p.id = clearance_internal.mirrored_company(m, 'partner', renamed.was);
            UPDATE clearance.partner p SET name = renamed.becomes WHERE p.id = clearance_internal.mirrored_company(m, 'partner', renamed.was);
        ELSE
            PERFORM clearance_internal.require_customer_properties(m.account_id, c.id, renamed.becomes, c.kind)
            FROM clearance.customer c WHERE c.id = clearance_internal.mirrored_company(m, 'customer', renamed.was);
            UPDATE clearance.customer c SET name = renamed.becomes WHERE c.id = clearance_internal.mirrored_company(m, 'customer', renamed.was);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.rename_mirrored_companies IS 'internal: renames companies whose rows, known by their source, name them otherwise now';

CREATE FUNCTION clearance_internal.put_mirrored_partner(m clearance.view_mirror, said text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.partner;
BEGIN
    PERFORM clearance_internal.require_line('name', said[2]);
    INSERT INTO clearance.partner AS t (account_id, name, level_id, active, can_track_time)
    VALUES (m.account_id, said[2], clearance_internal.changed_level(NULL, said[3], 'partner', m.account_id),
            coalesce(said[4]::boolean, true), coalesce(said[5]::boolean, false))
    ON CONFLICT (account_id, lower(name)) DO UPDATE SET
        name = EXCLUDED.name, active = EXCLUDED.active,
        level_id = CASE WHEN clearance_internal.mirror_has(m.view, 'access_level') THEN EXCLUDED.level_id ELSE t.level_id END,
        can_track_time = coalesce(said[5]::boolean, t.can_track_time)
    RETURNING t.* INTO p;
    IF said[6] IS NOT NULL THEN
        PERFORM clearance_internal.put_partner_roles(p, said[6]::text[]);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.put_mirrored_partner IS 'internal: adds or changes a partner as a row of a view says';

CREATE FUNCTION clearance_internal.put_mirrored_customer(m clearance.view_mirror, said text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_line('name', said[2]);
    INSERT INTO clearance.customer (account_id, name, active) VALUES (m.account_id, said[2], coalesce(said[3]::boolean, true))
    ON CONFLICT (account_id, lower(name)) DO UPDATE SET name = EXCLUDED.name, active = EXCLUDED.active;
END
$$;
COMMENT ON FUNCTION clearance_internal.put_mirrored_customer IS 'internal: adds or changes a customer as a row of a view says';

-- People and projects name who is gone: it stays, disabled.
CREATE FUNCTION clearance_internal.apply_mirrored_companies(m clearance.view_mirror, gone text[], came text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    twice text;
    left_out text[];
BEGIN
    SELECT min(x.said[2]) INTO twice FROM clearance.mirrored_row x
    WHERE x.mirror_id = m.id AND x.said <> '{}' GROUP BY lower(x.said[2]) HAVING count(*) > 1 ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        PERFORM clearance_internal.raise_said_twice(m, format('%s "%s"', m.kind, twice));
    END IF;
    SELECT x.said[1] INTO twice FROM clearance.mirrored_row x
    WHERE x.mirror_id = m.id AND x.said[1] IS NOT NULL GROUP BY x.said[1] HAVING count(*) > 1 ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        PERFORM clearance_internal.raise_said_twice(m, format('source "%s"', twice));
    END IF;
    PERFORM clearance_internal.rename_mirrored_companies(m, gone, came);
    left_out := ARRAY(SELECT lower((g::text[])[2]) FROM unnest(gone) g EXCEPT SELECT lower((c::text[])[2]) FROM unnest(came) c);
    IF m.kind = 'partner' THEN
        UPDATE clearance.partner p SET active = false WHERE p.account_id = m.account_id AND p.active AND lower(p.name) = ANY (left_out);
        PERFORM clearance_internal.put_mirrored_partner(m, c::text[]) FROM unnest(came) c ORDER BY (c::text[])[2];
    ELSE
        UPDATE clearance.customer c SET active = false WHERE c.account_id = m.account_id AND c.active AND lower(c.name) = ANY (left_out);
        PERFORM clearance_internal.put_mirrored_customer(m, c::text[]) FROM unnest(came) c ORDER BY (c::text[])[2];
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_mirrored_companies IS 'internal: makes companies as a view says, and disables those that it says nothing more of';

-- ---------------------------------------------------------------------------
-- Companies on projects
-- ---------------------------------------------------------------------------

-- Times are the last two columns. What a view has no column for stays as it is.
CREATE FUNCTION clearance_internal.put_company_on(m clearance.view_mirror, said text[]) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    of_partner boolean := m.kind = 'project_partner';
    company bigint := clearance_internal.require_mirrored_company(m, CASE WHEN of_partner THEN 'partner' ELSE 'customer' END, said[3]);
    level integer := CASE WHEN of_partner THEN clearance_internal.changed_level(NULL, said[4], 'partner', m.account_id) END;
    starts timestamptz := said[cardinality(said) - 1]::timestamptz;
    ends timestamptz := said[cardinality(said)]::timestamptz;
BEGIN
    PERFORM clearance_internal.require_period(starts, ends);
    PERFORM FROM clearance.project p WHERE p.account_id = m.account_id AND p.key = said[2] FOR NO KEY UPDATE;
    IF of_partner THEN
        INSERT INTO clearance.project_partner AS t (account_id, project_id, partner_id, level_id, starts_at, ends_at)
        SELECT p.account_id, p.id, company, level, coalesce(starts, '-infinity'), coalesce(ends, 'infinity')
        FROM clearance.project p WHERE p.account_id = m.account_id AND p.key = said[2]
        ON CONFLICT ON CONSTRAINT partner_is_on_a_project_once DO UPDATE SET
            level_id = CASE WHEN clearance_internal.mirror_has(m.view, 'access_level') THEN EXCLUDED.level_id ELSE t.level_id END,
            starts_at = CASE WHEN clearance_internal.mirror_has(m.view, 'starts_at') THEN EXCLUDED.starts_at ELSE t.starts_at END,
            ends_at = CASE WHEN clearance_internal.mirror_has(m.view, 'ends_at') THEN EXCLUDED.ends_at ELSE t.ends_at END;
    ELSE
        INSERT INTO clearance.project_customer AS t (account_id, project_id, customer_id, starts_at, ends_at)
        SELECT p.account_id, p.id, company, coalesce(starts, '-infinity'), coalesce(ends, 'infinity')
        FROM clearance.project p WHERE p.account_id = m.account_id AND p.key = said[2]
        ON CONFLICT ON CONSTRAINT customer_is_on_a_project_once DO UPDATE SET
            starts_at = CASE WHEN clearance_internal.mirror_has(m.view, 'starts_at') THEN EXCLUDED.starts_at ELSE t.starts_at END,
            ends_at = CASE WHEN clearance_internal.mirror_has(m.view, 'ends_at') THEN EXCLUDED.ends_at ELSE t.ends_at END;
    END IF;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION clearance_internal.put_company_on IS 'internal: puts a company on a project as a row of a view says; false: the project is not known yet';

-- What mirrors say of its people's memberships stays said, and counts when it is back. Whoever adds its people now
-- is waited for (see hold_company_on), and whoever takes some off finds these as they are.
CREATE FUNCTION clearance_internal.take_company_off(m clearance.view_mirror, p clearance.project, name text, for_good boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    partner bigint := CASE m.kind WHEN 'project_partner' THEN clearance_internal.mirrored_company(m, 'partner', name) END;
    customer bigint := CASE m.kind WHEN 'project_customer' THEN clearance_internal.mirrored_company(m, 'customer', name) END;
BEGIN
    IF num_nonnulls(partner, customer) = 0 THEN
        RETURN;         -- renamed, or gone
    END IF;
    PERFORM FROM clearance.project_partner pp WHERE pp.project_id = p.id AND pp.partner_id = partner FOR UPDATE;
    PERFORM FROM clearance.project_customer pc WHERE pc.project_id = p.id AND pc.customer_id = customer FOR UPDATE;
    UPDATE clearance.project_member pm SET partner_id = NULL, customer_id = NULL
    WHERE pm.project_id = p.id AND (pm.partner_id = partner OR pm.customer_id = customer)
      AND (starts_with(pm.source, 'mirror:') OR NOT for_good);
    DELETE FROM clearance.project_partner pp WHERE pp.project_id = p.id AND pp.partner_id = partner;
    DELETE FROM clearance.project_customer pc WHERE pc.project_id = p.id AND pc.customer_id = customer;
    IF for_good THEN
        PERFORM clearance_internal.end_memberships(p, partner => partner, customer => customer, but_mirrored => true);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.take_company_off IS
'internal: takes a company off a project; for_good: with the memberships of its people that no mirror says';

-- A view knows companies by their names.
CREATE FUNCTION clearance_internal.require_name_is_not_mirrored(kind text, account bigint, name text, becomes text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    said regclass;
BEGIN
    SELECT v.view INTO said FROM clearance.view_mirror v JOIN clearance.mirrored_row r ON r.mirror_id = v.id
    WHERE becomes <> name AND v.account_id = account
      AND (v.kind = require_name_is_not_mirrored.kind AND lower(r.said[2]) = lower(name)
           OR v.kind = 'project_' || require_name_is_not_mirrored.kind AND lower(r.said[3]) = lower(name))
    LIMIT 1;
    IF FOUND THEN
        RAISE object_in_use USING
            MESSAGE = format('%s "%s" is in the mirrored view %s', kind, name, said),
            HINT = 'Change its name in the tables that the view reads.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_name_is_not_mirrored IS 'internal: refuses to rename a company that mirrored views name';
