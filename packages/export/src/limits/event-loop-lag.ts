import type { LimitReports } from './limit-reports.ts';

/** An event loop's turn later than this, repeatedly, … */
const LAG_MS = 1_000;
/** … for so long. */
const FOR_MS = 10_000;

/** An event loop that cannot keep up, not one blocked once. */
export class EventLoopLag {
  readonly #reports: LimitReports;
  /** Of the current turn. */
  #lagMs = 0;
  #lateSince: number | undefined;

  constructor(reports: LimitReports) {
    this.#reports = reports;
  }

  /** A turn ends. */
  turned(): void {
    if (this.#lagMs < LAG_MS) this.#lateSince = undefined;
    this.#lagMs = 0;
  }

  /**
   * @param now ms
   * @param lagMs the current turn's
   */
  look(now: number, lagMs: number): void {
    this.#lagMs = lagMs;
    if (lagMs < LAG_MS) return;
    this.#lateSince ??= now - lagMs;
    if (now - this.#lateSince >= FOR_MS) this.#reports.near('event_loop', lagMs, LAG_MS);
  }
}
