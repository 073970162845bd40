import { log } from '@foreshock/kit';
import type { DropReason } from './spool.ts';

/** Between log lines of one kind. */
const LOG_EVERY_MS = 60_000;

interface DestinationState {
  /** Last error; undefined while reachable. */
  cause: string | undefined;
  /** Undefined while reachable. */
  downSince: number | undefined;
  downLoggedAt: number;
  refusedLoggedAt: number;
  refused: number;
  delivered: number;
}

/** Counts and logs lost spans, or log records: an outage's start and end, others once a minute at most. */
export class DeliveryLog {
  readonly #names: readonly string[];
  readonly #what: string;
  readonly #destinations: DestinationState[];
  readonly #dropped = new Map<DropReason, number>();
  #unlogged = new Map<DropReason, number>();
  #dropsLoggedAt = -Infinity;
  #isEnding = false;

  constructor(names: readonly string[], what = 'span') {
    this.#names = names;
    this.#what = what;
    this.#destinations = names.map(() => ({
      cause: undefined,
      downSince: undefined,
      downLoggedAt: -Infinity,
      refusedLoggedAt: -Infinity,
      refused: 0,
      delivered: 0,
    }));
  }

  /** A span lost twice counts twice. */
  get dropped(): ReadonlyMap<DropReason, number> {
    return this.#dropped;
  }

  /** Spans by destination. */
  get deliveredSpans(): number[] {
    return this.#destinations.map(({ delivered }) => delivered);
  }

  get total(): number {
    let sum = 0;
    for (const spans of this.#dropped.values()) sum += spans;
    return sum;
  }

  drop(reason: DropReason, spans: number): void {
    if (spans === 0) return;
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + spans);
    this.#unlogged.set(reason, (this.#unlogged.get(reason) ?? 0) + spans);
  }

  unreachable(destination: number, cause: string): void {
    const state = this.#destinations[destination]!;
    const now = performance.now();
    state.cause = cause;
    // {@link logLost} logs it.
    if (this.#isEnding || state.downSince !== undefined) return;
    // A backend may fail often.
    if (now - state.downLoggedAt < LOG_EVERY_MS) return;
    state.downSince = now;
    state.downLoggedAt = now;
    log(
      'warn',
      `foreshock: ${this.#names[destination]} cannot be reached (${cause}); ${this.#what}s wait in memory until it answers`,
    );
  }

  delivered(destination: number, spans: number): void {
    const state = this.#destinations[destination]!;
    state.delivered += spans;
    const now = performance.now();
    state.cause = undefined;
    if (state.downSince !== undefined) {
      const seconds = Math.max(1, Math.round((now - state.downSince) / 1_000));
      state.downSince = undefined;
      const lost = this.#takeUnlogged(now);
      const text = `foreshock: ${this.#names[destination]} answers again after ${seconds} s`;
      if (lost) log('warn', `${text}; ${lost}`);
      else log('info', `${text}; no ${this.#what} was lost`);
      return;
    }
    this.#logDropsIfDue();
  }

  /** Of dead processes, without a destination here. */
  unwanted(items: number): void {
    this.drop('no_exporter', items);
    this.#logDropsIfDue();
  }

  #logDropsIfDue(): void {
    if (this.#unlogged.size > 0 && performance.now() - this.#dropsLoggedAt >= LOG_EVERY_MS) this.logDrops();
  }

  refused(destination: number, spans: number, cause: string): void {
    if (spans > 0) this.drop('rejected', spans);
    const state = this.#destinations[destination]!;
    const now = performance.now();
    state.refused += spans;
    if (now - state.refusedLoggedAt < LOG_EVERY_MS) return;
    state.refusedLoggedAt = now;
    const what = state.refused > 0 ? `refused ${this.#count(state.refused)}` : 'says';
    log('warn', `foreshock: ${this.#names[destination]} ${what}: ${cause}`);
    this.#forget('rejected', state.refused);
    state.refused = 0;
  }

  /** Since the last log. */
  logDrops(): void {
    const lost = this.#takeUnlogged(performance.now());
    if (lost) log('warn', `foreshock: ${lost}`);
  }

  end(): void {
    this.#isEnding = true;
  }

  /**
   * @param cause why spans wait, if no destination is the cause
   * @param ms the end's delay
   * @param onDisk whether the next process can send them
   */
  logLost(waiting: number, cause: string | undefined, ms: number, onDisk = false): void {
    this.#isEnding = false;
    const parts: string[] = [];
    if (waiting > 0) {
      const down = this.#destinations.findIndex((state) => state.cause !== undefined);
      const reason =
        cause ??
        (down < 0
          ? `no answer within ${ms} ms`
          : `${this.#names[down]} cannot be reached (${this.#destinations[down]!.cause})`);
      const became = onDisk ? 'left on disk for the next process' : 'lost at the end of the process';
      parts.push(`${this.#count(waiting)} ${became}: ${reason}`);
    }
    const dropped = this.#takeUnlogged(performance.now());
    if (dropped) parts.push(dropped);
    if (parts.length > 0) log('warn', `foreshock: ${parts.join('; ')}`);
  }

  #forget(reason: DropReason, spans: number): void {
    const left = (this.#unlogged.get(reason) ?? 0) - spans;
    if (left > 0) this.#unlogged.set(reason, left);
    else this.#unlogged.delete(reason);
  }

  #takeUnlogged(now: number): string {
    if (this.#unlogged.size === 0) return '';
    this.#dropsLoggedAt = now;
    const reasons = Array.from(this.#unlogged, ([reason, spans]) => `${reason} ${spans}`);
    let sum = 0;
    for (const spans of this.#unlogged.values()) sum += spans;
    this.#unlogged = new Map();
    return `${this.#count(sum)} dropped: ${reasons.join(', ')}`;
  }

  #count(items: number): string {
    return items === 1 ? `1 ${this.#what}` : `${items} ${this.#what}s`;
  }
}
