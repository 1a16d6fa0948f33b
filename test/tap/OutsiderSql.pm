
# Random statements about the tables of a database, as somebody writes them who
# looks for what is hidden: queries that tell what they read by rows, notices and
# errors, and whatever a login may make in its temporary schema to read with.
#
#	my $sql = OutsiderSql->new($tables, $joins);
#	my @statements = $sql->episode;     # for one transaction, which is rolled back
#
# Tables are hashes: name, columns (names), masked (whether it has masked columns),
# key (or undef), weight. Joins are lists: table, column, table, column.

package OutsiderSql;

use strict;
use warnings;

my @episodes = (
	[ 30, \&reading ], [ 8, \&temp_table ], [ 6, \&temp_view ], [ 6, \&temp_function ], [ 5, \&cursor ], [ 5, \&prepared ],
	[ 5, \&copying ], [ 5, \&telling_block ], [ 8, \&writing ], [ 5, \&merging ], [ 4, \&temp_trigger ], [ 3, \&temp_policy ],
	[ 4, \&probing ]);

sub new
{
	my ($class, $tables, $joins) = @_;
	my %joins;

	push @{ $joins{ $_->[0] } }, $_ foreach @$joins;
	return bless { tables => $tables, by_name => { map { $_->{name} => $_ } @$tables }, joins => \%joins, names => 0 }, $class;
}

sub episode
{
	my ($self) = @_;

	$self->{names} = 0;
	return weighted(@episodes)->($self);
}

# What every session makes first
sub preamble
{
	return ('CREATE FUNCTION pg_temp.tell(anyelement) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN RAISE NOTICE $x$saw %$x$, $1; RETURN true; END $$',
		'CREATE FUNCTION pg_temp.break(anyelement) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN RAISE EXCEPTION $x$saw %$x$, $1 USING DETAIL = $1::text; END $$');
}

# ---- dice ---------------------------------------------------------------------------------------

sub pick { return $_[ int rand @_ ] }
sub chance { return rand() < $_[0] }
sub name { return 'x' . ++$_[0]{names} }

sub weighted
{
	my $sum = 0;

	$sum += $_->[0] foreach @_;
	my $left = rand $sum;
	foreach (@_)
	{
		return $_->[1] if ($left -= $_->[0]) < 0;
	}
	return $_[-1][1];
}

sub table
{
	my ($self) = @_;

	return weighted(map { [ $_->{weight}, $_ ] } @{ $self->{tables} });
}

# ---- queries ------------------------------------------------------------------------------------

