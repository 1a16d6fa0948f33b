-- ---------------------------------------------------------------------------
-- Audit: who changed permissions, when, and what was there before and after
--
-- Every table of the extension is audited by triggers, whatever road a change
-- takes. Lines belong to the transaction that makes the change: what is rolled
-- back leaves none. Each line is linked to the one before in its chain (see
-- src/store/audit_log.c), so that what somebody does to the log shows.
-- ---------------------------------------------------------------------------
-- Its parts are the months of the year, so that what is old goes by TRUNCATE and nothing is
-- made or dropped while the log is in use. Part 0 has the lines that say what was dropped.
CREATE TABLE clearance.audit_log (
    part       smallint    NOT NULL,
    chain      uuid        NOT NULL,
    seq        bigint      NOT NULL,
    at         timestamptz NOT NULL,
    login      name        NOT NULL,
    role       name        NOT NULL,
    actor      bigint,
    partner    bigint,
    real_actor bigint,
    account_id bigint,
    table_name name        NOT NULL,
    operation  text        NOT NULL,
    before     json,
    after      json,
    hash       bytea       NOT NULL,
    person_digest bytea,
    person     json,
    CONSTRAINT line_has_one_place PRIMARY KEY (part, chain, seq)
) PARTITION BY LIST (part);
COMMENT ON TABLE clearance.audit_log IS 'lines of the audit log; view audit shows them, verify_audit() checks them';
COMMENT ON COLUMN clearance.audit_log.part IS 'month of the year, in UTC; 0: what was dropped';
COMMENT ON COLUMN clearance.audit_log.chain IS 'the chain that the line is of';
COMMENT ON COLUMN clearance.audit_log.seq IS 'number of the line in its chain, without gaps';
COMMENT ON COLUMN clearance.audit_log.at IS 'when the statement began that made the change; it counts from its transaction''s commit';
COMMENT ON COLUMN clearance.audit_log.login IS 'the role that had logged in';
COMMENT ON COLUMN clearance.audit_log.role IS 'the role that it had taken, with SET ROLE or SET SESSION AUTHORIZATION, or the same';
COMMENT ON COLUMN clearance.audit_log.actor IS 'id of the acting member; NULL: none acted';
COMMENT ON COLUMN clearance.audit_log.partner IS 'id of the partner that acted as a whole; NULL: none did';
COMMENT ON COLUMN clearance.audit_log.real_actor IS 'id of the member who acted as the actor; NULL: nobody did';
COMMENT ON COLUMN clearance.audit_log.account_id IS 'id of the account that the row is of; NULL: of none, or what it belonged to went before it';
COMMENT ON COLUMN clearance.audit_log.table_name IS 'the table of schema clearance that was changed';
COMMENT ON COLUMN clearance.audit_log.operation IS 'INSERT, UPDATE, DELETE or TRUNCATE of one row; ACT_AS: began to act as the member in "after"; MAINTENANCE: the role in "after" sees and changes all rows of its tables until the transaction ends; FORGET: earlier lines were dropped by forget_audit(); ERASE: what lines said of the member in "after" was taken out of them by erase_member()';
COMMENT ON COLUMN clearance.audit_log.before IS 'the row before, without secrets, and "erased" for what it says of a person; NULL: it was not there';
COMMENT ON COLUMN clearance.audit_log.after IS 'the row after, likewise; NULL: it is gone. Of FORGET: number and hash of each chain''s last dropped line';
COMMENT ON COLUMN clearance.audit_log.person_digest IS 'SHA-256 of person as it was written; NULL: the line says nothing of a person';
COMMENT ON COLUMN clearance.audit_log.hash IS 'SHA-256 over the hash of the line before it and over the line but person, see src/store/audit_log.c';
COMMENT ON COLUMN clearance.audit_log.person IS 'what before and after leave out of a person, and a salt; NULL: nothing, or it is erased';
-- Restored, chains verify as before, and go on or rest.
DO $$
DECLARE
    part text;
    col pg_catalog.pg_attribute;
