-- Invitations: by whom, into what, with which token, and once. The token is
-- kept as a hash; mail goes through the outbox.
-- Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
BEGIN;
SELECT clearance.create_account('Northwind', key => 'north') AS north \gset
SELECT clearance.set_account(:north, portal => true);
SELECT clearance.create_account('Southwind') AS south \gset
SELECT clearance.create_role('Consultant', available_to_partners => true, account => :north) > 0;
SELECT clearance.add_member('ann', name => 'Ann', roles => '{account_admin}', account => :north) AS ann \gset
SELECT clearance.add_member('sue', name => 'Sue', roles => '{super_user}', account => :north) AS sue \gset
SELECT clearance.add_member('col', name => 'Col', roles => '{collaborator}', account => :north) AS col \gset
SELECT clearance.create_partner('Acme', 'moderate', licence_cap => 3, roles => '{Consultant}', account => :north,
    admin_email => 'pam@acme.example') AS acme \gset
SELECT clearance.create_partner('Bolt', 'permissive', account => :north) AS bolt \gset
SELECT clearance.create_customer('Cafe', :north) AS cafe \gset
SELECT clearance.create_project('p1', :north, owner => :col) > 0, clearance.add_customer_to_project('p1', :cafe);
CREATE ROLE regress_invitations_app;
CREATE ROLE regress_invitations_user;
SELECT clearance.trust_role('regress_invitations_app');
CREATE FUNCTION pg_temp.mails_to(address text) RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM clearance.outbox WHERE lower(recipient) = address AND kind = ''partner_invitation''';

--
-- The outbox is emptied by those who send: what they take and commit is gone.
-- Others neither read nor take it.
--
SELECT kind, recipient, payload - 'token' - 'expires_at', payload->>'token' ~ '^[A-Za-z0-9_-]{43}$',
    (payload->>'expires_at')::timestamptz - now() FROM clearance.outbox;
SAVEPOINT sending;
SET LOCAL ROLE regress_invitations_app;
SELECT kind, recipient, payload->>'token' AS pam_token FROM clearance.take_mail() \gset
SELECT :'kind', :'recipient', count(*) FROM clearance.take_mail();
-- the sending fails: the mail is there again
ROLLBACK TO sending;
SET LOCAL ROLE regress_invitations_app;
SELECT recipient FROM clearance.take_mail(1);
SELECT recipient FROM clearance.take_mail();
SELECT * FROM clearance.outbox;
SELECT * FROM clearance.invitation;
SET LOCAL ROLE regress_invitations_user;
SELECT * FROM clearance.outbox;
SELECT clearance.take_mail();
SELECT clearance.accept_invitation(:'pam_token', 'mallory');
RESET ROLE;

--
-- Accepting: once, under the application's key; the state is invited until then.
--
SELECT email, status, key FROM clearance.member WHERE partner_id = :acme;
SET LOCAL ROLE regress_invitations_app;
SELECT clearance.accept_invitation(:'pam_token', 'pam', 'Pam') AS pam \gset
SELECT clearance.accept_invitation(:'pam_token', 'mallory');
SELECT kind, recipient, payload FROM clearance.take_mail();
RESET ROLE;
SELECT email, status, key, name, partner_admin FROM clearance.member WHERE id = :pam;
SELECT count(*) FROM clearance.invitations;
-- only a hash of it was kept
SELECT count(*) FROM clearance.invitation i WHERE i.token_hash = convert_to(:'pam_token', 'UTF8');

--
-- A partner's admin invites into its own team, with a role of the partner's and
-- as admin or collaborator, within the licences.
--
SET LOCAL ROLE regress_invitations_app;
SELECT clearance.set_actor(id => :pam) AS acting \gset
SELECT member AS ben, token AS ben_token FROM clearance.invite_partner_member(:acme, 'Ben@acme.example', 'Consultant', name => 'Ben') \gset
SELECT member AS cat, token AS cat_token FROM clearance.invite_partner_member(:acme, 'cat@acme.example', 'Consultant', admin => true) \gset
SELECT * FROM clearance.invite_partner_member(:acme, 'dan@acme.example', 'Consultant');
SELECT email, name, kind, company, roles, partner_admin, invited_by = :pam, expires_at - sent_at, expired FROM clearance.invitations ORDER BY email;
SELECT licences_used, licence_cap FROM clearance.partners;
SELECT * FROM clearance.invite_partner_member(:acme, 'dan@acme.example');
SELECT * FROM clearance.invite_partner_member(:acme, 'dan@acme.example', 'super_user');
SELECT * FROM clearance.invite_partner_member(:acme, NULL, 'Consultant');
-- nobody else's, and nobody else
\set VERBOSITY sqlstate
SELECT * FROM clearance.invite_partner_member(:bolt, 'dan@acme.example');
SELECT * FROM clearance.invite_customer_contact(:cafe, 'dan@acme.example');
\set VERBOSITY default
SELECT clearance.add_member(email => 'dan@acme.example', partner => :acme, roles => '{Consultant}');
SELECT clearance.set_actor(id => :sue) AS acting \gset
SELECT * FROM clearance.invite_partner_member(:acme, 'dan@acme.example', 'Consultant');
SELECT clearance.set_actor(id => :ann) AS acting \gset
SELECT member > 0 FROM clearance.invite_partner_member(:bolt, 'bob@bolt.example');
\set VERBOSITY terse
SELECT * FROM clearance.invite_partner_member(:bolt, 'BEN@acme.example');
\set VERBOSITY default
RESET ROLE;
SELECT clearance.reset_actor();

--
-- Sent anew, the former token is void; withdrawn, the member is gone; a
-- disabled one accepts nothing, and is invited again when it is enabled.
--
SET LOCAL ROLE regress_invitations_app;
SELECT clearance.set_actor(id => :pam) AS acting \gset
SELECT clearance.resend_invitation(:ben) AS new_token \gset
SELECT :'new_token' <> :'ben_token';
-- no mail is left whose token is void
SELECT pg_temp.mails_to('ben@acme.example');
SELECT clearance.accept_invitation(:'ben_token', 'ben');
SELECT clearance.disable_member(:ben);
SELECT clearance.accept_invitation(:'new_token', 'ben');
SELECT clearance.resend_invitation(:ben);
SELECT clearance.enable_member(:ben);
SELECT clearance.accept_invitation(:'new_token', 'ben') = :ben;
SELECT pg_temp.mails_to('ben@acme.example'), pg_temp.mails_to('cat@acme.example');
SELECT clearance.resend_invitation(:ben);
SELECT clearance.withdraw_invitation(:ben);
-- nor is somebody forgotten who supervises others
RESET ROLE;
SELECT clearance.reset_actor();
SELECT clearance.set_resource(:ben, :cat);
SET LOCAL ROLE regress_invitations_app;
SELECT clearance.set_actor(id => :pam) AS acting \gset
SELECT clearance.withdraw_invitation(:cat);
RESET ROLE;
SELECT clearance.reset_actor();
SELECT clearance.set_resource(:ben, :pam);
SET LOCAL ROLE regress_invitations_app;
SELECT clearance.set_actor(id => :pam) AS acting \gset
SELECT clearance.withdraw_invitation(:cat);
SELECT clearance.accept_invitation(:'cat_token', 'cat');
SELECT pg_temp.mails_to('cat@acme.example');
SELECT licences_used FROM clearance.partners;
-- a collaborator manages nobody; an admin neither itself nor the admin whom the vendor named
SELECT clearance.set_actor(id => :ben) AS acting \gset
SELECT * FROM clearance.invite_partner_member(:acme, 'dan@acme.example', 'Consultant');
SELECT clearance.disable_member(:pam);
SELECT clearance.set_actor(id => :pam) AS acting \gset
SELECT clearance.set_partner_admin(:ben, true);
SELECT clearance.set_partner_admin(:pam, true);
SELECT clearance.set_actor(id => :ben) AS acting \gset
SELECT clearance.disable_member(:pam);
RESET ROLE;
SELECT clearance.reset_actor();
-- expired
SELECT member AS dan, token AS dan_token FROM clearance.invite_partner_member(:acme, 'dan@acme.example', 'Consultant') \gset
UPDATE clearance.invitation SET sent_at = now() - interval '8 days', expires_at = now() WHERE member_id = :dan;
SELECT email, expired FROM clearance.invitations WHERE member_id = :dan;
SELECT clearance.accept_invitation(:'dan_token', 'dan');
SELECT clearance.resend_invitation(:dan, by_link => true, valid_for => '1 hour') AS dan_token \gset
SELECT clearance.resend_invitation(:dan, valid_for => '-1 day');
SELECT clearance.resend_invitation(:dan, valid_for => '2 years');
SELECT clearance.resend_invitation(:dan, valid_for => NULL);
-- a disabled partner admits nobody
SELECT clearance.disable_partner(:acme);
SELECT clearance.accept_invitation(:'dan_token', 'dan');
SELECT * FROM clearance.invite_partner_member(:acme, 'eve@acme.example', 'Consultant');
SELECT clearance.enable_partner(:acme);
-- nor does one whose licences are used: of a named admin, who used none before
SELECT clearance.create_partner('Cap', 'moderate', licence_cap => 0, admin_email => 'cap@cap.example', account => :north) AS cap \gset
SELECT payload->>'token' AS cap_token FROM clearance.outbox WHERE recipient = 'cap@cap.example' \gset
SELECT clearance.accept_invitation(:'cap_token', 'cap');
SELECT clearance.update_partner(:cap, licence_cap => 1);
SELECT clearance.accept_invitation(:'cap_token', 'cap') > 0;
SELECT licences_used, licence_cap FROM clearance.partners WHERE id = :cap;
SELECT clearance.set_account(:north, published => false);
SELECT clearance.accept_invitation(:'dan_token', 'dan') = :dan;
-- which an unpublished account welcomes by no mail
SELECT count(*) FROM clearance.outbox WHERE kind = 'welcome' AND recipient = 'dan@acme.example';
SELECT clearance.accept_invitation(NULL, 'x');
SELECT clearance.accept_invitation('', 'x');
SELECT clearance.accept_invitation('x', NULL);

--
-- Customers' contacts: by mail or by a link, by those who may invite in a
-- project of the customer, or in the account.
--
SET LOCAL ROLE regress_invitations_app;
SELECT count(*) > 0 FROM clearance.take_mail();
SELECT clearance.set_actor(id => :col) AS acting \gset
SELECT * FROM clearance.invite_customer_contact(:cafe, 'cleo@cafe.example');
SELECT member AS cleo, token AS cleo_token FROM clearance.invite_customer_contact(:cafe, 'cleo@cafe.example', name => 'Cleo', project => 'p1') \gset
SELECT member AS carl, token AS carl_token FROM clearance.invite_customer_contact(:cafe, 'carl@cafe.example', project => 'p1', by_link => true) \gset
SELECT kind, recipient, payload - 'token' - 'expires_at' FROM clearance.take_mail();
SELECT clearance.resend_invitation(:cleo) IS NOT NULL;
SELECT clearance.set_actor(id => :sue) AS acting \gset
SELECT member > 0 FROM clearance.invite_customer_contact(:cafe, 'cara@cafe.example');
SELECT clearance.accept_invitation(:'carl_token', 'carl') = :carl;
SELECT clearance.set_actor(id => :carl) AS acting \gset
SELECT kind, company, note FROM clearance.whoami();
SELECT * FROM clearance.invite_customer_contact(:cafe, 'x@cafe.example', project => 'p1');
SELECT count(*) FROM clearance.invitations;
RESET ROLE;
SELECT clearance.reset_actor();
SELECT clearance.disable_customer(:cafe);
SELECT clearance.accept_invitation(clearance.resend_invitation(:cleo), 'cleo');
SELECT * FROM clearance.invite_customer_contact(:cafe, 'x@cafe.example');

--
-- Injection: text is text, and what could break out of a mail is refused.
--
SELECT clearance.enable_customer(:cafe);
SELECT clearance.create_partner('Robert''); DROP TABLE clearance.member; --', account => :north) AS robert \gset
SELECT name FROM clearance.partners WHERE id = :robert;
SELECT member AS bobby FROM clearance.invite_partner_member(:robert, 'o''brien@acme.example', name => '"; SELECT 1; --%s$1{}') \gset
SELECT email, name FROM clearance.member WHERE id = :bobby;
\set VERBOSITY terse
SELECT * FROM clearance.invite_partner_member(:robert, 'o''brien"x@acme.example');
SELECT * FROM clearance.invite_partner_member(:robert, E'a@acme.example\nBcc: all@acme.example');
SELECT * FROM clearance.invite_partner_member(:robert, 'a@acme.example, b@acme.example');
SELECT * FROM clearance.invite_partner_member(:robert, '<a@acme.example>');
SELECT * FROM clearance.invite_partner_member(:robert, 'a@acme.example', name => E'Eve\r\nBcc: all@acme.example');
SELECT * FROM clearance.invite_partner_member(:robert, repeat('a', 250) || '@acme.example');
\set VERBOSITY default
SELECT clearance.accept_invitation(''' OR true; --', 'mallory');
SELECT clearance.accept_invitation(E'\\x' || encode(token_hash, 'hex'), 'mallory') FROM clearance.invitation WHERE member_id = :cleo;
SELECT count(*) FROM clearance.member WHERE key = 'mallory';
ROLLBACK;
