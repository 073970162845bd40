import type { Attributes, Span } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { callEnded, callStarted } from './hand-written-loops.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

class Parent {
  events: Attributes[] = [];
  ended = false;
  isRecording = (): boolean => !this.ended;
  end(): void {
    this.ended = true;
  }
  addEvent = (name: string, attributes: Attributes): void => void this.events.push({ name, ...attributes });
  get span(): Span {
    return this as unknown as Span;
  }
}

const FAILED = true;
const WORKED = false;

describe('loops', () => {
  /** One call, from start to end; its attempt. */
  function call(parent: Parent, target: string, failed: boolean): unknown {
    const span = {};
    const attempt = start(span, parent, target)?.['retry.attempt'] ?? 1;
    vi.advanceTimersByTime(3);
    callEnded(span, failed, failed ? '503' : undefined);
    return attempt;
  }
  function start(span: object, parent: Parent, target: string): Attributes | undefined {
    const [method, path] = target.split(' ') as [string, string];
    return callStarted(span, parent.span, method, `http://payments${path}`);
  }
  const pause = (ms: number): unknown => vi.advanceTimersByTime(ms);

  it('count on while each fails and waits', () => {
    const parent = new Parent();
    expect(call(parent, 'GET /a', FAILED)).toBe(1);
    pause(50);
    expect(call(parent, 'GET /a', FAILED)).toBe(2);
    pause(100);
    expect(call(parent, 'GET /a', WORKED)).toBe(3);
    expect(parent.events).toEqual([
      {
        name: 'retry.summary',
        'retry.policy': 'loop',
        'retry.attempts': 3,
        'retry.outcome': 'success',
        'retry.total_delay_ms': 150,
      },
    ]);
    pause(50);
    expect(call(parent, 'GET /a', WORKED)).toBe(1);
    parent.end();
    expect(parent.events).toHaveLength(1);
    expect(parent.ended).toBe(true);
  });

  it('that gave up are summed up when their parent ends', () => {
    const parent = new Parent();
    for (let i = 1; i <= 4; i++) {
      expect(call(parent, 'GET /a', FAILED)).toBe(i);
      pause(20);
    }
    expect(parent.events).toEqual([]);
    parent.end();
    expect(parent.events).toEqual([
      {
        name: 'retry.summary',
        'retry.policy': 'loop',
        'retry.attempts': 4,
        'retry.outcome': 'failure',
        'retry.total_delay_ms': 60,
        'error.type': '503',
      },
    ]);
  });

  it('are none without a failure, a pause, the same target or the same parent', () => {
    const parent = new Parent();
    call(parent, 'GET /a', WORKED);
    pause(50);
    expect(call(parent, 'GET /a?page=1', FAILED)).toBe(1);
    pause(1);
    expect(call(parent, 'GET /a', FAILED)).toBe(1);
    pause(50);
    expect(call(parent, 'POST /a', WORKED)).toBe(1);
    expect(call(parent, 'GET /b', WORKED)).toBe(1);
    expect(call(parent, 'GET /aa', WORKED)).toBe(1);
    expect(call(parent, 'GET /', WORKED)).toBe(1);
    expect(call(new Parent(), 'GET /a', WORKED)).toBe(1);
    parent.end();
    expect(parent.events).toEqual([]);
  });

  it('side by side are told apart, and a call under way is nobody’s attempt', () => {
    const parent = new Parent();
    const [first, second, slow] = [{}, {}, {}];
    start(slow, parent, 'GET /a');
    expect(start(first, parent, 'GET /a')).toBeUndefined();
    expect(start(second, parent, 'GET /a')).toBeUndefined();
    callEnded(first, FAILED, '503');
    callEnded(second, FAILED, '503');
    pause(30);
    expect(call(parent, 'GET /a', WORKED)).toBe(2);
    expect(call(parent, 'GET /a', WORKED)).toBe(2);
    expect(call(parent, 'GET /a', WORKED)).toBe(1);
    expect(parent.events).toHaveLength(2);
  });

  it('remember so much of a parent and no more', () => {
    const parent = new Parent();
    for (let i = 0; i < 10_000; i++) call(parent, `GET /${i}`, FAILED);
    pause(30);
    expect(call(parent, 'GET /0', WORKED)).toBe(1);
    expect(call(parent, 'GET /9999', WORKED)).toBe(2);
    for (let i = 0; i < 10_000; i++) start({}, parent, 'GET /same');
    for (let i = 0; i < 1_000; i++) {
      call(parent, 'GET /again', FAILED);
      pause(30);
    }
    parent.end();
    expect(parent.events.map((event) => event['retry.attempts'])).toEqual([2, 1_000]);
  });

  it('forget a call that ends twice, or that nobody saw begin', () => {
    const parent = new Parent();
    const span = {};
    start(span, parent, 'GET /a');
    callEnded(span, WORKED, undefined);
    callEnded(span, FAILED, '503');
    callEnded({}, FAILED, '503');
    pause(50);
    expect(call(parent, 'GET /a', WORKED)).toBe(1);
  });
});
