import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { crc32 } from 'node:zlib';

/** Tells one process from all others, also from one that gets the same number later, or in another container. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it was started, in the kernel's ticks since the machine was; 0 where that is not known. */
  readonly ticks: string;
  /** Which start of which machine: its boot ID, else a check of the host's name; 8 hex digits. */
  readonly boot: string;
  /** The namespace that `pid` is of; 0 where there are none. */
  readonly namespace: string;
}

/** A process of another namespace or machine is dead when its file has not been touched for so long, ms. */
const SILENT_MS = 30_000;

export function ownIdentity(): ProcessIdentity {
  const { pid } = process;
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8);
    const namespace = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0];
    const ticks = startTicks('self');
    if (ticks !== undefined && namespace !== undefined && /^[\da-f]{8}$/.test(boot))
      return { pid, ticks, boot, namespace };
  } catch {
    // Not Linux.
  }
  const boot = crc32(hostname()).toString(16).padStart(8, '0');
  return { pid, ticks: '0', boot, namespace: '0' };
}

export function isSameProcess(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return one.pid === other.pid && one.ticks === other.ticks && isSameNamespace(one, other);
}

/**
 * Whether a process lives. Within one PID namespace the kernel is asked, and knows at once. Elsewhere, as in another
 * container with the same directory, only the age of what it last wrote tells.
 *
 * @param silentMs how long ago it has touched its file
 */
export function isAlive(process_: ProcessIdentity, own: ProcessIdentity, silentMs: number): boolean {
  if (!isSameNamespace(process_, own)) return silentMs < SILENT_MS;
  if (process_.ticks !== '0') return startTicks(String(process_.pid)) === process_.ticks;
  try {
    process.kill(process_.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  // The number may be another process's by now.
  return silentMs < SILENT_MS;
}

function isSameNamespace(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return one.boot === other.boot && one.namespace === other.namespace;
}

/** Of `/proc/<pid>/stat` (proc(5)) the 22nd field; undefined when there is no such process, or nothing but its exit code. */
function startTicks(pid: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, the second field, may contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
