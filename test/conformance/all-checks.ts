import type { Check } from './check.js';
import { cancellationChecks } from './checks/cancellation-checks.js';
import { choiceChecks } from './checks/choice-checks.js';
import { endpointChecks } from './checks/endpoint-checks.js';
import { errorChecks } from './checks/error-checks.js';
import { extensionChecks } from './checks/extension-checks.js';
import { logprobChecks } from './checks/logprob-checks.js';
import { modelChecks } from './checks/model-checks.js';
import { promptChecks } from './checks/prompt-checks.js';
import { requestChecks } from './checks/request-checks.js';
import { responseChecks } from './checks/response-checks.js';
import { samplingChecks } from './checks/sampling-checks.js';
import { stopChecks } from './checks/stop-checks.js';
import { streamChecks } from './checks/stream-checks.js';

/** Everything that the contract promises, section by section. */
export const ALL_CHECKS: readonly Check[] = [
  ...requestChecks,
  ...promptChecks,
  ...choiceChecks,
  ...samplingChecks,
  ...stopChecks,
  ...logprobChecks,
  ...responseChecks,
  ...streamChecks,
  ...errorChecks,
  ...cancellationChecks,
  ...modelChecks,
  ...extensionChecks,
  ...endpointChecks,
];
