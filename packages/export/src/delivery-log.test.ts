import { diag, DiagLogLevel } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeliveryLog } from './delivery-log.ts';

const lines: string[] = [];
const log = (line: string): void => void lines.push(line);

beforeEach(() => {
  vi.useFakeTimers();
  lines.length = 0;
  diag.setLogger({ error: log, warn: log, info: log, debug: log, verbose: log }, DiagLogLevel.INFO);
  lines.length = 0;
});

afterEach(() => {
  vi.useRealTimers();
  diag.disable();
});

describe('what is said about a backend', () => {
  it('is one line for an outage and one for its end, with what it cost', () => {
    const deliveryLog = new DeliveryLog(['http://a/v1/traces']);
    for (let i = 0; i < 100; i++) deliveryLog.unreachable(0, 'ECONNREFUSED');
    deliveryLog.drop('spool_full', 1_000);
    deliveryLog.drop('spool_full', 200);
    deliveryLog.drop('too_large', 1);
    vi.advanceTimersByTime(12_000);
    deliveryLog.delivered(0, 1);
    deliveryLog.delivered(0, 1);
    expect(lines).toEqual([
      'foreshock: http://a/v1/traces cannot be reached (ECONNREFUSED); spans wait in memory until it answers',
      'foreshock: http://a/v1/traces answers again after 12 s; 1201 spans dropped: spool_full 1200, too_large 1',
    ]);
    expect([...deliveryLog.dropped]).toEqual([
      ['spool_full', 1_200],
      ['too_large', 1],
    ]);
  });

  it('is no flood when it comes and goes', () => {
    const deliveryLog = new DeliveryLog(['a']);
    for (let second = 0; second < 180; second++) {
      deliveryLog.unreachable(0, 'HTTP 503');
      deliveryLog.delivered(0, 1);
      vi.advanceTimersByTime(1_000);
    }
    expect(lines).toHaveLength(6);
    expect(lines[1]).toBe('foreshock: a answers again after 1 s; no span was lost');
  });

  it('is one line a minute when it refuses, with the sum', () => {
    const deliveryLog = new DeliveryLog(['a', 'b']);
    deliveryLog.refused(0, 512, 'HTTP 400, bad');
    deliveryLog.refused(0, 10, 'HTTP 400, bad');
    deliveryLog.refused(1, 1, 'HTTP 404');
    vi.advanceTimersByTime(60_000);
    deliveryLog.refused(0, 5, 'HTTP 400, worse');
    deliveryLog.delivered(0, 1);
    expect(lines).toEqual([
      'foreshock: a refused 512 spans: HTTP 400, bad',
      'foreshock: b refused 1 span: HTTP 404',
      'foreshock: a refused 15 spans: HTTP 400, worse',
    ]);
    expect(deliveryLog.total).toBe(528);
  });

  it('logs drops without an outage once a minute, and the rest at the end', () => {
    const deliveryLog = new DeliveryLog(['a']);
    deliveryLog.drop('spool_full', 7);
    deliveryLog.delivered(0, 1);
    deliveryLog.drop('spool_full', 2);
    deliveryLog.delivered(0, 1);
    deliveryLog.logDrops();
    deliveryLog.logDrops();
    expect(lines).toEqual(['foreshock: 7 spans dropped: spool_full 7', 'foreshock: 2 spans dropped: spool_full 2']);
  });

  it('does not let a logger that throws through', () => {
    diag.setLogger(
      {
        error: log,
        warn: () => {
          throw new Error('no disk');
        },
        info: log,
        debug: log,
        verbose: log,
      },
      { logLevel: DiagLogLevel.INFO, suppressOverrideMessage: true },
    );
    expect(() => new DeliveryLog(['a']).unreachable(0, 'ECONNREFUSED')).not.toThrow();
  });
});
