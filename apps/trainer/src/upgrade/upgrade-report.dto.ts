import { ApiProperty } from '@nestjs/swagger';
import { UpgradeComparison } from './upgrade-comparison.dto.js';

const VERDICTS = ['upgrade', 'keep_small', 'use_intermediate', 'collect_more_data'];
const ROLES = ['from', 'to', 'fallback'];
const RULE_SETS = ['literal', 'measured'];

/** What a value is held against. */
export class UpgradeRuleLimit {
  @ApiProperty({ enum: ['above', 'at least', 'below', 'at most'] })
  comparison!: string;

  @ApiProperty()
  value!: number;
}

/** A rule applied to a model. */
export class UpgradeRuleResult {
  @ApiProperty({ example: 'from_not_overfitting' })
  rule!: string;

  @ApiProperty({ enum: ROLES, description: 'Which of the models it is about.' })
  role!: string;

  @ApiProperty({ example: 'small' })
  preset!: string;

  @ApiProperty({ description: 'What is measured.' })
  subject!: string;

  @ApiProperty({ type: Number, nullable: true, description: 'null: not measured.' })
  value!: number | null;

  @ApiProperty({ type: UpgradeRuleLimit })
  limit!: UpgradeRuleLimit;

  @ApiProperty({ description: 'Of value and limit.' })
  unit!: string;

  @ApiProperty({ enum: ['pass', 'fail', 'warn', 'unknown'], description: 'warn is shown and stops nothing.' })
  outcome!: string;

  @ApiProperty({ description: 'What was found, as a sentence.' })
  detail!: string;

  @ApiProperty({ description: 'Where the limit comes from.' })
  source!: string;
}

/** What one rule set says. */
export class UpgradeRuleSetAdvice {
  @ApiProperty({ enum: RULE_SETS })
  ruleSet!: string;

  @ApiProperty({ enum: VERDICTS })
  verdict!: string;

  @ApiProperty({ type: [String] })
  reasons!: string[];

  @ApiProperty({ type: [UpgradeRuleResult] })
  rules!: UpgradeRuleResult[];
}

/** What both rule sets say. */
export class UpgradeRuleSets {
  @ApiProperty({ type: UpgradeRuleSetAdvice })
  literal!: UpgradeRuleSetAdvice;

  @ApiProperty({ type: UpgradeRuleSetAdvice })
  measured!: UpgradeRuleSetAdvice;
}

/** Training text for each parameter of a model. */
export class UpgradeDataRatio {
  @ApiProperty({ enum: ROLES })
  role!: string;

  @ApiProperty()
  preset!: string;

  @ApiProperty()
  parameters!: number;

  @ApiProperty({ description: 'One for each training token.' })
  trainingSequences!: number;

  @ApiProperty()
  ratio!: number;

  @ApiProperty({ description: 'Training tokens that are missing to 5 for each parameter.' })
  tokensMissing!: number;
}

/** How long a model was expected to train, and how long it took; seconds of training alone. */
export class UpgradeTimelineEntry {
  @ApiProperty({ enum: ROLES })
  role!: string;

  @ApiProperty()
  preset!: string;

  @ApiProperty()
  trainedTokens!: number;

  @ApiProperty({ type: Number, nullable: true, description: 'From the speed of matrix products on this machine.' })
  byEstimate!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'From the speed of the smaller model and the operations.' })
  byOperations!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'From the document: about 15% slower.' })
  byDocument!: number | null;

  @ApiProperty({ type: Number, nullable: true })
  actual!: number | null;
}

/** What the rules say. */
export class UpgradeReportAdvice {
  @ApiProperty({ enum: ['before', 'after'], description: 'Before or after the larger model was trained.' })
  stage!: string;

  @ApiProperty({ enum: RULE_SETS, description: 'The rule set that decides.' })
  policy!: string;

  @ApiProperty({ enum: VERDICTS })
  verdict!: string;

  @ApiProperty({ description: 'Training tokens to add, where the verdict is to collect more data; else 0.' })
  tokensNeeded!: number;

  @ApiProperty({ enum: ['to', 'fallback', 'nothing'], description: 'What is worth training next.' })
  next!: string;

  @ApiProperty({ type: UpgradeRuleSets })
  ruleSets!: UpgradeRuleSets;

  @ApiProperty({ type: [UpgradeDataRatio] })
  ratios!: UpgradeDataRatio[];

  @ApiProperty({ type: [UpgradeTimelineEntry] })
  timeline!: UpgradeTimelineEntry[];
}

/** What was measured for the rules. */
export class UpgradeReportEvidence {
  @ApiProperty({ type: UpgradeComparison, nullable: true, description: 'null when nothing was compared.' })
  comparison!: UpgradeComparison | null;
}

/** A report of the upgrade rules. */
export class UpgradeReportObject {
  @ApiProperty({ enum: ['understudy-upgrade-report'] })
  format!: string;

  @ApiProperty({ enum: [1] })
  version!: number;

  @ApiProperty({ description: 'ISO 8601.' })
  createdAt!: string;

  @ApiProperty({ description: 'Id of the experiment or the job.' })
  subject!: string;

  @ApiProperty({ description: 'Name of the training file.' })
  trainingFile!: string;

  @ApiProperty()
  seed!: number;

  @ApiProperty({ type: UpgradeReportAdvice })
  advice!: UpgradeReportAdvice;

  @ApiProperty({ type: UpgradeReportEvidence })
  evidence!: UpgradeReportEvidence;

  @ApiProperty({ type: String, nullable: true, required: false, description: 'The release that the verdict opened.' })
  release?: string | null;
}
