import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import {
  runFixture,
  startCollector,
  type Collector,
  type Fixture,
  type FixtureExit,
  type ReceivedSpan,
} from '@foreshock/testkit';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('./fixtures/lambda/', import.meta.url));
const example = fileURLToPath(new URL('../../../examples/lambda/', import.meta.url));
const layer = mkdtempSync(join(tmpdir(), 'foreshock-layer-'));
const bundled = mkdtempSync(join(root, '.bundled-'));
const ARN = 'arn:aws:lambda:eu-west-1:123456789012:function:orders';
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const TRACEPARENT = `00-${TRACE}-b7ad6b7169203331-01`;
let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
  execFileSync(process.execPath, [join(example, 'layer.mjs'), layer]);
  await build({ entryPoints: [join(root, 'renamed.mjs')], outfile: join(bundled, 'index.cjs'), format: 'cjs' });
});
afterAll(async () => {
  for (const folder of [bundled, layer]) rmSync(folder, { recursive: true });
  await collector.close();
});

interface Invoked {
  outcome: string;
  body: string;
  own: ReceivedSpan;
  delivered: ReceivedSpan[];
}

/** Lambda's Runtime API: the process is frozen from its question for the next invocation until there is one. */
class Lambda {
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  #waiting: ServerResponse | undefined;
  #next: (() => void) | undefined;
  #answered: ((outcome: string, body: string) => void) | undefined;
  #id = 0;
  app!: Fixture;

  async start(taskRoot: string, handler: string): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    onTestFinished(() => void this.#server.close());
    const { port } = this.#server.address() as AddressInfo;
    this.app = await runFixture(join(root, 'runtime.mjs'), {
      collector,
      preload: 'none',
      env: {
        NODE_OPTIONS: `--require ${layer}/foreshock/register.cjs`,
        AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
        AWS_LAMBDA_FUNCTION_NAME: 'orders',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
        AWS_REGION: 'eu-west-1',
        LAMBDA_TASK_ROOT: taskRoot,
        _HANDLER: handler,
        OTEL_SERVICE_NAME: undefined,
        // Nothing but the end of an invocation sends.
        OTEL_BSP_SCHEDULE_DELAY: '3600000',
      },
    });
    return this;
  }

  async frozen(): Promise<void> {
    if (!this.#waiting) await new Promise<void>((resolve) => (this.#next = resolve));
  }

  /** @returns the span of the invocation, and whatever was delivered before its answer */
  async invoke(event: object, xRay = ''): Promise<Invoked> {
    await this.frozen();
    collector.clear();
    const delivered = new Promise<Omit<Invoked, 'own' | 'delivered'> & { spans: ReceivedSpan[] }>((resolve) => {
      this.#answered = (outcome, body) => resolve({ outcome, body, spans: [...collector.spans] });
    });
    const id = `request-${++this.#id}`;
    this.#waiting!.writeHead(200, {
      'lambda-runtime-aws-request-id': id,
      'lambda-runtime-deadline-ms': String(Date.now() + 60_000),
      'lambda-runtime-invoked-function-arn': ARN,
      ...(xRay && { 'lambda-runtime-trace-id': xRay }),
    });
    this.#waiting!.end(JSON.stringify(event));
    this.#waiting = undefined;
    this.app.kill('SIGCONT');
    const { outcome, body, spans } = await delivered;
    const own = spans.find(({ attributes }) => attributes['faas.invocation_id'] === id);
    if (!own) throw new Error(`its span was not delivered before the answer: ${spans.map(({ name }) => name).join()}`);
    return { outcome, body, own, delivered: spans };
  }

  async stop(): Promise<FixtureExit> {
    await this.frozen();
    this.app.kill('SIGCONT');
    return this.app.stop();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, outcome] = /\/(response|error)$/.exec(request.url!) ?? [];
    if (outcome) {
      const body = await text(request);
      response.writeHead(202).end();
      this.#answered!(outcome, body);
      return;
    }
    this.#waiting = response;
    if (this.#id > 0) this.app.kill('SIGSTOP');
    this.#next?.();
  }
}

const http = {
  version: '2.0',
  routeKey: 'POST /orders/{id}',
  rawPath: '/orders/7',
  requestContext: { http: { method: 'POST' } },
};

