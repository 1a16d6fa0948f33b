
# ./run, as a newcomer uses it: the demo says what it does, ends well where it is
# interrupted, leaves other installations of the server alone, and says what still
# runs; psql has its options; missing packages come with a sign of life.

use strict;
use warnings;
use Cwd 'realpath';
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run ();
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

# whoever runs this in the background may have it ignored, and children would inherit that
$SIG{INT} = 'DEFAULT';

my $top = realpath("$FindBin::RealBin/../..");
my $state = "$top/.run";
my ($dir, $is_ours) = (PostgreSQL::Test::Utils::tempdir());
my $system = '/usr/lib/postgresql/' . (`pg_config --version` =~ /(\d+)/)[0];

plan skip_all => 'the tree has a .run of somebody' if -e $state;
plan skip_all => './run knows Debian alone' unless -x "$system/bin/postgres";
$is_ours = 1;

END
{
	# the next tests copy the tree
	system("$top/run stop 2>/dev/null; rm -rf '$state'") if $is_ours;
}

# ---- without a demo --------------------------------------------------------------------------------

is_deeply([ run('psql') ], [ 1, '', "run: there is no demo database yet\nRun ./run demo first.\n" ], 'psql needs a demo');
is((run('dmo'))[0], 2, 'there is no such command');

# ---- interrupted -----------------------------------------------------------------------------------

foreach my $moment ('starting the throw-away server', '1/6', '3/6')
{
	my ($status, $before, $after, $socket) = interrupted_at($moment);

	is($status, 130, "interrupted after \"$moment\", the demo ends with 130");
	is($after, "run: interrupted\n", 'and one line') or diag($before);
	ok(!-e "$state/demo", 'there is no folder of it');
	ok(!$socket || !-e $socket, 'nor a socket');
	is(servers(), '', 'nor a server');
}

# ---- the demo --------------------------------------------------------------------------------------

