import { CommonAttributes, BoundedMap } from '@foreshock/kit';
import { POOL_NAME } from '@foreshock/kit/names';
import type { QueryDescription } from './events.ts';
import { sanitizeSql } from './sql.ts';

const MAX_TARGETS = 16;
/** Texts with inlined values are unlimited. */
const MAX_STATEMENTS = 256;

/** Shared by all spans of a statement. */
export interface Statement {
  readonly name: string;
  readonly summary: string | undefined;
  readonly attributes: CommonAttributes;
}

interface Target {
  readonly system: string;
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly database: string | undefined;
  readonly pool: string | undefined;
  /** By sanitised text, or by the statement's name. */
  readonly statements: BoundedMap<string | undefined, Statement>;
}

export class Statements {
  readonly #targets: Target[] = [];

  of(query: QueryDescription, pool: string | undefined): Statement {
    const sanitized = query.text === undefined ? undefined : sanitizeSql(query.text, query.dialect);
    const { statements } = this.#target(query, pool);
    const key = sanitized ? sanitized.text : query.statementName;
    const known = statements.get(key);
    if (known) return known;
    const summary = sanitized?.summary ?? query.statementName;
    const { system, host, port } = query;
    const values = {
      'db.system.name': system,
      'db.namespace': query.database,
      'db.query.text': sanitized?.text,
      'db.query.summary': summary,
      'db.operation.name': sanitized?.operation,
      'db.collection.name': sanitized?.collection,
      'server.address': host,
      'server.port': port,
      [POOL_NAME]: pool,
    };
    const attributes = new CommonAttributes(values, { system, address: host, port });
    return statements.set(key, { name: summary ?? query.database ?? system, summary, attributes });
  }

  #target({ system, host, port, database }: QueryDescription, pool: string | undefined): Target {
    const targets = this.#targets;
    for (let i = 0; i < targets.length; i++) {
      const each = targets[i]!;
      if (each.database !== database || each.pool !== pool || each.host !== host) continue;
      if (each.port === port && each.system === system) return each;
    }
    if (targets.length >= MAX_TARGETS) targets.shift();
    const target: Target = { system, host, port, database, pool, statements: new BoundedMap(MAX_STATEMENTS) };
    targets.push(target);
    return target;
  }
}
