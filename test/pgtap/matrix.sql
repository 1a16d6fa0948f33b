-- Each cell of the partner matrix, proven on the loaded workspace: a person of
-- each level does the cell's act to rows of every class (shared or private,
-- related or not, under each kind of parent, in a project that it is not on),
-- and is accepted or refused as the cell, its gates, sight of the row and its
-- parents say; then once more with all other views opened, where the cell alone
-- decides. What is expected follows from the CSV file and nothing else.
-- Needs the source tree: run psql at its top, or set CLEARANCE_SRCDIR.
\set ON_ERROR_STOP on
\set QUIET on
\pset format unaligned
\pset tuples_only on
\set partner_csv `cat "${CLEARANCE_SRCDIR:-.}/src/data/partner_matrix.csv"`
\set aliases_csv `cat "${CLEARANCE_SRCDIR:-.}/src/data/aliases.csv"`

BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();

-- The matrix under canonical names; visibility none: the cell says no.
CREATE TEMP TABLE alias AS
SELECT f[2] || '.' || f[3] AS name, f[4] AS feature, f[5] AS action
FROM regexp_split_to_table(:'aliases_csv', '\n') line CROSS JOIN LATERAL string_to_array(line, ',') f
WHERE f[1] = 'partner';

CREATE TEMP TABLE cell AS
SELECT f[3] AS level, coalesce(n.feature, f[1]) AS feature, coalesce(n.action, f[2]) AS action,
       f[4] AS visibility, f[5] AS relation,
       ARRAY(SELECT coalesce(m.feature || '.' || m.action, g)
             FROM regexp_split_to_table(nullif(f[6], ''), ' ') g LEFT JOIN alias m ON m.name = g) AS gates
FROM regexp_split_to_table(:'partner_csv', '\n') WITH ORDINALITY line (text, nr)
CROSS JOIN LATERAL string_to_array(line.text, ',') f
LEFT JOIN alias n ON n.name = f[1] || '.' || f[2]
WHERE nr > 1 AND line.text <> '';
ALTER TABLE cell ADD PRIMARY KEY (level, feature, action);

