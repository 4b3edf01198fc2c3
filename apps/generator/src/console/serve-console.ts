import { fileURLToPath } from 'node:url';
import serveFiles from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';

/** Where the build puts the console: from dist/apps/generator/src/console to dist/console. */
const FOLDER = fileURLToPath(new URL('../../../../console', import.meta.url));
const START_PAGE = 'index.html';

/** First parts of paths that are not the console's, whatever follows. */
const API_PATHS = new Set(['v1', 'health', 'metrics', 'docs', 'props', 'slots', 'tokenize', 'detokenize', 'assets']);

/** No script or style but our own files, nothing from elsewhere, in nobody's frame. */
const SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join(';');

/**
 * Serves the web console at `/`: its files as they were built and compressed, and its start page at every path that is neither a
 * file nor the API's, because the console has pages of its own there.
 */
export async function serveConsole(app: NestFastifyApplication): Promise<void> {
  await app.register(serveFiles, {
    root: FOLDER,
    // Every file is a route of its own: none is looked for at paths of the API.
    wildcard: false,
    globIgnore: ['**/*.br', '**/*.gz', START_PAGE],
    index: false,
    preCompressed: true,
    cacheControl: false,
    suppressWarning: true,
    setHeaders: (reply, path) => setHeaders(reply, path),
  });
  app
    .getHttpAdapter()
    .getInstance()
    .get('/*', (request, reply) => {
      const [path = ''] = request.url.split('?');
      const [, first = ''] = path.split('/');
      const isPage = !API_PATHS.has(first) && !/\.\w+$/.test(path);
      if (isPage) void reply.sendFile(START_PAGE);
      else reply.callNotFound();
    });
}

function setHeaders(reply: FastifyReply, path: string): void {
  // Files there have their hash in their name.
  const isImmutable = path.includes('/assets/');
  void reply.header('cache-control', isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache');
  void reply.header('content-security-policy', SECURITY_POLICY);
}
