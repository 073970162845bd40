import { ROOT_CONTEXT, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { beforeEach, expect, it } from 'vitest';
import { ClientOperation, NO_STATUS, type ServerErrors } from './client-operation.ts';
import { CommonAttributes } from './common-attributes.ts';
import type { Telemetry } from './instrumentation.ts';
import { OperationClient } from './operation-client.ts';

const spans: ReadableSpan[] = [];
const nothing = async (): Promise<void> => {};
const provider = new TracerProvider({
  spanProcessors: [{ onStart() {}, onEnd: (span) => void spans.push(span), forceFlush: nothing, shutdown: nothing }],
});
const recorded: unknown[] = [];
const telemetry = {
  library: 'memjs',
  upstreamIsActive: false,
  tracer: provider.getTracer('test'),
  useMeter: (create: (meter: never) => unknown) =>
    create({
      createHistogram: () => ({ record: (_: number, attributes: unknown) => recorded.push(attributes) }),
    } as never),
} as unknown as Telemetry;

/** Memcached's binary protocol: a number, in the error of the client. */
const MEMCACHED: ServerErrors = {
  statusOf: (error) =>
    (error as { status?: number }).status === undefined ? undefined : String((error as any).status),
  shownOf: () => '',
  steps: new Set(['32']),
};

function operation(errors: ServerErrors): ClientOperation {
  const common = new CommonAttributes({
    'db.system.name': 'memcached',
    'db.operation.name': 'get',
    'db.query.text': '?',
  });
  const client = new OperationClient(telemetry);
  return new ClientOperation(client, ROOT_CONTEXT, 'get', { kind: SpanKind.CLIENT, common }, errors, undefined);
}

beforeEach(() => {
  spans.length = 0;
  recorded.length = 0;
});

const MEASURED = { 'db.system.name': 'memcached', 'db.operation.name': 'get' };

it('ends once, and is measured without its text', () => {
  const sent = operation(MEMCACHED);
  sent.succeeded();
  sent.failed(new Error('later'));
  const [span] = spans;
  expect(span).toMatchObject({ name: 'get', kind: SpanKind.CLIENT, status: { code: SpanStatusCode.UNSET } });
  expect(span!.attributes).toEqual({ ...MEASURED, 'db.query.text': '?' });
  expect(recorded).toEqual([MEASURED]);
});

it('says the status of any kind of server, as its own adapter reads it', () => {
  operation(MEMCACHED).failed(Object.assign(new Error('Out of memory for user:42'), { status: 130 }));
  const [span] = spans;
  expect(span!.attributes).toMatchObject({ 'db.response.status_code': '130', 'error.type': '130' });
  expect(span!.status).toEqual({ code: SpanStatusCode.ERROR, message: '' });
  expect(recorded).toEqual([{ ...MEASURED, 'error.type': '130' }]);
});

it('takes a step of the protocol for no failure', () => {
  operation(MEMCACHED).failed(Object.assign(new Error('Authentication required'), { status: 32 }));
  const [span] = spans;
  expect(span!.attributes).toMatchObject({ 'db.response.status_code': '32' });
  expect(span!.attributes).not.toHaveProperty('error.type');
  expect(span!.status.code).toBe(SpanStatusCode.UNSET);
});

it('has the class of an error that is no answer of the server, and no value of its message', () => {
  operation(NO_STATUS).failed(new TypeError('the key is "user:42"'));
  operation(NO_STATUS).refused('AbortError');
  const [failed, refused] = spans;
  expect(failed!.attributes).toMatchObject({ 'error.type': 'TypeError' });
  expect(failed!.attributes).not.toHaveProperty('db.response.status_code');
  expect(failed!.status).toEqual({ code: SpanStatusCode.ERROR, message: 'the key is' });
  expect(refused!.attributes).toMatchObject({ 'error.type': 'AbortError' });
  expect(recorded).toEqual([
    { ...MEASURED, 'error.type': 'TypeError' },
    { ...MEASURED, 'error.type': 'AbortError' },
  ]);
});
