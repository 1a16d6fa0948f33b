-- ---------------------------------------------------------------------------
-- What rows of mirrored views say. Each kind has its columns, and a function
-- that makes true what rows say that came, and undoes what those said that are
-- gone. Values are texts, in the order of the columns; rows come as texts of
-- arrays, since arrays of arrays are of one length.
--
-- Views are declared by operators, who answer for what they say: it is done
-- whoever writes the tables, within the account that the view speaks of. What
-- no function would take is an error, which undoes the write.
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance_internal.mirror_kinds() RETURNS text[]
LANGUAGE sql IMMUTABLE
RETURN '{level,partner,customer,member,project,feature_off,project_partner,project_customer,membership}'::text[];
COMMENT ON FUNCTION clearance_internal.mirror_kinds IS 'internal: what views can say, in the order in which it is made true: what others name comes first';

-- The first three can be looked up: source, in the application's words what says it, and keys.
CREATE FUNCTION clearance_internal.mirror_kind_columns(kind text)
RETURNS TABLE (no integer, name name, holds text, required boolean)
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT row_number() OVER ()::integer, split_part(c, ' ', 1)::name, rtrim(split_part(c, ' ', 2), '!'), c LIKE '%!'
    FROM unnest(CASE kind
        WHEN 'level' THEN '{source key,level text!,audience text,action text,visibility text,relation text,reach text,kinds texts,denied boolean}'::text[]
        WHEN 'partner' THEN '{source key,partner text!,access_level text,active boolean,can_track_time boolean,roles texts}'
        WHEN 'customer' THEN '{source key,customer text!,active boolean}'
        WHEN 'member' THEN '{source key,key key!,email text,name text,partner text,customer text,partner_admin boolean,active boolean,roles texts}'
        WHEN 'project' THEN '{source key,project key!,archived boolean,open_level text,portal boolean,client_upload boolean,by_phase boolean,read_only boolean,open_levels texts}'
        WHEN 'feature_off' THEN '{source key,project key!,feature text!}'
        WHEN 'project_partner' THEN '{source key,project key!,partner text!,access_level text,starts_at time,ends_at time}'
        WHEN 'project_customer' THEN '{source key,project key!,customer text!,starts_at time,ends_at time}'
        WHEN 'membership' THEN '{source key,project key!,member key!,access_level text,starts_at time,ends_at time,through_phase boolean}'
    END) c
$$;
COMMENT ON FUNCTION clearance_internal.mirror_kind_columns IS 'internal: the columns of views of a kind: what each holds, and whether it must be there';

-- ---------------------------------------------------------------------------
-- Levels: a row for each grant or denial, one without action for a level that has none
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.mirrored_level(m clearance.view_mirror, name text, audience text) RETURNS clearance.level
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    l clearance.level;
BEGIN
    SELECT t.* INTO l FROM clearance.level t WHERE t.account_id = m.account_id AND t.name = mirrored_level.name FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM clearance_internal.require_choice('audience', audience, '{vendor,partner,customer}'),
                clearance_internal.require_free_level_name(name, m.account_id);
        INSERT INTO clearance.level AS t (name, audience, account_id) VALUES (mirrored_level.name, mirrored_level.audience, m.account_id)
        RETURNING t.* INTO l;
    END IF;
    RETURN l;
END
$$;
COMMENT ON FUNCTION clearance_internal.mirrored_level IS 'internal: the account''s own level of a name, which is made if it is not there';

