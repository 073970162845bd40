import type { Dialect } from './sql-dialect.ts';
import { type Token, tokensOf } from './sql-tokens.ts';
import type { KeyPart, RowAccess } from './row.ts';

/** Words of expressions that are no columns. */
const NO_COLUMN = new Set(['true', 'false', 'null', 'default', 'current_timestamp', 'current_date', 'interval', 'as']);
const NO_TABLE = new Set(['only', 'ignore', 'low_priority', 'lateral']);
const LOCKS = new Set(['update', 'share', 'no', 'key']);
/** They end a list or a condition. */
const CLAUSES = new Set([
  'from',
  'where',
  'returning',
  'limit',
  'for',
  'lock',
  'on',
  'order',
  'group',
  'set',
  'values',
]);

interface Assigned {
  /** Relative: another value each time, such as `a + 1`. Derived: of columns, such as `coalesce(a, $1)`. */
  access: 'update' | 'update_relative' | 'update_derived' | 'update_constant' | 'update_time';
  columns: string[];
}

/** Not simple: nothing is said. */
class NotSimple extends Error {}

/**
 * `SELECT a, b FROM t WHERE id = $1 [FOR UPDATE]`, `UPDATE t SET a = … WHERE id = $1`, `INSERT INTO t (…) VALUES (…) [ON
 * CONFLICT …]`, `DELETE FROM t WHERE id = $1`: no joins, no subqueries, only equalities joined by AND.
 */
export class RowStatement {
  readonly #tokens: readonly Token[];
  #at = 0;

  private constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  static read(text: string, dialect: Dialect): RowAccess | undefined {
    const tokens = tokensOf(text, dialect);
    if (!tokens || tokens.length === 0) return undefined;
    try {
      return new RowStatement(tokens).#statement();
    } catch (error) {
      if (error instanceof NotSimple) return undefined;
      throw error;
    }
  }

