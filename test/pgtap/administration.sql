-- Every administration function, called by every kind of actor. Each line of
-- the table is a call that succeeds for who may; a letter for each kind:
--     y  it is done
--     n  refused for want of a right (42501)
--     u  what it is about is unknown to the actor (42704)
-- Everything happens in one transaction that is rolled back.
\set ON_ERROR_STOP on
\set QUIET on
BEGIN;
SET LOCAL search_path = public, pg_temp;

-- ---------------------------------------------------------------------------
-- Who: kind, and the key of the member that acts; operator and nobody act for
-- none, nobody in a role that owns nothing.
-- ---------------------------------------------------------------------------
CREATE TEMP TABLE kind (no integer, name text, key text);
INSERT INTO kind VALUES (1, 'account_admin', 'adm-ann'), (2, 'super_user', 'adm-sue'), (3, 'collaborator', 'adm-col'),
    (4, 'partner admin', 'adm-pam'), (5, 'partner collaborator', 'adm-pat'), (6, 'contact', 'adm-cleo'),
    (7, 'partner as a whole', NULL), (8, 'other account''s admin', 'adm-sam'), (9, 'nobody', NULL), (10, 'operator', NULL);

CREATE ROLE regress_administration LOGIN;
CREATE ROLE regress_administration_bi LOGIN;
GRANT SELECT ON ALL TABLES IN SCHEMA pg_temp TO PUBLIC;

-- Each n ids that the calls below name as {n}.
CREATE TEMP TABLE id (name text, id bigint);
DO $$
DECLARE
    north bigint := clearance.create_account('Administered', key => 'administered');
    south bigint := clearance.create_account('Not administered', key => 'not administered');
    acme bigint;
    bolt bigint;
    coil bigint;
    cafe bigint;
    diner bigint;
    wanda bigint;
BEGIN
    PERFORM clearance.set_account(north, portal => true);
    PERFORM clearance.create_role('Tester', available_to_partners => true, account => north);
    PERFORM clearance.create_level('adm-global', 'partner'), clearance.create_level('adm-own', 'partner', 'moderate', account => north),
            clearance.create_level('adm-high', 'vendor', 'account_admin', account => north);
    INSERT INTO id VALUES ('account', north),
        ('ann', clearance.add_member('adm-ann', roles => '{account_admin}', account => north)),
        ('sue', clearance.add_member('adm-sue', roles => '{super_user}', account => north)),
        ('col', clearance.add_member('adm-col', roles => '{collaborator}', account => north)),
        ('cam', clearance.add_member('adm-cam', roles => '{collaborator}', account => north)),
        ('vic', clearance.add_member('adm-vic', roles => '{collaborator}', account => north)),
        ('val', clearance.add_member('adm-val', roles => '{collaborator}', account => north)),
        ('sam', clearance.add_member('adm-sam', roles => '{account_admin}', account => south));
    acme := clearance.create_partner('Adm Acme', 'permissive', licence_cap => 10, roles => '{Tester}', account => north);
    bolt := clearance.create_partner('Adm Bolt', 'permissive', account => north);
    coil := clearance.create_partner('Adm Coil', 'permissive', account => north);
    cafe := clearance.create_customer('Adm Cafe', north);
    diner := clearance.create_customer('Adm Diner', north);
    INSERT INTO id VALUES ('acme', acme), ('bolt', bolt), ('cafe', cafe), ('diner', diner),
        ('pam', clearance.add_member('adm-pam', partner => acme, partner_admin => true, account => north)),
        ('pat', clearance.add_member('adm-pat', partner => acme, account => north)),
        ('peg', clearance.add_member('adm-peg', partner => acme, account => north)),
        ('pip', clearance.add_member('adm-pip', partner => acme, account => north)),
        ('bob', clearance.add_member('adm-bob', partner => bolt, account => north)),
        ('cid', clearance.add_member('adm-cid', partner => coil, account => north)),
        ('con', clearance.add_member('adm-con', partner => coil, account => north)),
        ('cleo', clearance.add_member('adm-cleo', customer => cafe, account => north)),
        ('carl', clearance.add_member('adm-carl', customer => cafe, account => north)),
        ('ida', (clearance.invite_partner_member(acme, 'ida@adm.example', 'Tester')).member),
        ('gil', (clearance.invite_partner_member(acme, 'gil@adm.example', 'Tester')).member),
        ('cora', (clearance.invite_customer_contact(cafe, 'cora@adm.example')).member);
    PERFORM clearance.create_project('adm', north, owner => (SELECT id FROM id WHERE name = 'col'));
    PERFORM clearance.set_project('adm', portal => true);
    PERFORM clearance.add_partner_to_project('adm', acme), clearance.add_partner_to_project('adm', coil), clearance.add_customer_to_project('adm', cafe);
    PERFORM clearance.add_member_to_project('adm', id) FROM id WHERE name IN ('pat', 'pip', 'cam', 'carl', 'con');
    PERFORM clearance.add_participant('adm', 'plan', id) FROM id WHERE name = 'cam';
    PERFORM clearance.set_resource(r.id, s.id) FROM id r, id s WHERE r.name IN ('pat', 'col') AND s.name = 'sue';
    INSERT INTO id VALUES ('allocation', clearance.allocate('adm', (SELECT id FROM id WHERE name = 'col'), '2030-01-01', '2030-01-31', 10));
    -- beyond a super user: by a switch, and on a project
    PERFORM clearance.switch_on(id, 'settings', 'manage_vault') FROM id WHERE name IN ('vic', 'gil');
    PERFORM clearance.add_member_to_project('adm', id, 'account_admin') FROM id WHERE name = 'val';
    PERFORM clearance.trust_role('regress_administration');
    PERFORM clearance.map_role('regress_administration_bi', partner => acme);
