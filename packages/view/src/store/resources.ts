import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { SpanResource } from '../records/record.ts';
import { resourceJson } from './bounded-json.ts';

/** Fewer are not cleaned. */
const FEW = 1_000;

export class Resources {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #ids = new Map<string, number>();
  /** A batch shares the object. */
  readonly #ofBatch = new Map<SpanResource, number>();
  #many = FEW;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#insert = database.prepare('INSERT INTO resources VALUES (NULL, ?, ?, ?) RETURNING id');
    this.read();
  }

  get isMany(): boolean {
    return this.#ids.size > this.#many;
  }

  beginBatch(): void {
    this.#ofBatch.clear();
  }

  idOf(resource: SpanResource): number {
    let id = this.#ofBatch.get(resource);
    if (id !== undefined) return id;
    const { service, instance } = resource;
    const attributes = resourceJson(resource.attributes);
    const key = keyOf(service, instance, attributes);
    id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#insert.get(service, instance, attributes)!['id'] as number;
      this.#ids.set(key, id);
    }
    this.#ofBatch.set(resource, id);
    return id;
  }

  read(): void {
    this.#ofBatch.clear();
    this.#ids.clear();
    const rows = this.#database.prepare('SELECT id, service, instance, attributes FROM resources').all();
    for (const { id, service, instance, attributes } of rows as Record<string, string>[])
      this.#ids.set(keyOf(service!, instance!, attributes!), Number(id));
  }

  clean(): void {
    this.#database.exec(
      'DELETE FROM resources WHERE id NOT IN (SELECT resource FROM spans UNION SELECT resource FROM logs)',
    );
    this.read();
    this.#many = Math.max(FEW, this.#ids.size * 2);
  }
}

function keyOf(service: string, instance: string, attributes: string): string {
  return `${service}\n${instance}\n${attributes}`;
}
