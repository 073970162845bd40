import { knownWord, KINDS, PROGRAMS, type KnownWord, type Target } from './sql-words.ts';

/** The semantic conventions' limit. */
const MAX_SUMMARY = 255;
const MAX_DEPTH = 64;
/** Longer ones hide in lists what follows them. */
const MAX_NAME = 40;

/** Of parentheses. */
interface Level {
  /** Upper case. */
  verb: string | undefined;
  list: boolean;
  /** `WITH` was read, not its statement's verb. */
  with: boolean;
  /** Whether a statement may begin; not in arguments of `REPLACE(…)`. */
  readonly statement: boolean;
}

/** `db.query.summary`: operations and targets as written, in order. */
export class SqlSummary {
  #levels: Level[] = [];
  #level: Level = { verb: undefined, list: false, with: false, statement: true };
  readonly #parts: string[] = [];
  #length = 0;
  #hasTarget = false;
  /** Parts of the first operation; undefined: it is the only one. */
  #first: number | undefined;
  /** Without the names `WITH` defines. */
  readonly #tables = new Set<string>();
  readonly #ctes = new Set<string>();
  /** Once per self-joined table. */
  #targets: string[] = [];
  #expects: Target | undefined;
  #defining: string | undefined;
  /** Unless a parenthesis follows. */
  #candidate: string | undefined;
  /** A known word, a sign, or undefined. */
  #before: string | undefined;
  /** What is skipped. */
  #ignores: 'statement' | 'rest' | undefined;
  operation: string | undefined;

  get expectsTable(): boolean {
    return this.#expects === 'table' || this.#expects === 'tables';
  }

  get text(): string | undefined {
    return this.#parts.length > 0 ? this.#parts.join(' ') : undefined;
  }

  /** For spans: of a long summary only the first operation and its targets. */
  get spanName(): string | undefined {
    const { text } = this;
    if (text === undefined || text.length <= MAX_NAME || this.#first === undefined) return text;
    return this.#parts.slice(0, this.#first).join(' ');
  }

  /** Undefined if none or several. */
  get collection(): string | undefined {
    return this.#tables.size === 1 ? this.#tables.values().next().value : undefined;
  }

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

  /** @returns false for a name: `SELECT update FROM …` */
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
        // `SET` also occurs inside.
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
    // `MERGE … WHEN MATCHED THEN UPDATE SET …` has one.
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
    // Else FROM is an expression's: `EXTRACT(YEAR FROM day)`, `a IS DISTINCT FROM b`.
    return verb !== undefined && verbs.has(verb) && !(word === 'FROM' && this.#before === 'DISTINCT');
  }

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

  #named(name: string): void {
    const level = this.#level;
    const expected = this.#expects;
    this.#expects = undefined;
    if (level.with) this.#ctes.add(name);
    if (!expected) return;
    if (!this.#targets.includes(name)) {
      this.#hasTarget = true;
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

  /** A parenthesis follows: a function. */
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

  #settle(): void {
    if (this.#candidate === undefined) return;
    this.#tables.add(this.#candidate);
    this.#candidate = undefined;
  }

  #operate(operation: string): void {
    this.operation ??= operation;
    if (this.#hasTarget) this.#first ??= this.#parts.length;
    this.#add(operation);
  }

  #add(part: string): void {
    this.#length += part.length + 1;
    // Prevents adding a later, shorter part.
    if (this.#length <= MAX_SUMMARY + 1) this.#parts.push(part);
  }
}
