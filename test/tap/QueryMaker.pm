
# Random queries over the tables of Mixture.pm, drawn by rand().
#
# A query is a hash:
#	kind     what it is about
#	sql      its text; TARGET_task stands for the table that it writes or locks, LIKE_task for
#	         rows of which it adds others like them
#	ordered  whether the order of its rows is part of the result
#	write    UPDATE, DELETE, MERGE UPDATE, MERGE DELETE, INSERT, ADD, LOCK or nothing
#	params   for a prepared one: for each parameter a function that draws a value
#
# Results do not depend on the plan: where order or a choice among rows
# matters, keys decide.

package QueryMaker;

use strict;
use warnings;
use Exporter 'import';
use Mixture;

our @EXPORT = qw(random_query @kinds);

my @tables = qw(project task task task task document document file file page risk risk plan plan bill bill bill due due errand errand bulletin memo remark watcher reply reply folder clip guest answer mark stage stage citation citation crew job job);
my @with_project = qw(task task task document file page risk plan bill due errand memo clip folder stage citation crew job);
# tables and those that their rows belong to, by column
my %above = (remark => [ task => 'task' ], reply => [ document => 'document' ], clip => [ document => 'document' ], folder => [ folder => 'parent' ],
	answer => [ reply => 'reply' ], mark => [ document => 'about' ], citation => [ task => 'dst' ], watcher => [ task => 'id' ], guest => [ document => 'id' ]);
my @numbered = qw(task page risk plan memo);
my @views = qw(v_task v_mine v_barrier v_join v_total);
my $params;

my %make = (
	filter => \&filter,     top => \&top,             join => \&join_two,       outer_join => \&outer_join,
	three_tables => \&three_tables, in_query => \&in_query, exists => \&exists_query, scalar => \&scalar_query,
	lateral => \&lateral,   aggregate => \&aggregate, grouping_sets => \&grouping_sets, set_operation => \&set_operation,
	cte => \&cte,           recursive => \&recursive, window => \&window,       distinct => \&distinct,
	view => \&view,         view_join => \&view_join, part => \&part,           function => \&function,
	unprotected => \&unprotected,
	update => \&update,     update_from => \&update_from, delete => \&delete_rows, delete_using => \&delete_using,
	merge => \&merge,       insert => \&insert,       add_rows => \&add_rows,   lock => \&lock_rows,      writing_cte => \&writing_cte,
);
our @kinds = sort keys %make;

sub random_query
{
	my ($prepared) = @_;
	my $kind = chance(0.25) ? 'filter' : chance(0.2) ? pick(qw(update update_from delete merge merge lock add_rows add_rows)) : pick(@kinds);
	my %query = (kind => $kind, write => '', ordered => 0);

	$params = $prepared ? [] : undef;
	%query = (%query, $make{$kind}->());
	name_parameters(\%query) if $prepared;
	return \%query;
}

# Values may have been drawn for pieces that were not taken.
sub name_parameters
{
	my ($query) = @_;
	my (%name, @used);

	$query->{sql} =~ s/\$(\d+)/$name{$1} \/\/= do { push @used, $params->[$1 - 1]; '$' . @used }/ge;
	$query->{params} = \@used;
	return;
}

# ---- pieces ----

sub chance { return rand() < $_[0] }
sub pick { return $_[ int rand @_ ] }

# A value that a function draws: as a literal, or as a parameter
sub value
{
	my ($type, $draw) = @_;

	return "'" . $draw->() . "'::$type" if !$params || @$params > 5;
	push @$params, $draw;
	return '$' . @$params . "::$type";
}

sub number
{
	my ($sides) = @_;

	return value('integer', sub { int rand $sides });
}

sub member_value
{
	my ($type) = @_;

	return value($type, sub { 'aaaaaaaa-0000-0000-0000-00000000000' . (1 + int rand 2) }) if $type eq 'uuid';
	return value($type, sub { 101 + int rand 33 });
}

sub project_value
{
	my ($type) = @_;
	my $uuid = sub { sprintf '00000000-0000-0000-0000-0000000000%02d', 1 + int rand 9 };
	my $number = sub { 1 + int rand 25 };

	return value('uuid', $uuid) if $type eq 'uuid';
	return value('text', sub { chance(0.7) ? $number->() : $uuid->() }) if $type eq 'text';
	return value($type, $number);
}

