import { MessageReader } from './message-reader.ts';
import type { JsonKeyValue, JsonResource } from './otlp-json.ts';
import { readKeyValue } from './value.ts';

export function readResource(fragment: Buffer): JsonResource {
  const attributes: JsonKeyValue[] = [];
  const outer = new MessageReader(fragment);
  for (let field = outer.next(); field !== 0; field = outer.next()) {
    if (field !== 1) {
      outer.skip();
      continue;
    }
    const reader = new MessageReader(outer.slice());
    for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
      if (inner === 1) attributes.push(readKeyValue(reader.slice()));
      else reader.skip();
    }
  }
  return { attributes };
}
