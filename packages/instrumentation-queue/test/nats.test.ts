import { installed, shows, startNats, type Installed, type Nats } from '@foreshock/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startRecorder } from './recorder.ts';
import { unhandledRejections } from './unhandled.ts';

const recorder = startRecorder();
const { inSpan, ended, spans } = recorder;
let server: Nats;
beforeAll(async () => {
  server = await startNats();
});
afterAll(async () => {
  await server.stop();
  await recorder.stop();
});
afterEach(() => recorder.clear());

let names = 0;

describe.each(['nats-2-18', 'nats'])('%s', (alias) => {
  let app: Installed;
  let nats: any;
  let connection: any;

  beforeAll(async () => {
    app = installed({ nats: alias });
    nats = app.require('nats');
    connection = await nats.connect({ servers: server.url });
    return async () => {
      await connection.close();
      app.remove();
    };
  });

  const subjectOf = (): string => `orders-${process.pid}-${++names}`;
  const common = (operation: string, type: string, subject: string): object => ({
    'messaging.system': 'nats',
    'messaging.operation.name': operation,
    'messaging.operation.type': type,
    'messaging.destination.name': subject,
  });

  async function streamOf(config: object = {}): Promise<{ stream: string; subject: string; consumer: any }> {
    const subject = subjectOf();
    const stream = `${subject}-stream`;
    const manager = await connection.jetstreamManager();
    await manager.streams.add({ name: stream, subjects: [`${subject}.*`], storage: 'memory' });
    await manager.consumers.add(stream, { durable_name: 'worker', ack_policy: 'explicit', ...config });
    return { stream, subject, consumer: await connection.jetstream().consumers.get(stream, 'worker') };
  }

  it('says what was published and handled, of a queue group', async () => {
    shows('nats', ['spans', 'parent', 'CJS'], app.versions['nats']!);
    const subject = subjectOf();
    const active: unknown[] = [];
    connection.subscribe(`${subject}.*`, {
      queue: 'workers',
      callback: (_error: unknown, message: any) => active.push(message.headers.get('kind')),
    });
    const headers = nats.headers();
    headers.set('kind', 'a');
    headers.set('Traceparent', `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01`);
    const before = headers.toString();
    const { spanId } = await inSpan('caller', async (span) => {
      connection.publish(`${subject}.made`, 'hello', { headers });
      return span.spanContext();
    });
    const [process] = await ended(`process ${subject}.*`);
    const [send] = await ended(`send ${subject}.made`);
    expect(send).toMatchObject({ kind: 'PRODUCER', parentSpanId: spanId, status: { code: 'UNSET' } });
    expect(send!.attributes).toEqual(common('publish', 'send', `${subject}.made`));
    expect(process).toMatchObject({ kind: 'CONSUMER', parentSpanId: send!.spanId });
    expect(process!.attributes).toEqual({
      ...common('process', 'process', `${subject}.*`),
      'messaging.consumer.group.name': 'workers',
    });
    expect([active, headers.toString()]).toEqual([['a'], before]);
  });

  it.each([false, true])('a request lasts until it is answered, noMux: %s', async (noMux) => {
    const subject = subjectOf();
    connection.subscribe(subject, { callback: (_error: unknown, message: any) => message.respond('yes') });
    const answer = await connection.request(subject, 'well?', { timeout: 1_000, noMux });
    expect(answer.string()).toBe('yes');
    const [process] = await ended(`process ${subject}`);
    const [send] = await ended(`send ${subject}`);
    expect(send!.attributes).toEqual(common('request', 'send', subject));
    expect(process!.parentSpanId).toBe(send!.spanId);
    expect(spans()).toHaveLength(2);
    await connection.request(`${subject}.nobody`, '').catch(() => {});
    expect((await ended(`send ${subject}.nobody`))[0]).toMatchObject({ status: { code: 'ERROR' } });
  });

  it('a rejection that nobody handles is one with noMux, and none without', async () => {
    const rejectionsOf = (noMux: boolean): Promise<unknown[]> =>
      unhandledRejections(async () => {
        void connection.request(subjectOf(), '', { timeout: 1_000, noMux });
        await connection.flush();
      });
    expect(await rejectionsOf(true)).toHaveLength(1);
    expect(await rejectionsOf(false)).toHaveLength(0);
    const closed = await nats.connect({ servers: server.url });
    await closed.close();
    expect(await unhandledRejections(async () => void closed.request('late', ''))).toHaveLength(1);
    expect((await ended('send late'))[0]).toMatchObject({ status: { code: 'ERROR' } });
  });

  it('JetStream: what is stored, and each attempt to handle it', async () => {
    shows('nats', ['wait', 'attempt or hit'], app.versions['nats']!);
    const { stream, subject, consumer } = await streamOf({ max_deliver: 3 });
    let runs = 0;
    const consuming = await consumer.consume({
      callback: (message: any) => void (++runs === 1 ? message.nak() : message.ack()),
    });
    const { seq } = await connection.jetstream().publish(`${subject}.made`, 'hello');
    const handled = await ended(`process ${stream}`, 2);
    const [send] = await ended(`send ${subject}.made`);
    await consuming.close();
    expect(send!.attributes).toEqual({
      ...common('publish', 'send', `${subject}.made`),
      'messaging.message.id': String(seq),
    });
    const run = {
      ...common('process', 'process', stream),
      'messaging.consumer.group.name': 'worker',
      'messaging.message.id': String(seq),
      'queue.max_attempts': 3,
      'queue.settled_after_ms': expect.any(Number),
    };
    expect(handled.map(({ parentSpanId }) => parentSpanId)).toEqual([send!.spanId, send!.spanId]);
    expect(handled.map(({ attributes }) => attributes)).toEqual([
      {
        ...run,
        'queue.attempt': 1,
        'queue.wait_ms': expect.any(Number),
        'queue.settled': 'requeue',
        'error.type': 'requeued',
      },
      { ...run, 'queue.attempt': 2, 'queue.settled': 'ack' },
    ]);
    // Its API, acknowledgements and pulls have no spans.
    expect(spans()).toHaveLength(3);
  });

  it('JetStream: an answer that refuses is a failure of the publish', async () => {
    const { subject } = await streamOf();
    const publish = connection.jetstream().publish(`${subject}.made`, 'x', { expect: { lastSequence: 7 } });
    await expect(publish).rejects.toThrow('wrong last sequence');
    expect((await ended(`send ${subject}.made`))[0]).toMatchObject({ status: { code: 'ERROR' } });
  });

  it('JetStream: a publish that is tried again is a publish', async () => {
    const subject = subjectOf();
    const publish = connection.jetstream().publish(subject, 'x', { retries: 2, retry_delay: 10 });
    await expect(publish).rejects.toThrow('503');
    const sent = await ended(`send ${subject}`, 2);
    expect(sent.map(({ attributes }) => attributes['messaging.operation.name'])).toEqual(['publish', 'publish']);
  });

  it('loops: a message is handled until the next one is asked for', async () => {
    const { stream, subject, consumer } = await streamOf();
    for (const text of ['a', 'b']) await connection.jetstream().publish(`${subject}.made`, text);
    const seen: string[] = [];
    for await (const message of await consumer.fetch({ max_messages: 2, expires: 1_000 })) {
      seen.push(message.string());
      message.ack();
    }
    const sent = await ended(`send ${subject}.made`, 2);
    const handled = await ended(`process ${stream}`, 2);
    expect(seen).toEqual(['a', 'b']);
    expect(handled.map(({ parentSpanId }) => parentSpanId)).toEqual(sent.map(({ spanId }) => spanId));
    expect(handled.map(({ attributes }) => attributes['queue.settled'])).toEqual(['ack', 'ack']);

    const plain = subjectOf();
    const subscription = connection.subscribe(plain, { max: 1 });
    connection.publish(plain, 'c');
    for await (const message of subscription) seen.push(message.string());
    expect((await ended(`process ${plain}`))[0]!.parentSpanId).toBe((await ended(`send ${plain}`))[0]!.spanId);
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('a handler that fails, and a message too large with the trace', async () => {
    const { stream, subject, consumer } = await streamOf();
    // (One of a plain subscription ends the client's reading.)
    const consuming = await consumer.consume({
      callback: () => {
        throw new RangeError('refused');
      },
    });
    await connection.jetstream().publish(`${subject}.made`, 'hello');
    expect((await ended(`process ${stream}`))[0]).toMatchObject({ attributes: { 'error.type': 'RangeError' } });
    await consuming.close();
    const large = subjectOf();
    connection.subscribe(large, { callback: () => {} });
    connection.publish(large, new Uint8Array(connection.info.max_payload - 10));
    expect((await ended(`process ${large}`))[0]).toMatchObject({ parentSpanId: '', links: [] });
  });

  it('a message that is never acknowledged ends when the server delivers it again', async () => {
    const { stream, subject, consumer } = await streamOf({ ack_wait: 200e6, max_deliver: 2 });
    const consuming = await consumer.consume({ callback: () => {} });
    await connection.jetstream().publish(`${subject}.made`, 'hello');
    const handled = await ended(`process ${stream}`, 2);
    await consuming.close();
    expect(handled.map(({ attributes }) => attributes['queue.attempt'])).toEqual([1, 2]);
    for (const { attributes } of handled) expect(attributes).not.toHaveProperty('queue.settled');
  });

  it('the time for an acknowledgement begins again with `working()`', async () => {
    const { stream, subject, consumer } = await streamOf();
    await connection.jetstream().publish(`${subject}.made`, 'hello');
    onTestFinished(() => void vi.useRealTimers());
    let taken: any;
    for await (const message of await consumer.fetch({ max_messages: 1, expires: 1_000 })) {
      taken = message;
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldClearNativeTimers: true });
    }
    vi.advanceTimersByTime(20_000);
    taken.working();
    vi.advanceTimersByTime(20_000);
    taken.ack();
    vi.useRealTimers();
    expect((await ended(`process ${stream}`))[0]!.attributes['queue.settled']).toBe('ack');
  });

  it('messages that are asked for at once all have an end', async () => {
    const subject = subjectOf();
    const messages = connection.subscribe(subject, { max: 2 })[Symbol.asyncIterator]();
    const both = Promise.all([messages.next(), messages.next()]);
    for (const text of ['a', 'b']) connection.publish(subject, text);
    expect((await both).map(({ value }) => value.string())).toEqual(['a', 'b']);
    expect(await messages.next()).toMatchObject({ done: true });
    expect(await ended(`process ${subject}`, 2)).toHaveLength(2);
  });

  it('an answer keeps its status', async () => {
    const subject = subjectOf();
    const other = await nats.connect({ servers: server.url, inboxPrefix: 'answers' });
    const headers = nats.headers(400, 'Bad');
    connection.subscribe(subject, {
      callback: (_error: unknown, message: any) => connection.publish(message.reply, '', { headers }),
    });
    await connection.flush();
    const answer = await other.request(subject, '');
    await other.close();
    expect([answer.headers.code, answer.headers.description]).toEqual([400, 'Bad']);
  });

  it('names have no IDs of subjects, and replies to other prefixes no span', async () => {
    const subject = subjectOf();
    const other = await nats.connect({ servers: server.url, inboxPrefix: '_INBOX_ann' });
    connection.subscribe(`${subject}.42`, { callback: (_error: unknown, message: any) => message.respond('yes') });
    // Of another connection's, the server may hear sooner.
    await connection.flush();
    await other.request(`${subject}.42`, '');
    await other.close();
    const id = '0b7f31d2-7c3c-4f0e-9d0b-3f5f6a0c1e7d';
    connection.publish(`${subject}.${id}.made`, '');
    await ended(`send ${subject}.*.made`);
    const names = [`process ${subject}.*`, `send ${subject}.*`, `send ${subject}.*.made`];
    expect(
      spans()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(names);
  });
});
