
# Simplified is the same: random queries give the same result with
# clearance.simplify, without it, and where the tables hold nothing but the
# rows that test/evaluator.sql says the actor sees.
#
# CLEARANCE_SEED repeats a run, CLEARANCE_QUERIES sets its length. Every
# difference is reported with the query and both results.
#
#	Mixture.pm     tables, people, rights, and the truth about them
#	QueryMaker.pm  the queries

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use List::Util 'shuffle';
use Time::HiRes 'time';
use Installation;
use Mixture;
use QueryMaker;
use Wire;
use Workspace;

my $seed = int($ENV{CLEARANCE_SEED} // (int(time) ^ ($$ << 8))) % 2**31;
my $queries = $ENV{CLEARANCE_QUERIES} // 5000;
# rights are drawn anew after so many queries
my $each = 1250;
my $most_actors = 10;
my $most_reports = 5;
my $most_prepared = 20;
my $parallel_setting = Installation::parallel_setting();
my @switches = qw(enable_seqscan enable_indexscan enable_bitmapscan enable_indexonlyscan enable_hashjoin
  enable_nestloop enable_mergejoin enable_memoize enable_material enable_partitionwise_join);

my $node = new_server('main', settings => join "\n",
	'shared_preload_libraries = pg_clearance', 'jit = off', 'autovacuum = off', 'clearance.external_explain = on',
	'max_locks_per_transaction = 256', "search_path = 'app'");
my $db = 'postgres';
my %session;     # login and road => a session and what it has prepared
my %count = map { $_ => 0 } qw(queries rows empty refused differences explained prepared);
my (@cast, $dealt);    # who acts; how many came before
my (%road, %plan, %class, %kind, %by_actor);
my $began = time;

build_mixture($node, $db, $seed % 2);
$node->safe_psql($db, 'SET client_min_messages = warning; ' . slurp_file("$FindBin::RealBin/../evaluator.sql"));
$node->safe_psql($db, 'GRANT SET ON PARAMETER clearance.simplify TO PUBLIC');
my %id = map { defined key_of($_) ? ($_ => $node->safe_psql($db, "SELECT id FROM clearance.member WHERE key = '" . key_of($_) . "'")) : () } @actors;

srand($seed);
@actors = shuffle(@actors);
note "seed $seed; $queries queries; repeat with CLEARANCE_SEED=$seed CLEARANCE_QUERIES=$queries";

for (my $first = 1; $first <= $queries; $first += $each)
{
	my $last = $first + $each - 1 < $queries ? $first + $each - 1 : $queries;
	my %before = %count;

	srand($seed + $first);
	stir($node, $db);
	@cast = map { $actors[ $dealt++ % @actors ] } 1 .. $most_actors;
	push @cast, 'k101' if !grep { $_ eq 'k101' } @cast;    # who may see the whole
	tell_truth($node, $db, @cast);
	$node->safe_psql($db, 'ANALYZE');
	note sprintf 'rights drawn and judged after %.0f s', time - $began;
	compare($_) foreach $first .. $last;
	is($count{differences} - $before{differences}, 0, sprintf 'queries %d to %d: %d rows, %d refused',
		$first, $last, map { $count{$_} - $before{$_} } qw(rows refused));
}
look_at_rare_plans();
report_counts();
%session = ();
$node->stop;
done_testing();

# ---- one query ----

sub compare
{
	my ($number) = @_;

	srand($seed + 7919 * $number);
	my $actor = pick(@cast);
	my $login = $login_of{$actor} // (rand() < 0.15 ? 'regress_gate' : 'regress_app');
	my $settings = settings();
	my $is_prepared = rand() < 0.3;
	my $query = $is_prepared ? prepared_query($login) : random_query(0);
	my @values = $is_prepared ? map { $_->() } @{ $query->{params} } : ();
	my (%result, $expected);

	foreach my $road ('on', 'off')
	{
		my $wire = session($login, $road);

		act($wire, $login, $actor, $settings);
		look_at_plan($wire, $query, $number) if $road eq 'on';
		$result{$road} = run($wire, $query, $query->{sql} =~ s/TARGET_//r =~ s/LIKE_/old_/r, \@values);
		$road{$road}++;
	}
	$expected = expected($actor, $query, \@values);
	$road{evaluator}++;
	count_query($number, $actor, $query, $expected);
	foreach my $road (grep { $result{$_} ne $expected } 'on', 'off')
	{
		next if ++$count{differences} > $most_reports;
		diag "seed $seed, query $number, $actor as $login, simplify $road, $query->{kind}: $query->{sql}",
		  @values ? "\n  with " . join ', ', @values : '',
		  "\n  $settings\n", $road eq 'on' && !$is_prepared ? plan_of(session($login, 'on'), $query) =~ s/^/    /mgr : '', "\n  got      ", shorten($result{$road}, $expected), "\n  expected ", shorten($expected, $result{$road});
	}
	return;
}

# What the evaluator's tables give. Rows that a write may reach but not
# change as it wants make it an error.
sub expected
{
	my ($actor, $query, $values) = @_;
	my %reached = (UPDATE => 'change_', DELETE => 'delete_', LOCK => 'change_', 'MERGE UPDATE' => '', 'MERGE DELETE' => '', ADD => 'old_');
	my %changed = (UPDATE => 'edit_', DELETE => 'delete_', LOCK => 'change_', 'MERGE UPDATE' => 'edit_', 'MERGE DELETE' => 'delete_', ADD => 'add_');
	my $wire = session('postgres', 'evaluator');
	my ($reached, $changed) = map { $query->{sql} =~ s/TARGET_|LIKE_/$_/r } $reached{ $query->{write} } // '', $changed{ $query->{write} } // '';
	my $result;

	$wire->query("SET search_path = as_$actor, app");
	$result = run($wire, $query, $changed, $values);
	return $result if $changed eq $reached;
	return run($wire, $query, $reached, $values) eq $result ? $result : 'error 42501';
}

# The result as text: command tags and rows, or an error
sub run
{
	my ($wire, $query, $sql, $values) = @_;
	my ($result, @rows);

	$wire->query('BEGIN') if $query->{write};
	if (!$query->{params}) { $result = $wire->query($sql) }
	elsif (!$query->{name} || $wire == session('postgres', 'evaluator'))
	{
		$result = $wire->batch([ parse => '', $sql ], [ bind => '', '', @$values ], [ execute => '' ], ['sync']);
	}
	else
	{
		my $prepared = \$session{ $query->{login} }{prepared}{"$wire $query->{name}"};

		$result = $wire->batch($$prepared++ ? () : [ parse => $query->{name}, $sql ], [ bind => '', $query->{name}, @$values ], [ execute => '' ], ['sync']);
	}
	$wire->query('ROLLBACK') if $query->{write};
	return "error $result->{error}{C}" . ($result->{error}{C} eq '42501' ? '' : ": $result->{error}{M}") if $result->{error};
	@rows = map { join '|', map { $_ // 'NULL' } @$_ } @{ $result->{rows} };
	@rows = sort @rows if !$query->{ordered};
	return join "\n", $result->{sets}[-1]{tag}, @rows;
}

# Acts for somebody from the next statement on.
sub act
{
	my ($wire, $login, $actor, $settings) = @_;
	my $sql = $login eq 'regress_app' ? "SELECT clearance.set_actor(id => $id{$actor}, local => false); "
	  : $login eq 'regress_gate' ? "SET mixture.member = '$id{$actor}'; " : '';
	my $error = $wire->query($sql . $settings)->{error};

	die "$login cannot act for $actor: $error->{M}" if $error;
	return;
}

sub settings
{
	return join ' ', (map { "SET $_ = " . (rand() < 0.75 ? 'on;' : 'off;') } @switches),
	  'SET plan_cache_mode = ' . pick(qw(auto force_generic_plan force_custom_plan)) . ';',
	  rand() < 0.25 ? "SET parallel_setup_cost = 0; SET min_parallel_table_scan_size = 0; SET $parallel_setting = on"
	  : "RESET parallel_setup_cost; RESET min_parallel_table_scan_size; RESET $parallel_setting";
}

# One of the statements that both sessions of a login have prepared, or a new
# one. They are executed for whoever acts.
sub prepared_query
{
	my ($login) = @_;
	my $pool = $session{$login}{pool} //= [];
	my $query;

	$count{prepared}++;
	return pick(@$pool) if @$pool && rand() < 0.7;
	$query = random_query(1);
	$query->{name} = 's' . ++$session{$login}{named};
	$query->{login} = $login;
	push @$pool, $query;
	shift @$pool if @$pool > $most_prepared;
	return $query;
}

sub session
{
	my ($login, $road) = @_;

	return $session{$login}{$road} //= do {
		my $wire = Wire->new(host => $node->host, port => $node->port, user => $login, database => $db)
		  or die "$login: $Wire::refusal->{M}";

		$wire->query("SET clearance.simplify = $road") if $road ne 'evaluator';
		$wire;
	};
}

# ---- counts ----

# What the plan is made of; every other query
sub look_at_plan
{
	my ($wire, $query, $number) = @_;
	my $text;

	return if $number % 2 || $query->{params};
	$text = plan_of($wire, $query) or return;
	$count{explained}++;
	$plan{'in_set as a filter'}++ if $text =~ /Filter: .*in_set\(/;
	$plan{'set_keys as an index condition'}++ if $text =~ /Index Cond: .*set_keys\(/;
	$plan{permitted}++ if $text =~ /permitted\(/;
	$plan{'no test'}++ if $text =~ /Seq Scan on file\b.*(?:\n(?!\s+Filter)|\z)/;
	$plan{visible}++ if $text =~ /visible\(/;
	$plan{'an account'}++ if $text =~ /own_account\(/;
	$plan{'an account alone'}++ if grep { /Scan.* on (?:due|project)\b/ && /own_account\(/ && !/in_set|set_keys|permitted|visible/ } split /->/, $text;
	$plan{'an account alone, without projects'}++ if grep { /Scan.* on (?:errand|bulletin)\b/ && /own_account\(/ && !/in_set|set_keys|permitted|visible/ } split /->/, $text;
	$plan{'partitions left out'}++ if $text =~ /Subplans Removed/;
	$plan{'an index by what is not leakproof'}++ if $text =~ /Bitmap Index Scan on \w+_note_idx/;
	$plan{'a relation by column'}++ if $text =~ /(?:in_set|set_keys)\([^()]*, \d+, \d+, 1, \d+\)/;
	$plan{'a relation by link table'}++ if $text =~ /in_set\([^()]*, \d+, \d+, 1\d{3}, \d+\)/;
	$plan{'what rows belong to'}++ if $text =~ /in_set\([^()]*, \d+, \d+, [45]\d{3}, \d+\)/;
	$plan{'all of that'}++ if $text =~ /in_set\([^()]*, \d+, \d+, 5\d{3}, \d+\)/;
	$plan{'an index by that'}++ if $text =~ /set_keys\([^()]*, \d+, \d+, [45]\d{3}, \d+\)/;
	$plan{"verb $_"}++ foreach keys %{ { map { $_ => 1 } $text =~ /in_set\([^()]*, \d+, (\d+), \d+, \d+\)/g } };
	$class{$_}++ foreach keys %{ { map { $_ => 1 } $text =~ /in_set\([^()]*, \d+, \d+, 0, (\d+)\)/g } };
	return;
}

# Parts that random queries may miss
sub look_at_rare_plans
{
	my $settings = join ' ', map { "SET $_ = on;" } @switches;
	my %tables = (k101 => [qw(file due bulletin)], nobody => ['bill']);

	foreach my $actor (sort keys %tables)
	{
		my $login = $login_of{$actor} // 'regress_app';

		act(session($login, 'on'), $login, $actor, $settings);
		look_at_plan(session($login, 'on'), { sql => "SELECT * FROM $_" }, 0) foreach @{ $tables{$actor} };
	}
	return;
}

sub plan_of
{
	my ($wire, $query) = @_;

	my $result = $wire->query('EXPLAIN (COSTS OFF) ' . $query->{sql} =~ s/TARGET_//r =~ s/LIKE_/old_/r);

	return $result->{error} ? '' : join "\n", map { $_->[0] } @{ $result->{rows} };
}

sub count_query
{
	my ($number, $actor, $query, $expected) = @_;
	my $rows = ($expected =~ tr/\n//);

	$count{queries}++;
	$kind{ $query->{kind} }{queries}++;
	if ($expected =~ /^error 42501/) { $count{refused}++ }
	elsif ($expected =~ /^error/) { diag "seed $seed, query $number is wrong: $expected: $query->{sql}"; $count{wrong}++ }
	elsif ($rows == 0 && $expected !~ /^(?:MERGE|INSERT 0) [1-9]/) { $count{empty}++ }
	else { $kind{ $query->{kind} }{rows} += $rows || 1; $by_actor{$actor} += $rows || 1 }
	$count{rows} += $rows;
	return;
}

sub report_counts
{
	my $all = $queries >= $each;

	note sprintf '%d queries, %d of them prepared, %d refused, %d without rows; %d rows; %.0f s; seed %d',
	  @count{qw(queries prepared refused empty rows)}, time - $began, $seed;
	note 'rows by kind: ', join ', ', map { "$_ " . ($kind{$_}{rows} // 0) . ' by ' . ($kind{$_}{queries} // 0) } @kinds;
	note 'rows by actor: ', join ', ', map { "$_ " . ($by_actor{$_} // 0) } @actors;
	note "of $count{explained} plans: ", join ', ', map { "$_ $plan{$_}" } sort keys %plan;
	note 'by class: ', join ', ', map { "$_: $class{$_}" } sort { $a <=> $b } keys %class;
	is($count{wrong} // 0, 0, 'every query is one');
	is_deeply(\%road, { map { $_ => $queries } qw(on off evaluator) }, 'each was run on three roads');
	return if !$all;
	is_deeply([ grep { !$kind{$_}{rows} } @kinds ], [], 'every kind of query met rows');
	is_deeply([ grep { !$plan{$_} } 'in_set as a filter', 'set_keys as an index condition', 'permitted', 'visible',
			'a relation by column', 'a relation by link table',
			'what rows belong to', 'an index by that', 'an account', 'partitions left out', 'an index by what is not leakproof', 'verb 0', 'verb 2', 'verb 3' ], [], 'plans were made of every part');
	ok($plan{'no test'}, 'of whole tables too') if $seed % 2;
	ok($plan{'an account alone'}, 'of whole accounts too');
	ok($plan{'an account alone, without projects'}, 'and of what is in no project');
	ok($class{1} && $class{2} && $class{3} && (grep { $_ >= 8 && $_ < 14 } keys %class) && (grep { $_ >= 14 } keys %class),
		'and of every kind of class');
	return;
}

sub pick { return $_[ int rand @_ ] }

# The rows of a result that another one does not have, as far as there is place
sub shorten
{
	my ($result, $other) = @_;
	my %there;
	my ($tag, @rows) = split /\n/, $result;
	my @only;

	$there{$_}++ foreach split /\n/, $other;
	@only = grep { !$there{$_}-- } map { $_ } @rows;
	return sprintf '%s, %d rows, of them not in the other: %s', $tag, scalar @rows, join ' ', map { "($_)" } @only > 8 ? (@only[ 0 .. 7 ], '…') : @only;
}
