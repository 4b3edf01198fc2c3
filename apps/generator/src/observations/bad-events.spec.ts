import { describe, expect, it } from 'vitest';
import { CodedError } from '#errors';
import { DEFAULT_POLICY } from '#release-policy';
import { badEvents, type EndedCompletion } from './bad-events.js';

const POLICY = {
  metrics: {
    ...DEFAULT_POLICY.metrics,
    latency: { ...DEFAULT_POLICY.metrics.latency, limitMs: 100, limitMsPerToken: 10 },
  },
};
const FINE: EndedCompletion = {
  outcome: 'completed',
  error: null,
  totalMs: 50,
  completionTokens: 3,
  choices: [{ text: ' and so on', finishReason: 'stop' }],
};
const ASKED = { maxTokens: 16, stop: [], echo: false };

function metricsOf(ended: Partial<EndedCompletion>, asked: Partial<typeof ASKED> | { stop: string[] } = {}): string[] {
  return badEvents({ ...FINE, ...ended }, { ...ASKED, ...asked }, POLICY).map(({ metric }) => metric);
}

const choice = (text: string, finishReason: 'stop' | 'length' = 'stop') => ({ choices: [{ text, finishReason }] });

describe('of a request that is over', () => {
  it('nothing is wrong when all went well', () => {
    expect(metricsOf({})).toEqual([]);
  });

  it('a failure counts when it is the fault of the server', () => {
    expect(metricsOf({ outcome: 'failed', error: new Error('boom') })).toEqual(['errors']);
    expect(metricsOf({ outcome: 'failed', error: new CodedError('server_is_overloaded', 'x') })).toEqual(['errors']);
    expect(metricsOf({ outcome: 'failed', error: new CodedError('invalid_value', 'x') })).toEqual([]);
  });

  it('the time counts above the limit for as many tokens, also when the client has gone', () => {
    expect(metricsOf({ totalMs: 130 })).toEqual([]);
    expect(metricsOf({ totalMs: 131 })).toEqual(['latency']);
    expect(metricsOf({ totalMs: 131, completionTokens: 4 })).toEqual([]);
    expect(metricsOf({ totalMs: 5000, outcome: 'cancelled', choices: [] })).toEqual(['latency']);
    expect(metricsOf({ totalMs: 20, outcome: 'cancelled', choices: [] })).toEqual([]);
  });

  it('a loop, an empty text and a text that was cut count, each once', () => {
    expect(metricsOf(choice('a b a b a b'))).toEqual(['repetition']);
    expect(metricsOf(choice(' '))).toEqual(['empty_output']);
    expect(metricsOf(choice('and so', 'length'))).toEqual(['truncation']);
    const twice = [...choice('no no no no', 'length').choices, ...choice('no no no no', 'length').choices];
    expect(metricsOf({ choices: twice })).toEqual(['repetition', 'truncation']);
  });

  it('an empty text counts only where the client asked for one', () => {
    expect(metricsOf(choice('', 'length'), { maxTokens: 0 })).toEqual([]);
    expect(metricsOf(choice(''), { stop: ['.'] })).toEqual([]);
    expect(metricsOf(choice(''), { echo: true })).toEqual([]);
  });
});
