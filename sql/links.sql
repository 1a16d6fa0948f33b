-- Links: a contact signs what was sent, without logging in, by the rule that
-- holds in the portal. Everything happens in one transaction that is rolled
-- back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA regress_links;
CREATE ROLE regress_links_owner;
CREATE ROLE regress_links;
GRANT USAGE ON SCHEMA regress_links TO regress_links, regress_links_owner;
SET LOCAL search_path = regress_links;
SELECT clearance.create_account('Northwind') AS north \gset
SELECT clearance.set_account(:north, portal => true);
SELECT clearance.add_member('col', name => 'Col', roles => '{collaborator}', account => :north) AS col \gset
SELECT clearance.add_member('cam', name => 'Cam', roles => '{collaborator}', account => :north) AS cam \gset
SELECT clearance.create_customer('Cafe', :north) AS cafe \gset
SELECT clearance.create_customer('Diner', :north) AS diner \gset
SELECT clearance.add_member('cleo', name => 'Cleo', customer => :cafe, account => :north) AS cleo \gset
SELECT clearance.add_member('dina', name => 'Dina', customer => :diner, account => :north) AS dina \gset
SELECT clearance.create_project('1', :north, owner => :col) > 0;
SELECT clearance.set_project('1', portal => true), clearance.add_customer_to_project('1', :cafe);
CREATE TABLE sign_off (id integer PRIMARY KEY, project integer DEFAULT 1, body text, sent_at timestamptz, signed_by text);
ALTER TABLE sign_off OWNER TO regress_links_owner;
GRANT SELECT, UPDATE ON sign_off TO regress_links;
INSERT INTO sign_off (id, body, sent_at) VALUES (1, 'sent', '2000-01-01'), (2, 'draft', NULL), (3, 'sent too', '2000-01-01');
SELECT clearance.protect('sign_off', 'sign_off', 'project', published => 'sent_at', publish_action => 'send') > 0;
SELECT clearance.guard_column('sign_off', 'signed_by', 'sign');

-- What an application makes of it: one row, one column, whoever calls.
CREATE FUNCTION sign_by_link(token text) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = regress_links, pg_temp AS $$
DECLARE
    link record;
    signed integer;
BEGIN
    SELECT * INTO link FROM clearance.follow_link(token);
    UPDATE sign_off s SET signed_by = link.member WHERE s.id = link.subject::integer RETURNING s.id INTO signed;
    RETURN signed;
END
$$;
ALTER FUNCTION sign_by_link OWNER TO regress_links_owner;
SELECT clearance.trust_role('regress_links_owner');

--
-- Who may send sign-offs in the project makes links, for contacts of its
-- customers.
--
GRANT regress_links_owner TO regress_links;
SET LOCAL ROLE regress_links;
SELECT clearance.set_actor(id => :col) AS acting \gset
SELECT clearance.create_link('1', :cleo, '1') AS token1 \gset
SELECT clearance.create_link('1', :cleo, '2') AS token2 \gset
SELECT clearance.create_link('1', :cleo, '3', valid_for => '1 day') AS token3 \gset
SELECT :'token1' ~ '^[A-Za-z0-9_-]{43}$', :'token1' <> :'token2';
SELECT clearance.create_link('1', :cam, '1');
SELECT clearance.create_link('1', :dina, '1');
SELECT clearance.create_link('1', :cleo, '');
SELECT clearance.create_link('1', :cleo, '1', valid_for => '0');
SELECT clearance.create_link('2', :cleo, '1');
SELECT clearance.set_actor(id => :cam) AS acting \gset
SELECT clearance.create_link('1', :cleo, '1');
SELECT clearance.set_actor(id => :cleo) AS acting \gset
SELECT clearance.create_link('1', :cleo, '1');
SELECT clearance.withdraw_links('1', '1');
SELECT clearance.reset_actor();
SELECT clearance.create_link('1', :cleo, '1');
-- only a hash is kept
RESET ROLE;
SELECT count(*), count(*) FILTER (WHERE token_hash = sha256(convert_to(:'token1', 'UTF8'))) FROM clearance.link;

--
-- Followed, it is the contact who acts: what was sent is signed, a draft is
-- not there, and nothing but the signature changes.
--
REVOKE regress_links_owner FROM regress_links;
SET LOCAL ROLE regress_links;
SELECT * FROM clearance.follow_link(:'token1');
SELECT sign_by_link(:'token1');
SELECT id, signed_by = :'cleo' FROM sign_off ORDER BY id;
UPDATE sign_off SET body = 'else' WHERE id = 1;
SELECT sign_by_link(:'token2');
SELECT sign_by_link('x');
SELECT sign_by_link(NULL);
SELECT sign_by_link(''' OR true; --');
-- expired, withdrawn, the portal off
RESET ROLE;
SELECT clearance.reset_actor();
UPDATE clearance.link SET expires_at = now() WHERE subject = '3';
SELECT sign_by_link(:'token3');
SELECT clearance.withdraw_links('1', '1'), clearance.withdraw_links('1', '1');
SELECT sign_by_link(:'token1');
UPDATE sign_off SET sent_at = '2000-01-01' WHERE id = 2;
SELECT clearance.set_project('1', portal => false);
SELECT sign_by_link(:'token2');
SELECT clearance.reset_actor();
SELECT clearance.set_project('1', portal => true);
SELECT sign_by_link(:'token2');
-- acting ends with the transaction, as set_actor() has it
SELECT clearance.actor() = :cleo;
ROLLBACK;
SELECT clearance.actor() IS NULL;
