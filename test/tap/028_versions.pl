
# A session that keeps everybody's permissions sees after each change what a
# connection sees that has read nothing before: what a change is about is told closely
# enough for nobody to miss it. Every kind of change is made and undone, by somebody
# else, while the session has acted for everybody of two accounts, for a partner as a
# whole, and by a mapped login. Changes that come from several transactions at a time,
# and moves between accounts that others are about to notice, are made by two
# administrators.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Permissions;
use Questions;
use Wire;
use Workspace;

my $node = new_server('main', settings => join "\n", 'shared_preload_libraries = pg_clearance', 'max_prepared_transactions = 2');
my %to = (host => $node->host, port => $node->port, database => 'postgres');
my @asked = grep { $_ ne 'nested' } @questions;

build_workspace($node, 'postgres');
$node->safe_psql('postgres', q{CREATE SCHEMA test; GRANT USAGE ON SCHEMA test TO regress_app});
create_changes($node, 'postgres');
# levels of the accounts' own, and grants by company and by whom one supervises
$node->safe_psql(
	'postgres', q{
	DO $$
	DECLARE
		a record;
	BEGIN
		FOR a IN SELECT id, key FROM clearance.account LOOP
			PERFORM clearance.create_level('own', 'vendor', account => a.id);
			PERFORM clearance.allow('own', 'project', 'view', account => a.id, reach => 'account');
			PERFORM clearance.allow('own', 'document', 'view', account => a.id, relation => 'reports', reach => 'account');
			PERFORM clearance.allow('own', 'task', 'view', account => a.id, relation => 'company', reach => 'account');
			PERFORM clearance.create_role('Own', access_level => 'own', account => a.id);
			PERFORM clearance.add_member('own ' || a.key, roles => '{Own}', account => a.id);
		END LOOP;
		PERFORM clearance.allow('moderate', 'task', 'edit', relation => 'company');
	END $$;
	INSERT INTO clearance.resource (account_id, member_id, supervisor_id)
		SELECT m.account_id, m.id, s.id FROM clearance.member m, clearance.member s WHERE m.key = 'pat' AND s.key = 'own n';
	UPDATE app."Task List" SET assignee = 'cole' WHERE "Id" IN (8, 9, 10);
});

my @members = map { [ split /\|/ ] } split /\n/, $node->safe_psql('postgres', 'SELECT key, id FROM clearance.member ORDER BY id');
my $administrator = connect_as('postgres');
my %session = map { $_ => connect_as($_) } qw(regress_app regress_cole regress_acme);

