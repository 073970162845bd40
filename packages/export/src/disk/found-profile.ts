import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** In the report. */
const TOP = 3;
const MIB = 1 << 20;

/** @param startedAt of the process, ms since 1970 */
export function profileName(pid: number, startedAt: number): string {
  return `heap-${pid}-${Math.round(startedAt)}.heapprofile`;
}

export function isProfile(name: string): boolean {
  return /^heap-\d+-\d+\.heapprofile$/.test(name);
}

export interface FoundProfile {
  readonly path: string;
  /** Functions that had allocated most of what was held, with MiB. */
  readonly top: readonly string[];
}

interface Node {
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly selfSize: number;
  readonly children: readonly Node[];
}

/** Undefined without one. */
export function readHeapProfile(directory: string, pid: number, startedAt: number): FoundProfile | undefined {
  const path = join(directory, profileName(pid, startedAt));
  try {
    const sizes = new Map<string, number>();
    const waiting: [Node, caller: string][] = [[JSON.parse(readFileSync(path, 'utf8')).head, '(program)']];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [{ callFrame, selfSize, children }, caller] = next;
      const { functionName, url, lineNumber } = callFrame;
      // Built-ins count for their caller.
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
