
# A dump holds levels, people, projects and bindings; restored, every member
# sees and may do what it did before, and while it is being restored nobody is
# shown a row too many.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Workspace;

my $node = new_server('main');
my $dir = PostgreSQL::Test::Utils::tempdir();

$node->safe_psql('postgres', 'CREATE DATABASE source');
build_workspace($node, 'source');
$node->safe_psql('source', administered());

# accounts have levels of their own, of one name: rex's partner is given North's
$node->safe_psql('source', <<'EOSQL');
SELECT clearance.create_level('scout', 'partner', based_on => 'bug hunter', account => a.id),
    clearance.set_account(a.id, default_external_level => 'scout') FROM clearance.account a ORDER BY a.key;
SELECT clearance.set_level('scout', jsonb_insert(clearance.level_document('scout', p.account_id), '{grants,0}', '{"action": "invoicing.view"}'), p.account_id),
    clearance.update_partner(p.id, access_level => 'scout') FROM clearance.partner p WHERE p.name = 'Bolt';
EOSQL

# a project is open with several levels, of two audiences
$node->safe_psql('source', q{SELECT clearance.set_project('00000000-0000-0000-0000-000000000003', open_levels => '{"bug hunter",moderate,auditor}')});

# tasks wait for tasks of other projects
$node->safe_psql('source', <<'EOSQL');
CREATE TABLE app.wait (id bigint PRIMARY KEY, task bigint NOT NULL, other bigint NOT NULL);
INSERT INTO app.wait SELECT row_number() OVER (ORDER BY a."Id", b."Id"), a."Id", b."Id"
FROM app."Task List" a JOIN app."Task List" b ON b."Project" <> a."Project" WHERE a."Id" % 7 = 0 AND b."Id" % 5 = 0;
GRANT SELECT ON app.wait TO regress_app;
SELECT clearance.protect('app.wait', 'task', edit_action => 'view'), clearance.add_parent('app.wait', 'task', 'app."Task List"'),
    clearance.add_parent('app.wait', 'other', 'app."Task List"', same_project => false, edit_action => 'edit');
EOSQL
# a role that is somebody by SET ROLE alone
$node->safe_psql('source', q{CREATE ROLE regress_set;
	SELECT clearance.map_role('regress_set', member => id, by_set_role => true) FROM clearance.member WHERE key = 'pat';});
# rows are guarded by their state
$node->safe_psql('source', q{SELECT clearance.guard_row('app.comment', 'resolved', ARRAY['true', NULL], 'resolve', columns => ARRAY['resolved', 'author'])});

my $rows = rows_by_member($node, 'source');
my $waits = waits($node, 'source');
my @logins_rows = rows_by_login($node, 'source');
my $declared = declarations($node, 'source');

# what follows compares with this, so it must not be empty
like($rows, qr/^$_\|/m, "$_ sees rows") foreach qw(ada sam cole otto adele pat rex carla sue);
like($waits, qr/^ada\|[1-9]\d*\|\d+\|[1-9]/m, 'waits are seen, and changed with what the parent asks for');
unlike($rows, qr/^(nobody|idle|inga)\|/m, 'nobody, a disabled and an invited member see none');
like($rows, qr/^sue\|project\|Far\|/m, 'the other account has its own');
like($declared, qr/resolved, author while resolved is true or NULL: document_comment\.resolve/, 'rows are guarded by their state');
like($rows, qr/^rex\|note\|/m, 'a restricted member sees what belongs to its tasks');
is(scalar(grep { /^regress_nobody/ } @logins_rows), 0, 'a login role that is no actor sees none');
foreach my $login (qw(regress_cole regress_acme))
{
	isnt(scalar(grep { /^$login task/ } @logins_rows), 0, "login role $login sees tasks");
}

# a role that was dropped: its number is another's elsewhere
$node->safe_psql('source', q{CREATE ROLE regress_gone;
	SELECT clearance.map_role('regress_gone', member => id) FROM clearance.member WHERE key = 'pat';
	DROP ROLE regress_gone;});

# the audit log, which goes on where it was
my $audit_head = $node->safe_psql('source', 'SELECT clearance.audit_head()');
my $audited = "SELECT count(*) FROM clearance.audit_log WHERE chain::text IN (SELECT jsonb_object_keys('$audit_head'))"
  . " AND seq <= ('$audit_head'::jsonb #>> ARRAY[chain::text, 'seq'])::bigint";
