-- What ./run demo shows of the workspace: looks at it as seven people and as nobody, tells a story, then answers questions.
\ir tour.sql
\ir story.sql
\ir answers.sql

\echo
\echo 'What to type next:'
\echo '    ./run psql clearance_demo_app          a shell as the application; in it'
\echo '        SELECT clearance.set_actor(key => 113, local => false);   -- be Rex from here on'
\echo '        SELECT * FROM clearance.whoami();'
\echo '        SELECT id, title, status FROM app.task LIMIT 10;'
\echo '        SELECT clearance.can(''task.create'', 8);                   -- may he, in project 8?'
\echo '        SELECT t.id, clearance.can_row(''edit'', t) FROM app.task t LIMIT 5;'
\echo '    ./run psql                             a shell as the superuser: who may what, and change it'
\echo '        SELECT * FROM clearance.protected_tables;'
\echo '        SELECT * FROM clearance.matrix WHERE level = ''restricted'' AND feature = ''task'';'
