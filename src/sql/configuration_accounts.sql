-- ---------------------------------------------------------------------------
-- Configuration as code: levels, and the accounts of a document, with their own
-- levels, roles and people. These have names there: roles and companies their
-- own, members their key or, without one, their e-mail address, projects their
-- key. An account is whole or not in a document, and so are its people.
-- ---------------------------------------------------------------------------

-- ---------------------------------------------------------------------------
-- Levels, those for all accounts and those of one
-- ---------------------------------------------------------------------------
-- As it was installed, or as it is now.
CREATE FUNCTION clearance_internal.level_entry(l clearance.level, as_built boolean) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH given AS MATERIALIZED (
        SELECT g.feature || '.' || g.action AS action, g.visibility, g.relation, g.reach,
               CASE WHEN g.kinds IS NOT NULL THEN clearance_internal.as_set(to_jsonb(g.kinds)) END AS kinds
        FROM clearance.level_grant g WHERE g.level_id = l.id AND g.built_in AND as_built
        UNION
        SELECT g.feature || '.' || g.action, g.visibility, g.relation, g.reach,
               CASE WHEN g.kinds IS NOT NULL THEN clearance_internal.as_set(to_jsonb(g.kinds)) END
        FROM clearance_internal.given_grants() g WHERE g.level_id = l.id AND NOT as_built
    )
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'audience', l.audience, 'description', l.description,
        'grants', clearance_internal.as_set((SELECT jsonb_agg(jsonb_strip_nulls(to_jsonb(g))) FROM given g)),
        'denials', clearance_internal.as_set((SELECT jsonb_agg(d.feature || '.' || d.action) FROM clearance.level_denial d
                    WHERE d.level_id = l.id AND (d.built_in OR NOT as_built)
                      AND NOT EXISTS (SELECT FROM given g WHERE g.action = d.feature || '.' || d.action))),
        'not_available', clearance_internal.as_set((SELECT jsonb_agg(n.feature || '.' || n.action)
                    FROM clearance.not_available n WHERE n.level_id = l.id))))
$$;
COMMENT ON FUNCTION clearance_internal.level_entry IS 'what a level is given and denied, as configurations say it; as_built: what it ships with';

