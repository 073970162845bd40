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
/** Samples without open spans before the timer stops. */
const IDLE = 2;
/** Samples between costlier ones: once a second. */
const MORE_EVERY = 5;

/** What else a heartbeat says. */
export interface ProcessState {
  /** Garbage collection since the start, ms. */
  gcMs(): number;
  text(): StateText;
  /** Gets heap samples, bytes. */
  onHeap?(used: number, oldLimit: number): void;
}

/** The main thread's memory for the sender thread while spans are open. */
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

  /** Cheap when started. */
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
      // Opening a file failed (EMFILE): the previous values are good enough.
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

/** Filled by an application's objects. */
const SPACES: Readonly<Record<string, number>> = {
  old_space: OLD_SPACE,
  large_object_space: LARGE_OBJECT_SPACE,
  new_space: NEW_SPACE,
};

function v8(): typeof V8 {
  return process.getBuiltinModule('node:v8');
}

const MIB = 1 << 20;

/** V8's default, measured with `--max-old-space-size`, x64. */
const YOUNG_MIB: Readonly<Record<string, number>> = { 22: 48, 24: 192, 26: 96 };