my $lines = $node->safe_psql('source', $audited);
cmp_ok($lines, '>', 50, 'what made the database is audited');

# all at once
dump_source('custom', '--format=custom');
restored('custom', sub { pg_restore($_[0], "$dir/custom") });
dump_source('plain', '--format=plain');
restored('plain', sub { load($_[0], 'plain') });

# by sections, looking in between
restored(
	'sections',
	sub {
		my ($db) = @_;

		foreach my $section (qw(pre-data data post-data))
		{
			pg_restore($db, "--section=$section", "$dir/custom");
			my @shown = rows_by_login($node, $db);
			ok(row_is_in(\@shown, @logins_rows), "after $section no login role is shown a row too many")
			  or diag(scalar(@shown) . ' rows, for example ' . $shown[-1]);
		}
	});

# Configuration tables refer to each other, and pg_restore keeps their order with
# one job only; what follows the data may have several.
restored(
	'jobs',
	sub {
		my ($db) = @_;

		pg_restore($db, '--section=pre-data', '--section=data', "$dir/custom");
		pg_restore($db, '--section=post-data', '--jobs=3', "$dir/custom");
	});

# a schema-only dump takes the application's rows once it has the declarations, and not before
dump_source('schema', '--schema-only');
dump_source('data', '--data-only', '--exclude-schema=clearance');
append_to_file("$dir/declared", $node->safe_psql('source', 'SELECT clearance.export(accounts => true, people => true)'));
$node->safe_psql('postgres', 'CREATE DATABASE baseline');
load('baseline', 'schema');
$node->command_fails_like(psql_of('baseline', 'data'), qr/is not protected as trigger \S+ says/, 'data alone is refused where no declaration is known');
$node->safe_psql('baseline', "SELECT clearance.trust_role('regress_app');\n"
	  . "\\set document `cat $dir/declared`\nSELECT count(*) FROM clearance.import(:'document')");
# pg_dump does not order rows by the foreign keys of partitions
$node->safe_psql('baseline', "SET session_replication_role = replica;\n\\i $dir/data");
is(rows_by_member($node, 'baseline'), $rows, 'where they are, every member sees and may do what it did');

# members cannot dump what they cannot see
foreach my $login (@logins)
{
	$node->command_fails_like([ 'pg_dump', '-U', $login, '-t', 'app.page', '-d', 'source', '-f', "$dir/$login" ],
		qr/query would be affected by row-level security policy for table "page"/, "$login cannot dump the table");
}
$node->command_ok(
	[ 'pg_dump', '-U', 'regress_cole', '-t', 'app.invoice', '-t', 'app.page', '--data-only', '--inserts',
		'--enable-row-security', '-d', 'source', '-f', "$dir/own" ],
	'a member can dump its own rows');
# (a dump of a table leaves out those of its children)
is_deeply(
	[ sort map { /INSERT INTO app\.page VALUES \((\d+)/ ? $1 : () } split /\n/, slurp_file("$dir/own") ],
	[ sort split /\n/, $node->safe_psql('source', 'SELECT id FROM ONLY app.page', extra_params => [ '-U', 'regress_cole' ]) ],
	'and these are the rows that it sees');

$node->stop;
done_testing();

sub dump_source
{
	my ($name, @options) = @_;

	$node->command_ok([ 'pg_dump', @options, '-f', "$dir/$name", '-d', 'source' ], "$name dump is taken");
}

sub psql_of
{
	my ($db, $name) = @_;

	return [ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '--single-transaction', '-d', $db, '-f', "$dir/$name" ];
}

sub load
{
	my ($db, $name) = @_;

	$node->command_ok(psql_of($db, $name), "$db: the $name dump is restored in one transaction");
}

sub pg_restore
{
	my ($db, @arguments) = @_;

	$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $db, @arguments ],
		join(' ', "$db: pg_restore", grep { /^--/ } @arguments));
}

