-- ---------------------------------------------------------------------------
-- Rates of partners
-- ---------------------------------------------------------------------------

CREATE FUNCTION clearance.set_rate(
    partner bigint,
    kind text,
    amount numeric,
    currency text,
    valid_from date DEFAULT CURRENT_DATE
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    company clearance.partner := clearance_internal.require_partner(partner);
BEGIN
    PERFORM clearance_internal.require_right(CASE kind WHEN 'cost' THEN 'financials.manage_cost_rates'
                                              ELSE 'financials.manage_rate_cards' END, company.account_id);
    PERFORM clearance_internal.require_choice('kind', kind, '{cost,bill}'), clearance_internal.require_given('amount', amount::text),
            clearance_internal.require_given('currency', currency), clearance_internal.require_given('valid_from', valid_from::text);
    IF NOT amount BETWEEN 0 AND 9999999999 THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('amount is %s', amount),
            HINT = 'The price of an hour is not negative and has ten digits at most before the point.';
    ELSIF currency !~ '^[A-Z]{3}$' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('unknown currency "%s"', currency),
            HINT = 'Use a code of ISO 4217, such as EUR.';
    END IF;
    PERFORM clearance_internal.hold_partner(company.id);      -- a contractor's goes with who is erased
    INSERT INTO clearance.rate (partner_id, kind, valid_from, amount, currency)
    VALUES (company.id, set_rate.kind, set_rate.valid_from, set_rate.amount, set_rate.currency)
    ON CONFLICT ON CONSTRAINT rate_is_set_once_a_day DO UPDATE SET amount = EXCLUDED.amount, currency = EXCLUDED.currency;
END
$$;
COMMENT ON FUNCTION clearance.set_rate IS
'sets what an hour of a partner costs (cost) or is billed at (bill) from a day on; for a day that has one, replaces it';

CREATE VIEW clearance.rates WITH (security_barrier) AS
    SELECT p.account_id, r.partner_id, p.name AS partner, r.kind, r.valid_from,
        lead(r.valid_from) OVER (PARTITION BY r.partner_id, r.kind ORDER BY r.valid_from) AS valid_until,
        r.amount, r.currency
    FROM clearance.rate r
    JOIN clearance.partner p ON p.id = r.partner_id
    WHERE (r.kind = 'cost' AND p.account_id IN (SELECT clearance.accounts_with('financials.view_cost_rates')))
       OR (r.kind = 'bill' AND p.account_id IN (SELECT clearance.accounts_with('financials.view_bill_rates')))
    OFFSET 0;
COMMENT ON VIEW clearance.rates IS
'rates of partners: to operators all, to members those of the account that they may view';
COMMENT ON COLUMN clearance.rates.account_id IS 'the account';
COMMENT ON COLUMN clearance.rates.partner_id IS 'the partner';
COMMENT ON COLUMN clearance.rates.partner IS 'name of the partner';
COMMENT ON COLUMN clearance.rates.kind IS 'cost or bill';
COMMENT ON COLUMN clearance.rates.valid_from IS 'first day of the rate';
COMMENT ON COLUMN clearance.rates.valid_until IS 'first day of the next one; NULL: none yet';
COMMENT ON COLUMN clearance.rates.amount IS 'price of an hour, in the currency';
COMMENT ON COLUMN clearance.rates.currency IS 'ISO 4217 code';
