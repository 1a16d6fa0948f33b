
# The roads in: how a session comes to act for somebody, what ends that, and what
# does not begin it. They lead to the same place however the library is loaded.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Workspace;

my $node = new_server('main');
my $db = 'roads';
my $state;
my $warning = '01000';    # of a library that is loaded late

# A road is SQL in which ME asks who acts and how many tasks that one sees.
my $me = q{SELECT coalesce(w.key, w.company, 'nobody') || ' ' || count(t) FROM clearance.whoami() w LEFT JOIN app."Task List" t ON true GROUP BY w.key, w.company};

build();
my %id = map { $_ => sql("SELECT id FROM clearance.member WHERE key = '$_' AND account_id = 1") } qw(ada cole pat rex idle);
my %sees = expected();
note(join ', ', map { "$_ sees $sees{$_} tasks" } sort keys %sees);

foreach ('shared_preload_libraries', 'session_preload_libraries', 'not preloaded')
{
	$state = $_;
	preload();
	is(join(' ', states((walk('regress_cole', 'ME; ME'))[1])), $state eq 'not preloaded' ? $warning : '', "$state: a session is warned once if the library is loaded late");
	mapped_logins();
	trusted_application();
	closed_roads();
	claims_in_json();
	claim_in_setting();
	precedence();
}

$node->stop;
done_testing();

