-- Configuration as code: a document says what a database is to be, a difference
-- what would change, and of which class; an import makes the two equal or
-- changes nothing.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
\set ON_ERROR_ROLLBACK on
CREATE ROLE regress_configuration;
SELECT clearance.trust_role('regress_configuration');
SELECT clearance.create_account('Regress configuration', key => 'regress-configuration') AS account \gset

-- What is configured before this topic goes first.
SELECT '{"format": 1, "features": {}, "actions": {}, "gates": [], "levels": {}, "tables": {}}' AS empty \gset
SELECT count(*) >= 0 FROM clearance.import(:'empty');
SELECT clearance.export();

-- Tables with odd names, UUIDs as keys, tables that name each other in a circle, a link table; a feature of one's own.
SELECT clearance.create_feature('regress_bug', '{view,create,edit,delete,close,reopen,view_cost}', 'what goes wrong');
SELECT clearance.create_action('task', 'regress_watch', reads => true);
SELECT clearance.add_gate('regress_bug.close', 'regress_bug.view', '{vendor}');
SELECT clearance.create_level('regress tester', 'vendor', description => 'those who test') > 0;
SELECT clearance.allow('regress tester', 'project', 'view', reach => 'account'), clearance.allow('regress tester', 'regress_bug', 'view', visibility => 'shared'),
       clearance.allow('regress tester', 'regress_bug', 'edit', relation => 'assigned', kinds => '{b,a,b}'), clearance.deny('regress tester', 'regress_bug', 'delete');
SELECT clearance.allow('moderate', 'regress_bug', 'view', visibility => 'shared'), clearance.deny('moderate', 'task', 'delete');
SELECT clearance.create_role('regress tester', access_level => 'regress tester', account => :account) > 0;
SELECT clearance.add_member('tess', roles => '{regress tester}', account => :account) AS tess, clearance.add_member('adam', roles => '{account_admin}', account => :account) AS adam \gset

CREATE SCHEMA "Regress App";
GRANT USAGE ON SCHEMA "Regress App" TO regress_configuration;
SET LOCAL search_path = "Regress App";
CREATE TYPE state AS ENUM ('open', 'closed', 'lost "it"');
CREATE TABLE "Project.s" ("Id" uuid PRIMARY KEY, "Main bug" integer);
CREATE TABLE bug (id integer PRIMARY KEY, "Project" uuid, is_private boolean DEFAULT false, owner text, kind text, state state, cost integer, twin integer);
CREATE TABLE note (id integer PRIMARY KEY, about text, object integer, body text);
CREATE TABLE "bug's people" (bug integer, member text);
SELECT clearance.protect('"Project.s"', 'project', project => 'Id') > 0,
       clearance.protect('bug', 'regress_bug', project => 'Project', visibility => 'is_private', shared_values => '{f}', owner => 'owner', kind => 'kind') > 0,
       clearance.protect('note', 'regress_bug', edit_action => 'reopen') > 0;
SELECT clearance.add_parent('bug', 'twin', 'bug', optional => true, same_project => false, view_action => 'regress_bug.view');
SELECT clearance.add_parent('note', 'object', 'bug', type_column => 'about', type_value => 'bug');
SELECT clearance.relate('bug', 'assigned', 'owner'), clearance.relate('bug', 'assigned', link => '"bug''s people"', link_column => 'bug', member_column => 'member');
SELECT clearance.relate('"Project.s"', 'assigned_task', link => 'bug', link_column => 'Project');
SELECT clearance.guard_column('bug', 'state', 'close', new_value => 'closed'), clearance.guard_column('bug', 'state', 'reopen');
SELECT clearance.guard_row('bug', 'state', '{closed,NULL}', 'reopen', columns => '{cost}'), clearance.guard_row('bug', 'state', ARRAY['lost "it"'], 'close');
SELECT clearance.mask_column('bug', 'cost', 'view_cost', mask => 'cost / 10', filters => 'error');
GRANT SELECT ON ALL TABLES IN SCHEMA "Regress App" TO regress_configuration;
INSERT INTO "Project.s" VALUES ('11111111-1111-1111-1111-111111111111', 1);
INSERT INTO bug SELECT i, '11111111-1111-1111-1111-111111111111', i = 2, 'tess', 'a', 'open', 100 * i FROM generate_series(1, 3) i;
INSERT INTO note SELECT i, 'bug', i, 'note' FROM generate_series(1, 3) i;

