
# Counters are the whole server's: of all sessions and databases, also of those
# that ended, and of parallel workers. They begin anew with the server, and a
# server that does not preload the library has none.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Workspace;

# a crash is to be recovered from
my $node = new_server('main', settings => "shared_preload_libraries = pg_clearance\nrestart_after_crash = on");
build_workspace($node, 'postgres');
$node->safe_psql('postgres', 'CREATE DATABASE other');
$node->safe_psql('other', 'SET client_min_messages = error; CREATE EXTENSION pg_clearance');

#
# What one session counts, another reads, in other databases too; a session that
# ends leaves its counts
#
my $read = q{SELECT count(*) FROM app.page};
my $before = count_of('other', 'statements', 'started');
$node->safe_psql('postgres', "$read;\n" x 3);
is(count_of('other', 'statements', 'started') - $before, 3, 'statements of a session that ended, read in another database');
$node->safe_psql('postgres', $read) for 1 .. 5;
is(count_of('postgres', 'statements', 'started') - $before, 8, 'sessions one after the other add up');

# many sessions at once lose none
my $script = $node->basedir . '/read.sql';
append_to_file($script, "$read;\n");
$before = count_of('postgres', 'statements', 'started');
command_ok([ 'pgbench', '-n', '-c', 8, '-j', 2, '-t', 200, '-f', $script, $node->connstr('postgres') ], 'eight sessions read at once');
is(count_of('postgres', 'statements', 'started') - $before, 1600, 'sessions at once lose no count');

#
# A statement with parallel workers counts as one without; what they ask is counted
# as well
#
my ($alone, $alone_asked) = counted_with(0);
my ($together, $workers_asked) = counted_with(2);
is($together, $alone, 'a statement with parallel workers is one');
cmp_ok($workers_asked, '>', $alone_asked, 'what workers ask is counted');

#
# The server starts: zero, since then. After a crash as well.
#
my $since = since('postgres');
$node->restart;
is(count_of('postgres', 'statements', 'started'), 0, 'a start begins from zero');
is($node->safe_psql('postgres', "SELECT max(since) > '$since' AND max(since) >= pg_postmaster_start_time() - interval '1 minute' FROM clearance.counters"),
	't', 'and says since when');
$node->safe_psql('postgres', $read);
is(count_of('other', 'statements', 'started'), 1, 'and counts');

$since = since('postgres');
my $pid = $node->safe_psql('postgres', 'SELECT pid FROM pg_stat_activity WHERE backend_type = \'background writer\'');
kill 'KILL', $pid;
ok($node->poll_query_until('postgres', "SELECT max(since) > '$since' FROM clearance.counters"), 'a crash begins anew');
is(count_of('postgres', 'statements', 'started'), 0, 'from zero');
$node->safe_psql('postgres', $read);
is(count_of('other', 'statements', 'started'), 1, 'and counts after a crash');

#
# Where the server does not preload the library, the view and the reset say so and
# tell nothing, and everything else works
#
for my $how ('', "session_preload_libraries = 'pg_clearance'")
{
	my $name = $how eq '' ? 'no library is preloaded' : 'each session loads it';
	append_to_file($node->data_dir . '/postgresql.conf', "shared_preload_libraries = ''\n$how\n");
	$node->restart;
	for my $query ('SELECT DISTINCT value, since FROM clearance.counters', 'SELECT clearance.reset_counters(), NULL')
	{
		my ($code, $out, $error) = $node->psql('postgres', $query);
		is("$code $out", '0 |', "$name: $query knows nothing");
		like($error, qr/nothing is counted for the whole server.*Add pg_clearance to shared_preload_libraries/s, "$name: it tells why");
	}
	isnt($node->safe_psql('postgres', $read), '0', "$name: the session works");
}
done_testing();

# statements and questions that reading with so many workers adds
sub counted_with
{
	my ($workers) = @_;
	my @before = map { count_of('postgres', @$_) } [ 'statements', 'started' ], [ 'scopes', 'miss' ];

	$node->safe_psql(
		'postgres', qq{
	SELECT clearance.set_actor(key => 'ada', local => false);
	SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
	SET parallel_leader_participation = off; SET max_parallel_workers_per_gather = $workers;
	SELECT count(title) FROM app."Task List"}, extra_params => [ '-U', 'regress_app' ]);
	return (count_of('postgres', 'statements', 'started') - $before[0], count_of('postgres', 'scopes', 'miss') - $before[1]);
}

sub count_of
{
	my ($database, $name, $code) = @_;
	return $node->safe_psql($database, "SELECT value FROM clearance.counters WHERE (name, code) = ('$name', '$code')");
}

sub since
{
	return $node->safe_psql($_[0], 'SELECT max(since) FROM clearance.counters');
}
