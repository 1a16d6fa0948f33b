
# The examples of the documents are what happens: those of README.md, of documents
# that go on where README ends, and of doc/cookbook.md run from top to bottom, as
# their readers would type them in; Document.pm says how a document shows results
# and errors. The lists of doc/features.md are what its queries give, messages that
# doc/troubleshooting.md quotes are in the sources, the code of doc/integrations.md
# is that of the programs which the suite clients runs, and links lead somewhere;
# what newcomers ask is answered one click from README.md.

use strict;
use warnings;
use Encode qw(decode_utf8);
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
$node->safe_psql('postgres', "CREATE DATABASE $_ TEMPLATE readme") foreach qw(faq lifecycle migrations troubleshooting reference northwind);
run_document($node, 'faq', 'doc/faq.md', 15);
run_document($node, 'lifecycle', 'doc/lifecycle.md', 10);
run_document($node, 'migrations', 'doc/migrations.md', 20);
run_document($node, 'troubleshooting', 'doc/troubleshooting.md', 20);
run_document($node, 'reference', 'doc/reference.md', 200);
run_tokens($node, 'northwind');
compare_features($node, 'features');
$node->stop;

# login roles of the same names: they belong to the server
$node = new_server('other');
run_document($node, 'postgres', 'doc/cookbook.md', 200);
$node->stop;

# ---- messages, links ------------------------------------------------------------------------------

