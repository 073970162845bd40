import { writeSync } from 'node:fs';
import { guard, report } from '@foreshock/kit';
import { isEnded } from '../../application-logger.ts';
import type { BoundaryLine } from '../../boundary-line.ts';
import { hasNames, jsonOf } from './line-json.ts';
import { takesFields } from './plain-logger.ts';

/** Characters; sonic-boom writes no more than 16 KB at once, so that a line stays whole in a container's log. */
const MOST_PENDING = 8_192;

/** sonic-boom 3 and 4 (index.js). */
interface Stream {
  readonly constructor?: { readonly name?: string };
  readonly sync?: boolean;
  readonly _writing?: boolean;
  readonly fd?: number;
  write(text: string): unknown;
  flushSync?(): void;
}

/**
 * Boundary lines as a logger writes them that leaves lines as they are: pino would read, check and join the fields one by
 * one (lib/proto.js `write`, lib/tools.js `asJson`).
 */
export class BoundaryLines {
  readonly #logger: any;
  readonly #symbols: any;
  readonly #flushed = (): void => this.flush();
  #info: unknown;
  #warn: unknown;
  #pending = '';
  #isFlushedAtExit = false;

  /** @param symbols of pino's lib/symbols.js */
  constructor(logger: any, symbols: any) {
    this.#logger = logger;
    this.#symbols = symbols;
    this.levelSet();
  }

  isOf(logger: unknown): boolean {
    return this.#logger === logger;
  }

  /** pino has made the methods; others later are the application's. */
  levelSet(): void {
    ({ info: this.#info, warn: this.#warn } = this.#logger);
  }

  /** @param isSent the line, too: as pino makes it */
  write(line: BoundaryLine, isSent: boolean): void {
    const logger = this.#logger;
    const stream: Stream = logger[this.#symbols.streamSym];
    if (isEnded(stream as never)) return;
    const { level } = line;
    if (isSent || !this.#isPlain(level)) {
      this.flush();
      line.within(() => (logger[level] ?? logger.info).call(logger, line.fields, line.message));
    } else if (logger.isLevelEnabled(level)) {
      this.#put(this.#textOf(line), stream, line);
    }
  }

  /** Before a later line, at the end of the turn, at the end of the process. */
  flush(): void {
    const text = this.#pending;
    if (text === '') return;
    this.#pending = '';
    try {
      const stream: Stream = this.#logger[this.#symbols.streamSym];
      if (!isEnded(stream as never)) stream.write(text);
    } catch (error) {
      report('writing boundary logs', error);
    }
  }

  #isPlain(level: 'info' | 'warn'): boolean {
    const logger = this.#logger;
    const method: unknown = logger[level];
    return (
      typeof method === 'function' &&
      method === (level === 'info' ? this.#info : this.#warn) &&
      takesFields(logger, this.#symbols) &&
      !hasNames(logger[this.#symbols.chindingsSym])
    );
  }

  #textOf(line: BoundaryLine): string {
    const logger = this.#logger;
    const { lsCacheSym, timeSym, chindingsSym, messageKeySym, msgPrefixSym, endSym } = this.#symbols;
    const prefix: unknown = logger[msgPrefixSym];
    const message = JSON.stringify(typeof prefix === 'string' ? prefix + line.message : line.message);
    const start = `${logger[lsCacheSym][logger.levels.values[line.level]]}${logger[timeSym]()}${logger[chindingsSym]}`;
    return `${start},"${logger[messageKeySym]}":${message}${line.json}${jsonOf(line.trace)}${logger[endSym]}`;
  }

  #put(text: string, stream: Stream, line: BoundaryLine): void {
    const { name } = stream.constructor ?? {};
    // What it takes while a write is under way, it joins, and counts from its beginning, at each line.
    if (name === 'SonicBoom' && stream.sync === false && stream._writing === true) return this.#keep(text);
    this.flush();
    // These make no spans.
    if (name === 'SonicBoom' || name === 'ThreadStream') stream.write(text);
    else line.apart(() => stream.write(text));
  }

  #keep(text: string): void {
    if (this.#pending === '') setImmediate(this.#flushed);
    this.#pending += text;
    if (this.#pending.length > MOST_PENDING) this.flush();
    if (this.#isFlushedAtExit) return;
    this.#isFlushedAtExit = true;
    process.once('exit', () => guard('writing boundary logs', () => this.#writeLast()));
  }

  /** At the end, after pino's own. Where nobody reads, sonic-boom's `flushSync` would try for ever. */
  #writeLast(): void {
    const stream: Stream = this.#logger[this.#symbols.streamSym];
    if (this.#pending === '' || isEnded(stream as never) || stream.fd === undefined) return;
    const bytes = Buffer.from(this.#pending);
    this.#pending = '';
    let written = 0;
    try {
      written = writeSync(stream.fd, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
    }
    if (written === bytes.length) return;
    stream.write(bytes.toString('utf8', written));
    stream.flushSync?.();
  }
}
