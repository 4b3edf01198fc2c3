export { Tokenizer, type TokenizerJson, TURN_CHARACTERS } from './tokenizer.js';
export { type StreamDecoder } from './stream-decoder.js';
export { DOCUMENT_ID, PARAGRAPH_TOKEN, RESERVED_TOKENS, UNKNOWN_ID, type TokenizerMode } from './token-forms.js';
export { type BuiltVocabulary, type TokenRange, VocabularyBuilder } from './vocabulary-builder.js';
