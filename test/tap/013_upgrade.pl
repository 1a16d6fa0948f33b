
# ALTER EXTENSION UPDATE makes of a database of an earlier version what CREATE
# EXTENSION makes today, and keeps everybody's rows and grants. In between, and
# in sessions that go on, there is an error, never another row.
#
# The earlier version is there as it was: its install script, and its library
# made from its sources.

use strict;
use warnings;
use Cwd;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Catalog;
use Installation;
use Sample;
use Wire;
use Workspace;

my $old = '0.1.0';
plan skip_all => "$old is for PostgreSQL 15 alone" if Installation::major() != 15;

my $top = "$FindBin::RealBin/../..";
my ($new) = slurp_file("$top/pg_clearance.control") =~ /default_version = '(.*)'/;
my ($pending) = map { s{.*/(src/sql/)}{$1}r } glob("$top/src/sql/updates/pg_clearance--*--$new.sql");
my $dir = PostgreSQL::Test::Utils::tempdir();
my $other_version = qr/ERROR:  extension pg_clearance is of version $old in this database, its library of version $new/;

my $installation = Installation->new;
my $new_library = "$dir/new.so";
my $old_library = Installation::build_library("$top/test/upgrade/pg_clearance-$old.tar.gz");

$installation->put($installation->library, $new_library);
$installation->put("$top/test/upgrade/pg_clearance--$old.sql", $installation->script($old));
$installation->put($old_library, $installation->library);

my $node = new_server('main', install_path => $installation->path);

# ---- the script is made of what is known ----------------------------------------------------------

# A statement of which nobody said whether it can be replaced, and one that does not end.
foreach my $statement ([ 'VACUUM;', 'neither known as what can be replaced nor as what cannot' ],
	[ "-- \@again\nALTER TABLE x;", 'only a block can run again' ],
	[ 'CREATE VIEW x AS', 'the last statement of the modules does not end' ])
{
	my ($sql, $error) = @$statement;

	append_to_file("$dir/module.sql", "$sql\n");
	$node->command_fails_like([ 'awk', '-f', "$top/src/sql/updates/update.awk", "$dir/module.sql", "$top/$pending" ],
		qr/: $error$/, "no script is made of: $sql");
	unlink "$dir/module.sql";
}

# ---- a database of the earlier version, and what everybody sees -----------------------------------

make_database('empty', $old);
make_database('small', $old, \&load_small);
make_database('large', $old, \&load_large);
make_database('naming', $old, \&load_naming);
is($node->safe_psql('small', "SELECT extversion FROM pg_extension WHERE extname = 'pg_clearance'"), $old, "the database is of $old");

# what an administrator decided, which is no part of the extension
$node->safe_psql('small', <<'EOSQL');
CREATE ROLE regress_desk;
GRANT EXECUTE ON FUNCTION clearance.create_partner TO regress_desk WITH GRANT OPTION;
GRANT EXECUTE ON FUNCTION clearance.protect TO regress_desk;
GRANT EXECUTE ON FUNCTION clearance.map_role TO regress_desk WITH GRANT OPTION;
REVOKE EXECUTE ON FUNCTION clearance.whoami FROM PUBLIC;
GRANT EXECUTE ON FUNCTION clearance.whoami TO regress_app;
GRANT SELECT ON clearance.matrix TO regress_desk;
GRANT SELECT (name) ON clearance.level TO regress_desk;
REVOKE SELECT ON clearance.rates FROM PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO regress_desk;
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO regress_desk;
EOSQL
my $granted = <<'EOSQL';
SELECT has_function_privilege('regress_desk', p.oid, 'EXECUTE WITH GRANT OPTION') FROM pg_proc p WHERE p.proname = 'create_partner';
SELECT has_function_privilege('regress_desk', p.oid, 'EXECUTE') FROM pg_proc p WHERE p.proname = 'protect';
SELECT has_function_privilege('regress_desk', p.oid, 'EXECUTE WITH GRANT OPTION') FROM pg_proc p WHERE p.proname = 'map_role';
SELECT has_function_privilege('regress_desk', p.oid, 'EXECUTE'), has_function_privilege('regress_app', p.oid, 'EXECUTE')
FROM pg_proc p WHERE p.proname = 'whoami';
SELECT has_table_privilege('regress_desk', 'clearance.matrix', 'SELECT');
SELECT has_column_privilege('regress_desk', 'clearance.level', 'name', 'SELECT'), has_table_privilege('regress_desk', 'clearance.level', 'SELECT');
SELECT has_table_privilege('regress_desk', 'clearance.rates', 'SELECT');
EOSQL
my $grants = "t\nt\nt\nf|t\nt\nt|f\nf";
is($node->safe_psql('small', $granted), $grants, 'grants are as the administrator made them');

