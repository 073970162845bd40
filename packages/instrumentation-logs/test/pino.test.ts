import { diag } from '@opentelemetry/api';
import { Hooks } from '@foreshock/kit';
import { recordSpans } from '@foreshock/testkit';
import type { Logger, LoggerOptions } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logsInstrumentation } from '@foreshock/instrumentation-logs';
import { pino as adapter } from '../src/adapters/pino/index.ts';
import { inTrace, SPAN } from './trace.ts';
import { installed, PINOS, type Installed } from './installed.ts';

const instrumentation = logsInstrumentation();
const recorded = recordSpans(instrumentation);
afterAll(() => recorded.stop());

const FIELDS = `,"trace_id":"${SPAN.traceId}","span_id":"${SPAN.spanId}","trace_flags":"01"`;

/** The keys at the top level of a line as they are written: a JSON parser would show a doubled one once. */
function keysOf(line: string): string[] {
  const keys: string[] = [];
  let depth = 0;
  for (const [token] of line.matchAll(/"(?:[^"\\]|\\.)*":?|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (depth === 1 && token.endsWith(':')) keys.push(JSON.parse(token.slice(0, -1)));
  }
  return keys;
}

describe.each(PINOS)('%s', (alias) => {
  let app: Installed;
  let lines: string[];
  const sink = { write: (line: string) => void lines.push(line) };
  const logger = (options: LoggerOptions = {}): Logger =>
    app.pino({ base: null, timestamp: false, ...options }, sink as never);
  /** What `write` logs, line by line. */
  const linesOf = (write: () => void): string[] => {
    lines = [];
    write();
    return lines;
  };

  beforeAll(() => {
    app = installed(alias);
    return () => app.remove();
  });

  it('puts the active span into a line', () => {
    const log = logger({ base: { pid: 7, hostname: 'h' } });
    expect(linesOf(() => inTrace(() => log.info({ order: 42 }, 'placed')))).toEqual([
      `{"level":30,"pid":7,"hostname":"h","order":42,"msg":"placed"${FIELDS}}\n`,
    ]);
  });

  it('leaves an event on the span in which an error is logged, with no word of what it says', async () => {
    const log = logger({ errorKey: 'fault' });
    lines = [];
    recorded.clear();
    await recorded.inSpan('handler', async () => {
      log.error(new RangeError('secret'));
      log.warn({ err: Object.assign(new Error('secret'), { code: 'ECONNRESET' }) }, 'caught');
      log.error('no error');
      log.error({ err: 'none either' });
      log.info(new TypeError('not bad'));
    });
    log.error(new Error('outside of any span'));
    expect(lines).toHaveLength(6);
    const [span] = recorded.spans();
    expect(span!.events.map(({ name, attributes }) => ({ name, attributes }))).toEqual([
      { name: 'error.logged', attributes: { 'error.type': 'RangeError' } },
      { name: 'error.logged', attributes: { 'error.type': 'ECONNRESET' } },
    ]);
    expect(span!.status).toEqual({ code: 'UNSET' });
  });

  it('leaves a few events of many errors, the first of each type among them, and counts them', async () => {
    const log = logger();
    lines = [];
    recorded.clear();
    await recorded.inSpan('loop', async () => {
      for (let i = 0; i < 200; i++) log.error(new RangeError('again'));
      for (let i = 0; i < 20; i++) log.error(Object.assign(new Error('other'), { code: `E${i}` }));
    });
    const [span] = recorded.spans();
    expect(span!.events.map(({ attributes }) => attributes['error.type'])).toEqual([
      ...Array(4).fill('RangeError'),
      'E0',
      'E1',
      'E2',
      'E3',
      'E4',
      'E5',
      'E6',
    ]);
    expect(span!.attributes).toEqual({ 'error.logged.count': 220 });
  });

  it('joins a line to the span it is written in, through await', async () => {
    const log = logger();
    lines = [];
    await recorded.inSpan('request', async () => {
      log.info('before');
      await recorded.inSpan('query', async () => {
        await new Promise((resolve) => setImmediate(resolve));
        log.info('within');
      });
      log.info('after');
    });
    const [query, request] = recorded.spans().slice(-2);
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      [
        ['before', request],
        ['within', query],
        ['after', request],
      ].map(([msg, span]) => {
        const { traceId, spanId } = span as { traceId: string; spanId: string };
        return { level: 30, msg, trace_id: traceId, span_id: spanId, trace_flags: '01' };
      }),
    );
  });

  it('adds nothing outside a span, or to one without valid ids', () => {
    const log = logger();
    const expected = ['{"level":30,"msg":"hi"}\n'];
    expect(linesOf(() => log.info('hi'))).toEqual(expected);
    expect(linesOf(() => inTrace(() => log.info('hi'), { traceId: '0'.repeat(32) }))).toEqual(expected);
    expect(linesOf(() => inTrace(() => log.info('hi'), { spanId: '","admin":"' }))).toEqual(expected);
  });

  it('joins unsampled traces too, and writes flags as two hex digits', () => {
    const log = logger();
    const flags = [0, 1, 3, 0x0f, 0x10, 0xff].map(
      (traceFlags) => JSON.parse(linesOf(() => inTrace(() => log.info('hi'), { traceFlags }))[0]!).trace_flags,
    );
    expect(flags).toEqual(['00', '01', '03', '0f', '10', 'ff']);
  });

  it.each([
    ['another identifier', 'order-42:a.b_c', 'order-42:a.b_c'],
    ['the UUID form of the trace id', '0af76519-16cd-43dd-8448-eb211c80319c', '0af76519-16cd-43dd-8448-eb211c80319c'],
    ['the trace id itself', SPAN.traceId, undefined],
    ['what would break the line', '","admin":"yes', undefined],
    ['more than 128 characters', 'x'.repeat(129), undefined],
    ['nothing', '', undefined],
  ])('x-trace-id: %s', (_, given, expected) => {
    const log = logger();
    const more = expected === undefined ? '' : `,"x_trace_id":"${expected}"`;
    expect(linesOf(() => inTrace(() => log.info('hi'), {}, given))).toEqual([
      `{"level":30,"msg":"hi"${FIELDS}${more}}\n`,
    ]);
  });

  describe('leaves the rest of a line as it is, byte for byte', () => {
    const circular: Record<string, unknown> = { name: 'loop' };
    circular['self'] = circular;
    const frozen = Object.freeze({ a: 1, nested: Object.freeze({ b: 2 }) });
    const error = Object.assign(new Error('out of "paper"'), { code: 'EPAPER' });
    const calls: Record<string, (log: Logger) => void> = {
      message: (log) => log.info('hi'),
      'empty message': (log) => log.info(''),
      'format string': (log) => log.info('%s has %d, %j', 'user', 3, { x: '}' }),
      'message full of JSON': (log) => log.info('{"trace_id":"no","span_id": [}]}"\\\n\u2028 é 🚀'),
      null: (log) => log.info(null),
      undefined: (log) => log.info(undefined),
      'no argument': (log) => (log as any).info(),
      number: (log) => (log as any).info(42),
      symbolless: (log) => log.info({ f() {}, u: undefined, n: null, nan: Number.NaN, big: 2 ** 60 }),
      object: (log) => log.info({ a: 1, b: [1, { c: '}' }], d: new Date(0) }, 'object'),
      'object without prototype': (log) => log.info(Object.assign(Object.create(null), { a: 1 })),
      array: (log) => log.info(['a', { b: 1 }], 'array'),
      'object with toJSON': (log) => log.info({ toJSON: () => ({ never: 'asked' }), a: { toJSON: () => 'a!' } }),
      'frozen object': (log) => log.info(frozen, 'frozen'),
      'circular object': (log) => log.info({ circular }),
      error: (log) => log.info(error),
      'error with message': (log) => log.error(error, 'failed: %s', 'why'),
      'error in an object': (log) => log.error({ err: error, a: 1 }),
      'error with a cause': (log) => log.error(new Error('outer', { cause: error })),
      'object like a request': (log) =>
        log.info({ method: 'GET', url: '/', headers: { a: 'b' }, socket: { remoteAddress: '::1' } } as object),
      child: (log) => log.child({ a: 'child', nested: { '}': '{' } }).info('hi'),
      'child of a child': (log) => log.child({ a: 1 }).child({ b: 2 }, { level: 'trace' }).trace({ c: 3 }, 'deep'),
      'child with its own serializers and redaction': (log) =>
        log
          .child({ a: 1 }, { serializers: { q: (q: string) => q.length }, redact: ['secret'] } as never)
          .info({ q: 'four', secret: 'x' }),
      'child with a message prefix': (log) => log.child({}, { msgPrefix: '[p] ' }).info('hi'),
      'bindings set later': (log) => {
        const child = log.child({ a: 1 });
        child.setBindings({ b: 2 });
        child.info('hi');
      },
      'level changed': (log) => {
        const child = log.child({});
        child.level = 'error';
        child.info('not written');
        child.level = 'debug';
        child.debug('written');
      },
      'every level': (log) => {
        for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const) log[level](level);
      },
    };
    const configurations: Record<string, LoggerOptions & Record<string, unknown>> = {
      plain: {},
      'usual base and a level': { base: { pid: 1, hostname: 'h' }, name: 'app', level: 'trace' },
      'message and error keys': { messageKey: 'message', errorKey: 'error' },
      'nested key': { nestedKey: 'payload' },
      'custom timestamp': { timestamp: () => ',"at":"2026-11-20T00:00:00Z"' },
      mixin: { mixin: () => ({ mixed: 'in', a: 'mixin' }) },
      'mixin with its strategy': {
        mixin: () => ({ mixed: 1 }),
        mixinMergeStrategy: (a: object, b: object) => ({ ...b, ...a }),
      },
      formatters: {
        formatters: {
          level: (label: string, number: number) => ({ severity: label, number }),
          bindings: (bindings: object) => ({ bound: { ...bindings } }),
          log: (object: object) => ({ wrapped: { ...object } }),
        },
      },
      serializers: { serializers: { a: (a: unknown) => ({ was: String(a) }), err: (e: Error) => e.message } },
      redaction: { redact: { paths: ['a', 'nested.b', '*.c'], censor: '***' } },
      'custom levels': { customLevels: { loud: 35 }, level: 'loud' },
      CRLF: { crlf: true },
      'safe: false': { safe: false },
      'log method hook': {
        hooks: {
          logMethod(this: Logger, args: unknown[], method: (...args: never) => void) {
            method.apply(this, args as never);
          },
        } as never,
      },
    };

    it.each(Object.keys(configurations))('%s', (configuration) => {
      for (const [name, call] of Object.entries(calls)) {
        const outside = linesOf(() => call(logger(configurations[configuration])));
        const inside = linesOf(() => inTrace(() => call(logger(configurations[configuration]))));
        const expected = outside.map((line) => line.replace(/\}(\r?\n)$/, `${FIELDS}}$1`));
        // Stacks of logged errors do not depend on where they are logged: `error` is one object.
        const comparable = (all: string[]): string[] => (name === 'error with a cause' ? all.map(withoutStack) : all);
        expect({ [name]: comparable(inside) }).toEqual({ [name]: comparable(expected) });
        for (const line of inside) expect(JSON.parse(line)).toMatchObject({ trace_id: SPAN.traceId });
      }
    });

    const withoutStack = (line: string): string => line.replace(/"stack":"(?:[^"\\]|\\.)*"/g, '"stack":""');

    it('and the objects of the user', () => {
      const given = { a: 1, nested: { b: 2 } };
      const mixed = { m: 1 };
      const bindings = { c: 3 };
      const log = logger({ mixin: () => mixed }).child(bindings);
      linesOf(() => inTrace(() => log.info(given, 'hi')));
      expect(given).toEqual({ a: 1, nested: { b: 2 } });
      // pino merges the object into the mixin's result itself.
      expect(mixed).toEqual({ m: 1, a: 1, nested: { b: 2 } });
      expect(bindings).toEqual({ c: 3 });
      expect(log.bindings()).toEqual({ c: 3 });
    });
  });

  describe('keeps a key of the user, once', () => {
    const keys = ['trace_id', 'span_id', 'trace_flags', 'x_trace_id'] as const;
    const ours = { trace_id: SPAN.traceId, span_id: SPAN.spanId, trace_flags: '01', x_trace_id: 'mine' };
    const places: Record<string, (key: string) => () => void> = {
      'merging object': (key) => () => logger().info({ [key]: 'theirs' }, 'hi'),
      'merging object, behind quotes and braces': (key) => () =>
        logger().info({ one: '"', '{[': '\\', three: ']}', [key]: 'theirs' }, 'hi'),
      'merging object, null': (key) => () => logger({ serializers: { [key]: () => 'theirs' } }).info({ [key]: null }),
      'child bindings': (key) => () =>
        logger()
          .child({ [key]: 'theirs' })
          .info('hi'),
      'bindings set later': (key) => () => {
        const child = logger().child({});
        child.setBindings({ [key]: 'theirs' });
        child.info('hi');
      },
      base: (key) => () => logger({ base: { [key]: 'theirs' } }).info('hi'),
      mixin: (key) => () => logger({ mixin: () => ({ [key]: 'theirs' }) }).info('hi'),
      'formatters.log': (key) => () => logger({ formatters: { log: (o) => ({ ...o, [key]: 'theirs' }) } }).info('hi'),
      'formatters.bindings': (key) => () =>
        logger({ base: {}, formatters: { bindings: () => ({ [key]: 'theirs' }) } }).info('hi'),
      'formatters.level': (key) => () =>
        logger({ formatters: { level: (_, level) => ({ level, [key]: 'theirs' }) } }).info('hi'),
      timestamp: (key) => () => logger({ timestamp: () => `,"time":1,"${key}": "theirs"` }).info('hi'),
      'message key': (key) => () => logger({ messageKey: key }).info('theirs'),
    };

    it.each(Object.keys(places))('%s', (place) => {
      for (const key of keys) {
        const [line] = linesOf(() => inTrace(places[place]!(key), {}, 'mine'));
        expect(JSON.parse(line!)).toMatchObject({ ...ours, [key]: 'theirs' });
        for (const each of keys) expect(keysOf(line!).filter((name) => name === each)).toEqual([each]);
      }
    });

    it('all four', () => {
      const theirs = { trace_id: 1, span_id: 2, trace_flags: 3, x_trace_id: 4 };
      const [line] = linesOf(() => inTrace(() => logger().info(theirs), {}, 'mine'));
      expect(line).toBe('{"level":30,"trace_id":1,"span_id":2,"trace_flags":3,"x_trace_id":4}\n');
    });

    it('a key that is not in the line is not kept', () => {
      const theirs = { trace_id: undefined, span_id: () => {} };
      expect(linesOf(() => inTrace(() => logger().info(theirs)))).toEqual([`{"level":30${FIELDS}}\n`]);
    });

    it.each([
      ['nested object', { job: { trace_id: 'theirs', span_id: [{ trace_flags: 'x' }] } }],
      ['array', { list: ['trace_id', { trace_id: 1 }, '"trace_id":'] }],
      ['text', { text: '"trace_id":"x","span_id":' }],
      ['other keys', { 'a"trace_id': 1, my_trace_id: 2, trace_id_: 3, '\\': '\\"', 'trace_id ': 4 }],
    ])('a look-alike is no key: %s', (_, object) => {
      const outside = linesOf(() => logger().info(object))[0]!;
      expect(linesOf(() => inTrace(() => logger().info(object)))).toEqual([`${outside.slice(0, -2)}${FIELDS}}\n`]);
    });

    it('under nestedKey there are two: theirs inside, ours at the top', () => {
      const log = logger({ nestedKey: 'payload' });
      expect(linesOf(() => inTrace(() => log.info({ trace_id: 'theirs' }, 'hi')))).toEqual([
        `{"level":30,"payload":{"trace_id":"theirs"},"msg":"hi"${FIELDS}}\n`,
      ]);
    });
  });

  it.each([
    ['a key', ['trace_id'], FIELDS.replace(SPAN.traceId, '[Redacted]')],
    ['a key, removed', { paths: ['span_id'], remove: true }, FIELDS.replace(/,"span_id":"\w+"/, '')],
    ['a key inside every key', ['*.password'], FIELDS],
  ])("redacts as if the fields were the user's: %s", (_, redact, fields) => {
    const log = logger({ redact });
    expect(linesOf(() => inTrace(() => log.info('hi')))).toEqual([`{"level":30,"msg":"hi"${fields}}\n`]);
  });

  it('reaches every stream of a multistream, with the metadata the user sees unchanged', () => {
    const seen: unknown[] = [];
    const stream = {
      [Symbol.for('pino.metadata')]: true,
      write(this: { lastObj: unknown; lastMsg: unknown }, line: string) {
        seen.push(this.lastObj, this.lastMsg, line);
      },
    };
    const { multistream } = app.pino as unknown as typeof import('pino');
    const log = app.pino(
      { base: null, timestamp: false },
      multistream([{ stream: sink as never }, { stream: stream as never }]),
    );
    const line = `{"level":30,"a":1,"msg":"hi"${FIELDS}}\n`;
    expect(linesOf(() => inTrace(() => log.info({ a: 1 }, 'hi')))).toEqual([line]);
    expect(seen).toEqual([{ a: 1 }, 'hi', line]);
  });

  it("lets the user's own error through, and the next line is written", () => {
    const error = new Error('theirs');
    const log = logger({
      serializers: {
        bad() {
          throw error;
        },
      },
    });
    expect(() => inTrace(() => log.info({ bad: 1 }))).toThrow(error);
    expect(linesOf(() => inTrace(() => log.info('hi')))).toHaveLength(1);
  });

  it('disabled restores, enabled twice adds once, loggers made before follow', () => {
    const log = logger();
    const symbol = (app.pino as unknown as typeof import('pino')).symbols as unknown as { asJsonSym: symbol };
    const asJson = (): unknown => (log as unknown as Record<symbol, unknown>)[symbol.asJsonSym];
    const patched = asJson();
    instrumentation.disable();
    expect(asJson()).not.toBe(patched);
    expect(linesOf(() => inTrace(() => log.info('hi')))).toEqual(['{"level":30,"msg":"hi"}\n']);
    instrumentation.enable();
    instrumentation.enable();
    expect(linesOf(() => inTrace(() => log.info('hi')))).toEqual([`{"level":30,"msg":"hi"${FIELDS}}\n`]);
  });
});