-- ---------------------------------------------------------------------------
-- How each action is proven
--     select, insert, delete    the command
--     update                    an UPDATE that sets what `sets` says
--     read                      the masked column that `sets` names: its value, not NULL
--     ask                       an act on a row that changes nothing: clearance.can_row(),
--                               which must know without row security to hide the row from it
--     can                       an act without a row: clearance.can(); of a page that lists
--                               rows also sight of these, once all but the page is open
-- before: what must be out of the way, or so, for the command to make sense.
-- ---------------------------------------------------------------------------
CREATE TEMP TABLE probe (feature text, action text, by text, sets text, before text, page_of text, PRIMARY KEY (feature, action));
INSERT INTO probe (feature, action, by, sets) VALUES
    ('project', 'create', 'insert', NULL),
    ('project', 'view', 'select', NULL),
    ('project', 'view_overview', 'can', NULL),
    ('project', 'view_default_fields', 'read', 'status'),
    ('project', 'edit', 'update', 'name = name || ''!'''),
    ('project', 'view_custom_fields', 'read', 'custom_fields'),
    ('project', 'edit_custom_fields', 'update', 'custom_fields = ''{"risk": 9}'''),
    ('project', 'view_hours', 'read', 'hours'),
    ('project', 'edit_hours', 'update', 'hours = 9'),
    ('project', 'view_business_goals', 'read', 'business_goals'),
    ('project', 'edit_business_goals', 'update', 'business_goals = ''more'''),
    ('project', 'view_settings', 'can', NULL),
    ('project', 'view_visibility', 'ask', NULL),
    ('project', 'edit_visibility', 'ask', NULL),
    ('project', 'view_plan', 'can', NULL),
    ('project', 'view_spaces', 'can', NULL),
    ('project', 'view_chat', 'can', NULL),
    ('project', 'view_list', 'can', NULL),
    ('project', 'view_board', 'can', NULL),
    ('project', 'view_status_updates', 'can', NULL),
    ('project', 'view_form_responses', 'can', NULL),
    ('project', 'view_all_files', 'can', NULL),
    ('project_plan', 'export', 'can', NULL),
    ('vendor_team_member', 'view', 'select', NULL),
    ('vendor_team_member', 'invite', 'insert', NULL),
    ('vendor_team_member', 'remove', 'delete', NULL),
    ('partner_team_member', 'view', 'select', NULL),
    ('partner_team_member', 'invite', 'insert', NULL),
    ('partner_team_member', 'remove', 'delete', NULL),
    ('customer_team_member', 'view', 'select', NULL),
    ('customer_team_member', 'invite', 'insert', NULL),
    ('customer_team_member', 'remove', 'delete', NULL),
    ('phase', 'view', 'select', NULL),
    ('phase', 'edit', 'update', 'name = name || ''!'''),
    ('phase', 'create', 'insert', NULL),
    ('phase', 'delete', 'delete', NULL),
    ('task', 'view', 'select', NULL),
    ('task', 'edit', 'update', 'title = title || ''!'''),
    ('task', 'create', 'insert', NULL),
    ('task', 'delete', 'delete', NULL),
    ('space', 'view', 'select', NULL),
    ('space', 'create', 'insert', NULL),
    ('space', 'edit', 'update', 'name = name || ''!'''),
    ('space', 'delete', 'delete', NULL),
    ('document', 'view', 'select', NULL),
    ('document', 'create', 'insert', NULL),
    ('document', 'edit', 'update', 'body = ''new'''),
    ('document', 'delete', 'delete', NULL),
    ('document', 'freeze', 'update', 'frozen = true'),
    ('document', 'unfreeze', 'update', 'frozen = false'),
    ('document', 'export_pdf', 'ask', NULL),
    ('document_message', 'create', 'insert', NULL),
    ('document_message', 'view', 'select', NULL),
    ('document_message', 'edit', 'update', 'body = ''new'''),
    ('document_message', 'delete', 'delete', NULL),
    ('document_message', 'react', 'ask', NULL),
    ('document_message', 'reply', 'ask', NULL),
    ('document_comment', 'create', 'insert', NULL),
    ('document_comment', 'view', 'select', NULL),
    ('document_comment', 'edit', 'update', 'body = ''new'''),
    ('document_comment', 'delete', 'delete', NULL),
    ('document_comment', 'resolve', 'update', 'resolved = true'),
    ('document_comment', 'reply', 'ask', NULL),
    ('document_approval', 'view', 'select', NULL),
    ('document_approval', 'create', 'insert', NULL),
    ('document_approval', 'approve', 'update', 'state = ''approved'''),
    ('document_approval', 'request_changes', 'update', 'state = ''changes_requested'''),
    ('document_approval', 'delete', 'delete', NULL),
    ('document_approval', 'be_tagged', 'ask', NULL),
    ('document_approval', 'assign_to_vendors', 'ask', NULL),
    ('document_approval', 'assign_to_customers', 'ask', NULL),
    ('document_task', 'create', 'insert', NULL),
    ('conversation', 'create', 'insert', NULL),
    ('conversation', 'view', 'select', NULL),
    ('status_update', 'view', 'select', NULL),
    ('status_update', 'create', 'insert', NULL),
    ('status_update', 'publish', 'update', 'published_at = now()'),
    ('status_update', 'delete', 'delete', NULL),
    ('status_update', 'send_to_ccs', 'update', 'cc_sent_at = now()'),
    ('file', 'view', 'select', NULL),
    ('file', 'create', 'insert', NULL),
    ('file', 'delete', 'delete', NULL),
    ('file', 'export', 'ask', NULL),
    ('form_task', 'access', 'select', NULL),
    ('form_response', 'create', 'insert', NULL),
    ('form_response', 'view', 'select', NULL),
    ('form_response', 'edit', 'update', 'answer = ''new''');
UPDATE probe p SET before = b.before
FROM (VALUES
    ('project', 'view_hours', 'UPDATE app.project SET hours = 1 WHERE id = %s'),
    ('project', 'view_business_goals', 'UPDATE app.project SET business_goals = ''x'' WHERE id = %s'),
    ('document', 'unfreeze', 'UPDATE app.document SET frozen = true WHERE id = %s'),
    ('phase', 'delete', 'DELETE FROM app.task WHERE phase_id = %s'),
    ('space', 'delete', 'DELETE FROM app.document WHERE space_id = %s')) b (feature, action, before)
WHERE (p.feature, p.action) = (b.feature, b.action);

UPDATE probe p SET page_of = b.page_of
FROM (VALUES ('view_spaces', 'space'), ('view_chat', 'conversation'), ('view_status_updates', 'status_update'),
             ('view_form_responses', 'form_response'), ('view_all_files', 'file')) b (action, page_of)
