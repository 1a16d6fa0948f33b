
# Requests of a REST server, on the wire: one login, a setting that says who
# acts, statements that a driver prepared once and executes for one member after
# the other. Each gets its own rows by plans for its own class of rights, and
# none an error.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Wire;
use Workspace;

my $node = new_server('main');
$node->safe_psql('postgres', build());

my @members = qw(ada cole per mod res nobody);
my %rows = (ada => 200, cole => 20, per => 30, mod => 10, res => 2, nobody => 0);

foreach my $mode ('auto', 'force_generic_plan', 'force_custom_plan')
{
	my $wire = Wire->new(host => $node->host, port => $node->port, user => 'regress_rest', database => 'postgres',
		options => "-c plan_cache_mode=$mode");
	my (@got, @right, @errors);

	$wire->batch(
		[ parse => 'begin', 'BEGIN' ],
		[ parse => 'who', q{SELECT set_config('request.jwt.claims', $1, true)} ],
		[ parse => 'count', 'SELECT count(*) FROM task WHERE id > $1' ],
		[ parse => 'call', 'SELECT counted()' ],
		[ parse => 'end', 'COMMIT' ],
		['sync']);
	# more than five times each, so that `auto` comes to generic plans
	foreach my $round (1 .. 8)
	{
		foreach my $member ($round % 2 ? @members : reverse @members)
		{
			my $result = request($wire, $member, [ bind => '', 'count', 0 ], ['execute', ''], [ bind => '', 'call' ], ['execute', '']);

			push @errors, $result->{error}{M} if $result->{error};
			push @got, join ' ', $member, map { $_->[0] } @{ $result->{rows} }[ 1, 2 ];
			push @right, "$member $rows{$member} $rows{$member}";
		}
	}
	is_deeply(\@errors, [], "$mode: no request is an error");
	is_deeply(\@got, \@right, "$mode: each member gets its own rows");
	is($wire->query('EXECUTE count(0)')->{rows}[0][0], 0, "$mode: after a transaction it is nobody");

	my @plans = map { plan_of($wire, $_) } @members;
	# who sees nothing sees it by any plan that tests rows
	my $of_nobody = pop @plans;
	is_deeply(\@plans, [ 'nothing', ('in_set') x 4 ], "$mode: an admin's plan tests nothing, those of others a set") or note(join ', ', @plans);
	isnt($of_nobody, 'nothing', "$mode: nobody's plan tests rows");
}

$node->stop;
done_testing();

# One transaction on the wire, all in one write.
sub request
{
	my ($wire, $member, @messages) = @_;

	return $wire->batch(
		[ bind => '', 'begin' ], [ execute => '' ],
		[ bind => '', 'who', qq({"role": "web", "sub": "$member"}) ], [ execute => '' ],
		@messages,
		[ bind => '', 'end' ], [ execute => '' ],
		['sync']);
}

# What the plan of the prepared statement tests, which is explained to vendor members alone.
sub plan_of
{
	my ($wire, $member) = @_;
	my $result = request($wire, $member, [ parse => '', 'EXPLAIN EXECUTE count(0)' ], [ bind => '', '' ], [ execute => '' ]);
	my $plan = join "\n", map { $_->[0] // '' } @{ $result->{rows} };

	return $result->{error}{M} if $result->{error};
	return $plan =~ /permitted|visible/ ? 'each row' : $plan =~ /in_set|set_keys/ ? 'in_set' : 'nothing';
}

sub build
{
	return <<'SQL';
CREATE EXTENSION pg_clearance;
CREATE ROLE regress_rest LOGIN;
ALTER SYSTEM SET clearance.external_explain = on;
SELECT pg_reload_conf();
SELECT clearance.create_account('Northwind');
SELECT clearance.add_member('ada', roles => '{account_admin}'), clearance.add_member('cole', roles => '{collaborator}');
SELECT clearance.create_partner('per', 'permissive'), clearance.create_partner('mod', 'moderate'), clearance.create_partner('res', 'restricted');
SELECT clearance.add_member(p.name, partner => p.id, partner_admin => true) FROM clearance.partner p;
CREATE TABLE project (id integer PRIMARY KEY);
INSERT INTO project SELECT generate_series(1, 20);
CREATE TABLE task (id integer PRIMARY KEY, project_id integer NOT NULL REFERENCES project, hidden boolean NOT NULL, assignee text);
INSERT INTO task SELECT n, n % 20 + 1, n % 2 = 0, CASE n % 100 WHEN 1 THEN 'res' END FROM generate_series(1, 200) n;
SELECT clearance.protect('project', 'project', 'id');
SELECT clearance.protect('task', 'task', 'project_id', visibility => 'hidden', shared_values => '{false}');
SELECT clearance.relate('task', 'assigned', member_column => 'assignee');
SELECT clearance.add_partner_to_project(x.key, p.id) FROM clearance.project x, clearance.partner p WHERE x.key::integer < 4;
SELECT clearance.add_member_to_project(x.key, m.id) FROM clearance.project x, clearance.member m WHERE m.key = 'cole' AND x.key::integer < 3;
SELECT clearance.map_role('regress_rest', setting => 'request.jwt.claims', claim => 'sub');
CREATE FUNCTION counted() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM task); END $$;
GRANT SELECT ON task, project TO regress_rest;
ANALYZE;
SQL
}
