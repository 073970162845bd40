/*
 * Applications from the npm registry, driven by a short script with and without the preload: the same answers, and spans
 * that belong to a request, a job or a message. `npm run applications [-- NAME…]`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startCollector, startPostgres, type ReceivedSpan } from '@foreshock/testkit';
import { installLocked } from '../fixtures/locked-install.ts';
import { applications, folder, type Application } from './applications.ts';
import { play, type Answer } from './play.ts';
import { judge } from './judge.ts';

const wanted = process.argv.slice(2);
const chosen = Object.entries(applications).filter(([name]) => wanted.length === 0 || wanted.includes(name));
installLocked(folder);
const collector = await startCollector();
const postgres = await startPostgres();
let isWrong = false;
for (const [name, application] of chosen) {
  const [plain] = await played(application, false);
  collector.clear();
  const [traced, stderr] = await played(application, true);
  const problems = [...differences(plain, traced), ...judge(collector.spans)];
  const lines = stderr.split('\n').filter((line) => line.startsWith('foreshock: '));
  console.log(`${name}: ${traced.length} answers, ${summary(collector.spans)}`);
  for (const line of [...lines, ...problems]) console.log(`  ${line}`);
  isWrong ||= problems.length > 0;
}
await Promise.all([collector.close(), postgres.stop()]);
process.exitCode = isWrong ? 1 : 0;

async function played(application: Application, isTraced: boolean): Promise<[Answer[], string]> {
  const directory = mkdtempSync(join(tmpdir(), 'foreshock-application-'));
  const database = await postgres.createDatabase();
  try {
    const where = { directory, port: await freePort(), database };
    return await play(application, where, isTraced ? collector : undefined);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function differences(plain: readonly Answer[], traced: readonly Answer[]): string[] {
  return plain.flatMap((answer, i) => {
    const other = traced[i]!;
    if (answer.status === other.status && answer.body === other.body) return [];
    return [`another answer to ${answer.request}: ${answer.status} ${answer.body}\n    ${other.status} ${other.body}`];
  });
}

function summary(spans: readonly ReceivedSpan[]): string {
  return `${spans.length} spans in ${new Set(spans.map(({ traceId }) => traceId)).size} traces`;
}
