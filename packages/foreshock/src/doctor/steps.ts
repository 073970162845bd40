import type { Io } from '@foreshock/explain/command';
import { look, type Finding } from './finding.ts';

const SILENT_MS = 1_500;
/** Longer than the time-outs of all that a step asks. */
const LIMIT_MS = 15_000;

/** One after the other; a slow machine's terminal shows which. */
export class Steps {
  readonly #io: Pick<Io, 'stderr' | 'rows'>;
  readonly #began = performance.now();

  constructor(io: Pick<Io, 'stderr' | 'rows'>) {
    this.#io = io;
  }

  /** @param doing what the step does: `asks the backend` */
  async take(doing: string, step: () => Finding[] | Promise<Finding[]>): Promise<Finding[]> {
    const say = (): void => {
      if (this.#io.rows !== undefined) this.#io.stderr(`foreshock doctor: ${doing} …\n`);
    };
    const isLate = performance.now() - this.#began > SILENT_MS;
    if (isLate) say();
    const { promise: never, resolve } = Promise.withResolvers<Finding[]>();
    const timers = [
      setTimeout(() => resolve([gaveUp(doing)]), LIMIT_MS),
      ...(isLate ? [] : [setTimeout(say, SILENT_MS)]),
    ];
    try {
      return await Promise.race([step(), never]);
    } finally {
      timers.forEach(clearTimeout);
    }
  }
}

function gaveUp(doing: string): Finding {
  return look('doctor', `${doing}: not done within ${LIMIT_MS / 1_000} s`, 'try again when the machine is less busy');
}
