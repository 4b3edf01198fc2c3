import type { DecodeSession, SequenceState } from '../sampling/decode-session.js';

/** A row of a decode session. Its index changes when a row before it leaves. */
export interface Row {
  readonly index: number;
}

/** Who is in which row of a session: the session keeps its rows together, so the last one moves where one leaves. */
export class RowTable {
  private readonly rows: { index: number }[] = [];

  constructor(private readonly session: DecodeSession) {}

  /** Rows that nobody is in. */
  get free(): number {
    return this.session.capacity - this.rows.length;
  }

  /** Rows that somebody is in. */
  get taken(): number {
    return this.rows.length;
  }

  /** Gives a sequence a row; `id` is what it reads next. There must be a free one. */
  join(state: SequenceState, id: number, inverseTemperature: number): Row {
    const row = { index: this.session.join(state) };
    this.rows.push(row);
    this.session.setId(row.index, id);
    this.session.inverseTemperatures[row.index] = inverseTemperature;
    return row;
  }

  /** Gives a row back. Results of the last step stay where they were, so nobody may read theirs any more. */
  leave(row: Row): void {
    const last = this.rows.pop()!;
    this.session.leave(row.index);
    if (last === row) return;
    this.rows[row.index] = last;
    last.index = row.index;
  }
}
