import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { record } from './recording.ts';
import { answering, headersIn, mirror } from './undici-client.ts';
import { connect, listen } from './wire.ts';

const recorded = record();
const logged: unknown[] = [];
beforeAll(() => {
  const log = (...args: unknown[]): void => void logged.push(args);
  diag.setLogger({ error: log, warn: log, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN);
});
afterEach(() => recorded.clear());
afterAll(() => {
  diag.disable();
  recorded.stop();
});

const NAMES = [
  'traceparent',
  'tracestate',
  'baggage',
  'x-trace-id',
  'b3',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'user-agent',
];
const VALID = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
// What a parser of HTTP lets pass: no control characters but tabs, bytes above 127.
const legal = fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]{0,60}$/);
const value = fc.oneof(
  legal,
  fc.constantFrom(
    '',
    VALID,
    `${VALID},${VALID}`,
    'a=b,c=d',
    'for="',
    ';'.repeat(50),
    `${'x'.repeat(3_000)}`,
    'a="\\"";b',
  ),
  fc.tuple(legal, fc.constantFrom(VALID, 'k=v', 'for=1.2.3.4;host=a')).map((parts) => parts.join('')),
);
const header = fc.tuple(fc.constantFrom(...NAMES), value);
const target = fc.oneof(
  fc.constantFrom('/', '*', 'http://a@b/?sig=x', '/?%', `/${'a'.repeat(4_000)}?${'b=c&'.repeat(500)}`),
  fc.stringMatching(/^\/[\x21-\x7e]{0,80}$/),
);

it('whatever headers say: an answer, one safe x-trace-id, and safe headers onward', async () => {
  const onward = await answering(mirror);
  const port = await listen(
    http.createServer(async (_request, response) => {
      const [answer] = (await once(http.get(onward), 'response')) as [IncomingMessage];
      const fetched = await (await fetch(onward)).text();
      response.end(`${await text(answer)}${fetched}`);
    }),
  );
  await fc.assert(
    fc.asyncProperty(target, fc.array(header, { maxLength: 6 }), fc.boolean(), async (path, headers, host) => {
      const wire = await connect(port);
      wire.socket.setDefaultEncoding('latin1');
      const lines = headers.map(([name, said]) => `${name}: ${said}`);
      const head = [
        `GET ${path} HTTP/1.1`,
        ...(host ? ['Host: a:b'] : ['Host: shop.test']),
        ...lines,
        'Connection: close',
        '',
        '',
      ];
      wire.socket.write(head.join('\r\n'), 'latin1');
      const answer = await wire.closed();
      wire.socket.destroy();
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
      const said = [...answer.slice(0, answer.indexOf('\r\n\r\n')).matchAll(/^x-trace-id: (.*)\r?$/gm)];
      expect(said.map(([, id]) => id)).toEqual([expect.stringMatching(/^[A-Za-z0-9._:-]{1,128}$/)]);
      const heads = answer.slice(answer.indexOf('\r\n\r\n') + 4);
      for (const sent of heads.split(/(?=GET )/).map(headersIn)) {
        expect(sent['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]$/);
        expect(sent['x-trace-id']).toBe(said[0]![1]);
        expect((sent['tracestate'] ?? '').length).toBeLessThanOrEqual(512);
        expect((sent['baggage'] ?? '').length).toBeLessThanOrEqual(8_192);
      }
    }),
    { numRuns: 150 },
  );
  for (const { attributes } of recorded.spans()) {
    for (const [name, recordedValue] of Object.entries(attributes)) {
      expect([name, String(recordedValue).length <= 2_048]).toEqual([name, true]);
    }
  }
  // Nothing of ours failed on the way.
  expect(logged.filter((line) => String(line).includes('failed'))).toEqual([]);
});
