
# A small workspace that has every kind of binding, and what each member sees
# of it. The servers of these tests hold nothing else.
#
# Roles: regress_app sets the actor; regress_cole logs in as a member,
# regress_acme as a partner as a whole; regress_nobody is none of them.

package Workspace;

use strict;
use warnings;
use Exporter 'import';
use PostgreSQL::Test::Cluster;

our @EXPORT = qw(@logins new_server build_workspace load_workspace administered rows_by_member rows_by_login row_is_in);

our @logins = qw(regress_cole regress_acme regress_nobody);

my @members = qw(ada sam cole otto adele pat rex carla idle inga sue);

# feature, table, key; the tables of the workspace
my @tables = (
	[ 'project',    'app.project',                'name' ],
	[ 'task',       'app."Task List"',            '"Id"' ],
	[ 'assignee',   'app.task_assignee',          'task_id' ],
	[ 'part',       '"Old Parts"."Tasks 1..100"', '"Id"' ],
	[ 'document',   'app.document',               'id' ],
	[ 'comment',    'app.comment',                'id' ],
	[ 'attachment', 'app.attachment',             'name' ],
	[ 'page',       'app.page',                   'id' ],
	[ 'wiki',       'app.wiki_page',              'id' ],
	[ 'invoice',    'app.invoice',                'id' ],
	[ 'note',       'app.note',                   'id' ],
);

# A running server; settings are lines of its configuration, install_path is where its programs are.
sub new_server
{
	my ($name, %params) = @_;
	my $settings = delete $params{settings} // 'shared_preload_libraries = pg_clearance';
	my $install_path = delete $params{install_path};
	my $node = PostgreSQL::Test::Cluster->new($name, $install_path ? (install_path => $install_path) : ());

	$node->init(%params, extra => [ '--locale=C', '--encoding=UTF8' ]);
	$node->append_conf('postgresql.conf', "$settings\ntimezone = 'UTC'\n");
	$node->start;
	return $node;
}

# What the members see and may do, one line for a member and a table. $before is
# SQL to run first in their session.
sub rows_by_member
{
	my ($node, $db, $before) = @_;
	my $sql = $before // '';

	foreach my $member (@members)
	{
		$sql .= "SELECT clearance.set_actor(key => '$member', local => false) AS actor \\gset\n";
		$sql .= query_of_rows($member, $_) foreach @tables;
	}
	$sql .= "SELECT clearance.reset_actor() AS actor \\gset\n";
	$sql .= query_of_rows('nobody', $_) foreach @tables;
	return $node->safe_psql($db, $sql, extra_params => [ '-U', 'regress_app' ]);
}

sub query_of_rows
{
	my ($actor, $table) = @_;
	my ($label, $relation, $key) = @$table;

	return "SELECT '$actor', '$label', string_agg($key\::text, ',' ORDER BY $key), "
	  . "'edit ' || string_agg($key\::text, ',' ORDER BY $key) FILTER (WHERE clearance.can_row('edit', t)), "
	  . "'delete ' || string_agg($key\::text, ',' ORDER BY $key) FILTER (WHERE clearance.can_row('delete', t)) "
	  . "FROM $relation t HAVING count(*) > 0;\n"
	  if $label ne 'assignee';
	return "SELECT '$actor', '$label', string_agg(task_id || ' ' || member, ',' ORDER BY task_id, member) "
	  . "FROM $relation HAVING count(*) > 0;\n";
}

# The rows that the roles which do not set the actor see, each as a line of
# role, table and row. A table that is not there, or is refused, has none.
sub rows_by_login
{
	my ($node, $db, $before) = @_;
	my @rows;

	foreach my $login (@logins)
	{
		my $sql = join '', $before // '', map { "SELECT '$login $_->[0] ' || $_->[2] FROM $_->[1] t ORDER BY 1;\n" } @tables;
		my ($rc, $out) = $node->psql($db, $sql, on_error_stop => 0, extra_params => [ '-U', $login ]);

		push @rows, split /\n/, $out;
	}
	return @rows;
}

# Whether each of some rows (as rows_by_login gives them) is among others.
sub row_is_in
{
	my ($rows, @all) = @_;
	my %known = map { $_ => 1 } @all;

	return !grep { !$known{$_} } @$rows;
}

