import { declareValuePlugin, PluginKind } from "@stryker-mutator/api/plugin";

type Node = {
  readonly type: string;
  readonly arguments?: readonly unknown[];
  readonly key?: { readonly name?: string };
};
type Path = { readonly node: Node; readonly parentPath: Path | null };

/**
 * Leaves out the words of what is thrown (`throw new RangeError("...")`) and the names of errors' classes: they are for whoever reads the log, and no code and no
 * client sees them. That something is thrown, and of which class, is still mutated.
 */
export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, "error-texts", {
    shouldIgnore(path: unknown): string | undefined {
      const { node, parentPath } = path as Path;
      const parent = parentPath?.node;
      if (node.type !== "StringLiteral" && node.type !== "TemplateLiteral") return undefined;
      if (parent?.type === "ClassProperty" && parent.key?.name === "name") return "the name of an error";
      if (parent?.type !== "NewExpression" || parent.arguments?.[0] !== node) return undefined;
      return parentPath?.parentPath?.node.type === "ThrowStatement" ? "the words of an error" : undefined;
    },
  }),
];
