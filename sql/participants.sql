-- Taking part in projects: terms that change, ownership, phases, people who
-- must be ready, and the team as each side sees it.
-- Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE VIEW pg_temp.memberships AS
SELECT p.key AS project, m.key AS member, pm.source, pm.is_owner, pm.through_phase, l.name AS level,
    nullif(pm.starts_at, '-infinity')::date AS starts, nullif(pm.ends_at, 'infinity')::date AS ends
FROM clearance.project_member pm JOIN clearance.project p ON p.id = pm.project_id
JOIN clearance.member m ON m.id = pm.member_id LEFT JOIN clearance.level l ON l.id = pm.level_id;
SELECT clearance.create_account('Northwind') AS north \gset
SELECT clearance.set_account(:north, portal => true);
SELECT clearance.create_role('Consultant', available_to_partners => true, account => :north) > 0;
SELECT clearance.add_member('ann', name => 'Ann', email => 'ann@north.example', roles => '{account_admin}', account => :north) AS ann \gset
SELECT clearance.add_member('sue', name => 'Sue', roles => '{super_user}', account => :north) AS sue \gset
SELECT clearance.add_member('col', name => 'Col', email => 'col@north.example', roles => '{collaborator}', account => :north) AS col \gset
SELECT clearance.add_member('cam', name => 'Cam', roles => '{collaborator}', account => :north) AS cam \gset
SELECT clearance.create_partner('Acme', 'permissive', strategic => true, roles => '{Consultant}', website => 'https://acme.example',
    logo => '\x89', logo_type => 'image/png', account => :north) AS acme \gset
SELECT clearance.create_partner('Bolt', 'moderate', account => :north) AS bolt \gset
SELECT clearance.add_member('pam', name => 'Pam', email => 'pam@acme.example', partner => :acme, partner_admin => true, roles => '{Consultant}', account => :north) AS pam \gset
SELECT clearance.add_member('pat', name => 'Pat', partner => :acme, roles => '{Consultant}', account => :north) AS pat \gset
SELECT clearance.add_member('bob', name => 'Bob', partner => :bolt, account => :north) AS bob \gset
SELECT clearance.create_customer('Cafe', :north) AS cafe \gset
SELECT clearance.create_customer('Diner', :north) AS diner \gset
SELECT clearance.add_member('cleo', name => 'Cleo', email => 'cleo@cafe.example', customer => :cafe, account => :north) AS cleo \gset
SELECT clearance.add_member('dina', name => 'Dina', customer => :diner, account => :north) AS dina \gset
SELECT clearance.create_project('p1', :north, owner => :col) > 0;
SELECT clearance.set_project('p1', portal => true);
CREATE ROLE regress_participants;
SELECT clearance.trust_role('regress_participants');

--
-- Level and time change without an end in between; what is not named stays.
--
SELECT clearance.add_partner_to_project('p1', :acme, 'moderate', ends_at => '2100-01-01');
SELECT clearance.update_partner_on_project('p1', :acme, starts_at => '2020-01-01');
SELECT clearance.update_partner_on_project('p1', :acme, access_level => '', ends_at => '2101-01-01');
SELECT level_id, starts_at::date, ends_at::date FROM clearance.project_partner;
SELECT clearance.update_partner_on_project('p1', :acme, access_level => 'client');
SELECT clearance.update_partner_on_project('p1', :bolt, ends_at => '2100-01-01');
SELECT clearance.update_partner_on_project('p9', :acme);
SELECT clearance.update_partner_on_project('p1', -5);
\set VERBOSITY terse
SELECT clearance.update_partner_on_project('p1', :acme, ends_at => '2019-01-01');
\set VERBOSITY default
SELECT clearance.update_partner_on_project('p1', :acme, starts_at => '-infinity', ends_at => 'infinity');
SELECT clearance.add_customer_to_project('p1', :cafe);
SELECT clearance.update_customer_on_project('p1', :cafe, starts_at => '2020-01-01', ends_at => '2100-01-01');
SELECT starts_at::date, ends_at::date FROM clearance.project_customer;
SELECT clearance.update_customer_on_project('p1', :diner);
SELECT clearance.add_member_to_project('p1', :pat, 'restricted', ends_at => '2100-01-01');
SELECT clearance.update_member_on_project('p1', :pat, starts_at => '2020-01-01');
SELECT clearance.update_member_on_project('p1', :pat, 'moderate', ends_at => 'infinity');
SELECT * FROM pg_temp.memberships WHERE member = 'pat';
SELECT clearance.update_member_on_project('p1', :pat, 'client');
SELECT clearance.update_member_on_project('p1', :pat, source => 'phase:1');
SELECT clearance.update_member_on_project('p1', :bob);
-- a window that has ended shuts out, one that begins again lets in
SET LOCAL ROLE regress_participants;
SELECT clearance.set_actor(id => :pat) AS acting \gset
SELECT clearance.can('project.view', 'p1');
RESET ROLE;
SELECT clearance.reset_actor();
SELECT clearance.update_partner_on_project('p1', :acme, ends_at => now());
SET LOCAL ROLE regress_participants;
SELECT clearance.set_actor(id => :pat) AS acting \gset
SELECT clearance.can('project.view', 'p1');
RESET ROLE;
SELECT clearance.reset_actor();
SELECT clearance.update_partner_on_project('p1', :acme, ends_at => 'infinity');

