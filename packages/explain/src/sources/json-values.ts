import { StringDecoder } from 'node:string_decoder';
import { UnreadableSource } from './unreadable.ts';

/** Longest JSON value that is read whole. */
const LONGEST_VALUE = 256 * 1024 * 1024;

/**
 * The JSON values of a stream of bytes, one after the other: a value a line, or values over many lines, or a list of
 * values. What is no JSON is counted by `onBad` and left out.
 */
export async function* jsonValues(chunks: AsyncIterable<Buffer>, onBad: () => void): AsyncGenerator<unknown> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  /** A line that is no whole value begins one that goes over several lines. */
  let open = '';
  for await (const chunk of chunks) {
    const text = rest + decoder.write(chunk);
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      const line = text.slice(from, end);
      from = end + 1;
      if (open === '' && line.trim() === '') continue;
      open = open === '' ? line : `${open}\n${line}`;
      // Parsed only where a value can end: not once for each line of a pretty-printed one.
      if (!CLOSED.test(line)) continue;
      const value = parsed(open);
      if (value !== undefined) {
        open = '';
        yield* flat(value);
      } else if (startsNewValue(text, from)) {
        onBad();
        open = '';
      }
      if (open.length > LONGEST_VALUE) throw new UnreadableSource('a JSON value of more than 256 MB');
    }
    rest = text.slice(from);
    if (rest.length > LONGEST_VALUE) throw new UnreadableSource('a JSON value of more than 256 MB');
  }
  const last = open === '' ? rest : `${open}\n${rest}`;
  if (last.trim() === '') return;
  const value = parsed(last);
  if (value === undefined) onBad();
  else yield* flat(value);
}

/** The end of a value that stands at the start of a line, as printers write it, or of a whole one. */
const CLOSED = /^[\]}]|^\s*[{[].*[\]}]\s*,?\s*$/s;

/** Whether the text goes on with another request: then what is open was cut short. */
function startsNewValue(text: string, from: number): boolean {
  return text.startsWith('{"resourceSpans"', from);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function* flat(value: unknown): Generator<unknown> {
  if (!Array.isArray(value) || isSpan(value[0])) yield value;
  else yield* value;
}

/** Zipkin's list of spans is one value. */
function isSpan(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'traceId' in value;
}
