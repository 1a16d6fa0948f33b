
# A configuration goes from one database to another: with people into an empty
# one with the same tables, after which the text is the same, and so are the
# rows of everybody; and without people, as a release does, by a role that may
# do nothing but export and import.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Workspace;

my $node = new_server('main');

sub database
{
	my ($name, @parts) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql($name, join "\n", 'CREATE EXTENSION pg_clearance;', Workspace::tables_sql(), @parts);
	return $name;
}

# The document as psql writes it, and reads it from a file.
sub exported
{
	my ($db, $what) = @_;

	return $node->safe_psql($db, "SELECT clearance.export($what)");
}

sub import_sql
{
	my ($document) = @_;
	my $file = $node->basedir . '/document.json';

	append_to_file($file, '');
	open my $out, '>', $file or die $!;
	print $out $document;
	close $out;
	return "\\set document `cat '$file'`\nSELECT count(*) FROM clearance.import(:'document');\n";
}

# What protection of the first database did besides: its partition and row.
my $later = Workspace::protect_sql() =~ s/.*(?=CREATE TABLE zone\.later_tasks)//sr;
my $trust = "SELECT clearance.trust_role('regress_app');";

database('staging', Workspace::people_sql(), Workspace::protect_sql(),
	q{SELECT clearance.set_project('00000000-0000-0000-0000-000000000003', open_levels => '{"bug hunter",moderate,auditor}');});
my $whole = exported('staging', 'people => true');
my $plain = exported('staging', '');
my $rows = rows_by_member($node, 'staging');

# ---- people and all --------------------------------------------------------------------------------

database('copy', $later, $trust);
$node->safe_psql('copy', import_sql($whole));
is(exported('copy', 'people => true'), $whole, 'with people into an empty database: the text is the same');
is(rows_by_member($node, 'copy'), $rows, 'and so is what each member sees and may do');
cmp_ok(scalar(split /\n/, $rows), '>', 50, 'which is something');
is($node->safe_psql('copy', import_sql($whole)), '0', 'a second import has nothing to do');

# ---- what is told apart ----------------------------------------------------------------------------

$node->safe_psql('copy', import_sql($whole =~ s/"shared_values": \["everyone", "partners"\]/"shared_values": ["everyone"]/r));
isnt(rows_by_member($node, 'copy'), $rows, 'another document is other rows');
isnt(exported('copy', 'people => true'), $whole, 'and another text');
$node->safe_psql('copy', import_sql($whole));
is(rows_by_member($node, 'copy'), $rows, 'until the first comes again');

# ---- a release -------------------------------------------------------------------------------------

# Production has its people already, who have never been on staging.
database('production', $later, Workspace::people_sql() =~ s/^SELECT clearance\.(?:create_(?:feature|action)|deny|add_gate).*\n//mgr
	  =~ s/^SELECT clearance\.allow\(.*'note'.*\n//mgr =~ s/^.*'praise'.*\n//mgr);
$node->safe_psql('production', <<'EOSQL');
CREATE ROLE regress_release LOGIN;
GRANT EXECUTE ON FUNCTION clearance.export, clearance.diff, clearance.diff_digest, clearance.import TO regress_release;
EOSQL
my $people = sub { exported('production', 'people => true') =~ s/.*(?=^  "accounts")//smr =~ s/^  "tables".*//smr };
my $before = $people->();
my ($rc, $out, $err) = $node->psql('production', import_sql($plain), extra_params => [ '-U', 'regress_release' ]);
is($rc, 0, 'a role with EXECUTE alone releases') or diag($err);
is(exported('production', ''), $plain, 'the text is that of staging');
is($people->(), $before, 'and people are as they were');
($rc, $out, $err) = $node->psql('production', 'SELECT * FROM app.project; SELECT * FROM clearance.level;', on_error_stop => 0,
	extra_params => [ '-U', 'regress_release' ]);
is(() = $err =~ /permission denied/g, 2, 'it reads neither rows nor tables of the extension');

$node->stop;
done_testing();