-- What somebody sees.
CREATE FUNCTION seen(who bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    PERFORM clearance.set_actor(id => who);
    SET LOCAL ROLE regress_configuration;
    SELECT concat_ws(' | ', (SELECT string_agg(id || ':' || coalesce(cost::text, '-'), ' ' ORDER BY id) FROM bug), (SELECT string_agg(id::text, ' ' ORDER BY id) FROM note),
                     (SELECT count(*) FROM "Project.s")) INTO result;
    RESET ROLE;
    PERFORM clearance.reset_actor();
    RETURN result;
END $$;
SELECT seen(:tess) AS tess_saw, seen(:adam) AS adam_saw \gset
SELECT :'tess_saw', :'adam_saw';

-- The document; built-in levels are in it where something was changed about them.
SELECT clearance.export() AS doc \gset
SELECT clearance_internal.pretty(jsonb_set(:'doc'::jsonb #- '{levels,moderate,grants}', '{levels,moderate,denials}', '["…"]'));
-- A database does not differ from what it exports, nor does import change anything.
SELECT * FROM clearance.diff(:'doc');
SELECT * FROM clearance.import(:'doc');

-- It is emptied, made anew, and equal: the same text, the same rows.
-- A level that a role names stays, and all else with it.
SELECT count(*) FROM clearance.import(:'empty');
SELECT clearance.export() = :'doc';
UPDATE clearance.role SET level_id = NULL WHERE name = 'regress tester';
SELECT class, kind, object, part, anew FROM clearance.import(:'empty');
SELECT clearance.export();
SELECT count(*) FROM clearance.protected_tables;
SELECT class, kind, object, part, anew FROM clearance.import(:'doc');
SELECT clearance.export() = :'doc', clearance.diff_digest(:'doc') = clearance.diff_digest(clearance.export()::jsonb);
SELECT bool_and(enforced), count(*) FROM clearance.protected_tables;
SELECT clearance.update_role('regress tester', access_level => 'regress tester', account => :account);
SELECT seen(:tess) = :'tess_saw', seen(:adam) = :'adam_saw';

-- A column that is renamed is exported by its name of now.
ALTER TABLE bug RENAME COLUMN cost TO "Total ""cost""";
SELECT clearance.export()::jsonb #> '{tables,"\"Regress App\".bug",masks}';
ALTER TABLE bug RENAME COLUMN "Total ""cost""" TO cost;
SELECT clearance.export() = :'doc';

-- Each kind of difference, and its class. How a document differs from the one above:
CREATE FUNCTION differs(doc jsonb) RETURNS SETOF text LANGUAGE sql AS
$$ SELECT concat_ws(' ', d.class || ':', CASE WHEN was IS NULL THEN 'new' WHEN becomes IS NULL THEN 'no' ELSE 'other' END, d.kind, d.object, d.part, CASE WHEN d.anew THEN '(anew)' END)
   FROM clearance.diff(doc) d $$;
CREATE FUNCTION bug(doc text, change jsonb) RETURNS SETOF text LANGUAGE sql AS
$$ SELECT differs(jsonb_set(doc::jsonb, '{tables,"\"Regress App\".bug"}', jsonb_strip_nulls(doc::jsonb #> '{tables,"\"Regress App\".bug"}' || change))) $$;
-- vocabulary
SELECT differs(jsonb_set(:'doc', '{features,regress_more}', '{}'));
SELECT differs(jsonb_set(:'doc', '{actions,regress_bug.close}', '{"reads": true}'));
SELECT differs(jsonb_set(:'doc', '{actions,regress_bug.view}', '{"reads": false}'));
SELECT differs(jsonb_set(:'doc', '{gates,0,audiences}', '["vendor", "partner"]'));
SELECT differs(jsonb_set(:'doc', '{gates,0,audiences}', '["partner"]'));
SELECT differs(:'doc'::jsonb || '{"gates": []}');
SELECT differs(jsonb_set(:'doc', '{gates,1}', '{"action": "regress_bug.close", "gate": "task.view"}'));
-- levels: what is granted, and what follows from it or would without it
SELECT differs(jsonb_set(:'doc', '{levels,regress tester,grants,9}', '{"action": "settings.manage_roles"}'));
SELECT differs(jsonb_set(:'doc', '{levels,regress tester,grants,9}', '{"action": "task.assign", "relation": "own"}'));
SELECT differs(:'doc'::jsonb #- '{levels,regress tester,grants,0}');
SELECT differs(:'doc'::jsonb #- '{levels,regress tester,denials,0}');
SELECT differs(jsonb_set(:'doc', '{levels,regress tester,denials,9}', '"task.view"'));
SELECT differs(jsonb_set(:'doc', '{levels,regress tester,not_available}', '["settings.manage_roles"]'));
SELECT differs(:'doc'::jsonb #- '{levels,regress tester}');
-- a built-in level that is left out is as it ships
SELECT differs(:'doc'::jsonb #- '{levels,moderate}');
-- tables, and whatever names one that is declared anew
SELECT differs(:'doc'::jsonb #- '{tables,"\"Regress App\".note"}');
SELECT bug(:'doc', '{"shared_values": ["true", "f"]}');
SELECT bug(:'doc', '{"shared_values": ["true"]}');
SELECT bug(:'doc', '{"shared_values": null, "visibility": null}');
SELECT bug(:'doc', '{"kind": null}');
SELECT bug(:'doc', '{"force": false}');
SELECT bug(:'doc', '{"project_optional": true}');
SELECT bug(:'doc', '{"owner": "kind"}');
SELECT bug(:'doc', '{"relations": []}');
SELECT bug(:'doc', '{"parents": []}');
SELECT bug(:'doc', '{"guards": []}');
SELECT bug(:'doc', '{"row_guards": []}');
SELECT bug(:'doc', '{"masks": []}');
SELECT bug(:'doc', '{"masks": [{"column": "cost", "action": "regress_bug.view_cost"}, {"column": "kind", "action": "regress_bug.close"}]}');
-- Asking has changed nothing; names and values may be written in other ways.
SELECT clearance.export() = :'doc';
SELECT differs(replace(:'doc', '["false"]', '["no"]')::jsonb), bug(:'doc', '{"masks": [{"column": "cost", "action": "regress_bug.view_cost", "mask": "cost/10", "filters": "error"}]}');

-- Each of them comes true: what is changed in place, and what is made anew, with what names it.
CREATE FUNCTION comes_true(doc jsonb) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT concat_ws(' ', d.class || ':', d.kind, d.object, d.part, CASE WHEN d.anew THEN '(anew)' END) FROM clearance.import(doc) d;
    RETURN QUERY SELECT 'still: ' || d FROM differs(doc) d;
    RETURN QUERY SELECT 'not enforced' FROM clearance.protected_tables p WHERE NOT p.enforced;
END $$;
SELECT comes_true(replace(:'doc', '"force": true', '"force": false')::jsonb);
SELECT comes_true(jsonb_set(jsonb_set(:'doc', '{tables,"\"Regress App\".bug",guards}', '[{"column": "kind", "action": "task.edit"}]'),
    '{tables,"\"Regress App\".bug",row_guards}', '[{"state_column": "state", "state_values": ["open"], "edit_action": "regress_bug.close", "delete_action": "regress_bug.view"}]'));
SELECT comes_true(jsonb_set(:'doc', '{tables,"\"Regress App\".bug",relations}', '[{"kind": "own", "member_column": "owner"}]') #- '{tables,"\"Regress App\".\"Project.s\"",relations}');
SELECT comes_true(:'doc');
SELECT clearance.export() = :'doc', seen(:tess) = :'tess_saw', seen(:adam) = :'adam_saw';

-- What must never be granted: be it by the document, or because it follows from what that grants.
SELECT differs(:'doc'::jsonb || '{"never": [{"level": "restricted", "action": "settings.manage_roles"}, {"level": "regress tester", "action": "task.view"}]}');
SELECT differs(:'doc'::jsonb || '{"never": [{"level": "regress tester", "action": "regress_bug.edit"}, {"level": "account_admin", "action": "settings.manage_roles"}]}');
SELECT differs(jsonb_set(:'doc', '{levels,regress tester,grants,9}', '{"action": "task.edit"}') || '{"never": [{"level": "regress tester", "action": "task.assign"}]}');
SELECT comes_true(jsonb_set(:'doc', '{levels,regress tester,grants,9}', '{"action": "task.edit"}') || '{"never": [{"level": "regress tester", "action": "task.assign"}]}');
SELECT clearance.export() = :'doc';
-- Those that hold stay in the database, and an export gives them back: the same text once more. Then no function grants
-- what they say, whoever calls it; a document that says them no more ends that.
SELECT :'doc'::jsonb || '{"never": [{"level": "regress tester", "action": "task.view"}, {"level": "restricted", "action": "settings.manage_roles"}]}' AS never \gset
SELECT comes_true(:'never');
SELECT clearance.export()::jsonb = :'never'::jsonb, clearance_internal.pretty(clearance.export()::jsonb -> 'never');
SELECT * FROM clearance.import(clearance.export()::jsonb);
SELECT clearance.allow('regress tester', 'task', 'view');
SELECT clearance.set_level('regress tester', '{"grants": [{"action": "project.view"}, {"action": "task.view", "relation": "own"}]}');
SELECT clearance.allow('regress tester', 'task', 'edit');
-- what is written past the functions is found by both, and no import lets it be
SAVEPOINT past;
INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation) SELECT id, 'task', 'view', 'any', 'any' FROM clearance.level WHERE name = 'regress tester';
SELECT differs(clearance.export()::jsonb);
SELECT * FROM clearance.import(clearance.export()::jsonb);
ROLLBACK TO past;
SELECT differs(jsonb_set(:'doc', '{levels,regress tester,grants,9}', '{"action": "task.view"}'));
SELECT comes_true(jsonb_set(:'doc', '{levels,regress tester,grants,9}', '{"action": "task.view"}'));
SELECT comes_true(:'doc');

-- Only what was reviewed is done: another document, and a database that has changed, have another digest.
SELECT :'doc'::jsonb #- '{gates,0}' AS less \gset
SELECT clearance.diff_digest(:'less') AS reviewed \gset
SELECT :'reviewed' ~ '^[0-9a-f]{64}$', :'reviewed' <> clearance.diff_digest(:'doc');
SELECT count(*) FROM clearance.import(:'doc', reviewed => :'reviewed');
SAVEPOINT changed;
SELECT clearance.allow('regress tester', 'task', 'view');
SELECT count(*) FROM clearance.import(:'less', reviewed => :'reviewed');
ROLLBACK TO changed;
SELECT class, kind, object, part FROM clearance.import(:'less', reviewed => :'reviewed');
SELECT count(*) FROM clearance.import(:'doc');

-- A document that is wrong changes nothing, and its error names the place.
CREATE FUNCTION wrong(doc jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM clearance.import(doc);
    RETURN 'imported';
EXCEPTION WHEN OTHERS THEN
    RETURN sqlstate || ' ' || sqlerrm;
END $$;
SELECT wrong(NULL);
SELECT wrong('[]');
SELECT wrong('{}');
SELECT wrong(:'doc'::jsonb || '{"format": 2}');
SELECT wrong(:'doc'::jsonb - 'tables');
SELECT wrong(:'doc'::jsonb || '{"people": []}');
SELECT wrong(jsonb_set(:'doc', '{tables,"\"Regress App\".bug",visiblity}', '"is_private"'));
SELECT wrong(jsonb_set(:'doc', '{tables,"\"Regress App\".bug",masks,0,colour}', '1'));
SELECT wrong(jsonb_set(:'doc', '{tables,"\"Regress App\".bug",force}', '"yes"'));
SELECT wrong(jsonb_set(:'doc', '{tables,"\"Regress App\".bug",owner}', '"nobody"'));
SELECT wrong(jsonb_set(:'doc', '{tables,"\"Regress App\".bug",owner}', '"cost"'));
SELECT wrong(jsonb_set(:'doc', '{tables,"\"Regress App\".bug",shared_values}', '["perhaps"]'));
SELECT wrong(jsonb_set(:'doc', '{tables,"\"Regress App\".bug",feature}', '"regress_nothing"'));
SELECT wrong(jsonb_set(:'doc', '{tables,"\"Regress App\".bug",masks,0,mask}', '"cost / (SELECT 1)"'));
SELECT wrong(jsonb_set(:'doc', '{tables,app.nothing}', '{"feature": "task"}'));
SELECT wrong(jsonb_set(:'doc', '{tables,bug}', '{"feature": "task"}'));
SELECT wrong(jsonb_set(:'doc', '{tables,clearance.level}', '{"feature": "task"}'));
SELECT wrong(jsonb_set(:'doc', '{tables,"Regress App.bug"}', '{"feature": "task"}')) ~ '^(42602|42P01) tables."Regress App.bug": ' AS refused;
SELECT wrong(jsonb_set(:'doc', '{tables,"\"Regress App\".\"bug\""}', '{"feature": "task"}'));
SELECT wrong(jsonb_set(:'doc', '{levels,regress tester,grants,9}', '{"action": "task"}'));
SELECT wrong(jsonb_set(:'doc', '{levels,regress tester,grants,9}', '{"action": "task.nothing"}'));
SELECT wrong(jsonb_set(:'doc', '{levels,regress tester,grants,9}', '{"action": "task.view", "relation": "friend"}'));
SELECT wrong(jsonb_set(:'doc', '{levels,regress tester,audience}', '"partner"'));
SELECT wrong(jsonb_set(:'doc', '{levels,regress other}', '{"audience": "public"}'));
SELECT wrong(jsonb_set(:'doc', '{features,Regress bug}', '{}'));
SELECT wrong(:'doc'::jsonb #- '{actions,regress_bug.view_cost}');
SELECT wrong(:'doc'::jsonb #- '{features,regress_bug}');
SELECT wrong(:'empty'::jsonb || '{"levels": {"regress tester": {"audience": "vendor"}}, "tables": {"\"Regress App\".note": {"feature": "regress_bug"}}}');
SELECT wrong(:'doc'::jsonb || '{"never": [{"level": "nobody", "action": "task.view"}]}');
SELECT clearance.export() = :'doc', seen(:tess) = :'tess_saw';

-- It belongs to no account: while somebody acts, nobody's.
SELECT clearance.set_actor(id => :adam) = :adam;
SELECT wrong(:'empty');
SELECT clearance.export();
SELECT clearance.diff(:'doc');
SELECT clearance.reset_actor();
-- Else it is whose EXECUTE says so: a role that has no other privilege, and is no operator, takes all from staging to production.
SET LOCAL ROLE regress_configuration;
SELECT wrong(:'doc');
SELECT clearance.export();
RESET ROLE;
CREATE ROLE regress_release;
GRANT EXECUTE ON FUNCTION clearance.export, clearance.import, clearance.diff, clearance.diff_digest TO regress_release;
UPDATE clearance.role SET level_id = NULL WHERE name = 'regress tester';
SET LOCAL ROLE regress_release;
SELECT clearance.is_operator(), clearance.export() = :'doc';
SELECT count(*) > 0 FROM clearance.import(:'empty');
SELECT clearance.export();
SELECT count(*) > 0 FROM clearance.import(:'never', reviewed => clearance.diff_digest(:'never'));
SELECT clearance.export()::jsonb = :'never'::jsonb;
SELECT count(*) FROM clearance.diff(jsonb_set(:'never', '{levels,regress tester,grants,9}', '{"action": "task.view"}')) WHERE kind = 'never';
SELECT count(*) > 0 FROM clearance.import(:'doc');
-- It does so with these functions alone, while they run, and where one fails, too.
SELECT clearance.is_operator();
SELECT count(*) FROM clearance.import(:'doc'::jsonb || '{"never": [{"level": "account_admin", "action": "task.view"}]}');
SELECT clearance.is_operator();
SELECT clearance.create_level('regress more', 'vendor');
SELECT clearance.add_gate('task.view', 'task.edit');
SELECT clearance.protect('"Regress App".bug', 'task');
SELECT count(*) FROM clearance.level;
SELECT count(*) FROM "Regress App".bug;
RESET ROLE;
SELECT clearance.export() = :'doc';

-- The schema that tools read is the form that documents are held to, and every export keeps to it. Needs the source
-- tree: run psql at its top, or set CLEARANCE_SRCDIR.
\set schema `cat "${CLEARANCE_SRCDIR:-.}/doc/configuration.schema.json"`
SELECT :'schema'::jsonb = clearance_internal.configuration_form();
SELECT clearance_internal.conform(:'doc', :'schema', '{}') = :'doc'::jsonb;
ROLLBACK;