# Restore into a database of its own and compare it with the source.
sub restored
{
	my ($db, $restore) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$restore->($db);
	is($node->safe_psql($db, "SELECT count(*) FROM clearance.verify_audit('$audit_head')"), '0', "$db: the audit log is whole");
	is($node->safe_psql($db, $audited), $lines, "$db: and holds all that was audited");
	is(declarations($node, $db), $declared, "$db: declarations, policies and triggers are the same");
	is(rows_by_member($node, $db), $rows, "$db: every member sees and may do the same");
	is_deeply([ rows_by_login($node, $db) ], \@logins_rows, "$db: so do the mapped login roles");
	is(waits($node, $db), $waits, "$db: so are parents in other projects, and what is asked of them");
	is($node->safe_psql($db, new_rows()), "1|t\n1|t\nt", "$db: what is new gets ids of its own and is registered");
	is($node->safe_psql($db, 'SELECT count(*) FROM clearance.outbox'), '0', "$db: no token is in the dump");
	is($node->safe_psql($db, q{SELECT count(*) FROM clearance.login_role WHERE role::text ~ '^\d'}),
		'0', "$db: nor is the mapping of a role that was dropped");
	is($node->safe_psql($db, "SELECT clearance.add_member('later', account => account_id) > 0 FROM clearance.member WHERE key = 'ada';"
		  . "INSERT INTO app.crew SELECT project, 'cole' FROM app.crew LIMIT 1;"
		  . "SELECT count(*) FROM clearance.project_member WHERE source LIKE 'mirror:%'"),
		"t\n3", "$db: mirrored tables are followed");
	$node->safe_psql($db, 'TRUNCATE app.project CASCADE');
	is($node->safe_psql($db, 'SELECT count(*) FROM clearance.project WHERE has_row'), '0', "$db: projects go with their rows");
	$node->safe_psql('postgres', "DROP DATABASE $db");
}

# Everything that was declared, however it is stored. Versions are of use to one server alone, and
# mail with its tokens is left out of dumps; the audit log says more after a restore, which is audited.
sub declarations
{
	my ($node, $db) = @_;

	return $node->safe_psql($db, <<'EOSQL');
SELECT format('SELECT %L, t::text FROM clearance.%I t WHERE to_jsonb(t) ->> ''built_in'' IS DISTINCT FROM ''true'' ORDER BY t::text COLLATE "C"',
              relname, relname)
FROM pg_class WHERE relnamespace = 'clearance'::regnamespace AND relkind = 'r' AND relname NOT IN ('version', 'version_part', 'outbox', 'audit_log', 'audit_chain') ORDER BY relname COLLATE "C" \gexec
SELECT * FROM clearance.protected_tables ORDER BY "table"::text COLLATE "C";
SELECT * FROM pg_policies ORDER BY schemaname COLLATE "C", tablename COLLATE "C", policyname COLLATE "C";
SELECT tgrelid::regclass, tgname, pg_get_triggerdef(oid), tgenabled FROM pg_trigger
WHERE tgname LIKE '00%' OR tgname LIKE 'clearance%' ORDER BY tgrelid::regclass::text COLLATE "C", tgname COLLATE "C";
SELECT oid::regclass, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relrowsecurity ORDER BY oid::regclass::text COLLATE "C";
EOSQL
}

# The waits that some members see: how many, which, and how many they may change.
sub waits
{
	my ($node, $db) = @_;

	return $node->safe_psql($db, join '', map { <<"EOSQL" } qw(ada cole pat rex carla));
SELECT clearance.set_actor(key => '$_', local => false) AS actor \\gset
SET ROLE regress_app;
SELECT '$_', count(*), sum(id), count(*) FILTER (WHERE clearance.can_row('view', w)) FROM app.wait w;
RESET ROLE;
EOSQL
}

# Inserted by a member, through the application's role.
sub new_rows
{
	return <<'EOSQL';
BEGIN;
SELECT clearance.set_actor(key => 'ada') AS actor \gset
SET ROLE regress_app;
INSERT INTO app.project VALUES ('00000000-0000-0000-0000-0000000000ff', 'n', 'New');
SELECT count(*), bool_and(owner = 'ada') FROM app.project WHERE name = 'New';
INSERT INTO app."Task List" ("Id", "Project", title) VALUES (299, '00000000-0000-0000-0000-0000000000ff', 'new');
SELECT count(*), bool_and(clearance.can_row('edit', t)) FROM app."Task List" t WHERE "Id" = 299;
RESET ROLE;
SELECT clearance.add_member('newcomer', account => m.account_id, partner => clearance.create_partner('New', account => m.account_id))
    > max(x.id) FROM clearance.member m, clearance.member x WHERE m.key = 'ada' GROUP BY m.id;
ROLLBACK;
EOSQL
}
