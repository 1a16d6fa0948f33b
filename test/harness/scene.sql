-- A small company of its own beside the loaded workspace, for tests about people:
--
--   vendor      Ann (account admin), Sue (super user), Cole (collaborator, owner of 7001)
--   partners    Pine, permissive and strategic: Pia (admin), Pit · Maple, moderate: Mae (admin), Moe ·
--               Rush, restricted: Ria; only Pine tracks time
--   customers   Coral: Cora · Dune: Dan
--   projects    7001: every partner and Coral, with Pit, Moe, Ria · 7002: Pine and Coral, no one of
--               theirs invited · 7003: nobody outside
--
-- In 7001 a shared and a private task and file, by each client visibility, and what is assigned to whom.
-- Include it in a transaction; it needs pgtap and the workspace.
SET client_min_messages = warning;
CREATE TEMP TABLE scene AS SELECT clearance.create_account('Acme', key => 'acme') AS account;
SELECT clearance.set_account(account, portal => true) FROM scene;

SELECT clearance.create_role('engineer', available_to_partners => true, account => account),
       clearance.create_role('analyst', account => account)
FROM scene;
SELECT clearance.create_partner('Pine', access_level => 'permissive', licence_cap => 3, strategic => true,
           can_track_time => true, roles => '{engineer}', account => account),
       clearance.create_partner('Maple', access_level => 'moderate', roles => '{engineer}', account => account),
       clearance.create_partner('Rush', access_level => 'restricted', roles => '{engineer}', account => account),
       clearance.create_customer('Coral', account => account),
       clearance.create_customer('Dune', account => account)
FROM scene;

CREATE FUNCTION pg_temp.partner(name text) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT p.id FROM clearance.partner p JOIN scene s ON s.account = p.account_id WHERE p.name = partner.name;
$$;
CREATE FUNCTION pg_temp.customer(name text) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT c.id FROM clearance.customer c JOIN scene s ON s.account = c.account_id WHERE c.name = customer.name;
$$;
CREATE FUNCTION pg_temp.member(name text) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT m.id FROM clearance.member m JOIN scene s ON s.account = m.account_id WHERE m.name = member.name;
$$;

SELECT clearance.add_member(key => key, email => lower(name) || '@acme.example', name => name, roles => roles,
    partner => pg_temp.partner(company), customer => pg_temp.customer(company), partner_admin => admin, account => account)
FROM scene, (VALUES
    (7001, 'Ann',  '{account_admin}'::text[], NULL,    false),
    (7002, 'Sue',  '{super_user}',            NULL,    false),
    (7003, 'Cole', '{collaborator}',          NULL,    false),
    (7011, 'Pia',  '{engineer}',              'Pine',  true),
    (7012, 'Pit',  '{engineer}',              'Pine',  false),
    (7021, 'Mae',  '{engineer}',              'Maple', true),
    (7022, 'Moe',  '{engineer}',              'Maple', false),
    (7031, 'Ria',  '{engineer}',              'Rush',  false),
    (7041, 'Cora', '{}',                      'Coral', false),
    (7051, 'Dan',  '{}',                      'Dune',  false)) AS m (key, name, roles, company, admin);

INSERT INTO app.project (id, account, name, owner_id, started_on)
SELECT id, 'acme', format('Project %s', id), 7003, '2024-01-01' FROM generate_series(7001, 7003) AS id;
SELECT clearance.set_project(id, portal => true) FROM generate_series(7001, 7003) AS id;
SELECT clearance.add_member_to_project(7001, pg_temp.member('Cole'), owner => true);
SELECT clearance.add_partner_to_project(7001, pg_temp.partner(name)) FROM unnest('{Pine,Maple,Rush}'::text[]) AS name;
SELECT clearance.add_partner_to_project(7002, pg_temp.partner('Pine'));
SELECT clearance.add_customer_to_project(id, pg_temp.customer('Coral')) FROM generate_series(7001, 7002) AS id;
SELECT clearance.add_member_to_project(7001, pg_temp.member(name)) FROM unnest('{Pit,Moe,Ria}'::text[]) AS name;

-- Titles say what a row is: shared or private, its client visibility, whose it is.
INSERT INTO app.task (project_id, title, is_private, client_visibility, assignee_id, created_by)
SELECT 7001, format('%s %s', CASE WHEN p THEN 'private' ELSE 'shared' END, v), p, v, NULL, 7003
FROM unnest('{f,t}'::bool[]) AS p, unnest(enum_range(NULL::app.client_visibility)) AS v
UNION ALL VALUES (7001, 'of Ria', true, 'hidden'::app.client_visibility, 7031, 7003), (7001, 'of Cole', true, 'hidden', 7003, 7003),
                 (7002, 'in 7002', false, 'hidden', NULL, 7003), (7003, 'in 7003', false, 'edit', NULL, 7003);
INSERT INTO app.file (project_id, task_id, name, is_private, client_visibility, uploaded_by)
SELECT 7001, CASE t.title WHEN 'of Ria' THEN t.id END, t.title, t.is_private, t.client_visibility::text, 7003
FROM app.task t WHERE t.project_id = 7001;

-- ---------------------------------------------------------------------------
-- What somebody gets. Who: a name of the scene; nobody: the application's
-- rights without an actor; app: the application itself, which is trusted to
-- say who acts; dba: a superuser without an actor.
-- ---------------------------------------------------------------------------
CREATE FUNCTION pg_temp.act_as(who text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF who = 'app' THEN
        SET LOCAL ROLE clearance_demo_app;
    ELSIF who = 'nobody' THEN
        SET LOCAL ROLE app_user;
    ELSIF who <> 'dba' THEN
        PERFORM clearance.set_actor(id => pg_temp.member(who), local => true);
        ASSERT clearance.actor() IS NOT NULL, format('no member %s', who);
        SET LOCAL ROLE app_user;
    END IF;
END
$$;

CREATE FUNCTION pg_temp.act_as_none() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RESET ROLE;
    PERFORM clearance.reset_actor();
END
$$;

-- The first column of a query, sorted, as one text: 'a, b'; '' for no rows.
CREATE FUNCTION pg_temp.sees(who text, query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    PERFORM pg_temp.act_as(who);
    EXECUTE format('SELECT string_agg(c::text, '', '' ORDER BY c::text COLLATE "C") FROM (%s) AS q (c)', query) INTO result;
    PERFORM pg_temp.act_as_none();
    RETURN coalesce(result, '');
END
$$;

-- What a statement does, which stays done: the number of its rows, or the error's SQLSTATE and message.
CREATE FUNCTION pg_temp.does(who text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    changed bigint;
BEGIN
    PERFORM pg_temp.act_as(who);
    EXECUTE statement;
    GET DIAGNOSTICS changed = ROW_COUNT;
    PERFORM pg_temp.act_as_none();
    RETURN changed;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
