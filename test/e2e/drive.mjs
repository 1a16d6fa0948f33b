// Lets a client written in JavaScript do what run asks for: node drive.mjs CLIENT.mjs. See run for what it reads and writes.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';

const client = await import(resolve(process.argv[2]));
const opened = {};

// What an operation returned, as one line.
function show(value, operation) {
    if (value === null || value === undefined) return 'none';
    if (Array.isArray(value)) return value.map((row) => show(row, operation)).join('; ') || 'none';
    if (typeof value !== 'object') return String(value);
    if (!value.title) return `${value.text} by ${value.author_id}`;
    const entries = operation === 'join' ? (value.entries ?? []).map((entry) => entry.text ?? entry) : [];
    return `${value.id} ${value.title}` + (entries.length ? ` (${entries.join(', ')})` : '');
}

async function call(line) {
    const [url, road, who, operation, ...rest] = line.split('\t');
    const arguments_ = rest.map((argument) => (/^\d+$/.test(argument) ? Number(argument) : argument));
    try {
        const db = await (opened[url] ??= client.connect(url));
        return await client.acting(db, who ? { [road]: who } : {}, async (session) =>
            show(await client[operation](session, ...arguments_), operation));
    } catch (error) {
        return `refused ${client.told(error).map((part) => part ?? '-').join(' / ')}`.replaceAll('\n', ' ');
    }
}

const versionOf = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version;
console.log(client.packages.map((name) => `${name} ${versionOf(name)}`).join(', '));
for await (const request of createInterface({ input: process.stdin })) {
    console.log((await Promise.all(request.split('\x1f').map(call))).join('\x1f'));
}
process.exit(0);
