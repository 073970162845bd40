import { baggageEntryMetadataFromString, propagation, type Baggage, type BaggageEntry } from '@opentelemetry/api';
import { currentBaggage } from '@foreshock/kit';
import { isBlank, MAX_HEADER_LENGTH, trimBlanks } from './header.ts';
import { reject } from './rejected-input.ts';

/** The specification's required minimum. */
const MAX_MEMBERS = 64;

const TOKEN = 1;
const OCTET = 2;

// W3C Baggage 2.2.1: keys are tokens (RFC 9110, 5.6.2); values printable ASCII without space, quote, comma, semicolon,
// backslash.
const CLASS = new Uint8Array(128);
for (let code = 0x21; code < 0x7f; code++) {
  const character = String.fromCharCode(code);
  if (!'"(),/:;<=>?@[\\]{}'.includes(character)) CLASS[code]! |= TOKEN;
  if (!'",;\\'.includes(character)) CLASS[code]! |= OCTET;
}

function isOf(characterClass: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (!(CLASS[text.charCodeAt(i)]! & characterClass)) return false;
  }
  return true;
}

function isProperties(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (!(CLASS[code]! & OCTET) && code !== 0x3b && !isBlank(code)) return false;
  }
  return true;
}

/** U+FFFD for invalid UTF-8 (specification). */
function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    const bytes = text.replace(/%([0-9A-Fa-f]{2})/g, (_, pair: string) =>
      String.fromCharCode(Number.parseInt(pair, 16)),
    );
    return Buffer.from(bytes, 'latin1').toString('utf8');
  }
}

interface Member {
  key: string;
  entry: BaggageEntry;
}

function parseMember(text: string): Member | undefined {
  const semicolon = text.indexOf(';');
  const pair = semicolon < 0 ? text : text.slice(0, semicolon);
  const equals = pair.indexOf('=');
  if (equals < 0) return undefined;
  const key = trimBlanks(pair.slice(0, equals));
  const value = trimBlanks(pair.slice(equals + 1));
  if (key === '' || !isOf(TOKEN, key) || !isOf(OCTET, value)) return undefined;
  const entry: BaggageEntry = { value: decode(value) };
  const properties = semicolon < 0 ? '' : trimBlanks(text.slice(semicolon + 1));
  if (!isProperties(properties)) return undefined;
  if (properties !== '') entry.metadata = baggageEntryMetadataFromString(properties);
  return { key: decode(key), entry };
}

/**
 * Drops invalid members, those beyond 64 or 8,192 characters, and earlier duplicates.
 *
 * @returns undefined if empty
 */
export function parseBaggage(header: string): Baggage | undefined {
  let text = header;
  if (text.length > MAX_HEADER_LENGTH) {
    reject('baggage', 'over_limit');
    text = text.slice(0, Math.max(text.lastIndexOf(',', MAX_HEADER_LENGTH), 0));
  }
  // `__proto__` is ordinary.
  const entries: Record<string, BaggageEntry> = Object.create(null);
  let members = 0;
  for (let start = 0; start < text.length;) {
    let end = text.indexOf(',', start);
    if (end < 0) end = text.length;
    const member = trimBlanks(text.slice(start, end));
    start = end + 1;
    if (member === '') continue;
    const parsed = parseMember(member);
    if (!parsed) {
      reject('baggage', 'malformed');
    } else if (members === MAX_MEMBERS) {
      reject('baggage', 'over_limit');
      break;
    } else {
      entries[parsed.key] = parsed.entry;
      members++;
    }
  }
  return members === 0 ? undefined : propagation.createBaggage(entries);
}

// `encodeURIComponent` throws on lone surrogates and leaves parentheses, no token characters.
function encode(characterClass: number, text: string): string {
  if (isOf(characterClass, text) && !text.includes('%')) return text;
  const encoded = encodeURIComponent(text.toWellFormed());
  return characterClass === TOKEN ? encoded.replaceAll('(', '%28').replaceAll(')', '%29') : encoded;
}

const formatted = new WeakMap<Baggage, string>();

/** Drops invalid properties and members beyond the limits. `''` if empty. */
export function formatBaggage(given: Baggage): string {
  const baggage = currentBaggage(given);
  // Immutable, sent with each call.
  let text = formatted.get(baggage);
  if (text !== undefined) return text;
  text = '';
  let members = 0;
  for (const [key, { value, metadata }] of baggage.getAllEntries()) {
    if (key === '') continue;
    let member = `${encode(TOKEN, key)}=${encode(OCTET, String(value))}`;
    const properties = metadata === undefined ? '' : trimBlanks(metadata.toString());
    if (properties !== '' && isProperties(properties)) member += `;${properties}`;
    if (members === MAX_MEMBERS || text.length + 1 + member.length > MAX_HEADER_LENGTH) {
      reject('baggage', 'over_limit');
      continue;
    }
    text += text === '' ? member : `,${member}`;
    members++;
  }
  formatted.set(baggage, text);
  return text;
}