#
# Every kind of change
#
my $member = sub { "(SELECT id FROM clearance.member WHERE key = '$_[0]')" };
my $account = sub { "(SELECT id FROM clearance.account WHERE key = '$_[0]')" };
my $level = sub { "(SELECT l.id FROM clearance.level l JOIN clearance.account a ON a.id = l.account_id WHERE l.name = 'own' AND a.key = '$_[0]')" };
my @more = (
	[ 'pat is no resource', 'DELETE FROM clearance.resource',
		"INSERT INTO clearance.resource (account_id, member_id, supervisor_id) VALUES ({account n}, {member pat}, {member own n})" ],
	[ 'ada supervises pat', 'UPDATE clearance.resource SET supervisor_id = {member ada}', 'UPDATE clearance.resource SET supervisor_id = {member own n}' ],
	[ 'pat has another key', "UPDATE clearance.member SET key = 'pat 2' WHERE key = 'pat'", "UPDATE clearance.member SET key = 'pat' WHERE key = 'pat 2'" ],
	[ 'cole is of Acme', 'DELETE FROM clearance.member_role WHERE member_id = {member cole}; DELETE FROM clearance.project_member WHERE member_id = {member cole};'
		  . "UPDATE clearance.member SET partner_id = p.id FROM clearance.partner p WHERE member.key = 'cole' AND p.name = 'Acme'",
		"UPDATE clearance.member SET partner_id = NULL WHERE key = 'cole'; INSERT INTO clearance.member_role SELECT {member cole}, id FROM clearance.role WHERE name = 'collaborator';"
		  . "INSERT INTO clearance.project_member (account_id, project_id, member_id) SELECT account_id, id, {member cole} FROM clearance.project WHERE key LIKE '%2'" ],
	[ 'own levels of North see documents', "INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation, reach) VALUES ({level n}, 'document', 'view', 'any', 'any', 'account')",
		"DELETE FROM clearance.level_grant WHERE level_id = {level n} AND feature = 'document' AND relation = 'any'" ],
	[ 'own levels of South see no project', "INSERT INTO clearance.level_denial (level_id, feature, action) VALUES ({level s}, 'project', 'view')",
		'DELETE FROM clearance.level_denial WHERE level_id = {level s}' ],
	[ 'own levels of South have no tasks', "INSERT INTO clearance.not_available (level_id, feature, action) VALUES ({level s}, 'task', 'view')",
		'DELETE FROM clearance.not_available WHERE level_id = {level s}' ],
	[ 'another level of South', "INSERT INTO clearance.level (name, audience, account_id) VALUES ('other', 'vendor', {account s});"
		  . "UPDATE clearance.role SET level_id = (SELECT id FROM clearance.level WHERE name = 'other') WHERE name = 'Own' AND account_id = {account s}",
		"UPDATE clearance.role SET level_id = {level s} WHERE name = 'Own' AND account_id = {account s}; DELETE FROM clearance.level WHERE name = 'other'" ],
	[ 'no switches', 'CREATE TABLE test.switch AS TABLE clearance.member_switch; TRUNCATE clearance.member_switch', 'INSERT INTO clearance.member_switch TABLE test.switch; DROP TABLE test.switch' ],
	[ 'project four, moved, has no documents', "UPDATE clearance.project SET account_id = {account n} WHERE key LIKE '%4'; INSERT INTO clearance.project_feature_off SELECT id, 'document' FROM clearance.project WHERE key LIKE '%4'",
		"DELETE FROM clearance.project_feature_off USING clearance.project p WHERE p.id = project_id AND p.key LIKE '%4'; UPDATE clearance.project SET account_id = {account s} WHERE key LIKE '%4'" ],
	[ 'project four, moved, opens further', "UPDATE clearance.project SET account_id = {account n}, open_level_id = l.id FROM clearance.level l WHERE key LIKE '%4' AND l.name = 'reader';"
		  . "INSERT INTO clearance.project_open_level SELECT p.id, l.id FROM clearance.project p, clearance.level l WHERE p.key LIKE '%4' AND l.name IN ('auditor', 'restricted')",
		"DELETE FROM clearance.project_open_level USING clearance.project p WHERE p.id = project_id AND p.key LIKE '%4';"
		  . "UPDATE clearance.project SET account_id = {account s}, open_level_id = NULL WHERE key LIKE '%4'" ],
	[ 'another account', "INSERT INTO clearance.account (name) VALUES ('West')", "DELETE FROM clearance.account WHERE name = 'West'" ],
	[ 'everybody is disabled', q{CREATE TABLE test.was AS SELECT id, status FROM clearance.member; UPDATE clearance.member SET status = 'disabled'},
		q{UPDATE clearance.member m SET status = w.status FROM test.was w WHERE w.id = m.id; DROP TABLE test.was} ],
);

is_deeply([ same() ], [], 'at first a session sees what a new connection sees');
foreach my $name (@changes)
{
	foreach my $done (1, 0)
	{
		administer(change_sql($name, $done));
		is_deeply([ same() ], [], ($done ? '' : 'undone: ') . $name);
	}
}
foreach my $change (@more)
{
	my ($name, @sql) = @$change;

	foreach my $done (1, 0)
	{
		administer('BEGIN; ' . expand($sql[ 1 - $done ]) . '; COMMIT');
		is_deeply([ same() ], [], ($done ? '' : 'undone: ') . $name);
	}
}

