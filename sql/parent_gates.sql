-- Actions on parents: add_parent(…, create_action, edit_action, delete_action,
-- view_action). Who does that to a row needs the action on its parent, as the rule
-- judges that row. Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_gated;
SELECT clearance.trust_role('regress_gated');
GRANT SET ON PARAMETER clearance.simplify TO regress_gated;
CREATE SCHEMA regress_gated;
SET LOCAL search_path = regress_gated;
\o /dev/null
SELECT clearance.create_account('North', key => 'north') AS north \gset
SELECT clearance.set_account(:north, portal => true);
SELECT clearance.add_member(m, roles => ARRAY[r], account => :north) FROM (VALUES ('ann', 'account_admin'), ('cole', 'collaborator')) v (m, r);
SELECT clearance.add_member(m, partner_admin => true, account => :north, partner => clearance.create_partner(l, l, account => :north))
FROM (VALUES ('pat', 'permissive'), ('mo', 'moderate'), ('ria', 'restricted')) v (m, l);
SELECT clearance.create_customer('Cafe', :north) AS cafe \gset
SELECT clearance.add_member('cleo', customer => :cafe, account => :north);
SELECT clearance.create_project(p, :north) FROM generate_series(1, 3) p;
SELECT clearance.add_partner_to_project(n, p.id) FROM generate_series(1, 2) n, clearance.partner p;
SELECT clearance.add_member_to_project(n, m.id) FROM generate_series(1, 2) n, clearance.member m WHERE m.key = 'cole';
SELECT clearance.set_project(n, portal => true), clearance.add_customer_to_project(n, :cafe) FROM generate_series(1, 2) n;
-- who does what with attachments may do it with each that it sees; what differs are their containers
SELECT clearance.create_feature(f) FROM unnest('{issue,wiki,attachment,remark}'::text[]) f;
SELECT clearance.allow(l, f, a) FROM unnest('{collaborator,permissive,moderate,restricted,client}'::text[]) l,
    unnest('{attachment,remark}'::text[]) f, unnest('{view,create,edit,delete}'::text[]) a;
SELECT clearance.allow(l, f, 'view', visibility => v)
FROM (VALUES ('collaborator', 'any'), ('permissive', 'any'), ('moderate', 'shared'), ('restricted', 'shared'), ('client', 'shared')) v (l, v),
    unnest('{issue,wiki}'::text[]) f;
SELECT clearance.allow('collaborator', f, 'edit') FROM unnest('{issue,wiki}'::text[]) f;
SELECT clearance.allow('permissive', 'issue', 'edit'), clearance.allow('moderate', 'issue', 'edit', relation => 'assigned'),
    clearance.allow('restricted', 'wiki', 'edit'), clearance.allow('client', 'issue', 'delete');
\o
CREATE TABLE issue (id text PRIMARY KEY, project integer, hidden boolean NOT NULL, assignee text);
CREATE TABLE wiki (id text PRIMARY KEY, project integer, hidden boolean NOT NULL);
INSERT INTO issue VALUES ('i1', 1, false, NULL), ('i2', 1, false, 'mo'), ('i3', 1, true, 'mo'), ('j1', 2, false, 'mo'), ('k1', 3, false, 'mo');
INSERT INTO wiki VALUES ('w1', 1, false), ('w2', 1, true), ('x1', 2, false), ('y1', 3, false);
CREATE TABLE attachment (id integer PRIMARY KEY, type text, container text, name text);
\o /dev/null
SELECT clearance.protect('issue', 'issue', project => 'project', visibility => 'hidden', shared_values => '{false}');
SELECT clearance.relate('issue', 'assigned', member_column => 'assignee');
SELECT clearance.protect('wiki', 'wiki', project => 'project', visibility => 'hidden', shared_values => '{false}');
SELECT clearance.protect('attachment', 'attachment');
\o
GRANT USAGE ON SCHEMA regress_gated TO regress_gated;

-- what somebody sees, by simplified plans and without
CREATE FUNCTION sees(who text, tab regclass) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    query text := format('SELECT coalesce(string_agg(id::text, '' '' ORDER BY id), ''-'') FROM %s', tab);
    result text;
    simple text;
