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

/** The name and place of a cause. */
export interface Named {
  kind: CauseKind;
  place: Place;
  /** Empty where the kind is enough. */
  detail: string;
  /** When it began, if a fact says so. */
  onset?: Onset;
  /** Only the time agrees, as of a new version: other things may have begun with it. */
  isByTime?: true;
}

/** Each needs facts of its own. */
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

/** Has the name say more. Nothing that was handed out before changes. */
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
