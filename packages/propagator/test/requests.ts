import {
  defaultTextMapSetter,
  ROOT_CONTEXT,
  SpanKind,
  trace,
  type Context,
  type TextMapGetter,
  type TextMapPropagator,
} from '@opentelemetry/api';
import { TracerProvider, type ReadableSpan, type Sampler, type SpanProcessor } from '@opentelemetry/sdk-trace';

/** A carrier of anything, as hostile senders and odd libraries make them. */
export const anyGetter: TextMapGetter<Record<string, unknown>> = {
  get: (carrier, key) => carrier[key] as string,
  keys: (carrier) => Object.keys(carrier),
};

/** Headers as node:http hands them over: lower-case names, trimmed values, repeated ones joined. */
export function joined(headers: readonly (readonly [string, string])[]): Record<string, unknown> {
  const carrier: Record<string, string> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const text = value.replace(/^[ \t]+|[ \t]+$/g, '');
    carrier[key] = key in carrier ? `${carrier[key]}, ${text}` : text;
  }
  return carrier;
}

/** Headers as other carriers hand them over: nothing trimmed, repeated ones an array. */
export function arrays(headers: readonly (readonly [string, string])[]): Record<string, unknown> {
  const carrier: Record<string, string[]> = {};
  for (const [name, value] of headers) (carrier[name.toLowerCase()] ??= []).push(value);
  return carrier;
}

export function extract(
  propagator: TextMapPropagator,
  carrier: Record<string, unknown>,
  where = ROOT_CONTEXT,
): Context {
  return propagator.extract(where, carrier, anyGetter);
}

export function inject(propagator: TextMapPropagator, where: Context): Record<string, string> {
  const carrier: Record<string, string> = {};
  propagator.inject(where, carrier, defaultTextMapSetter);
  return carrier;
}

export interface Served {
  /** What each call to another service sent. */
  sent: Record<string, string>[];
  /** The context the request was handled in. */
  context: Context;
  /** The spans that ended, the server's last. */
  spans: ReadableSpan[];
}

/** A service as the SDK makes it: reads a request's headers, opens a server span, makes `calls` calls, answers. */
export function serve(
  propagator: TextMapPropagator,
  carrier: Record<string, unknown>,
  options: { calls?: number; sampler?: Sampler; onStart?: (span: object) => void } = {},
): Served {
  const spans: ReadableSpan[] = [];
  const processor: SpanProcessor = {
    onStart: (span) => options.onStart?.(span),
    onEnd: (span) => void spans.push(span),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const provider = new TracerProvider({
    spanProcessors: [processor],
    ...(options.sampler && { sampler: options.sampler }),
  });
  const tracer = provider.getTracer('service');
  const incoming = extract(propagator, carrier);
  const server = tracer.startSpan('GET', { kind: SpanKind.SERVER }, incoming);
  const context = trace.setSpan(incoming, server);
  const sent = Array.from({ length: options.calls ?? 1 }, () => {
    const client = tracer.startSpan('GET', { kind: SpanKind.CLIENT }, context);
    const headers = inject(propagator, trace.setSpan(context, client));
    client.end();
    return headers;
  });
  server.end();
  return { sent, context, spans };
}
