
# Connections of pools, on which actors of all kinds alternate, with statements that
# the driver has prepared: over the wire as servers of requests send it, and through
# a pooler that shares prepared statements. Every answer is compared with what its
# actor should see, and no request meets an error.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);
use Wire;
use Workspace;

my $requests = $ENV{CLEARANCE_REQUESTS} // 1000;
my $pgbouncer = $ENV{CLEARANCE_PGBOUNCER} || 'pgbouncer';
my @people = qw(ada cole per mod res mix idle nobody);

my $node = new_server('main', settings => "shared_preload_libraries = 'pg_clearance'\njit = off\nlisten_addresses = '127.0.0.1'");
build();
my %rows = expected('app.task');
my %first = expected('app.task WHERE id < 200');
note(join ', ', map { "$_ sees $rows{$_}" } @people);

# What PostgREST sends before each request, and what it sends then: values by
# parameters, the query in a CTE, prepared once on each connection.
my $prelude = q{select set_config('search_path', $1, true), set_config('role', $2, true), set_config('request.jwt.claims', $3, true), set_config('request.method', $4, true)};
my $list = q{WITH pgrst_source AS (SELECT "app"."task".* FROM "app"."task" WHERE "app"."task"."id" < $1) SELECT pg_catalog.count(_postgrest_t) AS page_total, coalesce(json_agg(_postgrest_t), '[]') AS body FROM (SELECT * FROM pgrst_source) _postgrest_t};
my $count = 'SELECT count(*) FROM app.task';

roads_of_settings();
pipelines();
portals();
changes_between();
behind_pooler();

$node->stop;
done_testing();

#
# One connection, requests of different people, the same prepared statements.
#
sub roads_of_settings
{
	foreach my $login (qw(regress_rest regress_app))
	{
		my $wire = session($login);
		my %got;

		prepare($wire, $login);
		srand(24);
		foreach (1 .. $requests)
		{
			my $who = $people[ rand @people ];

			tally(\%got, $who, request($wire, $login, $who));
		}
		is_deeply(\%got, {}, "$login: $requests requests, each with the rows of its person");
		my $replaced = counter('replaced');
		tally(\%got, $_, request($wire, $login, $_)) foreach (@people) x 10;
		is_deeply(\%got, {}, "$login: and again");
		is(counter('replaced'), $replaced, "$login: by plans that are there");
	}

	# the simple protocol, a whole request in one message
	my $wire = session('regress_rest');
	my %got;

	foreach my $who (@people, reverse @people)
	{
		my $result = $wire->query('BEGIN; SELECT set_config($$role$$, $$regress_user$$, true), set_config($$request.jwt.claims$$, $$' . claims($who) . "\$\$, true); $count; COMMIT");

		tally(\%got, $who, $result, $result->{error} ? undef : $result->{sets}[2]{rows}[0][0], $rows{$who});
	}
	is_deeply(\%got, {}, 'a request in one message');
}

