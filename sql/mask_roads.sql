-- A masked column reads as NULL, or as its mask, by whatever road a statement
-- takes to it. Every masked value is a marker that nothing else contains: it must
-- not be in what a statement returns, nor in its errors. Each statement runs for
-- two actors, one who may read the columns, to see that the road leads there.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE ROLE regress_mask_owner;
CREATE ROLE regress_mask_app;
CREATE SCHEMA regress_mask AUTHORIZATION regress_mask_owner;
GRANT USAGE, CREATE ON SCHEMA regress_mask TO regress_mask_app;
SELECT clearance.trust_role('regress_mask_app');
SELECT clearance.create_account('Regress mask', key => 'regress-mask') AS account \gset
SELECT clearance.create_action('task', 'view_price');
SELECT clearance.create_partner('Perm', 'permissive', account => :account) AS perm \gset
SELECT clearance.add_member('mask-ann', roles => '{account_admin}', account => :account) > 0;
SELECT clearance.add_member('mask-pat', partner => :perm, partner_admin => true, account => :account) > 0;
SELECT clearance.create_project('rm-1', :account) > 0, clearance.create_project('rm-2', :account) > 0;
SELECT clearance.add_partner_to_project('rm-1', :perm);
SET search_path = regress_mask, public;
SET ROLE regress_mask_owner;
CREATE TYPE money_pair AS (amount integer, unit text);
CREATE TABLE task (id integer PRIMARY KEY, project text, title text, gone integer, price integer, note varchar(40), pair money_pair, tags text[]);
ALTER TABLE task DROP COLUMN gone;
CREATE TABLE part (id integer, project text, title text, price integer, note text) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (4);
CREATE TABLE part_2 (note text, price integer, title text, project text, id integer);
ALTER TABLE part ATTACH PARTITION part_2 FOR VALUES FROM (4) TO (100);
CREATE TABLE kind (id integer, project text, price integer, note text);
CREATE TABLE kind_child (more text) INHERITS (kind);
CREATE TABLE open (id integer, project text, price integer, word text);
INSERT INTO task SELECT i, 'rm-1', 'task ' || i, 7770000 + i, 'MARKER' || i, ROW(7770000 + i, 'MARKER')::money_pair, ARRAY['MARKER', 'x'] FROM generate_series(1, 8) i;
INSERT INTO part SELECT i, 'rm-1', 'part ' || i, 7770000 + i, 'MARKER' || i FROM generate_series(1, 8) i;
INSERT INTO kind SELECT i, 'rm-1', 7770000 + i, 'MARKER' || i FROM generate_series(1, 4) i;
INSERT INTO kind_child SELECT i, 'rm-1', 7770000 + i, 'MARKER' || i, 'more' FROM generate_series(5, 8) i;
INSERT INTO open SELECT i, 'rm-1', i, 'word' FROM generate_series(1, 8) i;
CREATE INDEX ON task (price);
CREATE VIEW owners_view AS SELECT id, project, title, price, note FROM task;
CREATE VIEW invokers_view WITH (security_invoker) AS SELECT * FROM task;
CREATE VIEW barrier_view WITH (security_barrier) AS SELECT id, title, price, note FROM task WHERE price > 0;
CREATE VIEW plain_view AS SELECT id, title FROM task WHERE note LIKE 'MARKER%';
CREATE VIEW counts AS SELECT price, count(*) FROM task GROUP BY price;
CREATE FUNCTION inlined() RETURNS SETOF task LANGUAGE sql STABLE AS 'SELECT * FROM regress_mask.task';
CREATE FUNCTION inlined_price(low integer DEFAULT 1) RETURNS TABLE (id integer, price integer) LANGUAGE sql STABLE AS 'SELECT t.id, t.price FROM regress_mask.task t WHERE t.id >= low';
CREATE FUNCTION nested(low integer) RETURNS TABLE (id integer, price integer) LANGUAGE sql STABLE AS 'SELECT f.id, f.price FROM regress_mask.inlined_price(low) f, regress_mask.inlined() g WHERE g.id = f.id';
CREATE FUNCTION not_inlined() RETURNS SETOF task LANGUAGE sql VOLATILE AS 'SELECT * FROM regress_mask.task';
CREATE FUNCTION atomic() RETURNS SETOF integer LANGUAGE sql STABLE BEGIN ATOMIC SELECT price FROM regress_mask.task; END;
CREATE FUNCTION scalar(wanted integer) RETURNS integer LANGUAGE sql STABLE AS 'SELECT t.price FROM regress_mask.task t WHERE t.id = wanted';
CREATE FUNCTION of_row(t task) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT t.note';
CREATE FUNCTION of_row_slow(t task) RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN t.note; END';
CREATE FUNCTION loops() RETURNS text LANGUAGE plpgsql AS $$
DECLARE r task; c refcursor; result text := '';
BEGIN
    FOR r IN SELECT * FROM task LOOP result := result || r; END LOOP;
    OPEN c FOR SELECT price, note FROM task;
    FETCH c INTO r.price, r.note;
    RETURN result || r.price || r.note;
