-- Many people and memberships at once: one statement that calls a function for
-- each row of a query. Either all of them are there or none, and what is to be
-- told of many is told once.
-- Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE ROLE regress_bulk;
SELECT clearance.create_account('Regress') AS account \gset
CREATE TABLE pg_temp.person (id integer, name text, role text);
INSERT INTO pg_temp.person SELECT i, 'P' || i, CASE WHEN i > 3 THEN 'collaborator' END FROM generate_series(1, 60) i;
CREATE VIEW pg_temp.found AS
SELECT count(*) AS members, count(r.member_id) AS with_role FROM clearance.member m LEFT JOIN clearance.member_role r ON r.member_id = m.id WHERE m.account_id = :account;
CREATE VIEW pg_temp.memberships AS
SELECT p.key, count(*) FROM clearance.project_member pm JOIN clearance.project p ON p.id = pm.project_id WHERE p.account_id = :account GROUP BY 1;

--
-- A query adds them; of those without a level the first is named.
--
SELECT count(clearance.add_member(id, name => name, roles => array_remove(ARRAY[role], NULL), account => :account)) FROM pg_temp.person;
SELECT * FROM pg_temp.found;
-- each statement tells
SELECT count(clearance.add_member(id + 1000, name => name || 'a', account => :account)) FROM pg_temp.person WHERE id <= 2;
SELECT clearance.add_member('Q', account => :account) > 0;
-- also one that nobody writes by hand
DO $$ BEGIN PERFORM clearance.add_member(t.id + 2000, name => t.name || 'b', account => (SELECT a.id FROM clearance.account a WHERE a.name = 'Regress'))
            FROM pg_temp.person t WHERE t.id <= 2; END $$;
SELECT count(clearance.create_project(i, :account)) FROM generate_series(501, 503) i;
SELECT count(clearance.add_member_to_project(500 + i, m.id)) FROM clearance.member m, generate_series(1, 3) i WHERE m.account_id = :account AND m.key ~ '^\d{1,3}$';
SELECT * FROM pg_temp.memberships ORDER BY 1;

--
-- One that is wrong is named, and nothing is kept.
--
SELECT count(clearance.add_member(id, account => :account)) FROM generate_series(2040, 2000, -1) id;
SELECT count(clearance.add_member(id + 4000, roles => ARRAY[CASE id WHEN 59 THEN 'no such role' ELSE 'collaborator' END], account => :account)) FROM pg_temp.person;
SELECT count(clearance.add_member_to_project(500 + i, m.id)) FROM clearance.member m, generate_series(3, 4) i WHERE m.account_id = :account;
SELECT * FROM pg_temp.found;
SELECT * FROM pg_temp.memberships ORDER BY 1;

--
-- Rights are asked for each.
--
SELECT clearance.set_actor(7, account => :account) > 0;
SELECT count(clearance.add_member(id + 5000, account => :account)) FROM pg_temp.person;
SELECT count(clearance.add_member_to_project(501, m.id)) FROM clearance.member m WHERE m.account_id = :account;
SELECT clearance.reset_actor();
GRANT SELECT ON pg_temp.person TO regress_bulk;
SET LOCAL ROLE regress_bulk;
SELECT count(clearance.add_member(id + 5000, account => :account)) FROM generate_series(1, 3) id;
RESET ROLE;
SELECT * FROM pg_temp.found;
ROLLBACK;
