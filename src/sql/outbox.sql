-- ---------------------------------------------------------------------------
-- Outbox: mail for the application to send
--
-- The one place that holds tokens in clear, and only until the mail is taken.
-- Nobody but superusers reads the table; trusted roles empty it.
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance_internal.queue_mail(account bigint, kind text, recipient text, payload jsonb) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO clearance.outbox (account_id, kind, recipient, payload)
    VALUES (account, kind, recipient, jsonb_strip_nulls(payload));
    SELECT pg_notify('clearance_outbox', '');
$$;
COMMENT ON FUNCTION clearance_internal.queue_mail IS
'internal: puts a mail into the outbox; listeners on channel clearance_outbox hear of it at commit, of its content nothing';

-- Senders take different mails at the same time; one that fails rolls back, and
-- its mails are there again.
CREATE FUNCTION clearance.take_mail(max integer DEFAULT 100) RETURNS SETOF clearance.outbox
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH taken AS (
        DELETE FROM clearance.outbox o
        WHERE o.id = ANY (ARRAY(SELECT w.id FROM clearance.outbox w ORDER BY w.id LIMIT max FOR UPDATE SKIP LOCKED))
        RETURNING o.*
    )
    SELECT t.* FROM taken t ORDER BY t.id
$$;
COMMENT ON FUNCTION clearance.take_mail IS
'the oldest mails to send; commit when they are sent, and they are gone. For trusted roles: see trust_role()';
