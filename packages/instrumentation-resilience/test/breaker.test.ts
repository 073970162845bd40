import { diag, DiagLogLevel, trace } from '@opentelemetry/api';
import { breaker, RetryRecognition, resilienceInstrumentation } from '@foreshock/instrumentation-resilience';
import { breaker as alone } from '@foreshock/instrumentation-resilience/breaker';
import { recordSpans } from '@foreshock/testkit';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ContextAttributesProcessor } from '../../foreshock/src/context-attributes-processor.ts';
import { counted, outline } from './outline.ts';

const instrumentation = resilienceInstrumentation();
const recorded = recordSpans(instrumentation, {
  spanProcessors: [new ContextAttributesProcessor(), new RetryRecognition()],
});
const tracer = recorded.tracerProvider.getTracer('app');
beforeEach(() => recorded.clear());
afterAll(() => recorded.stop());

/** Some call, as a client library would record it. */
function charge(): string {
  tracer.startSpan('charge').end();
  return 'charged';
}

const spansNow = (): Record<string, unknown> => outline(recorded.spans());

describe('a breaker written by hand', () => {
  it('is the same function from both entries', () => {
    expect(alone).toBe(breaker);
  });

  it('puts its name and state on the calls it lets through', () => {
    const payments = breaker('payments');
    expect(recorded.inSpan('caller', () => payments.call(charge))).toBe('charged');
    expect(spansNow()).toEqual({
      caller: {
        calls: [['charge', { 'circuitbreaker.name': 'payments', 'circuitbreaker.state': 'closed' }]],
        events: [],
      },
    });
  });

  it('links a refused call to the span of the call that opened it, if that is known', () => {
    const payments = breaker('payments');
    const refused = new RangeError('open');
    const linked = (): string[] =>
      recorded.inSpan('refused', () => {
        payments.rejected(refused);
        return recorded
          .spans()
          .at(-1)!
          .links.map(({ spanId }) => spanId);
      });
    const opening = recorded.inSpan('opens', (span) => {
      payments.state = 'open';
      // Below the span that opened it, a link to it says nothing new.
      payments.rejected(refused);
      return span.spanContext().spanId;
    });
    expect(recorded.spans().find(({ name }) => name === 'breaker payments open')!.links).toEqual([]);
    expect(linked()).toEqual([opening]);
    payments.state = 'half_open';
    expect(linked()).toEqual([opening]);
    recorded.inSpan('probe', () => void (payments.state = 'closed'));
    // Opened outside a call, by a health check: the earlier opening is not why.
    payments.state = 'open';
    expect(linked()).toEqual([]);
  });

  it('logs what it did and why', () => {
    const payments = breaker('payments');
    recorded.inSpan('opens', () => {
      payments.state = 'open';
    });
    recorded.inSpan('refused', () => payments.rejected(new RangeError('open')));
    recorded.inSpan('answered', () => payments.rejected());
    // A timer's doing.
    payments.state = 'half_open';
    recorded.inSpan('probe', () => {
      payments.call(charge);
      payments.state = 'closed';
    });
    const transition = (from: string, to: string): object => ({
      event: 'circuitbreaker.transition',
      'circuitbreaker.name': 'payments',
      'circuitbreaker.previous_state': from,
      'circuitbreaker.state': to,
    });
    const decision = (outcome: string, more: object): object => ({
      'circuitbreaker.name': 'payments',
      'circuitbreaker.outcome': outcome,
      'circuitbreaker.state': 'open',
      ...more,
    });
    expect(spansNow()).toEqual({
      opens: { calls: [], events: [transition('closed', 'open')] },
      refused: {
        calls: [['breaker payments open', decision('rejected', { 'error.type': 'RangeError' }), 'open']],
        events: [],
      },
      answered: { calls: [['breaker payments open', decision('fallback', {})]], events: [] },
      probe: {
        calls: [['charge', { 'circuitbreaker.name': 'payments', 'circuitbreaker.state': 'half_open' }]],
        events: [transition('open', 'half_open'), transition('half_open', 'closed')],
      },
    });
  });

  it('gives back what it is given: the same promise, the same error', async () => {
    const payments = breaker('payments');
    const promise = Promise.resolve(1);
    expect(payments.call(() => promise)).toBe(promise);
    const error = new Error('mine');
    expect(() =>
      payments.call(() => {
        throw error;
      }),
    ).toThrow(error);
  });

  it('takes no nonsense for a state, and breaks nothing over it', () => {
    const payments = breaker('payments');
    recorded.inSpan('caller', () => {
      payments.state = 'ajar' as never;
      payments.state = 'closed';
    });
    expect(payments.state).toBe('closed');
    expect(spansNow()).toEqual({ caller: { calls: [], events: [] } });
  });

  it('has a name of no more than a hundred characters', () => {
    const long = breaker('x'.repeat(100_000));
    recorded.inSpan('caller', () => {
      long.state = 'open';
      long.rejected(new Error('open'));
    });
    const [span] = recorded.spans();
    expect(span?.name).toBe(`breaker ${'x'.repeat(100)} open`);
  });

  it('is counted', async () => {
    const orders = breaker('orders');
    orders.state = 'open';
    orders.rejected();
    orders.rejected(new Error('open'));
    const metrics = await recorded.metrics();
    expect(counted(metrics, 'circuitbreaker.transitions')).toMatchObject({ 'orders open': 1 });
    expect(counted(metrics, 'circuitbreaker.calls')).toMatchObject({ 'orders fallback': 1, 'orders rejected': 1 });
  });

  it('runs its calls while telemetry is broken, and while there is none', () => {
    const payments = breaker('payments');
    diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} }, DiagLogLevel.NONE);
    instrumentation.setTracerProvider({
      getTracer: () => {
        throw new Error('telemetry is broken');
      },
    });
    payments.rejected(new Error('open'));
    expect(payments.call(() => 1)).toBe(1);
    instrumentation.setTracerProvider(recorded.tracerProvider);
    diag.disable();
    instrumentation.disable();
    recorded.inSpan('caller', () => {
      payments.state = 'open';
      payments.rejected(new Error('open'));
      expect(payments.call(() => trace.getActiveSpan()?.isRecording())).toBe(true);
    });
    instrumentation.enable();
    expect(spansNow()).toEqual({ caller: { calls: [], events: [] } });
  });
});
