
# A small client of the PostgreSQL protocol (version 3), for tests of what a
# driver can do and psql cannot: portals that are suspended, statements that
# are prepared on the wire, many messages in one write.
#
#	my $wire = Wire->new(host => $socket_directory, port => $port,
#		user => 'regress_app', database => 'postgres', options => '-c jit=off');
#	my $result = $wire->query('SELECT 1; SELECT 2');
#	$result = $wire->batch(
#		[ parse => 'name', 'SELECT $1::int' ],
#		[ bind => 'portal', 'name', 7 ],
#		[ describe => 'P', 'portal' ],
#		[ execute => 'portal', 100 ],          # at most 100 rows
#		[ 'sync' ]);
#
# A result is a hash:
#	rows     of all statements, each row a list of texts (undef is NULL)
#	sets     one for each statement or execution that ended: rows, tag (the
#	         command tag, or 'suspended' where a portal has more rows)
#	columns  names, as far as the server described any
#	error    undef, or a hash: C (SQLSTATE), M (message), D, H …
#	notices  likewise, a list
#	status   I (idle), T (in a transaction), E (in a failed one)
#
# Only the host's Unix socket is spoken to, as a user that needs no password.
# A server that goes away is an error like others, of SQLSTATE 08006.

package Wire;

use strict;
use warnings;
use IO::Socket::UNIX;

my %write = (
	query    => sub { ('Q', pack 'Z*', $_[0]) },
	parse    => sub { ('P', pack 'Z* Z* n', $_[0], $_[1], 0) },
	bind     => sub { ('B', pack 'Z* Z* n n a* n', $_[0], $_[1], 0, @_ - 2, values_of(@_[ 2 .. $#_ ]), 0) },
	describe => sub { ('D', pack 'a Z*', @_) },
	execute  => sub { ('E', pack 'Z* N', $_[0], $_[1] // 0) },
	close    => sub { ('C', pack 'a Z*', @_) },
	sync     => sub { ('S', '') },
);

# A session; or undef, and the server's refusal in $Wire::refusal.
our $refusal;

sub new
{
	my ($class, %to) = @_;
	my $self = bless { in => '', at => 0 }, $class;
	my $options = '';

	$self->{socket} = IO::Socket::UNIX->new(Peer => "$to{host}/.s.PGSQL.$to{port}")
	  or die "no server at $to{host}, port $to{port}: $!";
	$options .= pack 'Z* Z*', $_, $to{$_} foreach grep { defined $to{$_} } qw(user database options application_name);
	$self->put(pack 'N N a* x', 9 + length $options, 196608, $options);
	$refusal = $self->receive->{error};
	return $refusal ? undef : $self;
}

# One simple query, of one or several statements.
sub query
{
	my ($self, $sql) = @_;

	$self->send([ query => $sql ]);
	return $self->receive;
}

# Messages in one write, and what the server says up to its last
# ReadyForQuery. The last message must be a sync or a query.
sub batch
{
	my ($self, @messages) = @_;
	my $result;

	$self->send(@messages);
	$result = $self->receive($result) foreach grep { $_->[0] eq 'sync' || $_->[0] eq 'query' } @messages;
	return $result;
}

# Write without waiting for answers; receive() gets them, one ReadyForQuery a
# call. Given a result, it adds to that.
sub send
{
	my ($self, @messages) = @_;
	my $out = '';

	foreach (@messages)
	{
		my ($kind, @values) = @$_;
		my ($type, $body) = $write{$kind}->(@values);

		$out .= pack 'a N a*', $type, 4 + length $body, $body;
	}
	return $self->put($out);
}

sub receive
{
	my ($self, $result) = @_;
	my $rows = [];

	$result //= { rows => [], sets => [], notices => [], error => undef };
	while (1)
	{
		my ($type, $body) = $self->message;

		if ($type eq 'D')
		{
			my ($count, @row) = (unpack('n', $body));
			my $at = 2;

			for (1 .. $count)
			{
				my $length = unpack 'N', substr $body, $at, 4;

				$at += 4;
				push(@row, undef), next if $length == 0xffffffff;
				push @row, substr $body, $at, $length;
				$at += $length;
			}
			push @$rows, \@row;
		}
		elsif ($type eq 'C' || $type eq 's' || $type eq 'I')
		{
			push @{ $result->{sets} }, { rows => $rows, tag => $type eq 's' ? 'suspended' : unpack 'Z*', $body };
			push @{ $result->{rows} }, @$rows;
			$rows = [];
		}
		elsif ($type eq 'd') { push @$rows, [$body] }     # COPY TO STDOUT: a line
		elsif ($type eq 'T') { $result->{columns} = [ unpack 'x2 (Z* x18)*', $body ] }
		elsif ($type eq 'N') { push @{ $result->{notices} }, fields($body) }
		elsif ($type eq 'E')
		{
			# the first one: others follow from it
			$result->{error} //= fields($body);
			$rows = [];
		}
		elsif ($type eq 'Z')
		{
			$result->{status} = $self->{status} = $body;
			return $result;
		}
		elsif ($type eq 'K') { ($self->{pid}) = unpack 'N', $body }
		elsif ($type eq '')
		{
			$result->{error} //= { S => 'FATAL', C => '08006', M => 'the server closed the connection' };
			return $result;
		}
	}
}

# From now on, all that the server says is added to a text; undef: no more.
sub listen
{
	my ($self, $heard) = @_;

	$$heard = '' if defined $heard;
	$self->{heard} = $heard;
	return;
}

# Transaction status as of the last answer, and the backend's process id
sub status { return $_[0]{status} }
sub pid { return $_[0]{pid} }

sub close
{
	my ($self) = @_;

	$self->put(pack 'a N', 'X', 4);
	CORE::close(delete $self->{socket}) if $self->{socket};
	return;
}

sub DESTROY
{
	my ($self) = @_;

	$self->close if $self->{socket};
	return;
}

# ---- bytes ----

sub put
{
	my ($self, $bytes) = @_;

	local $SIG{PIPE} = 'IGNORE';
	while (length $bytes)
	{
		my $written = syswrite $self->{socket}, $bytes or return;

		substr $bytes, 0, $written, '';
	}
	return;
}

# The next message's type and body, empty if the server is gone
sub message
{
	my ($self) = @_;

	while (1)
	{
		my $here = length($self->{in}) - $self->{at};

		if ($here >= 5)
		{
			my ($type, $length) = unpack 'a N', substr $self->{in}, $self->{at}, 5;

			if ($here > $length)
			{
				my $body = substr $self->{in}, $self->{at} + 5, $length - 4;

				$self->{at} += 1 + $length;
				${ $self->{heard} } .= "$body\n" if $self->{heard};
				return ($type, $body);
			}
		}
		substr $self->{in}, 0, $self->{at}, '';
		$self->{at} = 0;
		next if sysread $self->{socket}, $self->{in}, 65536, length $self->{in};
		return ('', '');
	}
}

sub values_of
{
	return join '', map { defined $_ ? pack 'N/a*', $_ : pack 'N', 0xffffffff } @_;
}

sub fields
{
	my ($body) = @_;

	return { map { substr($_, 0, 1) => substr($_, 1) } grep { length } split /\0/, $body };
}

1;
