/** A request as programs write it. */
export interface CodeSample {
  readonly id: 'curl' | 'python' | 'node';
  readonly title: string;
  readonly text: string;
}

/** Fields that OpenAI's clients do not know: they take them in a place of their own. */
const EXTENSIONS = new Set([
  'top_k',
  'min_p',
  'typical_p',
  'repetition_penalty',
  'no_repeat_ngram_size',
  'min_tokens',
  'ignore_eos',
  'use_beam_search',
  'beam_width',
  'length_penalty',
  'truncate_prompt_tokens',
]);

/**
 * The same request for curl and for OpenAI's clients.
 * @param origin address of the service
 */
export function codeSamples(origin: string, body: Readonly<Record<string, unknown>>): readonly CodeSample[] {
  return [
    { id: 'curl', title: 'curl', text: curl(origin, body) },
    { id: 'python', title: 'Python', text: python(origin, body) },
    { id: 'node', title: 'Node.js', text: node(origin, body) },
  ];
}

function curl(origin: string, body: Readonly<Record<string, unknown>>): string {
  // A quote ends the text of the shell, is written by itself, and the text begins again.
  const json = JSON.stringify(body, null, 2).replaceAll("'", `'\\''`);
  const buffering = body['stream'] === true ? ' -N' : '';
  return `curl${buffering} ${origin}/v1/completions \\
  -H "Authorization: Bearer $UNDERSTUDY_KEY" \\
  -H "Content-Type: application/json" \\
  -d '${json}'`;
}

function python(origin: string, body: Readonly<Record<string, unknown>>): string {
  const [known, extra] = split(body);
  const fields = Object.entries(known).map(([name, value]) => `    ${name}=${pythonValue(value)},`);
  if (Object.keys(extra).length > 0) fields.push(`    extra_body=${pythonValue(extra)},`);
  const print =
    body['stream'] === true
      ? 'for chunk in completion:\n    if chunk.choices:\n        print(chunk.choices[0].text, end="")'
      : 'print(completion.choices[0].text)';
  return `import os
from openai import OpenAI

client = OpenAI(base_url="${origin}/v1", api_key=os.environ["UNDERSTUDY_KEY"])
completion = client.completions.create(
${fields.join('\n')}
)
${print}`;
}

function node(origin: string, body: Readonly<Record<string, unknown>>): string {
  const json = JSON.stringify(body, null, 2).replace(/^(\s+)"(\w+)":/gm, '$1$2:');
  const print =
    body['stream'] === true
      ? "for await (const chunk of completion) process.stdout.write(chunk.choices[0]?.text ?? '');"
      : 'console.log(completion.choices[0].text);';
  return `import OpenAI from 'openai';

const client = new OpenAI({ baseURL: '${origin}/v1', apiKey: process.env.UNDERSTUDY_KEY });
const completion = await client.completions.create(${json});
${print}`;
}

function split(body: Readonly<Record<string, unknown>>): [Record<string, unknown>, Record<string, unknown>] {
  const entries = Object.entries(body);
  return [
    Object.fromEntries(entries.filter(([name]) => !EXTENSIONS.has(name))),
    Object.fromEntries(entries.filter(([name]) => EXTENSIONS.has(name))),
  ];
}

/** JSON is Python but for three words. */
function pythonValue(value: unknown): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map(pythonValue).join(', ')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value as Record<string, unknown>);
    return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}: ${pythonValue(inner)}`).join(', ')}}`;
  }
  return JSON.stringify(value);
}
