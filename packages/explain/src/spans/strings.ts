/** A million spans share a few hundred names. */
export class Strings {
  readonly #ids = new Map<string, number>([['', 0]]);
  readonly #texts: string[] = [''];

  /** Cut to `LONGEST` characters; 0 is the empty text. */
  id(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    if (text.length > LONGEST) return this.id(copyOf(text.slice(0, LONGEST)));
    if (this.#texts.length >= MOST) return this.id('(more)');
    const id = this.#texts.length;
    this.#texts.push(text);
    this.#ids.set(text, id);
    return id;
  }

  text(id: number): string {
    return this.#texts[id] ?? '';
  }
}

const LONGEST = 256;

/** Names with ids would fill the memory. */
const MOST = 500_000;

/** A slice keeps the whole text in memory, a copy does not. */
function copyOf(slice: string): string {
  return Buffer.from(slice, 'utf8').toString('utf8');
}
