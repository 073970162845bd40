import type { ServerResponse } from 'node:http';

/** At most so often. */
const EVERY_MS = 500;
/** A comment, so that a connection that went away shows. */
const ALIVE_MS = 30_000;
const MOST_LISTENERS = 100;

/** What `/api/events` says. */
export interface Change {
  seq: number;
  spans: number;
  traces: number;
  newest: number | null;
}

/** Tells the pages that are open what changed, as server-sent events. */
export class Events {
  readonly #listeners = new Set<ServerResponse>();
  #change: Change | undefined;
  #timer: NodeJS.Timeout | undefined;
  #alive: NodeJS.Timeout | undefined;

  /** Keeps an answer open; false where there are too many. */
  add(response: ServerResponse): boolean {
    if (this.#listeners.size >= MOST_LISTENERS) return false;
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(this.#change ? textOf(this.#change) : ': hello\n\n');
    this.#listeners.add(response);
    response.on('close', () => this.#listeners.delete(response));
    this.#alive ??= setInterval(() => this.#write(': \n\n'), ALIVE_MS).unref();
    return true;
  }

  /** Takes the newest state; it is sent if it differs. */
  changed(change: Change): void {
    if (change.seq === this.#change?.seq) return;
    const { seq, spans, traces, newest } = change;
    this.#change = { seq, spans, traces, newest };
    this.again();
  }

  /** Says again what is known: there is a newer answer to it. */
  again(): void {
    if (!this.#change) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#write(textOf(this.#change!));
    }, EVERY_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#alive);
    for (const response of this.#listeners) response.end();
  }

  #write(text: string): void {
    // Whoever does not read misses events; the next one says all.
    for (const response of this.#listeners) if (!response.writableNeedDrain) response.write(text);
  }
}

function textOf(change: Change): string {
  return `data: ${JSON.stringify(change)}\n\n`;
}
