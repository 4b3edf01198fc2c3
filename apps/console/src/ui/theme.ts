import { useSyncExternalStore } from 'react';

/** What a person chose; `system` follows the computer. */
export type ThemeChoice = 'system' | 'light' | 'dark';

interface Theme {
  readonly choice: ThemeChoice;
  readonly shown: 'light' | 'dark';
}

const STORED = 'understudy.theme';

/** The theme of the page, kept for the next visit. */
class ThemeStore {
  readonly #media = window.matchMedia('(prefers-color-scheme: dark)');
  readonly #listeners = new Set<() => void>();
  #theme: Theme;

  constructor() {
    this.#theme = this.#resolve(readChoice());
    this.#media.addEventListener('change', () => this.choose(this.#theme.choice));
    this.#show();
  }

  get theme(): Theme {
    return this.#theme;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly choose = (choice: ThemeChoice): void => {
    localStorage.setItem(STORED, choice);
    this.#theme = this.#resolve(choice);
    this.#show();
    for (const listener of this.#listeners) listener();
  };

  #resolve(choice: ThemeChoice): Theme {
    return { choice, shown: choice === 'system' ? (this.#media.matches ? 'dark' : 'light') : choice };
  }

  #show(): void {
    document.documentElement.dataset['theme'] = this.#theme.shown;
  }
}

function readChoice(): ThemeChoice {
  const stored = localStorage.getItem(STORED);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

const store = new ThemeStore();

/** The theme, and a way to choose another one. */
export function useTheme(): Theme & { readonly choose: (choice: ThemeChoice) => void } {
  return { ...useSyncExternalStore(store.subscribe, () => store.theme), choose: store.choose };
}
