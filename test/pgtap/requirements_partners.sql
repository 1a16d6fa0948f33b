-- Requirements about partner companies: creation, licences, roles, invitations,
-- users and resources, who is on a project. A description begins with the ids
-- that the test proves; test/requirements.txt says what they ask for.
\set ECHO none
\set QUIET on
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
\o /dev/null
\ir ../harness/scene.sql
\o
SELECT no_plan();

-- Creation.
SELECT is(pg_temp.does('Ann', $$SELECT clearance.create_partner('Fern', access_level => 'moderate', licence_cap => 2, roles => '{engineer}',
    admin_email => 'fay@fern.example', website => 'https://fern.example', logo => '\x89504e47', logo_type => 'image/png')$$), '1',
    'R005 R006 R009 R011 R012 R013 R025 a partner is created with name, website, logo, admin, level, licences and roles');
SELECT is(pg_temp.sees('Ann', $$SELECT concat_ws(' | ', name, website, encode(logo, 'hex'), admin, access_level, licences_used, licence_cap, status, roles)
    FROM clearance.partners WHERE name = 'Fern'$$),
    'Fern | https://fern.example | 89504e47 | fay@fern.example | moderate | 0 | 2 | active | {engineer}',
    'R016 R026 R027 R028 R029 R030 a new partner is in the list with admin, licences used of total, level and status, and uses no licence');
SELECT matches(pg_temp.does(who, format($$SELECT clearance.create_partner('Birch', access_level => 'moderate', account => %s)$$, account)), '^42501',
    'R005 who lacks the right over partner companies creates none: ' || who) FROM scene, unnest('{Sue,Cole,Pia,Cora,nobody}'::text[]) AS who;
SELECT is(pg_temp.does('dba', format($$SELECT clearance.switch_on(%s, 'settings', 'manage_partner_companies')$$, pg_temp.member('Sue'))), '1', 'R005 a super user to whom the right is given');
SELECT is(pg_temp.does('Sue', $$SELECT clearance.create_partner('Birch', access_level => 'moderate', roles => '{engineer}')$$), '1', 'R005 creates partners');
SELECT matches(pg_temp.does('Ann', $$SELECT clearance.create_partner('Oak', roles => '{analyst}')$$), '^22023 role "analyst" is not available to partners',
    'R006 R008 a role that is not marked as available to partners cannot be selected');
SELECT matches(pg_temp.does('Ann', $$SELECT clearance.create_partner('  ')$$), '^22023 name is blank', 'R011 a partner without a name is refused');
SELECT matches(pg_temp.does('Ann', $$SELECT clearance.create_partner('Oak', website => 'no address')$$), '^22023 "no address" is no web address', 'R012 a website is an address');
SELECT is(pg_temp.does('Ann', format($$SELECT clearance.update_partner(%s, logo => decode(repeat('00', 2 * 1024 * 1024), 'hex'), logo_type => 'image/png')$$, pg_temp.partner('Fern'))),
    '1', 'R009 R010 a logo of 2 MB is taken, whatever its width and height');
SELECT is(pg_temp.does('Ann', format($$SELECT clearance.update_partner(%s, logo => decode(repeat('00', 2 * 1024 * 1024 + 1), 'hex'), logo_type => 'image/png')$$, pg_temp.partner('Fern'))),
    '22023 logo of 2097153 bytes is too large', 'R009 a logo of one byte more than 2 MB is refused');
SELECT hasnt_column('clearance', 'partner_logo', 'width', 'R010 width and height of a logo are nobody''s business');
SELECT matches(pg_temp.does('Ann', $$SELECT clearance.create_partner('Oak', admin_email => 'nobody')$$), '^22023 "nobody" is no e-mail address', 'R013 the admin has an e-mail address');
SELECT is((SELECT partner_admin || ' ' || status FROM clearance.member WHERE email = 'fay@fern.example'), 'true invited', 'R013 and is invited as partner admin');
SELECT matches(pg_temp.does('Ann', $$SELECT clearance.create_partner('Oak', access_level => 'secret')$$), '^42704', 'R025 no partner without its details: an unknown level');
SELECT is(pg_temp.partner('Oak'), NULL, 'R025 a partner that was refused is not there');

