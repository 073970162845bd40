/** Items have their own neighbour fields: one {@link LinkedList} each. */
export interface Linked<T> {
  before: T | undefined;
  after: T | undefined;
}

/** A set without a growing hash table. */
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

  /** Oldest first; the current may be removed. */
  *[Symbol.iterator](): Generator<T> {
    for (let item = this.oldest; item;) {
      const next: T | undefined = item.after;
      yield item;
      item = next;
    }
  }
}
