-- ---------------------------------------------------------------------------
-- Levels made, changed and dropped: those for all accounts by operators, an
-- account's own by its members with settings.manage_roles, within what they
-- hold. A name means one level in an account: its own, or one for all.
-- ---------------------------------------------------------------------------

-- ---------------------------------------------------------------------------
-- Whose levels are meant, and who may change them
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.owner_of_levels(account bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_actor();
    IF account IS NULL THEN
        RETURN (SELECT s.account FROM clearance.standing() s);
    END IF;
    RETURN (clearance_internal.require_account(account)).id;
END
$$;
COMMENT ON FUNCTION clearance_internal.owner_of_levels IS
'internal: the account given, else the acting member''s; NULL: the levels for all accounts are meant';

CREATE FUNCTION clearance_internal.require_level_right(account bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF account IS NULL THEN
        PERFORM clearance_internal.require_operator('manage levels for all accounts');
    ELSE
        PERFORM clearance_internal.require_right('settings.manage_roles', account);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_level_right IS
'internal: refuses those who do not manage the levels of an account, or, without one, those for all';

-- By role or on a project, memberships that begin or have ended too.
CREATE FUNCTION clearance_internal.holders_of(level integer) RETURNS bigint[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY(SELECT mr.member_id FROM clearance.role r JOIN clearance.member_role mr ON mr.role_id = r.id WHERE r.level_id = level
                 UNION
                 SELECT pm.member_id FROM clearance.project_member pm WHERE pm.level_id = level)
$$;
COMMENT ON FUNCTION clearance_internal.holders_of IS 'internal: members for whom a role or a project names a level';

-- Nobody changes what it holds itself, but an account_admin, who holds everything
-- whatever a level says; nor what somebody holds who is beyond it.
CREATE FUNCTION clearance_internal.require_may_change(l clearance.level) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    actor bigint := clearance.actor();
    held integer[] := (SELECT w.levels FROM clearance_internal.ways_in() w);
    holders bigint[] := clearance_internal.holders_of(l.id);
BEGIN
    IF clearance.is_operator() THEN
        RETURN;
    END IF;
    PERFORM clearance_internal.require_may_give(ARRAY[l.id], l.account_id);
    IF l.audience = 'vendor' THEN
        PERFORM clearance_internal.require_may_manage(holders, l.account_id);
    END IF;
    IF (l.id = ANY (held) OR actor = ANY (holders))
        AND NOT EXISTS (SELECT FROM clearance.level a WHERE a.name = 'account_admin' AND a.built_in AND a.id = ANY (held)) THEN
        PERFORM clearance_internal.raise_refusal(format('cannot change level "%s"', l.name),
            'It holds the level itself: by a role, or on a project.', 'Ask somebody whose rights do not come from it.');
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_may_change IS
'internal: refuses an actor to whom a level, or somebody who holds it, is beyond, or who holds it itself';

-- Who changes all of a level waits for who changes anything of it, and the other way
-- round; who adds a grant or a denial does not wait for others who do. Rewriting the
-- level's row, where locking it would seem to do, makes a REPEATABLE READ transaction
-- fail rather than decide by what is gone.
CREATE FUNCTION clearance_internal.begin_change(name text, account bigint, of_all boolean) RETURNS clearance.level
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    of_account bigint := clearance_internal.owner_of_levels(account);
    l clearance.level;
BEGIN
    PERFORM clearance_internal.require_level_right(of_account);
    SELECT t.* INTO l FROM clearance.level t WHERE t.id = clearance_internal.require_level(begin_change.name, NULL, of_account);
    IF l.account_id IS DISTINCT FROM of_account THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('level "%s" is not the account''s own', name),
            DETAIL = 'It is there for all accounts, and operators change it for all of them, who leave the account out.',
            HINT = format('clearance.create_level(…, based_on => %L) makes one for the account that starts with what this one grants.', name);
    END IF;
    IF of_all THEN
        SELECT t.* INTO l FROM clearance.level t WHERE t.id = l.id FOR NO KEY UPDATE;
    ELSE
        SELECT t.* INTO l FROM clearance.level t WHERE t.id = l.id FOR SHARE;
    END IF;
    IF l.id IS NULL THEN
        PERFORM clearance_internal.raise_unknown_level(name, NULL, of_account);
    END IF;
    PERFORM clearance_internal.require_may_change(l);
    UPDATE clearance.level t SET name = t.name WHERE t.id = l.id AND of_all;
    RETURN l;
END
$$;
COMMENT ON FUNCTION clearance_internal.begin_change IS
'internal: the level that a name means, which stays until the transaction ends, and as it is if all of it is to change; refuses those who may not';

-- What a configuration says must never be, by whatever function.
CREATE FUNCTION clearance_internal.require_never_held(levels integer[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held record;
BEGIN
    SELECT l.name AS level, n.feature, n.action INTO held
    FROM clearance.never_granted n JOIN clearance.level l ON l.id = n.level_id
    WHERE n.level_id = ANY (levels)
      AND EXISTS (SELECT FROM clearance_internal.held_grants(ARRAY[n.level_id]) g WHERE (g.feature, g.action) = (n.feature, n.action))
    ORDER BY 1, 2, 3 LIMIT 1;
    IF FOUND THEN
        RAISE check_violation USING
            MESSAGE = format('level "%s" would hold %s.%s', held.level, held.feature, held.action),
            DETAIL = 'The configuration says that it never does.',
            HINT = 'Nothing was changed. Such assertions are among what clearance.export() writes, and clearance.import() changes them.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_never_held IS
'internal: refuses levels that hold what a configuration says they never do, be it granted or following from grants';

CREATE FUNCTION clearance_internal.end_change(l clearance.level) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$ SELECT clearance_internal.require_may_change(l), clearance_internal.require_never_held(ARRAY[l.id]) $$;
COMMENT ON FUNCTION clearance_internal.end_change IS
'internal: refuses what a level was given, or what follows from it, if it is beyond the actor, or must never be';

-- ---------------------------------------------------------------------------
-- Made and dropped
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.require_free_level_name(name text, account bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    same clearance.level;
BEGIN
    PERFORM clearance_internal.require_given('name of the level', name), clearance_internal.require_line('name of the level', name);
    SELECT l.* INTO same FROM clearance.level l
    WHERE l.name = require_free_level_name.name AND (l.account_id = account OR l.account_id IS NULL OR account IS NULL)
    ORDER BY l.account_id NULLS FIRST LIMIT 1;
    IF FOUND THEN
        RAISE duplicate_object USING
            MESSAGE = format('level "%s" already exists', name),
            DETAIL = CASE WHEN same.account_id IS NULL THEN 'It is there for all accounts.'
                          WHEN account IS NULL THEN format('Account "%s" has one of its own of this name.',
                                                           (clearance_internal.require_account(same.account_id)).name)
                          ELSE 'It is the account''s own.' END;
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_free_level_name IS
'internal: refuses a name that means a level in the account already, or, for a level for all, in any';

CREATE FUNCTION clearance.create_level(
    name text, audience text, based_on text DEFAULT NULL, description text DEFAULT NULL, account bigint DEFAULT NULL
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    of_account bigint := clearance_internal.owner_of_levels(account);
    base integer;
    new clearance.level;
BEGIN
    PERFORM clearance_internal.require_level_right(of_account);
    PERFORM clearance_internal.require_choice('audience', audience, '{vendor,partner,customer}');
    PERFORM clearance_internal.require_free_level_name(name, of_account);
    IF based_on IS NOT NULL THEN
        base := clearance_internal.require_level(based_on, audience, of_account);
    END IF;
    -- it goes with its account, so that must not go first
    PERFORM FROM clearance.account a WHERE a.id = of_account FOR KEY SHARE;
    IF of_account IS NOT NULL AND NOT FOUND THEN
        PERFORM clearance_internal.require_account(of_account);
    END IF;
    INSERT INTO clearance.level (name, audience, description, account_id)
    VALUES (create_level.name, create_level.audience, create_level.description, of_account)
    ON CONFLICT DO NOTHING
    RETURNING * INTO new;
    IF NOT FOUND THEN
        RAISE duplicate_object USING MESSAGE = format('level "%s" was made at the same time', name);
    END IF;
    INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation, reach, kinds)
    SELECT DISTINCT new.id, g.feature, g.action, g.visibility, g.relation, g.reach, g.kinds
    FROM clearance.given_grant g WHERE g.level_id = base;
    INSERT INTO clearance.level_denial (level_id, feature, action)
    SELECT new.id, d.feature, d.action FROM clearance.level_denial d WHERE d.level_id = base;
    INSERT INTO clearance.not_available (level_id, feature, action)
    SELECT new.id, n.feature, n.action FROM clearance.not_available n WHERE n.level_id = base;
    PERFORM clearance_internal.end_change(new);
    RETURN new.id;
END
$$;
COMMENT ON FUNCTION clearance.create_level IS
'makes a level for vendor, partner or customer members, of an account or, by operators, for all; based_on copies what another level of that audience holds now';

-- What views say was read before: their rows come again when the application writes them.
CREATE FUNCTION clearance_internal.require_not_mirrored(what text, columns name[], name text, account bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    said regclass;
BEGIN
    SELECT v.view INTO said
    FROM clearance.view_mirror v JOIN clearance_internal.mirror_kind_columns(v.kind) c ON c.name = ANY (columns)
    JOIN clearance.mirrored_row r ON r.mirror_id = v.id
    WHERE (v.account_id = account OR account IS NULL)
      AND CASE c.holds WHEN 'texts' THEN require_not_mirrored.name = ANY (r.said[c.no]::text[]) ELSE r.said[c.no] = require_not_mirrored.name END
    ORDER BY v.id LIMIT 1;
    IF FOUND THEN
        RAISE object_in_use USING
            MESSAGE = format('%s "%s" is in use', what, name),
            DETAIL = format('Rows of the mirrored view %s name it.', said),
            HINT = format('Have the tables that the view reads name another %s first.', what);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_not_mirrored IS
'internal: refuses to drop or rename what rows of a mirrored view name in these columns; account: whose views can mean it, NULL: any';

CREATE FUNCTION clearance.drop_level(name text, replacement text DEFAULT NULL, account bigint DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    l clearance.level := clearance_internal.begin_change(name, account, true);
    used_by text;
BEGIN
    IF l.built_in THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('level "%s" is built in and cannot be dropped', name);
    END IF;
    PERFORM clearance_internal.require_not_mirrored('level', '{level,access_level,open_level,open_levels}', l.name, l.account_id);
    IF replacement IS NOT NULL THEN
        PERFORM clearance_internal.replace_level(l, clearance_internal.require_level(replacement, l.audience, l.account_id));
    END IF;
    DELETE FROM clearance.level t WHERE t.id = l.id;
EXCEPTION WHEN foreign_key_violation THEN
    GET STACKED DIAGNOSTICS used_by = TABLE_NAME;
    RAISE object_in_use USING
        MESSAGE = format('level "%s" is in use', name),
        DETAIL = format('Rows of clearance.%s name it.', used_by),
        HINT = 'Name a replacement, which they name from then on, or give them another level first.';
END
$$;
COMMENT ON FUNCTION clearance.drop_level IS
'drops a level that is not built in; whatever names it names the replacement from then on, and without one nothing may name it';

CREATE FUNCTION clearance_internal.replace_level(l clearance.level, replacement integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    mirrored text;
BEGIN
    IF replacement = l.id THEN
        RAISE invalid_parameter_value USING MESSAGE = format('level "%s" cannot replace itself', l.name);
    END IF;
    PERFORM clearance_internal.require_may_give(ARRAY[replacement], l.account_id);
    SELECT m.relation::regclass::text INTO mirrored
    FROM clearance.project_member pm JOIN clearance.mirror m ON starts_with(pm.source, format('mirror:%s:', m.id))
    WHERE pm.level_id = l.id ORDER BY m.id LIMIT 1;
    IF FOUND THEN
        RAISE object_in_use USING
            MESSAGE = format('level "%s" is in use', l.name),
            DETAIL = format('Rows of mirrored table %s name it, which say who is on a project with it.', mirrored),
            HINT = 'Have them name another level first.';
    END IF;
    -- partners before what hangs on them, as everywhere
    UPDATE clearance.partner t SET level_id = replacement WHERE t.level_id = l.id;
    UPDATE clearance.account t SET default_external_level_id = replacement WHERE t.default_external_level_id = l.id;
    UPDATE clearance.role t SET level_id = replacement WHERE t.level_id = l.id;
    UPDATE clearance.project t SET open_level_id = replacement WHERE t.open_level_id = l.id;
    INSERT INTO clearance.project_open_level (project_id, level_id)
    SELECT o.project_id, replacement FROM clearance.project_open_level o WHERE o.level_id = l.id ON CONFLICT DO NOTHING;
    DELETE FROM clearance.project_open_level o USING clearance.project p
    WHERE p.id = o.project_id AND (o.level_id = l.id OR (o.level_id, p.open_level_id) = (replacement, replacement));
    UPDATE clearance.project_partner t SET level_id = replacement WHERE t.level_id = l.id;
    UPDATE clearance.project_member t SET level_id = replacement WHERE t.level_id = l.id;
END
$$;
COMMENT ON FUNCTION clearance_internal.replace_level IS 'internal: whatever names a level names another one; refused where a mirrored table says so';

-- ---------------------------------------------------------------------------
-- What they grant
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.require_held_by(audience text, feature text, action text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF clearance_internal.is_never_held(audience, action) THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('%s.%s is not available to customers', feature, action),
            DETAIL = 'Customers never assign anything to anybody.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_held_by IS 'internal: errors for an action that nobody of an audience ever holds';

CREATE FUNCTION clearance_internal.checked_grant(l clearance.level, g clearance.level_grant) RETURNS clearance.level_grant
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_choice('visibility', g.visibility, '{shared,any}');
    PERFORM clearance_internal.require_choice('relation', g.relation, '{any,assigned,followed,invited,own,assigned_task,company,reports}');
    IF g.reach IS NOT NULL THEN
        PERFORM clearance_internal.require_choice('reach', g.reach, '{account,member,owned}');
        IF l.audience <> 'vendor' THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format('level "%s" cannot have a reach', l.name),
                DETAIL = format('It is of audience %s; reach is for vendor levels.', l.audience);
        END IF;
    ELSIF l.audience = 'vendor' AND (g.feature, g.action) = ('project', 'view') THEN
        g.reach := 'member';  -- every other grant without a reach follows this one
    END IF;
    IF g.kinds = '{}' OR array_position(g.kinds, NULL) IS NOT NULL THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'kinds must name at least one kind, and no null',
            HINT = 'Leave kinds out to allow every kind.';
    END IF;
    PERFORM clearance_internal.require_held_by(l.audience, g.feature, g.action);
    IF EXISTS (SELECT FROM clearance.not_available n WHERE (n.level_id, n.feature, n.action) = (l.id, g.feature, g.action)) THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('%s.%s is not available to level "%s"', g.feature, g.action, l.name),
            DETAIL = 'What is not available to a level can never be switched on for it.';
    END IF;
    IF g.kinds IS NOT NULL THEN
        g.kinds := ARRAY(SELECT DISTINCT k FROM unnest(g.kinds) k ORDER BY k);
    END IF;
    g.level_id := l.id;
    g.built_in := false;
    RETURN g;
END
$$;
COMMENT ON FUNCTION clearance_internal.checked_grant IS
'internal: a grant of an action that exists, as a level can hold it: its kinds a set, its reach said; or an error';

CREATE FUNCTION clearance_internal.require_grantable(l clearance.level) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF l.name = 'account_admin' AND l.built_in THEN
        RAISE insufficient_privilege USING
            MESSAGE = 'level "account_admin" cannot be denied anything',
            HINT = 'Create a level based on it, and deny that one.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_grantable IS 'internal: refuses to take anything from account_admin, which holds everything';

CREATE FUNCTION clearance.allow(
    level text, feature text, action text, visibility text DEFAULT 'any', relation text DEFAULT 'any',
    reach text DEFAULT NULL, kinds text[] DEFAULT NULL, account bigint DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    l clearance.level := clearance_internal.begin_change(level, account, false);
    given clearance.level_grant;
BEGIN
    PERFORM clearance_internal.require_action(feature, action);
    given := clearance_internal.checked_grant(l, (l.id, feature, action, visibility, relation, reach, kinds, false));
    PERFORM clearance_internal.notice_kinds(feature, given.kinds);
    INSERT INTO clearance.level_grant
    SELECT given.*
    WHERE NOT EXISTS (
        SELECT FROM clearance.given_grant g
        WHERE (g.level_id, g.feature, g.action, g.visibility, g.relation)
            = (l.id, given.feature, given.action, given.visibility, given.relation)
          AND (l.name = 'account_admin' AND l.built_in
               OR g.reach IS NOT DISTINCT FROM given.reach AND g.kinds IS NOT DISTINCT FROM given.kinds))
    ON CONFLICT DO NOTHING;
    PERFORM clearance_internal.end_change(l);
END
$$;
COMMENT ON FUNCTION clearance.allow IS
'adds a grant to a level; reach is for vendor levels (NULL: as far as project.view, whose own default is member), kinds limits it to values of the table''s kind column';

CREATE FUNCTION clearance.deny(level text, feature text, action text, account bigint DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    l clearance.level := clearance_internal.begin_change(level, account, false);
BEGIN
    PERFORM clearance_internal.require_action(feature, action);
    PERFORM clearance_internal.require_grantable(l);
    DELETE FROM clearance.level_grant g
    WHERE (g.level_id, g.feature, g.action) = (l.id, deny.feature, deny.action) AND NOT g.built_in;
    INSERT INTO clearance.level_denial (level_id, feature, action) VALUES (l.id, deny.feature, deny.action)
    ON CONFLICT DO NOTHING;
    PERFORM clearance_internal.end_change(l);
END
$$;
COMMENT ON FUNCTION clearance.deny IS 'takes every grant of an action from a level, and it follows from no other; allow() can give it back';

-- ---------------------------------------------------------------------------
-- Documents: all that a level is given and denied, in one value
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.raise_document(what text, hint text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE invalid_parameter_value USING
        MESSAGE = what,
        HINT = coalesce(hint, 'A document is {"audience": "partner", "grants": [{"action": "task.edit", "visibility": "shared", "relation": "own"}, …], "denials": ["task.delete", …]}.');
END
$$;
COMMENT ON FUNCTION clearance_internal.raise_document IS 'internal: the error about a document that is none';

CREATE FUNCTION clearance_internal.require_document(l clearance.level, document jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    bad record;
BEGIN
    IF document IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'document is null';
    ELSIF jsonb_typeof(document) <> 'object' THEN
        PERFORM clearance_internal.raise_document(format('the document is of type %s, not object', jsonb_typeof(document)));
    END IF;
    SELECT e.key, e.value INTO bad FROM jsonb_each(document) e
    WHERE NOT (e.key = 'audience' AND jsonb_typeof(e.value) = 'string' OR e.key IN ('grants', 'denials') AND jsonb_typeof(e.value) = 'array')
    ORDER BY e.key LIMIT 1;
    IF FOUND THEN
        PERFORM clearance_internal.raise_document(format('the document has "%s": %s', bad.key, left(bad.value::text, 100)));
    ELSIF NOT document ? 'grants' THEN
        PERFORM clearance_internal.raise_document('the document has no grants',
            'A level that is to grant nothing has an empty list: {"grants": []}.');
    ELSIF document ->> 'audience' <> l.audience THEN
        PERFORM clearance_internal.raise_document(format('level "%s" is of audience %s, not %s', l.name, l.audience, document ->> 'audience'),
            'The document is of a level for others.');
    END IF;
    SELECT g.n, g.value INTO bad
    FROM jsonb_array_elements(document -> 'grants') WITH ORDINALITY AS g (value, n)
    WHERE jsonb_typeof(g.value) <> 'object'
    UNION ALL
    SELECT g.n, jsonb_build_object(e.key, e.value)
    FROM jsonb_array_elements(document -> 'grants') WITH ORDINALITY AS g (value, n)
    CROSS JOIN LATERAL jsonb_each(CASE jsonb_typeof(g.value) WHEN 'object' THEN g.value ELSE '{}' END) e
    WHERE NOT (e.key IN ('action', 'visibility', 'relation', 'reach') AND jsonb_typeof(e.value) = 'string'
               OR e.key = 'kinds' AND jsonb_typeof(e.value) = 'array'
                  AND NOT e.value @? 'strict $[*] ? (@.type() != "string")')
    ORDER BY 1, 2 LIMIT 1;
    IF FOUND THEN
        PERFORM clearance_internal.raise_document(format('entry %s of grants has %s', bad.n, left(bad.value::text, 100)));
    END IF;
    SELECT d.n, d.value INTO bad
    FROM jsonb_array_elements(document -> 'denials') WITH ORDINALITY AS d (value, n)
    WHERE jsonb_typeof(d.value) <> 'string' ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        PERFORM clearance_internal.raise_document(format('entry %s of denials is %s', bad.n, left(bad.value::text, 100)));
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_document IS
'internal: refuses what has not the form of a document about a level of this audience';

-- An entry that is wrong has the error that it would have elsewhere.
CREATE FUNCTION clearance_internal.raise_entry(entry text, said text, state text, message text, detail text, hint text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE USING ERRCODE = state,
        MESSAGE = format('%s: %s', entry, message),
        DETAIL = concat_ws(' ', nullif(detail, ''), 'The entry is ' || left(said, 200) || '.'),
        HINT = coalesce(nullif(hint, ''), 'The document changes nothing while it has such an entry.');
END
$$;
COMMENT ON FUNCTION clearance_internal.raise_entry IS 'internal: the error about one entry of a document';

CREATE FUNCTION clearance_internal.document_grants(l clearance.level, document jsonb) RETURNS clearance.level_grant[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    entry record;
    grants clearance.level_grant[] := '{}';
    detail text;
    hint text;
BEGIN
    FOR entry IN
        SELECT g.n, g.value, a.feature, a.name AS action
        FROM jsonb_array_elements(document -> 'grants') WITH ORDINALITY AS g (value, n)
        LEFT JOIN clearance.action a ON a.feature || '.' || a.name = g.value ->> 'action'
        ORDER BY g.n
    LOOP
        IF entry.action IS NULL THEN
            PERFORM clearance_internal.parse_action(entry.value ->> 'action');
        END IF;
        grants[entry.n] := clearance_internal.checked_grant(l, (l.id, entry.feature, entry.action,
            coalesce(entry.value ->> 'visibility', 'any'), coalesce(entry.value ->> 'relation', 'any'), entry.value ->> 'reach',
            CASE WHEN entry.value ? 'kinds' THEN ARRAY(SELECT jsonb_array_elements_text(entry.value -> 'kinds')) END, false));
    END LOOP;
    RETURN grants;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    PERFORM clearance_internal.raise_entry('entry ' || entry.n || ' of grants', entry.value::text, SQLSTATE, SQLERRM, detail, hint);
END
$$;
COMMENT ON FUNCTION clearance_internal.document_grants IS 'internal: the grants of a document, or an error that names the entry';

CREATE FUNCTION clearance_internal.document_denials(l clearance.level, document jsonb, grants clearance.level_grant[])
RETURNS clearance.level_denial[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    entry record;
    denials clearance.level_denial[] := '{}';
    detail text;
    hint text;
BEGIN
    FOR entry IN
        SELECT d.n, d.name, a.feature, a.name AS action,
               EXISTS (SELECT FROM unnest(grants) g WHERE (g.feature, g.action) = (a.feature, a.name)) AS granted
        FROM jsonb_array_elements_text(document -> 'denials') WITH ORDINALITY AS d (name, n)
        LEFT JOIN clearance.action a ON a.feature || '.' || a.name = d.name
        ORDER BY d.n
    LOOP
        IF entry.granted THEN
            PERFORM clearance_internal.raise_document(format('%s is granted as well', entry.name), 'An action is granted or denied.');
        ELSIF entry.action IS NULL THEN
            PERFORM clearance_internal.parse_action(entry.name);
        END IF;
        denials[entry.n] := (l.id, entry.feature, entry.action, false);
    END LOOP;
    RETURN denials;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    PERFORM clearance_internal.raise_entry('entry ' || entry.n || ' of denials', to_jsonb(entry.name)::text, SQLSTATE, SQLERRM, detail, hint);
END
$$;
COMMENT ON FUNCTION clearance_internal.document_denials IS 'internal: the denials of a document, or an error about one that names no action or that is granted';

-- What is built in cannot be deleted, for a dump would not carry that. Grants are
-- void where they are denied; a denial can only be met by a grant.
CREATE FUNCTION clearance_internal.write_level(l clearance.level, grants clearance.level_grant[], denials clearance.level_denial[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    kept text := (SELECT d.feature || '.' || d.action FROM clearance.level_denial d
                  WHERE d.level_id = l.id AND d.built_in
                    AND NOT EXISTS (SELECT FROM unnest(denials) n WHERE (n.feature, n.action) = (d.feature, d.action))
                    AND NOT EXISTS (SELECT FROM unnest(grants) g WHERE (g.feature, g.action) = (d.feature, d.action))
                  ORDER BY 1 LIMIT 1);
BEGIN
    IF kept IS NOT NULL THEN
        PERFORM clearance_internal.raise_document(format('denial of %s to level "%s" is built in and cannot be left out', kept, l.name),
            'Name it among the denials, or grant the action.');
    END IF;
    denials := denials || ARRAY(
        SELECT DISTINCT (l.id, b.feature, b.action, false)::clearance.level_denial
        FROM (SELECT b.feature, b.action, b.visibility, b.relation, b.reach, b.kinds
              FROM clearance.level_grant b WHERE b.level_id = l.id AND b.built_in
              EXCEPT SELECT g.feature, g.action, g.visibility, g.relation, g.reach, g.kinds FROM unnest(grants) g) b);
    DELETE FROM clearance.level_denial d
    WHERE d.level_id = l.id AND NOT d.built_in
      AND NOT EXISTS (SELECT FROM unnest(denials) n WHERE (n.feature, n.action) = (d.feature, d.action));
    INSERT INTO clearance.level_denial SELECT * FROM unnest(denials) ON CONFLICT DO NOTHING;

    DELETE FROM clearance.level_grant t
    USING (SELECT g.* FROM clearance.level_grant g WHERE g.level_id = l.id AND NOT g.built_in
           EXCEPT SELECT * FROM unnest(grants)) g
    WHERE (t.level_id, t.feature, t.action, t.visibility, t.relation, t.built_in)
        = (g.level_id, g.feature, g.action, g.visibility, g.relation, g.built_in)
      AND t.reach IS NOT DISTINCT FROM g.reach AND t.kinds IS NOT DISTINCT FROM g.kinds;
    INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation, reach, kinds)
    SELECT g.level_id, g.feature, g.action, g.visibility, g.relation, g.reach, g.kinds FROM unnest(grants) g
    EXCEPT
    SELECT * FROM clearance_internal.given_grants() g WHERE g.level_id = l.id;
END
$$;
COMMENT ON FUNCTION clearance_internal.write_level IS 'internal: gives and denies a level just this; rows that say so already stay as they are';

CREATE FUNCTION clearance.set_level(name text, document jsonb, account bigint DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    l clearance.level := clearance_internal.begin_change(name, account, true);
    grants clearance.level_grant[];
BEGIN
    PERFORM clearance_internal.require_grantable(l), clearance_internal.require_document(l, document);
    grants := clearance_internal.document_grants(l, document);
    PERFORM clearance_internal.write_level(l, grants, clearance_internal.document_denials(l, document, grants));
    PERFORM clearance_internal.notice_kinds(g.feature, g.kinds)
    FROM (SELECT DISTINCT t.feature, t.kinds FROM unnest(grants) t WHERE t.kinds IS NOT NULL) g;
    PERFORM clearance_internal.end_change(l);
END
$$;
COMMENT ON FUNCTION clearance.set_level IS
'gives a level all that a document says and takes from it whatever else it was given or denied; see level_document()';

CREATE FUNCTION clearance.level_document(name text, account bigint DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    of_account bigint := clearance_internal.owner_of_levels(account);
    l clearance.level;
BEGIN
    PERFORM clearance_internal.require_level_right(of_account);
    SELECT t.* INTO l FROM clearance.level t WHERE t.id = clearance_internal.require_level(level_document.name, NULL, of_account);
    RETURN jsonb_build_object(
        'audience', l.audience,
        'grants', ARRAY(SELECT jsonb_strip_nulls(to_jsonb(g))
                        FROM (SELECT DISTINCT t.feature || '.' || t.action AS action, t.visibility, t.relation, t.reach, t.kinds
                              FROM clearance.given_grant t WHERE t.level_id = l.id) g
                        ORDER BY g.action, g.visibility, g.relation, g.reach, g.kinds),
        'denials', ARRAY(SELECT d.feature || '.' || d.action
                         FROM clearance.level_denial d
                         WHERE d.level_id = l.id
                           AND NOT EXISTS (SELECT FROM clearance.given_grant t
                                           WHERE (t.level_id, t.feature, t.action) = (d.level_id, d.feature, d.action))
                         ORDER BY 1));
END
$$;
COMMENT ON FUNCTION clearance.level_document IS
'all that a level is given and denied, in the form that set_level() takes; what can never be switched on for its holders is no part of it';

CREATE FUNCTION clearance.compare_levels(a text, b text, account bigint DEFAULT NULL)
RETURNS TABLE (level text, feature text, action text, visibility text, relation text, reach text, kinds text[], verdict text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    of_account bigint := clearance_internal.owner_of_levels(account);
    ids integer[];
BEGIN
    PERFORM clearance_internal.require_level_right(of_account);
    ids := ARRAY[clearance_internal.require_level(a, NULL, of_account), clearance_internal.require_level(b, NULL, of_account)];
    RETURN QUERY
    WITH line AS MATERIALIZED (
        SELECT m.level, m.feature, m.action, m.visibility, m.relation, m.reach, m.kinds, m.verdict,
               count(*) OVER (PARTITION BY m.feature, m.action, m.visibility, m.relation, m.reach, m.kinds, m.verdict) AS of_levels
        FROM clearance_internal.matrix_of(ids) m
    )
    SELECT l.level, l.feature, l.action, l.visibility, l.relation, l.reach, l.kinds, l.verdict
    FROM line l WHERE l.of_levels = 1 AND a <> b
    ORDER BY l.feature, l.action, l.level <> a, l.visibility, l.relation, l.reach, l.kinds;
END
$$;
COMMENT ON FUNCTION clearance.compare_levels IS
'lines of clearance.matrix that only one of two levels has: what its holders may do and those of the other may not, or not in this way';

-- ---------------------------------------------------------------------------
-- Which there are
-- ---------------------------------------------------------------------------
CREATE VIEW clearance.levels WITH (security_barrier) AS
    SELECT l.id, l.account_id, l.name, l.audience, l.built_in, l.description
    FROM clearance.level l
    WHERE l.account_id IN (SELECT clearance.accounts_with('settings.manage_roles'))
       OR (l.account_id IS NULL
           AND (clearance.is_operator() OR EXISTS (SELECT FROM clearance.accounts_with('settings.manage_roles'))))
    OFFSET 0;
COMMENT ON VIEW clearance.levels IS
'levels: to operators all, to members who manage roles those of the account and those that are there for all';
COMMENT ON COLUMN clearance.levels.id IS 'id of the level';
COMMENT ON COLUMN clearance.levels.account_id IS 'the account whose own it is; NULL: it is there for all accounts';
COMMENT ON COLUMN clearance.levels.name IS 'name that functions call it by';
COMMENT ON COLUMN clearance.levels.audience IS 'whom it is for: vendor, partner or customer';
COMMENT ON COLUMN clearance.levels.built_in IS 'it ships with the extension';
COMMENT ON COLUMN clearance.levels.description IS 'whom it is meant for, to be shown to people; NULL: nothing is said';
