/** The fields of a documented answer without its class: answers are plain objects, their classes exist for the OpenAPI document. */
export type Plain<T> = T extends readonly (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { [Key in keyof T]: Plain<T[Key]> }
    : T;
