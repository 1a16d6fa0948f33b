-- ---------------------------------------------------------------------------
-- Library and objects are of one version; see src/release.c
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.library_version() RETURNS text
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'clearance_library_version';
COMMENT ON FUNCTION clearance_internal.library_version IS 'version of the library that the session has loaded';