my $library = identity("$system/lib/pg_clearance.so");
my $begin = time;
my ($status, $out, $err) = run('demo');
note(sprintf 'the first demo: %.0f s', time - $begin);
is($status, 0, 'the demo runs') or diag($err);
like($out, qr/\A[^\n]*builds.*about a minute.*Ctrl-C.*\n\n/s, 'it says first what it does, how long, and how to end it');
my ($head) = $out =~ /^( *table +\| +all .*)$/m;
is($head =~ s/ //gr, 'table|all|Ada|Sam|Carl|Petra|Mona|Rex|Cleo|nobody', 'seven people, and nobody');
like($out, qr/server still runs \(process (\d+).*\.\/run stop +stops it.*\.\/run clean +stops it[^\n]*\n\z/s, 'last it says what still runs, and how to end that');
$out =~ /process (\d+)/;
ok(-e "/proc/$1", 'which does');
ok(-s "$state/demo/report.html", 'there is a report');

is_deeply([ run('psql', '-XAtc', 'SELECT current_user') ], [ 0, "postgres\n", '' ], 'psql takes options without a role');
is_deeply([ run('psql', 'clearance_demo_app', '-XAtc', 'SELECT current_user') ], [ 0, "clearance_demo_app\n", '' ], 'and with one');

my (undef, $where) = run('psql', '-XAtc', q{SELECT setting FROM pg_config WHERE name = 'PKGLIBDIR'});
like($where, qr/^\Q$state\E\//, 'the server has an installation of its own');
is(identity("$system/lib/pg_clearance.so"), $library, 'that of the system is as it was');
is((run('psql', '-Xc', 'CREATE TABLE mine (); CREATE ROLE mine'))[0], 0, 'somebody makes something');

# ---- again -----------------------------------------------------------------------------------------

$begin = time;
($status, my $again, $err) = run('demo');
note(sprintf 'the second demo: %.0f s', time - $begin);
is($status, 0, 'the demo runs again') or diag($err);
is(tables($again), tables($out), 'and shows the same');
unlike($again, qr/^3\/6/m, 'of what was loaded');
is((run('psql', '-XAtc', q{SELECT to_regclass('mine') IS NULL}))[1], "t\n", 'and nobody added to');

is((run('stop'))[0], 0, 'it is stopped');
is(servers(), '', 'no server is left');
is((run('psql', '-XAtc', 'SELECT count(*) FROM app.project'))[1], "31\n", 'psql starts it');

# ---- packages --------------------------------------------------------------------------------------

fake('sudo', 'exec "$@"');
fake('sleep', '');
fake('make', 'exit 3');
fake('dpkg-query', 'case "$*" in *libssl-dev*) ;; *) echo installed;; esac');
fake('apt-get', 'case "$*" in *install*) ;; *) exit;; esac',
	'echo "1 upgraded, 39 newly installed, 0 to remove and 5 not upgraded."', 'echo "Need to get 4,711 kB of archives."',
	'for i in $(seq 40); do echo "Get:$i somewhere p$i [1 kB]"; done', 'for i in $(seq 40); do echo "Setting up p$i (1-1) ..."; done');
($status, $out, $err) = run('demo');
is($status, 3, 'packages are there, and make is called');
like($err, qr/^installing packages: libssl-dev\n    need to get 4,711 kB of archives\.\n((    \d+ of 40 packages fetched, \d+ set up\n)+)building$/m, 'how far the packages are is told, and nothing else');
is(() = $err =~ /packages fetched/g, 4, 'now and then');

fake('apt-get', 'case "$*" in *install*) ;; *) exit;; esac', 'echo "Reading lists"', 'echo "E: no such thing" >&2', 'exit 100');
($status, $out, $err) = run('demo');
is($status, 1, 'packages that cannot be had end it');
is(() = $err =~ /Reading lists\nE: no such thing/g, 3, 'after three attempts, with all that was said') or diag($err);
like($err, qr/run: packages could not be installed: libssl-dev\n\z/, 'and an error');

done_testing();

# Status, output and errors of ./run.
sub run
{
	my ($out, $err) = ('', '');

	local $ENV{PATH} = "$dir/fake:$ENV{PATH}";
	IPC::Run::run([ "$top/run", @_ ], '<', '/dev/null', '>', \$out, '2>', \$err);
	return ($? >> 8, $out, $err);
}

# Ctrl-C in a demo once it has said something: its status, and what it said before and after that.
sub interrupted_at
{
	my ($moment) = @_;
	my $pid = fork // die "fork: $!";

	if (!$pid)
	{
		setpgrp;
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', "$dir/said";
		open STDERR, '>&', \*STDOUT;
		exec "$top/run", 'demo' or die "exec: $!";
	}
	my ($said, $deadline) = ('', time + $PostgreSQL::Test::Utils::timeout_default);
	until ($said =~ /^\Q$moment\E/m || time > $deadline)
	{
		sleep 0.05;
		$said = slurp_file("$dir/said");
	}
	# something of it has begun
	sleep 0.3;
	$said = slurp_file("$dir/said");
	my $socket = readlink "$state/demo/socket";
	kill INT => -$pid;
	waitpid $pid, 0;
	my $status = $? & 127 ? "signal $?" : $? >> 8;
	# whoever is yet to speak
	sleep 0.5;
	return ($status, $said, substr(slurp_file("$dir/said"), length $said), $socket);
}

# Servers of the tree's .run.
sub servers
{
	return join ' ', grep { (readlink("$_/cwd") // '') =~ /^\Q$state\E\// } glob '/proc/[0-9]*';
}

# What a file is and when it was put there, if there is one.
sub identity
{
	my @stat = stat $_[0] or return 'none';

	return "@stat[1, 7, 10]";
}

# Tables that the demo shows, without numbers of milliseconds and processes.
sub tables
{
	return join "\n", grep { /\|/ && !/^\d\/6/ } $_[0] =~ s/.*^The tour//smr =~ /^(.*)$/gm;
}

# A command that is found before the system's.
sub fake
{
	my ($name, @lines) = @_;

	mkdir "$dir/fake";
	unlink "$dir/fake/$name";
	append_to_file("$dir/fake/$name", join "\n", '#!/bin/sh', @lines, '');
	chmod 0755, "$dir/fake/$name";
	return;
}
