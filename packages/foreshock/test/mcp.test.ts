// `foreshock mcp` with the protocol's own client.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { receiveFile } from '../../view/src/store/receive.ts';
import { Store } from '../../view/src/store/store.ts';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const BIN = here('../bin/foreshock.js');
const CHECKOUT = here('../../explain/test/fixtures/checkout.jsonl.gz');

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const BEGIN = Date.UTC(2026, 10, 30, 3, 0, 0);

interface MadeSpan {
  id: string;
  parent?: string;
  name: string;
  ms: number;
  attributes?: Record<string, string | number>;
  error?: string;
}

function request(spans: MadeSpan[]): string {
  const nano = (ms: number): string => `${BEGIN + ms}000000`;
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeSpans: [
          {
            scope: { name: 'test' },
            spans: spans.map(({ id, parent, name, ms, attributes = {}, error }) => ({
              traceId: TRACE,
              spanId: id,
              ...(parent && { parentSpanId: parent }),
              name,
              kind: parent ? 3 : 2,
              startTimeUnixNano: nano(0),
              endTimeUnixNano: nano(ms),
              attributes: Object.entries(attributes).map(([key, value]) => ({
                key,
                value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
              })),
              status: error === undefined ? {} : { code: 2, message: error },
            })),
          },
        ],
      },
    ],
  });
}

