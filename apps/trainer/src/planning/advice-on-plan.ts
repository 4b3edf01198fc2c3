import type { Corpus } from '#registry';
import type { Plain } from '../plain.js';
import type { PlanAdvice, PlanSize } from './plan.dto.js';

/** The ratio of the upgrade document: 5 to 10 training sequences for each parameter. */
const TARGET = 5;

/** What there is to know of a job that is planned. */
interface Planned {
  readonly preset: string;
  readonly corpus: Corpus;
  readonly size: Plain<PlanSize> | null;
  /** Whether a smaller preset was trained on the same file. */
  readonly hasSmaller: boolean;
}

/** What to think of before a job is made, the gravest first. */
export function adviceOn({ preset, corpus, size, hasSmaller }: Planned): Plain<PlanAdvice>[] {
  if (corpus.errorMessage !== null) {
    return [{ level: 'error', code: corpus.errorCode ?? 'server_error', message: corpus.errorMessage }];
  }
  if (size === null) {
    return [
      {
        level: 'info',
        code: 'not_inspected',
        message: 'The text is still being looked at; size and time are there when that is done.',
      },
    ];
  }
  if (size.steps === 0) {
    return [
      {
        level: 'error',
        code: 'corpus_too_small',
        message: `The training part has ${count(size.training_tokens)} tokens, which fill no batch. Add text, or lower batch_size or sequence_length.`,
      },
    ];
  }
  return [...adviceOnRatio(preset, size), ...adviceOnOrder(preset, hasSmaller)];
}

function adviceOnRatio(preset: string, size: Plain<PlanSize>): Plain<PlanAdvice>[] {
  const ratio = size.tokens_per_parameter.toFixed(size.tokens_per_parameter < 1 ? 2 : 1);
  if (size.tokens_missing === 0) {
    const message = `${ratio} training sequences for each parameter of ${preset}; ${TARGET} to ${2 * TARGET} is the target.`;
    return [{ level: 'info', code: 'enough_text', message }];
  }
  const more = `${count(size.tokens_missing)} more training tokens (${count(Math.round((100 * size.tokens_missing) / size.training_tokens))}%)`;
  const message = `${ratio} training sequences for each parameter of ${preset}; below ${TARGET} it may learn the text by heart. ${more} would make it ${TARGET}.`;
  return [{ level: 'warn', code: 'below_target', message }];
}

function adviceOnOrder(preset: string, hasSmaller: boolean): Plain<PlanAdvice>[] {
  if (preset === 'small') return [];
  if (hasSmaller) {
    const message = `A smaller model was trained on this file: the upgrade rules can say whether ${preset} is worth its time.`;
    return [{ level: 'info', code: 'ask_the_rules', message }];
  }
  const message = `Train small on this file first: its curve shows whether ${preset} is worth its time. An upgrade experiment does both and compares them.`;
  return [{ level: 'info', code: 'smaller_first', message }];
}

function count(value: number): string {
  return value.toLocaleString('en');
}