my %before;
$before{small} = rows_of_small('small');
# Simplified plans of 0.1.0 lack rows below rows of the account for collaborators; judged one by one, they are there.
$node->safe_psql('large', 'ALTER DATABASE large SET clearance.simplify = off');
$before{large} = rows_of_sample($node, 'large');
$node->safe_psql('large', 'ALTER DATABASE large RESET clearance.simplify');
like($before{small}, qr/^$_\|/m, "$_ sees rows") foreach qw(ada sam cole otto adele pat rex carla sue);
like($before{small}, qr/^regress_$_ task/m, "login role $_ sees tasks") foreach qw(cole acme);
$before{own} = own_rows('small', my $columns = own_columns('small'));
my $old_catalog = extension_catalog($node, 'small');
my $old_protected = protected_catalog($node, 'small');

# ---- the new library, and an upgrade that fails ---------------------------------------------------

# the server still has the library that it was started with
$node->stop;
$installation->put($new_library, $installation->library);
$node->start;

# Whoever asks anything of a table hears what to do; the system's catalog is there, and so are dumps.
foreach my $user (qw(postgres regress_app regress_cole regress_nobody))
{
	is_refused('small', "SELECT count(*) FROM $_", $user, "reading $_ under the new library as $user")
	  foreach 'app.project', 'app."Task List"';
}
is_refused('small', q{INSERT INTO app.project (id, account, name) VALUES (gen_random_uuid(), 'n', 'x')}, 'postgres', 'writing');
is_refused('small', q{SELECT clearance.can('task.create')}, 'regress_cole', 'a question');
is_refused('small', q{CREATE TABLE zone.last_tasks PARTITION OF app."Task List" FOR VALUES FROM (301) TO (401)}, 'postgres', 'a partition');
is_refused('small', q{SELECT clearance.set_actor(key => 'ada')}, 'regress_app', 'naming an actor');
my $extensions = $installation->script($old) =~ s{[^/]+$}{}r;
append_to_file("${extensions}regress_other.control", "default_version = '1'\n");
append_to_file("${extensions}regress_other--1.sql", "SELECT clearance.set_actor(key => 'ada');\n");
is_refused('small', 'CREATE EXTENSION regress_other', 'postgres', 'the script of another extension');
$node->command_ok([ 'pg_dump', '-f', "$dir/between", '-d', 'small' ], 'a superuser can still take a dump');

my $script = $installation->script($pending =~ /pg_clearance--(.*)\.sql/);
my $whole = slurp_file($script);
append_to_file($script, "\nSELECT 1 / 0;\n");
my ($rc, $out, $err) = $node->psql('small', 'ALTER EXTENSION pg_clearance UPDATE');
like($err, qr/division by zero/, 'an upgrade that fails at its end');
is_deeply([ differences('after', extension_catalog($node, 'small'), 'before', $old_catalog) ], [], 'changes nothing of the extension');

$node->stop;
$installation->put($old_library, $installation->library);
$node->start;
is_deeply([ differences('after', protected_catalog($node, 'small'), 'before', $old_protected) ], [], 'nor of protected tables');
is(rows_of_small('small'), $before{small}, "and $old goes on");

