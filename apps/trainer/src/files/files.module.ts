import { Module } from '@nestjs/common';
import { TrainingModule } from '../training/training.module.js';
import { CorpusInspector } from './corpus-inspector.js';
import { FilesController } from './files.controller.js';
import { UploadCorpus } from './upload-corpus.js';

/** Uploaded corpora. */
@Module({
  imports: [TrainingModule],
  controllers: [FilesController],
  providers: [UploadCorpus, CorpusInspector],
})
export class FilesModule {}