-- Edits.
SELECT is(pg_temp.does('Ann', format($$SELECT clearance.update_partner(%s, name => 'Fern Ltd', website => 'https://fern-ltd.example', licence_cap => 3,
    access_level => 'permissive', strategic => true, logo => '\x47494638', logo_type => 'image/gif')$$, pg_temp.partner('Fern'))), '1',
    'R033 name, website, logo, cap, level and strategic flag are edited');
SELECT is(pg_temp.sees('Ann', $$SELECT concat_ws(' | ', name, website, encode(logo, 'hex'), admin, access_level, licence_cap, strategic) FROM clearance.partners WHERE name LIKE 'Fern%'$$),
    'Fern Ltd | https://fern-ltd.example | 47494638 | fay@fern.example | permissive | 3 | t', 'R032 R033 R034 edits of a partner are in force once saved, and its admin is the same');
SELECT is_empty($$SELECT 1 FROM pg_proc p, unnest(p.proargnames) AS a WHERE p.oid IN (SELECT oid FROM pg_proc WHERE proname = 'update_partner') AND a ~ 'admin'$$,
    'R032 editing a partner has no place for another admin');
SELECT matches(pg_temp.does('Ann', format('SELECT clearance.set_partner_admin(%s, false)', id)), '^55006', 'R032 and the admin stays one')
FROM clearance.member WHERE email = 'fay@fern.example';
SELECT matches(pg_temp.does(who, format($$SELECT clearance.update_partner(%s, access_level => 'permissive', licence_cap => 100)$$, pg_temp.partner('Maple'))), '^(42501|42704 no partner)',
    'R033 who lacks the right over partner companies edits none: ' || who) FROM unnest('{Cole,Mae,Cora,nobody}'::text[]) AS who;
SELECT is(pg_temp.does('Ann', format('SELECT clearance.disable_partner(%s)', pg_temp.partner('Maple'))), '1', 'R031 a partner is disabled');
SELECT is(pg_temp.sees('Ann', $$SELECT status FROM clearance.partners WHERE name = 'Maple'$$), 'disabled', 'R030 R031 the list says that a partner is disabled');
SELECT is(pg_temp.sees('Moe', 'SELECT id FROM app.project'), '', 'R031 members of a disabled partner have lost their access');
SELECT is(pg_temp.does('Ann', format('SELECT clearance.enable_partner(%s)', pg_temp.partner('Maple'))), '1', 'R031 it is enabled');
SELECT is(pg_temp.sees('Moe', 'SELECT id FROM app.project'), '7001', 'R031 members of an enabled partner have it again');

-- Licences. Pine has 3: Pia and Pit use two.
SELECT is(pg_temp.sees('Ann', $$SELECT licences_used || '/' || licence_cap FROM clearance.partners WHERE name = 'Pine'$$), '2/3', 'R004 R014 R028 a cap and its use');
SELECT is(pg_temp.does('Ann', format($$SELECT clearance.add_member(key => 7013, name => 'Pam', roles => '{engineer}', partner => %s)$$, pg_temp.partner('Pine'))), '1', 'R014 the last licence');
SELECT is(pg_temp.does('Ann', format($$SELECT clearance.add_member(key => 7014, name => 'Pat', roles => '{engineer}', partner => %s)$$, pg_temp.partner('Pine'))),
    '53400 partner "Pine" would use 4 of its 3 licences', 'R004 R014 R015 R105 a member beyond the cap is refused');
