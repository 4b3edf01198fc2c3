/** Injection token of the `Config` of this process. */
export const CONFIG = Symbol('CONFIG');

/** Injection token of the open `Database`. */
export const DATABASE = Symbol('DATABASE');
