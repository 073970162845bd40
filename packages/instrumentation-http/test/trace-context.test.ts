import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { cases, PARENT, SAMPLED, TRACE, traceparent, type Headers } from '../../propagator/test/trace-context-suite.ts';
import { record } from './recording.ts';
import { answering, headersIn, mirror } from './undici-client.ts';
import { connect, listen } from './wire.ts';

const recorded = record();
afterAll(() => recorded.stop());

const VALID = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-0[0-3]$/;

const clients: [string, (url: string) => Promise<string>][] = [
  ['node:http', async (url) => text(((await once(http.get(url), 'response')) as [IncomingMessage])[0])],
  ['fetch', async (url) => (await fetch(url)).text()],
];

// As the harness of the suite: a service calls others back, here one that says the headers it got.
describe.each(clients)('W3C trace-context suite, over the wire, with calls by %s', (_, call) => {
  /** What the service sent, in as many calls, when these headers came in. */
  const sent = async (headers: Headers, calls = 1): Promise<Record<string, string>[]> => {
    const harness = await answering(mirror);
    const port = await listen(
      http.createServer(async (_request, response) => {
        const heads = await Promise.all(Array.from({ length: calls }, () => call(harness)));
        response.end(heads.map((head) => JSON.stringify(headersIn(head))).join('\n'));
      }),
    );
    const wire = await connect(port);
    wire.send('GET / HTTP/1.0', ...headers.map(([name, value]) => `${name}: ${value}`), '', '');
    const answer = await wire.closed();
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    return answer
      .slice(answer.indexOf('\r\n\r\n') + 4)
      .split('\n')
      .map((line) => JSON.parse(line));
  };

  it.each(cases)('$test: $headers', async ({ headers, trace, state: expected }) => {
    const [one] = await sent(headers);
    const [, traceId, parentId] = VALID.exec(one!['traceparent'] ?? '') ?? [];
    expect(traceId).toBeDefined();
    expect(traceId === TRACE).toBe(trace === 'continued');
    expect(parentId).not.toBe(PARENT);
    if (expected !== undefined) expect(one!['tracestate'] ?? '').toBe(expected);
  });

  it.each<[string, Headers, string | undefined]>([
    ['multiple_requests_with_valid_traceparent', traceparent(SAMPLED), TRACE],
    ['multiple_requests_without_traceparent', [], undefined],
    ['multiple_requests_with_illegal_traceparent', traceparent(`00-${'0'.repeat(32)}-${PARENT}-01`), undefined],
  ])('%s', async (_name, headers, expected) => {
    const ids = (await sent(headers, 3)).map((one) => VALID.exec(one['traceparent']!)!);
    expect(new Set(ids.map(([, , parentId]) => parentId)).size).toBe(3);
    const traces = new Set(ids.map(([, traceId]) => traceId));
    expect(traces.size).toBe(1);
    if (expected !== undefined) expect([...traces]).toEqual([expected]);
  });

  it('propagates_random_flag', async () => {
    const [one] = await sent(traceparent(`00-${TRACE}-${PARENT}-02`));
    expect(one!['traceparent']).toMatch(new RegExp(`^00-${TRACE}-(?!${PARENT})[0-9a-f]{16}-0[23]$`));
  });
});
