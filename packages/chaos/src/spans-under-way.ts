import { context, ProxyTracerProvider, SpanKind, trace, type Context, type Span } from '@opentelemetry/api';
import { attributeOf } from '@foreshock/kit';
import { isTarget, type Target } from './target.ts';

/** So many of the newest spans are known; an injected fault is about a call that has just begun. */
const KEPT = 1_000;
/** At most so many spans are marked with a fault that hits the whole process. */
const MARKED = 100;

/** What recorded spans have beside the API, the SDK's as well as our own. */
interface Recorded extends Span {
  readonly kind: SpanKind;
  readonly parentSpanContext?: { readonly spanId: string };
}

const TRACEPARENT = /\btraceparent: *00-[\da-f]{32}-([\da-f]{16})-/i;

/**
 * The spans of this process that have begun and not ended: which of them stands for the bytes that a socket is about to
 * send is not in the context of the write (a driver's own line, a pool of connections).
 */
export class SpansUnderWay {
  #spans: Recorded[] = [];
  readonly #watched = new WeakSet<object>();

  /** Hears of the spans of the tracer provider that is registered by now; may be called again. */
  watch(): void {
    const provider = trace.getTracerProvider();
    const delegate = provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider;
    const prototype = Object.getPrototypeOf(delegate.getTracer('foreshock/chaos')) as Record<string, unknown>;
    if (this.#watched.has(prototype)) return;
    this.#watched.add(prototype);
    const add = (span: Span): void => this.#add(span as Recorded);
    // `start` is how the kit calls our own tracer.
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
   * Finds the span of a call to a target, and gives it to `mark`. A call may begin before its span does (`http.request`
   * connects first): what is not found yet is looked for once the caller is through.
   *
   * @param bytes what is sent, as far as it is known
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

  /** The one whose ID is in the bytes; else the newest of the caller in force; else the only one there is. */
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

  /** The span in force, if it is recorded. */
  caller(where: Context = context.active()): Span | undefined {
    const span = trace.getSpan(where);
    return span?.isRecording() ? span : undefined;
  }

  /** The requests and messages that the process is at work on. */
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
