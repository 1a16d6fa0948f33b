
# A copy of the server's programs and files, in which a test may change the
# library and the scripts of the extension; and the library of an earlier
# version, made from its sources. Of the server in the PATH, unless the folder of
# another one's programs is named.

package Installation;

use strict;
use warnings;
use File::Copy 'copy';
use File::Path 'make_path';
use PostgreSQL::Test::Utils;

# The server finds its files from where its program is, as long as all of the copy is below one
# folder (make_relative_path(), port/path.c).
sub new
{
	my ($class, $bindir) = @_;
	my $top = PostgreSQL::Test::Utils::tempdir();
	my $self = bless { top => $top, bindir => $bindir }, $class;

	foreach my $dir (map { pg_config($_, $bindir) } qw(bindir pkglibdir sharedir))
	{
		next if -e "$top$dir";
		make_path($top . ($dir =~ m{(.*)/})[0]);
		system('cp', '-a', $dir, "$top$dir") == 0 or die "$dir cannot be copied";
	}
	return $self;
}

# the setting that has every plan run by workers, as far as it can be: PostgreSQL 16 gave it another name
sub parallel_setting
{
	return pg_config('version') =~ /(\d+)/ && $1 >= 16 ? 'debug_parallel_query' : 'force_parallel_mode';
}

# as PostgreSQL::Test::Cluster wants it
sub path
{
	my ($self) = @_;

	return $self->{top} . (pg_config('bindir', $self->{bindir}) =~ m{(.*)/bin$})[0];
}

sub library
{
	my ($self) = @_;

	return $self->{top} . pg_config('pkglibdir', $self->{bindir}) . '/pg_clearance.so';
}

sub script
{
	my ($self, $versions) = @_;

	return $self->{top} . pg_config('sharedir', $self->{bindir}) . "/extension/pg_clearance--$versions.sql";
}

# Put a file in the place of another one, as install(1) does: who has the old one open keeps it.
sub put
{
	my ($self, $from, $to) = @_;

	copy($from, "$to.new") && rename("$to.new", $to) or die "$to cannot be written: $!";
}

# The library made from an archive of its sources.
sub build_library
{
	my ($archive, $bindir) = @_;
	my $dir = PostgreSQL::Test::Utils::tempdir();
	my $pgxs = pg_config('pgxs', $bindir);

	system('tar', '-xzf', $archive, '-C', $dir) == 0 or die "$archive cannot be read";
	my $objects = join ' ', map { s/c$/o/r } glob("$dir/src/*.c");
	system('make', '-s', '-C', $dir, '-f', $pgxs, 'all', "PGXS=$pgxs", 'PG_CONFIG=' . pg_config('bindir', $bindir) . '/pg_config', 'MODULE_big=pg_clearance', "OBJS=$objects",
		'SHLIB_LINK=-lcrypto', 'with_llvm=no', 'CFLAGS=-O0 -w -fwrapv -fno-strict-aliasing') == 0
	  or die "the library of $archive cannot be made";
	return "$dir/pg_clearance.so";
}

sub major
{
	return (pg_config('version') =~ /^PostgreSQL (\d+)/)[0];
}

# of the server in the PATH, or of the one whose programs are in a folder
sub pg_config
{
	my ($what, $bindir) = @_;
	my $program = defined $bindir ? "$bindir/pg_config" : 'pg_config';

	chomp(my $answer = qx{$program --$what});
	return $answer;
}

1;
