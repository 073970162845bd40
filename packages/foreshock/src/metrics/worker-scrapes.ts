import { performance } from 'node:perf_hooks';
import { BroadcastChannel } from 'node:worker_threads';
import { guard, report } from '@foreshock/kit';
import type { FamilyText, TextFormat } from './prometheus-text.ts';
import type { WorkerPlaces } from './worker-places.ts';

const QUESTIONS = 'foreshock.metrics.question';
const ANSWERS = 'foreshock.metrics.answer';
/** Of a busy thread; the scrape goes on without it. */
const WAIT_MS = 250;

interface Question {
  readonly id: number;
  readonly scraper: number;
  readonly format: TextFormat;
  /** ms since 1970; clocks of threads are the same */
  readonly at: number;
}

interface Answer {
  readonly id: number;
  readonly families: readonly FamilyText[];
}

/** Does not step. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

type Families = (scraper: number, format: TextFormat) => Promise<readonly FamilyText[]>;

/** It keeps no thread alive. */
function open(name: string, onMessage?: (data: any) => void): BroadcastChannel {
  const channel = new BroadcastChannel(name);
  if (onMessage) channel.addEventListener('message', ({ data }: any) => guard(name, () => onMessage(data)));
  (channel as unknown as { unref(): void }).unref();
  return channel;
}

/** In the main thread: asks worker threads for their metrics. */
export class WorkerScrapes {
  readonly #places: WorkerPlaces;
  #questions: BroadcastChannel | undefined;
  readonly #pending = new Map<number, (families: readonly FamilyText[]) => void>();
  #last = 0;

  constructor(places: WorkerPlaces) {
    this.#places = places;
  }

  async ask(scraper: number, format: TextFormat): Promise<(readonly FamilyText[])[]> {
    const expected = this.#places.taken;
    if (expected === 0) return [];
    const id = ++this.#last;
    const answers: (readonly FamilyText[])[] = [];
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, WAIT_MS).unref();
      this.#pending.set(id, (families) => {
        if (answers.push(families) < expected) return;
        clearTimeout(timer);
        resolve();
      });
      this.#channel().postMessage({ id, scraper, format, at: now() } satisfies Question);
    });
    this.#pending.delete(id);
    return answers;
  }

  #channel(): BroadcastChannel {
    if (!this.#questions) {
      open(ANSWERS, ({ id, families }: Answer) => this.#pending.get(id)?.(families));
      this.#questions = open(QUESTIONS);
    }
    return this.#questions;
  }
}

/** In a worker thread. */
export function answerScrapes(families: Families): void {
  const answers = open(ANSWERS);
  open(QUESTIONS, ({ id, scraper, format, at }: Question) => {
    // Of a thread that was blocked, as Piscina's are while idle: nobody waits for hours of answers.
    if (now() - at > WAIT_MS) return;
    families(scraper, format)
      .then((own) => answers.postMessage({ id, families: own } satisfies Answer))
      .catch((error: unknown) => report('answering /metrics', error));
  });
}
