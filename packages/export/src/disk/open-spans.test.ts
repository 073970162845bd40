import { describe, expect, it } from 'vitest';
import { OpenSpanCopy, readOpenSpans } from './open-span-copy.ts';
import { OpenSpanTable } from './open-span-table.ts';
import { makeSpoolMemory, OPEN_SPAN_BYTES, OPEN_SPANS } from './spool-memory.ts';

const ids = (last: number) => ({
  trace: { first: 0x04030201, second: 0, third: 0, fourth: last },
  first: 0x0d0c0b0a,
  second: last,
});

function setUp() {
  const memory = makeSpoolMemory();
  const table = new OpenSpanTable(memory);
  const copy = new OpenSpanCopy(memory);
  const file = Buffer.alloc(OPEN_SPANS * OPEN_SPAN_BYTES);
  let written = 0;
  const update = (endedOnly = false): string[] => {
    copy.update((bytes, at) => {
      bytes.copy(file, at);
      written += bytes.length;
    }, endedOnly);
    return readOpenSpans(file).map(({ name }) => name);
  };
  return { table, copy, file, update, written: () => written };
}

describe('the copy of open spans', () => {
  it('has what a span is known by', () => {
    const { table, update, file } = setUp();
    table.add('GET', 1, 1_700_000_000_000.25, ids(7), ids(6), '/orders/ä');
    update();
    update();
    expect(readOpenSpans(file)).toEqual([
      {
        name: 'GET',
        kind: 1,
        startMs: 1_700_000_000_000.25,
        traceId: '01020304000000000000000007000000',
        spanId: '0a0b0c0d07000000',
        parentSpanId: '0a0b0c0d06000000',
        detail: '/orders/ä',
      },
    ]);
  });

  it('has none that is over before the second look, and writes nothing for it', () => {
    const { table, update, written } = setUp();
    for (let i = 0; i < 1_000; i++) table.remove(table.add('short', 0, 1, ids(i), undefined, undefined));
    const open = table.add('short', 0, 1, ids(1), undefined, undefined);
    expect(update()).toEqual([]);
    table.remove(open);
    expect(update()).toEqual([]);
    expect(written()).toBe(0);
  });

  it('loses a span that has ended, before what comes of it is written', () => {
    const { table, update } = setUp();
    const first = table.add('first', 0, 1, ids(1), undefined, undefined);
    table.add('second', 0, 1, ids(2), undefined, undefined);
    update();
    expect(update()).toEqual(['first', 'second']);
    table.remove(first);
    expect(update(true)).toEqual(['second']);
  });

  it('has another span in the place of one that has ended', () => {
    const { table, update } = setUp();
    const first = table.add('first', 0, 1, ids(1), undefined, undefined);
    update();
    update();
    table.remove(first);
    table.add('second', 0, 1, ids(2), undefined, undefined);
    expect(update()).toEqual([]);
    expect(update()).toEqual(['second']);
    // The first has no place any more.
    table.remove(first);
    expect(update()).toEqual(['second']);
  });

  it('has the newest where there are too many', () => {
    const { table, update, copy } = setUp();
    for (let i = 0; i < OPEN_SPANS + 10; i++) table.add(`s${i}`, 0, 1, ids(i), undefined, undefined);
    update();
    const names = update();
    expect(names).toHaveLength(OPEN_SPANS);
    expect(copy.open).toBe(OPEN_SPANS);
    expect(names).toContain(`s${OPEN_SPANS + 9}`);
    expect(names).not.toContain('s0');
  });

  it('cuts long texts at whole characters', () => {
    const { table, update, file } = setUp();
    table.add('é'.repeat(100), 0, 1, ids(1), undefined, 'x'.repeat(500));
    update();
    update();
    expect(readOpenSpans(file)).toMatchObject([{ name: 'é'.repeat(28), detail: 'x'.repeat(80) }]);
  });

  it('is read without what is torn', () => {
    const { table, update, file } = setUp();
    for (const name of ['a', 'b', 'c']) table.add(name, 0, 1, ids(1), undefined, undefined);
    update();
    update();
    file[OPEN_SPAN_BYTES + 50]! ^= 1;
    expect(readOpenSpans(file.subarray(0, 3 * OPEN_SPAN_BYTES - 1)).map(({ name }) => name)).toEqual(['a']);
  });
});
