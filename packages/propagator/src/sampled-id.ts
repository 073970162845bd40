import { trace, type Context, type SpanContext } from '@opentelemetry/api';
import { isOwn } from '@foreshock/kit';
import { remoteTraceOf } from './extracted-context.ts';
import { RANDOM } from './trace-parent.ts';
import { isDenied, isDerivedParent } from './x-trace-id.ts';

/** By W3C trace context's flag (level 2). The SDK's own IDs are random. */
export function isRandomId(where: Context, spanContext: SpanContext): boolean {
  const flagged = (spanContext.traceFlags & RANDOM) !== 0;
  const span = trace.getSpan(where);
  if (flagged || spanContext.isRemote === true || (span && isOwn(span))) return flagged;
  const remote = remoteTraceOf(where);
  if (remote?.traceId === spanContext.traceId) return remote.random;
  const parent = (span as { parentSpanContext?: SpanContext } | undefined)?.parentSpanContext;
  return parent?.isRemote !== true || (parent.traceFlags & RANDOM) !== 0;
}

let lastId = '';
let lastHash = '';

/** The same ID in every service, evenly spread even for counters. */
export function idToSampleBy(traceId: string, isRandom: boolean): string {
  if (isRandom) return traceId;
  if (traceId !== lastId) {
    lastHash = process.getBuiltinModule('node:crypto').hash('sha256', traceId, 'hex').slice(0, 32);
    lastId = traceId;
  }
  return lastHash;
}

/**
 * Without derived parents, which a parent-based sampler would take; hashes IDs that are not random.
 *
 * @param sampler SDK 2.x or 3.x
 */
export function sampleDerivedAsRoot<
  S extends { shouldSample(where: Context, traceId: string, ...rest: any[]): any; toString(): string },
>(sampler: S): { shouldSample: S['shouldSample']; toString(): string } {
  return {
    shouldSample(where: Context, traceId: string, ...rest: unknown[]) {
      const parent = trace.getSpanContext(where);
      const isRandom = parent === undefined || isRandomId(where, parent);
      const isRoot = isDerivedParent(parent) && !isDenied(parent);
      return sampler.shouldSample(isRoot ? trace.deleteSpan(where) : where, idToSampleBy(traceId, isRandom), ...rest);
    },
    toString: () => sampler.toString(),
  };
}
