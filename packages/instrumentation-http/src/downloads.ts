import { LinkedList, detachedInterval, type Linked } from '@foreshock/kit';

export interface Download extends Linked<Download> {
  /** Undefined when unknown. */
  readonly bytesRead: number | undefined;
  /** At the last check. */
  bytesSeen: number;
  /** Ends an incomplete response's span. */
  abandoned(): void;
}

/** An unread body silently stops the connection: a timer checks all downloads. */
export class Downloads {
  readonly #silentMs: number;
  readonly #under = new LinkedList<Download>();
  #timer: NodeJS.Timeout | undefined;

  /** @param silentMs least time without a byte; at most double */
  constructor(silentMs: number) {
    this.#silentMs = silentMs;
  }

  begun(download: Download): void {
    this.#under.add(download);
    this.#timer ??= detachedInterval('looking at downloads', () => this.#look(), this.#silentMs);
  }

  ended(download: Download): void {
    this.#under.remove(download);
  }

  #look(): void {
    for (const download of this.#under) {
      const bytesRead = download.bytesRead ?? 0;
      if (bytesRead === download.bytesSeen) download.abandoned();
      else download.bytesSeen = bytesRead;
    }
    if (this.#under.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
