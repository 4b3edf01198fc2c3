import { randomInt } from 'node:crypto';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Random letters and digits; 22 of them hold 131 bits, so that ids never meet. */
export function randomId(length = 22): string {
  return Array.from({ length }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}
