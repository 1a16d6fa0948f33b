
# Behind a pooler in transaction mode many clients share few sessions of the
# server: who acted in a session's last transaction must not show in its next.
# Each read of the load is compared with the rows that the evaluator computed
# for its actor beforehand; one that differs is an error, and a client that
# meets an error it does not expect gives up and says so.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use List::Util qw(sum);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);
use Workspace;

my $transactions = $ENV{CLEARANCE_TRANSACTIONS} // 110_000;
my $seed = $ENV{CLEARANCE_SEED} // 15;
my $clients = 32;
my $sessions = 4;

# Numbered from 1; 0 is nobody. inga, who is only invited, sees what nobody does.
my @actors = qw(ada sam cole otto adele pat rex carla sue inga);
my ($nobody, $cole) = (0, 3);
my $names = q('{) . join(',', @actors) . q(}'::text[]);

my %read = (
	project => ids('app.project', 'id'),
	task => ids('app."Task List"', '"Id"'),
	document => ids('app.document', 'id'),
	comment => ids('app.comment', 'id'),
	mark => ids('app.mark', 'id'),
	marks => 'test.marks()',
	actor => 'clearance.actor()::text');

# How a login says who acts; WHO stands for the number.
my $by_key = 'clearance.set_actor(key => test.name(WHO))';

# What is run: a share of the transactions each.
my @loads = (
	{ name => 'simple protocol', protocol => 'simple', login => 'regress_app', road => $by_key, share => 0.75 },
	{ name => 'extended protocol', protocol => 'extended', login => 'regress_app', road => $by_key, share => 0.25 });

my $node = new_server('main', settings => "shared_preload_libraries = 'pg_clearance'\njit = off\nlog_statement = none");
build_workspace($node, 'postgres');
add_marks();
add_checks();
add_expectations();
my ($pooler, $pool) = start_pooler();

is(pooled(check($nobody, 'mark')), 'nobody', 'through the pooler nobody sees nothing');
is(pooled(check($cole, 'mark'), 'regress_cole'), 'cole', 'a login that is mapped to cole sees his own');
is(pooled(check($nobody, 'mark'), 'regress_nobody'), 'nobody', 'a login that is not mapped, nothing');

run_load(%$_) foreach @loads;

is(sql(q{SELECT count(*) FROM pg_stat_activity WHERE usename = 'regress_app'}), $sessions, "all clients shared $sessions sessions");
foreach my $who (1 .. @actors)
{
	is( pooled('BEGIN;' . act($by_key, $who) . check($who, sort keys %read) . 'COMMIT;'),
		join("\n", $actors[ $who - 1 ], ($actors[ $who - 1 ]) x keys %read),
		"afterwards $actors[$who - 1] sees what is due");
}
is(pooled(check($nobody, sort keys %read)), join("\n", ('nobody') x keys %read), 'afterwards nobody sees nothing');

stop_pooler();
$node->stop;
done_testing();

END
{
	my $status = $?;

	stop_pooler() if $pooler;
	$? = $status;
}

# ---- the load ----

# The transactions of clients who come by this road. :n is the actor, :m another one.
sub scripts
{
	my ($road, $protocol) = @_;
	my $act = act($road, ':n');
	my $act_as_other = act($road, ':m');
	my %script = (
		'separate statements' => "BEGIN; $act" . check(':n', 'mark', 'task') . 'COMMIT;',
		'rows with parents' => "BEGIN; $act" . check(':n', 'document', 'comment') . 'COMMIT;',
		'function' => "BEGIN; $act" . check(':n', 'marks', 'actor') . 'COMMIT;',
		'rolled back' => "BEGIN; $act" . check(':n', 'project') . 'ROLLBACK;',
		'savepoint' => "BEGIN; $act SAVEPOINT s; $act_as_other" . check(':m', 'mark') . 'ROLLBACK TO s;' . check(':n', 'mark') . 'COMMIT;',
		'within a savepoint' => "BEGIN; SAVEPOINT s; $act" . check(':n', 'task') . 'ROLLBACK TO s;' . check($nobody, 'mark') . 'COMMIT;',
		'caught error' => "BEGIN; $act" . 'SELECT test.act_and_fail($$' . $road =~ s/WHO/\$1/r . '$$, :m);' . check(':n', 'mark') . 'COMMIT;',
		'error' => "BEGIN; $act" . check(':n', 'mark') . 'SELECT test.fail();' . check(':n', 'task') . 'COMMIT;',
		'nobody' => 'BEGIN;' . check($nobody, 'task', 'marks') . 'COMMIT;',
		'nobody, single statements' => check($nobody, 'mark', 'actor'),
		'single statements' => $act . check($nobody, 'mark'));

	return %script if $protocol eq 'extended';
	return (%script, map { ("$_, one message" => one_message($script{$_})) } 'separate statements', 'savepoint', 'rolled back');
}

