// What `send` adds: callbacks in their caller's context, how much a slow peer has not read.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { shows, testedVersions, type ReceivedSpan } from '@foreshock/testkit';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { record, spanHere } from './recording.ts';

const recording = record();
recording.enable();
afterEach(() => recording.clear());
afterAll(() => recording.stop());

/** Two ends of a connection. */
async function opened({ default: WebSocket, WebSocketServer = WebSocket.Server }: any) {
  const perMessageDeflate = { threshold: 0 };
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate });
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [[peer]] = await Promise.all([accepted, once(client, 'open')]);
  const close = async (): Promise<void> => {
    client.terminate();
    peer.terminate();
    server.close();
    await once(server, 'close');
  };
  return { client, peer, close };
}

describe.each(testedVersions(['ws-7', 'ws-8', 'ws']))('%s', (name) => {
  it('calls back in the context of the sender, also of what waits for compression', async () => {
    const { client, close } = await opened(await import(name));
    const senders = Array.from({ length: 20 }, (_, i) =>
      recording.inSpan(`sender ${i}`, async () => {
        const sender = spanHere();
        const { promise, resolve } = Promise.withResolvers<unknown>();
        client.send('apples'.repeat(i), (error?: Error) => resolve(error ?? spanHere()));
        expect(await promise).toBe(sender);
      }),
    );
    await Promise.all(senders);
    await close();
  });

  it('says on the sender’s span how much a slow peer has not read', async () => {
    shows('ws', ['state']);
    const { client, peer, close } = await opened(await import(name));
    const sent = async (spanName: string): Promise<ReceivedSpan> => {
      await recording.inSpan(spanName, async () => void client.send('apples', { compress: false }));
      return (await recording.until(1)).find((span) => span.name === spanName)!;
    };
    recording.clear();
    expect((await sent('quick')).attributes).not.toHaveProperty('websocket.buffered_bytes');
    recording.clear();
    peer._socket.pause();
    while (client.bufferedAmount < 1_000_000) client.send(Buffer.alloc(100_000), { compress: false });
    const { bufferedAmount } = client;
    expect((await sent('slow')).attributes['websocket.buffered_bytes']).toBe(bufferedAmount);
    await close();
  });
});
