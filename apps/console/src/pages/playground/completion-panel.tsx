import type { ReactNode } from 'react';
import { durationMs } from '../../format/times.js';
import { count, decimal, rate } from '../../format/numbers.js';
import { useSession } from '../../session/use-session.js';
import { Id } from '../../ui/id.js';
import { Section } from '../../ui/page.js';
import { Failure } from '../../ui/states.js';
import { TokenText } from './token-text.js';
import type { CompletionState } from './completion-state.js';
import type { Completion } from './use-completion.js';

/** What one version made of the prompt. */
export function CompletionPanel({
  title,
  completion,
}: {
  readonly title: string;
  readonly completion: Completion;
}): ReactNode {
  const { state, failure } = completion;
  return (
    <Section
      title={title}
      actions={state.version !== null && state.version !== title && <Id value={state.version} short />}
    >
      {failure !== null && <Failure of={failure} />}
      {state.phase === 'idle' && failure === null && (
        <p className="muted">The text appears here, each word shaded by how sure the model was of it.</p>
      )}
      {state.phase === 'running' && state.choices.length === 0 && <p className="muted">Waiting for the first token…</p>}
      {state.choices.map((choice, index) => (
        <TokenText key={index} choice={choice} isRunning={state.phase === 'running' && choice.finishReason === null} />
      ))}
      {state.phase === 'stopped' && <p className="muted">Stopped.</p>}
      {state.totalMs !== null && <Numbers state={state} />}
    </Section>
  );
}

function Numbers({ state }: { readonly state: CompletionState }): ReactNode {
  const { can } = useSession();
  const { choices, completionTokens, promptTokens, firstTokenMs, totalMs, id } = state;
  const tokens = completionTokens ?? choices.reduce((total, choice) => total + choice.tokens.length, 0);
  const logprobs = choices.flatMap((choice) => choice.tokens.flatMap(({ logprob }) => logprob ?? []));
  const nats = logprobs.length === 0 ? null : -logprobs.reduce((sum, each) => sum + each, 0) / logprobs.length;
  const decodeMs = totalMs === null || firstTokenMs === null ? null : totalMs - firstTokenMs;
  return (
    <div className="playground-numbers num">
      <span>
        <b>{count(tokens)}</b> tokens{promptTokens !== null && ` after ${count(promptTokens)}`}
      </span>
      {decodeMs !== null && decodeMs > 0 && tokens > 1 && (
        <span>
          <b>{rate((1000 * (tokens - 1)) / decodeMs, 'tok/s')}</b>
        </span>
      )}
      <span>
        first after <b>{durationMs(firstTokenMs)}</b>
      </span>
      <span>
        all after <b>{durationMs(totalMs)}</b>
      </span>
      {nats !== null && (
        <span title="Exponential of the mean loss of the tokens that were drawn">
          perplexity <b>{decimal(Math.exp(nats), 1)}</b>
        </span>
      )}
      {id !== null && <Id value={id} short {...(can('admin') && { href: `/completions/${encodeURIComponent(id)}` })} />}
    </div>
  );
}
