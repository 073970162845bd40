import { NODES, runFixture, startCollector } from '@foreshock/testkit';
import { expect, it, onTestFinished } from 'vitest';

it.each(NODES)(
  'async_hooks of the application see nothing of ours that began before them, on Node %i',
  async (node) => {
    const collector = await startCollector();
    onTestFinished(() => collector.close());
    const app = await runFixture(new URL('./fixtures/async-hooks.cjs', import.meta.url), {
      node,
      collector,
      env: { OTEL_BSP_SCHEDULE_DELAY: '60000' },
    });
    expect(await app.exited).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
    expect(collector.spans.filter(({ name }) => !name.startsWith('start '))).toHaveLength(2);
  },
);
