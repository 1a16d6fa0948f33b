-- ---------------------------------------------------------------------------
-- Findings: what an administrator should know about this database, with the
-- statement that mends it. Nothing is changed, and no code of the application's
-- has our rights: checks read catalogs and, if asked for, rows as their owners.
-- ---------------------------------------------------------------------------

-- definition: what else the acceptance of a finding is for. Checks that are not
-- wanted are not run.
CREATE FUNCTION clearance_internal.lint_findings("rows" boolean, wanted text DEFAULT NULL) RETURNS TABLE (code text, severity text, object text, why text, mend text, digest text)
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
    SELECT f.code, f.severity, f.object, f.why, f.mend, md5(concat_ws(E'\n', f.severity, f.why, f.definition))
    FROM (
        SELECT 'rls_off', f.*, NULL FROM clearance_internal.lint_rls_off() f UNION ALL
        SELECT 'child_open', f.*, NULL FROM clearance_internal.lint_child_open() f UNION ALL
        SELECT 'owner_exempt', f.*, NULL FROM clearance_internal.lint_owner_exempt() f UNION ALL
        SELECT 'foreign_policy', f.*, NULL FROM clearance_internal.lint_foreign_policy() f UNION ALL
        SELECT 'bypass_login', f.*, NULL FROM clearance_internal.lint_bypass_login() f UNION ALL
        SELECT 'bypass_reachable', f.*, NULL FROM clearance_internal.lint_bypass_reachable() f UNION ALL
        SELECT 'strong_attribute', f.*, NULL FROM clearance_internal.lint_strong_attribute() f UNION ALL
        SELECT 'predefined_role', f.*, NULL FROM clearance_internal.lint_predefined_role() f UNION ALL
        SELECT 'power_to_declare', f.*, NULL FROM clearance_internal.lint_power_to_declare() f UNION ALL
        SELECT 'view_definer', f.* FROM clearance_internal.lint_view_definer() f UNION ALL
        SELECT 'matview', f.* FROM clearance_internal.lint_matview() f UNION ALL
        SELECT 'foreign_table', f.*, NULL FROM clearance_internal.lint_foreign_table() f UNION ALL
        SELECT 'definer_function', f.* FROM clearance_internal.lint_definer_function() f UNION ALL
        SELECT 'definer_path', f.*, NULL FROM clearance_internal.lint_definer_path() f UNION ALL
        SELECT 'leakproof', f.*, NULL FROM clearance_internal.lint_leakproof() f UNION ALL
        SELECT 'frozen_actor', f.*, NULL FROM clearance_internal.lint_frozen_actor() f UNION ALL
        SELECT 'publication', f.*, NULL FROM clearance_internal.lint_publication() f UNION ALL
        SELECT 'look_alike', f.*, NULL FROM clearance_internal.lint_look_alike() f UNION ALL
        SELECT 'unprotected', f.*, NULL FROM clearance_internal.lint_unprotected() f UNION ALL
        SELECT 'mirror_writable', f.*, NULL FROM clearance_internal.lint_mirror_writable() f UNION ALL
        SELECT 'outside_privilege', f.*, NULL FROM clearance_internal.lint_outside_privilege() f UNION ALL
        SELECT 'default_grant', f.*, NULL FROM clearance_internal.lint_default_grant() f UNION ALL
        SELECT 'public_create', f.*, NULL FROM clearance_internal.lint_public_create() f UNION ALL
        SELECT 'no_index', f.*, NULL FROM clearance_internal.lint_no_index() f UNION ALL
        SELECT 'bad_index', f.*, NULL FROM clearance_internal.lint_bad_index() f UNION ALL
        SELECT 'no_key', f.*, NULL FROM clearance_internal.lint_no_key() f UNION ALL
        SELECT 'loose_key', f.*, NULL FROM clearance_internal.lint_loose_key() f UNION ALL
        SELECT 'nullable_key', f.*, NULL FROM clearance_internal.lint_nullable_key() f UNION ALL
        SELECT 'type_mismatch', f.*, NULL FROM clearance_internal.lint_type_mismatch() f UNION ALL
        SELECT 'unmasked_secret', f.*, NULL FROM clearance_internal.lint_unmasked_secret() f UNION ALL
        SELECT 'unique_oracle', f.*, NULL FROM clearance_internal.lint_unique_oracle() f UNION ALL
        SELECT 'fk_oracle', f.*, NULL FROM clearance_internal.lint_fk_oracle() f UNION ALL
        SELECT 'late_error', f.*, NULL FROM clearance_internal.lint_late_error() f UNION ALL
        SELECT 'no_reader', f.*, NULL FROM clearance_internal.lint_no_reader() f UNION ALL
        SELECT 'empty_level', f.*, NULL FROM clearance_internal.lint_empty_level() f UNION ALL
        SELECT 'other_audience', f.*, NULL FROM clearance_internal.lint_other_audience() f UNION ALL
        SELECT 'on_no_project', f.*, NULL FROM clearance_internal.lint_on_no_project() f UNION ALL
        SELECT 'expiring', f.*, NULL FROM clearance_internal.lint_expiring() f UNION ALL
        SELECT 'not_preloaded', f.*, NULL FROM clearance_internal.lint_not_preloaded() f UNION ALL
        SELECT 'old_minor', f.*, NULL FROM clearance_internal.lint_old_minor() f UNION ALL
        SELECT 'extension_behind', f.*, NULL FROM clearance_internal.lint_extension_behind() f UNION ALL
        SELECT 'weakening_setting', f.*, NULL FROM clearance_internal.lint_weakening_setting() f UNION ALL
        SELECT 'plans_logged', f.*, NULL FROM clearance_internal.lint_plans_logged() f UNION ALL
        SELECT 'token_logged', f.*, NULL FROM clearance_internal.lint_token_logged() f UNION ALL
        SELECT 'statistics_visible', f.*, NULL FROM clearance_internal.lint_statistics_visible() f UNION ALL
        SELECT 'lost_rows', f.*, NULL FROM clearance_internal.lint_lost_rows() f WHERE lint_findings."rows" UNION ALL
        SELECT 'dead_label', f.*, NULL FROM clearance_internal.lint_dead_label() f WHERE lint_findings."rows"
    ) AS f (code, severity, object, why, mend, definition)
    WHERE wanted IS NULL OR f.code = wanted
