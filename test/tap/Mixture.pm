
# Tables of every kind of binding, people of every kind with different rights
# in different projects, and the truth: for each actor a schema as_ACTOR with
# tables of the same names, which hold the rows that the evaluator says it sees
# (task), may change in some column (change_task), edit (edit_task) and delete
# (delete_task), and those of which it may add others like them (add_task).
#
# Rights are drawn anew by stir(); the same seed gives the same ones.

package Mixture;

use strict;
use warnings;
use Exporter 'import';

our @EXPORT = qw(build_mixture stir tell_truth key_of %table @targets %columns_of @actors %login_of);

# Tables as queries need to know them: key, type of the key, column and type of
# the project, columns that name members, flags. All have points and note.
our %table = (
	project  => { key => 'text',   project => [ 'id',      'text' ],     member => { owner => 'text' }, flag => 'hidden' },
	task     => { key => 'bigint', project => [ 'project', 'integer' ],  member => { assignee => 'integer', reviewer => 'bigint' }, flag => 'private' },
	document => { key => 'integer', project => [ 'project', 'uuid' ],    member => { author => 'text', reader => 'bigint' }, flag => 'shared' },
	file     => { key => 'uuid',   project => [ 'project', 'text' ],     member => { uploader => 'smallint', reader => 'text' }, flag => 'private' },
	page     => { key => 'bigint', project => [ 'project', 'bigint' ],   member => { author => 'bigint' }, flag => 'private' },
	risk     => { key => 'integer', project => [ 'project', 'smallint' ], member => { owner => 'text', assignee => 'uuid' } },
	plan     => { key => 'integer', project => [ 'project', 'integer' ], member => { assignee => 'integer' }, flag => 'open' },
	memo     => { key => 'integer', project => [ 'project', 'integer' ], member => {} },
	remark   => { key => 'integer', project => [ 'task',    'bigint' ],  member => { author => 'integer' } },
	reply    => { key => 'integer', project => [ 'document', 'integer' ], member => { author => 'integer' } },
	folder   => { key => 'text',   project => [ 'project', 'integer' ],  member => { owner => 'bigint' }, flag => 'private' },
	clip     => { key => 'integer', project => [ 'project', 'uuid' ],    member => { author => 'integer' }, flag => 'private' },
	answer   => { key => 'integer', project => [ 'reply', 'integer' ],   member => { author => 'integer' } },
	mark     => { key => 'integer', project => [ 'about', 'bigint' ],    member => { author => 'integer' } },
	guest    => { key => 'integer', project => [ 'id', 'integer' ],      member => { member => 'integer' } },
	bill     => { key => 'integer', project => [ 'project', 'integer' ], member => { assignee => 'integer' }, flag => 'private' },
	due      => { key => 'integer', project => [ 'project', 'text' ],    member => { owner => 'integer' } },
	errand   => { key => 'integer', project => [ 'project', 'text' ],    member => { owner => 'integer' } },
	bulletin => { key => 'integer', project => [ 'account', 'text' ],    member => { owner => 'integer' } },
	watcher  => { key => 'bigint', project => [ 'id', 'bigint' ],        member => { member => 'integer' } },
	stage    => { key => 'integer', project => [ 'project', 'integer' ], member => {}, flag => 'private' },
	citation => { key => 'integer', project => [ 'project', 'integer' ], member => { author => 'integer' } },
	crew     => { key => 'integer', project => [ 'project', 'integer' ], member => { member => 'text' } },
	job      => { key => 'integer', project => [ 'project', 'integer' ], member => { author => 'integer' }, flag => 'private' },
);
our @targets = qw(project task document file page risk plan reply folder clip bill due stage citation job);

# Columns, but for the key, of tables into which rows are inserted that are like others
our %columns_of = (
	task => [qw(project private assignee reviewer kind stage points note)],
	risk => [qw(project owner assignee points note)],
	plan => [qw(project open assignee invited points note)],
	memo => [qw(project audience published author kind points note)],
	citation => [qw(project src_kind src dst_kind dst author points note)],
	job => [qw(project private author team helpers published points note)],
);

# k110 is the member with key 110, u1 the first with a uuid
our @actors = (
	(map { "k$_" } 101 .. 108, 110 .. 128, 130 .. 133), 'u1', 'u2',
	'acme', 'bolt', 'mixed', 'nobody');
our %login_of = (acme => 'regress_acme', bolt => 'regress_bolt', mixed => 'regress_mixed', nobody => 'regress_nobody');

my @features = qw(task document file page risk plan remark);
my @uuids = ('aaaaaaaa-0000-0000-0000-000000000001', 'aaaaaaaa-0000-0000-0000-000000000002');

# ---- tables ----

# With one account, its admin sees the whole of tables that refer to projects.
sub build_mixture
{
	my ($node, $db, $one_account) = @_;
	my $tables = tables_sql();
	my $people = people_sql();

	if ($one_account)
	{
		$tables =~ s/THEN 's' ELSE 'n' END/THEN 'n' ELSE 'n' END/g;
		$people =~ s/^.*key => 's'.*$/\\set s :n/m;
	}
	$node->safe_psql($db, 'CREATE EXTENSION pg_clearance');
	$node->safe_psql($db, $tables);
	$node->safe_psql($db, $people);
	$node->safe_psql($db, protect_sql());
	$node->safe_psql($db, views_sql('app'));
	$node->safe_psql($db, 'SET client_min_messages = warning; ' . truth_sql());
	return;
}

