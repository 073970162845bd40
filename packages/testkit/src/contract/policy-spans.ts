import type { ReceivedSpan } from '../received-span.ts';
import type { Bench, Traced } from './bench.ts';

/** Attribute values; `Number`, `String`: the type; undefined: absent. */
export type Expected = Record<string, unknown>;

export async function requested(
  bench: Bench,
  call: () => unknown,
  spans: number,
): Promise<Traced & Pick<ReceivedSpan, 'events'>> {
  const traced = await bench.traced(call, spans);
  const own = bench.recorded.spans().find(({ spanId }) => spanId === traced.caller.spanId)!;
  return { ...traced, events: own.events };
}

export function expected({ name, attributes }: Pick<ReceivedSpan, 'name' | 'attributes'>, wanted: Expected): string[] {
  return Object.entries(wanted)
    .filter(([key, value]) =>
      typeof value === 'function' ? typeof attributes[key] !== value.name.toLowerCase() : attributes[key] !== value,
    )
    .map(([key, value]) => {
      const what = typeof value === 'function' ? `a ${value.name.toLowerCase()}` : String(value);
      return `'${name}' has ${key} ${String(attributes[key])}, not ${what}`;
    });
}
