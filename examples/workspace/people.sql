-- Accounts, companies, people and who is on which project: everything that
-- pg_clearance has to know about them, told through its own functions.
--
-- The work data knows people by number only. Three temporary tables turn the
-- numbers into a company with partners and customers (fill.sql uses them too):
--     company  partners and customers
--     person   who is what: number, account, vendor/partner/customer, roles
--     team     who is on which project, from when to when, at which level
-- Every rule is arithmetic on these numbers, so each load gives the same people.

-- Two accounts. South has three small projects; nothing of it may reach North.
SELECT clearance.create_account('North', key => 'north') AS north,
       clearance.create_account('South', key => 'south') AS south \gset
SELECT clearance.set_account(:north, portal => true, default_external_level => 'restricted'),
       clearance.set_account(:south, portal => true) \g /dev/null

-- Roles that partners may use (their level counts where the partner has none),
-- and two levels beside the built-in ones.
SELECT clearance.create_role(name, available_to_partners => true, access_level => level, account => :north)
FROM (VALUES ('consultant', 'moderate'), ('contractor', 'restricted')) AS r (name, level) \g /dev/null
SELECT clearance.create_level('observer', 'vendor', description => 'looks, and changes nothing'),
       clearance.create_level('client_reader', 'customer', based_on => 'client',
           description => 'a contact who reads shared documents too') \g /dev/null
SELECT clearance.allow('observer', v.feature, 'view')
FROM (VALUES ('project'), ('phase'), ('task'), ('file')) AS v (feature) \g /dev/null
SELECT clearance.allow('client_reader', v.feature, 'view', 'shared')
FROM (VALUES ('space'), ('document')) AS v (feature) \g /dev/null

-- Companies ----------------------------------------------------------------
CREATE TEMP TABLE company AS
SELECT c.no, c.kind, c.account, c.name, c.access_level, NULL::bigint AS id
FROM (VALUES
    (1, 'partner',  'north', 'Alder',   'permissive'),
    (2, 'partner',  'north', 'Birch',   'permissive'),
    (3, 'partner',  'north', 'Cedar',   'moderate'),
    (4, 'partner',  'north', 'Dogwood', 'moderate'),
    (5, 'partner',  'north', 'Elm',     'restricted'),
    (6, 'partner',  'north', 'Fir',     'restricted'),
    (7, 'partner',  'north', 'Gorse',   NULL),            -- its members' roles decide, then the account
    (8, 'partner',  'north', 'Hazel',   'moderate'),      -- disabled below
    (9, 'partner',  'south', 'Willow',  'permissive'),
    (1, 'customer', 'north', 'Amber Bank',     NULL),
    (2, 'customer', 'north', 'Basalt Foods',   NULL),
    (3, 'customer', 'north', 'Cobalt Air',     NULL),
    (4, 'customer', 'north', 'Delta Rail',     NULL),
    (5, 'customer', 'north', 'Ember Media',    NULL),
    (6, 'customer', 'north', 'Flint Motors',   NULL),
    (7, 'customer', 'north', 'Granite Health', NULL),
    (8, 'customer', 'north', 'Heron Press',    NULL),     -- disabled below
    (9, 'customer', 'south', 'Ivory Labs',     NULL)) AS c (no, kind, account, name, access_level);

UPDATE company SET id = CASE kind
    WHEN 'partner' THEN clearance.create_partner(name, access_level => access_level,
        licence_cap => CASE no WHEN 1 THEN 200 END,
        strategic => no = 1, can_track_time => no % 2 = 1,
        roles => CASE no WHEN 7 THEN '{consultant,contractor}'::text[] ELSE '{}' END,
        kind => CASE access_level WHEN 'restricted' THEN 'contractor' ELSE 'integrator' END,
        website => format('https://%s.example', lower(name)),
        logo => CASE no WHEN 1 THEN '\x89504e470d0a1a0a'::bytea END, logo_type => CASE no WHEN 1 THEN 'image/png' END,
        account => CASE account WHEN 'north' THEN :north ELSE :south END)
    ELSE clearance.create_customer(name, account => CASE account WHEN 'north' THEN :north ELSE :south END)
    END;

-- People ---------------------------------------------------------------------
-- North owns the projects, but for 5, 10 and 31.
CREATE TEMP TABLE work_team AS
SELECT p.project_no,
    CASE WHEN p.project_no IN (5, 10, 31) THEN 'south' ELSE 'north' END AS account,
    p.person_no, sum(p.closed) AS closed, sum(p.done) AS done
