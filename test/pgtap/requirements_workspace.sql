-- Requirements about the work itself: plans, milestones, RAID log, health, time,
-- expenses, status reports, rates, capacity, profiles, reports. A description
-- begins with the ids that the test proves; test/requirements.txt says what they
-- ask for.
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
-- Everybody of a partner is a resource that Cole supervises.
SELECT clearance.set_resource(m.id, pg_temp.member('Cole')) FROM clearance.member m JOIN scene s ON s.account = m.account_id WHERE m.kind = 'partner';
INSERT INTO app.phase (id, project_id, name, is_private) VALUES (7201, 7001, 'Shared phase', false), (7202, 7001, 'Private phase', true);
UPDATE app.task SET phase_id = 7202 WHERE title = 'of Ria';
INSERT INTO app.milestone (project_id, name, is_private, assignee_id) VALUES
    (7001, 'Shared milestone', false, NULL), (7001, 'Private milestone', true, NULL), (7001, 'Milestone of Ria', true, 7031);
INSERT INTO app.raid_item (project_id, kind, title, is_private, assignee_id) VALUES
    (7001, 'risk', 'Shared risk', false, NULL), (7001, 'issue', 'Private issue', true, NULL), (7001, 'risk', 'Risk of Ria', true, 7031);
\o
SELECT no_plan();

-- What the workspace of a shared project holds.
SELECT is(pg_temp.sees('Pit', $$SELECT clearance.can('project.view_plan', 7001)$$), 'true', 'R076 R077 a partner opens the plan of a shared project');
SELECT is(pg_temp.sees('Pit', $$SELECT clearance.can('project.view_plan', 7003)$$), 'false', 'R077 and of no other');
SELECT is(pg_temp.sees('Pit', 'SELECT name FROM app.phase'), 'Private phase, Shared phase', 'R077 with its phases');
SELECT is(pg_temp.sees('Moe', 'SELECT name FROM app.phase'), 'Shared phase', 'R077 as far as its level goes');
SELECT is(pg_temp.sees('Ria', 'SELECT name FROM app.phase'), 'Private phase', 'R077 or its assignments');
SELECT is(pg_temp.sees('Pit', 'SELECT name FROM app.milestone'), 'Milestone of Ria, Private milestone, Shared milestone', 'R078 R090 an integrator sees the milestones');
SELECT is(pg_temp.sees('Moe', 'SELECT name FROM app.milestone'), 'Shared milestone', 'R078 R090 a moderate integrator sees the milestones that are shared');
SELECT is(pg_temp.does('Cole', $$UPDATE app.milestone SET is_private = false WHERE name = 'Private milestone'$$), '1', 'R090 the vendor shares another one');
SELECT is(pg_temp.sees('Moe', 'SELECT name FROM app.milestone'), 'Private milestone, Shared milestone', 'R090 a milestone that the vendor shares is seen');
SELECT is(pg_temp.sees('Ria', 'SELECT name FROM app.milestone'), 'Milestone of Ria', 'R078 or assigned to it');
SELECT is(pg_temp.sees('Mae', 'SELECT name FROM app.milestone WHERE project_id <> 7001'), '', 'R078 none of other projects');
SELECT is(pg_temp.sees('Pit', 'SELECT count(*) FROM app.task'), '8', 'R079 the tasks of a shared project');
SELECT is(pg_temp.sees('Pit', 'SELECT count(*) FROM app.task WHERE project_id <> 7001'), '0', 'R079 no tasks of other projects');
SELECT is(pg_temp.sees('Moe', 'SELECT title FROM app.raid_item'), 'Shared risk', 'R080 R092 a moderate integrator sees the risks and issues that are shared');
SELECT is(pg_temp.does('Cole', $$UPDATE app.raid_item SET is_private = false WHERE title = 'Private issue'$$), '1', 'R092 the vendor shares an issue');
SELECT is(pg_temp.sees('Moe', 'SELECT title FROM app.raid_item'), 'Private issue, Shared risk', 'R092 an issue that the vendor shares is seen');
SELECT is(pg_temp.sees('Pit', 'SELECT title FROM app.raid_item'), 'Private issue, Risk of Ria, Shared risk', 'R080 R092 all, at permissive');
SELECT is(pg_temp.sees('Ria', 'SELECT title FROM app.raid_item'), 'Risk of Ria', 'R080 one''s own, at restricted');
SELECT is(pg_temp.does('Moe', $$INSERT INTO app.raid_item (project_id, kind, title, is_private) VALUES (7001, 'dependency', 'By Moe', false)$$), '1', 'R080 a partner raises one');
SELECT throws_ok($$INSERT INTO app.raid_item (project_id, kind, title) VALUES (7001, 'wish', 'x')$$, '23514', NULL, 'R080 risks, assumptions, issues, dependencies, and nothing else');
SELECT is(pg_temp.does('Cole', $$UPDATE app.project SET health = 'at_risk' WHERE id = 7001$$), '1', 'R081 the owner tells the health of the project');
SELECT is(pg_temp.sees('Moe', 'SELECT health FROM app.project WHERE id = 7001'), 'at_risk', 'R081 partners on a project see its health');
SELECT is(pg_temp.sees('Mae', 'SELECT health FROM app.project WHERE id = 7002'), '', 'R081 partners who are not on a project do not see its health');
SELECT matches(pg_temp.does('Ria', $$UPDATE app.project SET health = 'on_track' WHERE id = 7001$$), '^(0|42501)', 'R081 a restricted partner does not change it');

