/** Tarjan's, without recursion. */
export function componentsOf<T>(calls: Map<T, Set<T>>): T[][] {
  const index = new Map<T, number>();
  const low = new Map<T, number>();
  const open: T[] = [];
  const isOpen = new Set<T>();
  const found: T[][] = [];
  for (const root of calls.keys()) {
    if (index.has(root)) continue;
    const stack: { node: T; next: Iterator<T> }[] = [];
    const enter = (node: T): void => {
      index.set(node, index.size);
      low.set(node, index.get(node)!);
      open.push(node);
      isOpen.add(node);
      stack.push({ node, next: (calls.get(node) ?? new Set<T>()).values() });
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
