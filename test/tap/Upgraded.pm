
# Clusters that pg_upgrade makes of others, and what everybody sees in them.

package Upgraded;

use strict;
use warnings;
use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Installation;
use Workspace;

our @EXPORT = qw($released everything copy_of upgraded takes_released);

# the version that is out, for PostgreSQL 15 alone
our $released = '0.1.0';

my $top = __FILE__ =~ s{[^/]+$}{../..}r;

# What everybody sees and may do in a small workspace, and what is declared.
sub everything
{
	my ($node) = @_;

	return join "\n", rows_by_member($node, 'postgres'), rows_by_login($node, 'postgres'),
	  $node->safe_psql('postgres', 'SELECT t::text FROM clearance.protected_tables t ORDER BY 1');
}

# pg_upgrade renames what it has taken over: each time it has a cluster of its own.
sub copy_of
{
	my ($node, $name, %params) = @_;
	my $copy = PostgreSQL::Test::Cluster->new($name =~ tr/ ,/_/dr, %params);

	system_or_bail('rm', '-rf', $copy->data_dir);
	system_or_bail('cp', '-a', $node->data_dir, $copy->data_dir);
	return $copy;
}

# A new cluster, of the major whose programs are in the PATH, with what is in the old one; started.
sub upgraded
{
	my ($copy, $old_bindir, $name, $preloaded) = @_;
	my $target = PostgreSQL::Test::Cluster->new($name =~ tr/ ,/_/dr);
	my $bindir = Installation::pg_config('bindir');
	my @checksums = `initdb --help` =~ /(--no-data-checksums)/;

	$target->init(extra => [ '--locale=C', '--encoding=UTF8', @checksums ]);
	$target->append_conf('postgresql.conf', "shared_preload_libraries = '$preloaded'\ntimezone = 'UTC'\n");
	my $done = run_log(
		[ 'pg_upgrade', '--no-sync', '--old-datadir', $copy->data_dir, '--new-datadir', $target->data_dir,
			'--old-bindir', $old_bindir, '--new-bindir', $bindir, '--socketdir', $target->host,
			'--old-port', $copy->port, '--new-port', $target->port ]);
	ok($done, "pg_upgrade, $name") or bail_log($target);
	$target->start;
	return $target;
}

# A database of the released version, of a server whose programs are in this folder, is taken to the server in the PATH:
# it is closed there until it is upgraded.
sub takes_released
{
	my ($old_bindir) = @_;
	my ($new) = slurp_file("$top/pg_clearance.control") =~ /default_version = '(.*)'/;
	my $installation = Installation->new($old_bindir);

	$installation->put("$top/test/upgrade/pg_clearance--$released.sql", $installation->script($released));
	$installation->put(Installation::build_library("$top/test/upgrade/pg_clearance-$released.tar.gz", $old_bindir), $installation->library);
	my $node = new_server('released', install_path => $installation->path);
	$node->safe_psql('postgres', "CREATE EXTENSION pg_clearance VERSION '$released'");
	load_workspace($node, 'postgres');
	$node->safe_psql('postgres', administered());
	my $expected = rows_by_member($node, 'postgres');
	$node->stop;

	foreach my $preloaded ('pg_clearance', '')
	{
		my $when = "$released, " . ($preloaded ? 'preloaded' : 'not preloaded');
		my $target = upgraded(copy_of($node, "$when old"), $installation->path . '/bin', "$when new", $preloaded);

		foreach my $login (@logins)
		{
			my ($rc, $out, $err) = $target->psql('postgres', 'SELECT count(*) FROM app.project', extra_params => [ '-U', $login ]);

			like($err, qr/ERROR:  extension pg_clearance is of version $released in this database, its library of version $new\nHINT:  Run ALTER EXTENSION/,
				"$when: $login sees nothing");
		}
		# the script that pg_upgrade leaves
		$target->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', 'postgres', '-f', 'update_extensions.sql' ], "$when: the database is upgraded");
		is(rows_by_member($target, 'postgres'), $expected, "$when: every member sees what it did");
		$target->stop;
	}
}

sub bail_log
{
	my ($target) = @_;

	diag(slurp_file($_)) foreach glob($target->data_dir . '/pg_upgrade_output.d/*/log/*.log');
	BAIL_OUT('pg_upgrade failed');
}

1;
