-- ---------------------------------------------------------------------------
-- What happened on the whole server, for monitoring (src/store/counters.c).
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance.counter_values(OUT name text, OUT code text, OUT value bigint, OUT since timestamptz, OUT meaning text)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'clearance_counter_values';
COMMENT ON FUNCTION clearance.counter_values IS 'what clearance.counters shows';

CREATE VIEW clearance.counters AS
SELECT name, code, value, since, meaning FROM clearance.counter_values();
COMMENT ON VIEW clearance.counters IS
'what happened in all databases of the server, by all sessions; value is NULL, with a warning, where the server does not preload the library';
COMMENT ON COLUMN clearance.counters.name IS 'what is counted: statements, plans, scopes, tokens, tokens refused, errors, refusals';
COMMENT ON COLUMN clearance.counters.code IS 'which of them; of refusals as verdict_codes() has it';
COMMENT ON COLUMN clearance.counters.value IS 'how often it happened';
COMMENT ON COLUMN clearance.counters.since IS 'since when: the start of the server, its last crash or reset_counters(); NULL where nothing is counted';
COMMENT ON COLUMN clearance.counters.meaning IS 'what happened, in words';

CREATE FUNCTION clearance.reset_counters() RETURNS timestamptz
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'clearance_reset_counters';
COMMENT ON FUNCTION clearance.reset_counters IS 'sets the counters of the whole server to zero, and returns since when they count; NULL, with a warning, where nothing is counted';
