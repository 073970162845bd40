import { BEATS_AT } from './file-layout.ts';
import { BEAT_BYTES, BEATS, encodeHeartbeat, type Heartbeat } from './heartbeat.ts';
import { readCgroupUsed, readKernelMemory, type KernelMemory } from './memory-limits.ts';
import type { SpoolFile } from './spool-file.ts';
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
import { readStateText, type StateText } from './state-text.ts';

/** Between heartbeats; the last is updated more often. */
const BEAT_MS = 1_000;

export class HeartbeatRing {
  readonly #memory: SpoolMemory;
  #text: StateText = { state: '', error: '' };
  #index = -1;
  #rss = 0;
  #beganAt = 0;
  #kernel: KernelMemory = readKernelMemory();

  constructor(memory: SpoolMemory) {
    this.#memory = memory;
  }

  /** As last read. */
  get kernel(): KernelMemory {
    return this.#kernel;
  }

  /** Replaces the previous one unless that is a second old. */
  take(openSpans: number, waitingSpans: number): Heartbeat {
    const at = Date.now();
    // Also when the clock was set back.
    if (at - this.#beganAt >= BEAT_MS || at < this.#beganAt) {
      this.#index = (this.#index + 1) % BEATS;
      this.#beganAt = at;
      this.#kernel = readKernelMemory();
      this.#text = readStateText(this.#memory) ?? this.#text;
    }
    const { samples } = this.#memory;
    const freeAt = samples[FREE_AT]!;
    const { used, limit, oomKills, cgroupOomKills, available } = this.#kernel;
    return {
      at,
      rss: this.#readRss(),
      heapUsed: samples[HEAP_USED]!,
      heapLimit: samples[HEAP_LIMIT]!,
      oldLimit: samples[OLD_LIMIT]!,
      rssThen: samples[RSS]!,
      // Without a limit it kills nobody.
      cgroupUsed: limit > 0 ? readCgroupUsed() : used,
      cgroupLimit: limit,
      blockedMs: freeAt > 0 ? Math.max(0, at - freeAt) : 0,
      openSpans,
      waitingSpans,
      oomKills,
      cgroupOomKills,
      external: samples[EXTERNAL]!,
      oldSpace: samples[OLD_SPACE]!,
      largeObjectSpace: samples[LARGE_OBJECT_SPACE]!,
      newSpace: samples[NEW_SPACE]!,
      gcMs: samples[GC_MS]!,
      available,
      ...this.#text,
    };
  }

  #readRss(): number {
    try {
      this.#rss = process.memoryUsage.rss();
    } catch {
      // No file can be opened (EMFILE).
    }
    return this.#rss;
  }

  write(home: SpoolFile, beat: Heartbeat): void {
    home.writeAt(encodeHeartbeat(beat), BEATS_AT + this.#index * BEAT_BYTES);
  }
}
