'use strict';
// The least a service can do: what a tracer costs shows here undiluted.
const http = require('node:http');

const server = http.createServer((request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end('{"hello":"world"}');
});
server.listen(0, '127.0.0.1', () => process.send?.({ listening: server.address().port }));
process.on('SIGTERM', () => server.close());
