
# Nothing that a client receives tells what a masked column holds: rows, notices,
# errors, EXPLAIN, of sessions that preloaded the library and of others; and masks
# survive a dump.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Installation;
use Workspace;

my $node = new_server('main');
my $dir = PostgreSQL::Test::Utils::tempdir();
# in every masked value, and nowhere else
my $marker = qr/MARKER|777000/;

$node->safe_psql('postgres', q{
	SET client_min_messages = error;
	CREATE EXTENSION pg_clearance;
	CREATE ROLE regress_mask_owner;
	CREATE ROLE regress_mask_pat LOGIN;
	CREATE ROLE regress_mask_ann LOGIN;
	CREATE SCHEMA app;
	GRANT USAGE ON SCHEMA app TO PUBLIC;
	GRANT ALL ON SCHEMA app TO regress_mask_owner;
	SELECT clearance.create_account('Masks', key => 'masks');
	SELECT clearance.create_action('task', 'view_price');
	SELECT clearance.create_partner('Perm', 'permissive');
	SELECT clearance.add_member('ann', roles => '{account_admin}');
	SELECT clearance.add_member('pat', partner => (SELECT id FROM clearance.partner), partner_admin => true);
	SELECT clearance.create_project('p' || i) FROM generate_series(1, 3) i;
	SELECT clearance.add_partner_to_project('p' || i, (SELECT id FROM clearance.partner)) FROM generate_series(1, 3) i;
	SELECT clearance.map_role(('regress_mask_' || key)::regrole, member => id) FROM clearance.member;
	SET ROLE regress_mask_owner;
	CREATE TABLE app.task (id integer PRIMARY KEY, project text, title text, price integer, note text);
	INSERT INTO app.task SELECT i, 'p' || i % 3 + 1, 'task ' || i, 7770000 + i % 10, 'MARKER' || i FROM generate_series(1, 5000) i;
	CREATE FUNCTION app.tell(anyelement) RETURNS boolean LANGUAGE plpgsql COST 0.01 AS
		$$ BEGIN RAISE NOTICE 'saw %', $1; RETURN true; END $$;
	CREATE FUNCTION app.tasks() RETURNS SETOF app.task LANGUAGE sql STABLE AS 'SELECT * FROM app.task';
	GRANT SELECT, INSERT, UPDATE, DELETE ON app.task TO PUBLIC;
	RESET ROLE;
	SELECT clearance.protect('app.task', 'task', project => 'project');
	SELECT clearance.mask_column('app.task', 'price', 'view_price');
	SELECT clearance.mask_column('app.task', 'note', 'view_price', mask => $m$'hidden'$m$);
	ANALYZE app.task});

my @statements = (
	'SELECT * FROM app.task WHERE id < 5',
	'SELECT t FROM app.task t WHERE id < 5',
	'SELECT count(*) FROM app.task WHERE app.tell(note) AND id < 5',
	'SELECT count(*) FROM app.task t WHERE app.tell(t) AND id < 5',
	'SELECT * FROM app.tasks() WHERE app.tell(price) AND id < 5',
	'SELECT sum(price), max(note) FROM app.task',
	'COPY app.task TO STDOUT',
	'COPY app.task (note) TO STDOUT',
	'COPY (SELECT note FROM app.task LIMIT 3) TO STDOUT',
	'BEGIN; DECLARE c SCROLL CURSOR FOR SELECT * FROM app.task; FETCH 3 FROM c; FETCH PRIOR FROM c; COMMIT',
	'BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT * FROM app.task WHERE id < 9; COMMIT; FETCH 3 FROM c',
	'PREPARE p AS SELECT note FROM app.task WHERE id = $1; EXECUTE p(1); EXECUTE p(2)',
	'SET plan_cache_mode = force_generic_plan; PREPARE p AS SELECT note FROM app.task WHERE id = $1; EXECUTE p(1)',
	'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SELECT max(note), sum(price) FROM app.task',
	'SET ' . Installation::parallel_setting() . ' = on; SELECT note FROM app.task WHERE id < 5',
	'EXPLAIN SELECT * FROM app.task WHERE price = 7770001',
	'EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM app.task WHERE note > $$a$$',
	q{SELECT most_common_vals, histogram_bounds FROM pg_stats WHERE tablename = 'task'},
	'SELECT note::integer FROM app.task',
	q{UPDATE app.task SET id = 2 WHERE id = 1 RETURNING *},
	q{UPDATE app.task SET title = repeat('x', 5), project = NULL WHERE id = 1 RETURNING *},
	q{UPDATE app.task SET price = 1 WHERE id = 1},
	q{INSERT INTO app.task (id, project) VALUES (1, 'p1')},
	q{DELETE FROM app.task WHERE id = 1 AND app.tell(note) RETURNING note},
	'SET debug_print_plan = on; SET client_min_messages = log; SELECT note FROM app.task WHERE id = 1',
	'SET client_min_messages = debug5; SELECT note, price FROM app.task WHERE price > 1',
	'SELECT note FROM app.task WHERE id = 1 FOR UPDATE',
	'CREATE TEMP TABLE t AS SELECT * FROM app.task; SELECT * FROM t WHERE id < 5',
	'CREATE TEMP VIEW v AS SELECT * FROM app.task; SELECT * FROM v WHERE id < 5',
	'DO $$ DECLARE r record; BEGIN SELECT * INTO r FROM app.task LIMIT 1; RAISE WARNING $x$%$x$, r; END $$');

