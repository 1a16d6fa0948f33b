-- ---------------------------------------------------------------------------
-- The form of a configuration: what a document may say, with its defaults, in
-- canonical order, and as text.
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance_internal.project_form() RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH part AS MATERIALIZED (
        SELECT '{"type": "string"}'::jsonb AS text,
               '{"type": "object", "default": {}}'::jsonb AS named,
               '{"type": "object", "additionalProperties": false}'::jsonb AS closed,
               '{"type": "boolean", "default": false}'::jsonb AS no,
               jsonb_build_object('starts_at', m.form, 'ends_at', m.form) AS time
        FROM (SELECT '{"type": "string", "description": "a moment as 2026-01-31 18:00:00+00",
                       "pattern": "^[0-9]{4,6}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?( BC)?$"}'::jsonb AS form) m
    )
    SELECT closed || jsonb_build_object('properties', jsonb_build_object(
        'archived', no, 'portal', no, 'client_upload', no, 'by_phase', no, 'read_only', no, 'open_level', text,
        'open_levels', '{"type": "array", "items": {"type": "string"}}'::jsonb,
        'features_off', '{"type": "array", "items": {"type": "string"}, "default": []}'::jsonb,
        'partners', named || jsonb_build_object('additionalProperties', closed || jsonb_build_object('properties', time || jsonb_build_object('level', text))),
        'customers', named || jsonb_build_object('additionalProperties', closed || jsonb_build_object('properties', time)),
        'members', jsonb_build_object('type', 'array', 'default', '[]'::jsonb, 'items', closed || jsonb_build_object('required', '["member"]'::jsonb,
            'properties', time || jsonb_build_object('member', text, 'source', text || '{"default": "direct"}', 'through_phase', no, 'owner', no, 'level', text)))))
    FROM part
$$;
COMMENT ON FUNCTION clearance_internal.project_form IS 'the form of a project in a configuration, as a JSON schema';

