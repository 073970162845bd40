/** A source is unreadable or without spans; the message is one line for users. */
export class UnreadableSource extends Error {
  /** Of the answer over HTTP. */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}
