import { useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';
import { toFailure, type ApiFailure } from '../api/api-failure.js';
import { changes } from '../data/changes.js';
import { queries } from '../data/query-store.js';
import { Failure, Skeleton } from '../ui/states.js';
import { readMe } from './read-me.js';
import { session } from './session.js';
import { SignIn } from './sign-in.js';
import { allows } from './use-session.js';

/** Lets only those further who have a key that is good. */
export function SessionGate({ children }: { readonly children: ReactNode }): ReactNode {
  const { key, me, notice } = useSyncExternalStore(session.subscribe, () => session.state);
  useEffect(() => {
    if (me === null) return;
    // What another key was shown is not for this one.
    queries.clear();
    if (!allows(me, 'admin')) return;
    changes.start();
    return () => changes.stop();
  }, [me]);
  if (key === null) return <SignIn notice={notice} />;
  if (me === null) return <Resuming storedKey={key} />;
  return children;
}

/** After a reload of the page the key is there and has to be checked again. */
function Resuming({ storedKey }: { readonly storedKey: string }): ReactNode {
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    readMe(storedKey).then(
      (me) => {
        if (isCurrent) session.begin(storedKey, me);
      },
      (thrown: unknown) => {
        const failed = toFailure(thrown);
        if (!isCurrent) return;
        if (failed.status === 401) session.expire();
        else setFailure(failed);
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [storedKey, attempt]);
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <h1>Understudy</h1>
        {failure === null ? (
          <Skeleton lines={2} />
        ) : (
          <Failure
            of={failure}
            onRetry={() => {
              setFailure(null);
              setAttempt(attempt + 1);
            }}
          />
        )}
      </div>
    </main>
  );
}
