/** One measurement, as `--json` prints it. */
export type Measurement = Readonly<Record<string, unknown>> & { readonly bench: string };

/** Prints measurements as they come: as a table whose columns are the fields of the first, or as JSON lines. */
export class Report {
  private columns: string[] = [];
  private readonly startedMs = performance.now();

  constructor(private readonly json: boolean) {}

  add(measurement: Measurement): void {
    this.progress('');
    if (this.json) {
      console.log(JSON.stringify(measurement));
      return;
    }
    const fields = flatten(measurement);
    const names = Object.keys(fields);
    if (names.join() !== this.columns.join()) {
      this.columns = names;
      console.log(names.map((name) => name.padStart(width(name))).join('  '));
    }
    console.log(names.map((name) => format(fields[name]).padStart(width(name))).join('  '));
  }

  /** Something for a person to know while waiting; kept out of the JSON lines. */
  note(text: string): void {
    console.error(text);
  }

  /** One line that the next one overwrites, in a terminal; nothing elsewhere. */
  progress(text: string): void {
    if (process.stderr.isTTY) process.stderr.write(`\r${text}\x1b[K`);
  }

  end(): void {
    this.note(`done in ${((performance.now() - this.startedMs) / 1000).toFixed(0)} s`);
  }
}

const NARROWEST = 9;

function width(name: string): number {
  return Math.max(NARROWEST, name.length);
}

function flatten(value: Readonly<Record<string, unknown>>, prefix = ''): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, field]): [string, unknown][] =>
      typeof field === 'object' && field !== null
        ? Object.entries(flatten(field as Record<string, unknown>, `${prefix}${key}.`))
        : [[prefix + key, field]],
    ),
  );
}

function format(value: unknown): string {
  if (typeof value !== 'number') return String(value);
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
