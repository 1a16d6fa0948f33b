-- People, companies, projects: what each function does and what it refuses.
-- Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
BEGIN;
-- names instead of ids, which depend on what ran before
CREATE VIEW pg_temp.memberships AS
SELECT p.key AS project, m.name AS member, pm.source, pm.is_owner, pm.through_phase, l.name AS level, pm.starts_at, pm.ends_at
FROM clearance.project_member pm JOIN clearance.project p ON p.id = pm.project_id
JOIN clearance.member m ON m.id = pm.member_id LEFT JOIN clearance.level l ON l.id = pm.level_id;

--
-- Accounts. A function that is not told the account takes the only one, and
-- refuses where there are several.
--
SELECT clearance.create_partner('Too early');
SELECT clearance.create_account('Northwind', key => 17) AS north \gset
SELECT clearance.create_partner('Solo') AS solo \gset
SELECT clearance.create_account('Southwind', key => 'a1b2') AS south \gset
SELECT a.name, a.key, p.name AS partner FROM clearance.account a LEFT JOIN clearance.partner p ON p.account_id = a.id ORDER BY 1;
SELECT clearance.create_customer('Which account?');
SELECT clearance.create_account(NULL);
-- a property that is not named stays as it is; an empty level takes it away
SELECT clearance.set_account(:north, portal => true, default_external_level => 'restricted');
SELECT clearance.set_account(:north, active => true);
SELECT a.portal, a.active, l.name FROM clearance.account a LEFT JOIN clearance.level l ON l.id = a.default_external_level_id WHERE a.id = :north;
SELECT clearance.set_account(:north, default_external_level => '');
SELECT portal, default_external_level_id FROM clearance.account WHERE id = :north;
-- the default external level is a partner level
SELECT clearance.set_account(:north, default_external_level => 'collaborator');
SELECT clearance.set_account(:north, default_external_level => 'no such level');
SELECT clearance.set_account(-5, portal => true);
SELECT clearance.set_account(NULL, portal => true);

--
-- Roles: of an account, with a vendor or partner level; account_admin is never
-- open to partners.
--
SELECT clearance.create_role('Consultant', available_to_partners => true, access_level => 'moderate', account => :north) AS consultant \gset
SELECT clearance.create_role('Reviewer', available_to_partners => true, account => :north) AS reviewer \gset
SELECT clearance.create_role('Chief', access_level => 'account_admin', account => :north) AS chief \gset
SELECT clearance.create_role('Foreign', available_to_partners => true, account => :south) AS foreign \gset
SELECT r.name, r.available_to_partners, l.name AS level FROM clearance.role r LEFT JOIN clearance.level l ON l.id = r.level_id
WHERE r.account_id IN (:north, :south) ORDER BY 1;
SELECT clearance.create_role('Mole', available_to_partners => true, access_level => 'account_admin', account => :north);
SELECT clearance.create_role('Guest', access_level => 'client', account => :north);
SELECT clearance.create_role('Chief', account => :north);
SELECT clearance.create_role('super_user', account => :north);
SELECT clearance.create_role(NULL, account => :north);