--
-- A partner invites its own team and takes it off again; on which terms its
-- people take part is the vendor's to say.
--
SET LOCAL ROLE regress_participants;
SELECT clearance.set_actor(id => :pam) AS acting \gset
SELECT clearance.add_member_to_project('p1', :pam);
SELECT clearance.remove_member_from_project('p1', :pam);
SELECT clearance.add_member_to_project('p1', :pat);
SELECT clearance.remove_member_from_project('p1', :pat);
SELECT clearance.update_member_on_project('p1', :pat, access_level => '');
SELECT clearance.add_member_to_project('p1', :pam, 'permissive');
SELECT clearance.add_member_to_project('p1', :pam, ends_at => 'infinity');
SELECT clearance.add_member_to_project('p1', :pam, source => 'else');
SELECT clearance.add_member_to_project('p1', :pam, through_phase => true);
SELECT clearance.add_participant('p1', '1', :pam);
\set VERBOSITY sqlstate
SELECT clearance.add_member_to_project('p1', :bob);
SELECT clearance.add_member_to_project('p1', :cam);
\set VERBOSITY default
SELECT clearance.add_member_to_project('p1', :cleo);
SELECT clearance.remove_member_from_project('p1', :col);
SELECT clearance.update_partner_on_project('p1', :acme, access_level => 'permissive');
-- a collaborator of the vendor's invites to its own projects, without terms that it could not set
SELECT clearance.set_actor(id => :col) AS acting \gset
SELECT clearance.add_member_to_project('p1', :cam);
SELECT clearance.add_member_to_project('p1', :cam, 'super_user');
SELECT clearance.add_member_to_project('p1', :cam, owner => true);
SELECT clearance.add_member_to_project('p1', :col);
SELECT clearance.remove_member_from_project('p1', :pat);
SELECT clearance.add_partner_to_project('p1', :bolt);
SELECT clearance.set_actor(id => :sue) AS acting \gset
SELECT clearance.add_partner_to_project('p1', :bolt);
SELECT clearance.add_member_to_project('p1', :bob);
SELECT clearance.add_member_to_project('p1', :cam, 'account_admin');
SELECT clearance.add_member_to_project('p1', :cam, 'super_user');
SELECT clearance.transfer_project('p1', :sue);
SELECT clearance.set_actor(id => :cam) AS acting \gset
SELECT clearance.can('project.delete', 'p1');
-- nobody sheds a level by ending the membership
SELECT clearance.set_actor(id => :col) AS acting \gset
SELECT clearance.remove_member_from_project('p1', :cam);
RESET ROLE;
SELECT clearance.reset_actor();
SELECT * FROM pg_temp.memberships ORDER BY member, source;

--
-- Ownership moves as a whole.
--
SELECT clearance.transfer_project('p1', :cam);
SELECT * FROM pg_temp.memberships WHERE project = 'p1' AND member IN ('cam', 'col') ORDER BY member;
SELECT clearance.transfer_project('p1', :pat);
SELECT clearance.transfer_project('p1', NULL);
SELECT clearance.transfer_project('p1', :col);
-- what else is said of the new owner's membership stays; but an owner takes part
SELECT clearance.update_member_on_project('p1', :cam, 'collaborator', ends_at => '2100-01-01');
SELECT clearance.transfer_project('p1', :cam);
SELECT * FROM pg_temp.memberships WHERE project = 'p1' AND member IN ('cam', 'col') ORDER BY member;
SELECT clearance.transfer_project('p1', :col);
SELECT clearance.update_member_on_project('p1', :cam, starts_at => '2000-01-01', ends_at => '2001-01-01');
SELECT clearance.transfer_project('p1', :cam);
SELECT * FROM pg_temp.memberships WHERE project = 'p1' AND is_owner;
SELECT clearance.remove_member_from_project('p1', :cam);
-- rows of mirrored tables are their own to say
SELECT clearance.add_member_to_project('p1', :cam, source => 'mirror:0:x');
SELECT clearance.update_member_on_project('p1', :col, source => 'mirror:0:x');
SELECT clearance.remove_member_from_project('p1', :col, source => 'mirror:0:x');
SELECT clearance.add_member_to_project('p1', :cam, source => 'mirror'), clearance.remove_member_from_project('p1', :cam, source => 'mirror');

