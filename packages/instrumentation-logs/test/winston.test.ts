import { Writable } from 'node:stream';
import { types } from 'node:util';
import { installed, recordSpans } from '@foreshock/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logsInstrumentation } from '@foreshock/instrumentation-logs';
import { FIELDS, inTrace } from './trace.ts';

const recorded = recordSpans(logsInstrumentation());
afterAll(() => recorded.stop());

/** What `write` logs, as JSON. */
type LinesOf = (write: (log: any) => void, options?: object) => any[];

/** What both majors do alike. */
function behavesAsAlways(linesOf: LinesOf): void {
  it('puts the active span into a line, and nothing outside a trace', () => {
    const found = linesOf((log) => {
      inTrace(() => log.info('placed', { order: 42 }));
      inTrace(() => log.log('info', 'seen'), { traceFlags: 0 }, 'order-7');
      log.info('alone');
    });
    expect(found).toEqual([
      { level: 'info', message: 'placed', order: 42, ...FIELDS },
      { level: 'info', message: 'seen', ...FIELDS, trace_flags: '00', x_trace_id: 'order-7' },
      { level: 'info', message: 'alone' },
    ]);
  });

  it('keeps keys that the line has, and leaves the object logged as it was', () => {
    const order = { order: 1, trace_id: 'mine' };
    const found = linesOf((log) => {
      inTrace(() => log.info('placed', order));
      inTrace(() => log.info('sent', Object.freeze({ order: 2 })));
    });
    expect(found).toEqual([
      { level: 'info', message: 'placed', order: 1, ...FIELDS, trace_id: 'mine' },
      { level: 'info', message: 'sent', order: 2, ...FIELDS },
    ]);
    expect(order).toEqual({ order: 1, trace_id: 'mine' });
  });

  it('notes errors of warn and above on the span, without their message', () => {
    recorded.clear();
    linesOf((log) =>
      recorded.inSpan('order', () => {
        log.info('tried', new TypeError('secret'));
        log.warn('failed', new TypeError('secret'));
        log.error('failed', Object.assign(new Error('secret'), { code: 'ECONNREFUSED' }));
      }),
    );
    expect(recorded.spans()[0]!.events.map(({ name, attributes }) => ({ name, attributes }))).toEqual([
      { name: 'error.logged', attributes: { 'error.type': 'TypeError' } },
      { name: 'error.logged', attributes: { 'error.type': 'ECONNREFUSED' } },
    ]);
  });
}

