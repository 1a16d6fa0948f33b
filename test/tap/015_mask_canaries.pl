
# Random statements by somebody who may read masked columns in some rows only.
# Each is run twice: on tables whose columns are masked, and on tables like them
# in which the masks themselves are stored. There must be no difference, and in
# what comes of the first no masked value, each of which has a marker in it.
#
# CLEARANCE_STATEMENTS says how many, CLEARANCE_SEED which.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Workspace;

my $statements = $ENV{CLEARANCE_STATEMENTS} // 1500;
my $seed = $ENV{CLEARANCE_SEED} // int(rand(1_000_000));
my $node = new_server('main');

# masked: what is stored is hidden from rows of others; plain: what is read there
my $tables = q{
	CREATE TABLE task (id integer PRIMARY KEY, project integer, owner text, gone integer, price integer, note text, ok boolean);
	ALTER TABLE task DROP COLUMN gone;
	CREATE TABLE part (id integer, project integer, owner text, price integer, note text, ok boolean) PARTITION BY RANGE (id);
	CREATE TABLE part_low PARTITION OF part FOR VALUES FROM (0) TO (7);
	CREATE TABLE part_high (ok boolean, note text, price integer, owner text, project integer, id integer);
	ALTER TABLE part ATTACH PARTITION part_high FOR VALUES FROM (7) TO (1000);
	CREATE TABLE kind (id integer, project integer, owner text, price integer, note text, ok boolean);
	CREATE TABLE kind_child (more integer) INHERITS (kind);
	CREATE TABLE free (id integer PRIMARY KEY, price integer, note text, ok boolean);
	INSERT INTO task SELECT * FROM public.cells(false, 12);
	INSERT INTO part SELECT * FROM public.cells(false, 12);
	INSERT INTO kind SELECT * FROM public.cells(false, 6);
	INSERT INTO kind_child SELECT c.*, 7 FROM public.cells(false, 12) c WHERE c.id > 6;
	INSERT INTO free SELECT i, i, 'word ' || i, i % 2 = 0 FROM generate_series(1, 12) i;
	CREATE VIEW v AS SELECT id, owner, price, note, ok FROM task;
	CREATE VIEW v_invoker WITH (security_invoker) AS SELECT id, owner, price, note, ok FROM part;
	CREATE VIEW v_barrier WITH (security_barrier) AS SELECT id, owner, price, note, ok FROM kind WHERE price IS NULL OR price > 3;
	CREATE FUNCTION f(low integer) RETURNS SETOF task LANGUAGE sql STABLE BEGIN ATOMIC SELECT * FROM task WHERE id >= low; END;
	CREATE FUNCTION f_wide(low integer DEFAULT 2) RETURNS TABLE (id integer, owner text, price integer, note text, ok boolean)
		LANGUAGE sql STABLE BEGIN ATOMIC SELECT p.id, p.owner, t.price, p.note, t.ok FROM part p LEFT JOIN f(low) t ON t.id = p.id + 1; END;
	CREATE FUNCTION f_slow() RETURNS SETOF task LANGUAGE sql VOLATILE BEGIN ATOMIC SELECT * FROM task; END;
	CREATE FUNCTION tell(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN RAISE NOTICE 'told %', $1; RETURN true; END $$;
	GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA masked, plain TO PUBLIC;
};
(my $plain = $tables) =~ s/cells\(false/cells(true/g;

$node->safe_psql('postgres', qq{
	SET client_min_messages = error;
	CREATE EXTENSION pg_clearance;
	CREATE ROLE regress_mask_owner;
	CREATE ROLE regress_mask_pat LOGIN;
	CREATE SCHEMA masked AUTHORIZATION regress_mask_owner;
	CREATE SCHEMA plain AUTHORIZATION regress_mask_owner;
	GRANT USAGE ON SCHEMA masked, plain TO PUBLIC;
	SELECT clearance.create_account('Masks', key => 'masks');
	SELECT clearance.create_action('task', 'view_price', reads => true);
	SELECT clearance.create_level('prices of own', 'partner', based_on => 'permissive');
	SELECT clearance.allow('prices of own', 'task', 'view_price', relation => 'own');
	SELECT clearance.create_partner('Perm', 'prices of own');
	SELECT clearance.add_member('pat', partner => (SELECT id FROM clearance.partner), partner_admin => true);
	SELECT clearance.create_project('1'), clearance.create_project('2');
	SELECT clearance.add_partner_to_project('1', (SELECT id FROM clearance.partner));
	SELECT clearance.map_role('regress_mask_pat', member => id) FROM clearance.member WHERE key = 'pat';
	-- every third row is of pat, every fifth elsewhere
	CREATE FUNCTION public.cells(hidden boolean, n integer)
	RETURNS TABLE (id integer, project integer, owner text, price integer, note text, ok boolean) LANGUAGE sql AS \$\$
		SELECT i, CASE WHEN i % 5 = 0 THEN 2 ELSE 1 END, CASE WHEN i % 3 = 0 THEN 'pat' ELSE 'ann' END,
			CASE WHEN i % 3 = 0 THEN i WHEN hidden THEN NULL ELSE 7770000 + i END,
			CASE WHEN i % 3 = 0 THEN 'own ' || i WHEN hidden THEN 'hid' ELSE 'MARKER' || i END,
			CASE WHEN i % 3 = 0 THEN i % 2 = 0 WHEN hidden THEN NULL ELSE true END
		FROM generate_series(1, n) i\$\$;
	SET ROLE regress_mask_owner;
	SET search_path = masked; $tables
	SET search_path = plain; $plain
	RESET ROLE;
	RESET search_path;
	SELECT clearance.protect((s || '.' || t)::regclass, 'task', project => 'project', owner => 'owner')
	FROM unnest('{masked,plain}'::text[]) s, unnest('{task,part,kind}'::text[]) t;
	SELECT clearance.mask_column(('masked.' || t)::regclass, 'price', 'view_price'),
		clearance.mask_column(('masked.' || t)::regclass, 'ok', 'view_price'),
		clearance.mask_column(('masked.' || t)::regclass, 'note', 'view_price', mask => '''hid''')
	FROM unnest('{task,part,kind}'::text[]) t;
	-- what comes of a statement, undone
	CREATE FUNCTION public.outcome(path text, statement text) RETURNS text LANGUAGE plpgsql AS \$\$
	DECLARE
		r record;
		rows text[] := '{}';
		message text; detail text; hint text;
	BEGIN
		PERFORM set_config('search_path', path || ', public', false);
		BEGIN
			FOR r IN EXECUTE statement LOOP rows := rows || r::text; END LOOP;
			RAISE EXCEPTION USING ERRCODE = 'UNDO1';
		EXCEPTION
			WHEN SQLSTATE 'UNDO1' THEN NULL;
			WHEN OTHERS THEN
				GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
				RETURN concat_ws(' / ', SQLSTATE, message, detail, hint);
		END;
		RETURN (SELECT coalesce(string_agg(x, E'\\\\n' ORDER BY x COLLATE "C"), 'no row') FROM unnest(rows) x);
	END\$\$;
	ANALYZE});

# ---- statements -------------------------------------------------------------------------------

my $names;

sub pick { return $_[ int(rand(@_)) ]; }
sub chance { return rand() < $_[0]; }
sub name { return 'x' . ++$names; }

# A row source: its text and its alias; all have id, owner, price, note and ok.
sub source
{
	my ($depth, @around) = @_;
	my $name = name();
	my $kind = rand();

	return (pick(qw(task task part part_low part_high kind kind_child), 'ONLY kind', 'task', 'part') . " $name", $name) if $depth <= 0 || $kind < 0.45;
	return (pick(qw(v v_invoker v_barrier)) . " $name", $name) if $kind < 0.6;
	return (pick('f(2)', 'f(low => 1)', 'f_wide()', 'f_wide(3)', 'f_slow()') . " $name", $name) if $kind < 0.7;
	return ("LATERAL f($around[0].id) $name", $name) if $kind < 0.75 && @around;
	return ((chance(0.5) ? '' : 'LATERAL ') . '(' . select_all($depth - 1, @around) . ") $name", $name);
}

# A select that has the five columns.
sub select_all
{
	my ($depth, @around) = @_;
	my ($from, @names) = joined($depth, @around);
	my $of = pick(@names);
	my @columns = chance(0.4) ? ("$of.id", "$of.owner", "$of.price", "$of.note", "$of.ok")
	  : ("$of.id", "$of.owner", number($depth, @names) . ' AS price', text($depth, @names) . ' AS note', condition($depth, @names) . ' AS ok');
	my $sql = 'SELECT ' . (chance(0.15) ? 'DISTINCT ' : '') . join(', ', @columns) . " FROM $from";

	$sql .= ' WHERE ' . condition($depth, @names) if chance(0.5);
	$sql .= ' OFFSET 0' if chance(0.15);
	return $sql;
}

sub joined
{
	my ($depth, @around) = @_;
	my ($from, $name) = source($depth, @around);
	my @names = ($name);

	while (chance(0.35) && @names < 3)
	{
		my ($other, $its) = chance(0.2) ? ("free $names", undef) : source($depth - 1, chance(0.5) ? @names : ());
		my $how = pick('JOIN', 'LEFT JOIN', 'LEFT JOIN', 'CROSS JOIN');

		if (!defined $its) { $its = name(); $other = "free $its"; }
		$how = pick('JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN', 'CROSS JOIN') unless $other =~ /\b$names[-1]\b|LATERAL|f\(/;
		my $left = pick(@names);

		$from .= " $how $other";
		$from .= ' ON ' . pick("$left.id = $its.id", "$left.id = $its.id + 1", "$left.price = $its.price", "$left.note = $its.note AND $left.id = $its.id")
		  unless $how eq 'CROSS JOIN';
		push @names, $its;
	}
	return ($from, @names);
}

sub number
{
	my ($depth, @names) = @_;
	my $of = pick(@names);

	return pick("$of.price", "$of.price", "$of.id", int(rand(12)), "coalesce($of.price, 0)", "$of.price % 10") if $depth <= 0 || chance(0.5);
	return pick(
		"($of.price + " . number($depth - 1, @names) . ')',
		"CASE WHEN " . condition($depth - 1, @names) . " THEN $of.price ELSE " . number($depth - 1, @names) . ' END',
		'(SELECT ' . pick(qw(max min sum count)) . '(' . do { my ($from, @n) = joined($depth - 1, @names); number(0, @n, chance(0.3) ? @names : ()) . ") FROM $from" } . ')',
		"greatest($of.price, $of.id)",
		"nullif($of.price, " . number($depth - 1, @names) . ')',
		"length($of.note)");
}

sub text
{
	my ($depth, @names) = @_;
	my $of = pick(@names);

	return pick("$of.note", "$of.note", "'x'", "$of.price::text", "coalesce($of.note, 'none')", "upper($of.note)", "$of.ok::text") if $depth <= 0 || chance(0.4);
	return pick("$of\::text", "row_to_json($of)::text", "to_jsonb($of)->>'note'", "ROW($of.*)::text", "concat($of.note, $of.price)", "$of.note || " . text($depth - 1, @names),
		"md5($of.note)", "(ARRAY[$of.note, $of.price::text])[1]", "(SELECT string_agg(s.note, ',' ORDER BY s.id) FROM " . pick(qw(task part kind)) . " s WHERE s.id <= $of.id)");
}

sub condition
{
	my ($depth, @names) = @_;
	my $of = pick(@names);

	return pick("$of.price > " . int(rand(12)), "$of.price IS NULL", "$of.note LIKE '%MARK%'", "$of.note = 'hid'", "$of.ok", "$of.ok IS NOT TRUE", "$of.id < 8",
		"$of.price = 777000" . int(rand(10)), "$of.note > 'M'", "tell($of.note)", "tell($of\::text)", "$of.price BETWEEN 3 AND 9999999", "$of IS NOT NULL") if $depth <= 0 || chance(0.4);
	my ($from, @n) = joined($depth - 1, chance(0.5) ? @names : ());
	return pick(
		'(' . condition($depth - 1, @names) . pick(' AND ', ' OR ') . condition($depth - 1, @names) . ')',
		'NOT (' . condition($depth - 1, @names) . ')',
		number($depth - 1, @names) . pick(' = ', ' < ', ' <> ', ' IS DISTINCT FROM ') . number($depth - 1, @names),
		text($depth - 1, @names) . pick(' = ', ' < ', ' >= ') . text($depth - 1, @names),
		"EXISTS (SELECT FROM $from WHERE " . condition($depth - 1, @n, @names) . ')',
		"$of.price " . pick('IN', 'NOT IN') . " (SELECT $n[0].price FROM $from)",
		"$of.note = ANY (SELECT $n[0].note FROM $from)",
		"($of.id, $of.note) IN (SELECT $n[0].id, $n[0].note FROM $from)");
}

sub query
{
	my $depth = int(rand(3));
	my ($from, @names) = joined($depth);
	my $of = pick(@names);
	my $kind = rand();
	my $where = chance(0.6) ? ' WHERE ' . condition($depth, @names) : '';

	return "SELECT * FROM $from$where" if $kind < 0.12;
	return "SELECT " . join(', ', @names) . " FROM $from$where" if $kind < 0.22;
	return 'SELECT ' . join(', ', map { chance(0.5) ? number($depth, @names) : text($depth, @names) } 1 .. 1 + rand(3)) . " FROM $from$where" if $kind < 0.45;
	if ($kind < 0.6)
	{
		my $by = pick("$of.price", "$of.note", "$of.ok, $of.note", "$of.price + 1", "ROLLUP ($of.price, $of.note)", "CUBE ($of.ok, $of.owner)", "GROUPING SETS (($of.note), ($of.price), ())");
		my $group = $by =~ /^(ROLLUP|CUBE|GROUPING)/ ? ($by =~ /CUBE/ ? "$of.ok, $of.owner" : "$of.price, $of.note") : $by;
		return "SELECT $group, count(*), sum($of.price), max($of.note), count(DISTINCT $of.price), bool_or($of.ok), string_agg($of.note, ',' ORDER BY $of.id, $of.note) FILTER (WHERE "
		  . condition(0, @names) . ") FROM $from$where GROUP BY $by" . (chance(0.4) ? " HAVING max($of.price) > 3 OR count(*) > 1" : '');
	}
	return "SELECT $of.id, sum($of.price) OVER w, rank() OVER w, max($of.note) OVER (PARTITION BY $of.ok) FROM $from$where WINDOW w AS (PARTITION BY $of.note ORDER BY $of.price)" if $kind < 0.66;
	return "SELECT $of.price, $of.note FROM $from$where ORDER BY 1, 2 LIMIT " . int(rand(5)) if $kind < 0.72;
	return '(' . select_all($depth) . ') ' . pick('UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT') . ' (' . select_all($depth) . ')' if $kind < 0.8;
	return 'WITH w AS ' . pick('', 'MATERIALIZED ', 'NOT MATERIALIZED ') . '(' . select_all($depth) . ') SELECT w.*, y.note FROM w LEFT JOIN w y ON y.id = w.id + 1 WHERE ' . condition(0, 'w') if $kind < 0.9;
	return 'WITH RECURSIVE w (id, owner, price, note, ok) AS ((' . select_all(0) . ") UNION SELECT t.id, t.owner, t.price, t.note, t.ok FROM w JOIN task t ON t.id = w.id + 1) SELECT * FROM w";
}

sub write_statement
{
	my $target = pick(qw(task part part_high kind v v_invoker));
	my $name = name();
	my $kind = rand();
	my $where = condition(pick(0, 1), $name);
	my $returning = pick('*', "$name", "$name.price, $name.note", text(1, $name));

	return "DELETE FROM $target $name WHERE $where RETURNING $returning" if $kind < 0.25;
	if ($kind < 0.4)
	{
		my ($from, @n) = joined(1);
		return "DELETE FROM $target $name USING $from WHERE $name.id = $n[0].id AND " . condition(1, $name, @n) . " RETURNING $name.id, $name.note"; # which of the others it is joined with, the plan decides
	}
	my $set = pick('ok = ok', 'price = 1', "note = $name.note") if $kind < 0.5;
	$set //= "id = $name.id";
	$returning = "$name.price, $name.note" if $target =~ /^v/;
	return "UPDATE $target $name SET $set WHERE $where RETURNING $returning" if $kind < 0.75;
	return "INSERT INTO task AS $name (id, project, owner) VALUES (" . int(1 + rand(14)) . ", 1, 'pat') ON CONFLICT (id) DO UPDATE SET project = $name.project WHERE $where RETURNING $name.*" if $kind < 0.9;
	return "WITH w AS (UPDATE task $name SET id = id WHERE $where RETURNING *) SELECT w.*, t.note FROM w JOIN task t USING (id)";
}

# ---- the run ------------------------------------------------------------------------------------

note("CLEARANCE_SEED=$seed");
srand($seed);
my %count = (same => 0, refused => 0, error => 0);
my @wrong;

for (my $left = $statements; $left > 0; $left -= 500)
{
	my @sql = map { $names = 0; chance(0.8) ? query() : write_statement() } 1 .. ($left < 500 ? $left : 500);
	my $script = "SET client_min_messages = notice;\nSET statement_timeout = '20s';\n";
	my ($out, $err);

	$script .= "SELECT '#$_', outcome('masked', \$q\$$sql[$_]\$q\$), '###', outcome('plain', \$q\$$sql[$_]\$q\$);\n" foreach 0 .. $#sql;
	$node->psql('postgres', $script, extra_params => [ '-U', 'regress_mask_pat' ], stdout => \$out, stderr => \$err, on_error_stop => 0);
	# what was told is of the first and of the second, which holds no marker
	push @wrong, "a notice: $1" if $err =~ /((?:NOTICE|WARNING).*(?:MARKER\d|777000\d).*)/;
	foreach my $found (split /^(?=#\d+\|)/m, $out)
	{
		my ($n, $masked, $plain) = $found =~ /^#(\d+)\|(.*)\|###\|(.*)\n?\z/s or next;

		$plain =~ s/\n\z//;
		# what the statement itself says is no secret
		(my $told = $masked) =~ s/777000\d\b(?=")//g;
		if ($told =~ /MARKER\d|777\d{4}\D/) { push @wrong, "a marker: $sql[$n]\n$masked"; }
		elsif ($masked =~ /cannot (use|mask) it/) { $count{refused}++; }
		elsif ($masked eq $plain) { $count{ $masked =~ /^[0-9A-Z]{5} \/ / ? 'error' : 'same' }++; }
		elsif ($masked =~ /^57014/ || $plain =~ /^57014/) { next; }
		else { push @wrong, "a difference: $sql[$n]\n$masked\n---\n$plain"; }
	}
}
note(join(', ', map { "$_: $count{$_}" } sort keys %count));
is(scalar(@wrong), 0, 'no marker, and no difference') or diag(join("\n\n", splice(@wrong, 0, 5)));
cmp_ok($count{same}, '>', $statements * 0.6, 'most statements have rows');

done_testing();
