import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsNumber, IsObject, IsOptional, Max, Min, ValidateNested } from 'class-validator';
import { CodedError, isCodedError } from '#errors';
import { parsePolicy, type ReleasePolicy } from '#release-policy';
import { LOSS_SHAPES, type TrafficModel } from '#release-policy/simulation';
import type { SimulationOrder } from './simulation.worker.js';

const MOST_RELEASES = 1_000;
const MOST_REQUESTS_PER_SECOND = 10_000;

/** What the simulated candidate does otherwise than its incumbent. */
class SimulatedEffectDto {
  @ApiPropertyOptional({ default: 0, description: 'Nats of loss per token, candidate less incumbent.' })
  @IsOptional()
  @Min(-10)
  @Max(10)
  @IsNumber()
  shift_nats?: number;

  @ApiPropertyOptional({ default: 1, description: 'How many times as many errors as the incumbent.' })
  @IsOptional()
  @Min(0)
  @Max(1_000)
  @IsNumber()
  errors_times?: number;

  @ApiPropertyOptional({ default: 1, description: 'How many times as many late answers as the incumbent.' })
  @IsOptional()
  @Min(0)
  @Max(1_000)
  @IsNumber()
  latency_times?: number;
}

/** Body of a question about a policy. */
export class PolicySimulationDto {
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'What it leaves out is taken from the policy that is built in.',
  })
  @IsOptional()
  @IsObject()
  policy?: Record<string, unknown>;

  @ApiPropertyOptional({ type: SimulatedEffectDto, description: 'What is wrong with the candidate, or better.' })
  @IsOptional()
  @ValidateNested()
  @Type(() => SimulatedEffectDto)
  effect?: SimulatedEffectDto;

  @ApiPropertyOptional({ default: 5, exclusiveMinimum: true, minimum: 0, maximum: MOST_REQUESTS_PER_SECOND })
  @IsOptional()
  @Min(0.001)
  @Max(MOST_REQUESTS_PER_SECOND)
  @IsNumber()
  requests_per_second?: number;

  @ApiPropertyOptional({ type: 'integer', default: 100, minimum: 1, maximum: MOST_RELEASES })
  @IsOptional()
  @Min(1)
  @Max(MOST_RELEASES)
  @IsInt()
  releases?: number;

  @ApiPropertyOptional({ default: 0.3, description: 'Standard deviation of the difference of a text, in nats.' })
  @IsOptional()
  @Min(0)
  @Max(10)
  @IsNumber()
  spread_nats?: number;

  @ApiPropertyOptional({ enum: LOSS_SHAPES, default: 'normal', description: 'How the differences are distributed.' })
  @IsOptional()
  @IsIn(LOSS_SHAPES)
  shape?: TrafficModel['shape'];

  @ApiPropertyOptional({ default: 0.001, description: "The incumbent's share of requests that fail." })
  @IsOptional()
  @Min(0)
  @Max(1)
  @IsNumber()
  error_rate?: number;

  @ApiPropertyOptional({ default: 0.01, description: "The incumbent's share of requests that are late." })
  @IsOptional()
  @Min(0)
  @Max(1)
  @IsNumber()
  latency_rate?: number;

  @ApiPropertyOptional({ default: false, description: 'Whether bad events come in storms.' })
  @IsOptional()
  @IsBoolean()
  storms?: boolean;

  @ApiPropertyOptional({ type: 'integer', default: 1, description: 'What is random: the same seed, the same answer.' })
  @IsOptional()
  @Min(0)
  @Max(1_000_000)
  @IsInt()
  seed?: number;
}

/** The same as plain data. */
type SimulationQuestion = Omit<PolicySimulationDto, 'effect'> & {
  readonly effect?: Pick<SimulatedEffectDto, keyof SimulatedEffectDto>;
};

/** The question as it is carried out. @throws invalid_value, unknown_parameter of the policy */
export function simulationOrder(dto: SimulationQuestion): SimulationOrder {
  const effect = dto.effect ?? {};
  const same: TrafficModel = {
    requestsPerSecond: dto.requests_per_second ?? 5,
    shiftNats: 0,
    spreadNats: dto.spread_nats ?? 0.3,
    shape: dto.shape ?? 'normal',
    eventRates: { errors: dto.error_rate ?? 0.001, latency: dto.latency_rate ?? 0.01 },
    eventRatios: {},
    storms: dto.storms ?? false,
    requestsPerClient: 1,
  };
  const changed: TrafficModel = {
    ...same,
    shiftNats: effect.shift_nats ?? 0,
    eventRatios: { errors: effect.errors_times ?? 1, latency: effect.latency_times ?? 1 },
  };
  return {
    policy: simulatedPolicy(dto.policy ?? {}),
    models: { same, changed },
    releases: dto.releases ?? 100,
    seed: dto.seed ?? 1,
  };
}

/** The policy of a question; an error names the field as it stands in the body. */
function simulatedPolicy(document: Record<string, unknown>): ReleasePolicy {
  try {
    return parsePolicy(document);
  } catch (error) {
    if (!isCodedError(error)) throw error;
    const param = error.param === null ? 'policy' : `policy.${error.param}`;
    throw new CodedError(error.code, `policy: ${error.message}`, { param, cause: error });
  }
}
