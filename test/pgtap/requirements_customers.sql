-- Requirements about customers: the portal, invitations, client visibility,
-- uploads, sign-offs. A description begins with the ids that the test proves;
-- test/requirements.txt says what they ask for.
\set ECHO none
\set QUIET on
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
\o /dev/null
\ir ../harness/scene.sql
\o
SELECT no_plan();

-- What the portal shows.
SELECT is((SELECT string_agg(DISTINCT feature, ', ' ORDER BY feature) FROM clearance.matrix WHERE level = 'client' AND verdict = 'can' AND action = 'view'),
    'file, project, sign_off, task', 'R131 clients see projects, tasks, files and sign-offs, and nothing else');
SELECT is(pg_temp.sees('Cora', 'SELECT id FROM app.project'), '7001, 7002', 'R131 R149 a contact sees the projects of its company');
SELECT is(pg_temp.sees('Cora', 'SELECT title FROM app.task'), 'private edit, private read, shared edit, shared read',
    'R131 R132 R137 R151 of the tasks those that were opened to clients, and only those');
SELECT is(pg_temp.sees('Cora', 'SELECT name FROM app.file'), 'private edit, private read, shared edit, shared read',
    'R131 R132 R137 R151 of the files too');
SELECT is(pg_temp.sees('Cora', format('SELECT 1 FROM app.%I', t)), '', 'R131 R137 a client sees nothing of other kinds: ' || t)
FROM unnest('{phase,space,document,conversation,status_update,folder,milestone,raid_item,timesheet,time_entry,time_off,expense,dashboard}'::text[]) AS t;
SELECT is(pg_temp.sees('Dan', 'SELECT id FROM app.project'), '', 'R132 R137 R150 the contact of a company that is on no project sees nothing');

-- Client visibility.
SELECT results_eq($$SELECT unnest(enum_range(NULL::app.client_visibility))::text$$, $$VALUES ('hidden'), ('read'), ('edit')$$,
    'R151 R152 a task is hidden, read-only or editable');
SELECT throws_ok($$INSERT INTO app.file (project_id, name, client_visibility) VALUES (7001, 'odd', 'open')$$, '23514', NULL,
    'R152 a file has one of the three values and no other');
SELECT is(pg_temp.does('Cole', $$INSERT INTO app.task (project_id, title, is_private) VALUES (7001, 'new task', false)$$), '1', 'R156 a new task');
SELECT is(pg_temp.does('Cole', $$INSERT INTO app.file (project_id, name) VALUES (7001, 'new file')$$), '1', 'R156 a new file');
SELECT is((SELECT client_visibility::text FROM app.task WHERE title = 'new task') || ' ' || (SELECT client_visibility FROM app.file WHERE name = 'new file'),
    'hidden hidden', 'R156 new tasks and files are hidden unless said otherwise');
SELECT is(pg_temp.sees('Cora', $$SELECT title FROM app.task WHERE title = 'new task' UNION ALL SELECT name FROM app.file WHERE name = 'new file'$$), '',
    'R153 R156 clients do not see new tasks and files');
SELECT is(pg_temp.sees('Cora', $$SELECT title FROM app.task WHERE title LIKE '%hidden' UNION ALL SELECT name FROM app.file WHERE name LIKE '%hidden'$$), '',
    'R153 hidden: a client cannot see it');
SELECT is(pg_temp.does('Cora', $$UPDATE app.task SET status = 'done' WHERE title = 'shared hidden'$$), '0', 'R153 nor change it');
SELECT is(pg_temp.does('Cora', $$UPDATE app.task SET status = 'done' WHERE title = 'shared read'$$), '0', 'R154 read-only: a client sees a task and cannot change it');
SELECT is(pg_temp.does('Cora', $$UPDATE app.file SET name = 'changed' WHERE name = 'shared read'$$), '0', 'R154 read-only: a client cannot change a file');
SELECT is(pg_temp.does('Cora', $$UPDATE app.task SET status = 'done' WHERE title = 'shared edit'$$), '1', 'R155 editable: a client changes a task');
SELECT is(pg_temp.does('Cora', $$UPDATE app.file SET name = name || '!' WHERE name = 'shared edit'$$), '1', 'R155 and a file');
SELECT is(pg_temp.does('Cora', $$DELETE FROM app.task WHERE title = 'shared edit'$$), '0', 'R155 but deletes none');
SELECT is(pg_temp.does('Cora', $$UPDATE app.task SET client_visibility = 'hidden' WHERE title = 'shared edit'$$),
    '42501 update of app.task is not permitted', 'R132 R144 clients do not choose what is open to clients');
