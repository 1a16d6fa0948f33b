
# Stands between a client and the server, and notes what the server says that a
# pattern is found in: for clients that do not keep what they receive.
#
#	my $eavesdrop = Eavesdrop->new($directory, $node->host, $node->port, qr/MARKER\d+/);
#	... a client connects to host $directory, same port ...
#	my $heard = $eavesdrop->stop;
#
# What it heard is a hash: found, what matched, each with the type of the message
# it was first in; messages, how many of each type; errors, how many of each
# SQLSTATE.

package Eavesdrop;

use strict;
use warnings;
use IO::Select;
use IO::Socket::UNIX;
use POSIX ();
use Socket 'SOMAXCONN';

sub new
{
	my ($class, $directory, $host, $port, $pattern) = @_;
	my $self = bless { directory => $directory, to => "$host/.s.PGSQL.$port", pattern => $pattern }, $class;
	my $listener = IO::Socket::UNIX->new(Local => "$directory/.s.PGSQL.$port", Listen => SOMAXCONN) or die "no socket in $directory: $!";

	pipe($self->{heard}, my $tell) or die "pipe: $!";
	defined($self->{pid} = fork) or die "fork: $!";
	return $self if $self->{pid};
	$self->listen($listener, $tell);
	POSIX::_exit(0);
}

sub stop
{
	my ($self) = @_;
	my %heard = (found => {}, messages => {}, errors => {});
	my $told = $self->{heard};

	kill TERM => $self->{pid};
	while (<$told>)
	{
		my ($what, $key, $value) = /^(\w+) (\S+) (\S+)$/ or die "not understood: $_";

		if ($what eq 'found') { $heard{found}{$key} //= $value; }
		else { $heard{$what}{$key} += $value; }
	}
	waitpid $self->{pid}, 0;
	return \%heard;
}

# In the process that listens. Connections come one after another or together.
sub listen
{
	my ($self, $listener, $tell) = @_;
	my $select = IO::Select->new($listener);
	my (%other, %in, %found, %count);
	my $done = 0;

	local $SIG{TERM} = sub { $done = 1 };
	local $SIG{PIPE} = 'IGNORE';
	until ($done)
	{
		foreach my $socket ($select->can_read(0.2))
		{
			if ($socket == $listener)
			{
				my $client = $listener->accept or next;
				my $server = IO::Socket::UNIX->new(Peer => $self->{to}) or close($client), next;

				$select->add($client, $server);
				@other{ $client, $server } = ($server, $client);
				$in{$server} = '';
				next;
			}
			my $other = $other{$socket} or next;

			if (!sysread $socket, my $bytes, 1 << 16)
			{
				$select->remove($socket, $other);
				delete @other{ $socket, $other };
				close $_ foreach $socket, $other;
			}
			else
			{
				$self->note(\$in{$socket}, $bytes, \%found, \%count) if defined $in{$socket};
				pass($other, $bytes);
			}
		}
	}
	print $tell "found $_ $found{$_}\n" foreach keys %found;
	print $tell "$_ $count{$_}\n" foreach keys %count;
	close $tell;
	return;
}

sub pass
{
	my ($to, $bytes) = @_;

	while (length $bytes)
	{
		my $written = syswrite($to, $bytes) or return;

		substr($bytes, 0, $written) = '';
	}
	return;
}

# Whole messages: a type, a length that counts itself, a body.
sub note
{
	my ($self, $in, $bytes, $found, $count) = @_;
	my $at = 0;

	$$in .= $bytes;
	while (length($$in) - $at >= 5)
	{
		my ($type, $length) = unpack 'a N', substr $$in, $at, 5;

		last if length($$in) - $at <= $length;
		my $body = substr $$in, $at + 5, $length - 4;

		$at += $length + 1;
		$count->{"messages $type"}++;
		$found->{$_} //= $type foreach $body =~ /$self->{pattern}/g;
		$count->{"errors $1"}++ if $type eq 'E' && $body =~ /\0C([0-9A-Z]{5})\0/;
	}
	substr($$in, 0, $at) = '';
	return;
}

1;
