-- One more copy of the rows, in the order in which they lie in the first.
\ir tables.sql
INSERT INTO project SELECT * FROM ideal.project;
INSERT INTO phase SELECT * FROM ideal.phase;
INSERT INTO task SELECT * FROM ideal.task;
INSERT INTO task_assignee SELECT * FROM ideal.task_assignee;
INSERT INTO milestone SELECT * FROM ideal.milestone;
INSERT INTO raid_item SELECT * FROM ideal.raid_item;
INSERT INTO raid_assignee SELECT * FROM ideal.raid_assignee;
INSERT INTO document SELECT * FROM ideal.document;
INSERT INTO document_comment SELECT * FROM ideal.document_comment;
INSERT INTO task_comment SELECT * FROM ideal.task_comment;
INSERT INTO attachment SELECT * FROM ideal.attachment;
INSERT INTO folder SELECT * FROM ideal.folder;
\ir indexes.sql