sub key_value
{
	my ($table) = @_;
	my $type = $table{$table}{key};

	return value('uuid', sub { sprintf 'bbbbbbbb-0000-0000-0000-00000000%04d', 1 + int rand 500 }) if $type eq 'uuid';
	return project_value('text') if $type eq 'text';
	return value($type, sub { 1 + int rand($table eq 'task' ? 1000 : 500) });
}

# One condition on a table
sub condition
{
	my ($alias, $table) = @_;
	my $about = $table{$table};
	my ($project, $project_type) = @{ $about->{project} };
	my $member = pick(sort keys %{ $about->{member} });
	my @choices = (
		sub { "$alias.points < " . number(100) },
		sub { "$alias.points BETWEEN " . number(50) . ' AND ' . number(100) },
		sub { "$alias.points % 5 = " . number(5) },
		sub { "$alias.$project = " . project_value($project_type) },
		sub { "$alias.$project IN (" . join(', ', map { project_value($project_type) } 1 .. 3) . ')' },
		sub { "$alias.$project > " . project_value($project_type) },
		sub { "$alias.id = " . key_value($table) },
		sub { "$alias.id IN (" . join(', ', map { key_value($table) } 1 .. 3) . ')' },
		sub { "$alias.id < " . key_value($table) },
		$above{$table} ? (
			sub { "$alias.$above{$table}[1] IN (" . join(', ', map { key_value($above{$table}[0]) } 1 .. pick(2, 5, 40)) . ')' },
			sub { "$alias.$above{$table}[1] " . pick('<', '>', '=') . ' ' . key_value($above{$table}[0]) }) : (),
		sub { "$alias.note LIKE '%' || " . number(10) . '::text' },
		sub { "$alias.note " . pick("ILIKE '%", "NOT ILIKE '%", "LIKE '%") . pick('task', 'document', 'bill', 'due', 'ile') . ' ' . int(rand 100) . "%'" },
		sub { "$alias.note ~ '" . pick('task', 'document', 'file', 'bill', 'due') . ' ' . int(rand 10) . "[0-4]'" },
		sub { "($alias.note LIKE '" . pick('task', 'file', 'bill') . ' ' . int(rand 100) . "%' OR $alias.note ILIKE '%" . pick('task', 'bill', 'due') . ' ' . int(rand 100) . "%')" },
		sub { "$alias.$project IS " . pick('', 'NOT ') . 'NULL' },
		sub { "NOT (" . simple($alias) . ' OR ' . simple($alias) . ')' },
		sub { '(' . condition($alias, $table) . ' OR ' . condition($alias, $table) . ')' },
		sub { simple($alias) . ' AND ' . condition($alias, $table) },
		sub { "CASE WHEN $alias.points > " . number(100) . " THEN $alias.note LIKE '%1%' ELSE $alias.note LIKE '%2%' END" },
		$about->{flag} ? (
			sub { "$alias.$about->{flag}" },
			sub { "NOT $alias.$about->{flag}" },
			sub { "$alias.$about->{flag} IS " . pick('TRUE', 'NOT TRUE', 'NULL', 'NOT FALSE') }) : (),
		$member ? (
			sub { "$alias.$member = " . member_value($about->{member}{$member}) },
			sub { "$alias.$member IS NULL" },
			sub { "$alias.$member IN (" . join(', ', map { member_value($about->{member}{$member}) } 1 .. 2) . ')' }) : (),
	);

	return pick(@choices)->();
}

sub simple
{
	my ($alias) = @_;

	return "$alias.points " . pick('<', '>', '<>') . ' ' . number(100);
}

# None to two conditions
sub where
{
	my ($alias, $table) = @_;
	my $count = pick(0, 0, 1, 1, 1, 2);

	return 'true' if $count == 0;
	return join ' AND ', map { condition($alias, $table) } 1 .. $count;
}

