-- Configuration as code, accounts and people: on request a document says them by
-- names, too, and an import makes them so.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
SET timezone = 'America/New_York';
BEGIN;
\set ON_ERROR_ROLLBACK on
DELETE FROM clearance.resource;
DELETE FROM clearance.account;

-- Two accounts with levels and roles of their own, companies, people and projects of all kinds.
SELECT clearance.create_account('Regress North', key => 'regress-north') AS north, clearance.create_account('Regress South') AS south \gset
SELECT clearance.set_account(:north, portal => true, default_external_level => 'restricted', act_as_writes => true), clearance.set_account(:south, active => false);
SELECT clearance.create_level('regress lead', 'vendor', description => 'leads "it"', account => :north) > 0, clearance.create_level('regress guest', 'partner', account => :north) > 0,
       clearance.create_level('regress guest', 'partner', account => :south) > 0;
SELECT clearance.allow('regress lead', 'task', 'edit', reach => 'account', account => :north), clearance.allow('regress guest', 'task', 'view', 'shared', account => :north),
       clearance.deny('regress guest', 'task', 'edit', account => :north);
SELECT clearance.create_role('lead', access_level => 'regress lead', account => :north) > 0,
       clearance.create_role('guest', available_to_partners => true, access_level => 'regress guest', account => :north) > 0,
       clearance.create_role('idle', account => :north) > 0;
SELECT clearance.add_member('1', 'ann@example.com', 'Ann', roles => '{lead,collaborator}', account => :north) AS ann,
       clearance.add_member('boss', roles => '{account_admin}', account => :north) AS boss \gset
SELECT clearance.create_partner('Oak & Co.', 'regress guest', licence_cap => 5, strategic => true, can_track_time => true, roles => '{guest}', account => :north,
           website => 'https://oak.example', kind => 'contractor', owner => :ann) AS oak,
       clearance.create_partner('Elm', account => :north) AS elm, clearance.create_customer('Bank', account => :north, kind => 'prospect') AS bank \gset
SELECT clearance.add_member('2', name => 'Pia', roles => '{guest}', partner => :oak, partner_admin => true, account => :north) AS pia,
       clearance.add_member(email => 'new@oak.example', partner => :oak, status => 'invited', account => :north) AS new,
       clearance.add_member('3', partner => :elm, account => :north) AS eli, clearance.add_member('4', customer => :bank, account => :north) AS cleo \gset
SELECT clearance.disable_partner(:elm), clearance.disable_member(:eli), clearance.switch_on(:pia, 'task', 'delete'), clearance.set_resource(:pia, :ann, false);
SELECT clearance.create_project('p-1', :north, :ann) > 0, clearance.create_project('p-2', :north) > 0;
SELECT clearance.set_project('p-1', portal => true, client_upload => true, by_phase => true, open_level => 'regress guest'), clearance.set_project('p-2', archived => true),
       clearance.set_project_feature('p-1', 'document', false);
SELECT clearance.add_partner_to_project('p-1', :oak, 'permissive', ends_at => '2030-01-01 00:00+00'), clearance.add_partner_to_project('p-2', :elm),
       clearance.add_customer_to_project('p-1', :bank, starts_at => '2020-06-01 00:00+02'),
       clearance.add_member_to_project('p-1', :pia, 'moderate'), clearance.add_member_to_project('p-1', :cleo),
       clearance.add_member_to_project('p-1', :pia, starts_at => '2020-01-01 00:00+00', source => 'phase 7', through_phase => true);

