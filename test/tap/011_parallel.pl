
# Parallel workers act for whom the query acts, however that is known, or there
# are none. Each count is taken with workers alone at work (the leader takes no
# part), and compared with the same without.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Digest::SHA 'hmac_sha256';
use MIME::Base64 'encode_base64url';
use Wire;
use Workspace 'new_server';

my $workers = 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;'
  . ' SET min_parallel_index_scan_size = 0; SET parallel_leader_participation = off; SET enable_indexonlyscan = off;'
  . ' SET max_parallel_workers_per_gather = 2';
my $alone = 'SET max_parallel_workers_per_gather = 0';
my $node = new_server('main', settings => join "\n", 'shared_preload_libraries = pg_clearance', 'jit = off', 'max_worker_processes = 16',
	'max_parallel_workers = 16', 'clearance.external_explain = on', 'search_path = app', 'autovacuum = off');
my $db = 'postgres';
my $secret = encode_base64url('0123456789abcdef0123456789abcdef');
my $count = 'SELECT count(*), sum(points) FROM task';
my %id;

build();
%id = map { $_ => $node->safe_psql($db, "SELECT id FROM clearance.member WHERE key = '$_'") } qw(ada cole pat rex mo);

foreach my $key (qw(ada cole pat rex mo))
{
	compare($key, 'regress_app', "SELECT clearance.set_actor(id => $id{$key}, local => false)");
	compare("$key by claims", 'regress_gate', "SET work.member = '$id{$key}'");
	compare("$key by a token", 'regress_anybody', "SET clearance.token = '" . token($key) . "'");
}
compare('a member\'s login', 'regress_cole');
compare('a partner\'s login', 'regress_acme');
compare('a partner by SET ROLE', 'regress_tool', 'SET ROLE regress_set_acme');
compare('a member by SET ROLE', 'regress_tool', 'SET ROLE regress_set_cole');
compare('nobody', 'regress_anybody');
isnt(counted('ada'), counted($_), "ada's count is not that of $_") foreach qw(cole pat rex mo);

#
# What changes between the start of a query and its run.
#
my $app = session('regress_app');
$app->query($workers);
foreach ([ 'ada', 'pat' ], [ 'pat', 'ada' ], [ 'mo', 'rex' ])
{
	my ($first, $then) = @$_;

	is(bound($app, "SELECT clearance.set_actor(id => $id{$first})", "SELECT clearance.set_actor(id => $id{$then})"), counted($first),
		"bound for $first, executed when $then acts");
}
is(bound($app, "SELECT clearance.set_actor(id => $id{pat})", 'SELECT clearance.reset_actor()'), counted('pat'), 'executed when nobody acts');
is(bound($app, 'SELECT clearance.reset_actor()', "SELECT clearance.set_actor(id => $id{pat})"), '0,NULL', 'bound for nobody');
is(bound($app, "SELECT clearance.set_actor(id => $id{mo})", 'SELECT pg_sleep(0.01)'), counted('mo'), 'the same acts, some time later');

my $gate = session('regress_gate');
$gate->query($workers);
is(bound($gate, "SET LOCAL work.member = '$id{pat}'", "SET LOCAL work.member = '$id{ada}'"), counted('pat'), 'bound for one claim, executed with another');
my $anybody = session('regress_anybody');
$anybody->query($workers);
is(bound($anybody, "SET LOCAL clearance.token = '" . token('pat') . "'", "SET LOCAL clearance.token = '" . token('ada') . "'"),
	counted('pat'), 'bound for one token, executed with another');
