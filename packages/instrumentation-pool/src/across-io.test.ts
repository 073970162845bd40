import type { Span } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { AcrossIo } from './across-io.ts';

const call = (name: string): Span => ({ name }) as unknown as Span;

/** Of a connection that is idle from 1,000 on. */
function waitedFor(calls: readonly [name: string, start: number, end: number][], usedAt: number): string | undefined {
  const across = new AcrossIo();
  for (const [name, start, end] of calls) {
    const span = call(name);
    across.started(span, start);
    across.ended(span, end);
  }
  across.used(usedAt, 1_000);
  return across.mostOf(usedAt - 1_000);
}

it.each<[string, [string, number, number][], number, string | undefined]>([
  ['a call', [['GET', 1_001, 1_100]], 1_101, 'GET'],
  ['a call whose answer took some work', [['GET', 1_001, 1_100]], 1_108, 'GET'],
  [
    'the longest of several',
    [
      ['GET', 1_000, 1_020],
      ['POST', 1_021, 1_100],
    ],
    1_100,
    'POST',
  ],
  ['no call that it had forgotten, as something else took longer', [['GET', 1_001, 1_100]], 1_120, undefined],
  ['no call that took a part of the time', [['GET', 1_060, 1_100]], 1_100, undefined],
  ['nothing that counts', [['GET', 1_000, 1_003]], 1_003, undefined],
])('a holder waited for %s', (_, calls, usedAt, name) => {
  expect(waitedFor(calls, usedAt)).toBe(name);
});
