import { parseArgs } from 'node:util';
import { ALL_CHECKS } from './all-checks.js';
import { runChecks, type CheckResult } from './run-checks.js';
import { ServerUnderTest } from './server-under-test.js';

const USAGE = `Usage: npm run conformance -- --base-url URL --key KEY [options]

Checks whether a server answers POST /v1/completions, and what stands around it, as the protocol says.

  --model NAME       what to ask for (default: the first of GET /v1/models)
  --only TEXT        only checks whose section or name contains this
  --standard-only    leaves out what goes beyond OpenAI's protocol
  --json             one JSON object per check instead of a table

The exit code is 0 when every check passes, 1 when one fails, 2 when the command line is wrong.
`;

const say = (text: string): void => void process.stdout.write(text);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      'base-url': { type: 'string' },
      key: { type: 'string' },
      model: { type: 'string' },
      only: { type: 'string', default: '' },
      'standard-only': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    say(USAGE);
    return 0;
  }
  const { 'base-url': baseUrl, key } = values;
  if (baseUrl === undefined || key === undefined) throw new TypeError(`--base-url and --key are needed.\n\n${USAGE}`);
  const model = values.model ?? (await firstModel(baseUrl, key));
  const checks = ALL_CHECKS.filter(
    ({ section, name, isExtension }) =>
      `${section}: ${name}`.includes(values.only) && !(isExtension && values['standard-only']),
  );
  if (checks.length === 0) throw new TypeError(`No check has "${values.only}" in its section or name.`);
  const results = await runChecks(new ServerUnderTest({ baseUrl, key, model }), checks, (result) =>
    say(values.json ? `${JSON.stringify(result)}\n` : lineOf(result)),
  );
  const failed = results.filter(({ failure }) => failure !== null).length;
  if (!values.json) say(`\n${results.length - failed} passed, ${failed} failed, model ${model}\n`);
  return failed === 0 ? 0 : 1;
}

function lineOf({ section, name, isExtension, failure }: CheckResult): string {
  const head = `${failure === null ? 'pass' : 'FAIL'}  ${section.padEnd(12)}  ${isExtension ? '+ ' : '  '}${name}\n`;
  return failure === null ? head : `${head}      ${failure.trim().replaceAll('\n', '\n      ')}\n`;
}

async function firstModel(baseUrl: string, key: string): Promise<string> {
  const server = new ServerUnderTest({ baseUrl, key, model: '' });
  const { data } = (await server.get('/v1/models')) as { data: readonly { id: string }[] };
  const first = data[0]?.id;
  if (first === undefined) throw new TypeError('GET /v1/models names no model; say which with --model.');
  return first;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
