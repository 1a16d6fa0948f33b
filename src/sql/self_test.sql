-- ---------------------------------------------------------------------------
-- Self-test: in this database, with its own tables, throw-away actors look at
-- rows through the roads that are open here, and everything is rolled back.
-- What is found out is what the server does, not what the rule would say.
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance_internal.run_as(login oid, statements text[]) RETURNS text
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_run_as';
COMMENT ON FUNCTION clearance_internal.run_as IS
'runs statements in a session of another role, which comes back from there to no other rights; the first value of the last one';

CREATE FUNCTION clearance_internal.test_run(login oid, statements text[], OUT value text, OUT state text, OUT message text, OUT code text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    value := clearance_internal.run_as(login, statements);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, code = CONSTRAINT_NAME;
END
$$;
COMMENT ON FUNCTION clearance_internal.test_run IS 'run_as(), and the error if there is one';

-- ---------------------------------------------------------------------------
-- The stage: a role, levels, tokens, and actors around a project
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.test_level(name text, audience text, without text[], read_only boolean) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    new_id integer;
BEGIN
    INSERT INTO clearance.level (name, audience) VALUES (test_level.name, test_level.audience) RETURNING id INTO new_id;
    INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation)
    SELECT new_id, a.feature, a.name, 'any', 'any' FROM clearance.action a
    WHERE a.feature <> 'settings' AND a.feature || '.' || a.name <> ALL (without)
      AND (NOT read_only OR a.reads OR EXISTS (SELECT FROM clearance.binding b WHERE (b.feature, b.view_action) = (a.feature, a.name)));
    -- nor what follows from others
    INSERT INTO clearance.level_denial (level_id, feature, action)
    SELECT new_id, a.feature, a.name FROM clearance.action a WHERE a.feature || '.' || a.name = ANY (without);
    RETURN new_id;
END
$$;
COMMENT ON FUNCTION clearance_internal.test_level IS 'a throw-away level that grants all rows everything, or all that reads, without some actions';

-- What masks and guards ask for, unless that opens rows as well.
CREATE FUNCTION clearance_internal.test_column_actions() RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(DISTINCT c.feature || '.' || c.action), '{}')
    FROM (SELECT m.feature, m.action FROM clearance.binding_mask m
          UNION ALL
          SELECT g.feature, g.action FROM clearance.binding_guard g) c
    WHERE NOT EXISTS (SELECT FROM clearance.binding b WHERE b.feature = c.feature AND c.action IN (b.view_action, b.edit_action))
$$;
COMMENT ON FUNCTION clearance_internal.test_column_actions IS 'actions that only columns ask for';

CREATE FUNCTION clearance_internal.test_stage() RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    mark text := 'clearance self-test ' || gen_random_uuid();
    login name := replace(mark, ' ', '_');
    mapped name := login || '_m';
    secret bytea := sha256(convert_to(gen_random_uuid() || mark, 'UTF8'));
    account bigint := clearance.create_account(mark);
    withheld text[] := clearance_internal.test_column_actions();
BEGIN
    EXECUTE format('CREATE ROLE %I', login);
    EXECUTE format('CREATE ROLE %I', mapped);
    PERFORM clearance.trust_role(login::regrole);
    PERFORM clearance.add_token_key(mark, 'HS256', clearance_internal.test_base64url(secret), mark);
    RETURN jsonb_build_object('mark', mark, 'login', login::regrole::oid, 'mapped', mapped::regrole::oid, 'secret', encode(secret, 'hex'),
        'stranger', clearance.add_member(mark, email => replace(mark, ' ', '-') || '@example.invalid', roles => '{account_admin}', account => account),
        'everything', clearance_internal.test_level(mark || ' everything', 'partner', '{}', false),
        'withheld', clearance_internal.test_level(mark || ' but for columns', 'partner', withheld, false),
        'reading', clearance_internal.test_level(mark || ' reading', 'partner', withheld, true),
        'nothing', clearance_internal.test_level(mark || ' nothing', 'partner', (SELECT array_agg(a.feature || '.' || a.name) FROM clearance.action a), true));
END
$$;
COMMENT ON FUNCTION clearance_internal.test_stage IS
'throw-away things for all tables: a trusted role, one to be mapped, a key of tokens, levels, and the admin of an account without projects';

