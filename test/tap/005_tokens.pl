
# Signed tokens, made by the openssl program: good ones make an actor by every
# road into a session; for bad ones the client is told one thing and the server's
# log the reason, and neither shows a token or a key.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use JSON::PP;
use MIME::Base64 qw(encode_base64url decode_base64url);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Workspace;

# log_statement shows statements as they are sent: not for servers that take tokens
my $node = new_server('main', settings => "shared_preload_libraries = pg_clearance\nlog_statement = none");
my $dir = PostgreSQL::Test::Utils::tempdir();
my $json = JSON::PP->new->canonical;
my @algorithms = qw(EdDSA ES256 RS256 HS256);
my $secret = 'dGhlIHNlY3JldCBvZiB0aGVzZSB0ZXN0cywgMzIgYnl0ZXMgb3IgbW9yZQ';
my $count = 'SELECT count(*) FROM app.page';
my $refused = "ERROR:  28000: the token is not accepted\nHINT:  Get a new one from whoever issues them; the server's log says what is wrong with this one.";
my $log_start = 0;
my @texts;    # tokens and keys that no log may show

make_keys();
build_workspace($node, 'postgres');
add_keys('postgres');

#
# A token of each algorithm, by each road into a session; cole and the nobody
# that the login is see different rows
#
my %pages = map { $_ => $node->safe_psql('postgres',
		"SELECT clearance.set_actor(key => '$_', local => false) AS actor \\gset\n$count", extra_params => [ '-U', 'regress_app' ]) } qw(ada cole pat);
isnt($pages{cole}, 0, 'cole sees pages');
isnt($pages{cole}, $pages{ada}, 'and not all of them');

foreach my $algorithm (@algorithms)
{
	my $token = token(algorithm => $algorithm);

	is(run("SET clearance.token = '$token'; $count"), $pages{cole}, "$algorithm: SET");
	is(run("BEGIN; SET LOCAL clearance.token = '$token'; $count; COMMIT; $count"), "$pages{cole}\n0", "$algorithm: SET LOCAL");
	is(run("BEGIN; SELECT clearance.authenticate('$token') > 0; $count; COMMIT; $count"), "t\n$pages{cole}\n0", "$algorithm: authenticate()");
	is(run("BEGIN; SELECT set_config('clearance.token', '$token', true); $count; COMMIT; $count"), "(hidden)\n$pages{cole}\n0", "$algorithm: set_config()");
	{
		local $ENV{PGOPTIONS} = "-c clearance.token=$token";
		is(run($count), $pages{cole}, "$algorithm: PGOPTIONS");
	}
	$node->safe_psql('postgres', "ALTER ROLE regress_nobody SET clearance.token = '$token'");
	is(run($count), $pages{cole}, "$algorithm: ALTER ROLE");
	$node->safe_psql('postgres', 'ALTER ROLE regress_nobody RESET clearance.token');
	is(run("CREATE FUNCTION pg_temp.f() RETURNS bigint LANGUAGE plpgsql SET clearance.token = '$token' AS 'BEGIN RETURN (SELECT count(*) FROM app.page); END'; SELECT pg_temp.f(); $count"),
		"$pages{cole}\n0", "$algorithm: a function's own");
}
# bound as a parameter of the extended protocol
append_to_file("$dir/authenticate.sql", "BEGIN;\nSELECT clearance.authenticate(:token) > 0 AS ok \\gset\n$count AS n \\gset\nCOMMIT;\nSELECT 1 / (:n = $pages{cole})::integer;\n");
is(pgbench(token()), '', 'a token as a bound parameter of a prepared statement');

# by whom a token is for
is(run("SET clearance.token = '" . token(kid => 'mail', sub => 'PAT@acme.example') . "'; $count"), $pages{pat}, 'a subject may be an e-mail');
is(run("SET clearance.token = '" . token(role => 'regress_nobody') . "'; $count"), $pages{cole}, 'a token for the login role');

#
# What is wrong with a token, the log tells
#
my $now = time;
my %wrong_key = (EdDSA => 'other.pem', ES256 => 'other_ec.pem', RS256 => 'other_rsa.pem');
$node->append_conf('postgresql.conf', "log_parameter_max_length_on_error = -1\n");
$node->reload;