SELECT is(pg_temp.does('Pia', format($$SELECT clearance.invite_partner_member(%s, 'pat@pine.example', 'engineer')$$, pg_temp.partner('Pine'))),
    '53400 partner "Pine" would use 4 of its 3 licences', 'R014 R015 R105 so is an invitation');
SELECT is(pg_temp.does('Ann', format('SELECT clearance.update_partner(%s, licence_cap => 2)', pg_temp.partner('Pine'))),
    '53400 partner "Pine" would use 3 of its 2 licences', 'R014 and a cap below the use');
SELECT is(pg_temp.does('Ann', format('SELECT clearance.update_partner(%s, licence_cap => 5)', pg_temp.partner('Pine'))), '1', 'R016 a cap is raised');
SELECT is(pg_temp.sees('Ann', $$SELECT licences_used || '/' || licence_cap FROM clearance.partners WHERE name = 'Pine'$$), '3/5', 'R016 raising a cap uses no licence');
SELECT is(pg_temp.does('Ann', $$SELECT clearance.add_member(key => 7005, name => 'Una', roles => '{collaborator}')$$), '1',
    'R017 a member of the vendor''s team is added, whatever partners have and do not use');
SELECT is((SELECT string_agg(column_name, ', ') FROM information_schema.columns WHERE table_schema = 'clearance' AND table_name = 'account' AND column_name ~ 'licence'), NULL,
    'R017 the vendor''s team has no cap from which partners would take');
SELECT is(pg_temp.does('Ann', format('SELECT clearance.disable_member(%s)', pg_temp.member('Pam'))), '1', 'R014 a member is disabled');
SELECT is(pg_temp.sees('Ann', $$SELECT licences_used FROM clearance.partners WHERE name = 'Pine'$$), '2', 'R014 R126 the licence of a disabled member is free');
SELECT is(pg_temp.does('Ann', format('SELECT clearance.enable_member(%s)', pg_temp.member('Pam'))), '1', 'R110 a disabled member comes back');
SELECT is(pg_temp.sees('Ann', $$SELECT licences_used FROM clearance.partners WHERE name = 'Pine'$$), '3', 'R107 R110 R126 R128 each active member holds one licence of its own');
SELECT matches(pg_temp.does('Ann', format($$SELECT clearance.add_member(key => 7011, name => 'Another Pia', partner => %s)$$, pg_temp.partner('Pine'))), '^23505 key "7011" is taken',
    'R126 two people do not share a user');

-- Roles.
SELECT is(pg_temp.does('Ann', $$SELECT clearance.create_role('trainer', available_to_partners => true)$$), '1', 'R007 R035 a new role is marked as available to partners');
SELECT is(pg_temp.does('Ann', $$SELECT clearance.create_role('tester')$$), '1', 'R007 another one is not');
SELECT matches(pg_temp.does('Ann', format($$SELECT clearance.set_partner_roles(%s, '{engineer,tester}')$$, pg_temp.partner('Pine'))), '^22023 role "tester" is not available to partners', 'R008 R037 a role that is not available to partners cannot be selected for one');
SELECT is(pg_temp.does('Ann', $$SELECT clearance.update_role('tester', available_to_partners => true)$$), '1', 'R007 R036 an existing role is marked as available to partners');
SELECT is(pg_temp.does('Ann', format($$SELECT clearance.set_partner_roles(%s, '{engineer,tester}')$$, pg_temp.partner('Pine'))), '1', 'R008 R036 a role that was marked can be selected');
SELECT is(pg_temp.does('Ann', format($$SELECT clearance.set_member_roles(%s, '{tester}')$$, pg_temp.member('Pit'))), '1', 'R038 R118 a member holds a role of its partner');
SELECT matches(pg_temp.does('Ann', format($$SELECT clearance.set_member_roles(%s, '{trainer}')$$, pg_temp.member('Pit'))), '^22023 role "trainer" is not selected', 'R038 a member holds no role that was not selected for its partner');
SELECT matches(pg_temp.does('Ann', format($$SELECT clearance.set_member_roles(%s, '{analyst}')$$, pg_temp.member('Pit'))), '^22023 role "analyst" is not selected', 'R037 a partner''s member holds no role without the flag');
SELECT matches(pg_temp.does('Ann', format($$SELECT clearance.set_member_roles(%s, '{super_user}')$$, pg_temp.member('Pit'))), '^22023 role "super_user" is not selected', 'R037 a partner''s member holds no role of the vendor''s');
SELECT matches(pg_temp.does(who, format($$SELECT clearance.update_role('analyst', available_to_partners => true, account => %s)$$, account)), '^42501', 'R036 who lacks the right over roles marks none: ' || who)
FROM scene, unnest('{Cole,Pia,Cora,nobody}'::text[]) AS who;

