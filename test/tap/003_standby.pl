
# A streaming standby gives the same answers as its primary. What changes on the
# primary is in force there with the replay of the commit: for the next statement
# of every session, prepared or not, unless the session asked to see one moment
# (REPEATABLE READ). Sessions live through promotion.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use List::Util qw(uniq);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);
use Workspace;

my $one = q{'00000000-0000-0000-0000-000000000001'};
my $two = q{'00000000-0000-0000-0000-000000000002'};
my $primary = new_server('primary', allows_streaming => 1);
my $standby = PostgreSQL::Test::Cluster->new('standby');

build_workspace($primary, 'postgres');
$primary->backup('base');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
# what a session of the standby still sees is not cleaned away on the primary
$standby->append_conf('postgresql.conf', 'hot_standby_feedback = on');
$standby->start;
same_everywhere('at first');

# The sessions that look: of each member one in an open READ COMMITTED transaction,
# which has a generic plan and holds its locks, and one in REPEATABLE READ.
my @members = qw(cole pat adele);
my %open = map { $_ => looking($_, 'BEGIN') } @members;
my %frozen = map { $_ => looking($_, 'BEGIN ISOLATION LEVEL REPEATABLE READ') } @members;
my %first = map { $_ => tasks($frozen{$_}) } @members;
foreach my $member (@members)
{
	ok($first{$member} > 0, "$member sees tasks on the standby");
	is(tasks($open{$member}), $first{$member}, "$member: so does the other session");
}

#
# What is revoked and granted, and who sees fewer or more tasks
#
foreach my $change (
	[ "remove_member_from_project($two, id) FROM clearance.member WHERE key = 'cole'", 'fewer', 'cole' ],
	[ "add_member_to_project($two, id) FROM clearance.member WHERE key = 'cole'", 'more', 'cole' ],
	[ "disable_member(id) FROM clearance.member WHERE key = 'pat'", 'fewer', 'pat' ],
	[ "enable_member(id) FROM clearance.member WHERE key = 'pat'", 'more', 'pat' ],
	[ "add_member_to_project($two, id) FROM clearance.member WHERE key = 'pat'", 'more', 'pat' ],
	[ "remove_partner_from_project($one, id) FROM clearance.partner WHERE name = 'Acme'", 'fewer', 'pat', 'adele' ],
	[ "disable_partner(id) FROM clearance.partner WHERE name = 'Acme'", 'fewer', 'pat', 'adele' ],
	[ "enable_partner(id) FROM clearance.partner WHERE name = 'Acme'", 'more', 'pat', 'adele' ],
	[ "deny('permissive', 'task', 'view')", 'fewer', 'pat', 'adele' ],
	[ "allow('permissive', 'task', 'view')", 'more', 'pat', 'adele' ],
	[ "deny('collaborator', 'task', 'view')", 'fewer', 'cole' ],
	[ "allow('collaborator', 'task', 'view')", 'more', 'cole' ],
	[ "set_project($two, archived => true)", 'fewer', 'cole', 'pat', 'adele' ],
	[ "set_project($two, archived => false)", 'more', 'cole', 'pat', 'adele' ],
	[ "set_account(id, active => false) FROM clearance.account WHERE key = 'n'", 'fewer', 'cole', 'pat', 'adele' ],
	[ "set_account(id, active => true) FROM clearance.account WHERE key = 'n'", 'more', 'cole', 'pat', 'adele' ])
{
	my ($call, $direction, @whose) = @$change;
	my %last = map { $_ => tasks($open{$_}) } @members;
	my $what = $call =~ s/'0+(-0+)+(\d)'/project $2/r;

	on_primary("SELECT clearance.$call");
	foreach my $member (@members)
	{
		my $expected = (grep { $_ eq $member } @whose) ? $direction : 'as many';
		my $now = tasks($open{$member});

		is($now <=> $last{$member}, { fewer => -1, more => 1, 'as many' => 0 }->{$expected}, "$member sees $expected tasks after $what");
	}
}
is(tasks($frozen{$_}), $first{$_}, "REPEATABLE READ: $_ still sees what the transaction began with") foreach @members;
$frozen{$_}->query_safe('COMMIT; BEGIN ISOLATION LEVEL REPEATABLE READ') foreach @members;
is(tasks($frozen{$_}), tasks($open{$_}), "REPEATABLE READ: $_ sees the changes in the next transaction") foreach @members;
$frozen{$_}->quit foreach @members;

#
# Many changes in a row
#
my @wrong;
my @toggles = (
	map { [ "remove_member_from_project($two, id)", $_ ], [ "add_member_to_project($two, id)", $_ ] } qw(cole pat)),
	map { [ 'disable_member(id)', $_ ], [ 'enable_member(id)', $_ ] } @members;
foreach my $n (0 .. 29)
{
	my ($call, $member) = @{ $toggles[ $n % @toggles ] };

	on_primary("SELECT clearance.$call FROM clearance.member WHERE key = '$member'");
	push @wrong, "$n: $call of $member" if tasks($open{$member}) ne fresh_tasks($member);
}
is_deeply(\@wrong, [], '30 changes in a row: each is in force in the next statement');

#
# The clock: a membership ends, and one begins, without anybody writing
#
my $with = tasks($open{cole});
on_primary("SELECT clearance.remove_member_from_project($two, id) FROM clearance.member WHERE key = 'cole'");
my $without = tasks($open{cole});
ok($without < $with, 'cole sees more tasks with the membership than without');
foreach my $window ([ 'ends_at', $with, $without ], [ 'starts_at', $without, $with ])
{
	my ($limit, $before, $after) = @$window;
	my %seen = tasks_around($limit);

	is_deeply([ uniq(@{ $seen{before} }) ], [$before], "$limit ahead: cole sees $before tasks in each of " . @{ $seen{before} } . ' statements');
	is($seen{after}, $after, "$limit passed: he sees $after in the next");
}
on_primary("SELECT clearance.add_member_to_project($two, id) FROM clearance.member WHERE key = 'cole'");
is(tasks($open{cole}), $with, 'without limits he sees them all');