# ---- the upgrade ----------------------------------------------------------------------------------

# An old session may not run it: part of the new functions would be called in the old library.
unlink $script;
append_to_file($script, $whole);
($rc, $out, $err) = $node->psql('small', 'ALTER EXTENSION pg_clearance UPDATE');
like($err, qr/ERROR:  the library of pg_clearance in this session is of version $old\n.*HINT:  Connect again/s,
	'a server that was not restarted does not upgrade');
($rc, $out, $err) = $node->psql('postgres', 'CREATE EXTENSION pg_clearance');
like($err, qr/ERROR:  could not find function "clearance_library_version"/, 'nor does it make the new extension');

$node->stop;
$installation->put($new_library, $installation->library);
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE regress_other SUPERUSER LOGIN');
($rc, $out, $err) = $node->psql('small', 'ALTER EXTENSION pg_clearance UPDATE', extra_params => [ '-U', 'regress_other' ]);
like($err, qr/ERROR:  extension pg_clearance is to be updated by its owner, \w+\nHINT:  SET ROLE/, 'another superuser does not upgrade');
$node->safe_psql('small', 'CREATE SCHEMA clearance_internal AUTHORIZATION regress_app');
($rc, $out, $err) = $node->psql('small', 'ALTER EXTENSION pg_clearance UPDATE');
like($err, qr/ERROR:  schema "clearance_internal" already exists/, 'a schema that somebody else has made is not taken for its own');
$node->safe_psql('small', 'DROP SCHEMA clearance_internal');
# What is the application's goes on. Readers of permissions wait where a table gets a column or a constraint, and for no other.
my $locked = $node->safe_psql('small', <<'EOSQL');
BEGIN;
CREATE TEMP TABLE before AS SELECT c.oid FROM pg_class c;
ALTER EXTENSION pg_clearance UPDATE;
SELECT DISTINCT c.oid::regclass::text COLLATE "C" FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN before b ON b.oid = c.oid
WHERE l.pid = pg_backend_pid() AND c.relkind IN ('r', 'p') AND c.relnamespace::regnamespace::text <> 'pg_catalog'
  AND (l.mode = 'AccessExclusiveLock'
       OR l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock') AND c.relnamespace <> 'clearance'::regnamespace)
ORDER BY 1;
ROLLBACK;
EOSQL
my %widened = map { $_ => 1 } slurp_file("$top/$pending") =~ /^ALTER TABLE (clearance\.\w+) (?:ADD COLUMN|DROP CONSTRAINT)/mg;
is($locked, join("\n", sort keys %widened), 'an upgrade locks out readers of no table but those that get a column or a constraint, and writers of none of the application');
$node->safe_psql($_, 'ALTER EXTENSION pg_clearance UPDATE') foreach qw(empty small large naming);
is($node->safe_psql('small', "SELECT extversion FROM pg_extension WHERE extname = 'pg_clearance'"), $new, "the database is of $new");

make_database('fresh_empty', $new);
make_database('fresh_small', $new, \&load_small);
make_database('fresh_large', $new, \&load_large);
make_database('fresh_naming', $new, \&load_naming);

# everything is as in a new database
my $fresh = extension_catalog($node, 'fresh_empty');
cmp_ok(scalar(keys %$fresh), '>', 2000, 'a catalog says much');
same_catalog('empty', extension_catalog($node, 'empty'), $fresh);
my $fresh_rows = installed_rows($node, 'fresh_empty');
same_catalog('empty', installed_rows($node, 'empty'), $fresh_rows);
same_catalog('large', extension_catalog($node, 'large'), extension_catalog($node, 'fresh_large'));
same_catalog("$_, protected tables", protected_catalog($node, $_), protected_catalog($node, "fresh_$_")) foreach qw(small large naming);

# but for what the administrator granted
my @changed = differences('upgraded', extension_catalog($node, 'small'), 'fresh', extension_catalog($node, 'fresh_small'));
is_deeply([ map { /^(\S+ [\w.]+)/ } @changed ],
	[ 'column name', map({ "function clearance.$_" } qw(create_partner map_role protect whoami)), map({ "relation clearance.$_" } qw(matrix rates)) ],
	'it is the same where the administrator granted and revoked nothing') or diag(join "\n", @changed);
ok(!(grep { !/: privileges (differs|is only)/ } @changed), 'and elsewhere but for the privileges') or diag(join "\n", @changed);
is($node->safe_psql('small', $granted), $grants, 'all that is granted still is, and what was revoked is not');

# everybody sees what they saw
is(rows_of_small('small'), $before{small}, 'small: every member sees and may do what it did');
is(rows_of_small('fresh_small'), $before{small}, 'small: and what it would in a new database');
my $own = own_rows('small', $columns);
is($own =~ s/^action\|.*"(act_as|view_audit)".*\n//mgr, $before{own}, 'small: every row of the extension is what it was');
is(join("\n", $own =~ /^action\|.*"act_as".*/mg), 'action|{"name": "act_as", "reads": false, "feature": "settings", "built_in": true, "comes_with_edit": false}', 'small: and one action is new');
is(rows_of_sample($node, 'large'), $before{large}, 'large: every member sees what it did');
is(rows_of_sample($node, 'fresh_large'), $before{large}, 'large: and what it would in a new database');

# what an upgrade leaves to be repaired; a dump does not wait for that
$node->command_ok([ 'pg_dump', '--format=custom', '-f', "$dir/early", '-d', 'small' ], 'a database is dumped that is not repaired');
$node->safe_psql('postgres', 'CREATE DATABASE early');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'early', "$dir/early" ], 'and restored');
is(rows_of_small('early'), $before{small}, 'early: every member sees and may do what it did');
$node->safe_psql('small', 'SELECT clearance.repair(t) FROM (SELECT relation FROM clearance.binding UNION SELECT relation FROM clearance.mirror) r (t)');
is_deeply([ differences('repaired', protected_catalog($node, 'small'), 'fresh', protected_catalog($node, 'fresh_small')) ], [],
	'small: what is repaired is as in a new database');
