import { LinkedList, detachedInterval, type Linked } from '@foreshock/kit';

/** A call whose response is coming in. */
export interface Download extends Linked<Download> {
  /** Bytes its connection has received; undefined when the connection does not tell. */
  readonly bytesRead: number | undefined;
  /** The same when it was last looked at. */
  bytesSeen: number;
  /** Ends the call's span, without saying that all of the response was received. */
  abandoned(): void;
}

/**
 * Calls between the head of their response and its last byte. Who asks for the status alone and never reads the
 * body stops the connection when its buffers are full, and no event will ever tell: one timer looks now and then.
 */
export class Downloads {
  readonly #silentMs: number;
  readonly #under = new LinkedList<Download>();
  #timer: NodeJS.Timeout | undefined;

  /** @param silentMs a download without a byte for this long, or up to twice as long, is abandoned */
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
