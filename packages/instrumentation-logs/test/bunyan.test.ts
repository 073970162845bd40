import { installed, recordSpans } from '@foreshock/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logsInstrumentation } from '@foreshock/instrumentation-logs';
import { FIELDS, inTrace } from './trace.ts';

const instrumentation = logsInstrumentation();
const recorded = recordSpans(instrumentation);
afterAll(() => recorded.stop());

describe.each(['bunyan', 'bunyan-2', 'bunyan-1-0'])('%s', (alias) => {
  let bunyan: any;
  let log: any;
  let lines: string[];
  let records: any[];

  beforeAll(() => {
    const app = installed({ bunyan: alias });
    bunyan = app.require('bunyan');
    return () => app.remove();
  });

  const linesOf = (write: () => void): any[] => {
    lines = [];
    records = [];
    log = bunyan.createLogger({
      name: 'shop',
      serializers: bunyan.stdSerializers,
      streams: [
        { stream: { write: (line: string) => void lines.push(line) } },
        { type: 'raw', stream: { write: (record: unknown) => void records.push(record) } },
      ],
    });
    write();
    return lines.map((line) => JSON.parse(line));
  };

  it('puts the active span into lines, records and those of children, and nothing outside a trace', () => {
    const found = linesOf(() => {
      inTrace(() => log.child({ order: 42 }).info('placed'));
      inTrace(() => log.info('seen'), { traceFlags: 0 }, 'order-7');
      log.info('alone');
    });
    expect(found).toMatchObject([
      { order: 42, msg: 'placed', ...FIELDS },
      { msg: 'seen', ...FIELDS, trace_flags: '00', x_trace_id: 'order-7' },
      { msg: 'alone' },
    ]);
    expect(found[2]).not.toHaveProperty('trace_id');
    expect(records[0]).toMatchObject(FIELDS);
  });

  it('keeps keys that the line has, and leaves the object logged as it was', () => {
    const order = { trace_id: 'mine' };
    const cyclic: Record<string, unknown> = { order };
    cyclic['self'] = cyclic;
    expect(linesOf(() => inTrace(() => (log.info(order, 'placed'), log.info(cyclic, 'again'))))).toMatchObject([
      { ...FIELDS, trace_id: 'mine' },
      { msg: 'again', ...FIELDS },
    ]);
    expect(order).toEqual({ trace_id: 'mine' });
    expect(Object.keys(cyclic)).toEqual(['order', 'self']);
  });

  it('passes on what a stream or a serializer throws', () => {
    const full = bunyan.createLogger({
      name: 'shop',
      stream: {
        write() {
          throw new Error('disk full');
        },
      },
    });
    expect(() => inTrace(() => full.info('lost'))).toThrow('disk full');
  });

  it('notes errors of warn and above on the span, without their message', () => {
    recorded.clear();
    linesOf(() =>
      recorded.inSpan('order', () => {
        log.info(new TypeError('secret'));
        log.warn(new TypeError('secret'));
        log.error({ err: Object.assign(new Error('secret'), { code: 'ECONNREFUSED' }) }, 'failed');
      }),
    );
    expect(recorded.spans()[0]!.events.map(({ name, attributes }) => ({ name, attributes }))).toEqual([
      { name: 'error.logged', attributes: { 'error.type': 'TypeError' } },
      { name: 'error.logged', attributes: { 'error.type': 'ECONNREFUSED' } },
    ]);
  });
});
