import { BEATS_AT } from './file-format.ts';
import { BEAT_BYTES, BEATS, encodeHeartbeat } from './heartbeat.ts';
import { readCgroupUsed, readKernelMemory, type KernelMemory } from './memory-limits.ts';
import type { SpoolFile } from './spool-file.ts';
import { FREE_AT, HEAP_LIMIT, HEAP_USED, OLD_LIMIT, RSS, type SpoolMemory } from './spool-memory.ts';

/** Interval of heartbeats; the last one is updated more often. */
const BEAT_MS = 1_000;

export class HeartbeatRing {
  readonly #samples: Float64Array;
  #index = -1;
  #beganAt = 0;
  #kernel: KernelMemory = readKernelMemory();

  constructor({ samples }: SpoolMemory) {
    this.#samples = samples;
  }

  /** As last read. */
  get kernel(): KernelMemory {
    return this.#kernel;
  }

  write(home: SpoolFile, openSpans: number, waitingSpans: number): void {
    const at = Date.now();
    // Also when the clock was set back.
    if (at - this.#beganAt >= BEAT_MS || at < this.#beganAt) {
      this.#index = (this.#index + 1) % BEATS;
      this.#beganAt = at;
      this.#kernel = readKernelMemory();
    }
    const samples = this.#samples;
    const freeAt = samples[FREE_AT]!;
    const { limit, oomKills, cgroupOomKills } = this.#kernel;
    const bytes = encodeHeartbeat({
      at,
      rss: process.memoryUsage.rss(),
      heapUsed: samples[HEAP_USED]!,
      heapLimit: samples[HEAP_LIMIT]!,
      oldLimit: samples[OLD_LIMIT]!,
      rssThen: samples[RSS]!,
      cgroupUsed: readCgroupUsed(),
      cgroupLimit: limit,
      blockedMs: freeAt > 0 ? Math.max(0, at - freeAt) : 0,
      openSpans,
      waitingSpans,
      oomKills,
      cgroupOomKills,
    });
    home.writeAt(bytes, BEATS_AT + this.#index * BEAT_BYTES);
  }
}
