import { context, ProxyTracerProvider, SpanKind, trace, type Context, type Span } from '@opentelemetry/api';
import { attributeOf } from '@foreshock/kit';
import { isTarget, type Target } from './target.ts';

/** Injected calls have just begun: the newest are enough. */
const KEPT = 1_000;
/** For faults of the whole process. */
const MARKED = 100;

/** Not in the API, but in both SDKs. */
interface Recorded extends Span {
  readonly kind: SpanKind;
  readonly parentSpanContext?: { readonly spanId: string };
}

const TRACEPARENT = /\btraceparent: *00-[\da-f]{32}-([\da-f]{16})-/i;

/** A write's context lacks the call's span: drivers queue calls and pool connections. */
export class SpansUnderWay {
  #spans: Recorded[] = [];
  readonly #watched = new WeakSet<object>();

  /** The current tracer provider's; may be called again. */
  watch(): void {
    const provider = trace.getTracerProvider();
    const delegate = provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider;
    const prototype = Object.getPrototypeOf(delegate.getTracer('foreshock/chaos')) as Record<string, unknown>;
    if (this.#watched.has(prototype)) return;
    this.#watched.add(prototype);
    const add = (span: Span): void => this.#add(span as Recorded);
    // The kit calls `start` of our tracer.
    for (const method of ['startSpan', 'start']) {
      const original = prototype[method];
      if (typeof original !== 'function') continue;
      prototype[method] = function (this: unknown, ...args: unknown[]) {
        const span = Reflect.apply(original, this, args);
        add(span);
        return span;
      };
    }
  }

  #add(span: Recorded): void {
    if (!span.isRecording() || this.#spans.at(-1) === span) return;
    this.#spans.push(span);
    if (this.#spans.length < 2 * KEPT) return;
    this.#spans = this.#spans.filter((each) => each.isRecording()).slice(-KEPT);
  }

  /**
   * Passes a call's span to `mark`; again on the next tick, as `http.request` connects first.
   * @param bytes sent bytes, if known
   */
  findCall(target: Target, bytes: string, mark: (spans: readonly Span[]) => void): void {
    this.watch();
    const where = context.active();
    const call = this.#callTo(target, bytes, where);
    if (call) return mark([call]);
    process.nextTick(() => {
      const found = this.#callTo(target, bytes, where) ?? this.caller(where);
      mark(found ? [found] : []);
    });
  }

  /** Whose ID is in the bytes, else the caller's newest, else the only one. */
  #callTo(target: Target, bytes: string, where: Context): Span | undefined {
    const [, spanId] = TRACEPARENT.exec(bytes) ?? [];
    const open = this.#spans.filter((span) => span.isRecording() && isOutgoing(span));
    const sent = spanId === undefined ? undefined : open.find((span) => span.spanContext().spanId === spanId);
    if (sent) return sent;
    const calls = open.filter((span) => leadsTo(span, target));
    const caller = trace.getSpan(where)?.spanContext().spanId;
    return (
      calls.findLast((span) => span.parentSpanContext?.spanId === caller) ?? (calls.length === 1 ? calls[0] : undefined)
    );
  }

  caller(where: Context = context.active()): Span | undefined {
    const span = trace.getSpan(where);
    return span?.isRecording() ? span : undefined;
  }

  served(): Span[] {
    this.watch();
    const isServed = ({ kind }: Recorded): boolean => kind === SpanKind.SERVER || kind === SpanKind.CONSUMER;
    return this.#spans.filter((span) => span.isRecording() && isServed(span)).slice(-MARKED);
  }
}

function isOutgoing({ kind }: Recorded): boolean {
  return kind === SpanKind.CLIENT || kind === SpanKind.PRODUCER;
}

function leadsTo(span: Span, { host, port, names }: Target): boolean {
  const address = attributeOf(span, 'server.address');
  if (typeof address !== 'string') return false;
  if (names?.includes(address)) return true;
  return isTarget(address, { host }) && (port === undefined || attributeOf(span, 'server.port') === port);
}
