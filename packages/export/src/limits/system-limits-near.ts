import { readdirSync, readFileSync, statfsSync } from 'node:fs';
import type { LimitReports } from './limit-reports.ts';

const LOOK_EVERY_MS = 10_000;
const DESCRIPTORS_NEAR = 0.9;
const DISK_NEAR = 0.95;

/** Open files, and the spool's disk. */
export class SystemLimitsNear {
  readonly #reports: LimitReports;
  readonly #directory: string;
  #lookedAt = -Infinity;
  /** Descriptors that may be open; 0: unknown. */
  #most = 0;

  /** @param directory of the spool */
  constructor(reports: LimitReports, directory: string) {
    this.#reports = reports;
    this.#directory = directory;
  }

  look(): void {
    const now = performance.now();
    if (now - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = now;
    this.#lookAtDescriptors();
    this.#lookAtDisk();
  }

  #lookAtDescriptors(): void {
    let used = 0;
    try {
      // proc(5): the soft limit.
      this.#most ||= Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]);
      used = readdirSync('/proc/self/fd').length;
    } catch (error) {
      // Not Linux, or no descriptor left to count.
      if ((error as NodeJS.ErrnoException).code === 'EMFILE') used = this.#most;
    }
    if (used > 0 && used >= DESCRIPTORS_NEAR * this.#most) this.#reports.near('file_descriptors', used, this.#most);
  }

  #lookAtDisk(): void {
    try {
      const { blocks, bavail, bsize } = statfsSync(this.#directory);
      const used = blocks - bavail;
      if (used >= DISK_NEAR * blocks) this.#reports.near('spool_disk', used * bsize, blocks * bsize);
    } catch {
      // Not made yet.
    }
  }
}
