import { ValueType, type Context } from '@opentelemetry/api';
import type { Series } from './series.ts';

interface Cell {
  record(value: number): void;
}

/** Of one reader: `SyncMetricStorage`, `DeltaMetricProcessor`, `HashMap` (sdk-metrics 3.1, src/state). */
interface Storage {
  readonly _attributesProcessor?: unknown;
  readonly _deltaMetricStorage: {
    readonly _activeCollectionStorage: { get(set: object, hash: string): Cell | undefined };
  };
  record(value: number, attributes: object, where: Context | undefined, at: number): void;
}

/** `SyncInstrument` (src/Instruments.ts); with several readers, `MultiMetricStorage`. */
interface Instrument {
  readonly _descriptor?: { readonly valueType: ValueType };
  readonly _writableMetricStorage?: Storage | { readonly _backingStorages: readonly Storage[] };
}

export type Record = (value: number, series: Series, where: Context | undefined) => void;

/**
 * A series' place in each reader by its kept hash: the SDK sorts, joins and writes its attributes at each measurement,
 * once a reader.
 *
 * @param record the SDK's way, for what it checks, and for another SDK
 */
export function recorderOf(instrument: object, record: Record): Record {
  const storages = storagesOf(instrument);
  if (!storages) return record;
  return (value, series, where) => {
    // A negative one, and what is no number.
    if (!(typeof value === 'number' && value >= 0)) return record(value, series, where);
    const { attributes, hash } = series;
    for (let i = 0; i < storages.length; i++) {
      const storage = storages[i]!;
      const cell = storage._deltaMetricStorage._activeCollectionStorage.get(attributes, hash);
      if (cell) cell.record(value);
      else storage.record(value, attributes, where, Date.now());
    }
  };
}

function storagesOf({ _descriptor, _writableMetricStorage: storage }: Instrument): readonly Storage[] | undefined {
  if (!storage || _descriptor?.valueType !== ValueType.DOUBLE) return undefined;
  const storages = '_backingStorages' in storage ? storage._backingStorages : [storage];
  return storages.every(isKnown) ? storages : undefined;
}

function isKnown({ _attributesProcessor, _deltaMetricStorage }: Storage): boolean {
  return _attributesProcessor === undefined && typeof _deltaMetricStorage?._activeCollectionStorage?.get === 'function';
}
