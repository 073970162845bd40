import { readFileSync } from 'node:fs';

interface Look {
  /** ms since 1970. */
  readonly at: number;
  /** Nanoseconds, as the kernel counts when it starts and ends. */
  readonly ran: number;
  readonly waited: number;
  readonly isReady: boolean;
  /** The kernel's function in which it sleeps. */
  readonly sleepsIn: string;
}

/** A lock that another thread of the process has: Node's main thread waits for events elsewhere. */
const LOCK = 'futex';

/** For how long the main thread of a process was ready to run, and had no processor, or another one's lock; Linux. */
export class ProcessorWaits {
  readonly #pid: number;
  readonly #looks: Look[] = [];

  constructor(pid: number) {
    this.#pid = pid;
  }

  look(): void {
    try {
      const [ran, waited] = readFileSync(`/proc/${this.#pid}/schedstat`, 'latin1').split(' ').map(Number);
      const stat = readFileSync(`/proc/${this.#pid}/stat`, 'latin1');
      const isReady = stat[stat.lastIndexOf(')') + 2] === 'R';
      const sleepsIn = readFileSync(`/proc/${this.#pid}/wchan`, 'latin1');
      this.#looks.push({ at: Date.now(), ran: ran!, waited: waited!, isReady, sleepsIn });
    } catch {
      // Another system's kernel does not count.
    }
  }

  /** How long it ran from then to the last look, ms, and the kernel's function in which it slept at that; 0: none. */
  ranSince(at: number): string {
    const last = this.#looks.at(-1);
    const first = this.#looks.findLast((look) => look.at <= at) ?? this.#looks[0];
    return last && first ? `${Math.round((last.ran - first.ran) / 1e6)} ms, at last in ${last.sleepsIn}` : 'unknown';
  }

  /** @returns ms from then to the last look */
  since(at: number): number {
    let sum = 0;
    for (const [index, look] of this.#looks.entries()) {
      const before = this.#looks[index - 1];
      if (!before || look.at <= at) continue;
      const ms = look.at - Math.max(before.at, at);
      // The wait that lasts is not counted yet.
      const stands = (look.isReady || look.sleepsIn.includes(LOCK)) && look.ran === before.ran;
      sum += stands ? ms : Math.min(ms, (look.waited - before.waited) / 1e6);
    }
    return Math.round(sum);
  }
}