-- Invitations.
SELECT pg_temp.sees('Ann', format($$SELECT token FROM clearance.invite_partner_member(%s, 'pru@pine.example', 'engineer', name => 'Pru')$$, pg_temp.partner('Pine'))) AS token \gset
SELECT isnt(:'token'::text, '', 'R039 R040 R041 the vendor invites a team member of a partner, by e-mail and with a role');
SELECT is(pg_temp.sees('dba', $$SELECT kind || ' ' || recipient || ' ' || (payload ->> 'company') FROM clearance.outbox WHERE recipient = 'pru@pine.example'$$),
    'partner_invitation pru@pine.example Pine', 'R040 R045 a mail is handed to the application');
SELECT is(pg_temp.sees('app', $$SELECT payload ->> 'token' FROM clearance.take_mail() WHERE recipient = 'pru@pine.example'$$), :'token', 'R040 R045 the application takes the mail, with the token of the link');
SELECT is((SELECT count(*) FROM clearance.outbox), 0::bigint, 'R045 a mail is taken once');
SELECT is((SELECT status FROM clearance.member WHERE name = 'Pru'), 'invited', 'R046 until it accepts, the member is invited');
SELECT is(pg_temp.sees('Ann', $$SELECT email FROM clearance.invitations WHERE company = 'Pine'$$), 'pru@pine.example', 'R046 an invited member is listed as invited');
SELECT is(pg_temp.sees('Pru', 'SELECT id FROM app.project'), '', 'R046 an invited member has no access yet');
SELECT is((SELECT string_agg(r.name, ', ') FROM clearance.member m JOIN clearance.member_role mr ON mr.member_id = m.id JOIN clearance.role r ON r.id = mr.role_id WHERE m.name = 'Pru'),
    'engineer', 'R041 R118 the role of an invitation is held');
