
# Whatever a session did before, a read gives what a fresh connection gives
# that only names the actor: random sequences of actors, transactions,
# savepoints, prepared statements, cursors, portals, functions, roles, errors
# and permission changes, each read compared.
#
# CLEARANCE_SEED repeats a run, CLEARANCE_SEQUENCES sets its length. Every
# difference is reported with all steps of its sequence.
#
#	SessionModel.pm  what the session should be like
#	Oracle.pm        what it should see
#	Permissions.pm   the permission changes
#	Questions.pm     the reads

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes 'time';
use Oracle;
use Permissions;
use Questions;
use SessionModel;
use Wire;
use Workspace;

my $seed = $ENV{CLEARANCE_SEED} // (int(time) ^ ($$ << 8));
my $sequences = $ENV{CLEARANCE_SEQUENCES} // 5000;
my $steps_each = 30;
my $chunk = 500;
# permissions change in one of four blocks of sequences, often
my $block = 20;
# a session is used for so many sequences
my $session_life = 100;
my $most_reports = 3;
my $most_differences = 20;

$seed = int($seed) % 2**31;

my @members = qw(ada sam cole otto adele pat rex carla idle inga sue);

# Steps: what, how often, in which transaction states. Those that change
# permissions are done in busy sequences only.
my @steps = (
	# reads
	[ read_plainly => 6, 'IT' ],
	[ read_twice_in_one_message => 2, 'IT' ],
	[ read_prepared => 6, 'IT' ],
	[ read_wire_statement => 6, 'IT' ],
	[ read_in_function => 5, 'IT' ],
	[ read_in_do_block => 3, 'IT' ],
	[ read_as_another_in_function => 2, 'IT' ],
	[ read_as_another_then_fail => 2, 'IT' ],
	[ read_around_in_pipeline => 2, 'IT' ],
	[ read_around_rewind => 3, 'T' ],
	[ declare_cursor => 5, 'IT' ],
	[ open_portal => 5, 'T' ],
	[ fetch => 14, 'IT' ],
	[ rewind => 5, 'IT' ],
	[ close_portal => 2, 'IT' ],
	# actor and role
	[ set_actor => 10, 'IT' ],
	[ set_actor_in_query => 1, 'IT' ],
	[ reset_actor => 2, 'IT' ],
	[ reset_all => 1, 'IT' ],
	[ set_role => 3, 'IT' ],
	[ reset_role => 3, 'IT' ],
	# plans
	[ set_planner => 3, 'IT' ],
	[ discard_plans => 1, 'IT' ],
	[ deallocate => 1, 'IT' ],
	[ discard_all => 1, 'IT' ],
	# transactions
	[ begin => 16, 'I' ],
	[ commit => 3, 'TE' ],
	[ roll_back => 3, 'TE' ],
	[ savepoint => 6, 'T' ],
	[ rollback_to => 10, 'TE' ],
	[ release => 4, 'T' ],
	[ prepare_transaction => 12, 'T', 'busy' ],
	[ finish_prepared => 6, 'IT', 'busy' ],
	# errors
	[ fail_in_read => 1, 'IT' ],
	[ fail_on_duplicate => 1, 'IT' ],
	[ fail_after_set_actor => 1, 'IT' ],
	[ read_in_failed_transaction => 1, 'E' ],
	# permissions
	[ administrator_changes => 8, 'IT', 'busy' ],
	[ session_changes => 10, 'IT', 'busy' ],
	[ session_changes_and_fails => 2, 'IT', 'busy' ],
);

my %leaves_snapshot = map { $_ => 1 } qw(commit roll_back prepare_transaction administrator_changes finish_prepared);

my $node = new_server('main', settings => join "\n",
	'shared_preload_libraries = pg_clearance', 'jit = off', 'autovacuum = off', 'max_prepared_transactions = 1');
my %to = (host => $node->host, port => $node->port);
my %id = create_databases();
my $oracle = Oracle->new(\%to, 'workspace', 'mirror');
my $administrator = connect_as('postgres');

