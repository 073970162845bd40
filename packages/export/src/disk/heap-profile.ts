import type { Session } from 'node:inspector';
import { readdirSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isProfile, profileName } from './found-profile.ts';
import { serviceDirectory } from './spool-directory.ts';

/** Allocations are sampled above this part of the limit. */
const START = 0.7;
const STOP = 0.5;
/** Of the limit; growth until the next profile, which collects all garbage. */
const STEP = 0.05;
/** Average bytes between samples. */
const SAMPLE_BYTES = 64 * 1024;
const MAX_BYTES = 8 << 20;
/** Of a service. */
const MAX_PROFILES = 5;

/**
 * What the main thread allocated and holds while its heap is nearly full, in a file for Chrome's developer tools. On
 * the main thread: Node would wait for another thread's session at the process's end (`MainThreadConnection::Connect`
 * in src/inspector_js_api.cc, Node 22 to 26).
 */
export class HeapProfile {
  readonly #directory: string;
  readonly #name: string;
  #session: Session | undefined;
  #isUseless = false;
  #takeAt = 0;

  /**
   * @param base of all services' spools
   * @param key identifies the service
   * @param startedAt ms since 1970
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
      // No inspector, or a full disk.
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
    // If the process is killed meanwhile, the previous profile is left.
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
