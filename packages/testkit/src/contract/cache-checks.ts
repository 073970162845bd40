import type { ReceivedSpan } from '../received-span.ts';
import { names, type Bench } from './bench.ts';
import type { Check } from './check.ts';
import { statusCodeCheck } from './status-code-check.ts';

export const CACHE_CHECKS = [
  'hit and miss',
  'several keys',
  'key never recorded',
  'status code',
  'address after fail-over',
] as const;

const KEY = 'user:1';
const MISSING = 'user:missing';

export const cacheChecks: Record<(typeof CACHE_CHECKS)[number], Check> = {
  'hit and miss': async (bench) => {
    const { cache } = bench.app;
    const [hit, miss] = bench.job.marks
      ? [{ 'cache.local.hits': 1 }, { 'cache.local.misses': 1 }]
      : [{ 'cache.hit': true }, { 'cache.hit': false }];
    await cache!.set(KEY, 'x');
    return [
      ...differing(await only(bench, () => cache!.get(KEY)), hit!),
      ...differing(await only(bench, () => cache!.get(MISSING)), miss!),
    ];
  },

  'several keys': async (bench) => {
    const { cache } = bench.app;
    await cache!.set(KEY, 'x');
    const getAll = (): unknown => cache!.getAll!([KEY, MISSING]);
    if (bench.job.marks) {
      const { made } = await bench.traced(getAll, 2);
      return made.length === 2 ? [] : [`two keys are counted as ${made.length}`];
    }
    return differing(await only(bench, getAll), { 'cache.hit': false, 'cache.key_count': 2, 'cache.hit_count': 1 });
  },

  'key never recorded': async (bench) => {
    const { cache } = bench.app;
    const secrets = ['rosebud-4711', 'citizen-0815'];
    const [key, value] = secrets as [string, string];
    // In-process writes are not counted.
    const expected = bench.job.marks ? 1 : 2;
    const { made } = await bench.traced(async () => [await cache!.set(key, value), await cache!.get(key)], expected);
    const text = JSON.stringify(made, (_, part) => (typeof part === 'bigint' ? String(part) : part));
    return [
      ...(made.length === expected ? [] : [`${made.length} spans, not ${expected}: ${names(made)}`]),
      ...secrets.filter((secret) => text.includes(secret)).map((secret) => `'${secret}' is on a span`),
    ];
  },

  'status code': statusCodeCheck,

  'address after fail-over': async (bench) => {
    let port: number | undefined;
    const { made } = await bench.traced(async () => (port = await bench.app.cache!.failOver!()), 1);
    const [span] = made.slice(-1);
    return span ? differing(span, { 'server.port': port }, false) : ['the call made no span'];
  },
};

async function only(bench: Bench, call: () => unknown): Promise<ReceivedSpan | string> {
  const { made, error } = await bench.traced(call, 1);
  if (error) return `the call failed: ${String(error)}`;
  return made.length === 1 ? made[0]! : `one call made ${made.length} spans: ${names(made)}`;
}

function differing(span: ReceivedSpan | string, expected: Record<string, unknown>, isGood = true): string[] {
  if (typeof span === 'string') return [span];
  const { attributes, status, name } = span;
  const problems = Object.entries(expected)
    .filter(([key, value]) => attributes[key] !== value)
    .map(([key, value]) => `'${name}' has ${key} ${String(attributes[key])}, not ${String(value)}`);
  if (isGood && (status.code === 'ERROR' || attributes['error.type'] !== undefined)) {
    problems.push(`'${name}' has an error: ${String(attributes['error.type'])}`);
  }
  return problems;
}
