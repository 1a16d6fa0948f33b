
# Tokens of others, with their signatures: the examples of the RFCs, and tokens
# that the package jose made. No server takes part, so that no clock does: the
# parser and the verifier are the server's sources in a program of their own.

use strict;
use warnings;
use MIME::Base64 qw(decode_base64url encode_base64);
use PostgreSQL::Test::Utils;
use Test::More;

system_or_bail('make', '-s', 'build/jwt_check', 'build/jwt_replay');
my $dir = PostgreSQL::Test::Utils::tempdir;
my $no_kid = 'Its header names no key.';

#
# RFC 7515, RFC 8037, RFC 7519: none of them names its key
#
my $claims = 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';
my $hs256_secret = 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow';
my $hs256 = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.$claims.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
my $rs256_key = rsa_key(
	'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT'
	  . '-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQ'
	  . 'OS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj'
	  . '8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ', 'AQAB');
my $rs256 = "eyJhbGciOiJSUzI1NiJ9.$claims."
  . 'cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdb'
  . 'F9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383'
  . 'LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWy'
  . 'wlVmtVrBp0igcN_IoypGlUPQGe77Rw';
my $es256_key = ec_key('f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU', 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0');
my $es256 = "eyJhbGciOiJFUzI1NiJ9.$claims."
  . 'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q';
my $eddsa_key = ed25519_key('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo');
my $eddsa = 'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.'
  . 'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg';

my @rfc = (
	[ 'RFC 7515 A.1', 'HS256', $hs256_secret, $hs256 ],
	[ 'RFC 7515 A.2', 'RS256', $rs256_key,    $rs256 ],
	[ 'RFC 7515 A.3', 'ES256', $es256_key,    $es256 ],
	[ 'RFC 8037 A.4', 'EdDSA', $eddsa_key,    $eddsa ]);
is_deeply([ check(map { [ @$_[ 1 .. 3 ] ] } @rfc) ], [ ([ 'good', $no_kid ]) x 4 ], 'the RFCs\' signatures are good, but no key is named');
is_deeply(
	[ check(map { [ @$_[ 1, 2 ], altered($_->[3]) ] } @rfc) ],
	[ ([ 'The signature is not of this key.', $no_kid ]) x 4 ],
	'not so with another payload');

verdict('RFC 7519 6.1: no signature', "eyJhbGciOiJub25lIn0.$claims.", $no_kid);
verdict('the same with a key\'s name', token('{"alg":"none","kid":"k"}', '{}', ''), 'Its algorithm is none of EdDSA, ES256, RS256 and HS256.');
verdict('RFC 7515 E: crit', 'eyJhbGciOiJub25lIiwNCiAiY3JpdCI6WyJodHRwOi8vZXhhbXBsZS5jb20vVU5ERUZJTkVEIl0sDQogImh0dHA6Ly9leGFtcGxlLmNvbS9VTkRFRklORUQiOnRydWUNCn0.RkFJTA.',
	'Its header has parameter crit, which is not supported.');
verdict('five parts, as an encrypted token has', 'eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.QUFB.QUFB.QUFB.QUFB', 'It does not consist of three parts.');

#
# Tokens of jose 6.2.17, made by
#	new SignJWT({ role: 'röle ☃' }).setProtectedHeader({ alg, kid: 'jose-' + alg, typ: 'JWT' })
#	  .setIssuer('https://issuer.example').setSubject('42').setAudience(['one', 'two'])
#	  .setIssuedAt(1700000000).setNotBefore(1700000001).setExpirationTime(2524608000).sign(key)
#
my $jose_claims = 'eyJyb2xlIjoicsO2bGUg4piDIiwiaXNzIjoiaHR0cHM6Ly9pc3N1ZXIuZXhhbXBsZSIsInN1YiI6IjQyIiwiYXVkIjpbIm9uZSIsInR3byJdLCJpYXQiOjE3MDAwMDAwMDAsIm5iZiI6MTcwMDAwMDAwMSwiZXhwIjoyNTI0NjA4MDAwfQ';
my @jose = (
	[   'EdDSA',
		pem(
			'MCowBQYDK2VwAyEAGPfZriOmApEQjiazo+QxasWHQlE0F2sgtfJ/5mbdpK8='),
		"eyJhbGciOiJFZERTQSIsImtpZCI6Impvc2UtRWREU0EiLCJ0eXAiOiJKV1QifQ.$jose_claims."
		  . 'ctfr2zajQyRjk74ynAJCwPYbIqhVSs0QKC3fumzcvcrwTL7hgThsp7hHkf4ZZt6uZyGPVDRuHqOk9jytLMfXDg' ],
	[   'ES256',
		pem(
			'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEubbIZrvQLy4FrLAmOwObhRPAs0vl+DIt6+QpRcEBwGUgze59Vmm2FCwBfGVV2LXB'
			  . 'jYdJx/2Bc0xex4RVevVsHw=='),
		"eyJhbGciOiJFUzI1NiIsImtpZCI6Impvc2UtRVMyNTYiLCJ0eXAiOiJKV1QifQ.$jose_claims."
		  . 'c8nLyyo6qVSy2aw2vMaDfDKmmIFDrFIezRGhMf8DdkbyywAradC7MhC1I4AqtoYFerJjRgK9wf8epYHtblz-cg' ],
	[   'RS256',
		pem(
			'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA1sZKpc8OCiaJqjY5jOHedFK9xcNhRjKRHTb8ArbbANXbXMyPDc0Evzx/'
			  . '4UOt4Ky/F5Y4gN2EZzSGaUBLBQ7fiU3W/CdjkU6ZOGqfRcWpVism9iOm2e3YCtgkwOEIxqQaSdaaTHXMsrXVGucxYB0dKWPsFggD'
			  . 'PR7O3CyBgjuN+jGEcMd2TPHKnsNASwdlujs1tCCUpR0Yc5d1RtE0lCNK6lHCKIu1PxTgdM5kEEAiNNoukkcdqHBsTgxOI2B24Sw1'
			  . 'eTSXCbDPz+ltmh2kAwaRBwFYaVFZNKampQ4oocvALysnBo07Q4oMEm/Tj4rZCXrRlUORk2Ym2XZPw+B2fEblCQIDAQAB'),
		"eyJhbGciOiJSUzI1NiIsImtpZCI6Impvc2UtUlMyNTYiLCJ0eXAiOiJKV1QifQ.$jose_claims."
		  . 'q_31EDT--uoAwpe1klIPJLmuJOraYNa2PxdIdowvHFMtahDLGqtjR4m7LSHj0PxOzrOyeeI02q04_Xp9oVAJrub6cBfOdMX6FtOo'
		  . '4lmh9tqthTTeIQcwTmg2XFLvRV4I7ADldUY3QSZ_dvzdQLXPL1NZsbL7FJyO1oytDwnXI813zCbZXwpx40dDFbNsq8VwLSKmCnG7'
		  . 'TUdOjIxtPqToixF5tJwciyJMXfpAPOJRAeW2H9ny7oWpQPDdfYKkSOBVHTCMZc86F-LlzPGI5nPTy-7BQYAuuWy-7LvGS0sxallV'
		  . '6pwWb-AbyU2X_thnw04DbCdiJsnln6pSlMKEAZmJrA' ],
	[   'HS256',
		'ND_mSOiVtEru1pGG8iqCTVgZe1DWGifmddgQ1z5RLt0',
		"eyJhbGciOiJIUzI1NiIsImtpZCI6Impvc2UtSFMyNTYiLCJ0eXAiOiJKV1QifQ.$jose_claims."
		  . 'ZpqOHSYE8r4LGwQy8jcL9ZgMl06jCP06yU0Xmxzl4qc' ],

);
is_deeply(
	[ check(@jose) ],
	[ map { [ 'good', "kid=jose-$_->[0] iss=https://issuer.example sub=42 role=röle ☃ aud=one aud=two exp=2524608000000000 nbf=1700000001000000 iat=1700000000000000" ] } @jose ],
	'tokens of jose are good and read right');

foreach my $i (0 .. 3)
{
	my ($algorithm, $key, $token) = @{ $jose[$i] };
	my @others = grep { $_ != $i } 0 .. 3;
	my @verdicts = check(map { [ @{ $jose[$_] }[ 0, 1 ], $token ] } @others);

	is(scalar(grep { $_->[0] eq 'good' } @verdicts), 0, "$algorithm: no other key and algorithm verifies it");
	is(scalar(grep { $_->[0] eq 'good' } check(map { [ $algorithm, $key, $_ ] } flipped($token))),
		0, "$algorithm: no token with one bit flipped has a good signature");
	# the last character of a signature has bits that mean nothing
	my @endings = map { substr($token, 0, -1) . $_ } grep { $_ ne substr($token, -1) } split //, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
	is(scalar(grep { $_->[0] eq 'good' } check(map { [ $algorithm, $key, $_ ] } @endings)),
		0, "$algorithm: nor has one with another last character");
	# lengths
	my ($head, $signature) = $token =~ /^(.*\.)([^.]*)$/;
	my $bytes = decode_base64url($signature);
	is_deeply(
		[ check(map { [ $algorithm, $key, $head . MIME::Base64::encode_base64url($_) ] } '', substr($bytes, 1), substr($bytes, 0, -1), "$bytes\0", "\0$bytes") ],
		[ ([ 'The signature has a wrong length.', (check([ $algorithm, $key, $token ]))[0][1] ]) x 5 ],
		"$algorithm: a signature has one length");
}
# r and s of zero, and of the order of the curve
is_deeply(
	[ map { $_->[0] } check(map { [ @{ $jose[1] }[ 0, 1 ], $jose[1][2] =~ s/[^.]*$//r . MIME::Base64::encode_base64url($_) ] }
		"\0" x 64, "\xff" x 64, pack('H*', 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551') x 2) ],
	[ ('The signature is not of this key.') x 3 ],
	'ES256: degenerate signatures are not good');

#
# What a token may look like, signature apart
#
my $header = '{"alg":"ES256","kid":"k"}';
my $payload = '{"iss":"i","sub":"s","aud":"a","exp":1}';
my $accepted = 'kid=k iss=i sub=s role=- aud=a exp=1000000 nbf=-1 iat=-1';
my ($h, $p) = map { MIME::Base64::encode_base64url($_) } $header, $payload;
my $three = 'It does not consist of three parts.';
my $base64 = 'A part of it is not base64url in its one form, without padding.';
my $wrong_type = ' is of the wrong type, or out of range.';

verdict('the least', token($header, $payload), $accepted);
verdict('blanks in the JSON', token(" {\"alg\" :\t\"ES256\",\r\n\"kid\":\"k\"}\n", $payload), $accepted);
verdict('names and values with escapes', token('{"\u0061lg":"ES\u0032\u0035\u0036","kid":"k"}', $payload), $accepted);
verdict('keys in the header are ignored', token('{"alg":"ES256","kid":"k","jwk":{"kty":"EC"},"jku":"https://x.example/","x5u":"u","x5c":["c"]}', $payload), $accepted);
verdict('claims that we do not know', token($header, '{"iss":"i","sub":"s","aud":"a","exp":1,"jti":{"exp":[1,2,{"iss":3}]},"name":null}'), $accepted);
verdict('all claims', token($header, '{"iss":"i","sub":"s","aud":["a","b"],"exp":1.5,"nbf":2e0,"iat":0,"role":"r"}'),
	'kid=k iss=i sub=s role=r aud=a aud=b exp=1500000 nbf=2000000 iat=0');
verdict('no audience at all, in a list', token($header, '{"iss":"i","sub":"s","aud":[],"exp":1}'), 'kid=k iss=i sub=s role=- exp=1000000 nbf=-1 iat=-1');
verdict("typ $_", token("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"$_\"}", $payload), $accepted) foreach qw(JWT jwt at+jwt AT+JWT);
verdict('sixteen levels', token($header, substr($payload, 0, -1) . ',"x":' . '[' x 15 . ']' x 15 . '}'), $accepted);
verdict("brackets in a text: $_", token($header, substr($payload, 0, -1) . ",\"x\":\"$_\"}"), $accepted) foreach '[' x 20, '\"' . '[' x 20, '\\\\' . '{' x 20;
verdict('8192 bytes', "$h.$p." . 'A' x (8192 - length("$h.$p.")), $accepted);

verdict('8193 bytes', "$h.$p." . 'A' x (8193 - length("$h.$p.")), 'It is longer than 8192 bytes.');
verdict("parts: $_", $_, $three) foreach 'token', '.', "$h.$p", "$h.$p..AAAA", "$h.$p.AAAA.", ".$h.$p.AAAA";
verdict('padding', "$h=.$p.AAAA", $base64);
verdict('the other alphabet', token($header, '{"a":"\u00ff~~~???"}') =~ tr{-_}{+/}r, $base64);
verdict('blanks', "$h .$p.AAAA", $base64);
verdict('a line break at the end', "$h.$p.AAAA\n", $base64);
verdict('bits that mean nothing', "$h.$p.AB", $base64);
verdict('a length that base64 does not have', "$h.$p.AAAAA", $base64);
verdict('an empty header', ".$p.AAAA", 'Its header is not valid JSON.');
verdict('an empty payload', "$h..AAAA", 'Its payload is not valid JSON.');
verdict('not UTF-8', token("{\"alg\":\"\xff\"}", $payload), 'Its header is not valid UTF-8.');
verdict('overlong UTF-8', token($header, "{\"iss\":\"\xc0\xaf\"}"), 'Its payload is not valid UTF-8.');
verdict('a zero byte', token($header, "$payload\0"), 'Its payload is not valid UTF-8.');
verdict('a byte order mark', token("\xef\xbb\xbf$header", $payload), 'Its header is not valid JSON.');
verdict("JSON: $_", token($header, $_), 'Its payload is not valid JSON.')
  foreach '{"iss":"i"', "$payload x", "$payload,", '{"iss":"i",}', "{'iss':'i'}", '{"iss":"\ud800"}', '{"iss":"\u0000"}', '{"iss":"\x41"}',
  "{\"iss\":\"\t\"}", '{"exp":01}', '{"exp":+1}', '{"exp":.5}', '{"exp":NaN}', '{"exp":0x10}', '{"a":}', '{1:2}', '{"a":]}';
verdict("no object: $_", token($header, $_), 'Its payload is no JSON object.') foreach '[]', '"text"', '1', 'null', '[{"iss":"i"}]';
verdict('no object as header', token('["alg"]', $payload), 'Its header is no JSON object.');
verdict('a name twice', token($header, '{"iss":"i","sub":"s","aud":"a","exp":1,"sub":"s"}'), 'Its payload has a name twice.');
verdict('a name twice, once with an escape', token($header, '{"iss":"i","sub":"s","aud":"a","exp":1,"\u0073ub":"s"}'), 'Its payload has a name twice.');
verdict('a name that we do not know, twice', token($header, '{"iss":"i","sub":"s","aud":"a","exp":1,"x":1,"x":1}'), 'Its payload has a name twice.');
verdict('a list of audiences, twice', token($header, '{"iss":"i","sub":"s","aud":["a","b"],"exp":1,"aud":["c"]}'), 'Its payload has a name twice.');
verdict('a name twice in the header', token('{"alg":"none","kid":"k","alg":"ES256"}', $payload), 'Its header has a name twice.');
verdict('seventeen levels', token($header, '{"x":' . '[' x 16 . ']' x 16 . '}'), 'Its payload is nested too deeply.');
verdict('seventeen levels behind a text', token($header, '{"y":"\\\\","x":' . '[' x 16 . ']' x 16 . '}'), 'Its payload is nested too deeply.');
verdict('thousands of levels', token($header, '{"x":' . '[' x 5000), 'Its payload is nested too deeply.');
verdict("header parameter $_", token("{\"alg\":\"ES256\",\"kid\":\"k\",\"$_\":null}", $payload), "Its header has parameter $_, which is not supported.") foreach qw(crit zip b64);
verdict('no algorithm', token('{"kid":"k"}', $payload), 'Its header names no algorithm.');
verdict("algorithm $_", token("{\"alg\":\"$_\",\"kid\":\"k\"}", $payload), 'Its algorithm is none of EdDSA, ES256, RS256 and HS256.')
  foreach '', qw(none None NONE es256 ES384 PS256 HS512 Ed25519), 'ES256 ';
verdict('no key', token('{"alg":"ES256"}', $payload), $no_kid);
verdict('a blank key', token('{"alg":"ES256","kid":""}', $payload), $no_kid);
verdict('a number as key', token('{"alg":"ES256","kid":1}', $payload), "The value of kid$wrong_type");
verdict("typ $_", token("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"$_\"}", $payload), 'It is a token of another type than JWT and at+jwt.') foreach '', 'JWE', 'dpop+jwt', 'logout+jwt';
foreach my $claim (qw(iss sub aud exp))
{
	verdict("no $claim", token($header, without($claim)), "It has no claim $claim.");
}
verdict('a blank sub', token($header, with('sub', '""')), 'It has no claim sub.');
foreach my $claim (qw(iss sub role))
{
	verdict("$claim $_", token($header, with($claim, $_)), "The value of $claim$wrong_type") foreach qw(1 null true);
	verdict("$claim $_", token($header, with($claim, $_)), "The value of $claim is of the wrong type.") foreach '["a"]', '{"a":"b"}';
}
verdict("aud $_", token($header, with('aud', $_)), "The value of aud$wrong_type") foreach '1', 'null', 'true', '["a",1]', '[null]';
verdict("aud $_", token($header, with('aud', $_)), 'The value of aud is of the wrong type.') foreach '{"a":"b"}', '[["a"]]', '[{"a":"b"}]';
foreach my $claim (qw(exp nbf iat))
{
	verdict("$claim $_", token($header, with($claim, $_)), "The value of $claim$wrong_type") foreach qw("1" null true -1 -0.5 1e12 1e400 253402300800 99999999999999999999);
	verdict("$claim $_", token($header, with($claim, $_)), "The value of $claim is of the wrong type.") foreach '[1]', '{"a":1}';
}

#
# What the fuzzer started from, and found
#
my ($out, $err) = run_command([ 'build/jwt_replay', glob('test/fuzz/corpus/*') ]);
like($out, qr/^[1-9]\d* inputs$/, 'the fuzzer\'s inputs break nothing');
is($err, '', 'nor do they complain');

done_testing();

# What the program says of tokens: a list of [ signature, token ].
sub check
{
	my $input = join '', map { "$_->[0] $_->[1] " . unpack('H*', $_->[2]) . "\n" } @_;
	my ($out, $err) = ('', '');

	IPC::Run::run([ 'build/jwt_check' ], '<', \$input, '>', \$out, '2>', \$err) or die "jwt_check: $err";
	return map { [ split /\t/ ] } split /\n/, $out;
}

sub verdict
{
	my ($name, $token, $expected) = @_;
	my ($verdict) = check([ 'HS256', $hs256_secret, $token ]);

	is($verdict->[1], $expected, $name);
}

sub token
{
	my ($header, $payload, $signature) = @_;

	return join '.', map { MIME::Base64::encode_base64url($_) } $header, $payload, $signature // 'signature';
}

# A payload that has everything, but one claim; or that claim with another value.
sub without
{
	my ($claim) = @_;
	my %claims = (iss => '"i"', sub => '"s"', aud => '"a"', exp => 1);

	delete $claims{$claim};
	return '{' . join(',', map { "\"$_\":$claims{$_}" } sort keys %claims) . '}';
}

sub with
{
	my ($claim, $value) = @_;

	return substr(without($claim), 0, -1) . ",\"$claim\":$value}";
}

# One character of the payload is another.
sub altered
{
	my ($token) = @_;

	$token =~ s/^([^.]*\.....)(.)/$1 . ($2 eq 'A' ? 'B' : 'A')/e;
	return $token;
}

# Every token that differs in one bit; a zero byte would end it.
sub flipped
{
	my ($token) = @_;
	my @tokens;

	foreach my $i (0 .. length($token) - 1)
	{
		foreach my $bit (0 .. 7)
		{
			my $flipped = $token;

			substr($flipped, $i, 1) ^= chr(1 << $bit);
			push @tokens, $flipped if substr($flipped, $i, 1) ne "\0";
		}
	}
	return @tokens;
}

# ---- keys: JSON Web Keys as PEM files

sub pem
{
	my ($base64) = @_;
	my $file = "$dir/" . substr(unpack('H*', decode_base64url($base64 =~ tr{+/=}{-_}dr)), -40) . '.pem';

	append_to_file($file, "-----BEGIN PUBLIC KEY-----\n" . join("\n", $base64 =~ /.{1,64}/g) . "\n-----END PUBLIC KEY-----\n");
	return $file;
}

sub ed25519_key
{
	my ($x) = @_;

	return pem(encode_base64(pack('H*', '302a300506032b6570032100') . decode_base64url($x), ''));
}

sub ec_key
{
	my ($x, $y) = @_;

	return pem(encode_base64(pack('H*', '3059301306072a8648ce3d020106082a8648ce3d03010703420004') . decode_base64url($x) . decode_base64url($y), ''));
}

sub rsa_key
{
	my ($n, $e) = @_;
	my $pair = der(0x30, integer($n) . integer($e));

	return pem(encode_base64(der(0x30, pack('H*', '300d06092a864886f70d0101010500') . der(0x03, "\0$pair")), ''));
}

sub integer
{
	my $bytes = decode_base64url($_[0]);

	return der(0x02, ord($bytes) & 0x80 ? "\0$bytes" : $bytes);
}

sub der
{
	my ($tag, $content) = @_;
	my $len = length($content);

	return pack('CC', $tag, $len) . $content if $len < 128;
	return pack('CCn', $tag, 0x82, $len) . $content;
}