SELECT is(pg_temp.does('Cole', $$UPDATE app.task SET client_visibility = 'read' WHERE title = 'new task'$$), '1', 'R132 R151 the vendor does, task by task');
SELECT is(pg_temp.sees('Cora', $$SELECT title FROM app.task WHERE title = 'new task'$$), 'new task', 'R132 R151 a task that the vendor opens to clients is seen from then on');

-- The portal: for the account, for the project.
SELECT is(pg_temp.does('Ann', format('SELECT clearance.set_account(%s, portal => false)', account)), '1', 'R142 the account''s portal is switched off') FROM scene;
SELECT is(pg_temp.sees('Cora', 'SELECT id FROM app.project UNION ALL SELECT id FROM app.task'), '', 'R142 while the account''s portal is off, no client sees anything');
SELECT matches(pg_temp.does('Cole', format('SELECT clearance.set_account(%s, portal => true)', account)), '^42501', 'R142 a collaborator cannot switch it on') FROM scene;
SELECT matches(pg_temp.does('Cora', format('SELECT clearance.set_account(%s, portal => true)', account)), '^42501 the actor has no standing', 'R142 nor can a client') FROM scene;
SELECT is(pg_temp.does('Ann', format('SELECT clearance.set_account(%s, portal => true)', account)), '1', 'R142 it is switched on') FROM scene;
SELECT is(pg_temp.sees('Cora', 'SELECT id FROM app.project'), '7001, 7002', 'R142 once the account''s portal is on, clients see their projects');
SELECT is(pg_temp.does('Sue', 'SELECT clearance.set_project(7002, portal => false)'), '1', 'R146 the portal of a project is switched off');
SELECT is(pg_temp.sees('Cora', 'SELECT id FROM app.project'), '7001', 'R146 a project whose portal is off is not in the portal');
SELECT matches(pg_temp.does('Cora', 'SELECT clearance.set_project(7002, portal => true)'), '^42', 'R146 a client cannot switch it on');
SELECT is(pg_temp.does('Sue', format('SELECT clearance.add_customer_to_project(7003, %s)', pg_temp.customer('Dune'))), '1', 'R149 a client is added to a project');
SELECT is(pg_temp.sees('Dan', 'SELECT id FROM app.project'), '7003', 'R149 a client that is added to a project sees it in the portal');
SELECT is(pg_temp.sees('Dan', 'SELECT title FROM app.task'), 'in 7003', 'R149 with what is shared in it');
SELECT is(pg_temp.does('Sue', format('SELECT clearance.remove_customer_from_project(7003, %s)', pg_temp.customer('Dune'))), '1', 'R150 it is removed');
SELECT is(pg_temp.sees('Dan', 'SELECT id FROM app.project'), '', 'R150 a client that is removed from a project sees it no longer');

-- Uploads.
SELECT is(pg_temp.does('Cora', $$INSERT INTO app.file (project_id, name) VALUES (7001, 'by Cora')$$), '42501 insert into app.file is not permitted',
    'R147 R148 while client upload is off, a client uploads nothing');
SELECT is(pg_temp.does('Sue', 'SELECT clearance.set_project(7001, client_upload => true)'), '1', 'R147 it is switched on for one project');
SELECT is(pg_temp.does('Cora', $$INSERT INTO app.file (project_id, name) VALUES (7001, 'by Cora')$$), '1', 'R147 while client upload is on, clients upload');
SELECT is(pg_temp.sees('Cora', $$SELECT name FROM app.file WHERE name = 'by Cora'$$), 'by Cora', 'R147 and see their own files');
SELECT is(pg_temp.does('Sue', 'SELECT clearance.set_project(7002, portal => true)'), '1', 'R148 another project, open to the client');
SELECT is(pg_temp.does('Cora', $$INSERT INTO app.file (project_id, name) VALUES (7002, 'by Cora')$$), '42501 insert into app.file is not permitted',
    'R148 a project where client upload is off still takes none');

