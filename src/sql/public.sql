-- ---------------------------------------------------------------------------
-- Who may use what: every privilege that the extension grants. First everything
-- is closed: what the server gives to everybody, and what default privileges of
-- the role that makes the extension give, to whomever. So what is not named
-- below is nobody's but the owner's.
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.close(objects text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    grantee text;
BEGIN
    FOR grantee IN
        SELECT 'PUBLIC'
        UNION
        SELECT quote_ident(r.rolname) FROM pg_default_acl d
        CROSS JOIN aclexplode(d.defaclacl) a JOIN pg_roles r ON r.oid = a.grantee
        WHERE pg_get_userbyid(d.defaclrole) = CURRENT_USER AND a.grantee <> d.defaclrole
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %s', objects, grantee);
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance_internal.close IS 'takes new objects from everybody but their owner; for scripts of the extension';

SELECT clearance_internal.close('SCHEMA clearance, clearance_internal');
SELECT clearance_internal.close('ALL ROUTINES IN SCHEMA clearance, clearance_internal');
SELECT clearance_internal.close('ALL TABLES IN SCHEMA clearance, clearance_internal');
SELECT clearance_internal.close('ALL SEQUENCES IN SCHEMA clearance, clearance_internal');

-- names may be looked up
GRANT USAGE ON SCHEMA clearance TO PUBLIC;

-- values of the types are read and written
GRANT EXECUTE ON FUNCTION
    clearance.app_key_in, clearance.app_key_out, clearance.app_key_recv, clearance.app_key_send,
    clearance.by_name_in, clearance.by_name_out
TO PUBLIC;

-- policies and plans run as the querying role; they tell the actor what it may do
GRANT EXECUTE ON FUNCTION
    clearance.visible, clearance.creatable, clearance.editable, clearance.edited, clearance.deletable,
    clearance.permitted, clearance.refused, clearance.in_set, clearance.set_keys, clearance.own_account, clearance.mask_open
TO PUBLIC;

-- Each statement that calls one of these has the server look up who may. Where a function has no
-- list of that, everybody may, and the server need not read through the function's row to find it.
-- (Dumps compare with what the extension has said, which is nothing, too.)
CREATE FUNCTION clearance_internal.unlist_privileges() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    WITH unlisted AS (
        UPDATE pg_proc p SET proacl = NULL
        WHERE p.pronamespace = 'clearance'::regnamespace
          AND p.proname IN ('visible', 'creatable', 'editable', 'edited', 'deletable', 'permitted', 'refused', 'in_set', 'set_keys', 'own_account', 'mask_open')
          AND NOT EXISTS (SELECT a.* FROM aclexplode(p.proacl) a EXCEPT SELECT a.* FROM aclexplode(acldefault('f', p.proowner)) a)
          AND NOT EXISTS (SELECT a.* FROM aclexplode(acldefault('f', p.proowner)) a EXCEPT SELECT a.* FROM aclexplode(p.proacl) a)
        RETURNING p.oid)
    DELETE FROM pg_init_privs i USING unlisted u WHERE (i.classoid, i.objoid) = ('pg_proc'::regclass, u.oid)
$$;
COMMENT ON FUNCTION clearance_internal.unlist_privileges IS
'leaves unsaid that everybody may execute what policies and plans call; for scripts of the extension';
SELECT clearance_internal.close('FUNCTION clearance_internal.unlist_privileges');
SELECT clearance_internal.unlist_privileges();

-- everybody may ask who acts and stop acting, or act for whom a token proves; and ask what the actor may do and know
GRANT EXECUTE ON FUNCTION
    clearance.actor, clearance.current_actor, clearance.whoami,
    clearance.authenticate, clearance.act_as, clearance.asker, clearance.reset_actor, clearance.reset_session,
    clearance.can, clearance.can_row, clearance.permissions, clearance.editable_columns, clearance.column_masked, clearance.columns, clearance.explain, clearance.explain_json, clearance.preview, clearance.who_can, clearance.what_can, clearance.access_matrix, clearance.verdict_codes, clearance.has_right, clearance.is_operator, clearance.standing,
    clearance.accounts_with, clearance.projects_with, clearance.project_team, clearance.supervises, clearance.may_track_time
TO PUBLIC;

-- and administer, as far as the actor's rights go (rights.sql)
GRANT EXECUTE ON FUNCTION
    clearance.set_account, clearance.create_role, clearance.update_role,
    clearance.create_level, clearance.drop_level, clearance.allow, clearance.deny, clearance.set_level,
    clearance.level_document, clearance.compare_levels,
    clearance.create_partner, clearance.update_partner, clearance.enable_partner, clearance.disable_partner,
    clearance.set_partner_roles, clearance.set_partner_admin,
    clearance.create_customer, clearance.update_customer, clearance.enable_customer, clearance.disable_customer,
    clearance.add_member, clearance.change_key, clearance.erase_member, clearance.enable_member, clearance.disable_member, clearance.set_member_roles,
    clearance.switch_on, clearance.switch_off,
    clearance.invite_partner_member, clearance.invite_customer_contact, clearance.resend_invitation, clearance.withdraw_invitation,
    clearance.create_project, clearance.set_project, clearance.set_project_feature, clearance.transfer_project,
    clearance.add_partner_to_project, clearance.update_partner_on_project, clearance.remove_partner_from_project,
    clearance.add_customer_to_project, clearance.update_customer_on_project, clearance.remove_customer_from_project,
    clearance.add_member_to_project, clearance.update_member_on_project, clearance.remove_member_from_project,
    clearance.add_participant, clearance.remove_participant,
    clearance.set_resource, clearance.update_profile, clearance.allocate, clearance.remove_allocation, clearance.set_rate,
    clearance.create_link, clearance.withdraw_links
TO PUBLIC;

-- these views show what the actor may know
GRANT SELECT ON
    clearance.levels, clearance.partners, clearance.companies, clearance.invitations,
    clearance.resources, clearance.allocations, clearance.rates, clearance.audit
TO PUBLIC;

-- What takes the application's word is for the roles of trust_role(). The rest, which belongs to no account, is for
-- superusers and for roles that they grant it.
