-- Who a member is: another key, and nobody any more.
-- Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
BEGIN;
-- errors name ids
ALTER SEQUENCE clearance.member_id_seq RESTART WITH 9001;
CREATE ROLE regress_identity;
CREATE ROLE regress_identity_login;
SELECT clearance.create_account('Regress') AS account \gset
SELECT clearance.create_account('Other') AS other \gset
SELECT clearance.add_member('ann', 'ann@regress.example', 'Ann', roles => '{account_admin}', account => :account) AS ann \gset
SELECT clearance.add_member('max', 'max@regress.example', 'Max M.', roles => '{collaborator}', account => :account) AS max \gset
SELECT clearance.add_member('eve', name => 'Eve', roles => '{collaborator}', account => :account) AS eve \gset
SELECT clearance.create_partner('Solo', 'permissive', kind => 'contractor', admin_email => 'sol@solo.example', account => :account) AS solo \gset
SELECT clearance.add_member('pat', 'pat@solo.example', 'Pat', partner => :solo, partner_admin => true, account => :account) AS pat \gset
SELECT clearance.create_project('one', :account) > 0, clearance.create_project('two', :account) > 0;
SELECT clearance.add_member_to_project('one', :max, owner => true), clearance.add_member_to_project('one', :eve);
SELECT clearance.switch_on(:max, 'task', 'delete'), clearance.set_resource(:max, :ann);
CREATE TABLE note (id integer PRIMARY KEY, project text, owner text, is_shared boolean);
INSERT INTO note VALUES (1, 'one', 'max', false), (2, 'one', 'maximilian', false), (3, 'one', 'eve', false), (4, 'two', 'max', false);
CREATE TABLE staffed (project text, person text, PRIMARY KEY (project, person));
INSERT INTO staffed VALUES ('two', 'max'), ('two', 'new');
SELECT clearance.mirror_membership('staffed', project => 'project', member => 'person') > 0;
SELECT clearance.create_level('Own', 'vendor', account => :account) > 0, clearance.allow('Own', 'document', 'view', visibility => 'any', relation => 'own', account => :account),
    clearance.allow('Own', 'project', 'view', account => :account);