const ROOT = 'aaaaaaaaaaaaaaaa';
const CALL = 'bbbbbbbbbbbbbbbb';
const SPANS: MadeSpan[] = [
  {
    id: ROOT,
    name: 'GET /pay',
    ms: 1500,
    attributes: { 'http.route': '/pay', 'http.request.header.authorization': 'Bearer abcdefghij' },
  },
  {
    id: CALL,
    parent: ROOT,
    name: 'POST',
    ms: 1200,
    error: 'token=abc123 refused\u001b[31m',
    attributes: {
      'url.full': 'https://user:pw123@bank.test/pay?key=k123',
      'db.query.text': "SELECT * FROM t WHERE name = 'Smith'",
      'retry.attempt': 2,
      'pool.wait_ms': 700,
    },
  },
];

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcp-test-'));
  file = join(folder, 'traces.jsonl');
  writeFileSync(file, `${request(SPANS)}\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function connect(...sources: string[]): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [BIN, 'mcp', ...sources], stderr: 'ignore' }),
  );
  onTestFinished(() => client.close());
  return client;
}

async function ask(client: Client, name: string, args: Record<string, unknown> = {}) {
  const { content, isError } = await client.callTool({ name, arguments: args });
  expect(content).toEqual([{ type: 'text', text: expect.any(String) }]);
  return { text: (content as { text: string }[])[0]!.text, isError };
}

describe('over a file', () => {
  it('lists three tools that only read', async () => {
    const client = await connect(file);
    expect(client.getServerVersion()).toMatchObject({ name: 'foreshock' });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['search', 'trace', 'explain']);
    for (const { annotations, inputSchema } of tools) {
      expect(annotations).toEqual({ readOnlyHint: true, openWorldHint: false });
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
    }
  });

  it('finds, shows and explains, and says no secret', async () => {
    const client = await connect(file);
    expect((await ask(client, 'search', { query: 'service:shop pool.wait_ms>=500' })).text).toBe(
      `2026-11-30T03:00:00.000Z  1.5 s  shop  GET /pay  unset  2 spans, 1 error, 2 attempts  ${TRACE}`,
    );
    expect((await ask(client, 'search', { query: 'service:other' })).text).toBe('No trace is found.');
    const { text } = await ask(client, 'trace', { trace: TRACE });
    expect(text.split('\n')).toEqual([
      `trace ${TRACE}: 2 spans of 1 service, 1.5 s, began 2026-11-30T03:00:00.000Z`,
      `*    +0 ms    1.5 s shop  GET /pay  [server]  span ${ROOT}`,
      `*    +0 ms    1.2 s   shop  POST  [client]  ERROR token=[left out] refused·[31m  pool.wait_ms=700  retry.attempt=2  span ${CALL}`,
    ]);
    const details = (await ask(client, 'trace', { trace: TRACE, span: CALL })).text;
    expect(details).toContain('url.full=https://…@bank.test/pay?…');
    expect(details).toContain('db.query.text=SELECT * FROM t WHERE name = ?');
    const root = (await ask(client, 'trace', { trace: TRACE, span: ROOT })).text;
    expect(root).toContain('http.request.header.authorization=[left out]');
    expect(text + details + root).not.toMatch(/abc123|abcdefghij|pw123|k123|Smith/);
    expect((await ask(client, 'explain')).text).toMatch(/^(?:UNCLEAR|HEALTHY)\n/);
  });

  it('reads the file again when it has changed', async () => {
    const own = join(folder, 'growing.jsonl');
    writeFileSync(own, `${request(SPANS)}\n`);
    const client = await connect(own);
    expect((await ask(client, 'search')).text.split('\n')).toHaveLength(1);
    writeFileSync(own, `${request(SPANS)}\n${request(SPANS).replaceAll(TRACE, TRACE.replace('0', '1'))}\n`);
    expect((await ask(client, 'search')).text.split('\n')).toHaveLength(2);
    expect((await ask(client, 'search', { limit: 1 })).text).toMatch(/\nThere may be more: before=\d+_\d+$/);
  });

  it('answers with an error what it cannot do', async () => {
    const client = await connect(file);
    expect(await ask(client, 'trace', { trace: 'f'.repeat(32) })).toMatchObject({
      isError: true,
      text: expect.stringContaining('there is no trace'),
    });
    expect(await ask(client, 'search', { query: 'duration>x' })).toMatchObject({ isError: true });
    expect(await ask(client, 'explain', { around: 'nonsense' })).toMatchObject({ isError: true });
    expect(await ask(client, 'search', { limit: 1000 })).toEqual({
      isError: true,
      text: 'limit is a whole number from 1 to 50',
    });
    expect(await ask(client, 'search', { source: '/etc' })).toEqual({
      isError: true,
      text: 'there is no parameter source',
    });
    await expect(client.callTool({ name: 'delete', arguments: {} })).rejects.toThrow('no tool delete');
    expect(await ask(await connect(join(folder, 'none.jsonl')), 'search')).toMatchObject({
      isError: true,
      text: expect.stringContaining('no such file'),
    });
  });

  it('bounds a large trace', async () => {
    const large = join(folder, 'large.jsonl');
    const children = Array.from({ length: 3_000 }, (_, at): MadeSpan => {
      const id = (at + 1).toString(16).padStart(16, '0');
      return {
        id,
        parent: ROOT,
        name: `call ${'x'.repeat(2_000)}`,
        ms: at,
        attributes: { 'error.type': 'y'.repeat(2_000) },
      };
    });
    writeFileSync(large, `${request([SPANS[0]!, ...children])}\n`);
    const { text } = await ask(await connect(large), 'trace', { trace: TRACE });
    expect(text.length).toBeLessThan(16_100);
  });
});

it('explains a recorded incident with trace IDs that trace shows', async () => {
  const client = await connect(CHECKOUT);
  const { text } = await ask(client, 'explain');
  expect(text).toMatch(/^SHOWN\n/);
  expect(text.split('\n').length).toBeLessThanOrEqual(41);
  const [id] = /\b[0-9a-f]{32}\b/.exec(text)!;
  expect((await ask(client, 'trace', { trace: id })).text).toMatch(new RegExp(`^trace ${id}: \\d+ spans`));
});

it('reads the store of a foreshock view, while that runs, too', async () => {
  const db = join(folder, 'traces.db');
  const store = new Store({ file: db, limitBytes: 8 * 1024 ** 2, limitSpans: 1_000 });
  await receiveFile(store, file);
  const client = await connect(db);
  expect((await ask(client, 'search')).text).toContain(TRACE);
  expect((await ask(client, 'trace', { trace: TRACE })).text).toContain('GET /pay');
  store.close();
});

it('asks a running foreshock view', async () => {
  const view = spawn(process.execPath, [BIN, 'view', '--port', '0', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void view.kill('SIGKILL'));
  view.stdout.setEncoding('utf8');
  const [line] = (await once(view.stdout, 'data')) as [string];
  const client = await connect(/http:\S+/.exec(line)![0]);
  expect((await ask(client, 'search', { query: 'error' })).text).toContain(TRACE);
  expect((await ask(client, 'trace', { trace: TRACE })).text).toContain('GET /pay');
  expect(await ask(client, 'trace', { trace: 'f'.repeat(32) })).toMatchObject({ isError: true });
});

it('asks a Jaeger, of one trace at any time, too', async () => {
  const asked: string[] = [];
  const jaeger = createServer(({ url = '' }, response) => {
    asked.push(url);
    const found = (body: string): void => void response.end(body);
    if (url === '/api/v3/services') return found('{"services":["shop"]}');
    if (url === `/api/v3/traces/${TRACE}`) return found(`{"result":${request(SPANS)}}`);
    if (url.startsWith('/api/v3/traces')) return found('{"result":{"resourceSpans":[]}}');
    response.writeHead(404).end();
  });
  jaeger.listen(0, '127.0.0.1');
  await once(jaeger, 'listening');
  onTestFinished(() => void jaeger.close());
  const { port } = jaeger.address() as AddressInfo;
  const client = await connect(`http://127.0.0.1:${port}`);
  expect((await ask(client, 'search', { last: '15m' })).text).toBe('No trace is found.');
  expect((await ask(client, 'trace', { trace: TRACE, last: '15m' })).text).toContain('GET /pay');
  expect((await ask(client, 'search', { last: '15m' })).text).toContain(TRACE);
  expect(asked.filter((url) => url === '/api/v3/services')).toHaveLength(1);
});

