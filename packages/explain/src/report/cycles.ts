import type { Analysis } from '../analyse.ts';

/** Services that call each other in a circle: Tarjan's strongly connected components, without recursion. */
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
  return components(calls)
    .filter(({ length }) => length > 1)
    .map((services) => services.map((id) => table.strings.text(id)).sort());
}

function components(calls: Map<number, Set<number>>): number[][] {
  const index = new Map<number, number>();
  const low = new Map<number, number>();
  const open: number[] = [];
  const isOpen = new Set<number>();
  const found: number[][] = [];
  for (const root of calls.keys()) {
    if (index.has(root)) continue;
    const stack: { node: number; next: Iterator<number> }[] = [];
    const enter = (node: number): void => {
      index.set(node, index.size);
      low.set(node, index.get(node)!);
      open.push(node);
      isOpen.add(node);
      stack.push({ node, next: (calls.get(node) ?? new Set<number>()).values() });
    };
    enter(root);
    while (stack.length > 0) {
      const { node, next } = stack[stack.length - 1]!;
      const { value: to, done } = next.next();
      if (!done) {
        if (!index.has(to)) enter(to);
        else if (isOpen.has(to)) low.set(node, Math.min(low.get(node)!, index.get(to)!));
        continue;
      }
      stack.pop();
      const above = stack.at(-1);
      if (above) low.set(above.node, Math.min(low.get(above.node)!, low.get(node)!));
      if (low.get(node) !== index.get(node)) continue;
      const component = open.splice(open.indexOf(node));
      for (const each of component) isOpen.delete(each);
      found.push(component);
    }
  }
  return found;
}
