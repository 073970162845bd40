import { readFileSync } from 'node:fs';
import type { Attributes } from '@opentelemetry/api';

/** A container has some fifty mounts. */
const MOST = 64 * 1024;

const NAMESPACE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/** This process's container and pod, as the kernel shows them. */
export function containerAttributes(): Attributes {
  if (process.platform !== 'linux') return {};
  const found = containerIn(read('/proc/self/cgroup'), read('/proc/self/mountinfo'));
  const namespace = 'k8s.pod.uid' in found ? read(NAMESPACE).trim() : '';
  return { ...found, ...(namespace && { 'k8s.namespace.name': namespace }) };
}

/**
 * cgroup v1: the container's ID ends each hierarchy's path. v2: Docker's and Podman's mount of `/etc/hostname` has it.
 * The kubelet mounts the termination log from a folder with the pod's UID and the container's name.
 */
export function containerIn(cgroup: string, mounts: string): Attributes {
  const pod = /\/pods\/([\da-f-]{36})\/containers\/([\w.-]+)\//.exec(mounts);
  const id =
    /^\d+:.*\/(?:[a-z-]+-)?([\da-f]{64})(?:\.scope)?$/m.exec(cgroup) ??
    (pod ? null : /\/(?:overlay-)?containers\/([\da-f]{64})\/(?:userdata\/)?hostname /.exec(mounts));
  return {
    ...(id && { 'container.id': id[1]! }),
    ...(pod && { 'k8s.pod.uid': pod[1]!, 'k8s.container.name': pod[2]! }),
  };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1').slice(0, MOST);
  } catch {
    return '';
  }
}
