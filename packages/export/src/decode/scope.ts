import { MessageReader } from './message-reader.ts';
import type { JsonScope } from './otlp-json.ts';
import { readKeyValue } from './value.ts';

export function readScope(fragment: Buffer): { scope: JsonScope; schemaUrl?: string } {
  const result: { scope: JsonScope; schemaUrl?: string } = { scope: { name: '' } };
  const outer = new MessageReader(fragment);
  for (let field = outer.next(); field !== 0; field = outer.next()) {
    if (field === 3) result.schemaUrl = outer.text();
    else if (field !== 1) outer.skip();
    else {
      const reader = new MessageReader(outer.slice());
      for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
        if (inner === 1) result.scope.name = reader.text();
        else if (inner === 2) result.scope.version = reader.text();
        else if (inner === 3) (result.scope.attributes ??= []).push(readKeyValue(reader.slice()));
        else reader.skip();
      }
    }
  }
  return result;
}