# Where rows come from: the text, and of each name in it the table
sub from
{
	my ($self, $depth) = @_;
	my $table = $self->table;
	my $name = $self->name;
	my ($text, @names) = $self->source($depth, $table, $name);

	while (@names < 3 && chance(0.4))
	{
		my ($left, $join) = @{ pick(@names) };
		my @ways = @{ $self->{joins}{ $join->{name} } // [] } or last;
		my (undef, $column, $other, $its) = @{ pick(@ways) };
		my $as = $self->name;
		my ($more, $named) = $self->source($depth - 1, $self->{by_name}{$other} // last, $as);

		$text .= pick(' JOIN ', ' LEFT JOIN ', ' RIGHT JOIN ', ' FULL JOIN ', ' CROSS JOIN LATERAL ') . $more;
		if ($text =~ / CROSS JOIN LATERAL \Q$more\E$/) { }
		else { $text .= " ON $left.$column = $as.$its" . (chance(0.2) ? ' AND ' . $self->condition(0, $named) : ''); }
		push @names, $named;
	}
	return ($text, @names);
}

sub source
{
	my ($self, $depth, $table, $name) = @_;
	my $named = [ $name, $table ];
	my $plain = (chance(0.1) ? 'ONLY ' : '') . $table->{name};

	return ("$plain $name" . (chance(0.04) ? ' TABLESAMPLE bernoulli (90)' : ''), $named) if $depth <= 0 || chance(0.6);
	return ("(SELECT * FROM $plain" . pick('', ' OFFSET 0', ' ORDER BY 1', " WHERE canary <> ''") . ") $name", $named) if chance(0.6);
	return ("(TABLE $table->{name} UNION " . pick('', 'ALL ') . "TABLE $table->{name}) $name", $named) if chance(0.5);
	return ("(WITH w AS " . pick('', 'MATERIALIZED ', 'NOT MATERIALIZED ') . "(SELECT * FROM $plain) SELECT * FROM w) $name", $named);
}

# Something that holds what a row has, as text
sub text
{
	my ($self, $depth, @names) = @_;
	my ($of, $table) = @{ pick(@names) };
	my $cell = pick("$of.canary", "$of.canary_text", "$of.canary_number::text", "$of.canary_text", "$of." . pick(@{ $table->{columns} }) . '::text');

	return $cell if $depth <= 0 || chance(0.4);
	return pick("$of\::text", "row_to_json($of)::text", "to_jsonb($of)::text", "ROW($of.*)::text", "concat($of.canary, $of.canary_number)", "format('%s %s', $of.canary_text, $of)",
		"coalesce($cell, 'none')", "(ARRAY[$cell])[1]", "CASE WHEN " . $self->condition(0, @names) . " THEN $cell END", "upper($cell)", "convert_from(convert_to($cell, 'UTF8'), 'UTF8')",
		"($of).canary_text", "(SELECT s FROM (SELECT $of.canary_text) s)::text", "(to_jsonb($of) #>> '{canary_number}')", "greatest($of.canary, $of.canary_text)",
		$self->scalar($depth - 1, @names));
}

sub scalar
{
	my ($self, $depth, @names) = @_;
	my ($from, @inner) = $self->from($depth);

	return '(SELECT ' . pick('max', 'min', 'array_agg', 'json_agg') . '(' . $self->text(0, @inner) . ") FROM $from WHERE " . $self->condition(0, @inner, @names) . ')::text';
}

# Mostly true
sub condition
{
	my ($self, $depth, @names) = @_;
	my ($of, $table) = @{ pick(@names) };
	my $column = pick(@{ $table->{columns} });

	return pick('true', "$of.canary LIKE 'CANARY%'", "$of.canary_text IS NOT NULL", "$of.canary_number > 7770000000000", "$of.$column IS NOT NULL", "$of.$column IS NULL",
		"pg_temp.tell($of)", "pg_temp.tell($of.canary)", "pg_temp.tell($of.canary_text)", "pg_temp.tell($of.canary_number)", "$of IS NOT NULL", "$of.canary_text <> 'masked'",
		"$of.canary ~ '" . int(rand 10) . "'", "$of.ctid > '(0,1)'")
	  if $depth <= 0 || chance(0.5);
	my ($from, @inner) = $self->from($depth - 1);
	return pick('(' . $self->condition($depth - 1, @names) . pick(' AND ', ' OR ') . $self->condition($depth - 1, @names) . ')',
		'NOT (' . $self->condition($depth - 1, @names) . ')', "EXISTS (SELECT FROM $from WHERE " . $self->condition(0, @inner, @names) . ')',
		"$of.canary " . pick('IN', 'NOT IN') . " (SELECT $inner[0][0].canary FROM $from)", "($of.canary_text, $of.canary_number) = ANY (SELECT $inner[0][0].canary_text, $inner[0][0].canary_number FROM $from)");
}

sub query
{
	my ($self) = @_;
	my $depth = int rand 3;
	my ($from, @names) = $self->from($depth);
	my $of = pick(@names)->[0];
	my $where = chance(0.6) ? ' WHERE ' . $self->condition($depth, @names) : '';
	my $text = $self->text($depth, @names);
	my $end = pick('', '', ' LIMIT 20', ' OFFSET 1');

	return pick(
		"SELECT * FROM $from$where$end", "SELECT $of.* FROM $from$where$end", 'SELECT ' . join(', ', map { $_->[0] } @names) . " FROM $from$where$end",
		'SELECT ' . join(', ', map { $self->text($depth, @names) } 1 .. 3) . " FROM $from$where$end",
		"SELECT DISTINCT $text FROM $from$where", "SELECT $text, count(*), array_agg($of.canary) FROM $from$where GROUP BY 1 HAVING count(*) > 0",
		"SELECT string_agg($text, ',' ORDER BY $of.canary), max($of.canary_number), json_agg($of) FROM $from$where",
		"SELECT $text, lag($of.canary_text) OVER w, first_value($of.canary_number) OVER w FROM $from$where WINDOW w AS (PARTITION BY $of.canary_text ORDER BY $of.canary)",
		"SELECT $of.canary_text, $of.canary_number, $text FROM $from$where ORDER BY " . pick("$of.canary_number", "$of.canary_text DESC", "pg_temp.tell($of.canary_text)") . $end,
		"SELECT $text FROM $from$where UNION SELECT $text FROM $from", "SELECT $of.canary_text FROM $from EXCEPT SELECT $text FROM $from$where",
		"WITH RECURSIVE w AS (SELECT 1 AS n, $text AS t FROM $from UNION SELECT n + 1, t FROM w WHERE n < 2) SELECT * FROM w",
		"SELECT grouping($of.canary), $of.canary, $of.canary_number, max($of.canary_text) FROM $from$where GROUP BY ROLLUP ($of.canary, $of.canary_number)",
		"SELECT $text FROM $names[0][1]{name} $of WHERE " . $self->condition(0, [ $of, $names[0][1] ]) . ' ' . pick('FOR UPDATE', 'FOR SHARE', 'FOR KEY SHARE SKIP LOCKED'));
}

# ---- episodes -----------------------------------------------------------------------------------

sub reading
{
	my ($self) = @_;

	return map { $self->query } 1 .. 3;
}

sub temp_table
{
	my ($self) = @_;
	my $t = 'made_' . $self->name;
	my $table = $self->table;
	my $rows = "SELECT * FROM $table->{name}";
	my @make = pick(
		["CREATE TEMP TABLE $t AS $rows"], ["CREATE TEMP TABLE $t ON COMMIT DROP AS $rows WITH DATA"], ["SELECT * INTO TEMP $t FROM $table->{name}"],
		[ "CREATE TEMP TABLE $t (LIKE $table->{name} INCLUDING ALL)", "INSERT INTO $t $rows RETURNING *" ],
		[ "CREATE TEMP TABLE $t AS $rows WITH NO DATA", "INSERT INTO $t $rows ON CONFLICT DO NOTHING" ],
		[ "CREATE TEMP TABLE $t OF $table->{name}", "CREATE TEMP TABLE $t () INHERITS ($table->{name})", "CREATE TEMP TABLE $t AS TABLE $table->{name}" ],
		[ "CREATE TEMP TABLE $t (canary text DEFAULT 'x', canary_text text CHECK (canary_text <> 'CANARYT'), canary_number bigint, both text GENERATED ALWAYS AS (canary || canary_text) STORED)",
			"INSERT INTO $t SELECT canary, canary_text, canary_number FROM $table->{name} RETURNING both" ]);
	my @more = (
		"CREATE INDEX ON $t (canary_text)", "CREATE UNIQUE INDEX ON $t (canary_text)", "CREATE INDEX ON $t ((canary_text || canary)) WHERE canary_number > 0",
		"ALTER TABLE $t ADD COLUMN more text DEFAULT 'x'", "ALTER TABLE $t ALTER COLUMN canary_number TYPE text USING canary_number::text || canary_text", "ALTER TABLE $t ALTER COLUMN canary_text TYPE integer USING canary_text::integer",
		"ALTER TABLE $t DROP COLUMN canary", "ALTER TABLE $t RENAME COLUMN canary_text TO renamed", "ALTER TABLE $t ADD CHECK (canary_text = 'nothing')", "ALTER TABLE $t ADD PRIMARY KEY (canary_number)", "ALTER TABLE $t ALTER COLUMN canary_number SET NOT NULL",
		"ALTER TABLE $t INHERIT $table->{name}", "ALTER TABLE $t ADD FOREIGN KEY (canary) REFERENCES $table->{name} (canary)", "ANALYZE $t", "CREATE STATISTICS pg_temp.s_$t ON canary, canary_text FROM $t",
		"CREATE RULE r AS ON INSERT TO $t DO ALSO SELECT canary, canary_text FROM $table->{name}", "INSERT INTO $t (canary) VALUES ('new') RETURNING *",
		"UPDATE $t SET canary = s.canary_text FROM $table->{name} s WHERE s.canary = $t.canary RETURNING *", "UPDATE $t SET (canary, canary_text) = (SELECT s.canary_text, s.canary FROM $table->{name} s LIMIT 1)", "DELETE FROM $t USING $table->{name} s WHERE s.canary_number = $t.canary_number RETURNING s, $t",
		"SELECT most_common_vals, histogram_bounds FROM pg_stats WHERE tablename IN ('$t', '" . ($table->{name} =~ s/.*\.//r) . "')", "SELECT a, b FROM $t a FULL JOIN $table->{name} b ON a.canary = b.canary",
		"COPY $t TO STDOUT", "CLUSTER $t", "TRUNCATE $t");

	return (@{ $make[0] }, (map { pick(@more) } 1 .. 4), "SELECT * FROM $t");
}

sub temp_view
{
	my ($self) = @_;
	my $v = 'made_' . $self->name;
	my $table = $self->table;
	my $with = pick('', '', ' WITH (security_barrier)', ' WITH (security_invoker)', ' WITH (check_option = local)');
	my $body = pick("SELECT * FROM $table->{name}", "SELECT * FROM $table->{name} WHERE canary_text <> ''", "SELECT * FROM $table->{name} WHERE pg_temp.tell(canary_number)",
		"SELECT * FROM $table->{name} WHERE pg_temp.break(canary_text)", $self->query =~ s/ FOR .*//r);

	return ("CREATE TEMP VIEW $v$with AS $body",
		pick("SELECT * FROM $v", "SELECT $v FROM $v", "SELECT row_to_json($v) FROM $v", "SELECT v.canary_text FROM $v v WHERE pg_temp.tell(v.canary_text)", "COPY (SELECT * FROM $v) TO STDOUT"),
		pick("UPDATE $v SET canary = canary RETURNING *", "UPDATE $v SET canary_text = 'x'", "DELETE FROM $v RETURNING *", "INSERT INTO $v (canary) VALUES ('x') RETURNING *", "SELECT * FROM $v a JOIN $v b USING (canary)", "SELECT canary_text FROM $v WHERE canary_text LIKE 'CANARYT1%'"),
		"CREATE OR REPLACE TEMP VIEW $v AS SELECT * FROM $table->{name}", "SELECT * FROM $v LIMIT 5");
}

sub temp_function
{
	my ($self) = @_;
	my $f = 'pg_temp.made_' . $self->name;
	my $t = $self->table->{name};
	my $kind = pick('STABLE', 'VOLATILE', 'IMMUTABLE', 'STABLE STRICT', 'STABLE SECURITY DEFINER');
	my $call = pick("SELECT * FROM $f()", "SELECT $f()", "SELECT x, x.canary_text FROM $f() x WHERE pg_temp.tell(x.canary_number)", "SELECT x FROM $t t, LATERAL $f() x WHERE x.canary = t.canary", "SELECT json_agg(x) FROM $f() WITH ORDINALITY x", "SELECT * FROM ROWS FROM ($f(), generate_series(1, 3))");

	return (pick(
			"CREATE FUNCTION $f() RETURNS SETOF $t LANGUAGE sql $kind AS 'SELECT * FROM $t'",
			"CREATE FUNCTION $f() RETURNS SETOF $t LANGUAGE sql $kind BEGIN ATOMIC SELECT * FROM $t; END",
			"CREATE FUNCTION $f() RETURNS SETOF $t LANGUAGE plpgsql $kind AS 'BEGIN RETURN QUERY SELECT * FROM $t; END'",
			"CREATE FUNCTION $f() RETURNS TABLE (canary text, canary_text text, canary_number bigint) LANGUAGE sql $kind AS 'SELECT canary, canary_text, canary_number FROM $t'"),
		$call,
		"CREATE FUNCTION $f(r $t) RETURNS text LANGUAGE sql $kind AS 'SELECT r.canary || r.canary_text || r.canary_number'",
		"SELECT $f(t), $f(t) FROM $t t", "SELECT t.canary FROM $t t WHERE $f(t) > ''", "SELECT (t).canary_text FROM $t t", "CREATE AGGREGATE $f" . "_all (text) (SFUNC = textcat, STYPE = text)", "SELECT $f" . "_all(canary_text) FROM $t");
}

sub cursor
{
	my ($self) = @_;
	my $c = $self->name;
	my $t = $self->table;

	return ("DECLARE $c " . pick('', 'SCROLL ', 'BINARY ', 'INSENSITIVE ') . 'CURSOR ' . 'FOR ' . $self->query, "FETCH 5 FROM $c", "FETCH PRIOR FROM $c", "MOVE 2 IN $c", "FETCH ALL FROM $c",
		"DECLARE u CURSOR FOR SELECT * FROM $t->{name} FOR UPDATE", 'FETCH u', pick("UPDATE $t->{name} SET canary = canary WHERE CURRENT OF u RETURNING *", "DELETE FROM $t->{name} WHERE CURRENT OF u RETURNING *", "UPDATE $t->{name} SET canary_text = 'x' WHERE CURRENT OF u"));
}

sub prepared
{
	my ($self) = @_;
	my $p = $self->name;
	my $t = $self->table->{name};

	return ('SET LOCAL plan_cache_mode = ' . pick(qw(auto force_generic_plan force_custom_plan)), "PREPARE $p AS " . $self->query, ("EXECUTE $p") x 2,
		"PREPARE b_$p (text) AS SELECT t, canary_text FROM $t t WHERE canary_text >= \$1", "EXECUTE b_$p ('CANARYT')", "CREATE TEMP TABLE e_$p AS EXECUTE $p", "SELECT * FROM e_$p", "DEALLOCATE $p");
}

sub copying
{
	my ($self) = @_;
	my $t = $self->table->{name};

	return ("COPY $t TO STDOUT", 'COPY (' . $self->query . ') TO STDOUT' . pick('', ' (FORMAT csv, HEADER)', ' (FORMAT binary)'), "COPY $t (canary_text, canary) TO STDOUT", "COPY (DELETE FROM $t RETURNING *) TO STDOUT");
}

sub telling_block
{
	my ($self) = @_;
	my $query = $self->query;
	my $t = $self->table->{name};
	my $how = pick('NOTICE', 'WARNING', 'INFO', 'EXCEPTION');

	return (pick(
			"DO \$x\$ DECLARE r record; BEGIN FOR r IN $query LOOP RAISE $how '%', r; END LOOP; END \$x\$",
			"DO \$x\$ DECLARE r $t; BEGIN FOR r IN EXECUTE 'SELECT * FROM $t' LOOP RAISE $how USING MESSAGE = 'row', DETAIL = r::text, HINT = r.canary_text; END LOOP; END \$x\$",
			"DO \$x\$ DECLARE r $t%ROWTYPE; n $t.canary_number%TYPE; BEGIN SELECT * INTO r FROM $t LIMIT 1; SELECT canary_number INTO n FROM $t ORDER BY 1 LIMIT 1; RAISE $how '% %', r, n; END \$x\$",
			"DO \$x\$ DECLARE c refcursor; r record; BEGIN OPEN c FOR $query; FETCH c INTO r; RAISE $how '%', r; END \$x\$",
			"DO \$x\$ DECLARE r record; d text; BEGIN FOR r IN SELECT canary_text::integer FROM $t LOOP END LOOP; EXCEPTION WHEN others THEN GET STACKED DIAGNOSTICS d = PG_EXCEPTION_DETAIL; RAISE $how '% %', SQLERRM, d; END \$x\$",
			"DO \$x\$ DECLARE r record; BEGIN UPDATE $t SET canary = 'x' RETURNING * INTO r; RAISE $how '%', r; END \$x\$"),
		"SELECT query_to_xml('SELECT * FROM $t', true, true, ''), table_to_xml('$t', true, false, '')", "SELECT schema_to_xml('app', true, false, '')" x chance(0.05), "SELECT * FROM json_populate_recordset(NULL::$t, (SELECT json_agg(t) FROM $t t))");
}

sub writing
{
	my ($self) = @_;
	my $t = $self->table;
	my $name = $self->name;
	my $where = $self->condition(int rand 2, [ $name, $t ]);
	my $returning = pick('*', $name, "$name.canary_text, $name.canary_number", $self->text(1, [ $name, $t ]));
	my ($from, @others) = $self->from(0);
	my $key = $t->{key} // 'canary';

	return (pick(
			"UPDATE $t->{name} $name SET canary = $name.canary WHERE $where RETURNING $returning", "UPDATE $t->{name} $name SET canary = $name.canary_text WHERE $where RETURNING $returning",
			"UPDATE $t->{name} $name SET canary = 'x' FROM $from WHERE $where RETURNING $returning, $others[0][0]", "UPDATE $t->{name} $name SET canary_text = 'mine', canary_number = 1 WHERE $where RETURNING $returning",
			"DELETE FROM $t->{name} $name WHERE $where RETURNING $returning", "DELETE FROM $t->{name} $name USING $from WHERE $where RETURNING $others[0][0], $name",
			"WITH w AS (UPDATE $t->{name} $name SET canary = 'x' WHERE $where RETURNING *) SELECT w, o FROM w LEFT JOIN $t->{name} o USING (canary)",
			"INSERT INTO $t->{name} AS $name SELECT * FROM $t->{name} ON CONFLICT DO NOTHING RETURNING $returning",
			"INSERT INTO $t->{name} AS $name SELECT * FROM $t->{name} RETURNING $returning",
			"INSERT INTO $t->{name} AS $name ($key, canary) SELECT $key, 'x' FROM $t->{name} ON CONFLICT ($key) DO UPDATE SET canary = EXCLUDED.canary WHERE $where RETURNING $returning",
			"INSERT INTO $t->{name} AS $name ($key, canary) VALUES ((ARRAY[" . join(',', map { int 1 + rand 1200 } 1 .. 5) . "])[1], 'x') ON CONFLICT ($key) DO UPDATE SET canary = $name.canary_text WHERE $where RETURNING $returning",
			"LOCK TABLE $t->{name} IN ROW EXCLUSIVE MODE", "TRUNCATE $t->{name}"),
		"SELECT t FROM $t->{name} t LIMIT 10");
}

sub merging
{
	my ($self) = @_;
	my $t = $self->table->{name};
	my $m = 'made_' . $self->name;

	return ("CREATE TEMP TABLE $m (canary text, canary_text text, canary_number bigint)", "INSERT INTO $m SELECT canary, 'x', 1 FROM $t" . pick('', ' LIMIT 5'),
		"MERGE INTO $m USING $t s ON s.canary = $m.canary WHEN MATCHED AND " . pick('s.canary_number > 0', 'pg_temp.tell(s.canary_text)', 'pg_temp.tell(s)', 'true') . ' THEN UPDATE SET canary_text = s.canary_text, canary_number = s.canary_number WHEN NOT MATCHED THEN INSERT VALUES (s.canary, s.canary_text, s.canary_number)',
		"SELECT * FROM $m",
		"MERGE INTO $t t USING $m s ON s.canary = t.canary WHEN MATCHED AND " . pick('pg_temp.tell(t.canary_text)', 'pg_temp.tell(t)', 't.canary_number > 0') . ' THEN ' . pick("UPDATE SET canary = 'x'", 'DELETE', 'UPDATE SET canary = t.canary_text', 'DO NOTHING', "UPDATE SET canary_text = 'x'"),
		"SELECT t FROM $t t LIMIT 10");
}

sub temp_trigger
{
	my ($self) = @_;
	my $t = $self->table->{name};
	my $m = 'made_' . $self->name;

	return ("CREATE TEMP TABLE $m AS SELECT canary, canary_text, canary_number FROM $t" . pick('', ' WITH NO DATA'),
		"CREATE FUNCTION pg_temp.f_$m() RETURNS trigger LANGUAGE plpgsql AS \$x\$ DECLARE r record; BEGIN RAISE NOTICE 'old %, new %', OLD, NEW; FOR r IN SELECT * FROM $t LOOP RAISE NOTICE '%', r; END LOOP; RETURN NEW; END \$x\$",
		"CREATE TRIGGER t BEFORE INSERT OR UPDATE ON $m FOR EACH ROW EXECUTE FUNCTION pg_temp.f_$m()", "CREATE TRIGGER t AFTER UPDATE ON $t FOR EACH ROW EXECUTE FUNCTION pg_temp.f_$m()",
		"INSERT INTO $m SELECT canary, canary_text, canary_number FROM $t LIMIT 2", "UPDATE $m SET canary = 'x' RETURNING *", "ALTER TABLE $m ALTER COLUMN canary SET DEFAULT pg_temp.tell('x'::text)::text", "INSERT INTO $m DEFAULT VALUES RETURNING *");
}

sub temp_policy
{
	my ($self) = @_;
	my $t = $self->table->{name};
	my $m = 'made_' . $self->name;

	return ("CREATE TEMP TABLE $m AS SELECT canary FROM $t", "ALTER TABLE $m ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
		"CREATE POLICY p ON $m USING (EXISTS (SELECT FROM $t s WHERE s.canary = $m.canary AND pg_temp.tell(s." . pick('canary', 'canary_text', 'canary_number') . ')))', "SELECT * FROM $m", "UPDATE $m SET canary = 'x' RETURNING *",
		"CREATE POLICY p ON $t USING (true)", "ALTER TABLE $t DISABLE ROW LEVEL SECURITY");
}

# Errors and plans that might tell
sub probing
{
	my ($self) = @_;
	my $t = $self->table->{name};

	return map { pick(
			"SELECT canary_text::integer FROM $t", "SELECT canary::integer FROM $t", "SELECT (canary || canary_text)::date FROM $t", "SELECT 1 / (canary_number % 1) FROM $t", "SELECT canary_number::smallint FROM $t", "SELECT t.*::text::xml FROM $t t", "SELECT (t::text)::json FROM $t t",
			"EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM $t WHERE canary_text = 'CANARYT1000'", "EXPLAIN SELECT * FROM $t WHERE canary = 'CANARYR1000'", "SELECT * FROM pg_stats WHERE tablename = '" . ($t =~ s/.*\.//r) . "'", "SELECT stavalues1::text, stavalues2::text FROM pg_statistic",
			"SELECT canary FROM $t WHERE pg_temp.break(canary)", "SELECT canary FROM $t t WHERE pg_temp.break(t)", "SELECT canary FROM $t WHERE pg_temp.break(canary_text)", "SELECT canary FROM $t WHERE pg_temp.break(canary_number)", "SELECT regexp_replace(canary, 'x', canary_text, canary) FROM $t",
			"SET LOCAL client_min_messages = debug5", "SET LOCAL debug_print_plan = on", "SELECT clearance.can_row('edit', t), clearance.column_masked(t, 'canary_text'), clearance.explain('view', t) FROM $t t", "SELECT * FROM clearance.columns('$t')", "SELECT currtid2('$t', '(0,1)')", "VALUES ((SELECT max(canary_text) FROM $t), (SELECT min(canary) FROM $t))",
			"SELECT lo_from_bytea(0, convert_to(canary_text, 'UTF8')) FROM $t", "SELECT pg_notify('x', canary_text) FROM $t", "SELECT set_config('x.y', string_agg(canary_text, ','), true) FROM $t", "SELECT canary_text FROM $t ORDER BY pg_temp.break(canary_text) LIMIT 1", "SELECT xmlforest(canary, canary_text, canary_number) FROM $t") } 1 .. 5;
}

1;