WHERE (p.feature, p.action) = ('project', b.action);

SELECT is(count(*), 261::bigint, 'the matrix has 87 actions x 3 levels') FROM cell;
SELECT is_empty('SELECT feature, action, level FROM cell LEFT JOIN probe p USING (feature, action) WHERE p.by IS NULL',
    'every cell has a probe');
SELECT is_empty('SELECT feature, action FROM probe EXCEPT SELECT feature, action FROM cell', 'every probe is of a cell');

-- ---------------------------------------------------------------------------
-- One person of each level: a collaborator of a partner that has the level
-- ---------------------------------------------------------------------------
CREATE TEMP TABLE person AS
SELECT level, 990000 + row_number() OVER (ORDER BY level) AS key, NULL::bigint AS partner_id, NULL::bigint AS member_id
FROM (VALUES ('permissive'), ('moderate'), ('restricted')) l (level);
UPDATE person p SET partner_id = clearance.create_partner('Matrix ' || level, access_level => level, account => a.id)
FROM clearance.account a WHERE a.key = 'north';
UPDATE person p SET member_id = clearance.add_member(key => p.key, name => level, partner => partner_id, account => a.id)
FROM clearance.account a WHERE a.key = 'north';

-- ---------------------------------------------------------------------------
-- Samples: for each person, rows of every class
-- ---------------------------------------------------------------------------
-- shared: the visibilities a row may have (NULL: not decided, which is private)
-- relations: those the matrix asks for; a sample has none or one of them
-- parents: up to two, of these features; optional: also rows without one
-- row: makes the row, FROM sample s
CREATE TEMP TABLE kind (
    nr int GENERATED ALWAYS AS IDENTITY, feature text PRIMARY KEY, relation regclass, shared bool[], relations text[],
    parents text[], optional bool, row text);
INSERT INTO kind (feature, relation, shared, relations, parents, optional, row) VALUES
    ('project', 'app.project', '{t,f}', '{}', '{}', false,
        $$INSERT INTO app.project (id, account, name, is_private) SELECT id, 'north', 'Matrix', NOT shared$$),
    ('vendor_team_member', 'app.vendor_team_member', '{t}', '{}', '{}', false,
        $$INSERT INTO app.vendor_team_member (id, project_id, member_id, job) SELECT id, project_id, id, 'delivery'$$),
    ('partner_team_member', 'app.partner_team_member', '{t}', '{}', '{}', false,
        $$INSERT INTO app.partner_team_member (id, project_id, member_id, company) SELECT id, project_id, id, 'Matrix'$$),
    ('customer_team_member', 'app.customer_team_member', '{t}', '{}', '{}', false,
        $$INSERT INTO app.customer_team_member (id, project_id, member_id, company) SELECT id, project_id, id, 'Matrix'$$),
    ('phase', 'app.phase', '{t,f}', '{assigned_task}', '{}', false,
        $$INSERT INTO app.phase (id, project_id, name, is_private) SELECT id, project_id, id, NOT shared$$),
    ('task', 'app.task', '{t,f,NULL}', '{own,assigned}', '{}', false,
        $$INSERT INTO app.task (id, project_id, title, is_private, created_by, assignee_id)
          SELECT id, project_id, 'Task', NOT shared, owner, assignee$$),
    ('space', 'app.space', '{t,f}', '{own}', '{}', false,
        $$INSERT INTO app.space (id, project_id, name, visibility, owner_id)
          SELECT id, project_id, 'Space', CASE WHEN shared THEN 'shared' ELSE 'private' END, owner$$),
    ('document', 'app.document', '{t,f}', '{own}', '{space}', false,
        $$INSERT INTO app.document (id, project_id, space_id, title, is_private, owner_id)
          SELECT id, project_id, parents[1], 'Document', NOT shared, owner$$),
    ('document_message', 'app.document_message', '{t,f}', '{own}', '{document}', false,
        $$INSERT INTO app.document_message (id, project_id, document_id, author_id, body, is_private)
          SELECT id, project_id, parents[1], owner, 'Message', NOT shared$$),
    ('document_comment', 'app.document_comment', '{t,f}', '{own}', '{document}', false,
        $$INSERT INTO app.document_comment (id, document_id, author_id, body, is_private)
          SELECT id, parents[1], owner, 'Comment', NOT shared$$),
    ('document_approval', 'app.document_approval', '{t,f}', '{own,assigned}', '{document}', false,
        $$INSERT INTO app.document_approval (id, project_id, document_id, requested_by, approver_id, is_private)
          SELECT id, project_id, parents[1], owner, assignee, NOT shared$$),
    ('document_task', 'app.document_task', '{t}', '{own}', '{document,task}', false,
        $$INSERT INTO app.document_task (id, document_id, task_id, created_by) SELECT id, parents[1], parents[2], owner$$),
    ('conversation', 'app.conversation', '{t,f}', '{own,invited}', '{}', false,
        $$INSERT INTO app.conversation (id, project_id, subject, audience, created_by)
          SELECT id, project_id, 'Subject', CASE WHEN shared THEN 'partners' ELSE 'team' END::app.audience, owner$$),
    ('status_update', 'app.status_update', '{t,f}', '{own}', '{}', false,
        $$INSERT INTO app.status_update (id, project_id, title, is_shared, author_id, published_at)
          SELECT id, project_id, 'Status', shared, owner, CASE WHEN NOT draft THEN timestamptz '2020-01-01' END$$),
    ('file', 'app.file', '{t,f}', '{own}', '{task}', true,
        $$INSERT INTO app.file (id, project_id, task_id, name, is_private, uploaded_by)
          SELECT key::uuid, project_id, parents[1], 'File', NOT shared, owner$$),
    ('form_task', 'app.form', '{t,f}', '{own}', '{task}', false,
        $$INSERT INTO app.form (id, project_id, task_id, title, is_private, created_by)
          SELECT id, project_id, parents[1], 'Form', NOT shared, owner$$),
    ('form_response', 'app.form_response', '{t}', '{own}', '{form_task}', false,
        $$INSERT INTO app.form_response (id, form_id, task_id, submitted_by, answer)
          SELECT id, parents[1], (SELECT f.parents[1] FROM sample f WHERE f.id = s.parents[1]), owner, 'Answer'$$);

