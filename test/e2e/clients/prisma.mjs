import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../build/prisma/index.js';

export const packages = ['prisma', '@prisma/adapter-pg'];

export const connect = (url) => new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 2 }) });

// One transaction, on behalf of somebody.
export const acting = (prisma, { key, token }, work) => prisma.$transaction(async (tx) => {
    if (key) await tx.$executeRaw`SELECT clearance.set_actor(key => ${key})`;
    if (token) await tx.$executeRaw`SELECT clearance.authenticate(${token})`;
    return work(tx);
}, { maxWait: 10000, timeout: 30000 });

// What there is to say of a refusal.
export function told(e) {
    const cause = e.meta?.driverAdapterError?.cause;
    return cause ? [cause.code, null, cause.column, cause.message, cause.detail, cause.hint]
        : [e.code, null, null, e.message.split('\n').at(-1)];
}

export const list = (tx) => tx.task.findMany({ orderBy: { id: 'asc' } });

export const page = (tx, skip, take) => tx.task.findMany({ orderBy: [{ title: 'asc' }, { id: 'asc' }], skip, take });

export const lookup = (tx, id) => tx.task.findUnique({ where: { id } });

export const count = (tx) => tx.entry.count();

export const join = (tx) => tx.task.findMany({ include: { entries: { orderBy: { id: 'asc' } } }, orderBy: { id: 'asc' } });

export const prepared = (tx, id) => tx.task.findUnique({ where: { id } });

export const insert = (tx, ref, task_id, text) => tx.entry.create({ data: { ref, task_id, text } });

export async function save(tx, ref, task_id, text) {
    const { id } = await insert(tx, ref, task_id, 'draft');
    return tx.entry.update({ where: { id }, data: { text } });
}

export async function update(tx, id, text) {
    await tx.entry.update({ where: { id }, data: { text } });
    return 1;
}

export async function update_all(tx, id, text) {
    const entry = await tx.entry.findUnique({ where: { id } });
    await tx.entry.update({ where: { id }, data: { ...entry, text } });
    return 1;
}

export const move = (tx, id, task_id) => tx.entry.update({ where: { id }, data: { task_id } });

export const approve = (tx, id) => tx.entry.update({ where: { id }, data: { approved: true } });

export const upsert = (tx, ref, task_id, text) =>
    tx.entry.upsert({ where: { ref }, create: { ref, task_id, text }, update: { text } });

export { remove as delete };
async function remove(tx, id) {
    await tx.entry.delete({ where: { id } });
    return 1;
}

export async function savepoint(tx, ref, task_id, hidden) {
    await tx.$executeRaw`SAVEPOINT before`;
    try {
        return await insert(tx, ref, hidden, 'lost');
    } catch {
        await tx.$executeRaw`ROLLBACK TO SAVEPOINT before`;
        return insert(tx, ref, task_id, 'kept');
    }
}

export const create_task = (tx, project_id, title) => tx.task.create({ data: { project_id, title } });
