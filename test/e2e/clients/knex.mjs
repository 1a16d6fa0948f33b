import knex from 'knex';

export const packages = ['knex', 'pg'];

export const connect = (url) =>
    knex({ client: 'pg', connection: url, pool: { min: 0, max: 2 } });

// One transaction, on behalf of somebody.
export const acting = (db, { key, token }, work) => db.transaction(async (tx) => {
    if (key) await tx.raw('SELECT clearance.set_actor(key => ?)', [key]);
    if (token) await tx.raw('SELECT clearance.authenticate(?)', [token]);
    return work(tx);
});

// What there is to say of a refusal; knex puts the statement before the message.
export const told = (e) => [e.code, e.constraint, e.column, e.message.replace(/.* - (?=\w+ (of|into|")|new row)/s, ''), e.detail, e.hint];

export const list = (db) => db('app.task').orderBy('id');

export const page = (db, offset, limit) => db('app.task').orderBy(['title', 'id']).offset(offset).limit(limit);

export const lookup = (db, id) => db('app.task').where({ id }).first();

export const count = async (db) => (await db('app.entry').count()).at(0).count;

export async function join(db) {
    const tasks = await db('app.task').orderBy('id');
    const entries = await db('app.entry').whereIn('task_id', tasks.map((task) => task.id)).orderBy('id');
    return tasks.map((task) => ({ ...task, entries: entries.filter((entry) => entry.task_id === task.id) }));
}

// knex itself prepares nothing
export const prepared = (db, id) => db('app.task').where({ id }).first();

export const insert = async (db, ref, task_id, text) => (await db('app.entry').insert({ ref, task_id, text }, '*')).at(0);

export async function save(db, ref, task_id, text) {
    const { id } = await insert(db, ref, task_id, 'draft');
    return (await db('app.entry').where({ id }).update({ text }, '*')).at(0);
}

export const update = (db, id, text) => db('app.entry').where({ id }).update({ text });

export async function update_all(db, id, text) {
    const entry = await db('app.entry').where({ id }).first();
    return db('app.entry').where({ id }).update({ ...entry, text });
}

export const move = (db, id, task_id) => db('app.entry').where({ id }).update({ task_id });

export const approve = (db, id) => db('app.entry').where({ id }).update({ approved: true });

export const upsert = async (db, ref, task_id, text) =>
    (await db('app.entry').insert({ ref, task_id, text }, '*').onConflict('ref').merge(['text'])).at(0);

export { remove as delete };
const remove = (db, id) => db('app.entry').where({ id }).delete();

export async function savepoint(db, ref, task_id, hidden) {
    try {
        return await db.transaction((inner) => insert(inner, ref, hidden, 'lost'));
    } catch {
        return insert(db, ref, task_id, 'kept');
    }
}

export const create_task = async (db, project_id, title) => (await db('app.task').insert({ project_id, title }, '*')).at(0);
