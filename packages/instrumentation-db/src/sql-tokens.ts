import type { Dialect } from './sql-dialect.ts';

/** In characters: what is longer is not simple. */
const MAX_LENGTH = 4_096;

export type Token =
  /** In lower case. */
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'name'; readonly text: string }
  /** A literal's text. */
  | { readonly kind: 'value'; readonly value: string }
  /** Index. */
  | { readonly kind: 'parameter'; readonly value: number }
  | { readonly kind: 'sign'; readonly text: string };

const TOKEN =
  /\s+|([A-Za-z_]\w*)|"([^"]*)"|`([^`]*)`|'([^'\\]*)'|\$(\d{1,4})|(\?)|(\d+(?:\.\d+)?)|(::|[<>!]=|<>|\|\||[(),.=*+\-/<>%;])/y;

export function isShort(text: string): boolean {
  return text.length <= MAX_LENGTH;
}

/** Undefined for comments, escapes, and whatever else is not plain. */
export function tokensOf(text: string, { names, parameters }: Dialect): Token[] | undefined {
  if (!isShort(text)) return undefined;
  const tokens: Token[] = [];
  let questions = 0;
  let end = 0;
  TOKEN.lastIndex = 0;
  while (end < text.length) {
    const found = TOKEN.exec(text);
    if (!found) return undefined;
    const [, word, quoted, ticked, string, dollar, question, number, sign] = found;
    const wasValue = end > 0 && /['"`\w]/.test(text[end - 1]!);
    if (quoted !== undefined || ticked !== undefined) {
      if (!names.includes(quoted === undefined ? '`' : '"') || wasValue) return undefined;
      tokens.push({ kind: 'name', text: (quoted ?? ticked)! });
    } else if (word !== undefined) tokens.push({ kind: 'word', text: word.toLowerCase() });
    // `E'…'`, `'it''s'`
    else if (string !== undefined && wasValue) return undefined;
    else if (string !== undefined) tokens.push({ kind: 'value', value: string });
    else if (number !== undefined) tokens.push({ kind: 'value', value: number });
    else if (dollar !== undefined && parameters === '$') tokens.push({ kind: 'parameter', value: Number(dollar) - 1 });
    else if (question !== undefined && parameters === '?') tokens.push({ kind: 'parameter', value: questions++ });
    else if (dollar !== undefined || question !== undefined) return undefined;
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
    end = TOKEN.lastIndex;
    // `--` and `/*` begin comments.
    const before = tokens.at(-2);
    if (sign !== undefined && before?.kind === 'sign' && /^(?:--|\/\*)$/.test(before.text + sign)) return undefined;
  }
  return tokens;
}