-- Tasks of a contractor.
SELECT is(pg_temp.does('Ria', $$UPDATE app.task SET status = 'done' WHERE title = 'of Ria'$$), '1', 'R098 a contractor works on its tasks');
SELECT is(pg_temp.does('Ria', $$UPDATE app.task SET status = 'done' WHERE title = 'of Cole'$$), '0', 'R098 a contractor does not work on tasks of others');
SELECT matches(pg_temp.does('Ria', $$UPDATE app.task SET assignee_id = 7022 WHERE title = 'of Ria'$$), '^42501', 'R098 nor hands them on');

-- Time. Pine tracks it, Maple does not.
SELECT is(pg_temp.does('Pit', $$INSERT INTO app.timesheet (id, project_id, week) VALUES (7301, 7001, '2024-03-04')$$), '1', 'R048 R057 R082 R099 a partner that tracks time opens a timesheet');
SELECT is(pg_temp.does('Pit', $$INSERT INTO app.time_entry (timesheet_id, day, hours) VALUES (7301, '2024-03-05', 8), (7301, '2024-03-06', 6)$$), '2', 'R048 R099 a partner that tracks time logs it on its timesheet');
SELECT is(pg_temp.does('Moe', $$INSERT INTO app.timesheet (project_id, week) VALUES (7001, '2024-03-04')$$), '42501 partner "Maple" does not track time', 'R049 R057 a partner that does not track time opens no timesheet');
SELECT is(pg_temp.does('Moe', $$INSERT INTO app.time_off (project_id, starts_on, ends_on) VALUES (7001, '2024-03-04', '2024-03-08')$$), '42501 partner "Maple" does not track time', 'R050 a partner that does not track time cannot apply for time off');
SELECT is(pg_temp.does('Ann', format('SELECT clearance.update_partner(%s, can_track_time => true)', pg_temp.partner('Maple'))), '1', 'R057 the flag of the partner switches it on');
SELECT is(pg_temp.does('Moe', $$INSERT INTO app.timesheet (id, project_id, week) VALUES (7302, 7001, '2024-03-04')$$), '1', 'R048 R057 from then on it can');
SELECT is(pg_temp.does('Ann', format('SELECT clearance.update_partner(%s, can_track_time => false)', pg_temp.partner('Maple'))), '1', 'R049 R057 it is switched off');
SELECT is(pg_temp.does('Moe', $$INSERT INTO app.time_entry (timesheet_id, day, hours) VALUES (7302, '2024-03-05', 8)$$), '42501 partner "Maple" does not track time', 'R049 a partner for which it was switched off tracks no time, on a timesheet from before either');
SELECT matches(pg_temp.does('Mae', format('SELECT clearance.update_partner(%s, can_track_time => true)', pg_temp.partner('Maple'))), '^42501', 'R057 its admin cannot switch it on');
SELECT is(pg_temp.does('Pit', $$INSERT INTO app.time_off (id, project_id, starts_on, ends_on) VALUES (7303, 7001, '2024-03-11', '2024-03-15')$$), '1', 'R050 a partner that tracks time applies for time off');
SELECT is(pg_temp.does('Cole', $$UPDATE app.time_off SET state = 'approved' WHERE id = 7303$$), '1', 'R050 the supervisor approves it');
SELECT matches(pg_temp.does('Pit', $$INSERT INTO app.time_off (project_id, starts_on, ends_on, state) VALUES (7001, '2024-03-11', '2024-03-15', 'approved')$$), '^42501', 'R050 nobody else does');
SELECT is(pg_temp.does('Ann', $$INSERT INTO app.holiday (project_id, day, name) VALUES (7001, '2024-05-01', 'Labour Day')$$), '1', 'R051 the vendor keeps a holiday calendar');
SELECT is(pg_temp.sees('Pit', 'SELECT name FROM app.holiday'), 'Labour Day', 'R051 a partner uses the holiday calendar of its project');
SELECT matches(pg_temp.does('Pit', $$UPDATE app.holiday SET day = '2024-05-02'$$), '^(0|42501)', 'R051 a partner does not change the holiday calendar');
SELECT is(pg_temp.sees('Pia', 'SELECT id FROM app.holiday WHERE project_id = 7003'), '', 'R051 nor sees those of other projects');