sub tables_sql
{
	return <<'EOSQL';
DO $$
DECLARE
    login text;
BEGIN
    FOREACH login IN ARRAY '{regress_app,regress_gate,regress_acme,regress_bolt,regress_mixed,regress_nobody,regress_views}'::text[] LOOP
        EXECUTE format('CREATE ROLE %I LOGIN', login);
    END LOOP;
END
$$;
CREATE SCHEMA app;
CREATE FUNCTION app.roll(n bigint, what integer, sides integer) RETURNS integer
LANGUAGE sql IMMUTABLE RETURN ((hashint8extended(n, what) % sides + sides) % sides)::integer;
-- a member's key, of those who have numbers
CREATE FUNCTION app.somebody(n bigint, what integer) RETURNS integer
LANGUAGE sql IMMUTABLE RETURN CASE WHEN app.roll(n, what, 4) > 0 THEN 101 + app.roll(n, what + 1000, 33) END;

CREATE TABLE app.project (id text PRIMARY KEY, account text, UNIQUE (account, id), hidden boolean NOT NULL, owner text, points integer, note text);
INSERT INTO app.project
SELECT n::text, CASE WHEN n % 12 = 0 THEN 's' ELSE 'n' END, n % 5 = 0, NULL, n, 'project ' || n FROM generate_series(1, 24) n
UNION ALL
SELECT format('00000000-0000-0000-0000-0000000000%s', lpad(n::text, 2, '0')), CASE WHEN n = 8 THEN 's' ELSE 'n' END, n % 3 = 0, NULL, n, 'unique ' || n
FROM generate_series(1, 8) n;

CREATE TABLE app.task (id bigint PRIMARY KEY, project integer, private boolean, assignee integer, reviewer bigint, kind text,
    points integer, note text, stage integer) PARTITION BY RANGE (id);
CREATE TABLE app.task_1 PARTITION OF app.task FOR VALUES FROM (0) TO (500);
-- another order of columns
CREATE TABLE app.task_2 (note text, gone integer, points integer, private boolean, stage integer, kind text, reviewer bigint, assignee integer,
    project integer, id bigint NOT NULL);
ALTER TABLE app.task_2 DROP COLUMN gone;
ALTER TABLE app.task ATTACH PARTITION app.task_2 DEFAULT;
INSERT INTO app.task
SELECT n, CASE app.roll(n, 1, 40) WHEN 0 THEN NULL WHEN 1 THEN 99 ELSE 1 + app.roll(n, 2, 24) END,
    (ARRAY[true, false, false, false, NULL])[1 + app.roll(n, 3, 5)], app.somebody(n, 4), app.somebody(n, 5),
    (ARRAY['bug', 'idea', 'chore', NULL])[1 + app.roll(n, 6, 4)], app.roll(n, 7, 100), 'task ' || n,
    CASE WHEN app.roll(n, 8, 3) > 0 THEN 1 + app.roll(n, 9, 210) END
FROM generate_series(1, 1000) n;
-- named by tasks; some name one that is not there
CREATE TABLE app.stage (id integer PRIMARY KEY, project integer, private boolean NOT NULL, points integer, note text);
INSERT INTO app.stage SELECT n, 1 + app.roll(n, 211, 24), app.roll(n, 212, 2) = 0, app.roll(n, 213, 100), 'stage ' || n FROM generate_series(1, 200) n;
CREATE INDEX ON app.task (stage);
CREATE INDEX ON app.task (project);
CREATE INDEX ON app.task (assignee);
CREATE INDEX ON app.task (reviewer);
CREATE TABLE app.watcher (id bigint, member integer, points integer, note text, PRIMARY KEY (id, member));
INSERT INTO app.watcher
SELECT n, app.somebody(n, 10), app.roll(n, 11, 100), 'w' FROM generate_series(1, 1000) n WHERE n % 3 = 0 AND app.somebody(n, 10) IS NOT NULL;
CREATE INDEX ON app.watcher (member);

CREATE TABLE app.document (id integer PRIMARY KEY, project uuid, shared boolean NOT NULL, author text, reader bigint, points integer, note text);
INSERT INTO app.document
SELECT n, format('00000000-0000-0000-0000-0000000000%s', lpad((1 + app.roll(n, 21, 9))::text, 2, '0'))::uuid, app.roll(n, 22, 3) > 0,
    app.somebody(n, 23), app.somebody(n, 25), app.roll(n, 24, 100), 'document ' || n
FROM generate_series(1, 500) n;
CREATE INDEX ON app.document (project);
CREATE INDEX ON app.document (author);
CREATE INDEX ON app.document (reader);

CREATE TABLE app.file (id uuid PRIMARY KEY, project text NOT NULL REFERENCES app.project ON DELETE CASCADE, private boolean NOT NULL, uploader smallint, reader text, client text,
    points integer, note text);
INSERT INTO app.file
SELECT format('bbbbbbbb-0000-0000-0000-00000000%s', lpad(n::text, 4, '0'))::uuid,
    CASE app.roll(n, 31, 3) WHEN 0 THEN format('00000000-0000-0000-0000-0000000000%s', lpad((1 + app.roll(n, 32, 8))::text, 2, '0'))
        ELSE (1 + app.roll(n, 32, 24))::text END,
    app.roll(n, 33, 3) = 0, app.somebody(n, 34), app.somebody(n, 35), (ARRAY['hidden', 'read', 'edit'])[1 + app.roll(n, 36, 3)],
    app.roll(n, 37, 100), 'file ' || n
FROM generate_series(1, 500) n;
CREATE INDEX ON app.file (project);
CREATE INDEX ON app.file (uploader);
CREATE TABLE app.file_member (file uuid, member varchar, PRIMARY KEY (file, member));
INSERT INTO app.file_member
SELECT id, CASE app.roll(points, 41, 3) WHEN 0 THEN 'aaaaaaaa-0000-0000-0000-000000000001' ELSE (101 + app.roll(points, 42, 33))::text END
FROM app.file WHERE points % 2 = 0;
CREATE INDEX ON app.file_member (member);

CREATE TABLE app.page (id bigint PRIMARY KEY, project bigint, private boolean NOT NULL, author bigint, points integer, note text);
CREATE TABLE app.wiki (source text, PRIMARY KEY (id)) INHERITS (app.page);
INSERT INTO app.page SELECT n, 1 + app.roll(n, 51, 24), app.roll(n, 52, 3) = 0, app.somebody(n, 53), app.roll(n, 54, 100), 'page ' || n
FROM generate_series(1, 250) n;
INSERT INTO app.wiki SELECT n, 1 + app.roll(n, 51, 24), app.roll(n, 52, 3) = 0, app.somebody(n, 53), app.roll(n, 54, 100), 'wiki ' || n, 's'
FROM generate_series(1001, 1250) n;
CREATE INDEX ON app.page (project);
CREATE INDEX ON app.wiki (project);
CREATE INDEX ON app.page (author);

-- no visibility: all is shared
CREATE TABLE app.risk (id integer PRIMARY KEY, project smallint, owner text, assignee uuid, points integer, note text);
INSERT INTO app.risk
SELECT n, 1 + app.roll(n, 61, 24), app.somebody(n, 62), CASE app.roll(n, 63, 3) WHEN 0 THEN 'aaaaaaaa-0000-0000-0000-000000000001'::uuid
    WHEN 1 THEN 'aaaaaaaa-0000-0000-0000-000000000002' END, app.roll(n, 64, 100), 'risk ' || n
FROM generate_series(1, 400) n;
CREATE INDEX ON app.risk (project, owner);
CREATE INDEX ON app.risk (assignee);

-- no owner; relations of several kinds; an array
CREATE TABLE app.plan (id integer PRIMARY KEY, project integer, open boolean, assignee integer, invited integer[], points integer, note text);
INSERT INTO app.plan
SELECT n, 1 + app.roll(n, 71, 24), (ARRAY[true, true, false, NULL])[1 + app.roll(n, 72, 4)], app.somebody(n, 73),
    ARRAY[app.somebody(n, 74), app.somebody(n, 75)], app.roll(n, 76, 100), 'plan ' || n
FROM generate_series(1, 400) n;
CREATE INDEX ON app.plan (project) INCLUDE (open);
CREATE INDEX ON app.plan (assignee);

-- labels, drafts
CREATE TYPE app.audience AS ENUM ('team', 'partners', 'everyone');
CREATE TABLE app.memo (id integer PRIMARY KEY, project integer, audience app.audience, published timestamptz, author integer, kind text,
    points integer, note text);
INSERT INTO app.memo
SELECT n, 1 + app.roll(n, 81, 24), (enum_range(NULL::app.audience))[1 + app.roll(n, 82, 3)],
    CASE app.roll(n, 83, 4) WHEN 0 THEN NULL WHEN 1 THEN timestamptz '2999-01-01' ELSE timestamptz '2020-01-01' END,
    app.somebody(n, 84), 'note', app.roll(n, 85, 100), 'memo ' || n
FROM generate_series(1, 300) n;
CREATE INDEX ON app.memo (project);

-- no project of its own
CREATE TABLE app.remark (id integer PRIMARY KEY, task bigint, author integer, points integer, note text);
INSERT INTO app.remark SELECT n, 1 + app.roll(n, 91, 1000), app.somebody(n, 92), app.roll(n, 93, 100), 'remark ' || n FROM generate_series(1, 300) n;
CREATE INDEX ON app.remark (task);

CREATE TABLE app.reply (id integer PRIMARY KEY, document integer NOT NULL REFERENCES app.document ON DELETE CASCADE, author integer, points integer, note text);
INSERT INTO app.reply SELECT n, 1 + app.roll(n, 101, 500), app.somebody(n, 102), app.roll(n, 103, 100), 'reply ' || n FROM generate_series(1, 600) n;
CREATE INDEX ON app.reply (document);
CREATE INDEX ON app.reply (points);

-- in the project of its document, if it has one
CREATE TABLE app.clip (id integer PRIMARY KEY, project uuid, document integer REFERENCES app.document ON DELETE CASCADE, author integer, private boolean NOT NULL, points integer, note text);
INSERT INTO app.clip
SELECT n, d.project, CASE WHEN n % 3 > 0 THEN d.id END, app.somebody(n, 112), app.roll(n, 113, 3) = 0, app.roll(n, 114, 100), 'clip ' || n
FROM generate_series(1, 400) n JOIN app.document d ON d.id = 1 + app.roll(n, 111, 500);
CREATE INDEX ON app.clip (project);
CREATE INDEX ON app.clip (document);

-- answers to replies, and to answers
CREATE TABLE app.answer (id integer PRIMARY KEY, reply integer NOT NULL, above integer, author integer, points integer, note text);
INSERT INTO app.answer
SELECT n, 1 + app.roll(m, 151, 600), CASE WHEN n <> m THEN m END, app.somebody(n, 152), app.roll(n, 153, 100), 'answer ' || n
FROM generate_series(1, 500) n, LATERAL (SELECT CASE WHEN n % 3 = 0 THEN n - 1 ELSE n END) AS x (m);
CREATE INDEX ON app.answer (reply);

-- of a document, or of a task
CREATE TABLE app.mark (id integer PRIMARY KEY, kind text, about bigint, author integer, points integer, note text);
INSERT INTO app.mark SELECT n, (ARRAY['Document', 'Task', 'Task', 'else', NULL])[1 + app.roll(n, 161, 5)], 1 + app.roll(n, 162, 500), app.somebody(n, 163), app.roll(n, 164, 100), 'mark ' || n
FROM generate_series(1, 400) n;
CREATE INDEX ON app.mark (about);

-- from a document or a task to a task, or to a plan, which need not be there; wherever those are
CREATE TABLE app.citation (id integer PRIMARY KEY, project integer, src_kind text, src bigint, dst_kind text, dst bigint, author integer, points integer, note text);
INSERT INTO app.citation
SELECT n, 1 + app.roll(n, 221, 24), (ARRAY['Document', 'Document', 'Task', 'Task', 'else', NULL])[1 + app.roll(n, 222, 6)],
    CASE WHEN app.roll(n, 223, 9) > 0 THEN 1 + app.roll(n, 224, 500) END, (ARRAY['Task', 'Task', 'Plan', 'Plan', 'else', NULL])[1 + app.roll(n, 225, 6)],
    CASE WHEN app.roll(n, 226, 3) > 0 THEN 1 + app.roll(n, 227, 400) END, app.somebody(n, 228), app.roll(n, 229, 100), 'citation ' || n
FROM generate_series(1, 600) n;
CREATE INDEX ON app.citation (dst);

-- whom jobs are for, by crews; the collation takes names for one that are not
CREATE COLLATION app.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE app.crew (id integer PRIMARY KEY, project integer, team integer, member text COLLATE app.loose, points integer, note text);
INSERT INTO app.crew
SELECT n, 1 + app.roll(n, 231, 24), app.roll(n, 232, 40), CASE app.roll(n, 233, 4) WHEN 0 THEN 'aaaaaaaa-0000-0000-0000-000000000001'
    WHEN 1 THEN 'AAAAAAAA-0000-0000-0000-000000000001' ELSE app.somebody(n, 234)::text END, app.roll(n, 235, 100), 'crew ' || n
FROM generate_series(1, 200) n;
CREATE INDEX ON app.crew (team);
CREATE TABLE app.job (id integer PRIMARY KEY, project integer, private boolean NOT NULL, author integer, team integer, helpers integer[] NOT NULL DEFAULT '{}',
    published boolean NOT NULL DEFAULT false, points integer, note text);
INSERT INTO app.job
SELECT n, 1 + app.roll(n, 241, 24), app.roll(n, 242, 3) = 0, coalesce(app.somebody(n, 243), 101), CASE WHEN app.roll(n, 244, 2) = 0 THEN app.roll(n, 245, 40) END,
    CASE app.roll(n, 246, 4) WHEN 0 THEN ARRAY[app.somebody(n, 247), app.somebody(n, 248)] ELSE '{}' END, app.roll(n, 249, 2) = 0, app.roll(n, 250, 100), 'job ' || n
FROM generate_series(1, 500) n;
CREATE INDEX ON app.job (project);
CREATE INDEX ON app.job (team);

-- trees, and circles
CREATE TABLE app.folder (id text PRIMARY KEY, project integer, parent text REFERENCES app.folder ON DELETE CASCADE, owner bigint, private boolean NOT NULL, points integer, note text);
INSERT INTO app.folder
SELECT n::text, 1 + n % 24, CASE WHEN n > 24 THEN (n - 24 * (1 + app.roll(n, 121, (n - 1) / 24)))::text END, app.somebody(n, 122), app.roll(n, 123, 6) = 0,
    app.roll(n, 124, 100), 'folder ' || n
FROM generate_series(1, 480) n;
UPDATE app.folder SET parent = (id::integer + 240)::text WHERE id::integer % 24 = 5 AND id::integer BETWEEN 100 AND 200;
CREATE INDEX ON app.folder (project);
CREATE INDEX ON app.folder (parent);

-- of an account, by partitions; some name another one than their project's
CREATE TABLE app.bill (id integer, account text, PRIMARY KEY (account, id), project integer, private boolean, assignee integer, points integer, note text) PARTITION BY LIST (account);
CREATE TABLE app.bill_n PARTITION OF app.bill FOR VALUES IN ('n');
CREATE TABLE app.bill_s PARTITION OF app.bill FOR VALUES IN ('s');
CREATE TABLE app.bill_else PARTITION OF app.bill DEFAULT;
INSERT INTO app.bill
SELECT n, CASE app.roll(n, 171, 12) WHEN 1 THEN 's' WHEN 2 THEN 'n' WHEN 3 THEN 'x' ELSE p.account END, p.id::integer,
    (ARRAY[true, false, false, NULL])[1 + app.roll(n, 173, 4)], app.somebody(n, 174), app.roll(n, 175, 100), 'bill ' || n
FROM generate_series(1, 600) n JOIN app.project p ON p.id = (1 + app.roll(n, 172, 24))::text;
CREATE INDEX ON app.bill (account, points);
CREATE INDEX ON app.bill (project);
CREATE INDEX ON app.bill (id);

-- of the account of their project, by a key
CREATE TABLE app.due (id integer PRIMARY KEY, account text NOT NULL, project text NOT NULL, owner integer, points integer, note text,
    FOREIGN KEY (account, project) REFERENCES app.project (account, id) ON DELETE CASCADE);
INSERT INTO app.due
SELECT n, p.account, p.id, app.somebody(n, 181), app.roll(n, 182, 100), 'due ' || n
FROM generate_series(1, 400) n JOIN app.project p ON p.id = (1 + app.roll(n, 183, 24))::text;
CREATE INDEX ON app.due (account, id);

-- in a project or in none, of an account or of none
CREATE TABLE app.errand (id integer PRIMARY KEY, account text, project text, owner integer, points integer, note text,
    FOREIGN KEY (account, project) REFERENCES app.project (account, id) ON DELETE CASCADE);
INSERT INTO app.errand
SELECT n, CASE WHEN app.roll(n, 191, 20) > 0 THEN p.account END, CASE WHEN app.roll(n, 192, 2) = 0 THEN p.id END, app.somebody(n, 193), app.roll(n, 194, 100), 'errand ' || n
FROM generate_series(1, 300) n JOIN app.project p ON p.id = (1 + app.roll(n, 195, 24))::text;
CREATE INDEX ON app.errand (account, id);

-- the account's own
CREATE TABLE app.bulletin (id integer PRIMARY KEY, account text, owner integer, points integer, note text);
INSERT INTO app.bulletin
SELECT n, (ARRAY['n', 'n', 's', 'x', NULL])[1 + app.roll(n, 201, 5)], app.somebody(n, 202), app.roll(n, 203, 100), 'bulletin ' || n FROM generate_series(1, 200) n;
CREATE INDEX ON app.bulletin (account, id);

-- operators that are not leakproof
CREATE EXTENSION pg_trgm;
CREATE INDEX ON app.task USING gin (note gin_trgm_ops);
CREATE INDEX ON app.document USING gin (note gin_trgm_ops);
CREATE INDEX ON app.file (note text_pattern_ops);
CREATE INDEX ON app.bill USING gin (note gin_trgm_ops);
CREATE INDEX ON app.due USING gist (note gist_trgm_ops);

CREATE TABLE app.guest (id integer, member integer, points integer, note text, PRIMARY KEY (id, member));
INSERT INTO app.guest
SELECT n, app.somebody(n, 131), app.roll(n, 132, 100), 'g' FROM generate_series(1, 500) n WHERE n % 2 = 0 AND app.somebody(n, 131) IS NOT NULL;
CREATE INDEX ON app.guest (member);

-- not protected
CREATE TABLE app.label (points integer PRIMARY KEY, name text);
INSERT INTO app.label SELECT n, 'label ' || n % 7 FROM generate_series(0, 99) n;
CREATE TABLE app.sink (source text, points integer);
-- a new row without an owner gets one: those are not compared
CREATE TABLE app.old_task AS SELECT * FROM app.task;
CREATE TABLE app.old_plan AS SELECT * FROM app.plan;
CREATE TABLE app.old_risk AS SELECT * FROM app.risk WHERE owner IS NOT NULL;
CREATE TABLE app.old_memo AS SELECT * FROM app.memo WHERE author IS NOT NULL;
CREATE TABLE app.old_citation AS SELECT * FROM app.citation WHERE author IS NOT NULL;
CREATE TABLE app.old_job AS SELECT * FROM app.job;

CREATE FUNCTION app.tasks_of(integer) RETURNS TABLE (id bigint, points integer) LANGUAGE sql STABLE AS 'SELECT id, points FROM task WHERE project = $1';
CREATE FUNCTION app.documents_below(integer) RETURNS bigint LANGUAGE plpgsql STABLE AS 'BEGIN RETURN (SELECT count(*) FROM document WHERE points < $1); END';

GRANT USAGE ON SCHEMA app TO PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA app TO PUBLIC;
GRANT CREATE ON SCHEMA app TO regress_views;
ANALYZE;
EOSQL
}