is(rows_of_small('small'), $before{small}, 'small: and every member sees what it did');

# ---- the dump of an upgraded database -------------------------------------------------------------

$node->command_ok([ 'pg_dump', '--format=custom', '-f', "$dir/dump", '-d', 'small' ], 'an upgraded database is dumped');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'restored', "$dir/dump" ], 'and restored');
is(rows_of_small('restored'), $before{small}, 'restored: every member sees and may do what it did');
is($node->safe_psql('restored', $granted), $grants, 'restored: grants are the same');
same_catalog('restored', extension_catalog($node, 'restored'), extension_catalog($node, 'small'));
same_catalog('restored, protected tables', protected_catalog($node, 'restored'), protected_catalog($node, 'small'));

# one that was taken before names what is elsewhere now
$node->safe_psql('postgres', 'CREATE DATABASE late_dump');
$node->command_fails_like([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '--single-transaction', '-d', 'late_dump', '-f', "$dir/between" ],
	qr/function clearance\.\w+\(\) does not exist/, "a dump of $old is not restored into $new");

# ---- the comparison finds what an upgrade forgot --------------------------------------------------

foreach my $planted (
	[ 'ALTER FUNCTION clearance_internal.is_web_address SET work_mem = 64', 'function clearance_internal.is_web_address(text): definition' ],
	[ 'CREATE OR REPLACE FUNCTION clearance_internal.is_web_address(address text) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN true',
		'function clearance_internal.is_web_address(text): definition' ],
	[ 'CREATE FUNCTION clearance.more() RETURNS int LANGUAGE sql RETURN 1', 'function clearance.more(): definition' ],
	[ 'ALTER EXTENSION pg_clearance DROP FUNCTION clearance_internal.is_web_address(text)',
		'function clearance_internal.is_web_address(pg_catalog.text): belongs to the extension' ],
	[ 'ALTER FUNCTION clearance_internal.is_email SET SCHEMA clearance', 'function clearance.is_email(text): definition' ],
	[ 'GRANT EXECUTE ON FUNCTION clearance.protect TO PUBLIC', 'function clearance.protect(regclass,text' ],
	[ "COMMENT ON FUNCTION clearance_internal.is_email IS 'x'", 'function clearance_internal.is_email(text): comment' ],
	[ 'COMMENT ON TABLE clearance.member IS NULL', 'relation clearance.member: comment' ],
	[ "COMMENT ON COLUMN clearance.member.name IS 'x'", 'column name of clearance.member: comment' ],
	[ 'ALTER TABLE clearance.member ADD COLUMN more text', 'column more of clearance.member: type' ],
	[ 'ALTER TABLE clearance.member ALTER status SET DEFAULT 1', 'column status of clearance.member: default' ],
	[ 'ALTER TABLE clearance.member ALTER account_id DROP NOT NULL', 'column account_id of clearance.member: form' ],
	[ 'ALTER TABLE clearance.member ADD CONSTRAINT more CHECK (true)', 'constraint more of clearance.member: definition' ],
	[ 'CREATE INDEX more ON clearance.member (name)', 'relation clearance.more: index' ],
	[ 'ALTER TABLE clearance.member DISABLE ROW LEVEL SECURITY', 'relation clearance.member: row security' ],
	[ 'SET clearance.maintaining = on; ALTER TABLE clearance.member ENABLE TRIGGER "00_clearance_note_change"',
		'trigger "00_clearance_note_change" of clearance.member: fires' ],
	[ 'ALTER EVENT TRIGGER clearance_follow_drop ENABLE', 'event trigger clearance_follow_drop: fires' ],
	[ 'ALTER VIEW clearance.partners RESET (security_barrier)', 'relation clearance.partners: kind' ],
	[ 'GRANT SELECT ON clearance.matrix TO PUBLIC', 'relation clearance.matrix: privileges' ],
	[ 'REVOKE USAGE ON SCHEMA clearance FROM PUBLIC', 'schema clearance: privileges' ],
	[ 'ALTER SEQUENCE clearance.member_id_seq CACHE 9', 'relation clearance.member_id_seq: sequence' ],
	[ 'ALTER TABLE clearance.member OWNER TO regress_other', 'relation clearance.member: owner' ],
	[ 'ALTER TYPE clearance.app_key OWNER TO regress_other', 'type clearance.app_key: owner' ],
	[ "COMMENT ON CAST (text AS clearance.app_key) IS 'x'", 'cast (pg_catalog.text AS clearance.app_key): comment' ],
	[ "UPDATE pg_extension SET extcondition[1] = 'x' WHERE extname = 'pg_clearance'", 'what dumps hold of clearance.feature: condition' ],
	[ "DELETE FROM pg_init_privs WHERE objoid = 'clearance.partners'::regclass AND objsubid = 0",
		'relation clearance.partners: privileges that dumps leave out' ],
	[ "UPDATE clearance.level SET description = 'x' WHERE name = 'moderate'", 'clearance.level: rows' ])
{
	my ($sql, $name) = @$planted;
	my @found = (
		differences('planted', extension_catalog($node, 'empty', "BEGIN; $sql;\n"), 'fresh', $fresh),
		differences('planted', installed_rows($node, 'empty', "BEGIN; $sql;\n"), 'fresh', $fresh_rows));

	ok((grep { index($_, $name) == 0 } @found), "found: $sql") or diag(join "\n", @found);
}

