-- Nobody administers beyond its own rights: not another account, not a level
-- above its own, not by way of roles, switches, members or projects.
-- Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
BEGIN;
SELECT clearance.create_account('Northwind') AS north \gset
SELECT clearance.create_account('Southwind') AS south \gset
SELECT clearance.create_level('regress_chief', 'vendor', based_on => 'super_user') > 0;
SELECT clearance.allow('regress_chief', 'financials', 'view_cost');
SELECT clearance.create_level('regress_reader', 'vendor') > 0;
SELECT clearance.allow('regress_reader', 'project', 'view', reach => 'account');
SELECT clearance.create_role('Chief', access_level => 'regress_chief', account => :north) > 0;
SELECT clearance.create_role('Reader', access_level => 'regress_reader', account => :north) > 0;
SELECT clearance.create_role('Helper', access_level => 'collaborator', account => :north) > 0;
SELECT clearance.create_role('Consultant', available_to_partners => true, access_level => 'permissive', account => :north) > 0;
SELECT clearance.create_role('Trainee', available_to_partners => true, access_level => 'restricted', account => :north) > 0;
SELECT clearance.add_member('ann', name => 'Ann', roles => '{account_admin}', account => :north) AS ann \gset
SELECT clearance.add_member('sue', name => 'Sue', roles => '{super_user}', account => :north) AS sue \gset
SELECT clearance.add_member('col', name => 'Col', roles => '{collaborator}', account => :north) AS col \gset
SELECT clearance.add_member('sam', name => 'Sam', roles => '{account_admin}', account => :south) AS sam \gset
SELECT clearance.create_partner('Acme', licence_cap => 3, roles => '{Consultant,Trainee}', account => :north) AS acme \gset
SELECT clearance.create_partner('Bolt', 'moderate', account => :north) AS bolt \gset
SELECT clearance.add_member('pam', name => 'Pam', partner => :acme, partner_admin => true, roles => '{Trainee}', account => :north) AS pam \gset
SELECT clearance.add_member('pat', name => 'Pat', partner => :acme, roles => '{Trainee}', account => :north) AS pat \gset
SELECT clearance.add_member('bob', name => 'Bob', partner => :bolt, account => :north) AS bob \gset
SELECT clearance.create_customer('Cafe', :north) AS cafe \gset
SELECT clearance.add_member('cleo', name => 'Cleo', customer => :cafe, account => :north) AS cleo \gset
SELECT clearance.create_project('p1', :north, owner => :col) > 0, clearance.create_project('s1', :south, owner => :sam) > 0;
SELECT clearance.add_partner_to_project('p1', :acme);
CREATE TABLE pg_temp.ids AS SELECT * FROM (VALUES ('account', :north), ('partner', :acme), ('customer', :cafe), ('member', :pat)) v (name, id);
GRANT SELECT ON pg_temp.ids TO PUBLIC;
CREATE ROLE regress_rights;
CREATE ROLE regress_rights_bi;
SELECT clearance.trust_role('regress_rights');
SELECT clearance.map_role('regress_rights_bi', partner => :acme);

--
-- A super user manages the vendor's team and roles, but hands out, and takes
-- away, nothing that is above itself.
--
SET LOCAL ROLE regress_rights;
SELECT clearance.set_actor(id => :sue) AS acting \gset
SELECT clearance.add_member('new1', roles => '{collaborator,Helper}') > 0, clearance.add_member('new2', roles => '{super_user}') > 0;
SELECT clearance.add_member('new3', roles => '{account_admin}');
SELECT clearance.add_member('new3', roles => '{Chief}');
SELECT clearance.set_member_roles(:sue, '{account_admin}');
SELECT clearance.set_member_roles(:sue, '{super_user,Chief}');
SELECT clearance.set_member_roles(:ann, '{}');
SELECT clearance.disable_member(:ann);
SELECT clearance.create_role('Boss', access_level => 'account_admin');
SELECT clearance.update_role('Helper', access_level => 'regress_chief');
SELECT clearance.update_role('Chief', access_level => 'collaborator');
SELECT clearance.create_role('Helper2', access_level => 'collaborator') > 0;
SELECT clearance.switch_on(:sue, 'settings', 'manage_partner_companies');
SELECT clearance.switch_on(:col, 'settings', 'manage_vault');
SELECT clearance.switch_on(:col, 'project', 'create');
SELECT clearance.switch_off(:col, 'project', 'create');
SELECT clearance.set_project('p1', open_level => 'account_admin');
SELECT clearance.set_project('p1', open_level => 'collaborator');
SELECT clearance.set_project('p1', open_levels => '{collaborator,account_admin}');
SELECT clearance.set_project('p1', open_levels => '{collaborator,restricted}'), clearance.set_project('p1', open_levels => '{collaborator}');
SELECT clearance.create_partner('X');
SELECT clearance.set_account(:north, portal => true);
SELECT clearance.set_account(:north, active => true);
SELECT clearance.set_rate(:acme, 'cost', 10, 'EUR');

