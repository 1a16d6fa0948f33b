import { count as countOf, eq, relations, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { bigint, boolean, integer, pgSchema, text as string } from 'drizzle-orm/pg-core';
import pg from 'pg';

export const packages = ['drizzle-orm', 'pg'];

const app = pgSchema('app');
const number = () => bigint({ mode: 'number' });
const task = app.table('task', {
    id: number().primaryKey().generatedByDefaultAsIdentity(),
    project_id: number(),
    title: string(),
    is_private: boolean().default(false),
    assignee_id: number(),
});
const entry = app.table('entry', {
    id: number().primaryKey().generatedByDefaultAsIdentity(),
    task_id: number(),
    author_id: number(),
    ref: string().unique(),
    text: string(),
    hours: integer().default(1),
    rate: integer(),
    approved: boolean().default(false),
});
const taskRelations = relations(task, ({ many }) => ({ entries: many(entry) }));
const entryRelations = relations(entry, ({ one }) => ({ task: one(task, { fields: [entry.task_id], references: [task.id] }) }));

export const connect = (url) =>
    drizzle(new pg.Pool({ connectionString: url, max: 2 }), { schema: { task, entry, taskRelations, entryRelations } });

// One transaction, on behalf of somebody.
export const acting = (db, { key, token }, work) => db.transaction(async (tx) => {
    if (key) await tx.execute(sql`SELECT clearance.set_actor(key => ${key})`);
    if (token) await tx.execute(sql`SELECT clearance.authenticate(${token})`);
    return work(tx);
});

// What there is to say of a refusal: Drizzle's own message is the statement.
export function told({ cause: e, message }) {
    return e ? [e.code, e.constraint, e.column, e.message, e.detail, e.hint] : [message];
}

export const list = (db) => db.select().from(task).orderBy(task.id);

export const page = (db, offset, limit) => db.select().from(task).orderBy(task.title, task.id).offset(offset).limit(limit);

export const lookup = async (db, id) => (await db.select().from(task).where(eq(task.id, id)))[0];

export const count = async (db) => (await db.select({ count: countOf() }).from(entry))[0].count;

export const join = (db) => db.query.task.findMany({ with: { entries: { orderBy: entry.id } }, orderBy: task.id });

// not behind a pooler in transaction mode, unless that shares prepared statements
export const prepared = async (db, id) =>
    (await db.select().from(task).where(eq(task.id, sql.placeholder('id'))).prepare('lookup').execute({ id }))[0];

export const insert = async (db, ref, task_id, text) => (await db.insert(entry).values({ ref, task_id, text }).returning())[0];

export async function save(db, ref, task_id, text) {
    const { id } = await insert(db, ref, task_id, 'draft');
    return (await db.update(entry).set({ text }).where(eq(entry.id, id)).returning())[0];
}

const change = async (db, id, values) => (await db.update(entry).set(values).where(eq(entry.id, id))).rowCount;

export const update = (db, id, text) => change(db, id, { text });

export async function update_all(db, id, text) {
    const [found] = await db.select().from(entry).where(eq(entry.id, id));
    return change(db, id, { ...found, text });
}

export const move = (db, id, task_id) => change(db, id, { task_id });

export const approve = (db, id) => change(db, id, { approved: true });

export const upsert = async (db, ref, task_id, text) => (await db.insert(entry).values({ ref, task_id, text })
    .onConflictDoUpdate({ target: entry.ref, set: { text } }).returning())[0];

export { remove as delete };
const remove = async (db, id) => (await db.delete(entry).where(eq(entry.id, id))).rowCount;

export async function savepoint(db, ref, task_id, hidden) {
    try {
        return await db.transaction((inner) => insert(inner, ref, hidden, 'lost'));
    } catch {
        return insert(db, ref, task_id, 'kept');
    }
}

export const create_task = async (db, project_id, title) => (await db.insert(task).values({ project_id, title }).returning())[0];