END
$$;
CREATE FUNCTION leak(anyelement) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN RAISE EXCEPTION 'saw %', $1; END $$;
CREATE VIEW checked_view AS SELECT id, project, title, note FROM task WHERE note IS NULL OR note NOT LIKE 'MARKER%' WITH CHECK OPTION;
CREATE VIEW checking_view AS SELECT id, title FROM task WHERE leak(note) WITH CHECK OPTION;
CREATE VIEW trigger_view AS SELECT * FROM task;
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'old %, new %', OLD, NEW; END $$;
CREATE TRIGGER tell INSTEAD OF UPDATE OR DELETE ON trigger_view FOR EACH ROW EXECUTE FUNCTION tell();
CREATE VIEW ruled AS SELECT 1 AS id;
CREATE RULE tell AS ON INSERT TO ruled DO INSTEAD INSERT INTO open (word) SELECT note FROM task RETURNING id;
CREATE TABLE ruled_table (id integer);
INSERT INTO ruled_table VALUES (1);
CREATE RULE tell AS ON DELETE TO ruled_table DO INSTEAD DELETE FROM task RETURNING price;
CREATE RULE tell_update AS ON UPDATE TO ruled_table DO ALSO UPDATE task SET title = 'x' WHERE leak(note);
GRANT ALL ON ALL TABLES IN SCHEMA regress_mask TO regress_mask_app;
RESET ROLE;
SELECT clearance.protect(t, 'task', project => 'project') > 0 FROM unnest('{task,part,kind}'::regclass[]) t;
SELECT clearance.mask_column(t, 'price', 'view_price'), clearance.mask_column(t, 'note', 'view_price', mask => '''masked ''') FROM unnest('{task,part,kind}'::regclass[]) t;
SELECT clearance.mask_column('task', 'pair', 'view_price'), clearance.mask_column('task', 'tags', 'view_price', mask => '''{a,b}''');
CREATE FUNCTION result_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r record;
    result text := '';
    n bigint := 0;
    message text;
    detail text;
    hint text;
    context text;
BEGIN
    BEGIN
        IF statement ~* '^\s*(CREATE|DO|PREPARE|DECLARE|MERGE|COPY|REFRESH)' OR (statement ~* '^\s*(UPDATE|DELETE|INSERT|WITH u)' AND statement !~* 'RETURNING (?!id\))') THEN
            EXECUTE statement;
            GET DIAGNOSTICS n = ROW_COUNT;
            FOR r IN SELECT c.oid::regclass AS tab FROM pg_class c WHERE c.relname = 'made' LOOP
                FOR r IN EXECUTE 'SELECT * FROM ' || r.tab LOOP result := result || r; END LOOP;
            END LOOP;
        ELSE
            FOR r IN EXECUTE statement LOOP
                n := n + 1;
                result := result || r;
            END LOOP;
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'UNDO1', MESSAGE = 'undo';
    EXCEPTION
        WHEN SQLSTATE 'UNDO1' THEN
            result := format(E'%s rows\n%s', n, result);
        WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT;
            result := concat_ws(E'\n', message, detail, hint, context);
    END;
    RETURN result;
END
$$;

