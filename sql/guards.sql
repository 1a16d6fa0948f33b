-- Guarded columns: by every road on which a column can change, who lacks the
-- guard's action is refused, who holds it is not; what else changes needs edit.
-- Everything happens in a transaction that leaves nothing.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_guards;
SELECT clearance.trust_role('regress_guards');
CREATE ROLE regress_guards_owner;
CREATE SCHEMA regress_guards;
GRANT USAGE ON SCHEMA regress_guards TO regress_guards, regress_guards_owner;
SET LOCAL search_path = regress_guards;
SELECT clearance.create_account('Regress guards', key => 'regress-guards') AS account \gset
-- ed edits and does not approve; may does both; app approves, and edits what is its own only
SELECT clearance.create_feature('deed', '{view,create,edit,delete,approve,reopen,price}');
SELECT clearance.create_level(l, 'vendor') > 0, clearance.create_role(l, access_level => l, account => :account) > 0 FROM unnest('{editor,chief,approver}'::text[]) l;
SELECT count(clearance.allow(l, 'deed', a, reach => 'account')) FROM unnest('{editor,chief}'::text[]) l, unnest('{view,create,edit,delete}'::text[]) a;
SELECT count(clearance.allow(l, 'deed', a, reach => 'account')) FROM unnest('{chief,approver}'::text[]) l, unnest('{view,create,approve,price}'::text[]) a;
SELECT count(clearance.allow(l, 'project', 'view', reach => 'account')) FROM unnest('{editor,chief,approver}'::text[]) l;
SELECT clearance.add_member(m, roles => ARRAY[r], account => :account) > 0 FROM (VALUES ('ed', 'editor'), ('may', 'chief'), ('app', 'approver')) v (m, r);
SELECT clearance.create_project(p, :account) > 0 FROM unnest('{g1,g2}'::text[]) p;

CREATE TABLE deed (id integer NOT NULL, project text NOT NULL DEFAULT 'g1', title text, state text DEFAULT 'draft', price numeric, currency text,
    net numeric GENERATED ALWAYS AS (price * 0.8) STORED, PRIMARY KEY (id, project)) PARTITION BY LIST (project);
CREATE TABLE deed_1 PARTITION OF deed FOR VALUES IN ('g1');
CREATE TABLE deed_2 PARTITION OF deed FOR VALUES IN ('g2');
INSERT INTO deed (id, price, currency) VALUES (1, 10, 'EUR'), (2, 20, 'EUR');
INSERT INTO deed (id, state, price) VALUES (3, 'approved', 30);
SELECT clearance.protect('deed', 'deed', project => 'project') > 0;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA regress_guards TO regress_guards, regress_guards_owner;

--
-- One guard may name several columns, with or without casts; a literal is one name.
--
SELECT clearance.guard_column('deed', ARRAY['price', 'currency'], 'price');
SELECT clearance.guard_column('deed', 'state', 'approve', new_value => 'approved');
SELECT clearance.guard_column('deed', 'state', 'reopen', new_value => 'reopened');
SELECT guards FROM clearance.protected_tables WHERE "table" = 'deed'::regclass;
-- all or nothing: of several columns, one that is unknown, guarded already, named
-- twice, generated, or of a type that has no such value
SAVEPOINT bad;
SELECT clearance.guard_column('deed', ARRAY['title', 'nothing'], 'approve');
SELECT clearance.guard_column('deed', ARRAY['title', 'price'], 'approve');
SELECT clearance.guard_column('deed', ARRAY['title', 'title'], 'approve');
SELECT clearance.guard_column('deed', ARRAY['title', 'net'], 'approve');
SELECT clearance.guard_column('deed', ARRAY['title', NULL], 'approve');
SELECT clearance.guard_column('deed', '{}'::name[], 'approve');
SELECT clearance.guard_column('deed', NULL::name[], 'approve');
SELECT clearance.guard_column('deed', ARRAY['title', 'id'], 'approve', new_value => 'much');
SELECT clearance.guard_column('deed', ARRAY['title'], 'nothing');
SELECT guards FROM clearance.protected_tables WHERE "table" = 'deed'::regclass;

