import { expect, it } from 'vitest';
import { LinkedList, type Linked } from './linked-list.ts';

class Item implements Linked<Item> {
  readonly name: string;
  before: Item | undefined;
  after: Item | undefined;

  constructor(name: string) {
    this.name = name;
  }
}

it('keeps the order, whichever element leaves', () => {
  const chain = new LinkedList<Item>();
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => new Item(name)) as [Item, Item, Item, Item];
  const names = (): string => [...chain].map(({ name }) => name).join('');
  for (const item of [a, b, c, d]) chain.add(item);
  expect([names(), chain.size, chain.oldest, chain.newest]).toEqual(['abcd', 4, a, d]);
  chain.remove(b);
  chain.remove(b);
  chain.remove(new Item('absent'));
  expect([names(), chain.size]).toEqual(['acd', 3]);
  chain.remove(a);
  chain.remove(d);
  expect([names(), chain.size, chain.oldest, chain.newest]).toEqual(['c', 1, c, c]);
  chain.remove(c);
  chain.add(b);
  expect([names(), chain.size]).toEqual(['b', 1]);
});

it('may be emptied while it is read', () => {
  const chain = new LinkedList<Item>();
  for (const name of 'abc') chain.add(new Item(name));
  for (const item of chain) chain.remove(item);
  expect([chain.size, chain.oldest, chain.newest]).toEqual([0, undefined, undefined]);
});
