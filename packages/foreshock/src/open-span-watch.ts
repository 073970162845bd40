import { SpanKind, TraceFlags } from '@opentelemetry/api';
import { MainSample, OpenSpanTable, type SpoolMemory } from '@foreshock/export';
import type { RecordedSpan } from './tracer/span.ts';

/** For the sender thread, if the process is killed. */
export class OpenSpanWatch {
  readonly #table: OpenSpanTable;
  readonly #sample: MainSample;
  #open = 0;

  constructor(memory: SpoolMemory) {
    this.#table = new OpenSpanTable(memory);
    this.#sample = new MainSample(memory, () => this.#open === 0);
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
    this.#table.remove(span.place);
    this.#open--;
  }
}