-- one that may manage the team, but sees its own projects only, gives nobody the whole account
RESET ROLE;
SELECT clearance.reset_actor();
SELECT clearance.switch_on(:col, 'settings', 'manage_team_members');
SET LOCAL ROLE regress_rights;
SELECT clearance.set_actor(id => :col) AS acting \gset
SELECT clearance.add_member('new4', roles => '{collaborator}') > 0;
SELECT clearance.add_member('new5', roles => '{Reader}');
SELECT clearance.add_member('new5', roles => '{super_user}');
SELECT clearance.switch_on(:col, 'settings', 'manage_roles');
SELECT clearance.disable_member(:sue);

--
-- A switch is for all rows that its member reaches, and for what follows: nobody
-- switches on, for others or itself, what it holds of some rows alone.
--
SELECT clearance.set_actor(id => :sue) AS acting \gset
SELECT clearance.switch_on(:sue, 'document_comment', 'delete');
SELECT clearance.switch_on(:col, 'document_approval', 'approve');
SELECT clearance.switch_on(:cleo, 'document_comment', 'delete');
SELECT clearance.switch_on(:sue, 'task', 'delete'), clearance.switch_on(:cleo, 'document_comment', 'create');
SELECT clearance.switch_off(:sue, 'task', 'delete'), clearance.switch_off(:cleo, 'document_comment', 'create');
RESET ROLE;
SELECT clearance.reset_actor();
-- shared rows, assigned ones, one kind, all of one's own projects
SELECT clearance.create_feature('regress_gadget', '{create,edit,see,check,sort,seal}');
SELECT clearance.create_level('regress_hr', 'vendor', based_on => 'collaborator') > 0;
SELECT clearance.allow('regress_hr', 'settings', a) FROM unnest('{manage_team_members,manage_roles,manage_partner_companies}'::text[]) a;
SELECT clearance.allow('regress_hr', 'regress_gadget', 'see', visibility => 'shared'), clearance.allow('regress_hr', 'regress_gadget', 'check', relation => 'assigned'),
       clearance.allow('regress_hr', 'regress_gadget', 'sort', kinds => '{small}'),
       clearance.allow('regress_hr', 'regress_gadget', 'seal'), clearance.allow('regress_hr', 'regress_gadget', 'create');
SELECT clearance.create_role('Hr', access_level => 'regress_hr', account => :north) > 0;
SELECT clearance.add_member('hank', name => 'Hank', roles => '{Hr,Reader}', account => :north) AS hank \gset
SELECT clearance.add_member('rea', name => 'Rea', roles => '{Reader}', account => :north) AS rea \gset
SELECT clearance.add_member('cam', name => 'Cam', roles => '{collaborator}', account => :north) AS cam \gset
SET LOCAL ROLE regress_rights;
SELECT clearance.set_actor(id => :hank) AS acting \gset
SELECT clearance.switch_on(:cam, 'regress_gadget', 'see');
SELECT clearance.switch_on(:cam, 'regress_gadget', 'check');
SELECT clearance.switch_on(:cam, 'regress_gadget', 'sort');
SELECT clearance.switch_on(:hank, 'regress_gadget', 'see');
SELECT clearance.switch_on(:rea, 'regress_gadget', 'seal');
SELECT clearance.switch_on(:cam, 'regress_gadget', 'seal'), clearance.switch_on(:cam, 'regress_gadget', 'create');
-- a role, or what a level says of projects, takes a switch no further
SELECT clearance.set_member_roles(:cam, '{Reader}');
SELECT clearance.set_member_roles(:cam, '{Helper}');
SELECT clearance.update_role('Helper', access_level => 'regress_reader');
SELECT clearance.create_level('regress_crew', 'vendor') > 0, clearance.create_role('Crew', access_level => 'regress_crew') > 0;
SELECT clearance.set_member_roles(:cam, '{Crew}');
SELECT clearance.allow('regress_crew', 'project', 'view', reach => 'account');
SELECT clearance.allow('regress_crew', 'project', 'view', reach => 'member');
SELECT clearance.set_member_roles(:cam, '{collaborator}');
-- who has it by a switch hands it on, as a switch or in a level
SELECT clearance.switch_on(:cam, 'settings', 'manage_vault');
RESET ROLE;
SELECT clearance.reset_actor();
SELECT clearance.switch_on(:hank, 'settings', 'manage_vault'), clearance.switch_on(:hank, 'regress_gadget', 'see');
SET LOCAL ROLE regress_rights;
SELECT clearance.set_actor(id => :hank) AS acting \gset
SELECT clearance.switch_on(:cam, 'settings', 'manage_vault'), clearance.allow('regress_crew', 'settings', 'manage_vault'), clearance.switch_on(:rea, 'regress_gadget', 'see');
-- whoever creates edits its own, unless something is said of that: then others have more by a switch
RESET ROLE;
SELECT clearance.reset_actor();
SELECT clearance.deny('regress_hr', 'regress_gadget', 'edit');
SET LOCAL ROLE regress_rights;
SELECT clearance.set_actor(id => :hank) AS acting \gset
SELECT clearance.switch_on(:col, 'regress_gadget', 'create');

