
# pg_upgrade takes a database with it, whether or not the library is preloaded
# by the new cluster while it does so: everybody sees what it saw. A database of
# an earlier version is closed there until it is upgraded.
#
# The two clusters are of one major here, which pg_upgrade permits.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Installation;
use Workspace;

my $old = '0.1.0';
my $top = "$FindBin::RealBin/../..";
my ($new) = slurp_file("$top/pg_clearance.control") =~ /default_version = '(.*)'/;
my $bindir = Installation::pg_config('bindir');

# pg_upgrade writes and runs in the current folder
chdir PostgreSQL::Test::Utils::tempdir() or die $!;

# ---- a database of this version -------------------------------------------------------------------

my $source = new_server('source');
build_workspace($source, 'postgres');
$source->safe_psql('postgres', administered());
my $expected = everything($source);
like($expected, qr/^$_\|/m, "$_ sees rows") foreach qw(ada cole pat rex carla);
my $head = $source->safe_psql('postgres', 'SELECT clearance.audit_head()');
$source->stop;

foreach my $preloaded ('pg_clearance', '')
{
	my $when = $preloaded ? 'preloaded' : 'not preloaded';
	my $copy = copy_of($source, "$when old");
	my $target = upgraded($copy, $bindir, "$when new", $preloaded);

	is($target->safe_psql('postgres', q{SELECT current_setting('shared_preload_libraries')}), $preloaded, "$when: so the new server is started");
	is(everything($target), $expected, "$when: everybody sees and may do what it did");
	is($target->safe_psql('postgres', "SELECT count(*) FROM clearance.verify_audit('$head')"), '0', "$when: the audit log is whole");
	like($target->safe_psql('postgres', new_project()), qr/^t$/m, "$when: what is new is registered");

	# and preloading it then, or not any more, makes no difference
	$target->append_conf('postgresql.conf', "shared_preload_libraries = '" . ($preloaded ? '' : 'pg_clearance') . "'");
	$target->restart;
	is(everything($target), $expected, "$when: so it is when that changes");
	$target->stop;
}

# ---- a database of an earlier version -------------------------------------------------------------

my $installation = Installation->new;
$installation->put("$top/test/upgrade/pg_clearance--$old.sql", $installation->script($old));
$installation->put(Installation::build_library("$top/test/upgrade/pg_clearance-$old.tar.gz"), $installation->library);
my $earlier = new_server('earlier', install_path => $installation->path);
$earlier->safe_psql('postgres', "CREATE EXTENSION pg_clearance VERSION '$old'");
load_workspace($earlier, 'postgres');
$earlier->safe_psql('postgres', administered());
$expected = rows_by_member($earlier, 'postgres');
$earlier->stop;

foreach my $preloaded ('pg_clearance', '')
{
	my $when = $preloaded ? 'preloaded' : 'not preloaded';
	my $target = upgraded(copy_of($earlier, "$when earlier"), $installation->path . '/bin', "$when later", $preloaded);

	foreach my $login (@logins)
	{
		my ($rc, $out, $err) = $target->psql('postgres', 'SELECT count(*) FROM app.project', extra_params => [ '-U', $login ]);

		like($err, qr/ERROR:  extension pg_clearance is of version $old in this database, its library of version $new\nHINT:  Run ALTER EXTENSION/,
			"$when: $login sees nothing of $old");
	}
	# the script that pg_upgrade leaves
	$target->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', 'postgres', '-f', 'update_extensions.sql' ], "$when: the database is upgraded");
	is(rows_by_member($target, 'postgres'), $expected, "$when: every member sees what it did in $old");
	$target->stop;
}

done_testing();

sub everything
{
	my ($node) = @_;

	return join "\n", rows_by_member($node, 'postgres'), rows_by_login($node, 'postgres'),
	  $node->safe_psql('postgres', 'SELECT t::text FROM clearance.protected_tables t ORDER BY 1');
}

# A project that is new has one registration, and is rolled back.
sub new_project
{
	return <<'EOSQL';
BEGIN;
INSERT INTO app.project (id, account, name) VALUES ('00000000-0000-0000-0000-000000000099', 'n', 'New');
SELECT has_row FROM clearance.project WHERE key::text = '00000000-0000-0000-0000-000000000099';
ROLLBACK;
EOSQL
}

# pg_upgrade renames what it has taken over: each time it has a cluster of its own.
sub copy_of
{
	my ($node, $name) = @_;
	my $copy = PostgreSQL::Test::Cluster->new($name =~ tr/ /_/r);

	system_or_bail('rm', '-rf', $copy->data_dir);
	system_or_bail('cp', '-a', $node->data_dir, $copy->data_dir);
	return $copy;
}

# A new cluster with what is in the old one, started.
sub upgraded
{
	my ($copy, $old_bindir, $name, $preloaded) = @_;
	my $target = PostgreSQL::Test::Cluster->new($name =~ tr/ /_/r);

	$target->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
	$target->append_conf('postgresql.conf', "shared_preload_libraries = '$preloaded'\ntimezone = 'UTC'\n");
	my $done = run_log(
		[ 'pg_upgrade', '--no-sync', '--old-datadir', $copy->data_dir, '--new-datadir', $target->data_dir,
			'--old-bindir', $old_bindir, '--new-bindir', $bindir, '--socketdir', $target->host,
			'--old-port', $copy->port, '--new-port', $target->port ]);
	ok($done, "pg_upgrade, $name") or bail_log($target);
	$target->start;
	return $target;
}

sub bail_log
{
	my ($target) = @_;

	diag(slurp_file($_)) foreach glob($target->data_dir . '/pg_upgrade_output.d/*/log/*.log');
	BAIL_OUT('pg_upgrade failed');
}