# How two tables may be joined without too many rows
sub on
{
	my ($a, $x, $b, $y) = @_;
	my ($xp, $xt) = @{ $table{$x}{project} };
	my ($yp, $yt) = @{ $table{$y}{project} };
	my @ways = ("$a.points = $b.points", "$a.id::text = $b.id::text");

	push @ways, "$a.$xp = $b.$yp AND $a.points = $b.points" if $xt eq $yt || ($xt =~ /int/ && $yt =~ /int/);
	push @ways, "$a.id = $b.$yp" if $x eq 'project' && $yt eq 'text';
	push @ways, "$a.id = $b.id" if $table{$x}{key} =~ /int/ && $table{$y}{key} =~ /int/;
	push @ways, ("$a.id = $b.$above{$y}[1]") x 2 if $above{$y} && $above{$y}[0] eq $x;
	push @ways, "$a.${xp}::text = $b.${yp}::text AND $a.points < $b.points AND $b.points < $a.points + 5";
	return pick(@ways);
}

sub aggregates
{
	my ($alias) = @_;

	return join ', ', map { pick(
		'count(*)', "sum($alias.points)", "max($alias.note)", "min($alias.id::text)", "count(DISTINCT $alias.points)",
		"count($alias.id) FILTER (WHERE $alias.points > 50)", "string_agg($alias.note, ',' ORDER BY $alias.note)",
		"array_agg($alias.points ORDER BY $alias.points)") } 1 .. 2;
}

# ---- reads ----

sub filter
{
	my $t = pick(@tables);

	return (sql => "SELECT * FROM $t a WHERE " . where('a', $t));
}

sub top
{
	my $t = pick(grep { $_ !~ /^(?:watcher|guest)$/ } @tables);
	my ($project) = @{ $table{$t}{project} };
	my $order = pick('a.id', 'a.id DESC', 'a.points, a.id', "a.$project, a.id", "a.$project DESC NULLS LAST, a.points, a.id");

	return (sql => "SELECT a.id, a.points, a.note FROM $t a WHERE " . where('a', $t) . " ORDER BY $order LIMIT " . (1 + int rand 20)
		  . (chance(0.3) ? ' OFFSET ' . int rand 10 : ''), ordered => 1);
}

sub join_two
{
	my ($x, $y) = map { pick(@tables) } 1, 2;

	return (sql => "SELECT a.id, b.id, a.note, b.points FROM $x a JOIN $y b ON " . on('a', $x, 'b', $y) . ' WHERE '
		  . condition('a', $x) . ' AND ' . where('b', $y));
}

sub outer_join
{
	my ($x, $y) = map { pick(@tables) } 1, 2;
	my $kind = pick(qw(LEFT RIGHT FULL));

	# a FULL JOIN needs a condition to merge or to hash by
	return (sql => "SELECT a.id, b.id, a.note, b.points FROM $x a $kind JOIN $y b ON "
		  . ($kind eq 'FULL' ? 'a.points = b.points' : on('a', $x, 'b', $y) . ' AND ' . where('b', $y))
		  . ' WHERE ' . pick('true', where('a', $x), 'b.id IS NULL'));
}

sub three_tables
{
	my ($x, $y, $z) = map { pick(@tables) } 1 .. 3;

	return (sql => "SELECT count(*), sum(a.points + c.points), min(b.note) FROM $x a JOIN $y b ON " . on('a', $x, 'b', $y)
		  . pick(' JOIN ', ' LEFT JOIN ') . "$z c ON " . on('b', $y, 'c', $z) . ' WHERE ' . condition('a', $x) . ' AND ' . condition('b', $y));
}

sub in_query
{
	my ($x, $y) = map { pick(@tables) } 1, 2;

	return (sql => "SELECT a.id, a.note FROM $x a WHERE " . where('a', $x) . ' AND a.points ' . pick('IN', 'NOT IN', '= ANY', '> ALL')
		  . " (SELECT b.points FROM $y b WHERE b.points IS NOT NULL AND " . where('b', $y) . ')');
}

sub exists_query
{
	my ($x, $y) = map { pick(@tables) } 1, 2;

	return (sql => "SELECT a.id, a.note FROM $x a WHERE " . where('a', $x) . ' AND ' . pick('', 'NOT ')
		  . "EXISTS (SELECT FROM $y b WHERE " . on('a', $x, 'b', $y) . ' AND ' . where('b', $y) . ')');
}

sub scalar_query
{
	my ($x, $y) = map { pick(@with_project) } 1, 2;

	return (sql => "SELECT a.id, (SELECT " . aggregates_one('b') . " FROM $y b WHERE b.points = a.points AND " . where('b', $y) . ") FROM $x a WHERE "
		  . condition('a', $x) . " AND a.points < (SELECT coalesce(max(c.points), 50) FROM $y c WHERE " . where('c', $y) . ')');
}