-- What comes of a statement: whether a marker is in it for who may not read
-- it, for who may, and the result of the first, shortened.
CREATE TABLE roads (n integer GENERATED ALWAYS AS IDENTITY, statement text, pat text, ann text);
GRANT ALL ON roads TO regress_mask_app;
INSERT INTO roads (statement) VALUES
-- reading
('SELECT * FROM task'), ('SELECT t FROM task t'), ('SELECT (t).* FROM task t'), ('SELECT (t).price FROM (SELECT t FROM task t) s'),
('SELECT price FROM ONLY task'), ('TABLE task'), ('SELECT row_to_json(t) FROM task t'), ('SELECT to_jsonb(t) FROM task t'),
('SELECT json_agg(t) FROM task t'), ('SELECT jsonb_object_agg(id, note) FROM task'), ('SELECT ROW(t.*) FROM task t'), ('SELECT t::text FROM task t'),
('SELECT xmlforest(price, note) FROM task'), ('SELECT hashtext(note), note FROM task'), ('SELECT of_row(t) FROM task t'), ('SELECT of_row_slow(t) FROM task t'),
('SELECT pair, (pair).amount, tags[1] FROM task'), ('SELECT unnest(tags) FROM task'), ('SELECT u FROM task, unnest(tags) u'), ('SELECT u FROM task t, LATERAL (SELECT t.price) u'),
('SELECT x.* FROM task t, LATERAL (VALUES (t.price, t.note)) x'), ('SELECT price AS p FROM task TABLESAMPLE system (100)'), ('SELECT ctid, xmin, tableoid IS NULL, price FROM task'),
('SELECT sum(price), min(note), max(price), avg(price), count(DISTINCT note) FROM task'), ('SELECT string_agg(note, '','' ORDER BY price) FROM task'), ('SELECT price, count(*) FROM task GROUP BY price'),
('SELECT price + 1 FROM task GROUP BY price'), ('SELECT id, note FROM task GROUP BY id'), ('SELECT price, note, GROUPING(price) FROM task GROUP BY ROLLUP (price, note)'), ('SELECT DISTINCT note FROM task'), ('SELECT DISTINCT ON (price) id, note FROM task'),
('SELECT note FROM task ORDER BY price DESC LIMIT 1'), ('SELECT first_value(note) OVER (PARTITION BY price ORDER BY note) FROM task'), ('SELECT lag(price) OVER w, sum(price) OVER w FROM task WINDOW w AS (ORDER BY price RANGE BETWEEN 5 PRECEDING AND CURRENT ROW)'),
('SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY price) FROM task'), ('SELECT count(*) FILTER (WHERE price > 0), max(note) FROM task'),
('SELECT price FROM task UNION SELECT id FROM open'), ('SELECT note FROM task EXCEPT SELECT word FROM open'), ('SELECT note FROM task INTERSECT SELECT note FROM part'), ('(SELECT price FROM task LIMIT 1) UNION ALL (SELECT price FROM part LIMIT 1)'),
('WITH w AS (SELECT * FROM task) SELECT * FROM w'), ('WITH w AS MATERIALIZED (SELECT * FROM task) SELECT price FROM w'), ('WITH RECURSIVE w AS (SELECT id, price FROM task WHERE id = 1 UNION ALL SELECT t.id, t.price FROM w JOIN task t ON t.id = w.id + 1) SELECT * FROM w'),
('SELECT (SELECT price FROM task t WHERE t.id = o.id) FROM open o'), ('SELECT ARRAY(SELECT note FROM task)'), ('SELECT o.id, t.price FROM open o LEFT JOIN task t USING (id)'), ('SELECT t.note, o.id FROM open o FULL JOIN task t ON t.id = o.id + 4'),
('SELECT j FROM (task t JOIN open o USING (id)) j'), ('SELECT * FROM task NATURAL JOIN part'), ('SELECT t, o FROM open o LEFT JOIN task t ON t.id = o.id + 4'), ('SELECT price FROM task JOIN part USING (price)'),
('SELECT t.price, p.note FROM task t JOIN part p USING (id)'), ('SELECT coalesce(t.note, ''none'') FROM open o LEFT JOIN (SELECT * FROM task) t ON t.id = o.id + 4'),
('SELECT CASE WHEN price > 0 THEN note ELSE ''?'' END FROM task'), ('SELECT NULLIF(note, ''x''), GREATEST(price, 0) FROM task'), ('SELECT price::text || note FROM task'),
('SELECT clearance.mask_open(0, 0, 0, price) FROM task'), ('SELECT price FROM task FOR UPDATE'), ('SELECT t FROM task t FOR SHARE SKIP LOCKED'), ('SELECT price FROM task ORDER BY price FETCH FIRST 1 ROWS WITH TIES'),
('SELECT generate_series(1, price - 7770000) , price FROM task'), ('SELECT * FROM generate_series(1, (SELECT max(price) - 7770000 FROM task)), (SELECT max(note) FROM task) m'),
-- partitions and children
('SELECT * FROM part'), ('SELECT * FROM part_1'), ('SELECT * FROM part_2'), ('SELECT p FROM part p'), ('SELECT p FROM part_2 p'), ('SELECT * FROM kind'), ('SELECT * FROM kind_child'), ('SELECT k FROM kind k'), ('SELECT k::kind FROM kind_child k'), ('SELECT price FROM ONLY kind'),
-- views and functions
('SELECT * FROM owners_view'), ('SELECT v FROM owners_view v'), ('SELECT * FROM invokers_view'), ('SELECT * FROM barrier_view'), ('SELECT * FROM plain_view'), ('SELECT * FROM counts'),
('SELECT * FROM inlined()'), ('SELECT f FROM inlined() f'), ('SELECT note FROM inlined() WHERE price > 0'), ('SELECT * FROM inlined_price(3)'), ('SELECT o.id, f.price FROM open o, inlined_price(o.id) f'), ('SELECT * FROM not_inlined()'), ('SELECT inlined()'), ('SELECT * FROM atomic()'), ('SELECT scalar(id) FROM open'),
('SELECT * FROM inlined_price()'), ('SELECT * FROM inlined_price(low => 3)'), ('SELECT * FROM nested(2)'), ('SELECT * FROM open o WHERE EXISTS (SELECT FROM inlined_price(o.id) f WHERE f.price > 0)'), ('SELECT price(t), note(t) FROM task t'), ('SELECT (SELECT sum(t.price)) FROM task t'), ('SELECT (SELECT max(t.note)) FROM task t'), ('SELECT x.* FROM task t, XMLTABLE(''/a'' PASSING CAST(''<a>'' || t.note || ''</a>'' AS xml) COLUMNS b text PATH ''.'') x'),
('SELECT * FROM inlined() WITH ORDINALITY'), ('SELECT * FROM ROWS FROM (inlined_price(1), inlined())'), ('SELECT loops()'), ('SELECT (SELECT sum(price) FROM inlined_price(o.id)) FROM open o'),
('SELECT * FROM query_to_xml(''SELECT price, note FROM task'', true, true, '''')'), ('SELECT table_to_xml(''task'', true, true, '''')'), ('SELECT * FROM json_populate_recordset(NULL::task, (SELECT json_agg(t) FROM task t))'),
-- probing: what a condition says must be what the masked value says
('SELECT ''MARKER'' FROM task WHERE price = 7770001'), ('SELECT ''MARKER'' FROM task WHERE note = ''MARKER'' || id'), ('SELECT ''MARKER'' FROM task WHERE note LIKE ''MARK%'' AND price BETWEEN 1 AND 9999999'), ('SELECT ''MARKER'' FROM task WHERE price IS NOT NULL'), ('SELECT ''MARKER'' FROM task WHERE (SELECT price) > 0'),
('SELECT ''MARKER'' FROM task t JOIN (VALUES (7770001)) v (p) ON v.p = t.price'), ('SELECT ''MARKER'' FROM task t WHERE t.price IN (SELECT price FROM (VALUES (7770001)) v (price))'), ('SELECT ''MARKER'' FROM open o WHERE EXISTS (SELECT FROM task t WHERE t.price = 7770000 + o.id)'), ('SELECT ''MARKER'' FROM task HAVING max(price) > 0'),
('SELECT ''MARKER'' FROM task WHERE task = ROW(1, ''rm-1'', ''task 1'', 7770001, ''MARKER1'', ROW(7770001, ''MARKER''), ''{MARKER,x}'')::task'), ('SELECT ''MARKER'' FROM task WHERE tags @> ''{MARKER}'''), ('SELECT ''MARKER'' FROM task WHERE (pair).unit = ''MARKER'''),
('SELECT 1 / (price - 7770001) FROM task'), ('SELECT note::integer FROM task'), ('SELECT id FROM task WHERE leak(note)'), ('SELECT id FROM task WHERE leak(price)'), ('SELECT id FROM task t WHERE leak(t)'), ('SELECT id FROM barrier_view WHERE leak(note)'), ('SELECT id FROM part WHERE leak(note)'), ('SELECT id FROM kind WHERE leak(kind)'),
('SELECT leak(x) FROM (SELECT note AS x FROM task OFFSET 0) s'), ('SELECT id FROM task ORDER BY leak(note)'), ('SELECT id FROM open o JOIN task t USING (id) WHERE leak(t.price) OR o.id > 100'), ('SELECT id FROM inlined() WHERE leak(note)'), ('SELECT note::integer FROM part'), ('SELECT price::smallint FROM task'),
-- writing
('UPDATE task SET price = 1'), ('UPDATE task SET price = price'), ('UPDATE task SET price = DEFAULT'), ('UPDATE task SET title = note'), ('UPDATE task SET title = (SELECT t.note FROM task t WHERE t.id = task.id) RETURNING title'), ('UPDATE task SET (title, note) = (SELECT ''a'', ''b'')'), ('UPDATE task SET (title, project) = (SELECT note, project) RETURNING title'), ('UPDATE task SET title = p.note FROM part p WHERE p.id = task.id'), ('UPDATE task SET title = p.note FROM (SELECT * FROM part OFFSET 0) p WHERE p.id = task.id RETURNING task.title'),
('UPDATE task SET tags[2] = ''y'''), ('UPDATE task SET pair.unit = ''y'''), ('UPDATE task SET title = ''MARKER'' WHERE price = 7770001 RETURNING title'), ('UPDATE task SET title = ''x'' RETURNING *'), ('UPDATE task SET title = ''x'' RETURNING task'), ('UPDATE task SET title = ''x'' WHERE leak(note)'), ('UPDATE part SET title = ''x'' RETURNING *'), ('UPDATE part SET id = id + 3 WHERE id < 4 RETURNING *'), ('UPDATE kind SET project = project RETURNING *'), ('UPDATE part_2 SET price = 1'),
('UPDATE owners_view SET title = ''x'' RETURNING *'), ('UPDATE owners_view SET price = 1'), ('UPDATE invokers_view SET title = note'), ('UPDATE barrier_view SET title = ''x'' RETURNING *'), ('UPDATE plain_view SET title = ''MARKER'' RETURNING title'), ('DELETE FROM plain_view RETURNING ''MARKER'''), ('DELETE FROM barrier_view RETURNING *'), ('DELETE FROM task RETURNING *'), ('DELETE FROM task WHERE note = ''MARKER1'' RETURNING ''MARKER'''), ('DELETE FROM task USING open WHERE task.price = open.price + 7770000 RETURNING ''MARKER'''), ('DELETE FROM kind RETURNING kind'), ('UPDATE checked_view SET title = ''x'' RETURNING *'), ('UPDATE checking_view SET title = ''x'' RETURNING title'), ('INSERT INTO checked_view (id, project, note) VALUES (20, ''rm-1'', ''MARK'')'), ('UPDATE trigger_view SET id = id'), ('DELETE FROM trigger_view'), ('INSERT INTO ruled VALUES (1)'), ('DELETE FROM ruled_table RETURNING *'), ('UPDATE ruled_table SET id = id'),
('INSERT INTO task (id, project, price, note) VALUES (9, ''rm-1'', 1, ''mine'') RETURNING *'), ('INSERT INTO open (id, word) SELECT price, note FROM task RETURNING *'), ('INSERT INTO task (id, project) VALUES (1, ''rm-1'') ON CONFLICT (id) DO UPDATE SET title = task.note RETURNING *'), ('INSERT INTO task (id, project) VALUES (1, ''rm-1'') ON CONFLICT (id) DO UPDATE SET title = ''x'' RETURNING *'), ('INSERT INTO task (id, project) VALUES (1, ''rm-1'') ON CONFLICT (id) DO UPDATE SET title = ''MARKER'' WHERE task.price = 7770001 RETURNING title'),
('INSERT INTO task (id, project) VALUES (1, ''rm-1'') ON CONFLICT (id) DO UPDATE SET title = ''x'' WHERE leak(task.*)'), ('INSERT INTO task (id, project, price) VALUES (1, ''rm-1'', 5) ON CONFLICT (id) DO UPDATE SET price = EXCLUDED.price'), ('INSERT INTO task (id, project, note) VALUES (1, ''rm-1'', ''mine'') ON CONFLICT (id) DO UPDATE SET title = EXCLUDED.note RETURNING title'), ('INSERT INTO task (id, project) VALUES (1, ''rm-1'')'), ('INSERT INTO task (id, project) VALUES (1, ''rm-1'') ON CONFLICT DO NOTHING RETURNING *'),
('MERGE INTO task t USING open o ON t.id = o.id WHEN MATCHED AND t.price > 0 THEN UPDATE SET title = ''MARKER'''), ('MERGE INTO task t USING open o ON t.id = o.id WHEN MATCHED THEN UPDATE SET title = t.note'), ('MERGE INTO task t USING open o ON t.id = o.id WHEN MATCHED THEN UPDATE SET price = 1'), ('MERGE INTO task t USING open o ON t.price = o.id + 7770000 WHEN MATCHED THEN DELETE'), ('MERGE INTO open o USING task t ON t.id = o.id WHEN MATCHED THEN UPDATE SET word = t.note'), ('MERGE INTO task t USING open o ON t.id = o.id WHEN MATCHED AND leak(t) THEN DELETE'),
('WITH u AS (UPDATE task SET title = ''x'' RETURNING *) SELECT * FROM u'), ('WITH u AS (DELETE FROM task RETURNING *) SELECT * FROM u'), ('WITH u AS (UPDATE task SET title = ''x'' RETURNING id) UPDATE task SET price = 1 WHERE id IN (SELECT id + 100 FROM u)'),
-- other statements that read
('CREATE TEMP TABLE made AS SELECT * FROM task'), ('CREATE TEMP TABLE made AS SELECT t FROM task t'), ('CREATE TABLE made AS TABLE part'), ('CREATE MATERIALIZED VIEW made AS SELECT price, note FROM task'), ('CREATE TEMP VIEW made AS SELECT price, note FROM task'),
('DO $x$ DECLARE n text; BEGIN SELECT note INTO n FROM task LIMIT 1; RAISE EXCEPTION ''%'', n; END $x$'), ('DO $x$ DECLARE c CURSOR FOR SELECT * FROM task FOR UPDATE; r record; BEGIN OPEN c; FETCH c INTO r; UPDATE task SET title = ''x'' WHERE CURRENT OF c; RAISE EXCEPTION ''%'', r; END $x$'), ('DO $x$ DECLARE r task; BEGIN FOR r IN EXECUTE ''SELECT * FROM task'' LOOP RAISE EXCEPTION ''%'', r; END LOOP; END $x$');
CREATE FUNCTION try_all(who text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    r record;
    found text;
BEGIN
    FOR r IN SELECT * FROM roads ORDER BY n LOOP
        found := result_of(r.statement);
        IF who = 'pat' THEN
            UPDATE roads SET pat = found WHERE n = r.n;
        ELSE
            UPDATE roads SET ann = found WHERE n = r.n;
        END IF;
    END LOOP;
END
$$;
SET ROLE regress_mask_app;
SELECT clearance.set_actor('mask-pat', local => false) > 0;
SELECT try_all('pat');
SELECT clearance.set_actor('mask-ann', local => false) > 0;
SELECT try_all('ann');

-- No marker anywhere for who may not read it.
SELECT statement, pat FROM roads WHERE pat ~ 'MARKER|777000' ORDER BY n;
-- What comes of the statements: rows, or an error.
SELECT n, left(statement, 100) || ' → ' || split_part(pat, E'\n', 1) FROM roads ORDER BY n;
-- The roads on which who may read it meets no marker: writes, and conditions.
SELECT n, split_part(ann, E'\n', 1) FROM roads WHERE ann !~ 'MARKER|777000' ORDER BY n;

-- What is read in place of the columns.
SELECT clearance.set_actor('mask-pat', local => false) > 0;
SELECT * FROM task ORDER BY id LIMIT 1;
SELECT t.id, t, t.note FROM open o LEFT JOIN task t ON t.id = o.id + 7 ORDER BY o.id LIMIT 2;
SELECT row_to_json(p) FROM part p ORDER BY id DESC LIMIT 1;
-- And what a write leaves: the columns that it does not name stay as they were.
UPDATE task SET title = 'changed' WHERE id = 1 RETURNING title, price, note;
UPDATE part SET id = 50 WHERE id = 1 RETURNING id, price, note;
SELECT clearance.set_actor('mask-ann', local => false) > 0;
SELECT * FROM task WHERE id = 1;
SELECT * FROM part WHERE id = 50;

--
-- Who is bound by row security is bound by masks, the owner as well.
--
RESET ROLE;
SELECT count(price) FROM task;
SELECT clearance.set_actor('mask-pat', local => false) > 0;
SET ROLE regress_mask_owner;
SELECT count(price) FROM task;
RESET ROLE;

-- nothing stays behind
SELECT clearance.reset_actor();
SELECT clearance.distrust_role('regress_mask_app');
DROP SCHEMA regress_mask CASCADE;
DELETE FROM clearance.account WHERE id = :account;
DELETE FROM clearance.action WHERE feature = 'task' AND name = 'view_price';
DROP OWNED BY regress_mask_owner, regress_mask_app;
DROP ROLE regress_mask_owner, regress_mask_app;
