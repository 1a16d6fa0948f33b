-- ---------------------------------------------------------------------------
-- app_key: a project's or member's key in the application, whatever its type.
-- A base type of its own, so that one function signature takes smallint,
-- integer, bigint, uuid and text; the tables store its canonical text.
-- ---------------------------------------------------------------------------
CREATE TYPE clearance.app_key;

CREATE FUNCTION clearance.app_key_in(cstring) RETURNS clearance.app_key
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
COMMENT ON FUNCTION clearance.app_key_in IS 'internal: reads a key, which may be any text';
CREATE FUNCTION clearance.app_key_out(clearance.app_key) RETURNS cstring
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
COMMENT ON FUNCTION clearance.app_key_out IS 'internal: text form of a key';
-- drivers that leave the type of a parameter open are told this one, and may send it in binary
CREATE FUNCTION clearance.app_key_recv(internal) RETURNS clearance.app_key
LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'textrecv';
COMMENT ON FUNCTION clearance.app_key_recv IS 'internal: reads a key that a driver sends in binary';
CREATE FUNCTION clearance.app_key_send(clearance.app_key) RETURNS bytea
LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'textsend';
COMMENT ON FUNCTION clearance.app_key_send IS 'internal: binary form of a key, for drivers';

CREATE TYPE clearance.app_key (
    INPUT = clearance.app_key_in,
    OUTPUT = clearance.app_key_out,
    RECEIVE = clearance.app_key_recv,
    SEND = clearance.app_key_send,
    INTERNALLENGTH = VARIABLE,
    STORAGE = extended
);
COMMENT ON TYPE clearance.app_key IS
'key of a project or member in the application: smallint, integer, bigint, uuid and text convert to it implicitly';

CREATE CAST (text AS clearance.app_key) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (character varying AS clearance.app_key) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (clearance.app_key AS text) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (smallint AS clearance.app_key) WITH INOUT AS IMPLICIT;
CREATE CAST (integer AS clearance.app_key) WITH INOUT AS IMPLICIT;
CREATE CAST (bigint AS clearance.app_key) WITH INOUT AS IMPLICIT;
CREATE CAST (uuid AS clearance.app_key) WITH INOUT AS IMPLICIT;
COMMENT ON CAST (text AS clearance.app_key) IS 'a text is the key that it spells';
COMMENT ON CAST (character varying AS clearance.app_key) IS 'a text is the key that it spells';
COMMENT ON CAST (clearance.app_key AS text) IS 'the text by which tables of the extension hold a key';
COMMENT ON CAST (smallint AS clearance.app_key) IS 'an integer is the key with its digits, whatever its size';
COMMENT ON CAST (integer AS clearance.app_key) IS 'an integer is the key with its digits, whatever its size';
COMMENT ON CAST (bigint AS clearance.app_key) IS 'an integer is the key with its digits, whatever its size';
COMMENT ON CAST (uuid AS clearance.app_key) IS 'a UUID is the key with its digits, in lower case and with hyphens';

-- ---------------------------------------------------------------------------
-- by_name: stands in a list of optional arguments where those begin that are
-- passed by name alone, since a mix-up would be silent. Nothing casts to it, and
-- it reads nothing but its default.
-- ---------------------------------------------------------------------------
CREATE TYPE clearance.by_name;

CREATE FUNCTION clearance.by_name_in(cstring) RETURNS clearance.by_name
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clearance_by_name_in';
COMMENT ON FUNCTION clearance.by_name_in IS 'internal: refuses what is passed by position';
CREATE FUNCTION clearance.by_name_out(clearance.by_name) RETURNS cstring
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
COMMENT ON FUNCTION clearance.by_name_out IS 'internal: text form of by_name';

CREATE TYPE clearance.by_name (
    INPUT = clearance.by_name_in,
    OUTPUT = clearance.by_name_out,
    INTERNALLENGTH = VARIABLE
);
COMMENT ON TYPE clearance.by_name IS 'no argument: those after it are passed by name';


-- ---------------------------------------------------------------------------
-- What texts must look like: constraints and functions ask the same.
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.is_email(email text) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN email ~ E'^[^[:space:][:cntrl:]@<>(),;:"\\\\]+@[^[:space:][:cntrl:]@<>(),;:"\\\\]+$' AND length(email) <= 254;
COMMENT ON FUNCTION clearance_internal.is_email IS 'internal: whether a text is one e-mail address and nothing else';

CREATE FUNCTION clearance_internal.is_web_address(address text) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN address ~ '^https?://[^[:space:][:cntrl:]<>"]+$';
COMMENT ON FUNCTION clearance_internal.is_web_address IS 'internal: whether a text is a web address, of HTTP and nothing else';
