import { printable, shortened } from '../words/attribute.ts';

/** Names may be of any length. */
const LONGEST = 2000;

/** Code is in backticks. */
export function Prose({ text }: { text: string }) {
  const parts = printable(shortened(text, LONGEST)).split('`');
  // An unpaired backtick is plain text.
  if (parts.length % 2 === 0) return <>{parts.join('`')}</>;
  return <>{parts.map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</>;
}
