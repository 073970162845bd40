/** A million spans share a few hundred. */
export class Strings {
  readonly #ids = new Map<string, number>([['', 0]]);
  readonly #texts: string[] = [''];

  /** Cut to `LONGEST`; 0 is empty. */
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

  /** By number. */
  get all(): readonly string[] {
    return this.#texts;
  }

  text(id: number): string {
    return this.#texts[id] ?? '';
  }
}

const LONGEST = 256;

/** Names with ids would fill memory. */
const MOST = 500_000;

/** A slice keeps the whole text in memory. */
function copyOf(slice: string): string {
  return Buffer.from(slice, 'utf8').toString('utf8');
}
