-- Tokens that the extension accepts: HS256, with a key of 32 bytes of A, whose
-- inner and outer pads are these.
\o /dev/null
SELECT clearance.add_token_key('bench', 'HS256', repeat('QUFB', 10) || 'QUE', 'bench');
\o
CREATE FUNCTION bench.token(member bigint) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH part (n, json) AS (
        VALUES (1, '{"alg":"HS256","kid":"bench"}'),
               (2, format('{"iss":"bench","aud":"%s","sub":"%s","exp":%s}', current_database(), member, 80000 + extract(epoch FROM now())::bigint))
    ), signed (text) AS (
        SELECT string_agg(translate(encode(convert_to(json, 'UTF8'), 'base64'), E'+/=\n', '-_'), '.' ORDER BY n) FROM part
    )
    SELECT text || '.' || translate(encode(sha256(decode(repeat('1d', 32) || repeat('5c', 32), 'hex')
        || sha256(decode(repeat('77', 32) || repeat('36', 32), 'hex') || convert_to(text, 'UTF8'))), 'base64'), E'+/=\n', '-_')
    FROM signed;
END;
