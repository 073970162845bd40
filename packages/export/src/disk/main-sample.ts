import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import type * as V8 from 'node:v8';
import { FREE_AT, HEAP_LIMIT, HEAP_USED, OLD_LIMIT, RSS, type SpoolMemory } from './spool-memory.ts';

const SAMPLE_MS = 200;
/** Samples without an open span before the timer stops. */
const IDLE = 5;

/** Samples the main thread's memory for the sender thread while spans are open. */
export class MainSample {
  readonly #samples: Float64Array;
  readonly #isIdle: () => boolean;
  #timer: NodeJS.Timeout | undefined;
  #idle = 0;

  constructor({ samples }: SpoolMemory, isIdle: () => boolean) {
    this.#samples = samples;
    this.#isIdle = isIdle;
  }

  /** Starts sampling; cheap when started. */
  begin(): void {
    this.#idle = 0;
    if (this.#timer) return;
    this.#samples[FREE_AT] = Date.now();
    // Not in the context of the request that starts it.
    this.#timer = context.with(ROOT_CONTEXT, () => setInterval(() => this.#take(), SAMPLE_MS).unref());
  }

  #take(): void {
    const samples = this.#samples;
    const { heapUsed, rss } = process.memoryUsage();
    if (samples[HEAP_LIMIT] === 0) this.#readLimits();
    samples[HEAP_USED] = heapUsed;
    samples[RSS] = rss;
    samples[FREE_AT] = Date.now();
    if (!this.#isIdle()) this.#idle = 0;
    else if (++this.#idle >= IDLE) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      samples[FREE_AT] = 0;
    }
  }

  #readLimits(): void {
    const v8: typeof V8 = process.getBuiltinModule('node:v8');
    const limit = v8.getHeapStatistics().heap_size_limit;
    this.#samples[HEAP_LIMIT] = limit;
    const young = (YOUNG_MIB[process.versions.node.split('.')[0]!] ?? 48) * MIB;
    this.#samples[OLD_LIMIT] = limit > young + 16 * MIB ? limit - young : limit;
  }
}

const MIB = 1 << 20;

/** V8's default for the young generation: measured with `--max-old-space-size`, x64. */
const YOUNG_MIB: Readonly<Record<string, number>> = { 22: 48, 24: 192, 26: 96 };
