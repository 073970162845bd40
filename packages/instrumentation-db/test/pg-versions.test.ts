import { dbInstrumentation } from '@foreshock/instrumentation-db';
import { installed, recordSpans, startPostgres, type Postgres } from '@foreshock/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const recorded = recordSpans(dbInstrumentation());
let server: Postgres;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  recorded.stop();
  await server.stop();
});

describe.each([
  [{ pg: 'pg-8-0', 'pg-pool': 'pg-pool-3-2' }],
  [{ pg: 'pg-8-0', 'pg-pool': 'pg-pool' }],
  [{ pg: 'pg', 'pg-pool': 'pg-pool-3-2' }],
])('%j', (libraries) => {
  it('has a wait and a query for each of 20 callers over 2 connections', async () => {
    const app = installed(libraries);
    try {
      const { Pool } = app.require('pg') as typeof import('pg');
      const pool = new Pool({ connectionString: server.url, max: 2 });
      recorded.clear();
      await Promise.all(
        Array.from({ length: 20 }, (_, i) => recorded.inSpan(`caller ${i}`, () => pool.query('SELECT $1::int', [i]))),
      );
      await expect(recorded.inSpan('failing', () => pool.query('SELECT * FROM missing'))).rejects.toThrow('missing');
      await pool.end();
      const spans = recorded.spans();
      for (let i = 0; i < 20; i++) {
        const caller = spans.find((span) => span.name === `caller ${i}`)!;
        const own = spans.filter((span) => span.parentSpanId === caller.spanId && span.traceId === caller.traceId);
        expect(own.map((span) => span.name).sort()).toEqual(['SELECT', `pool.acquire ${server.database}`]);
      }
      expect(spans.find((span) => span.name === 'SELECT missing')).toMatchObject({
        attributes: { 'error.type': '42P01' },
      });
    } finally {
      app.remove();
    }
  });
});
