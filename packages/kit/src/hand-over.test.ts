import { expect, it } from 'vitest';
import { BriefHandOver } from './hand-over.ts';

it('is given to what comes next in the same turn, and not to what comes later', async () => {
  const handOver = new BriefHandOver<string>();
  handOver.offer('first');
  handOver.offer('second');
  expect(handOver.take()).toBe('second');
  expect(handOver.take()).toBeUndefined();
  handOver.offer('third');
  await undefined;
  expect(handOver.offered).toBeUndefined();
  handOver.offer('fourth');
  expect(handOver.offered).toBe('fourth');
  handOver.offer(undefined);
  expect(handOver.offered).toBeUndefined();
});
