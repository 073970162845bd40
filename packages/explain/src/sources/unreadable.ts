/** A source is unreadable or without spans; the message is one line for users. */
export class UnreadableSource extends Error {}
