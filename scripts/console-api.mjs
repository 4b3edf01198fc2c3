// Writes the types of the console's client, apps/console/src/generated/*.ts, from the OpenAPI documents of the compiled
// services. Nothing is started and no database is asked: the documents follow from the classes alone.
import 'reflect-metadata';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import openapiTS, { astToString } from 'openapi-typescript';
import { loadConfig } from '../dist/libs/config/src/index.js';
import { createGenerator } from '../dist/apps/generator/src/create-generator.js';
import { createTrainer } from '../dist/apps/trainer/src/create-trainer.js';
import { root } from './root.mjs';

// An address that nobody listens at: connections are opened when they are needed, and none is.
const databaseUrl = 'postgres://nobody@127.0.0.1:1/none';
const config = loadConfig({ DATABASE_URL: databaseUrl, LOG_LEVEL: 'silent' });
const folder = join(root, 'apps/console/src/generated');

mkdirSync(folder, { recursive: true });
await write('generator', await createGenerator(config, databaseUrl));
await write('trainer', await createTrainer(config));
// Queues may go on looking for their database.
process.exit(0);

async function write(name, app) {
  const document = SwaggerModule.createDocument(app, new DocumentBuilder().build());
  const path = join(folder, `${name}-api.ts`);
  const text = `// Made by scripts/console-api.mjs at every build.\n${astToString(await openapiTS(document, { defaultNonNullable: false }))}`;
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
}