# Views over the tables of a schema. In app, all but one are read with the
# rights of their owner, whom row security binds as well.
sub views_sql
{
	my ($schema) = @_;
	my $sql = $schema eq 'app' ? "SET ROLE regress_views;\n" : '';

	$sql .= <<"EOSQL";
SET search_path = $schema, app;
CREATE VIEW $schema.v_task AS SELECT id, project, points, note, private AS flag FROM task WHERE points < 90;
CREATE VIEW $schema.v_mine WITH (security_invoker) AS SELECT id, project, points, note, shared AS flag FROM document;
CREATE VIEW $schema.v_barrier WITH (security_barrier) AS SELECT id, project, points, note, private AS flag FROM page WHERE points > 5;
CREATE VIEW $schema.v_join AS SELECT p.id, p.project, p.points, r.note, p.open AS flag FROM plan p JOIN risk r USING (id);
CREATE VIEW $schema.v_total AS SELECT project AS id, project, count(*)::integer AS points, min(note) AS note, bool_or(private) AS flag FROM task GROUP BY project;
EOSQL
	return $sql . "RESET search_path; RESET ROLE;\nGRANT SELECT ON ALL TABLES IN SCHEMA $schema TO PUBLIC;\n";
}

sub protect_sql
{
	return <<'EOSQL';
SELECT clearance.protect('app.project', 'project', project => 'id', account => 'account', visibility => 'hidden', shared_values => '{false}', owner => 'owner');
SELECT clearance.protect('app.task', 'task', project => 'project', visibility => 'private', shared_values => '{false}', kind => 'kind');
SELECT clearance.relate('app.task', 'assigned', member_column => 'assignee');
SELECT clearance.relate('app.task', 'assigned', member_column => 'reviewer');
SELECT clearance.relate('app.task', 'assigned', member_column => 'member', link => 'app.watcher', link_column => 'id');
SELECT clearance.protect('app.document', 'document', project => 'project', visibility => 'shared', shared_values => '{true}', owner => 'author');
SELECT clearance.relate('app.document', 'invited', member_column => 'reader');
SELECT clearance.protect('app.file', 'file', project => 'project', visibility => 'private', shared_values => '{false}', owner => 'uploader', client_visibility => 'client');
SELECT clearance.relate('app.file', 'assigned', member_column => 'reader');
SELECT clearance.relate('app.file', 'followed', member_column => 'member', link => 'app.file_member', link_column => 'file');
SELECT clearance.protect('app.page', 'page', project => 'project', visibility => 'private', shared_values => '{false}', owner => 'author', key => 'id');
SELECT clearance.protect('app.risk', 'risk', project => 'project', owner => 'owner');
SELECT clearance.relate('app.risk', 'assigned', member_column => 'assignee');
SELECT clearance.protect('app.plan', 'plan', project => 'project', visibility => 'open', shared_values => '{true}');
SELECT clearance.relate('app.plan', 'assigned', member_column => 'assignee');
SELECT clearance.relate('app.plan', 'invited', member_column => 'invited');
SELECT clearance.protect('app.memo', 'document', project => 'project', visibility => 'audience', shared_values => '{partners,everyone}',
    owner => 'author', published => 'published', publish_action => 'edit', kind => 'kind');
SELECT clearance.relate('app.document', 'invited', member_column => 'member', link => 'app.guest', link_column => 'id');
SELECT clearance.protect('app.remark', 'remark', owner => 'author');
SELECT clearance.add_parent('app.remark', 'task', 'app.task');
SELECT clearance.protect('app.reply', 'remark', owner => 'author');
SELECT clearance.add_parent('app.reply', 'document', 'app.document');
SELECT clearance.protect('app.clip', 'file', project => 'project', visibility => 'private', shared_values => '{false}', owner => 'author');
SELECT clearance.add_parent('app.clip', 'document', 'app.document', optional => true);
SELECT clearance.protect('app.answer', 'remark', owner => 'author');
SELECT clearance.add_parent('app.answer', 'reply', 'app.reply');
SELECT clearance.add_parent('app.answer', 'above', 'app.answer', optional => true);
SELECT clearance.protect('app.mark', 'remark', owner => 'author');
SELECT clearance.add_parent('app.mark', 'about', 'app.document', type_column => 'kind', type_value => 'Document');
SELECT clearance.add_parent('app.mark', 'about', 'app.task', type_column => 'kind', type_value => 'Task');
SELECT clearance.protect('app.stage', 'plan', project => 'project', visibility => 'private', shared_values => '{false}');
SELECT clearance.relate('app.stage', 'assigned_task', link => 'app.task', link_column => 'stage');
SELECT clearance.protect('app.citation', 'remark', project => 'project', owner => 'author');
SELECT clearance.add_parent('app.citation', 'src', 'app.document', type_column => 'src_kind', type_value => 'Document', same_project => false);
SELECT clearance.add_parent('app.citation', 'src', 'app.task', type_column => 'src_kind', type_value => 'Task', same_project => false);
SELECT clearance.add_parent('app.citation', 'dst', 'app.task', type_column => 'dst_kind', type_value => 'Task', same_project => false);
SELECT clearance.add_parent('app.citation', 'dst', 'app.plan', type_column => 'dst_kind', type_value => 'Plan', optional => true, same_project => false);
SELECT clearance.protect('app.crew', 'risk', project => 'project');
SELECT clearance.protect('app.job', 'plan', project => 'project', visibility => 'private', shared_values => '{false}', owner => 'author',
    published => 'published', publish_action => 'delete');
SELECT clearance.relate('app.job', 'assigned', member_column => 'member', link => 'app.crew', link_column => 'team', row_column => 'team');
SELECT clearance.relate('app.job', 'assigned', member_column => 'helpers');
SELECT clearance.add_gate('plan.edit', 'task.edit'), clearance.add_gate('risk.edit', 'page.view', '{vendor}');
SELECT clearance.protect('app.bill', 'risk', project => 'project', account => 'account', visibility => 'private', shared_values => '{false}', key => 'id');
SELECT clearance.relate('app.bill', 'assigned', member_column => 'assignee');
SELECT clearance.protect('app.due', 'page', project => 'project', account => 'account', owner => 'owner');
SELECT clearance.protect('app.errand', 'page', project => 'project', account => 'account', owner => 'owner', project_optional => true);
SELECT clearance.protect('app.bulletin', 'page', account => 'account', owner => 'owner');
SELECT clearance.protect('app.folder', 'page', project => 'project', visibility => 'private', shared_values => '{false}', owner => 'owner');
SELECT clearance.add_parent('app.folder', 'parent', 'app.folder', optional => true);
EOSQL
}