sub build_workspace
{
	my ($node, $db) = @_;

	$node->safe_psql($db, 'CREATE EXTENSION pg_clearance');
	load_workspace($node, $db);
}

# the same, where the extension is there
sub load_workspace
{
	my ($node, $db) = @_;

	$node->safe_psql($db, tables_sql());
	$node->safe_psql($db, people_sql());
	$node->safe_psql($db, protect_sql());
}

sub tables_sql
{
	return <<'EOSQL';
DO $$
DECLARE
    login text;
BEGIN
    FOREACH login IN ARRAY '{regress_app,regress_cole,regress_acme,regress_nobody}'::text[] LOOP
        IF to_regrole(login) IS NULL THEN
            EXECUTE format('CREATE ROLE %I LOGIN', login);
        END IF;
    END LOOP;
END
$$;
CREATE SCHEMA app;
CREATE SCHEMA "Old Parts";

-- dropped columns shift the numbers of those behind them when restored
CREATE TABLE app.project (gone integer, id uuid PRIMARY KEY, account text, gone_too text, name text UNIQUE,
    hidden boolean NOT NULL DEFAULT false, owner text);
ALTER TABLE app.project DROP COLUMN gone, DROP COLUMN gone_too;
INSERT INTO app.project VALUES
    ('00000000-0000-0000-0000-000000000001', 'n', 'One'), ('00000000-0000-0000-0000-000000000002', 'n', 'Two'),
    ('00000000-0000-0000-0000-000000000003', 'n', 'Three'), ('00000000-0000-0000-0000-000000000004', 's', 'Far');

CREATE TABLE app."Task List" (gone integer, "Id" bigint PRIMARY KEY, "Project" uuid NOT NULL REFERENCES app.project,
    "Is Private?" boolean, title text, assignee text, watchers text[], kind text NOT NULL DEFAULT 'task',
    frozen boolean NOT NULL DEFAULT false, client_visibility text) PARTITION BY RANGE ("Id");
ALTER TABLE app."Task List" DROP COLUMN gone;
-- partitions with columns in another order, in a schema that sorts after and one that sorts before
CREATE TABLE "Old Parts"."Tasks 1..100" (title text, gone integer, kind text NOT NULL DEFAULT 'task', watchers text[],
    "Is Private?" boolean, assignee text, "Project" uuid NOT NULL, "Id" bigint NOT NULL, client_visibility text,
    frozen boolean NOT NULL DEFAULT false);
ALTER TABLE "Old Parts"."Tasks 1..100" DROP COLUMN gone;
ALTER TABLE app."Task List" ATTACH PARTITION "Old Parts"."Tasks 1..100" FOR VALUES FROM (1) TO (101);
CREATE SCHEMA zone;
CREATE TABLE zone.more_tasks PARTITION OF app."Task List" FOR VALUES FROM (101) TO (201) PARTITION BY RANGE ("Id");
CREATE TABLE zone.most_tasks PARTITION OF zone.more_tasks DEFAULT;
CREATE TABLE app.task_assignee (task_id bigint REFERENCES app."Task List", member text, PRIMARY KEY (task_id, member));
INSERT INTO app."Task List" ("Id", "Project", "Is Private?", title, assignee, watchers, kind, client_visibility)
SELECT n, ('00000000-0000-0000-0000-00000000000' || 1 + n % 4)::uuid, CASE n % 5 WHEN 0 THEN NULL WHEN 1 THEN true ELSE false END,
    'task ' || n, CASE n % 6 WHEN 0 THEN 'rex' WHEN 1 THEN 'pat' END, CASE n % 7 WHEN 0 THEN '{cole,rex}'::text[] END,
    CASE n % 3 WHEN 0 THEN 'bug' ELSE 'task' END, (ARRAY['hidden', 'read', 'edit'])[1 + n % 3]
FROM (SELECT generate_series(1, 24) UNION SELECT generate_series(101, 112)) AS t (n);
INSERT INTO app.task_assignee VALUES (3, 'rex'), (4, 'rex'), (104, 'rex'), (5, 'rex'), (5, 'pat');

CREATE TYPE app.audience AS ENUM ('team', 'partners', 'everyone');
CREATE TABLE app.document (id integer PRIMARY KEY, project uuid, audience app.audience NOT NULL, author text,
    published_at timestamptz, frozen boolean NOT NULL DEFAULT false);
INSERT INTO app.document
SELECT n, ('00000000-0000-0000-0000-00000000000' || 1 + n % 4)::uuid, (enum_range(NULL::app.audience))[1 + n % 3],
    CASE n % 2 WHEN 0 THEN 'pat' ELSE 'cole' END, CASE WHEN n % 5 > 0 THEN timestamptz '2020-01-01' + n * interval '1 day' END
FROM generate_series(1, 24) n;

-- no project of its own; replies
CREATE TABLE app.comment (id integer PRIMARY KEY, document integer REFERENCES app.document, reply_to integer REFERENCES app.comment,
    author text, resolved boolean NOT NULL DEFAULT false);
INSERT INTO app.comment SELECT n, n, NULL, CASE n % 2 WHEN 0 THEN 'pat' ELSE 'ada' END FROM generate_series(1, 24) n;
INSERT INTO app.comment SELECT 100 + n, n, n, 'sam' FROM generate_series(1, 12) n;

-- uuid keys; parents of two kinds
CREATE TABLE app.attachment (name text NOT NULL, key uuid PRIMARY KEY DEFAULT gen_random_uuid(), of text NOT NULL, id bigint NOT NULL,
    uploader text);
INSERT INTO app.attachment SELECT 'task ' || n, gen_random_uuid(), 'task', n, 'pat' FROM generate_series(1, 12) n;
INSERT INTO app.attachment SELECT 'document ' || n, gen_random_uuid(), 'document', n, 'pat' FROM generate_series(1, 12) n;
INSERT INTO app.attachment VALUES ('of nothing', gen_random_uuid(), 'dream', 1, 'pat');

-- inheritance
CREATE TABLE app.page (id integer PRIMARY KEY, project uuid, private boolean NOT NULL);
CREATE TABLE app.wiki_page (source text, PRIMARY KEY (id)) INHERITS (app.page);
INSERT INTO app.page SELECT n, ('00000000-0000-0000-0000-00000000000' || 1 + n % 4)::uuid, n % 3 = 0 FROM generate_series(1, 12) n;
INSERT INTO app.wiki_page SELECT n, ('00000000-0000-0000-0000-00000000000' || 1 + n % 4)::uuid, n % 3 = 0, '' FROM generate_series(101, 112) n;

-- of the account
CREATE TABLE app.invoice (id integer PRIMARY KEY, account text NOT NULL);
INSERT INTO app.invoice VALUES (1, 'n'), (2, 'n'), (3, 's');

-- a feature of the application's own
CREATE TABLE app.note (id integer PRIMARY KEY, project uuid, task bigint REFERENCES app."Task List", author text);
INSERT INTO app.note SELECT "Id", "Project", "Id", 'pat' FROM app."Task List" WHERE "Id" <= 24;

GRANT USAGE ON SCHEMA app, "Old Parts" TO regress_app, regress_cole, regress_acme, regress_nobody;
GRANT SELECT ON ALL TABLES IN SCHEMA app, "Old Parts" TO regress_app, regress_cole, regress_acme, regress_nobody;
GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA app, "Old Parts" TO regress_app;
EOSQL
}

