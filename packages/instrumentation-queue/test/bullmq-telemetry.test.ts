import { trace } from '@opentelemetry/api';
import { startRedis, type Redis } from '@foreshock/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRecorder } from './recorder.ts';

// An application that gave bullmq its own telemetry, to some or to all of what it has.
const recorder = startRecorder();
const { inSpan, ended } = recorder;
trace.setGlobalTracerProvider(recorder.tracerProvider);
afterAll(() => recorder.stop());

let server: Redis;
let bullmq: typeof import('bullmq');
let otel: typeof import('bullmq-otel');
let connection: object;
let queues = 0;
const open: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  bullmq = await import('bullmq');
  otel = await import('bullmq-otel');
  server = await startRedis();
  connection = { host: server.host, port: server.port, db: server.database, maxRetriesPerRequest: null };
  return () => server.stop();
});
beforeEach(() => recorder.clear());
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

/** A job through a queue and a worker with and without telemetry of the application's own. */
async function oneJob(queueHasOwn: boolean, workerHasOwn: boolean): Promise<string> {
  const own = (has: boolean) => (has ? { telemetry: new otel.BullMQOtel() } : {});
  const name = `queue-${++queues}`;
  const queue = new bullmq.Queue(name, { connection, ...own(queueHasOwn) } as never);
  const handled = Promise.withResolvers<void>();
  const worker = new bullmq.Worker(name, async () => handled.resolve(), { connection, ...own(workerHasOwn) } as never);
  open.push(queue, worker);
  await inSpan('caller', () => queue.add('welcome', {}));
  await handled.promise;
  return name;
}

const ofScope = (scope: string) => recorder.spans().filter((span) => span.scope === scope);
const THEIRS = 'bullmq';
const OURS = '@foreshock/instrumentation-queue';

describe('telemetry of the application’s own', () => {
  it('is left alone', async () => {
    const queue = await oneJob(true, true);
    const [process] = await ended(`process ${queue}`);
    const [add] = await ended(`add ${queue}.welcome`);
    expect([process!.scope, add!.scope]).toEqual([THEIRS, THEIRS]);
    expect(process!.parentSpanId).toBe(add!.spanId);
    expect(ofScope(OURS)).toEqual([]);
  });

  it('goes on with the trace of a sender without it', async () => {
    const queue = await oneJob(false, true);
    const [send] = await ended(`send ${queue}`);
    const [process] = await ended(`process ${queue}`);
    expect([send!.scope, process!.scope]).toEqual([OURS, THEIRS]);
    expect([process!.traceId, process!.parentSpanId]).toEqual([send!.traceId, send!.spanId]);
  });

  it('has its trace gone on with by a worker without it', async () => {
    const queue = await oneJob(true, false);
    const [add] = await ended(`add ${queue}.welcome`);
    const [process] = await ended(`process ${queue}`);
    expect([add!.scope, process!.scope]).toEqual([THEIRS, OURS]);
    expect([process!.traceId, process!.parentSpanId]).toEqual([add!.traceId, add!.spanId]);
  });
});
