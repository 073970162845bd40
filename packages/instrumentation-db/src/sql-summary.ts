import { knownWord, KINDS, PROGRAMS, type KnownWord, type Target } from './sql-words.ts';

/** Longest `db.query.summary`; the convention's own limit. */
const MAX_SUMMARY = 255;
/** Deeper parentheses are not looked into. */
const MAX_DEPTH = 64;

/** What is between two parentheses, or outside of all. */
interface Level {
  /** Of the part that is under way, upper case. */
  verb: string | undefined;
  /** A comma is followed by a further table. */
  list: boolean;
  /** `WITH` has come, its statement's verb has not. */
  with: boolean;
  /** Any statement may stand here, not only a SELECT: not in the arguments of `REPLACE(…)`. */
  readonly statement: boolean;
}

/**
 * What a query is about, as the database conventions have it in `db.query.summary`: operations and their targets, as
 * they are written and in their order. It is given the words and signs of a text one by one.
 */
export class SqlSummary {
  #levels: Level[] = [];
  #level: Level = { verb: undefined, list: false, with: false, statement: true };
  readonly #parts: string[] = [];
  #length = 0;
  /** Tables and views, each once, names of `WITH` apart. */
  readonly #tables = new Set<string>();
  readonly #ctes = new Set<string>();
  /** Targets of the part that is under way: one that is joined with itself is written once. */
  #targets: string[] = [];
  /** What the next name is. */
  #expects: Target | undefined;
  /** `CREATE`, until what it creates has come. */
  #defining: string | undefined;
  /** A name in a list of tables: one, unless a parenthesis follows. */
  #candidate: string | undefined;
  /** The token before: a word that is known, a sign, or nothing. */
  #before: string | undefined;
  /** Until the next statement, or the end. */
  #ignores: 'statement' | 'rest' | undefined;
  operation: string | undefined;

  /** Whether a word that may be a name is one here. */
  get expectsTable(): boolean {
    return this.#expects === 'table' || this.#expects === 'tables';
  }

  get text(): string | undefined {
    return this.#parts.length > 0 ? this.#parts.join(' ') : undefined;
  }

  /** The one table of the query; undefined when there are none or several. */
  get collection(): string | undefined {
    return this.#tables.size === 1 ? this.#tables.values().next().value : undefined;
  }