-- Approval by the supervisor.
SELECT is((SELECT supervisor_id FROM app.timesheet WHERE id = 7301), 7003::bigint, 'R115 R116 a timesheet knows the supervisor of its owner');
SELECT matches(pg_temp.does('Cole', $$UPDATE app.timesheet SET state = 'approved' WHERE id = 7301$$), '^(0|42501)', 'R116 a draft is not approved');
SELECT is(pg_temp.does('Pit', $$UPDATE app.timesheet SET supervisor_id = 7011 WHERE id = 7301$$) || pg_temp.sees('dba', 'SELECT supervisor_id FROM app.timesheet WHERE id = 7301'),
    '17003', 'R116 its owner cannot choose another supervisor');
SELECT is(pg_temp.does('Pit', $$UPDATE app.timesheet SET state = 'submitted' WHERE id = 7301$$), '1', 'R082 the owner of a timesheet submits it');
SELECT matches(pg_temp.does('Pit', $$UPDATE app.time_entry SET hours = 9 WHERE timesheet_id = 7301$$), '^(0|42501)', 'R082 a submitted timesheet is locked');
SELECT matches(pg_temp.does(who, $$UPDATE app.timesheet SET state = 'approved' WHERE id = 7301$$), '^(0|42501)', 'R116 nobody but the supervisor approves a timesheet: ' || who)
FROM unnest('{Pit,Pia,Mae,Sue,Cora}'::text[]) AS who;
SELECT is(pg_temp.sees('Moe', 'SELECT id FROM app.timesheet'), '7302', 'R082 others'' timesheets are not visible');
SELECT is(pg_temp.does('Cole', $$UPDATE app.timesheet SET state = 'approved' WHERE id = 7301$$), '1', 'R116 the supervisor approves a timesheet');
SELECT is((SELECT state FROM app.timesheet WHERE id = 7301), 'approved', 'R116 so it is');
-- (The owner of the project, Cole, approves whatever it is of: so the former supervisor is somebody else.)
INSERT INTO app.timesheet (id, project_id, member_id, supervisor_id, week) VALUES (7304, 7001, 7012, 7002, '2024-03-18');
SELECT is(pg_temp.does('Ann', format('SELECT clearance.set_resource(%s, %s)', pg_temp.member('Pit'), pg_temp.member(who))), '1', 'R116 a resource gets another supervisor: ' || who)
FROM unnest('{Sue,Cole}'::text[]) AS who;
SELECT is(pg_temp.does('Pit', $$UPDATE app.timesheet SET state = 'submitted' WHERE id = 7304$$), '1', 'R116 a timesheet that is submitted now');
SELECT matches(pg_temp.does('Sue', $$UPDATE app.timesheet SET state = 'approved' WHERE id = 7304$$), '^(0|42501)', 'R116 the former supervisor does not approve it');
SELECT is(pg_temp.does('Cole', $$UPDATE app.timesheet SET state = 'rejected' WHERE id = 7304$$), '1', 'R116 the present supervisor decides');