-- here: in the person's project; else in one where its partner is, but not the
-- person itself. fresh: not there yet, for the person to insert.
CREATE TEMP TABLE sample (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH 900001) PRIMARY KEY,
    level text, feature text, here bool, fresh bool, draft bool, shared bool, relations text[], parents bigint[],
    project_id bigint, owner bigint, assignee bigint,
    key text GENERATED ALWAYS AS (CASE feature WHEN 'file' THEN lpad(id::text, 32, '0') ELSE id::text END) STORED);
GRANT SELECT ON sample TO app_user;

-- Parents are rows of each visibility, assigned or not.
CREATE FUNCTION pg_temp.parents(of_feature text, of_level text, is_here bool) RETURNS SETOF sample
LANGUAGE sql AS $$
    SELECT * FROM sample p
    WHERE (p.feature, p.level, p.here) = (of_feature, of_level, is_here)
      AND (NOT is_here OR NOT p.relations && '{own,invited}') AND NOT p.fresh AND NOT p.draft;
$$;

-- Rows here with no relation or one; a row elsewhere with all that a cell may ask
-- for, but the project; a fresh row is its maker's own, and a draft.
DO $$
DECLARE
    k kind;
BEGIN
    FOR k IN SELECT * FROM kind ORDER BY nr LOOP
        INSERT INTO sample (level, feature, here, fresh, draft, shared, relations, parents)
        SELECT p.level, k.feature, c.here, c.fresh, d.draft, v.shared,
               c.relations || CASE WHEN '{assigned,assigned_task}' && a.relations THEN '{assigned_task}'::text[] ELSE '{}' END,
               array_remove(ARRAY[a.id, b.id], NULL)
        FROM person p
        CROSS JOIN LATERAL (
            SELECT true, false, '{}'::text[]
            UNION ALL SELECT true, false, ARRAY[r] FROM unnest(k.relations) r
            UNION ALL SELECT false, false, k.relations
            UNION ALL SELECT here, true, ARRAY(SELECT r FROM unnest(k.relations) r WHERE r = 'own')
                      FROM unnest('{t,f}'::bool[]) here) c (here, fresh, relations)
        CROSS JOIN unnest(k.shared) v (shared)
        CROSS JOIN unnest(CASE WHEN k.feature <> 'status_update' THEN '{f}' WHEN c.fresh THEN '{t}' ELSE '{f,t}' END::bool[]) d (draft)
        LEFT JOIN LATERAL (SELECT id, relations FROM pg_temp.parents(k.parents[1], p.level, c.here)
                           UNION ALL SELECT NULL, NULL WHERE k.optional) a ON true
        LEFT JOIN pg_temp.parents(k.parents[2], p.level, c.here) b ON true
        WHERE (c.here OR v.shared)
          AND EXISTS (SELECT FROM probe WHERE probe.feature = k.feature AND (probe.by = 'insert') = c.fresh);
    END LOOP;
