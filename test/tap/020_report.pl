
# report() in a browser: nothing overflows, on a phone and on a wide screen;
# text can be read on its ground, light, dark and on paper; all of it is reached
# with the keyboard; and names that are made to break a page are text like others.

use strict;
use warnings;
use utf8;
use FindBin;
use lib $FindBin::RealBin;
use Browser;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Workspace;

my @widths = (400, 1400);
my $look = slurp_file("$FindBin::RealBin/look.js");
my $dir = PostgreSQL::Test::Utils::tempdir;
my $browser = Browser->new($dir);
note($browser->call('Browser.getVersion')->{product});

# What is wrong with a page, in every way in which it is looked at.
sub look
{
	my @found;

	foreach my $width (@widths)
	{
		foreach my $way (qw(light dark print))
		{
			$browser->show($width, $way);
			push @found, map { "$width $way: $_" } @{ $browser->value_of($look) };
		}
	}
	return @found;
}

sub open_page
{
	my ($name, $page) = @_;

	utf8::encode($page) if utf8::is_utf8($page);
	append_to_file("$dir/$name.html", $page);
	$browser->open_file("$dir/$name.html");
}

# ---- what is not so is found -----------------------------------------------------------------------

my $text = 'x' x 200;
my %planted = (
	'wider than the page' => '<p style="width: 2000px">a</p>',
	'out of the page' => '<p style="position: relative; left: -40px">a</p>',
	'text out of its box' => "<table style=\"table-layout: fixed; width: 300px; overflow: hidden\"><tr><td>$text<td>b</table>",
	'contrast of 4.48' => '<p style="background: #fff; color: #777">a</p>',
	'contrast of 1.00' => '<div style="background: #333"><p style="background: #fff0; color: #333">a</p></div>',
	'contrast of 4.47' => '<p style="background: #fff; color: #0008">a</p>',
	'out of turn' => '<p tabindex="1">a</p>',
	'scrolled by mouse alone, or without a name' => "<div class=\"scroll\" style=\"overflow: auto; width: 300px\"><p style=\"width: 400px\">a</p></div>",
	'focus is not seen' => '<a href="#" style="outline: 3px solid #eee">a</a>',
	'headings are scrolled away' => '<div class="scroll" tabindex="0" role="region" id="r" aria-labelledby="r" style="overflow: auto; height: 50px; width: 200px"><table><thead><tr><th>a<tbody>'
		. ('<tr><td>a' x 20) . '</table></div>');
foreach my $what (sort keys %planted)
{
	open_page("planted $what", "<!DOCTYPE html><title>a</title><style>* { margin: 0 } body { background: #fff; color: #000 } :focus { outline: 3px solid #000 }</style>$planted{$what}");
	like(join("\n", look()), qr/ light: \Q$what\E: /, "found: $what");
}

# ---- the report, of names that are made to break it ------------------------------------------------

# as they are, and as they are to be read
my %hostile = (
	'<script>alert(1)</script>' => undef,
	'"><img src=x onerror=alert(2)>' => undef,
	"' onfocus='alert(3)' autofocus='" => undef,
	'</style></title><script>alert(4)</script>' => undef,
	'</td></table></main><svg onload=alert(5)>' => undef,
	'&lt;b&gt; &#60;script&#62; &amp' => undef,
	'%s %1$s \\1 $1 {{7*7}} ${7*7} javascript:alert(6)' => undef,
	"\x{202E}txt.exe\x{2066} \x{200B}\x{200F}\x{FEFF}a" => '[U+202E]txt.exe[U+2066] [U+200B][U+200F][U+FEFF]a',
	'שלום עולם (ABC) مرحبا' => undef,
	'W' x 200 => undef,
	'ﷺ' x 200 => undef,
	join(' ', ('wider') x 33) => undef);

my $node = new_server('main');
my $database = '<img src=x onerror=alert(7)>';
my $table = 'app."<i> (%s) ""x"" \1"';

