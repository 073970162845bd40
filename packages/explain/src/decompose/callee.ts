import type { SpanTable } from '../spans/span-table.ts';
import type { AddressOwners } from './address-owners.ts';
import type { Decomposed } from './decomposed.ts';

/** The service that answered, else the address's, else the named target. */
export function calleeOf({ table, owners, remote }: Decomposed, row: number): number {
  return remote[row]! >= 0 ? table.service[remote[row]!]! : peerOf(table, owners, row);
}

/** For a call without an answer. */
export function peerOf(table: SpanTable, owners: AddressOwners, row: number): number {
  const owner = owners.of(row);
  if (owner !== undefined) return owner;
  const target = table.target[row]!;
  if (target !== 0) return target;
  const breaker = table.attributes[row]?.breaker;
  return breaker ? table.strings.id(breaker) : table.name[row]!;
}
