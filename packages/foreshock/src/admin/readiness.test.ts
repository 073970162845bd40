import { lookup } from 'node:dns';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { MainLoop } from './main-loop.ts';
import type { DependencyState, PoolState, Question, ServiceState, ToMainThread } from './messages.ts';
import { Readiness } from './readiness.ts';

/** @param answer the main thread's; undefined: none */
function readinessOf(state: Partial<ServiceState>, answer: (question: Question) => unknown): Readiness {
  const { port1, port2 } = new MessageChannel();
  port1.on('message', (message: ToMainThread) => {
    if (message.type !== 'ask') return;
    const { id, question } = message;
    const known = { state: { dependencies: [], pools: [], ...state }, turn: true } as Record<string, unknown>;
    const given = known[question.type] ?? answer(question);
    if (given !== undefined) port1.postMessage({ id, answer: given });
  });
  onTestFinished(() => port1.close());
  return new Readiness(new MainLoop(port2), [], lookup);
}

const database = (port: number, system = 'mysql'): DependencyState => {
  const known = { system, address: 'db', port, unusedMs: 0, openBreaker: undefined, byLibrary: system === 'mysql' };
  return { key: `${system} db ${port}`, ...known };
};
const pool = (name: string, used: number): PoolState => ({ name, used, pending: 0, limit: 2, byPool: true });
const serves = { why: undefined };

it('asks as many as there are', async () => {
  const readiness = readinessOf(
    {
      dependencies: Array.from({ length: 40 }, (_, i) => database(i)),
      pools: Array.from({ length: 100 }, (_, i) => pool(`tenant ${i}`, 0)),
    },
    () => serves,
  );
  const checks = await readiness.checks();
  expect(checks).toHaveLength(141);
  expect(checks.filter(({ status }) => status !== 'pass')).toEqual([]);
});

it('asks no pool that is full, also without callers that wait, and no gRPC service', async () => {
  const readiness = readinessOf(
    { dependencies: [database(1, 'grpc')], pools: [pool('full', 2), pool('free', 1)] },
    () => serves,
  );
  const checks = await readiness.checks();
  expect(checks.map(({ name, componentId }) => componentId ?? name)).toEqual(['event_loop:busy', 'free']);
});

it('warns of a broker that was replaced', async () => {
  const server = createServer((socket) => void socket.destroy());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const broker = (at: number, unusedMs: number): DependencyState => ({
    ...database(at, 'rabbitmq'),
    address: '127.0.0.1',
    unusedMs,
  });
  // Nothing listens at 1.
  const statuses = async (unusedMs: number): Promise<string[]> => {
    const readiness = readinessOf({ dependencies: [broker(1, unusedMs), broker(port, 0)] }, () => serves);
    return (await readiness.checks()).slice(1).map(({ status }) => status);
  };
  expect(await statuses(60_000)).toEqual(['warn', 'pass']);
  expect(await statuses(1_000)).toEqual(['fail', 'pass']);
});

it('does not know what a busy event loop does not tell', async () => {
  const readiness = readinessOf({ dependencies: [database(1)], pools: [pool('orders', 0)] }, () => undefined);
  const [, ...checks] = await readiness.checks();
  const busy = { status: 'warn', output: 'not known: the event loop is busy' };
  expect(checks).toMatchObject([busy, busy]);
});
