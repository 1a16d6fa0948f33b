-- ---------------------------------------------------------------------------
-- The built-in levels, derived from the staged data (src/data/*.csv).
-- A staged cell says what one level may do with one action; visibility none
-- is a cell that says no.
-- ---------------------------------------------------------------------------
INSERT INTO clearance.level (id, name, audience, built_in, description) VALUES
    (1, 'account_admin', 'vendor', true, 'holds every action in the whole account'),
    (2, 'super_user', 'vendor', true, 'runs all projects of the account'),
    (3, 'collaborator', 'vendor', true, 'works on its own projects'),
    (4, 'permissive', 'partner', true, 'shared and private rows of its projects'),
    (5, 'moderate', 'partner', true, 'shared rows of its projects'),
    (6, 'restricted', 'partner', true, 'what is assigned to it'),
    (7, 'client', 'customer', true, 'what the client portal shows');

INSERT INTO clearance.role (id, name, level_id, built_in)
SELECT id, name, id, true FROM clearance.level WHERE audience = 'vendor' ORDER BY id;

-- One name for one thing: from here on both matrices speak canonical names.
CREATE TABLE clearance.staged_cell AS
SELECT p.level, 'partner' AS audience,
       coalesce(n.canonical_feature, p.feature) AS feature,
       coalesce(n.canonical_action, p.action) AS action,
       p.visibility, p.relation, NULL::text AS reach
FROM clearance.staged_partner_matrix p
LEFT JOIN clearance.staged_aliases n ON (n.source, n.feature, n.action) = ('partner', p.feature, p.action)
UNION ALL
SELECT a.role, 'vendor',
       coalesce(n.canonical_feature, a.feature),
       coalesce(n.canonical_action, a.action),
       CASE a.verdict WHEN 'can' THEN 'any' ELSE 'none' END, 'any',
       CASE WHEN a.scope IN ('global', 'all') THEN 'account'
            WHEN a.scope LIKE E'own\\_projects\\_%' THEN 'owned'
            -- other cells reach as far as project.view, which needs a reach of its own
            WHEN (a.feature, a.action) = ('project', 'view') THEN 'member' END
FROM clearance.staged_account_matrix a
LEFT JOIN clearance.staged_aliases n ON (n.source, n.feature, n.action) = ('account', a.feature, a.action)
UNION ALL
SELECT s.level, l.audience, s.feature, s.action, s.visibility, s.relation, s.reach
FROM clearance.staged_supplement s JOIN clearance.level l ON l.name = s.level;

-- account_admin holds whatever exists: the engine knows, nothing is stored.
-- Its cells have served to name actions that nobody else holds.
CREATE TABLE clearance.staged_name AS
SELECT DISTINCT feature, action FROM clearance.staged_cell;
DELETE FROM clearance.staged_cell WHERE level = 'account_admin';

-- Vendor: never less than the most trusted outsider. Where columns have cells,
-- edit follows from those.
INSERT INTO clearance.staged_cell
SELECT v.name, v.audience, c.feature, c.action, c.visibility, c.relation
FROM clearance.staged_cell c, clearance.level v
WHERE c.level = 'permissive' AND v.name IN ('super_user', 'collaborator')
  AND NOT EXISTS (SELECT FROM clearance.staged_cell e
                  WHERE (e.level, e.feature) = (v.name, c.feature)
                    AND (e.action = c.action OR c.action = 'edit' AND e.action LIKE E'edit\\_%'));

-- Actions whose name alone says that they change nothing.
CREATE FUNCTION clearance_internal.name_reads(action text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN action ~ '^(view|access|export)(_|$)';
COMMENT ON FUNCTION clearance_internal.name_reads IS 'whether an action''s name says that it only reads';

-- Any feature may be a table's: each has the actions that SQL commands, owner
-- columns and link tables ask for.
INSERT INTO clearance.feature (name, built_in, description)
SELECT n.feature, true, f.description
FROM (SELECT DISTINCT feature FROM clearance.staged_name) n
LEFT JOIN clearance.staged_features f ON f.name = n.feature
ORDER BY n.feature;

INSERT INTO clearance.action (feature, name, reads, built_in)
SELECT feature, action, clearance_internal.name_reads(action), true
FROM (SELECT feature, action FROM clearance.staged_name
      UNION
      SELECT f.name, a.name
      FROM clearance.feature f, unnest('{view,create,edit,delete,assign,invite,change_owner}'::text[]) a (name)) n
ORDER BY feature, action;

-- A column that every vendor member may edit goes with a partner's edit, so that
-- guarding it takes nothing from that.
UPDATE clearance.action a SET comes_with_edit = true
WHERE a.name LIKE E'edit\\_%'
  AND (SELECT count(*) = 2 FROM clearance.staged_cell c
       WHERE (c.audience, c.feature, c.action) = ('vendor', a.feature, a.name) AND c.visibility <> 'none')
  AND NOT EXISTS (SELECT FROM clearance.staged_cell c
                  WHERE (c.audience, c.feature, c.action) = ('partner', a.feature, a.name));

INSERT INTO clearance.action_alias (source, feature, action, canonical_feature, canonical_action)
SELECT source, feature, action, canonical_feature, canonical_action
FROM clearance.staged_aliases ORDER BY source, feature, action;

INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation, reach, built_in)
SELECT DISTINCT l.id, c.feature, c.action, c.visibility, c.relation, c.reach, true
FROM clearance.staged_cell c JOIN clearance.level l ON l.name = c.level
WHERE c.visibility <> 'none'
ORDER BY l.id, c.feature, c.action;

-- cells that say no where something might follow
INSERT INTO clearance.level_denial (level_id, feature, action, built_in)
SELECT DISTINCT l.id, c.feature, c.action, true
FROM clearance.staged_cell c JOIN clearance.level l ON l.name = c.level
WHERE c.visibility = 'none' AND (c.action IN ('edit', 'assign') OR c.action LIKE E'edit\\_%')
ORDER BY 1, 2, 3;

INSERT INTO clearance.not_available (level_id, feature, action, built_in)
SELECT l.id, coalesce(n.canonical_feature, a.feature), coalesce(n.canonical_action, a.action), true
FROM clearance.staged_account_matrix a
JOIN clearance.level l ON l.name = a.role
LEFT JOIN clearance.staged_aliases n ON (n.source, n.feature, n.action) = ('account', a.feature, a.action)
WHERE a.verdict = 'not_available'
ORDER BY 1, 2, 3;

INSERT INTO clearance.gate (feature, action, gate_feature, gate_action, audiences, built_in)
SELECT DISTINCT coalesce(n.canonical_feature, p.feature), coalesce(n.canonical_action, p.action),
       coalesce(m.canonical_feature, g.feature), coalesce(m.canonical_action, g.action),
       '{partner}'::text[], true
FROM clearance.staged_partner_matrix p
CROSS JOIN LATERAL (SELECT split_part(name, '.', 1) AS feature, split_part(name, '.', 2) AS action
                    FROM regexp_split_to_table(p.gate, ' ') name) g
LEFT JOIN clearance.staged_aliases n ON (n.source, n.feature, n.action) = ('partner', p.feature, p.action)
LEFT JOIN clearance.staged_aliases m ON (m.source, m.feature, m.action) = ('partner', g.feature, g.action)
ORDER BY 1, 2, 3, 4;

DROP TABLE clearance.staged_cell, clearance.staged_name, clearance.staged_partner_matrix,
    clearance.staged_account_matrix, clearance.staged_aliases, clearance.staged_supplement,
    clearance.staged_features;

-- ---------------------------------------------------------------------------
-- What the levels hold
-- ---------------------------------------------------------------------------
-- Functions, because pg_dump forbids views to whatever a policy calls.
CREATE FUNCTION clearance_internal.given_grants()
RETURNS TABLE (level_id integer, feature text, action text, visibility text, relation text, reach text, kinds text[])
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT g.level_id, g.feature, g.action, g.visibility, g.relation, g.reach, g.kinds
    FROM clearance.level_grant g
    WHERE NOT (g.built_in
               AND EXISTS (SELECT FROM clearance.level_denial d
                           WHERE d.level_id = g.level_id AND d.feature = g.feature AND d.action = g.action));
END;
COMMENT ON FUNCTION clearance_internal.given_grants IS 'grants given to levels: the built-in ones that are not denied, and those added';

-- The rights that follow from others, unless something is said of them: a grant,
-- a denial, or that they are not available. relation: what the right is limited
-- to; any_only: it follows from unlimited rights; weak: it does not where
-- something is said of what it follows from otherwise.
CREATE FUNCTION clearance_internal.consequences()
RETURNS TABLE (audience text, feature text, source text, action text, relation text, any_only boolean, weak boolean)
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'clearance_consequences';
COMMENT ON FUNCTION clearance_internal.consequences IS 'rights that follow from others, where nothing is said about them';

CREATE FUNCTION clearance_internal.is_never_held(audience text, action text) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT
AS 'MODULE_PATHNAME', 'clearance_is_never_held';
COMMENT ON FUNCTION clearance_internal.is_never_held IS 'internal: whether nobody of an audience ever holds an action, whatever levels and switches say';

CREATE FUNCTION clearance_internal.level_says()
RETURNS TABLE (level_id integer, feature text, action text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT g.level_id, g.feature, g.action FROM clearance.level_grant g
    UNION ALL
    SELECT d.level_id, d.feature, d.action FROM clearance.level_denial d
    UNION ALL
    SELECT n.level_id, n.feature, n.action FROM clearance.not_available n;
END;
COMMENT ON FUNCTION clearance_internal.level_says IS 'actions that a level is given or denied, or that are not available to it';

CREATE FUNCTION clearance_internal.effective_grants(levels integer[])
RETURNS TABLE (level_id integer, feature text, action text, visibility text, relation text, reach text, kinds text[])
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_effective_grants';
COMMENT ON FUNCTION clearance_internal.effective_grants IS
'grants in force, as the engine knows them: those given to levels, and those that follow from them; NULL: of all levels';

CREATE VIEW clearance.effective_grant AS SELECT * FROM clearance_internal.effective_grants(NULL);
COMMENT ON VIEW clearance.effective_grant IS
'grants in force: those given to levels, and those that follow from them. account_admin, which holds everything, is not listed';
COMMENT ON COLUMN clearance.effective_grant.level_id IS 'the level that grants';
COMMENT ON COLUMN clearance.effective_grant.feature IS 'feature acted on';
COMMENT ON COLUMN clearance.effective_grant.action IS 'action granted';
COMMENT ON COLUMN clearance.effective_grant.visibility IS 'shared: shared rows only; any: private rows too';
COMMENT ON COLUMN clearance.effective_grant.relation IS 'what must hold between member and row';
COMMENT ON COLUMN clearance.effective_grant.reach IS 'vendor only: account, member (projects of the member) or owned; NULL: as far as the level''s project.view';
COMMENT ON COLUMN clearance.effective_grant.kinds IS 'values of the table''s kind column for which it holds; NULL: all';

CREATE VIEW clearance.admin_grant AS
SELECT l.id AS level_id, a.feature, a.name AS action, 'any' AS visibility, 'any' AS relation, 'account' AS reach, NULL::text[] AS kinds
FROM clearance.level l CROSS JOIN clearance.action a
WHERE l.name = 'account_admin' AND l.built_in;
COMMENT ON VIEW clearance.admin_grant IS 'everything that account_admin holds, spelt out';
COMMENT ON COLUMN clearance.admin_grant.level_id IS 'id of account_admin';
COMMENT ON COLUMN clearance.admin_grant.feature IS 'feature acted on';
COMMENT ON COLUMN clearance.admin_grant.action IS 'action granted';
COMMENT ON COLUMN clearance.admin_grant.visibility IS 'any: private rows too';
COMMENT ON COLUMN clearance.admin_grant.relation IS 'any: nothing need hold between member and row';
COMMENT ON COLUMN clearance.admin_grant.reach IS 'account: every row of it';
COMMENT ON COLUMN clearance.admin_grant.kinds IS 'NULL: rows of all kinds';

CREATE VIEW clearance.given_grant AS
TABLE clearance.admin_grant UNION ALL SELECT * FROM clearance_internal.given_grants();
COMMENT ON VIEW clearance.given_grant IS 'what levels were given, without what follows from it; with everything that account_admin holds';
COMMENT ON COLUMN clearance.given_grant.level_id IS 'the level that grants';
COMMENT ON COLUMN clearance.given_grant.feature IS 'feature acted on';
COMMENT ON COLUMN clearance.given_grant.action IS 'action granted';
COMMENT ON COLUMN clearance.given_grant.visibility IS 'shared: shared rows only; any: private rows too';
COMMENT ON COLUMN clearance.given_grant.relation IS 'what must hold between member and row';
COMMENT ON COLUMN clearance.given_grant.reach IS 'vendor only: account, member (projects of the member) or owned; NULL: as far as the level''s project.view';
COMMENT ON COLUMN clearance.given_grant.kinds IS 'values of the table''s kind column for which it holds; NULL: all';

CREATE FUNCTION clearance_internal.held_grants(levels integer[])
RETURNS TABLE (level_id integer, feature text, action text, visibility text, relation text, reach text, kinds text[])
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
    SELECT * FROM clearance.admin_grant g WHERE levels IS NULL OR g.level_id = ANY (levels)
    UNION ALL
    SELECT * FROM clearance_internal.effective_grants(levels)
$$;
COMMENT ON FUNCTION clearance_internal.held_grants IS 'effective_grants() with everything that account_admin holds spelt out';

CREATE VIEW clearance.held_grant AS SELECT * FROM clearance_internal.held_grants(NULL);
COMMENT ON VIEW clearance.held_grant IS 'effective_grant with everything that account_admin holds spelt out';
COMMENT ON COLUMN clearance.held_grant.level_id IS 'the level that grants';
COMMENT ON COLUMN clearance.held_grant.feature IS 'feature acted on';
COMMENT ON COLUMN clearance.held_grant.action IS 'action granted';
COMMENT ON COLUMN clearance.held_grant.visibility IS 'shared: shared rows only; any: private rows too';
COMMENT ON COLUMN clearance.held_grant.relation IS 'what must hold between member and row';
COMMENT ON COLUMN clearance.held_grant.reach IS 'vendor only: account, member (projects of the member) or owned; NULL: as far as the level''s project.view';
COMMENT ON COLUMN clearance.held_grant.kinds IS 'values of the table''s kind column for which it holds; NULL: all';

CREATE FUNCTION clearance_internal.matrix_of(levels integer[])
RETURNS TABLE (level text, audience text, feature text, action text, visibility text, relation text, reach text, kinds text[],
               verdict text, gates text[], level_id integer, account_id bigint)
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
    SELECT l.name, l.audience, a.feature, a.name, g.visibility, g.relation, g.reach, g.kinds,
           CASE WHEN n.level_id IS NOT NULL THEN 'not_available'
                WHEN g.level_id IS NOT NULL THEN 'can'
                ELSE 'cannot' END,
           ARRAY(SELECT t.gate_feature || '.' || t.gate_action
                 FROM clearance.gate t
                 WHERE (t.feature, t.action) = (a.feature, a.name) AND l.audience = ANY (t.audiences)
                 ORDER BY 1),
           l.id, l.account_id
    FROM clearance.level l
    CROSS JOIN clearance.action a
    LEFT JOIN clearance_internal.held_grants(levels) g ON (g.level_id, g.feature, g.action) = (l.id, a.feature, a.name)
    LEFT JOIN clearance.not_available n ON (n.level_id, n.feature, n.action) = (l.id, a.feature, a.name)
    WHERE levels IS NULL OR l.id = ANY (levels)
$$;
COMMENT ON FUNCTION clearance_internal.matrix_of IS 'lines of clearance.matrix about these levels; NULL: about all';

CREATE VIEW clearance.matrix AS SELECT * FROM clearance_internal.matrix_of(NULL);
COMMENT ON VIEW clearance.matrix IS
'every level and action: what is granted (a line for each grant), whether it can, cannot or is not available, and the gates that must be met too';
COMMENT ON COLUMN clearance.matrix.level IS 'name of the level; levels of several accounts may have one name';
COMMENT ON COLUMN clearance.matrix.audience IS 'whom the level is for: vendor, partner or customer';
COMMENT ON COLUMN clearance.matrix.feature IS 'feature acted on';
COMMENT ON COLUMN clearance.matrix.action IS 'action of the feature';
COMMENT ON COLUMN clearance.matrix.visibility IS 'shared: shared rows only; any: private rows too; NULL: nothing is granted';
COMMENT ON COLUMN clearance.matrix.relation IS 'what must hold between member and row; NULL: nothing is granted';
COMMENT ON COLUMN clearance.matrix.reach IS 'vendor only: account, member or owned; NULL: as far as the level''s project.view, or nothing is granted';
COMMENT ON COLUMN clearance.matrix.kinds IS 'values of the table''s kind column for which it holds; NULL: all, or nothing is granted';
COMMENT ON COLUMN clearance.matrix.verdict IS 'can, cannot or not_available: nor can it be switched on for single members';
COMMENT ON COLUMN clearance.matrix.gates IS 'actions that must be permitted too, as feature.action; empty: none';
COMMENT ON COLUMN clearance.matrix.level_id IS 'id of the level';
COMMENT ON COLUMN clearance.matrix.account_id IS 'the account whose own the level is; NULL: it is there for all accounts';

-- ---------------------------------------------------------------------------
-- Checks of names, shared with other modules
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.require_identifier(what text, name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF name IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = format('%s is null', what);
    ELSIF name !~ '^[a-z][a-z0-9_]*$' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('%s "%s" is not an identifier', what, name),
            HINT = 'Use lower-case letters, digits and underscores, a letter first.';
    END IF;
END $$;
COMMENT ON FUNCTION clearance_internal.require_identifier IS 'raises unless the name is an identifier';

CREATE FUNCTION clearance_internal.require_choice(what text, value text, choices text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF value IS NULL THEN
        RAISE null_value_not_allowed USING
            MESSAGE = format('%s is null', what),
            HINT = format('It is one of: %s.', array_to_string(choices, ', '));
    ELSIF value <> ALL (choices) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('unknown %s "%s"', what, value),
            HINT = format('Use one of: %s.', array_to_string(choices, ', '));
    END IF;
END $$;
COMMENT ON FUNCTION clearance_internal.require_choice IS 'raises unless the value is one of the choices';

-- The levels that a name can mean in an account: those for all accounts, and its own.
CREATE FUNCTION clearance_internal.levels_in(account bigint) RETURNS SETOF clearance.level
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT * FROM clearance.level l WHERE l.account_id IS NULL OR l.account_id = account $$;
COMMENT ON FUNCTION clearance_internal.levels_in IS 'the levels of an account: those for all accounts and its own; NULL: the former alone';

CREATE FUNCTION clearance_internal.raise_unknown_level(name text, audience text, account bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE undefined_object USING
        MESSAGE = format('level "%s" does not exist', name),
        HINT = (SELECT format('Levels are: %s. clearance.create_level() adds one.', string_agg(l.name, ', ' ORDER BY l.id))
                FROM clearance_internal.levels_in(account) l
                WHERE raise_unknown_level.audience IS NULL OR l.audience = raise_unknown_level.audience);
END $$;
COMMENT ON FUNCTION clearance_internal.raise_unknown_level IS 'the error about a name that no level has in an account';

-- Two levels of one name, which only writes past the functions can bring about, are none.
CREATE FUNCTION clearance_internal.require_level(name text, audience text DEFAULT NULL, account bigint DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named clearance.level[];
BEGIN
    IF name IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'level is null';
    END IF;
    named := ARRAY(SELECT l FROM clearance_internal.levels_in(account) l WHERE l.name = require_level.name);
    IF named = '{}' THEN
        PERFORM clearance_internal.raise_unknown_level(name, audience, account);
    ELSIF cardinality(named) > 1 THEN
        RAISE ambiguous_alias USING
            MESSAGE = format('level "%s" could be one for all accounts, or the account''s own', name),
            HINT = 'A superuser gives one of them another name, in table clearance.level.';
    ELSIF named[1].audience <> audience THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('level "%s" is of audience %s, not %s', name, named[1].audience, audience),
            HINT = (SELECT format('Levels of audience %s are: %s.', require_level.audience, string_agg(l.name, ', ' ORDER BY l.id))
                    FROM clearance_internal.levels_in(account) l WHERE l.audience = require_level.audience);
    END IF;
    RETURN named[1].id;
END $$;
COMMENT ON FUNCTION clearance_internal.require_level IS
'id of the level that a name means in an account, or, without one, among those for all; raises if there is none, or if it is of another audience';

CREATE FUNCTION clearance_internal.require_feature(name text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF name IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'feature is null';
    ELSIF NOT EXISTS (SELECT FROM clearance.feature f WHERE f.name = require_feature.name) THEN
        RAISE undefined_object USING
            MESSAGE = format('feature "%s" does not exist', name),
            HINT = coalesce(
                (SELECT format('It is named %s here.', string_agg(DISTINCT n.canonical_feature, ' or '))
                 FROM clearance.action_alias n WHERE n.feature = require_feature.name
                 HAVING count(*) > 0),
                'Table clearance.feature lists the features; clearance.create_feature() adds one.');
    END IF;
END $$;
COMMENT ON FUNCTION clearance_internal.require_feature IS 'raises unless the feature exists';

CREATE FUNCTION clearance_internal.require_action(feature text, action text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM clearance_internal.require_feature(feature);
    IF action IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'action is null';
    ELSIF NOT EXISTS (SELECT FROM clearance.action a
                      WHERE (a.feature, a.name) = (require_action.feature, require_action.action)) THEN
        RAISE undefined_object USING
            MESSAGE = format('feature "%s" has no action "%s"', feature, action),
            HINT = coalesce(
                (SELECT format('It is named %s.%s here.', n.canonical_feature, n.canonical_action)
                 FROM clearance.action_alias n
                 WHERE (n.feature, n.action) = (require_action.feature, require_action.action)
                 LIMIT 1),
                (SELECT format('Its actions are: %s. clearance.create_action() adds one.', string_agg(a.name, ', ' ORDER BY a.name))
                 FROM clearance.action a WHERE a.feature = require_action.feature
                 HAVING count(*) > 0),
                'clearance.create_action() adds one.');
    END IF;
END $$;
COMMENT ON FUNCTION clearance_internal.require_action IS 'raises unless the feature has the action';

CREATE FUNCTION clearance_internal.parse_action(name text, OUT feature text, OUT action text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF name IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'action is null';
    ELSIF name !~ '^[^.]+[.][^.]+$' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('"%s" does not name an action', name),
            HINT = 'Write feature.action, for example task.edit.';
    END IF;
    feature := split_part(name, '.', 1);
    action := split_part(name, '.', 2);
    PERFORM clearance_internal.require_action(feature, action);
END $$;
COMMENT ON FUNCTION clearance_internal.parse_action IS 'takes feature.action apart; raises unless it exists';

-- ---------------------------------------------------------------------------
-- Features, actions, gates
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance.create_feature(
    name text, actions text[] DEFAULT '{view,create,edit,delete}', description text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM clearance_internal.require_operator('change the vocabulary');
    PERFORM clearance_internal.require_identifier('feature', name);
    IF actions IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'actions is null';
    END IF;
    PERFORM clearance_internal.require_identifier('action', a) FROM unnest(actions) a;
    INSERT INTO clearance.feature (name, description)
    VALUES (create_feature.name, create_feature.description)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RAISE duplicate_object USING
            MESSAGE = format('feature "%s" already exists', name),
            HINT = 'clearance.create_action() adds an action to it.';
    END IF;
    -- the last three are what link tables and owner columns ask for
    INSERT INTO clearance.action (feature, name, reads)
    SELECT DISTINCT create_feature.name, a, clearance_internal.name_reads(a)
    FROM unnest(actions || '{assign,invite,change_owner}') a;
END $$;
COMMENT ON FUNCTION clearance.create_feature IS
'adds a feature with the named actions, and assign, invite and change_owner; until allow() gives them out only account admins hold them';

CREATE FUNCTION clearance.create_action(feature text, action text, reads boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM clearance_internal.require_operator('change the vocabulary');
    PERFORM clearance_internal.require_feature(feature);
    PERFORM clearance_internal.require_identifier('action', action);
    IF reads IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'reads is null';
    END IF;
    INSERT INTO clearance.action (feature, name, reads)
    VALUES (create_action.feature, create_action.action, create_action.reads)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RAISE duplicate_object USING MESSAGE = format('feature "%s" already has an action "%s"', feature, action);
    END IF;
END $$;
COMMENT ON FUNCTION clearance.create_action IS
'adds an action to a feature; reads: it changes nothing and stays possible in an archived project';

CREATE FUNCTION clearance.add_gate(
    action text, gate text, audiences text[] DEFAULT '{vendor,partner,customer}'
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    guarded record := clearance_internal.parse_action(action);
    needed  record := clearance_internal.parse_action(gate);
BEGIN
    PERFORM clearance_internal.require_operator('change gates');
    IF audiences IS NULL OR audiences = '{}' THEN
        RAISE null_value_not_allowed USING MESSAGE = 'no audience is given';
    END IF;
    PERFORM clearance_internal.require_choice('audience', a, '{vendor,partner,customer}') FROM unnest(audiences) a;

    -- two sessions must not close a circle together
    PERFORM clearance_internal.declare_alone();
    IF EXISTS (WITH RECURSIVE behind (feature, action) AS (
                   VALUES (needed.feature, needed.action)
                   UNION
                   SELECT g.gate_feature, g.gate_action
                   FROM clearance.gate g JOIN behind b USING (feature, action))
               SELECT FROM behind b
               WHERE (b.feature, b.action) = (guarded.feature, guarded.action)) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('%s cannot be a gate of %s', gate, action),
            DETAIL = 'The action would be its own gate, directly or through others.';
    END IF;
    INSERT INTO clearance.gate (feature, action, gate_feature, gate_action, audiences)
    VALUES (guarded.feature, guarded.action, needed.feature, needed.action,
            ARRAY(SELECT DISTINCT a FROM unnest(add_gate.audiences) a ORDER BY a))
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RAISE duplicate_object USING MESSAGE = format('%s is a gate of %s already', gate, action);
    END IF;
END $$;
COMMENT ON FUNCTION clearance.add_gate IS
'makes an action need another one as well, both given as feature.action, for the named audiences';

CREATE FUNCTION clearance.remove_gate(action text, gate text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    guarded  record := clearance_internal.parse_action(action);
    needed   record := clearance_internal.parse_action(gate);
    standing clearance.gate;
BEGIN
    PERFORM clearance_internal.require_operator('change gates');
    SELECT * INTO standing FROM clearance.gate g
    WHERE (g.feature, g.action, g.gate_feature, g.gate_action)
        = (guarded.feature, guarded.action, needed.feature, needed.action);
    IF NOT FOUND THEN
        RAISE undefined_object USING
            MESSAGE = format('%s is not a gate of %s', gate, action),
            HINT = 'View clearance.matrix lists the gates of each action.';
    ELSIF standing.built_in THEN
        -- a dump would not carry the removal
        RAISE invalid_parameter_value USING
            MESSAGE = format('gate %s of %s is built in and cannot be removed', gate, action);
    END IF;
    DELETE FROM clearance.gate g
    WHERE (g.feature, g.action, g.gate_feature, g.gate_action)
        = (guarded.feature, guarded.action, needed.feature, needed.action);
END $$;
COMMENT ON FUNCTION clearance.remove_gate IS 'removes a gate that add_gate() made';
