export { Tokenizer, type TokenizerJson } from './tokenizer.js';
export { type StreamDecoder } from './stream-decoder.js';
export { DOCUMENT_ID, LARGEST_VOCABULARY, TOKENIZER_MODES, type TokenizerMode, UNKNOWN_ID } from './token-forms.js';
export { type BuiltVocabulary, type TokenRange, VocabularyBuilder } from './vocabulary-builder.js';
