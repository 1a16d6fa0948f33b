
# The examples of the documents are what happens: those of README.md, of
# doc/reference.md and doc/tokens.md, which go on where README ends, and of
# doc/cookbook.md run from top to bottom, as their readers would type them in. Document.pm says how
# a document shows results and errors.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Document;
use Workspace;

my $top = "$FindBin::RealBin/../..";

# ---- what is not so is found -----------------------------------------------------------------------

my $node = new_server('main');
my $planted = <<'EOF';
```sql
SELECT 1;                    -- 2: not so
SELECT 1, true, NULL;        -- 1, true, NULL: so
SELECT 'a' UNION SELECT 'b'
ORDER BY 1;                  -- a; b comes too
SELECT 1 WHERE false;        -- none
SELECT 'one -- two;', $$;$$; -- one…, ;
```
Text; more text.
```sql
SELECT 1/0;
SELECT 1/0;
-- error: division by zero
SELECT 1/0;                  -- error: division by one
SELECT 1;
-- error: division by zero
SELECT 1, NULL;
-- 1 |
SELECT 1, 2;
-- 1 | 3
CREATE TABLE t (i int);      -- a remark
UPDATE t SET i = 1;          -- UPDATE 1
INSERT INTO t VALUES (3) RETURNING i;   -- 4
\errverbose
-- CONSTRAINT NAME:  t_key
SELECT 1
```
EOF
my @found = run_examples($node, 'postgres', examples_of($planted));
is_deeply(
	[ map { /^line (\d+)/ } @found ],
	[ 2, 4, 11, 14, 15, 19, 22, 23, 24, 26 ],
	'each example that is not so is found, with its line') or diag(join "\n", @found);

is_deeply(
	[ map { run_examples($node, 'postgres', examples_of("```sql\n$_\n```\n")) } "SELECT 1;\nSELECT 'x;", 'SELECT pg_terminate_backend(pg_backend_pid());', "\\q" ],
	[ ('psql did not come to the end of the last statement') x 3 ],
	'and so is one that swallows those after it');

# ---- the documents ---------------------------------------------------------------------------------

$node->safe_psql('postgres', 'CREATE DATABASE readme');
run_document($node, 'readme', 'README.md', 40);
$node->safe_psql('postgres', 'CREATE DATABASE reference TEMPLATE readme');
run_document($node, 'reference', 'doc/reference.md', 200);
$node->safe_psql('postgres', 'CREATE DATABASE northwind TEMPLATE readme');
run_tokens($node, 'northwind');
$node->stop;

# login roles of the same names: they belong to the server
$node = new_server('other');
run_document($node, 'postgres', 'doc/cookbook.md', 200);
$node->stop;

# ---- commands --------------------------------------------------------------------------------------

my $help = `$top/run help`;
like($help, qr/^\.\/run $_\b/m, "README.md: ./run $_ is there") foreach slurp_file("$top/README.md") =~ /\.\/run ([a-z]+)/g;

done_testing();

# What its shell makes is the token that the session shows, as the application's login does and nobody who would see
# more. The rest is a superuser's, with a key and a schema of the reader's.
sub run_tokens
{
	my ($server, $db) = @_;
	my $text = slurp_file("$top/doc/tokens.md");
	my $dir = PostgreSQL::Test::Utils::tempdir();
	local %ENV = (%ENV, PGHOST => $server->host, PGPORT => $server->port, PGDATABASE => $db);

	append_to_file("$dir/issuer.sh", "cd '$dir'\n" . join('', $text =~ /^```sh\n(.*?)^```$/gms));
	my ($token) = `bash -e $dir/issuer.sh` =~ /(\S+)\n\z/;
	my ($begins) = $text =~ /authenticate\('(\w+)/;
	is($?, 0, 'doc/tokens.md: the shell makes keys and a token');
	like($token, qr/^$begins/, 'which begins as it says');

	my ($shown, @rest) = map { "```sql\n$_```\n" } ($text =~ s/$begins[^']*/$token/r) =~ /^```sql\n(.*?)^```$/gms;
	my @wrong = run_examples($server, $db, examples_of("```sql\nSET SESSION AUTHORIZATION app_backend;\n```\n$shown"));
	my $mine = "```sql\nCREATE SCHEMA api;\n\\set key `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 | openssl pkey -pubout`\n```\n";
	push @wrong, run_examples($server, $db, examples_of(join '', $mine, @rest));
	is(scalar @wrong, 0, 'the examples of doc/tokens.md are so') or diag(join "\n", @wrong);

	my $header = "SELECT set_config('request.headers', '{\"authorization\": \"Bearer $token\"}', true); SELECT api.show_token();";
	is($server->safe_psql($db, "GRANT USAGE ON SCHEMA api TO app_backend; BEGIN; SET LOCAL ROLE app_backend; $header SELECT title FROM app.task") =~ s/.*\n//sr,
		'Survey', 'what PostgREST hands on is shown');
	my ($refused) = $text =~ /^```\n(ERROR: .*?)^```$/ms;
	my ($rc, $out, $err) = $server->psql($db, "SELECT clearance.authenticate('$token.')");
	is($err =~ s/^psql:\S+:\d+: //mgr . "\n", $refused, 'and one that is refused has the error that it says');
}

# Runs its examples, more than so many statements, in this database.
sub run_document
{
	my ($server, $db, $file, $least) = @_;
	my @examples = examples_of(slurp_file("$top/$file"));

	cmp_ok(scalar @examples, '>', $least, "$file has examples");
	my @wrong = run_examples($server, $db, @examples);
	is(scalar @wrong, 0, "the examples of $file are so") or diag(join "\n", map { "$file, $_" } @wrong);
}