-- Rates, revenue, utilisation.
SELECT is(pg_temp.does('Ann', format($$SELECT clearance.set_rate(%s, 'cost', 60, 'EUR', '2024-01-01')$$, pg_temp.partner('Pine'))), '1', 'R053 a cost rate is set for a partner');
SELECT is(pg_temp.does('Ann', format($$SELECT clearance.set_rate(%s, 'bill', 100, 'EUR', '2024-01-01')$$, pg_temp.partner('Pine'))), '1', 'R054 a bill rate is set for a partner');
SELECT is(pg_temp.sees('Ann', format($$SELECT kind || ' ' || amount || ' ' || currency FROM clearance.rates WHERE partner_id = %s$$, pg_temp.partner('Pine'))), 'bill 100.00 EUR, cost 60.00 EUR', 'R053 R054 both are on record');
SELECT matches(pg_temp.does('Sue', format($$SELECT clearance.set_rate(%s, 'cost', 1, 'EUR')$$, pg_temp.partner('Pine'))), '^42501', 'R053 who has no right over cost rates sets none');
SELECT matches(pg_temp.does('Pia', format($$SELECT clearance.set_rate(%s, 'bill', 1000, 'EUR')$$, pg_temp.partner('Pine'))), '^42501', 'R054 a partner sets no bill rate');
SELECT is(pg_temp.sees('Pit', $$SELECT kind FROM clearance.rates WHERE kind = 'cost'$$), '', 'R053 nor sees costs');
SELECT is(pg_temp.sees('Ann', $$SELECT amount FROM clearance.rates WHERE kind = 'cost'$$), '60.00', 'R086 the cost of an hour is shown to those who may read it');
SELECT is(pg_temp.sees('Pia', $$SELECT amount FROM clearance.rates WHERE kind = 'cost'$$), '', 'R086 and to nobody else');
SELECT matches(pg_temp.does('Ann', format($$SELECT clearance.set_rate(%s, 'bill', -1, 'EUR')$$, pg_temp.partner('Pine'))), '^22023 amount is -1', 'R054 a rate is not negative');
SELECT is(pg_temp.does('Sue', $$INSERT INTO app.partner_team_member (project_id, member_id, company) VALUES (7001, 7012, 'Pine')$$), '1', 'R055 Pit is on the team page, for Pine');
SELECT is(pg_temp.sees('Ann', $$SELECT partner || ' ' || hours || ' h ' || revenue || ' ' || currency FROM app.revenue_by_partner WHERE partner = 'Pine'$$), 'Pine 14 h 1400.00 EUR', 'R055 revenue is tracked time at the bill rate');
SELECT is(pg_temp.does('Ann', format($$SELECT clearance.set_rate(%s, 'bill', 120, 'EUR', '2024-03-06')$$, pg_temp.partner('Pine'))), '1', 'R055 a new rate');
SELECT is(pg_temp.sees('Ann', $$SELECT revenue FROM app.revenue_by_partner WHERE partner = 'Pine'$$), '1520.00', 'R055 a new bill rate counts from its first day on');
SELECT is(pg_temp.does('Pit', 'SELECT clearance.update_profile(weekly_hours => 20)'), '1', 'R052 Pit works 20 hours a week');
SELECT is(pg_temp.sees('Ann', $$SELECT percent || ' %' FROM app.utilisation WHERE member_id = 7012$$), '70 %', 'R052 14 approved hours are 70 % of a week of 20');
INSERT INTO app.time_entry (timesheet_id, day, hours) VALUES (7302, '2024-03-05', 8), (7304, '2024-03-19', 8);
SELECT is(pg_temp.sees('Ann', $$SELECT hours FROM app.utilisation WHERE member_id IN (7012, 7022)$$), '14', 'R052 time that nobody approved counts for nothing');

