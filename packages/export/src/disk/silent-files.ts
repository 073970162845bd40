/** After so many ms another PID namespace's process counts as dead: owners touch files every 10 s. */
const SILENT_MS = 30_000;

/** Untouched files. Looks are compared by the file system's clock: other clocks and sleeping machines do no harm. */
export class SilentFiles {
  #before: ReadonlyMap<string, number> | undefined;

  /** @param now by the file system's clock, ms since 1970 */
  look(now: number): (name: string, writtenAt: number) => boolean {
    const before = this.#before;
    const seen = new Map<string, number>();
    this.#before = seen;
    return (name, writtenAt) => {
      seen.set(name, writtenAt);
      return before ? before.get(name) === writtenAt : now - writtenAt >= SILENT_MS;
    };
  }
}