-- What a level ends up with that is given this: see checked_grant() and write_level().
CREATE FUNCTION clearance_internal.canonical_level(name text, l jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT l || jsonb_build_object(
        'grants', clearance_internal.as_set((SELECT jsonb_agg(CASE WHEN l ->> 'audience' = 'vendor' AND g ->> 'action' = 'project.view'
                                                                   THEN '{"reach": "member"}' || g ELSE g END)
                                             FROM jsonb_array_elements(l -> 'grants') g)),
        'denials', clearance_internal.as_set((l -> 'denials') || (
            SELECT coalesce(jsonb_agg(DISTINCT b.feature || '.' || b.action), '[]')
            FROM clearance.level t JOIN clearance.level_grant b ON b.level_id = t.id AND b.built_in
            WHERE t.name = canonical_level.name AND t.built_in
              AND NOT l -> 'grants' @> jsonb_build_array(jsonb_build_object('action', b.feature || '.' || b.action)))))
$$;
COMMENT ON FUNCTION clearance_internal.canonical_level IS 'what a configuration says of a level, as the level will say it';

CREATE FUNCTION clearance_internal.canonical_levels(levels jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(jsonb_object_agg(l.key, clearance_internal.canonical_level(l.key, l.value)), '{}') FROM jsonb_each(levels) l
$$;
COMMENT ON FUNCTION clearance_internal.canonical_levels IS 'what a configuration says of levels, as they will say it';

CREATE FUNCTION clearance_internal.level_items(first integer, name text, l jsonb)
RETURNS TABLE (no integer, of integer, kind text, object text, part text, value jsonb, whole jsonb)
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT first, first, 'level', name, '', l - '{grants,denials,not_available}'::text[], l
    UNION ALL
    SELECT first + 1, first, 'grant', name, g::text, g, NULL FROM jsonb_array_elements(l -> 'grants') g
    UNION ALL
    SELECT first + 2, first, 'denial', name, d #>> '{}', d, NULL FROM jsonb_array_elements(l -> 'denials') d
    UNION ALL
    SELECT first + 3, first, 'not available', name, n #>> '{}', n, NULL FROM jsonb_array_elements(l -> 'not_available') n
$$;
COMMENT ON FUNCTION clearance_internal.level_items IS 'what a configuration says of a level, one thing a line, numbered from the first';

-- Whether more is permitted afterwards, or less; mixed is what nobody can tell
-- from the difference alone. A guard of a column takes the place of edit, so it
-- gives as well as takes.
CREATE FUNCTION clearance_internal.class_if_more(more boolean) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE more WHEN true THEN 'widening' WHEN false THEN 'narrowing' ELSE 'mixed' END $$;
COMMENT ON FUNCTION clearance_internal.class_if_more IS 'the class of a difference by which more is permitted, or less, or NULL: both';

CREATE FUNCTION clearance_internal.class_of_sets(was jsonb, becomes jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE WHEN becomes @> was THEN true WHEN was @> becomes THEN false END $$;
COMMENT ON FUNCTION clearance_internal.class_of_sets IS 'whether a set grows, or shrinks; NULL: both';

-- ---------------------------------------------------------------------------
-- The accounts of this database
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.level_name(level integer) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT l.name FROM clearance.level l WHERE l.id = level $$;
COMMENT ON FUNCTION clearance_internal.level_name IS 'name of a level';

-- Whatever the session's time zone and style of dates are.
CREATE FUNCTION clearance_internal.moment_text(moment timestamptz) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO'
AS $$ SELECT CASE WHEN isfinite(moment) THEN moment::text END $$;
COMMENT ON FUNCTION clearance_internal.moment_text IS 'a moment as configurations write it; NULL: it has no start, or no end';

CREATE FUNCTION clearance_internal.text_moment(moment text) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO'
AS $$ SELECT moment::timestamptz $$;
COMMENT ON FUNCTION clearance_internal.text_moment IS 'the moment that a configuration writes';

CREATE FUNCTION clearance_internal.partners_document(account bigint) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(jsonb_object_agg(p.name, jsonb_strip_nulls(jsonb_build_object(
        'level', clearance_internal.level_name(p.level_id), 'active', p.active, 'licence_cap', p.licence_cap, 'strategic', p.strategic,
        'can_track_time', p.can_track_time, 'kind', p.kind, 'website', p.website,
        'owner', (SELECT coalesce(m.key, m.email) FROM clearance.partner_owner o JOIN clearance.member m ON m.id = o.member_id WHERE o.partner_id = p.id),
        'roles', clearance_internal.as_set((SELECT jsonb_agg(r.name) FROM clearance.partner_role pr JOIN clearance.role r ON r.id = pr.role_id
                                            WHERE pr.partner_id = p.id))))), '{}')
    FROM clearance.partner p WHERE p.account_id = account
$$;
COMMENT ON FUNCTION clearance_internal.partners_document IS 'the partners of an account, as configurations say it';

CREATE FUNCTION clearance_internal.members_document(account bigint) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(jsonb_object_agg(coalesce(m.key, m.email), jsonb_strip_nulls(jsonb_build_object(
        'has_key', m.key IS NOT NULL, 'email', CASE WHEN m.key IS NOT NULL THEN m.email END, 'name', m.name,
        'partner', p.name, 'customer', c.name, 'partner_admin', m.partner_admin, 'named_admin', m.named_admin,
        'status', m.status, 'disabled_by_vendor', m.disabled_by_vendor,
        'roles', clearance_internal.as_set((SELECT jsonb_agg(r.name) FROM clearance.member_role mr JOIN clearance.role r ON r.id = mr.role_id
                                            WHERE mr.member_id = m.id)),
        'switched_on', clearance_internal.as_set((SELECT jsonb_agg(s.feature || '.' || s.action) FROM clearance.member_switch s
                                                  WHERE s.member_id = m.id)),
        'supervisor', coalesce(boss.key, boss.email), 'schedulable', r.schedulable))), '{}')
    FROM clearance.member m
    LEFT JOIN clearance.partner p ON p.id = m.partner_id
    LEFT JOIN clearance.customer c ON c.id = m.customer_id
    LEFT JOIN clearance.resource r ON r.member_id = m.id
    LEFT JOIN clearance.member boss ON boss.id = r.supervisor_id
    WHERE m.account_id = account AND m.status <> 'erased'
$$;
COMMENT ON FUNCTION clearance_internal.members_document IS 'the members of an account, as configurations say it';

-- One level or several, as a list.
CREATE FUNCTION clearance_internal.open_level_names(p jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce(p -> 'open_levels', '[]') || coalesce(nullif(p -> 'open_level', '""'), '[]') $$;
COMMENT ON FUNCTION clearance_internal.open_level_names IS 'names of the levels that a project of a configuration is open with';

-- A list of one is said as that one.
CREATE FUNCTION clearance_internal.open_levels_entry(levels jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE jsonb_array_length(levels) WHEN 0 THEN '{}' WHEN 1 THEN jsonb_build_object('open_level', levels -> 0)
                ELSE jsonb_build_object('open_levels', clearance_internal.as_set(levels)) END
$$;
COMMENT ON FUNCTION clearance_internal.open_levels_entry IS 'names of the levels that a project is open with, as configurations say it';

-- What a mirrored table says comes with its rows.
CREATE FUNCTION clearance_internal.project_document(p clearance.project) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object('archived', p.archived, 'portal', p.portal, 'client_upload', p.client_upload, 'by_phase', p.by_phase,
        'read_only', p.read_only,
        'features_off', clearance_internal.as_set((SELECT jsonb_agg(o.feature) FROM clearance.project_feature_off o WHERE o.project_id = p.id)),
        'partners', coalesce((
            SELECT jsonb_object_agg(c.name, jsonb_build_object('level', clearance_internal.level_name(x.level_id),
                'starts_at', clearance_internal.moment_text(x.starts_at), 'ends_at', clearance_internal.moment_text(x.ends_at)))
            FROM clearance.project_partner x JOIN clearance.partner c ON c.id = x.partner_id WHERE x.project_id = p.id), '{}'),
        'customers', coalesce((
            SELECT jsonb_object_agg(c.name, jsonb_build_object(
                'starts_at', clearance_internal.moment_text(x.starts_at), 'ends_at', clearance_internal.moment_text(x.ends_at)))
            FROM clearance.project_customer x JOIN clearance.customer c ON c.id = x.customer_id WHERE x.project_id = p.id), '{}'),
        'members', clearance_internal.as_set((
            SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('member', coalesce(m.key, m.email), 'source', x.source,
                'through_phase', x.through_phase, 'owner', x.is_owner, 'level', clearance_internal.level_name(x.level_id),
                'starts_at', clearance_internal.moment_text(x.starts_at), 'ends_at', clearance_internal.moment_text(x.ends_at))))
            FROM clearance.project_member x JOIN clearance.member m ON m.id = x.member_id
            WHERE x.project_id = p.id AND NOT starts_with(x.source, 'mirror:')))))
        || clearance_internal.open_levels_entry(coalesce((
            SELECT jsonb_agg(clearance_internal.level_name(o.level_id)) FROM clearance_internal.open_levels() o WHERE o.project_id = p.id), '[]'))
$$;
COMMENT ON FUNCTION clearance_internal.project_document IS 'a project and who is on it, as configurations say it';

CREATE FUNCTION clearance_internal.require_named_members(account bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    twice text;
BEGIN
    SELECT coalesce(m.key, m.email) INTO twice FROM clearance.member m WHERE m.account_id = account AND m.status <> 'erased'
    GROUP BY coalesce(m.key, m.email) HAVING count(*) > 1 LIMIT 1;
    IF FOUND THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('two members are known as "%s"', twice), DETAIL = 'One has it as key, the other as e-mail address.',
            HINT = 'People of this account can be in no document until that has changed.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_named_members IS 'refuses an account in which key or e-mail address do not tell who is meant';

CREATE FUNCTION clearance_internal.people_document(account bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_named_members(account);
    RETURN jsonb_build_object(
        'partners', clearance_internal.partners_document(account),
        'customers', (SELECT coalesce(jsonb_object_agg(c.name, jsonb_build_object('active', c.active, 'kind', c.kind)), '{}')
                      FROM clearance.customer c WHERE c.account_id = account),
        'members', clearance_internal.members_document(account),
        'projects', (SELECT coalesce(jsonb_object_agg(p.key, clearance_internal.project_document(p)), '{}')
                     FROM clearance.project p WHERE p.account_id = account));
END
$$;
COMMENT ON FUNCTION clearance_internal.people_document IS 'companies, members and projects of an account, as configurations say it';

CREATE FUNCTION clearance_internal.accounts_document(with_people_of text[]) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(jsonb_object_agg(a.name, jsonb_strip_nulls(jsonb_build_object('key', a.key, 'active', a.active, 'portal', a.portal,
        'default_external_level', clearance_internal.level_name(a.default_external_level_id), 'ready_participants', a.ready_participants,
        'published', a.published, 'act_as_writes', a.act_as_writes,
        'levels', coalesce((SELECT jsonb_object_agg(l.name, clearance_internal.level_entry(l, false))
                            FROM clearance.level l WHERE l.account_id = a.id), '{}'),
        'roles', coalesce((SELECT jsonb_object_agg(r.name, jsonb_build_object('level', clearance_internal.level_name(r.level_id),
                                      'available_to_partners', r.available_to_partners))
                           FROM clearance.role r WHERE r.account_id = a.id), '{}'),
        'people', CASE WHEN a.name = ANY (with_people_of) OR with_people_of IS NULL THEN clearance_internal.people_document(a.id) END))), '{}')
    FROM clearance.account a
$$;
COMMENT ON FUNCTION clearance_internal.accounts_document IS 'the accounts, as configurations say it; with_people_of: names of those whose people are part of it, NULL: all';

-- ---------------------------------------------------------------------------
-- Accounts of a document in canonical form
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.with_moments(value jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT value - '{starts_at,ends_at}'::text[] || jsonb_strip_nulls(jsonb_build_object(
        'starts_at', clearance_internal.moment_text(clearance_internal.text_moment(value ->> 'starts_at')),
        'ends_at', clearance_internal.moment_text(clearance_internal.text_moment(value ->> 'ends_at'))))
$$;
COMMENT ON FUNCTION clearance_internal.with_moments IS 'what a configuration says of a time, with its moments as exports write them';

CREATE FUNCTION clearance_internal.canonical_project(p jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p - '{open_level,open_levels}'::text[] || clearance_internal.open_levels_entry(clearance_internal.open_level_names(p)) || jsonb_build_object(
        'partners', (SELECT coalesce(jsonb_object_agg(x.key, clearance_internal.with_moments(x.value)), '{}') FROM jsonb_each(p -> 'partners') x),
        'customers', (SELECT coalesce(jsonb_object_agg(x.key, clearance_internal.with_moments(x.value)), '{}') FROM jsonb_each(p -> 'customers') x),
        'members', clearance_internal.as_set((SELECT jsonb_agg(clearance_internal.with_moments(x)) FROM jsonb_array_elements(p -> 'members') x)))
$$;
COMMENT ON FUNCTION clearance_internal.canonical_project IS 'what a configuration says of a project, in canonical form';

-- What people of an account name is among them.
CREATE FUNCTION clearance_internal.require_references(people jsonb, path text[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    named record;
BEGIN
    SELECT n.* INTO named FROM (
        SELECT ARRAY['partners', p.key, 'owner'] AS at, 'members' AS among, p.value ->> 'owner' AS name FROM jsonb_each(people -> 'partners') p
        UNION ALL
        SELECT ARRAY['members', m.key, r.key], r.among, m.value ->> r.key FROM jsonb_each(people -> 'members') m
        CROSS JOIN (VALUES ('partner', 'partners'), ('customer', 'customers'), ('supervisor', 'members')) AS r (key, among)
        UNION ALL
        SELECT ARRAY['projects', p.key, c.among, c.name], c.among, c.name FROM jsonb_each(people -> 'projects') p
        CROSS JOIN LATERAL (SELECT 'partners', k FROM jsonb_object_keys(p.value -> 'partners') k
                            UNION ALL
                            SELECT 'customers', k FROM jsonb_object_keys(p.value -> 'customers') k
                            UNION ALL
                            SELECT 'members', x ->> 'member' FROM jsonb_array_elements(p.value -> 'members') x) AS c (among, name)) n
    WHERE n.name IS NOT NULL AND NOT people -> n.among ? n.name
    ORDER BY n.at LIMIT 1;
    IF FOUND THEN
        PERFORM clearance_internal.raise_form(path || named.at, format('is none of the %s', named.among),
            format('It is "%s", which people.%s must name.', left(named.name, 100), named.among));
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_references IS 'refuses people of a configuration who name a company or member that it has not';

CREATE FUNCTION clearance_internal.canonical_people(people jsonb, path text[]) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    twice record;
BEGIN
    PERFORM clearance_internal.require_references(people, path);
    SELECT p.key INTO twice FROM jsonb_each(people -> 'projects') p WHERE p.value ?& '{open_level,open_levels}' ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        PERFORM clearance_internal.raise_form(path || ARRAY['projects', twice.key, 'open_levels'], 'is there beside open_level', 'Name one level, or all of them together.');
    END IF;
    people := people || jsonb_build_object('members',
        (SELECT coalesce(jsonb_object_agg(m.key, CASE WHEN m.value ? 'supervisor' THEN '{"schedulable": true}' || m.value ELSE m.value - 'schedulable' END), '{}')
         FROM jsonb_each(people -> 'members') m), 'projects',
        (SELECT coalesce(jsonb_object_agg(p.key, clearance_internal.canonical_project(p.value)), '{}') FROM jsonb_each(people -> 'projects') p));
    SELECT k.companies, max(c.name) AS name INTO twice
    FROM (VALUES ('partners'), ('customers')) AS k (companies) CROSS JOIN LATERAL jsonb_object_keys(people -> k.companies) AS c (name)
    GROUP BY k.companies, lower(c.name) HAVING count(*) > 1 ORDER BY 1, 2 LIMIT 1;
    IF FOUND THEN
        PERFORM clearance_internal.raise_form(path || ARRAY[twice.companies, twice.name], 'is there in upper and in lower case', 'Names of companies differ in more than that.');
    END IF;
    SELECT max(m.reference) AS name, min(m.reference) AS other INTO twice
    FROM clearance_internal.members_of(NULL, people) m
    GROUP BY lower(m.email) HAVING count(m.email) > 1 ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        PERFORM clearance_internal.raise_form(path || ARRAY['members', twice.name], format('has the e-mail address of member "%s"', twice.other));
    END IF;
    SELECT p.key, m ->> 'member' AS member, m ->> 'source' AS source INTO twice
    FROM jsonb_each(people -> 'projects') p CROSS JOIN LATERAL jsonb_array_elements(p.value -> 'members') m
    GROUP BY 1, 2, 3 HAVING count(*) > 1 ORDER BY 1, 2, 3 LIMIT 1;
    IF FOUND THEN
        PERFORM clearance_internal.raise_form(path || ARRAY['projects', twice.key, 'members'],
            format('names member "%s" twice by source "%s"', twice.member, twice.source));
    END IF;
    SELECT p.key, m ->> 'member' AS member, m ->> 'source' AS source INTO twice
    FROM jsonb_each(people -> 'projects') p CROSS JOIN LATERAL jsonb_array_elements(p.value -> 'members') m
    WHERE starts_with(m ->> 'source', 'mirror:') ORDER BY 1, 2, 3 LIMIT 1;
    IF FOUND THEN
        PERFORM clearance_internal.raise_form(path || ARRAY['projects', twice.key, 'members'],
            format('names member "%s" by source "%s", which is one of mirrored tables', twice.member, twice.source), 'What those say comes with their rows.');
    END IF;
    RETURN people;
END
$$;
COMMENT ON FUNCTION clearance_internal.canonical_people IS 'people of a configuration in canonical form, or an error that names the path of what is wrong';

CREATE FUNCTION clearance_internal.canonical_accounts(accounts jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(jsonb_object_agg(a.key, a.value || jsonb_build_object('levels', clearance_internal.canonical_levels(a.value -> 'levels'))
        || CASE WHEN a.value ? 'people'
                THEN jsonb_build_object('people', clearance_internal.canonical_people(a.value -> 'people', ARRAY['accounts', a.key, 'people']))
                ELSE '{}' END), '{}')
    FROM jsonb_each(accounts) a
$$;
COMMENT ON FUNCTION clearance_internal.canonical_accounts IS 'what a configuration says of accounts, in canonical form';

-- ---------------------------------------------------------------------------
-- Differences
-- ---------------------------------------------------------------------------

-- A thing, its properties, and the entries of those that are lists.
CREATE FUNCTION clearance_internal.entry_items(first integer, kind text, name text, entry jsonb)
RETURNS TABLE (no integer, of integer, kind text, object text, part text, value jsonb, whole jsonb)
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT first, first, kind, name, '', '{}'::jsonb, entry
    UNION ALL
    SELECT first + 1, first, kind, name, p.key, p.value, NULL FROM jsonb_each(entry) p WHERE jsonb_typeof(p.value) <> 'array'
    UNION ALL
    SELECT first + 1, first, kind, name, format('%s: %s', p.key, e), to_jsonb(e), NULL
    FROM jsonb_each(entry) p CROSS JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(p.value) WHEN 'array' THEN p.value END) e
$$;
COMMENT ON FUNCTION clearance_internal.entry_items IS 'what a configuration says of something named, one thing a line, numbered from the first';

CREATE FUNCTION clearance_internal.project_items(account text, project text, p jsonb)
RETURNS TABLE (no integer, of integer, kind text, object text, part text, value jsonb, whole jsonb)
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH named AS (SELECT clearance_internal.path_text(ARRAY[account, project]) AS name)
    SELECT i.* FROM named n CROSS JOIN LATERAL clearance_internal.entry_items(38, 'project', n.name,
        p - '{partners,customers,members,open_level}'::text[] || jsonb_build_object('open_levels', clearance_internal.open_level_names(p))) i
    UNION ALL
    SELECT 40, NULL, 'partner on project', n.name, x.key, x.value, NULL FROM named n CROSS JOIN jsonb_each(p -> 'partners') x
    UNION ALL
    SELECT 41, NULL, 'customer on project', n.name, x.key, x.value, NULL FROM named n CROSS JOIN jsonb_each(p -> 'customers') x
    UNION ALL
    SELECT 42, NULL, 'membership', n.name, concat(m ->> 'member', ' by ' || nullif(m ->> 'source', 'direct')), m - '{member,source}'::text[], NULL
    FROM named n CROSS JOIN jsonb_array_elements(p -> 'members') m
$$;
COMMENT ON FUNCTION clearance_internal.project_items IS 'what a configuration says of a project and who is on it, one thing a line';

CREATE FUNCTION clearance_internal.account_items(account text, a jsonb)
RETURNS TABLE (no integer, of integer, kind text, object text, part text, value jsonb, whole jsonb)
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT i.* FROM clearance_internal.entry_items(20, 'account', clearance_internal.path_text(ARRAY[account]), a - '{levels,roles,people}'::text[]) i
    UNION ALL
    SELECT i.* FROM jsonb_each(a -> 'levels') l
    CROSS JOIN LATERAL clearance_internal.level_items(24, clearance_internal.path_text(ARRAY[account, l.key]), l.value) i
    UNION ALL
    SELECT i.* FROM (VALUES (30, 'role', a -> 'roles'), (32, 'partner', a #> '{people,partners}'),
                            (34, 'customer', a #> '{people,customers}'), (36, 'member', a #> '{people,members}')) AS k (first, kind, entries)
    CROSS JOIN LATERAL jsonb_each(k.entries) e
    CROSS JOIN LATERAL clearance_internal.entry_items(k.first, k.kind, clearance_internal.path_text(ARRAY[account, e.key]), e.value) i
    UNION ALL
    SELECT i.* FROM jsonb_each(a #> '{people,projects}') p CROSS JOIN LATERAL clearance_internal.project_items(account, p.key, p.value) i
$$;
COMMENT ON FUNCTION clearance_internal.account_items IS 'what a configuration says of an account, one thing a line';

-- An open project gives its levels to who has no other way in: what gives or takes
-- such a way, of these projects and of members of partners who are on them, does both.
CREATE FUNCTION clearance_internal.let_in_otherwise(configuration jsonb) RETURNS SETOF text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH open AS MATERIALIZED (
        SELECT a.key AS account, p.key AS project, a.value #> '{people,members}' AS members, p.value -> 'partners' AS partners
        FROM jsonb_each(configuration -> 'accounts') a CROSS JOIN LATERAL jsonb_each(a.value #> '{people,projects}') p
        WHERE p.value ?| '{open_level,open_levels}'
    )
    SELECT clearance_internal.path_text(ARRAY[o.account, o.project]) FROM open o
    UNION
    SELECT clearance_internal.path_text(ARRAY[o.account, m.key]) FROM open o CROSS JOIN LATERAL jsonb_each(o.members) m
    WHERE o.partners ? (m.value ->> 'partner')
$$;
COMMENT ON FUNCTION clearance_internal.let_in_otherwise IS
'open projects of a configuration, and members of partners on them, as differences name them';

-- What a property says about who may do what; those that are not here may do both.
CREATE FUNCTION clearance_internal.class_of_people(kind text, part text, was jsonb, becomes jsonb, is_open boolean) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN part = '' THEN CASE kind WHEN 'member' THEN clearance_internal.class_if_more(was IS NULL) ELSE 'neutral' END
        WHEN said IN ('partner website', 'partner kind', 'partner licence_cap', 'partner strategic', 'partner roles', 'customer kind', 'member name',
                      'member named_admin', 'member disabled_by_vendor', 'member schedulable', 'account published', 'role available_to_partners') THEN 'neutral'
        ELSE clearance_internal.class_if_more(CASE
            WHEN is_open AND (said IN ('member partner_admin', 'project by_phase') OR kind IN ('partner on project', 'customer on project', 'membership')) THEN NULL
            WHEN said IN ('account active', 'account portal', 'account act_as_writes', 'partner active', 'partner can_track_time', 'customer active',
                          'member partner_admin', 'project portal', 'project client_upload') THEN becomes = 'true'
            WHEN said IN ('account ready_participants', 'project archived', 'project read_only', 'project by_phase') THEN becomes = 'false'
            WHEN said = 'member status' AND '"active"' IN (was, becomes) THEN becomes = '"active"'
            -- without one of its own a role leaves it to this one
            WHEN said = 'account default_external_level' AND (was IS NULL OR becomes IS NULL) THEN was IS NULL
            WHEN said IN ('member switched_on', 'project open_levels') THEN was IS NULL
            WHEN said IN ('project features_off') THEN becomes IS NULL
            -- a level there takes the place of others
            WHEN kind IN ('partner on project', 'customer on project', 'membership') AND (was IS NULL OR becomes IS NULL)
                AND NOT coalesce(was, becomes) ? 'level' THEN was IS NULL END)
        END
    FROM (SELECT kind || ' ' || split_part(part, ': ', 1) AS said) s
$$;
COMMENT ON FUNCTION clearance_internal.class_of_people IS 'narrowing, widening, mixed or neutral: what a difference in accounts and people does to what is permitted';

-- ---------------------------------------------------------------------------
-- Accounts made equal to a document
-- ---------------------------------------------------------------------------
-- Whoever may import does what operators do, but only while nothing runs that
-- is not the extension's. Nobody else sees it: the row is as before when it commits.
CREATE FUNCTION clearance_internal.import_as_operator(on_off boolean) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$ UPDATE clearance.declaring SET importing = on_off $$;
COMMENT ON FUNCTION clearance_internal.import_as_operator IS 'lets this transaction do what operators do, or ends that';

CREATE FUNCTION clearance_internal.members_of(account bigint, people jsonb)
RETURNS TABLE (id bigint, reference text, key text, email text, name text, partner text, customer text, partner_admin boolean, named_admin boolean,
               status text, disabled_by_vendor boolean, roles jsonb, switched_on jsonb, supervisor text, schedulable boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.id, m.key, CASE WHEN (m.value ->> 'has_key')::boolean THEN m.key END,
           CASE WHEN (m.value ->> 'has_key')::boolean THEN m.value ->> 'email' ELSE m.key END, m.value ->> 'name', m.value ->> 'partner', m.value ->> 'customer',
           (m.value ->> 'partner_admin')::boolean, (m.value ->> 'named_admin')::boolean, m.value ->> 'status', (m.value ->> 'disabled_by_vendor')::boolean,
           m.value -> 'roles', m.value -> 'switched_on', m.value ->> 'supervisor', (m.value ->> 'schedulable')::boolean
    FROM jsonb_each(people -> 'members') m
    LEFT JOIN clearance.member t ON t.account_id = account AND coalesce(t.key, t.email) = m.key
        AND (t.key IS NOT NULL) = (m.value ->> 'has_key')::boolean
$$;
COMMENT ON FUNCTION clearance_internal.members_of IS 'the members that a configuration names in an account, and their ids where they are known';

CREATE FUNCTION clearance_internal.apply_level(name text, l jsonb, account bigint DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    of_level integer := (SELECT t.id FROM clearance.level t WHERE t.name = apply_level.name AND t.account_id IS NOT DISTINCT FROM account);
BEGIN
    of_level := coalesce(of_level, clearance.create_level(name, l ->> 'audience', description => l ->> 'description', account => account));
    UPDATE clearance.level t SET description = l ->> 'description'
    WHERE t.id = of_level AND t.description IS DISTINCT FROM l ->> 'description';
    DELETE FROM clearance.not_available n WHERE n.level_id = of_level AND NOT l -> 'not_available' ? (n.feature || '.' || n.action);
    INSERT INTO clearance.not_available (level_id, feature, action)
    SELECT of_level, p.feature, p.action
    FROM jsonb_array_elements_text(l -> 'not_available') n CROSS JOIN LATERAL clearance_internal.parse_action(n) p
    ON CONFLICT DO NOTHING;
    PERFORM clearance.set_level(name, l - '{description,not_available}'::text[], account);
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_level IS 'makes a level as a configuration says, for all accounts or an account''s own';

-- What is held goes before what it is taken from, and before roles change.
CREATE FUNCTION clearance_internal.drop_roles_held(account bigint, people jsonb) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM clearance.member_role mr USING clearance_internal.members_of(account, people) w, clearance.role r
    WHERE mr.member_id = w.id AND r.id = mr.role_id AND NOT w.roles ? r.name;
    DELETE FROM clearance.partner_role pr USING clearance.partner p, clearance.role r, jsonb_each(people -> 'partners') x
    WHERE p.account_id = account AND pr.partner_id = p.id AND r.id = pr.role_id AND lower(x.key) = lower(p.name) AND NOT x.value -> 'roles' ? r.name;
$$;
COMMENT ON FUNCTION clearance_internal.drop_roles_held IS 'takes roles from partners and members that a configuration does not give them';

CREATE FUNCTION clearance_internal.apply_account(name text, before jsonb, a jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account bigint := (SELECT t.id FROM clearance.account t WHERE t.name = apply_account.name);
BEGIN
    PERFORM clearance_internal.drop_roles_held(account, a -> 'people') WHERE a -> 'people' <> before -> 'people';
    account := coalesce(account, clearance.create_account(name, (a ->> 'key')::clearance.app_key));
    PERFORM clearance_internal.apply_level(l.key, l.value, account) FROM jsonb_each(a -> 'levels') l
    WHERE l.value IS DISTINCT FROM before #> ARRAY['levels', l.key];
    PERFORM clearance.create_role(r.key, access_level => r.value ->> 'level', account => account)
    FROM jsonb_each(a -> 'roles') r WHERE before #> ARRAY['roles', r.key] IS NULL;
    PERFORM clearance.update_role(r.key, (r.value ->> 'available_to_partners')::boolean, coalesce(r.value ->> 'level', ''), account => account)
    FROM jsonb_each(a -> 'roles') r WHERE r.value IS DISTINCT FROM before #> ARRAY['roles', r.key];
    PERFORM clearance.set_account(account, portal => (a ->> 'portal')::boolean, default_external_level => coalesce(a ->> 'default_external_level', ''),
        active => (a ->> 'active')::boolean, ready_participants => (a ->> 'ready_participants')::boolean,
        published => (a ->> 'published')::boolean, act_as_writes => (a ->> 'act_as_writes')::boolean);
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_account IS 'makes an account with its own levels and roles as a configuration says; what goes goes later';

-- People of other accounts are not looked at. Nobody and no company goes: rows of
-- the application name them.
CREATE FUNCTION clearance_internal.apply_companies(account bigint, people jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO clearance.customer AS t (account_id, name, active, kind)
    SELECT account, c.key, (c.value ->> 'active')::boolean, c.value ->> 'kind' FROM jsonb_each(people -> 'customers') c
    ON CONFLICT (account_id, lower(name)) DO UPDATE SET name = EXCLUDED.name, active = EXCLUDED.active, kind = EXCLUDED.kind
    WHERE (t.name, t.active, t.kind) <> (EXCLUDED.name, EXCLUDED.active, EXCLUDED.kind);
    INSERT INTO clearance.partner AS t (account_id, name, level_id, active, licence_cap, strategic, can_track_time, kind, website)
    SELECT account, p.key, clearance_internal.changed_level(NULL, p.value ->> 'level', 'partner', account), (p.value ->> 'active')::boolean,
           (p.value ->> 'licence_cap')::integer, (p.value ->> 'strategic')::boolean, (p.value ->> 'can_track_time')::boolean,
           p.value ->> 'kind', p.value ->> 'website'
    FROM jsonb_each(people -> 'partners') p
    ON CONFLICT (account_id, lower(name)) DO UPDATE SET name = EXCLUDED.name, level_id = EXCLUDED.level_id, active = EXCLUDED.active,
        licence_cap = EXCLUDED.licence_cap, strategic = EXCLUDED.strategic, can_track_time = EXCLUDED.can_track_time,
        kind = EXCLUDED.kind, website = EXCLUDED.website
    WHERE (t.name, t.level_id, t.active, t.licence_cap, t.strategic, t.can_track_time, t.kind, t.website) IS DISTINCT FROM
          (EXCLUDED.name, EXCLUDED.level_id, EXCLUDED.active, EXCLUDED.licence_cap, EXCLUDED.strategic, EXCLUDED.can_track_time, EXCLUDED.kind, EXCLUDED.website);
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_companies IS 'adds and changes customers and partners as a configuration says';

CREATE FUNCTION clearance_internal.apply_members(account bigint, people jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- what one has and another gets, is given up before
    WITH named AS MATERIALIZED (SELECT * FROM clearance_internal.members_of(account, people))
    UPDATE clearance.member m SET email = NULL FROM named w, named o
    WHERE m.id = w.id AND m.key IS NOT NULL AND lower(w.email) IS DISTINCT FROM lower(m.email)
      AND lower(o.email) = lower(m.email) AND o.id IS DISTINCT FROM m.id;
    UPDATE clearance.member m SET named_admin = false FROM clearance_internal.members_of(account, people) w
    WHERE m.id = w.id AND m.named_admin AND NOT w.named_admin;
    PERFORM clearance_internal.require_identity(account, known.id, w.key, w.email, w.name)
    FROM clearance_internal.members_of(account, people) w LEFT JOIN clearance.member known ON known.id = w.id
    WHERE (known.key, known.email, known.name) IS DISTINCT FROM (w.key, w.email, w.name);
    UPDATE clearance.member m SET email = w.email, name = w.name, partner_admin = w.partner_admin, named_admin = w.named_admin,
        status = w.status, disabled_by_vendor = w.disabled_by_vendor
    FROM clearance_internal.members_of(account, people) w
    WHERE m.id = w.id AND (m.email, m.name, m.partner_admin, m.named_admin, m.status, m.disabled_by_vendor) IS DISTINCT FROM
                          (w.email, w.name, w.partner_admin, w.named_admin, w.status, w.disabled_by_vendor);
    INSERT INTO clearance.member (account_id, key, email, name, partner_id, customer_id, partner_admin, named_admin, status, disabled_by_vendor)
    SELECT account, w.key, w.email, w.name, p.id, c.id, w.partner_admin, w.named_admin, w.status, w.disabled_by_vendor
    FROM clearance_internal.members_of(account, people) w
    LEFT JOIN clearance.partner p ON p.account_id = account AND p.name = w.partner
    LEFT JOIN clearance.customer c ON c.account_id = account AND c.name = w.customer
    WHERE w.id IS NULL;
    PERFORM clearance_internal.check_licences(p.id) FROM clearance.partner p WHERE p.account_id = account AND p.licence_cap IS NOT NULL;
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_members IS 'adds and changes members as a configuration says';

CREATE FUNCTION clearance_internal.apply_roles_held(account bigint, people jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO clearance.partner_role (partner_id, role_id)
    SELECT p.id, clearance_internal.require_partner_role(r, account)
    FROM clearance.partner p CROSS JOIN LATERAL jsonb_array_elements_text(people #> ARRAY['partners', p.name, 'roles']) r
    WHERE p.account_id = account
    ON CONFLICT DO NOTHING;
    INSERT INTO clearance.member_role (member_id, role_id)
    SELECT m.id, clearance_internal.require_role_for(m, r)
    FROM clearance_internal.members_of(account, people) w JOIN clearance.member m ON m.id = w.id
    CROSS JOIN LATERAL jsonb_array_elements_text(w.roles) r
    WHERE NOT EXISTS (SELECT FROM clearance.member_role mr JOIN clearance.role t ON t.id = mr.role_id WHERE mr.member_id = m.id AND t.name = r)
    ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_roles_held IS 'gives partners and members the roles that a configuration gives them';

CREATE FUNCTION clearance_internal.supervisors_of(account bigint, people jsonb)
RETURNS TABLE (id bigint, supervisor bigint, schedulable boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH named AS MATERIALIZED (SELECT * FROM clearance_internal.members_of(account, people))
    SELECT w.id, boss.id, coalesce(w.schedulable, true) FROM named w JOIN named boss ON boss.reference = w.supervisor
$$;
COMMENT ON FUNCTION clearance_internal.supervisors_of IS 'who supervises whom, as a configuration says';

CREATE FUNCTION clearance_internal.apply_duties(account bigint, people jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM clearance.partner_owner o USING clearance.partner p
    WHERE p.account_id = account AND o.partner_id = p.id AND people #> ARRAY['partners', p.name, 'owner'] IS NULL;
    PERFORM clearance_internal.put_partner_owner(p, w.id)
    FROM clearance.partner p JOIN clearance_internal.members_of(account, people) w ON w.reference = people #>> ARRAY['partners', p.name, 'owner']
    WHERE p.account_id = account AND NOT EXISTS (SELECT FROM clearance.partner_owner o WHERE (o.partner_id, o.member_id) = (p.id, w.id));
    DELETE FROM clearance.member_switch s USING clearance_internal.members_of(account, people) w
    WHERE s.member_id = w.id AND NOT w.switched_on ? (s.feature || '.' || s.action);
    INSERT INTO clearance.member_switch (member_id, feature, action)
    SELECT w.id, a.feature, a.action
    FROM clearance_internal.members_of(account, people) w CROSS JOIN LATERAL jsonb_array_elements_text(w.switched_on) s
    CROSS JOIN LATERAL clearance_internal.parse_action(s) a
    ON CONFLICT DO NOTHING;
    PERFORM clearance_internal.require_may_supervise(boss, m)
    FROM clearance_internal.supervisors_of(account, people) w JOIN clearance.member m ON m.id = w.id JOIN clearance.member boss ON boss.id = w.supervisor;
    INSERT INTO clearance.resource AS t (account_id, member_id, supervisor_id, schedulable)
    SELECT account, w.id, w.supervisor, w.schedulable FROM clearance_internal.supervisors_of(account, people) w
    ON CONFLICT ON CONSTRAINT resource_is_one_member DO UPDATE SET supervisor_id = EXCLUDED.supervisor_id, schedulable = EXCLUDED.schedulable
    WHERE (t.supervisor_id, t.schedulable) <> (EXCLUDED.supervisor_id, EXCLUDED.schedulable);
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_duties IS 'owners of partners, what is switched on for members, and supervisors, as a configuration says';

CREATE FUNCTION clearance_internal.projects_of(account bigint, projects jsonb)
RETURNS TABLE (id bigint, archived boolean, portal boolean, client_upload boolean, by_phase boolean, read_only boolean, levels integer[])
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.id, (p.value ->> 'archived')::boolean, (p.value ->> 'portal')::boolean, (p.value ->> 'client_upload')::boolean,
           (p.value ->> 'by_phase')::boolean, (p.value ->> 'read_only')::boolean,
           clearance_internal.open_level_ids(NULL, ARRAY(SELECT jsonb_array_elements_text(clearance_internal.open_level_names(p.value))), account)
    FROM jsonb_each(projects) p JOIN clearance.project t ON (t.account_id, t.key) = (account, p.key)
$$;
COMMENT ON FUNCTION clearance_internal.projects_of IS 'the projects that a configuration names in an account, with the levels that they are open with';

CREATE FUNCTION clearance_internal.apply_projects(account bigint, projects jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO clearance.project (account_id, key, has_row)
    SELECT account, p.key, clearance_internal.project_has_row(p.key) FROM jsonb_each(projects) p
    WHERE NOT EXISTS (SELECT FROM clearance.project t WHERE (t.account_id, t.key) = (account, p.key));
    UPDATE clearance.project t SET archived = w.archived, portal = w.portal, client_upload = w.client_upload, by_phase = w.by_phase,
        open_level_id = w.levels[1], read_only = w.read_only
    FROM clearance_internal.projects_of(account, projects) w
    WHERE t.id = w.id
      AND (t.archived, t.portal, t.client_upload, t.by_phase, t.open_level_id, t.read_only)
          IS DISTINCT FROM (w.archived, w.portal, w.client_upload, w.by_phase, w.levels[1], w.read_only);
    PERFORM clearance_internal.put_further_levels(w.id, w.levels)
    FROM clearance_internal.projects_of(account, projects) w
    WHERE cardinality(w.levels) > 1 OR EXISTS (SELECT FROM clearance.project_open_level o WHERE o.project_id = w.id);
    DELETE FROM clearance.project_feature_off o USING clearance.project p
    WHERE p.account_id = account AND o.project_id = p.id AND NOT projects #> ARRAY[p.key, 'features_off'] ? o.feature;
    INSERT INTO clearance.project_feature_off (project_id, feature)
    SELECT p.id, f FROM clearance.project p CROSS JOIN LATERAL jsonb_array_elements_text(projects #> ARRAY[p.key, 'features_off']) f
    WHERE p.account_id = account
    ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_projects IS 'registers and changes projects as a configuration says';

CREATE FUNCTION clearance_internal.apply_companies_on(account bigint, projects jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM clearance.project_partner x USING clearance.project p, clearance.partner c
    WHERE p.account_id = account AND x.project_id = p.id AND c.id = x.partner_id AND NOT projects #> ARRAY[p.key, 'partners'] ? c.name;
    INSERT INTO clearance.project_partner AS t (account_id, project_id, partner_id, level_id, starts_at, ends_at)
    SELECT account, p.id, c.id, clearance_internal.changed_level(NULL, x.value ->> 'level', 'partner', account),
           coalesce(clearance_internal.text_moment(x.value ->> 'starts_at'), '-infinity'), coalesce(clearance_internal.text_moment(x.value ->> 'ends_at'), 'infinity')
    FROM clearance.project p CROSS JOIN LATERAL jsonb_each(projects #> ARRAY[p.key, 'partners']) x
    JOIN clearance.partner c ON c.account_id = account AND c.name = x.key
    WHERE p.account_id = account
    ON CONFLICT ON CONSTRAINT partner_is_on_a_project_once DO UPDATE SET level_id = EXCLUDED.level_id, starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at
    WHERE (t.level_id, t.starts_at, t.ends_at) IS DISTINCT FROM (EXCLUDED.level_id, EXCLUDED.starts_at, EXCLUDED.ends_at);
    DELETE FROM clearance.project_customer x USING clearance.project p, clearance.customer c
    WHERE p.account_id = account AND x.project_id = p.id AND c.id = x.customer_id AND NOT projects #> ARRAY[p.key, 'customers'] ? c.name;
    INSERT INTO clearance.project_customer AS t (account_id, project_id, customer_id, starts_at, ends_at)
    SELECT account, p.id, c.id,
           coalesce(clearance_internal.text_moment(x.value ->> 'starts_at'), '-infinity'), coalesce(clearance_internal.text_moment(x.value ->> 'ends_at'), 'infinity')
    FROM clearance.project p CROSS JOIN LATERAL jsonb_each(projects #> ARRAY[p.key, 'customers']) x
    JOIN clearance.customer c ON c.account_id = account AND c.name = x.key
    WHERE p.account_id = account
    ON CONFLICT ON CONSTRAINT customer_is_on_a_project_once DO UPDATE SET starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at
    WHERE (t.starts_at, t.ends_at) <> (EXCLUDED.starts_at, EXCLUDED.ends_at);
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_companies_on IS 'puts companies on projects, and takes them off, as a configuration says';

CREATE FUNCTION clearance_internal.require_owners(account bigint, people jsonb) RETURNS void
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT clearance_internal.require_may_own(m, 'project', p.key)
    FROM jsonb_each(people -> 'projects') p CROSS JOIN LATERAL jsonb_array_elements(p.value -> 'members') x
    JOIN clearance_internal.members_of(account, people) w ON w.reference = x ->> 'member' JOIN clearance.member m ON m.id = w.id
    WHERE (x ->> 'owner')::boolean
$$;
COMMENT ON FUNCTION clearance_internal.require_owners IS 'refuses outsiders as owners of the projects of a configuration';

-- Mirrored tables say theirs themselves. A membership ends with its company's
-- participation, where there is one.
CREATE FUNCTION clearance_internal.apply_memberships(account bigint, people jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_owners(account, people);
    DELETE FROM clearance.project_member x USING clearance.project p, clearance.member m
    WHERE p.account_id = account AND x.project_id = p.id AND m.id = x.member_id AND NOT starts_with(x.source, 'mirror:')
      AND NOT people #> ARRAY['projects', p.key, 'members'] @> jsonb_build_array(jsonb_build_object('member', coalesce(m.key, m.email), 'source', x.source));
    INSERT INTO clearance.project_member AS t
        (account_id, project_id, member_id, source, through_phase, is_owner, level_id, starts_at, ends_at, partner_id, customer_id)
    SELECT account, p.id, m.id, x ->> 'source', (x ->> 'through_phase')::boolean, (x ->> 'owner')::boolean,
           clearance_internal.changed_level(NULL, x ->> 'level', m.kind, account),
           coalesce(clearance_internal.text_moment(x ->> 'starts_at'), '-infinity'), coalesce(clearance_internal.text_moment(x ->> 'ends_at'), 'infinity'),
           (SELECT c.partner_id FROM clearance.project_partner c WHERE (c.project_id, c.partner_id) = (p.id, m.partner_id)),
           (SELECT c.customer_id FROM clearance.project_customer c WHERE (c.project_id, c.customer_id) = (p.id, m.customer_id))
    FROM clearance.project p CROSS JOIN LATERAL jsonb_array_elements(people #> ARRAY['projects', p.key, 'members']) x
    JOIN clearance_internal.members_of(account, people) w ON w.reference = x ->> 'member' JOIN clearance.member m ON m.id = w.id
    WHERE p.account_id = account
    ON CONFLICT ON CONSTRAINT membership_is_said_once_by_a_source DO UPDATE SET
        through_phase = EXCLUDED.through_phase, is_owner = EXCLUDED.is_owner, level_id = EXCLUDED.level_id,
        starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at
    WHERE (t.through_phase, t.is_owner, t.level_id, t.starts_at, t.ends_at) IS DISTINCT FROM
          (EXCLUDED.through_phase, EXCLUDED.is_owner, EXCLUDED.level_id, EXCLUDED.starts_at, EXCLUDED.ends_at);
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_memberships IS 'puts members on projects, and takes them off, as a configuration says';

-- Roles ask whether whoever gives them may.
CREATE FUNCTION clearance_internal.apply_people(account bigint, people jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.apply_companies(account, people), clearance_internal.apply_members(account, people),
            clearance_internal.import_as_operator(true),
            clearance_internal.apply_roles_held(account, people), clearance_internal.apply_duties(account, people),
            clearance_internal.import_as_operator(false),
            clearance_internal.apply_projects(account, people -> 'projects'),
            clearance_internal.apply_companies_on(account, people -> 'projects'),
            clearance_internal.apply_memberships(account, people);
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_people IS 'makes companies, members and projects of an account as a configuration says';

CREATE FUNCTION clearance_internal.apply_accounts(before jsonb, after jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    entry record;
    detail text;
    hint text;
BEGIN
    FOR entry IN SELECT a.key AS name, a.value AS a, coalesce(before #> ARRAY['accounts', a.key], '{}') AS was FROM jsonb_each(after -> 'accounts') a
                 WHERE a.value IS DISTINCT FROM before #> ARRAY['accounts', a.key] ORDER BY a.key COLLATE "C" LOOP
        PERFORM clearance_internal.import_as_operator(true), clearance_internal.apply_account(entry.name, entry.was, entry.a),
                clearance_internal.import_as_operator(false);
        IF entry.a -> 'people' <> coalesce(entry.was -> 'people', '{}') THEN
            PERFORM clearance_internal.apply_people(t.id, entry.a -> 'people') FROM clearance.account t WHERE t.name = entry.name;
        END IF;
    END LOOP;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    PERFORM clearance_internal.raise_entry(clearance_internal.path_text(ARRAY['accounts', entry.name]), (entry.a - 'people')::text, SQLSTATE, SQLERRM, detail, hint);
END
$$;
COMMENT ON FUNCTION clearance_internal.apply_accounts IS 'makes accounts as a configuration says';

CREATE FUNCTION clearance_internal.drop_roles_and_levels(after jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    gone record;
BEGIN
    FOR gone IN SELECT r.id, r.name, a.name AS account FROM clearance.role r JOIN clearance.account a ON a.id = r.account_id
                WHERE NOT after #> ARRAY['accounts', a.name, 'roles'] ? r.name ORDER BY a.name, r.name LOOP
        IF EXISTS (SELECT FROM clearance.member_role mr WHERE mr.role_id = gone.id)
            OR EXISTS (SELECT FROM clearance.partner_role pr WHERE pr.role_id = gone.id) THEN
            RAISE object_in_use USING MESSAGE = format('%s: role "%s" is in use', clearance_internal.path_text(ARRAY['accounts', gone.account]), gone.name),
                DETAIL = 'A member holds it, or a partner may.', HINT = 'Keep it among the roles of the document.';
        END IF;
        DELETE FROM clearance.role r WHERE r.id = gone.id;
    END LOOP;
    PERFORM clearance.drop_level(l.name, account => a.id)
    FROM clearance.level l JOIN clearance.account a ON a.id = l.account_id WHERE NOT after #> ARRAY['accounts', a.name, 'levels'] ? l.name;
    PERFORM clearance.drop_level(l.name)
    FROM clearance.level l WHERE l.account_id IS NULL AND NOT l.built_in AND NOT after -> 'levels' ? l.name;
END
$$;
COMMENT ON FUNCTION clearance_internal.drop_roles_and_levels IS
'drops roles and levels that a configuration does not name, when nothing else of it does; those of accounts that are no part of it stay';
