
# Five outsiders look for what is hidden from them, in a workspace where every row
# and every masked cell holds a marker of its own (Canaries.pm): by sqlsmith, which
# knows the catalogs, and by statements that know the tables, make what a login may
# make in its temporary schema, and read by rows, notices, errors and COPY
# (OutsiderSql.pm). Nothing that the server sends holds a marker that
# test/evaluator.sql does not open to them, and the server stays up.
#
# CLEARANCE_STATEMENTS says how many statements each of them makes by either way;
# CLEARANCE_SEED repeats them.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Canaries;
use Eavesdrop;
use OutsiderSql;
use Wire;
use Workspace;

my $statements = $ENV{CLEARANCE_STATEMENTS} // 2000;
my $seed = int($ENV{CLEARANCE_SEED} // (time ^ ($$ << 8))) % 2**31;
my $db = 'workspace';
my $node = new_server('main', settings => "shared_preload_libraries = pg_clearance\njit = off\nmax_locks_per_transaction = 256");

note "seed $seed; repeat with CLEARANCE_SEED=$seed CLEARANCE_STATEMENTS=$statements";
srand($seed);
$node->safe_psql('postgres', "CREATE DATABASE $db");
build_canaries($node, $db);
my %markers = map { $_ => markers_of($node, $db, $_) } @outsiders;

#
# sqlsmith, on the tables in which an outsider sees something. It would spend two
# thirds of its statements on operators of a kind that is newer than it is.
#
$node->safe_psql($db, q{
	GRANT USAGE ON SCHEMA app TO PUBLIC;
	SET allow_system_table_mods = on;
	DELETE FROM pg_operator WHERE 'anyrange'::regtype IN (oprleft, oprright) OR 'anymultirange'::regtype IN (oprleft, oprright)});
$node->safe_psql($db, $node->safe_psql($db, q{
	SELECT format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %s', string_agg(DISTINCT relation::text, ', '), string_agg(DISTINCT login, ', '))
	FROM canaries.cell JOIN canaries.open USING (marker)}));

ok(grep({ -x "$_/sqlsmith" } split /:/, $ENV{PATH}), 'sqlsmith is there: it is a package of that name');
foreach my $login (@outsiders)
{
	my $dir = PostgreSQL::Test::Utils::tempdir_short();
	my $eavesdrop = Eavesdrop->new($dir, $node->host, $node->port, $canary);
	my $target = "host=$dir port=" . $node->port . " user=$login dbname=$db options=-cstatement_timeout=1000";
	my $status = system("sqlsmith --target='$target' --exclude-catalog --max-queries=$statements --seed=" . int(rand 2**31) . " >'$dir/out' 2>&1");
	my $heard = $eavesdrop->stop;

	is($status, 0, "sqlsmith as $login came to its end") or diag(substr slurp_file("$dir/out"), -1000);
	note join ', ', map { "$_ $heard->{errors}{$_}" } sort { $heard->{errors}{$b} <=> $heard->{errors}{$a} } keys %{ $heard->{errors} };
	judge($login, 'sqlsmith', $heard->{found});
}

#
# Statements that know the tables, all of them. What they change is undone.
#
$node->safe_psql($db, 'GRANT app_user TO ' . join ', ', @outsiders);
my @joins = map { [ split /\|/ ] } split /\n/, $node->safe_psql($db, q{
	SELECT c.conrelid::regclass, a.attname, c.confrelid::regclass, b.attname
	FROM pg_constraint c
	JOIN pg_attribute a ON (a.attrelid, a.attnum) = (c.conrelid, c.conkey[1])
	JOIN pg_attribute b ON (b.attrelid, b.attnum) = (c.confrelid, c.confkey[1])
	WHERE c.contype = 'f' AND cardinality(c.conkey) = 1 AND EXISTS (SELECT FROM clearance.binding x WHERE x.relation = c.conrelid)
		AND EXISTS (SELECT FROM clearance.binding x WHERE x.relation = c.confrelid) ORDER BY 1, 2, 3});
push @joins, map { [ @$_[ 2, 3, 0, 1 ] ] } @joins;

foreach my $login (@outsiders)
{
	my $wire = open_session($login);
	my %found;
	my ($done, $refused) = (0, 0);
	my $sql = OutsiderSql->new(tables_for($login), \@joins);

	while ($done < $statements)
	{
		my @episode = $sql->episode;

		$wire->query('BEGIN');
		foreach my $statement (@episode)
		{
			my ($heard, $result) = run($wire, $statement);

			$done++;
			$refused++ if $result->{error};
			note_found(\%found, $heard, $statement);
		}
		$wire->query('ROLLBACK');
		$wire = open_session($login) if ($wire->status // '') ne 'I';
	}
	note "$login: $done statements, of them $refused errors";
	judge($login, 'a statement', \%found);
}

#
# Several actors in one session: what is prepared for one is run for another.
#
$node->safe_psql($db, q{CREATE ROLE regress_gate LOGIN IN ROLE app_user; SELECT clearance.trust_role('regress_gate')});
{
	my @members = map { [ split /\|/ ] } split /\n/, $node->safe_psql($db, 'SELECT login, member FROM canaries.outsider WHERE member IS NOT NULL ORDER BY login');
	my $wire = open_session('regress_gate');
	my %found;
	my $sql = OutsiderSql->new(tables_for(@outsiders), \@joins);
	my $number = 0;

	for (my $left = $statements / 8; $left > 0; $left--)
	{
		my $prepared = 'p' . $number++ % 20;

		$wire->query("DEALLOCATE $prepared; SET plan_cache_mode = " . (qw(auto force_generic_plan))[ rand 2 ]);
		for (1 .. 8)
		{
			my ($login, $member) = @{ $members[ rand @members ] };
			my $statement = $_ == 1 ? "PREPARE $prepared AS " . $sql->query : 'EXECUTE p' . int(rand($number < 20 ? $number : 20));

			$wire->query("SELECT clearance.set_actor(id => $member, local => false)");
			my ($heard) = run($wire, $statement);
			note_found($found{$login} //= {}, $heard, $statement);
		}
	}
	judge($_->[0], 'a plan of several', $found{ $_->[0] }) foreach @members;
}

is($node->safe_psql('postgres', 'SELECT 1'), 1, 'the server is there');
unlike(slurp_file($node->logfile), qr/terminated by signal|TRAP:|PANIC:/, 'and never went away');
$node->stop;
done_testing();

# ---- what they do -------------------------------------------------------------------------------

sub open_session
{
	my ($login) = @_;
	my $wire = Wire->new(host => $node->host, port => $node->port, user => $login, database => $db, options => '-c statement_timeout=2000') or die $Wire::refusal->{M};

	$wire->query($_) foreach OutsiderSql::preamble();
	return $wire;
}

# One statement in a subtransaction, if there is a transaction: all that the server says of it
sub run
{
	my ($wire, $statement) = @_;
	my $inside = $wire->status eq 'T';

	$wire->query('SAVEPOINT s') if $inside;
	$wire->listen(\my $heard);
	my $result = $wire->query($statement);
	$wire->listen(undef);
	$wire->query('ROLLBACK TO SAVEPOINT s') if $wire->status eq 'E';
	return ($heard, $result);
}

# The tables, with weight on those where somebody sees something
sub tables_for
{
	my $logins = join ', ', map { "'$_'" } @_;

	return [ map { my ($name, $key, $weight, @columns) = split /\|/; { name => $name, key => $key || undef, weight => $weight, columns => \@columns } }
		  split /\n/, $node->safe_psql($db, qq{
		SELECT b.relation, coalesce(b.key_column, ''), CASE WHEN EXISTS (SELECT FROM canaries.cell c JOIN canaries.open o USING (marker)
				WHERE c.relation = b.relation AND o.login IN ($logins)) THEN 4 ELSE 1 END,
			string_agg(quote_ident(a.attname), '|' ORDER BY a.attnum)
		FROM clearance.binding b JOIN pg_attribute a ON a.attrelid = b.relation AND a.attnum > 0 AND NOT a.attisdropped
		GROUP BY b.id, b.relation, b.key_column ORDER BY b.id}) ];
}

sub note_found
{
	my ($found, $heard, $statement) = @_;

	$found->{$_} //= $statement foreach ($heard // '') =~ /$canary/g;
	return;
}

# What was found, by marker, with where: is it open to the login?
sub judge
{
	my ($login, $by, $found) = @_;
	my $known = $markers{$login};
	my @open = grep { $known->{$_} } keys %$found;
	# what is in no cell is what a statement makes of its own text
	my @closed = grep { defined $known->{$_} && !$known->{$_} } keys %$found;

	is(scalar(@closed), 0, "$by shows $login nothing that is hidden")
	  or diag(map { "$_ (" . place_of($node, $db, $_) . "): $found->{$_}\n" } @closed > 5 ? @closed[ 0 .. 4 ] : @closed);
	# sqlsmith meets rows by chance
	return if $by eq 'sqlsmith' && $statements < 1000;
	cmp_ok(scalar(@open), '>', 0, "and some of what is open: " . @open . ' of ' . grep { $_ } values %$known);
	return;
}
