import { readFileSync, watchFile } from 'node:fs';
import { PlanError, readPlan, type Plan } from './plan.ts';
import { say } from './say.ts';

const LOOK_EVERY_MS = 250;

/** FORESHOCK_CHAOS: the plan, or the path of its file. */
export class PlanSource {
  readonly #text: string | undefined;
  readonly #file: string | undefined;

  constructor(variable: string) {
    if (variable.startsWith('{')) this.#text = variable;
    else this.#file = variable;
  }

  /** Undefined, with a log line, if invalid. */
  read(): Plan | undefined {
    try {
      return readPlan(this.#text ?? readFileSync(this.#file!, 'utf8'));
    } catch (error) {
      const place = this.#file ?? 'FORESHOCK_CHAOS';
      const what = error instanceof PlanError ? error.message : `cannot be read (${(error as Error).message})`;
      say(`${place} ${what}: nothing is injected`);
      return undefined;
    }
  }

  onChange(changed: () => void): void {
    if (!this.#file) return;
    watchFile(this.#file, { interval: LOOK_EVERY_MS, persistent: false }, (now, before) => {
      if (now.mtimeMs !== before.mtimeMs || now.size !== before.size) changed();
    });
  }
}
