import { context, createContextKey, SpanKind } from '@opentelemetry/api';
import { Caller, type ConnectionHolding, type OperationClient } from '@foreshock/kit';
import { RETRY_ATTEMPT, RETRY_POLICY } from '@foreshock/kit/names';
import type { CommandDescription, Query } from './events.ts';
import { ClientQuery } from './query.ts';
import type { Statements } from './statements.ts';

const SENT = createContextKey('foreshock.db.sent');

/** How often one operation has sent its command. */
interface Sent {
  summary: string | undefined;
  count: number;
}

export function beginOperation(client: OperationClient): Caller | undefined {
  const where = context.active();
  if (!client.wants(where)) return undefined;
  return new Caller(where.setValue(SENT, { summary: undefined, count: 0 } satisfies Sent));
}

export function startCommand(
  client: OperationClient,
  statements: Statements,
  described: CommandDescription,
  holding: ConnectionHolding | undefined,
  policy: string,
): Query | undefined {
  const where = context.active();
  const sent = where.getValue(SENT) as Sent | undefined;
  if (!sent || !client.wants(where)) return undefined;
  const { name, summary, attributes: common } = statements.ofCommand(described, holding?.poolName);
  if (holding) holding.operation = summary;
  const start = { kind: SpanKind.CLIENT, attributes: holding?.takeState(), common };
  const query = new ClientQuery(client, where, name, start, described.errors, holding);
  query.setBatchSize(described.batchSize);
  // Operations may have several commands.
  sent.count = sent.summary === summary ? sent.count + 1 : 1;
  sent.summary = summary;
  if (sent.count > 1) {
    query.set(RETRY_ATTEMPT, sent.count);
    query.set(RETRY_POLICY, policy);
  }
  return query;
}
