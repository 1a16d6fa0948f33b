
# A restore that leaves policies out, as pg_restore --no-policies does, or that
# stops before they come, leaves no protected table open: whether or not the
# library is preloaded, whoever row security binds sees no row and writes none.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Workspace;

my $node = new_server('main');
my $dir = PostgreSQL::Test::Utils::tempdir();
my $tables = <<'EOSQL';
SELECT c.oid::regclass::text COLLATE "C" AS tab FROM clearance.protected_tables p, clearance_internal.table_tree(p."table") AS t (relid)
JOIN pg_class c ON c.oid = t.relid ORDER BY 1
EOSQL

$node->safe_psql('postgres', 'CREATE DATABASE source');
build_workspace($node, 'source');

# owners who are no superusers: one is bound by the rule, the other was left out
$node->safe_psql('source', <<'EOSQL');
CREATE ROLE regress_owner LOGIN;
GRANT USAGE ON SCHEMA app TO regress_owner;
ALTER TABLE app.page OWNER TO regress_owner;
CREATE TABLE app.minute (id bigint PRIMARY KEY, project_id uuid NOT NULL REFERENCES app.project, title text);
INSERT INTO app.minute SELECT 1, id, 'x' FROM app.project LIMIT 1;
ALTER TABLE app.minute OWNER TO regress_owner;
SELECT clearance.protect('app.minute', 'document', project => 'project_id', force => false);
EOSQL
my $rows = rows_by_member($node, 'source');
my @login_rows = rows_by_login($node, 'source');
my @tables = split /\n/, $node->safe_psql('source', $tables);

like($rows, qr/^ada\|page\|/m, 'members see rows');
cmp_ok(scalar(@tables), '>=', 15, 'tables are protected, with partitions and children');
$node->command_ok([ 'pg_dump', '--format=custom', '-f', "$dir/dump", '-d', 'source' ], 'a dump is taken');

foreach my $preloaded ('', 'pg_clearance')
{
	my $when = $preloaded ? 'preloaded' : 'not preloaded';

	$node->append_conf('postgresql.conf', "shared_preload_libraries = '$preloaded'");
	$node->restart;

	make_database('without');
	$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'without', without_policies() ], "$when: restored without policies");
	is($node->safe_psql('without', "SELECT count(*) FROM pg_policy WHERE polrelid <> 'clearance.audit'::regclass"), '0', "$when: there are none");
	is_closed('without', "$when, without policies");
	is($node->safe_psql('without', q{SELECT count(*) FROM app.minute}, extra_params => [ '-U', 'regress_owner' ]), '1',
		"$when: an owner whom the rule does not bind sees its table");
	isnt($node->safe_psql('without', 'SELECT count(*) FROM app.page'), '0', "$when: superusers see rows");

	# what was left out is made anew
	$node->safe_psql('without', 'SELECT clearance.repair("table") FROM clearance.protected_tables');
	is(rows_by_member($node, 'without'), $rows, "$when: after repair() every member sees and may do what it did");
	is_deeply([ rows_by_login($node, 'without') ], \@login_rows, "$when: so do the mapped login roles");

	make_database('half');
	$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'half', "--section=$_", "$dir/dump" ], "$when: $_ is restored")
	  foreach 'pre-data', 'data';
	is_closed('half', "$when, before post-data");
	$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'half', '--section=post-data', "$dir/dump" ], "$when: and post-data");
	is(rows_by_member($node, 'half'), $rows, "$when: a restore in sections shows what was there");
	is($node->safe_psql('half', 'SELECT string_agg("table"::text, \' \') FROM clearance.protected_tables WHERE NOT enforced'), '',
		"$when: and every table is protected");
	$node->safe_psql('postgres', "DROP DATABASE $_") foreach qw(without half);
}

# What a dump does not declare, nothing closes: a table alone is a copy (doc/limits.md says so).
make_database('alone');
$node->safe_psql('alone', 'CREATE EXTENSION pg_clearance; CREATE SCHEMA app; GRANT USAGE ON SCHEMA app TO PUBLIC');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'alone', '--table=minute', "$dir/dump" ], 'one table is restored by its name');
is($node->safe_psql('alone', q{SELECT relrowsecurity FROM pg_class WHERE relname = 'minute'}), 'f', 'and is a copy like any other');

$node->stop;
done_testing();

sub make_database
{
	my ($db) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $db");
}

# Arguments of pg_restore: the option where there is one, else a list of contents that says the same.
sub without_policies
{
	my ($help) = run_command([ 'pg_restore', '--help' ]);
	return ('--no-policies', "$dir/dump") if $help =~ /--no-policies/;

	my ($list) = run_command([ 'pg_restore', '--list', "$dir/dump" ]);
	my $left_out = () = $list =~ /^\d+; \d+ \d+ (?:POLICY|ROW SECURITY) app /mg;

	cmp_ok($left_out, '>', 20, 'policies are left out');
	$list =~ s/^(?=\d+; \d+ \d+ (?:POLICY|ROW SECURITY|COMMENT [^;\n]* POLICY) )/;/mg;
	append_to_file("$dir/list." . ++our $lists, $list);
	return ("--use-list=$dir/list.$lists", "$dir/dump");
}

# No row for whoever row security binds, acting or not, nor anything that these write: each statement is refused or
# finds nothing.
sub is_closed
{
	my ($db, $when) = @_;
	my %people = ((map { $_ => '' } @logins, 'regress_owner'), regress_app => q{SELECT clearance.set_actor(key => 'ada', local => false) AS actor \gset});

	foreach my $user (sort keys %people)
	{
		my @theirs = grep { $_ ne 'app.minute' || $user ne 'regress_owner' } @tables;
		my $reads = join "\n", map { "SELECT '$_' FROM $_ LIMIT 1;" } @theirs;
		my $deletes = join "\n", map { "DELETE FROM $_ RETURNING '$_';" } @theirs;
		my ($rc, $out, $err) = $node->psql($db, "$people{$user}\n$reads\n$deletes", on_error_stop => 0, extra_params => [ '-U', $user ]);

		is($out, '', "$when: $user sees and deletes no row");
	}
	my ($rc, $out, $err) = $node->psql($db, "$people{regress_app}\nINSERT INTO app.project (id, account, name) VALUES (gen_random_uuid(), 'n', 'x')",
		extra_params => [ '-U', 'regress_app' ]);
	like($err, qr/new row violates row-level security|has no row security|is missing/, "$when: regress_app adds none");
}
