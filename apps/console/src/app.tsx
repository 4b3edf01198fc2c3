import type { ReactNode } from 'react';
import { Routes } from './navigation/routes.js';
import { Shell } from './navigation/shell.js';
import { SessionGate } from './session/session-gate.js';
import { ConfirmHost } from './ui/confirm.js';
import { ToastHost } from './ui/toast.js';

/** The console. */
export function App(): ReactNode {
  return (
    <>
      <SessionGate>
        <Shell>
          <Routes />
        </Shell>
      </SessionGate>
      <ConfirmHost />
      <ToastHost />
    </>
  );
}
