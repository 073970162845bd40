import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SpanKind, SpanStatusCode, type SpanContext } from '@opentelemetry/api';
import { Hooks } from '@foreshock/kit';
import type { Logger, LoggerOptions } from 'pino';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
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
  let asked: number;
  beforeAll(() => {
    app = installed(alias);
    return () => app.remove();
  });

  /** Of the first logger of a process: what writes its boundary lines. */
  function writerOf<L>(make: () => L): { log: L; write: (line: BoundaryLine) => void } {
    let write: WriteLine | undefined;
    asked = 0;
    const hooks = new Hooks('pino', adapter.versions);
    onTestFinished(() => hooks.undo());
    adapter.attach(
      {
        fields: () => (asked++, FIELDS),
        logged() {},
        useLogger: (made) => void (write ??= made),
      },
      hooks,
    );
    return { log: make(), write: write! };
  }

  function lineOf(options: LoggerOptions, sink: object = {}): Record<string, unknown> {
    const lines: string[] = [];
    const to = { ...sink, write: (line: string) => void lines.push(line) };
    const { log, write } = writerOf<Logger>(() =>
      app.pino({ base: { service: 'shop' }, timestamp: false, ...options }, to as never),
    );
    write(new BoundaryLine(span, 'exit', 'db'));
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

  it('a line that its level keeps back is none', () => {
    const lines: string[] = [];
    const to = { write: (line: string) => void lines.push(line) };
    const { log, write } = writerOf(() => app.pino({ level: 'error' }, to as never));
    write(new BoundaryLine(span, 'exit', 'db'));
    expect(lines).toEqual([]);
    log.level = 'info';
    write(new BoundaryLine(span, 'exit', 'db'));
    expect(lines).toEqual([expect.stringContaining('"boundary":"db"')]);
  });

  it('a method that the application has replaced gets the fields', () => {
    const { log, write } = writerOf(() => app.pino({ level: 'info' }, { write: () => {} } as never));
    const got: unknown[] = [];
    log.warn = (...given: unknown[]) => void got.push(given);
    write(new BoundaryLine(span, 'exit', 'db'));
    expect(got).toEqual([[expect.objectContaining({ boundary: 'db', pool: 'orders' }), SAID.msg]]);
  });

  it('lines of a turn are in their order, among the application’s, in the file that is written to meanwhile', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'boundary-lines-')), 'app.log');
    onTestFinished(() => rmSync(dirname(file), { recursive: true }));
    const { destination } = app.pino as unknown as { destination(options: object): any };
    const stream = destination({ dest: file, sync: false });
    const { log, write } = writerOf(() => app.pino({ base: null }, stream));
    await once(stream, 'ready');
    const expected: string[] = [];
    for (let i = 0; i < 200; i++) {
      if (i % 50 === 0) log.info(`line ${expected.push(`line ${expected.length}`) - 1}`);
      const name = `span ${expected.length}`;
      write(new BoundaryLine({ ...span, name } as ReadableSpan, 'enter', 'db'));
      expected.push(`enter ${name}`);
    }
    await new Promise(setImmediate);
    stream.flushSync();
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(expected);
  });
});