FROM (
    SELECT project_no, assignee_no AS person_no, 0 AS closed, 1 AS done FROM work_item
    UNION ALL SELECT project_no, closed_by_no, 1, 0 FROM work_item
    UNION ALL SELECT project_no, w::bigint, 0, 0
              FROM work_item, string_to_table(watcher_nos, ' ') AS w WHERE w <> '') AS p
GROUP BY p.project_no, p.person_no;

-- vendor: accepted work somewhere, and the number is no multiple of 3.
-- partner: everybody else; of partner (number / 3) % 8 + 1, in South of partner 9.
-- customer: three invented contacts a company, numbers 5000 + 10 * company + 1, 2, 3.
CREATE TEMP TABLE person AS
SELECT n.no, n.account, n.kind,
    CASE n.kind WHEN 'partner' THEN CASE n.account WHEN 'north' THEN n.no / 3 % 8 + 1 ELSE 9 END END AS company_no,
    false AS partner_admin,
    '{}'::text[] AS roles,
    'active' AS status,
    NULL::bigint AS supervisor_no,
    NULL::bigint AS member_id
FROM (
    SELECT w.person_no AS no, w.account,
        CASE WHEN w.person_no % 3 <> 0 AND w.person_no IN (SELECT closed_by_no FROM work_item)
             THEN 'vendor' ELSE 'partner' END AS kind
    FROM work_team w GROUP BY 1, 2) AS n
UNION ALL
SELECT 5000 + 10 * c.no + k, c.account, 'customer', c.no, false, '{}', 'active', NULL, NULL
FROM company c, generate_series(1, 3) AS k WHERE c.kind = 'customer';

-- Vendor: persons 1 and 2 run the account, up to 12 super users, then collaborators.
UPDATE person SET roles = CASE WHEN no <= 2 THEN '{account_admin}'::text[]
                               WHEN no <= 12 THEN '{super_user}' ELSE '{collaborator}' END
WHERE kind = 'vendor';

-- Partner admins: the lowest number of each partner, and every 25th after it.
UPDATE person p SET partner_admin = true
FROM (SELECT no, account, row_number() OVER (PARTITION BY account, company_no ORDER BY no) AS rank
      FROM person WHERE kind = 'partner') AS r
WHERE (p.no, p.account) = (r.no, r.account) AND r.rank % 25 = 1;

-- Gorse has no level: even numbers are consultants, multiples of 5 contractors
-- (multiples of 10 both); the rest falls to the account's default.
UPDATE person SET roles = CASE WHEN no % 10 = 0 THEN '{consultant,contractor}'::text[]
                               WHEN no % 2 = 0 THEN '{consultant}' ELSE '{contractor}' END
WHERE kind = 'partner' AND company_no = 7 AND (no % 2 = 0 OR no % 5 = 0);

-- From person 51 on, every 50th is disabled and the one after it merely invited.
UPDATE person SET status = CASE no % 50 WHEN 0 THEN 'disabled' ELSE 'invited' END
WHERE kind <> 'customer' AND no > 50 AND no % 50 IN (0, 1);

-- The seven people of the tour have a name.
UPDATE person p SET member_id = clearance.add_member(
    key => p.no,
    email => format('p%s@%s.example', p.no, p.account),
    name => coalesce(CASE WHEN p.account = 'north' THEN t.name END, format('Person %s', p.no)),
    roles => p.roles,
    partner => CASE WHEN p.kind = 'partner' THEN c.id END,
    customer => CASE WHEN p.kind = 'customer' THEN c.id END,
    partner_admin => p.partner_admin,
    status => p.status,
    account => CASE p.account WHEN 'north' THEN :north ELSE :south END)
FROM person o
LEFT JOIN company c ON (c.kind, c.no) = (o.kind, o.company_no)
LEFT JOIN (VALUES (2, 'Ada'), (4, 'Sam'), (13, 'Carl'), (24, 'Petra'), (102, 'Mona'), (113, 'Rex'), (5051, 'Cleo')) AS t (no, name)
    ON t.no = o.no
WHERE (o.no, o.account) = (p.no, p.account);

-- Projects -------------------------------------------------------------------
-- The owner is the vendor person who accepted most of the project's work.
CREATE TEMP TABLE project_owner AS
SELECT DISTINCT ON (p.project_no) p.project_no, o.account, o.no, o.member_id
FROM work_project p
JOIN person o ON o.kind = 'vendor' AND o.status = 'active'
    AND o.account = CASE WHEN p.project_no IN (5, 10, 31) THEN 'south' ELSE 'north' END
