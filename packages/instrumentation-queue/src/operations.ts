import { CommonAttributes, BoundedMap } from '@foreshock/kit';
import {
  MESSAGING_CONSUMER_GROUP_NAME,
  MESSAGING_DESTINATION_NAME,
  MESSAGING_OPERATION_NAME,
  MESSAGING_OPERATION_TYPE,
  MESSAGING_SYSTEM,
} from '@foreshock/kit/names';

/** Reply queues are unlimited. */
const MAX_DESTINATIONS = 256;

/** `messaging.operation.type` (conventions). */
export type OperationType = 'send' | 'receive' | 'process';

export interface Operation {
  /** For example `send emails`. */
  readonly spanName: string;
  readonly name: string;
  readonly type: OperationType;
  readonly group: string | undefined;
  readonly attributes: CommonAttributes;
}

export class Operations {
  readonly #known = new BoundedMap<string | undefined, Operation[]>(MAX_DESTINATIONS);

  /**
   * @param name such as `addBulk`
   * @param destination undefined for several
   * @param group consumer group
   */
  of(system: string, type: OperationType, name: string, destination: string | undefined, group?: string): Operation {
    const operations = this.#known.get(destination) ?? this.#known.set(destination, []);
    for (let i = 0; i < operations.length; i++) {
      const operation = operations[i]!;
      if (operation.name === name && operation.type === type && operation.group === group) return operation;
    }
    const attributes = new CommonAttributes({
      [MESSAGING_SYSTEM]: system,
      [MESSAGING_OPERATION_NAME]: name,
      [MESSAGING_OPERATION_TYPE]: type,
      [MESSAGING_DESTINATION_NAME]: destination,
      [MESSAGING_CONSUMER_GROUP_NAME]: group,
    });
    const spanName = destination === undefined ? type : `${type} ${destination}`;
    const operation = { spanName, name, type, group, attributes };
    operations.push(operation);
    return operation;
  }
}