describe('whatever happens to it', () => {
  let app: Installed;
  beforeAll(() => {
    app = installed('pino');
    return () => app.remove();
  });
  const lineOf = (write: (log: Logger) => void): string => {
    let written = '';
    write(app.pino({ base: null, timestamp: false }, { write: (line: string) => void (written += line) } as never));
    return written;
  };
  const prototypeOf = (asJsonSym: symbol): Record<symbol, (...args: unknown[]) => unknown> => {
    let object: object = app.pino();
    while (!Object.hasOwn(object, asJsonSym)) object = Object.getPrototypeOf(object);
    return object as never;
  };

  it('a line is written as it is when ours fails, and that is said once', () => {
    const logged: unknown[] = [];
    const ignore = (): void => {};
    diag.setLogger({
      error: (...args) => void logged.push(args),
      warn: ignore,
      info: ignore,
      debug: ignore,
      verbose: ignore,
    });
    const error = new Error('ours');
    const hooks = new Hooks('pino', adapter.versions);
    const events = {
      fields() {
        throw error;
      },
      logged() {},
    };
    instrumentation.disable();
    adapter.attach(events, hooks);
    try {
      expect(lineOf((log) => log.info('one'))).toBe('{"level":30,"msg":"one"}\n');
      expect(lineOf((log) => log.info('two'))).toBe('{"level":30,"msg":"two"}\n');
      expect(logged).toEqual([['foreshock: pino asJson failed, the application is not affected', error]]);
    } finally {
      hooks.undo();
      diag.disable();
      instrumentation.enable();
    }
  });

  it('wrapped again by others, disabled it passes through and theirs stays', () => {
    const { asJsonSym } = (app.pino as any).symbols;
    const prototype = prototypeOf(asJsonSym);
    const ours = prototype[asJsonSym]!;
    const theirs = function (this: unknown, ...args: unknown[]): unknown {
      return ours.apply(this, args);
    };
    prototype[asJsonSym] = theirs;
    try {
      instrumentation.disable();
      expect(prototype[asJsonSym]).toBe(theirs);
      expect(lineOf((log) => inTrace(() => log.info('hi')))).toBe('{"level":30,"msg":"hi"}\n');
    } finally {
      instrumentation.enable();
    }
  });

  it('what is no JSON is left alone', () => {
    const { asJsonSym } = (app.pino as any).symbols;
    const written = lineOf((log) => {
      const plain = log as unknown as Record<symbol, unknown>;
      instrumentation.disable();
      const prototype = prototypeOf(asJsonSym);
      const asJson = prototype[asJsonSym]!;
      prototype[asJsonSym] = () => 'plain text\n';
      instrumentation.enable();
      expect(plain[asJsonSym]).not.toBe(asJson);
      inTrace(() => log.info('hi'));
      instrumentation.disable();
      prototype[asJsonSym] = asJson;
      instrumentation.enable();
    });
    expect(written).toBe('plain text\n');
  });
});