$node->stop;

# ---- sessions that are there while a database is upgraded -----------------------------------------

# Without preloading, a session has the library that was installed when it first needed it.
$installation->put($old_library, $installation->library);
$node = new_server('late', install_path => $installation->path, settings => '');
make_database('small', $old, \&load_small);

my $tasks = 'SELECT "Id" FROM app."Task List" ORDER BY 1';
my $old_session = session('regress_cole');
my $seen = rows($old_session->query($tasks));
like($seen, qr/\d,\d/, 'a session sees rows');

$installation->put($new_library, $installation->library);
my $new_session = session('regress_cole');
like($new_session->query($tasks)->{error}{M}, qr/^extension pg_clearance is of version $old/, 'one with the new library sees none before the upgrade');
my $error = session('postgres')->query('ALTER EXTENSION pg_clearance UPDATE')->{error};
is($error, undef, 'the database is upgraded under both');
is(rows($new_session->query($tasks)), $seen, 'the one with the new library sees them from then on');
is_same_or_error($old_session, $seen, 'the one with the old library sees them still, or nothing');

# A later version, for which this library is the old one: its script asks for the library first.
append_to_file($installation->script("$new--9.9"), slurp_file($script) =~ /^(DO \$\$\nDECLARE\n    version text.*?^\$\$;)/ms);
$error = session('postgres')->query("ALTER EXTENSION pg_clearance UPDATE TO '9.9'")->{error}{M};
is($error, "the library of pg_clearance in this session is of version $new, not 9.9", 'a later version asks for its library');

