// How long /healthz takes to answer while the application's event loop is 90 % busy; after `npm run build`.
// node --conditions=@foreshock/source packages/foreshock/bench/healthz.ts
import { freePort, runFixture } from '@foreshock/testkit';

const ASKED = 500;
const port = await freePort();
const app = await runFixture(new URL('busy.cjs', import.meta.url), {
  env: { FORESHOCK_ADMIN_PORT: String(port), OTEL_LOG_LEVEL: 'debug' },
});
await app.waitForLine('stderr', (line) => line.includes('/healthz'));
const times: number[] = [];
for (let i = 0; i < ASKED; i++) {
  const start = performance.now();
  const response = await fetch(`http://127.0.0.1:${port}/healthz`);
  await response.text();
  times.push(performance.now() - start);
}
await app.stop();
const sorted = times.toSorted((one, other) => one - other);
const at = (share: number): string => sorted[Math.floor(share * ASKED)]!.toFixed(1);
console.log(
  `/healthz beside a loop that is 90 % busy: median ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1 - 1 / ASKED)} ms`,
);