--
-- Partners: a partner level, and roles that are available to partners.
--
SELECT clearance.create_partner('Acme', 'permissive', licence_cap => 2, roles => '{Consultant}', account => :north) AS acme \gset
SELECT clearance.create_partner('Bolt', strategic => true, can_track_time => true, roles => '{Reviewer,Reviewer}', account => :north) AS bolt \gset
SELECT clearance.create_partner('Far', 'moderate', account => :south) AS far \gset
SELECT clearance.create_partner('Wrong level', 'super_user', account => :north);
SELECT clearance.create_partner('Wrong role', roles => '{Chief}', account => :north);
SELECT clearance.create_partner('Role of another account', roles => '{Foreign}', account => :north);
SELECT clearance.create_partner(NULL, account => :north);
\set VERBOSITY terse
SELECT clearance.create_partner('ACME', account => :north);
SELECT clearance.create_partner('Below nothing', licence_cap => -2, account => :north);
SELECT clearance.create_partner(' ', account => :north);
\set VERBOSITY default
SELECT clearance.update_partner(:bolt, name => 'Bolt & Co', access_level => 'restricted', licence_cap => 7);
SELECT clearance.update_partner(:bolt, strategic => false);
SELECT name, admins, licences_used, licence_cap, access_level, status, strategic, can_track_time, roles
FROM clearance.partners WHERE account_id = :north ORDER BY name;
SELECT clearance.update_partner(:bolt, access_level => '', licence_cap => -1);
SELECT name, licence_cap, access_level FROM clearance.partners WHERE id = :bolt;
SELECT clearance.update_partner(:bolt, access_level => 'client');
SELECT clearance.update_partner(-5, name => 'Nobody');
SELECT clearance.update_partner(NULL, name => 'Nobody');
SELECT clearance.disable_partner(:bolt);
SELECT status FROM clearance.partners WHERE id = :bolt;
SELECT clearance.enable_partner(:bolt);
SELECT status FROM clearance.partners WHERE id = :bolt;
SELECT clearance.disable_partner(-5);
SELECT clearance.enable_partner(NULL);

--
-- Customers
--
SELECT clearance.create_customer('Cafe', :north) AS cafe \gset
SELECT clearance.create_customer('Distant', :south) AS distant \gset
SELECT clearance.disable_customer(:cafe);
SELECT name, active FROM clearance.customer WHERE id = :cafe;
SELECT clearance.enable_customer(:cafe);
SELECT name, active FROM clearance.customer WHERE id = :cafe;
SELECT clearance.create_customer(NULL, :north);
SELECT clearance.create_customer('Nowhere', -5);
SELECT clearance.disable_customer(-5);
SELECT clearance.enable_customer(NULL);

--
-- Members: the vendor's team holds built-in roles or roles of the account, a
-- partner's team the roles selected for it, customers none.
--
SELECT clearance.add_member(key => 1, name => 'Vera', roles => '{super_user,Chief,Chief}', account => :north) AS vera \gset
SELECT clearance.add_member(key => 2, name => 'Colin', roles => '{collaborator}', account => :north) AS colin \gset
SELECT clearance.add_member(key => 'c0ffee00-0000-4000-8000-000000000003'::uuid, name => 'Ada', partner => :acme, partner_admin => true, roles => '{Consultant}', account => :north) AS ada \gset
SELECT clearance.add_member(email => 'Cleo@cafe.example', name => 'Cleo', customer => :cafe, account => :north) AS cleo \gset
SELECT clearance.add_member(key => 1, name => 'Sven', account => :south) AS sven \gset
SELECT m.key, m.email, m.name, m.kind, m.partner_admin, m.status,
    array(SELECT r.name FROM clearance.member_role mr JOIN clearance.role r ON r.id = mr.role_id WHERE mr.member_id = m.id ORDER BY 1) AS roles
FROM clearance.member m WHERE m.account_id IN (:north, :south) ORDER BY m.id;
SELECT clearance.add_member(key => 90, partner => :acme, roles => '{Reviewer}', account => :north);
SELECT clearance.add_member(key => 90, partner => :acme, roles => '{account_admin}', account => :north);
SELECT clearance.add_member(key => 90, name => 'Cesar', customer => :cafe, roles => '{Consultant}', account => :north);
SELECT clearance.add_member(key => 90, roles => '{Foreign}', account => :north);
SELECT clearance.add_member(key => 90, roles => '{NULL}', account => :north);
-- nothing crosses an account
SELECT clearance.add_member(key => 90, partner => :far, account => :north);
SELECT clearance.add_member(key => 90, customer => :distant, account => :north);
SELECT clearance.add_member(key => 90, partner => -5, account => :north);
SELECT clearance.add_member(key => 90, customer => -5, account => :north);
\set VERBOSITY terse
SELECT clearance.add_member(key => 1, name => 'Vera again', account => :north);
SELECT clearance.add_member(email => 'CLEO@cafe.example', account => :north);
SELECT clearance.add_member(email => '', account => :north);
SELECT clearance.add_member(key => 90, partner => :acme, customer => :cafe, account => :north);
SELECT clearance.add_member(key => 90, partner_admin => true, account => :north);
SELECT clearance.add_member(key => 90, status => 'retired', account => :north);
SELECT clearance.add_member(key => repeat('9', 300), account => :north);
SELECT clearance.add_member(key => 90, name => ' ', account => :north);
\set VERBOSITY default
-- none of the refused left a trace
SELECT count(*) FROM clearance.member WHERE key = '90';