-- The document: by names, in UTC, the same text whatever the session's settings. Without people, accounts alone, and by default neither.
SELECT clearance.export() AS plain, clearance.export(accounts => true) AS accounts, clearance.export(people => true) AS doc \gset
SELECT clearance_internal.pretty(:'doc'::jsonb -> 'accounts');
SELECT (:'doc'::jsonb #- '{accounts,Regress North,people}' #- '{accounts,Regress South,people}') = :'accounts'::jsonb, :'accounts'::jsonb - 'accounts' = :'plain'::jsonb;
SET LOCAL timezone = 'Asia/Tokyo';
SET LOCAL datestyle = 'German';
SELECT clearance.export(people => true) = :'doc';
SELECT count(*) FROM clearance.diff(:'doc');
RESET datestyle;
SELECT clearance.export(true);
SELECT clearance.export(people => NULL);

-- Into an empty database: the same text, and import says so; then there is nothing to do.
DELETE FROM clearance.resource;
DELETE FROM clearance.account;
SELECT class, kind, object, part FROM clearance.import(:'doc');
SELECT clearance.export(people => true) = :'doc';
SELECT count(*) FROM clearance.import(:'doc');
-- ids are others, and so what hangs on them: a membership ends with its partner's participation
SELECT id AS north FROM clearance.account WHERE name = 'Regress North' \gset
SELECT id AS oak FROM clearance.partner WHERE name = 'Oak & Co.' \gset
SAVEPOINT whole;
SELECT clearance.remove_partner_from_project('p-1', :oak);
SELECT count(*) FROM clearance.project_member pm JOIN clearance.member m ON m.id = pm.member_id WHERE m.key = '2';
ROLLBACK TO whole;

-- Each kind of difference, its class, and that it comes true.
CREATE FUNCTION comes_true(doc jsonb) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT concat_ws(' ', d.class || ':', CASE WHEN was IS NULL THEN 'new' WHEN becomes IS NULL THEN 'no' ELSE 'other' END, d.kind, d.object, d.part)
        FROM clearance.import(doc) d;
    RETURN QUERY SELECT 'still: ' || d.kind FROM clearance.diff(doc) d;
EXCEPTION WHEN OTHERS THEN
    RETURN NEXT sqlstate || ' ' || sqlerrm;
END $$;
-- what changes at a path in the account, and is put back afterwards
CREATE FUNCTION north(doc jsonb, path text[], value jsonb) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT comes_true(CASE WHEN value IS NULL THEN doc #- (ARRAY['accounts', 'Regress North'] || path)
                           ELSE jsonb_set(doc, ARRAY['accounts', 'Regress North'] || path, value) END)
$$;
SELECT north(:'doc', '{portal}', 'false');
SELECT north(:'doc', '{active}', 'false');
SELECT north(:'doc', '{default_external_level}', NULL);
SELECT north(:'doc', '{default_external_level}', '"regress guest"');
SELECT north(:'doc', '{levels,regress lead,grants,9}', '{"action": "task.delete"}');
SELECT north(:'doc', '{levels,regress other}', '{"audience": "customer", "grants": [{"action": "task.view"}]}');
SELECT north(:'doc', '{roles,lead,level}', NULL);
SELECT north(:'doc', '{roles,guest,level}', NULL);
SELECT north(:'doc', '{roles,idle}', NULL);
SELECT north(:'doc', '{roles,other}', '{"level": "regress lead"}');
SELECT north(:'doc', '{people,partners,Elm,active}', 'true');
SELECT north(:'doc', '{people,partners,Elm}', '{"level": "moderate", "roles": ["guest"], "owner": "boss"}');
SELECT north(:'doc', '{people,customers,Bank}', '{"active": false}');
SELECT north(:'doc', '{people,members,3,status}', '"active"');
SELECT north(:'doc', '{people,members,1,roles}', '["lead"]');
SELECT north(:'doc', '{people,members,2}', '{"partner": "Oak & Co.", "name": "Pia P.", "email": "pia@oak.example", "switched_on": ["task.edit"], "supervisor": "new@oak.example", "schedulable": true}');
SELECT north(:'doc', '{people,members,9}', '{"customer": "Bank"}');
SELECT comes_true(:'doc');
DELETE FROM clearance.member WHERE key = '9';
SELECT north(:'doc', '{people,projects,p-2,archived}', 'false');
SELECT north(:'doc', '{people,projects,p-1,features_off}', '["task"]');
SELECT north(:'doc', '{people,projects,p-1,open_level}', NULL);
SELECT north(:'doc', '{people,projects,p-1,open_level}', '"moderate"');
SELECT north(:'doc'::jsonb #- '{accounts,Regress North,people,projects,p-1,open_level}', '{people,projects,p-1,open_levels}', '["moderate", "regress guest", "regress lead", "moderate"]');
SELECT clearance.export(people => true)::jsonb #> '{accounts,Regress North,people,projects,p-1,open_levels}', (SELECT count(*) FROM clearance.project_open_level);
SELECT north(:'doc'::jsonb #- '{accounts,Regress North,people,projects,p-1,open_level}', '{people,projects,p-1,open_levels}', '["moderate", "permissive"]');
-- a list of one is one, and an empty one none
SELECT north(:'doc'::jsonb #- '{accounts,Regress North,people,projects,p-1,open_level}', '{people,projects,p-1,open_levels}', '["regress guest"]');
SELECT clearance.export(people => true)::jsonb #> '{accounts,Regress North,people,projects,p-1,open_level}', (SELECT count(*) FROM clearance.project_open_level);
SELECT north(:'doc'::jsonb #- '{accounts,Regress North,people,projects,p-1,open_level}', '{people,projects,p-1,open_levels}', '[]');
SELECT north(:'doc', '{people,projects,p-1,open_level}', '""');
SELECT north(:'doc', '{people,projects,p-1,partners}', '{"Elm": {}}');
SELECT north(:'doc', '{people,projects,p-1,customers}', '{"Bank": {"ends_at": "2031-01-01"}}');
SELECT north(:'doc', '{people,projects,p-1,members}', '[{"member": "1"}, {"member": "2", "level": "regress guest"}]');
SELECT comes_true(:'doc');
SELECT clearance.export(people => true) = :'doc';
-- An open project gives its level to whom nothing else lets in, so that a way in may take something, too.
SELECT north(:'doc', '{people,projects,p-2,partners}', '{}');
SELECT north(:'doc', '{people,projects,p-2,open_level}', '"permissive"');
SELECT north(:'doc', '{people,projects,p-2,by_phase}', 'true');
SELECT north(:'doc', '{people,projects,p-1,by_phase}', 'false');
SELECT north(:'doc', '{people,members,3,partner_admin}', 'true');
SELECT north(:'doc', '{people,members,2,partner_admin}', 'false');
SELECT comes_true(:'doc');
-- A role that partners and their members do not hold any more, may cease to be for them; a partner's name may be written otherwise then.
SELECT jsonb_set(:'doc'::jsonb #- '{accounts,Regress North,people,members,2,roles}' #- '{accounts,Regress North,people,partners,Oak & Co.,roles}',
                 '{accounts,Regress North,roles,guest}', '{"level": "account_admin"}') AS given_up \gset
SELECT comes_true(:'given_up');
SELECT comes_true(:'doc');
SELECT comes_true(replace(:'given_up', 'Oak & Co.', 'OAK & CO.')::jsonb);
SELECT comes_true(:'doc');
SELECT north(:'doc', '{roles,guest}', '{"level": "regress guest"}');
-- E-mail addresses, and who is the named admin, change hands.
SELECT jsonb_set(jsonb_set(jsonb_set(:'doc', '{accounts,Regress North,people,members,3,email}', '"eli@example.com"'), '{accounts,Regress North,people,members,2,named_admin}', 'true'),
                 '{accounts,Regress North,people,members,5}', '{"partner": "Oak & Co.", "partner_admin": true}') AS named \gset
SELECT comes_true(:'named');
SELECT jsonb_set(jsonb_set(jsonb_set(jsonb_set(:'named', '{accounts,Regress North,people,members,3,email}', '"ANN@example.com"'), '{accounts,Regress North,people,members,1,email}', '"eli@example.com"'),
                 '{accounts,Regress North,people,members,2,named_admin}', 'false'), '{accounts,Regress North,people,members,5,named_admin}', 'true') AS swapped \gset
SELECT comes_true(:'swapped');
SELECT key, email, named_admin FROM clearance.member WHERE key IN ('1', '2', '3', '5') ORDER BY key;
-- one that a member gives up is free for another who is new
SELECT comes_true(jsonb_set(:'named'::jsonb #- '{accounts,Regress North,people,members,3,email}', '{accounts,Regress North,people,members,6}', '{"email": "eli@example.com"}'));
DELETE FROM clearance.member WHERE key = '6';
SELECT comes_true(jsonb_set(:'named', '{accounts,Regress North,people,members,7}', '{"email": "ann@example.com"}'));
SELECT comes_true(jsonb_set(jsonb_set(:'named', '{accounts,Regress North,people,members,8}', '{"email": "two@example.com"}'), '{accounts,Regress North,people,members,9}', '{"email": "Two@example.com"}'));
DELETE FROM clearance.member WHERE key = '5';
SELECT comes_true(:'doc');
SELECT clearance.export(people => true) = :'doc';

-- What a document does not say is not touched: accounts, and people of an account.
SELECT comes_true(:'plain');
SELECT comes_true(:'accounts');
SELECT comes_true(jsonb_set(:'accounts', '{accounts,Regress North,portal}', 'false'));
SELECT comes_true(:'doc');
-- Nobody and nothing that rows of the application name is removed; nor what somebody holds.
SELECT comes_true(:'doc'::jsonb #- '{accounts,Regress South}');
SELECT north(:'doc', '{people,partners,Oak & Co.}', NULL);
SELECT north(:'doc', '{people,members,3}', NULL);
SELECT north(:'doc', '{people,projects,p-1}', NULL);
SELECT north(:'doc', '{people,members,3,partner}', '"Oak & Co."');
SELECT north(:'doc', '{people,members,2,supervisor}', NULL);
SELECT north(:'accounts', '{roles,guest}', NULL);
SELECT north(:'accounts', '{levels,regress guest}', NULL);
SELECT north(:'doc', '{key}', '"other"');

-- A document that is wrong changes nothing, and its error names the place.
SELECT north(:'doc', '{colour}', '1');
SELECT north(:'doc', '{people}', '{}');
SELECT north(:'doc', '{levels,permissive}', '{"audience": "partner"}');
SELECT north(:'doc', '{roles,lead,level}', '"nobody"');
SELECT north(:'doc', '{roles,lead,level}', '"client"');
SELECT north(:'doc', '{people,partners,Elm,level}', '"super_user"');
SELECT north(:'doc', '{people,partners,Elm,licence_cap}', '0');
SELECT north(:'doc', '{people,partners,Oak & Co.,licence_cap}', '1');
SELECT north(:'doc', '{people,partners,ELM}', '{}');
SELECT north(:'doc', '{people,partners,Elm,owner}', '"3"');
SELECT north(:'doc', '{people,partners,Elm,website}', '"elm"');
SELECT north(:'doc', '{people,members,3,roles}', '["guest"]');
SELECT north(:'doc', '{people,members,4,roles}', '["lead"]');
SELECT north(:'doc', '{people,members,3,partner}', '"nobody"');
SELECT north(:'doc', '{people,members,3,email}', '"ann@example.com"');
SELECT north(:'doc', '{people,members,3,email}', '"x"');
SELECT north(:'doc', '{people,members,4,partner_admin}', 'true');
SELECT north(:'doc', '{people,members,3,switched_on}', '["task.nothing"]');
SELECT north(:'doc', '{people,members,3,supervisor}', '"4"');
SELECT north(:'doc', '{people,members,9}', '{"status": "dead"}');
SELECT north(:'doc', '{people,projects,p-1,open_level}', '"nobody"');
SELECT north(:'doc', '{people,projects,p-1,open_levels}', '["moderate"]');
SELECT north(:'doc'::jsonb #- '{accounts,Regress North,people,projects,p-1,open_level}', '{people,projects,p-1,open_levels}', '["moderate", "nobody"]');
SELECT north(:'doc'::jsonb #- '{accounts,Regress North,people,projects,p-1,open_level}', '{people,projects,p-1,open_levels}', '["moderate", ""]');
SELECT north(:'doc', '{people,projects,p-1,open_levels}', '"moderate"');
SELECT north(:'doc', '{people,projects,p-1,members,0}', '{"member": "nobody"}');
SELECT north(:'doc', '{people,projects,p-1,members,0}', '{"member": "4", "owner": true, "source": "x"}');
SELECT north(:'doc', '{people,projects,p-1,members,0}', '{"member": "4", "level": "regress guest", "source": "x"}');
SELECT north(:'doc', '{people,projects,p-1,members,0}', '{"member": "2", "level": "restricted"}');
SELECT north(:'doc', '{people,projects,p-1,members,0}', '{"member": "4", "source": "mirror:0:x"}');
SELECT north(:'doc', '{people,projects,p-1,customers,Bank,ends_at}', '"tomorrow"');
SELECT north(:'doc', '{people,projects,p-1,customers,Bank,ends_at}', '"2019-01-01"');
SELECT comes_true(jsonb_set(:'doc', '{accounts,Regress South,people,projects,p-1}', '{}'));
SELECT comes_true(:'doc');
SELECT clearance.export(people => true) = :'doc';
-- A table that says who is on a project is mirrored; what it says is no membership of the document's.
CREATE TABLE regress_joined (id integer PRIMARY KEY, project text, member text, level text, until timestamptz);
INSERT INTO regress_joined VALUES (1, 'p-2', '3', 'restricted', NULL), (2, 'p-2', 'boss', NULL, '2000-01-01');
SELECT :'doc'::jsonb || '{"mirrors": {"public.regress_joined": {"project": "project", "member": "member", "access_level": "level", "ends_at": "until"}}}' AS mirrored \gset
SELECT comes_true(:'mirrored');
SELECT clearance.export(people => true)::jsonb @> :'mirrored'::jsonb, (SELECT count(*) FROM clearance.project_member pm WHERE starts_with(pm.source, 'mirror:'));
SELECT comes_true(:'mirrored'::jsonb #- '{mirrors,public.regress_joined,access_level}');
SELECT comes_true(:'doc'::jsonb || '{"mirrors": {"public.regress_joined": {"project": "projekt", "member": "member"}}}');
SELECT comes_true(:'doc'::jsonb || '{"mirrors": {"public.regress_gone": {"project": "project", "member": "member"}}}');
SELECT comes_true(:'doc'::jsonb || '{"mirrors": {"public.regress_joined": {"project": "project"}}}');
SELECT comes_true(:'doc');
SELECT clearance.export(people => true) = :'doc', (SELECT count(*) FROM clearance.project_member pm WHERE starts_with(pm.source, 'mirror:'));
-- Where a name could be two people's, there is no document.
SELECT clearance.add_member('new@oak.example', account => :north) > 0;
SELECT clearance.export(people => true);
SELECT length(clearance.export(accounts => true)) > 0;
SELECT comes_true(:'doc');
DELETE FROM clearance.member WHERE key = 'new@oak.example';

-- A role with nothing but EXECUTE does all this, and reads all this: whom it is granted is trusted with it.
CREATE ROLE regress_configuration;
GRANT EXECUTE ON FUNCTION clearance.export, clearance.import, clearance.diff, clearance.diff_digest TO regress_configuration;
DELETE FROM clearance.resource;
DELETE FROM clearance.account;
SET LOCAL ROLE regress_configuration;
SELECT clearance.diff_digest(:'doc') AS reviewed \gset
SELECT count(*) FROM clearance.import(:'doc', reviewed => :'reviewed');
SELECT clearance.export(people => true) = :'doc', clearance.is_operator();
SELECT clearance.add_member('x');
RESET ROLE;
ROLLBACK;
