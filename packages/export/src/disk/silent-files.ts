/** Silence after which a process of another PID namespace counts as dead, ms: owners touch their files every 10 s. */
const SILENT_MS = 30_000;

/**
 * Which files are untouched. The first look goes by the clock of the file system; later ones by what has changed
 * since the one before, which neither another clock nor a machine that slept makes wrong.
 */
export class SilentFiles {
  #before: ReadonlyMap<string, number> | undefined;

  /**
   * @param now by the clock of the file system, ms since 1970
   * @returns whether a file is silent
   */
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