END
$$;

-- ---------------------------------------------------------------------------
-- What. Kinds in their order: account_admin, super_user, collaborator · partner
-- admin, partner collaborator · contact · partner as a whole · other account's
-- admin · nobody · operator
-- ---------------------------------------------------------------------------
CREATE TEMP TABLE call (no integer GENERATED ALWAYS AS IDENTITY, expected text, sql text);
INSERT INTO call (expected, sql) VALUES
    -- accounts are operators', and so are levels for all; an account's settings are its admins'
    ('nnn nn n n n n y', 'create_account(''x'')'),
    ('nnn nn n n u n y', 'set_account({account}, active => true)'),
    ('ynn nn n n u n y', 'set_account({account}, portal => true)'),
    ('ynn nn n n u n y', 'set_account({account}, default_external_level => ''restricted'')'),
    ('ynn nn n n u n y', 'set_account({account}, ready_participants => true)'),
    ('ynn nn n n u n y', 'set_account({account}, published => false)'),
    ('ynn nn n n u n y', 'set_account({account}, act_as_writes => true)'),
    ('nnn nn n n n n y', 'drop_level(''adm-global'')'),
    ('nnn nn n n n n y', 'set_level(''adm-global'', ''{"grants": []}'')'),
    ('nnn nn n n n n y', 'allow(''restricted'', ''task'', ''create'')'),
    ('nnn nn n n n n y', 'deny(''restricted'', ''task'', ''edit'')'),
    -- an account's own levels: of who manages roles, within what it holds
    ('yyn nn n n y n y', 'create_level(''x'', ''partner'')'),
    ('yyn nn n n u n y', 'create_level(''x'', ''partner'', account => {account})'),
    ('yyn nn n n u n y', 'create_level(''x'', ''vendor'', ''super_user'', account => {account})'),
    ('ynn nn n n u n y', 'create_level(''x'', ''vendor'', ''account_admin'', account => {account})'),
    ('yyn nn n n u n y', 'allow(''adm-own'', ''task'', ''create'', account => {account})'),
    ('yyn nn n n u n y', 'deny(''adm-own'', ''task'', ''edit'', account => {account})'),
    ('yyn nn n n u n y', 'set_level(''adm-own'', ''{"grants": [{"action": "task.view"}]}'', {account})'),
    ('yyn nn n n u n y', 'level_document(''adm-own'', {account})'),
    ('yyn nn n n u n y', 'compare_levels(''adm-own'', ''moderate'', {account})'),
    ('yyn nn n n u n y', 'drop_level(''adm-own'', account => {account})'),
    ('yyn nn n n u n y', 'drop_level(''adm-own'', ''permissive'', {account})'),
    ('ynn nn n n u n y', 'allow(''adm-high'', ''task'', ''view'', account => {account})'),
    ('ynn nn n n u n y', 'deny(''adm-high'', ''settings'', ''manage_vault'', account => {account})'),
    ('ynn nn n n u n y', 'set_level(''adm-high'', ''{"grants": []}'', {account})'),
    ('ynn nn n n u n y', 'drop_level(''adm-high'', account => {account})'),
    ('nnn nn n n n n y', 'create_feature(''x'')'),
    ('nnn nn n n n n y', 'create_action(''task'', ''x'')'),
    ('nnn nn n n n n y', 'add_gate(''task.delete'', ''file.view'')'),
    -- roles
    ('yyn nn n n u n y', 'create_role(''x'', account => {account})'),
    ('yyn nn n n u n y', 'create_role(''x'', available_to_partners => true, account => {account})'),
    ('ynn nn n n u n y', 'create_role(''x'', access_level => ''account_admin'', account => {account})'),
    ('yyn nn n n u n y', 'update_role(''Tester'', name => ''x'', account => {account})'),
    -- partners
    ('ynn nn n n u n y', 'create_partner(''x'', account => {account})'),
    ('ynn nn u n u n y', 'update_partner({acme}, licence_cap => 100)'),
    ('ynn nn u n u n y', 'update_partner({acme}, access_level => ''permissive'')'),
    ('ynn nn u n u n y', 'update_partner({acme}, logo => ''\x00'', logo_type => ''image/png'')'),
    ('ynn nn u n u n y', 'set_partner_roles({acme}, ''{Tester}'')'),
    ('ynn nn u n u n y', 'disable_partner({acme})'),
    ('ynn nn u n u n y', 'enable_partner({acme})'),
    -- a partner's team: its admin's too, and no other partner's
    ('ynn yn u n u n y', 'invite_partner_member({acme}, ''x@adm.example'', ''Tester'')'),
    ('ynn uu u u u n y', 'invite_partner_member({bolt}, ''x@adm.example'')'),
    ('ynn yn u n u n y', 'resend_invitation({ida})'),
    ('ynn nn u n u n y', 'resend_invitation({gil})'),
    ('ynn yn u n u n y', 'disable_member({gil})'),
    ('ynn yn u n u n y', 'withdraw_invitation({ida})'),
    ('ynn yn u n u n y', 'disable_member({peg})'),
    ('ynn yn u n u n y', 'enable_member({peg})'),
    ('ynn nn u n u n y', 'change_key({peg}, ''p'')'),
    ('ynn nn u n u n y', 'erase_member({peg})'),
    ('ynn yn u n u n y', 'set_member_roles({peg}, ''{Tester}'')'),
    ('ynn yn u n u n y', 'set_partner_admin({peg}, true)'),
    ('ynn nn u n u n y', 'set_partner_admin({pam}, false)'),
    ('ynn nn u n u n y', 'set_member_roles({pam}, ''{Tester}'')'),
    ('ynn uu u u u n y', 'disable_member({bob})'),
    ('ynn nn n n u n y', 'add_member(''x'', partner => {acme}, account => {account})'),
    ('ynn nn u n u n y', 'switch_on({peg}, ''task'', ''create'')'),
    ('ynn nn u n u n y', 'switch_off({peg}, ''task'', ''create'')'),
    -- the vendor's team
    ('yyn nn n n u n y', 'add_member(''x'', roles => ''{collaborator}'', account => {account})'),
    ('ynn nn n n u n y', 'add_member(''x'', roles => ''{account_admin}'', account => {account})'),
    ('yyn uu u u u n y', 'disable_member({cam})'),
    ('yyn uu u u u n y', 'enable_member({cam})'),
    ('ynn uu u u u n y', 'disable_member({ann})'),
    ('yyn uu u u u n y', 'change_key({col}, ''c'')'),
    ('yyn uu u u u n y', 'erase_member({col})'),
    ('ynn uu u u u n y', 'erase_member({ann})'),
    ('ynn uu u u u n y', 'change_key({vic}, ''v'')'),
    ('ynn uu u u u n y', 'set_member_roles({vic}, ''{}'')'),
    ('ynn uu u u u n y', 'disable_member({vic})'),
    ('ynn uu u u u n y', 'switch_off({vic}, ''settings'', ''manage_vault'')'),
    ('ynn uu u u u n y', 'set_resource({vic}, {sue})'),
    ('ynn uu u u u n y', 'change_key({val}, ''v'')'),
    ('yyn uu u u u n y', 'set_member_roles({cam}, ''{super_user}'')'),
    ('ynn uu u u u n y', 'set_member_roles({cam}, ''{account_admin}'')'),
    ('ynn uu u u u n y', 'set_member_roles({col}, ''{collaborator,account_admin}'')'),
    ('yyn uu u u u n y', 'switch_on({cam}, ''project'', ''create'')'),
    ('ynn uu u u u n y', 'switch_on({cam}, ''settings'', ''manage_vault'')'),
    ('ynn uu u u u n y', 'switch_on({cam}, ''document_comment'', ''delete'')'),
    ('ynn uu u u u n y', 'switch_on({sue}, ''document_comment'', ''delete'')'),
    ('yyn uu u u u n y', 'switch_off({cam}, ''project'', ''create'')'),
    -- customers and contacts
    ('yyn nn n n u n y', 'create_customer(''x'', {account})'),
    ('yyn uu n u u n y', 'update_customer({cafe}, kind => ''prospect'')'),
    ('yyn uu n u u n y', 'disable_customer({cafe})'),
    ('yyn uu n u u n y', 'enable_customer({cafe})'),
    ('yyn nn n n u n y', 'add_member(''x'', customer => {cafe}, account => {account})'),
    ('yyn uu n u u n y', 'disable_member({carl})'),
    ('yyn uu n u u n y', 'change_key({carl}, ''c'')'),
    ('yyn uu n u u n y', 'erase_member({carl})'),
    ('yyn uu n u u n y', 'invite_customer_contact({cafe}, ''x@adm.example'')'),
    ('yyy uu n u u n y', 'invite_customer_contact({cafe}, ''x@adm.example'', project => ''adm'')'),
    ('yyn uu n u u n y', 'resend_invitation({cora})'),
    ('yyn uu n u u n y', 'withdraw_invitation({cora})'),
    -- projects
    ('yyn nn n n u n y', 'create_project(''x'', {account})'),
    ('ynn nn n n u n y', 'create_project(''x'', {account}, owner => {cam})'),
    ('yyn nn n u u n y', 'set_project(''adm'', archived => true)'),
    ('ynn nn n u u n y', 'set_project(''adm'', archived => false)'),
    ('yyn nn n u u n y', 'set_project(''adm'', portal => false)'),
    ('yyn nn n u u n y', 'set_project(''adm'', client_upload => true)'),
    ('yyn nn n u u n y', 'set_project(''adm'', by_phase => true)'),
    ('yyn nn n u u n y', 'set_project(''adm'', open_level => ''permissive'')'),
    ('ynn nn n u u n y', 'set_project(''adm'', open_level => ''account_admin'')'),
    ('yyn nn n u u n y', 'set_project(''adm'', open_levels => ''{permissive,client}'')'),
    ('ynn nn n u u n y', 'set_project(''adm'', open_levels => ''{permissive,account_admin}'')'),
    ('yyn nn n u u n y', 'set_project_feature(''adm'', ''task'', false)'),
    ('ynn nn n u u n y', 'transfer_project(''adm'', {cam})'),
    -- companies on projects
    ('yyn uu u u u n y', 'add_partner_to_project(''adm'', {bolt})'),
    ('yyn nn u u u n y', 'update_partner_on_project(''adm'', {acme}, access_level => ''permissive'')'),
    ('yyn nn u u u n y', 'remove_partner_from_project(''adm'', {acme})'),
    ('yyn uu u u u n y', 'add_customer_to_project(''adm'', {diner})'),
    ('yyn uu n u u n y', 'update_customer_on_project(''adm'', {cafe}, ends_at => ''2100-01-01'')'),
    ('yyn uu n u u n y', 'remove_customer_from_project(''adm'', {cafe})'),
    -- people on projects
    ('yyy uu u u u n y', 'add_member_to_project(''adm'', {sue})'),
    ('ynn uu u u u n y', 'add_member_to_project(''adm'', {sue}, owner => true)'),
    ('yyn uu u u u n y', 'add_member_to_project(''adm'', {sue}, ''super_user'')'),
    ('ynn uu u u u n y', 'add_member_to_project(''adm'', {sue}, ''account_admin'')'),
    ('yyy yy u u u n y', 'add_member_to_project(''adm'', {peg})'),
    ('yyy uu u u u n y', 'add_member_to_project(''adm'', {cid})'),
    ('yyn nn u u u n y', 'add_member_to_project(''adm'', {peg}, ''restricted'')'),
    ('yyy nn u u u n y', 'add_member_to_project(''adm'', {peg}, ends_at => ''2100-01-01'')'),
    ('yyy nn n u u n y', 'add_member_to_project(''adm'', {cleo})'),
    ('yyy nn n u u n y', 'update_member_on_project(''adm'', {pip}, ends_at => ''2100-01-01'')'),
    ('yyn nn n u u n y', 'update_member_on_project(''adm'', {pip}, ''restricted'')'),
    ('yyy nn n u u n y', 'remove_member_from_project(''adm'', {cam})'),
    ('ynn nn n u u n y', 'remove_member_from_project(''adm'', {col})'),
    ('yyy yy n u u n y', 'remove_member_from_project(''adm'', {pip})'),
    ('yyy nn n u u n y', 'remove_member_from_project(''adm'', {con})'),
    ('yyy nn n u u n y', 'remove_member_from_project(''adm'', {carl})'),
    ('yyy nn n u u n y', 'add_participant(''adm'', ''build'', {pip})'),
    ('yyy nn n u u n y', 'remove_participant(''adm'', ''plan'', {cam})'),
    -- resources, allocations, rates
    ('yyn nn u n u n y', 'set_resource({pip}, {sue})'),
    ('yyn ny u n u n y', 'update_profile(skills => ''{sql}'', member => {pat})'),
    ('yyy uu u u u n y', 'update_profile(skills => ''{sql}'', member => {col})'),
    ('yyy nn n u u n y', 'allocate(''adm'', {pat}, ''2030-01-01'', ''2030-01-31'', 1)'),
    ('yyy uu u u u n y', 'remove_allocation({allocation})'),
    ('ynn nn u n u n y', 'set_rate({acme}, ''cost'', 1, ''EUR'')'),
    ('ynn nn u n u n y', 'set_rate({acme}, ''bill'', 1, ''EUR'')'),
    -- links to sign-offs
    ('yyy nn n u u n y', 'create_link(''adm'', {cleo}, ''1'')'),
    ('yyy nn n u u n y', 'withdraw_links(''adm'', ''1'')'),
    -- what is trusted with more than an actor's rights, and what is the DBA's
    ('nnn nn n n n n y', 'trust_role(''regress_administration'')'),
    ('nnn nn n n n n y', 'map_role(''regress_administration_bi'', partner => {bolt})'),
    ('nnn nn n n n n y', 'unmap_role(''regress_administration_bi'')'),
    ('nnn nn n n n n y', 'mirror_membership(''public.regress_administration'', ''project'', ''member'')'),
    ('nnn nn n n n n y', 'mirror(''public.regress_administration_view'', ''membership'', account => {account})'),
    ('nnn nn n n n n y', 'lint()'),
    ('nnn nn n n n n y', 'report()'),
    ('nnn nn n n n n y', 'accept_finding(''view_definer'', ''app.portal'', ''as it is'')'),
    ('nnn nn n n n n y', 'withdraw_acceptance(''view_definer'', ''app.portal'')');
