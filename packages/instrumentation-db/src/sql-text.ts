/** Longest query text that goes on a span, in characters. */
const MAX_TEXT = 4096;

/** Words that stand for a value in a row of values. */
const VALUE_WORDS = new Set(['NULL', 'DEFAULT', 'null', 'default']);

/**
 * The text of a query as it may be shown, put together token by token. A list of literals is written as one of them,
 * a list of parameters behind `IN` too, and rows of nothing but values as the first row: how many there are makes no
 * other query.
 */
export class SqlText {
  #text = '';
  /** What belongs to a list or a row that may be left out, while that is not known yet. */
  #held = '';
  #space = false;
  /** The token before, as far as lists go. */
  #last: 'value' | 'comma' | 'other' = 'other';
  /** The last value was a literal: a further one is left out. */
  #literal = false;
  /** In the parentheses right behind `IN`. */
  #inList = false;
  #afterIn = false;
  /** In parentheses that hold nothing but values so far. */
  #row = false;
  /** A row of values has just been closed: one more behind a comma is left out. */
  #closedRow = false;
  /** In a row that may be left out. */
  #skipping = false;
  /** Parameters behind a list that was shortened have numbers that depend on its length. */
  #renumbered = false;

  get value(): string {
    const text = this.#text + this.#held.trimEnd();
    return text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text;
  }

  /** What was closed last is a row of values: one more like it is left out. */
  get isBehindRow(): boolean {
    return this.#closedRow && this.#last === 'other';
  }

  /** What came last is a value of a list behind `IN`: further ones are left out. */
  get isInList(): boolean {
    return this.#inList && this.#last === 'value';
  }

  /** Of such rows or lists, more has been left out. */
  parametersLeftOut(): void {
    this.#renumbered = true;
  }

  space(): void {
    this.#space = true;
  }

  literal(): void {
    this.#value('?', true);
  }

  /** @param written `$1`, `?` */
  parameter(written: string): void {
    this.#value(this.#renumbered ? '?' : written, false);
  }

  /** A word, or a quoted name. */
  word(word: string): void {
    if (this.#row && VALUE_WORDS.has(word)) {
      if (!this.#skipping) this.#release();
      this.#last = 'other';
      return this.#write(word);
    }
    this.#release();
    this.#row = this.#closedRow = false;
    this.#last = 'other';
    this.#write(word);
    this.#afterIn = word === 'IN' || word === 'in';
  }

  punctuation(character: string): void {
    if (character === ',') return this.#comma();
    if (character === '(') {
      const follows = this.#closedRow && this.#last === 'comma';
      if (follows) this.#skipping = true;
      else this.#release();
      this.#row = true;
      this.#inList = this.#afterIn;
      this.#closedRow = this.#afterIn = false;
      this.#last = 'other';
      return this.#write(character);
    }
    if (character === ')' && this.#row) {
      if (this.#skipping) this.#drop();
      else this.#write(character);
      this.#closedRow = true;
      this.#row = this.#inList = this.#skipping = false;
      this.#last = 'other';
      return;
    }
    this.#release();
    this.#row = this.#closedRow = this.#inList = this.#afterIn = false;
    this.#last = 'other';
    this.#write(character);
  }

  #comma(): void {
    // Held until it is known whether the list, or the row, goes on.
    const holds = this.#skipping || this.#closedRow || this.#last === 'value';
    if (!holds) {
      this.#release();
      this.#last = 'other';
      return this.#write(',');
    }
    if (this.#space) this.#held += ' ';
    this.#space = false;
    this.#held += ',';
    this.#last = 'comma';
  }

  #value(written: string, literal: boolean): void {
    const goesOn = this.#last === 'comma' && !this.#closedRow && literal === this.#literal;
    this.#last = 'value';
    if (this.#skipping) {
      this.#literal = literal;
      return this.#write(written);
    }
    if (goesOn && (literal || this.#inList)) {
      this.#renumbered ||= !literal;
      this.#held = '';
      this.#space = false;
      return;
    }
    this.#literal = literal;
    this.#release();
    this.#closedRow = this.#afterIn = false;
    this.#write(written);
  }

  #write(part: string): void {
    const target = this.#space && (this.#text !== '' || this.#held !== '') ? ` ${part}` : part;
    this.#space = false;
    if (this.#skipping) this.#held += target;
    else if (this.#text.length <= MAX_TEXT) this.#text += target;
  }

  /** What was held is a part of the text after all. */
  #release(): void {
    this.#skipping = false;
    if (this.#held === '') return;
    this.#text += this.#held;
    this.#held = '';
  }

  #drop(): void {
    this.#held = '';
    this.#space = false;
    this.#renumbered ||= !this.#literal;
  }
}