# Run them while permissions change. With each change cole gains or loses a
# project, which his next statement must show in whichever session of the pool.
sub run_load
{
	my (%load) = @_;
	my $name = $load{name};
	my %script = scripts(@load{qw(road protocol)});
	my @names = sort keys %script;
	my $each = int($transactions * $load{share} / $clients);
	my @tasks_of_cole = split /\n/, sql("SELECT seen FROM test.expected WHERE actor = $cole AND label = 'task' ORDER BY length(seen) DESC");
	my ($out, $err, $changes, $looks, @wrong) = ('', '', 0, 0);
	my ($start, $before) = (time, pool_transactions());

	my $run = IPC::Run::start(
		[   'pgbench', '-n', '-M', $load{protocol}, '-c', $clients, '-t', $each, "--random-seed=$seed",
			(map { ('-f', script_file("$name, $_", $script{$_})) } @names), "$pool dbname=postgres user=$load{login}" ],
		'<', \undef, '>', \$out, '2>', \$err);
	while ($run->pumpable)
	{
		change($changes++);
		foreach (1 .. 2 * $sessions)
		{
			my $seen = pooled('BEGIN;' . act($load{road}, $cole) . "SELECT $read{task}; COMMIT;", $load{login});

			$looks++;
			push @wrong, $seen if $seen ne "cole\n" . $tasks_of_cole[ $changes % 2 ];
		}
		$run->pump_nb;
	}
	$run->finish;
	$err =~ s/^pgbench: setting random seed to .*\n//;
	change($changes++) if $changes % 2;

	my %result = results($out, @names);
	note(sprintf '%s, seed %s: %d clients, %.0f s, %d transactions went through the pool, permissions changed %d times',
		$name, $seed, $clients, time - $start, pool_transactions() - $before, $changes);
	note(sprintf '%-40s %6d done, %d failed', $_, @{ $result{$_} }) foreach @names;

	is($err, '', "$name: nobody saw a row of another actor, or missed one of their own");
	is(sum(map { @$_ } values %result), $each * $clients, "$name: " . $each * $clients . ' scripts ran to their end');
	is_deeply([ grep { $result{$_}[1] > 0 } @names ], ['error'], "$name: the transactions that should fail did");
	is($result{error}[0], 0, "$name: all of them");
	cmp_ok($changes, '>', 1, "$name: permissions changed meanwhile");
	is_deeply(\@wrong, [], "$name: in force in the next transaction of whichever session ($looks looks)");
}

# Change cole's permissions, and those of somebody whom no script looks at.
sub change
{
	my ($number) = @_;
	my $two = "'00000000-0000-0000-0000-000000000002'";
	my @cole = ("remove_member_from_project($two, id)", "add_member_to_project($two, id)");
	my @idle = (
		'enable_member(id)', "add_member_to_project($two, id)", "switch_on(id, 'task', 'delete')",
		"switch_off(id, 'task', 'delete')", "remove_member_from_project($two, id)", 'disable_member(id)');

	sql("SELECT clearance.$idle[$number % @idle] FROM clearance.member WHERE key = 'idle'");
	sql("SELECT clearance.$cole[$number % @cole] FROM clearance.member WHERE key = 'cole'");
}