foreach my $algorithm (qw(EdDSA ES256 RS256))
{
	refused("$algorithm: signed with another key", token(algorithm => $algorithm, key => $wrong_key{$algorithm}), 'The signature is not of this key.');
}
refused('HS256: another secret', token(algorithm => 'HS256', key => encode_base64url('another secret of 32 bytes at least')), 'The signature is not of this key.');
refused('the public key as the secret', token(algorithm => 'HS256', kid => 'RS256', key => encode_base64url(slurp_file("$dir/RS256.pub"))), 'Its algorithm is not that of its key.');
refused('ES256: a signature in DER form', token(algorithm => 'ES256', der => 1), 'The signature has a wrong length.');
refused('RS256: a PSS signature', token(algorithm => 'RS256', pss => 1), 'The signature is not of this key.');
refused('RS256: another modulus', token(algorithm => 'RS256', key => 'long_rsa.pem'), 'The signature has a wrong length.');
refused('no signature', token() =~ s/[^.]*$//r, 'The signature has a wrong length.');
refused('another header', token() =~ s/^[^.]*/encode_base64url('{"kid":"EdDSA","alg":"EdDSA"}')/er, 'The signature is not of this key.');
refused('algorithm none', (token() =~ s/^[^.]*/encode_base64url('{"kid":"EdDSA","alg":"none"}')/er) =~ s/[^.]*$//r, 'Its algorithm is none of EdDSA, ES256, RS256 and HS256.');
refused('no token', 'no token', 'It does not consist of three parts.');
refused('an unknown key', token(kid => 'unknown', key => 'EdDSA.pem'), 'There is no key with the id that it names.');
refused('a key of the future', token(kid => 'future', key => 'EdDSA.pem'), 'Key "future" is not in force: its state is "not yet".');
refused('a key of the past', token(kid => 'past', key => 'EdDSA.pem'), 'Key "past" is not in force: its state is "ended".');
refused('a revoked key', token(kid => 'revoked', key => 'EdDSA.pem'), 'Key "revoked" is not in force: its state is "revoked".');
refused('another issuer', token(iss => 'https://else.example'), 'Its issuer is not that of its key.');
refused('another audience', token(aud => 'template1'), 'It is for another audience than "postgres".');
refused('no expiry', token(exp => undef), 'It has no claim exp.');
refused('expired', token(exp => $now - 31), qr/^It has expired: it was good until /);
refused('not yet', token(nbf => $now + 3600), qr/^It is not good before /);
refused('issued in the future', token(iat => $now + 3600), qr/^It is not good before /);
refused('for too long', token(exp => $now + 100000), 'It is good for longer than clearance.token_max_lifetime, which is 86400 seconds.');
refused('nobody that we know', token(sub => 'nemo'), 'No member has the key "nemo".');
refused('of another account', token(sub => 'sue', kid => 'north', key => 'EdDSA.pem'), 'No member has the key "sue".');
refused('somebody of two accounts', token(sub => 'twin'), 'Several accounts have a member with the key "twin".');
refused('for a role that there is not', token(role => 'regress_nemo'), 'It is for a role that does not exist.');
refused('for another role', token(role => 'regress_cole'), 'It is for another role than the session\'s.');
refused('of more than 8 kB', token(x => 'x' x 6000), 'It is longer than 8192 bytes.');

# nothing is shown by other errors of the same statements either
like(run_error("DO \$\$ BEGIN PERFORM clearance.authenticate('" . token(sub => 'nemo') . "'); END \$\$"), qr/^\Q$refused\E/, 'refused in a block');
like(pgbench(token(sub => 'nemo')), qr/the token is not accepted/, 'refused as a bound parameter');
foreach my $bad (
	"SELECT clearance.add_token_key('new', 'RS256', '" . slurp_file("$dir/EdDSA.pub") . "', 'i')",
	"SELECT clearance.add_token_key('new', 'EdDSA', '" . slurp_file("$dir/EdDSA.pem") . "', 'i')",
	"SELECT clearance.add_token_key('new', 'HS256', '$secret=', 'i')",
	"SELECT clearance.add_token_key('new', 'HS256', '$secret', 'i', subject => 'x')",
	"SELECT clearance.add_token_key('new', 'HS256', '$secret', 'i', account => -1)",
	"SELECT clearance.add_token_key('new', 'HS256', '$secret', 'i', ends_at => '-infinity')",
	"SELECT clearance.add_token_key('HS256', 'HS256', '$secret', 'i')")
{
	my ($rc, $out, $err) = $node->psql('postgres', $bad);

	is($rc, 3, 'a key that is not added');
	unlike($err, secrets(), 'its error does not show it');
}
my $log = slurp_file($node->logfile);
my $secrets = secrets();
is(scalar(grep { /$secrets/ } split /\n/, $log), 0, 'no token and no key is in the server\'s log');
isnt(scalar(grep { /the token is not accepted/ } split /\n/, $log), 0, 'which tells of them');

#
# It is asked again for each statement: time, keys and roles
#
my $token = token();
is(run("SET clearance.token = '$token'; PREPARE q AS $count; EXECUTE q;\n\\! $ENV{PSQL} -c \"SELECT clearance.revoke_token_key('EdDSA')\" -o /dev/null\nEXECUTE q"),
	"$pages{cole}\n$refused", 'a key that another session revoked: the next statement is refused');
$node->safe_psql('postgres', "UPDATE clearance.token_key SET revoked_at = NULL WHERE kid = 'EdDSA'");
is(run("SET clearance.token = '$token'; BEGIN; $count;\n\\! $ENV{PSQL} -c \"SELECT clearance.drop_token_key('EdDSA')\" -o /dev/null\n$count"),
	"$pages{cole}\n$refused", 'so it is within a transaction once the key is gone');
add_key('postgres', 'EdDSA');

$node->append_conf('postgresql.conf', "clearance.token_leeway = 0\n");
$node->reload;
$node->poll_query_until('postgres', "SELECT current_setting('clearance.token_leeway') = '0'") or die;
my $end = time + 3;
my $wait = "DO \$\$ BEGIN WHILE clock_timestamp() < to_timestamp($end) LOOP PERFORM pg_sleep(0.01); END LOOP; END \$\$";
$token = token(exp => $end);
is(run("SET clearance.token = '$token'; BEGIN; $count; $wait; $count"), "$pages{cole}\n$refused", 'a token that expires: the next statement is refused');
$end = time + 3;
$wait = "DO \$\$ BEGIN WHILE clock_timestamp() < to_timestamp($end) LOOP PERFORM pg_sleep(0.01); END LOOP; END \$\$";
$token = token();
$node->safe_psql('postgres', "UPDATE clearance.token_key SET ends_at = to_timestamp($end) WHERE kid = 'EdDSA'");
is(run("SET clearance.token = '$token'; BEGIN; $count; $wait; $count"), "$pages{cole}\n$refused", 'so it is when the key ends');
$node->safe_psql('postgres', "UPDATE clearance.token_key SET ends_at = 'infinity' WHERE kid = 'EdDSA'");
$node->safe_psql('postgres', 'GRANT regress_cole TO regress_nobody');
$token = token(role => 'regress_cole', sub => 'pat');
is(run("SET clearance.token = '$token'; SET ROLE regress_cole; $count; RESET ROLE; $count"), "$pages{pat}\n$refused", 'a token for a role, after RESET ROLE');

#
# Keys are dumped with the rest; a token is for one database
#
$node->safe_psql('postgres', 'CREATE DATABASE elsewhere');
$node->command_ok([ 'pg_dump', '-d', 'postgres', '-f', "$dir/dump" ], 'dump');
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', 'elsewhere', '-f', "$dir/dump" ], 'and restore');
is(run("SET clearance.token = '" . token(aud => 'elsewhere') . "'; $count", 'elsewhere'), $pages{cole}, 'a token for the restored database');
is(run("SET clearance.token = '" . token() . "'; $count", 'elsewhere'), $refused, 'one for the other is refused there');
is(run("SET clearance.token = '" . token(aud => [ 'postgres', 'elsewhere' ]) . "'; $count", 'elsewhere'), $pages{cole}, 'one for both is good');

#
# In a database of another encoding tokens are ASCII
#
foreach my $encoding (qw(LATIN1 SQL_ASCII))
{
	my $db = lc $encoding;

	$node->safe_psql('postgres', "CREATE DATABASE $db ENCODING $encoding TEMPLATE template0 LOCALE 'C'");
	build_workspace($node, $db);
	add_keys($db);
	is(run("SET clearance.token = '" . token(aud => $db) . "'; $count", $db), $pages{cole}, "$encoding: a token is good");
	foreach my $name ("B\x{f6}b", "\x{2603}")
	{
		is(run("SET clearance.token = '" . token(aud => $db, name => $name) . "'; $count", $db), $refused, "$encoding: not with characters beyond ASCII");
		is(run("SET clearance.token = '" . token(aud => $db, name => $name, ascii => 1) . "'; $count", $db), $refused, "$encoding: nor with escapes for them");
	}
	like(new_log(), qr/Its payload is not plain ASCII, and the encoding of the database is not UTF8/, "$encoding: the log says so");
}
is(run("SET clearance.token = '" . token(name => "B\x{f6}b \x{2603}", ascii => $_) . "'; $count"), $pages{cole}, 'UTF8: all characters are fine')
  foreach 0, 1;

#
# The setting may come before the library
#
$token = token();
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''\n");
$node->restart;
is(run("SET client_min_messages = error; SET clearance.token = '$token'; $count; SHOW clearance.token"), "$pages{cole}\n(hidden)", 'without preloading: a good token');
is(run("SET client_min_messages = error; SET clearance.token = '$token.'; $count"), $refused, 'without preloading: a bad one');

$node->stop;
done_testing();

# ---- sessions

# What a session of a login role that is nobody prints, errors included.
sub run
{
	my ($sql, $db) = @_;
	my ($out, $err) = ('', '');

	# one statement a line, so that psql sends them one by one
	$node->psql($db // 'postgres', "\\set VERBOSITY verbose\n\\set SHOW_CONTEXT never\n$sql", stdout => \$out, stderr => \$err,
		on_error_stop => 0, extra_params => [ '-U', 'regress_nobody' ]);
	$err =~ s/^psql:<stdin>:\d+: //mg;
	$err =~ s/^LOCATION:.*\n?//mg;
	chomp $err;
	return join "\n", grep { $_ ne '' } $out, $err;
}

sub run_error
{
	return run($_[0]);
}

# Messages of a run of authenticate.sql with the token as a bound parameter.
sub pgbench
{
	my ($token) = @_;
	my ($out, $err) = ('', '');

	IPC::Run::run([ 'pgbench', '-n', '-t', 1, '-M', 'prepared', '-f', "$dir/authenticate.sql", '-D', "token=$token", '-U', 'regress_nobody',
			'-h', $node->host, '-p', $node->port, 'postgres' ], '>', \$out, '2>', \$err);
	return join "\n", grep { /error|aborted/ } split /\n/, $err;
}

# The client is told one thing; the log has the reason, once.
sub refused
{
	my ($name, $token, $reason) = @_;

	new_log();
	is(run("SET clearance.token = '$token'; $count"), $refused, "$name: the setting is refused");
	is(run("SELECT clearance.authenticate('$token')"), $refused, "$name: authenticate() refuses");
	my @lines = grep { !/ (?:LOG|HINT):/ } split /\n/, new_log();
	my @reasons = map { s/.* DETAIL:  //r } grep { / DETAIL: / } @lines;

	is(scalar(@reasons), 2, "$name: a reason is logged for each");
	is($reasons[0], $reasons[1], "$name: the same");
	ref $reason ? like($reasons[0], $reason, "$name: reason") : is($reasons[0], $reason, "$name: reason");
	is(scalar(@lines), 4, "$name: and nothing but an error and a reason") or diag(join "\n", @lines);
}

# What came into the server's log since it was last asked for.
sub new_log
{
	my $text = slurp_file($node->logfile, $log_start);

	$log_start += length $text;
	return $text;
}

# A pattern that finds any of the tokens' and keys' texts, or a good part of it.
sub secrets
{
	my @parts = map { /([A-Za-z0-9_+\/-]{24})/g } @texts;

	return qr/@{[ join '|', map { quotemeta } @parts ]}/;
}

# ---- keys

sub make_keys
{
	my %options = (
		EdDSA => '-algorithm ed25519', other => '-algorithm ed25519',
		ES256 => '-algorithm EC -pkeyopt ec_paramgen_curve:P-256', other_ec => '-algorithm EC -pkeyopt ec_paramgen_curve:P-256',
		RS256 => '-algorithm RSA -pkeyopt rsa_keygen_bits:2048', other_rsa => '-algorithm RSA -pkeyopt rsa_keygen_bits:2048',
		long_rsa => '-algorithm RSA -pkeyopt rsa_keygen_bits:3072');

	foreach my $name (sort keys %options)
	{
		system_or_bail('openssl', 'genpkey', '-quiet', split(/ /, $options{$name}), '-out', "$dir/$name.pem");
		system_or_bail('openssl', 'pkey', '-in', "$dir/$name.pem", '-pubout', '-out', "$dir/$name.pub");
		push @texts, (split /\n/, slurp_file("$dir/$name.pem"))[1], (split /\n/, slurp_file("$dir/$name.pub"))[1];
	}
	push @texts, $secret, unpack('H*', decode_base64url($secret));
	$ENV{PSQL} = 'psql -X -d postgres -h ' . $node->host . ' -p ' . $node->port;
}

sub add_key
{
	my ($db, $kid, $algorithm, $options) = @_;
	$algorithm //= $kid;
	my $key = $algorithm eq 'HS256' ? $secret : slurp_file("$dir/$algorithm.pub");

	$node->safe_psql($db, "SELECT clearance.add_token_key('$kid', '$algorithm', '$key', 'https://issuer.example'" . ($options // '') . ')');
}

sub add_keys
{
	my ($db) = @_;

	add_key($db, $_) foreach @algorithms;
	add_key($db, 'mail', 'EdDSA', ", subject => 'email'");
	add_key($db, 'north', 'EdDSA', ", account => (SELECT id FROM clearance.account WHERE name = 'North')");
	add_key($db, 'future', 'EdDSA', ", starts_at => 'tomorrow'");
	add_key($db, 'past', 'EdDSA', ", ends_at => 'yesterday'");
	add_key($db, 'revoked', 'EdDSA');
	$node->safe_psql($db, "SELECT clearance.revoke_token_key('revoked')");
	$node->safe_psql($db, "SELECT clearance.add_member('twin', account => id) FROM clearance.account");
}

# ---- tokens

# A good token about cole, but for what the parameters say: algorithm, key (the
# file or secret that signs), kid, a form of the signature, or a claim.
sub token
{
	my (%params) = @_;
	my $kid = delete $params{kid};
	my $algorithm = delete $params{algorithm} // 'EdDSA';
	my $key = delete $params{key} // ($algorithm eq 'HS256' ? $secret : "$algorithm.pem");
	my %form = map { $_ => delete $params{$_} } qw(der pss ascii);
	my %claims = (iss => 'https://issuer.example', sub => 'cole', aud => 'postgres', exp => time + 600, %params);
	my $encoder = $form{ascii} ? $json->ascii(1)->utf8(0) : $json->ascii(0)->utf8(1);
	my $header = $json->encode({ alg => $algorithm, kid => $kid // $algorithm, typ => 'JWT' });

	delete $claims{$_} foreach grep { !defined $claims{$_} } keys %claims;
	my $message = encode_base64url($header) . '.' . encode_base64url($encoder->encode(\%claims));
	my $token = $message . '.' . encode_base64url(signature($algorithm, $key, $message, %form));

	push @texts, $token;
	return $token;
}

sub signature
{
	my ($algorithm, $key, $message, %form) = @_;
	my $file = "$dir/message";
	my @pss = $form{pss} ? qw(-sigopt rsa_padding_mode:pss) : ();
	my $out;

	open my $handle, '>', $file or die;
	print $handle $message;
	close $handle;
	return openssl('pkeyutl', '-sign', '-rawin', '-inkey', "$dir/$key", '-in', $file) if $algorithm eq 'EdDSA';
	return openssl('dgst', '-sha256', '-mac', 'HMAC', '-macopt', 'hexkey:' . unpack('H*', decode_base64url($key)), '-binary', $file)
	  if $algorithm eq 'HS256';
	$out = openssl('dgst', '-sha256', @pss, '-sign', "$dir/$key", $file);
	return $algorithm eq 'ES256' && !$form{der} ? raw($out) : $out;
}

sub openssl
{
	my @command = ('openssl', @_);
	my ($out, $err) = ('', '');

	IPC::Run::run(\@command, '>', \$out, '2>', \$err) or die "@command: $err";
	return $out;
}

# r and s of an ECDSA signature in DER form, 32 bytes each
sub raw
{
	my ($der) = @_;
	my ($r, $s) = unpack 'x3 C/a x C/a', $der;

	return join '', map { substr("\0" x 32 . $_, -32) } $r, $s;
}
