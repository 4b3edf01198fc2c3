import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

/** Head of the OpenAPI document. */
export interface ApiDocsOptions {
  readonly title: string;
  readonly description: string;
  readonly version: string;
}

/** Serves the OpenAPI page at `/docs` and the document at `/docs/openapi.json`. */
export function setUpApiDocs(app: NestFastifyApplication, options: ApiDocsOptions): void {
  const head = new DocumentBuilder()
    .setTitle(options.title)
    .setDescription(options.description)
    .setVersion(options.version)
    .addBearerAuth()
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, head), {
    jsonDocumentUrl: 'docs/openapi.json',
    yamlDocumentUrl: 'docs/openapi.yaml',
  });
}
