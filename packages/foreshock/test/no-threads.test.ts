import { NODES, runFixture, startCollector, type Collector } from '@foreshock/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';

let collector: Collector;
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector.close());

const start = (node: 22 | 24 | 26, env = {}) =>
  runFixture(new URL('./fixtures/ten-spans.cjs', import.meta.url), {
    node,
    nodeArgs: [node === 22 ? '--experimental-permission' : '--permission', '--allow-fs-read=*', '--allow-net'].filter(
      (option) => node > 24 || option !== '--allow-net',
    ),
    collector,
    env: { OTEL_BSP_SCHEDULE_DELAY: '60000', NODE_NO_WARNINGS: '1', ...env },
  });

it.each(NODES)('where threads are forbidden, a short process delivers its spans on Node %i', async (node) => {
  const app = await start(node);
  const { code, stderr } = await app.exited;
  expect(stderr).toBe('foreshock: no sender thread (ERR_ACCESS_DENIED), spans are sent from the main thread\n');
  expect(code).toBe(0);
  expect(collector.spans.filter(({ name }) => !name.startsWith('start '))).toHaveLength(10);
});