--
-- Nor does anybody manage whom something beyond it is switched on for, or who
-- holds that on a project, be it from next year on.
--
SELECT clearance.set_actor(id => :sue) AS acting \gset
SELECT clearance.change_key(:cam, 'cam2');
SELECT clearance.set_member_roles(:cam, '{collaborator}');
SELECT clearance.disable_member(:cam);
SELECT clearance.erase_member(:cam);
SELECT clearance.set_resource(:cam, :sue);
SELECT clearance.switch_on(:cam, 'task', 'view');
SELECT clearance.switch_off(:cam, 'settings', 'manage_vault');
SELECT clearance.create_level('regress_team', 'vendor') > 0, clearance.create_role('Team', access_level => 'regress_team') > 0;
SELECT clearance.set_actor(id => :ann) AS acting \gset
SELECT clearance.set_member_roles(:cam, '{Team}');
SELECT clearance.set_actor(id => :sue) AS acting \gset
SELECT clearance.allow('regress_team', 'task', 'view');
SELECT clearance.update_role('Team', access_level => 'collaborator');
SELECT clearance.set_actor(id => :ann) AS acting \gset
SELECT clearance.switch_off(:cam, 'settings', 'manage_vault'), clearance.switch_off(:cam, 'regress_gadget', a) FROM unnest('{seal,create}'::text[]) a;
SELECT clearance.set_actor(id => :sue) AS acting \gset
SELECT clearance.allow('regress_team', 'task', 'view'), clearance.update_role('Team', access_level => 'collaborator'), clearance.set_member_roles(:cam, '{collaborator}');
SELECT clearance.change_key(:cam, 'cam2'), clearance.set_resource(:cam, :sue);
SELECT clearance.set_actor(id => :ann) AS acting \gset
SELECT clearance.add_member_to_project('p1', :cam, 'account_admin', starts_at => '2999-01-01');
SELECT clearance.set_actor(id => :sue) AS acting \gset
SELECT clearance.change_key(:cam, 'cam3');
-- what has ended counts no more; but it is not hers to prolong
SELECT clearance.set_actor(id => :ann) AS acting \gset
SELECT clearance.update_member_on_project('p1', :cam, starts_at => '2000-01-01', ends_at => '2001-01-01');
SELECT clearance.set_actor(id => :sue) AS acting \gset
SELECT clearance.change_key(:cam, 'cam');
SELECT clearance.update_member_on_project('p1', :cam, ends_at => 'infinity');
SELECT clearance.add_member_to_project('p1', :cam, 'account_admin', ends_at => '2002-01-01');
SELECT clearance.update_member_on_project('p1', :cam, 'collaborator'), clearance.update_member_on_project('p1', :cam, ends_at => '2100-01-01');
-- who invites to its project says the time where it could say the level
SELECT clearance.set_actor(id => :col) AS acting \gset
SELECT clearance.update_member_on_project('p1', :cam, ends_at => '2101-01-01');
SELECT clearance.add_member_to_project('p1', :rea, ends_at => '2100-01-01'), clearance.update_member_on_project('p1', :rea, ends_at => '2101-01-01');
-- a token makes whoever has it the member
RESET ROLE;
SELECT clearance.reset_actor();
SELECT clearance.add_member(email => 'ivy@north.example', roles => '{collaborator}', status => 'invited', account => :north) AS ivy \gset
SELECT member AS pip FROM clearance.invite_partner_member(:acme, 'pip@acme.example', 'Trainee') \gset
SELECT clearance.switch_on(m, 'settings', 'manage_currencies') FROM unnest(ARRAY[:ivy, :pip, :pat, :cleo]) m;
SET LOCAL ROLE regress_rights;
SELECT clearance.set_actor(id => :sue) AS acting \gset
SELECT clearance.resend_invitation(:ivy);
SELECT clearance.disable_member(:cleo);
SELECT clearance.set_actor(id => :hank) AS acting \gset
SELECT clearance.change_key(:pat, 'pat2');
SELECT clearance.resend_invitation(:pip);
SELECT clearance.set_actor(id => :pam) AS acting \gset
SELECT clearance.resend_invitation(:pip);
SELECT clearance.disable_member(:pip), clearance.enable_member(:pip);
SELECT clearance.set_actor(id => :ann) AS acting \gset
SELECT clearance.switch_off(:pip, 'settings', 'manage_currencies'), clearance.switch_on(:pip, 'task', 'view');
SELECT clearance.set_actor(id => :pam) AS acting \gset
SELECT clearance.resend_invitation(:pip);
SELECT clearance.withdraw_invitation(:pip);
SELECT clearance.set_actor(id => :ann) AS acting \gset
SELECT clearance.resend_invitation(:ivy) <> '';
SELECT clearance.switch_off(m, 'settings', 'manage_currencies') FROM unnest(ARRAY[:ivy, :pat, :cleo]) m;
SELECT clearance.set_actor(id => :sue) AS acting \gset
SELECT clearance.resend_invitation(:ivy) <> '', clearance.disable_member(:cleo), clearance.enable_member(:cleo);

