import type { Delivery, Failure, Processing, QueueEvents, Taken } from '../../events.ts';
import { isDeadLettered, messageOf, type Job } from './job.ts';

/** Many processes only fetch. */
const MAX_TAKEN = 1_000;

/** Only messages show `resolveWithinSeconds` and `failWip` (manager.js). */
const TIMED_OUT = 'handler execution exceeded ';
const SHUT_DOWN = 'pg-boss shut down while active';

export interface Handling {
  readonly processing: Processing;
  readonly jobs: readonly Job[];
  /** By `fail()`. */
  readonly failed: Map<Job, unknown>;
  /** By `complete()`. */
  readonly completed: Set<string>;
}

export class JobsInHand {
  readonly #queue: QueueEvents;
  readonly #running = new Map<string, Handling>();
  readonly #taken = new Map<string, { taken: Taken; job: Job }>();

  constructor(queue: QueueEvents) {
    this.#queue = queue;
  }

  begin(name: string, jobs: Job[]): Handling | undefined {
    const processing = this.#queue.process(deliveryOf(name, jobs));
    if (!processing) return undefined;
    const handling: Handling = { processing, jobs: [...jobs], failed: new Map(), completed: new Set() };
    for (const { id } of jobs) this.#running.set(id, handling);
    return handling;
  }

  /** `fail()` or `perJobResults` (12) may have failed some. */
  returned(handling: Handling, perJob: boolean, value: unknown): void {
    const { jobs, failed } = handling;
    const [reason] = failed.values();
    if (failed.size > 0) this.#finish(handling, failureOf(failed.keys(), reason));
    else this.#finish(handling, perJob ? failureAmong(jobs, value) : undefined);
  }

  threw(handling: Handling, error: unknown): void {
    this.#finish(handling, failureOf(handling.jobs, error));
  }

  #finish(handling: Handling, failure: Failure | undefined): void {
    for (const { id } of handling.jobs) {
      // After a timeout, perhaps retried.
      if (this.#running.get(id) === handling) this.#running.delete(id);
    }
    if (failure) handling.processing.failed(failure);
    else handling.processing.succeeded();
  }

  take(name: string, jobs: Job[], since: number): void {
    const held = this.#queue.received(deliveryOf(name, jobs), since);
    held?.forEach((taken, index) => this.#taken.set(jobs[index]!.id, { taken, job: jobs[index]! }));
    for (const id of this.#taken.keys()) {
      if (this.#taken.size <= MAX_TAKEN) break;
      this.#taken.delete(id);
    }
  }

  /** @param ids one or several ids or jobs */
  settle(ids: unknown, isFailure: boolean, reason: unknown): void {
    for (const each of [ids].flat()) {
      const id = typeof each === 'string' ? each : (each as Partial<Job> | null | undefined)?.id;
      if (id === undefined) continue;
      const handling = this.#running.get(id);
      if (!handling) this.#settleTaken(id, isFailure, reason);
      else if (isFailure) this.#failRunning(handling, id, reason);
      else if (handling.completed.add(id).size === handling.jobs.length) handling.processing.settled('complete');
    }
  }

  #settleTaken(id: string, isFailure: boolean, reason: unknown): void {
    const found = this.#taken.get(id);
    if (!found) return;
    this.#taken.delete(id);
    found.taken.settled(isFailure ? failureOf([found.job], reason) : undefined);
  }

  /** By timeout or handler. */
  #failRunning(handling: Handling, id: string, reason: unknown): void {
    if (reason === SHUT_DOWN) {
      this.#finish(handling, { ...failureOf(handling.jobs, new Error(SHUT_DOWN)), type: 'shutdown' });
    } else if (reason instanceof Error && reason.message.startsWith(TIMED_OUT)) {
      this.#finish(handling, { ...failureOf(handling.jobs, reason), type: 'timeout' });
    } else {
      const job = handling.jobs.find((candidate) => candidate.id === id)!;
      handling.failed.set(job, reason ?? new Error('failed by its handler'));
    }
  }
}

function deliveryOf(name: string, jobs: Job[]): Delivery {
  return { system: 'pg-boss', destination: name, messages: jobs.map(messageOf) };
}

function failureOf(jobs: Iterable<Job>, error: unknown): Failure {
  return { error, deadLettered: [...jobs].some((job) => isDeadLettered(job)) };
}

/** `#settlePerJob` (manager.js): uncompleted means failed. */
function failureAmong(jobs: readonly Job[], results: unknown): Failure | undefined {
  if (!Array.isArray(results)) {
    return failureOf(jobs, new Error('perJobResults handler must resolve with an array of job results'));
  }
  type Result = { id?: unknown; status?: unknown; output?: unknown } | undefined;
  const resultOf = (job: Job): Result => results.findLast((result: Result) => result?.id === job.id);
  const bad = jobs.filter((job) => resultOf(job)?.status !== 'completed');
  if (bad.length === 0) return undefined;
  return {
    error: resultOf(bad[0]!)?.output ?? new Error('no disposition returned by handler'),
    deadLettered: bad.some((job) => isDeadLettered(job, resultOf(job)?.status !== 'deadletter')),
  };
}