my $tool = session('regress_tool');
$tool->query($workers);
is(bound($tool, 'SET LOCAL ROLE regress_set_cole', 'SET LOCAL ROLE regress_set_acme'), counted('cole'), 'bound for one role, executed with another');
is(bound($tool, 'SET LOCAL ROLE regress_set_cole', 'RESET ROLE'), counted('cole'), 'executed with none');
is(bound($tool, 'RESET ROLE', 'SET LOCAL ROLE regress_set_cole'), '0,NULL', 'bound for none');
# a token counts when the statement begins
is(bound($anybody, "SET LOCAL clearance.token = '" . token('pat', 2) . "'", 'SELECT pg_sleep(3)'), counted('pat'), 'a token that expired since');
# and so does a membership
$node->safe_psql($db, "UPDATE clearance.project_member SET ends_at = now() + interval '2 s' WHERE member_id = $id{mo}");
my $before = bound($app, "SELECT clearance.set_actor(id => $id{mo})", 'SELECT pg_sleep(3)');
isnt($before, '0,NULL', 'a membership that ended since');
is(bound($app, "SELECT clearance.set_actor(id => $id{mo})", 'SELECT 1'), '0,NULL', 'and later');
$node->safe_psql($db, "UPDATE clearance.project_member SET ends_at = 'infinity' WHERE member_id = $id{mo}");
is(counted('mo'), $before, 'and again');

