-- ---------------------------------------------------------------------------
-- Customers
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance_internal.require_customer_properties(account bigint, customer bigint, name text, kind text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_line('name', name), clearance_internal.require_choice('kind', kind, '{customer,prospect}');
    IF EXISTS (SELECT FROM clearance.customer c
               WHERE c.account_id = account AND lower(c.name) = lower(require_customer_properties.name) AND c.id IS DISTINCT FROM customer) THEN
        PERFORM clearance_internal.raise_known('customer', '"' || name || '"', 'View clearance.companies');
    END IF;
END
$$;
COMMENT ON FUNCTION clearance_internal.require_customer_properties IS
'internal: refuses properties that a customer cannot have; a NULL name is fine';

CREATE FUNCTION clearance.create_customer(name text, account bigint DEFAULT NULL, kind text DEFAULT 'customer') RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    of_account bigint := clearance_internal.default_account(account);
    new_id bigint;
BEGIN
    PERFORM clearance_internal.require_right('customer_account.create', of_account);
    PERFORM clearance_internal.require_given('name', name);
    PERFORM clearance_internal.require_customer_properties(of_account, NULL, name, kind);
    INSERT INTO clearance.customer (account_id, name, kind)
    VALUES (of_account, create_customer.name, create_customer.kind)
    RETURNING id INTO new_id;
    RETURN new_id;
END
$$;
COMMENT ON FUNCTION clearance.create_customer IS
'adds a company for which projects are done, or one that may become a customer';

CREATE FUNCTION clearance.update_customer(customer bigint, clearance.by_name DEFAULT 'by name', name text DEFAULT NULL, kind text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    company clearance.customer := clearance_internal.require_customer(customer);
BEGIN
    PERFORM clearance_internal.require_right('customer_account.edit', company.account_id);
    PERFORM clearance_internal.require_customer_properties(company.account_id, company.id, name, coalesce(kind, company.kind)),
            clearance_internal.require_name_is_not_mirrored('customer', company.account_id, company.name, name);
    UPDATE clearance.customer c SET
        name = coalesce(update_customer.name, c.name),
        kind = coalesce(update_customer.kind, c.kind)
    WHERE c.id = company.id;
END
$$;
COMMENT ON FUNCTION clearance.update_customer IS 'changes a customer; NULL leaves a property as it is';

CREATE FUNCTION clearance.disable_customer(customer bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_right('customer_account.edit', c.account_id) FROM clearance_internal.require_customer(customer) c;
    UPDATE clearance.customer c SET active = false WHERE c.id = disable_customer.customer;
END
$$;
COMMENT ON FUNCTION clearance.disable_customer IS
'takes the standing of all contacts of a customer until it is enabled again';

CREATE FUNCTION clearance.enable_customer(customer bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM clearance_internal.require_right('customer_account.edit', c.account_id) FROM clearance_internal.require_customer(customer) c;
    UPDATE clearance.customer c SET active = true WHERE c.id = enable_customer.customer;
END
$$;
COMMENT ON FUNCTION clearance.enable_customer IS 'ends disable_customer()';

CREATE VIEW clearance.companies WITH (security_barrier) AS
    SELECT c.type, c.id, c.account_id, c.name, CASE WHEN c.active THEN 'active' ELSE 'disabled' END AS status
    FROM (SELECT 'partner' AS type, id, account_id, name, active FROM clearance.partner
          UNION ALL
          SELECT kind, id, account_id, name, active FROM clearance.customer) c
    WHERE (SELECT clearance.is_operator())
       OR c.account_id = (SELECT s.account FROM clearance.standing() s WHERE s.kind = 'vendor')
    OFFSET 0;
COMMENT ON VIEW clearance.companies IS
'companies that an account works with: to operators all, to the vendor''s team those of its account';
COMMENT ON COLUMN clearance.companies.type IS 'partner, customer or prospect';
COMMENT ON COLUMN clearance.companies.id IS 'id among companies of the type; customers and prospects count as one';
COMMENT ON COLUMN clearance.companies.account_id IS 'the account';
COMMENT ON COLUMN clearance.companies.name IS 'company name';
COMMENT ON COLUMN clearance.companies.status IS 'active or disabled';
