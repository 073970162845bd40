import { expect, it } from 'vitest';
import { containerIn } from './container.ts';

const ID = '3f4c9a1d0e7b2c5a8f6e1d4b7a0c3e9f2b5d8a1c4e7f0b3d6a9c2e5f8b1d4a70';
const OTHER = 'a0c3e9f2b5d8a1c4e7f0b3d6a9c2e5f8b1d4a703f4c9a1d0e7b2c5a8f6e1d4b7';
const UID = '0c1f3a52-7d7c-4c53-9a0e-6a2f1c9f6c11';
const ROOT = '1500 1402 0:250 / / rw,relatime master:450 - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/4GJ';
const hostname = (path: string): string =>
  `${ROOT}\n1511 1500 254:1 ${path}/hostname /etc/hostname rw,relatime - ext4 /dev/vda1 rw\n`;
const POD = `/var/lib/kubelet/pods/${UID}`;
const kubernetes = `${hostname(`/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/${OTHER}`)}1512 1500 254:1 ${POD}/etc-hosts /etc/hosts rw - ext4 /dev/vda1 rw
1513 1500 254:1 ${POD}/containers/orders/5e1d7a2b /dev/termination-log rw - ext4 /dev/vda1 rw\n`;

it.each<[string, string, string, object]>([
  ['no container', '0::/user.slice/user-0.slice/session-1.scope\n', `${ROOT}\n`, {}],
  ['Docker, v2', '0::/\n', hostname(`/var/lib/docker/containers/${ID}`), { 'container.id': ID }],
  ['Docker, v1', `12:memory:/docker/${ID}\n1:name=systemd:/docker/${ID}\n`, ROOT, { 'container.id': ID }],
  [
    'Podman, v2',
    '0::/\n',
    hostname(`/run/containers/storage/overlay-containers/${ID}/userdata`),
    { 'container.id': ID },
  ],
  ['Kubernetes, v2', '0::/\n', kubernetes, { 'k8s.pod.uid': UID, 'k8s.container.name': 'orders' }],
  [
    'Kubernetes, v1',
    `11:memory:/kubepods.slice/kubepods-pod0c1f3a52.slice/cri-containerd-${ID}.scope\n`,
    kubernetes,
    { 'container.id': ID, 'k8s.pod.uid': UID, 'k8s.container.name': 'orders' },
  ],
])('%s', (_, cgroup, mounts, attributes) => {
  expect(containerIn(cgroup, mounts)).toEqual(attributes);
});
