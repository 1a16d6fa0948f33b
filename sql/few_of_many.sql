-- Who is on many projects and asks for rows of a few: these are found by what everybody knows
-- of projects, before a table of the actor's own is made. It makes no difference how many
-- were asked for before, which type the keys have, nor whether they are the actor's,
-- somebody else's, of another account, or of nobody.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE ROLE regress_few;
CREATE SCHEMA regress_few;
GRANT USAGE ON SCHEMA regress_few TO regress_few;
SET search_path = regress_few, clearance;
CREATE FUNCTION uuid_of(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE RETURN format('abcdef00-0000-0000-0000-%s', lpad(n::text, 12, '0'))::uuid;
\o /dev/null
SELECT create_account('North', key => 'n'), create_account('South', key => 's');
CREATE FUNCTION account(key text) RETURNS bigint LANGUAGE sql RETURN (SELECT a.id FROM clearance.account a WHERE a.key = account.key);
SELECT create_partner('Acme', 'permissive', account => account('n'));
SELECT add_member('pat', partner => p.id, partner_admin => true, account => account('n')), add_member('cole', roles => '{collaborator}', account => account('n')),
       add_member('sue', roles => '{super_user}', account => account('n'))
FROM clearance.partner p;
-- of each type 80 projects of the account, every other one the actors'; and 10 of the other account
SELECT create_project(n::bigint, account => account(CASE WHEN n <= 80 THEN 'n' ELSE 's' END)) FROM generate_series(1, 90) n;
SELECT create_project('t' || n, account => account(CASE WHEN n <= 80 THEN 'n' ELSE 's' END)) FROM generate_series(1, 90) n;
SELECT create_project(uuid_of(n), account => account(CASE WHEN n <= 80 THEN 'n' ELSE 's' END)) FROM generate_series(1, 90) n;
CREATE TABLE theirs AS SELECT k FROM generate_series(2, 80, 2) n, unnest(ARRAY[n::text, 't' || n, uuid_of(n)::text]) k;
SELECT add_partner_to_project(k, p.id) FROM theirs, clearance.partner p;
SELECT add_member_to_project(k, m.id) FROM theirs, clearance.member m WHERE m.key = 'cole';
-- one that was put there by hand, not as the type writes it, equals no value of it
UPDATE clearance.project SET key = upper(key) WHERE key = uuid_of(40)::text;
CREATE TABLE by_int (id integer PRIMARY KEY, project smallint);
CREATE TABLE by_text (id integer PRIMARY KEY, project text);
CREATE TABLE by_uuid (id integer PRIMARY KEY, project uuid);
INSERT INTO by_int SELECT n, n FROM generate_series(1, 100) n;
INSERT INTO by_text SELECT n, 't' || n FROM generate_series(1, 100) n;
INSERT INTO by_uuid SELECT n, uuid_of(n) FROM generate_series(1, 100) n;
INSERT INTO by_text VALUES (101, '02'), (102, ' t2'), (103, 'T2'), (104, ''), (105, NULL), (106, '2');
GRANT SELECT ON by_int, by_text, by_uuid TO regress_few;
SELECT protect('by_int', 'task', 'project');
SELECT protect('by_text', 'task', 'project');
SELECT protect('by_uuid', 'task', 'project');
ANALYZE;
-- rows one by one, each a statement; then all in one
CREATE FUNCTION seen(who text, tab text, ids integer[], as_list text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text[] := '{}';
    all_found text;
    n integer;
    is_there boolean;
BEGIN
    PERFORM clearance.set_actor(key => who, local => false);
    SET LOCAL ROLE regress_few;
    FOREACH n IN ARRAY ids LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE id = $1)', tab) INTO is_there USING n;
        IF is_there THEN
            found := found || n::text;
        END IF;
    END LOOP;
    EXECUTE format('SELECT string_agg(id::text, '' '' ORDER BY id) FROM %I WHERE id = ANY ($1)', tab) INTO all_found USING ids;
    RESET ROLE;
    PERFORM clearance.reset_actor();
    found := ARRAY(SELECT f FROM unnest(found) f ORDER BY f::integer);
    RETURN concat_ws(' | ', as_list, array_to_string(found, ' '), CASE WHEN all_found IS NOT DISTINCT FROM nullif(array_to_string(found, ' '), '') THEN 'the same at once' ELSE all_found END);
END $$;
\o
-- one that is hers, one that is not, one of the other account, one of nobody: in a new session
\c -
SET search_path = regress_few;
SELECT seen('pat', 'by_int', '{2}', 'hers'), seen('pat', 'by_text', '{2}', 'hers'), seen('pat', 'by_uuid', '{2}', 'hers');
\c -
SET search_path = regress_few;
SELECT seen('pat', 'by_int', '{3}', 'not hers'), seen('pat', 'by_text', '{3}', 'not hers'), seen('pat', 'by_uuid', '{3}', 'not hers');
SELECT seen('pat', 'by_int', '{82}', 'of another account'), seen('pat', 'by_text', '{82}', 'of another account'), seen('pat', 'by_uuid', '{82}', 'of another account');
SELECT seen('pat', 'by_int', '{100}', 'of nobody'), seen('pat', 'by_text', '{100}', 'of nobody'), seen('pat', 'by_uuid', '{100}', 'of nobody');
-- by hand: in a new session, and in one that knows more
\c -
SET search_path = regress_few;
SELECT seen('pat', 'by_uuid', '{40}', 'by hand');
SELECT seen('pat', 'by_uuid', '{2,4,6,8,10,12,14,16,18,20,40}', 'by hand');
SELECT seen('cole', 'by_uuid', '{40}', 'by hand');
-- texts that only look alike
\c -
SET search_path = regress_few;
SELECT seen('pat', 'by_text', '{101,102,103,104,105,106,2}', 'alike');
-- all of them, in a new session for each table and actor; of cole those that it is on, of sue all of the account
\c -
SET search_path = regress_few;
SELECT seen('pat', 'by_int', ARRAY(SELECT generate_series(100, 1, -1)), 'all');
SELECT seen('cole', 'by_int', ARRAY(SELECT generate_series(1, 100)), 'all');
SELECT seen('sue', 'by_int', ARRAY(SELECT generate_series(1, 100)), 'all') LIKE 'all | ' || (SELECT string_agg(n::text, ' ') FROM generate_series(1, 80) n) || ' |%';
\c -
SET search_path = regress_few;
SELECT seen('cole', 'by_text', ARRAY(SELECT generate_series(1, 106)), 'all');
SELECT seen('pat', 'by_text', ARRAY(SELECT generate_series(1, 106)), 'all');
\c -
SET search_path = regress_few;
SELECT seen('pat', 'by_uuid', ARRAY(SELECT generate_series(1, 100)), 'all');
SELECT seen('cole', 'by_uuid', ARRAY(SELECT generate_series(1, 100)), 'all');

SET client_min_messages = warning;
\o /dev/null
SELECT clearance.unprotect(t) FROM unnest('{by_int,by_text,by_uuid}'::regclass[]) t;
DROP SCHEMA regress_few CASCADE;
DELETE FROM clearance.account;
DROP ROLE regress_few;
