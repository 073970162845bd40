import { expect, it } from 'vitest';
import { SpanTable } from '../spans/span-table.ts';
import { readJsonValue } from './json-value.ts';

const OTLP = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'a' } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: 'f'.repeat(32),
              spanId: 'a'.repeat(16),
              name: 'n',
              kind: 2,
              startTimeUnixNano: '1790000000000000000',
              endTimeUnixNano: '1790000000005000000',
              attributes: [{ key: 'pool.used', value: { intValue: '1' } }],
              events: [{ name: 'retry.storm', timeUnixNano: '1790000000000000000' }],
              links: [{ traceId: 'e'.repeat(32) }],
              status: { code: 2 },
            },
          ],
        },
      ],
    },
  ],
};
const JAEGER = {
  data: [
    {
      spans: [
        {
          traceID: 'f'.repeat(32),
          spanID: 'a'.repeat(16),
          operationName: 'n',
          references: [{ refType: 'CHILD_OF', traceID: 'f'.repeat(32), spanID: 'b'.repeat(16) }],
          startTime: 1_790_000_000_000_000,
          duration: 5_000,
          tags: [{ key: 'span.kind', value: 'server' }],
          processID: 'p1',
        },
      ],
      processes: { p1: { serviceName: 'a', tags: [{ key: 'host.name', value: 'h' }] } },
    },
  ],
};
const ZIPKIN = [
  {
    traceId: 'f'.repeat(32),
    id: 'a'.repeat(16),
    parentId: 'b'.repeat(16),
    name: 'n',
    kind: 'SERVER',
    timestamp: 1_790_000_000_000_000,
    duration: 5_000,
    shared: true,
    localEndpoint: { serviceName: 'a', ipv4: '127.0.0.1' },
    remoteEndpoint: { serviceName: 'b', ipv4: '127.0.0.1', port: 80 },
    tags: { 'pool.used': '1' },
  },
];
/** The last is an object that cannot be made a text. */
const ODD: unknown[] = [null, true, -1, 1e308, '', [], [[]], [null], {}, { toString: 1, valueOf: null }];

/** All values with one part replaced. */
function* replaced(value: unknown): Generator<unknown> {
  yield* ODD;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    for (const other of replaced(part)) {
      const copy = structuredClone(value) as Record<string, unknown>;
      copy[key] = other;
      yield copy;
    }
  }
}

it.each([
  ['OTLP', OTLP],
  ['Jaeger', JAEGER],
  ['Zipkin', ZIPKIN],
])('anything in any place of %s is read, or left out', (_, value) => {
  const whole = new SpanTable();
  expect([readJsonValue(value, whole), whole.size]).toEqual([1, 1]);
  for (const odd of replaced(value)) expect(() => readJsonValue(odd, new SpanTable())).not.toThrow();
});
