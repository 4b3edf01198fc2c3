import { ApiProperty } from '@nestjs/swagger';

/** Counts of one part of the text. */
export class TextPart {
  @ApiProperty()
  documents!: number;

  @ApiProperty()
  tokens!: number;

  @ApiProperty({ description: 'Tokens that are not in the vocabulary.' })
  unknown_tokens!: number;

  @ApiProperty({ description: 'Share of the tokens that are in the vocabulary, 0 to 1.' })
  coverage!: number;
}

/** Whether the text is enough for a preset. */
export class PresetAdvice {
  @ApiProperty({ example: 'small' })
  preset!: string;

  @ApiProperty({ description: 'Computed with the vocabulary of this text.' })
  parameters!: number;

  @ApiProperty({ description: 'Training tokens for each parameter; 5 to 10 is the target.' })
  tokens_per_parameter!: number;

  @ApiProperty({ enum: ['below_target', 'target', 'above_target'] })
  verdict!: 'below_target' | 'target' | 'above_target';

  @ApiProperty({ description: 'Training tokens that are missing to 5 for each parameter.' })
  tokens_missing!: number;
}

/** Something noticed about a document or about the whole. */
export class Finding {
  @ApiProperty({ type: String, nullable: true, description: 'null when it is about the whole.' })
  document!: string | null;

  @ApiProperty({ example: 'near_duplicates' })
  code!: string;

  @ApiProperty()
  message!: string;
}

/** What a job with default settings would make of the text. */
export class TextReport {
  @ApiProperty({ description: 'The most important of it in a line.' })
  summary!: string;

  @ApiProperty({ enum: ['text', 'words'] })
  tokenization!: 'text' | 'words';

  @ApiProperty({ description: 'Seed of the split; a job with another one holds out other documents.' })
  seed!: number;

  @ApiProperty({ description: 'Files read, those that were left out included.' })
  files!: number;

  @ApiProperty({ description: 'Documents used.' })
  documents!: number;

  @ApiProperty({ type: TextPart })
  train!: TextPart;

  @ApiProperty({ type: TextPart })
  validation!: TextPart;

  @ApiProperty({ type: TextPart })
  test!: TextPart;

  @ApiProperty()
  vocabulary_size!: number;

  @ApiProperty({ description: 'Distinct words and marks of the training part.' })
  distinct_tokens!: number;

  @ApiProperty({ type: [PresetAdvice] })
  presets!: PresetAdvice[];

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'How many findings there are of each kind.',
  })
  finding_counts!: Record<string, number>;

  @ApiProperty({ type: [Finding], description: 'The first 200.' })
  findings!: Finding[];
}

/** Why nothing can be trained on a file. */
export class FileError {
  @ApiProperty({ example: 'corpus_empty' })
  code!: string;

  @ApiProperty()
  message!: string;
}

/** Answer to `GET /v1/files/{id}/report`. */
export class FileReport {
  @ApiProperty({ enum: ['file.report'] })
  object!: 'file.report';

  @ApiProperty()
  file_id!: string;

  @ApiProperty({ enum: ['uploaded', 'processed', 'error'] })
  status!: 'uploaded' | 'processed' | 'error';

  @ApiProperty({ type: FileError, nullable: true })
  error!: FileError | null;

  @ApiProperty({ type: TextReport, nullable: true, description: 'null until the text was looked at.' })
  report!: TextReport | null;
}
