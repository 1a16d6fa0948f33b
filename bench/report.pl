#!/usr/bin/perl
# results/<mode>.md and .svg from what the driver noted in the database.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Plot;

my ($mode, $factor, $seed, $statements) = @ARGV;
my @roads = qw(ideal naive static tuned clearance);
my $out = "$FindBin::Bin/results/$mode";

# ---- what was measured ---------------------------------------------------------------------------

my @cases;      # in their order: {name, part, x, unit, target, roads => {road => {value, ratio, low, high, samples}}}
for (rows('SELECT no, part, name, x, unit, target, road, value, ratio, low, high, samples FROM bench.summary ORDER BY no'))
{
	my ($no, $part, $name, $x, $unit, $target, $road, @of_road) = @$_;
	push @cases, { no => $no, part => $part, name => $name, x => $x, unit => $unit, target => $target }
	  unless @cases && $cases[-1]{no} == $no;
	@{ $cases[-1]{roads}{$road} }{qw(value ratio low high samples)} = @of_road;
}
my %overhead;   # what => x => [median, lower and upper quartile] in microseconds
for (rows("SELECT what, coalesce(x, 0), percentile_cont(0.5) WITHIN GROUP (ORDER BY us), percentile_cont(0.25) WITHIN GROUP (ORDER BY us),
	percentile_cont(0.75) WITHIN GROUP (ORDER BY us) FROM bench.overhead GROUP BY 1, 2"))
{
	my ($what, $x, @us) = @$_;
	$overhead{$what}{$x} = \@us;
}
my %session;    # road => phase => {tps, p50, p95, p99}
my ($has_sessions) = map { $_->[0] } rows("SELECT to_regclass('bench.session') IS NOT NULL");
if ($has_sessions eq 't')
{
	for (rows('SELECT road, phase, ' . join(', ', map { "percentile_cont(0.5) WITHIN GROUP (ORDER BY $_)" } qw(tps p50 p95 p99))
			. ' FROM bench.session GROUP BY 1, 2'))
	{
		my ($road, $phase, @values) = @$_;
		@{ $session{$road}{$phase} }{qw(tps p50 p95 p99)} = @values;
	}
}

# ---- the page ------------------------------------------------------------------------------------

my @page;
my @main = grep { $_->{part} eq 'cases' } @cases;
my @below = grep { $_->{part} eq 'below' } @cases;
my @masks = grep { $_->{part} eq 'masks' } @cases;
my ($tasks) = map { $_->[0] } rows('SELECT count(*) FROM ideal.task');

put("# Benchmark, $mode mode", '');
put("Times as a multiple of *ideal*, the same question without row security, with the `WHERE` and the literal ids that a perfect"
	  . " application would send. Ratios are medians over rounds in which every road had its turn; in brackets the quartiles."
	  . " [../README.md](../README.md) says how it is measured.", '');
put("- Data: " . thousands($tasks) . " tasks (size factor $factor), 10,000 projects, 200 partners, 2,500 members; seed $seed.");
put('- Machine: ' . machine() . '.');
put('- Software: PostgreSQL ' . one('SHOW server_version') . ', pg_clearance '
	  . one("SELECT extversion FROM pg_extension WHERE extname = 'pg_clearance'") . '; shared_buffers ' . one('SHOW shared_buffers')
	  . ', fsync off, JIT off, no parallel workers unless the case says so.', '');
put("![ratios and growth]($mode.svg)", '');

put('## Statements', '');
statement_table(@main);
put('', 'Milliseconds: less is better. Lookups a second: more is better, and so with their ratios.', '');

put('## Rows that are seen with what they belong to', '');
statement_table(@below);
put('');

put('## Masked columns', '');
statement_table(@masks);
put('');

put('## Guarded columns', '');
put('An UPDATE of a table with guarded columns and a guarded state, by who holds their actions, as a multiple of the same without guards.'
	  . ' The trigger that judges changes is there without guards as well where a table names its members.', '');
put('| UPDATE | without, ms | with | target | met |', '| --- | ---: | ---: | ---: | :---: |');
for (rows("SELECT name, percentile_cont(0.5) WITHIN GROUP (ORDER BY plain), percentile_cont(0.5) WITHIN GROUP (ORDER BY guarded / plain),
	percentile_cont(0.25) WITHIN GROUP (ORDER BY guarded / plain), percentile_cont(0.75) WITHIN GROUP (ORDER BY guarded / plain)
	FROM bench.guard_sample GROUP BY name ORDER BY name ~ 'without', name"))
{
	my ($name, $plain, $ratio, $low, $high) = @$_;
	put(sprintf '| %s | %s | %s (%s–%s) | ≤ 1.10 | %s |', $name, short($plain), short($ratio), short($low), short($high), $ratio <= 1.10 ? 'yes' : 'no');
}
put('');

put('## The audit log', '');
put('Changes of memberships a second, each a transaction, and how much longer one takes with the audit log than without.', '');
put('| change of a membership | without | with: time as a multiple | target | met |', '| --- | ---: | ---: | ---: | :---: |');
for (rows("SELECT name, percentile_cont(0.5) WITHIN GROUP (ORDER BY plain), percentile_cont(0.5) WITHIN GROUP (ORDER BY plain / audited),
	percentile_cont(0.25) WITHIN GROUP (ORDER BY plain / audited), percentile_cont(0.75) WITHIN GROUP (ORDER BY plain / audited)
	FROM bench.audit_sample GROUP BY name ORDER BY name ~ 'functions', name"))
{
	my ($name, $plain, $ratio, $low, $high) = @$_;
	put(sprintf '| %s | %s/s | %s (%s–%s) | ≤ 1.20 | %s |', $name, thousands(sprintf '%.0f', $plain), short($ratio), short($low), short($high),
		$ratio <= 1.20 ? 'yes' : 'no');
}
put('');

put('## Lists of what may be done', '');
put('A page of 100 tasks with all their actions, or the columns that may be changed, beyond the same page without: microseconds for one row and action, or column.', '');
put('| who asks for what | median | quartiles | target | met |', '| --- | ---: | ---: | ---: | :---: |');
for (rows('SELECT name, percentile_cont(0.5) WITHIN GROUP (ORDER BY us), percentile_cont(0.25) WITHIN GROUP (ORDER BY us),
	percentile_cont(0.75) WITHIN GROUP (ORDER BY us) FROM bench.page_sample GROUP BY name ORDER BY name'))
{
	my ($name, $median, $low, $high) = @$_;
	put(sprintf '| %s | %s | %s–%s | ≤ 2 | %s |', $name, short($median), short($low), short($high), $median <= 2 ? 'yes' : 'no');
}
put('');

put('## Answers about others', '');
put('Who may do something to a row (`who_can`), how many rows of all tables together somebody sees and may write (`what_can`), and how many of one everybody sees (`access_matrix`), asked by an operator.', '');
put('| question | members | rows | median, ms | quartiles | target | met |', '| --- | ---: | ---: | ---: | ---: | ---: | :---: |');
for (rows('SELECT name, x, max(rows), percentile_cont(0.5) WITHIN GROUP (ORDER BY ms), percentile_cont(0.25) WITHIN GROUP (ORDER BY ms),
	percentile_cont(0.75) WITHIN GROUP (ORDER BY ms), max(target) FROM bench.answer_sample GROUP BY name, x ORDER BY x, max(target), name'))
{
	my ($name, $x, $n, $median, $low, $high, $target) = @$_;
	put(sprintf '| %s | %s | %s | %s | %s–%s | %s | %s |', $name, thousands($x), thousands($n), short($median), short($low), short($high),
		length $target ? ("≤ $target", $median <= $target ? 'yes' : 'no') : ('', ''));
}
put('');

put('## Scoped counts against hand-written policies', '');
put('How many times faster clearance is than each; the target is 10 against the best static one.', '');
put('| case | naive | static | tuned |', '| --- | ---: | ---: | ---: |');
for my $case (grep { $_->{name} =~ /^count, / } @main)
{
	my $roads = $case->{roads};
	put('| ' . join(' | ', $case->{name}, map { short($roads->{$_}{ratio} / $roads->{clearance}{ratio}) } qw(naive static tuned)) . ' |');
}

put('', '## Prepared, warm, one statement at a time', '');
put('As drivers and ORMs send them. The target is for what the server computes; by the clock, client, socket and waiting come on top.', '');
put('| what is sent | ideal, µs | by the clock | ideal computes, µs | computing | target | met |', '| --- | ---: | ---: | ---: | ---: | ---: | :---: |');
for (rows("SELECT name, percentile_cont(0.5) WITHIN GROUP (ORDER BY i.us), percentile_cont(0.5) WITHIN GROUP (ORDER BY c.us / i.us),
	percentile_cont(0.5) WITHIN GROUP (ORDER BY i.cpu), percentile_cont(0.5) WITHIN GROUP (ORDER BY c.cpu / i.cpu),
	percentile_cont(0.25) WITHIN GROUP (ORDER BY c.cpu / i.cpu), percentile_cont(0.75) WITHIN GROUP (ORDER BY c.cpu / i.cpu), max(target)
	FROM bench.prepared_sample i JOIN bench.prepared_sample c USING (name, round) JOIN bench.prepared_case USING (name)
	WHERE i.road = 'ideal' AND c.road = 'clearance' GROUP BY name ORDER BY min(no)"))
{
	my ($name, $ideal, $clock, $computed, $ratio, $low, $high, $target) = @$_;
	($computed, $ratio) = ($ideal, $clock) unless length $ratio;    # where nobody counts it
	put(sprintf '| %s | %s | %s | %s | %s%s | ≤ %s | %s |', $name, short($ideal), short($clock), short($computed), short($ratio),
		length $low ? sprintf(' (%s–%s)', short($low), short($high)) : '', $target, $ratio <= $target ? 'yes' : 'no');
}

put('', '## What a statement costs', '');
put('| microseconds, beyond the ideal statement | median | quartiles | target | met |', '| --- | ---: | ---: | ---: | :---: |');
for (
	[ 'statement', 'a prepared lookup by key, nothing changed', 3 ],
	[ 'switch', 'the same after a switch between two known actors', 1 ],
	[ 'cold', 'first statement of an actor in a backend', 50 ],
	[ 'change', 'first statement after another session changed the actor\'s permissions', undef ],
	[ 'mask cell', 'a masked cell, beyond one that is not: where it is the same for a project', 0.025 ],
	[ 'mask cell by row', 'the same where it depends on the row', undef ],
	[ 'mask planning', 'planning a masked column, beyond one that is not', 5 ])
{
	my ($what, $text, $target) = @$_;
	my ($median, $low, $high) = @{ $overhead{$what}{0} or next };
	put(sprintf '| %s | %s | %s–%s | %s | %s |', $text, short($median), short($low), short($high),
		defined $target ? ("≤ $target", $median <= $target ? 'yes' : 'no') : ('', ''));
}
put('', 'The switch is counted beyond the same statement without a switch. After every change, the first statement obeyed it.');

my @memory = map { $_->[0] } rows('SELECT kb FROM bench.memory ORDER BY sample');
put('', '## Memory', '');
put(sprintf 'A backend that acts for 500 members in turn, %s statements, while permissions change twice a second: %s kB of its own after a tenth of them, %s kB after half, %s kB at the end; %s kB at most.',
	thousands($statements), map { thousands($_) } $memory[@memory / 10], $memory[@memory / 2], $memory[-1], (sort { $b <=> $a } @memory)[0]);

growth_tables() if @cases > @main + @below + @masks;
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
		put('| ' . join(' | ',
				$case->{name},
				$case->{unit} eq '/s' ? thousands(sprintf '%.0f', $roads->{ideal}{value}) . '/s' : short($roads->{ideal}{value}) . ' ms',
				(map { multiple($roads->{$_}) } qw(naive static tuned)),
				$own ? multiple($own) . sprintf(' (%s–%s)', short($own->{low}), short($own->{high})) : '',
				!length $case->{target} ? '' : ($case->{unit} eq '/s' ? '≥ ' : '≤ ') . $case->{target},
				!length $case->{target} ? '' : met($case) ? 'yes' : 'no')
			  . ' |');
	}
	return;
}

# Series of growth: a table each, with a column for each step.
sub growth_tables
{
	put('', '## Growth', '');
	for (
		[ 'rows', 'Rows of a table of which the actor sees 1,000: count of those, ms' ],
		[ 'scope', 'Projects that the actor is on: count of its tasks, ms' ],
		[ 'members', 'Members of the company: one task by key, ms' ])
	{
		my ($part, $title) = @$_;
		my @steps = grep { $_->{part} eq $part } @cases or next;
		put("**$title**", '', '| road | ' . join(' | ', map { thousands($_->{x}) } @steps) . ' |', '| --- |' . ' ---: |' x @steps);
		for my $road (@roads)
		{
			put("| $road | " . join(' | ', map { my $r = $_->{roads}{$road}; $r ? short($r->{value}) : '' } @steps) . ' |');
		}
		put('| clearance / ideal | ' . join(' | ', map { short($_->{roads}{clearance}{ratio}) } @steps) . ' |');
		my $cold = $overhead{"$part cold"};
		put('| clearance, first statement of an actor, µs beyond ideal | '
			  . join(' | ', map { my $us = $cold->{ $_->{x} }; $us ? short($us->[0]) : '' } @steps) . ' |') if $cold;
		put('');
	}
	return unless %session;
	put('**200 sessions, each a member, look up tasks by key as fast as they can**', '',
		'| road | permissions | lookups a second | median, ms | 95 % within, ms | 99 % within, ms |', '| --- | --- | ---: | ---: | ---: | ---: |');
	for my $road (qw(ideal clearance))
	{
		for my $phase (qw(quiet changing))
		{
			my $s = $session{$road}{$phase};
			put("| $road | " . ($phase eq 'quiet' ? 'do not change' : 'change 50 times a second') . ' | ' . join(' | ', thousands(sprintf '%.0f', $s->{tps}),
				map { short($s->{$_}) } qw(p50 p95 p99)) . ' |');
		}
	}
}

sub plot
{
	my $plot = Plot->new(@roads);
	$plot->ratios('Time as a multiple of ideal (lookups: ideal a second / a second)', map { dots($_) } @main);
	$plot->ratios('The same for rows that are seen with what they belong to', map { dots($_) } @below);
	$plot->ratios('The same for masked columns', map { dots($_) } @masks);
	for (
		[ 'rows', 'rows in the table, 1,000 of them visible', 'count, ms' ],
		[ 'scope', 'projects that the actor is on', 'count of their tasks, ms' ],
		[ 'members', 'members of the company', 'one task by key, ms' ])
	{
		my ($part, $x, $y) = @$_;
		my @steps = grep { $_->{part} eq $part } @cases or next;
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
	if (%session)
	{
		my @measures = ([ p50 => 50 ], [ p95 => 95 ], [ p99 => 99 ]);
		$plot->bars('200 sessions: ms of a lookup (median, 95 %, 99 %), permissions quiet and changing 50 times a second', map {
			my $road = $_;
			map { { road => $road, name => "$road, $_", values => [ @{ $session{$road}{$_} }{qw(p50 p95 p99)} ] } } qw(quiet changing)
		} qw(ideal clearance));
	}
	return $plot->svg;
}

sub dots
{
	my ($case) = @_;

	return { name => $case->{name}, target => length $case->{target} ? $case->{unit} eq '/s' ? 1 / $case->{target} : $case->{target} : undef,
		of => { map { $_ => $case->{unit} eq '/s' ? 1 / $case->{roads}{$_}{ratio} : $case->{roads}{$_}{ratio} } keys %{ $case->{roads} } } };
}

# ---- small things --------------------------------------------------------------------------------

sub met
{
	my ($case) = @_;
	my $ratio = $case->{roads}{clearance}{ratio};
	return $case->{unit} eq '/s' ? $ratio >= $case->{target} : $ratio <= $case->{target};
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