it('answers lines that are no requests, and ends with its input', async () => {
  const server = spawn(process.execPath, [BIN, 'mcp', file], { stdio: ['pipe', 'pipe', 'ignore'] });
  let answers = '';
  server.stdout.setEncoding('utf8').on('data', (text: string) => (answers += text));
  server.stdin.end(
    [
      '{',
      '[]',
      '7',
      `"${'x'.repeat(3 << 20)}`,
      '{"jsonrpc":"2.0","id":{},"method":"ping"}',
      '{"jsonrpc":"2.0","method":"notifications/initialized"}',
      '{"jsonrpc":"2.0","id":1,"method":"ping"}',
      '{"jsonrpc":"2.0","id":2,"method":"__proto__"}',
    ].join('\n'),
  );
  const [code] = await once(server, 'close');
  expect(code).toBe(0);
  expect(
    answers
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: number | null; error?: { code: number }; result?: unknown })
      .map(({ id, error, result }) => [id, error?.code ?? result]),
  ).toEqual([
    [null, -32_700],
    [null, -32_600],
    [null, -32_600],
    [null, -32_700],
    [null, -32_600],
    [1, {}],
    [2, -32_601],
  ]);
});

it('a cancelled call gets no answer, parallel ones theirs', async () => {
  const server = spawn(process.execPath, [BIN, 'mcp', file], { stdio: ['pipe', 'pipe', 'ignore'] });
  let answers = '';
  server.stdout.setEncoding('utf8').on('data', (text: string) => (answers += text));
  const call = (id: number, name: string, given = {}): string =>
    JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: given } });
  const ranges = Array.from({ length: 8 }, (_, at) => call(at + 3, 'search', { last: `${at + 1}h` }));
  const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2 } };
  server.stdin.end([call(1, 'explain'), call(2, 'explain'), JSON.stringify(cancelled), ...ranges].join('\n'));
  await once(server, 'close');
  const read = answers
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: number; result: { isError: boolean } });
  expect(read.map(({ id, result }) => [id, result.isError])).toEqual(
    [1, 3, 4, 5, 6, 7, 8, 9, 10].map((id) => [id, false]),
  );
});
