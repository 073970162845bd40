import type { Decomposed } from '../decompose/decomposed.ts';
import { marksOf } from '../spans/marks-of.ts';
import { poolLabel } from '../spans/pool-label.ts';
import type { Known } from '../waits-for/context.ts';
import type { Evidence } from '../waits-for/evidence.ts';
import type { CauseKind } from './cause-kinds.ts';
import { largest } from './largest.ts';

export function kindOfPool({ whole }: Known, { notes, place }: Evidence, pool: string): CauseKind {
  if (leaksOf(whole, place.service, pool) > 0 || largest(notes) === 'ended') return 'connection_leak';
  switch (largest(notes)) {
    case 'cycle':
      return 'dependency_cycle';
    case 'long':
      return 'long_hold';
    default:
      return 'pool_exhausted';
  }
}

function leaksOf({ table }: Decomposed, service: number, pool: string): number {
  return marksOf(table, 'pool.leak').filter(({ row, values }) => {
    if (table.service[row] !== service) return false;
    const of = String(values['db.client.connection.pool.name'] ?? table.attributes[row]?.pool ?? pool);
    return poolLabel(of) === pool;
  }).length;
}
