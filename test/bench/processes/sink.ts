// Receives what the tracers send, answers as their backends do, and counts the spans.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answer } from './answer.ts';
import { countMsgpackSpans, countOtlpSpans } from './count-spans.ts';

/** One contender's backend. */
interface Inbox {
  server: Server;
  /** Counted when asked for: walking them must not take the processor from the load. */
  bodies: { path: string; body: Buffer }[];
  spans: number;
}

const inboxes = new Map<number, Inbox>();

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

/** What Datadog's agent says of itself and of sampling; OTLP's answer is empty. */
const REPLIES: Record<string, string> = {
  '/info': JSON.stringify({ version: '7.60.0', endpoints: ['/v0.4/traces', '/v0.5/traces'] }),
  '/v0.4/traces': '{"rate_by_service":{"service:,env:":1}}',
  '/v0.5/traces': '{"rate_by_service":{"service:,env:":1}}',
};

answer({
  /** @returns the port of a new inbox; one that hangs accepts and never answers */
  async open({ hangs }: { hangs: boolean }): Promise<number> {
    const inbox: Inbox = {
      bodies: [],
      spans: 0,
      server: createServer((request, response) => {
        const path = request.url!;
        void bodyOf(request).then((body) => {
          if (hangs) return;
          if (body.length > 0) inbox.bodies.push({ path, body });
          const reply = REPLIES[path] ?? '';
          const type = reply ? 'application/json' : 'application/x-protobuf';
          response.writeHead(200, { 'content-type': type, 'content-length': reply.length }).end(reply);
        });
      }).listen(0, '127.0.0.1'),
    };
    await once(inbox.server, 'listening');
    const { port } = inbox.server.address() as AddressInfo;
    inboxes.set(port, inbox);
    return port;
  },
  /** @returns spans received so far */
  count(port: number): number {
    const inbox = inboxes.get(port)!;
    for (const { path, body } of inbox.bodies.splice(0)) {
      if (path === '/v1/traces') inbox.spans += countOtlpSpans(body);
      else if (/^\/v0\.[45]\/traces$/.test(path)) inbox.spans += countMsgpackSpans(body, path.startsWith('/v0.5'));
    }
    return inbox.spans;
  },
  close(port: number): void {
    const { server } = inboxes.get(port)!;
    inboxes.delete(port);
    server.close();
    server.closeAllConnections();
  },
});
