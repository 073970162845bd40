// The application's copy of `@opentelemetry/api` is taken, not an older one beside the preload: that one's metrics and
// spans would be lost.
import { cpSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PRELOAD, runFixture, startCollector, type Collector } from '@foreshock/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const COPIES = {
  '1.10': join(ROOT, 'node_modules/@opentelemetry/api'),
  '1.9': join(ROOT, 'test/sdk-2/node_modules/@opentelemetry/api'),
};

let collector: Collector;
let folder: string;
beforeAll(async () => {
  collector = await startCollector();
  folder = mkdtempSync(join(tmpdir(), 'foreshock-copies-'));
});
afterAll(async () => {
  await collector.close();
  rmSync(folder, { recursive: true });
});

function install(place: string, copy: keyof typeof COPIES): void {
  mkdirSync(join(place, 'node_modules/@opentelemetry'), { recursive: true });
  cpSync(COPIES[copy], join(place, 'node_modules/@opentelemetry/api'), { recursive: true });
}

it.each([
  ['1.10', '1.9'],
  ['1.9', '1.10'],
] as const)('the application has %s, the preload %s', async (applications, preloads) => {
  collector.clear();
  const [app, beside] = [join(folder, `app-${applications}`), join(folder, `preload-${preloads}`)];
  install(app, applications);
  install(beside, preloads);
  for (const file of globSync('*.cjs', { cwd: dirname(PRELOAD) }))
    cpSync(join(dirname(PRELOAD), file), join(beside, file));
  writeFileSync(
    join(app, 'app.cjs'),
    `const { metrics, trace } = require('@opentelemetry/api');
     trace.getTracer('app').startActiveSpan('outer', (outer) => {
       trace.getActiveSpan().setAttribute('active', true);
       outer.end();
     });
     metrics.getMeter('app').createCounter('orders').add(3);`,
  );
  const run = await runFixture(join(app, 'app.cjs'), {
    preload: 'none',
    nodeArgs: ['--require', join(beside, 'register.cjs')],
    collector,
    env: { OTEL_METRICS_EXPORTER: 'otlp' },
  });
  const { code, stderr } = await run.exited;
  expect([code, stderr]).toEqual([0, '']);
  expect(collector.spans.find(({ name }) => name === 'outer')?.attributes).toEqual({ active: true });
  expect(collector.metrics.map(({ name }) => name)).toContain('orders');
});
