import { setTimeout as delay } from 'node:timers/promises';
import { environmentWith, loadConfig, type Config } from '#config';
import { isCodedError } from '#errors';
import { resolveHyperparameters } from '#language-model';
import { startBackend, type Backend } from './backend.js';
import { ensureModel } from './first-model.js';
import { measureCorpus, openFolderCorpus, type MeasuredCorpus } from './corpus/corpus-source.js';
import type { LauncherOptions } from './launcher-options.js';
import type { ServiceProcess } from './process/service-process.js';
import { Shutdown } from './process/shutdown.js';
import type { Terminal } from './terminal.js';
import { waitUntilUp } from './process/wait-until-up.js';

const SAMPLE_PROMPT = 'The';
const SAMPLE_TOKENS = 60;
const DEATH_NEWS_MS = 1000;

/** A start, from the outside. */
export interface LaunchOptions {
  readonly options: LauncherOptions;
  readonly terminal: Terminal;
  /** Aborted when a person asks for the end. */
  readonly stop: AbortSignal;
  readonly onStarted: (service: ServiceProcess) => void;
}

/**
 * Starts everything, trains a first model where there is none, serves it, finds out whether a larger one is worth it, and
 * serves on until it is told to stop.
 *
 * @throws StopRequested when it was told to stop, after everything was; a coded error when something failed
 */
export async function launch({ options, terminal, stop, onStarted }: LaunchOptions): Promise<never> {
  const config = loadConfig(environmentWith(options.settings));
  // What is wrong with the preset or the corpus is told before anything is started.
  resolveHyperparameters(options.preset);
  const corpus = options.corpus === null ? null : await readCorpus(options.corpus, terminal, stop);
  const failure = new AbortController();
  const signal = AbortSignal.any([stop, failure.signal]);
  const shutdown = new Shutdown();
  try {
    const backend = await startBackend({
      config,
      settings: options.settings,
      signal,
      shutdown,
      onStarted,
      onDeath: (error) => failure.abort(error),
    });
    announceServices(backend, config, terminal);
    const { deployment, dataDir, trainingThreads } = config;
    const context = { backend, options, corpus, deployment, dataDir, trainingThreads, terminal, signal };
    const { version, rest } = await ensureModel(context);
    await announceModel(backend, config, version, terminal, signal);
    await rest?.();
    return await untilAborted(signal);
  } catch (error) {
    // A request to a service that has just died fails a moment before the news of the death.
    if (error instanceof TypeError)
      await Promise.race([untilAborted(signal).catch(() => undefined), delay(DEATH_NEWS_MS)]);
    // What was under way when the signal came fails in its own words; the reason is what counts.
    throw signal.aborted && !isCodedError(error) ? signal.reason : error;
  } finally {
    if (stop.aborted) terminal.say('\nStopping ...');
    await shutdown.run();
  }
}

async function readCorpus(folder: string, terminal: Terminal, signal: AbortSignal): Promise<MeasuredCorpus> {
  const source = await openFolderCorpus(folder);
  terminal.say(`Reading ${source.description} ...`);
  return await measureCorpus(source, signal);
}

function announceServices({ trainer, generator, adminKey }: Backend, config: Config, terminal: Terminal): void {
  terminal.say(`Trainer    ${terminal.strong(trainer.url)}   files and training`);
  terminal.say(`Generator  ${terminal.strong(generator.url)}   completions and releases`);
  terminal.say(`Console    ${terminal.strong(`${generator.url}/`)}   in the browser; sign in with the API key`);
  terminal.say(`Data       ${terminal.strong(config.dataDir)}   database, models, logs`);
  if (adminKey.isNew) {
    terminal.say(`API key    ${terminal.strong(adminKey.key)}`);
    terminal.say(
      `           shown once and kept in ${adminKey.path}; send it as "Authorization: Bearer KEY". It may do everything.`,
    );
  }
  terminal.say();
}

async function announceModel(
  backend: Backend,
  config: Config,
  version: string | null,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const { generator, adminKey } = backend;
  if (version === null) {
    terminal.say(
      'No model is served yet: upload a file and start a fine-tuning job, or run npm start without --no-train.',
    );
  } else {
    await waitUntilUp('generator', `${generator.url}/health/ready`, signal);
    const { choices } = await generator.json<{ choices: { text: string }[] }>({
      path: '/v1/completions',
      body: { model: version, prompt: SAMPLE_PROMPT, max_tokens: SAMPLE_TOKENS, temperature: 0.7, seed: 1 },
      signal,
    });
    terminal.say(`Serving ${version} as "${config.deployment}". A completion of "${SAMPLE_PROMPT}":\n`);
    terminal.say(`  ${terminal.strong(SAMPLE_PROMPT)}${choices[0]?.text ?? ''}\n`);
    terminal.say('Ask for more in another terminal:\n');
    terminal.say(`  curl ${generator.url}/v1/completions \\`);
    terminal.say(`    -H "Authorization: Bearer $(cat ${adminKey.path})" -H "Content-Type: application/json" \\`);
    terminal.say(`    -d '{"model": "${config.deployment}", "prompt": "${SAMPLE_PROMPT}", "max_tokens": 60}'\n`);
  }
  terminal.say('Ctrl-C stops everything; npm start goes on from here.');
}

async function untilAborted(signal: AbortSignal): Promise<never> {
  // The timer only keeps the process alive; it is renewed until the signal comes.
  for (;;) await delay(2 ** 30, undefined, { signal });
}
