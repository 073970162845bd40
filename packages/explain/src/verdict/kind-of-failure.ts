import type { Known } from '../waits-for/context.ts';
import type { Evidence } from '../waits-for/evidence.ts';
import { bump } from '../waits-for/evidence.ts';
import type { CauseKind } from './cause-kinds.ts';
import { isCache } from './caches.ts';
import { hasArrived } from './has-arrived.ts';
import { largest, sumOf } from './largest.ts';

const UNREACHABLE =
  /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ECONNRESET|EPIPE|UND_ERR_SOCKET|UND_ERR_CONNECT_TIMEOUT|^57P0|^08|UNAVAILABLE|Connect(?:ion)?(?:Refused|Reset|Exception|Error)|UnknownHost|connection (?:refused|reset)|no such host/i;

/** Redis itself answers so: it is present. */
const ANSWERED =
  /^(?:ERR|WRONGTYPE|OOM|NOAUTH|NOPERM|NOSCRIPT|READONLY|MISCONF|CROSSSLOT|BUSY|EXECABORT|ReplyError|ErrorReply)/;

export function kindOfFailure(error: string, resource: string, known: Known, evidence: Evidence): CauseKind {
  if (isCache(resource) && !ANSWERED.test(error)) return 'cache_down';
  const phases = new Map<string, number>();
  for (const { row } of evidence.examples) {
    const phase = known.whole.table.attributes[row]?.timeoutPhase;
    if (phase) bump(phases, phase, 1);
  }
  const phase = phases.size > 0 && sumOf(phases) * 2 >= evidence.examples.length ? largest(phases) : undefined;
  if (phase === 'dns') return 'dns_slow';
  if (phase === 'tls') return 'tls_slow';
  if (phase === 'connect') return 'dependency_unreachable';
  if (UNREACHABLE.test(error)) return 'dependency_unreachable';
  if (/time.?out|ETIMEDOUT/i.test(error))
    return !evidence.place.isOpening && hasArrived(known, evidence) ? 'slow_dependency' : 'dependency_unreachable';
  return 'dependency_errors';
}
