/** An answer before it is turned into text. */
export type Answer = {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: { readonly [name: string]: string };
};
