import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { MainSample, type HeapProfile, OpenSpanTable, type SpoolMemory } from '@foreshock/export';
import { lastError, noteError, processState } from '@foreshock/kit';
import type { RecordedSpan } from './tracer/span.ts';

/** For the sender thread, after a kill. */
export class OpenSpanWatch {
  readonly #table: OpenSpanTable;
  readonly #sample: MainSample;
  #open = 0;

  /** @param gcMs garbage collection since the start */
  constructor(memory: SpoolMemory, gcMs: () => number, profile: HeapProfile | undefined) {
    this.#table = new OpenSpanTable(memory);
    this.#sample = new MainSample(memory, () => this.#open === 0, {
      gcMs,
      text: () => ({ state: processState(), error: lastError() }),
      ...(profile && { onHeap: (used, oldLimit) => profile.look(used, oldLimit) }),
    });
  }

  started(span: RecordedSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    const { name, kind, startMs, ids, parentIds } = span;
    const path = kind === SpanKind.SERVER ? span.attribute('url.path') : undefined;
    span.place = this.#table.add(name, kind, startMs, ids, parentIds, typeof path === 'string' ? path : undefined);
    this.#open++;
    this.#sample.begin();
  }

  ended(span: RecordedSpan): void {
    if (span.place < 0) return;
    if (span.status.code === SpanStatusCode.ERROR) noteError(errorOf(span));
    this.#table.remove(span.place);
    this.#open--;
  }
}

/** Such as `GET /orders: TypeError, x is not a function`. */
function errorOf(span: RecordedSpan): string {
  const type = span.attribute('error.type');
  const cause = [type, span.status.message].filter((text) => typeof text === 'string' && text !== '').join(', ');
  return `${span.name}: ${cause}`;
}
