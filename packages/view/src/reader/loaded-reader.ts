import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import {
  baseOf,
  fetchBody,
  filesOf,
  isAddress,
  isStore,
  readApi,
  readApiTrace,
  storeFileLines,
  type TimeRange,
  UnreadableSource,
  viewerAt,
} from '@foreshock/explain/sources';
import { readJsonRecords } from '../records/json-value.ts';
import { readStreamRecords } from '../records/stream.ts';
import { RecordBuffer } from '../store/record-buffer.ts';
import { Store } from '../store/store.ts';
import { type ListQuery, listTraces } from '../store/trace-list.ts';
import { storedTrace } from './stored-trace.ts';
import type { FoundTraces, TraceReader, WholeTrace } from './trace-reader.ts';

const LIMIT_BYTES = 256 * 1024 ** 2;
const LIMIT_SPANS = 1_000_000;
/** Then a Jaeger or Zipkin is asked again. */
const CURRENT_MS = 30_000;
const CHUNK = 4 * 1024 * 1024;

/** Files, folders, Jaegers, Zipkins in a memory store; the newest traces stay. */
export class LoadedReader implements TraceReader {
  readonly #store = new Store({ file: undefined, limitBytes: LIMIT_BYTES, limitSpans: LIMIT_SPANS });
  readonly #apis: URL[] = [];
  /** By name: size, last change. */
  readonly #files = new Map<string, string>();
  #readAt = 0;

  /** @throws UnreadableSource */
  static async of(sources: readonly string[], range: TimeRange): Promise<LoadedReader> {
    const reader = new LoadedReader();
    try {
      for (const source of sources) await reader.#read(source, range);
    } catch (error) {
      reader.close();
      throw error;
    }
    reader.#readAt = performance.now();
    return reader;
  }

  async search(query: ListQuery): Promise<FoundTraces> {
    return listTraces(this.#store.database, query);
  }

  async trace(traceId: string): Promise<WholeTrace | undefined> {
    const found = await storedTrace(this.#store.database, traceId);
    if (found !== undefined || this.#apis.length === 0) return found;
    for (const base of this.#apis) {
      const buffer = new RecordBuffer(this.#store);
      await readApiTrace(base, traceId, (value) => void readJsonRecords(value, buffer));
      buffer.store();
    }
    return storedTrace(this.#store.database, traceId);
  }

  async isCurrent(): Promise<boolean> {
    if (this.#apis.length > 0 && performance.now() - this.#readAt > CURRENT_MS) return false;
    for (const [name, state] of this.#files) if ((await stateOf(name)) !== state) return false;
    return true;
  }

  close(): void {
    this.#store.close();
  }

  async #read(source: string, range: TimeRange): Promise<void> {
    try {
      if (isAddress(source)) await this.#readAddress(baseOf(source), range);
      else for (const name of (await filesOf(source)) ?? [source]) await this.#readFile(name);
    } catch (error) {
      if (error instanceof UnreadableSource) throw new UnreadableSource(`${source}: ${error.message}`);
      throw error;
    }
  }

  async #readAddress(base: URL, range: TimeRange): Promise<void> {
    const buffer = new RecordBuffer(this.#store);
    this.#apis.push(base);
    if (await viewerAt(base)) {
      const body = await fetchBody(new URL(`api/export?from=${range.from}&to=${range.to}`, base));
      await readStreamRecords(body, buffer, () => buffer.storeIfFull());
    } else
      await readApi(
        base,
        range,
        (value) => {
          readJsonRecords(value, buffer);
          buffer.storeIfFull();
        },
        [],
      );
    buffer.store();
  }

  async #readFile(name: string): Promise<void> {
    this.#files.set(name, await stateOf(name));
    const buffer = new RecordBuffer(this.#store);
    const bytes = (await isStore(name)) ? storeFileLines(name) : createReadStream(name, { highWaterMark: CHUNK });
    await readStreamRecords(bytes, buffer, () => buffer.storeIfFull());
    buffer.store();
  }
}

async function stateOf(name: string): Promise<string> {
  const { size, mtimeMs } = await stat(name).catch(() => ({ size: -1, mtimeMs: 0 }));
  return `${size} ${mtimeMs}`;
}
