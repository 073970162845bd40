/* oxlint-disable unicorn/no-thenable -- what handlers do return */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { whenSettled } from './when-settled.ts';

const watch = (result: unknown) => {
  const seen: unknown[] = [];
  const given = whenSettled(
    result,
    (value) => seen.push(['succeeded', value]),
    (error) => seen.push(['failed', error]),
  );
  return { given, seen };
};

describe('what a handler returned', () => {
  it.each([undefined, null, 0, 'text', { then: 'no function' }])('is done at once: %j', (result) => {
    const { given, seen } = watch(result);
    expect(given).toBe(result);
    expect(seen).toEqual([['succeeded', result]]);
  });

  it('is the promise itself, watched', async () => {
    const fulfilled = Promise.resolve(1);
    const rejected = Promise.reject(new Error('no'));
    const [one, two] = [watch(fulfilled), watch(rejected)];
    expect(one.given).toBe(fulfilled);
    expect(two.given).toBe(rejected);
    await turn();
    expect(one.seen).toEqual([['succeeded', 1]]);
    expect(two.seen).toEqual([['failed', new Error('no')]]);
  });

  it('becomes a promise when each `then` would start it again', async () => {
    let starts = 0;
    const query = { then: (resolve: (value: number) => void) => resolve(++starts) };
    const { given, seen } = watch(query);
    expect(await given).toBe(1);
    expect(seen).toEqual([['succeeded', 1]]);
    expect(starts).toBe(1);
  });
});
