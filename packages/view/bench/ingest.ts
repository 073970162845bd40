/**
 * What `foreshock view` takes in: spans of the recorded demo (packages/explain/test/fixtures/checkout.jsonl.gz) with new ids
 * and times, as protobuf, gzipped, in requests of about 500 spans; into memory, into a file, and beyond the limit. Spans a
 * second of processor time of the viewer's whole process, so that the sender and others on the machine do not count; and
 * the time from the start of the process to the line that says that it listens, least of five.
 *
 *     npm run bench:view
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { protobufOf } from '@foreshock/testkit';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const BIN = here('../../foreshock/dist/bin.js');
const RECORDED = here('../../explain/test/fixtures/checkout.jsonl.gz');
const BODIES = 60;
const ROUNDS = 2;

const agent = new Agent({ keepAlive: true });

async function start(...args: string[]): Promise<{ child: ChildProcess; url: string; startMs: number }> {
  const began = performance.now();
  const child = spawn(process.execPath, [BIN, 'view', '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(child.stdout!)) {
    const [url] = /http:\S+/.exec(line) ?? [];
    if (url) return { child, url, startMs: performance.now() - began };
  }
  throw new Error('it did not start');
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill();
  await once(child, 'exit');
}

/** Processor time of a process in milliseconds (Linux). */
function processorMs({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function post(url: string, body: Buffer): Promise<void> {
  const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' };
  const sent = request(new URL('/v1/traces', url), { method: 'POST', agent, headers });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`answered ${answer.statusCode}`);
  answer.resume();
  await once(answer, 'end');
}

/** Requests of about 500 spans, each with traces of its own. */
function bodies(): { body: Buffer; spans: number }[] {
  const lines = gunzipSync(readFileSync(RECORDED)).toString('utf8').trim().split('\n');
  const parts: { text: string; spans: number }[] = [];
  for (const line of lines) {
    const spans = line.split('"startTimeUnixNano"').length - 1;
    const last = parts.at(-1);
    if (last && last.spans < 500) {
      const merged = { resourceSpans: [...JSON.parse(last.text).resourceSpans, ...JSON.parse(line).resourceSpans] };
      parts[parts.length - 1] = { text: JSON.stringify(merged), spans: last.spans + spans };
    } else parts.push({ text: line, spans });
  }
  return Array.from({ length: BODIES }, (_, i) => {
    const { text, spans } = parts[i % parts.length]!;
    const ids = new Map<string, string>();
    const fresh = text.replaceAll(/"([0-9a-f]{32})"/g, (_, id: string) => {
      if (!ids.has(id)) ids.set(id, randomBytes(16).toString('hex'));
      return `"${ids.get(id)}"`;
    });
    return { body: gzipSync(protobufOf('/v1/traces', Buffer.from(fresh))), spans };
  });
}

async function ingest(name: string, ...args: string[]): Promise<void> {
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const { child, url } = await start(...args);
    const some = bodies();
    const spans = some.reduce((sum, each) => sum + each.spans, 0);
    // What the first requests compile is not counted.
    for (const each of bodies().slice(0, 10)) await post(url, each.body);
    const before = processorMs(child);
    for (const each of some) await post(url, each.body);
    const ms = processorMs(child) - before;
    best = Math.max(best, (spans / ms) * 1000);
    await stop(child);
  }
  console.log(`${name.padEnd(34)}${Math.round(best).toLocaleString('en')} spans/s`);
}

const starts = [];
for (let i = 0; i < 5; i++) {
  const { child, startMs } = await start();
  starts.push(startMs);
  await stop(child);
}
console.log(`${'cold to listening'.padEnd(34)}${Math.round(Math.min(...starts))} ms`);
const folder = mkdtempSync(join(tmpdir(), 'foreshock-view-'));
try {
  await ingest('into memory');
  await ingest('into a file', '--store', join(folder, 'store.db'));
  await ingest('into memory, at the limit', '--limit', '8MiB');
} finally {
  rmSync(folder, { recursive: true });
  agent.destroy();
}
