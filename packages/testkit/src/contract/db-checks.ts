import { names, outcomeOf, type Bench } from './bench.ts';
import type { Check } from './check.ts';
import { statusCodeCheck } from './status-code-check.ts';

export const DB_CHECKS = [
  'status code',
  'statement and summary',
  'values never recorded',
  'address, port and database',
  'wait and query in one trace',
] as const;

const TABLE = 'contract_people';
const SECRETS = ['rosebud-4711', 'citizen-0815'] as const;

export const dbChecks: Record<(typeof DB_CHECKS)[number], Check> = {
  'status code': statusCodeCheck,

  'statement and summary': async (bench) => {
    const { documents, database } = bench.app;
    if (!documents) await makeTable(bench);
    const { made, error } = await bench.traced(
      () => documents?.find(TABLE, 'x') ?? database!.query(`SELECT name FROM ${TABLE} WHERE name = 'x'`),
      1,
    );
    if (error || made.length !== 1) return [`one query made ${names(made)} ${String(error)}`];
    const [{ name, attributes }] = made as [(typeof made)[0]];
    const operation = documents ? 'find' : 'SELECT';
    const expected = {
      'db.query.text': documents ? undefined : `SELECT name FROM ${TABLE} WHERE name = ?`,
      'db.query.summary': `${operation} ${TABLE}`,
      'db.operation.name': operation,
      'db.collection.name': TABLE,
    };
    const problems = Object.entries(expected)
      .filter(([key, value]) => attributes[key] !== value)
      .map(([key, value]) => `${key} is '${String(attributes[key])}', not '${value}'`);
    return name === expected['db.query.summary'] ? problems : [...problems, `the span's name is '${name}'`];
  },

  'values never recorded': async (bench) => {
    const [literal, value] = SECRETS;
    const { read, insert } = await privateCalls(bench, literal, value);
    const { made } = await bench.traced(async () => {
      await read();
      await insert();
      // The server's has the key.
      await outcomeOf(insert);
    }, 3);
    const text = JSON.stringify(made, (_, part) => (typeof part === 'bigint' ? String(part) : part));
    const problems = SECRETS.filter((secret) => text.includes(secret)).map((secret) => `'${secret}' is on a span`);
    return made.at(-1)?.status.code === 'ERROR' ? problems : [...problems, `no query failed of ${names(made)}`];
  },

  'address, port and database': async (bench) => {
    const { hostname, port, pathname } = new URL(bench.job.env['url']!);
    const [span] = (await bench.traced(() => bench.app.succeed(), 1)).made;
    const expected = { 'server.address': hostname, 'server.port': Number(port), 'db.namespace': pathname.slice(1) };
    return Object.entries(expected)
      .filter(([key, value]) => span?.attributes[key] !== value)
      .map(([key, value]) => `${key} is ${String(span?.attributes[key])}, not ${value}`);
  },

  'wait and query in one trace': async (bench) => {
    const { limit, run } = bench.app.saturate!;
    bench.recorded.clear();
    const count = limit * 4;
    await Promise.all(
      Array.from({ length: count }, (_, i) => bench.recorded.inSpan('caller', () => outcomeOf(() => run(i)))),
    );
    const made = await bench.madeSpans(count + count - limit);
    const waits = made.filter(({ name }) => name.startsWith('pool.acquire'));
    const problems =
      waits.length < count - limit ? [`${count} callers of ${limit} connections have ${waits.length} waits`] : [];
    for (const wait of waits) {
      const siblings = made.filter((span) => span !== wait && span.parentSpanId === wait.parentSpanId);
      if (siblings.length === 1 && siblings[0]!.kind === 'CLIENT') continue;
      problems.push(`beside a wait in its caller's trace: ${names(siblings)}`);
    }
    return problems;
  },
};

async function privateCalls(
  bench: Bench,
  literal: string,
  value: string,
): Promise<{ read(): unknown; insert(): unknown }> {
  const { documents, database } = bench.app;
  if (documents) return { read: () => documents.find(TABLE, literal), insert: () => documents.insert(TABLE, value) };
  await makeTable(bench);
  const { query, placeholder } = database!;
  return {
    read: () => query(`SELECT '${literal}' AS name`),
    insert: () => query(`INSERT INTO ${TABLE} VALUES (${placeholder})`, [value]),
  };
}

async function makeTable({ app }: Bench): Promise<void> {
  await app.database!.query(`CREATE TEMPORARY TABLE IF NOT EXISTS ${TABLE} (name VARCHAR(50) PRIMARY KEY)`);
}
