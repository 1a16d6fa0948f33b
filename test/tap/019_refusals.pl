# Refusals in the server's log: one line of JSON each, for what is refused of
# writes, administration, acting as somebody else and tokens; also where the
# application catches the error. Only if it is asked for, and naming no row.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_clearance'\n");
$node->start;
$node->safe_psql('postgres', <<'EOSQL');
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SELECT clearance.create_account('Northwind');
SELECT clearance.add_member('ann', roles => '{account_admin}'), clearance.add_member('bob', roles => '{account_admin}');
SELECT clearance.create_partner('Res', 'restricted') AS partner \gset
SELECT clearance.add_member('res', partner => :partner);
SELECT clearance.create_project('p1'), clearance.add_partner_to_project('p1', :partner);
CREATE TABLE task (id integer PRIMARY KEY, project text, title text);
INSERT INTO task VALUES (4711, 'p1', 'secret title');
SELECT clearance.protect('task', 'task', project => 'project');
CREATE ROLE regress_app LOGIN;
GRANT ALL ON task TO regress_app;
SELECT clearance.trust_role('regress_app');
CREATE FUNCTION caught(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	RETURN 'caught';
END $$;
EOSQL
my %id = map { split /\|/ } split /\n/, $node->safe_psql('postgres', 'SELECT key, id FROM clearance.member');

my $write  = q{SELECT caught($$INSERT INTO task VALUES (1, 'p1', 'secret title')$$)};
my $invite = q{SELECT caught($$SELECT clearance.create_partner('X', 'moderate')$$)};
my $as_ann = q{SELECT clearance.set_actor(key => 'ann') > 0};
my $as_res = q{SELECT clearance.set_actor(key => 'res') > 0};

# nobody asked for it
is_deeply([ refusals('off', $as_res, $write) ], [], 'nothing is said unless it is asked for');
isnt(($node->psql('postgres', 'SET clearance.log_refusals = on', extra_params => [ '-U', 'regress_app' ]))[0],
	0, 'whoever is logged does not decide it');

# what is not permitted, and caught
is_deeply([ refusals('on', $as_res, $write) ],
	[ { what => 'write', table => 'public.task', code => 'no_way_in', actor => $id{res}, login => 'regress_app' } ],
	'a write, with its code');
is_deeply([ refusals('on', $write) ],
	[ { what => 'write', table => 'public.task', code => 'no_actor', login => 'regress_app' } ],
	'a write of nobody');
is_deeply([ refusals('on', $as_res, $invite) ],
	[ { what => 'administration', reason => 'lacks the right settings.manage_partner_companies', actor => $id{res}, login => 'regress_app' } ],
	'administration');
is_deeply([ refusals('on', $invite) ],
	[ { what => 'administration', reason => 'no actor is set', login => 'regress_app' } ],
	'administration by nobody');
is_deeply([ refusals('on', $as_res, "SELECT caught('SELECT clearance.act_as($id{ann})')") ],
	[ { what => 'act_as', reason => 'it lacks the right', actor => $id{ann}, real_actor => $id{res}, login => 'regress_app' } ],
	'acting as somebody else');
is_deeply([ refusals('on', $as_ann, "SELECT clearance.act_as($id{bob})", $write) ],
	[ { what => 'write', table => 'public.task', code => 'acting_as', actor => $id{bob}, real_actor => $id{ann}, login => 'regress_app' } ],
	'a write as somebody else, with both');
is_deeply([ refusals('on', q{SET LOCAL clearance.token = 'x.y.z'}, q{SELECT caught('SELECT count(*) FROM task')}) ],
	[ { what => 'token', reason => 'A part of it is not base64url in its one form, without padding.', login => 'regress_app' } ],
	'a token');
is_deeply([ refusals('on', $as_ann, $write) ], [], 'what is permitted is not told');
unlike(slurp_file($node->logfile), qr/clearance refused.*(4711|secret title)/, 'no line names what is in rows');

$node->stop;
done_testing();

# Refusals of a transaction of the application's, as the server's log has them.
sub refusals
{
	my ($setting, @statements) = @_;
	my $offset = -s $node->logfile;

	$node->safe_psql('postgres', "ALTER ROLE regress_app SET clearance.log_refusals = $setting");
	$node->safe_psql('postgres', join("\n", map { "$_;" } 'BEGIN', @statements, 'ROLLBACK'), extra_params => [ '-U', 'regress_app' ]);
	return map { decode_json($_) } slurp_file($node->logfile, $offset) =~ /LOG:  clearance refused (\{.*\})$/mg;
}
