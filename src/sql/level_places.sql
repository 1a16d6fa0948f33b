-- ---------------------------------------------------------------------------
-- Levels and accounts: nothing crosses an account, not by writes past the
-- functions either, and an account's levels go with it.
-- ---------------------------------------------------------------------------
-- After the row is final. A level that is not there yet is let pass, for rows may
-- be loaded without foreign key checks; one of another account is never in force
-- (src/scope/vocabulary.c).
CREATE FUNCTION clearance_internal.refuse_foreign_level() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    r jsonb := to_jsonb(NEW);
    account bigint := r ->> TG_ARGV[1];
    named clearance.level;
BEGIN
    IF TG_TABLE_NAME = 'project_open_level' THEN
        SELECT p.account_id INTO account FROM clearance.project p WHERE p.id = (r ->> 'project_id')::bigint;
        IF NOT FOUND THEN
            RETURN NULL;    -- it will be looked at with the project
        END IF;
    END IF;
    SELECT l.* INTO named FROM clearance.level l
    WHERE l.account_id IS NOT NULL AND l.account_id IS DISTINCT FROM account
      AND (l.id = (r ->> TG_ARGV[0])::integer
           OR TG_TABLE_NAME = 'project'
              AND l.id IN (SELECT o.level_id FROM clearance.project_open_level o WHERE o.project_id = (r ->> 'id')::bigint))
    ORDER BY l.id LIMIT 1;
    IF FOUND THEN
        RAISE check_violation USING
            MESSAGE = format('level "%s" is another account''s own', named.name),
            DETAIL = format('A row of clearance.%s names it that is of account %s.', TG_TABLE_NAME, coalesce(account::text, 'none')),
            SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION clearance_internal.refuse_foreign_level IS
'trigger: a row, and what an open project opens with further, names a level of its own account, or one for all; arguments: columns of the level and of the account, which further levels have from their project';

CREATE FUNCTION clearance_internal.refuse_moved_level() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE check_violation USING
        MESSAGE = format('level "%s" cannot change its account', OLD.name),
        DETAIL = 'Rows of its account may name it.',
        HINT = 'Make another one with clearance.create_level(), and drop this one with that as its replacement.';
END
$$;
COMMENT ON FUNCTION clearance_internal.refuse_moved_level IS 'trigger: levels stay with their account';

-- An account's levels go when all that names them is gone with the account: at commit.
CREATE FUNCTION clearance_internal.drop_levels_of_account() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM clearance.level l
    WHERE l.account_id IS NOT NULL AND NOT EXISTS (SELECT FROM clearance.account a WHERE a.id = l.account_id)
      AND (TG_OP = 'TRUNCATE' OR l.account_id = OLD.id);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION clearance_internal.drop_levels_of_account IS 'trigger: an account''s own levels go with it';

DO $$
DECLARE
    t record;
BEGIN
    FOR t IN
        SELECT format('clearance.%I', name)::regclass AS tab, level, account
        FROM (VALUES ('account', 'default_external_level_id', 'id'), ('role', 'level_id', 'account_id'),
                     ('partner', 'level_id', 'account_id'), ('project', 'open_level_id', 'account_id'),
                     ('project_open_level', 'level_id', 'account_id'),
                     ('project_partner', 'level_id', 'account_id'), ('project_member', 'level_id', 'account_id')) v (name, level, account)
    LOOP
        EXECUTE format('CREATE TRIGGER clearance_refuse_foreign_level AFTER INSERT OR UPDATE ON %s FOR EACH ROW WHEN (NEW.%I IS NOT NULL)
                        EXECUTE FUNCTION clearance_internal.refuse_foreign_level(%3$L, %4$L)', t.tab, t.level, t.level, t.account);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER clearance_refuse_foreign_level', t.tab);
    END LOOP;
END
$$;
CREATE TRIGGER clearance_refuse_moved_level AFTER UPDATE ON clearance.level
    FOR EACH ROW WHEN (OLD.account_id IS DISTINCT FROM NEW.account_id) EXECUTE FUNCTION clearance_internal.refuse_moved_level();
ALTER TABLE clearance.level ENABLE ALWAYS TRIGGER clearance_refuse_moved_level;
CREATE CONSTRAINT TRIGGER clearance_drop_levels AFTER DELETE ON clearance.account DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION clearance_internal.drop_levels_of_account();
CREATE TRIGGER clearance_truncate_levels AFTER TRUNCATE ON clearance.account
    FOR EACH STATEMENT EXECUTE FUNCTION clearance_internal.drop_levels_of_account();
ALTER TABLE clearance.account ENABLE ALWAYS TRIGGER clearance_drop_levels, ENABLE ALWAYS TRIGGER clearance_truncate_levels;
