import { describe, expect, it } from 'vitest';
import { codeSamples } from './code-samples.js';

const BODY = {
  model: 'production',
  prompt: `It's a "night"\n$HOME \\ end`,
  max_tokens: 5,
  top_k: 40,
  ignore_eos: true,
  stream: true,
};

function sample(id: string): string {
  return codeSamples('http://127.0.0.1:4000', BODY).find((each) => each.id === id)?.text ?? '';
}

describe('code of the playground', () => {
  it('for the shell sends exactly the request, whatever is in the prompt', () => {
    const word = /-d ('[^]*')$/.exec(sample('curl'))?.[1] ?? '';
    // Parts in quotes, and quotes by themselves between them: nothing in it means anything to the shell.
    expect(word).toMatch(/^('[^']*'|\\')+$/);
    const text = word.replaceAll(/'([^']*)'|\\(')/g, (_, quoted?: string, quote?: string) => quoted ?? quote ?? '');
    expect(JSON.parse(text)).toEqual(BODY);
  });

  it('for Python puts what the client does not know into extra_body, with the words of Python', () => {
    expect(sample('python')).toContain('extra_body={"top_k": 40, "ignore_eos": True}');
    expect(sample('python')).toContain('stream=True');
  });

  it('for Node is an object literal of the same values', () => {
    const literal = /create\((\{.*?\n\})\);/s.exec(sample('node'))?.[1] ?? '';
    expect(JSON.parse(literal.replace(/^(\s+)(\w+):/gm, '$1"$2":'))).toEqual(BODY);
  });
});
