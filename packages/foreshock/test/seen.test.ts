// An application sees the same of its process, its globals and Node's modules as without the preload.
import { NODES, runFixture, startCollector, type Collector } from '@foreshock/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector.close());

async function seen(node: 22 | 24 | 26, preload: 'require' | 'none'): Promise<Record<string, string>> {
  const file = new URL('./fixtures/seen.cjs', import.meta.url);
  const app = await runFixture(file, { node, preload, args: ['--own'], collector, env: { NODE_NO_WARNINGS: '1' } });
  const { code, stdout, stderr } = await app.exited;
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Record<string, string>;
}

it.each(NODES)('Node %i', async (node) => {
  const [without, withPreload] = await Promise.all([seen(node, 'none'), seen(node, 'require')]);
  expect(withPreload).toEqual(without);
});
