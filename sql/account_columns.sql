-- A table with an account column: a row is open in its project, and only if it
-- names the project's account. Plans test both, by indexes and partitions of the
-- account, and rows are of a class; the rows are those that the rule gives one by
-- one. Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = error;
BEGIN;
CREATE ROLE regress_account_columns;
SELECT clearance.trust_role('regress_account_columns') AS trusted \gset
CREATE SCHEMA regress_account_columns;
GRANT USAGE, CREATE ON SCHEMA regress_account_columns TO regress_account_columns;
SET LOCAL search_path = regress_account_columns;
SET LOCAL jit = off;
SET LOCAL clearance.external_explain = on;
\o /dev/null
-- the key of an account is its id where it has none; uuid keys are none of an integer column
SELECT clearance.create_account(v.name, key => v.key) FROM (VALUES ('One', '1'), ('Two', '2'), ('Three', '00000000-0000-0000-0000-000000000003')) v (name, key);
SELECT clearance.add_member(v.key || a.name, name => v.key, roles => ARRAY[v.role], account => a.id)
FROM (VALUES ('admin', 'account_admin'), ('member', 'collaborator')) v (key, role), clearance.account a WHERE a.name IN ('One', 'Two', 'Three');
SELECT clearance.create_partner(v.level || a.name, v.level, account => a.id) FROM (VALUES ('permissive'), ('moderate'), ('restricted')) v (level), clearance.account a WHERE a.name IN ('One', 'Two');
SELECT clearance.add_member(p.name, name => p.name, partner => p.id, account => p.account_id) FROM clearance.partner p;
-- projects 1 to 10 are of account 1, 11 to 20 of account 2, 21 of account 3
INSERT INTO clearance.project (account_id, key) SELECT a.id, n FROM generate_series(1, 21) n
JOIN clearance.account a ON a.name = CASE WHEN n > 20 THEN 'Three' WHEN n > 10 THEN 'Two' ELSE 'One' END;
SELECT clearance.add_partner_to_project(p.key, x.id) FROM clearance.partner x JOIN clearance.project p USING (account_id) WHERE p.key::integer % 10 < 5;
SELECT clearance.add_member_to_project(p.key, m.id) FROM clearance.member m JOIN clearance.project p ON p.account_id = m.account_id
WHERE p.key::integer % 10 < 5 AND m.key NOT LIKE 'admin%';
\o
CREATE FUNCTION plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        line := regexp_replace(line, '(in_set|set_keys|permitted|visible|own_account)\([^()]*\)', '\1(...)', 'g');
        IF line ~ 'Scan|Cond|Filter|Subplans' THEN
            RETURN NEXT line;
        END IF;
    END LOOP;
