import { SpanKind } from '@opentelemetry/api';
import { EVENT_LOOP_BLOCKED_BEFORE_MS, EVENT_LOOP_BLOCKED_MS, GC_PAUSE_MS } from '@foreshock/kit/names';
import type { LoopWatchData } from '@foreshock/export';
import type { Config } from '../config.ts';
import type { RecordedSpan } from '../tracer/span.ts';
import { GcPauses } from './gc-pauses.ts';
import { LoopTurns } from './loop-turns.ts';
import { loopWatchOf } from './loop-watch.ts';

const LEAST_MS = 10;

export class PauseAttributes {
  readonly loopWatch: Omit<LoopWatchData, 'resource'>;
  readonly #turns: LoopTurns;
  readonly #gc = new GcPauses();

  constructor(config: Config, isIdle: () => boolean) {
    this.loopWatch = loopWatchOf(config);
    this.#turns = new LoopTurns(isIdle, this.loopWatch.words);
  }

  /** Garbage collection since the start, ms. */
  get gcMs(): number {
    return this.#gc.totalMs;
  }

  watch(): void {
    this.#turns.watch();
    this.#gc.watch();
  }

  stop(): void {
    this.#turns.stop();
  }

  onStart(span: RecordedSpan): void {
    this.watch();
    const start = span.startMs - span.anchor.offset;
    if (this.#turns.blockedBeforeMs === 0 && !this.#turns.isBlockedAt(start)) return;
    if (span.kind !== SpanKind.SERVER && span.kind !== SpanKind.CONSUMER) return;
    const ms = this.#turns.blockedUntil(start);
    if (ms > 0) span.setAttribute(EVENT_LOOP_BLOCKED_BEFORE_MS, Math.round(ms));
  }

  onEnd(span: RecordedSpan): void {
    const start = span.startMs - span.anchor.offset;
    const end = span.endMs - span.anchor.offset;
    if (start < this.#turns.blocks.lastEnd || this.#turns.isBlockedAt(end)) {
      put(span, EVENT_LOOP_BLOCKED_MS, this.#turns.blockedWithin(start, end));
    }
    if (start < this.#gc.pauses.lastEnd) put(span, GC_PAUSE_MS, this.#gc.pauses.within(start, end));
  }
}

/** Only we add attributes after a span's end. */
function put(span: RecordedSpan, name: string, ms: number): void {
  if (ms >= LEAST_MS) span.recorded.set(name, Math.round(ms));
}
