-- ---------------------------------------------------------------------------
-- The rule, written a second time.
--
-- Test only. This file recomputes from the stored facts (the tables of schema
-- clearance and the rows of the protected tables) who may do what to which
-- row. It shares no code with the product: it calls none of its functions and
-- reads none of its views. Who audits the product reads here what must come
-- out. "(n)" in a comment is a number of the decisions, "rule n" a line of
-- section 2 of the design.
--
--   evaluator.permitted(member, relation, action)        keys of rows
--   evaluator.permitted_partner(partner, relation)       the same for a login of a whole partner: view
--   evaluator.addable(member, relation)                  keys of rows of which the member may add one that is alike
--   evaluator.readable(member, relation, column)         keys of rows whose masked column is read as it is
--   evaluator.readable_partner(partner, relation, column)
--   evaluator.may(member, feature, action, project)      an act without a row
--   evaluator.may_where(member, feature, action)         the projects where it may be done
--
-- Order of the file: 1 the facts of rows · 2 the actor and its levels · 3 the
-- grants in force · 4 acts without a row · 5 acts on a row · 6 the questions.
--
-- Run it as a superuser (everybody else would see the tables through the very
-- policies under test). Every question reads all protected rows anew; when
-- nothing changes between many questions, evaluator.hold() first makes them
-- share one reading until the end of the transaction. (They run without JIT: compiling
-- many small queries takes longer than they do.)
-- ---------------------------------------------------------------------------
CREATE SCHEMA evaluator;

-- ---------------------------------------------------------------------------
-- 1. Facts of rows: every protected table in one shape
-- ---------------------------------------------------------------------------

-- A place is where a row lives: the id of its project, or 0 for the account
-- itself. -1: it has no project, and need not have one (31). NULL: the project is
-- missing or unknown, or the parents do not agree about it; such a row is closed
-- to everyone (20).
CREATE UNLOGGED TABLE evaluator.fact (
    binding   integer NOT NULL,
    key       text    NOT NULL,
    place     bigint,
    account   bigint,               -- account of the place
    shared    boolean NOT NULL,     -- a NULL privacy flag is private; no privacy column: shared (16)
    client    text,                 -- hidden, read, edit; NULL: the table has no client visibility
    kind      text,
    published timestamptz,          -- NULL or later than now: a draft, where the table has drafts
    missing   boolean NOT NULL,     -- a required parent is NULL: closed (19)
    depth     integer,              -- steps up to a row without parents; NULL: none, the row is closed
    PRIMARY KEY (binding, key)
);

CREATE INDEX ON evaluator.fact (binding, place);

-- Parents that a row names (rule 5), and by which declaration; near: they are in
-- its project (29).
CREATE UNLOGGED TABLE evaluator.parent (
    binding        integer NOT NULL,
    key            text    NOT NULL,
    parent_binding integer NOT NULL,
    parent_key     text    NOT NULL,
    declared       integer NOT NULL,
    near           boolean NOT NULL
);
CREATE INDEX ON evaluator.parent (binding, key);

-- How members, by their keys, are related to a row.
CREATE UNLOGGED TABLE evaluator.related (
    binding integer NOT NULL,
    key     text    NOT NULL,
    kind    text    NOT NULL,
    member  text    NOT NULL
);
CREATE INDEX ON evaluator.related (binding, key);

-- Rows of link tables: the row that they are about and what they say of whom (22).
CREATE UNLOGGED TABLE evaluator.link (
    binding        integer NOT NULL,
    key            text    NOT NULL,
    target_binding integer NOT NULL,
    target_key     text    NOT NULL,
    kind           text    NOT NULL,
    member         text
);
CREATE INDEX ON evaluator.link (binding, key);

-- What a new row that holds the same would ask for beside create: an action or, if there is
-- none, to be oneself whom it names; whom: unless that is oneself (21, 22).
CREATE UNLOGGED TABLE evaluator.asked (
    binding integer NOT NULL,
    key     text    NOT NULL,
    action  text,
    whom    text
);
CREATE INDEX ON evaluator.asked (binding, key);

-- Rows that a row names, and that belong to it therefore if it is a task: whoever makes
-- it name them must see them. One that is named by its key need not be there.
CREATE UNLOGGED TABLE evaluator.naming (
    binding        integer NOT NULL,
    key            text    NOT NULL,
    target_binding integer NOT NULL,
    target_key     text    NOT NULL
);
CREATE INDEX ON evaluator.naming (binding, key);

