
# An issue tracker keeps its own permission tables, and views of it say what they
# mean (examples/tracker). Whatever is written into its tables, and into these
# alone, everybody sees and may change what the tracker's own rule says, which is
# written here over its tables, without the library: for each person and row.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Workspace;

my $node = new_server('main');
my $example = "$FindBin::RealBin/../../examples/tracker";

$node->command_ok([ 'psql', '-X', '-d', 'postgres', '-f', "$example/load.sql" ], 'the example loads');
my @lines = grep { /\S/ && !/^\s*--/ } split /\n/, slurp_file("$example/protect.sql");
cmp_ok(scalar @lines, '<', 200, 'in under 200 lines');
unlike(slurp_file("$example/protect.sql"), qr/\b(INSERT INTO|UPDATE|DELETE FROM|COPY)\s+clearance/i, 'without a write to tables of the extension');

$node->safe_psql('postgres', <<'SQL');
CREATE SCHEMA test;
GRANT USAGE ON SCHEMA test TO tracker_app;

-- The tracker's rule. Administrators may do everything, and see archived projects.
CREATE FUNCTION test.roles(u bigint, p bigint) RETURNS SETOF tracker.role LANGUAGE sql STABLE AS $$
    SELECT r.* FROM tracker.member m JOIN tracker.member_role x ON x.member_id = m.id JOIN tracker.role r ON r.id = x.role_id
    WHERE (m.person_id, m.project_id) = (u, p)
    UNION
    SELECT r.* FROM tracker.role r JOIN tracker.project j ON j.id = p AND j.is_public
    WHERE r.is_for_guests AND NOT EXISTS (SELECT FROM tracker.member m JOIN tracker.member_role x ON x.member_id = m.id
                                          WHERE (m.person_id, m.project_id) = (u, p))