-- with an actor, the account is the actor's, which is told of no other
SELECT clearance.set_member_roles(:sven, '{account_admin}');
SELECT clearance.set_actor(id => :sven) = :sven AS acting;
SELECT clearance.create_customer('Of the actor') > 0 AS created;
\set VERBOSITY sqlstate
SELECT clearance.create_customer('Elsewhere', :north) > 0 AS created;
\set VERBOSITY default
SELECT clearance.reset_actor();
SELECT c.name, a.name AS account FROM clearance.customer c JOIN clearance.account a ON a.id = c.account_id ORDER BY 1;

--
-- Licences: active and invited members count, disabled ones do not.
--
SELECT clearance.add_member(key => 4, name => 'Ben', partner => :acme, status => 'invited', account => :north) AS ben \gset
SELECT clearance.add_member(key => 5, name => 'Cap', partner => :acme, account => :north);
SELECT clearance.add_member(key => 5, name => 'Cap', partner => :acme, status => 'disabled', account => :north) AS cap \gset
SELECT admins, licences_used, licence_cap FROM clearance.partners WHERE id = :acme;
SELECT clearance.enable_member(:cap);
SELECT clearance.update_partner(:acme, licence_cap => 1);
SELECT clearance.disable_member(:ada);
SELECT clearance.enable_member(:cap);
SELECT clearance.enable_member(:ada);
SELECT admins, licences_used, licence_cap FROM clearance.partners WHERE id = :acme;
SELECT clearance.update_partner(:acme, licence_cap => 3);
SELECT clearance.enable_member(:ada);
-- an invited member may be enabled too
SELECT clearance.enable_member(:ben);
SELECT name, status FROM clearance.member WHERE partner_id = :acme ORDER BY name;
SELECT clearance.disable_member(-5);
SELECT clearance.enable_member(NULL);

--
-- Switches: any action but those that are not available to a level of the member.
--
SELECT clearance.switch_on(:colin, 'task', 'delete');
SELECT clearance.switch_on(:colin, 'task', 'delete');
SELECT feature, action FROM clearance.member_switch WHERE member_id = :colin;
SELECT clearance.switch_off(:colin, 'task', 'delete');
SELECT feature, action FROM clearance.member_switch WHERE member_id = :colin;
SELECT clearance.switch_on(:colin, 'account_field', 'create_fields');
SELECT clearance.switch_on(:vera, 'account_field', 'create_fields');
\set VERBOSITY terse
SELECT clearance.switch_on(:colin, 'task', 'fly');
SELECT clearance.switch_off(:colin, 'task', 'fly');
\set VERBOSITY default
SELECT clearance.switch_on(-5, 'task', 'delete');
SELECT clearance.switch_off(NULL, 'task', 'delete');

