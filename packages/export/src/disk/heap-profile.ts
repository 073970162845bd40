import type { Session } from 'node:inspector';
import { readdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Heartbeat } from './heartbeat.ts';

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
const NAME = /^heap-[\da-f]{16}\.heapprofile$/;
/** In the report. */
const TOP = 3;
const MIB = 1 << 20;

/**
 * What the main thread has allocated and still holds, sampled by V8 while its heap is nearly full; in a file that Chrome's
 * developer tools open.
 */
export class HeapProfile {
  readonly #directory: string;
  readonly #name: string;
  #session: Session | undefined;
  #takeAt = 0;

  constructor(directory: string, instance: string) {
    this.#directory = directory;
    this.#name = nameOf(instance);
  }

  look({ heapUsed, oldLimit }: Heartbeat): void {
    if (oldLimit === 0) return;
    const part = heapUsed / oldLimit;
    if (!this.#session) {
      if (part >= START) this.#start(part);
    } else if (part < STOP) {
      this.#session.disconnect();
      this.#session = undefined;
    } else if (part >= this.#takeAt) {
      this.#takeAt = part + STEP;
      this.#session.post('HeapProfiler.getSamplingProfile', (_, answer) => answer && this.#write(answer.profile));
    }
  }

  #start(part: number): void {
    this.#takeAt = part + STEP;
    const { Session: Inspector } = process.getBuiltinModule('node:inspector');
    const session = new Inspector();
    session.connectToMainThread();
    session.post('HeapProfiler.startSampling', { samplingInterval: SAMPLE_BYTES });
    this.#session = session;
  }

  #write(profile: object): void {
    const text = JSON.stringify(profile);
    if (text.length > MAX_BYTES) return;
    const path = join(this.#directory, this.#name);
    try {
      // Of a process that is killed meanwhile the profile before is left.
      writeFileSync(`${path}.new`, text, { mode: 0o600 });
      renameSync(`${path}.new`, path);
      removeOld(this.#directory);
    } catch {
      // A disk that is full: the spool says so.
    }
  }
}

function nameOf(instance: string): string {
  return `heap-${instance}.heapprofile`;
}

function removeOld(directory: string): void {
  const age = (name: string): number => statSync(join(directory, name)).mtimeMs;
  const profiles = readdirSync(directory).filter((name) => NAME.test(name));
  const oldestLast = profiles.toSorted((one, other) => age(other) - age(one));
  for (const name of oldestLast.slice(MAX_PROFILES)) unlinkSync(join(directory, name));
}

export interface FoundProfile {
  readonly path: string;
  /** The functions that had allocated most of what was held, with MiB. */
  readonly top: readonly string[];
}

interface Node {
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly selfSize: number;
  readonly children: readonly Node[];
}

/** Undefined if a process has left none. */
export function readHeapProfile(directory: string, instance: string): FoundProfile | undefined {
  const path = join(directory, nameOf(instance));
  try {
    const sizes = new Map<string, number>();
    const waiting: [Node, caller: string][] = [[JSON.parse(readFileSync(path, 'utf8')).head, '(program)']];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [{ callFrame, selfSize, children }, caller] = next;
      const { functionName, url, lineNumber } = callFrame;
      // What is built in counts for its caller.
      const place = url === '' ? caller : `${functionName || '(anonymous)'} ${url}:${lineNumber + 1}`;
      sizes.set(place, (sizes.get(place) ?? 0) + selfSize);
      for (const child of children) waiting.push([child, place]);
    }
    const largest = [...sizes].toSorted(([, one], [, other]) => other - one).slice(0, TOP);
    return { path, top: largest.map(([place, bytes]) => `${place} ${Math.round(bytes / MIB)} MiB`) };
  } catch {
    return undefined;
  }
}
