#!/usr/bin/perl
# results/<mode>.md and .svg from what the driver noted in the database.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Plot;

my ($mode, $factor, $seed, $statements) = @ARGV;
my @roads = qw(ideal naive static tuned clearance);
my $accounts = 'bench_accounts';   # the database of many accounts
my $out = "$FindBin::Bin/results/$mode";

# ---- what was measured ---------------------------------------------------------------------------

my @cases;      # in their order: {name, part, x, unit, target, roads => {road => {value, ratio, low, high, samples}}}
my %overhead;   # what => x => [median, lower and upper quartile] in microseconds
for my $database ('bench', $accounts)
{
	my $last = 0;
	for (rows_of($database, 'SELECT no, part, name, x, unit, target, road, value, ratio, low, high, samples FROM bench.summary ORDER BY no'))
	{
		my ($no, $part, $name, $x, $unit, $target, $road, @of_road) = @$_;
		push @cases, { part => $part, name => $name, x => $x, unit => $unit, target => $target } unless $last == $no;
		@{ $cases[-1]{roads}{$road} }{qw(value ratio low high samples)} = @of_road;
		$last = $no;
	}
	for (rows_of($database, "SELECT what, coalesce(x, 0), " . quartiles('us') . ' FROM bench.overhead GROUP BY 1, 2'))
	{
		my ($what, $x, @us) = @$_;
		$overhead{$what}{$x} = \@us;
	}
}
my %session;    # who => road => phase => {tps, p50, p95, p99}
for (rows('SELECT who, road, phase, ' . join(', ', map { "percentile_cont(0.5) WITHIN GROUP (ORDER BY $_)" } qw(tps p50 p95 p99))
		. ' FROM bench.session WHERE tps IS NOT NULL GROUP BY 1, 2, 3'))
{
	my ($who, $road, $phase, @values) = @$_;
	@{ $session{$who}{$road}{$phase} }{qw(tps p50 p95 p99)} = @values;
}
# whose memberships change, how often, what is read: how much clearance does of what it does without, how much the ideal
# does of what it does without, and how much clearance does of the ideal under the same
my @churn = rows_of($accounts, "SELECT c.reading, c.whose, c.rate, percentile_cont(0.5) WITHIN GROUP (ORDER BY c.tps),
	" . quartiles('c.tps / q.tps') . ', percentile_cont(0.5) WITHIN GROUP (ORDER BY i.tps / p.tps), ' . quartiles('c.tps / i.tps') . "
	FROM bench.churn c
	JOIN bench.churn q ON q.road = 'clearance' AND q.rate = 0 AND (q.reading, q.round) = (c.reading, c.round)
	JOIN bench.churn i ON i.road = 'ideal' AND (i.reading, i.round, i.rate) = (c.reading, c.round, c.rate)
	JOIN bench.churn p ON p.road = 'ideal' AND p.rate = 0 AND (p.reading, p.round) = (c.reading, c.round)
	WHERE c.road = 'clearance' GROUP BY 1, 2, 3 ORDER BY c.reading DESC, c.rate, c.whose = 'oneself', c.whose = 'the own account'");
my %peer;       # who asks => road => ms
$peer{ $_->[0] }{ $_->[1] } = $_->[2] for rows_of($accounts, 'SELECT name, road, ' . quartiles('ms') . ' FROM bench.peer_sample GROUP BY 1, 2');
my %failure = map { $_->[0] => $_->[1] } rows_of($accounts, "SELECT t.name, min(replace(f.message, E'\n', ' ')) FROM bench.failure f JOIN bench.test_case t ON t.no = f.case_no GROUP BY 1");

# ---- the page ------------------------------------------------------------------------------------

my @page;
my ($judged, @missed) = (0);    # values beside their targets, and which of them are not met: [what, value, target]
my $section;
my @main = part('cases');
my @below = part('below');
my @masks = part('masks');
my ($tasks) = map { $_->[0] } rows('SELECT count(*) FROM ideal.task WHERE id <= 100000000');    # not those that clients added

put("# Benchmark, $mode mode", '');
put("Times as a multiple of *ideal*, the same question without row security, with the `WHERE` and the literal ids that a perfect"
	  . " application would send. Ratios are medians over rounds in which every road had its turn; in brackets the quartiles."
	  . " [../README.md](../README.md) says how it is measured.", '');
put("- Data: " . thousands($tasks) . " tasks (size factor $factor), 10,000 projects, 200 partners, 2,500 members; seed $seed.");
put('- Machine: ' . machine() . '.');
put('- Software: PostgreSQL ' . one('SHOW server_version') . ', pg_clearance '
	  . one("SELECT extversion FROM pg_extension WHERE extname = 'pg_clearance'") . '; shared_buffers ' . one('SHOW shared_buffers')
	  . ', fsync off, JIT off, no parallel workers unless the case says so.', '');
my $top = @page;
put("![ratios and growth]($mode.svg)", '');

section('Statements');
statement_table(@main);
put('', 'Milliseconds: less is better. Lookups a second: more is better, and so with their ratios.', '');

section('Rows that are seen with what they belong to');
statement_table(@below);
put('');

section('Masked columns');
statement_table(@masks);
put('');

section('Statements that write many rows');
statement_table(part('bulk'));
put('');

section('Guarded columns');
put('An UPDATE of a table with guarded columns and a guarded state, by who holds their actions, as a multiple of the same without guards.'
	  . ' The trigger that judges changes is there without guards as well where a table names its members.', '');
put('| UPDATE | without, ms | with | target | met |', '| --- | ---: | ---: | ---: | :---: |');
for (rows("SELECT name, percentile_cont(0.5) WITHIN GROUP (ORDER BY plain), " . quartiles('guarded / plain') . "
	FROM bench.guard_sample GROUP BY name ORDER BY name ~ 'without', name"))
{
	my ($name, $plain, $ratio, $low, $high) = @$_;
	put(sprintf '| %s | %s | %s (%s–%s) | %s |', $name, short($plain), short($ratio), short($low), short($high), judge($name, $ratio, '≤', '1.10'));
}
put('');

section('The audit log');
put('Changes of memberships a second, each a transaction, and how much longer one takes with the audit log than without.', '');
put('| change of a membership | without | with: time as a multiple | target | met |', '| --- | ---: | ---: | ---: | :---: |');
for (rows("SELECT name, percentile_cont(0.5) WITHIN GROUP (ORDER BY plain), " . quartiles('plain / audited') . "
	FROM bench.audit_sample GROUP BY name ORDER BY name ~ 'functions', name"))
{
	my ($name, $plain, $ratio, $low, $high) = @$_;
	put(sprintf '| %s | %s/s | %s (%s–%s) | %s |', $name, thousands(sprintf '%.0f', $plain), short($ratio), short($low), short($high),
		judge($name, $ratio, '≤', '1.20'));
}
put('');

section('Lists of what may be done');
put('A page of 100 tasks with all their actions, or the columns that may be changed, beyond the same page without: microseconds for one row and action, or column.', '');
put('| who asks for what | median | quartiles | target | met |', '| --- | ---: | ---: | ---: | :---: |');
for (rows('SELECT name, ' . quartiles('us') . ' FROM bench.page_sample GROUP BY name ORDER BY name'))
{
	my ($name, $median, $low, $high) = @$_;
	put(sprintf '| %s | %s | %s–%s | %s |', $name, short($median), short($low), short($high), judge($name, $median, '≤', 2));
}
put('');

section('Answers about others');
put('Who may do something to a row (`who_can`), how many rows of all tables together somebody sees and may write (`what_can`), and how many of one everybody sees (`access_matrix`), asked by an operator.', '');
put('| question | members | rows | median, ms | quartiles | target | met |', '| --- | ---: | ---: | ---: | ---: | ---: | :---: |');
for (rows('SELECT name, x, max(rows), ' . quartiles('ms') . ', max(target) FROM bench.answer_sample GROUP BY name, x ORDER BY x, max(target), name'))
{
	my ($name, $x, $n, $median, $low, $high, $target) = @$_;
	put(sprintf '| %s | %s | %s | %s | %s–%s | %s |', $name, thousands($x), thousands($n), short($median), short($low), short($high),
		judge("$name, $x members", $median, '≤', $target));
}
put('');

section('Scoped counts against hand-written policies');
put('How many times faster clearance is than each; the target is for the policies that guides recommend, and the tuned ones stand beside.', '');
put('| case | naive | tuned | static | target | met |', '| --- | ---: | ---: | ---: | ---: | :---: |');
for my $case (grep { $_->{name} =~ /^count, / } @main)
{
	my $roads = $case->{roads};
	my %times = map { $_ => $roads->{$_}{ratio} / $roads->{clearance}{ratio} } qw(naive tuned static);
	put('| ' . join(' | ', $case->{name}, (map { short($times{$_}) } qw(naive tuned static)), judge($case->{name}, $times{static}, '≥', 10)) . ' |');
}

section('Prepared, warm, one statement at a time');
put('As drivers and ORMs send them. The target is for what the server computes; by the clock, client, socket and waiting come on top.', '');
prepared_table('NOT is_new');
put('');

section('First statement of a connection');
put('The same, each on a connection of its own, from when that is there: a backend that knows nothing yet has to read the catalog first, on the ideal road too.', '');
prepared_table('is_new');

section('What a statement costs');
put('| microseconds, beyond the ideal statement | median | quartiles | target | met |', '| --- | ---: | ---: | ---: | :---: |');
for (
	[ 'statement', 'a prepared lookup by key, nothing changed; versions of permissions are read', 3 ],
	[ 'accounts statement', 'the same where there are %s accounts', 3 ],
	[ 'switch', 'the same after a switch between two known actors', 1 ],
	[ 'cold', 'first statement of an actor in a backend, 50 projects', 50 ],
	[ 'scope cold', 'the same, on %s projects', 1500, 10000 ],
	[ 'change', 'first statement after another session changed the actor\'s permissions', undef ],
	[ 'mask cell', 'a masked cell, beyond one that is not: where it is the same for a project', 0.025 ],
	[ 'mask cell by row', 'the same where it depends on the row', undef ],
	[ 'mask planning', 'planning a masked column, beyond one that is not', 5 ])
{
	my ($what, $text, $target, $only) = @$_;    # the target is for this x alone
	for my $x (sort { $a <=> $b } keys %{ $overhead{$what} })
	{
		my ($median, $low, $high) = @{ $overhead{$what}{$x} };
		my $named = $x ? sprintf $text, thousands($x) : $text;
		put(sprintf '| %s | %s | %s–%s | %s |', $named, short($median), short($low), short($high), judge($named, $median, '≤', !$only || $x == $only ? $target : undef));
	}
}
put('', 'The switch is counted beyond the same statement without a switch. After every change, the first statement obeyed it.');

my @memory = map { $_->[0] } rows('SELECT kb FROM bench.memory ORDER BY sample');
section('Memory');
put(sprintf 'A backend that acts for 500 members in turn, %s statements, while permissions change twice a second: %s kB of its own after a tenth of them, %s kB after half, %s kB at the end; %s kB at most.',
	thousands($statements), map { thousands($_) } $memory[@memory / 10], $memory[@memory / 2], $memory[-1], (sort { $b <=> $a } @memory)[0]);

memory_table();
put('');

section("One account among many");
put('Statements by the admin of an account, a manager of 15 of its 20 projects, and members on 8 of them. The ideal statement of the admin names the account.', '');
statement_table(part('accounts'));
my ($partitions) = map { $_->[0] } rows_of($accounts, 'SELECT bench.partitions(1601)');
put('', '| partitions of 8, by account, that a count by the admin reads | target | met |', '| ---: | ---: | :---: |',
	"| $partitions | " . judge('partitions that a count reads', $partitions, '≤', 1) . ' |');
put('');
section('Operators that are not leakproof');
put('In an account that owns half of a table, each operator has its index. The server lets no such operator look at a row before a policy has let it through; the ideal statement is free of that.', '');
statement_table(part('operators'));
put('');
section('Reading while permissions change');
put('20 members of one account, each on a connection of its own, look up tasks by key or list the top 50 of a project, while memberships change: of people of other accounts, of others in their own, or their own. How much of the throughput without changes is left, and how much it is of what the ideal road does under the same changes. A change costs processor time itself, which readers on a busy machine lack: so it does on the ideal road, whose own loss stands beside.', '');
churn_table();
put('');
if (%session)
{
	section('200 sessions');
	session_table();
	put('');
}
section('Roads by which actors come');
put('Each statement in a transaction in which somebody says who acts, unless the login does; the ideal road says as much by as many statements. Alternating actors share four connections. Statements are prepared.', '');
statement_table(part('ways'));
put('', map { "- $_: $failure{$_}" } sort keys %failure) if %failure;
put('');
peer_section();
growth_tables() if part('members');
splice @page, $top, 0, targets();
write_file("$out.md", join("\n", @page) . "\n");
write_file("$out.svg", plot());

# Cases, a row each, on all roads.
sub statement_table
{
	put('| case | ideal | naive | static | tuned | clearance | target | met |', '| --- | ---: | ---: | ---: | ---: | ---: | ---: | :---: |');
	for my $case (@_)
	{
		my $roads = $case->{roads};
		my $own   = $roads->{clearance};
		my ($sign, $target) = ($case->{unit} eq '/s' ? '≥' : '≤', $case->{target});
		put('| ' . join(' | ',
				$case->{name},
				$case->{unit} eq '/s' ? thousands(sprintf '%.0f', $roads->{ideal}{value}) . '/s' : short($roads->{ideal}{value}) . ' ms',
				(map { multiple($roads->{$_}) } qw(naive static tuned)),
				$own ? multiple($own) . sprintf(' (%s–%s)', short($own->{low}), short($own->{high})) : '',
				$failure{ $case->{name} } ? judge($case->{name}, undef, $sign, $target) : judge($case->{name}, $own->{ratio}, $sign, $target))
			  . ' |');
	}
	return;
}

# Statements as drivers send them, on warm or on new connections.
sub prepared_table
{
	my ($which) = @_;
	put('| what is sent | ideal, µs | by the clock | ideal computes, µs | computing | target | met |', '| --- | ---: | ---: | ---: | ---: | ---: | :---: |');
	for (rows("SELECT name, percentile_cont(0.5) WITHIN GROUP (ORDER BY i.us), percentile_cont(0.5) WITHIN GROUP (ORDER BY c.us / i.us),
		percentile_cont(0.5) WITHIN GROUP (ORDER BY i.cpu), " . quartiles('c.cpu / i.cpu') . ", max(target)
		FROM bench.prepared_sample i JOIN bench.prepared_sample c USING (name, round) JOIN bench.prepared_case USING (name)
		WHERE i.road = 'ideal' AND c.road = 'clearance' AND $which GROUP BY name ORDER BY min(no)"))
	{
		my ($name, $ideal, $clock, $computed, $ratio, $low, $high, $target) = @$_;
		($computed, $ratio) = ($ideal, $clock) unless length $ratio;    # where nobody counts it
		put(sprintf '| %s | %s | %s | %s | %s%s | %s |', $name, short($ideal), short($clock), short($computed), short($ratio),
			length $low ? sprintf(' (%s–%s)', short($low), short($high)) : '', judge($name, $ratio, '≤', $target));
	}
	return;
}

# Series of growth: a table each, with a column for each step.
sub growth_tables
{
	section('Growth');
	for (
		[ 'rows', 'Rows of a table of which the actor sees 1,000: count of those, ms' ],
		[ 'scope', 'Projects that the actor is on: count of its tasks, ms', undef, 'scope cold' ],
		[ 'members', 'Members of the company: one task by key, ms', undef, 'members cold' ],
		[ 'many', 'Accounts: one task by key, ms', 'one task by key, permissive', 'accounts cold' ],
		[ 'many', 'Accounts: count of an account by its admin, ms', 'count, account admin' ],
		[ 'many', 'Accounts: newest 50 of an account by its admin, ms', 'newest 50, account admin' ])
	{
		my ($part, $title, $name, $first) = @$_;
		my @steps = grep { !$name || $_->{name} eq $name } part($part) or next;
		put("**$title**", '', '| road | ' . join(' | ', map { thousands($_->{x}) } @steps) . ' |', '| --- |' . ' ---: |' x @steps);
		for my $road (@roads)
		{
			put("| $road | " . join(' | ', map { my $r = $_->{roads}{$road}; $r ? short($r->{value}) : '' } @steps) . ' |');
		}
		put('| clearance / ideal | ' . join(' | ', map { short($_->{roads}{clearance}{ratio}) } @steps) . ' |');
		my $cold = $first && $overhead{$first};
		put('| clearance, first statement of an actor, µs beyond ideal | '
			  . join(' | ', map { my $us = $cold->{ $_->{x} }; $us ? short($us->[0]) : '' } @steps) . ' |') if $cold;
		put('');
	}
	return;
}

# What one backend holds, and what all share.
sub memory_table
{
	my @held = held();
	put('', '| a backend that acted for | kB of its own, beyond the same without row security | after permissions of all of them changed, and they acted again | of the first in contexts of the extension | kB for each further actor | target | met |',
		'| --- | ---: | ---: | ---: | ---: | ---: | :---: |');
	for (@held)
	{
		my ($what, $actors, $kb, $contexts, $again) = @$_;
		my $each = $actors > 1 ? ($kb - $held[0][2]) / ($actors - 1) : undef;
		put(sprintf '| %s | %s | %s | %s | %s | %s |', $what, thousands($kb), thousands($again), thousands($contexts), defined $each ? short($each) : '',
			defined $each ? judge('kB of a further actor', $each, '≤', 25) : ' | ');
	}
	put('', 'Shared memory: ' . join('; ', map { "$_->[0] " . thousands($_->[1]) . ' kB' }
			rows("SELECT name, (allocated_size + 1023) / 1024 FROM pg_shmem_allocations WHERE name ~* 'clearance' ORDER BY 1")) . '.');
	return;
}

sub held
{
	return rows('SELECT what, actors, kb, contexts, again FROM bench.actor_memory ORDER BY actors, contexts');
}

sub churn_table
{
	put('| reading | whose memberships change | changes a second | statements a second | of the throughput without | target | met | the ideal: of its throughput without | clearance of the ideal |',
		'| --- | --- | ---: | ---: | ---: | ---: | :---: | ---: | ---: |');
	for (@churn)
	{
		my ($reading, $whose, $rate, $tps, @q) = @$_;
		put(sprintf '| %s | %s | %s | %s | %s (%s–%s) | %s | %s | %s (%s–%s) |', $reading, $whose, $rate, thousands(sprintf '%.0f', $tps), (map { short($_) } @q[ 0 .. 2 ]),
			judge("$reading, changes in $whose, $rate a second", $q[0], '≥', churn_target($whose, $rate)), map { short($_) } @q[ 3 .. 6 ]);
	}
	return;
}

sub churn_target
{
	my ($whose, $rate) = @_;
	return $rate == 50 ? { 'other accounts' => 0.97, 'the own account' => 0.85 }->{$whose} : undef;
}

my %crowd;
BEGIN
{
	%crowd = (mixed => 'people of all kinds in one company', collaborators => 'collaborators on 20 projects', accounts => 'members of many accounts');
}

sub session_table
{
	put('Each sets its actor and looks up a task by key, as fast as it can; permissions do not change, or 50 times a second: of the people of a project, or of a member of any account.', '',
		'| sessions | permissions | road | lookups a second | median, ms | 95 % within, ms | 99 % within, ms | of the ideal | target | met |',
		'| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | :---: |');
	for my $who (grep { $session{$_} } qw(mixed collaborators accounts))
	{
		for my $phase (grep { $session{$who}{ideal}{$_} && $session{$who}{clearance}{$_} } qw(quiet changing))
		{
			my $ratio = $session{$who}{clearance}{$phase}{tps} / $session{$who}{ideal}{$phase}{tps};
			for my $road (qw(ideal clearance))
			{
				my $s = $session{$who}{$road}{$phase};
				put(sprintf '| %s | %s | %s | %s | %s | %s | %s | %s | %s |', $crowd{$who}, $phase, $road, thousands(sprintf '%.0f', $s->{tps}), (map { short($s->{$_}) } qw(p50 p95 p99)),
					$road eq 'ideal' ? ('', ' | ') : (short($ratio), judge("$crowd{$who}, $phase", $ratio, '≥', 0.8)));
			}
		}
	}
	return;
}

# Milliseconds of a request to an application of Node.js.
sub peer_section
{
	section('Beside a library that filters lists');
	return put('It was not measured: npm did not install it.') unless %peer;
	my @columns = ('ideal', 'CASL', 'CASL, rights kept', 'clearance');
	put('The newest 50 tasks that a member sees, asked for by Node.js over one connection: milliseconds from request to rows.', '',
		'| who asks | ' . join(' | ', @columns) . ' | clearance / CASL |', '| --- |' . ' ---: |' x (@columns + 1));
	for my $name (sort { $peer{$a}{ideal} <=> $peer{$b}{ideal} } keys %peer)
	{
		put("| $name | " . join(' | ', (map { short($peer{$name}{$_}) } @columns), short($peer{$name}{clearance} / $peer{$name}{CASL})) . ' |');
	}
	put('');
	return;
}

# How many targets are met, and which are not.
sub targets
{
	return ('## Targets', '', sprintf('%d values have a target; %d of them meet it.', $judged, $judged - @missed), '',
		!@missed ? () : ('| not met | measured | target |', '| --- | ---: | ---: |', (map { "| $_->[0] | $_->[1] | $_->[2] |" } @missed),
			'', '[misses.md](misses.md) says what bounds them.', ''));
}

sub plot
{
	my $plot = Plot->new(@roads, 'CASL');
	$plot->ratios('Time as a multiple of ideal (lookups: ideal a second / a second)', map { dots($_) } @main);
	$plot->ratios('The same for rows that are seen with what they belong to', map { dots($_) } @below);
	$plot->ratios('The same for masked columns', map { dots($_) } @masks);
	$plot->ratios('The same for statements that write many rows', map { dots($_) } part('bulk'));
	$plot->ratios('The same for one account among many', map { dots($_) } part('accounts'));
	$plot->ratios('The same for operators that are not leakproof', map { dots($_) } part('operators'));
	$plot->ratios('The same for roads by which actors come', map { dots($_) } part('ways'));
	$plot->ratios('A list of 50 in Node.js, from request to rows, beside a library that filters lists', map { peer_dots($_) } sort keys %peer) if %peer;
	$plot->ratios('Reading while permissions change: throughput without changes / with them', map { churn_dots($_) } grep { $_->[2] > 0 } @churn);
	for (
		[ 'rows', 'rows in the table, 1,000 of them visible', 'count, ms' ],
		[ 'scope', 'projects that the actor is on', 'count of their tasks, ms' ],
		[ 'members', 'members of the company', 'one task by key, ms' ],
		[ 'many', 'accounts', 'newest 50 of an account by its admin, ms', 'newest 50, account admin' ])
	{
		my ($part, $x, $y, $name) = @$_;
		my @steps = grep { !$name || $_->{name} eq $name } part($part) or next;
		my %lines;
		for my $step (@steps)
		{
			push @{ $lines{$_} }, [ $step->{x}, $step->{roads}{$_}{value} ] for keys %{ $step->{roads} };
		}
		$plot->lines($x, $y, \%lines);
	}
	for (
		[ 'scope cold', 'projects that the actor is on' ],
		[ 'members cold', 'members of the company' ])
	{
		my ($what, $x) = @$_;
		my $points = $overhead{$what} or next;
		$plot->lines($x, 'first statement of an actor, µs beyond ideal',
			{ clearance => [ map { [ $_, $points->{$_}[0] ] } sort { $a <=> $b } keys %$points ] });
	}
	$plot->bars('kB of its own that a backend has, beyond the same without row security', map { { road => 'clearance', name => $_->[0], values => [ $_->[2] ] } } held());
	for my $who (grep { $session{$_} } qw(mixed collaborators accounts))
	{
		$plot->bars("200 sessions, $crowd{$who}: ms of a lookup (median, 95 %, 99 %)", map {
			my $road = $_;
			map { { road => $road, name => "$road, $_", values => [ @{ $session{$who}{$road}{$_} }{qw(p50 p95 p99)} ] } } grep { $session{$who}{$road}{$_} } qw(quiet changing)
		} qw(ideal clearance));
	}
	return $plot->svg;
}

sub peer_dots
{
	my ($name) = @_;
	return { name => $name, of => { map { $_ => $peer{$name}{$_} / $peer{$name}{ideal} } qw(ideal CASL clearance) } };
}

sub churn_dots
{
	my ($reading, $whose, $rate, $tps, @q) = @{ $_[0] };
	my $target = churn_target($whose, $rate);
	return { name => "$reading, $whose, $rate/s", target => $target && 1 / $target, of => { ideal => 1 / $q[3], clearance => 1 / $q[0] } };
}

sub dots
{
	my ($case) = @_;

	return { name => $case->{name}, target => length $case->{target} ? $case->{unit} eq '/s' ? 1 / $case->{target} : $case->{target} : undef,
		of => { map { $_ => $case->{unit} eq '/s' ? 1 / $case->{roads}{$_}{ratio} : $case->{roads}{$_}{ratio} } keys %{ $case->{roads} } } };
}

# ---- small things --------------------------------------------------------------------------------

# A value beside its target: two cells of a table. An undefined value is one that an error kept from being.
sub judge
{
	my ($what, $value, $sign, $target) = @_;
	return ' | ' unless defined $target && length $target;
	my $is_met = defined $value && ($sign eq '≥' ? $value >= $target : $value <= $target);
	$judged++;
	push @missed, [ "$section: $what", defined $value ? short($value) : 'an error', "$sign $target" ] unless $is_met;
	return "$sign $target | " . ($is_met ? 'yes' : 'no');
}

sub section
{
	($section) = @_;
	put('') if length $page[-1];
	put("## $section", '');
	return;
}

sub part
{
	my ($part) = @_;
	return grep { $_->{part} eq $part } @cases;
}

# The median and both quartiles, as SQL says it.
sub quartiles
{
	my ($expression) = @_;
	return join ', ', map { "percentile_cont($_) WITHIN GROUP (ORDER BY $expression)" } 0.5, 0.25, 0.75;
}

sub multiple
{
	my ($road) = @_;
	return $road ? short($road->{ratio}) : '';
}

# Three digits that matter.
sub short
{
	my ($n) = @_;
	return thousands(sprintf '%.0f', $n) if abs $n >= 100;
	return sprintf '%.1f', $n if abs $n >= 10;
	return sprintf '%.2f', $n if abs $n >= 0.1;
	return sprintf '%.3f', $n;
}

sub thousands
{
	my ($n) = @_;
	1 while $n =~ s/^(-?\d+)(\d{3})/$1,$2/;
	return $n;
}

sub machine
{
	my ($model) = slurp('/proc/cpuinfo') =~ /^model name\s*:\s*(.*)$/m;
	my $cores = () = slurp('/proc/cpuinfo') =~ /^processor/mg;
	my ($kb) = slurp('/proc/meminfo') =~ /^MemTotal:\s*(\d+)/m;
	return sprintf '%d cores of %s, %.0f GB of memory', $cores, $model || 'an unnamed processor', $kb / 1024 / 1024;
}

sub rows_of
{
	(local $ENV{PGDATABASE}, my $query) = @_;
	return rows($query);
}

sub rows
{
	my ($query) = @_;
	open my $psql, '-|', 'psql', '-XAtq', '-F', "\t", '-v', 'ON_ERROR_STOP=1', '-c', $query or die "psql: $!\n";
	my @rows = map { chomp; [ split /\t/, $_, -1 ] } <$psql>;
	close $psql or die "psql failed: $query\n";
	return @rows;
}

sub one { return (rows(@_))[0][0] }

sub put { push @page, @_ }

sub slurp
{
	my ($file) = @_;
	open my $in, '<', $file or die "$file: $!\n";
	local $/;
	return <$in>;
}

sub write_file
{
	my ($file, $text) = @_;
	open my $handle, '>', $file or die "$file: $!\n";
	print $handle $text;
	close $handle or die "$file: $!\n";
}
