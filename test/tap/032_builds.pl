
# The library is built in whatever folder, and against whatever minor release of
# the server's major: what is built elsewhere is what is built in the tree, and
# one that was built against an older minor release serves the running one.
#
# CLEARANCE_MINOR names a folder with the files of the package
# postgresql-server-dev-N of such a release; ./run test fetches it.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Installation;
use Workspace;

my $top = "$FindBin::RealBin/../..";
my $dir = PostgreSQL::Test::Utils::tempdir();
my ($version) = Installation::pg_config('version') =~ /^PostgreSQL (\d+)/;
my ($pkglibdir, $extensions) = (Installation::pg_config('pkglibdir'), Installation::pg_config('sharedir') . '/extension');

# the tree as it comes, with nothing that was built
system_or_bail("mkdir $dir/tree && tar -C '$top' -cf - --exclude=./build --exclude='*.o' --exclude='*.so' --exclude=./tmp_check ."
	  . " | tar -C $dir/tree -xf -");

# ---- in another folder ----------------------------------------------------------------------------

my $before = `cd $dir/tree && find . | sort`;
build("$dir/elsewhere", 'bin', Installation::pg_config('bindir'));
is(`cd $dir/tree && find . | sort`, $before, 'a build in another folder leaves the tree as it is');
my @files = map { s{^\Q$dir\E/elsewhere/installed}{}r } split /\n/, `find $dir/elsewhere/installed -type f | sort`;
is_deeply(\@files,
	[ sort "$pkglibdir/pg_clearance.so", map { "$extensions/" . s{.*/}{}r } split / /, `make -s -C $dir/tree PG_CONFIG=pg_config list-data` =~ s/\n//r ],
	'and installs what a build in the tree does');
foreach my $file (grep { !/\.so$/ } @files)
{
	is(slurp_file("$dir/elsewhere/installed$file"), slurp_file($file), "the same $file");
}
is(symbols("$dir/elsewhere/installed$pkglibdir/pg_clearance.so"), symbols("$pkglibdir/pg_clearance.so"), 'and the same functions');

# ---- against another minor release ----------------------------------------------------------------

SKIP:
{
	my $minor = $ENV{CLEARANCE_MINOR} // '';

	skip 'the files of no other minor release are at hand', 3 if $minor eq '';
	# pg_config finds the rest from where it is (make_relative_path(), port/path.c)
	system_or_bail("mkdir -p $dir/minor/usr/lib/postgresql/$version/bin && cp -a $minor/usr $dir/minor/ && cp -a $pkglibdir/pgxs"
		  . " $dir/minor/usr/lib/postgresql/$version/lib/ && cp " . Installation::pg_config('bindir') . "/pg_config $dir/minor/usr/lib/postgresql/$version/bin/");
	my ($header) = slurp_file("$dir/minor/usr/include/postgresql/$version/server/pg_config.h") =~ /#define PG_VERSION "(\S+)/;
	build("$dir/older", $header, "$dir/minor/usr/lib/postgresql/$version/bin");

	my $installation = Installation->new;
	my $node = new_server('built_here', install_path => $installation->path);
	build_workspace($node, 'postgres');
	$node->safe_psql('postgres', administered());
	my $rows = rows_by_member($node, 'postgres');
	$node->stop;

	$installation->put("$dir/older/installed$dir/minor/usr/lib/postgresql/$version/lib/pg_clearance.so", $installation->library);
	$node->start;
	note('built on ' . $header . ', run on ' . $node->safe_psql('postgres', 'SHOW server_version'));
	is(rows_by_member($node, 'postgres'), $rows, "the library that was built on $header serves this server");
	$node->safe_psql('postgres', 'CREATE DATABASE anew');
	build_workspace($node, 'anew');
	$node->safe_psql('anew', administered());
	is(rows_by_member($node, 'anew'), $rows, 'and a new database');
	$node->stop;
}

done_testing();

# Build and install in a folder, by the pg_config of some server.
sub build
{
	my ($folder, $what, $bindir) = @_;

	mkdir $folder or die $!;
	command_ok([ 'make', '-s', '-j2', '-C', $folder, '-f', "$dir/tree/Makefile", "PG_CONFIG=$bindir/pg_config", "DESTDIR=$folder/installed", 'CFLAGS=-O0 -w', 'install' ],
		"built, $what");
}

sub symbols
{
	my ($library) = @_;
	my ($out) = run_command([ 'nm', '--dynamic', '--defined-only', '--format=posix', $library ]);

	return join "\n", sort map { /^(\S+) T/ ? $1 : () } split /\n/, $out;
}
