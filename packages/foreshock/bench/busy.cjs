// An event loop that is busy for 90 ms of every 100, and a pool whose connections are all out while callers wait.
const { Pool } = require('pg');

const pool = new Pool({ connectionString: process.env.POSTGRES_URL, max: 2 });
for (let i = 0; i < 2; i++) void pool.connect();
for (let i = 0; i < 50; i++) void pool.query('SELECT 1');
setInterval(() => {
  const until = performance.now() + 90;
  while (performance.now() < until);
}, 100);
console.log('READY');