LEFT JOIN work_team w ON (w.project_no, w.person_no) = (p.project_no, o.no)
ORDER BY p.project_no, w.closed DESC NULLS LAST, o.no;

SELECT count(clearance.create_project(project_no,
    account => CASE account WHEN 'north' THEN :north ELSE :south END,
    owner => member_id)) AS projects
FROM project_owner \gset

-- Supervised by: the owner of the project on which one did most; an owner of its own by Ada.
UPDATE person p SET supervisor_no = coalesce(nullif(s.no, p.no), CASE p.account WHEN 'north' THEN 2 END)
FROM (SELECT DISTINCT ON (w.person_no, w.account) w.person_no, w.account, o.no
      FROM work_team w JOIN project_owner o USING (project_no)
      ORDER BY w.person_no, w.account, w.done DESC, w.project_no) AS s
WHERE (s.person_no, s.account) = (p.no, p.account) AND p.kind <> 'customer'
  AND p.no IS DISTINCT FROM coalesce(nullif(s.no, p.no), CASE p.account WHEN 'north' THEN 2 END);

-- People of the vendor and of partners are resources; every 7th of a partner
-- works half the week. Partners cost and bill from 2000 on, more from 2018 on.
SELECT clearance.set_resource(p.member_id, s.member_id)
FROM person p JOIN person s ON (s.no, s.account) = (p.supervisor_no, p.account)
WHERE p.kind <> 'customer' \g /dev/null
SELECT clearance.update_profile(skills => ARRAY['delivery', 'training'], weekly_hours => 20, member => member_id)
FROM person WHERE kind = 'partner' AND no % 7 = 0 AND supervisor_no IS NOT NULL \g /dev/null
SELECT clearance.set_rate(id, r.kind, amount + step + 5 * no, 'EUR', day)
FROM company, (VALUES ('cost', 40), ('bill', 70)) AS r (kind, amount), (VALUES (0, date '2000-01-01'), (10, date '2018-01-01')) AS d (step, day)
WHERE company.kind = 'partner' \g /dev/null

-- Portal: on, but for multiples of 5. Uploads by customers: 1, 4, 7, 10 ...
SELECT clearance.set_project(project_no, portal => project_no % 5 <> 0, client_upload => project_no % 3 = 1)
FROM work_project \g /dev/null

-- 3 is open to partner people who have no other way in, 15 is archived,
-- 21 is reached by partner people through a phase only, 13 has no spaces.
SELECT clearance.set_project(3, open_level => 'restricted'),
       clearance.set_project(15, archived => true),
       clearance.set_project(21, by_phase => true),
       clearance.set_project_feature(13, 'space', false) \g /dev/null

-- Companies on projects ------------------------------------------------------
-- A partner is on the projects where its people worked, unless
-- (project + 3 * partner) % 5 = 0. Two of them have a level of their own there.
CREATE TEMP TABLE project_partner AS
SELECT DISTINCT w.project_no, c.no AS company_no, c.id AS partner_id,
    CASE WHEN (w.project_no, c.no) = (6, 1) THEN 'restricted'
         WHEN (w.project_no, c.no) = (4, 5) THEN 'moderate' END AS access_level,
    CASE WHEN (w.project_no, c.no) = (9, 4) THEN timestamptz '2099-01-01' END AS starts_at,
    CASE WHEN (w.project_no, c.no) = (27, 2) THEN timestamptz '2021-01-01' END AS ends_at
FROM work_team w
JOIN person p ON (p.no, p.account, p.kind) = (w.person_no, w.account, 'partner')
JOIN company c ON (c.kind, c.no) = ('partner', p.company_no)
WHERE (w.project_no + 3 * c.no) % 5 <> 0;

SELECT count(clearance.add_partner_to_project(project_no, partner_id, access_level => access_level,
    starts_at => starts_at, ends_at => ends_at)) AS partners_on
FROM project_partner \gset

-- A project is done for customer project % 8 + 1, every third one also for
-- (project + 3) % 8 + 1; South works for its one customer.
CREATE TEMP TABLE project_customer AS
SELECT p.project_no, c.no AS company_no, c.id AS customer_id
FROM work_project p
JOIN company c ON c.kind = 'customer' AND
    CASE WHEN p.project_no IN (5, 10, 31) THEN c.no = 9
         ELSE c.no = p.project_no % 8 + 1 OR p.project_no % 3 = 0 AND c.no = (p.project_no + 3) % 8 + 1 END;