-- The action that gives a relation (22); following needs none.
CREATE FUNCTION evaluator.giver(kind text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE kind WHEN 'invited' THEN 'invite' WHEN 'own' THEN 'change_owner' WHEN 'followed' THEN NULL ELSE 'assign' END
$$;

-- A column that says when a row was published, as that moment: true, long ago; false, never.
CREATE FUNCTION evaluator.moment_in(relation regclass, "column" name) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format(CASE WHEN a.atttypid = 'boolean'::regtype THEN 'CASE WHEN t.%1$I THEN timestamptz ''-infinity'' WHEN NOT t.%1$I THEN ''infinity'' END'
                       ELSE 't.%I::timestamptz' END, a.attname)
    FROM pg_attribute a
    WHERE a.attrelid = relation AND a.attname = "column"
$$;

-- A piece of SQL about a column, or NULL where the binding has no such column.
CREATE FUNCTION evaluator.about("column" name, template text, value anyelement DEFAULT NULL::text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN "column" IS NOT NULL THEN format(template, "column", value) END
$$;

-- How a row is named in an answer: by its key, or by all of it where it has none.
-- The expression reads the table as t.
CREATE FUNCTION evaluator.key_of(relation regclass) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(evaluator.about(b.key_column, 't.%I::text'), 't::text')
    FROM clearance.binding b
    WHERE b.relation = key_of.relation
$$;

-- A column of member keys read as a set of text: t.assignee_id::text, unnest(t.assignee_ids)::text
CREATE FUNCTION evaluator.members_in(relation regclass, alias text, "column" name) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN y.typcategory = 'A' THEN format('unnest(%s.%I)::text', alias, a.attname)
                ELSE format('%s.%I::text', alias, a.attname) END
    FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
    WHERE a.attrelid = relation AND a.attname = "column"
$$;

-- True where a required parent is NULL, or a type column names none of the
-- tables that it may name (19). A parent that is optional never closes a row.
CREATE FUNCTION evaluator.missing_parent(binding integer) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH way AS (
        SELECT p.column_name, p.type_column, p.type_value, bool_and(p.optional) AS optional
        FROM clearance.binding_parent p
        WHERE p.binding_id = missing_parent.binding
        GROUP BY p.column_name, p.type_column, p.type_value
    ), test AS (
        SELECT format('t.%I IS NULL AND NOT %L', column_name, optional) AS closed
        FROM way WHERE type_column IS NULL
        UNION ALL
        SELECT format('CASE t.%I::text COLLATE "C" %s ELSE NOT %L END', type_column,
                      string_agg(format('WHEN %L THEN t.%I IS NULL AND NOT %L', type_value, column_name, optional), ' '),
                      bool_and(optional))
        FROM way WHERE type_column IS NOT NULL GROUP BY column_name, type_column
    )
    SELECT coalesce(string_agg('(' || closed || ')', ' OR '), 'false') FROM test
$$;

CREATE FUNCTION evaluator.only_account() RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT min(a.id) FROM clearance.account a HAVING count(*) = 1
$$;

-- From the rows without parents down: a row's depth, its place and its account.
CREATE FUNCTION evaluator.place_rows() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    n integer := 0;
BEGIN
    LOOP
        UPDATE evaluator.fact f
        SET depth = n, account = s.account,
            -- An account column holds beside the project: nothing crosses an account.
            place = CASE WHEN b.account_column IS NULL OR f.account = s.account
                           -- in the only account, a row without a project need not name it (45)
                           OR (s.place = -1 AND f.account IS NULL AND s.account = evaluator.only_account()) THEN s.place END
        FROM (
            SELECT c.binding, c.key,
                   CASE WHEN b.project_column IS NOT NULL THEN c.place
                        -- without a project column: where its parents are (rule 5), those that are near
                        WHEN EXISTS (SELECT FROM clearance.binding_parent d WHERE d.binding_id = b.id)
                        THEN CASE WHEN bool_and(u.place IS NOT NULL) FILTER (WHERE w.near)
                                       AND min(u.place) FILTER (WHERE w.near) = max(u.place) FILTER (WHERE w.near)
                                  THEN min(u.place) FILTER (WHERE w.near) END
                        -- with neither project nor parent: on the account level
                        WHEN b.account_column IS NOT NULL THEN 0 END AS place,
                   CASE WHEN c.place = -1 THEN coalesce(c.account, evaluator.only_account())
                        ELSE coalesce((SELECT p.account_id FROM clearance.project p WHERE p.id = c.place),
                                      CASE WHEN min(u.account) FILTER (WHERE w.near) = max(u.account) FILTER (WHERE w.near)
                                           THEN min(u.account) FILTER (WHERE w.near) END,
                                      c.account) END AS account
            FROM evaluator.fact c
            JOIN clearance.binding b ON b.id = c.binding AND NOT b.link_only
            LEFT JOIN evaluator.parent w ON w.binding = c.binding AND w.key = c.key
            LEFT JOIN evaluator.fact u ON u.binding = w.parent_binding AND u.key = w.parent_key
            WHERE c.depth IS NULL AND NOT c.missing
            GROUP BY c.binding, c.key, c.place, c.account, b.id
            HAVING bool_and(w.key IS NULL OR u.depth IS NOT NULL)
        ) s
        JOIN clearance.binding b ON b.id = s.binding
        WHERE f.binding = s.binding AND f.key = s.key;
        EXIT WHEN NOT FOUND;
        n := n + 1;
    END LOOP;
    ANALYZE evaluator.fact;
END
$$;

-- Reads all protected tables into the facts.
CREATE FUNCTION evaluator.read_rows() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b clearance.binding;
    p clearance.binding_parent;
    r record;
BEGIN
    IF current_setting('is_superuser') <> 'on' THEN
        RAISE 'the evaluator must read every row: run it as a superuser';
    END IF;
    TRUNCATE evaluator.fact, evaluator.parent, evaluator.related, evaluator.link, evaluator.asked, evaluator.naming;

    FOR b IN SELECT * FROM clearance.binding LOOP
        EXECUTE format(
            'INSERT INTO evaluator.fact SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s FROM %s t',
            b.id, evaluator.key_of(b.relation),
            coalesce(CASE WHEN b.project_optional THEN evaluator.about(b.project_column, 'CASE WHEN t.%1$I IS NULL THEN -1 ELSE (SELECT p.id FROM clearance.project p WHERE p.key = t.%1$I::text COLLATE "C") END') END,
                     evaluator.about(b.project_column, '(SELECT p.id FROM clearance.project p WHERE p.key = t.%I::text COLLATE "C")'), 'NULL'),
            -- -1: none that there is
            coalesce(evaluator.about(b.account_column, 'CASE WHEN t.%1$I IS NOT NULL THEN coalesce((SELECT a.id FROM clearance.account a WHERE a.key = t.%1$I::text COLLATE "C"), -1) END'), 'NULL'),
            coalesce(evaluator.about(b.visibility_column, 'coalesce(t.%I = ANY (%L), false)', b.shared_values), 'true'),
            coalesce(evaluator.about(b.client_visibility_column, 'coalesce(t.%I::text, ''hidden'')'), 'NULL'),
            coalesce(evaluator.about(b.kind_column, 't.%I::text'), 'NULL'),
            coalesce(evaluator.moment_in(b.relation, b.published_column), 'NULL'),
            evaluator.missing_parent(b.id),
            b.relation);
        IF b.owner_column IS NOT NULL THEN
            EXECUTE format(
                'INSERT INTO evaluator.related SELECT %1$s, %2$s, ''own'', t.%3$I::text FROM %4$s t WHERE t.%3$I IS NOT NULL',
                b.id, evaluator.key_of(b.relation), b.owner_column, b.relation);
            INSERT INTO evaluator.asked SELECT o.binding, o.key, 'change_owner', o.member FROM evaluator.related o WHERE o.binding = b.id;
        END IF;
        INSERT INTO evaluator.asked SELECT f.binding, f.key, b.publish_action FROM evaluator.fact f WHERE f.binding = b.id AND f.published < 'infinity';
        FOR p IN SELECT * FROM clearance.binding_parent WHERE binding_id = b.id LOOP
            EXECUTE format(
                'INSERT INTO evaluator.parent
                 SELECT %1$s, %2$s, %3$s, t.%4$I::text, %7$s, %8$L FROM %5$s t WHERE t.%4$I IS NOT NULL %6$s',
                b.id, evaluator.key_of(b.relation), p.parent_id, p.column_name, b.relation,
                evaluator.about(p.type_column, 'AND t.%I::text COLLATE "C" = %L', p.type_value), p.id, p.same_project);
        END LOOP;
    END LOOP;

    -- Relations by a column, an array column or a link table; several of one kind add up. Keys are
    -- compared byte by byte, whatever a collation takes for equal.
    FOR r IN SELECT l.*, t.relation, t.key_column, t.project_column, t.account_column, t.owner_column, k.id AS link_binding
             FROM clearance.binding_relation l
             JOIN clearance.binding t ON t.id = l.binding_id
             LEFT JOIN clearance.binding k ON k.relation = l.link AND k.link_only
             WHERE l.member_column IS NOT NULL LOOP
        IF r.link IS NULL THEN
            EXECUTE format(
                'INSERT INTO evaluator.related
                 SELECT * FROM (SELECT %s, %s, %L, %s AS member FROM %s t) s WHERE member IS NOT NULL',
                r.binding_id, evaluator.key_of(r.relation), r.kind,
                evaluator.members_in(r.relation, 't', r.member_column), r.relation);
            EXECUTE format(
                'INSERT INTO evaluator.asked
                 SELECT %s, key, %L, CASE WHEN %L IN (''own'', ''followed'') THEN member END
                 FROM (SELECT %s AS key, %s AS member FROM %s t) s WHERE member IS NOT NULL',
                r.binding_id, evaluator.giver(r.kind), r.kind, evaluator.key_of(r.relation),
                evaluator.members_in(r.relation, 't', r.member_column), r.relation);
        ELSE
            EXECUTE format(
                'INSERT INTO evaluator.related
                 SELECT * FROM (SELECT %s, %s, %L, %s AS member FROM %s t JOIN %s l ON l.%I::text COLLATE "C" = t.%I::text) s
                 WHERE member IS NOT NULL',
                r.binding_id, evaluator.key_of(r.relation), r.kind,
                evaluator.members_in(r.link, 'l', r.member_column), r.relation, r.link,
                r.link_column, coalesce(r.row_column, r.key_column));
            -- what leads there says who is related, unless it tells the row itself, its place or its owner
            IF r.kind <> 'followed' AND r.row_column <> ALL (array_remove(ARRAY[r.key_column, r.project_column, r.account_column, r.owner_column], NULL)) THEN
                EXECUTE format('INSERT INTO evaluator.asked SELECT %s, %s, %L FROM %s t WHERE t.%I IS NOT NULL',
                               r.binding_id, evaluator.key_of(r.relation), evaluator.giver(r.kind), r.relation, r.row_column);
            END IF;
        END IF;
        IF r.link_binding IS NOT NULL THEN
            EXECUTE format(
                'INSERT INTO evaluator.link SELECT %s, %s, %s, g.%I::text, %L, %s FROM %s t JOIN %s g ON g.%I::text COLLATE "C" = t.%I::text',
                r.link_binding, evaluator.key_of(r.link), r.binding_id, r.key_column, r.kind,
                evaluator.members_in(r.link, 't', r.member_column), r.link, r.relation,
                coalesce(r.row_column, r.key_column), r.link_column);
        END IF;
    END LOOP;

    -- assigned_task through the tasks: the row names its task, or the task names
    -- the row. Whoever is assigned to the task in any way is related to the row.
    FOR r IN SELECT l.*, t.relation, t.key_column, k.id AS task_binding, k.key_column AS task_key
             FROM clearance.binding_relation l
             JOIN clearance.binding t ON t.id = l.binding_id
             JOIN clearance.binding k ON k.relation = l.link
             WHERE l.member_column IS NULL LOOP
        EXECUTE format(
            'INSERT INTO evaluator.related
             SELECT %s, %s, %L, a.member FROM %s t JOIN %s k ON k.%I::text COLLATE "C" = t.%I::text
             JOIN evaluator.related a ON a.binding = %s AND a.key = k.%I::text COLLATE "C" AND a.kind = ''assigned''',
            r.binding_id, evaluator.key_of(r.relation), r.kind, r.relation, r.link,
            coalesce(r.link_column, r.task_key), coalesce(r.row_column, r.key_column),
            r.task_binding, r.task_key);
        CONTINUE WHEN r.link_column IS NULL;
        IF coalesce(r.row_column, r.key_column) = r.key_column THEN
            EXECUTE format('INSERT INTO evaluator.naming SELECT %s, k.%I::text, %s, k.%I::text FROM %s k WHERE k.%4$I IS NOT NULL',
                           r.task_binding, r.task_key, r.binding_id, r.link_column, r.link);
        ELSE
            EXECUTE format('INSERT INTO evaluator.naming SELECT %s, k.%I::text, %s, %s FROM %s t JOIN %s k ON k.%I::text COLLATE "C" = t.%I::text',
                           r.task_binding, r.task_key, r.binding_id, evaluator.key_of(r.relation), r.relation, r.link, r.link_column, r.row_column);
        END IF;
    END LOOP;

    -- The owner of a row counts as invited to it (22).
    INSERT INTO evaluator.related SELECT binding, key, 'invited', member FROM evaluator.related WHERE kind = 'own';
    ANALYZE evaluator.fact, evaluator.parent, evaluator.related, evaluator.link, evaluator.asked, evaluator.naming;

    PERFORM evaluator.place_rows();
END
$$;

-- ---------------------------------------------------------------------------
-- 2. The actor and its levels
-- ---------------------------------------------------------------------------

-- Who is judged: a member, or a partner as a whole. One row, or none without standing.
CREATE UNLOGGED TABLE evaluator.judged (
    label         text    NOT NULL,
    account       bigint  NOT NULL,
    kind          text    NOT NULL,
    member        bigint,           -- NULL: a partner as a whole
    partner       bigint,
    customer      bigint,
    partner_admin boolean NOT NULL,
    keys          text[]  NOT NULL  -- whom columns must name for a relation to hold
);

-- Rule 1, standing: active, in an active account, of an active company if any (25).
CREATE FUNCTION evaluator.standing_member(member bigint) RETURNS SETOF evaluator.judged
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'member ' || m.id, m.account_id, m.kind, m.id, m.partner_id, m.customer_id, m.partner_admin,
           CASE WHEN m.key IS NULL THEN '{}' ELSE ARRAY[m.key] END
    FROM clearance.member m
    JOIN clearance.account a ON a.id = m.account_id AND a.active
    LEFT JOIN clearance.partner p ON p.id = m.partner_id
    LEFT JOIN clearance.customer c ON c.id = m.customer_id
    WHERE m.id = standing_member.member AND m.status = 'active'
        AND coalesce(p.active, true) AND coalesce(c.active, true)
$$;

-- A login for a whole partner is a partner admin without role; assigned, own and
-- invited mean: of any of its active members (15).
CREATE FUNCTION evaluator.standing_partner(partner bigint) RETURNS SETOF evaluator.judged
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'partner ' || p.id, p.account_id, 'partner', NULL::bigint, p.id, NULL::bigint, true,
           ARRAY(SELECT m.key FROM clearance.member m
                 WHERE m.partner_id = p.id AND m.status = 'active' AND m.key IS NOT NULL)
    FROM clearance.partner p
    JOIN clearance.account a ON a.id = p.account_id AND a.active
    WHERE p.id = standing_partner.partner AND p.active
$$;

-- Of whom the owner or an assignee must be one (32): everybody of the same company, whatever
-- their status (45), or whom the actor supervises.
CREATE UNLOGGED TABLE evaluator.colleague (
    relation text NOT NULL,
    key      text NOT NULL,
    PRIMARY KEY (relation, key)
);

CREATE FUNCTION evaluator.find_colleagues() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO evaluator.colleague
    SELECT 'company', m.key
    FROM clearance.member m JOIN evaluator.judged a ON m.account_id = a.account
    WHERE m.key IS NOT NULL AND m.partner_id IS NOT DISTINCT FROM a.partner AND m.customer_id IS NOT DISTINCT FROM a.customer
    UNION ALL
    SELECT 'reports', m.key
    FROM clearance.member m JOIN clearance.resource r ON r.member_id = m.id JOIN evaluator.judged a ON r.supervisor_id = a.member
    WHERE m.key IS NOT NULL
$$;

-- What is said of an action for a level: that it is granted, denied or not available.
-- Where something is said, nothing follows from other rights (30).
CREATE VIEW evaluator.said AS
SELECT level_id, feature, action FROM clearance.level_grant
UNION
SELECT level_id, feature, action FROM clearance.level_denial
UNION
SELECT level_id, feature, action FROM clearance.not_available;

-- Grants of levels: those given, without the built-in ones that are denied, and what
-- follows from them. account_admin is not judged by them: it holds everything (6).
CREATE UNLOGGED TABLE evaluator.level_grant (
    level_id   integer NOT NULL,
    feature    text    NOT NULL,
    action     text    NOT NULL,
    visibility text    NOT NULL,
    relation   text    NOT NULL,
    reach      text,
    kinds      text[]
);
CREATE INDEX ON evaluator.level_grant (feature, action);

CREATE FUNCTION evaluator.find_grants() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    TRUNCATE evaluator.level_grant;
    INSERT INTO evaluator.level_grant
    WITH given AS (
        SELECT l.audience, g.level_id, g.feature, g.action, g.visibility, g.relation, g.reach, g.kinds
        FROM clearance.level_grant g JOIN clearance.level l ON l.id = g.level_id
        WHERE NOT (g.built_in AND EXISTS (
            SELECT FROM clearance.level_denial d
            WHERE (d.level_id, d.feature, d.action) = (g.level_id, g.feature, g.action)))
    ), edits AS (
        SELECT * FROM given WHERE action = 'edit'
        UNION
        -- the vendor's people edit where they edit any column (3)
        SELECT g.audience, g.level_id, g.feature, 'edit', g.visibility, g.relation, g.reach, g.kinds
        FROM given g
        WHERE g.audience = 'vendor' AND starts_with(g.action, 'edit_')
            AND (g.level_id, g.feature, 'edit') NOT IN (SELECT level_id, feature, action FROM evaluator.said)
        UNION
        -- who creates edits what it created (4), but not where all columns are denied to the vendor's level
        SELECT g.audience, g.level_id, g.feature, 'edit', g.visibility, 'own', g.reach, g.kinds
        FROM given g
        WHERE g.action = 'create'
            AND (g.level_id, g.feature, 'edit') NOT IN (SELECT level_id, feature, action FROM evaluator.said)
            AND NOT (g.audience = 'vendor' AND EXISTS (
                SELECT FROM evaluator.said s
                WHERE s.level_id = g.level_id AND s.feature = g.feature AND starts_with(s.action, 'edit_')))
    ), assigns AS (
        -- the vendor assigns with the right to edit the assignee, or the row where nothing is said of that;
        -- partners with edit on any relation (22)
        SELECT e.audience, e.level_id, e.feature, 'assign', e.visibility, e.relation, e.reach, e.kinds
        FROM edits e
        WHERE e.audience = 'partner' AND e.relation = 'any'
            OR e.audience = 'vendor' AND (e.level_id, e.feature, 'edit_assignee') NOT IN (SELECT level_id, feature, action FROM evaluator.said)
        UNION
        SELECT g.audience, g.level_id, g.feature, 'assign', g.visibility, g.relation, g.reach, g.kinds
        FROM given g WHERE g.audience = 'vendor' AND g.action = 'edit_assignee'
    ), columns AS (
        -- columns that only the account matrix names come with a partner's edit
        SELECT e.audience, e.level_id, e.feature, a.name, e.visibility, e.relation, e.reach, e.kinds
        FROM edits e JOIN clearance.action a ON a.feature = e.feature AND a.comes_with_edit
        WHERE e.audience = 'partner' AND (a.name <> 'edit_assignee' OR e.relation = 'any')
    )
    SELECT level_id, feature, action, visibility, relation, reach, kinds FROM given
    UNION
    SELECT level_id, feature, action, visibility, relation, reach, kinds FROM edits
    UNION
    SELECT level_id, feature, f.action, visibility, relation, reach, kinds
    FROM (SELECT * FROM assigns UNION ALL SELECT * FROM columns) f (audience, level_id, feature, action, visibility, relation, reach, kinds)
    WHERE (level_id, feature, f.action) NOT IN (SELECT level_id, feature, action FROM evaluator.said);
$$;

-- Levels in force at the places of the judged actor (rules 2 and 3). No line: the
-- actor has no way into the project.
CREATE UNLOGGED TABLE evaluator.level_in_force (
    place     bigint  NOT NULL,
    level     integer NOT NULL,
    is_admin  boolean NOT NULL,   -- the level is account_admin
    is_member boolean NOT NULL,   -- vendor: the actor is a member of the project
    is_owner  boolean NOT NULL,   -- vendor: the actor owns it
    covered   boolean NOT NULL    -- the level's project.view reaches the place
);

CREATE FUNCTION evaluator.is_admin_level(level integer) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM clearance.level l WHERE l.id = level AND l.built_in AND l.name = 'account_admin')
$$;

-- How far a vendor level's project.view reaches; without a reach of its own it
-- means the member's projects (8).
CREATE FUNCTION evaluator.view_covers(level integer, is_member boolean, is_owner boolean) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT evaluator.is_admin_level(level) OR EXISTS (
        SELECT FROM evaluator.level_grant g
        WHERE g.level_id = level AND g.feature = 'project' AND g.action = 'view'
            AND CASE coalesce(g.reach, 'member')
                    WHEN 'account' THEN true
                    WHEN 'member' THEN is_member
                    WHEN 'owned' THEN is_owner END)
$$;

CREATE FUNCTION evaluator.find_levels() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO evaluator.level_in_force
    WITH a AS (
        SELECT j.*, c.portal, c.default_external_level_id
        FROM evaluator.judged j JOIN clearance.account c ON c.id = j.account
    ),
    -- Memberships count from their start until before their end (12).
    membership AS (
        SELECT m.project_id, m.level_id, m.is_owner
        FROM clearance.project_member m JOIN a ON m.member_id = a.member
        WHERE m.starts_at <= statement_timestamp() AND statement_timestamp() < m.ends_at
    ),
    through_phase AS (
        SELECT m.project_id
        FROM clearance.project_member m
        JOIN clearance.member c ON c.id = m.member_id
        JOIN a ON c.id = a.member OR (a.member IS NULL AND c.partner_id = a.partner AND c.status = 'active')
        WHERE m.through_phase AND m.starts_at <= statement_timestamp() AND statement_timestamp() < m.ends_at
    ),
    company AS (
        SELECT c.project_id, c.level_id
        FROM clearance.project_partner c JOIN a ON c.partner_id = a.partner
        WHERE c.starts_at <= statement_timestamp() AND statement_timestamp() < c.ends_at
        UNION ALL
        SELECT c.project_id, NULL
        FROM clearance.project_customer c JOIN a ON c.customer_id = a.customer
        WHERE c.starts_at <= statement_timestamp() AND statement_timestamp() < c.ends_at
    ),
    -- Rule 2, project. For the vendor's people the grants say how far they reach.
    place AS (
        SELECT p.id, p.open_level_id,
               p.id IN (SELECT project_id FROM membership) AS is_member,
               p.id IN (SELECT project_id FROM membership WHERE is_owner) AS is_owner,
               CASE a.kind
                   WHEN 'vendor' THEN true
                   -- The partner is on it; its admins reach it, the others by invitation; with
                   -- participation by phase, admins too only through a phase (13).
                   WHEN 'partner' THEN p.id IN (SELECT project_id FROM company)
                       AND (a.partner_admin OR p.id IN (SELECT project_id FROM membership))
                       AND (NOT p.by_phase OR p.id IN (SELECT project_id FROM through_phase))
                   -- The company is on it, and the portal is on for both (25).
                   WHEN 'customer' THEN p.id IN (SELECT project_id FROM company) AND a.portal AND p.portal
               END AS reached,
               a.kind <> 'customer' OR (a.portal AND p.portal) AS can_be_open
        FROM clearance.project p JOIN a ON p.account_id = a.account
        UNION ALL
        -- The account level is reached by the vendor's people only.
        SELECT 0, NULL, false, false, true, false FROM a WHERE a.kind = 'vendor'
        UNION ALL
        -- Rows without a project may be anybody's (31).
        SELECT -1, NULL, false, false, true, false FROM a
    ),
    -- Rule 3 in the order of (5): the most specific place that names a level counts.
    role_level AS (
        SELECT r.level_id
        FROM clearance.member_role h
        JOIN clearance.role r ON r.id = h.role_id
        JOIN a ON h.member_id = a.member
        JOIN clearance.level l ON l.id = r.level_id AND l.audience = a.kind
    ),
    named AS (
        -- Nothing demotes an account admin (6).
        SELECT p.id AS place, 0 AS specific, r.level_id AS level
        FROM place p, role_level r WHERE evaluator.is_admin_level(r.level_id)
        UNION ALL
        SELECT m.project_id, 1, m.level_id FROM membership m
        UNION ALL
        SELECT c.project_id, 2, c.level_id FROM company c
        UNION ALL
        SELECT p.id, 3, c.level_id FROM place p, a JOIN clearance.partner c ON c.id = a.partner
        UNION ALL
        SELECT p.id, 4, r.level_id FROM place p, role_level r
        UNION ALL
        SELECT p.id, 5, a.default_external_level_id FROM place p, a WHERE a.kind = 'partner'
        UNION ALL
        -- Contacts have the level client where nothing else is said (11).
        SELECT p.id, 6, l.id FROM place p, clearance.level l WHERE l.built_in AND l.name = 'client'
    ),
    ordinary AS (
        SELECT DISTINCT p.id AS place, n.level, p.is_member, p.is_owner,
               a.kind <> 'vendor' OR p.id = 0 OR evaluator.view_covers(n.level, p.is_member, p.is_owner) AS covered
        FROM (SELECT n.*, rank() OVER (PARTITION BY n.place ORDER BY n.specific) AS rank
              FROM named n
              JOIN a ON true
              JOIN clearance.level l ON l.id = n.level AND l.audience = a.kind) n
        JOIN a ON true
        JOIN place p ON p.id = n.place AND p.reached
        WHERE n.rank = 1
    ),
    -- An open project gives its levels, each to those of its audience, to who has no other way in
    -- (26): outsiders who do not reach it, and vendor people whose project.view does not. One
    -- without a level of its own is not open, whatever further levels are said of it.
    opened AS (
        SELECT p.id AS place, l.id AS level
        FROM a, place p JOIN clearance.level l
            ON l.id = p.open_level_id
               OR p.open_level_id IS NOT NULL AND EXISTS (SELECT FROM clearance.project_open_level o WHERE (o.project_id, o.level_id) = (p.id, l.id))
        WHERE l.audience = a.kind AND p.can_be_open
            AND CASE a.kind
                    WHEN 'vendor' THEN NOT EXISTS (SELECT FROM ordinary o WHERE o.place = p.id AND o.covered)
                    ELSE NOT p.reached END
    )
    SELECT o.place, o.level, evaluator.is_admin_level(o.level), o.is_member, o.is_owner, o.covered
    FROM ordinary o
    WHERE o.place NOT IN (SELECT place FROM opened)
    UNION ALL
    SELECT o.place, o.level, evaluator.is_admin_level(o.level), true, false, true
    FROM opened o
$$;

-- ---------------------------------------------------------------------------
-- 3. Grants in force
-- ---------------------------------------------------------------------------

-- Places where a level in force says something of an action, or of one that begins so.
CREATE FUNCTION evaluator.said_at(feature text, action text, longer boolean DEFAULT false) RETURNS SETOF bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT f.place
    FROM evaluator.level_in_force f JOIN evaluator.said s ON s.level_id = f.level
    WHERE s.feature = said_at.feature
        AND CASE WHEN longer THEN starts_with(s.action, said_at.action) ELSE s.action = said_at.action END
$$;

-- Switches of the member's own: any row, as far as its project.view reaches, unless a
-- level in force there says that the action is not available (9); and what follows from
-- them where no level in force says something of it (30).
CREATE FUNCTION evaluator.switches(feature text, action text) RETURNS TABLE (place bigint, relation text)
LANGUAGE plpgsql STABLE ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF NOT EXISTS (SELECT FROM clearance.member_switch s JOIN evaluator.judged a ON a.member = s.member_id
                   WHERE s.feature = switches.feature) THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH awake AS (
        SELECT f.place, s.action
        FROM evaluator.judged a
        JOIN clearance.member_switch s ON s.member_id = a.member
        CROSS JOIN evaluator.level_in_force f
        WHERE s.feature = switches.feature
            AND (f.covered
                 -- where there is no project, as far as project.view reaches any
                 OR f.place = -1 AND EXISTS (SELECT FROM evaluator.level_grant g
                                             WHERE g.level_id = f.level AND g.feature = 'project' AND g.action = 'view'))
            AND NOT EXISTS (
                SELECT FROM evaluator.level_in_force o
                JOIN clearance.not_available n ON n.level_id = o.level
                WHERE o.place = f.place AND n.feature = s.feature AND n.action = s.action)
    ), edits AS (
        SELECT w.place, 'any' AS relation FROM awake w WHERE w.action = 'edit'
        UNION
        SELECT w.place, CASE WHEN w.action = 'create' THEN 'own' ELSE 'any' END
        FROM awake w, evaluator.judged a
        WHERE w.place NOT IN (SELECT evaluator.said_at(feature, 'edit'))
            AND (a.kind = 'vendor' AND starts_with(w.action, 'edit_')
                 OR w.action = 'create'
                    AND NOT (a.kind = 'vendor' AND w.place IN (SELECT evaluator.said_at(feature, 'edit_', true))))
    )
    SELECT w.place, 'any' FROM awake w WHERE w.action = switches.action
    UNION
    SELECT e.place, e.relation FROM edits e WHERE switches.action = 'edit'
    UNION
    SELECT e.place, e.relation
    FROM evaluator.judged a, (SELECT place, relation, 'edit' AS action FROM edits
                              UNION ALL SELECT place, 'any', 'edit_assignee' FROM awake WHERE action = 'edit_assignee') e
    WHERE e.place NOT IN (SELECT evaluator.said_at(feature, switches.action))
        AND CASE
                WHEN switches.action = 'assign' AND a.kind = 'vendor' THEN
                    e.action = 'edit_assignee' OR e.place NOT IN (SELECT evaluator.said_at(feature, 'edit_assignee'))
                WHEN switches.action = 'assign' AND a.kind = 'partner' THEN
                    e.action = 'edit' AND e.relation = 'any'
                WHEN a.kind = 'partner' AND EXISTS (SELECT FROM clearance.action x WHERE x.feature = switches.feature
                                                    AND x.name = switches.action AND x.comes_with_edit) THEN
                    e.action = 'edit' AND (switches.action <> 'edit_assignee' OR e.relation = 'any')
                ELSE false END;
END
$$;

-- Where, and on which rows there, an action is granted to the actor (rule 4). The
-- conditions on rows are still to be judged; reach is judged here (8). Where rows have no
-- project, every grant counts, but unless it reaches the account it is for what is the
-- actor's own or assigned to it (31, 45).
CREATE FUNCTION evaluator.grants(feature text, action text)
RETURNS TABLE (place bigint, visibility text, relation text, kinds text[], for_own boolean)
LANGUAGE plpgsql STABLE ROWS 50 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT f.place, 'any', 'any', NULL::text[], false
    FROM evaluator.level_in_force f
    WHERE f.is_admin
    UNION
    SELECT f.place, g.visibility, g.relation, g.kinds,
           f.place = -1 AND NOT (a.kind = 'vendor' AND (g.reach = 'account' OR (g.reach IS NULL AND f.covered)))
    FROM evaluator.judged a
    CROSS JOIN evaluator.level_in_force f
    JOIN evaluator.level_grant g ON g.level_id = f.level
    WHERE g.feature = grants.feature AND g.action = grants.action
        AND (a.kind <> 'vendor' OR f.place = -1 OR CASE g.reach
                                       WHEN 'account' THEN true
                                       WHEN 'member' THEN f.is_member
                                       WHEN 'owned' THEN f.is_owner
                                       ELSE f.covered END)
    UNION
    SELECT s.place, 'any', s.relation, NULL,
           s.place = -1 AND NOT EXISTS (SELECT FROM evaluator.judged a, evaluator.level_in_force f
                                        WHERE a.kind = 'vendor' AND f.place = -1 AND f.covered)
    FROM evaluator.switches(grants.feature, grants.action) s;
END
$$;

-- ---------------------------------------------------------------------------
-- 4. Acts without a row
-- ---------------------------------------------------------------------------

-- Whom a gate binds: the matrix's own partners alone (27).
CREATE FUNCTION evaluator.gate_audiences(gate clearance.gate) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN gate.built_in THEN '{partner}' ELSE gate.audiences END
$$;

-- An action and all its gates: gates have gates (18).
CREATE FUNCTION evaluator.with_gates(feature text, action text) RETURNS TABLE (needed_feature text, needed_action text)
LANGUAGE plpgsql STABLE ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH RECURSIVE needed AS (
        SELECT with_gates.feature AS feature, with_gates.action AS action
        UNION
        SELECT g.gate_feature, g.gate_action
        FROM needed n
        JOIN clearance.gate g ON g.feature = n.feature AND g.action = n.action
        JOIN evaluator.judged a ON a.kind = ANY (evaluator.gate_audiences(g))
    )
    SELECT feature, action FROM needed;
END
$$;

-- Places where an action is granted on some row at least, and all its gates are.
CREATE FUNCTION evaluator.held(feature text, action text) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE ROWS 30 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH needed AS MATERIALIZED (
        SELECT * FROM evaluator.with_gates(held.feature, held.action)
    ), got AS (
        SELECT DISTINCT g.place, n.needed_feature, n.needed_action
        FROM needed n CROSS JOIN LATERAL evaluator.grants(n.needed_feature, n.needed_action) g
    )
    SELECT place FROM got GROUP BY place
    HAVING count(*) = (SELECT count(*) FROM needed)
        -- pages of a project are no gates where there is none (45)
        OR place = -1 AND NOT EXISTS (
            SELECT FROM needed n
            WHERE (n.needed_feature <> 'project' OR (n.needed_feature, n.needed_action) = (held.feature, held.action))
                AND (n.needed_feature, n.needed_action) NOT IN (
                    SELECT o.needed_feature, o.needed_action FROM got o WHERE o.place = -1));
END
$$;

-- Places where a feature is not switched off, or the actor manages the switches.
CREATE FUNCTION evaluator.switched_on(feature text) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE ROWS 30 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT f.place FROM evaluator.level_in_force f
    EXCEPT
    SELECT o.project_id FROM clearance.project_feature_off o
    WHERE o.feature = switched_on.feature
        AND o.project_id NOT IN (SELECT evaluator.held('project', 'manage_tab_visibility'));
END
$$;

-- Places whose state lets the action through: the feature is on there, and the project not
-- read-only; an archived one is that, and open only for those with project.view_archived (rule 2).
-- looks: it is the table's view action, whatever its name.
CREATE FUNCTION evaluator.open_places(feature text, action text, looks boolean DEFAULT false) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE ROWS 30 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT evaluator.switched_on(open_places.feature)
    EXCEPT
    SELECT p.id FROM clearance.project p
    WHERE (p.archived OR p.read_only)
        AND NOT ((NOT p.archived OR p.id IN (SELECT evaluator.held('project', 'view_archived')))
                 AND (looks
                      OR (open_places.feature, open_places.action) = ('project', 'unarchive')
                      OR EXISTS (SELECT FROM clearance.action x
                                 WHERE x.feature = open_places.feature AND x.name = open_places.action AND x.reads)));
END
$$;

-- Customers upload files where the project's switch says so, and by that alone (11, 24).
CREATE FUNCTION evaluator.is_client_upload(feature text, action text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT feature = 'file' AND action = 'create' AND EXISTS (SELECT FROM evaluator.judged a WHERE a.kind = 'customer')
$$;

CREATE FUNCTION evaluator.places_for(feature text, action text) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE ROWS 30 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT o.place
    FROM evaluator.open_places(places_for.feature, places_for.action) AS o (place)
    WHERE CASE WHEN evaluator.is_client_upload(places_for.feature, places_for.action)
               THEN EXISTS (SELECT FROM clearance.project p WHERE p.id = o.place AND p.client_upload)
               ELSE o.place IN (SELECT evaluator.held(places_for.feature, places_for.action)) END
    EXCEPT
    -- a gate of a feature that is off there does not open
    SELECT f.place
    FROM evaluator.with_gates(places_for.feature, places_for.action) n
    CROSS JOIN LATERAL (SELECT l.place FROM evaluator.level_in_force l
                        EXCEPT SELECT evaluator.switched_on(n.needed_feature)) f
    WHERE NOT evaluator.is_client_upload(places_for.feature, places_for.action);
END
$$;

-- ---------------------------------------------------------------------------
-- 5. Acts on a row
-- ---------------------------------------------------------------------------

-- Rows that satisfy one grant for the action, all its parts together (rule 4).
-- only: look at grants of this relation alone.
CREATE FUNCTION evaluator.fitting(binding integer, feature text, action text, only_relation text DEFAULT NULL)
RETURNS SETOF text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT DISTINCT r.key
    FROM evaluator.judged a
    CROSS JOIN evaluator.grants(fitting.feature, fitting.action) g
    JOIN evaluator.fact r ON r.place = g.place AND r.account = a.account
    WHERE r.binding = fitting.binding
        AND r.place IN (SELECT evaluator.switched_on(fitting.feature))
        AND (g.relation = only_relation OR only_relation IS NULL)
        -- Where a row carries client visibility, customers go by that alone (16).
        AND (g.visibility = 'any' OR r.shared OR (a.kind = 'customer' AND r.client IS NOT NULL))
        AND (g.kinds IS NULL OR r.kind = ANY (g.kinds))
        AND (g.relation = 'any' OR EXISTS (
                SELECT FROM evaluator.related l
                WHERE l.binding = r.binding AND l.key = r.key AND l.kind = g.relation AND l.member = ANY (a.keys))
             OR EXISTS (
                SELECT FROM evaluator.related l JOIN evaluator.colleague c ON c.key = l.member
                WHERE l.binding = r.binding AND l.key = r.key AND l.kind IN ('own', 'assigned') AND c.relation = g.relation))
        AND (NOT g.for_own OR g.relation IN ('company', 'reports') OR EXISTS (
                SELECT FROM evaluator.related l
                WHERE l.binding = r.binding AND l.key = r.key AND l.kind IN ('own', 'assigned') AND l.member = ANY (a.keys)));
END
$$;

-- Bindings from which a row of the feature can be reached by going up through parents,
-- besides the table that one starts from.
CREATE FUNCTION evaluator.leads_to(binding integer, feature text, visited integer[] DEFAULT '{}') RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE up AS (
        SELECT leads_to.binding AS id
        UNION
        SELECT p.parent_id FROM up u JOIN clearance.binding_parent p ON p.binding_id = u.id
        WHERE p.parent_id <> ALL (visited)
    )
    SELECT EXISTS (SELECT FROM up u JOIN clearance.binding b ON b.id = u.id WHERE b.feature = leads_to.feature)
$$;

-- Rows on which the action is granted and its gates are open (18). A gate about the
-- feature of a parent, or of a parent's parent, is judged on that row; every other one,
-- and always a page of the project, on the row itself. A row that names no such
-- parent is judged itself. `asked`: gates that are being judged already.
CREATE FUNCTION evaluator.gated(binding integer, feature text, action text, asked text[] DEFAULT '{}') RETURNS SETOF text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    keys text[] := ARRAY(SELECT evaluator.fitting(binding, feature, action));
    gate record;
BEGIN
    asked := asked || (feature || '.' || action);
    FOR gate IN
        SELECT g.gate_feature, g.gate_action,
               g.gate_feature NOT IN ('project', b.feature)
                   AND evaluator.leads_to(b.id, g.gate_feature) AS is_above
        FROM clearance.gate g
        JOIN evaluator.judged a ON a.kind = ANY (evaluator.gate_audiences(g))
        JOIN clearance.binding b ON b.id = gated.binding
        WHERE g.feature = gated.feature AND g.action = gated.action
            AND g.gate_feature || '.' || g.gate_action <> ALL (asked)
    LOOP
        EXIT WHEN keys = '{}';
        IF gate.is_above THEN
            keys := ARRAY(SELECT unnest(keys)
                          INTERSECT
                          SELECT evaluator.gated_above(binding, gate.gate_feature, gate.gate_action, asked));
        ELSE
            keys := ARRAY(SELECT unnest(keys)
                          INTERSECT
                          (SELECT evaluator.gated(binding, gate.gate_feature, gate.gate_action, asked)
                           UNION
                           -- pages of a project are no gates where there is none (45)
                           SELECT f.key FROM evaluator.fact f
                           WHERE f.binding = gated.binding AND f.place = -1 AND gate.gate_feature = 'project'));
        END IF;
    END LOOP;
    RETURN QUERY SELECT unnest(keys);
END
$$;

-- Rows of which every parent on the way to the feature permits the action; those that
-- name no such parent stand for themselves. Whether the parents are seen is rule 5,
-- which asks for it anyway, so a gate for sight needs nothing more here.
CREATE FUNCTION evaluator.gated_above(binding integer, feature text, action text, asked text[], visited integer[] DEFAULT '{}')
RETURNS SETOF text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    keys text[] := ARRAY(SELECT f.key FROM evaluator.fact f WHERE f.binding = gated_above.binding);
    named text[] := '{}';
    open text[];
    p clearance.binding;
BEGIN
    visited := visited || binding;
    FOR p IN
        SELECT DISTINCT b.*
        FROM clearance.binding_parent w JOIN clearance.binding b ON b.id = w.parent_id
        WHERE w.binding_id = gated_above.binding AND b.id <> ALL (visited)
            AND evaluator.leads_to(b.id, gated_above.feature, visited)
    LOOP
        IF p.feature <> gated_above.feature THEN
            open := ARRAY(SELECT evaluator.gated_above(p.id, feature, action, asked, visited));
        ELSIF p.view_action <> gated_above.action THEN
            open := ARRAY(SELECT evaluator.local(p.id, action));
        ELSE
            open := ARRAY(SELECT f.key FROM evaluator.fact f WHERE f.binding = p.id);
        END IF;
        named := named || ARRAY(SELECT w.key FROM evaluator.parent w
                                WHERE w.binding = gated_above.binding AND w.parent_binding = p.id);
        keys := ARRAY(SELECT unnest(keys)
                      EXCEPT
                      SELECT w.key FROM evaluator.parent w
                      WHERE w.binding = gated_above.binding AND w.parent_binding = p.id
                          AND w.parent_key NOT IN (SELECT unnest(open)));
    END LOOP;
    RETURN QUERY
        SELECT k FROM unnest(keys) k
        WHERE k IN (SELECT unnest(named))
            OR k IN (SELECT evaluator.gated(gated_above.binding, gated_above.feature, gated_above.action, asked));
END
$$;

CREATE FUNCTION evaluator.own(binding integer) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT l.key
    FROM evaluator.related l JOIN evaluator.judged a ON l.member = ANY (a.keys)
    WHERE l.binding = own.binding AND l.kind = 'own'
$$;

-- Rows on which the actor holds the action, of a feature: what its grants say, and the
-- few acts that the rule gives otherwise.
CREATE FUNCTION evaluator.holding(binding integer, about text, action text) RETURNS SETOF text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    who text := (SELECT a.kind FROM evaluator.judged a);
    own text := (SELECT b.feature FROM clearance.binding b WHERE b.id = binding);
    known text[] := ARRAY(SELECT x.name FROM clearance.action x WHERE x.feature = about);
BEGIN
    IF evaluator.is_client_upload(about, action) THEN
        RETURN QUERY SELECT r.key FROM evaluator.fact r JOIN clearance.project p ON p.id = r.place
                     WHERE r.binding = holding.binding AND p.client_upload;
    ELSIF about NOT IN ('project', own) AND evaluator.leads_to(binding, about) THEN
        RETURN QUERY SELECT evaluator.gated_above(binding, about, action, '{}');
    ELSIF action = 'assign' AND who = 'customer' THEN
        -- customers never hold it (22)
        RETURN;
    ELSIF action = 'assign' AND 'assign' <> ALL (known) THEN
        -- Where no level speaks of it, assign goes with the right to edit the assignee, for
        -- partners with edit on any relation (22).
        IF who = 'vendor' THEN
            RETURN QUERY SELECT evaluator.gated(binding, about,
                CASE WHEN 'edit_assignee' = ANY (known) THEN 'edit_assignee' ELSE 'edit' END);
        ELSE
            RETURN QUERY SELECT evaluator.gated(binding, about, 'edit')
                         INTERSECT SELECT evaluator.fitting(binding, about, 'edit', 'any');
        END IF;
    ELSIF action = 'invite' THEN
        -- the owner of a row holds invite on it (22)
        RETURN QUERY SELECT evaluator.gated(binding, about, action) UNION SELECT evaluator.own(binding);
    ELSE
        RETURN QUERY SELECT evaluator.gated(binding, about, action);
    END IF;
END
$$;

-- Rows that satisfy everything but what concerns other rows: sight and parents.
-- about: the feature of the action; NULL: that of the table.
CREATE FUNCTION evaluator.local(binding integer, action text, about text DEFAULT NULL) RETURNS SETOF text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b clearance.binding := (SELECT b FROM clearance.binding b WHERE b.id = binding);
    a evaluator.judged := (SELECT a FROM evaluator.judged a);
    of text := coalesce(about, b.feature);
    looks boolean := action = b.view_action AND of = b.feature;
BEGIN
    RETURN QUERY
        SELECT r.key
        FROM evaluator.fact r
        WHERE r.binding = b.id AND r.account = a.account AND r.depth IS NOT NULL
            AND r.place IN (SELECT evaluator.open_places(b.feature, local.action, looks))
            AND r.key IN (SELECT evaluator.holding(b.id, of, local.action))
            -- Rule 6, client visibility; what is one's own is seen even if hidden (11).
            AND (a.kind <> 'customer' OR r.client IS NULL
                 OR r.client = 'edit'
                 OR (r.client = 'read' AND looks)
                 OR evaluator.is_client_upload(of, local.action)
                 OR (looks AND r.key IN (SELECT evaluator.fitting(b.id, b.feature, local.action, 'own'))))
            -- A draft is seen only by its owner and by vendor people who may publish it (17).
            AND (NOT looks OR b.published_column IS NULL
                 OR r.published <= statement_timestamp()
                 OR r.key IN (SELECT evaluator.own(b.id))
                 OR (a.kind = 'vendor' AND r.key IN (SELECT evaluator.gated(b.id, b.feature, b.publish_action))));
END
$$;

-- Of these, those of which each parent permits what its declaration asks of the verbs
-- that do the action, and of sight, unless the row is new. That the parent is seen is
-- rule 5.
CREATE FUNCTION evaluator.unbarred(binding integer, action text, about text DEFAULT NULL) RETURNS SETOF text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b clearance.binding := (SELECT b FROM clearance.binding b WHERE b.id = binding);
    is_own boolean := coalesce(about, b.feature) = b.feature;
    keys text[] := ARRAY(SELECT evaluator.local(binding, action, about));
    n integer;
    gate record;
    itself integer[] := '{}';
BEGIN
    FOR gate IN
        SELECT p.id, p.parent_id, split_part(g.needed, '.', 1) AS feature, split_part(g.needed, '.', 2) AS action
        FROM clearance.binding_parent p
        CROSS JOIN LATERAL (VALUES (p.view_action, NOT (is_own AND unbarred.action = b.create_action)),
                                   (p.create_action, is_own AND unbarred.action = b.create_action),
                                   (p.edit_action, is_own AND unbarred.action = b.edit_action),
                                   (p.delete_action, is_own AND unbarred.action = b.delete_action)) AS g (needed, is_asked)
        WHERE p.binding_id = b.id AND g.is_asked AND g.needed IS NOT NULL
    LOOP
        IF (gate.parent_id, gate.feature, gate.action) = (b.id, coalesce(about, b.feature), unbarred.action) THEN
            itself := itself || gate.id;
        ELSE
            keys := ARRAY(SELECT unnest(keys)
                          EXCEPT
                          SELECT w.key FROM evaluator.parent w
                          WHERE w.declared = gate.id
                              AND w.parent_key NOT IN (SELECT evaluator.unbarred(gate.parent_id, gate.action, gate.feature)));
        END IF;
    END LOOP;
    -- the same of rows of the same table: whoever is below one that is barred goes too
    LOOP
        EXIT WHEN itself = '{}';
        n := cardinality(keys);
        keys := ARRAY(SELECT k FROM unnest(keys) k
                      WHERE NOT EXISTS (SELECT FROM evaluator.parent w
                                        WHERE w.key = k AND w.declared = ANY (itself) AND w.parent_key <> ALL (keys)));
        EXIT WHEN cardinality(keys) = n;
    END LOOP;
    RETURN QUERY SELECT unnest(keys);
END
$$;

-- Rows that the judged actor sees: first those without parents, then again and again those
-- of which it sees every parent (rule 5), so rows whose parents form a circle never. A link row is seen with every row that it is about (22).
CREATE UNLOGGED TABLE evaluator.seen (
    binding integer NOT NULL,
    key     text    NOT NULL,
    PRIMARY KEY (binding, key)
);
CREATE UNLOGGED TABLE evaluator.sightable (
    binding integer NOT NULL,
    key     text    NOT NULL
);

CREATE FUNCTION evaluator.look() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO evaluator.sightable
        SELECT b.id, s.key
        FROM clearance.binding b CROSS JOIN LATERAL evaluator.unbarred(b.id, b.view_action) AS s (key)
        WHERE NOT b.link_only;
    LOOP
        WITH next AS (
            DELETE FROM evaluator.sightable s
            WHERE NOT EXISTS (
                SELECT FROM evaluator.parent p
                WHERE p.binding = s.binding AND p.key = s.key AND NOT EXISTS (
                    SELECT FROM evaluator.seen o WHERE o.binding = p.parent_binding AND o.key = p.parent_key))
            RETURNING s.binding, s.key
        )
        INSERT INTO evaluator.seen SELECT binding, key FROM next;
        EXIT WHEN NOT FOUND;
    END LOOP;
    INSERT INTO evaluator.seen
        SELECT l.binding, l.key
        FROM evaluator.link l
        LEFT JOIN evaluator.seen s ON s.binding = l.target_binding AND s.key = l.target_key
        GROUP BY l.binding, l.key
        HAVING bool_and(s.key IS NOT NULL);
END
$$;

-- Link rows that may be written: assign on the target for assigned, invite for invited;
-- following is for oneself, on rows that one sees (22); owners change with change_owner (21).
CREATE FUNCTION evaluator.writable_links(binding integer) RETURNS SETOF text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    WITH needed AS (
        SELECT DISTINCT l.target_binding, b.feature, l.kind,
               CASE l.kind WHEN 'invited' THEN 'invite' WHEN 'own' THEN 'change_owner' ELSE 'assign' END AS action
        FROM evaluator.link l JOIN clearance.binding b ON b.id = l.target_binding
        WHERE l.binding = writable_links.binding
    ), target AS (
        SELECT n.target_binding, n.kind, t.key
        FROM needed n CROSS JOIN LATERAL evaluator.allowed(n.target_binding, n.action) AS t (key)
        WHERE n.kind <> 'followed'
        UNION ALL
        SELECT n.target_binding, n.kind, t.key
        FROM needed n CROSS JOIN LATERAL (
            SELECT s.key FROM evaluator.seen s WHERE s.binding = n.target_binding
            INTERSECT
            SELECT f.key FROM evaluator.fact f
            WHERE f.binding = n.target_binding AND f.place IN (SELECT evaluator.open_places(n.feature, 'follow'))) t
        WHERE n.kind = 'followed'
    )
    SELECT l.key
    FROM evaluator.judged a
    CROSS JOIN evaluator.link l
    LEFT JOIN target t ON t.target_binding = l.target_binding AND t.key = l.target_key AND t.kind = l.kind
    WHERE l.binding = writable_links.binding
    GROUP BY l.key
    HAVING bool_and(t.key IS NOT NULL AND (l.kind <> 'followed' OR coalesce(l.member = ANY (a.keys), false)));
END
$$;

-- Rows whose state asks for more than the act, and not from the judged actor: an act
-- that changes the columns which no guard of the state names, or that deletes the row.
CREATE FUNCTION evaluator.held(binding integer, action text) RETURNS SETOF text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b clearance.binding := (SELECT b FROM clearance.binding b WHERE b.id = binding);
    asked record;
BEGIN
    FOR asked IN
        SELECT g.state_column, g.state_values, g.feature, v.name
        FROM clearance.binding_row_guard g
        CROSS JOIN LATERAL (VALUES (b.edit_action, g.edit_action, g.columns IS NULL), (b.delete_action, g.delete_action, true)) AS v (act, name, counts)
        WHERE g.binding_id = b.id AND v.act = held.action AND v.counts
    LOOP
        RETURN QUERY EXECUTE format(
            'SELECT k FROM (SELECT %s AS k FROM %s t WHERE coalesce(t.%I::text = ANY ($1), t.%3$I IS NULL AND array_position($1, NULL) IS NOT NULL)) x
             WHERE k NOT IN (SELECT evaluator.gated($2, $3, $4))',
            evaluator.key_of(b.relation), b.relation, asked.state_column)
            USING asked.state_values, b.id, asked.feature, asked.name;
    END LOOP;
END
$$;

-- Rows on which the judged actor may do the action. Every act but view and create needs
-- sight of the row as well; the parents must be seen for all.
CREATE FUNCTION evaluator.allowed(binding integer, action text) RETURNS SETOF text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b clearance.binding := (SELECT b FROM clearance.binding b WHERE b.id = binding);
BEGIN
    IF action = b.view_action THEN
        RETURN QUERY SELECT s.key FROM evaluator.seen s WHERE s.binding = b.id;
    ELSIF b.link_only THEN
        IF action IN (b.create_action, b.edit_action, b.delete_action) THEN
            RETURN QUERY SELECT evaluator.writable_links(b.id);
        END IF;
    ELSIF action = b.create_action THEN
        RETURN QUERY
            SELECT k.key FROM evaluator.unbarred(b.id, allowed.action) AS k (key)
            WHERE NOT EXISTS (
                SELECT FROM evaluator.parent p
                WHERE p.binding = b.id AND p.key = k.key AND NOT EXISTS (
                    SELECT FROM evaluator.seen o WHERE o.binding = p.parent_binding AND o.key = p.parent_key));
    ELSE
        RETURN QUERY
            SELECT evaluator.unbarred(b.id, allowed.action)
            INTERSECT
            SELECT s.key FROM evaluator.seen s WHERE s.binding = b.id
            EXCEPT
            SELECT evaluator.held(b.id, allowed.action);
    END IF;
END
$$;

-- Rows of which the judged actor may add one that holds the same, but for the key: it may
-- create it, is who the row says that it is, or holds what that asks for, and sees what the
-- row names. Nothing is said of rows whose owner column is NULL: new ones get an owner.
CREATE FUNCTION evaluator.addable(binding integer) RETURNS SETOF text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b clearance.binding := (SELECT b FROM clearance.binding b WHERE b.id = binding);
    keys text[];
    given text;
BEGIN
    EXECUTE format('SELECT array_agg(k) FROM evaluator.allowed($1, $2) k WHERE k NOT IN (SELECT %s FROM %s t WHERE %s)',
                   evaluator.key_of(b.relation), b.relation, coalesce(evaluator.about(b.owner_column, 't.%I IS NULL'), 'false'))
        USING b.id, b.create_action INTO keys;
    FOR given IN SELECT DISTINCT coalesce(a.action, '') FROM evaluator.asked a WHERE a.binding = b.id LOOP
        keys := ARRAY(SELECT unnest(keys)
                      EXCEPT
                      SELECT a.key FROM evaluator.asked a, evaluator.judged j
                      WHERE a.binding = b.id AND coalesce(a.action, '') = given AND (a.whom = ANY (j.keys)) IS NOT TRUE
                          AND (given = '' OR a.key NOT IN (SELECT evaluator.holding(b.id, b.feature, given))));
    END LOOP;
    RETURN QUERY
        SELECT k FROM unnest(keys) k
        WHERE NOT EXISTS (SELECT FROM evaluator.naming n
                          WHERE n.binding = b.id AND n.key = k AND NOT EXISTS (
                              SELECT FROM evaluator.seen s WHERE s.binding = n.target_binding AND s.key = n.target_key));
END
$$;

-- Rows that are seen and in which a masked column is open (41): its action is held there. An
-- action of another feature is granted and gated by what levels say of that feature, and one of
-- a parent's feature is judged on the parent, as gates are (18). A partner as a whole only reads (15).
CREATE FUNCTION evaluator.unmasked(binding integer, "column" name) RETURNS SETOF text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b clearance.binding := (SELECT b FROM clearance.binding b WHERE b.id = binding);
    m clearance.binding_mask := (SELECT m FROM clearance.binding_mask m WHERE (m.binding_id, m.column_name) = (binding, "column"));
    a evaluator.judged := (SELECT a FROM evaluator.judged a);
BEGIN
    IF a.member IS NULL AND NOT (SELECT x.reads FROM clearance.action x WHERE (x.feature, x.name) = (m.feature, m.action)) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT s.key FROM evaluator.seen s
        JOIN evaluator.fact r ON r.binding = s.binding AND r.key = s.key
        WHERE s.binding = b.id
            AND r.place IN (SELECT evaluator.switched_on(b.feature))
            AND r.place IN (SELECT evaluator.open_places(m.feature, m.action))
            -- to read more of a row is to view it (rule 6, 11)
            AND (a.kind <> 'customer' OR r.client IS NULL OR r.client = 'edit'
                 OR (SELECT x.reads FROM clearance.action x WHERE (x.feature, x.name) = (m.feature, m.action))
                    AND (r.client = 'read' OR r.key IN (SELECT evaluator.fitting(b.id, m.feature, m.action, 'own'))))
        INTERSECT
        (SELECT evaluator.gated(b.id, m.feature, m.action)
         WHERE m.feature IN ('project', b.feature) OR NOT evaluator.leads_to(b.id, m.feature)
         UNION ALL
         SELECT evaluator.gated_above(b.id, m.feature, m.action, ARRAY[m.feature || '.' || m.action])
         WHERE m.feature NOT IN ('project', b.feature) AND evaluator.leads_to(b.id, m.feature));
END
$$;

-- ---------------------------------------------------------------------------
-- 6. Questions
-- ---------------------------------------------------------------------------

-- Forgets who was judged last: wanted when people, levels or projects changed since.
CREATE FUNCTION evaluator.forget() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    TRUNCATE evaluator.judged, evaluator.colleague, evaluator.level_in_force, evaluator.seen, evaluator.sightable
$$;

-- Reads all rows once; questions until the end of the transaction use this reading, and
-- questions about one actor in a row judge it once.
CREATE FUNCTION evaluator.hold() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
BEGIN
    PERFORM evaluator.read_rows();
    PERFORM evaluator.forget();
    PERFORM set_config('evaluator.held', 'on', true);
END
$$;

-- Puts an actor before the judge: finds its levels and what it sees.
CREATE FUNCTION evaluator.judge(actor evaluator.judged) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
BEGIN
    IF coalesce(current_setting('evaluator.held', true), '') = 'on' THEN
        IF (SELECT j.label FROM evaluator.judged j) IS NOT DISTINCT FROM actor.label THEN
            RETURN;
        END IF;
    ELSE
        PERFORM evaluator.read_rows();
    END IF;
    PERFORM evaluator.forget();
    IF actor.label IS NOT NULL THEN
        INSERT INTO evaluator.judged SELECT actor.*;
        PERFORM evaluator.find_colleagues();
        PERFORM evaluator.find_grants();
        PERFORM evaluator.find_levels();
        PERFORM evaluator.look();
    END IF;
END
$$;

CREATE FUNCTION evaluator.binding_of(relation regclass) RETURNS clearance.binding
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b clearance.binding := (SELECT b FROM clearance.binding b WHERE b.relation = binding_of.relation);
BEGIN
    IF b.id IS NULL THEN
        RAISE '% is not a protected table', relation;
    END IF;
    RETURN b;
END
$$;

-- Keys of the rows on which the member may do the action, named as of the table's feature.
CREATE FUNCTION evaluator.permitted(member bigint, relation regclass, action text) RETURNS SETOF text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    b clearance.binding := evaluator.binding_of(relation);
BEGIN
    IF action NOT IN ('assign', 'invite', 'change_owner', b.view_action, b.create_action, b.edit_action, b.delete_action)
        AND NOT EXISTS (SELECT FROM clearance.action x WHERE x.feature = b.feature AND x.name = permitted.action) THEN
        RAISE 'feature % has no action %', b.feature, action;
    END IF;
    PERFORM evaluator.judge((SELECT s FROM evaluator.standing_member(member) s));
    RETURN QUERY SELECT evaluator.allowed(b.id, action);
END
$$;

-- Keys of the rows of which the member may add one that holds the same, but for the key.
CREATE FUNCTION evaluator.addable(member bigint, relation regclass) RETURNS SETOF text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
BEGIN
    PERFORM evaluator.judge((SELECT s FROM evaluator.standing_member(member) s));
    RETURN QUERY SELECT evaluator.addable((evaluator.binding_of(relation)).id);
END
$$;

-- Keys of the rows that a login for the whole partner sees; it does nothing else (15).
CREATE FUNCTION evaluator.permitted_partner(partner bigint, relation regclass) RETURNS SETOF text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    b clearance.binding := evaluator.binding_of(relation);
BEGIN
    PERFORM evaluator.judge((SELECT s FROM evaluator.standing_partner(partner) s));
    RETURN QUERY SELECT evaluator.allowed(b.id, b.view_action);
END
$$;

-- Keys of the rows whose masked column the member, or a login for the whole partner, reads as it is.
CREATE FUNCTION evaluator.readable(member bigint, relation regclass, "column" name) RETURNS SETOF text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
BEGIN
    PERFORM evaluator.judge((SELECT s FROM evaluator.standing_member(member) s));
    RETURN QUERY SELECT evaluator.unmasked((evaluator.binding_of(relation)).id, "column");
END
$$;

CREATE FUNCTION evaluator.readable_partner(partner bigint, relation regclass, "column" name) RETURNS SETOF text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
BEGIN
    PERFORM evaluator.judge((SELECT s FROM evaluator.standing_partner(partner) s));
    RETURN QUERY SELECT evaluator.unmasked((evaluator.binding_of(relation)).id, "column");
END
$$;

-- Keys of the projects where the member may do the act, as far as no row is concerned;
-- NULL among them: on the account level, or where rows of the feature have no project.
CREATE FUNCTION evaluator.may_where(member bigint, feature text, action text) RETURNS SETOF text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
BEGIN
    PERFORM evaluator.judge((SELECT s FROM evaluator.standing_member(member) s));
    RETURN QUERY SELECT DISTINCT p.key
                 FROM evaluator.places_for(feature, action) AS w (place)
                 LEFT JOIN clearance.project p ON p.id = w.place
                 WHERE w.place <> -1
                    OR EXISTS (SELECT FROM clearance.binding b WHERE b.feature = may_where.feature AND b.project_optional);
END
$$;

-- May the member do the act in the project; project NULL: on the account level?
CREATE FUNCTION evaluator.may(member bigint, feature text, action text, project text) RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM evaluator.may_where(may.member, may.feature, may.action) AS w (key)
                   WHERE w.key IS NOT DISTINCT FROM may.project)
$$;