END $$;
UPDATE sample s SET
    project_id = CASE s.feature WHEN 'project' THEN s.id ELSE p.id END,
    owner = CASE WHEN 'own' = ANY (s.relations) THEN m.key ELSE 990009 END,
    assignee = CASE WHEN 'assigned' = ANY (s.relations) THEN m.key END
FROM sample p, person m
WHERE (p.feature, p.level, p.here) = ('project', s.level, s.here) AND p.shared AND NOT p.fresh AND m.level = s.level;

SELECT row || format(' FROM sample s WHERE s.feature = %L AND NOT s.fresh ORDER BY s.id', feature) FROM kind ORDER BY nr \gexec
INSERT INTO app.task (id, project_id, phase_id, title, is_private, assignee_id)
SELECT nextval(pg_get_serial_sequence('sample', 'id')), s.project_id, s.id, 'Task of a phase', false,
       CASE WHEN 'assigned_task' = ANY (s.relations) THEN p.key END
FROM sample s JOIN person p USING (level) WHERE s.feature = 'phase' AND NOT s.fresh;
INSERT INTO app.conversation_participant (conversation_id, member_id)
SELECT s.key, p.key FROM sample s JOIN person p USING (level) WHERE 'invited' = ANY (s.relations) AND NOT s.fresh;

-- New rows of app.project are projects by themselves.
DO $$
BEGIN
    PERFORM clearance.add_partner_to_project(s.id, p.partner_id)
    FROM sample s JOIN person p USING (level) WHERE s.feature = 'project' AND NOT s.fresh;
    PERFORM clearance.add_member_to_project(s.id, p.member_id)
    FROM sample s JOIN person p USING (level) WHERE s.feature = 'project' AND NOT s.fresh AND s.here;
END $$;

-- ---------------------------------------------------------------------------
-- What is expected
-- ---------------------------------------------------------------------------
CREATE FUNCTION pg_temp.ancestors(s sample, of_feature text) RETURNS SETOF sample LANGUAGE sql AS $$
    WITH RECURSIVE up AS (
        SELECT p.* FROM sample p WHERE p.id = ANY (s.parents)
        UNION SELECT p.* FROM up JOIN sample p ON p.id = ANY (up.parents))
    SELECT * FROM up WHERE feature = of_feature;
$$;

-- The cell and its gates fit the row; a gate about a parent's feature is
-- judged there, or further up, any other on the row itself. alone: the cell
-- (feature.action) that stays as it is while all other views are opened.
CREATE FUNCTION pg_temp.fits(s sample, of_feature text, of_action text, alone text) RETURNS bool LANGUAGE plpgsql AS $$
DECLARE
    c cell;
    g text;
BEGIN
    SELECT * INTO STRICT c FROM cell WHERE (level, feature, action) = (s.level, of_feature, of_action);
    IF alone <> of_feature || '.' || of_action AND of_action ~ '^(view|access)' THEN
        c.visibility := 'any';
        c.relation := 'any';
    END IF;
    IF c.visibility = 'none' OR c.visibility = 'shared' AND s.shared IS NOT TRUE
        OR NOT (c.relation = 'any' OR c.relation = ANY (s.relations)
                OR c.relation = 'invited' AND 'own' = ANY (s.relations)) THEN
        RETURN false;
    END IF;
    FOREACH g IN ARRAY c.gates LOOP
        IF EXISTS (SELECT FROM pg_temp.ancestors(s, split_part(g, '.', 1))) THEN
            IF EXISTS (SELECT FROM pg_temp.ancestors(s, split_part(g, '.', 1)) p
                       WHERE NOT pg_temp.fits(p, p.feature, split_part(g, '.', 2), alone)) THEN
                RETURN false;
            END IF;
        ELSIF NOT pg_temp.fits(s, split_part(g, '.', 1), split_part(g, '.', 2), alone) THEN
            RETURN false;
        END IF;
    END LOOP;
    RETURN true;
