
# A second database whose tables and permissions come by logical replication, a
# reporting replica. In whatever order it is set up, nobody is shown a row that
# the publisher would not show; what is not known there is an error or no row.
# From when all is copied, rows and the rights to them change together. Where
# clearance.lease is set, permissions of which nothing has been heard for that
# long are refused.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);
use Workspace;

my $seconds = $ENV{CLEARANCE_SECONDS} // 6;
my $settings = "shared_preload_libraries = pg_clearance\nwal_level = logical\njit = off\nmax_worker_processes = 40\n"
  . "max_logical_replication_workers = 30\nmax_replication_slots = 60\nmax_wal_senders = 60\nmax_sync_workers_per_subscription = 6\n"
  . "wal_retrieve_retry_interval = 100ms\nlog_statement = none";
my $publisher = new_server('publisher', settings => $settings, allows_streaming => 'logical');
my $replica = new_server('replica', settings => $settings);
my $origin = $publisher->connstr('postgres') =~ s{'}{}gr;
my @shown = qw(cole pat rex adele carla sue ada);

build_workspace($publisher, 'postgres');
publish($publisher);
$replica->safe_psql('postgres', "CREATE ROLE $_ LOGIN") foreach qw(regress_app regress_cole regress_acme regress_nobody);

my $configuration = $publisher->safe_psql('postgres', 'SELECT clearance.export()');
my $schema = dump_of('--schema-only');
my $plain_tables = dump_of('--schema-only', '--no-privileges', map { "--schema=$_" } 'app', '"Old Parts"', 'zone')
  =~ s/^(?:(?:CREATE|COMMENT ON) POLICY|CREATE (?:CONSTRAINT )?TRIGGER|ALTER TABLE [^;]*(?:ENABLE|FORCE)[^;]*)[^;]*;$//gmr;

# What everybody sees where permissions are kept.
my %permitted = map { $_ => { map { $_ => 1 } keys_seen($publisher, 'postgres', $_) } } @shown;
cmp_ok(scalar keys %{ $permitted{cole} }, '>', 5, 'cole sees rows of the publisher');

#
# Every order of setting up. A step is followed by a look as each member: rows of the publisher, or none, or an error.
#
my %step = (
	extension => 'CREATE EXTENSION pg_clearance',
	tables => $plain_tables,
	# the whole schema: with policies, whose declarations are not there
	schema => $schema,
	declarations => "SELECT count(*) FROM clearance.import(\$configuration\$$configuration\$configuration\$)",
	protect => "SELECT clearance.protect('app.document', 'document', project => 'project', visibility => 'audience',
		shared_values => '{partners,everyone}', owner => 'author', published => 'published_at', publish_action => 'edit')",
	look => "SELECT clearance.trust_role('regress_app'); GRANT USAGE ON SCHEMA app TO regress_app; GRANT SELECT ON app.document TO regress_app",
	trust => "SELECT clearance.trust_role('regress_app'); GRANT USAGE ON SCHEMA app, \"Old Parts\" TO regress_app;
		GRANT SELECT ON ALL TABLES IN SCHEMA app, \"Old Parts\" TO regress_app");
my @orders = (
	[qw(extension tables both declarations trust)],
	[qw(extension tables rows configuration declarations trust)],
	[qw(tables rows extension configuration declarations trust)],
	[qw(extension configuration tables declarations trust rows)],
	[qw(extension tables protect look both declarations trust)],
	[qw(schema trust both declarations)],
	[qw(schema trust rows configuration declarations)]);
foreach my $order (@orders)
{
	my $db = join '_', map { substr $_, 0, 3 } @$order;

	is_deeply([ set_up($db, @$order) ], [], "@$order: at no time is a row shown that is not permitted");
	is(rows_by_member($replica, $db), rows_by_member($publisher, 'postgres'), "@$order: in the end everybody sees and may do the same");
	drop_replica($db);
}