CREATE FUNCTION clearance_internal.account_form(level jsonb, action jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH part AS MATERIALIZED (
        SELECT '{"type": "string"}'::jsonb AS text,
               '{"type": "array", "items": {"type": "string"}, "default": []}'::jsonb AS texts,
               '{"type": "object"}'::jsonb AS named,
               '{"type": "object", "additionalProperties": false}'::jsonb AS closed,
               '{"type": "boolean", "default": false}'::jsonb AS no,
               '{"type": "boolean", "default": true}'::jsonb AS yes
    ), entry AS (
        SELECT p.*,
            closed || jsonb_build_object('properties', jsonb_build_object('level', text, 'available_to_partners', no)) AS role,
            closed || jsonb_build_object('properties', jsonb_build_object(
                'level', text, 'active', yes, 'licence_cap', '{"type": "integer"}'::jsonb, 'strategic', no, 'can_track_time', no,
                'kind', '{"type": "string", "enum": ["integrator", "contractor"], "default": "integrator"}'::jsonb, 'website', text,
                'owner', text, 'roles', texts)) AS partner,
            closed || jsonb_build_object('properties', jsonb_build_object('active', yes,
                'kind', '{"type": "string", "enum": ["customer", "prospect"], "default": "customer"}'::jsonb)) AS customer,
            closed || jsonb_build_object('properties', jsonb_build_object(
                'has_key', yes, 'email', text, 'name', text, 'partner', text, 'customer', text, 'partner_admin', no, 'named_admin', no,
                'status', '{"type": "string", "enum": ["invited", "active", "disabled"], "default": "active"}'::jsonb, 'disabled_by_vendor', no,
                'roles', texts, 'switched_on', jsonb_build_object('type', 'array', 'items', action, 'default', '[]'::jsonb),
                'supervisor', text, 'schedulable', '{"type": "boolean"}'::jsonb)) AS member
        FROM part p
    )
    SELECT closed || jsonb_build_object('properties', jsonb_build_object(
        'key', text, 'active', yes, 'portal', no, 'default_external_level', text, 'ready_participants', no, 'published', yes, 'act_as_writes', no,
        'levels', named || jsonb_build_object('default', '{}'::jsonb, 'additionalProperties', level),
        'roles', named || jsonb_build_object('default', '{}'::jsonb, 'additionalProperties', role),
        'people', closed || jsonb_build_object('required', '["partners", "customers", "members", "projects"]'::jsonb,
            'properties', jsonb_build_object(
                'partners', named || jsonb_build_object('additionalProperties', partner),
                'customers', named || jsonb_build_object('additionalProperties', customer),
                'members', named || jsonb_build_object('additionalProperties', member),
                'projects', named || jsonb_build_object('additionalProperties', clearance_internal.project_form())))))
    FROM entry
$$;
COMMENT ON FUNCTION clearance_internal.account_form IS 'the form of an account in a configuration, as a JSON schema';

-- doc/configuration.schema.json, which tools read, is this text.
CREATE FUNCTION clearance_internal.configuration_form() RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH part AS MATERIALIZED (
        SELECT '{"type": "string"}'::jsonb AS text,
               '{"type": "array", "items": {"type": "string"}, "default": []}'::jsonb AS texts,
               '{"type": "string", "description": "feature.action, as task.edit", "pattern": "^[a-z][a-z0-9_]*[.][a-z][a-z0-9_]*$"}'::jsonb AS action,
               '{"type": "array", "default": []}'::jsonb AS list,
               '{"type": "object", "additionalProperties": false}'::jsonb AS closed,
               '{"type": "boolean", "default": false}'::jsonb AS no,
               '{"type": "boolean", "default": true}'::jsonb AS yes
    ), entry AS (
        SELECT p.*,
            closed || jsonb_build_object('required', '["action"]'::jsonb, 'properties', jsonb_build_object(
                'action', action, 'visibility', '{"type": "string", "enum": ["any", "shared"], "default": "any"}'::jsonb,
                'relation', text || '{"default": "any"}', 'reach', text, 'kinds', texts - 'default')) AS level_grant,
            closed || jsonb_build_object('required', '["kind"]'::jsonb, 'properties', jsonb_build_object(
                'kind', text, 'member_column', text, 'link', text, 'link_column', text, 'row_column', text)) AS relation,
            closed || jsonb_build_object('required', '["column", "parent"]'::jsonb, 'properties', jsonb_build_object(
                'column', text, 'parent', text, 'type_column', text, 'type_value', text, 'optional', no, 'same_project', yes,
                'view_action', action, 'create_action', action, 'edit_action', action, 'delete_action', action)) AS parent,
            closed || jsonb_build_object('required', '["column", "action"]'::jsonb, 'properties', jsonb_build_object(
                'column', text, 'action', action, 'new_value', text)) AS guard,
            closed || jsonb_build_object('required', '["state_column", "state_values", "edit_action", "delete_action"]'::jsonb,
                'properties', jsonb_build_object(
                'state_column', text, 'state_values', '{"type": "array", "items": {"type": ["string", "null"]}}'::jsonb,
                'columns', texts - 'default', 'edit_action', action, 'delete_action', action)) AS row_guard,
            closed || jsonb_build_object('required', '["column", "action"]'::jsonb, 'properties', jsonb_build_object(
                'column', text, 'action', action, 'mask', text,
                'filters', '{"type": "string", "enum": ["mask", "error"], "default": "mask"}'::jsonb)) AS mask
        FROM part p
    ), named AS (
        SELECT e.*,
            closed || jsonb_build_object('required', '["audience"]'::jsonb, 'properties', jsonb_build_object(
                'audience', '{"type": "string", "enum": ["vendor", "partner", "customer"]}'::jsonb, 'description', text,
                'grants', list || jsonb_build_object('items', level_grant), 'denials', list || jsonb_build_object('items', action),
                'not_available', list || jsonb_build_object('items', action))) AS level,
            closed || jsonb_build_object('required', '["feature"]'::jsonb, 'properties', jsonb_build_object(
                'feature', text, 'key', text, 'project', text, 'project_optional', no, 'visibility', text, 'shared_values', texts - 'default',
                'client_visibility', text, 'account', text, 'owner', text, 'kind', text, 'published', text, 'publish_action', text,
                'view_action', text || '{"default": "view"}', 'create_action', text || '{"default": "create"}',
                'edit_action', text || '{"default": "edit"}', 'delete_action', text || '{"default": "delete"}', 'force', yes,
                'relations', list || jsonb_build_object('items', relation), 'parents', list || jsonb_build_object('items', parent),
                'guards', list || jsonb_build_object('items', guard), 'row_guards', list || jsonb_build_object('items', row_guard),
                'masks', list || jsonb_build_object('items', mask))) AS bound
        FROM entry e
    )
    SELECT closed || jsonb_build_object(
        '$schema', 'https://json-schema.org/draft/2020-12/schema', 'title', 'Configuration of pg_clearance',
        'required', '["format", "features", "actions", "gates", "levels", "tables"]'::jsonb,
        'properties', jsonb_build_object(
            'format', '{"type": "integer", "enum": [1]}'::jsonb,
            'features', jsonb_build_object('type', 'object',
                'additionalProperties', closed || jsonb_build_object('properties', jsonb_build_object('description', text))),
            'actions', jsonb_build_object('type', 'object',
                'additionalProperties', closed || jsonb_build_object('properties', jsonb_build_object('reads', no))),
            'gates', jsonb_build_object('type', 'array', 'items', closed || jsonb_build_object('required', '["action", "gate"]'::jsonb,
                'properties', jsonb_build_object('action', action, 'gate', action, 'audiences',
                    '{"type": "array", "items": {"type": "string"}, "default": ["customer", "partner", "vendor"]}'::jsonb))),
            'levels', jsonb_build_object('type', 'object', 'additionalProperties', level),
            'tables', jsonb_build_object('type', 'object', 'additionalProperties', bound),
            'mirrors', jsonb_build_object('type', 'object', 'default', '{}'::jsonb, 'additionalProperties', closed || jsonb_build_object(
                'required', '["project", "member"]'::jsonb, 'properties', jsonb_build_object('project', text, 'member', text, 'access_level', text,
                    'starts_at', text, 'ends_at', text, 'through_phase', no))),
            'views', jsonb_build_object('type', 'object', 'default', '{}'::jsonb, 'additionalProperties', closed || jsonb_build_object(
                'required', '["kind"]'::jsonb, 'properties', jsonb_build_object(
                    'kind', jsonb_build_object('type', 'string', 'enum', to_jsonb(clearance_internal.mirror_kinds())), 'account', text,
                    'tables', jsonb_build_object('type', 'object', 'default', '{}'::jsonb, 'additionalProperties', text)))),
            'accounts', jsonb_build_object('type', 'object', 'additionalProperties', clearance_internal.account_form(level, action)),
            'never', list || jsonb_build_object('items', closed || jsonb_build_object('required', '["level", "action"]'::jsonb,
                'properties', jsonb_build_object('level', text, 'action', action)))))
    FROM named
$$;
COMMENT ON FUNCTION clearance_internal.configuration_form IS 'the form of a configuration, as a JSON schema';

CREATE FUNCTION clearance_internal.path_text(path text[]) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT string_agg(CASE WHEN p.key ~ '^[[][0-9]+]$' THEN p.key
                           ELSE CASE WHEN p.i > 1 THEN '.' ELSE '' END || CASE WHEN p.key ~ '^[a-z0-9_]+$' THEN p.key ELSE to_json(p.key)::text END END,
                      '' ORDER BY p.i)
    FROM unnest(path) WITH ORDINALITY AS p (key, i)
$$;
COMMENT ON FUNCTION clearance_internal.path_text IS 'how messages call what the keys on a path through a configuration lead to';

CREATE FUNCTION clearance_internal.raise_form(path text[], what text, hint text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE invalid_parameter_value USING
        MESSAGE = format('%s %s', coalesce(clearance_internal.path_text(path), 'the document'), what),
        HINT = coalesce(hint, 'doc/configuration.schema.json is the form of a configuration, and clearance.export() writes one.');
END
$$;
COMMENT ON FUNCTION clearance_internal.raise_form IS 'the error about a part of a configuration that has not its form';

-- Arrays are sets: neither order nor repetition means anything in them. Their order
-- is that of bytes, which all databases share.
CREATE FUNCTION clearance_internal.as_set(list jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(jsonb_agg(e ORDER BY e::text COLLATE "C"), '[]') FROM (SELECT DISTINCT e FROM jsonb_array_elements(list) e) s
$$;
COMMENT ON FUNCTION clearance_internal.as_set IS 'a list without repetitions, sorted; NULL: an empty one';

CREATE FUNCTION clearance_internal.conform_object(value jsonb, form jsonb, path text[]) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    others jsonb := nullif(form -> 'additionalProperties', 'false');
    wrong text;
BEGIN
    IF others IS NULL THEN
        SELECT k INTO wrong FROM jsonb_object_keys(value) k WHERE NOT form -> 'properties' ? k ORDER BY k COLLATE "C" LIMIT 1;
        IF FOUND THEN
            PERFORM clearance_internal.raise_form(path || wrong, 'is an unknown key',
                format('Keys here are: %s.', (SELECT string_agg(k, ', ' ORDER BY k COLLATE "C") FROM jsonb_object_keys(form -> 'properties') k)));
        END IF;
    END IF;
    SELECT r.key INTO wrong FROM jsonb_array_elements_text(form -> 'required') AS r (key) WHERE NOT value ? r.key LIMIT 1;
    IF FOUND THEN
        PERFORM clearance_internal.raise_form(path || wrong, 'is missing');
    END IF;
    RETURN coalesce((SELECT jsonb_object_agg(p.key, p.value -> 'default') FROM jsonb_each(form -> 'properties') p
                     WHERE p.value ? 'default'), '{}')
        || coalesce((SELECT jsonb_object_agg(e.key, clearance_internal.conform(e.value, coalesce(form #> ARRAY['properties', e.key], others), path || e.key))
                     FROM jsonb_each(value) e), '{}');
END
$$;
COMMENT ON FUNCTION clearance_internal.conform_object IS 'an object with its defaults, or an error that names the path of what has not its form';

CREATE FUNCTION clearance_internal.conform(value jsonb, form jsonb, path text[]) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    type text := CASE WHEN jsonb_typeof(value) = 'number' AND value::numeric = trunc(value::numeric) THEN 'integer' ELSE jsonb_typeof(value) END;
BEGIN
    IF NOT form -> 'type' @> to_jsonb(type) THEN
        PERFORM clearance_internal.raise_form(path, format('is of type %s, not %s', type, form ->> 'type'));
    ELSIF NOT form -> 'enum' @> value THEN
        PERFORM clearance_internal.raise_form(path, format('is %s', left(value::text, 100)), format('It is one of: %s.', form ->> 'enum'));
    ELSIF value #>> '{}' !~ (form ->> 'pattern') THEN
        PERFORM clearance_internal.raise_form(path, format('is %s', left(value::text, 100)), format('It is %s.', form ->> 'description'));
    ELSIF type = 'object' THEN
        RETURN clearance_internal.conform_object(value, form, path);
    ELSIF type = 'array' THEN
        RETURN clearance_internal.as_set((SELECT jsonb_agg(clearance_internal.conform(e.value, form -> 'items', path || format('[%s]', e.n)))
                                          FROM jsonb_array_elements(value) WITH ORDINALITY AS e (value, n)));
    END IF;
    RETURN value;
END
$$;
COMMENT ON FUNCTION clearance_internal.conform IS 'a value with defaults and sorted arrays, or an error that names the path of what has not its form';

-- Short things on one line, the rest a line for each entry.
CREATE FUNCTION clearance_internal.pretty(value jsonb, indent text DEFAULT '') RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    inner_indent text := indent || '  ';
    first text[] := '{format,never,features,actions,gates,levels,accounts,tables,column,kind,action,audience,feature,member,people,partners,customers,members,projects}';
BEGIN
    IF length(indent) + length(value::text) <= 120 OR jsonb_typeof(value) NOT IN ('object', 'array') THEN
        RETURN value::text;
    ELSIF jsonb_typeof(value) = 'array' THEN
        RETURN (SELECT format(E'[\n%s\n%s]', string_agg(inner_indent || clearance_internal.pretty(e.value, inner_indent), E',\n' ORDER BY e.n), indent)
                FROM jsonb_array_elements(value) WITH ORDINALITY AS e (value, n));
    END IF;
    RETURN (SELECT format(E'{\n%s\n%s}', string_agg(format('%s%s: %s', inner_indent, to_json(e.key), clearance_internal.pretty(e.value, inner_indent)),
                          E',\n' ORDER BY array_position(first, e.key), e.key COLLATE "C"), indent)
            FROM jsonb_each(value) e);
END
$$;
COMMENT ON FUNCTION clearance_internal.pretty IS 'a JSON value as text for people, always the same for the same value';
