/** A CloudFormation template, as far as the checks look into it. */
export type Template = {
  readonly Resources: { readonly [id: string]: TemplateResource };
  readonly Outputs?: { readonly [name: string]: unknown };
  readonly Parameters?: { readonly [name: string]: unknown };
};

export type TemplateResource = {
  readonly Type: string;
  readonly Properties?: { readonly [name: string]: unknown };
};

/** `Ref`, `Fn::GetAtt` and their like: what it comes to is known only to AWS. */
export function isIntrinsic(value: unknown): value is { readonly [name: string]: unknown } {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return false;
  const [name, ...more] = Object.keys(value);
  return more.length === 0 && name !== undefined && (name === "Ref" || name.startsWith("Fn::"));
}

export function resourcesOfType(template: Template, type: string): readonly [string, TemplateResource][] {
  return Object.entries(template.Resources).filter(([, { Type }]) => Type === type);
}