#
# TRUNCATE, which no open transaction may hold up
#
$open{$_}->query_safe('COMMIT') foreach @members;
on_primary('CREATE TABLE membership AS TABLE clearance.project_member; TRUNCATE clearance.project_member');
is(tasks($open{cole}), 0, 'TRUNCATE of the memberships: cole sees no task');
ok(tasks($open{pat}) < $first{pat}, 'pat sees those of an open project at most');
on_primary('INSERT INTO clearance.project_member TABLE membership; DROP TABLE membership');
is(tasks($open{cole}), $with, 'with the memberships copied back he does');
$_->quit foreach values %open;
same_everywhere('after these changes');

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
append_to_file($standby->data_dir . '/postgresql.conf', "shared_preload_libraries = 'pg_clearance'\n");
$standby->restart;

#
# Promotion. What is in force then was revoked on the old primary last; what is
# revoked later, on the new one.
#
%open = (
	'idle' => looking('cole'),
	'in a transaction' => looking('cole', 'BEGIN'),
	'in REPEATABLE READ' => looking('cole', 'BEGIN ISOLATION LEVEL REPEATABLE READ'));
is(tasks($open{$_}), $with, "before promotion, $_: cole sees his tasks") foreach sort keys %open;
on_primary("SELECT clearance.remove_member_from_project($two, id) FROM clearance.member WHERE key = 'cole'");
$primary->stop;
$standby->promote;
is(tasks($open{'idle'}), $without, 'promoted, idle: what the old primary revoked is revoked');
is(tasks($open{'in a transaction'}), $without, 'promoted, in a transaction: so it is');
is(tasks($open{'in REPEATABLE READ'}), $with, 'promoted, in REPEATABLE READ: cole sees what the transaction began with');
$open{'in REPEATABLE READ'}->query_safe('COMMIT');
foreach my $change (
	[ "add_member_to_project($two, id)", $with ],
	[ "remove_member_from_project($two, id)", $without ],
	[ 'disable_member(id)', 0 ],
	[ 'enable_member(id)', $without ])
{
	my ($call, $tasks) = @$change;

	$standby->safe_psql('postgres', "SELECT clearance.$call FROM clearance.member WHERE key = 'cole'");
	is(tasks($open{$_}), $tasks, "promoted, $_: cole sees $tasks tasks after " . $call =~ s/\(.*//r) foreach sort keys %open;
}
$_->quit foreach values %open;
is( $standby->safe_psql(
		'postgres', q{
		SELECT clearance.set_actor(key => 'ada', local => false) AS actor \gset
		INSERT INTO app.project VALUES ('00000000-0000-0000-0000-0000000000ff', 'n', 'New');
		SELECT count(*) FROM app.project WHERE name = 'New' AND clearance.can_row('edit', project)},
		extra_params => [ '-U', 'regress_app' ]),
	1, 'promoted: a new project is registered');

$standby->stop;
done_testing();

sub on_primary
{
	my ($sql) = @_;

	$primary->safe_psql('postgres', $sql);
	$primary->wait_for_catchup($standby, 'replay');
}

sub same_everywhere
{
	my ($when) = @_;

	$primary->wait_for_catchup($standby, 'replay');
	is(rows_by_member($standby, 'postgres'), rows_by_member($primary, 'postgres'), "$when: every member sees and may do the same");
	is_deeply([ rows_by_login($standby, 'postgres') ], [ rows_by_login($primary, 'postgres') ],
		"$when: so do the mapped login roles");
}

# A session of the standby that stays open and looks through a prepared statement.
sub looking
{
	my ($member, $begin) = @_;
	my $session = $standby->background_psql('postgres', extra_params => [ '-U', 'regress_app' ]);

	$session->query_safe("SELECT FROM clearance.set_actor(key => '$member', local => false);"
		  . 'SET plan_cache_mode = force_generic_plan;'
		  . 'PREPARE tasks AS SELECT count(*) FROM app."Task List" WHERE "Project"::text LIKE $1;'
		  . ($begin // ''));
	return $session;
}

sub tasks
{
	my ($session) = @_;

	return $session->query_safe("EXECUTE tasks ('%')");
}

# What a session that starts now sees.
sub fresh_tasks
{
	my ($member) = @_;

	return $standby->safe_psql('postgres',
		"SELECT clearance.set_actor(key => '$member', local => false) AS actor \\gset\nSELECT count(*) FROM app.\"Task List\"",
		extra_params => [ '-U', 'regress_app' ]);
}

# What cole sees while a limit of his membership passes: in each statement before
# it, and in the first after it. Longer, if the limit passed before he could look.
sub tasks_around
{
	my ($limit) = @_;
	my (@before, $after);

	for (my $seconds = 2; !@before; $seconds *= 2)
	{
		my $at = $primary->safe_psql('postgres', "SELECT clock_timestamp() + '$seconds s'");

		on_primary("SELECT clearance.add_member_to_project($two, id, $limit => '$at') FROM clearance.member WHERE key = 'cole'");
		while (1)
		{
			my ($passed, $tasks) =
			  split /\|/, $open{cole}->query_safe("SELECT statement_timestamp() >= '$at', count(*) FROM app.\"Task List\"");

			$after = $tasks;
			last if $passed eq 't';
			push @before, $tasks;
			usleep(50_000);
		}
	}
	return (before => \@before, after => $after);
}
