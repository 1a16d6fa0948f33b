import { Kysely, PostgresDialect, sql } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import pg from 'pg';

export const packages = ['kysely', 'pg'];

export const connect = (url) =>
    new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max: 2 }) }) });

// One transaction, on behalf of somebody.
export async function acting(db, { key, token }, work) {
    const tx = await db.startTransaction().execute();
    try {
        if (key) await sql`SELECT clearance.set_actor(key => ${key})`.execute(tx);
        if (token) await sql`SELECT clearance.authenticate(${token})`.execute(tx);
        const result = await work(tx);
        await tx.commit().execute();
        return result;
    } catch (error) {
        await tx.rollback().execute();
        throw error;
    }
}

// What there is to say of a refusal.
export const told = (e) => [e.code, e.constraint, e.column, e.message, e.detail, e.hint];

export const list = (db) => db.selectFrom('app.task').selectAll().orderBy('id').execute();

export const page = (db, offset, limit) =>
    db.selectFrom('app.task').selectAll().orderBy('title').orderBy('id').offset(offset).limit(limit).execute();

export const lookup = (db, id) => db.selectFrom('app.task').selectAll().where('id', '=', id).executeTakeFirst();

export const count = async (db) =>
    (await db.selectFrom('app.entry').select((e) => e.fn.countAll().as('count')).executeTakeFirst()).count;

export const join = (db) => db.selectFrom('app.task as t').selectAll('t').orderBy('id').select((task) => jsonArrayFrom(
    task.selectFrom('app.entry as e').select(['e.id', 'e.text']).whereRef('e.task_id', '=', 't.id').orderBy('e.id'),
).as('entries')).execute();

// Kysely itself prepares nothing
export const prepared = lookup;

export const insert = (db, ref, task_id, text) =>
    db.insertInto('app.entry').values({ ref, task_id, text }).returningAll().executeTakeFirst();

export async function save(db, ref, task_id, text) {
    const { id } = await insert(db, ref, task_id, 'draft');
    return db.updateTable('app.entry').set({ text }).where('id', '=', id).returningAll().executeTakeFirst();
}

const change = async (db, id, values) =>
    (await db.updateTable('app.entry').set(values).where('id', '=', id).executeTakeFirst()).numUpdatedRows;

export const update = (db, id, text) => change(db, id, { text });

export async function update_all(db, id, text) {
    const entry = await db.selectFrom('app.entry').selectAll().where('id', '=', id).executeTakeFirst();
    return change(db, id, { ...entry, text });
}

export const move = (db, id, task_id) => change(db, id, { task_id });

export const approve = (db, id) => change(db, id, { approved: true });

export const upsert = (db, ref, task_id, text) => db.insertInto('app.entry').values({ ref, task_id, text })
    .onConflict((conflict) => conflict.column('ref').doUpdateSet({ text })).returningAll().executeTakeFirst();

export { remove as delete };
const remove = async (db, id) =>
    (await db.deleteFrom('app.entry').where('id', '=', id).executeTakeFirst()).numDeletedRows;

export async function savepoint(db, ref, task_id, hidden) {
    const after = await db.savepoint('before').execute();
    try {
        return await insert(after, ref, hidden, 'lost');
    } catch {
        await after.rollbackToSavepoint('before').execute();
        return insert(db, ref, task_id, 'kept');
    }
}

export const create_task = (db, project_id, title) =>
    db.insertInto('app.task').values({ project_id, title }).returningAll().executeTakeFirst();
