import type { ReactNode } from 'react';

/** What is asked before something is done that others feel. */
export interface Question {
  readonly title: string;
  /** What will happen. */
  readonly text: ReactNode;
  /** The verb on the button. */
  readonly action: string;
  readonly tone?: 'danger';
  /** Asks for the reason that goes into the audit. */
  readonly reason?: 'optional' | 'required';
  /** Has to be typed first, for what cannot be undone. */
  readonly type?: string;
}

/** What was answered; null: rather not. */
export type Confirmation = { readonly reason: string } | null;

interface Asked {
  readonly question: Question;
  readonly answer: (confirmation: Confirmation) => void;
}

/** The question that is asked now. */
class Confirmations {
  #asked: Asked | null = null;
  readonly #listeners = new Set<() => void>();

  get asked(): Asked | null {
    return this.#asked;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly ask = (question: Question): Promise<Confirmation> => {
    this.#asked?.answer(null);
    return new Promise((resolve) => {
      const answer = (confirmation: Confirmation): void => {
        this.#set(null);
        resolve(confirmation);
      };
      this.#set({ question, answer });
    });
  };

  #set(asked: Asked | null): void {
    this.#asked = asked;
    for (const listener of this.#listeners) listener();
  }
}

/** Asks before something is done. */
export const confirmations = new Confirmations();
