import { IS_MATRIX, NODES, startCollector, type Collector } from '@foreshock/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ELSEWHERE, expectedOf, knownOf, SELDOM, WAYS, type Known, type Way } from './ways.ts';

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector.close());

describe.each(NODES)('Node %s', (node) => {
  it.each(['service.cjs', 'service.mjs'])(
    '%s: what was under way when it died, and of what',
    { timeout: 300_000 },
    async (file) => {
      const all = (Object.keys(WAYS) as Way[]).filter((way) => IS_MATRIX || !SELDOM.includes(way));
      const ways = IS_MATRIX || file.endsWith('.cjs') ? all : ELSEWHERE;
      const waiting = [...ways];
      const known: Partial<Record<Way, Known>> = {};
      const expected: Partial<Record<Way, Known>> = {};
      // Two at a time.
      const lane = async (): Promise<void> => {
        for (let way = waiting.shift(); way; way = waiting.shift()) {
          const found = await knownOf(collector, way, file, node);
          if (!found) continue;
          known[way] = found;
          expected[way] = expectedOf(way);
        }
      };
      await Promise.all([lane(), lane()]);
      expect(known).toEqual(expected);
      expect(Object.keys(known).length).toBeGreaterThanOrEqual(ways.length - 2);
    },
  );
});