# ---- people ----

sub people_sql
{
	my $sql = <<'EOSQL';
SELECT clearance.create_account('North', key => 'n') AS n \gset
SELECT clearance.create_account('South', key => 's') AS s \gset
SELECT clearance.set_account(:n, portal => true, default_external_level => 'restricted');
SELECT clearance.create_feature(f, '{view,create,edit,delete}') FROM unnest('{page,risk,plan,remark}'::text[]) f;
SELECT clearance.create_level('mix ' || n, 'partner', based_on => 'permissive') FROM generate_series(1, 4) n;
-- one that leaves no class of rights to chance
SELECT clearance.create_level('plain', 'partner', based_on => 'permissive');
SELECT clearance.deny('plain', f, a) FROM unnest('{task,document,file,page,risk,plan}'::text[]) f, unnest('{view,edit,delete}'::text[]) a;
SELECT clearance.allow('plain', g.feature, a, visibility => g.visibility, relation => g.relation)
FROM (VALUES ('task', 'any', 'assigned'), ('document', 'shared', 'own'), ('file', 'any', 'followed'), ('page', 'shared', 'any'),
    ('risk', 'any', 'any'), ('plan', 'shared', 'invited')) AS g (feature, visibility, relation), unnest('{view,edit,delete}'::text[]) a;
SELECT clearance.create_level('house ' || n, 'vendor', based_on => 'collaborator') FROM generate_series(1, 2) n;
SELECT clearance.create_level('guest', 'customer', based_on => 'client');
SELECT clearance.create_role('House ' || n, access_level => 'house ' || n, account => :n) FROM generate_series(1, 2) n;
SELECT clearance.add_member(101, roles => '{account_admin}', account => :n);
SELECT clearance.add_member(102, roles => '{super_user}', account => :n);
SELECT clearance.add_member(103, roles => '{collaborator}', account => :n);
SELECT clearance.add_member(104, roles => '{collaborator}', account => :n);
SELECT clearance.add_member(105, roles => '{"House 1"}', account => :n);
SELECT clearance.add_member(106, roles => '{"House 2",collaborator}', account => :n);
SELECT clearance.add_member(107, roles => '{super_user}', account => :s);
SELECT clearance.add_member(108, roles => '{super_user}', status => 'disabled', account => :n);
SELECT clearance.create_customer('Cargo', account => :n) AS cargo \gset
SELECT clearance.add_member(130, customer => :cargo, account => :n);
SELECT clearance.add_member(131, customer => :cargo, account => :n);
EOSQL
	my $key = 110;

	# of each partner an admin and two others
	foreach ([ 'Acme', 'moderate' ], [ 'Bolt', 'mix 1' ], [ 'Mixed', 'restricted' ], [ 'Permissive', 'permissive' ],
		[ 'Restricted', 'restricted' ], [ 'Plain', 'plain' ])
	{
		my ($name, $level) = @$_;

		$sql .= "SELECT clearance.create_partner('$name', access_level => '$level', account => :n) AS partner \\gset\n";
		$sql .= sprintf "SELECT clearance.add_member(%d, partner => :partner, partner_admin => %s, account => :n);\n",
		  $key++, $_ == 0 ? 'true' : 'false' foreach 0 .. 2;
	}
	$sql .= "SELECT clearance.add_member(128, partner => :partner, status => 'invited', account => :n);\n";
	$sql .= "SELECT clearance.create_partner('Unnamed', account => :n) AS partner \\gset\n";
	$sql .= "SELECT clearance.add_member($_, partner => :partner, account => :n);\n" foreach 132, 133;
	$sql .= "SELECT clearance.add_member('$_'::uuid, partner => :partner, account => :n);\n" foreach @uuids;
	# the account of each project is known: protect() registers them; levels and memberships: stir()
	$sql .= <<'EOSQL';
SELECT clearance.trust_role('regress_app');
SELECT clearance.map_role('regress_gate', setting => 'mixture.member', names => 'id');
SELECT clearance.map_role(('regress_' || lower(p.name))::regrole, partner => p.id) FROM clearance.partner p WHERE p.name IN ('Acme', 'Bolt', 'Mixed');
EOSQL
	return $sql;
}

