import type { ReactNode } from 'react';
import { ButtonLink } from '../../ui/button.js';
import { Empty } from '../../ui/states.js';

/** Stands where something is to be trained before any text was uploaded. */
export function NoText({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <Empty
      title="There is no text to train on"
      action={
        <ButtonLink href="/corpora" kind="primary" icon="upload">
          Upload text
        </ButtonLink>
      }
    >
      {children}
    </Empty>
  );
}
