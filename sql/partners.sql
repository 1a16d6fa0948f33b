-- Partners: what is kept of them, their licences, roles and admins, and who
-- sees the list. Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
BEGIN;
SELECT clearance.create_account('Northwind') AS north \gset
SELECT clearance.create_account('Southwind') AS south \gset
SELECT clearance.create_role('Consultant', available_to_partners => true, account => :north) > 0;
SELECT clearance.create_role('Reviewer', available_to_partners => true, account => :north) > 0;
SELECT clearance.create_role('Accountant', account => :north) > 0;
SELECT clearance.add_member('ann', name => 'Ann', roles => '{account_admin}', account => :north) AS ann \gset
SELECT clearance.add_member('sue', name => 'Sue', roles => '{super_user}', account => :north) AS sue \gset
SELECT clearance.add_member('col', name => 'Col', roles => '{collaborator}', account => :north) AS col \gset
SELECT clearance.add_member('idle', name => 'Idle', account => :north) AS idle \gset
SELECT clearance.add_member('sam', name => 'Sam', roles => '{account_admin}', account => :south) AS sam \gset

--
-- A partner is made at once: properties, roles, logo, the admin by its e-mail.
--
SELECT clearance.create_partner('Acme', 'moderate', licence_cap => 2, strategic => true, can_track_time => true,
    roles => '{Consultant,Reviewer}', admin_email => 'Pam@acme.example', website => 'https://acme.example/',
    logo => decode('89504e47', 'hex'), logo_type => 'image/png', kind => 'contractor', owner => :sue, account => :north) AS acme \gset
SELECT name, kind, website, admin, admins, licences_used, licence_cap, access_level, status, strategic, can_track_time, roles,
    owner_id = :sue, logo, logo_type
FROM clearance.partners WHERE id = :acme;
-- the admin is invited, and uses a licence when it accepts: making the partner uses none
SELECT m.email, m.status, m.partner_admin, m.named_admin, r.name FROM clearance.member m
JOIN clearance.member_role mr ON mr.member_id = m.id JOIN clearance.role r ON r.id = mr.role_id WHERE m.partner_id = :acme;
SELECT kind, recipient, payload - 'token' - 'expires_at' FROM clearance.outbox;
-- the plain form: everything else can come later
SELECT clearance.create_partner('Bolt', account => :north) AS bolt \gset
SELECT name, kind, website, admin, admins, licences_used, licence_cap, access_level, roles, owner_id, logo FROM clearance.partners WHERE id = :bolt;

-- What is wrong leaves nothing behind.
SELECT clearance.create_partner('X', roles => '{Accountant}', account => :north);
SELECT clearance.create_partner('X', kind => 'friend', account => :north);
SELECT clearance.create_partner('X', owner => :sam, account => :north);
SELECT clearance.create_partner('X', logo => '\x00', account => :north);
SELECT clearance.create_partner('X', logo => '\x00', logo_type => 'image/svg+xml', account => :north);
SELECT clearance.create_partner('X', logo_type => 'image/png', account => :north);
SELECT clearance.create_partner('X', logo => convert_to(repeat('x', 2097153), 'UTF8'), logo_type => 'image/png', account => :north);
\set VERBOSITY terse
SELECT clearance.create_partner('X', website => 'javascript:alert(1)', account => :north);
SELECT clearance.create_partner('X', admin_email => 'pam', account => :north);
SELECT clearance.create_partner('X', admin_email => 'pam@acme.example', account => :north);
SELECT clearance.create_partner(E'X\r\nBcc: all@acme.example', account => :north);
SELECT clearance.create_partner(repeat('X', 10000), account => :north);
SELECT clearance.create_partner('X', strategic => NULL, account => :north);
SELECT clearance.update_partner(:bolt, name => 'ACME', licence_cap => 1);
SELECT clearance.update_partner(:bolt, kind => 'friend');
SELECT clearance.update_partner(:bolt, name => '');
SELECT clearance.create_role(E'two\nlines', account => :north);
\set VERBOSITY default
SELECT count(*) FROM clearance.partner WHERE name LIKE 'X%';
-- 2 MB is the limit of a logo; width and height are not
SELECT clearance.update_partner(:bolt, logo => convert_to(repeat('x', 2097152), 'UTF8'), logo_type => 'image/webp');
SELECT octet_length(logo), logo_type FROM clearance.partners WHERE id = :bolt;

--
-- Everything but the admin can be edited; what is not named stays.
--
SELECT clearance.update_partner(:acme, name => 'Acme & Sons', website => '', logo => '', kind => 'integrator', owner => :ann);
SELECT name, kind, website, admin, strategic, licence_cap, owner_id = :ann, logo FROM clearance.partners WHERE id = :acme;
SELECT clearance.update_partner(:acme, website => 'https://sons.example');
SELECT clearance.update_partner(:acme, owner => (SELECT id FROM clearance.member WHERE email = 'Pam@acme.example'));
SELECT id AS pam FROM clearance.member WHERE email = 'Pam@acme.example' \gset
SELECT clearance.set_partner_admin(:pam, false);
-- an owner without a role: nobody can be added until somebody with one is in charge
SELECT clearance.update_partner(:acme, owner => :idle);
SELECT clearance.add_member('pia', partner => :acme, roles => '{Consultant}', account => :north);
SELECT clearance.update_partner(:acme, owner => :sue);