  #statement(): RowAccess {
    if (this.#takes('select')) return this.#select();
    if (this.#takes('update')) return this.#update();
    if (this.#takes('insert')) return this.#insert();
    if (this.#takes('delete')) return this.#delete();
    throw new NotSimple();
  }

  #select(): RowAccess {
    const columns = this.#list();
    this.#needs('from');
    const table = this.#table();
    this.#needs('where');
    const key = this.#conditions();
    if (this.#takes('limit')) this.#value();
    let access = 'read';
    if (this.#takes('for')) {
      access = 'read_for_update';
      while (this.#word !== undefined && LOCKS.has(this.#word)) this.#at++;
      if (this.#takes('of')) this.#name();
      if (this.#takes('skip')) this.#needs('locked');
      else this.#takes('nowait');
    } else if (this.#takes('lock')) {
      access = 'read_for_update';
      for (const word of ['in', 'share', 'mode']) this.#needs(word);
    }
    this.#end();
    return { access, columns, table, key: sorted(key) };
  }

  #update(): RowAccess {
    const table = this.#table();
    this.#needs('set');
    const assigned = this.#assignments();
    this.#needs('where');
    const key = this.#conditions();
    this.#returning();
    // A condition on what it assigns: compare and set.
    const isConditional = key.some(({ column }) => assigned.columns.includes(column) || isVersion(column));
    const access = isConditional ? 'update_conditional' : assigned.access;
    return { access, columns: assigned.columns.join(','), table, key: sorted(key) };
  }

  #delete(): RowAccess {
    this.#needs('from');
    const table = this.#table();
    this.#needs('where');
    const key = this.#conditions();
    this.#returning();
    return { access: 'delete', columns: '*', table, key: sorted(key) };
  }

  #insert(): RowAccess {
    const ignores = this.#takes('ignore');
    this.#needs('into');
    const table = this.#table();
    this.#sign('(');
    const columns = this.#enclosed();
    this.#needs('values');
    const values = this.#row();
    let hasMore = false;
    while (this.#isSign(',')) {
      this.#at++;
      this.#row();
      hasMore = true;
    }
    if (!this.#takes('on')) {
      this.#returning();
      return { access: ignores ? 'insert_if_absent' : 'insert', columns: undefined, table, key: undefined };
    }
    if (this.#takes('duplicate')) return { access: 'upsert', columns: undefined, table, key: undefined };
    this.#needs('conflict');
    let target: string[] = [];
    if (this.#isSign('(')) {
      this.#at++;
      target = this.#enclosed();
    }
    this.#needs('do');
    if (this.#takes('nothing')) {
      this.#returning();
      return { access: 'insert_if_absent', columns: undefined, table, key: undefined };
    }
    this.#needs('update');
    this.#needs('set');
    const assigned = this.#assignments();
    this.#returning();
    const key = hasMore ? undefined : keyOf(target, columns, values);
    if (!key) return { access: 'upsert', columns: undefined, table, key: undefined };
    return { access: assigned.access, columns: assigned.columns.join(','), table, key: sorted(key) };
  }

  /** Of SELECT. */
  #list(): string {
    if (this.#isSign('*')) {
      this.#at++;
      return '*';
    }
    const columns: string[] = [];
    for (;;) {
      const column = this.#path();
      if (this.#isSign('.')) {
        // `t.*`
        this.#at++;
        this.#sign('*');
        columns.push('*');
      } else columns.push(column);
      if (this.#takes('as')) this.#name();
      if (!this.#isSign(',')) break;
      this.#at++;
    }
    return columns.includes('*') ? '*' : columns.join(',');
  }

  /** With its schema; with or without alias. */
  #table(): string {
    // `UPDATE ONLY t`, `UPDATE IGNORE t`
    if (NO_TABLE.has(this.#word ?? '')) throw new NotSimple();
    const names = this.#names();
    if (this.#takes('as') || this.#isName) this.#name();
    return names.filter((name, at) => at > 0 || name !== 'public' || names.length === 1).join('.');
  }

  #conditions(): KeyPart[] {
    const parts: KeyPart[] = [];
    do {
      if (this.#isSign('(')) {
        this.#at++;
        parts.push(...this.#conditions());
        this.#sign(')');
      } else {
        const column = this.#path();
        this.#sign('=');
        parts.push({ column, value: this.#value() });
      }
    } while (this.#takes('and'));
    return parts;
  }

  #assignments(): Assigned {
    const byKind: Record<Assigned['access'], string[]> = {
      update: [],
      update_relative: [],
      update_derived: [],
      update_constant: [],
      update_time: [],
    };
    do {
      const column = this.#path();
      this.#sign('=');
      const kind = this.#expression();
      byKind[kind === 'update' && isTime(column) ? 'update_constant' : kind].push(column);
    } while (this.#takesSign(','));
    const { update_relative: relative, update_derived: derived, update, update_constant: constant } = byKind;
    const changed = [...relative, ...derived, ...update].sort();
    if (relative.length > 0) return { access: 'update_relative', columns: changed };
    if (derived.length > 0) return { access: 'update_derived', columns: changed };
    if (update.length > 0) return { access: 'update', columns: update.sort() };
    // Only that something was done.
    return { access: constant.every(isTime) ? 'update_time' : 'update_constant', columns: constant.sort() };
  }

  /** Up to a comma or clause. */
  #expression(): Assigned['access'] {
    let depth = 0;
    let hasParameter = false;
    let isDerived = false;
    let isSum = false;
    const from = this.#at;
    for (let token = this.#token; token !== undefined; token = this.#token) {
      if (token.kind === 'sign') {
        if (depth === 0 && (token.text === ',' || token.text === ';')) break;
        depth += token.text === '(' ? 1 : token.text === ')' ? -1 : 0;
        if (depth < 0) break;
        isSum ||= /^[+*-]$/.test(token.text);
      } else if (token.kind === 'parameter') hasParameter = true;
      else if (token.kind === 'name' || token.kind === 'word') {
        if (token.kind === 'word' && CLAUSES.has(token.text) && depth === 0) break;
        if (token.kind === 'word' && token.text === 'select') throw new NotSimple();
        if (token.kind === 'word' && (token.text === 'excluded' || token.text === 'values')) {
          hasParameter = true;
          // `EXCLUDED.a`, a value that was given.
          this.#at += this.#tokens[this.#at + 1]?.kind === 'sign' ? 2 : 0;
        } else if (!this.#isCallOrType(token)) isDerived = true;
      }
      this.#at++;
    }
    if (this.#at === from) throw new NotSimple();
    if (isDerived) return isSum ? 'update_relative' : 'update_derived';
    return hasParameter ? 'update' : 'update_constant';
  }

  #isCallOrType(token: Token): boolean {
    if (token.kind !== 'word') return false;
    const [before, after] = [this.#tokens[this.#at - 1], this.#tokens[this.#at + 1]];
    const isCast = before?.kind === 'sign' && before.text === '::';
    return isCast || NO_COLUMN.has(token.text) || (after?.kind === 'sign' && after.text === '(');
  }

  /** Of VALUES: a plain value, or undefined for other expressions. */
  #row(): (KeyPart['value'] | undefined)[] {
    this.#sign('(');
    const values: (KeyPart['value'] | undefined)[] = [];
    for (;;) {
      const from = this.#at;
      let depth = 0;
      for (let token = this.#token; ; token = this.#token) {
        if (token === undefined || (token.kind === 'word' && token.text === 'select')) throw new NotSimple();
        if (token.kind === 'sign') {
          if (depth === 0 && (token.text === ',' || token.text === ')')) break;
          depth += token.text === '(' ? 1 : token.text === ')' ? -1 : 0;
        }
        this.#at++;
      }
      const only = this.#tokens[from]!;
      const isPlain = this.#at === from + 1 && (only.kind === 'parameter' || only.kind === 'value');
      values.push(isPlain ? only.value : undefined);
      if (this.#takesSign(')')) return values;
      this.#sign(',');
    }
  }

  #returning(): void {
    if (this.#takes('returning')) this.#at = this.#tokens.length;
    this.#end();
  }

  #end(): void {
    this.#takesSign(';');
    if (this.#at < this.#tokens.length) throw new NotSimple();
  }

  /** `a`, or the last of `s.t.a`. */
  #path(): string {
    return this.#names().at(-1)!;
  }

  /** `s.t.a` */
  #names(): string[] {
    const names = [this.#name()];
    while (this.#isSign('.') && this.#tokens[this.#at + 1]?.kind !== 'sign') {
      this.#at++;
      names.push(this.#name());
    }
    return names;
  }

  /** Up to the closing parenthesis. */
  #enclosed(): string[] {
    const names: string[] = [];
    do names.push(this.#name());
    while (this.#takesSign(','));
    this.#sign(')');
    return names;
  }

  #value(): KeyPart['value'] {
    const token = this.#token;
    if (token?.kind !== 'parameter' && token?.kind !== 'value') throw new NotSimple();
    this.#at++;
    if (this.#takesSign('::')) this.#name();
    return token.value;
  }

  #name(): string {
    if (!this.#isName) throw new NotSimple();
    const { text } = this.#token as { text: string };
    this.#at++;
    return text;
  }

  get #isName(): boolean {
    const token = this.#token;
    return token?.kind === 'name' || (token?.kind === 'word' && !CLAUSES.has(token.text) && token.text !== 'and');
  }

  get #token(): Token | undefined {
    return this.#tokens[this.#at];
  }

  get #word(): string | undefined {
    const token = this.#token;
    return token?.kind === 'word' ? token.text : undefined;
  }

  #takes(word: string): boolean {
    if (this.#word !== word) return false;
    this.#at++;
    return true;
  }

  #needs(word: string): void {
    if (!this.#takes(word)) throw new NotSimple();
  }

  #isSign(text: string): boolean {
    const token = this.#token;
    return token?.kind === 'sign' && token.text === text;
  }

  #takesSign(text: string): boolean {
    if (!this.#isSign(text)) return false;
    this.#at++;
    return true;
  }

  #sign(text: string): void {
    if (!this.#takesSign(text)) throw new NotSimple();
  }
}

/** Rows are compared by all columns of their WHERE. */
function sorted(key: KeyPart[]): KeyPart[] {
  return key.sort((a, b) => (a.column < b.column ? -1 : 1));
}

function keyOf(target: string[], columns: string[], values: (KeyPart['value'] | undefined)[]): KeyPart[] | undefined {
  const key: KeyPart[] = [];
  for (const column of target) {
    const value = values[columns.indexOf(column)];
    if (value === undefined) return undefined;
    key.push({ column, value });
  }
  return key.length > 0 ? key : undefined;
}

/** Of optimistic locking. */
function isVersion(column: string): boolean {
  return /version|etag|revision/i.test(column);
}

/** Such as `updatedAt`: every change sets it, and nobody computes it from the row. */
function isTime(column: string): boolean {
  return /(?:_at|At|_on|_time|Time|timestamp|_date|Date)$|^(?:updated|modified|last_?seen)/.test(column);
}
