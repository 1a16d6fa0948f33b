
# Policies enforce the rule on their own, from the first statement of a session
# and without the library preloaded, permissive policies of others or not.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Workspace;

my $node = new_server('main', settings => '# no library is preloaded');

# CREATE EXTENSION tells of servers whose minor release has holes in row security itself
$node->safe_psql('postgres', 'CREATE DATABASE plain');
my $warning;
$node->psql('plain', 'CREATE EXTENSION pg_clearance', stderr => \$warning);
my $is_old = $node->safe_psql('plain', q{SELECT v % 10000 < (ARRAY[20, 16, 12, 6])[v / 10000 - 14]
	FROM current_setting('server_version_num') s, CAST(s AS integer) v});
is($warning =~ /has known holes in row security/ ? 't' : 'f', $is_old, 'CREATE EXTENSION warns of old minor releases, and of no others');

build_workspace($node, 'postgres');
$node->safe_psql(
	'postgres', q{
	CREATE ROLE regress_owner LOGIN;
	GRANT ALL ON SCHEMA app TO regress_owner;
	GRANT INSERT ON app.page TO regress_cole;
	ALTER TABLE app.page OWNER TO regress_owner;
	ALTER TABLE app.wiki_page OWNER TO regress_owner;
	CREATE TABLE app.draft (id integer PRIMARY KEY, project uuid);
	CREATE POLICY everything ON app.draft USING (true);
});

my $rows = rows_by_member($node, 'postgres');
my @login_rows = rows_by_login($node, 'postgres');

#
# The first statement of a session
#
first_statement('without the library');
refused(
	'regress_cole',
	q{INSERT INTO app.page VALUES (99, '00000000-0000-0000-0000-000000000004', false)},
	qr/insert into .*page is not permitted/,
	'an INSERT as the first statement is judged');

#
# Permissive policies of others show no more: restrictive ones of the extension
# stand beside them
#
$node->safe_psql('postgres', 'CREATE POLICY everything ON app.page USING (true) WITH CHECK (true)');
$node->safe_psql('postgres', 'CREATE POLICY everything ON app.wiki_page USING (true)', extra_params => [ '-U', 'regress_owner' ]);
is(rows_by_member($node, 'postgres'), $rows, 'permissive policies of others show no more');
first_statement('a permissive policy, without the library');
is($node->safe_psql('postgres', q{
	BEGIN;
	SELECT clearance.protect('app.draft', 'document', project => 'project') > 0;
	SELECT count(*) FROM pg_policy WHERE polrelid = 'app.draft'::regclass AND NOT polpermissive;
	ROLLBACK}), "t\n4", 'protect() of a table that has one seals it');
$node->safe_psql('postgres', 'DROP POLICY everything ON app.page; DROP POLICY everything ON app.wiki_page');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_policy WHERE polname LIKE 'clearance_seal%'}), 0,
	'the seals go with the last of them');
# the setting that the extension uses for itself is not for owners
foreach my $sql (
	'ALTER TABLE app.page DISABLE ROW LEVEL SECURITY',
	'DROP POLICY clearance_select ON app.page',
	'ALTER POLICY clearance_select ON app.page USING (true)')
{
	refused('regress_owner', $sql, undef, "an owner is refused: $sql");
	refused('regress_owner', "SET clearance.maintaining = on; $sql", undef, "with clearance.maintaining too: $sql");
}
$node->safe_psql('postgres', 'CREATE POLICY narrow ON app.page AS RESTRICTIVE USING (id < 100)');
unlike(rows_by_member($node, 'postgres'), qr/\|page\|.*\b10\d\b/, 'a restrictive policy of others narrows');
$node->safe_psql('postgres', 'DROP POLICY narrow ON app.page');

#
# Nobody but set_actor() sets the actor, before the library is loaded either
#
actor_is_safe('without the library');
preload("session_preload_libraries = 'pg_clearance'");
actor_is_safe('session_preload_libraries');

#
# session_preload_libraries serves as well
#
is(rows_by_member($node, 'postgres'), $rows, 'session_preload_libraries: the members see the same');
is($node->psql('postgres', 'CREATE POLICY everything ON app.page USING (true) WITH CHECK (true)'),
	0, 'session_preload_libraries: a permissive policy of others is accepted');
is(rows_by_member($node, 'postgres'), $rows, 'session_preload_libraries: a permissive policy of others shows no more');
first_statement('session_preload_libraries and a permissive policy');

preload("shared_preload_libraries = 'pg_clearance'");
$node->psql('postgres', 'CREATE POLICY everything_too ON app.page USING (true) WITH CHECK (true)');
is(rows_by_member($node, 'postgres'), $rows, 'shared_preload_libraries: a permissive policy of others shows no more');
first_statement('shared_preload_libraries and a permissive policy');