--
-- Licences: active and invited members use one, the invited admin of a new
-- partner does when it accepts. The cap is never below.
--
SELECT clearance.add_member('pia', partner => :acme, roles => '{Consultant}', account => :north) AS pia \gset
SELECT clearance.add_member('pat', partner => :acme, roles => '{Reviewer}', account => :north) AS pat \gset
SELECT licences_used, licence_cap FROM clearance.partners WHERE id = :acme;
SELECT clearance.add_member('pol', partner => :acme, roles => '{Reviewer}', account => :north);
SELECT clearance.enable_member(:pam);
SELECT clearance.update_partner(:acme, licence_cap => 1);
SELECT clearance.update_partner(:acme, licence_cap => 5);
SELECT clearance.disable_member(:pat);
SELECT licences_used, licence_cap FROM clearance.partners WHERE id = :acme;

--
-- Roles: available to partners, selected for this one, held by its members.
--
SELECT clearance.set_member_roles(:pia, '{Accountant}');
SELECT clearance.set_partner_roles(:acme, '{Accountant}');
SELECT clearance.update_role('Accountant', available_to_partners => true, access_level => 'restricted', name => 'Controller', account => :north);
SELECT clearance.set_partner_roles(:acme, '{Controller}');
SELECT clearance.set_partner_roles(:acme, '{Controller,Consultant,Reviewer}');
SELECT clearance.set_member_roles(:pia, '{Controller}');
SELECT roles FROM clearance.partners WHERE id = :acme;
SELECT clearance.set_partner_roles(:acme, '{Consultant,Reviewer}');
SELECT clearance.update_role('Controller', available_to_partners => false, account => :north);
SELECT clearance.set_member_roles(:pia, '{}');
SELECT clearance.set_partner_roles(:acme, '{Consultant,Reviewer}');
SELECT clearance.update_role('Controller', available_to_partners => false, access_level => '', account => :north);
SELECT r.name, r.available_to_partners, r.level_id FROM clearance.role r WHERE r.account_id = :north ORDER BY 1;
SELECT clearance.update_role('Controller', access_level => 'client', account => :north);
SELECT clearance.update_role('Consultant', access_level => 'account_admin', account => :north);
SELECT clearance.update_role('Controller', name => 'Consultant', account => :north);
SELECT clearance.update_role('super_user', access_level => 'account_admin', account => :north);
SELECT clearance.update_role('Nobody', account => :north);
SELECT clearance.set_partner_roles(:acme, NULL);
SELECT clearance.set_partner_roles(:acme, '{NULL}');
SELECT clearance.set_partner_roles(-5, '{}');
SELECT clearance.set_member_roles(:pia, NULL);
SELECT clearance.set_member_roles(-5, '{}');

--
-- Admins and collaborators of a partner
--
SELECT clearance.set_partner_admin(:pia, true);
SELECT admins FROM clearance.partners WHERE id = :acme;
SELECT clearance.set_partner_admin(:pia, false);
SELECT admins FROM clearance.partners WHERE id = :acme;
SELECT clearance.set_partner_admin(:sue, true);
SELECT clearance.set_partner_admin(:pia, NULL);

--
-- Prospects, customers and partners are told apart.
--
SELECT clearance.create_customer('Cafe', :north, kind => 'prospect') AS cafe \gset
SELECT clearance.create_customer('Diner', :north, kind => 'friend');
SELECT type, name, status FROM clearance.companies WHERE account_id = :north ORDER BY name;
SELECT clearance.update_customer(:cafe, kind => 'customer', name => 'Café');
SELECT type, name, status FROM clearance.companies WHERE account_id = :north ORDER BY name;
\set VERBOSITY terse
SELECT clearance.update_customer(:cafe, kind => 'friend');
SELECT clearance.create_customer('Café', :north);
\set VERBOSITY default
SELECT clearance.update_customer(-5);

--
-- Who sees the list: those who manage partners or put them on projects, and a
-- partner's members their own company.
--
CREATE ROLE regress_partners;
SELECT clearance.trust_role('regress_partners');
SELECT clearance.set_partner_admin(:pia, true);
SET LOCAL ROLE regress_partners;
SELECT clearance.set_actor(id => :ann) AS acting \gset
SELECT name, admin, licences_used || ' of ' || licence_cap, access_level, status FROM clearance.partners ORDER BY name;
SELECT clearance.set_actor(id => :sue) AS acting \gset
SELECT name FROM clearance.partners ORDER BY name;
SELECT clearance.set_actor(id => :col) AS acting \gset
SELECT name FROM clearance.partners ORDER BY name;
SELECT name FROM clearance.companies ORDER BY name;
SELECT clearance.set_actor(id => :pia) AS acting \gset
SELECT name FROM clearance.partners ORDER BY name;
SELECT name FROM clearance.companies ORDER BY name;
SELECT clearance.set_actor(id => :sam) AS acting \gset
SELECT name FROM clearance.partners ORDER BY name;
SELECT name FROM clearance.companies ORDER BY name;
-- a function in a condition is shown no hidden row
CREATE FUNCTION pg_temp.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN RAISE NOTICE 'sees %', $1; RETURN true; END $$;
SELECT name FROM clearance.partners WHERE pg_temp.leak(name);
SELECT clearance.reset_actor();
SELECT count(*) FROM clearance.partners;
SELECT count(*) FROM clearance.companies;
ROLLBACK;
