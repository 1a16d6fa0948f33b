-- Several relations of one kind add up, whatever says them: columns, array
-- columns, link tables, a task that is assigned. Everything happens in one
-- transaction that is rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_several;
SELECT clearance.trust_role('regress_several');
GRANT SET ON PARAMETER clearance.simplify TO regress_several;
CREATE SCHEMA regress_several;
GRANT USAGE ON SCHEMA regress_several TO regress_several;
SET LOCAL search_path = regress_several;
-- What every row of a feature is open for goes by one relation, in one project;
-- in another project by none, so that the actor has two kinds of rights there.
\o /dev/null
SELECT clearance.create_account('North', key => 'north') AS north \gset
SELECT clearance.create_project(p, :north) FROM generate_series(1, 2) p;
SELECT clearance.create_level('near', 'partner'), clearance.create_level('close', 'vendor'), clearance.create_level('nearly', 'partner');
SELECT clearance.create_feature(k || '_thing') FROM unnest('{assigned,followed,invited,own,assigned_task}'::text[]) k;
SELECT clearance.allow(l, k || '_thing', a, CASE l WHEN 'nearly' THEN 'shared' ELSE 'any' END, k)
FROM unnest('{near,close,nearly}'::text[]) l, unnest('{assigned,followed,invited,own,assigned_task}'::text[]) k,
     unnest('{view,edit,delete}'::text[]) a;
SELECT clearance.allow('close', 'project', 'view', reach => 'member'), clearance.create_role('close', access_level => 'close', account => :north);
SELECT clearance.add_member('pat', partner_admin => true, account => :north, partner => clearance.create_partner('Near', 'near', account => :north)) AS pat \gset
SELECT clearance.add_member('mo', partner_admin => true, account => :north, partner => clearance.create_partner('Nearly', 'nearly', account => :north)) AS mo \gset
SELECT clearance.add_member('cole', roles => '{close}', account => :north) AS cole \gset
SELECT clearance.add_partner_to_project(1, p.id) FROM clearance.partner p;
SELECT clearance.add_member_to_project(1, :cole);
\o

