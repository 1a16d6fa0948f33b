-- The audit log: every change of permissions leaves a line that says who, when
-- and what, whatever road it takes; and what is done to the log shows.
-- Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;

--
-- Every table of the extension is audited, row by row and for TRUNCATE, whatever
-- session_replication_role is. Those that are not hold no permissions: a new
-- table is audited, or is to be named here.
--
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'clearance'::regnamespace AND c.relkind IN ('r', 'p', 'f')
  AND (SELECT count(*) FROM pg_trigger t
       WHERE t.tgrelid = c.oid AND t.tgenabled = 'A' AND t.tgqual IS NULL
         AND (t.tgfoid, t.tgtype) IN (('clearance_internal.audit_change'::regproc, 1 | 4 | 8 | 16), -- row; insert, delete, update
                                      ('clearance_internal.audit_truncate'::regproc, 2 | 32))) < 2 -- before; truncate
ORDER BY 1;
-- of these columns the log says only that they changed
SELECT tgrelid::regclass, encode(tgargs, 'escape') FROM pg_trigger WHERE tgfoid = 'clearance_internal.audit_change'::regproc AND tgnargs > 0 ORDER BY 1;

BEGIN;
CREATE ROLE regress_audit;
CREATE ROLE regress_audit_reader;
CREATE ROLE regress_audit_bypass BYPASSRLS;
GRANT pg_read_all_data, pg_write_all_data TO regress_audit_reader;
CREATE TEMP TABLE seen (chain uuid, seq bigint);
INSERT INTO seen SELECT chain, seq FROM clearance.audit;
-- the lines since this was asked last: who, what, and what differs between before and after
CREATE FUNCTION pg_temp.lines() RETURNS SETOF text LANGUAGE sql AS $$
    WITH new AS (
        INSERT INTO seen SELECT a.chain, a.seq FROM clearance.audit a WHERE (a.chain, a.seq) NOT IN (SELECT s.chain, s.seq FROM seen s)
        RETURNING chain, seq
    )
    SELECT format('%s%s %s %s %s → %s', CASE WHEN a.login = session_user AND a.at BETWEEN now() AND clock_timestamp() THEN 'me' END,
                  coalesce(' as ' || m.key, ' partner ' || p.name, ' as role ' || nullif(a.role, a.login)), a.operation, a.table_name,
                  (SELECT jsonb_object_agg(key, value) FROM jsonb_each(a.before) WHERE NOT coalesce(a.after, '{}') @> jsonb_build_object(key, value)
                                                                                   AND key !~ '(^|_)id$'),
                  (SELECT jsonb_object_agg(key, value) FROM jsonb_each(a.after) WHERE NOT coalesce(a.before, '{}') @> jsonb_build_object(key, value)
                                                                                  AND key !~ '(^|_)id$'))
    FROM new n JOIN clearance.audit a USING (chain, seq) LEFT JOIN clearance.member m ON m.id = a.actor LEFT JOIN clearance.partner p ON p.id = a.partner
    ORDER BY a.chain, a.seq
$$;

--
-- Changes by functions, of whatever kind.
--
SELECT clearance.create_account('Regress', key => 'regress') AS account \gset
SELECT clearance.add_member('ann', roles => '{account_admin}') AS ann \gset
SELECT clearance.create_partner('Mod', 'moderate') AS mod \gset
SELECT clearance.add_member('max', partner => :mod) AS max \gset
SELECT clearance.create_project(1) > 0, clearance.add_partner_to_project(1, :mod);
SELECT pg_temp.lines();
SELECT clearance.switch_on(:max, 'task', 'create'), clearance.add_member_to_project(1, :max);
SELECT pg_temp.lines();
SELECT clearance.create_level('Regress', 'partner') > 0, clearance.allow('Regress', 'task', 'delete');
SELECT clearance.deny('Regress', 'task', 'delete');
SELECT pg_temp.lines();
CREATE TABLE task (id integer PRIMARY KEY, project integer, hours integer);
SELECT clearance.protect('task', 'task', project => 'project') > 0;
SELECT clearance.mask_column('task', 'hours', 'edit'), clearance.guard_column('task', 'hours', 'delete');
SELECT a.operation, a.table_name, coalesce(a.after ->> 'column_name', a.after ->> 'relation') FROM clearance.audit a
WHERE a.table_name LIKE 'binding%' AND a.at >= now() ORDER BY a.seq;
SELECT clearance.unprotect('task');
SELECT a.operation, a.table_name FROM clearance.audit a WHERE a.table_name LIKE 'binding%' AND a.at >= now() ORDER BY a.seq;
SELECT count(*) > 0 FROM pg_temp.lines();