--
-- Projects: keys of any type, known once in the database.
--
SELECT clearance.create_project(7, :north, owner => :vera) > 0 AS created;
SELECT clearance.create_project('c0ffee00-0000-4000-8000-000000000007'::uuid, :north) > 0 AS created;
SELECT clearance.create_project('S-1', :south) > 0 AS created;
SELECT project, member, source, is_owner, level, starts_at, ends_at FROM pg_temp.memberships;
SELECT clearance.create_project(7, :north);
SELECT clearance.create_project('7', :south);
SELECT clearance.create_project(NULL, :north);
SELECT clearance.create_project(8, :north, owner => :sven);
SELECT clearance.create_project(8, :north, owner => :cleo);
SELECT clearance.create_project(8, :north, owner => -5);
SELECT clearance.set_project(7, portal => true, client_upload => true, open_level => 'client');
SELECT clearance.set_project(7, by_phase => true, client_upload => false);
SELECT p.archived, p.portal, p.client_upload, p.by_phase, l.name FROM clearance.project p LEFT JOIN clearance.level l ON l.id = p.open_level_id WHERE p.key = '7';
SELECT clearance.set_project(7, archived => true, open_level => '');
SELECT archived, portal, open_level_id FROM clearance.project WHERE key = '7';
SELECT clearance.set_project(7, open_level => 'no such level');
SELECT clearance.set_project(404, archived => true);
SELECT clearance.set_project(NULL, archived => true);
SELECT clearance.set_project_feature(7, 'task', false);
SELECT clearance.set_project_feature(7, 'task', false);
SELECT o.feature FROM clearance.project_feature_off o JOIN clearance.project p ON p.id = o.project_id WHERE p.key = '7';
SELECT clearance.set_project_feature(7, 'task', true);
SELECT count(*) FROM clearance.project_feature_off o JOIN clearance.project p ON p.id = o.project_id WHERE p.key = '7';
SELECT clearance.set_project_feature(7, 'teleport', false);
SELECT clearance.set_project_feature(7, NULL, false);
SELECT clearance.set_project_feature(7, 'task', NULL);
SELECT clearance.set_project_feature(404, 'task', false);

--
-- Companies on projects. Partner and customer members need theirs there first.
--
SELECT clearance.add_member_to_project(7, :ada);
SELECT clearance.add_member_to_project(7, :cleo);
SELECT clearance.add_partner_to_project(7, :acme, 'moderate', ends_at => '2100-01-01 00:00+00');
SELECT clearance.add_customer_to_project(7, :cafe, starts_at => '2000-01-01 00:00+00');
SELECT c.name, l.name AS level, pp.starts_at, pp.ends_at = '2100-01-01 00:00+00' AS ends
FROM clearance.project_partner pp JOIN clearance.partner c ON c.id = pp.partner_id LEFT JOIN clearance.level l ON l.id = pp.level_id;
SELECT c.name, pc.starts_at = '2000-01-01 00:00+00' AS starts, pc.ends_at
FROM clearance.project_customer pc JOIN clearance.customer c ON c.id = pc.customer_id;
SELECT clearance.add_partner_to_project(7, :acme);
SELECT clearance.add_customer_to_project(7, :cafe);
SELECT clearance.add_partner_to_project(7, :bolt, 'client');
SELECT clearance.add_partner_to_project(7, :far);
SELECT clearance.add_customer_to_project(7, :distant);
SELECT clearance.add_partner_to_project(404, :bolt);
SELECT clearance.add_partner_to_project(7, -5);
SELECT clearance.add_partner_to_project(7, NULL);
SELECT clearance.add_customer_to_project(7, -5);
SELECT clearance.add_customer_to_project(NULL, :cafe);
\set VERBOSITY terse
SELECT clearance.add_partner_to_project(7, :bolt, starts_at => '2000-01-02', ends_at => '2000-01-01');
\set VERBOSITY default

