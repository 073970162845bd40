import { request } from '../live/request.ts';
import { withQuery } from '../query.ts';
import { quoted } from '../search-word.ts';
import { printable } from '../words/attribute.ts';

const MOST = 12;
const LONGEST = 120;

function wordAt(text: string, caret: number): { from: number; word: string } {
  let from = 0;
  let isQuoted = false;
  for (let i = 0; i < caret; i++) {
    if (text[i] === '"') isQuoted = !isQuoted;
    else if (text[i] === ' ' && !isQuoted) from = i + 1;
  }
  return { from, word: text.slice(from, caret) };
}

const KEY_AND_VALUE = /^([^=:<>"]+)(!?=|:)"?(.*)$/;

/** What is typed at the caret: a name's begin, or operator and value. */
interface Typed {
  key: string;
  /** Empty for a name. */
  operator: string;
  value: string;
}

function typedAt(text: string, caret: number): Typed | undefined {
  const { word } = wordAt(text, caret);
  const [, key = word, operator = '', value = ''] = KEY_AND_VALUE.exec(word) ?? [];
  return word === '' ? undefined : { key, operator, value };
}

/** Names begin with it, values contain it. */
function fitting(completions: string[], { key, operator, value }: Typed): string[] {
  const start = (key + operator).toLowerCase();
  const part = value.toLowerCase();
  return completions.filter((each) => {
    const lower = each.toLowerCase();
    return lower.startsWith(start) && lower.slice(start.length).includes(part);
  });
}

/** Found for earlier text, and still fitting. */
export function stillFitting(completions: string[], text: string, caret: number): string[] {
  const typed = typedAt(text, caret);
  return typed === undefined ? [] : fitting(completions, typed);
}

/** Attribute names, or values after `name=`. */
export async function completionsOf(text: string, caret: number, signal: AbortSignal): Promise<string[]> {
  const typed = typedAt(text, caret);
  if (typed === undefined) return [];
  return fitting(await foundFor(typed, signal), typed).slice(0, MOST);
}

async function foundFor({ key, operator }: Typed, signal: AbortSignal): Promise<string[]> {
  if (operator === '') {
    const { keys } = await request<{ keys: string[] }>(withQuery('/api/attributes', { prefix: key }), signal);
    return keys.filter(isShowable).map((name) => `${name}=`);
  }
  const { values } = await request<{ values: string[] }>(valuesPath(key, operator), signal);
  return values.filter(isShowable).map((value) => `${key}${operator}${quoted(value)}`);
}

/** `service:` and `name:` are the search language's. */
function valuesPath(key: string, operator: string): string {
  const name = operator === ':' && key === 'service' ? 'service.name' : key;
  return `/api/attributes/${encodeURIComponent(name)}/values`;
}

function isShowable(value: string): boolean {
  return value.length <= LONGEST && printable(value) === value;
}

export function complete(text: string, caret: number, completion: string): { text: string; caret: number } {
  const { from } = wordAt(text, caret);
  const isWhole = !completion.endsWith('=');
  const before = text.slice(0, from) + completion + (isWhole ? ' ' : '');
  return { text: before + text.slice(caret).trimStart(), caret: before.length };
}