# Draws levels and memberships anew, by rand(). Some partners get the same
# rights everywhere, as most have; others differ from project to project.
sub stir
{
	my ($node, $db) = @_;
	my $sql = "BEGIN;\n";
	my @numbers = 1 .. 24;
	my @projects = ((map { "'$_'" } @numbers), (map { sprintf "'00000000-0000-0000-0000-00000000%04d'", $_ } 1 .. 8));
	my @relations = ('any', 'any', 'any', qw(assigned followed invited own assigned_task));

	foreach my $level ((map { "mix $_" } 1 .. 4), (map { "house $_" } 1, 2), 'guest', qw(permissive moderate restricted super_user collaborator))
	{
		my $is_own = $level =~ /mix|house|guest/;

		foreach my $feature ($is_own ? @features : qw(page risk plan remark))
		{
			my $grants = 0;

			foreach my $action (qw(view edit delete))
			{
				$sql .= "SELECT clearance.deny('$level', '$feature', '$action');\n";
				next if !chance($action eq 'view' ? 0.9 : 0.7);
				foreach (1 .. (chance(0.75) ? 1 : 2))
				{
					$sql .= sprintf "SELECT clearance.allow('$level', '$feature', '$action', visibility => '%s', relation => '%s'%s%s);\n",
					  chance(0.5) ? 'any' : 'shared', pick(@relations), chance(0.1) ? ", kinds => '{bug,note}'" : '',
					  $level =~ /house/ && chance(0.15) ? ", reach => '" . pick(qw(member owned)) . "'" : '';
				}
			}
			next if !$is_own && $feature eq 'risk';
			$sql .= "SELECT clearance.deny('$level', '$feature', 'create');\n";
			$sql .= sprintf "SELECT clearance.allow('$level', '$feature', 'create', visibility => '%s', relation => '%s');\n",
			  chance(0.7) ? 'any' : 'shared', chance(0.8) ? 'any' : 'own' if chance(0.7);
		}
	}
	$sql .= "DELETE FROM clearance.$_;\n" foreach qw(project_open_level project_feature_off project_member project_partner project_customer);
	foreach my $project (@projects)
	{
		# levels of one audience, or of more, which add up
		my @opens = chance(0.12) ? grep { chance(0.4) } ('mix 2', 'mix 3', 'house 1', 'house 2', 'guest') : ();

		$sql .= sprintf "SELECT clearance.set_project(%s, archived => %s, portal => %s, open_levels => '{%s}') WHERE EXISTS "
		  . "(SELECT FROM clearance.project p JOIN clearance.account a ON a.id = p.account_id WHERE p.key = %s AND a.key = 'n');\n",
		  $project, chance(0.08) ? 'true' : 'false', chance(0.8) ? 'true' : 'false',
		  join(',', map { "\"$_\"" } @opens), $project;
		$sql .= sprintf "SELECT clearance.set_project_feature(p.key, '%s', false) FROM clearance.project p WHERE p.key = %s;\n", pick(@features), $project
		  if chance(0.15);
	}
	# without a level of its own, a project is not open
	$sql .= "INSERT INTO clearance.project_open_level (project_id, level_id) SELECT p.id, l.id FROM clearance.project p, clearance.level l "
	  . "WHERE p.open_level_id IS NULL AND p.key IN ('2', '7', '12') AND l.name IN ('mix 3', 'house 1');\n";
	# what each partner, and each of its members, is on the projects
	foreach my $partner (qw(Acme Bolt Mixed Permissive Restricted Plain Unnamed))
	{
		my $differs = $partner eq 'Mixed' || ($partner ne 'Plain' && chance(0.25));

		foreach my $project (@projects)
		{
			next if chance(0.4);
			$sql .= sprintf "SELECT clearance.add_partner_to_project(p.key, r.id%s%s) FROM clearance.partner r, clearance.project p "
			  . "JOIN clearance.account a ON a.id = p.account_id WHERE r.name = '$partner' AND p.key = %s AND a.key = 'n';\n",
			  $differs && chance(0.6) ? ", access_level => '" . pick(qw(permissive moderate restricted), 'mix 2', 'mix 3', 'mix 4') . "'" : '',
			  chance(0.05) ? ", starts_at => '2020-01-01', ends_at => '2021-01-01'" : '', $project;
			$sql .= sprintf "SELECT clearance.add_member_to_project(x.project_key, x.id%s) FROM (SELECT m.id, p.key AS project_key FROM clearance.member m "
			  . "JOIN clearance.partner r ON r.id = m.partner_id JOIN clearance.project_partner w ON w.partner_id = r.id "
			  . "JOIN clearance.project p ON p.id = w.project_id WHERE r.name = '$partner' AND NOT m.partner_admin AND p.key = %s "
			  . "AND hashtextextended(m.id || p.key, %d) %% 3 <> 0) x;\n",
			  $differs && chance(0.4) ? ", access_level => '" . pick(qw(permissive moderate restricted), 'mix 1', 'mix 4') . "'" : '',
			  $project, rand 1e6;
		}
	}
	foreach my $member (103 .. 106)
	{
		foreach my $project (grep { chance(0.3) } @projects)
		{
			$sql .= sprintf "SELECT clearance.add_member_to_project(p.key, m.id, owner => %s%s) FROM clearance.member m, clearance.project p "
			  . "WHERE m.key = '$member' AND p.key = %s AND p.account_id = m.account_id;\n",
			  chance(0.2) ? 'true' : 'false', $member > 104 && chance(0.2) ? ", access_level => 'house 1'" : '', $project;
		}
	}
	foreach my $project (grep { chance(0.5) } @projects)
	{
		$sql .= "SELECT clearance.add_customer_to_project(p.key, c.id) FROM clearance.customer c, clearance.project p "
		  . "WHERE p.key = $project AND p.account_id = c.account_id;\n";
		$sql .= sprintf "SELECT clearance.add_member_to_project(p.key, m.id%s) FROM clearance.member m, clearance.project p "
		  . "WHERE m.key IN ('130', '131') AND p.key = %s AND p.account_id = m.account_id;\n",
		  chance(0.3) ? ", access_level => 'guest'" : '', $project;
	}
	$node->safe_psql($db, "SET client_min_messages = warning;\n${sql}COMMIT;");
	return;
}

