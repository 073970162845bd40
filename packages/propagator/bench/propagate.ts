/**
 * What one extract and one inject cost, beside upstream's composite. Run on an idle machine:
 *
 *     node --conditions=@foreshock/source packages/propagator/bench/propagate.ts
 *
 * The best of nine passes counts, contenders in turn; figures of one run compare with each other only.
 */
import {
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  trace,
  type Context,
  type TextMapPropagator,
} from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { RandomIdGenerator, TracerProvider } from '@opentelemetry/sdk-trace';
import { ForeshockPropagator, PooledIdGenerator } from '@foreshock/propagator';

const ROUNDS = 100_000;
const PASSES = 9;

const upstream = new CompositePropagator({
  propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
});
const alike = new ForeshockPropagator({ propagators: ['tracecontext', 'baggage'] });
const ours = new ForeshockPropagator();

// Different identifiers in turn: one header over and over would be measured from V8's string caches.
const ids = new PooledIdGenerator();
const traceParents = Array.from({ length: 256 }, () => `00-${ids.generateTraceId()}-${ids.generateSpanId()}-01`);
const tracer = new TracerProvider().getTracer('bench');

type Carrier = Record<string, string>;
const carriers: Record<string, (traceparent: string) => Carrier> = {
  'no headers': () => ({ accept: '*/*' }),
  traceparent: (traceparent) => ({ traceparent }),
  'traceparent, tracestate': (traceparent) => ({ traceparent, tracestate: 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE' }),
  'traceparent, baggage': (traceparent) => ({
    traceparent,
    baggage: 'userId=alice,serverNode=DF%2028,isProduction=false',
  }),
  'traceparent, x-trace-id': (traceparent) => ({ traceparent, 'x-trace-id': 'order-4711.checkout' }),
  'x-trace-id, a UUID': (traceparent) => ({
    'x-trace-id': `${traceparent.slice(3, 11)}-${traceparent.slice(11, 15)}-4000-8000-${traceparent.slice(23, 35)}`,
  }),
  'x-trace-id, hashed': (traceparent) => ({ 'x-trace-id': `order-${traceparent.slice(3, 20)}` }),
};

let sink: unknown;

function measure(contenders: Record<string, (i: number) => unknown>): Record<string, number> {
  const best: Record<string, number> = {};
  for (let pass = 0; pass < PASSES; pass++) {
    for (const [name, run] of Object.entries(contenders)) {
      const start = process.hrtime.bigint();
      for (let i = 0; i < ROUNDS; i++) sink = run(i);
      const ns = Number(process.hrtime.bigint() - start) / ROUNDS;
      best[name] = Math.min(best[name] ?? Infinity, Math.round(ns));
    }
  }
  return best;
}

function extracting(propagator: TextMapPropagator, all: Carrier[]): (i: number) => unknown {
  return (i) => propagator.extract(ROOT_CONTEXT, all[i & 255]!, defaultTextMapGetter);
}

/** As a request lives: extracted, a server span in it, a client span below, injected. */
function injecting(propagator: TextMapPropagator, all: Carrier[]): (i: number) => unknown {
  const contexts: Context[] = all.map((carrier) => {
    const server = trace.setSpan(
      propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter),
      trace.wrapSpanContext({
        traceId: ids.generateTraceId(),
        spanId: ids.generateSpanId(),
        traceFlags: 1,
      }),
    );
    return trace.setSpan(
      server,
      tracer.startSpan('client', {}, propagator.extract(server, carrier, defaultTextMapGetter)),
    );
  });
  return (i) => {
    const carrier: Carrier = {};
    propagator.inject(contexts[i & 255]!, carrier, defaultTextMapSetter);
    return carrier;
  };
}

/** Extract, and a span set below it twice: what a server request with one call does to its context. */
function nesting(propagator: TextMapPropagator, all: Carrier[]): (i: number) => unknown {
  const span = trace.wrapSpanContext({ traceId: ids.generateTraceId(), spanId: ids.generateSpanId(), traceFlags: 1 });
  return (i) =>
    trace.setSpan(trace.setSpan(propagator.extract(ROOT_CONTEXT, all[i & 255]!, defaultTextMapGetter), span), span);
}

const rows: Record<string, Record<string, number>> = {};
for (const [name, make] of Object.entries(carriers)) {
  const all = traceParents.map(make);
  const contenders = { upstream, 'same formats': alike, 'with x-trace-id': ours };
  for (const [job, work] of Object.entries({ extract: extracting, 'extract + 2 spans': nesting, inject: injecting })) {
    rows[`${job}: ${name}`] = measure(
      Object.fromEntries(Object.entries(contenders).map(([who, propagator]) => [who, work(propagator, all)])),
    );
  }
}
console.table(rows);

const theirs = new RandomIdGenerator();
console.table(
  measure({
    'trace ID, upstream': () => theirs.generateTraceId(),
    'trace ID, pooled': () => ids.generateTraceId(),
    'span ID, upstream': () => theirs.generateSpanId(),
    'span ID, pooled': () => ids.generateSpanId(),
  }),
);
if (sink === undefined) console.log('nothing ran');
