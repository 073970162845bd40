import { context, ROOT_CONTEXT, SpanKind, trace, type TracerProvider as ApiTracerProvider } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { clientAnswered, Hooks } from '@foreshock/kit';
import { DEFAULT_SPAN_LIMITS } from '../../foreshock/src/tracer/span-limits.ts';
import { ForeshockTracerProvider } from '../../foreshock/src/tracer/tracer.ts';
import { opossum } from '../src/adapters/opossum/index.ts';
import { openResilience } from '../src/boundary.ts';
import { RetryRecognition } from '../src/retry-recognition.ts';

/**
 * CPU time of what is added to a call, in nanoseconds: `node -C @foreshock/source bench/calls.ts`. Rounds are short
 * and alternate; the least of each is compared, as whatever else the machine does only adds to it.
 */
const ROUNDS = 100;

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
  const least = (at: 0 | 1): number => Math.min(...costs.map((pair) => pair[at]));
  console.log(`${what}: ${Math.round(least(0))} ns, with us ${Math.round(least(1))} ns`);
}

const sampler = { shouldSample: () => ({ decision: 2 }) };

/** Of the preload, and of the application's SDK. */
const PROVIDERS: Record<string, (spanProcessors: RetryRecognition[]) => ApiTracerProvider> = {
  'our own': (spanProcessors) =>
    new ForeshockTracerProvider({ sampler, parentBased: true, spanLimits: DEFAULT_SPAN_LIMITS, spanProcessors }),
  "the SDK's": (spanProcessors) => new TracerProvider({ spanProcessors }),
};

function callerOf(provider: ApiTracerProvider): () => void {
  const tracer = provider.getTracer('bench');
  const attributes = { 'http.request.method': 'GET', 'url.full': 'http://payments:8080/charges/42?fast=1' };
  return () => {
    const parent = tracer.startSpan('GET /orders', { kind: SpanKind.SERVER }, ROOT_CONTEXT);
    const where = trace.setSpan(ROOT_CONTEXT, parent);
    const call = tracer.startSpan('GET', { kind: SpanKind.CLIENT, attributes }, where);
    call.setAttribute('http.response.status_code', 200);
    clientAnswered(call, 200);
    call.end();
    parent.end();
  };
}

class Idle extends RetryRecognition {
  override onStart(): void {}
  override onEnd(): void {}
}

for (const [name, make] of Object.entries(PROVIDERS)) {
  const [plain, ours] = [callerOf(make([new Idle()])), callerOf(make([new RetryRecognition()]))];
  await compare(`two spans of ${name}, one of an HTTP client`, plain, ours, 1_000);
}

const { default: Breaker } = (await import('opossum' as string)) as { default: any };
const plain = new Breaker(async () => 1, { name: 'plain', timeout: false, enableSnapshots: false });
const plainCall = Breaker.prototype.call;
const plainEmit = Breaker.prototype.emit;
const telemetry = {
  library: 'opossum',
  tracer: trace.getTracer('bench'),
  upstreamIsActive: false,
  useMeter() {},
};
opossum.attach(openResilience(telemetry, {}), new Hooks('opossum', opossum.versions));
const watched = new Breaker(async () => 1, { name: 'watched', timeout: false, enableSnapshots: false });
Object.assign(plain, { call: plainCall, emit: plainEmit });
await compare(
  'a call through opossum',
  () => plain.fire(),
  () => watched.fire(),
  1_000,
);
process.exit(0);
