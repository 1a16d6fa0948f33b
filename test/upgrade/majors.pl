
# From one major to the next: pg_upgrade and a dump take a database with them, and
# everybody sees the rows that it saw, whether or not the library is preloaded.
# So it is for a database of an earlier version, once it is upgraded.
#
# CLEARANCE_OLDER is the folder of the older server's programs, which has the
# library too. `./run test --major 17 pg_upgrade` has both.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../tap";
use Cwd;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Installation;
use Sample;
use Upgraded;
use Workspace;

my $older = $ENV{CLEARANCE_OLDER} or die 'CLEARANCE_OLDER is not set';
my $installed = $older =~ s{/bin$}{}r;
my ($old_major) = Installation::pg_config('version', $older) =~ /^PostgreSQL (\d+)/;
my $new_major = Installation::major();
my $top = "$FindBin::RealBin/../..";
my $dir = PostgreSQL::Test::Utils::tempdir();

cmp_ok($old_major, '<', $new_major, "from PostgreSQL $old_major to $new_major");

# ---- what everybody sees before -------------------------------------------------------------------

my $source = new_server('source', install_path => $installed);
build_workspace($source, 'postgres');
$source->safe_psql('postgres', administered());
$source->safe_psql('postgres', 'CREATE DATABASE sample');
chdir "$top/examples/workspace" or die $!;
$source->command_ok([ 'psql', '-Xq', '-d', 'sample', '-f', 'load.sql', '-o', '/dev/null' ], 'the sample workspace is loaded');

# pg_upgrade writes and runs in the current folder
chdir $dir or die $!;
my %expected = (small => everything($source), sample => rows_of_sample($source, 'sample'));
like($expected{small}, qr/^$_\|/m, "$_ sees rows") foreach qw(ada cole pat rex carla);
cmp_ok(scalar(() = $expected{sample} =~ /\n/g), '>', 500, 'members of the sample workspace see rows of tables');
my $head = $source->safe_psql('postgres', 'SELECT clearance.audit_head()');

# ---- a dump ---------------------------------------------------------------------------------------

# By the older programs: newer ones of Debian's packages write down an option of columns that older servers keep there and
# newer ones may not know, as they do for pg_upgrade.
my $option = $source->safe_psql('postgres', q{SELECT DISTINCT split_part(o, '=', 1) FROM pg_attribute, unnest(attoptions) o WHERE o !~ '^n_distinct'});
my $is_known;

system_or_bail("$older/pg_dumpall", '-h', $source->host, '-p', $source->port, '--globals-only', '-f', "$dir/roles");
system_or_bail("$older/pg_dump", '-h', $source->host, '-p', $source->port, '-Fc', '-f', "$dir/$_", $_) foreach qw(postgres sample);
$source->stop;

foreach my $settings ('shared_preload_libraries = pg_clearance', '')
{
	my $when = 'restored, ' . ($settings ? 'preloaded' : 'not preloaded');
	my $target = new_server($when =~ tr/ ,/_/dr, settings => $settings);

	# the role that runs the test is there
	$target->psql('postgres', "\\i $dir/roles\nCREATE DATABASE sample", on_error_stop => 0);
	$target->command_ok([ 'pg_restore', '--exit-on-error', '-d', $_, "$dir/$_" ], "$when: $_") foreach qw(postgres sample);
	is_same($target, $when);
	my ($rc, $out, $err) = $target->psql('postgres', "CREATE TEMP TABLE known (a int); ALTER TABLE known ALTER a SET ($option = 1)");
	$is_known = $err !~ /unrecognized parameter "$option"/;
	$target->stop;
}

# ---- pg_upgrade -----------------------------------------------------------------------------------

SKIP:
{
	skip "PostgreSQL $new_major does not know the option $option that $old_major keeps with columns: pg_upgrade fails, whatever the database", 1
	  unless $is_known;

	foreach my $preloaded ('pg_clearance', '')
	{
		my $when = 'taken over, ' . ($preloaded ? 'preloaded' : 'not preloaded');
		my $target = upgraded(copy_of($source, "$when old", install_path => $installed), $older, "$when new", $preloaded);

		is_same($target, $when);
		is($target->safe_psql('postgres', "SELECT count(*) FROM clearance.verify_audit('$head')"), '0', "$when: the audit log is whole");
		$target->stop;
	}
	takes_released($older) if $old_major == 15;
}

done_testing();

sub is_same
{
	my ($node, $when) = @_;

	is(everything($node), $expected{small}, "$when: everybody sees and may do what it did");
	is(rows_of_sample($node, 'sample'), $expected{sample}, "$when: so do members of the sample workspace");
}