sub chance { return rand() < $_[0] }
sub pick { return $_[ int rand @_ ] }

# ---- the truth ----

sub truth_sql
{
	my $sql = "CREATE UNLOGGED TABLE app.verdict (actor text, relation text, verb text, key text);\n";

	foreach my $actor (@actors)
	{
		my $schema = "as_$actor";

		$sql .= "CREATE SCHEMA $schema;\n";
		$sql .= "CREATE UNLOGGED TABLE $schema.$_ (LIKE app.$_);\n" foreach grep { $_ ne 'page' } (sort keys %table), qw(task_1 task_2 file_member);
		$sql .= "CREATE UNLOGGED TABLE $schema.page (LIKE app.page);\nCREATE UNLOGGED TABLE $schema.wiki (source text) INHERITS ($schema.page);\n";
		foreach my $verb (qw(change edit delete))
		{
			$sql .= "CREATE UNLOGGED TABLE $schema.${verb}_$_ (LIKE app.$_);\n" foreach @targets;
		}
		$sql .= "CREATE UNLOGGED TABLE $schema.add_$_ (LIKE app.$_);\n" foreach sort keys %columns_of;
		$sql .= views_sql($schema);
	}
	return $sql;
}

# Asks the evaluator about these actors and fills their tables.
sub tell_truth
{
	my ($node, $db, @cast) = @_;
	my $sql = <<'EOSQL';
SET client_min_messages = warning;
SET search_path = pg_catalog;
TRUNCATE app.verdict;
BEGIN;
SELECT evaluator.hold();
CREATE FUNCTION pg_temp.judge(actor text, member bigint) RETURNS void LANGUAGE plpgsql SET jit = off AS $$
DECLARE
    b clearance.binding;
BEGIN
    FOR b IN SELECT * FROM clearance.binding LOOP
        INSERT INTO app.verdict SELECT actor, b.relation::text, 'see', evaluator.permitted(member, b.relation, b.view_action);
        CONTINUE WHEN b.link_only;
        INSERT INTO app.verdict SELECT actor, b.relation::text, 'add', evaluator.addable(member, b.relation);
        INSERT INTO app.verdict SELECT actor, b.relation::text, 'edit', evaluator.permitted(member, b.relation, b.edit_action);
        INSERT INTO app.verdict SELECT actor, b.relation::text, 'delete', evaluator.permitted(member, b.relation, b.delete_action);
        -- an UPDATE reaches rows of which some column may be changed
        INSERT INTO app.verdict
        SELECT actor, b.relation::text, 'change', evaluator.permitted(member, b.relation, n.action)
        FROM (SELECT b.edit_action AS action
              UNION SELECT 'change_owner' WHERE b.owner_column IS NOT NULL
              UNION SELECT b.publish_action WHERE b.published_column IS NOT NULL
              UNION SELECT CASE r.kind WHEN 'assigned' THEN 'assign' WHEN 'invited' THEN 'invite' END
              FROM clearance.binding_relation r WHERE r.binding_id = b.id AND r.link IS NULL) n;
    END LOOP;
END
$$;
EOSQL
	foreach my $actor (@cast)
	{
		my $key = key_of($actor);

		next if $actor eq 'nobody';
		$sql .= defined $key
		  ? "SELECT pg_temp.judge('$actor', m.id) FROM clearance.member m WHERE m.key = '$key';\n"
		  : "INSERT INTO app.verdict SELECT '$actor', b.relation::text, 'see', evaluator.permitted_partner(p.id, b.relation) "
		  . "FROM clearance.partner p, clearance.binding b WHERE lower(p.name) = '$actor' ORDER BY b.id;\n";
	}
	$sql .= "COMMIT;\nCREATE INDEX IF NOT EXISTS verdict_key ON app.verdict (actor, relation, verb, key);\nANALYZE app.verdict;\n";
	$node->safe_psql($db, $sql);
	$sql = '';
	foreach my $actor (@cast)
	{
		my $fill = sub {
			my ($to, $from, $relation, $verb, $row) = @_;
			$sql .= "TRUNCATE as_$actor.$to; INSERT INTO as_$actor.$to SELECT * FROM $from t WHERE $row IN "
			  . "(SELECT key FROM app.verdict WHERE actor = '$actor' AND relation = 'app.$relation' AND verb = '$verb');\n";
		};

		foreach my $name (grep { $_ !~ /^(?:watcher|guest)$/ } sort keys %table)
		{
			$fill->($name, $name eq 'page' ? 'ONLY app.page' : "app.$name", $name, 'see', 't.id::text');
		}
		$fill->($_, "app.$_", 'task', 'see', 't.id::text') foreach qw(task_1 task_2);
		$fill->($_, "app.$_", $_, 'see', 't::text') foreach qw(watcher guest file_member);
		$sql .= "INSERT INTO as_$actor.wiki SELECT * FROM app.wiki WHERE id::text IN "
		  . "(SELECT key FROM app.verdict WHERE actor = '$actor' AND relation = 'app.page' AND verb = 'see');\n";
		foreach my $verb (qw(change edit delete))
		{
			$fill->("${verb}_$_", "app.$_", $_, $verb, 't.id::text') foreach @targets;
		}
		$fill->("add_$_", "app.$_", $_, 'add', 't.id::text') foreach sort keys %columns_of;
	}
	$node->safe_psql($db, $sql);
	return;
}

# The key of a member; undef for a login and for nobody
sub key_of
{
	my ($actor) = @_;

	return $1 if $actor =~ /^k(\d+)$/;
	return $uuids[ $1 - 1 ] if $actor =~ /^u(\d)$/;
	return;
}

1;