$$;
CREATE FUNCTION test.has(u bigint, p bigint, permission text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT NOT x.is_locked AND (x.is_admin OR (
        j.status <> 'archived'
        AND EXISTS (SELECT FROM test.roles(u, p) r WHERE permission = ANY (r.permissions))
        AND EXISTS (SELECT FROM tracker.enabled_module e WHERE e.project_id = p AND e.name = CASE WHEN permission LIKE '%time' THEN 'time' ELSE 'issues' END)))
    FROM tracker.person x, tracker.project j WHERE (x.id, j.id) = (u, p)
$$;
CREATE FUNCTION test.rule(writes boolean) RETURNS TABLE (who bigint, what text, ids bigint[]) LANGUAGE sql STABLE AS $$
    WITH has AS MATERIALIZED (
        SELECT u.id AS u, p.id AS p, x AS permission, p.status = 'active' AND writes AS writes FROM tracker.person u, tracker.project p,
            unnest('{view_issues,view_private_issues,add_issues,edit_issues,edit_own_issues,delete_issues,add_notes,view_private_notes,view_time,log_time,delete_time}'::text[]) x
        WHERE test.has(u.id, p.id, x)
    ), may AS MATERIALIZED (
        SELECT h.u, h.p, h.permission FROM has h WHERE h.writes
    ), issue AS MATERIALIZED (
        SELECT u.id AS u, i.* FROM tracker.person u, tracker.issue i
        WHERE (u.id, i.project_id, 'view_issues') IN (SELECT u, p, permission FROM has)
          AND (NOT i.is_private OR i.author_id IS NOT DISTINCT FROM u.id OR i.assignee_id IS NOT DISTINCT FROM u.id
               OR (u.id, i.project_id, 'view_private_issues') IN (SELECT u, p, permission FROM has))
    ), note AS MATERIALIZED (
        SELECT i.u, n.id FROM issue i JOIN tracker.note n ON n.issue_id = i.id
        WHERE NOT n.is_private OR n.author_id IS NOT DISTINCT FROM i.u OR (i.u, i.project_id, 'view_private_notes') IN (SELECT u, p, permission FROM has)
    ), entry AS MATERIALIZED (
        SELECT u.id AS u, u.is_admin, t.* FROM tracker.person u, tracker.time_entry t
        WHERE ((u.id, t.project_id, 'view_time') IN (SELECT u, p, permission FROM has)
               OR t.person_id IS NOT DISTINCT FROM u.id AND (u.id, t.project_id, 'log_time') IN (SELECT u, p, permission FROM has))
          AND (t.issue_id IS NULL OR (u.id, t.issue_id) IN (SELECT u, id FROM issue))
    ), said (u, what, id) AS (
        SELECT u.id, 'sees projects', p.id FROM tracker.person u, tracker.project p
        WHERE NOT u.is_locked AND (u.is_admin OR (p.status <> 'archived' AND EXISTS (SELECT FROM test.roles(u.id, p.id))))
        UNION ALL SELECT u, 'sees issues', id FROM issue
        UNION ALL SELECT u, 'sees notes', id FROM note
        UNION ALL SELECT u, 'sees time', id FROM entry
        UNION ALL SELECT u, 'edits issues', id FROM issue WHERE (u, project_id, 'edit_issues') IN (SELECT u, p, permission FROM may)
            OR author_id IS NOT DISTINCT FROM u AND (u, project_id, 'edit_own_issues') IN (SELECT u, p, permission FROM may)
        UNION ALL SELECT u, 'deletes issues', id FROM issue WHERE (u, project_id, 'delete_issues') IN (SELECT u, p, permission FROM may)
        UNION ALL SELECT u, 'edits time', id FROM entry WHERE (person_id IS NOT DISTINCT FROM u OR is_admin) AND (u, project_id, 'log_time') IN (SELECT u, p, permission FROM may)
        UNION ALL SELECT u, 'deletes time', id FROM entry WHERE (u, project_id, 'delete_time') IN (SELECT u, p, permission FROM may)
        UNION ALL SELECT u, 'adds issues in', p FROM may WHERE permission = 'add_issues'
        UNION ALL SELECT u, 'adds notes to', id FROM issue WHERE id <= 12 AND (u, project_id, 'add_notes') IN (SELECT u, p, permission FROM may)
        UNION ALL SELECT u, 'logs time in', p FROM may WHERE permission = 'log_time'
        UNION ALL SELECT u.id, 'reopens', p.id FROM tracker.person u, tracker.project p WHERE u.is_admin AND NOT u.is_locked AND writes
    )
    SELECT u.id, w.what, array_agg(s.id ORDER BY s.id) FILTER (WHERE s.id IS NOT NULL)
    FROM tracker.person u CROSS JOIN unnest('{sees projects,sees issues,sees notes,sees time,edits issues,deletes issues,edits time,deletes time,adds issues in,adds notes to,logs time in,reopens}'::text[]) w (what)
    LEFT JOIN said s ON (s.u, s.what) = (u.id, w.what)
    WHERE writes OR w.what LIKE 'sees %'
    GROUP BY 1, 2
$$;

-- What happens, as the tracker's login. What is written is undone.
CREATE FUNCTION test.written(statement text, u bigint) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    ids bigint[];
BEGIN
    EXECUTE format('WITH w AS (%s RETURNING id) SELECT array_agg(id ORDER BY id) FROM w', statement) INTO ids USING u;
    RAISE EXCEPTION USING ERRCODE = 'TEST0';
EXCEPTION WHEN SQLSTATE 'TEST0' THEN
    RETURN ids;
WHEN insufficient_privilege THEN
    RETURN NULL;
END $$;
CREATE FUNCTION test.permitted(statement text, u bigint, objects bigint[]) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    ids bigint[] := '{}';
    object bigint;
BEGIN
    FOREACH object IN ARRAY objects LOOP
        BEGIN
            EXECUTE statement USING u, object;
            ids := ids || object;
            RAISE EXCEPTION USING ERRCODE = 'TEST0';
        EXCEPTION WHEN SQLSTATE 'TEST0' OR insufficient_privilege THEN
            NULL;
        END;
    END LOOP;
    RETURN nullif(ids, '{}');
END $$;
CREATE FUNCTION test.answers(people bigint[], projects bigint[], issues bigint[], writes boolean) RETURNS TABLE (who bigint, what text, ids bigint[]) LANGUAGE plpgsql AS $$
DECLARE
    u bigint;
BEGIN
    FOREACH u IN ARRAY people LOOP
        PERFORM clearance.set_actor(key => u);
        RETURN QUERY SELECT u, 'sees projects', array_agg(p.id ORDER BY p.id) FROM tracker.project p;
        RETURN QUERY SELECT u, 'sees issues', array_agg(i.id ORDER BY i.id) FROM tracker.issue i;
        RETURN QUERY SELECT u, 'sees notes', array_agg(n.id ORDER BY n.id) FROM tracker.note n;
        RETURN QUERY SELECT u, 'sees time', array_agg(t.id ORDER BY t.id) FROM tracker.time_entry t;
        CONTINUE WHEN NOT writes;
        RETURN QUERY SELECT u, 'edits issues', test.written('UPDATE tracker.issue SET subject = subject || ''!''', u);
        RETURN QUERY SELECT u, 'deletes issues', test.written('DELETE FROM tracker.issue', u);
        RETURN QUERY SELECT u, 'edits time', test.written('UPDATE tracker.time_entry SET hours = hours + 1', u);
        RETURN QUERY SELECT u, 'deletes time', test.written('DELETE FROM tracker.time_entry', u);
        RETURN QUERY SELECT u, 'adds issues in', test.permitted('INSERT INTO tracker.issue (project_id, kind_id, subject, author_id) VALUES ($2, 1, ''new'', $1)', u, projects);
        RETURN QUERY SELECT u, 'adds notes to', test.permitted('INSERT INTO tracker.note (issue_id, author_id, body) VALUES ($2, $1, ''new'')', u, issues);
        RETURN QUERY SELECT u, 'logs time in', test.permitted('INSERT INTO tracker.time_entry (project_id, person_id, hours) VALUES ($2, $1, 1)', u, projects);
        RETURN QUERY SELECT u, 'reopens', test.written('UPDATE tracker.project SET status = CASE status WHEN ''active'' THEN ''closed'' ELSE ''active'' END', u);
    END LOOP;
END $$;
SQL

# What is written takes longest to find out.
my $writes = 'true';
sub rule { return $node->safe_psql('postgres', qq{SELECT who, what, coalesce(ids, '{}') FROM test.rule($writes) ORDER BY who, what COLLATE "C"}) }

sub answers
{
	my @known = map { $node->safe_psql('postgres', "SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM tracker.$_") } 'person', 'project', 'issue WHERE id <= 12';
	return $node->safe_psql('postgres',
		sprintf(q{SET client_min_messages = error; SELECT who, what, coalesce(ids, '{}') FROM test.answers('%s', '%s', '%s', %s) ORDER BY who, what COLLATE "C"}, @known, $writes),
		extra_params => [ '-U', 'tracker_app' ]);
}

# What differs, a line each.
sub differences
{
	my ($got, $expected) = map { { map { /^(\d+\|[^|]*)\|(.*)$/ ? ($1 => $2) : () } split /\n/ } } @_;
	return map { "$_: " . ($got->{$_} // 'none') . ', not ' . ($expected->{$_} // 'none') } grep { ($got->{$_} // '') ne ($expected->{$_} // '') } sort keys %{ { %$got, %$expected } };
}

my %before = (true => '', false => '');
sub agree
{
	my ($what) = @_;
	my ($got, $expected) = (answers(), rule());

	my @wrong = differences($got, $expected);
	is(scalar @wrong, 0, "as the tracker's rule says: $what") or diag(join "\n", @wrong[ 0 .. ($#wrong > 9 ? 9 : $#wrong) ]);
	isnt($got, $before{$writes}, "$what: makes a difference") unless $what eq 'as loaded' || $what =~ /nothing/;
	$before{$writes} = $got;
}

# Not everything is permitted, and not nothing: each answer has both.
agree('as loaded');
foreach my $what ('sees projects', 'sees issues', 'sees notes', 'sees time', 'edits issues', 'deletes issues', 'edits time', 'deletes time', 'adds issues in', 'adds notes to', 'logs time in', 'reopens')
{
	my %sets = map { /^\d+\|\Q$what\E\|(.*)$/ ? ($1 => 1) : () } split /\n/, $before{true};
	cmp_ok(scalar keys %sets, '>', 1, "people differ in what they may: $what");
	ok($sets{'{}'}, "some may nothing: $what");
}

my @changes = (
	[ 'a person comes, and is a developer',
		"INSERT INTO tracker.person (id, name) VALUES (101, 'Nell'); INSERT INTO tracker.member (id, project_id, person_id) VALUES (901, 1, 101); INSERT INTO tracker.member_role VALUES (901, 2)" ],
	[ 'membership before the person is known', q{ALTER TABLE tracker.member DROP CONSTRAINT member_person_id_fkey; INSERT INTO tracker.member (id, project_id, person_id) VALUES (902, 2, 102); INSERT INTO tracker.member_role VALUES (902, 1);
		INSERT INTO tracker.person (id, name) VALUES (102, 'Olaf'); ALTER TABLE tracker.member ADD FOREIGN KEY (person_id) REFERENCES tracker.person ON DELETE CASCADE} ],
	[ 'developers may delete', "UPDATE tracker.role SET permissions = permissions || '{delete_issues}' WHERE name = 'Developer'" ],
	[ 'developers may not see', "UPDATE tracker.role SET permissions = array_remove(permissions, 'view_issues') WHERE name = 'Developer'" ],
	[ 'developers may see', "UPDATE tracker.role SET permissions = permissions || '{view_issues}' WHERE name = 'Developer'" ],
	[ 'developers are called engineers', "UPDATE tracker.role SET name = 'Engineer' WHERE name = 'Developer'; UPDATE tracker.role SET permissions = array_remove(permissions, 'delete_issues') WHERE name = 'Engineer'" ],
	[ 'guests may see time', "UPDATE tracker.role SET permissions = permissions || '{view_time}' WHERE is_for_guests" ],
	[ 'a new role', "INSERT INTO tracker.role (id, name, permissions) VALUES (20, 'Reader', '{view_issues,view_private_issues}'); INSERT INTO tracker.member_role SELECT id, 20 FROM tracker.member WHERE id % 3 = 0" ],
	[ 'a role without permissions', "UPDATE tracker.role SET permissions = '{}' WHERE name = 'Reader'" ],
	[ 'a role is gone', "DELETE FROM tracker.role WHERE name = 'Reporter'" ],
	[ 'somebody is locked', 'UPDATE tracker.person SET is_locked = true WHERE id = 4' ],
	[ 'somebody is unlocked', 'UPDATE tracker.person SET is_locked = NOT is_locked WHERE id IN (4, 10)' ],
	[ 'somebody administers', 'UPDATE tracker.person SET is_admin = true WHERE id = 5' ],
	[ 'nobody but one administers', 'UPDATE tracker.person SET is_admin = false WHERE id <> 1' ],
	[ 'projects are public', 'UPDATE tracker.project SET is_public = true WHERE id IN (1, 2)' ],
	[ 'projects are private', 'UPDATE tracker.project SET is_public = false WHERE id IN (3, 9)' ],
	[ 'projects are closed', "UPDATE tracker.project SET status = 'closed' WHERE id IN (1, 5)" ],
	[ 'projects are archived', "UPDATE tracker.project SET status = 'archived' WHERE id IN (2, 4)" ],
	[ 'projects are active', "UPDATE tracker.project SET status = 'active'" ],
	[ 'modules are enabled', "INSERT INTO tracker.enabled_module VALUES (5, 'issues'), (10, 'issues'), (10, 'time')" ],
	[ 'modules are disabled', "DELETE FROM tracker.enabled_module WHERE project_id IN (1, 3)" ],
	[ 'a module is another', "UPDATE tracker.enabled_module SET name = 'time' WHERE (project_id, name) = (2, 'issues')" ],
	[ 'a member moves to another project', 'UPDATE tracker.member SET project_id = 6 WHERE id = 901' ],
	[ 'roles move to another member', 'UPDATE tracker.member_role SET member_id = 902 WHERE member_id = 901' ],
	[ 'members go', 'DELETE FROM tracker.member WHERE person_id IN (3, 7)' ],
	[ 'many members come', 'INSERT INTO tracker.member (project_id, person_id) SELECT p.id, u.id FROM tracker.project p, tracker.person u WHERE u.id > 1 AND (p.id + u.id) % 2 = 0 ON CONFLICT DO NOTHING;
		INSERT INTO tracker.member_role SELECT m.id, 1 + m.id % 2 FROM tracker.member m ON CONFLICT DO NOTHING' ],
	[ 'a person goes', 'DELETE FROM tracker.person WHERE id = 8' ],
	[ 'a project comes with people', "BEGIN; INSERT INTO tracker.project (id, name, is_public) VALUES (50, 'New', true); INSERT INTO tracker.enabled_module VALUES (50, 'issues');
		INSERT INTO tracker.member (id, project_id, person_id) VALUES (950, 50, 9); INSERT INTO tracker.member_role VALUES (950, 1);
		INSERT INTO tracker.issue (id, project_id, kind_id, subject, author_id, is_private) VALUES (1001, 50, 1, 'shared', 9, false), (1002, 50, 1, 'private', 9, true); COMMIT" ],
	[ 'a project goes', 'DELETE FROM tracker.project WHERE id = 6' ],
	[ 'no guests', 'DELETE FROM tracker.role WHERE is_for_guests' ],
	[ 'guests again', "INSERT INTO tracker.role (name, is_for_guests, permissions) VALUES ('Visitor', true, '{view_issues,add_issues}')" ],
	[ 'columns and tables have other names', 'ALTER TABLE tracker.member RENAME person_id TO who; ALTER TABLE tracker.member_role RENAME TO member_duty; ALTER TABLE tracker.member_duty RENAME member_id TO whose;
		ALTER TABLE tracker.role RENAME permissions TO may; DELETE FROM tracker.member_duty WHERE whose % 5 = 0; UPDATE tracker.member SET who = 2 WHERE id = (SELECT min(id) FROM tracker.member m WHERE m.project_id = 10 AND NOT EXISTS (SELECT FROM tracker.member o WHERE (o.project_id, o.who) = (10, 2)));
		ALTER TABLE tracker.member RENAME who TO person_id; ALTER TABLE tracker.member_duty RENAME whose TO member_id; ALTER TABLE tracker.member_duty RENAME TO member_role; ALTER TABLE tracker.role RENAME may TO permissions' ],
	[ 'nothing that is undone', "BEGIN; DELETE FROM tracker.member; UPDATE tracker.project SET status = 'archived'; UPDATE tracker.role SET permissions = '{}'; ROLLBACK" ],
	[ 'nothing, for nothing that counts is written', "UPDATE tracker.person SET seen_at = now(); UPDATE tracker.member SET project_id = project_id; UPDATE tracker.role SET name = name" ],
	[ 'all roles of members are gone', 'TRUNCATE tracker.member_role' ],
);
foreach my $i (0 .. $#changes)
{
	my $change = $changes[$i];
	$writes = $i % 5 == 0 || $change->[0] =~ /^projects are|^modules|may delete|engineers|other names|guests again|undone/ ? 'true' : 'false';
	$node->safe_psql('postgres', "SET client_min_messages = warning; $change->[1]");
	agree($change->[0]);
}

# Told that way, and no other.
is($node->safe_psql('postgres', q{SELECT count(*) FROM clearance.project_member WHERE source NOT LIKE 'mirror:%' AND NOT is_owner}), 0, 'nobody was put on a project by other means');

# The triggers come back with a dump.
$node->safe_psql('postgres', q{INSERT INTO tracker.member_role SELECT m.id, 1 + m.id % 2 FROM tracker.member m ON CONFLICT DO NOTHING});
agree('roles again');
my $dump = $node->basedir . '/tracker.sql';
my $saw = answers();
$node->command_ok([ 'pg_dump', '-d', 'postgres', '-f', $dump ], 'dumped');
$node->safe_psql('template1', 'ALTER DATABASE postgres RENAME TO former; CREATE DATABASE postgres');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'postgres', '-f', $dump ], 'restored');
is(answers(), $saw, 'everybody sees and may what it did before');
$node->safe_psql('postgres', 'DELETE FROM tracker.member WHERE id % 2 = 0; UPDATE tracker.person SET is_admin = true WHERE id = 3');
agree('changed after the restore');

done_testing();
