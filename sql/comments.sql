-- Whatever the extension brings says what it is for: who looks at it with \d+,
-- or by any other means that shows comments, need not guess.
CREATE TEMP VIEW described AS
WITH member AS (
    SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
    WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'pg_clearance'
    -- from 17 on these are members as well
    AND NOT EXISTS (SELECT FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
                    WHERE d.classid = 'pg_type'::regclass AND t.oid = d.objid AND (t.typcategory = 'A' OR c.relkind <> 'c'))
), object (classid, objid, objsubid) AS (
    SELECT classid, objid, 0 FROM member
    UNION
    -- the schema that CREATE EXTENSION makes is no member
    SELECT 'pg_namespace'::regclass, i.schema::regnamespace, 0
    FROM member m CROSS JOIN LATERAL pg_identify_object(m.classid, m.objid, 0) i WHERE i.schema IS NOT NULL
    UNION ALL
    SELECT m.classid, m.objid, a.attnum
    FROM member m JOIN pg_class c ON c.oid = m.objid JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE m.classid = 'pg_class'::regclass AND c.relkind <> 'S' AND a.attnum > 0 AND NOT a.attisdropped
)
SELECT i.type, i.identity, d.description
FROM object o
CROSS JOIN LATERAL pg_identify_object(o.classid, o.objid, o.objsubid) i
LEFT JOIN pg_description d ON (d.classoid, d.objoid, d.objsubid) = (o.classid, o.objid, o.objsubid);

SELECT type, identity AS says_nothing FROM described WHERE description IS NULL ORDER BY 1, 2;

-- A comment is one line, and more than the name once again.
SELECT type, identity, description FROM described
WHERE description ~ '[\n\r]|^\s|\s$' OR length(description) < 5
   OR lower(regexp_replace(description, '\W+', '_', 'g')) = lower(substring(identity, '[^.]+$'))
ORDER BY 1, 2;

-- That is asked of every kind of thing there is.
SELECT DISTINCT type FROM described ORDER BY 1;

-- What loses its comment is found.
BEGIN;
COMMENT ON SCHEMA clearance IS NULL;
COMMENT ON TABLE clearance.member IS NULL;
COMMENT ON COLUMN clearance.member.key IS NULL;
COMMENT ON SEQUENCE clearance.member_id_seq IS NULL;
COMMENT ON VIEW clearance.matrix IS NULL;
COMMENT ON COLUMN clearance.matrix.verdict IS '';
COMMENT ON FUNCTION clearance.whoami() IS NULL;
COMMENT ON TYPE clearance.app_key IS NULL;
COMMENT ON CAST (uuid AS clearance.app_key) IS NULL;
COMMENT ON EVENT TRIGGER clearance_refuse_ddl IS NULL;
SELECT type, identity AS says_nothing FROM described WHERE description IS NULL ORDER BY 1, 2;
ROLLBACK;
