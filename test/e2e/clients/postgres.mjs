import postgres from 'postgres';

export const packages = ['postgres'];

// prepare: false behind a pooler that does not share prepared statements
export const connect = (url) => postgres(url, { max: 2, prepare: false });

// One transaction, on behalf of somebody.
export const acting = (db, { key, token }, work) => db.begin(async (sql) => {
    if (key) await sql`SELECT clearance.set_actor(key => ${key})`;
    if (token) await sql`SELECT clearance.authenticate(${token})`;
    return work(sql);
});

// What there is to say of a refusal.
export const told = (e) => [e.code, e.constraint_name, e.column_name, e.message, e.detail, e.hint];

export const list = (sql) => sql`SELECT * FROM app.task ORDER BY id`;

export const page = (sql, offset, limit) => sql`SELECT * FROM app.task ORDER BY title, id OFFSET ${offset} LIMIT ${limit}`;

export const lookup = async (sql, id) => (await sql`SELECT * FROM app.task WHERE id = ${id}`)[0];

export const count = async (sql) => (await sql`SELECT count(*) FROM app.entry`)[0].count;

export const join = (sql) => sql`
    SELECT t.*, array_agg(e.text ORDER BY e.id) FILTER (WHERE e.id IS NOT NULL) AS entries
    FROM app.task t LEFT JOIN app.entry e ON e.task_id = t.id GROUP BY t.id ORDER BY t.id`;

// not behind a pooler in transaction mode, unless that shares prepared statements
export const prepared = async (sql, id) =>
    (await sql.unsafe('SELECT * FROM app.task WHERE id = $1', [id], { prepare: true }))[0];

export const insert = async (sql, ref, task_id, text) =>
    (await sql`INSERT INTO app.entry ${sql({ ref, task_id, text })} RETURNING *`)[0];

export async function save(sql, ref, task_id, text) {
    const { id } = await insert(sql, ref, task_id, 'draft');
    return (await sql`UPDATE app.entry SET ${sql({ text })} WHERE id = ${id} RETURNING *`)[0];
}

export const update = async (sql, id, text) => (await sql`UPDATE app.entry SET ${sql({ text })} WHERE id = ${id}`).count;

export async function update_all(sql, id, text) {
    const [entry] = await sql`SELECT * FROM app.entry WHERE id = ${id}`;
    return (await sql`UPDATE app.entry SET ${sql({ ...entry, text })} WHERE id = ${id}`).count;
}

export const move = async (sql, id, task_id) => (await sql`UPDATE app.entry SET ${sql({ task_id })} WHERE id = ${id}`).count;

export const approve = async (sql, id) => (await sql`UPDATE app.entry SET approved = true WHERE id = ${id}`).count;

export const upsert = async (sql, ref, task_id, text) => (await sql`
    INSERT INTO app.entry ${sql({ ref, task_id, text })} ON CONFLICT (ref) DO UPDATE SET text = excluded.text RETURNING *`)[0];

export { remove as delete };
const remove = async (sql, id) => (await sql`DELETE FROM app.entry WHERE id = ${id}`).count;

export async function savepoint(sql, ref, task_id, hidden) {
    try {
        return await sql.savepoint((inner) => insert(inner, ref, hidden, 'lost'));
    } catch {
        return insert(sql, ref, task_id, 'kept');
    }
}

export const create_task = async (sql, project_id, title) =>
    (await sql`INSERT INTO app.task ${sql({ project_id, title })} RETURNING *`)[0];
