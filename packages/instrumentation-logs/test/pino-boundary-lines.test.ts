import { SpanKind, SpanStatusCode, type SpanContext } from '@opentelemetry/api';
import { Hooks } from '@foreshock/kit';
import type { Logger, LoggerOptions } from 'pino';
import { beforeAll, describe, expect, it } from 'vitest';
import { pino as adapter } from '../src/adapters/pino/index.ts';
import type { WriteLine } from '../src/application-logger.ts';
import { BoundaryLine, type ReadableSpan } from '../src/boundary-line.ts';
import { installed, PINOS, type Installed } from './installed.ts';
import { FIELDS, SPAN } from './trace.ts';

/** What the fields are read of, ended. */
const span = {
  name: 'SELECT "orders"',
  kind: SpanKind.CLIENT,
  startTime: [1_795_204_702, 5],
  endTime: [1_795_204_703, 7],
  status: { code: SpanStatusCode.ERROR },
  attributes: {
    'peer.service': 'third',
    'messaging.destination.name': 'second "of three"',
    'db.client.connection.pool.name': 'orders',
    'db.response.status_code': '42P01',
    'http.response.status_code': 500,
  },
  spanContext: (): SpanContext => SPAN,
} as unknown as ReadableSpan;
const SAID = {
  msg: 'exit SELECT "orders"',
  boundary: 'db',
  event: 'exit',
  time_ns: '1795204703000000007',
  duration_ns: 1_000_000_002,
  peer: 'second "of three"',
  pool: 'orders',
  status_code: 500,
};

describe.each(PINOS)('%s', (alias) => {
  let app: Installed;
  let write: WriteLine | undefined;
  let asked: number;
  beforeAll(() => {
    app = installed(alias);
    const hooks = new Hooks('pino', adapter.versions);
    // The fields come with the line where pino writes none, else from the context, as with any line.
    const events = {
      fields: () => (asked++, FIELDS),
      logged() {},
      useLogger: (made: WriteLine) => void (write ??= made),
    };
    adapter.attach(events, hooks);
    return () => {
      hooks.undo();
      app.remove();
    };
  });

  function lineOf(options: LoggerOptions, sink: object = {}): Record<string, unknown> {
    const lines: string[] = [];
    const to = { ...sink, write: (line: string) => void lines.push(line) };
    write = undefined;
    asked = 0;
    const log: Logger = app.pino({ base: { service: 'shop' }, timestamp: false, ...options }, to as never);
    write!(new BoundaryLine(span, 'exit', 'db'));
    log.info('next');
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[1]!)).not.toHaveProperty('boundary');
    return JSON.parse(lines[0]!);
  }

  it('a logger that leaves lines as they are gets the fields without a look at its context', () => {
    expect(lineOf({})).toEqual({ level: 40, service: 'shop', ...SAID, ...FIELDS });
    // The next line's.
    expect(asked).toBe(1);
    expect(lineOf({ base: { trace_id: 'mine' } })).toMatchObject({ ...SAID, ...FIELDS, trace_id: 'mine' });
  });

  it.each<[string, LoggerOptions, object, object?]>([
    ['mixin', { mixin: (fields: object) => ({ seen: Object.keys(fields).length }) }, { ...SAID, seen: 7 }],
    ['formatter', { formatters: { log: (fields) => ({ ...fields, pool: 'hidden' }) } }, { ...SAID, pool: 'hidden' }],
    ['redaction', { redact: ['peer'] }, { ...SAID, peer: '[Redacted]' }],
    ['serializer', { serializers: { peer: () => 'hidden' } }, { ...SAID, peer: 'hidden' }],
    ['nested key', { nestedKey: 'payload' }, { payload: expect.objectContaining({ boundary: 'db', pool: 'orders' }) }],
    ['stream with metadata', {}, SAID, { [Symbol.for('pino.metadata')]: true }],
    [
      'hook',
      {
        hooks: {
          logMethod(args, method) {
            method.apply(this, args);
          },
        },
      },
      SAID,
    ],
  ])('a logger with a %s sees them', (_, options, expected, sink) => {
    expect(lineOf(options, sink)).toMatchObject(expected);
    expect(asked).toBe(2);
  });

  it('a line that its level keeps back leaves the next one as it is', () => {
    const lines: string[] = [];
    write = undefined;
    const log = app.pino({ level: 'error' }, { write: (line: string) => void lines.push(line) } as never);
    write!(new BoundaryLine(span, 'exit', 'db'));
    log.error('next');
    expect(lines.map((line) => JSON.parse(line))).toEqual([expect.not.objectContaining({ boundary: 'db' })]);
  });
});
