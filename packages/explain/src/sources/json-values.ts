import { linesOf } from './lines.ts';
import { UnreadableSource } from './unreadable.ts';

const LONGEST_VALUE = 256 * 1024 * 1024;

/** One value per line, multi-line values, or a list. */
export class JsonValues {
  /** Incomplete so far. */
  #open = '';
  /** Nothing came before: a list of requests may follow, one a line. */
  isFirst = true;
  #isList = false;
  /** Cut short. */
  bad = 0;

  get isBetween(): boolean {
    return this.#open === '';
  }

  push(line: string): unknown[] {
    if (this.#open === '' && line.trim() === '') return [];
    if (this.#open !== '' && !this.#isList && line.startsWith('{"resourceSpans"')) {
      this.bad++;
      this.#open = '';
    }
    if (this.#open === '') {
      this.#isList = this.isFirst && /^\s*\uFEFF?\[\s*(?:\{|$)/.test(line);
      this.isFirst = false;
    }
    this.#open = this.#open === '' ? line : `${this.#open}\n${line}`;
    if (this.#open.length > LONGEST_VALUE) throw new UnreadableSource('a JSON value of more than 256 MB');
    // Parsing a pretty-printed value's lines would be quadratic.
    if (!canEnd(line)) return [];
    const value = parsed(this.#open);
    if (value === undefined) return [];
    this.#open = '';
    return flat(value);
  }

  end(): unknown[] {
    if (this.#open.trim() === '') return [];
    const value = parsed(this.#open);
    if (value === undefined) this.bad++;
    this.#open = '';
    return value === undefined ? [] : flat(value);
  }
}

/** Anything but JSON values is left out. */
export async function* jsonValues(chunks: AsyncIterable<Buffer>): AsyncGenerator<unknown> {
  const values = new JsonValues();
  for await (const line of linesOf(chunks)) yield* values.push(line.toString('utf8'));
  yield* values.end();
}

/** A whole value, or a printed end. */
function canEnd(line: string): boolean {
  const first = line[0];
  if (first === ']' || first === '}') return true;
  const text = line.trimEnd();
  return (text.endsWith('}') || text.endsWith(']')) && /^\s*\uFEFF?[{[]/.test(line);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch {
    return undefined;
  }
}

function flat(value: unknown): unknown[] {
  return !Array.isArray(value) || isSpan(value[0]) || Array.isArray(value[0]) ? [value] : value;
}

/** Zipkin's list of spans is one value. */
function isSpan(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'traceId' in value;
}