-- Invitations.
SELECT pg_temp.sees('Cole', format($$SELECT token FROM clearance.invite_customer_contact(%s, 'cyd@coral.example', name => 'Cyd', project => 7001)$$, pg_temp.customer('Coral'))) AS token \gset
SELECT isnt(:'token'::text, '', 'R143 R144 R145 the vendor invites a contact of a client by e-mail');
SELECT is(pg_temp.sees('dba', $$SELECT kind || ' ' || recipient FROM clearance.outbox WHERE recipient = 'cyd@coral.example'$$),
    'customer_invitation cyd@coral.example', 'R133 R143 a mail is handed to the application');
SELECT is(pg_temp.sees('dba', $$SELECT payload ->> 'token' FROM clearance.outbox WHERE recipient = 'cyd@coral.example'$$), :'token', 'R133 the mail has the token to sign up with');
SELECT is(pg_temp.sees('Cyd', 'SELECT id FROM app.project'), '', 'R138 who was only invited has no access');
SELECT is(pg_temp.does('app', format('SELECT clearance.accept_invitation(%L, 7042)', :'token')), '1', 'R134 signing up on the invitation');
SELECT is((SELECT m.status || ' of ' || c.name FROM clearance.member m JOIN clearance.customer c ON c.id = m.customer_id WHERE m.id = pg_temp.member('Cyd')),
    'active of Coral', 'R134 R135 signing up makes an account that is connected to the client on record');
SELECT is(pg_temp.sees('Cyd', 'SELECT id FROM app.project'), '7001, 7002', 'R136 R137 who has signed up logs in and sees what is shared with that client');
SELECT matches(pg_temp.does('app', format('SELECT clearance.accept_invitation(%L, 7043)', :'token')), '^42704 no open invitation has this token', 'R144 an invitation is accepted once');
SELECT matches(pg_temp.does('app', $$SELECT clearance.accept_invitation('made up', 7043)$$), '^42704 no open invitation has this token', 'R144 nobody signs up without an invitation');
SELECT matches(pg_temp.does('Cora', format($$SELECT clearance.invite_customer_contact(%s, 'x@coral.example', name => 'X')$$, pg_temp.customer('Coral'))), '^42501',
    'R144 clients invite nobody');
SELECT matches(pg_temp.does('Pia', format($$SELECT clearance.invite_customer_contact(%s, 'x@coral.example', name => 'X', project => 7001)$$, pg_temp.customer('Coral'))), '^42704 no customer',
    'R144 neither do partners');
SELECT is(pg_temp.sees('nobody', 'SELECT id FROM app.project'), '', 'R138 a person without an account has no access');
SELECT throws_ok($$SELECT clearance.set_actor(email => 'stranger@coral.example')$$, '42704', NULL, 'R138 a person without an account cannot become an actor');
SELECT pg_temp.sees('Cole', format($$SELECT token FROM clearance.invite_customer_contact(%s, 'cat@coral.example', name => 'Cat', project => 7001, by_link => true)$$, pg_temp.customer('Coral'))) AS token \gset
SELECT isnt(:'token'::text, '', 'R143 the vendor invites a contact by a link that it shares');
SELECT is(pg_temp.sees('dba', $$SELECT kind FROM clearance.outbox WHERE recipient = 'cat@coral.example'$$), '', 'R143 then no mail is sent');
SELECT is(pg_temp.does('app', format('SELECT clearance.accept_invitation(%L, 7044)', :'token')), '1', 'R134 R143 the link of an invitation signs up too');
SELECT is(pg_temp.sees('Cat', 'SELECT id FROM app.project'), '7001, 7002', 'R136 R143 and logs in');

