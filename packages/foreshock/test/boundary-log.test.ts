import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { runFixture, startPostgres, type Fixture, type Postgres } from '@foreshock/testkit';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const FAILED = '1af7651916cd43dd8448eb211c80319c';

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});

async function start(
  LOGGER: string,
  which?: string,
): Promise<{ app: Fixture; get: (path: string, trace: string) => Promise<number> }> {
  const app = await runFixture(new URL('fixtures/boundary-log.cjs', import.meta.url), {
    env: { DATABASE_URL: postgres.url, LOGGER, FORESHOCK_BOUNDARY_LOGS: which },
  });
  const { port } = await app.ready;
  const get = async (path: string, trace: string): Promise<number> => {
    const headers = { traceparent: `00-${trace}-b7ad6b7169203331-01`, 'x-trace-id': 'order-42' };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    await response.text();
    return response.status;
  };
  return { app, get };
}

const recordsOf = (app: Fixture, trace: string): any[] =>
  app
    .lines('stdout')
    .filter((line) => line.includes(trace))
    .map((line) => JSON.parse(line));
const said = ({ msg, message, boundary, event, pool_active, pool_max, error_type }: any): object => ({
  text: msg ?? message,
  boundary,
  event,
  ...(pool_active !== undefined && { pool_active, pool_max }),
  ...(error_type !== undefined && { error_type }),
});

describe.each(['pino', 'winston', 'bunyan'])('by %s', (LOGGER) => {
  it('the last line of a trace is where its request stopped', async () => {
    const { app, get } = await start(LOGGER, 'all');
    expect([await get('/fail', FAILED), await get('/hold', '2af7651916cd43dd8448eb211c80319c')]).toEqual([500, 200]);
    void get('/stuck', TRACE).catch(() => {});
    await app.waitForLine('stdout', (line) => line.includes(TRACE) && line.includes('pool.acquire'));
    app.kill('SIGKILL');
    await app.exited;

    const stuck = recordsOf(app, TRACE);
    expect(stuck.map(said)).toEqual([
      { text: 'enter GET', boundary: 'http', event: 'enter' },
      {
        text: expect.stringMatching(/^enter pool.acquire /),
        boundary: 'pool',
        event: 'enter',
        pool_active: 1,
        pool_max: 1,
      },
    ]);
    for (const { time_ns, span_id, x_trace_id } of stuck) {
      expect([/^\d{19}$/.test(time_ns), /^[\da-f]{16}$/.test(span_id), x_trace_id]).toEqual([true, true, 'order-42']);
    }
    expect(BigInt(stuck[1].time_ns) - BigInt(stuck[0].time_ns)).toBeGreaterThanOrEqual(0n);

    const failed = recordsOf(app, FAILED);
    const query = failed.filter(({ boundary }) => boundary === 'db');
    expect(query.map(said)).toEqual([
      expect.objectContaining({ text: 'enter SELECT nothing_here', pool_max: 1 }),
      expect.objectContaining({ text: 'exit SELECT nothing_here', pool_max: 1, error_type: '42P01' }),
    ]);
    expect(query[1].duration_ns).toBe(Number(BigInt(query[1].time_ns) - BigInt(query[0].time_ns)));
    expect(failed.at(-1)).toMatchObject({ event: 'exit', boundary: 'http', status_code: 500 });
  });
});

it('errors: only what failed, at warn', async () => {
  const { app, get } = await start('pino', 'errors');
  expect([await get('/fail', FAILED), await get('/', TRACE)]).toEqual([500, 200]);
  app.send('stop');
  await app.exited;
  expect(recordsOf(app, TRACE)).toEqual([]);
  expect(recordsOf(app, FAILED).map(({ level, msg }) => `${level} ${msg}`)).toEqual([
    '40 exit SELECT nothing_here',
    '40 exit GET',
  ]);
});

it('without the option there are no lines', async () => {
  const { app, get } = await start('pino');
  await get('/fail', FAILED);
  app.send('stop');
  const { stdout } = await app.exited;
  expect(stdout).not.toContain('boundary');
});

it('a logger that throws costs the lines, and one message', async () => {
  const { app, get } = await start('throwing', 'all');
  expect([await get('/', TRACE), await get('/', FAILED)]).toEqual([200, 200]);
  app.send('stop');
  const { stdout, stderr, code } = await app.exited;
  expect(stdout.split('\n').filter((line) => line.startsWith('{'))).toEqual([expect.stringContaining('[Circular]')]);
  expect([code, stderr.match(/writing a boundary log failed.*disk full/g)?.length]).toEqual([0, 1]);
});

it.each([undefined, 'yes'])(
  'the lines of the last turn are written at the end of the process, thrown: %s',
  async (THROWS) => {
    const app = await runFixture(new URL('fixtures/boundary-exit.cjs', import.meta.url), {
      env: { THROWS, FORESHOCK_BOUNDARY_LOGS: 'all' },
    });
    const { stdout } = await app.exited;
    const said = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).msg);
    const spans = Array.from({ length: 30 }, (_, i) => [`enter span ${i}`, `exit span ${i}`]).flat();
    expect(said).toEqual(['starting', ...spans]);
  },
);

it('a destination that the application has destroyed in the last turn changes nothing at the end', async () => {
  const app = await runFixture(new URL('fixtures/boundary-exit.cjs', import.meta.url), {
    env: { DESTROYS: 'yes', FORESHOCK_BOUNDARY_LOGS: 'all' },
  });
  expect(await app.exited).toMatchObject({ code: 0, stderr: '' });
});

it('standard output that nobody reads holds up no end', async () => {
  const register = fileURLToPath(import.meta.resolve('foreshock/register'));
  const fixture = fileURLToPath(new URL('fixtures/boundary-exit.cjs', import.meta.url));
  const app = spawn(process.execPath, ['--require', register, fixture], {
    env: { SPANS: '5', FORESHOCK_BOUNDARY_LOGS: 'all', FORESHOCK_FLUSH_MS: '0' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void app.kill('SIGKILL'));
  app.stdout.destroy();
  expect(await once(app, 'exit')).toEqual([0, null]);
});

it.each(['pino', 'winston', 'winston, closed', 'bunyan'])(
  'a logger that the application has ended gets no lines: %s',
  async (LOGGER) => {
    const app = await runFixture(new URL('fixtures/ended-logger.cjs', import.meta.url), {
      env: { LOGGER, FORESHOCK_BOUNDARY_LOGS: 'all' },
    });
    expect(await app.exited).toMatchObject({ code: 0, stdout: 'CLOSED\n', stderr: '' });
  },
);
