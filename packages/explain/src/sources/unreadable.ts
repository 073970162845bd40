/** A source that cannot be read, or holds something else than spans: one line for the person at the terminal. */
export class UnreadableSource extends Error {}
