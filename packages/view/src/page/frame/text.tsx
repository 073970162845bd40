import { printable, shortened } from '../words/attribute.ts';

/** A stranger's text: cut, without characters that hide or turn it, and set apart from the direction of what is around it. */
export function Text({ of, most = 200 }: { of: string; most?: number }) {
  return <bdi>{printable(shortened(of, most))}</bdi>;
}