sub aggregates_one
{
	my ($alias) = @_;

	return pick('count(*)', "max($alias.note)", "sum($alias.points)", "bool_or($alias.points > 50)");
}

sub lateral
{
	my ($x, $y) = map { pick(@with_project) } 1, 2;

	return (sql => "SELECT a.id, l.id FROM $x a " . pick('', 'LEFT ') . 'JOIN LATERAL (SELECT b.id FROM ' . "$y b WHERE " . on('a', $x, 'b', $y)
		  . ' ORDER BY b.id LIMIT 2) l ON true WHERE ' . condition('a', $x));
}

sub aggregate
{
	my $t = pick(@with_project);

	return (sql => 'SELECT ' . aggregates('a') . " FROM $t a WHERE " . where('a', $t)) if chance(0.4);
	return (sql => 'SELECT a.project, ' . aggregates('a') . " FROM $t a WHERE " . where('a', $t) . ' GROUP BY a.project'
		  . (chance(0.5) ? ' HAVING count(*) > ' . number(5) : ''));
}

sub grouping_sets
{
	my $t = pick(@with_project);

	return (sql => "SELECT a.project, a.points % 3, count(*), sum(a.points) FROM $t a WHERE " . where('a', $t) . ' GROUP BY '
		  . pick('ROLLUP (1, 2)', 'CUBE (1, 2)', 'GROUPING SETS ((1), (2), ())'));
}

sub set_operation
{
	my ($x, $y) = map { pick(@tables) } 1, 2;

	return (sql => "SELECT a.points FROM $x a WHERE " . where('a', $x) . pick(map { (" $_ ", " $_ ALL ") } qw(UNION INTERSECT EXCEPT))
		  . "SELECT b.points FROM $y b WHERE " . where('b', $y));
}

sub cte
{
	my ($x, $y) = map { pick(@with_project) } 1, 2;

	return (sql => 'WITH w AS ' . pick('', 'MATERIALIZED ', 'NOT MATERIALIZED ') . "(SELECT a.id, a.points, a.project::text AS project FROM $x a WHERE "
		  . where('a', $x) . ') SELECT w.id, b.id, w.points FROM w JOIN ' . "$y b ON b.points = w.points AND b.project::text = w.project "
		  . 'WHERE ' . where('b', $y) . ' AND w.points > (SELECT min(points) FROM w)');
}

sub recursive
{
	my $t = pick(@with_project);

	return (sql => "WITH RECURSIVE r (points, depth) AS (SELECT a.points, 0 FROM $t a WHERE " . condition('a', $t)
		  . " UNION SELECT b.points, r.depth + 1 FROM r JOIN $t b ON b.points = r.points + 1 WHERE r.depth < 3) SELECT * FROM r");
}

sub window
{
	my $t = pick(@with_project);

	return (sql => 'SELECT a.id, ' . pick('row_number()', 'rank()', 'lag(a.note)', 'sum(a.points)', 'count(*)')
		  . " OVER (PARTITION BY a.project ORDER BY a.points, a.id) FROM $t a WHERE " . where('a', $t));
}

sub distinct
{
	my $t = pick(@with_project);

	return (sql => "SELECT DISTINCT a.project, a.points % 10 FROM $t a WHERE " . where('a', $t)) if chance(0.5);
	return (sql => "SELECT DISTINCT ON (a.project) a.project, a.id, a.note FROM $t a WHERE " . where('a', $t) . ' ORDER BY a.project, a.points, a.id', ordered => 1);
}

sub view
{
	my $view = pick(@views);

	return (sql => "SELECT * FROM $view v WHERE " . simple('v') . pick('', ' AND v.flag', ' AND NOT v.flag', ' AND v.id::text = ' . value('text', sub { int rand 300 })));
}

sub view_join
{
	my ($view, $t) = (pick(@views), pick(@with_project));

	return (sql => "SELECT v.id, a.id, v.note FROM $view v " . pick('JOIN', 'LEFT JOIN') . " $t a ON a.points = v.points AND a.project::text = v.project::text WHERE "
		  . simple('v') . ' AND ' . where('a', $t));
}

sub part
{
	my $t = pick('task_1', 'task_2', 'ONLY page', 'wiki');

	return (sql => "SELECT a.* FROM $t a WHERE " . where('a', $t =~ /task/ ? 'task' : 'page'));
}

