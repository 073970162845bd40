import { MessageReader } from './message-reader.ts';
import type { JsonLink } from './otlp-json.ts';
import { readKeyValue } from './value.ts';

export function readLink(bytes: Buffer): JsonLink {
  const link: JsonLink = { traceId: '', spanId: '', attributes: [], flags: 0 };
  const reader = new MessageReader(bytes);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    switch (field) {
      case 1:
        link.traceId = reader.slice().toString('hex');
        break;
      case 2:
        link.spanId = reader.slice().toString('hex');
        break;
      case 3:
        link.traceState = reader.text();
        break;
      case 4:
        link.attributes.push(readKeyValue(reader.slice()));
        break;
      case 5:
        link.droppedAttributesCount = reader.number();
        break;
      case 6:
        link.flags = reader.fixed32();
        break;
      default:
        reader.skip();
    }
  }
  return link;
}
