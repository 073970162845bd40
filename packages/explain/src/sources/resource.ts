import type { SpanProcess } from '../spans/span-input.ts';
import type { Plain } from './attributes.ts';

/** Ours. */
export const CONFIG_FINGERPRINT = 'foreshock.config.fingerprint';

export class ResourceAttributes {
  #service = '';
  #version = '';
  #id = '';
  #host = '';
  #pid = '';
  #config = '';

  take(key: string, value: Plain): void {
    const text = String(value);
    if (key === 'service.name') this.#service = text;
    else if (key === 'service.version') this.#version = text;
    else if (key === 'service.instance.id') this.#id = text;
    else if (key === 'k8s.pod.name' || key === 'host.name' || key === 'hostname') this.#host ||= text;
    else if (key === 'process.pid') this.#pid = text;
    else if (key === CONFIG_FINGERPRINT) this.#config = text;
  }

  get process(): SpanProcess {
    return {
      service: this.#service || 'unknown_service',
      instance: this.#id || `${this.#host} ${this.#pid}`.trim(),
      version: this.#version,
      host: this.#host,
      config: this.#config,
    };
  }
}
