-- Optional arguments that one could take for another are passed by name alone:
-- what stands in their place is refused, and nothing is changed.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
SELECT clearance.create_account('Regress by name', key => 'regress-by-name') AS account \gset
SELECT clearance.create_account('Regress by name, the other') AS other \gset
SELECT clearance.create_role('engineer', true, account => :account) > 0;
SELECT clearance.create_partner('Acme', 'restricted', account => :account, roles => '{engineer}') AS acme \gset
SELECT clearance.create_customer('Cafe', :account) AS cafe \gset
SELECT clearance.add_member('pat', partner => :acme, account => :account) AS pat \gset
SELECT clearance.create_project('bn', :account) > 0;
CREATE ROLE regress_by_name;
CREATE TABLE pg_temp.task (id integer PRIMARY KEY, project text, private boolean, notes text, author text, tenant text);
CREATE VIEW pg_temp.state AS
SELECT (SELECT string_agg(concat_ws(' ', a.name, a.portal, a.active), ', ' ORDER BY a.id) FROM clearance.account a WHERE a.id IN (:account, :other)) AS accounts,
       (SELECT string_agg(concat_ws(' ', p.name, l.name, p.licence_cap, p.strategic), ', ' ORDER BY p.id) FROM clearance.partner p JOIN clearance.level l ON l.id = p.level_id WHERE p.account_id = :account) AS partners,
       (SELECT string_agg(concat_ws(' ', c.name, c.kind), ', ' ORDER BY c.id) FROM clearance.customer c WHERE c.account_id = :account) AS customers,
       (SELECT string_agg(concat_ws(' ', m.key, m.email, m.name), ', ' ORDER BY m.id) FROM clearance.member m WHERE m.account_id = :account) AS members,
       (SELECT concat_ws(' ', p.archived, p.portal) FROM clearance.project p WHERE p.key = 'bn') AS project,
       (SELECT count(*) FROM clearance.project_member pm WHERE pm.member_id = :pat) + (SELECT count(*) FROM clearance.project_partner pp WHERE pp.partner_id = :acme) AS participants,
       (SELECT count(*) FROM clearance.login_role l WHERE l.role = to_regrole('regress_by_name')) AS logins;
TABLE pg_temp.state;

--
-- A level in the place of a name, a company in the place of a person: refused.
--
SELECT clearance.update_partner(p.id, 'moderate') FROM clearance.partner p WHERE p.name = 'Acme';
\set VERBOSITY sqlstate
SELECT clearance.update_partner(:acme, NULL, 'moderate');
SELECT clearance.update_partner(:acme, 'moderate'::text);
SELECT clearance.update_partner(:acme, '');
SELECT clearance.update_partner(:acme, 't');
SELECT clearance.update_customer(:cafe, 'prospect');
SELECT clearance.set_account(:account, true);
SELECT clearance.set_account(:account, 'true');
SELECT clearance.set_project('bn', true);
SELECT clearance.set_project('bn', 'true');
SELECT clearance.map_role('regress_by_name', :acme);
SELECT clearance.map_role('regress_by_name', '1');
SELECT clearance.map_role('regress_by_name', NULL, :acme);
SELECT clearance.create_partner('Bolt', 'moderate', :other);
SELECT clearance.create_partner('Bolt', 'moderate', '5', true);
SELECT clearance.invite_partner_member(:acme, 'x@example.com', 'engineer', true);
SELECT clearance.invite_customer_contact(:cafe, 'x@example.com', 'engineer');
SELECT clearance.add_member('dora', NULL, 'Dora', '{}', :acme);
SELECT clearance.add_partner_to_project('bn', :acme, NULL, '2030-01-01');
SELECT clearance.update_partner_on_project('bn', :acme, NULL, '2030-01-01');
SELECT clearance.add_customer_to_project('bn', :cafe, '2030-01-01');
SELECT clearance.update_customer_on_project('bn', :cafe, '2030-01-01');
SELECT clearance.add_member_to_project('bn', :pat, NULL, '2030-01-01');
SELECT clearance.update_member_on_project('bn', :pat, NULL, '2030-01-01');
SELECT clearance.add_participant('bn', 'build', :pat, NULL, '2030-01-01');
SELECT clearance.protect('pg_temp.task', 'task', 'project', 'private', '{false}', 'author');
-- drivers that pass parameters of no known type are told as well
PREPARE rename AS SELECT clearance.update_partner($1, $2);
EXECUTE rename (:acme, 'moderate');
\set VERBOSITY default
-- nobody has the value, and nothing becomes it
SELECT 'moderate'::text::clearance.by_name;
\set VERBOSITY terse
SELECT clearance.update_partner(:acme, by_name => 'by name');
TABLE pg_temp.state;

--
-- By name they are what they say; what is required goes by position, and a level after it.
--
SELECT clearance.add_partner_to_project('bn', :acme, 'moderate', ends_at => '2030-01-01'), clearance.add_member_to_project('bn', :pat, 'restricted', starts_at => '2020-01-01'),
       clearance.add_customer_to_project('bn', :cafe, ends_at => '2030-01-01');
SELECT clearance.update_partner_on_project('bn', :acme, 'permissive'), clearance.update_member_on_project('bn', :pat, ''), clearance.update_customer_on_project('bn', :cafe, ends_at => 'infinity');
SELECT clearance.update_partner(:acme, access_level => 'moderate', name => 'Acme & Co', strategic => true), clearance.update_customer(:cafe, kind => 'prospect'),
       clearance.set_account(:account, portal => true), clearance.set_project('bn', portal => true), clearance.map_role('regress_by_name', partner => :acme);
SELECT clearance.create_partner('Bolt', 'moderate', licence_cap => 5, account => :account) > 0,
       (clearance.invite_partner_member(:acme, 'x@example.com', 'engineer', name => 'Xenia')).member > 0;
TABLE pg_temp.state;
ROLLBACK;