-- What a statement does as somebody, and leaves nothing behind: rows, or the code,
-- the column and why.
CREATE FUNCTION does(who text, sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
    code text;
    col text;
    why text;
BEGIN
    PERFORM set_config('role', 'regress_guards', true);
    PERFORM clearance.set_actor(who);
    EXECUTE sql;
    GET DIAGNOSTICS n = ROW_COUNT;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = n || ' row(s)';
EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
    RETURN SQLERRM;
WHEN insufficient_privilege THEN
    GET STACKED DIAGNOSTICS code = CONSTRAINT_NAME, col = COLUMN_NAME, why = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', nullif(code, ''), nullif(col, ''), '-', coalesce(nullif(why, ''), SQLERRM));
END
$$;
CREATE FUNCTION each(sql text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT who || ': ' || does(who, sql) FROM unnest('{ed,may,app}'::text[]) who
$$;

--
-- UPDATE: exactly the actions of the columns that change, and edit for the rest.
--
SELECT each('UPDATE deed SET price = 11 WHERE id = 1');
SELECT each('UPDATE deed SET currency = NULL WHERE id = 1');
SELECT each('UPDATE deed SET title = ''t'' WHERE id = 1');
SELECT each('UPDATE deed SET title = ''t'', price = 11 WHERE id = 1');
SELECT each('UPDATE deed SET title = NULL, price = 10.00, currency = currency WHERE id = 1');
-- by the new value
SELECT each('UPDATE deed SET state = ''approved'' WHERE id = 1');
SELECT each('UPDATE deed SET state = ''reopened'' WHERE id = 3');
SELECT each('UPDATE deed SET state = ''void'' WHERE id = 3');

--
-- ON CONFLICT DO UPDATE, MERGE, writable views, functions, a row at a time: the same.
--
SELECT each('INSERT INTO deed AS d (id) VALUES (1) ON CONFLICT (id, project) DO UPDATE SET price = d.price + 1');
SELECT each('INSERT INTO deed AS d (id, title) VALUES (1, ''t'') ON CONFLICT (id, project) DO UPDATE SET title = EXCLUDED.title, price = d.price');
-- the row proposed is judged as well
SELECT each('INSERT INTO deed (id, price) VALUES (1, 11) ON CONFLICT (id, project) DO NOTHING');
SELECT each('MERGE INTO deed d USING (VALUES (1)) v (id) ON d.id = v.id WHEN MATCHED THEN UPDATE SET state = ''approved''');
SELECT each('MERGE INTO deed d USING (VALUES (9)) v (id) ON d.id = v.id WHEN NOT MATCHED THEN INSERT (id, state) VALUES (v.id, ''approved'')');
SELECT each('MERGE INTO deed d USING (VALUES (1)) v (id) ON d.id = v.id WHEN MATCHED THEN UPDATE SET title = ''t'', state = ''void''');
CREATE VIEW owned_view AS SELECT id AS key, price AS amount, title FROM deed;
CREATE VIEW invoker_view WITH (security_invoker) AS SELECT * FROM deed;
GRANT SELECT, INSERT, UPDATE ON owned_view, invoker_view TO regress_guards;
ALTER VIEW owned_view OWNER TO regress_guards_owner;
SELECT each('UPDATE owned_view SET amount = 11 WHERE key = 1');
SELECT each('UPDATE invoker_view SET price = 11 WHERE id = 1');
SELECT each('INSERT INTO invoker_view (id, state) VALUES (9, ''approved'')');
SELECT each($$DO 'DECLARE c CURSOR FOR SELECT FROM deed WHERE id = 1 FOR UPDATE; BEGIN FOR r IN c LOOP UPDATE deed SET price = 11 WHERE CURRENT OF c; END LOOP; END'$$);

--
-- INSERT: a guarded value that is not the default needs its action too.
--
SELECT each('INSERT INTO deed (id, state) VALUES (9, ''approved'')');
SELECT each('INSERT INTO deed (id, state) VALUES (9, ''void'')');
SELECT each('INSERT INTO deed (id, price) VALUES (9, 1)');
SELECT each('INSERT INTO deed (id, state, price) VALUES (9, ''draft'', NULL)');
SELECT each('INSERT INTO deed (id, price) SELECT 9, price FROM deed WHERE id = 1');
-- COPY FROM is PostgreSQL's to refuse, for everybody whom row security binds
SET LOCAL ROLE regress_guards;
SELECT clearance.set_actor('may') > 0;
\copy deed (id, price) FROM /dev/null
RESET ROLE;
SELECT clearance.reset_actor();

--
-- A generated column changes with what it is computed from, which the guard judges.
--
SELECT each('UPDATE deed SET price = 5 WHERE id = 2 AND net = 16');

--
-- A row that moves to another partition is judged as an update: who does not
-- approve moves what is approved, and approves nothing on the way.
--
SELECT each('UPDATE deed SET project = ''g2'' WHERE id = 3');
SELECT each('UPDATE deed SET project = ''g2'', state = ''approved'' WHERE id = 1');
SELECT each('UPDATE deed_1 SET price = 11 WHERE id = 1');
SELECT each('INSERT INTO deed_2 (id, project, price) VALUES (9, ''g2'', 1)');

--
-- What a trigger of the application changes is the application's logic: it is not
-- held against the member, but who writes by it writes nothing else.
--
CREATE FUNCTION cheaper() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.price := 1; RETURN NEW; END $$;
CREATE TRIGGER cheaper BEFORE UPDATE OR INSERT ON deed FOR EACH ROW EXECUTE FUNCTION cheaper();
SELECT each('UPDATE deed SET title = ''t'' WHERE id = 1');
SELECT each('UPDATE deed SET price = 11 WHERE id = 1');
SELECT each('INSERT INTO deed (id, price) VALUES (9, 11)');
DROP TRIGGER cheaper ON deed;
-- An UPDATE by a trigger is a statement like any other, as whoever runs it.
CREATE TABLE note (id integer PRIMARY KEY);
CREATE FUNCTION follow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE regress_guards.deed SET price = 11 WHERE id = 1; RETURN NULL; END $$;
CREATE TRIGGER follow AFTER INSERT ON note FOR EACH ROW EXECUTE FUNCTION follow();
GRANT INSERT ON note TO regress_guards;
SELECT each('INSERT INTO note VALUES (1)');

--
-- A mask over a guarded column: changing needs both actions. Several columns are
-- masked in one call, all or none.
--
SELECT clearance.create_action('deed', 'see_price', reads => true);
SELECT clearance.allow('chief', 'deed', 'see_price', reach => 'account');
SELECT clearance.mask_column('deed', ARRAY['currency', 'nothing'], 'see_price');
SELECT clearance.mask_column('deed', ARRAY['currency', 'title', 'currency'], 'see_price');
SELECT masks FROM clearance.protected_tables WHERE "table" = 'deed'::regclass;
SELECT clearance.mask_column('deed', ARRAY['currency', 'title'], 'see_price', mask => '''-''');
SELECT masks FROM clearance.protected_tables WHERE "table" = 'deed'::regclass;
SELECT each('UPDATE deed SET currency = ''USD'' WHERE id = 1');
SELECT clearance.unmask_column('deed', ARRAY['title', 'price']);
SELECT masks FROM clearance.protected_tables WHERE "table" = 'deed'::regclass;
SELECT clearance.unmask_column('deed', ARRAY['title', 'currency']);
SELECT masks FROM clearance.protected_tables WHERE "table" = 'deed'::regclass;

--
-- A guard's action may be one that only reads: whoever sees the row may change the column, where it
-- may change something at all. Not in a project that is read-only, or archived, though that can be
-- read, and not by the login of a partner as a whole, which views.
--
SAVEPOINT reading;
CREATE ROLE regress_guards_bi;
SELECT clearance.create_partner('Guarded', 'permissive', account => :account) AS guarded \gset
SELECT clearance.map_role('regress_guards_bi', partner => :guarded), clearance.add_partner_to_project('g1', :guarded), clearance.allow('permissive', 'deed', 'view');
ALTER TABLE deed ADD looks integer;
SELECT clearance.guard_column('deed', 'looks', 'view');
GRANT USAGE ON SCHEMA regress_guards TO regress_guards_bi;
GRANT SELECT, UPDATE ON deed TO regress_guards_bi;
SELECT each('UPDATE deed SET looks = 1 WHERE id = 1');
SELECT each('UPDATE deed SET looks = 1, title = ''t'' WHERE id = 1');
SET LOCAL SESSION AUTHORIZATION regress_guards_bi;
SELECT count(*) FROM deed;
SELECT clearance.editable_columns(d) FROM deed d WHERE id = 1;
UPDATE deed SET looks = 1 WHERE id = 1 RETURNING id;
SET LOCAL clearance.refused_writes = error;
UPDATE deed SET looks = 1 WHERE id = 1 RETURNING id;
RESET SESSION AUTHORIZATION;
RESET clearance.refused_writes;
SELECT clearance.set_project('g1', read_only => true);
SELECT each('UPDATE deed SET looks = 1 WHERE id = 1');
SELECT clearance.set_project('g1', read_only => false, archived => true);
SELECT clearance.allow(l, 'project', 'view_archived', reach => 'account') FROM unnest('{editor,chief,approver}'::text[]) l;
SELECT each('UPDATE deed SET looks = 1 WHERE id = 1');
ROLLBACK TO reading;

--
-- unguard_column() ends a guard, of one value or of all, of one column or several:
-- the column is edit's again. What is not guarded so is an error, and nothing changes.
--
SELECT clearance.unguard_column('deed', 'state');
SELECT clearance.unguard_column('deed', 'state', new_value => 'void');
SELECT clearance.unguard_column('deed', ARRAY['price', 'title']);
SELECT clearance.unguard_column('deed', 'nothing');
SELECT clearance.unguard_column('deed', NULL::name[]);
SELECT guards FROM clearance.protected_tables WHERE "table" = 'deed'::regclass;
SELECT clearance.unguard_column('deed', 'state', 'reopened');
SELECT clearance.unguard_column('deed', ARRAY['price', 'currency']);
SELECT guards FROM clearance.protected_tables WHERE "table" = 'deed'::regclass;
SELECT each('UPDATE deed SET price = 11, state = ''reopened'' WHERE id = 1');
SELECT each('UPDATE deed SET state = ''approved'' WHERE id = 1');
ROLLBACK;
