const REQUEST_LINE = /^[A-Z]{3,10} \S+ HTTP\/1\.[01]\r\n/;

/** Later pieces of a body are not calls. */
export function beginsRequest(text: string): boolean {
  return REQUEST_LINE.test(text);
}

/** Closes the connection. */
export function refusal(status: number): Buffer {
  const body = 'injected by foreshock/chaos\n';
  return Buffer.from(
    `HTTP/1.1 ${status} Injected\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}
