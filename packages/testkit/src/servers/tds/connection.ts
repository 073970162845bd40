import type { Socket } from 'node:net';
import { i32, longText, Reader, shortText, u16, u64, u8 } from './bytes.ts';
import { SqlServerError, type Outcome, type Statements } from './statements.ts';
import { COLLATION, readParameter, rowsToken, type Parameter } from './values.ts';

const SQL_BATCH = 0x01;
const RPC = 0x03;
const ATTENTION = 0x06;
const TRANSACTION = 0x0e;
const LOGIN7 = 0x10;
const PRELOGIN = 0x12;

const REPLY = 0x04;
const HEADER = 8;
const LAST = 0x01;
const IGNORED = 0x02;
const PACKET = 4_096;

/** Of `DONE` tokens. */
const MORE = 0x01;
const FAILED = 0x02;
const COUNT = 0x10;
const ATTENDED = 0x20;

const DONE = 0xfd;
const DONE_PROC = 0xfe;
const DONE_IN_PROC = 0xff;

/** A client's: MS-TDS 7.4, without TLS, MARS, bulk loads. */
export class TdsConnection {
  readonly #socket: Socket;
  readonly #statements: Statements;
  readonly #database: string;
  readonly #prepared: string[] = [];
  #read = Buffer.alloc(0);
  #message: Buffer[] = [];
  #running: AbortController | undefined;
  #answered: Promise<void> | undefined;
  #transactions = 0;

  constructor(socket: Socket, statements: Statements, database: string) {
    this.#socket = socket;
    this.#statements = statements;
    this.#database = database;
  }

  open(): void {
    this.#socket.on('data', (data) => this.#receive(data));
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => this.#running?.abort());
  }

  #receive(data: Buffer): void {
    this.#read = Buffer.concat([this.#read, data]);
    while (this.#read.length >= HEADER) {
      const length = this.#read.readUInt16BE(2);
      if (this.#read.length < length) return;
      const [type = 0, status = 0] = this.#read;
      this.#message.push(this.#read.subarray(HEADER, length));
      this.#read = this.#read.subarray(length);
      if (!(status & LAST)) continue;
      const message = Buffer.concat(this.#message);
      this.#message = [];
      if (status & IGNORED) this.#send(done(DONE, 0));
      else if (type === ATTENTION) void this.#attend();
      else this.#answered = this.#answer(type, new Reader(message));
    }
  }

  /** After the answer that it ends. */
  async #attend(): Promise<void> {
    this.#running?.abort();
    await this.#answered;
    this.#send(done(DONE, ATTENDED));
  }

  async #answer(type: number, reader: Reader): Promise<void> {
    switch (type) {
      case PRELOGIN:
        // Version 16, encryption not supported.
        return this.#send(Buffer.from('000015000601001b000102001c000103001d0000ff1000000000000200', 'hex'));
      case LOGIN7:
        return this.#send(
          changed(1, shortText(this.#database), shortText('master')),
          changed(7, Buffer.concat([u8(COLLATION.length), COLLATION]), u8(0)),
          loginAck(),
          done(DONE, 0),
        );
      case SQL_BATCH:
        reader.skipHeaders();
        return this.#run(reader.rest(), [], (outcome) => [...rowsOf(outcome), done(DONE, COUNT, countOf(outcome))]);
      case RPC:
        reader.skipHeaders();
        return this.#call(reader);
      case TRANSACTION:
        reader.skipHeaders();
        return this.#transact(reader.number(2));
      default:
        this.#socket.destroy(new Error(`message ${type} is not known here`));
    }
  }

  async #call(reader: Reader): Promise<void> {
    const length = reader.number(2);
    const name = length === 0xffff ? reader.number(2) : reader.text(length);
    reader.number(2);
    const parameters: Parameter[] = [];
    while (!reader.isAtEnd) parameters.push(readParameter(reader));
    const texts = parameters.map(({ value }) => String(value));
    switch (name) {
      // sp_executesql
      case 10:
        return this.#runInProcedure(texts[0]!, parameters.slice(2));
      // sp_prepare
      case 11:
        return this.#send(returned(this.#prepared.push(texts[2]!)), done(DONE_PROC, 0));
      // sp_execute
      case 12:
        return this.#runInProcedure(this.#prepared[Number(texts[0]) - 1]!, parameters.slice(1));
      // sp_unprepare
      case 15:
        return this.#send(done(DONE_PROC, 0));
      default:
        return this.#send(
          failed(new SqlServerError(2_812, `Could not find stored procedure '${name}'.`)),
          done(DONE_PROC, FAILED),
        );
    }
  }

  #runInProcedure(text: string, parameters: Parameter[]): Promise<void> {
    return this.#run(text, parameters, (outcome) => [
      ...rowsOf(outcome),
      done(DONE_IN_PROC, MORE | COUNT, countOf(outcome)),
      Buffer.concat([u8(0x79), i32(0)]),
      done(DONE_PROC, 0),
    ]);
  }

  async #run(text: string, parameters: Parameter[], tokens: (outcome: Outcome) => Buffer[]): Promise<void> {
    const running = (this.#running = new AbortController());
    try {
      this.#send(...tokens(await this.#statements.run(text, parameters, running.signal)));
    } catch (error) {
      if (running.signal.aborted) this.#send(done(DONE, FAILED));
      else this.#send(failed(error as SqlServerError), done(DONE, FAILED));
    }
  }

  /** Only told: nothing is rolled back. */
  #transact(request: number): void {
    const change = { 5: 8, 7: 9, 8: 10 }[request];
    if (change === undefined) return this.#send(done(DONE, 0));
    if (change === 8) this.#transactions++;
    const descriptor = Buffer.concat([u8(8), u64(this.#transactions)]);
    this.#send(change === 8 ? changed(8, descriptor, u8(0)) : changed(change, u8(0), descriptor), done(DONE, 0));
  }

  #send(...tokens: Buffer[]): void {
    const message = Buffer.concat(tokens);
    for (let at = 0; at < message.length; at += PACKET - HEADER) {
      const part = message.subarray(at, at + PACKET - HEADER);
      const header = Buffer.alloc(HEADER);
      header[0] = REPLY;
      header[1] = at + part.length === message.length ? LAST : 0;
      header.writeUInt16BE(HEADER + part.length, 2);
      this.#socket.write(Buffer.concat([header, part]));
    }
  }
}

function rowsOf({ columns, rows }: Outcome): Buffer[] {
  return columns.length > 0 ? [rowsToken(rows, columns)] : [];
}

function countOf({ columns, rows, changes }: Outcome): number {
  return columns.length > 0 ? rows.length : changes;
}

function token(type: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([u8(type), u16(body.length), body]);
}

/** `ENVCHANGE` */
function changed(type: number, now: Buffer, before: Buffer): Buffer {
  return token(0xe3, u8(type), now, before);
}

function loginAck(): Buffer {
  return token(0xad, u8(1, 0x74, 0, 0, 4), shortText('test server'), u8(16, 0, 0, 0));
}

function failed({ number, message }: SqlServerError): Buffer {
  // State 1, class 16.
  return token(0xaa, i32(number), u8(1, 16), longText(message), shortText('test'), shortText(''), i32(1));
}

/** `RETURNVALUE` of an integer. */
function returned(value: number): Buffer {
  return Buffer.concat([u8(0xac), u16(0), shortText('handle'), u8(1), i32(0), u16(0), u8(0x26, 4, 4), i32(value)]);
}

function done(type: number, status: number, rows = 0): Buffer {
  return Buffer.concat([u8(type), u16(status), u16(0), u64(rows)]);
}
