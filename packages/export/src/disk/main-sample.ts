import { detachedInterval, guard } from '@foreshock/kit';
import type * as V8 from 'node:v8';
import {
  EXTERNAL,
  FREE_AT,
  GC_MS,
  HEAP_LIMIT,
  HEAP_USED,
  LARGE_OBJECT_SPACE,
  NEW_SPACE,
  OLD_LIMIT,
  OLD_SPACE,
  RSS,
  type SpoolMemory,
} from './spool-memory.ts';
import { writeStateText, type StateText } from './state-text.ts';

const SAMPLE_MS = 200;
/** Samples without an open span before the timer stops. */
const IDLE = 2;
/** Samples between two of what costs more: once a second. */
const MORE_EVERY = 5;

/** What else a heartbeat says. */
export interface ProcessState {
  /** Time in garbage collection since the start, ms. */
  gcMs(): number;
  text(): StateText;
  /** Gets each sample of the heap, bytes. */
  onHeap?(used: number, oldLimit: number): void;
}

/** Samples the main thread's memory for the sender thread while spans are open. */
export class MainSample {
  readonly #memory: SpoolMemory;
  readonly #samples: Float64Array;
  readonly #isIdle: () => boolean;
  readonly #state: ProcessState;
  #timer: NodeJS.Timeout | undefined;
  #idle = 0;
  #taken = 0;

  constructor(memory: SpoolMemory, isIdle: () => boolean, state: ProcessState) {
    this.#memory = memory;
    this.#samples = memory.samples;
    this.#isIdle = isIdle;
    this.#state = state;
  }

  /** Starts sampling; cheap when started. */
  begin(): void {
    this.#idle = 0;
    if (this.#timer) return;
    this.#samples[FREE_AT] = Date.now();
    this.#timer = detachedInterval('a sample of memory', () => this.#take(), SAMPLE_MS);
  }

  #take(): void {
    this.#takeMemory();
    if (this.#taken++ % MORE_EVERY === 0) guard('a heartbeat', () => this.#takeMore());
    this.#samples[FREE_AT] = Date.now();
    if (!this.#isIdle()) this.#idle = 0;
    else if (++this.#idle >= IDLE) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.#samples[FREE_AT] = 0;
    }
  }

  #takeMemory(): void {
    const samples = this.#samples;
    try {
      const { heapUsed, rss, external } = process.memoryUsage();
      if (samples[HEAP_LIMIT] === 0) this.#readLimits();
      samples[HEAP_USED] = heapUsed;
      samples[RSS] = rss;
      samples[EXTERNAL] = external;
      this.#state.onHeap?.(heapUsed, samples[OLD_LIMIT]!);
    } catch {
      // It opens a file (EMFILE): the values of before are good enough.
    }
  }

  #takeMore(): void {
    const samples = this.#samples;
    samples[GC_MS] = this.#state.gcMs();
    for (const { space_name: name, space_used_size: used } of v8().getHeapSpaceStatistics()) {
      const at = SPACES[name];
      if (at !== undefined) samples[at] = used;
    }
    writeStateText(this.#memory, this.#state.text());
  }

  #readLimits(): void {
    const limit = v8().getHeapStatistics().heap_size_limit;
    this.#samples[HEAP_LIMIT] = limit;
    const young = (YOUNG_MIB[process.versions.node.split('.')[0]!] ?? 48) * MIB;
    this.#samples[OLD_LIMIT] = limit > young + 16 * MIB ? limit - young : limit;
  }
}

/** Those that an application's objects fill. */
const SPACES: Readonly<Record<string, number>> = {
  old_space: OLD_SPACE,
  large_object_space: LARGE_OBJECT_SPACE,
  new_space: NEW_SPACE,
};

function v8(): typeof V8 {
  return process.getBuiltinModule('node:v8');
}

const MIB = 1 << 20;

/** V8's default for the young generation: measured with `--max-old-space-size`, x64. */
const YOUNG_MIB: Readonly<Record<string, number>> = { 22: 48, 24: 192, 26: 96 };
