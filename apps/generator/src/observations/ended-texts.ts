import type { ChoiceDelta } from '#language-model';
import type { EndedCompletion } from './bad-events.js';

/** So much of a text is looked at; a loop shows long before. */
const MOST_CHARACTERS = 4_000;

/** Gathers what a request streams, which nobody keeps otherwise. */
export class EndedTexts {
  readonly #choices = new Map<number, { text: string; finishReason: ChoiceDelta['finishReason'] }>();

  get choices(): EndedCompletion['choices'] {
    return [...this.#choices.values()];
  }

  /** A choice grows. */
  add(index: number, { text, finishReason }: ChoiceDelta): void {
    const choice = this.#choices.get(index) ?? { text: '', finishReason: null };
    this.#choices.set(index, choice);
    if (choice.text.length < MOST_CHARACTERS) choice.text += text;
    choice.finishReason = finishReason;
  }
}
