import type { MessagePort } from 'node:worker_threads';
import type { StoreMethods } from '../store/thread.ts';
import { Thread, threadFile } from '../threads/thread.ts';
import type { AnswerMethods, AnswerQuery } from './thread.ts';

type Computed = Awaited<ReturnType<AnswerMethods['compute']>>;

interface Known {
  computed?: Computed;
  computing?: Promise<Computed> | undefined;
  /** Earliest next computation. */
  rests: number;
}

const LOOK_MS = 30_000;
const MOST = 8;
const LEAST_REST_MS = 3_000;
/** Rests this many times its computing time: a fifth of a core at most. */
const REST_TIMES = 4;
/** Then the previous answer is returned. */
const PATIENCE_MS = 2_000;

/** Until new data. */
export class Answers {
  #thread: Thread<AnswerMethods> | undefined;
  readonly #port: MessagePort;
  readonly #store: Thread<StoreMethods>;
  readonly #known = new Map<string, Known>();
  /** After each computation. */
  onComputed: (computed: Computed) => void = () => {};

  /** @param port to the store's thread */
  constructor(store: Thread<StoreMethods>, port: MessagePort) {
    this.#store = store;
    this.#port = port;
    // Without a page, too: keeps an incident's traces.
    setInterval(() => void this.#look(), LOOK_MS).unref();
  }

  /** The latest answer; undefined while the first is computed, unless `waitedFor`. */
  async newest(query: AnswerQuery, seq: number, waitedFor: boolean): Promise<Computed | undefined> {
    const key = JSON.stringify(query);
    let known = this.#known.get(key);
    if (!known) {
      if (this.#known.size >= MOST) this.#known.delete(this.#known.keys().next().value!);
      this.#known.set(key, (known = { rests: 0 }));
    }
    const { computed } = known;
    if (computed?.seq === seq) return computed;
    if (!known.computing && performance.now() >= known.rests) this.#compute(query, known);
    if (!known.computing) {
      this.#later(query, known);
      return computed;
    }
    if (waitedFor && !computed) return known.computing;
    const late = computed ? PATIENCE_MS : 0;
    return Promise.race([
      known.computing,
      new Promise<Computed | undefined>((resolve) => setTimeout(resolve, late, computed)),
    ]);
  }

  async end(): Promise<void> {
    await this.#thread?.end();
    this.#port.close();
  }

  async #look(): Promise<void> {
    try {
      const { seq } = await this.#store.call('status', []);
      await this.newest({}, seq, false);
    } catch {
      // The threads have ended.
    }
  }

  #compute(query: AnswerQuery, known: Known): void {
    const port = this.#port;
    this.#thread ??= new Thread<AnswerMethods>(threadFile(import.meta.url, './thread'), { port }, [port]);
    known.computing = this.#thread.call('compute', [query]);
    known.computing.then(
      (computed) => {
        known.computed = computed;
        known.computing = undefined;
        known.rests = performance.now() + Math.max(LEAST_REST_MS, computed.tookMs * REST_TIMES);
        if (computed.isIncident && isOfAll(query)) this.#store.call('pin', [computed.pinned]).catch(() => {});
        this.onComputed(computed);
      },
      () => {
        known.computing = undefined;
        known.rests = performance.now() + LEAST_REST_MS;
      },
    );
  }

  /** Requests while resting get the next answer, even without new data. */
  #later(query: AnswerQuery, known: Known): void {
    const timer = setTimeout(() => {
      if (!known.computing && performance.now() >= known.rests) this.#compute(query, known);
    }, known.rests - performance.now());
    timer.unref();
  }
}

function isOfAll(query: AnswerQuery): boolean {
  return Object.keys(query).length === 0;
}