--
-- A partner's admin: its own team within the vendor's terms, never itself.
--
SELECT clearance.set_actor(id => :pam) AS acting \gset
SELECT clearance.set_member_roles(:pat, '{Consultant}'), clearance.set_member_roles(:pat, '{Trainee}');
SELECT clearance.set_member_roles(:pam, '{Consultant}');
SELECT clearance.set_member_roles(:pat, '{super_user}');
\set VERBOSITY sqlstate
SELECT clearance.set_member_roles(:bob, '{}');
\set VERBOSITY default
SELECT clearance.disable_member(:pat), clearance.enable_member(:pat);
-- but whom the vendor disabled, the vendor enables
SELECT clearance.set_actor(id => :ann) AS acting \gset
SELECT clearance.disable_member(:pat);
SELECT clearance.set_actor(id => :pam) AS acting \gset
SELECT clearance.enable_member(:pat);
SELECT clearance.disable_member(:pat);
SELECT clearance.enable_member(:pat);
SELECT clearance.set_actor(id => :ann) AS acting \gset
SELECT clearance.enable_member(:pat);
SELECT clearance.set_actor(id => :pam) AS acting \gset
SELECT clearance.disable_member(:pam);
\set VERBOSITY sqlstate
SELECT clearance.disable_member(:bob);
SELECT clearance.disable_member(:cleo);
SELECT clearance.disable_member(:sue);
\set VERBOSITY default
SELECT clearance.update_partner(:acme, access_level => 'permissive');
SELECT clearance.update_partner(:acme, licence_cap => 100);
SELECT clearance.update_partner(:acme, strategic => true);
SELECT clearance.update_partner(:acme, can_track_time => true);
SELECT clearance.set_partner_roles(:acme, '{Consultant,Trainee}');
SELECT clearance.update_role('Trainee', access_level => 'permissive');
SELECT clearance.switch_on(:pam, 'task', 'create');
SELECT clearance.switch_on(:pat, 'task', 'create');
SELECT clearance.update_partner_on_project('p1', :acme, access_level => 'permissive');
SELECT clearance.set_project('p1', open_level => 'permissive');
SELECT clearance.set_project('p1', open_levels => '{permissive}');
SELECT clearance.set_account(:north, default_external_level => 'permissive');
SELECT clearance.set_resource(:pat, :pam);
SELECT clearance.allow('restricted', 'task', 'create');
SELECT clearance.create_level('mine', 'partner');
\set VERBOSITY sqlstate
SELECT clearance.disable_partner(:bolt);
\set VERBOSITY default
SELECT clearance.create_customer('Mine');

--
-- Nothing crosses an account, not even knowledge of what is there. A project
-- without a way in is unknown too.
--
SELECT clearance.set_actor(id => :sam) AS acting \gset
\set VERBOSITY terse
DO $$
DECLARE
    call text;
    message text;