$$;
COMMENT ON FUNCTION clearance_internal.lint_findings IS 'all findings, accepted or not; digest: of what an acceptance is for';

CREATE FUNCTION clearance_internal.lint_reads_rows(code text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT code IN ('lost_rows', 'dead_label') $$;
COMMENT ON FUNCTION clearance_internal.lint_reads_rows IS 'whether only lint(rows => true) finds it';

CREATE FUNCTION clearance.lint("rows" boolean DEFAULT false, with_accepted boolean DEFAULT false)
RETURNS TABLE (code text, severity text, object text, why text, mend text, accepted boolean, reason text, accepted_by text, until timestamptz)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH finding AS MATERIALIZED (
        SELECT * FROM clearance_internal.lint_findings(lint."rows")
    ), acceptance AS (
        SELECT a.*, f.code IS NOT NULL AS fits
        FROM clearance.lint_acceptance a LEFT JOIN finding f USING (code, object, digest)
    ), line AS (
        SELECT f.*, coalesce(a.ends_at > statement_timestamp(), false) AS accepted, a.reason, a.accepted_by, nullif(a.ends_at, 'infinity') AS until
        FROM finding f LEFT JOIN acceptance a USING (code, object, digest)
        UNION ALL
        SELECT DISTINCT 'stale_acceptance', 'info', concat_ws(' ', a.code, 'of', a.object),
               CASE WHEN EXISTS (SELECT FROM finding f WHERE (f.code, f.object) = (a.code, a.object))
                    THEN 'something else is found there now than was accepted' ELSE 'what was accepted is not found any more' END,
               format('SELECT clearance.withdraw_acceptance(%L, %L);', a.code, a.object), '', false, a.reason, a.accepted_by, nullif(a.ends_at, 'infinity')
        FROM acceptance a WHERE NOT a.fits AND (lint."rows" OR NOT clearance_internal.lint_reads_rows(a.code))
    )
    SELECT l.code, l.severity, l.object, l.why, l.mend, l.accepted, l.reason, l.accepted_by, l.until
    FROM line l WHERE coalesce(lint.with_accepted, false) OR NOT l.accepted
    ORDER BY array_position('{error,warning,info}', l.severity), l.code, l.object COLLATE "C"
$$;
COMMENT ON FUNCTION clearance.lint IS
'findings about this database, with the statements that mend them; rows: reads the protected tables too; with_accepted: those that were accepted as well';

CREATE FUNCTION clearance.accept_finding(code text, object text, reason text, until timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
    IF coalesce(btrim(reason), '') = '' THEN
        RAISE EXCEPTION 'the reason is blank' USING ERRCODE = 'invalid_parameter_value', HINT = 'Say why the finding may stay.';
    ELSIF until <= statement_timestamp() THEN
        RAISE EXCEPTION 'the acceptance would end at %, which is past', until USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM clearance_internal.require_given('code', code);
    DELETE FROM clearance.lint_acceptance a WHERE (a.code, a.object) = (code, object);
    INSERT INTO clearance.lint_acceptance (code, object, digest, reason, accepted_by, ends_at)
    SELECT DISTINCT f.code, f.object, f.digest, reason, session_user::text, coalesce(until, 'infinity')
    FROM clearance_internal.lint_findings(clearance_internal.lint_reads_rows(code), code) f WHERE f.object = object;
    IF NOT FOUND THEN
        PERFORM clearance_internal.raise_unknown('finding', format('"%s" of "%s"', code, object), 'clearance.lint()');
    END IF;
END
$$;
COMMENT ON FUNCTION clearance.accept_finding IS 'accepts a finding of lint(), until it changes, or until a moment';

CREATE FUNCTION clearance.withdraw_acceptance(code text, object text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
    DELETE FROM clearance.lint_acceptance a WHERE (a.code, a.object) = (code, object);
    IF NOT FOUND THEN
        PERFORM clearance_internal.raise_unknown('acceptance', format('"%s" of "%s"', code, object), 'Table clearance.lint_acceptance');
    END IF;
END
$$;
COMMENT ON FUNCTION clearance.withdraw_acceptance IS 'ends what accept_finding() accepted';