SELECT is_empty($$SELECT 1 FROM clearance.invitation WHERE token_hash = convert_to($$ || quote_literal(:'token'::text) || $$, 'UTF8')$$, 'R045 the token is stored as a hash only');
SELECT is(pg_temp.does('app', format('SELECT clearance.accept_invitation(%L, 7015)', :'token')), '1', 'R047 it accepts');
SELECT is((SELECT status FROM clearance.member WHERE name = 'Pru'), 'active', 'R047 who has accepted is invited no longer');
SELECT is(pg_temp.sees('Ann', $$SELECT email FROM clearance.invitations WHERE company = 'Pine'$$), '', 'R047 who has accepted is no longer listed as invited');
SELECT matches(pg_temp.does('app', format('SELECT clearance.accept_invitation(%L, 7016)', :'token')), '^42704 no open invitation has this token', 'R047 no invitation is accepted twice');
SELECT is(pg_temp.sees('dba', $$SELECT kind FROM clearance.outbox WHERE recipient = 'pru@pine.example'$$), 'welcome', 'R112 a welcome mail is handed over');
SELECT is(pg_temp.does('Pia', format($$SELECT clearance.invite_partner_member(%s, 'pax@pine.example', 'engineer', admin => true)$$, pg_temp.partner('Pine'))), '1', 'R039 R042 its admin invites as well');
SELECT matches(pg_temp.does('Pit', format($$SELECT clearance.invite_partner_member(%s, 'x@pine.example', 'engineer')$$, pg_temp.partner('Pine'))), '^42501', 'R039 a partner''s collaborator invites nobody');
SELECT matches(pg_temp.does('Mae', format($$SELECT clearance.invite_partner_member(%s, 'x@pine.example', 'engineer')$$, pg_temp.partner('Pine'))), '^42704 no partner', 'R039 nor the admin of another partner');
SELECT matches(pg_temp.does('Ann', format($$SELECT clearance.invite_partner_member(%s, 'no address', 'engineer')$$, pg_temp.partner('Maple'))), '^22023 "no address" is no e-mail address', 'R040 an invitation without an e-mail address is refused');
SELECT matches(pg_temp.does('Ann', format($$SELECT clearance.invite_partner_member(%s, 'x@maple.example')$$, pg_temp.partner('Maple'))), '^22004 role is null', 'R041 an invitation without a role is refused');
SELECT is(pg_temp.does('Ann', format('SELECT clearance.set_account(%s, published => false)', account)), '1', 'R112 a site that is not published') FROM scene;
SELECT pg_temp.sees('Ann', format($$SELECT token FROM clearance.invite_partner_member(%s, 'mia@maple.example', 'engineer', name => 'Mia')$$, pg_temp.partner('Maple'))) AS token \gset
SELECT is(pg_temp.does('app', format('SELECT clearance.accept_invitation(%L, 7023)', :'token')), '1', 'R112 when an invitation is accepted');
SELECT is(pg_temp.sees('dba', $$SELECT kind FROM clearance.outbox WHERE recipient = 'mia@maple.example' AND kind = 'welcome'$$), '', 'R112 a site that is not published sends no welcome');

-- Permission: admin or collaborator.
SELECT col_type_is('clearance', 'member', 'partner_admin', 'boolean', 'R042 a partner''s member is an admin or a collaborator');
SELECT col_not_null('clearance', 'member', 'partner_admin', 'R042 always one of the two');
SELECT is(pg_temp.does('Pia', format('SELECT clearance.set_partner_admin(%s, true)', pg_temp.member('Pit'))), '1', 'R042 a collaborator becomes an admin');
SELECT is(pg_temp.sees('Pit', 'SELECT id FROM app.project'), '7001, 7002', 'R043 who becomes a partner''s admin reaches all projects of the partner');
SELECT is(pg_temp.does('Pia', format('SELECT clearance.set_partner_admin(%s, false)', pg_temp.member('Pit'))), '1', 'R042 and a collaborator again');
SELECT is(pg_temp.sees('Pit', 'SELECT id FROM app.project'), '7001', 'R044 a collaborator again, it reaches those it is invited to');
SELECT matches(pg_temp.does('Pit', format('SELECT clearance.set_partner_admin(%s, true)', pg_temp.member('Pit'))), '^42501', 'R042 nobody makes itself an admin');

-- The strategic flag: what customers see of a partner's people.
SELECT is(pg_temp.sees('Cora', $$SELECT name || ' of ' || company || coalesce(', ' || website, '') FROM clearance.project_team(7001) WHERE side <> 'customer' AND name IN ('Cole', 'Pit', 'Moe')$$),
    'Cole of Acme, Moe of Acme, Pit of Pine', 'R003 R023 R024 a strategic partner is shown by name, the people of others as the vendor''s own');
