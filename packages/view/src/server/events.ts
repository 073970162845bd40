import type { ServerResponse } from 'node:http';

const EVERY_MS = 500;
/** A comment reveals closed connections. */
const ALIVE_MS = 30_000;
const MOST_LISTENERS = 100;

export interface Change {
  seq: number;
  spans: number;
  traces: number;
  newest: number | null;
}

/** To open pages, as server-sent events. */
export class Events {
  readonly #listeners = new Set<ServerResponse>();
  #change: Change | undefined;
  #timer: NodeJS.Timeout | undefined;
  #alive: NodeJS.Timeout | undefined;

  add(response: ServerResponse): boolean {
    if (this.#listeners.size >= MOST_LISTENERS) return false;
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(this.#change ? textOf(this.#change) : ': hello\n\n');
    this.#listeners.add(response);
    response.on('close', () => this.#listeners.delete(response));
    this.#alive ??= setInterval(() => this.#write(': \n\n'), ALIVE_MS).unref();
    return true;
  }

  changed(change: Change): void {
    if (change.seq === this.#change?.seq) return;
    const { seq, spans, traces, newest } = change;
    this.#change = { seq, spans, traces, newest };
    this.again();
  }

  /** The state again, for a newer answer. */
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
    // Slow readers miss some; each has the whole state.
    for (const response of this.#listeners) if (!response.writableNeedDrain) response.write(text);
  }
}

function textOf(change: Change): string {
  return `data: ${JSON.stringify(change)}\n\n`;
}
