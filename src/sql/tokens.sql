
-- ---------------------------------------------------------------------------
-- Tokens: signed by an issuer, verified by a key of clearance.token_key
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance.authenticate(token text) RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_authenticate';
COMMENT ON FUNCTION clearance.authenticate IS
'acts as the member that a signed token (JWT) names, until the end of the transaction; returns the member''s id';

CREATE FUNCTION clearance_internal.token_key_material(algorithm text, key text) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'clearance_token_key_material';
COMMENT ON FUNCTION clearance_internal.token_key_material IS
'internal: what verifies the tokens of a key (PEM, or base64url for HS256), or an error';

CREATE FUNCTION clearance_internal.token_key_state(starts_at timestamptz, ends_at timestamptz, revoked_at timestamptz,
    at timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN revoked_at IS NOT NULL THEN 'revoked'
            WHEN at < starts_at THEN 'not yet'
            WHEN at >= ends_at THEN 'ended'
            ELSE 'active' END;
COMMENT ON FUNCTION clearance_internal.token_key_state IS
'internal: whether a key verifies tokens at a time: active, not yet, ended, revoked';

CREATE VIEW clearance.token_keys AS
SELECT k.kid, k.algorithm, CASE WHEN k.algorithm <> 'HS256' THEN encode(sha256(k.material), 'hex') END AS fingerprint,
       k.issuer, k.subject, k.account_id, k.starts_at, k.ends_at, k.revoked_at,
       clearance_internal.token_key_state(k.starts_at, k.ends_at, k.revoked_at, statement_timestamp()) AS state
FROM clearance.token_key k;
COMMENT ON VIEW clearance.token_keys IS 'keys that verify tokens, without the keys themselves';
COMMENT ON COLUMN clearance.token_keys.kid IS 'id by which tokens name the key';
COMMENT ON COLUMN clearance.token_keys.algorithm IS 'the one algorithm of its tokens';
COMMENT ON COLUMN clearance.token_keys.fingerprint IS 'SHA-256 of the public key in DER form; NULL for a secret';
COMMENT ON COLUMN clearance.token_keys.issuer IS 'who issues its tokens: their claim iss';
COMMENT ON COLUMN clearance.token_keys.subject IS 'what their claim sub holds: a member''s key or email';
COMMENT ON COLUMN clearance.token_keys.account_id IS 'account of the members it may name; NULL: any';
COMMENT ON COLUMN clearance.token_keys.starts_at IS 'first moment it counts; -infinity: it always did';
COMMENT ON COLUMN clearance.token_keys.ends_at IS 'first moment it no longer counts; infinity: it does not end';
COMMENT ON COLUMN clearance.token_keys.revoked_at IS 'when it was revoked, for good; NULL: it was not';
COMMENT ON COLUMN clearance.token_keys.state IS 'active, not yet, ended or revoked';

-- An error must not put the statement into the server's log: it holds the key.
-- No constraint of the table may refuse what comes from here: it would show the row.
CREATE FUNCTION clearance.add_token_key(kid text, algorithm text, key text, issuer text, subject text DEFAULT 'key',
    account bigint DEFAULT NULL, starts_at timestamptz DEFAULT NULL, ends_at timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET log_min_error_statement = 'panic'
AS $$
DECLARE
    added clearance.token_key;
BEGIN
    PERFORM clearance_internal.require_given('token key id', kid), clearance_internal.require_given('algorithm', algorithm),
        clearance_internal.require_given('token key', key), clearance_internal.require_given('issuer', issuer),
        clearance_internal.require_given('subject', subject);
    IF length(kid) > 255 THEN
        RAISE EXCEPTION 'the token key id has % characters', length(kid) USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'It may have 255.';
    END IF;
    IF subject NOT IN ('key', 'email') THEN
        RAISE EXCEPTION 'no subject "%"', subject USING ERRCODE = 'invalid_parameter_value',
            HINT = 'The claim sub holds a member''s ''key'' or ''email''.';
    END IF;
    IF account IS NOT NULL THEN
        PERFORM clearance_internal.require_account(account);
    END IF;
    added.starts_at := coalesce(starts_at, '-infinity');
    added.ends_at := coalesce(ends_at, 'infinity');
    IF added.starts_at >= added.ends_at THEN
        RAISE EXCEPTION 'the token key would end at %, before it starts', added.ends_at
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    added.material := clearance_internal.token_key_material(algorithm, key);

    INSERT INTO clearance.token_key AS k (kid, algorithm, material, issuer, subject, account_id, starts_at, ends_at)
    VALUES (add_token_key.kid, add_token_key.algorithm, added.material, add_token_key.issuer, add_token_key.subject,
            account, added.starts_at, added.ends_at)
    ON CONFLICT ON CONSTRAINT token_key_id_is_unique DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'token key "%" exists already', kid USING ERRCODE = 'duplicate_object',
            HINT = 'Give a new key an id of its own; issuers change over to it, then the old one is revoked.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance.add_token_key IS
'accepts tokens that an issuer signs with this key: a public key in PEM form (EdDSA, ES256, RS256), or a secret as base64url (HS256)';

CREATE FUNCTION clearance.revoke_token_key(kid text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE clearance.token_key k SET revoked_at = coalesce(k.revoked_at, statement_timestamp())
    WHERE k.kid = revoke_token_key.kid;
    IF NOT FOUND THEN
        PERFORM clearance_internal.raise_unknown('token key', '"' || kid || '"', 'View clearance.token_keys');
    END IF;
END
$$;
COMMENT ON FUNCTION clearance.revoke_token_key IS 'accepts no token of a key any more, for good; its id stays taken';

CREATE FUNCTION clearance.drop_token_key(kid text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM clearance.token_key k WHERE k.kid = drop_token_key.kid;
    IF NOT FOUND THEN
        PERFORM clearance_internal.raise_unknown('token key', '"' || kid || '"', 'View clearance.token_keys');
    END IF;
END
$$;
COMMENT ON FUNCTION clearance.drop_token_key IS 'forgets a key; its id may be given anew';