# Were it upgraded by a session with that library, the others would read nothing more, whatever they kept.
unlink $installation->script("$new--9.9");
append_to_file($installation->script("$new--9.9"), slurp_file($script) =~ /^(CREATE OR REPLACE FUNCTION .*?;)$/ms);
is(rows($new_session->query($tasks)), $seen, 'a session has read and kept what its actor may see');
is(session('postgres')->query("ALTER EXTENSION pg_clearance UPDATE TO '9.9'")->{error}, undef, 'the database is of a later version');
$error = $new_session->query($tasks)->{error};
like($error->{M}, qr/^extension pg_clearance is of version 9\.9 in this database, its library of version $new/,
	'the session sees nothing more');
like($error->{H}, qr/^Connect again; .* install the files of the extension's version/, 'and hears that it is the library that is older');

# Versions are compared by their numbers.
foreach my $later ('0.10.0', '0.2.0.1', '1')
{
	$node->safe_psql('small', "UPDATE pg_extension SET extversion = '$later' WHERE extname = 'pg_clearance'");
	like(session('regress_cole')->query($tasks)->{error}{H}, qr/^Connect again/, "$later is later");
}
$node->safe_psql('small', "UPDATE pg_extension SET extversion = '0.1.10' WHERE extname = 'pg_clearance'");
like(session('regress_cole')->query($tasks)->{error}{H}, qr/^Run ALTER EXTENSION/, '0.1.10 is earlier');

$node->stop;
done_testing();

sub make_database
{
	my ($db, $version, $load) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->safe_psql($db, "CREATE EXTENSION pg_clearance VERSION '$version'");
	$load->($db) if $load;
}

sub load_small
{
	my ($db) = @_;

	load_workspace($node, $db);
	$node->safe_psql($db, administered());
}

# The sample workspace, as the earlier version could load it, with seven people's worth of every kind of member.
sub load_large
{
	my ($db) = @_;
	my $here = getcwd();

	unless (-d "$dir/workspace")
	{
		system_or_bail('tar', '-C', $dir, '-xzf', "$top/test/upgrade/workspace-$old.tar.gz");
		symlink("$top/examples/workspace/data", "$dir/workspace/data") or die $!;
	}
	chdir "$dir/workspace" or die $!;
	$node->command_ok([ 'psql', '-Xq', '-d', $db, '-f', 'load.sql', '-o', '/dev/null' ], "the sample workspace is loaded into $db");
	chdir $here or die $!;
}

# Tables whose columns name rows of another one, and lead to members by a link table: 0.1.0 asked for nothing there.
sub load_naming
{
	my ($db) = @_;

	$node->safe_psql($db, <<'EOSQL');
CREATE SCHEMA app;
CREATE TABLE app.phase (id integer PRIMARY KEY, project integer);
CREATE TABLE app.errand (id integer PRIMARY KEY, project integer, phase integer) PARTITION BY RANGE (id);
CREATE TABLE app.errand_1 PARTITION OF app.errand DEFAULT;
CREATE TABLE app.errand_who (errand integer, who integer, PRIMARY KEY (errand, who));
CREATE TABLE app.team_member (id integer PRIMARY KEY, project integer, team integer, member integer);
CREATE TABLE app.job (id integer PRIMARY KEY, project integer, team integer);
SELECT clearance.protect('app.phase', 'phase', project => 'project'), clearance.protect('app.errand', 'task', project => 'project', key => 'id'),
       clearance.protect('app.team_member', 'task', project => 'project'), clearance.protect('app.job', 'task', project => 'project');
SELECT clearance.relate('app.errand', 'assigned', 'who', link => 'app.errand_who', link_column => 'errand'),
       clearance.relate('app.phase', 'assigned_task', link => 'app.errand', link_column => 'phase'),
       clearance.relate('app.job', 'assigned', 'member', link => 'app.team_member', link_column => 'team', row_column => 'team');
EOSQL
}

# The extension's tables with their columns, and the rows of these.
sub own_columns
{
	my ($db) = @_;

	return $node->safe_psql($db, <<'EOSQL');
SELECT string_agg(format('SELECT %L, to_jsonb(t)::text FROM (SELECT %s FROM %s) t', c.relname, a.names, c.oid::regclass), ' UNION ALL ')
FROM pg_class c
CROSS JOIN LATERAL (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attname) AS names FROM pg_attribute
                    WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) a
WHERE c.relnamespace = 'clearance'::regnamespace AND c.relkind = 'r' AND c.relname NOT IN ('version', 'version_part')
EOSQL
}

