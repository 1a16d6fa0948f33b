-- Rows that are seen with what they belong to: comments of tasks, which have no
-- project of their own; attachments, which have one beside their document;
-- folders in folders; the rows of a link table. Each question is asked by a
-- permissive, a moderate and a restricted member on 50 projects, the manager of
-- 3,000, and the account admin. %1$s is what the member may see of the tasks, %2$s
-- of what has a visibility, by literal ids; the admin's statement needs neither.
SELECT max(id) FILTER (WHERE level = 'permissive') AS permissive,
       max(id) FILTER (WHERE level = 'moderate') AS moderate,
       max(id) FILTER (WHERE level = 'restricted') AS restricted
FROM bench.member WHERE id <= 2500 AND NOT partner_admin \gset

CREATE TABLE bench.asker (no integer, who text, id bigint, tasks text, rows text);
INSERT INTO bench.asker VALUES
    (1, 'permissive', :permissive, 'project_id = ANY (' || bench.scope(:permissive) || ')', 'project_id = ANY (' || bench.scope(:permissive) || ')'),
    (2, 'moderate', :moderate, 'NOT is_private AND project_id = ANY (' || bench.scope(:moderate) || ')',
        'NOT is_private AND project_id = ANY (' || bench.scope(:moderate) || ')'),
    (3, 'restricted', :restricted, format('(assignee_id = %1$s OR id = ANY (ARRAY(SELECT task_id FROM task_assignee WHERE member_id = %1$s))) AND project_id = ANY (%2$s)',
        :restricted, bench.scope(:restricted)), NULL),
    (4, 'manager', 50, 'project_id = ANY (' || bench.scope(50) || ')', 'project_id = ANY (' || bench.scope(50) || ')'),
    (5, 'admin', 5, NULL, NULL);

-- some tasks that a member sees
CREATE FUNCTION bench.tasks_of(asker bench.asker, n integer) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = ideal AS $$
DECLARE
    found bigint[];
BEGIN
    EXECUTE format('SELECT array_agg(id) FROM (SELECT id FROM task WHERE %s ORDER BY bench.pick(id, 91, 1000000), id LIMIT %s) AS t',
        coalesce(asker.tasks, 'true'), n) INTO found;
    RETURN found;
END $$;

CREATE PROCEDURE bench.ask_below(name text, sql text, ideal text, kind text DEFAULT 'read', keys text DEFAULT NULL,
    skip text[] DEFAULT '{naive}', who text[] DEFAULT '{permissive,moderate,restricted,manager,admin}')
LANGUAGE plpgsql AS $$
DECLARE
    asker bench.asker;
    listed bigint[];
BEGIN
    FOR asker IN SELECT * FROM bench.asker a WHERE a.who = ANY (ask_below.who) ORDER BY a.no LOOP
        listed := bench.tasks_of(asker, 50);
        INSERT INTO bench.test_case (part, name, kind, target, actor, keys, sql, ideal, skip)
        SELECT 'below', ask_below.name || ', ' || asker.who, ask_below.kind, CASE asker.who WHEN 'admin' THEN 1.05 ELSE 1.3 END, asker.id,
            CASE keys WHEN 'projects' THEN (SELECT array_agg(DISTINCT t.project_id) FROM ideal.task t WHERE t.id = ANY (listed))
                WHEN 'members' THEN (SELECT (array_agg(DISTINCT a.member_id))[1:20] FROM ideal.task_assignee a JOIN ideal.task t ON t.id = a.task_id
                    WHERE t.project_id IN (SELECT x.project_id FROM ideal.task x WHERE x.id = ANY (listed)))
                WHEN 'authors' THEN ARRAY(SELECT 5 * n FROM generate_series(1, 20) AS n)
                ELSE '{0}' END,
            replace(ask_below.sql, '%3$s', quote_literal(listed)),
            CASE WHEN asker.who = 'admin' OR ask_below.ideal IS NULL THEN replace(ask_below.sql, '%3$s', quote_literal(listed))
                ELSE format(ask_below.ideal, asker.tasks, asker.rows, quote_literal(listed)) END,
            ask_below.skip;
    END LOOP;
END $$;

CALL bench.ask_below('comments of 50 tasks',
    'SELECT id, task_id, body FROM task_comment WHERE task_id = ANY (%3$s::bigint[])',
    'SELECT id, task_id, body FROM task_comment WHERE task_id = ANY (%3$s::bigint[]) AND task_id IN (SELECT id FROM task WHERE %1$s)');
