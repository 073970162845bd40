import type { TransactionStep } from './transaction-statement.ts';

/** From the start of its `BEGIN`: how long nothing ran in it. */
export class Transaction {
  readonly start = performance.now();
  #running = 0;
  #idleSince = this.start;
  #idleMs = 0;
  /** Its `BEGIN` did. */
  hasFailed = false;

  entered(now: number): void {
    this.#idleMs = this.idleMsAt(now);
    this.#running++;
  }

  /** Not by its last one: it is idle no longer. */
  left(now: number): void {
    if (--this.#running === 0) this.#idleSince = now;
  }

  idleMsAt(now: number): number {
    return this.#running > 0 ? this.#idleMs : this.#idleMs + now - this.#idleSince;
  }
}

/** Of connections, pooled or not. */
export class Transactions {
  readonly #open = new WeakMap<object, Transaction>();

  /** @returns that of a statement which begins now */
  of(connection: object, step: TransactionStep | undefined): Transaction | undefined {
    if (step === 'begin') {
      const begun = new Transaction();
      this.#open.set(connection, begun);
      return begun;
    }
    const open = this.#open.get(connection);
    if (!open || (step === undefined && !open.hasFailed)) return open;
    this.#open.delete(connection);
    return step === 'end' && !open.hasFailed ? open : undefined;
  }
}