SELECT clearance.protect('note', 'document', project => 'project', owner => 'owner', visibility => 'is_shared', shared_values => '{true}') > 0;
GRANT SELECT ON note, staffed TO regress_identity;
SELECT clearance.create_role('Owner', access_level => 'Own', account => :account) > 0;
SELECT clearance.set_member_roles(:max, '{Owner}'), clearance.set_member_roles(:eve, '{Owner}');
-- the rows that a member sees, and its projects
CREATE FUNCTION pg_temp.sees(member bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    seen text;
BEGIN
    PERFORM clearance.set_actor(id => member);
    SET LOCAL ROLE regress_identity;
    SELECT string_agg(id::text, ' ' ORDER BY id) INTO seen FROM note;
    RESET ROLE;
    PERFORM clearance.reset_actor();
    RETURN seen || ' on ' || (SELECT string_agg(p.key, ' ' ORDER BY p.key) FROM clearance.project_member pm JOIN clearance.project p ON p.id = pm.project_id WHERE pm.member_id = member);
END
$$;

--
-- A key is changed, and what the member is stays: rows that name the new key are
-- its own, those of the former one nobody's. Mirrored memberships are those of
-- rows that name it.
--
SELECT pg_temp.sees(:max);
SELECT clearance.change_key(:max, 'maximilian');
SELECT key, email, name, status FROM clearance.member WHERE id = :max;
SELECT pg_temp.sees(:max);
UPDATE staffed SET person = 'maximilian' WHERE person = 'max';
SELECT pg_temp.sees(:max);
SELECT clearance.change_key(:max, 'new'), clearance.change_key(:max, 'new');
SELECT pg_temp.sees(:max);
SELECT clearance.change_key(:max, 'max');
UPDATE staffed SET person = 'max' WHERE person = 'maximilian';
SELECT pg_temp.sees(:max);
SELECT a.before ->> 'key', a.after ->> 'key' FROM clearance.audit a WHERE a.table_name = 'member' AND a.operation = 'UPDATE' AND a.after ->> 'id' = :'max' ORDER BY a.at;
-- who is known by its address gets one; a number is a key, too
SELECT clearance.add_member(email => 'ned@regress.example', account => :account) AS ned \gset
SELECT clearance.change_key(:ned, 12);
SELECT key FROM clearance.member WHERE id = :ned;

-- keys that cannot be had
SELECT clearance.change_key(:max, 'eve');
SELECT clearance.change_key(:max, '');
SELECT clearance.change_key(:max, E'a\nb');
SELECT clearance.change_key(:max, NULL::text);
SELECT clearance.change_key(NULL, 'x');
SELECT clearance.change_key(-1, 'x');
-- nobody becomes another by itself, and none without the right
SELECT clearance.set_actor(id => :ann) > 0;
SELECT clearance.change_key(:ann, 'maximilian');
SELECT clearance.change_key(:ned, 'ned');
SELECT clearance.add_member('boss', account => :account, roles => '{account_admin}') AS boss \gset
SELECT clearance.reset_actor(), clearance.set_account(:account, act_as_writes => true);
SELECT clearance.set_actor(id => :ann) > 0, clearance.act_as(:boss, write => true);
SELECT clearance.change_key(:ann, 'maximilian');
SELECT clearance.act_as(NULL);
SELECT clearance.set_actor(id => :eve) > 0;
SELECT clearance.change_key(:max, 'x');
SELECT clearance.set_actor(id => :pat) > 0;
SELECT clearance.change_key(m.id, 'sol') FROM clearance.member m WHERE m.email = 'sol@solo.example';
SELECT clearance.reset_actor();
SET LOCAL ROLE regress_identity;
SELECT clearance.change_key(:max, 'x');
RESET ROLE;

--
-- Who is erased is a number that history names: all that says who it was is gone.
--
SELECT clearance.add_member('tom', 'tom@regress.example', 'Tom', account => :account) AS tom \gset
SELECT i.member AS guest FROM clearance.create_customer('Cafe', :account) c, clearance.invite_customer_contact(c, 'gus@cafe.example', name => 'Gus') i \gset
SELECT clearance.map_role('regress_identity_login', member => :max);
SELECT clearance.set_actor(id => :ann) > 0, clearance.act_as(:max), clearance.act_as(NULL), clearance.update_profile(skills => '{juggling}', member => :max), clearance.reset_actor();
UPDATE clearance.member SET name = 'Max Mustermann' WHERE id = :max;
SELECT clearance.audit_head() AS head \gset
SELECT clearance.set_actor(id => :max) > 0;
SELECT count(*) FROM clearance.whoami() w WHERE w.name = 'Max Mustermann';
-- whoever does it: not without the right, nor where lines of the log may not be seen
SELECT clearance.erase_member(:eve);
SELECT clearance.reset_actor();
SELECT clearance.set_actor(id => :ann) > 0;
SELECT clearance.erase_member(:max);
SELECT clearance.reset_actor();
SELECT key, email, name, partner_id, customer_id, partner_admin, named_admin, status, kind FROM clearance.member WHERE id = :max;
SELECT (SELECT count(*) FROM clearance.member_role WHERE member_id = :max) AS roles, (SELECT count(*) FROM clearance.member_switch WHERE member_id = :max) AS switches,
    (SELECT count(*) FROM clearance.project_member WHERE member_id = :max) AS memberships, (SELECT count(*) FROM clearance.resource WHERE member_id = :max) AS resources,
    (SELECT count(*) FROM clearance.login_role WHERE member_id = :max) AS logins;
SELECT pg_temp.sees(:max) IS NULL, pg_temp.sees(:eve);
-- in no table of the extension is a word of it
CREATE FUNCTION pg_temp.found(pattern text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    t regclass;
    n bigint;
BEGIN
    FOR t IN SELECT c.oid FROM pg_class c WHERE c.relnamespace IN ('clearance'::regnamespace, 'clearance_internal'::regnamespace) AND c.relkind = 'r' ORDER BY c.relname LOOP
        EXECUTE format('SELECT count(*) FROM %s t WHERE t::text ~ $1', t) INTO n USING pattern;
        IF n > 0 THEN
            RETURN NEXT format('%s %s', n, CASE WHEN t::text ~ 'audit_log' THEN 'audit log' ELSE t::text END);
        END IF;
    END LOOP;
END
$$;
SELECT pg_temp.found('max@|Mustermann|Max M|"max"|\ymax\y|juggling');
SELECT count(*) > 2 FROM pg_temp.found('\yeve\y');
-- the log tells all the same what was done, and that something was taken out of it
SELECT a.operation, a.table_name, a.before ->> 'name', a.after ->> 'name', coalesce(a.after, a.before) ->> 'email', coalesce(a.after, a.before) ->> 'key'
FROM clearance.audit a WHERE a.table_name = 'member' AND coalesce(a.after, a.before) ->> 'id' = :'max' ORDER BY a.at, a.seq;
SELECT a.actor = :ann, a.operation, a.account_id = :account, (a.after ->> 'member_id')::bigint = :max
FROM clearance.audit a WHERE a.operation = 'ERASE';
SELECT regexp_replace(c.what, '\d+', 'N', 'g'), c.who FROM clearance.changes() c WHERE c.operation = 'ERASE';
-- and is what was written, with the head from before, too
SELECT * FROM clearance.verify_audit();
SELECT * FROM clearance.verify_audit(:'head');
-- lines change in no other way, those that were erased neither, nor those of somebody who is not
UPDATE clearance.audit_log SET person = NULL WHERE table_name = 'member' AND after ->> 'id' = :'eve';
UPDATE clearance.audit_log SET person = '{}' WHERE table_name = 'member' AND after ->> 'id' = :'max';
UPDATE clearance.audit_log SET person = NULL, person_digest = NULL WHERE table_name = 'member' AND after ->> 'id' = :'max';
UPDATE clearance.audit_log SET login = 'x' WHERE table_name = 'member';
UPDATE clearance.audit_log SET after = after WHERE table_name = 'member' AND after ->> 'id' = :'eve';
UPDATE clearance.audit_log SET after = '{}' WHERE table_name = 'member' AND after ->> 'id' = :'max';
UPDATE clearance.audit_log SET hash = '' WHERE table_name = 'member' AND after ->> 'id' = :'max';
UPDATE clearance.audit_log SET part = part % 12 + 1 WHERE table_name = 'member' AND after ->> 'id' = :'max';
-- and past the triggers it shows, whatever the log was told of it
CREATE FUNCTION pg_temp.tampered(change text, id bigint) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    t regclass;
BEGIN
    FOR t IN SELECT relid FROM pg_partition_tree('clearance.audit_log') WHERE isleaf LOOP
        EXECUTE format('UPDATE pg_trigger SET tgenabled = %L WHERE tgrelid = %L::regclass AND tgname = %L', 'D', t, '00_clearance_refuse_write');
    END LOOP;
    EXECUTE format('UPDATE clearance.audit_log SET %s WHERE table_name IN (%L, %L) AND operation = %L AND coalesce(after ->> %L, after ->> %L) = %L',
        change, 'member', 'member_role', 'INSERT', 'member_id', 'id', id);
    RETURN QUERY SELECT DISTINCT v.problem FROM clearance.verify_audit() v WHERE v.chain IS NOT NULL ORDER BY 1;
    RAISE EXCEPTION USING ERRCODE = 'RG000';
EXCEPTION WHEN SQLSTATE 'RG000' THEN NULL;
END
$$;
SELECT pg_temp.tampered('after = ''{"id": 1}''', :max);
SELECT pg_temp.tampered('actor = 1', :max);
SELECT pg_temp.tampered('person = ''{"after": {"name": "Moritz"}}''', :max);
SELECT pg_temp.tampered('person = NULL', :eve);
SELECT pg_temp.tampered('person = json_build_object(''after'', person -> ''after'')', :eve);
SELECT pg_temp.tampered('person = NULL, person_digest = NULL', :eve);
SELECT pg_temp.tampered('person = NULL', :max);
-- lines that are dropped take along what was said of them
SELECT clearance.forget_audit('infinity') > 0;
SELECT * FROM clearance.verify_audit(:'head');

--
-- Nobody comes back as the stub.
--
SELECT clearance.enable_member(:max);
SELECT clearance.set_member_roles(:max, '{account_admin}');
SELECT clearance.add_member_to_project('one', :max);
SELECT clearance.change_key(:max, 'max');
SELECT clearance.erase_member(:max);
SELECT clearance.map_role('regress_identity_login', member => :max);
SELECT clearance.set_actor('max', account => :account);
SELECT clearance.set_actor(id => :max) > 0;
SELECT note FROM clearance.whoami();
SELECT clearance.reset_actor();
\set VERBOSITY terse
INSERT INTO clearance.member_role SELECT :max, id FROM clearance.role WHERE name = 'collaborator';
INSERT INTO clearance.project_member (account_id, project_id, member_id) SELECT account_id, id, :max FROM clearance.project WHERE key = 'one';
INSERT INTO clearance.resource (account_id, member_id, supervisor_id) SELECT :account, :eve, :max;
UPDATE clearance.member SET status = 'active' WHERE id = :max;
UPDATE clearance.member SET email = 'max@regress.example' WHERE id = :max;
UPDATE clearance.member SET status = 'erased' WHERE id = :eve;
\set VERBOSITY default
-- Its key is for who comes after, and nobody's who was there.
SELECT clearance.change_key(:eve, 'max');
SELECT clearance.accept_invitation(clearance.resend_invitation(:guest), 'max');
SELECT clearance.create_partner('Later', account => :account) AS later \gset
SELECT i.member AS again, i.token AS token FROM clearance.invite_partner_member(:later, 'max@later.example') i \gset
SAVEPOINT accepted;
SELECT clearance.accept_invitation(:'token', 'max') = :again;
ROLLBACK TO accepted;
SELECT clearance.add_member('max', account => :account) = :max, clearance.add_member('max', account => :other) > 0;
-- another account is another matter
SELECT clearance.add_member('zoe', account => :other) AS zoe \gset
SELECT clearance.erase_member(:zoe);
SELECT clearance.change_key(:eve, 'zoe');

--
-- What would come again, or leave somebody behind, is said before.
--
SELECT clearance.set_resource(:eve, :tom);
SELECT clearance.erase_member(:tom);
SELECT clearance.set_resource(:eve, :ann);
CREATE TABLE person (id text PRIMARY KEY, mail text);
INSERT INTO person VALUES ('tom', 'tom@regress.example');
CREATE VIEW people AS SELECT id AS source, id AS key, mail AS email, 'Tom'::text AS name FROM person;
SELECT clearance.mirror('people', 'member', account => :account) > 0;
SELECT clearance.erase_member(:tom);
-- by another key it is the same person, who is on a project besides
SELECT clearance.change_key(:tom, 'tom2');
SELECT clearance.erase_member(:tom);
SELECT clearance.change_key(:tom, 'tom');
DELETE FROM person;
CREATE TABLE helper (id text);
INSERT INTO helper VALUES ('tom');
CREATE VIEW helpers AS SELECT id AS source, 'one' AS project, id AS member FROM helper;
SELECT clearance.mirror('helpers', 'membership', account => :account) > 0;
SELECT clearance.erase_member(:tom);
DELETE FROM helper;
SELECT clearance.erase_member(:tom);
SELECT pg_temp.found('\ytom\y|tom@|Tom');

--
-- A contractor who works alone goes with its rates; mails on their way go, and
-- invitations.
--
SELECT clearance.set_rate(:solo, 'cost', 777.77, 'EUR');
SELECT clearance.erase_member(:pat);
SELECT count(*) FROM clearance.rate;
-- nor do lines about rates of a company change of which nobody is erased
SELECT clearance.set_rate(:later, 'cost', 555.55, 'EUR');
UPDATE clearance.audit_log SET person = NULL WHERE table_name = 'rate' AND after ->> 'partner_id' = :'later';
DELETE FROM clearance.rate WHERE partner_id = :later;
SELECT count(*) FROM clearance.outbox WHERE recipient = 'sol@solo.example';
SELECT clearance.erase_member(m.id) FROM clearance.member m WHERE m.email = 'sol@solo.example';
SELECT count(*) FROM clearance.outbox WHERE recipient = 'sol@solo.example';
SELECT pg_temp.found('777.77|sol@|\ypat\y');
SELECT i.member AS first FROM clearance.invite_partner_member(:solo, 'wanda@mail.example', name => 'Wanda') i \gset
SELECT clearance.withdraw_invitation(:first);
SELECT clearance.erase_member(i.member) FROM clearance.invite_partner_member(:solo, 'Wanda@mail.example', name => 'Wanda W.') i;
SELECT pg_temp.found('(?i)wanda');
SELECT licences_used, admin, admins FROM clearance.partners WHERE id = :solo;
SELECT clearance.erase_member(:guest);
SELECT count(*) FROM clearance.invitations WHERE member_id = :guest;
SELECT pg_temp.found('gus@|Gus');
SELECT clearance.set_account(:account, ready_participants => true);
SELECT clearance.add_partner_to_project('one', :solo);

--
-- Lists of people, and documents, are without them.
--
SELECT count(*) FROM clearance.access_matrix('note') x WHERE x.name LIKE 'erased%';
SELECT jsonb_path_query_array(clearance.export(people => true)::jsonb, '$.accounts.Regress.people.members.keyvalue().key');
ROLLBACK;

-- Under an older snapshot not all lines are seen.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT clearance.create_account('Regress') AS account \gset
SELECT clearance.erase_member(clearance.add_member('max', account => :account));
ROLLBACK;
