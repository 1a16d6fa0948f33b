
# Permission changes on the workspace, each to be made and undone at will, and
# all independent of each other: what is permitted follows from which of them
# are in force. Functions and an administrator's own DML, every kind of thing
# that a scope is made of.
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

sub member { return "(SELECT id FROM clearance.member WHERE key = '$_[0]')" }
sub partner { return "(SELECT id FROM clearance.partner WHERE name = '$_[0]')" }

# name => statement that makes it, one that undoes it, members who notice
my @statements = (
	'cole is off project two' => [
		"PERFORM clearance.remove_member_from_project('$two', " . member('cole') . ')',
		"PERFORM clearance.add_member_to_project('$two', " . member('cole') . ')',
		qw(cole) ],
	'pat is disabled' => [
		'PERFORM clearance.disable_member(' . member('pat') . ')',
		'PERFORM clearance.enable_member(' . member('pat') . ')',
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
		'PERFORM clearance.enable_member(' . member('idle') . ')',
		'PERFORM clearance.disable_member(' . member('idle') . ')',
		qw(idle) ],
	'rex has expired on project two' => [
		"UPDATE clearance.project_member SET ends_at = statement_timestamp() WHERE source = 'phase 7'",
		"UPDATE clearance.project_member SET ends_at = 'infinity' WHERE source = 'phase 7'",
		qw(rex) ],
	'Acme is off project two' => [
		"PERFORM clearance.remove_partner_from_project('$two', " . partner('Acme') . ')',
		"PERFORM clearance.add_partner_to_project('$two', " . partner('Acme') . ", 'permissive')",
		qw(adele) ],
	'Acme is restricted' => [
		'PERFORM clearance.update_partner(' . partner('Acme') . ", access_level => 'restricted')",
		'PERFORM clearance.update_partner(' . partner('Acme') . ", access_level => 'moderate')",
		qw(pat adele idle) ],
	'Bolt is disabled' => [
		'PERFORM clearance.disable_partner(' . partner('Bolt') . ')',
		'PERFORM clearance.enable_partner(' . partner('Bolt') . ')',
		qw(rex) ],
	'Cargo is disabled' => [
		"UPDATE clearance.customer SET active = false WHERE name = 'Cargo'",
		"UPDATE clearance.customer SET active = true WHERE name = 'Cargo'",
		qw(carla) ],
	'auditors see no documents' => [
		"PERFORM clearance.deny('auditor', 'document', 'view')",
		"PERFORM clearance.allow('auditor', 'document', 'view', reach => 'account')",
		qw(otto) ],
	'the restricted see no notes' => [
		"DELETE FROM clearance.level_grant g USING clearance.level l WHERE l.id = g.level_id AND l.name = 'restricted' AND g.feature = 'note'",
		"PERFORM clearance.allow('restricted', 'note', 'view')",
		qw(rex pat) ],
	'cole is a super user' => [
		'INSERT INTO clearance.member_role SELECT m.id, r.id '
		  . "FROM clearance.member m, clearance.role r WHERE m.key = 'cole' AND r.name = 'super_user'",
		'DELETE FROM clearance.member_role mr USING clearance.member m, clearance.role r '
		  . "WHERE m.id = mr.member_id AND r.id = mr.role_id AND m.key = 'cole' AND r.name = 'super_user'",
		qw(cole) ],
	'project one has no documents' => [
		"PERFORM clearance.set_project_feature('$one', 'document', false)",
		"PERFORM clearance.set_project_feature('$one', 'document', true)",
		qw(cole pat adele idle carla) ],
	'project two is archived' => [
		"PERFORM clearance.set_project('$two', archived => true)",
		"PERFORM clearance.set_project('$two', archived => false)",
		qw(cole adele rex sam) ],
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
