const REQUEST_LINE = /^[A-Z]{3,10} \S+ HTTP\/1\.[01]\r\n/;

/** Whether bytes begin a request: a body that follows in pieces is no call of its own. */
export function beginsRequest(text: string): boolean {
  return REQUEST_LINE.test(text);
}

/** What an overloaded server answers; the connection ends with it. */
export function refusal(status: number): Buffer {
  const body = 'injected by foreshock/chaos\n';
  return Buffer.from(
    `HTTP/1.1 ${status} Injected\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}
