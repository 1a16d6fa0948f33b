
# Two streaming standbys share the reads of a primary on which permissions
# change all the time. Each statement is right for one moment: the rights that
# judge the rows are as old as the rows, on whichever server, however far its
# replay is. So one transaction takes a right and writes a row, or gives one and
# deletes the row, and writes down in a table that everybody reads what each
# actor is to see from then on. A statement reads both, and they must be equal:
# one more would be an older right than its row, one less a newer one.

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

my $seconds = $ENV{CLEARANCE_SECONDS} // 8;
my $one = q{'00000000-0000-0000-0000-000000000001'};

my $primary = new_server('primary', allows_streaming => 1, settings => join "\n",
	'shared_preload_libraries = pg_clearance', 'max_connections = 60', 'jit = off', 'wal_keep_size = 512MB', 'log_statement = none');
build_workspace($primary, 'postgres');
add_canaries();
$primary->backup('base');
# what is still seen on the first is not cleaned away on the primary; the second waits with what would be
my $first = standby('first', $primary, 'hot_standby_feedback = on');
my $second = standby('second', $primary, 'hot_standby_feedback = off', 'max_standby_streaming_delay = -1', "recovery_min_apply_delay = '150ms'");
my @standbys = ($first, $second);

# What an actor sees, beside what it is to see: one statement, one snapshot.
my $seen = q{(SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM app.canary)};
my %look = map { $_ => "SELECT test.same('$_', t.sees, $seen) FROM test.truth t WHERE t.actor = '$_';\n" } qw(cole pat rex);

# Scripts of pgbench: who logs in, and what it does.
my %script = (
	'a mapped login' => [ 'regress_cole', $look{cole} ],
	'set_actor in a transaction' => [ 'regress_app', "BEGIN; SELECT FROM clearance.set_actor(key => 'pat'); $look{pat} $look{pat} COMMIT;" ],
	'REPEATABLE READ' => [ 'regress_app', "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM clearance.set_actor(key => 'rex'); $look{rex} $look{rex} COMMIT;" ],
	'actors in turn' => [ 'regress_app', join '', map { "SELECT FROM clearance.set_actor(key => '$_', local => false); $look{$_}" } sort keys %look ]);

#
# A check that finds nothing proves nothing: both directions are found
#
foreach my $lie ([ 'an older right', "array_remove(sees, sees[1])" ], [ 'a newer right', 'sees || 0::bigint' ])
{
	my ($what, $sees) = @$lie;
	my $wrong = $look{cole} =~ s/t\.sees/$sees/r;
	my ($rc, $out, $err) = $primary->psql('postgres', $wrong, extra_params => [ '-U', 'regress_cole' ]);

	like($err, qr/cole sees/, "$what would be found");
}

#
# Reads on both, while permissions change; each standby at a replay position of its own
#
run_churn('both standbys', $primary, $first, $second);
wait_for_both($primary);
alternate('one client reads alternately from both');

#
# One of them stands still: it shows old rows by old rights, the other new ones by new
#
sql($primary, "CALL test.open('cole', true)");
wait_for_both($primary);
$second->safe_psql('postgres', 'SELECT pg_wal_replay_pause()');
$second->poll_query_until('postgres', "SELECT pg_get_wal_replay_pause_state() = 'paused'") or die 'replay does not pause';
sql($primary, "CALL test.open('cole', false)");
sql($primary, "INSERT INTO app.canary (project, label) SELECT project, 'later' FROM test.truth WHERE actor = 'cole'");
$primary->wait_for_catchup($first, 'replay');
is(look_at($first, 'cole'), 'closed, sees nothing', 'what was taken away is gone on the standby that goes on, with the row that came later');
like(look_at($second, 'cole'), qr/^open, sees \d+$/, 'on the one that stands still, the right is there with the rows of its time');
is(later($second), 'none', 'and no row that came later is seen by it');
alternate('one client reads alternately from both, one of which stands still', 20);
$second->safe_psql('postgres', 'SELECT pg_wal_replay_resume()');
wait_for_both($primary);
is(look_at($second, 'cole'), 'closed, sees nothing', 'when it goes on, it is gone there too');
is(later($second), 'none', 'with the row that came later');

