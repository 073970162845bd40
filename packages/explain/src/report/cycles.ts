import type { Analysis } from '../analyse.ts';
import { componentsOf } from '../waits-for/components.ts';

export function cyclesOf({ known }: Analysis): string[][] {
  const { table, remote } = known.whole;
  const calls = new Map<number, Set<number>>();
  for (let row = 0; row < remote.length; row++) {
    if (remote[row]! < 0) continue;
    const [from, to] = [table.service[row]!, table.service[remote[row]!]!];
    if (from === to) continue;
    let called = calls.get(from);
    if (!called) calls.set(from, (called = new Set()));
    called.add(to);
  }
  return componentsOf(calls)
    .filter(({ length }) => length > 1)
    .map((services) => services.map((id) => table.strings.text(id)).sort());
}
