/** A response without a byte for this long is not being read; its call is over, whatever becomes of the rest. */
const SILENT_MS = 60_000;

/** A call whose response is coming in. */
export interface Download {
  /** Bytes its connection has received; undefined when the connection does not tell. */
  readonly bytesRead: number | undefined;
  /** Ends the call's span, without saying that all of the response was received. */
  abandoned(): void;
}

/**
 * Calls between the head of their response and its last byte. Who asks for the status alone and never reads the
 * body stops the connection when its buffers are full, and no event will ever tell: one timer looks now and then.
 */
export class Downloads {
  readonly #seen = new Map<Download, number>();
  #timer: NodeJS.Timeout | undefined;

  begun(download: Download): void {
    this.#seen.set(download, Number.NaN);
    this.#timer ??= setInterval(() => this.#look(), SILENT_MS).unref();
  }

  ended(download: Download): void {
    this.#seen.delete(download);
  }

  #look(): void {
    for (const [download, before] of this.#seen) {
      const bytesRead = download.bytesRead ?? 0;
      if (bytesRead === before) download.abandoned();
      else this.#seen.set(download, bytesRead);
    }
    if (this.#seen.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