sub function
{
	return (sql => 'SELECT f.id, f.points FROM tasks_of(' . number(25) . ') f WHERE ' . simple('f')) if chance(0.6);
	return (sql => 'SELECT a.id, documents_below(a.points) FROM plan a WHERE ' . condition('a', 'plan') . ' ORDER BY a.id LIMIT 5', ordered => 1);
}

sub unprotected
{
	my $t = pick(@with_project);

	return (sql => "SELECT l.name, count(a.id), min(a.note) FROM label l LEFT JOIN $t a ON a.points = l.points AND " . where('a', $t) . ' GROUP BY l.name');
}

# ---- writes ----

sub update
{
	my $t = pick(@targets);

	return (sql => "UPDATE TARGET_$t a SET note = 'changed', points = a.points + 1 WHERE " . where('a', $t) . ' RETURNING a.id, a.points', write => 'UPDATE');
}

sub update_from
{
	my $t = pick(grep { $_ ne 'project' } @targets);
	my $y = pick(@with_project);

	return (sql => "UPDATE TARGET_$t a SET note = 'changed' FROM (SELECT b.points, max(b.note) AS note FROM $y b WHERE " . where('b', $y)
		  . ' GROUP BY b.points) b WHERE a.points = b.points AND ' . where('a', $t) . ' RETURNING a.id, a.note, b.note', write => 'UPDATE');
}

sub delete_rows
{
	my $t = pick(grep { $_ ne 'project' } @targets);

	return (sql => "DELETE FROM TARGET_$t a WHERE " . where('a', $t) . ' RETURNING a.id, a.note', write => 'DELETE');
}

sub delete_using
{
	my $t = pick(grep { $_ ne 'project' } @targets);
	my $y = pick(@with_project);

	return (sql => "DELETE FROM TARGET_$t a WHERE EXISTS (SELECT FROM $y b WHERE b.points = a.points AND " . where('b', $y) . ') AND ' . where('a', $t)
		  . ' RETURNING a.id', write => 'DELETE');
}

sub merge
{
	my $t = pick(grep { $_ ne 'project' } @targets);
	my $verb = pick(qw(UPDATE DELETE));

	return (sql => "MERGE INTO TARGET_$t a USING (SELECT points, name FROM label WHERE points % 4 = " . number(4)
		  . ') l ON a.points = l.points AND ' . where('a', $t) . ' WHEN MATCHED AND ' . simple('a') . ' THEN DO NOTHING WHEN MATCHED THEN '
		  . ($verb eq 'UPDATE' ? "UPDATE SET note = 'merged'" : 'DELETE'), write => "MERGE $verb");
}

sub insert
{
	my $t = pick(@tables);

	return (sql => "INSERT INTO sink SELECT a.note, a.points FROM $t a WHERE " . where('a', $t) . ' RETURNING *', write => 'INSERT');
}

# Rows like others, which somebody may add or not: of many, it mostly may not
sub add_rows
{
	my $t = pick(sort keys %columns_of);
	my $columns = join ', ', @{ $columns_of{$t} };
	my $where = chance(0.5) ? 'a.id = ' . key_value($t) : chance(0.5) ? 'a.id IN (' . join(', ', map { key_value($t) } 1 .. 2) . ')'
	  : 'a.points = ' . number(100) . ' AND ' . condition('a', $t);

	return (sql => "INSERT INTO $t (id, $columns) SELECT a.id + 1000000, " . join(', ', map { "a.$_" } @{ $columns_of{$t} }) . " FROM LIKE_$t a WHERE $where", write => 'ADD');
}

sub lock_rows
{
	my $t = pick(@targets);

	return (sql => "SELECT a.id, a.points FROM TARGET_$t a WHERE " . where('a', $t) . ' FOR ' . pick('UPDATE', 'NO KEY UPDATE', 'SHARE'), write => 'LOCK');
}

sub writing_cte
{
	my $t = pick(grep { $_ ne 'project' } @targets);
	my $y = pick(@with_project);

	return (sql => "WITH d AS (DELETE FROM TARGET_$t a WHERE " . condition('a', $t) . " RETURNING a.points) SELECT b.id, d.points FROM d JOIN $y b USING (points) WHERE "
		  . where('b', $y), write => 'DELETE');
}

1;
