import type { TraceState } from '@opentelemetry/api';
import { isBlank, MAX_HEADER_LENGTH, trimBlanks } from './header.ts';
import { reject } from './rejected-input.ts';

const MAX_MEMBERS = 32;
/** Required by the specification, characters. */
const MAX_LENGTH = 512;
/** Longer members are cut first. */
const LONG_MEMBER = 128;
const MAX_KEY = 256;
const MAX_VALUE = 256;

const TAB = 9;
const SPACE = 32;
const COMMA = 44;
const EQUALS = 61;

// Level 2: key = ( lcalpha / DIGIT ) 0*255( lcalpha / DIGIT / "_" / "-" / "*" / "/" / "@" ); includes level 1's
// tenant@system.
const KEY = new Uint8Array(128);
for (const character of 'abcdefghijklmnopqrstuvwxyz0123456789') KEY[character.charCodeAt(0)] = 1;
for (const character of '_-*/@') KEY[character.charCodeAt(0)] = 2;

function isKey(text: string): boolean {
  if (text.length === 0 || text.length > MAX_KEY || KEY[text.charCodeAt(0)] !== 1) return false;
  for (let i = 1; i < text.length; i++) {
    if (!KEY[text.charCodeAt(i)]) return false;
  }
  return true;
}

/** Printable ASCII without comma, equals sign, or final space. */
function isValue(text: string): boolean {
  if (text.length === 0 || text.length > MAX_VALUE || text.charCodeAt(text.length - 1) === SPACE) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < SPACE || code > 126 || code === COMMA || code === EQUALS) return false;
  }
  return true;
}

/** -1 if invalid. */
function countMembers(header: string): number {
  let members = 0;
  let at = 0;
  while (at < header.length) {
    const first = header.charCodeAt(at);
    if (first === COMMA || isBlank(first)) {
      at++;
      continue;
    }
    if (KEY[first] !== 1) return -1;
    const key = at++;
    while (KEY[header.charCodeAt(at)]) at++;
    if (at - key > MAX_KEY || header.charCodeAt(at) !== EQUALS) return -1;
    const value = ++at;
    let end = at;
    // Spaces may be in values, tabs not.
    let tab = false;
    for (; at < header.length; at++) {
      const code = header.charCodeAt(at);
      if (code === COMMA) break;
      if (code === TAB) tab = true;
      else if (code < SPACE || code > 126 || code === EQUALS) return -1;
      else if (code !== SPACE) {
        if (tab) return -1;
        end = at + 1;
      }
    }
    if (end === value || end - value > MAX_VALUE) return -1;
    members++;
  }
  return members;
}

/** Whole members: long ones first, then from the end. */
function cut(members: Map<string, string>): Map<string, string> {
  let length = -1;
  for (const [key, value] of members) length += key.length + value.length + 2;
  if (length <= MAX_LENGTH && members.size <= MAX_MEMBERS) return members;
  reject('tracestate', 'over_limit');
  const fromTheEnd = [...members].reverse();
  const isLong = ([key, value]: [string, string]): boolean => key.length + value.length + 1 > LONG_MEMBER;
  for (const [key, value] of [...fromTheEnd.filter(isLong), ...fromTheEnd.filter((member) => !isLong(member))]) {
    if (length <= MAX_LENGTH && members.size <= MAX_MEMBERS) break;
    members.delete(key);
    length -= key.length + value.length + 2;
  }
  return members;
}

function split(header: string): Map<string, string> {
  const members = new Map<string, string>();
  for (const part of header.split(',')) {
    const member = trimBlanks(part);
    if (member === '') continue;
    const equals = member.indexOf('=');
    const key = member.slice(0, equals);
    if (members.has(key)) reject('tracestate', 'duplicated');
    else members.set(key, member.slice(equals + 1));
  }
  return cut(members);
}

/** Immutable, newest first. Upstream's know only level 1 keys and keep an invalid list's valid half. */
export class TraceStateList implements TraceState {
  // Valid; parsed if needed: most requests pass it on.
  readonly #header: string;
  #split: ReadonlyMap<string, string> | undefined;
  #text: string | undefined;

  private constructor(header: string, members?: ReadonlyMap<string, string>) {
    this.#header = header;
    this.#split = members;
  }

  /**
   * An invalid member invalidates all; of duplicates the first stays; long lists are cut.
   *
   * @returns undefined if invalid or empty
   */
  static parse(header: string): TraceStateList | undefined {
    if (header.length > MAX_HEADER_LENGTH) return reject('tracestate', 'too_long');
    const members = countMembers(header);
    if (members < 0) return reject('tracestate', 'malformed');
    if (members > MAX_MEMBERS) return reject('tracestate', 'over_limit');
    return members === 0 ? undefined : new TraceStateList(header);
  }

  get #members(): ReadonlyMap<string, string> {
    return (this.#split ??= split(this.#header));
  }

  get(key: string): string | undefined {
    return this.#members.get(key);
  }

  /** In front; unchanged if invalid. */
  set(key: string, value: string): TraceStateList {
    if (typeof key !== 'string' || typeof value !== 'string' || !isKey(key) || !isValue(value)) return this;
    const members = new Map([[key, value]]);
    for (const [other, held] of this.#members) {
      if (other !== key) members.set(other, held);
    }
    return new TraceStateList('', cut(members));
  }

  unset(key: string): TraceStateList {
    if (!this.#members.has(key)) return this;
    const members = new Map(this.#members);
    members.delete(key);
    return new TraceStateList('', members);
  }

  serialize(): string {
    if (this.#text === undefined) {
      let text = '';
      for (const [key, value] of this.#members) text += text === '' ? `${key}=${value}` : `,${key}=${value}`;
      this.#text = text;
    }
    return this.#text;
  }

  /** Checks other implementations' text. */
  static textOf(state: TraceState): string | undefined {
    if (state instanceof TraceStateList) return state.serialize();
    const text: unknown = state.serialize();
    return typeof text === 'string' && text !== '' ? TraceStateList.parse(text)?.serialize() : undefined;
  }
}
