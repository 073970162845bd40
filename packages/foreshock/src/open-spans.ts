import type { SpanContext } from '@opentelemetry/api';
import { LinkedList } from '@foreshock/kit';
import { FORESHOCK_INTERRUPTED } from '@foreshock/kit/names';
import type { OpenSpanWatch } from './open-span-watch.ts';
import type { RecordedSpan } from './tracer/span.ts';

/** Characters kept alive by open spans; older ones are weak. */
const KEPT_TEXT = 2_000_000;
const KEPT_SPANS = 1_000;
/** Starts between checks. */
const LOOK_EVERY = 64;
/** A check visits each: none below this. */
const LOOK_FROM = 192;
/** A service may leak spans; doubles between looks at all. */
const MAX_OLDER = 10_000;

/** To end them with the process. */
export class OpenSpans {
  readonly #newest = new LinkedList<RecordedSpan>();
  #older: WeakRef<RecordedSpan>[] = [];
  #started = 0;
  #filterAt = KEPT_SPANS;
  readonly #onStart: () => void;
  readonly #watch: OpenSpanWatch | undefined;

  /**
   * @param onStart must be cheap
   * @param watch gets starts and ends
   */
  constructor(onStart: () => void = () => {}, watch?: OpenSpanWatch) {
    this.#onStart = onStart;
    this.#watch = watch;
  }

  get isEmpty(): boolean {
    return this.#newest.size === 0 && !this.#older.some((reference) => reference.deref()?.ended === false);
  }

  onStart(span: RecordedSpan): void {
    this.#newest.add(span);
    if (++this.#started >= LOOK_EVERY) this.#release();
    this.#watch?.started(span);
    this.#onStart();
  }

  onEnd(span: RecordedSpan): void {
    this.#newest.remove(span);
    this.#watch?.ended(span);
  }

  /** Ends and marks open spans: interrupted requests matter most.
   *
   * @returns oldest first
   */
  endAll(): SpanContext[] {
    const ended: SpanContext[] = [];
    for (let span = this.#newest.newest; span; span = this.#newest.newest) {
      this.#newest.remove(span);
      interrupt(span);
      ended.push(span.spanContext());
    }
    for (const reference of this.#older.splice(0).toReversed()) {
      const span = reference.deref();
      if (!span || span.ended) continue;
      interrupt(span);
      ended.push(span.spanContext());
    }
    return ended.toReversed();
  }

  /** Weakly: the application may never end them. */
  #release(): void {
    this.#started = 0;
    if (this.#newest.size < LOOK_FROM) return;
    let text = 0;
    let kept = 0;
    let span = this.#newest.newest;
    while (span && kept < KEPT_SPANS && text <= KEPT_TEXT) {
      kept++;
      text += textOf(span.recorded.given) + textOf(span.recorded.later) + textOf(span.events);
      span = span.before;
    }
    if (!span) return;
    while (span) {
      const { before }: RecordedSpan = span;
      this.#newest.remove(span);
      this.#older.push(new WeakRef(span));
      span = before;
    }
    if (this.#older.length < this.#filterAt) return;
    this.#older = this.#older.filter((reference) => reference.deref()?.ended === false).slice(-MAX_OLDER);
    // A look at all per added span would block the event loop.
    this.#filterAt = Math.max(KEPT_SPANS, 2 * this.#older.length);
  }
}

/** Approximate; a number is one character. */
function textOf(value: unknown): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  if (value === null || typeof value !== 'object') return 1;
  let sum = 1;
  for (const key in value) sum += textOf((value as Record<string, unknown>)[key]);
  return sum;
}

function interrupt(span: RecordedSpan): void {
  span.setAttribute(FORESHOCK_INTERRUPTED, true);
  span.end();
}
