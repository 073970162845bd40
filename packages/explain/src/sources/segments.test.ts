import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { lines, type Made, traceOf } from '../../test/incident.ts';
import { SpanTable } from '../spans/span-table.ts';
import { readJson } from './json-file.ts';
import { readSegments } from './segments.ts';

const folder = mkdtempSync(join(tmpdir(), 'foreshock-segments-'));
afterAll(() => rmSync(folder, { recursive: true }));

const made = (i: number): Made => ({
  service: ['orders', 'stock', 'caf\u00e9'][i % 3]!,
  name: `GET /${i % 7}`,
  kind: 'SERVER',
  at: 0,
  ms: 5 + (i % 11),
  ...(i % 13 === 0 ? { error: `E${i % 26}` } : {}),
  attributes: { 'pool.used': i % 4, 'pool.wait_ms': 1, 'db.client.connection.pool.name': `orders ${i % 5}` },
  ...(i % 17 === 0 ? { events: { 'retry.storm': { at: i } } } : {}),
  children: [{ service: 'stock', name: 'SELECT', kind: 'CLIENT', at: 1, ms: 2, attributes: { 'server.port': i % 9 } }],
});

const link = { traceId: 'f'.repeat(32), spanId: 'f'.repeat(16) };

it.each([1_500, 60_000])('reads by threads what one reads, cut at every %i bytes', async (size) => {
  const some = Array.from({ length: 60 }, (_, i) => traceOf(i * 10, made(i)));
  const whole = lines(some).toString().trimEnd().split('\n');
  // Others may write between, and be cut short.
  whole.splice(20, 0, JSON.stringify(JSON.parse(whole[0]!), null, 1));
  whole.splice(40, 0, whole[1]!.slice(0, -9), '', '{"a":1}');
  whole.splice(50, 0, whole[2]!.replace('"attributes"', `"links":[${JSON.stringify(link)}],"attributes"`));
  const path = join(folder, `${size}.jsonl`);
  writeFileSync(path, whole.join('\n'));
  const [once, threads] = [new SpanTable(), new SpanTable()];
  const counts = await readJson(createReadStream(path), once);
  expect(counts.bad).toBe(1);
  expect(await readSegments(path, statSync(path).size, threads, size)).toEqual(counts);
  expect({ ...threads.copy(), attributes: threads.attributes }).toEqual({
    ...once.copy(),
    attributes: once.attributes,
  });
});

it('says what is wrong with a file', async () => {
  await expect(readSegments(join(folder, 'none'), 9, new SpanTable())).rejects.toThrow('ENOENT');
});
