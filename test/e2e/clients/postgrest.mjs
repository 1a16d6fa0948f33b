// What PostgREST 12 sends for a request, statement by statement: the transaction, the prelude, one query.
import pg from 'pg';

export const packages = ['pg'];

export const connect = (url) => new pg.Pool({ connectionString: url, max: 2 });

export async function acting(pool, { setting, token }, work) {
    const db = await pool.connect();
    const claims = JSON.stringify({ role: 'app_user', ...(setting && { sub: setting }) });
    try {
        await db.query('BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE');
        await db.query(`select set_config('search_path', $1, true), set_config('role', $2, true),
            set_config('request.jwt.claims', $3, true), set_config('request.method', $4, true),
            set_config('request.path', $5, true), set_config('request.headers', $6, true), set_config('request.cookies', $7, true)`,
        ['"app", "public"', 'app_user', claims, 'GET', '/task', '{"accept":"application/json"}', '{}']);
        // db-pre-request
        if (token) await db.query('select clearance.authenticate($1)', [token]);
        const result = await work(db);
        await db.query('COMMIT');
        return result;
    } catch (error) {
        await db.query('ROLLBACK');
        throw error;
    } finally {
        db.release();
    }
}

// What its answer holds of a refusal: code, message, details, hint.
export const told = (e) => [e.code, null, null, e.message, e.detail, e.hint];

const answer = async (db, source, values = []) => (await db.query(`WITH pgrst_source AS (${source})
    SELECT null::bigint AS total_result_set, pg_catalog.count(_postgrest_t) AS page_total,
        coalesce(json_agg(_postgrest_t), '[]') AS body, nullif(current_setting('response.headers', true), '') AS response_headers,
        nullif(current_setting('response.status', true), '') AS response_status
    FROM (SELECT * FROM pgrst_source) _postgrest_t`, values)).rows[0];

const rows = async (...request) => (await answer(...request)).body;
const row = async (...request) => (await rows(...request))[0];
const changed = async (...request) => (await answer(...request)).page_total;

const body = (values) => [JSON.stringify(values)];
const post = (table, columns, types, values, conflict = '') => [`WITH pgrst_payload AS (SELECT $1::json AS json_data)
    INSERT INTO "app"."${table}"(${columns}) SELECT ${columns} FROM pgrst_payload, LATERAL (
        SELECT * FROM json_to_record(pgrst_payload.json_data) AS _(${types})) pgrst_body ${conflict} RETURNING "app"."${table}".*`, body(values)];
const patch = (id, columns, types, values) => [`WITH pgrst_payload AS (SELECT $1::json AS json_data)
    UPDATE "app"."entry" SET ${columns.map((c) => `"${c}" = pgrst_body."${c}"`)} FROM (SELECT * FROM pgrst_payload, LATERAL (
        SELECT * FROM json_to_record(pgrst_payload.json_data) AS _(${types})) b) pgrst_body
    WHERE "app"."entry"."id" = ${Number(id)} RETURNING "app"."entry".*`, body(values)];

export const list = (db) => rows(db, 'SELECT "app"."task".* FROM "app"."task" ORDER BY "app"."task"."id"');

export const page = (db, offset, limit) => rows(db, `SELECT "app"."task".* FROM "app"."task"
    ORDER BY "app"."task"."title", "app"."task"."id" LIMIT $1 OFFSET $2`, [limit, offset]);

export const lookup = (db, id) => row(db, 'SELECT "app"."task".* FROM "app"."task" WHERE "app"."task"."id" = $1', [id]);

// Prefer: count=exact
export const count = async (db) => (await db.query(`WITH pgrst_source AS (SELECT "app"."entry".* FROM "app"."entry" LIMIT 1),
    pgrst_source_count AS (SELECT 1 FROM "app"."entry")
    SELECT (SELECT pg_catalog.count(*) FROM pgrst_source_count) AS total_result_set, pg_catalog.count(_postgrest_t) AS page_total
    FROM (SELECT * FROM pgrst_source) _postgrest_t`)).rows[0].total_result_set;

// ?select=*,entries:entry(text)
export const join = (db) => rows(db, `SELECT "app"."task".*, COALESCE("task_entries_1"."task_entries_1", '[]') AS "entries"
    FROM "app"."task" LEFT JOIN LATERAL (SELECT json_agg("task_entries_1") AS "task_entries_1" FROM (
        SELECT "entry_1"."text" FROM "app"."entry" AS "entry_1" WHERE "entry_1"."task_id" = "app"."task"."id"
        ORDER BY "entry_1"."id") AS "task_entries_1") AS "task_entries_1" ON TRUE ORDER BY "app"."task"."id"`);

// db-prepared-statements: not behind a pooler in transaction mode, unless that shares them
export const prepared = async (db, id) =>
    (await db.query({ name: '0', text: 'SELECT "app"."task".* FROM "app"."task" WHERE "app"."task"."id" = $1', values: [id] })).rows[0];

const types = '"ref" text, "task_id" bigint, "text" text';

export const insert = (db, ref, task_id, text) => row(db, ...post('entry', '"ref", "task_id", "text"', types, { ref, task_id, text }));

export async function save(db, ref, task_id, text) {
    const { id } = await insert(db, ref, task_id, 'draft');
    return row(db, ...patch(id, ['text'], '"text" text', { text }));
}

export const update = (db, id, text) => changed(db, ...patch(id, ['text'], '"text" text', { text }));

export async function update_all(db, id, text) {
    const entry = await row(db, 'SELECT "app"."entry".* FROM "app"."entry" WHERE "app"."entry"."id" = $1', [id]);
    return changed(db, ...patch(id, Object.keys(entry), '"id" bigint, "author_id" bigint, "hours" integer, "rate" integer, '
        + `"approved" boolean, ${types}`, { ...entry, text }));
}

export const move = (db, id, task_id) => changed(db, ...patch(id, ['task_id'], '"task_id" bigint', { task_id }));

export const approve = (db, id) => changed(db, ...patch(id, ['approved'], '"approved" boolean', { approved: true }));

// Prefer: resolution=merge-duplicates, ?on_conflict=ref
export const upsert = (db, ref, task_id, text) => row(db, ...post('entry', '"ref", "task_id", "text"', types, { ref, task_id, text },
    'ON CONFLICT("ref") DO UPDATE SET "ref" = EXCLUDED."ref", "task_id" = EXCLUDED."task_id", "text" = EXCLUDED."text"'));

export { remove as delete };
const remove = (db, id) => changed(db, 'DELETE FROM "app"."entry" WHERE "app"."entry"."id" = $1 RETURNING "app"."entry".*', [id]);

export const create_task = (db, project_id, title) =>
    row(db, ...post('task', '"project_id", "title"', '"project_id" bigint, "title" text', { project_id, title }));
