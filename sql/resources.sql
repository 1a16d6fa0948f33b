-- Resources, their profiles and allocations; rates of partners; who tracks
-- time and who approves it. Everything happens in one transaction that is
-- rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET datestyle = 'ISO';
BEGIN;
SELECT clearance.create_account('Northwind') AS north \gset
SELECT clearance.add_member('ann', name => 'Ann', roles => '{account_admin}', account => :north) AS ann \gset
SELECT clearance.add_member('sue', name => 'Sue', roles => '{super_user}', account => :north) AS sue \gset
SELECT clearance.add_member('col', name => 'Col', roles => '{collaborator}', account => :north) AS col \gset
SELECT clearance.create_partner('Acme', 'permissive', can_track_time => true, kind => 'contractor', account => :north) AS acme \gset
SELECT clearance.create_partner('Bolt', 'moderate', account => :north) AS bolt \gset
SELECT clearance.add_member('pam', name => 'Pam', partner => :acme, partner_admin => true, account => :north) AS pam \gset
SELECT clearance.add_member('pat', name => 'Pat', partner => :acme, account => :north) AS pat \gset
SELECT clearance.add_member('bob', name => 'Bob', partner => :bolt, account => :north) AS bob \gset
SELECT clearance.create_customer('Cafe', :north) AS cafe \gset
SELECT clearance.set_account(:north, portal => true);
SELECT clearance.add_member('cleo', name => 'Cleo', customer => :cafe, account => :north) AS cleo \gset
SELECT clearance.create_project('p1', :north, owner => :col) > 0, clearance.create_project('p2', :north) > 0;
SELECT clearance.add_partner_to_project('p1', :acme), clearance.add_member_to_project('p1', :pat);
CREATE ROLE regress_resources;
SELECT clearance.trust_role('regress_resources');

--
-- A resource has a supervisor, of the vendor's team or of its own company, and
-- never itself.
--
SELECT clearance.set_resource(:pat, :sue);
SELECT clearance.set_resource(:bob, :col, schedulable => false);
SELECT clearance.set_resource(:col, :sue);
SELECT clearance.set_resource(:pam, :pat);
SELECT clearance.set_resource(:pat, :pat);
SELECT clearance.set_resource(:pat, :bob);
SELECT clearance.set_resource(:pat, :cleo);
SELECT clearance.set_resource(:cleo, :sue);
SELECT clearance.set_resource(:pat, NULL);
SELECT clearance.set_resource(-5, :sue);
SELECT key, kind, schedulable, skills, weekly_hours, available_from, available_until, supervisor_id = :sue AS of_sue FROM clearance.resources ORDER BY key;

--
-- The profile is its owner's, and of those who may edit skills in the account.
--
SET LOCAL ROLE regress_resources;
SELECT clearance.set_actor(id => :pat) AS acting \gset
SELECT clearance.update_profile(skills => '{sql,german}', weekly_hours => 32, available_from => '2030-01-01');
SELECT clearance.update_profile(available_until => '2030-12-31');
SELECT key, skills, weekly_hours, available_from, available_until FROM clearance.resources ORDER BY key;
SELECT clearance.update_profile(skills => '{lies}', member => :pam);
\set VERBOSITY sqlstate
SELECT clearance.update_profile(skills => '{lies}', member => :bob);
\set VERBOSITY default
SELECT clearance.set_resource(:pat, :sue);
\set VERBOSITY terse
SELECT clearance.update_profile(weekly_hours => 200);
SELECT clearance.update_profile(weekly_hours => 'NaN');
SELECT clearance.update_profile(available_until => '2029-01-01');
SELECT clearance.update_profile(skills => '{NULL}');
\set VERBOSITY default
SELECT clearance.set_actor(id => :pam) AS acting \gset
SELECT clearance.update_profile(skills => '{none}', member => :pat);
SELECT key FROM clearance.resources ORDER BY key;
SELECT clearance.set_actor(id => :bob) AS acting \gset
SELECT key FROM clearance.resources ORDER BY key;
SELECT clearance.set_actor(id => :sue) AS acting \gset
SELECT clearance.update_profile(skills => '{c}', member => :bob);
SELECT clearance.update_profile(skills => '{c}', member => :ann);
SELECT key, skills FROM clearance.resources ORDER BY key;
SELECT clearance.set_actor(id => :cleo) AS acting \gset
SELECT key FROM clearance.resources ORDER BY key;
SELECT clearance.reset_actor();
SELECT clearance.update_profile(skills => '{none}', member => :pat);
RESET ROLE;
SELECT clearance.update_profile(skills => '{none}');
SELECT clearance.update_profile(weekly_hours => 20, member => :bob);

