import type { SettingKind } from './setting-kinds.js';

/** A line of the table of settings. */
export interface Setting<T> {
  readonly variable: string;
  readonly kind: SettingKind<NonNullable<T>>;
  readonly fallback: T;
  readonly about: string;
}

/** A setting with a default. */
export function setting<T>(variable: string, kind: SettingKind<T>, fallback: NoInfer<T>, about: string): Setting<T> {
  return { variable, kind: kind as SettingKind<NonNullable<T>>, fallback, about };
}

/** A setting that may be left out altogether; then it is `null`. */
export function optional<T>(variable: string, kind: SettingKind<NonNullable<T>>, about: string): Setting<T | null> {
  return { variable, kind, fallback: null, about };
}