sub people_sql
{
	return <<'EOSQL';
SELECT clearance.create_account('North', key => 'n') AS n \gset
SELECT clearance.create_account('South', key => 's') AS s \gset
SELECT clearance.set_account(:n, portal => true, default_external_level => 'restricted');

-- own vocabulary and levels, and built-in ones changed
SELECT clearance.create_feature('note', '{view,post,edit,delete,pin}');
SELECT clearance.create_action('task', 'praise');
SELECT clearance.create_level('auditor', 'vendor', description => 'reads "everything"');
SELECT clearance.allow('auditor', f, 'view', reach => 'account') FROM unnest('{project,task,document}'::text[]) f;
SELECT clearance.create_level('bug hunter', 'partner', based_on => 'moderate');
SELECT clearance.allow('bug hunter', 'task', 'view', kinds => '{bug}');
SELECT clearance.allow('bug hunter', 'task', 'delete', relation => 'own');
SELECT clearance.deny('bug hunter', 'document', 'view');
SELECT clearance.create_level('reader', 'customer');
SELECT clearance.allow('reader', f, 'view') FROM unnest('{project,document}'::text[]) f;
SELECT clearance.deny('moderate', 'document', 'edit');
SELECT clearance.allow('restricted', 'note', 'view');
SELECT clearance.allow(l, 'note', 'view') FROM unnest('{super_user,collaborator,permissive,moderate,"bug hunter"}'::text[]) l;
SELECT clearance.add_gate('note.view', 'task.edit', '{partner}');
SELECT clearance.create_role('Auditor', access_level => 'auditor', account => :n);
SELECT clearance.create_role('Hunter', access_level => 'bug hunter', available_to_partners => true, account => :n);

SELECT clearance.create_partner('Acme', access_level => 'moderate', licence_cap => 5, strategic => true, account => :n) AS acme \gset
SELECT clearance.create_partner('Bolt', roles => '{Hunter}', account => :n) AS bolt \gset
SELECT clearance.create_customer('Cargo', account => :n) AS cargo \gset
SELECT clearance.add_member('ada', roles => '{account_admin}', account => :n) AS ada \gset
SELECT clearance.add_member('sam', roles => '{super_user}', account => :n) AS sam \gset
SELECT clearance.add_member('cole', roles => '{collaborator}', account => :n) AS cole \gset
SELECT clearance.add_member('otto', roles => '{Auditor}', account => :n) AS otto \gset
SELECT clearance.add_member('adele', partner => :acme, partner_admin => true, account => :n) AS adele \gset
SELECT clearance.add_member('pat', 'pat@acme.example', partner => :acme, account => :n) AS pat \gset
SELECT clearance.add_member('idle', partner => :acme, account => :n) AS idle \gset
SELECT clearance.add_member('inga', partner => :acme, status => 'invited', account => :n) AS inga \gset
SELECT clearance.add_member('rex', partner => :bolt, account => :n) AS rex \gset
SELECT clearance.add_member('carla', customer => :cargo, account => :n) AS carla \gset
SELECT clearance.add_member('sue', roles => '{super_user}', account => :s) AS sue \gset
SELECT clearance.disable_member(:idle);
SELECT clearance.switch_on(:pat, 'task', 'delete');
SELECT clearance.switch_on(:rex, 'task', 'praise');

\set one '00000000-0000-0000-0000-000000000001'
\set two '00000000-0000-0000-0000-000000000002'
\set three '00000000-0000-0000-0000-000000000003'
\set far '00000000-0000-0000-0000-000000000004'
SELECT clearance.create_project(:'one', :n, :cole);
SELECT clearance.create_project(:'two', :n);
SELECT clearance.create_project(:'three', :n);
SELECT clearance.create_project(:'far', :s);
SELECT clearance.set_project(:'one', portal => true, client_upload => true);
SELECT clearance.set_project(:'three', open_level => 'bug hunter');
SELECT clearance.set_project_feature(:'two', 'document', false);
SELECT clearance.add_partner_to_project(:'one', :acme);
SELECT clearance.add_partner_to_project(:'two', :acme, 'permissive');
SELECT clearance.add_partner_to_project(:'one', :bolt, starts_at => '2020-01-01', ends_at => '2021-01-01');
SELECT clearance.add_partner_to_project(:'two', :bolt, ends_at => '2999-01-01');
SELECT clearance.add_customer_to_project(:'one', :cargo);
SELECT clearance.add_member_to_project(:'one', :pat);
SELECT clearance.add_member_to_project(:'two', :pat, ends_at => '2020-01-01');
SELECT clearance.add_member_to_project(:'one', :idle);
SELECT clearance.add_member_to_project(:'one', :rex);
SELECT clearance.add_member_to_project(:'one', :carla, 'reader');
SELECT clearance.add_member_to_project(:'two', :rex, source => 'phase 7', through_phase => true);
SELECT clearance.add_member_to_project(:'two', :cole);

SELECT clearance.trust_role('regress_app');
SELECT clearance.map_role('regress_cole', member => :cole);
SELECT clearance.map_role('regress_acme', partner => :acme);
EOSQL
}