my %session;                              # login => { wire, model, age }
my ($wire, $model, @script);              # of the sequence that runs
my ($busy, @stirred);                     # whether permissions change, and which
my (@cast, @topics);                      # who acts, what is asked
my $prepared;                             # the changes of a prepared transaction
my %count = map { $_ => 0 } qw(steps reads changes blocked refused differences);
my %times;                                # how often each step was done
my $began = time;

note "seed $seed; $sequences sequences of $steps_each steps; repeat with CLEARANCE_SEED=$seed CLEARANCE_SEQUENCES=$sequences";
for (my $first = 1; $first <= $sequences; $first += $chunk)
{
	my $last = $first + $chunk - 1 < $sequences ? $first + $chunk - 1 : $sequences;
	my %before = %count;

	run_sequence($_) foreach $first .. $last;
	is($count{differences} - $before{differences}, 0,
		sprintf 'sequences %d to %d: %d steps, %d reads compared',
		$first, $last, $count{steps} - $before{steps}, $count{reads} - $before{reads});
}
is_deeply([ grep { !$times{$_} } map { $_->[0] } @steps ], [], 'every kind of step was done')
  if $sequences >= 5 * $chunk; # some are done once in a hundred sequences
note sprintf '%d sequences, %d steps, %d reads compared with %d fresh connections, in %.0f s; seed %d',
  $sequences, @count{qw(steps reads)}, $oracle->{opened}, time - $began, $seed;
note sprintf '%d permission changes committed, %d waited for locks; %d statements refused, to be tried again',
  @count{qw(changes blocked refused)};
