import { log } from '@foreshock/kit';
import type { DropReason } from './spool.ts';

/** A line of one sort is written at most this often; what happens between is counted into the next. */
const TELL_EVERY_MS = 60_000;

interface Standing {
  /** Why it could not be reached; undefined while it answers. */
  cause: string | undefined;
  /** When its outage was told; undefined while it answers. */
  downSince: number | undefined;
  toldDownAt: number;
  toldRefusedAt: number;
  refused: number;
}

/**
 * Counts what was lost, by reason, and says it: one line when a backend cannot be reached, one when
 * it answers again with what the outage cost, one a minute at most for anything else.
 */
export class Ledger {
  readonly #names: readonly string[];
  readonly #standings: Standing[];
  readonly #dropped = new Map<DropReason, number>();
  #untold = new Map<DropReason, number>();
  #toldDropsAt = -Infinity;
  #isEnding = false;

  /** @param names how the destinations are called in messages */
  constructor(names: readonly string[]) {
    this.#names = names;
    this.#standings = names.map(() => ({
      cause: undefined,
      downSince: undefined,
      toldDownAt: -Infinity,
      toldRefusedAt: -Infinity,
      refused: 0,
    }));
  }

  /** Spans dropped since the start, by reason; one that two destinations did not get counts twice. */
  get dropped(): ReadonlyMap<DropReason, number> {
    return this.#dropped;
  }

  /** All of {@link dropped}. */
  get total(): number {
    let sum = 0;
    for (const spans of this.#dropped.values()) sum += spans;
    return sum;
  }

  drop(reason: DropReason, spans: number): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + spans);
    this.#untold.set(reason, (this.#untold.get(reason) ?? 0) + spans);
  }

  unreachable(destination: number, cause: string): void {
    const standing = this.#standings[destination]!;
    const now = performance.now();
    standing.cause = cause;
    // Then all that is lost is logged in one line.
    if (this.#isEnding || standing.downSince !== undefined) return;
    // A backend that comes and goes is told of once a minute, not at each turn.
    if (now - standing.toldDownAt < TELL_EVERY_MS) return;
    standing.downSince = now;
    standing.toldDownAt = now;
    log(
      'warn',
      `foreshock: ${this.#names[destination]} cannot be reached (${cause}); spans wait in memory until it answers`,
    );
  }

  /** The destination has taken spans. */
  delivered(destination: number): void {
    const standing = this.#standings[destination]!;
    const now = performance.now();
    standing.cause = undefined;
    if (standing.downSince !== undefined) {
      const seconds = Math.max(1, Math.round((now - standing.downSince) / 1_000));
      standing.downSince = undefined;
      const lost = this.#takeUntold(now);
      const text = `foreshock: ${this.#names[destination]} answers again after ${seconds} s`;
      if (lost) log('warn', `${text}; ${lost}`);
      else log('info', `${text}; no span was lost`);
      return;
    }
    if (this.#untold.size > 0 && now - this.#toldDropsAt >= TELL_EVERY_MS) this.tellDrops();
  }

  refused(destination: number, spans: number, cause: string): void {
    if (spans > 0) this.drop('rejected', spans);
    const standing = this.#standings[destination]!;
    const now = performance.now();
    standing.refused += spans;
    if (now - standing.toldRefusedAt < TELL_EVERY_MS) return;
    standing.toldRefusedAt = now;
    const what = standing.refused > 0 ? `refused ${count(standing.refused)}` : 'says';
    log('warn', `foreshock: ${this.#names[destination]} ${what}: ${cause}`);
    this.#forget('rejected', standing.refused);
    standing.refused = 0;
  }

  /** Says what was dropped and not yet told; at the end, and when nothing else gives occasion. */
  tellDrops(): void {
    const lost = this.#takeUntold(performance.now());
    if (lost) log('warn', `foreshock: ${lost}`);
  }

  /** The process ends: what cannot be reached now is logged by {@link logLost}. */
  end(): void {
    this.#isEnding = true;
  }

  /**
   * Logs what was dropped, and what still waits at the end of the process.
   *
   * @param cause why it waits, if that is no destination's fault
   * @param ms how long the end was put off for it
   */
  logLost(waiting: number, cause: string | undefined, ms: number): void {
    this.#isEnding = false;
    const parts: string[] = [];
    if (waiting > 0) {
      const down = this.#standings.findIndex((standing) => standing.cause !== undefined);
      const reason =
        cause ??
        (down < 0
          ? `no answer within ${ms} ms`
          : `${this.#names[down]} cannot be reached (${this.#standings[down]!.cause})`);
      parts.push(`${count(waiting)} lost at the end of the process: ${reason}`);
    }
    const dropped = this.#takeUntold(performance.now());
    if (dropped) parts.push(dropped);
    if (parts.length > 0) log('warn', `foreshock: ${parts.join('; ')}`);
  }

  #forget(reason: DropReason, spans: number): void {
    const left = (this.#untold.get(reason) ?? 0) - spans;
    if (left > 0) this.#untold.set(reason, left);
    else this.#untold.delete(reason);
  }

  #takeUntold(now: number): string {
    if (this.#untold.size === 0) return '';
    this.#toldDropsAt = now;
    const reasons = Array.from(this.#untold, ([reason, spans]) => `${reason} ${spans}`);
    let sum = 0;
    for (const spans of this.#untold.values()) sum += spans;
    this.#untold = new Map();
    return `${count(sum)} dropped: ${reasons.join(', ')}`;
  }
}

function count(spans: number): string {
  return spans === 1 ? '1 span' : `${spans} spans`;
}
