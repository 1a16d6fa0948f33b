
# What the state machine asks: reads of protected tables and of what the
# extension says of the actor, as queries, as rows, and in functions.

package Questions;

use strict;
use warnings;
use Exporter 'import';

our @EXPORT = qw(@questions %not_frozen query_of rows_of failing_query_of create_functions);

# What is read: the key of a row, where from, and which
my %questions = (
	project    => [ 'name',   'app.project t' ],
	task       => [ '"Id"',   'app."Task List" t' ],
	part       => [ '"Id"',   '"Old Parts"."Tasks 1..100" t' ],
	document   => [ 'id',     'app.document t' ],
	comment    => [ 'id',     'app.comment t' ],
	attachment => [ 'name',   'app.attachment t' ],
	page       => [ 'id',     'app.page t' ],
	note       => [ 'id',     'app.note t' ],
	joined     => [ 't.id',   'app.comment t JOIN app.document d ON d.id = t.document' ],
	editable   => [ 'id',     'app.document t', q{clearance.can_row('edit', t)} ],
	nested     => [ q{name || ' ' || length(test.sql_note())}, 'app.project t' ],
	acting     => [ q{coalesce(clearance.actor(), 0) || ' ' || id}, 'app.page t' ],
	allowed    => [ 't', q{unnest('{task.create,task.view,document.view,document.edit,note.view}'::text[]) t},
		q{clearance.can(t, '00000000-0000-0000-0000-000000000001')} ],
	actor      => [ 'a', q{(SELECT coalesce(clearance.actor()::text, 'nobody')) t (a)} ],
);
our @questions = sort keys %questions;
# Not asked in cursors: a query that touches no protected table answers for the
# actor of the moment, and one inside of a function under a later snapshot.
our %not_frozen = (actor => 1, allowed => 1, nested => 1);

# All keys as one text, sorted; with a further condition
sub query_of
{
	my ($question, $also) = @_;
	my ($key, $from, $where) = @{ $questions{$question} };

	return "SELECT coalesce(string_agg($key\::text, ',' ORDER BY $key\::text), '') FROM $from" . where($where, $also);
}

# A row for each key
sub rows_of
{
	my ($question) = @_;
	my ($key, $from, $where) = @{ $questions{$question} };

	return "SELECT $key\::text FROM $from" . where($where);
}

# The same rows, and an error
sub failing_query_of
{
	my ($question) = @_;
	my (undef, $from, $where) = @{ $questions{$question} };

	return "SELECT 1 / (count(*) - count(*)) FROM $from" . where($where);
}

sub where
{
	my @conditions = grep { defined } @_;

	return @conditions ? ' WHERE ' . join ' AND ', @conditions : '';
}

# Functions in the schema test that read: PL/pgSQL and SQL, one that the planner
# inlines, ones that set an actor first, and ones whose change of actor or of
# permissions is taken back by an exception handler.
sub create_functions
{
	my ($node, $db) = @_;

	$node->safe_psql($db, join '', map { functions_sql($_) } 'note', grep { $_ ne 'note' } @questions);
	return;
}

sub functions_sql
{
	my ($question) = @_;
	my ($query, $rows) = (query_of($question), rows_of($question));

	return qq{
		CREATE FUNCTION test.plpgsql_$question() RETURNS text LANGUAGE plpgsql AS
			\$\$ BEGIN RETURN ($query); END \$\$;
		CREATE FUNCTION test.sql_$question() RETURNS text LANGUAGE sql AS \$\$ $query \$\$;
		CREATE FUNCTION test.rows_$question() RETURNS SETOF text LANGUAGE sql STABLE AS \$\$ $rows \$\$;
		CREATE FUNCTION test.plpgsql_as_$question(actor bigint, local boolean) RETURNS text LANGUAGE plpgsql AS
			\$\$ BEGIN PERFORM clearance.set_actor(id => actor, local => local); RETURN ($query); END \$\$;
		CREATE FUNCTION test.sql_as_$question(actor bigint, local boolean) RETURNS text LANGUAGE sql AS
			\$\$ SELECT clearance.set_actor(id => actor, local => local); $query \$\$;
		CREATE FUNCTION test.try_as_$question(actor bigint) RETURNS text LANGUAGE plpgsql AS \$\$
			DECLARE
				seen text;
			BEGIN
				BEGIN
					PERFORM clearance.set_actor(id => actor, local => false);
					seen := ($query);
					PERFORM 1 / 0;
				EXCEPTION WHEN division_by_zero THEN
					RETURN seen || '|' || ($query);
				END;
			END \$\$;
		CREATE FUNCTION test.try_change_$question(change text, done boolean) RETURNS text LANGUAGE plpgsql AS \$\$
			DECLARE
				seen text;
			BEGIN
				BEGIN
					PERFORM test.change(change, done);
					seen := ($query);
					PERFORM 1 / 0;
				EXCEPTION WHEN division_by_zero THEN
					RETURN seen || '|' || ($query);
				END;
			END \$\$;
	};
}

1;