  /** The text has ended. */
  end(): void {
    this.#settle();
    if (this.#defining !== undefined) this.#operate(this.#defining);
  }

  word(word: string): void {
    if (this.#ignores) return;
    this.#settle();
    const known = knownWord(word);
    if (this.#defining !== undefined) this.#define(word);
    else if (!known || !this.#understands(word, known)) this.#named(word);
    this.#before = known?.word ?? 'name';
  }

  /** A name in quotes. */
  name(name: string): void {
    if (this.#ignores) return;
    this.#settle();
    if (this.#defining === undefined) this.#named(name);
    this.#before = 'name';
  }

  value(): void {
    this.#settle();
    this.#expects = undefined;
    this.#before = 'value';
  }

  punctuation(sign: string): void {
    if (sign === '(') this.#open();
    else this.#settle();
    if (sign === ',') this.#expects = this.#level.list ? 'table' : undefined;
    else if (sign !== '(') this.#expects = undefined;
    this.#before = sign;
    if (sign === ')') this.#level = this.#levels.pop() ?? this.#level;
    else if (sign === ';') this.#restart();
  }

  /** @returns false for a word that is somebody's name here: `SELECT update FROM …` */
  #understands(word: string, known: KnownWord): boolean {
    const level = this.#level;
    if (this.#expects && (known.role === 'filler' || known.word === 'TABLE')) return true;
    switch (known.role) {
      case 'verb':
        if (!this.#beginsPart(known.word)) return false;
        this.#begin(word, known);
        return true;
      case 'definition':
      case 'command':
        if (this.#before === undefined) {
          level.verb = known.word;
          if (known.role === 'definition') this.#defining = word;
          else {
            this.#operate(word);
            this.#ignores = 'statement';
          }
          return true;
        }
        // The one of them that is inside statements too.
        if (known.word === 'SET') level.list = false;
        return false;
      case 'prefix':
        if (this.#before !== undefined && this.#before !== 'EXPLAIN') return false;
        this.#operate(word);
        return true;
      case 'connective':
        if (!this.#connects(known)) return false;
        level.list ||= known.target === 'tables' && known.word !== 'USING';
        this.#expects = 'table';
        return true;
      case 'clause':
        this.#expects = undefined;
        // `CREATE INDEX i ON t`, but `FROM a JOIN b ON …, c`
        if (known.word !== 'ON') level.list = false;
        else if (level.verb === 'INDEX') this.#expects = 'table';
        return true;
      default:
        if (known.word === 'WITH') level.with ||= level.verb === undefined;
        return known.role === 'other';
    }
  }

  #beginsPart(verb: string): boolean {
    const level = this.#level;
    // Reserved everywhere, never a name.
    if (verb === 'SELECT') return true;
    if (level.verb === 'MERGE') return this.#before === 'THEN';
    if (level.verb !== undefined || !level.statement) return false;
    switch (this.#before) {
      case undefined:
      case '(':
        return true;
      case ')':
      case 'AS':
      case 'EXPLAIN':
      case 'ANALYZE':
      case 'VERBOSE':
        return true;
      default:
        return false;
    }
  }

  #begin(word: string, { word: verb, target }: KnownWord): void {
    const level = this.#level;
    this.#operate(word);
    // `MERGE … WHEN MATCHED THEN UPDATE SET …` has its target already.
    if (level.verb === 'MERGE' && verb !== 'SELECT') return;
    level.verb = verb;
    level.with = false;
    level.list = target === 'tables';
    this.#targets = [];
    this.#expects = target;
  }

  #connects({ word, verbs }: KnownWord): boolean {
    const { verb, list } = this.#level;
    if (!verbs) return list;
    // In other places FROM is a part of an expression: `EXTRACT(YEAR FROM day)`, `a IS DISTINCT FROM b`.
    return verb !== undefined && verbs.has(verb) && !(word === 'FROM' && this.#before === 'DISTINCT');
  }

  /** Behind `CREATE` come words of no interest, and then the kind. */
  #define(word: string): void {
    const kind = word.toUpperCase();
    if (!KINDS.has(kind)) return;
    const verb = this.#defining!;
    const target = KINDS.get(kind);
    this.#defining = undefined;
    this.#operate(`${verb} ${word}`);
    const level = this.#level;
    level.verb = kind;
    level.list = target === 'table' && verb.toUpperCase() === 'DROP';
    this.#targets = [];
    this.#expects = target;
    if (!target) this.#ignores = 'statement';
  }

  /** A word that is a name, of what is expected or of something else. */
  #named(name: string): void {
    const level = this.#level;
    const expected = this.#expects;
    this.#expects = undefined;
    if (level.with) this.#ctes.add(name);
    if (!expected) return;
    if (!this.#targets.includes(name)) {
      this.#targets.push(name);
      this.#add(name);
    }
    if (expected !== 'name' && !this.#ctes.has(name)) {
      if (level.list) this.#candidate = name;
      else this.#tables.add(name);
    }
    if (level.verb !== undefined && PROGRAMS.has(level.verb)) this.#ignores = 'rest';
  }

  #open(): void {
    this.#leaveOutFunction();
    const outer = this.#level;
    // `FROM (a CROSS JOIN b)`
    const goesOn = outer.list && this.expectsTable;
    this.#expects = goesOn ? 'table' : undefined;
    this.#levels.push(outer);
    if (this.#levels.length >= MAX_DEPTH) this.#ignores = 'rest';
    this.#level = { verb: goesOn ? outer.verb : undefined, list: goesOn, with: false, statement: outer.with };
  }

  /** What has a parenthesis behind it in FROM is a function, and none of the tables. */
  #leaveOutFunction(): void {
    const name = this.#candidate;
    this.#candidate = undefined;
    if (name === undefined || this.#tables.has(name) || this.#parts.at(-1) !== name) return;
    this.#parts.pop();
    this.#targets.pop();
    this.#length -= name.length + 1;
  }

  #restart(): void {
    this.#levels = [];
    this.#level = { verb: undefined, list: false, with: false, statement: true };
    this.#before = this.#defining = undefined;
    if (this.#ignores === 'statement') this.#ignores = undefined;
  }

  /** What may be a table is one: no parenthesis has followed. */
  #settle(): void {
    if (this.#candidate === undefined) return;
    this.#tables.add(this.#candidate);
    this.#candidate = undefined;
  }

  #operate(operation: string): void {
    this.operation ??= operation;
    this.#add(operation);
  }

  #add(part: string): void {
    this.#length += part.length + 1;
    // The length stays over the limit: a shorter part behind it would not be in its place.
    if (this.#length <= MAX_SUMMARY + 1) this.#parts.push(part);
  }
}
