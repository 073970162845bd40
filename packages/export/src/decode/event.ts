import { MessageReader } from './message-reader.ts';
import type { JsonEvent } from './otlp-json.ts';
import { readKeyValue } from './value.ts';

export function readEvent(bytes: Buffer): JsonEvent {
  const event: JsonEvent = { timeUnixNano: '0', name: '', attributes: [] };
  const reader = new MessageReader(bytes);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    switch (field) {
      case 1:
        event.timeUnixNano = reader.fixed64();
        break;
      case 2:
        event.name = reader.text();
        break;
      case 3:
        event.attributes.push(readKeyValue(reader.slice()));
        break;
      case 4:
        event.droppedAttributesCount = reader.number();
        break;
      default:
        reader.skip();
    }
  }
  return event;
}
