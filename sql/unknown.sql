-- What an actor may not know of does not exist for it: no function answers otherwise about what is hidden
-- than about what is not there.
-- Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_unknown LOGIN;
CREATE ROLE regress_unknown_app;
CREATE ROLE regress_unknown_bi LOGIN;
\o /dev/null
-- two accounts with the same in them, and who asks: everybody of the first
SELECT clearance.create_account('North') AS north \gset
SELECT clearance.create_account('South') AS south \gset
CREATE TABLE pg_temp.thing (account text, kind text, name text, id text);
CREATE FUNCTION pg_temp.fill(account bigint, label text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    acme bigint := clearance.create_partner(label || ' Acme', 'permissive', account => account);
    bolt bigint := clearance.create_partner(label || ' Bolt', 'restricted', account => account);
    cafe bigint := clearance.create_customer(label || ' Cafe', account);
    diner bigint := clearance.create_customer(label || ' Diner', account);
    allocated bigint;
    who bigint;
BEGIN
    PERFORM clearance.set_account(account, portal => true), clearance.create_role(label || ' role', account => account),
        clearance.create_level(label || ' level', 'partner', based_on => 'moderate', account => account);
    INSERT INTO pg_temp.thing VALUES (label, 'account', label, account), (label, 'partner', 'acme', acme), (label, 'partner', 'bolt', bolt),
        (label, 'customer', 'cafe', cafe), (label, 'customer', 'diner', diner), (label, 'level', 'own', label || ' level'), (label, 'project', 'on', label || '-on'), (label, 'project', 'off', label || '-off'),
        (label, 'member', 'admin', clearance.add_member(label || '-admin', name => label || ' admin', roles => '{account_admin}', account => account)),
        (label, 'member', 'super', clearance.add_member(label || '-super', name => label || ' super', roles => '{super_user}', account => account)),
        (label, 'member', 'col', clearance.add_member(label || '-col', name => label || ' col', roles => '{collaborator}', account => account)),
        (label, 'member', 'gone', clearance.add_member(label || '-gone', name => label || ' gone', roles => '{account_admin}', status => 'disabled', account => account)),
        (label, 'member', 'pam', clearance.add_member(label || '-pam', name => label || ' pam', partner => acme, partner_admin => true, account => account)),
        (label, 'member', 'pat', clearance.add_member(label || '-pat', name => label || ' pat', partner => acme, account => account)),
        (label, 'member', 'ben', clearance.add_member(label || '-ben', name => label || ' ben', partner => bolt, account => account)),
        (label, 'member', 'bob', clearance.add_member(label || '-bob', name => label || ' bob', partner => bolt, account => account)),
        (label, 'member', 'cleo', clearance.add_member(label || '-cleo', name => label || ' cleo', customer => cafe, account => account)),
        (label, 'member', 'dan', clearance.add_member(label || '-dan', name => label || ' dan', customer => diner, account => account)),
        (label, 'member', 'new', (clearance.invite_partner_member(bolt, label || '@bolt.example')).member);
    PERFORM clearance.create_project(label || '-on', account), clearance.create_project(label || '-off', account);
    PERFORM clearance.set_project(label || '-on', portal => true);
    PERFORM clearance.add_partner_to_project(label || '-on', acme), clearance.add_partner_to_project(label || '-off', bolt),
        clearance.add_customer_to_project(label || '-on', cafe), clearance.add_customer_to_project(label || '-off', diner);
    PERFORM clearance.add_member_to_project(label || '-on', id::bigint) FROM pg_temp.thing t WHERE t.account = label AND t.name IN ('pat', 'col');
    PERFORM clearance.add_member_to_project(label || '-off', id::bigint) FROM pg_temp.thing t WHERE t.account = label AND t.name IN ('bob', 'super');
    SELECT id INTO who FROM pg_temp.thing t WHERE t.account = label AND t.name = 'super';
    PERFORM clearance.set_resource(id::bigint, who) FROM pg_temp.thing t WHERE t.account = label AND t.name IN ('col', 'bob');
    PERFORM clearance.update_profile(weekly_hours => 40, member => id::bigint) FROM pg_temp.thing t WHERE t.account = label AND t.name = 'bob';
    INSERT INTO pg_temp.thing SELECT label, 'allocation', 'planned', clearance.allocate(label || '-off', id::bigint, '2024-01-01', '2024-02-01', 8)
    FROM pg_temp.thing t WHERE t.account = label AND t.name = 'bob';
END $$;
SELECT pg_temp.fill(:north, 'north'), pg_temp.fill(:south, 'south');
SELECT clearance.trust_role('regress_unknown_app'), clearance.map_role('regress_unknown_bi', partner => id::bigint)
FROM pg_temp.thing WHERE (account, name) = ('north', 'acme');
GRANT SELECT ON ALL TABLES IN SCHEMA pg_temp TO PUBLIC;

-- Calls, about one thing that they name: {}. Nothing that a call changes stays.
CREATE TABLE pg_temp.call (kind text, sql text);
INSERT INTO pg_temp.call VALUES
    ('account', 'set_account({}, portal => true)'), ('account', 'set_account({}, active => true)'), ('account', 'create_role(''x'', account => {})'),
    ('account', 'update_role(''x'', account => {})'), ('account', 'create_partner(''x'', account => {})'), ('account', 'create_customer(''x'', {})'),
    ('account', 'add_member(''x'', account => {})'), ('account', 'create_project(''x'', {})'), ('account', 'has_right(''task.view'', {})'),
    ('account', 'create_level(''x'', ''partner'', account => {})'), ('account', 'allow(''x'', ''task'', ''view'', account => {})'), ('account', 'deny(''x'', ''task'', ''view'', {})'),
    ('account', 'set_level(''x'', ''{"grants": []}'', {})'), ('account', 'drop_level(''x'', account => {})'), ('account', 'level_document(''x'', {})'),
    ('account', 'compare_levels(''x'', ''x'', {})'),
    ('level', 'create_level(''x'', ''partner'', based_on => {})'), ('level', 'allow({}, ''task'', ''view'')'), ('level', 'deny({}, ''task'', ''view'')'),
    ('level', 'set_level({}, ''{"grants": []}'')'), ('level', 'drop_level({})'), ('level', 'level_document({})'), ('level', 'compare_levels({}, ''moderate'')'),
    ('level', 'set_account({north}, default_external_level => {})'), ('level', 'create_role(''x'', access_level => {})'), ('level', 'update_role(''north role'', access_level => {})'),
    ('level', 'create_partner(''x'', {})'), ('level', 'update_partner({acme}, access_level => {})'), ('level', 'set_project(''north-on'', open_level => {})'), ('level', 'set_project(''north-on'', open_levels => ARRAY[''moderate'', {}])'),
    ('level', 'add_partner_to_project(''north-on'', {bolt}, {})'), ('level', 'update_partner_on_project(''north-on'', {acme}, {})'),
    ('level', 'add_member_to_project(''north-on'', {pat}, {})'), ('level', 'update_member_on_project(''north-on'', {pat}, {})'), ('level', 'add_participant(''north-on'', ''build'', {pat}, {})'),
    ('partner', 'update_partner({}, website => ''https://x.example'')'), ('partner', 'set_partner_roles({}, ''{}''::text[])'), ('partner', 'disable_partner({})'),
    ('partner', 'enable_partner({})'), ('partner', 'invite_partner_member({}, ''x@x.example'')'), ('partner', 'add_member(''x'', partner => {}, account => {north})'),
    ('partner', 'set_rate({}, ''cost'', 1, ''EUR'')'), ('partner', 'set_rate({}, ''bill'', 1, ''EUR'')'),
    ('partner', 'add_partner_to_project(''north-on'', {})'), ('partner', 'update_partner_on_project(''north-on'', {})'), ('partner', 'remove_partner_from_project(''north-on'', {})'),
    ('customer', 'update_customer({}, kind => ''prospect'')'), ('customer', 'disable_customer({})'), ('customer', 'enable_customer({})'),
    ('customer', 'invite_customer_contact({}, ''x@x.example'')'), ('customer', 'invite_customer_contact({}, ''x@x.example'', project => ''north-on'')'),
    ('customer', 'add_member(''x'', customer => {}, account => {north})'), ('customer', 'add_customer_to_project(''north-on'', {})'),
    ('customer', 'update_customer_on_project(''north-on'', {})'), ('customer', 'remove_customer_from_project(''north-on'', {})'),
    ('member', 'set_member_roles({}, ''{}''::text[])'), ('member', 'set_partner_admin({}, true)'), ('member', 'disable_member({})'), ('member', 'enable_member({})'),
    ('member', 'change_key({}, ''unknown-key'')'), ('member', 'erase_member({})'),
    ('member', 'switch_on({}, ''task'', ''view'')'), ('member', 'switch_off({}, ''task'', ''view'')'), ('member', 'resend_invitation({})'),
    ('member', 'withdraw_invitation({})'), ('member', 'set_resource({}, {})'), ('member', 'update_profile(member => {})'),
    ('member', 'create_partner(''x'', owner => {})'), ('member', 'create_project(''x'', owner => {})'), ('member', 'transfer_project(''north-on'', {})'),
    ('member', 'add_member_to_project(''north-on'', {})'), ('member', 'update_member_on_project(''north-on'', {})'), ('member', 'remove_member_from_project(''north-on'', {})'),
    ('member', 'add_participant(''north-on'', ''build'', {})'), ('member', 'remove_participant(''north-on'', ''build'', {})'),
    ('member', 'allocate(''north-on'', {}, ''2024-01-01'', ''2024-01-02'', 1)'), ('member', 'create_link(''north-on'', {}, ''x'')'),
    ('allocation', 'remove_allocation({})'),
    ('project', 'set_project({}, archived => true)'), ('project', 'set_project({}, portal => true)'), ('project', 'set_project_feature({}, ''task'', true)'),
    ('project', 'add_partner_to_project({}, {acme})'), ('project', 'update_partner_on_project({}, {acme})'), ('project', 'remove_partner_from_project({}, {acme})'),
    ('project', 'add_customer_to_project({}, {cafe})'), ('project', 'update_customer_on_project({}, {cafe})'), ('project', 'remove_customer_from_project({}, {cafe})'),
    ('project', 'invite_customer_contact({cafe}, ''x@x.example'', project => {})'), ('project', 'add_member_to_project({}, {pat})'),
    ('project', 'update_member_on_project({}, {pat})'), ('project', 'remove_member_from_project({}, {pat})'), ('project', 'add_participant({}, ''x'', {pat})'),
    ('project', 'remove_participant({}, ''x'', {pat})'), ('project', 'transfer_project({}, {pat})'), ('project', 'allocate({}, {pat}, ''2024-01-01'', ''2024-01-02'', 1)'),
    ('project', 'create_link({}, {pat}, ''x'')'), ('project', 'withdraw_links({}, ''x'')'), ('project', 'project_team({})'), ('project', 'can(''task.view'', {})');

-- What a call answers: its result, or all of its error, with the thing that it names masked.
CREATE FUNCTION pg_temp.answer(who text, sql text, id text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
    message text;
    detail text;
    hint text;
    t record;
BEGIN
    FOR t IN SELECT * FROM pg_temp.thing WHERE account = 'north' LOOP
        sql := replace(sql, '{' || t.name || '}', quote_literal(t.id));
    END LOOP;
    IF who = 'as a whole' THEN
        SET LOCAL SESSION AUTHORIZATION regress_unknown_bi;
    ELSIF who = 'nobody' THEN
        SET LOCAL SESSION AUTHORIZATION regress_unknown;
    ELSE
        PERFORM clearance.set_actor(key => 'north-' || who);
        SET LOCAL ROLE regress_unknown_app;
    END IF;
    EXECUTE format('SELECT string_agg(r::text, '','') FROM clearance.%s r', replace(sql, '{}', quote_literal(id))) INTO result;
    RAISE EXCEPTION 'undo' USING ERRCODE = 'ZZ000', DETAIL = coalesce(result, 'nothing');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN CASE SQLSTATE WHEN 'ZZ000' THEN 'done: ' || detail
                ELSE concat_ws(' / ', SQLSTATE, regexp_replace(regexp_replace(message, 'with id \d+', 'with id ...'), '"' || id || '"', '"..."'), detail, hint) END;
END $$;
-- Calls about what is hidden from somebody, and about what is not there, whose answers differ.
CREATE FUNCTION pg_temp.differ(whose text, hidden text) RETURNS TABLE (who text, hidden_thing text, call text, hidden_answer text, absent_answer text) LANGUAGE sql AS $$
    SELECT * FROM (
        SELECT whose, t.account || ' ' || t.kind || ' ' || t.name, c.sql, pg_temp.answer(whose, c.sql, t.id) AS a,
            pg_temp.answer(whose, c.sql, CASE t.kind WHEN 'project' THEN 'absent' ELSE '987654321' END) AS b
        FROM pg_temp.thing t JOIN pg_temp.call c ON c.kind = t.kind
        WHERE t.account || '.' || t.kind || '.' || t.name ~ hidden) x
    WHERE a IS DISTINCT FROM b
$$;
\o

--
-- Other accounts are hidden from everybody; from a partner's people other companies and the vendor's team beside
-- those on their projects, likewise from customers' contacts; from who has no standing everything.
--
CREATE TABLE pg_temp.asker (who text, hidden text);
INSERT INTO pg_temp.asker VALUES ('admin', '^south'), ('super', '^south'), ('col', '^south|allocation|project.off'), ('gone', '.'),
    ('pam', '^south|bolt|customer|project.off|super|admin|gone|ben|bob|dan|new|allocation|level'),
    ('pat', '^south|bolt|customer|project.off|super|admin|gone|ben|bob|dan|new|allocation|level'),
    ('ben', '^south|acme|customer|project|admin|col|gone|pam|pat|cleo|dan|allocation|level'),
    ('cleo', '^south|partner|diner|project.off|member.super|admin|gone|ben|bob|dan|new|allocation|level'), ('as a whole', '^south|bolt|customer|project.off|member.[^p]|allocation|level'), ('nobody', '.');
SELECT count(*) > 2000 FROM pg_temp.asker a JOIN pg_temp.thing t ON t.account || '.' || t.kind || '.' || t.name ~ a.hidden JOIN pg_temp.call c ON c.kind = t.kind;
SELECT d.* FROM pg_temp.asker a CROSS JOIN LATERAL pg_temp.differ(a.who, a.hidden) d;
-- what they know of is refused, or done
SELECT left(pg_temp.answer('pam', 'update_partner({}, website => ''https://x.example'')', id), 60) FROM pg_temp.thing WHERE (account, name) = ('north', 'acme');
SELECT left(pg_temp.answer('pam', 'disable_member({})', id), 60) FROM pg_temp.thing WHERE account = 'north' AND name IN ('pat', 'bob', 'col') ORDER BY name;
SELECT left(pg_temp.answer('pam', 'remove_member_from_project(''north-on'', {})', id), 60) FROM pg_temp.thing WHERE account = 'north' AND name IN ('pat', 'bob', 'col') ORDER BY name;
SELECT left(pg_temp.answer('cleo', 'update_customer({}, kind => ''prospect'')', id), 60) FROM pg_temp.thing WHERE account = 'north' AND name IN ('cafe', 'diner') ORDER BY name;
SELECT left(pg_temp.answer('col', 'update_partner({}, website => ''https://x.example'')', id), 60) FROM pg_temp.thing WHERE (account, name) = ('north', 'bolt');

--
-- Every function that everybody may execute and that takes an id or a key of ours is among the calls. (supervises()
-- is asked about keys: it answers of those whom the actor supervises.)
--
SELECT p.proname FROM pg_proc p
WHERE p.pronamespace = 'clearance'::regnamespace AND p.prosecdef AND has_function_privilege('public', p.oid, 'EXECUTE')
    AND p.proargtypes::oid[] && ARRAY['bigint'::regtype, 'clearance.app_key'::regtype]::oid[]
    AND NOT EXISTS (SELECT FROM pg_temp.call c WHERE split_part(c.sql, '(', 1) = p.proname)
ORDER BY p.proname;

--
-- A project key that another account has is taken: by one error, for whoever may register projects, on each road.
--
CREATE TABLE public.regress_unknown (id text PRIMARY KEY, account text);
SELECT clearance.protect('public.regress_unknown', 'project', 'id', account => 'account') > 0;
GRANT SELECT, INSERT ON public.regress_unknown TO regress_unknown_app;
SELECT clearance.set_actor(key => 'north-admin') > 0;
SET LOCAL ROLE regress_unknown_app;
SELECT clearance.create_project('south-on');
INSERT INTO public.regress_unknown VALUES ('south-on', :north);
ROLLBACK;
