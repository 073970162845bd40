/** Of a holder's trace. */
export interface HolderSample {
  /** Of `Signals`. */
  at: number;
  /** Of its span. */
  start: number;
  end: number;
  ms: number;
}

/** The least or the most of its samples. */
interface Block {
  at: number;
  start: number;
  end: number;
  ms: number;
}

interface Part {
  at: number;
  ms: number;
}

const BLOCK = 32;

/** Many waits ask one holder: samples are sorted once, and looked at by blocks that can have one of the longest. */
export class LongestSamples {
  readonly #samples: HolderSample[];
  readonly #blocks: Block[] = [];
  /** Samples that were looked at. */
  visits = 0;

  constructor(samples: HolderSample[]) {
    this.#samples = samples.toSorted((a, b) => a.start - b.start || a.at - b.at);
    for (let from = 0; from < samples.length; from += BLOCK) {
      const block = { at: Infinity, start: this.#samples[from]!.start, end: 0, ms: 0 };
      for (const { at, end, ms } of this.#samples.slice(from, from + BLOCK)) {
        block.at = Math.min(block.at, at);
        block.end = Math.max(block.end, end);
        block.ms = Math.max(block.ms, ms);
      }
      this.#blocks.push(block);
    }
  }

  /** The longest parts between two times, longest first. */
  between(from: number, to: number, most: number): Part[] {
    const longest: Part[] = [];
    for (let block = 0; block < this.#blocks.length; block++) {
      const { at, start, end, ms } = this.#blocks[block]!;
      if (start >= to) break;
      if (!isLonger(longest, most, at, Math.min(ms, to - Math.max(from, start), end - from))) continue;
      const last = Math.min((block + 1) * BLOCK, this.#samples.length);
      for (let i = block * BLOCK; i < last; i++) this.#take(longest, most, this.#samples[i]!, from, to);
    }
    return longest;
  }

  #take(longest: Part[], most: number, { at, start, end, ms }: HolderSample, from: number, to: number): void {
    this.visits++;
    const part = Math.min(ms, Math.min(to, end) - Math.max(from, start));
    if (!isLonger(longest, most, at, part)) return;
    if (longest.length === most) longest.pop();
    let place = longest.length;
    while (place > 0 && isBefore(at, part, longest[place - 1]!)) place--;
    longest.splice(place, 0, { at, ms: part });
  }
}

function isLonger(longest: Part[], most: number, at: number, ms: number): boolean {
  return ms > 0 && (longest.length < most || isBefore(at, ms, longest[most - 1]!));
}

/** Of equal ones the earlier sample. */
function isBefore(at: number, ms: number, other: Part): boolean {
  return ms > other.ms || (ms === other.ms && at < other.at);
}