note 'steps: ', join ', ', map { "$_->[0] " . ($times{ $_->[0] } // 0) } @steps;

undef $oracle;
$node->stop;
done_testing();

# ---- sequences ----

sub run_sequence
{
	my ($number) = @_;

	srand($seed + 7919 * $number);
	$busy = int($number / $block) % 4 == 0;
	@stirred = $busy ? map { pick(@changes) } 1 .. 3 : ();
	@cast = map { pick($busy ? @{ $noticed_by{$_} } : @members) } @stirred[ 0, 1 ];
	@topics = $busy ? ('task', pick('page', 'note'), pick(@questions)) : map { pick(@questions) } 1 .. 3;
	eval {
		start_session(pick(('regress_app') x 8, 'regress_cole', 'regress_acme'));
		random_step() foreach 1 .. $steps_each;
		roll_back() if $model->{status} ne 'I';
		1;
	} and return;

	# not a difference: an error of this test or of the server
	report($number, $@), die $@ if !ref $@;
	report($number, $@->{text}) if ++$count{differences} <= $most_reports;
	delete $session{ $model->{login} };
	BAIL_OUT("$count{differences} sequences differ") if $count{differences} >= $most_differences;
	return;
}

sub report
{
	my ($number, $text) = @_;

	diag "seed $seed, sequence $number, login $model->{login}: $text\nIts steps:\n", map { "  $_\n" } @script;
	return;
}

# Continue in a session of this login, or begin one. What it cached stays.
sub start_session
{
	my ($login) = @_;

	delete $session{$login} if $session{$login} && ++$session{$login}{age} > $session_life;
	$session{$login} //= { wire => connect_as($login), model => SessionModel->new($login), age => 0 };
	($wire, $model) = @{ $session{$login} }{qw(wire model)};
	@script = map { change_sql($_, $oracle->{done}{$_}) . ';  -- administrator, before' } grep { $oracle->{done}{$_} } @changes;
	finish_prepared();
	run("$_ ALL") foreach qw(CLOSE DEALLOCATE RESET);
	run('RESET ROLE');
	run('SET enable_seqscan = ' . pick('on', 'off'));
	$model->forget;
	return;
}

# Whoever waits for the lock of another's transaction gives up.
sub connect_as
{
	my ($login) = @_;

	return Wire->new(%to, user => $login, database => 'workspace', options => '-c lock_timeout=20ms')
	  // die "cannot connect as $login: $Wire::refusal->{M}";
}

sub random_step
{
	my @possible = grep { $_->[2] =~ $model->{status} && ($busy || !$_->[3]) } @steps;
	my ($all, $name) = (0);

	$all += $_->[1] foreach @possible;
	# a step that makes no sense at this point does nothing
	do
	{
		my $at = rand $all;

		($name) = map { $_->[0] } grep { ($at -= $_->[1]) < 0 } @possible;
		take_snapshot() if !$leaves_snapshot{$name};
	} until __PACKAGE__->can($name)->();

	$times{$name}++;
	$count{steps}++;
	differs("transaction status is $wire->{status}, not $model->{status}") if $wire->status ne $model->{status};
	return;
}

# Before its first statement a REPEATABLE READ transaction exports its
# snapshot, which it cannot from within a savepoint.
sub take_snapshot
{
	return if $model->{status} ne 'T' || $model->{isolation} eq 'READ COMMITTED' || $model->{snapshot};
	$model->{snapshot} = $oracle->snapshot(run('SELECT pg_export_snapshot()')->{rows}[0][0]);
	return;
}

# ---- reads ----

sub read_plainly
{
	my $question = pick(@topics);

	compare($question, run(query_of($question))->{rows}[0][0]);
	return 1;
}

sub read_twice_in_one_message
{
	my @two = map { pick(@topics) } 1 .. 2;
	my $rows = run(join '; ', map { query_of($_) } @two)->{rows};

	compare($two[$_], $rows->[$_][0]) foreach 0, 1;
	return 1;
}

sub read_prepared
{
	my $question = pick(@topics);

	run("PREPARE p_$question (text) AS " . query_of($question, q{$1 <> ''})) if !$model->{statements}{"p_$question"}++;
	compare($question, run("EXECUTE p_$question ('x')")->{rows}[0][0]);
	return 1;
}

# Named or not, in one row or in several portions
sub read_wire_statement
{
	my $question = pick(@topics);

	if (chance(1, 3))
	{
		my $result = batch([ parse => '', rows_of($question) ], [ bind => '', '' ], ([ execute => '', 2 ]) x 2, [ execute => '' ]);

		compare($question, joined($result->{rows}));
		return 1;
	}
	my $name = chance(1, 4) ? '' : "w_$question";
	my @parse = [ parse => $name, query_of($question, q{$1::text <> ''}) ];

	@parse = () if $name ne '' && $model->{statements}{$name}++;
	compare($question, batch(@parse, [ bind => '', $name, 'x' ], [ describe => 'P', '' ], [ execute => '' ])->{rows}[0][0]);
	return 1;
}

sub read_in_function
{
	my $question = pick(@topics);
	my $call = pick("SELECT test.plpgsql_$question()", "SELECT test.sql_$question()",
		"SELECT coalesce(string_agg(r, ',' ORDER BY r), '') FROM test.rows_$question() r");

	compare($question, run($call)->{rows}[0][0]);
	return 1;
}

sub read_in_do_block
{
	my $question = pick(@topics);
	my ($actor, $local) = chance(1, 3) && $model->is_trusted ? (someone(), flip()) : ();
	my $set = defined $actor ? 'PERFORM ' . set_actor_sql($actor, $local) . '; ' : '';
	my $query = query_of($question);
	my $result = run("DO \$\$ DECLARE answer text; BEGIN ${set}answer := ($query); RAISE NOTICE '%', answer; END \$\$");

	compare($question, $result->{notices}[-1]{M}, $actor);
	$model->set('actor', $actor, $local) if defined $actor;
	return 1;
}

sub read_as_another_in_function
{
	my $question = pick(@topics);
	my ($actor, $local, $language) = (someone(), flip(), pick('plpgsql', 'sql'));

	return 0 if !$model->is_trusted;

	# an SQL function is planned before it runs, for the actor before: its plans are replaced
	my $result = run("SELECT test.${language}_as_$question($actor, " . truth($local) . ')');

	return 1 if refused($result);
	compare($question, $result->{rows}[0][0], $actor);
	$model->set('actor', $actor, $local);
	return 1;
}

# A block with an exception handler takes the actor back.
sub read_as_another_then_fail
{
	my $question = pick(@topics);
	my $actor = someone();

	return 0 if !$model->is_trusted;

	my @two = split /\|/, run("SELECT test.try_as_$question($actor)")->{rows}[0][0], -1;

	compare($question, $two[0], $actor);
	compare($question, $two[1]);
	return 1;
}

# Without a Sync in between: a portal is begun, the actor set, the portal read
# to its end, and something read anew
sub read_around_in_pipeline
{
	my ($before) = pick(grep { !$not_frozen{$_} } @topics) // return 0;
	my ($after, $actor, $local) = (pick(@topics), someone(), flip());

	return 0 if !$model->is_trusted;

	my $result = batch(
		[ parse => '', rows_of($before) ], [ bind => 'around', '' ], [ execute => 'around', 2 ],
		[ parse => '', 'SELECT ' . set_actor_sql($actor, $local) ], [ bind => '', '' ], [ execute => '' ],
		[ execute => 'around' ],
		[ parse => '', query_of($after) ], [ bind => '', '' ], [ execute => '' ],
		[ close => 'P', 'around' ]);
	my @sets = map { $_->{rows} } @{ $result->{sets} };

	compare($before, joined([ @{ $sets[0] }, @{ $sets[2] } ]));
	compare($after, $sets[3][0][0], $actor);
	$model->set('actor', $actor, $local);
	return 1;
}

# A cursor is begun, the actor set, the cursor read from its start.
sub read_around_rewind
{
	my $question = pick(grep { !$not_frozen{$_} } @topics) // return 0;
	my ($before, $actor, $local) = ($model->actor, someone(), flip());

	return 0 if !$model->is_trusted;
	run('DECLARE around SCROLL CURSOR FOR ' . rows_of($question));
	run('FETCH 2 FROM around');
	run('SELECT ' . set_actor_sql($actor, $local));
	$model->set('actor', $actor, $local);
	run('MOVE ABSOLUTE 0 IN around');
	compare($question, joined(run('FETCH ALL FROM around')->{rows}), $before);
	run('CLOSE around');
	return 1;
}

# ---- cursors and portals ----

sub declare_cursor
{
	my $question = pick(grep { !$not_frozen{$_} } @topics) // return 0;
	my ($name) = grep { !$model->{portals}{$_} } qw(c1 c2 c3) or return 0;
	my $hold = $model->{status} eq 'I' || chance(1, 3);
	my $scroll = flip();

	run(join ' ', 'DECLARE', $name, ('SCROLL') x !!$scroll, 'CURSOR', ('WITH HOLD') x !!$hold, 'FOR', rows_of($question));
	$model->open_portal($name, hold => $hold, scroll => $scroll, question => $question, left => rows_expected($question));
	return 1;
}

sub open_portal
{
	my $question = pick(grep { !$not_frozen{$_} } @topics) // return 0;
	my ($name) = grep { !$model->{portals}{$_} } qw(o1 o2 o3) or return 0;
	my $statement = "r_$question";
	my @parse = $model->{statements}{$statement}++ ? () : ([ parse => $statement, rows_of($question) ]);

	batch(@parse, [ bind => $name, $statement ]);
	$model->open_portal($name, on_wire => 1, question => $question, left => rows_expected($question));
	return 1;
}

sub fetch
{
	my $name = pick(sort keys %{ $model->{portals} }) // return 0;
	my $portal = $model->{portals}{$name};
	my $many = chance(1, 3) ? 0 : 1 + int rand 4;
	my $result = $portal->{on_wire} ? batch([ execute => $name, $many ]) : run('FETCH ' . ($many || 'ALL') . " FROM $name");

	$count{reads}++;
	foreach my $row (map { $_->[0] } @{ $result->{rows} })
	{
		differs("$name has row $row of $portal->{question}, which it should not have") if !delete $portal->{left}{$row};
		push @{ $portal->{fetched} }, $row;
	}
	differs("$name lacks rows of $portal->{question}: " . join ',', sort keys %{ $portal->{left} })
	  if %{ $portal->{left} } && ($many == 0 || @{ $result->{rows} } < $many);
	return 1;
}

sub rewind
{
	my $name = pick(grep { $model->{portals}{$_}{scroll} } sort keys %{ $model->{portals} }) // return 0;
	my $portal = $model->{portals}{$name};

	run("MOVE ABSOLUTE 0 IN $name");
	$portal->{left} = { %{ $portal->{left} }, map { $_ => 1 } splice @{ $portal->{fetched} } };
	return 1;
}

sub close_portal
{
	my $name = pick(sort keys %{ $model->{portals} }) // return 0;
	my $portal = delete $model->{portals}{$name};

	$portal->{on_wire} ? batch([ close => 'P', $name ]) : run("CLOSE $name");
	return 1;
}

# ---- who acts, in which role ----

sub set_actor
{
	my ($actor, $local) = (someone(), flip());

	if ($model->is_trusted)
	{
		run('SELECT ' . set_actor_sql($actor, $local));
		$model->set('actor', $actor, $local);
		return 1;
	}
	return 0 if chance(9, 10);
	run('SELECT ' . set_actor_sql($actor, $local), '42501');
	return 1;
}

# Only while a query on a protected table has a row to return is it refused.
sub set_actor_in_query
{
	my $actor = someone();

	return 0 if !$model->is_trusted || $actor eq $model->actor || !%{ rows_expected('page') };
	run("SELECT clearance.set_actor(id => $actor, local => false) FROM app.page", '55006');
	return 1;
}

sub reset_actor
{
	run('SELECT clearance.reset_actor()');
	$model->set('actor', '');
	return 1;
}

sub reset_all
{
	run('RESET ALL');
	$model->set('actor', '');
	return 1;
}

sub set_role
{
	my $local = chance(1, 2);

	run('SET ' . ($local ? 'LOCAL ' : '') . 'ROLE regress_crew');
	$model->set('role', 'regress_crew', $local);
	return 1;
}

sub reset_role
{
	return 0 if $model->value('role') eq '';
	run(pick('RESET ROLE', 'SET ROLE NONE'));
	$model->set('role', '');
	return 1;
}

# ---- plans ----

sub set_planner
{
	run('SET ' . pick('plan_cache_mode = auto', 'plan_cache_mode = force_generic_plan', 'plan_cache_mode = force_custom_plan',
		'enable_seqscan = on', 'enable_seqscan = off'));
	return 1;
}

sub discard_plans
{
	run('DISCARD PLANS');
	return 1;
}

sub deallocate
{
	my $name = pick(sort keys %{ $model->{statements} }) // return 0;

	if (chance(1, 4))
	{
		run('DEALLOCATE ALL');
		$model->{statements} = {};
		return 1;
	}
	$name =~ /^p/ ? run("DEALLOCATE $name") : batch([ close => 'S', $name ]);
	delete $model->{statements}{$name};
	return 1;
}

sub discard_all
{
	if ($model->{status} eq 'T')
	{
		return 0 if chance(4, 5);
		run('DISCARD ALL', '25001');
		return 1;
	}
	run('DISCARD ALL');
	$model->forget;
	return 1;
}

# ---- transactions ----

sub begin
{
	my $isolation = pick('READ COMMITTED', 'REPEATABLE READ');

	run("BEGIN ISOLATION LEVEL $isolation");
	$model->begin($isolation);
	return 1;
}

sub commit
{
	my ($failed, $isolation) = ($model->{status} eq 'E', $model->{isolation});
	# the server forgets the isolation level of a failed transaction
	my $chain = !$failed && chance(1, 4);

	run('COMMIT' . ($chain ? ' AND CHAIN' : ''));
	$failed ? $model->rollback : committed($model->commit);
	$model->begin($isolation) if $chain;
	return 1;
}

sub roll_back
{
	run('ROLLBACK');
	$model->rollback;
	return 1;
}

sub savepoint
{
	return 0 if $model->depth >= 4;
	run('SAVEPOINT s' . ($model->depth + 1));
	$model->savepoint;
	return 1;
}

sub rollback_to
{
	return 0 if $model->depth < 1;

	my $level = 1 + int rand $model->depth;

	run("ROLLBACK TO s$level");
	$model->rollback_to($level);
	return 1;
}

sub release
{
	return 0 if $model->depth < 1;

	my $level = 1 + int rand $model->depth;

	run("RELEASE s$level");
	$model->release($level);
	return 1;
}

# Two-phase commit; a transaction that exported its snapshot, or that holds
# cursors, cannot take part.
sub prepare_transaction
{
	return 0 if $prepared || !%{ $model->{own} } || $model->{snapshot} || grep { $_->{hold} && $_->{level} >= 0 } values %{ $model->{portals} };
	run("PREPARE TRANSACTION 'prepared'");
	$prepared = $model->commit;
	return 1;
}

sub finish_prepared
{
	return 0 if !$prepared;

	my $commit = flip();

	administer(($commit ? 'COMMIT' : 'ROLLBACK') . " PREPARED 'prepared'");
	committed($prepared) if $commit;
	undef $prepared;
	return 1;
}

# ---- errors ----

sub fail_in_read
{
	run(failing_query_of(pick(@topics)), '22012');
	return 1;
}

# On a protected table the rule may refuse first.
sub fail_on_duplicate
{
	if (chance(1, 2)) { run('INSERT INTO test.taken VALUES (1)', '23505') }
	else { run('INSERT INTO app.page VALUES (1, NULL, false)', '23505|42501' . perhaps_refused()) }
	return 1;
}

sub fail_after_set_actor
{
	return 0 if !$model->is_trusted;
	run(pick('SELECT test.as_and_fail(%s)', 'SELECT clearance.set_actor(id => %s, local => false); SELECT 1 / 0') =~ s/%s/someone()/er, '22012');
	return 1;
}

sub read_in_failed_transaction
{
	run(query_of(pick(@topics)), '25P02');
	return 1;
}

# ---- permissions ----

sub administrator_changes
{
	my ($name, $done) = some_change($oracle->{done}, $model->{own}) or return 0;

	if (administer(change_sql($name, $done))) { committed({ $name => $done }) }
	else { $count{blocked}++ }
	return 1;
}

# False if it had to wait for a lock
sub administer
{
	my ($sql) = @_;
	my $error = $administrator->query($sql)->{error};

	push @script, "$sql;  -- administrator" . ($error ? ": $error->{M}" : '');
	die "$sql: $error->{M}" if $error && $error->{C} ne '55P03';
	return !$error;
}

sub session_changes
{
	my ($name, $done) = some_change($oracle->in_force($model), changed_since($model->{snapshot})) or return 0;
	my $sql = change_sql($name, $done);

	if (!$model->is_trusted)
	{
		return 0 if chance(9, 10);
		run($sql, '42501');
		return 1;
	}
	return 1 if refused(run($sql, perhaps_refused()));
	if ($model->{status} eq 'I') { committed({ $name => $done }) }
	else { $model->{own}{$name} = $done }
	return 1;
}

# A block with an exception handler takes the change back.
sub session_changes_and_fails
{
	my $question = pick(@topics);
	my ($name, $done) = some_change($oracle->in_force($model), changed_since($model->{snapshot})) or return 0;

	return 0 if !$model->is_trusted;

	my $result = run("SELECT test.try_change_$question('$name', " . truth($done) . ')', perhaps_refused());

	return 1 if refused($result);

	my @two = split /\|/, $result->{rows}[0][0], -1;
	my $own = $model->{own};

	$model->{own} = { %$own, $name => $done };
	compare($question, $two[0]);
	$model->{own} = $own;
	compare($question, $two[1]);
	return 1;
}

# Its name, and whether to make it or to undo it, so that a third are made; not
# one of some
sub some_change
{
	my ($done, $not) = @_;
	my @free = grep { !exists $not->{$_} && !($prepared && exists $prepared->{$_}) } @stirred;
	my $name = pick(@free, grep { $done->{$_} } @free) // return;

	return ($name, !$done->{$name});
}

# A transaction cannot change what others changed after its snapshot.
sub changed_since
{
	my ($snapshot) = @_;

	return { map { $_ => 1 } grep { $snapshot && ($oracle->{changed}{$_} // 0) > $snapshot->{epoch} } @changes };
}

# Nor, perhaps, what shares a row with that, or with a prepared transaction:
# SQLSTATEs that such a change may end with.
sub perhaps_refused
{
	return join '', $model->{snapshot} && $model->{snapshot}{epoch} != $oracle->{epoch} ? '|40001' : (), $prepared ? '|55P03' : ();
}

sub refused
{
	my ($result) = @_;

	$count{refused}++ if $result->{error};
	return $result->{error};
}

sub committed
{
	my ($changed) = @_;

	$count{changes} += keys %$changed;
	$oracle->committed($changed);
	return;
}

# ---- the session, and what it should say ----

# Errors are SQLSTATEs, as a pattern.
sub run
{
	my ($sql, $error) = @_;

	push @script, "$sql;";
	return answered($wire->query($sql), $error);
}

sub batch
{
	my (@messages) = @_;

	push @script, '-- in the protocol: ' . join '; ', map { join ' ', map { $_ eq '' ? "''" : $_ } @$_ } @messages;
	return answered($wire->batch(@messages, ['sync']));
}

sub answered
{
	my ($result, $expected) = @_;
	my $error = $result->{error} ? $result->{error}{C} : '';

	$expected //= '';
	differs($error eq '' ? "no error, but $expected was expected" : "error $error: $result->{error}{M}") if $error !~ /^(?:$expected)$/;
	$model->fail if $error ne '';
	return $result;
}

# What the actor, or another, should get
sub expected
{
	my ($question, $actor) = @_;

	return $oracle->answer($model, $actor // $model->actor, query_of($question));
}

sub rows_expected
{
	my ($question) = @_;

	return { map { $_ => 1 } split /,/, expected($question) };
}

sub compare
{
	my ($question, $got, $actor) = @_;
	my $expected = expected($question, $actor);

	$count{reads}++;
	$got //= 'nothing';
	differs("$question of actor '" . ($actor // $model->actor) . "'\n  is        $got\n  should be $expected") if $got ne $expected;
	return;
}

sub differs
{
	my ($text) = @_;

	die { text => $text };
}

sub joined
{
	my ($rows) = @_;

	return join ',', sort map { $_->[0] } @$rows;
}

sub truth { return $_[0] ? 'true' : 'false' }

sub set_actor_sql
{
	my ($actor, $local) = @_;

	return "clearance.set_actor(id => $actor" . ($local ? ')' : ', local => false)');
}

# ---- chance ----

sub pick { return $_[ rand @_ ] }
sub chance { return rand($_[1]) < $_[0] }
sub flip { return chance(1, 2) }
sub someone { return $id{ pick(@cast) } }

# ---- the server ----

# The workspace with functions that read, and its mirror. Returns the members'
# ids by their keys.
sub create_databases
{
	$node->safe_psql('postgres', 'CREATE DATABASE workspace');
	build_workspace($node, 'workspace');
	$node->safe_psql('workspace', q{
		CREATE ROLE regress_crew;
		GRANT regress_crew TO regress_app, regress_cole, regress_acme;
		CREATE SCHEMA test;
		CREATE TABLE test.taken (id integer PRIMARY KEY);
		INSERT INTO test.taken VALUES (1);
		-- plans that look projects up
		CREATE INDEX ON app."Task List" ("Project");
		CREATE INDEX ON app.document (project);
		CREATE INDEX ON app.page (project);
		CREATE INDEX ON app.note (project);
		GRANT USAGE ON SCHEMA app, "Old Parts", test TO regress_crew, regress_app, regress_cole, regress_acme;
		GRANT SELECT ON ALL TABLES IN SCHEMA app, "Old Parts" TO regress_crew;
		GRANT INSERT ON test.taken, app.page TO regress_crew;
		CREATE FUNCTION test.as_and_fail(actor bigint) RETURNS integer LANGUAGE plpgsql AS
			$$ BEGIN PERFORM clearance.set_actor(id => actor, local => false); RETURN 1 / 0; END $$;
	});
	create_changes($node, 'workspace');
	create_functions($node, 'workspace');
	$node->safe_psql('postgres', 'CREATE DATABASE mirror TEMPLATE workspace');
	return map { split /\|/ } split /\n/, $node->safe_psql('workspace', 'SELECT key, id FROM clearance.member');
}
