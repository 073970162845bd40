/** A source cannot be read or has no spans; its message is one line for users. */
export class UnreadableSource extends Error {}