my $said = messages_of(glob "$top/src/*/*.c $top/src/*.c $top/src/sql/*.sql");
my @quoted = slurp_file("$top/doc/troubleshooting.md") =~ /^\| `([^`]+)` \|/gm;
cmp_ok(scalar @quoted, '>', 20, 'doc/troubleshooting.md quotes messages');
is_deeply([ grep { index($said, decode_utf8($_)) < 0 } @quoted, 'is nowhere said' ], ['is nowhere said'], 'which are in the sources');

my %text = map { (my $file = $_) =~ s{^\Q$top\E/}{}; ($file => slurp_file($_)) } glob "$top/*.md $top/doc/*.md $top/src/*.md $top/bench/*.md $top/bench/results/*.md $top/examples/*/*.md";
is_deeply([ map { broken_links($_) } sort keys %text ], [], 'links of documents lead somewhere');
$text{'doc/faq.md'} = "[a](limits.md#restoring) [b](limits.md#nothing) [c](nothing.md) [d](#e)\n";
is_deeply([ broken_links('doc/faq.md') ], [ map { "doc/faq.md: $_" } 'limits.md#nothing', 'nothing.md', '#e' ], 'and one that does not is found');

# ---- clients, questions ----------------------------------------------------------------------------

my %program = map { (my $name = $_) =~ s{.*/}{}; ($name => slurp_file($_)) } grep { !/\.prisma$/ } glob "$top/test/e2e/clients/*";
cmp_ok(scalar keys %program, '>=', 15, 'there are clients');
is_deeply([ unlike_programs($text{'doc/integrations.md'}, %program) ], [], 'doc/integrations.md has a section for each of them, whose code is theirs');
(my $other = $text{'doc/integrations.md'}) =~ s/(^## knex.*?)key => /$1id => /ms;
is_deeply([ unlike_programs($other, %program, 'new.mjs' => '') ], [ 'knex.mjs: code that it does not have', 'new.mjs: no section' ], 'what is not so is found');

# The nine questions of newcomers, by a word that only they have.
my %asked = map { /^\| ([^|]+\?) \| (.*) \|$/ ? ($1 => $2) : () } split /\n/, $text{'README.md'};
foreach my $word (qw(why who.can what.if declarations SELECT who.changed buttons upgrade feature))
{
	my @answers = map { $asked{$_} } grep { /$word/i } keys %asked;
	ok(@answers == 1 && $answers[0] =~ m{\]\(doc/[\w/.]+#[\w-]+\)}, "README.md: the question with \"$word\" has an answer with a link");
}

# ---- commands --------------------------------------------------------------------------------------

my $help = `$top/run help`;
like($help, qr/^\.\/run $_\b/m, "README.md: ./run $_ is there") foreach slurp_file("$top/README.md") =~ /\.\/run ([a-z]+)/g;

done_testing();

# Its second and third list are what its queries give; of the first, each action is there, and a level holds it that tables
# are read by, unless it is said that none does.
sub compare_features
{
	my ($server, $db) = @_;
	my $text = slurp_file("$top/doc/features.md");

	$server->safe_psql('postgres', "CREATE DATABASE $db");
	$server->safe_psql($db, 'CREATE EXTENSION pg_clearance; CREATE SCHEMA app');
	my $out = $server->safe_psql($db, join '', "SET client_min_messages = warning;\n", $text =~ /^```sql\n(.*?)^```$/gms);
	is_deeply([ grep { /^\| `/ } split /\n/, $text ], [ grep { /^\| `/ } split /\n/, $out ], 'doc/features.md lists what its queries give');

	my @tables = map { [ split /\s*\|\s*/, $_, -1 ] } $text =~ /^(\| [^|`]+ \| (?:in a project|account) \| .*)$/gm;
	cmp_ok(scalar @tables, '>', 40, 'and which feature tables are');
	my %held = map { $_ => 1 } split /\n/, $server->safe_psql($db, q{SELECT feature || '.' || action FROM clearance.matrix WHERE verdict = 'can' GROUP BY feature, action HAVING count(*) > 1});
	my %known = map { $_ => 1 } split /\n/, $server->safe_psql($db, q{SELECT feature || '.' || name FROM clearance.action});
	my @wrong;
	foreach my $table (@tables)
	{
		my ($what, $feature, @actions) = map { s/`//gr } @$table[ 1, 3 .. 7 ];
		my $is_allowed = $actions[0] =~ s/^allow //;
		my @usual = qw(view create edit delete);
		@actions = map { "$feature." . ($actions[$_] || $usual[$_]) } 0 .. 3;
		push @wrong, map { "$what: no $_" } grep { !$known{$_} } @actions;
		push @wrong, "$what: who holds $actions[0]?" if $is_allowed == exists $held{ $actions[0] };
	}
	is_deeply(\@wrong, [], 'actions of these are there, and who may see them');
}

# What the sources may say, with … for values.
sub messages_of
{
	my $all = decode_utf8(join "\n", map { slurp_file($_) } @_);

	$all =~ s/" *INT64_FORMAT *"?/\x{2026}/g;
	$all =~ s/"\s*\n\s*"//g;
	return $all =~ s/\\"/"/gr =~ s/''/'/gr =~ s/%[a-z]?/\x{2026}/gr;
}

# Links of a document to files, or headings, that are not there.
sub broken_links
{
	my ($file) = @_;
	my ($folder) = $file =~ m{^(.*/)?};
	my @broken;

	foreach my $link ($text{$file} =~ /\]\(((?!\w+:)[^)\s]+)\)/g)
	{
		my ($path, $anchor) = split /#/, $link;
		my $target = $path eq '' ? $file : ($folder // '') . $path;
		1 while $target =~ s{(^|/)[^/.]+/\.\./}{$1};
		push @broken, "$file: $link" unless -e "$top/$target" && (!defined $anchor || !exists $text{$target} || grep { $_ eq $anchor } anchors_of($text{$target}));
	}
	return @broken;
}

# What a page of integrations has that the programs of clients have not, and the other way round.
sub unlike_programs
{
	my ($page, %program_of) = @_;
	my (%section, @wrong);

	foreach my $section (split /^(?=## )/m, $page)
	{
		my ($name) = $section =~ m{\(\.\./test/e2e/clients/([\w.]+)\)};
		$section{$name} .= $section if defined $name;
	}
	foreach my $name (sort keys %program_of)
	{
		my @code = ($section{$name} // '') =~ /^```\w+\n(.*?)^```$/gms;
		push @wrong, "$name: no section" unless defined $section{$name};
		push @wrong, "$name: code that it does not have" if grep { index($program_of{$name}, $_) < 0 } @code;
		push @wrong, "$name: who acts is not said" if defined $section{$name} && !grep { /set_actor|authenticate|clearance\.token/ } @code;
	}
	return @wrong;
}

# As they are made of headings; those that are there twice are numbered.
sub anchors_of
{
	my ($text) = @_;
	my %times;

	$text =~ s/^```.*?^```$//gms;
	return map { my $n = $times{$_}++; $n ? "$_-$n" : $_ } map { lc(decode_utf8($_)) =~ s/\[([^\]]*)\]\([^)]*\)/$1/gr =~ s/[^\w\- ]//gr =~ s/ /-/gr } $text =~ /^#+ +(.*)$/gm;
}

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
