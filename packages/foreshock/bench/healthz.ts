// How long /healthz and /readyz take to answer while the application's event loop is 90 % busy and its pool full; after
// `npm run build`.
// node --conditions=@foreshock/source packages/foreshock/bench/healthz.ts
import { freePort, runFixture, startPostgres } from '@foreshock/testkit';

const ASKED = 500;
const port = await freePort();
const postgres = await startPostgres();
const app = await runFixture(new URL('busy.cjs', import.meta.url), {
  env: { FORESHOCK_ADMIN_PORT: String(port), OTEL_LOG_LEVEL: 'debug', POSTGRES_URL: postgres.url },
});
await app.waitForLine('stderr', (line) => line.includes('/healthz'));

async function ask(path: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return response.text();
}

// Connections open slowly beside such a loop.
while (!(await ask('/readyz')).includes('all 2 are in use')) await new Promise((resolve) => setTimeout(resolve, 100));
for (const path of ['/healthz', '/readyz']) {
  const times: number[] = [];
  for (let i = 0; i < ASKED; i++) {
    const start = performance.now();
    await ask(path);
    times.push(performance.now() - start);
  }
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share: number): string => sorted[Math.floor(share * ASKED)]!.toFixed(1);
  const longest = at(1 - 1 / ASKED);
  console.log(
    `${path} beside a loop that is 90 % busy and a full pool: median ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${longest} ms`,
  );
}
await app.stop();
await postgres.stop();
