import { BoundedMap, CommonAttributes } from '@foreshock/kit';

const MAX_KNOWN = 200;

/** The scheme, and an authority: `dns://8.8.8.8/orders:50051`. */
const SCHEME = /^[\w+.-]{1,32}:(?:\/\/[^/]*\/)?/;

export interface Address {
  readonly address: string | undefined;
  readonly port: number | undefined;
}

const NOWHERE: Address = { address: undefined, port: undefined };

/** @param target with a scheme; several addresses are none */
function addressOf(target: string): Address {
  const rest = target.replace(SCHEME, '');
  if (target.startsWith('unix')) return { address: rest, port: undefined };
  return hostAndPort(rest);
}

/** @param authority IPv6 in brackets, if it has a port */
export function hostAndPort(authority: string): Address {
  if (authority === '' || authority.includes(',')) return NOWHERE;
  const [, inBrackets, name = inBrackets, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(authority) ?? [];
  return { address: name ?? authority, port: port === undefined ? undefined : Number(port) };
}

/** Without the slash. */
export function methodOf(path: string): string {
  return path.startsWith('/') ? path.slice(1) : path;
}

interface Target extends Address {
  /** `host:port`, for `propagateTo`. */
  readonly authority: string;
  readonly methods: BoundedMap<string, CommonAttributes>;
}

/** Each call to a method of a server shares its attributes. */
export class Targets {
  readonly #known = new BoundedMap<string, Target>(MAX_KNOWN);

  of(target: string): Target {
    const known = this.#known.get(target);
    if (known) return known;
    const { address, port } = addressOf(target);
    const name = address?.includes(':') ? `[${address}]` : (address ?? '');
    const authority = port === undefined ? name : `${name}:${port}`;
    return this.#known.set(target, { address, port, authority, methods: new BoundedMap(MAX_KNOWN) });
  }

  attributesOf({ address, port, methods }: Target, path: string): CommonAttributes {
    const known = methods.get(path);
    if (known) return known;
    const values = {
      'rpc.system.name': 'grpc',
      'rpc.method': methodOf(path),
      'server.address': address,
      'server.port': port,
    };
    return methods.set(path, new CommonAttributes(values, { system: 'grpc', address, port }));
  }
}