sub script_file
{
	my ($name, $sql) = @_;
	my $file = $node->basedir . "/$name";
	my $any = 'random(1, ' . @actors . ')';

	append_to_file($file, "\\set n $any\n\\set m $any\n$sql\n");
	return $file;
}

# What pgbench counted for each script: transactions done and failed.
sub results
{
	my ($out, @names) = @_;
	my @done = $out =~ /^ - (\d+) transactions/mg;
	my @failed = $out =~ /^ - number of failed transactions: (\d+)/mg;

	return map { ($names[$_] => [ $done[$_] // 0, $failed[$_] // 0 ]) } 0 .. $#names;
}

# ---- statements ----

# The visible keys of a table, as one text.
sub ids
{
	my ($table, $key) = @_;

	return qq{(SELECT string_agg($key\::text, ',' ORDER BY $key\::text COLLATE "C") FROM $table)};
}

sub act
{
	my ($road, $who) = @_;

	return "SELECT test.name($who) FROM " . $road =~ s/WHO/$who/r . ";\n";
}

sub check
{
	my ($who, @what) = @_;

	return join '', map { "SELECT test.check($who, '$_', $read{$_});\n" } @what;
}

sub one_message
{
	my ($script) = @_;

	return $script =~ s/;(?!$)/\\;/gr;
}

sub sql
{
	my ($sql) = @_;

	return $node->safe_psql('postgres', $sql);
}

sub pooled
{
	my ($sql, $user) = @_;

	$user //= 'regress_app';
	return $node->safe_psql('postgres', $sql, connstr => "$pool dbname=postgres user=$user");
}

# ---- the workspace ----

# One row for each actor, which nobody else sees but the account's admin.
sub add_marks
{
	sql(<<"EOSQL");
	SELECT clearance.create_feature('mark');
	SELECT clearance.allow(l, 'mark', 'view', relation => 'own')
	FROM unnest('{super_user,collaborator,auditor,permissive,moderate,restricted,reader}'::text[]) AS l;
	CREATE TABLE app.mark (id integer PRIMARY KEY, owner text, project uuid);
	INSERT INTO app.mark
	SELECT n, name, ('00000000-0000-0000-0000-00000000000' || CASE name WHEN 'rex' THEN 2 WHEN 'sue' THEN 4 ELSE 1 END)::uuid
	FROM unnest($names) WITH ORDINALITY AS a (name, n);
	GRANT SELECT ON app.mark TO regress_app, regress_cole, regress_nobody;
	SELECT clearance.protect('app.mark', 'mark', project => 'project', owner => 'owner');
EOSQL
}

# Functions of the scripts. What they read, they read as their caller.
sub add_checks
{
	sql(<<"EOSQL");
	-- the warning of an actor set for one statement, which pgbench would print each time
	ALTER ROLE regress_app SET client_min_messages = error;
	CREATE SCHEMA test;
	CREATE TABLE test.expected (actor integer, label text, seen text);
	CREATE INDEX ON test.expected (actor, label);

	CREATE FUNCTION test.name(who integer) RETURNS text IMMUTABLE RETURN coalesce(($names)[who], 'nobody');

	CREATE FUNCTION test.check(who integer, what text, sees text) RETURNS text LANGUAGE plpgsql AS \$\$
	BEGIN
		IF EXISTS (SELECT FROM test.expected e WHERE e.actor = who AND e.label = what AND e.seen = coalesce(sees, '')) THEN
			RETURN test.name(who);
		END IF;
		RAISE EXCEPTION '% sees % %', test.name(who), what, sees;
	END \$\$;

	-- a plan that the session keeps, whoever acts
	CREATE FUNCTION test.marks() RETURNS text LANGUAGE plpgsql AS \$\$
	BEGIN
		RETURN $read{mark};
	END \$\$;

	CREATE FUNCTION test.act_and_fail(road text, who integer) RETURNS void LANGUAGE plpgsql AS \$\$
	BEGIN
		EXECUTE 'SELECT ' || road USING who;
		PERFORM test.check(who, 'marks', test.marks());
		RAISE division_by_zero;
	EXCEPTION
		WHEN division_by_zero THEN NULL;
	END \$\$;

	-- an error after which pgbench rolls back and goes on
	CREATE FUNCTION test.fail() RETURNS void LANGUAGE plpgsql AS \$\$
	BEGIN
		RAISE serialization_failure;
	END \$\$;

	GRANT USAGE ON SCHEMA test TO PUBLIC;
	GRANT SELECT ON test.expected TO PUBLIC;
EOSQL
}

# What each actor should see, by the evaluator; for cole, on both sides of the change.
sub add_expectations
{
	my %relation = map { $read{$_} =~ /FROM (.*)\)$/ ? ($_ => $1) : () } keys %read;

	command_ok([ 'psql', '-Xqv', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', "$FindBin::RealBin/../evaluator.sql" ],
		'the evaluator is loaded');
	foreach my $number (0, 1)
	{
		sql(<<"EOSQL") foreach sort keys %relation;
		INSERT INTO test.expected
		SELECT n, '$_', coalesce((SELECT string_agg(k, ',' ORDER BY k COLLATE "C") FROM evaluator.permitted(m.id, '$relation{$_}', 'view') k), '')
		FROM unnest($names) WITH ORDINALITY AS a (actor, n) JOIN clearance.member m ON m.key = actor
		WHERE n = $cole OR $number = 0;
EOSQL
		change($number);
	}
	sql("INSERT INTO test.expected SELECT actor, 'marks', seen FROM test.expected WHERE label = 'mark'");
	sql("INSERT INTO test.expected SELECT n, 'actor', id FROM unnest($names) WITH ORDINALITY AS a (actor, n) JOIN clearance.member ON key = actor");
	sql("INSERT INTO test.expected VALUES ($nobody, '$_', '')") foreach keys %read;

	is(sql("SELECT count(DISTINCT seen) FROM test.expected WHERE label = 'mark'"), scalar @actors, 'no two actors see the same');
	is(sql("SELECT count(DISTINCT seen) FROM test.expected WHERE label = 'task' AND actor = $cole"),
		2, 'cole sees tasks with the project that he does not see without');
}

# ---- the pooler ----

# A pooler of our own, on a Unix socket beside the server's. Returns it and how
# to connect to it.
sub start_pooler
{
	my $dir = PostgreSQL::Test::Utils::tempdir_short();
	my $port = $node->port;
	my $log = $node->basedir . '/pgbouncer.log';

	append_to_file("$dir/users", qq{"$_" ""\n}) foreach qw(regress_app regress_cole regress_nobody);
	append_to_file("$dir/pgbouncer.ini", <<"EOINI");
[databases]
postgres = host=${\ $node->host} port=$port
[pgbouncer]
listen_addr =
listen_port = $port
unix_socket_dir = $dir
auth_type = trust
auth_file = $dir/users
pool_mode = transaction
default_pool_size = $sessions
max_client_conn = 100
log_connections = 0
log_disconnections = 0
EOINI
	my $run = IPC::Run::start([ 'pgbouncer', "$dir/pgbouncer.ini" ], '<', \undef, '>', $log, '2>&1');
	until (-S "$dir/.s.PGSQL.$port")
	{
		die 'the pooler does not start: ' . slurp_file($log) unless $run->pumpable;
		usleep(10_000);
	}
	return ($run, "host=$dir port=$port");
}

sub stop_pooler
{
	$pooler->signal('INT');
	$pooler->finish;
	undef $pooler;
}

sub pool_transactions
{
	my $stats = $node->safe_psql('pgbouncer', 'SHOW STATS_TOTALS', connstr => "$pool dbname=pgbouncer user=pgbouncer");

	return $stats =~ /^postgres\|(\d+)/m ? $1 : 0;
}
