import graphql from 'graphql';
import pg from 'pg';

// Behind a pooler that does not share prepared statements; the environment of the server says so.
process.env.POSTGRAPHILE_PREPARED_STATEMENT_CACHE_SIZE = '0';
const { default: postgraphile } = await import('postgraphile');

export const packages = ['postgraphile', 'pg'];

// The schema is made of the tables that the server's login may use.
export async function connect(url) {
    const pool = new pg.Pool({ connectionString: url, max: 2 });
    return { pool, schema: await postgraphile.createPostGraphileSchema(pool, 'app', { ignoreRBAC: false }) };
}

// One transaction a request, on behalf of somebody: what the server's option pgSettings returns for a request. extendedErrors
// has refusals say more than their message.
export const acting = ({ pool, schema }, { setting, token }, work) => postgraphile.withPostGraphileContext({
    pgPool: pool,
    pgSettings: { role: 'app_user', ...(setting && { 'jwt.claims.sub': setting }), ...(token && { 'clearance.token': token }) },
}, (context) => work(async (query, variables) => {
    const { data, errors } = await graphql.graphql(schema, query, null, { ...context }, variables);
    if (errors) throw errors[0].originalError ?? errors[0];
    return data;
}));

// What there is to say of a refusal.
export const told = (e) => (e.code ? [e.code, e.constraint, e.column, e.message, e.detail, e.hint] : ['error', null, null, e.message]);

const row = (node) => node && { id: node.id, title: node.title, text: node.text, author_id: node.authorId, entries: node.entries?.nodes };

export const list = async (query) => (await query('{ allTasks(orderBy: ID_ASC) { nodes { id title } } }')).allTasks.nodes;

export const page = async (query, offset, first) => (await query(`query ($offset: Int!, $first: Int!) {
    allTasks(orderBy: [TITLE_ASC, ID_ASC], offset: $offset, first: $first) { nodes { id title } } }`, { offset, first })).allTasks.nodes;

export const lookup = async (query, id) => (await query('query ($id: BigInt!) { taskById(id: $id) { id title } }', { id })).taskById;

export const count = async (query) => (await query('{ allEntries { totalCount } }')).allEntries.totalCount;

export const join = async (query) => (await query(`{ allTasks(orderBy: ID_ASC) { nodes { id title
    entries: entriesByTaskId(orderBy: ID_ASC) { nodes { text } } } } }`)).allTasks.nodes.map(row);

export const prepared = lookup;

export const insert = async (query, ref, taskId, text) => row((await query(`mutation ($entry: EntryInput!) {
    createEntry(input: { entry: $entry }) { entry { id text authorId } } }`, { entry: { ref, taskId, text } })).createEntry.entry);

const patch = async (query, id, entryPatch) => row((await query(`mutation ($id: BigInt!, $entryPatch: EntryPatch!) {
    updateEntryById(input: { id: $id, entryPatch: $entryPatch }) { entry { id text authorId } } }`, { id, entryPatch })).updateEntryById.entry);

export async function save(query, ref, taskId, text) {
    const { id } = await insert(query, ref, taskId, 'draft');
    return patch(query, id, { text });
}

export const update = async (query, id, text) => (await patch(query, id, { text }), 1);

export async function update_all(query, id, text) {
    const { entryById } = await query('query ($id: BigInt!) { entryById(id: $id) { taskId authorId ref text hours rate approved } }', { id });
    return (await patch(query, id, { ...entryById, text }), 1);
}

export const move = async (query, id, taskId) => (await patch(query, id, { taskId }), 1);

export const approve = async (query, id) => (await patch(query, id, { approved: true }), 1);

export { remove as delete };
const remove = async (query, id) =>
    (await query('mutation ($id: BigInt!) { deleteEntryById(input: { id: $id }) { deletedEntryId } }', { id }), 1);

export const create_task = async (query, projectId, title) => row((await query(`mutation ($task: TaskInput!) {
    createTask(input: { task: $task }) { task { id title } } }`, { task: { projectId, title } })).createTask.task);
