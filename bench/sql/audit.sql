-- The audit log: what a change of a membership costs with it, beside the same
-- with the triggers off. Clients change rows of their own.
CREATE TABLE bench.audit_sample (
    name      text NOT NULL,
    round     integer NOT NULL,
    plain     double precision NOT NULL,    -- changes a second
    audited   double precision NOT NULL
);
CREATE TABLE bench.membership AS
SELECT row_number() OVER (ORDER BY p.key, m.id) AS n, p.key::bigint AS project, pm.project_id, pm.member_id
FROM clearance.project_member pm JOIN clearance.project p ON p.id = pm.project_id JOIN clearance.member m ON m.id = pm.member_id
ORDER BY 1 LIMIT 20000;
CREATE UNIQUE INDEX ON bench.membership (n);

CREATE PROCEDURE bench.audit(is_on boolean)
LANGUAGE plpgsql SET clearance.maintaining = on AS $$
BEGIN
    EXECUTE format('ALTER TABLE clearance.project_member %s TRIGGER "00_clearance_audit"', CASE WHEN is_on THEN 'ENABLE ALWAYS' ELSE 'DISABLE' END);
END
$$;
