
# pg_upgrade takes a database with it, whether or not the library is preloaded
# by the new cluster while it does so: everybody sees what it saw. A database of
# an earlier version is closed there until it is upgraded.
#
# The two clusters are of one major here, which pg_upgrade permits;
# test/upgrade/majors.pl is about two.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Installation;
use Upgraded;
use Workspace;

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

SKIP:
{
	skip "$released is for PostgreSQL 15 alone", 1 if Installation::major() != 15;
	takes_released($bindir);
}

done_testing();

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