END $$;
-- what everybody sees of a table, and that it is the same where each row is judged by itself
CREATE FUNCTION everybody(tab text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    person text;
    query text := 'SELECT count(*) || '' rows'' FROM ' || tab;
    sees text;
    is_so boolean;
BEGIN
    FOR person IN SELECT m.key FROM clearance.member m ORDER BY m.key COLLATE "C" LOOP
        PERFORM clearance.set_actor(key => person);
        SET LOCAL ROLE regress_account_columns;
        EXECUTE query INTO sees;
        EXECUTE 'CREATE TEMP TABLE seen AS SELECT id FROM ' || tab;
        RESET ROLE;
        SET LOCAL clearance.simplify = off;
        SET LOCAL ROLE regress_account_columns;
        EXECUTE 'SELECT NOT EXISTS (SELECT FROM seen FULL JOIN ' || tab || ' t USING (id) WHERE seen.id IS NULL OR t.id IS NULL)' INTO is_so;
        RESET ROLE;
        SET LOCAL clearance.simplify = on;
        DROP TABLE seen;
        RETURN NEXT format('%s: %s%s', person, sees, CASE WHEN is_so THEN '' ELSE ', others one by one' END);
        PERFORM clearance.reset_actor();
    END LOOP;
END $$;
-- rows of each project that name its account, another one, or none
CREATE FUNCTION fill(tab text, type text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('INSERT INTO %I (id, project, account, hidden, assignee)
        SELECT n, n %% 22, (CASE n %% 10 WHEN 3 THEN NULL WHEN 4 THEN ''1'' WHEN 5 THEN ''2''
                ELSE CASE WHEN n %% 22 > 10 THEN ''2'' ELSE ''1'' END END)::%s, n %% 3 = 0, CASE n %% 7 WHEN 1 THEN ''restrictedOne'' WHEN 2 THEN ''restrictedTwo'' END
        FROM generate_series(1, 5000) n', tab, type);
    EXECUTE format('ANALYZE %I', tab);
    PERFORM clearance.protect(tab::regclass, 'task', project => 'project', account => 'account', visibility => 'hidden', shared_values => '{false}', project_optional => tab = 'loose');
    PERFORM clearance.relate(tab::regclass, 'assigned', member_column => 'assignee');
    EXECUTE format('GRANT SELECT, UPDATE ON %I TO regress_account_columns', tab);
END $$;

--
-- An index that begins with the account serves everybody, who sees the account
-- and who is on some projects.
--
CREATE TABLE item (id integer PRIMARY KEY, project integer, account integer, hidden boolean, assignee text, pad text DEFAULT repeat('x', 200));
CREATE INDEX ON item (account, id);
SELECT fill('item', 'integer');
SELECT everybody('item');
SET LOCAL ROLE regress_account_columns;
SET LOCAL enable_seqscan = off;
SELECT clearance.set_actor(key => 'adminOne') > 0;
SELECT plan('SELECT * FROM item ORDER BY id LIMIT 5');
SELECT plan('SELECT pad FROM item');
SELECT clearance.set_actor(key => 'permissiveTwo') > 0;
SELECT plan('SELECT * FROM item ORDER BY id DESC LIMIT 5');
SELECT clearance.set_actor(key => 'moderateTwo') > 0;
SELECT plan('SELECT * FROM item ORDER BY id LIMIT 5');
SELECT clearance.set_actor(key => 'restrictedTwo') > 0;
SELECT plan('SELECT * FROM item WHERE pad > ''y'' ORDER BY id LIMIT 5');
-- a look-up by the key is one call, whose plan is good for everybody
SELECT plan('SELECT * FROM item WHERE id = 7');
SELECT count(*) FROM item WHERE id = 13;
-- a plan that is kept names no account
SELECT clearance.set_actor(key => 'adminOne') > 0;
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE items AS SELECT count(*), min(account), max(account) FROM item;
EXECUTE items;
SELECT clearance.set_actor(key => 'adminTwo') > 0;
EXECUTE items;
SELECT clearance.set_actor(key => 'adminThree') > 0;
EXECUTE items;
SELECT clearance.set_actor(key => 'memberTwo') > 0;
EXECUTE items;
SELECT clearance.reset_actor();
EXECUTE items;
-- a row that names another account is not written either
SELECT clearance.set_actor(key => 'adminOne') > 0;
UPDATE item SET pad = 'mine' WHERE account = 2;
UPDATE item SET pad = 'mine' WHERE account = 1 AND project > 10;
RESET ROLE;
SELECT clearance.reset_actor();

--
-- Whatever the type. Of domains, of texts that a collation takes for equal, and of
-- tables where a project is optional, rows are judged one by one.
--
CREATE DOMAIN number AS integer;
CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE small (id integer, project integer, account smallint, hidden boolean, assignee text);
CREATE TABLE text (id integer, project integer, account text, hidden boolean, assignee text);
CREATE TABLE short (id integer, project integer, account varchar(40), hidden boolean, assignee text);
CREATE TABLE domain (id integer, project integer, account number, hidden boolean, assignee text);
CREATE TABLE equal (id integer, project integer, account text COLLATE loose, hidden boolean, assignee text);
CREATE TABLE loose (id integer, project integer, account bigint, hidden boolean, assignee text);
SELECT fill('small', 'smallint'), fill('text', 'text'), fill('short', 'varchar'), fill('domain', 'integer'), fill('equal', 'text'), fill('loose', 'bigint');
SELECT t || ' ' || e FROM unnest('{small,text,short,domain,equal,loose}'::text[]) t, everybody(t) e WHERE e ~ 'others' OR t = 'loose';
SELECT clearance.set_actor(key => 'adminOne') > 0;
SET LOCAL ROLE regress_account_columns;
SET LOCAL enable_seqscan = on;
SELECT t, plan('SELECT * FROM ' || quote_ident(t)) FROM unnest('{small,text,short,domain,equal,loose}'::text[]) t;
RESET ROLE;
SELECT clearance.reset_actor();

--
-- Partitions by account, by list, range or hash: one is read, by a key as well.
--
CREATE TABLE listed (id integer, project integer, account integer, hidden boolean, assignee text, PRIMARY KEY (account, id)) PARTITION BY LIST (account);
CREATE TABLE listed_1 PARTITION OF listed FOR VALUES IN (1);
CREATE TABLE listed_2 PARTITION OF listed FOR VALUES IN (2);
CREATE TABLE ranged (id integer, project integer, account integer, hidden boolean, assignee text, PRIMARY KEY (account, id)) PARTITION BY RANGE (account);
CREATE TABLE ranged_1 PARTITION OF ranged FOR VALUES FROM (0) TO (2);
CREATE TABLE ranged_2 PARTITION OF ranged FOR VALUES FROM (2) TO (9);
CREATE TABLE hashed (id integer, project integer, account integer, hidden boolean, assignee text, PRIMARY KEY (account, id)) PARTITION BY HASH (account);
CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE hashed_2 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE FUNCTION fill_parts(tab text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('INSERT INTO %I SELECT id, project, account, hidden, assignee FROM item WHERE account IS NOT NULL', tab);
    EXECUTE format('ANALYZE %I', tab);
    PERFORM clearance.protect(tab::regclass, 'task', key => 'id', project => 'project', account => 'account', visibility => 'hidden', shared_values => '{false}');
    PERFORM clearance.relate(tab::regclass, 'assigned', member_column => 'assignee');
    EXECUTE format('GRANT SELECT ON %I TO regress_account_columns', tab);
END $$;
SELECT fill_parts(t) FROM unnest('{listed,ranged,hashed}'::text[]) t;
SELECT e, count(*) AS tables FROM unnest('{listed,ranged,hashed}'::text[]) t, everybody(t) e GROUP BY e ORDER BY e COLLATE "C";
SET LOCAL ROLE regress_account_columns;
SELECT clearance.set_actor(key => 'adminTwo') > 0;
SELECT t, plan('SELECT * FROM ' || t) FROM unnest('{listed,ranged,hashed}'::text[]) t;
SELECT t, plan('SELECT * FROM ' || t || ' WHERE id = 18') FROM unnest('{listed,ranged}'::text[]) t;
SELECT id, account FROM listed WHERE id IN (13, 18) ORDER BY id;
SELECT id, account FROM listed WHERE id = 18;
SELECT id, account FROM listed WHERE id = 1;
SELECT clearance.set_actor(key => 'adminOne') > 0;
SELECT id, account FROM listed WHERE id = 1;
RESET ROLE;
SELECT clearance.reset_actor();

--
-- What rows belong to may have an account column: it is asked of the parent too,
-- looked up one by one or all at once.
--
CREATE TABLE note (id integer PRIMARY KEY, item integer NOT NULL, account integer);
INSERT INTO note SELECT n, 1 + n % 5000, NULL FROM generate_series(1, 6000) n;
CREATE INDEX ON note (item);
SELECT clearance.protect('note', 'task') > 0;
SELECT clearance.add_parent('note', 'item', 'item');
GRANT SELECT ON note TO regress_account_columns;
ANALYZE note;
SELECT everybody('note');
ROLLBACK;
