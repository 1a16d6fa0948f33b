-- Reports: ordinary views of the protected tables. With security_invoker each
-- reader gets the figures of the rows that it sees, so partners may read them too.

CREATE VIEW app.delivery_report WITH (security_invoker = true) AS
SELECT p.id AS project_id, p.name, p.health, coalesce(p.led_by, 'the vendor') AS led_by,
    t.open_tasks, t.tasks, m.reached_milestones, m.milestones, r.open_raid_items, s.sentiment
FROM app.project p
CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE status = 'open') AS open_tasks, count(*) AS tasks
                    FROM app.task WHERE project_id = p.id) AS t
CROSS JOIN LATERAL (SELECT count(reached_on) AS reached_milestones, count(*) AS milestones
                    FROM app.milestone WHERE project_id = p.id) AS m
CROSS JOIN LATERAL (SELECT count(*) AS open_raid_items
                    FROM app.raid_item WHERE project_id = p.id AND status = 'open') AS r
LEFT JOIN LATERAL (SELECT sentiment FROM app.status_update
                   WHERE project_id = p.id AND published_at <= now() AND sentiment IS NOT NULL
                   ORDER BY published_at DESC, id DESC LIMIT 1) AS s ON true;

-- Days from the start of a project to its first value, by who leads the delivery.
CREATE VIEW app.time_to_value WITH (security_invoker = true) AS
SELECT CASE WHEN p.led_by IS NULL THEN 'direct' ELSE 'partner-led' END AS delivery, count(*) AS projects,
    round(avg(m.reached_on - p.started_on)) AS average_days,
    min(m.reached_on - p.started_on) AS shortest, max(m.reached_on - p.started_on) AS longest
FROM app.project p JOIN app.milestone m ON m.project_id = p.id AND m.kind = 'first_value'
WHERE m.reached_on IS NOT NULL
GROUP BY 1;

-- Approved billable hours of a partner's people, at its bill rate of the day.
CREATE VIEW app.revenue_by_partner WITH (security_invoker = true) AS
SELECT p.name AS partner, count(DISTINCT s.project_id) AS projects, sum(e.hours) AS hours,
    sum(e.hours * r.amount) AS revenue, r.currency
FROM app.timesheet s
JOIN app.time_entry e ON e.timesheet_id = s.id AND e.is_billable
JOIN clearance.resources m ON m.key = s.member_id::text
JOIN clearance.partners p ON p.id = m.partner_id
JOIN clearance.rates r ON r.partner_id = p.id AND r.kind = 'bill'
    AND e.day >= r.valid_from AND (e.day < r.valid_until OR r.valid_until IS NULL)
WHERE s.state = 'approved'
GROUP BY p.name, r.currency;

-- Approved hours of a partner's people against the hours that they have in a week.
CREATE VIEW app.utilisation WITH (security_invoker = true) AS
SELECT p.name AS partner, s.member_id, s.week, sum(e.hours) AS hours, m.weekly_hours,
    round(100 * sum(e.hours) / nullif(m.weekly_hours, 0)) AS percent
FROM app.timesheet s
JOIN app.time_entry e ON e.timesheet_id = s.id
JOIN clearance.resources m ON m.key = s.member_id::text
JOIN clearance.partners p ON p.id = m.partner_id
WHERE s.state = 'approved'
GROUP BY p.name, s.member_id, s.week, m.weekly_hours;

-- How a portal looks is for everybody, before the login too: the view reads with
-- the rights of its owner, and holds nothing else.
CREATE VIEW app.portal AS
SELECT account, title, logo, primary_colour, accent_colour FROM app.branding;

GRANT SELECT ON app.delivery_report, app.time_to_value, app.revenue_by_partner, app.utilisation, app.portal
    TO app_user, clearance_demo_bi;
