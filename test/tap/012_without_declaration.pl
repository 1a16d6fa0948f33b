
# Policies that come without their declaration, in a dump of the schema or of one
# table, close their table: no other declaration judges its rows, whether or not
# the library was there before the statement.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Workspace;

my $node = new_server('main', settings => '# no library is preloaded');
my $dir = PostgreSQL::Test::Utils::tempdir();
my $closed = qr/table \w+ is not the one that its policies were made for/;

foreach my $db (qw(source other))
{
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	build($db);
}
# each database has a table that is protected in it
$node->safe_psql('source', declared('app.job', 'hidden') . q{CREATE SCHEMA moved; CREATE TABLE app.free (LIKE app.job); INSERT INTO app.free TABLE app.job; GRANT ALL ON app.free TO regress_moe});
$node->safe_psql('other', declared('app.thing', 'other_flag'));
is(seen('source', 'app.job'), '1', 'a protected table shows what the rule permits');
is(seen('other', 'app.thing'), '1', 'so does the one in the other database');

# numbers are drawn at random: no two databases give the same
isnt($node->safe_psql('source', 'SELECT id FROM clearance.binding'),
	$node->safe_psql('other', 'SELECT id FROM clearance.binding'), 'numbers of declarations do not repeat');

#
# A dump of one table, restored where declarations of its own are
#
dump_of('job', '--table=app.job');
restore('other', 'job');
closed('other', 'app.job', 'a table from a dump of one table');

# the same number, by a chance that nobody has: still the table's own declaration alone
$node->safe_psql('other', q{
	UPDATE clearance.binding SET id = n FROM (SELECT (regexp_match(pg_get_expr(polqual, polrelid), '\d+'))[1]::integer AS n
		FROM pg_policy WHERE polrelid = 'app.job'::regclass AND polname = 'clearance_select') p;
	SELECT clearance.repair('app.thing')});
is(seen('other', 'app.thing'), '1', 'a number is changed');
closed('other', 'app.job', 'a table whose policies have the number of another table');

# the remedies that the hint names
$node->safe_psql('other', "SELECT clearance.unprotect('app.job')");
is(seen('other', 'app.job'), '1,2,3', 'unprotect() takes such policies off');
$node->safe_psql('other', 'DROP TABLE app.job');
restore('other', 'job');
$node->safe_psql('other', declared('app.job', 'hidden'));
is(seen('other', 'app.job'), '1', 'protect() declares it anew');

#
# The same table under another name in its own database
#
my $text = slurp_file("$dir/job");
$text =~ s/app\.job/moved.job/g;
append_to_file("$dir/moved", $text);
restore('source', 'moved');
$node->safe_psql('source', 'GRANT USAGE ON SCHEMA moved TO PUBLIC');
closed('source', 'moved.job', 'a copy beside the table');
is(seen('source', 'app.job'), '1', 'the table itself is as it was');

#
# A dump of the schema, in a new database where another table is protected
#
$node->safe_psql('postgres', 'CREATE DATABASE fresh');
dump_of('schema', '--schema-only', '--exclude-schema=moved');
restore('fresh', 'schema');
$node->safe_psql('fresh', people() . q{
	INSERT INTO app.job VALUES (1, 1, false), (2, 1, true), (3, 2, false);
	INSERT INTO app.thing VALUES (1, 1, false), (2, 1, true), (3, 2, false);} . declared('app.thing', 'other_flag'));
is(seen('fresh', 'app.thing'), '1', 'a table that is protected there');
closed('fresh', 'app.job', 'a table whose policies came with the schema');

#
# An owner's policy about another table's rows
#
$node->safe_psql('source', q{
	ALTER TABLE app.free ENABLE ROW LEVEL SECURITY;
	SELECT format('CREATE POLICY mine ON app.free USING (clearance.visible(%s, id, project_id, hidden))', id) FROM clearance.binding \gexec
});
closed('source', 'app.free', "an owner's policy with another table's number");

$node->stop;
done_testing();

sub people
{
	return q{
	SELECT clearance.create_account('Northwind');
	SELECT clearance.create_partner('Acme', access_level => 'moderate');
	SELECT clearance.add_member('moe', partner => id), clearance.map_role('regress_moe', member => clearance.add_member('moe2', partner => id))
		FROM clearance.partner;
	SELECT clearance.create_project(1), clearance.create_project(2);
	SELECT clearance.add_partner_to_project(1, p.id), clearance.add_member_to_project(1, m.id)
		FROM clearance.partner p, clearance.member m WHERE m.key = 'moe2';
	};
}

sub build
{
	my ($db) = @_;

	$node->safe_psql($db, q{
	CREATE EXTENSION pg_clearance;
	DO $$ BEGIN CREATE ROLE regress_moe LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
	CREATE SCHEMA app;
	GRANT USAGE ON SCHEMA app TO PUBLIC;} . people());
	$node->safe_psql($db, qq{
	CREATE TABLE app.$_ (id bigint PRIMARY KEY, project_id bigint, } . ($_ eq 'job' ? 'hidden' : 'other_flag') . qq{ boolean);
	INSERT INTO app.$_ VALUES (1, 1, false), (2, 1, true), (3, 2, false);
	GRANT ALL ON app.$_ TO regress_moe;}) foreach ($db eq 'source' ? qw(job thing) : qw(thing));
}

sub declared
{
	my ($table, $flag) = @_;

	return qq{SELECT clearance.protect('$table', 'task', 'project_id', '$flag', '{false}') > 0;};
}

sub dump_of
{
	my ($name, @options) = @_;

	$node->command_ok([ 'pg_dump', '-d', 'source', '-f', "$dir/$name", @options ], "pg_dump @options");
}

sub restore
{
	my ($db, $name) = @_;

	$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $db, '-f', "$dir/$name" ], "$name is restored");
}

sub seen
{
	my ($db, $table) = @_;

	return $node->safe_psql($db, "SELECT string_agg(id::text, ',' ORDER BY id) FROM $table", extra_params => [ '-U', 'regress_moe' ]);
}

# in the first statement of a session, and in one that has the library
sub closed
{
	my ($db, $table, $what) = @_;

	foreach my $sql ("SELECT * FROM $table", "SELECT * FROM $table WHERE id = 1", "INSERT INTO $table VALUES (9, 1, false)",
		"UPDATE $table SET project_id = 1", "DELETE FROM $table")
	{
		foreach my $before ('', q{SELECT clearance.can('task.view');})
		{
			my ($rc, $out, $err) = $node->psql($db, "$before $sql", extra_params => [ '-U', 'regress_moe' ]);

			like($err, $closed, "$what is closed: " . ($before ? 'with the library, ' : '') . $sql);
			unlike($out, qr/\|/, '… and shows nothing');
		}
	}
}