-- Each partner has one member, which is no admin: those hold more than their level.
CREATE FUNCTION clearance_internal.test_cast(stage jsonb, account bigint, project_key text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    part record;
    project bigint;
    beside bigint;
    partner bigint;
    member bigint;
    roles jsonb;
BEGIN
    INSERT INTO clearance.member (account_id, key) VALUES (account, concat_ws(' ', stage ->> 'mark', 'admin')) RETURNING id INTO member;
    INSERT INTO clearance.member_role SELECT member, r.id FROM clearance.role r WHERE r.built_in AND r.name = 'account_admin';
    roles := jsonb_build_object('admin', member);
    IF project_key IS NULL THEN
        RETURN roles;
    END IF;
    SELECT p.id INTO project FROM clearance.project p WHERE p.key = project_key;
    INSERT INTO clearance.project (account_id, key) VALUES (account, stage ->> 'mark') RETURNING id INTO beside;
    FOR part IN SELECT v.*, concat_ws(' ', stage ->> 'mark', v.name) AS label
                FROM (VALUES ('insider', 'everything', project), ('restrained', 'withheld', project), ('reader', 'reading', project),
                             ('unentitled', 'nothing', project), ('below', 'below', project), ('outsider', 'everything', beside)) v (name, level, project)
                WHERE stage ? v.level LOOP
        INSERT INTO clearance.partner (account_id, name, level_id) VALUES (account, part.label, (stage ->> part.level)::integer) RETURNING id INTO partner;
        INSERT INTO clearance.project_partner (account_id, project_id, partner_id) VALUES (account, part.project, partner);
        INSERT INTO clearance.member (account_id, key, partner_id) VALUES (account, part.label, partner) RETURNING id INTO member;
        INSERT INTO clearance.project_member (account_id, project_id, member_id, source, partner_id) VALUES (account, part.project, member, 'direct', partner);
        roles := roles || jsonb_build_object(part.name, member);
    END LOOP;
    RETURN roles;
END
$$;
COMMENT ON FUNCTION clearance_internal.test_cast IS 'throw-away actors of an account, and on and beside one of its projects';

-- ---------------------------------------------------------------------------
-- Tokens
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.test_base64url(bytes bytea) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
RETURN translate(encode(bytes, 'base64'), E'+/=\n', '-_');
COMMENT ON FUNCTION clearance_internal.test_base64url IS 'bytes as tokens write them (RFC 7515)';

CREATE FUNCTION clearance_internal.token_mac(secret bytea, message bytea) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'clearance_token_mac';
COMMENT ON FUNCTION clearance_internal.token_mac IS 'HMAC-SHA256 of a message, which signs tokens of HS256';

CREATE FUNCTION clearance_internal.test_token(secret bytea, kid text, claims jsonb) RETURNS text
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.message || '.' || clearance_internal.test_base64url(clearance_internal.token_mac(secret, convert_to(m.message, 'UTF8')))
    FROM (SELECT clearance_internal.test_base64url(convert_to(jsonb_build_object('alg', 'HS256', 'kid', kid)::text, 'UTF8')) || '.'
              || clearance_internal.test_base64url(convert_to((jsonb_build_object(
                     'aud', coalesce(nullif(current_setting('clearance.token_audience'), ''), current_database()),
                     'exp', floor(extract(epoch FROM statement_timestamp()))::bigint + 50) || claims)::text, 'UTF8')) AS message) m
$$;
COMMENT ON FUNCTION clearance_internal.test_token IS 'a token signed with a secret, good for 50 seconds unless its claims say otherwise';

CREATE FUNCTION clearance_internal.test_authenticate(stage jsonb, member bigint, claims jsonb DEFAULT '{}') RETURNS text
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('SELECT clearance.authenticate(%L)', clearance_internal.test_token(decode(stage ->> 'secret', 'hex'), stage ->> 'mark',
               jsonb_build_object('iss', stage ->> 'mark', 'sub', m.key) || claims))
    FROM clearance.member m WHERE m.id = member
$$;
COMMENT ON FUNCTION clearance_internal.test_authenticate IS 'statement by which a throw-away member acts by a token of the throw-away key';

-- What is to be refused is refused as a token, not for some other reason.
CREATE FUNCTION clearance_internal.test_tokens(stage jsonb) RETURNS TABLE (relation regclass, road text, claim text, result text, detail text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    stranger bigint := (stage ->> 'stranger')::bigint;
    good text := clearance_internal.test_authenticate(stage, stranger);
    try record;
    got record;
    k clearance.token_key;
    member bigint;
BEGIN
    road := 'token';
    FOR try IN SELECT * FROM (VALUES
        ('a token is accepted', good, true),
        ('one that has expired is refused', clearance_internal.test_authenticate(stage, stranger, '{"exp": 1}'), false),
        ('one for somebody else is refused', clearance_internal.test_authenticate(stage, stranger, '{"aud": "clearance self-test"}'), false),
        ('one of another issuer is refused', clearance_internal.test_authenticate(stage, stranger, '{"iss": "clearance self-test"}'), false),
        ('one that another key has signed is refused', clearance_internal.test_authenticate(stage || jsonb_build_object('secret', repeat('00', 32)), stranger), false),
        ('one of an unknown key is refused', clearance_internal.test_authenticate(stage || '{"mark": "clearance self-test"}', stranger), false),
        ('one that is not signed is refused', regexp_replace(good, '[.][^.]*$', '.'')'), false)) v (claim, statement, accepted)
    LOOP
        got := clearance_internal.test_run((stage ->> 'login')::oid, ARRAY[try.statement]);
        claim := try.claim;
        result := CASE WHEN CASE WHEN try.accepted THEN got.value = stranger::text ELSE got.state = '28000' END THEN 'ok' ELSE 'failed' END;
        detail := coalesce(got.message, CASE WHEN NOT try.accepted THEN 'it was accepted' END);
        RETURN NEXT;
    END LOOP;
    FOR k IN SELECT * FROM clearance.token_key t WHERE t.kid <> stage ->> 'mark'
             AND clearance_internal.token_key_state(t.starts_at, t.ends_at, t.revoked_at, statement_timestamp()) = 'active' ORDER BY t.kid LOOP
        claim := format('a token of key "%s" is accepted', k.kid);
        IF k.algorithm <> 'HS256' THEN
            result := 'not tested';
            detail := 'what signs its tokens is with its issuer alone';
        ELSE
            member := stranger;
            IF k.account_id IS NOT NULL THEN
                -- not by add_member(), which would tell that it has no level
                INSERT INTO clearance.member (account_id, key, email)
                VALUES (k.account_id, stage ->> 'mark' || k.kid, md5(stage ->> 'mark' || k.kid) || '@example.invalid') RETURNING id INTO member;
            END IF;
            got := clearance_internal.test_run((stage ->> 'login')::oid, ARRAY(
                SELECT format('SELECT clearance.authenticate(%L)', clearance_internal.test_token(k.material, k.kid,
                           jsonb_build_object('iss', k.issuer, 'sub', CASE k.subject WHEN 'key' THEN m.key ELSE m.email END)))
                FROM clearance.member m WHERE m.id = member));
            result := CASE WHEN got.value = member::text THEN 'ok' ELSE 'failed' END;
            detail := got.message;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.test_tokens IS 'which tokens are accepted';

-- ---------------------------------------------------------------------------
-- Rows
-- ---------------------------------------------------------------------------

-- Told in SQL, beside what the rule says of it: the row's own project, or else
-- the first that a parent has, or what a link table links.
CREATE FUNCTION clearance_internal.test_project_of(binding integer, place text, above integer[] DEFAULT '{}') RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('coalesce(%s)', string_agg(c.project, ', ' ORDER BY c.n))
    FROM (SELECT -1 AS n, 'NULL::text' AS project
          UNION ALL
          SELECT 0, format('%s.%I::text', place, b.project_column) FROM clearance.binding b WHERE b.id = binding AND b.project_column IS NOT NULL
          UNION ALL
          SELECT u.n, format('(SELECT %s FROM %s %s WHERE %s.%I = %s.%I%s LIMIT 1)', clearance_internal.test_project_of(x.id, a.alias, above || binding),
                             x.relation, a.alias, a.alias, u.key_column, place, u.column_name, u.condition)
          FROM (SELECT p.id AS n, p.parent_id, b.key_column, p.column_name,
                       CASE WHEN p.type_column IS NOT NULL THEN format(' AND %s.%I::text = %L', place, p.type_column, p.type_value) END AS condition
                FROM clearance.binding_parent p JOIN clearance.binding b ON b.id = p.parent_id WHERE p.binding_id = binding AND p.same_project
                UNION ALL
                SELECT r.id, r.binding_id, r.row_column, r.link_column, NULL
                FROM clearance.binding l JOIN clearance.binding_relation r ON r.link = l.relation WHERE l.id = binding AND l.link_only) u
          JOIN clearance.binding x ON x.id = u.parent_id
          CROSS JOIN LATERAL (SELECT 'p' || cardinality(above) AS alias) a
          WHERE x.id <> ALL (above || binding)) c
$$;
COMMENT ON FUNCTION clearance_internal.test_project_of IS 'expression for the project of a row';

-- A project to be tested with: one that a throw-away partner can be put on, and
-- on which nobody is whom nobody put there.
CREATE FUNCTION clearance_internal.test_project(b clearance.binding, OUT account bigint, OUT key text, OUT why_not text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    found_rows bigint;
BEGIN
    IF clearance_internal.project_sources(b) > 0 OR b.link_only THEN
        EXECUTE format('SELECT p.account_id, p.key FROM (SELECT %s AS project FROM %s t LIMIT 10000) r JOIN clearance.project p ON p.key = r.project'
                       ' JOIN clearance.account a ON a.id = p.account_id AND a.active'
                       ' WHERE NOT p.archived AND NOT p.by_phase AND p.open_level_id IS NULL'
                       ' AND NOT EXISTS (SELECT FROM clearance.project_feature_off o WHERE o.project_id = p.id AND o.feature = %L)'
                       ' GROUP BY p.id ORDER BY count(*) DESC, p.id LIMIT 1', clearance_internal.test_project_of(b.id, 't'), b.relation, b.feature)
            INTO account, key;
    END IF;
    IF account IS NULL AND b.account_column IS NOT NULL THEN
        EXECUTE format('SELECT a.id FROM %s t JOIN clearance.account a ON coalesce(a.key, a.id::text) = t.%I::text AND a.active ORDER BY a.id LIMIT 1',
                       b.relation, b.account_column) INTO account;
    END IF;
    IF key IS NULL THEN
        EXECUTE format('SELECT count(*) FROM (SELECT FROM %s LIMIT 1) t', b.relation) INTO found_rows;
        why_not := CASE WHEN found_rows = 0 THEN 'the table has no row'
                        WHEN clearance_internal.project_sources(b) = 0 AND NOT b.link_only THEN 'its rows are of no project'
                        ELSE 'no row is in a project that a partner can be put on: registered, with the feature, not archived, not open to everybody, not divided in phases' END;
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.test_project IS 'the account and project with most rows; why not, if there is none';

-- Where rows are, and which: enough of them to tell whether they are what they should be.
CREATE FUNCTION clearance_internal.test_query(relation regclass) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('SELECT array_agg(r.place ORDER BY r.place) FROM (SELECT t.tableoid::oid || '' '' || t.ctid AS place FROM %s t LIMIT 1000) r', relation)
$$;
COMMENT ON FUNCTION clearance_internal.test_query IS 'query for the places of rows that somebody sees, 1,000 at most';

-- Of those places, the ones in a project.
CREATE FUNCTION clearance_internal.test_places(b clearance.binding, places text[], project_key text) RETURNS text[]
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found text[];
BEGIN
    EXECUTE format('SELECT array_agg(t.tableoid::oid || '' '' || t.ctid) FROM %s t WHERE t.tableoid::oid || '' '' || t.ctid = ANY ($1) AND %s = $2',
                   b.relation, clearance_internal.test_project_of(b.id, 't')) INTO found USING places, project_key;
    RETURN found;
END
$$;
COMMENT ON FUNCTION clearance_internal.test_places IS 'which places of rows are in a project';

CREATE FUNCTION clearance_internal.test_digest(relation regclass) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('SELECT count(*) || '' rows, '' || coalesce(sum(hashtext(t.tableoid::oid || '' '' || t.ctid)), 0) FROM %s t', relation)
$$;
COMMENT ON FUNCTION clearance_internal.test_digest IS 'query for how many rows somebody sees, and which';

CREATE FUNCTION clearance_internal.test_act(member bigint) RETURNS text
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp
RETURN format('SELECT clearance.set_actor(id => %s)', member);
COMMENT ON FUNCTION clearance_internal.test_act IS 'statement by which a member acts';

-- How it looks where nothing, or nothing of other projects, may be seen. What is
-- of no project, or of one that is open to everybody, is not other projects'.
CREATE FUNCTION clearance_internal.test_hidden(b clearance.binding, login oid, statements text[], but_for text DEFAULT NULL, OUT result text, OUT detail text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    got record := clearance_internal.test_run(login, statements || clearance_internal.test_query(b.relation));
    places text[] := got.value;
    shown bigint;
    is_empty boolean;
BEGIN
    IF got.state IS NOT NULL THEN
        result := 'failed';
        detail := got.message;
        RETURN;
    ELSIF but_for IS NULL THEN
        shown := coalesce(cardinality(places), 0);
    ELSE
        EXECUTE format('SELECT count(*) FROM (SELECT %s AS project FROM %s t WHERE t.tableoid::oid || '' '' || t.ctid = ANY ($2)) r'
                       ' JOIN clearance.project p ON p.key = r.project AND p.open_level_id IS NULL WHERE r.project <> $1',
                       clearance_internal.test_project_of(b.id, 't'), b.relation) INTO shown USING but_for, places;
    END IF;
    EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s)', b.relation) INTO is_empty;
    result := CASE WHEN shown > 0 THEN 'failed' WHEN is_empty THEN 'not tested' ELSE 'ok' END;
    detail := CASE WHEN shown > 0 THEN format('%s rows are seen%s', CASE WHEN shown = 1000 THEN 'at least 1,000' ELSE shown::text END, CASE WHEN but_for IS NOT NULL THEN ' of other projects' END)
                   WHEN is_empty THEN 'the table has no row' END;
END
$$;
COMMENT ON FUNCTION clearance_internal.test_hidden IS
'whether somebody sees no row; but_for: but those of one project, and those of none';

CREATE FUNCTION clearance_internal.test_narrowing(relation regclass) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'somebody else''s restrictive policies may hide rows: ' || string_agg(quote_ident(p.polname), ', ' ORDER BY p.polname) FROM pg_policy p
    WHERE p.polrelid = test_narrowing.relation AND NOT p.polpermissive AND NOT clearance_internal.is_policy_name(p.polname)
$$;
COMMENT ON FUNCTION clearance_internal.test_narrowing IS 'what may hide rows beside the rule; NULL: nothing';

-- Whether two see the same, for what the second one is known to see.
CREATE FUNCTION clearance_internal.test_same(b clearance.binding, login oid, statements text[], other oid, other_statements text[], OUT result text, OUT detail text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    here record := clearance_internal.test_run(login, statements || clearance_internal.test_digest(b.relation));
    there record := clearance_internal.test_run(other, other_statements || clearance_internal.test_digest(b.relation));
    seen text := split_part(here.value, ',', 1);
    expected text := split_part(there.value, ',', 1);
    narrowing text := clearance_internal.test_narrowing(b.relation);
BEGIN
    result := CASE WHEN here.value IS NULL OR there.value IS NULL THEN 'failed'
                   WHEN narrowing IS NOT NULL AND split_part(seen, ' ', 1)::bigint < split_part(expected, ' ', 1)::bigint THEN 'not tested'
                   WHEN here.value <> there.value THEN 'failed'
                   WHEN expected = '0 rows' THEN 'not tested' ELSE 'ok' END;
    detail := CASE WHEN here.value IS NULL OR there.value IS NULL THEN coalesce(here.message, there.message)
                   WHEN result = 'not tested' THEN CASE WHEN expected = '0 rows' THEN 'there is no row to be seen' ELSE narrowing END
                   WHEN seen <> expected THEN format('%s are seen, %s should be', seen, expected)
                   WHEN result = 'failed' THEN 'other rows are seen than should be'
                   ELSE seen END;
END
$$;
COMMENT ON FUNCTION clearance_internal.test_same IS 'whether somebody sees the same as somebody else';

-- What is there to be tested is said, and is not ok.
CREATE FUNCTION clearance_internal.test_shown(b clearance.binding, login oid, member bigint, project_key text, OUT result text, OUT detail text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    got record := clearance_internal.test_run(login, ARRAY[clearance_internal.test_act(member), clearance_internal.test_digest(b.relation)]);
    narrowing text := clearance_internal.test_narrowing(b.relation);
BEGIN
    result := CASE WHEN got.value IS NULL THEN 'failed' WHEN got.value NOT LIKE '0 rows,%' THEN 'ok' WHEN narrowing IS NOT NULL THEN 'not tested' ELSE 'failed' END;
    detail := CASE WHEN got.value IS NULL THEN got.message WHEN result = 'ok' THEN split_part(got.value, ',', 1)
                   WHEN result = 'not tested' THEN narrowing
                   ELSE 'no row is seen' || coalesce(format(' of project "%s", which has some', project_key), ', and there are some') END;
END
$$;
COMMENT ON FUNCTION clearance_internal.test_shown IS 'whether somebody sees rows that are there for it';

CREATE FUNCTION clearance_internal.test_edit(b clearance.binding, login oid, stage jsonb, member bigint, project_key text, OUT result text, OUT detail text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    sight record := clearance_internal.test_run(login, ARRAY[clearance_internal.test_act(member), clearance_internal.test_query(b.relation)]);
    places text[] := clearance_internal.test_places(b, sight.value::text[], project_key);
    got record;
BEGIN
    result := 'not tested';
    IF EXISTS (SELECT FROM clearance.level_grant g WHERE g.level_id = (stage ->> 'reading')::integer AND (g.feature, g.action) = (b.feature, b.edit_action)) THEN
        detail := format('who views rows edits them: action "%s" is for both, or only reads', b.edit_action);
        RETURN;
    ELSIF EXISTS (SELECT FROM clearance.binding_relation r WHERE r.binding_id = b.id AND r.kind = 'followed' AND r.link IS NULL) THEN
        detail := 'who sees a row may follow it, and so updates it';
        RETURN;
    ELSIF places IS NULL THEN
        detail := coalesce(sight.message, 'a level that only reads shows no row');
        RETURN;
    END IF;
    -- what locks a row to be written is bound by the policies of UPDATE, and runs no trigger
    got := clearance_internal.test_run(login, ARRAY[clearance_internal.test_act(member),
        format('SELECT count(*) FROM (SELECT FROM %s t WHERE t.tableoid::oid || '' '' || t.ctid = ANY (%L) LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) r', b.relation, places)]);
    result := CASE WHEN got.value = '0' THEN 'ok' ELSE 'failed' END;
    detail := CASE WHEN got.value = '1' THEN 'a row may be updated' ELSE got.message END;
END
$$;
COMMENT ON FUNCTION clearance_internal.test_edit IS 'whether a member that sees rows is kept from updating them';

CREATE FUNCTION clearance_internal.test_mask(b clearance.binding, m clearance.binding_mask, login oid, member bigint, project_key text, OUT result text, OUT detail text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    got record;
    covered bigint;
    open bigint;
BEGIN
    result := 'not tested';
    IF m.feature || '.' || m.action <> ALL (clearance_internal.test_column_actions()) THEN
        detail := format('who views or edits rows holds its action, %s.%s, too', m.feature, m.action);
        RETURN;
    END IF;
    got := clearance_internal.test_run(login, ARRAY[clearance_internal.test_act(member),
        format('SELECT jsonb_object_agg(r.place, r.value) FROM (SELECT t.tableoid::oid || '' '' || t.ctid AS place, t.%I::text AS value FROM %s t LIMIT 1000) r',
               m.column_name, b.relation)]);
    IF got.value IS NULL THEN
        result := CASE WHEN got.state IS NULL THEN result ELSE 'failed' END;
        detail := coalesce(got.message, 'a level without its action shows no row');
        RETURN;
    END IF;
    EXECUTE format('SELECT count(*), count(*) FILTER (WHERE r.value IS DISTINCT FROM t.mask) FROM jsonb_each_text($1) r (place, value) JOIN'
                   ' (SELECT x.tableoid::oid || '' '' || x.ctid AS place, x.%1$I::text AS value, CAST(%2$s AS %3$s)::text AS mask FROM %4$s x) t USING (place)'
                   ' WHERE t.value IS DISTINCT FROM t.mask AND r.place = ANY ($2)',
                   m.column_name, coalesce(m.mask, 'NULL'),
                   (SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a WHERE a.attrelid = b.relation AND a.attname = m.column_name), b.relation)
        INTO covered, open USING got.value::jsonb, clearance_internal.test_places(b, ARRAY(SELECT jsonb_object_keys(got.value::jsonb)), project_key);
    result := CASE WHEN open > 0 THEN 'failed' WHEN covered = 0 THEN 'not tested' ELSE 'ok' END;
    detail := CASE WHEN open > 0 THEN open || ' values are read' WHEN covered = 0 THEN 'no row in sight has a value to be masked' ELSE covered || ' values are masked' END;
END
$$;
COMMENT ON FUNCTION clearance_internal.test_mask IS 'whether a masked column is closed to a member that sees rows and lacks the action';

CREATE FUNCTION clearance_internal.test_guard(b clearance.binding, guarded name, login oid, member bigint, project_key text, OUT result text, OUT detail text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    got record;
BEGIN
    result := 'not tested';
    IF EXISTS (SELECT FROM clearance.binding_guard g WHERE (g.binding_id, g.column_name) = (b.id, guarded)
               AND g.feature || '.' || g.action <> ALL (clearance_internal.test_column_actions())) THEN
        detail := 'who views or edits rows holds its action, too';
        RETURN;
    ELSIF NOT EXISTS (SELECT FROM clearance.binding_guard g WHERE (g.binding_id, g.column_name) = (b.id, guarded) AND g.new_value IS NULL) THEN
        detail := 'it is guarded against single values only';
        RETURN;
    END IF;
    got := clearance_internal.test_run(login, ARRAY[clearance_internal.test_act(member), clearance_internal.test_query(b.relation)]);
    got := clearance_internal.test_run(login, ARRAY[clearance_internal.test_act(member),
        format('SELECT count(*) FILTER (WHERE e.columns <> ''{}'') || '' '' || count(*) FILTER (WHERE %L = ANY (e.columns))'
               ' FROM (SELECT t AS line FROM %s t WHERE t.tableoid::oid || '' '' || t.ctid = ANY (%L) LIMIT 100) r'
               ' CROSS JOIN LATERAL clearance.editable_columns(r.line) e (columns)',
               guarded, b.relation, clearance_internal.test_places(b, got.value::text[], project_key))]);
    result := CASE WHEN got.value IS NULL THEN 'failed' WHEN got.value LIKE '0 %' THEN 'not tested' WHEN got.value LIKE '% 0' THEN 'ok' ELSE 'failed' END;
    detail := CASE WHEN got.value IS NULL THEN got.message WHEN result = 'not tested' THEN 'a level without its action edits no row'
                   WHEN result = 'failed' THEN format('%s rows may be changed in it', split_part(got.value, ' ', 2)) END;
END
$$;
COMMENT ON FUNCTION clearance_internal.test_guard IS 'whether a guarded column may be changed by a member that may edit rows and lacks the action';

-- What is really written, where that is asked for, is undone with the rest: but triggers
-- of the application run. What they refuse is not the rule's.
CREATE FUNCTION clearance_internal.test_write(b clearance.binding, login oid, member bigint, project_key text, command text, refused boolean, OUT result text, OUT detail text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    got record := clearance_internal.test_run(login, ARRAY[clearance_internal.test_act(member), clearance_internal.test_query(b.relation)]);
    places text[] := clearance_internal.test_places(b, got.value::text[], project_key);
BEGIN
    IF places IS NULL THEN
        result := 'not tested';
        detail := coalesce(got.message, 'it sees no row');
        RETURN;
    END IF;
    got := clearance_internal.test_run(login, ARRAY[clearance_internal.test_act(member),
        format('WITH written AS (%s RETURNING 1) SELECT count(*) FROM written', format(command, b.relation, places))]);
    result := CASE WHEN got.value = '0' AND refused AND command LIKE 'UPDATE %' THEN 'not tested'
                   WHEN got.code IN (SELECT v.code FROM clearance.verdict_codes() v) AND got.state = '42501' OR got.value = '0'
                   THEN CASE WHEN refused THEN 'ok' ELSE 'failed' END
                   WHEN got.value IS NULL THEN 'not tested'
                   ELSE CASE WHEN refused THEN 'failed' ELSE 'ok' END END;
    detail := CASE WHEN got.value IS NULL AND result <> 'ok' THEN got.message WHEN got.value <> '0' THEN got.value || ' rows are written'
                   WHEN result = 'failed' THEN 'no row is written' WHEN result = 'not tested' THEN 'it may edit no row that has another value' END;
END
$$;
COMMENT ON FUNCTION clearance_internal.test_write IS
'whether somebody is refused, or permitted, a write of rows that it sees; command: with %1$s for the table, and %2$L for the places of rows';

CREATE FUNCTION clearance_internal.test_writes(b clearance.binding, stage jsonb, roles jsonb, project_key text)
RETURNS TABLE (claim text, result text, detail text)
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT v.claim, coalesce(v.why_not, w.result), CASE WHEN v.why_not IS NULL THEN w.detail ELSE 'who views or edits rows holds its action, too' END
    FROM (SELECT 1 AS n, 'who may only view rows cannot delete them' AS claim, 'reader' AS name, true AS refused, 'DELETE FROM %1$s t WHERE ' AS command, NULL AS why_not
          UNION ALL
          SELECT 2, 'who holds everything may edit rows', 'insider', false,
                 'UPDATE %1$s t SET ' || replace(format('%1$I = t.%1$I', b.columns[1]), '%', '%%') || ' WHERE ', NULL
          UNION ALL
          SELECT 3, format('guarded column "%s" is not set%s without its action', g.column_name, coalesce(' to ' || g.new_value, '')), 'restrained', true,
                 'UPDATE %1$s t SET ' || replace(format('%1$I = %2$L WHERE t.%1$I IS DISTINCT FROM %2$L', g.column_name, g.new_value), '%', '%%') || ' AND ',
                 CASE WHEN g.feature || '.' || g.action <> ALL (clearance_internal.test_column_actions()) THEN 'not tested' END
          FROM clearance.binding_guard g WHERE g.binding_id = b.id) v
    LEFT JOIN LATERAL (SELECT t.* FROM clearance_internal.test_write(b, (stage ->> 'login')::oid, (roles ->> v.name)::bigint, project_key,
                           v.command || 't.tableoid::oid || '' '' || t.ctid = ANY (%2$L)', v.refused) t WHERE v.why_not IS NULL) w ON true
    WHERE NOT b.link_only AND (stage ->> 'writes')::boolean AND roles ? 'reader'
    ORDER BY v.n, v.claim
$$;
COMMENT ON FUNCTION clearance_internal.test_writes IS 'what those who see rows of a table may not write, tried';

-- ---------------------------------------------------------------------------
-- Checks of one table, by each road
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.test_set_actor(b clearance.binding, stage jsonb, roles jsonb, project_key text, why_not text)
RETURNS TABLE (claim text, result text, detail text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    login oid := stage ->> 'login';
    part record;
BEGIN
    FOR part IN SELECT v.*, (stage || roles ->> v.name)::bigint AS member FROM (VALUES
        ('nobody', 'nobody sees nothing', NULL), ('stranger', 'an admin of another account sees no row', NULL),
        ('outsider', 'a partner of another project sees no row of it', ''), ('unentitled', 'a partner whose level grants nothing sees no row of it', ''),
        ('below', 'a partner that sees no parent sees no row of it', '')) v (name, claim, but_for)
        WHERE v.name <> 'below' OR stage ? 'below' LOOP
        claim := part.claim;
        result := 'not tested';
        detail := why_not;
        IF part.name = 'nobody' OR part.member IS NOT NULL THEN
            SELECT * INTO result, detail FROM clearance_internal.test_hidden(b, login,
                CASE WHEN part.member IS NOT NULL THEN ARRAY[clearance_internal.test_act(part.member)] ELSE '{}' END, part.but_for);
        END IF;
        RETURN NEXT;
    END LOOP;
    FOR part IN SELECT v.*, (roles ->> v.name)::bigint AS member FROM (VALUES
        ('admin', 'an admin of the account sees rows'), ('insider', 'a partner of a project sees its rows')) v (name, claim) LOOP
        claim := part.claim;
        result := 'not tested';
        detail := why_not;
        IF part.member IS NOT NULL THEN
            SELECT * INTO result, detail FROM clearance_internal.test_shown(b, login, part.member, project_key);
        END IF;
        RETURN NEXT;
    END LOOP;
    IF part.member IS NOT NULL THEN
        claim := 'and no row of another project';
        SELECT * INTO result, detail FROM clearance_internal.test_hidden(b, login, ARRAY[clearance_internal.test_act(part.member)], project_key);
        RETURN NEXT;
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.test_set_actor IS 'who sees rows of a table, where the application says who acts';

CREATE FUNCTION clearance_internal.test_rights(b clearance.binding, stage jsonb, roles jsonb, project_key text, why_not text)
RETURNS TABLE (claim text, result text, detail text)
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT v.claim, coalesce(r.result, 'not tested'), CASE WHEN r.result IS NULL THEN why_not ELSE r.detail END
    FROM (SELECT 1 AS part, 'who may only view rows cannot edit them' AS claim, NULL::name AS col, NULL::clearance.binding_mask AS mask
          UNION ALL
          SELECT 2, format('masked column "%s" is closed without its action', m.column_name), m.column_name, m FROM clearance.binding_mask m WHERE m.binding_id = b.id
          UNION ALL
          SELECT DISTINCT 3, format('guarded column "%s" is not changed without its action', g.column_name), g.column_name, NULL::clearance.binding_mask
          FROM clearance.binding_guard g WHERE g.binding_id = b.id) v
    LEFT JOIN LATERAL (SELECT e.* FROM clearance_internal.test_edit(b, (stage ->> 'login')::oid, stage, (roles ->> 'reader')::bigint, project_key) e WHERE v.part = 1
                       UNION ALL
                       SELECT e.* FROM clearance_internal.test_mask(b, v.mask, (stage ->> 'login')::oid, (roles ->> 'reader')::bigint, project_key) e WHERE v.part = 2
                       UNION ALL
                       SELECT e.* FROM clearance_internal.test_guard(b, v.col, (stage ->> 'login')::oid, (roles ->> 'restrained')::bigint, project_key) e WHERE v.part = 3) r
        ON roles ? 'reader'
    WHERE NOT b.link_only
    ORDER BY v.part, v.col
$$;
COMMENT ON FUNCTION clearance_internal.test_rights IS 'what those who see rows of a table may not do or read';

-- What a setting would hold that names a member, as a mapping reads it.
CREATE FUNCTION clearance_internal.test_setting(l clearance.login_role, member bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('SELECT set_config(%L, %L, true)', l.setting,
                  CASE WHEN l.claim IS NULL THEN v.value ELSE jsonb_build_object(l.claim, v.value)::text END)
    FROM clearance.member m
    CROSS JOIN LATERAL (SELECT CASE l.names WHEN 'id' THEN m.id::text WHEN 'key' THEN m.key ELSE m.email END AS value) v
    WHERE m.id = member
$$;
COMMENT ON FUNCTION clearance_internal.test_setting IS 'statement by which an application says in a setting that a member acts';

-- How a throw-away member acts in sessions of a login role, or whom it is mapped
-- to; and how it is known to act elsewhere, in a role that row security binds.
CREATE FUNCTION clearance_internal.test_login(b clearance.binding, stage jsonb, member bigint, login oid, mapped clearance.login_role)
RETURNS TABLE (claim text, result text, detail text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    other oid := stage ->> CASE WHEN mapped.partner_id IS NULL THEN 'login' ELSE 'mapped' END;
    known text[] := CASE WHEN mapped.partner_id IS NULL THEN ARRAY[clearance_internal.test_act(coalesce(mapped.member_id, member))] ELSE '{}' END;
    says_who boolean := mapped.role IS NULL OR mapped.setting IS NOT NULL;
    says text[] := CASE WHEN mapped.role IS NULL THEN known WHEN says_who THEN ARRAY[clearance_internal.test_setting(mapped, member)] ELSE '{}' END;
BEGIN
    claim := CASE WHEN says_who THEN 'a member sees the same as elsewhere' ELSE 'it sees the same as whom it is mapped to' END;
    result := 'not tested';
    IF NOT has_schema_privilege(login, (SELECT c.relnamespace FROM pg_class c WHERE c.oid = b.relation), 'USAGE') OR NOT has_table_privilege(login, b.relation, 'SELECT') THEN
        detail := 'the role may not read the table, or not all columns';
        RETURN NEXT;
        RETURN;
    ELSIF known[1] IS NULL AND mapped.partner_id IS NULL THEN
        detail := 'there is no row that a member could see';
    ELSE
        PERFORM clearance.map_role(other, partner => mapped.partner_id) WHERE mapped.partner_id IS NOT NULL;
        SELECT * INTO result, detail FROM clearance_internal.test_same(b, login, says, other, known);
    END IF;
    RETURN NEXT;
    IF says_who THEN
        claim := 'nobody sees nothing';
        SELECT * INTO result, detail FROM clearance_internal.test_hidden(b, login,
            CASE WHEN mapped.role IS NULL THEN '{}' ELSE ARRAY[format('SELECT set_config(%L, '''', true)', mapped.setting)] END);
        RETURN NEXT;
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.test_login IS 'whether a trusted or mapped login role sees of a table what it should';

-- Where each row needs a parent of another feature.
CREATE FUNCTION clearance_internal.test_parent_actions(b clearance.binding) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_agg(DISTINCT x.feature || '.' || x.view_action)
    FROM clearance.binding_parent p JOIN clearance.binding x ON x.id = p.parent_id
    WHERE p.binding_id = b.id
    HAVING NOT bool_or(p.optional OR x.feature = b.feature)
$$;
COMMENT ON FUNCTION clearance_internal.test_parent_actions IS 'what sight of a table''s parents asks for; NULL: rows may be seen without';

CREATE FUNCTION clearance_internal.test_table(b clearance.binding, stage jsonb) RETURNS TABLE (road text, claim text, result text, detail text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    login regrole := (stage ->> 'login')::oid;
    mapped regrole := (stage ->> 'mapped')::oid;
    parents text[] := clearance_internal.test_parent_actions(b);
    place record;
    roles jsonb := '{}';
    member bigint;
    l record;
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %s TO %s, %s', (SELECT c.relnamespace::regnamespace FROM pg_class c WHERE c.oid = b.relation), login, mapped);
    EXECUTE format('GRANT SELECT, UPDATE, DELETE ON %s TO %s, %s', b.relation, login, mapped);
    place := clearance_internal.test_project(b);
    IF parents IS NOT NULL THEN
        stage := stage || jsonb_build_object('below', clearance_internal.test_level(stage ->> 'mark' || ' below', 'partner', parents, false));
    END IF;
    IF place.account IS NOT NULL THEN
        roles := clearance_internal.test_cast(stage, place.account, place.key);
    END IF;
    member := coalesce(roles ->> 'insider', roles ->> 'admin');
    RETURN QUERY SELECT 'set_actor', t.* FROM clearance_internal.test_set_actor(b, stage, roles, place.key, place.why_not) t;
    RETURN QUERY SELECT 'set_actor', t.* FROM clearance_internal.test_rights(b, stage, roles, place.key, place.why_not) t;
    RETURN QUERY SELECT 'set_actor', t.* FROM clearance_internal.test_writes(b, stage, roles, place.key) t;

    IF EXISTS (SELECT FROM clearance.token_keys k WHERE k.kid <> stage ->> 'mark' AND k.state = 'active') THEN
        road := 'token';
        claim := 'an admin of another account sees no row';
        SELECT * INTO result, detail FROM clearance_internal.test_hidden(b, login, ARRAY[clearance_internal.test_authenticate(stage, (stage ->> 'stranger')::bigint)]);
        RETURN NEXT;
        claim := 'a member sees the same as elsewhere';
        result := 'not tested';
        detail := place.why_not;
        IF member IS NOT NULL THEN
            SELECT * INTO result, detail FROM clearance_internal.test_same(b, login, ARRAY[clearance_internal.test_authenticate(stage, member)],
                                                                           login, ARRAY[clearance_internal.test_act(member)]);
        END IF;
        RETURN NEXT;
    END IF;
    FOR l IN SELECT u.role, u.used_as, r FROM clearance_internal.used_roles() u LEFT JOIN clearance.login_role r ON u.used_as = 'mapped' AND r.role = u.role
             WHERE u.used_as IN ('mapped', 'trusted') AND u.role NOT IN (login, mapped) ORDER BY u.used_as, u.role::text COLLATE "C" LOOP
        RETURN QUERY SELECT clearance_internal.test_road(l.role, l.used_as), t.* FROM clearance_internal.test_login(b, stage, member, l.role, l.r) t;
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.test_table IS 'what is seen of one table, by each road';

-- ---------------------------------------------------------------------------
-- What the catalog says
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.test_road(role regrole, used_as text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN CASE used_as WHEN 'mapped' THEN 'mapped role ' WHEN 'trusted' THEN 'set_actor as ' ELSE 'SET ROLE as ' END || role;
COMMENT ON FUNCTION clearance_internal.test_road IS 'the road of a login role';

CREATE FUNCTION clearance_internal.test_catalog(b clearance.binding) RETURNS TABLE (relation regclass, road text, claim text, result text, detail text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.tab, NULL, v.claim, CASE WHEN v.holds THEN 'ok' ELSE 'failed' END, CASE WHEN NOT v.holds THEN format('run clearance.repair(%L)', b.relation) END
    FROM clearance_internal.table_tree(b.relation) WITH ORDINALITY t (tab, n) JOIN pg_class c ON c.oid = t.tab
    CROSS JOIN LATERAL (VALUES
        (1, 'row security is on', c.relrowsecurity),
        (2, CASE WHEN b.force THEN 'it is forced, on the owner too' END, c.relforcerowsecurity),
        (3, 'policies are whole', clearance_internal.policy_columns(t.tab, b.id) IS NOT DISTINCT FROM b.columns::text[]),
        (4, 'and sealed beside others', clearance_internal.foreign_policy(t.tab, b) IS NULL OR clearance_internal.is_sealed(t.tab, b)),
        (5, 'triggers are there and on', NOT EXISTS (SELECT FROM clearance_internal.triggers_of(t.tab, b) w
                                                     WHERE NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.tab AND g.tgname = w.name
                                                                       AND g.tgenabled = CASE WHEN w.always THEN 'A' ELSE 'O' END)))) v (i, claim, holds)
    WHERE v.claim IS NOT NULL
    ORDER BY t.n, v.i
$$;
COMMENT ON FUNCTION clearance_internal.test_catalog IS 'what the catalog should have of a table, its partitions and children';

CREATE FUNCTION clearance_internal.test_server() RETURNS TABLE (relation regclass, road text, claim text, result text, detail text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT NULL::regclass, v.road, v.claim, CASE WHEN v.fault IS NULL THEN 'ok' ELSE 'failed' END, v.fault
    FROM (SELECT 1, NULL::text, 'the library is preloaded', (SELECT l.why FROM clearance_internal.lint_not_preloaded() l)
          UNION ALL
          SELECT 2, NULL, 'event triggers are on',
                 (SELECT 'off: ' || string_agg(e.evtname, ', ' ORDER BY e.evtname) FROM pg_event_trigger e
                  JOIN pg_depend d ON d.classid = 'pg_event_trigger'::regclass AND d.objid = e.oid AND d.deptype = 'e'
                  JOIN pg_extension x ON x.oid = d.refobjid AND x.extname = 'pg_clearance' WHERE e.evtenabled <> 'A')
          UNION ALL
          SELECT 3, clearance_internal.test_road(r.role, r.used_as), 'the rule holds for the role', 'it ' || clearance_internal.power_of(r.role, r.used_as <> 'trusted')
          FROM clearance_internal.used_roles() r) v (n, road, claim, fault)
    ORDER BY v.n, v.road COLLATE "C"
$$;
COMMENT ON FUNCTION clearance_internal.test_server IS 'what should be so in the whole database, and of its login roles';

-- ---------------------------------------------------------------------------
-- All of it
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.undo() RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$ BEGIN RAISE EXCEPTION 'to be rolled back' USING ERRCODE = 'CLR00'; END $$;
COMMENT ON FUNCTION clearance_internal.undo IS 'ends a block whose work is undone: EXCEPTION WHEN SQLSTATE ''CLR00''';

CREATE FUNCTION clearance_internal.test_undone(b clearance.binding, stage jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    lines jsonb;
BEGIN
    lines := (SELECT jsonb_agg(t) FROM (SELECT b.relation::oid AS relation, u.* FROM clearance_internal.test_table(b, stage) u) t);
    PERFORM clearance_internal.undo();
EXCEPTION WHEN SQLSTATE 'CLR00' THEN
    RETURN lines;
WHEN OTHERS THEN
    RETURN jsonb_build_array(jsonb_build_object('relation', b.relation::oid, 'claim', 'it can be tested', 'result', 'failed', 'detail', sqlerrm));
END
$$;
COMMENT ON FUNCTION clearance_internal.test_undone IS 'test_table(), undone: so that nothing of one table''s can be used while another is read';

CREATE FUNCTION clearance.self_test(writes boolean DEFAULT false) RETURNS TABLE (relation regclass, road text, claim text, result text, detail text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    stage jsonb;
    b clearance.binding;
    lines jsonb := '[]';
BEGIN
    IF NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = session_user) OR current_setting('role') <> 'none' THEN
        RAISE insufficient_privilege USING
            MESSAGE = 'only a session of a superuser runs the self-test',
            DETAIL = 'It looks at tables as other login roles do, and becomes them for that. A session that is in another role by SET ROLE could not come back.',
            HINT = 'Connect as a superuser, or RESET ROLE.';
    ELSIF current_setting('transaction_read_only')::boolean THEN
        RAISE read_only_sql_transaction USING
            MESSAGE = 'the self-test needs a transaction that may write',
            DETAIL = 'It creates actors, and rolls them back.',
            HINT = 'On a standby nothing can be created: run it on the primary.';
    END IF;
    PERFORM clearance_internal.require_operator('run the self-test');
    RETURN QUERY SELECT * FROM clearance_internal.test_server();
    RETURN QUERY SELECT t.* FROM (SELECT x FROM clearance.binding x ORDER BY x.declared) o CROSS JOIN LATERAL clearance_internal.test_catalog(o.x) t;
    BEGIN
        stage := clearance_internal.test_stage() || jsonb_build_object('writes', coalesce(writes, false));
        lines := lines || (SELECT jsonb_agg(t) FROM clearance_internal.test_tokens(stage) t);
        FOR b IN SELECT * FROM clearance.binding x ORDER BY x.declared LOOP
            lines := lines || clearance_internal.test_undone(b, stage);
        END LOOP;
        PERFORM clearance_internal.undo();
    EXCEPTION WHEN SQLSTATE 'CLR00' THEN
        NULL;
    END;
    RETURN QUERY SELECT (l.line ->> 'relation')::oid::regclass, l.line ->> 'road', l.line ->> 'claim', l.line ->> 'result', l.line ->> 'detail'
                 FROM jsonb_array_elements(lines) WITH ORDINALITY l (line, n) ORDER BY l.n;
END
$$;
COMMENT ON FUNCTION clearance.self_test IS
'proves with throw-away actors, which are rolled back, that each protected table hides and shows what it should, by every road that is open here: a row for each claim, ok, failed or not tested; writes: writes are tried too, and triggers of the application run. For superusers';
