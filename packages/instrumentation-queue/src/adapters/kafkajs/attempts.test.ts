import { describe, expect, it } from 'vitest';
import { Attempts } from './attempts.ts';

describe('attempts of the messages of a partition', () => {
  it('are counted for each message, wherever the next delivery begins', () => {
    const attempts = new Attempts();
    // 1 to 5 are delivered, 1 to 3 are resolved, 4 fails.
    attempts.begin('p', 1n);
    attempts.failed('p', 4n, 5n, 1);
    // From there on, with what came meanwhile.
    attempts.begin('p', 4n);
    const failures = (offset: bigint): number => attempts.of('p', offset, 1)?.failures ?? 0;
    expect([3n, 4n, 5n, 6n].map(failures)).toEqual([0, 1, 1, 0]);
    attempts.failed('p', 4n, 6n, 1);
    attempts.begin('p', 4n);
    expect([4n, 5n, 6n].map(failures)).toEqual([2, 2, 1]);
    expect(attempts.of('other', 4n, 1)).toBe(undefined);
    attempts.begin('p', 6n);
    expect(failures(6n)).toBe(1);
    attempts.begin('p', 7n);
    expect(attempts.isEmpty).toBe(true);
  });

  it('know since when a message is due again, unless another consumer had the partition since', () => {
    const attempts = new Attempts();
    attempts.failed('p', 4n, 4n, 1);
    expect(attempts.of('p', 4n, 1)).toEqual({ failures: 1, since: expect.any(Number) });
    expect(attempts.of('p', 4n, 2)).toEqual({ failures: 1, since: undefined });
  });

  it('are forgotten when there are too many', () => {
    const attempts = new Attempts();
    for (let i = 0; i < 1_500; i++) attempts.failed(`p${i}`, 1n, 1n, 1);
    expect([attempts.of('p499', 1n, 1), attempts.of('p500', 1n, 1)]).toEqual([undefined, expect.anything()]);
    for (let i = 0n; i < 100n; i++) attempts.failed('p', i, 100n, 1);
    expect(attempts.of('p', 100n, 1)?.failures).toBe(32);
    // The same one again and again is one.
    for (let i = 0; i < 100; i++) attempts.failed('q', 7n, 9n, 1);
    expect(attempts.of('q', 8n, 1)?.failures).toBe(100);
  });
});
