import { printable } from '../words/attribute.ts';

/** A sentence in which backticks mark what is code, as explain writes them. */
export function Prose({ text }: { text: string }) {
  const parts = printable(text).split('`');
  // An odd backtick out is a character like any other.
  if (parts.length % 2 === 0) return <>{parts.join('`')}</>;
  return <>{parts.map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</>;
}