--
-- Who: the acting member, and the role that was taken.
--
SELECT clearance.set_actor(key => 'ann') AS acting \gset
SELECT clearance.disable_member(:max);
SELECT clearance.reset_actor();
SELECT pg_temp.lines();
GRANT INSERT, UPDATE, DELETE, SELECT ON clearance.member_switch TO regress_audit_bypass;
SET LOCAL ROLE regress_audit_bypass;
UPDATE clearance.member_switch SET action = 'edit' WHERE member_id = :max;
RESET ROLE;
SELECT pg_temp.lines();
-- a superuser who becomes somebody else for the session is still who logged in
CREATE ROLE regress_audit_other SUPERUSER;
SET LOCAL SESSION AUTHORIZATION regress_audit_other;
UPDATE clearance.member_switch SET action = 'delete' WHERE member_id = :max;
RESET SESSION AUTHORIZATION;
SELECT pg_temp.lines();
UPDATE clearance.member_switch SET action = 'edit' WHERE member_id = :max;
SELECT pg_temp.lines();
-- who acts as somebody else is there with its own name, and that it began to
SELECT clearance.add_member('eva', roles => '{account_admin}') AS eva \gset
SELECT clearance.set_account(:account, act_as_writes => true);
SELECT count(*) > 0 FROM pg_temp.lines();
SELECT clearance.set_actor(key => 'ann') AS acting \gset
SELECT clearance.act_as(:eva, write => true);
SELECT clearance.enable_member(:max);
SELECT clearance.act_as(NULL);
SELECT clearance.disable_member(:max);
SELECT clearance.reset_actor();
SELECT coalesce(r.key || ' as ', '') || m.key, a.operation, coalesce(t.key, a.after::text), a.after ->> 'write', a.after ->> 'status'
FROM clearance.audit a JOIN clearance.member m ON m.id = a.actor LEFT JOIN clearance.member r ON r.id = a.real_actor
LEFT JOIN clearance.member t ON t.id = (a.after ->> 'id')::bigint
WHERE a.at >= now() AND a.actor IS NOT NULL ORDER BY a.seq;
SELECT count(*) > 0 FROM pg_temp.lines();
-- who only looks writes nothing, not past the log's own road either
SAVEPOINT looking;
SELECT clearance.set_actor(key => 'ann') AS acting \gset
SELECT clearance.act_as(:eva);
SELECT clearance.disable_member(:max);
INSERT INTO clearance_internal.audit_log_01 SELECT 1, gen_random_uuid(), 1, now(), 'x', 'x', NULL, NULL, NULL, NULL, 'member', 'INSERT', NULL, '{}', '';
ROLLBACK TO looking;
SELECT pg_temp.lines();

--
-- Direct DML, of several rows, and what a foreign key takes along. No change, no line.
--
UPDATE clearance.member SET name = upper(key) WHERE account_id = :account;
SELECT l FROM pg_temp.lines() l ORDER BY l;
UPDATE clearance.member SET name = name WHERE account_id = :account;
INSERT INTO clearance.member_switch VALUES (:max, 'task', 'edit') ON CONFLICT DO NOTHING;
DELETE FROM clearance.member WHERE id = :max;
SELECT pg_temp.lines();
SET LOCAL session_replication_role = replica;
UPDATE clearance.member SET name = 'Ann' WHERE id = :ann;
RESET session_replication_role;
SELECT pg_temp.lines();
-- COPY
COPY clearance.member_switch FROM PROGRAM 'true';
SELECT format('COPY clearance.member_switch FROM PROGRAM $$echo ''%s,task,edit''$$ CSV', :ann) AS copy \gset
:copy;
SELECT pg_temp.lines();
-- TRUNCATE tells each row
INSERT INTO clearance.project_feature_off SELECT id, 'task' FROM clearance.project WHERE key = '1';
TRUNCATE clearance.project_feature_off;
SELECT pg_temp.lines();

