import type { ProcessIdentity } from './process-identity.ts';

export type { ProcessIdentity };

/** Of a service: 32 MiB. */
export const MAX_FILES = 64;

export const ID_TEXT: RegExp = /^[1-9]\d{0,9}\.\d{1,20}\.[\da-f]{8}\.\d{1,20}$/;
const NAME = /^(\d\d)(?:-(\d+)\.(\d+)\.([\da-f]{8})\.(\d+))?\.spool$/;

export interface FileName {
  readonly name: string;
  /** Unique, so a limit. */
  readonly number: number;
  /** The process that took it over. */
  readonly claimer: ProcessIdentity | undefined;
}

export function ownName(number: number): string {
  return `${String(number).padStart(2, '0')}.spool`;
}

/** Renaming is atomic: one succeeds. */
export function claimedName(number: number, { pid, ticks, boot, namespace }: ProcessIdentity): string {
  return `${String(number).padStart(2, '0')}-${pid}.${ticks}.${boot}.${namespace}.spool`;
}

export function readName(name: string): FileName | undefined {
  const found = NAME.exec(name);
  if (!found) return undefined;
  const [, number, pid, ticks, boot, namespace] = found;
  const claimer =
    pid === undefined ? undefined : { pid: Number(pid), ticks: ticks!, boot: boot!, namespace: namespace! };
  return { name, number: Number(number), claimer };
}