#
# The primary goes in the middle of it; the first standby takes its place, the second follows that one
#
my $run = start_reading('on the first, which is promoted', $first, 3 * $seconds);
my $other = start_reading('on the second, which changes its primary', $second, 3 * $seconds);
my $churn = start_churn($primary, 1000);
usleep($seconds * 500_000);
$primary->stop('immediate');
$churn->{run}->finish;
$first->promote;
$second->enable_streaming($first);
$second->reload;
usleep($seconds * 250_000);
my $again = start_churn($first, $seconds);
stop_churn($again, 'the promoted server');
stop_reading($run);
stop_reading($other);
wait_for_both($first);
@standbys = ($first, $second);
alternate('one client reads alternately from the new primary and its standby');
wait_for_both($first);
is(rows_by_member($second, 'postgres'), rows_by_member($first, 'postgres'), 'every member sees and may do the same on both');

#
# A pooler that splits reads. Who acts must be said on a road that reaches each server.
#
SKIP:
{
	skip 'pgpool is not installed', 1 unless `which pgpool 2>/dev/null`;
	subtest 'pgpool splits reads' => \&through_pgpool;
}

$_->stop foreach $second, $first;
done_testing();

# ---- the workspace ---------------------------------------------------------------------------------

# Three actors, each with a project that nobody else has: cole loses and gets his membership, pat her
# standing, rex with the participation of his company.
sub add_canaries
{
	sql($primary, <<'EOSQL');
	CREATE SCHEMA test;
	CREATE TABLE test.truth (actor text PRIMARY KEY, project uuid, open boolean, sees bigint[]);
	INSERT INTO test.truth VALUES ('cole', '00000000-0000-0000-0000-00000000c01e', true, '{}'),
		('pat', '00000000-0000-0000-0000-000000000fa7', true, '{}'), ('rex', '00000000-0000-0000-0000-0000000004e8', true, '{}');
	INSERT INTO app.project (id, account, name) SELECT project, 'n', actor FROM test.truth;
	SELECT clearance.add_member_to_project(t.project, m.id) FROM test.truth t JOIN clearance.member m ON m.key = t.actor WHERE t.actor = 'cole';
	SELECT clearance.add_partner_to_project(t.project, m.partner_id), clearance.add_member_to_project(t.project, m.id)
	FROM test.truth t JOIN clearance.member m ON m.key = t.actor WHERE t.actor IN ('pat', 'rex');
	SELECT clearance.create_feature('canary');
	SELECT clearance.allow(l, 'canary', 'view') FROM unnest('{collaborator,permissive,moderate,restricted,"bug hunter"}'::text[]) l;
	CREATE TABLE app.canary (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, project uuid, label text);
	CREATE INDEX ON app.canary (project);
	GRANT SELECT ON app.canary, test.truth TO PUBLIC;
	GRANT USAGE ON SCHEMA app, test TO PUBLIC;
	SELECT clearance.protect('app.canary', 'canary', project => 'project');

	CREATE FUNCTION test.same(actor text, due bigint[], seen bigint[]) RETURNS integer LANGUAGE plpgsql AS $$
	BEGIN
		IF due IS DISTINCT FROM seen THEN
			RAISE EXCEPTION '% sees %, is to see %', actor, seen, due;
		END IF;
		RETURN cardinality(seen);
	END $$;

	-- One transaction: the right is given or taken, rows of the time before go, one comes.
	CREATE PROCEDURE test.open(who text, opens boolean) LANGUAGE plpgsql AS $$
	DECLARE
		it test.truth;
		id bigint;
		person clearance.member;
	BEGIN
		SELECT * INTO it FROM test.truth t WHERE t.actor = who FOR UPDATE;
		SELECT * INTO person FROM clearance.member m WHERE m.key = who;
		IF random() < 0.5 THEN
			DELETE FROM app.canary c WHERE c.project = it.project;
			INSERT INTO app.canary (project, label) VALUES (it.project, CASE WHEN opens THEN 'open' ELSE 'closed' END) RETURNING canary.id INTO id;
		END IF;
		IF it.open <> opens THEN
			CASE who
				WHEN 'cole' THEN
					IF opens THEN PERFORM clearance.add_member_to_project(it.project, person.id);
					ELSE PERFORM clearance.remove_member_from_project(it.project, person.id); END IF;
				WHEN 'pat' THEN
					IF opens THEN PERFORM clearance.enable_member(person.id);
					ELSE PERFORM clearance.disable_member(person.id); END IF;
				ELSE
					IF opens THEN PERFORM clearance.add_partner_to_project(it.project, person.partner_id), clearance.add_member_to_project(it.project, person.id);
					ELSE PERFORM clearance.remove_partner_from_project(it.project, person.partner_id); END IF;
			END CASE;
		END IF;
		IF id IS NULL THEN
			DELETE FROM app.canary c WHERE c.project = it.project;
			INSERT INTO app.canary (project, label) VALUES (it.project, CASE WHEN opens THEN 'open' ELSE 'closed' END) RETURNING canary.id INTO id;
		END IF;
		UPDATE test.truth t SET open = opens, sees = CASE WHEN opens THEN ARRAY[id] ELSE '{}' END WHERE t.actor = who;
	END $$;

	-- Some changes in a transaction of their own each, and now and then one that is rolled back.
	CREATE PROCEDURE test.churn(lasts interval) LANGUAGE plpgsql AS $$
	DECLARE
		ends timestamptz := clock_timestamp() + lasts;
		n integer := 0;
		who text;
		opens boolean;
	BEGIN
		WHILE clock_timestamp() < ends LOOP
			n := n + 1;
			who := (ARRAY['cole', 'pat', 'rex'])[1 + n % 3];
			SELECT NOT t.open INTO opens FROM test.truth t WHERE t.actor = who;
			CALL test.open(who, opens);
			IF n % 7 = 0 THEN ROLLBACK; ELSE COMMIT; END IF;
			PERFORM pg_sleep(0.01);
		END LOOP;
		RAISE NOTICE '% changes', n;
	END $$;
	CALL test.open('cole', true); CALL test.open('pat', true); CALL test.open('rex', true);
EOSQL
}