--
-- What is rolled back leaves no line, and the chain goes on.
--
SAVEPOINT a;
UPDATE clearance.member SET name = 'not' WHERE id = :ann;
SAVEPOINT b;
UPDATE clearance.member SET name = 'never' WHERE id = :ann;
RELEASE b;
ROLLBACK TO a;
UPDATE clearance.member SET name = 'Ann A.' WHERE id = :ann;
SAVEPOINT c;
UPDATE clearance.member SET name = 'Ann B.' WHERE id = :ann;
RELEASE c;
SAVEPOINT d;
UPDATE clearance.member SET name = 'not' WHERE id = :ann;
ROLLBACK TO d;
SELECT pg_temp.lines();
SELECT * FROM clearance.verify_audit();

-- what the self-test does is rolled back by itself
SELECT count(*) > 0 FROM clearance.self_test();
SELECT pg_temp.lines();
SELECT * FROM clearance.verify_audit();

--
-- Secrets are not in it, nor are pictures.
--
SELECT clearance.add_token_key('audit', 'HS256', 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U', 'iss');
UPDATE clearance.token_key SET material = material || '\x00' WHERE kid = 'audit';
SELECT clearance.create_role('Engineer', available_to_partners => true) AS role \gset
SELECT clearance.set_partner_roles(:mod, '{Engineer}');
SELECT (clearance.invite_partner_member(:mod, 'ida@mod.example', 'Engineer')).token AS token \gset
SELECT a.operation, a.before ->> 'material', a.after ->> 'material', a.after ->> 'token_hash' FROM clearance.audit a
WHERE a.table_name IN ('token_key', 'invitation') AND a.at >= now() ORDER BY a.seq;
SELECT count(*) FROM clearance.audit_log l, clearance.token_key k, clearance.invitation i
WHERE k.kid = 'audit' AND (l::text LIKE '%' || encode(k.material, 'hex') || '%' OR l::text LIKE '%' || encode(i.token_hash, 'hex') || '%'
      OR l::text LIKE '%' || :'token' || '%');
TRUNCATE clearance.token_key;
SELECT a.before FROM clearance.audit a WHERE a.operation = 'TRUNCATE' AND a.table_name = 'token_key' AND a.before ->> 'kid' = 'audit';

--
-- Operators read it, and who holds settings.view_audit reads what is of its
-- account. Nobody else does: no member, no partner whatever its level grants, no
-- role that reads or writes all data.
--
SELECT clearance.create_account('Other', key => 'other') AS other \gset
SELECT clearance.add_member('olga', account => :other, roles => '{account_admin}') AS olga \gset
SELECT clearance.add_member('vic', account => :account, roles => '{super_user}') AS vic \gset
SELECT clearance.allow('Regress', 'settings', 'view_audit');
UPDATE clearance.level_grant SET reach = 'account' WHERE feature = 'settings' AND action = 'view_audit' AND NOT built_in;
SELECT clearance.create_partner('Wide', 'Regress', account => :account) AS wide \gset
SELECT clearance.add_member('wil', partner => :wide, account => :account) AS wil \gset
CREATE TABLE logged AS SELECT chain, seq, account_id, table_name FROM clearance.audit;
GRANT SELECT ON logged TO PUBLIC;
SELECT clearance.set_actor(key => 'ann') AS acting \gset
SELECT count(*) > 20, count(*) = (SELECT count(*) FROM logged l WHERE l.account_id = :account), count(*) FILTER (WHERE a.account_id IS DISTINCT FROM :account) FROM clearance.audit a;
SELECT DISTINCT table_name FROM clearance.audit ORDER BY 1;
SELECT clearance.set_actor(key => 'olga') AS acting \gset
SELECT table_name, count(*) FROM clearance.audit GROUP BY 1 ORDER BY 1;
SELECT clearance.set_actor(key => 'vic') AS acting \gset
SELECT count(*) FROM clearance.audit;
SELECT clearance.set_actor(key => 'wil') AS acting \gset
SELECT clearance.can('settings.view_audit');
SELECT count(*) FROM clearance.audit;
SELECT clearance.set_actor(key => 'ann') AS acting \gset
SELECT clearance.audit_head();
SELECT * FROM clearance.verify_audit();
SELECT clearance.forget_audit('infinity');
SELECT * FROM clearance.changes();
SELECT clearance.reset_actor();
SET LOCAL ROLE regress_audit;
SELECT count(*) FROM clearance.audit;
SELECT count(*) FROM clearance.audit_log;
SELECT clearance.audit_head();
SELECT * FROM clearance.verify_audit();
SELECT clearance.forget_audit('infinity');
SET LOCAL ROLE regress_audit_reader;
SELECT count(*) FROM clearance.audit;
SELECT count(*) FROM clearance.audit_log;
SELECT count(*) FROM clearance.audit_chain;
INSERT INTO clearance.audit_log SELECT 1, gen_random_uuid(), 1, now(), 'x', 'x', NULL, NULL, NULL, NULL, 'member', 'INSERT', NULL, '{}', '';
RESET ROLE;
-- who may call the functions still is to be an operator
GRANT EXECUTE ON FUNCTION clearance.audit_head, clearance.verify_audit, clearance.forget_audit, clearance.changes TO regress_audit;
SET LOCAL ROLE regress_audit;
SELECT * FROM clearance.changes();
SELECT clearance.audit_head();
SELECT * FROM clearance.verify_audit();
SELECT clearance.forget_audit('infinity');
RESET ROLE;

--
-- What changed, to read: a row for what one statement did to one table.
--
-- in the order of their keys, wherever their rows are
SET enable_seqscan = off;
SET enable_bitmapscan = off;
UPDATE clearance.member SET name = initcap(key) WHERE account_id = :account AND name IS DISTINCT FROM initcap(key);
RESET enable_seqscan;
RESET enable_bitmapscan;
SELECT clearance.set_level('Regress', clearance.level_document('moderate'));
SELECT clearance.set_actor(key => 'ann') AS acting \gset
SELECT clearance.disable_member(:wil);
SELECT clearance.reset_actor();
SELECT c.who = format('login "%s"', session_user) OR c.who ~ '^member', regexp_replace(c.who, '^login.*', 'login'), c.operation, c.table_name, c.lines, regexp_replace(c.what, '^.*, and', '…, and')
FROM clearance.changes(now()) c LIMIT 12;
SELECT count(*) FROM clearance.changes(now(), 3);
SELECT count(*) FROM clearance.changes('infinity');
SELECT count(*) FROM clearance.changes(NULL);

--
-- Nobody rewrites it, superusers neither.
--
UPDATE clearance.audit_log SET login = 'somebody';
DELETE FROM clearance.audit_log;
TRUNCATE clearance.audit_log;
-- whatever month it is
\set ECHO none
SELECT format('%s clearance_internal.audit_log_%s%s', v.act, to_char(now() AT TIME ZONE 'UTC', 'MM'), v.rest)
FROM (VALUES ('UPDATE', ' SET login = role'), ('DELETE FROM', ''), ('TRUNCATE', '')) v (act, rest) \gexec
\set ECHO all
UPDATE clearance.audit_chain SET seq = 0;
DELETE FROM clearance.audit_chain;
TRUNCATE clearance.audit_chain;

-- nor is it told of what cannot be read again
SELECT clearance_internal.audit_note('FORGET', NULL, 'no JSON');
-- nor what writes it and keeps it as it is
ALTER TABLE clearance.member DISABLE TRIGGER "00_clearance_audit";
DROP TRIGGER "00_clearance_audit" ON clearance.member;
ALTER TABLE clearance_internal.audit_log_01 DISABLE TRIGGER ALL;
DROP TRIGGER IF EXISTS "00_clearance_refuse_write" ON clearance_internal.audit_log_01;
ALTER TABLE clearance.audit_log DETACH PARTITION clearance_internal.audit_log_01;
DROP TABLE clearance_internal.audit_log_01;

--
-- A superuser can get around that; what was done shows. Each kind is tried on
-- the fifth line from the end, and taken back.
--
SELECT chain AS mine, max(seq) - 5 AS here FROM clearance.audit WHERE at >= now() GROUP BY 1 \gset
CREATE FUNCTION pg_temp.tampered(chain uuid, here bigint, VARIADIC statements text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    head jsonb := clearance.audit_head();
    statement text;
    found text;
BEGIN
    BEGIN
        CREATE OR REPLACE FUNCTION clearance_internal.refuse_audit_write() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN RETURN CASE WHEN TG_OP = ''DELETE'' THEN OLD ELSE NEW END; END';
        FOREACH statement IN ARRAY statements LOOP
            EXECUTE replace(replace(statement, '@here', here::text), '@mine', format('chain = %L', chain));
        END LOOP;
        found := concat_ws(E'\n',
            (SELECT string_agg(coalesce((v.seq - here)::text, '-') || ' ' || v.problem, E'\n' ORDER BY v.seq, v.problem) FROM clearance.verify_audit() v),
            (SELECT string_agg('  with the head: ' || coalesce((v.seq - here)::text, '-') || ' ' || v.problem, E'\n' ORDER BY v.seq)
             FROM (SELECT * FROM clearance.verify_audit(head) EXCEPT SELECT * FROM clearance.verify_audit()) v));
        RAISE SQLSTATE 'RT000';
    EXCEPTION WHEN SQLSTATE 'RT000' THEN
        RETURN QUERY SELECT coalesce(nullif(found, ''), 'nothing');
    END;
END
$$;
-- nothing was done
SELECT pg_temp.tampered(:'mine', :here, 'SELECT 1');
-- a line says something else: who, when, what
SELECT pg_temp.tampered(:'mine', :here, 'UPDATE clearance.audit_log SET login = ''x'' WHERE @mine AND seq = @here');
SELECT pg_temp.tampered(:'mine', :here, 'UPDATE clearance.audit_log SET role = ''x'' WHERE @mine AND seq = @here');
SELECT pg_temp.tampered(:'mine', :here, 'UPDATE clearance.audit_log SET actor = -1 WHERE @mine AND seq = @here');
SELECT pg_temp.tampered(:'mine', :here, 'UPDATE clearance.audit_log SET partner = -1 WHERE @mine AND seq = @here');
SELECT pg_temp.tampered(:'mine', :here, 'UPDATE clearance.audit_log SET real_actor = -1 WHERE @mine AND seq = @here');
SELECT pg_temp.tampered(:'mine', :here, 'UPDATE clearance.audit_log SET account_id = -1 WHERE @mine AND seq = @here');
SELECT pg_temp.tampered(:'mine', :here, 'UPDATE clearance.audit_log SET at = at + interval ''1 us'' WHERE @mine AND seq = @here');
SELECT pg_temp.tampered(:'mine', :here, 'UPDATE clearance.audit_log SET table_name = ''x'' WHERE @mine AND seq = @here');
SELECT pg_temp.tampered(:'mine', :here, 'UPDATE clearance.audit_log SET operation = ''x'' WHERE @mine AND seq = @here');
SELECT pg_temp.tampered(:'mine', :here, 'UPDATE clearance.audit_log SET before = ''{"x": 1}'' WHERE @mine AND seq = @here');
SELECT pg_temp.tampered(:'mine', :here, 'UPDATE clearance.audit_log SET after = ''{"x": 1}'' WHERE @mine AND seq = @here');
SELECT pg_temp.tampered(:'mine', :here, 'UPDATE clearance.audit_log SET hash = sha256(hash) WHERE @mine AND seq = @here');
-- with a hash of its own that is right: the next one does not follow
SELECT pg_temp.tampered(:'mine', :here, 'UPDATE clearance.audit_log SET login = ''x'' WHERE @mine AND seq = @here',
    'UPDATE clearance.audit_log l SET hash = clearance_internal.audit_hash((SELECT b.hash FROM clearance.audit_log b WHERE @mine AND b.seq = @here - 1), l) WHERE @mine AND seq = @here');
-- a line is gone, alone or with the numbers closed up behind it
SELECT pg_temp.tampered(:'mine', :here, 'DELETE FROM clearance.audit_log WHERE @mine AND seq = @here');
SELECT pg_temp.tampered(:'mine', :here, 'DELETE FROM clearance.audit_log WHERE @mine AND seq = @here',
    'UPDATE clearance.audit_log SET seq = -seq WHERE @mine AND seq > @here', 'UPDATE clearance.audit_log SET seq = -seq - 1 WHERE @mine AND seq < 0');
-- the first one
SELECT pg_temp.tampered(:'mine', 2, 'DELETE FROM clearance.audit_log WHERE @mine AND seq = (SELECT min(seq) FROM clearance.audit_log WHERE @mine)') ~ 'lines before it are missing';
-- a line is put in: in between, at the end, as a chain of its own
SELECT pg_temp.tampered(:'mine', :here, 'UPDATE clearance.audit_log SET seq = -seq WHERE @mine AND seq > @here',
    'UPDATE clearance.audit_log SET seq = 1 - seq WHERE @mine AND seq < 0',
    'INSERT INTO clearance.audit_log SELECT part, chain, seq + 1, at, login, role, actor, partner, real_actor, account_id, table_name, operation, before, after, hash
     FROM clearance.audit_log WHERE @mine AND seq = @here');
SELECT pg_temp.tampered(:'mine', :here, 'INSERT INTO clearance.audit_log SELECT 1, chain, max(seq) + 1, now(), ''x'', ''x'', NULL, NULL, NULL, NULL, ''member'', ''INSERT'', NULL, ''{}'', ''''
     FROM clearance.audit_log WHERE @mine GROUP BY chain');
SELECT pg_temp.tampered(:'mine', 0, 'INSERT INTO clearance.audit_log SELECT 1, gen_random_uuid(), 1, now(), ''x'', ''x'', NULL, NULL, NULL, NULL, ''member'', ''INSERT'', NULL, ''{}'', ''''');
-- a line goes to another month, where nobody looks for it
SELECT pg_temp.tampered(:'mine', :here, 'UPDATE clearance.audit_log SET part = part % 12 + 1 WHERE @mine AND seq = @here');
-- lines change places
SELECT pg_temp.tampered(:'mine', :here, 'UPDATE clearance.audit_log SET seq = CASE seq WHEN @here THEN -1 ELSE -2 END WHERE @mine AND seq IN (@here, @here + 1)',
    'UPDATE clearance.audit_log SET seq = CASE seq WHEN -1 THEN @here + 1 ELSE @here END WHERE @mine AND seq < 0');
-- the tail is cut off; with the head put back, who has the head from before finds it
SELECT pg_temp.tampered(:'mine', :here, 'DELETE FROM clearance.audit_log WHERE @mine AND seq > @here');
SELECT pg_temp.tampered(:'mine', :here, 'DELETE FROM clearance.audit_log WHERE @mine AND seq > @here',
    'UPDATE clearance.audit_chain c SET (seq, hash) = (SELECT l.seq, l.hash FROM clearance.audit_log l WHERE l.chain = c.chain AND l.seq = @here) WHERE @mine');
-- a whole chain is gone
SELECT pg_temp.tampered(:'mine', :here, 'DELETE FROM clearance.audit_log WHERE @mine');
SELECT pg_temp.tampered(:'mine', :here, 'DELETE FROM clearance.audit_log WHERE @mine', 'DELETE FROM clearance.audit_chain WHERE @mine');
-- everything is made anew
SELECT pg_temp.tampered(:'mine', :here, 'UPDATE clearance.audit_log SET login = ''x'' WHERE @mine AND seq = @here', $$DO $do$
    DECLARE
        l clearance.audit_log;
        last bytea := (SELECT b.hash FROM clearance.audit_log b WHERE @mine AND b.seq = @here - 1);
    BEGIN
        FOR l IN SELECT * FROM clearance.audit_log WHERE @mine AND seq >= @here ORDER BY seq LOOP
            last := clearance_internal.audit_hash(last, l);
            UPDATE clearance.audit_log SET hash = last WHERE chain = l.chain AND seq = l.seq;
        END LOOP;
        UPDATE clearance.audit_chain SET hash = last WHERE @mine;
    END $do$ $$);

-- what writes lines and keeps them is gone
SELECT pg_temp.tampered(:'mine', 0, 'UPDATE pg_trigger SET tgenabled = ''D'' WHERE tgname = ''00_clearance_audit'' AND tgrelid = ''clearance.member''::regclass');
SELECT pg_temp.tampered(:'mine', 0, 'UPDATE pg_trigger SET tgenabled = ''O'' WHERE tgname = ''00_clearance_audit_truncate'' AND tgrelid = ''clearance.level_grant''::regclass');
SELECT pg_temp.tampered(:'mine', 0, 'UPDATE pg_trigger SET tgtype = (tgtype & ~4)::smallint WHERE tgname = ''00_clearance_audit'' AND tgrelid = ''clearance.member''::regclass');
SELECT pg_temp.tampered(:'mine', 0, 'UPDATE pg_trigger SET tgattr = ''2'' WHERE tgname = ''00_clearance_audit'' AND tgrelid = ''clearance.member''::regclass');
SELECT pg_temp.tampered(:'mine', 0, 'UPDATE pg_trigger SET tgnargs = 1, tgargs = convert_to(''name'', ''UTF8'') || decode(''00'', ''hex'') WHERE tgname = ''00_clearance_audit'' AND tgrelid = ''clearance.member''::regclass');
SELECT pg_temp.tampered(:'mine', 0, 'SET LOCAL clearance.maintaining = on', 'DROP TRIGGER "00_clearance_refuse_write" ON clearance_internal.audit_log_01');
SELECT pg_temp.tampered(:'mine', 0, 'SET LOCAL clearance.maintaining = on', 'ALTER TABLE clearance.audit_log DETACH PARTITION clearance_internal.audit_log_02');

--
-- The hash of a line does not hang on settings of a session.
--
SET LOCAL timezone = 'Asia/Kolkata';
SET LOCAL datestyle = 'German';
SET LOCAL bytea_output = 'escape';
SET LOCAL extra_float_digits = 0;
SELECT * FROM clearance.verify_audit();
UPDATE clearance.member SET name = 'Ann' WHERE id = :ann;
RESET timezone;
RESET datestyle;
RESET bytea_output;
RESET extra_float_digits;
SELECT * FROM clearance.verify_audit();

--
-- Old lines are dropped, and the log verifies as before, also with a head from
-- before. It says itself what was dropped.
--
SELECT clearance.audit_head() AS head \gset
SELECT max(seq) AS last FROM clearance.audit_log WHERE chain = :'mine' \gset
SELECT l.at AS here_at, (SELECT min(s.seq) FROM clearance.audit_log s WHERE s.chain = l.chain AND s.at >= l.at) AS here FROM clearance.audit_log l WHERE l.chain = :'mine' AND l.seq = :here \gset
SELECT clearance.forget_audit('-infinity');
SELECT clearance.forget_audit(NULL);
SELECT clearance.forget_audit(:'here_at') > 5;
SELECT min(seq) = :here, max(seq) = :last + 1, count(*) = :last + 1 - :here + 1 FROM clearance.audit WHERE chain = :'mine';
SELECT login = session_user, table_name, operation, (after #>> ARRAY[:'mine', 'seq'])::bigint = :here - 1 FROM clearance.audit ORDER BY at DESC LIMIT 1;
SELECT * FROM clearance.verify_audit();
SELECT * FROM clearance.verify_audit(:'head');
-- twice, and of all lines: what was dropped first stays named
SELECT clearance.forget_audit(:'here_at'), clearance.forget_audit('infinity') > 0;
SELECT operation FROM clearance.audit;
SELECT * FROM clearance.verify_audit();
SELECT * FROM clearance.verify_audit(:'head');
UPDATE clearance.member SET name = 'Ann C.' WHERE id = :ann;
SELECT * FROM clearance.verify_audit();
-- no more than that is dropped
DELETE FROM clearance.audit_log WHERE operation = 'UPDATE';
-- a log that is not what was written is not made to look as if it were
SELECT pg_temp.tampered(:'mine', 0, 'DELETE FROM clearance.audit_log WHERE @mine AND seq = (SELECT max(seq) FROM clearance.audit_log WHERE @mine)', 'SELECT clearance.forget_audit(''infinity'')');
-- wrong heads are errors
SELECT * FROM clearance.verify_audit(NULL);
SELECT * FROM clearance.verify_audit('[]');
ROLLBACK;
