-- ---------------------------------------------------------------------------
-- Who a member is: its key, which rows of the application hold, and nobody any
-- more once it is erased. Rows of the application are its own to change.
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance_internal.key_digest(member bigint, key text) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT sha256(convert_to(member || ' ' || key, 'UTF8')) $$;
COMMENT ON FUNCTION clearance_internal.key_digest IS 'internal: what is kept of the key of an erased member';

-- Rows name people by keys: who was there before would be given what was somebody else's.
CREATE FUNCTION clearance_internal.require_free_key(m clearance.member, key text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM clearance.erased_key e JOIN clearance.member was ON was.id = e.member_id
               WHERE was.account_id = m.account_id AND m.id < e.free_from
                 AND e.digest = clearance_internal.key_digest(e.member_id, require_free_key.key)) THEN
        RAISE unique_violation USING
            MESSAGE = format('key "%s" was that of a member who is erased', key),
            DETAIL = format('Rows may still name that person by it, and member "%s" was there before.', clearance_internal.member_label(m)),
            HINT = 'Only who is added after may have it, with clearance.add_member().';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_free_key IS
'internal: refuses the key of an erased member for one that was there when it was erased';

-- Whoever changes a member, or what is its own, meanwhile is waited for; the company first, as everywhere.
CREATE FUNCTION clearance_internal.hold_member(m clearance.member) RETURNS clearance.member
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.hold_partner(m.partner_id);
    PERFORM FROM clearance.member t WHERE t.id = m.id FOR UPDATE;
    UPDATE clearance.member t SET status = t.status WHERE t.id = m.id;     -- as hold_partner() does
    RETURN clearance_internal.require_member(m.id);
END
$$;
COMMENT ON FUNCTION clearance_internal.hold_member IS 'internal: a member as it is now, locked';

-- Nobody becomes by itself whom rows name.
CREATE FUNCTION clearance.change_key(member bigint, key clearance.app_key) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member := clearance_internal.require_member(member);
BEGIN
    PERFORM clearance_internal.require_member_right(m);
    IF m.id IN (clearance.actor(), (SELECT a.member FROM clearance.asker() a)) THEN
        PERFORM clearance_internal.raise_refusal('cannot change its own key', 'Rows would be its own that name another by that key.',
            'Ask another who manages the team.');
    END IF;
    PERFORM clearance_internal.require_given('key', key::text);
    m := clearance_internal.hold_member(m);
    PERFORM clearance_internal.require_identity(m.account_id, m.id, key::text, NULL, NULL),
            clearance_internal.require_free_key(m, key::text);
    UPDATE clearance.member t SET key = change_key.key::text WHERE t.id = m.id AND t.key IS DISTINCT FROM change_key.key::text;
END
$$;
COMMENT ON FUNCTION clearance.change_key IS
'moves a member to another key, with all that it has here; rows that name the former one name nobody, and mirrored memberships are those of rows that name the new one';

CREATE FUNCTION clearance_internal.require_supervises_nobody(m clearance.member) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    supervised bigint := (SELECT count(*) FROM clearance.resource r WHERE r.supervisor_id = m.id);
BEGIN
    IF supervised > 0 THEN
        RAISE object_in_use USING
            MESSAGE = format('member "%s" supervises others', clearance_internal.member_label(m)),
            DETAIL = format('There are %s of them.', supervised),
            HINT = 'Name another supervisor for them with clearance.set_resource() first.';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_supervises_nobody IS 'internal: refuses to let somebody go who supervises others';

-- What would come again, or stay behind without a head, is said before.
CREATE FUNCTION clearance_internal.require_erasable(m clearance.member) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    said regclass;
BEGIN
    SELECT v.view INTO said FROM clearance.view_mirror v JOIN clearance.mirrored_row r ON r.mirror_id = v.id
    WHERE v.account_id = m.account_id
      AND (v.kind = 'member' AND (r.said[2] = m.key OR lower(btrim(r.said[3])) = lower(m.email)) OR v.kind = 'membership' AND r.said[3] = m.key)
    LIMIT 1;
    IF FOUND THEN
        RAISE object_in_use USING
            MESSAGE = format('member "%s" is in the mirrored view %s', clearance_internal.member_label(m), said),
            HINT = 'Take it out of the tables that the view reads first: from there it would come again.';
    END IF;
    PERFORM clearance_internal.require_supervises_nobody(m);
END
$$;
COMMENT ON FUNCTION clearance_internal.require_erasable IS 'internal: refuses to erase who is in a mirrored view, or supervises somebody';