#
# A transaction that changed permissions, and one that is SERIALIZABLE, have no
# workers; one under REPEATABLE READ has those of its snapshot.
#
my $dba = session('postgres');
$dba->query($workers);
$dba->query("BEGIN; DELETE FROM clearance.project_partner WHERE project_id % 2 = 0; SELECT clearance.set_actor(id => $id{pat}); SET LOCAL ROLE regress_app");
my $changed = rows($dba->query($count));
is(launched($dba, $count), 0, 'no workers where permissions changed');
isnt($changed, counted('pat'), 'which shows');
$dba->query("ROLLBACK; SET ROLE regress_app; SELECT clearance.set_actor(id => $id{pat}, local => false)");
is(rows($dba->query($count)), counted('pat'), 'rolled back');
$dba->query('BEGIN ISOLATION LEVEL SERIALIZABLE');
is(launched($dba, $count), 0, 'none under SERIALIZABLE');
is(rows($dba->query($count)), counted('pat'), 'with the same rows');
$dba->query('COMMIT; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
$node->safe_psql($db, "SELECT clearance.remove_partner_from_project(1, id) FROM clearance.partner WHERE name = 'Acme'");
is(rows($dba->query($count)), counted('pat', 'before'), 'REPEATABLE READ keeps what it sees');
cmp_ok(launched($dba, $count), '>', 0, 'by workers');
$dba->query('COMMIT');
isnt(rows($dba->query($count)), counted('pat', 'before'), 'and no longer');
is(rows($dba->query($count)), counted('pat'), 'like everybody');

#
# Functions that workers call have queries of their own.
#
foreach my $key (qw(ada pat rex))
{
	my $query = 'SELECT sum(tasks_of(n)), min(who()), max(who()) FROM number';

	$app->query("SELECT clearance.set_actor(id => $id{$key}, local => false); $alone");
	my $expected = rows($app->query($query));
	$app->query($workers);
	cmp_ok(launched($app, $query), '>', 0, "workers call functions for $key");
	is(rows($app->query($query)), $expected, 'with the same result');
	is(rows($app->query($query =~ s/FROM number/FROM number JOIN task ON task.id = n/r)), rows_alone($app, $query =~ s/FROM number/FROM number JOIN task ON task.id = n/r), 'within a query on a protected table, too');
}

#
# What is told to workers is nobody's to set.
#
is($anybody->query("SET clearance.leader = '0 1 $id{ada} 0'")->{error}{C}, '42501', 'the setting for workers is refused');
$dba->query("RESET ROLE; SET clearance.leader = '0 1 $id{ada} 0'; SET ROLE regress_app; $workers");
is(rows($dba->query($count)), counted('pat'), 'and replaced');

#
# What workers read is counted with a query: an outsider's EXPLAIN has none, and fails where the rule is asked.
#
my $asked = $node->safe_psql(
	$db, q{
	SELECT 'SELECT count(*) FROM number WHERE ' || replace(pg_get_expr(polqual, polrelid), 'id, project, private, assignee', 'n + 0, 1, n > 5, upper(pad)')
	FROM pg_policy WHERE polrelid = 'app.task'::regclass AND polcmd = 'r'});
foreach ([ 'pat', '42501' ], [ 'ada', undef ])
{
	my ($key, $error) = @$_;

	$dba->query('RESET ROLE; SET clearance.external_explain = off; SET ROLE regress_app');
	$dba->query("SELECT clearance.set_actor(id => $id{$key}, local => false)");
	is($dba->query("EXPLAIN (ANALYZE, BUFFERS) $asked")->{error}{C}, $error, "EXPLAIN of what workers ask for $key");
	is(launched($dba, 'SELECT count(*) FROM number') > 0, !$error, 'and of a table that is not protected');
}

$node->stop;
done_testing();

# Counts by workers and without are the same; workers are there.
sub compare
{
	my ($what, $login, $sql) = @_;
	my $wire = session($login);
	my ($alone_says, @queries);

	die $wire->query($sql)->{error}{M} if $sql && $wire->query($sql)->{error};
	@queries = ($count, 'SELECT count(*) FROM note', 'SELECT count(*), sum(t.points) FROM task t JOIN note n ON n.task = t.id',
		'SELECT project, count(*) FROM task WHERE points > 3 GROUP BY project ORDER BY project');
	foreach (@queries)
	{
		$alone_says = rows_alone($wire, $_);
		$wire->query($workers);
		is(rows($wire->query($_)), $alone_says, "$what: $_");
	}
	cmp_ok(launched($wire, $count), '>', 0, "$what: by workers") if $what !~ /nobody|rex/;
	return;
}

# Start a query in a portal, do something, and run it.
sub bound
{
	my ($wire, $first, $then) = @_;
	my $result;

	$wire->query('BEGIN');
	$wire->query($first);
	$result = $wire->batch([ parse => '', $count ], [ bind => 'p', '' ], ['sync']);
	$wire->query($then);
	$result = $wire->batch([ execute => 'p' ], ['sync']) if !$result->{error};
	$wire->query('ROLLBACK');
	return rows($result);
}

# What a member counts without workers; the first answer, or a new one.
sub counted
{
	my ($key, $when) = @_;
	our %known;

	return $known{$key} if $when;
	my $wire = session('regress_app');
	$wire->query("$alone; SELECT clearance.set_actor(id => $id{$key}, local => false)");
	my $result = rows($wire->query($count));
	$known{$key} //= $result;
	return $result;
}

sub rows_alone
{
	my ($wire, $query) = @_;

	$wire->query($alone);
	my $result = rows($wire->query($query));
	$wire->query($workers);
	return $result;
}

sub rows
{
	my ($result) = @_;

	return "error $result->{error}{M}" if $result->{error};
	return join ' ', map { join ',', map { $_ // 'NULL' } @$_ } @{ $result->{rows} };
}

sub launched
{
	my ($wire, $query) = @_;
	my $text = rows($wire->query("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) $query"));

	return $text =~ /Workers Launched: (\d+)/ ? $1 : -1;
}

sub session
{
	my ($login) = @_;

	return Wire->new(host => $node->host, port => $node->port, user => $login, database => $db) // die "$login: $Wire::refusal->{M}";
}

sub token
{
	my ($key, $seconds) = @_;
	my $message = join '.', map { encode_base64url($_) } '{"alg":"HS256","kid":"k","typ":"JWT"}',
	  sprintf('{"iss":"i","aud":"%s","sub":"%s","exp":%d}', $db, $key, time + ($seconds // 600));

	return $message . '.' . encode_base64url(hmac_sha256($message, '0123456789abcdef0123456789abcdef'));
}

sub build
{
	$node->safe_psql($db, <<"EOSQL");
CREATE EXTENSION pg_clearance;
CREATE ROLE regress_app LOGIN;
CREATE ROLE regress_gate LOGIN;
CREATE ROLE regress_anybody LOGIN;
CREATE ROLE regress_cole LOGIN;
CREATE ROLE regress_acme LOGIN;
CREATE ROLE regress_set_cole;
CREATE ROLE regress_set_acme;
CREATE ROLE regress_tool LOGIN IN ROLE regress_set_cole, regress_set_acme;
CREATE SCHEMA app;
CREATE TABLE app.project (id integer PRIMARY KEY);
INSERT INTO app.project SELECT generate_series(1, 20);
CREATE TABLE app.task (id integer PRIMARY KEY, project integer NOT NULL REFERENCES app.project, private boolean NOT NULL, assignee text,
    points integer NOT NULL, pad text NOT NULL);
INSERT INTO app.task SELECT n, 1 + n % 20, n % 3 = 0, (ARRAY['pat', 'rex', 'mo'])[1 + n % 7], n % 11, repeat('x', 200)
FROM generate_series(1, 20000) n;
CREATE INDEX ON app.task (project);
CREATE TABLE app.note (id integer PRIMARY KEY, task integer NOT NULL REFERENCES app.task, pad text NOT NULL);
INSERT INTO app.note SELECT n, n * 4, repeat('x', 200) FROM generate_series(1, 5000) n;
CREATE TABLE app.number AS SELECT n, repeat('x', 400) AS pad FROM generate_series(1, 300) n;
CREATE FUNCTION app.tasks_of(n integer) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS 'SELECT sum(points) FROM app.task WHERE project = n';
CREATE FUNCTION app.who() RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS 'BEGIN RETURN (SELECT count(*) FROM app.task); END';
GRANT USAGE ON SCHEMA app TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA app TO PUBLIC;
SELECT clearance.create_account('North');
SELECT clearance.add_member('ada', roles => '{account_admin}');
SELECT clearance.add_member('cole', roles => '{collaborator}');
SELECT clearance.create_partner('Acme', 'permissive') AS acme \\gset
SELECT clearance.create_partner('Bolt', 'restricted') AS bolt \\gset
SELECT clearance.create_partner('Mode', 'moderate') AS mode \\gset
SELECT clearance.add_member('pat', partner => :acme, partner_admin => true);
SELECT clearance.add_member('rex', partner => :bolt, partner_admin => true);
SELECT clearance.add_member('mo', partner => :mode);
SELECT clearance.create_feature('note');
SELECT clearance.allow(l, 'note', 'view') FROM unnest('{collaborator,permissive,moderate,restricted}'::text[]) l;
SELECT clearance.protect('app.project', 'project', project => 'id');
SELECT clearance.protect('app.task', 'task', project => 'project', visibility => 'private', shared_values => '{false}');
SELECT clearance.relate('app.task', 'assigned', member_column => 'assignee');
SELECT clearance.protect('app.note', 'note');
SELECT clearance.add_parent('app.note', 'task', 'app.task');
SELECT clearance.add_member_to_project(n, m.id) FROM clearance.member m, generate_series(1, 12) n WHERE m.key = 'cole';
SELECT clearance.add_partner_to_project(n, p.id) FROM clearance.partner p, generate_series(1, 15) n;
SELECT clearance.add_member_to_project(n, m.id) FROM clearance.member m, generate_series(1, 10) n WHERE m.key = 'mo';
SELECT clearance.trust_role('regress_app');
SELECT clearance.map_role('regress_gate', setting => 'work.member', names => 'id');
SELECT clearance.map_role('regress_cole', member => m.id) FROM clearance.member m WHERE m.key = 'cole';
SELECT clearance.map_role('regress_acme', partner => :acme);
SELECT clearance.map_role('regress_set_cole', member => m.id, by_set_role => true) FROM clearance.member m WHERE m.key = 'cole';
SELECT clearance.map_role('regress_set_acme', partner => :acme, by_set_role => true);
SELECT clearance.add_token_key('k', 'HS256', '$secret', 'i', subject => 'key');
ANALYZE;
EOSQL
	return;
}
