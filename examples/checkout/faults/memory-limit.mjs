// A control group for processes that are to be killed when they take too much memory, as a container's are.
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const VERSIONS = [
  { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes' },
  { root: '/sys/fs/cgroup', limit: 'memory.max' },
];

export class MemoryLimit {
  #group;

  /**
   * Without the right to make a control group, as in most containers, nothing is limited.
   * @param {string} name
   * @param {number} megabytes for all of its processes together
   */
  constructor(name, megabytes) {
    for (const { root, limit } of VERSIONS)
      this.#group ??= made(path.join(root, `foreshock-${name}`), limit, megabytes);
    if (this.#group) process.once('exit', () => remove(this.#group));
  }

  /** A process that starts: what it took before does not count. */
  include(pid) {
    if (this.#group) writeFileSync(path.join(this.#group, 'cgroup.procs'), String(pid));
  }
}

function made(group, limit, megabytes) {
  try {
    mkdirSync(group);
    // The kernel makes it; elsewhere this is a plain directory.
    writeFileSync(path.join(group, limit), String(megabytes * 2 ** 20), { flag: 'r+' });
    return group;
  } catch {
    remove(group);
    return undefined;
  }
}

function remove(group) {
  try {
    rmdirSync(group);
  } catch {
    // It was not made, or a process of it has not ended yet.
  }
}
