import { context, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { Hooks } from '@foreshock/kit';
import { opossum } from '../src/adapters/opossum.ts';
import { openResilience } from '../src/boundary.ts';
import { RetryRecognition } from '../src/retry-recognition.ts';

/**
 * CPU time of what is added to a call, in nanoseconds: `node -C @foreshock/source bench/calls.ts`. Rounds alternate;
 * the median of each is compared.
 */
const ROUNDS = 15;

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

async function cost(each: () => unknown, times: number): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) await each();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1_000) / times;
}

async function compare(what: string, plain: () => unknown, ours: () => unknown, times: number): Promise<void> {
  const costs: [number, number][] = [];
  for (let i = 0; i < ROUNDS; i++) costs.push([await cost(plain, times), await cost(ours, times)]);
  const median = (at: 0 | 1): number => costs.map((pair) => pair[at]).sort((a, b) => a - b)[ROUNDS >> 1]!;
  console.log(`${what}: ${Math.round(median(0))} ns, with us ${Math.round(median(1))} ns`);
}

function callerOf(processors: RetryRecognition[]): () => void {
  const tracer = new TracerProvider({ spanProcessors: processors }).getTracer('bench');
  const attributes = { 'http.request.method': 'GET', 'url.full': 'http://payments:8080/charges/42?fast=1' };
  return () => {
    const parent = tracer.startSpan('GET /orders', { kind: SpanKind.SERVER }, ROOT_CONTEXT);
    const where = trace.setSpan(ROOT_CONTEXT, parent);
    const call = tracer.startSpan('GET', { kind: SpanKind.CLIENT, attributes }, where);
    call.setAttribute('http.response.status_code', 200);
    call.end();
    parent.end();
  };
}

class Idle extends RetryRecognition {
  override onStart(): void {}
  override onEnd(): void {}
}

await compare('two spans, one of an HTTP client', callerOf([new Idle()]), callerOf([new RetryRecognition()]), 100_000);

const { default: Breaker } = (await import('opossum' as string)) as { default: any };
const plain = new Breaker(async () => 1, { name: 'plain', timeout: false, enableSnapshots: false });
const plainCall = Breaker.prototype.call;
const plainEmit = Breaker.prototype.emit;
const telemetry = {
  library: 'opossum',
  tracer: trace.getTracer('bench'),
  standsAside: false,
  useMeter() {},
};
opossum.attach(openResilience(telemetry, {}), new Hooks('opossum', opossum.versions));
const watched = new Breaker(async () => 1, { name: 'watched', timeout: false, enableSnapshots: false });
Object.assign(plain, { call: plainCall, emit: plainEmit });
await compare(
  'a call through opossum',
  () => plain.fire(),
  () => watched.fire(),
  50_000,
);
process.exit(0);
