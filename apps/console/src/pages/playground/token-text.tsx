import { useState, type KeyboardEvent, type ReactNode } from 'react';
import { percent } from '../../format/numbers.js';
import type { ShownChoice, ShownToken } from './completion-state.js';

/** Probabilities at which the shade changes. */
const DOUBT_BOUNDS = [0.5, 0.2, 0.05, 0.01];

/** A text whose tokens are shaded by how sure the model was; pointing at one, or the arrow keys, show what else it could have been. */
export function TokenText({
  choice,
  isRunning,
}: {
  readonly choice: ShownChoice;
  readonly isRunning: boolean;
}): ReactNode {
  const [chosen, setChosen] = useState<number | null>(null);
  const { tokens, finishReason } = choice;
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (direction === undefined || tokens.length === 0) return;
    event.preventDefault();
    setChosen((before) => Math.min(tokens.length - 1, Math.max(0, (before ?? -direction) + direction)));
  };
  const token = chosen === null ? undefined : tokens[chosen];
  return (
    <div className="stack">
      <div
        className="playground-text"
        tabIndex={0}
        role="group"
        aria-label="Generated text. The arrow keys go from token to token."
        onKeyDown={onKeyDown}
        onPointerLeave={() => setChosen(null)}
      >
        {tokens.map((each, index) => (
          <span
            key={index}
            className="playground-token"
            data-doubt={doubtOf(each)}
            data-chosen={index === chosen}
            onPointerEnter={() => setChosen(index)}
          >
            {each.text}
          </span>
        ))}
        {isRunning && <span className="playground-caret" aria-hidden="true" />}
        {tokens.length === 0 && !isRunning && <span className="muted">No text: the first token ended it.</span>}
      </div>
      <div className="playground-token-note" aria-live="polite">
        {token === undefined ? (
          <span className="muted">
            {finishReason === null ? 'Point at a word to see what else it could have been.' : endOf(finishReason)}
          </span>
        ) : (
          <Alternatives token={token} />
        )}
      </div>
    </div>
  );
}

function Alternatives({ token }: { readonly token: ShownToken }): ReactNode {
  if (token.logprob === null) return <span className="muted">Nothing was measured of this token.</span>;
  const others = token.alternatives.filter(([text]) => text !== token.text);
  return (
    <>
      <span className="playground-alternative" data-chosen="true">
        <code>{visible(token.text)}</code> {percent(Math.exp(token.logprob))}
      </span>
      {others.map(([text, logprob]) => (
        <span key={text} className="playground-alternative">
          <code>{visible(text)}</code> {percent(Math.exp(logprob))}
        </span>
      ))}
    </>
  );
}

/** From 0, the model was sure, to 4, it was surprised by what was drawn. */
function doubtOf({ logprob }: ShownToken): number | undefined {
  if (logprob === null) return undefined;
  const level = DOUBT_BOUNDS.findIndex((bound) => Math.exp(logprob) >= bound);
  return level === -1 ? DOUBT_BOUNDS.length : level;
}

function endOf(reason: string): string {
  if (reason === 'length') return 'Ended by the limit of tokens.';
  return reason === 'stop' ? 'Ended by itself or at a stop text.' : `Ended: ${reason}.`;
}

/** White space has to be seen, too. */
function visible(text: string): string {
  return text.replaceAll('\n', '↵').replace(/^ /, '␣');
}