#
# Several requests before the first answer is read.
#
sub pipelines
{
	my $wire = session('regress_rest');
	my @messages;
	my @who = (@people, reverse @people);

	prepare($wire, 'regress_rest');
	foreach my $who (@who)
	{
		push @messages, [ bind => '', 'prelude', 'app', 'regress_user', claims($who), 'GET' ], [ execute => '' ],
		  [ bind => '', 'count' ], [ execute => '' ], [ bind => '', 'list', 200 ], [ execute => '' ], ['sync'];
	}
	# each sync is a transaction
	my $result = $wire->batch(@messages);
	my @sets = @{ $result->{sets} };

	is($result->{error}, undef, 'a pipeline of transactions: no error');
	is_deeply([ map { $_->{rows}[0][0] } @sets[ map { 3 * $_ + 1 } 0 .. $#who ] ], [ map { $rows{$_} } @who ], 'each counts the rows of its person');
	is_deeply([ map { $_->{rows}[0][0] } @sets[ map { 3 * $_ + 2 } 0 .. $#who ] ], [ map { $first{$_} } @who ], 'and lists them');

	# one transaction: who acts changes between two statements of it
	@messages = map { ([ bind => '', 'prelude', 'app', 'regress_user', claims($_), 'GET' ], [ execute => '' ], [ bind => '', 'count' ], [ execute => '' ]) } @who;
	$result = $wire->batch(@messages, ['sync']);
	is($result->{error}, undef, 'a pipeline within a transaction: no error');
	is_deeply([ map { $_->{rows}[0][0] } @{ $result->{sets} }[ map { 2 * $_ + 1 } 0 .. $#who ] ], [ map { $rows{$_} } @who ], 'each statement counts the rows of who acts then');
}

#
# What is bound before the actor is set. A query starts when it is bound, and is for
# who acts then; a change that returns nothing starts when it is executed.
#
sub portals
{
	my $wire = session('regress_rest');

	prepare($wire, 'regress_rest');
	$wire->batch(act('nobody'), [ parse => 'touch', 'UPDATE app.task SET done = done + 1 WHERE id < 200' ], ['sync']);
	foreach my $pair ([qw(nobody ada)], [qw(ada res)], [qw(res ada)], [qw(mod per)], [qw(ada nobody)], [qw(per mix)])
	{
		my ($before, $after) = @$pair;
		my $may = editable($after);
		my $result = $wire->batch(
			[ query => 'BEGIN' ],
			act($before),
			[ bind => 'seen', 'count' ], [ bind => 'changed', 'touch' ],
			act($after),
			[ execute => 'seen' ], [ execute => 'changed' ],
			['sync'], [ query => 'ROLLBACK' ]);
		my @sets = grep { $_->{tag} =~ /^(?:SELECT 1|UPDATE)/ } @{ $result->{sets} };

		is($result->{error}, undef, "bound by $before, executed by $after: no error");
		is($sets[2]{rows}[0][0], $rows{$before}, "the query is for $before");
		is($sets[3]{tag}, "UPDATE $may", "the change is by $after");
	}

	# a portal that is suspended stays whose it was
	my $result = $wire->batch(
		[ query => 'BEGIN' ], act('ada'), [ parse => 'ids', 'SELECT id FROM app.task' ], [ bind => 'ids', 'ids' ], [ execute => 'ids', 5 ],
		act('res'), [ execute => 'ids', 0 ], [ bind => '', 'count' ], [ execute => '' ], ['sync'], [ query => 'ROLLBACK' ]);
	my ($rest, $counted) = (grep { $_->{tag} =~ /^SELECT/ } @{ $result->{sets} })[ -2, -1 ];

	is(5 + @{ $rest->{rows} }, $rows{ada}, 'a suspended portal goes on for whom it was opened');
	is($counted->{rows}[0][0], $rows{res}, 'what comes then is for who acts then');
}

#
# Permissions change between two messages: the plan is older than the execution.
#
sub changes_between
{
	my $wire = session('regress_rest');
	my $level = sub { sql("SELECT clearance.update_partner_on_project(p.key, o.id, '$_[0]') FROM clearance.project p, clearance.partner o WHERE o.name = 'mod' AND p.key::integer < 4") };

	prepare($wire, 'regress_rest');
	$wire->batch(act('nobody'), [ parse => 'touch', 'UPDATE app.task SET done = done + 1 WHERE id < 200' ], ['sync']);
	foreach my $change (qw(permissive restricted moderate permissive moderate))
	{
		my $result = $wire->batch([ query => 'BEGIN' ], act('mod'), [ bind => '', 'count' ], [ execute => '' ], [ bind => 'changed', 'touch' ], ['sync']);

		is($result->{error}, undef, "planned, before mod is $change");
		$level->($change);
		my $may = editable('mod');
		my ($sees) = sql("SELECT clearance.set_actor(key => 'mod'); SET LOCAL clearance.simplify = off; SET LOCAL ROLE regress_user; SELECT count(*) FROM app.task", 1) =~ /(\d+)$/;
		$result = $wire->batch([ execute => 'changed' ], [ bind => '', 'count' ], [ execute => '' ], ['sync'], [ query => 'ROLLBACK' ]);
		is($result->{error}, undef, "mod is $change: no error");
		is($result->{sets}[0]{tag}, "UPDATE $may", 'it changes what it may change now');
		is($result->{sets}[1]{rows}[0][0], $sees, 'and sees what it sees now');
	}
}

#
# Many clients, few connections, statements that the pooler prepares where it needs them.
#
sub behind_pooler
{
	my ($version) = (`$pgbouncer --version 2>&1` // '') =~ /PgBouncer (\d+\.\d+)/i;

	if (!defined $version || $version < 1.21)
	{
		my $found = defined $version ? "pgbouncer is $version" : "there is no $pgbouncer";

		diag("NOT RUN: prepared statements through a pooler, for $found; they need 1.21. CLEARANCE_PGBOUNCER names another one.");
		return;
	}
	my ($pooler, $dir, $port) = start_pooler();
	my @logins = qw(regress_rest regress_app);
	my @clients = map { { login => $logins[ $_ % 2 ], wire => session($logins[ $_ % 2 ], $dir, $port) } } 1 .. 24;
	my %got;

	prepare($_->{wire}, $_->{login}) foreach @clients;
	srand(25);
	foreach (1 .. $requests)
	{
		my $client = $clients[ rand @clients ];
		my $who = $people[ rand @people ];

		tally(\%got, "$client->{login} $who", request($client->{wire}, $client->{login}, $who));
	}
	is_deeply(\%got, {}, "pgbouncer $version: $requests requests of 24 clients, each with the rows of its person");

	# requests that overlap, so that several connections are used
	foreach (1 .. 20)
	{
		my @open = @clients[ 0 .. 3 ];
		my @who = map { $people[ rand @people ] } @open;

		$open[$_]{wire}->batch(begin($open[$_]{login}, $who[$_]), ['sync']) foreach 0 .. $#open;
		foreach (0 .. $#open)
		{
			my $result = $open[$_]{wire}->batch([ bind => '', 'count' ], [ execute => '' ], [ bind => '', 'commit' ], [ execute => '' ], ['sync']);

			tally(\%got, $who[$_], $result, $result->{error} ? undef : $result->{sets}[0]{rows}[0][0], $rows{ $who[$_] });
		}
	}
	is_deeply(\%got, {}, 'and of clients whose transactions overlap');
	is(sql(q{SELECT count(*) FROM pg_stat_activity WHERE usename IN ('regress_rest', 'regress_app')}), 4, 'by two connections for each login');
	my $shared = $clients[1]{wire}->query('SELECT count(*) FROM pg_prepared_statements WHERE statement ~ $$count\(\*\) FROM app.task$$');
	is($shared->{rows}[0][0], 1, 'on which the statement was prepared once for all');
	$pooler->signal('INT');
	$pooler->finish;
}

# ---- requests ----

sub session
{
	my ($login, $dir, $port) = @_;

	return Wire->new(host => $dir // $node->host, port => $port // $node->port, user => $login, database => 'postgres');
}

sub prepare
{
	my ($wire, $login) = @_;
	# up to the sync it is one transaction, in which tables may be named that the login may not use itself
	my $result = $wire->batch(
		[ parse => 'begin', 'BEGIN' ], [ parse => 'commit', 'COMMIT' ], [ parse => 'prelude', $prelude ],
		($login eq 'regress_app' ? [ parse => 'act', 'SELECT clearance.set_actor(key => $1)' ] : ()),
		[ bind => '', 'prelude', 'app', 'regress_user', claims('nobody'), 'GET' ], [ execute => '' ],
		[ parse => 'count', $count ], [ parse => 'list', $list ], ['sync']);

	die "$login: $result->{error}{M}" if $result->{error};
	return;
}

# Who acts from here on, by the login's road.
sub act
{
	my ($who, $login) = @_;

	return ([ bind => '', 'prelude', 'app', 'regress_user', claims($who), 'GET' ], [ execute => '' ]) if ($login // 'regress_rest') eq 'regress_rest';
	return $who eq 'nobody' ? () : ([ bind => '', 'act', $who ], [ execute => '' ]);
}

sub begin
{
	my ($login, $who) = @_;

	return ([ bind => '', 'begin' ], [ execute => '' ], act($who, $login));
}

# A request: how many rows somebody counts and lists. Returns the result, what it got and what is due.
sub request
{
	my ($wire, $login, $who) = @_;
	my $result = $wire->batch(begin($login, $who), [ bind => '', 'count' ], [ execute => '' ], [ bind => '', 'list', 200 ], [ execute => '' ], [ bind => '', 'commit' ], [ execute => '' ], ['sync']);
	my @sets = @{ $result->{sets} };

	return ($result, $result->{error} ? undef : "$sets[-3]{rows}[0][0] $sets[-2]{rows}[0][0]", "$rows{$who} $first{$who}");
}

sub tally
{
	my ($got, $who, $result, $is, $due) = @_;

	if ($result->{error})
	{
		$got->{"$who: $result->{error}{C} $result->{error}{M}"}++;
	}
	elsif ($is ne $due)
	{
		$got->{"$who: $is instead of $due"}++;
	}
	return;
}

sub claims
{
	my ($who) = @_;

	return $who eq 'nobody' ? '{"role": "regress_user"}' : qq({"role": "regress_user", "sub": "$who"});
}

sub counter
{
	my ($code) = @_;

	return sql("SELECT value FROM clearance.counters WHERE name = 'plans' AND code = '$code'");
}

sub sql
{
	my ($sql, $transaction) = @_;

	return $node->safe_psql('postgres', $transaction ? "BEGIN; $sql; ROLLBACK" : $sql);
}

# How many rows each sees of a table, judged row by row.
sub expected
{
	my ($from) = @_;
	my %seen;

	foreach my $who (@people)
	{
		my $act = $who eq 'nobody' ? '' : "SELECT FROM clearance.set_actor(key => '$who');";

		($seen{$who}) = sql("SET LOCAL clearance.simplify = off; $act SET LOCAL ROLE regress_user; SELECT count(*) FROM $from", 1) =~ /(\d+)$/;
	}
	return %seen;
}

# How many of the first rows somebody may change, by another road.
sub editable
{
	my ($who) = @_;
	my $act = $who eq 'nobody' ? '' : "SELECT FROM clearance.set_actor(key => '$who');";
	my ($may) = sql("$act SET LOCAL ROLE regress_user; SELECT count(*) FROM app.task t WHERE id < 200 AND clearance.can_row('edit', t)", 1) =~ /(\d+)$/;

	return $may;
}

sub build
{
	sql(q{
	SET client_min_messages = error;
	CREATE EXTENSION pg_clearance;
	CREATE ROLE regress_user;
	CREATE ROLE regress_rest LOGIN NOINHERIT IN ROLE regress_user;
	CREATE ROLE regress_app LOGIN IN ROLE regress_user;
	SELECT clearance.trust_role('regress_app');
	SELECT clearance.map_role('regress_rest', setting => 'request.jwt.claims', claim => 'sub');
	SELECT clearance.create_account('Regress');
	SELECT clearance.add_member(v.key, name => v.key, roles => v.roles)
	FROM (VALUES ('ada', '{account_admin}'::text[]), ('cole', '{collaborator}'), ('idle', '{}')) v (key, roles);
	SELECT clearance.create_partner('per', 'permissive'), clearance.create_partner('mod', 'moderate'), clearance.create_partner('res', 'restricted'), clearance.create_partner('mix', 'moderate');
	SELECT clearance.add_member(p.name, name => p.name, partner => p.id, partner_admin => true) FROM clearance.partner p;
	CREATE SCHEMA app;
	CREATE TABLE app.project (id integer PRIMARY KEY, name text);
	INSERT INTO app.project SELECT n, 'p' || n FROM generate_series(1, 20) n;
	CREATE TABLE app.task (id integer PRIMARY KEY, project_id integer NOT NULL REFERENCES app.project, hidden boolean NOT NULL, assignee text, done integer NOT NULL DEFAULT 0);
	INSERT INTO app.task SELECT n, n % 20 + 1, n % 2 = 0, CASE n % 100 WHEN 1 THEN 'res' END FROM generate_series(1, 2000) n;
	CREATE INDEX ON app.task (project_id);
	CREATE INDEX ON app.task (assignee);
	GRANT USAGE ON SCHEMA app TO regress_user;
	GRANT SELECT, UPDATE ON ALL TABLES IN SCHEMA app TO regress_user;
	SELECT clearance.protect('app.project', 'project', 'id');
	SELECT clearance.protect('app.task', 'task', 'project_id', visibility => 'hidden', shared_values => '{false}');
	SELECT clearance.relate('app.task', 'assigned', member_column => 'assignee');
	SELECT clearance.add_partner_to_project(x.key, p.id) FROM clearance.project x, clearance.partner p WHERE x.key::integer < 4 AND p.name <> 'mix';
	SELECT clearance.add_partner_to_project('4', p.id), clearance.add_partner_to_project('5', p.id, access_level => 'permissive') FROM clearance.partner p WHERE p.name = 'mix';
	SELECT clearance.add_member_to_project(x.key, m.id) FROM clearance.project x, clearance.member m WHERE m.key = 'cole' AND x.key::integer < 3;
	ANALYZE});
	return;
}

# ---- the pooler ----

# On a Unix socket of its own; it reaches the server by TCP, as it may be from another machine's root.
sub start_pooler
{
	my $dir = PostgreSQL::Test::Utils::tempdir_short();
	my $port = $node->port;
	my $log = $node->basedir . '/pgbouncer.log';

	append_to_file("$dir/users", qq{"$_" ""\n}) foreach qw(regress_app regress_rest);
	append_to_file($node->data_dir . '/pg_hba.conf', "host all all 127.0.0.1/32 trust\n");
	$node->reload;
	append_to_file("$dir/pgbouncer.ini", <<"EOINI");
[databases]
postgres = host=127.0.0.1 port=$port
[pgbouncer]
listen_addr =
listen_port = $port
unix_socket_dir = $dir
auth_type = trust
auth_file = $dir/users
pool_mode = transaction
default_pool_size = 2
max_client_conn = 100
max_prepared_statements = 50
log_connections = 0
log_disconnections = 0
EOINI
	my $run = IPC::Run::start([ split(/ /, $pgbouncer), "$dir/pgbouncer.ini" ], '<', \undef, '>', $log, '2>&1');
	until (-S "$dir/.s.PGSQL.$port")
	{
		die 'the pooler does not start: ' . slurp_file($log) unless $run->pumpable;
		usleep(10_000);
	}
	return ($run, $dir, $port);
}