CREATE TABLE public.regress_administration (id integer PRIMARY KEY, project text, member text);
CREATE VIEW public.regress_administration_view AS SELECT project, member FROM public.regress_administration;

-- The state with which a call ends; it is undone.
CREATE FUNCTION pg_temp.attempt(kind text, key text, sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    state text;
    message text;
BEGIN
    IF key IS NOT NULL THEN
        PERFORM clearance.set_actor(key => key);
    END IF;
    IF kind = 'partner as a whole' THEN
        SET LOCAL SESSION AUTHORIZATION regress_administration_bi;
    ELSIF kind <> 'operator' THEN
        SET LOCAL ROLE regress_administration;
    END IF;
    EXECUTE sql;
    RAISE EXCEPTION 'undone' USING ERRCODE = 'ZZ000';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
    RETURN CASE state WHEN 'ZZ000' THEN 'y' WHEN '42501' THEN 'n' WHEN '42704' THEN 'u' ELSE state || ' ' || message END;
END
$$;
CREATE FUNCTION pg_temp.filled(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    i id;
BEGIN
    FOR i IN SELECT * FROM id LOOP
        sql := replace(sql, '{' || i.name || '}', i.id::text);
    END LOOP;
    RETURN sql;
END
$$;

SELECT no_plan();
-- The calls act for the kind alone: nobody acts here.
SELECT is(pg_temp.attempt(k.name, k.key, 'SELECT clearance.' || pg_temp.filled(c.sql)),
          substr(replace(c.expected, ' ', ''), k.no, 1),
          format('%s: %s', k.name, c.sql))
FROM call c CROSS JOIN kind k
ORDER BY c.no, k.no;

-- No function that everybody may execute and that runs as the extension's
-- owner is missing above, but those that only tell.
SELECT set_eq(
    $$ SELECT p.proname::text FROM pg_proc p
       WHERE p.pronamespace = 'clearance'::regnamespace AND p.prosecdef AND p.provolatile = 'v'
         AND has_function_privilege('public', p.oid, 'EXECUTE') AND p.prorettype <> 'trigger'::regtype $$,
    $$ SELECT DISTINCT split_part(c.sql, '(', 1) FROM call c
       WHERE EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = 'clearance'::regnamespace AND p.proname = split_part(c.sql, '(', 1)
                       AND p.provolatile = 'v' AND has_function_privilege('public', p.oid, 'EXECUTE')) $$,
    'every administration function is called by every kind');
-- A refused call changes nothing, a failed one neither: attempts left no trace.
SELECT is((SELECT count(*) FROM clearance.partner WHERE name = 'x'), 0::bigint, 'attempts were undone');
SELECT finish();
ROLLBACK;
