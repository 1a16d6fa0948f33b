
# What a session should be like after each of its statements: who acts, in
# which role, in what transaction, and what its cursors hold.
#
# Settings (actor, role) behave like those of the server: a local value ends
# with the transaction, rolling back restores what was, at each savepoint.
# `own` are the permission changes of the transaction itself, name => done.
# `snapshot` is what a REPEATABLE READ transaction sees: {epoch, done, id}.
# `portals` are cursors and portals of the protocol: what is left in them was
# determined when they were opened. Their level is the savepoint depth at which
# they were opened, or -1 once they outlive their transaction.

package SessionModel;

use strict;
use warnings;

sub new
{
	my ($class, $login) = @_;

	return bless { login => $login, %{ fresh() } }, $class;
}

sub fresh
{
	return {
		status => 'I', isolation => undef, snapshot => undef, own => {}, saved => [], portals => {}, statements => {},
		actor => { session => '', local => undef }, role => { session => '', local => undef },
	};
}

sub value { return $_[0]{ $_[1] }{local} // $_[0]{ $_[1] }{session} }
sub actor { return $_[0]->value('actor') }
sub depth { return $#{ $_[0]{saved} } }

# May it set the actor and change permissions?
sub is_trusted { return $_[0]{login} eq 'regress_app' && $_[0]->value('role') eq '' }

# SET, or SET LOCAL, which outside of a transaction is forgotten at once.
sub set
{
	my ($self, $setting, $value, $local) = @_;

	if (!$local) { $self->{$setting} = { session => $value, local => undef } }
	elsif ($self->{status} eq 'T') { $self->{$setting}{local} = $value }
	return;
}

# DISCARD ALL, and what comes to the same
sub forget
{
	my ($self) = @_;

	%$self = (%$self, %{ fresh() });
	return;
}

sub begin
{
	my ($self, $isolation) = @_;

	$self->{status} = 'T';
	$self->{isolation} = $isolation;
	$self->{saved} = [ $self->copy ];
	return;
}

# The permission changes that are committed with it
sub commit
{
	my ($self) = @_;
	my %own = %{ $self->{own} };

	foreach my $name (keys %{ $self->{portals} })
	{
		my $portal = $self->{portals}{$name};

		delete $self->{portals}{$name} if !$portal->{hold};
		$portal->{level} = -1;
	}
	$self->{$_}{local} = undef foreach qw(actor role);
	$self->end;
	return \%own;
}

sub rollback
{
	my ($self) = @_;

	$self->restore(0);
	$self->end;
	return;
}

sub end
{
	my ($self) = @_;

	@$self{qw(status isolation snapshot own saved)} = ('I', undef, undef, {}, []);
	return;
}

# An error: nothing but the way out is left.
sub fail
{
	my ($self) = @_;

	$self->{status} = 'E' if $self->{status} eq 'T';
	return;
}

# Savepoints are numbered from 1 by their depth.
sub savepoint
{
	my ($self) = @_;

	push @{ $self->{saved} }, $self->copy;
	return;
}

sub rollback_to
{
	my ($self, $level) = @_;

	$self->restore($level);
	$self->{status} = 'T';
	splice @{ $self->{saved} }, $level + 1;
	return;
}

sub release
{
	my ($self, $level) = @_;

	splice @{ $self->{saved} }, $level;
	$_->{level} > $level - 1 and $_->{level} = $level - 1 foreach values %{ $self->{portals} };
	return;
}

sub copy
{
	my ($self) = @_;

	return { map { $_ => { %{ $self->{$_} } } } qw(actor role own) };
}

sub restore
{
	my ($self, $level) = @_;
	my $portals = $self->{portals};

	$self->{$_} = { %{ $self->{saved}[$level]{$_} } } foreach qw(actor role own);
	delete @$portals{ grep { $portals->{$_}{level} >= $level } keys %$portals };
	return;
}

sub open_portal
{
	my ($self, $name, %portal) = @_;

	$self->{portals}{$name} = { level => $self->{status} eq 'I' ? -1 : $self->depth, %portal };
	return;
}

1;