BEGIN
    FOR i IN 0 .. 12 LOOP
        part := format('clearance_internal.audit_log_%s', lpad(i::text, 2, '0'));
        EXECUTE format('CREATE TABLE %s PARTITION OF clearance.audit_log FOR VALUES IN (%s)', part, i);
        EXECUTE format('COMMENT ON TABLE %s IS %L', part, CASE i WHEN 0 THEN 'internal: lines that say what of the audit log was dropped'
                                                                 ELSE 'internal: lines of one month of each year' END);
        PERFORM pg_catalog.pg_extension_config_dump(part::regclass, '');
        FOR col IN SELECT a.* FROM pg_catalog.pg_attribute a WHERE a.attrelid = 'clearance.audit_log'::regclass AND a.attnum > 0 LOOP
            EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', part, col.attname, pg_catalog.col_description(col.attrelid, col.attnum));
        END LOOP;
    END LOOP;
END
$$;

-- Heads are read without an index and overwritten in place: see chain.c.
CREATE TABLE clearance.audit_chain (
    slot  integer NOT NULL,
    chain uuid    NOT NULL,
    seq   bigint  NOT NULL,
    hash  bytea   NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE clearance.audit_chain IS 'heads of the audit log''s chains';
COMMENT ON COLUMN clearance.audit_chain.slot IS 'number of the backends that extend it';
COMMENT ON COLUMN clearance.audit_chain.chain IS 'the chain';
COMMENT ON COLUMN clearance.audit_chain.seq IS 'number of its last line';
COMMENT ON COLUMN clearance.audit_chain.hash IS 'hash of its last line';

SELECT pg_catalog.pg_extension_config_dump('clearance.audit_chain', '');

CREATE FUNCTION clearance_internal.audit_hash(before bytea, line clearance.audit_log) RETURNS bytea
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'clearance_audit_hash';
COMMENT ON FUNCTION clearance_internal.audit_hash IS 'internal: the hash that a line has after one with the hash "before"; NULL: as the first of its chain';

CREATE FUNCTION clearance_internal.audit_change() RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_audit_change';
COMMENT ON FUNCTION clearance_internal.audit_change IS
'trigger: a row of the extension changed; argument: a column of which the log says "kept" or "changed" alone';

CREATE FUNCTION clearance_internal.audit_truncate() RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_audit_truncate';
COMMENT ON FUNCTION clearance_internal.audit_truncate IS
'trigger: a table of the extension is emptied; argument: as of audit_change()';

CREATE FUNCTION clearance_internal.audit_note(operation text, account bigint, after json) RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'clearance_audit_note';
COMMENT ON FUNCTION clearance_internal.audit_note IS
'internal: a line about the log itself: FORGET, up to where chains are dropped, or ERASE, of whom lines say nothing more; account: NULL, of none';

CREATE FUNCTION clearance_internal.refuse_audit_write() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    goes boolean := false;
BEGIN
    IF TG_OP = 'DELETE' AND TG_TABLE_NAME <> 'audit_chain' THEN
        goes := EXISTS (SELECT FROM clearance_internal.audit_anchors() a WHERE a.chain = OLD.chain AND a.seq >= OLD.seq);
    ELSIF TG_OP = 'UPDATE' AND TG_TABLE_NAME <> 'audit_chain' THEN
        goes := to_jsonb(NEW) - 'person' = to_jsonb(OLD) - 'person' AND NEW.person IS NULL AND clearance_internal.is_of_erased(NEW::clearance.audit_log);
    ELSIF TG_OP = 'TRUNCATE' AND TG_TABLE_SCHEMA = 'clearance_internal' THEN
        EXECUTE format('SELECT NOT EXISTS (SELECT FROM clearance_internal.%I l LEFT JOIN clearance_internal.audit_anchors() a USING (chain)
                                           WHERE a.seq IS NULL OR a.seq < l.seq)', TG_TABLE_NAME) INTO goes;
    END IF;
    IF NOT goes THEN
        RAISE EXCEPTION 'the audit log is not rewritten' USING ERRCODE = 'object_in_use',
            HINT = 'clearance.forget_audit() drops old lines, clearance.erase_member() takes a person out of lines.';
    ELSIF TG_OP = 'UPDATE' THEN
        RETURN NEW;
    END IF;
    RETURN OLD;
END
$$;
COMMENT ON FUNCTION clearance_internal.refuse_audit_write IS
'trigger: lines stay as they are; they go only when forget_audit() has said so in the log, and what they say of a person only when that is erased';

CREATE FUNCTION clearance_internal.audit_tables() RETURNS SETOF regclass
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.relid FROM pg_partition_tree('clearance.audit_log') p WHERE p.isleaf
    UNION ALL SELECT 'clearance.audit_chain'::regclass
$$;
COMMENT ON FUNCTION clearance_internal.audit_tables IS 'internal: the tables that hold the log';

-- Each such line names all that was dropped before it, unless another transaction drops lines at the same time.
CREATE FUNCTION clearance_internal.audit_anchors(OUT chain uuid, OUT seq bigint, OUT hash bytea) RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT DISTINCT ON (a.key) a.key::uuid, (a.value ->> 'seq')::bigint, decode(a.value ->> 'hash', 'hex')
    FROM clearance.audit_log l CROSS JOIN LATERAL json_each(l.after) a
    WHERE l.part = 0 AND l.operation = 'FORGET' ORDER BY a.key, (a.value ->> 'seq')::bigint DESC
$$;
COMMENT ON FUNCTION clearance_internal.audit_anchors IS 'internal: the last dropped line of each chain';

-- By the member that the line is about; rates of a company are of somebody who is erased if one of it is.
CREATE FUNCTION clearance_internal.is_of_erased(line clearance.audit_log) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE line.table_name
           WHEN 'rate' THEN EXISTS (SELECT FROM clearance.member m WHERE m.partner_id = about.id AND m.status = 'erased')
                OR NOT EXISTS (SELECT FROM clearance.partner p WHERE p.id = about.id)
           ELSE NOT EXISTS (SELECT FROM clearance.member m WHERE m.id = about.id AND m.status <> 'erased') END
    FROM (SELECT (coalesce(line.after, line.before)
                  ->> CASE line.table_name WHEN 'member' THEN 'id' WHEN 'rate' THEN 'partner_id' ELSE 'member_id' END)::bigint AS id) about
$$;
COMMENT ON FUNCTION clearance_internal.is_of_erased IS 'internal: whether a line may be without what it said of a person: that is erased, or there no more';

CREATE FUNCTION clearance_internal.tells_person(line clearance.audit_log) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN line.person IS NULL THEN line.person_digest IS NULL OR clearance_internal.is_of_erased(line)
                ELSE sha256(convert_to(line.person::text, 'UTF8')) IS NOT DISTINCT FROM line.person_digest END
$$;
COMMENT ON FUNCTION clearance_internal.tells_person IS 'internal: whether a line says of a person what it said when it was written, or may say nothing';

CREATE FUNCTION clearance_internal.audit_row(said json, person json) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT said::jsonb || coalesce(person::jsonb, '{}') $$;
COMMENT ON FUNCTION clearance_internal.audit_row IS 'internal: a row of the log with what it says of a person';

-- All tables but those that hold no permissions: mail on its way, what the server keeps for itself, the log, and what
-- views said, which is told where it leads to.
CREATE FUNCTION clearance_internal.audited_tables(OUT tab regclass, OUT secret text) RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.oid, s.secret FROM pg_catalog.pg_class c
    LEFT JOIN (VALUES ('token_key', 'material'), ('invitation', 'token_hash'), ('link', 'token_hash'), ('erased_key', 'digest'),
                      ('partner_logo', 'image')) s (name, secret) ON s.name = c.relname
    WHERE c.relnamespace = 'clearance'::regnamespace AND c.relkind = 'r'
      AND c.relname NOT IN ('outbox', 'version', 'version_part', 'declaring', 'audit_chain', 'lease', 'mirrored_row')
$$;
COMMENT ON FUNCTION clearance_internal.audited_tables IS 'internal: tables whose changes are audited, and the column of which the log says "kept" or "changed" alone';

CREATE FUNCTION clearance_internal.fires_always(tab regclass, argument text, VARIADIC functions regproc[]) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT count(DISTINCT (t.tgfoid, t.tgtype & 32)) = 2 FROM pg_catalog.pg_trigger t
    WHERE t.tgrelid = fires_always.tab AND t.tgfoid = ANY (fires_always.functions) AND t.tgenabled = 'A' AND t.tgqual IS NULL AND t.tgattr::text = ''
      AND t.tgargs = coalesce(convert_to(argument, 'UTF8') || decode('00', 'hex'), '')
      -- bits of pg_trigger.h: BEFORE TRUNCATE; BEFORE or AFTER each row, of what may happen to it
      AND t.tgtype = CASE WHEN t.tgtype & 32 = 32 THEN 34 WHEN t.tgfoid = 'clearance_internal.refuse_audit_write'::regproc THEN 27 ELSE 29 END
$$;
COMMENT ON FUNCTION clearance_internal.fires_always IS 'internal: whether a table has these triggers, for rows and for TRUNCATE, with this argument or without one, and they fire always';

-- @again
DO $$
DECLARE
    t record;
BEGIN
    FOR t IN
        SELECT a.tab, coalesce(quote_literal(a.secret), '') AS secret FROM clearance_internal.audited_tables() a
        WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgrelid = a.tab AND g.tgname = '00_clearance_audit')
    LOOP
        EXECUTE format('CREATE TRIGGER "00_clearance_audit" AFTER INSERT OR UPDATE OR DELETE ON %s
                        FOR EACH ROW EXECUTE FUNCTION clearance_internal.audit_change(%s)', t.tab, t.secret);
        EXECUTE format('CREATE TRIGGER "00_clearance_audit_truncate" BEFORE TRUNCATE ON %s
                        FOR EACH STATEMENT EXECUTE FUNCTION clearance_internal.audit_truncate(%s)', t.tab, t.secret);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER "00_clearance_audit",
                        ENABLE ALWAYS TRIGGER "00_clearance_audit_truncate"', t.tab);
    END LOOP;
END
$$;

DO $$
DECLARE
    t regclass;
BEGIN
    FOR t IN SELECT clearance_internal.audit_tables() LOOP
        EXECUTE format('CREATE TRIGGER "00_clearance_refuse_write" BEFORE UPDATE OR DELETE ON %s
                        FOR EACH ROW EXECUTE FUNCTION clearance_internal.refuse_audit_write()', t);
        EXECUTE format('CREATE TRIGGER "00_clearance_refuse_truncate" BEFORE TRUNCATE ON %s
                        FOR EACH STATEMENT EXECUTE FUNCTION clearance_internal.refuse_audit_write()', t);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER "00_clearance_refuse_write",
                        ENABLE ALWAYS TRIGGER "00_clearance_refuse_truncate"', t);
    END LOOP;
END
$$;

-- For the vendor's people, whatever levels of others grant.
CREATE VIEW clearance.audit WITH (security_barrier) AS
SELECT l.at, l.login, l.role, l.actor, l.partner, l.real_actor, l.account_id, l.table_name, l.operation,
       l.before::jsonb || coalesce((l.person -> 'before')::jsonb, '{}') AS before,
       l.after::jsonb || coalesce((l.person -> 'after')::jsonb, '{}') AS after, l.chain, l.seq
FROM clearance.audit_log l
WHERE (SELECT clearance.is_operator())
   OR (l.account_id = ANY (ARRAY(SELECT clearance.accounts_with('settings.view_audit')))
       AND (SELECT s.kind = 'vendor' FROM clearance.standing() s))
OFFSET 0;
COMMENT ON VIEW clearance.audit IS 'who changed permissions, when, what was before and after: all lines for operators, those of its account for a vendor''s member with settings.view_audit';
COMMENT ON COLUMN clearance.audit.at IS 'when the statement began that made the change; it counts from its transaction''s commit';
COMMENT ON COLUMN clearance.audit.login IS 'the role that had logged in';
COMMENT ON COLUMN clearance.audit.role IS 'the role that it had taken, with SET ROLE or SET SESSION AUTHORIZATION, or the same';
COMMENT ON COLUMN clearance.audit.actor IS 'id of the acting member; NULL: none acted';
COMMENT ON COLUMN clearance.audit.partner IS 'id of the partner that acted as a whole; NULL: none did';
COMMENT ON COLUMN clearance.audit.real_actor IS 'id of the member who acted as the actor; NULL: nobody did';
COMMENT ON COLUMN clearance.audit.account_id IS 'id of the account that the row is of; NULL: of none, or what it belonged to went before it';
COMMENT ON COLUMN clearance.audit.table_name IS 'the table of schema clearance that was changed';
COMMENT ON COLUMN clearance.audit.operation IS 'INSERT, UPDATE, DELETE or TRUNCATE of one row; ACT_AS: began to act as the member in "after"; MAINTENANCE: the role in "after" sees and changes all rows of its tables until the transaction ends; FORGET: earlier lines were dropped by forget_audit(); ERASE: what lines said of the member in "after" was taken out of them by erase_member()';
COMMENT ON COLUMN clearance.audit.before IS 'the row before, without secrets; NULL: it was not there';
COMMENT ON COLUMN clearance.audit.after IS 'the row after, without secrets; NULL: it is gone';
COMMENT ON COLUMN clearance.audit.chain IS 'the chain that the line is of';
COMMENT ON COLUMN clearance.audit.seq IS 'number of the line in its chain, without gaps';

CREATE FUNCTION clearance.audit_head() RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_operator('read the audit log');
    RETURN (SELECT coalesce(jsonb_object_agg(c.chain, jsonb_build_object('seq', c.seq, 'hash', encode(c.hash, 'hex'))), '{}')
            FROM clearance.audit_chain c);
END
$$;
COMMENT ON FUNCTION clearance.audit_head IS
'number and hash of the last line of each chain: kept elsewhere, it lets verify_audit() find what is cut off or made anew';

CREATE FUNCTION clearance.verify_audit(head jsonb DEFAULT '{}', OUT chain uuid, OUT seq bigint, OUT problem text) RETURNS SETOF record
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_operator('read the audit log');
    PERFORM clearance_internal.require_given('head', head::text);
    RETURN QUERY
    WITH anchor AS MATERIALIZED (
        SELECT a.chain, a.seq, a.hash FROM clearance_internal.audit_anchors() a
    ), line AS MATERIALIZED (
        SELECT l.chain, l.seq, l.hash, coalesce(lag(l.seq) OVER w, a.seq, 0) AS seq_before,
               clearance_internal.audit_hash(coalesce(lag(l.hash) OVER w, a.hash), l) AS right_hash, clearance_internal.tells_person(l) AS tells_person,
               l.part = CASE WHEN l.operation = 'FORGET' THEN 0 ELSE extract(month FROM l.at AT TIME ZONE 'UTC') END AS in_place
        FROM clearance.audit_log l LEFT JOIN anchor a ON a.chain = l.chain AND a.seq < l.seq
        WINDOW w AS (PARTITION BY l.chain ORDER BY l.seq)
    ), place AS (
        SELECT l.chain, l.seq, l.hash FROM line l UNION SELECT a.chain, a.seq, a.hash FROM anchor a
    ), last AS (
        SELECT DISTINCT ON (p.chain) p.chain, p.seq, p.hash FROM place p ORDER BY p.chain, p.seq DESC
    ), handed AS (
        SELECT h.key::uuid AS chain, (h.value ->> 'seq')::bigint AS seq, decode(h.value ->> 'hash', 'hex') AS hash FROM jsonb_each(head) h
    )
    SELECT l.chain, l.seq, CASE WHEN l.seq <> l.seq_before + 1 THEN 'lines before it are missing'
                                WHEN l.hash <> l.right_hash THEN 'it does not follow from the line before: one of them was changed, moved or put there'
                                WHEN NOT l.tells_person THEN 'what it says of a person was changed, or taken out though that is not erased'
                                ELSE 'it is in the part of another month' END
    FROM line l
    WHERE l.seq <> l.seq_before + 1 OR l.hash <> l.right_hash OR NOT l.tells_person OR NOT l.in_place
    UNION ALL
    SELECT coalesce(c.chain, t.chain), t.seq, 'it is not the last line that the chain''s head names'
    FROM clearance.audit_chain c FULL JOIN last t ON t.chain = c.chain
    WHERE (c.seq, c.hash) IS DISTINCT FROM (t.seq, t.hash)
    UNION ALL
    SELECT h.chain, h.seq, 'the head that was handed in names it otherwise'
    FROM handed h
    WHERE NOT EXISTS (SELECT FROM place p WHERE p.chain = h.chain AND p.seq = h.seq AND p.hash = h.hash)
      AND NOT EXISTS (SELECT FROM anchor a WHERE a.chain = h.chain AND a.seq > h.seq)
    UNION ALL
    SELECT NULL, NULL, format('changes of %s leave no lines: its triggers are gone or disabled', t.tab)
    FROM clearance_internal.audited_tables() t
    WHERE NOT clearance_internal.fires_always(t.tab, t.secret, 'clearance_internal.audit_change', 'clearance_internal.audit_truncate')
    UNION ALL
    SELECT NULL, NULL, format('lines in %s can be rewritten: its triggers are gone or disabled', t.tab)
    FROM clearance_internal.audit_tables() t (tab)
    WHERE NOT clearance_internal.fires_always(t.tab, NULL, 'clearance_internal.refuse_audit_write')
    UNION ALL
    SELECT NULL, NULL, format('lines of a month have no place: of 12 parts and that of dropped lines there are %s', count(*))
    FROM pg_partition_tree('clearance.audit_log') p WHERE p.isleaf HAVING count(*) <> 13
    ORDER BY 1, 2, 3;
END
$$;
COMMENT ON FUNCTION clearance.verify_audit IS
'what is wrong with the audit log: lines that were changed, removed, put in, moved, or cut off since an earlier audit_head(); triggers that are gone; no row: nothing';

-- ---- what changed, to read ----

CREATE FUNCTION clearance_internal.audit_subject(table_name name, r jsonb) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT concat_ws(', ',
        '"' || CASE WHEN table_name IN ('account', 'member', 'partner', 'customer', 'project', 'level', 'role', 'protected_name')
                    THEN coalesce(r ->> 'name', r ->> 'key', r ->> 'email', r ->> 'id') END || '"',
        'member ' || coalesce((SELECT '"' || clearance_internal.member_label(m) || '"' FROM clearance.member m WHERE m.id = (r ->> 'member_id')::bigint), r ->> 'member_id'),
        'project ' || coalesce((SELECT '"' || p.key || '"' FROM clearance.project p WHERE p.id = (r ->> 'project_id')::bigint), r ->> 'project_id'),
        'partner ' || coalesce((SELECT '"' || p.name || '"' FROM clearance.partner p WHERE p.id = (r ->> 'partner_id')::bigint), r ->> 'partner_id'),
        'customer ' || coalesce((SELECT '"' || c.name || '"' FROM clearance.customer c WHERE c.id = (r ->> 'customer_id')::bigint), r ->> 'customer_id'),
        'role ' || coalesce((SELECT '"' || o.name || '"' FROM clearance.role o WHERE o.id = (r ->> 'role_id')::bigint), r ->> 'role_id'),
        'level ' || coalesce((SELECT '"' || l.name || '"' FROM clearance.level l WHERE l.id = (r ->> 'level_id')::bigint), r ->> 'level_id'),
        'table ' || coalesce(CASE WHEN table_name <> 'level_grant' THEN r ->> 'relation' END, (SELECT b.relation::text FROM clearance.binding b WHERE b.id = (r ->> 'binding_id')::integer), r ->> 'binding_id'),
        'column ' || (r ->> 'column_name'), (r ->> 'feature') || coalesce('.' || (r ->> 'action'), ''), 'login ' || (r ->> 'role'), 'key ' || (r ->> 'kid'),
        (r ->> 'code') || ' of ' || (r ->> 'object'))
$$;
COMMENT ON FUNCTION clearance_internal.audit_subject IS 'internal: what a row of a table is about, by names where they are still there';

CREATE FUNCTION clearance_internal.audit_person(member bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'member ' || coalesce((SELECT '"' || clearance_internal.member_label(m) || '"' FROM clearance.member m WHERE m.id = audit_person.member), member::text)
$$;
COMMENT ON FUNCTION clearance_internal.audit_person IS 'internal: a member of the log, by name where it is still there; NULL: none';

CREATE FUNCTION clearance_internal.audit_parts(since timestamptz) RETURNS smallint[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN since > now() - interval '10 months'
           THEN ARRAY(SELECT DISTINCT extract(month FROM m AT TIME ZONE 'UTC')::smallint FROM generate_series(since, now(), interval '1 day') m
                      UNION SELECT extract(month FROM now() AT TIME ZONE 'UTC')::smallint UNION SELECT 0::smallint)
           ELSE ARRAY(SELECT generate_series(0, 12)::smallint) END
$$;
COMMENT ON FUNCTION clearance_internal.audit_parts IS 'internal: the parts of the log that lines of since then are in';

CREATE FUNCTION clearance.changes(since timestamptz DEFAULT now() - interval '7 days', most integer DEFAULT 100,
                                  OUT at timestamptz, OUT who text, OUT login name, OUT operation text, OUT table_name name, OUT lines bigint, OUT what text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    PERFORM clearance_internal.require_operator('read the audit log');
    PERFORM clearance_internal.require_given('since', since::text), clearance_internal.require_given('most', most::text);
    RETURN QUERY
    SELECT c.at,
           coalesce(clearance_internal.audit_person(c.real_actor) || ' as ', '')
               || coalesce(clearance_internal.audit_person(c.actor), 'partner ' || coalesce('"' || p.name || '"', c.partner::text), 'login "' || c.login || '"'),
           c.login, c.operation, c.table_name, c.lines,
           clearance_internal.audit_subject(c.table_name, coalesce(r.after, r.before))
               || CASE WHEN c.operation = 'UPDATE' THEN
                      ': ' || (SELECT string_agg(format('%s %s → %s', b.key, b.value, a.value), ', ' ORDER BY b.key)
                               FROM jsonb_each(r.before) b JOIN jsonb_each(r.after) a ON a.key = b.key AND a.value <> b.value)
                  ELSE '' END
               || CASE WHEN c.lines > 1 THEN format(', and %s more', c.lines - 1) ELSE '' END
    FROM (SELECT l.at, l.login, l.actor, l.partner, l.real_actor, l.operation, l.table_name, l.chain, min(l.seq) AS first, count(*) AS lines
          FROM clearance.audit_log l
          WHERE l.at >= since
            AND l.part = ANY (clearance_internal.audit_parts(since))
          GROUP BY l.at, l.login, l.actor, l.partner, l.real_actor, l.operation, l.table_name, l.chain
          ORDER BY l.at DESC, 9 DESC LIMIT most) c
    JOIN clearance.audit_log f ON f.chain = c.chain AND f.seq = c.first
    CROSS JOIN LATERAL (SELECT clearance_internal.audit_row(f.before, f.person -> 'before') AS before,
                               clearance_internal.audit_row(f.after, f.person -> 'after') AS after) r
    LEFT JOIN clearance.partner p ON p.id = c.partner
    ORDER BY c.at DESC, c.first DESC;
END
$$;
COMMENT ON FUNCTION clearance.changes IS
'what changed since a time, the newest first: a row for what one statement did to one table, told by its first line; for operators';

CREATE FUNCTION clearance_internal.require_read_committed() RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'lines of the audit log are dropped and changed under READ COMMITTED alone' USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = 'An older snapshot does not show all lines.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_read_committed IS 'internal: refuses transactions that do not see all lines of the audit log';

CREATE FUNCTION clearance.forget_audit(before timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    anchors json;
    part text;
    stays boolean;
    lines bigint;
    dropped bigint := 0;
BEGIN
    PERFORM clearance_internal.require_operator('drop lines of the audit log');
    PERFORM clearance_internal.require_given('before', before::text), clearance_internal.require_read_committed();
    IF EXISTS (SELECT FROM clearance.verify_audit()) THEN
        RAISE EXCEPTION 'the audit log is not what was written' USING ERRCODE = 'data_corrupted',
            HINT = 'clearance.verify_audit() says what is wrong.';
    END IF;
    -- of each chain all lines up to the first that is to stay
    SELECT json_object_agg(l.chain, json_build_object('seq', l.seq, 'hash', encode(l.hash, 'hex'))) INTO anchors
    FROM (SELECT DISTINCT ON (p.chain) p.chain, p.seq, p.hash
          FROM (SELECT a.chain, a.seq, a.hash FROM clearance_internal.audit_anchors() a
                UNION ALL
                SELECT o.chain, o.seq, o.hash FROM clearance.audit_log o
                LEFT JOIN (SELECT s.chain, min(s.seq) AS seq FROM clearance.audit_log s WHERE s.at >= forget_audit.before GROUP BY 1) stays
                    ON stays.chain = o.chain
                WHERE o.seq < stays.seq OR stays.chain IS NULL
               ) p ORDER BY p.chain, p.seq DESC) l;
    IF anchors IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM clearance_internal.audit_note('FORGET', NULL, anchors);
    -- A month goes whole if nothing of it stays, which its trigger makes sure of; this one is written, and would wait for who writes.
    FOR i IN 0 .. 12 LOOP
        part := format('clearance_internal.audit_log_%s', lpad(i::text, 2, '0'));
        EXECUTE format('SELECT count(*), bool_or(a.seq IS NULL OR a.seq < l.seq)
                        FROM %s l LEFT JOIN clearance_internal.audit_anchors() a USING (chain)', part) INTO lines, stays;
        IF stays OR i = extract(month FROM now() AT TIME ZONE 'UTC') THEN
            EXECUTE format('DELETE FROM %s l USING clearance_internal.audit_anchors() a WHERE l.chain = a.chain AND l.seq <= a.seq', part);
            GET DIAGNOSTICS lines = ROW_COUNT;
        ELSIF lines > 0 THEN
            EXECUTE format('TRUNCATE %s', part);
        END IF;
        dropped := dropped + lines;
    END LOOP;
    RETURN dropped;
END
$$;
COMMENT ON FUNCTION clearance.forget_audit IS
'drops lines of before a time and returns how many; the log itself says so, and verifies as before';
