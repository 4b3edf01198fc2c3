import { Body, Controller, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '#observability';
import { Registry } from '#registry';
import type { PolicyVersion } from '#registry/releases';
import { DEFAULT_POLICY, parsePolicy, policyInWords } from '#release-policy';
import type { Schema } from '../error-docs.js';
import { POLICY_SIMULATION, policySimulationObject } from '../policy-simulation/policy-simulation-object.js';
import { PolicySimulationDto, simulationOrder } from '../policy-simulation/policy-simulation.dto.js';
import { PolicySimulator } from '../policy-simulation/policy-simulator.js';
import { unixSeconds } from '../unix-seconds.js';
import { about, Answers, AnswersList, arrayOf, FIELD, nullable, objectSchema } from './admin-docs.js';
import { CurrentActor, type RequestActor } from './current-actor.js';
import { IdempotentWrite } from './idempotency/idempotent-write.js';
import { listObject, PageQueryDto, pageOf, type ListObject } from './page-query.dto.js';

const DOCUMENT: Schema = {
  ...FIELD.anything,
  description: 'What it leaves out is taken from the example, which is the policy that is built in.',
  example: DEFAULT_POLICY,
};

const IN_WORDS = about(arrayOf(FIELD.text), 'What it comes to, a sentence each.');

const POLICY = objectSchema('policy', {
  name: FIELD.text,
  version: about(FIELD.count, 'Counts what was written under the name; 0 is the one that is built in.'),
  document: DOCUMENT,
  in_words: IN_WORDS,
  created_at: nullable(FIELD.time),
  created_by: nullable(FIELD.text),
});

const CHECKED_POLICY = objectSchema('checked_policy', { document: DOCUMENT, in_words: IN_WORDS });

/** What releases go by. A policy is never changed: another version of it is written. */
@ApiTags('Administration')
@RequireScope('admin')
@Controller('v1/admin/policies')
export class PoliciesController {
  constructor(
    private readonly registry: Registry,
    private readonly simulator: PolicySimulator,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List policies by name, each in its newest version; after = the last name' })
  @AnswersList(POLICY)
  async list(@Query() query: PageQueryDto): Promise<ListObject<object>> {
    const policies = await this.registry.releases.listPolicies();
    return listObject(
      pageOf(policies, query, ({ name }) => name),
      policyObject,
    );
  }

  @Get(':name')
  @ApiOperation({ summary: 'The newest version of a policy' })
  @Answers(POLICY)
  async read(@Param('name') name: string): Promise<object> {
    return policyObject(await this.registry.releases.getPolicy(name));
  }

  @Get(':name/versions')
  @ApiOperation({ summary: 'What was written under a name, the newest first; after = the last version' })
  @AnswersList(POLICY)
  async versions(@Param('name') name: string, @Query() query: PageQueryDto): Promise<ListObject<object>> {
    await this.registry.releases.getPolicy(name);
    const versions = await this.registry.releases.listPolicyVersions(name);
    return listObject(
      pageOf(versions, query, ({ version }) => String(version)),
      policyObject,
    );
  }

  @Post('check')
  @HttpCode(200)
  @IdempotentWrite()
  @ApiOperation({ summary: 'Check a policy without writing it: the answer is all that it would say' })
  @ApiBody({ schema: DOCUMENT })
  @Answers(CHECKED_POLICY)
  check(@Body() document: Record<string, unknown>): object {
    const policy = parsePolicy(document);
    return { object: 'checked_policy', document: policy, in_words: policyInWords(policy) };
  }

  @Post('simulate')
  @HttpCode(200)
  @IdempotentWrite()
  @ApiOperation({ summary: 'Carry releases out on simulated traffic: false alarms, power and time of a policy' })
  @Answers(POLICY_SIMULATION)
  async simulate(@Body() dto: PolicySimulationDto): Promise<object> {
    const order = simulationOrder(dto);
    return policySimulationObject(order, await this.simulator.simulate(order));
  }

  @Put(':name')
  @IdempotentWrite()
  @ApiOperation({ summary: 'Write a policy, or a new version of it; releases that are open keep theirs' })
  @ApiBody({ schema: DOCUMENT })
  @Answers(POLICY)
  async write(
    @Param('name') name: string,
    @Body() document: Record<string, unknown>,
    @CurrentActor() actor: RequestActor,
  ): Promise<object> {
    return policyObject(await this.registry.releases.writePolicy(name, document, actor));
  }
}

function policyObject({ name, version, document, createdAt, createdBy }: PolicyVersion): object {
  return {
    object: 'policy',
    name,
    version,
    document,
    in_words: policyInWords(document),
    created_at: createdAt === null ? null : unixSeconds(createdAt),
    created_by: createdBy,
  };
}