-- Sign-offs.
INSERT INTO app.sign_off (id, project_id, title, created_by) VALUES (7101, 7001, 'Design', 7003), (7102, 7001, 'Launch', 7003);
SELECT is(pg_temp.sees('Cora', 'SELECT title FROM app.sign_off'), '', 'R158 a sign-off that was not sent is not visible to the client');
SELECT is(pg_temp.does('Cora', 'UPDATE app.sign_off SET signed_by = 7041, signed_at = now() WHERE id = 7101'), '0', 'R158 nor signed');
SELECT is(pg_temp.does('Cole', 'UPDATE app.sign_off SET sent_at = now() WHERE id = 7101'), '1', 'R157 the vendor sends it');
SELECT is(pg_temp.sees('Cora', 'SELECT title FROM app.sign_off'), 'Design', 'R157 R161 the client sees a sign-off in the portal from the moment it is sent');
SELECT hasnt_column('app', 'sign_off', 'client_visibility', 'R157 it has no client visibility of its own');
SELECT is(pg_temp.sees('Dan', 'SELECT title FROM app.sign_off'), '', 'R157 another client does not see it');
SELECT matches(pg_temp.does('Cora', $$UPDATE app.sign_off SET title = 'Other' WHERE id = 7101$$), '^(0|42501)', 'R159 signing changes the signature and nothing else');
SELECT pg_temp.sees('Cole', format($$SELECT clearance.create_link(7001, %s, 'sign_off 7101')$$, pg_temp.member('Cora'))) AS link \gset
SELECT isnt(:'link'::text, '', 'R160 a sent sign-off has a link as well');
SELECT is(pg_temp.sees('app', format('SELECT title FROM app.open_link(%L)', :'link')), 'Design', 'R159 R160 who has the link sees the sign-off');
SELECT matches(pg_temp.does('Cora', 'UPDATE app.sign_off SET signed_by = 7051, signed_at = now() WHERE id = 7101'), '^42501 sign-off "Design" cannot be signed for somebody else', 'R159 nobody signs for somebody else');
SELECT is(pg_temp.does('Cora', $$UPDATE app.sign_off SET signed_by = 7041, signed_at = '1990-01-01' WHERE id = 7101$$), '1', 'R159 R161 in the portal the client signs it, without a link');
SELECT is((SELECT signed_at FROM app.sign_off WHERE id = 7101), now(), 'R159 at the moment at which it signs');
SELECT matches(pg_temp.does('Cora', 'UPDATE app.sign_off SET signed_by = NULL, signed_at = NULL WHERE id = 7101'), '^42501 sign-off "Design" is signed', 'R159 a signature stays');
SELECT is(pg_temp.does('Cole', 'UPDATE app.sign_off SET sent_at = now() WHERE id = 7102'), '1', 'R159 another one');
SELECT pg_temp.sees('Cole', format($$SELECT clearance.create_link(7001, %s, 'sign_off 7102')$$, pg_temp.member('Cora'))) AS link \gset
SELECT is(pg_temp.does('app', format('SELECT app.sign_by_link(%L)', :'link')), '1', 'R159 R160 a sign-off is signed by its link');
SELECT is((SELECT signed_by FROM app.sign_off WHERE id = 7102), 7041::bigint, 'R159 what was signed by a link is signed in the name of the contact');
SELECT matches(pg_temp.does('app', $$SELECT app.sign_by_link('made up')$$), '^42704 the link leads nowhere', 'R160 a link that nobody made opens nothing');

-- Branding.
SELECT is(pg_temp.does('Ann', $$INSERT INTO app.branding (account, title, logo, primary_colour, accent_colour) VALUES ('acme', 'Acme works', '\x89504e47', '#112233', '#445566')$$),
    '1', 'R088 R139 R140 the vendor stores a title, a logo and colours');
SELECT is(pg_temp.sees(who, $$SELECT title || ' ' || encode(logo, 'hex') FROM app.portal WHERE account = 'acme'$$), 'Acme works 89504e47',
    'R088 R139 title and logo are there for everybody who opens a portal: ' || who) FROM unnest('{Pia,Cora,nobody}'::text[]) AS who;
SELECT is(pg_temp.sees('Cora', $$SELECT primary_colour || accent_colour FROM app.portal WHERE account = 'acme'$$), '#112233#445566', 'R140 the colours are there for the portal');
SELECT matches(pg_temp.does('Pia', $$UPDATE app.branding SET title = 'Pine works' WHERE account = 'acme'$$), '^(0|42501)', 'R088 a partner does not change them');
SELECT matches(pg_temp.does('Cora', $$UPDATE app.branding SET primary_colour = '#000000' WHERE account = 'acme'$$), '^(0|42501)', 'R140 a client does not change the colours');
SELECT matches(pg_temp.does('Ann', $$UPDATE app.branding SET primary_colour = 'red; evil' WHERE account = 'acme'$$), '^23514', 'R140 a colour is six hexadecimal digits');

SELECT * FROM finish();
ROLLBACK;
