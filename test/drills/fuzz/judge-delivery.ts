import type { Delivery } from './deliver.js';
import type { RandomRequest } from './random-request.js';

const ERROR_KEYS = 'code,message,param,type';

/** What is wrong with the answer to a request, or `null`: an answer is a success or a 4xx with the shape of an error. */
export function judgeDelivery(request: RandomRequest, { status, body, failure }: Delivery): string | null {
  if (failure !== null) return request.mustBeAnswered ? failure : null;
  if (status >= 200 && status < 300) return request.isCompletion ? judgeCompletion(body) : null;
  if (status < 400 || status >= 500) return `status ${status}: ${body.slice(0, 200)}`;
  return hasErrorShape(body) ? null : `status ${status} without the shape of an error: ${body.slice(0, 200)}`;
}

function judgeCompletion(body: string): string | null {
  if (!body.startsWith('{')) {
    if (body.includes('\ndata: {"error"') || body.startsWith('data: {"error"'))
      return `a stream with an error: ${body.slice(-300)}`;
    return body.endsWith('data: [DONE]\n\n') ? null : `a stream without an end: ${body.slice(-200)}`;
  }
  const { object, choices } = JSON.parse(body) as { object?: unknown; choices?: unknown };
  return object === 'text_completion' && Array.isArray(choices) ? null : `not a completion: ${body.slice(0, 200)}`;
}

function hasErrorShape(body: string): boolean {
  try {
    const { error } = JSON.parse(body) as { error: Readonly<Record<string, unknown>> };
    return Object.keys(error).sort().join() === ERROR_KEYS && typeof error['message'] === 'string';
  } catch {
    return false;
  }
}