sub protect_sql
{
	return <<'EOSQL';
SELECT clearance.protect('app.project', 'project', project => 'id', account => 'account',
    visibility => 'hidden', shared_values => '{false}', owner => 'owner');
SELECT clearance.protect('app."Task List"', 'task', project => 'Project', visibility => 'Is Private?', shared_values => '{false}',
    client_visibility => 'client_visibility', kind => 'kind');
SELECT clearance.relate('app."Task List"', 'assigned', member_column => 'assignee');
SELECT clearance.relate('app."Task List"', 'assigned', member_column => 'member', link => 'app.task_assignee', link_column => 'task_id');
SELECT clearance.relate('app."Task List"', 'followed', member_column => 'watchers');
SELECT clearance.guard_column('app."Task List"', 'Is Private?', 'mark_private');
SELECT clearance.guard_column('app."Task List"', 'title', 'praise', new_value => 'well done');
SELECT clearance.protect('app.document', 'document', project => 'project', visibility => 'audience',
    shared_values => '{partners,everyone}', owner => 'author', published => 'published_at', publish_action => 'edit');
SELECT clearance.guard_column('app.document', 'frozen', 'freeze', new_value => 'true');
SELECT clearance.protect('app.comment', 'document_comment', owner => 'author');
SELECT clearance.add_parent('app.comment', 'document', 'app.document');
SELECT clearance.add_parent('app.comment', 'reply_to', 'app.comment', optional => true);
SELECT clearance.guard_column('app.comment', 'resolved', 'resolve');
SELECT clearance.protect('app.attachment', 'file', owner => 'uploader', key => 'key');
SELECT clearance.add_parent('app.attachment', 'id', 'app."Task List"', type_column => 'of', type_value => 'task');
SELECT clearance.add_parent('app.attachment', 'id', 'app.document', type_column => 'of', type_value => 'document');
SELECT clearance.protect('app.page', 'document', project => 'project', visibility => 'private', shared_values => '{false}');
SELECT clearance.protect('app.invoice', 'invoicing', account => 'account',
    create_action => 'create_invoices', edit_action => 'edit_invoices', delete_action => 'delete_invoices');
SELECT clearance.protect('app.note', 'note', project => 'project', owner => 'author', create_action => 'post');
SELECT clearance.add_parent('app.note', 'task', 'app."Task List"');
SELECT clearance.relate('app.note', 'assigned_task', link => 'app."Task List"', row_column => 'task');

-- a partition that comes later
CREATE TABLE zone.later_tasks PARTITION OF app."Task List" FOR VALUES FROM (201) TO (301);
INSERT INTO app."Task List" ("Id", "Project", "Is Private?", title, assignee)
SELECT 201, '00000000-0000-0000-0000-000000000001', false, 'later', 'pat';
EOSQL
}

