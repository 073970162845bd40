import type { Known } from '../waits-for/context.ts';
import type { Evidence } from '../waits-for/evidence.ts';
import type { Place } from '../waits-for/place.ts';
import type { CauseKind } from './cause-kinds.ts';
import { cacheTrouble } from './cache-trouble.ts';
import { configChange } from './config-change.ts';
import { kindOf } from './kind.ts';
import { lockWait } from './lock-wait.ts';
import { poisonMessage } from './poison-message.ts';
import { processDeath } from './process-death.ts';
import { silentLoss } from './silent-loss.ts';
import { trafficIncrease } from './traffic-increase.ts';

/** What a cause is called, and where it is. */
export interface Named {
  kind: CauseKind;
  place: Place;
  /** What shows it, in a clause; empty where the kind says all. */
  detail: string;
}

/** What else may lie behind the evidence at one place. Each names it on facts of its own, or says nothing. */
export type Reading = (known: Known, evidence: Evidence, kind: CauseKind) => Named | undefined;

/** The more particular first. */
const READINGS: Reading[] = [
  silentLoss,
  poisonMessage,
  processDeath,
  lockWait,
  cacheTrouble,
  configChange,
  trafficIncrease,
];

/** Names what the evidence at one place shows. */
export function nameCause(known: Known, evidence: Evidence): Named {
  const kind = kindOf(known, evidence);
  for (const reading of READINGS) {
    const named = reading(known, evidence, kind);
    if (named) return named;
  }
  return { kind, place: evidence.place, detail: '' };
}
