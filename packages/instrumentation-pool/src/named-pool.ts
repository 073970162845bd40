import type { Span } from '@opentelemetry/api';
import type { PoolDescription } from './events.ts';

export interface NamedPool {
  readonly name: string;
  readonly nameKey: string;
  /** For span names. */
  readonly label: string;
  readonly description: PoolDescription;
}

/** Of spans that began nameless. */
export function nameSpan(span: Span, spanName: string, { name, nameKey, description }: NamedPool): void {
  span.updateName(spanName).setAttribute(nameKey, name);
  if (description.system !== undefined) span.setAttribute('db.system.name', description.system);
}
