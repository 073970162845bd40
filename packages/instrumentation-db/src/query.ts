import { context, SpanKind } from '@opentelemetry/api';
import { ClientOperation, holdingOf, roundMs, type OperationClient } from '@foreshock/kit';
import { DB_TRANSACTION_IDLE_MS, DB_TRANSACTION_MS } from '@foreshock/kit/names';
import type { Query, QueryDescription } from './events.ts';
import type { Statements } from './statements.ts';
import type { TransactionStep } from './transaction-statement.ts';
import type { Transaction, Transactions } from './transactions.ts';

export function startQuery(
  client: OperationClient,
  statements: Statements,
  transactions: Transactions,
  connection: object,
  described: QueryDescription,
): ClientQuery | undefined {
  const where = context.active();
  if (!client.wants(where)) return undefined;
  const holding = holdingOf(connection);
  const { name, summary, transaction: step, attributes: common } = statements.of(described, holding?.poolName);
  if (holding && summary !== undefined) holding.operation = summary;
  const start = { kind: SpanKind.CLIENT, attributes: holding?.takeState(), common };
  const query = new ClientQuery(client, where, name, start, described.errors, holding);
  query.setBatchSize(described.batchSize);
  const transaction = transactions.of(connection, step);
  // Perhaps it is over: its holder would be idle in it for ever.
  if (holding && step === 'unknown') holding.transaction = undefined;
  if (!transaction) return query;
  transaction.entered(performance.now());
  // An earlier holder's ended without a statement, as by a deadlock.
  if (holding && transaction.start >= holding.since) holding.transaction = transaction;
  query.isIn(transaction, step);
  return query;
}

export class ClientQuery extends ClientOperation implements Query {
  #transaction: Transaction | undefined;
  #step: TransactionStep | undefined;

  isIn(transaction: Transaction, step: TransactionStep | undefined): void {
    this.#transaction = transaction;
    this.#step = step;
  }

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

  protected override end(errorType: string | undefined): void {
    if (this.#transaction) this.#leave(this.#transaction, errorType !== undefined);
    super.end(errorType);
  }

  #leave(transaction: Transaction, hasFailed: boolean): void {
    const now = performance.now();
    if (this.#step !== 'end') transaction.left(now);
    if (this.#step === 'begin') transaction.hasFailed = hasFailed;
    if (this.#step !== 'end') return;
    this.set(DB_TRANSACTION_MS, roundMs(now - transaction.start));
    this.set(DB_TRANSACTION_IDLE_MS, roundMs(transaction.idleMsAt(now)));
  }
}