BEGIN
    FOREACH call IN ARRAY ARRAY['clearance.set_account(%1$s)', 'clearance.create_partner(''X'', account => %1$s)',
        'clearance.create_customer(''X'', %1$s)', 'clearance.add_member(''x'', account => %1$s)',
        'clearance.create_role(''X'', account => %1$s)', 'clearance.create_project(''x'', %1$s)',
        'clearance.update_partner(%2$s)', 'clearance.disable_partner(%2$s)', 'clearance.enable_partner(%2$s)',
        'clearance.set_partner_roles(%2$s, ''{}'')', 'clearance.set_rate(%2$s, ''cost'', 1, ''EUR'')',
        'clearance.add_member(''x'', partner => %2$s)', 'clearance.invite_partner_member(%2$s, ''x@x.example'')',
        'clearance.add_partner_to_project(''s1'', %2$s)', 'clearance.remove_partner_from_project(''s1'', %2$s)',
        'clearance.update_customer(%3$s)', 'clearance.disable_customer(%3$s)', 'clearance.add_customer_to_project(''s1'', %3$s)',
        'clearance.invite_customer_contact(%3$s, ''x@x.example'')', 'clearance.disable_member(%4$s)', 'clearance.enable_member(%4$s)',
        'clearance.set_member_roles(%4$s, ''{}'')', 'clearance.set_partner_admin(%4$s, true)', 'clearance.switch_on(%4$s, ''task'', ''view'')',
        'clearance.add_member_to_project(''s1'', %4$s)', 'clearance.remove_member_from_project(''s1'', %4$s)',
        'clearance.add_participant(''s1'', ''x'', %4$s)', 'clearance.transfer_project(''s1'', %4$s)', 'clearance.set_resource(%4$s, %4$s)',
        'clearance.update_profile(member => %4$s)', 'clearance.allocate(''s1'', %4$s, ''2030-01-01'', ''2030-01-02'', 1)',
        'clearance.create_link(''s1'', %4$s, ''x'')', 'clearance.resend_invitation(%4$s)', 'clearance.withdraw_invitation(%4$s)',
        'clearance.set_project(''p1'', archived => true)', 'clearance.set_project_feature(''p1'', ''task'', false)',
        'clearance.add_member_to_project(''p1'', clearance.actor())', 'clearance.transfer_project(''p1'', clearance.actor())',
        'clearance.withdraw_links(''p1'', ''x'')']
    LOOP
        BEGIN
            EXECUTE 'SELECT ' || format(call, (SELECT id FROM pg_temp.ids WHERE name = 'account'), (SELECT id FROM pg_temp.ids WHERE name = 'partner'),
                                        (SELECT id FROM pg_temp.ids WHERE name = 'customer'), (SELECT id FROM pg_temp.ids WHERE name = 'member'));
            RAISE WARNING 'done: %', call;
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
            IF message !~ '^no (account|partner|customer|member|project) ' THEN
                RAISE WARNING '%: %', call, message;
            END IF;
        END;
    END LOOP;
END
$$;
SELECT clearance.set_actor(id => :bob) AS acting \gset
SELECT clearance.add_member_to_project('p1', :bob);
SELECT clearance.add_member_to_project('p9', :bob);

--
-- Without standing nothing is held; a partner as a whole only views; nor does
-- a superuser who acts for somebody have more than that one.
--
RESET ROLE;
SELECT clearance.set_actor(id => :ann) AS acting \gset
SELECT clearance.disable_member(:ann);
SELECT clearance.create_customer('X');
SELECT clearance.has_right('project.create', :north), clearance.is_operator();
SELECT clearance.reset_actor();
SELECT clearance.has_right('project.create', :north), clearance.is_operator();
SELECT clearance.enable_member(:ann);
SET LOCAL SESSION AUTHORIZATION regress_rights_bi;
SELECT clearance.add_member_to_project('p1', :pat);
SELECT * FROM clearance.invite_partner_member(:acme, 'x@acme.example', 'Trainee');
SELECT clearance.has_right('project.create', :north), clearance.is_operator();
RESET SESSION AUTHORIZATION;
-- an actor that is gone
SET LOCAL clearance.actor = '999999999';
SELECT clearance.create_customer('X');
SELECT clearance.has_right('project.create', :north), clearance.is_operator();
SET LOCAL clearance.actor = '';

-- A function of a superuser's lends nobody its rights.
CREATE FUNCTION pg_temp.lent(account bigint) RETURNS bigint LANGUAGE sql SECURITY DEFINER AS $$ SELECT clearance.create_customer('Lent', account) $$;
SET LOCAL ROLE regress_rights;
SELECT pg_temp.lent(:north);
SELECT clearance.is_operator();
ROLLBACK;