-- A row for each source, which alone relates the three to it, one that nothing
-- relates to them, and one that everything does.
CREATE FUNCTION make(tab text, kind text, sources text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    source text;
BEGIN
    EXECUTE format('CREATE TABLE %I (id text PRIMARY KEY, project integer NOT NULL DEFAULT 1, hidden boolean NOT NULL DEFAULT false, name text, owner text,
        one text, other text, few text[], more text[])', tab);
    EXECUTE format('CREATE TABLE %I (item text NOT NULL, member text, members text[])', tab || '_links');
    EXECUTE format('CREATE TABLE %I (item text NOT NULL, member text, members text[])', tab || '_lists');
    EXECUTE format('INSERT INTO %I (id) SELECT unnest(%L::text[])', tab, '{one,other,few,more,link,list,pair,owner,none,all}');
    EXECUTE format($sql$UPDATE %I SET one = CASE WHEN id IN ('one', 'all') THEN 'us' ELSE 'him' END, other = CASE WHEN id IN ('other', 'all') THEN 'us' END,
        owner = CASE WHEN id IN ('owner', 'all') THEN 'us' END,
        few = CASE WHEN id IN ('few', 'all') THEN '{him,us}' ELSE '{him}'::text[] END, more = CASE WHEN id IN ('more', 'all') THEN '{us,NULL}'::text[] END$sql$, tab);
    EXECUTE format('CREATE TABLE %I (item text NOT NULL, first text, second text)', tab || '_pairs');
    EXECUTE format('INSERT INTO %I SELECT r, ''him'', ''us'' FROM unnest(''{pair,all}''::text[]) r', tab || '_pairs');
    EXECUTE format('INSERT INTO %I SELECT r, ''us'', NULL FROM unnest(''{link,all}''::text[]) r', tab || '_links');
    EXECUTE format('INSERT INTO %I SELECT r, NULL, ''{him,us}'' FROM unnest(''{list,all}''::text[]) r', tab || '_lists');
    PERFORM clearance.protect(tab::regclass, kind || '_thing', project => 'project', visibility => 'hidden', shared_values => '{false}',
        owner => CASE WHEN 'owner' = ANY (sources) THEN 'owner' END::name);
    FOREACH source IN ARRAY sources LOOP
        IF source IN ('link', 'list') THEN
            PERFORM clearance.relate(tab::regclass, kind, link => (tab || '_' || source || 's')::regclass, link_column => 'item',
                member_column => CASE source WHEN 'link' THEN 'member' ELSE 'members' END::name);
        ELSIF source = 'pair' THEN
            PERFORM clearance.relate(tab::regclass, kind, link => (tab || '_pairs')::regclass, link_column => 'item', member_column => c)
            FROM unnest('{first,second}'::name[]) c;
        ELSIF source <> 'owner' THEN
            PERFORM clearance.relate(tab::regclass, kind, member_column => source::name);
        END IF;
    END LOOP;
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I, %I, %I TO regress_several', tab, tab || '_links', tab || '_lists');
END $$;
-- what a statement of somebody's, whose key is "us", gives
CREATE FUNCTION gives(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    PERFORM clearance.set_actor(key => 'us');
    SET LOCAL ROLE regress_several;
    BEGIN
        EXECUTE 'WITH done AS (' || sql || ') SELECT coalesce(string_agg(id, '' '' ORDER BY id), ''-'') FROM done' INTO result;
        RAISE EXCEPTION USING errcode = 'RR000', message = result;
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS result = PG_EXCEPTION_DETAIL;
        result := CASE SQLSTATE WHEN 'RR000' THEN SQLERRM ELSE coalesce(nullif(result, ''), SQLERRM) END;
    END;
    RESET ROLE;
    PERFORM clearance.reset_actor();
    RETURN result;
END $$;
-- What each of the three sees, changes and deletes, by simplified plans and without: it is all the same, or it is told.
CREATE FUNCTION opens(tabs text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    who text;
    simple text;
    found text[] := '{}';
BEGIN
    FOREACH who IN ARRAY '{pat,mo,cole}'::text[] LOOP
        UPDATE clearance.member m SET key = 'us' WHERE m.key = who;
        FOREACH simple IN ARRAY '{on,off}'::text[] LOOP
            PERFORM set_config('clearance.simplify', simple, true);
            found := found || ARRAY(
                SELECT t || ': ' || gives(format(q, t))
                FROM unnest(tabs) t, unnest(ARRAY['SELECT id FROM %1$I', 'UPDATE %1$I SET name = ''new'' RETURNING id', 'DELETE FROM %1$I RETURNING id',
                    'SELECT t.id FROM %1$I t WHERE clearance.can_row(''edit'', t)']) q);
        END LOOP;
        UPDATE clearance.member m SET key = who WHERE m.key = 'us';
    END LOOP;
    PERFORM set_config('clearance.simplify', 'on', true);
    RETURN QUERY SELECT DISTINCT f FROM unnest(found) f ORDER BY 1;
END $$;

--
-- Each combination, for each kind: the rows of its sources are open, and that of
-- everything; no other.
--
\o /dev/null
SELECT make(k || '_by_' || array_to_string(c.sources, '_'), k, c.sources)
FROM unnest('{assigned,followed,invited,own}'::text[]) k,
     (VALUES ('{one,other}'::text[]), ('{one,few}'), ('{few,link}'), ('{link,list}'), ('{pair}'),
             ('{one,other,few,more,link,list}')) AS c (sources);
SELECT make(k || '_by_' || array_to_string(c.sources, '_'), k, c.sources)
FROM unnest('{invited,own}'::text[]) k, (VALUES ('{owner,one}'::text[]), ('{owner,few,link}')) AS c (sources);
\o
SELECT opens(array_agg(k || '_by_' || array_to_string(c.sources, '_')))
FROM unnest('{assigned,followed,invited,own}'::text[]) k,
     (VALUES ('{one,other}'::text[]), ('{one,few}'), ('{few,link}'), ('{link,list}'), ('{pair}'),
             ('{one,other,few,more,link,list}')) AS c (sources);
-- The owner column is one more for own, and an owner counts as invited.
SELECT opens(array_agg(k || '_by_' || array_to_string(c.sources, '_')))
FROM unnest('{invited,own}'::text[]) k, (VALUES ('{owner,one}'::text[]), ('{owner,few,link}')) AS c (sources);

--
-- Nested: a thing of a task that is assigned in any of its ways, and named by it
-- or naming it.
--
\o /dev/null
SELECT make('job', 'assigned', '{one,few,link,list}');
CREATE TABLE of_task (id text PRIMARY KEY, project integer NOT NULL DEFAULT 1, hidden boolean NOT NULL DEFAULT false, name text, job text, spare text);
INSERT INTO of_task (id, job, spare) SELECT id, id, CASE id WHEN 'none' THEN 'link' END FROM job;
INSERT INTO of_task (id, job, spare) VALUES ('nothing', NULL, NULL), ('twice', 'none', 'list'), ('thing', NULL, NULL), ('other thing', 'none', 'other');
ALTER TABLE job ADD thing text;
UPDATE job SET thing = CASE id WHEN 'few' THEN 'thing' WHEN 'other' THEN 'other thing' END;
SELECT clearance.protect('of_task', 'assigned_task_thing', project => 'project', visibility => 'hidden', shared_values => '{false}');
GRANT SELECT, INSERT, UPDATE, DELETE ON of_task TO regress_several;
\o
SELECT clearance.relate('of_task', 'assigned_task', link => 'job', row_column => 'job');
SELECT opens('{of_task}');
SELECT clearance.relate('of_task', 'assigned_task', link => 'job', row_column => 'spare');
SELECT opens('{of_task}');
SELECT clearance.relate('of_task', 'assigned_task', link => 'job', link_column => 'thing');
SELECT opens('{of_task}');
-- So is one that the task comes to be assigned by later.
SELECT clearance.relate('job', 'assigned', member_column => 'other'), clearance.relate('job', 'assigned', member_column => 'more');
SELECT opens('{of_task}');

--
-- Nobody relates itself by any of them: assign, invite and change_owner are asked for
-- each, as a column is set or a link written; who follows does it for itself alone.
--
UPDATE clearance.member SET key = 'us' WHERE key = 'pat';
CREATE FUNCTION writes(tab text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT tab || ' by ' || q.source || ': ' || gives(format(q.sql, tab))
    FROM (VALUES ('one', 'UPDATE %1$I SET one = ''us'' WHERE id = ''few'' RETURNING id'),
                 ('other', 'UPDATE %1$I SET other = ''us'' WHERE id = ''few'' RETURNING id'),
                 ('more', 'UPDATE %1$I SET more = ''{us}'' WHERE id = ''few'' RETURNING id'),
                 ('others in it', 'UPDATE %1$I SET more = ''{him}'' WHERE id = ''few'' RETURNING id'),
                 ('link', 'INSERT INTO "%1$s_links" VALUES (''few'', ''us'') RETURNING item AS id'),
                 ('list', 'INSERT INTO "%1$s_lists" VALUES (''few'', NULL, ''{us}'') RETURNING item AS id'),
                 ('list of us and others', 'INSERT INTO "%1$s_lists" VALUES (''few'', NULL, ''{us,him}'') RETURNING item AS id'),
                 ('list of others', 'INSERT INTO "%1$s_lists" VALUES (''few'', NULL, ''{him}'') RETURNING item AS id'),
                 ('link of a hidden row', 'INSERT INTO "%1$s_links" VALUES (''none'', ''us'') RETURNING item AS id')) AS q (source, sql)
$$;
SELECT writes('assigned_by_one_other_few_more_link_list');
SELECT writes('followed_by_one_other_few_more_link_list');
SELECT writes('invited_by_one_other_few_more_link_list');
SELECT writes('own_by_one_other_few_more_link_list');
-- Who may, may by each.
SELECT clearance.allow('near', 'assigned_thing', 'assign', relation => 'assigned'), clearance.allow('near', 'invited_thing', 'invite', relation => 'invited'),
    clearance.allow('near', 'own_thing', 'change_owner', relation => 'own');
SELECT writes('assigned_by_one_other_few_more_link_list');
SELECT writes('invited_by_one_other_few_more_link_list');
SELECT writes('own_by_one_other_few_more_link_list');
ROLLBACK;
