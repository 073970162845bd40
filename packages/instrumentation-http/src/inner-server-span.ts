import { SpanKind, type Context } from '@opentelemetry/api';
import { rpcMetadataOf } from '@foreshock/kit';
import { ServedRequest } from './served-request.ts';

interface SeenSpan {
  kind?: SpanKind;
  readonly attributes: Readonly<Record<string, unknown>>;
}

const served = new WeakMap<object, ServedRequest>();
/** Without any, others cost a comparison. */
let open = 0;

/**
 * For a span processor's `onStart`. A framework's (Next.js) server span becomes INTERNAL: a request has one. Ours ends
 * after it.
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

/** A span processor's `onEnd`. */
export function innerSpanEnded(span: object): void {
  if (open === 0) return;
  const request = served.get(span);
  if (!request) return;
  served.delete(span);
  open--;
  request.innerEnded((span as SeenSpan).attributes['http.route']);
}