SELECT is(pg_temp.does('Ann', format($$SELECT clearance.update_partner(%s, strategic => true, logo => '\x89504e47', logo_type => 'image/png')$$, pg_temp.partner('Maple'))), '1', 'R003 the vendor sets the flag');
SELECT is(pg_temp.sees('Cora', $$SELECT company || ' ' || encode(logo, 'hex') FROM clearance.project_team(7001) WHERE name = 'Moe'$$), 'Maple 89504e47', 'R003 R023 customers see company and logo of a strategic partner');
SELECT is(pg_temp.does('Ann', format('SELECT clearance.update_partner(%s, strategic => false)', pg_temp.partner('Maple'))), '1', 'R003 and takes it away');
SELECT is(pg_temp.sees('Cora', $$SELECT side || ' ' || company || coalesce(encode(logo, 'hex'), '') FROM clearance.project_team(7001) WHERE name = 'Moe'$$), 'vendor Acme', 'R024 customers see a member of another partner as the vendor''s own');
SELECT is(pg_temp.sees('Cole', $$SELECT side || ' ' || company FROM clearance.project_team(7001) WHERE name = 'Moe'$$), 'partner Maple', 'R024 the vendor''s own team sees who it is');

-- Who may put whom on a project.
SELECT is(pg_temp.does('Sue', format('SELECT clearance.add_partner_to_project(7003, %s)', pg_temp.partner('Pine'))), '1', 'R058 a super user adds a partner to a project');
SELECT is(pg_temp.does('Sue', format('SELECT clearance.add_member_to_project(7003, %s)', pg_temp.member('Pit'))), '1', 'R059 R129 a super user adds a partner''s members, one by one');
SELECT is(pg_temp.sees('Pit', 'SELECT id FROM app.project'), '7001, 7003', 'R059 R129 a member that was added sees the project from then on');
SELECT matches(pg_temp.does(who, format('SELECT clearance.add_partner_to_project(7003, %s)', pg_temp.partner('Maple'))), '^(42501|42704 no (project|partner))', 'R058 who lacks the right to add partners adds none: ' || who)
FROM unnest('{Cole,Pia,Mae,Cora,nobody}'::text[]) AS who;
SELECT matches(pg_temp.does('Mae', format('SELECT clearance.add_member_to_project(7003, %s)', pg_temp.member('Mae'))), '^42704 no project', 'R059 R061 nobody adds itself to a project');
SELECT is(pg_temp.does('Sue', format('SELECT clearance.remove_partner_from_project(7003, %s)', pg_temp.partner('Pine'))), '1', 'R062 the partner is removed');
SELECT is(pg_temp.sees(who, 'SELECT id FROM app.project WHERE id = 7003'), '', 'R062 members of a removed partner have lost the project: ' || who) FROM unnest('{Pia,Pit}'::text[]) AS who;

-- Kinds of companies.
SELECT is(pg_temp.does('Ann', $$SELECT clearance.create_partner('Solo', kind => 'contractor', access_level => 'restricted', roles => '{engineer}')$$), '1', 'R089 a contractor');
SELECT is(pg_temp.sees('Ann', $$SELECT kind || ' ' || name FROM clearance.partners WHERE name IN ('Solo', 'Pine')$$), 'contractor Solo, integrator Pine', 'R089 a contractor is told from an integrator');
SELECT matches(pg_temp.does('Ann', $$SELECT clearance.create_partner('Odd', kind => 'friend')$$), '^22023 unknown kind', 'R089 there is no third kind');
SELECT is(pg_temp.does('Sue', $$SELECT clearance.create_customer('Later', kind => 'prospect')$$), '1', 'R102 a prospect');
SELECT is(pg_temp.sees('Cole', $$SELECT type || ' ' || name FROM clearance.companies WHERE name IN ('Later', 'Coral', 'Pine')$$), 'customer Coral, partner Pine, prospect Later',
    'R102 partners, prospects and customers are told apart');

-- Users.
SELECT is(pg_temp.does('dba', 'SELECT clearance.add_partner_to_project(7002, 0)'), '42704 no partner with id 0', 'R101 a partner that does not exist is put on no project');
SELECT is((SELECT string_agg(m.name, ', ' ORDER BY m.name) FROM clearance.member m WHERE m.partner_id = pg_temp.partner('Maple') AND m.kind = 'partner'), 'Mae, Mia, Moe',
    'R103 R106 R108 the people of a partner are its contacts, and users of the partner workspace because they are');