--
-- Its supervisor approves a resource's timesheets; a partner tracks time if it
-- is enabled for it, customers never.
--
SET LOCAL ROLE regress_resources;
SELECT clearance.set_actor(id => :sue) AS acting \gset
SELECT clearance.supervises('pat'), clearance.supervises('bob'), clearance.supervises('sue'), clearance.supervises(NULL), clearance.may_track_time();
SELECT clearance.set_actor(id => :pat) AS acting \gset
SELECT clearance.supervises('pam'), clearance.supervises('pat'), clearance.may_track_time();
SELECT clearance.set_actor(id => :bob) AS acting \gset
SELECT clearance.may_track_time();
SELECT clearance.set_actor(id => :cleo) AS acting \gset
SELECT clearance.may_track_time();
SELECT clearance.reset_actor();
SELECT clearance.may_track_time(), clearance.supervises('pat');
RESET ROLE;
SELECT clearance.update_partner(:acme, can_track_time => false);
SET LOCAL ROLE regress_resources;
SELECT clearance.set_actor(id => :pat) AS acting \gset
SELECT clearance.may_track_time();
RESET ROLE;
SELECT clearance.reset_actor();

--
-- Allocations stay within the capacity of each day, and within availability.
--
SET LOCAL ROLE regress_resources;
SELECT clearance.set_actor(id => :col) AS acting \gset
SELECT clearance.allocate('p1', :pat, '2030-02-01', '2030-02-28', 20) AS february \gset
SELECT clearance.allocate('p1', :pat, '2030-04-01', '2030-04-30', 20) > 0;
SELECT clearance.allocate('p1', :pat, '2030-01-01', '2030-12-31', 12) > 0;
SELECT clearance.allocate('p1', :pat, '2030-02-28', '2030-03-31', 0.5);
SELECT clearance.allocate('p1', :pat, '2030-03-01', '2030-03-31', 20) > 0;
SELECT clearance.allocate('p1', :pat, '2029-12-31', '2030-01-01', 1);
SELECT clearance.allocate('p1', :bob, '2030-01-01', '2030-01-31', 1);
SELECT clearance.allocate('p1', :ann, '2030-01-01', '2030-01-31', 1);
SELECT clearance.allocate('p1', :pat, '2030-01-01', '2030-01-31', NULL);
SELECT clearance.allocate('p1', :pat, NULL, '2030-01-31', 1);
SELECT clearance.allocate('p2', :pat, '2030-01-01', '2030-01-31', 1);
\set VERBOSITY terse
SELECT clearance.allocate('p1', :pat, '2030-05-02', '2030-05-01', 1);
SELECT clearance.allocate('p1', :pat, '2030-05-01', '2030-05-02', -1);
SELECT clearance.allocate('p1', :pat, '2030-05-01', '2030-05-02', 'NaN');
\set VERBOSITY default
SELECT project, name, starts_on, ends_on, weekly_hours, capacity FROM clearance.allocations ORDER BY starts_on, ends_on;
SELECT clearance.remove_allocation(:february);
SELECT clearance.allocate('p1', :pat, '2030-02-01', '2030-02-28', 15) > 0;
SELECT clearance.set_actor(id => :pat) AS acting \gset
SELECT count(*) FROM clearance.allocations;
SELECT clearance.allocate('p1', :pat, '2030-01-01', '2030-01-31', 1);
SELECT clearance.set_actor(id => :bob) AS acting \gset
SELECT count(*) FROM clearance.allocations;
SELECT clearance.remove_allocation(-5);
RESET ROLE;
SELECT clearance.reset_actor();
SELECT clearance.remove_allocation(NULL);

--
-- Rates: one each for cost and bill from a day on, seen by those who may.
--
SELECT clearance.set_rate(:acme, 'cost', 80, 'EUR', '2030-01-01'), clearance.set_rate(:acme, 'cost', 90, 'EUR', '2030-07-01');
SELECT clearance.set_rate(:acme, 'bill', 120, 'EUR', '2030-01-01'), clearance.set_rate(:acme, 'bill', 125, 'USD', '2030-01-01');
SELECT clearance.set_rate(:acme, 'gift', 1, 'EUR');
SELECT clearance.set_rate(-5, 'cost', 1, 'EUR');
\set VERBOSITY terse
SELECT clearance.set_rate(:acme, 'cost', -1, 'EUR');
SELECT clearance.set_rate(:acme, 'cost', 1, 'euro');
SELECT clearance.set_rate(:acme, 'cost', 'NaN', 'EUR');
SELECT clearance.set_rate(:acme, 'cost', 1, 'EUR', NULL);
SELECT clearance.set_rate(:acme, 'cost', NULL, 'EUR');
\set VERBOSITY default
SELECT partner, kind, valid_from, valid_until, amount, currency FROM clearance.rates ORDER BY 2, 3;
SET LOCAL ROLE regress_resources;
SELECT clearance.set_actor(id => :ann) AS acting \gset
SELECT kind, count(*) FROM clearance.rates GROUP BY 1 ORDER BY 1;
SELECT clearance.set_actor(id => :sue) AS acting \gset
SELECT kind, count(*) FROM clearance.rates GROUP BY 1 ORDER BY 1;
SELECT clearance.set_rate(:acme, 'bill', 1, 'EUR');
SELECT clearance.set_actor(id => :col) AS acting \gset
SELECT count(*) FROM clearance.rates;
SELECT clearance.set_actor(id => :pam) AS acting \gset
SELECT count(*) FROM clearance.rates;
SELECT clearance.set_rate(:acme, 'bill', 1, 'EUR');
ROLLBACK;
