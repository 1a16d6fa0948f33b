-- Signed tokens: which keys are kept, which tokens are accepted, for how long.
-- Tokens are made here with HS256, for SQL can compute that; test/tap has the
-- other algorithms, and what the server's log says.
\set SHOW_CONTEXT never
\set VERBOSITY default
CREATE SCHEMA regress_tokens;
CREATE ROLE regress_tokens_app;
CREATE ROLE regress_tokens_other;
GRANT regress_tokens_app TO regress_tokens_other;
GRANT USAGE ON SCHEMA regress_tokens TO PUBLIC;
CREATE EXTENSION pgcrypto SCHEMA regress_tokens;

-- Ann is a member of two accounts, with the same e-mail and key in both; Bob of the first.
SELECT clearance.create_account('regress_tokens_north') AS north \gset
SELECT clearance.create_account('regress_tokens_south') AS south \gset
SELECT clearance.create_partner('Acme', 'moderate', account => :north) AS acme \gset
SELECT clearance.add_member(key => 'rt-ann', email => 'ann@tokens.example', name => 'Ann', roles => '{account_admin}', account => :north) AS ann \gset
SELECT clearance.add_member(key => 'rt-ann', email => 'ann@tokens.example', name => 'Ann abroad', roles => '{collaborator}', account => :south) AS ann_abroad \gset
SELECT clearance.add_member(key => 'rt-bob', email => 'bob@tokens.example', name => 'Bob', partner => :acme, account => :north) AS bob \gset
SELECT clearance.create_project('rt-1', :north) > 0 AS ok;
SELECT clearance.add_partner_to_project('rt-1', :acme);
SELECT clearance.add_member_to_project('rt-1', :bob);
CREATE TABLE regress_tokens.task (id integer PRIMARY KEY, project_id text, is_private boolean);
INSERT INTO regress_tokens.task VALUES (1, 'rt-1', false), (2, 'rt-1', true);
GRANT SELECT ON regress_tokens.task TO PUBLIC;
SELECT clearance.protect('regress_tokens.task', 'task', project => 'project_id', visibility => 'is_private', shared_values => '{false}') > 0 AS ok;
-- who acts, and what that shows
CREATE VIEW regress_tokens.me WITH (security_invoker) AS
SELECT (w).name, (SELECT array_agg(t.id ORDER BY t.id) FROM regress_tokens.task t) AS tasks FROM clearance.whoami() w;
GRANT SELECT ON regress_tokens.me TO PUBLIC;

--
-- A key is kept with what it may say: an issuer, an algorithm, a kind of
-- subject, an account, a time. A public key fits its algorithm.
--
\set secret 'cmVncmVzc190b2tlbnMgc2VjcmV0LCAzMiBieXRlcyBvciBtb3Jl'
\set ed25519 '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n'
\set p256 '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n-----END PUBLIC KEY-----\n'
\set rsa '-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA1sZKpc8OCiaJqjY5jOHe\ndFK9xcNhRjKRHTb8ArbbANXbXMyPDc0Evzx/4UOt4Ky/F5Y4gN2EZzSGaUBLBQ7f\niU3W/CdjkU6ZOGqfRcWpVism9iOm2e3YCtgkwOEIxqQaSdaaTHXMsrXVGucxYB0d\nKWPsFggDPR7O3CyBgjuN+jGEcMd2TPHKnsNASwdlujs1tCCUpR0Yc5d1RtE0lCNK\n6lHCKIu1PxTgdM5kEEAiNNoukkcdqHBsTgxOI2B24Sw1eTSXCbDPz+ltmh2kAwaR\nBwFYaVFZNKampQ4oocvALysnBo07Q4oMEm/Tj4rZCXrRlUORk2Ym2XZPw+B2fEbl\nCQIDAQAB\n-----END PUBLIC KEY-----\n'
SELECT clearance.add_token_key('rt-ed', 'EdDSA', :'ed25519', 'https://issuer.example');
SELECT clearance.add_token_key('rt-ec', 'ES256', :'p256', 'https://issuer.example', subject => 'email', account => :north,
    starts_at => '2020-01-01', ends_at => '2021-01-01');
