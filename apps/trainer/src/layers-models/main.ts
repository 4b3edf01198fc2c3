import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openArtifactStore, type ArtifactStore } from '#artifacts';
import { loadConfig, type Config } from '#config';
import { migrate, openDatabase, startEmbeddedPostgres } from '#database';
import { exitWithError } from '#observability';
import { Registry } from '#registry';
import { exportModel, importModel } from './transfer-model.js';

const USAGE = `Usage: npm run tfjs -- export MODEL FOLDER
       npm run tfjs -- import MODEL.json VOCABULARY [options]

export writes a version (or checkpoint, preset, deployment) as a TensorFlow.js Layers model: model.json, weights, vocabulary.json.
import registers such a model, also one converted from Keras, as a version. VOCABULARY is a vocabulary.json of an export, a JSON
list of tokens, a JSON object from token to id (word_index), or a text file with one token per line.

  --suffix NAME       in the version's id
  --mode MODE         text, words or pretokenized (default: what the vocabulary says, else words)
  --unknown TOKEN     which token stands for unknown words (default: <unk> and its usual spellings)
  --document TOKEN    which token begins a document (default: <doc>, <eos>, <s> and the like, then <pad>)

DATABASE_URL, DATA_DIR, ARTIFACT_DIR and S3_BUCKET are read as by the services. Without DATABASE_URL it starts the project's own PostgreSQL,
so "npm start" must not be running.`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      suffix: { type: 'string' },
      mode: { type: 'string' },
      unknown: { type: 'string' },
      document: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const [verb, first, second, ...rest] = positionals;
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  if ((verb !== 'import' && verb !== 'export') || first === undefined || second === undefined || rest.length > 0) {
    process.stderr.write(`${USAGE}\n`);
    process.exitCode = 1;
    return;
  }
  const config = loadConfig();
  await withRegistry(config, async (registry, store) => {
    if (verb === 'export') {
      const id = await exportModel(registry, store, first, second);
      process.stdout.write(`${id} written to ${join(second, 'model.json')}\n`);
      return;
    }
    const version = await importModel(registry, store, { modelPath: first, vocabularyPath: second, ...values });
    process.stdout.write(`${version.id} registered: version ${version.number} of ${version.preset}\n`);
  });
}

async function withRegistry(
  config: Config,
  use: (registry: Registry, store: ArtifactStore) => Promise<void>,
): Promise<void> {
  const own =
    config.databaseUrl === null
      ? await startEmbeddedPostgres({ folder: join(config.dataDir, 'postgres'), port: config.postgresPort })
      : null;
  const connectionString = own?.connectionString ?? config.databaseUrl!;
  try {
    await migrate(connectionString);
    const database = openDatabase({ connectionString });
    const store = await openArtifactStore(config);
    try {
      await use(new Registry(database, { aliases: config.modelAliases }), store);
    } finally {
      store.close();
      await database.close();
    }
  } finally {
    await own?.stop();
  }
}

main().catch(exitWithError);
