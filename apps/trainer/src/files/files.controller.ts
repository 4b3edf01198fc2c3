import { Controller, Delete, Get, HttpCode, Param, Post, Query, Req, StreamableFile } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ArtifactStore } from '#artifacts';
import { CurrentApiKey, RequireScope, type ApiKeyIdentity } from '#observability';
import { Registry } from '#registry';
import type { Plain } from '../plain.js';
import { ArtifactSweeper } from '../training/artifact-sweeper.js';
import { DeletedFile, FileList, FileObject, ListFilesQuery } from './file.dto.js';
import { presentFile, presentFileList } from './file-presenter.js';
import { FileReport } from './file-report.dto.js';
import { presentFileReport } from './present-file-report.js';
import { UploadCorpus } from './upload-corpus.js';

/** Most files in one answer; `has_more` tells clients that asked for more to go on. */
const STORED_PAGE = 100;

/** `/v1/files`: the texts that models are trained on. */
@ApiTags('files')
@Controller('v1/files')
@RequireScope('training')
export class FilesController {
  constructor(
    private readonly registry: Registry,
    private readonly store: ArtifactStore,
    private readonly uploadCorpus: UploadCorpus,
    private readonly sweeper: ArtifactSweeper,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary:
      'Upload a corpus: .txt, .md, .jsonl with one {"text", "name"?} per line, or a .zip or .tar.gz of such files',
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody({
    schema: {
      type: 'object',
      required: ['file', 'purpose'],
      properties: { file: { type: 'string', format: 'binary' }, purpose: { type: 'string', enum: ['fine-tune'] } },
    },
  })
  @ApiOkResponse({ type: FileObject })
  async upload(@Req() request: FastifyRequest): Promise<Plain<FileObject>> {
    return presentFile(await this.uploadCorpus.fromRequest(request));
  }

  @Get()
  @ApiOperation({ summary: 'List files, newest first' })
  @ApiOkResponse({ type: FileList })
  async list(@Query() query: ListFilesQuery): Promise<Plain<FileList>> {
    return presentFileList(
      await this.registry.listCorpora({
        after: query.after,
        limit: Math.min(query.limit, STORED_PAGE),
        purpose: query.purpose,
      }),
    );
  }

  @Get(':id')
  @ApiOperation({ summary: 'Describe a file' })
  @ApiOkResponse({ type: FileObject })
  async get(@Param('id') id: string): Promise<Plain<FileObject>> {
    return presentFile(await this.registry.getCorpus(id));
  }

  @Get(':id/report')
  @ApiOperation({
    summary: 'What is in a text: documents, near duplicates, coverage, and whether it is enough for each preset',
  })
  @ApiOkResponse({ type: FileReport })
  async report(@Param('id') id: string): Promise<Plain<FileReport>> {
    const { corpus, report } = await this.registry.getCorpusReport(id);
    return presentFileReport(corpus, report);
  }

  @Get(':id/content')
  @ApiOperation({ summary: 'The bytes of a file, as they were uploaded' })
  @ApiProduces('application/octet-stream')
  async content(@Param('id') id: string): Promise<StreamableFile> {
    const corpus = await this.registry.getCorpus(id);
    const bytes = await this.store.openRead(corpus.sha256);
    return new StreamableFile(bytes, {
      type: 'application/octet-stream',
      length: corpus.sizeBytes,
      disposition: `attachment; filename*=UTF-8''${encodeURIComponent(corpus.filename)}`,
    });
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Delete a file that no queued or running job uses' })
  @ApiOkResponse({ type: DeletedFile })
  async delete(
    @Param('id') id: string,
    @CurrentApiKey() owner: ApiKeyIdentity,
    @Req() request: FastifyRequest,
  ): Promise<Plain<DeletedFile>> {
    const { corpus, bytesUnused } = await this.registry.deleteCorpus(id, owner.id, request.id);
    if (bytesUnused) await this.sweeper.remove(corpus.sha256);
    return { id, object: 'file', deleted: true };
  }
}
