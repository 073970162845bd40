import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { crc32 } from '../crc32.ts';

/** Unique across reused PIDs and containers. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start, in ticks since boot; 0: unknown. */
  readonly ticks: string;
  /** Boot ID, else the host name's CRC; 8 hex digits. */
  readonly boot: string;
  /** PID namespace; 0: none. */
  readonly namespace: string;
}

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
  const boot = crc32(Buffer.from(hostname())).toString(16).padStart(8, '0');
  return { pid, ticks: '0', boot, namespace: '0' };
}

export function isSameProcess(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return one.pid === other.pid && one.ticks === other.ticks && isSameNamespace(one, other);
}

/**
 * In one PID namespace the kernel knows; elsewhere, only its last write counts.
 *
 * @param isSilent that was long ago
 */
export function isAlive(process_: ProcessIdentity, own: ProcessIdentity, isSilent: boolean): boolean {
  if (!isSameNamespace(process_, own)) return !isSilent;
  if (process_.ticks !== '0') return startTicks(String(process_.pid)) === process_.ticks;
  try {
    process.kill(process_.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  // Perhaps a reused PID.
  return !isSilent;
}

export function isSameNamespace(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return one.boot === other.boot && one.namespace === other.namespace;
}

/** Field 22 of `/proc/<pid>/stat` (proc(5)); undefined for none or a zombie. */
function startTicks(pid: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Field 2 may contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
