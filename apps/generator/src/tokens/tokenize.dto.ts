import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsBoolean, IsInt, IsNotEmpty, IsOptional, IsString, Min } from 'class-validator';

/** More ids than a body of the default size can hold. */
const MAX_TOKENS = 1_000_000;
const WHICH_MODEL = 'As of a completion; the deployment of this server when left out.';

/** Body of `POST /tokenize`. */
export class TokenizeDto {
  @ApiPropertyOptional({ type: String, nullable: true, description: WHICH_MODEL })
  @IsOptional()
  @IsNotEmpty()
  @IsString()
  model?: string | null;

  @ApiProperty({ description: 'The text to turn into token ids.' })
  @IsString()
  prompt!: string;

  @ApiPropertyOptional({
    type: Boolean,
    nullable: true,
    default: false,
    description: 'Puts the token first that begins a document. A completion reads it before every prompt by itself.',
  })
  @IsOptional()
  @IsBoolean()
  add_special_tokens?: boolean | null;

  @ApiPropertyOptional({
    type: Boolean,
    nullable: true,
    default: false,
    description: 'Tells how each token is spelled in the vocabulary, too.',
  })
  @IsOptional()
  @IsBoolean()
  return_token_strs?: boolean | null;
}

/** Body of `POST /detokenize`. */
export class DetokenizeDto {
  @ApiPropertyOptional({ type: String, nullable: true, description: WHICH_MODEL })
  @IsOptional()
  @IsNotEmpty()
  @IsString()
  model?: string | null;

  @ApiProperty({ type: [Number], description: 'Token ids.' })
  @Min(0, { each: true })
  @IsInt({ each: true })
  @ArrayMaxSize(MAX_TOKENS)
  @IsArray()
  tokens!: number[];
}

/** Query of `GET /tokenizer_info`. */
export class TokenizerQueryDto {
  @ApiPropertyOptional({ description: WHICH_MODEL })
  @IsOptional()
  @IsNotEmpty()
  @IsString()
  model?: string;
}
