import { useState, useSyncExternalStore, type ReactNode } from 'react';
import { Button } from './button.js';
import { confirmations, type Confirmation, type Question } from './confirmations.js';
import { Dialog } from './dialog.js';
import { TextField } from './inputs.js';

/**
 * Asks before something is done that others feel.
 * @example if ((await confirm({ title: 'Roll back?', text: '...', action: 'Roll back', reason: 'optional' })) === null) return;
 */
export function useConfirm(): (question: Question) => Promise<Confirmation> {
  return confirmations.ask;
}

/** Where questions are asked; once on the page. */
export function ConfirmHost(): ReactNode {
  const asked = useSyncExternalStore(confirmations.subscribe, () => confirmations.asked);
  if (asked === null) return null;
  return <QuestionDialog key={asked.question.title} question={asked.question} onAnswer={asked.answer} />;
}

interface QuestionDialogProps {
  readonly question: Question;
  readonly onAnswer: (confirmation: Confirmation) => void;
}

function QuestionDialog({ question, onAnswer }: QuestionDialogProps): ReactNode {
  const { title, text, action, tone, reason: wanted, type } = question;
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const isReady = (wanted !== 'required' || reason.trim() !== '') && (type === undefined || typed === type);
  return (
    <Dialog open title={title} onClose={() => onAnswer(null)}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) onAnswer({ reason: reason.trim() });
        }}
      >
        <div>{text}</div>
        {wanted !== undefined && (
          <TextField
            label="Reason"
            hint="Goes into the audit."
            optional={wanted === 'optional'}
            value={reason}
            onChange={setReason}
          />
        )}
        {type !== undefined && <TextField label={`Type ${type} to go on`} mono value={typed} onChange={setTyped} />}
        <div className="row wrap" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={() => onAnswer(null)}>Cancel</Button>
          <Button type="submit" kind={tone === 'danger' ? 'danger' : 'primary'} disabled={!isReady}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
