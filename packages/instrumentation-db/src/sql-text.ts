/** In characters. */
const MAX_TEXT = 4096;

const VALUE_WORDS = new Set(['NULL', 'DEFAULT', 'null', 'default']);

/** Literal lists, `IN` lists and rows of values keep their first item. */
export class SqlText {
  #text = '';
  /** May still be left out. */
  #held = '';
  #space = false;
  #last: 'value' | 'comma' | 'other' = 'other';
  /** The last value was a literal. */
  #literal = false;
  #inList = false;
  #afterIn = false;
  #row = false;
  /** Another row may be left out. */
  #closedRow = false;
  #skipping = false;
  /** Numbers depend on the shortened list's length. */
  #renumbered = false;

  get value(): string {
    const text = this.#text + this.#held.trimEnd();
    return text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text;
  }

  get isBehindRow(): boolean {
    return this.#closedRow && this.#last === 'other';
  }

  get isInList(): boolean {
    return this.#inList && this.#last === 'value';
  }

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
    // Until list or row end or continue.
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