SELECT throws_ok(format($$INSERT INTO clearance.member (account_id, partner_id) VALUES (%s, %s)$$, account, pg_temp.partner('Pine')), '23514', NULL,
    'R106 nobody is a user who is known by neither e-mail nor user name') FROM scene;
SELECT is((SELECT concat_ws(' ', email, key) FROM clearance.member WHERE id = pg_temp.member('Pru')), 'pru@pine.example 7015',
    'R109 who accepted an invitation has e-mail address and user name: the application''s own key');
SELECT is((SELECT l.name FROM clearance_internal.scope_actor(pg_temp.member('Pru'), NULL) s JOIN clearance.level l ON l.id = ANY (s.base_levels)), 'permissive',
    'R111 a new user has its permissions from the start: the level of the partner');
SELECT is(pg_temp.does('Ann', $$SELECT clearance.add_member(key => 7006, name => 'Bare')$$), '1', 'R113 a vendor''s member without role');
SELECT is(pg_temp.does('Ann', format('SELECT clearance.update_partner(%s, owner => %s)', pg_temp.partner('Solo'), pg_temp.member('Bare'))), '1', 'R113 is put in charge of a partner');
SELECT matches(pg_temp.does('Ann', format($$SELECT clearance.add_member(key => 7081, name => 'Sol', roles => '{engineer}', partner => %s)$$, pg_temp.partner('Solo'))), '^55000 "Bare", who is in charge of the partner, has no role',
    'R113 while its owner has no role, no user of a partner can be created');
SELECT is(pg_temp.does('Ann', format($$SELECT clearance.set_member_roles(%s, '{collaborator}')$$, pg_temp.member('Bare'))), '1', 'R113 it gets a role');
SELECT is(pg_temp.does('Ann', format($$SELECT clearance.add_member(key => 7081, name => 'Sol', roles => '{engineer}', partner => %s)$$, pg_temp.partner('Solo'))), '1', 'R113 once its owner has a role, a user of a partner can be created');

-- Resources and participants.
SELECT is(pg_temp.does('Ann', format('SELECT clearance.set_account(%s, ready_participants => true)', account)), '1',
    'R104 R120 an account asks for users that are resources') FROM scene;
SELECT matches(pg_temp.does('Sue', format('SELECT clearance.add_partner_to_project(7003, %s)', pg_temp.partner('Birch'))), '^55000 partner "Birch" has no members', 'R101 a partner without people joins no project');
SELECT is(pg_temp.does('Sue', format('SELECT clearance.add_partner_to_project(7003, %s)', pg_temp.partner('Solo'))), '1', 'R101 a partner with people joins a project');
SELECT matches(pg_temp.does('Sue', format('SELECT clearance.add_member_to_project(7003, %s)', pg_temp.member('Sol'))), '^55000 member "Sol" has no e-mail address',
    'R109 a user without e-mail address takes part in no project');
UPDATE clearance.member SET email = 'sol@solo.example', key = NULL WHERE id = pg_temp.member('Sol');
SELECT matches(pg_temp.does('Sue', format('SELECT clearance.add_member_to_project(7003, %s)', pg_temp.member('Sol'))), '^55000 member "Sol" has no user id',
    'R109 nor does one without user name');
