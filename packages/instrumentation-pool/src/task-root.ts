import { ROOT_CONTEXT, type Span } from '@opentelemetry/api';
import { LazyRoot, type Telemetry } from '@foreshock/kit';
import { JOB_SYSTEM } from '@foreshock/kit/names';

/** Root of a task without a caller's trace, made when something in its thread is traced. */
export class TaskRoot extends LazyRoot {
  readonly #telemetry: Telemetry;
  readonly #name: string;

  constructor(telemetry: Telemetry, name: string) {
    super(false, 0);
    this.#telemetry = telemetry;
    this.#name = name;
  }

  get start(): 'after' {
    return 'after';
  }

  protected makeSpan(startTime: number): Span {
    const { tracer, library } = this.#telemetry;
    const attributes = { [JOB_SYSTEM]: library };
    return tracer.startSpan(`job ${this.#name}`, { root: true, startTime, attributes }, ROOT_CONTEXT);
  }
}
