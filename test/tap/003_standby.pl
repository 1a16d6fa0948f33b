
# A streaming standby gives the same answers as its primary, and what the
# primary revokes is in force there with the replay of the commit.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Workspace;

my $primary = new_server('primary', allows_streaming => 1);
my $standby = PostgreSQL::Test::Cluster->new('standby');

build_workspace($primary, 'postgres');
$primary->backup('base');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
same_everywhere('at first');

# Sessions of the standby that stay open, within one transaction
my %session;
foreach my $member (qw(cole pat adele))
{
	$session{$member} = $standby->background_psql('postgres', extra_params => [ '-U', 'regress_app' ]);
	$session{$member}->query_safe(
		"SELECT FROM clearance.set_actor(key => '$member', local => false);"
		  . 'SET plan_cache_mode = force_generic_plan;'
		  . 'PREPARE tasks AS SELECT count(*) FROM app."Task List" WHERE "Project"::text LIKE $1; BEGIN');
}
my %before = map { $_ => tasks($_) } keys %session;
ok($before{$_} > 0, "$_ sees tasks on the standby") foreach sort keys %before;

# What is revoked, and who notices
foreach my $change (
	[ q{remove_member_from_project('00000000-0000-0000-0000-000000000002', id) FROM clearance.member WHERE key = 'cole'}, 'cole' ],
	[ q{remove_partner_from_project('00000000-0000-0000-0000-000000000001', id) FROM clearance.partner WHERE name = 'Acme'}, 'pat', 'adele' ],
	[ q{deny('bug hunter', 'task', 'view')}, 'pat', 'adele' ],
	[ q{disable_member(id) FROM clearance.member WHERE key = 'cole'}, 'cole' ])
{
	my ($call, @whose) = @$change;
	my %last = map { $_ => tasks($_) } @whose;

	$primary->safe_psql('postgres', "SELECT clearance.$call");
	$primary->wait_for_catchup($standby, 'replay');
	ok(tasks($_) < $last{$_}, "$_ sees fewer tasks after $call") foreach @whose;
}
is(tasks('cole'), 0, 'a disabled member sees none');
$_->quit foreach values %session;
same_everywhere('after revocations');

# New protection and new rows arrive too
$primary->safe_psql(
	'postgres', q{
	CREATE TABLE app.plan (id integer PRIMARY KEY, project uuid);
	INSERT INTO app.plan VALUES (1, '00000000-0000-0000-0000-000000000001');
	GRANT SELECT ON app.plan TO regress_nobody, regress_cole;
	SELECT clearance.protect('app.plan', 'project_plan', project => 'project', view_action => 'export',
		create_action => 'export', edit_action => 'export', delete_action => 'export');
});
$primary->wait_for_catchup($standby, 'replay');
is($standby->safe_psql('postgres', 'SELECT count(*) FROM app.plan', extra_params => [ '-U', 'regress_nobody' ]),
	0, 'a table protected on the primary is protected on the standby');

# The configuration of a standby is its own: the library need not be preloaded there
append_to_file($standby->data_dir . '/postgresql.conf', "shared_preload_libraries = ''\n");
$standby->restart;
same_everywhere('not preloaded');
is($standby->safe_psql('postgres', 'SELECT count(*) FROM app.page', extra_params => [ '-U', 'regress_nobody' ]),
	0, 'not preloaded: nobody sees none in the first statement');

# A promoted standby goes on
$standby->promote;
is( $standby->safe_psql(
		'postgres', q{
		SELECT clearance.set_actor(key => 'ada', local => false) AS actor \gset
		INSERT INTO app.project VALUES ('00000000-0000-0000-0000-0000000000ff', 'n', 'New');
		SELECT count(*) FROM app.project WHERE name = 'New' AND clearance.can_row('edit', project)},
		extra_params => [ '-U', 'regress_app' ]),
	1, 'promoted: a new project is registered');

$standby->stop;
$primary->stop;
done_testing();

sub same_everywhere
{
	my ($when) = @_;

	$primary->wait_for_catchup($standby, 'replay');
	is(rows_by_member($standby, 'postgres'), rows_by_member($primary, 'postgres'), "$when: every member sees and may do the same");
	is_deeply([ rows_by_login($standby, 'postgres') ], [ rows_by_login($primary, 'postgres') ],
		"$when: so do the mapped login roles");
}

sub tasks
{
	my ($member) = @_;

	return $session{$member}->query_safe("EXECUTE tasks ('%')");
}
