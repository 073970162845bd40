import type { Attributes, Context, Span, SpanKind, SpanOptions, Tracer } from '@opentelemetry/api';
import { dependencies, noteUse, type Dependency, type Target } from './dependencies.ts';
import { isOwn, type Own } from './own-tracer.ts';

/** Shared by many spans: our tracer encodes them once, others copy them. */
export class CommonAttributes {
  readonly values: Readonly<Attributes>;
  readonly count: number;
  readonly longest: number;
  /** While `/readyz` is served. */
  readonly dependency: Dependency | undefined;
  /** The encoder's, from the second use on; `null` after the first. */
  encoded: Uint8Array | null | undefined = undefined;

  /**
   * @param values immutable; undefined is left out
   * @param target of the spans' calls
   */
  constructor(values: Readonly<Record<string, string | number | boolean | undefined>>, target?: Target) {
    const kept: Attributes = {};
    let count = 0;
    let longest = 0;
    for (const key in values) {
      const value = values[key];
      if (value === undefined) continue;
      kept[key] = value;
      count++;
      if (typeof value === 'string' && value.length > longest) longest = value.length;
    }
    if (target) {
      kept['peer.service'] = peerOf(target);
      count++;
    }
    this.values = kept;
    this.count = count;
    this.longest = longest;
    this.dependency = target && dependencies()?.note(target);
  }
}

/** Of services: others are called what they are. */
const OF_SERVICES = new Set(['http', 'grpc']);

/** What Jaeger draws behind the caller's name: `orders → redis GET`. */
export function peerOf({ system, address, port }: Target): string {
  if (!OF_SERVICES.has(system) || address === undefined) return system;
  // Several services may be at one.
  const isNumeric = /^[\d.]+$|:/.test(address);
  return (isNumeric || address === 'localhost') && port !== undefined ? `${address}:${port}` : address;
}

export interface SpanStart {
  kind: SpanKind;
  /** The span's: do not change or reuse it. */
  attributes?: Attributes | undefined;
  common?: CommonAttributes | undefined;
  startTime?: number | undefined;
}

interface OwnTracer extends Own {
  start(name: string, start: SpanStart, where: Context): Span;
}

interface OwnSpan extends Own {
  addCommon(common: CommonAttributes): void;
}

export function startSpan(tracer: Tracer, name: string, start: SpanStart, where: Context): Span {
  if (start.common?.dependency) noteUse(start.common.dependency, where);
  if (isOwn<OwnTracer>(tracer)) return tracer.start(name, start, where);
  const { common, attributes, ...options } = start;
  const all = common ? { ...common.values, ...attributes } : attributes;
  return tracer.startSpan(name, { ...options, attributes: all } as SpanOptions, where);
}

/** None may be set yet. */
export function addCommon(span: Span, common: CommonAttributes): void {
  if (isOwn<OwnSpan>(span)) span.addCommon(common);
  else span.setAttributes(common.values as Attributes);
}
