-- One more copy of the rows, in the order in which they lie in the first.
\ir tables.sql
INSERT INTO project SELECT * FROM ideal.project;
INSERT INTO task SELECT * FROM ideal.task;
INSERT INTO parted SELECT * FROM ideal.task;
INSERT INTO item SELECT * FROM ideal.item;
\ir indexes.sql