BEGIN
    PERFORM clearance.set_actor(key => who);
    SET LOCAL ROLE regress_gated;
    EXECUTE query INTO result;
    SET LOCAL clearance.simplify = off;
    EXECUTE query INTO simple;
    SET LOCAL clearance.simplify = on;
    RESET ROLE;
    PERFORM clearance.reset_actor();
    RETURN who || ': ' || result || CASE WHEN simple IS DISTINCT FROM result THEN ', but ' || simple || ' without' ELSE '' END;
END $$;
-- the rows that somebody's statement touches, by simplified plans and without, or why it fails
CREATE FUNCTION does(who text, sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text[] := '{}';
    simple text;
    one text;
    why text;
BEGIN
    PERFORM clearance.set_actor(key => who);
    SET LOCAL ROLE regress_gated;
    FOREACH simple IN ARRAY '{on,off}'::text[] LOOP
        PERFORM set_config('clearance.simplify', simple, true);
        BEGIN
            EXECUTE 'WITH done AS (' || sql || ' RETURNING id) SELECT coalesce(string_agg(id::text, '' '' ORDER BY id), ''-'') FROM done' INTO one;
            RAISE EXCEPTION USING errcode = 'RR000', message = one;
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS why = PG_EXCEPTION_DETAIL, one = CONSTRAINT_NAME;
            result := result || (SQLERRM || coalesce(': ' || nullif(why, ''), '') || coalesce(' [' || nullif(one, '') || ']', ''));
        END;
    END LOOP;
    PERFORM set_config('clearance.simplify', 'on', true);
    RESET ROLE;
    PERFORM clearance.reset_actor();
    RETURN who || ': ' || result[1] || CASE WHEN result[1] <> result[2] THEN ', but ' || result[2] || ' without' ELSE '' END;
END $$;
-- what clearance.can_row() says of each row that somebody sees
CREATE FUNCTION may(who text, act text, tab regclass) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    PERFORM clearance.set_actor(key => who);
    SET LOCAL ROLE regress_gated;
    EXECUTE format('SELECT coalesce(string_agg(id::text, '' '' ORDER BY id) FILTER (WHERE clearance.can_row(%L, t)), ''-'') FROM %s t', act, tab) INTO result;
    RESET ROLE;
    PERFORM clearance.reset_actor();
    RETURN who || ': ' || result;
END $$;

--
-- Declaring: an action of the parent's feature, or of another one. One that is not
-- there is an error, and so is one by position. They are listed.
--
SELECT clearance.add_parent('attachment', 'container', 'issue', 'type', 'issue', edit_action => 'mend');
SELECT clearance.add_parent('attachment', 'container', 'issue', 'type', 'issue', delete_action => 'isue.edit');
SELECT clearance.add_parent('attachment', 'container', 'issue', 'type', 'issue', create_action => 'issue.edit.x');
SELECT clearance.add_parent('attachment', 'container', 'issue', 'type', 'issue', view_action => '');
SELECT clearance.add_parent('attachment', 'container', 'issue', 'type', 'issue', false, 'edit');
SELECT parents FROM clearance.protected_tables WHERE "table" = 'attachment'::regclass;
SELECT clearance.add_parent('attachment', 'container', 'issue', 'type', 'issue', create_action => 'edit', edit_action => 'issue.edit', delete_action => 'delete');
SELECT clearance.add_parent('attachment', 'container', 'wiki', 'type', 'wiki', create_action => 'edit', edit_action => 'edit', delete_action => 'wiki.edit');
SELECT unnest(parents) FROM clearance.protected_tables WHERE "table" = 'attachment'::regclass;
INSERT INTO attachment SELECT row_number() OVER (ORDER BY t, id), t, id, 'a'
FROM (SELECT 'issue', id FROM issue UNION ALL SELECT 'wiki', id FROM wiki UNION ALL VALUES ('issue', 'none'), ('other', 'i1'), ('issue', NULL)) v (t, id);
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA regress_gated TO regress_gated;
SELECT * FROM attachment ORDER BY id;

-- Seeing asks for nothing more.
SELECT sees(m, 'attachment') FROM unnest('{ann,cole,pat,mo,ria,cleo}'::text[]) m;
-- Editing needs issue.edit or wiki.edit, by the container; deleting issue.delete or wiki.edit. Rows without are not found, as ever.
SELECT does(m, 'UPDATE attachment SET name = ''b''') FROM unnest('{ann,cole,pat,mo,ria,cleo}'::text[]) m;
SELECT does(m, 'DELETE FROM attachment') FROM unnest('{ann,cole,pat,mo,ria,cleo}'::text[]) m;
-- clearance.can_row() says the same.
SELECT may(m, 'view', 'attachment') FROM unnest('{ann,cole,pat,mo,ria,cleo}'::text[]) m;
SELECT may(m, 'edit', 'attachment') FROM unnest('{ann,cole,pat,mo,ria,cleo}'::text[]) m;
SELECT may(m, 'delete', 'attachment') FROM unnest('{ann,cole,pat,mo,ria,cleo}'::text[]) m;

-- Adding: the error names the column and the action; a container that is hidden reads like one that is not there.
SELECT does(m, 'INSERT INTO attachment VALUES (99, ''issue'', ''i1'', ''b'')') FROM unnest('{ann,cole,pat,mo,ria,cleo}'::text[]) m;
SELECT does(m, 'INSERT INTO attachment VALUES (99, ''issue'', ''i2'', ''b'')') FROM unnest('{pat,mo}'::text[]) m;
SELECT does(m, 'INSERT INTO attachment VALUES (99, ''wiki'', ''w1'', ''b'')') FROM unnest('{pat,ria}'::text[]) m;
SELECT does('mo', 'INSERT INTO attachment VALUES (99, ''issue'', ''i3'', ''b'')');
SELECT does('mo', 'INSERT INTO attachment VALUES (99, ''issue'', ''none'', ''b'')');
SELECT does('pat', 'INSERT INTO attachment VALUES (99, ''issue'', ''k1'', ''b'')');

-- From one container to another: both are asked, of the same type or not, by each road.
SELECT does('pat', 'UPDATE attachment SET container = ''i2'' WHERE id = 1');
SELECT does('pat', 'UPDATE attachment SET container = ''j1'' WHERE id = 1');
SELECT does('pat', 'UPDATE attachment SET container = ''w1'', type = ''wiki'' WHERE id = 1');
SELECT does('pat', 'UPDATE attachment SET container = ''i1'', type = ''issue'' WHERE type = ''wiki''');
SELECT does('mo', 'UPDATE attachment SET container = ''i1'' WHERE container = ''i2''');
SELECT does('mo', 'UPDATE attachment SET container = ''i2'' WHERE container = ''i1''');
SELECT does('mo', 'UPDATE attachment SET container = ''j1'' WHERE container = ''i2''');
SELECT does('ria', 'UPDATE attachment SET container = ''w2'' WHERE container = ''w1''');
SELECT does('ria', 'INSERT INTO attachment VALUES (7, ''wiki'', ''w1'', ''b'') ON CONFLICT (id) DO UPDATE SET container = ''x1''');
SELECT does('mo', 'INSERT INTO attachment VALUES (2, ''issue'', ''i2'', ''b'') ON CONFLICT (id) DO UPDATE SET container = ''i1''');
SELECT does('mo', 'INSERT INTO attachment VALUES (1, ''issue'', ''i2'', ''b'') ON CONFLICT (id) DO UPDATE SET container = ''i2''');
SELECT clearance.set_actor(key => 'mo') > 0;
SET LOCAL ROLE regress_gated;
MERGE INTO attachment a USING (VALUES (2, 'j1')) v (id, at) ON a.id = v.id WHEN MATCHED THEN UPDATE SET container = v.at;
MERGE INTO attachment a USING (VALUES (2, 'i1')) v (id, at) ON a.id = v.id WHEN MATCHED THEN UPDATE SET container = v.at;
MERGE INTO attachment a USING (VALUES (99, 'i1')) v (id, at) ON a.id = v.id WHEN NOT MATCHED THEN INSERT VALUES (v.id, 'issue', v.at);
MERGE INTO attachment a USING (VALUES (1)) v (id) ON a.id = v.id WHEN MATCHED THEN DELETE;
UPDATE attachment SET container = 'i2' WHERE id = 2 RETURNING id;
RESET ROLE;
SELECT clearance.reset_actor();

SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;

--
-- The parent is judged with its own gates, and by the state of its project.
--
SAVEPOINT state;
SELECT clearance.add_gate('issue.edit', 'issue.delete');
SELECT does(m, 'UPDATE attachment SET name = ''b'' WHERE type = ''issue''') FROM unnest('{ann,pat,mo}'::text[]) m;
SELECT does('pat', 'INSERT INTO attachment VALUES (99, ''issue'', ''i1'', ''b'')');
ROLLBACK TO state;
SELECT clearance.set_project(2, archived => true);
SELECT does(m, 'UPDATE attachment SET name = ''b''') FROM unnest('{ann,pat,mo}'::text[]) m;
ROLLBACK TO state;

--
-- With an owner column and guards, where a trigger judges what changes: a guard
-- stands in for edit, but who moves a row needs edit by both containers.
--
\o /dev/null
CREATE TABLE sheet (id integer PRIMARY KEY, container text, name text, pinned boolean DEFAULT false, author text, watcher text);
SELECT clearance.create_action('attachment', 'pin'), clearance.create_action('attachment', 'move');
SELECT clearance.allow('moderate', 'attachment', a) FROM unnest('{pin,move}'::text[]) a;
SELECT clearance.protect('sheet', 'attachment', owner => 'author'), clearance.add_parent('sheet', 'container', 'issue', optional => false, edit_action => 'edit'),
    clearance.guard_column('sheet', 'pinned', 'pin'), clearance.guard_column('sheet', 'container', 'move'),
    clearance.relate('sheet', 'followed', member_column => 'watcher');
INSERT INTO sheet VALUES (1, 'i1', 'a', false, 'ann'), (2, 'i2', 'a', false, 'ann'), (3, 'j1', 'a', false, 'ann');
GRANT SELECT, INSERT, UPDATE, DELETE ON sheet TO regress_gated;
\o
SELECT does('mo', 'UPDATE sheet SET name = ''b''');
SELECT does('mo', 'UPDATE sheet SET name = ''b'' WHERE id = 1');
SELECT does('mo', 'UPDATE sheet SET name = ''b'' WHERE id > 1');
SELECT does('mo', 'UPDATE sheet SET pinned = true');
SELECT does('mo', 'UPDATE sheet SET pinned = true, name = ''b'' WHERE id = 1');
SELECT does('mo', 'UPDATE sheet SET watcher = ''mo''');
SELECT does('mo', 'UPDATE sheet SET container = ''j1'' WHERE id = 2');
SELECT does('mo', 'UPDATE sheet SET container = ''i1'' WHERE id = 2');
SELECT does('mo', 'UPDATE sheet SET container = ''i2'' WHERE id = 1');
-- Adding and deleting one asks for nothing here.
SELECT does('mo', 'INSERT INTO sheet VALUES (9, ''i1'')');
SELECT does('mo', 'DELETE FROM sheet WHERE id = 1');

--
-- Verbs that share an action have gates of their own; clearance.can_row(), which is asked about the action, goes by all of them.
--
\o /dev/null
CREATE TABLE tag (id integer PRIMARY KEY, issue text, author text);
SELECT clearance.create_action('attachment', 'manage');
SELECT clearance.allow('moderate', 'attachment', 'manage');
SELECT clearance.protect('tag', 'attachment', owner => 'author', create_action => 'manage', edit_action => 'manage', delete_action => 'manage'),
    clearance.add_parent('tag', 'issue', 'issue', optional => true, delete_action => 'edit');
INSERT INTO tag VALUES (1, 'i1'), (2, 'i2');
GRANT SELECT, INSERT, UPDATE, DELETE ON tag TO regress_gated;
\o
SELECT does('mo', 'INSERT INTO tag VALUES (9, ''i1'')');
SELECT does('mo', 'UPDATE tag SET id = id + 10');
SELECT does('mo', 'DELETE FROM tag');
SELECT may('mo', 'manage', 'tag');
-- So do clearance.explain() and clearance.who_can(), unless a statement is named, or changes are.
SELECT concat_ws(' ', t.id, what, e.verdict, e.found)
FROM tag t CROSS JOIN unnest('{manage,INSERT,UPDATE,DELETE}'::text[]) what CROSS JOIN LATERAL clearance.explain('tag', t.id, what, member => 'mo', account => :north) e
WHERE e.step = 'verdict' ORDER BY t.id, what;
SELECT concat_ws(' ', t.id, what, string_agg(w.member_key, ' ' ORDER BY w.member_key))
FROM tag t CROSS JOIN unnest('{manage,INSERT,UPDATE,DELETE}'::text[]) what LEFT JOIN LATERAL clearance.who_can('tag', t.id, what) w ON true GROUP BY t.id, what ORDER BY t.id, what;
SELECT explanation FROM clearance.explain('tag', 1, 'manage', member => 'mo', account => :north, changes => '{"issue": "i2"}') WHERE step IN ('verdict', 'columns');
SELECT explanation FROM clearance.explain('tag', 1, 'manage', member => 'mo', account => :north) WHERE step IN ('verdict', 'columns', 'parents', 'parent');

-- clearance.preview() tells them apart, too.
SELECT p.action, p.lost_keys FROM clearance.preview($$SELECT clearance.deny('moderate', 'attachment', 'manage')$$) p
WHERE p.relation ~ 'tag$' AND p.member ~ 'mo' ORDER BY p.action;
-- An action by which rows are seen as well is about that, whatever the gates of other verbs ask for.
\o /dev/null
CREATE TABLE mark (id integer PRIMARY KEY, issue text);
SELECT clearance.protect('mark', 'attachment', edit_action => 'view', delete_action => 'view'), clearance.add_parent('mark', 'issue', 'issue', edit_action => 'edit');
INSERT INTO mark VALUES (1, 'i1'), (2, 'i2');
GRANT SELECT, INSERT, UPDATE, DELETE ON mark TO regress_gated;
\o
SELECT sees('mo', 'mark');
SELECT does('mo', 'UPDATE mark SET id = id + 10'), does('mo', 'DELETE FROM mark');
SELECT may('mo', 'view', 'mark');
SELECT concat_ws(' ', m.id, what, e.verdict, e.found)
FROM mark m CROSS JOIN unnest('{view,UPDATE,DELETE}'::text[]) what CROSS JOIN LATERAL clearance.explain('mark', m.id, what, member => 'mo', account => :north) e
WHERE e.step = 'verdict' ORDER BY m.id, what;

--
-- An optional parent that is not named asks for nothing. One in another project is asked there.
--
\o /dev/null
CREATE TABLE remark (id integer PRIMARY KEY, project integer, issue text, author text);
SELECT clearance.protect('remark', 'remark', project => 'project', owner => 'author'),
    clearance.add_parent('remark', 'issue', 'issue', optional => true, same_project => false, edit_action => 'edit', create_action => 'edit');
INSERT INTO remark VALUES (1, 1, NULL), (2, 1, 'i1'), (3, 1, 'j1'), (4, 1, 'k1'), (5, 2, 'i2');
GRANT SELECT, INSERT, UPDATE, DELETE ON remark TO regress_gated;
\o
SELECT sees(m, 'remark') FROM unnest('{ann,pat,mo}'::text[]) m;
SELECT does(m, 'UPDATE remark SET id = id + 10') FROM unnest('{ann,pat,mo,ria}'::text[]) m;
SELECT does('mo', 'INSERT INTO remark VALUES (9, 1, ''j1'')');
SELECT does('ria', 'INSERT INTO remark VALUES (9, 1, ''j1'')');
SELECT does('ria', 'INSERT INTO remark VALUES (9, 1, NULL)');

--
-- view_action: seeing a row, and so whatever is done to one that is there, needs the action.
--
\o /dev/null
CREATE TABLE note (id integer PRIMARY KEY, project integer, issue text, hidden boolean DEFAULT false);
SELECT clearance.protect('note', 'remark', project => 'project', visibility => 'hidden', shared_values => '{false}'),
    clearance.add_parent('note', 'issue', 'issue', view_action => 'edit');
INSERT INTO note VALUES (1, 1, 'i1'), (2, 1, 'i2'), (3, 1, 'i3'), (4, 2, 'j1'), (5, 3, 'k1');
GRANT SELECT, INSERT, UPDATE, DELETE ON note TO regress_gated;
\o
SELECT sees(m, 'note') FROM unnest('{ann,cole,pat,mo,ria,cleo}'::text[]) m;
SELECT does(m, 'UPDATE note SET id = id + 10') FROM unnest('{ann,mo,ria}'::text[]) m;
SELECT does(m, 'DELETE FROM note') FROM unnest('{ann,mo,ria}'::text[]) m;
-- A new one is not seen yet: that asks for nothing, until it is looked at.
SELECT clearance.set_actor(key => 'ria') > 0;
SET LOCAL ROLE regress_gated;
INSERT INTO note VALUES (9, 1, 'i1');
INSERT INTO note VALUES (10, 1, 'i1') RETURNING id;
RESET ROLE;
SELECT clearance.reset_actor();
DELETE FROM note WHERE id = 9;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
-- What hangs on such rows hangs on that as well.
\o /dev/null
CREATE TABLE reply (id integer PRIMARY KEY, note integer);
SELECT clearance.protect('reply', 'remark'), clearance.add_parent('reply', 'note', 'note', edit_action => 'remark.edit');
INSERT INTO reply SELECT id * 100, id FROM note;
GRANT SELECT, INSERT, UPDATE, DELETE ON reply TO regress_gated;
\o
SELECT sees(m, 'reply') FROM unnest('{ann,pat,mo,ria}'::text[]) m;

--
-- Gates above each other: a scan's edit asks for the attachment's, which asks for the issue's.
--
\o /dev/null
CREATE TABLE scan (id integer PRIMARY KEY, attachment integer);
SELECT clearance.protect('scan', 'remark'), clearance.add_parent('scan', 'attachment', 'attachment', edit_action => 'edit', delete_action => 'attachment.view');
INSERT INTO scan SELECT id * 10, id FROM attachment;
GRANT SELECT, INSERT, UPDATE, DELETE ON scan TO regress_gated;
\o
SELECT does(m, 'UPDATE scan SET id = id + 1') FROM unnest('{pat,mo,ria}'::text[]) m;
SELECT does(m, 'DELETE FROM scan') FROM unnest('{pat,mo,ria}'::text[]) m;

-- Rows of one table: edit of one needs edit of all above it, however many; a circle has none.
\o /dev/null
CREATE TABLE part (id integer PRIMARY KEY, project integer, above integer, author text);
SELECT clearance.create_feature('part');
SELECT clearance.allow('permissive', 'part', 'view'), clearance.allow('permissive', 'part', 'edit', relation => 'own');
SELECT clearance.protect('part', 'part', project => 'project', owner => 'author'),
    clearance.add_parent('part', 'above', 'part', optional => true, edit_action => 'edit');
INSERT INTO part SELECT n, 1, nullif(n - 1, 0), 'pat' FROM generate_series(1, 20000) n;
INSERT INTO part VALUES (30001, 1, NULL, 'ann'), (30002, 1, 30001, 'pat'), (30003, 1, 30002, 'pat'), (30004, 1, NULL, 'pat'), (30005, 1, 30004, 'pat');
INSERT INTO part VALUES (30006, 1, 30007, 'pat'), (30007, 1, 30006, 'pat');
GRANT SELECT, INSERT, UPDATE, DELETE ON part TO regress_gated;
\o
SELECT clearance.set_actor(key => 'pat') > 0;
SET LOCAL ROLE regress_gated;
SELECT count(*) FROM part;
UPDATE part SET project = project WHERE id = 20000 RETURNING id;
UPDATE part SET project = project WHERE id > 30000 RETURNING id;
WITH changed AS (UPDATE part SET project = project RETURNING id) SELECT count(*) FROM changed;
RESET ROLE;
SELECT clearance.reset_actor();

-- A column is masked by an action that the parent bars.
\o /dev/null
CREATE TABLE memo (id integer PRIMARY KEY, project integer, issue text, secret text);
SELECT clearance.protect('memo', 'remark', project => 'project'), clearance.add_parent('memo', 'issue', 'issue', edit_action => 'edit'),
    clearance.mask_column('memo', 'secret', 'edit');
INSERT INTO memo VALUES (1, 1, 'i1', 'one'), (2, 1, 'i2', 'two');
GRANT SELECT ON memo TO regress_gated;
SELECT clearance.set_actor(key => 'mo');
\o
SET LOCAL ROLE regress_gated;
SELECT * FROM memo ORDER BY id;
RESET ROLE;
SELECT clearance.reset_actor();

-- Names are followed.
ALTER TABLE attachment RENAME container TO holder;
ALTER TABLE issue RENAME TO ticket;
SELECT unnest(parents) FROM clearance.protected_tables WHERE "table" = 'attachment'::regclass;
SELECT does('mo', 'UPDATE attachment SET name = ''b''');
ROLLBACK;