-- Capacity.
SELECT is(pg_temp.does('Sue', format($$SELECT clearance.allocate(7001, %s, '2024-04-01', '2024-04-28', 12)$$, pg_temp.member('Pit'))), '1', 'R056 a partner''s member is allocated to a project');
SELECT is(pg_temp.does('Sue', format($$SELECT clearance.allocate(7001, %s, '2024-04-15', '2024-05-05', 8)$$, pg_temp.member('Pit'))), '1', 'R056 up to what it can do');
SELECT matches(pg_temp.does('Sue', format($$SELECT clearance.allocate(7001, %s, '2024-04-22', '2024-04-23', 1)$$, pg_temp.member('Pit'))), '^53400', 'R056 nobody is allocated beyond its capacity');
SELECT matches(pg_temp.does('Pit', format($$SELECT clearance.allocate(7001, %s, '2024-06-03', '2024-06-07', 1)$$, pg_temp.member('Pit'))), '^42501', 'R056 not by itself');

-- The own profile.
SELECT is(pg_temp.does('Ria', $$SELECT clearance.update_profile(skills => '{welding,surveying}')$$), '1', 'R095 a contractor updates its skills');
SELECT is(pg_temp.does('Ria', $$SELECT clearance.update_profile(available_from => '2024-07-01', available_until => '2024-12-31', weekly_hours => 30)$$), '1', 'R096 a contractor updates its availability');
SELECT is((SELECT concat_ws(' ', skills, available_from, available_until, weekly_hours) FROM clearance.resource WHERE member_id = pg_temp.member('Ria')),
    '{welding,surveying} 2024-07-01 2024-12-31 30.00', 'R095 R096 skills and availability are on record');
SELECT matches(pg_temp.does(who, format($$SELECT clearance.update_profile(skills => '{none}', member => %s)$$, pg_temp.member('Ria'))), '^(42501|42704 no member)', 'R097 nobody updates the profile of another: ' || who)
FROM unnest('{Pit,Pia,Mae,Cora,nobody}'::text[]) AS who;
SELECT is((SELECT skills::text FROM clearance.resource WHERE member_id = pg_temp.member('Ria')), '{welding,surveying}', 'R097 and it stays as it was');
SELECT is(pg_temp.does('Ria', $$SELECT clearance.update_profile(skills => '{welding,diving}')$$), '1', 'R097 R127 each manages its own');

-- Expenses.
SELECT is(pg_temp.does('Ria', $$INSERT INTO app.expense (id, project_id, spent_on, amount, purpose) VALUES (7401, 7001, '2024-03-05', 99.50, 'Train')$$), '1', 'R083 R100 a contractor enters an expense');
SELECT is(pg_temp.does('Ria', $$UPDATE app.expense SET state = 'submitted' WHERE id = 7401$$), '1', 'R100 a contractor submits its expense');
SELECT matches(pg_temp.does('Ria', $$UPDATE app.expense SET state = 'approved' WHERE id = 7401$$), '^(0|42501)', 'R083 a contractor does not approve its expense');
SELECT matches(pg_temp.does('Ria', $$UPDATE app.expense SET amount = 999 WHERE id = 7401$$), '^(0|42501)', 'R083 nor change it any more');
SELECT is(pg_temp.sees('Pit', 'SELECT id FROM app.expense'), '', 'R083 others do not see it');
SELECT is(pg_temp.does('Cole', $$UPDATE app.expense SET state = 'approved' WHERE id = 7401$$), '1', 'R083 the vendor approves an expense');
SELECT matches(pg_temp.does('Cora', $$INSERT INTO app.expense (project_id, spent_on, amount, purpose) VALUES (7001, '2024-03-05', 5, 'Tea')$$), '^42501', 'R100 clients submit none');

-- Status reports.
SELECT is(pg_temp.does('Pit', $$INSERT INTO app.status_update (id, project_id, title, is_shared, sentiment, challenges) VALUES (7501, 7001, 'Week 10', true, 'negative', 'Decisions take long.')$$), '1',
    'R093 R094 an integrator writes a status report with the customer''s sentiment and the challenges');
