-- Who works on what: 10,000 projects, 200 partners, and members added in steps.
-- Two partners a project: 100 projects a partner, a third of the partners each level.
INSERT INTO bench.project_partner (project_id, partner_id)
SELECT p, 1 + (p + shift) % 200
FROM generate_series(1, 10000) AS p, unnest(ARRAY[0, 1 + p / 200]) AS shift;

CREATE FUNCTION bench.partner_level(partner bigint) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN (ARRAY['permissive', 'moderate', 'restricted'])[1 + partner % 3];

SELECT clearance.create_account('Benchmark') AS account \gset
INSERT INTO clearance.project (id, account_id, key)
SELECT p, :account, p FROM generate_series(1, 10000) AS p;
INSERT INTO clearance.partner (id, account_id, name, level_id)
SELECT q, :account, 'Partner ' || q, l.id
FROM generate_series(1, 200) AS q JOIN clearance.level l ON l.name = bench.partner_level(q);
INSERT INTO clearance.project_partner (account_id, project_id, partner_id)
SELECT :account, project_id, partner_id FROM bench.project_partner;

-- Every fifth member is the vendor's: an account admin (5), super users, a
-- manager with 3,000 projects (50), collaborators with 20. The others are dealt
-- to the partners; the first of each is its admin, on all its 100 projects, the
-- others are invited to every second one of them.
CREATE PROCEDURE bench.add_members(upto bigint)
LANGUAGE plpgsql AS $$
DECLARE
    already bigint := (SELECT coalesce(max(id), 0) FROM bench.member WHERE id < 1000000);
    account bigint := (SELECT id FROM clearance.account);
BEGIN
    INSERT INTO bench.member
    SELECT i, CASE WHEN i = 5 THEN 'account_admin' WHEN i < 50 THEN 'super_user' ELSE 'collaborator' END, NULL, false
    FROM generate_series(already + 1, upto) AS i WHERE i % 5 = 0
    UNION ALL
    SELECT i, bench.partner_level(1 + dealt % 200), 1 + dealt % 200, dealt < 200
    FROM generate_series(already + 1, upto) AS i, LATERAL (SELECT i - i / 5 - 1) AS d (dealt)
    WHERE i % 5 <> 0;

    INSERT INTO bench.project_member (project_id, member_id)
    SELECT p, m.id
    FROM bench.member m, generate_series(1, 10000) AS p
    WHERE m.level = 'collaborator' AND m.id > already AND m.id < 1000000
      AND CASE WHEN m.id = 50 THEN p % 10 < 3 ELSE p % 500 = m.id / 5 % 500 END
    UNION ALL
    SELECT pp.project_id, m.id
    FROM bench.member m JOIN bench.project_partner pp ON pp.partner_id = m.partner_id
    WHERE m.id > already AND m.id < 1000000 AND NOT m.partner_admin
      AND (pp.project_id / 200 + m.id / 250) % 2 = 0;

    CALL bench.tell_clearance(already, upto);
END $$;

-- Members without number in the company: 20 admins each of partners that are on
-- 10, 100, 1,000 and 10,000 projects.
CREATE PROCEDURE bench.add_scopes()
LANGUAGE plpgsql AS $$
DECLARE
    account bigint := (SELECT id FROM clearance.account);
BEGIN
    INSERT INTO clearance.partner (id, account_id, name, level_id)
    SELECT 1000 + s, account, format('Partner with %s projects', 10 ^ s), l.id
    FROM generate_series(1, 4) AS s JOIN clearance.level l ON l.name = 'permissive';
    INSERT INTO bench.project_partner (project_id, partner_id)
    SELECT p, 1000 + s FROM generate_series(1, 4) AS s, generate_series(1, 10000) AS p
    WHERE p % (10000 / (10 ^ s)::integer) = 0;
    INSERT INTO clearance.project_partner (account_id, project_id, partner_id)
    SELECT account, project_id, partner_id FROM bench.project_partner WHERE partner_id > 1000;
    INSERT INTO bench.member
    SELECT 1000000 + s * 100 + n, 'permissive', 1000 + s, true
    FROM generate_series(1, 4) AS s, generate_series(1, 20) AS n;
    CALL bench.tell_clearance(1000000, 2000000);
END $$;

CALL bench.add_members(:members);
CALL bench.add_scopes();
