/** `wrong`: spans are or would be lost. `look`: perhaps intended. */
export type Level = 'wrong' | 'look' | 'ok';

/** A line of the report. */
export interface Finding {
  level: Level;
  /** One word: `node`, `backend`, … */
  about: string;
  text: string;
  todo?: string;
}

export function wrong(about: string, text: string, todo: string): Finding {
  return { level: 'wrong', about, text, todo };
}

export function look(about: string, text: string, todo: string): Finding {
  return { level: 'look', about, text, todo };
}

export function ok(about: string, text: string): Finding {
  return { level: 'ok', about, text };
}
