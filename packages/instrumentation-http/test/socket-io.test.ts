// Events that are acknowledged: who waits for them, for how long, and how it ends. Against a real server.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort, shows, testedVersions, type ReceivedSpan } from '@foreshock/testkit';
import { afterAll, afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { record, spanHere } from './recording.ts';

const recording = record();
recording.enable();
afterEach(() => recording.clear());
afterAll(() => recording.stop());

async function served(suffix: string, port = 0, options: object = {}) {
  const server: any = await import(`socket.io${suffix}`);
  const client: any = await import(`socket.io-client${suffix}`);
  const http = createServer();
  const io = server.Server ? new server.Server(http, options) : server.default(http);
  await once(http.listen(port, '127.0.0.1'), 'listening');
  const at = (http.address() as AddressInfo).port;
  const close = (): Promise<void> => new Promise((resolve) => io.close(() => resolve()));
  const connect = (options: object = {}): any => {
    const socket = (client.io ?? client.default)(`http://127.0.0.1:${at}`, { transports: ['websocket'], ...options });
    onTestFinished(async () => {
      socket.disconnect();
      await close();
    });
    return socket;
  };
  return { io, connect, port: at, close };
}

const connected = (socket: any): Promise<void> => new Promise((resolve) => socket.once('connect', resolve));

async function sent(count: number): Promise<ReceivedSpan[]> {
  const isSend = ({ name }: ReceivedSpan): boolean => name.startsWith('send ');
  let all: ReceivedSpan[] = [];
  while (all.length < count) {
    await new Promise((resolve) => setImmediate(resolve));
    all = recording.spans().filter(isSend);
  }
  expect(all).toHaveLength(count);
  return all;
}

/** What a caller sends, and its span. */
async function asks(run: () => Promise<unknown>): Promise<string> {
  return recording.inSpan('caller', async () => {
    const caller = spanHere()!;
    await run();
    expect(spanHere()).toBe(caller);
    return caller;
  });
}

describe.each(testedVersions(['-2', '-3', '']))('socket.io%s', (suffix) => {
  it('each end has a span for what it asks the other, below its caller', async () => {
    const { io, connect } = await served(suffix);
    const peers: any[] = [];
    io.on('connection', (peer: any) => {
      peers.push(peer);
      peer.on('order', (text: string, answer: (text: string) => void) => answer(`${text}!`));
    });
    const socket = connect();
    socket.on('stock', (answer: (count: number) => void) => answer(7));
    await connected(socket);
    recording.clear();

    const answers: unknown[] = [];
    const asked = (from: any, ...args: unknown[]) =>
      asks(
        () =>
          new Promise<void>((resolve) => {
            const here = spanHere();
            from.emit(...args, (answer: unknown) => {
              answers.push(answer, spanHere() === here);
              resolve();
            });
          }),
      );
    const callers = await Promise.all([asked(socket, 'order', 'rosebud'), asked(peers[0], 'stock')]);
    expect(answers.toSorted()).toEqual([7, 'rosebud!', true, true]);
    const spans = (await sent(2)).toSorted((a, b) => a.name.localeCompare(b.name));
    for (const [i, event] of ['order', 'stock'].entries()) {
      expect(spans[i]).toMatchObject({
        name: `send ${event}`,
        kind: 'CLIENT',
        parentSpanId: callers[i],
        status: { code: 'UNSET' },
      });
      expect(spans[i]!.attributes).toEqual({
        'messaging.system': 'socket.io',
        'messaging.operation.name': 'send',
        'messaging.operation.type': 'send',
        'messaging.destination.name': event,
      });
    }
  });

  it('an event waits for the connection', async () => {
    shows('socket.io-client', ['wait']);
    const { io, connect } = await served(suffix);
    io.on('connection', (peer: any) => peer.on('order', (answer: () => void) => answer()));
    const socket = connect();
    await asks(() => new Promise<void>((resolve) => socket.emit('order', resolve)));
    const [span] = await sent(1);
    const wait = span!.attributes['socket.io.phase.connect_ms'];
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(span!.durationMs);
  });

  it('one that is never acknowledged ends with its connection', async () => {
    const { io, connect } = await served(suffix);
    const { promise: peer, resolve } = Promise.withResolvers<any>();
    io.on('connection', resolve);
    const socket = connect({ reconnection: false });
    await connected(socket);
    socket.emit('order', () => {});
    (await peer).emit('stock', () => {});
    socket.disconnect();
    for (const span of await sent(2)) {
      expect(span).toMatchObject({ status: { code: 'ERROR' }, attributes: { 'error.type': 'disconnected' } });
    }
  });
});

it('what a server’s socket has not had acknowledged ends with it, however it was sent; later events at once', async () => {
  const { io, connect } = await served('', 0, { connectionStateRecovery: {} });
  const { promise, resolve } = Promise.withResolvers<any>();
  io.on('connection', resolve);
  const socket = connect({ reconnection: false });
  const peer = await promise;
  const left = once(peer, 'disconnect');
  // By the adapter, not by `packet`.
  peer.emit('stock', () => {});
  socket.disconnect();
  await left;
  peer.emit('too late', () => {});
  const spans = await sent(2);
  expect(spans.map(({ name }) => name)).toEqual(['send stock', 'send too late']);
  for (const span of spans) expect(span.attributes['error.type']).toBe('disconnected');
});

it('IDs in events are not in names', async () => {
  const { io, connect } = await served('');
  io.on('connection', (peer: any) => peer.on('order:42', (answer: () => void) => answer()));
  const socket = connect();
  await asks(() => new Promise<void>((resolve) => socket.emit('order:42', resolve)));
  const span = recording.spans().find(({ attributes }) => attributes['messaging.operation.name'] === 'send')!;
  expect(span.name).toBe('send');
  expect(span.attributes).not.toHaveProperty(['messaging.destination.name']);
});

it('a time-out is an error of either end', async () => {
  const { io, connect } = await served('');
  const { promise: peer, resolve } = Promise.withResolvers<any>();
  io.on('connection', resolve);
  const socket = connect();
  await connected(socket);
  const failures: string[] = [];
  for (const end of [socket, await peer]) {
    await asks(() =>
      end
        .timeout(20)
        .emitWithAck('order')
        .catch((error: Error) => void failures.push(error.message)),
    );
  }
  expect(failures).toEqual(['operation has timed out', 'operation has timed out']);
  for (const span of await sent(2)) {
    expect(span).toMatchObject({
      status: { code: 'ERROR' },
      attributes: { 'error.type': 'timeout', 'socket.io.timeout_ms': 20 },
    });
  }
});

it('attempts have their numbers, each below its caller, also of what waits behind others', async () => {
  shows('socket.io-client', ['attempt or hit']);
  const { io, connect } = await served('');
  const attempts: string[] = [];
  io.on('connection', (peer: any) => {
    peer.on('order', (text: string, answer: () => void) => {
      attempts.push(text);
      // The first one gets no answer.
      if (attempts.length > 1) answer();
    });
  });
  // Longer than a busy machine takes for an answer.
  const socket = connect({ retries: 2, ackTimeout: 500 });
  await connected(socket);
  const ask = (text: string) => asks(() => new Promise<void>((resolve) => socket.emit('order', text, () => resolve())));
  const callers = await Promise.all([ask('apples'), ask('pears')]);
  expect(attempts).toEqual(['apples', 'apples', 'pears']);
  const spans = await sent(3);
  const said = spans.map(({ parentSpanId, attributes }) => [
    callers.indexOf(parentSpanId),
    attributes['retry.attempt'],
    attributes['retry.max_attempts'],
    attributes['error.type'],
  ]);
  expect(said).toEqual([
    [0, 1, 3, 'timeout'],
    [0, 2, 3, undefined],
    [1, 1, 3, undefined],
  ]);
  expect(spans[2]!.attributes['socket.io.phase.queue_ms']).toBeGreaterThan(0);
});

it('attempts to reach a server that is not there are in no request', async () => {
  const name: string = 'socket.io-client';
  const { io } = await import(name);
  const url = `http://127.0.0.1:${await freePort()}`;
  const { promise: tried, resolve } = Promise.withResolvers<void>();
  await asks(async () => {
    const socket = io(url, { transports: ['websocket'], reconnectionDelay: 1, randomizationFactor: 0 });
    onTestFinished(() => void socket.disconnect());
    socket.io.on('reconnect_error', () => resolve());
    await tried;
  });
  const spans = recording.spans();
  const { traceId } = spans.find(({ name }) => name === 'caller')!;
  const calls = spans.filter(({ kind }) => kind === 'CLIENT');
  expect(calls[0]!.traceId).toBe(traceId);
  expect(calls[1]!.traceId).not.toBe(traceId);
});
