import pg from 'pg';

// As the environment of the server has it, behind a pooler that does not share prepared statements.
process.env.DATAPLAN_PG_PREPARED_STATEMENT_CACHE_SIZE = '0';
process.env.GRAPHILE_ENV ??= 'production';
const { makePgService } = await import('postgraphile/adaptors/pg');
const { grafast } = await import('postgraphile/grafast');
const { makeSchema } = await import('postgraphile');
const { PostGraphileAmberPreset } = await import('postgraphile/presets/amber');

export const packages = ['postgraphile', 'pg'];

// What the server puts into the transaction of a request, on behalf of somebody.
const pgSettings = ({ setting, token }) => ({
    role: 'app_user',
    ...(setting && { 'jwt.claims.sub': String(setting) }),
    ...(token && { 'clearance.token': token }),
});

export const connect = (url) => makeSchema({
    extends: [PostGraphileAmberPreset],
    pgServices: [makePgService({ pool: new pg.Pool({ connectionString: url, max: 2 }), schemas: ['app'] })],
    grafast: { context: ({ who }) => ({ pgSettings: pgSettings(who) }) },
});

export const acting = (server, who, work) => work(async (source, variableValues) => {
    const { data, errors } = await grafast({ ...server, source, variableValues, requestContext: { who } });
    if (errors) throw errors[0].originalError ?? errors[0];
    return data;
});

// What there is to say of a refusal: to clients, maskError tells it if you let it.
export const told = (e) => (e.code ? [e.code, e.constraint, e.column, e.message, e.detail, e.hint] : ['error', null, null, e.message]);

const row = (node) => node && { id: node.rowId, title: node.title, text: node.text, author_id: node.authorId, entries: node.entries?.nodes };

export const list = async (query) => (await query('{ allTasks(orderBy: ROW_ID_ASC) { nodes { rowId title } } }')).allTasks.nodes.map(row);

export const page = async (query, offset, first) => (await query(`query ($offset: Int!, $first: Int!) {
    allTasks(orderBy: [TITLE_ASC, ROW_ID_ASC], offset: $offset, first: $first) { nodes { rowId title } } }`,
{ offset, first })).allTasks.nodes.map(row);

export const lookup = async (query, id) =>
    row((await query('query ($id: BigInt!) { taskByRowId(rowId: $id) { rowId title } }', { id })).taskByRowId);

export const count = async (query) => (await query('{ allEntries { totalCount } }')).allEntries.totalCount;

export const join = async (query) => (await query(`{ allTasks(orderBy: ROW_ID_ASC) { nodes { rowId title
    entries: entriesByTaskId(orderBy: ROW_ID_ASC) { nodes { text } } } } }`)).allTasks.nodes.map(row);

export const prepared = lookup;

export const insert = async (query, ref, taskId, text) => row((await query(`mutation ($entry: EntryInput!) {
    createEntry(input: { entry: $entry }) { entry { rowId text authorId } } }`, { entry: { ref, taskId, text } })).createEntry.entry);

const patch = async (query, id, entryPatch) => row((await query(`mutation ($id: BigInt!, $entryPatch: EntryPatch!) {
    updateEntryByRowId(input: { rowId: $id, entryPatch: $entryPatch }) { entry { rowId text authorId } } }`,
{ id, entryPatch })).updateEntryByRowId.entry);

export async function save(query, ref, taskId, text) {
    const { id } = await insert(query, ref, taskId, 'draft');
    return patch(query, id, { text });
}

// the payload has no entry where nothing was updated
export const update = async (query, id, text) => ((await patch(query, id, { text })) ? 1 : 0);

export async function update_all(query, id, text) {
    const { entryByRowId } = await query(
        'query ($id: BigInt!) { entryByRowId(rowId: $id) { taskId authorId ref text hours rate approved } }', { id });
    return (await patch(query, id, { ...entryByRowId, text }), 1);
}

export const move = async (query, id, taskId) => (await patch(query, id, { taskId }), 1);

export const approve = async (query, id) => (await patch(query, id, { approved: true }), 1);

export { remove as delete };
const remove = async (query, id) =>
    (await query('mutation ($id: BigInt!) { deleteEntryByRowId(input: { rowId: $id }) { deletedEntryId: clientMutationId } }', { id }), 1);

export const create_task = async (query, projectId, title) => row((await query(`mutation ($task: TaskInput!) {
    createTask(input: { task: $task }) { task { rowId title } } }`, { task: { projectId, title } })).createTask.task);
