import { DataSource, EntitySchema } from 'typeorm';

export const packages = ['typeorm', 'pg'];

const id = { type: 'bigint', primary: true, generated: 'identity' };
const Task = new EntitySchema({
    name: 'Task', tableName: 'task', schema: 'app',
    columns: { id, project_id: { type: 'bigint' }, title: { type: 'text' }, is_private: { type: 'boolean', default: false } },
    relations: { entries: { type: 'one-to-many', target: 'Entry', inverseSide: 'task' } },
});
const Entry = new EntitySchema({
    name: 'Entry', tableName: 'entry', schema: 'app',
    columns: {
        id, task_id: { type: 'bigint' },
        // filled in by the database: a default is what TypeORM reads back
        author_id: { type: 'bigint', nullable: true, default: () => 'NULL' },
        ref: { type: 'text', unique: true }, text: { type: 'text' }, hours: { type: 'integer', default: 1 },
        rate: { type: 'integer', nullable: true }, approved: { type: 'boolean', default: false },
    },
    relations: { task: { type: 'many-to-one', target: 'Task', joinColumn: { name: 'task_id' }, inverseSide: 'entries' } },
});

export const connect = (url) => new DataSource({ type: 'postgres', url, poolSize: 2, entities: [Task, Entry] }).initialize();

// One transaction, on behalf of somebody.
export const acting = (db, { key, token }, work) => db.transaction(async (manager) => {
    if (key) await manager.query('SELECT clearance.set_actor(key => $1)', [key]);
    if (token) await manager.query('SELECT clearance.authenticate($1)', [token]);
    return work(manager);
});

// What there is to say of a refusal.
export function told({ name, message, driverError: e }) {
    return e ? [e.code, e.constraint, e.column, e.message, e.detail, e.hint] : [name, null, null, message];
}

export const list = (manager) => manager.find(Task, { order: { id: 'ASC' } });

export const page = (manager, skip, take) => manager.find(Task, { order: { title: 'ASC', id: 'ASC' }, skip, take });

export const lookup = (manager, id) => manager.findOneBy(Task, { id });

export const count = (manager) => manager.count(Entry);

export const join = (manager) => manager.find(Task, { relations: { entries: true }, order: { id: 'ASC', entries: { id: 'ASC' } } });

// TypeORM itself prepares nothing
export const prepared = lookup;

export const insert = (manager, ref, task_id, text) => manager.save(Entry, { ref, task_id, text });

export async function save(manager, ref, task_id, text) {
    const entry = await insert(manager, ref, task_id, 'draft');
    entry.text = text;
    return manager.save(Entry, entry);
}

export async function update(manager, id, text) {
    const entry = await manager.findOneBy(Entry, { id });
    if (!entry) return 0;
    entry.text = text;
    await manager.save(Entry, entry);
    return 1;
}

export async function update_all(manager, id, text) {
    const entry = await manager.findOneBy(Entry, { id });
    return (await manager.update(Entry, { id }, { ...entry, text })).affected;
}

export const move = async (manager, id, task_id) => (await manager.update(Entry, { id }, { task_id })).affected;

export const approve = async (manager, id) => (await manager.update(Entry, { id }, { approved: true })).affected;

export async function upsert(manager, ref, task_id, text) {
    await manager.upsert(Entry, { ref, task_id, text }, ['ref']);
    return manager.findOneBy(Entry, { ref });
}

export { remove as delete };
async function remove(manager, id) {
    const entry = await manager.findOneBy(Entry, { id });
    if (!entry) return 0;
    await manager.remove(Entry, entry);
    return 1;
}

export async function savepoint(manager, ref, task_id, hidden) {
    try {
        return await manager.transaction((inner) => insert(inner, ref, hidden, 'lost'));
    } catch {
        return insert(manager, ref, task_id, 'kept');
    }
}

export const create_task = (manager, project_id, title) => manager.save(Task, { project_id, title });
