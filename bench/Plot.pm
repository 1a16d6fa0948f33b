# Draws what a benchmark needs, as SVG text, one panel below the other.
package Plot;
use strict;
use warnings;
use POSIX qw(ceil floor log10);

my %colour = (
	ideal     => '#6b7280',
	naive     => '#b45309',
	static    => '#d97706',
	tuned     => '#0e7490',
	clearance => '#be185d',
	CASL      => '#4d7c0f');
my $width = 1060;
my $left  = 350;    # room for names
my $right = 1030;

sub new
{
	my ($class, @roads) = @_;
	my $self = bless { roads => \@roads, y => 20, body => [] }, $class;
	my $x = 20;
	for my $road (@roads)
	{
		$self->add(qq(<circle cx="$x" cy="20" r="5" fill="$colour{$road}"/>));
		$self->text($x + 10, 24, $road);
		$x += 110;
	}
	$self->add(qq(<path d="M$x 14v12" stroke="#111827" stroke-width="2"/>));
	$self->text($x + 10, 24, 'target');
	$self->{y} = 50;
	return $self;
}

# Dots on a logarithmic axis, a row for each case: {name, target, of => {road => ratio}}.
sub ratios
{
	my ($self, $title, @cases) = @_;
	my @all = map { values %{ $_->{of} }, $_->{target} // () } @cases;
	my $axis = $self->axis($left, $right, @all);
	my $top = $self->title($title);
	my $bottom = $top + 22 * @cases;
	for my $tick ($axis->{ticks}->())
	{
		my $x = $axis->{at}->($tick);
		my $stroke = $tick == 1 ? '#9ca3af' : '#e5e7eb';
		$self->add(qq(<path d="M$x ${top}V$bottom" stroke="$stroke"/>));
		$self->text($x, $bottom + 16, $tick, 'middle');
	}
	my $y = $top + 11;
	for my $case (@cases)
	{
		$self->text($left - 12, $y + 4, $case->{name}, 'end');
		for my $road (grep { defined $case->{of}{$_} } @{ $self->{roads} })
		{
			my $x = $axis->{at}->($case->{of}{$road});
			$self->add(qq(<circle cx="$x" cy="$y" r="5" fill="$colour{$road}" fill-opacity="0.85"/>));
		}
		if (defined $case->{target})
		{
			my ($x, $from) = ($axis->{at}->($case->{target}), $y - 8);
			$self->add(qq(<path d="M$x ${from}v16" stroke="#111827" stroke-width="2"/>));
		}
		$y += 22;
	}
	$self->{y} = $bottom + 40;
}

# Lines, both axes logarithmic: road => [[x, y], ...].
sub lines
{
	my ($self, $x_title, $y_title, $lines) = @_;
	my @points = map { @$_ } values %$lines;
	my $top = $self->title("$y_title, against $x_title");
	my $bottom = $top + 200;
	my $across = $self->axis($left, $right - 40, map { $_->[0] } @points);
	my $up = $self->axis($bottom, $top, map { ($_->[1], 10**floor(log10($_->[1])), 10**ceil(log10($_->[1]))) } @points);
	for my $tick ($up->{ticks}->())
	{
		my $y = $up->{at}->($tick);
		$self->add(qq(<path d="M$left ${y}H$right" stroke="#e5e7eb"/>));
		$self->text($left - 8, $y + 4, thousands($tick), 'end');
	}
	my %seen;
	for my $x (sort { $a <=> $b } grep { !$seen{$_}++ } map { $_->[0] } @points)
	{
		$self->text($across->{at}->($x), $bottom + 16, thousands($x), 'middle');
	}
	for my $road (grep { $lines->{$_} } @{ $self->{roads} })
	{
		my @at = map { [ $across->{at}->($_->[0]), $up->{at}->($_->[1]) ] } @{ $lines->{$road} };
		my $path = join ' ', map { "$_->[0],$_->[1]" } @at;
		$self->add(qq(<polyline points="$path" fill="none" stroke="$colour{$road}" stroke-width="2"/>));
		$self->add(qq(<circle cx="$_->[0]" cy="$_->[1]" r="4" fill="$colour{$road}"/>)) for @at;
	}
	$self->{y} = $bottom + 40;
}

# Bars that nest: {road, name, values => [rising]}.
sub bars
{
	my ($self, $title, @bars) = @_;
	my $most = (sort { $b <=> $a } map { @{ $_->{values} } } @bars)[0];
	my $y = $self->title($title);
	for my $bar (@bars)
	{
		$self->text($left - 12, $y + 14, $bar->{name}, 'end');
		my $opacity = 1;
		my $from = $left;
		for my $value (@{ $bar->{values} })
		{
			my $to = sprintf '%.1f', $left + ($right - 160 - $left) * $value / $most;
			my $length = $to - $from;
			$self->add(qq(<rect x="$from" y="$y" width="$length" height="18" fill="$colour{$bar->{road}}" fill-opacity="$opacity"/>));
			($from, $opacity) = ($to, $opacity * 0.5);
		}
		$self->text($from + 8, $y + 14, join ' / ', map { thousands(sprintf $_ < 100 ? '%.1f' : '%.0f', $_) } @{ $bar->{values} });
		$y += 26;
	}
	$self->{y} = $y + 20;
}

sub svg
{
	my ($self) = @_;
	return join("\n",
		qq(<svg xmlns="http://www.w3.org/2000/svg" width="$width" height="$self->{y}" viewBox="0 0 $width $self->{y}" font-family="sans-serif" font-size="12">),
		qq(<rect width="$width" height="$self->{y}" fill="#ffffff"/>),
		@{ $self->{body} },
		'</svg>', '');
}

# A logarithmic axis between two places that holds these values: a tick at each power of ten, and at
# twice and five times one where few would be left.
sub axis
{
	my ($self, $from, $to, @values) = @_;
	my @logs = sort { $a <=> $b } map { log10($_ > 1e-3 ? $_ : 1e-3) } @values;
	my ($low, $high) = ($logs[0] - 0.1, $logs[-1] + 0.1);
	return {
		at => sub { sprintf '%.1f', $from + ($to - $from) * (log10($_[0] > 1e-3 ? $_[0] : 1e-3) - $low) / ($high - $low) },
		ticks => sub
		{
			my @steps = $high - $low > 1.5 ? (1) : (1, 2, 5);
			return grep { log10($_) >= $low && log10($_) <= $high } map { my $power = $_; map { $_ * 10**$power } @steps } -3 .. 9;
		} };
}

sub title
{
	my ($self, $title) = @_;
	$self->add(sprintf '<text x="20" y="%d" font-weight="bold" fill="#111827">%s</text>', $self->{y} + 12, escaped($title));
	return $self->{y} + 26;
}

sub text
{
	my ($self, $x, $y, $text, $anchor) = @_;
	$self->add(sprintf '<text x="%s" y="%s" text-anchor="%s" fill="#374151">%s</text>', $x, $y, $anchor || 'start', escaped($text));
}

sub add { my ($self, $element) = @_; push @{ $self->{body} }, $element }

sub thousands
{
	my ($n) = @_;
	1 while $n =~ s/^(\d+)(\d{3})/$1,$2/;
	return $n;
}

sub escaped
{
	my ($text) = @_;
	$text =~ s/&/&amp;/g;
	$text =~ s/</&lt;/g;
	return $text;
}

1;
