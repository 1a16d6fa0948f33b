
# Permission changes on the workspace, each to be made and undone at will, and
# all independent of each other: what is permitted follows from which of them
# are in force. An administrator's own DML on every kind of thing that a scope is
# made of: the functions would ask for rights that these sessions do not have.
#
# test.change(name, done) makes or undoes one. It belongs to a superuser and
# runs as it, so that a session can change permissions in its own transaction.

package Permissions;

use strict;
use warnings;
use Exporter 'import';

our @EXPORT = qw(@changes %noticed_by create_changes change_sql);

my $one = '00000000-0000-0000-0000-000000000001';
my $two = '00000000-0000-0000-0000-000000000002';
my $three = '00000000-0000-0000-0000-000000000003';
my $four = '00000000-0000-0000-0000-000000000004';

sub member { return "(SELECT id FROM clearance.member WHERE key = '$_[0]')" }
sub project { return "(SELECT id FROM clearance.project WHERE key = '$_[0]')" }
sub level { return "(SELECT id FROM clearance.level WHERE name = '$_[0]')" }
sub partner { return "(SELECT id FROM clearance.partner WHERE name = '$_[0]')" }

# name => statement that makes it, one that undoes it, members who notice
my @statements = (
	'cole is off project two' => [
		'DELETE FROM clearance.project_member WHERE project_id = ' . project($two) . ' AND member_id = ' . member('cole'),
		'INSERT INTO clearance.project_member (account_id, project_id, member_id) '
		  . "SELECT p.account_id, p.id, m.id FROM clearance.project p, clearance.member m WHERE p.key = '$two' AND m.key = 'cole'",
		qw(cole) ],
	'pat is disabled' => [
		"UPDATE clearance.member SET status = 'disabled' WHERE key = 'pat'",
		"UPDATE clearance.member SET status = 'active' WHERE key = 'pat'",
		qw(pat) ],
	'rex is disabled' => [
		"UPDATE clearance.member SET status = 'disabled' WHERE key = 'rex'",
		"UPDATE clearance.member SET status = 'active' WHERE key = 'rex'",
		qw(rex) ],
	'sam is merely invited' => [
		"UPDATE clearance.member SET status = 'invited' WHERE key = 'sam'",
		"UPDATE clearance.member SET status = 'active' WHERE key = 'sam'",
		qw(sam) ],
	'idle is enabled' => [
		"UPDATE clearance.member SET status = 'active' WHERE key = 'idle'",
		"UPDATE clearance.member SET status = 'disabled' WHERE key = 'idle'",
		qw(idle) ],
	'rex has expired on project two' => [
		"UPDATE clearance.project_member SET ends_at = statement_timestamp() WHERE source = 'phase 7'",
		"UPDATE clearance.project_member SET ends_at = 'infinity' WHERE source = 'phase 7'",
		qw(rex) ],
	'Acme is off project two' => [
		'DELETE FROM clearance.project_partner WHERE project_id = ' . project($two) . ' AND partner_id = ' . partner('Acme')
		  . '; DELETE FROM clearance.project_member pm USING clearance.member m '
		  . 'WHERE pm.project_id = ' . project($two) . ' AND m.id = pm.member_id AND m.partner_id = ' . partner('Acme'),
		'INSERT INTO clearance.project_partner (account_id, project_id, partner_id, level_id) '
		  . 'SELECT p.account_id, p.id, ' . partner('Acme') . ', ' . level('permissive')
		  . " FROM clearance.project p WHERE p.key = '$two'",
		qw(adele) ],
	'Acme is restricted' => [
		'UPDATE clearance.partner SET level_id = ' . level('restricted') . " WHERE name = 'Acme'",
		'UPDATE clearance.partner SET level_id = ' . level('moderate') . " WHERE name = 'Acme'",
		qw(pat adele idle) ],
	'Bolt is disabled' => [
		"UPDATE clearance.partner SET active = false WHERE name = 'Bolt'",
		"UPDATE clearance.partner SET active = true WHERE name = 'Bolt'",
		qw(rex) ],
	'Cargo is disabled' => [
		"UPDATE clearance.customer SET active = false WHERE name = 'Cargo'",
		"UPDATE clearance.customer SET active = true WHERE name = 'Cargo'",
		qw(carla) ],
	'auditors see no documents' => [
		"DELETE FROM clearance.level_grant WHERE (feature, action) = ('document', 'view') AND level_id = " . level('auditor'),
		'INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation, reach) '
		  . 'VALUES (' . level('auditor') . ", 'document', 'view', 'any', 'any', 'account')",
		qw(otto) ],
	'the restricted see no notes' => [
		"DELETE FROM clearance.level_grant g USING clearance.level l WHERE l.id = g.level_id AND l.name = 'restricted' AND g.feature = 'note'",
		'INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation) '
		  . 'VALUES (' . level('restricted') . ", 'note', 'view', 'any', 'any')",
		qw(rex pat) ],
	'cole is a super user' => [
		'INSERT INTO clearance.member_role SELECT m.id, r.id '
		  . "FROM clearance.member m, clearance.role r WHERE m.key = 'cole' AND r.name = 'super_user'",
		'DELETE FROM clearance.member_role mr USING clearance.member m, clearance.role r '
		  . "WHERE m.id = mr.member_id AND r.id = mr.role_id AND m.key = 'cole' AND r.name = 'super_user'",
		qw(cole) ],
	'project one has no documents' => [
		'INSERT INTO clearance.project_feature_off VALUES (' . project($one) . ", 'document')",
		"DELETE FROM clearance.project_feature_off WHERE feature = 'document' AND project_id = " . project($one),
		qw(cole pat adele idle carla) ],
	'project two is archived' => [
		"UPDATE clearance.project SET archived = true WHERE key = '$two'",
		"UPDATE clearance.project SET archived = false WHERE key = '$two'",
		qw(cole adele rex sam) ],
	'pat may edit documents' => [
		"INSERT INTO clearance.member_switch VALUES (" . member('pat') . ", 'document', 'edit')",
		"DELETE FROM clearance.member_switch WHERE feature = 'document' AND member_id = " . member('pat'),
		qw(pat) ],
	'hunters are moderate' => [
		'UPDATE clearance.role SET level_id = ' . level('moderate') . " WHERE name = 'Hunter'",
		'UPDATE clearance.role SET level_id = ' . level('bug hunter') . " WHERE name = 'Hunter'",
		qw(rex) ],
	'North has no portal' => [
		"UPDATE clearance.account SET portal = false WHERE key = 'n'",
		"UPDATE clearance.account SET portal = true WHERE key = 'n'",
		qw(carla) ],
	'South is closed' => [
		"UPDATE clearance.account SET active = false WHERE key = 's'",
		"UPDATE clearance.account SET active = true WHERE key = 's'",
		qw(sue) ],
	'project three is closed to hunters' => [
		"UPDATE clearance.project SET open_level_id = NULL WHERE key = '$three'",
		'UPDATE clearance.project SET open_level_id = ' . level('bug hunter') . " WHERE key = '$three'",
		qw(rex) ],
	# two more for hunters, which add up, and one for the team; closed to hunters it is closed to all
	'project three opens further' => [
		'INSERT INTO clearance.project_open_level SELECT ' . project($three) . ", id FROM clearance.level WHERE name IN ('moderate', 'permissive', 'auditor')",
		'DELETE FROM clearance.project_open_level WHERE project_id = ' . project($three),
		qw(rex cole) ],
	'project two would open further' => [
		'INSERT INTO clearance.project_open_level SELECT ' . project($two) . ", id FROM clearance.level WHERE name IN ('permissive', 'auditor')",
		'DELETE FROM clearance.project_open_level WHERE project_id = ' . project($two),
		qw(pat) ],
	'project two is open to readers' => [
		'UPDATE clearance.project SET open_level_id = ' . level('reader') . " WHERE key = '$two'",
		"UPDATE clearance.project SET open_level_id = NULL WHERE key = '$two'",
		qw(pat) ],
	'project four is of North' => [
		"UPDATE clearance.project SET account_id = (SELECT id FROM clearance.account WHERE key = 'n') WHERE key = '$four'",
		"UPDATE clearance.project SET account_id = (SELECT id FROM clearance.account WHERE key = 's') WHERE key = '$four'",
		qw(ada otto sue) ],
	'the moderate see no files' => [
		'INSERT INTO clearance.level_denial (level_id, feature, action) VALUES (' . level('moderate') . ", 'file', 'view')",
		"DELETE FROM clearance.level_denial WHERE feature = 'file' AND level_id = " . level('moderate'),
		qw(pat adele) ],
	'partners see notes without editing tasks' => [
		"DELETE FROM clearance.gate WHERE feature = 'note' AND gate_feature = 'task'",
		"INSERT INTO clearance.gate (feature, action, gate_feature, gate_action, audiences) VALUES ('note', 'view', 'task', 'edit', '{partner}')",
		qw(pat adele rex) ],
	'Acme is on project three' => [
		'INSERT INTO clearance.project_partner (account_id, project_id, partner_id) '
		  . 'SELECT p.account_id, p.id, ' . partner('Acme') . " FROM clearance.project p WHERE p.key = '$three'",
		'DELETE FROM clearance.project_partner WHERE project_id = ' . project($three) . ' AND partner_id = ' . partner('Acme'),
		qw(adele) ],
	'Cargo is off project one' => [
		"UPDATE clearance.project_customer SET ends_at = statement_timestamp()",
		"UPDATE clearance.project_customer SET ends_at = 'infinity'",
		qw(carla) ],
	'idle is an admin of Acme' => [
		"UPDATE clearance.member SET partner_admin = true WHERE key = 'idle'",
		"UPDATE clearance.member SET partner_admin = false WHERE key = 'idle'",
		qw(idle) ],
	'inga is of the team' => [
		"UPDATE clearance.member SET partner_id = NULL, status = 'active' WHERE key = 'inga'; "
		  . 'INSERT INTO clearance.member_role SELECT ' . member('inga') . ", r.id FROM clearance.role r WHERE r.name = 'Auditor'",
		'DELETE FROM clearance.member_role WHERE member_id = ' . member('inga') . '; '
		  . 'UPDATE clearance.member SET partner_id = ' . partner('Acme') . ", status = 'invited' WHERE key = 'inga'",
		qw(inga) ],
	'regress_acme is Bolt' => [
		"PERFORM clearance.map_role('regress_acme', partner => " . partner('Bolt') . ')',
		"PERFORM clearance.map_role('regress_acme', partner => " . partner('Acme') . ')',
		qw(rex) ],
	'regress_cole is sam' => [
		"PERFORM clearance.map_role('regress_cole', member => " . member('sam') . ')',
		"PERFORM clearance.map_role('regress_cole', member => " . member('cole') . ')',
		qw(cole) ],
);

our @changes = @statements[ map { 2 * $_ } 0 .. $#statements / 2 ];
our %noticed_by = map { ref $_ ? [ @$_[ 2 .. $#$_ ] ] : $_ } @statements;

sub create_changes
{
	my ($node, $db) = @_;
	my %statement = @statements;
	my $cases = join '', map {
		"WHEN '$_' THEN IF done THEN $statement{$_}[0]; ELSE $statement{$_}[1]; END IF;\n"
	} @changes;

	$node->safe_psql($db, qq{
		CREATE FUNCTION test.change(change text, done boolean) RETURNS void
		LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
		AS \$\$ BEGIN CASE change $cases END CASE; END \$\$;
		REVOKE ALL ON FUNCTION test.change(text, boolean) FROM PUBLIC;
		GRANT EXECUTE ON FUNCTION test.change(text, boolean) TO regress_app;
	});
	return;
}

sub change_sql
{
	my ($name, $done) = @_;

	return "SELECT test.change('$name', " . ($done ? 'true' : 'false') . ')';
}

1;
