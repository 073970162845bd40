/** Accessors and class methods run on the original: a copy lacks private fields. */
export function copyOf(error: Error): Error {
  const prototype: object | null = Object.getPrototypeOf(error);
  const copy: Error = Object.setPrototypeOf(errorWithoutStack(), prototype);
  for (const key of Reflect.ownKeys(error)) {
    const property = Object.getOwnPropertyDescriptor(error, key)!;
    Object.defineProperty(copy, key, property.get ? accessorOn(error, property) : property);
  }
  for (let owner = prototype; owner && owner !== Error.prototype; owner = Object.getPrototypeOf(owner)) {
    for (const key of Reflect.ownKeys(owner)) {
      if (key === 'constructor' || Object.hasOwn(copy, key)) continue;
      const property = Object.getOwnPropertyDescriptor(owner, key)!;
      if (property.get) Object.defineProperty(copy, key, { ...accessorOn(error, property), enumerable: false });
      else if (typeof property.value === 'function') Object.defineProperty(copy, key, methodOn(error, property));
    }
  }
  return copy;
}

/** `util.types.isNativeError` stays true. */
function errorWithoutStack(): Error {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    const error = new Error();
    delete error.stack;
    return error;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function accessorOn(error: Error, { get, set, enumerable }: PropertyDescriptor): PropertyDescriptor {
  return { get: get?.bind(error), set: set?.bind(error), enumerable, configurable: true } as PropertyDescriptor;
}

function methodOn(error: Error, { value }: PropertyDescriptor): PropertyDescriptor {
  return { value: value.bind(error), writable: true, enumerable: false, configurable: true };
}
