import type { Body, Item } from '../../../api/client.js';
import type { Job } from '../run-words.js';

type CreateJob = Body<'/v1/fine_tuning/jobs', 'post'>;
type CorpusFile = Item<'/v1/files'>;

/** What a person has written into the form. */
export interface RunRequest {
  /** A preset, or the model to go on from. */
  readonly model: string;
  readonly file: string;
  /** '': documents of the file are held out. */
  readonly validationFile: string;
  readonly suffix: string;
  readonly seed: number | null;
  /** By the API's names; what is not in it takes the default. */
  readonly settings: Readonly<Record<string, number | string>>;
}

/** Settings that every job tells although nobody asked for them. */
const ALWAYS_TOLD: Readonly<Record<string, unknown>> = { learning_rate_multiplier: 1 };

/** What the form begins with: an earlier run, what the address says, the newest file that can be trained on. */
export function initialRequest(
  like: Job | null,
  asked: { readonly file: string | null; readonly model: string | null },
  files: readonly CorpusFile[],
): RunRequest {
  const usable = files.filter(({ status }) => status !== 'error');
  const known = (id: string | null | undefined): string | undefined => files.find((file) => file.id === id)?.id;
  const settings = Object.entries(like?.hyperparameters ?? {}).filter(
    (entry): entry is [string, number | string] =>
      ALWAYS_TOLD[entry[0]] !== entry[1] && (typeof entry[1] === 'number' || typeof entry[1] === 'string'),
  );
  return {
    model: asked.model ?? like?.model ?? 'small',
    file: known(asked.file) ?? known(like?.training_file) ?? usable[0]?.id ?? files[0]?.id ?? '',
    validationFile: known(like?.validation_file) ?? '',
    suffix: like?.user_provided_suffix ?? '',
    seed: like?.seed ?? null,
    settings: Object.fromEntries(settings),
  };
}

/** The form as the API takes it. */
export function toBody({ model, file, validationFile, suffix, seed, settings }: RunRequest): CreateJob {
  return {
    model,
    training_file: file,
    ...(validationFile !== '' && { validation_file: validationFile }),
    ...(suffix.trim() !== '' && { suffix: suffix.trim() }),
    ...(seed !== null && { seed }),
    method: { type: 'supervised', supervised: { hyperparameters: settings } },
  };
}

/** A setting changed, or left to its default by null or ''. */
export function withSetting(request: RunRequest, name: string, value: number | string | null): RunRequest {
  const { [name]: _, ...others } = request.settings;
  return { ...request, settings: value === null || value === '' ? others : { ...others, [name]: value } };
}