# What is made there by hand, and comes as well, is a conflict: it is not copied until somebody mends it, and closed.
$replica->safe_psql('postgres', 'CREATE DATABASE conflict');
$replica->safe_psql('conflict', $step{$_}) foreach qw(extension tables declarations trust);
subscribe('conflict', 'both');
my @wrong;
for (1 .. 10)
{
	push @wrong, more_than_permitted('conflict');
	usleep(200_000);
}
is_deeply(\@wrong, [], 'levels were made there by hand: no row is shown');
like(error_of('conflict', 'cole'), qr/permissions are not complete here.*Table clearance\.\w+ is not copied yet/s, 'and an error says why');
drop_replica('conflict');

#
# One table is not copied yet: the others without it say something else
#
make_replica('half', sub { hold('half', 'clearance.level_denial') });
my $held = held();
$replica->poll_query_until('half', "SELECT count(*) = 1 FROM pg_subscription_rel WHERE srsubstate <> 'r'") or die 'copying does not go on';
like(error_of('half', 'cole'), qr/permissions are not complete here.*Table clearance\.level_denial is not copied yet/s,
	'denials are not copied yet: that is an error, which says so');
is($replica->safe_psql('half', 'SELECT count(*) > 0 FROM app.document'), 't', 'not for superusers');
my $frozen = session('half', 'pat', 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM pg_class LIMIT 1;');
$held->quit;
wait_for_copies('half');
is(error_of('half', 'cole'), '', 'when they are, rows are shown');
$replica->safe_psql('half', $step{$_}) foreach qw(declarations trust);
is_deeply([ keys_seen($replica, 'half', 'pat') ], [ sort keys %{ $permitted{pat} } ], 'those that are permitted');
$frozen->query('SELECT count(*) FROM app.document');
like($frozen->{stderr}, qr/is not copied yet/, 'but not under a snapshot of the time before');
$frozen->quit;

# a protected table that comes later is as new as its copy, and its rights may not be
$publisher->safe_psql('postgres', "CREATE TABLE app.late (id integer PRIMARY KEY, project uuid);
	INSERT INTO app.late VALUES (1, '00000000-0000-0000-0000-000000000002');
	ALTER PUBLICATION rows ADD TABLE app.late");
$replica->safe_psql('half', "CREATE TABLE app.late (id integer PRIMARY KEY, project uuid); GRANT SELECT ON app.late TO regress_app;
	SELECT clearance.protect('app.late', 'task', project => 'project')");
$held = hold('half', 'app.late');
$replica->safe_psql('half', 'ALTER SUBSCRIPTION half_both REFRESH PUBLICATION');
like(error_of('half', 'cole'), qr/Table app\.late is not copied yet/, 'a protected table is not copied yet: so it is');
$held->quit;
wait_for_copies('half');
is(error_of('half', 'cole'), '', 'when it is, rows are shown');

# nobody looks for circles in what is applied there: the rows of a tree are tested
my $branches = "CREATE TABLE app.branch (id integer PRIMARY KEY, project uuid NOT NULL REFERENCES app.project, above integer REFERENCES app.branch);
	CREATE INDEX ON app.branch (above);
	SELECT clearance.protect('app.branch', 'task', project => 'project');
	SELECT clearance.add_parent('app.branch', 'above', 'app.branch', optional => true);
	GRANT SELECT ON app.branch TO regress_app";
$_->[0]->safe_psql($_->[1], $branches) foreach [ $publisher, 'postgres' ], [ $replica, 'half' ];
$publisher->safe_psql('postgres', 'ALTER PUBLICATION rows ADD TABLE app.branch');
$replica->safe_psql('half', 'ALTER SUBSCRIPTION half_both REFRESH PUBLICATION');
wait_for_copies('half');
$publisher->safe_psql('postgres', "INSERT INTO app.branch SELECT id, '00000000-0000-0000-0000-000000000002', above FROM (VALUES (1, NULL), (2, 1), (3, 3), (4, 3)) v (id, above)");
wait_for_replica();
is($replica->safe_psql('half', 'SELECT count(*) FROM app.branch'), 4, 'a tree and a circle are applied');
is($replica->safe_psql('half', "SELECT clearance.set_actor(key => 'ada', local => false) > 0 AS a \\gset\nSELECT string_agg(id::text, ',') FROM app.branch",
		extra_params => [ '-U', 'regress_app' ]), '1,2', 'an account admin sees the tree alone');

#
# It is not administered there, but for what is of each database alone
#
foreach my $change (
	"SELECT clearance.add_member_to_project('00000000-0000-0000-0000-000000000001', id) FROM clearance.member WHERE key = 'rex'",
	"SELECT clearance.allow('restricted', 'task', 'delete')",
	"SELECT clearance.create_account('Here')",
	"DELETE FROM clearance.member_switch",
	"TRUNCATE clearance.level_denial",
	"SELECT clearance.renew_lease()")
{
	my ($rc, $out, $err) = $replica->psql('half', $change);
	like($err, qr/permissions of this database are kept in another one.*A subscription brings table clearance\.\w+\./s, "refused there: $change");
}
$replica->safe_psql('half', "SELECT clearance.map_role('regress_cole', member => id) FROM clearance.member WHERE key = 'cole';
	GRANT USAGE ON SCHEMA app TO regress_cole; GRANT SELECT ON app.document TO regress_cole;
	SELECT clearance.unprotect('app.late'); SELECT clearance.unprotect('app.branch')");
is($replica->safe_psql('half', 'SELECT count(*) FROM app.document', extra_params => [ '-U', 'regress_cole' ]),
	$publisher->safe_psql('postgres', 'SELECT count(*) FROM app.document', extra_params => [ '-U', 'regress_cole' ]),
	'logins are mapped, and tables declared, in each database');

#
# Changes: of every kind, in sessions that are open; each leaves a line in the log there
#
my %open = map { $_ => session('half', $_, 'SET plan_cache_mode = force_generic_plan; PREPARE tasks AS SELECT count(*) FROM app."Task List" WHERE title LIKE $1;') } qw(cole pat adele);
my ($two, $three) = map { "'00000000-0000-0000-0000-00000000000$_'" } 2, 3;
foreach my $change (
	[ "remove_member_from_project($two, id) FROM clearance.member WHERE key = 'cole'", 'fewer', 'cole' ],
	[ "add_member_to_project($two, id) FROM clearance.member WHERE key = 'cole'", 'more', 'cole' ],
	[ "disable_member(id) FROM clearance.member WHERE key = 'pat'", 'fewer', 'pat' ],
	[ "enable_member(id) FROM clearance.member WHERE key = 'pat'", 'more', 'pat' ],
	[ "disable_partner(id) FROM clearance.partner WHERE name = 'Acme'", 'fewer', 'pat', 'adele' ],
	[ "enable_partner(id) FROM clearance.partner WHERE name = 'Acme'", 'more', 'pat', 'adele' ],
	[ "deny('permissive', 'task', 'view')", 'fewer', 'adele' ],
	[ "allow('permissive', 'task', 'view')", 'more', 'adele' ],
	[ "deny('collaborator', 'task', 'view')", 'fewer', 'cole' ],
	[ "allow('collaborator', 'task', 'view')", 'more', 'cole' ],
	[ "set_project($two, archived => true)", 'fewer', 'cole', 'adele' ],
	[ "set_project($two, archived => false)", 'more', 'cole', 'adele' ],
	[ "set_project_feature($two, 'task', false)", 'fewer', 'cole', 'adele' ],
	[ "set_project_feature($two, 'task', true)", 'more', 'cole', 'adele' ],
	[ "set_project($three, open_levels => '{auditor,\"bug hunter\"}')", 'more', 'cole' ],
	[ "set_project($three, open_level => 'bug hunter')", 'fewer', 'cole' ],
	[ "set_account(id, active => false) FROM clearance.account WHERE key = 'n'", 'fewer', 'cole', 'pat', 'adele' ],
	[ "set_account(id, active => true) FROM clearance.account WHERE key = 'n'", 'more', 'cole', 'pat', 'adele' ])
{
	my ($call, $direction, @whose) = @$change;
	my %last = map { $_ => tasks($_) } keys %open;
	my $lines = $replica->safe_psql('half', 'SELECT count(*) FROM clearance.audit_log');
	@wrong = ();
	$publisher->safe_psql('postgres', "SELECT clearance.$call");
	wait_for_replica();
	foreach my $member (sort keys %open)
	{
		my $now = tasks($member);
		my $here = $publisher->safe_psql('postgres', qq{SELECT clearance.set_actor(key => '$member', local => false) AS a \\gset\nSELECT count(*) FROM app."Task List"},
			extra_params => [ '-U', 'regress_app' ]);
		push @wrong, "$member sees $now, at the publisher $here" if $now != $here;
		push @wrong, "$member sees $now after $last{$member}" if (grep { $_ eq $member } @whose) && ($now <=> $last{$member}) != { fewer => -1, more => 1 }->{$direction};
	}
	is_deeply(\@wrong, [], "in force in the next statement: $call");
	cmp_ok($replica->safe_psql('half', 'SELECT count(*) FROM clearance.audit_log'), '>', $lines, 'and the log there has a line of it');
}
is($replica->safe_psql('half', 'SELECT count(*) FROM clearance.verify_audit()'), 0, 'its chains are whole');
$_->quit foreach values %open;

#
# Rows and rights change together: one transaction takes a right and writes a row, or gives one and takes the row
#
my $look = q{SELECT test.same(t.sees, (SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM app.canary)) FROM test.truth t};
add_canary();
my ($err, $out) = ('', '');
my $churn = IPC::Run::start([ 'psql', '-XAtq', '-d', $origin, '-c', "CALL test.churn('$seconds s')" ], '<', \undef, '>', \my $ignored, '2>', \my $changes);
append_to_file($replica->basedir . '/look.sql', "$look;\n");
IPC::Run::run([ 'pgbench', '-n', '-M', 'prepared', '-c', 3, '-T', $seconds, '--rate', 400, '-f', $replica->basedir . '/look.sql', $replica->connstr('half') . ' user=regress_cole' ],
	'<', \undef, '>', \$out, '2>', \$err);
$churn->finish;
is(join("\n", grep { /error|sees/ } split /\n/, $err), '', 'while rights and rows change, each statement there is right for one moment');
cmp_ok($out =~ /actually processed: (\d+)/ ? $1 : 0, '>', 100, 'statements were run');
cmp_ok($changes =~ /(\d+) changes/ ? $1 : 0, '>', 20, 'permissions changed meanwhile');

#
# A lease: how old permissions may be. Without one, what is known is used.
#
my $renew = sub { my $at = $publisher->safe_psql('postgres', 'SELECT clearance.renew_lease()'); wait_for_replica() if !@_; $at };
is(error_of('half', 'cole'), '', 'no lease is asked for: rows are shown');
$replica->safe_psql('postgres', "ALTER DATABASE half SET clearance.lease = '6s'");
like(error_of('half', 'cole'), qr/permissions known here may be too old.*No lease has come/s, 'one is asked for, and none has come: refused');
is($replica->safe_psql('half', 'SELECT count(*) > 0 FROM app.document'), 't', 'not for superusers');
$renew->();
is(error_of('half', 'cole'), '', 'renewed: rows are shown');
my $waiting = session('half', 'cole');
my ($rc, $nothing, $denied) = $replica->psql('half', "SET clearance.lease = 0", extra_params => [ '-U', 'regress_app' ]);
like($denied, qr/permission denied to set parameter "clearance\.lease"/, 'nobody but superusers does without it');
sleep 7;
like(error_of('half', 'cole'), qr/may be too old.*was renewed at .* ended after 6 s/s, 'it ends without a renewal');
$waiting->query('SELECT count(*) FROM app.document');
like($waiting->{stderr}, qr/may be too old/, 'in sessions that are open, too');
$waiting->quit;
$renew->();
is(error_of('half', 'cole'), '', 'renewed: rows are shown again');

$replica->safe_psql('half', 'ALTER SUBSCRIPTION half_both DISABLE');
$replica->poll_query_until('half', 'SELECT count(*) = 0 FROM pg_stat_subscription WHERE pid IS NOT NULL') or die 'the worker stays';
$publisher->safe_psql('postgres', "SELECT clearance.disable_member(id) FROM clearance.member WHERE key = 'cole'");
sleep 7;
$renew->('it does not come');
like(error_of('half', 'cole'), qr/may be too old/, 'the subscription is disabled: the lease ends');
$replica->safe_psql('half', 'ALTER SUBSCRIPTION half_both ENABLE');
wait_for_replica();
$renew->();
is($replica->safe_psql('half', "SELECT clearance.set_actor(key => 'cole', local => false) > 0 AS a \\gset\nSELECT count(*) FROM app.document", extra_params => [ '-U', 'regress_app' ]),
	0, 'enabled: what was taken away meanwhile is taken away before the lease is renewed');
$publisher->safe_psql('postgres', "SELECT clearance.enable_member(id) FROM clearance.member WHERE key = 'cole'");

# a conflict stops it
$replica->safe_psql('half', "SET session_replication_role = replica; INSERT INTO clearance.account (id, name, key) VALUES (4711, 'Conflict', 'conflict')");
$publisher->safe_psql('postgres', "SET session_replication_role = replica; INSERT INTO clearance.account (id, name, key) VALUES (4711, 'Conflict', 'conflict')");
sleep 7;
$renew->('it does not come');
like(error_of('half', 'pat'), qr/may be too old/, 'a conflict stops it: the lease ends');
$replica->safe_psql('half', "SET session_replication_role = replica; DELETE FROM clearance.account WHERE id = 4711");
wait_for_replica();
$renew->();
is(error_of('half', 'pat'), '', 'the conflict is mended: rows are shown again');

# who owns the subscription must be bound by no row security: else nothing is applied. PostgreSQL 16 wants passwords of
# such owners, and has them take the role of the table's owner.
$replica->safe_psql('half', 'ALTER SUBSCRIPTION half_both SET (password_required = false)') if $replica->pg_version >= 16;
$replica->safe_psql('half', "CREATE ROLE regress_applies SUPERUSER LOGIN; ALTER SUBSCRIPTION half_both OWNER TO regress_applies; ALTER ROLE regress_applies NOSUPERUSER");
my $offset = -s $replica->logfile;
$publisher->safe_psql('postgres', "UPDATE app.document SET author = author WHERE id = 1");
sleep 7;
$renew->('it does not come');
like(slurp_file($replica->logfile, $offset), qr/row-level security enabled|permission denied|cannot SET ROLE/, 'a subscription whose owner is bound by row security applies nothing');
like(error_of('half', 'pat'), qr/may be too old/, 'and the lease ends');
$replica->safe_psql('half', "ALTER ROLE regress_applies SUPERUSER");
wait_for_replica();
$renew->();
is(error_of('half', 'pat'), '', 'a superuser applies it: rows are shown again');

# a clock that is ahead would make it last
$publisher->safe_psql('postgres', "UPDATE clearance.lease SET renewed_at = now() + interval '1 hour'");
wait_for_replica();
like(error_of('half', 'pat'), qr/may be too old.*is to come/s, 'a lease of the future is none');
$renew->();

# the subscription goes, what it brought stays: as old as it is
$replica->safe_psql('half', 'DROP SUBSCRIPTION half_both');
is(error_of('half', 'pat'), '', 'the subscription is dropped: the lease goes on');
sleep 7;
like(error_of('half', 'pat'), qr/may be too old/, 'and ends');
$replica->safe_psql('half', 'SELECT clearance.renew_lease()');
sleep 7;
is(error_of('half', 'pat'), '', 'permissions are kept here from when the lease is renewed here; then none is asked for');
$replica->safe_psql('half', "SELECT clearance.disable_member(id) FROM clearance.member WHERE key = 'pat'");
is($replica->safe_psql('half', "SELECT clearance.set_actor(key => 'pat', local => false) > 0 AS a \\gset\nSELECT count(*) FROM app.document", extra_params => [ '-U', 'regress_app' ]),
	0, 'and they are administered here');

#
# A part of the tables is as good as none
#
$publisher->safe_psql('postgres', "SELECT clearance.publish_configuration('part'); ALTER PUBLICATION part DROP TABLE clearance.level_denial;
	ALTER PUBLICATION part ADD TABLE app.document, app.project");
make_replica('part', undef, 'part');
wait_for_copies('part');
like(error_of('part', 'cole'), qr/No subscription brings table clearance\.level_denial/, 'one table is missing: refused');
$publisher->safe_psql('postgres', "SELECT clearance.publish_configuration('part')");
$replica->safe_psql('part', 'ALTER SUBSCRIPTION part_both REFRESH PUBLICATION');
wait_for_copies('part');
is(error_of('part', 'cole'), '', 'it comes: rows are shown');
$publisher->safe_psql('postgres', "ALTER PUBLICATION part ADD TABLE clearance.binding_guard");
$replica->safe_psql('part', 'ALTER SUBSCRIPTION part_both REFRESH PUBLICATION');
like(error_of('part', 'cole'), qr/Table clearance\.binding_guard is of each database alone/, 'declarations of another database: refused');

#
# A streaming standby: the lease is as old as what it has replayed
#
$publisher->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($publisher, 'base', has_streaming => 1);
$standby->append_conf('postgresql.conf', "clearance.lease = '6s'");
$standby->start;
$publisher->safe_psql('postgres', 'SELECT clearance.renew_lease()');
$publisher->wait_for_catchup($standby, 'replay');
my $documents = "SELECT clearance.set_actor(key => 'ada', local => false) > 0 AS a \\gset\nSELECT count(*) > 0 FROM app.document";
is($standby->safe_psql('postgres', $documents, extra_params => [ '-U', 'regress_app' ]), 't', 'standby: the lease is new, rows are shown');
sleep 7;
my ($failed, $seen, $refused) = $standby->psql('postgres', $documents, extra_params => [ '-U', 'regress_app' ]);
like($refused, qr/may be too old/, 'standby: it ends');
is($publisher->safe_psql('postgres', "SET clearance.lease = '1s'; SET SESSION AUTHORIZATION regress_app; $documents"), 't',
	'where permissions are kept none is asked for');
$standby->promote;
is($standby->safe_psql('postgres', $documents, extra_params => [ '-U', 'regress_app' ]), 't', 'promoted: permissions are kept here');
$standby->stop;

$replica->stop('immediate');
$publisher->stop('immediate');
done_testing();

# ---- replicas --------------------------------------------------------------------------------------

sub publish
{
	my ($node) = @_;

	$node->safe_psql('postgres', q{
		SELECT clearance.publish_configuration('configuration');
		CREATE PUBLICATION rows WITH (publish_via_partition_root = false);
		SELECT format('ALTER PUBLICATION rows ADD TABLE ONLY %s', c.oid::regclass) FROM pg_class c
		WHERE c.relnamespace IN ('app'::regnamespace, '"Old Parts"'::regnamespace, 'zone'::regnamespace) AND c.relkind = 'r' \gexec});
}

sub dump_of
{
	my $file = $publisher->basedir . '/dump.sql';

	$publisher->command_ok([ 'pg_dump', '-d', $origin, '-f', $file, '--no-owner', '--no-publications', '--no-subscriptions', @_ ], "pg_dump @_");
	return slurp_file($file);
}

# A subscription of this database to publications: what it brings is its name.
sub subscribe
{
	my ($db, $what, $publications) = @_;

	$publications //= $what eq 'both' ? 'configuration, rows' : $what;
	$replica->safe_psql($db, "CREATE SUBSCRIPTION ${db}_$what CONNECTION '$origin' PUBLICATION $publications");
}

sub make_replica
{
	my ($db, $before, $publications) = @_;

	$replica->safe_psql('postgres', "CREATE DATABASE $db");
	$replica->safe_psql($db, $step{$_}) foreach qw(extension tables protect look);
	$before->() if $before;
	subscribe($db, 'both', $publications);
}

# Step after step, each followed by a look as each member: what was seen beyond what is permitted.
sub set_up
{
	my ($db, @steps) = @_;
	my @wrong;

	$replica->safe_psql('postgres', "CREATE DATABASE $db");
	foreach my $step (@steps)
	{
		if ($step{$step})
		{
			$replica->safe_psql($db, $step{$step});
		}
		else
		{
			subscribe($db, $step);
			wait_for_copies($db, sub { push @wrong, map { "while $step comes: $_" } more_than_permitted($db) });
		}
		push @wrong, map { "after $step: $_" } more_than_permitted($db);
	}
	return @wrong;
}

sub drop_replica
{
	my ($db) = @_;

	$replica->safe_psql($db, "SELECT format('DROP SUBSCRIPTION %I', subname) FROM pg_subscription WHERE subname LIKE '$db%' \\gexec");
	$replica->safe_psql('postgres', "DROP DATABASE $db");
}

# Until all tables are copied; what is to be done meanwhile is done at least once.
sub wait_for_copies
{
	my ($db, $meanwhile) = @_;
	my $until = time + 60;

	while (time < $until)
	{
		my $left = $replica->safe_psql($db, "SELECT count(*) FROM pg_subscription_rel WHERE srsubstate <> 'r'");
		$meanwhile->() if $meanwhile;
		return if $left == 0;
		usleep(50_000);
	}
	die "tables of $db are not copied: " . $replica->safe_psql($db, "SELECT string_agg(srrelid::regclass || ' ' || srsubstate::text, ', ') FROM pg_subscription_rel WHERE srsubstate <> 'r'");
}

sub wait_for_replica
{
	$publisher->wait_for_catchup('half_both');
}

# A session that locks a table, so that it is not copied.
my $holder;

sub hold
{
	my ($db, $table) = @_;

	$holder = $replica->background_psql($db);
	$holder->query_safe("BEGIN; LOCK TABLE $table IN SHARE MODE");
	return $holder;
}

sub held
{
	return $holder;
}

# ---- looks -----------------------------------------------------------------------------------------

# The rows that a member sees, or those before an error, as table and key.
sub keys_seen
{
	my ($node, $db, $member) = @_;
	my $sql = "SELECT clearance.set_actor(key => '$member', local => false) AS actor \\gset\n"
	  . qq{SELECT 'task ' || "Id" FROM app."Task List";\nSELECT 'document ' || id FROM app.document;\nSELECT 'project ' || id FROM app.project;\n}
	  . qq{SELECT 'invoice ' || id FROM app.invoice;\nSELECT 'comment ' || id FROM app.comment;\nSELECT 'page ' || id FROM app.page;\n};
	my ($rc, $out) = $node->psql($db, $sql, on_error_stop => 0, extra_params => [ '-U', 'regress_app' ]);

	return sort split /\n/, $out;
}

sub more_than_permitted
{
	my ($db) = @_;
	my @more;

	foreach my $member (@shown)
	{
		push @more, map { "$member sees $_" } grep { !$permitted{$member}{$_} } keys_seen($replica, $db, $member);
	}
	my ($rc, $out) = $replica->psql($db, 'SELECT count(*) FROM app.document HAVING count(*) > 0', extra_params => [ '-U', 'regress_app' ]);
	push @more, 'nobody sees documents' if $out ne '';
	return @more;
}

sub session
{
	my ($db, $member, $sql) = @_;
	my $session = $replica->background_psql($db, on_error_stop => 0, extra_params => [ '-U', 'regress_app' ]);

	$session->query_safe("SELECT FROM clearance.set_actor(key => '$member', local => false); " . ($sql // ''));
	return $session;
}

sub tasks
{
	my ($member) = @_;

	return $open{$member}->query_safe("EXECUTE tasks ('%')");
}

# The error that a member meets who reads, or none.
sub error_of
{
	my ($db, $member) = @_;
	my ($rc, $out, $err) = $replica->psql($db,
		"SELECT clearance.set_actor(key => '$member', local => false) AS actor \\gset\nSELECT count(*) FROM app.document HAVING count(*) = 0",
		extra_params => [ '-U', 'regress_app' ]);

	return $out eq '' ? $err : 'no row is seen';
}

# ---- a row that must not be seen without its right --------------------------------------------------

sub add_canary
{
	my $tables = <<'EOSQL';
	CREATE SCHEMA test;
	CREATE TABLE test.truth (alone boolean PRIMARY KEY, open boolean, sees bigint[]);
	CREATE TABLE app.canary (id bigint PRIMARY KEY, project uuid);
	GRANT USAGE ON SCHEMA test, app TO PUBLIC;
	GRANT SELECT ON app.canary, test.truth TO PUBLIC;
	SELECT clearance.protect('app.canary', 'task', project => 'project');
EOSQL
	$publisher->safe_psql('postgres', "INSERT INTO app.project (id, account, name) VALUES ('00000000-0000-0000-0000-00000000c01e', 'n', 'Canary')");
	wait_for_replica();
	$publisher->safe_psql('postgres', $tables . <<'EOSQL');
	INSERT INTO test.truth VALUES (true, false, '{}');
	CREATE PROCEDURE test.churn(lasts interval) LANGUAGE plpgsql AS $$
	DECLARE
		ends timestamptz := clock_timestamp() + lasts;
		n integer := 0;
		cole bigint := (SELECT m.id FROM clearance.member m WHERE m.key = 'cole');
	BEGIN
		WHILE clock_timestamp() < ends LOOP
			n := n + 1;
			DELETE FROM app.canary;
			IF n % 2 = 1 THEN
				PERFORM clearance.add_member_to_project('00000000-0000-0000-0000-00000000c01e', cole);
				INSERT INTO app.canary VALUES (n, '00000000-0000-0000-0000-00000000c01e');
			ELSE
				INSERT INTO app.canary VALUES (n, '00000000-0000-0000-0000-00000000c01e');
				PERFORM clearance.remove_member_from_project('00000000-0000-0000-0000-00000000c01e', cole);
			END IF;
			UPDATE test.truth SET open = n % 2 = 1, sees = CASE n % 2 WHEN 1 THEN ARRAY[n::bigint] ELSE '{}' END;
			COMMIT;
			PERFORM pg_sleep(0.01);
		END LOOP;
		RAISE NOTICE '% changes', n;
	END $$;
	ALTER PUBLICATION rows ADD TABLE test.truth, app.canary;
EOSQL
	$replica->safe_psql('half', $tables . <<'EOSQL');
	CREATE FUNCTION test.same(due bigint[], seen bigint[]) RETURNS integer LANGUAGE plpgsql AS $$
	BEGIN
		IF due IS DISTINCT FROM seen THEN
			RAISE EXCEPTION 'cole sees %, is to see %', seen, due;
		END IF;
		RETURN cardinality(seen);
	END $$;
	ALTER SUBSCRIPTION half_both REFRESH PUBLICATION;
EOSQL
	wait_for_copies('half');
}