#
# What auto_explain reports, outsiders are not sent, whichever of the two libraries is loaded first
#
foreach my $libraries ('auto_explain, pg_clearance', 'pg_clearance, auto_explain')
{
	preload("shared_preload_libraries = '$libraries'\nauto_explain.log_min_duration = 0");
	refused(
		'regress_nobody',
		'SET client_min_messages = log; SELECT count(*) FROM app.page',
		qr/auto_explain of protected tables at the client is not permitted/,
		"$libraries: no plan is reported to an outsider");
}

#
# Preloading is taken back while such a policy exists: nobody sees more
#
preload('# no library is preloaded');
first_statement('preloading taken back');
ok(row_is_in([ rows_by_login($node, 'postgres') ], @login_rows), 'preloading taken back: nobody sees more');

#
# Without the extension the tables stay closed
#
$node->safe_psql('postgres', 'DROP POLICY IF EXISTS everything ON app.page; DROP POLICY everything_too ON app.page');
$node->safe_psql('postgres', 'DROP EXTENSION pg_clearance CASCADE');
is_deeply([ rows_by_login($node, 'postgres') ], [], 'no row is shown once the extension is dropped');

$node->stop;
done_testing();

# Restart with a setting that says what is preloaded.
sub preload
{
	my ($setting) = @_;
	my $conf = $node->data_dir . '/postgresql.conf';

	append_to_file($conf, "shared_preload_libraries = ''\nsession_preload_libraries = ''\n$setting\n");
	$node->restart;
}

# Each in a session of its own that begins with it.
sub first_statement
{
	my ($when) = @_;

	foreach my $login (@logins)
	{
		my $pages = grep { /^$login page/ } @login_rows;

		is( $node->safe_psql('postgres', 'SELECT count(*) FROM app.page', extra_params => [ '-U', $login ]),
			$pages, "$when: $login sees $pages rows in the first statement");
	}
}

sub refused
{
	my ($login, $sql, $error, $name) = @_;
	my ($rc, $out, $err) = $node->psql('postgres', "BEGIN; $sql; ROLLBACK", on_error_stop => 1, extra_params => [ '-U', $login ]);

	is($rc, 3, $name);
	like($err, $error, "$name: message") if $error;
}

# Whether nobody, and cole, can become ada by anything but set_actor().
sub actor_is_safe
{
	my ($when) = @_;
	my $ada = $node->safe_psql('postgres', q{SELECT id FROM clearance.member WHERE key = 'ada'});
	my $count = 'SELECT count(*) FROM app.page';
	my %roads = (
		'SET' => "SET clearance.actor = $ada; $count",
		'SET, RESET' => "SET clearance.actor = $ada; $count; RESET clearance.actor; $count",
		'SET LOCAL' => "BEGIN; SET LOCAL clearance.actor = $ada; $count; COMMIT; $count",
		'SET in a transaction' => "BEGIN; SET clearance.actor = $ada; $count; COMMIT; $count",
		'SET, rolled back' => "BEGIN; SAVEPOINT s; SET clearance.actor = $ada; $count; ROLLBACK TO s; $count; ROLLBACK; $count",
		'SET, then again' => "BEGIN; SET clearance.actor = $ada; SAVEPOINT s; SET LOCAL clearance.actor = $ada; $count; ROLLBACK TO s; $count; COMMIT; $count",
		'set_config()' => "SELECT FROM set_config('clearance.actor', '$ada', false); $count",
		'set_config() within the query' => "SELECT count(*) FROM app.page, set_config('clearance.actor', '$ada', false)",
		'a function' => "CREATE FUNCTION pg_temp.f() RETURNS bigint LANGUAGE plpgsql SET clearance.actor = $ada AS 'BEGIN RETURN (SELECT count(*) FROM app.page); END'; SELECT pg_temp.f(); $count",
		'ALTER ROLE' => "ALTER ROLE CURRENT_USER SET clearance.actor = $ada; \\c\n$count",
		'PGOPTIONS' => $count);

	foreach my $login (qw(regress_nobody regress_cole))
	{
		my $pages = grep { /^$login page/ } @login_rows;

		foreach my $road (sort keys %roads)
		{
			local $ENV{PGOPTIONS} = $road eq 'PGOPTIONS' ? "-c clearance.actor=$ada" : '';
			my ($rc, $out) = $node->psql('postgres', $roads{$road}, on_error_stop => 0, extra_params => [ '-U', $login ]);

			is_deeply([ grep { $_ ne $pages } split /\n/, $out // '' ], [], "$when: $login does not become another by $road");
		}
	}
}
