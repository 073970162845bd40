import { printable, shortened } from '../words/attribute.ts';

/** Untrusted text: shortened, without control characters, isolated from the direction of its surroundings. */
export function Text({ of, most = 200 }: { of: string; most?: number }) {
  return <bdi>{printable(shortened(of, most))}</bdi>;
}