sub standby
{
	my ($name, $from, @settings) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init_from_backup($from, 'base', has_streaming => 1);
	$node->append_conf('postgresql.conf', join "\n", @settings, '');
	$node->start;
	return $node;
}

sub sql
{
	my ($node, $sql) = @_;

	return $node->safe_psql('postgres', $sql);
}

# ---- reads under churn -----------------------------------------------------------------------------

sub run_churn
{
	my ($what, $from, @nodes) = @_;
	my $churn = start_churn($from, $seconds);
	my @reading = map { start_reading("$what: on the " . $_->name, $_, $seconds) } @nodes;

	stop_reading($_) foreach @reading;
	stop_churn($churn, $what);
}

# Changes on a server for some seconds, in the background.
sub start_churn
{
	my ($node, $lasts) = @_;
	my %churn = (err => '');

	$churn{run} = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', "CALL test.churn('$lasts s')" ],
		'<', \undef, '>', \my $out, '2>', \$churn{err});
	return \%churn;
}

sub stop_churn
{
	my ($churn, $what) = @_;

	$churn->{run}->finish;
	my ($changes) = $churn->{err} =~ /(\d+) changes/;
	cmp_ok($changes // 0, '>', 20, "$what: permissions changed meanwhile");
	note("$what: " . ($changes // 0) . ' changes');
}

# Clients of each kind on a server. A statement that recovery ends is tried again; any other error stops its client.
sub start_reading
{
	my ($what, $node, $lasts) = @_;
	my @runs;

	foreach my $name (sort keys %script)
	{
		my ($login, $sql) = @{ $script{$name} };
		my $file = $node->basedir . "/$name";
		my %run = (what => "$what: $name", err => '', out => '');

		unlink $file;
		append_to_file($file, $sql);
		$run{run} = IPC::Run::start(
			[   'pgbench', '-n', '-M', 'prepared', '-c', 2, '-T', $lasts, '--rate', 200, '--max-tries', 0, '-f', $file,
				$node->connstr('postgres') . " user=$login" ],
			'<', \undef, '>', \$run{out}, '2>', \$run{err});
		push @runs, \%run;
	}
	return \@runs;
}

sub stop_reading
{
	my ($runs) = @_;

	foreach my $run (@$runs)
	{
		$run->{run}->finish;
		my ($done) = $run->{out} =~ /transactions actually processed: (\d+)/;
		my $wrong = join "\n", grep { !/^pgbench: (setting|info)/ } split /\n/, $run->{err};

		is($wrong, '', "$run->{what}: each statement was right for one moment");
		cmp_ok($done // 0, '>', 20, "$run->{what}: statements were run");
	}
}

# One client with a session on each, which it reads in turn: each time it is right for the moment of that server.
sub alternate
{
	my ($what, $times) = @_;
	my @sessions = map { $_->background_psql('postgres', extra_params => [ '-U', 'regress_cole' ]) } @standbys;
	my $churn = defined $times ? undef : start_churn($standbys[0]->safe_psql('postgres', 'SELECT pg_is_in_recovery()') eq 't' ? $primary : $first, $seconds / 2);
	my (%different, @wrong);
	my $look = $look{cole} =~ s/;\n$//r =~ s/SELECT test/SELECT t.open || ' ' || test/r;

	for (my $n = 0; $churn ? $churn->{run}->pumpable : $n < $times; $n++)
	{
		my @now = map {
			my ($out, $failed) = $_->query($look);
			push @wrong, $_->{stderr} if $failed && $_->{stderr} !~ /conflict with recovery/;
			$_->{stderr} = '';
			$out
		} @sessions;

		$different{ $now[0] eq $now[1] ? 'same' : 'different' }++;
		usleep(5_000);
		$churn->{run}->pump_nb if $churn;
	}
	is_deeply(\@wrong, [], $what);
	cmp_ok($different{different} // 0, '>', 0, 'who sometimes were at different moments');
	stop_churn($churn, $what) if $churn;
	$_->quit foreach @sessions;
}

# Whether an actor is to see its row there, and how many it sees. A statement that recovery ends is tried again.
sub look_at
{
	my ($node, $actor) = @_;

	for (my $try = 0; $try < 50; $try++)
	{
		my ($rc, $out, $err) = $node->psql('postgres', "SELECT t.open, test.same(actor, sees, $seen) FROM test.truth t WHERE actor = '$actor'",
			extra_params => [ '-U', "regress_$actor" ]);

		return $out =~ s/^t\|/open, sees /r =~ s/^f\|0/closed, sees nothing/r if $rc == 0;
		return $err if $err !~ /conflict with recovery/;
		usleep(100_000);
	}
	return 'no answer';
}

sub later
{
	my ($node) = @_;

	return $node->safe_psql('postgres', "SELECT coalesce(max(label), 'none') FROM app.canary WHERE label = 'later'", extra_params => [ '-U', 'regress_cole' ]);
}

sub wait_for_both
{
	my ($from) = @_;

	foreach my $node ($first, $second)
	{
		$from->wait_for_catchup($node, 'replay') if $node != $from;
	}
}

# ---- a pooler --------------------------------------------------------------------------------------

sub through_pgpool
{
	my ($pgpool, $pool) = start_pgpool($first, $second);
	my $ask = sub {
		my ($login, $sql) = @_;
		my ($rc, $out, $err) = $first->psql('postgres', $sql, connstr => "$pool dbname=postgres user=$login", on_error_stop => 0);
		return $out . ($err =~ /(ERROR:.*)/ ? $1 : '');
	};
	my $where = "current_setting('cluster_name')";
	my $split = join '', map { "SELECT $where;\n" } 1 .. 40;

	sql($first, "CALL test.open('cole', true); CALL test.open('pat', true)");
	wait_for_both($first);
	my %nodes = map { $_ => 1 } split /\n/, $ask->('regress_cole', $split);
	is_deeply([ sort keys %nodes ], [ 'first', 'second' ], 'one session reads on both');

	# a mapped login is somebody on each server
	my $churn = start_churn($first, $seconds);
	my (@wrong, $looks);
	while ($churn->{run}->pumpable)
	{
		my $out = $ask->('regress_cole', $look{cole} x 10);
		push @wrong, $out if $out =~ /sees/;
		$looks += 10;
		$churn->{run}->pump_nb;
	}
	is_deeply(\@wrong, [], "a mapped login: each statement was right for one moment ($looks looks)");
	stop_churn($churn, 'through pgpool');

	# SET goes to every server
	sql($first, "CREATE ROLE regress_web LOGIN; SELECT clearance.map_role('regress_web', setting => 'app.who', names => 'key');
		GRANT SELECT ON app.canary TO regress_web; CALL test.open('pat', true)");
	wait_for_both($first);
	my $rows = "SELECT $where, (SELECT count(*) FROM app.canary);\n" x 40;
	my %seen = map { $_ => 1 } split /\n/, $ask->('regress_web', "SET app.who = 'pat';\n$rows");
	is_deeply([ sort keys %seen ], [ 'first|1', 'second|1' ], 'a setting that names who acts reaches both');
	%seen = map { $_ => 1 } split /\n/, $ask->('regress_web', $rows);
	is_deeply([ sort keys %seen ], [ 'first|0', 'second|0' ], 'without it, nobody acts on either');

	# a call of set_actor() reaches one: on the others nobody acts, and no row is seen
	%seen = map { $_ => 1 } split /\n/, $ask->('regress_app', "SELECT clearance.set_actor(key => 'pat', local => false) > 0;\n$rows");
	delete $seen{t};
	ok($seen{'first|1'}, 'set_actor() is known to the server that it was sent to');
	ok(!$seen{'second|1'}, 'and where it was not sent, nobody acts');
	is($ask->('regress_app', "BEGIN; SELECT clearance.set_actor(key => 'pat') > 0; $rows COMMIT;"), join("\n", 't', ('first|1') x 40),
		'in a transaction the reads go where the call went');
	$pgpool->signal('INT');
	$pgpool->finish;
	done_testing();
}

sub start_pgpool
{
	my @nodes = @_;
	my $dir = PostgreSQL::Test::Utils::tempdir_short();
	my $port = PostgreSQL::Test::Cluster::get_free_port();
	my $pcp = PostgreSQL::Test::Cluster::get_free_port();
	my $n = 0;
	my $backends = join '', map {
		my $line = "backend_hostname$n = '${\ $_->host}'\nbackend_port$n = ${\ $_->port}\nbackend_weight$n = 1\nbackend_data_directory$n = '${\ $_->data_dir}'\n";
		$n++;
		$line
	} @nodes;

	append_to_file("$dir/pgpool.conf", <<"EOCONF" . $backends);
backend_clustering_mode = 'streaming_replication'
listen_addresses = ''
port = $port
socket_dir = '$dir'
pcp_listen_addresses = ''
pcp_port = $pcp
pcp_socket_dir = '$dir'
wd_ipc_socket_dir = '$dir'
pid_file_name = '$dir/pgpool.pid'
logdir = '$dir'
work_dir = '$dir'
enable_pool_hba = off
num_init_children = 8
load_balance_mode = on
statement_level_load_balance = on
sr_check_period = 1
sr_check_user = 'postgres'
sr_check_database = 'postgres'
delay_threshold = 0
health_check_period = 0
connection_cache = off
EOCONF
	append_to_file("$dir/$_", '') foreach qw(pcp.conf pool_hba.conf);
	my $log = "$dir/log";
	my $run = IPC::Run::start([ 'pgpool', '-n', '-f', "$dir/pgpool.conf", '-F', "$dir/pcp.conf", '-a', "$dir/pool_hba.conf" ], '<', \undef, '>', $log, '2>&1');
	for (my $tries = 0; $tries < 300; $tries++)
	{
		my ($rc, $out) = $nodes[0]->psql('postgres', 'SHOW pool_nodes', connstr => "host=$dir port=$port dbname=postgres user=postgres");
		return ($run, "host=$dir port=$port") if $rc == 0 && $out =~ /standby/ && $out =~ /primary/;
		die 'pgpool does not start: ' . slurp_file($log) unless $run->pumpable;
		usleep(100_000);
	}
	die 'pgpool does not find its servers: ' . slurp_file($log);
}