END $$;

CREATE FUNCTION pg_temp.sight(feature text) RETURNS text LANGUAGE sql AS $$
    SELECT CASE feature WHEN 'form_task' THEN 'access' ELSE 'view' END;
$$;

-- It is so in a project of the person's, the row is seen (unless the act makes
-- it), no draft of somebody else, and all its parents are seen.
CREATE FUNCTION pg_temp.open(s sample, of_action text, alone text) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
    RETURN s.here
        AND pg_temp.fits(s, s.feature, of_action, alone)
        AND (s.fresh OR pg_temp.fits(s, s.feature, pg_temp.sight(s.feature), alone))
        AND (s.fresh OR NOT s.draft OR 'own' = ANY (s.relations))
        AND NOT EXISTS (SELECT FROM sample p WHERE p.id = ANY (s.parents)
                        AND NOT pg_temp.open(p, pg_temp.sight(p.feature), alone));
END $$;

-- An act without a row: the cell grants anything at all, and so do its gates.
CREATE FUNCTION pg_temp.grants(of_level text, name text) RETURNS bool LANGUAGE sql AS $$
    SELECT c.visibility <> 'none' AND NOT EXISTS (SELECT FROM unnest(c.gates) g WHERE NOT pg_temp.grants(of_level, g))
    FROM cell c WHERE c.level = of_level AND c.feature || '.' || c.action = name;
$$;

-- ---------------------------------------------------------------------------
-- The cases: each cell on each sample that its probe fits, and asked for as an
-- act without a row
-- ---------------------------------------------------------------------------
CREATE FUNCTION pg_temp.class(s sample) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN concat_ws(' ',
        CASE s.shared WHEN true THEN 'shared' WHEN false THEN 'private' ELSE 'undecided' END,
        CASE WHEN s.draft THEN 'draft' END, nullif(array_to_string(s.relations, '+'), ''),
        CASE WHEN NOT s.here THEN 'elsewhere' END,
        (SELECT string_agg(format('in %s (%s)', p.feature, pg_temp.class(p)), ' ' ORDER BY p.feature)
         FROM sample p WHERE p.id = ANY (s.parents)));
END $$;

CREATE TEMP TABLE trial AS
SELECT p.by, c.level, c.feature, c.action, alone, s.here, s.shared IS NOT TRUE AS private,
       pg_temp.open(s, t.action, CASE WHEN alone THEN c.feature || '.' || c.action END) AS expected,
       format('%s %s.%s%s: %s', c.level, c.feature, c.action, CASE WHEN alone THEN ' alone' END, pg_temp.class(s)) AS name,
       format(p.before, s.id) AS before,
       CASE t.by
           WHEN 'select' THEN format('SELECT FROM %s WHERE id = %L', k.relation, s.key)
           WHEN 'read' THEN format('SELECT FROM %s WHERE id = %L AND %I IS NOT NULL', k.relation, s.key, p.sets)
           WHEN 'insert' THEN format('%s FROM sample s WHERE s.id = %s', k.row, s.id)
           WHEN 'update' THEN format('UPDATE %s SET %s WHERE id = %L', k.relation, p.sets, s.key)
           WHEN 'delete' THEN format('DELETE FROM %s WHERE id = %L', k.relation, s.key)
           WHEN 'ask' THEN format('SELECT FROM %s r WHERE id = %L AND clearance.can_row(%L, r)', k.relation, s.key, c.action)
       END AS act
FROM cell c
JOIN probe p USING (feature, action)
CROSS JOIN unnest('{f,t}'::bool[]) alone
CROSS JOIN LATERAL (SELECT p.feature, p.action, p.by WHERE p.by <> 'can'
                    UNION ALL SELECT p.page_of, pg_temp.sight(p.page_of), 'select' WHERE p.by = 'can' AND alone) t (feature, action, by)
JOIN kind k ON k.feature = t.feature
JOIN sample s ON (s.level, s.feature) = (c.level, t.feature)
WHERE s.fresh = (t.by = 'insert')
UNION ALL
SELECT 'can', c.level, c.feature, c.action, false, s.here, false, s.here AND pg_temp.grants(c.level, c.feature || '.' || c.action),
       format('%s %s.%s: no row%s', c.level, c.feature, c.action, CASE WHEN NOT s.here THEN ', elsewhere' END),
       NULL, format('SELECT WHERE clearance.can(%L, %s)', c.feature || '.' || c.action, s.id)
