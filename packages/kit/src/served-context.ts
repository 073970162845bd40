import { createContextKey, ROOT_CONTEXT, type Context, type Span } from '@opentelemetry/api';

/** From `trace/context-utils` of `@opentelemetry/api`. */
const SPAN = createContextKey('OpenTelemetry Context Key SPAN');
/** `trace/rpc-metadata` of `@opentelemetry/core`: upstream's frameworks set the route. */
const RPC_METADATA = createContextKey('OpenTelemetry SDK Context Key RPC_METADATA');

/** Upstream's HTTP span gets this route. */
export interface RpcMetadata {
  type: string;
  route?: string | undefined;
}

interface OwnMetadata extends RpcMetadata {
  readonly rawHeaders?: readonly string[];
}

/** Upstream's or ours. */
export function rpcMetadataOf(where: Context): RpcMetadata | undefined {
  return where.getValue(RPC_METADATA) as RpcMetadata | undefined;
}

/** Undefined unless ours. */
export function receivedHere(where: Context): readonly string[] | undefined {
  return (rpcMetadataOf(where) as OwnMetadata | undefined)?.rawHeaders;
}

/** The API's context copies a `Map`, with three closures a value. */
export class ServedContext implements Context {
  readonly #under: Context;
  readonly #span: unknown;
  readonly #served: unknown;

  constructor(under: Context, span: unknown, served: unknown) {
    this.#under = under;
    this.#span = span;
    this.#served = served;
  }

  getValue(key: symbol): unknown {
    if (key === SPAN) return this.#span;
    if (key === RPC_METADATA) return this.#served;
    // Mostly empty: lookups fail.
    return this.#under === ROOT_CONTEXT ? undefined : this.#under.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    if (key === SPAN) return new ServedContext(this.#under, value, this.#served);
    if (key === RPC_METADATA) return new ServedContext(this.#under, this.#span, value);
    return new ServedContext(this.#under.setValue(key, value), this.#span, this.#served);
  }

  deleteValue(key: symbol): Context {
    if (key === SPAN || key === RPC_METADATA) return this.setValue(key, undefined);
    return new ServedContext(this.#under.deleteValue(key), this.#span, this.#served);
  }
}

/** For a measurement's exemplar: `trace.setSpan` would copy all values. */
export function withSpan(where: Context, span: Span): Context {
  return new ServedContext(where, span, rpcMetadataOf(where));
}
