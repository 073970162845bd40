import { context, SpanKind } from '@opentelemetry/api';
import { ClientOperation, type ConnectionHolding, type OperationClient } from '@foreshock/kit';
import type { Query, QueryDescription } from './events.ts';
import type { Statements } from './statements.ts';

export function startQuery(
  client: OperationClient,
  statements: Statements,
  described: QueryDescription,
  holding: ConnectionHolding | undefined,
): Query | undefined {
  const where = context.active();
  if (!client.wants(where)) return undefined;
  const { name, summary, attributes: common } = statements.of(described, holding?.poolName);
  if (holding && summary !== undefined) holding.operation = summary;
  const start = { kind: SpanKind.CLIENT, attributes: holding?.takeState(), common };
  return new ClientQuery(client, where, name, start, described.errors, holding);
}

export class ClientQuery extends ClientOperation implements Query {
  /** After the start, so that a policy around the call does not overwrite it. */
  set(attribute: string, value: string | number): void {
    this.span.setAttribute(attribute, value);
  }

  override succeeded(rows?: number): void {
    if (rows !== undefined && !this.settled) this.span.setAttribute('db.response.returned_rows', rows);
    super.succeeded();
  }
}
