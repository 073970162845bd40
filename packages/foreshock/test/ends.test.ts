import {
  NODES,
  runFixture,
  startCollector,
  type Collector,
  type FixtureExit,
  type ReceivedSpan,
} from '@foreshock/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const CAUSES = [
  'closes',
  'exit-code',
  'exits',
  'throws',
  'rejects',
  ...SIGNALS.map((signal) => `dies-of ${signal}`),
  'exits-on SIGTERM',
  'drains-on SIGINT',
  'survives SIGHUP',
];

/** Here the application closes its connections itself: nothing is left open. */
const ORDERLY = new Set(['closes', 'exit-code', 'drains-on SIGINT', 'survives SIGHUP']);

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector.close());

/** Asks for a page that answers, for one that never does, and for the end. */
async function live(
  cause: string,
  file: string,
  node: 22 | 24 | 26,
  preload: 'require' | 'import' | 'none',
  service: string,
) {
  const app = await runFixture(new URL(`./fixtures/${file}`, import.meta.url), {
    preload,
    node,
    args: [cause],
    collector,
    // Longer than the test: what arrives has arrived because the process ended. And time for a loaded machine.
    env: { OTEL_SERVICE_NAME: service, OTEL_BSP_SCHEDULE_DELAY: '60000', FORESHOCK_FLUSH_MS: '30000' },
  });
  const { port } = await app.ready;
  const url = `http://127.0.0.1:${port}`;
  await (await fetch(`${url}/answered`)).text();
  const hanging = fetch(`${url}/hang`).catch(() => {});
  await (await fetch(`${url}/end`)).text();
  const exit = await app.exited;
  await hanging;
  return exit;
}

/**
 * Two runs that ended alike read alike, ports aside, and on Node 22 the frame that AsyncLocalStorage, with
 * whoever uses it, adds to every stack.
 */
function comparable({ code, signal, stdout, stderr }: FixtureExit) {
  return {
    code,
    signal,
    stdout: stdout.replace(/"port":\d+/, ''),
    stderr: stderr.replace(/\n +at process\.callbackTrampoline .*/, ''),
  };
}

describe.each(NODES)('Node %s', (node) => {
  describe.each(['ends.cjs', 'ends.mjs'])('%s', (file) => {
    it.each(CAUSES)('%s', async (cause) => {
      const service = `${node} ${file} ${cause}`;
      const preload = file.endsWith('.cjs') ? 'require' : 'import';
      const [without, withPreload] = await Promise.all([
        live(cause, file, node, 'none', service),
        live(cause, file, node, preload, service),
      ]);
      expect(comparable(withPreload)).toEqual(comparable(without));

      const own = (spans: ReceivedSpan[]) => spans.filter((span) => span.resource['service.name'] === service);
      const spans = own(await collector.waitForSpans((all) => own(all).length >= 3));
      const byPath = (path: string) => spans.find((span) => span.attributes['url.path'] === path);
      expect(spans).toHaveLength(3);
      expect(byPath('/answered')?.attributes).not.toHaveProperty('foreshock.interrupted');
      expect(byPath('/end')?.attributes).not.toHaveProperty('foreshock.interrupted');
      expect(byPath('/hang')?.name).toBe('GET');
      expect(byPath('/hang')?.attributes['foreshock.interrupted']).toBe(ORDERLY.has(cause) ? undefined : true);
    });
  });
});
