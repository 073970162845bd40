import type { ProcessIdentity } from './process-identity.ts';

export type { ProcessIdentity };

/** So many files of {@link FILE_BYTES} may a service have, all its processes together: 32 MiB. */
export const MAX_FILES = 64;

export const ID_TEXT: RegExp = /^[1-9]\d{0,9}\.\d{1,20}\.[\da-f]{8}\.\d{1,20}$/;
const NAME = /^(\d\d)(?:-(\d+)\.(\d+)\.([\da-f]{8})\.(\d+))?\.spool$/;

/** A name that is one of ours. */
export interface FileName {
  readonly name: string;
  /** Which of the service's files it is: none is made while one of that number is there, which keeps the limit. */
  readonly number: number;
  /** Who has taken it over from its dead owner; undefined: it belongs to whoever its header says. */
  readonly claimer: ProcessIdentity | undefined;
}

export function ownName(number: number): string {
  return `${String(number).padStart(2, '0')}.spool`;
}

/** To rename a file is to take it: of several who try, one succeeds, and is known by the name. */
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
