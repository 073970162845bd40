// An event loop that is busy for 90 ms of every 100.
setInterval(() => {
  const until = performance.now() + 90;
  while (performance.now() < until);
}, 100);
console.log('READY');
