
# The examples of a document, run as somebody would who types them in, and what
# of them is not so. A document shows what happens in comments:
#
#     SELECT title FROM app.task;        -- Plan, Rules: the result, and maybe a remark
#     SELECT title, n FROM app.task;     -- a remark, since the result is below
#     -- Plan | 1
#     -- Rules |
#     UPDATE app.task SET n = 2;         -- UPDATE 0: what psql says
#     DELETE FROM app.task;
#     -- error: TEXT
#     -- DETAIL: TEXT
#
# A result has NULL (below: a blank), true and false for values, "none" for no
# rows, and "…" for what is left out. After any other command, and after a call
# of a function of the extension that changes something, comments are remarks.

package Document;

use strict;
use warnings;
use utf8;
use Encode qw(decode_utf8 encode_utf8);
use Exporter 'import';

our @EXPORT = qw(examples_of run_examples);

my $query = qr/^(?:SELECT|FETCH|SHOW|EXPLAIN|TABLE|VALUES|WITH)\b|\bRETURNING\b/;
# Strings, comments, words: what is between the beginning of a statement and its end, and what is after that.
my $token = qr/'[^']*'|"[^"]*"|\$\$.*?\$\$|--[^\n]*|[^;\\]/s;
my $after = qr/[ \t]*(?:--[ ]*(?<comment>[^\n]*))?(?<shown>(?:\n[ \t]*--[^\n]*)*)/;
my $tag = qr/^(?:INSERT 0|UPDATE|DELETE) \d+/;

# The statements of a document: line, sql, comment (after it) and shown (lines below it).
sub examples_of
{
	my ($text) = map { decode_utf8($_) } @_;
	my @examples;

	while ($text =~ /^```sql\n(.*?)^```$/gms)
	{
		push @examples, statements($1, 1 + (substr($text, 0, $-[1]) =~ tr/\n//));
	}
	return @examples;
}

# One that does not end is given an end, and shows that.
sub statements
{
	my ($block, $line) = @_;
	my @statements;

	$block .= ";\n-- the statement does not end";
	while ($block =~ /\G(?<space>\s*(?:--[^\n]*\s*)*)(?<sql>$token*?(?:;|\\[^\n]*))$after/g)
	{
		my %part = %+;

		$line += $part{space} =~ tr/\n//;
		push @statements, { line => $line, sql => $part{sql}, comment => $part{comment} // '', shown => [ $part{shown} =~ /--[ ]?([^\n]*)/g ] };
		$line += "$part{sql}$part{shown}" =~ tr/\n//;
	}
	return grep { $_->{sql} ne ';' } @statements;
}

# Runs them in one session; gives back a line of text for each that is not as the document shows it.
sub run_examples
{
	my ($node, $db, @examples) = @_;
	my ($out, $err) = run_script($node, $db, @examples);

	return 'psql did not come to the end of the last statement' if @$out <= @examples || @$err <= @examples;
	my $changing = join '|', split /\n/, $node->safe_psql($db,
		q{SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = to_regnamespace('clearance') AND provolatile = 'v'});

	return map { encode_utf8($_) } map { judge($examples[$_], $out->[$_], $err->[$_], qr/^SELECT clearance\.(?:$changing)\(/) } 0 .. $#examples;
}

# What each of them wrote to stdout and stderr.
sub run_script
{
	my ($node, $db, @examples) = @_;
	my $mark = '=== next example ===';
	my $script = "\\pset fieldsep ' | '\n\\pset null NULL\n\\set SHOW_CONTEXT never\n\\set QUIET off\n";
	my ($out, $err);

	$script .= "$_->{sql}\n\\echo $mark\n\\warn $mark\n" foreach @examples;
	$node->psql($db, encode_utf8($script), stdout => \$out, stderr => \$err, on_error_stop => 0);
	return map { [ map { [ split /\n/ ] } split /\n?\Q$mark\E\n?/, decode_utf8($_), -1 ] } ($out, $err =~ s/^psql:\S+:\d+: //gmr);
}

sub judge
{
	my ($example, $out, $err, $changes) = @_;
	my ($sql, $comment, @shown) = ($example->{sql}, $example->{comment}, @{ $example->{shown} });
	my ($error) = (map({ /^ERROR:  (.*)/ ? "error: $1" : () } @$err), '');
	my @wrong;

	$comment = shift @shown if @shown && $shown[0] =~ /^error: /;
	my $shows = $comment =~ /^error: / ? $comment : '';
	if ($sql =~ /^\\/)
	{
		@wrong = unsaid($err, @shown);
	}
	elsif ($shows ne '' || $error ne '')
	{
		@wrong = $error =~ pattern($shows) ? unsaid($err, @shown) : "shows \"$shows\", is \"$error\"";
	}
	elsif ($sql =~ $query ? $sql !~ $changes : $comment =~ $tag)
	{
		pop @$out if @$out && $out->[-1] =~ $tag && $sql =~ /\bRETURNING\b/;
		@wrong = @shown ? judge_table($out, @shown) : judge_list($out, $comment);
	}
	return map { "line $example->{line}: $_" } @wrong;
}

# Lines that are shown of an error, but were not written.
sub unsaid
{
	my ($err, @shown) = @_;

	return map { "shows \"$_\", which is not said" } grep { my $line = pattern(plain($_)); !grep { plain($_) =~ $line } @$err } @shown;
}

sub judge_table
{
	my ($out, @shown) = @_;
	my ($is, $shows) = map { join "\n", map { plain($_) } @$_ } ($out, \@shown);

	return $is =~ pattern($shows) ? () : "shows\n$shows\nis\n$is";
}

sub judge_list
{
	my ($out, $comment) = @_;
	my $is = join ', ', map { s/ \| /, /gr } @$out;

	return $comment eq '' || grep({ $is =~ pattern($_) } results_in($comment)) ? () : "shows \"$comment\", is \"$is\"";
}

# What may be the result in a comment: all of it, or what is before a colon or semicolon.
sub results_in
{
	my ($comment) = @_;
	my @results = ($comment);

	push @results, substr($comment, 0, $-[0]) while $comment =~ /[:;]/g;
	return map { s/^none$//r =~ s/\btrue\b/t/gr =~ s/\bfalse\b/f/gr } @results;
}

sub pattern
{
	my ($text) = @_;
	my $pattern = join '.*', map { quotemeta } split /…/, $text, -1;

	return qr/^$pattern$/;
}

# A line without what is only layout, and without the number of a binding, which is random.
sub plain
{
	my ($line) = @_;

	return $line =~ s/\bNULL\b//gr =~ s/\s+/ /gr =~ s/^ | $//gr =~ s/\b\d{5,}\b/170482/gr;
}

1;
