import { SpanKind, type Context } from '@opentelemetry/api';
import { ServedRequest } from './served-request.ts';
import { rpcMetadataOf } from './served-context.ts';

/** What a span processor sees of a span. */
interface SeenSpan {
  kind?: SpanKind;
  readonly attributes: Readonly<Record<string, unknown>>;
}

const served = new WeakMap<object, ServedRequest>();
/** Most processes have none, ever: their spans cost a comparison. */
let open = 0;

/**
 * Frameworks that are instrumented by themselves (Next.js) make a server span of a request beneath ours. It stays, as
 * the inner part that it is: one request has one server span. Ours ends after it, with the route that it has found.
 *
 * For a span processor's `onStart`.
 *
 * @param parent the context the span is started in
 */
export function innerSpanStarted(span: object, parent: Context): void {
  const seen = span as SeenSpan;
  if (seen.kind !== SpanKind.SERVER) return;
  const request = rpcMetadataOf(parent);
  if (!(request instanceof ServedRequest) || !request.innerStarted()) return;
  seen.kind = SpanKind.INTERNAL;
  served.set(span, request);
  open++;
}

/** For a span processor's `onEnd`. */
export function innerSpanEnded(span: object): void {
  if (open === 0) return;
  const request = served.get(span);
  if (!request) return;
  served.delete(span);
  open--;
  request.innerEnded((span as SeenSpan).attributes['http.route']);
}