sub received
{
	my ($login, $sql) = @_;
	my ($out, $err);

	$node->psql('postgres', "SET client_min_messages = notice; $sql",
		extra_params => [ '-U', $login ], stdout => \$out, stderr => \$err, on_error_stop => 0);
	return "$out\n$err";
}

sub shows_nothing
{
	my ($how) = @_;

	foreach my $sql (@statements)
	{
		unlike(received('regress_mask_pat', $sql), $marker, "$how: $sql");
	}
}

shows_nothing('preloaded');
# the roads lead there
my $shown = grep { received('regress_mask_ann', "BEGIN; $_; ROLLBACK") =~ $marker } @statements;
cmp_ok($shown, '>=', 18, 'who may read the columns meets the markers');
like(received('regress_mask_pat', 'SELECT note, price FROM app.task WHERE id = 2'), qr/^hidden\|$/m, 'masks are read');

# a statement that replaces what a function says is heard of by plans that hold its query
like(received('regress_mask_pat', q{
	PREPARE p AS SELECT note FROM app.tasks() WHERE id = 2; EXECUTE p;
	\! psql -qX -U } . (getpwuid($<))[0] . q{ -c "CREATE OR REPLACE FUNCTION app.tasks() RETURNS SETOF app.task LANGUAGE sql STABLE AS 'SELECT id, project, title, price, title FROM app.task'" postgres
	EXECUTE p}), qr/hidden\ntask 2/, 'functions that were put into a plan may be replaced');

#
# A dump holds masks
#
$node->command_ok([ 'pg_dump', '--format=custom', '--file', "$dir/dump", 'postgres' ], 'dumped');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'pg_restore', '--dbname', 'restored', "$dir/dump" ], 'restored');
is($node->safe_psql('restored', q{SELECT masks FROM clearance.protected_tables}),
	$node->safe_psql('postgres', q{SELECT masks FROM clearance.protected_tables}), 'masks are restored');
is($node->safe_psql('restored', 'SELECT note, price FROM app.task WHERE id = 2', extra_params => [ '-U', 'regress_mask_pat' ]),
	'hidden|', 'and masked');
is($node->safe_psql('restored', q{SELECT clearance.mask_column('app.task', 'title', 'view_price'); SELECT count(*) FROM clearance.binding_mask}),
	"\n3", 'others can be declared');

#
# Without the library preloaded, what names masked columns is refused
#
$node->adjust_conf('postgresql.conf', 'shared_preload_libraries', q{''});
$node->restart;
shows_nothing('not preloaded');
my $refused = received('regress_mask_pat', 'SELECT note FROM app.task');
like($refused, qr/column "note" of app\.task is masked, and this statement cannot mask it/, 'it is refused');
like($refused, qr/add pg_clearance to shared_preload_libraries/, 'and the error says what to preload');
like(received('regress_mask_ann', 'SELECT note FROM app.task'), qr/is masked/, 'to who may read it, too');
like(received('regress_mask_pat', 'SELECT title FROM app.task WHERE id = 2'), qr/^task 2$/m, 'other columns are read');
like(received('regress_mask_pat', 'UPDATE app.task SET price = 1 WHERE id = 2'), qr/is masked/, 'nor is it written');
like(received('regress_mask_pat', 'SELECT title FROM app.task WHERE id = 2; SELECT note FROM app.task WHERE id = 2'), qr/^hidden$/m,
	'once a statement has loaded it, columns are masked');

done_testing();
