import { useState, type ReactNode } from 'react';
import { toFailure, type ApiFailure } from '../api/api-failure.js';
import { Button } from '../ui/button.js';
import { Failure, Notice } from '../ui/states.js';
import { TextField } from '../ui/inputs.js';
import { readMe } from './read-me.js';
import { session } from './session.js';

/** Asks for an API key. It is kept in this tab, until that is closed or somebody signs out. */
export function SignIn({ notice }: { readonly notice: string | null }): ReactNode {
  const [key, setKey] = useState('');
  const [isChecking, setChecking] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const signIn = async (): Promise<void> => {
    setChecking(true);
    setFailure(null);
    try {
      session.begin(key.trim(), await readMe(key.trim()));
    } catch (thrown) {
      setFailure(toFailure(thrown));
      setChecking(false);
    }
  };
  return (
    <main className="sign-in">
      <form
        className="sign-in-card"
        onSubmit={(event) => {
          event.preventDefault();
          void signIn();
        }}
      >
        <div className="row">
          <img src="/icon.svg" width="28" height="28" alt="" />
          <h1>Understudy</h1>
        </div>
        {notice !== null && failure === null && <Notice tone="warn">{notice}</Notice>}
        {failure !== null && <Failure of={failure} />}
        <TextField
          label="API key"
          type="password"
          mono
          required
          value={key}
          onChange={setKey}
          hint={
            <>
              <code>npm start</code> shows one the first time and keeps it in <code>admin-key</code> in its data folder.
              It is held in this tab only.
            </>
          }
        />
        <Button type="submit" kind="primary" busy={isChecking} disabled={key.trim() === ''}>
          Sign in
        </Button>
      </form>
    </main>
  );
}
