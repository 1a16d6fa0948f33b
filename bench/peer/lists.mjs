// The newest 50 tasks that somebody may see, asked for by an application of Node.js: with CASL, whose
// rules it turns into the WHERE of a statement by @ucast/sql, with the ideal literal statement, and
// with pg_clearance. Each is timed from request to rows, over one connection of the same driver.
//
//	node lists.mjs ROUNDS >SAMPLES
//
// A line of SAMPLES: case, road, round, milliseconds of a request. All roads must give the same rows.
import { AbilityBuilder, createMongoAbility } from '@casl/ability';
import { rulesToAST } from '@casl/ability/extra';
import { allInterpreters, createSqlInterpreter, pg as dialect } from '@ucast/sql';
import pg from 'pg';

const rounds = Number(process.argv[2]);
const requests = 20;      // in a sample
const interpret = createSqlInterpreter(allInterpreters);
const askers = { 'account admin': 1601, manager: 1602, permissive: 1604, moderate: 1605, restricted: 1606 };
const order = 'ORDER BY due_on DESC, id DESC LIMIT 50';

// What an application reads of the person behind a request.
async function whoAsks(client, member) {
	const { rows } = await client.query(
		`SELECT m.id::int, m.level, m.account_id::int, ARRAY(SELECT pm.project_id::int FROM bench.project_member pm
		 WHERE pm.member_id = m.id AND pm.starts_at <= now() AND now() < pm.ends_at) AS projects
		 FROM bench.member m WHERE m.id = $1`, [member]);
	return rows[0];
}

// The rule in CASL's words.
function abilityOf(person) {
	const { can, build } = new AbilityBuilder(createMongoAbility);
	const conditions = {
		account_admin: { account_id: person.account_id },
		moderate: { is_private: false, project_id: { $in: person.projects } },
		restricted: { assignee_id: person.id, project_id: { $in: person.projects } },
	};
	can('view', 'Task', conditions[person.level] ?? { project_id: { $in: person.projects } });
	return build();
}

function listBy(client, ability) {
	const [condition, values] = interpret(rulesToAST(ability, 'view', 'Task'), { ...dialect, joinRelation: () => false });
	return client.query(`SELECT id, title, due_on FROM ideal.task WHERE ${condition} ${order}`, values);
}

function literal(person) {
	const inProjects = `project_id = ANY ('{${person.projects}}')`;
	const conditions = {
		account_admin: `account_id = ${person.account_id}`,
		moderate: `NOT is_private AND ${inProjects}`,
		restricted: `assignee_id = ${person.id} AND ${inProjects}`,
	};
	return `SELECT id, title, due_on FROM ideal.task WHERE ${conditions[person.level] ?? inProjects} ${order}`;
}

const asApplication = new pg.Client({ user: 'bench_ideal' });
const asProtected = new pg.Client({ user: 'bench_clearance' });
await Promise.all([asApplication.connect(), asProtected.connect()]);
for (const [name, member] of Object.entries(askers)) {
	const person = await whoAsks(asApplication, member);
	const statement = literal(person);
	const kept = abilityOf(person);
	const roads = {
		ideal: () => asApplication.query(statement),
		'CASL': async () => listBy(asApplication, abilityOf(await whoAsks(asApplication, member))),
		'CASL, rights kept': () => listBy(asApplication, kept),
		clearance: async () => {
			await asProtected.query('SELECT clearance.set_actor(id => $1, local => false)', [member]);
			return asProtected.query(`SELECT id, title, due_on FROM protected.task ${order}`);
		},
	};
	const expected = JSON.stringify((await roads.ideal()).rows);
	for (const [road, ask] of Object.entries(roads)) {
		for (let i = 0; i < requests; i++) {
			if (JSON.stringify((await ask()).rows) !== expected) {
				throw new Error(`${name}: other rows on road ${road} than on road ideal`);
			}
		}
	}
	for (let round = 1; round <= rounds; round++) {
		for (const [road, ask] of Object.entries(roads)) {
			const began = performance.now();
			for (let i = 0; i < requests; i++) {
				await ask();
			}
			console.log([name, road, round, (performance.now() - began) / requests].join('\t'));
		}
	}
}
await Promise.all([asApplication.end(), asProtected.end()]);