# Administration, for what the workspace has none of: an invitation, a logo, a resource with an allocation, a rate, a
# link, a mirrored table with rows about somebody known and somebody who is not yet.
sub administered
{
	return <<'EOSQL';
SELECT id AS acme, account_id AS north FROM clearance.partner WHERE name = 'Acme' \gset
SELECT key AS project FROM clearance.project WHERE account_id = :north ORDER BY key LIMIT 1 \gset
SELECT clearance.update_partner(:acme, logo => '\x89', logo_type => 'image/png', website => 'https://acme.example', owner => id)
FROM clearance.member WHERE key = 'sam';
SELECT clearance.invite_partner_member(:acme, 'ines@acme.example');
SELECT clearance.set_rate(:acme, 'cost', 80, 'EUR', '2030-01-01');
SELECT clearance.set_resource(c.id, s.id), clearance.allocate(:'project', c.id, '2030-01-01', '2030-01-31', 8)
FROM clearance.member c, clearance.member s WHERE c.key = 'cole' AND s.key = 'sam';
INSERT INTO clearance.link SELECT sha256('x'), p.account_id, p.id, m.id, 'y', 'infinity'
FROM clearance.project p, clearance.member m WHERE p.key = :'project' AND m.key = 'carla';
CREATE TABLE app.crew (project text, member text, PRIMARY KEY (project, member));
INSERT INTO app.crew VALUES (:'project', 'otto'), (:'project', 'later');
SELECT clearance.mirror_membership('app.crew', 'project', 'member');
EOSQL
}

1;
