import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Config } from '#config';
import { CurrentApiKey, RequireKey, type ApiKeyIdentity } from '#observability';
import { about, Answers, arrayOf, FIELD, objectSchema, oneOf } from '../admin/admin-docs.js';
import { CODE_VERSION } from '../code-version.js';
import { CONFIG } from '../generator-tokens.js';

const ME = objectSchema('key_owner', {
  id: FIELD.text,
  name: FIELD.text,
  scopes: about(
    arrayOf(oneOf(['completions', 'training', 'admin'])),
    'What the key may be used for; admin implies the others.',
  ),
  deployment: about(FIELD.text, 'The deployment that this generator serves.'),
  version: about(FIELD.text, 'Version of the code of this generator.'),
});

/** Who asks. */
@ApiTags('Server')
@RequireKey()
@Controller('v1/me')
export class MeController {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  @Get()
  @ApiOperation({ summary: 'Whom the API key belongs to, and what it may do' })
  @Answers(ME)
  read(@CurrentApiKey() { id, name, scopes }: ApiKeyIdentity): object {
    return { object: 'key_owner', id, name, scopes, deployment: this.config.deployment, version: CODE_VERSION };
  }
}
