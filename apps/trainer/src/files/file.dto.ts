import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';

/** Most files that one page lists, as in the OpenAI API. */
const MAX_FILES_PER_PAGE = 10_000;

/** Texts to train on, and what jobs have measured. */
const FILE_PURPOSES = ['fine-tune', 'fine-tune-results'] as const;

const FILE_STATUSES = ['uploaded', 'processed', 'error'] as const;
type FileStatus = (typeof FILE_STATUSES)[number];

/** Query of `GET /v1/files`. */
export class ListFilesQuery {
  @ApiPropertyOptional({ description: 'Id of the last file of the page before.' })
  @IsOptional()
  @IsString()
  after?: string;

  @ApiPropertyOptional({ type: Number, minimum: 1, maximum: MAX_FILES_PER_PAGE, default: MAX_FILES_PER_PAGE })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_FILES_PER_PAGE)
  limit: number = MAX_FILES_PER_PAGE;

  @ApiPropertyOptional({ enum: FILE_PURPOSES, description: 'Only files with this purpose.' })
  @IsOptional()
  @IsIn(FILE_PURPOSES)
  purpose?: (typeof FILE_PURPOSES)[number];
}

/** An uploaded file, in OpenAI's shape. */
export class FileObject {
  @ApiProperty({ example: 'file-3kV9bQyXw2Zr7Lm5TnPaHd' })
  id!: string;

  @ApiProperty({ enum: ['file'] })
  object!: 'file';

  @ApiProperty({ description: 'Size in bytes.' })
  bytes!: number;

  @ApiProperty({ description: 'Unix time in seconds.' })
  created_at!: number;

  @ApiProperty({ example: 'moby-dick.txt' })
  filename!: string;

  @ApiProperty({ enum: FILE_PURPOSES })
  purpose!: string;

  @ApiProperty({
    enum: FILE_STATUSES,
    description:
      '`uploaded` until its text was looked at; jobs may name it at once. One with `error` cannot be trained on.',
  })
  status!: FileStatus;

  @ApiProperty({ type: String, nullable: true, description: 'Why it cannot be trained on.' })
  status_details!: string | null;
}

/** A page of files. */
export class FileList {
  @ApiProperty({ enum: ['list'] })
  object!: 'list';

  @ApiProperty({ type: [FileObject] })
  data!: FileObject[];

  @ApiProperty({ type: String, nullable: true })
  first_id!: string | null;

  @ApiProperty({ type: String, nullable: true })
  last_id!: string | null;

  @ApiProperty()
  has_more!: boolean;
}

/** Answer to `DELETE /v1/files/{id}`. */
export class DeletedFile {
  @ApiProperty()
  id!: string;

  @ApiProperty({ enum: ['file'] })
  object!: 'file';

  @ApiProperty()
  deleted!: true;
}
