-- Many accounts in one database. Each has 20 projects, with 20 ids of its own, four
-- partners that are on all of them, and members with up to 100 ids of its own:
--    1 the account admin, 2 a manager with 15 projects, 3 a super user,
--    then partner people with 8 projects each and, from 10 on, every fifth a
--    collaborator with 4.
-- A member's projects lie beside each other, so that their ids can be computed.
CREATE FUNCTION bench.partner_level(partner bigint) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN (ARRAY['permissive', 'moderate', 'restricted', 'permissive'])[1 + partner % 4];
CREATE FUNCTION bench.level_of(n bigint) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN n = 1 THEN 'account_admin' WHEN n = 2 OR n > 8 AND n % 5 = 0 THEN 'collaborator' WHEN n = 3 THEN 'super_user'
            ELSE bench.partner_level(n % 4) END;
CREATE FUNCTION bench.projects_of(n bigint) RETURNS integer
LANGUAGE sql IMMUTABLE
RETURN CASE bench.level_of(n) WHEN 'account_admin' THEN 0 WHEN 'super_user' THEN 0 WHEN 'collaborator' THEN CASE n WHEN 2 THEN 15 ELSE 4 END ELSE 8 END;

CREATE PROCEDURE bench.add_accounts(already bigint, upto bigint, members integer)
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO clearance.account (name) SELECT 'Account ' || a FROM generate_series(already + 1, upto) AS a ORDER BY a;
    IF (SELECT max(id) FROM clearance.account) <> upto THEN
        RAISE EXCEPTION 'accounts do not have the ids that they are expected to have';
    END IF;
    INSERT INTO clearance.project (id, account_id, key)
    SELECT p, 1 + (p - 1) / 20, p FROM generate_series(already * 20 + 1, upto * 20) AS p;
    INSERT INTO clearance.partner (id, account_id, name, level_id)
    SELECT q, 1 + (q - 1) / 4, 'Partner ' || q, l.id
    FROM generate_series(already * 4 + 1, upto * 4) AS q JOIN clearance.level l ON l.name = bench.partner_level(q - 1);
    INSERT INTO bench.project_partner (project_id, partner_id)
    SELECT p, (p - 1) / 20 * 4 + q FROM generate_series(already * 20 + 1, upto * 20) AS p, generate_series(1, 4) AS q;
    INSERT INTO clearance.project_partner (account_id, project_id, partner_id)
    SELECT 1 + (partner_id - 1) / 4, project_id, partner_id FROM bench.project_partner WHERE partner_id > already * 4;

    INSERT INTO bench.member
    SELECT (a - 1) * 100 + n, bench.level_of(n), CASE WHEN bench.projects_of(n) = 8 THEN (a - 1) * 4 + 1 + n % 4 END, false, a
    FROM generate_series(already + 1, upto) AS a, generate_series(1, members) AS n;
    INSERT INTO bench.project_member (project_id, member_id)
    SELECT (a - 1) * 20 + 1 + n * 7 % (21 - width) + i, (a - 1) * 100 + n
    FROM generate_series(already + 1, upto) AS a, generate_series(1, members) AS n,
         LATERAL (SELECT bench.projects_of(n)) AS w (width), generate_series(0, width - 1) AS i;
    CALL bench.tell_clearance(already * 100, upto * 100);
END $$;

CALL bench.add_accounts(0, :accounts, 100);
