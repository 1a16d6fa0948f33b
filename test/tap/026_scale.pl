
# The examples of doc/scale.md are what happens. They begin where README.md
# ends, and say on which of two servers: the publisher has the tables, the
# replica gets them.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Document;
use Workspace;

my $top = "$FindBin::RealBin/../..";
my $text = slurp_file("$top/doc/scale.md");
my %node = map { $_ => new_server($_, settings => "shared_preload_libraries = pg_clearance\nwal_level = logical\nmax_logical_replication_workers = 10\nmax_worker_processes = 20\nwal_retrieve_retry_interval = 100ms",
		allows_streaming => 'logical') } qw(publisher replica);

my @wrong = run_examples($node{publisher}, 'postgres', examples_of(slurp_file("$top/README.md")));
is(scalar @wrong, 0, 'README.md is run on the publisher') or diag(join "\n", @wrong);
$ENV{MAIN} = $node{publisher}->connstr('postgres') =~ s/'//gr;
$ENV{REPORTS} = $node{replica}->connstr('postgres') =~ s/'//gr;
system("pg_dumpall --roles-only -d \"\$MAIN\" | psql -Xq \"\$REPORTS\" 2>/dev/null");

my $blocks = 0;
while ($text =~ /^```(sql|sh)\n(.*?)^```$/gms)
{
	my ($language, $block, $line) = ($1, $2, 1 + (substr($text, 0, $-[2]) =~ tr/\n//));

	$blocks++;
	if ($language eq 'sh')
	{
		append_to_file($node{replica}->basedir . '/block.sh', $block);
		my $out = `bash -e ${\ $node{replica}->basedir}/block.sh 2>&1`;
		is($?, 0, "doc/scale.md, line $line: the shell does it") or diag($out);
		next;
	}
	my ($where) = $block =~ /^-- on the (\w+)$/m;
	$node{replica}->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_subscription_rel WHERE srsubstate <> 'r'") or die 'tables are not copied';
	@wrong = run_examples($node{$where}, 'postgres', examples_of("```sql\n$block```\n"));
	is_deeply(\@wrong, [], "doc/scale.md, line $line: so it is on the $where") or diag(join "\n", @wrong);
}
cmp_ok($blocks, '>', 6, 'it has examples');

# what the text says of them
$node{publisher}->wait_for_catchup('reports');
my $tasks = "SELECT clearance.set_actor(key => 20, local => false) AS a \\gset\nSELECT title FROM app.task";
is($node{replica}->safe_psql('postgres', $tasks, extra_params => [ '-U', 'app_backend' ]), 'Survey', 'the lease is new: rows are shown on the replica');
$node{publisher}->safe_psql('postgres', "UPDATE clearance.lease SET renewed_at = renewed_at - interval '2 min'");
$node{publisher}->wait_for_catchup('reports');
my ($rc, $out, $err) = $node{replica}->psql('postgres', $tasks, extra_params => [ '-U', 'app_backend' ]);
like($err, qr/permissions known here may be too old/, 'it is old: they are not');

$node{replica}->stop('immediate');
$node{publisher}->stop('immediate');
done_testing();
