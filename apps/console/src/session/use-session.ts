import { useSyncExternalStore } from 'react';
import { session, type Me, type Scope } from './session.js';

/** Who is signed in, and what they may do; only below the sign-in. */
export function useSession(): {
  readonly me: Me;
  readonly can: (scope: Scope) => boolean;
  readonly signOut: () => void;
} {
  const { me } = useSyncExternalStore(session.subscribe, () => session.state);
  if (me === null) throw new Error('useSession was used outside of the signed-in part.');
  return { me, can: (scope) => allows(me, scope), signOut: () => session.end() };
}

/** Whether the key may be used for this; `admin` may do everything. */
export function allows(me: Me, scope: Scope): boolean {
  return me.scopes.includes(scope) || me.scopes.includes('admin');
}
