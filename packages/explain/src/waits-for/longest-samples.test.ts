import { expect, it } from 'vitest';
import { type HolderSample, LongestSamples } from './longest-samples.ts';

const MOST = 6;

function plainly(samples: HolderSample[], from: number, to: number): { at: number; ms: number }[] {
  const found = samples.map(({ at, start, end, ms }) => ({
    at,
    ms: Math.min(ms, Math.min(to, end) - Math.max(from, start)),
  }));
  return found
    .filter(({ ms }) => ms > 0)
    .sort((a, b) => b.ms - a.ms || a.at - b.at)
    .slice(0, MOST);
}

it('finds the longest for each of 5,000 waits, without looking at all of 5,000 samples each time', () => {
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (seed >>> 8) % below;
  };
  const samples = Array.from({ length: 5_000 }, (_, at) => {
    const length = at === 9 ? 60_000 : 10 + random(90);
    const start = at === 9 ? 0 : at * 10;
    return { at, start, end: start + length, ms: at % 3 === 0 ? length / 2 : length };
  });
  const longest = new LongestSamples(samples.toReversed());
  for (let wait = 0; wait < 5_000; wait++) {
    const from = random(50_000);
    const to = from + random(wait % 9 === 0 ? 20_000 : 500);
    const found = longest.between(from, to, MOST);
    if (wait % 100 === 0) expect(found).toEqual(plainly(samples, from, to));
  }
  expect(longest.visits).toBeLessThan(5_000 * 500);
});
