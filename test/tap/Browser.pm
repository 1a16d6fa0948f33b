
# Chromium without a window, driven through a pipe by its DevTools protocol, so
# that a page is looked at as it is: nothing is put into it.

package Browser;

use strict;
use warnings;
use Fcntl qw(F_DUPFD);
use IO::Select;
use JSON::PP;
use POSIX ();

my $seconds = 120;

# $dir is a directory for what it keeps. It dies where there is no Chromium: ./run installs it.
sub new
{
	my ($class, $dir) = @_;
	my $self = bless { json => JSON::PP->new->utf8->canonical, last => 0, events => [], rest => '' }, $class;

	pipe(my $to_read, $self->{to}) or die "pipe: $!";
	pipe($self->{from}, my $from_write) or die "pipe: $!";
	defined($self->{pid} = fork) or die "fork: $!";
	run_chromium($dir, $to_read, $from_write) unless $self->{pid};
	close $_ foreach $to_read, $from_write;
	$self->{to}->autoflush(1);
	my $target = $self->call('Target.createTarget', url => 'about:blank');
	$self->{session} = $self->call('Target.attachToTarget', targetId => $target->{targetId}, flatten => JSON::PP::true)->{sessionId};
	$self->call("$_.enable") foreach qw(Page Network Runtime);
	return $self;
}

# It reads commands from descriptor 3 and answers on 4. Its sandbox needs rights that a test
# has not everywhere, and the pages are ours.
sub run_chromium
{
	my ($dir, @pipes) = @_;
	my @high = map { fcntl($_, F_DUPFD, 10) } @pipes;

	POSIX::dup2($high[$_], 3 + $_) foreach 0, 1;
	open(STDOUT, '>', "$dir/chromium.log");
	open(STDERR, '>&', \*STDOUT);
	$ENV{HOME} = $dir;
	exec('chromium', '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
		'--disable-background-networking', '--hide-scrollbars', '--remote-debugging-pipe', "--user-data-dir=$dir/profile", 'about:blank')
		or print STDERR "chromium cannot be run: $!\n";
	POSIX::_exit(127);
}

# Calls a method of the protocol and returns its result.
sub call
{
	my ($self, $method, %params) = @_;
	my $id = ++$self->{last};
	my %message = (id => $id, method => $method, params => \%params, $self->{session} ? (sessionId => $self->{session}) : ());

	local $SIG{PIPE} = 'IGNORE';
	print { $self->{to} } $self->{json}->encode(\%message), "\0";
	while (1)
	{
		my $answer = $self->next_message;
		push @{ $self->{events} }, $answer if $answer->{method};
		next if ($answer->{id} // 0) != $id;
		die "$method: $answer->{error}{message}" if $answer->{error};
		return $answer->{result};
	}
}

sub next_message
{
	my ($self) = @_;

	while (index($self->{rest}, "\0") < 0)
	{
		IO::Select->new($self->{from})->can_read($seconds) or die "chromium did not answer within $seconds s";
		sysread($self->{from}, $self->{rest}, 1 << 20, length $self->{rest})
			or die "chromium has gone, or is not installed: apt-get install chromium";
	}
	(my $message, $self->{rest}) = split /\0/, $self->{rest}, 2;
	return $self->{json}->decode($message);
}

# Opens a file and waits until it is loaded.
sub open_file
{
	my ($self, $file) = @_;

	$self->{events} = [];
	$self->call('Page.navigate', url => "file://$file");
	push @{ $self->{events} }, $self->next_message until grep { $_->{method} eq 'Page.loadEventFired' } @{ $self->{events} };
}

# Parameters of what happened, by the name of the event.
sub events
{
	my ($self, $method) = @_;
	return map { $_->{params} } grep { $_->{method} eq $method } @{ $self->{events} };
}

# The page is shown so wide, on screen (light or dark) or on paper (print).
sub show
{
	my ($self, $width, $way) = @_;

	$self->call('Emulation.setDeviceMetricsOverride', width => $width, height => 900, deviceScaleFactor => 1, mobile => JSON::PP::false);
	$self->call('Emulation.setEmulatedMedia', media => $way eq 'print' ? 'print' : 'screen',
		features => [ { name => 'prefers-color-scheme', value => $way eq 'dark' ? 'dark' : 'light' } ]);
}

# The value of a JavaScript expression. The page's own policy does not bind it.
sub value_of
{
	my ($self, $expression) = @_;
	my $answer = $self->call('Runtime.evaluate', expression => $expression, returnByValue => JSON::PP::true, awaitPromise => JSON::PP::true);

	die "$expression: $answer->{exceptionDetails}{exception}{description}" if $answer->{exceptionDetails};
	return $answer->{result}{value};
}

sub press_tab
{
	my ($self) = @_;
	$self->call('Input.dispatchKeyEvent', type => $_, key => 'Tab', code => 'Tab', windowsVirtualKeyCode => 9) foreach qw(rawKeyDown keyUp);
}

# It ends when it is told, with its helpers.
sub DESTROY
{
	my ($self) = @_;
	local $?;

	kill 'TERM', $self->{pid};
	waitpid($self->{pid}, 0);
}

1;
