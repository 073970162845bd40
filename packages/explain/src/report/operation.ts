import type { Signal } from '../decompose/signals.ts';
import type { Strings } from '../spans/strings.ts';

/** `SELECT orders → postgresql orders`, `→ pool orders`. */
export function operationOf(strings: Strings, { operation, peer }: Signal): string {
  const [name, to] = [strings.text(operation), strings.text(peer)];
  return [name, to && to !== name ? `→ ${to}` : ''].filter(Boolean).join(' ');
}
