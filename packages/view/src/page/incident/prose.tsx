import { printable, shortened } from '../words/attribute.ts';

/** Names in it may be of any length. */
const LONGEST = 2000;

/** A sentence in which backticks mark what is code, as explain writes them. */
export function Prose({ text }: { text: string }) {
  const parts = printable(shortened(text, LONGEST)).split('`');
  // An odd backtick out is a character like any other.
  if (parts.length % 2 === 0) return <>{parts.join('`')}</>;
  return <>{parts.map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</>;
}
