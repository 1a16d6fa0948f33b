
# What should be seen: answers of connections that have done nothing else than
# to name the actor.
#
# Three places to ask, none of which shares state with the session under test:
#
#	now       the database as committed
#	snapshot  the same under the snapshot that a REPEATABLE READ transaction
#	          exported, if permissions were changed since
#	mirror    a second database with the same content, where the changes that
#	          a session has not committed yet are made and committed, by a
#	          connection of its own
#
# A connection is for one place and one actor, and is thrown away as soon as
# permissions change there; so are its answers.

package Oracle;

use strict;
use warnings;
use Permissions;
use Wire;

# to: host and port; databases: name of the database and of its mirror; both
# without any change made.
sub new
{
	my ($class, $to, $database, $mirror) = @_;
	my $self = bless {
		to       => $to,
		database => { now => $database, snapshot => $database, mirror => $mirror },
		asked    => { now => {}, snapshot => {}, mirror => {} },
		epoch    => 0,
		done     => {},
		changed  => {},
		mirrored => {},
		opened   => 0,
	}, $class;

	$self->{keeper} = Wire->new(%$to, user => 'postgres', database => $mirror);
	return $self;
}

# Permission changes, name => done, were committed.
sub committed
{
	my ($self, $changes) = @_;

	return if !%$changes;
	$self->{epoch}++;
	$self->{done} = { %{ $self->{done} }, %$changes };
	$self->{changed}{$_} = $self->{epoch} foreach keys %$changes;
	$self->{asked}{now} = {};
	return;
}

# What a transaction sees that has taken its snapshot now
sub snapshot
{
	my ($self, $id) = @_;

	$self->{asked}{snapshot} = {};
	return { id => $id, epoch => $self->{epoch}, done => $self->{done} };
}

# The changes that are in force for a session
sub in_force
{
	my ($self, $model) = @_;

	return { %{ ($model->{snapshot} // $self)->{done} }, %{ $model->{own} } };
}

# What an actor (an id, or '': whoever the login is) should get in the session
# for a query.
sub answer
{
	my ($self, $model, $actor, $sql) = @_;
	my $snapshot = $model->{snapshot};
	my $place =
	    %{ $model->{own} } ? 'mirror'
	  : $snapshot && $snapshot->{epoch} != $self->{epoch} ? 'snapshot'
	  :                                                      'now';

	$self->mirror($self->in_force($model)) if $place eq 'mirror';

	my $asked = $self->{asked}{$place}{"$model->{login} $actor"} //=
	  { wire => $self->open_as($place, $model, $actor), answers => {} };
	return $asked->{answers}{$sql} //= first_value($asked->{wire}->query($sql), $sql);
}

sub open_as
{
	my ($self, $place, $model, $actor) = @_;
	my $wire = Wire->new(%{ $self->{to} }, user => $model->{login}, database => $self->{database}{$place})
	  or die "no connection: $Wire::refusal->{M}";
	my $sql = '';

	$self->{opened}++;
	$sql = "BEGIN ISOLATION LEVEL REPEATABLE READ; SET TRANSACTION SNAPSHOT '$model->{snapshot}{id}';" if $place eq 'snapshot';
	$sql .= "SELECT clearance.set_actor(id => $actor, local => false)" if $actor ne '';
	first_value($wire->query($sql), $sql) if $sql ne '';
	return $wire;
}

# Make the mirror so that exactly these changes are in force there.
sub mirror
{
	my ($self, $wanted) = @_;
	my @sql;

	foreach my $name (@changes)
	{
		next if !$wanted->{$name} == !$self->{mirrored}{$name};
		push @sql, change_sql($name, $wanted->{$name});
		$self->{mirrored}{$name} = $wanted->{$name};
	}
	return if !@sql;
	first_value($self->{keeper}->query(join '; ', @sql), 'mirror');
	$self->{asked}{mirror} = {};
	return;
}

sub first_value
{
	my ($result, $what) = @_;

	die "$what: $result->{error}{M}" if $result->{error};
	return $result->{rows}[0] && $result->{rows}[0][0] // '';
}

1;