#
# Several at a time, each of which is noted beside the other
#
my $second = connect_as('postgres');
administer("SET lock_timeout = '10s'", $second);
foreach my $end ('COMMIT', 'ROLLBACK', "PREPARE TRANSACTION 'p'")
{
	foreach my $first (0 .. $#changes)
	{
		my ($one, $other) = @changes[ $first, ($first + 5) % @changes ];

		next if $first % 4;
		administer('BEGIN; ' . change_sql($one, 1));
		administer(change_sql($other, 1), $second); # of other rows
		is_deeply([ same() ], [], "$other, while somebody is about to do: $one");
		administer($end);
		is_deeply([ same() ], [], "then: $end");
		administer("COMMIT PREPARED 'p'") if $end =~ /PREPARE/;
		administer(change_sql($one, 0)) if $end ne 'ROLLBACK';
		administer(change_sql($other, 0));
		is_deeply([ same() ], [], 'both undone');
	}
}

#
# Who moves a project waits for whoever is changing what it has: else the other would
# note the account that it was in.
#
foreach my $race ([ "INSERT INTO clearance.project_feature_off SELECT id, 'document' FROM clearance.project WHERE key LIKE '%4'",
		"UPDATE clearance.project SET account_id = {account n} WHERE key LIKE '%4'",
		"DELETE FROM clearance.project_feature_off USING clearance.project p WHERE p.id = project_id AND p.key LIKE '%4'; UPDATE clearance.project SET account_id = {account s} WHERE key LIKE '%4'" ],
	[ "INSERT INTO clearance.project_open_level SELECT p.id, l.id FROM clearance.project p, clearance.level l WHERE p.key LIKE '%4' AND l.name = 'auditor'",
		"UPDATE clearance.project SET account_id = {account n}, open_level_id = (SELECT id FROM clearance.level WHERE name = 'reader') WHERE key LIKE '%4'",
		"DELETE FROM clearance.project_open_level USING clearance.project p WHERE p.id = project_id AND p.key LIKE '%4';"
		  . "UPDATE clearance.project SET account_id = {account s}, open_level_id = NULL WHERE key LIKE '%4'" ])
{
	my ($change, $move, $undo) = @$race;

	administer('BEGIN; ' . expand($change));
	administer("SET lock_timeout = '100ms'", $second);
	like($second->query(expand($move))->{error}{M}, qr/lock timeout/, 'a move waits for a change');
	administer('COMMIT; ' . expand($move));
	is_deeply([ same() ], [], 'both are seen');
	administer(expand($undo));
	is_deeply([ same() ], [], 'and undone');
}

undef %session;
$node->stop;
done_testing();

sub expand
{
	my ($sql) = @_;

	$sql =~ s/\{(member|account|level) ([^}]*)\}/ $1 eq 'member' ? $member->($2) : $1 eq 'account' ? $account->($2) : $level->($2) /ge;
	return $sql;
}

sub connect_as
{
	my ($login) = @_;

	return Wire->new(%to, user => $login) // die "cannot connect as $login: $Wire::refusal->{M}";
}

sub administer
{
	my ($sql, $by) = @_;
	my $error = ($by // $administrator)->query($sql)->{error};

	die "$sql: $error->{M}" if $error;
	return;
}

# Where the sessions and new connections differ
sub same
{
	my @different;

	foreach my $login (sort keys %session)
	{
		my ($kept, $fresh) = map { answers($_, $login) } $session{$login}, connect_as($login);

		push @different, map { "$login $_: " . $kept->{$_} . ' instead of ' . $fresh->{$_} } grep { $kept->{$_} ne $fresh->{$_} } sort keys %$kept;
	}
	return @different;
}

# What is seen by everybody, or by whom the login is; what is an error is that in both.
sub answers
{
	my ($wire, $login) = @_;
	my %answers;

	foreach my $actor ($login eq 'regress_app' ? @members : [ '', '' ])
	{
		my ($key, $id) = @$actor;

		value($wire, "SELECT clearance.set_actor(id => $id, local => false)") if $id ne '';
		$answers{"$key $_"} = value($wire, query_of($_)) foreach @asked;
	}
	return \%answers;
}

sub value
{
	my ($wire, $sql) = @_;
	my $result = $wire->query($sql);

	return $result->{error} ? $result->{error}{M} : $result->{rows}[0][0] // '';
}
