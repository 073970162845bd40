import { context, propagation, ROOT_CONTEXT, SpanKind, type Attributes } from '@opentelemetry/api';
import {
  BoundedMap,
  CommonAttributes,
  isSuppressed,
  startSpan,
  UntrustedHeaders,
  type InstrumentationConfig,
  type Telemetry,
} from '@foreshock/kit';
import { RpcCall, type RpcClient } from './client-call.ts';
import type { Called, ReceivedRpc, RpcEvents, SentRpc, Served } from './events.ts';
import { RpcMetrics } from './rpc-metrics.ts';
import { ServedCall } from './served-call.ts';
import { hostAndPort, methodOf, Targets } from './target.ts';

export interface RpcConfig extends InstrumentationConfig {
  /** Hosts (`host:port`) that receive `traceparent`, `baggage` and `x-trace-id`. Default all. */
  propagateTo?: (host: string) => boolean;
  /** False at an edge: served calls' trace headers end here. Default true. */
  trustIncoming?: boolean;
}

const MAX_METHODS = 1_000;
const MAX_LENGTH = 256;

export function openRpc(telemetry: Telemetry, { propagateTo, trustIncoming = true }: RpcConfig): RpcEvents {
  const untrusted = trustIncoming ? undefined : new UntrustedHeaders();
  const metrics = new RpcMetrics(telemetry);
  const client: RpcClient = { telemetry, metrics, targets: new Targets(), propagateTo, trustIncoming, untrusted };
  const methods = new BoundedMap<string, CommonAttributes>(MAX_METHODS);

  function calling(sent: SentRpc): Called | undefined {
    const where = context.active();
    if (telemetry.upstreamIsActive || isSuppressed(where)) return undefined;
    return new RpcCall(client, where, sent);
  }

  function received(request: ReceivedRpc): Served | undefined {
    if (telemetry.upstreamIsActive) return undefined;
    const parent = propagation.extract(ROOT_CONTEXT, request.headers);
    untrusted?.note(request.headers);
    const { address, port } = hostAndPort(request.authority ?? '');
    const attributes: Attributes = {};
    if (address !== undefined) attributes['server.address'] = address.slice(0, MAX_LENGTH);
    if (port !== undefined) attributes['server.port'] = port;
    if (request.peer !== undefined) attributes['client.address'] = request.peer;
    const { path, isKnown } = request;
    if (!isKnown) attributes['rpc.method_original'] = methodOf(path).slice(0, MAX_LENGTH);
    const method = isKnown ? methodOf(path) : '_OTHER';
    const common =
      methods.get(method) ??
      methods.set(method, new CommonAttributes({ 'rpc.system.name': 'grpc', 'rpc.method': method }));
    const start = { kind: SpanKind.SERVER, attributes, common };
    const span = startSpan(telemetry.tracer, isKnown ? method : 'grpc', start, parent);
    return new ServedCall(span, parent, request.rawHeaders, method, metrics);
  }

  return { calling, received };
}
