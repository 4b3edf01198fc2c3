import { ApiProperty } from '@nestjs/swagger';

const ROLES = ['from', 'to', 'fallback'];

/** The text on which models were compared. */
export class UpgradeHeldOutText {
  @ApiProperty({ enum: ['test', 'validation'] })
  part!: string;

  @ApiProperty()
  documents!: number;

  @ApiProperty()
  tokens!: number;
}

/** How well a text was predicted. */
export class UpgradeScores {
  @ApiProperty({ description: 'Nats per token.' })
  lossNats!: number;

  @ApiProperty()
  perplexity!: number;

  @ApiProperty({ description: 'Share of the tokens that were the most likely one.' })
  top1!: number;
}

/** The interpolated trigram model that a model has to be better than. */
export class UpgradeBaseline {
  @ApiProperty({ type: UpgradeScores })
  evaluation!: UpgradeScores;

  @ApiProperty()
  trainingTokens!: number;

  @ApiProperty()
  distinctTrigrams!: number;
}

/** A model on the held-out text, measured by the serving runtime. */
export class UpgradeComparedModel {
  @ApiProperty({ enum: ROLES })
  role!: string;

  @ApiProperty()
  preset!: string;

  @ApiProperty()
  parameters!: number;

  @ApiProperty({ type: UpgradeScores })
  evaluation!: UpgradeScores;

  @ApiProperty({ description: 'Of scoring, one text after the other.' })
  tokensPerSecond!: number;
}

/** An estimate and its interval. */
export class UpgradeInterval {
  @ApiProperty()
  estimate!: number;

  @ApiProperty()
  low!: number;

  @ApiProperty()
  high!: number;
}

/** A model against the smaller one on the same tokens; positive numbers are in its favour. */
export class UpgradePairedResult {
  @ApiProperty({ enum: ['to', 'fallback'] })
  role!: string;

  @ApiProperty({ type: UpgradeInterval, description: 'Loss saved, in nats per token.' })
  gainNats!: UpgradeInterval;

  @ApiProperty({ type: UpgradeInterval, description: 'Accuracy won, in percentage points.' })
  gainPoints!: UpgradeInterval;

  @ApiProperty({ description: 'Share of the tokens on which its loss is the lower one.' })
  wins!: number;

  @ApiProperty({ example: 0.95 })
  confidence!: number;

  @ApiProperty()
  resamples!: number;

  @ApiProperty({ enum: ['documents', 'blocks'], description: 'What was drawn for the interval.' })
  unit!: string;

  @ApiProperty()
  units!: number;
}

/** What one model wrote. */
export class UpgradeSampleText {
  @ApiProperty({ enum: ROLES })
  role!: string;

  @ApiProperty()
  text!: string;
}

/** A prompt that each model went on with, with the same seed. */
export class UpgradeSample {
  @ApiProperty({ description: 'Beginning of a held-out document; empty: the beginning of a text.' })
  prompt!: string;

  @ApiProperty({ description: 'How the document goes on.' })
  original!: string;

  @ApiProperty({ type: [UpgradeSampleText] })
  texts!: UpgradeSampleText[];
}

/** What the comparison of the models measured. */
export class UpgradeComparison {
  @ApiProperty({ type: UpgradeHeldOutText })
  heldOut!: UpgradeHeldOutText;

  @ApiProperty({ type: UpgradeBaseline })
  baseline!: UpgradeBaseline;

  @ApiProperty({ type: [UpgradeComparedModel], description: 'The smaller one first.' })
  models!: UpgradeComparedModel[];

  @ApiProperty({ type: [UpgradePairedResult], description: 'One for each model but the smaller one.' })
  pairs!: UpgradePairedResult[];

  @ApiProperty({ type: [UpgradeSample] })
  samples!: UpgradeSample[];
}