sub own_rows
{
	my ($db, $queries) = @_;

	return $node->safe_psql($db, "$queries ORDER BY 1, 2");
}

sub rows_of_small
{
	my ($db) = @_;

	return join "\n", rows_by_member($node, $db), rows_by_login($node, $db);
}

sub session
{
	my ($user) = @_;

	return Wire->new(host => $node->host, port => $node->port, user => $user, database => 'small');
}

sub rows
{
	my ($result) = @_;

	return join ',', map { @$_ } @{ $result->{rows} };
}

sub is_same_or_error
{
	my ($session, $expected, $what) = @_;
	my $result = $session->query($tasks);

	ok($result->{error} ? !@{ $result->{rows} } : rows($result) eq $expected, $what) or diag(rows($result));
	note($result->{error} ? $result->{error}{M} : 'it goes on');
}

sub is_refused
{
	my ($db, $sql, $user, $what) = @_;
	my ($rc, $out, $err) = $node->psql($db, $sql, extra_params => [ '-U', $user ]);

	like("$out$err", qr/^psql:\S+ $other_version\nHINT:  Run ALTER EXTENSION pg_clearance UPDATE/, "refused: $what") or diag("$user: $sql");
}

sub same_catalog
{
	my ($db, $got, $expected) = @_;
	# an upgrade locks no writers of the application's tables out: clearance.repair() makes these triggers, and plans do without
	my @found = grep {
		!/^trigger (?:"00_clearance_(?:note_account|circle|children_circle|project_key)"|"0_clearance_mirror(?:_change)?") of \S+: definition is only fresh$/
		  && !/^trigger clearance_mirror of \S+: definition is only \Q$db\E$/
	} differences($db, $got, 'fresh', $expected);

	ok(!@found, "$db: as a new database of $new")
	  or diag(join("\n", @found) . "\nWhoever changed these objects in src/sql: say in $pending what an upgrade does.");
}
