import type { SpanTable } from '../spans/span-table.ts';
import type { SpanValues } from '../spans/span-input.ts';
import { BytePattern } from './byte-pattern.ts';
import { JsonScanner, Unexpected } from './json-scanner.ts';
import { resourceOf } from './otlp-json.ts';
import { SpanScan } from './span-scan.ts';

const MOST_RESOURCES = 32;

/**
 * Several times as fast as `JSON.parse`: skips most attributes. For unusual input `read` returns false, without effect.
 */
export class OtlpScan {
  readonly #table: SpanTable;
  readonly #json = new JsonScanner();
  readonly #spans: SpanScan;
  /** The latest: a process repeats its own in each batch. */
  readonly #resources: { bytes: BytePattern; of: SpanValues['process'] }[] = [];
  readonly #noResource: SpanValues['process'];

  constructor(table: SpanTable) {
    this.#table = table;
    this.#spans = new SpanScan(this.#json, table);
    this.#noResource = table.processOf(resourceOf(undefined));
  }

  read(line: Buffer): boolean {
    if (!isOtlpLine(line)) return false;
    const { size, invalid } = this.#table;
    try {
      this.#json.start(line);
      this.#request();
      return true;
    } catch (error) {
      if (!(error instanceof Unexpected)) throw error;
      this.#table.truncate(size);
      this.#table.invalid = invalid;
      return false;
    }
  }

  #request(): void {
    const json = this.#json;
    json.enterObject();
    while (json.key()) {
      if (!json.is('resourceSpans')) json.skip();
      else if (json.enterList()) while (json.item()) this.#resourceSpans();
    }
    if (json.at !== json.bytes.length && json.bytes.toString('latin1', json.at).trim() !== '')
      throw new Unexpected('more');
  }

  #resourceSpans(): void {
    const json = this.#json;
    const scopes: number[] = [];
    let of: SpanValues['process'] | undefined;
    if (!json.enterObject()) return;
    while (json.key()) {
      if (json.is('resource')) of = this.#resource();
      else if (!json.is('scopeSpans')) json.skip();
      else if (of) this.#scopes(of);
      else {
        // The resource may follow them.
        scopes.push(json.at);
        json.skip();
      }
    }
    const end = json.at;
    for (const at of scopes) {
      json.at = at;
      this.#scopes(of ?? this.#noResource);
    }
    json.at = end;
  }

  #resource(): SpanValues['process'] {
    const json = this.#json;
    json.peek();
    const from = json.at;
    const known = this.#resources.find(({ bytes }) => bytes.isAt(json.view, from));
    if (known) {
      json.at = from + known.bytes.length;
      return known.of;
    }
    json.skip();
    const bytes = json.bytes.subarray(from, json.at);
    let of: SpanValues['process'];
    try {
      of = this.#table.processOf(resourceOf(JSON.parse(bytes.toString('utf8')) as Parameters<typeof resourceOf>[0]));
    } catch {
      throw new Unexpected('resource');
    }
    this.#resources.unshift({ bytes: new BytePattern(bytes), of });
    this.#resources.length = Math.min(this.#resources.length, MOST_RESOURCES);
    return of;
  }

  #scopes(of: SpanValues['process']): void {
    const json = this.#json;
    if (json.enterList()) while (json.item()) this.#scopeSpans(of);
  }

  #scopeSpans(of: SpanValues['process']): void {
    const json = this.#json;
    if (!json.enterObject()) return;
    while (json.key()) {
      if (!json.is('spans')) json.skip();
      else if (json.enterList()) while (json.item()) this.#spans.read(of);
    }
  }
}

/** How the lines of exporters begin. */
export const OTLP_BEGIN: Buffer = Buffer.from('{"resourceSpans"');

function isOtlpLine(line: Buffer): boolean {
  return line.length >= OTLP_BEGIN.length && OTLP_BEGIN.compare(line, 0, OTLP_BEGIN.length) === 0;
}
