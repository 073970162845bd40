import type { Session } from 'node:inspector';
import { readdirSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isProfile, profileName } from './found-profile.ts';
import { serviceDirectory } from './spool-directory.ts';

/** Part of the heap's limit from which allocations are sampled. */
const START = 0.7;
const STOP = 0.5;
/** A profile is taken each time the heap has grown by this part of its limit: taking it collects all garbage. */
const STEP = 0.05;
/** Average bytes between two samples. */
const SAMPLE_BYTES = 64 * 1024;
const MAX_BYTES = 8 << 20;
/** Of a service. */
const MAX_PROFILES = 5;

/**
 * What the main thread has allocated and still holds, sampled by V8 while its heap is nearly full; in a file that Chrome's
 * developer tools open. On the main thread: a session from another one makes Node wait for it at the end of the process
 * (`MainThreadConnection::Connect` in src/inspector_js_api.cc of Node 22 to 26).
 */
export class HeapProfile {
  readonly #directory: string;
  readonly #name: string;
  #session: Session | undefined;
  #isUseless = false;
  #takeAt = 0;

  /**
   * @param base of the spools of all services
   * @param key identifies the service
   * @param startedAt of the process, ms since 1970
   */
  constructor(base: string, key: string, startedAt: number) {
    this.#directory = serviceDirectory(base, key);
    this.#name = profileName(process.pid, startedAt);
  }

  look(heapUsed: number, oldLimit: number): void {
    if (this.#isUseless || oldLimit === 0) return;
    const part = heapUsed / oldLimit;
    try {
      if (!this.#session) {
        if (part >= START) this.#start(part);
      } else if (part < STOP) {
        this.#session.disconnect();
        this.#session = undefined;
      } else if (part >= this.#takeAt) {
        this.#takeAt = part + STEP;
        this.#session.post('HeapProfiler.getSamplingProfile', (_, answer) => answer && this.#write(answer.profile));
      }
    } catch {
      // No inspector, or a disk that is full.
      this.#isUseless = true;
    }
  }

  #start(part: number): void {
    this.#takeAt = part + STEP;
    const { Session: Inspector } = process.getBuiltinModule('node:inspector');
    const session = new Inspector();
    session.connect();
    session.post('HeapProfiler.startSampling', { samplingInterval: SAMPLE_BYTES });
    this.#session = session;
  }

  #write(profile: object): void {
    const text = JSON.stringify(profile);
    if (text.length > MAX_BYTES) return;
    const path = join(this.#directory, this.#name);
    // Of a process that is killed meanwhile the profile before is left.
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    this.#removeOld();
  }

  #removeOld(): void {
    const age = (name: string): number => statSync(join(this.#directory, name)).mtimeMs;
    const profiles = readdirSync(this.#directory).filter(isProfile);
    const oldestLast = profiles.toSorted((one, other) => age(other) - age(one));
    for (const name of oldestLast.slice(MAX_PROFILES)) unlinkSync(join(this.#directory, name));
  }
}
