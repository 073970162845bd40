// Preloaded into each service beside Foreshock: when the runner goes away in whatever manner, kill -9
// included, the pipe it holds to our stdin closes, and the service ends with it.
process.stdin.on('error', () => {});
process.stdin.on('close', () => process.exit(1));
process.stdin.resume();
process.stdin.unref();