SELECT is(pg_temp.sees('Moe', 'SELECT title FROM app.status_update'), '', 'R093 a draft is its author''s own');
SELECT is(pg_temp.does('Pit', 'UPDATE app.status_update SET published_at = now() WHERE id = 7501'), '1', 'R093 an integrator publishes its report');
SELECT is(pg_temp.sees('Cole', $$SELECT sentiment || ': ' || challenges FROM app.status_update WHERE id = 7501$$), 'negative: Decisions take long.', 'R094 the vendor reads sentiment and challenges');
SELECT matches(pg_temp.does('Ria', $$INSERT INTO app.status_update (project_id, title, is_shared) VALUES (7001, 'Mine', true)$$), '^42501', 'R093 a restricted partner provides none');
SELECT matches(pg_temp.does('Pit', $$INSERT INTO app.status_update (project_id, title, is_shared) VALUES (7003, 'Elsewhere', true)$$), '^42501', 'R093 nor anybody on other projects');
SELECT throws_ok($$INSERT INTO app.status_update (project_id, title, sentiment) VALUES (7001, 'x', 'angry')$$, '23514', NULL, 'R094 a sentiment is positive, neutral or negative');

-- Time to value.
INSERT INTO app.milestone (project_id, name, kind, is_private, reached_on) VALUES
    (7001, 'Live', 'first_value', false, '2024-01-31'), (7002, 'Live', 'first_value', false, '2024-01-11'), (7003, 'Live', 'first_value', true, '2024-01-21');
UPDATE app.project SET led_by = 'Pine' WHERE id = 7001;
SELECT is(pg_temp.sees('Ann', $$SELECT format('%s %s %s', delivery, projects, average_days) FROM app.time_to_value$$), 'direct 2 15, partner-led 1 30', 'R091 time to value, direct and partner-led');
SELECT is(pg_temp.sees('Pia', $$SELECT format('%s %s %s', delivery, projects, average_days) FROM app.time_to_value$$), 'direct 1 10, partner-led 1 30', 'R091 R130 a partner compares the projects that it sees');

-- Reports and dashboards.
INSERT INTO app.dashboard (project_id, title, shows, is_private, created_by) VALUES (7001, 'Delivery', 'delivery', false, 7003), (7001, 'Margins', 'revenue', true, 7003);
SELECT is(pg_temp.sees('Moe', 'SELECT title FROM app.dashboard'), 'Delivery', 'R130 partner users open the dashboards that are shared with them');
SELECT is(pg_temp.sees('Pit', 'SELECT title FROM app.dashboard'), 'Delivery, Margins', 'R130 all, at permissive');
SELECT is(pg_temp.sees('Moe', $$SELECT format('%s %s/%s', name, open_tasks, tasks) FROM app.delivery_report$$), 'Project 7001 3/3', 'R130 partner users read reports, with the figures of what they see');
SELECT is(pg_temp.sees('Ria', $$SELECT format('%s %s/%s', name, open_tasks, tasks) FROM app.delivery_report$$), 'Project 7001 0/1', 'R130 each its own');
SELECT is(pg_temp.sees('Dan', 'SELECT name FROM app.delivery_report'), '', 'R130 who sees no project gets no report');

-- One's own work, together with the vendor's team.
SELECT is(pg_temp.sees('Ria', $$SELECT name || ' ' || side FROM clearance.project_team(7001) WHERE name IN ('Cole', 'Ria')$$), 'Cole vendor, Ria partner', 'R127 a partner''s member sees the vendor''s team of the project');
INSERT INTO app.conversation (id, project_id, subject, audience, created_by) VALUES ('acme-1', 7001, 'Hello', 'everyone', 7003);
INSERT INTO app.conversation_participant VALUES ('acme-1', 7031), ('acme-1', 7003);
SELECT is(pg_temp.does('Ria', $$INSERT INTO app.conversation_message (conversation_id, body) VALUES ('acme-1', 'Hi')$$), '1', 'R127 a partner''s member talks with the vendor''s team');
SELECT is(pg_temp.sees('Cole', $$SELECT body FROM app.conversation_message WHERE conversation_id = 'acme-1'$$), 'Hi', 'R127 which reads that');
SELECT is(pg_temp.sees('Moe', $$SELECT body FROM app.conversation_message WHERE conversation_id = 'acme-1'$$), '', 'R127 who was not invited does not');

SELECT * FROM finish();
ROLLBACK;