SELECT clearance.add_token_key('rt-rsa', 'RS256', E'\n  ' || :'rsa' || E'\n', 'https://issuer.example', starts_at => '2999-01-01');
SELECT clearance.add_token_key('rt-hs', 'HS256', :'secret', 'https://issuer.example', account => :north);
-- the view tells them apart, without the keys
SELECT kid, algorithm, left(fingerprint, 8) AS fingerprint, subject, account_id = :north AS north, starts_at, ends_at, state
FROM clearance.token_keys WHERE kid LIKE 'rt-%' ORDER BY kid;
SELECT column_name FROM information_schema.columns WHERE table_schema = 'clearance' AND table_name = 'token_keys' ORDER BY ordinal_position;

-- refused: what is not given, or not known
SELECT clearance.add_token_key(NULL, 'EdDSA', :'ed25519', 'i');
SELECT clearance.add_token_key(' ', 'EdDSA', :'ed25519', 'i');
SELECT clearance.add_token_key('rt-x', NULL, :'ed25519', 'i');
SELECT clearance.add_token_key('rt-x', 'EdDSA', NULL, 'i');
SELECT clearance.add_token_key('rt-x', 'EdDSA', '', 'i');
SELECT clearance.add_token_key('rt-x', 'EdDSA', :'ed25519', NULL);
SELECT clearance.add_token_key('rt-x', 'EdDSA', :'ed25519', '');
SELECT clearance.add_token_key('rt-x', 'EdDSA', :'ed25519', 'i', subject => NULL);
SELECT clearance.add_token_key('rt-x', 'EdDSA', :'ed25519', 'i', subject => 'name');
SELECT clearance.add_token_key('rt-x', 'EdDSA', :'ed25519', 'i', account => -1);
SELECT clearance.add_token_key('rt-x', 'EdDSA', :'ed25519', 'i', starts_at => '2021-01-01', ends_at => '2021-01-01');
SELECT clearance.add_token_key(repeat('x', 256), 'EdDSA', :'ed25519', 'i');
SELECT clearance.add_token_key('rt-ed', 'EdDSA', :'ed25519', 'i');
SELECT clearance.add_token_key('rt-x', 'none', :'ed25519', 'i');
SELECT clearance.add_token_key('rt-x', 'eddsa', :'ed25519', 'i');
SELECT clearance.add_token_key('rt-x', 'PS256', :'rsa', 'i');
-- refused: a key of another kind; a private key is not shown
SELECT clearance.add_token_key('rt-x', 'EdDSA', E'-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n', 'i');
CREATE FUNCTION regress_tokens.try_key(algorithm text, key text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
BEGIN
    PERFORM clearance.add_token_key('rt-x', algorithm, key, 'i');
    RETURN 'added';
EXCEPTION WHEN invalid_parameter_value THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN detail;
END
$$;
CREATE FUNCTION regress_tokens.pem(base64 text, kind text DEFAULT 'PUBLIC KEY') RETURNS text LANGUAGE sql
RETURN format(E'-----BEGIN %s-----\n%s\n-----END %s-----\n', kind, regexp_replace(base64, '(.{64})(?=.)', E'\\1\n', 'g'), kind);
SELECT what, regress_tokens.try_key(algorithm, key) FROM (VALUES
    (1, 'Ed25519 for ES256', 'ES256', :'ed25519'),
    (2, 'Ed25519 for RS256', 'RS256', :'ed25519'),
    (3, 'P-256 for EdDSA', 'EdDSA', :'p256'),
    (4, 'RSA for EdDSA', 'EdDSA', :'rsa'),
    (5, 'a public key as secret', 'HS256', :'rsa'),
    (6, 'Ed448', 'EdDSA', regress_tokens.pem('MEMwBQYDK2VxAzoAMe/9YPK+J8CTAx/QxiGuDPzkW1FWOx0x2jeA7KugBLRM3dyKGSV5PfSYYmJcQ1CLo+o11u08L34A')),
    (7, 'P-384', 'ES256', regress_tokens.pem('MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEsXars+70LTEFEziHcAbQ5bQlwaeEj/6y+tO6GkC5rPQkC0baLQTsKrd/EdcimB+qw0ALsBYtR3HtwXhoMs/M6B7hUDb+a2cleTT/Oy2uvsFKl2P+0InaRH18Xr6bz2if')),
    (8, 'secp256k1', 'ES256', regress_tokens.pem('MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAE3nsQVRfFEhkH7DC1jlK/Kjw6fRMSbu2tX/lh2gB5wgbq4lrnswdTWYDVFFZuljFuhPZ/NRvhyXcoZwfVQM4eLQ==')),
    (9, 'a curve by its parameters', 'ES256', regress_tokens.pem('MIIBSzCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAAAAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA///////////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSdNgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA//////////+85vqtpxeehPO5ysL8YyVRAgEBA0IABFedws9Jzg/W2YSpz7fm+35GCqxhCZKHPz5Rvk7y/59CEVLIMq6afnASTjBjhqO07FL3ZMYcVuvvfhD3HHQCRnQ=')),
    (10, 'a point that is not on the curve', 'ES256', regress_tokens.pem('MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrA==')),
    (11, 'RSA of 1024 bits', 'RS256', regress_tokens.pem('MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDBkMr3JJWsF7iUwMIbBllQXGm35oQ52r0ZxBkk+4+BU3DEo/bUlEr0wolWZUeCDvjSknWcRpLNviiIaOKxpfS4u0KI2k31xXPADqQF6I4hlQXw0LONNrp0gZhaF/I6BlX3nl34qs15XZ59gt3Pk1PbJ1d7hSaO80cw5nJJhmWQ/wIDAQAB')),
    (12, 'RSA with exponent 1', 'RS256', regress_tokens.pem('MIIBIDANBgkqhkiG9w0BAQEFAAOCAQ0AMIIBCAKCAQEAqP/wUueD37BQN9HWhIpuAMld5EWE23BnfI0MHc2s0do9dyCBcfr/3hPVrWzP8kRgjrREjnZMEozelRSwtyHfdf3npKuU2I4QAPOY4NJNhMkxyJ5zvXu9t09/5G/Pw8/B0mWH6QyHOvc250/TklhMLueYcxrYB/vsYY6FH32qasNOd4Ki2oct2jXpRvWwl+OJrNYm6p0ACSlG2XQMhBizShkyrNKRMDYM8LDcCtDwMmdVDHrPgy/0ZrmNLWhKesD0kEfBVf3csMn6nJBqx7FGNjmMrk+WGDSUOKqONy6rFonD7qHNSLNcSYdEI2wDLdfzcxFeCYUS0J9p6LcxrUa95wIBAQ==')),
    (13, 'RSA with an even exponent', 'RS256', regress_tokens.pem('MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqP/wUueD37BQN9HWhIpuAMld5EWE23BnfI0MHc2s0do9dyCBcfr/3hPVrWzP8kRgjrREjnZMEozelRSwtyHfdf3npKuU2I4QAPOY4NJNhMkxyJ5zvXu9t09/5G/Pw8/B0mWH6QyHOvc250/TklhMLueYcxrYB/vsYY6FH32qasNOd4Ki2oct2jXpRvWwl+OJrNYm6p0ACSlG2XQMhBizShkyrNKRMDYM8LDcCtDwMmdVDHrPgy/0ZrmNLWhKesD0kEfBVf3csMn6nJBqx7FGNjmMrk+WGDSUOKqONy6rFonD7qHNSLNcSYdEI2wDLdfzcxFeCYUS0J9p6LcxrUa95wIDAQAC')),
    (14, 'RSA with a modulus that 3 divides', 'RS256', regress_tokens.pem('MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA4mZllDi05SfQvJX3qJX+p90rGad2IhgNkiMNl1nY41ImrHNVBGJ1xTAt6X/fELeQ06tsYqTcdTn6RufGzs5/w7qxHSRgnPiCD1CG77u/FOyK2ZxK2361NAgO62eKk558Np8P6bJPrxalH7rqlLPaLsKgWmuebRtBmTqDlU/DA7cJcpbp8jwf8a5JslaBuB58gXr80ILUA+vxBBSJLkjYqrwKAijHkKqo2Cy0cfMWkjOLft/oHDKLtOzzWoIhZfMFaHAYOBa2rJQyw57KeBWp9RyPuIkuBRkthRUxe5AUqMx9uGTuVdgLqVLkJkCGeLdA/cQYE1EfXkJCaDhsH8WcsQIDAQAB')),
    (15, 'RSA for PSS alone', 'RS256', regress_tokens.pem('MIIBIDALBgkqhkiG9w0BAQoDggEPADCCAQoCggEBAMhsv33i3VB80HJq+A/kxfbOA0OkanK+936r1Wr7BiP+kpnGkg4d65b511R1mpr9j+w1xpu4zlQQRO316QGL2sq3moLMbLeZbjSfnxWL7kVJtba/KriN+WiQ9SYOpa/Plwow9P/74U/A+Nzs9hNXDvM4gD0Q9i1uWd1lQEvDn98M+4hserY8S21ipniWfCWSGUpBtH0GqFcDF3jlvCp9RYv7kMOqT2lfRVVP1sdiXIkK+jf5NgLPf1l8hFxoD7Ltbc9Btg09Yv2KibD/yMUY/fKlQ/57Vy0vVLTMe7Ms5fP6IS5xE3/EWrcrRayqGakosbFt0kTGldEBD/xuAOcA7p0CAwEAAQ==')),
    (16, 'another block', 'ES256', regress_tokens.pem('MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==', 'CERTIFICATE')),
    (17, 'an encrypted block', 'ES256', replace(:'p256', E'KEY-----\nMF', E'KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nMF')),
    (18, 'half a block', 'EdDSA', left(:'ed25519', 60)),
    (19, 'two blocks', 'EdDSA', :'ed25519' || :'ed25519'),
    (20, 'no block', 'EdDSA', 'MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='),
    (21, 'bytes behind the key', 'EdDSA', regress_tokens.pem('MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURoA')),
    (22, 'nonsense', 'RS256', regress_tokens.pem('AAAA')),
    (23, '31 bytes of secret', 'HS256', left(:'secret', 41) || 'A'),
    (24, 'a secret with padding', 'HS256', :'secret' || '=='),
    (25, 'a secret that is not base64url', 'HS256', 'a secret in plain text, of 32 bytes or more')
) t (n, what, algorithm, key) ORDER BY n;
SELECT count(*) FROM clearance.token_key WHERE kid = 'rt-x';

--
-- Nobody else has anything to do with keys.
--
SET ROLE regress_tokens_app;
SELECT clearance.add_token_key('rt-x', 'EdDSA', :'ed25519', 'i');
SELECT clearance.revoke_token_key('rt-ed');
SELECT clearance.drop_token_key('rt-ed');
SELECT clearance_internal.token_key_material('EdDSA', :'ed25519');
SELECT count(*) FROM clearance.token_key;
SELECT count(*) FROM clearance.token_keys;
SET clearance.token_leeway = 300;
SET clearance.token_max_lifetime = 31536000;
SET clearance.token_audience = 'mine';
RESET ROLE;
-- the settings have bounds
\set VERBOSITY sqlstate
SET clearance.token_leeway = 301;
SET clearance.token_max_lifetime = 59;
SET clearance.token_max_lifetime = 31536001;
\set VERBOSITY default
SET clearance.token_max_lifetime = '1 d';
SHOW clearance.token_max_lifetime;
RESET clearance.token_max_lifetime;

--
-- A good token makes its member the actor.
--
CREATE FUNCTION regress_tokens.base64url(bytes bytea) RETURNS text LANGUAGE sql
RETURN translate(encode(bytes, 'base64'), E'+/=\n', '-_');
-- a token of key rt-hs, or with another header or secret
CREATE FUNCTION regress_tokens.sign(payload text, header text DEFAULT '{"alg":"HS256","kid":"rt-hs"}',
    secret text DEFAULT 'cmVncmVzc190b2tlbnMgc2VjcmV0LCAzMiBieXRlcyBvciBtb3Jl') RETURNS text LANGUAGE sql
RETURN (SELECT message || '.' || regress_tokens.base64url(regress_tokens.hmac(convert_to(message, 'UTF8'),
            decode(rpad(translate(secret, '-_', '+/'), (length(secret) + 3) / 4 * 4, '='), 'base64'), 'sha256'))
        FROM (SELECT regress_tokens.base64url(convert_to(header, 'UTF8')) || '.' || regress_tokens.base64url(convert_to(payload, 'UTF8'))) t (message));
-- good claims about Bob, for five minutes from now; changed as `changes` says, without those it has as null
CREATE FUNCTION regress_tokens.claims(changes jsonb DEFAULT '{}') RETURNS text LANGUAGE sql
RETURN jsonb_strip_nulls(jsonb_build_object('iss', 'https://issuer.example', 'sub', 'rt-bob', 'aud', current_database(),
    'exp', trunc(extract(epoch FROM statement_timestamp())) + 300) || changes)::text;
-- seconds from now, as a date of a claim
CREATE FUNCTION regress_tokens.at(seconds numeric) RETURNS numeric LANGUAGE sql
RETURN extract(epoch FROM statement_timestamp()) + seconds;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA regress_tokens TO PUBLIC;
SELECT regress_tokens.sign(regress_tokens.claims()) AS bob_token,
       regress_tokens.sign(regress_tokens.claims('{"sub": "rt-ann"}')) AS ann_token \gset

SET ROLE regress_tokens_app;
SELECT * FROM regress_tokens.me;
BEGIN;
SELECT clearance.authenticate(:'bob_token') = :bob AS bob;
SELECT * FROM regress_tokens.me;
SAVEPOINT a;
SELECT clearance.authenticate(:'ann_token') = :ann AS ann;
SELECT * FROM regress_tokens.me;
ROLLBACK TO a;
SELECT * FROM regress_tokens.me;
COMMIT;
SELECT * FROM regress_tokens.me;
-- outside a transaction, for the statement alone
SELECT clearance.authenticate(:'bob_token') = :bob AS bob;
SELECT * FROM regress_tokens.me;
-- the setting proves itself, whoever sets it, for the session or a transaction
SET clearance.token = :'bob_token';
SELECT * FROM regress_tokens.me;
BEGIN;
SET LOCAL clearance.token = :'ann_token';
SELECT * FROM regress_tokens.me;
SELECT clearance.authenticate(:'bob_token') = :bob AS bob;
SELECT * FROM regress_tokens.me;
ROLLBACK;
SELECT * FROM regress_tokens.me;
RESET clearance.token;
SELECT * FROM regress_tokens.me;
BEGIN;
SELECT set_config('clearance.token', :'bob_token', true);
SELECT * FROM regress_tokens.me;
COMMIT;
SET clearance.token = :'bob_token';
RESET ALL;
SELECT * FROM regress_tokens.me;
SET clearance.token = :'bob_token';
DISCARD ALL;
SET ROLE regress_tokens_app;
SELECT * FROM regress_tokens.me;
-- nobody reads it back: SHOW and its like tell whether there is one
SHOW clearance.token;
SET clearance.token = :'bob_token';
SHOW clearance.token;
SELECT current_setting('clearance.token');
SELECT count(*) FROM pg_settings WHERE setting LIKE '%' || :'bob_token' || '%';
CREATE FUNCTION pg_temp.thief() RETURNS bigint LANGUAGE sql SET clearance.token FROM CURRENT RETURN 1;
SELECT proconfig FROM pg_proc WHERE proname = 'thief';
RESET ROLE;
SHOW clearance.token;
RESET clearance.token;

--
-- What is not good is not accepted: with one and the same error.
--
CREATE FUNCTION regress_tokens.try(token text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    member bigint;
    detail text;
    hint text;
BEGIN
    member := clearance.authenticate(token);
    RETURN 'accepted: ' || m.name FROM clearance.member m WHERE m.id = member;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' ', sqlstate, sqlerrm, nullif(detail, ''),
        nullif(hint, 'Get a new one from whoever issues them; the server''s log says what is wrong with this one.'));
END
$$;
SELECT clearance.authenticate('no token');
SELECT clearance.authenticate(NULL);
SET clearance.token = 'no token';
SELECT * FROM regress_tokens.task;
SET ROLE regress_tokens_app;
SELECT * FROM regress_tokens.task;
SELECT clearance.actor();
SELECT 'whoever needs no actor is not bothered';
RESET ROLE;
RESET clearance.token;

CREATE TABLE regress_tokens.tried (n integer GENERATED ALWAYS AS IDENTITY, what text, token text);
INSERT INTO regress_tokens.tried (what, token) SELECT what, regress_tokens.sign(payload, header, secret) FROM (VALUES
    ('good', regress_tokens.claims(), '{"alg":"HS256","kid":"rt-hs"}', :'secret'),
    ('another secret', regress_tokens.claims(), '{"alg":"HS256","kid":"rt-hs"}', 'YW5vdGhlcg'),
    ('no key', regress_tokens.claims(), '{"alg":"HS256"}', :'secret'),
    ('an unknown key', regress_tokens.claims(), '{"alg":"HS256","kid":"rt-unknown"}', :'secret'),
    ('algorithm none', regress_tokens.claims(), '{"alg":"none","kid":"rt-hs"}', :'secret'),
    ('another algorithm than the key''s', regress_tokens.claims(), '{"alg":"ES256","kid":"rt-hs"}', :'secret'),
    ('a public key as secret', regress_tokens.claims(), '{"alg":"HS256","kid":"rt-ed"}',
        (SELECT regress_tokens.base64url(material) FROM clearance.token_key WHERE kid = 'rt-ed')),
    ('the PEM of a public key as secret', regress_tokens.claims(), '{"alg":"HS256","kid":"rt-ed"}',
        regress_tokens.base64url(convert_to(:'ed25519', 'UTF8'))),
    ('a key that ended', regress_tokens.claims('{"sub": "bob@tokens.example"}'), '{"alg":"ES256","kid":"rt-ec"}', :'secret'),
    ('a key of its own', regress_tokens.claims(), '{"alg":"HS256","kid":"rt-unknown","jwk":{"kty":"oct","k":"' || :'secret' || '"}}', :'secret'),
    ('crit', regress_tokens.claims(), '{"alg":"HS256","kid":"rt-hs","crit":["exp"]}', :'secret'),
    ('type JWE', regress_tokens.claims(), '{"alg":"HS256","kid":"rt-hs","typ":"JWE"}', :'secret')
) t (what, payload, header, secret);
INSERT INTO regress_tokens.tried (what, token) SELECT what, regress_tokens.sign(regress_tokens.claims(changes)) FROM (VALUES
    ('no issuer', '{"iss": null}'::jsonb),
    ('another issuer', '{"iss": "https://issuer.example/"}'),
    ('no subject', '{"sub": null}'),
    ('a blank subject', '{"sub": ""}'),
    ('an unknown subject', '{"sub": "rt-nobody"}'),
    ('an e-mail where a key is expected', '{"sub": "bob@tokens.example"}'),
    ('a number as subject', '{"sub": 1}'),
    ('no audience', '{"aud": null}'),
    ('another audience', '{"aud": "elsewhere"}'),
    ('other audiences', '{"aud": ["elsewhere", "there"]}'),
    ('no audience in the list', '{"aud": []}'),
    ('no end', '{"exp": null}'),
    ('an end in text', '{"exp": "tomorrow"}'),
    ('expired', jsonb_build_object('exp', regress_tokens.at(-31))),
    ('not yet', jsonb_build_object('nbf', regress_tokens.at(31))),
    ('issued tomorrow', jsonb_build_object('iat', regress_tokens.at(86400), 'exp', regress_tokens.at(86401))),
    ('for longer than a day', jsonb_build_object('exp', regress_tokens.at(86431))),
    ('for longer than a day, nearly over', jsonb_build_object('iat', regress_tokens.at(-86400), 'exp', regress_tokens.at(60))),
    ('for ever', '{"exp": 253402300799}'),
    ('an unknown role', '{"role": "regress_tokens_unknown"}'),
    ('another role', '{"role": "regress_tokens_other"}'),
    ('a list of roles', '{"role": ["regress_tokens_other"]}')
) t (what, changes);
INSERT INTO regress_tokens.tried (what, token) VALUES
    ('a claim twice', regress_tokens.sign(left(regress_tokens.claims('{"sub": "rt-ann"}'), -1) || ', "sub": "rt-bob"}')),
    ('no JSON', regress_tokens.sign('claims')),
    ('longer than 8 kB', regress_tokens.sign(regress_tokens.claims(jsonb_build_object('x', repeat('x', 6000))))),
    ('nothing', ''),
    ('no signature', rtrim(:'bob_token', 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')),
    ('padding', :'bob_token' || '='),
    ('a blank', :'bob_token' || ' '),
    ('Bearer', 'Bearer ' || :'bob_token'),
    ('a character that is not ASCII', :'bob_token' || 'é');
SELECT what, regress_tokens.try(token) FROM regress_tokens.tried ORDER BY n;
-- nor any good token with one character changed
SELECT regress_tokens.try(overlay(:'bob_token' PLACING CASE substr(:'bob_token', i, 1) WHEN 'A' THEN 'B' ELSE 'A' END FROM i)) AS outcome,
       count(*) = length(:'bob_token') AS each
FROM generate_series(1, length(:'bob_token')) i GROUP BY 1;

--
-- What is good in borderline cases
--
SELECT what, regress_tokens.try(regress_tokens.sign(regress_tokens.claims(changes))) FROM (VALUES
    (1, 'one audience of several', jsonb_build_object('aud', jsonb_build_array('x', current_database()))),
    (2, 'expired, within the leeway', jsonb_build_object('exp', regress_tokens.at(-29))),
    (3, 'not yet, within the leeway', jsonb_build_object('nbf', regress_tokens.at(29))),
    (4, 'issued in the future, within the leeway', jsonb_build_object('iat', regress_tokens.at(29))),
    (5, 'for a day', jsonb_build_object('iat', trunc(regress_tokens.at(0)), 'exp', trunc(regress_tokens.at(0)) + 86400)),
    (6, 'everything in order', jsonb_build_object('iat', regress_tokens.at(-1), 'nbf', regress_tokens.at(-1), 'jti', 'x', 'role', session_user)),
    (7, 'claims of others', '{"scope": "openid", "x": {"exp": [1, {"sub": 2}]}}'),
    (8, 'the claims in UTF-8', '{"name": "Böb ☃"}')
) t (n, what, changes) ORDER BY n;
SELECT regress_tokens.try(regress_tokens.sign(regress_tokens.claims(), header)) FROM (VALUES
    ('{"typ":"JWT","alg":"HS256","kid":"rt-hs"}'), ('{"typ":"at+JWT","alg":"HS256","kid":"rt-hs"}'),
    ('{"alg":"HS256","kid":"rt-hs","jku":"https://forger.example","x5c":["MII"]}')) t (header);
-- no leeway, another audience, a longer or shorter life: as the settings say
SET clearance.token_leeway = 0;
SELECT regress_tokens.try(regress_tokens.sign(regress_tokens.claims(jsonb_build_object('exp', regress_tokens.at(-1)))));
SELECT regress_tokens.try(regress_tokens.sign(regress_tokens.claims(jsonb_build_object('nbf', regress_tokens.at(1)))));
RESET clearance.token_leeway;
SET clearance.token_audience = 'https://db.example';
SELECT regress_tokens.try(:'bob_token');
SELECT regress_tokens.try(regress_tokens.sign(regress_tokens.claims('{"aud": "https://db.example"}')));
RESET clearance.token_audience;
SET clearance.token_max_lifetime = 60;
SELECT regress_tokens.try(:'bob_token');
SET clearance.token_max_lifetime = 31536000;
SELECT regress_tokens.try(regress_tokens.sign(regress_tokens.claims(jsonb_build_object('exp', regress_tokens.at(31536000 - 60)))));
RESET clearance.token_max_lifetime;

--
-- A token for a role is good for sessions that log in as it, or SET ROLE to it.
--
SELECT regress_tokens.sign(regress_tokens.claims('{"role": "regress_tokens_other"}')) AS for_other \gset
SET clearance.token = :'for_other';
SET ROLE regress_tokens_app;
SELECT * FROM regress_tokens.me;
SET ROLE regress_tokens_other;
SELECT * FROM regress_tokens.me;
RESET ROLE;
SET SESSION AUTHORIZATION regress_tokens_other;
SELECT * FROM regress_tokens.me;
-- whatever role the login takes on
SET ROLE regress_tokens_app;
SELECT * FROM regress_tokens.me;
RESET SESSION AUTHORIZATION;
-- being in a function of the role's is not enough
CREATE FUNCTION regress_tokens.as_other() RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
RETURN (SELECT name FROM clearance.whoami());
ALTER FUNCTION regress_tokens.as_other OWNER TO regress_tokens_other;
SET ROLE regress_tokens_app;
SELECT regress_tokens.as_other();
RESET ROLE;
-- nor is being the one who had the name when the token was first used
SET ROLE regress_tokens_other;
SELECT name FROM regress_tokens.me;
RESET ROLE;
ALTER ROLE regress_tokens_other RENAME TO regress_tokens_former;
SET ROLE regress_tokens_former;
SELECT name FROM regress_tokens.me;
RESET ROLE;
ALTER ROLE regress_tokens_former RENAME TO regress_tokens_other;
RESET clearance.token;

--
-- Whom a subject means: a key or an e-mail, of the key's account or of any.
--
SELECT clearance.add_token_key('rt-mail', 'HS256', :'secret', 'https://issuer.example', subject => 'email');
SELECT clearance.add_token_key('rt-any', 'HS256', :'secret', 'https://issuer.example');
SELECT clearance.add_token_key('rt-south', 'HS256', :'secret', 'https://issuer.example', account => :south);
SELECT kid, sub, regress_tokens.try(regress_tokens.sign(regress_tokens.claims(jsonb_build_object('sub', sub)),
    jsonb_build_object('alg', 'HS256', 'kid', kid)::text)) FROM (VALUES
    (1, 'rt-mail', 'BOB@Tokens.Example'), (2, 'rt-mail', 'rt-bob'), (3, 'rt-mail', 'ann@tokens.example'),
    (4, 'rt-any', 'rt-bob'), (5, 'rt-any', 'rt-ann'), (6, 'rt-any', 'bob@tokens.example'),
    (7, 'rt-hs', 'rt-ann'), (8, 'rt-south', 'rt-ann'), (9, 'rt-south', 'rt-bob')) t (n, kid, sub) ORDER BY n;

--
-- A key counts in its time, and until it is revoked; the next statement knows.
--
SET clearance.token = :'bob_token';
SET ROLE regress_tokens_app;
SELECT * FROM regress_tokens.me;
RESET ROLE;
BEGIN;
UPDATE clearance.token_key SET ends_at = statement_timestamp() WHERE kid = 'rt-hs';
SELECT * FROM regress_tokens.me;
ROLLBACK;
BEGIN;
UPDATE clearance.token_key SET starts_at = statement_timestamp() + interval '1 hour' WHERE kid = 'rt-hs';
SELECT * FROM regress_tokens.me;
ROLLBACK;
BEGIN;
SELECT clearance.revoke_token_key('rt-hs');
SELECT * FROM regress_tokens.me;
ROLLBACK;
SELECT name FROM regress_tokens.me;
SELECT clearance.revoke_token_key('rt-hs');
SELECT * FROM regress_tokens.me;
RESET clearance.token;
SELECT kid, state, revoked_at <= now() AS revoked FROM clearance.token_keys WHERE kid = 'rt-hs';
-- revoking again changes nothing; the id stays taken until the key is dropped
SELECT clearance.revoke_token_key('rt-hs');
SELECT clearance.add_token_key('rt-hs', 'HS256', :'secret', 'https://issuer.example');
SELECT clearance.drop_token_key('rt-hs');
SELECT regress_tokens.try(:'bob_token');
SELECT clearance.add_token_key('rt-hs', 'HS256', :'secret', 'https://issuer.example', account => :north);
SELECT regress_tokens.try(:'bob_token');
SELECT clearance.revoke_token_key('rt-x');
SELECT clearance.drop_token_key('rt-x');
SELECT clearance.revoke_token_key(NULL);
-- a row that was written by hand is not trusted to be checked
UPDATE clearance.token_key SET material = '\x00' WHERE kid = 'rt-hs';
SELECT regress_tokens.try(:'bob_token');
UPDATE clearance.token_key SET material = 'short' WHERE kid = 'rt-hs';
SELECT regress_tokens.try(regress_tokens.sign(regress_tokens.claims(), secret => 'c2hvcnQ'));
UPDATE clearance.token_key SET material = '\x', algorithm = 'EdDSA' WHERE kid = 'rt-hs';
SELECT regress_tokens.try(:'bob_token');
-- an account's keys go with it
DELETE FROM clearance.account WHERE id = :south;
SELECT kid FROM clearance.token_keys WHERE kid LIKE 'rt-%' ORDER BY kid;

-- nothing stays behind
SELECT clearance.unprotect('regress_tokens.task');
SELECT clearance.drop_token_key(kid) FROM clearance.token_keys WHERE kid LIKE 'rt-%' ORDER BY kid;
SET client_min_messages = warning;
DROP SCHEMA regress_tokens CASCADE;
DELETE FROM clearance.account WHERE id = :north;
DROP OWNED BY regress_tokens_app, regress_tokens_other;
DROP ROLE regress_tokens_app, regress_tokens_other;
