-- Guards: an UPDATE of a table with guarded columns, beside the same of the same
-- table without. Who updates holds the guards' actions. One pair of tables has an
-- owner and an assignee, whose changes are judged row by row in any case; one has
-- neither, and gets the trigger that does so with its guard.
SELECT max(id) AS permissive FROM bench.member WHERE level = 'permissive' AND id <= 2500 AND NOT partner_admin \gset

CREATE TABLE bench.guard_sample (
    name    text NOT NULL,
    round   integer NOT NULL,
    plain   double precision NOT NULL,   -- ms for a statement
    guarded double precision NOT NULL
);

\o /dev/null
SELECT clearance.create_action('task', 'bench_guarded'), clearance.create_action('task', 'bench_closed');
SELECT clearance.allow('permissive', 'task', 'bench_guarded'), clearance.allow('permissive', 'task', 'bench_closed');
SELECT format($$
CREATE TABLE protected.%1$I (id bigint PRIMARY KEY, project_id bigint NOT NULL REFERENCES protected.project, title text, is_private boolean NOT NULL,
    status smallint, hours integer, author_id bigint, assignee_id bigint, amount integer, rate integer);
INSERT INTO protected.%1$I
SELECT id, project_id, title, is_private, status, estimate, author_id, assignee_id, bench.pick(id, 80, 100000), 50
FROM ideal.task WHERE project_id = ANY (%2$s) OR id %% 10 = 0 ORDER BY id;
CREATE INDEX ON protected.%1$I (project_id);$$, t, bench.scope(:permissive))
FROM unnest('{ticket,guarded_ticket,bare_ticket,guarded_bare_ticket}'::text[]) AS t \gexec
SELECT clearance.protect(format('protected.%I', t)::regclass, 'task', project => 'project_id', visibility => 'is_private', shared_values => '{false}',
    owner => CASE WHEN t !~ 'bare' THEN 'author_id' END)
FROM unnest('{ticket,guarded_ticket,bare_ticket,guarded_bare_ticket}'::text[]) AS t;
SELECT clearance.relate(t, 'assigned', member_column => 'assignee_id') FROM unnest('{protected.ticket,protected.guarded_ticket}'::regclass[]) AS t;
SELECT clearance.guard_column(t, ARRAY['amount', 'rate'], 'bench_guarded'), clearance.guard_row(t, 'status', '{3}', 'bench_closed')
FROM unnest('{protected.guarded_ticket,protected.guarded_bare_ticket}'::regclass[]) AS t;
\o
VACUUM ANALYZE protected.ticket, protected.guarded_ticket, protected.bare_ticket, protected.guarded_bare_ticket;

-- Mean time in ms of a statement for each of the keys. What it writes is taken back.
CREATE PROCEDURE bench.update_each(statement text, keys bigint[], INOUT ms double precision, INOUT touched bigint)
LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz := clock_timestamp();
    key   bigint;
    one   bigint;
BEGIN
    touched := 0;
    FOREACH key IN ARRAY keys LOOP
        EXECUTE statement USING key;
        GET DIAGNOSTICS one = ROW_COUNT;
        touched := touched + one;
    END LOOP;
    ms := 1000 * extract(epoch FROM clock_timestamp() - began) / cardinality(keys);
    RAISE EXCEPTION USING ERRCODE = 'BN000';
EXCEPTION WHEN SQLSTATE 'BN000' THEN NULL;
END $$;

-- Both tables of each pair in turn, after one turn that counts for nothing.
SELECT format($$
CREATE FUNCTION bench.guard_member() RETURNS bigint LANGUAGE sql IMMUTABLE RETURN %s;$$, :permissive) \gexec
CREATE PROCEDURE bench.measure_guards(rounds integer)
LANGUAGE plpgsql AS $$
DECLARE
    clearance bench.road := (SELECT r FROM bench.road r WHERE r.name = 'clearance');
    picked      bigint[];
    c         record;
    plain     double precision;
    guarded   double precision;
    n         bigint;
    m         bigint;
BEGIN
    CALL bench.enter(clearance, bench.guard_member());
    EXECUTE 'SELECT array_agg(id) FROM (SELECT id FROM ticket ORDER BY id LIMIT 1000) AS t' INTO picked;
    FOR c IN
        SELECT format('%s, %s%s', u.name, w.name, t.note) AS name, u.keys, t.tab,
               format('UPDATE %%I SET %1$s = %1$s + 1 WHERE %2$s', w.col, u.cond) AS statement
        FROM (VALUES ('ticket', ''), ('bare_ticket', ', a table without members')) AS t (tab, note),
             (VALUES ('one row', picked[1:100], 'id = $1'),
                     ('1,000 rows', picked[1:1], format('id = ANY (%L) AND $1 > 0', picked))) AS u (name, keys, cond),
             (VALUES ('another column', 'hours'), ('a guarded column', 'amount')) AS w (name, col)
    LOOP
        FOR round IN 0..rounds LOOP
            CALL bench.update_each(format(c.statement, c.tab), c.keys, plain, n);
            CALL bench.update_each(format(c.statement, 'guarded_' || c.tab), c.keys, guarded, m);
            IF n <> m OR n = 0 THEN
                RAISE EXCEPTION 'case "%" changes % rows without guards, and % with', c.name, n, m;
            END IF;
            IF round > 0 THEN
                EXECUTE 'RESET ROLE';
                INSERT INTO bench.guard_sample VALUES (c.name, round, plain, guarded);
                CALL bench.enter(clearance, bench.guard_member());
            END IF;
        END LOOP;
    END LOOP;
    CALL bench.leave();
END $$;
