/** Injection token of the `Config` of this process. */
export const CONFIG = Symbol('CONFIG');

/** Injection token of the open `Database`. */
export const DATABASE = Symbol('DATABASE');

/** Injection token of the id of this replica: random, made when it starts. */
export const REPLICA_ID = Symbol('REPLICA_ID');
