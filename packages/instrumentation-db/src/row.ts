/** What a simple statement does to the row that its WHERE names. */
export interface RowAccess {
  readonly access: string;
  /** Read or assigned, `*`: all; of others undefined. */
  readonly columns: string | undefined;
  readonly table: string;
  /** By column; undefined: no single row is named. */
  readonly key: readonly KeyPart[] | undefined;
}

export interface KeyPart {
  readonly column: string;
  /** Index of the parameter; else the text. */
  readonly value: number | string;
}