--
-- Phases: who takes part in several stays until the last one ends.
--
SELECT clearance.set_project('p1', by_phase => true);
SELECT clearance.add_participant('p1', 'build', :pat, 'restricted', ends_at => '2100-01-01');
SELECT clearance.add_participant('p1', 'test', :pat);
SELECT * FROM pg_temp.memberships WHERE member = 'pat' ORDER BY source;
SELECT clearance.remove_participant('p1', 'build', :pat);
SELECT clearance.remove_participant('p1', 'build', :pat);
SELECT clearance.add_participant('p1', '', :pat);
SELECT clearance.add_participant('p1', NULL, :pat);
SET LOCAL ROLE regress_participants;
SELECT clearance.set_actor(id => :pat) AS acting \gset
SELECT clearance.can('project.view', 'p1');
SELECT clearance.set_actor(id => :pam) AS acting \gset
SELECT clearance.can('project.view', 'p1');
RESET ROLE;
SELECT clearance.reset_actor();
SELECT clearance.remove_participant('p1', 'test', :pat);
SET LOCAL ROLE regress_participants;
SELECT clearance.set_actor(id => :pat) AS acting \gset
SELECT clearance.can('project.view', 'p1');
RESET ROLE;
SELECT clearance.reset_actor();

--
-- Where the account asks for it, partners join with their people, and those as
-- resources who are ready.
--
SELECT clearance.set_account(:north, ready_participants => true);
SELECT clearance.create_partner('Empty', 'moderate', account => :north) AS empty \gset
SELECT clearance.add_partner_to_project('p1', :empty);
SELECT clearance.add_participant('p1', 'build', :pat);
UPDATE clearance.member SET email = 'pat@acme.example' WHERE id = :pat;
SELECT clearance.add_participant('p1', 'build', :pat);
SELECT clearance.set_resource(:pat, :sue, schedulable => false);
SELECT clearance.add_participant('p1', 'build', :pat);
SELECT clearance.set_resource(:pat, :sue);
SELECT clearance.set_member_roles(:pat, '{}');
SELECT clearance.add_participant('p1', 'build', :pat);
SELECT clearance.set_member_roles(:pat, '{Consultant}');
SELECT clearance.disable_member(:pat);
SELECT clearance.add_participant('p1', 'build', :pat);
SELECT clearance.enable_member(:pat);
SELECT clearance.add_participant('p1', 'build', :pat);
-- the vendor's own people and contacts need none of that
SELECT clearance.add_member_to_project('p1', :cam);
SELECT clearance.add_member_to_project('p1', :cleo);
SELECT clearance.set_account(:north, ready_participants => false);
SELECT clearance.set_project('p1', by_phase => false);

--
-- The team: a strategic partner is introduced to customers, others appear as
-- the vendor; partners see their own people as theirs and others' as the
-- vendor's; contacts do not see another customer's contacts. Addresses and
-- roles are for the vendor and the own company.
--
SELECT clearance.add_customer_to_project('p1', :diner);
SELECT name, side, company, website, logo, is_owner, roles, email FROM clearance.project_team('p1');
SET LOCAL ROLE regress_participants;
SELECT clearance.set_actor(id => :cam) AS acting \gset
SELECT name, side, company FROM clearance.project_team('p1');
SELECT clearance.set_actor(id => :pam) AS acting \gset
SELECT name, side, company, website, logo, roles, email FROM clearance.project_team('p1');
SELECT clearance.set_actor(id => :bob) AS acting \gset
SELECT name, side, company, website, logo, roles, email FROM clearance.project_team('p1');
SELECT clearance.set_actor(id => :cleo) AS acting \gset
SELECT name, side, company, website, logo, roles, email FROM clearance.project_team('p1');
SELECT clearance.set_actor(id => :dina) AS acting \gset
SELECT name, side, company FROM clearance.project_team('p1') WHERE side <> 'vendor';
RESET ROLE;
SELECT clearance.reset_actor();
SELECT clearance.update_partner(:acme, strategic => false), clearance.set_project('p1', portal => false);
SELECT name FROM clearance.project_team('p1') WHERE side = 'customer';
SELECT clearance.set_project('p1', portal => true);
SET LOCAL ROLE regress_participants;
SELECT clearance.set_actor(id => :cleo) AS acting \gset
SELECT name, side, company, website, logo FROM clearance.project_team('p1') WHERE name = 'Pat';
-- no way into the project, no team; nor one of a project that is not there, nor for nobody
RESET ROLE;
SELECT clearance.reset_actor();
SELECT clearance.remove_customer_from_project('p1', :cafe), clearance.remove_partner_from_project('p1', :bolt);
SET LOCAL ROLE regress_participants;
SELECT clearance.set_actor(id => :cleo) AS acting \gset
SELECT count(*) FROM clearance.project_team('p1');
SELECT clearance.set_actor(id => :bob) AS acting \gset
SELECT count(*) FROM clearance.project_team('p1');
SELECT count(*) FROM clearance.project_team('p9');
SELECT count(*) FROM clearance.project_team(NULL);
SELECT clearance.reset_actor();
SELECT count(*) FROM clearance.project_team('p1');
ROLLBACK;