--
-- Members of projects: a level for their own kind; several sources add up, and
-- one that speaks again replaces what it said.
--
SELECT clearance.add_member_to_project(7, :ada, 'restricted');
SELECT clearance.add_member_to_project(7, :ada, source => 'phases', through_phase => true);
SELECT clearance.add_member_to_project(7, :cleo, 'client');
SELECT clearance.add_member_to_project(7, :colin, 'super_user', starts_at => '-infinity', owner => true);
SELECT clearance.add_member_to_project(7, :colin);
SELECT project, member, source, is_owner, through_phase, level, starts_at, ends_at FROM pg_temp.memberships ORDER BY member, source;
SELECT clearance.add_member_to_project(7, :ada, 'super_user');
SELECT clearance.add_member_to_project(7, :cleo, 'permissive');
SELECT clearance.add_member_to_project(7, :colin, 'client');
SELECT clearance.add_member_to_project(7, :ada, owner => true);
SELECT clearance.add_member_to_project(7, :sven);
SELECT clearance.add_member_to_project('S-1', :ada);
SELECT clearance.add_member_to_project(404, :ada);
SELECT clearance.add_member_to_project(7, -5);
SELECT clearance.add_member_to_project(7, :ada, source => NULL);
\set VERBOSITY terse
SELECT clearance.add_member_to_project(7, :ada, source => ' ');
\set VERBOSITY default
SELECT clearance.remove_member_from_project(7, :ada, 'phases');
SELECT clearance.remove_member_from_project(7, :ada, 'phases');
SELECT clearance.remove_member_from_project(7, :colin);
SELECT clearance.remove_member_from_project(7, :colin);
SELECT clearance.remove_member_from_project(404, :colin);
SELECT clearance.remove_member_from_project(7, NULL);
SELECT member, source FROM pg_temp.memberships ORDER BY member, source;

--
-- A company that leaves a project takes its members' memberships along, of that
-- project only; coming back it starts afresh.
--
SELECT clearance.add_partner_to_project('c0ffee00-0000-4000-8000-000000000007', :acme);
SELECT clearance.add_member_to_project('c0ffee00-0000-4000-8000-000000000007', :ada);
SELECT clearance.remove_partner_from_project(7, :acme);
SELECT clearance.remove_partner_from_project(7, :acme);
SELECT clearance.remove_customer_from_project(7, :cafe);
SELECT clearance.remove_customer_from_project(7, :cafe);
SELECT clearance.add_partner_to_project(7, :acme);
SELECT project, member, source FROM pg_temp.memberships ORDER BY project, member, source;
SELECT clearance.remove_partner_from_project(404, :acme);
SELECT clearance.remove_partner_from_project(7, -5);
SELECT clearance.remove_customer_from_project(7, NULL);

--
-- The actor's rights open a function, not EXECUTE: where nobody acts, only
-- operators administer. What serves the functions is nobody's to call.
--
SELECT p.oid::regprocedure AS open_to_everyone FROM pg_proc p
WHERE p.pronamespace = 'clearance'::regnamespace AND has_function_privilege('public', p.oid, 'EXECUTE')
  AND p.proname ~ '^(require|raise|put|insert|hold|check|changed|default|member)_' AND p.prorettype <> 'trigger'::regtype;
CREATE ROLE regress_people_app;
SET LOCAL ROLE regress_people_app;
SELECT clearance.create_customer('Denied', :north);
SELECT clearance.update_partner(-5);
SELECT clearance.remove_member_from_project(404, :ada);
SELECT count(*) FROM clearance.partners;
SELECT * FROM clearance.customer;
-- who owns the extension, or may act as that one, needs no superuser's rights
RESET ROLE;
SELECT extowner::regrole AS extension_owner FROM pg_extension WHERE extname = 'pg_clearance' \gset
GRANT :extension_owner TO regress_people_app;
SET LOCAL ROLE regress_people_app;
SELECT clearance.create_customer('Allowed', :north) > 0 AS created;
SELECT name FROM clearance.partners WHERE id = :bolt;
RESET ROLE;
-- account columns hold a key, or an id where there is none: no account is taken for another
SELECT setval(pg_get_serial_sequence('clearance.account', 'id'), 900001);
SELECT clearance.create_account('Numbered') AS numbered;
SELECT clearance.create_account('Keyed as it', key => 900002);
UPDATE clearance.account SET key = '900002' WHERE id = :north;
SELECT clearance.create_account('Keyed', key => 900003) AS keyed;
SELECT clearance.create_account('Numbered, too') AS passes_over_that_number;
UPDATE clearance.account SET key = NULL WHERE id = (SELECT a.id FROM clearance.account a WHERE a.key = '900003');
ROLLBACK;
