import { parseLength } from '@foreshock/explain/command';
import { localSource } from '@foreshock/explain/sources';
import { openTraces, type TraceReader } from '@foreshock/view/reader';

const HALF_AN_HOUR_MS = 1_800_000;

interface Opened {
  reader: TraceReader;
  key: string;
}

/** Named at the start, else this machine's viewer or Jaeger. Agents name none. */
export class Sources {
  readonly #named: readonly string[];
  #opened: Promise<Opened> | undefined;

  constructor(named: readonly string[]) {
    this.#named = named;
  }

  async list(): Promise<readonly string[]> {
    return this.#named.length > 0 ? this.#named : [(await localSource()).source];
  }

  /** @param last of a Jaeger or Zipkin: `15m`; default half an hour */
  async reader(last: string | undefined): Promise<TraceReader> {
    const sources = await this.list();
    const lastMs = last === undefined ? HALF_AN_HOUR_MS : parseLength(last);
    const key = `${lastMs} ${sources.join(' ')}`;
    const before = await this.#opened?.catch(() => undefined);
    if (before?.key === key && (await before.reader.isCurrent())) return before.reader;
    const now = Date.now();
    const opening = openTraces(sources, { from: now - lastMs, to: now }).then((reader) => ({ reader, key }));
    this.#opened = opening;
    before?.reader.close();
    return (await opening).reader;
  }
}
