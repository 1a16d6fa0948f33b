-- The second act: a partner comes, works and goes, and a customer gets something
-- to sign. Run it on the loaded workspace as a superuser; from there on the session
-- is the application's login. One transaction, which leaves nothing behind.
\set ON_ERROR_STOP on
\set QUIET on
\pset pager off
\pset footer off
\pset null ''
SET client_min_messages = warning;

BEGIN;
CREATE TEMP TABLE story (no integer GENERATED ALWAYS AS IDENTITY, who text, what text, result text) ON COMMIT DROP;
CREATE TEMP TABLE token (email text, token text) ON COMMIT DROP;
GRANT SELECT, INSERT ON story, token TO clearance_demo_app;

-- One step: who (by key; NULL: nobody yet) does what, and what comes of it.
CREATE FUNCTION pg_temp.step(who text, key bigint, what text, statement text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    PERFORM clearance.reset_actor();
    IF key IS NOT NULL THEN
        PERFORM clearance.set_actor(key => step.key);
    END IF;
    EXECUTE statement INTO result;
    INSERT INTO story (who, what, result) VALUES (who, what, coalesce(nullif(result, ''), 'done'));
EXCEPTION WHEN OTHERS THEN
    INSERT INTO story (who, what, result) VALUES (who, what, 'refused: ' || SQLERRM);
END
$$;
\set look '$$SELECT coalesce((SELECT name || '', '' || (SELECT count(*) FROM app.task WHERE project_id = 8) || '' tasks'' FROM app.project WHERE id = 8), ''nothing'')$$'

SET LOCAL SESSION AUTHORIZATION clearance_demo_app;
\o /dev/null
SELECT pg_temp.step('Ada', 2, 'creates Juniper: moderate, two licences',
    $$SELECT '' FROM clearance.create_partner('Juniper', access_level => 'moderate', licence_cap => 2, roles => '{consultant}', admin_email => 'june@juniper.example')$$);
SELECT pg_temp.step('Ada', 2, 'looks at the list of partners',
    $$SELECT format('%s: %s, %s of %s licences used', name, access_level, licences_used, licence_cap) FROM clearance.partners WHERE name = 'Juniper'$$);
SELECT pg_temp.step('mailer', NULL, 'takes the mail to send',
    $$WITH mail AS (SELECT * FROM clearance.take_mail()), kept AS (INSERT INTO token SELECT recipient, payload ->> 'token' FROM mail)
      SELECT string_agg(kind || ' to ' || recipient, ', ') FROM mail$$);
SELECT pg_temp.step('June', NULL, 'follows the link in it',
    $$SELECT '' FROM token, clearance.accept_invitation(token, 6001, 'June') WHERE email LIKE 'june@%'$$);
SELECT pg_temp.step('June', 6001, 'opens project 8', :look);
SELECT pg_temp.step('Sam', 4, '(super user) puts Juniper on project 8',
    $$SELECT '' FROM clearance.partners p, clearance.add_partner_to_project(8, p.id) WHERE p.name = 'Juniper'$$);
SELECT pg_temp.step('June', 6001, 'opens project 8', :look);
SELECT pg_temp.step('June', 6001, 'adds a task of her own', $$INSERT INTO app.task (project_id, title) VALUES (8, 'Mine') RETURNING id$$);
SELECT pg_temp.step('June', 6001, 'invites Jack',
    $$SELECT '' FROM clearance.partners p, clearance.invite_partner_member(p.id, 'jack@juniper.example', 'consultant') WHERE p.name = 'Juniper'$$);
SELECT pg_temp.step('June', 6001, 'invites Jill',
    $$SELECT '' FROM clearance.partners p, clearance.invite_partner_member(p.id, 'jill@juniper.example', 'consultant') WHERE p.name = 'Juniper'$$);
SELECT pg_temp.step('June', 6001, 'gives Juniper a third licence',
    $$SELECT '' FROM clearance.partners p, clearance.update_partner(p.id, licence_cap => 3) WHERE p.name = 'Juniper'$$);
SELECT pg_temp.step('Sam', 4, 'takes Juniper off project 8',
    $$SELECT '' FROM clearance.partners p, clearance.remove_partner_from_project(8, p.id) WHERE p.name = 'Juniper'$$);
SELECT pg_temp.step('June', 6001, 'opens project 8', :look);

SELECT pg_temp.step('Sam', 4, 'writes a sign-off for Ember Media',
    $$INSERT INTO app.sign_off (id, project_id, title) VALUES (999999, 9, 'Acceptance') RETURNING 'not sent yet'$$);
SELECT pg_temp.step('Cleo', 5051, '(Ember Media) looks for it', $$SELECT coalesce(string_agg(title, ', '), 'nothing') FROM app.sign_off WHERE id = 999999$$);
SELECT pg_temp.step('Sam', 4, 'sends it', $$UPDATE app.sign_off SET sent_at = now() WHERE id = 999999 RETURNING 'done'$$);
SELECT pg_temp.step('Cleo', 5051, 'looks again', $$SELECT coalesce(string_agg(title, ', '), 'nothing') FROM app.sign_off WHERE id = 999999$$);
SELECT pg_temp.step('Cleo', 5051, 'signs it', $$UPDATE app.sign_off SET signed_by = 5051, signed_at = now() WHERE id = 999999 RETURNING 'signed by ' || signed_by$$);
\o

\echo
\echo 'The second act: a partner comes and goes, and a customer signs'
\pset format wrapped
\pset columns 130
SELECT CASE WHEN who IS DISTINCT FROM lag(who) OVER (ORDER BY no) THEN who END AS who, what, result FROM story ORDER BY no;
\pset format aligned
\pset columns 0
RESET SESSION AUTHORIZATION;
ROLLBACK;
\pset footer on
RESET client_min_messages;
\unset QUIET
