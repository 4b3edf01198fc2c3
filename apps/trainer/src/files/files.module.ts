import { Module } from '@nestjs/common';
import { CorpusInspector } from './corpus-inspector.js';
import { FilesController } from './files.controller.js';
import { UploadCorpus } from './upload-corpus.js';

/** Uploaded corpora. */
@Module({ controllers: [FilesController], providers: [UploadCorpus, CorpusInspector] })
export class FilesModule {}
