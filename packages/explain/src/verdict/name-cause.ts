import type { Known } from '../waits-for/context.ts';
import type { Evidence } from '../waits-for/evidence.ts';
import { cacheTrouble } from './cache-trouble.ts';
import { configChange } from './config-change.ts';
import { deployment } from './deployment.ts';
import { kindOf } from './kind.ts';
import { lockWait } from './lock-wait.ts';
import type { Named, Reading } from './named-cause.ts';
import { poisonMessage } from './poison-message.ts';
import { processDeath } from './process-death.ts';
import { silentLoss } from './silent-loss.ts';
import { trafficIncrease } from './traffic-increase.ts';

/** Most specific first. */
const READINGS: Reading[] = [
  silentLoss,
  poisonMessage,
  processDeath,
  lockWait,
  cacheTrouble,
  configChange,
  deployment,
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

/** Where another cause's kind would be named. */
export function nameAs(evidence: Evidence, name: Named): void {
  named.set(evidence, name);
}

function findName(known: Known, evidence: Evidence): Named {
  const kind = kindOf(known, evidence);
  for (const reading of READINGS) {
    const named = reading(known, evidence, kind);
    if (named) return named;
  }
  return { kind, place: evidence.place, detail: '' };
}