#
# A login role that is mapped to a member or a partner is that one from its first
# statement on, whatever the session does.
#
sub mapped_logins
{
	road('regress_cole', 'ME', ['cole'], [], 'a member');
	road('regress_acme', 'ME', ['Acme'], [], 'a partner');
	road('regress_nobody', 'ME', ['nobody'], [], 'a login that is not mapped is nobody');
	road('regress_cole', "BEGIN; ME; COMMIT; ME; BEGIN; ME; ROLLBACK; ME", [ ('cole') x 4 ], [], 'in and after transactions');
	road('regress_cole', "DISCARD ALL; ME; RESET ALL; ME; SELECT clearance.reset_actor(); ME", [ ('cole') x 3 ], [], 'after DISCARD ALL, RESET ALL and reset_actor()');
	road('regress_cole', 'SET ROLE regress_weak; ME; RESET ROLE; ME; BEGIN; SET LOCAL ROLE regress_acme; ME; COMMIT; ME',
		[ ('cole') x 4 ], [], 'SET ROLE changes privileges, not who acts');
	road('regress_cole', "SELECT clearance.set_actor(key => 'ada'); ME; SET clearance.actor = '$id{ada}'; ME; SET SESSION AUTHORIZATION regress_app; ME",
		[ ('cole') x 3 ], undef, 'it does not become another');

	# what an administrator maps and unmaps is in force for the next statement
	my $session = $node->background_psql($db, extra_params => [ '-U', 'regress_cole' ]);
	my $asks = sub {
		my ($who, $name, $sql) = @_;
		my ($out) = ask($session, $sql // $me);
		is($out, "$who $sees{$who}", "$state: $name");
	};

	$asks->('cole', 'a session asks');
	sql("SELECT clearance.map_role('regress_cole', member => $id{pat})");
	$asks->('pat', 'mapped to another: its next statement is the other');
	sql("SELECT clearance.unmap_role('regress_cole')");
	$asks->('nobody', 'unmapped: nobody');
	sql("SELECT clearance.map_role('regress_cole', member => $id{idle})");
	$asks->('idle', 'mapped to a member without standing: nothing');
	ask($session, "BEGIN; PREPARE me AS $me");
	$asks->('idle', 'within a transaction, prepared: nothing yet', 'EXECUTE me');
	sql("SELECT clearance.map_role('regress_cole', member => $id{cole})");
	$asks->('cole', 'mapped as before: so is the next statement of the transaction', 'EXECUTE me');
	$session->quit;

	# the mapping is the role's, not the name's
	sql("CREATE ROLE regress_gone LOGIN IN ROLE regress_weak; SELECT clearance.map_role('regress_gone', member => $id{cole})");
	road('regress_gone', 'ME', ['cole'], [], 'a role is mapped');
	sql('DROP ROLE regress_gone; CREATE ROLE regress_gone LOGIN IN ROLE regress_weak');
	road('regress_gone', 'ME', ['nobody'], [], 'a new role of its name is not');
	sql('DROP ROLE regress_gone');
}

#
# A trusted application names the actor in each transaction.
#
sub trusted_application
{
	my $act = sub { return "SELECT FROM clearance.set_actor(key => '$_[0]');" };
	my $stay = sub { return "SELECT FROM clearance.set_actor(key => '$_[0]', local => false);" };

	road('regress_app', 'ME', ['nobody'], [], 'it is nobody by itself');
	road('regress_app', 'BEGIN;' . $act->('pat') . 'ME; COMMIT; ME', [qw(pat nobody)], [], 'until COMMIT');
	road('regress_app', 'BEGIN;' . $act->('pat') . 'ME; ROLLBACK; ME', [qw(pat nobody)], [], 'until ROLLBACK');
	road('regress_app', 'BEGIN;' . $act->('pat') . 'SELECT 1/0; ME; COMMIT; ME', ['nobody'], [qw(22012 25P02)], 'until an error ends it');
	road('regress_app', 'BEGIN;' . $act->('pat') . 'SAVEPOINT s;' . $act->('rex') . 'ME; ROLLBACK TO s; ME;' . $act->('ada') . 'RELEASE s; ME; COMMIT; ME',
		[qw(rex pat ada nobody)], [], 'savepoints restore who acted');
	road('regress_app', join('', map { 'BEGIN;' . $act->($_) . 'ME; COMMIT; BEGIN; ME; COMMIT;' } qw(ada rex pat)),
		[qw(ada nobody rex nobody pat nobody)], [], 'one transaction after another');
	road('regress_app', $act->('pat') . 'ME', ['nobody'], ['25P01'], 'outside of a transaction, for one statement, with a warning');
	road('regress_app', 'BEGIN;' . $act->('no such key') . 'ROLLBACK; ME', ['nobody'], ['42704'], 'an unknown member is an error');
	road('regress_app', 'BEGIN;' . $act->('idle') . 'ME; COMMIT', ['idle'], [], 'a member without standing acts, and sees nothing');
	road('regress_app', qq{BEGIN;} . $act->('pat') . qq{SELECT set_config('clearance.actor', '', true); ME; COMMIT}, [], undef, 'it cannot write the setting itself');

	# the weaker role that such an application may take on
	road('regress_app', 'BEGIN;' . $act->('pat') . 'SET LOCAL ROLE regress_weak; ME; COMMIT; ME', [qw(pat nobody)], [], 'SET LOCAL ROLE keeps the actor');
	road('regress_app', 'BEGIN; SET LOCAL ROLE regress_weak; SAVEPOINT s;' . $act->('ada') . 'ROLLBACK TO s; ME; RESET ROLE;' . $act->('pat') . 'ME; COMMIT',
		[qw(nobody pat)], ['42501'], 'a weaker role does not set it; RESET ROLE brings trust back');

	# for the session
	foreach my $end ('DISCARD ALL', 'RESET ALL', 'SELECT clearance.reset_actor()')
	{
		road('regress_app', $stay->('pat') . "ME; BEGIN; ME; COMMIT; ME; $end; ME", [qw(pat pat pat nobody)], [], "for the session: until $end");
	}
	road('regress_app', $stay->('pat') . 'SET ROLE regress_weak; ME; RESET ROLE; ME; \c' . "\nME", [qw(pat pat nobody)], [], 'not beyond the session');
	road('regress_app', $stay->('pat') . 'BEGIN;' . $act->('rex') . 'ME; COMMIT; ME', [qw(rex pat)], [], 'the transaction over the session');
	road('regress_app', 'BEGIN;' . $stay->('pat') . 'ROLLBACK; ME', ['nobody'], [], 'not what a rolled-back transaction set');
	road('regress_app', 'BEGIN;' . $act->('pat') . 'SELECT clearance.reset_actor(); ME; COMMIT; ME', [qw(nobody nobody)], [], 'reset_actor() within a transaction');

	# trust is taken back, and given again
	my $session = $node->background_psql($db, on_error_stop => 0, extra_params => [ '-U', 'regress_app' ]);
	my $pat = $act->('pat');

	foreach my $trust ('trust', 'distrust', 'trust')
	{
		sql("SELECT clearance.${trust}_role('regress_app')");
		my ($out, $err) = ask($session, "BEGIN; $pat $me; ROLLBACK");
		is($out, $trust eq 'trust' ? "pat $sees{pat}" : '', "$state: ${trust}ed: an open session");
		like($err, $trust eq 'trust' ? qr/^$/ : qr/permission denied for function set_actor/, "$state: ${trust}ed: its errors");
	}
	$session->quit;
}

#
# Who is not trusted does not set the actor: by no command, for no time, and not
# for a later session. Some of these are errors and some are without effect, which
# depends on whether the library is loaded yet; none makes anybody of a nobody.
#
sub closed_roads
{
	my $ada = $id{ada};
	my @roads = (
		"SET clearance.actor = '$ada'; ME",
		"ME; SET clearance.actor = '$ada'; ME",
		"BEGIN; SET LOCAL clearance.actor = '$ada'; ME; COMMIT; ME",
		"BEGIN; SET clearance.actor = '$ada'; SAVEPOINT s; SET LOCAL clearance.actor = '$ada'; ME; ROLLBACK TO s; ME; COMMIT; ME; RESET clearance.actor; ME",
		"SELECT set_config('clearance.actor', '$ada', false); ME",
		"SELECT set_config('clearance.actor', '$ada', false), count(*) FROM app.\"Task List\"; ME",
		"UPDATE pg_settings SET setting = '$ada' WHERE name = 'clearance.actor'; ME",
		"DO \$\$ BEGIN PERFORM set_config('clearance.actor', '$ada', false); END \$\$; ME",
		"CREATE FUNCTION pg_temp.f() RETURNS text LANGUAGE sql SET clearance.actor = '$ada' RETURN (ME); SELECT pg_temp.f(); ME",
		"CREATE FUNCTION pg_temp.g() RETURNS bigint LANGUAGE sql RETURN clearance.actor(); ALTER FUNCTION pg_temp.g() SET clearance.actor = '$ada'; SELECT 'g ' || pg_temp.g(); ME",
		"CREATE PROCEDURE pg_temp.p() LANGUAGE plpgsql SET clearance.actor = '$ada' AS 'BEGIN PERFORM 1; END'; CALL pg_temp.p(); ME",
		"SET clearance.actor = '$ada'; ALTER ROLE CURRENT_USER SET clearance.actor FROM CURRENT; \\c\nME",
		"ALTER ROLE CURRENT_USER SET clearance.actor = '$ada'; \\c\nME",
		"ALTER ROLE CURRENT_USER IN DATABASE $db SET clearance.actor = '$ada'; \\c\nME",
		"ALTER ROLE ALL SET clearance.actor = '$ada'; \\c\nME",
		"ALTER DATABASE $db SET clearance.actor = '$ada'; \\c\nME",
		"ALTER SYSTEM SET clearance.actor = '$ada'; \\c\nME",
		"GRANT SET ON PARAMETER clearance.actor TO CURRENT_USER; SET clearance.actor = '$ada'; ME",
		"SELECT clearance.set_actor(id => $ada, local => false); ME",
		"SELECT clearance.trust_role(CURRENT_USER::regrole); SELECT clearance.set_actor(id => $ada, local => false); ME",
		"SELECT clearance.map_role(CURRENT_USER::regrole, member => $ada); ME",
		"SELECT set_config('request.jwt.claims', '{\"sub\":\"ada\"}', false), set_config('jwt.claims.user_id', '$ada', false); ME",
		"SET SESSION AUTHORIZATION regress_cole; ME");

	# nobody; and one who owns the database and creates roles
	foreach my $login (qw(regress_nobody regress_manager))
	{
		road($login, 'ME', ['nobody'], [], "$login asks");
		foreach my $sql (@roads)
		{
			stays_nobody($login, $sql);
		}
		stays_nobody($login, 'ME', "-c clearance.actor=$ada");
		stays_nobody($login, 'ME; RESET clearance.actor; ME; RESET ALL; ME; DISCARD ALL; ME', "-c clearance.actor=$ada");
	}
	# a manager of roles does not do it for another
	stays_nobody('regress_manager', "ALTER ROLE regress_nobody SET clearance.actor = '$ada'; \\c - regress_nobody\nME");
	stays_nobody('regress_manager', "GRANT regress_app TO regress_nobody; GRANT regress_cole TO regress_nobody; \\c - regress_nobody\nSET ROLE regress_cole; ME");
	is(sql(q{SELECT count(*) FROM pg_db_role_setting WHERE setconfig::text LIKE '%clearance.actor%'}), 0, "$state: nothing is left for later sessions")
	  or sql("ALTER ROLE regress_nobody RESET ALL; ALTER ROLE regress_manager RESET ALL; ALTER DATABASE $db RESET ALL");
	sql('REVOKE regress_app, regress_cole FROM regress_nobody');
}

#
# One login for everybody; each transaction carries the claims of a token that the
# application has verified.
#
sub claims_in_json
{
	my $as = sub { return "SET LOCAL ROLE regress_user; SELECT FROM set_config('request.jwt.claims', '$_[0]', true);" };
	my $sub = sub { return $as->(qq({"role": "regress_user", "sub": $_[0]})) };
	my $road = sub { road('regress_authenticator', @_) };

	$road->('BEGIN;' . $sub->('"cole"') . 'ME; COMMIT', ['cole'], [], 'the member whose key the claim is');
	$road->('BEGIN;' . $sub->(42) . 'ME; COMMIT', ['42'], [], 'a number is a key too');
	$road->('BEGIN;' . $sub->('"cole"') . 'ME; COMMIT; BEGIN; SET LOCAL ROLE regress_anon; ME; COMMIT', [qw(cole nobody)], [], 'until the transaction ends');
	$road->('BEGIN;' . $sub->('"cole"') . 'SAVEPOINT s;' . $sub->('"pat"') . 'ME; ROLLBACK TO s; ME; SET LOCAL ROLE regress_anon; ME; COMMIT', [qw(pat cole cole)], [], 'savepoints restore it');
	$road->("BEGIN; SET LOCAL ROLE regress_user; ME; COMMIT", ['nobody'], [], 'no claims');
	$road->('BEGIN;' . $as->($_) . 'ME; COMMIT', ['nobody'], [], "claims $_")
	  foreach '', '{}', '{"role": "regress_user"}', '{"sub": ""}', '{"sub": null}', '{"sub": "nobody knows"}', '{"sub": " cole"}', '{"sub": "COLE"}', '{"SUB": "cole"}', '{"a": {"sub": "cole"}}';
	$road->('BEGIN;' . $as->($_) . 'ME; COMMIT', [], ['22023'], "refused: claims $_")
	  foreach 'cole', '{"sub": "cole"', '{"sub": "cole"} x', '{"sub": ["cole"]}', '{"sub": {"key": "cole"}}', '{"sub": true}';
	$road->('BEGIN;' . $sub->('"nobody knows"') . q{SELECT 'why' FROM clearance.whoami() WHERE note ~ 'no row of a protected table is visible'; COMMIT}, ['why'], [], 'whoami() says why an unknown member sees nothing');
	$road->('BEGIN;' . $sub->('"cole"') . q{SELECT set_config('request.jwt.claims', '{"sub": "ada"}', true) <> '' FROM app."Task List"; ME; COMMIT},
		[ ('t') x $sees{cole}, 'ada' ], [], 'claims that change within a query are those of the next');
	$road->("SET ROLE regress_user; SET request.jwt.claims = '{\"sub\": \"cole\"}'; ME; DISCARD ALL; SET ROLE regress_user; ME", [qw(cole nobody)], [], 'claims of a session end with DISCARD ALL');

	# one session, many people, one plan
	srand(8);
	my @people = map { (qw(cole nobody pat ada rex))[ rand 5 ] } 1 .. 100;
	$road->("SET ROLE regress_user; SET plan_cache_mode = force_generic_plan; PREPARE me AS $me; RESET ROLE;"
		  . join('', map { 'BEGIN;' . ($_ eq 'nobody' ? 'SET LOCAL ROLE regress_anon;' : $sub->(qq("$_"))) . 'EXECUTE me; COMMIT;' } @people),
		\@people, [], '100 transactions of different people');

	# the login decides, not the claims: what an ordinary login sets names nobody
	road('regress_user', "SELECT FROM set_config('request.jwt.claims', '{\"sub\": \"cole\"}', false); ME", ['nobody'], [], 'claims in a session of another login');

	# in a database of several accounts the mapping names the account; e-mail is another name
	sql(q{SELECT clearance.add_member('pat', 'pat@acme.example', account => 2)});
	$road->('BEGIN;' . $sub->('"pat"') . 'ME; COMMIT', ['nobody'], [], 'a key of two accounts is nobody');
	map_authenticator("names => 'key', account => 1");
	$road->('BEGIN;' . $sub->('"pat"') . 'ME; COMMIT', ['pat'], [], 'unless the mapping names the account');
	map_authenticator("names => 'email', account => 1");
	$road->('BEGIN;' . $sub->('"Pat@acme.example"') . 'ME; COMMIT; BEGIN;' . $sub->('"cole"') . 'ME; COMMIT', [qw(pat nobody)], [], 'by e-mail');
	map_authenticator('');
	sql(q{DELETE FROM clearance.member WHERE key = 'pat' AND account_id = 2});
	$road->('BEGIN;' . $sub->('"pat"') . 'ME; COMMIT', ['pat'], [], 'by key, which is the default');
}

#
# The same with a setting that holds nothing but the member's id.
#
sub claim_in_setting
{
	my $as = sub { return "SELECT FROM set_config('role', 'regress_user', true) a, set_config('jwt.claims.user_id', '$_[0]', true) b;" };
	my $road = sub { road('regress_graphile', @_) };

	$road->('BEGIN;' . $as->($id{cole}) . 'ME; COMMIT; ME', [qw(cole nobody)], [], 'the member whose id it is');
	$road->('BEGIN;' . $as->($id{cole}) . 'SAVEPOINT s;' . $as->($id{pat}) . 'ME; ROLLBACK TO s; ME; COMMIT', [qw(pat cole)], [], 'savepoints restore it');
	$road->(join('', map { 'BEGIN;' . $as->($id{$_}) . 'ME; COMMIT; BEGIN; ME; COMMIT;' } qw(ada rex pat)),
		[qw(ada nobody rex nobody pat nobody)], [], 'one transaction after another');
	$road->('BEGIN;' . $as->($_) . 'ME; COMMIT', ['nobody'], [], "the setting '$_'") foreach '', ' ', 'cole', '0', '-1', '999999', "$id{cole}x", '99999999999999999999';
	$road->("SET jwt.claims.user_id = '$id{cole}'; ME; RESET ALL; ME; SET jwt.claims.user_id = '$id{cole}'; DISCARD ALL; ME", [qw(cole nobody nobody)], [], 'RESET ALL and DISCARD ALL end it');
}

#
# First who was set as the actor, then what the login role is mapped to.
#
sub precedence
{
	my $mapped = "SELECT FROM clearance.set_actor(key => 'rex', local => false); SET SESSION AUTHORIZATION %s; %s ME; SELECT clearance.reset_actor(); ME";
	my $claims = q{SET ROLE regress_user; SET request.jwt.claims = '{"sub": "pat"}';};

	road(undef, sprintf($mapped, 'regress_cole', ''), [qw(rex cole)], [], 'an actor that was set counts before the mapping');
	road(undef, sprintf($mapped, 'regress_authenticator', $claims), [qw(rex pat)], [], 'and before claims');
	# the same text means another member to another login
	road(undef, "SELECT FROM set_config('jwt.claims.user_id', '$id{cole}', false);"
		  . join('', map { "SET SESSION AUTHORIZATION $_; ME; RESET SESSION AUTHORIZATION;" } qw(regress_graphile regress_by_key regress_cole regress_graphile)),
		[ 'cole', $id{cole}, 'cole', 'cole' ], [], 'each login has its own mapping');
}

# ---- helpers ----

# Walk a road as a login role: who acts whenever it asks, and the SQLSTATEs of
# its errors and warnings, unless these are left undefined.
sub road
{
	my ($login, $sql, $who, $states, $name) = @_;
	my ($out, $err) = walk($login, $sql);
	my @got = grep { $_ ne '' } split /\n/, $out;
	my @expected = map { exists $sees{$_} ? "$_ $sees{$_}" : $_ } @$who;

	if ($states)
	{
		push @got, 'errors:', grep { $_ ne $warning } states($err);
		push @expected, 'errors:', @$states;
	}
	is(join("\n", @got), join("\n", @expected), "$state: $name");
}

# Walk it as a role that is nobody, and shall see no row whenever it asks.
sub stays_nobody
{
	my ($login, $sql, $options) = @_;

	local $ENV{PGOPTIONS} = $options // '';
	my ($out) = walk($login, $sql);
	is(join("\n", grep { / [1-9]/ } split /\n/, $out), '', "$state: $login stays nobody: $sql" . ($options ? " (PGOPTIONS $options)" : '') =~ s/\n/ /gr);
}

# What psql prints: answers, and errors by their SQLSTATE.
sub walk
{
	my ($login, $sql) = @_;
	my ($rc, $out, $err) = $node->psql(
		$db,
		"\\set VERBOSITY sqlstate\n" . $sql =~ s/\bME\b/$me/gr,
		on_error_stop => 0,
		extra_params => [ $login ? ('-U', $login) : () ]);

	return ($out, $err);
}

sub states
{
	my ($err) = @_;

	return $err =~ /^\S+ \w+: +(\w{5})$/mg;
}

# Ask in a session that stays open. Returns the answer and the errors.
sub ask
{
	my ($session, $sql) = @_;
	my $out = $session->query($sql);
	my $err = $session->{stderr};

	$session->{stderr} = '';
	return ($out, join '', $err =~ /^.*ERROR.*$/mg);
}

sub sql
{
	my ($sql) = @_;

	return $node->safe_psql($db, $sql);
}

# Restart with the library loaded in this way.
sub preload
{
	my $conf = $node->data_dir . '/postgresql.conf';

	append_to_file($conf, "shared_preload_libraries = ''\nsession_preload_libraries = ''\n");
	append_to_file($conf, "$state = 'pg_clearance'\n") if $state ne 'not preloaded';
	$node->restart;
}

sub build
{
	$node->safe_psql('postgres', qq{
	CREATE ROLE regress_manager LOGIN CREATEROLE;
	CREATE DATABASE $db OWNER regress_manager});
	build_workspace($node, $db);
	command_ok([ 'psql', '-Xqv', 'ON_ERROR_STOP=1', '-d', $node->connstr($db), '-f', "$FindBin::RealBin/../evaluator.sql" ],
		'the evaluator is loaded');
	sql(q{
	CREATE ROLE regress_reader;                    -- who may read the tables
	GRANT USAGE ON SCHEMA app, "Old Parts" TO regress_reader;
	GRANT SELECT ON ALL TABLES IN SCHEMA app, "Old Parts" TO regress_reader;
	GRANT regress_reader TO regress_manager;

	CREATE ROLE regress_weak IN ROLE regress_reader;
	GRANT regress_weak TO regress_app, regress_cole;
	GRANT regress_acme TO regress_cole;

	-- logins that take on the role of the token; PostgREST's has no privileges of its own
	CREATE ROLE regress_anon IN ROLE regress_reader;
	CREATE ROLE regress_user LOGIN IN ROLE regress_reader;
	CREATE ROLE regress_authenticator LOGIN NOINHERIT IN ROLE regress_anon, regress_user;
	CREATE ROLE regress_graphile LOGIN IN ROLE regress_user;
	CREATE ROLE regress_by_key LOGIN IN ROLE regress_user;
	SELECT clearance.map_role('regress_graphile', setting => 'jwt.claims.user_id', names => 'id');
	SELECT clearance.map_role('regress_by_key', setting => 'jwt.claims.user_id');

	-- members whose keys are numbers, one of them cole's id
	SELECT clearance.add_member(key, partner => p.id, account => p.account_id)
	FROM clearance.partner p, (SELECT '42' UNION SELECT id::text FROM clearance.member WHERE key = 'cole') AS k (key) WHERE p.name = 'Acme';
	SELECT clearance.add_member_to_project('00000000-0000-0000-0000-000000000001', id) FROM clearance.member WHERE key ~ '^\d'});
	map_authenticator();
}

sub map_authenticator
{
	my ($how) = @_;

	sql(q{SELECT clearance.map_role('regress_authenticator', setting => 'request.jwt.claims', claim => 'sub'} . ($how ? ", $how" : '') . ')');
}

# How many tasks each sees, by the evaluator.
sub expected
{
	return map { split / / } split /\n/, sql(q{
	SELECT 'nobody 0'
	UNION SELECT m.key || ' ' || (SELECT count(*) FROM evaluator.permitted(m.id, 'app."Task List"', 'view')) FROM clearance.member m
	UNION SELECT p.name || ' ' || (SELECT count(*) FROM evaluator.permitted_partner(p.id, 'app."Task List"')) FROM clearance.partner p});
}
