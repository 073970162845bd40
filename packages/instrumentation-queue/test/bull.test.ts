import { installed, shows, startRedis, type Installed, type Redis } from '@foreshock/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startRecorder } from './recorder.ts';

const recorder = startRecorder();
const { inSpan, ended } = recorder;
afterAll(() => recorder.stop());
afterEach(() => recorder.clear());

let names = 0;

describe.each(['bull-4-10', 'bull'])('%s', (alias) => {
  let app: Installed;
  let server: Redis;
  const open: { close(): Promise<unknown> }[] = [];

  beforeAll(async () => {
    app = installed({ bull: alias });
    server = await startRedis();
    return async () => {
      await server.stop();
      app.remove();
    };
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
  });

  const queueOf = async (): Promise<any> => {
    const queue = new (app.require('bull'))(`queue-${process.pid}-${++names}`, server.url);
    open.push(queue);
    await queue.isReady();
    return queue;
  };

  it('says what was added and handled', async () => {
    shows('bull', ['spans', 'parent', 'CJS'], app.versions['bull']!);
    const queue = await queueOf();
    void queue.process(async () => 'done');
    const { job, spanId } = await inSpan('caller', async (span) => ({
      job: await queue.add({ to: 'a@example.org' }, { attempts: 3 }),
      spanId: span.spanContext().spanId,
    }));
    const [process] = await ended(`process ${queue.name}`);
    const [send] = await ended(`send ${queue.name}`);
    expect(send).toMatchObject({ kind: 'PRODUCER', parentSpanId: spanId, status: { code: 'UNSET' } });
    expect(send!.attributes).toEqual({
      'messaging.system': 'bull',
      'messaging.operation.name': 'add',
      'messaging.operation.type': 'send',
      'messaging.destination.name': queue.name,
      'messaging.message.id': job.id,
    });
    expect(process).toMatchObject({ kind: 'CONSUMER', parentSpanId: send!.spanId, status: { code: 'UNSET' } });
    expect(process!.attributes).toEqual({
      'messaging.system': 'bull',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': queue.name,
      'messaging.message.id': job.id,
      'queue.wait_ms': expect.any(Number),
      'queue.attempt': 1,
      'queue.max_attempts': 3,
    });
  });

  it('jobs added at once have one span, and a handler each', async () => {
    const queue = await queueOf();
    void queue.process('one', async () => {});
    await queue.addBulk([
      { name: 'one', data: {} },
      { name: 'one', data: {} },
    ]);
    const handled = await ended(`process ${queue.name}`, 2);
    const [send] = await ended(`send ${queue.name}`);
    expect(send!.attributes).toMatchObject({
      'messaging.operation.name': 'addBulk',
      'messaging.batch.message_count': 2,
    });
    expect(handled.map(({ parentSpanId }) => parentSpanId)).toEqual([send!.spanId, send!.spanId]);
  });

  it('a handler that takes too long is a time-out', async () => {
    const queue = await queueOf();
    const { promise, resolve } = Promise.withResolvers<void>();
    void queue.process(() => promise);
    await queue.add({}, { timeout: 20 });
    const [late] = await ended(`process ${queue.name}`);
    resolve();
    expect(late).toMatchObject({ status: { code: 'ERROR' }, attributes: { 'error.type': 'timeout' } });
  });

  it('does not say how long a job waited whose due time it does not know', async () => {
    const queue = await queueOf();
    let runs = 0;
    void queue.process(async () => {
      if (++runs === 2) throw new Error('once more');
    });
    await queue.add({}, { timestamp: Date.now() - 60_000 });
    await ended(`process ${queue.name}`);
    await queue.add({}, { attempts: 2, backoff: 10 });
    await ended(`process ${queue.name}`, 3);
    // As after the end of a worker that had begun it.
    await queue.pause();
    const { id } = await queue.add({});
    await queue.client.hset(queue.toKey(id), 'stalledCounter', 1);
    await queue.resume();
    const handled = await ended(`process ${queue.name}`, 4);
    expect(handled.map(({ attributes }) => [attributes['queue.attempt'], typeof attributes['queue.wait_ms']])).toEqual([
      [1, 'undefined'],
      [1, 'number'],
      [2, 'undefined'],
      [1, 'undefined'],
    ]);
  });

  it('listeners of a job’s end are in its trace, and its handler’s calls below it', async () => {
    const queue = await queueOf();
    const next = await queueOf();
    void queue.process(async () => void (await next.add({})));
    const told = new Promise((resolve) => {
      queue.on('completed', () => inSpan('told', () => resolve(undefined)));
    });
    await queue.add({});
    await told;
    const [process] = await ended(`process ${queue.name}`);
    const [sent] = await ended(`send ${next.name}`);
    const [listener] = await ended('told');
    expect(sent!.parentSpanId).toBe(process!.spanId);
    expect(listener!.traceId).toBe(process!.traceId);
  });
});