CALL bench.ask_below('join to a project''s tasks',
    'SELECT t.id, c.id AS comment, c.body FROM task t JOIN task_comment c ON c.task_id = t.id WHERE t.project_id = $1',
    'SELECT t.id, c.id AS comment, c.body FROM (SELECT * FROM task WHERE %1$s) t JOIN task_comment c ON c.task_id = t.id WHERE t.project_id = $1', keys => 'projects');
CALL bench.ask_below('newest 50 comments',
    'SELECT id, created_on, body FROM task_comment ORDER BY created_on DESC, id DESC LIMIT 50',
    'SELECT id, created_on, body FROM task_comment WHERE task_id IN (SELECT id FROM task WHERE %1$s) ORDER BY created_on DESC, id DESC LIMIT 50');
CALL bench.ask_below('comments by an author',
    'SELECT id, body FROM task_comment WHERE author_id = $1',
    'SELECT id, body FROM task_comment WHERE author_id = $1 AND task_id IN (SELECT id FROM task WHERE %1$s)', keys => 'authors');
CALL bench.ask_below('all comments',
    'SELECT count(*) FROM task_comment',
    'SELECT count(*) FROM task_comment WHERE task_id IN (SELECT id FROM task WHERE %1$s)');
CALL bench.ask_below('links of a member',
    'SELECT task_id FROM task_assignee WHERE member_id = $1',
    'SELECT task_id FROM task_assignee WHERE member_id = $1 AND task_id IN (SELECT id FROM task WHERE %1$s)',
    keys => 'members', skip => '{naive,static,tuned}');
CALL bench.ask_below('all attachments',
    'SELECT count(*) FROM attachment',
    'SELECT count(*) FROM attachment WHERE %2$s AND document_id IN (SELECT id FROM document WHERE %2$s)',
    skip => '{naive,static,tuned}', who => '{permissive,moderate,manager,admin}');
CALL bench.ask_below('attachments of a project',
    'SELECT id, name FROM attachment WHERE project_id = $1',
    'SELECT id, name FROM attachment WHERE project_id = $1 AND %2$s AND document_id IN (SELECT id FROM document WHERE %2$s)', keys => 'projects',
    skip => '{naive,static,tuned}', who => '{permissive,moderate,manager,admin}');
CALL bench.ask_below('all folders of a tree',
    'SELECT count(*) FROM folder',
    'WITH RECURSIVE open AS (SELECT id FROM folder WHERE %2$s AND parent_id IS NULL UNION ALL'
        || ' SELECT f.id FROM open JOIN folder f ON f.parent_id = open.id WHERE %2$s) SELECT count(*) FROM open',
    skip => '{naive,static,tuned}', who => '{permissive,moderate,manager,admin}');
CALL bench.ask_below('folders of a project''s tree',
    'SELECT id, parent_id, name FROM folder WHERE project_id = $1',
    'WITH RECURSIVE open AS (SELECT * FROM folder WHERE project_id = $1 AND %2$s AND parent_id IS NULL UNION ALL'
        || ' SELECT f.* FROM open JOIN folder f ON f.parent_id = open.id WHERE f.project_id = $1 AND NOT f.is_private) SELECT id, parent_id, name FROM open',
    keys => 'projects', skip => '{naive,static,tuned}', who => '{moderate}');
CALL bench.ask_below('folders of a project''s tree',
    'SELECT id, parent_id, name FROM folder WHERE project_id = $1', NULL,
    keys => 'projects', skip => '{naive,static,tuned}', who => '{permissive,manager,admin}');
CALL bench.ask_below('INSERT of 10,000 comments',
    'INSERT INTO task_comment (task_id, created_on, body) SELECT (%3$s::bigint[])[1 + i % cardinality(%3$s::bigint[])], ''2025-06-01'', ''new'' FROM generate_series(1, 10000) AS i',
    NULL, kind => 'write', skip => '{naive,static,tuned}');
CALL bench.ask_below('INSERT of 10,000 attachments',
    'INSERT INTO attachment (project_id, document_id, is_private, name) SELECT d.project_id, d.id, false, ''new'' FROM generate_series(1, 10000) AS i,'
        || ' LATERAL (SELECT id, project_id FROM document WHERE NOT is_private AND project_id = $1 LIMIT 1) AS d',
    NULL, kind => 'write', keys => 'projects', skip => '{naive,static,tuned}', who => '{permissive,moderate,manager,admin}');
