import { type Attributes, context, propagation, ROOT_CONTEXT, SpanKind, trace, type Span } from '@opentelemetry/api';
import {
  isSuppressed,
  rpcMetadataOf,
  spanContextOf,
  startSpan,
  UntrustedHeaders,
  xTraceIdOf,
  type InstrumentationConfig,
  type Telemetry,
} from '@foreshock/kit';
import { ClientMetrics } from './client-metrics.ts';
import type { HttpEvents, ReceivedRequest, Sent, SentRequest, Served, ServedOperation } from './events.ts';
import { SERVED, type Carrier } from './exchange.ts';
import { CallStart } from './given-up.ts';
import { openMessages } from './messages.ts';
import { knownMethod, methodInName } from './method.ts';
import { ClientTargets, urlOf } from './client-attributes.ts';
import { SentCall, type CallOptions } from './sent-call.ts';
import { serverAttributes } from './server-attributes.ts';
import { ServedRequest } from './served-request.ts';
import { ServerMetrics } from './server-metrics.ts';
import { sendingBehind, UpgradedConnection } from './upgraded-connection.ts';

export interface HttpConfig extends InstrumentationConfig {
  /** Hosts (`host:port`) that receive `traceparent`, `baggage` and `x-trace-id`. Default all. */
  propagateTo?: (host: string) => boolean;
  /** False at an edge: served requests' trace headers end here. Default true. */
  trustIncoming?: boolean;
  /** Responses have `x-trace-id`. Default true. */
  tellTrace?: boolean;
}

export function openHttp(telemetry: Telemetry, config: HttpConfig): HttpEvents {
  const tellTrace = config.tellTrace !== false;
  const { propagateTo, trustIncoming = true } = config;
  const untrusted = trustIncoming ? undefined : new UntrustedHeaders();
  const targets = new ClientTargets();
  let serverMetrics: ServerMetrics | undefined;
  let callOptions: CallOptions | undefined;

  function received(request: ReceivedRequest): Served | undefined {
    if (telemetry.upstreamIsActive) return undefined;
    // The active one is `listen`'s.
    const parent = propagation.extract(ROOT_CONTEXT, request.headers);
    untrusted?.note(request.headers);
    const { method, attributes, common } = serverAttributes(request);
    const span = startSpan(
      telemetry.tracer,
      methodInName(method),
      { kind: SpanKind.SERVER, attributes, common },
      parent,
    );
    serverMetrics ??= new ServerMetrics(telemetry);
    return new ServedRequest(span, parent, request, method, serverMetrics, tellTrace);
  }

  function sending(request: SentRequest): Sent | undefined {
    const where = context.active();
    if (isSuppressed(where)) return undefined;
    if (telemetry.upstreamIsActive) {
      const theirs = trace.getSpan(where);
      return isCall(theirs) ? new SentCall(theirs, where, request, undefined) : undefined;
    }
    const name = methodInName(knownMethod(request.method));
    const url = urlOf(request, request.port);
    const attributes: Attributes = url === undefined ? {} : { 'url.full': url };
    const common = targets.of(request);
    const span = startSpan(
      telemetry.tracer,
      name,
      { kind: SpanKind.CLIENT, attributes, common, startTime: request.askedAt },
      where,
    );
    callOptions ??= { metrics: new ClientMetrics(telemetry), propagateTo, trustIncoming, untrusted };
    // It may change the context: the kit's `callStarted`.
    return new SentCall(span, context.active(), request, callOptions);
  }

  function upgraded(exchange: Served | Sent, target: string): UpgradedConnection {
    return new UpgradedConnection(telemetry, (exchange as ServedRequest | SentCall).span, target);
  }

  function begin(): CallStart {
    const start = new CallStart();
    start.asked();
    return start;
  }

  function routed(request: object, route: string, passesOn = false): void {
    const mine = (request as Carrier)[SERVED];
    if (mine instanceof ServedRequest) {
      if (passesOn) mine.mayBeRoute(route);
      else mine.route = route;
      return;
    }
    if (passesOn) return;
    const theirs = rpcMetadataOf(context.active());
    if (theirs?.type === 'http') theirs.route ??= route;
  }

  function operation(type: string, name: string | undefined): ServedOperation | undefined {
    const mine = rpcMetadataOf(context.active());
    if (!(mine instanceof ServedRequest)) return undefined;
    mine.named(type, name);
    return mine;
  }

  function traceTextHere(): string | undefined {
    if (!tellTrace || !telemetry.upstreamIsActive) return undefined;
    const where = context.active();
    return xTraceIdOf(where) ?? spanContextOf(where)?.traceId;
  }

  return {
    received,
    sending,
    upgraded,
    sendingBehind,
    ...openMessages(telemetry),
    begin,
    routed,
    operation,
    traceTextHere,
  };
}

/** Upstream's active span makes the request. */
function isCall(span: Span | undefined): span is Span {
  return span?.isRecording() === true && (span as { kind?: unknown }).kind === SpanKind.CLIENT;
}
