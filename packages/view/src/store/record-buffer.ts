import type { LogRecord, RecordTarget, SpanRecord } from '../records/record.ts';
import type { Store } from './store.ts';
import type { Added } from './writer.ts';

const AT_A_TIME = 5_000;

/** Many are stored at a time. */
export class RecordBuffer implements RecordTarget {
  readonly #store: Store;
  readonly #onStored: (added: Added) => void;
  #spans: SpanRecord[] = [];
  #logs: LogRecord[] = [];

  /** @param onStored with what was new */
  constructor(store: Store, onStored: (added: Added) => void = () => {}) {
    this.#store = store;
    this.#onStored = onStored;
  }

  span(span: SpanRecord): void {
    this.#spans.push(span);
  }

  log(log: LogRecord): void {
    this.#logs.push(log);
  }

  storeIfFull(): void {
    if (this.#spans.length + this.#logs.length >= AT_A_TIME) this.store();
  }

  store(): Added {
    const added = this.#store.add(this.#spans, this.#logs);
    this.#spans = [];
    this.#logs = [];
    this.#onStored(added);
    return added;
  }
}