describe.each([
  ['CommonJS', root, 'plain.handler'],
  ['an ES module whose handler has another name', root, 'renamed.handler'],
  ['a bundle', bundled, 'index.handler'],
])('%s', (_kind, taskRoot, handler) => {
  it('delivers an invocation before its answer, as the process is frozen then', async () => {
    const lambda = await new Lambda().start(taskRoot, handler);
    expect(await lambda.app.ready).toEqual({ length: 2, kind: 'AsyncFunction' });
    const called = createServer((_request, response) => void response.end()).listen(0, '127.0.0.1');
    onTestFinished(() => void called.close());
    await once(called, 'listening');
    const call = `http://127.0.0.1:${(called.address() as AddressInfo).port}/`;

    const first = await lambda.invoke({ ...http, call, headers: { traceparent: TRACEPARENT } });
    expect(first.outcome).toBe('response');
    expect(first.own).toMatchObject({
      name: 'POST /orders/{id}',
      kind: 'SERVER',
      traceId: TRACE,
      parentSpanId: 'b7ad6b7169203331',
      status: { code: 'UNSET' },
      links: [],
      attributes: {
        'faas.trigger': 'http',
        'faas.coldstart': true,
        'cloud.resource_id': ARN,
        'cloud.account.id': '123456789012',
        'http.request.method': 'POST',
        'http.route': '/orders/{id}',
        'url.path': '/orders/7',
        'http.response.status_code': 200,
      },
      resource: {
        'service.name': 'orders',
        'cloud.provider': 'aws',
        'cloud.platform': 'aws_lambda',
        'cloud.region': 'eu-west-1',
        'faas.name': 'orders',
        'faas.max_memory': 268435456,
      },
    });
    const inner = first.delivered.find(({ kind }) => kind === 'CLIENT');
    expect(inner).toMatchObject({ name: 'GET', parentSpanId: first.own.spanId });

    // Frozen for long: that is no block of the event loop.
    await lambda.frozen();
    await new Promise((resolve) => setTimeout(resolve, 700));
    const second = await lambda.invoke({ ...http, headers: {} });
    expect(second.own.attributes).toMatchObject({ 'faas.coldstart': false });
    for (const key of ['event_loop.blocked_ms', 'event_loop.blocked_before_ms']) {
      expect(second.own.attributes).not.toHaveProperty([key]);
    }
    expect((await lambda.stop()).stderr).toBe('');
  });
});

it('links the messages of a batch, says a failure, and X-Ray where nothing else is known', async () => {
  const lambda = await new Lambda().start(root, 'plain.handler');
  const record = (traceparent?: string) => ({
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-west-1:123456789012:mails',
    messageAttributes: traceparent ? { traceparent: { stringValue: traceparent, dataType: 'String' } } : {},
  });
  const batch = await lambda.invoke({ Records: [record(TRACEPARENT), record()], fail: true });
  expect(batch.outcome).toBe('error');
  expect(batch.own).toMatchObject({
    name: 'process mails',
    kind: 'CONSUMER',
    status: { code: 'ERROR' },
    attributes: {
      'faas.trigger': 'pubsub',
      'error.type': 'RangeError',
      'messaging.system': 'aws_sqs',
      'messaging.destination.name': 'mails',
      'messaging.batch.message_count': 2,
    },
  });
  expect(batch.own.links).toMatchObject([{ traceId: TRACE, spanId: 'b7ad6b7169203331' }]);

  const one = await lambda.invoke({ Records: [record(TRACEPARENT)] });
  expect(one.own).toMatchObject({ traceId: TRACE, parentSpanId: 'b7ad6b7169203331', links: [] });

  const xRay = await lambda.invoke({}, 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1');
  expect(xRay.own).toMatchObject({ name: 'orders', kind: 'SERVER', attributes: { 'faas.trigger': 'other' } });
  expect(xRay.own.links).toMatchObject([
    {
      traceId: '5759e988bd862e3fe1be46a994272793',
      spanId: '53995c3f42cd8ad8',
      attributes: { source: 'x-ray-env' },
    },
  ]);
  expect((await lambda.stop()).stderr).toBe('');
});

it('what a callback answers is the answer, and not what its handler returns or throws afterwards', async () => {
  const lambda = await new Lambda().start(root, 'called-back.handler');
  expect(await lambda.invoke({})).toMatchObject({
    outcome: 'response',
    body: '{"statusCode":201}',
    own: { status: { code: 'UNSET' } },
  });
  expect(await lambda.invoke({ fail: true })).toMatchObject({
    outcome: 'error',
    body: '{"errorType":"RangeError"}',
    own: { status: { code: 'ERROR' }, attributes: { 'error.type': 'RangeError' } },
  });
  await lambda.stop();
  const throwing = await new Lambda().start(root, 'called-back.throws');
  expect(await throwing.invoke({})).toMatchObject({
    outcome: 'response',
    body: '{"statusCode":202}',
    own: { status: { code: 'UNSET' } },
  });
  await throwing.stop();
});