-- Lines of somebody who is gone, an invitation that was withdrawn, are about the same person if key or address are the same.
CREATE FUNCTION clearance_internal.erase_lines(m clearance.member, contractor bigint) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    SELECT clearance_internal.audit_note('ERASE', m.account_id, json_build_object('member_id', m.id));
    UPDATE clearance.audit_log l SET person = NULL
    FROM (VALUES ('member', 'id', m.id), ('project_member', 'member_id', m.id), ('resource', 'member_id', m.id), ('link', 'member_id', m.id),
                 ('rate', 'partner_id', contractor)) AS about (table_name, id_column, id)
    WHERE l.person IS NOT NULL AND l.table_name = about.table_name
      AND ((coalesce(l.after, l.before) ->> about.id_column)::bigint = about.id
           OR l.table_name = 'member' AND l.account_id = m.account_id
              AND NOT EXISTS (SELECT FROM clearance.member x WHERE x.id = (coalesce(l.after, l.before) ->> 'id')::bigint)
              AND EXISTS (SELECT FROM unnest(ARRAY[l.person -> 'before', l.person -> 'after']) p
                          WHERE p ->> 'key' = m.key OR lower(p ->> 'email') = lower(m.email)));
$$;
COMMENT ON FUNCTION clearance_internal.erase_lines IS 'internal: takes out of the audit log what its lines say of a person, and says so there';

-- Whoever gives something to a member, or puts somebody below it, waits for who erases it.
CREATE FUNCTION clearance_internal.refuse_erased() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    r jsonb := to_jsonb(NEW);
BEGIN
    PERFORM clearance_internal.raise_erased(m.id) FROM clearance.member m
    WHERE m.id IN ((r ->> 'member_id')::bigint, (r ->> 'supervisor_id')::bigint) AND m.status = 'erased';
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION clearance_internal.refuse_erased IS 'trigger: a member that is erased is given nothing';

-- @again
DO $$
DECLARE
    t regclass;
BEGIN
    FOREACH t IN ARRAY '{clearance.member_role,clearance.member_switch,clearance.partner_owner,clearance.invitation,clearance.resource,
                         clearance.project_member,clearance.link,clearance.login_role}'::regclass[] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgrelid = t AND g.tgname = 'clearance_refuse_erased') THEN
            EXECUTE format('CREATE CONSTRAINT TRIGGER clearance_refuse_erased AFTER INSERT OR UPDATE ON %s
                            FOR EACH ROW EXECUTE FUNCTION clearance_internal.refuse_erased()', t);
        END IF;
    END LOOP;
END
$$;

CREATE FUNCTION clearance.erase_member(member bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m clearance.member := clearance_internal.require_member(member);
    stub text := format('erased %s', m.id);
    contractor bigint;
BEGIN
    PERFORM clearance_internal.require_member_right(m), clearance_internal.require_read_committed();
    m := clearance_internal.hold_member(m);
    PERFORM clearance_internal.require_erasable(m);
    -- who works alone is its company, whose rates are its own
    SELECT p.id INTO contractor FROM clearance.partner p
    WHERE p.id = m.partner_id AND p.kind = 'contractor'
      AND NOT EXISTS (SELECT FROM clearance.member x WHERE x.partner_id = p.id AND x.id <> m.id AND x.status <> 'erased');
    DELETE FROM clearance.rate r WHERE r.partner_id = contractor;
    DELETE FROM clearance.invitation i WHERE i.member_id = m.id;
    DELETE FROM clearance.member_role r WHERE r.member_id = m.id;
    DELETE FROM clearance.member_switch s WHERE s.member_id = m.id;
    DELETE FROM clearance.partner_owner o WHERE o.member_id = m.id;
    DELETE FROM clearance.resource r WHERE r.member_id = m.id;
    DELETE FROM clearance.project_member pm WHERE pm.member_id = m.id;
    DELETE FROM clearance.link l WHERE l.member_id = m.id;
    DELETE FROM clearance.login_role l WHERE l.member_id = m.id;
    DELETE FROM clearance.outbox o WHERE o.account_id = m.account_id AND lower(o.recipient) = lower(m.email);
    UPDATE clearance.outbox o SET payload = o.payload - 'invited_by'
    WHERE o.account_id = m.account_id AND o.payload ->> 'invited_by' = clearance_internal.member_label(m);
    INSERT INTO clearance.erased_key (member_id, digest, free_from)
    SELECT m.id, clearance_internal.key_digest(m.id, m.key), nextval('clearance.member_id_seq') WHERE m.key IS NOT NULL;
    UPDATE clearance.member t SET key = NULL, email = NULL, name = stub, status = 'erased', partner_admin = false, named_admin = false
    WHERE t.id = m.id;
    PERFORM clearance_internal.erase_lines(m, contractor);
    IF contractor IS NOT NULL THEN
        RAISE NOTICE 'partner "%" keeps its name', (SELECT p.name FROM clearance.partner p WHERE p.id = contractor)
            USING HINT = 'If that is the person''s, change it with clearance.update_partner().';
    END IF;
END
$$;
COMMENT ON FUNCTION clearance.erase_member IS
'erases a person, for good: name, e-mail address, key, invitation, rights, memberships and a contractor''s rates go, from the audit log too; a number stays, which history names';
