import { context, SpanKind } from '@opentelemetry/api';
import { ClientOperation, type ConnectionHolding, type OperationClient } from '@foreshock/kit';
import type { Query, QueryDescription } from './events.ts';
import type { Statements } from './statements.ts';

export function startQuery(
  client: OperationClient,
  statements: Statements,
  described: QueryDescription,
  holding: ConnectionHolding | undefined,
): ClientQuery | undefined {
  const where = context.active();
  if (!client.wants(where)) return undefined;
  const { name, summary, attributes: common } = statements.of(described, holding?.poolName);
  if (holding && summary !== undefined) holding.operation = summary;
  const start = { kind: SpanKind.CLIENT, attributes: holding?.takeState(), common };
  const query = new ClientQuery(client, where, name, start, described.errors, holding);
  query.setBatchSize(described.batchSize);
  return query;
}

export class ClientQuery extends ClientOperation implements Query {
  /** After the start, so that a policy around the call does not overwrite it. */
  set(attribute: string, value: string | number): void {
    this.span.setAttribute(attribute, value);
  }

  setBatchSize(operations: number | undefined): void {
    if (operations !== undefined && operations > 1) this.set('db.operation.batch.size', operations);
  }

  override succeeded(rows?: number): void {
    if (rows !== undefined && !this.settled) this.span.setAttribute('db.response.returned_rows', rows);
    super.succeeded();
  }
}
