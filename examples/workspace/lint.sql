-- What clearance.lint() finds here and is meant so, with the reason. What is
-- found beyond that is news: SELECT * FROM clearance.lint(rows => true);
\o /dev/null
SELECT clearance.accept_finding(f.code, f.object, f.reason) FROM (VALUES
    ('view_definer', 'app.portal', 'how a portal looks is for everybody, before the login too; the view holds nothing else'),
    ('definer_function', 'app.fill_supervisor()', 'it fills in the supervisor of the row that its author writes, and tells nobody'),
    ('no_reader', 'app.billing_event', 'for account admins, as the account matrix has it'),
    ('no_reader', 'app.custom_report', 'for account admins, as the account matrix has it'),
    ('no_reader', 'app.webhook', 'for account admins, as the account matrix has it'),
    ('fk_oracle', 'app.file.folder_id', 'who sees a file need not see its folder; ids are no secret'),
    ('fk_oracle', 'app.sign_off.phase_id', 'customers sign off phases that are closed to them; ids are no secret'),
    ('fk_oracle', 'app.status_update.phase_id', 'updates are about phases that may be closed to readers; ids are no secret'),
    ('fk_oracle', 'app.task.parent_task_id', 'who works on a part of a task need not see the whole; ids are no secret'),
    ('on_no_project', 'partner Willow of account South', 'somebody who waits for a first project'),
    ('statistics_visible', 'functions pg_stat_get_*', 'the reporting login is a tool whose users write no SQL')
) AS f (code, object, reason)
JOIN clearance.lint() l ON (l.code, l.object) = (f.code, f.object);       -- of fewer rows, or another server, not all are found
\o
