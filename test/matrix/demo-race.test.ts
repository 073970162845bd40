import { expect, onTestFinished, test } from 'vitest';
import { Demo } from '../fixtures/demo.ts';

test('the demo loses an update, and prints which', async () => {
  const demo = new Demo(['--fault', 'race', '--length', '0.2'], { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
  onTestFinished(() => demo.remove());
  expect(await demo.exited).toEqual({ code: 0, signal: null });
  const said = demo.output.slice(demo.output.indexOf('What `foreshock races` says of it'));
  expect(said).toMatch(/LOST UPDATE\n/);
  expect(said).toMatch(/row [\da-f]{12} of stock \(postgresql/);
  expect(said).toMatch(/orders +[\da-f]{8} +SELECT stock\n.*orders +[\da-f]{8} +UPDATE stock\n/);
  expect(said).toMatch(/HEALTHY/);
}, 90_000);
