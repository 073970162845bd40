import type { FileHeader } from './file-layout.ts';
import type { ProcessIdentity } from './process-identity.ts';
import type { SpoolMemory } from './spool-memory.ts';

export interface DiskOptions {
  readonly memory: SpoolMemory;
  /** Spools of all services. */
  readonly base: string;
  /** Identifies the service. */
  readonly key: string;
  /** Identifies the process; 16 hex digits. */
  readonly instance: string;
  /** ms since 1970. */
  readonly startedAt: number;
  readonly saysEnd: boolean;
  readonly service: string;
  readonly resource: string;
}

export function newHeader(
  { instance, startedAt, saysEnd, service, resource }: DiskOptions,
  own: ProcessIdentity,
  home: boolean,
): FileHeader {
  return { ...own, at: Date.now(), startedAt, instance, home, saysEnd, service, resource };
}
