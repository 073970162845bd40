import type { LimitReports } from './limit-reports.ts';

/** A turn of the event loop that is later than this, again and again, … */
const LAG_MS = 1_000;
/** … for so long. */
const FOR_MS = 10_000;

/** Tells an event loop that cannot keep up from one that is blocked once. */
export class EventLoopLag {
  readonly #reports: LimitReports;
  /** Of the current turn so far. */
  #lagMs = 0;
  #lateSince: number | undefined;

  constructor(reports: LimitReports) {
    this.#reports = reports;
  }

  /** A turn is over. */
  turned(): void {
    if (this.#lagMs < LAG_MS) this.#lateSince = undefined;
    this.#lagMs = 0;
  }

  /**
   * @param now ms
   * @param lagMs of the current turn
   */
  look(now: number, lagMs: number): void {
    this.#lagMs = lagMs;
    if (lagMs < LAG_MS) return;
    this.#lateSince ??= now - lagMs;
    if (now - this.#lateSince >= FOR_MS) this.#reports.near('event_loop', lagMs, LAG_MS);
  }
}