describe.each(['winston', 'winston-3-0'])('%s', (alias) => {
  let winston: any;
  beforeAll(() => {
    const app = installed({ winston: alias });
    winston = app.require('winston');
    return () => app.remove();
  });
  const streamOf = (lines: string[]): Writable =>
    new Writable({
      write(line, _encoding, done) {
        lines.push(String(line));
        done();
      },
    });
  const linesOf: LinesOf = (write, options) => {
    const lines: string[] = [];
    write(
      winston.createLogger({ transports: [new winston.transports.Stream({ stream: streamOf(lines) })], ...options }),
    );
    return lines.map((line) => JSON.parse(line));
  };
  behavesAsAlways(linesOf);

  it('an object that is logged in two traces has the ids of each in its lines, and none itself', () => {
    const info = { level: 'info', message: 'again' };
    const other = 'f'.repeat(32);
    const found = linesOf((log) => {
      inTrace(() => log.log(info));
      inTrace(() => log.log(info), { traceId: other });
    });
    expect(found.map(({ trace_id }) => trace_id)).toEqual([FIELDS.trace_id, other]);
    expect(Object.keys(info)).toEqual(['level', 'message']);
  });

  it('an error stays one for formats', () => {
    const seen: unknown[] = [];
    const note = winston.format((info: unknown) => {
      seen.push(info);
      return false;
    });
    class Refused extends Error {
      readonly #reason = 'full';
      get reason(): string {
        return this.#reason;
      }
    }
    const error = new Refused('no');
    linesOf((log) => inTrace(() => log.error(error)), { format: note() });
    expect(seen[0]).toBeInstanceOf(Refused);
    expect(seen[0]).toMatchObject({ message: 'no', stack: error.stack, level: 'error', ...FIELDS });
    expect(error).not.toHaveProperty('trace_id');
  });

  it('what reads private fields of an error works, and its JSON has the ids', () => {
    class Refused extends Error {
      readonly #reason = 'full';
      toJSON(): unknown {
        return { reason: this.#reason };
      }
    }
    const natives: boolean[] = [];
    const format = winston.format((info: Error) => {
      natives.push(types.isNativeError(info));
      return Object.assign(info, { seen: info.message });
    });
    const found = linesOf(
      (log) =>
        inTrace(() => {
          log.error(new Refused('no'));
          // Its message is an accessor of its class.
          log.error(new DOMException('too late', 'TimeoutError'));
          log.error(new TypeError('wrong'));
        }),
      { format: winston.format.combine(format(), winston.format.json()) },
    );
    expect(found).toEqual([
      { reason: 'full', ...FIELDS },
      { level: 'error', seen: 'too late', ...FIELDS },
      { level: 'error', seen: 'wrong', ...FIELDS },
    ]);
    expect(natives).toEqual([true, true, true]);
  });

  it('leaves an instance of a class of the application alone', () => {
    class Order {
      readonly #total = 7;
      level = 'info';
      message = 'order';
      toJSON(): unknown {
        return { level: this.level, message: this.message, total: this.#total };
      }
    }
    expect(linesOf((log) => inTrace(() => log.log(new Order())))).toEqual([
      { level: 'info', message: 'order', total: 7 },
    ]);
  });

  it('a line that waits for a slow transport has the ids of who logged it', async () => {
    const lines: string[] = [];
    let release = (): void => {};
    const held = new Writable({
      highWaterMark: 1,
      write(line, _encoding, done) {
        lines.push(String(line));
        if (lines.length === 1) release = done;
        else done();
      },
    });
    const all = Promise.withResolvers<void>();
    const slow = new winston.transports.Stream({ stream: held, highWaterMark: 1 });
    const { log: logLine } = slow;
    let first: (() => void) | undefined;
    let count = 0;
    slow.log = (info: unknown, done: () => void) => {
      logLine.call(slow, info, () => {});
      if (++count === 3) all.resolve();
      if (first) return done();
      first = done;
    };
    const log = winston.createLogger({ transports: [slow] });
    for (const digit of 'abc') inTrace(() => log.info(digit), { traceId: digit.repeat(32) });
    first!();
    release();
    await all.promise;
    await new Promise(setImmediate);
    expect(lines.map((line) => JSON.parse(line)).map(({ message, trace_id }) => [message, trace_id])).toEqual(
      [...'abc'].map((digit) => [digit, digit.repeat(32)]),
    );
  });
});

describe('winston-2', () => {
  let winston: any;
  beforeAll(() => {
    const app = installed({ winston: 'winston-2' });
    winston = app.require('winston');
    return () => app.remove();
  });
  const loggerOf = (write: (level: string, message: string, meta: object) => void): any => {
    const transport = new winston.Transport({ level: 'info' });
    transport.name = 'memory';
    transport.log = (level: string, message: string, meta: object, done: (error: null, ok: true) => void) => {
      write(level, message, meta);
      done(null, true);
    };
    return new winston.Logger({ transports: [transport] });
  };
  const linesOf: LinesOf = (write) => {
    const lines: any[] = [];
    write(loggerOf((level, message, meta) => void lines.push({ level, message, ...meta })));
    return lines;
  };
  behavesAsAlways(linesOf);

  it('placeholders get the values of the application', () => {
    const found = linesOf((log) =>
      inTrace(() => {
        log.info('%s of %s', 'one', 'two');
        log.info('%s');
        log.info('%j', { order: 1 });
      }),
    );
    expect(found.map(({ message, trace_id }) => [message, trace_id])).toEqual([
      ['one of two', FIELDS.trace_id],
      ['%s', FIELDS.trace_id],
      ['{"order":1}', FIELDS.trace_id],
    ]);
  });

  it('the rewriters of the logger are its own again after each line, also when a transport throws', () => {
    const rewriter = (_level: string, _message: string, meta: object): object => ({ ...meta, by: 'app' });
    const failing = loggerOf(() => {
      throw new Error('disk full');
    });
    failing.rewriters.push(rewriter);
    expect(() => inTrace(() => failing.info('lost'))).toThrow('disk full');
    expect(failing.rewriters).toEqual([rewriter]);
  });

  it('a line that a listener logs in another trace has the ids of that one', () => {
    const lines: any[] = [];
    const log = loggerOf((_level, message, meta) => void lines.push({ message, ...meta }));
    const other = 'f'.repeat(32);
    log.once('logging', () => inTrace(() => log.info('inner'), { traceId: other }));
    inTrace(() => log.info('outer'));
    expect(lines.map(({ message, trace_id }) => [message, trace_id])).toEqual([
      ['outer', FIELDS.trace_id],
      ['inner', other],
    ]);
  });

  it('rewriters that are frozen stay as they are', () => {
    const lines: any[] = [];
    const log = loggerOf((_level, message, meta) => void lines.push({ message, ...meta }));
    Object.freeze(log.rewriters);
    inTrace(() => log.info('placed'));
    expect(lines).toEqual([{ message: 'placed' }]);
  });
});
