'use strict';
// Loaded into every contender after its tracer, bare ones too: answers what can be asked from inside only.
// Nothing is loaded before it is asked for, and the channel keeps no process alive.

let session;

const answers = {
  /** Processor time of all threads, and of the main thread, µs. */
  cpu() {
    const all = process.cpuUsage();
    const main = process.threadCpuUsage();
    return { all: all.user + all.system, main: main.user + main.system };
  },
  /** Bytes. */
  memory: () => ({ now: process.memoryUsage.rss(), peak: process.resourceUsage().maxRSS * 1024 }),
  /** Every file V8 has compiled, however it was loaded. */
  files() {
    const inspector = new (require('node:inspector').Session)();
    inspector.connect();
    const urls = new Set();
    inspector.on('Debugger.scriptParsed', ({ params: { url } }) => {
      if (url.startsWith('file://') || url.startsWith('/')) urls.add(url);
    });
    inspector.post('Debugger.enable');
    inspector.disconnect();
    return [...urls];
  },
  startProfile({ intervalUs }) {
    session = new (require('node:inspector').Session)();
    session.connect();
    session.post('Profiler.enable');
    session.post('Profiler.setSamplingInterval', { interval: intervalUs });
    session.post('Profiler.start');
  },
  stopProfile() {
    let profile;
    session.post('Profiler.stop', (error, result) => (profile = result.profile));
    return profile;
  },
  startAllocations() {
    session.post('HeapProfiler.startSampling', {
      samplingInterval: 16 * 1024,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
  },
  stopAllocations() {
    let profile;
    session.post('HeapProfiler.stopSampling', (error, result) => (profile = result.profile));
    return profile;
  },
};

process.on('message', ({ id, ask, details }) => process.send({ id, value: answers[ask](details) }));
// The benchmark has died: so do its apps.
process.on('disconnect', () => process.exit(1));
// Worker threads have none.
process.channel?.unref();
