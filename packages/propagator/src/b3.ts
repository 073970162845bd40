import type { SpanContext, TextMapGetter, TextMapSetter } from '@opentelemetry/api';
import { soleText } from './header.ts';
import { isSpanId, isTraceId } from './hex.ts';
import { reject } from './rejected-input.ts';
import { SAMPLED } from './trace-parent.ts';

export const B3_SINGLE_FIELDS = ['b3'] as const;
export const B3_MULTI_FIELDS = ['x-b3-traceid', 'x-b3-spanid', 'x-b3-sampled', 'x-b3-flags'] as const;

/** Debug implies sampled and is propagated. */
export interface B3Context {
  readonly spanContext: SpanContext;
  readonly debug: boolean;
}

function contextOf(traceId: string, spanId: string, sampling: string | undefined): B3Context | undefined {
  const padded = traceId.length === 16 ? `0000000000000000${traceId}` : traceId;
  if (!isTraceId(padded) || !isSpanId(spanId)) return undefined;
  const debug = sampling === 'd';
  const traceFlags = debug || sampling === '1' ? SAMPLED : 0;
  return { spanContext: { traceId: padded, spanId, traceFlags, isRemote: true }, debug };
}

/** `trace_id-span_id[-sampling[-parent_span_id]]`. */
function parseSingle(text: string): B3Context | undefined {
  const [traceId = '', spanId = '', sampling, parentSpanId, ...more] = text.split('-', 6);
  if (more.length > 0 || (sampling !== undefined && sampling !== '0' && sampling !== '1' && sampling !== 'd')) {
    return undefined;
  }
  if (parentSpanId !== undefined && !isSpanId(parentSpanId)) return undefined;
  return contextOf(traceId, spanId, sampling);
}

function parseMulti<C>(carrier: C, getter: TextMapGetter<C>, traceId: string): B3Context | undefined {
  const spanId = soleText('b3', getter.get(carrier, 'x-b3-spanid'));
  const sampled = soleText('b3', getter.get(carrier, 'x-b3-sampled'))?.toLowerCase();
  const debug = soleText('b3', getter.get(carrier, 'x-b3-flags')) === '1';
  let sampling: string | undefined;
  // Older tracers: 'true', 'false'.
  if (debug) sampling = 'd';
  else if (sampled === '1' || sampled === 'true') sampling = '1';
  else if (sampled !== undefined && sampled !== '0' && sampled !== 'false') return undefined;
  return contextOf(traceId, spanId ?? '', sampling);
}

/** The single header, else the four. */
export function extractB3<C>(carrier: C, getter: TextMapGetter<C>): B3Context | undefined {
  const single = soleText('b3', getter.get(carrier, 'b3'));
  if (single !== undefined) {
    // Legal, but no parent.
    if (single === '0' || single === '1' || single === 'd') return undefined;
    return parseSingle(single) ?? reject('b3', 'malformed');
  }
  const traceId = soleText('b3', getter.get(carrier, 'x-b3-traceid'));
  return traceId === undefined ? undefined : (parseMulti(carrier, getter, traceId) ?? reject('b3', 'malformed'));
}

/** Without identifiers, the caller refuses recording. */
export function isDeniedByB3<C>(carrier: C, getter: TextMapGetter<C>): boolean {
  const single = getter.get(carrier, 'b3');
  if (single !== undefined) return single === '0';
  if (getter.get(carrier, 'x-b3-traceid') !== undefined || getter.get(carrier, 'x-b3-flags') === '1') return false;
  const sampled = getter.get(carrier, 'x-b3-sampled');
  return sampled === '0' || sampled === 'false';
}

export function injectB3Single<C>(context: B3Context, carrier: C, setter: TextMapSetter<C>): void {
  const { traceId, spanId, traceFlags } = context.spanContext;
  setter.set(carrier, 'b3', `${traceId}-${spanId}-${context.debug ? 'd' : traceFlags & SAMPLED}`);
}

export function injectB3Multi<C>(context: B3Context, carrier: C, setter: TextMapSetter<C>): void {
  const { traceId, spanId, traceFlags } = context.spanContext;
  setter.set(carrier, 'x-b3-traceid', traceId);
  setter.set(carrier, 'x-b3-spanid', spanId);
  // Debug implies sampled; the specification omits that header.
  if (context.debug) setter.set(carrier, 'x-b3-flags', '1');
  else setter.set(carrier, 'x-b3-sampled', traceFlags & SAMPLED ? '1' : '0');
}