-- A level of which no row is left grants nothing; whoever has it keeps that.
CREATE FUNCTION clearance_internal.apply_mirrored_level(m clearance.view_mirror, name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    l clearance.level;
    document jsonb;
    grants clearance.level_grant[];
BEGIN
    SELECT jsonb_build_object(
               'audience', coalesce(max(x.said[3]), (SELECT t.audience FROM clearance.level t WHERE t.account_id = m.account_id AND t.name = apply_mirrored_level.name), 'vendor'),
               'grants', coalesce(jsonb_agg(DISTINCT jsonb_strip_nulls(jsonb_build_object('action', x.said[4], 'visibility', x.said[5],
                                      'relation', x.said[6], 'reach', x.said[7], 'kinds', to_jsonb(x.said[8]::text[]))))
                                  FILTER (WHERE x.said[4] IS NOT NULL AND x.said[9]::boolean IS NOT TRUE), '[]'),
               'denials', coalesce(jsonb_agg(DISTINCT x.said[4]) FILTER (WHERE x.said[4] IS NOT NULL AND x.said[9]::boolean), '[]'))
    INTO document
    FROM clearance.mirrored_row x WHERE x.mirror_id = m.id AND x.said[2] = apply_mirrored_level.name;
    l := clearance_internal.mirrored_level(m, name, document ->> 'audience');
    PERFORM clearance_internal.require_document(l, document);
    grants := clearance_internal.document_grants(l, document);
    PERFORM clearance_internal.write_level(l, grants, clearance_internal.document_denials(l, document, grants));
    PERFORM clearance_internal.require_never_held(ARRAY[l.id]);
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_mirrored_level IS 'internal: gives a level what the rows of a view say of it, and nothing else';

-- ---------------------------------------------------------------------------
-- People
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.put_mirrored_roles(m clearance.member, roles text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held bigint[] := ARRAY(SELECT (clearance_internal.require_role(r, m.account_id)).id FROM unnest(roles) r);
    other text;
BEGIN
    SELECT r.name INTO other FROM clearance.role r
    WHERE r.id = ANY (held) AND m.kind <> 'vendor'
      AND NOT EXISTS (SELECT FROM clearance.partner_role pr WHERE pr.partner_id = m.partner_id AND pr.role_id = r.id);
    IF FOUND THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('member "%s" cannot hold role "%s"', clearance_internal.member_label(m), other),
            HINT = 'Members of a partner hold roles that are selected for it, customers'' contacts none.';
    END IF;
    DELETE FROM clearance.member_role mr WHERE mr.member_id = m.id AND mr.role_id <> ALL (held);
    INSERT INTO clearance.member_role (member_id, role_id) SELECT m.id, r FROM unnest(held) r ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION clearance_internal.put_mirrored_roles IS 'internal: gives a member just these roles, as a view says';

CREATE FUNCTION clearance_internal.put_mirrored_member(m clearance.view_mirror, said text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    known clearance.member;
    partner bigint := clearance_internal.require_mirrored_company(m, 'partner', said[5]);
    customer bigint := clearance_internal.require_mirrored_company(m, 'customer', said[6]);
    email text := nullif(btrim(said[3]), '');
    name text := nullif(btrim(said[4]), '');
    status text := CASE WHEN coalesce(said[8]::boolean, true) THEN 'active' ELSE 'disabled' END;
BEGIN
    SELECT t.* INTO known FROM clearance.member t WHERE t.account_id = m.account_id AND t.key = said[2];
    IF (known.partner_id, known.customer_id) IS DISTINCT FROM (partner, customer) AND known.id IS NOT NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('member "%s" is of another company', clearance_internal.member_label(known)),
            DETAIL = format('View %s says that it has moved.', m.view),
            HINT = 'Nobody moves between companies: what was theirs there would come along. Use another key.';
    END IF;
    PERFORM clearance_internal.require_identity(m.account_id, known.id, said[2], email, name), clearance_internal.hold_partner(partner);
    INSERT INTO clearance.member AS t (account_id, key, email, name, partner_id, customer_id, partner_admin, status)
    VALUES (m.account_id, said[2], email, name, partner, customer, coalesce(said[7]::boolean, false), status)
    ON CONFLICT ON CONSTRAINT member_key_is_unique_in_its_account DO UPDATE SET
        email = EXCLUDED.email, name = EXCLUDED.name, status = EXCLUDED.status,
        partner_admin = CASE WHEN said[7] IS NULL THEN t.partner_admin ELSE EXCLUDED.partner_admin END;
    SELECT t.* INTO known FROM clearance.member t WHERE t.account_id = m.account_id AND t.key = said[2];
    PERFORM clearance_internal.check_licences(partner);
    IF said[9] IS NOT NULL THEN
        PERFORM clearance_internal.put_mirrored_roles(known, said[9]::text[]);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.put_mirrored_member IS 'internal: adds or changes a member as a row of a view says';

-- Rows of the application name who is gone: it stays, disabled.
CREATE FUNCTION clearance_internal.apply_mirrored_members(m clearance.view_mirror, gone text[], came text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE clearance.member t SET status = 'disabled'
    WHERE t.account_id = m.account_id AND t.status <> 'disabled'
      AND t.key IN (SELECT (g::text[])[2] FROM unnest(gone) g EXCEPT SELECT (c::text[])[2] FROM unnest(came) c);
    PERFORM clearance_internal.put_mirrored_member(m, c::text[]) FROM unnest(came) c ORDER BY (c::text[])[2];
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_mirrored_members IS 'internal: makes members as a view says, and disables those that it says nothing more of';

-- ---------------------------------------------------------------------------
-- Projects and who is on them. What is not known yet counts as soon as it is.
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.put_mirrored_project(m clearance.view_mirror, said text[]) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    opens boolean := clearance_internal.mirror_has(m.view, 'open_level') OR clearance_internal.mirror_has(m.view, 'open_levels');
    levels integer[];
    was clearance.project;
BEGIN
    SELECT p.* INTO was FROM clearance.project p WHERE p.account_id = m.account_id AND p.key = said[2] FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    ELSIF opens THEN
        levels := clearance_internal.open_level_ids(said[4], said[9]::text[], m.account_id);
    END IF;
    UPDATE clearance.project p SET
        archived = coalesce(said[3]::boolean, p.archived),
        open_level_id = CASE WHEN opens THEN levels[1] ELSE p.open_level_id END,
        portal = coalesce(said[5]::boolean, p.portal),
        client_upload = coalesce(said[6]::boolean, p.client_upload),
        by_phase = coalesce(said[7]::boolean, p.by_phase),
        read_only = coalesce(said[8]::boolean, p.read_only)
    WHERE p.id = was.id;
    IF levels <> '{}' OR was.open_level_id IS NOT NULL AND opens THEN
        PERFORM clearance_internal.put_further_levels(was.id, levels);
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION clearance_internal.put_mirrored_project IS 'internal: makes a project as a row of a view says; false: it is not known yet';

CREATE FUNCTION clearance_internal.put_feature_off(m clearance.view_mirror, said text[]) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_feature(said[3]);
    INSERT INTO clearance.project_feature_off (project_id, feature)
    SELECT p.id, said[3] FROM clearance.project p WHERE p.account_id = m.account_id AND p.key = said[2] FOR KEY SHARE
    ON CONFLICT ON CONSTRAINT feature_is_switched_off_once DO NOTHING;
    RETURN EXISTS (SELECT FROM clearance.project p WHERE p.account_id = m.account_id AND p.key = said[2]);
END
$$;
COMMENT ON FUNCTION clearance_internal.put_feature_off IS 'internal: switches a feature off as a row of a view says; false: the project is not known yet';

-- As mirrored tables do, whose functions it uses: each row is a source of its own.
CREATE FUNCTION clearance_internal.membership_mirror(m clearance.view_mirror, said text[]) RETURNS clearance.mirror
LANGUAGE sql IMMUTABLE
RETURN ROW(m.id, m.view, '{source}'::name[], 'project', 'member', 'access_level', 'starts_at', 'ends_at', coalesce(said[7]::boolean, false))::clearance.mirror;
COMMENT ON FUNCTION clearance_internal.membership_mirror IS 'internal: a row of a view of memberships as a mirrored table''s';

CREATE FUNCTION clearance_internal.put_mirrored_membership(m clearance.view_mirror, said text[],
    project bigint DEFAULT NULL, member bigint DEFAULT NULL) RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    -- what a view says stays within its account
    SELECT CASE (SELECT p.account_id = m.account_id FROM clearance.project p WHERE p.key = said[2])
                WHEN true THEN clearance_internal.write_mirrored(clearance_internal.membership_mirror(m, said), said::text || said[2:6], project, member)
                WHEN false THEN NULL
                ELSE false END
$$;
COMMENT ON FUNCTION clearance_internal.put_mirrored_membership IS
'internal: writes the membership that a row of a view says, where project and member are known, and are these if they are named; false: they are not known; NULL: it says nothing';

CREATE FUNCTION clearance_internal.put_mirrored(m clearance.view_mirror, said text[]) RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE m.kind WHEN 'project' THEN clearance_internal.put_mirrored_project(m, said)
                       WHEN 'feature_off' THEN clearance_internal.put_feature_off(m, said)
                       WHEN 'membership' THEN clearance_internal.put_mirrored_membership(m, said)
                       ELSE clearance_internal.put_company_on(m, said) END
$$;
COMMENT ON FUNCTION clearance_internal.put_mirrored IS 'internal: makes true what a row of a view says of a project; false: that is not known yet';

-- A project that nothing is said of any more is closed.
CREATE FUNCTION clearance_internal.undo_on_project(m clearance.view_mirror, p clearance.project, said text[], for_good boolean DEFAULT true) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF m.kind = 'project' THEN
        UPDATE clearance.project t SET archived = true WHERE t.id = p.id AND NOT t.archived;
    ELSIF m.kind = 'feature_off' THEN
        DELETE FROM clearance.project_feature_off o WHERE o.project_id = p.id AND o.feature = said[3];
    ELSE
        PERFORM clearance_internal.take_company_off(m, p, said[3], for_good);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.undo_on_project IS 'internal: ends what a row of a view said of a project; for_good: and what followed from that';

-- The project's row is held: whoever changes its key may be writing the same. false: not all was there.
CREATE FUNCTION clearance_internal.undo_mirrored(m clearance.view_mirror, gone text[]) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ended text[];
    about clearance.project;
    deleted bigint;
    all_there boolean := true;
BEGIN
    IF m.kind = 'membership' THEN
        DELETE FROM clearance.project_member pm
        USING clearance.project p, clearance.member t, (SELECT g::text[] AS said FROM unnest(gone) g) x
        WHERE p.key = x.said[2] AND t.account_id = p.account_id AND t.key = x.said[3] AND (pm.project_id, pm.member_id) = (p.id, t.id)
          AND pm.source = clearance_internal.mirror_source(clearance_internal.membership_mirror(m, x.said), ARRAY[x.said::text]);
        GET DIAGNOSTICS deleted = ROW_COUNT;
        RETURN deleted = cardinality(gone);
    END IF;
    FOR ended IN
        SELECT min(g::text[]) FROM unnest(gone) g GROUP BY (g::text[])[2], CASE WHEN m.kind <> 'project' THEN lower((g::text[])[3]) END ORDER BY 1
    LOOP
        SELECT t.* INTO about FROM clearance.project t WHERE t.account_id = m.account_id AND t.key = ended[2] FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            all_there := false;
        ELSIF NOT EXISTS (SELECT FROM clearance.mirrored_row r WHERE r.mirror_id = m.id AND r.said[2] = ended[2]
                                                                 AND (m.kind = 'project' OR lower(r.said[3]) = lower(ended[3]))) THEN
            PERFORM clearance_internal.undo_on_project(m, about, ended);
        END IF;
    END LOOP;
    RETURN all_there;
END
$$;
COMMENT ON FUNCTION clearance_internal.undo_mirrored IS
'internal: ends what rows of a view said that are gone from it; false: not all of it was there';

-- Whoever makes projects and members meanwhile is waited for, as by mirrored tables.
CREATE FUNCTION clearance_internal.wait_for_new_keys(m clearance.view_mirror, rows text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    LOCK TABLE clearance.mirror IN SHARE MODE;
    PERFORM clearance_internal.require_same_keys(ARRAY(SELECT (r::text[])[2] FROM unnest(rows) r),
                                                 ARRAY(SELECT (r::text[])[3] FROM unnest(rows) r WHERE m.kind = 'membership'));
END
$$;
COMMENT ON FUNCTION clearance_internal.wait_for_new_keys IS 'internal: has whoever makes projects and members wait, or is waited for; errors if an older snapshot does not show those that rows of a view name';

CREATE FUNCTION clearance_internal.apply_mirrored_rows(m clearance.view_mirror, gone text[], came text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    said text[];
BEGIN
    IF NOT clearance_internal.undo_mirrored(m, gone) THEN
        PERFORM clearance_internal.wait_for_new_keys(m, gone), clearance_internal.undo_mirrored(m, gone);
    END IF;
    FOR said IN SELECT c::text[] FROM unnest(came) c ORDER BY (c::text[])[2] LOOP
        IF clearance_internal.put_mirrored(m, said) IS FALSE THEN
            PERFORM clearance_internal.wait_for_new_keys(m, ARRAY[said::text]), clearance_internal.put_mirrored(m, said);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_mirrored_rows IS 'internal: makes projects, their features and who is on them as a view says';

CREATE FUNCTION clearance_internal.apply_mirrored(m clearance.view_mirror, gone text[], came text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    twice record;
    companies_on boolean := m.kind IN ('project_partner', 'project_customer');
    keys text[] := ARRAY(SELECT DISTINCT (c::text[])[2] FROM unnest(came) c);
BEGIN
    SELECT x.said[2] AS key, min(x.said[3]) AS company INTO twice FROM clearance.mirrored_row x
    WHERE (m.kind IN ('member', 'project') OR companies_on) AND x.mirror_id = m.id AND x.said[2] = ANY (keys)
    GROUP BY x.said[2], CASE WHEN companies_on THEN lower(x.said[3]) END
    HAVING count(DISTINCT CASE WHEN companies_on THEN x.said[4:] ELSE x.said END) > 1 LIMIT 1;
    IF FOUND THEN
        PERFORM clearance_internal.raise_said_twice(m, CASE WHEN companies_on THEN format('"%s" on project "%s"', twice.company, twice.key)
                                                            ELSE format('%s "%s"', m.kind, twice.key) END);
    END IF;
    IF m.kind = 'level' THEN
        PERFORM clearance_internal.apply_mirrored_level(m, l.name)
        FROM (SELECT DISTINCT (r::text[])[2] AS name FROM unnest(gone || came) r ORDER BY 1) l;
    ELSIF m.kind = 'member' THEN
        PERFORM clearance_internal.apply_mirrored_members(m, gone, came);
    ELSIF m.kind IN ('partner', 'customer') THEN
        PERFORM clearance_internal.apply_mirrored_companies(m, gone, came);
    ELSE
        PERFORM clearance_internal.apply_mirrored_rows(m, gone, came);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_mirrored IS 'internal: makes true what rows say that came to a view, and undoes what those said that are gone';
