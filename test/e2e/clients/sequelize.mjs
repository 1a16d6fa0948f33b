import { DataTypes, Sequelize } from 'sequelize';

export const packages = ['sequelize', 'pg'];

export function connect(url) {
    const db = new Sequelize(url, { pool: { max: 2 }, logging: false, define: { schema: 'app', timestamps: false, freezeTableName: true } });
    const key = { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true };
    const task = db.define('task', { id: key, project_id: DataTypes.BIGINT, title: DataTypes.TEXT, is_private: DataTypes.BOOLEAN });
    const entry = db.define('entry', {
        id: key, task_id: DataTypes.BIGINT, author_id: DataTypes.BIGINT, ref: { type: DataTypes.TEXT, unique: true },
        text: DataTypes.TEXT, hours: DataTypes.INTEGER, rate: DataTypes.INTEGER, approved: DataTypes.BOOLEAN,
    });
    task.hasMany(entry, { as: 'entries', foreignKey: 'task_id' });
    return db;
}

// One transaction, on behalf of somebody.
export const acting = (db, { key, token }, work) => db.transaction(async (transaction) => {
    if (key) await db.query('SELECT clearance.set_actor(key => $key)', { bind: { key }, transaction });
    if (token) await db.query('SELECT clearance.authenticate($token)', { bind: { token }, transaction });
    return work({ db, ...db.models, transaction });
});

// What there is to say of a refusal.
export function told({ name, message, parent: e }) {
    return e ? [e.code, e.constraint, e.column, e.message, e.detail, e.hint] : [name, null, null, message];
}

export const list = ({ task, transaction }) => task.findAll({ order: ['id'], transaction });

export const page = ({ task, transaction }, offset, limit) =>
    task.findAll({ order: ['title', 'id'], offset, limit, transaction });

export const lookup = ({ task, transaction }, id) => task.findByPk(id, { transaction });

export const count = ({ entry, transaction }) => entry.count({ transaction });

export const join = ({ task, transaction }) =>
    task.findAll({ include: 'entries', order: ['id', ['entries', 'id']], transaction });

// Sequelize itself prepares nothing
export const prepared = lookup;

export const insert = ({ entry, transaction }, ref, task_id, text) => entry.create({ ref, task_id, text }, { transaction });

export async function save(session, ref, task_id, text) {
    const entry = await insert(session, ref, task_id, 'draft');
    return entry.update({ text }, session);
}

export async function update({ entry, transaction }, id, text) {
    const found = await entry.findByPk(id, { transaction });
    if (!found) return 0;
    await found.update({ text }, { transaction });
    return 1;
}

export async function update_all({ entry, transaction }, id, text) {
    const found = await entry.findByPk(id, { transaction });
    const { id: _, ...values } = found.get();
    return (await entry.update({ ...values, text }, { where: { id }, transaction }))[0];
}

export const move = async ({ entry, transaction }, id, task_id) =>
    (await entry.update({ task_id }, { where: { id }, transaction }))[0];

export const approve = async ({ entry, transaction }, id) =>
    (await entry.update({ approved: true }, { where: { id }, transaction }))[0];

export const upsert = async ({ entry, transaction }, ref, task_id, text) =>
    (await entry.upsert({ ref, task_id, text }, { conflictFields: ['ref'], fields: ['text'], transaction }))[0];

export { remove as delete };
async function remove({ entry, transaction }, id) {
    const found = await entry.findByPk(id, { transaction });
    if (!found) return 0;
    await found.destroy({ transaction });
    return 1;
}

export async function savepoint(session, ref, task_id, hidden) {
    try {
        return await session.db.transaction({ transaction: session.transaction }, (transaction) =>
            insert({ ...session, transaction }, ref, hidden, 'lost'));
    } catch {
        return insert(session, ref, task_id, 'kept');
    }
}

export const create_task = ({ task, transaction }, project_id, title) => task.create({ project_id, title }, { transaction });
