
# Each database has accounts, members and trust of its own: an actor of one is
# nobody in another. Where the extension is not installed nothing changes. And
# answers do not depend on how a query is executed: parallel plans give the same.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Installation;
use Workspace;

my $node = new_server('main');

$node->safe_psql('postgres', "CREATE DATABASE $_") foreach qw(here there plain);
build_workspace($node, 'here');
my $rows = rows_by_member($node, 'here');
my @login_rows = rows_by_login($node, 'here');
my $ada = $node->safe_psql('here', q{SELECT id FROM clearance.member WHERE key = 'ada'});

#
# Another database: its member of ada's id is a restricted contractor, the same
# key is somebody without rights, and no role is trusted or mapped.
#
$node->safe_psql(
	'there', qq{
	CREATE EXTENSION pg_clearance;
	SELECT clearance.create_account('There') AS account \\gset
	SELECT clearance.create_partner('Acme', access_level => 'restricted') AS acme \\gset
	INSERT INTO clearance.member (id, account_id, key, partner_id) VALUES ($ada, :account, 'contractor', :acme);
	SELECT setval('clearance.member_id_seq', 1000);
	SELECT clearance.add_member('ada', partner => :acme);
	CREATE TABLE task (id integer PRIMARY KEY, project integer, assignee text);
	INSERT INTO task VALUES (1, 1, 'contractor'), (2, 1, 'ada'), (3, 1, NULL);
	SELECT clearance.create_project(1);
	SELECT clearance.add_partner_to_project(1, :acme);
	SELECT clearance.add_member_to_project(1, id) FROM clearance.member;
	SELECT clearance.protect('task', 'task', project => 'project');
	SELECT clearance.relate('task', 'assigned', member_column => 'assignee');
	GRANT SELECT ON task TO regress_app, regress_cole, regress_acme, regress_nobody;
});
my $tasks = q{SELECT string_agg(id::text, ',' ORDER BY id) FROM task};

sees('there', 'regress_cole', $tasks, '', 'a login role mapped elsewhere is nobody');
sees('there', 'regress_acme', $tasks, '', 'so is one mapped to a partner');
my ($rc, $out, $err) = $node->psql('there', q{SELECT clearance.set_actor(key => 'ada')}, extra_params => [ '-U', 'regress_app' ]);
like($err, qr/permission denied for function set_actor/, 'a role trusted elsewhere is not trusted');
$node->safe_psql('there', q{SELECT clearance.trust_role('regress_app')});
sees('there', 'regress_app', "SELECT FROM clearance.set_actor(key => 'ada', local => false); $tasks", '2', 'a key means the member of this database');
sees('there', 'regress_app', "SELECT FROM clearance.set_actor(id => $ada, local => false); $tasks", '1', 'so does an id');
sees('there', 'regress_app', "SELECT FROM clearance.set_actor(key => 'contractor', local => false); \\c here\nSELECT count(*) FROM app.page",
	0, 'an actor ends with its session');

# an administrator may set the actor for a role, but for one database at most
$node->safe_psql('postgres', "ALTER ROLE regress_nobody IN DATABASE here SET clearance.actor = '$ada'");
sees('here', 'regress_nobody', 'SELECT count(*) > 0 FROM app.page', 't', 'an actor set for a database acts there');
sees('there', 'regress_nobody', $tasks, '', 'and in no other');
$node->safe_psql('postgres', 'ALTER ROLE regress_nobody IN DATABASE here RESET clearance.actor');

#
# A database without the extension, on the same server
#
$node->safe_psql(
	'plain', q{
	CREATE TABLE task (id integer PRIMARY KEY);
	INSERT INTO task VALUES (1), (2);
	GRANT SELECT ON task TO regress_cole;
	ALTER TABLE task ENABLE ROW LEVEL SECURITY;
	CREATE POLICY even ON task USING (id % 2 = 0);
});
sees('plain', 'regress_cole', $tasks, '2', 'policies of a database without the extension work as ever');
# nor is anything called there that only bears the extension's names
$node->safe_psql(
	'plain', q{
	CREATE ROLE regress_impostor LOGIN;
	GRANT CREATE ON DATABASE plain TO regress_impostor;
	GRANT SELECT ON task TO regress_impostor;
	SET SESSION AUTHORIZATION regress_impostor;
	CREATE SCHEMA clearance;
	CREATE SCHEMA clearance_internal;
	CREATE FUNCTION clearance_internal.binding_of(oid) RETURNS integer LANGUAGE plpgsql AS
		$$ BEGIN RAISE WARNING 'called as %', current_user; RETURN NULL; END $$;
});
sees('plain', 'regress_impostor', $tasks, '2', 'a function of an impostor is not called');
$node->safe_psql('plain', 'DROP SCHEMA clearance, clearance_internal CASCADE');
$node->safe_psql('plain', 'CREATE EXTENSION pg_clearance');
sees('plain', 'regress_cole', $tasks, '2', 'those of a table that is not protected too');
$node->safe_psql('plain', 'DROP EXTENSION pg_clearance');
sees('plain', 'regress_cole', $tasks, '2', 'and once the extension is dropped');

#
# Parallel plans
#
my $parallel = q{
	SET parallel_setup_cost = 0;
	SET parallel_tuple_cost = 0;
	SET min_parallel_table_scan_size = 0;
	SET min_parallel_index_scan_size = 0;
	SET max_parallel_workers_per_gather = 2;
};
$parallel .= 'SET ' . Installation::parallel_setting() . ' = on;';
is(rows_by_member($node, 'here', $parallel), $rows, 'every member sees and may do the same in parallel plans');
is_deeply([ rows_by_login($node, 'here', $parallel) ], \@login_rows, 'so do the mapped login roles');
# a join whose other side is read by workers
$node->safe_psql('here', q{
	CREATE TABLE app.number (n bigint);
	INSERT INTO app.number SELECT generate_series(1, 20000);
	GRANT SELECT ON app.number TO regress_cole;
	ANALYZE app.number});
my $join = 'SELECT count(*), min("Id"), max("Id") FROM app."Task List" JOIN app.number ON n = "Id"';
like($node->safe_psql('here', "$parallel EXPLAIN $join", extra_params => [ '-U', 'regress_cole' ]),
	qr/Gather/, 'a join is planned in parallel');
is( $node->safe_psql('here', "$parallel $join", extra_params => [ '-U', 'regress_cole' ]),
	$node->safe_psql('here', $join, extra_params => [ '-U', 'regress_cole' ]),
	'and gives the same');

$node->stop;
done_testing();

sub sees
{
	my ($db, $login, $sql, $expected, $name) = @_;

	my ($rc, $out, $err) = $node->psql($db, $sql, extra_params => [ '-U', $login ]);

	is($out . $err, $expected, $name);
}
