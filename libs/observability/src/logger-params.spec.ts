import 'reflect-metadata';
import { Body, Controller, Module, Post, Req } from '@nestjs/common';
import { IsString } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { PinoLogger } from 'nestjs-pino';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createService } from './create-service.js';
import { addToRequestLog } from './request-log.js';
import { RequireScope } from './scopes.js';

class NoteDto {
  @IsString() text!: string;
}

@RequireScope('completions')
@Controller('notes')
class NotesController {
  constructor(private readonly logger: PinoLogger) {}

  @Post() write(@Body() note: NoteDto, @Req() { raw }: FastifyRequest): void {
    addToRequestLog(raw, { pages: 1, texts: [note.text] });
    addToRequestLog(raw, { pages: 2 });
    this.logger.info({ note, key: 'sk-private', headers: { authorization: 'Bearer sk-private' } }, 'written');
    if (note.text === 'private fail') throw new Error('no paper');
  }
}

@Module({ controllers: [NotesController] })
class NotesModule {}

/** Run as a process of its own: sends two requests to a service that logs to standard output. */
async function speak(): Promise<void> {
  const app = await createService(NotesModule, {
    logging: { name: 'notes', level: 'info', format: 'json', showTexts: process.argv.includes('--show-texts') },
    maxBodyBytes: 1000,
    verifyApiKey: () => Promise.resolve({ id: '1', name: 'clerk', scopes: ['completions'] }),
    docs: { title: 'Notes', description: '', version: '1' },
  });
  await app.listen(0, '127.0.0.1');
  for (const text of ['private', 'private fail']) {
    await fetch(`${await app.getUrl()}/notes?about=private`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: 'Bearer sk-private',
        'x-request-id': `trace-${text.length}`,
      },
      body: JSON.stringify({ text }),
    });
  }
  await app.close();
}

interface Line {
  readonly msg: string;
  readonly reqId?: string;
  readonly status?: number;
  readonly path?: string;
  readonly pages?: number;
  readonly texts?: unknown;
  readonly err?: { readonly stack: string };
}

if (process.argv.includes('--speak')) {
  await speak();
} else {
  describe('the log', () => {
    const script = fileURLToPath(import.meta.url);
    const { stdout, stderr } = spawnSync(process.execPath, [script, '--speak'], { encoding: 'utf8' });
    const linesOf = (output: string): Line[] =>
      output
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Line);
    const lines = linesOf(stdout);

    it('has a line for every request, with its id, path and status', () => {
      const requests = lines.filter(({ msg }) => msg.startsWith('request ') && msg !== 'request failed');
      expect(requests.map(({ reqId, status, path }) => ({ reqId, status, path }))).toEqual([
        { reqId: 'trace-7', status: 201, path: '/notes' },
        { reqId: 'trace-12', status: 500, path: '/notes' },
      ]);
      expect(stderr).toBe('');
    });

    it('has the stack of an error that nobody foresaw', () => {
      const failure = lines.find(({ msg }) => msg === 'request failed');
      expect(failure?.err?.stack).toContain('no paper');
      expect(failure?.reqId).toBe('trace-12');
    });

    it('has on the line of a request what was added for it', () => {
      expect(lines.filter(({ path }) => path !== undefined).map(({ pages }) => pages)).toEqual([2, 2]);
    });

    it('has texts only where they are asked for, and keys never', () => {
      const { stdout: open } = spawnSync(process.execPath, [script, '--speak', '--show-texts'], { encoding: 'utf8' });
      const shown = linesOf(open).filter(({ path }) => path !== undefined);
      expect(shown.map(({ texts }) => texts)).toEqual([['private'], ['private fail']]);
      expect(open).not.toContain('sk-private');
    });

    it('has no key, no text and no query of a request', () => {
      expect(lines.some(({ msg }) => msg === 'written')).toBe(true);
      expect(stdout).not.toContain('private');
    });
  });
}
