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

/** Of completions found for an earlier text. */
export function stillFits(completion: string, text: string, caret: number): boolean {
  const { word } = wordAt(text, caret);
  const [, key, operator, begun = ''] = KEY_AND_VALUE.exec(word) ?? [];
  const start = key && operator ? key + operator : word;
  return (
    word !== '' &&
    completion.toLowerCase().startsWith(start.toLowerCase()) &&
    completion.slice(start.length).toLowerCase().includes(begun.toLowerCase())
  );
}

/** Attribute names, or values after `name=`. */
export async function completionsOf(text: string, caret: number, signal: AbortSignal): Promise<string[]> {
  const { word } = wordAt(text, caret);
  if (word === '') return [];
  const [, key, operator, begun = ''] = KEY_AND_VALUE.exec(word) ?? [];
  if (key && operator) {
    const { values } = await request<{ values: string[] }>(valuesPath(key, operator), signal);
    const fitting = values.filter((value) => value.toLowerCase().includes(begun.toLowerCase()) && isShowable(value));
    return fitting.slice(0, MOST).map((value) => `${key}${operator}${quoted(value)}`);
  }
  const { keys } = await request<{ keys: string[] }>(withQuery('/api/attributes', { prefix: word }), signal);
  return keys
    .filter(isShowable)
    .slice(0, MOST)
    .map((name) => `${name}=`);
}

/** `service:` and `name:` belong to the search language. */
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
