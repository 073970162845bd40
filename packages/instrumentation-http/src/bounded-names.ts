const MAX_NAMES = 200;
const MAX_LENGTH = 64;

/** Clients choose them: a span's name has the first ones of a process. */
export class BoundedNames {
  readonly #known = new Set<string>();

  admits(name: string): boolean {
    if (this.#known.has(name)) return true;
    if (name.length > MAX_LENGTH || this.#known.size >= MAX_NAMES) return false;
    this.#known.add(name);
    return true;
  }
}
