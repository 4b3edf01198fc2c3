export { CodedError, isCodedError, isErrorCode, type CodedErrorOptions } from './coded-error.js';
export { toErrorBody, type ErrorBody } from './error-body.js';
export { ERROR_CATALOGUE, type ErrorCode } from './error-catalogue.js';
export type { ErrorType } from './error-description.js';
export { renderErrorDocument } from './error-document.js';
