import pg from 'pg';

export const packages = ['pg'];

export const connect = (url) => new pg.Pool({ connectionString: url, max: 2 });

// One transaction, on behalf of somebody.
export async function acting(pool, { key, token }, work) {
    const db = await pool.connect();
    try {
        await db.query('BEGIN');
        if (key) await db.query('SELECT clearance.set_actor(key => $1)', [key]);
        if (token) await db.query('SELECT clearance.authenticate($1)', [token]);
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

// What there is to say of a refusal.
export const told = (e) => [e.code, e.constraint, e.column, e.message, e.detail, e.hint];

export const list = async (db) => (await db.query('SELECT * FROM app.task ORDER BY id')).rows;

export const page = async (db, offset, limit) =>
    (await db.query('SELECT * FROM app.task ORDER BY title, id OFFSET $1 LIMIT $2', [offset, limit])).rows;

export const lookup = async (db, id) => (await db.query('SELECT * FROM app.task WHERE id = $1', [id])).rows[0];

export const count = async (db) => (await db.query('SELECT count(*) FROM app.entry')).rows[0].count;

export const join = async (db) => (await db.query(`
    SELECT t.*, array_agg(e.text ORDER BY e.id) FILTER (WHERE e.id IS NOT NULL) AS entries
    FROM app.task t LEFT JOIN app.entry e ON e.task_id = t.id GROUP BY t.id ORDER BY t.id`)).rows;

// not behind a pooler in transaction mode, unless that shares prepared statements
export const prepared = async (db, id) =>
    (await db.query({ name: 'lookup', text: 'SELECT * FROM app.task WHERE id = $1', values: [id] })).rows[0];

export const insert = async (db, ref, task, text) =>
    (await db.query('INSERT INTO app.entry (ref, task_id, text) VALUES ($1, $2, $3) RETURNING *', [ref, task, text])).rows[0];

export async function save(db, ref, task, text) {
    const entry = await insert(db, ref, task, 'draft');
    return (await db.query('UPDATE app.entry SET text = $1 WHERE id = $2 RETURNING *', [text, entry.id])).rows[0];
}

export const update = async (db, id, text) =>
    (await db.query('UPDATE app.entry SET text = $1 WHERE id = $2', [text, id])).rowCount;

export async function update_all(db, id, text) {
    const { rows: [e] } = await db.query('SELECT * FROM app.entry WHERE id = $1', [id]);
    return (await db.query(`UPDATE app.entry SET task_id = $1, author_id = $2, ref = $3, text = $4, hours = $5, rate = $6,
        approved = $7 WHERE id = $8`, [e.task_id, e.author_id, e.ref, text, e.hours, e.rate, e.approved, e.id])).rowCount;
}

export const move = async (db, id, task) =>
    (await db.query('UPDATE app.entry SET task_id = $1 WHERE id = $2', [task, id])).rowCount;

export const approve = async (db, id) => (await db.query('UPDATE app.entry SET approved = true WHERE id = $1', [id])).rowCount;

export const upsert = async (db, ref, task, text) => (await db.query(`
    INSERT INTO app.entry (ref, task_id, text) VALUES ($1, $2, $3)
    ON CONFLICT (ref) DO UPDATE SET text = excluded.text RETURNING *`, [ref, task, text])).rows[0];

// "delete" is a word of the language
export { remove as delete };
const remove = async (db, id) => (await db.query('DELETE FROM app.entry WHERE id = $1', [id])).rowCount;

export async function savepoint(db, ref, task, hidden) {
    await db.query('SAVEPOINT before');
    try {
        return await insert(db, ref, hidden, 'lost');
    } catch {
        await db.query('ROLLBACK TO SAVEPOINT before');
        return insert(db, ref, task, 'kept');
    }
}

export const create_task = async (db, project, title) =>
    (await db.query('INSERT INTO app.task (project_id, title) VALUES ($1, $2) RETURNING *', [project, title])).rows[0];
