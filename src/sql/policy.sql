-- ---------------------------------------------------------------------------
-- What the policies of protected tables call, and answers from the same rule.
-- Policies run as the querying role, so everybody may execute these; they
-- tell the actor what it may do, nothing else.
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance.policy_support(internal) RETURNS internal
LANGUAGE c STRICT
AS 'MODULE_PATHNAME', 'clearance_policy_support';
COMMENT ON FUNCTION clearance.policy_support IS 'planner support of the functions that policies call';

CREATE FUNCTION clearance.set_support(internal) RETURNS internal
LANGUAGE c STRICT
AS 'MODULE_PATHNAME', 'clearance_set_support';
COMMENT ON FUNCTION clearance.set_support IS 'planner support of in_set';

CREATE FUNCTION clearance.in_set(value "any", binding integer, verb integer, kind integer, class integer) RETURNS boolean
LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1 SUPPORT clearance.set_support
AS 'MODULE_PATHNAME', 'clearance_in_set';
COMMENT ON FUNCTION clearance.in_set IS
'in plans: whether a key is that of a project open to the actor, its own, or linked to it';

CREATE FUNCTION clearance.set_keys(element anyelement, binding integer, verb integer, kind integer, class integer) RETURNS anyarray
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'clearance_set_keys';
COMMENT ON FUNCTION clearance.set_keys IS
'in plans: what in_set tests, as an array of the element''s type';

CREATE FUNCTION clearance.own_account(element anyelement) RETURNS anyelement
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'clearance_own_account';
COMMENT ON FUNCTION clearance.own_account IS
'in plans of tables with an account column: the key of the actor''s account, as a value of the element''s type';

CREATE FUNCTION clearance.permitted(binding integer, verb integer, VARIADIC columns "any") RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE COST 100 SUPPORT clearance.policy_support
AS 'MODULE_PATHNAME', 'clearance_permitted';
COMMENT ON FUNCTION clearance.permitted IS 'in plans: what the policy of a verb says of a row';

CREATE FUNCTION clearance.refused(binding integer, verb integer, assigned text[], VARIADIC columns "any") RETURNS boolean
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_refused';
COMMENT ON FUNCTION clearance.refused IS
'in plans: the error for a row that the actor sees and may not change, by a verb; assigned: the columns that the statement changes';

CREATE FUNCTION clearance.visible(binding integer, VARIADIC columns "any") RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE COST 100 SUPPORT clearance.policy_support
AS 'MODULE_PATHNAME', 'clearance_visible';
COMMENT ON FUNCTION clearance.visible IS 'policy: SELECT may see the row';

CREATE FUNCTION clearance.creatable(binding integer, VARIADIC columns "any") RETURNS boolean
LANGUAGE c STABLE PARALLEL RESTRICTED SUPPORT clearance.policy_support
AS 'MODULE_PATHNAME', 'clearance_creatable';
COMMENT ON FUNCTION clearance.creatable IS 'policy: INSERT may add the row, else an error that says why';

CREATE FUNCTION clearance.editable(binding integer, VARIADIC columns "any") RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE COST 100 SUPPORT clearance.policy_support
AS 'MODULE_PATHNAME', 'clearance_editable';
COMMENT ON FUNCTION clearance.editable IS 'policy: UPDATE may touch the row as it was';

CREATE FUNCTION clearance.edited(binding integer, VARIADIC columns "any") RETURNS boolean
LANGUAGE c STABLE PARALLEL RESTRICTED SUPPORT clearance.policy_support
AS 'MODULE_PATHNAME', 'clearance_edited';
COMMENT ON FUNCTION clearance.edited IS 'policy: UPDATE may leave the row like this, else an error that says why';

CREATE FUNCTION clearance.deletable(binding integer, VARIADIC columns "any") RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE COST 100 SUPPORT clearance.policy_support
AS 'MODULE_PATHNAME', 'clearance_deletable';
COMMENT ON FUNCTION clearance.deletable IS 'policy: DELETE may remove the row';

CREATE FUNCTION clearance.can(action text, project clearance.app_key DEFAULT NULL) RETURNS boolean
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_can';
COMMENT ON FUNCTION clearance.can IS
'whether the actor''s levels grant an action (''task.create'') in a project or, without one, in the account, or where rows of the feature have no project; what a grant asks of a row is not judged';

CREATE FUNCTION clearance_internal.holds(action text, project clearance.app_key DEFAULT NULL) RETURNS boolean
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_holds';
COMMENT ON FUNCTION clearance_internal.holds IS 'what can() says, but of rows without a project: the right to administer does not follow from those';

CREATE FUNCTION clearance.can_row(action text, "row" record, relation regclass DEFAULT NULL) RETURNS boolean
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_can_row';
COMMENT ON FUNCTION clearance.can_row IS
'whether the actor may do an action of the table''s feature (''edit'') to this row of a protected table; relation: the table, for rows of views and sub-selects that have its columns';

CREATE FUNCTION clearance_internal.verdict(action text, "row" record, relation regclass DEFAULT NULL, OUT permitted boolean,
    OUT code text, OUT step text, OUT reason text, OUT ground text, OUT level integer, OUT judged text, OUT needed_by text, OUT "column" name)
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_verdict';
COMMENT ON FUNCTION clearance_internal.verdict IS
'what can_row() says and what that was found on: the reason, or what permits (admin, grant, upload, switch, owning); the level of the grant that permits, or that the row comes nearest to; the action that was judged last, and what needs it';

-- Trigger functions are nobody's to attach: sync() does, see create_triggers().
CREATE FUNCTION clearance_internal.write_check() RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'clearance_write_check';
COMMENT ON FUNCTION clearance_internal.write_check IS 'trigger of protected tables: fills owners, judges what an UPDATE changes';

CREATE FUNCTION clearance_internal.policy_columns(relation regclass, binding integer) RETURNS text[]
LANGUAGE c STABLE STRICT PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_policy_columns';
COMMENT ON FUNCTION clearance_internal.policy_columns IS
'columns that the extension''s policies of a table pass, under their present names; NULL unless all four are there and pass the same';

CREATE FUNCTION clearance_internal.is_own_policy(relation regclass, policy name, binding integer, columns text[]) RETURNS boolean
LANGUAGE c STABLE STRICT PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_is_own_policy';
COMMENT ON FUNCTION clearance_internal.is_own_policy IS
'whether a policy is one of the extension''s, in all that it says';

CREATE FUNCTION clearance_internal.calls_rule(relation regclass, policy name) RETURNS boolean
LANGUAGE c STABLE STRICT PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_calls_rule';
COMMENT ON FUNCTION clearance_internal.calls_rule IS 'whether a policy asks the rule, about whatever table';

CREATE FUNCTION clearance_internal.canonical_text(value text, type regtype) RETURNS text
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'clearance_canonical_text';
COMMENT ON FUNCTION clearance_internal.canonical_text IS 'a value as its type writes it';

CREATE FUNCTION clearance_internal.is_maintaining() RETURNS boolean
LANGUAGE c VOLATILE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'clearance_is_maintaining';
COMMENT ON FUNCTION clearance_internal.is_maintaining IS 'whether the extension is altering a protected table itself';

