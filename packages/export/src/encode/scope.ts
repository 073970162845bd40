import type { Scope } from '../finished-span.ts';
import { writeAttributes } from './attributes.ts';
import type { MessageWriter } from './message-writer.ts';

export function writeScope(to: MessageWriter, scope: Scope): void {
  const start = to.open((1 << 3) | 2);
  to.text((1 << 3) | 2, scope.name);
  if (scope.version) to.text((2 << 3) | 2, scope.version);
  if (scope.attributes) writeAttributes(to, (3 << 3) | 2, scope.attributes);
  to.close(start);
  if (scope.schemaUrl) to.text((3 << 3) | 2, scope.schemaUrl);
}