SELECT count(clearance.add_customer_to_project(project_no, customer_id)) AS customers_on
FROM project_customer \gset

-- People on projects ---------------------------------------------------------
-- n is project + person.
--     n % 6  = 0  a partner member who was never invited (assigned work or not)
--     n % 13 = 0  has expired        n % 13 = 1  has not started yet
--     n % 17 = 3  has a level of its own there: a partner member the next one
--                 (permissive -> moderate -> restricted -> permissive), a vendor collaborator observer
-- In project 21 even numbers take part through a phase.
CREATE TEMP TABLE team AS
SELECT w.project_no, p.no AS person_no, p.account, p.kind, p.company_no, p.member_id,
    CASE WHEN n % 17 <> 3 THEN NULL
         WHEN p.kind = 'vendor' THEN CASE WHEN p.roles = '{collaborator}' THEN 'observer' END
         WHEN c.access_level = 'permissive' THEN 'moderate'
         WHEN c.access_level = 'moderate' THEN 'restricted'
         ELSE 'permissive' END AS access_level,
    CASE WHEN n % 13 = 1 THEN timestamptz '2099-01-01' END AS starts_at,
    CASE WHEN n % 13 = 0 THEN timestamptz '2021-01-01' END AS ends_at,
    p.kind = 'partner' AND w.project_no = 21 AND p.no % 2 = 0 AS through_phase
FROM work_team w
JOIN person p ON (p.no, p.account) = (w.person_no, w.account)
LEFT JOIN company c ON (c.kind, c.no) = (p.kind, p.company_no)
CROSS JOIN LATERAL (SELECT w.project_no + p.no AS n) AS s
WHERE p.kind = 'vendor'
      AND NOT EXISTS (SELECT FROM project_owner o WHERE (o.project_no, o.no) = (w.project_no, p.no))
   OR p.kind = 'partner' AND n % 6 <> 0
      AND EXISTS (SELECT FROM project_partner pp
                  WHERE (pp.project_no, pp.company_no) = (w.project_no, p.company_no));

SELECT count(clearance.add_member_to_project(project_no, member_id, access_level => access_level,
    starts_at => starts_at, ends_at => ends_at, through_phase => through_phase)) AS people_on
FROM team \gset

-- The application's phases say the same of multiples of 4, without an end: a
-- membership lasts as long as one of its sources does.
SELECT count(clearance.add_member_to_project(project_no, member_id,
    source => 'phase', through_phase => true)) AS by_phase
FROM team WHERE person_no % 4 = 0 \gset

-- The first contact of Basalt Foods may read shared documents of project 1.
SELECT clearance.add_member_to_project(1, member_id, access_level => 'client_reader')
FROM person WHERE no = 5021 \g /dev/null

-- Planned for the first weeks of 2030: of every 5th partner member, ten hours
-- a week, in the first of its projects.
SELECT clearance.allocate(project_no, member_id, '2030-01-07', '2030-02-03', 10)
FROM (SELECT DISTINCT ON (member_id) * FROM team WHERE kind = 'partner' ORDER BY member_id, project_no) AS first
WHERE person_no % 5 = 0 \g /dev/null

-- Rights that one person has beyond the level: 26 sees its archived project 15,
-- 12 of Elm (restricted) sees status updates, which takes the page as well.
SELECT clearance.switch_on(member_id, 'project', 'view_archived')
FROM person WHERE (no, account) = (26, 'north') \g /dev/null
SELECT clearance.switch_on(member_id, feature, action)
FROM person, (VALUES ('project', 'view_status_updates'), ('status_update', 'view')) AS s (feature, action)
WHERE (no, account) = (12, 'north') \g /dev/null

-- Two companies that have lost everything.
SELECT clearance.disable_partner(id) FROM company WHERE (kind, no) = ('partner', 8) \g /dev/null
SELECT clearance.disable_customer(id) FROM company WHERE (kind, no) = ('customer', 8) \g /dev/null

SELECT count(*) FILTER (WHERE kind = 'vendor') AS vendor, count(*) FILTER (WHERE kind = 'partner') AS partner,
       count(*) FILTER (WHERE kind = 'customer') AS customer
FROM person \gset
\echo '    people: ' :vendor 'of the vendor,' :partner 'of 9 partners,' :customer 'of 9 customers'
\echo '    on' :projects 'projects: ' :partners_on 'partners,' :customers_on 'customers,' :people_on 'people,' :by_phase 'of them through a phase too'
