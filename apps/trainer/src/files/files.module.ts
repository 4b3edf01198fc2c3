import { Module } from '@nestjs/common';
import { FilesController } from './files.controller.js';
import { UploadCorpus } from './upload-corpus.js';

/** Uploaded corpora. */
@Module({ controllers: [FilesController], providers: [UploadCorpus] })
export class FilesModule {}
