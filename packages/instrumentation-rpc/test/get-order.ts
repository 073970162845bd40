const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const parsed = (bytes: Buffer): any => JSON.parse(String(bytes));

/** `shop.Orders/Get`, of JSON; without the library, which an instrumented process loads itself. */
export const GET_ORDER = {
  path: '/shop.Orders/Get',
  requestStream: false,
  responseStream: false,
  requestSerialize: json,
  requestDeserialize: parsed,
  responseSerialize: json,
  responseDeserialize: parsed,
};
