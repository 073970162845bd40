/** Comparisons with texts of one beginning. */
const MAX_COMPARED = 4_096;
/** Shorter texts match by chance. */
const MIN_TEXT = 8;
/** Remembered to find them in other errors: as many as may fail together. */
const MAX_TEXTS = 256;
/** A beginning this long is the server's, `E11000 duplicate key error`: what follows is hidden in any text. */
const MIN_BEGINNING = 20;
const MAX_BEGINNINGS = 64;
/** `connect ECONNREFUSED`: other libraries have it too, and an address behind it. */
const SYSTEM_ERROR = /\bE[A-Z_]+$/;

export interface PrivateMessage {
  readonly whole: string;
  readonly shown: string;
}

interface KnownMessages {
  readonly errors: WeakMap<object, PrivateMessage>;
  /** By their first {@link MIN_TEXT} characters. */
  readonly texts: Map<string, Set<PrivateMessage>>;
  readonly recent: PrivateMessage[];
  readonly beginnings: Set<string>;
}

/** Process-wide: a bundle has a copy. */
const PRIVATE = Symbol.for('foreshock.private-errors');
const known = ((globalThis as { [PRIVATE]?: KnownMessages })[PRIVATE] ??= {
  errors: new WeakMap(),
  texts: new Map(),
  recent: [],
  beginnings: new Set(),
});

export const privateErrors: WeakMap<object, PrivateMessage> = known.errors;

/** Finds it in other errors from now on. */
export function noteText(text: PrivateMessage): void {
  const { whole, shown } = text;
  const { recent, beginnings } = known;
  if (shown === whole || whole.length < MIN_TEXT) return;
  if (beginnings.has(shown) && whole.startsWith(shown)) return;
  if (recent.some((other) => other.whole === whole)) return;
  if (beginnings.size < MAX_BEGINNINGS && isBeginning(text)) {
    beginnings.add(shown);
    addText({ whole: shown, shown });
    return;
  }
  addText(text);
  if (recent.push(text) > MAX_TEXTS) removeText(recent.shift()!);
}

/** In one pass. */
export function textIn(searched: string): PrivateMessage | undefined {
  let left = MAX_COMPARED;
  for (let at = 0; at + MIN_TEXT <= searched.length; at++) {
    const alike = known.texts.get(searched.slice(at, at + MIN_TEXT));
    if (!alike) continue;
    for (const text of alike) {
      if (--left === 0 || searched.startsWith(text.whole, at)) return text;
    }
  }
  return undefined;
}

export function hasTexts(): boolean {
  return known.texts.size > 0;
}

function isBeginning({ whole, shown }: PrivateMessage): boolean {
  return shown.length >= MIN_BEGINNING && !SYSTEM_ERROR.test(shown) && whole.startsWith(shown);
}

function addText(text: PrivateMessage): void {
  const start = text.whole.slice(0, MIN_TEXT);
  const alike = known.texts.get(start);
  if (alike) alike.add(text);
  else known.texts.set(start, new Set([text]));
}

function removeText(text: PrivateMessage): void {
  const start = text.whole.slice(0, MIN_TEXT);
  const alike = known.texts.get(start)!;
  alike.delete(text);
  if (alike.size === 0) known.texts.delete(start);
}
