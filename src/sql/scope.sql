-- ---------------------------------------------------------------------------
-- Scope: what C reads of an actor (src/scope/scope.c), for SQL; and the rights of
-- levels in a digest.
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.in_force(starts_at timestamptz, ends_at timestamptz, at timestamptz) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN starts_at <= at AND at < ends_at;
COMMENT ON FUNCTION clearance_internal.in_force IS
'whether a membership that starts and ends at these times counts at a moment';

CREATE FUNCTION clearance_internal.scope_actor(member bigint, partner bigint,
    OUT audience text, OUT account_id bigint, OUT no_standing text, OUT base_levels integer[])
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_scope_actor';
COMMENT ON FUNCTION clearance_internal.scope_actor IS
'standing, account and base levels of a member or of a partner as a whole';

-- Equal for two snapshots if these levels grant the same in both. Read by
-- src/scope/scope.c, like the rest of a scope.
CREATE FUNCTION clearance_internal.levels_digest(levels integer[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT md5(concat_ws('|',
        (SELECT string_agg(g::text, ';' ORDER BY g::text) FROM clearance_internal.given_grants() g WHERE g.level_id = ANY (levels)),
        (SELECT string_agg(n::text, ';' ORDER BY n::text) FROM clearance.not_available n WHERE n.level_id = ANY (levels)),
        (SELECT string_agg(d::text, ';' ORDER BY d::text) FROM clearance.level_denial d WHERE d.level_id = ANY (levels)),
        (SELECT string_agg(g::text, ';' ORDER BY g::text) FROM clearance.gate g)));
END;
COMMENT ON FUNCTION clearance_internal.levels_digest IS 'a digest of all that levels grant';

-- Equal for two snapshots if rows that name the same people are of the actor's company, or
-- of whom it supervises, in both; empty where no level asks for that. Zero: no such company.
CREATE FUNCTION clearance_internal.people_digest(levels integer[], account bigint, partner bigint, customer bigint, member bigint)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN EXISTS (SELECT FROM clearance.level_grant g WHERE g.level_id = ANY (levels) AND g.relation IN ('company', 'reports'))
        THEN md5(concat_ws('|',
            (SELECT string_agg(quote_literal(m.key), ';' ORDER BY m.key) FROM clearance.member m
             WHERE m.account_id = account AND coalesce(m.partner_id, 0) = partner AND coalesce(m.customer_id, 0) = customer),
            (SELECT string_agg(quote_literal(m.key), ';' ORDER BY m.key)
             FROM clearance.resource r JOIN clearance.member m ON m.id = r.member_id WHERE r.supervisor_id = member)))
        ELSE '' END;
END;
COMMENT ON FUNCTION clearance_internal.people_digest IS
'a digest of whom relations company and reports are about, if the levels name these';

CREATE INDEX open_project ON clearance.project (account_id) WHERE open_level_id IS NOT NULL;

-- Put in place by the planner, so that it reads what is asked for.
CREATE FUNCTION clearance_internal.open_levels() RETURNS TABLE (project_id bigint, account_id bigint, level_id integer)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT p.id, p.account_id, p.open_level_id FROM clearance.project p WHERE p.open_level_id IS NOT NULL
    UNION
    SELECT p.id, p.account_id, o.level_id FROM clearance.project_open_level o JOIN clearance.project p ON p.id = o.project_id
    WHERE p.open_level_id IS NOT NULL;
END;
COMMENT ON FUNCTION clearance_internal.open_levels IS 'internal: the levels that projects are open with';

