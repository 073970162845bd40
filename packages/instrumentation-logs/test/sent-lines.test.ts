import { Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { installed, recordSpans } from '@foreshock/testkit';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { logsInstrumentation } from '@foreshock/instrumentation-logs';
import { inTrace, SPAN } from './trace.ts';

let lines: any[];
beforeEach(() => {
  lines = [];
  const recorded = recordSpans(logsInstrumentation({ sendLine: (line) => void lines.push(line) }));
  onTestFinished(() => recorded.stop());
});

function load(name: string, alias = name): any {
  const app = installed({ [name]: alias });
  onTestFinished(() => app.remove());
  return app.require(name);
}

const nowhere = { write() {} };
const said = (): unknown[] => lines.map(({ body, attributes }) => ({ body, attributes }));

it.each(['pino-9', 'pino'])('%s: `hooks.streamWrite` hides what it hides in the line', (alias) => {
  const written: string[] = [];
  const hooks = { streamWrite: (line: string) => line.replaceAll('sk-4711', 'XXX') };
  const log = load('pino', alias)({ base: null, hooks }, { write: (line: string) => void written.push(line) });
  log.info({ key: 'sk-4711' }, 'uses sk-4711');
  expect(JSON.parse(written[0]!)).toMatchObject({ key: 'XXX', msg: 'uses XXX' });
  expect(said()).toEqual([{ body: 'uses XXX', attributes: { key: 'XXX' } }]);
});

it('pino: whole numbers are those of the line', () => {
  const log = load('pino')({ base: null }, nowhere);
  log.info({
    id: 9_007_199_254_740_993n,
    ids: [-12_345_678_901_234_567n],
    small: 1n,
    float: 1e16,
    text: '[1234567890123456',
  });
  expect(said()).toEqual([
    {
      body: undefined,
      attributes: {
        id: '9007199254740993',
        ids: ['-12345678901234567'],
        small: 1,
        float: 1e16,
        text: '[1234567890123456',
      },
    },
  ]);
});

it('winston: a replacer of `format.json` hides what it hides in the line, and nothing of an error', () => {
  const winston = load('winston');
  const replacer = (key: string, value: unknown): unknown => (key === 'card' ? undefined : value);
  const log = winston.createLogger({
    format: winston.format.json({ replacer }),
    transports: [
      new winston.transports.Stream({ stream: new Writable({ write: (_line, _encoding, done) => done() }) }),
    ],
  });
  const error = new RangeError('no stock');
  inTrace(() => log.warn('charged', { card: '4111', order: { id: 42, card: '4111' }, err: error }));
  const { traceId, spanId, traceFlags } = SPAN;
  expect(lines).toEqual([
    expect.objectContaining({
      body: 'charged',
      attributes: {
        order: { id: 42 },
        'exception.type': 'RangeError',
        'exception.message': 'no stock',
        'exception.stacktrace': error.stack,
      },
      trace: { traceId, spanId, traceFlags },
    }),
  ]);
});

it('winston: the message of a JSON with keys of its own', () => {
  const winston = load('winston');
  const log = winston.createLogger({
    format: winston.format.printf(({ level, message }: any) => JSON.stringify({ severity: level, msg: message })),
    transports: [
      new winston.transports.Stream({ stream: new Writable({ write: (_line, _encoding, done) => done() }) }),
    ],
  });
  log.info('placed', { card: '4111' });
  expect(said()).toEqual([{ body: 'placed', attributes: { severity: 'info' } }]);
});

it('winston: a line that waits for a slow transport is not of the trace in which that goes on', async () => {
  const winston = load('winston');
  const waiting: (() => void)[] = [];
  const transport = new winston.Transport({ log: (_info: unknown, next: () => void) => void waiting.push(next) });
  const log = winston.createLogger({ transports: [transport] });
  const LINES = 60;
  for (let i = 0; i < LINES; i++) log.info(`alone ${i}`);
  expect(lines.length).toBeLessThan(LINES);
  await inTrace(async () => {
    for (let i = 0; i < LINES; i++) {
      waiting.shift()?.();
      await setImmediate();
    }
  });
  expect(lines).toHaveLength(LINES);
  expect(new Set(lines.map(({ trace }) => trace))).toEqual(new Set([undefined]));
});

it('Nest: lines of a class that replaces what hides values are not sent', () => {
  const ConsoleLogger: new (...args: unknown[]) => any = load('@nestjs/common', '@nestjs/common-11').ConsoleLogger;
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  onTestFinished(() => written.mockRestore());
  class Text extends ConsoleLogger {
    stringifyMessage(message: any, level: string): string {
      return super.stringifyMessage({ ...message, card: '-' }, level);
    }
  }
  class Json extends ConsoleLogger {
    getJsonLogObject(message: any, options: object): object {
      return { ...super.getJsonLogObject(message, options), message: { ...message, card: '-' } };
    }
  }
  const line = { order: 42, card: '4111' };
  new Text('Orders', { colors: false }).log(line);
  new Json({ json: true, colors: false }).log(line);
  expect(JSON.stringify(written.mock.calls)).not.toContain('4111');
  expect(lines).toEqual([]);
  new ConsoleLogger('Orders', { colors: false }).log(line);
  new ConsoleLogger({ json: true, colors: false }).log(line);
  expect(said()).toEqual([
    { body: line, attributes: { context: 'Orders' } },
    { body: line, attributes: {} },
  ]);
});
