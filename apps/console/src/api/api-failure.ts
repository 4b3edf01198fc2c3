/** Why a request brought nothing: refused by the service, failed inside of it, or never answered. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';

  constructor(
    message: string,
    readonly kind: 'refused' | 'failed' | 'offline',
    /** 0 when nobody answered. */
    readonly status: number,
    /** A code of docs/errors.md; `offline` when nobody answered. */
    readonly code: string,
    /** The field that is at fault. */
    readonly param: string | null = null,
    readonly requestId: string | null = null,
  ) {
    super(message);
  }
}

const OFFLINE = 'The generator cannot be reached. Check that it runs and that this computer is connected to it.';

/** What an answer that is no success says, in the error shape of the API where it has that. */
export function failureOf(response: Response, body: unknown): ApiFailure {
  const kind = response.status >= 500 ? 'failed' : 'refused';
  const requestId = response.headers.get('x-request-id');
  const error = isRecord(body) && isRecord(body['error']) ? body['error'] : null;
  if (error === null) {
    const text = `The answer was ${response.status} ${response.statusText}, without an explanation: look into the log of the generator, or of the proxy before it.`;
    return new ApiFailure(text, kind, response.status, 'unexplained', null, requestId);
  }
  const { message, code, param } = error;
  return new ApiFailure(
    typeof message === 'string' ? message : 'No reason was given.',
    kind,
    response.status,
    typeof code === 'string' ? code : 'unexplained',
    typeof param === 'string' ? param : null,
    requestId,
  );
}

/** Whatever was thrown, as a failure that can be shown. */
export function toFailure(thrown: unknown): ApiFailure {
  if (thrown instanceof ApiFailure) return thrown;
  // What fetch throws when there is no answer; its own words differ from browser to browser.
  if (thrown instanceof TypeError) return new ApiFailure(OFFLINE, 'offline', 0, 'offline');
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new ApiFailure(text, 'failed', 0, 'console_error');
}

/** The message that belongs beside a field, if the failure is about it. */
export function problemOf(failure: ApiFailure | null, param: string): string | undefined {
  return failure?.param === param ? failure.message : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