FROM cell c
JOIN sample s ON (s.feature, s.level) = ('project', c.level) AND s.shared AND NOT s.fresh;

-- Try an act as the person, bound by row security (but for ask), and undo it. One row is
-- accepted; no row, or a write that lacks privilege, is refused; all else is an error.
CREATE FUNCTION pg_temp.try(member bigint, by text, before text, act text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    IF before IS NOT NULL THEN
        EXECUTE before;
    END IF;
    PERFORM clearance.set_actor(id => member, local => true);
    IF by <> 'ask' THEN
        SET LOCAL ROLE app_user;
    END IF;
    EXECUTE act;
    GET DIAGNOSTICS n = ROW_COUNT;
    RAISE EXCEPTION '%', CASE n WHEN 0 THEN 'refused' WHEN 1 THEN 'accepted' ELSE n || ' rows' END USING ERRCODE = 'CLR99';
EXCEPTION
    WHEN SQLSTATE 'CLR99' THEN RETURN SQLERRM;
    WHEN OTHERS THEN
        RETURN CASE WHEN SQLSTATE = '42501' AND act !~ '^SELECT' THEN 'refused' ELSE SQLSTATE || ' ' || SQLERRM END;
END $$;

-- All cases of a cell; alone: while all other views are open.
CREATE FUNCTION pg_temp.prove(c cell, alone bool) RETURNS TABLE (got text, want text, name text) LANGUAGE plpgsql AS $$
DECLARE
    results jsonb;
BEGIN
    IF alone THEN
        PERFORM clearance.allow(o.level, o.feature, o.action) FROM cell o
        WHERE o.level = c.level AND (o.feature, o.action) <> (c.feature, c.action) AND o.action ~ '^(view|access)';
    END IF;
    SELECT jsonb_agg(jsonb_build_array(pg_temp.try(p.member_id, t.by, t.before, t.act), t.expected, t.name) ORDER BY t.name)
    INTO results
    FROM trial t JOIN person p USING (level)
    WHERE (t.level, t.feature, t.action, t.alone) = (c.level, c.feature, c.action, prove.alone);
    RAISE EXCEPTION USING ERRCODE = 'CLR99';
EXCEPTION WHEN SQLSTATE 'CLR99' THEN
    RETURN QUERY SELECT r ->> 0, CASE WHEN r ->> 1 = 'true' THEN 'accepted' ELSE 'refused' END, r ->> 2
                 FROM jsonb_array_elements(results) r;
END $$;

SELECT is(r.got, r.want, r.name)
FROM cell c CROSS JOIN unnest('{f,t}'::bool[]) alone CROSS JOIN LATERAL pg_temp.prove(c, alone) r
ORDER BY c.feature, c.action, c.level, alone;

-- ---------------------------------------------------------------------------
-- Nothing was left out
-- ---------------------------------------------------------------------------
CREATE TEMP TABLE tried AS
SELECT c.*, t.by, t.alone, t.here, t.private, t.expected
FROM trial t JOIN probe USING (feature, action, by) JOIN cell c USING (level, feature, action);
SELECT is(count(DISTINCT (level, feature, action)), 261::bigint, 'every cell was tried as its probe says') FROM tried;
SELECT is_empty('SELECT level, feature, action FROM tried GROUP BY 1, 2, 3 HAVING bool_and(expected)',
    'every cell was refused somewhere');
SELECT is_empty($$SELECT level, feature, action FROM tried
    WHERE here AND alone AND (visibility, relation) <> ('any', 'any')
    GROUP BY 1, 2, 3 HAVING bool_and(expected) AND bool_or(private OR relation <> 'any')$$,
    'every cell that asks for what a row may lack was refused for it');
SELECT is_empty($$SELECT level, feature, action FROM tried
    WHERE visibility <> 'none' GROUP BY 1, 2, 3 HAVING NOT bool_or(expected)$$,
    'every cell that grants was accepted somewhere');
-- restricted sees no document, and so does nothing with what is on one
SELECT is_empty($$SELECT level, feature, action FROM tried
    WHERE visibility <> 'none' AND NOT alone AND (feature NOT LIKE 'document%' OR pg_temp.grants(level, 'document.view'))
    GROUP BY 1, 2, 3 HAVING NOT bool_or(expected)$$,
    'and as things are, unless it is about documents and those are not seen');

SELECT * FROM finish();
ROLLBACK;
