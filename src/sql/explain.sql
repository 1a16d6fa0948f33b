-- ---------------------------------------------------------------------------
-- Explanations: why somebody may or may not do something to a row, step by step
-- (src/enforce/explain.c), and what would change that.
-- ---------------------------------------------------------------------------

-- Whom a question is about, who asks considered: what operators name, or else who
-- acts. Members who name anybody but themselves are refused before it is looked
-- whether there is such a one.
CREATE FUNCTION clearance_internal.asked_about(member_key text, partner bigint, role oid, account bigint, relation oid,
    OUT member bigint, OUT partner_id bigint, OUT by_operator boolean, OUT label text, OUT note text, OUT role_name text, OUT is_bound boolean, OUT lacks text[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    acting record;
BEGIN
    IF num_nonnulls(member_key, partner, role) > 1 THEN
        RAISE EXCEPTION 'more than one of member, partner and role is named' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'A question is about one of them.';
    END IF;
    SELECT a.member, a.partner INTO acting FROM clearance.current_actor() a;
    by_operator := clearance.is_operator();
    IF by_operator THEN
        IF num_nonnulls(member_key, partner, role) = 0 THEN
            RAISE EXCEPTION 'nobody acts, and nobody is named' USING ERRCODE = 'invalid_parameter_value',
                HINT = 'Name whom the question is about: member => its key, partner => its id or role => a login role.';
        END IF;
        SELECT n.member, n.partner, n.note, n.is_bound, n.lacks INTO member, partner_id, note, is_bound, lacks
        FROM clearance_internal.named_actor(member_key, partner, role, account, relation) n;
        role_name := role::regrole;
    ELSE
        member := acting.member;
        partner_id := acting.partner;
        IF role IS NOT NULL OR (partner IS NOT NULL AND partner IS DISTINCT FROM partner_id)
            OR member_key IS NOT NULL
                AND NOT EXISTS (SELECT FROM clearance.member m
                                WHERE m.id = member AND m.key = member_key AND m.account_id = coalesce(account, m.account_id)) THEN
            RAISE insufficient_privilege USING
                MESSAGE = 'only operators ask about others',
                DETAIL = 'Members are told about themselves alone.',
                HINT = 'Operators are superusers and members of the role that owns the extension, while nobody acts.';
        END IF;
    END IF;
    label := coalesce(
        (SELECT format('%s "%s"', m.kind, clearance_internal.member_label(m)) || coalesce(' of "' || coalesce(p.name, c.name) || '"', '')
         FROM clearance.member m LEFT JOIN clearance.partner p ON p.id = m.partner_id LEFT JOIN clearance.customer c ON c.id = m.customer_id
         WHERE m.id = member),
        (SELECT format('partner "%s" as a whole', p.name) FROM clearance.partner p WHERE p.id = partner_id),
        'nobody');
END
$$;
COMMENT ON FUNCTION clearance_internal.asked_about IS
'internal: whom a question is about, in words too, whether an operator asks, and what is to say of the login role';

CREATE FUNCTION clearance_internal.named_actor(member_key text, partner_id bigint, role oid, account bigint, relation oid,
    OUT member bigint, OUT partner bigint, OUT note text, OUT is_bound boolean, OUT lacks text[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    found_members bigint[];
    mapped clearance.login_role;
    login pg_roles;
BEGIN
    IF member_key IS NOT NULL THEN
        found_members := ARRAY(SELECT m.id FROM clearance.member m
                               WHERE m.key = member_key AND m.account_id = coalesce(account, m.account_id));
        IF cardinality(found_members) = 0 THEN
            RAISE EXCEPTION 'no member has the key "%"', member_key USING ERRCODE = 'undefined_object',
                HINT = 'Members are named by their key, the application''s user id.';
        ELSIF cardinality(found_members) > 1 THEN
            RAISE EXCEPTION 'members of % accounts have the key "%"', cardinality(found_members), member_key USING ERRCODE = 'ambiguous_parameter',
                HINT = 'Name the account, too: account => its id.';
        END IF;
        member := found_members[1];
    ELSIF partner_id IS NOT NULL THEN
        SELECT p.id INTO partner FROM clearance.partner p WHERE p.id = partner_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'no partner with id %', partner_id USING ERRCODE = 'undefined_object',
                HINT = 'clearance.partners lists them.';
        END IF;
    ELSE
        SELECT * INTO login FROM pg_roles r WHERE r.oid = role;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'no role with OID %', role USING ERRCODE = 'undefined_object';
        END IF;
        SELECT * INTO mapped FROM clearance.login_role l WHERE l.role = named_actor.role;
        IF mapped.setting IS NOT NULL THEN
            RAISE EXCEPTION 'role % acts for whom the setting % names', role::regrole, mapped.setting USING ERRCODE = 'invalid_parameter_value',
                HINT = 'Ask about that member: member => its key.';
        END IF;
        member := mapped.member_id;
        partner := mapped.partner_id;
        is_bound := NOT (login.rolsuper OR login.rolbypassrls
            OR EXISTS (SELECT FROM pg_class c WHERE c.oid = relation AND NOT c.relforcerowsecurity AND pg_has_role(role, c.relowner, 'USAGE')));
        note := format(CASE WHEN login.rolsuper THEN 'role %s is a superuser, whom row security does not bind'
                            WHEN login.rolbypassrls THEN 'role %s has BYPASSRLS: row security does not bind it'
                            WHEN NOT is_bound THEN 'role %s owns the table, whose row security is not forced'
                            WHEN mapped IS NULL THEN 'role %s is mapped to nobody, and acts for whom its sessions name'
                            WHEN mapped.by_set_role THEN 'role %s is mapped by SET ROLE'
                            ELSE 'role %s is mapped' END, role::regrole);
        lacks := ARRAY(SELECT v.name FROM unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) WITH ORDINALITY v (name, i)
                       WHERE NOT CASE WHEN v.name = 'DELETE' THEN has_table_privilege(role, relation, v.name)
                                      ELSE has_any_column_privilege(role, relation, v.name) END ORDER BY v.i);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.named_actor IS
'internal: the member of a key, a partner, or whom a login role is mapped to, with what is to say of that role and a table';

CREATE FUNCTION clearance.explain(relation regclass, key clearance.app_key, action text DEFAULT NULL,
    clearance.by_name DEFAULT 'by name',
    member clearance.app_key DEFAULT NULL, partner bigint DEFAULT NULL, role regrole DEFAULT NULL, account bigint DEFAULT NULL,
    changes jsonb DEFAULT NULL)
RETURNS TABLE (explanation text, depth integer, step text, subject text, verdict text, found text, code text)
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'clearance_explain';
COMMENT ON FUNCTION clearance.explain IS
'why a member, a partner as a whole or whom a login role is mapped to may do an action to a row, or not: every step of the rule, a line each, and what would change the verdict. Operators ask about anybody, everybody else about itself';

CREATE FUNCTION clearance.explain_json(relation regclass, key clearance.app_key, action text DEFAULT NULL,
    clearance.by_name DEFAULT 'by name',
    member clearance.app_key DEFAULT NULL, partner bigint DEFAULT NULL, role regrole DEFAULT NULL, account bigint DEFAULT NULL,
    changes jsonb DEFAULT NULL)
RETURNS SETOF jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH line AS MATERIALIZED (
        SELECT e.*, count(*) FILTER (WHERE e.step = 'verdict') OVER (ORDER BY e.n) AS answer,
               count(*) FILTER (WHERE e.step = 'change') OVER (ORDER BY e.n) AS reason,
               count(*) FILTER (WHERE e.step IN ('change', 'or')) OVER (ORDER BY e.n) AS alternative
        FROM clearance.explain(relation, key, action, member => member, partner => partner, role => role, account => account,
                               changes => changes)
            WITH ORDINALITY AS e (explanation, depth, step, subject, verdict, found, code, n)
    ), alternative AS (
        SELECT l.answer, l.reason, l.alternative, jsonb_agg(jsonb_build_object('what', l.subject, 'call', l.found) ORDER BY l.n) AS calls
        FROM line l WHERE l.step IN ('change', 'and', 'or') GROUP BY l.answer, l.reason, l.alternative
    ), reason AS (
        SELECT a.answer, a.reason, jsonb_agg(a.calls ORDER BY a.alternative) AS alternatives FROM alternative a GROUP BY a.answer, a.reason
    )
    SELECT jsonb_build_object(
        'question', v.subject, 'permitted', v.verdict = 'yes', 'code', v.code, 'reason', v.found,
        'steps', coalesce((SELECT jsonb_agg(jsonb_build_object('depth', l.depth, 'step', l.step, 'subject', l.subject,
                                                               'verdict', l.verdict, 'found', l.found, 'code', l.code) ORDER BY l.n)
                           FROM line l WHERE l.answer = v.answer AND l.step NOT IN ('verdict', 'change', 'and', 'or')), '[]'),
        'changes', coalesce((SELECT jsonb_agg(r.alternatives ORDER BY r.reason) FROM reason r WHERE r.answer = v.answer), '[]'))
    FROM line v WHERE v.step = 'verdict' ORDER BY v.n
$$;
COMMENT ON FUNCTION clearance.explain_json IS
'explain() as JSON, a document for each row that has the key: question, permitted, code, reason, steps, and changes: for each reason alternatives, of calls that go together';

-- ---------------------------------------------------------------------------
-- What would change a verdict: the calls, as an operator would run them. Nothing
-- here decides about rows: the rule was asked before what is missing.
-- ---------------------------------------------------------------------------

-- A project that an actor has no way into, as far as it could have one: of its
-- account; and the level that its own participation there names.
CREATE FUNCTION clearance_internal.supposed(member bigint, partner bigint, project_key text, OUT project bigint, OUT level integer)
RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.id, coalesce((SELECT pm.level_id FROM clearance.project_member pm
                           WHERE pm.project_id = p.id AND pm.member_id = m.id AND pm.level_id IS NOT NULL
                           ORDER BY pm.ends_at DESC LIMIT 1),
                          (SELECT pp.level_id FROM clearance.project_partner pp
                           WHERE pp.project_id = p.id AND pp.partner_id = coalesce(m.partner_id, c.id)), 0)
    FROM clearance.project p
    LEFT JOIN clearance.member m ON m.id = supposed.member
    LEFT JOIN clearance.partner c ON c.id = supposed.partner
    WHERE p.key = project_key AND p.account_id = coalesce(m.account_id, c.account_id)
$$;
COMMENT ON FUNCTION clearance_internal.supposed IS
'internal: a project of an actor''s account, and the level that its participation names there, zero for none';

CREATE FUNCTION clearance_internal.levels_from_least(member bigint, partner bigint) RETURNS integer[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY(SELECT l.id FROM clearance.level l
                 CROSS JOIN LATERAL (SELECT count(*) AS n FROM clearance.level_grant x WHERE x.level_id = l.id) g
                 WHERE l.audience = coalesce(m.kind, 'partner') AND coalesce(l.account_id, a.id) = a.id
                   AND NOT (l.built_in AND l.name = 'account_admin')
                 ORDER BY g.n, l.id)
    FROM (SELECT) one
    LEFT JOIN clearance.member m ON m.id = levels_from_least.member
    LEFT JOIN clearance.partner c ON c.id = levels_from_least.partner
    JOIN clearance.account a ON a.id = coalesce(m.account_id, c.account_id)
$$;
COMMENT ON FUNCTION clearance_internal.levels_from_least IS
'internal: the levels that somebody could be given in a project, those that grant least first';

-- All that is missing for a way into a project.
CREATE FUNCTION clearance_internal.ways_into(m clearance.member, company clearance.partner, project_key text) RETURNS TABLE (what text, call text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p clearance.project;
    at timestamptz := statement_timestamp();
    side text := CASE WHEN m.kind = 'customer' THEN 'customer' WHEN m.kind = 'vendor' THEN NULL ELSE 'partner' END;
    side_id bigint := coalesce(m.customer_id, m.partner_id, company.id);
    said record;
    own clearance.project_member;
BEGIN
    SELECT * INTO p FROM clearance.project x WHERE x.key = project_key;
    IF NOT FOUND THEN
        RETURN QUERY SELECT format('no project has the key "%s": the row needs one that is registered', project_key), NULL;
        RETURN;
    ELSIF p.account_id <> coalesce(m.account_id, company.account_id) THEN
        RETURN QUERY SELECT 'the project is another account''s, and nothing crosses an account', NULL;
        RETURN;
    END IF;
    IF side IS NOT NULL THEN
        SELECT * INTO said FROM clearance_internal.participation(side, side_id, p.id, at);
        IF said.said = 0 THEN
            RETURN QUERY SELECT format('put its %s on the project', side),
                format('SELECT clearance.add_%s_to_project(%L, %s)', side, p.key, side_id);
        ELSIF said.in_force = 0 THEN
            RETURN QUERY SELECT format('extend the participation of its %s, which %s', side, clearance_internal.window_text(said.ended, said.begins)),
                format('SELECT clearance.update_%s_on_project(%L, %s, %s)', side, p.key, side_id, clearance_internal.until_now(said.begins));
        END IF;
    END IF;
    IF m.kind = 'customer' AND NOT p.portal THEN
        RETURN QUERY SELECT 'open the client portal for the project', format('SELECT clearance.set_project(%L, portal => true)', p.key);
    END IF;
    SELECT * INTO said FROM clearance_internal.participation('member', m.id, p.id, at);
    SELECT * INTO own FROM clearance.project_member pm
    WHERE pm.project_id = p.id AND pm.member_id = m.id AND NOT starts_with(pm.source, 'mirror:') ORDER BY pm.ends_at DESC LIMIT 1;
    IF said.in_force = 0 AND own.member_id IS NOT NULL AND m.kind <> 'customer' THEN
        RETURN QUERY SELECT 'extend its membership of the project, which ' || clearance_internal.window_text(said.ended, said.begins),
            format('SELECT clearance.update_member_on_project(%L, %s, %s%s)', p.key, m.id, clearance_internal.until_now(
                       CASE WHEN own.starts_at > at THEN own.starts_at ELSE '-infinity' END),
                   CASE WHEN own.source <> 'direct' THEN format(', source => %L', own.source) ELSE '' END);
    ELSIF said.in_force = 0 AND (m.kind = 'vendor' OR (m.kind = 'partner' AND NOT m.partner_admin)) THEN
        RETURN QUERY SELECT 'put it on the project', format('SELECT clearance.add_member_to_project(%L, %s)', p.key, m.id);
    END IF;
    IF side = 'partner' AND p.by_phase
        AND NOT EXISTS (SELECT FROM clearance.project_member pm JOIN clearance.member x ON x.id = pm.member_id
                        WHERE pm.project_id = p.id AND pm.through_phase AND clearance_internal.in_force(pm.starts_at, pm.ends_at, at)
                          AND (x.id = m.id OR (m.id IS NULL AND x.partner_id = company.id AND x.status = 'active'))) THEN
        RETURN QUERY SELECT 'have it take part in a phase, or have the project reached without',
            format('SELECT clearance.set_project(%L, by_phase => false)', p.key);
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.ways_into IS
'internal: what gives a member, or a partner as a whole, a way into a project';

CREATE FUNCTION clearance_internal.until_now(begins timestamptz) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN begins > '-infinity' THEN 'starts_at => now()' ELSE 'ends_at => ''infinity''' END
$$;
COMMENT ON FUNCTION clearance_internal.until_now IS 'internal: the argument that has a period in force now: it is over, unless it begins later';

CREATE FUNCTION clearance_internal.give_standing(m clearance.member, company clearance.partner) RETURNS TABLE (what text, call text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT v.what, v.call
    FROM (SELECT) one
    JOIN clearance.account a ON a.id = coalesce(m.account_id, company.account_id)
    LEFT JOIN clearance.partner p ON p.id = coalesce(m.partner_id, company.id)
    LEFT JOIN clearance.customer c ON c.id = m.customer_id
    CROSS JOIN LATERAL (VALUES
        (1, NOT a.active, 'have its account active', format('SELECT clearance.set_account(%s, active => true)', a.id)),
        (2, m.status = 'disabled', 'enable it', format('SELECT clearance.enable_member(%s)', m.id)),
        (3, m.status = 'invited', 'it has to accept its invitation: clearance.accept_invitation()', NULL),
        (4, NOT p.active, 'enable its partner', format('SELECT clearance.enable_partner(%s)', p.id)),
        (5, NOT c.active, 'enable its customer', format('SELECT clearance.enable_customer(%s)', c.id)),
        (6, c.id IS NOT NULL AND NOT a.portal, 'open the client portal of its account', format('SELECT clearance.set_account(%s, portal => true)', a.id)))
        AS v (i, is_missing, what, call)
    WHERE v.is_missing ORDER BY v.i
$$;
COMMENT ON FUNCTION clearance_internal.give_standing IS 'internal: what gives a member, or a partner as a whole, standing';

-- How a member comes to be related to a row: the first of the ways that are declared.
CREATE FUNCTION clearance_internal.relate_to_row(b clearance.binding, row_key text, kind text, m clearance.member) RETURNS TABLE (what text, call text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE kind WHEN 'own' THEN 'make it the owner of the row' WHEN 'followed' THEN 'have it follow the row'
                     WHEN 'invited' THEN 'invite it to the row' ELSE 'assign the row to it' END,
           CASE WHEN w.link IS NULL
                THEN format('UPDATE %s SET %I = %s WHERE %s = %L', b.relation, w.member_column,
                            CASE WHEN t.typcategory = 'A' THEN format('array_append(%I, %L)', w.member_column, m.key) ELSE quote_literal(m.key) END,
                            coalesce(quote_ident(b.key_column), 'ctid'), row_key)
                ELSE format('INSERT INTO %s (%I, %I) SELECT t.%I, %L FROM %s t WHERE t.%s = %L', w.link, w.link_column, w.member_column,
                            coalesce(w.row_column, b.key_column), m.key, b.relation, coalesce(quote_ident(b.key_column), 'ctid'), row_key) END
    FROM (SELECT 1 AS place, b.owner_column AS member_column, NULL::regclass AS link, NULL::name AS link_column, NULL::name AS row_column, 0 AS id
          WHERE kind = 'own' AND b.owner_column IS NOT NULL
          UNION ALL
          SELECT CASE WHEN r.link IS NULL THEN 2 ELSE 3 END, r.member_column, r.link, r.link_column, r.row_column, r.id
          FROM clearance.binding_relation r
          WHERE r.binding_id = b.id AND r.kind = relate_to_row.kind AND r.member_column IS NOT NULL) w
    JOIN pg_attribute a ON a.attrelid = coalesce(w.link, b.relation) AND a.attname = w.member_column
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE m.key IS NOT NULL
    ORDER BY w.place, w.id LIMIT 1
$$;
COMMENT ON FUNCTION clearance_internal.relate_to_row IS 'internal: the statement that relates a member to a row';

CREATE FUNCTION clearance_internal.set_in_row(b clearance.binding, row_key text, "column" name, value text) RETURNS text
LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('UPDATE %s SET %I = %L WHERE %s = %L', b.relation, "column", value, coalesce(quote_ident(b.key_column), 'ctid'), row_key)
$$;
COMMENT ON FUNCTION clearance_internal.set_in_row IS 'internal: the statement that gives a row another value';

CREATE FUNCTION clearance_internal.remedies(code text, detail text, member bigint, partner bigint, relation oid, row_key text, project_key text,
    action text) RETURNS TABLE (what text, call text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    m clearance.member;
    company clearance.partner;
    b clearance.binding;
    level text;
BEGIN
    SELECT * INTO m FROM clearance.member x WHERE x.id = member;
    SELECT * INTO company FROM clearance.partner x WHERE x.id = partner;
    SELECT * INTO b FROM clearance.binding x WHERE x.id = clearance_internal.binding_of(relation);
    b.relation := relation;
    IF code IN ('no_way_in', 'ended', 'not_begun', 'company_ended', 'company_not_begun', 'portal_off', 'by_phase') THEN
        RETURN QUERY SELECT * FROM clearance_internal.ways_into(m, company, project_key);
    ELSIF code = 'no_standing' THEN
        RETURN QUERY SELECT * FROM clearance_internal.give_standing(m, company);
    ELSIF code = 'not_related' THEN
        RETURN QUERY SELECT * FROM clearance_internal.relate_to_row(b, row_key, detail, m);
    ELSIF code = 'not_owned' THEN
        RETURN QUERY SELECT r.what, r.call FROM unnest('{own,assigned}'::text[]) WITH ORDINALITY k (kind, i)
                     CROSS JOIN LATERAL clearance_internal.relate_to_row(b, row_key, k.kind, m) r ORDER BY k.i LIMIT 1;
    ELSIF code = 'level' THEN
        SELECT l.name INTO level FROM clearance.level l WHERE l.id = detail::integer;
        RETURN QUERY SELECT format('give it level "%s" in the project', level),
            CASE WHEN m.id IS NULL THEN format('SELECT clearance.update_partner_on_project(%L, %s, %L)', project_key, company.id, level)
                 WHEN EXISTS (SELECT FROM clearance.project_member pm JOIN clearance.project p ON p.id = pm.project_id
                              WHERE p.key = project_key AND pm.member_id = m.id AND pm.source = 'direct')
                     THEN format('SELECT clearance.update_member_on_project(%L, %s, %L)', project_key, m.id, level)
                 ELSE format('SELECT clearance.add_member_to_project(%L, %s, %L)', project_key, m.id, level) END;
    ELSIF code = 'switch' THEN
        RETURN QUERY SELECT format('switch %s on for it', action),
            format('SELECT clearance.switch_on(%s, %L, %L)', m.id, split_part(action, '.', 1), split_part(action, '.', 2));
    ELSE
        RETURN QUERY SELECT v.what, v.call FROM (VALUES
            ('no_actor', 'somebody has to act: clearance.set_actor(), a token, or a mapped login role', NULL),
            ('partner_login', 'a member of the partner has to do it: a login for a whole partner only views', NULL),
            ('no_project', format('give the row a project, in column "%s"', b.project_column), NULL),
            ('parents_apart', 'have the rows that it belongs to in one project', NULL),
            ('links_apart', 'have the rows that it links in one project', NULL),
            ('no_parent', 'give the row a parent', NULL),
            ('no_link', 'have it link a row', NULL),
            ('other_account', 'have the row in the account',
                clearance_internal.set_in_row(b, row_key, b.account_column, (SELECT coalesce(a.key, a.id::text) FROM clearance.account a WHERE a.id = coalesce(m.account_id, company.account_id)))),
            ('archived', 'take the project out of the archive', format('SELECT clearance.set_project(%L, archived => false)', project_key)),
            ('read_only', 'open the project for changes', format('SELECT clearance.set_project(%L, archived => false, read_only => false)', project_key)),
            ('feature_off', 'switch the feature on for the project', format('SELECT clearance.set_project_feature(%L, %L, true)', project_key,
                coalesce(split_part(action, '.', 1), b.feature))),
            ('out_of_reach', CASE detail WHEN 'owned' THEN 'have it own the project' ELSE 'put it on the project' END,
                format(CASE detail WHEN 'owned' THEN 'SELECT clearance.transfer_project(%L, %s)'
                                   ELSE 'SELECT clearance.add_member_to_project(%L, %s)' END, project_key, m.id)),
            ('no_upload', 'have the project take uploads of customers', format('SELECT clearance.set_project(%L, client_upload => true)', project_key)),
            ('not_shared', 'share the row', clearance_internal.set_in_row(b, row_key, b.visibility_column, b.shared_values[1])),
            ('other_kind', 'give the row a kind that it is granted for', clearance_internal.set_in_row(b, row_key, b.kind_column, detail)),
            ('client_hidden', 'open the row to customers', clearance_internal.set_in_row(b, row_key, b.client_visibility_column, detail)),
            ('draft', 'publish the row', clearance_internal.set_in_row(b, row_key, b.published_column,
                (SELECT CASE a.atttypid WHEN 'boolean'::regtype THEN 'true' ELSE 'now' END
                 FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = b.published_column)))) AS v (code, what, call)
        WHERE v.code = remedies.code;
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.remedies IS
'internal: what would mend a reason for which an actor was refused, in words and as a call, if there is one';
