import type { ReactNode } from 'react';
import type { Scope } from './session.js';
import { useSession } from './use-session.js';

/** Shows its children to keys that may do what they offer. The service refuses the others all the same. */
export function IfScope({ scope, children }: { readonly scope: Scope; readonly children: ReactNode }): ReactNode {
  return useSession().can(scope) ? children : null;
}