sub literal
{
	my ($value) = @_;
	$value =~ s/(['\\])/$1$1/g;
	utf8::encode($value);
	return "E'$value'";
}

# Everything that has a name is called so.
sub name_everything
{
	my $sql = "SELECT clearance.protect('$table', 'task', 'project_id');\n";
	my $n = 0;

	foreach my $name (sort keys %hostile)
	{
		my $called = literal($name);
		$sql .= <<"EOSQL";
SELECT clearance.create_account($called) AS account \\gset
SELECT clearance.create_level($called, 'partner', account => :account);
SELECT clearance.allow($called, 'task', 'view', relation => 'own', kinds => ARRAY[$called], account => :account);
SELECT clearance.create_partner($called, access_level => $called, account => :account) AS partner \\gset
SELECT clearance.create_customer($called, account => :account) AS customer \\gset
SELECT clearance.add_member(key => $called, name => $called, partner => :partner, account => :account);
SELECT clearance.create_project($called, :account);
SELECT clearance.add_partner_to_project($called, :partner, $called, ends_at => now() + interval '1 year');
SELECT clearance.add_customer_to_project($called, :customer);
INSERT INTO $table SELECT count(*), $called FROM $table;
EOSQL
	}
	return $sql;
}

$node->safe_psql('postgres', "CREATE DATABASE \"$database\"");
build_workspace($node, $database);
$node->safe_psql($database, "CREATE TABLE $table (id integer PRIMARY KEY, project_id text, secret text)");
$node->safe_psql($database, name_everything());
$node->safe_psql($database, 'SELECT clearance.accept_finding(f.code, f.object, ' . literal("$_ because") . ") FROM clearance.lint() f LIMIT 1")
	foreach sort keys %hostile;
my $page = $node->safe_psql($database, "SELECT clearance.report('$table')");
utf8::decode($page);
open_page('report', $page);

my $read = $browser->value_of(q{(document.querySelectorAll('details').forEach(d => d.open = true), document.body.innerText)});
foreach my $name (sort keys %hostile)
{
	my $shown = $hostile{$name} // $name;
	my $times = () = $read =~ /\Q$shown\E/g;
	cmp_ok($times, '>=', 9, 'can be read as it is: ' . substr($shown, 0, 40) =~ s/([^ -~])/sprintf '\\x{%x}', ord $1/ger);
}
like($browser->value_of('document.title'), qr/\Q$database\E$/, 'and so can the name of the database');

my @tags = @{ $browser->value_of(q{[...new Set([...document.querySelectorAll('*')].map(e => e.tagName.toLowerCase()))].sort()}) };
is_deeply(
	[ grep { !/^(a|b|bdi|body|br|caption|code|d[dlt]|del|details|div|h[1-4]|head|header|html|li|main|meta|nav|p|section|small|span|strong|style|summary|t[dhr]|table|tbody|thead|title|ul|wbr)$/ } @tags ],
	[], 'the page is made of nothing else than its own elements');
is_deeply(
	$browser->value_of(q{[...document.body.querySelectorAll('*')].flatMap(e => e.getAttributeNames().map(a => [a, e.getAttribute(a)]))
		.filter(([a, v]) => !/^(class|id|tabindex|role|scope|colspan|rowspan|aria-label(ledby)?|open)$/.test(a) && !(a === 'href' && /^#[a-z0-9_-]+$/.test(v)) && !(a === 'style' && /^width:\d+%$/.test(v)))}),
	[], 'and of nothing else than its own attributes');
is_deeply(
	$browser->value_of(q{[...document.querySelectorAll('[id]')].map(e => e.id).filter((id, i, ids) => ids.indexOf(id) !== i)}),
	[], 'no id is there twice');
is_deeply(
	$browser->value_of(q{[...document.querySelectorAll('a')].filter(a => !document.getElementById(a.hash.slice(1))).map(a => a.hash)}),
	[], 'each link leads somewhere');

is_deeply([ map { $_->{request}{url} } grep { $_->{type} ne 'Document' } $browser->events('Network.requestWillBeSent') ], [], 'nothing else is loaded');
is_deeply([ $browser->events('Page.javascriptDialogOpening') ], [], 'nothing is run');
is($browser->value_of(q{(() => {
		const script = document.createElement('script');
		script.textContent = 'window.was_run = true';
		document.body.append(script);
		script.remove();
		return window.was_run ?? 'refused';
	})()}), 'refused', 'the page itself forbids scripts');

is_deeply([ look() ], [], 'it fits, can be read and is reached by keyboard: names that are made to break it')
	or diag(join("\n", look()));

# ---- the keyboard ----------------------------------------------------------------------------------

my $stop = q{(() => {
	const e = document.activeElement, { left, top, right, bottom } = e.getBoundingClientRect();
	const hit = [[left + 3, top + 3], [(left + right) / 2, (top + bottom) / 2]].some(([x, y]) => {
		const under = document.elementFromPoint(x, y);
		return under && (e.contains(under) || under.contains(e));
	});
	return e === document.body ? null : [[...document.querySelectorAll('*')].indexOf(e), hit && getComputedStyle(e).outlineStyle === 'solid', e.textContent.slice(0, 30)];
})()};
foreach my $width (@widths)
{
	my ($last, @hidden) = (0);
	my $stops = 0;

	$browser->open_file("$dir/report.html");
	$browser->show($width, 'light');
	while ($stops < 2000)
	{
		$browser->press_tab;
		my $at = $browser->value_of($stop) // last;
		push @hidden, $at->[2] unless $at->[0] > $last && $at->[1];
		$last = $at->[0];
		$stops++;
	}
	my $expected = $browser->value_of(q{[...document.querySelectorAll('a[href], summary, [tabindex="0"]')].filter(e => e.checkVisibility({ contentVisibilityAuto: true })).length});
	is($stops, $expected, "$width wide: Tab goes to all that is used");
	is_deeply(\@hidden, [], "$width wide: in the order of the page, and where it is can be seen");
}

$browser->open_file("$dir/report.html");
is($browser->value_of(q{(() => {
		const link = document.querySelector('a[href^="#feature-"]');
		link.click();
		return new Promise(done => setTimeout(() => done(document.querySelector(link.hash).closest('details').open), 100));
	})()}), JSON::PP::true, 'a link opens what it leads to');


like($browser->value_of('document.documentElement.lang + document.querySelectorAll("h1").length + document.characterSet'), qr/^en1UTF-8$/, 'language, heading and encoding are said');

done_testing();
