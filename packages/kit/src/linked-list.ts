/** What can be in one {@link LinkedList} at a time: its neighbours are properties of its own. */
export interface Linked<T> {
  before: T | undefined;
  after: T | undefined;
}

/** Things in the order in which they came, each out again at any time: what a `Set` does, without a table that grows. */
export class LinkedList<T extends Linked<T>> {
  oldest: T | undefined;
  newest: T | undefined;
  size = 0;

  add(item: T): void {
    const { newest } = this;
    item.before = newest;
    if (newest) newest.after = item;
    else this.oldest = item;
    this.newest = item;
    this.size++;
  }

  /** Does nothing with one that is not in it. */
  remove(item: T): void {
    const { before, after } = item;
    if (!before && this.oldest !== item) return;
    if (before) before.after = after;
    else this.oldest = after;
    if (after) after.before = before;
    else this.newest = before;
    item.before = item.after = undefined;
    this.size--;
  }

  /** From the oldest on; the one just given may be removed. */
  *[Symbol.iterator](): Generator<T> {
    for (let item = this.oldest; item;) {
      const next: T | undefined = item.after;
      yield item;
      item = next;
    }
  }
}
