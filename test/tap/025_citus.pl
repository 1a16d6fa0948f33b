
# Citus, where it is installed: what it distributes cannot be protected, and
# what is protected not distributed. Debian has no package of it; without it,
# topic citus of the regression tests has the same with what Citus keeps made by
# hand.

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

chomp(my $share = `pg_config --sharedir`);
plan skip_all => 'Citus is not installed' unless -e "$share/extension/citus.control";

my @settings = ("shared_preload_libraries = 'citus,pg_clearance'", "listen_addresses = '127.0.0.1'", 'wal_level = logical',
	'max_prepared_transactions = 20', 'citus.shard_count = 4', 'citus.enable_statistics_collection = off', "citus.propagate_set_commands = 'local'");
my ($coordinator, $worker) = map { PostgreSQL::Test::Cluster->new($_) } qw(coordinator worker);
foreach my $node ($coordinator, $worker)
{
	$node->init;
	$node->append_conf('postgresql.conf', join "\n", @settings, '');
	$node->append_conf('pg_hba.conf', 'host all all 127.0.0.1/32 trust');
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION citus');
	$node->safe_psql('postgres', 'CREATE EXTENSION pg_clearance');
}
sql('SELECT citus_set_coordinator_host(\'127.0.0.1\', ' . $coordinator->port . ')');
sql('SELECT citus_add_node(\'127.0.0.1\', ' . $worker->port . ')');
sql("SELECT citus_set_node_property('127.0.0.1', " . $coordinator->port . ", 'shouldhaveshards', true)");
sql('CREATE ROLE regress_moe LOGIN');
sql(<<'EOSQL');
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE TABLE app.project (id integer PRIMARY KEY);
CREATE TABLE app.task (id integer PRIMARY KEY, project_id integer, is_private boolean NOT NULL DEFAULT false);
CREATE TABLE app.document (id integer PRIMARY KEY, project_id integer, is_private boolean NOT NULL DEFAULT false);
INSERT INTO app.project VALUES (1), (2);
INSERT INTO app.task SELECT n, 1 + n % 2, n % 5 = 0 FROM generate_series(1, 20) n;
INSERT INTO app.document TABLE app.task;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA app TO regress_moe;
SELECT clearance.create_account('North') AS north \gset
SELECT clearance.create_partner('Crane', 'moderate', account => :north) AS crane \gset
SELECT clearance.add_member('moe', partner => :crane, account => :north) AS moe \gset
SELECT clearance.protect('app.project', 'project', project => 'id');
SELECT clearance.protect('app.task', 'task', project => 'project_id', visibility => 'is_private', shared_values => '{false}');
SELECT clearance.add_partner_to_project('1', :crane), clearance.add_member_to_project('1', :moe), clearance.map_role('regress_moe', member => :moe);
EOSQL
my $as_moe = 'SELECT count(*) FROM app.task';
is(sql($as_moe, 'regress_moe'), 8, 'a protected table of the coordinator is read as ever');

# ---- what is protected is not distributed ----------------------------------------------------------

my $by_itself = sub { "DO \$\$ BEGIN PERFORM $_[0] FROM pg_class c WHERE c.oid = 'app.task'::regclass; END \$\$" };
foreach my $call (
	"SELECT create_distributed_table('app.task', 'id')",
	"SELECT create_reference_table('app.project')",
	"SELECT citus_add_local_table_to_metadata('app.task')",
	"SELECT create_distributed_table_concurrently('app.task', 'id')",
	$by_itself->("create_distributed_table(c.oid, 'id')"),
	$by_itself->('create_reference_table(c.oid)'))
{
	like(error("SET citus.enable_unsafe_triggers = on; $call"), qr/protected table \w+ cannot be distributed by Citus/, "refused: $call");
}
like(error("SET citus.enable_unsafe_triggers = on; " . $by_itself->('citus_add_local_table_to_metadata(c.oid)')),
	qr/it is protected/, 'refused: to become a local table of Citus');
is(sql('SELECT count(*) FROM pg_dist_partition'), 0, 'nothing is distributed');
is(sql($as_moe, 'regress_moe'), 8, 'and the table is as before');

# ---- what is distributed is not protected ----------------------------------------------------------

sql("SELECT create_distributed_table('app.document', 'id')");
like(error("SELECT clearance.protect('app.document', 'document', project => 'project_id')"),
	qr/app\.document is distributed by Citus, and cannot be protected/, 'a distributed table is not protected');
foreach my $node ($coordinator, $worker)
{
	my ($shard) = split /\n/, $node->safe_psql('postgres',
		"SET citus.override_table_visibility = off; SELECT oid::regclass FROM pg_class WHERE relname ~ '^document_[0-9]+\$' AND relkind = 'r'");
	my ($rc, $out, $err) = $node->psql('postgres', "SET citus.override_table_visibility = off; SELECT clearance.protect('$shard', 'document', project => 'project_id')");

	like($err, qr/is distributed by Citus, and cannot be protected/, 'nor is a shard, on the ' . $node->name);
}

# ---- one that is both nevertheless -----------------------------------------------------------------

# A declaration that a superuser writes by hand, past protect()
sql("ALTER TABLE app.document ENABLE ROW LEVEL SECURITY; UPDATE clearance.binding SET relation = 'app.document' WHERE relation = 'app.task'::regclass;
	SELECT clearance_internal.create_policies('app.document', b) FROM clearance.binding b WHERE b.relation = 'app.document'::regclass");
foreach my $road (
	'SELECT count(*) FROM app.document',
	'SELECT count(*) FROM app.document WHERE id = 1',
	'SELECT count(*) FROM app.document d JOIN app.document e USING (id)',
	'INSERT INTO app.document VALUES (100, 2)',
	'INSERT INTO app.document SELECT id + 100, id FROM app.project',
	'INSERT INTO app.document SELECT id + 100, project_id FROM app.document',
	'UPDATE app.document SET is_private = true WHERE id = 1',
	'DELETE FROM app.document',
	'EXPLAIN SELECT * FROM app.document',
	'EXPLAIN ANALYZE SELECT * FROM app.document',
	'COPY app.document TO STDOUT',
	"COPY app.document FROM STDIN;\n100\t2\tf\n\\.\n",
	'BEGIN; DECLARE c CURSOR FOR SELECT * FROM app.document; FETCH 1 FROM c; COMMIT',
	'WITH d AS MATERIALIZED (SELECT * FROM app.document) SELECT count(*) FROM d')
{
	like(error($road, 'regress_moe'), qr/protected table document cannot be distributed by Citus/, 'refused: ' . $road =~ s/;?\n.*//sr);
}
is(sql('SELECT count(*) FROM app.document'), 20, 'nothing was written');

$coordinator->stop('immediate');
$worker->stop('immediate');
done_testing();

sub sql
{
	my ($sql, $login) = @_;

	return $coordinator->safe_psql('postgres', $sql, extra_params => [ $login ? ('-U', $login) : () ]);
}

sub error
{
	my ($sql, $login) = @_;
	my ($rc, $out, $err) = $coordinator->psql('postgres', $sql, on_error_stop => 0, extra_params => [ $login ? ('-U', $login) : () ]);

	return $err;
}
