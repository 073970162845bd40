// What a span costs from start to end, its encoding aside: the SDK's tracer and ours, in turn, best of seven.
// node --conditions=@foreshock/source packages/foreshock/bench/span.ts
import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { AlwaysOnSampler, ParentBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { DEFAULT_SPAN_LIMITS } from '../src/tracer/span-limits.ts';
import { ForeshockTracerProvider } from '../src/tracer/tracer.ts';

const ROUND = 200_000;
const root = new AlwaysOnSampler();
const spanLimits = DEFAULT_SPAN_LIMITS;
let ended = 0;
const processor = {
  onStart() {},
  onEnd: () => void ended++,
  forceFlush: async () => {},
  shutdown: async () => {},
};
const tracers = {
  'sdk-trace': new TracerProvider({
    sampler: new ParentBasedSampler({ root }),
    spanLimits,
    spanProcessors: [processor],
  }).getTracer('bench'),
  foreshock: new ForeshockTracerProvider({
    sampler: root,
    parentBased: true,
    spanLimits,
    spanProcessors: [processor],
  }).getTracer('bench'),
};
const parent = trace.setSpanContext(ROOT_CONTEXT, {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: 1,
  isRemote: true,
});

const best = new Map<string, number>();
for (let pass = 0; pass < 7; pass++) {
  for (const [name, tracer] of Object.entries(tracers)) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < ROUND; i++) {
      const span = tracer.startSpan(
        'GET /orders/:id',
        {
          kind: SpanKind.SERVER,
          attributes: {
            'http.request.method': 'GET',
            'url.scheme': 'http',
            'url.path': '/orders/17',
            'server.address': 'localhost',
            'server.port': 3000,
            'client.address': '127.0.0.1',
            'network.peer.address': '127.0.0.1',
            'network.peer.port': 40_000 + (i & 1023),
            'network.protocol.version': '1.1',
          },
        },
        parent,
      );
      span.setAttributes({ 'http.response.status_code': 200, 'http.route': '/orders/:id' });
      span.end();
    }
    const ns = Number(process.hrtime.bigint() - start) / ROUND;
    best.set(name, Math.min(best.get(name) ?? Infinity, ns));
  }
}
for (const [name, ns] of best) console.log(`${name.padEnd(10)} ${ns.toFixed(0)} ns a span`);
console.log(`ratio ${(best.get('foreshock')! / best.get('sdk-trace')!).toFixed(2)}, ${ended} spans`);