UPDATE clearance.member SET key = '7081' WHERE id = pg_temp.member('Sol');
SELECT matches(pg_temp.does('Sue', format('SELECT clearance.add_member_to_project(7003, %s)', pg_temp.member('Sol'))), '^55000 member "Sol" is no resource', 'R104 R119 R120 a user that is no resource is refused');
SELECT matches(pg_temp.does('Ann', format('SELECT clearance.set_resource(%s, NULL)', pg_temp.member('Sol'))), '^22004 supervisor is null', 'R115 no resource without a supervisor');
SELECT matches(pg_temp.does('Ann', format('SELECT clearance.set_resource(%s, %1$s)', pg_temp.member('Sol'))), '^22023 member "Sol" cannot supervise member "Sol"', 'R115 nobody supervises itself');
SELECT is(pg_temp.does('Ann', format('SELECT clearance.set_resource(%s, %s, schedulable => false)', pg_temp.member('Sol'), pg_temp.member('Cole'))), '1', 'R114 R115 the contact becomes a resource, with a supervisor');
SELECT is((SELECT count(*) FROM clearance.resource WHERE member_id = pg_temp.member('Sol')), 1::bigint, 'R114 resource and user are the same person');
SELECT matches(pg_temp.does('Sue', format('SELECT clearance.add_member_to_project(7003, %s)', pg_temp.member('Sol'))), '^55000 member "Sol" is not schedulable', 'R117 R119 one that is not enabled for scheduling is refused');
SELECT is(pg_temp.does('Ann', format('SELECT clearance.set_resource(%s, %s)', pg_temp.member('Sol'), pg_temp.member('Cole'))), '1', 'R117 it is enabled');
SELECT is(pg_temp.does('Ann', format($$SELECT clearance.set_member_roles(%s, '{}')$$, pg_temp.member('Sol'))), '1', 'R118 without a role');
SELECT matches(pg_temp.does('Sue', format('SELECT clearance.add_member_to_project(7003, %s)', pg_temp.member('Sol'))), '^55000 member "Sol" has no role', 'R118 R119 a resource without a role is refused');
SELECT is(pg_temp.does('Ann', format($$SELECT clearance.set_member_roles(%s, '{engineer}')$$, pg_temp.member('Sol'))), '1', 'R118 with one');
SELECT is(pg_temp.does('Sue', format('SELECT clearance.add_member_to_project(7003, %s)', pg_temp.member('Sol'))), '1', 'R104 R119 R120 user, resource, supervisor, scheduling, role: it is a participant');
SELECT is(pg_temp.sees('Sol', 'SELECT id FROM app.project'), '7003', 'R119 a participant has access');
SELECT is(pg_temp.does('Ann', format('SELECT clearance.set_account(%s, ready_participants => false)', account)), '1', 'R120 an account that does not ask') FROM scene;
SELECT is(pg_temp.does('Sue', format('SELECT clearance.add_member_to_project(7002, %s)', pg_temp.member('Pru'))), '1', 'R120 an account that does not ask takes users alone');

-- Phases.
SELECT is(pg_temp.does('Sue', 'SELECT clearance.set_project(7002, by_phase => true)'), '1', 'R125 a project is reached through its phases');
SELECT is(pg_temp.sees('Pru', 'SELECT id FROM app.project WHERE id = 7002'), '', 'R125 without a phase there is no access');
SELECT is(pg_temp.does('Sue', format($$SELECT clearance.add_participant(7002, 'Build', %s)$$, pg_temp.member('Pru'))), '1', 'R124 a partner''s member is assigned to a phase');
SELECT is(pg_temp.sees('Pru', 'SELECT id FROM app.project WHERE id = 7002'), '7002', 'R124 who is assigned to a phase gains access');
SELECT is(pg_temp.does('Sue', format($$SELECT clearance.remove_participant(7002, 'Build', %s)$$, pg_temp.member('Pru'))), '1', 'R125 it leaves the phase');
SELECT is(pg_temp.sees('Pru', 'SELECT id FROM app.project WHERE id = 7002'), '', 'R125 who left its phase has lost the project');
SELECT matches(pg_temp.does('Pru', format($$SELECT clearance.add_participant(7002, 'Build', %s)$$, pg_temp.member('Pru'))), '^42704 no project', 'R124 nobody assigns itself');

SELECT * FROM finish();
ROLLBACK;
