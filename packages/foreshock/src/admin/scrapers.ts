import type { IncomingMessage } from 'node:http';

/** Tells scrapers apart, as each sees the peaks since its own last scrape. Clients use several connections. */
export class Scrapers {
  /** Of each one's last scrape. */
  readonly #known: { key: string; usedAt: number }[];

  /** @param count distinguished */
  constructor(count: number) {
    this.#known = Array.from({ length: count }, () => ({ key: '', usedAt: -Infinity }));
  }

  /** @returns its number, from 0; if too many, the least recent's */
  of({ socket, headers, url = '' }: IncomingMessage): number {
    const query = url.slice(url.indexOf('?') + 1 || url.length, 200);
    const key = `${socket.remoteAddress} ${headers['user-agent']?.slice(0, 200)} ${query}`;
    const known = this.#known.findIndex((each) => each.key === key);
    const index = known < 0 ? this.#longestAgo() : known;
    this.#known[index] = { key, usedAt: performance.now() };
    return index;
  }

  #longestAgo(): number {
    const times = this.#known.map(({ usedAt }) => usedAt);
    return times.indexOf(Math.min(...times));
  }
}
