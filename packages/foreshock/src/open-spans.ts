import type { SpanContext } from '@opentelemetry/api';
import { LinkedList } from '@foreshock/kit';
import { FORESHOCK_INTERRUPTED } from '@foreshock/kit/names';
import type { OpenSpanWatch } from './open-span-watch.ts';
import type { RecordedSpan } from './tracer/span.ts';

/** Of the newest open spans, so many characters of text are kept alive; the older ones while somebody may end them. */
const KEPT_TEXT = 2_000_000;
const KEPT_SPANS = 1_000;
/** How many spans start between two looks at what is kept. */
const LOOK_EVERY = 64;
/** With fewer open spans than these there is no look: it takes a step for each. */
const LOOK_FROM = 192;
/** Older spans remembered; a service that leaks spans must not leak memory through us. */
const MAX_OLDER = 10_000;

/** Knows the spans under way, as a span processor, so that the end of the process can end them. */
export class OpenSpans {
  readonly #newest = new LinkedList<RecordedSpan>();
  #older: WeakRef<RecordedSpan>[] = [];
  #started = 0;
  readonly #onStart: () => void;
  readonly #watch: OpenSpanWatch | undefined;

  /**
   * @param onStart called at the start of each span; cheap
   * @param watch hears of each start and end, too
   */
  constructor(onStart: () => void = () => {}, watch?: OpenSpanWatch) {
    this.#onStart = onStart;
    this.#watch = watch;
  }

  /** Whether no span is under way, as far as is known. */
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

  /**
   * Ends what is open, marked: a request that was cut off is worth more than one that answered.
   *
   * @returns what it was, the oldest first
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

  /** The older spans are held weakly: one that the application has dropped is never ended. */
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
    const older = this.#older.filter((reference) => reference.deref()?.ended === false);
    while (span) {
      const { before }: RecordedSpan = span;
      this.#newest.remove(span);
      older.push(new WeakRef(span));
      span = before;
    }
    this.#older = older.slice(-MAX_OLDER);
  }
}

/** Characters, and numbers as one: what a value takes of memory, nearly. */
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
