import type { Known } from '../waits-for/context.ts';
import type { Evidence } from '../waits-for/evidence.ts';
import type { Place } from '../waits-for/place.ts';
import type { CauseKind } from './cause-kinds.ts';
import type { Onset } from '../changes/onset.ts';
import { cacheTrouble } from './cache-trouble.ts';
import { configChange } from './config-change.ts';
import { kindOf } from './kind.ts';
import { lockWait } from './lock-wait.ts';
import { poisonMessage } from './poison-message.ts';
import { processDeath } from './process-death.ts';
import { silentLoss } from './silent-loss.ts';
import { trafficIncrease } from './traffic-increase.ts';

export interface Named {
  kind: CauseKind;
  place: Place;
  /** Empty where the kind is enough. */
  detail: string;
  /** If a fact says so. */
  onset?: Onset;
  /** Only the time agrees, as with a new version: others may too. */
  isByTime?: true;
}

/** Each needs its own facts. */
export type Reading = (known: Known, evidence: Evidence, kind: CauseKind) => Named | undefined;

/** Most specific first. */
const READINGS: Reading[] = [
  silentLoss,
  poisonMessage,
  processDeath,
  lockWait,
  cacheTrouble,
  configChange,
  trafficIncrease,
];

const named = new WeakMap<Evidence, Named>();

export function nameCause(known: Known, evidence: Evidence): Named {
  let name = named.get(evidence);
  if (!name) named.set(evidence, (name = findName(known, evidence)));
  return name;
}

/** What was handed out before stays unchanged. */
export function nameWith(known: Known, evidence: Evidence, more: string): void {
  const name = findName(known, evidence);
  named.set(evidence, { ...name, detail: `${name.detail}${more}` });
}

function findName(known: Known, evidence: Evidence): Named {
  const kind = kindOf(known, evidence);
  for (const reading of READINGS) {
    const named = reading(known, evidence, kind);
    if (named) return named;
  }
  return { kind, place: evidence.place, detail: '' };
}
